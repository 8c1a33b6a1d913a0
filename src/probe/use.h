/* SPDX-License-Identifier: Apache-2.0 */
/* Who uses a drive: everything that lies on it, up to the mounts, and what this machine was started from. */
#ifndef UW_PROBE_USE_H
#define UW_PROBE_USE_H

#include "probe/mounts.h"

/* The machine at one moment. */
struct uw_snapshot {
    struct uw_tree tree;
    struct uw_blocks blocks;
    struct uw_mounts mounts;
};
bool uw_snapshot_take(const struct uw_roots *roots, struct uw_snapshot *snapshot, struct uw_error *e);
void uw_snapshot_clear(struct uw_snapshot *snapshot);

enum { UW_USES_LISTED = 64 };

/* Adds who uses the block device and its partitions; false when memory ran out. */
bool uw_use_of_block(const struct uw_snapshot *snapshot, size_t block, struct uw_drive *drive);

/* The same for the file that `drive` describes. */
bool uw_use_of_file(const struct uw_snapshot *snapshot, struct uw_drive *drive);

/* Whether that ZFS pool is imported, and whether the running system was started from it. */
bool uw_pool_imported(const struct uw_snapshot *snapshot, const char *pool);
bool uw_pool_is_boot(const struct uw_snapshot *snapshot, const char *pool);

/* Adds one use, once, as long as there is room; false when memory ran out. */
bool uw_use_add(struct uw_drive *drive, const char *kind, const char *by);

/* Sets `boot` of the blocks that the running system was started from. */
bool uw_boot_mark(struct uw_snapshot *snapshot);

#endif
