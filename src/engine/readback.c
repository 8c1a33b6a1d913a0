/* SPDX-License-Identifier: Apache-2.0 */
/* Reading back what the plan asks for, and saying in numbers what that is worth. */
#include "core/document.h"
#include "engine/run.h"

/* The share of the drive, in parts per million, that the printed detection power speaks of. */
enum { RESIDUE_PPM = 1000 };

static json_t *expected_json(const struct uw_image *image)
{
    char pattern[2 * UW_PATTERN_BYTES + 1];
    if (image->leaves == UW_LEAVES_CONSTANT)
        return json_string("one byte value throughout each block");
    if (image->leaves == UW_LEAVES_PATTERN)
        return json_string("one byte value throughout each block, a short pattern, or noise");
    if (image->leaves == UW_LEAVES_ERASED)
        return json_string("one byte value throughout each block, or noise");
    if (image->pass.kind == UW_PASS_KEYSTREAM)
        return json_sprintf("%s keystream of the last pass", uw_cipher_name(image->cipher));
    uw_hex(image->pass.pattern, image->pass.pattern_bytes, pattern);
    return json_sprintf("pattern %s", pattern);
}

static json_t *mismatching_json(const struct uw_check_result *check)
{
    json_t *list = json_array();
    for (size_t i = 0; i < check->mismatching_listed; i++)
        json_array_append_new(list, json_integer((json_int_t)check->mismatching_lba[i]));
    return list;
}

static uint64_t mismatches(const struct uw_check_result *check)
{
    return check->zeros + check->ones + check->canaries + check->other;
}

static const char *result_name(const struct uw_check_result *check, uint64_t wanted_bytes, bool ended)
{
    if (mismatches(check) > 0 || check->unreadable.bytes > 0)
        return "failed";
    return !ended || check->stopped || check->bytes_read != wanted_bytes ? "incomplete" : "passed";
}

static uint32_t coverage_ppm(uint64_t bytes_read, uint64_t bytes)
{
    return (uint32_t)((unsigned __int128)bytes_read * 1000000 / bytes);
}

static json_t *canary_json(const struct uw_planted *planted, const struct uw_check_result *check)
{
    return json_pack("{s:I, s:I, s:I, s:I}", "written", (json_int_t)planted->result.written,
                     "readable_before", (json_int_t)planted->result.readable_before, "found_after",
                     (json_int_t)check->canaries, "bytes", (json_int_t)planted->canaries.canary_bytes);
}

static bool is_exact(const struct uw_image *image)
{
    return image->leaves == UW_LEAVES_PASS || image->leaves == UW_LEAVES_ZEROS;
}

/* Old content that is still there. `*ended` stays true only where every witness could be looked at. */
static json_t *witness_json(const struct uw_stream *reader, const struct uw_image *image,
                            struct uw_witness *witness, bool *ended, struct uw_error *e)
{
    struct uw_witness_result result = {0};
    *ended = uw_witness_compare(reader, is_exact(image) ? image : NULL, witness, &result, e) &&
             !result.stopped && !result.stalled && result.unreadable == 0;
    return json_pack("{s:I, s:I, s:I, s:b}", "taken", (json_int_t)result.taken, "constant",
                     (json_int_t)result.constant, "unchanged", (json_int_t)result.unchanged, "key_locked",
                     witness->locked);
}

static json_t *observed_json(const struct uw_check_result *check)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I}", "expected", (json_int_t)check->matching, "zeros",
                     (json_int_t)check->zeros, "ones", (json_int_t)check->ones, "canaries",
                     (json_int_t)check->canaries, "other", (json_int_t)check->other);
}

/* What reading back can tell. One byte value throughout is what a drive reads in unmapped blocks too, whether
 * it was asked to keep them mapped or not: after an erase inside it, or where nobody says what was done to
 * it, that is its answer alone. Noise comes from the media, where it stands in every block. */
static const char *evidence_class(const struct uw_job *job, const struct uw_image *image,
                                  const struct uw_check_result *check)
{
    bool nobody_says = job->run->request->check && job->run->bound == NULL;
    bool by_host = image->leaves == UW_LEAVES_PASS && !nobody_says;
    return by_host || (check->noise > 0 && check->noise == check->matching) ? "media" : "mapping";
}

static json_t *verification_json(const struct uw_job *job, const struct uw_image *image,
                                 const struct uw_check_result *check, enum uw_profile profile,
                                 uint64_t samples, uint64_t wanted_bytes, json_t *canary, json_t *witness,
                                 bool ended)
{
    char seed[2 * UW_SEED_BYTES + 1], commitment[UW_SHA256_HEX];
    uint64_t bytes = job->drive.bytes;
    uint64_t blocks = (bytes + UW_SAMPLE_BLOCK_BYTES - 1) / UW_SAMPLE_BLOCK_BYTES;
    uint64_t blocks_read = check->bytes_read == bytes ? blocks : samples;
    uw_hex(job->seed, sizeof job->seed, seed);
    uw_seed_commitment(job->seed, commitment);
    return json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:b, s:b, s:o, s:o, s:I, s:o, s:o, s:o, s:o, "
                     "s:{s:i, s:I}, s:b, s:I, s:s}",
                     "profile", uw_profile_name(profile), "evidence_class", evidence_class(job, image, check),
                     "seed_commitment", commitment, "seed", seed, "samples", (json_int_t)samples, "bytes",
                     (json_int_t)check->bytes_read, "coverage_ppm",
                     (json_int_t)coverage_ppm(check->bytes_read, bytes), "first", check->first_read, "last",
                     check->last_read, "expected", expected_json(image), "observed", observed_json(check),
                     "mismatches", (json_int_t)mismatches(check), "mismatching_lba", mismatching_json(check),
                     "read_errors", uw_ranges_json(&check->unreadable, job->drive.logical_block_bytes),
                     "canary", canary, "witness", witness, "detection", "residue_ppm", RESIDUE_PPM,
                     "probability_ppm", (json_int_t)uw_detection_ppm(blocks_read, blocks, RESIDUE_PPM),
                     "direct_io", job->transport->direct_io, "buffered_bytes",
                     (json_int_t)check->buffered_bytes, "result", result_name(check, wanted_bytes, ended));
}

/* For whoever looks at the drive later; of the image of a pass the pass tells. */
static void name_image(json_t *verification, const struct uw_image *image)
{
    if (image->leaves != UW_LEAVES_PASS)
        json_object_set_new(verification, "image", json_string(uw_leaves_name(image->leaves)));
}

/* Where the profile reads: all over (no places), or what the seed draws. */
static bool choose_places(const struct uw_job *job, enum uw_profile profile, struct uw_extents *places,
                          struct uw_error *e)
{
    uint64_t bytes = job->drive.bytes;
    uint32_t block_bytes = job->drive.logical_block_bytes;
    bool chosen = true;
    if (profile == UW_PROFILE_SAMPLE)
        chosen = uw_sample_places(job->seed, bytes, block_bytes, places);
    else if (profile == UW_PROFILE_TENTH)
        chosen = uw_tenth_places(job->seed, bytes, block_bytes, places);
    return chosen || uw_fail(e, UW_E_NOMEM, "out of memory");
}

static bool read_places(struct uw_job *job, const struct uw_stream *reader, const struct uw_image *image,
                        struct uw_planted *planted, enum uw_profile profile, const struct uw_extents *places,
                        struct uw_error *e)
{
    struct uw_check_result check = {0};
    uint64_t wanted_bytes = places->count > 0 ? uw_extents_bytes(places) : job->drive.bytes;
    uint64_t samples = places->count > 0 ? places->count
                                         : (wanted_bytes + UW_SAMPLE_BLOCK_BYTES - 1) / UW_SAMPLE_BLOCK_BYTES;
    uw_job_post(
        job, UW_EVENT_VERIFY_STARTED,
        json_pack("{s:s, s:I}", "profile", uw_profile_name(profile), "bytes", (json_int_t)wanted_bytes));
    bool done = uw_stream_check(reader, image, planted != NULL ? &planted->canaries : NULL,
                                places->count > 0 ? places : NULL, &check, e);
    bool ended = done && !check.stopped && !check.stalled;
    json_t *witness =
        planted != NULL && ended ? witness_json(reader, image, &planted->witness, &ended, e) : json_null();
    json_t *verification =
        done ? verification_json(job, image, &check, profile, samples, wanted_bytes,
                                 planted != NULL ? canary_json(planted, &check) : json_null(), witness, ended)
             : NULL;
    if (verification != NULL)
        name_image(verification, image);
    if (done)
        uw_job_post(job, UW_EVENT_VERIFY_ENDED, verification);
    else
        json_decref(witness);
    uw_check_result_clear(&check);
    return done;
}

bool uw_job_read_back(struct uw_job *job, const struct uw_stream *stream, const struct uw_image *image,
                      struct uw_planted *planted, enum uw_profile profile, struct uw_error *e)
{
    struct uw_job_phase phase = {job, "verify", 0, 0};
    struct uw_stream reader = *stream;
    struct uw_extents places = {0};
    reader.user = &phase;
    if (job->drive.bytes < UW_SAMPLE_SMALL_BYTES)
        profile = UW_PROFILE_FULL;
    bool done = choose_places(job, profile, &places, e) &&
                read_places(job, &reader, image, planted, profile, &places, e);
    uw_extents_clear(&places);
    return done;
}
