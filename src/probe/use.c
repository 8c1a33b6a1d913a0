/* SPDX-License-Identifier: Apache-2.0 */
#include "probe/use.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { BY_BYTES = UW_LONG_PATH_BYTES + UW_PATH_BYTES };

bool uw_snapshot_take(const struct uw_roots *roots, struct uw_snapshot *snapshot, struct uw_error *e)
{
    *snapshot = (struct uw_snapshot){0};
    if (!uw_tree_open(&snapshot->tree, roots, e) || !uw_blocks_read(&snapshot->tree, &snapshot->blocks, e))
        return false;
    if (uw_mounts_read(&snapshot->tree, &snapshot->blocks, &snapshot->mounts, e)) {
        if (uw_boot_mark(snapshot))
            return true;
        uw_fail(e, UW_E_NOMEM, "out of memory");
    }
    uw_snapshot_clear(snapshot);
    return false;
}

void uw_snapshot_clear(struct uw_snapshot *snapshot)
{
    uw_mounts_clear(&snapshot->mounts);
    uw_blocks_clear(&snapshot->blocks);
}

bool uw_use_add(struct uw_drive *drive, const char *kind, const char *by)
{
    char clean[UW_DRIVE_STRING_BYTES];
    uw_clean_string(clean, sizeof clean, by, strlen(by));
    for (size_t i = 0; i < drive->use_count; i++)
        if (strcmp(drive->uses[i].kind, kind) == 0 && strcmp(drive->uses[i].by, clean) == 0)
            return true;
    return drive->use_count >= UW_USES_LISTED || uw_drive_add_use(drive, kind, clean);
}

/* The blocks above a drive, in the order found; each is looked at once, whatever circles a captured tree
 * holds. */
struct climb {
    const struct uw_snapshot *snapshot;
    struct uw_drive *drive;
    size_t *queue;
    size_t queued;
    bool *seen;
    bool *own; /* the drive itself, and what it is only another name of */
};

static bool climb_begin(struct climb *climb, const struct uw_snapshot *snapshot, struct uw_drive *drive)
{
    size_t count = snapshot->blocks.count;
    *climb = (struct climb){.snapshot = snapshot, .drive = drive};
    climb->queue = calloc(count + 1, sizeof *climb->queue);
    climb->seen = calloc(count + 1, sizeof *climb->seen);
    climb->own = calloc(count + 1, sizeof *climb->own);
    return climb->queue != NULL && climb->seen != NULL && climb->own != NULL;
}

static void climb_end(struct climb *climb)
{
    free(climb->queue);
    free(climb->seen);
    free(climb->own);
}

static void enqueue_one(struct climb *climb, size_t block)
{
    if (climb->seen[block])
        return;
    climb->seen[block] = true;
    climb->queue[climb->queued++] = block;
}

static void enqueue(struct climb *climb, size_t block)
{
    const struct uw_blocks *blocks = &climb->snapshot->blocks;
    enqueue_one(climb, block);
    for (size_t i = 0; i < blocks->count; i++)
        if (blocks->items[i].whole == block)
            enqueue_one(climb, i);
}

static bool add_mounts(const struct climb *climb, size_t block, const char *node)
{
    const struct uw_mounts *mounts = &climb->snapshot->mounts;
    char by[BY_BYTES];
    for (size_t i = 0; i < mounts->count; i++) {
        const struct uw_mount *mount = &mounts->items[i];
        for (size_t k = 0; k < mount->block_count; k++) {
            if (mount->blocks[k] != block)
                continue;
            bool member = k > 0 && strcmp(mount->type, "btrfs") == 0;
            int n = snprintf(by, sizeof by, "%.3000s on %s", mount->point, node);
            if (mount->pid != 0 && n > 0 && (size_t)n < sizeof by)
                snprintf(by + n, sizeof by - (size_t)n, " (in the mount namespace of process %u)",
                         mount->pid);
            if (!uw_use_add(climb->drive, member ? "btrfs" : "mount", by))
                return false;
        }
    }
    return true;
}

static bool add_swaps(const struct climb *climb, size_t block, const char *node)
{
    const struct uw_mounts *mounts = &climb->snapshot->mounts;
    for (size_t i = 0; i < mounts->swap_count; i++)
        if (mounts->swaps[i].block == block && !uw_use_add(climb->drive, "swap", node))
            return false;
    return true;
}

/* A btrfs that sysfs knows is mounted somewhere, be it where we cannot see. */
static bool add_btrfs(const struct climb *climb, size_t block, const char *node)
{
    const struct uw_tree *tree = &climb->snapshot->tree;
    char dir[UW_LONG_PATH_BYTES], by[BY_BYTES];
    struct uw_names systems;
    if (!uw_path_join(dir, tree->sys, "fs/btrfs") || !uw_names_read(dir, &systems))
        return true;
    bool ok = true;
    for (size_t i = 0; ok && i < systems.count; i++) {
        char member[UW_LONG_PATH_BYTES];
        int n = snprintf(member, sizeof member, "%s/devices/%s", systems.items[i],
                         climb->snapshot->blocks.items[block].name);
        if (n < 0 || (size_t)n >= sizeof member || !uw_path_exists(dir, member))
            continue;
        snprintf(by, sizeof by, "mounted file system with %s", node);
        ok = uw_use_add(climb->drive, "btrfs", by);
    }
    uw_names_clear(&systems);
    return ok;
}

/* Names the device that lies on `node` and goes on above it. */
static bool add_upper(struct climb *climb, size_t upper, const char *node)
{
    const struct uw_block *block = &climb->snapshot->blocks.items[upper];
    char by[BY_BYTES], above[UW_PATH_BYTES];
    uw_block_node(block, above);
    if (block->loop)
        snprintf(by, sizeof by, "%s on %s", above, node);
    else if (block->mapped[0] != '\0')
        snprintf(by, sizeof by, "%s (%s) on %s", block->name, block->mapped, node);
    else
        snprintf(by, sizeof by, "%s on %s", block->name, node);
    enqueue(climb, upper);
    return uw_use_add(climb->drive, block->loop ? "loop" : "holder", by);
}

static bool look_above(struct climb *climb, size_t block)
{
    const struct uw_blocks *blocks = &climb->snapshot->blocks;
    char node[UW_PATH_BYTES], by[BY_BYTES];
    bool held = false;
    uw_block_node(&blocks->items[block], node);
    size_t before = climb->drive->use_count;
    if (!add_mounts(climb, block, node))
        return false;
    bool mounted = climb->drive->use_count > before;
    if (!add_swaps(climb, block, node) || (!mounted && !add_btrfs(climb, block, node)))
        return false;
    for (size_t i = 0; i < blocks->layer_count; i++) {
        if (blocks->layers[i].lower != block || climb->own[blocks->layers[i].upper])
            continue;
        held = true;
        if (!add_upper(climb, blocks->layers[i].upper, node))
            return false;
    }
    /* A registered cache device has no holder that sysfs would list. */
    snprintf(by, sizeof by, "bcache on %s", node);
    return held || !uw_path_exists(blocks->items[block].dir, "bcache") ||
           uw_use_add(climb->drive, "holder", by);
}

static bool climb_all(struct climb *climb)
{
    for (size_t i = 0; i < climb->queued; i++)
        if (!look_above(climb, climb->queue[i]))
            return false;
    return true;
}

static bool is_file(const char *path, dev_t dev, ino_t inode)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_dev == dev && st.st_ino == inode;
}

/* Uses of a file: as swap space, and by loop devices and what is above them. */
static bool add_uses_of_file(struct climb *climb, dev_t dev, ino_t inode)
{
    const struct uw_blocks *blocks = &climb->snapshot->blocks;
    const struct uw_mounts *mounts = &climb->snapshot->mounts;
    for (size_t i = 0; i < mounts->swap_count; i++)
        if (is_file(mounts->swaps[i].path, dev, inode) &&
            !uw_use_add(climb->drive, "swap", mounts->swaps[i].path))
            return false;
    for (size_t i = 0; i < blocks->count; i++) {
        const struct uw_backing *backing = &blocks->items[i].backing;
        char node[UW_PATH_BYTES];
        if (!backing->known || backing->dev != dev || backing->inode != inode || climb->own[i])
            continue;
        uw_block_node(&blocks->items[i], node);
        enqueue(climb, i);
        climb->drive->boot_medium = climb->drive->boot_medium || blocks->items[i].boot;
        if (!uw_use_add(climb->drive, "loop", node))
            return false;
    }
    return true;
}

static size_t whole_of(const struct uw_blocks *blocks, size_t block)
{
    size_t whole = blocks->items[block].whole;
    return whole == UW_NO_BLOCK ? block : whole;
}

/* The loop driver does not claim what it lies on, so others may use the same bytes: goes down to whatever the
 * drive is another name of, and looks at that too. */
static bool descend(struct climb *climb, size_t block)
{
    const struct uw_blocks *blocks = &climb->snapshot->blocks;
    for (;;) {
        size_t whole = whole_of(blocks, block), lower = uw_blocks_below_loop(blocks, whole);
        const struct uw_backing *backing = &blocks->items[whole].backing;
        climb->own[block] = climb->own[whole] = true;
        if (lower == UW_NO_BLOCK)
            return !backing->known || backing->rdev != 0 ||
                   add_uses_of_file(climb, backing->dev, backing->inode);
        if (climb->own[lower])
            return true;
        enqueue(climb, lower);
        enqueue_one(climb, whole_of(blocks, lower));
        block = lower;
    }
}

static unsigned looked_at_mounts(const struct uw_mounts *mounts)
{
    return (mounts->own ? UW_LOOKED_MOUNTS : 0) | (mounts->others ? UW_LOOKED_NAMESPACES : 0) |
           (mounts->swaps_read ? UW_LOOKED_SWAP : 0);
}

bool uw_use_of_block(const struct uw_snapshot *snapshot, size_t block, struct uw_drive *drive)
{
    struct climb climb;
    drive->looked |=
        looked_at_mounts(&snapshot->mounts) | UW_LOOKED_HOLDERS | UW_LOOKED_LOOPS | UW_LOOKED_BTRFS;
    bool ok = climb_begin(&climb, snapshot, drive);
    if (ok) {
        enqueue(&climb, block);
        ok = descend(&climb, block) && climb_all(&climb);
    }
    climb_end(&climb);
    return ok;
}

/* What is mounted, or holds what, concerns a file only through the loop devices over it. */
bool uw_use_of_file(const struct uw_snapshot *snapshot, struct uw_drive *drive)
{
    struct climb climb;
    drive->looked |= (looked_at_mounts(&snapshot->mounts) & UW_LOOKED_SWAP) | UW_LOOKED_LOOPS;
    bool ok = climb_begin(&climb, snapshot, drive) &&
              add_uses_of_file(&climb, drive->file_dev, drive->file_inode) && climb_all(&climb);
    climb_end(&climb);
    return ok;
}

bool uw_pool_imported(const struct uw_snapshot *snapshot, const char *pool)
{
    char name[UW_LONG_PATH_BYTES];
    if (pool[0] == '\0' || pool[0] == '.' || strchr(pool, '/') != NULL)
        return false;
    return uw_path_join(name, "spl/kstat/zfs", pool) && uw_path_exists(snapshot->tree.proc, name);
}
