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
    UW_PROFILE_TENTH,      /* two samples of 5 % each in each of 1,000 equal sections; the sample's blocks */
    UW_PROFILE_FULL,       /* every block */
};
const char *uw_profile_name(enum uw_profile profile); /* "sample", "tenth", "full" */
bool uw_profile_parse(const char *name, enum uw_profile *profile);

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

/* The places of the sample, in bytes; all divisions round down.
 *
 * Whole 64 KiB blocks are counted from byte 0: blocks = bytes / 65536. Those but the first and the last of
 * them, inner = blocks - 2, are cut into sections = min(1000, inner / 4). Section i holds the blocks from
 *     1 + i * inner / sections up to, not including, 1 + (i + 1) * inner / sections;
 * w is their number. Two different ones are drawn in each, the a-th and the b-th of the section from 0 on:
 *     a = number(2 i) mod w, b = number(2 i + 1) mod (w - 1), and 1 more if b >= a.
 * With fewer than 6 blocks none are drawn. (A 64-bit number's remainder favours the first blocks by less
 * than w / 2^64: no drive is large enough for that to be seen.)
 *
 * To these come the first 64 KiB of the drive; the last 64 KiB, begun at a logical block's border (rounded
 * down), so that they end at the last byte; and, where the drive reaches that far, the 64 KiB that end at LBA
 * 2^28 and at LBA 2^32. Places that overlap become one. A drive of up to 64 KiB is one place.
 *
 * logical_block_bytes must divide 65536. Returns false when memory ran out. */
bool uw_sample_places(const uint8_t seed[UW_SEED_BYTES], uint64_t bytes, uint32_t logical_block_bytes,
                      struct uw_extents *places);

/* The places of a tenth of the drive: NIST SP 800-88 rev. 1, section 4.7, asks for at least 1,000 equal
 * subsections, two samples in each that do not overlap and are at least 5 % of it each, and for the first and
 * the last addressable location. In bytes; all divisions round down.
 *
 * Whole logical blocks are counted from byte 0: blocks = bytes / logical_block_bytes. They are cut into
 * sections = min(1000, blocks / 2). Section i holds the blocks from
 *     i * blocks / sections up to, not including, (i + 1) * blocks / sections;
 * w is their number. A sample of it is s = (w + 19) / 20 blocks long. With
 *     a = number(2000 + 2 i) mod (w - 2 s + 1), b = number(2001 + 2 i) mod (w - 2 s + 1)
 * the first begins at block min(a, b) of the section, from 0 on, the second at max(a, b) + s.
 *
 * To these come all places of uw_sample_places, the first and the last block with them, so that whatever was
 * marked before the erase is read. Places that overlap become one; those that only touch do not. A drive of
 * up to 64 KiB is one place.
 *
 * logical_block_bytes must divide 65536. Returns false when memory ran out. */
bool uw_tenth_places(const uint8_t seed[UW_SEED_BYTES], uint64_t bytes, uint32_t logical_block_bytes,
                     struct uw_extents *places);

/* Chance, in parts per million, that `read` of `total` equally likely blocks show a residue of residue_ppm of
 * them: 1 - (1 - residue)^read, rounded down (in fixed point: never too high, at most 1 too low); 1000000
 * only where all were read. Blocks are the sample's 64 KiB, not the drive's: neighbours in one place are one
 * look. */
uint32_t uw_detection_ppm(uint64_t read, uint64_t total, uint32_t residue_ppm);

#endif
