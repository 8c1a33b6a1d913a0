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
    bool d_sense_set;         /* we switched to descriptor sense; put back by uw_sat_close */
    bool asks_response;       /* registers come by a second command (protocol 15), and CK_COND is not set */
    bool asks_with_direction; /* T_DIR is set in it */
};

/* Finds out what comes through, with commands that change nothing on the medium: switches to descriptor sense
 * (MODE SELECT of the control page), then NOPs with several patterns. False: *e or *stalled. Where nothing
 * comes through path is NONE or DATA_ONLY and that is no error. Without this, commands whose data are the
 * answer can be sent all the same, through a struct with `below` alone. */
bool uw_sat_open(struct uw_sat *sat, struct uw_transport *below, int timeout_ms, bool *stalled,
                 struct uw_error *e);
/* Sends nothing over an abandoned transport. */
void uw_sat_close(struct uw_sat *sat, int timeout_ms);
/* Sends the command and waits, timeout_ms at most (more than the command's own). What the drive says is in
 * the command. A command without data whose COUNT is not 0 (all that COUNT matters to) is refused, false and
 * UW_E_REFUSED, where the path is not known to keep it: on any but WHOLE. */
bool uw_sat_ask(struct uw_sat *sat, struct uw_ata_command *command, int timeout_ms, bool *stalled,
                struct uw_error *e);

#endif
