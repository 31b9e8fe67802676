/* SPDX-License-Identifier: MIT */
/* Formats text into a buffer, or a line at a time to the console. */
#include "guest/printf.h"

#include <stdbool.h>
#include <stdint.h>

#include "guest/console.h"
#include "guest/string.h"

#define PRINTF_LINE 512

struct sink {
    char *buffer;
    size_t size, length;
};

struct spec {
    bool left, zero;
    int width, longs, shorts;
};

static void sink_put(struct sink *sink, char c)
{
    if (sink->length + 1 < sink->size) {
        sink->buffer[sink->length] = c;
    }
    sink->length++;
}

static void sink_pad(struct sink *sink, char c, int count)
{
    while (count-- > 0) {
        sink_put(sink, c);
    }
}

static void put_text(struct sink *sink, const struct spec *spec, const char *text, int length)
{
    if (!spec->left) {
        sink_pad(sink, ' ', spec->width - length);
    }
    for (int i = 0; i < length; i++) {
        sink_put(sink, text[i]);
    }
    if (spec->left) {
        sink_pad(sink, ' ', spec->width - length);
    }
}

static void put_number(struct sink *sink, const struct spec *spec, uint64_t value, unsigned int base,
                       bool negative, bool upper)
{
    const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    char text[68];
    int at = sizeof(text), used;

    do {
        text[--at] = digits[value % base];
        value /= base;
    } while (value);
    used = (int)sizeof(text) - at + negative;
    if (spec->zero && !spec->left) {
        if (negative) {
            sink_put(sink, '-');
        }
        sink_pad(sink, '0', spec->width - used);
        put_text(sink, &(struct spec){0}, text + at, (int)sizeof(text) - at);
        return;
    }
    if (negative) {
        text[--at] = '-';
    }
    put_text(sink, spec, text + at, used);
}

static const char *read_spec(const char *f, struct spec *spec, va_list arguments)
{
    for (;; f++) {
        if (*f == '-') {
            spec->left = true;
        } else if (*f == '0') {
            spec->zero = true;
        } else {
            break;
        }
    }
    if (*f == '*') {
        spec->width = va_arg(arguments, int);
        f++;
    }
    while (*f >= '0' && *f <= '9') {
        spec->width = spec->width * 10 + (*f++ - '0');
    }
    for (; *f == 'l' || *f == 'z' || *f == 'h'; f++) {
        spec->longs += *f != 'h';
        spec->shorts += *f == 'h';
    }
    return f;
}

static void put_signed(struct sink *sink, const struct spec *spec, int64_t value)
{
    put_number(sink, spec, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 10, value < 0, false);
}

static uint64_t shorten(uint64_t value, int shorts)
{
    return shorts == 0 ? value : shorts == 1 ? (uint16_t)value : (uint8_t)value;
}

/* Puts what one conversion gives; the arguments come by pointer, for va_list may be an array. */
static void convert(struct sink *sink, struct spec *spec, char conversion, va_list *arguments)
{
    const char *text;
    char c;

    switch (conversion) {
    case 'd':
    case 'i':
        put_signed(sink, spec, spec->longs ? va_arg(*arguments, long) : va_arg(*arguments, int));
        break;
    case 'u':
    case 'x':
    case 'X':
        put_number(sink, spec,
                   spec->longs ? va_arg(*arguments, unsigned long)
                               : shorten(va_arg(*arguments, unsigned int), spec->shorts),
                   conversion == 'u' ? 10 : 16, false, conversion == 'X');
        break;
    case 'p':
        spec->zero = true;
        spec->width = 16;
        put_number(sink, spec, (uint64_t)va_arg(*arguments, void *), 16, false, false);
        break;
    case 's':
        text = va_arg(*arguments, const char *);
        text = text ? text : "(null)";
        put_text(sink, spec, text, (int)strlen(text));
        break;
    case 'c':
        c = (char)va_arg(*arguments, int);
        put_text(sink, spec, &c, 1);
        break;
    default:
        sink_put(sink, conversion);
    }
}

int vsnprintf(char *buffer, size_t size, const char *format, va_list arguments)
{
    struct sink sink = {buffer, size, 0};
    va_list list;

    va_copy(list, arguments);
    for (; *format; format++) {
        struct spec spec = {0};

        if (*format != '%') {
            sink_put(&sink, *format);
            continue;
        }
        format = read_spec(format + 1, &spec, list);
        if (!*format) {
            break;
        }
        convert(&sink, &spec, *format, &list);
    }
    va_end(list);
    if (size) {
        buffer[sink.length < size ? sink.length : size - 1] = 0;
    }
    return (int)sink.length;
}

int snprintf(char *buffer, size_t size, const char *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(buffer, size, format, arguments);
    va_end(arguments);
    return length;
}

int vprintf(const char *format, va_list arguments)
{
    char line[PRINTF_LINE];
    int length = vsnprintf(line, sizeof(line), format, arguments);

    console_write(line, strlen(line));
    return length;
}

int printf(const char *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vprintf(format, arguments);
    va_end(arguments);
    return length;
}
