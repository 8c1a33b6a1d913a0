/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy.h"

#include <string.h>

static const char *const level_names[] = {"none", "clear", "purge"};

const char *uw_level_name(enum uw_level level)
{
    return level_names[level];
}

bool uw_level_parse(const char *name, enum uw_level *level)
{
    for (int i = UW_LEVEL_CLEAR; i <= UW_LEVEL_PURGE; i++)
        if (strcmp(name, level_names[i]) == 0) {
            *level = (enum uw_level)i;
            return true;
        }
    return false;
}

static const char *const rule_set_names[UW_RULE_SETS] = {"lowest", "nist-800-88r1", "ieee-2883"};

const char *uw_rule_set_name(enum uw_rule_set set)
{
    return rule_set_names[set];
}

bool uw_rule_set_parse(const char *name, enum uw_rule_set *set)
{
    for (int i = 0; i < UW_RULE_SETS; i++)
        if (strcmp(name, rule_set_names[i]) == 0) {
            *set = (enum uw_rule_set)i;
            return true;
        }
    return false;
}

/* Levels per rule set; UW_LEVEL_NONE: the set does not list the technique. */
static const struct {
    const char *name;
    const char *basis;
    enum uw_level levels[UW_RULE_SETS]; /* [UW_RULES_LOWEST] is unused */
} techniques[UW_TECHNIQUES] = {
    [UW_TECHNIQUE_HOST_OVERWRITE] =
        {"host-overwrite",
         "host-overwrite",
         {[UW_RULES_NIST_800_88R1] = UW_LEVEL_CLEAR, [UW_RULES_IEEE_2883] = UW_LEVEL_CLEAR}},
};

const char *uw_technique_name(enum uw_technique technique)
{
    return techniques[technique].name;
}

const char *uw_technique_basis(enum uw_technique technique)
{
    return techniques[technique].basis;
}

enum uw_rule_set uw_technique_rule_set(enum uw_technique technique, enum uw_rule_set set)
{
    if (set != UW_RULES_LOWEST)
        return set;
    const enum uw_level *levels = techniques[technique].levels;
    enum uw_rule_set lowest = UW_RULES_LOWEST + 1;
    for (int i = lowest; i < UW_RULE_SETS; i++)
        if (levels[i] != UW_LEVEL_NONE && (levels[lowest] == UW_LEVEL_NONE || levels[i] < levels[lowest]))
            lowest = (enum uw_rule_set)i;
    return lowest;
}

enum uw_level uw_technique_level(enum uw_technique technique, enum uw_rule_set set)
{
    return techniques[technique].levels[uw_technique_rule_set(technique, set)];
}

json_t *uw_technique_levels(enum uw_technique technique)
{
    json_t *levels = json_object();
    for (int i = UW_RULES_LOWEST + 1; i < UW_RULE_SETS; i++)
        json_object_set_new(levels, rule_set_names[i],
                            json_string(uw_level_name(techniques[technique].levels[i])));
    return levels;
}

static bool is_nvme(const struct uw_drive *d)
{
    return d->bus == UW_BUS_NVME;
}

static bool is_ata_hdd(const struct uw_drive *d)
{
    return d->bus == UW_BUS_ATA && (d->media == UW_MEDIA_HDD || d->media == UW_MEDIA_HDD_SMR);
}

/* An ATA drive that does not say what it is made of gets the flash row: it promises less about what was not
 * reached. */
static bool is_ata_flash(const struct uw_drive *d)
{
    return d->bus == UW_BUS_ATA && d->media != UW_MEDIA_HDD_ZONED;
}

static bool is_scsi(const struct uw_drive *d)
{
    return d->bus == UW_BUS_SCSI && d->media != UW_MEDIA_HDD_ZONED && d->media != UW_MEDIA_VIRTUAL;
}

static bool is_card(const struct uw_drive *d)
{
    return d->bus == UW_BUS_MMC;
}

static bool is_usb(const struct uw_drive *d)
{
    return d->bus == UW_BUS_USB && d->media != UW_MEDIA_HDD_ZONED;
}

/* Whatever lies on something else, or does not say what it is. */
static bool is_volume(const struct uw_drive *d)
{
    return d->media != UW_MEDIA_HDD_ZONED;
}

/* First row that fits wins. */
static const struct uw_rule rules[] = {
    {"N7", "NVMe", "overwrite", "nist-clear", 1, UW_LEVEL_CLEAR, UW_PROFILE_FULL, is_nvme},
    {"H3", "SATA HDD", "overwrite", "nist-clear", 1, UW_LEVEL_CLEAR, UW_PROFILE_FULL, is_ata_hdd},
    {"A6", "SATA SSD", "overwrite", "nist-clear", 1, UW_LEVEL_CLEAR, UW_PROFILE_FULL, is_ata_flash},
    {"S3", "SAS", "overwrite", "nist-clear", 1, UW_LEVEL_CLEAR, UW_PROFILE_FULL, is_scsi},
    {"M2", "SD, eMMC", "overwrite", "twice", 2, UW_LEVEL_CLEAR, UW_PROFILE_FULL, is_card},
    {"U1", "USB", "overwrite", "complement", 2, UW_LEVEL_CLEAR, UW_PROFILE_FULL, is_usb},
    {"R1", "RAID volume, LUN, virtual disk, loop, file", "overwrite", "nist-clear", 1, UW_LEVEL_CLEAR,
     UW_PROFILE_FULL, is_volume},
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

/* Areas that host writes do not reach, by what the drive is. */
static const struct {
    const char *code;
    const char *words;
    unsigned media; /* bits 1 << enum uw_media */
} areas[] = {
#define ON(media) (1U << (media))
#define HARD_DISKS (ON(UW_MEDIA_HDD) | ON(UW_MEDIA_HDD_SMR))
#define FLASH (ON(UW_MEDIA_SSD) | ON(UW_MEDIA_EMMC) | ON(UW_MEDIA_SD) | ON(UW_MEDIA_USB_FLASH))
    {"reallocated_not_reached", "reallocated", HARD_DISKS | FLASH | ON(UW_MEDIA_UNKNOWN)},
    {"overprovisioned_not_reached", "over-provisioned", FLASH | ON(UW_MEDIA_UNKNOWN)},
    {"boot_partitions_not_covered", "boot and RPMB", ON(UW_MEDIA_EMMC)},
    {"media_cache_not_reached", "media cache", ON(UW_MEDIA_HDD_SMR)},
    {"below_volume_not_reached", "underlying",
     ON(UW_MEDIA_VOLUME) | ON(UW_MEDIA_VIRTUAL) | ON(UW_MEDIA_FILE)},
#undef ON
};

bool uw_may_hide_areas(const struct uw_drive *drive)
{
    bool is_disk = drive->media == UW_MEDIA_HDD || drive->media == UW_MEDIA_HDD_SMR ||
                   drive->media == UW_MEDIA_SSD || drive->media == UW_MEDIA_UNKNOWN;
    return drive->bus == UW_BUS_ATA || (drive->bus == UW_BUS_USB && is_disk);
}

size_t uw_limitations(const struct uw_drive *drive, enum uw_technique technique, const char **codes,
                      size_t max)
{
    size_t n = 0;
    if (technique != UW_TECHNIQUE_HOST_OVERWRITE)
        return 0;
    for (size_t i = 0; i < sizeof areas / sizeof *areas && n < max; i++)
        if ((areas[i].media & (1U << drive->media)) != 0)
            codes[n++] = areas[i].code;
    if (uw_may_hide_areas(drive) && n < max)
        codes[n++] = "hidden_areas_not_checked";
    if (drive->bus == UW_BUS_USB && n < max)
        codes[n++] = "via_bridge";
    if (drive->bus == UW_BUS_NVME_FABRICS && n < max)
        codes[n++] = "via_fabrics";
    if ((drive->bus == UW_BUS_NVME || drive->bus == UW_BUS_NVME_FABRICS) && n < max)
        codes[n++] = "other_namespaces_not_covered";
    return n;
}

const char *uw_limitation_words(const char *code)
{
    for (size_t i = 0; i < sizeof areas / sizeof *areas; i++)
        if (strcmp(areas[i].code, code) == 0)
            return areas[i].words;
    return strcmp(code, "hidden_areas_not_checked") == 0 ? "HPA, DCO and AMAX" : NULL;
}
