/* SPDX-License-Identifier: Apache-2.0 */
/* The zones of a zoned block device, asked of the kernel. */
#ifndef UW_TRANSPORT_ZONES_H
#define UW_TRANSPORT_ZONES_H

#include "core/drive.h"
#include "unwrite/error.h"

/* Each in a process of its own, timeout_ms at most. False: *e, and *stalled where the time passed. */
bool uw_zones_report(int fd, int timeout_ms, bool *stalled, struct uw_zones *zones, struct uw_error *e);
/* Of the whole device: conventional zones, and those that take no writes any more, are left out by the
 * kernel. */
bool uw_zones_reset(int fd, uint64_t bytes, int timeout_ms, bool *stalled, struct uw_error *e);

#endif
