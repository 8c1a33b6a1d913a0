/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps the queue full, looks at every result, narrows what fails. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "engine/stream_parts.h"

enum {
    /* A failing piece is cut into so many: 1 MiB, 64 KiB, 4 KiB, single blocks. A drive may take many seconds
     * over each transfer that meets a bad block, and next to none over the others; so few levels matter more
     * than few transfers. */
    FAN_OUT = 16,
    /* Transfers in a row of which none moved a byte. From then on a failing piece is not narrowed: if its
     * last block fails too it is put off whole. A dead or full drive then costs two transfers a chunk, not
     * one a block, and where a bad area ends is still found to the block. */
    PATIENCE = 64,
    /* The same in the second round: what is left of the range that was put off is not tried any more. */
    LAST_PATIENCE = 16384,
    /* Before the second round, which may come soon after the first. */
    PAUSE_MS = 1000,
    /* Each transfer in flight adds at most one run per level of narrowing. */
    RUNS = 64,
    PROGRESS_MS = 200,
    SLICE_MS = 200, /* of waiting; then the operator is listened to */
};

/* Pieces still to be moved again: [offset, end) in steps. */
struct run {
    uint64_t offset, end;
    uint32_t step;
    int error;         /* why the bytes are here */
    bool is_confirmed; /* they failed more than once, in pieces of their own */
    bool is_probe;     /* one step: the last block of a piece */
    uint64_t begin;    /* of that piece */
};

struct slot {
    struct uw_transfer transfer; /* first: reap gives it back */
    bool busy;
    bool is_again;
    bool is_probe;
    uint64_t begin;
};

struct state {
    struct uw_pump *pump;
    struct slot slots[UW_STREAM_BUFFERS];
    unsigned in_flight;
    struct run runs[RUNS];
    size_t run_count;
    struct uw_extent whole;
    const struct uw_extent *extents;
    size_t extent_count, extent;
    uint64_t position; /* within extents[extent] */
    uint64_t body_bytes;
    uint64_t total_bytes, done_bytes;
    unsigned failures;     /* in a row */
    struct uw_ranges late; /* put off: what fails in the first round */
    bool is_last;          /* the second round, over these; what fails now is lost */
    struct uw_extents again;
    uint64_t end_ms;        /* of the second round */
    uint64_t stop_limit_ms; /* of the wait in which the stop was seen; 0: it was not */
    int gone;               /* errno of a drive that is no longer there */
    uint64_t next_report_ms;
    struct state *next_left;
};

uint64_t uw_body_bytes(const struct uw_transport *t)
{
    uint64_t tail = t->buffered_tail_bytes > 0 ? t->buffered_tail_bytes : t->bytes % t->block_bytes;
    return t->bytes - tail;
}

static uint64_t now_ms(const struct uw_stream *stream)
{
    if (stream->now_ms != NULL)
        return stream->now_ms(stream->clock);
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void report(struct state *state, bool always)
{
    const struct uw_stream *stream = state->pump->stream;
    if (stream->progress == NULL)
        return;
    uint64_t now = now_ms(stream);
    if (!always && now < state->next_report_ms)
        return;
    state->next_report_ms = now + PROGRESS_MS;
    stream->progress(stream->user, state->done_bytes, state->pump->lost->bytes, state->total_bytes);
}

static bool lose(struct state *state, uint64_t offset, uint64_t end, int error, struct uw_error *e)
{
    state->done_bytes += end - offset;
    if (state->gone == 0 && end - offset > state->pump->stream->transport->block_bytes)
        state->pump->whole_bytes += end - offset;
    return uw_ranges_add(state->pump->lost, offset, end - offset, error) ||
           uw_fail(e, UW_E_NOMEM, "no memory for the list of bad blocks");
}

/* To be tried once more when all else is done: a bad block is not beaten on, and one that is only busy or hot
 * has the time to recover. */
static bool put_off(struct state *state, uint64_t offset, uint64_t end, int error, struct uw_error *e)
{
    if (state->is_last || state->gone != 0 || state->late.count == UW_RANGES_LISTED)
        return lose(state, offset, end, error, e);
    return uw_ranges_add(&state->late, offset, end - offset, error) ||
           uw_fail(e, UW_E_NOMEM, "no memory for the list of bad blocks");
}

static bool push(struct state *state, struct run run, struct uw_error *e)
{
    if (state->run_count == RUNS)
        return put_off(state, run.is_probe ? run.begin : run.offset, run.end, run.error, e);
    state->runs[state->run_count++] = run;
    return true;
}

static uint32_t narrowed(const struct state *state, uint64_t length)
{
    uint32_t block = state->pump->stream->transport->block_bytes;
    uint64_t blocks = (length + block - 1) / block;
    return (uint32_t)((blocks + FAN_OUT - 1) / FAN_OUT * block);
}

/* [offset, end) of a slot's transfer did not go through. */
static bool fail(struct state *state, const struct slot *slot, uint64_t offset, int error, struct uw_error *e)
{
    uint64_t end = slot->transfer.offset + slot->transfer.length, length = end - offset;
    uint32_t block = state->pump->stream->transport->block_bytes;
    struct run run = {.offset = offset,
                      .end = end,
                      .step = narrowed(state, length),
                      .error = error,
                      .is_confirmed = slot->is_again};
    bool dead = ++state->failures >= PATIENCE;
    /* A descriptor of a drive that is gone never finds it again, even if it is plugged back. */
    if (dead && uw_errno_is_gone(error))
        state->gone = error;
    if (slot->is_probe)
        return put_off(state, slot->begin, end, error, e);
    if (state->gone != 0 || length <= block)
        return put_off(state, offset, end, error, e);
    if (dead && !state->is_last) {
        /* Its last block, odd or not. */
        run.begin = offset;
        run.offset += (length - 1) / block * block;
        run.step = block;
        run.is_probe = true;
    }
    return push(state, run, e);
}

/* All of `all`, or what failed more than once. */
static bool lose_runs(struct state *state, bool all, struct uw_error *e)
{
    bool good = true;
    while (state->run_count > 0 && good) {
        const struct run *run = &state->runs[--state->run_count];
        if (run->is_confirmed || all)
            good = lose(state, run->is_probe ? run->begin : run->offset, run->end, run->error, e);
    }
    return good;
}

/* Nothing goes through any more: what is left of the range is lost as it is, and the next one's turn comes.
 */
static bool lose_range(struct state *state, struct uw_error *e)
{
    if (!lose_runs(state, true, e))
        return false;
    state->failures = 0;
    if (state->extent == state->extent_count || state->position == 0)
        return true;
    const struct uw_extent *extent = &state->extents[state->extent];
    uint64_t from = extent->offset + state->position;
    state->position = extent->length;
    return lose(state, from, extent->offset + extent->length, state->late.items[state->extent].errno_value,
                e);
}

/* What of a transfer counts as moved: whole blocks, or all of it. */
static uint32_t moved_bytes(const struct state *state, const struct uw_transfer *transfer, int *error)
{
    uint32_t block = state->pump->stream->transport->block_bytes;
    *error = EIO;
    if (transfer->result >= (int64_t)transfer->length)
        return transfer->length;
    if (transfer->result >= 0)
        return (uint32_t)(transfer->result - transfer->result % block);
    *error = (int)-transfer->result;
    return 0;
}

static bool settle(struct state *state, struct slot *slot, struct uw_error *e)
{
    const struct uw_transfer *transfer = &slot->transfer;
    int error;
    uint32_t moved = moved_bytes(state, transfer, &error);
    if (moved > 0) {
        uint8_t *data = state->pump->stream->arena + (size_t)transfer->buffer * UW_STREAM_BUFFER_BYTES;
        state->failures = 0;
        state->done_bytes += moved;
        state->pump->recovered_bytes += state->is_last ? moved : 0;
        state->pump->buffered_bytes += transfer->buffered ? moved : 0;
        if (!state->pump->moved(state->pump->work, transfer->offset, data, moved, e))
            return false;
    }
    if (moved < transfer->length)
        return fail(state, slot, transfer->offset + moved, error, e) &&
               (!state->is_last || state->failures < LAST_PATIENCE || lose_range(state, e));
    if (!slot->is_probe)
        return true;
    struct run rest = {.offset = slot->begin, .end = transfer->offset, .error = EIO};
    rest.step = narrowed(state, rest.end - rest.offset);
    return push(state, rest, e);
}

static bool chunks_left(struct state *state)
{
    while (state->extent < state->extent_count && state->position == state->extents[state->extent].length) {
        state->extent++;
        state->position = 0;
    }
    return state->extent < state->extent_count;
}

/* The next chunk that was never tried; there is one. It never holds both a part of the body and the tail: a
 * drive may take the one and not the other. */
static struct run next_chunk(struct state *state)
{
    const struct uw_extent *extent = &state->extents[state->extent];
    uint64_t offset = extent->offset + state->position, length = extent->length - state->position;
    uint64_t zone_bytes = state->pump->stream->zone_bytes;
    if (length > UW_STREAM_BUFFER_BYTES)
        length = UW_STREAM_BUFFER_BYTES;
    if (offset < state->body_bytes && offset + length > state->body_bytes)
        length = state->body_bytes - offset;
    if (zone_bytes != 0 && length > zone_bytes - offset % zone_bytes)
        length = zone_bytes - offset % zone_bytes;
    state->position += length;
    return (struct run){.offset = offset, .end = offset + length, .step = (uint32_t)length};
}

/* One step of the last run. */
static struct run next_piece(struct state *state)
{
    struct run *run = &state->runs[state->run_count - 1], piece = *run;
    if (piece.end - piece.offset > piece.step)
        piece.end = piece.offset + piece.step;
    run->offset = piece.end;
    if (run->offset == run->end)
        state->run_count--;
    return piece;
}

static bool send(struct state *state, struct slot *slot, const struct run *piece, bool again,
                 struct uw_error *e)
{
    struct uw_pump *pump = state->pump;
    struct uw_transport *transport = pump->stream->transport;
    unsigned own = (unsigned)(slot - state->slots);
    slot->transfer = (struct uw_transfer){.direction = pump->direction,
                                          .buffer = own,
                                          .length = (uint32_t)(piece->end - piece->offset),
                                          .offset = piece->offset};
    slot->is_again = again;
    slot->is_probe = piece->is_probe;
    slot->begin = piece->begin;
    if (pump->direction == UW_WRITE &&
        !pump->prepare(pump->work, own, piece->offset, slot->transfer.length, &slot->transfer.buffer, e))
        return false;
    if (!transport->ops->submit(transport, &slot->transfer, e))
        return false;
    slot->busy = true;
    state->in_flight++;
    pump->retries += again;
    return true;
}

static bool is_stopped(struct state *state)
{
    const atomic_bool *stop = state->pump->stream->stop;
    return stop != NULL && atomic_load_explicit(stop, memory_order_relaxed);
}

static bool in_turn(const struct state *state)
{
    return state->pump->direction == UW_WRITE && state->pump->stream->zone_bytes != 0;
}

static struct slot *free_slot(struct state *state)
{
    if (in_turn(state) && state->in_flight > 0)
        return NULL;
    for (size_t i = 0; i < state->pump->stream->buffers; i++)
        if (!state->slots[i].busy)
            return &state->slots[i];
    return NULL;
}

static bool work_left(struct state *state)
{
    bool over = state->is_last && now_ms(state->pump->stream) >= state->end_ms;
    return state->gone == 0 && !over && (state->run_count > 0 || chunks_left(state));
}

static bool fill_queue(struct state *state, struct uw_error *e)
{
    struct slot *slot;
    while (work_left(state) && (slot = free_slot(state)) != NULL) {
        if (is_stopped(state)) {
            state->pump->stopped = true;
            break;
        }
        bool piecemeal = state->run_count > 0;
        struct run piece = piecemeal ? next_piece(state) : next_chunk(state);
        if (!send(state, slot, &piece, piecemeal || state->is_last, e))
            return false;
    }
    return true;
}

/* A slice of waiting. Of the time that passed no more than the slice counts: while this process did not run
 * (SIGSTOP, a machine asleep) the drive could not make itself heard. */
static struct uw_transfer *wait_slice(const struct uw_stream *stream, uint64_t limit_ms, uint64_t *waited_ms,
                                      struct uw_error *failure)
{
    struct uw_transport *transport = stream->transport;
    uint64_t before = now_ms(stream), slice = SLICE_MS;
    if (limit_ms > 0 && limit_ms - *waited_ms < slice)
        slice = limit_ms - *waited_ms;
    struct uw_transfer *transfer = transport->ops->reap(transport, (int)slice, failure);
    uint64_t passed = now_ms(stream) - before;
    *waited_ms += passed < slice ? passed : slice;
    return transfer;
}

/* How long one wait may last, of which so much is over; 0: for ever. From a stop on the time runs anew. */
static uint64_t limit(struct state *state, uint64_t waited_ms)
{
    uint64_t stall_ms = state->pump->stream->stall_ms;
    if (stall_ms == 0 || !is_stopped(state))
        return stall_ms;
    if (state->stop_limit_ms == 0)
        state->stop_limit_ms = waited_ms + UW_STOP_MS;
    return state->stop_limit_ms < stall_ms ? state->stop_limit_ms : stall_ms;
}

/* The next transfer to end; one is in flight. NULL: the drive has stalled, or the machinery failed. */
static struct uw_transfer *await(struct state *state, struct uw_error *e)
{
    struct uw_pump *pump = state->pump;
    struct uw_error failure = {.touched = e->touched};
    uint64_t waited_ms = 0;
    state->stop_limit_ms = 0;
    while (!pump->stalled) {
        uint64_t limit_ms = limit(state, waited_ms);
        struct uw_transfer *transfer = wait_slice(pump->stream, limit_ms, &waited_ms, &failure);
        if (transfer != NULL)
            return transfer;
        if (failure.code != UW_OK) {
            *e = failure;
            return NULL;
        }
        pump->stopped |= is_stopped(state) && work_left(state);
        limit_ms = limit(state, waited_ms);
        pump->stalled = limit_ms > 0 && waited_ms >= limit_ms;
    }
    return NULL;
}

static bool reap(struct state *state, struct uw_error *e)
{
    struct uw_transfer *transfer = await(state, e);
    if (transfer == NULL)
        return state->pump->stalled;
    struct slot *slot = (struct slot *)transfer;
    slot->busy = false;
    state->in_flight--;
    return settle(state, slot, e);
}

static int error_of_chunk(const struct state *state)
{
    return state->is_last ? state->late.items[state->extent].errno_value : state->gone;
}

/* What is left when the work ends early: all that a drive that is gone did not take, and what was put off.
 * What failed once before a stop and was not tried again is not known to be bad. */
static bool lose_rest(struct state *state, struct uw_error *e)
{
    bool rest = state->is_last || (state->gone != 0 && !state->pump->stalled);
    bool good = lose_runs(state, state->is_last || state->gone != 0, e);
    while (rest && good && chunks_left(state)) {
        int error = error_of_chunk(state);
        struct run chunk = next_chunk(state);
        good = lose(state, chunk.offset, chunk.end, error, e);
    }
    for (size_t i = 0; !state->is_last && good && i < state->late.count; i++) {
        const struct uw_range *range = &state->late.items[i];
        good = lose(state, range->offset, range->offset + range->length, range->errno_value, e);
    }
    return good;
}

static void start(struct state *state, struct uw_pump *pump)
{
    const struct uw_transport *transport = pump->stream->transport;
    *state = (struct state){.pump = pump, .whole.length = transport->bytes};
    state->extents = pump->extents != NULL ? pump->extents->items : &state->whole;
    state->extent_count = pump->extents != NULL ? pump->extents->count : 1;
    state->total_bytes = pump->extents != NULL ? uw_extents_bytes(pump->extents) : transport->bytes;
    state->body_bytes = uw_body_bytes(transport);
}

/* The kernel still writes into buffers and we into results: nothing may be in flight when they go. */
static void drain(struct state *state)
{
    struct uw_error ignored = {0};
    while (state->in_flight > 0 && await(state, &ignored) != NULL)
        state->in_flight--;
}

/* Transfers that never ended keep their slots for good; found again from here, so that they do not count as
 * lost. */
static void leave(struct state *state)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static struct state *left;
    state->pump->stream->transport->abandoned = true;
    pthread_mutex_lock(&lock);
    state->next_left = left;
    left = state;
    pthread_mutex_unlock(&lock);
}

static bool move_round(struct state *state, struct uw_error *e)
{
    bool good = fill_queue(state, e);
    while (good && !state->pump->stalled && state->in_flight > 0) {
        good = reap(state, e) && (state->pump->stalled || fill_queue(state, e));
        report(state, false);
    }
    return good;
}

static bool is_last_round_due(struct state *state)
{
    struct uw_pump *pump = state->pump;
    if (state->late.count == 0 || state->gone != 0 || pump->stalled)
        return false;
    pump->stopped |= is_stopped(state);
    return !pump->stopped;
}

static bool take_late(struct state *state, struct uw_error *e)
{
    state->again.items = calloc(state->late.count, sizeof *state->again.items);
    if (state->again.items == NULL)
        return uw_fail(e, UW_E_NOMEM, "no memory for the list of bad blocks");
    for (size_t i = 0; i < state->late.count; i++)
        state->again.items[i] = (struct uw_extent){state->late.items[i].offset, state->late.items[i].length};
    state->again.count = state->extent_count = state->late.count;
    state->extents = state->again.items;
    state->extent = 0;
    state->position = 0;
    state->failures = 0;
    state->is_last = true;
    return true;
}

/* Over what was put off, for so long as the stream allows. */
static bool move_late(struct state *state, struct uw_error *e)
{
    const struct uw_stream *stream = state->pump->stream;
    uint64_t left_ms = stream->again_ms != NULL ? *stream->again_ms : UW_AGAIN_MS;
    if (!take_late(state, e))
        return false;
    if (stream->wait_ms != NULL)
        stream->wait_ms(stream->clock, PAUSE_MS);
    uint64_t begun_ms = now_ms(stream);
    state->end_ms = begun_ms + left_ms;
    bool good = move_round(state, e);
    uint64_t used_ms = now_ms(stream) - begun_ms;
    if (stream->again_ms != NULL)
        *stream->again_ms = used_ms < left_ms ? left_ms - used_ms : 0;
    return good;
}

static bool move_all(struct state *state, struct uw_error *e)
{
    report(state, true);
    bool good = move_round(state, e) && (!is_last_round_due(state) || move_late(state, e));
    drain(state);
    good = good && lose_rest(state, e);
    report(state, true);
    return good;
}

bool uw_pump_run(struct uw_pump *pump, struct uw_error *e)
{
    struct uw_error unwanted = {0};
    pump->stalled = pump->stream->transport->abandoned;
    if (pump->stalled)
        return true;
    struct state *state = malloc(sizeof *state);
    if (state == NULL)
        return uw_fail(e, UW_E_NOMEM, "no memory for transfers");
    start(state, pump);
    bool good = move_all(state, e != NULL ? e : &unwanted);
    uw_ranges_clear(&state->late);
    uw_extents_clear(&state->again);
    if (state->in_flight > 0)
        leave(state);
    else
        free(state);
    return good;
}
