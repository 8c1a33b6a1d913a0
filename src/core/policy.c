/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy_parts.h"

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

/* Levels per make and rule set; UW_LEVEL_NONE: the set does not list the technique. */
static const struct {
    const char *name;
    const char *basis;
    enum uw_reach reach;
    bool by_key;
    enum uw_level levels[UW_MAKES][UW_RULE_SETS]; /* [][UW_RULES_LOWEST] is unused */
} techniques[UW_TECHNIQUES] = {
#define LEVELS(r1, ieee)                                                                                     \
    {                                                                                                        \
        [UW_RULES_NIST_800_88R1] = UW_LEVEL_##r1, [UW_RULES_IEEE_2883] = UW_LEVEL_##ieee                     \
    }
#define ON_ALL(r1, ieee)                                                                                     \
    {                                                                                                        \
        [UW_MAKE_FLASH] = LEVELS(r1, ieee), [UW_MAKE_DISK] = LEVELS(r1, ieee),                               \
        [UW_MAKE_MIXED] = LEVELS(r1, ieee)                                                                   \
    }
    [UW_TECHNIQUE_HOST_OVERWRITE] = {"host-overwrite", "host-overwrite", UW_REACH_TARGET, false,
                                     ON_ALL(CLEAR, CLEAR)},
    [UW_TECHNIQUE_DEVICE_SANITIZE_BLOCK] = {"device-sanitize-block", "device-sanitize", UW_REACH_ALL, false,
                                            ON_ALL(PURGE, PURGE)},
    [UW_TECHNIQUE_DEVICE_SANITIZE_CRYPTO] = {"device-sanitize-crypto", "cryptographic-erase", UW_REACH_ALL,
                                             true, ON_ALL(PURGE, PURGE)},
    [UW_TECHNIQUE_DEVICE_SANITIZE_OVERWRITE] = {"device-sanitize-overwrite", "device-sanitize", UW_REACH_ALL,
                                                false, ON_ALL(PURGE, PURGE)},
    [UW_TECHNIQUE_NVME_FORMAT_CRYPTO] = {"nvme-format-crypto", "cryptographic-erase", UW_REACH_NAMESPACES,
                                         true, ON_ALL(PURGE, CLEAR)},
    [UW_TECHNIQUE_NVME_FORMAT_USER_DATA] = {"nvme-format-user-data", "device-erase", UW_REACH_NAMESPACES,
                                            false, ON_ALL(PURGE, CLEAR)},
    [UW_TECHNIQUE_ATA_SECURITY_ERASE_ENHANCED] = {"ata-security-erase-enhanced",
                                                  "device-erase",
                                                  UW_REACH_RETIRED,
                                                  false,
                                                  {[UW_MAKE_FLASH] = LEVELS(CLEAR, PURGE),
                                                   [UW_MAKE_DISK] = LEVELS(PURGE, PURGE),
                                                   [UW_MAKE_MIXED] = LEVELS(CLEAR, CLEAR)}},
    [UW_TECHNIQUE_ATA_SECURITY_ERASE] = {"ata-security-erase", "device-erase", UW_REACH_USER_AREA, false,
                                         ON_ALL(CLEAR, CLEAR)},
    /* Cryptographic erase, with conditions that the maker alone can say to be kept. */
    [UW_TECHNIQUE_TCG_REVERT] = {"tcg-revert", "cryptographic-erase", UW_REACH_NAMESPACES, true,
                                 ON_ALL(CLEAR, CLEAR)},
    [UW_TECHNIQUE_DEVICE_SANITIZE] = {"device-sanitize", "device-sanitize", UW_REACH_ALL, true,
                                      ON_ALL(PURGE, PURGE)},
#undef ON_ALL
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

enum uw_reach uw_technique_reach(enum uw_technique technique)
{
    return techniques[technique].reach;
}

bool uw_technique_by_key(enum uw_technique technique)
{
    return techniques[technique].by_key;
}

/* IDENTIFY DEVICE, ACS-4: word 69 bits 1:0 zoned capabilities, word 78 bit 9 hybrid information; word 214 bit
 * 4 non-volatile cache, of older standards. Neither 0000h nor FFFFh says anything. */
enum {
    ADDITIONAL_WORD = 69,
    ZONED_MASK = 3,
    SATA_FEATURES_WORD = 78,
    HYBRID = 1U << 9,
    CACHE_WORD = 214,
    CACHE_ENABLED = 1U << 4,
    SLOWEST_ROTATION = 0x401
};

static bool says(const struct uw_ata_identify *identify, size_t word, unsigned bits)
{
    unsigned value = identify->raw[2 * word] | (unsigned)identify->raw[2 * word + 1] << 8;
    return value != UINT16_MAX && (value & bits) != 0;
}

enum uw_make uw_drive_make(const struct uw_drive *drive)
{
    const struct uw_ata_identify *i = &drive->ata.identify;
    bool rotates = drive->ata.known && i->rotation >= SLOWEST_ROTATION && i->rotation != UINT16_MAX;
    bool may_rotate = drive->media == UW_MEDIA_HDD || drive->media == UW_MEDIA_HDD_SMR ||
                      drive->media == UW_MEDIA_HDD_ZONED || drive->media == UW_MEDIA_UNKNOWN;
    if (!rotates || !may_rotate)
        return UW_MAKE_FLASH;
    bool mixed = (drive->media != UW_MEDIA_HDD && drive->media != UW_MEDIA_UNKNOWN) ||
                 says(i, ADDITIONAL_WORD, ZONED_MASK) || says(i, SATA_FEATURES_WORD, HYBRID) ||
                 says(i, CACHE_WORD, CACHE_ENABLED);
    return mixed ? UW_MAKE_MIXED : UW_MAKE_DISK;
}

enum uw_rule_set uw_technique_rule_set(const struct uw_drive *drive, enum uw_technique technique,
                                       enum uw_rule_set set)
{
    if (set != UW_RULES_LOWEST)
        return set;
    const enum uw_level *levels = techniques[technique].levels[uw_drive_make(drive)];
    enum uw_rule_set lowest = UW_RULES_LOWEST + 1;
    for (int i = lowest; i < UW_RULE_SETS; i++)
        if (levels[i] != UW_LEVEL_NONE && (levels[lowest] == UW_LEVEL_NONE || levels[i] < levels[lowest]))
            lowest = (enum uw_rule_set)i;
    return lowest;
}

enum uw_level uw_technique_level(const struct uw_drive *drive, enum uw_technique technique,
                                 enum uw_rule_set set)
{
    return techniques[technique].levels[uw_drive_make(drive)][uw_technique_rule_set(drive, technique, set)];
}

/* The most that a rule set gives on a drive of any make. */
static enum uw_level highest(enum uw_technique technique, int set)
{
    enum uw_level level = UW_LEVEL_NONE;
    for (int make = 0; make < UW_MAKES; make++)
        if (techniques[technique].levels[make][set] > level)
            level = techniques[technique].levels[make][set];
    return level;
}

json_t *uw_technique_levels(const struct uw_drive *drive, enum uw_technique technique, enum uw_level limit)
{
    json_t *levels = json_object();
    for (int i = UW_RULES_LOWEST + 1; i < UW_RULE_SETS; i++) {
        enum uw_level level =
            drive != NULL ? techniques[technique].levels[uw_drive_make(drive)][i] : highest(technique, i);
        json_object_set_new(levels, rule_set_names[i],
                            json_string(uw_level_name(uw_level_lower(level, limit))));
    }
    return levels;
}

bool uw_technique_is_sanitize(enum uw_technique technique)
{
    return techniques[technique].reach == UW_REACH_ALL;
}

bool uw_technique_is_security(enum uw_technique technique)
{
    return technique == UW_TECHNIQUE_ATA_SECURITY_ERASE_ENHANCED ||
           technique == UW_TECHNIQUE_ATA_SECURITY_ERASE;
}

bool uw_technique_covers_hidden(enum uw_technique technique)
{
    return techniques[technique].reach == UW_REACH_ALL;
}

bool uw_is_volume_media(const struct uw_drive *d)
{
    return d->media == UW_MEDIA_VOLUME || d->media == UW_MEDIA_VIRTUAL || d->media == UW_MEDIA_FILE;
}

bool uw_is_ata_drive(const struct uw_drive *d)
{
    bool through = d->bus == UW_BUS_ATA || (d->bus == UW_BUS_USB && d->ata.path == UW_ATA_PATH_WHOLE);
    return d->ata.known && through && !uw_is_volume_media(d);
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

bool uw_leaves_namespaces(const struct uw_drive *drive, enum uw_technique technique, bool subsystem)
{
    if (techniques[technique].reach != UW_REACH_NAMESPACES)
        return false;
    /* A format reaches what is attached. */
    return has_unallocated(drive) || (!subsystem && has_other_namespaces(drive)) ||
           (drive->nvme.allocated.known && drive->nvme.active.known &&
            drive->nvme.allocated.count > drive->nvme.active.count);
}

static bool is_nvme_drive(const struct uw_drive *d)
{
    return (d->bus == UW_BUS_NVME || d->bus == UW_BUS_NVME_FABRICS) && d->nvme.known &&
           !uw_is_volume_media(d);
}

bool uw_is_whole_nvme(const struct uw_drive *drive)
{
    return is_nvme_drive(drive) && !has_unallocated(drive) && !has_other_namespaces(drive);
}

static bool erases_whole_drive(const struct uw_drive *d, enum uw_technique technique, bool subsystem)
{
    if (is_nvme_drive(d))
        return !uw_leaves_namespaces(d, technique, subsystem);
    bool nothing_hidden = !uw_may_hide_areas(d) && !uw_hides_areas(d);
    return uw_is_ata_drive(d) && (uw_technique_covers_hidden(technique) || nothing_hidden);
}

enum uw_level uw_level_limit(const struct uw_drive *drive, enum uw_technique technique, bool subsystem)
{
    bool whole = techniques[technique].reach != UW_REACH_TARGET && !drive->is_partition &&
                 erases_whole_drive(drive, technique, subsystem);
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
