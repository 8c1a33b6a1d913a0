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

enum uw_level uw_level_lower(enum uw_level a, enum uw_level b)
{
    return a < b ? a : b;
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

/* How much of a drive a technique erases. */
enum reach {
    REACH_TARGET = 0, /* what the host writes */
    REACH_NAMESPACES, /* one namespace or all of them, but no capacity that is in none */
    REACH_ALL         /* all that the drive stores */
};

/* Levels per rule set; UW_LEVEL_NONE: the set does not list the technique. */
static const struct {
    const char *name;
    const char *basis;
    enum reach reach;
    bool by_key;                        /* destroys the key, not what it encrypts */
    enum uw_level levels[UW_RULE_SETS]; /* [UW_RULES_LOWEST] is unused */
} techniques[UW_TECHNIQUES] = {
#define LEVELS(r1, ieee)                                                                                     \
    {                                                                                                        \
        [UW_RULES_NIST_800_88R1] = UW_LEVEL_##r1, [UW_RULES_IEEE_2883] = UW_LEVEL_##ieee                     \
    }
    [UW_TECHNIQUE_HOST_OVERWRITE] = {"host-overwrite", "host-overwrite", REACH_TARGET, false,
                                     LEVELS(CLEAR, CLEAR)},
    [UW_TECHNIQUE_DEVICE_SANITIZE_BLOCK] = {"device-sanitize-block", "device-sanitize", REACH_ALL, false,
                                            LEVELS(PURGE, PURGE)},
    [UW_TECHNIQUE_DEVICE_SANITIZE_CRYPTO] = {"device-sanitize-crypto", "cryptographic-erase", REACH_ALL, true,
                                             LEVELS(PURGE, PURGE)},
    [UW_TECHNIQUE_DEVICE_SANITIZE_OVERWRITE] = {"device-sanitize-overwrite", "device-sanitize", REACH_ALL,
                                                false, LEVELS(PURGE, PURGE)},
    [UW_TECHNIQUE_NVME_FORMAT_CRYPTO] = {"nvme-format-crypto", "cryptographic-erase", REACH_NAMESPACES, true,
                                         LEVELS(PURGE, CLEAR)},
    [UW_TECHNIQUE_NVME_FORMAT_USER_DATA] = {"nvme-format-user-data", "device-erase", REACH_NAMESPACES, false,
                                            LEVELS(PURGE, CLEAR)},
#undef LEVELS
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

json_t *uw_technique_levels(enum uw_technique technique, enum uw_level limit)
{
    json_t *levels = json_object();
    for (int i = UW_RULES_LOWEST + 1; i < UW_RULE_SETS; i++)
        json_object_set_new(
            levels, rule_set_names[i],
            json_string(uw_level_name(uw_level_lower(techniques[technique].levels[i], limit))));
    return levels;
}

bool uw_technique_is_sanitize(enum uw_technique technique)
{
    return techniques[technique].reach == REACH_ALL;
}

static bool is_volume_media(const struct uw_drive *d)
{
    return d->media == UW_MEDIA_VOLUME || d->media == UW_MEDIA_VIRTUAL || d->media == UW_MEDIA_FILE;
}

enum { OACS_NAMESPACES = 1U << 3 }; /* namespace management */

static bool is_alone_in(const struct uw_nvme_list *list, uint32_t nsid)
{
    return list->known && !list->more && list->count == 1 && list->ids[0] == nsid;
}

bool uw_namespaces_unlisted(const struct uw_drive *drive)
{
    const struct uw_nvme *n = &drive->nvme;
    bool elsewhere =
        (n->controller.oacs & OACS_NAMESPACES) != 0 || (n->controller.cmic & UW_NVME_CMIC_CONTROLLERS) != 0;
    bool listed = n->allocated.known ? !n->allocated.more : n->active.known && !elsewhere;
    return n->active.more || (!listed && n->controller.namespaces_max != 1);
}

static bool has_other_namespaces(const struct uw_drive *drive)
{
    const struct uw_nvme *n = &drive->nvme;
    return (n->active.known && !is_alone_in(&n->active, n->ns.nsid)) ||
           (n->allocated.known && !is_alone_in(&n->allocated, n->ns.nsid)) || uw_namespaces_unlisted(drive);
}

/* A drive that says how much there is says how much is in no namespace; one that manages none has none left
 * over. */
static bool has_unallocated(const struct uw_drive *drive)
{
    const struct uw_nvme_controller *c = &drive->nvme.controller;
    bool managed = (c->oacs & OACS_NAMESPACES) != 0;
    if (c->unallocated_bytes[0] == '\0')
        return managed;
    return strcmp(c->unallocated_bytes, "0") != 0;
}

static bool leaves_namespaces(const struct uw_drive *drive, enum uw_technique technique, bool subsystem)
{
    if (techniques[technique].reach != REACH_NAMESPACES)
        return false;
    /* A format reaches what is attached. */
    return has_unallocated(drive) || (!subsystem && has_other_namespaces(drive)) ||
           (drive->nvme.allocated.known && drive->nvme.active.known &&
            drive->nvme.allocated.count > drive->nvme.active.count);
}

enum uw_level uw_level_limit(const struct uw_drive *drive, enum uw_technique technique, bool subsystem)
{
    bool is_drive = (drive->bus == UW_BUS_NVME || drive->bus == UW_BUS_NVME_FABRICS) && drive->nvme.known &&
                    !drive->is_partition && !is_volume_media(drive);
    bool whole = techniques[technique].reach != REACH_TARGET && is_drive &&
                 !leaves_namespaces(drive, technique, subsystem);
    return whole ? UW_LEVEL_PURGE : UW_LEVEL_CLEAR;
}

/* SANACT, NVM Express Base Specification 2.0, section 5.24. */
enum { ACTION_MASK = 7, ACTION_BLOCK = 2, ACTION_OVERWRITE = 3, ACTION_CRYPTO = 4 };

bool uw_technique_of_sanitize(uint32_t cdw10, enum uw_technique *technique)
{
    switch (cdw10 & ACTION_MASK) {
    case ACTION_BLOCK:
        *technique = UW_TECHNIQUE_DEVICE_SANITIZE_BLOCK;
        return true;
    case ACTION_OVERWRITE:
        *technique = UW_TECHNIQUE_DEVICE_SANITIZE_OVERWRITE;
        return true;
    case ACTION_CRYPTO:
        *technique = UW_TECHNIQUE_DEVICE_SANITIZE_CRYPTO;
        return true;
    default:
        return false;
    }
}

static bool is_nvme(const struct uw_drive *d)
{
    return d->bus == UW_BUS_NVME && !is_volume_media(d);
}

/* A namespace whose controller answers, be it over a network. Zones take no markers, so nothing that was done
 * to them could be shown. */
static bool is_nvme_drive(const struct uw_drive *d)
{
    return (d->bus == UW_BUS_NVME || d->bus == UW_BUS_NVME_FABRICS) && d->nvme.known && !is_volume_media(d) &&
           d->media != UW_MEDIA_HDD_ZONED;
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
    {"N1", "NVMe", "nvme-sanitize-block", NULL, 0, UW_LEVEL_PURGE, UW_PROFILE_SAMPLE, is_nvme_drive},
    {"N2", "NVMe", "nvme-sanitize-crypto", NULL, 0, UW_LEVEL_PURGE, UW_PROFILE_SAMPLE, is_nvme_drive},
    {"N3", "NVMe", "nvme-sanitize-overwrite", NULL, 0, UW_LEVEL_PURGE, UW_PROFILE_TENTH, is_nvme_drive},
    {"N5", "NVMe", "nvme-format-crypto", NULL, 0, UW_LEVEL_CLEAR, UW_PROFILE_SAMPLE, is_nvme_drive},
    {"N6", "NVMe", "nvme-format-user-data", NULL, 0, UW_LEVEL_CLEAR, UW_PROFILE_TENTH, is_nvme_drive},
    {"N7", "NVMe", "overwrite", "nist-clear", 1, UW_LEVEL_CLEAR, UW_PROFILE_FULL, is_nvme},
    {"H3", "SATA HDD", "overwrite", "nist-clear", 1, UW_LEVEL_CLEAR, UW_PROFILE_FULL, is_ata_hdd},
    {"A6", "SATA SSD", "overwrite", "nist-clear", 1, UW_LEVEL_CLEAR, UW_PROFILE_FULL, is_ata_flash},
    {"S3", "SAS", "overwrite", "nist-clear", 1, UW_LEVEL_CLEAR, UW_PROFILE_FULL, is_scsi},
    {"M2", "SD, eMMC", "overwrite", "twice", 2, UW_LEVEL_CLEAR, UW_PROFILE_FULL, is_card},
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

/* Codes, as long as there is room. */
struct codes {
    const char **codes;
    size_t count, max;
};

static void add_code(struct codes *to, bool holds, const char *code)
{
    if (holds && to->count < to->max)
        to->codes[to->count++] = code;
}

static void add_unwritten_areas(struct codes *to, const struct uw_drive *drive)
{
    for (size_t i = 0; i < sizeof areas / sizeof *areas; i++)
        add_code(to, (areas[i].media & (1U << drive->media)) != 0, areas[i].code);
    add_code(to, uw_may_hide_areas(drive), "hidden_areas_not_checked");
    add_code(to, drive->bus == UW_BUS_USB, "via_bridge");
}

size_t uw_limitations(const struct uw_drive *drive, enum uw_technique technique, bool subsystem,
                      const char **codes, size_t max)
{
    struct codes to = {codes, 0, max};
    bool by_host = techniques[technique].reach == REACH_TARGET;
    bool nvme = drive->bus == UW_BUS_NVME || drive->bus == UW_BUS_NVME_FABRICS;
    if (by_host)
        add_unwritten_areas(&to, drive);
    add_code(&to, techniques[technique].by_key, "ce_preconditions_unverified");
    add_code(&to, drive->bus == UW_BUS_NVME_FABRICS, "via_fabrics");
    add_code(&to, nvme && (by_host || leaves_namespaces(drive, technique, subsystem)),
             "other_namespaces_not_covered");
    return to.count;
}

const char *uw_limitation_words(const char *code)
{
    for (size_t i = 0; i < sizeof areas / sizeof *areas; i++)
        if (strcmp(areas[i].code, code) == 0)
            return areas[i].words;
    return strcmp(code, "hidden_areas_not_checked") == 0 ? "HPA, DCO and AMAX" : NULL;
}
