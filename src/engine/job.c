/* SPDX-License-Identifier: Apache-2.0 */
/* One drive: marked, erased, read back. */
#include <string.h>

#include <openssl/crypto.h>

#include "core/document.h"
#include "engine/erase.h"
#include "engine/hidden.h"
#include "method/methods.h"

static void post_failed(struct uw_job *job, const struct uw_error *e)
{
    uw_job_post(job, UW_EVENT_FAILED, json_pack("{s:s}", "why", e->text));
}

static bool stopped(void *engine)
{
    struct uw_job *job = engine;
    return atomic_load(&job->run->stop);
}

void uw_job_progress(void *user, uint64_t done_bytes, uint64_t lost_bytes, uint64_t total_bytes)
{
    const struct uw_job_phase *phase = user;
    uw_job_post(phase->job, UW_EVENT_PROGRESS,
                json_pack("{s:s, s:I, s:I, s:I, s:I, s:I}", "phase", phase->name, "pass",
                          (json_int_t)phase->pass, "passes", (json_int_t)phase->passes, "done_bytes",
                          (json_int_t)done_bytes, "lost_bytes", (json_int_t)lost_bytes, "total_bytes",
                          (json_int_t)total_bytes));
}

static json_t *pass_started_json(size_t pass, size_t passes, const struct uw_image *image)
{
    bool keystream = image->pass.kind == UW_PASS_KEYSTREAM;
    char key[2 * UW_KEY_BYTES + 1];
    uw_hex(image->key, sizeof image->key, key);
    json_t *data = uw_pass_json(&image->pass, image->cipher);
    json_t *rest =
        json_pack("{s:I, s:I, s:n, s:n, s:o}", "pass", (json_int_t)pass + 1, "passes", (json_int_t)passes,
                  "pattern", "cipher", "key", keystream ? json_string(key) : json_null());
    if (rest == NULL || json_object_update_missing(data, rest) != 0) {
        json_decref(data);
        data = NULL;
    }
    json_decref(rest);
    return data;
}

static bool write_pass(void *engine, size_t pass, bool *complete, struct uw_error *e)
{
    struct uw_erase *erase = engine;
    struct uw_job *job = erase->job;
    struct uw_write_result result = {0};
    erase->image =
        (struct uw_image){.pass = erase->standard->passes[pass], .cipher = job->plan.policy.cipher};
    if (erase->image.pass.kind == UW_PASS_KEYSTREAM && !uw_random(erase->image.key, UW_KEY_BYTES))
        return uw_fail(e, UW_E_IO, "the kernel gives no random bytes");
    erase->phase = (struct uw_job_phase){job, "write", pass + 1, erase->standard->pass_count};
    uw_job_post(job, UW_EVENT_PASS_STARTED,
                pass_started_json(pass, erase->standard->pass_count, &erase->image));
    struct uw_stream stream = erase->stream;
    stream.again_ms = &erase->again_ms;
    bool done = uw_stream_write(&stream, &erase->image, &result, e);
    *complete = done && !result.stopped && result.bytes_written == job->drive.bytes;
    uw_job_post(job, UW_EVENT_PASS_ENDED,
                json_pack("{s:I, s:I, s:I, s:I, s:I, s:o, s:I, s:I, s:b}", "pass", (json_int_t)pass + 1,
                          "bytes_written", (json_int_t)result.bytes_written, "retries",
                          (json_int_t)result.retries, "recovered_bytes", (json_int_t)result.recovered_bytes,
                          "not_narrowed_bytes", (json_int_t)result.not_narrowed_bytes, "unwritten",
                          uw_ranges_json(&result.unwritten, job->drive.logical_block_bytes),
                          "unwritten_bytes", (json_int_t)result.unwritten.bytes, "unwritten_omitted",
                          (json_int_t)result.unwritten.omitted, "complete", *complete));
    uw_write_result_clear(&result);
    return done;
}

/* Nothing more is asked of a drive that was given up. */
static bool given_up(const struct uw_job *job)
{
    return job->transport->abandoned;
}

bool uw_erase_stopped(void *engine)
{
    struct uw_job *job = ((struct uw_erase *)engine)->job;
    return stopped(job) || given_up(job);
}

static json_t *parameters_json(const struct uw_standard *standard, unsigned buffers)
{
    if (standard == NULL)
        return json_pack("{s:n, s:n, s:n, s:n}", "standard", "passes", "buffer_bytes", "in_flight");
    return json_pack("{s:s, s:I, s:i, s:i}", "standard", standard->id, "passes",
                     (json_int_t)standard->pass_count, "buffer_bytes", UW_STREAM_BUFFER_BYTES, "in_flight",
                     (int)buffers);
}

/* One of a plan's steps. */
struct step {
    int sequence;
    const struct uw_method *method;
    enum uw_technique technique;
    const struct uw_standard *standard;
    uint64_t estimate_s;
};

static struct step main_step(const struct uw_erase *erase)
{
    const struct uw_plan *plan = &erase->job->plan;
    return (struct step){erase->steps + 1, plan->method, plan->technique, plan->standard, plan->estimate_s};
}

static struct step covering_step(const struct uw_erase *erase)
{
    const struct uw_follow *follow = &erase->job->plan.follow;
    return (struct step){erase->steps + 1, follow->method, follow->method->technique, follow->standard,
                         follow->estimate_s};
}

static void start_step(struct uw_erase *erase, const struct step *step)
{
    struct uw_job *job = erase->job;
    const struct uw_transport *t = job->transport;
    erase->steps++;
    uw_job_post(
        job, UW_EVENT_STEP_STARTED,
        json_pack("{s:i, s:s, s:s, s:o, s:I, s:b, s:b, s:s, s:I}", "sequence", step->sequence, "method",
                  step->method->id, "technique", uw_technique_name(step->technique), "parameters",
                  parameters_json(step->standard, uw_is_zoned(&job->drive) ? 1 : erase->stream.buffers),
                  "estimate_s", (json_int_t)step->estimate_s, "resumed",
                  step->sequence == 1 && job->plan.attach, "direct_io", t->direct_io, "transport",
                  t->ops->name, "buffered_tail_bytes", (json_int_t)t->buffered_tail_bytes));
}

static void post_step_ended(struct uw_job *job, int sequence, const struct uw_method_end *end, bool complete,
                            bool settled, const char *error)
{
    uw_job_post(job, UW_EVENT_STEP_ENDED,
                json_pack("{s:i, s:b, s:b, s:b, s:b, s:b, s:o}", "sequence", sequence, "accepted",
                          end->accepted, "complete", complete, "flushed", settled, "continues",
                          end->continues, "stalled", end->stalled, "error",
                          error != NULL ? uw_clean_json(error) : json_null()));
}

/* Of an erase inside the drive only the host's view of it is renewed; where that cannot be, what is read back
 * and the identity still tell. */
static bool settle(struct uw_erase *erase, struct uw_error *e)
{
    struct uw_error why = {0};
    bool stalled;
    if (erase->job->plan.method->internal && !uw_erase_rescan(erase, &why)) {
        if (given_up(erase->job))
            return uw_fail(e, UW_E_IO, "%s", why.text);
        uw_erase_reserve(erase->job, "not_rescanned", "the host could not be made to look at the drive anew");
    }
    return uw_stream_flush(&erase->stream, &stalled, e);
}

static bool call_method(struct uw_erase *erase, const struct step *step, struct uw_method_end *end,
                        struct uw_error *e)
{
    struct uw_method_run run = {.drive = &erase->job->drive,
                                .standard = step->standard,
                                .engine = erase,
                                .write_pass = write_pass,
                                .stopped = uw_erase_stopped};
    erase->standard = step->standard;
    if (step->method->internal)
        uw_erase_lend_internal(erase, &run);
    else if (uw_is_zoned(&erase->job->drive))
        uw_erase_lend_zones(&run);
    bool done = step->method->run(&run, end, e);
    uw_erase_close_ata(erase);
    return done;
}

/* The drive behind the open descriptor, once more, directly before what cannot be taken back; and who uses
 * the rest of an NVMe drive, for which marking it left time enough. */
static bool same_again(struct uw_erase *erase, struct uw_error *e)
{
    if (!erase->job->plan.method->internal)
        return true;
    switch (uw_gate_identity(erase->job, "before")) {
    case UW_SAME:
        return uw_job_siblings_unused(erase->job, e);
    case UW_SAME_NOT:
        return uw_fail(e, UW_E_REFUSED, "another drive answers than the one that was selected");
    case UW_SAME_GONE:
        return uw_fail(e, UW_E_IO, "the drive is gone");
    default:
        return uw_fail(e, UW_E_IO, "the drive does not say which one it is");
    }
}

/* Each erases, or sees how it ended for all that erase together. */
static bool take_part(struct uw_erase *erase, enum uw_turn turn, const struct uw_method_end *shared,
                      const struct uw_said *said, struct uw_method_end *end, struct uw_error *e)
{
    struct uw_subsystem *subsystem = erase->job->subsystem;
    const struct uw_plan *plan = &erase->job->plan;
    const struct step step = {erase->steps, plan->method, plan->technique, plan->standard, plan->estimate_s};
    if (turn == UW_TURN_FOLLOWS) {
        uw_erase_record(erase, said);
        *end = *shared;
        return !shared->broken || uw_fail(e, UW_E_IO, "%s", shared->why);
    }
    bool done = stopped(erase->job) || (same_again(erase, e) && call_method(erase, &step, end, e));
    end->stalled = end->stalled || (given_up(erase->job) && !stopped(erase->job));
    if (!done && end->why[0] == '\0')
        uw_clean_string(end->why, sizeof end->why, e->text, strlen(e->text));
    end->broken = !done;
    if (subsystem != NULL && subsystem->together)
        uw_subsystem_erased(subsystem, end, &erase->said);
    return done;
}

/* The step's end is positive only with everything complete and the drive's own word that its cache is empty.
 */
static bool run_method(struct uw_erase *erase, enum uw_turn turn, const struct uw_method_end *shared,
                       const struct uw_said *said, struct uw_error *e)
{
    struct uw_job *job = erase->job;
    struct uw_error settle_error = {0};
    struct uw_method_end end = {0};
    bool done = take_part(erase, turn, shared, said, &end, e);
    erase->end = end;
    if (job->plan.method->internal)
        erase->image = uw_erase_image(&end);
    bool settled = !given_up(job) && !end.continues && !end.shut && settle(erase, &settle_error);
    const char *error = end.why[0] != '\0'     ? end.why
                        : !done                ? e->text
                        : settle_error.text[0] ? settle_error.text
                                               : NULL;
    post_step_ended(job, erase->steps, &end, done && end.complete, settled, error);
    erase->ended_well = done && end.complete && settled;
    erase->stalled = end.stalled;
    return done;
}

/* A drive that keeps no marker is not written over: whatever it would say afterwards proves nothing. */
static bool worth_going_on(struct uw_job *job)
{
    const struct uw_evidence *evidence = &uw_job_fold(job)->evidence;
    return !stopped(job) && !given_up(job) && !evidence->unmarked && !evidence->canary_alive;
}

/* A wrong password changes nothing of what the drive holds. */
bool uw_erase_open_lock(struct uw_erase *erase, struct uw_error *e)
{
    struct uw_job *job = erase->job;
    bool somebodys = false;
    if (job->plan.unlock_first == UW_UNLOCK_NOTHING)
        return true;
    if (!uw_erase_unlock(erase, &somebodys, e))
        return false;
    if (!somebodys)
        return true;
    uw_plan_refuse(&job->plan, 4, "locked", UW_PLAN_UNLOCK,
                   "%s is locked with a password that is not unwrite's", job->drive.device);
    uw_job_post(job, UW_EVENT_REFUSED, uw_refusal_json(&job->plan.refusal));
    return uw_fail(e, UW_E_REFUSED, "%s", job->plan.refusal.why);
}

static bool prepare(struct uw_erase *erase, struct uw_error *e)
{
    enum uw_unmarked unmarked = erase->job->plan.unmarked;
    erase->phase = (struct uw_job_phase){erase->job, "witnesses", 0, 0};
    if (!uw_stream_begin(&erase->stream, e) || !uw_erase_open_lock(erase, e))
        return false;
    /* A drive at work, or one that failed, does not even read. */
    if (unmarked != UW_MARKED && unmarked != UW_UNMARKED_READ_ONLY && unmarked != UW_UNMARKED_ZONES)
        return true;
    return uw_erase_witness(erase, e) && (unmarked != UW_MARKED || uw_erase_mark(erase, e));
}

/* After an erase inside the drive that did not end well there is nothing to be proved, and a drive at work
 * does not even answer. */
static bool worth_reading(const struct uw_erase *erase)
{
    return !stopped(erase->job) && !given_up(erase->job) &&
           (erase->ended_well || !erase->job->plan.method->internal);
}

/* What the first step left must be right by itself: the second one hides it. */
static bool worth_covering(const struct uw_erase *erase)
{
    struct uw_job *job = erase->job;
    const struct uw_evidence *evidence = &uw_job_fold(job)->evidence;
    return job->plan.follow.method != NULL && worth_going_on(job) && erase->ended_well &&
           evidence->read_back && !evidence->image_differs;
}

/* The overwrite on top of an erase inside the drive. */
static bool cover(struct uw_erase *erase, struct uw_error *e)
{
    struct uw_job *job = erase->job;
    const struct step step = covering_step(erase);
    struct uw_method_end end = {0};
    bool stalled;
    start_step(erase, &step);
    bool done = call_method(erase, &step, &end, e);
    bool settled = done && !given_up(job) && uw_stream_flush(&erase->stream, &stalled, e);
    post_step_ended(job, step.sequence, &end, done && end.complete, settled,
                    done && settled ? NULL : e->text);
    if (!done || stopped(job) || given_up(job))
        return done;
    return uw_job_read_back(job, &erase->stream, &erase->image, NULL, job->plan.verify, e);
}

/* Of jobs that erase together each arrives, once for each method, whatever came of it. */
static bool attempt(struct uw_erase *erase, bool ready, struct uw_error *e)
{
    struct uw_job *job = erase->job;
    struct uw_method_end shared = {0};
    struct uw_said said = {0};
    enum uw_turn turn = UW_TURN_LEADS;
    const struct step step = main_step(erase);
    if (ready)
        start_step(erase, &step);
    erase->end = (struct uw_method_end){.broken = true};
    if (job->subsystem != NULL && job->subsystem->together)
        turn = uw_subsystem_arrive(job->subsystem, erase->attempts, ready, &job->run->stop, &shared, &said);
    erase->attempts++;
    if (!ready)
        return true;
    if (turn == UW_TURN_NONE && stopped(job))
        return true;
    if (turn == UW_TURN_NONE)
        return uw_fail(e, UW_E_IO, "another namespace of the drive was not ready: nothing was erased");
    return run_method(erase, turn, &shared, &said, e);
}

/* A failure that the drive tells of, and that leaves it to be told something else. The same for all that
 * erase together. */
static bool may_descend(const struct uw_erase *erase)
{
    const struct uw_plan *plan = &erase->job->plan;
    const struct uw_method_end *end = &erase->end;
    return plan->next_count > 0 && end->over && !end->complete && !end->broken && !end->stalled &&
           (!end->shut || uw_technique_is_sanitize(plan->next[0].method->technique));
}

/* What the failed one may have erased of the markers tells nothing of the next: they are written anew, where
 * the drive takes them. One that a failed sanitize had shut takes its first ones now. */
static bool mark_again(struct uw_erase *erase, struct uw_error *e)
{
    struct uw_job *job = erase->job;
    if (job->plan.unmarked != UW_MARKED)
        return true;
    if (!erase->looked_at)
        return uw_erase_witness(erase, e) && uw_erase_mark(erase, e);
    if (!erase->end.accepted)
        return true;
    if (!erase->end.shut) {
        uw_canary_result_clear(&erase->planted.result);
        erase->planted.result = (struct uw_canary_result){0};
        return uw_erase_mark(erase, e);
    }
    uw_erase_reserve(
        job, "markers_before_failed_step",
        "markers were written before an erase that failed, and none could be before the one after it");
    return true;
}

/* For the step that comes next; the way out goes with the reason, there is no refusal any more. */
static bool end_failed_between(struct uw_erase *erase, struct uw_error *e)
{
    struct uw_error why = {0};
    return uw_erase_end_failed(erase, &why) ||
           uw_fail(e, UW_E_IO, "%s%s%s", why.text, why.way_out[0] != '\0' ? "; " : "", why.way_out);
}

/* The next method, for the reason that the last one gave. */
static void descend(struct uw_erase *erase)
{
    struct uw_job *job = erase->job;
    uw_plan_descend(&job->plan, uw_method_at);
    uw_job_draw_standard(job);
    json_t *data = uw_plan_event(&job->plan);
    json_object_set_new(data, "why", uw_clean_json(erase->end.why));
    uw_job_post(job, UW_EVENT_PLAN_CHANGED, data);
}

/* Our password on it would outlast an erase that knows nothing of it. */
static bool is_open(const struct uw_job *job)
{
    return !uw_job_fold(job)->password;
}

static bool erase_and_verify(struct uw_erase *erase, bool unused, struct uw_error *e)
{
    struct uw_job *job = erase->job;
    bool prepared = unused && prepare(erase, e);
    bool ready = prepared && worth_going_on(job);
    if (!attempt(erase, ready, e))
        return false;
    if (!ready)
        return !unused || prepared;
    while (may_descend(erase)) {
        ready = worth_going_on(job) && is_open(job);
        if (ready) {
            descend(erase);
            prepared = end_failed_between(erase, e) && mark_again(erase, e);
            ready = prepared && worth_going_on(job);
        }
        if (!attempt(erase, ready, e))
            return false;
        if (!ready)
            return prepared;
    }
    if (!worth_reading(erase))
        return true;
    return uw_job_read_back(job, &erase->stream, &erase->image, erase->looked_at ? &erase->planted : NULL,
                            job->plan.verify, e) &&
           (!worth_covering(erase) || cover(erase, e));
}

static void refuse(struct uw_job *job, const char *code, const char *why)
{
    uw_plan_refuse(&job->plan, 4, code, "run list again and name the drive anew", "%s", why);
    uw_job_post(job, UW_EVENT_REFUSED, uw_refusal_json(&job->plan.refusal));
}

/* All steps have come to their end, and what the last one left was read back. */
static bool is_proved(const struct uw_job *job)
{
    const struct uw_evidence *evidence = &uw_job_fold(job)->evidence;
    return evidence->read_back && evidence->ended_well;
}

static void post_end(struct uw_erase *erase, bool done, const struct uw_error *e)
{
    struct uw_job *job = erase->job;
    if ((given_up(job) || erase->stalled) && !stopped(job))
        uw_job_post(job, UW_EVENT_STALLED,
                    json_pack("{s:i, s:b}", "after_ms", UW_STALL_MS, "answers", !given_up(job)));
    else if (!done && !stopped(job))
        post_failed(job, e);
}

bool uw_erase_give_up(struct uw_job *job, const char *code, const struct uw_error *e)
{
    const char *way_out =
        e->way_out[0] != '\0' ? e->way_out : "switch the drive off and on, then run list again";
    if (!stopped(job) && given_up(job))
        uw_job_post(job, UW_EVENT_STALLED, json_pack("{s:i, s:b}", "after_ms", UW_STALL_MS, "answers", 0));
    else if (!stopped(job) && e->code != UW_E_REFUSED)
        post_failed(job, e);
    if (stopped(job) || e->code != UW_E_REFUSED || job->plan.refusal.refused)
        return false;
    uw_plan_refuse(&job->plan, 4, code, way_out, "%s", e->text);
    uw_job_post(job, UW_EVENT_REFUSED, uw_refusal_json(&job->plan.refusal));
    return false;
}

/* Before anything else: a drive that a failed sanitize shut opens no hidden area and takes no password. */
static bool end_failed_first(struct uw_erase *erase)
{
    struct uw_error e = {0};
    return uw_erase_end_failed(erase, &e) || uw_erase_give_up(erase->job, "sanitize_state", &e);
}

static void erase_drive(struct uw_erase *erase)
{
    struct uw_job *job = erase->job;
    struct uw_error e = {0};
    enum uw_same same = stopped(job) ? UW_SAME_UNKNOWN : uw_gate_identity(job, "before");
    if (same == UW_SAME_NOT)
        refuse(job, "identity", "another drive answers than the one that was selected");
    bool unused = same == UW_SAME && uw_gate_unused(job);
    if (same == UW_SAME && !unused)
        uw_job_post(job, UW_EVENT_REFUSED, uw_refusal_json(&job->plan.refusal));
    unused = unused && end_failed_first(erase) && uw_erase_open_hidden(erase);
    if (unused)
        uw_job_post(job, UW_EVENT_TOUCHED, json_object());
    bool done = erase_and_verify(erase, unused, &e);
    if (!unused || job->plan.refusal.refused)
        return;
    post_end(erase, done, &e);
    if (!given_up(job) && !erase->stalled)
        uw_gate_identity(job, "after");
    if (!given_up(job) && !erase->stalled)
        uw_erase_read_health(erase);
}

/* One command was to erase them all: where one shows that it did not, its word is worth nothing for any. */
static void compare_siblings(struct uw_job *job)
{
    bool own = uw_job_fold(job)->evidence.canary_alive;
    if (job->subsystem == NULL || !job->subsystem->together)
        return;
    if (uw_subsystem_compare(job->subsystem, own) && !own && uw_job_fold(job)->evidence.ended_well)
        uw_job_post(job, UW_EVENT_FAILED,
                    json_pack("{s:s, s:b}", "why",
                              "another namespace of the drive holds what it was to erase", "device_lied", 1));
}

/* Purge was to be claimed of each because all are erased. */
static void count_allies(struct uw_job *job)
{
    const char *reason;
    if (job->subsystem == NULL || !job->subsystem->allied)
        return;
    enum uw_verdict verdict = uw_fold_verdict(uw_job_fold(job), &reason);
    bool own = verdict == UW_VERDICT_SANITIZED || verdict == UW_VERDICT_SANITIZED_WITH_EXCEPTIONS;
    if (!uw_subsystem_settle(job->subsystem, own) && own)
        uw_job_post(job, UW_EVENT_FAILED,
                    json_pack("{s:s}", "why",
                              "purge is claimed of all namespaces of the drive together, and another one was "
                              "not erased"));
}

/* Jobs that share a subsystem and do not erase together take turns: while one formats, none of the others is
 * answered, and whoever asks may have the drive reset in the middle of it. */
void uw_job_erase(struct uw_job *job)
{
    struct uw_subsystem *subsystem = job->subsystem;
    struct uw_erase erase = {.job = job,
                             .again_ms = UW_AGAIN_MS,
                             .stream = {.transport = job->transport,
                                        .buffers = job->run->buffers,
                                        .stop = &job->run->stop,
                                        .now_ms = job->run->machine->now_ms,
                                        .wait_ms = job->run->machine->wait_ms,
                                        .clock = job->run->machine->user,
                                        .stall_ms = UW_STALL_MS,
                                        .progress = uw_job_progress,
                                        .user = &erase.phase}};
    bool in_turn = subsystem != NULL && !subsystem->together;
    job->transport->stop = &job->run->stop;
    if (in_turn)
        uw_subsystem_enter(subsystem, &job->run->stop);
    erase_drive(&erase);
    uw_erase_close_hidden(&erase);
    compare_siblings(job);
    if (in_turn)
        uw_subsystem_leave(subsystem);
    count_allies(job);
    if (stopped(job) && !is_proved(job))
        uw_job_post(job, UW_EVENT_STOPPED, json_pack("{s:s}", "by", "signal"));
    uw_erase_close_ata(&erase);
    uw_extents_clear(&erase.planted.canaries.places);
    uw_canary_result_clear(&erase.planted.result);
    uw_witness_clear(&erase.planted.witness);
    OPENSSL_cleanse(erase.planted.canaries.key, sizeof erase.planted.canaries.key);
}
