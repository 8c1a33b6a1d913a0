/* SPDX-License-Identifier: Apache-2.0 */
/* What a method asks of the engine on a zoned drive. */
#include "engine/erase.h"

/* A reset of all zones is quick; some drives carry it out zone by zone, and may have 100,000 of them. */
enum { REPORT_MS = 60000, RESET_MS = 600000 };

static bool zones(void *engine, struct uw_zones *zones, struct uw_error *e)
{
    struct uw_erase *erase = engine;
    struct uw_transport *t = erase->job->transport;
    bool stalled = false;
    if (t->abandoned || t->ops->zones == NULL)
        return uw_fail(e, UW_E_IO, "%s tells of no zones", erase->job->drive.device);
    bool told = t->ops->zones(t, REPORT_MS, &stalled, zones, e);
    t->abandoned = t->abandoned || stalled;
    erase->stream.zone_bytes = zones->zone_bytes;
    return told;
}

static bool reset_zones(void *engine, struct uw_error *e)
{
    struct uw_erase *erase = engine;
    struct uw_transport *t = erase->job->transport;
    bool stalled = false;
    if (t->abandoned || t->ops->reset_zones == NULL)
        return uw_fail(e, UW_E_IO, "%s has no zones to set back", erase->job->drive.device);
    bool done = t->ops->reset_zones(t, RESET_MS, &stalled, e);
    t->abandoned = t->abandoned || stalled;
    return done;
}

void uw_erase_lend_zones(struct uw_method_run *run)
{
    run->zones = zones;
    run->reset_zones = reset_zones;
}
