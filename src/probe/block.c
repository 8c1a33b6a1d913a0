/* SPDX-License-Identifier: Apache-2.0 */
#include "probe/block.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe/loop.h"

static void set_name(struct uw_block *block, const char *name)
{
    snprintf(block->name, sizeof block->name, "%s", name);
    block->loop = strncmp(name, "loop", 4) == 0 && name[4] >= '0' && name[4] <= '9';
}

bool uw_block_is_part(const char *dir)
{
    return uw_path_exists(dir, "../dev") && uw_path_exists(dir, "../size");
}

/* Boot partitions of an eMMC are disks of their own to the kernel, below the folder of the user area. */
static void set_area(const struct uw_blocks *blocks, struct uw_block *block)
{
    char parent[UW_LONG_PATH_BYTES];
    if (block->whole != UW_NO_BLOCK || !uw_block_is_part(block->dir))
        return;
    snprintf(parent, sizeof parent, "%s", block->dir);
    *strrchr(parent, '/') = '\0';
    block->whole = uw_blocks_by_name(blocks, strrchr(parent, '/') + 1);
    block->area = true;
}

static bool grow(struct uw_blocks *blocks)
{
    if ((blocks->count & (blocks->count + 1)) != 0)
        return true; /* room is 2^n - 1 */
    struct uw_block *items = reallocarray(blocks->items, blocks->count * 2 + 1, sizeof *items);
    if (items == NULL)
        return false;
    blocks->items = items;
    return true;
}

/* Adds the device of the folder DIR/NAME; one that cannot be read (it may just have left) is passed over. */
static bool add_block(struct uw_blocks *blocks, const char *dir, const char *name, size_t whole)
{
    struct uw_block block = {.whole = whole};
    char number[UW_NAME_BYTES];
    uint64_t hidden = 0;
    if (strlen(name) >= sizeof block.name)
        return true;
    set_name(&block, name);
    block.dir = uw_path_resolve(dir, name);
    if (block.dir == NULL)
        return errno != ENOMEM;
    /* Paths of a multipath NVMe device are block devices without a node. */
    uw_read_number(block.dir, "hidden", &hidden);
    if (hidden != 0 || !uw_read_text(block.dir, "dev", number, sizeof number) ||
        !uw_parse_devnum(number, &block.devnum)) {
        free(block.dir);
        return true;
    }
    if (!grow(blocks)) {
        free(block.dir);
        return false;
    }
    block.partition = whole != UW_NO_BLOCK;
    set_area(blocks, &block);
    uw_read_text(block.dir, "dm/name", block.mapped, sizeof block.mapped);
    blocks->items[blocks->count++] = block;
    return true;
}

static bool add_partitions(struct uw_blocks *blocks, size_t whole)
{
    const struct uw_block disk = blocks->items[whole]; /* adding moves the items */
    const char *name = disk.name, *dir = disk.dir;
    struct uw_names names;
    if (!uw_names_read(dir, &names))
        return errno != ENOMEM;
    bool ok = true;
    for (size_t i = 0; ok && i < names.count; i++) {
        char marker[UW_LONG_PATH_BYTES];
        bool part = strncmp(names.items[i], name, strlen(name)) == 0 &&
                    uw_path_join(marker, names.items[i], "partition") && uw_path_exists(dir, marker);
        if (part)
            ok = add_block(blocks, dir, names.items[i], whole);
    }
    uw_names_clear(&names);
    return ok;
}

static bool add_layer(struct uw_blocks *blocks, size_t lower, size_t upper)
{
    if (lower == UW_NO_BLOCK || upper == UW_NO_BLOCK)
        return true;
    for (size_t i = 0; i < blocks->layer_count; i++)
        if (blocks->layers[i].lower == lower && blocks->layers[i].upper == upper)
            return true;
    struct uw_layer *layers = reallocarray(blocks->layers, blocks->layer_count + 1, sizeof *layers);
    if (layers == NULL)
        return false;
    blocks->layers = layers;
    layers[blocks->layer_count++] = (struct uw_layer){.lower = lower, .upper = upper};
    return true;
}

/* Both directions are read: a captured tree may hold one of them. */
static bool add_holders(struct uw_blocks *blocks, size_t block, const char *folder, bool upward)
{
    char dir[UW_LONG_PATH_BYTES];
    struct uw_names names;
    if (!uw_path_join(dir, blocks->items[block].dir, folder) || !uw_names_read(dir, &names))
        return errno != ENOMEM;
    bool ok = true;
    for (size_t i = 0; ok && i < names.count; i++) {
        size_t other = uw_blocks_by_name(blocks, names.items[i]);
        ok = upward ? add_layer(blocks, block, other) : add_layer(blocks, other, block);
    }
    uw_names_clear(&names);
    return ok;
}

static bool add_loop(const struct uw_tree *tree, struct uw_blocks *blocks, size_t block)
{
    struct uw_backing *backing = &blocks->items[block].backing;
    uw_backing_read(tree, blocks->items[block].dir, blocks->items[block].name, backing);
    size_t lower = UW_NO_BLOCK;
    if (backing->known && backing->rdev != 0)
        lower = uw_blocks_by_devnum(blocks, backing->rdev);
    else if (!backing->known && strncmp(backing->path, "/dev/", 5) == 0)
        lower = uw_blocks_by_path(tree, blocks, backing->path);
    return add_layer(blocks, lower, block);
}

static bool add_layers(const struct uw_tree *tree, struct uw_blocks *blocks)
{
    for (size_t i = 0; i < blocks->count; i++) {
        if (!add_holders(blocks, i, "holders", true) || !add_holders(blocks, i, "slaves", false))
            return false;
        if (blocks->items[i].loop && !blocks->items[i].partition && !add_loop(tree, blocks, i))
            return false;
    }
    return true;
}

bool uw_blocks_read(const struct uw_tree *tree, struct uw_blocks *blocks, struct uw_error *e)
{
    char dir[UW_LONG_PATH_BYTES];
    struct uw_names names;
    *blocks = (struct uw_blocks){0};
    if (!uw_path_join(dir, tree->sys, "block") || access(dir, F_OK) != 0 || !uw_names_read(dir, &names))
        return uw_fail_errno(e, UW_E_IO, errno, "cannot read %s/block", tree->sys);
    bool ok = true;
    for (size_t i = 0; ok && i < names.count; i++) {
        size_t added = blocks->count;
        ok = add_block(blocks, dir, names.items[i], UW_NO_BLOCK) &&
             (blocks->count == added || add_partitions(blocks, added));
    }
    uw_names_clear(&names);
    if (ok && add_layers(tree, blocks))
        return true;
    uw_blocks_clear(blocks);
    return uw_fail(e, UW_E_NOMEM, "out of memory");
}

void uw_blocks_clear(struct uw_blocks *blocks)
{
    for (size_t i = 0; i < blocks->count; i++)
        free(blocks->items[i].dir);
    free(blocks->items);
    free(blocks->layers);
    *blocks = (struct uw_blocks){0};
}

size_t uw_blocks_by_devnum(const struct uw_blocks *blocks, dev_t devnum)
{
    for (size_t i = 0; i < blocks->count; i++)
        if (blocks->items[i].devnum == devnum)
            return i;
    return UW_NO_BLOCK;
}

size_t uw_blocks_by_name(const struct uw_blocks *blocks, const char *name)
{
    for (size_t i = 0; i < blocks->count; i++)
        if (strcmp(blocks->items[i].name, name) == 0)
            return i;
    return UW_NO_BLOCK;
}

size_t uw_blocks_below_loop(const struct uw_blocks *blocks, size_t block)
{
    for (size_t i = 0; blocks->items[block].loop && i < blocks->layer_count; i++)
        if (blocks->layers[i].upper == block)
            return blocks->layers[i].lower;
    return UW_NO_BLOCK;
}

static size_t by_node(const struct uw_blocks *blocks, const char *below_dev)
{
    char name[UW_NAME_BYTES * 4];
    int n = snprintf(name, sizeof name, "%s", below_dev);
    if (n < 0 || (size_t)n >= sizeof name)
        return UW_NO_BLOCK;
    if (strncmp(name, "mapper/", 7) == 0)
        for (size_t i = 0; i < blocks->count; i++)
            if (strcmp(blocks->items[i].mapped, name + 7) == 0)
                return i;
    for (char *p = name; *p != '\0'; p++)
        if (*p == '/')
            *p = '!';
    return uw_blocks_by_name(blocks, name);
}

/* In a moved tree nodes are stand-ins of any kind, and links among them are what counts. */
static size_t by_moved_path(const struct uw_tree *tree, const struct uw_blocks *blocks, const char *path)
{
    size_t root = strlen(tree->dev);
    if (strncmp(path, tree->dev, root) == 0 && path[root] == '/')
        path += root;
    else if (strncmp(path, "/dev/", 5) == 0)
        path += 4;
    else
        return UW_NO_BLOCK;
    char *resolved = uw_path_resolve(tree->dev, path + 1);
    bool below = resolved != NULL && strncmp(resolved, tree->dev, root) == 0 && resolved[root] == '/';
    size_t found = by_node(blocks, below ? resolved + root + 1 : path + 1);
    free(resolved);
    return found;
}

size_t uw_blocks_by_path(const struct uw_tree *tree, const struct uw_blocks *blocks, const char *path)
{
    if (!tree->real)
        return by_moved_path(tree, blocks, path);
    struct stat st;
    if (stat(path, &st) == 0)
        return S_ISBLK(st.st_mode) ? uw_blocks_by_devnum(blocks, st.st_rdev) : UW_NO_BLOCK;
    /* The name that another mount namespace or an earlier /dev had for it. */
    return strncmp(path, "/dev/", 5) == 0 ? by_node(blocks, path + 5) : UW_NO_BLOCK;
}

void uw_block_node(const struct uw_block *block, char node[UW_PATH_BYTES])
{
    snprintf(node, UW_PATH_BYTES, "/dev/%s", block->name);
    for (char *p = node; *p != '\0'; p++)
        if (*p == '!')
            *p = '/';
}

void uw_block_open_path(const struct uw_tree *tree, const char *node, char path[UW_LONG_PATH_BYTES])
{
    bool moved = !tree->real && strncmp(node, "/dev/", 5) == 0;
    snprintf(path, UW_LONG_PATH_BYTES, "%s%s", moved ? tree->dev : "", moved ? node + 4 : node);
}
