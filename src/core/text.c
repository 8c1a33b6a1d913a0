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

struct range {
    uint32_t first, last;
};

static bool is_within(uint32_t point, const struct range *ranges, size_t count)
{
    size_t i = 0;
    while (i < count && point > ranges[i].last)
        i++;
    return i < count && point >= ranges[i].first;
}

bool uw_text_is_unsafe(uint32_t point)
{
    static const struct range ranges[] = {
        {0, 0x1f},        {0x7f, 0x9f},     {0xad, 0xad},       {0x34f, 0x34f},   {0x61c, 0x61c},
        {0x180b, 0x180f}, {0x200b, 0x200b}, {0x200e, 0x200f},   {0x2028, 0x202e}, {0x2060, 0x206f},
        {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe0fff},
    };
    return is_within(point, ranges, sizeof ranges / sizeof *ranges);
}

unsigned uw_text_columns(uint32_t point)
{
    static const struct range ranges[] = {
        {0x1100, 0x115f},   /* Hangul Jamo, initials */
        {0x231a, 0x23f3},   /* clocks and keys among the technical signs */
        {0x25fd, 0x27bf},   /* symbols, Dingbats */
        {0x2b1b, 0x2b55},   /* squares and stars */
        {0x2e80, 0xa4cf},   /* CJK, Kana, Yi */
        {0xa960, 0xa97f},   /* Hangul Jamo, extended */
        {0xac00, 0xd7a3},   /* Hangul */
        {0xf900, 0xfaff},   /* CJK, compatibility */
        {0xfe10, 0xfe19},   /* vertical forms */
        {0xfe30, 0xfe6f},   /* CJK, compatibility and small forms */
        {0xff01, 0xff60},   /* full width */
        {0xffe0, 0xffe6},   /* full width */
        {0x16fe0, 0x18dff}, /* Tangut, Khitan */
        {0x1aff0, 0x1b2ff}, /* Kana, Nushu */
        {0x1d300, 0x1d37f}, /* Tai Xuan Jing, counting rods */
        {0x1f000, 0x1faff}, /* pictographs */
        {0x20000, 0x3ffff}, /* CJK, the planes of their own */
    };
    return is_within(point, ranges, sizeof ranges / sizeof *ranges) ? 2 : 1;
}

bool uw_text_is_joiner(uint32_t point)
{
    return point == 0x200c || point == 0x200d;
}
