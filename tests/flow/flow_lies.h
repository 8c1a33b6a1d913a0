/* SPDX-License-Identifier: Apache-2.0 */
/* What may become of an erase whose drive lies or fails, and what the documents say then; the same for
 * drives of every family. */
#ifndef FLOW_LIES_H
#define FLOW_LIES_H

#include <stdbool.h>
#include <stddef.h>

enum lie_outcome {
    TRUE = 0,     /* it does no harm to this erase: sanitized, and so it is */
    LIED,         /* failed, and a marker or a witness shows that the drive lied */
    FAILED,       /* failed for another reason */
    FAILED_AT_IT, /* as FAILED; the drive may still be at it */
    STALLED,      /* no answer */
    STALLED_AT_IT,
    DEAF,    /* failed before anything was sent */
    TOO_LOW, /* what the drive can do is not known, or whether it ends: refused, untouched */
    UNKNOWN, /* refused, untouched */
    UNSEEN,  /* sanitized, with the reservation that the host has its old view of the drive */
    HIDDEN   /* sanitized although old data are left where no host can look */
};

/* Of the erases that are bits in `kinds`. */
struct lie_expect {
    unsigned kinds;
    enum lie_outcome outcome;
};
enum { LIE_EXPECTS = 4 };

/* The first that fits; TRUE where none does. */
enum lie_outcome lie_outcome_of(const struct lie_expect expect[LIE_EXPECTS], unsigned kind);

struct lie_result {
    const char *verdict, *exceptions; /* exceptions: NULL: none */
    int exit_code;
    bool none, refused, claims; /* no step was begun; refused; a level is claimed */
};
struct lie_result lie_result_of(enum lie_outcome outcome);
/* What a row says of the reason, `why`, as the documents have it: of a refusal its code. */
const char *lie_why(enum lie_outcome outcome, const char *why);

#endif
