/* SPDX-License-Identifier: Apache-2.0 */
/* Plans in words: what the question before an erase and the plan on the screen must not leave out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* The command's own part: the library does not hold it. */
#include "cli/facts.c"
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

/* Device, then security, hidden areas, health, and its numbers, as the examples have them. */
static void facts(void **state)
{
    (void)state;
    static const char *const wanted[][5] = {
        {"/dev/sda", "?", "?", "?", ""},
        {"/dev/sdb", "frozen", "none", "warning", "bad-sector, 8 reallocated, 31744 h, 35 C"},
        {"/dev/nvme0n1", "-", "none", "good", "3 % used, 4210 h, 38 C"},
    };
    json_t *document = json_load_file(TEST_DATA "/examples/list.json", 0, NULL);
    json_t *drives = json_object_get(document, "drives");
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        const json_t *drive = json_array_get(drives, i);
        char security[64], hidden[64], health[64], numbers[256];
        facts_security(drive, security, sizeof security);
        facts_hidden(drive, hidden, sizeof hidden);
        facts_health(drive, health, sizeof health);
        facts_health_numbers(drive, numbers, sizeof numbers);
        assert_string_equal(text_of(drive, "device"), wanted[i][0]);
        assert_string_equal(security, wanted[i][1]);
        assert_string_equal(hidden, wanted[i][2]);
        assert_string_equal(health, wanted[i][3]);
        assert_string_equal(numbers, wanted[i][4]);
    }
    json_decref(document);
}

static void facts_that_matter(void **state)
{
    (void)state;
    char text[64];
    json_t *drive =
        json_pack("{s:{s:s, s:n, s:s, s:i, s:s}, s:{s:{s:b, s:b, s:b, s:b}}, s:{s:i}, s:{s:s}}", "hidden",
                  "hpa", "present", "dco", "amax", "none", "unattached_namespaces", 2, "unallocated_bytes",
                  "12000000000", "capabilities", "security", "supported", 1, "enabled", 1, "locked", 1,
                  "frozen", 0, "health", "critical_warning", 4, "unknown", "hidden.dco", "read_error");
    assert_non_null(drive);
    facts_security(drive, text, sizeof text);
    assert_string_equal(text, "locked password");
    facts_hidden(drive, text, sizeof text);
    assert_string_equal(text, "hpa 2 namespaces 12.0 GB free ?");
    facts_health(drive, text, sizeof text);
    assert_string_equal(text, "warning");
    json_object_set_new(drive, "health", json_pack("{s:s}", "status", "bad-status"));
    facts_health(drive, text, sizeof text);
    assert_string_equal(text, "bad");
    json_decref(drive);
    drive = json_object(); /* a file: nothing of it */
    facts_security(drive, text, sizeof text);
    assert_string_equal(text, "-");
    facts_hidden(drive, text, sizeof text);
    assert_string_equal(text, "-");
    facts_health(drive, text, sizeof text);
    assert_string_equal(text, "-");
    json_decref(drive);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facts),  cmocka_unit_test(facts_that_matter),
        cmocka_unit_test(briefs), cmocka_unit_test(cut),
        cmocka_unit_test(whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
