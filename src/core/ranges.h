/* SPDX-License-Identifier: Apache-2.0 */
/* Block ranges that could not be written or read, merged where they touch. */
#ifndef UW_CORE_RANGES_H
#define UW_CORE_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

struct uw_range {
    uint64_t offset; /* bytes */
    uint64_t length; /* bytes */
    int errno_value; /* why: errno; EIO for a short transfer, EBADMSG for other bytes than were written */
};

enum { UW_RANGES_LISTED = 4096 };

/* At most UW_RANGES_LISTED ranges are kept; `bytes` and `omitted` stay true beyond. Zero-initialise. */
struct uw_ranges {
    struct uw_range *items; /* ascending, whatever the order they were found in */
    size_t count;
    size_t room;
    uint64_t
        omitted; /* ranges not listed; two that touch count as one if they were found one after the other */
    uint64_t bytes; /* of all */
    struct uw_range last_omitted;
};

/* Adds a range that overlaps none that is there; one that touches another with the same errno becomes part of
 * it. false when memory ran out; the range is in `bytes` and `omitted` then. */
bool uw_ranges_add(struct uw_ranges *ranges, uint64_t offset, uint64_t length, int errno_value);
void uw_ranges_clear(struct uw_ranges *ranges);

/* [{"lba","count","errno"}]; the tail shorter than a block counts as one. New reference. */
json_t *uw_ranges_json(const struct uw_ranges *ranges, uint32_t logical_block_bytes);

/* Both lists of uw_ranges_json as one, ascending, each block once (with the first errno it was listed with).
 * `*blocks` is how many there are. New reference; NULL when memory ran out. */
json_t *uw_ranges_union(const json_t *a, const json_t *b, uint64_t *blocks);

#endif
