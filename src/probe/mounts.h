/* SPDX-License-Identifier: Apache-2.0 */
/* What is mounted and swapped to, and on which block devices. */
#ifndef UW_PROBE_MOUNTS_H
#define UW_PROBE_MOUNTS_H

#include "probe/block.h"

struct uw_mount {
    dev_t devnum;
    char *point;
    char *type;
    char *source;
    char *options;  /* of the file system, octal escapes kept */
    unsigned pid;   /* 0: mounted in our mount namespace, else a process of the one it was found in */
    size_t *blocks; /* devices it lies on; the first is the one it was mounted from */
    size_t block_count;
};

struct uw_swap {
    char *path;
    size_t block; /* UW_NO_BLOCK for a file */
};

struct uw_mounts {
    struct uw_mount *items; /* in the order of mounting: a later one hides an earlier one of the same point */
    size_t count;
    struct uw_swap *swaps;
    size_t swap_count;
    bool complete;                /* false: something could not be read, so that "not in use" is not known */
    bool own, others, swaps_read; /* what was read whole: our mount namespace, those of others, the swaps */
};

bool uw_mounts_read(const struct uw_tree *tree, const struct uw_blocks *blocks, struct uw_mounts *mounts,
                    struct uw_error *e);
void uw_mounts_clear(struct uw_mounts *mounts);

/* Index of the mount of our namespace that `path` lies on, mounts->count where there is none. */
size_t uw_mounts_below(const struct uw_mounts *mounts, const char *path);

/* Resolves \ooo in place, as /proc writes white space and backslashes. */
void uw_unescape_octal(char *text);

#endif
