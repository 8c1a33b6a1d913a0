/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/standard.h"

/* What stands in the table, said a second time: passes as hex, "*" for a keystream. */
static const struct {
    const char *id;
    const char *passes;
} expected[] = {
    {"nist-clear", "00"},
    {"random", "*"},
    {"complement", "55 aa"},
    {"twice", "00 00"},
};

static void passes_text(const struct uw_standard *standard, char *text, size_t bytes)
{
    size_t used = 0;
    for (size_t i = 0; i < standard->pass_count; i++) {
        const struct uw_pass *pass = &standard->passes[i];
        used += (size_t)snprintf(text + used, bytes - used, "%s", i > 0 ? " " : "");
        if (pass->kind == UW_PASS_KEYSTREAM)
            used += (size_t)snprintf(text + used, bytes - used, "*");
        for (size_t j = 0; j < pass->pattern_bytes; j++)
            used += (size_t)snprintf(text + used, bytes - used, "%02x", pass->pattern[j]);
    }
}

static void holds_what_is_named(void **state)
{
    (void)state;
    char text[512];
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        const struct uw_standard *standard = uw_standard_by_id(expected[i].id);
        assert_non_null(standard);
        passes_text(standard, text, sizeof text);
        assert_string_equal(text, expected[i].passes);
    }
    assert_null(uw_standard_by_id("NIST-CLEAR"));
    assert_null(uw_standard_by_id(""));
    assert_null(uw_standard_by_id(NULL));
}

static void every_one_can_be_run(void **state)
{
    (void)state;
    size_t count = 0;
    const struct uw_standard *standard;
    for (; (standard = uw_standard_at(count)) != NULL; count++) {
        assert_ptr_equal(uw_standard_by_id(standard->id), standard); /* no id twice */
        assert_true(standard->title[0] != '\0' && standard->status[0] != '\0' && standard->source[0] != '\0');
        assert_in_range(standard->pass_count, 1, UW_PASSES);
        for (size_t i = 0; i < standard->pass_count; i++) {
            const struct uw_pass *pass = &standard->passes[i];
            if (pass->kind == UW_PASS_KEYSTREAM)
                assert_int_equal(pass->pattern_bytes, 0);
            else
                assert_in_range(pass->pattern_bytes, 1, UW_PATTERN_BYTES);
        }
    }
    assert_true(count >= sizeof expected / sizeof expected[0]);
    assert_null(uw_standard_at(count));
}

static void pass_json_names_the_image(void **state)
{
    (void)state;
    const struct uw_pass fixed = {
        .kind = UW_PASS_FIXED, .pattern_bytes = 4, .pattern = {0xff, 0xff, 0xff, 0xfd}};
    const struct uw_pass random = {.kind = UW_PASS_KEYSTREAM};
    json_t *json = uw_pass_json(&fixed);
    assert_string_equal(json_string_value(json_object_get(json, "pattern")), "fffffffd");
    assert_int_equal(json_object_size(json), 1);
    json_decref(json);
    json = uw_pass_json(&random);
    assert_string_equal(json_string_value(json_object_get(json, "cipher")), "aes-256-ctr");
    assert_int_equal(json_object_size(json), 1);
    json_decref(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds_what_is_named),
        cmocka_unit_test(every_one_can_be_run),
        cmocka_unit_test(pass_json_names_the_image),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
