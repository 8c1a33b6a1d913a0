/* SPDX-License-Identifier: Apache-2.0 */
/* What people see of a run: a fold of the event stream that screen, plain lines and summary read. No output
 * here. */
#ifndef UW_CLI_VIEW_H
#define UW_CLI_VIEW_H

#include "rate.h"
#include "unwrite/unwrite.h"

enum view_state { VIEW_WAITING, VIEW_RUNNING, VIEW_ENDED };

/* Strings are safe for a terminal; empty where nothing is known. */
struct view_drive {
    char device[256];
    char name[448]; /* "Model, 480.1 GB, serial S" */
    enum view_state state;
    char phase[24];                   /* "canaries", "pass 1/2", "verify" */
    uint64_t done_bytes, total_bytes; /* of the phase */
    uint64_t later_bytes;             /* of phases still to come, as far as known */
    uint64_t bytes;                   /* of the drive */
    bool verify_full;
    struct rate rate;
    uint64_t started_ns, ended_ns; /* boottime; 0: not yet */
    /* Its end: */
    char verdict[32];
    char level[8];
    char detail[UW_ERROR_TEXT_BYTES]; /* of a refusal or failure, as it came */
    char why[2 * UW_ERROR_TEXT_BYTES];
    char certificate[1024]; /* path */
    char not_stored[UW_ERROR_TEXT_BYTES];
    json_t *unstored; /* the signed document that could not be stored */
};

struct view {
    struct view_drive *drives;
    size_t count;
};

/* False when memory ran out. */
bool view_init(struct view *view, size_t count);
void view_clear(struct view *view);

/* The drive that the event is of, NULL where it is of the run; takes in what it says. */
struct view_drive *view_event(struct view *view, const struct uw_event *event);

bool view_is_sanitized(const struct view_drive *drive);
unsigned view_percent(const struct view_drive *drive); /* of the phase, 100 only when it is done */

/* "210.0 MB/s", "12 min left"; empty where nothing can be told. */
void view_speed(const struct view_drive *drive, uint64_t now_ns, char *text, size_t text_bytes);
void view_left(const struct view_drive *drive, uint64_t now_ns, char *text, size_t text_bytes);

/* {"certificate":{},"signatures":[]} of certificate-stored or not-stored, as the contract prints it; NULL
 * where the event holds none. New reference. */
json_t *view_document(const json_t *data);

#endif
