/* SPDX-License-Identifier: Apache-2.0 */
/* The state that a failed sanitize leaves, in which a drive takes next to nothing, ended without another
 * sanitize: NVM Express Base Specification 2.0, 5.24 (Exit Failure Mode), ACS-4, SANITIZE STATUS EXT with
 * CLEAR SANITIZE OPERATION FAILED. A drive allows it where the one that failed was begun unrestricted. */
#include <string.h>

#include "core/document.h"
#include "engine/erase.h"

static void post(struct uw_job *job, const char *command, const char *answer, bool ended)
{
    uw_job_post(
        job, UW_EVENT_FAILED_SANITIZE,
        json_pack("{s:s, s:o, s:b}", "command", command, "answer", uw_clean_json(answer), "ended", ended));
}

static bool stays(const struct uw_job *job, const char *answer, struct uw_error *e)
{
    uw_fail(e, UW_E_REFUSED, "a sanitize of %s failed, and the drive does not leave that state: %s",
            job->drive.device, answer);
    return uw_way_out(e, "%s", UW_PLAN_FAILED_SANITIZE);
}

static bool runs(const struct uw_job *job, struct uw_error *e)
{
    uw_fail(e, UW_E_REFUSED, "somebody else began a sanitize on %s", job->drive.device);
    return uw_way_out(e, "run again, without --method and --standard, to wait for its end");
}

/* The log goes on telling of the failed one afterwards: what counts is the answer, and that the drive can be
 * read and written then. */
static bool end_nvme(struct uw_erase *erase, struct uw_error *e)
{
    char hex[UW_NVME_COMMAND_HEX], answer[UW_NVME_STATUS_TEXT];
    struct uw_nvme_command command = uw_nvme_sanitize(UW_NVME_SANACT_EXIT_FAILURE, false, 0);
    uw_nvme_command_hex(&command, hex);
    if (!uw_erase_send_nvme(erase, &command, false, e))
        return false;
    uw_nvme_status_text(command.status, answer);
    post(erase->job, hex, answer, command.status == UW_NVME_OK);
    return command.status == UW_NVME_OK || stays(erase->job, answer, e);
}

static bool leave_nvme(struct uw_erase *erase, struct uw_error *e)
{
    uint8_t page[UW_NVME_LOG_BYTES] = {0};
    struct uw_nvme_sanitize_log log = {0};
    struct uw_nvme_command command = uw_nvme_get_sanitize(page);
    if (!uw_erase_send_nvme(erase, &command, false, e))
        return false;
    if (command.status != UW_NVME_OK || !uw_nvme_decode_sanitize(page, sizeof page, &log))
        return uw_fail(e, UW_E_IO, "the sanitize status of %s cannot be read", erase->job->drive.device);
    if (log.state == UW_NVME_SANITIZE_RUNNING)
        return runs(erase->job, e);
    return log.state != UW_NVME_SANITIZE_FAILED || end_nvme(erase, e);
}

/* The answer tells the state as it is then. */
static bool end_ata(struct uw_erase *erase, struct uw_error *e)
{
    char hex[UW_ATA_COMMAND_HEX], answer[UW_ATA_OUTCOME_TEXT];
    struct uw_ata_sanitize_status now = {0};
    struct uw_ata_command command = uw_ata_sanitize_status(true);
    uw_ata_command_hex(&command, hex);
    if (!uw_erase_send_ata(erase, &command, false, e))
        return false;
    uw_ata_outcome_text(&command, answer);
    uw_ata_decode_sanitize(&command, &now);
    bool ended = now.known && now.state != UW_ATA_SANITIZE_FAILED && now.state < UW_ATA_SANITIZE_UNKNOWN;
    post(erase->job, hex, answer, ended);
    return ended || stays(erase->job, answer, e);
}

static bool leave_ata(struct uw_erase *erase, struct uw_error *e)
{
    struct uw_ata_sanitize_status now = {0};
    struct uw_ata_command command = uw_ata_sanitize_status(false);
    if (!uw_erase_send_ata(erase, &command, false, e))
        return false;
    uw_ata_decode_sanitize(&command, &now);
    if (!now.known)
        return uw_fail(e, UW_E_IO, "the sanitize status of %s cannot be read", erase->job->drive.device);
    if (now.state == UW_ATA_SANITIZE_RUNNING)
        return runs(erase->job, e);
    return now.state != UW_ATA_SANITIZE_FAILED || end_ata(erase, e);
}

bool uw_erase_end_failed(struct uw_erase *erase, struct uw_error *e)
{
    struct uw_job *job = erase->job;
    if (!job->plan.ends_failed || erase->ended_failed)
        return true;
    erase->ended_failed = job->drive.nvme.known ? leave_nvme(erase, e) : leave_ata(erase, e);
    uw_erase_close_ata(erase);
    return erase->ended_failed;
}
