/* SPDX-License-Identifier: Apache-2.0 */
/* The event stream on stable storage: STATE/journal/RUN.jsonl, one JSON object a line. */
#ifndef UW_ENGINE_JOURNAL_H
#define UW_ENGINE_JOURNAL_H

#include <stdbool.h>

#include "unwrite/error.h"
#include "unwrite/event.h"

struct uw_journal {
    int fd; /* -1: closed, or given up after an error */
    char path[4096];
    int error; /* errno of the first write that failed, 0 while all went well */
};

/* Makes STATE and STATE/journal where they are missing (mode 0700) and a new file of mode 0600. UW_E_USAGE on
 * failure: nothing was touched yet. */
bool uw_journal_open(const char *state, const char *run, struct uw_journal *journal, struct uw_error *e);

/* Appends a line, with `sync` on stable storage before it returns. A journal that cannot be written any more
 * never ends an erase: it is given up and `error` says so. */
void uw_journal_append(struct uw_journal *journal, const struct uw_event *event, bool sync);
void uw_journal_close(struct uw_journal *journal);

/* For a run that came to its end without being able to write that down: removes the journal, so that nobody
 * takes the run for one that broke off. */
void uw_journal_discard(struct uw_journal *journal);

#endif
