/* SPDX-License-Identifier: Apache-2.0 */
#include "core/drive_ata.h"

#include <stdio.h>
#include <string.h>

static bool put(json_t *object, const char *key, json_t *value)
{
    return json_object_set_new(object, key, value) == 0;
}

bool uw_is_ata(const struct uw_drive *drive)
{
    return drive->ata.known || (drive->bus == UW_BUS_ATA && !drive->is_partition);
}

/* Which the drive need not tell. */
static json_t *minutes(uint16_t value)
{
    return value == UW_ATA_NOT_TOLD ? json_null() : json_integer(value);
}

static json_t *security_json(const struct uw_ata_identify *i)
{
    return json_pack("{s:b, s:b, s:b, s:b, s:b, s:b, s:b, s:o, s:o, s:i}", "supported", i->security,
                     "enabled", i->security_enabled, "locked", i->security_locked, "frozen",
                     i->security_frozen, "expired", i->security_expired, "enhanced", i->security_enhanced,
                     "maximum", i->security_maximum, "erase_minutes", minutes(i->erase_minutes),
                     "enhanced_minutes", minutes(i->enhanced_minutes), "master_id", (int)i->master_id);
}

static json_t *sanitize_json(const struct uw_ata *ata)
{
    const struct uw_ata_identify *i = &ata->identify;
    json_t *definitive = ata->log.known ? json_boolean(ata->log.definitive_ending_pattern)
                         : i->sanitize  ? json_null()
                                        : json_false();
    return json_pack("{s:b, s:b, s:b, s:b, s:b, s:o}", "supported", i->sanitize, "crypto", i->sanitize_crypto,
                     "block", i->sanitize_block, "overwrite", i->sanitize_overwrite, "antifreeze",
                     i->sanitize_antifreeze, "definitive_ending_pattern", definitive);
}

static const char *state_name(uint8_t state)
{
    static const char *const names[] = {
        [UW_ATA_SANITIZE_IDLE] = "idle",       [UW_ATA_SANITIZE_FROZEN] = "frozen",
        [UW_ATA_SANITIZE_RUNNING] = "running", [UW_ATA_SANITIZE_DONE] = "done",
        [UW_ATA_SANITIZE_FAILED] = "failed",   [UW_ATA_SANITIZE_UNKNOWN] = "unknown",
    };
    return state < sizeof names / sizeof names[0] ? names[state] : names[UW_ATA_SANITIZE_UNKNOWN];
}

/* The registers as they came: STATUS ERROR COUNT LBA. */
static json_t *sanitize_status_json(const struct uw_ata_sanitize_status *s)
{
    char raw[2 * 10 + 1];
    if (!s->known)
        return json_null();
    snprintf(raw, sizeof raw, "%02x%02x%04x%012llx", s->status, s->error, s->count,
             (unsigned long long)s->lba & 0xffffffffffff);
    return json_pack("{s:s, s:i, s:b, s:s}", "state", state_name(s->state), "progress", (int)s->progress,
                     "frozen", s->frozen, "raw", raw);
}

static const char *path_name(enum uw_ata_path path)
{
    static const char *const names[] = {
        [UW_ATA_PATH_NONE] = "none",
        [UW_ATA_PATH_DATA_ONLY] = "data-only",
        [UW_ATA_PATH_COUNT_ZEROED] = "count-zeroed",
        [UW_ATA_PATH_WHOLE] = "whole",
    };
    return (unsigned)path < sizeof names / sizeof names[0] ? names[path] : names[UW_ATA_PATH_NONE];
}

/* The words of IDENTIFY DEVICE that the other members come from. */
static json_t *raw_json(const struct uw_ata_identify *i)
{
    static const unsigned char words[] = {59, 69, 82, 83, 84, 85, 86, 87, 89, 90, 92, 119, 120, 128};
    json_t *object = json_object();
    bool all = true;
    for (size_t n = 0; n < sizeof words; n++) {
        char key[8], value[5];
        snprintf(key, sizeof key, "word%u", words[n]);
        snprintf(value, sizeof value, "%02x%02x", i->raw[2 * words[n] + 1], i->raw[2 * words[n]]);
        all = put(object, key, json_string(value)) && all;
    }
    if (all)
        return object;
    json_decref(object);
    return NULL;
}

json_t *uw_ata_capabilities_json(const struct uw_drive *drive)
{
    const struct uw_ata *ata = &drive->ata;
    if (!uw_is_ata(drive))
        return json_object();
    if (!ata->known)
        return json_pack("{s:n, s:n, s:n, s:n, s:n}", "security", "sanitize", "sanitize_status", "path",
                         "raw");
    return json_pack("{s:o, s:o, s:o, s:s, s:o}", "security", security_json(&ata->identify), "sanitize",
                     sanitize_json(ata), "sanitize_status", sanitize_status_json(&ata->sanitize), "path",
                     path_name(ata->path), "raw", raw_json(&ata->identify));
}

/* UINT64_MAX: not told. */
static json_t *counted(uint64_t value)
{
    return value < 1ULL << 53 ? json_integer((json_int_t)value) : json_null();
}

static json_t *bad_attributes_json(const struct uw_ata_health *h)
{
    json_t *list = json_array();
    for (size_t i = 0; i < h->bad_count; i++)
        json_array_append_new(list, json_pack("{s:i, s:o, s:s}", "id", (int)h->bad[i].id, "name",
                                              uw_clean_json(h->bad[i].name), "when",
                                              h->bad[i].now ? "now" : "past"));
    if (json_array_size(list) == h->bad_count)
        return list;
    json_decref(list);
    return NULL;
}

json_t *uw_ata_health_json(const struct uw_drive *drive)
{
    const struct uw_ata_health *h = &drive->ata.health;
    if (!h->known)
        return json_null();
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "status", uw_clean_json(h->status),
                     "temperature_k", counted(h->temperature_k), "power_on_hours", counted(h->power_on_hours),
                     "power_cycles", counted(h->power_cycles), "reallocated_sectors",
                     counted(h->reallocated_sectors), "pending_sectors", counted(h->pending_sectors),
                     "bad_attributes", h->has_thresholds ? bad_attributes_json(h) : json_null());
}

/* Single bad sectors, and what an attribute once was, stand in the health and are no doubt of the whole. */
const char *uw_ata_health_doubt(const struct uw_ata_health *h)
{
    static const struct {
        const char *status, *doubt;
    } doubts[] = {
        {"bad-status", "the drive says of itself that it is about to fail"},
        {"bad-attribute-now", "an attribute of the drive's SMART data stands at its threshold or below"},
        {"bad-sector-many", "the drive has far more bad sectors than a sound one"},
    };
    for (size_t i = 0; h->known && i < sizeof doubts / sizeof *doubts; i++)
        if (strcmp(h->status, doubts[i].status) == 0)
            return doubts[i].doubt;
    return NULL;
}

static json_t *area_json(enum uw_hidden area)
{
    switch (area) {
    case UW_HIDDEN_NONE:
        return json_string("none");
    case UW_HIDDEN_PRESENT:
        return json_string("present");
    case UW_HIDDEN_UNKNOWN:
        break;
    }
    return json_null();
}

json_t *uw_ata_hidden_json(const struct uw_drive *drive)
{
    return json_pack("{s:o, s:o, s:o}", "hpa", area_json(drive->ata.hpa), "dco", area_json(drive->ata.dco),
                     "amax", area_json(drive->ata.amax));
}

bool uw_ata_add_list(json_t *entry, const struct uw_drive *drive)
{
    json_t *hidden = uw_ata_hidden_json(drive), *unknown = json_object_get(entry, "unknown"), *value;
    bool may = uw_is_ata(drive) || drive->bus == UW_BUS_USB;
    const char *key;
    if (!put(entry, "hidden", hidden))
        return false;
    json_object_foreach(hidden, key, value) {
        char path[32];
        snprintf(path, sizeof path, "hidden.%s", key);
        const char *reason = uw_drive_unknown_reason(drive, path);
        if (reason == NULL)
            reason = may ? "not_probed" : "not_applicable";
        if (json_is_null(value) && !put(unknown, path, json_string(reason)))
            return false;
    }
    return true;
}
