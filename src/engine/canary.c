/* SPDX-License-Identifier: Apache-2.0 */
/* Canaries: blocks that nobody else can have written, put on the medium before the erase. One that is there
 * afterwards shows a drive that did not do what it said. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/stream_parts.h"

enum { RUN_BYTES = 16, HEADER_BYTES = RUN_BYTES + 8 };

static uint64_t end_of(const struct uw_extent *extent)
{
    return extent->offset + extent->length;
}

/* Where the canary of a place stands: of the last one at the end of the drive's whole blocks, of the others
 * at the start. It does not reach into the tail, which the transport moves apart, unless there is nothing
 * else. */
static struct uw_extent spot_of(const struct uw_extents *places, size_t i, uint32_t canary_bytes,
                                uint64_t body_bytes)
{
    struct uw_extent spot = places->items[i];
    bool is_last = i > 0 && i + 1 == places->count && end_of(&spot) >= body_bytes;
    if (spot.offset < body_bytes && end_of(&spot) > body_bytes)
        spot.length = body_bytes - spot.offset;
    if (spot.length > canary_bytes) {
        spot.offset = is_last ? end_of(&spot) - canary_bytes : spot.offset;
        spot.length = canary_bytes;
    }
    return spot;
}

static bool find_spots(struct uw_marker *marker, const struct uw_transport *t, struct uw_error *e)
{
    const struct uw_extents *places = &marker->canaries->places;
    uint32_t canary_bytes = marker->canaries->canary_bytes;
    if (canary_bytes < marker->block_bytes || canary_bytes % marker->block_bytes != 0 ||
        canary_bytes > UW_STREAM_BUFFER_BYTES)
        return uw_fail(e, UW_E_IO, "no canaries of %u bytes on blocks of %u", canary_bytes,
                       marker->block_bytes);
    marker->scratch = malloc(canary_bytes);
    marker->spots.items = calloc(places->count + 1, sizeof *marker->spots.items);
    if (marker->scratch == NULL || marker->spots.items == NULL)
        return uw_fail(e, UW_E_NOMEM, "no memory for canaries");
    for (size_t i = 0; i < places->count; i++)
        marker->spots.items[marker->spots.count++] = spot_of(places, i, canary_bytes, uw_body_bytes(t));
    return true;
}

bool uw_marker_open(struct uw_marker *marker, const struct uw_canaries *canaries,
                    const struct uw_transport *t, struct uw_error *e)
{
    *marker = (struct uw_marker){.canaries = canaries, .block_bytes = t->block_bytes};
    marker->keystream = uw_keystream_open(UW_CIPHER_AES_256_CTR, canaries->key, e);
    if (marker->keystream != NULL && find_spots(marker, t, e))
        return true;
    uw_marker_close(marker);
    return false;
}

void uw_marker_close(struct uw_marker *marker)
{
    uw_keystream_close(marker->keystream);
    uw_extents_clear(&marker->spots);
    free(marker->scratch);
    *marker = (struct uw_marker){0};
}

/* The bytes of a canary from `offset`, which lies in its spot, on. */
static bool make(const struct uw_marker *marker, const struct uw_extent *spot, uint64_t offset, uint8_t *data,
                 size_t bytes, struct uw_error *e)
{
    uint8_t header[HEADER_BYTES];
    uint64_t lba = spot->offset / marker->block_bytes;
    if (!uw_keystream_fill(marker->keystream, offset, data, bytes))
        return uw_fail(e, UW_E_IO, "libcrypto failed to make a canary");
    memcpy(header, marker->canaries->run, RUN_BYTES);
    for (unsigned i = 0; i < 8; i++)
        header[RUN_BYTES + i] = (uint8_t)(lba >> (56 - 8 * i));
    if (offset == spot->offset)
        memcpy(data, header, bytes < HEADER_BYTES ? bytes : HEADER_BYTES);
    return true;
}

/* The spot that `offset` lies in; NULL: none. */
static const struct uw_extent *find_spot(const struct uw_marker *marker, uint64_t offset)
{
    size_t low = 0, high = marker->spots.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (end_of(&marker->spots.items[middle]) <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    const struct uw_extent *spot = &marker->spots.items[low];
    return low < marker->spots.count && spot->offset <= offset ? spot : NULL;
}

bool uw_marker_knows(struct uw_marker *marker, uint64_t offset, const uint8_t *data, size_t bytes,
                     bool *alive, struct uw_error *e)
{
    /* The run's id in another place is a canary too: of a drive that mixes up addresses. */
    *alive = bytes >= RUN_BYTES && memcmp(data, marker->canaries->run, RUN_BYTES) == 0;
    const struct uw_extent *spot = *alive ? NULL : find_spot(marker, offset);
    if (spot == NULL)
        return true;
    if (end_of(spot) - offset < bytes)
        bytes = (size_t)(end_of(spot) - offset);
    if (!make(marker, spot, offset, marker->scratch, bytes, e))
        return false;
    *alive = memcmp(data, marker->scratch, bytes) == 0;
    return true;
}

struct planter {
    const struct uw_stream *stream;
    struct uw_marker marker;
    struct uw_extents written; /* spots that took their canary whole */
    struct uw_canary_result *result;
};

static bool prepare(void *work, unsigned own, uint64_t offset, uint32_t length, unsigned *buffer,
                    struct uw_error *e)
{
    struct planter *planter = work;
    *buffer = own;
    uint8_t *data = planter->stream->arena + (size_t)own * UW_STREAM_BUFFER_BYTES;
    return make(&planter->marker, find_spot(&planter->marker, offset), offset, data, length, e);
}

/* A canary of which only some blocks went through counts as failed, by the blocks that did not. */
static const struct uw_extent *whole_spot(const struct planter *planter, uint64_t offset, uint32_t length)
{
    const struct uw_extent *spot = find_spot(&planter->marker, offset);
    return spot != NULL && spot->offset == offset && spot->length == length ? spot : NULL;
}

static bool note_written(void *work, uint64_t offset, uint8_t *data, uint32_t length, struct uw_error *e)
{
    struct planter *planter = work;
    (void)data, (void)e;
    const struct uw_extent *spot = whole_spot(planter, offset, length);
    if (spot != NULL)
        planter->written.items[planter->written.count++] = *spot;
    return true;
}

static bool compare(void *work, uint64_t offset, uint8_t *data, uint32_t length, struct uw_error *e)
{
    struct planter *planter = work;
    struct uw_marker *marker = &planter->marker;
    if (!make(marker, find_spot(marker, offset), offset, marker->scratch, length, e))
        return false;
    if (memcmp(data, marker->scratch, length) != 0) {
        planter->result->different++;
        return uw_ranges_add(&planter->result->failed, offset, length, EBADMSG) ||
               uw_fail(e, UW_E_NOMEM, "no memory for the list of failed canaries");
    }
    planter->result->readable_before += whole_spot(planter, offset, length) != NULL;
    return true;
}

static bool plant(struct planter *planter, struct uw_error *e)
{
    struct uw_canary_result *result = planter->result;
    struct uw_pump pump = {.stream = planter->stream,
                           .direction = UW_WRITE,
                           .extents = &planter->marker.spots,
                           .prepare = prepare,
                           .moved = note_written,
                           .work = planter,
                           .lost = &planter->result->failed};
    planter->written.items = calloc(planter->marker.spots.count + 1, sizeof *planter->written.items);
    if (planter->written.items == NULL)
        return uw_fail(e, UW_E_NOMEM, "no memory for canaries");
    bool good = uw_pump_run(&pump, e);
    result->written = planter->written.count;
    result->stopped = pump.stopped;
    result->stalled = pump.stalled;
    if (!good || pump.stopped || pump.stalled)
        return good;
    if (!uw_stream_flush(planter->stream, &result->stalled, e))
        return result->stalled;
    pump.direction = UW_READ;
    pump.extents = &planter->written;
    pump.moved = compare;
    good = uw_pump_run(&pump, e);
    result->stopped = pump.stopped;
    result->stalled = pump.stalled;
    return good;
}

bool uw_canaries_plant(const struct uw_stream *stream, const struct uw_canaries *canaries,
                       struct uw_canary_result *result, struct uw_error *e)
{
    *result = (struct uw_canary_result){0};
    struct planter planter = {.stream = stream, .result = result};
    bool good = uw_marker_open(&planter.marker, canaries, stream->transport, e) && plant(&planter, e);
    uw_extents_clear(&planter.written);
    uw_marker_close(&planter.marker);
    return good;
}

void uw_canary_result_clear(struct uw_canary_result *result)
{
    uw_ranges_clear(&result->failed);
    *result = (struct uw_canary_result){0};
}
