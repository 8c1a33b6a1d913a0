/* SPDX-License-Identifier: Apache-2.0 */
/* What lies on a drive, by its marks: types, never labels. */
#ifndef UW_PROBE_CONTENT_H
#define UW_PROBE_CONTENT_H

#include "probe/use.h"

enum { UW_CONTENT_TYPES = 8 };

struct uw_content {
    char type[UW_NAME_BYTES]; /* of the file system, RAID or volume member, else of the partition table;
                                 "ambivalent" where several lie over each other */
    char types[UW_CONTENT_TYPES][UW_NAME_BYTES]; /* all that was found */
    size_t type_count;
    char pool[UW_DRIVE_STRING_BYTES]; /* ZFS alone: whose member it is, to be compared and forgotten */
    const char *unknown;              /* why nothing can be said; NULL: it was looked at */
    bool stalled;                     /* it did not answer: who reads it may wait for ever */
};

/* Reads a device node or file, in a process of its own: one that does not answer holds nobody for longer than
 * half a minute. */
void uw_content_read(const char *path, struct uw_content *content);

/* Content of a drive and its partitions, and what it says about use (ZFS); false when memory ran out. */
bool uw_content_of_block(const struct uw_snapshot *snapshot, size_t block, struct uw_drive *drive);
bool uw_content_of_file(const struct uw_snapshot *snapshot, struct uw_drive *drive);

#endif
