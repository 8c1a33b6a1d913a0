/* SPDX-License-Identifier: Apache-2.0 */
/* ATA drives in the engine: who they are by their own word, commands of erases inside them, the password of a
 * run that broke off. */
#include <string.h>

#include "engine/erase.h"
#include "engine/own_password.h"
#include "method/ata_security.h"
#include "transport/sat.h"

/* Beyond the kernel's own time-out a command that has not come back hangs. */
enum { ANSWER_GRACE_MS = 30000, OPEN_MS = 60000 };

void uw_erase_close_ata(struct uw_erase *erase)
{
    if (erase->sat.below != NULL)
        uw_sat_close(&erase->sat, OPEN_MS);
    erase->sat = (struct uw_sat){0};
}

static bool open_path(struct uw_erase *erase, struct uw_error *e)
{
    struct uw_transport *t = erase->job->transport;
    bool stalled = false;
    if (erase->sat.below != NULL)
        return true;
    bool opened = uw_sat_open(&erase->sat, t, OPEN_MS, &stalled, e);
    t->abandoned = t->abandoned || stalled;
    if (!opened)
        uw_erase_close_ata(erase);
    return opened;
}

static void post_answer(struct uw_erase *erase, const struct uw_ata_command *command)
{
    char text[UW_ATA_OUTCOME_TEXT];
    uw_ata_outcome_text(command, text);
    uw_job_post(
        erase->job, UW_EVENT_COMMAND_ANSWERED,
        json_pack("{s:i, s:o}", "status", (int)command->registers.status, "meaning", uw_clean_json(text)));
}

/* A drive that may be left with our password is noted before it gets it. */
static bool note(struct uw_erase *erase, const struct uw_ata_command *command, struct uw_error *e)
{
    struct uw_job *job = erase->job;
    if (command->command != UW_ATA_SECURITY_SET_PASSWORD)
        return true;
    if (!uw_own_password_note(job->run->state, &job->drive, e))
        return false;
    uw_job_post(job, UW_EVENT_PASSWORD_SET,
                json_pack("{s:s, s:s}", "password", UW_ATA_OWN_PASSWORD, "who", "user"));
    return true;
}

/* A bridge may mask the words that tell of security. */
static void weigh_identity(struct uw_job *job, const struct uw_ata_identify *seen)
{
    if (job->drive.bus != UW_BUS_ATA || !seen->known || !seen->security || seen->security_enabled)
        return;
    uw_own_password_forget(job->run->state, &job->drive);
    if (uw_job_fold(job)->password)
        uw_job_post(job, UW_EVENT_PASSWORD_GONE, json_object());
}

static void weigh_answer(struct uw_job *job, const struct uw_ata_command *command)
{
    struct uw_ata_identify seen;
    if (command->command == UW_ATA_IDENTIFY && command->outcome == UW_ATA_DONE &&
        uw_ata_decode_identify(command->data, command->data_bytes, &seen))
        weigh_identity(job, &seen);
}

bool uw_erase_send_ata(void *engine, struct uw_ata_command *command, bool record, struct uw_error *e)
{
    struct uw_erase *erase = engine;
    struct uw_transport *t = erase->job->transport;
    bool stalled = false;
    if (t->abandoned || t->ops->scsi == NULL)
        return uw_fail(e, UW_E_IO, "%s takes no ATA commands", erase->job->drive.device);
    if (!open_path(erase, e) || !note(erase, command, e))
        return false;
    if (record) {
        uw_ata_command_hex(command, erase->said.command);
        uw_job_post(erase->job, UW_EVENT_COMMAND_SENT, json_pack("{s:s}", "command", erase->said.command));
    }
    bool answered = uw_sat_ask(&erase->sat, command, (int)command->timeout_ms + ANSWER_GRACE_MS, &stalled, e);
    t->abandoned = t->abandoned || stalled;
    if (answered && record)
        post_answer(erase, command);
    if (answered)
        weigh_answer(erase->job, command);
    return answered;
}

/* Data are the answer: no registers are needed, and nothing is switched. */
static bool identify(struct uw_job *job, struct uw_ata_identify *seen)
{
    uint8_t block[UW_ATA_BLOCK_BYTES] = {0};
    struct uw_ata_command command = uw_ata_identify_device(block);
    struct uw_sat sat = {.below = job->transport};
    struct uw_error e = {0};
    bool stalled = false;
    bool answered = uw_sat_ask(&sat, &command, (int)command.timeout_ms + ANSWER_GRACE_MS, &stalled, &e);
    job->transport->abandoned = job->transport->abandoned || stalled;
    return answered && command.outcome == UW_ATA_DONE && uw_ata_decode_identify(block, sizeof block, seen);
}

bool uw_gate_ata_look(struct uw_job *job, const char **difference, struct uw_error *e)
{
    const struct uw_ata_identify *planned = &job->drive.ata.identify;
    struct uw_ata_identify seen;
    *difference = NULL;
    if (!job->drive.ata.known || job->transport->ops->scsi == NULL)
        return true;
    bool internal = job->plan.method != NULL && job->plan.method->internal;
    if (!identify(job, &seen))
        /* The host's writes need no path for ATA commands: what a bridge swallows is no other drive. */
        return (!internal && !job->plan.unlock_first && !job->transport->abandoned) ||
               uw_fail(e, UW_E_IO, "%s does not identify itself", job->drive.device);
    if (strcmp(seen.serial, planned->serial) != 0 || strcmp(seen.model, planned->model) != 0)
        *difference = "serial";
    else if (seen.wwn != planned->wwn)
        *difference = "wwn";
    else if (seen.sectors != planned->sectors || seen.logical_block_bytes != planned->logical_block_bytes)
        *difference = "bytes";
    if (*difference == NULL)
        weigh_identity(job, &seen);
    return true;
}

/* One try: five wrong ones close the drive until its power goes off and on. */
bool uw_erase_unlock(struct uw_erase *erase, struct uw_error *e)
{
    static const uint8_t password[UW_ATA_PASSWORD_BYTES] = UW_ATA_OWN_PASSWORD;
    uint8_t block[UW_ATA_BLOCK_BYTES];
    struct uw_ata_identify seen = {0};
    struct uw_ata_command unlock = uw_ata_unlock(UW_ATA_USER, password, block);
    if (erase->job->drive.ata.identify.security_locked && !uw_erase_send_ata(erase, &unlock, false, e))
        return false;
    struct uw_ata_command disable = uw_ata_disable_password(UW_ATA_USER, password, block);
    if (!uw_erase_send_ata(erase, &disable, false, e))
        return false;
    if (!identify(erase->job, &seen))
        return uw_fail(e, UW_E_IO, "%s does not identify itself", erase->job->drive.device);
    /* One try: whatever it has now is somebody else's. */
    uw_own_password_forget(erase->job->run->state, &erase->job->drive);
    return (!seen.security_enabled && !seen.security_locked) ||
           uw_fail(e, UW_E_IO, "the password that a run before this one left on it does not open it");
}
