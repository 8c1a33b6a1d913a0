/* SPDX-License-Identifier: Apache-2.0 */
/* The probe over drives that lie, garble and leave out. */
#include "tree.h"

static void hostile_strings(void **state)
{
    (void)state;
    char quotes[4096];
    memset(quotes, '"', sizeof quotes);
    const char *dir = tree_scsi(TREE_SATA, "sda", "8:0", "\x1b[2J", "\xff\xfe\xc3");
    tree_page(dir, "device/model", quotes, sizeof quotes);
    tree_page(dir, "device/rev", "\0\0\0\0", 4);
    tree_serial(dir, "A\nB\x7f\x80\"C\\");
    struct uw_drive d = tree_target("/dev/sda");
    tree_same("vendor", d.vendor, "?[2J");
    assert_int_equal(strlen(d.model), sizeof d.model - 1);
    assert_int_equal(strspn(d.model, "\""), sizeof d.model - 1);
    tree_same("serial", d.serial, "A?B??\"C\\");
    tree_same("firmware", d.firmware, "");
    json_t *list = uw_drive_list_json(&d), *medium = uw_drive_medium_json(&d);
    char *text = json_dumps(list, 0);
    json_t *again = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(medium);
    assert_true(json_equal(list, again));
    tree_same("serial in JSON", json_string_value(json_object_get(again, "serial")), "A?B??\"C\\");
    json_decref(again);
    json_decref(medium);
    json_decref(list);
    free(text);
    uw_drive_clear(&d);
}

static void lying_pages(void **state)
{
    (void)state;
    static const struct {
        const char *attribute;
        uint8_t page[16];
        size_t bytes;
        const char *field, *reason;
    } rows[] = {
        {"device/vpd_pg80", {0, 0x80, 0, 200, 'A', 'B'}, 6, "serial", "read_error"},
        {"device/vpd_pg80", {0, 0x80, 0xff, 0xff, 'A', 'B'}, 6, "serial", "read_error"},
        {"device/vpd_pg80", {0, 0x83, 0, 2, 'A', 'B'}, 6, "serial", "read_error"},
        {"device/vpd_pg80", {0, 0x80, 0}, 3, "serial", "read_error"},
        {"device/vpd_pg80", {0}, 0, "serial", "read_error"},
        {"device/vpd_pg80", {0, 0x80, 0, 0}, 4, "serial", "not_supported"},
        {"device/vpd_pg83", {0, 0x83, 0, 200, 1, 3, 0, 8, 0x50}, 9, "wwn", "not_supported"},
        {"device/vpd_pg83", {0, 0x83, 0, 5, 1, 3, 0, 8, 0x50}, 9, "wwn", "not_supported"},
        {"device/vpd_pg83", {0, 0x83, 0, 5, 1, 3, 0, 1, 0x50}, 9, "wwn", "not_supported"},
        {"device/vpd_pg83", {0, 0x83, 0, 4, 1, 3, 0, 0}, 8, "wwn", "not_supported"},
        {"device/vpd_pg83",
         {0, 0x83, 0, 12, 1, 3, 0, 8, 0x90, 1, 2, 3, 4, 5, 6, 7},
         16,
         "wwn",
         "not_supported"},
        {"device/vpd_pg83",
         {0, 0x83, 0, 12, 2, 3, 0, 8, 0x50, 1, 2, 3, 4, 5, 6, 7},
         16,
         "wwn",
         "not_supported"},
    };
    const char *dir = tree_scsi(TREE_SATA, "sda", "8:0", "ATA", "X");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        tree_page(dir, rows[i].attribute, rows[i].page, rows[i].bytes);
        struct uw_drive d = tree_target("/dev/sda");
        const char *reason = uw_drive_unknown_reason(&d, rows[i].field);
        if (reason == NULL || strcmp(reason, rows[i].reason) != 0)
            fail_msg("row %zu: %s", i, reason == NULL ? "known" : reason);
        uw_drive_clear(&d);
    }
}

static void absurd_sizes(void **state)
{
    (void)state;
    static const struct {
        const char *sectors;
        const char *error; /* NULL: fine */
    } rows[] = {
        {"9223372036854775808\n", "/dev/sda has a size that cannot be"},
        {"18446744073709551615\n", "/dev/sda has a size that cannot be"},
        {"99999999999999999999999\n", "/dev/sda has a size that cannot be"},
        {"17592186044416\n", "/dev/sda has a size that cannot be"}, /* 2^53 bytes */
        {"17592186044415\n", NULL},
        {"-1\n", "/dev/sda has a size that cannot be"},
        {"\n", "/dev/sda has a size that cannot be"},
        {"12 34\n", "/dev/sda has a size that cannot be"},
        {"0\n", "/dev/sda is empty"},
        {"1\n", NULL},
    };
    const char *dir = tree_scsi(TREE_SATA, "sda", "8:0", "ATA", "X");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct uw_drive d;
        struct uw_error e = {0};
        tree_set(dir, "size", "%s", rows[i].sectors);
        bool ok = tree_find("/dev/sda", &d, &e);
        assert_int_equal(ok, rows[i].error == NULL);
        if (!ok) {
            tree_same("text", e.text, rows[i].error);
            assert_int_equal(e.code, UW_E_USAGE);
        }
        uw_drive_clear(&d);
        /* It is still listed: it may hold data. */
        struct uw_drives all;
        assert_true(uw_probe_all(&tree_roots, &all, &e));
        assert_int_equal(all.count, 1);
        json_t *list = uw_drive_list_json(&all.items[0]);
        bool sized = json_is_integer(json_object_get(list, "bytes"));
        assert_int_equal(sized, rows[i].error == NULL || strstr(rows[i].error, "empty") != NULL);
        json_decref(list);
        uw_drives_clear(&all);
    }
}

static void absurd_blocks(void **state)
{
    (void)state;
    static const struct {
        const char *logical, *physical;
        uint32_t logical_bytes, physical_bytes;
    } rows[] = {
        {"4096\n", "4096\n", 4096, 4096}, {"512\n", "512\n", 512, 512},
        {"520\n", "4160\n", 512, 512},    {"0\n", "0\n", 512, 512},
        {"4096\n", "512\n", 4096, 4096},  {"4294967808\n", "-1\n", 512, 512},
        {"x\n", "131072\n", 512, 512},    {"65536\n", "1\n", 65536, 65536},
    };
    const char *dir = tree_scsi(TREE_SATA, "sda", "8:0", "ATA", "X");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        tree_set(dir, "queue/logical_block_size", "%s", rows[i].logical);
        tree_set(dir, "queue/physical_block_size", "%s", rows[i].physical);
        struct uw_drive d = tree_target("/dev/sda");
        assert_int_equal(d.logical_block_bytes, rows[i].logical_bytes);
        assert_int_equal(d.physical_block_bytes, rows[i].physical_bytes);
        uw_drive_clear(&d);
    }
}

/* A drive that tells nothing at all is still there. */
static void missing_files(void **state)
{
    (void)state;
    tree_text("sys/devices/odd/block/sda/dev", "8:0\n");
    tree_link("sys/block/sda", "sys/devices/odd/block/sda");
    tree_link("sys/block/sdb", "sys/devices/gone");
    tree_text("sys/devices/odd/block/sdc/dev", "no number\n");
    tree_link("sys/block/sdc", "sys/devices/odd/block/sdc");
    struct uw_drives all;
    struct uw_error e = {0};
    assert_true(uw_probe_all(&tree_roots, &all, &e));
    assert_int_equal(all.count, 1);
    const struct uw_drive *d = &all.items[0];
    tree_same("device", d->device, "/dev/sda");
    assert_true(d->hardware);
    tree_same("media", uw_media_name(d->media), "unknown");
    tree_same("bytes", uw_drive_unknown_reason(d, "bytes"), "not_supported");
    tree_same("model", uw_drive_unknown_reason(d, "model"), "not_supported");
    tree_same("content", uw_drive_unknown_reason(d, "content"), "not_probed");
    uw_drives_clear(&all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        tree_test(hostile_strings), tree_test(lying_pages),   tree_test(absurd_sizes),
        tree_test(absurd_blocks),   tree_test(missing_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
