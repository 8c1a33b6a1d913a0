/* SPDX-License-Identifier: Apache-2.0 */
/* ATA drives in the engine: who they are by their own word, commands of erases inside them, the password of a
 * run that broke off. */
#include <errno.h>
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

/* Its file system has shown that it does not answer: who asks it again waits for ever. */
static bool state_hangs(const struct uw_job *job)
{
    return atomic_load(&job->run->bus.journal.error) == ETIMEDOUT;
}

/* A drive that may be left with our password is noted before it gets it. */
static bool note(struct uw_erase *erase, const struct uw_ata_command *command, struct uw_error *e)
{
    struct uw_job *job = erase->job;
    if (command->command != UW_ATA_SECURITY_SET_PASSWORD)
        return true;
    if (state_hangs(job))
        return uw_fail(e, UW_E_STORE, "the state folder does not answer: the password cannot be noted there");
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

/* On record, and noted, so that whatever comes in between the next run takes it away. */
static bool post_found(struct uw_erase *erase, struct uw_error *e)
{
    struct uw_job *job = erase->job;
    if (!uw_own_password_note(job->run->state, &job->drive, e))
        return false;
    uw_job_post(job, UW_EVENT_PASSWORD_FOUND,
                json_pack("{s:s, s:s}", "password", UW_ATA_OWN_PASSWORD, "who", "user"));
    return true;
}

static bool look(struct uw_erase *erase, struct uw_ata_identify *seen, struct uw_error *e)
{
    return identify(erase->job, seen) ||
           uw_fail(e, UW_E_IO, "%s does not identify itself", erase->job->drive.device);
}

static const uint8_t own_password[UW_ATA_PASSWORD_BYTES] = UW_ATA_OWN_PASSWORD;

/* One try: five wrong ones close the drive until its power goes off and on. `*wrong`: the drive has refused
 * it for what it is. */
static bool unlock(struct uw_erase *erase, bool *wrong, struct uw_error *e)
{
    uint8_t block[UW_ATA_BLOCK_BYTES];
    struct uw_ata_identify seen = {0};
    struct uw_ata_command command = uw_ata_unlock(UW_ATA_USER, own_password, block);
    *wrong = false;
    if (!uw_erase_send_ata(erase, &command, false, e) || !look(erase, &seen, e))
        return false;
    if (!seen.security_locked)
        return true;
    *wrong = command.outcome == UW_ATA_ABORTED && !seen.security_frozen;
    return *wrong || uw_fail(e, UW_E_IO, "%s was not unlocked; switch it off and on, and run again",
                             erase->job->drive.device);
}

static bool take_away(struct uw_erase *erase, struct uw_error *e)
{
    uint8_t block[UW_ATA_BLOCK_BYTES];
    struct uw_ata_identify seen = {0};
    struct uw_ata_command command = uw_ata_disable_password(UW_ATA_USER, own_password, block);
    if (!uw_erase_send_ata(erase, &command, false, e) || !look(erase, &seen, e))
        return false;
    if (seen.security_enabled || seen.security_locked)
        return uw_fail(e, UW_E_IO, "%s kept the password that a run before this one left on it",
                       erase->job->drive.device);
    weigh_identity(erase->job, &seen);
    return true;
}

bool uw_erase_unlock(struct uw_erase *erase, bool *somebodys, struct uw_error *e)
{
    struct uw_job *job = erase->job;
    bool noted = job->plan.unlock_first == UW_UNLOCK_OURS;
    *somebodys = false;
    if (noted && !post_found(erase, e))
        return false;
    if (job->drive.ata.identify.security_locked && !unlock(erase, somebodys, e))
        return false;
    /* Somebody has given it another since. */
    if (*somebodys && noted) {
        uw_own_password_forget(job->run->state, &job->drive);
        uw_job_post(job, UW_EVENT_PASSWORD_GONE, json_object());
    }
    return *somebodys || ((noted || post_found(erase, e)) && take_away(erase, e));
}
