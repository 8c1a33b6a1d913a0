/* SPDX-License-Identifier: Apache-2.0 */
/* A block device in memory that can have any combination of bad days. It knows nothing of who drives it: its
 * doors (model_machine.h is one) hand it reads, writes, flushes and looks, one at a time. Beside its medium
 * it keeps the truth: which blocks it acknowledged, and what a power cut would leave. */
#ifndef MODEL_BLOCK_H
#define MODEL_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model_zones.h"

enum model_effect {
    MODEL_NO_EFFECT = 0,
    /* Reads and writes that touch the range: */
    MODEL_ERROR, /* fail with `error`; blocks outside the range are moved all the same. Flush, look: fail */
    MODEL_SHORT, /* end `value` bytes behind the range's beginning, and say so */
    MODEL_FLIP,  /* turn one bit over in the range's first block, on the way in or out */
    MODEL_ALIAS, /* ignore the address bits of `value` bytes, a power of two, and above */
    MODEL_LOSE,  /* writes: are acknowledged and not stored */
    MODEL_ZERO,  /* reads: bring zeros */
    MODEL_STALE, /* reads: bring what the block held before its last write */
    /* From its beginning on: */
    MODEL_GONE,   /* ENODEV, whatever is asked */
    MODEL_EMPTY,  /* as GONE, but a look succeeds and sees no bytes */
    MODEL_SHRINK, /* the drive has `value` bytes; beyond, writes bring ENOSPC (or `error`), reads nothing */
    MODEL_OTHER,  /* looks see another drive: `value` is an enum model_field */
    MODEL_POWER,  /* the power fails once: what only the write cache held is lost; the drive goes on */
    MODEL_HANG,   /* no answer for `value` ms; 0: never */
    /* Resets of the zones (they and reports of zones can also fail, with `error`): */
    MODEL_PRETEND, /* are acknowledged and not carried out */
    /* Flushes: */
    MODEL_FORGET, /* throw the write cache away, and say that all is stored */
    MODEL_REVERT, /* bring back what the medium held at the flush before */
    /* The door: */
    MODEL_HOLD, /* calls whoever the door was told to call, once */
};

/* LEFT: none at all, under a size that stays, as the kernel shows a drive that was removed. */
enum model_field {
    MODEL_SERIAL,
    MODEL_WWN,
    MODEL_BYTES,
    MODEL_SEQUENCE,
    MODEL_DEVNUM,
    MODEL_LEFT,
    MODEL_FIELDS
};

enum {
    MODEL_READ = 1,
    MODEL_WRITE = 2,
    MODEL_FLUSH = 4,
    MODEL_LOOK = 8,
    MODEL_RESET = 16,
    MODEL_REPORT = 32,
    MODEL_WHATEVER = 63
};
enum { MODEL_FAULTS = 8, MODEL_NEVER = -1, MODEL_OLD_BYTES = 512 };

#define MODEL_LAST UINT64_MAX /* as `lba`: the drive's last block */
#define MODEL_ALL UINT32_MAX  /* as `cache_blocks`: as large as the drive */

/* One thing that goes wrong: where, from when on, how often. Zeros mean everywhere, from the start, always.
 */
struct model_fault {
    enum model_effect effect;
    unsigned on;          /* MODEL_READ | ...; 0: whatever the effect can be about */
    uint64_t lba, blocks; /* blocks 0: up to the end */
    uint64_t every;       /* of these blocks only each so many-th; 0: all */
    /* Begins when all of these were reached, ends when one of the others is; bytes are those written. */
    uint64_t after_transfers, after_bytes, after_flushes, after_looks, after_resets;
    uint64_t until_bytes, until_flushes;
    bool once_erasing; /* begins with the first write after a flush */
    unsigned times;
    int error; /* 0: EIO */
    uint64_t value;
};

struct model_config {
    uint64_t bytes;        /* 0: 2 MiB */
    uint32_t block_bytes;  /* 0: 512 */
    uint32_t cache_blocks; /* write cache; 0: 64. The oldest blocks leave it when it is full */
    bool phantom;          /* has no medium: a size that cannot be, refused before anything is read */
    uint8_t *media;        /* where the medium lies: borrowed, whole blocks; NULL: in memory of its own */
    struct model_zones_config zones;
    struct model_fault faults[MODEL_FAULTS];
};

struct model_block {
    struct model_config config; /* defaults and places filled in */
    uint64_t blocks;            /* an odd tail counts as one */
    uint8_t *media;             /* what a power cut leaves */
    uint8_t *cached;            /* valid where dirty */
    bool *dirty;
    uint32_t *queue; /* dirty blocks, the oldest first */
    size_t queue_first, queue_count;
    uint8_t *before;    /* each block before its last write; NULL where no fault asks */
    uint8_t *flushed;   /* the medium after the flush before; NULL where no fault asks */
    uint32_t *accepted; /* per block: writes that were acknowledged whole since the first flush or reset */
    bool other[MODEL_FIELDS]; /* what the last look saw */
    bool erasing;             /* a write came after a flush */
    uint64_t transfers, bytes_written, flushes, looks, resets;
    uint64_t accepted_bytes; /* since the first flush or reset */
    struct model_zones zones;
};

/* Full of old data: each MODEL_OLD_BYTES of it are marked and numbered. NULL when memory ran out. */
struct model_block *model_block_new(const struct model_config *config);
void model_block_free(struct model_block *model);

/* Carries a transfer out; bytes moved or -errno. The data lie in host memory until then: the door calls this
 * as late as it may. */
int64_t model_block_move(struct model_block *model, bool write, uint64_t offset, uint32_t length,
                         uint8_t *data);
int model_block_flush(struct model_block *model); /* 0 or an errno */
/* How many bytes the drive says it has now, and notes which of its fields differ from what they were; 0 or an
 * errno. */
int model_block_look(struct model_block *model, uint64_t *bytes);

/* Resets the write pointers of all sequential zones that take writes; the medium keeps what it holds. 0 or an
 * errno. */
int model_block_reset_zones(struct model_block *model);
/* Whether the drive says how its zones stand; 0 or an errno. */
int model_block_report_zones(struct model_block *model);

/* How long the drive will not answer this, in ms; MODEL_NEVER: for ever. Spends one of the fault's times. */
int64_t model_block_hang_ms(struct model_block *model, unsigned on, uint64_t offset, uint64_t length);
/* Whether a MODEL_HOLD stands at this, for the first time. */
bool model_block_holds(struct model_block *model, unsigned on, uint64_t offset, uint64_t length);

/* What only the write cache held is lost; write pointers go back to where it began. */
void model_block_cut_power(struct model_block *model);
/* Stores what the write cache holds, unasked. */
void model_block_settle(struct model_block *model);
/* Another host begins with it: what was counted of the one before is forgotten. */
void model_block_new_host(struct model_block *model);

/* What is really on the medium; `image` is what every block should hold. */
struct model_truth {
    uint64_t wrong_blocks; /* that do not hold the image */
    uint64_t first_wrong_lba;
    uint64_t old_units; /* of MODEL_OLD_BYTES, with the mark of the old data, wherever they stand now */
};
struct model_truth model_block_truth(const struct model_block *model, const uint8_t *image);

#endif
