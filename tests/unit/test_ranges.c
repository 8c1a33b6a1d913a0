/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/ranges.h"

static void assert_range(const struct uw_ranges *ranges, size_t i, uint64_t offset, uint64_t length,
                         int error)
{
    assert_true(i < ranges->count);
    assert_int_equal(ranges->items[i].offset, offset);
    assert_int_equal(ranges->items[i].length, length);
    assert_int_equal(ranges->items[i].errno_value, error);
}

static void merges_what_touches(void **state)
{
    (void)state;
    struct uw_ranges ranges = {0};
    assert_true(uw_ranges_add(&ranges, 4096, 512, EIO));
    assert_true(uw_ranges_add(&ranges, 5120, 512, EIO));
    assert_true(uw_ranges_add(&ranges, 0, 512, EIO));
    assert_int_equal(ranges.count, 3);
    assert_true(uw_ranges_add(&ranges, 4608, 512, EIO)); /* closes the gap */
    assert_int_equal(ranges.count, 2);
    assert_range(&ranges, 0, 0, 512, EIO);
    assert_range(&ranges, 1, 4096, 1536, EIO);
    assert_true(uw_ranges_add(&ranges, 3584, 512, EIO)); /* grows downwards */
    assert_range(&ranges, 1, 3584, 2048, EIO);
    assert_int_equal(ranges.bytes, 2560);
    assert_int_equal(ranges.omitted, 0);
    uw_ranges_clear(&ranges);
    assert_null(ranges.items);
    assert_int_equal(ranges.bytes, 0);
}

static void keeps_other_errors_apart(void **state)
{
    (void)state;
    struct uw_ranges ranges = {0};
    assert_true(uw_ranges_add(&ranges, 0, 512, EIO));
    assert_true(uw_ranges_add(&ranges, 1024, 512, EIO));
    assert_true(uw_ranges_add(&ranges, 512, 512, ENOSPC));
    assert_int_equal(ranges.count, 3);
    assert_range(&ranges, 1, 512, 512, ENOSPC);
    assert_true(uw_ranges_add(&ranges, 8192, 0, EIO)); /* nothing */
    assert_int_equal(ranges.count, 3);
    uw_ranges_clear(&ranges);
}

static void lists_no_more_than_fit(void **state)
{
    (void)state;
    struct uw_ranges ranges = {0};
    for (uint64_t i = 0; i < UW_RANGES_LISTED + 3; i++)
        assert_true(uw_ranges_add(&ranges, i * 1024, 512, EIO));
    assert_int_equal(ranges.count, UW_RANGES_LISTED);
    assert_int_equal(ranges.omitted, 3);
    /* Grows the last one that is not listed, and one that is. */
    assert_true(uw_ranges_add(&ranges, (UW_RANGES_LISTED + 2) * 1024 + 512, 512, EIO));
    assert_true(uw_ranges_add(&ranges, 512, 512, EIO));
    assert_int_equal(ranges.omitted, 3);
    assert_int_equal(ranges.count, UW_RANGES_LISTED - 1);
    assert_range(&ranges, 0, 0, 1536, EIO);
    assert_int_equal(ranges.bytes, (UW_RANGES_LISTED + 5) * 512);
    uw_ranges_clear(&ranges);
}

static void any_order_gives_one_list(void **state)
{
    (void)state;
    struct uw_ranges ranges = {0};
    /* 389 is prime to 1000: every block once, far apart; blocks 500 to 509 are left out. */
    for (uint64_t i = 0; i < 1000; i++) {
        uint64_t block = i * 389 % 1000;
        if (block < 500 || block > 509)
            assert_true(uw_ranges_add(&ranges, block * 4096, 4096, EIO));
    }
    assert_int_equal(ranges.count, 2);
    assert_range(&ranges, 0, 0, 500 * 4096, EIO);
    assert_range(&ranges, 1, 510 * 4096, 490 * 4096, EIO);
    uw_ranges_clear(&ranges);
}

static void json_counts_blocks(void **state)
{
    (void)state;
    struct uw_ranges ranges = {0};
    assert_true(uw_ranges_add(&ranges, 4096, 8192, EIO));
    assert_true(uw_ranges_add(&ranges, 40960, 1536, EINVAL)); /* a tail */
    json_t *json = uw_ranges_json(&ranges, 4096);
    char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
    assert_string_equal(text, "[{\"count\":2,\"errno\":5,\"lba\":1},{\"count\":1,\"errno\":22,\"lba\":10}]");
    free(text);
    json_decref(json);
    uw_ranges_clear(&ranges);
    json = uw_ranges_json(&ranges, 512);
    assert_int_equal(json_array_size(json), 0);
    assert_true(json_is_array(json));
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(merges_what_touches),    cmocka_unit_test(keeps_other_errors_apart),
        cmocka_unit_test(lists_no_more_than_fit), cmocka_unit_test(any_order_gives_one_list),
        cmocka_unit_test(json_counts_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
