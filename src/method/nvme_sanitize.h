/* SPDX-License-Identifier: Apache-2.0 */
/* What the three NVMe sanitizes share (NVM Express Base Specification 2.0, 5.24 and 8.21): begun by a command
 * that returns at once, carried out by the drive whatever becomes of the host, over every namespace of the
 * subsystem. */
#ifndef UW_METHOD_NVME_SANITIZE_H
#define UW_METHOD_NVME_SANITIZE_H

#include "core/method.h"
#include "wire/nvme.h"

/* Whether it is an NVMe drive that told of itself; also for the formats. */
bool uw_nvme_is_known(const struct uw_drive *drive, char *why, size_t why_bytes);

/* Whether the drive says that it knows the action; `why` receives the reason why not. */
bool uw_nvme_sanitize_fits(const struct uw_drive *drive, uint32_t capability, const char *name, char *why,
                           size_t why_bytes);
bool uw_nvme_sanitize_hits_subsystem(const struct uw_drive *drive);
/* estimate_s: what the drive says that it takes; 0: it does not. */
bool uw_nvme_sanitize_run(const struct uw_method_run *run, enum uw_nvme_sanitize_action action,
                          uint64_t estimate_s, struct uw_method_end *end, struct uw_error *e);

/* One of the log's times, in seconds, as an estimate; 0: not said. */
uint64_t uw_nvme_sanitize_estimate(uint32_t seconds);

#endif
