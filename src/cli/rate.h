/* SPDX-License-Identifier: Apache-2.0 */
/* How fast something goes and how long it still takes, from what was done when; over the last ten seconds, so
 * that a drive that slows down shows it and a single slow block does not. Pure. */
#ifndef UW_CLI_RATE_H
#define UW_CLI_RATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RATE_MARKS = 64, RATE_WINDOW_MS = 10000 };

struct rate_mark {
    uint64_t time_ns;
    uint64_t bytes;
};

/* Zero-initialise. */
struct rate {
    struct rate_mark marks[RATE_MARKS]; /* a ring, ascending in time */
    size_t first, count;
};

/* `bytes` were done by `time_ns`. Fewer bytes or an earlier time than before begin anew. */
void rate_add(struct rate *rate, uint64_t time_ns, uint64_t bytes);

/* Bytes per second by `now_ns`; 0 where there is nothing to tell it from, or nothing moved. */
uint64_t rate_per_s(const struct rate *rate, uint64_t now_ns);

/* Whether the time for `bytes` more can be told; rounded up to whole seconds. */
bool rate_left_s(const struct rate *rate, uint64_t now_ns, uint64_t bytes, uint64_t *seconds);

/* Seconds since bytes last moved; 0 where nothing is known. */
uint64_t rate_still_s(const struct rate *rate, uint64_t now_ns);

#endif
