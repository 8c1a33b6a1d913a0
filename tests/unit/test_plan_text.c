/* SPDX-License-Identifier: Apache-2.0 */
/* Plans in words: what the question before an erase and the plan on the screen must not leave out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* The command's own part: the library does not hold it. */
#include "cli/output.c"
#include "cli/plan.c"

enum { BRIEF_BYTES = 256 };

/* The third of the examples: an NVMe namespace whose drive erases two others with it. */
static json_t *example(size_t index)
{
    json_t *document = json_load_file(TEST_DATA "/examples/plan.json", 0, NULL);
    json_t *plan = json_incref(json_array_get(json_object_get(document, "plans"), index));
    json_decref(document);
    assert_non_null(plan);
    return plan;
}

static json_t *step_of(const json_t *plan)
{
    return json_array_get(json_object_get(plan, "steps"), 0);
}

static void briefs(void **state)
{
    (void)state;
    char text[BRIEF_BYTES];
    json_t *plan = example(2);
    plan_brief(plan, text, sizeof text);
    assert_string_equal(text, "nvme-sanitize-crypto to purge, cannot be stopped, about 30 s, also erases "
                              "namespace 2 of nvme0 and 2 more");
    json_object_set_new(step_of(plan), "attach", json_true());
    json_object_set_new(step_of(plan), "estimate_s", json_integer(0));
    json_array_clear(json_object_get(plan, "also_affected"));
    plan_brief(plan, text, sizeof text);
    assert_string_equal(text,
                        "nvme-sanitize-crypto to purge, runs already, cannot be stopped, time not known");
    json_decref(plan);

    plan = example(1);
    json_object_set_new(step_of(plan), "estimate_s", json_integer(7200));
    plan_brief(plan, text, sizeof text);
    assert_string_equal(
        text, "overwrite to clear, about 2 h 0 min, can be stopped, also erases 2 partitions of sdb");
    json_decref(plan);

    plan = example(3);
    plan_brief(plan, text, sizeof text);
    assert_string_equal(text,
                        "ata-security-erase-enhanced, then overwrite to clear, cannot be stopped, about "
                        "42 min, hidden areas: hpa open until the power goes off and on");
    json_decref(plan);

    plan = example(0);
    plan_brief(plan, text, sizeof text);
    assert_string_equal(text, "refused, /dev/sda holds the running system");
    json_decref(plan);
}

/* A long item and a short buffer: cut, and not past the end. */
static void cut(void **state)
{
    (void)state;
    char text[BRIEF_BYTES], small[24];
    char item[400];
    json_t *plan = example(2);
    memset(item, 'x', sizeof item - 1);
    item[sizeof item - 1] = '\0';
    json_array_insert_new(json_object_get(plan, "also_affected"), 0, json_string(item));
    plan_brief(plan, text, sizeof text);
    assert_true(strlen(text) < sizeof text);
    assert_non_null(strstr(text, "x and 3 more"));
    plan_brief(plan, small, sizeof small);
    assert_true(strlen(small) == sizeof small - 1);
    json_decref(plan);
}

static char *printed(const json_t *plan)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *before = stdout;
    stdout = open_memstream(&text, &bytes);
    assert_non_null(stdout);
    plan_print(plan);
    fclose(stdout);
    stdout = before;
    return text;
}

static void whole(void **state)
{
    (void)state;
    json_t *plan = example(2);
    char *text = printed(plan);
    assert_non_null(strstr(text, "\n  also affected namespace 2 of nvme0\n"));
    assert_non_null(strstr(text, " namespace 3 of nvme0, not attached to this controller\n"));
    assert_non_null(strstr(text, " 1 partition\n"));
    assert_non_null(strstr(text, "cannot be stopped, about 30 s\n"));
    assert_null(strstr(text, "runs already"));
    free(text);
    json_object_set_new(step_of(plan), "attach", json_true());
    text = printed(plan);
    assert_non_null(strstr(text, "(device-sanitize-crypto), runs already: waits for its end\n"));
    free(text);

    /* However many there are, none is left out. */
    json_t *list = json_object_get(plan, "also_affected");
    for (unsigned i = 0; i < 127; i++)
        json_array_append_new(list, json_sprintf("namespace %u of nvme0", 1000 + i));
    text = printed(plan);
    assert_non_null(strstr(text, " namespace 1126 of nvme0\n"));
    free(text);
    json_decref(plan);

    plan = example(3);
    text = printed(plan);
    assert_non_null(strstr(text, "\n  step 1        ata-security-erase-enhanced "));
    assert_non_null(strstr(text, "\n  step 2        overwrite (host-overwrite), nist-clear, 1 pass\n"));
    free(text);
    json_decref(plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(briefs),
        cmocka_unit_test(cut),
        cmocka_unit_test(whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
