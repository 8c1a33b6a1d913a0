/* SPDX-License-Identifier: Apache-2.0 */
/* Commands to drives, and the record of them that --trace asks for. Whoever has a command for a drive sends
 * it here, so that none is missing. */
#ifndef UW_TRANSPORT_TRACE_H
#define UW_TRANSPORT_TRACE_H

#include "transport/transport.h"

/* As the transport's nvme and scsi, which must not be NULL. With t->trace a line goes out before the command
 * and another when it ended, or was given up. A record that cannot be written changes nothing else. Both
 * stand in the process that waits, not in the one that is left behind. */
bool uw_send_nvme(struct uw_transport *t, struct uw_nvme_command *command, int timeout_ms, bool *stalled,
                  struct uw_error *e);
bool uw_send_scsi(struct uw_transport *t, struct uw_scsi_command *command, int timeout_ms, bool *stalled,
                  struct uw_error *e);

#endif
