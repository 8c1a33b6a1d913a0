/* SPDX-License-Identifier: Apache-2.0 */
#include "core/drive_nvme.h"

#include <stdio.h>
#include <string.h>

#include "core/document.h"
#include "core/drive_ata.h"

enum { EUI64_HEX = 2 * 8 + 1, NGUID_HEX = 2 * 16 + 1, RAW_HEX = 2 * UW_NVME_SANITIZE_RAW_BYTES + 1 };

static bool put(json_t *object, const char *key, json_t *value)
{
    return json_object_set_new(object, key, value) == 0;
}

static bool is_nvme(const struct uw_drive *drive)
{
    bool bus = drive->bus == UW_BUS_NVME || drive->bus == UW_BUS_NVME_FABRICS;
    return bus && !drive->is_partition;
}

/* An identifier of zeros is none (NVM Command Set specification 1.0, section 4.1.5.1). */
static json_t *identifier(const uint8_t *bytes, size_t count)
{
    char hex[NGUID_HEX];
    uint8_t any = 0;
    for (size_t i = 0; i < count; i++)
        any |= bytes[i];
    uw_hex(bytes, count, hex);
    return any != 0 ? json_string(hex) : json_null();
}

/* Of another namespace the size is not known without asking for each. */
static json_t *namespace_json(const struct uw_nvme *nvme, uint32_t nsid)
{
    const struct uw_nvme_namespace *ns = &nvme->ns;
    uint64_t most = ns->block_bytes == 0 ? 0 : ((1ULL << 53) - 1) / ns->block_bytes;
    bool sized = ns->known && ns->nsid == nsid && ns->block_bytes != 0 && ns->blocks <= most;
    return json_pack("{s:I, s:o}", "nsid", (json_int_t)nsid, "bytes",
                     sized ? json_integer((json_int_t)(ns->blocks * ns->block_bytes)) : json_null());
}

static json_t *namespaces_json(const struct uw_nvme *nvme)
{
    if (!nvme->active.known || nvme->active.more)
        return json_null();
    json_t *list = json_array();
    for (size_t i = 0; i < nvme->active.count; i++)
        if (json_array_append_new(list, namespace_json(nvme, nvme->active.ids[i])) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

bool uw_nvme_add_names(json_t *medium, const struct uw_nvme *nvme)
{
    return put(medium, "eui64", identifier(nvme->ns.eui64, sizeof nvme->ns.eui64)) &&
           put(medium, "nguid", identifier(nvme->ns.nguid, sizeof nvme->ns.nguid)) &&
           put(medium, "namespaces", namespaces_json(nvme)) &&
           put(medium, "subsystem", uw_clean_json(nvme->controller.subsystem));
}

bool uw_drive_unattached_namespaces(const struct uw_drive *drive, uint64_t *count)
{
    const struct uw_nvme_list *allocated = &drive->nvme.allocated, *active = &drive->nvme.active;
    *count = 0;
    if (!allocated->known || allocated->more || !active->known || active->more)
        return false;
    for (size_t i = 0; i < allocated->count; i++) {
        bool shown = false;
        for (size_t k = 0; k < active->count; k++)
            shown = shown || active->ids[k] == allocated->ids[i];
        *count += !shown;
    }
    return true;
}

static json_t *sanitize_json(uint32_t sanicap)
{
    return json_pack("{s:b, s:b, s:b, s:b}", "crypto", (sanicap & UW_NVME_SANICAP_CRYPTO) != 0, "block",
                     (sanicap & UW_NVME_SANICAP_BLOCK) != 0, "overwrite",
                     (sanicap & UW_NVME_SANICAP_OVERWRITE) != 0, "no_deallocate_inhibited",
                     (sanicap & UW_NVME_SANICAP_NO_DEALLOCATE_INHIBITED) != 0);
}

static json_t *format_json(const struct uw_nvme_controller *c)
{
    return json_pack("{s:b, s:b, s:b, s:b}", "supported", (c->oacs & UW_NVME_OACS_FORMAT) != 0, "crypto",
                     (c->fna & UW_NVME_FNA_CRYPTO) != 0, "all_namespaces",
                     (c->fna & UW_NVME_FNA_FORMAT_ALL) != 0, "erase_all_namespaces",
                     (c->fna & UW_NVME_FNA_ERASE_ALL) != 0);
}

static const char *state_name(uint8_t state)
{
    static const char *const names[] = {
        [UW_NVME_SANITIZE_NEVER] = "never",
        [UW_NVME_SANITIZE_SUCCESS] = "success",
        [UW_NVME_SANITIZE_RUNNING] = "running",
        [UW_NVME_SANITIZE_FAILED] = "failed",
        [UW_NVME_SANITIZE_SUCCESS_DEALLOCATED] = "success-deallocated",
    };
    return state < sizeof names / sizeof names[0] ? names[state] : "reserved";
}

static json_t *sanitize_status_json(const struct uw_nvme_sanitize_log *log)
{
    char raw[RAW_HEX], cdw10[9];
    if (!log->known)
        return json_null();
    uw_hex(log->raw, sizeof log->raw, raw);
    snprintf(cdw10, sizeof cdw10, "%08x", log->cdw10);
    return json_pack("{s:s, s:i, s:i, s:b, s:s, s:s}", "state", state_name(log->state), "progress",
                     (int)log->progress, "passes_done", (int)log->passes_done, "global_erased",
                     log->global_erased, "cdw10", cdw10, "raw", raw);
}

/* Whether others than this host and this controller may reach the drive (CMIC bit 1) and the namespace (NMIC
 * bit 0). */
static json_t *sharing_json(const struct uw_nvme *nvme)
{
    bool shared = (nvme->ns.nmic & UW_NVME_NMIC_SHARED) != 0;
    return json_pack("{s:b, s:o}", "controllers", (nvme->controller.cmic & UW_NVME_CMIC_CONTROLLERS) != 0,
                     "namespace", nvme->ns.known ? json_boolean(shared) : json_null());
}

static json_t *raw_json(const struct uw_nvme_controller *c)
{
    char oacs[5], sanicap[9], fna[3], cmic[3];
    snprintf(oacs, sizeof oacs, "%04x", c->oacs);
    snprintf(sanicap, sizeof sanicap, "%08x", c->sanicap);
    snprintf(fna, sizeof fna, "%02x", c->fna);
    snprintf(cmic, sizeof cmic, "%02x", c->cmic);
    return json_pack("{s:s, s:s, s:s, s:s}", "oacs", oacs, "sanicap", sanicap, "fna", fna, "cmic", cmic);
}

static json_t *nvme_capabilities(const struct uw_drive *drive)
{
    const struct uw_nvme_controller *c = &drive->nvme.controller;
    if (!c->known)
        return json_pack("{s:n, s:n, s:n, s:n, s:n}", "sanitize", "format", "sanitize_status", "sharing",
                         "raw");
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "sanitize", sanitize_json(c->sanicap), "format",
                     format_json(c), "sanitize_status", sanitize_status_json(&drive->nvme.sanitize),
                     "sharing", sharing_json(&drive->nvme), "raw", raw_json(c));
}

json_t *uw_drive_capabilities_json(const struct uw_drive *drive)
{
    json_t *capabilities = is_nvme(drive) ? nvme_capabilities(drive) : uw_ata_capabilities_json(drive);
    if (capabilities == NULL || !drive->tcg.known ||
        json_object_set_new(capabilities, "tcg", uw_tcg_json(drive)) == 0)
        return capabilities;
    json_decref(capabilities);
    return NULL;
}

json_t *uw_drive_hidden_json(const struct uw_drive *drive)
{
    const struct uw_nvme_controller *c = &drive->nvme.controller;
    json_t *hidden = uw_ata_hidden_json(drive);
    json_t *rpmb =
        is_nvme(drive) && c->known ? json_string(c->rpmb_units > 0 ? "present" : "none") : json_null();
    if (json_object_set_new(hidden, "rpmb", rpmb) == 0)
        return hidden;
    json_decref(hidden);
    return NULL;
}

/* UINT64_MAX stands for more than a document's integers hold. */
static json_t *counted(uint64_t value)
{
    return value < 1ULL << 53 ? json_integer((json_int_t)value) : json_null();
}

/* SMART / Health log, critical warning. A temperature passes. */
static const char *health_doubt(const struct uw_nvme_health *h)
{
    enum { SPARE = 1U << 0, RELIABILITY = 1U << 2, READ_ONLY = 1U << 3 };
    if (!h->known)
        return NULL;
    if ((h->critical_warning & READ_ONLY) != 0)
        return "the drive says that it has put its media into read-only mode";
    if ((h->critical_warning & RELIABILITY) != 0)
        return "the drive says that its reliability is degraded by media or internal errors";
    return (h->critical_warning & SPARE) != 0
               ? "the drive says that its spare capacity is below its threshold"
               : NULL;
}

const char *uw_drive_health_doubt(const struct uw_drive *drive)
{
    return is_nvme(drive) ? health_doubt(&drive->nvme.health) : uw_ata_health_doubt(&drive->ata.health);
}

json_t *uw_drive_health_json(const struct uw_drive *drive)
{
    const struct uw_nvme_health *h = &drive->nvme.health;
    if (!is_nvme(drive))
        return uw_is_ata(drive) ? uw_ata_health_json(drive) : json_object();
    if (!h->known)
        return json_null();
    return json_pack("{s:i, s:i, s:i, s:i, s:o, s:o, s:o, s:o}", "critical_warning", (int)h->critical_warning,
                     "percentage_used", (int)h->percentage_used, "available_spare", (int)h->available_spare,
                     "temperature_k", (int)h->temperature_k, "power_on_hours", counted(h->power_on_hours),
                     "power_cycles", counted(h->power_cycles), "unsafe_shutdowns",
                     counted(h->unsafe_shutdowns), "media_errors", counted(h->media_errors));
}

/* By the member's path, its parent's, or its own name. */
static const char *reason_of(const struct uw_drive *drive, const char *parent, const char *path)
{
    const char *dot = strrchr(path, '.');
    const char *reason = uw_drive_unknown_reason(drive, path);
    if (reason == NULL)
        reason = uw_drive_unknown_reason(drive, parent);
    if (reason == NULL && dot != NULL)
        reason = uw_drive_unknown_reason(drive, dot + 1);
    if (reason == NULL)
        reason = is_nvme(drive) || (drive->ata.known && strcmp(parent, "hidden") != 0) ? "not_supported"
                                                                                       : "not_applicable";
    return reason;
}

/* What is null below `object`, which stands at `path`; objects hold objects once. */
static bool name_members(json_t *unknown, const struct uw_drive *drive, const char *parent, json_t *object)
{
    json_t *value, *member;
    const char *key, *name;
    char path[UW_NAME_BYTES];
    json_object_foreach(object, key, value) {
        snprintf(path, sizeof path, "%s.%s", parent, key);
        if (json_is_null(value) && json_object_get(unknown, path) == NULL &&
            !put(unknown, path, json_string(reason_of(drive, parent, path))))
            return false;
        json_object_foreach(value, name, member) {
            snprintf(path, sizeof path, "%s.%s.%s", parent, key, name);
            if (json_is_null(member) && !put(unknown, path, json_string(reason_of(drive, parent, path))))
                return false;
        }
    }
    return true;
}

/* Names entry.PARENT where it is null, or what of it is. */
static bool name_nulls(json_t *entry, const struct uw_drive *drive, const char *parent)
{
    json_t *unknown = json_object_get(entry, "unknown"), *object = json_object_get(entry, parent);
    return json_is_null(object) ? put(unknown, parent, json_string(reason_of(drive, parent, parent)))
                                : name_members(unknown, drive, parent, object);
}

bool uw_nvme_add_list(json_t *entry, const struct uw_drive *drive)
{
    uint64_t count;
    json_t *hidden = json_object_get(entry, "hidden");
    bool told = uw_drive_unattached_namespaces(drive, &count);
    return put(hidden, "unattached_namespaces", told ? counted(count) : json_null()) &&
           put(hidden, "unallocated_bytes", uw_clean_json(drive->nvme.controller.unallocated_bytes)) &&
           put(entry, "capabilities", uw_drive_capabilities_json(drive)) &&
           put(entry, "health", uw_drive_health_json(drive)) && name_nulls(entry, drive, "hidden") &&
           name_nulls(entry, drive, "capabilities") && name_nulls(entry, drive, "health");
}
