/* SPDX-License-Identifier: Apache-2.0 */
#include "core/sample.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/sha.h>

#include "core/document.h"

enum { SECTION_BLOCKS = 4, EXTRA_PLACES = 4, MILLION = 1000000 };

const char *uw_profile_name(enum uw_profile profile)
{
    switch (profile) {
    case UW_PROFILE_SAMPLE:
        return "sample";
    case UW_PROFILE_TENTH:
        return "tenth";
    case UW_PROFILE_FULL:
        return "full";
    }
    return "unknown";
}

bool uw_profile_parse(const char *name, enum uw_profile *profile)
{
    for (int i = UW_PROFILE_SAMPLE; i <= UW_PROFILE_FULL; i++)
        if (strcmp(name, uw_profile_name((enum uw_profile)i)) == 0) {
            *profile = (enum uw_profile)i;
            return true;
        }
    return false;
}

void uw_extents_clear(struct uw_extents *extents)
{
    free(extents->items);
    *extents = (struct uw_extents){0};
}

uint64_t uw_extents_bytes(const struct uw_extents *extents)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < extents->count; i++)
        bytes += extents->items[i].length;
    return bytes;
}

void uw_seed_commitment(const uint8_t seed[UW_SEED_BYTES], char hex[65])
{
    uw_sha256_hex(seed, UW_SEED_BYTES, hex);
}

uint64_t uw_seed_number(const uint8_t seed[UW_SEED_BYTES], uint64_t n)
{
    uint8_t text[UW_SEED_BYTES + 8], digest[SHA256_DIGEST_LENGTH];
    memcpy(text, seed, UW_SEED_BYTES);
    for (unsigned i = 0; i < 8; i++)
        text[UW_SEED_BYTES + i] = (uint8_t)(n >> (56 - 8 * i));
    SHA256(text, sizeof text, digest);
    uint64_t number = 0;
    for (unsigned i = 0; i < 8; i++)
        number = number << 8 | digest[i];
    return number;
}

static void add(struct uw_extents *places, uint64_t offset, uint64_t length)
{
    places->items[places->count++] = (struct uw_extent){.offset = offset, .length = length};
}

static void draw(const uint8_t seed[UW_SEED_BYTES], uint64_t blocks, struct uw_extents *places)
{
    uint64_t inner = blocks < 2 ? 0 : blocks - 2;
    uint64_t sections = inner / SECTION_BLOCKS;
    if (sections > UW_SAMPLE_SECTIONS)
        sections = UW_SAMPLE_SECTIONS;
    for (uint64_t i = 0; i < sections; i++) {
        uint64_t begin = 1 + i * inner / sections;
        uint64_t width = 1 + (i + 1) * inner / sections - begin;
        uint64_t first = uw_seed_number(seed, 2 * i) % width;
        uint64_t second = uw_seed_number(seed, 2 * i + 1) % (width - 1);
        if (second >= first)
            second++;
        add(places, (begin + first) * UW_SAMPLE_BLOCK_BYTES, UW_SAMPLE_BLOCK_BYTES);
        add(places, (begin + second) * UW_SAMPLE_BLOCK_BYTES, UW_SAMPLE_BLOCK_BYTES);
    }
}

/* Where drives and bridges with too few address bits turn back to LBA 0. */
static void add_limit(uint64_t lba, uint64_t bytes, uint32_t logical_block_bytes, struct uw_extents *places)
{
    uint64_t end = lba * logical_block_bytes;
    if (end <= bytes)
        add(places, end - UW_SAMPLE_BLOCK_BYTES, UW_SAMPLE_BLOCK_BYTES);
}

static int by_offset(const void *a, const void *b)
{
    uint64_t first = ((const struct uw_extent *)a)->offset, second = ((const struct uw_extent *)b)->offset;
    return (first > second) - (first < second);
}

static void join_overlapping(struct uw_extents *places)
{
    size_t kept = 0;
    for (size_t i = 1; i < places->count; i++) {
        struct uw_extent *last = &places->items[kept], next = places->items[i];
        uint64_t end = last->offset + last->length, next_end = next.offset + next.length;
        if (next.offset >= end)
            places->items[++kept] = next;
        else if (next_end > end)
            last->length = next_end - last->offset;
    }
    places->count = places->count == 0 ? 0 : kept + 1;
}

bool uw_sample_places(const uint8_t seed[UW_SEED_BYTES], uint64_t bytes, uint32_t logical_block_bytes,
                      struct uw_extents *places)
{
    *places = (struct uw_extents){0};
    places->items = calloc(2 * UW_SAMPLE_SECTIONS + EXTRA_PLACES, sizeof *places->items);
    if (places->items == NULL)
        return false;
    if (bytes <= UW_SAMPLE_BLOCK_BYTES) {
        if (bytes > 0)
            add(places, 0, bytes);
        return true;
    }
    uint64_t last = bytes - UW_SAMPLE_BLOCK_BYTES;
    last -= last % logical_block_bytes;
    add(places, 0, UW_SAMPLE_BLOCK_BYTES);
    add(places, last, bytes - last);
    add_limit(1ULL << 28, bytes, logical_block_bytes, places);
    add_limit(1ULL << 32, bytes, logical_block_bytes, places);
    draw(seed, bytes / UW_SAMPLE_BLOCK_BYTES, places);
    qsort(places->items, places->count, sizeof *places->items, by_offset);
    join_overlapping(places);
    return true;
}

/* floor(part * whole / parts), which may need more than 64 bits on the way. */
static uint64_t share(uint64_t whole, uint64_t part, uint64_t parts)
{
    return (uint64_t)((unsigned __int128)whole * part / parts);
}

static void draw_tenth(const uint8_t seed[UW_SEED_BYTES], uint64_t blocks, uint32_t block_bytes,
                       struct uw_extents *places)
{
    uint64_t sections = blocks / 2 < UW_SAMPLE_SECTIONS ? blocks / 2 : UW_SAMPLE_SECTIONS;
    for (uint64_t i = 0; i < sections; i++) {
        uint64_t begin = share(blocks, i, sections), width = share(blocks, i + 1, sections) - begin;
        uint64_t length = (width + 19) / 20, room = width - 2 * length + 1;
        uint64_t a = uw_seed_number(seed, 2 * UW_SAMPLE_SECTIONS + 2 * i) % room;
        uint64_t b = uw_seed_number(seed, 2 * UW_SAMPLE_SECTIONS + 2 * i + 1) % room;
        uint64_t first = a < b ? a : b, second = (a < b ? b : a) + length;
        add(places, (begin + first) * block_bytes, length * block_bytes);
        add(places, (begin + second) * block_bytes, length * block_bytes);
    }
}

bool uw_tenth_places(const uint8_t seed[UW_SEED_BYTES], uint64_t bytes, uint32_t logical_block_bytes,
                     struct uw_extents *places)
{
    if (!uw_sample_places(seed, bytes, logical_block_bytes, places) || bytes <= UW_SAMPLE_BLOCK_BYTES)
        return places->items != NULL;
    size_t room = places->count + 2 * UW_SAMPLE_SECTIONS;
    struct uw_extent *items = realloc(places->items, room * sizeof *items);
    if (items == NULL) {
        uw_extents_clear(places);
        return false;
    }
    places->items = items;
    draw_tenth(seed, bytes / logical_block_bytes, logical_block_bytes, places);
    qsort(places->items, places->count, sizeof *places->items, by_offset);
    join_overlapping(places);
    return true;
}

/* Product of two fractions of 2^63, rounded up, so that a chance to miss is never understated. */
static uint64_t times(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b + ((1ULL << 63) - 1);
    return (uint64_t)(product >> 63);
}

uint32_t uw_detection_ppm(uint64_t read, uint64_t total, uint32_t residue_ppm)
{
    if (residue_ppm == 0 || read == 0 || total == 0)
        return 0;
    if (read >= total)
        return MILLION;
    const uint64_t one = 1ULL << 63;
    uint64_t clean_ppm = residue_ppm < MILLION ? MILLION - residue_ppm : 0;
    uint64_t power = (uint64_t)(((unsigned __int128)clean_ppm * one + MILLION - 1) / MILLION);
    uint64_t miss = one;
    for (; read > 0; read >>= 1) {
        if (read & 1)
            miss = times(miss, power);
        power = times(power, power);
    }
    uint32_t found = (uint32_t)((unsigned __int128)(one - miss) * MILLION >> 63);
    return found < MILLION ? found : MILLION - 1;
}
