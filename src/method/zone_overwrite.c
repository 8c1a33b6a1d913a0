/* SPDX-License-Identifier: Apache-2.0 */
/* Overwriting a host-managed zoned drive from the host: the write pointers are set back, then every zone is
 * written in order, conventional ones too. Setting them back erases nothing by
 * itself: what they held is only not read any more (ZBC-2, RESET WRITE POINTER; zonefs.rst). */
#include <inttypes.h>
#include <stdio.h>

#include "core/method.h"

static bool zone_overwrite_fits(const struct uw_drive *drive, char *why, size_t why_bytes)
{
    if (uw_is_zoned(drive))
        return true;
    snprintf(why, why_bytes, "it is no host-managed zoned drive");
    return false;
}

/* Zones that take no writes any more are tried all the same, so that the record lists their blocks. */
static bool can_be_filled(const struct uw_zones *zones, char *why, size_t why_bytes)
{
    if (zones->count == 0)
        snprintf(why, why_bytes, "the drive tells of no zones");
    else if (zones->unusable_bytes > 0)
        snprintf(why, why_bytes,
                 "its zones hold less than their size: %" PRIu64 " bytes of addresses that hold nothing",
                 zones->unusable_bytes);
    else
        return true;
    return false;
}

static bool write_zones(const struct uw_method_run *run, size_t pass, bool *accepted, bool *complete,
                        struct uw_error *e)
{
    if (!run->reset_zones(run->engine, e))
        return false;
    *accepted = true;
    return run->write_pass(run->engine, pass, complete, e);
}

static bool zone_overwrite_run(const struct uw_method_run *run, struct uw_method_end *end, struct uw_error *e)
{
    struct uw_zones zones = {0};
    bool all = true;
    if (!run->zones(run->engine, &zones, e))
        return false;
    if (!can_be_filled(&zones, end->why, sizeof end->why))
        return true;
    for (size_t pass = 0; pass < run->standard->pass_count; pass++) {
        bool complete = false;
        if (!write_zones(run, pass, &end->accepted, &complete, e))
            return false;
        all = all && complete;
        if (run->stopped(run->engine))
            return true;
    }
    end->complete = all;
    return true;
}

extern const struct uw_method uw_method_zone_overwrite;
const struct uw_method uw_method_zone_overwrite = {
    .id = "zone-overwrite",
    .title = "reset every zone and write it in order from the host",
    .citation = "NIST SP 800-88 rev. 1, appendix A; ZBC-2, ZAC-2",
    .technique = UW_TECHNIQUE_HOST_OVERWRITE,
    .can_stop = true,
    .fits = zone_overwrite_fits,
    .run = zone_overwrite_run,
};
