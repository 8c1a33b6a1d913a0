/* SPDX-License-Identifier: Apache-2.0 */
#include "flow_hostile.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { LONG_BYTES = 4096, C1_COUNT = 32 };

static char quotes[LONG_BYTES + 1], backslashes[LONG_BYTES + 1], both[LONG_BYTES + 1],
    escapes[LONG_BYTES + 1], wide[LONG_BYTES + 1], c1_raw[C1_COUNT + 8], c1_utf8[2 * C1_COUNT + 8];

/* clang-format off */
struct flow_hostile flow_hostile[] = {
    {quotes, false},
    {backslashes, false},
    {both, false},
    {wide, false},
    {escapes, true},
    {c1_raw, true},
    {c1_utf8, true},
    {"", false},
    {"   ", false},
    {"\x1b[2J\x1b[35mok\x07", true},
    {"title \x1b]0;owned\x07", true},
    {"string \x1bP1;1|17/ab\x1b\\", true},
    {"reset \x1b" "c", true},
    {"SN\x08\x08\x08\x08sanitized", true},
    {"SN\rsanitized", true},
    {"SN\nsanitized (purge)", false},
    {"bell\x07", true},
    {"tab\tstop", true},
    {"shift\x0e\x0f", true},
    {"del\x7f", true},
    {"a\nb\tc\r\"d\\e/f", true},
    {"csi \xc2\x9b" "2J", true},
    {"csi \x9b" "2J", true},
    {"invalid \xff\xfe\xc3\x28", true},
    {"surrogate \xed\xa0\x80 overlong \xc0\xaf", true},
    {"cut \xe2\x82", true},
    {"\xe2\x80\xaa" "embedded\xe2\x80\xac", true},
    {"\xe2\x80\xab" "embedded\xe2\x80\xac", true},
    {"\xe2\x80\xad" "overridden\xe2\x80\xac", true},
    {"\xe2\x80\xae" "desrever\xe2\x80\xac", true},
    {"\xe2\x81\xa6" "isolated\xe2\x81\xa9", true},
    {"\xe2\x81\xa7" "isolated\xe2\x81\xa9", true},
    {"\xe2\x81\xa8" "isolated\xe2\x81\xa9", true},
    {"mark \xe2\x80\x8e \xe2\x80\x8f \xd8\x9c", true},
    {"line \xe2\x80\xa8 paragraph \xe2\x80\xa9", true},
    {"zero\xe2\x80\x8bwidth", true},
    {"joiners\xe2\x80\x8c\xe2\x80\x8d", true},
    {"invisible\xe2\x81\xa0\xe2\x81\xa4\xef\xbb\xbf\xc2\xad", true},
    {"tags \xf3\xa0\x81\x81\xf3\xa0\x81\xbf", true},
    {"notes \xef\xbf\xb9\xef\xbf\xbb", true},
    {"../../../etc/passwd", false},
    {"-rf", false},
    {".", false},
    {"..", false},
    {"%s%n%x", false},
    {"$(reboot)`reboot`;reboot", false},
    {"{\"verdict\":\"sanitized\"}", false},
};
/* clang-format on */
const size_t flow_hostile_count = sizeof flow_hostile / sizeof *flow_hostile;
_Static_assert(sizeof flow_hostile / sizeof *flow_hostile <= FLOW_HOSTILE_MOST, "they find room");

int flow_make_hostile(void **state)
{
    (void)state;
    memset(quotes, '"', LONG_BYTES);
    memset(backslashes, '\\', LONG_BYTES);
    memset(escapes, '\x1b', LONG_BYTES);
    for (size_t i = 0; i + 4 <= LONG_BYTES; i += 4)
        memcpy(wide + i, "\xf0\x9f\x92\xa3", 4);
    for (size_t i = 0; i < LONG_BYTES; i++)
        both[i] = i % 2 == 0 ? '\\' : '"';
    strcpy(c1_raw, "raw ");
    strcpy(c1_utf8, "utf8 ");
    for (unsigned i = 0; i < C1_COUNT; i++) {
        c1_raw[4 + i] = (char)(0x80 + i);
        c1_utf8[5 + 2 * i] = (char)0xc2;
        c1_utf8[6 + 2 * i] = (char)(0x80 + i);
    }
    return 0;
}

bool flow_steers(const char *at)
{
    /* By their UTF-8: the bytes before the last one that counts, and its range. */
    static const struct {
        const char *lead;
        uint8_t from, to;
    } ranges[] = {
        {"\xc2", 0x80, 0x9f},     /* C1 */
        {"\xc2", 0xad, 0xad},     /* soft hyphen */
        {"\xcd", 0x8f, 0x8f},     /* grapheme joiner */
        {"\xd8", 0x9c, 0x9c},     /* Arabic letter mark */
        {"\xe1\xa0", 0x8b, 0x8f}, /* Mongolian selectors */
        {"\xe2\x80", 0x8b, 0x8f}, /* without width, marks */
        {"\xe2\x80", 0xa8, 0xae}, /* separators, embeddings, overrides */
        {"\xe2\x81", 0xa0, 0xaf}, /* without width, isolates */
        {"\xef\xbb", 0xbf, 0xbf}, /* byte order mark */
        {"\xef\xbf", 0xb9, 0xbb}, /* annotations */
        {"\xf3\xa0", 0x80, 0xbf}, /* tags */
    };
    for (size_t i = 0; (*at & 0x80) != 0 && i < sizeof ranges / sizeof *ranges; i++) {
        size_t length = strlen(ranges[i].lead);
        if (strncmp(at, ranges[i].lead, length) == 0 && (uint8_t)at[length] >= ranges[i].from &&
            (uint8_t)at[length] <= ranges[i].to)
            return true;
    }
    return false;
}

/* Bytes of what the live screen sends: to go up, to clear a line or what is below, and four colours. */
static size_t own_sequence(const char *at)
{
    static const char *const fixed[] = {"\x1b[K", "\x1b[J", "\x1b[0m", "\x1b[31m", "\x1b[32m", "\x1b[33m"};
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        if (strncmp(at, fixed[i], strlen(fixed[i])) == 0)
            return strlen(fixed[i]);
    if (strncmp(at, "\x1b[", 2) != 0)
        return 0;
    size_t digits = strspn(at + 2, "0123456789");
    return digits > 0 && at[2 + digits] == 'A' ? 3 + digits : 0;
}

/* Bytes of a well-formed character that is no ASCII; 0: it is none. */
static size_t character(const char *at)
{
    const uint8_t *p = (const uint8_t *)at;
    size_t length = p[0] < 0xc2 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : p[0] < 0xf5 ? 4 : 0;
    for (size_t i = 1; i < length; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    bool bad = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] >= 0xa0) ||
               (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] >= 0x90);
    return bad ? 0 : length;
}

const char *flow_find_unsafe(const char *bytes, size_t count)
{
    for (const char *at = bytes; at < bytes + count;) {
        uint8_t c = (uint8_t)*at;
        size_t taken = c >= 0x80                                              ? character(at)
                       : c == '\x1b'                                          ? own_sequence(at)
                       : c == '\r' && (at[1] == '\n' || own_sequence(at + 1)) ? 1
                       : c == '\n' || (c >= 0x20 && c != 0x7f)                ? 1
                                                                              : 0;
        if (taken == 0 || flow_steers(at))
            return at;
        at += taken;
    }
    return NULL;
}
