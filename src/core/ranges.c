/* SPDX-License-Identifier: Apache-2.0 */
#include "core/ranges.h"

#include <stdlib.h>
#include <string.h>

static bool touch(const struct uw_range *first, const struct uw_range *second)
{
    return first->offset + first->length == second->offset && first->errno_value == second->errno_value;
}

/* Where a range that begins at `offset` belongs. */
static size_t place_of(const struct uw_ranges *ranges, uint64_t offset)
{
    size_t low = 0, high = ranges->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ranges->items[middle].offset <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool merge(struct uw_ranges *ranges, size_t at, const struct uw_range *range)
{
    struct uw_range *before = at > 0 ? &ranges->items[at - 1] : NULL;
    struct uw_range *after = at < ranges->count ? &ranges->items[at] : NULL;
    if (before != NULL && touch(before, range)) {
        before->length += range->length;
        if (after != NULL && touch(before, after)) {
            before->length += after->length;
            ranges->count--;
            memmove(after, after + 1, (ranges->count - at) * sizeof *after);
        }
        return true;
    }
    if (after != NULL && touch(range, after)) {
        after->offset = range->offset;
        after->length += range->length;
        return true;
    }
    return false;
}

static void omit(struct uw_ranges *ranges, const struct uw_range *range)
{
    struct uw_range *last = &ranges->last_omitted;
    if (ranges->omitted > 0 && touch(last, range)) {
        last->length += range->length;
        return;
    }
    *last = *range;
    ranges->omitted++;
}

static bool grow(struct uw_ranges *ranges)
{
    size_t room = ranges->room == 0 ? 16 : ranges->room * 2;
    struct uw_range *items = realloc(ranges->items, room * sizeof *items);
    if (items == NULL)
        return false;
    ranges->items = items;
    ranges->room = room;
    return true;
}

bool uw_ranges_add(struct uw_ranges *ranges, uint64_t offset, uint64_t length, int errno_value)
{
    if (length == 0)
        return true;
    struct uw_range range = {.offset = offset, .length = length, .errno_value = errno_value};
    size_t at = place_of(ranges, offset);
    ranges->bytes += length;
    if (merge(ranges, at, &range))
        return true;
    bool full = ranges->count == UW_RANGES_LISTED;
    if (full || (ranges->count == ranges->room && !grow(ranges))) {
        omit(ranges, &range);
        return full;
    }
    memmove(&ranges->items[at + 1], &ranges->items[at], (ranges->count - at) * sizeof range);
    ranges->items[at] = range;
    ranges->count++;
    return true;
}

void uw_ranges_clear(struct uw_ranges *ranges)
{
    free(ranges->items);
    *ranges = (struct uw_ranges){0};
}

json_t *uw_ranges_json(const struct uw_ranges *ranges, uint32_t logical_block_bytes)
{
    json_t *list = json_array();
    for (size_t i = 0; list != NULL && i < ranges->count; i++) {
        const struct uw_range *range = &ranges->items[i];
        uint64_t lba = range->offset / logical_block_bytes;
        uint64_t end = (range->offset + range->length + logical_block_bytes - 1) / logical_block_bytes;
        json_t *item = json_pack("{s:I, s:I, s:i}", "lba", (json_int_t)lba, "count", (json_int_t)(end - lba),
                                 "errno", range->errno_value);
        if (json_array_append_new(list, item) != 0) {
            json_decref(list);
            list = NULL;
        }
    }
    return list;
}

/* In blocks. */
static size_t read_list(const json_t *list, struct uw_range *to)
{
    size_t i;
    const json_t *item;
    json_array_foreach(list, i, item) {
        to[i].offset = (uint64_t)json_integer_value(json_object_get(item, "lba"));
        to[i].length = (uint64_t)json_integer_value(json_object_get(item, "count"));
        to[i].errno_value = (int)json_integer_value(json_object_get(item, "errno"));
    }
    return json_array_size(list);
}

static int compare_offsets(const void *a, const void *b)
{
    const struct uw_range *first = a, *second = b;
    return (first->offset > second->offset) - (first->offset < second->offset);
}

json_t *uw_ranges_union(const json_t *a, const json_t *b, uint64_t *blocks)
{
    struct uw_range *items = calloc(json_array_size(a) + json_array_size(b) + 1, sizeof *items);
    struct uw_ranges both = {0};
    uint64_t end = 0;
    bool added = items != NULL;
    size_t count = added ? read_list(a, items) : 0;
    count += added ? read_list(b, items + count) : 0;
    if (added)
        qsort(items, count, sizeof *items, compare_offsets);
    for (size_t i = 0; i < count && added; i++) {
        uint64_t item_end = items[i].offset + items[i].length;
        uint64_t from = items[i].offset > end ? items[i].offset : end;
        if (item_end > from)
            added = uw_ranges_add(&both, from, item_end - from, items[i].errno_value);
        end = item_end > end ? item_end : end;
    }
    *blocks = both.bytes;
    json_t *list = added ? uw_ranges_json(&both, 1) : NULL;
    uw_ranges_clear(&both);
    free(items);
    return list;
}
