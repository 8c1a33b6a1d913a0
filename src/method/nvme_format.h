/* SPDX-License-Identifier: Apache-2.0 */
/* What the two erasing NVMe formats share (NVM Express Base Specification 2.0, 5.14): one command that
 * returns when it is done, for the namespace, or, where the drive says so, for all of them. */
#ifndef UW_METHOD_NVME_FORMAT_H
#define UW_METHOD_NVME_FORMAT_H

#include "core/method.h"
#include "wire/nvme.h"

bool uw_nvme_format_fits(const struct uw_drive *drive, enum uw_nvme_erase erase, char *why, size_t why_bytes);
bool uw_nvme_format_hits_subsystem(const struct uw_drive *drive);
bool uw_nvme_format_run(const struct uw_method_run *run, enum uw_nvme_erase erase, struct uw_method_end *end,
                        struct uw_error *e);

#endif
