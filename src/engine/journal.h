/* SPDX-License-Identifier: Apache-2.0 */
/* The event stream on stable storage: STATE/journal/RUN.jsonl, one JSON object a line. A process of its own
 * writes it, so that a file system that does not answer holds neither the drives nor our exit. */
#ifndef UW_ENGINE_JOURNAL_H
#define UW_ENGINE_JOURNAL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "unwrite/error.h"
#include "unwrite/event.h"

/* A file system that has not stored a line after so long counts as lost. */
enum { UW_JOURNAL_PATIENCE_MS = 30000 };

struct uw_journal_written;

struct uw_journal {
    int fd;     /* holds the lock that tells others that this run lives; -1: closed */
    int writer; /* socket to the process that writes; -1: there is none, or it was given up */
    pid_t process;
    struct uw_journal_written *written; /* shared with it */
    uint32_t sent;                      /* bytes handed to it, modulo 2^32 */
    char path[4096];
    atomic_int error; /* errno of the first write that failed, ETIMEDOUT; 0 while all went well */
};

/* Bytes of the file that are locked: by the run while it lives, and by its writer, which may outlive it. */
enum uw_journal_lock { UW_JOURNAL_RUN, UW_JOURNAL_WRITER };

/* Locks a journal, open for writing, for a run. False: another one has it. */
bool uw_journal_take(int fd);

/* Whether a run has the journal that is open, for reading at least; true too where nobody can tell. */
bool uw_journal_is_taken(int fd);

/* One that is not open. */
void uw_journal_init(struct uw_journal *journal);

/* Makes STATE and STATE/journal where they are missing (mode 0700) and a new file of mode 0600. UW_E_USAGE on
 * failure: nothing was touched yet. */
bool uw_journal_open(const char *state, const char *run, struct uw_journal *journal, struct uw_error *e);
/* Goes on with one that is open and locked; takes over the descriptor. */
bool uw_journal_adopt(int fd, struct uw_journal *journal, struct uw_error *e);

/* Hands a line to the writer; one at a time may call it. With `sync` the line is to be stored at once, and
 * *line is what uw_journal_await takes. A journal that cannot be written any more never ends an erase: it is
 * given up and `error` says so. */
void uw_journal_append(struct uw_journal *journal, const struct uw_event *event, bool sync, uint32_t *line);
/* Returns when the line is on stable storage, or the journal is lost; any number of threads may wait. */
void uw_journal_await(struct uw_journal *journal, uint32_t line);

/* Waits for the writer, unless it was given up. */
void uw_journal_close(struct uw_journal *journal);

/* Whether the run of a journal that is locked by nobody has a writer that is still at it. */
bool uw_journal_has_writer(int fd);

/* For a run that came to its end without being able to write that down: removes the journal, so that nobody
 * takes the run for one that broke off. Does not wait for a file system that does not answer. */
void uw_journal_discard(struct uw_journal *journal);

#endif
