/* SPDX-License-Identifier: Apache-2.0 */
/* Comparing a drive with the image that it should hold. */
#include <string.h>

#include "engine/stream_parts.h"

struct checker {
    const struct uw_stream *stream;
    struct uw_painter painter;
    struct uw_marker *marker; /* NULL: no canaries were planted */
    struct uw_check_result *result;
};

static bool is_all(const uint8_t *data, size_t bytes, uint8_t value)
{
    return data[0] == value && uw_is_constant(data, bytes);
}

/* Keeps the lowest: completions and repeated reads come in any order. */
static void list_mismatch(struct uw_check_result *result, uint64_t lba)
{
    uint64_t *list = result->mismatching_lba;
    size_t count = result->mismatching_listed, at = count;
    while (at > 0 && list[at - 1] > lba)
        at--;
    if (at == UW_MISMATCHES_LISTED)
        return;
    if (count < UW_MISMATCHES_LISTED)
        count = ++result->mismatching_listed;
    memmove(&list[at + 1], &list[at], (count - 1 - at) * sizeof *list);
    list[at] = lba;
}

static void count_mismatch(struct uw_check_result *result, const uint8_t *data, size_t bytes, bool canary)
{
    if (canary)
        result->canaries++;
    else if (is_all(data, bytes, 0x00))
        result->zeros++;
    else if (is_all(data, bytes, 0xff))
        result->ones++;
    else
        result->other++;
}

static bool classify(struct checker *checker, uint64_t offset, uint8_t *data, size_t bytes,
                     struct uw_error *e)
{
    struct uw_check_result *result = checker->result;
    bool holds, canary = false, loose = uw_painter_is_loose(&checker->painter);
    if (!uw_painter_holds(&checker->painter, offset, data, bytes, &holds, e))
        return false;
    if ((!holds || loose) && checker->marker != NULL &&
        !uw_marker_knows(checker->marker, offset, data, bytes, &canary, e))
        return false;
    if (holds && !canary) {
        result->matching++;
        result->noise += loose && uw_is_noise(data, bytes);
        return true;
    }
    count_mismatch(result, data, bytes, canary);
    list_mismatch(result, offset / checker->stream->transport->block_bytes);
    return true;
}

static bool check(void *work, uint64_t offset, uint8_t *data, uint32_t length, struct uw_error *e)
{
    struct checker *checker = work;
    struct uw_check_result *result = checker->result;
    uint32_t block = checker->stream->transport->block_bytes;
    uint64_t blocks = ((uint64_t)length + block - 1) / block;
    bool holds;
    result->bytes_read += length;
    result->blocks_read += blocks;
    result->first_read |= offset == 0;
    result->last_read |= offset + length == checker->stream->transport->bytes;
    if (!uw_painter_holds(&checker->painter, offset, data, length, &holds, e))
        return false;
    if (holds && (!uw_painter_is_loose(&checker->painter) || uw_is_constant(data, length))) {
        result->matching += blocks;
        return true;
    }
    for (uint32_t done = 0; done < length; done += block) {
        uint32_t step = length - done < block ? length - done : block;
        if (!classify(checker, offset + done, data + done, step, e))
            return false;
    }
    return true;
}

bool uw_stream_check(const struct uw_stream *stream, const struct uw_image *image,
                     const struct uw_canaries *canaries, const struct uw_extents *extents,
                     struct uw_check_result *result, struct uw_error *e)
{
    *result = (struct uw_check_result){0};
    struct uw_marker marker = {0};
    struct checker checker = {
        .stream = stream, .marker = canaries != NULL ? &marker : NULL, .result = result};
    struct uw_pump pump = {.stream = stream,
                           .direction = UW_READ,
                           .extents = extents,
                           .moved = check,
                           .work = &checker,
                           .lost = &result->unreadable};
    bool good = uw_painter_open(&checker.painter, image, e) &&
                (canaries == NULL || uw_marker_open(&marker, canaries, stream->transport, e)) &&
                uw_pump_run(&pump, e);
    uw_marker_close(&marker);
    uw_painter_close(&checker.painter);
    result->buffered_bytes = pump.buffered_bytes;
    result->stopped = pump.stopped;
    result->stalled = pump.stalled;
    return good;
}

void uw_check_result_clear(struct uw_check_result *result)
{
    uw_ranges_clear(&result->unreadable);
    *result = (struct uw_check_result){0};
}
