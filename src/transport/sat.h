/* SPDX-License-Identifier: Apache-2.0 */
/* ATA through a SCSI transport (SAT-4): a way to a drive that owns no descriptor, only what it learnt of the
 * one below. */
#ifndef UW_TRANSPORT_SAT_H
#define UW_TRANSPORT_SAT_H

#include "transport/transport.h"
#include "wire/scsi.h"

struct uw_sat {
    struct uw_transport *below;
    enum uw_ata_path path;
    bool d_sense_set;   /* we switched to descriptor sense; put back by uw_sat_close */
    bool asks_response; /* registers come by a second command */
};

/* Finds out what comes through, with commands that change nothing on the medium: switches to descriptor sense
 * (MODE SELECT of the control page), then NOPs with several patterns. False: *e or *stalled. Where nothing
 * comes through path is NONE or DATA_ONLY and that is no error. */
bool uw_sat_open(struct uw_sat *sat, struct uw_transport *below, int timeout_ms, bool *stalled,
                 struct uw_error *e);
void uw_sat_close(struct uw_sat *sat, int timeout_ms);
/* Sends the command and waits, timeout_ms at most (more than the command's own). What the drive says is in
 * the command. A command that COUNT matters to is refused (false) where the path zeroes it. */
bool uw_sat_ask(struct uw_sat *sat, struct uw_ata_command *command, int timeout_ms, bool *stalled,
                struct uw_error *e);

#endif
