/* SPDX-License-Identifier: Apache-2.0 */
/* Drives that stop answering, and drives that are only slow. The clock is the model's: it moves while
 * somebody waits. */
#include "stream_model.h"

enum { MIB = 1 << 20, STALL_MS = 120000, SLICE_MS = 200, HOUR_MS = 3600000 };

static struct model *patient_model(uint64_t bytes)
{
    struct model *model = model_new(bytes, 512, 1);
    model->stream.stall_ms = STALL_MS;
    return model;
}

static void add_hang(struct model *model, uint64_t offset, uint64_t length, int directions)
{
    model_add_fault(model, (struct fault){.kind = FAULT_HANG,
                                          .offset = offset,
                                          .length = length,
                                          .directions = directions,
                                          .times = ALWAYS});
}

static struct uw_write_result write_zeros(struct model *model)
{
    struct uw_write_result result;
    struct uw_error e = {0};
    struct uw_image image = image_of("00");
    assert_true(uw_stream_write(&model->stream, &image, &result, &e));
    assert_int_equal(e.code, UW_OK);
    return result;
}

static void one_transfer_hangs(void **state)
{
    (void)state;
    struct model *model = patient_model(16 * MIB);
    add_hang(model, 5 * MIB + 4096, 512, WRITES);
    struct uw_write_result result = write_zeros(model);
    assert_true(result.stalled);
    assert_false(result.stopped);
    assert_int_equal(result.bytes_written, 15 * MIB); /* the others found their way around it */
    assert_int_equal(result.unwritten.bytes, 0);
    assert_in_range(model->clock_ms, STALL_MS, STALL_MS + SLICE_MS);
    assert_true(model->transport.abandoned);
    assert_int_equal(model->media[5 * MIB], 'D');
    assert_int_equal(model->media[16 * MIB - 1], 0);
    uw_write_result_clear(&result);
    model_free(model);
}

static void the_whole_drive_hangs(void **state)
{
    (void)state;
    struct model *model = patient_model(64 * MIB);
    add_hang(model, 20 * MIB, 44 * MIB, BOTH);
    struct uw_write_result result = write_zeros(model);
    assert_true(result.stalled);
    assert_int_equal(result.bytes_written, 20 * MIB);
    assert_int_equal(result.unwritten.bytes, 0);
    assert_int_equal(model->writes, 20 + UW_STREAM_BUFFERS);
    uw_write_result_clear(&result);
    model_free(model);
}

/* Nothing of an abandoned drive is touched any more, whoever asks. */
static void after_a_stall_nothing_is_sent(void **state)
{
    (void)state;
    struct model *model = patient_model(8 * MIB);
    struct uw_image image = image_of("00");
    struct uw_error e = {0};
    bool stalled = false;
    add_hang(model, 0, 8 * MIB, WRITES);
    struct uw_write_result result = write_zeros(model);
    assert_int_equal(model->writes, UW_STREAM_BUFFERS);
    uint64_t clock_ms = model->clock_ms;
    uw_write_result_clear(&result);
    result = write_zeros(model);
    assert_true(result.stalled);
    assert_int_equal(result.bytes_written + result.unwritten.bytes, 0);
    struct uw_check_result check;
    assert_true(uw_stream_check(&model->stream, &image, NULL, NULL, &check, &e));
    assert_true(check.stalled);
    assert_int_equal(check.bytes_read, 0);
    assert_false(uw_stream_flush(&model->stream, &stalled, &e));
    assert_true(stalled);
    assert_int_equal(model->writes + model->reads, UW_STREAM_BUFFERS);
    assert_int_equal(model->flushes, 0);
    assert_int_equal(model->clock_ms, clock_ms);
    uw_check_result_clear(&check);
    uw_write_result_clear(&result);
    model_free(model);
}

static void a_slow_drive_has_not_stalled(void **state)
{
    (void)state;
    struct model *model = patient_model(64 * MIB);
    model->transfer_ms = STALL_MS - 1;
    struct uw_write_result result = write_zeros(model);
    assert_false(result.stalled);
    assert_int_equal(result.bytes_written, 64 * MIB);
    assert_int_equal(model->clock_ms, 64ULL * (STALL_MS - 1));
    assert_false(model->transport.abandoned);
    uw_write_result_clear(&result);
    model_free(model);
}

static void without_a_limit_it_waits(void **state)
{
    (void)state;
    struct model *model = patient_model(2 * MIB);
    model->stream.stall_ms = 0;
    model->transfer_ms = 10 * HOUR_MS;
    struct uw_write_result result = write_zeros(model);
    assert_false(result.stalled);
    assert_int_equal(result.bytes_written, 2 * MIB);
    assert_int_equal(model->clock_ms, 20ULL * HOUR_MS);
    uw_write_result_clear(&result);
    model_free(model);
}

/* While the process was stopped or the machine slept, the drive could not answer. */
static void time_that_we_slept_is_not_the_drive_s(void **state)
{
    (void)state;
    struct model *model = patient_model(4 * MIB);
    model->transfer_ms = 1000;
    model->sleep_ms = 8 * HOUR_MS;
    struct uw_write_result result = write_zeros(model);
    assert_false(result.stalled);
    assert_int_equal(result.bytes_written, 4 * MIB);
    assert_int_equal(model->clock_ms, 8ULL * HOUR_MS + 4000);
    uw_write_result_clear(&result);
    model_free(model);
}

static void short_limits(void **state)
{
    (void)state;
    static const uint32_t limits[] = {1, 199, 200, 201, 1000};
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        struct model *model = patient_model(2 * MIB);
        model->stream.stall_ms = limits[i];
        add_hang(model, 0, 1, WRITES);
        struct uw_write_result result = write_zeros(model);
        assert_true(result.stalled);
        assert_int_equal(result.bytes_written, MIB);
        assert_int_equal(model->clock_ms, limits[i]);
        uw_write_result_clear(&result);
        model_free(model);
    }
}

/* The stop is seen while waiting; what a healthy drive has in flight is waited for all the same. */
static void stop_while_waiting(void **state)
{
    (void)state;
    struct model *model = patient_model(32 * MIB);
    model->transfer_ms = 5000;
    model->stop_at_ms = 5000 + 600;
    struct uw_write_result result = write_zeros(model);
    assert_true(result.stopped);
    assert_false(result.stalled);
    assert_int_equal(result.bytes_written, (1 + UW_STREAM_BUFFERS) * MIB);
    assert_int_equal(model->clock_ms, 5000 * (1 + UW_STREAM_BUFFERS));
    uw_write_result_clear(&result);
    model_free(model);

    model = patient_model(32 * MIB);
    add_hang(model, 0, 32 * MIB, WRITES);
    model->stop_at_ms = 600;
    result = write_zeros(model);
    assert_true(result.stopped);
    assert_true(result.stalled);
    assert_int_equal(result.bytes_written, 0);
    /* Somebody stands there who wants to go: the stall limit is ten times as long. */
    assert_in_range(model->clock_ms, 600 + UW_STOP_MS, 600 + UW_STOP_MS + 2 * SLICE_MS);
    uw_write_result_clear(&result);
    model_free(model);

    /* Nothing was left to do but to wait: nothing was stopped. */
    model = patient_model(2 * MIB);
    model->transfer_ms = 5000;
    model->stop_at_ms = 600;
    result = write_zeros(model);
    assert_false(result.stopped);
    assert_int_equal(result.bytes_written, 2 * MIB);
    uw_write_result_clear(&result);
    model_free(model);
}

/* A piece that had failed is known to be unwritten; the one that hangs is known to be nothing. */
static void failed_and_hanging(void **state)
{
    (void)state;
    struct model *model = patient_model(16 * MIB);
    model_add_bad(model, 3 * MIB, 4096, WRITES);
    add_hang(model, 9 * MIB, MIB, WRITES);
    struct uw_write_result result = write_zeros(model);
    assert_true(result.stalled);
    assert_int_equal(result.unwritten.count, 1);
    assert_int_equal(result.unwritten.items[0].offset, 3 * MIB);
    assert_int_equal(result.unwritten.bytes, 4096);
    assert_int_equal(result.bytes_written, 15 * MIB - 4096);
    uw_write_result_clear(&result);
    model_free(model);
}

static void reading_hangs(void **state)
{
    (void)state;
    struct uw_image image = image_of("44"); /* 'D' */
    struct uw_error e = {0};
    struct uw_check_result result;
    struct model *model = patient_model(16 * MIB);
    add_hang(model, 16 * MIB - 512, 512, READS);
    assert_true(uw_stream_check(&model->stream, &image, NULL, NULL, &result, &e));
    assert_true(result.stalled);
    assert_int_equal(result.bytes_read, 15 * MIB);
    assert_int_equal(result.matching, result.blocks_read);
    assert_int_equal(result.unreadable.bytes, 0);
    assert_true(result.first_read);
    assert_false(result.last_read);
    uw_check_result_clear(&result);
    model_free(model);
}

/* Who stops a verification waits for what is in flight, and of a drive that hangs no longer than of one that
 * is written. */
static void stop_while_reading(void **state)
{
    (void)state;
    struct uw_image image = image_of("44"); /* 'D' */
    for (int hangs = 0; hangs < 2; hangs++) {
        struct uw_error e = {0};
        struct uw_check_result result;
        struct model *model = patient_model(32 * MIB);
        model->transfer_ms = 5000;
        model->stop_at_ms = 5600;
        if (hangs)
            add_hang(model, MIB, 31 * MIB, READS);
        assert_true(uw_stream_check(&model->stream, &image, NULL, NULL, &result, &e));
        assert_true(result.stopped);
        assert_int_equal(result.stalled, hangs);
        assert_int_equal(result.bytes_read, hangs ? MIB : (1 + UW_STREAM_BUFFERS) * MIB);
        if (hangs)
            assert_in_range(model->clock_ms, 5600 + UW_STOP_MS, 5600 + UW_STOP_MS + 2 * SLICE_MS);
        assert_int_equal(result.matching, result.blocks_read);
        assert_int_equal(result.unreadable.bytes, 0);
        uw_check_result_clear(&result);
        model_free(model);
    }
}

static void flushing_hangs(void **state)
{
    (void)state;
    struct model *model = patient_model(MIB);
    struct uw_error e = {0};
    bool stalled = true;
    assert_true(uw_stream_flush(&model->stream, &stalled, &e));
    assert_false(stalled);
    model->flush_hangs = true;
    assert_false(uw_stream_flush(&model->stream, &stalled, &e));
    assert_true(stalled);
    assert_true(model->transport.abandoned);
    assert_int_equal(model->clock_ms, STALL_MS);
    model_free(model);
}

static void planting_hangs(void **state)
{
    (void)state;
    struct uw_extent places[3] = {{0, 65536}, {4 * MIB, 65536}, {8 * MIB - 65536, 65536}};
    const struct uw_canaries canaries = {
        .key = {1}, .places = {.items = places, .count = 3}, .canary_bytes = 4096};
    for (int i = 0; i < 3; i++) {
        struct model *model = patient_model(8 * MIB);
        struct uw_canary_result result;
        struct uw_error e = {0};
        if (i < 2)
            add_hang(model, 4 * MIB, 512, i == 0 ? WRITES : READS);
        model->flush_hangs = i == 2;
        assert_true(uw_canaries_plant(&model->stream, &canaries, &result, &e));
        assert_true(result.stalled);
        assert_int_equal(result.written, i == 0 ? 2 : 3);
        assert_int_equal(result.readable_before, i == 1 ? 2 : 0);
        assert_int_equal(result.failed.bytes, 0);
        assert_int_equal(model->flushes, i == 1);
        uw_canary_result_clear(&result);
        model_free(model);
    }
}

/* Nothing waits for ever for what is in flight, not even after a failure of the machinery. */
static void broken_machinery_and_a_hanging_drive(void **state)
{
    (void)state;
    struct uw_write_result result;
    struct uw_error e = {0};
    struct uw_image image = image_of("random");
    struct model *model = patient_model(16 * MIB);
    model->fail_submit_at = 7;
    add_hang(model, 4 * MIB, MIB, WRITES);
    assert_false(uw_stream_write(&model->stream, &image, &result, &e));
    assert_string_equal(e.text, "the queue broke");
    assert_true(model->transport.abandoned);
    assert_in_range(model->clock_ms, STALL_MS, STALL_MS + SLICE_MS);
    uw_write_result_clear(&result);
    model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_transfer_hangs),
        cmocka_unit_test(the_whole_drive_hangs),
        cmocka_unit_test(after_a_stall_nothing_is_sent),
        cmocka_unit_test(a_slow_drive_has_not_stalled),
        cmocka_unit_test(without_a_limit_it_waits),
        cmocka_unit_test(time_that_we_slept_is_not_the_drive_s),
        cmocka_unit_test(short_limits),
        cmocka_unit_test(stop_while_waiting),
        cmocka_unit_test(failed_and_hanging),
        cmocka_unit_test(reading_hangs),
        cmocka_unit_test(stop_while_reading),
        cmocka_unit_test(flushing_hangs),
        cmocka_unit_test(planting_hangs),
        cmocka_unit_test(broken_machinery_and_a_hanging_drive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
