/* SPDX-License-Identifier: Apache-2.0 */
/* What an NVMe drive says of itself: asked for, by commands that change nothing. */
#ifndef UW_PROBE_NVME_H
#define UW_PROBE_NVME_H

#include "probe/sysfs.h"

enum { UW_NVME_PROBE_MS = 10000 }; /* for each command */

/* Whether drive->nvme is for it: a whole namespace. */
bool uw_is_namespace(const struct uw_drive *drive);

/* Sets drive->nvme.node from the namespace's folder in sysfs, and, of this machine's own, asks the drive by
 * opening drive->device. What it did not say stands in drive->unknown. True: the drive answers; false: it did
 * not within the limit, and whoever reads from it may wait for ever. */
bool uw_nvme_probe(const struct uw_tree *tree, const char *dir, struct uw_drive *drive);

/* The same through an open namespace, limit_ms for each command and none after one that took longer; the
 * commands go on record in `trace`, unless that is NULL. */
bool uw_nvme_look(int fd, int limit_ms, struct uw_trace *trace, struct uw_drive *drive);

/* Names everything that uw_nvme_probe could tell as unknown for this reason. */
void uw_nvme_set_unknown(struct uw_drive *drive, const char *reason);

#endif
