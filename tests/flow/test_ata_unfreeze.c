/* SPDX-License-Identifier: Apache-2.0 */
/* --unfreeze: one sleep of the machine, where a drive gains by it and none is harmed, and what is frozen
 * still is refused. */
#include "flow.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/journal.h"
#include "engine/run.h"

#define FROZEN                                                                                               \
    .block.bytes = 64 * 1024, .rotation = 7200, .security = true, .enhanced = true, .erase_word = 1,         \
    .enhanced_word = 1, .freezes_security = true

static const struct ata_row frozen = {"frozen", .config = {FROZEN}, .request.unfreeze = true};

/* A run that must end so, the machine having slept so often. */
static void expect(struct flow *flow, const char *verdict, const char *code, unsigned sleeps)
{
    flow_run(flow);
    flow_check(flow);
    const json_t *authority = json_object_get(flow->certificate[0], "authority");
    assert_string_equal(flow_verdict(flow, 0), verdict);
    assert_string_equal(flow_text(json_object_get(authority, "refusal"), "code"), code);
    assert_int_equal(flow->machine.sleeps, sleeps);
}

static const json_t *told(const struct flow *flow)
{
    return json_object_get(json_object_get(flow->certificate[0], "before"), "unfreeze");
}

static void thaws(void **state)
{
    (void)state;
    static struct flow flow;
    flow_open_ata(&flow, &frozen);
    expect(&flow, "sanitized", "", 1);
    assert_string_equal(flow_text(flow_step(&flow, 0), "method"), "ata-security-erase-enhanced");
    assert_true(flow_number(told(&flow), "slept_ms") > 0);
    assert_true(json_is_false(json_object_get(told(&flow), "frozen_after")));
    assert_int_equal(flow.exit_code, 0);
    flow_close(&flow);
}

/* What the refusal says of the way out. */
static const char *way_out(const struct flow *flow)
{
    const json_t *authority = json_object_get(flow->certificate[0], "authority");
    return flow_text(json_object_get(authority, "refusal"), "way_out");
}

/* The refusal names the erase that the freeze keeps the drive from, and the ways out of it. */
static void names_the_way_out(void **state)
{
    (void)state;
    static struct flow flow;
    struct ata_row row = frozen;
    row.request.unfreeze = false;
    flow_open_ata(&flow, &row);
    expect(&flow, "refused", "level", 0);
    assert_non_null(strstr(way_out(&flow), "ata-security-erase-enhanced would reach it"));
    assert_non_null(strstr(way_out(&flow), "frozen"));
    assert_non_null(strstr(way_out(&flow), "suspend the machine"));
    flow_close(&flow);
    row.config.security = row.config.enhanced = false;
    row.config.sanitize = row.config.overwrite = row.config.freezes_sanitize = true;
    flow_open_ata(&flow, &row);
    expect(&flow, "refused", "level", 0);
    assert_non_null(strstr(way_out(&flow), "ata-sanitize-overwrite would reach it"));
    assert_non_null(strstr(way_out(&flow), "off and on"));
    flow_close(&flow);
}

/* Not asked, or nothing to gain: a sanitize needs no thaw, nor does a drive that is not frozen. */
static void does_not_sleep(void **state)
{
    (void)state;
    static struct flow flow;
    struct ata_row row = frozen;
    row.request.unfreeze = false;
    flow_open_ata(&flow, &row);
    expect(&flow, "refused", "level", 0);
    flow_close(&flow);
    row = frozen;
    row.config.sanitize = row.config.overwrite = true;
    flow_open_ata(&flow, &row);
    expect(&flow, "sanitized", "", 0);
    assert_true(json_is_null(told(&flow)));
    flow_close(&flow);
    row = frozen;
    row.config.freezes_security = false;
    flow_open_ata(&flow, &row);
    expect(&flow, "sanitized", "", 0);
    flow_close(&flow);
}

/* With the way out. What could be written over as it is was not asked for. */
static void stays_frozen(void **state)
{
    (void)state;
    static struct flow flow;
    for (int i = 0; i < 4; i++) {
        struct ata_row row = frozen;
        row.config.powered_asleep = (i & 1) != 0, row.config.freezes_on_wake = (i & 1) == 0;
        row.request.level = (i & 2) != 0 ? "clear" : "purge";
        flow_open_ata(&flow, &row);
        expect(&flow, "refused", "frozen", 1);
        assert_non_null(strstr(way_out(&flow), "off and on"));
        assert_int_equal(flow.exit_code, 4);
        flow_close(&flow);
    }
}

static void cannot_sleep(void **state)
{
    (void)state;
    static struct flow flow;
    for (int i = 0; i < 3; i++) {
        flow_open_ata(&flow, &frozen);
        flow.machine.no_alarm = i == 0;
        flow.machine.no_sleep = i == 1;
        if (i == 2)
            flow.machine.machine.suspend = NULL;
        expect(&flow, "refused", "frozen", 0);
        assert_true(json_is_null(told(&flow)));
        flow_close(&flow);
    }
}

/* Another drive has a password, is at work on its erase, or does not say; whether it was named or not. */
static void would_harm(void **state)
{
    (void)state;
    static struct flow flow;
    for (int i = 0; i < 8; i++) {
        struct model_ata_config config = frozen.config, other = frozen.config;
        config.serial = "FROZEN", other.serial = "OTHER";
        other.freezes_security = false;
        if (i / 2 == 0)
            other.user_password = "theirs";
        if (i / 2 == 1)
            other.user_password = "theirs", other.unlocked = true;
        if (i / 2 == 2) {
            other.sanitize = other.overwrite = true;
            other.former.running = MODEL_ATA_OVERWRITE;
        }
        if (i / 2 == 3)
            other.lies[0] = (struct model_ata_lie){.kind = MODEL_ATA_ABORTS, .on = MODEL_ATA_IDENTIFY};
        struct model_facts facts = {.name = "sda", .bus = UW_BUS_ATA, .media = UW_MEDIA_HDD};
        struct model_facts others = {.name = "sdb", .bus = UW_BUS_ATA, .media = UW_MEDIA_HDD};
        flow_open(&flow, 2);
        flow.request.level = "purge";
        flow.request.unfreeze = true;
        struct model_ata *first = model_ata_new(&config), *second = model_ata_new(&other);
        assert_true(first != NULL && second != NULL);
        flow_own_ata(&flow, first);
        flow_own_ata(&flow, second);
        flow_put_ata(&flow, 0, &facts, first, 1);
        flow_put_ata(&flow, 1, &others, second, 2);
        if (i % 2 == 1)
            flow.request.targets = (struct uw_strings){flow.targets, 1};
        flow_run(&flow);
        assert_string_equal(flow_text(flow_event(&flow, 0, "refused"), "code"), "frozen");
        assert_int_not_equal(flow.exit_code, 0);
        assert_int_equal(flow.machine.sleeps, 0);
        assert_int_equal(second->sleeps, 0);
        flow_close(&flow);
    }
}

/* Another run's journal is locked as long as that run lives. */
static void others_are_at_work(void **state)
{
    (void)state;
    static struct flow flow;
    char path[FLOW_FOLDER_BYTES * 2];
    flow_open_ata(&flow, &frozen);
    (void)mkdir(flow.state, 0700);
    snprintf(path, sizeof path, "%s/journal", flow.state);
    (void)mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/journal/another.jsonl", flow.state);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_true(uw_journal_take(fd));
    expect(&flow, "refused", "frozen", 0);
    close(fd);
    unlink(path);
    flow_close(&flow);
}

/* What does not come back is not planned for. */
static void lost_asleep(void **state)
{
    (void)state;
    static struct flow flow;
    struct ata_row row = frozen;
    row.facts.missing_from = 2;
    flow_open_ata(&flow, &row);
    expect(&flow, "refused", "identity", 1);
    flow_close(&flow);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thaws),        cmocka_unit_test(does_not_sleep),
        cmocka_unit_test(stays_frozen), cmocka_unit_test(cannot_sleep),
        cmocka_unit_test(would_harm),   cmocka_unit_test(others_are_at_work),
        cmocka_unit_test(lost_asleep),  cmocka_unit_test(names_the_way_out),
    };
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, flow_remove_all);
}
