/* SPDX-License-Identifier: Apache-2.0 */
/* Fans events out: stamps them once, then journal, the drives' folds and the queue of whoever polls. The only
 * state that job threads share. */
#ifndef UW_ENGINE_BUS_H
#define UW_ENGINE_BUS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/fold.h"
#include "engine/journal.h"

struct uw_queued;

struct uw_event_bus {
    pthread_mutex_t lock;
    pthread_cond_t arrived;
    uint64_t sequence;
    struct uw_journal journal;
    struct uw_fold *folds;   /* one per job */
    uint64_t *journalled_ns; /* per job: when its progress was last written down */
    bool *progress_queued;   /* per job */
    size_t jobs;
    struct uw_queued *first, **last; /* waiting for poll */
    bool journal_lost_told;
    bool closed; /* no more events will come */
};

bool uw_event_bus_init(struct uw_event_bus *bus, size_t jobs);
void uw_event_bus_clear(struct uw_event_bus *bus);

/* Returns when the event is on stable storage, progress at once. Posts it and takes over `data` (NULL: memory
 * ran out while it was made; the fold then claims nothing). */
void uw_event_bus_post(struct uw_event_bus *bus, int job, enum uw_event_kind kind, json_t *data);

/* No more events will come: poll ends when the queue is empty. */
void uw_event_bus_close(struct uw_event_bus *bus);

/* As uw_run_poll. */
bool uw_event_bus_poll(struct uw_event_bus *bus, int timeout_ms,
                       void (*listener)(void *, const struct uw_event *), void *user);

#endif
