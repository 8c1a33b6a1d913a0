/* SPDX-License-Identifier: Apache-2.0 */
/* The truth table, all of it: every combination of evidence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/verdict.h"

enum { FLAGS = 13 };

static struct uw_evidence evidence_of(unsigned bits)
{
    return (struct uw_evidence){
        .refused = bits & 1,
        .canary_alive = bits & 2,
        .image_differs = bits & 4,
        .identity_changed = bits & 8,
        .unwritten = bits & 16,
        .broken = bits & 32,
        .stalled = bits & 64,
        .aborted = bits & 128,
        .ended_well = bits & 256,
        .read_back = bits & 512,
        .identity_same = bits & 1024,
        .unmarked = bits & 2048,
        .gone = bits & 4096,
    };
}

static const unsigned AGAINST = 2 | 4 | 8 | 16 | 32 | 2048 | 4096;
static const unsigned FOR = 256 | 512 | 1024;

static enum uw_verdict expected(unsigned bits)
{
    if (bits & 1)
        return UW_VERDICT_REFUSED;
    if (bits & AGAINST)
        return UW_VERDICT_FAILED;
    if (bits & 64)
        return UW_VERDICT_STALLED;
    if (bits & 128)
        return UW_VERDICT_ABORTED;
    return (bits & FOR) == FOR ? UW_VERDICT_SANITIZED : UW_VERDICT_FAILED;
}

static void every_combination(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits < 1U << FLAGS; bits++) {
        struct uw_evidence evidence = evidence_of(bits);
        const char *reason = NULL;
        assert_int_equal(uw_verdict_of(&evidence, &reason), expected(bits));
        assert_non_null(reason);
        evidence.reservations = 1;
        enum uw_verdict with = expected(bits);
        if (with == UW_VERDICT_SANITIZED)
            with = UW_VERDICT_SANITIZED_WITH_EXCEPTIONS;
        assert_int_equal(uw_verdict_of(&evidence, &reason), with);
    }
}

static void nothing_seen_is_failed(void **state)
{
    (void)state;
    struct uw_evidence nothing;
    const char *reason;
    memset(&nothing, 0, sizeof nothing);
    assert_int_equal(uw_verdict_of(&nothing, &reason), UW_VERDICT_FAILED);
    assert_int_equal(UW_VERDICT_FAILED, 0);
}

static void names(void **state)
{
    (void)state;
    assert_string_equal(uw_verdict_name(UW_VERDICT_SANITIZED_WITH_EXCEPTIONS), "sanitized-with-exceptions");
    for (int i = 0; i < UW_VERDICTS; i++)
        assert_non_null(uw_verdict_name((enum uw_verdict)i));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_combination),
        cmocka_unit_test(nothing_seen_is_failed),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
