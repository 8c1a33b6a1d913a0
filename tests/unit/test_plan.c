/* SPDX-License-Identifier: Apache-2.0 */
/* The planner over a table of drives: row, passes, level, refusals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/plan.h"
#include "method/methods.h"

static struct uw_drive drive_of(enum uw_bus bus, enum uw_media media)
{
    struct uw_drive drive = {.bus = bus, .media = media, .bytes = 480103981056, .logical_block_bytes = 512};
    snprintf(drive.device, sizeof drive.device, "/dev/sdx");
    snprintf(drive.name, sizeof drive.name, "sdx");
    snprintf(drive.id, sizeof drive.id, "S1");
    return drive;
}

static const struct uw_policy CLEAR = {.level = UW_LEVEL_CLEAR};

static void rows(void **state)
{
    (void)state;
    static const struct {
        enum uw_bus bus;
        enum uw_media media;
        const char *rule;
        size_t passes;
    } table[] = {
        {UW_BUS_NVME, UW_MEDIA_SSD, "N7", 1},        {UW_BUS_NVME_FABRICS, UW_MEDIA_SSD, "R1", 1},
        {UW_BUS_ATA, UW_MEDIA_HDD, "H3", 1},         {UW_BUS_ATA, UW_MEDIA_HDD_SMR, "H3", 1},
        {UW_BUS_ATA, UW_MEDIA_SSD, "A6", 1},         {UW_BUS_ATA, UW_MEDIA_UNKNOWN, "A6", 1},
        {UW_BUS_SCSI, UW_MEDIA_HDD, "S3", 1},        {UW_BUS_SCSI, UW_MEDIA_SSD, "S3", 1},
        {UW_BUS_SCSI, UW_MEDIA_VIRTUAL, "R1", 1},    {UW_BUS_MMC, UW_MEDIA_EMMC, "M2", 2},
        {UW_BUS_MMC, UW_MEDIA_SD, "M2", 2},          {UW_BUS_USB, UW_MEDIA_USB_FLASH, "U1", 2},
        {UW_BUS_USB, UW_MEDIA_HDD, "U1", 2},         {UW_BUS_VIRTIO, UW_MEDIA_VIRTUAL, "R1", 1},
        {UW_BUS_LOOP, UW_MEDIA_VOLUME, "R1", 1},     {UW_BUS_FILE, UW_MEDIA_FILE, "R1", 1},
        {UW_BUS_UNKNOWN, UW_MEDIA_UNKNOWN, "R1", 1}, {UW_BUS_NVME, UW_MEDIA_VIRTUAL, "R1", 1},
        {UW_BUS_ATA, UW_MEDIA_VIRTUAL, "R1", 1},     {UW_BUS_USB, UW_MEDIA_VIRTUAL, "R1", 1},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct uw_drive drive = drive_of(table[i].bus, table[i].media);
        struct uw_plan plan;
        uw_plan_make(&drive, &CLEAR, uw_method_at, &plan);
        assert_false(plan.refusal.refused);
        assert_string_equal(plan.rule->id, table[i].rule);
        assert_string_equal(plan.method->id, "overwrite");
        assert_int_equal(plan.standard->pass_count, table[i].passes);
        assert_int_equal(plan.level, UW_LEVEL_CLEAR);
        assert_int_equal(plan.verify, UW_PROFILE_FULL);
        assert_true(plan.estimate_s > 0);
    }
}

/* Host writes are clear under every rule set, never purge. */
static void purge_is_refused_or_downgraded(void **state)
{
    (void)state;
    for (int set = 0; set < UW_RULE_SETS; set++) {
        struct uw_drive drive = drive_of(UW_BUS_ATA, UW_MEDIA_SSD);
        struct uw_policy policy = {.level = UW_LEVEL_PURGE, .rule_set = (enum uw_rule_set)set};
        struct uw_plan plan;
        uw_plan_make(&drive, &policy, uw_method_at, &plan);
        assert_true(plan.refusal.refused);
        assert_int_equal(plan.refusal.exit_code, 3);
        assert_string_equal(plan.refusal.code, "level");
        assert_non_null(strstr(plan.refusal.why, "clear"));
        assert_non_null(strstr(plan.refusal.way_out, "--allow-downgrade"));
        assert_null(plan.method);
        assert_string_equal(plan.rejected[plan.rejected_count - 1].method->id, "overwrite");

        policy.allow_downgrade = true;
        uw_plan_make(&drive, &policy, uw_method_at, &plan);
        assert_false(plan.refusal.refused);
        assert_true(plan.downgraded);
        assert_int_equal(plan.level, UW_LEVEL_CLEAR);
    }
}

static void unfit_drives_are_refused(void **state)
{
    (void)state;
    struct uw_plan plan;
    struct uw_drive drive = drive_of(UW_BUS_ATA, UW_MEDIA_HDD);
    struct uw_use use = {"mount", "/srv on /dev/sdx1"};

    drive.is_partition = true;
    uw_plan_make(&drive, &CLEAR, uw_method_at, &plan);
    assert_string_equal(plan.refusal.code, "partition");
    drive.is_partition = false;

    drive.boot_medium = true;
    uw_plan_make(&drive, &CLEAR, uw_method_at, &plan);
    assert_string_equal(plan.refusal.code, "boot_medium");
    drive.boot_medium = false;

    drive.uses = &use;
    drive.use_count = 1;
    uw_plan_make(&drive, &CLEAR, uw_method_at, &plan);
    assert_string_equal(plan.refusal.code, "in_use");
    assert_non_null(strstr(plan.refusal.why, "/srv on /dev/sdx1"));
    drive.use_count = 0;

    uw_drive_set_unknown(&drive, "in_use", "no_permission");
    uw_plan_make(&drive, &CLEAR, uw_method_at, &plan);
    assert_string_equal(plan.refusal.code, "in_use");
    drive.unknown_count = 0;

    strcpy(drive.below, "/dev/sdy");
    uw_plan_make(&drive, &CLEAR, uw_method_at, &plan);
    assert_string_equal(plan.refusal.code, "in_use");
    assert_non_null(strstr(plan.refusal.why, "only another name of /dev/sdy"));
    assert_non_null(strstr(plan.refusal.way_out, "/dev/sdy"));
    drive.below[0] = '\0';

    drive.read_only = true;
    uw_plan_make(&drive, &CLEAR, uw_method_at, &plan);
    assert_string_equal(plan.refusal.code, "read_only");
    drive.read_only = false;

    drive.bytes = 0;
    uw_plan_make(&drive, &CLEAR, uw_method_at, &plan);
    assert_string_equal(plan.refusal.code, "size");
    drive.bytes = 1ULL << 63;
    uw_plan_make(&drive, &CLEAR, uw_method_at, &plan);
    assert_string_equal(plan.refusal.code, "size");
    assert_int_equal(plan.refusal.exit_code, 4);
    drive.bytes = 512;
    uw_plan_make(&drive, &CLEAR, uw_method_at, &plan);
    assert_false(plan.refusal.refused);
}

static void check_zoned(const struct uw_drive *drive, const char *standard)
{
    struct uw_plan plan;
    struct uw_policy policy = CLEAR;
    policy.standard = standard != NULL ? uw_standard_by_id(standard) : NULL;
    uw_plan_make(drive, &policy, uw_method_at, &plan);
    assert_false(plan.refusal.refused);
    assert_string_equal(plan.method->id, "zone-overwrite");
    assert_string_equal(plan.rule->id, "H4");
    assert_string_equal(plan.standard->id, standard != NULL ? standard : "random");
    assert_int_equal(plan.level, UW_LEVEL_CLEAR);
    assert_int_equal(plan.verify, UW_PROFILE_FULL);
}

static void check_not_on_zones(const struct uw_drive *drive, const struct uw_policy *policy)
{
    struct uw_plan plan;
    uw_plan_make(drive, policy, uw_method_at, &plan);
    assert_true(plan.refusal.refused);
    assert_int_equal(plan.refusal.exit_code, 3);
}

/* Disks, and volumes and virtual disks that say so: written in order, or not at all. */
static void zoned_drives_are_written_in_order(void **state)
{
    (void)state;
    struct uw_drive disk = drive_of(UW_BUS_ATA, UW_MEDIA_HDD_ZONED);
    struct uw_drive volume = drive_of(UW_BUS_MAPPER, UW_MEDIA_VOLUME);
    struct uw_policy policies[3] = {CLEAR, CLEAR, CLEAR};
    volume.zoned = true;
    check_zoned(&disk, NULL);
    check_zoned(&volume, NULL);
    check_zoned(&disk, "dod-5220.22-m");
    policies[0].method = uw_method_by_id("overwrite");
    policies[1].standard = uw_standard_by_id("nist-clear");
    policies[2].level = UW_LEVEL_PURGE;
    for (size_t i = 0; i < 3; i++) {
        check_not_on_zones(&disk, &policies[i]);
        check_not_on_zones(&volume, &policies[i]);
    }
}

/* A standard may ask for more passes than the rule, not for fewer. */
static void standards(void **state)
{
    (void)state;
    struct uw_plan plan;
    struct uw_drive stick = drive_of(UW_BUS_USB, UW_MEDIA_USB_FLASH);
    struct uw_policy policy = {.level = UW_LEVEL_CLEAR, .standard = uw_standard_by_id("random")};
    uw_plan_make(&stick, &policy, uw_method_at, &plan);
    assert_true(plan.refusal.refused);
    assert_non_null(strstr(plan.refusal.way_out, "2 passes"));

    struct uw_drive disk = drive_of(UW_BUS_ATA, UW_MEDIA_HDD);
    uw_plan_make(&disk, &policy, uw_method_at, &plan);
    assert_string_equal(plan.standard->id, "random");
}

static void documents(void **state)
{
    (void)state;
    struct uw_plan plan;
    struct uw_drive drive = drive_of(UW_BUS_ATA, UW_MEDIA_HDD);
    drive.partitions = 2;
    uw_plan_make(&drive, &CLEAR, uw_method_at, &plan);
    json_t *document = uw_plan_json(&plan);
    assert_non_null(document);
    assert_true(json_is_null(json_object_get(document, "refused")));
    assert_int_equal(json_array_size(json_object_get(document, "steps")), 1);
    assert_string_equal(json_string_value(json_array_get(json_object_get(document, "also_affected"), 0)),
                        "2 partitions");
    json_decref(document);

    json_t *event = uw_plan_event(&plan);
    assert_int_equal(json_array_size(json_object_get(event, "reservations")),
                     1); /* HPA, DCO, AMAX were not asked */
    json_decref(event);

    drive.bus = UW_BUS_LOOP;
    drive.media = UW_MEDIA_VOLUME;
    uw_plan_make(&drive, &CLEAR, uw_method_at, &plan);
    event = uw_plan_event(&plan);
    assert_int_equal(json_array_size(json_object_get(event, "reservations")), 0);
    json_decref(event);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows),
        cmocka_unit_test(purge_is_refused_or_downgraded),
        cmocka_unit_test(unfit_drives_are_refused),
        cmocka_unit_test(zoned_drives_are_written_in_order),
        cmocka_unit_test(standards),
        cmocka_unit_test(documents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
