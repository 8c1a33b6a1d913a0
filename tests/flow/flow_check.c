/* SPDX-License-Identifier: Apache-2.0 */
/* What must be true of every run, whatever the drives did. The models know what really happened. */
#include "flow.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "core/document.h"
#include "core/fold.h"
#include "sign/file.h"
#include "sign/sign.h"

static const char plain_name[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";

/* What runs sign with; made once, as it takes longer than a signature does. */
static const struct uw_key *test_key(void)
{
    static struct uw_key *key;
    struct uw_error e = {0};
    if (key == NULL && !uw_key_load_public(TEST_DATA "/test-key.pem", &key, &e))
        fail_msg("%s", e.text);
    return key;
}

json_t *flow_read_signed(const struct flow *flow, const char *path, const char *kind)
{
    struct uw_error e = {0};
    const struct uw_key *key = test_key();
    const char *name = strrchr(path, '/'), *found = NULL;
    size_t bytes;
    assert_non_null(name);
    assert_int_equal(name - path, strlen(flow->certificates));
    assert_int_equal(strncmp(path, flow->certificates, strlen(flow->certificates)), 0);
    assert_int_equal(strspn(name + 1, plain_name), strlen(name + 1));
    char *text = uw_file_read(path, UW_DOCUMENT_BYTES, &bytes, NULL, &e);
    json_t *document = text != NULL ? uw_document_parse(text, bytes, &e) : NULL;
    if (document == NULL || !uw_verify_document(document, key, true, &found, &e))
        fail_msg("%s: %s", path, e.text);
    assert_string_equal(found, kind);
    assert_false(uw_verify_document(document, key, false, NULL, NULL));
    assert_false(flow_has_controls(document));
    json_t *body = json_incref(json_object_get(document, kind));
    assert_true(json_is_true(json_object_get(body, "simulated")));
    assert_string_equal(flow_text(body, "run"), flow->run_id);
    json_decref(document);
    free(text);
    return body;
}

/* As unwrite-certificate(5) has it: AES runs through, of ChaCha20 each MiB is a stream of its own, whose
 * nonce is the MiB's number. */
static void encrypt(const char *cipher, const uint8_t key[32], uint8_t *image, uint64_t bytes)
{
    bool chacha = strcmp(cipher, "chacha20") == 0;
    uint64_t stretch = chacha ? 1 << 20 : bytes;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    assert_true(chacha || strcmp(cipher, "aes-256-ctr") == 0);
    assert_true(!chacha || bytes <= 255 * stretch);
    for (uint64_t at = 0; at < bytes; at += stretch) {
        uint64_t length = bytes - at < stretch ? bytes - at : stretch;
        uint8_t iv[16] = {[15] = (uint8_t)(chacha ? at / stretch : 0)};
        int made = 0;
        EVP_EncryptInit_ex(context, chacha ? EVP_chacha20() : EVP_aes_256_ctr(), NULL, key, iv);
        EVP_EncryptUpdate(context, image + at, &made, image + at, (int)length);
        assert_int_equal(made, length);
    }
    EVP_CIPHER_CTX_free(context);
}

/* What the certificate says that the last pass left, made without the code under test. NULL: no pass was
 * begun. */
static uint8_t *image_of(const json_t *body, uint64_t bytes)
{
    const json_t *steps = json_object_get(body, "steps");
    const json_t *step = json_array_get(steps, json_array_size(steps) - 1);
    const json_t *passes = json_object_get(step, "passes");
    const json_t *pass = json_array_get(passes, json_array_size(passes) - 1);
    const char *pattern = flow_text(pass, "pattern"), *cipher = flow_text(pass, "cipher");
    uint8_t value[32], *image = calloc(1, bytes + 1);
    size_t length = strlen(pattern) / 2;
    assert_non_null(image);
    if (pass == NULL) {
        free(image);
        return NULL;
    }
    const char *hex = length > 0 ? pattern : flow_text(pass, "key");
    for (size_t i = 0; 2 * i + 1 < strlen(hex) && i < sizeof value; i++)
        assert_int_equal(sscanf(hex + 2 * i, "%2hhx", &value[i]), 1);
    if (length > 0) {
        for (uint64_t i = 0; i < bytes; i++)
            image[i] = value[i % length];
        return image;
    }
    assert_int_equal(strlen(hex), 2 * sizeof value);
    encrypt(cipher, value, image, bytes);
    return image;
}

static bool is_sanitized(const char *verdict)
{
    return strcmp(verdict, "sanitized") == 0 || strcmp(verdict, "sanitized-with-exceptions") == 0;
}

static bool is_another(const struct model_block *block)
{
    for (int i = 0; i < MODEL_FIELDS; i++)
        if (block->other[i])
            return true;
    return false;
}

/* Whether it reaches that namespace: a Format may be of another one. */
static bool reaches(const struct model_drive *drive, const struct model_nvme_seen *seen)
{
    bool all = (drive->nvme->config.fna & (UW_NVME_FNA_FORMAT_ALL | UW_NVME_FNA_ERASE_ALL)) != 0;
    enum { ACTION = 7 };
    return (seen->opcode == UW_NVME_SANITIZE && (seen->cdw10 & ACTION) != UW_NVME_SANACT_EXIT_FAILURE) ||
           (seen->opcode == UW_NVME_FORMAT &&
            (all || seen->nsid == UINT32_MAX || seen->nsid == drive->nvme->spaces[drive->place].medium.nsid));
}

/* No command that erases it reached the controller, whoever sent it. */
static void check_no_erase(const struct flow *flow, size_t job)
{
    const struct model_nvme *nvme = flow->machine.drives[job].nvme;
    const struct model_ata *ata = flow->machine.drives[job].ata;
    for (size_t i = flow->machine.drives[job].seen_before; ata != NULL && i < ata->seen_count; i++) {
        const struct model_ata_seen *seen = &ata->seen[i];
        bool erases =
            (seen->command == 0xb4 && seen->features != 0) || seen->command == 0xf1 || seen->command == 0xf4;
        if (seen->ata && erases)
            fail_msg("%s was not to be touched and was sent %02x", flow->devices[job], seen->command);
    }
    if (nvme == NULL)
        return;
    for (size_t i = flow->machine.drives[job].seen_before; i < nvme->seen_count; i++)
        if (reaches(&flow->machine.drives[job], &nvme->seen[i]))
            fail_msg("%s was not to be touched and was sent %02x", flow->devices[job], nvme->seen[i].opcode);
}

static void check_medium(const struct flow *flow, size_t job, const json_t *body)
{
    struct model_block *block = flow->machine.drives[job].block;
    const char *verdict = flow_text(body, "verdict");
    if (block->config.phantom) {
        assert_string_equal(verdict, "refused");
        return;
    }
    uint64_t units = (block->config.bytes + MODEL_OLD_BYTES - 1) / MODEL_OLD_BYTES;
    model_block_cut_power(block);
    if (flow->machine.drives[job].ata != NULL) {
        uint8_t *left = image_of(body, block->config.bytes);
        flow_check_ata(flow, job, body, left);
        free(left);
        return;
    }
    bool internal = flow_is_internal(flow_step(flow, job));
    if (flow->machine.drives[job].nvme != NULL && (internal || strcmp(verdict, "refused") == 0)) {
        if (!internal)
            check_no_erase(flow, job);
        flow_check_nvme(flow, job, body);
        return;
    }
    uint8_t *image = image_of(body, block->config.bytes);
    struct model_truth truth = {.wrong_blocks = block->blocks};
    if (image != NULL)
        truth = model_block_truth(block, image);
    free(image);
    if (is_sanitized(verdict) && (truth.wrong_blocks > 0 || truth.old_units > 0))
        fail_msg("%s is certified %s and holds %llu wrong blocks from LBA %llu on, %llu units of old data",
                 flow->devices[job], verdict, (unsigned long long)truth.wrong_blocks,
                 (unsigned long long)truth.first_wrong_lba, (unsigned long long)truth.old_units);
    if (is_sanitized(verdict) && flow_number(flow_step(flow, job), "unwritten_bytes") > 0)
        fail_msg("%s is certified %s with unwritten bytes", flow->devices[job], verdict);
    if (is_sanitized(verdict) && (block->looks < 2 || is_another(block)))
        fail_msg("%s is certified %s and is another drive than before", flow->devices[job], verdict);
    if (strcmp(verdict, "refused") != 0)
        return;
    uint8_t *nothing = calloc(1, block->config.bytes + 1);
    truth = model_block_truth(block, nothing);
    free(nothing);
    assert_int_equal(block->bytes_written, 0);
    assert_int_equal(truth.old_units, units);
    check_no_erase(flow, job);
}

/* Marks the blocks that the certificate lists; returns how many bytes they are. */
static uint64_t mark_listed(const json_t *list, const struct model_block *block, bool *listed)
{
    uint64_t bytes = 0;
    size_t i;
    json_t *range;
    json_array_foreach(list, i, range) {
        uint64_t lba = (uint64_t)flow_number(range, "lba"), count = (uint64_t)flow_number(range, "count");
        assert_true(count > 0 && lba < block->blocks && count <= block->blocks - lba);
        assert_true(flow_number(range, "errno") > 0);
        for (; count > 0; count--, lba++) {
            uint64_t left = block->config.bytes - lba * block->config.block_bytes;
            bytes += listed[lba] ? 0 : left < block->config.block_bytes ? left : block->config.block_bytes;
            listed[lba] = true;
        }
    }
    return bytes;
}

/* A pass that came to its end has each block either written or on the list. */
static void check_unwritten(const struct flow *flow, size_t job)
{
    const struct model_block *block = flow->machine.drives[job].block;
    const json_t *step = flow_step(flow, job), *passes = json_object_get(step, "passes");
    size_t count = json_array_size(passes), planned;
    if (step == NULL)
        return;
    if (flow_is_internal(step)) {
        assert_int_equal(flow_number(step, "bytes_written"), 0);
        assert_int_equal(count, 0);
        return;
    }
    /* Also of a pass that was stopped or hung the figures are true. */
    uint64_t written = (uint64_t)flow_number(step, "bytes_written");
    /* Markers that were written anew after a method that failed are among what the model has. */
    bool anew = flow_first_step(flow->certificate[job]) > 0;
    bool broken = anew || flow_event(flow, job, "failed") != NULL;
    assert_true(broken ? written <= block->accepted_bytes : written == block->accepted_bytes);
    if (!json_is_true(json_object_get(json_object_get(step, "completion"), "accepted")) ||
        flow_event(flow, job, "stopped") != NULL || flow_event(flow, job, "stalled") != NULL)
        return;
    assert_true(anew || written == block->accepted_bytes);
    planned = (size_t)flow_number(json_object_get(step, "parameters"), "passes");
    assert_int_equal(count, planned);
    bool *listed = calloc(block->blocks, sizeof *listed);
    uint64_t bytes = mark_listed(json_object_get(step, "unwritten"), block, listed);
    uint64_t missed_bytes = 0, omitted = (uint64_t)flow_number(step, "unwritten_omitted");
    const struct model_ata *ata = flow->machine.drives[job].ata;
    /* What it shows and the host sees. */
    uint64_t reached = block->blocks;
    if (ata != NULL)
        reached = ata->visible < ata->host_sectors ? ata->visible : ata->host_sectors;
    for (uint64_t lba = 0; lba < reached; lba++) {
        uint64_t left = block->config.bytes - lba * block->config.block_bytes;
        bool missed = block->accepted[lba] < count;
        missed_bytes += !missed ? 0 : left < block->config.block_bytes ? left : block->config.block_bytes;
        if (listed[lba] ? !missed : missed && omitted == 0)
            fail_msg("%s: LBA %llu was accepted %u times in %zu passes and is %s as unwritten",
                     flow->devices[job], (unsigned long long)lba, block->accepted[lba], count,
                     listed[lba] ? "listed" : "not listed");
    }
    free(listed);
    assert_int_equal(flow_number(step, "unwritten_bytes"), missed_bytes);
    assert_true(omitted == 0 ? bytes == missed_bytes : bytes < missed_bytes);
}

static void check_intent(struct flow *flow, size_t job, const json_t *body)
{
    char sha256[UW_SHA256_HEX];
    const json_t *stored = flow_event(flow, job, "intent-stored");
    if (stored == NULL) {
        assert_true(json_is_null(json_object_get(body, "intent_sha256")));
        assert_true(flow->machine.drives[job].block->bytes_written == 0);
        check_no_erase(flow, job);
        return;
    }
    flow->intent[job] = flow_read_signed(flow, flow_text(stored, "path"), "intent");
    assert_true(uw_document_sha256(flow->intent[job], sha256, NULL));
    assert_string_equal(flow_text(stored, "sha256"), sha256);
    assert_string_equal(flow_text(body, "intent_sha256"), sha256);
    /* The seed that was committed before is the one that was used. */
    const json_t *verification = json_object_get(body, "verification");
    if (json_is_object(verification))
        assert_string_equal(flow_text(verification, "seed_commitment"),
                            flow_text(flow->intent[job], "seed_commitment"));
}

static void check_certificate(struct flow *flow, size_t job)
{
    const json_t *ended = flow_event(flow, job, "job-ended");
    const json_t *stored = flow_event(flow, job, "certificate-stored");
    if (ended == NULL || stored == NULL)
        fail_msg("%s has no certificate", flow->devices[job]);
    json_t *body = flow->certificate[job] = flow_read_signed(flow, flow_text(stored, "path"), "certificate");
    const json_t *claim = json_object_get(body, "claim");
    const char *verdict = flow_text(body, "verdict"), *level = flow_text(claim, "level");
    assert_string_equal(flow_text(ended, "verdict"), verdict);
    assert_string_equal(flow_text(json_object_get(body, "summary"), "verdict"), verdict);
    char device[UW_PATH_BYTES];
    uw_clean_string(device, sizeof device, flow->devices[job], sizeof *flow->devices);
    assert_string_equal(flow_text(json_object_get(body, "medium"), "device"), device);
    if (!is_sanitized(verdict))
        assert_string_equal(level, "none");
    else
        assert_string_not_equal(level, "none");
    check_medium(flow, job, body);
    check_intent(flow, job, body);
    check_unwritten(flow, job);
}

static enum uw_event_kind kind_of(const char *name)
{
    for (int i = 0; i < UW_EVENT_KINDS; i++)
        if (strcmp(uw_event_name((enum uw_event_kind)i), name) == 0)
            return (enum uw_event_kind)i;
    fail_msg("the journal holds an event %s", name);
    return UW_EVENT_KINDS;
}

static void fold_line(struct uw_fold *folds, size_t jobs, const json_t *line)
{
    json_int_t job = json_is_null(json_object_get(line, "job")) ? UW_NO_JOB : flow_number(line, "job");
    const struct uw_event event = {.sequence = (uint64_t)flow_number(line, "sequence"),
                                   .time_ns = 1,
                                   .job = (int)job,
                                   .kind = kind_of(flow_text(line, "event")),
                                   .data = json_object_get(line, "data")};
    assert_true(job >= UW_NO_JOB && job < (json_int_t)jobs);
    for (size_t i = 0; i < jobs; i++)
        if (job == UW_NO_JOB || job == (json_int_t)i)
            uw_fold_event(&folds[i], &event);
}

/* The journal alone tells what the certificates tell. */
static void check_journal(const struct flow *flow)
{
    char path[FLOW_FOLDER_BYTES * 2];
    struct uw_error e = {0};
    const char *reason;
    size_t jobs = flow->machine.count, bytes;
    json_int_t last = 0;
    snprintf(path, sizeof path, "%s/journal/%s.jsonl", flow->state, flow->run_id);
    char *text = uw_file_read(path, 64 << 20, &bytes, NULL, &e);
    if (text == NULL)
        fail_msg("%s", e.text);
    struct uw_fold *folds = calloc(jobs + 1, sizeof *folds);
    for (size_t i = 0; i < jobs; i++)
        uw_fold_init(&folds[i]);
    for (char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        json_t *event = uw_document_parse(line, (size_t)(end - line), &e);
        if (event == NULL)
            fail_msg("a line of the journal: %s", e.text);
        /* Progress that nobody listens to takes no number of its own. */
        bool again = strcmp(flow_text(event, "event"), "progress") == 0;
        assert_true(flow_number(event, "sequence") > last - again);
        last = flow_number(event, "sequence");
        assert_false(flow_has_controls(event));
        fold_line(folds, jobs, event);
        json_decref(event);
    }
    for (size_t i = 0; i < jobs; i++) {
        assert_string_equal(uw_verdict_name(uw_fold_verdict(&folds[i], &reason)), flow_verdict(flow, i));
        uw_fold_clear(&folds[i]);
    }
    free(folds);
    free(text);
}

/* The names of those documents that were read already: all that this run says that it stored. */
static json_t *names_read(const struct flow *flow)
{
    json_t *names = json_object(), *event;
    size_t i;
    json_array_foreach(flow->events, i, event) {
        const char *kind = flow_text(event, "event"), *slash;
        json_int_t job = flow_number(event, "job");
        json_t *const *read = strcmp(kind, "certificate-stored") == 0 ? flow->certificate
                              : strcmp(kind, "intent-stored") == 0    ? flow->intent
                                                                      : NULL;
        if (read == NULL || job < 0 || job >= (json_int_t)flow->machine.count || read[job] == NULL)
            continue;
        slash = strrchr(flow_text(json_object_get(event, "data"), "path"), '/');
        if (slash != NULL)
            json_object_set_new(names, slash + 1, json_true());
    }
    return names;
}

/* Whether the document is of this run; others' must be whole all the same. */
static bool is_of_run(const struct flow *flow, const json_t *read, const char *name)
{
    char path[FLOW_FOLDER_BYTES * 4];
    struct uw_error e = {0};
    size_t bytes;
    if (json_object_get(read, name) != NULL)
        return true;
    snprintf(path, sizeof path, "%s/%s", flow->certificates, name);
    char *text = uw_file_read(path, UW_DOCUMENT_BYTES, &bytes, NULL, &e);
    json_t *document = text != NULL ? uw_document_parse(text, bytes, &e) : NULL;
    if (document == NULL)
        fail_msg("%s: %s", path, e.text);
    const json_t *body = json_object_get(document, "certificate");
    if (body == NULL)
        body = json_object_get(document, "intent");
    bool own = strcmp(flow_text(body, "run"), flow->run_id) == 0;
    json_decref(document);
    free(text);
    return own;
}

/* As many files as documents were stored, and nothing half-written. */
static void check_folder(const struct flow *flow)
{
    size_t files = 0, documents = 0;
    struct dirent *entry;
    json_t *read = names_read(flow);
    DIR *folder = opendir(flow->certificates);
    assert_non_null(folder);
    while ((entry = readdir(folder)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            files += is_of_run(flow, read, entry->d_name);
    closedir(folder);
    json_decref(read);
    for (size_t i = 0; i < flow->machine.count; i++)
        documents += (flow->certificate[i] != NULL ? 1U : 0U) + (flow->intent[i] != NULL ? 1U : 0U);
    assert_int_equal(files, documents);
}

/* The worst verdict decides (unwrite(1), EXIT STATUS). */
static int exit_of(const struct flow *flow)
{
    bool failed = false, aborted = false, level = false, refused = false;
    for (size_t i = 0; i < flow->machine.count; i++) {
        const char *verdict = flow_verdict(flow, i);
        const json_t *refusal = flow_event(flow, i, "refused");
        failed |= strcmp(verdict, "failed") == 0 || strcmp(verdict, "stalled") == 0;
        aborted |= strcmp(verdict, "aborted") == 0;
        refused |= strcmp(verdict, "refused") == 0;
        level |= strcmp(verdict, "refused") == 0 && strcmp(flow_text(refusal, "code"), "level") == 0;
    }
    return failed ? 1 : aborted ? 5 : level ? 3 : refused ? 4 : 0;
}

void flow_check(struct flow *flow)
{
    if (flow->fault[0] != '\0')
        fail_msg("%s", flow->fault);
    if (!flow->started)
        fail_msg("not started: %s", flow->error.text);
    assert_false(flow_has_controls(flow->plans));
    for (size_t i = 0; i < flow->machine.count; i++) {
        if (flow->machine.drives[i].complaint[0] != '\0')
            fail_msg("%s", flow->machine.drives[i].complaint);
        check_certificate(flow, i);
        assert_int_equal(flow->machine.drives[i].opens, 0);
    }
    check_journal(flow);
    check_folder(flow);
    assert_int_equal(flow->exit_code, exit_of(flow));
    const json_t *last = json_array_get(flow->events, json_array_size(flow->events) - 1);
    assert_string_equal(flow_text(last, "event"), "run-ended");
    assert_int_equal(flow_number(json_object_get(last, "data"), "exit"), flow->exit_code);
}
