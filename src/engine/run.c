/* SPDX-License-Identifier: Apache-2.0 */
/* Many drives at once: everything is decided and put on record before the first of them is touched. */
#include "engine/run.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/recover.h"
#include "engine/unfreeze.h"
#include "output/output.h"

/* Room that must be free for one drive's documents before it is touched. */
enum { DOCUMENT_ROOM_BYTES = 256 << 10 };

static bool new_run_id(struct uw_run *run)
{
    if (!uw_uuid_new(run->id))
        return false;
    for (size_t i = 0, at = 0; i < sizeof run->id_bytes; i++, at += 2) {
        at += run->id[at] == '-';
        char pair[3] = {run->id[at], run->id[at + 1], '\0'};
        run->id_bytes[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return true;
}

static struct uw_run *new_run(const struct uw_request *request, struct uw_error *e)
{
    struct uw_run *run = calloc(1, sizeof *run);
    if (run == NULL) {
        uw_fail(e, UW_E_NOMEM, "out of memory");
        return NULL;
    }
    run->request = request;
    uw_journal_init(&run->bus.journal);
    return run;
}

/* Frees a run that could not be opened. */
static struct uw_run *open_run(struct uw_run *run, struct uw_error *e)
{
    bool opened = uw_run_read_request(run, e) && uw_run_bind(run, e) && uw_run_find_drives(run, e);
    if (opened && (!new_run_id(run) || !uw_event_bus_init(&run->bus, run->job_count)))
        opened = uw_fail(e, UW_E_NOMEM, "out of memory or random bytes");
    if (opened)
        return run;
    uw_run_close(run);
    return NULL;
}

struct uw_run *uw_run_open(const struct uw_request *request, struct uw_error *e)
{
    struct uw_run *run = new_run(request, e);
    if (run == NULL)
        return NULL;
    run->roots.trace = request->trace;
    run->here = uw_this_machine;
    run->here.user = &run->roots;
    run->machine = &run->here;
    return open_run(run, e);
}

struct uw_run *uw_run_open_on(const struct uw_machine *machine, const struct uw_request *request,
                              struct uw_error *e)
{
    struct uw_run *run = new_run(request, e);
    if (run == NULL)
        return NULL;
    run->machine = machine;
    return open_run(run, e);
}

static json_t *array_or_empty(json_t *array)
{
    return array != NULL ? json_incref(array) : json_array();
}

json_t *uw_run_plans(const struct uw_run *run, struct uw_error *e)
{
    json_t *plans = json_array();
    for (size_t i = 0; i < run->job_count; i++)
        json_array_append_new(plans, uw_plan_json(&run->jobs[i].plan));
    bool whole = json_array_size(plans) == run->job_count;
    json_t *document =
        json_pack("{s:s, s:o, s:o, s:o}", "schema", "urn:unwrite:plan:1", "plans", plans, "left_out",
                  array_or_empty(run->left_out), "not_covered", array_or_empty(run->not_covered));
    if (whole && document != NULL)
        return document;
    json_decref(document);
    uw_fail(e, UW_E_NOMEM, "out of memory");
    return NULL;
}

size_t uw_run_count(const struct uw_run *run)
{
    return run->job_count;
}

/* A machine whose drives are partly hidden cannot be called clean by --all. */
static bool leaves_something_out(const struct uw_run *run)
{
    bool hidden = json_array_size(run->not_covered) > 0 && !run->request->allow_not_covered;
    return run->job_count == 0 || (run->request->all && hidden);
}

static bool any_refused(const struct uw_run *run, int exit_code)
{
    for (size_t i = 0; i < run->job_count; i++)
        if (run->jobs[i].plan.refusal.refused && run->jobs[i].plan.refusal.exit_code == exit_code)
            return true;
    return false;
}

enum uw_exit uw_run_forecast(const struct uw_run *run)
{
    if (leaves_something_out(run))
        return UW_EXIT_FAILED;
    if (any_refused(run, UW_EXIT_LEVEL))
        return UW_EXIT_LEVEL;
    return any_refused(run, UW_EXIT_REFUSED) ? UW_EXIT_REFUSED : UW_EXIT_SANITIZED;
}

static bool any_verdict(const struct uw_run *run, enum uw_verdict verdict)
{
    for (size_t i = 0; i < run->job_count; i++)
        if (run->jobs[i].verdict == verdict)
            return true;
    return false;
}

static bool all_stored(const struct uw_run *run)
{
    for (size_t i = 0; i < run->job_count; i++)
        if (!run->jobs[i].stored)
            return false;
    return true;
}

/* Of a run that only looked. */
static enum uw_exit check_exit(const struct uw_run *run)
{
    for (size_t i = 0; i < run->job_count; i++)
        if (run->started && !run->jobs[i].holds && uw_job_fold(&run->jobs[i])->evidence.aborted)
            return UW_EXIT_ABORTED;
    for (size_t i = 0; i < run->job_count; i++)
        if (!run->jobs[i].holds)
            return UW_EXIT_FAILED;
    if (!run->started || run->job_count == 0)
        return UW_EXIT_FAILED;
    return all_stored(run) ? UW_EXIT_SANITIZED : UW_EXIT_NOT_STORED;
}

enum uw_exit uw_run_exit(const struct uw_run *run)
{
    if (run->request->check)
        return check_exit(run);
    if (!run->started || leaves_something_out(run) || any_verdict(run, UW_VERDICT_FAILED) ||
        any_verdict(run, UW_VERDICT_STALLED))
        return UW_EXIT_FAILED;
    if (any_verdict(run, UW_VERDICT_ABORTED))
        return UW_EXIT_ABORTED;
    if (any_refused(run, UW_EXIT_LEVEL))
        return UW_EXIT_LEVEL;
    if (any_verdict(run, UW_VERDICT_REFUSED))
        return UW_EXIT_REFUSED;
    return all_stored(run) ? UW_EXIT_SANITIZED : UW_EXIT_NOT_STORED;
}

static json_t *text_or_null(const char *text)
{
    return text != NULL ? json_string(text) : json_null();
}

/* Whoever stands before the machine erased it, or only looks at it. */
static json_t *people_json(const struct uw_request *r)
{
    json_t *nobody = json_pack("{s:n, s:n, s:n, s:n, s:n}", "name", "id", "title", "location", "contact");
    json_t *person = json_pack("{s:o, s:n, s:n, s:o, s:n}", "name", text_or_null(r->operator_name), "id",
                               "title", "location", text_or_null(r->location), "contact");
    if (r->check)
        return json_pack("{s:o, s:o, s:n}", "operator", nobody, "verifier", person, "validator");
    json_decref(nobody);
    return json_pack("{s:o, s:n, s:n}", "operator", person, "verifier", "validator");
}

static json_t *authority_json(const struct uw_request *r)
{
    return json_pack(
        "{s:n, s:o, s:[], s:{s:o, s:n}, s:{s:s, s:n, s:n, s:n, s:n}, s:{s:s, s:n, s:n, s:n, s:n}, s:o}",
        "order", "ticket", text_or_null(r->ticket), "approved_by", "owner", "customer",
        text_or_null(r->customer), "contract", "notice", "given", "unknown", "at", "channel", "reference",
        "grace_end", "preservation", "status", "not-checked", "checked_at", "source", "response_sha256",
        "reference", "reason", text_or_null(r->reason));
}

/* Absolute, for whoever reads the journal from elsewhere. */
static json_t *folder_json(const char *folder)
{
    char *path = realpath(folder, NULL);
    json_t *text = uw_clean_json(path != NULL ? path : folder);
    free(path);
    return text;
}

static void post_run_started(struct uw_run *run)
{
    const struct uw_request *r = run->request;
    json_t *unknown = json_object();
    json_t *host = uw_probe_host(NULL, unknown);
    json_t *tool = uw_tool_json(r->arguments.items, r->arguments.count, r->configuration_sha256, unknown);
    uw_event_bus_post(&run->bus, UW_NO_JOB, UW_EVENT_RUN_STARTED,
                      json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:O, s:o, s:o}", "run", run->id, "tool",
                                tool, "host", host, "time", uw_clock_json(), "people", people_json(r),
                                "authority", authority_json(r), "station", text_or_null(r->station),
                                "not_covered", run->not_covered, "certificates",
                                folder_json(run->certificates), "unknown", unknown));
}

/* The station's own key comes into being at its first use. */
static bool read_key(struct uw_run *run, bool *made, struct uw_error *e)
{
    char path[UW_PATH_BYTES * 2];
    if (run->request->key != NULL)
        return uw_key_load_private(run->request->key, &run->key, e);
    uw_station_key_path(run->state, path, sizeof path);
    *made = access(path, F_OK) != 0;
    if (*made && !uw_key_create(path, e))
        return uw_way_out(e, "run as root, or name another state folder with --state, or a key with --key");
    return uw_key_load_private(path, &run->key, e);
}

static bool load_key(struct uw_run *run, bool *made, struct uw_error *e)
{
    if (!read_key(run, made, e))
        return false;
    if (!uw_key_is_test(run->key) || run->machine->simulated)
        return true;
    uw_fail(e, UW_E_USAGE, "the test key signs no real run: everybody has it");
    return uw_way_out(e, "unwrite key new FILE makes one of your own");
}

static void warn(struct uw_run *run, json_t *text)
{
    uw_event_bus_post(&run->bus, UW_NO_JOB, UW_EVENT_WARNING, json_pack("{s:o}", "text", text));
}

/* A drive that is not erased is never passed over in silence. */
static void warn_of_left_out(struct uw_run *run)
{
    size_t i;
    json_t *item;
    json_array_foreach(run->left_out, i, item) {
        warn(run, json_sprintf("%s is left out: %s", json_string_value(json_object_get(item, "device")),
                               json_string_value(json_object_get(item, "why"))));
    }
}

static bool is_id_of_a_job(const struct uw_run *run, const char *id)
{
    for (size_t i = 0; i < run->job_count; i++)
        if (strcmp(run->jobs[i].drive.id, id) == 0)
            return true;
    return false;
}

/* A slip, or a drive that is missing. Where another is refused because no --confirm names it, that says
 * enough. */
static void warn_of_idle_confirms(struct uw_run *run)
{
    const struct uw_strings *confirm = &run->request->confirm;
    char text[UW_ERROR_TEXT_BYTES];
    bool all = run->request->all && run->request->confirm_all;
    for (size_t i = 0; i < run->job_count; i++)
        if (!all && !uw_is_named(confirm, run->jobs[i].drive.id))
            return;
    for (size_t i = 0; i < confirm->count; i++) {
        if (is_id_of_a_job(run, confirm->items[i]))
            continue;
        snprintf(text, sizeof text, "--confirm %s names no target", confirm->items[i]);
        warn(run, uw_clean_json(text));
    }
}

/* What runs that broke off left unsaid goes on record before anything new; where that fails it must not keep
 * a drive from being erased, and is tried again by the next run. */
static void recover(struct uw_run *run)
{
    struct uw_error e = {0};
    size_t i;
    json_t *entry, *recovered = json_array();
    if (!uw_recover_journals(run, recovered, &e))
        warn(run, json_string(e.text));
    json_array_foreach(recovered, i, entry) {
        const char *path = json_string_value(json_object_get(entry, "path"));
        warn(run, json_sprintf("a run that broke off: %s was %s, certificate %s",
                               json_string_value(json_object_get(entry, "device")),
                               json_string_value(json_object_get(entry, "verdict")),
                               path != NULL ? path : "not stored"));
    }
    json_decref(recovered);
}

static bool prepare(struct uw_run *run, struct uw_error *e)
{
    bool made = false;
    unsigned long long room = (unsigned long long)run->job_count * DOCUMENT_ROOM_BYTES;
    if (!uw_store_prepare(run->certificates, room, e) ||
        !uw_journal_open(run->state, run->id, &run->bus.journal, e) || !load_key(run, &made, e))
        return false;
    post_run_started(run);
    warn_of_left_out(run);
    warn_of_idle_confirms(run);
    recover(run);
    if (made)
        uw_event_bus_post(&run->bus, UW_NO_JOB, UW_EVENT_WARNING,
                          json_pack("{s:s+}", "text", "made a station key: ", uw_key_thumbprint(run->key)));
    return true;
}

static void end_run(struct uw_run *run)
{
    size_t count[UW_VERDICTS] = {0};
    for (size_t i = 0; i < run->job_count; i++)
        count[run->jobs[i].verdict]++;
    uw_event_bus_post(
        &run->bus, UW_NO_JOB, UW_EVENT_RUN_ENDED,
        json_pack("{s:i, s:I, s:I, s:I, s:I}", "exit", (int)uw_run_exit(run), "sanitized",
                  (json_int_t)(count[UW_VERDICT_SANITIZED] + count[UW_VERDICT_SANITIZED_WITH_EXCEPTIONS]),
                  "failed", (json_int_t)(count[UW_VERDICT_FAILED] + count[UW_VERDICT_STALLED]), "refused",
                  (json_int_t)count[UW_VERDICT_REFUSED], "aborted", (json_int_t)count[UW_VERDICT_ABORTED]));
    if (atomic_load(&run->bus.journal.error) != 0)
        uw_journal_discard(&run->bus.journal);
    uw_event_bus_close(&run->bus);
}

static void end_job(struct uw_job *job)
{
    if (job->run->request->check)
        uw_job_end_check(job);
    else
        uw_job_end(job);
    if (atomic_fetch_sub(&job->run->left, 1) == 1)
        end_run(job->run);
}

/* Takes the next job that waits until none is left; its ring is made and used in this thread alone. */
static void *work(void *data)
{
    struct uw_run *run = data;
    size_t next;
    while ((next = atomic_fetch_add(&run->next, 1)) < run->job_count) {
        struct uw_job *job = &run->jobs[run->order[next]];
        if (job->ended)
            continue;
        if (run->request->check)
            uw_job_check(job);
        else
            uw_job_erase(job);
        end_job(job);
    }
    return NULL;
}

/* Each job's share of the memory in flight. */
static unsigned share(size_t jobs)
{
    size_t each = UW_RUN_BUFFERS_BYTES / UW_STREAM_BUFFER_BYTES / (jobs > 0 ? jobs : 1);
    return each > UW_STREAM_BUFFERS ? UW_STREAM_BUFFERS : each > 0 ? (unsigned)each : 1;
}

/* Signals are the main thread's business: a worker must not lose a transfer to one. */
static bool start_threads(struct uw_run *run, size_t admitted, struct uw_error *e)
{
    sigset_t all, before;
    size_t wanted = admitted < run->parallel ? admitted : run->parallel;
    run->buffers = share(wanted);
    run->threads = calloc(wanted + 1, sizeof *run->threads);
    if (run->threads == NULL)
        return uw_fail(e, UW_E_NOMEM, "out of memory");
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    for (size_t i = 0; i < wanted; i++)
        if (pthread_create(&run->threads[run->thread_count], NULL, work, run) == 0)
            run->thread_count++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    for (size_t i = 0; i < run->subsystem_count; i++)
        if ((run->subsystems[i].together || run->subsystems[i].allied) &&
            run->subsystems[i].members > run->thread_count)
            uw_subsystem_spoil(&run->subsystems[i]);
    /* Fewer threads than wanted take more turns; none at all is the end. */
    if (wanted > 0 && run->thread_count == 0)
        return uw_fail(e, UW_E_NOMEM, "no thread could be started");
    return true;
}

static void withdraw_job(struct uw_job *job, const char *why)
{
    if (!job->plan.refusal.refused) {
        uw_plan_refuse(&job->plan, 4, "not_begun", "set that right and begin anew",
                       "the run did not begin: %s", why);
        uw_job_post(job, UW_EVENT_REFUSED, uw_refusal_json(&job->plan.refusal));
    }
    uw_job_end(job);
}

/* An intent that is on record must not stand there alone: whoever reads it would take the drive for lost in
 * the middle of an erase. False: a certificate could not be stored. */
static bool withdraw(struct uw_run *run, const char *why)
{
    bool all = true;
    for (size_t i = 0; i < run->job_count; i++) {
        struct uw_job *job = &run->jobs[i];
        if (uw_job_fold(job)->intent == NULL)
            continue;
        if (!job->ended)
            withdraw_job(job, why);
        all = all && job->stored;
    }
    return all;
}

/* Its journal ends here: a run that touched nothing did not break off. Where a certificate is missing the
 * journal stays open, and the next run signs it. */
static void end_unstarted(struct uw_run *run, const struct uw_error *e)
{
    if (run->bus.journal.fd < 0 || !withdraw(run, e->text))
        return;
    uw_event_bus_post(&run->bus, UW_NO_JOB, UW_EVENT_RUN_ENDED,
                      json_pack("{s:i, s:s}", "exit", (int)UW_EXIT_USAGE, "why", e->text));
}

bool uw_run_start(struct uw_run *run, struct uw_error *e)
{
    bool *admitted = calloc(run->job_count + 1, sizeof *admitted);
    bool started = admitted != NULL ? prepare(run, e) && uw_run_unfreeze(run, e) &&
                                          uw_run_admit(run, admitted, e) && uw_run_group(run, admitted, e)
                                    : uw_fail(e, UW_E_NOMEM, "out of memory");
    size_t count = 0;
    run->started = started;
    atomic_store(&run->left, run->job_count + 1);
    for (size_t i = 0; started && i < run->job_count; i++) {
        count += admitted[i];
        if (!admitted[i])
            end_job(&run->jobs[i]);
    }
    started = started && start_threads(run, count, e);
    /* The run's own share, so that it cannot end before every job stands in line. */
    if (started && atomic_fetch_sub(&run->left, 1) == 1)
        end_run(run);
    free(admitted);
    if (!started)
        end_unstarted(run, e);
    return started;
}

bool uw_run_poll(struct uw_run *run, int timeout_ms, uw_listener *listener, void *user)
{
    return uw_event_bus_poll(&run->bus, timeout_ms, listener, user);
}

void uw_run_stop(struct uw_run *run)
{
    atomic_store(&run->stop, true);
}

void uw_run_close(struct uw_run *run)
{
    if (run == NULL)
        return;
    uw_run_stop(run);
    for (size_t i = 0; i < run->thread_count; i++)
        pthread_join(run->threads[i], NULL);
    for (size_t i = 0; i < run->job_count; i++) {
        if (run->jobs[i].transport != NULL)
            run->jobs[i].transport->ops->close(run->jobs[i].transport);
        uw_drive_clear(&run->jobs[i].drive);
        free(run->jobs[i].siblings);
    }
    if (run->bus.folds != NULL)
        uw_event_bus_clear(&run->bus);
    uw_run_ungroup(run);
    uw_key_free(run->key);
    json_decref(run->not_covered);
    json_decref(run->left_out);
    json_decref(run->bound);
    json_decref(run->bound_document);
    uw_key_free(run->bound_key);
    free(run->jobs);
    free(run->threads);
    free(run);
}

bool uw_cert_recover(const struct uw_request *request, json_t **recovered, struct uw_error *e)
{
    bool made;
    struct uw_run run = {.machine = &uw_this_machine, .request = request};
    *recovered = json_array();
    uw_run_read_folders(&run);
    bool done = *recovered != NULL && uw_store_prepare(run.certificates, DOCUMENT_ROOM_BYTES, e) &&
                load_key(&run, &made, e) && uw_recover_journals(&run, *recovered, e);
    uw_key_free(run.key);
    return done;
}
