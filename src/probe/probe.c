/* SPDX-License-Identifier: Apache-2.0 */
#include "probe/probe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "probe/describe.h"
#include "probe/identify.h"

void uw_drives_clear(struct uw_drives *drives)
{
    for (size_t i = 0; i < drives->count; i++)
        uw_drive_clear(&drives->items[i]);
    free(drives->items);
    *drives = (struct uw_drives){0};
}

static void set_ids(struct uw_drives *drives)
{
    for (size_t i = 0; i < drives->count; i++) {
        bool unique = true;
        for (size_t k = 0; k < drives->count; k++)
            unique = unique && (k == i || strcmp(drives->items[k].serial, drives->items[i].serial) != 0);
        uw_drive_set_id(&drives->items[i], unique);
    }
}

/* All of them, or those of `chosen`. */
static bool describe(const struct uw_snapshot *snapshot, const bool *chosen, struct uw_drives *drives)
{
    drives->items = calloc(snapshot->blocks.count + 1, sizeof *drives->items);
    if (drives->items == NULL)
        return false;
    for (size_t i = 0; i < snapshot->blocks.count; i++) {
        if (chosen != NULL && !chosen[i])
            continue;
        struct uw_drive *drive = &drives->items[drives->count];
        uw_describe(snapshot, i, drive);
        if (!uw_is_listed(snapshot, i, drive)) {
            uw_drive_clear(drive);
            continue;
        }
        drives->count++;
        if (!uw_describe_further(snapshot, i, drive))
            return false;
    }
    return true;
}

bool uw_probe_all(const struct uw_roots *roots, struct uw_drives *drives, struct uw_error *e)
{
    struct uw_snapshot snapshot;
    *drives = (struct uw_drives){0};
    if (!uw_snapshot_take(roots, &snapshot, e))
        return false;
    bool ok = describe(&snapshot, NULL, drives);
    uw_snapshot_clear(&snapshot);
    if (ok) {
        set_ids(drives);
        return true;
    }
    uw_drives_clear(drives);
    return uw_fail(e, UW_E_NOMEM, "out of memory");
}

enum { NQN_BYTES = 224 };

/* Empty where the kernel does not say. */
static void read_subsystem(const struct uw_block *block, char nqn[NQN_BYTES])
{
    if (!uw_read_text(block->dir, "device/subsysnqn", nqn, NQN_BYTES))
        nqn[0] = '\0';
}

static bool is_namespace(const struct uw_block *block)
{
    return strncmp(block->name, "nvme", 4) == 0 && block->whole == UW_NO_BLOCK;
}

/* Marks the namespaces of the subsystem that the block is of. */
static void choose_subsystem(const struct uw_blocks *blocks, const struct uw_block *block, bool *chosen)
{
    char wanted[NQN_BYTES], nqn[NQN_BYTES];
    read_subsystem(block, wanted);
    for (size_t i = 0; i < blocks->count; i++) {
        if (chosen[i] || !is_namespace(&blocks->items[i]))
            continue;
        read_subsystem(&blocks->items[i], nqn);
        chosen[i] = wanted[0] == '\0' || nqn[0] == '\0' || strcmp(wanted, nqn) == 0;
    }
}

bool uw_probe_subsystems(const struct uw_roots *roots, const dev_t *of, size_t count,
                         struct uw_drives *drives, struct uw_error *e)
{
    struct uw_snapshot snapshot;
    *drives = (struct uw_drives){0};
    if (!uw_snapshot_take(roots, &snapshot, e))
        return false;
    const struct uw_blocks *blocks = &snapshot.blocks;
    bool *chosen = calloc(blocks->count + 1, sizeof *chosen);
    for (size_t k = 0; k < count && chosen != NULL; k++) {
        size_t i = uw_blocks_by_devnum(blocks, of[k]);
        if (i != UW_NO_BLOCK && is_namespace(&blocks->items[i]) && !chosen[i])
            choose_subsystem(blocks, &blocks->items[i], chosen);
    }
    bool ok = chosen != NULL && describe(&snapshot, chosen, drives);
    free(chosen);
    uw_snapshot_clear(&snapshot);
    if (ok)
        return true;
    uw_drives_clear(drives);
    return uw_fail(e, UW_E_NOMEM, "out of memory");
}

void uw_probe_identity(const struct uw_roots *roots, dev_t devnum, struct uw_identity *identity)
{
    struct uw_tree tree;
    char number[UW_NAME_BYTES];
    identity->serial[0] = identity->wwn[0] = '\0';
    if (!uw_tree_open(&tree, roots, NULL))
        return;
    snprintf(number, sizeof number, "dev/block/%u:%u", major(devnum), minor(devnum));
    char *dir = uw_path_resolve(tree.sys, number);
    if (dir == NULL) {
        identity->gone = errno == ENOENT && uw_path_exists(tree.sys, "dev/block");
        return;
    }
    struct uw_drive now = {0};
    char whole[UW_NAME_BYTES];
    if (uw_block_is_part(dir)) {
        *strrchr(dir, '/') = '\0';
        if (!uw_read_text(dir, "dev", whole, sizeof whole) || !uw_parse_devnum(whole, &devnum))
            devnum = 0;
    }
    uw_identify(&tree, dir, devnum, &now);
    memcpy(identity->serial, now.serial, sizeof identity->serial);
    memcpy(identity->wwn, now.wwn, sizeof identity->wwn);
    uw_drive_clear(&now);
    free(dir);
}
