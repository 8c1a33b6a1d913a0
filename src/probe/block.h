/* SPDX-License-Identifier: Apache-2.0 */
/* The block devices that the kernel knows, and which of them lies on which. */
#ifndef UW_PROBE_BLOCK_H
#define UW_PROBE_BLOCK_H

#include "probe/sysfs.h"

#define UW_NO_BLOCK SIZE_MAX

/* The file below a loop device. Where the kernel did not tell (no permission), dev and inode come from
 * looking at the path, and `known` is false if that failed too. */
struct uw_backing {
    bool known;
    dev_t dev;
    ino_t inode;
    dev_t rdev; /* of a device node, else 0 */
    char path[UW_LONG_PATH_BYTES];
};

struct uw_block {
    char name[UW_NAME_BYTES];       /* the kernel's, e.g. "sda1", "cciss!c0d0" */
    char mapped[UW_NAME_BYTES * 4]; /* device-mapper's name, else empty */
    char *dir;                      /* its folder in sysfs, resolved */
    dev_t devnum;
    size_t whole; /* index of the device it is a part of, UW_NO_BLOCK for a whole one */
    bool partition;
    bool area; /* an area beside the user area: a boot partition of an eMMC */
    bool loop;
    struct uw_backing backing; /* of a loop device that has a file; path is empty without one */
    bool boot;                 /* what runs now was started from it; set by uw_boot_mark */
};

/* `upper` lies on `lower`: a holder, or a loop device over a device node. */
struct uw_layer {
    size_t lower;
    size_t upper;
};

struct uw_blocks {
    struct uw_block *items; /* in kernel order, each whole device directly before its partitions */
    size_t count;
    struct uw_layer *layers;
    size_t layer_count;
};

bool uw_blocks_read(const struct uw_tree *tree, struct uw_blocks *blocks, struct uw_error *e);
void uw_blocks_clear(struct uw_blocks *blocks);

/* Whether the folder in sysfs belongs to a partition or an area of another device, whose folder it lies in.
 */
bool uw_block_is_part(const char *dir);

/* Indexes; UW_NO_BLOCK where there is none. A path is a node or a link to one, as programs of the running
 * system name it ("/dev/..."). */
size_t uw_blocks_by_devnum(const struct uw_blocks *blocks, dev_t devnum);
size_t uw_blocks_by_name(const struct uw_blocks *blocks, const char *name);
size_t uw_blocks_by_path(const struct uw_tree *tree, const struct uw_blocks *blocks, const char *path);

/* The device node below a loop device; UW_NO_BLOCK for one over a file, and for another kind of device. */
size_t uw_blocks_below_loop(const struct uw_blocks *blocks, size_t block);

/* Node of a block as users name it: "/dev/sda1". */
void uw_block_node(const struct uw_block *block, char node[UW_PATH_BYTES]);

/* The same where this process can open it: below the moved root in a test. */
void uw_block_open_path(const struct uw_tree *tree, const char *node, char path[UW_LONG_PATH_BYTES]);

#endif
