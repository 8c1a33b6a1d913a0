/* SPDX-License-Identifier: Apache-2.0 */
/* What writing, checking and planting share: the pump moves bytes and deals with errors, the painter knows
 * the image, the marker knows the canaries. */
#ifndef UW_ENGINE_STREAM_PARTS_H
#define UW_ENGINE_STREAM_PARTS_H

#include "engine/keystream.h"
#include "engine/stream.h"

/* Where whole blocks that the transport moves directly end; what is left up to `bytes` is the tail. */
uint64_t uw_body_bytes(const struct uw_transport *t);

/* Keeps the queue full with the extents, in chunks of up to UW_STREAM_BUFFER_BYTES. Each byte ends in `moved`
 * or in *lost, once; only a stop, a stall or a failure of the machinery leaves bytes in neither. */
struct uw_pump {
    const struct uw_stream *stream;
    enum uw_direction direction;
    const struct uw_extents *extents; /* NULL: everything */
    /* Writing only: has the bytes of the image ready in a buffer and names it; `own` is one that no other
     * transfer in flight uses. False: the machinery failed. */
    bool (*prepare)(void *work, unsigned own, uint64_t offset, uint32_t length, unsigned *buffer,
                    struct uw_error *e);
    /* These bytes went through; reading: `data` holds them and may be changed. */
    bool (*moved)(void *work, uint64_t offset, uint8_t *data, uint32_t length, struct uw_error *e);
    void *work;
    struct uw_ranges *lost;
    uint64_t whole_bytes; /* of these, in pieces that were not narrowed to single blocks */
    uint64_t retries;
    uint64_t recovered_bytes; /* moved in the second round */
    uint64_t buffered_bytes;  /* moved through the page cache */
    bool stopped;
    bool stalled;
};
bool uw_pump_run(struct uw_pump *pump, struct uw_error *e);

enum { UW_PAINT_STEP_BYTES = 24576 }; /* a multiple of every pattern's length */

struct uw_painter {
    enum uw_leaves leaves;
    struct uw_pass pass;
    struct uw_keystream *keystream; /* NULL for a fixed pattern */
    uint8_t repeated[UW_PAINT_STEP_BYTES + UW_PATTERN_BYTES];
};
bool uw_painter_open(struct uw_painter *painter, const struct uw_image *image, struct uw_error *e);
void uw_painter_close(struct uw_painter *painter);
bool uw_painter_fill(struct uw_painter *painter, uint64_t offset, uint8_t *data, size_t bytes,
                     struct uw_error *e);
/* Whether a canary may look like the image: it is to be looked for first. */
bool uw_painter_is_loose(const struct uw_painter *painter);
/* One byte value throughout. */
bool uw_is_constant(const uint8_t *data, size_t bytes);
/* Nothing but random bytes spreads so evenly over the byte values. */
bool uw_is_noise(const uint8_t *data, size_t bytes);
/* Whether these bytes are the image's; of an image that is told block by block a larger piece may be told not
 * to be, where each of its blocks is. A keystream is taken off in place: `data` is as it was only where they
 * are not. */
bool uw_painter_holds(struct uw_painter *painter, uint64_t offset, uint8_t *data, size_t bytes, bool *holds,
                      struct uw_error *e);

struct uw_marker {
    const struct uw_canaries *canaries;
    uint32_t block_bytes;
    struct uw_keystream *keystream;
    struct uw_extents spots; /* where the canaries stand, ascending */
    uint8_t *scratch;        /* of one canary or block */
};
bool uw_marker_open(struct uw_marker *marker, const struct uw_canaries *canaries,
                    const struct uw_transport *t, struct uw_error *e);
void uw_marker_close(struct uw_marker *marker);
/* Whether a block, at `offset`, is one of a canary, in its place or strayed. */
bool uw_marker_knows(struct uw_marker *marker, uint64_t offset, const uint8_t *data, size_t bytes,
                     bool *alive, struct uw_error *e);

#endif
