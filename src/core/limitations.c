/* SPDX-License-Identifier: Apache-2.0 */
/* What an erase leaves out on a drive, and what its claim rests on. */
#include <string.h>

#include "core/policy_parts.h"

/* Areas that the lesser techniques do not reach, by what the drive is. */
static const struct {
    const char *code;
    const char *words;
    unsigned media;           /* bits 1 << enum uw_media */
    enum uw_reach reached_by; /* and whatever reaches more */
} areas[] = {
#define ON(media) (1U << (media))
#define HARD_DISKS (ON(UW_MEDIA_HDD) | ON(UW_MEDIA_HDD_SMR))
#define FLASH (ON(UW_MEDIA_SSD) | ON(UW_MEDIA_EMMC) | ON(UW_MEDIA_SD) | ON(UW_MEDIA_USB_FLASH))
    {"reallocated_not_reached", "reallocated", HARD_DISKS | FLASH | ON(UW_MEDIA_UNKNOWN), UW_REACH_RETIRED},
    {"overprovisioned_not_reached", "over-provisioned", FLASH | ON(UW_MEDIA_UNKNOWN), UW_REACH_NAMESPACES},
    {"boot_partitions_not_covered", "boot and RPMB", ON(UW_MEDIA_EMMC), UW_REACH_NAMESPACES},
    {"media_cache_not_reached", "media cache", ON(UW_MEDIA_HDD_SMR), UW_REACH_NAMESPACES},
    {"below_volume_not_reached", "underlying", ON(UW_MEDIA_VOLUME) | ON(UW_MEDIA_VIRTUAL) | ON(UW_MEDIA_FILE),
     UW_REACH_NAMESPACES},
#undef ON
};

static bool is_ata_inside(const struct uw_drive *drive)
{
    bool is_disk = drive->media == UW_MEDIA_HDD || drive->media == UW_MEDIA_HDD_SMR ||
                   drive->media == UW_MEDIA_SSD || drive->media == UW_MEDIA_UNKNOWN;
    return drive->bus == UW_BUS_ATA || (drive->bus == UW_BUS_USB && is_disk) || drive->ata.known;
}

bool uw_may_hide_areas(const struct uw_drive *drive)
{
    const struct uw_ata *ata = &drive->ata;
    bool told = ata->known && ata->hpa != UW_HIDDEN_UNKNOWN && ata->dco != UW_HIDDEN_UNKNOWN &&
                ata->amax != UW_HIDDEN_UNKNOWN;
    return is_ata_inside(drive) && !told;
}

bool uw_hides_areas(const struct uw_drive *drive)
{
    const struct uw_ata *ata = &drive->ata;
    return ata->known &&
           (ata->hpa == UW_HIDDEN_PRESENT || ata->dco == UW_HIDDEN_PRESENT || ata->amax == UW_HIDDEN_PRESENT);
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

/* What a drive says of itself can add to what the kernel makes of it. For overwriting a silent drive that the
 * kernel calls a disk is one. */
static enum uw_media media_for(const struct uw_drive *drive, enum uw_reach reach)
{
    bool is_disk = drive->ata.known && drive->media == UW_MEDIA_HDD;
    if (is_disk && uw_drive_make(drive) == UW_MAKE_MIXED)
        return UW_MEDIA_HDD_SMR;
    if (is_disk && uw_drive_make(drive) == UW_MAKE_FLASH && reach != UW_REACH_TARGET)
        return UW_MEDIA_UNKNOWN;
    return drive->media;
}

/* Only whoever has its key writes it, and no erase touches it (NVM Express Base Specification 2.0, 8.21). */
static const char rpmb[] = "rpmb_not_covered";

static void add_areas(struct codes *to, const struct uw_drive *drive, enum uw_reach reach)
{
    unsigned media = 1U << media_for(drive, reach);
    for (size_t i = 0; i < sizeof areas / sizeof *areas; i++)
        add_code(to, reach < areas[i].reached_by && (areas[i].media & media) != 0, areas[i].code);
}

static const struct {
    const char *code;
    const char *words;
} hidden[] = {
    {"hidden_areas_not_checked", "HPA, DCO and AMAX"},
    {"hpa_not_covered", "HPA"},
    {"dco_not_covered", "DCO"},
    {"amax_not_covered", "AMAX"},
};

static void add_hidden(struct codes *to, const struct uw_drive *drive)
{
    const struct uw_ata *ata = &drive->ata;
    bool there[] = {uw_may_hide_areas(drive), ata->known && ata->hpa == UW_HIDDEN_PRESENT,
                    ata->known && ata->dco == UW_HIDDEN_PRESENT,
                    ata->known && ata->amax == UW_HIDDEN_PRESENT};
    for (size_t i = 0; i < sizeof there / sizeof *there; i++)
        add_code(to, there[i], hidden[i].code);
}

/* Of a sanitize that may be any, the weakest kind among those that the drive has. */
static bool may_be_by_key(const struct uw_drive *drive, enum uw_technique technique)
{
    return uw_technique_by_key(technique) &&
           (technique != UW_TECHNIQUE_DEVICE_SANITIZE || drive->ata.identify.sanitize_crypto);
}

size_t uw_limitations(const struct uw_drive *drive, enum uw_technique technique, bool subsystem,
                      const char **codes, size_t max)
{
    struct codes to = {codes, 0, max};
    enum uw_reach reach = uw_technique_reach(technique);
    bool by_host = reach == UW_REACH_TARGET;
    bool nvme = drive->bus == UW_BUS_NVME || drive->bus == UW_BUS_NVME_FABRICS;
    add_areas(&to, drive, reach);
    add_code(&to, nvme && drive->nvme.controller.rpmb_units > 0, rpmb);
    if (!uw_technique_covers_hidden(technique))
        add_hidden(&to, drive);
    add_code(&to, drive->bus == UW_BUS_USB, "via_bridge");
    add_code(&to, may_be_by_key(drive, technique), "ce_preconditions_unverified");
    add_code(&to, technique == UW_TECHNIQUE_DEVICE_SANITIZE, "sanitize_operation_not_told");
    add_code(&to,
             technique == UW_TECHNIQUE_ATA_SECURITY_ERASE_ENHANCED && uw_drive_make(drive) == UW_MAKE_DISK,
             "consult_maker");
    add_code(&to, drive->bus == UW_BUS_NVME_FABRICS, "via_fabrics");
    add_code(&to, nvme && (by_host || uw_leaves_namespaces(drive, technique, subsystem)),
             "other_namespaces_not_covered");
    return to.count;
}

const char *uw_limitation_words(const char *code)
{
    for (size_t i = 0; i < sizeof areas / sizeof *areas; i++)
        if (strcmp(areas[i].code, code) == 0)
            return areas[i].words;
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        if (strcmp(hidden[i].code, code) == 0)
            return hidden[i].words;
    return strcmp(rpmb, code) == 0 ? "RPMB" : NULL;
}
