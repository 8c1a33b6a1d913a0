/* SPDX-License-Identifier: Apache-2.0 */
/* Security protocol messages to a drive, by the command set that it has. */
#include <stdio.h>
#include <string.h>

#include "core/document.h"
#include "engine/erase.h"
#include "transport/trace.h"
#include "wire/scsi.h"
#include "wire/tcg.h"

enum { ANSWER_GRACE_MS = 30000 };

static void record(struct uw_erase *erase, const char *hex)
{
    uw_job_post(erase->job, UW_EVENT_COMMAND_SENT, json_pack("{s:s}", "command", hex));
}

static void record_answer(struct uw_erase *erase, int status, const char *meaning)
{
    uw_job_post(erase->job, UW_EVENT_COMMAND_ANSWERED,
                json_pack("{s:i, s:o}", "status", status, "meaning", uw_clean_json(meaning)));
}

static bool by_nvme(struct uw_erase *erase, struct uw_security *m, bool on_record, struct uw_error *e)
{
    struct uw_nvme_command command =
        m->send ? uw_nvme_security_send(UW_TCG_PROTOCOL, m->specific, m->data, UW_TCG_BUFFER_BYTES)
                : uw_nvme_security_receive(UW_TCG_PROTOCOL, m->specific, m->data, UW_TCG_BUFFER_BYTES);
    if (!uw_erase_send_nvme(erase, &command, on_record, e))
        return false;
    m->done = command.status == UW_NVME_OK;
    _Static_assert(sizeof m->why >= UW_NVME_STATUS_TEXT, "a status fits");
    uw_nvme_status_text(command.status, m->why);
    return true;
}

static void explain(const struct uw_scsi_command *command, struct uw_security *m)
{
    struct uw_scsi_sense sense = {0};
    uw_scsi_decode_sense(command->sense, command->sense_bytes, &sense);
    if (command->host_errno != 0)
        snprintf(m->why, sizeof m->why, "%s", strerror(-command->host_errno));
    else
        snprintf(m->why, sizeof m->why, "status %02xh, sense %02x/%02x/%02x", command->status, sense.key,
                 sense.asc, sense.ascq);
}

static bool by_scsi(struct uw_erase *erase, struct uw_security *m, bool on_record, struct uw_error *e)
{
    struct uw_transport *t = erase->job->transport;
    char hex[2 * UW_SCSI_CDB_BYTES + 1];
    bool stalled = false;
    struct uw_scsi_command command =
        m->send ? uw_scsi_security_out(UW_TCG_PROTOCOL, m->specific, m->data, UW_TCG_BUFFER_BYTES)
                : uw_scsi_security_in(UW_TCG_PROTOCOL, m->specific, m->data, UW_TCG_BUFFER_BYTES);
    if (t->abandoned || t->ops->scsi == NULL)
        return uw_fail(e, UW_E_IO, "%s takes no SCSI commands", erase->job->drive.device);
    uw_hex(command.cdb, command.cdb_bytes, hex);
    if (on_record)
        record(erase, hex);
    bool answered = uw_send_scsi(t, &command, (int)command.timeout_ms + ANSWER_GRACE_MS, &stalled, e);
    t->abandoned = t->abandoned || stalled;
    if (!answered)
        return false;
    m->done = command.host_errno == 0 && command.status == 0;
    explain(&command, m);
    if (on_record)
        record_answer(erase, command.host_errno != 0 ? command.host_errno : command.status, m->why);
    return true;
}

bool uw_erase_security(void *engine, struct uw_security *message, bool on_record, struct uw_error *e)
{
    struct uw_erase *erase = engine;
    return erase->job->drive.nvme.known ? by_nvme(erase, message, on_record, e)
                                        : by_scsi(erase, message, on_record, e);
}
