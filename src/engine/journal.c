/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.h"
#include "unwrite/unwrite.h"

static bool make_folder(const char *path, struct uw_error *e)
{
    if (mkdir(path, 0700) == 0 || errno == EEXIST)
        return true;
    uw_fail_errno(e, UW_E_USAGE, errno, "cannot make the state folder %s", path);
    return uw_way_out(e, "run as root, or name another one with --state");
}

/* The file's name must be there after a power cut too. */
static bool sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool synced = fsync(fd) == 0;
    close(fd);
    return synced;
}

bool uw_journal_open(const char *state, const char *run, struct uw_journal *journal, struct uw_error *e)
{
    char folder[PATH_MAX], path[PATH_MAX];
    journal->fd = -1;
    journal->error = 0;
    journal->path[0] = '\0';
    int n = snprintf(folder, sizeof folder, "%s/journal", state);
    int m = snprintf(path, sizeof path, "%s/journal/%s.jsonl", state, run);
    if (n < 0 || m < 0 || (size_t)m >= sizeof path)
        return uw_fail(e, UW_E_USAGE, "the state folder's name is too long");
    if (!make_folder(state, e) || !make_folder(folder, e))
        return false;
    snprintf(journal->path, sizeof journal->path, "%s", path);
    journal->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
    /* The lock tells others that this run lives. */
    if (journal->fd >= 0 && flock(journal->fd, LOCK_EX) == 0 && sync_folder(folder))
        return true;
    uw_fail_errno(e, UW_E_USAGE, errno, "cannot write the journal %s", path);
    uw_journal_close(journal);
    return uw_way_out(e, "run as root, or name another state folder with --state");
}

json_t *uw_event_json(const struct uw_event *event)
{
    char time[UW_TIME_BYTES];
    uw_time_text(event->time_ns, time);
    return json_pack("{s:I, s:s, s:o, s:o, s:s, s:O}", "sequence", (json_int_t)event->sequence, "time", time,
                     "boottime_ns", json_sprintf("%" PRIu64, event->boottime_ns), "job",
                     event->job == UW_NO_JOB ? json_null() : json_integer(event->job), "event",
                     uw_event_name(event->kind), "data", event->data);
}

static bool write_all(int fd, const char *data, size_t bytes)
{
    while (bytes > 0) {
        ssize_t n = write(fd, data, bytes);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        data += n;
        bytes -= (size_t)n;
    }
    return true;
}

void uw_journal_append(struct uw_journal *journal, const struct uw_event *event, bool sync)
{
    if (journal->fd < 0)
        return;
    json_t *line = uw_event_json(event);
    char *text = line != NULL ? json_dumps(line, JSON_COMPACT) : NULL;
    json_decref(line);
    errno = ENOMEM;
    /* One write, so that a crash cannot leave two halves of two lines. */
    size_t length = text != NULL ? strlen(text) : 0;
    bool written = false;
    if (text != NULL) {
        text[length] = '\n'; /* over the NUL: the length is known */
        written = write_all(journal->fd, text, length + 1) && (!sync || fdatasync(journal->fd) == 0);
    }
    if (!written) {
        journal->error = errno;
        uw_journal_close(journal);
    }
    free(text);
}

void uw_journal_close(struct uw_journal *journal)
{
    if (journal->fd >= 0)
        close(journal->fd);
    journal->fd = -1;
}

void uw_journal_discard(struct uw_journal *journal)
{
    if (journal->path[0] != '\0')
        unlink(journal->path);
    journal->path[0] = '\0';
}
