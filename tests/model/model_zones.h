/* SPDX-License-Identifier: Apache-2.0 */
/* The zones of a host-managed drive (ZBC-2, ZAC-2) and their write pointers: which reads and writes it takes,
 * and what a reset does. In blocks; what the blocks hold is model_block.h's. */
#ifndef MODEL_ZONES_H
#define MODEL_ZONES_H

#include <stdbool.h>
#include <stdint.h>

struct model_zones_config {
    uint64_t blocks;       /* of a zone, the last may have less; 0: the drive has no zones */
    uint64_t conventional; /* zones, from the drive's start */
    uint64_t capacity;     /* of a sequential zone; 0: all its blocks */
    uint64_t granularity;  /* writes to one begin and end at multiples of it; 0: 1 */
    uint64_t unfilled;     /* blocks of it that its write pointer has not reached yet; 0: it is full */
    /* One zone each, counted from 1; 0: none. */
    uint64_t read_only, offline;
    bool reads_fail; /* of what no write pointer has passed (URSWRZ 0); false: they bring zeros */
};

struct model_zone {
    uint64_t first, blocks, capacity;
    uint64_t written; /* blocks before the write pointer; of a sequential zone */
    bool sequential, read_only, offline;
};

struct model_zones {
    struct model_zone *items; /* NULL: no zones */
    uint64_t count, blocks;   /* blocks: of each but the last */
    uint64_t granularity;
    bool reads_fail;
};

/* False: no memory. */
bool model_zones_make(struct model_zones *zones, const struct model_zones_config *config, uint64_t blocks);
void model_zones_clear(struct model_zones *zones);

/* NULL where there are no zones. */
struct model_zone *model_zones_at(const struct model_zones *zones, uint64_t lba);
/* Whether these can be read or written at all, now. */
bool model_zones_take(const struct model_zones *zones, bool write, uint64_t first, uint64_t count);
/* These were written, and stand in one zone: moves its write pointer. */
void model_zones_wrote(struct model_zones *zones, uint64_t first, uint64_t count);
/* Whether the write pointer has yet to pass it. */
bool model_zones_unwritten(const struct model_zones *zones, uint64_t lba);
/* A block that was written is lost: its zone's write pointer goes back to it. */
void model_zones_lost(struct model_zones *zones, uint64_t lba);
/* Of all zones at once. */
void model_zones_reset(struct model_zones *zones);

#endif
