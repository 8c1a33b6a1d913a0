/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/document.h"
#include "core/sample.h"

static void make_seed(uint8_t seed[UW_SEED_BYTES])
{
    for (unsigned i = 0; i < UW_SEED_BYTES; i++)
        seed[i] = (uint8_t)i;
}

typedef bool places_of(const uint8_t seed[UW_SEED_BYTES], uint64_t bytes, uint32_t logical_block_bytes,
                       struct uw_extents *places);

/* Made by other programs, in other languages, from the words of core/sample.h alone (tests/js/sample.mjs,
 * tests/py/sample.py): the SHA-256 (its first 16 digits) of "OFFSET LENGTH\n" for each place, under the seed
 * 00 01 02 ... 1f. */
static const struct known {
    uint64_t bytes;
    uint32_t logical_block_bytes;
    size_t count;
    const char *sha256;
} known_sample[] = {
    {0, 512, 0, "e3b0c44298fc1c14"},
    {1, 512, 1, "a79122992d53d358"},
    {65536, 512, 1, "48261f79866d72ce"},
    {65537, 512, 1, "1ea2b0398b4f03bd"},
    {131072, 4096, 2, "c132bab2eeb1807c"},
    {393216, 512, 4, "fabd6fdae1a9ae49"},
    {5244416, 512, 40, "33f3ade9ae238c22"},
    {5244416, 4096, 40, "8180eb9ac7cd3f53"},
    {268435456, 512, 2002, "8153d5865baa2980"},
    {1000204886016, 512, 2003, "0f718dc342359f95"},
    {1000204886016, 4096, 2002, "1d265d0e8484d818"},
    {137438953472, 512, 2002, "e64e24ebd1039e4e"},
    {137438953984, 512, 2002, "4c7011a91c1ad14b"},
    {18000207937536, 512, 2004, "8e87a8b4e89a767b"},
    {17592186044539, 4096, 2003, "56421d02c0de7d6d"},
};

static const struct known known_tenth[] = {
    {0, 512, 0, "e3b0c44298fc1c14"},
    {1, 512, 1, "a79122992d53d358"},
    {65536, 512, 1, "48261f79866d72ce"},
    {65537, 512, 1, "1ea2b0398b4f03bd"},
    {131072, 4096, 2, "c132bab2eeb1807c"},
    {393216, 512, 260, "b8ff6385e03a4c43"},
    {5244416, 512, 1042, "f77fc39c8c3f8c1f"},
    {5244416, 4096, 680, "bda3393e2c4a5c5a"},
    {5244416, 65536, 80, "398e1a8fcfbaae39"},
    {268435456, 512, 2823, "2ec551915d32a3e7"},
    {268435456, 65536, 3010, "0c2681a4dcc43402"},
    {1000204886016, 512, 3806, "21a77c49122d79ee"},
    {1000204886016, 4096, 3788, "791593c08f0a7b26"},
    {17592186044539, 4096, 3816, "9f2001424d376606"},
    {9223372036854775296, 512, 3795, "44d1f3abf2cc40d1"},
};

static void assert_known(places_of *find, const struct known *known)
{
    uint8_t seed[UW_SEED_BYTES];
    struct uw_extents places;
    make_seed(seed);
    assert_true(find(seed, known->bytes, known->logical_block_bytes, &places));
    char *text = malloc(places.count * 48 + 1), hex[UW_SHA256_HEX];
    size_t used = 0;
    for (size_t i = 0; i < places.count; i++)
        used += (size_t)sprintf(text + used, "%llu %llu\n", (unsigned long long)places.items[i].offset,
                                (unsigned long long)places.items[i].length);
    uw_sha256_hex(text, used, hex);
    hex[16] = '\0';
    assert_int_equal(places.count, known->count);
    assert_string_equal(hex, known->sha256);
    free(text);
    uw_extents_clear(&places);
}

static void others_find_the_same_places(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof known_sample / sizeof known_sample[0]; i++)
        assert_known(uw_sample_places, &known_sample[i]);
    for (size_t i = 0; i < sizeof known_tenth / sizeof known_tenth[0]; i++)
        assert_known(uw_tenth_places, &known_tenth[i]);
}

static void seed_numbers_are_published(void **state)
{
    (void)state;
    uint8_t seed[UW_SEED_BYTES];
    char hex[65];
    make_seed(seed);
    uw_seed_commitment(seed, hex);
    assert_string_equal(hex, "630dcd2966c4336691125448bbb25b4ff412a49c732db2c8abc1b8581bd710dd");
    assert_true(uw_seed_number(seed, 0) == 12238220826280364221ULL);
    assert_true(uw_seed_number(seed, 1) == 6945047847015946120ULL);
    assert_true(uw_seed_number(seed, 1ULL << 40) == 6015342052018567137ULL);
}

static void check_places(const struct uw_extents *places, uint64_t bytes, uint32_t logical_block_bytes)
{
    uint64_t end = 0, sum = 0;
    for (size_t i = 0; i < places->count; i++) {
        const struct uw_extent *place = &places->items[i];
        assert_true(i == 0 || place->offset >= end);
        assert_int_equal(place->offset % logical_block_bytes, 0);
        assert_true(place->length > 0);
        end = place->offset + place->length;
        sum += place->length;
    }
    assert_int_equal(places->items[0].offset, 0);
    assert_int_equal(end, bytes);
    assert_int_equal(uw_extents_bytes(places), sum);
}

static void every_size_is_covered_end_to_end(void **state)
{
    (void)state;
    uint8_t seed[UW_SEED_BYTES];
    make_seed(seed);
    static const uint32_t blocks[] = {512, 4096, 65536};
    for (size_t b = 0; b < 3; b++)
        for (uint64_t bytes = 1; bytes < 3 << 20; bytes += 7919) {
            struct uw_extents places;
            assert_true(uw_sample_places(seed, bytes, blocks[b], &places));
            check_places(&places, bytes, blocks[b]);
            for (size_t i = 0; i < places.count; i++)
                assert_true(places.items[i].length < 2 * UW_SAMPLE_BLOCK_BYTES + 2 * blocks[b]);
            uw_extents_clear(&places);
            assert_true(uw_tenth_places(seed, bytes, blocks[b], &places));
            check_places(&places, bytes, blocks[b]);
            uw_extents_clear(&places);
        }
}

static uint64_t covered(const struct uw_extents *places, uint64_t begin, uint64_t end)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < places->count; i++) {
        uint64_t from = places->items[i].offset, to = from + places->items[i].length;
        from = from > begin ? from : begin;
        to = to < end ? to : end;
        bytes += to > from ? to - from : 0;
    }
    return bytes;
}

/* What the rule is about: a tenth of each section at least, and all that the sample reads. */
static void a_tenth_of_each_section(void **state)
{
    (void)state;
    static const struct {
        uint64_t blocks;
        uint32_t block_bytes;
    } drives[] = {{2000, 512}, {2001, 4096}, {524287, 512}, {1234567891, 4096}, {35156656, 512}};
    uint8_t seed[UW_SEED_BYTES];
    make_seed(seed);
    for (size_t d = 0; d < sizeof drives / sizeof drives[0]; d++) {
        uint64_t blocks = drives[d].blocks, block = drives[d].block_bytes, bytes = blocks * block;
        struct uw_extents tenth, sample;
        seed[0]++;
        assert_true(uw_tenth_places(seed, bytes, (uint32_t)block, &tenth));
        assert_true(uw_sample_places(seed, bytes, (uint32_t)block, &sample));
        for (uint64_t i = 0; i < UW_SAMPLE_SECTIONS; i++) {
            uint64_t begin = i * blocks / UW_SAMPLE_SECTIONS * block;
            uint64_t end = (i + 1) * blocks / UW_SAMPLE_SECTIONS * block;
            assert_true(10 * covered(&tenth, begin, end) >= end - begin);
        }
        for (size_t i = 0; i < sample.count; i++) {
            const struct uw_extent *place = &sample.items[i];
            assert_int_equal(covered(&tenth, place->offset, place->offset + place->length), place->length);
        }
        uw_extents_clear(&tenth);
        uw_extents_clear(&sample);
    }
}

/* Each section of a drive of whole 64 KiB blocks, first and last apart, holds exactly two places. */
static void two_in_each_section(void **state)
{
    (void)state;
    uint8_t seed[UW_SEED_BYTES];
    make_seed(seed);
    const uint64_t blocks = 1234567, inner = blocks - 2;
    struct uw_extents places;
    assert_true(uw_sample_places(seed, blocks * UW_SAMPLE_BLOCK_BYTES, 4096, &places));
    assert_int_equal(places.count, 2 * UW_SAMPLE_SECTIONS + 2);
    for (uint64_t i = 0; i < UW_SAMPLE_SECTIONS; i++) {
        uint64_t begin = 1 + i * inner / UW_SAMPLE_SECTIONS, end = 1 + (i + 1) * inner / UW_SAMPLE_SECTIONS;
        for (size_t j = 0; j < 2; j++) {
            uint64_t offset = places.items[1 + 2 * i + j].offset;
            assert_in_range(offset / UW_SAMPLE_BLOCK_BYTES, begin, end - 1);
            assert_int_equal(offset % UW_SAMPLE_BLOCK_BYTES, 0);
        }
    }
    uw_extents_clear(&places);
}

static void another_seed_is_another_sample(void **state)
{
    (void)state;
    uint8_t seed[UW_SEED_BYTES];
    struct uw_extents first, second;
    size_t same = 0;
    make_seed(seed);
    assert_true(uw_sample_places(seed, 1ULL << 40, 512, &first));
    seed[31] ^= 1;
    assert_true(uw_sample_places(seed, 1ULL << 40, 512, &second));
    for (size_t i = 0; i < first.count && i < second.count; i++)
        same += first.items[i].offset == second.items[i].offset;
    assert_true(same < 10);
    uw_extents_clear(&first);
    uw_extents_clear(&second);
}

/* 1 - (1 - residue)^read, rounded down, in exact arithmetic elsewhere. */
static void detection_is_not_overstated(void **state)
{
    (void)state;
    static const struct {
        uint64_t read, total;
        uint32_t residue_ppm, found_ppm;
    } rows[] = {
        {2002, 1 << 30, 1000, 865070},
        {4602, 1 << 30, 1000, 989991},
        {4603, 1 << 30, 1000, 990001},
        {46049, 1 << 30, 100, 989999},
        {46050, 1 << 30, 100, 990000},
        {1, 1 << 30, 1000, 1000},
        {2, 1 << 30, 500000, 750000},
        {0, 100, 1000, 0},
        {100, 100, 1, 1000000},
        {99, 100, 1000000, 999999},
        {1ULL << 40, 1ULL << 41, 1, 999999},
        {5, 100, 0, 0},
        {200, 100, 1000, 1000000},
        {3, 0, 1000, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint32_t found_ppm = uw_detection_ppm(rows[i].read, rows[i].total, rows[i].residue_ppm);
        assert_true(found_ppm == rows[i].found_ppm || found_ppm + 1 == rows[i].found_ppm);
    }
}

static void profiles_have_names(void **state)
{
    (void)state;
    assert_string_equal(uw_profile_name(UW_PROFILE_SAMPLE), "sample");
    assert_string_equal(uw_profile_name(UW_PROFILE_TENTH), "tenth");
    assert_string_equal(uw_profile_name(UW_PROFILE_FULL), "full");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(others_find_the_same_places),      cmocka_unit_test(seed_numbers_are_published),
        cmocka_unit_test(every_size_is_covered_end_to_end), cmocka_unit_test(two_in_each_section),
        cmocka_unit_test(a_tenth_of_each_section),          cmocka_unit_test(another_seed_is_another_sample),
        cmocka_unit_test(detection_is_not_overstated),      cmocka_unit_test(profiles_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
