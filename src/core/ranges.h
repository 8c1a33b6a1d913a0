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
    int errno_value; /* why: errno; EIO for a short transfer */
};

enum { UW_RANGES_LISTED = 4096 };

/* At most UW_RANGES_LISTED ranges are kept; `bytes` and `omitted` stay true beyond. Zero-initialise. */
struct uw_ranges {
    struct uw_range *items; /* in the order found */
    size_t count;
    uint64_t omitted; /* ranges not listed */
    uint64_t bytes;   /* of all */
};

bool uw_ranges_add(struct uw_ranges *ranges, uint64_t offset, uint64_t length, int errno_value);
void uw_ranges_clear(struct uw_ranges *ranges);

/* [{"lba","count","errno"}]; the tail shorter than a block counts as one. New reference. */
json_t *uw_ranges_json(const struct uw_ranges *ranges, uint32_t logical_block_bytes);

#endif
