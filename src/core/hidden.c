/* SPDX-License-Identifier: Apache-2.0 */
#include "core/hidden.h"

#include <string.h>

static const struct {
    const char *name, *left, *planned;
} areas[UW_AREAS] = {
    [UW_AREA_AMAX] = {"amax", "open", "set-back"},
    [UW_AREA_HPA] = {"hpa", "until-power-cycle", "until-power-cycle"},
    [UW_AREA_DCO] = {"dco", "restored", "restored"},
};

const char *uw_area_name(enum uw_area area)
{
    return areas[area].name;
}

const char *uw_area_left(enum uw_area area)
{
    return areas[area].left;
}

enum uw_hidden uw_area_state(const struct uw_drive *drive, enum uw_area area)
{
    const struct uw_ata *ata = &drive->ata;
    return area == UW_AREA_AMAX ? ata->amax : area == UW_AREA_HPA ? ata->hpa : ata->dco;
}

bool uw_opens_any(const struct uw_opens *opens)
{
    return opens->areas[UW_AREA_AMAX] || opens->areas[UW_AREA_HPA] || opens->areas[UW_AREA_DCO];
}

static bool is_shut(const struct uw_drive *drive, enum uw_area area, const struct uw_opens *opens)
{
    return uw_area_state(drive, area) == UW_HIDDEN_PRESENT && !opens->areas[area];
}

/* Behind a bridge the host's size does not follow the drive's. */
struct uw_opens uw_hidden_opens(const struct uw_drive *drive, bool restore_dco)
{
    const struct uw_ata *ata = &drive->ata;
    struct uw_opens opens = {0};
    if (!ata->known || drive->bus != UW_BUS_ATA || drive->logical_block_bytes == 0)
        return opens;
    opens.areas[UW_AREA_AMAX] = ata->amax == UW_HIDDEN_PRESENT;
    opens.areas[UW_AREA_HPA] = ata->hpa == UW_HIDDEN_PRESENT && !ata->identify.hpa_locked_by_password;
    opens.areas[UW_AREA_DCO] = restore_dco && ata->dco == UW_HIDDEN_PRESENT &&
                               !is_shut(drive, UW_AREA_AMAX, &opens) && !is_shut(drive, UW_AREA_HPA, &opens);
    if (uw_opens_any(&opens))
        opens.sectors = opens.areas[UW_AREA_DCO] ? ata->dco_sectors : ata->native_sectors;
    return opens;
}

static void set_area(struct uw_drive *drive, enum uw_area area, bool open)
{
    struct uw_ata *ata = &drive->ata;
    enum uw_hidden *const places[UW_AREAS] = {
        [UW_AREA_AMAX] = &ata->amax, [UW_AREA_HPA] = &ata->hpa, [UW_AREA_DCO] = &ata->dco};
    *places[area] = open ? UW_HIDDEN_NONE : UW_HIDDEN_PRESENT;
}

/* A configuration may take from the drive that it has a protected area at all; restored, it tells. */
void uw_hidden_assume(struct uw_drive *drive, const struct uw_opens *opens)
{
    struct uw_ata *ata = &drive->ata;
    for (int area = 0; area < UW_AREAS; area++)
        if (opens->areas[area])
            set_area(drive, (enum uw_area)area, true);
    if (opens->areas[UW_AREA_DCO] && ata->hpa == UW_HIDDEN_UNKNOWN)
        ata->hpa = UW_HIDDEN_NONE;
    ata->identify.sectors = opens->sectors;
    ata->native_sectors = opens->sectors;
    drive->bytes = opens->sectors * drive->logical_block_bytes;
}

void uw_hidden_settle(struct uw_drive *drive, const struct uw_ata_identify *now, uint64_t native,
                      uint64_t host_bytes)
{
    struct uw_ata *ata = &drive->ata;
    uint64_t host_sectors = host_bytes / drive->logical_block_bytes;
    ata->identify = *now;
    drive->bytes = host_bytes;
    if (native != 0)
        ata->native_sectors = native;
    uint64_t whole = native > now->sectors ? native : now->sectors;
    if (now->amax && native != 0 && ata->amax != UW_HIDDEN_UNKNOWN)
        set_area(drive, UW_AREA_AMAX, host_sectors >= whole);
    if (now->hpa && native != 0)
        set_area(drive, UW_AREA_HPA, host_sectors >= whole);
    if (ata->dco == UW_HIDDEN_PRESENT)
        set_area(drive, UW_AREA_DCO, host_sectors >= ata->dco_sectors);
    /* Told now by a drive whose configuration hides nothing any more. */
    if (!now->hpa && ata->hpa == UW_HIDDEN_UNKNOWN && ata->dco == UW_HIDDEN_NONE)
        ata->hpa = UW_HIDDEN_NONE;
}

json_t *uw_opens_json(const struct uw_opens *opens)
{
    json_t *list = json_array();
    for (int area = 0; area < UW_AREAS; area++)
        if (opens->areas[area] &&
            json_array_append_new(
                list, json_pack("{s:s, s:s}", "area", areas[area].name, "left", areas[area].planned)) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}
