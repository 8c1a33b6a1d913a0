/* SPDX-License-Identifier: Apache-2.0 */
/* Witnesses: blocks of the drive's old content, seen before the erase and looked for afterwards. Of each only
 * two things are kept: whether it held one byte value throughout, and its hash under a key that lives in
 * locked memory and dies with the comparison. A plain hash of a block that can be guessed would tell what it
 * was.
 *
 * One is taken in each place of the sample: as large as a canary (4096 bytes, or the logical block where that
 * is larger), and the second piece of the place of that size. A canary stands on the first piece, that of the
 * last place on its last, so the old content of a witness is there until the erase. A place without room for
 * both has none. */
#ifndef UW_ENGINE_WITNESS_H
#define UW_ENGINE_WITNESS_H

#include "engine/stream.h"

enum { UW_WITNESS_HASH_BYTES = 32 };

struct uw_witness_spot {
    uint64_t offset;
    uint32_t length;
    bool seen;     /* it could be read */
    bool constant; /* one byte value throughout: says nothing when it is there again */
    uint8_t hash[UW_WITNESS_HASH_BYTES];
};

struct uw_witness {
    struct uw_witness_spot *spots; /* ascending */
    size_t count;
    uint8_t *key;     /* NULL: wiped */
    size_t key_bytes; /* of the pages that it stands in */
    bool locked;      /* the kernel keeps the key out of swap; RLIMIT_MEMLOCK may have refused */
    uint64_t taken;   /* seen */
    uint64_t constant;
    uint64_t unreadable; /* before the erase */
    bool stopped;
    bool stalled;
};

struct uw_witness_result {
    uint64_t taken;      /* places read before the erase */
    uint64_t constant;   /* of these: said nothing, not read again */
    uint64_t unchanged;  /* of the others: there again, and not what the erase should have put there */
    uint64_t unreadable; /* of the others: could not be read again */
    bool stopped;
    bool stalled;
};

/* Reads the witnesses in `places` (ascending; of uw_sample_places). False: the machinery failed. In any case
 * uw_witness_clear is needed. */
bool uw_witness_take(const struct uw_stream *stream, const struct uw_extents *places,
                     struct uw_witness *witness, struct uw_error *e);

/* Reads them again; the drive should hold `image` (NULL: anything but what it held). Wipes the key, so that
 * it can be done once. */
bool uw_witness_compare(const struct uw_stream *stream, const struct uw_image *image,
                        struct uw_witness *witness, struct uw_witness_result *result, struct uw_error *e);

void uw_witness_clear(struct uw_witness *witness);

#endif
