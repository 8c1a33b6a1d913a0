/* SPDX-License-Identifier: Apache-2.0 */
/* One drive: marked, erased, read back. */
#include <string.h>

#include <openssl/crypto.h>

#include "core/document.h"
#include "engine/run.h"

static void post_failed(struct uw_job *job, const struct uw_error *e)
{
    uw_job_post(job, UW_EVENT_FAILED, json_pack("{s:s}", "why", e->text));
}

static bool stopped(void *engine)
{
    struct uw_job *job = engine;
    return atomic_load(&job->run->stop);
}

void uw_job_progress(void *user, uint64_t done_bytes, uint64_t total_bytes)
{
    const struct uw_job_phase *phase = user;
    uw_job_post(phase->job, UW_EVENT_PROGRESS,
                json_pack("{s:s, s:I, s:I, s:I, s:I}", "phase", phase->name, "pass", (json_int_t)phase->pass,
                          "passes", (json_int_t)phase->passes, "done_bytes", (json_int_t)done_bytes,
                          "total_bytes", (json_int_t)total_bytes));
}

/* What a job holds while it erases. */
struct erase {
    struct uw_job *job;
    struct uw_stream stream;
    struct uw_job_phase phase;
    struct uw_planted planted;
    struct uw_image image; /* of the last pass that was begun */
};

static bool mark(struct erase *erase, struct uw_error *e)
{
    struct uw_job *job = erase->job;
    struct uw_canaries *canaries = &erase->planted.canaries;
    struct uw_canary_result *planted = &erase->planted.result;
    canaries->canary_bytes = job->drive.logical_block_bytes > 4096 ? job->drive.logical_block_bytes : 4096;
    memcpy(canaries->run, job->run->id_bytes, sizeof canaries->run);
    if (!uw_random(canaries->key, sizeof canaries->key))
        return uw_fail(e, UW_E_IO, "the kernel gives no random bytes");
    if (!uw_sample_places(job->seed, job->drive.bytes, job->drive.logical_block_bytes, &canaries->places))
        return uw_fail(e, UW_E_NOMEM, "out of memory");
    if (!uw_witness_take(&erase->stream, &canaries->places, &erase->planted.witness, e))
        return false;
    erase->phase.name = "canaries";
    if (!uw_canaries_plant(&erase->stream, canaries, planted, e))
        return false;
    uw_job_post(job, UW_EVENT_CANARIES_PLANTED,
                json_pack("{s:I, s:I, s:I, s:I, s:o, s:b}", "places", (json_int_t)canaries->places.count,
                          "written", (json_int_t)planted->written, "readable_before",
                          (json_int_t)planted->readable_before, "different", (json_int_t)planted->different,
                          "failed", uw_ranges_json(&planted->failed, job->drive.logical_block_bytes),
                          "stopped", planted->stopped || planted->stalled));
    return true;
}

static json_t *pass_started_json(const struct uw_job *job, size_t pass, const struct uw_image *image)
{
    bool keystream = image->pass.kind == UW_PASS_KEYSTREAM;
    char key[2 * UW_KEY_BYTES + 1];
    uw_hex(image->key, sizeof image->key, key);
    json_t *data = uw_pass_json(&image->pass, image->cipher);
    json_t *rest = json_pack("{s:I, s:I, s:n, s:n, s:o}", "pass", (json_int_t)pass + 1, "passes",
                             (json_int_t)job->plan.standard->pass_count, "pattern", "cipher", "key",
                             keystream ? json_string(key) : json_null());
    if (rest == NULL || json_object_update_missing(data, rest) != 0) {
        json_decref(data);
        data = NULL;
    }
    json_decref(rest);
    return data;
}

static bool write_pass(void *engine, size_t pass, bool *complete, struct uw_error *e)
{
    struct erase *erase = engine;
    struct uw_job *job = erase->job;
    struct uw_write_result result = {0};
    erase->image =
        (struct uw_image){.pass = job->plan.standard->passes[pass], .cipher = job->plan.policy.cipher};
    if (erase->image.pass.kind == UW_PASS_KEYSTREAM && !uw_random(erase->image.key, UW_KEY_BYTES))
        return uw_fail(e, UW_E_IO, "the kernel gives no random bytes");
    erase->phase = (struct uw_job_phase){job, "write", pass + 1, job->plan.standard->pass_count};
    uw_job_post(job, UW_EVENT_PASS_STARTED, pass_started_json(job, pass, &erase->image));
    bool done = uw_stream_write(&erase->stream, &erase->image, &result, e);
    *complete = done && !result.stopped && result.bytes_written == job->drive.bytes;
    uw_job_post(job, UW_EVENT_PASS_ENDED,
                json_pack("{s:I, s:I, s:I, s:o, s:I, s:I, s:b}", "pass", (json_int_t)pass + 1,
                          "bytes_written", (json_int_t)result.bytes_written, "retries",
                          (json_int_t)result.retries, "unwritten",
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

static bool erase_stopped(void *engine)
{
    struct uw_job *job = ((struct erase *)engine)->job;
    return stopped(job) || given_up(job);
}

static json_t *step_started_json(const struct uw_job *job)
{
    const struct uw_plan *plan = &job->plan;
    return json_pack("{s:i, s:s, s:s, s:{s:s, s:I, s:i, s:i}, s:I, s:b, s:s, s:I}", "sequence", 1, "method",
                     plan->method->id, "technique", uw_technique_name(plan->method->technique), "parameters",
                     "standard", plan->standard->id, "passes", (json_int_t)plan->standard->pass_count,
                     "buffer_bytes", UW_STREAM_BUFFER_BYTES, "in_flight", UW_STREAM_BUFFERS, "estimate_s",
                     (json_int_t)plan->estimate_s, "direct_io", job->transport->direct_io, "transport",
                     job->transport->ops->name, "buffered_tail_bytes",
                     (json_int_t)job->transport->buffered_tail_bytes);
}

/* The step's end is positive only with every pass complete and the drive's own word that its cache is empty.
 */
static bool run_method(struct erase *erase, struct uw_error *e)
{
    struct uw_job *job = erase->job;
    struct uw_error flush_error = {0};
    const struct uw_method_run run = {.drive = &job->drive,
                                      .standard = job->plan.standard,
                                      .engine = erase,
                                      .write_pass = write_pass,
                                      .stopped = erase_stopped};
    struct uw_method_end end = {0};
    uw_job_post(job, UW_EVENT_STEP_STARTED, step_started_json(job));
    bool done = job->plan.method->run(&run, &end, e);
    bool stalled;
    bool flushed = !given_up(job) && uw_stream_flush(&erase->stream, &stalled, &flush_error);
    const char *error = !done ? e->text : !flushed ? flush_error.text : NULL;
    uw_job_post(job, UW_EVENT_STEP_ENDED,
                json_pack("{s:i, s:b, s:b, s:b, s:o}", "sequence", 1, "accepted", done, "complete",
                          done && end.complete, "flushed", flushed, "error",
                          error != NULL ? json_string(error) : json_null()));
    return done;
}

/* A drive that keeps no marker is not written over: whatever it would say afterwards proves nothing. */
static bool worth_going_on(struct uw_job *job)
{
    const struct uw_evidence *evidence = &uw_job_fold(job)->evidence;
    return !stopped(job) && !given_up(job) && !evidence->unmarked && !evidence->canary_alive;
}

static bool erase_and_verify(struct erase *erase, struct uw_error *e)
{
    struct uw_job *job = erase->job;
    erase->phase = (struct uw_job_phase){job, "witnesses", 0, 0};
    if (!uw_stream_begin(&erase->stream, e) || !mark(erase, e))
        return false;
    if (!worth_going_on(job))
        return true;
    if (!run_method(erase, e))
        return false;
    if (stopped(job) || given_up(job))
        return true;
    return uw_job_read_back(job, &erase->stream, &erase->image, &erase->planted, job->plan.verify, e);
}

static void refuse(struct uw_job *job, const char *code, const char *why)
{
    uw_plan_refuse(&job->plan, 4, code, "run list again and name the drive anew", "%s", why);
    uw_job_post(job, UW_EVENT_REFUSED, uw_refusal_json(&job->plan.refusal));
}

void uw_job_erase(struct uw_job *job)
{
    struct uw_error e = {0};
    struct erase erase = {.job = job,
                          .stream = {.transport = job->transport,
                                     .stop = &job->run->stop,
                                     .now_ms = job->run->machine->now_ms,
                                     .clock = job->run->machine->user,
                                     .stall_ms = UW_STALL_MS,
                                     .progress = uw_job_progress,
                                     .user = &erase.phase}};
    enum uw_same same = stopped(job) ? UW_SAME_UNKNOWN : uw_gate_identity(job, "before");
    if (same == UW_SAME_NOT)
        refuse(job, "identity", "another drive answers than the one that was selected");
    bool unused = same == UW_SAME && uw_gate_unused(job);
    if (same == UW_SAME && !unused)
        uw_job_post(job, UW_EVENT_REFUSED, uw_refusal_json(&job->plan.refusal));
    if (unused) {
        uw_job_post(job, UW_EVENT_TOUCHED, json_object());
        bool done = erase_and_verify(&erase, &e);
        if (given_up(job))
            uw_job_post(job, UW_EVENT_STALLED, json_pack("{s:i}", "after_ms", UW_STALL_MS));
        else if (!done)
            post_failed(job, &e);
        if (!given_up(job))
            uw_gate_identity(job, "after");
    }
    if (stopped(job) && !uw_job_fold(job)->evidence.read_back)
        uw_job_post(job, UW_EVENT_STOPPED, json_pack("{s:s}", "by", "signal"));
    uw_extents_clear(&erase.planted.canaries.places);
    uw_canary_result_clear(&erase.planted.result);
    uw_witness_clear(&erase.planted.witness);
    OPENSSL_cleanse(erase.planted.canaries.key, sizeof erase.planted.canaries.key);
}
