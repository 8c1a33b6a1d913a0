/* SPDX-License-Identifier: Apache-2.0 */
/* Why a member is null: looked up by its path, most special first. */
#include <stdio.h>
#include <string.h>

#include "core/fold.h"

enum { PATH_BYTES = 256, DEPTH = 16 };

/* `prefix` covers the member of that path and all below it. */
static const struct {
    const char *prefix;
    const char *reason;
} reasons[] = {
    {"steps.bytes_written", "not_probed"},
    {"steps.retries", "not_probed"},
    {"steps.errors", "not_probed"},
    {"steps.unwritten_bytes", "not_probed"},
    {"steps.unwritten_omitted", "not_probed"},
    {"steps.passes.bytes_written", "not_probed"},
    {"steps.passes.retries", "not_probed"},
    {"steps.passes", "not_applicable"},
    {"steps", "not_applicable"},
    {"verification", "not_applicable"},
    {"authority.confirmed_by", "not_applicable"},
    {"authority.refusal", "not_applicable"},
    {"authority", "not_probed"},
    {"people", "not_probed"},
    {"station", "not_probed"},
    {"summary.method", "not_applicable"},
    {"claim", "not_applicable"},
    {"intent_sha256", "not_applicable"},
    {"previous", "not_supported"},
    {"plan", "not_applicable"},
    {"certificate", "not_applicable"},
    {"medium.identity_recheck", "not_applicable"},
    {"hidden_areas.opened", "not_applicable"},
    {"before.unfreeze", "not_applicable"},
    {"tool.configuration_sha256", "not_applicable"},
};

static const char *reason_of(const char *path)
{
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        size_t length = strlen(reasons[i].prefix);
        if (strncmp(path, reasons[i].prefix, length) == 0 && (path[length] == '\0' || path[length] == '.'))
            return reasons[i].reason;
    }
    return "not_probed";
}

/* The same fact stands in two places; its reason comes from where it was looked for. */
static const char *origin_of(const char *path)
{
    static const char *const same[][2] = {
        {"summary.chassis_serial", "host.dmi.chassis_serial"},
        {"summary.asset_tag", "host.dmi.asset_tag"},
        {"summary.drive_serial", "medium.serial"},
        {"summary.wwn", "medium.wwn"},
        {"medium.serial_source", "medium.serial"},
        {"medium.wwn_source", "medium.wwn"},
        {"after.health", "before.health"},
        {"after.health.status", "before.health.status"},
        {"after.health.temperature_k", "before.health.temperature_k"},
        {"after.health.power_on_hours", "before.health.power_on_hours"},
        {"after.health.power_cycles", "before.health.power_cycles"},
        {"after.health.reallocated_sectors", "before.health.reallocated_sectors"},
        {"after.health.pending_sectors", "before.health.pending_sectors"},
        {"after.health.bad_attributes", "before.health.bad_attributes"},
        {"time.drive_hours.before", "before.health.power_on_hours"},
        {"time.drive_hours.after", "before.health.power_on_hours"},
        {"time.power_cycles.before", "before.health.power_cycles"},
        {"time.power_cycles.after", "before.health.power_cycles"},
        {"hidden_areas.reallocated.before", "before.health.reallocated_sectors"},
        {"hidden_areas.reallocated.after", "before.health.reallocated_sectors"},
        {"hidden_areas.pending.before", "before.health.pending_sectors"},
        {"hidden_areas.pending.after", "before.health.pending_sectors"},
    };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        if (strcmp(path, same[i][0]) == 0)
            return same[i][1];
    return path;
}

/* `given` are the reasons that came with the facts. */
struct names {
    const json_t *given;
    json_t *unknown;
};

static bool name_null(const struct names *names, const char *path)
{
    const char *origin = origin_of(path);
    const char *reason = json_string_value(json_object_get(names->given, path));
    if (reason == NULL)
        reason = json_string_value(json_object_get(names->given, origin));
    return json_object_set_new(names->unknown, path,
                               json_string(reason != NULL ? reason : reason_of(origin))) == 0;
}

static bool walk(const struct names *names, json_t *value, const char *path, int depth)
{
    if (json_is_null(value))
        return name_null(names, path);
    if (depth == DEPTH)
        return false;
    size_t i;
    json_t *item;
    json_array_foreach(value, i, item) {
        if (!walk(names, item, path, depth + 1))
            return false;
    }
    const char *name;
    json_object_foreach(value, name, item) {
        char below[PATH_BYTES];
        int n = snprintf(below, sizeof below, "%s%s%s", path, path[0] ? "." : "", name);
        if (n < 0 || (size_t)n >= sizeof below || !walk(names, item, below, depth + 1))
            return false;
    }
    return true;
}

bool uw_unknown_complete(json_t *body, const json_t *given)
{
    struct names names = {.given = given, .unknown = json_object()};
    bool complete = names.unknown != NULL && walk(&names, body, "", 0);
    return json_object_set_new(body, "unknown", names.unknown) == 0 && complete;
}
