/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/bus.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct uw_queued {
    struct uw_queued *next;
    struct uw_event event;
    json_t *data;
};

static const uint64_t PROGRESS_JOURNAL_NS = 5000000000ULL;

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000ULL + (uint64_t)now.tv_nsec;
}

bool uw_event_bus_init(struct uw_event_bus *bus, size_t jobs)
{
    memset(bus, 0, sizeof *bus);
    uw_journal_init(&bus->journal);
    bus->last = &bus->first;
    bus->jobs = jobs;
    bus->folds = calloc(jobs, sizeof *bus->folds);
    bus->journalled_ns = calloc(jobs, sizeof *bus->journalled_ns);
    bus->progress_queued = calloc(jobs, sizeof *bus->progress_queued);
    for (size_t i = 0; bus->folds != NULL && i < jobs; i++)
        uw_fold_init(&bus->folds[i]);
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&bus->lock, NULL);
    pthread_cond_init(&bus->arrived, &attributes);
    pthread_condattr_destroy(&attributes);
    return bus->folds != NULL && bus->journalled_ns != NULL && bus->progress_queued != NULL;
}

void uw_event_bus_clear(struct uw_event_bus *bus)
{
    while (bus->first != NULL) {
        struct uw_queued *queued = bus->first;
        bus->first = queued->next;
        json_decref(queued->data);
        free(queued);
    }
    for (size_t i = 0; bus->folds != NULL && i < bus->jobs; i++)
        uw_fold_clear(&bus->folds[i]);
    free(bus->folds);
    free(bus->journalled_ns);
    free(bus->progress_queued);
    uw_journal_close(&bus->journal);
    pthread_mutex_destroy(&bus->lock);
    pthread_cond_destroy(&bus->arrived);
    memset(bus, 0, sizeof *bus);
}

/* Progress is written down now and then: what a run that breaks off has done by then can be said of it. */
static bool is_due(struct uw_event_bus *bus, int job)
{
    uint64_t now_ns = clock_ns(CLOCK_BOOTTIME), *last_ns = &bus->journalled_ns[job];
    if (now_ns - *last_ns < PROGRESS_JOURNAL_NS)
        return false;
    *last_ns = now_ns;
    return true;
}

static void fold_event(struct uw_event_bus *bus, const struct uw_event *event)
{
    if (event->job != UW_NO_JOB) {
        uw_fold_event(&bus->folds[event->job], event);
        return;
    }
    for (size_t i = 0; i < bus->jobs; i++)
        uw_fold_event(&bus->folds[i], event);
}

/* A listener that is slow or gone must not cost memory: of each drive at most one progress event waits. */
static void queue_event(struct uw_event_bus *bus, const struct uw_event *event, json_t *data)
{
    struct uw_queued *queued = malloc(sizeof *queued);
    if (queued == NULL) {
        json_decref(data);
        return;
    }
    *queued = (struct uw_queued){.event = *event, .data = data};
    queued->event.data = data;
    *bus->last = queued;
    bus->last = &queued->next;
    pthread_cond_signal(&bus->arrived);
}

/* Returns what uw_journal_await takes. */
static uint32_t post_locked(struct uw_event_bus *bus, int job, enum uw_event_kind kind, json_t *data)
{
    uint32_t line = bus->journal.sent;
    bool progress = kind == UW_EVENT_PROGRESS, due = progress && is_due(bus, job);
    if (progress && (data == NULL || (bus->progress_queued[job] && !due))) {
        json_decref(data);
        return line;
    }
    /* One that nobody listens to is the journal's alone: it takes no number from the others. */
    bool queued = !progress || !bus->progress_queued[job];
    bus->sequence += queued;
    struct uw_event event = {.sequence = bus->sequence,
                             .time_ns = (int64_t)clock_ns(CLOCK_REALTIME),
                             .boottime_ns = clock_ns(CLOCK_BOOTTIME),
                             .job = job,
                             .kind = kind,
                             .data = data};
    if (data == NULL) {
        for (size_t i = 0; i < bus->jobs; i++)
            if (job == UW_NO_JOB || (size_t)job == i)
                bus->folds[i].lost = true;
        return line;
    }
    if (!progress || due)
        uw_journal_append(&bus->journal, &event, !progress, &line);
    fold_event(bus, &event);
    if (progress && queued)
        bus->progress_queued[job] = true;
    if (queued)
        queue_event(bus, &event, data);
    else
        json_decref(data);
    return line;
}

static void tell_journal_lost(struct uw_event_bus *bus)
{
    int error = atomic_load(&bus->journal.error);
    if (error == 0 || bus->journal_lost_told)
        return;
    bus->journal_lost_told = true;
    post_locked(bus, UW_NO_JOB, UW_EVENT_WARNING,
                json_pack("{s:s+}", "text", "the journal cannot be written any more: ", strerror(error)));
}

void uw_event_bus_post(struct uw_event_bus *bus, int job, enum uw_event_kind kind, json_t *data)
{
    pthread_mutex_lock(&bus->lock);
    uint32_t line = post_locked(bus, job, kind, data);
    pthread_mutex_unlock(&bus->lock);
    /* Only who posts waits, and not with the lock: the other drives go on. */
    if (kind != UW_EVENT_PROGRESS)
        uw_journal_await(&bus->journal, line);
    pthread_mutex_lock(&bus->lock);
    tell_journal_lost(bus);
    pthread_mutex_unlock(&bus->lock);
}

void uw_event_bus_close(struct uw_event_bus *bus)
{
    pthread_mutex_lock(&bus->lock);
    bus->closed = true;
    pthread_cond_signal(&bus->arrived);
    pthread_mutex_unlock(&bus->lock);
}

static void wait_for_event(struct uw_event_bus *bus, int timeout_ms)
{
    uint64_t wait_ms = timeout_ms > 0 ? (uint64_t)timeout_ms : 0;
    uint64_t until_ns = clock_ns(CLOCK_MONOTONIC) + wait_ms * 1000000;
    struct timespec until = {.tv_sec = (time_t)(until_ns / 1000000000ULL),
                             .tv_nsec = (long)(until_ns % 1000000000ULL)};
    while (bus->first == NULL && !bus->closed)
        if (pthread_cond_timedwait(&bus->arrived, &bus->lock, &until) == ETIMEDOUT)
            return;
}

static struct uw_queued *take_all(struct uw_event_bus *bus)
{
    struct uw_queued *taken = bus->first;
    bus->first = NULL;
    bus->last = &bus->first;
    memset(bus->progress_queued, 0, bus->jobs * sizeof *bus->progress_queued);
    return taken;
}

bool uw_event_bus_poll(struct uw_event_bus *bus, int timeout_ms,
                       void (*listener)(void *, const struct uw_event *), void *user)
{
    pthread_mutex_lock(&bus->lock);
    wait_for_event(bus, timeout_ms);
    struct uw_queued *taken = take_all(bus);
    bool more = taken != NULL || !bus->closed;
    pthread_mutex_unlock(&bus->lock);
    while (taken != NULL) {
        struct uw_queued *queued = taken;
        taken = queued->next;
        if (listener != NULL)
            listener(user, &queued->event);
        json_decref(queued->data);
        free(queued);
    }
    return more;
}
