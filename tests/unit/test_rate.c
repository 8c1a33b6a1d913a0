/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* The command's own part: the library does not hold it. */
#include "cli/rate.c"

#define MB 1000000ULL
#define S NS_PER_S

/* `seconds` of steady work in beats of 200 ms, from `*time_ns` and `*bytes` on. */
static void work(struct rate *rate, uint64_t seconds, uint64_t bytes_per_s, uint64_t *time_ns,
                 uint64_t *bytes)
{
    for (uint64_t i = 0; i < seconds * 5; i++) {
        *time_ns += S / 5;
        *bytes += bytes_per_s / 5;
        rate_add(rate, *time_ns, *bytes);
    }
}

static void assert_near(uint64_t got, uint64_t wanted, uint64_t tolerance)
{
    assert_in_range(got, wanted - tolerance, wanted + tolerance);
}

static void test_nothing_known(void **state)
{
    (void)state;
    struct rate rate = {0};
    uint64_t seconds = 77;
    assert_int_equal(rate_per_s(&rate, 5 * S), 0);
    assert_false(rate_left_s(&rate, 5 * S, 1, &seconds));
    assert_int_equal(rate_still_s(&rate, 5 * S), 0);
    rate_add(&rate, 5 * S, 10 * MB);
    assert_int_equal(rate_per_s(&rate, 5 * S), 0);
    assert_false(rate_left_s(&rate, 6 * S, 1, &seconds));
    assert_int_equal(seconds, 77);
}

static void test_steady(void **state)
{
    (void)state;
    struct rate rate = {0};
    uint64_t time_ns = 1000 * S, bytes = 0, seconds;
    rate_add(&rate, time_ns, bytes);
    work(&rate, 1, 200 * MB, &time_ns, &bytes);
    assert_near(rate_per_s(&rate, time_ns), 200 * MB, 10);
    work(&rate, 60, 200 * MB, &time_ns, &bytes);
    assert_near(rate_per_s(&rate, time_ns), 200 * MB, 10);
    assert_true(rate_left_s(&rate, time_ns, 2000 * MB, &seconds));
    assert_near(seconds, 10, 1);
    assert_true(rate_left_s(&rate, time_ns, 0, &seconds));
    assert_int_equal(seconds, 0);
    assert_true(rate_left_s(&rate, time_ns, 1, &seconds));
    assert_int_equal(seconds, 1);
}

static void test_window_forgets(void **state)
{
    (void)state;
    struct rate rate = {0};
    uint64_t time_ns = 0, bytes = 0;
    rate_add(&rate, time_ns, bytes);
    work(&rate, 60, 1000 * MB, &time_ns, &bytes);
    work(&rate, 5, 100 * MB, &time_ns, &bytes);
    assert_near(rate_per_s(&rate, time_ns), 550 * MB, 20 * MB);
    work(&rate, 6, 100 * MB, &time_ns, &bytes);
    assert_near(rate_per_s(&rate, time_ns), 100 * MB, 1 * MB);
}

static void test_standstill(void **state)
{
    (void)state;
    struct rate rate = {0};
    uint64_t time_ns = 0, bytes = 0;
    rate_add(&rate, time_ns, bytes);
    work(&rate, 20, 100 * MB, &time_ns, &bytes);
    assert_near(rate_per_s(&rate, time_ns + 5 * S), 50 * MB, 3 * MB);
    assert_int_equal(rate_per_s(&rate, time_ns + 11 * S), 0);
    assert_int_equal(rate_still_s(&rate, time_ns + 11 * S), 11);
    /* Events that bring nothing new do not hide it. */
    rate_add(&rate, time_ns + 12 * S, bytes);
    assert_int_equal(rate_still_s(&rate, time_ns + 13 * S), 13);
    assert_int_equal(rate_per_s(&rate, time_ns + 13 * S), 0);
}

static void test_back_begins_anew(void **state)
{
    (void)state;
    struct rate rate = {0};
    uint64_t time_ns = 0, bytes = 0;
    rate_add(&rate, time_ns, bytes);
    work(&rate, 20, 100 * MB, &time_ns, &bytes);
    rate_add(&rate, time_ns + S, 0);
    assert_int_equal(rate_per_s(&rate, time_ns + S), 0);
    rate_add(&rate, time_ns + 2 * S, 30 * MB);
    assert_near(rate_per_s(&rate, time_ns + 2 * S), 30 * MB, 10);
    rate_add(&rate, time_ns - S, 40 * MB);
    assert_int_equal(rate_per_s(&rate, time_ns), 0);
}

static void test_many_events(void **state)
{
    (void)state;
    struct rate rate = {0};
    uint64_t time_ns = 0;
    for (uint64_t i = 0; i < 100000; i++) {
        time_ns += S / 1000;
        rate_add(&rate, time_ns, i * MB / 10);
    }
    assert_near(rate_per_s(&rate, time_ns), 100 * MB, 1 * MB);
    assert_true(rate.count <= RATE_MARKS);
    /* The ring reaches back over the window, not over 64 ms. */
    assert_true(time_ns - mark_at(&rate, 0)->time_ns >= WINDOW_NS);
}

static void test_huge(void **state)
{
    (void)state;
    struct rate rate = {0};
    uint64_t seconds;
    rate_add(&rate, 0, 0);
    rate_add(&rate, S, UINT64_MAX / 2);
    assert_true(rate_per_s(&rate, S) > UINT64_MAX / 4);
    assert_true(rate_left_s(&rate, S, UINT64_MAX, &seconds));
    rate_add(&rate, UINT64_MAX, UINT64_MAX);
    assert_true(rate_per_s(&rate, UINT64_MAX) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_known),
        cmocka_unit_test(test_steady),
        cmocka_unit_test(test_window_forgets),
        cmocka_unit_test(test_standstill),
        cmocka_unit_test(test_back_begins_anew),
        cmocka_unit_test(test_many_events),
        cmocka_unit_test(test_huge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
