/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/drive.h"

static const struct {
    const char *from;
    size_t from_bytes;
    size_t to_bytes;
    const char *clean;
} strings[] = {
    {"", 0, 16, ""},
    {"ABC", 3, 16, "ABC"},
    {"  A B  ", 7, 16, "A B"},
    {"    ", 4, 16, ""},
    {"ABCDEF", 3, 16, "ABC"},
    {"AB\0CD", 5, 16, "AB"},
    {"\0\0\0", 3, 16, ""},
    {"a\tb\nc\x1b[2Jd\x7f", 11, 16, "a?b?c?[2Jd?"},
    {"\n A \n", 5, 16, "? A ?"},
    {"na\xc3\xafve", 6, 16, "na\xc3\xafve"},
    {"\xe2\x82\xac", 3, 16, "\xe2\x82\xac"},
    {"\xf0\x9f\x92\xbe", 4, 16, "\xf0\x9f\x92\xbe"},
    {"\xc2\x9b"
     "31m",
     5, 16, "?31m"}, /* C1's CSI */
    {"a\xe2\x80\xae"
     "b",
     5, 16, "a?b"}, /* right-to-left override */
    {"a\xe2\x80\xa8"
     "b",
     5, 16, "a?b"}, /* line separator */
    {"\xef\xbb\xbf"
     "a",
     4, 16, "?a"}, /* BOM */
    {"a\xc2\xad\xcd\x8f\xe1\xa0\x8e\xe2\x80\x8b\xe2\x81\xa0\xef\xbf\xb9\xf3\xa0\x80\xa1z", 22, 26,
     "a???????z"},                                                                 /* no width */
    {"a\xe2\x80\x8cz\xe2\x80\x8d", 8, 16, "a?z?"},                                 /* joiners */
    {"\xe2\x81\xa6\xe2\x81\xa9\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c", 14, 16, "?????"}, /* bidirectional */
    {"\xe2\x80\x8a\xe2\x80\x90\xe2\x80\xaf\xe2\x81\xb0", 12, 16,
     "\xe2\x80\x8a\xe2\x80\x90\xe2\x80\xaf\xe2\x81\xb0"}, /* their neighbours */
    {"\xc0\xaf", 2, 16, "??"},                            /* overlong */
    {"\xe0\x80\x80", 3, 16, "???"},                       /* overlong */
    {"\xed\xa0\x80", 3, 16, "???"},                       /* surrogate */
    {"\xf4\x90\x80\x80", 4, 16, "????"},                  /* beyond U+10FFFF */
    {"\xff\xfe", 2, 16, "??"},
    {"\xe2\x82", 2, 16, "??"}, /* ends within a character */
    {"a\xc3", 2, 16, "a?"},
    {"a\x80z", 3, 16, "a?z"},
    {"abcdef", 6, 4, "abc"},
    {"ab\xe2\x82\xac", 5, 5, "ab"}, /* does not fit whole */
    {"ab\xe2\x82\xac", 5, 6, "ab\xe2\x82\xac"},
    {"ab  cd", 6, 5, "ab"}, /* cut within spaces */
    {"abc", 3, 1, ""},
};

static void cleans_strings(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++) {
        /* Both ends on the heap, so that a byte too many is seen. */
        char *from = malloc(strings[i].from_bytes + 1), *to = malloc(strings[i].to_bytes);
        assert_true(from != NULL && to != NULL);
        from = realloc(from, strings[i].from_bytes == 0 ? 1 : strings[i].from_bytes);
        assert_non_null(from);
        memcpy(from, strings[i].from, strings[i].from_bytes);
        uw_clean_string(to, strings[i].to_bytes, from, strings[i].from_bytes);
        if (strcmp(to, strings[i].clean) != 0)
            fail_msg("row %zu: got \"%s\"", i, to);
        free(from);
        free(to);
    }
}

static void cleans_into_nothing(void **state)
{
    (void)state;
    char to[2] = "x";
    uw_clean_string(to, 0, "abc", 3);
    assert_string_equal(to, "x");
    uw_clean_string(to, sizeof to, NULL, 5);
    assert_string_equal(to, "");
}

/* Whatever the bytes, what comes out is text that jansson takes. */
static void cleans_any_bytes(void **state)
{
    (void)state;
    uint32_t x = 12345;
    for (unsigned round = 0; round < 20000; round++) {
        char from[24], to[16];
        for (size_t i = 0; i < sizeof from; i++) {
            x = x * 1664525 + 1013904223;
            from[i] = (char)(x >> 24);
        }
        uw_clean_string(to, sizeof to, from, sizeof from);
        json_t *text = json_string(to);
        assert_non_null(text);
        for (const char *p = to; *p != '\0'; p++)
            assert_true((unsigned char)*p >= 0x20 && *p != 0x7f);
        json_decref(text);
    }
}

static void names_everything(void **state)
{
    (void)state;
    for (unsigned i = 0; i < UW_BUS_COUNT; i++)
        for (unsigned k = 0; k < i; k++)
            assert_string_not_equal(uw_bus_name((enum uw_bus)i), uw_bus_name((enum uw_bus)k));
    for (unsigned i = 0; i < UW_MEDIA_COUNT; i++)
        for (unsigned k = 0; k < i; k++)
            assert_string_not_equal(uw_media_name((enum uw_media)i), uw_media_name((enum uw_media)k));
    assert_string_equal(uw_bus_name((enum uw_bus)99), "unknown");
    assert_string_equal(uw_media_name((enum uw_media)99), "unknown");
    assert_string_equal(uw_bus_name(UW_BUS_NVME_FABRICS), "nvme-fabrics");
    assert_string_equal(uw_media_name(UW_MEDIA_USB_FLASH), "usb-flash");
}

static struct uw_drive example(void)
{
    struct uw_drive d = {
        .target = "/dev/disk/by-id/x",
        .device = "/dev/sda",
        .name = "sda",
        .bus = UW_BUS_ATA,
        .media = UW_MEDIA_HDD,
        .media_evidence = "queue/rotational=1",
        .bytes = 1000204886016,
        .logical_block_bytes = 512,
        .physical_block_bytes = 4096,
        .model = "Model \"A\"",
        .serial = "S1",
        .serial_source = "sysfs device/vpd_pg80",
        .path = "pci0000:00",
        .source = "sysfs",
        .devnum = 2048,
        .disk_sequence = 7,
        .hardware = true,
        .partitions = 2,
        .content = "gpt",
    };
    uw_drive_set_unknown(&d, "wwn", "read_error");
    uw_drive_set_unknown(&d, "firmware", "not_supported");
    return d;
}

static void makes_ids(void **state)
{
    (void)state;
    struct uw_drive d = example();
    uw_drive_set_id(&d, true);
    assert_string_equal(d.id, "S1");
    uw_drive_set_id(&d, false);
    assert_string_equal(d.id, "sda:1000204886016");
    d.serial[0] = '\0';
    uw_drive_set_id(&d, true);
    assert_string_equal(d.id, "sda:1000204886016");
    strcpy(d.name, "a\x1b]0;x");
    uw_drive_set_id(&d, true);
    assert_string_equal(d.id, "a?]0;x:1000204886016");
}

static void sees_identities_differ(void **state)
{
    (void)state;
    struct uw_drive d = example();
    const struct uw_identity a = uw_drive_identity(&d);
    assert_int_equal(a.devnum, 2048);
    assert_int_equal(a.inode, 0);
    struct uw_identity b = a;
    assert_null(uw_identity_difference(&a, &b));
    strcpy(b.serial, "S2");
    assert_string_equal(uw_identity_difference(&a, &b), "serial");
    b = a;
    strcpy(b.wwn, "0x5");
    assert_string_equal(uw_identity_difference(&a, &b), "wwn");
    b = a;
    b.bytes--;
    assert_string_equal(uw_identity_difference(&a, &b), "bytes");
    b = a;
    b.disk_sequence++;
    assert_string_equal(uw_identity_difference(&a, &b), "disk_sequence");
    b = a;
    b.devnum++;
    assert_string_equal(uw_identity_difference(&a, &b), "devnum");
    b = a;
    b.inode++;
    assert_string_equal(uw_identity_difference(&a, &b), "inode");
    d.bus = UW_BUS_FILE;
    d.file_dev = 5;
    d.file_inode = 6;
    b = uw_drive_identity(&d);
    assert_int_equal(b.devnum, 5);
    assert_int_equal(b.inode, 6);
}

static void sees_that_a_drive_is_gone(void **state)
{
    (void)state;
    struct uw_identity there = {.bytes = 512}, left = {.bytes = 512, .gone = true}, empty = {.bytes = 0};
    struct uw_identity file = {.bytes = 0, .inode = 7};
    assert_false(uw_identity_is_gone(&there));
    assert_true(uw_identity_is_gone(&left));
    assert_true(uw_identity_is_gone(&empty));
    assert_false(uw_identity_is_gone(&file));
    assert_true(uw_errno_is_gone(ENODEV) && uw_errno_is_gone(ENXIO) && uw_errno_is_gone(ENOMEDIUM));
    assert_false(uw_errno_is_gone(EIO) || uw_errno_is_gone(0));
}

static void keeps_what_is_unknown(void **state)
{
    (void)state;
    struct uw_drive d = {0};
    assert_null(uw_drive_unknown_reason(&d, "serial"));
    uw_drive_set_unknown(&d, "serial", "read_error");
    uw_drive_set_unknown(&d, "serial", "no_permission");
    assert_int_equal(d.unknown_count, 1);
    assert_string_equal(uw_drive_unknown_reason(&d, "serial"), "no_permission");
    for (unsigned i = 0; i < 2 * UW_UNKNOWNS; i++) {
        char field[16];
        snprintf(field, sizeof field, "field%u", i);
        uw_drive_set_unknown(&d, field, "not_probed");
    }
    assert_int_equal(d.unknown_count, UW_UNKNOWNS);
    assert_string_equal(uw_drive_unknown_reason(&d, "serial"), "no_permission");
}

static void grows_and_clears(void **state)
{
    (void)state;
    struct uw_drive d = {0};
    for (unsigned i = 0; i < 100; i++) {
        assert_true(uw_drive_add_use(&d, "mount", "/a\nb"));
        assert_true(uw_drive_add_content(&d, "ext4"));
    }
    assert_int_equal(d.use_count, 100);
    assert_string_equal(d.uses[99].by, "/a?b");
    assert_string_equal(d.content_types[99], "ext4");
    uw_drive_clear(&d);
    assert_null(d.uses);
    assert_int_equal(d.content_type_count, 0);
    uw_drive_clear(&d);
}

static void check_text(const json_t *object, const char *key, const char *value)
{
    const char *got = json_string_value(json_object_get(object, key));
    if (got == NULL || strcmp(got, value) != 0)
        fail_msg("%s is %s", key, got == NULL ? "no string" : got);
}

static void check_null(const json_t *object, const char *key)
{
    if (!json_is_null(json_object_get(object, key)))
        fail_msg("%s is not null", key);
}

static void lists(void **state)
{
    (void)state;
    struct uw_drive d = example();
    uw_drive_set_id(&d, true);
    assert_true(uw_drive_add_use(&d, "mount", "/srv on /dev/sda1"));
    json_t *list = uw_drive_list_json(&d);
    const json_t *unknown = json_object_get(list, "unknown");
    assert_int_equal(json_object_size(list), 18);
    check_text(list, "device", "/dev/sda");
    check_text(list, "bus", "ata");
    check_text(list, "media", "hdd");
    check_text(list, "model", "Model \"A\"");
    check_text(list, "id", "S1");
    check_text(list, "content", "gpt");
    check_text(list, "source", "sysfs");
    assert_int_equal(json_integer_value(json_object_get(list, "bytes")), 1000204886016);
    assert_int_equal(json_integer_value(json_object_get(list, "partitions")), 2);
    check_null(list, "wwn");
    check_null(list, "firmware");
    check_text(unknown, "wwn", "read_error");
    check_text(unknown, "firmware", "not_supported");
    assert_int_equal(json_object_size(unknown), 2);
    check_text(json_array_get(json_object_get(list, "in_use"), 0), "kind", "mount");
    check_text(json_array_get(json_object_get(list, "in_use"), 0), "by", "/srv on /dev/sda1");
    json_decref(list);
    uw_drive_clear(&d);
}

static void lists_what_cannot_be(void **state)
{
    (void)state;
    struct uw_drive d = example();
    d.bytes = 1ULL << 53;
    d.content[0] = '\0';
    strcpy(d.device, "/tmp/\xff\x1b[m");
    uw_drive_set_unknown(&d, "bytes", "read_error");
    uw_drive_set_unknown(&d, "in_use", "no_permission");
    json_t *list = uw_drive_list_json(&d);
    const json_t *unknown = json_object_get(list, "unknown");
    check_null(list, "bytes");
    check_null(list, "content");
    check_text(list, "device", "/tmp/??[m");
    check_text(unknown, "bytes", "read_error");
    check_text(unknown, "content", "not_applicable");
    check_text(unknown, "in_use", "no_permission");
    assert_true(json_is_array(json_object_get(list, "in_use")));
    json_decref(list);
}

static void describes_the_medium(void **state)
{
    (void)state;
    struct uw_drive d = example();
    d.bytes = 1025;
    json_t *medium = uw_drive_medium_json(&d);
    const json_t *capacity = json_object_get(medium, "capacity");
    check_text(medium, "serial", "S1");
    check_text(medium, "serial_source", "sysfs device/vpd_pg80");
    check_text(medium, "type", "hdd");
    check_text(medium, "type_evidence", "queue/rotational=1");
    check_text(medium, "scope", "whole-drive");
    check_null(medium, "wwn");
    check_null(medium, "bridge");
    assert_int_equal(json_integer_value(json_object_get(capacity, "blocks")), 3);
    assert_int_equal(json_integer_value(json_object_get(capacity, "bytes")), 1025);
    assert_int_equal(json_integer_value(json_object_get(medium, "disk_sequence")), 7);
    check_null(capacity, "native_max");
    json_decref(medium);
}

static void tells_the_scope(void **state)
{
    (void)state;
    static const struct {
        enum uw_bus bus;
        enum uw_media media;
        bool partition, hardware;
        const char *scope;
    } rows[] = {
        {UW_BUS_ATA, UW_MEDIA_HDD, false, true, "whole-drive"},
        {UW_BUS_ATA, UW_MEDIA_HDD, true, false, "partition"},
        {UW_BUS_NVME, UW_MEDIA_SSD, false, true, "namespace"},
        {UW_BUS_NVME_FABRICS, UW_MEDIA_SSD, false, true, "namespace"},
        {UW_BUS_SCSI, UW_MEDIA_VOLUME, false, true, "logical-volume"},
        {UW_BUS_VIRTIO, UW_MEDIA_VIRTUAL, false, true, "logical-volume"},
        {UW_BUS_LOOP, UW_MEDIA_VOLUME, false, false, "logical-volume"},
        {UW_BUS_LOOP, UW_MEDIA_VOLUME, true, false, "partition"},
        {UW_BUS_MAPPER, UW_MEDIA_VOLUME, false, false, "logical-volume"},
        {UW_BUS_FILE, UW_MEDIA_FILE, false, false, "logical-volume"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct uw_drive d = {.bus = rows[i].bus,
                             .media = rows[i].media,
                             .is_partition = rows[i].partition,
                             .hardware = rows[i].hardware};
        json_t *medium = uw_drive_medium_json(&d);
        check_text(medium, "scope", rows[i].scope);
        json_decref(medium);
    }
}

/* One namespace is the whole drive only where the drive says that there is nothing else. */
static void a_lone_namespace_is_the_drive(void **state)
{
    static const struct {
        enum uw_bus bus;
        struct uw_nvme_controller controller;
        struct uw_nvme_list active, allocated;
        bool silent;
        const char *scope;
    } rows[] = {
        {.active = {true, {1}, 1, false}, .scope = "whole-drive"},
        {.controller.namespaces_max = 1, .scope = "whole-drive"},
        {.scope = "namespace"},
        {.active = {true, {1}, 1, false}, .silent = true, .scope = "namespace"},
        {.active = {true, {2}, 1, false}, .scope = "namespace"},
        {.active = {true, {1, 2}, 2, false}, .scope = "namespace"},
        {.active = {true, {1}, 1, true}, .scope = "namespace"},
        {.active = {true, {1}, 1, false}, .allocated = {true, {1, 2}, 2, false}, .scope = "namespace"},
        {.active = {true, {1}, 1, false}, .controller.cmic = UW_NVME_CMIC_CONTROLLERS, .scope = "namespace"},
        {.active = {true, {1}, 1, false},
         .controller = {.oacs = UW_NVME_OACS_NAMESPACES, .unallocated_bytes = "0"},
         .scope = "namespace"},
        {.active = {true, {1}, 1, false},
         .allocated = {true, {1}, 1, false},
         .controller = {.oacs = UW_NVME_OACS_NAMESPACES, .unallocated_bytes = "0"},
         .scope = "whole-drive"},
        {.active = {true, {1}, 1, false},
         .allocated = {true, {1}, 1, false},
         .controller = {.oacs = UW_NVME_OACS_NAMESPACES, .unallocated_bytes = "4096"},
         .scope = "namespace"},
        {.active = {true, {1}, 1, false},
         .allocated = {true, {1}, 1, false},
         .controller.oacs = UW_NVME_OACS_NAMESPACES,
         .scope = "namespace"},
        {.bus = UW_BUS_NVME_FABRICS, .active = {true, {1}, 1, false}, .scope = "namespace"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct uw_drive d = {.bus = rows[i].bus == UW_BUS_UNKNOWN ? UW_BUS_NVME : rows[i].bus,
                             .media = UW_MEDIA_SSD,
                             .hardware = true,
                             .nvme = {.known = !rows[i].silent,
                                      .controller = rows[i].controller,
                                      .ns = {.known = true, .nsid = 1},
                                      .active = rows[i].active,
                                      .allocated = rows[i].allocated}};
        json_t *medium = uw_drive_medium_json(&d);
        check_text(medium, "scope", rows[i].scope);
        json_decref(medium);
        d.is_partition = true;
        medium = uw_drive_medium_json(&d);
        check_text(medium, "scope", "partition");
        json_decref(medium);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cleans_strings),
        cmocka_unit_test(cleans_into_nothing),
        cmocka_unit_test(cleans_any_bytes),
        cmocka_unit_test(names_everything),
        cmocka_unit_test(makes_ids),
        cmocka_unit_test(sees_identities_differ),
        cmocka_unit_test(sees_that_a_drive_is_gone),
        cmocka_unit_test(keeps_what_is_unknown),
        cmocka_unit_test(grows_and_clears),
        cmocka_unit_test(lists),
        cmocka_unit_test(lists_what_cannot_be),
        cmocka_unit_test(describes_the_medium),
        cmocka_unit_test(tells_the_scope),
        cmocka_unit_test(a_lone_namespace_is_the_drive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
