/* SPDX-License-Identifier: Apache-2.0 */
#include "stream_model.h"

enum { MIB = 1 << 20 };

static struct uw_write_result write_image(struct model *model, const struct uw_image *image)
{
    struct uw_write_result result;
    struct uw_error e = {0};
    assert_true(uw_stream_write(&model->stream, image, &result, &e));
    assert_int_equal(model->pending_count, 0);
    return result;
}

/* The medium holds the image but for the unwritten ranges, which hold what was there before. */
static void assert_written(const struct model *model, const struct uw_image *image,
                           const struct uw_write_result *result)
{
    uint64_t bytes = model->transport.bytes, at = 0;
    uint8_t *expected = expected_image(image, bytes), *old = malloc(bytes);
    memset(old, 'D', bytes);
    for (size_t i = 0; i < result->unwritten.count; i++) {
        const struct uw_range *range = &result->unwritten.items[i];
        assert_memory_equal(model->media + at, expected + at, range->offset - at);
        assert_memory_equal(model->media + range->offset, old + range->offset, range->length);
        at = range->offset + range->length;
    }
    assert_memory_equal(model->media + at, expected + at, bytes - at);
    assert_int_equal(result->bytes_written + result->unwritten.bytes, bytes);
    free(old);
    free(expected);
}

static void every_byte_of_every_size(void **state)
{
    (void)state;
    static const struct {
        uint64_t bytes;
        uint32_t block_bytes;
    } drives[] = {{1, 512},
                  {511, 512},
                  {512, 512},
                  {513, 512},
                  {4096, 4096},
                  {MIB - 512, 512},
                  {MIB, 512},
                  {MIB + 512, 512},
                  {MIB + 1, 512},
                  {5 * MIB + 1536, 512},
                  {5 * MIB + 1536, 4096},
                  {5 * MIB + 4096, 4096},
                  {9 * MIB - 1, 512},
                  {3 * MIB + 65536, 65536},
                  {3 * MIB + 777, 65536}};
    for (size_t i = 0; i < sizeof drives / sizeof drives[0]; i++)
        for (size_t j = 0; j < IMAGES; j++) {
            struct uw_image image = image_of(image_names[j]);
            struct model *model = model_new(drives[i].bytes, drives[i].block_bytes, 1 + i * 17 + j);
            struct uw_write_result result = write_image(model, &image);
            assert_int_equal(result.bytes_written, drives[i].bytes);
            assert_int_equal(result.unwritten.bytes, 0);
            assert_int_equal(result.retries, 0);
            assert_false(result.stopped);
            assert_written(model, &image, &result);
            uw_write_result_clear(&result);
            model_free(model);
        }
}

static void queue_is_kept_full(void **state)
{
    (void)state;
    struct uw_image image = image_of("00");
    struct model *model = model_new(32 * MIB, 512, 0);
    struct uw_write_result result = write_image(model, &image);
    assert_int_equal(model->pending_most, UW_STREAM_BUFFERS);
    assert_int_equal(model->writes, 32);
    uw_write_result_clear(&result);
    model_free(model);
}

/* A tail that only the page cache takes is a transfer of its own; model_check sees to that. */
static void buffered_tails(void **state)
{
    (void)state;
    static const uint32_t tails[] = {1, 511, 512, 1536, 3584, 4095};
    for (size_t i = 0; i < sizeof tails / sizeof tails[0]; i++) {
        struct uw_image image = image_of("random");
        struct model *model = model_new(2 * MIB + 8192 + tails[i], 512, 5);
        model->transport.buffered_tail_bytes = tails[i];
        struct uw_write_result result = write_image(model, &image);
        assert_written(model, &image, &result);
        assert_int_equal(result.unwritten.bytes, 0);
        uw_write_result_clear(&result);
        model_free(model);
    }
}

/* A run of many drives has fewer buffers for each, and in the end one. A pattern of three bytes then has none
 * for each way in which it lies. */
static void fewer_buffers(void **state)
{
    (void)state;
    for (unsigned buffers = 1; buffers <= UW_STREAM_BUFFERS + 1; buffers++)
        for (size_t j = 0; j < IMAGES; j++) {
            struct uw_image image = image_of(image_names[j]);
            struct model *model = model_new(9 * MIB + 1536, 512, 1 + j);
            struct uw_error e = {0};
            free(model->arena);
            model->arena = NULL;
            model->stream.buffers = buffers;
            assert_true(uw_stream_begin(&model->stream, &e));
            model_add_bad(model, 3 * MIB + 512, 512, WRITES);
            struct uw_write_result result = write_image(model, &image);
            assert_int_equal(model->pending_most, buffers < UW_STREAM_BUFFERS ? buffers : UW_STREAM_BUFFERS);
            assert_int_equal(result.unwritten.bytes, 512);
            assert_written(model, &image, &result);
            uw_write_result_clear(&result);
            model_free(model);
        }
}

struct bad {
    uint64_t block, count; /* of 512 or 4096 bytes */
};

static void assert_exactly(const struct uw_ranges *ranges, const struct bad *bad, size_t count,
                           uint32_t block_bytes, int error)
{
    assert_int_equal(ranges->count, count);
    assert_int_equal(ranges->omitted, 0);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(ranges->items[i].offset, bad[i].block * block_bytes);
        assert_int_equal(ranges->items[i].length, bad[i].count * block_bytes);
        assert_int_equal(ranges->items[i].errno_value, error);
    }
}

static void bad_blocks_are_found_to_the_block(void **state)
{
    (void)state;
    /* Of 16 MiB: first, last, across a chunk's border, a run longer than the pump's patience, a whole chunk,
     * two. */
    static const struct {
        size_t count;
        struct bad bad[3];
    } rows[] = {{1, {{0, 1}}},
                {1, {{4095, 1}}},
                {1, {{255, 2}}},
                {1, {{300, 150}}},
                {1, {{256, 256}}},
                {1, {{700, 1500}}},
                {3, {{5, 1}, {7, 1}, {1000, 30}}}};
    static const uint32_t blocks[] = {512, 4096};
    for (size_t i = 0; i < 2 * sizeof rows / sizeof rows[0]; i++) {
        uint32_t block_bytes = blocks[i % 2];
        size_t row = i / 2;
        struct uw_image image = image_of(i % 3 == 0 ? "924924" : "random");
        struct model *model = model_new(4096ULL * block_bytes, block_bytes, 1 + i);
        for (size_t j = 0; j < rows[row].count; j++)
            model_add_bad(model, rows[row].bad[j].block * block_bytes, rows[row].bad[j].count * block_bytes,
                          WRITES);
        struct uw_write_result result = write_image(model, &image);
        assert_exactly(&result.unwritten, rows[row].bad, rows[row].count, block_bytes, EIO);
        assert_true(result.retries > 0);
        assert_written(model, &image, &result);
        uw_write_result_clear(&result);
        model_free(model);
    }
}

static void one_bad_block_costs_few_transfers(void **state)
{
    (void)state;
    struct uw_image image = image_of("00");
    struct model *model = model_new(8 * MIB, 512, 0);
    model_add_bad(model, 3 * MIB + 77 * 512, 512, WRITES);
    struct uw_write_result result = write_image(model, &image);
    /* Its chunk in 16 pieces, one of these in 16, one of these in blocks, and the block when all else is
     * done. */
    assert_int_equal(result.retries, 16 + 16 + 8 + 1);
    assert_int_equal(model->smallest_bytes, 512);
    uw_write_result_clear(&result);
    model_free(model);
}

static void more_bad_blocks_than_are_listed(void **state)
{
    (void)state;
    enum { BAD = 5000 };
    struct uw_image image = image_of("55");
    struct model *model = model_new(BAD * 1024, 512, 0);
    for (uint64_t i = 0; i < BAD; i++)
        model_add_bad(model, i * 1024, 512, WRITES);
    struct uw_write_result result = write_image(model, &image);
    assert_int_equal(result.unwritten.bytes, BAD * 512);
    assert_int_equal(result.bytes_written, BAD * 512);
    assert_int_equal(result.unwritten.count, UW_RANGES_LISTED);
    assert_int_equal(result.unwritten.omitted, BAD - UW_RANGES_LISTED);
    for (uint64_t i = 0; i < 2 * BAD; i++)
        assert_int_equal(model->media[i * 512], i % 2 == 0 ? 'D' : 0x55);
    uw_write_result_clear(&result);
    model_free(model);
}

static void what_passes_at_the_second_try_is_written(void **state)
{
    (void)state;
    static const int errors[] = {EIO, ETIMEDOUT, EAGAIN};
    for (size_t i = 0; i < 3; i++) {
        struct uw_image image = image_of("random");
        struct model *model = model_new(6 * MIB, 512, 3);
        model_add_fault(model, (struct fault){.kind = FAULT_ERROR,
                                              .offset = 2 * MIB + 512,
                                              .length = 512,
                                              .error = errors[i],
                                              .directions = WRITES,
                                              .times = 1});
        struct uw_write_result result = write_image(model, &image);
        assert_int_equal(result.retries, 16);
        assert_int_equal(result.recovered_bytes, 0);
        assert_int_equal(result.bytes_written, 6 * MIB);
        assert_written(model, &image, &result);
        uw_write_result_clear(&result);
        model_free(model);
    }
}

/* It fails in its chunk, in two pieces of that, and alone; and once more while the others go on. */
static void what_passes_in_the_end_is_written(void **state)
{
    (void)state;
    for (int times = 4; times <= 5; times++) {
        struct uw_image image = image_of("random");
        struct model *model = model_new(6 * MIB, 512, 3);
        model_add_fault(model, (struct fault){.kind = FAULT_ERROR,
                                              .offset = 2 * MIB + 512,
                                              .length = 512,
                                              .error = EIO,
                                              .directions = WRITES,
                                              .times = times});
        struct uw_write_result result = write_image(model, &image);
        assert_int_equal(result.recovered_bytes, times == 4 ? 512 : 0);
        assert_int_equal(result.unwritten.bytes, times == 4 ? 0 : 512);
        assert_int_equal(result.not_narrowed_bytes, 0);
        assert_written(model, &image, &result);
        uw_write_result_clear(&result);
        model_free(model);
    }
}

/* Far more bad than good: all but one block in a hundred, and the last of each chunk. */
enum { SPARSE_FROM = 3000, SPARSE_END = 3000 + 8 * 2048, SPARSE_GOOD = 103 };

static bool is_sparse_good(uint64_t block)
{
    return block < SPARSE_FROM || block >= SPARSE_END || (block % SPARSE_GOOD == 50 && block % 2048 != 2047);
}

static struct model *new_sparse_model(uint64_t order)
{
    struct model *model = model_new(16 * MIB, 512, order);
    for (uint64_t block = SPARSE_FROM, end; block < SPARSE_END; block = end + 1) {
        for (end = block; !is_sparse_good(end); end++)
            ;
        if (end > block)
            model_add_bad(model, block * 512, (end - block) * 512, WRITES);
    }
    return model;
}

static uint64_t sparse_bad(void)
{
    uint64_t count = 0;
    for (uint64_t block = SPARSE_FROM; block < SPARSE_END; block++)
        count += !is_sparse_good(block);
    return count;
}

static void assert_sparse(const struct uw_ranges *ranges)
{
    uint64_t at = 0;
    for (size_t i = 0; i < ranges->count; i++) {
        for (; at < ranges->items[i].offset / 512; at++)
            assert_true(is_sparse_good(at));
        for (uint64_t left = ranges->items[i].length / 512; left > 0; left--, at++)
            assert_false(is_sparse_good(at));
    }
    for (; at < SPARSE_END; at++)
        assert_true(is_sparse_good(at));
}

static void good_blocks_in_bad_company_are_written(void **state)
{
    (void)state;
    for (uint64_t order = 0; order < 4; order++) {
        struct uw_image image = image_of("random");
        struct model *model = new_sparse_model(order);
        struct uw_write_result result = write_image(model, &image);
        assert_int_equal(result.unwritten.bytes, sparse_bad() * 512);
        assert_int_equal(result.not_narrowed_bytes, 0);
        assert_true(result.recovered_bytes > 0);
        assert_sparse(&result.unwritten);
        assert_written(model, &image, &result);
        uw_write_result_clear(&result);
        model_free(model);
    }
}

static unsigned pauses;

static void pause_once(void *clock, uint32_t ms)
{
    struct model *model = clock;
    assert_int_equal(model->pending_count, 0);
    assert_true(ms > 0);
    model->clock_ms += ms;
    pauses++;
}

/* A drive that takes its time over each bad block: the second round has so much of it, over all passes; what
 * is left is said to be bad, and that it was not looked at more closely. */
static void a_dying_drive_cannot_stretch_it(void **state)
{
    (void)state;
    uint64_t again_ms = 300000;
    struct uw_image image = image_of("random");
    struct model *model = new_sparse_model(5);
    model->stream.again_ms = &again_ms;
    model->stream.wait_ms = pause_once;
    model->transfer_ms = 1000;
    pauses = 0;
    for (int pass = 0; pass < 2; pass++) {
        memset(model->media, 'D', model->transport.bytes);
        uint64_t before_ms = model->clock_ms, before = model->writes;
        struct uw_write_result result = write_image(model, &image);
        assert_int_equal(again_ms, 0);
        assert_int_equal(pauses, pass + 1);
        assert_true(result.unwritten.bytes > sparse_bad() * 512);
        assert_true(result.not_narrowed_bytes > 0);
        assert_int_equal(result.recovered_bytes > 0, pass == 0);
        assert_written(model, &image, &result);
        assert_int_equal(model->clock_ms - before_ms, (model->writes - before) * 1000 + 1000);
        if (pass == 1)
            assert_true(model->writes - before < 2000);
        uw_write_result_clear(&result);
    }
    model_free(model);
}

/* Short transfers say nothing of an error: the rest is sent again, and what never goes through is recorded.
 */
static void short_transfers(void **state)
{
    (void)state;
    static const struct {
        uint64_t offset;
        int times;
        uint64_t lost; /* bytes */
    } rows[] = {{MIB + 4096, 1, 0},        {MIB + 4096 + 100, 1, 0}, {MIB, 1, 0},
                {MIB + 4096, ALWAYS, 512}, {2 * MIB - 512, 1, 0},    {MIB + 700, ALWAYS, 512}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct uw_image image = image_of(i % 2 ? "fffffffd" : "random");
        struct model *model = model_new(3 * MIB, 512, 11);
        model_add_fault(model, (struct fault){.kind = FAULT_SHORT,
                                              .offset = rows[i].offset,
                                              .length = 1,
                                              .directions = WRITES,
                                              .times = rows[i].times});
        struct uw_write_result result = write_image(model, &image);
        assert_int_equal(result.unwritten.bytes, rows[i].lost);
        assert_int_equal(result.bytes_written, 3 * MIB - rows[i].lost);
        if (rows[i].lost > 0) {
            assert_int_equal(result.unwritten.items[0].offset, rows[i].offset / 512 * 512);
            assert_int_equal(result.unwritten.items[0].errno_value, EIO);
        }
        uw_write_result_clear(&result);
        model_free(model);
    }
}

/* A full device: everything from some byte on fails, and it ends in time. Of small blocks not each one is
 * tried. */
static void full_device_ends_with_few_transfers(void **state)
{
    (void)state;
    static const uint32_t blocks[] = {4096, 512};
    for (size_t i = 0; i < 2; i++) {
        const uint64_t bytes = 64 * MIB, full = 20 * MIB + 77 * 4096, each = blocks[i];
        struct uw_image image = image_of("00");
        struct model *model = model_new(bytes, blocks[i], 9);
        model_add_bad(model, full, bytes - full, WRITES);
        model->faults[0].error = ENOSPC;
        struct uw_write_result result = write_image(model, &image);
        const struct bad rest = {full / each, (bytes - full) / each};
        assert_exactly(&result.unwritten, &rest, 1, blocks[i], ENOSPC);
        assert_written(model, &image, &result);
        assert_true(model->writes < 64 + 64 + 300 + 2 * 44 + 16500);
        assert_int_equal(result.not_narrowed_bytes > 0, blocks[i] == 512);
        assert_int_equal(result.recovered_bytes, 0);
        uw_write_result_clear(&result);
        model_free(model);
    }
}

static void drive_that_is_gone_is_let_go(void **state)
{
    (void)state;
    struct uw_image image = image_of("random");
    struct model *model = model_new(64 * MIB, 512, 9);
    model->gone_from = 10;
    struct uw_write_result result = write_image(model, &image);
    assert_int_equal(result.bytes_written, 10 * MIB);
    assert_int_equal(result.unwritten.bytes, 54 * MIB);
    for (size_t i = 0; i < result.unwritten.count; i++)
        assert_int_equal(result.unwritten.items[i].errno_value, ENODEV);
    assert_true(model->writes < 200);
    assert_false(result.stopped);
    uw_write_result_clear(&result);
    model_free(model);
}

static void stop_ends_after_what_is_in_flight(void **state)
{
    (void)state;
    struct uw_image image = image_of("00");
    struct model *model = model_new(32 * MIB, 512, 7);
    model->stop_at = 6;
    struct uw_write_result result = write_image(model, &image);
    assert_true(result.stopped);
    assert_int_equal(model->writes, 6 + UW_STREAM_BUFFERS - 1);
    assert_int_equal(result.bytes_written, model->writes * MIB);
    assert_int_equal(result.unwritten.bytes, 0);
    uw_write_result_clear(&result);
    model_free(model);
}

static void stop_before_and_after(void **state)
{
    (void)state;
    struct uw_image image = image_of("00");
    struct model *model = model_new(4 * MIB, 512, 0);
    atomic_store(&model->stop, true);
    struct uw_write_result result = write_image(model, &image);
    assert_true(result.stopped);
    assert_int_equal(model->writes, 0);
    uw_write_result_clear(&result);
    model_free(model);

    /* Raised by the last transfer: nothing was left to do, nothing was stopped. */
    model = model_new(4 * MIB, 512, 0);
    model->stop_at = 4;
    result = write_image(model, &image);
    assert_false(result.stopped);
    assert_int_equal(result.bytes_written, 4 * MIB);
    uw_write_result_clear(&result);
    model_free(model);
}

/* What had failed twice before the stop is known to be unwritten. */
static void stop_while_narrowing_records_what_failed(void **state)
{
    (void)state;
    struct uw_image image = image_of("00");
    struct model *model = model_new(16 * MIB, 512, 0);
    model_add_bad(model, 0, 512, WRITES);
    model->stop_at = 5;
    struct uw_write_result result = write_image(model, &image);
    assert_true(result.stopped);
    assert_int_equal(result.unwritten.bytes, MIB / 16);
    assert_int_equal(result.unwritten.items[0].offset, 0);
    assert_int_equal(result.bytes_written, 3 * MIB + 3 * (MIB / 16));
    uw_write_result_clear(&result);
    model_free(model);
}

static void broken_machinery_fails_and_leaves_nothing_in_flight(void **state)
{
    (void)state;
    struct uw_image image = image_of("random");
    for (uint64_t at = 1; at <= 7; at += 3) {
        struct uw_write_result result;
        struct uw_error e = {0};
        struct model *model = model_new(16 * MIB, 512, 7);
        model->fail_submit_at = at;
        assert_false(uw_stream_write(&model->stream, &image, &result, &e));
        assert_string_equal(e.text, "the queue broke");
        assert_int_equal(model->pending_count, 0);
        uw_write_result_clear(&result);
        model_free(model);

        model = model_new(16 * MIB, 512, 7);
        model->fail_reap_at = at;
        assert_false(uw_stream_write(&model->stream, &image, &result, &e));
        assert_string_equal(e.text, "the queue broke");
        assert_int_equal(result.bytes_written, (at - 1) * MIB);
        model->pending_count = 0;
        uw_write_result_clear(&result);
        model_free(model);
    }
}

static void strange_patterns_and_blocks_are_refused(void **state)
{
    (void)state;
    struct uw_write_result result;
    struct uw_error e = {0};
    struct uw_image image = {.pass.kind = UW_PASS_FIXED, .pass.pattern_bytes = 0};
    struct model *model = model_new(MIB, 512, 0);
    assert_false(uw_stream_write(&model->stream, &image, &result, &e));
    image.pass.pattern_bytes = UW_PATTERN_BYTES + 1;
    assert_false(uw_stream_write(&model->stream, &image, &result, &e));
    assert_int_equal(model->writes, 0);
    model->transport.block_bytes = 520;
    assert_false(uw_stream_begin(&model->stream, &e));
    model_free(model);
}

struct seen {
    unsigned calls;
    uint64_t first, last, lost, total;
    bool backwards;
};

static void note_progress(void *user, uint64_t done_bytes, uint64_t lost_bytes, uint64_t total_bytes)
{
    struct seen *seen = user;
    if (seen->calls++ == 0)
        seen->first = done_bytes;
    seen->backwards |= done_bytes < seen->last || done_bytes > total_bytes;
    seen->last = done_bytes;
    seen->lost = lost_bytes;
    seen->total = total_bytes;
}

static void progress_goes_from_nothing_to_all(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct uw_image image = image_of("00");
    struct model *model = model_new(40 * MIB + 512, 512, 7);
    model->stream.progress = note_progress;
    model->stream.user = &seen;
    model_add_bad(model, 5 * MIB, 4096, WRITES);
    struct uw_write_result result = write_image(model, &image);
    assert_in_range(seen.calls, 2, 30); /* not one a transfer */
    assert_int_equal(seen.first, 0);
    assert_int_equal(seen.last, 40 * MIB + 512);
    assert_int_equal(seen.lost, 4096);
    assert_int_equal(seen.total, 40 * MIB + 512);
    assert_false(seen.backwards);
    uw_write_result_clear(&result);
    model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_of_every_size),
        cmocka_unit_test(queue_is_kept_full),
        cmocka_unit_test(buffered_tails),
        cmocka_unit_test(fewer_buffers),
        cmocka_unit_test(bad_blocks_are_found_to_the_block),
        cmocka_unit_test(one_bad_block_costs_few_transfers),
        cmocka_unit_test(more_bad_blocks_than_are_listed),
        cmocka_unit_test(what_passes_at_the_second_try_is_written),
        cmocka_unit_test(what_passes_in_the_end_is_written),
        cmocka_unit_test(good_blocks_in_bad_company_are_written),
        cmocka_unit_test(a_dying_drive_cannot_stretch_it),
        cmocka_unit_test(short_transfers),
        cmocka_unit_test(full_device_ends_with_few_transfers),
        cmocka_unit_test(drive_that_is_gone_is_let_go),
        cmocka_unit_test(stop_ends_after_what_is_in_flight),
        cmocka_unit_test(stop_before_and_after),
        cmocka_unit_test(stop_while_narrowing_records_what_failed),
        cmocka_unit_test(broken_machinery_fails_and_leaves_nothing_in_flight),
        cmocka_unit_test(strange_patterns_and_blocks_are_refused),
        cmocka_unit_test(progress_goes_from_nothing_to_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
