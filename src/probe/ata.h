/* SPDX-License-Identifier: Apache-2.0 */
/* What an ATA drive says of itself, through the kernel's SCSI layer and bridges: asked for, by commands that
 * change nothing on the medium. */
#ifndef UW_PROBE_ATA_H
#define UW_PROBE_ATA_H

#include "probe/sysfs.h"

enum { UW_ATA_PROBE_MS = 10000 }; /* for each command */

/* Whether drive->ata is for it: a whole drive of an ATA bus, or behind a USB bridge, which may have one. */
bool uw_may_be_ata(const struct uw_drive *drive);

/* Of this machine's own, asks the drive by opening drive->device; `dir` is its folder in sysfs. What it did
 * not say stands in drive->unknown. Not asked: removable media behind USB, which are no ATA drives, and
 * drives that somebody has locked for erasing. True: the drive answers; false: it did not within the limit,
 * and whoever reads from it may wait for ever. */
bool uw_ata_probe(const struct uw_tree *tree, const char *dir, struct uw_drive *drive);

/* The same through an open block device, limit_ms for each command and none after one that took longer; the
 * commands go on record in `trace`, unless that is NULL. */
bool uw_ata_look(int fd, int limit_ms, struct uw_trace *trace, struct uw_drive *drive);

/* Names everything that uw_ata_probe could tell as unknown for this reason. */
void uw_ata_set_unknown(struct uw_drive *drive, const char *reason);

#endif
