/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/subsystem.h"

#include <time.h>

void uw_subsystem_init(struct uw_subsystem *subsystem)
{
    *subsystem = (struct uw_subsystem){0};
    pthread_mutex_init(&subsystem->lock, NULL);
    pthread_condattr_t clock;
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&subsystem->moved, &clock);
    pthread_condattr_destroy(&clock);
}

void uw_subsystem_clear(struct uw_subsystem *subsystem)
{
    pthread_cond_destroy(&subsystem->moved);
    pthread_mutex_destroy(&subsystem->lock);
}

/* Nobody signals a stop, so it is looked for now and then. */
static void wait_a_while(struct uw_subsystem *subsystem)
{
    enum { LOOK_MS = 100 };
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += LOOK_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_cond_timedwait(&subsystem->moved, &subsystem->lock, &until);
}

/* After a stop the order does not matter any more: nothing new is begun. */
void uw_subsystem_enter(struct uw_subsystem *subsystem, const atomic_bool *stop)
{
    pthread_mutex_lock(&subsystem->lock);
    while (subsystem->busy && !atomic_load(stop))
        wait_a_while(subsystem);
    subsystem->busy = true;
    pthread_mutex_unlock(&subsystem->lock);
}

void uw_subsystem_leave(struct uw_subsystem *subsystem)
{
    pthread_mutex_lock(&subsystem->lock);
    subsystem->busy = false;
    pthread_cond_broadcast(&subsystem->moved);
    pthread_mutex_unlock(&subsystem->lock);
}

void uw_subsystem_spoil(struct uw_subsystem *subsystem)
{
    pthread_mutex_lock(&subsystem->lock);
    subsystem->spoilt = true;
    pthread_cond_broadcast(&subsystem->moved);
    pthread_mutex_unlock(&subsystem->lock);
}

enum uw_turn uw_subsystem_arrive(struct uw_subsystem *subsystem, unsigned round, bool ready,
                                 const atomic_bool *stop, struct uw_method_end *end, struct uw_said *said)
{
    enum uw_turn turn = UW_TURN_NONE;
    size_t all = subsystem->members * (round + 1);
    pthread_mutex_lock(&subsystem->lock);
    subsystem->spoilt = subsystem->spoilt || !ready;
    bool leads = ++subsystem->arrived == all && !subsystem->spoilt;
    pthread_cond_broadcast(&subsystem->moved);
    while (!leads && !subsystem->spoilt && subsystem->erased <= round) {
        wait_a_while(subsystem);
        /* Once all have arrived one of them erases, and what comes of that is waited for. */
        if (atomic_load(stop) && subsystem->arrived < all)
            subsystem->spoilt = true;
    }
    if (leads) {
        turn = UW_TURN_LEADS;
    } else if (subsystem->erased > round) {
        turn = UW_TURN_FOLLOWS;
        *end = subsystem->end;
        *said = subsystem->said;
    }
    pthread_mutex_unlock(&subsystem->lock);
    return turn;
}

void uw_subsystem_erased(struct uw_subsystem *subsystem, const struct uw_method_end *end,
                         const struct uw_said *said)
{
    pthread_mutex_lock(&subsystem->lock);
    subsystem->end = *end;
    subsystem->said = *said;
    subsystem->erased++;
    pthread_cond_broadcast(&subsystem->moved);
    pthread_mutex_unlock(&subsystem->lock);
}

bool uw_subsystem_compare(struct uw_subsystem *subsystem, bool alive)
{
    pthread_mutex_lock(&subsystem->lock);
    subsystem->alive = subsystem->alive || alive;
    subsystem->read_back++;
    pthread_cond_broadcast(&subsystem->moved);
    /* What was erased had all of them arrive, so each of them comes here too. */
    while (subsystem->erased > 0 && subsystem->read_back < subsystem->members)
        wait_a_while(subsystem);
    bool any = subsystem->alive;
    pthread_mutex_unlock(&subsystem->lock);
    return any;
}

bool uw_subsystem_settle(struct uw_subsystem *subsystem, bool proved)
{
    pthread_mutex_lock(&subsystem->lock);
    subsystem->unproved = subsystem->unproved || !proved;
    subsystem->settled++;
    pthread_cond_broadcast(&subsystem->moved);
    while (subsystem->settled < subsystem->members && !subsystem->spoilt)
        wait_a_while(subsystem);
    bool all = subsystem->settled == subsystem->members && !subsystem->unproved;
    pthread_mutex_unlock(&subsystem->lock);
    return all;
}
