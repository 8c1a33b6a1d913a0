/* SPDX-License-Identifier: Apache-2.0 */
/* An NVMe drive's part of the documents; what is public of it stands in core/drive.h. */
#ifndef UW_CORE_DRIVE_NVME_H
#define UW_CORE_DRIVE_NVME_H

#include "core/drive.h"

/* Sets eui64, nguid, namespaces and subsystem of certificate.medium; false when memory ran out. */
bool uw_nvme_add_names(json_t *medium, const struct uw_nvme *nvme);

/* Sets hidden.unattached_namespaces, hidden.unallocated_bytes, capabilities and health of an entry of list,
 * and names in entry.unknown what has no value. `entry` has `hidden` and `unknown` already. */
bool uw_nvme_add_list(json_t *entry, const struct uw_drive *drive);

#endif
