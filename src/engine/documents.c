/* SPDX-License-Identifier: Apache-2.0 */
/* What goes on record of a job: its announcement, its intent, its end and its certificate. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/document.h"
#include "core/drive_nvme.h"
#include "engine/run.h"
#include "output/output.h"

static json_t *unfreeze_json(const struct uw_job *job)
{
    if (!job->was_frozen || job->run->slept_ms == 0)
        return json_null();
    return json_pack("{s:I, s:b}", "slept_ms", (json_int_t)job->run->slept_ms, "frozen_after",
                     job->drive.ata.identify.security_frozen);
}

/* Before: what stood on the drive, in types and counts; its contents never enter a document. */
static json_t *before_json(const struct uw_job *job)
{
    const struct uw_drive *drive = &job->drive;
    json_t *types = json_array();
    for (size_t i = 0; i < drive->content_type_count; i++)
        json_array_append_new(types, json_string(drive->content_types[i]));
    json_t *uses = json_array();
    for (size_t i = 0; i < drive->use_count; i++)
        json_array_append_new(uses,
                              json_pack("{s:s, s:s}", "kind", drive->uses[i].kind, "by", drive->uses[i].by));
    return json_pack("{s:o, s:i, s:o, s:o, s:o, s:o, s:o, s:n}", "content",
                     drive->content[0] ? json_string(drive->content) : json_null(), "partitions",
                     (int)drive->partitions, "types", types, "in_use", uses, "use_checks",
                     uw_drive_looked_json(drive), "health", uw_drive_health_json(drive), "unfreeze",
                     unfreeze_json(job), "histogram");
}

static json_t *unattached_json(const struct uw_drive *drive)
{
    uint64_t count;
    return uw_drive_unattached_namespaces(drive, &count) ? json_integer((json_int_t)count) : json_null();
}

/* Where a field stands in a certificate: what comes before it, and how much of its own name goes. */
static const char *place_of(const char *field, size_t *skipped)
{
    static const struct {
        const char *prefix, *place;
        size_t skipped;
    } places[] = {{"content", "before.", 0},
                  {"health", "before.", 0},
                  {"capabilities", "", 0},
                  {"hidden.", "hidden_areas.", sizeof "hidden." - 1}};
    *skipped = 0;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        if (strncmp(field, places[i].prefix, strlen(places[i].prefix)) == 0) {
            *skipped = places[i].skipped;
            return places[i].place;
        }
    return "medium.";
}

static json_t *unknown_json(const struct uw_drive *drive)
{
    json_t *unknown = json_object();
    for (size_t i = 0; i < drive->unknown_count; i++) {
        char path[UW_NAME_BYTES];
        const struct uw_unknown *field = &drive->unknown[i];
        size_t skipped;
        const char *place = place_of(field->field, &skipped);
        snprintf(path, sizeof path, "%s%s", place, field->field + skipped);
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
    uw_job_post(job, UW_EVENT_DRIVE_SELECTED,
                json_pack("{s:o, s:s, s:I, s:s, s:s, s:b, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "device",
                          uw_clean_json(drive->device), "id", drive->id, "bytes",
                          (json_int_t)(drive->bytes < 1ULL << 53 ? drive->bytes : 0), "certificate_id",
                          job->certificate_id, "intent_id", job->intent_id, "simulated",
                          job->run->machine->simulated, "seed_commitment", commitment, "medium",
                          uw_drive_medium_json(drive), "before", before_json(job), "capabilities",
                          uw_drive_capabilities_json(drive), "hidden", uw_drive_hidden_json(drive),
                          "unattached_namespaces", unattached_json(drive), "unknown", unknown_json(drive)));
    if (!job->run->request->check)
        uw_job_post(job, UW_EVENT_PLAN_MADE, uw_plan_event(&job->plan));
}

/* Stores a signed document; `path` receives where, or is empty. */
static void store(struct uw_job *job, const char *kind, const json_t *document, char *path, size_t path_bytes,
                  struct uw_error *e)
{
    char name[256];
    const json_t *body = json_object_get(document, kind);
    uw_store_name(json_string_value(json_object_get(body, "issued_at")), job->drive.serial,
                  json_string_value(json_object_get(body, "id")), kind, name, sizeof name);
    if (!uw_store_document(job->run->certificates, name, document, path, path_bytes, e))
        path[0] = '\0';
}

/* Signs a body and stores it; `path` receives where. */
static json_t *sign_and_store(struct uw_job *job, const char *kind, const json_t *body, char *path,
                              size_t path_bytes, struct uw_error *e)
{
    json_t *document = uw_sign_document(job->run->key, kind, body, e);
    path[0] = '\0';
    if (document != NULL)
        store(job, kind, document, path, path_bytes, e);
    return document;
}

bool uw_job_store_intent(struct uw_job *job, struct uw_error *e)
{
    char path[UW_PATH_BYTES * 2], sha256[UW_SHA256_HEX];
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    json_t *body = uw_fold_intent(uw_job_fold(job), (int64_t)now.tv_sec * 1000000000 + now.tv_nsec);
    if (body == NULL)
        return uw_fail(e, UW_E_NOMEM, "out of memory");
    json_t *document = NULL;
    if (uw_document_sha256(body, sha256, e))
        document = sign_and_store(job, "intent", body, path, sizeof path, e);
    bool stored = document != NULL && path[0] != '\0';
    if (stored)
        uw_job_post(job, UW_EVENT_INTENT_STORED,
                    json_pack("{s:s, s:o}", "sha256", sha256, "path", uw_clean_json(path)));
    json_decref(document);
    json_decref(body);
    return stored;
}

static void post_stored(struct uw_job *job, const json_t *body, json_t *document)
{
    char sha256[UW_SHA256_HEX] = "";
    uw_document_sha256(body, sha256, NULL);
    json_t *data = json_deep_copy(document);
    json_object_set_new(data, "path", uw_clean_json(job->path));
    json_object_set_new(data, "sha256", json_string(sha256));
    uw_job_post(job, UW_EVENT_CERTIFICATE_STORED, data);
}

static void post_not_stored(struct uw_job *job, const char *kind, json_t *document, const struct uw_error *e)
{
    json_t *data = document != NULL ? json_deep_copy(document) : json_object();
    json_object_set_new(data, "what", json_string(kind));
    json_object_set_new(data, "why", json_string(e->text));
    uw_job_post(job, UW_EVENT_NOT_STORED, data);
}

static void close_transport(struct uw_job *job)
{
    if (job->transport != NULL)
        job->transport->ops->close(job->transport);
    job->transport = NULL;
}

/* Says where a job's last document stands, or why it does not. */
static void tell(struct uw_job *job, const char *kind, const json_t *body, json_t *document,
                 const struct uw_error *e)
{
    job->stored = job->path[0] != '\0';
    if (job->stored)
        post_stored(job, body, document);
    else
        post_not_stored(job, kind, document, e);
    job->ended = true;
}

void uw_job_store_signed(struct uw_job *job)
{
    struct uw_error e = {0};
    store(job, "certificate", job->signed_before, job->path, sizeof job->path, &e);
    tell(job, "certificate", json_object_get(job->signed_before, "certificate"), job->signed_before, &e);
}

/* Signs the last document of a job, stores it, says where it stands or why it does not. Takes over the body.
 */
static void issue(struct uw_job *job, const char *kind, json_t *body)
{
    struct uw_error e = {0};
    json_t *document = NULL;
    if (body == NULL)
        uw_fail(&e, UW_E_NOMEM, "out of memory");
    else
        document = sign_and_store(job, kind, body, job->path, sizeof job->path, &e);
    tell(job, kind, body, document, &e);
    json_decref(document);
    json_decref(body);
}

void uw_job_end(struct uw_job *job)
{
    const char *reason;
    close_transport(job);
    const struct uw_fold *fold = uw_job_fold(job);
    job->verdict = uw_fold_verdict(fold, &reason);
    bool reached =
        job->verdict == UW_VERDICT_SANITIZED || job->verdict == UW_VERDICT_SANITIZED_WITH_EXCEPTIONS;
    const char *refusal = json_string_value(json_object_get(fold->refusal, "why"));
    const char *level = json_string_value(json_object_get(fold->plan, "level"));
    uw_job_post(job, UW_EVENT_JOB_ENDED,
                json_pack("{s:o, s:s, s:s, s:s}", "device", uw_clean_json(job->drive.device), "verdict",
                          uw_verdict_name(job->verdict), "level", reached && level != NULL ? level : "none",
                          "why", refusal != NULL ? refusal : reason));
    /* Once more: what could not be put on record does not count. */
    job->verdict = uw_fold_verdict(fold, &reason);
    issue(job, "certificate", uw_fold_certificate(fold));
}

void uw_job_end_check(struct uw_job *job)
{
    const char *reason;
    close_transport(job);
    job->holds = uw_fold_holds(uw_job_fold(job), &reason);
    uw_job_post(job, UW_EVENT_JOB_ENDED,
                json_pack("{s:o, s:s, s:s, s:s}", "device", uw_clean_json(job->drive.device), "verdict",
                          job->holds ? "holds" : "does-not-hold", "level", "none", "why", reason));
    job->holds = uw_fold_holds(uw_job_fold(job), &reason);
    issue(job, "addendum", uw_fold_addendum(uw_job_fold(job)));
}
