/* SPDX-License-Identifier: Apache-2.0 */
#include "transport/zones.h"

#include <errno.h>
#include <stddef.h>
#include <sys/ioctl.h>

#include <linux/blkzoned.h>

#include "transport/aside.h"

enum { SECTOR_BYTES = 512, ZONES_AT_A_TIME = 512 };

struct answer {
    int why; /* an errno; 0 */
    struct uw_zones zones;
    struct blk_zone_report report; /* its zones follow it */
    struct blk_zone page[ZONES_AT_A_TIME];
};

_Static_assert(offsetof(struct answer, page) ==
                   offsetof(struct answer, report) + sizeof(struct blk_zone_report),
               "the kernel writes the zones directly behind their header");

static void count(struct uw_zones *zones, const struct blk_zone *zone, bool has_capacity)
{
    uint64_t capacity = has_capacity ? zone->capacity : zone->len;
    zones->count++;
    zones->zone_bytes = zones->count == 1 ? zone->len * SECTOR_BYTES : zones->zone_bytes;
    zones->sequential += zone->type != BLK_ZONE_TYPE_CONVENTIONAL;
    zones->read_only += zone->cond == BLK_ZONE_COND_READONLY;
    zones->offline += zone->cond == BLK_ZONE_COND_OFFLINE;
    zones->unusable_bytes += capacity < zone->len ? (zone->len - capacity) * SECTOR_BYTES : 0;
}

/* Until the kernel has no more of them. */
static void report(int fd, const void *order, void *pages)
{
    (void)order;
    struct answer *answer = pages;
    uint64_t sector = 0;
    do {
        answer->report = (struct blk_zone_report){.sector = sector, .nr_zones = ZONES_AT_A_TIME};
        if (ioctl(fd, BLKREPORTZONE, &answer->report) != 0) {
            answer->why = errno;
            return;
        }
        bool has_capacity = (answer->report.flags & BLK_ZONE_REP_CAPACITY) != 0;
        for (unsigned i = 0; i < answer->report.nr_zones && i < ZONES_AT_A_TIME; i++) {
            const struct blk_zone *zone = &answer->page[i];
            if (zone->len == 0 || zone->start + zone->len <= sector) {
                answer->why = EILSEQ; /* zones that do not go on would be counted for ever */
                return;
            }
            sector = zone->start + zone->len;
            count(&answer->zones, zone, has_capacity);
        }
    } while (answer->report.nr_zones > 0);
}

static void reset(int fd, const void *order, void *pages)
{
    struct blk_zone_range range = *(const struct blk_zone_range *)order;
    *(int *)pages = ioctl(fd, BLKRESETZONE, &range) == 0 ? 0 : errno;
}

bool uw_zones_report(int fd, int timeout_ms, bool *stalled, struct uw_zones *zones, struct uw_error *e)
{
    struct uw_aside aside;
    *stalled = false;
    *zones = (struct uw_zones){0};
    if (!uw_aside_open(&aside, sizeof(struct answer), e))
        return false;
    bool good = uw_aside_run(&aside, fd, report, NULL, timeout_ms, NULL, stalled, e);
    const struct answer *answer = aside.pages;
    int why = good ? answer->why : 0;
    if (good && why == 0)
        *zones = answer->zones;
    uw_aside_close(&aside);
    return good && (why == 0 || uw_fail_errno(e, UW_E_IO, why, "cannot read how its zones stand"));
}

bool uw_zones_reset(int fd, uint64_t bytes, int timeout_ms, bool *stalled, struct uw_error *e)
{
    const struct blk_zone_range range = {.sector = 0, .nr_sectors = bytes / SECTOR_BYTES};
    struct uw_aside aside;
    *stalled = false;
    if (!uw_aside_open(&aside, sizeof(int), e))
        return false;
    bool good = uw_aside_run(&aside, fd, reset, &range, timeout_ms, NULL, stalled, e);
    int why = good ? *(const int *)aside.pages : 0;
    uw_aside_close(&aside);
    return good && (why == 0 || uw_fail_errno(e, UW_E_IO, why, "cannot set its write pointers back"));
}
