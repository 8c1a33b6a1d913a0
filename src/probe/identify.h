/* SPDX-License-Identifier: Apache-2.0 */
/* What a drive says it is, and how it is attached. */
#ifndef UW_PROBE_IDENTIFY_H
#define UW_PROBE_IDENTIFY_H

#include "probe/sysfs.h"

/* Fills bus, hardware, vendor, model, serial, firmware, wwn, their sources, path and source of the whole
 * device whose folder in sysfs is `dir`; what stays empty is named in drive->unknown. */
void uw_identify(const struct uw_tree *tree, const char *dir, dev_t devnum, struct uw_drive *drive);

/* udev's database on the device: fills and corrects what sysfs said; false where it has no entry. */
bool uw_udev_fill(dev_t devnum, struct uw_drive *drive);

/* Fills media and its evidence; bus, vendor and model are known. */
void uw_judge_media(const char *dir, struct uw_drive *drive);

#endif
