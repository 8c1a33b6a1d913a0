/* SPDX-License-Identifier: Apache-2.0 */
/* SMART (ACS-4, 7.48; its enabling and thresholds: ATA8-ACS, 7.52, and ATA/ATAPI-3). The attributes are the
 * maker's; these have the form that all makers kept from ATA/ATAPI-3's days: 30 entries of 12 bytes. */
#include "model_ata_parts.h"

#include <string.h>

enum { READ_DATA = 0xd0, READ_THRESHOLDS = 0xd1, ENABLE = 0xd8, DISABLE = 0xd9, RETURN_STATUS = 0xda };
enum { KEY = 0xc24f, EXCEEDED = 0x2cf4, REVISION = 0x0010, FIRST = 2, ENTRY = 12, SUM_AT = 511 };
enum { PREFAIL = 1, ONLINE = 2, THRESHOLD = 10, FIRST_CYCLES = 40, CELSIUS = 35, HOUR_MS = 3600000 };

static void put_entry(uint8_t *page, unsigned index, uint8_t id, unsigned flags, uint8_t value, uint64_t raw)
{
    uint8_t *at = page + FIRST + ENTRY * index;
    at[0] = id;
    ata_put(at + 1, 2, flags);
    at[3] = at[4] = value;
    ata_put(at + 5, 6, raw);
}

static void sum(const struct model_ata *ata, uint8_t *page)
{
    unsigned total = 0;
    for (unsigned i = 0; i < SUM_AT; i++)
        total += page[i];
    page[SUM_AT] = (uint8_t)(0 - total + (ata->config.smart.bad_checksum ? 1 : 0));
}

static const uint8_t ids[] = {5, 9, 12, 194, 197};

static void put_data(const struct model_ata *ata, uint8_t *page)
{
    const struct model_ata_config *config = &ata->config;
    const uint64_t raw[] = {config->smart.reallocated, config->smart.hours + ata->now_ms / HOUR_MS,
                            FIRST_CYCLES + ata->power_cycles, CELSIUS, config->smart.pending};
    ata_put(page, 2, REVISION);
    for (unsigned i = 0; i < sizeof ids; i++)
        put_entry(page, i, ids[i], i == 0 ? PREFAIL | ONLINE : ONLINE,
                  i == 0 && config->smart.worn != 0 ? config->smart.worn : 100, raw[i]);
    sum(ata, page);
}

static void put_thresholds(const struct model_ata *ata, uint8_t *page)
{
    ata_put(page, 2, REVISION);
    for (unsigned i = 0; i < sizeof ids; i++) {
        page[FIRST + ENTRY * i] = ids[i];
        page[FIRST + ENTRY * i + 1] = i == 0 ? THRESHOLD : 0;
    }
    sum(ata, page);
}

static bool reads(const struct ata_task *task)
{
    return task->protocol == ATA_PIO_IN && task->bytes >= MODEL_ATA_PAGE;
}

/* LBA 23:8 are the key; without it, and but for ENABLE when it is off, everything aborts. */
void ata_smart(struct model_ata *ata, struct ata_task *task)
{
    struct model_ata_config *config = &ata->config;
    unsigned function = task->features & 0xff;
    bool off = config->smart.off && function != ENABLE;
    if (config->smart.absent || off || (task->lba >> 8 & 0xffff) != KEY) {
        ata_abort(task);
    } else if (function == READ_DATA && reads(task)) {
        memset(task->data, 0, MODEL_ATA_PAGE);
        put_data(ata, task->data);
    } else if (function == READ_THRESHOLDS && reads(task) && !config->smart.no_thresholds) {
        memset(task->data, 0, MODEL_ATA_PAGE);
        put_thresholds(ata, task->data);
    } else if (function == RETURN_STATUS) {
        task->lba_out = (uint64_t)(config->smart.exceeded ? EXCEEDED : KEY) << 8;
    } else if (function == ENABLE || function == DISABLE) {
        config->smart.off = function == DISABLE;
    } else {
        ata_abort(task);
    }
}
