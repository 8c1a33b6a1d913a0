/* SPDX-License-Identifier: Apache-2.0 */
/* Writing an image over a drive. */
#include "engine/stream.h"

#include <limits.h>

#include "engine/stream_parts.h"

struct writer {
    struct uw_painter painter;
    struct uw_stream stream;
    bool filled[UW_STREAM_BUFFERS]; /* fixed pattern: buffer n holds it as it lies at n, n + pattern_bytes,
                                       ... */
    uint64_t written;
};

bool uw_stream_begin(struct uw_stream *stream, struct uw_error *e)
{
    struct uw_transport *t = stream->transport;
    if (t->block_bytes == 0 || UW_STREAM_BUFFER_BYTES % t->block_bytes != 0)
        return uw_fail(e, UW_E_IO, "no transfers of blocks of %u bytes", t->block_bytes);
    if (stream->buffers == 0 || stream->buffers > UW_STREAM_BUFFERS)
        stream->buffers = UW_STREAM_BUFFERS;
    return t->ops->begin(t, stream->buffers, UW_STREAM_BUFFER_BYTES, &stream->arena, e);
}

/* A fixed pattern is made once for all transfers, where there is a buffer for each way in which it lies. Only
 * one of three bytes lies differently from block to block. */
static bool prepare(void *work, unsigned own, uint64_t offset, uint32_t length, unsigned *buffer,
                    struct uw_error *e)
{
    struct writer *writer = work;
    bool fixed =
        writer->painter.keystream == NULL && writer->painter.pass.pattern_bytes <= writer->stream.buffers;
    *buffer = fixed ? (unsigned)(offset % writer->painter.pass.pattern_bytes) : own;
    if (fixed && writer->filled[*buffer])
        return true;
    writer->filled[*buffer] = fixed;
    uint8_t *data = writer->stream.arena + (size_t)*buffer * UW_STREAM_BUFFER_BYTES;
    return uw_painter_fill(&writer->painter, offset, data, fixed ? UW_STREAM_BUFFER_BYTES : length, e);
}

static bool count(void *work, uint64_t offset, uint8_t *data, uint32_t length, struct uw_error *e)
{
    struct writer *writer = work;
    (void)offset, (void)data, (void)e;
    writer->written += length;
    return true;
}

bool uw_stream_write(const struct uw_stream *stream, const struct uw_image *image,
                     struct uw_write_result *result, struct uw_error *e)
{
    *result = (struct uw_write_result){0};
    struct writer writer = {.stream = *stream};
    struct uw_pump pump = {.stream = stream,
                           .direction = UW_WRITE,
                           .prepare = prepare,
                           .moved = count,
                           .work = &writer,
                           .lost = &result->unwritten};
    bool good = uw_painter_open(&writer.painter, image, e) && uw_pump_run(&pump, e);
    uw_painter_close(&writer.painter);
    result->bytes_written = writer.written;
    result->not_narrowed_bytes = pump.whole_bytes;
    result->retries = pump.retries;
    result->recovered_bytes = pump.recovered_bytes;
    result->stopped = pump.stopped;
    result->stalled = pump.stalled;
    return good;
}

bool uw_stream_flush(const struct uw_stream *stream, bool *stalled, struct uw_error *e)
{
    struct uw_transport *t = stream->transport;
    int timeout_ms = stream->stall_ms == 0        ? -1
                     : stream->stall_ms > INT_MAX ? INT_MAX
                                                  : (int)stream->stall_ms;
    *stalled = t->abandoned;
    if (*stalled)
        return uw_fail(e, UW_E_IO, "the drive was given up: cannot flush");
    bool good = t->ops->flush(t, timeout_ms, stalled, e);
    if (*stalled)
        t->abandoned = true;
    return good;
}

void uw_write_result_clear(struct uw_write_result *result)
{
    uw_ranges_clear(&result->unwritten);
    *result = (struct uw_write_result){0};
}
