/* SPDX-License-Identifier: Apache-2.0 */
#include "unwrite/unwrite.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"

enum { HINT_CHARACTERS = 4 };

void uw_text_printable(const char *text, char *to, size_t to_bytes)
{
    size_t used = 0, left = strlen(text);
    if (to_bytes == 0)
        return;
    while (left > 0) {
        uint32_t point = 0;
        size_t length = uw_text_character(text, left, &point);
        bool keep = length > 0 && !uw_text_is_unsafe(point);
        size_t wanted = keep ? length : 1, taken = length > 0 ? length : 1;
        if (used + wanted >= to_bytes)
            break;
        if (keep)
            memcpy(to + used, text, length);
        else
            to[used] = '?';
        used += wanted;
        text += taken;
        left -= taken;
    }
    to[used] = '\0';
}

const char *uw_text_hint(const char *id)
{
    size_t at = strlen(id);
    for (unsigned i = 0; i < HINT_CHARACTERS && at > 0; i++)
        do
            at--;
        while (at > 0 && ((unsigned char)id[at] & 0xc0) == 0x80);
    return id + at;
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
