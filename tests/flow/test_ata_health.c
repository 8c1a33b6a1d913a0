/* SPDX-License-Identifier: Apache-2.0 */
/* Health before and after an erase in the certificate of an ATA drive, and that what is bad of it is a
 * reservation.
 */
#include "flow.h"

#include <string.h>

static struct flow flow;

static const json_t *member(const char *object, const char *name)
{
    return json_object_get(json_object_get(flow.certificate[0], object), name);
}

static void run_to(const struct ata_row *row, const char *verdict)
{
    flow_open_ata(&flow, row);
    flow_run(&flow);
    flow_check(&flow);
    if (strcmp(flow_verdict(&flow, 0), verdict) != 0)
        fail_msg("%s: %s, not %s", flow_text(member("before", "health"), "status"), flow_verdict(&flow, 0),
                 verdict);
}

static void run(const struct ata_row *row)
{
    run_to(row, "sanitized");
    assert_int_equal(json_array_size(json_object_get(flow.certificate[0], "exceptions")), 0);
}

#define BLOCK .sanitize = true, .block_erase = true

static void before_and_after_stand_in_the_certificate(void **state)
{
    (void)state;
    const struct ata_row row = {.name = "worn",
                                .health = true,
                                .config = {BLOCK, .smart = {.hours = 5000, .reallocated = 8, .pending = 2}}};
    run(&row);
    const json_t *before = member("before", "health"), *after = member("after", "health");
    assert_string_equal(flow_text(before, "status"), "bad-sector");
    assert_string_equal(flow_text(after, "status"), "bad-sector");
    assert_int_equal(flow_number(before, "power_on_hours"), 5000);
    assert_int_equal(flow_number(after, "power_on_hours"), 5000);
    assert_int_equal(flow_number(before, "temperature_k"), 308);
    assert_int_equal(flow_number(member("time", "drive_hours"), "before"), 5000);
    assert_int_equal(flow_number(member("time", "drive_hours"), "after"), 5000);
    assert_true(flow_number(member("time", "power_cycles"), "before") >= 40);
    assert_int_equal(flow_number(member("hidden_areas", "reallocated"), "before"), 8);
    assert_int_equal(flow_number(member("hidden_areas", "reallocated"), "after"), 8);
    assert_int_equal(flow_number(member("hidden_areas", "pending"), "before"), 2);
    const json_t *plan = json_array_get(json_object_get(flow.plans, "plans"), 0);
    assert_true(json_equal(json_object_get(plan, "health"), before));
    assert_true(json_is_object(json_object_get(json_object_get(plan, "capabilities"), "sanitize")));
    assert_string_equal(flow_text(json_object_get(plan, "hidden"), "hpa"), "none");
    flow_close(&flow);
}

/* The drive's hours go on while it erases. */
static void hours_pass(void **state)
{
    (void)state;
    const struct ata_row row = {.name = "hours", .health = true, .config = {BLOCK, .block_ms = 3 * 3600000}};
    run(&row);
    json_int_t before = flow_number(member("time", "drive_hours"), "before");
    assert_in_range(flow_number(member("time", "drive_hours"), "after"), before + 3, before + 4);
    flow_close(&flow);
}

static void check_reasons(const char *why)
{
    static const char *const paths[] = {"before.health", "after.health", "time.drive_hours.before",
                                        "hidden_areas.pending.after"};
    const json_t *unknown = json_object_get(flow.certificate[0], "unknown");
    assert_true(json_is_null(member("before", "health")));
    assert_true(json_is_null(member("after", "health")));
    /* What no reason of its own was given for was not asked. */
    assert_string_equal(flow_text(unknown, paths[0]), why);
    assert_string_equal(flow_text(unknown, paths[1]), why);
    assert_true(flow_text(unknown, paths[2])[0] != '\0');
    assert_true(flow_text(unknown, paths[3])[0] != '\0');
}

static void what_is_not_there_is_named(void **state)
{
    (void)state;
    const struct ata_row rows[] = {
        {.name = "absent", .health = true, .config = {BLOCK, .smart.absent = true}},
        {.name = "off", .health = true, .config = {BLOCK, .smart.off = true}},
        {.name = "wrong", .health = true, .config = {BLOCK, .smart.bad_checksum = true}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        run(&rows[i]);
        check_reasons(i < 2 ? "not_supported" : "read_error");
        flow_close(&flow);
    }
}

static void expect_doubt(const char *part)
{
    const json_t *exceptions = json_object_get(flow.certificate[0], "exceptions");
    assert_int_equal(json_array_size(exceptions), 1);
    const json_t *doubt = json_array_get(exceptions, 0);
    assert_string_equal(flow_text(doubt, "code"), "health");
    if (strstr(flow_text(doubt, "text"), part) == NULL)
        fail_msg("'%s' is not in '%s'", part, flow_text(doubt, "text"));
}

/* A drive that says that it will fail is erased all the same, with that reservation; that is often why it
 * goes. */
static void a_failing_drive_is_erased(void **state)
{
    (void)state;
    const struct ata_row row = {
        .name = "failing", .health = true, .config = {BLOCK, .smart = {.exceeded = true, .worn = 4}}};
    run_to(&row, "sanitized-with-exceptions");
    expect_doubt("about to fail");
    assert_string_equal(flow_text(member("before", "health"), "status"), "bad-status");
    const json_t *bad = json_object_get(member("after", "health"), "bad_attributes");
    assert_int_equal(json_array_size(bad), 1);
    flow_close(&flow);
}

static void break_down(struct model_drive *drive, void *user)
{
    (void)user;
    drive->ata->config.smart.exceeded = true;
}

/* What its erase brings about counts as much as what was before, and once. */
static void it_fails_while_it_erases(void **state)
{
    (void)state;
    const struct ata_row row = {.name = "sound", .health = true, .config = {BLOCK}};
    flow_open_ata(&flow, &row);
    flow.machine.erasing = break_down;
    flow_run(&flow);
    flow_check(&flow);
    assert_string_equal(flow_verdict(&flow, 0), "sanitized-with-exceptions");
    assert_string_equal(flow_text(member("before", "health"), "status"), "good");
    assert_string_equal(flow_text(member("after", "health"), "status"), "bad-status");
    expect_doubt("about to fail");
    flow_close(&flow);
}

static void each_doubt(void **state)
{
    (void)state;
    const struct {
        struct model_ata_config config;
        const char *status, *doubt; /* NULL: none */
    } rows[] = {
        {{BLOCK, .smart = {.worn = 4}}, "bad-sector-many", "bad sectors"},
        {{BLOCK, .smart = {.reallocated = 1}}, "bad-sector", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct ata_row row = {.name = rows[i].status, .health = true, .config = rows[i].config};
        if (rows[i].doubt != NULL)
            run_to(&row, "sanitized-with-exceptions"), expect_doubt(rows[i].doubt);
        else
            run(&row);
        assert_string_equal(flow_text(member("before", "health"), "status"), rows[i].status);
        flow_close(&flow);
    }
}

/* Between ERASE PREPARE and ERASE UNIT nothing else is sent (ACS-4, 7.41). */
static void nothing_comes_between_prepare_and_unit(void **state)
{
    (void)state;
    const struct ata_row row = {.name = "unit",
                                .health = true,
                                .config = {.security = true, .enhanced = true, .erase_word = 10},
                                .request.level = "clear"};
    run(&row);
    const struct model_ata *ata = flow.owned_ata[0];
    unsigned pairs = 0, smart = 0;
    for (size_t i = 0; i < ata->seen_count; i++) {
        smart += ata->seen[i].ata && ata->seen[i].command == 0xb0;
        if (!ata->seen[i].ata || ata->seen[i].command != 0xf3)
            continue;
        assert_true(i + 1 < ata->seen_count && ata->seen[i + 1].command == 0xf4);
        pairs++;
    }
    assert_int_equal(pairs, 1);
    assert_true(smart >= 6);
    flow_close(&flow);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(before_and_after_stand_in_the_certificate),
        cmocka_unit_test(hours_pass),
        cmocka_unit_test(what_is_not_there_is_named),
        cmocka_unit_test(a_failing_drive_is_erased),
        cmocka_unit_test(it_fails_while_it_erases),
        cmocka_unit_test(each_doubt),
        cmocka_unit_test(nothing_comes_between_prepare_and_unit),
    };
    return cmocka_run_group_tests(tests, NULL, flow_remove_all);
}
