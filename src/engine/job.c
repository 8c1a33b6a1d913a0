/* SPDX-License-Identifier: Apache-2.0 */
/* One drive, from its announcement to its certificate. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/crypto.h>

#include "core/document.h"
#include "engine/run.h"
#include "output/output.h"

static void post(struct uw_job *job, enum uw_event_kind kind, json_t *data)
{
    uw_event_bus_post(&job->run->bus, job->index, kind, data);
}

static struct uw_fold *fold_of(struct uw_job *job)
{
    return &job->run->bus.folds[job->index];
}

static void post_failed(struct uw_job *job, const struct uw_error *e)
{
    post(job, UW_EVENT_FAILED, json_pack("{s:s}", "why", e->text));
}

static bool stopped(void *engine)
{
    struct uw_job *job = engine;
    return atomic_load(&job->run->stop);
}

/* Before: what stood on the drive, in types and counts; its contents never enter a document. */
static json_t *before_json(const struct uw_drive *drive)
{
    json_t *types = json_array();
    for (size_t i = 0; i < drive->content_type_count; i++)
        json_array_append_new(types, json_string(drive->content_types[i]));
    json_t *uses = json_array();
    for (size_t i = 0; i < drive->use_count; i++)
        json_array_append_new(uses,
                              json_pack("{s:s, s:s}", "kind", drive->uses[i].kind, "by", drive->uses[i].by));
    return json_pack("{s:o, s:i, s:o, s:o, s:[s,s,s,s,s,s], s:n, s:n}", "content",
                     drive->content[0] ? json_string(drive->content) : json_null(), "partitions",
                     (int)drive->partitions, "types", types, "in_use", uses, "use_checks", "mounts", "swap",
                     "holders", "loop devices", "btrfs and zfs members", "exclusive open", "health",
                     "histogram");
}

static json_t *unknown_json(const struct uw_drive *drive)
{
    json_t *unknown = json_object();
    for (size_t i = 0; i < drive->unknown_count; i++) {
        char path[UW_NAME_BYTES];
        const struct uw_unknown *field = &drive->unknown[i];
        snprintf(path, sizeof path, "%s.%s", strcmp(field->field, "content") == 0 ? "before" : "medium",
                 field->field);
        json_object_set_new(unknown, path, json_string(field->reason));
    }
    /* Read, and nothing was there: that is not the same as not read. */
    if (drive->content[0] == '\0' && json_object_get(unknown, "before.content") == NULL)
        json_object_set_new(unknown, "before.content", json_string("not_applicable"));
    return unknown;
}

void uw_job_announce(struct uw_job *job)
{
    const struct uw_drive *drive = &job->drive;
    char commitment[UW_SHA256_HEX];
    uw_seed_commitment(job->seed, commitment);
    post(job, UW_EVENT_DRIVE_SELECTED,
         json_pack("{s:s, s:s, s:I, s:s, s:s, s:b, s:s, s:o, s:o, s:o}", "device", drive->device, "id",
                   drive->id, "bytes", (json_int_t)(drive->bytes < 1ULL << 53 ? drive->bytes : 0),
                   "certificate_id", job->certificate_id, "intent_id", job->intent_id, "simulated", 0,
                   "seed_commitment", commitment, "medium", uw_drive_medium_json(drive), "before",
                   before_json(drive), "unknown", unknown_json(drive)));
    post(job, UW_EVENT_PLAN_MADE, uw_plan_event(&job->plan));
}

/* Signs a body and stores it; `path` receives where. */
static json_t *sign_and_store(struct uw_job *job, const char *kind, const json_t *body, char *path,
                              size_t path_bytes, struct uw_error *e)
{
    char name[256];
    json_t *document = uw_sign_document(job->run->key, kind, body, e);
    if (document == NULL)
        return NULL;
    uw_store_name(json_string_value(json_object_get(body, "issued_at")), job->drive.serial,
                  json_string_value(json_object_get(body, "id")), kind, name, sizeof name);
    path[0] = '\0';
    if (!uw_store_document(job->run->certificates, name, document, path, path_bytes, e))
        path[0] = '\0';
    return document;
}

bool uw_job_store_intent(struct uw_job *job, struct uw_error *e)
{
    char path[UW_PATH_BYTES * 2], sha256[UW_SHA256_HEX];
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    json_t *body = uw_fold_intent(fold_of(job), (int64_t)now.tv_sec * 1000000000 + now.tv_nsec);
    if (body == NULL)
        return uw_fail(e, UW_E_NOMEM, "out of memory");
    json_t *document = NULL;
    if (uw_document_sha256(body, sha256, e))
        document = sign_and_store(job, "intent", body, path, sizeof path, e);
    bool stored = document != NULL && path[0] != '\0';
    if (stored)
        post(job, UW_EVENT_INTENT_STORED, json_pack("{s:s, s:s}", "sha256", sha256, "path", path));
    json_decref(document);
    json_decref(body);
    return stored;
}

void uw_job_progress(void *user, uint64_t done_bytes, uint64_t total_bytes)
{
    const struct uw_job_phase *phase = user;
    post(phase->job, UW_EVENT_PROGRESS,
         json_pack("{s:s, s:I, s:I, s:I, s:I}", "phase", phase->name, "pass", (json_int_t)phase->pass,
                   "passes", (json_int_t)phase->passes, "done_bytes", (json_int_t)done_bytes, "total_bytes",
                   (json_int_t)total_bytes));
}

/* What a job holds while it erases. */
struct erase {
    struct uw_job *job;
    struct uw_stream stream;
    struct uw_job_phase phase;
    struct uw_canaries canaries;
    struct uw_canary_result planted;
    struct uw_image image; /* of the last pass that was begun */
};

static bool plant_canaries(struct erase *erase, struct uw_error *e)
{
    struct uw_job *job = erase->job;
    struct uw_canaries *canaries = &erase->canaries;
    const struct uw_canary_result *planted = &erase->planted;
    canaries->canary_bytes = job->drive.logical_block_bytes > 4096 ? job->drive.logical_block_bytes : 4096;
    memcpy(canaries->run, job->run->id_bytes, sizeof canaries->run);
    if (!uw_random(canaries->key, sizeof canaries->key))
        return uw_fail(e, UW_E_IO, "the kernel gives no random bytes");
    if (!uw_sample_places(job->seed, job->drive.bytes, job->drive.logical_block_bytes, &canaries->places))
        return uw_fail(e, UW_E_NOMEM, "out of memory");
    if (!uw_canaries_plant(&erase->stream, canaries, &erase->planted, e))
        return false;
    post(job, UW_EVENT_CANARIES_PLANTED,
         json_pack("{s:I, s:I, s:I, s:I, s:o, s:b}", "places", (json_int_t)canaries->places.count, "written",
                   (json_int_t)planted->written, "readable_before", (json_int_t)planted->readable_before,
                   "different", (json_int_t)planted->different, "failed",
                   uw_ranges_json(&planted->failed, job->drive.logical_block_bytes), "stopped",
                   planted->stopped));
    return true;
}

static json_t *pass_started_json(const struct uw_job *job, size_t pass, const struct uw_image *image)
{
    bool keystream = image->pass.kind == UW_PASS_KEYSTREAM;
    char key[2 * UW_KEY_BYTES + 1];
    uw_hex(image->key, sizeof image->key, key);
    json_t *data = uw_pass_json(&image->pass);
    json_t *rest = json_pack("{s:I, s:I, s:n, s:n, s:o}", "pass", (json_int_t)pass + 1, "passes",
                             (json_int_t)job->plan.standard->pass_count, "pattern", "cipher", "key",
                             keystream ? json_string(key) : json_null());
    json_object_update_missing(data, rest);
    json_decref(rest);
    return data;
}

static bool write_pass(void *engine, size_t pass, bool *complete, struct uw_error *e)
{
    struct erase *erase = engine;
    struct uw_job *job = erase->job;
    struct uw_write_result result = {0};
    erase->image = (struct uw_image){.pass = job->plan.standard->passes[pass]};
    if (erase->image.pass.kind == UW_PASS_KEYSTREAM && !uw_random(erase->image.key, UW_KEY_BYTES))
        return uw_fail(e, UW_E_IO, "the kernel gives no random bytes");
    erase->phase = (struct uw_job_phase){job, "write", pass + 1, job->plan.standard->pass_count};
    post(job, UW_EVENT_PASS_STARTED, pass_started_json(job, pass, &erase->image));
    bool done = uw_stream_write(&erase->stream, &erase->image, &result, e);
    *complete = done && !result.stopped && result.bytes_written == job->drive.bytes;
    post(job, UW_EVENT_PASS_ENDED,
         json_pack("{s:I, s:I, s:I, s:o, s:I, s:I, s:b}", "pass", (json_int_t)pass + 1, "bytes_written",
                   (json_int_t)result.bytes_written, "retries", (json_int_t)result.retries, "unwritten",
                   uw_ranges_json(&result.unwritten, job->drive.logical_block_bytes), "unwritten_bytes",
                   (json_int_t)result.unwritten.bytes, "unwritten_omitted",
                   (json_int_t)result.unwritten.omitted, "complete", *complete));
    uw_write_result_clear(&result);
    return done;
}

static bool erase_stopped(void *engine)
{
    return stopped(((struct erase *)engine)->job);
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
    bool complete = false;
    post(job, UW_EVENT_STEP_STARTED, step_started_json(job));
    bool done = job->plan.method->run(&run, &complete, e);
    bool flushed = job->transport->ops->flush(job->transport, &flush_error);
    const char *error = !done ? e->text : !flushed ? flush_error.text : NULL;
    post(job, UW_EVENT_STEP_ENDED,
         json_pack("{s:i, s:b, s:b, s:b, s:o}", "sequence", 1, "accepted", done, "complete", done && complete,
                   "flushed", flushed, "error", error != NULL ? json_string(error) : json_null()));
    return done;
}

/* A drive that keeps no marker is not written over: whatever it would say afterwards proves nothing. */
static bool worth_going_on(struct uw_job *job)
{
    return !stopped(job) && !fold_of(job)->evidence.canary_alive;
}

static bool erase_and_verify(struct erase *erase, struct uw_error *e)
{
    struct uw_job *job = erase->job;
    erase->phase = (struct uw_job_phase){job, "canaries", 0, 0};
    if (!uw_stream_begin(&erase->stream, e) || !plant_canaries(erase, e))
        return false;
    if (!worth_going_on(job))
        return true;
    if (!run_method(erase, e))
        return false;
    if (stopped(job))
        return true;
    return uw_job_read_back(job, &erase->stream, &erase->image, &erase->canaries, &erase->planted, e);
}

static void refuse(struct uw_job *job, const char *code, const char *why)
{
    uw_plan_refuse(&job->plan, 4, code, "run list again and name the drive anew", "%s", why);
    post(job, UW_EVENT_REFUSED, uw_refusal_json(&job->plan.refusal));
}

void uw_job_erase(struct uw_job *job)
{
    struct uw_error e = {0};
    struct erase erase = {.job = job,
                          .stream = {.transport = job->transport,
                                     .stop = &job->run->stop,
                                     .progress = uw_job_progress,
                                     .user = &erase.phase}};
    if (!stopped(job) && !uw_gate_identity(job, "before"))
        refuse(job, "identity", "another drive answers than the one that was selected");
    else if (!stopped(job)) {
        post(job, UW_EVENT_TOUCHED, json_object());
        if (!erase_and_verify(&erase, &e))
            post_failed(job, &e);
        uw_gate_identity(job, "after");
    }
    /* Only what the signal cut short is aborted: an erase that was verified before it came stays what it is.
     */
    if (stopped(job) && !fold_of(job)->evidence.read_back)
        post(job, UW_EVENT_STOPPED, json_pack("{s:s}", "by", "signal"));
    uw_extents_clear(&erase.canaries.places);
    uw_canary_result_clear(&erase.planted);
    OPENSSL_cleanse(erase.canaries.key, sizeof erase.canaries.key);
}

static void post_stored(struct uw_job *job, const json_t *body, json_t *document, const char *path)
{
    char sha256[UW_SHA256_HEX] = "";
    uw_document_sha256(body, sha256, NULL);
    json_t *data = json_copy(document);
    json_object_set_new(data, "path", json_string(path));
    json_object_set_new(data, "sha256", json_string(sha256));
    post(job, UW_EVENT_CERTIFICATE_STORED, data);
}

static void post_not_stored(struct uw_job *job, json_t *document, const struct uw_error *e)
{
    json_t *data = document != NULL ? json_copy(document) : json_object();
    json_object_set_new(data, "what", json_string("certificate"));
    json_object_set_new(data, "why", json_string(e->text));
    post(job, UW_EVENT_NOT_STORED, data);
}

void uw_job_end(struct uw_job *job)
{
    struct uw_error e = {0};
    char path[UW_PATH_BYTES * 2] = "";
    const char *reason;
    if (job->transport != NULL)
        job->transport->ops->close(job->transport);
    job->transport = NULL;
    enum uw_verdict verdict = uw_fold_verdict(fold_of(job), &reason);
    bool reached = verdict == UW_VERDICT_SANITIZED || verdict == UW_VERDICT_SANITIZED_WITH_EXCEPTIONS;
    const char *why = job->plan.refusal.refused ? job->plan.refusal.why : reason;
    post(job, UW_EVENT_JOB_ENDED,
         json_pack("{s:s, s:s, s:s, s:s}", "device", job->drive.device, "verdict", uw_verdict_name(verdict),
                   "level", reached ? uw_level_name(job->plan.level) : "none", "why", why));
    json_t *body = uw_fold_certificate(fold_of(job));
    json_t *document = NULL;
    if (body == NULL)
        uw_fail(&e, UW_E_NOMEM, "out of memory");
    else
        document = sign_and_store(job, "certificate", body, path, sizeof path, &e);
    job->stored = path[0] != '\0';
    if (job->stored)
        post_stored(job, body, document, path);
    else
        post_not_stored(job, document, &e);
    json_decref(document);
    json_decref(body);
    job->verdict = verdict;
    job->ended = true;
}
