/* SPDX-License-Identifier: MIT */
/* Formatted text into a buffer of given size; see the header for what a format may hold. */
#include "lib/printf.h"

#include "lib/string.h"

struct output {
    char *buffer;
    size_t size;
    size_t length; /* of the whole text, also what did not fit */
};

struct conversion {
    bool left, zero, prefix, plus, space;
    bool has_precision;
    int width, precision;
    int long_count; /* -2 hh, -1 h, 0, 1 l, 2 ll, z, t, j */
};

static void output_char(struct output *out, char c)
{
    if (out->length + 1 < out->size) {
        out->buffer[out->length] = c;
    }
    out->length++;
}

static void output_fill(struct output *out, char c, int count)
{
    while (count-- > 0) {
        output_char(out, c);
    }
}

/* Text of known length, padded with spaces to the width. */
static void output_text(struct output *out, const struct conversion *conv, const char *text, int length)
{
    int padding = conv->width - length;

    if (!conv->left) {
        output_fill(out, ' ', padding);
    }
    for (int i = 0; i < length; i++) {
        output_char(out, text[i]);
    }
    if (conv->left) {
        output_fill(out, ' ', padding);
    }
}

static void output_number(struct output *out, const struct conversion *conv, const char *sign,
                          unsigned int base, bool upper, uint64_t value)
{
    const char *alphabet = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    char digits[24];
    int count = 0, zeros = 0, padding;
    int sign_length = (int)strlen(sign);

    for (; value != 0 || (count == 0 && !(conv->has_precision && conv->precision == 0)); value /= base) {
        digits[count++] = alphabet[value % base];
    }
    if (conv->has_precision) {
        zeros = MAX(conv->precision - count, 0);
    } else if (conv->zero && !conv->left) {
        zeros = MAX(conv->width - count - sign_length, 0);
    }
    padding = conv->width - count - zeros - sign_length;
    if (!conv->left) {
        output_fill(out, ' ', padding);
    }
    for (; *sign != '\0'; sign++) {
        output_char(out, *sign);
    }
    output_fill(out, '0', zeros);
    while (count > 0) {
        output_char(out, digits[--count]);
    }
    if (conv->left) {
        output_fill(out, ' ', padding);
    }
}

static const char *parse_flags(const char *format, struct conversion *conv)
{
    for (;; format++) {
        switch (*format) {
        case '-':
            conv->left = true;
            break;
        case '0':
            conv->zero = true;
            break;
        case '#':
            conv->prefix = true;
            break;
        case '+':
            conv->plus = true;
            break;
        case ' ':
            conv->space = true;
            break;
        default:
            return format;
        }
    }
}

/* A decimal number that stays far from overflow, whatever the format says. */
static const char *parse_number(const char *format, int *number)
{
    for (*number = 0; *format >= '0' && *format <= '9'; format++) {
        *number = MIN(*number * 10 + (*format - '0'), 4096);
    }
    return format;
}

static const char *parse_length(const char *format, int *long_count)
{
    for (;; format++) {
        switch (*format) {
        case 'l':
            ++*long_count;
            break;
        case 'h':
            --*long_count;
            break;
        case 'z':
        case 't':
        case 'j':
            *long_count = 2;
            break;
        default:
            return format;
        }
    }
}

static int64_t narrow_signed(const struct conversion *conv, int64_t value)
{
    switch (conv->long_count) {
    case -2:
        return (signed char)value;
    case -1:
        return (short)value;
    default:
        return value;
    }
}

static uint64_t narrow_unsigned(const struct conversion *conv, uint64_t value)
{
    switch (conv->long_count) {
    case -2:
        return (unsigned char)value;
    case -1:
        return (unsigned short)value;
    default:
        return value;
    }
}

static void output_signed(struct output *out, const struct conversion *conv, int64_t value)
{
    const char *sign = conv->plus ? "+" : conv->space ? " " : "";

    value = narrow_signed(conv, value);
    output_number(out, conv, value < 0 ? "-" : sign, 10, false,
                  value < 0 ? -(uint64_t)value : (uint64_t)value);
}

static void output_unsigned(struct output *out, const struct conversion *conv, char kind, uint64_t value)
{
    unsigned int base = kind == 'u' ? 10 : kind == 'o' ? 8 : 16;
    const char *prefix = "";

    value = narrow_unsigned(conv, value);
    if (conv->prefix && value != 0 && base != 10) {
        prefix = kind == 'o' ? "0" : kind == 'x' ? "0x" : "0X";
    }
    output_number(out, conv, prefix, base, kind == 'X', value);
}

static void output_string(struct output *out, const struct conversion *conv, const char *text)
{
    if (text == NULL) {
        text = "(null)";
    }
    output_text(out, conv, text,
                (int)(conv->has_precision ? strnlen(text, (size_t)MAX(conv->precision, 0)) : strlen(text)));
}

static const char *parse_conversion(const char *format, struct conversion *conv, int star_width,
                                    int star_precision)
{
    format = parse_flags(format, conv);
    if (*format == '*') {
        conv->left = conv->left || star_width < 0;
        conv->width = star_width < 0 ? -star_width : star_width;
        format++;
    } else {
        format = parse_number(format, &conv->width);
    }
    if (*format == '.') {
        conv->has_precision = true;
        format++;
        if (*format == '*') {
            conv->precision = star_precision;
            conv->has_precision = star_precision >= 0;
            format++;
        } else {
            format = parse_number(format, &conv->precision);
        }
    }
    return parse_length(format, &conv->long_count);
}

/* How many * the conversion has before and after its point: they take arguments before the value does. */
static void find_stars(const char *format, bool *width, bool *precision)
{
    struct conversion ignored = {0};

    format = parse_flags(format, &ignored);
    *width = *format == '*';
    format = *width ? format + 1 : parse_number(format, &ignored.width);
    *precision = format[0] == '.' && format[1] == '*';
}

int vformat_buffer(char *buffer, size_t size, const char *format, va_list arguments)
{
    struct output out = {buffer, size, 0};

    while (*format != '\0') {
        struct conversion conv = {0};
        bool star_width, star_precision;
        const char *start = format;
        int width, precision;

        if (*format++ != '%') {
            output_char(&out, *start);
            continue;
        }
        find_stars(format, &star_width, &star_precision);
        width = star_width ? va_arg(arguments, int) : 0;
        precision = star_precision ? va_arg(arguments, int) : 0;
        format = parse_conversion(format, &conv, width, precision);
        switch (*format) {
        case 'd':
        case 'i':
            output_signed(&out, &conv,
                          conv.long_count > 0 ? va_arg(arguments, long) : va_arg(arguments, int));
            break;
        case 'u':
        case 'x':
        case 'X':
        case 'o':
            output_unsigned(&out, &conv, *format,
                            conv.long_count > 0 ? va_arg(arguments, unsigned long)
                                                : va_arg(arguments, unsigned int));
            break;
        case 'p':
            conv.prefix = true;
            output_unsigned(&out, &conv, 'x', (uintptr_t)va_arg(arguments, void *));
            break;
        case 's':
            output_string(&out, &conv, va_arg(arguments, const char *));
            break;
        case 'c':
            output_text(&out, &conv, &(char){(char)va_arg(arguments, int)}, 1);
            break;
        case '%':
            output_char(&out, '%');
            break;
        default:
            output_text(&out, &(struct conversion){0}, start, (int)(format - start));
            continue;
        }
        format++;
    }
    if (size > 0) {
        buffer[MIN(out.length, size - 1)] = '\0';
    }
    return (int)out.length;
}

int format_buffer(char *buffer, size_t size, const char *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vformat_buffer(buffer, size, format, arguments);
    va_end(arguments);
    return length;
}
