/* SPDX-License-Identifier: Apache-2.0 */
#include "model_zones.h"

#include <stdlib.h>

static uint64_t less_of(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static struct model_zone make_zone(const struct model_zones_config *config, uint64_t number, uint64_t blocks)
{
    struct model_zone zone = {.first = number * config->blocks,
                              .sequential = number >= config->conventional,
                              .read_only = number + 1 == config->read_only,
                              .offline = number + 1 == config->offline};
    zone.blocks = less_of(config->blocks, blocks - zone.first);
    zone.capacity = zone.blocks;
    if (zone.sequential && config->capacity != 0)
        zone.capacity = less_of(config->capacity, zone.blocks);
    zone.written = zone.capacity - less_of(config->unfilled, zone.capacity);
    return zone;
}

bool model_zones_make(struct model_zones *zones, const struct model_zones_config *config, uint64_t blocks)
{
    *zones = (struct model_zones){.blocks = config->blocks,
                                  .granularity = config->granularity == 0 ? 1 : config->granularity,
                                  .reads_fail = config->reads_fail};
    if (config->blocks == 0)
        return true;
    zones->count = (blocks + config->blocks - 1) / config->blocks;
    zones->items = calloc(zones->count, sizeof *zones->items);
    for (uint64_t i = 0; zones->items != NULL && i < zones->count; i++)
        zones->items[i] = make_zone(config, i, blocks);
    return zones->items != NULL;
}

void model_zones_clear(struct model_zones *zones)
{
    free(zones->items);
    *zones = (struct model_zones){0};
}

struct model_zone *model_zones_at(const struct model_zones *zones, uint64_t lba)
{
    return zones->items == NULL || lba / zones->blocks >= zones->count ? NULL
                                                                       : &zones->items[lba / zones->blocks];
}

bool model_zones_unwritten(const struct model_zones *zones, uint64_t lba)
{
    const struct model_zone *zone = model_zones_at(zones, lba);
    return zone != NULL && zone->sequential && lba - zone->first >= zone->written;
}

/* Linux cuts a write at a zone's end (queue/chunk_sectors); here it is a fault, so that nothing leans on it.
 */
static bool takes_write(const struct model_zones *zones, uint64_t first, uint64_t count)
{
    const struct model_zone *zone = model_zones_at(zones, first);
    if (zone == NULL || zone->read_only || zone->offline)
        return false;
    uint64_t at = first - zone->first;
    bool whole = at % zones->granularity == 0 && count % zones->granularity == 0;
    return at + count <= zone->capacity && (!zone->sequential || (whole && at == zone->written));
}

/* Linux cuts reads at a zone's end too, so here they may span zones whatever the drive says of that. */
static bool takes_read(const struct model_zones *zones, uint64_t first, uint64_t count)
{
    for (uint64_t lba = first; lba < first + count; lba++) {
        const struct model_zone *zone = model_zones_at(zones, lba);
        if (zone == NULL || zone->offline || (zones->reads_fail && model_zones_unwritten(zones, lba)))
            return false;
    }
    return true;
}

bool model_zones_take(const struct model_zones *zones, bool write, uint64_t first, uint64_t count)
{
    if (zones->items == NULL)
        return true;
    return write ? takes_write(zones, first, count) : takes_read(zones, first, count);
}

void model_zones_wrote(struct model_zones *zones, uint64_t first, uint64_t count)
{
    struct model_zone *zone = model_zones_at(zones, first);
    if (zone != NULL && zone->sequential)
        zone->written = first - zone->first + count;
}

void model_zones_lost(struct model_zones *zones, uint64_t lba)
{
    struct model_zone *zone = model_zones_at(zones, lba);
    if (zone != NULL && zone->sequential)
        zone->written = less_of(zone->written, lba - zone->first);
}

void model_zones_reset(struct model_zones *zones)
{
    for (uint64_t i = 0; i < zones->count; i++)
        if (zones->items[i].sequential && !zones->items[i].read_only && !zones->items[i].offline)
            zones->items[i].written = 0;
}
