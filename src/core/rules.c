/* SPDX-License-Identifier: Apache-2.0 */
/* The rows: which drive, which method, how much of it must be read back. */
#include <string.h>

#include "core/policy_parts.h"

static bool is_nvme(const struct uw_drive *d)
{
    return d->bus == UW_BUS_NVME && !uw_is_volume_media(d);
}

/* A namespace whose controller answers, be it over a network. Zones take no markers, so nothing that was done
 * to them could be shown. */
static bool is_nvme_drive(const struct uw_drive *d)
{
    return (d->bus == UW_BUS_NVME || d->bus == UW_BUS_NVME_FABRICS) && d->nvme.known &&
           !uw_is_volume_media(d) && !uw_is_zoned(d);
}

static bool is_ata_hdd(const struct uw_drive *d)
{
    return d->bus == UW_BUS_ATA && (d->media == UW_MEDIA_HDD || d->media == UW_MEDIA_HDD_SMR);
}

/* Behind a bridge the rows of U2 stand. */
static bool is_sata_drive(const struct uw_drive *d)
{
    return d->bus == UW_BUS_ATA && uw_is_ata_drive(d) && !uw_is_zoned(d);
}

static bool is_bridged_drive(const struct uw_drive *d)
{
    return d->bus == UW_BUS_USB && uw_is_ata_drive(d) && !uw_is_zoned(d);
}

/* For erases inside the drive its own word counts, for overwriting what the kernel makes of it. */
static bool is_sata_disk(const struct uw_drive *d)
{
    return is_sata_drive(d) && uw_drive_make(d) != UW_MAKE_FLASH;
}

static bool is_sata_flash(const struct uw_drive *d)
{
    return is_sata_drive(d) && uw_drive_make(d) == UW_MAKE_FLASH;
}

static bool is_bridged_disk(const struct uw_drive *d)
{
    return is_bridged_drive(d) && uw_drive_make(d) != UW_MAKE_FLASH;
}

static bool is_bridged_flash(const struct uw_drive *d)
{
    return is_bridged_drive(d) && uw_drive_make(d) == UW_MAKE_FLASH;
}

/* An ATA drive that does not say what it is made of gets the flash row: it promises less about what was not
 * reached. */
static bool is_ata_flash(const struct uw_drive *d)
{
    return d->bus == UW_BUS_ATA && !uw_is_zoned(d) && !uw_is_volume_media(d);
}

static bool is_scsi(const struct uw_drive *d)
{
    return d->bus == UW_BUS_SCSI && !uw_is_zoned(d) && d->media != UW_MEDIA_VIRTUAL;
}

static bool is_card(const struct uw_drive *d)
{
    return d->bus == UW_BUS_MMC;
}

static bool is_usb(const struct uw_drive *d)
{
    return d->bus == UW_BUS_USB && !uw_is_zoned(d) && !uw_is_volume_media(d);
}

/* Whatever lies on something else, or does not say what it is. */
static bool is_volume(const struct uw_drive *d)
{
    return !uw_is_zoned(d);
}

/* First row that fits wins. */
static const struct uw_rule rules[] = {
    {"N1", "NVMe", "nvme-sanitize-block", NULL, 0, UW_LEVEL_PURGE, UW_PROFILE_SAMPLE, is_nvme_drive},
    {"N2", "NVMe", "nvme-sanitize-crypto", NULL, 0, UW_LEVEL_PURGE, UW_PROFILE_SAMPLE, is_nvme_drive},
    {"N3", "NVMe", "nvme-sanitize-overwrite", NULL, 0, UW_LEVEL_PURGE, UW_PROFILE_TENTH, is_nvme_drive},
    {"N4", "NVMe", "opal-psid-revert", NULL, 0, UW_LEVEL_CLEAR, UW_PROFILE_SAMPLE, is_nvme_drive},
    {"N5", "NVMe", "nvme-format-crypto", NULL, 0, UW_LEVEL_CLEAR, UW_PROFILE_SAMPLE, is_nvme_drive},
    {"N6", "NVMe", "nvme-format-user-data", NULL, 0, UW_LEVEL_CLEAR, UW_PROFILE_TENTH, is_nvme_drive},
    {"N7", "NVMe", "overwrite", "nist-clear", 1, UW_LEVEL_CLEAR, UW_PROFILE_FULL, is_nvme},
    {"A1", "SATA SSD", "ata-sanitize-block", NULL, 0, UW_LEVEL_PURGE, UW_PROFILE_SAMPLE, is_sata_flash},
    {"A2", "SATA SSD", "ata-sanitize-crypto", NULL, 0, UW_LEVEL_PURGE, UW_PROFILE_SAMPLE, is_sata_flash},
    {"A3", "SATA SSD", "ata-sanitize-overwrite", NULL, 0, UW_LEVEL_PURGE, UW_PROFILE_TENTH, is_sata_flash},
    {"A4", "SATA SSD", "opal-psid-revert", NULL, 0, UW_LEVEL_CLEAR, UW_PROFILE_SAMPLE, is_sata_flash},
    {"A5", "SATA SSD", "ata-security-erase-enhanced", "nist-clear", 1, UW_LEVEL_CLEAR, UW_PROFILE_TENTH,
     is_sata_flash},
    {"A6", "SATA SSD", "ata-security-erase", NULL, 0, UW_LEVEL_CLEAR, UW_PROFILE_FULL, is_sata_flash},
    {"H1", "SATA HDD", "ata-sanitize-crypto", NULL, 0, UW_LEVEL_PURGE, UW_PROFILE_TENTH, is_sata_disk},
    {"H1", "SATA HDD", "ata-sanitize-overwrite", NULL, 0, UW_LEVEL_PURGE, UW_PROFILE_TENTH, is_sata_disk},
    {"H2", "SATA HDD", "ata-security-erase-enhanced", NULL, 0, UW_LEVEL_PURGE, UW_PROFILE_TENTH,
     is_sata_disk},
    {"H3", "SATA HDD", "overwrite", "nist-clear", 1, UW_LEVEL_CLEAR, UW_PROFILE_FULL, is_ata_hdd},
    {"H4", "zoned, host managed", "zone-overwrite", "random", 1, UW_LEVEL_CLEAR, UW_PROFILE_FULL,
     uw_is_zoned},
    {"A6", "SATA SSD", "overwrite", "nist-clear", 1, UW_LEVEL_CLEAR, UW_PROFILE_FULL, is_ata_flash},
    {"S3", "SAS", "overwrite", "nist-clear", 1, UW_LEVEL_CLEAR, UW_PROFILE_FULL, is_scsi},
    {"M2", "SD, eMMC", "overwrite", "twice", 2, UW_LEVEL_CLEAR, UW_PROFILE_FULL, is_card},
    {"U2", "SATA SSD, USB bridge", "ata-sanitize-block", NULL, 0, UW_LEVEL_PURGE, UW_PROFILE_SAMPLE,
     is_bridged_flash},
    {"U2", "SATA SSD, USB bridge", "ata-sanitize-crypto", NULL, 0, UW_LEVEL_PURGE, UW_PROFILE_SAMPLE,
     is_bridged_flash},
    {"U2", "SATA SSD, USB bridge", "ata-sanitize-overwrite", NULL, 0, UW_LEVEL_PURGE, UW_PROFILE_TENTH,
     is_bridged_flash},
    {"U2", "SATA HDD, USB bridge", "ata-sanitize-crypto", NULL, 0, UW_LEVEL_PURGE, UW_PROFILE_TENTH,
     is_bridged_disk},
    {"U2", "SATA HDD, USB bridge", "ata-sanitize-overwrite", NULL, 0, UW_LEVEL_PURGE, UW_PROFILE_TENTH,
     is_bridged_disk},
    {"U1", "USB", "overwrite", "complement", 2, UW_LEVEL_CLEAR, UW_PROFILE_FULL, is_usb},
    {"R1", "RAID volume, LUN, virtual disk, NVMe-oF namespace, loop, file", "overwrite", "nist-clear", 1,
     UW_LEVEL_CLEAR, UW_PROFILE_FULL, is_volume},
};

const struct uw_rule *uw_rule_at(size_t index)
{
    return index < sizeof rules / sizeof *rules ? &rules[index] : NULL;
}

const struct uw_rule *uw_rule_find(const struct uw_drive *drive, const char *method)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (strcmp(rules[i].method, method) == 0 && rules[i].covers(drive))
            return &rules[i];
    return NULL;
}
