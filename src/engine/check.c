/* SPDX-License-Identifier: Apache-2.0 */
/* Looking at a drive again, read only, perhaps long after and by somebody else: does it hold what its
 * certificate says the erase left? Without a certificate only a drive that holds one byte all over can be
 * told to be erased. */
#include <stdlib.h>
#include <string.h>

#include "core/document.h"
#include "engine/run.h"
#include "engine/stream_parts.h"
#include "output/output.h"

bool uw_run_bind(struct uw_run *run, struct uw_error *e)
{
    const char *file = run->request->certificate;
    if (file == NULL)
        return true;
    json_t *document = uw_document_load(file, e);
    if (document == NULL) {
        char why[sizeof e->text];
        memcpy(why, e->text, sizeof why);
        /* It is a word of the command line, not the document to be judged. */
        bool named = strncmp(why, file, strlen(file)) == 0;
        return e->code != UW_E_INVALID
                   ? false
                   : uw_fail(e, UW_E_USAGE, "%s%s%s", named ? "" : file, named ? "" : ": ", why);
    }
    run->bound = json_incref(json_object_get(document, "certificate"));
    run->bound_document = document;
    if (!json_is_object(run->bound))
        return uw_fail(e, UW_E_USAGE, "%s is no certificate", file);
    return run->request->certificate_key == NULL ||
           uw_key_load_public(run->request->certificate_key, &run->bound_key, e);
}

/* "holds", "not_checked" (whoever signed it, his key is not here) or, with the reason, "do_not_hold". */
static const char *signatures_of_bound(const struct uw_run *run, struct uw_error *e)
{
    const struct uw_key *key = run->bound_key != NULL ? run->bound_key : run->key;
    if (run->bound_key == NULL && uw_document_is_by_another(run->bound_document, key))
        return "not_checked";
    bool hold = uw_verify_document(run->bound_document, key, run->machine->simulated, NULL, e);
    return hold ? "holds" : "do_not_hold";
}

static bool read_hex(const char *hex, uint8_t *data, size_t bytes)
{
    if (hex == NULL || strlen(hex) != 2 * bytes || strspn(hex, "0123456789abcdef") != 2 * bytes)
        return false;
    for (size_t i = 0; i < bytes; i++) {
        char pair[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
        data[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return true;
}

static const json_t *last_of(const json_t *array)
{
    size_t count = json_array_size(array);
    return count > 0 ? json_array_get(array, count - 1) : NULL;
}

/* The image that the last pass of the last step left; false where the certificate names none. */
static bool image_of(const json_t *certificate, struct uw_image *image)
{
    const json_t *named = json_object_get(json_object_get(certificate, "verification"), "image");
    *image = (struct uw_image){.pass = {.kind = UW_PASS_FIXED, .pattern_bytes = 1}};
    if (uw_leaves_parse(json_string_value(named), &image->leaves) && image->leaves != UW_LEAVES_PASS)
        return true;
    const json_t *pass = last_of(json_object_get(last_of(json_object_get(certificate, "steps")), "passes"));
    const char *pattern = json_string_value(json_object_get(pass, "pattern"));
    *image = (struct uw_image){0};
    if (pattern == NULL) {
        image->pass.kind = UW_PASS_KEYSTREAM;
        return uw_cipher_by_name(json_string_value(json_object_get(pass, "cipher")), &image->cipher) &&
               read_hex(json_string_value(json_object_get(pass, "key")), image->key, sizeof image->key);
    }
    size_t bytes = strlen(pattern) / 2;
    image->pass.kind = UW_PASS_FIXED;
    image->pass.pattern_bytes = (uint8_t)bytes;
    return bytes >= 1 && bytes <= UW_PATTERN_BYTES && read_hex(pattern, image->pass.pattern, bytes);
}

static bool keep_first(void *work, uint64_t offset, uint8_t *data, uint32_t length, struct uw_error *e)
{
    struct uw_image *image = work;
    (void)offset, (void)length, (void)e;
    image->pass = (struct uw_pass){.kind = UW_PASS_FIXED, .pattern_bytes = 1, .pattern = {data[0]}};
    return true;
}

/* The first byte of the drive, which all others must equal. */
static bool image_found(struct uw_stream *stream, struct uw_image *image, struct uw_error *e)
{
    const struct uw_transport *t = stream->transport;
    struct uw_extent first = {.length = t->bytes < t->block_bytes ? t->bytes : t->block_bytes};
    struct uw_extents extents = {.items = &first, .count = 1};
    struct uw_ranges lost = {0};
    struct uw_pump pump = {.stream = stream,
                           .direction = UW_READ,
                           .extents = &extents,
                           .moved = keep_first,
                           .work = image,
                           .lost = &lost};
    *image = (struct uw_image){0};
    bool good = uw_pump_run(&pump, e);
    uw_ranges_clear(&lost);
    return good && (image->pass.pattern_bytes == 1 || uw_fail(e, UW_E_IO, "the first block cannot be read"));
}

/* Null in the document where the drive has none. */
static bool is_text(const json_t *value, const char *text)
{
    const char *said = json_string_value(value);
    return strcmp(said != NULL ? said : "", text) == 0;
}

/* What was open until the power went off, or was set back, is hidden again: the drive shows what it showed
 * before. */
static bool is_shut_again(const json_t *body, const struct uw_drive *drive)
{
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(json_object_get(body, "hidden_areas"), "opened"), i, item) {
        json_int_t sectors = json_integer_value(json_object_get(item, "sectors_before"));
        const char *left = json_string_value(json_object_get(item, "left"));
        bool shut = left != NULL && (strcmp(left, "until-power-cycle") == 0 || strcmp(left, "set-back") == 0);
        if (shut && sectors > 0 && (uint64_t)sectors == drive->bytes / drive->logical_block_bytes)
            return true;
    }
    return false;
}

/* Why the drive is not the certificate's; NULL: nothing speaks against it. */
static const char *stranger(const struct uw_job *job)
{
    const json_t *medium = json_object_get(job->run->bound, "medium");
    const json_t *serial = json_object_get(medium, "serial"), *wwn = json_object_get(medium, "wwn");
    const json_t *bytes = json_object_get(json_object_get(medium, "capacity"), "bytes");
    const char *verdict = json_string_value(json_object_get(job->run->bound, "verdict"));
    if (verdict == NULL || (strcmp(verdict, uw_verdict_name(UW_VERDICT_SANITIZED)) != 0 &&
                            strcmp(verdict, uw_verdict_name(UW_VERDICT_SANITIZED_WITH_EXCEPTIONS)) != 0))
        return "its certificate records no erase";
    if (!is_text(serial, job->drive.serial))
        return "it has another serial than its certificate";
    if (!is_text(wwn, job->drive.wwn))
        return "it has another WWN than its certificate";
    if ((uint64_t)json_integer_value(bytes) != job->drive.bytes &&
        !is_shut_again(job->run->bound, &job->drive))
        return "it has another size than its certificate";
    return NULL;
}

static void post_failed(struct uw_job *job, const char *why)
{
    uw_job_post(job, UW_EVENT_FAILED, json_pack("{s:s}", "why", why));
}

static bool read_drive(struct uw_job *job, struct uw_error *e)
{
    const struct uw_machine *machine = job->run->machine;
    struct uw_image image;
    struct uw_job_phase phase = {job, "verify", 0, 0};
    if (!uw_job_open(job, false, e))
        return false;
    if (uw_gate_identity(job, "before") != UW_SAME)
        return true; /* why, is on record */
    struct uw_stream stream = {.transport = job->transport,
                               .buffers = job->run->buffers,
                               .stop = &job->run->stop,
                               .now_ms = machine->now_ms,
                               .wait_ms = machine->wait_ms,
                               .clock = machine->user,
                               .stall_ms = UW_STALL_MS,
                               .progress = uw_job_progress,
                               .user = &phase};
    if (!uw_stream_begin(&stream, e))
        return false;
    if (job->run->bound == NULL && !image_found(&stream, &image, e))
        return false;
    if (job->run->bound != NULL && !image_of(job->run->bound, &image))
        return uw_fail(e, UW_E_INVALID, "its certificate does not say what the erase left");
    if (!uw_job_read_back(job, &stream, &image, NULL, job->run->policy.verify, e))
        return false;
    if (!job->transport->abandoned)
        uw_gate_identity(job, "after");
    return true;
}

static json_t *copy(const json_t *object, const char *name)
{
    json_t *value = json_object_get(object, name);
    return json_is_string(value) ? json_deep_copy(value) : json_null();
}

/* What a forgery says of itself is nothing to be signed again: only which one it is. False: it is one. */
static bool bind_certificate(struct uw_job *job, struct uw_error *e)
{
    char sha256[UW_SHA256_HEX] = "";
    struct uw_error why = {0};
    const json_t *bound = job->run->bound;
    const char *signatures = signatures_of_bound(job->run, &why);
    bool forged = strcmp(signatures, "do_not_hold") == 0;
    const json_t *claim = json_object_get(bound, "claim");
    uw_document_sha256(bound, sha256, NULL);
    uw_job_post(job, UW_EVENT_BOUND,
                json_pack("{s:o, s:s, s:o, s:o, s:s}", "id", copy(bound, "id"), "sha256", sha256, "verdict",
                          forged ? json_null() : copy(bound, "verdict"), "level",
                          forged ? json_null() : copy(claim, "level"), "signatures", signatures));
    return !forged || uw_fail(e, UW_E_INVALID, "its certificate is not to be trusted: %s", why.text);
}

void uw_job_check(struct uw_job *job)
{
    struct uw_error e = {0};
    const char *why = NULL;
    if (job->run->bound != NULL)
        why = bind_certificate(job, &e) ? stranger(job) : e.text;
    if (why != NULL)
        post_failed(job, why);
    else if (!atomic_load(&job->run->stop) && !read_drive(job, &e) && !uw_gate_hangs(job, &e) &&
             !atomic_load(&job->run->stop))
        post_failed(job, e.text);
    if (uw_gate_hangs(job, &e))
        uw_job_post(job, UW_EVENT_STALLED,
                    json_pack("{s:i}", "after_ms", job->transport != NULL ? UW_STALL_MS : UW_OPEN_MS));
    if (atomic_load(&job->run->stop) && !uw_job_fold(job)->evidence.read_back)
        uw_job_post(job, UW_EVENT_STOPPED, json_pack("{s:s}", "by", "signal"));
}
