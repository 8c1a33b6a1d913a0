/* SPDX-License-Identifier: Apache-2.0 */
#include "probe/tcg.h"

#include "transport/trace.h"
#include "wire/tcg.h"

void uw_tcg_look_nvme(struct uw_transport *door, int limit_ms, bool *stalled, struct uw_drive *drive)
{
    uint8_t data[UW_TCG_BUFFER_BYTES] = {0};
    const struct uw_nvme_controller *c = &drive->nvme.controller;
    if (!c->known || (c->oacs & UW_NVME_OACS_SECURITY) == 0 || *stalled)
        return;
    struct uw_nvme_command command =
        uw_nvme_security_receive(UW_TCG_PROTOCOL, UW_TCG_DISCOVERY_COMID, data, sizeof data);
    if (uw_send_nvme(door, &command, limit_ms, stalled, NULL) && command.status == UW_NVME_OK)
        uw_tcg_decode_discovery(data, sizeof data, &drive->tcg);
}

/* IDENTIFY DEVICE word 48: bits 15:14 are 01 where bit 0, the Trusted Computing feature set, counts
 * (ACS-4, 7.12.7.17). The host turns the SCSI command into TRUSTED RECEIVE. */
static bool is_trusted(const struct uw_ata_identify *identify)
{
    enum { WORD = 48, VALID_MASK = 0xc000, VALID = 0x4000, SUPPORTED = 1 };
    unsigned word = identify->raw[2 * WORD] | (unsigned)identify->raw[2 * WORD + 1] << 8;
    return (word & VALID_MASK) == VALID && (word & SUPPORTED) != 0;
}

void uw_tcg_look_ata(struct uw_transport *door, int limit_ms, bool *stalled, struct uw_drive *drive)
{
    uint8_t data[UW_TCG_BUFFER_BYTES] = {0};
    if (drive->bus != UW_BUS_ATA || !drive->ata.known || !is_trusted(&drive->ata.identify) || *stalled)
        return;
    struct uw_scsi_command command =
        uw_scsi_security_in(UW_TCG_PROTOCOL, UW_TCG_DISCOVERY_COMID, data, sizeof data);
    if (uw_send_scsi(door, &command, limit_ms, stalled, NULL) && command.host_errno == 0 &&
        command.status == 0)
        uw_tcg_decode_discovery(data, sizeof data, &drive->tcg);
}
