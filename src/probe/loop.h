/* SPDX-License-Identifier: Apache-2.0 */
/* What lies below a loop device. */
#ifndef UW_PROBE_LOOP_H
#define UW_PROBE_LOOP_H

#include "probe/block.h"

/* `dir` is the device's folder in sysfs, `name` its kernel name. Without a file `backing` is all zero. */
void uw_backing_read(const struct uw_tree *tree, const char *dir, const char *name,
                     struct uw_backing *backing);

#endif
