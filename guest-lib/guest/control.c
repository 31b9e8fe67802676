/* SPDX-License-Identifier: MIT */
/* The node control/shutdown: read, emptied in the same transaction, done. */
#include "guest/control.h"

#include "guest/exit.h"
#include "guest/printf.h"
#include "guest/string.h"
#include "guest/suspend.h"
#include "guest/xenbus.h"
#include "guest/xenstore.h"
#include "pvabi/errno.h"
#include "pvabi/sched.h"

#define CONTROL_NODE  "control/shutdown"
#define CONTROL_TOKEN "control"

static const struct {
    const char *word;
    enum control_request request;
} words[] = {
    {"poweroff", CONTROL_POWEROFF},
    {"reboot", CONTROL_REBOOT},
    {"halt", CONTROL_HALT},
    {"suspend", CONTROL_SUSPEND},
};

static bool changed;

static void watched(const char *token)
{
    changed |= strcmp(token, CONTROL_TOKEN) == 0;
}

int control_start(void)
{
    int error = xs_init();

    xenbus_other_watch = watched;
    /* The folder may be the toolstack's alone: then it does not ask what the guest can do. */
    for (unsigned int i = 0; !error && i < sizeof(words) / sizeof(words[0]); i++) {
        char name[32];

        snprintf(name, sizeof(name), "feature-%s", words[i].word);
        xs_write_number("control", name, 1);
    }
    return error ? error : xs_watch(CONTROL_NODE, CONTROL_TOKEN);
}

static enum control_request look_up(const char *word)
{
    for (unsigned int i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(words[i].word, word) == 0) {
            return words[i].request;
        }
    }
    return CONTROL_NONE;
}

/* -XEN_EAGAIN: somebody wrote at the same time. */
static int take(char *word, size_t size)
{
    uint32_t transaction;
    int error = xs_transaction_start(&transaction), length;

    if (error) {
        return error;
    }
    word[0] = 0;
    length = xs_read(transaction, CONTROL_NODE, word, size);
    if (length > 0) {
        xs_write(transaction, CONTROL_NODE, "");
    }
    return xs_transaction_end(transaction, length > 0);
}

enum control_request control_take(void)
{
    char word[16];
    int error;

    if (!changed) {
        return CONTROL_NONE;
    }
    changed = false;
    do {
        error = take(word, sizeof(word));
    } while (error == -XEN_EAGAIN);
    return error ? CONTROL_NONE : look_up(word);
}

bool control_work(int *result)
{
    switch (control_take()) {
    case CONTROL_NONE:
        return false;
    case CONTROL_SUSPEND:
        *result = guest_suspend();
        return true;
    case CONTROL_REBOOT:
        guest_shutdown(SHUTDOWN_reboot);
    default:
        guest_shutdown(SHUTDOWN_poweroff);
    }
}
