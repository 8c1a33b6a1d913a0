/* SPDX-License-Identifier: Apache-2.0 */
#include "probe/vpd.h"

#include "core/document.h"
#include "core/drive.h"

#include <string.h>

enum { HEADER_BYTES = 4, DESIGNATOR_BYTES = 4, WWN_BYTES = 16 };

/* Bytes behind the header, -1 where the page is another one or ends before it says so. */
static long page_length(const uint8_t *page, size_t bytes, uint8_t code)
{
    if (bytes < HEADER_BYTES || page[1] != code)
        return -1;
    size_t length = (size_t)page[2] << 8 | page[3];
    return length <= bytes - HEADER_BYTES ? (long)length : -1;
}

bool uw_vpd_serial(const uint8_t *page, size_t bytes, char *to, size_t to_bytes)
{
    long length = page_length(page, bytes, 0x80);
    to[0] = '\0';
    if (length < 0)
        return false;
    uw_clean_string(to, to_bytes, (const char *)page + HEADER_BYTES, (size_t)length);
    return true;
}

/* How good a designator is as a name of the logical unit; 0: none (SPC-5, 7.7.6.1). */
static unsigned rank(const uint8_t *d, size_t length)
{
    enum { BINARY = 1, LOGICAL_UNIT = 0, EUI64 = 2, NAA = 3 };
    if ((d[0] & 0x0f) != BINARY || (d[1] >> 4 & 3) != LOGICAL_UNIT || length == 0)
        return 0;
    unsigned type = d[1] & 0x0f, naa = d[DESIGNATOR_BYTES] >> 4;
    if (type == NAA && naa == 6 && length == 16)
        return 4;
    if (type == NAA && (naa == 5 || naa == 3 || naa == 2) && length == 8)
        return naa == 5 ? 3 : 2;
    return type == EUI64 && (length == 8 || length == 12 || length == 16) ? 1 : 0;
}

bool uw_vpd_wwn(const uint8_t *page, size_t bytes, char *to, size_t to_bytes)
{
    long total = page_length(page, bytes, 0x83);
    const uint8_t *best = NULL;
    unsigned best_rank = 0;
    to[0] = '\0';
    for (long at = 0; total - at >= DESIGNATOR_BYTES;) {
        const uint8_t *d = page + HEADER_BYTES + at;
        size_t length = d[3];
        if ((long)length > total - at - DESIGNATOR_BYTES)
            return false;
        unsigned r = rank(d, length);
        if (r > best_rank) {
            best_rank = r;
            best = d;
        }
        at += DESIGNATOR_BYTES + (long)length;
    }
    if (best == NULL || best[3] > WWN_BYTES || to_bytes < 2 + 2 * WWN_BYTES + 1)
        return false;
    memcpy(to, "0x", 2);
    uw_hex(best + DESIGNATOR_BYTES, best[3], to + 2);
    return true;
}

uint16_t uw_vpd_rotation(const uint8_t *page, size_t bytes)
{
    long length = page_length(page, bytes, 0xb1);
    return length >= 2 ? (uint16_t)((unsigned)page[4] << 8 | page[5]) : 0;
}
