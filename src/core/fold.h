/* SPDX-License-Identifier: Apache-2.0 */
/* A fold over the event stream: one drive's events in, its intent, verdict and certificate out, at any
 * moment. What is not in the stream cannot be in a document. */
#ifndef UW_CORE_FOLD_H
#define UW_CORE_FOLD_H

#include <stdbool.h>

#include <jansson.h>

#include "core/verdict.h"
#include "unwrite/event.h"

struct uw_fold {
    struct uw_evidence evidence;
    int64_t start_ns, end_ns; /* wall clock; 0: not yet */
    uint64_t boottime_start_ns, boottime_end_ns;
    /* Data of the events that hold them; NULL until they came. */
    json_t *run, *drive, *plan, *refusal, *confirmed, *intent, *identity_before, *identity_after;
    json_t *canaries, *verification, *failure, *bound, *health_after;
    json_t *opened;              /* hidden areas, array as in the certificate; NULL: none */
    json_t *steps;               /* array, as they stand in the certificate */
    size_t first_step;           /* of the method that is judged; those before it failed, and it took over */
    size_t steps_ended_well;     /* from there on; an erase has ended well when all that were planned have */
    size_t planned_reservations; /* of the plan itself; those behind them came up on the way */
    bool crashed;                /* the run broke off; the next one speaks for it */
    bool password;  /* an ATA drive may have our password, of this run or of one that broke off */
    bool continues; /* the drive goes on with what was begun */
    bool lost;      /* memory ran out on the way: nothing may be claimed */
};

void uw_fold_init(struct uw_fold *fold);
void uw_fold_clear(struct uw_fold *fold);

/* Takes an event of the run or of this drive; the caller leaves out those of other drives. */
void uw_fold_event(struct uw_fold *fold, const struct uw_event *event);

/* fold_hidden.c: the events of hidden areas, and the plan for what was opened. */
void uw_fold_hidden(struct uw_fold *fold, const struct uw_event *event);

/* The verdict on what came so far. */
enum uw_verdict uw_fold_verdict(const struct uw_fold *fold, const char **reason);

/* Bodies of the documents; NULL when memory ran out or the stream lacks its beginning. New references. */
json_t *uw_fold_intent(const struct uw_fold *fold, int64_t issued_at_ns);
json_t *uw_fold_certificate(const struct uw_fold *fold);

/* Of a drive that was only looked at: whether it holds what it should, and the addendum that says so. */
bool uw_fold_holds(const struct uw_fold *fold, const char **reason);
json_t *uw_fold_addendum(const struct uw_fold *fold);

/* The steps as a certificate names them: of one whose last pass has no end, nobody knows how much was
 * written, and what is known of it is a lower bound. New reference; NULL when memory ran out. */
json_t *uw_steps_known(const json_t *steps);

/* Sets body.unknown: the path of every null below `body` with the reason that came with the fact (`given`, an
 * object of such pairs) or that the table in unknown.c gives. Indexes of arrays are left out of the path. */
bool uw_unknown_complete(json_t *body, const json_t *given);

#endif
