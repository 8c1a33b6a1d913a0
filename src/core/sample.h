/* SPDX-License-Identifier: Apache-2.0 */
/* Which blocks to read (and where canaries go), from a committed seed. Pure: anyone can recompute it. */
#ifndef UW_CORE_SAMPLE_H
#define UW_CORE_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    UW_SEED_BYTES = 32,
    UW_SAMPLE_BLOCK_BYTES = 65536,
    UW_SAMPLE_SECTIONS = 1000,
};

/* Devices smaller than this are read in full. */
#define UW_SAMPLE_SMALL_BYTES (256ULL << 20)

enum uw_profile {
    UW_PROFILE_SAMPLE = 0, /* two 64 KiB blocks in each of 1,000 equal sections, the first and the last */
    UW_PROFILE_FULL,       /* every block */
};
const char *uw_profile_name(enum uw_profile profile); /* "sample", "full" */

struct uw_extent {
    uint64_t offset; /* bytes, a multiple of the alignment asked for */
    uint64_t length; /* bytes */
};

struct uw_extents {
    struct uw_extent *items; /* ascending, never overlapping */
    size_t count;
};
void uw_extents_clear(struct uw_extents *extents);
uint64_t uw_extents_bytes(const struct uw_extents *extents);

/* Lowercase hex of SHA-256(seed): stands in the intent before the seed is revealed. */
void uw_seed_commitment(const uint8_t seed[UW_SEED_BYTES], char hex[65]);

/* The n-th number of the seed: the first 8 bytes, big endian, of SHA-256(seed || n as 8 bytes big endian). */
uint64_t uw_seed_number(const uint8_t seed[UW_SEED_BYTES], uint64_t n);

/* The places of the sample: the drive is cut into sections (1,000, fewer where a section would hold less than four
 * 64 KiB blocks), two different blocks are drawn in each, the first and the last block of the drive are added, and the
 * blocks just under LBA 2^28 and 2^32. The last one ends at the last byte. Returns false when memory ran out. */
bool uw_sample_places(const uint8_t seed[UW_SEED_BYTES], uint64_t bytes, uint32_t logical_block_bytes,
                      struct uw_extents *places);

/* Chance, in parts per million, that `read` of `total` equally likely blocks show a residue of residue_ppm. */
uint32_t uw_detection_ppm(uint64_t read, uint64_t total, uint32_t residue_ppm);

#endif
