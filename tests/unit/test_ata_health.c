/* SPDX-License-Identifier: Apache-2.0 */
/* What SMART tells of an ATA drive, and what it does not: each value that is missing has its reason. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/drive_ata.h"
#include "core/drive_nvme.h"
#include "probe/ata_health.h"

enum { LIMIT_MS = 1000, DATA = 0xd0, THRESHOLDS = 0xd1, STATUS = 0xda };
enum { PREFAIL = 1 };

/* What the drive answers. */
static struct {
    uint8_t data[512], thresholds[512];
    bool exceeded, no_registers, odd_registers;
    uint8_t aborts, hangs; /* at that function */
    unsigned asked;
} drive;

static void put(unsigned index, uint8_t id, unsigned flags, uint8_t value, uint8_t threshold, uint64_t raw)
{
    uint8_t *at = drive.data + 2 + 12 * index, *limit = drive.thresholds + 2 + 12 * index;
    memset(at, 0, 12);
    at[0] = limit[0] = id;
    at[1] = (uint8_t)flags;
    at[3] = at[4] = value;
    for (unsigned i = 0; i < 6; i++)
        at[5 + i] = (uint8_t)(raw >> 8 * i);
    limit[1] = threshold;
}

static void sum(uint8_t *page)
{
    uint8_t total = 0;
    for (size_t i = 0; i < 511; i++)
        total = (uint8_t)(total + page[i]);
    page[511] = (uint8_t)-total;
}

/* A disk of 12345 hours. */
static int good_drive(void **state)
{
    (void)state;
    memset(&drive, 0, sizeof drive);
    drive.data[0] = drive.thresholds[0] = 0x10;
    put(0, 5, PREFAIL | 2, 100, 10, 0);
    put(1, 9, 2, 99, 0, 12345);
    put(2, 12, 2, 100, 0, 77);
    put(3, 194, 2, 65, 0, 35);
    put(4, 197, 2, 100, 0, 0);
    sum(drive.data);
    sum(drive.thresholds);
    return 0;
}

#define health_test(f) cmocka_unit_test_setup(f, good_drive)

/* SAT-4: descriptor sense with the registers; LBA 23:8 at 9 and 11 of the descriptor. */
static void return_registers(struct uw_scsi_command *c, uint8_t status, uint8_t error, unsigned lba)
{
    const uint8_t sense[22] = {0x72,
                               1,
                               0,
                               0x1d,
                               [7] = 14,
                               9,
                               12,
                               0,
                               error,
                               [15] = (uint8_t)lba,
                               [17] = (uint8_t)(lba >> 8),
                               [19] = (uint8_t)(lba >> 16),
                               [21] = status};
    c->status = 2;
    memcpy(c->sense, sense, sizeof sense);
    if (error != 0)
        c->sense[1] = 0x0b, c->sense[3] = 0;
    c->sense_bytes = sizeof sense;
}

static bool serve(struct uw_transport *t, struct uw_scsi_command *c, int timeout_ms, bool *stalled,
                  struct uw_error *e)
{
    uint8_t function = c->cdb[4];
    drive.asked++;
    assert_int_equal(timeout_ms, LIMIT_MS);
    assert_int_equal(c->cdb[0], 0x85);
    assert_int_equal(c->cdb[14], 0xb0);
    assert_int_equal(c->cdb[10], 0x4f);
    assert_int_equal(c->cdb[12], 0xc2);
    assert_int_equal(c->cdb[1] & 1, 0); /* 28 bits */
    assert_true(function == DATA || function == THRESHOLDS || function == STATUS);
    assert_int_equal(c->direction, function == STATUS ? UW_SCSI_NO_DATA : UW_SCSI_DATA_IN);
    *stalled = drive.hangs == function;
    if (*stalled) {
        t->abandoned = true;
        return uw_fail(e, UW_E_IO, "no answer");
    }
    c->host_errno = 0;
    c->status = 0;
    if (drive.aborts == function)
        return_registers(c, 0x51, 0x04, 0xc24f00);
    else if (function == STATUS && !drive.no_registers)
        return_registers(c, 0x50, 0, drive.odd_registers ? 0x123400 : drive.exceeded ? 0x2cf400 : 0xc24f00);
    if (function != STATUS) {
        memcpy(c->data, function == DATA ? drive.data : drive.thresholds, 512);
        c->moved_bytes = 512;
    }
    return true;
}

static struct uw_drive look(void)
{
    static const struct uw_transport_ops ops = {.name = "test", .scsi = serve};
    struct uw_transport t = {.ops = &ops};
    struct uw_sat sat = {.below = &t};
    struct uw_drive d = {.bus = UW_BUS_ATA, .ata = {.known = true}};
    bool stalled = false;
    d.ata.identify.smart = d.ata.identify.smart_enabled = true;
    d.ata.identify.raw[2 * 82] = d.ata.identify.raw[2 * 85] = 1;
    d.ata.identify.raw[2 * 83 + 1] = d.ata.identify.raw[2 * 87 + 1] = 0x40;
    drive.asked = 0;
    uw_ata_read_health(&sat, LIMIT_MS, &stalled, &d);
    assert_int_equal(stalled, drive.hangs != 0);
    return d;
}

/* The entry of list; whatever is null in it has a reason. */
static json_t *entry_of(const struct uw_drive *d)
{
    json_t *entry = json_pack("{s:{}}", "unknown"), *value;
    const char *name;
    assert_true(uw_ata_add_list(entry, d) && uw_nvme_add_list(entry, d));
    json_object_foreach(json_object_get(entry, "health"), name, value) {
        char path[64];
        snprintf(path, sizeof path, "health.%s", name);
        assert_int_equal(json_is_null(value),
                         json_object_get(json_object_get(entry, "unknown"), path) != NULL);
    }
    return entry;
}

static const char *reason(const json_t *entry, const char *path)
{
    const char *text = json_string_value(json_object_get(json_object_get(entry, "unknown"), path));
    return text != NULL ? text : "";
}

static void check_number(const json_t *entry, const char *name, json_int_t value)
{
    const json_t *number = json_object_get(json_object_get(entry, "health"), name);
    assert_true(json_is_integer(number));
    assert_int_equal(json_integer_value(number), value);
}

static void check_status(const json_t *entry, const char *status)
{
    const char *text = json_string_value(json_object_get(json_object_get(entry, "health"), "status"));
    assert_non_null(text);
    assert_string_equal(text, status);
}

static void a_good_drive(void **state)
{
    (void)state;
    struct uw_drive d = look();
    json_t *entry = entry_of(&d);
    assert_int_equal(drive.asked, 3);
    check_status(entry, "good");
    check_number(entry, "temperature_k", 308);
    check_number(entry, "power_on_hours", 12345);
    check_number(entry, "power_cycles", 77);
    check_number(entry, "reallocated_sectors", 0);
    check_number(entry, "pending_sectors", 0);
    const json_t *bad = json_object_get(json_object_get(entry, "health"), "bad_attributes");
    assert_true(json_is_array(bad));
    assert_int_equal(json_array_size(bad), 0);
    json_decref(entry);
}

static void a_worn_one(void **state)
{
    (void)state;
    put(0, 5, PREFAIL | 2, 90, 10, 3);
    put(5, 1, PREFAIL, 10, 20, 0);
    sum(drive.thresholds);
    put(4, 197, 2, 100, 0, 5);
    sum(drive.data);
    struct uw_drive d = look();
    json_t *entry = entry_of(&d);
    check_status(entry, "bad-attribute-now");
    assert_non_null(strstr(uw_drive_health_doubt(&d), "at its threshold or below"));
    check_number(entry, "reallocated_sectors", 3);
    check_number(entry, "pending_sectors", 5);
    const json_t *bad = json_object_get(json_object_get(entry, "health"), "bad_attributes");
    assert_int_equal(json_array_size(bad), 1);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(bad, 0), "id")), 1);
    assert_string_equal(json_string_value(json_object_get(json_array_get(bad, 0), "when")), "now");
    json_decref(entry);
    drive.exceeded = true;
    d = look();
    entry = entry_of(&d);
    check_status(entry, "bad-status");
    assert_non_null(strstr(uw_drive_health_doubt(&d), "about to fail"));
    json_decref(entry);
}

/* Without its own word there is none of ours; the rest stands. */
static void its_word_may_be_missing(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        good_drive(state);
        drive.no_registers = i == 0;
        drive.odd_registers = i == 1;
        drive.aborts = i == 2 ? STATUS : 0;
        struct uw_drive d = look();
        json_t *entry = entry_of(&d);
        assert_string_equal(reason(entry, "health.status"), i == 2 ? "not_supported" : "read_error");
        check_number(entry, "power_on_hours", 12345);
        json_decref(entry);
    }
}

static void thresholds_may_be_missing(void **state)
{
    (void)state;
    put(0, 5, PREFAIL | 2, 8, 10, 0);
    sum(drive.data);
    drive.aborts = THRESHOLDS;
    struct uw_drive d = look();
    json_t *entry = entry_of(&d);
    assert_string_equal(reason(entry, "health.bad_attributes"), "not_supported");
    check_status(entry, "good");
    json_decref(entry);
    drive.aborts = 0;
    drive.thresholds[511] ^= 1;
    d = look();
    entry = entry_of(&d);
    assert_string_equal(reason(entry, "health.bad_attributes"), "read_error");
    json_decref(entry);
}

static void attributes_may_be_missing(void **state)
{
    (void)state;
    memset(drive.data + 2, 0, 510);
    put(0, 12, 2, 100, 0, 3);
    sum(drive.data);
    struct uw_drive d = look();
    json_t *entry = entry_of(&d);
    check_number(entry, "power_cycles", 3);
    assert_string_equal(reason(entry, "health.power_on_hours"), "not_supported");
    assert_string_equal(reason(entry, "health.temperature_k"), "not_supported");
    assert_string_equal(reason(entry, "health.pending_sectors"), "not_supported");
    json_decref(entry);
}

static void check_untold(const char *why, unsigned asked)
{
    struct uw_drive d = look();
    json_t *entry = entry_of(&d);
    assert_true(json_is_null(json_object_get(entry, "health")));
    assert_string_equal(reason(entry, "health"), why);
    assert_int_equal(drive.asked, asked);
    json_decref(entry);
}

static void data_may_be_missing(void **state)
{
    (void)state;
    drive.aborts = DATA;
    check_untold("not_supported", 1);
    drive.aborts = 0;
    drive.data[511] ^= 1;
    check_untold("read_error", 1);
    memset(drive.data, 0, sizeof drive.data); /* what a path gives that moves nothing */
    check_untold("read_error", 1);
}

static void after_one_that_hangs_no_other(void **state)
{
    (void)state;
    drive.hangs = DATA;
    check_untold("read_error", 1);
    drive.hangs = THRESHOLDS;
    struct uw_drive d = look();
    json_t *entry = entry_of(&d);
    assert_int_equal(drive.asked, 2);
    assert_string_equal(reason(entry, "health.bad_attributes"), "read_error");
    assert_string_equal(reason(entry, "health.status"), "not_probed");
    check_number(entry, "power_on_hours", 12345);
    json_decref(entry);
}

/* Nothing is switched on for it. */
static void a_drive_without_it_is_not_asked(void **state)
{
    (void)state;
    struct uw_sat sat = {.below = NULL};
    struct uw_drive d = {.bus = UW_BUS_ATA, .ata = {.known = true}};
    bool stalled = false;
    d.ata.identify.smart = true;
    uw_ata_read_health(&sat, LIMIT_MS, &stalled, &d);
    assert_string_equal(uw_drive_unknown_reason(&d, "health"), "not_supported");
    assert_false(d.ata.health.known);
}

/* Whatever the bytes: the library makes text and numbers of them, and no fault. */
static void any_bytes(void **state)
{
    (void)state;
    uint8_t identify[512], data[512], thresholds[512];
    struct uw_ata_health health;
    uint32_t seed = 1;
    for (unsigned round = 0; round < 10; round++) {
        for (size_t i = 0; i < 512; i++) {
            seed = seed * 1664525 + 1013904223;
            identify[i] = (uint8_t)(seed >> 24);
            data[i] = (uint8_t)(seed >> 16);
            thresholds[i] = (uint8_t)(seed >> 20);
        }
        bool exceeded = round % 2 != 0;
        if (!uw_ata_decode_health(identify, data, round % 3 != 0 ? thresholds : NULL,
                                  round % 5 != 0 ? &exceeded : NULL, &health))
            continue;
        assert_true(health.bad_count <= UW_ATA_ATTRIBUTES);
        struct uw_drive d = {.bus = UW_BUS_ATA, .ata = {.known = true, .health = health}};
        json_t *json = uw_drive_health_json(&d);
        char *text = json_dumps(json, 0);
        assert_non_null(text);
        free(text);
        json_decref(json);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        health_test(a_good_drive),
        health_test(a_worn_one),
        health_test(its_word_may_be_missing),
        health_test(thresholds_may_be_missing),
        health_test(attributes_may_be_missing),
        health_test(data_may_be_missing),
        health_test(after_one_that_hangs_no_other),
        health_test(a_drive_without_it_is_not_asked),
        health_test(any_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
