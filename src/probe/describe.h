/* SPDX-License-Identifier: Apache-2.0 */
/* One block device of a snapshot as a drive. */
#ifndef UW_PROBE_DESCRIBE_H
#define UW_PROBE_DESCRIBE_H

#include "probe/use.h"

/* Identity, sizes and media: what costs a few small reads. */
void uw_describe(const struct uw_snapshot *snapshot, size_t block, struct uw_drive *drive);

/* Content and use: reads the device. */
bool uw_describe_further(const struct uw_snapshot *snapshot, size_t block, struct uw_drive *drive);

/* Whether `list` shows it; `drive` was described. */
bool uw_is_listed(const struct uw_snapshot *snapshot, size_t block, const struct uw_drive *drive);

/* A regular file as a drive. `path` is absolute and resolved. */
struct stat;
bool uw_describe_file(const struct uw_snapshot *snapshot, const char *path, const struct stat *st,
                      struct uw_drive *drive);

/* A document's integers end at 2^53 (RFC 8785); a size beyond is none. */
#define UW_LARGEST_BYTES ((1ULL << 53) - 1)

#endif
