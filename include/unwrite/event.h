/* SPDX-License-Identifier: Apache-2.0 */
/* What happens in a run. Journal, screen and certificate are listeners of one numbered stream: what is not in
 * the stream cannot be in the certificate. Consumers ignore kinds they do not know. */
#ifndef UNWRITE_EVENT_H
#define UNWRITE_EVENT_H

#include <stdint.h>

#include <jansson.h>

enum uw_event_kind {
#define UW_EVENT(symbol, name) UW_EVENT_##symbol,
#include "unwrite/events.def"
#undef UW_EVENT
    UW_EVENT_KINDS
};

enum { UW_NO_JOB = -1 };

/* Borrowed by listeners for the length of the call. */
struct uw_event {
    uint64_t sequence;    /* from 1, without gaps in a run */
    int64_t time_ns;      /* wall clock, ns since 1970-01-01T00:00:00Z */
    uint64_t boottime_ns; /* CLOCK_BOOTTIME, ns */
    int job;              /* index of the drive in the run, UW_NO_JOB for the run itself */
    enum uw_event_kind kind;
    const json_t *data; /* object; members as unwrite(1), "EVENTS" lists them */
};

/* "run-started" and so on; "unknown" for a kind out of range. */
const char *uw_event_name(enum uw_event_kind kind);

#endif
