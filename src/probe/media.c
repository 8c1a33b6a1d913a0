/* SPDX-License-Identifier: Apache-2.0 */
/* What a drive is made of, and what says so. Nothing is guessed: what cannot be told stays unknown. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe/identify.h"
#include "probe/vpd.h"

enum { ROTATION_BYTES = 64, SLOWEST_ROTATION = 0x401, NOT_ROTATING = 1 };

static void judge(struct uw_drive *drive, enum uw_media media, const char *evidence)
{
    drive->media = media;
    uw_clean_string(drive->media_evidence, sizeof drive->media_evidence, evidence, strlen(evidence));
}

/* Disks that a hypervisor or a cloud makes, whatever they are attached by. An ATA drive has no vendor here
 * and an NVMe one none at all, so theirs begin with the maker; INQUIRY cuts "VMware Virtual SATA Hard Drive"
 * after 16 characters. "Microsoft NVMe Direct Disk" is a real drive that is passed through; "QEMU HARDDISK"
 * stays what it says it is. */
static bool judge_virtual(const char *dir, struct uw_drive *drive)
{
    static const struct {
        const char *vendor; /* NULL: any */
        const char *model;  /* how it begins */
    } disks[] = {
        {"VMware", "Virtual"},
        {NULL, "VMware Virtual"},
        {"VBOX", "HARDDISK"},
        {NULL, "VBOX "},
        {NULL, "ORCL-VBOX"},
        {"Msft", "Virtual Disk"},
        {NULL, "MSFT NVMe Accelerator"},
        {"Google", "PersistentDisk"},
        {NULL, "nvme_card-pd"},
        {NULL, "Virtual HD"}, /* Hyper-V, IDE */
        {NULL, "Amazon Elastic Block Store"},
    };
    char subsystem[UW_NAME_BYTES], evidence[UW_DRIVE_STRING_BYTES];
    uw_read_link_name(dir, "device/subsystem", subsystem, sizeof subsystem);
    if (drive->bus == UW_BUS_VIRTIO || strcmp(subsystem, "xen") == 0) {
        judge(drive, UW_MEDIA_VIRTUAL, drive->bus == UW_BUS_VIRTIO ? "virtio device" : "xen device");
        return true;
    }
    for (size_t i = 0; i < sizeof disks / sizeof disks[0]; i++) {
        if (strncmp(drive->model, disks[i].model, strlen(disks[i].model)) != 0 ||
            (disks[i].vendor != NULL && strcmp(drive->vendor, disks[i].vendor) != 0))
            continue;
        snprintf(evidence, sizeof evidence, "model %.64s", drive->model);
        judge(drive, UW_MEDIA_VIRTUAL, evidence);
        return true;
    }
    return false;
}

/* Volumes that a controller or a storage server makes of drives we do not see. */
static bool judge_volume(const char *dir, struct uw_drive *drive)
{
    char level[UW_NAME_BYTES], evidence[UW_NAME_BYTES * 2];
    if (drive->bus != UW_BUS_SCSI)
        return false;
    if (uw_read_text(dir, "device/raid_level", level, sizeof level) && level[0] != '\0' &&
        strncmp(level, "N/A", 3) != 0) {
        snprintf(evidence, sizeof evidence, "device/raid_level=%s", level);
        judge(drive, UW_MEDIA_VOLUME, evidence);
        return true;
    }
    if (strstr(dir, "/session") == NULL || strstr(dir, "/target") == NULL)
        return false;
    judge(drive, UW_MEDIA_VOLUME, "iSCSI session in the device path");
    return true;
}

static void judge_mmc(const char *dir, struct uw_drive *drive)
{
    char type[UW_NAME_BYTES], evidence[UW_NAME_BYTES * 2];
    if (!uw_read_text(dir, "device/type", type, sizeof type)) {
        judge(drive, UW_MEDIA_UNKNOWN, "device/type cannot be read");
        return;
    }
    snprintf(evidence, sizeof evidence, "device/type=%s", type);
    judge(drive,
          strcmp(type, "MMC") == 0      ? UW_MEDIA_EMMC
          : strncmp(type, "SD", 2) == 0 ? UW_MEDIA_SD
                                        : UW_MEDIA_UNKNOWN,
          evidence);
}

/* The kernel calls a USB drive rotating that does not say: only the drive's own word (VPD page B1h,
 * SBC-4, 6.6.2) makes it a hard disk. A removable medium is a stick or a card. */
static void judge_usb(const char *dir, struct uw_drive *drive, bool told, bool rotating)
{
    uint8_t page[ROTATION_BYTES];
    uint64_t removable = 0;
    ssize_t n = uw_read_bytes(dir, "device/vpd_pgb1", page, sizeof page);
    uint16_t rotation = n < 0 ? 0 : uw_vpd_rotation(page, (size_t)n);
    uw_read_number(dir, "removable", &removable);
    if (removable != 0)
        judge(drive, UW_MEDIA_USB_FLASH, "usb, removable=1");
    else if (rotation >= SLOWEST_ROTATION && rotation != UINT16_MAX)
        judge(drive, UW_MEDIA_HDD, "usb, device/vpd_pgb1 names a rotation rate");
    else if (rotation == NOT_ROTATING || (told && !rotating))
        judge(drive, UW_MEDIA_SSD, "usb, not removable, queue/rotational=0");
    else
        judge(drive, UW_MEDIA_UNKNOWN, "usb, not removable, the drive does not say whether it rotates");
}

/* Zoned flash is listed with zoned disks: what counts here is that plain overwriting is refused. */
static bool judge_zoned(const char *zoned, struct uw_drive *drive, bool rotating)
{
    char evidence[UW_NAME_BYTES * 2];
    if (!drive->zoned && strcmp(zoned, "host-aware") != 0)
        return false;
    snprintf(evidence, sizeof evidence, "queue/zoned=%s, queue/rotational=%d", zoned, rotating);
    judge(drive, drive->zoned ? UW_MEDIA_HDD_ZONED : rotating ? UW_MEDIA_HDD_SMR : UW_MEDIA_SSD, evidence);
    return true;
}

void uw_judge_media(const char *dir, struct uw_drive *drive)
{
    char zoned[UW_NAME_BYTES] = "";
    uint64_t rotational = 0;
    bool told = uw_read_number(dir, "queue/rotational", &rotational) && rotational <= 1;
    /* Of a device-mapper table, a virtual disk or null_blk too. */
    drive->zoned =
        uw_read_text(dir, "queue/zoned", zoned, sizeof zoned) && strcmp(zoned, "host-managed") == 0;
    if (drive->bus == UW_BUS_LOOP)
        judge(drive, UW_MEDIA_VOLUME, "loop device");
    else if (drive->bus == UW_BUS_MAPPER)
        judge(drive, UW_MEDIA_VOLUME, "made of other devices");
    else if (!drive->hardware)
        judge(drive, UW_MEDIA_VOLUME, "virtual device of the kernel");
    else if (drive->bus == UW_BUS_MMC)
        judge_mmc(dir, drive);
    else if (judge_virtual(dir, drive) || judge_volume(dir, drive) ||
             judge_zoned(zoned, drive, rotational == 1))
        return;
    else if (drive->bus == UW_BUS_USB)
        judge_usb(dir, drive, told, rotational == 1);
    else if (drive->bus == UW_BUS_UNKNOWN)
        judge(drive, UW_MEDIA_UNKNOWN, "unknown kind of device");
    else if (!told)
        judge(drive, UW_MEDIA_UNKNOWN, "queue/rotational cannot be read");
    else
        judge(drive, rotational == 1 ? UW_MEDIA_HDD : UW_MEDIA_SSD,
              rotational == 1 ? "queue/rotational=1" : "queue/rotational=0");
}
