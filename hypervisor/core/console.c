/* SPDX-License-Identifier: MIT */
/*
 * The console. Ring: positions run freely, modulo its size they are places; [ring_start, ring_end) is kept.
 * All of it, and the serial port, is under console_lock; a panicking CPU does without.
 */
#include "core/console.h"
#include "core/debug_keys.h"
#include "core/domain.h"
#include "lib/printf.h"
#include "lib/string.h"
#include "port/cpu.h"
#include "port/machine.h"
#include "port/time.h"

#define RING_SIZE        65536u
#define LINE_MAX_LENGTH  320u
#define GUEST_LINE_MAX   200u /* with the guest's number it fits into LINE_MAX_LENGTH */
#define INPUT_SIZE       256u
#define SWITCH_CHARACTER 1 /* Ctrl-A */
#define SWITCH_COUNT     3u

/* Guests' text and warnings about them: at most this many characters at once, refilled with time. */
#define GUEST_BURST           16384u
#define GUEST_CHARACTERS_A_MS 8u

static struct spinlock console_lock = SPINLOCK(LOCK_CONSOLE);
static char ring[RING_SIZE];
static uint32_t ring_start, ring_end;
static char input[INPUT_SIZE];
static uint32_t input_head, input_tail;
static enum log_level own_level = LOG_INFO, guest_level = LOG_WARNING;
static bool panicking, no_reboot, first_in_ring;
static unsigned int switch_count;
static bool input_to_keys;
static uint64_t guest_budget = GUEST_BURST, guest_refill;
static uint64_t guest_dropped;

void console_set_levels(enum log_level own, enum log_level guest)
{
    own_level = own;
    guest_level = guest;
}

void console_panic(void)
{
    panicking = true;
}

bool console_panic_resets(void)
{
    return !no_reboot;
}

void console_set_noreboot(bool noreboot)
{
    no_reboot = noreboot;
}

void console_set_to_ring(bool to_ring)
{
    first_in_ring = to_ring;
}

static struct lock_token enter(void)
{
    return panicking ? (struct lock_token){NULL} : lock_acquire(&console_lock);
}

static void leave(struct lock_token token)
{
    if (token.lock) {
        lock_release(token);
    }
}

static void ring_put(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        ring[ring_end++ % RING_SIZE] = text[i];
    }
    if (ring_end - ring_start > RING_SIZE) {
        ring_start = ring_end - RING_SIZE;
    }
}

/* Puts text onto the serial port, with a carriage return before each line feed. */
static void serial_put(const char *text, size_t length)
{
    size_t from = 0;

    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\n') {
            port_console_write(text + from, i - from);
            port_console_write("\r\n", 2);
            from = i + 1;
        }
    }
    port_console_write(text + from, length - from);
}

static void put(const char *text, size_t length)
{
    ring_put(text, length);
    serial_put(text, length);
}

/* Takes length characters from what guests may print now; false if that is used up. */
static bool take_budget(size_t length)
{
    uint64_t now = port_time_now() / 1000000, more = (now - guest_refill) * GUEST_CHARACTERS_A_MS;

    guest_refill = now;
    guest_budget = MIN(guest_budget + more, (uint64_t)GUEST_BURST);
    if (guest_budget < length) {
        guest_dropped += length;
        return false;
    }
    guest_budget -= length;
    return true;
}

static void tell_dropped(void)
{
    char line[LINE_MAX_LENGTH];
    int length;

    if (guest_dropped != 0) {
        length = format_buffer(line, sizeof(line), "(PV) (%llu characters of guests were dropped)\n",
                               (unsigned long long)guest_dropped);
        guest_dropped = 0;
        put(line, (size_t)length);
    }
}

void log_print(enum log_level level, const char *format, ...)
{
    char line[LINE_MAX_LENGTH] = "(PV) ";
    const size_t prefix = 5;
    struct lock_token token;
    va_list arguments;
    size_t length;

    if (!panicking && level > (level == LOG_WARNING ? MAX(guest_level, own_level) : own_level)) {
        return;
    }
    va_start(arguments, format);
    vformat_buffer(line + prefix, sizeof(line) - prefix - 1, format, arguments);
    va_end(arguments);
    length = strlen(line);
    line[length++] = '\n';
    token = enter();
    if (level != LOG_WARNING || panicking || take_budget(length)) {
        tell_dropped();
        put(line, length);
    }
    leave(token);
}

void console_write_first(const char *text, size_t length)
{
    struct lock_token token = enter();

    serial_put(text, length);
    /* Else a reader who prints the ring on this console would read what he printed, without end. */
    if (first_in_ring) {
        ring_put(text, length);
    }
    leave(token);
}

/* One line of a guest. What a terminal would obey, or would hide, becomes a question mark. Needs the
 * console's lock. */
static void put_guest_line(const struct domain *d, const char *text, size_t length)
{
    char line[LINE_MAX_LENGTH];
    size_t at = (size_t)format_buffer(line, sizeof(line), "(d%u) ", d->id);

    for (size_t i = 0; i < length; i++) {
        bool plain = (text[i] >= ' ' && text[i] <= '~') || text[i] == '\t';

        line[at++] = plain ? text[i] : '?';
    }
    line[at++] = '\n';
    if (take_budget(at)) {
        tell_dropped();
        put(line, at);
    }
}

void console_write_guest(const struct domain *d, const char *text, size_t length)
{
    struct lock_token token = enter();

    for (size_t at = 0; at < length;) {
        size_t part = 0;

        while (at + part < length && text[at + part] != '\n' && part < GUEST_LINE_MAX) {
            part++;
        }
        put_guest_line(d, text + at, part);
        at += part;
        if (at < length && text[at] == '\n') {
            at++;
        }
    }
    leave(token);
}

static void input_put(char c)
{
    struct lock_token token = enter();

    if (input_head - input_tail < INPUT_SIZE) {
        input[input_head++ % INPUT_SIZE] = c;
    }
    leave(token);
    evtchn_send_global_virq(VIRQ_CONSOLE);
}

void console_receive(char c)
{
    switch_count = c == SWITCH_CHARACTER ? switch_count + 1 : 0;
    if (switch_count == SWITCH_COUNT) {
        switch_count = 0;
        input_to_keys = !input_to_keys;
        log_info("input goes to %s now (three Ctrl-A to switch)",
                 input_to_keys ? "the debug keys, h lists them" : "d0");
        return;
    }
    if (input_to_keys) {
        console_debug_key(c);
    } else {
        input_put(c);
    }
}

size_t console_read(char *to, size_t length)
{
    struct lock_token token = enter();
    size_t count = 0;

    while (count < length && input_tail != input_head) {
        to[count++] = input[input_tail++ % INPUT_SIZE];
    }
    leave(token);
    return count;
}

size_t console_ring_read(uint32_t *index, char *to, size_t length)
{
    struct lock_token token = enter();
    size_t count = 0;

    if (ring_end - *index > ring_end - ring_start) {
        *index = ring_start;
    }
    while (count < length && *index != ring_end) {
        to[count++] = ring[(*index)++ % RING_SIZE];
    }
    leave(token);
    return count;
}

uint32_t console_ring_start(void)
{
    return ring_start;
}

void console_ring_clear(void)
{
    struct lock_token token = enter();

    ring_start = ring_end;
    leave(token);
}

void console_debug_key(char key)
{
    debug_key_run(key);
}
