/* SPDX-License-Identifier: Apache-2.0 */
/* Erases inside the drive: commands out, states in, all of it on record before anything is made of it. */
#include <stdio.h>
#include <string.h>

#include "core/document.h"
#include "core/drive_nvme.h"
#include "engine/erase.h"
#include "probe/ata_health.h"
#include "transport/trace.h"
#include "wire/nvme.h"

/* Beyond the kernel's own time-out a command that has not come back hangs. */
enum { ANSWER_GRACE_MS = 30000, WAIT_SLICE_MS = 100, RESCAN_MS = 60000 };

static void post_command(struct uw_erase *erase, const char *text)
{
    uw_job_post(erase->job, UW_EVENT_COMMAND_SENT, json_pack("{s:s}", "command", text));
}

static void post_answer(struct uw_erase *erase, const struct uw_nvme_command *command)
{
    char text[UW_NVME_STATUS_TEXT];
    uw_nvme_status_text(command->status, text);
    uw_job_post(erase->job, UW_EVENT_COMMAND_ANSWERED,
                json_pack("{s:i, s:o}", "status", command->status, "meaning", uw_clean_json(text)));
}

static void post_state(struct uw_erase *erase, const char *state, const char *raw)
{
    uw_job_post(erase->job, UW_EVENT_DRIVE_STATE, json_pack("{s:s, s:s}", "state", state, "raw", raw));
}

/* Before it goes out, so that a crash leaves it in the journal. */
static void record_command(struct uw_erase *erase, const struct uw_nvme_command *command)
{
    uw_nvme_command_hex(command, erase->said.command);
    post_command(erase, erase->said.command);
}

bool uw_erase_send_nvme(void *engine, struct uw_nvme_command *command, bool record, struct uw_error *e)
{
    struct uw_erase *erase = engine;
    struct uw_transport *t = erase->job->transport;
    bool stalled = false;
    if (t->abandoned || t->ops->nvme == NULL)
        return uw_fail(e, UW_E_IO, "%s takes no NVMe commands", erase->job->drive.device);
    if (record)
        record_command(erase, command);
    bool answered = uw_send_nvme(t, command, (int)command->timeout_ms + ANSWER_GRACE_MS, &stalled, e);
    t->abandoned = t->abandoned || stalled;
    if (answered && record)
        post_answer(erase, command);
    return answered;
}

static void saw(void *engine, const char *state, const void *raw, size_t raw_bytes, uint64_t done,
                uint64_t total)
{
    struct uw_erase *erase = engine;
    struct uw_said *said = &erase->said;
    bool changed = strcmp(said->state, state) != 0;
    uint64_t bytes = erase->job->drive.bytes;
    if (raw_bytes > UW_SAID_RAW_BYTES)
        raw_bytes = UW_SAID_RAW_BYTES;
    uw_hex(raw, raw_bytes, said->raw);
    snprintf(said->state, sizeof said->state, "%s", state);
    if (changed)
        post_state(erase, said->state, said->raw);
    if (total > 0)
        uw_job_progress(&erase->phase, (uint64_t)((unsigned __int128)bytes * done / total), 0, bytes);
}

static void wait_ms(void *engine, uint32_t ms)
{
    struct uw_erase *erase = engine;
    const struct uw_machine *machine = erase->job->run->machine;
    while (ms > 0 && !uw_erase_stopped(erase)) {
        uint32_t slice = ms < WAIT_SLICE_MS ? ms : WAIT_SLICE_MS;
        machine->wait_ms(machine->user, slice);
        ms -= slice;
    }
}

static uint64_t now_ms(void *engine)
{
    const struct uw_machine *machine = ((struct uw_erase *)engine)->job->run->machine;
    return machine->now_ms(machine->user);
}

void uw_erase_lend_internal(struct uw_erase *erase, struct uw_method_run *run)
{
    erase->phase = (struct uw_job_phase){erase->job, "erase", 0, 0};
    run->attach = erase->job->plan.attach;
    run->nvme = uw_erase_send_nvme;
    run->ata = uw_erase_send_ata;
    run->security = uw_erase_security;
    run->saw = saw;
    run->wait_ms = wait_ms;
    run->now_ms = now_ms;
}

struct uw_image uw_erase_image(const struct uw_method_end *end)
{
    struct uw_image image = {.leaves = end->leaves};
    if (image.leaves == UW_LEAVES_ZEROS)
        image.pass = (struct uw_pass){.kind = UW_PASS_FIXED, .pattern_bytes = 1};
    return image;
}

void uw_erase_record(struct uw_erase *erase, const struct uw_said *said)
{
    erase->said = *said;
    if (said->command[0] != '\0')
        post_command(erase, said->command);
    if (said->state[0] != '\0')
        post_state(erase, said->state, said->raw);
}

/* A SCSI disk is asked for its size and its names, an NVMe controller for its namespaces. */
bool uw_erase_rescan(struct uw_erase *erase, struct uw_error *e)
{
    struct uw_transport *t = erase->job->transport;
    bool stalled = false;
    bool (*rescan)(struct uw_transport *, int, bool *, struct uw_error *) =
        t->ops->rescan != NULL ? t->ops->rescan : t->ops->resize;
    if (rescan == NULL)
        return true;
    bool done = rescan(t, RESCAN_MS, &stalled, e);
    t->abandoned = t->abandoned || stalled;
    return done;
}

static void post_health(struct uw_erase *erase, const struct uw_drive *after)
{
    const char *doubt = uw_drive_health_doubt(after);
    if (doubt != NULL && uw_drive_health_doubt(&erase->job->drive) == NULL)
        uw_job_post(erase->job, UW_EVENT_RESERVED,
                    json_pack("{s:s, s:s, s:s}", "code", "health", "severity", "reservation", "text", doubt));
    uw_job_post(erase->job, UW_EVENT_HEALTH_READ, json_pack("{s:o}", "health", uw_drive_health_json(after)));
}

/* Through no way of its own, so that nothing is switched and no NOP aborts: the lower registers come all the
 * same. */
static void read_ata_health(struct uw_erase *erase)
{
    struct uw_transport *t = erase->job->transport;
    struct uw_sat sat = {.below = t, .path = erase->job->drive.ata.path};
    struct uw_drive after = erase->job->drive;
    bool stalled = false;
    uw_ata_read_health(&sat, 0, &stalled, &after);
    t->abandoned = t->abandoned || stalled;
    if (after.ata.health.known)
        post_health(erase, &after);
}

void uw_erase_read_health(struct uw_erase *erase)
{
    uint8_t page[UW_NVME_LOG_BYTES] = {0};
    struct uw_nvme_command command = uw_nvme_get_health(page);
    struct uw_error e = {0};
    struct uw_drive after = erase->job->drive;
    if (after.ata.known && erase->job->transport->ops->scsi != NULL)
        read_ata_health(erase);
    if (!after.nvme.known || !uw_erase_send_nvme(erase, &command, false, &e) ||
        command.status != UW_NVME_OK || !uw_nvme_decode_health(page, sizeof page, &after.nvme.health))
        return;
    post_health(erase, &after);
}
