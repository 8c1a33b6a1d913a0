/* SPDX-License-Identifier: Apache-2.0 */
#include "probe/identify.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe/vpd.h"

enum { VPD_BYTES = 8192, USB_LEVELS = 16 };
enum field { VENDOR, MODEL, SERIAL, FIRMWARE, WWN, FIELDS };

/* One look at one device; why[] holds the errno of what could not be read. */
struct look {
    const char *dir;
    struct uw_drive *drive;
    int why[FIELDS];
};

static void set_source(char *to, const char *attribute)
{
    snprintf(to, UW_NAME_BYTES, "sysfs %s", attribute);
}

static void read_field(struct look *look, enum field field, const char *attribute)
{
    struct uw_drive *d = look->drive;
    struct {
        char *to;
        size_t bytes;
        char *source;
    } places[FIELDS] = {
        [VENDOR] = {d->vendor, sizeof d->vendor, NULL},
        [MODEL] = {d->model, sizeof d->model, NULL},
        [SERIAL] = {d->serial, sizeof d->serial, d->serial_source},
        [FIRMWARE] = {d->firmware, sizeof d->firmware, NULL},
        [WWN] = {d->wwn, sizeof d->wwn, d->wwn_source},
    };
    if (!uw_read_text(look->dir, attribute, places[field].to, places[field].bytes))
        look->why[field] = errno;
    else if (places[field].source != NULL && places[field].to[0] != '\0')
        set_source(places[field].source, attribute);
}

/* A path component that is `word` and a number: "/usb3/", "/ata12/". */
static bool path_has(const char *path, const char *word)
{
    for (const char *p = strstr(path, word); p != NULL; p = strstr(p + 1, word)) {
        const char *digit = p + strlen(word);
        if (isdigit((unsigned char)*digit) && digit[strspn(digit, "0123456789")] == '/')
            return true;
    }
    return false;
}

static bool name_is(const char *name, const char *family)
{
    size_t length = strlen(family);
    return strncmp(name, family, length) == 0 && isdigit((unsigned char)name[length]);
}

static bool is_fabrics(const char *transport)
{
    return strcmp(transport, "tcp") == 0 || strcmp(transport, "rdma") == 0 || strcmp(transport, "fc") == 0 ||
           strcmp(transport, "loop") == 0;
}

/* The head of a multipath namespace hangs below the subsystem, which links to its controllers. */
static enum uw_bus nvme_bus(const char *dir)
{
    char transport[UW_NAME_BYTES], folder[UW_LONG_PATH_BYTES];
    struct uw_names names;
    if (uw_read_text(dir, "device/transport", transport, sizeof transport))
        return is_fabrics(transport) ? UW_BUS_NVME_FABRICS : UW_BUS_NVME;
    if (!uw_path_join(folder, dir, "device") || !uw_names_read(folder, &names))
        return UW_BUS_NVME;
    bool fabrics = false, local = false;
    for (size_t i = 0; i < names.count; i++) {
        char attribute[UW_LONG_PATH_BYTES];
        if (!name_is(names.items[i], "nvme") || !uw_path_join(attribute, names.items[i], "transport") ||
            !uw_read_text(folder, attribute, transport, sizeof transport))
            continue;
        fabrics = fabrics || is_fabrics(transport);
        local = local || !is_fabrics(transport);
    }
    uw_names_clear(&names);
    return fabrics && !local ? UW_BUS_NVME_FABRICS : UW_BUS_NVME;
}

/* USB first: a bridge passes on the vendor "ATA" of the drive inside. Drives behind a SAS controller or an
 * emulated one have no ata component; SAT says what INQUIRY's vendor is then (SAT-4, 8.1). */
static enum uw_bus scsi_bus(const char *dir)
{
    char vendor[UW_NAME_BYTES];
    if (path_has(dir, "/usb"))
        return UW_BUS_USB;
    uw_read_text(dir, "device/vendor", vendor, sizeof vendor);
    return strcmp(vendor, "ATA") == 0 || path_has(dir, "/ata") ? UW_BUS_ATA : UW_BUS_SCSI;
}

static bool has_slaves(const char *dir)
{
    char folder[UW_LONG_PATH_BYTES];
    struct uw_names names;
    if (!uw_path_join(folder, dir, "slaves") || !uw_names_read(folder, &names))
        return false;
    bool any = names.count > 0;
    uw_names_clear(&names);
    return any;
}

/* Devices that the kernel makes of other things, so that they are no drives of their own. */
static bool is_made(const char *dir, const char *name, enum uw_bus *bus)
{
    static const struct {
        const char *family;
        enum uw_bus bus;
    } made[] = {
        {"loop", UW_BUS_LOOP},     {"dm-", UW_BUS_MAPPER},   {"md", UW_BUS_MAPPER},
        {"bcache", UW_BUS_MAPPER}, {"drbd", UW_BUS_MAPPER},  {"zd", UW_BUS_MAPPER},
        {"nbd", UW_BUS_UNKNOWN},   {"rbd", UW_BUS_UNKNOWN},  {"nullb", UW_BUS_UNKNOWN},
        {"ram", UW_BUS_UNKNOWN},   {"zram", UW_BUS_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof made / sizeof made[0]; i++) {
        *bus = made[i].bus;
        if (name_is(name, made[i].family))
            return true;
    }
    bool virtual = strstr(dir, "/devices/virtual/block/") != NULL;
    bool layered = uw_path_exists(dir, "dm") || uw_path_exists(dir, "md") || (virtual && has_slaves(dir));
    *bus = layered ? UW_BUS_MAPPER : UW_BUS_UNKNOWN;
    return virtual || layered;
}

static enum uw_bus attached_bus(const char *dir, const char *name)
{
    static const struct {
        const char *subsystem;
        const char *family;
        enum uw_bus bus;
    } buses[] = {
        {"nvme", "nvme", UW_BUS_NVME}, {"nvme-subsystem", "nvme", UW_BUS_NVME}, {"scsi", "sd", UW_BUS_SCSI},
        {"mmc", "mmcblk", UW_BUS_MMC}, {"virtio", "vd", UW_BUS_VIRTIO},
    };
    char subsystem[UW_NAME_BYTES];
    bool told = uw_read_link_name(dir, "device/subsystem", subsystem, sizeof subsystem);
    for (size_t i = 0; i < sizeof buses / sizeof buses[0]; i++) {
        const char *family = buses[i].family;
        if (told ? strcmp(subsystem, buses[i].subsystem) != 0 : strncmp(name, family, strlen(family)) != 0)
            continue;
        return buses[i].bus == UW_BUS_NVME   ? nvme_bus(dir)
               : buses[i].bus == UW_BUS_SCSI ? scsi_bus(dir)
                                             : buses[i].bus;
    }
    return UW_BUS_UNKNOWN;
}

/* -1 and errno; older kernels answer EINVAL for a page that the drive does not have. */
static ssize_t read_page(const char *dir, const char *attribute, uint8_t page[VPD_BYTES])
{
    ssize_t n = uw_read_bytes(dir, attribute, page, VPD_BYTES);
    if (n < 0 && errno == EINVAL)
        errno = ENOENT;
    return n;
}

/* The number of a USB device stands above the SCSI layer, which often has none for it. */
static void read_usb_serial(struct look *look)
{
    char *dir = uw_path_resolve(look->dir, "device");
    for (unsigned level = 0; dir != NULL && level < USB_LEVELS; level++) {
        char *slash = strrchr(dir, '/');
        if (slash == NULL || slash == dir || uw_path_exists(dir, "idVendor"))
            break;
        *slash = '\0';
    }
    if (dir != NULL && uw_path_exists(dir, "idVendor")) {
        if (!uw_read_text(dir, "serial", look->drive->serial, sizeof look->drive->serial))
            look->why[SERIAL] = errno;
        else if (look->drive->serial[0] != '\0')
            set_source(look->drive->serial_source, "usb serial");
    }
    free(dir);
}

static void read_scsi_serial(struct look *look)
{
    uint8_t page[VPD_BYTES];
    struct uw_drive *d = look->drive;
    ssize_t n = read_page(look->dir, "device/vpd_pg80", page);
    if (n < 0)
        look->why[SERIAL] = errno;
    else if (!uw_vpd_serial(page, (size_t)n, d->serial, sizeof d->serial))
        look->why[SERIAL] = EBADMSG;
    else if (d->serial[0] != '\0')
        set_source(d->serial_source, "device/vpd_pg80");
    if (d->serial[0] == '\0' && d->bus == UW_BUS_USB)
        read_usb_serial(look);
}

/* "naa.5000c500a1b2c3d4" or "eui.0123456789abcdef"; what begins otherwise is made of model and serial. */
static void read_scsi_wwid(struct look *look)
{
    char wwid[UW_DRIVE_STRING_BYTES - 4];
    struct uw_drive *d = look->drive;
    if (!uw_read_text(look->dir, "device/wwid", wwid, sizeof wwid))
        return;
    bool name = strncmp(wwid, "naa.", 4) == 0 || strncmp(wwid, "eui.", 4) == 0;
    if (!name || wwid[4] == '\0')
        return;
    snprintf(d->wwn, sizeof d->wwn, "0x%s", wwid + 4);
    set_source(d->wwn_source, "device/wwid");
}

static void read_scsi_wwn(struct look *look)
{
    uint8_t page[VPD_BYTES];
    struct uw_drive *d = look->drive;
    ssize_t n = read_page(look->dir, "device/vpd_pg83", page);
    if (n < 0)
        look->why[WWN] = errno;
    else if (uw_vpd_wwn(page, (size_t)n, d->wwn, sizeof d->wwn))
        set_source(d->wwn_source, "device/vpd_pg83");
    if (d->wwn[0] == '\0')
        read_scsi_wwid(look);
}

static void read_scsi(struct look *look)
{
    struct uw_drive *d = look->drive;
    read_field(look, VENDOR, "device/vendor");
    read_field(look, MODEL, "device/model");
    read_field(look, FIRMWARE, "device/rev");
    read_scsi_serial(look);
    read_scsi_wwn(look);
    if (strcmp(d->vendor, "ATA") == 0)
        d->vendor[0] = '\0'; /* SAT's word for any maker */
}

static void read_nvme(struct look *look)
{
    struct uw_drive *d = look->drive;
    read_field(look, MODEL, "device/model");
    read_field(look, SERIAL, "device/serial");
    read_field(look, FIRMWARE, "device/firmware_rev");
    read_field(look, WWN, "wwid");
    if (strncmp(d->wwn, "nvme.", 5) == 0)
        d->wwn[0] = d->wwn_source[0] = '\0'; /* the kernel's own, made of vendor, serial and model */
}

static void read_mmc(struct look *look)
{
    struct uw_drive *d = look->drive;
    read_field(look, MODEL, "device/name");
    read_field(look, FIRMWARE, "device/fwrev");
    read_field(look, SERIAL, "device/serial");
    if (d->serial[0] == '\0' || strspn(d->serial + 1, "x0") == strlen(d->serial + 1))
        read_field(look, SERIAL, "device/cid");
}

static void read_mapper(struct look *look)
{
    struct uw_drive *d = look->drive;
    char name[UW_DRIVE_STRING_BYTES - 8];
    read_field(look, SERIAL, uw_path_exists(look->dir, "dm") ? "dm/uuid" : "md/uuid");
    if (uw_read_text(look->dir, "dm/name", name, sizeof name) && name[0] != '\0')
        snprintf(d->path, sizeof d->path, "mapper/%s", name);
}

/* Where the device hangs, below /sys/devices and without its own name. */
static void set_path(struct look *look)
{
    struct uw_drive *d = look->drive;
    const char *start = strstr(look->dir, "/devices/");
    if (d->path[0] != '\0')
        return;
    if (d->bus == UW_BUS_LOOP) {
        uw_read_text(look->dir, "loop/backing_file", d->path, sizeof d->path);
        return;
    }
    if (start == NULL)
        return;
    start += strlen("/devices/");
    const char *end = strrchr(start, '/');
    if (end != NULL && end - start > 6 && strncmp(end - 6, "/block", 6) == 0)
        end -= 6;
    uw_clean_string(d->path, sizeof d->path, start, end == NULL ? strlen(start) : (size_t)(end - start));
}

static void name_unknown(const struct look *look)
{
    struct uw_drive *d = look->drive;
    const struct {
        const char *field;
        const char *value;
        int why;
    } fields[] = {
        {"vendor", d->vendor, look->why[VENDOR]},       {"model", d->model, look->why[MODEL]},
        {"serial", d->serial, look->why[SERIAL]},       {"wwn", d->wwn, look->why[WWN]},
        {"firmware", d->firmware, look->why[FIRMWARE]}, {"path", d->path, 0},
    };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (fields[i].value[0] != '\0')
            continue;
        bool hidden = fields[i].why != 0 && fields[i].why != ENOENT;
        uw_drive_set_unknown(d, fields[i].field,
                             hidden        ? uw_unknown_word(fields[i].why)
                             : d->hardware ? "not_supported"
                                           : "not_applicable");
    }
}

void uw_identify(const struct uw_tree *tree, const char *dir, dev_t devnum, struct uw_drive *drive)
{
    struct look look = {.dir = dir, .drive = drive};
    const char *slash = strrchr(dir, '/');
    const char *name = slash == NULL ? dir : slash + 1;
    drive->hardware = !is_made(dir, name, &drive->bus);
    if (drive->hardware)
        drive->bus = attached_bus(dir, name);
    snprintf(drive->source, sizeof drive->source, "sysfs");
    if (drive->bus == UW_BUS_SCSI || drive->bus == UW_BUS_ATA || drive->bus == UW_BUS_USB)
        read_scsi(&look);
    else if (drive->bus == UW_BUS_NVME || drive->bus == UW_BUS_NVME_FABRICS)
        read_nvme(&look);
    else if (drive->bus == UW_BUS_MMC)
        read_mmc(&look);
    else if (drive->bus == UW_BUS_VIRTIO)
        read_field(&look, SERIAL, "serial");
    else if (drive->bus == UW_BUS_MAPPER)
        read_mapper(&look);
    if (tree->real && uw_udev_fill(devnum, drive))
        snprintf(drive->source, sizeof drive->source, "udev");
    set_path(&look);
    name_unknown(&look);
}
