/* SPDX-License-Identifier: Apache-2.0 */
#include "unwrite/unwrite.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Bytes of the UTF-8 sequence at `s` (RFC 3629: no overlong forms, no surrogates), its code point in `*c`; 0
 * when it is not one. */
static size_t decode(const unsigned char *s, uint32_t *c)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (s[0] < 0x80) {
        *c = s[0];
        return 1;
    }
    size_t length = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    if (s[0] < 0xc2 || s[0] > 0xf4)
        return 0;
    *c = s[0] & (0xffu >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        *c = *c << 6 | (s[i] & 0x3f);
    }
    if (*c < least[length] || *c > 0x10ffff || (*c >= 0xd800 && *c <= 0xdfff))
        return 0;
    return length;
}

/* What moves the cursor, changes colours, or turns the reading direction so that a line reads as another. */
static bool is_unsafe(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069) || c == 0x200e || c == 0x200f || c == 0x061c || c == 0xfeff;
}

void uw_text_printable(const char *text, char *to, size_t to_bytes)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t used = 0;
    if (to_bytes == 0)
        return;
    while (*s != '\0') {
        uint32_t c;
        size_t length = decode(s, &c);
        bool keep = length > 0 && !is_unsafe(c);
        size_t wanted = keep ? length : 1;
        if (used + wanted >= to_bytes)
            break;
        if (keep)
            memcpy(to + used, s, length);
        else
            to[used] = '?';
        used += wanted;
        s += length > 0 ? length : 1;
    }
    to[used] = '\0';
}

void uw_text_bytes(uint64_t bytes, char *to, size_t to_bytes)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    uint64_t unit = 1;
    size_t i = 0;
    /* 999,950 would round to "1000.0 kB". */
    while (i + 1 < sizeof units / sizeof *units && bytes >= unit * 1000 - (i > 0 ? unit / 20 : 0)) {
        unit *= 1000;
        i++;
    }
    uint64_t tenths = i == 0 ? 0 : bytes / (unit / 10) + (bytes % (unit / 10) >= unit / 20);
    if (i == 0)
        snprintf(to, to_bytes, "%" PRIu64 " B", bytes);
    else
        snprintf(to, to_bytes, "%" PRIu64 ".%" PRIu64 " %s", tenths / 10, tenths % 10, units[i]);
}

void uw_text_duration(uint64_t seconds, char *to, size_t to_bytes)
{
    uint64_t minutes = seconds / 60, hours = minutes / 60;
    if (seconds < 60)
        snprintf(to, to_bytes, "%" PRIu64 " s", seconds);
    else if (minutes < 10)
        snprintf(to, to_bytes, "%" PRIu64 " min %" PRIu64 " s", minutes, seconds % 60);
    else if (hours < 1)
        snprintf(to, to_bytes, "%" PRIu64 " min", minutes);
    else if (hours < 100)
        snprintf(to, to_bytes, "%" PRIu64 " h %" PRIu64 " min", hours, minutes % 60);
    else
        snprintf(to, to_bytes, "%" PRIu64 " h", hours);
}
