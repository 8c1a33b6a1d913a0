/* SPDX-License-Identifier: Apache-2.0 */
/* Which of udev's properties become which field: libudev's calls are answered here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <libudev.h>

#include "probe/identify.h"

enum { PROPERTIES = 8 };

struct udev_device {
    const char *properties[PROPERTIES][2];
    int initialized;
};

static struct udev_device database;
static int open_handles;

struct udev *udev_new(void)
{
    open_handles++;
    return (struct udev *)&database;
}

struct udev *udev_unref(struct udev *udev)
{
    (void)udev;
    open_handles--;
    return NULL;
}

struct udev_device *udev_device_new_from_devnum(struct udev *udev, char type, dev_t devnum)
{
    (void)udev;
    assert_int_equal(type, 'b');
    if (devnum != 5)
        return NULL;
    open_handles++;
    return &database;
}

struct udev_device *udev_device_unref(struct udev_device *device)
{
    (void)device;
    open_handles--;
    return NULL;
}

int udev_device_get_is_initialized(struct udev_device *device)
{
    return device->initialized;
}

const char *udev_device_get_property_value(struct udev_device *device, const char *key)
{
    for (size_t i = 0; i < PROPERTIES && device->properties[i][0] != NULL; i++)
        if (strcmp(device->properties[i][0], key) == 0)
            return device->properties[i][1];
    return NULL;
}

static const struct {
    enum uw_bus bus;
    const char *sysfs_serial;
    const char *properties[PROPERTIES][2];
    const char *serial, *serial_source;
    const char *model, *firmware, *wwn, *path;
} rows[] = {
    /* ata_id has what INQUIRY cuts. */
    {UW_BUS_ATA,
     "FROMPAGE",
     {{"ID_SERIAL", "Samsung_SSD_870_EVO_1TB_S5Y1"},
      {"ID_SERIAL_SHORT", "S5Y1"},
      {"ID_MODEL", "Samsung_SSD_870_EVO_1TB"},
      {"ID_MODEL_ENC", "Samsung\\x20SSD\\x20870\\x20EVO\\x201TB\\x20\\x20"},
      {"ID_REVISION", "SVT02B6Q"},
      {"ID_WWN", "0x5002538f"},
      {"ID_PATH", "pci-0000:00:17.0-ata-1.0"}},
     "S5Y1",
     "udev ID_SERIAL_SHORT",
     "Samsung SSD 870 EVO 1TB",
     "SVT02B6Q",
     "0x5002538f",
     "pci-0000:00:17.0-ata-1.0"},
    /* Where ata_id could not read it there is what scsi_id made of it. */
    {UW_BUS_ATA,
     "S5Y1",
     {{"ID_SCSI", "1"}, {"ID_SERIAL_SHORT", "5002538f"}, {"ID_SCSI_SERIAL", "S5Y1"}},
     "S5Y1",
     "udev ID_SCSI_SERIAL",
     "OLD",
     "OLD",
     "",
     ""},
    {UW_BUS_ATA,
     "S5Y1",
     {{"ID_SCSI", "1"}, {"ID_SERIAL_SHORT", "5002538f"}},
     "S5Y1",
     "sysfs",
     "OLD",
     "OLD",
     "",
     ""},
    /* Of a SAS drive the short serial is the page 83h designator. */
    {UW_BUS_SCSI,
     "Z1Z0ABCD",
     {{"ID_SERIAL_SHORT", "35000c500a1b2c3d4"},
      {"ID_WWN", "0x6001"},
      {"ID_WWN_WITH_EXTENSION", "0x60010002"}},
     "Z1Z0ABCD",
     "sysfs",
     "OLD",
     "OLD",
     "0x60010002",
     ""},
    {UW_BUS_SCSI,
     "Z1Z0ABCD",
     {{"ID_SERIAL_SHORT", "35000c500a1b2c3d4"}, {"ID_SCSI_SERIAL", "Z1Z0ABCD0000C4"}},
     "Z1Z0ABCD0000C4",
     "udev ID_SCSI_SERIAL",
     "OLD",
     "OLD",
     "",
     ""},
    {UW_BUS_SCSI,
     "",
     {{"ID_SERIAL", "35000c500a1b2c3d4"}},
     "35000c500a1b2c3d4",
     "udev ID_SERIAL",
     "OLD",
     "OLD",
     "",
     ""},
    /* A stick without a number has its model as ID_SERIAL. */
    {UW_BUS_USB, "", {{"ID_SERIAL", "Generic_Flash_Disk-0:0"}}, "", "sysfs", "OLD", "OLD", "", ""},
    {UW_BUS_USB,
     "PAGE",
     {{"ID_SERIAL_SHORT", "4C53"}, {"ID_REVISION", "1.27"}},
     "4C53",
     "udev ID_SERIAL_SHORT",
     "OLD",
     "1.27",
     "",
     ""},
    {UW_BUS_VIRTIO, "", {{"ID_SERIAL", "disk0"}}, "disk0", "udev ID_SERIAL", "OLD", "OLD", "", ""},
    /* A name that the kernel makes up is no world wide one; NVMe's own strings are whole in sysfs. */
    {UW_BUS_NVME,
     "S3Z9",
     {{"ID_WWN", "nvme.144d-5333"},
      {"ID_MODEL_ENC", "New"},
      {"ID_REVISION", "2"},
      {"ID_SERIAL_SHORT", "S3Z9_1"}},
     "S3Z9_1",
     "udev ID_SERIAL_SHORT",
     "OLD",
     "OLD",
     "",
     ""},
    /* Escapes that are none, and control characters behind real ones. */
    {UW_BUS_ATA,
     "",
     {{"ID_MODEL_ENC", "A\\x1b[2J\\x00\\xzz\\x4"}, {"ID_SERIAL_SHORT", "\x1b]0;\xff"}, {"ID_REVISION", ""}},
     "?]0;?",
     "udev ID_SERIAL_SHORT",
     "A?[2J\\x00\\xzz\\x4",
     "OLD",
     "",
     ""},
};

static struct uw_drive drive_of(size_t row)
{
    struct uw_drive d = {.bus = rows[row].bus, .hardware = true, .model = "OLD", .firmware = "OLD"};
    snprintf(d.serial, sizeof d.serial, "%s", rows[row].sysfs_serial);
    snprintf(d.serial_source, sizeof d.serial_source, "sysfs");
    memcpy(database.properties, rows[row].properties, sizeof database.properties);
    database.initialized = 1;
    return d;
}

static void same(size_t row, const char *got, const char *wanted)
{
    if (strcmp(got, wanted) != 0)
        fail_msg("row %zu: \"%s\", wanted \"%s\"", row, got, wanted);
}

static void properties_become_fields(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct uw_drive d = drive_of(i);
        assert_true(uw_udev_fill(5, &d));
        same(i, d.serial, rows[i].serial);
        same(i, d.serial_source, rows[i].serial_source);
        same(i, d.model, rows[i].model);
        same(i, d.firmware, rows[i].firmware);
        same(i, d.wwn, rows[i].wwn);
        same(i, d.path, rows[i].path);
        assert_int_equal(open_handles, 0);
    }
}

/* Without a daemon the device is there and has no entry. */
static void no_entry(void **state)
{
    (void)state;
    struct uw_drive d = drive_of(0);
    database.initialized = 0;
    assert_false(uw_udev_fill(5, &d));
    same(0, d.serial, "FROMPAGE");
    same(0, d.model, "OLD");
    assert_false(uw_udev_fill(6, &d));
    assert_int_equal(open_handles, 0);
}

/* Volumes have no identity of their own that udev would know. */
static void not_hardware(void **state)
{
    (void)state;
    struct uw_drive d = drive_of(0);
    d.hardware = false;
    d.bus = UW_BUS_MAPPER;
    assert_true(uw_udev_fill(5, &d));
    same(0, d.serial, "FROMPAGE");
}

static void names_the_bus(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum uw_bus bus;
    } buses[] = {{"ata", UW_BUS_ATA},
                 {"scsi", UW_BUS_SCSI},
                 {"usb", UW_BUS_USB},
                 {"nvme", UW_BUS_NVME},
                 {"x", UW_BUS_UNKNOWN}};
    for (size_t i = 0; i < sizeof buses / sizeof buses[0]; i++) {
        struct uw_drive d = {.hardware = true};
        database = (struct udev_device){.initialized = 1, .properties = {{"ID_BUS", buses[i].name}}};
        assert_true(uw_udev_fill(5, &d));
        assert_int_equal(d.bus, buses[i].bus);
        d.bus = UW_BUS_VIRTIO;
        assert_true(uw_udev_fill(5, &d));
        assert_int_equal(d.bus, UW_BUS_VIRTIO);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(properties_become_fields),
        cmocka_unit_test(no_entry),
        cmocka_unit_test(not_hardware),
        cmocka_unit_test(names_the_bus),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
