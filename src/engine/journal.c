/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

void uw_journal_init(struct uw_journal *journal)
{
    *journal = (struct uw_journal){.fd = -1, .writer = -1};
}

bool uw_journal_open(const char *state, const char *run, struct uw_journal *journal, struct uw_error *e)
{
    char folder[PATH_MAX], path[PATH_MAX];
    uw_journal_init(journal);
    int n = snprintf(folder, sizeof folder, "%s/journal", state);
    int m = snprintf(path, sizeof path, "%s/journal/%s.jsonl", state, run);
    if (n < 0 || m < 0 || (size_t)m >= sizeof path)
        return uw_fail(e, UW_E_USAGE, "the state folder's name is too long");
    if (!make_folder(state, e) || !make_folder(folder, e))
        return false;
    snprintf(journal->path, sizeof journal->path, "%s", path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
    /* The lock tells others that this run lives. */
    if (fd >= 0 && uw_journal_take(fd) && sync_folder(folder))
        return uw_journal_adopt(fd, journal, e);
    uw_fail_errno(e, UW_E_USAGE, errno, "cannot write the journal %s", path);
    if (fd >= 0)
        close(fd);
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
