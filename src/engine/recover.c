/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/recover.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.h"
#include "output/output.h"

enum { JOURNAL_BYTES_MAX = 256 << 20, LAST_LINE_BYTES = 8192, JOBS_MAX = 4096 };

/* The kinds by name; UW_EVENT_KINDS: none that we know. */
static enum uw_event_kind kind_of(const char *name)
{
    for (int kind = 0; name != NULL && kind < UW_EVENT_KINDS; kind++)
        if (strcmp(uw_event_name((enum uw_event_kind)kind), name) == 0)
            return (enum uw_event_kind)kind;
    return UW_EVENT_KINDS;
}

/* A line of the journal; false for one that a crash cut short. The caller releases event->data. */
static bool read_line(const char *line, size_t bytes, struct uw_event *event, json_t **owner)
{
    const char *time, *boottime, *name;
    json_int_t sequence;
    json_t *job, *data;
    *owner = json_loadb(line, bytes, JSON_REJECT_DUPLICATES, NULL);
    if (*owner != NULL &&
        json_unpack(*owner, "{s:I, s:s, s:s, s:o, s:s, s:o}", "sequence", &sequence, "time", &time,
                    "boottime_ns", &boottime, "job", &job, "event", &name, "data", &data) == 0) {
        json_int_t index = json_is_integer(job) ? json_integer_value(job) : UW_NO_JOB;
        *event = (struct uw_event){.sequence = (uint64_t)sequence,
                                   .time_ns = uw_time_parse(time),
                                   .boottime_ns = strtoull(boottime, NULL, 10),
                                   .job = index >= 0 && index < JOBS_MAX ? (int)index : UW_NO_JOB,
                                   .kind = kind_of(name),
                                   .data = data};
        return json_is_object(data) && event->time_ns != 0;
    }
    json_decref(*owner);
    *owner = NULL;
    return false;
}

/* Calls `take` for each whole line. */
static void each_line(const char *text, size_t bytes, void (*take)(struct uw_run *, const struct uw_event *),
                      struct uw_run *run)
{
    const char *end;
    for (const char *line = text; (end = memchr(line, '\n', bytes - (size_t)(line - text))) != NULL;
         line = end + 1) {
        struct uw_event event;
        json_t *owner;
        if (read_line(line, (size_t)(end - line), &event, &owner))
            take(run, &event);
        json_decref(owner);
    }
}

static void count_jobs(struct uw_run *run, const struct uw_event *event)
{
    if (event->job >= 0 && (size_t)event->job >= run->job_count)
        run->job_count = (size_t)event->job + 1;
}

/* It went out on standard output: a second one of the same id would contradict it. */
static void keep_signed(struct uw_job *job, const json_t *data)
{
    json_t *certificate = json_object_get(data, "certificate"),
           *signatures = json_object_get(data, "signatures");
    if (!json_is_object(certificate) || !json_is_array(signatures))
        return;
    json_decref(job->signed_before);
    job->signed_before = json_pack("{s:O, s:O}", "certificate", certificate, "signatures", signatures);
}

static void fold_line(struct uw_run *run, const struct uw_event *event)
{
    run->bus.sequence = event->sequence;
    for (size_t i = 0; i < run->job_count; i++)
        if (event->job == UW_NO_JOB || (size_t)event->job == i)
            uw_fold_event(&run->bus.folds[i], event);
    if (event->job == UW_NO_JOB)
        return;
    struct uw_job *job = &run->jobs[event->job];
    if (event->kind == UW_EVENT_CERTIFICATE_STORED)
        job->stored = true;
    if (event->kind == UW_EVENT_NOT_STORED)
        keep_signed(job, event->data);
}

/* Its process may have died between storing the certificate and saying so, or the journal may have been lost
 * before. */
static bool stands_already(const struct uw_job *job, const struct uw_fold *fold)
{
    const char *folder = json_string_value(json_object_get(fold->run, "certificates"));
    const char *id = json_string_value(json_object_get(fold->drive, "certificate_id"));
    return folder != NULL && id != NULL && uw_store_stands(folder, job->drive.serial, id, "certificate");
}

static void copy_text(char *to, size_t to_bytes, const json_t *from)
{
    const char *text = json_string_value(from);
    snprintf(to, to_bytes, "%s", text != NULL ? text : "");
}

static json_t *verdict_json(const struct uw_job *job)
{
    const char *said =
        json_string_value(json_object_get(json_object_get(job->signed_before, "certificate"), "verdict"));
    return uw_clean_json(said != NULL ? said : uw_verdict_name(job->verdict));
}

static void end_broken(struct uw_job *job, json_t *recovered)
{
    const struct uw_fold *fold = uw_job_fold(job);
    copy_text(job->drive.serial, sizeof job->drive.serial,
              json_object_get(json_object_get(fold->drive, "medium"), "serial"));
    copy_text(job->drive.device, sizeof job->drive.device, json_object_get(fold->drive, "device"));
    /* Before its plan was made nothing was decided, let alone touched. */
    if (job->stored || fold->drive == NULL || fold->plan == NULL || stands_already(job, fold))
        return;
    if (job->signed_before != NULL) {
        uw_job_store_signed(job);
    } else {
        if (!fold->evidence.refused)
            uw_job_post(job, UW_EVENT_STOPPED, json_pack("{s:s}", "by", "crash"));
        uw_job_end(job);
    }
    json_array_append_new(recovered,
                          json_pack("{s:O?, s:o, s:o, s:o}", "run", json_object_get(fold->run, "run"),
                                    "device", uw_clean_json(job->drive.device), "verdict", verdict_json(job),
                                    "path", job->path[0] != '\0' ? uw_clean_json(job->path) : json_null()));
}

static bool end_jobs(struct uw_run *broken, json_t *recovered)
{
    bool all = true;
    for (size_t i = 0; i < broken->job_count; i++) {
        broken->jobs[i].run = broken;
        broken->jobs[i].index = (int)i;
        end_broken(&broken->jobs[i], recovered);
        all = all && (broken->jobs[i].stored || !broken->jobs[i].ended);
    }
    /* One whose document could not be stored is tried again next time. */
    if (all)
        uw_event_bus_post(&broken->bus, UW_NO_JOB, UW_EVENT_RUN_ENDED,
                          json_pack("{s:i, s:s}", "exit", (int)UW_EXIT_ABORTED, "by", "recovery"));
    return all;
}

/* The journal of a run that broke off, taken over with its descriptor. */
static bool recover_run(const struct uw_run *run, int fd, const char *text, size_t bytes, json_t *recovered,
                        struct uw_error *e)
{
    struct uw_run broken = {.machine = run->machine,
                            .request = run->request,
                            .key = run->key,
                            .certificates = run->certificates,
                            .state = run->state};
    each_line(text, bytes, count_jobs, &broken);
    broken.jobs = calloc(broken.job_count + 1, sizeof *broken.jobs);
    bool good = broken.jobs != NULL && uw_event_bus_init(&broken.bus, broken.job_count);
    if (good) {
        each_line(text, bytes, fold_line, &broken);
        /* Behind a line that was cut short. */
        if (bytes > 0 && text[bytes - 1] != '\n' && write(fd, "\n", 1) != 1)
            good = uw_fail_errno(e, UW_E_STORE, errno, "cannot write the journal of a run that broke off");
        good = good && uw_journal_adopt(dup(fd), &broken.bus.journal, e);
        good =
            good && (end_jobs(&broken, recovered) ||
                     uw_fail(e, UW_E_STORE, "the certificate of a run that broke off could not be stored"));
        for (size_t i = 0; i < broken.job_count; i++)
            json_decref(broken.jobs[i].signed_before);
        uw_event_bus_clear(&broken.bus);
    } else {
        uw_fail(e, UW_E_NOMEM, "out of memory");
    }
    free(broken.jobs);
    return good;
}

static bool is_finished(int fd, off_t bytes)
{
    char tail[LAST_LINE_BYTES];
    off_t from = bytes > (off_t)sizeof tail ? bytes - (off_t)sizeof tail : 0;
    ssize_t n = pread(fd, tail, sizeof tail, from);
    if (n <= 1 || tail[n - 1] != '\n')
        return false;
    const char *before = memrchr(tail, '\n', (size_t)n - 1);
    const char *line = before != NULL ? before + 1 : tail;
    struct uw_event event;
    json_t *owner;
    bool finished =
        read_line(line, (size_t)(tail + n - 1 - line), &event, &owner) && event.kind == UW_EVENT_RUN_ENDED;
    json_decref(owner);
    return finished;
}

static bool read_all(int fd, char *text, size_t bytes)
{
    size_t used = 0;
    ssize_t n = 1;
    while (used < bytes && (n = pread(fd, text + used, bytes - used, (off_t)used)) > 0)
        used += (size_t)n;
    return used == bytes;
}

/* A journal that is locked belongs to a run that lives; what a run that was killed had said last may still be
 * on its way there. */
static bool recover_file(const struct uw_run *run, int folder, const char *name, json_t *recovered,
                         struct uw_error *e)
{
    struct stat status;
    int fd = openat(folder, name, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return uw_fail_errno(e, UW_E_STORE, errno, "cannot read the journal %s", name);
    bool good = true;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && uw_journal_take(fd) &&
        !uw_journal_has_writer(fd) && fstat(fd, &status) == 0 && !is_finished(fd, status.st_size)) {
        char *text = status.st_size <= JOURNAL_BYTES_MAX ? malloc((size_t)status.st_size + 1) : NULL;
        if (text != NULL && read_all(fd, text, (size_t)status.st_size))
            good = recover_run(run, fd, text, (size_t)status.st_size, recovered, e);
        else
            good = uw_fail(e, UW_E_STORE, "cannot read the journal %s", name);
        free(text);
    }
    close(fd);
    return good;
}

static bool is_journal(const char *name, const char *own_id)
{
    size_t length = strlen(name);
    bool own = own_id[0] != '\0' && strncmp(name, own_id, strlen(own_id)) == 0;
    return length > 6 && strcmp(name + length - 6, ".jsonl") == 0 && !own;
}

bool uw_recover_journals(const struct uw_run *run, json_t *recovered, struct uw_error *e)
{
    char path[UW_PATH_BYTES * 2];
    snprintf(path, sizeof path, "%s/journal", run->state);
    DIR *folder = opendir(path);
    if (folder == NULL)
        return errno == ENOENT || uw_fail_errno(e, UW_E_STORE, errno, "cannot read %s", path);
    bool good = true;
    const struct dirent *entry;
    while ((entry = readdir(folder)) != NULL)
        if (is_journal(entry->d_name, run->id))
            good = recover_file(run, dirfd(folder), entry->d_name, recovered, e) && good;
    closedir(folder);
    return good;
}
