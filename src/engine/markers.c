/* SPDX-License-Identifier: Apache-2.0 */
/* What a drive is given, and looked at, before its erase, so that what is there afterwards proves something.
 */
#include <string.h>

#include "core/document.h"
#include "engine/erase.h"

void uw_erase_reserve(struct uw_job *job, const char *code, const char *text)
{
    uw_job_post(job, UW_EVENT_RESERVED,
                json_pack("{s:s, s:s, s:s}", "code", code, "severity", "reservation", "text", text));
}

/* It is worth no erase, but whoever finds it in a swap file could tell what stood on the drive. */
static void weigh_key(struct uw_job *job, const struct uw_witness *witness)
{
    if (witness->key != NULL && !witness->locked)
        uw_job_post(job, UW_EVENT_WARNING,
                    json_pack("{s:s}", "text",
                              "the key of its witnesses is not locked in memory: a limit (ulimit -l) forbids "
                              "it"));
}

bool uw_erase_witness(struct uw_erase *erase, struct uw_error *e)
{
    struct uw_job *job = erase->job;
    struct uw_canaries *canaries = &erase->planted.canaries;
    erase->looked_at = true;
    canaries->canary_bytes = job->drive.logical_block_bytes > 4096 ? job->drive.logical_block_bytes : 4096;
    memcpy(canaries->run, job->run->id_bytes, sizeof canaries->run);
    if (!uw_random(canaries->key, sizeof canaries->key))
        return uw_fail(e, UW_E_IO, "the kernel gives no random bytes");
    if (!uw_sample_places(job->seed, job->drive.bytes, job->drive.logical_block_bytes, &canaries->places))
        return uw_fail(e, UW_E_NOMEM, "out of memory");
    bool taken = uw_witness_take(&erase->stream, &canaries->places, &erase->planted.witness, e);
    weigh_key(job, &erase->planted.witness);
    return taken;
}

/* A drive that takes no writes may still erase itself; then the markers prove less, or nothing. */
static void weigh_markers(struct uw_job *job, const struct uw_canary_result *planted, size_t places)
{
    if (!job->plan.method->internal || planted->stopped || planted->stalled ||
        planted->readable_before == places)
        return;
    if (planted->written == 0)
        uw_erase_reserve(job, "markers_not_possible", "the drive took no marker before its erase");
    else
        uw_erase_reserve(job, "markers_incomplete", "the drive did not take every marker before its erase");
}

bool uw_erase_mark(struct uw_erase *erase, struct uw_error *e)
{
    struct uw_job *job = erase->job;
    struct uw_canaries *canaries = &erase->planted.canaries;
    struct uw_canary_result *planted = &erase->planted.result;
    erase->phase.name = "canaries";
    if (!uw_canaries_plant(&erase->stream, canaries, planted, e))
        return false;
    uw_job_post(job, UW_EVENT_CANARIES_PLANTED,
                json_pack("{s:I, s:I, s:I, s:I, s:o, s:b, s:b}", "places", (json_int_t)canaries->places.count,
                          "written", (json_int_t)planted->written, "readable_before",
                          (json_int_t)planted->readable_before, "different", (json_int_t)planted->different,
                          "failed", uw_ranges_json(&planted->failed, job->drive.logical_block_bytes),
                          "stopped", planted->stopped || planted->stalled, "internal",
                          job->plan.method->internal));
    weigh_markers(job, planted, canaries->places.count);
    return true;
}
