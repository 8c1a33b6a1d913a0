/* SPDX-License-Identifier: Apache-2.0 */
/* SCSI commands to a drive through its open block device. */
#ifndef UW_TRANSPORT_SCSI_H
#define UW_TRANSPORT_SCSI_H

#include <stdbool.h>
#include <stdint.h>

#include "transport/transport.h"
#include "unwrite/error.h"
#include "wire/scsi.h"

enum { UW_SCSI_DATA_BYTES = 65536 }; /* of one command, at most */

/* Sends `command` over `fd` (SG_IO) in a process of its own and waits for the answer, timeout_ms at most
 * (negative: for ever). What the device or the kernel says is in the command: with host_errno 0 the device
 * answered, and status, sense and moved_bytes say what. After any other host_errno nobody knows what became
 * of it; -ETIMEDOUT is the kernel giving up. False, with *e filled: nothing was sent (UW_E_NOMEM, or UW_E_IO
 * for a command that is none), the process was killed (UW_E_IO), or *stalled: the time passed. Of a command
 * that stalled the process is left behind and may still be at it: its descriptor stays open there. Never
 * sends a command twice. */
bool uw_scsi_ask(int fd, struct uw_scsi_command *command, int timeout_ms, bool *stalled, struct uw_error *e);

/* A transport that has `scsi` and `close` alone, over a descriptor that stays the caller's; UW_E_NOMEM. */
bool uw_scsi_over(int fd, struct uw_transport **t, struct uw_error *e);

#endif
