/* SPDX-License-Identifier: Apache-2.0 */
/* Namespaces of one NVMe subsystem that are erased in one run. What an erase inside the drive does to one it
 * may do to all, and it keeps all of them busy: so either the jobs take turns, or, where the method hits all
 * of them, they erase together: each gets ready, the last to be ready erases for all, each looks at its own.
 */
#ifndef UW_ENGINE_SUBSYSTEM_H
#define UW_ENGINE_SUBSYSTEM_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/method.h"

/* What a drive said of an erase inside it, for the record of every job that it concerns. */
enum { UW_SAID_RAW_BYTES = 64, UW_SAID_COMMAND_HEX = 129 };
struct uw_said {
    char command[UW_SAID_COMMAND_HEX]; /* as it went out; empty: none did */
    char state[24];                    /* the last */
    char raw[2 * UW_SAID_RAW_BYTES + 1];
};

enum uw_turn {
    UW_TURN_LEADS,   /* all are ready: erase, then uw_subsystem_erased */
    UW_TURN_FOLLOWS, /* it was done; how it ended is handed out */
    UW_TURN_NONE     /* one of them was not ready: nothing is erased */
};

struct uw_subsystem {
    bool together;  /* the method hits all of them */
    bool allied;    /* each is erased by itself, and what is claimed of one stands on all */
    size_t members; /* jobs that take part */
    pthread_mutex_t lock;
    pthread_cond_t moved;
    size_t arrived, read_back, settled;
    bool unproved;   /* of one that has settled */
    unsigned erased; /* how often; a way that failed is followed by another */
    bool spoilt;
    bool alive; /* a namespace of it holds what was to be erased */
    bool busy;  /* of jobs that do not erase together one has its turn */
    struct uw_method_end end;
    struct uw_said said;
};

void uw_subsystem_init(struct uw_subsystem *subsystem);
void uw_subsystem_clear(struct uw_subsystem *subsystem);

/* Waits for a turn, or a stop; who enters leaves. */
void uw_subsystem_enter(struct uw_subsystem *subsystem, const atomic_bool *stop);
void uw_subsystem_leave(struct uw_subsystem *subsystem);
/* Not all of them will ever arrive: nothing is erased. */
void uw_subsystem_spoil(struct uw_subsystem *subsystem);

/* Called once in each round, counted from 0, by each member that erases together, `ready` or not; waits for
 * the others, until `stop`. *end and *said are set where it FOLLOWS; what they say of another round is the
 * same for all. */
enum uw_turn uw_subsystem_arrive(struct uw_subsystem *subsystem, unsigned round, bool ready,
                                 const atomic_bool *stop, struct uw_method_end *end, struct uw_said *said);
/* Called once by each member that erases together, when it has read back what it will, `alive` if it found
 * what was to be erased; true where any of them did. Waits for the others if something was erased. */
bool uw_subsystem_compare(struct uw_subsystem *subsystem, bool alive);
/* Called once by each member of allies when it has ended, `proved` or not; waits for the others, and returns
 * whether all were. */
bool uw_subsystem_settle(struct uw_subsystem *subsystem, bool proved);
/* By the one that LEADS, whatever came of it. */
void uw_subsystem_erased(struct uw_subsystem *subsystem, const struct uw_method_end *end,
                         const struct uw_said *said);

#endif
