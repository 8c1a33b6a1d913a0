/* SPDX-License-Identifier: Apache-2.0 */
#include <libudev.h>
#include <stdio.h>
#include <string.h>

#include "probe/identify.h"

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Undoes "\x20" of ID_MODEL_ENC and its like. */
static void decode(char *text)
{
    char *to = text;
    for (const char *p = text; *p != '\0';) {
        int high = p[0] == '\\' && p[1] == 'x' ? hex_digit(p[2]) : -1;
        int low = high < 0 ? -1 : hex_digit(p[3]);
        if (low >= 0 && high + low > 0) {
            *to++ = (char)(high << 4 | low);
            p += 4;
        } else {
            *to++ = *p++;
        }
    }
    *to = '\0';
}

/* Copies a property that has a value; `encoded` ones are decoded first. */
static bool take(struct udev_device *device, const char *property, bool encoded, char *to, size_t to_bytes)
{
    const char *value = udev_device_get_property_value(device, property);
    char raw[UW_TEXT_BYTES], clean[UW_DRIVE_STRING_BYTES];
    if (value == NULL)
        return false;
    snprintf(raw, sizeof raw, "%s", value);
    if (encoded)
        decode(raw);
    uw_clean_string(clean, to_bytes < sizeof clean ? to_bytes : sizeof clean, raw, sizeof raw);
    if (clean[0] == '\0')
        return false;
    snprintf(to, to_bytes, "%s", clean);
    return true;
}

/* An ATA drive that ata_id could not read (behind an HBA, or where libata spoils the data of a pass-through
 * that asked for registers, too) has what scsi_id made of it. */
static bool is_of_scsi_id(struct udev_device *device, const struct uw_drive *drive)
{
    return drive->bus == UW_BUS_ATA && udev_device_get_property_value(device, "ID_ATA") == NULL &&
           udev_device_get_property_value(device, "ID_SCSI") != NULL;
}

/* What ID_SERIAL_SHORT holds depends on who filled it: of a SCSI drive it is the page 83h designator, of a
 * USB drive without a number ID_SERIAL is the model. */
static void take_serial(struct udev_device *device, struct uw_drive *drive)
{
    static const struct {
        const char *property;
        bool scsi, usb, others; /* whose */
        bool corrects;          /* also where sysfs had one */
        bool corrects_scsi;
    } properties[] = {
        {"SCSI_IDENT_SERIAL", true, false, false, false, true},
        {"ID_SCSI_SERIAL", true, false, false, false, true},
        {"ID_SERIAL_SHORT", true, true, true, true, false},
        {"ID_SERIAL", true, false, true, false, false},
    };
    bool scsi = drive->bus == UW_BUS_SCSI || is_of_scsi_id(device, drive), usb = drive->bus == UW_BUS_USB;
    for (size_t i = 0; i < sizeof properties / sizeof properties[0]; i++) {
        bool ours = scsi ? properties[i].scsi : usb ? properties[i].usb : properties[i].others;
        bool corrects = scsi ? properties[i].corrects_scsi : properties[i].corrects;
        if (!ours || (drive->serial[0] != '\0' && !corrects))
            continue;
        if (!take(device, properties[i].property, false, drive->serial, sizeof drive->serial))
            continue;
        snprintf(drive->serial_source, sizeof drive->serial_source, "udev %s", properties[i].property);
        return;
    }
}

static void take_wwn(struct udev_device *device, struct uw_drive *drive)
{
    static const char *const properties[] = {"ID_WWN_WITH_EXTENSION", "ID_WWN"};
    char wwn[UW_DRIVE_STRING_BYTES];
    for (size_t i = 0; i < sizeof properties / sizeof properties[0]; i++) {
        if (!take(device, properties[i], false, wwn, sizeof wwn) || strncmp(wwn, "nvme.", 5) == 0)
            continue;
        snprintf(drive->wwn, sizeof drive->wwn, "%s", wwn);
        snprintf(drive->wwn_source, sizeof drive->wwn_source, "udev %s", properties[i]);
        return;
    }
}

/* INQUIRY cuts model and revision of an ATA drive; ata_id has them whole. */
static void take_names(struct udev_device *device, struct uw_drive *drive)
{
    bool cut = drive->bus == UW_BUS_ATA || drive->bus == UW_BUS_USB || drive->bus == UW_BUS_SCSI;
    if ((cut || drive->model[0] == '\0') &&
        !take(device, "ID_MODEL_ENC", true, drive->model, sizeof drive->model) && drive->model[0] == '\0')
        take(device, "ID_MODEL", false, drive->model, sizeof drive->model);
    if (cut || drive->firmware[0] == '\0')
        take(device, "ID_REVISION", false, drive->firmware, sizeof drive->firmware);
    if (drive->vendor[0] == '\0' && drive->bus != UW_BUS_ATA)
        take(device, "ID_VENDOR_ENC", true, drive->vendor, sizeof drive->vendor);
}

static void take_bus(struct udev_device *device, struct uw_drive *drive)
{
    const char *bus = udev_device_get_property_value(device, "ID_BUS");
    if (drive->bus != UW_BUS_UNKNOWN || bus == NULL)
        return;
    drive->bus = strcmp(bus, "ata") == 0    ? UW_BUS_ATA
                 : strcmp(bus, "scsi") == 0 ? UW_BUS_SCSI
                 : strcmp(bus, "usb") == 0  ? UW_BUS_USB
                 : strcmp(bus, "nvme") == 0 ? UW_BUS_NVME
                                            : UW_BUS_UNKNOWN;
}

bool uw_udev_fill(dev_t devnum, struct uw_drive *drive)
{
    struct udev *udev = udev_new();
    struct udev_device *device = udev == NULL ? NULL : udev_device_new_from_devnum(udev, 'b', devnum);
    bool told = device != NULL && udev_device_get_is_initialized(device) > 0;
    if (told && drive->hardware) {
        take_bus(device, drive);
        take_names(device, drive);
        take_serial(device, drive);
        take_wwn(device, drive);
        take(device, "ID_PATH", false, drive->path, sizeof drive->path);
    }
    if (device != NULL)
        udev_device_unref(device);
    if (udev != NULL)
        udev_unref(udev);
    return told;
}
