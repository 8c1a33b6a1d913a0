/* SPDX-License-Identifier: Apache-2.0 */
/* The size of a SCSI disk, asked for anew. */
#ifndef UW_TRANSPORT_RESIZE_H
#define UW_TRANSPORT_RESIZE_H

#include <stdbool.h>
#include <sys/types.h>

#include "unwrite/error.h"

/* Has the kernel ask the disk for its size and its names (device/rescan below SYS/dev/block/MAJOR:MINOR, by
 * which it is the descriptor's disk whatever its name is now) in a process of its own, timeout_ms at most.
 * Whether the size follows is for the caller to see. False: *e, and *stalled where the time passed. */
bool uw_scsi_rescan(const char *sys, dev_t device, int timeout_ms, bool *stalled, struct uw_error *e);

#endif
