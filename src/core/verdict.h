/* SPDX-License-Identifier: Apache-2.0 */
/* The truth table. It starts as failed; only evidence moves it. */
#ifndef UW_CORE_VERDICT_H
#define UW_CORE_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

enum uw_verdict {
    UW_VERDICT_FAILED = 0,
    UW_VERDICT_SANITIZED,
    UW_VERDICT_SANITIZED_WITH_EXCEPTIONS,
    UW_VERDICT_STALLED,
    UW_VERDICT_ABORTED,
    UW_VERDICT_REFUSED,
    UW_VERDICTS
};
const char *uw_verdict_name(enum uw_verdict verdict); /* "sanitized-with-exceptions" */

/* What was seen. All zero means that nothing was seen, which is a failure. */
struct uw_evidence {
    bool refused; /* the gate said no, or the level is not reachable: nothing was touched */
    /* Seen against it: */
    bool unmarked;         /* not one canary could be stored */
    bool canary_alive;     /* a canary or witness was found after the erase, or a canary read back different
                              before it */
    bool image_differs;    /* a block read back does not hold what the method leaves */
    bool identity_changed; /* another drive answers than the one that was planned for */
    bool gone;             /* the drive left, or its medium did */
    bool unwritten;        /* a block was neither written nor covered by an internal erase that ended well */
    bool broken;           /* a system call or the drive ended the job before its time */
    bool stalled;          /* the watchdog gave up */
    bool answers;          /* although the drive answers: what it was to do does not get on */
    bool aborted;          /* a signal or the operator */
    /* Seen for it: */
    bool ended_well;    /* our own command, every pass and the flush came to a positive end */
    bool read_back;     /* everything that the rule asks for was read back, without a read error */
    bool identity_same; /* looked at before the first write and after the last read */
    /* Seen, and to be said: */
    unsigned reservations;
};

/* The first line of the table that fits; the reason is one phrase for people, a constant. */
enum uw_verdict uw_verdict_of(const struct uw_evidence *evidence, const char **reason);

#endif
