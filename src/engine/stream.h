/* SPDX-License-Identifier: Apache-2.0 */
/* What to write and check, in which order: moves a pass or a check over a drive, keeps the queue full, looks
 * at every result. Errors of the drive are data in the result; false means that the machinery itself failed.
 */
#ifndef UW_ENGINE_STREAM_H
#define UW_ENGINE_STREAM_H

#include <stdatomic.h>

#include "core/ranges.h"
#include "core/sample.h"
#include "core/standard.h"
#include "transport/transport.h"

/* After a stop a drive that does not answer is waited for no longer: an operator stands there. */
enum { UW_STOP_MS = 10000 };

/* What fails is tried once more when all else is done; a dying drive cannot stretch that without end. */
enum { UW_AGAIN_MS = 600000 };

/* The most that a job has in flight, and the memory that it takes for it: 4 MiB. */
enum { UW_STREAM_BUFFERS = 4, UW_STREAM_BUFFER_BYTES = 1 << 20, UW_MISMATCHES_LISTED = 16 };

/* The image that an erase leaves behind. */
struct uw_image {
    enum uw_leaves leaves; /* PASS or ZEROS: exactly `pass`; else anything that fits, a canary never */
    struct uw_pass pass;
    enum uw_cipher cipher; /* of a keystream */
    uint8_t key[UW_KEY_BYTES];
};

/* How a stream tells what it does; called in the job's thread, about five times a second at most. What could
 * not be moved (lost_bytes) is done too. */
typedef void uw_stream_progress(void *user, uint64_t done_bytes, uint64_t lost_bytes, uint64_t total_bytes);

struct uw_stream {
    struct uw_transport *transport;
    unsigned buffers;             /* how many it may have, UW_STREAM_BUFFERS at most; 0: so many */
    uint8_t *arena;               /* from uw_stream_begin, which also settles `buffers` */
    const atomic_bool *stop;      /* set by a signal or the operator: end after what is in flight */
    uw_stream_progress *progress; /* may be NULL */
    void *user;
    /* NULL: CLOCK_MONOTONIC. Another clock moves on while the transport waits. */
    uint64_t (*now_ms)(void *clock);
    void (*wait_ms)(void *clock, uint32_t ms); /* NULL: nothing waits before it tries again */
    void *clock;
    /* What is left of the time for second rounds, together; NULL: UW_AGAIN_MS for each. */
    uint64_t *again_ms;
    /* No transfer ended while the stream waited for so long: the drive is given up; 0: never. After a stop it
     * is UW_STOP_MS, if that is shorter. */
    uint32_t stall_ms;
    /* Of a drive whose zones are written in order only: writes go out one at a time, none beyond its zone's
     * end. 0: it has none. */
    uint64_t zone_bytes;
};

/* A drive that is given up has stalled: nothing waits for it any more, and nobody knows what became of the
 * transfers in flight. They, and what was never tried, are in no count and no range of a result that says
 * `stalled`. The stream's transport is abandoned then (transport/transport.h). */

/* Unless stopped or stalled, bytes_written and unwritten.bytes add up to the drive. What fails is narrowed to
 * single blocks at once; where nothing has gone through for long (a dead drive, a full one), only its borders
 * are. When all else is done a second round tries each of these blocks once more, and narrows what was not,
 * as long as time is left and something goes through. */
struct uw_write_result {
    uint64_t bytes_written;
    struct uw_ranges unwritten;
    uint64_t not_narrowed_bytes; /* of these, in pieces of which a part might have gone through */
    uint64_t retries;            /* transfers sent again, whole or in part */
    uint64_t recovered_bytes;    /* of those written, by the second round */
    bool stopped;                /* something was left to do */
    bool stalled;
};

/* Counts are of logical blocks; a tail shorter than a block counts as one. */
struct uw_check_result {
    uint64_t bytes_read;
    uint64_t buffered_bytes; /* of these, through a page cache that held none of them before */
    uint64_t blocks_read;
    uint64_t matching;    /* blocks that hold the expected image */
    uint64_t noise;       /* of these, where any may be: hold noise */
    uint64_t zeros, ones; /* of those that do not: all 00, all FF */
    uint64_t canaries;    /* of those that do not: a canary's, alive in its place or strayed */
    uint64_t other;
    uint64_t mismatching_lba[UW_MISMATCHES_LISTED]; /* the lowest ones, ascending */
    size_t mismatching_listed;
    struct uw_ranges unreadable;
    bool first_read, last_read; /* the first and last byte of the drive were among what was read */
    bool stopped;
    bool stalled;
};

/* What a canary holds: run id (16 bytes), LBA (8, big endian), then keystream under a key of its own, taken
 * at the place on the drive where it stands. One stands at the start of each place; that of the last place
 * stands at its end, so that the drive's last whole block is in it. A place shorter than a canary is all
 * canary. */
struct uw_canaries {
    uint8_t run[16];
    uint8_t key[UW_KEY_BYTES];
    struct uw_extents places; /* ascending */
    uint32_t canary_bytes;    /* 4096, or the logical block where that is larger */
};

struct uw_canary_result {
    uint64_t written;
    uint64_t readable_before; /* read back and found equal before the erase */
    uint64_t different;       /* read back without an error, and not what was written */
    struct uw_ranges failed;  /* could not be written, read, or read back different (EBADMSG) */
    bool stopped;
    bool stalled;
};

bool uw_stream_begin(struct uw_stream *stream, struct uw_error *e);

/* Writes the image over the whole drive; does not flush. */
bool uw_stream_write(const struct uw_stream *stream, const struct uw_image *image,
                     struct uw_write_result *result, struct uw_error *e);

/* Flushes the transport, for stall_ms at most. False and *stalled when it did not return in that time. */
bool uw_stream_flush(const struct uw_stream *stream, bool *stalled, struct uw_error *e);

/* Reads `extents` (NULL: everything) and compares with the image; canaries may be NULL. The extents begin at
 * blocks' borders, and end there or at the drive's end. */
bool uw_stream_check(const struct uw_stream *stream, const struct uw_image *image,
                     const struct uw_canaries *canaries, const struct uw_extents *extents,
                     struct uw_check_result *result, struct uw_error *e);

/* Writes the canaries, flushes, reads them back from the medium. */
bool uw_canaries_plant(const struct uw_stream *stream, const struct uw_canaries *canaries,
                       struct uw_canary_result *result, struct uw_error *e);

void uw_write_result_clear(struct uw_write_result *result);
void uw_check_result_clear(struct uw_check_result *result);
void uw_canary_result_clear(struct uw_canary_result *result);

#endif
