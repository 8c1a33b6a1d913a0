/* SPDX-License-Identifier: Apache-2.0 */
#include "stream_model.h"

enum { MIB = 1 << 20 };

static struct uw_check_result check_image(struct model *model, const struct uw_image *image,
                                          const struct uw_canaries *canaries,
                                          const struct uw_extents *extents)
{
    struct uw_check_result result;
    struct uw_error e = {0};
    assert_true(uw_stream_check(&model->stream, image, canaries, extents, &result, &e));
    assert_int_equal(model->pending_count, 0);
    assert_int_equal(result.matching + result.zeros + result.ones + result.canaries + result.other,
                     result.blocks_read);
    return result;
}

/* A drive that holds the image, not written by the code under test. */
static struct model *model_holding(const struct uw_image *image, uint64_t bytes, uint32_t block_bytes,
                                   uint64_t order)
{
    struct model *model = model_new(bytes, block_bytes, order);
    uint8_t *expected = expected_image(image, bytes);
    memcpy(model->media, expected, bytes);
    free(expected);
    return model;
}

static uint64_t blocks_of(const struct model *model)
{
    uint32_t block = model->transport.block_bytes;
    return (model->transport.bytes + block - 1) / block;
}

static void right_image_of_every_size(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {1, 512, 513, MIB, MIB + 511, 3 * MIB + 1536, 5 * MIB - 4096};
    for (size_t i = 0; i < 2 * sizeof sizes / sizeof sizes[0]; i++)
        for (size_t j = 0; j < IMAGES; j++) {
            struct uw_image image = image_of(image_names[j]);
            struct model *model = model_holding(&image, sizes[i / 2], i % 2 ? 4096 : 512, i * 10 + j);
            struct uw_check_result result = check_image(model, &image, NULL, NULL);
            assert_int_equal(result.bytes_read, sizes[i / 2]);
            assert_int_equal(result.matching, blocks_of(model));
            assert_int_equal(result.mismatching_listed, 0);
            assert_true(result.first_read && result.last_read && !result.stopped);
            uw_check_result_clear(&result);
            model_free(model);
        }
}

/* One wrong byte anywhere, in the first, in the last, in the odd tail. */
static void one_wrong_byte_is_found(void **state)
{
    (void)state;
    static const uint64_t places[] = {0,     511,     512, 24575,           24576,
                                      32768, MIB - 1, MIB, 2 * MIB + 12345, 3 * MIB + 699};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        for (size_t j = 0; j < IMAGES; j++) {
            struct uw_image image = image_of(image_names[j]);
            struct model *model = model_holding(&image, 3 * MIB + 700, 512, i + j);
            model->media[places[i]] ^= 0x01;
            struct uw_check_result result = check_image(model, &image, NULL, NULL);
            assert_int_equal(result.matching, blocks_of(model) - 1);
            assert_int_equal(result.other, 1);
            assert_int_equal(result.mismatching_listed, 1);
            assert_int_equal(result.mismatching_lba[0], places[i] / 512);
            uw_check_result_clear(&result);
            model_free(model);
        }
}

static void what_is_there_instead_is_told(void **state)
{
    (void)state;
    for (size_t j = 0; j < IMAGES; j++) {
        struct uw_image image = image_of(image_names[j]);
        bool zeros = strcmp(image_names[j], "00") == 0;
        struct model *model = model_holding(&image, 8 * MIB, 4096, 3 + j);
        memset(model->media + 8192, 0x00, 3 * 4096);
        memset(model->media + 2 * MIB - 4096, 0xff, 5 * 4096);
        memset(model->media + 5 * MIB, 0x01, 7 * 4096);
        struct uw_check_result result = check_image(model, &image, NULL, NULL);
        assert_int_equal(result.zeros, zeros ? 0 : 3);
        assert_int_equal(result.ones, 5);
        assert_int_equal(result.other, 7);
        assert_int_equal(result.matching, blocks_of(model) - 12 - (zeros ? 0 : 3));
        uw_check_result_clear(&result);
        model_free(model);
    }
}

static void lowest_mismatches_are_listed_in_any_order(void **state)
{
    (void)state;
    struct uw_image image = image_of("random");
    struct model *model = model_holding(&image, 16 * MIB, 512, 12345);
    for (uint64_t i = 0; i < 40; i++)
        model->media[(16 * MIB) / 40 * i + 100] ^= 0x80;
    struct uw_check_result result = check_image(model, &image, NULL, NULL);
    assert_int_equal(result.other, 40);
    assert_int_equal(result.mismatching_listed, UW_MISMATCHES_LISTED);
    for (uint64_t i = 0; i < UW_MISMATCHES_LISTED; i++)
        assert_int_equal(result.mismatching_lba[i], ((16 * MIB) / 40 * i + 100) / 512);
    uw_check_result_clear(&result);
    model_free(model);
}

static void only_the_extents_are_read(void **state)
{
    (void)state;
    struct uw_extent items[] = {{512, 65536}, {3 * MIB - 512, 3 * MIB}, {7 * MIB, 512}};
    const struct uw_extents extents = {.items = items, .count = 3};
    struct uw_image image = image_of("924924");
    struct model *model = model_holding(&image, 8 * MIB + 100, 512, 5);
    memset(model->media, 'X', 512); /* just outside of each */
    memset(model->media + 66048, 'X', 512);
    memset(model->media + 7 * MIB + 512, 'X', 512);
    struct uw_check_result result = check_image(model, &image, NULL, &extents);
    assert_int_equal(result.bytes_read, 65536 + 3 * MIB + 512);
    assert_int_equal(result.matching, result.blocks_read);
    assert_false(result.first_read);
    assert_false(result.last_read);
    uw_check_result_clear(&result);
    items[0] = (struct uw_extent){0, 512};
    items[2] = (struct uw_extent){8 * MIB - 512, 612}; /* up to the last byte, over the tail's border */
    result = check_image(model, &image, NULL, &extents);
    assert_true(result.first_read && result.last_read);
    assert_int_equal(result.other, 1);
    assert_int_equal(result.blocks_read, 1 + 3 * MIB / 512 + 2);
    uw_check_result_clear(&result);
    model_free(model);
}

static void unreadable_blocks_are_found_to_the_block(void **state)
{
    (void)state;
    struct uw_image image = image_of("random");
    struct model *model = model_holding(&image, 8 * MIB, 4096, 5);
    model_add_bad(model, 4096 * 255, 2 * 4096, READS);
    model_add_bad(model, 8 * MIB - 4096, 4096, READS);
    struct uw_check_result result = check_image(model, &image, NULL, NULL);
    assert_int_equal(result.unreadable.count, 2);
    assert_int_equal(result.unreadable.items[0].offset, 4096 * 255);
    assert_int_equal(result.unreadable.items[0].length, 2 * 4096);
    assert_int_equal(result.unreadable.items[1].offset, 8 * MIB - 4096);
    assert_int_equal(result.unreadable.bytes + result.bytes_read, 8 * MIB);
    assert_int_equal(result.matching, 2048 - 3);
    assert_true(result.first_read);
    assert_false(result.last_read);
    uw_check_result_clear(&result);
    model_free(model);
}

static void stop_ends_a_check(void **state)
{
    (void)state;
    struct uw_image image = image_of("00");
    struct model *model = model_holding(&image, 16 * MIB, 512, 5);
    model->stop_at = 3;
    struct uw_check_result result = check_image(model, &image, NULL, NULL);
    assert_true(result.stopped);
    assert_int_equal(result.bytes_read, model->reads * MIB);
    assert_true(model->reads < 16);
    uw_check_result_clear(&result);
    model_free(model);
}

/* Writes that were acknowledged and never arrived, and bits that changed on the way. */
static void dropped_and_flipped_writes_are_found(void **state)
{
    (void)state;
    for (size_t j = 0; j < IMAGES; j++) {
        struct uw_image image = image_of(image_names[j]);
        struct uw_write_result written;
        struct uw_error e = {0};
        struct model *model = model_new(8 * MIB, 512, 77);
        struct fault drop = {FAULT_DROP, 3 * MIB - 1024, 4096, 0, WRITES, ALWAYS};
        struct fault flip = {FAULT_FLIP, 6 * MIB + 5, 1, 0, WRITES, ALWAYS};
        model_add_fault(model, drop);
        model_add_fault(model, flip);
        assert_true(uw_stream_write(&model->stream, &image, &written, &e));
        assert_int_equal(written.bytes_written, 8 * MIB);
        struct uw_check_result result = check_image(model, &image, NULL, NULL);
        assert_int_equal(result.other, 8 + 1);
        assert_int_equal(result.mismatching_lba[0], (3 * MIB - 1024) / 512);
        assert_int_equal(result.mismatching_lba[8], 6 * MIB / 512);
        uw_check_result_clear(&result);
        uw_write_result_clear(&written);
        model_free(model);
    }
}

static struct uw_canaries make_canaries(const struct model *model, uint32_t canary_bytes)
{
    struct uw_canaries canaries = {.canary_bytes = canary_bytes};
    const uint8_t seed[UW_SEED_BYTES] = {42};
    memset(canaries.run, 0xc4, sizeof canaries.run);
    memset(canaries.key, 0x11, sizeof canaries.key);
    assert_true(
        uw_sample_places(seed, model->transport.bytes, model->transport.block_bytes, &canaries.places));
    return canaries;
}

static struct uw_canary_result plant(struct model *model, const struct uw_canaries *canaries)
{
    struct uw_canary_result result;
    struct uw_error e = {0};
    assert_true(uw_canaries_plant(&model->stream, canaries, &result, &e));
    assert_int_equal(model->pending_count, 0);
    return result;
}

/* The canary's bytes as the header has them: run, LBA, keystream of the place. */
static void assert_canary(const struct model *model, const struct uw_canaries *canaries, uint64_t offset,
                          uint64_t bytes)
{
    struct uw_image stream = {.pass.kind = UW_PASS_KEYSTREAM};
    memcpy(stream.key, canaries->key, sizeof stream.key);
    uint8_t *expected = expected_image(&stream, offset + bytes);
    memcpy(expected + offset, canaries->run, 16);
    for (unsigned i = 0; i < 8; i++)
        expected[offset + 16 + i] = (uint8_t)((offset / model->transport.block_bytes) >> (56 - 8 * i));
    assert_memory_equal(model->media + offset, expected + offset, bytes);
    free(expected);
}

static void canaries_stand_where_they_should(void **state)
{
    (void)state;
    static const struct {
        uint64_t bytes;
        uint32_t block_bytes, canary_bytes;
    } rows[] = {{4 * MIB, 512, 4096},         {4 * MIB + 1536, 512, 4096},
                {4 * MIB + 1000, 4096, 4096}, {4 * MIB + 65536, 65536, 65536},
                {100000, 512, 4096},          {5000, 512, 4096}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct model *model = model_new(rows[i].bytes, rows[i].block_bytes, i);
        struct uw_canaries canaries = make_canaries(model, rows[i].canary_bytes);
        struct uw_canary_result result = plant(model, &canaries);
        assert_int_equal(result.written, canaries.places.count);
        assert_int_equal(result.readable_before, canaries.places.count);
        assert_int_equal(result.different + result.failed.bytes, 0);
        assert_int_equal(model->flushes, 1);
        assert_int_equal(model->writes_at_flush, model->writes);
        uint64_t last = rows[i].bytes / rows[i].block_bytes * rows[i].block_bytes - rows[i].canary_bytes;
        for (size_t j = 0; j + 1 < canaries.places.count; j++)
            assert_canary(model, &canaries, canaries.places.items[j].offset, rows[i].canary_bytes);
        assert_canary(model, &canaries, canaries.places.count > 1 ? last : 0, rows[i].canary_bytes);
        uw_canary_result_clear(&result);
        uw_extents_clear(&canaries.places);
        model_free(model);
    }
}

static void living_canaries_are_counted(void **state)
{
    (void)state;
    for (size_t j = 0; j < IMAGES; j++) {
        struct uw_image image = image_of(image_names[j]);
        struct uw_write_result written;
        struct uw_error e = {0};
        struct model *model = model_new(8 * MIB, 512, 5);
        struct uw_canaries canaries = make_canaries(model, 4096);
        struct uw_canary_result planted = plant(model, &canaries);
        /* From here on the drive stores nothing. */
        model_add_fault(model, (struct fault){FAULT_DROP, 0, 8 * MIB, 0, WRITES, ALWAYS});
        assert_true(uw_stream_write(&model->stream, &image, &written, &e));
        struct uw_check_result result = check_image(model, &image, &canaries, NULL);
        assert_int_equal(result.canaries, canaries.places.count * 8);
        assert_int_equal(result.other, 8 * MIB / 512 - result.canaries);
        uw_check_result_clear(&result);
        result = check_image(model, &image, &canaries, &canaries.places);
        assert_int_equal(result.canaries, canaries.places.count * 8);
        uw_check_result_clear(&result);
        /* Without them the same blocks are just wrong. */
        result = check_image(model, &image, NULL, NULL);
        assert_int_equal(result.canaries, 0);
        assert_int_equal(result.other, 8 * MIB / 512);
        uw_check_result_clear(&result);
        uw_canary_result_clear(&planted);
        uw_write_result_clear(&written);
        uw_extents_clear(&canaries.places);
        model_free(model);
    }
}

/* Part of one alive; one in a place where none was put. */
static void broken_and_strayed_canaries_count(void **state)
{
    (void)state;
    struct uw_image image = image_of("random");
    struct model *model = model_new(8 * MIB, 512, 5);
    struct uw_canaries canaries = make_canaries(model, 4096);
    struct uw_canary_result planted = plant(model, &canaries);
    uint64_t place = canaries.places.items[3].offset;
    uint8_t *expected = expected_image(&image, 8 * MIB), canary[4096];
    memcpy(canary, model->media + place, sizeof canary);
    memcpy(model->media, expected, 8 * MIB);
    memcpy(model->media + place + 1024, canary + 1024, 1536); /* blocks 2, 3, 4 of it */
    memcpy(model->media + 4 * MIB + 512 * 77, canary, 512);
    model->media[place + 3 * 512] ^= 1; /* block 3 is not quite alive */
    struct uw_check_result result = check_image(model, &image, &canaries, NULL);
    assert_int_equal(result.canaries, 3);
    assert_int_equal(result.other, 1);
    uw_check_result_clear(&result);
    uw_canary_result_clear(&planted);
    uw_extents_clear(&canaries.places);
    free(expected);
    model_free(model);
}

static void drives_that_keep_no_canary(void **state)
{
    (void)state;
    struct model *model = model_new(8 * MIB, 512, 5);
    struct uw_canaries canaries = make_canaries(model, 4096);
    model_add_fault(model, (struct fault){FAULT_DROP, 0, 8 * MIB, 0, WRITES, ALWAYS});
    struct uw_canary_result result = plant(model, &canaries);
    assert_int_equal(result.written, canaries.places.count);
    assert_int_equal(result.readable_before, 0);
    assert_int_equal(result.different, canaries.places.count);
    assert_int_equal(result.failed.bytes, canaries.places.count * 4096);
    assert_int_equal(result.failed.items[0].errno_value, EBADMSG);
    uw_canary_result_clear(&result);

    /* Two that cannot be written, one that cannot be read; 512 bytes of each. */
    model->fault_count = 0;
    model_add_bad(model, canaries.places.items[0].offset, 512, WRITES);
    model_add_bad(model, canaries.places.items[1].offset + 512, 512, WRITES);
    model_add_bad(model, canaries.places.items[2].offset, 512, READS);
    result = plant(model, &canaries);
    assert_int_equal(result.written, canaries.places.count - 2);
    assert_int_equal(result.readable_before, canaries.places.count - 3);
    assert_int_equal(result.different, 0);
    assert_int_equal(result.failed.bytes, 3 * 512);
    uw_canary_result_clear(&result);

    model->fault_count = 0;
    model->stop_at = model->reaped + 2;
    result = plant(model, &canaries);
    assert_true(result.stopped);
    assert_int_equal(result.readable_before, 0);
    uw_canary_result_clear(&result);
    uw_extents_clear(&canaries.places);
    model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(right_image_of_every_size),
        cmocka_unit_test(one_wrong_byte_is_found),
        cmocka_unit_test(what_is_there_instead_is_told),
        cmocka_unit_test(lowest_mismatches_are_listed_in_any_order),
        cmocka_unit_test(only_the_extents_are_read),
        cmocka_unit_test(unreadable_blocks_are_found_to_the_block),
        cmocka_unit_test(stop_ends_a_check),
        cmocka_unit_test(dropped_and_flipped_writes_are_found),
        cmocka_unit_test(canaries_stand_where_they_should),
        cmocka_unit_test(living_canaries_are_counted),
        cmocka_unit_test(broken_and_strayed_canaries_count),
        cmocka_unit_test(drives_that_keep_no_canary),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
