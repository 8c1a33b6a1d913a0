/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting for an erase that a drive carries out by itself: until it tells of a positive end, or of another
 * one, or of none for longer than any drive needs. */
#ifndef UW_METHOD_WATCH_H
#define UW_METHOD_WATCH_H

#include "core/method.h"

#define UW_WATCH_TOO_FAST "it ended faster than any drive can write"

enum uw_watch_state {
    UW_WATCH_UNREADABLE = 0, /* the drive did not tell; `why` */
    UW_WATCH_RUNNING,        /* ours, at work; `progress` */
    UW_WATCH_DONE,           /* ours, with a positive end */
    UW_WATCH_FAILED,         /* ours, and it failed */
    UW_WATCH_ELSE            /* not ours, or neither success nor failure; `why` */
};

struct uw_watch_look {
    enum uw_watch_state state;
    bool at_work;      /* the drive says that it erases, be it for us or not */
    uint16_t progress; /* of 65536; FFFFh: not told */
    char why[160];
};

struct uw_watch {
    const struct uw_method_run *run;
    struct uw_method_end *end;
    /* Asks the drive. False: the door is shut, *e says why. */
    bool (*look)(struct uw_watch *watch, struct uw_watch_look *seen, struct uw_error *e);
    void *data;          /* of look */
    uint64_t estimate_s; /* what the drive says that it takes; 0: it does not */
    bool writes;         /* it writes the whole drive over, which takes its time */
    /* Kept by the watch; begun_ms is set by whoever sends the command. */
    uint64_t begun_ms;
    bool seen_running;
    uint16_t best_progress; /* the furthest it was */
    uint64_t moved_ms;      /* when it last got further */
    unsigned unreadable;    /* times in a row */
};

/* What a drive takes at the very least to go over all that it holds, in ms: by a rate that none of its kind
 * comes near. `writes`: it writes every block; else one of flash may erase its blocks, many at a time. */
uint64_t uw_watch_least_ms(const struct uw_drive *drive, bool writes);

/* Until the end, a stop, or the end of patience; fills in *watch->end. False: look() was false. */
bool uw_watch_wait(struct uw_watch *watch, struct uw_error *e);

#endif
