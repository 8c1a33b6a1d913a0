/* SPDX-License-Identifier: Apache-2.0 */
#include "core/text.h"

size_t uw_text_character(const char *text, size_t bytes, uint32_t *point)
{
    static const uint32_t smallest[5] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *p = (const unsigned char *)text;
    size_t length = bytes == 0    ? 0
                    : p[0] < 0x80 ? 1
                    : p[0] < 0xc2 ? 0
                    : p[0] < 0xe0 ? 2
                    : p[0] < 0xf0 ? 3
                    : p[0] < 0xf5 ? 4
                                  : 0;
    if (length == 0 || length > bytes)
        return 0;
    uint32_t value = length == 1 ? p[0] : p[0] & (0x7fU >> length);
    for (size_t i = 1; i < length; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        value = value << 6 | (p[i] & 0x3fU);
    }
    if (length > 1 && (value < smallest[length] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000)))
        return 0;
    *point = value;
    return length;
}

bool uw_text_is_unsafe(uint32_t point)
{
    static const uint32_t ranges[][2] = {
        {0, 0x1f},        {0x7f, 0x9f},     {0xad, 0xad},       {0x34f, 0x34f},   {0x61c, 0x61c},
        {0x180b, 0x180f}, {0x200b, 0x200b}, {0x200e, 0x200f},   {0x2028, 0x202e}, {0x2060, 0x206f},
        {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe0fff},
    };
    size_t i = 0, count = sizeof ranges / sizeof *ranges;
    while (i < count && point > ranges[i][1])
        i++;
    return i < count && point >= ranges[i][0];
}

bool uw_text_is_joiner(uint32_t point)
{
    return point == 0x200c || point == 0x200d;
}
