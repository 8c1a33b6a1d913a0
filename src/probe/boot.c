/* SPDX-License-Identifier: Apache-2.0 */
/* What the running system was started from: the file systems it cannot do without, down to the drives below.
 */
#include <blkid.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "probe/use.h"

enum { COMMAND_LINE_BYTES = 65536 };

static const char *const boot_points[] = {
    "/",
    "/boot",
    "/boot/efi",
    "/boot/firmware",
    "/efi",
    "/usr",
    /* Live systems keep their medium mounted here. */
    "/run/live/medium",
    "/lib/live/mount/medium",
    "/cdrom",
    "/run/initramfs/live",
    "/run/archiso/bootmnt",
};

/* A mount of ours, or of the first process's where that sees another root. */
static bool is_boot_mount(const struct uw_mount *mount)
{
    if (mount->pid > 1)
        return false;
    for (size_t i = 0; i < sizeof boot_points / sizeof boot_points[0]; i++)
        if (strcmp(mount->point, boot_points[i]) == 0)
            return true;
    return false;
}

bool uw_pool_is_boot(const struct uw_snapshot *snapshot, const char *pool)
{
    size_t length = strlen(pool);
    for (size_t i = 0; i < snapshot->mounts.count; i++) {
        const struct uw_mount *mount = &snapshot->mounts.items[i];
        if (!is_boot_mount(mount) || strcmp(mount->type, "zfs") != 0)
            continue;
        char next = strncmp(mount->source, pool, length) == 0 ? mount->source[length] : 'x';
        if (length > 0 && (next == '\0' || next == '/'))
            return true;
    }
    return false;
}

/* What is known to belong to the boot medium and what of that was followed. */
struct search {
    struct uw_snapshot *snapshot;
    bool *mount_found, *mount_done;
    bool *block_done;
    bool again;
};

static void found_block(struct search *search, size_t block)
{
    if (block == UW_NO_BLOCK || search->snapshot->blocks.items[block].boot)
        return;
    search->snapshot->blocks.items[block].boot = true;
    search->again = true;
}

static void found_mount(struct search *search, size_t mount)
{
    if (mount == search->snapshot->mounts.count || search->mount_found[mount])
        return;
    search->mount_found[mount] = true;
    search->again = true;
}

static void found_path(struct search *search, const char *path)
{
    struct stat st;
    if (search->snapshot->tree.real && stat(path, &st) == 0)
        found_block(search, uw_blocks_by_devnum(&search->snapshot->blocks, st.st_dev));
    found_mount(search, uw_mounts_below(&search->snapshot->mounts, path));
}

/* An overlay root lies on its layers: "lowerdir=/a:/b,upperdir=/c"; a colon within a name is written "\:". */
static void found_layers(struct search *search, char *list)
{
    char *to = list, *start = list;
    for (const char *p = list;; p++) {
        if (p[0] == '\\' && p[1] != '\0') {
            *to++ = *++p;
            continue;
        }
        bool end = *p == '\0';
        if (!end && *p != ':') {
            *to++ = *p;
            continue;
        }
        *to++ = '\0';
        if (start[0] == '/')
            found_path(search, start);
        start = to;
        if (end)
            return;
    }
}

static bool follow_overlay(struct search *search, const struct uw_mount *mount)
{
    char *options = strdup(mount->options), *rest = NULL;
    if (options == NULL)
        return false;
    for (char *option = strtok_r(options, ",", &rest); option != NULL; option = strtok_r(NULL, ",", &rest)) {
        char *value = strchr(option, '=');
        if (value == NULL)
            continue;
        *value++ = '\0';
        bool layer = strcmp(option, "lowerdir") == 0 || strcmp(option, "lowerdir+") == 0 ||
                     strcmp(option, "datadir+") == 0 || strcmp(option, "upperdir") == 0;
        if (layer) {
            uw_unescape_octal(value);
            found_layers(search, value);
        }
    }
    free(options);
    return true;
}

static bool follow_mount(struct search *search, size_t index)
{
    const struct uw_mount *mount = &search->snapshot->mounts.items[index];
    for (size_t i = 0; i < mount->block_count; i++)
        found_block(search, mount->blocks[i]);
    return strcmp(mount->type, "overlay") != 0 || follow_overlay(search, mount);
}

static void follow_block(struct search *search, size_t index)
{
    const struct uw_blocks *blocks = &search->snapshot->blocks;
    const struct uw_block *block = &blocks->items[index];
    found_block(search, block->whole);
    for (size_t i = 0; i < blocks->layer_count; i++)
        if (blocks->layers[i].upper == index)
            found_block(search, blocks->layers[i].lower);
    if (block->backing.path[0] == '\0')
        return;
    if (block->backing.known && search->snapshot->tree.real)
        found_block(search, uw_blocks_by_devnum(blocks, block->backing.dev));
    if (block->backing.rdev == 0)
        found_mount(search, uw_mounts_below(&search->snapshot->mounts, block->backing.path));
}

/* A loop device over a part of the boot medium, or over a file that the boot needs, is another name of it. */
static bool is_other_name(const struct uw_blocks *blocks, size_t index)
{
    const struct uw_block *block = &blocks->items[index];
    for (size_t i = 0; block->loop && i < blocks->layer_count; i++)
        if (blocks->layers[i].upper == index && blocks->items[blocks->layers[i].lower].boot)
            return true;
    for (size_t i = 0; block->backing.known && i < blocks->count; i++) {
        const struct uw_backing *other = &blocks->items[i].backing;
        if (blocks->items[i].boot && other->known && other->dev == block->backing.dev &&
            other->inode == block->backing.inode)
            return true;
    }
    return false;
}

static bool follow_all(struct search *search)
{
    const struct uw_snapshot *s = search->snapshot;
    do {
        search->again = false;
        for (size_t i = 0; i < s->mounts.count; i++) {
            if (!search->mount_found[i] || search->mount_done[i])
                continue;
            search->mount_done[i] = true;
            if (!follow_mount(search, i))
                return false;
        }
        for (size_t i = 0; i < s->blocks.count; i++) {
            if (!s->blocks.items[i].boot && is_other_name(&s->blocks, i))
                found_block(search, i);
            if (!s->blocks.items[i].boot || search->block_done[i])
                continue;
            search->block_done[i] = true;
            follow_block(search, i);
        }
    } while (search->again);
    return true;
}

/* The last root= rules, as in the kernel; `value` is empty without one. */
static void read_root(const struct uw_tree *tree, char value[UW_PATH_BYTES])
{
    value[0] = '\0';
    char *line = uw_read_all(tree->proc, "cmdline", COMMAND_LINE_BYTES), *rest = NULL;
    if (line == NULL)
        return;
    for (char *word = strtok_r(line, " \t\n", &rest); word != NULL; word = strtok_r(NULL, " \t\n", &rest)) {
        if (strcmp(word, "--") == 0)
            break;
        if (strncmp(word, "root=", 5) == 0)
            snprintf(value, UW_PATH_BYTES, "%s", word + 5);
    }
    free(line);
}

/* libblkid asks udev's links first and reads every device only without them; "/dev/null" keeps it from
 * leaving a cache behind. */
static size_t block_of_tag(const struct uw_snapshot *snapshot, const char *tag, const char *value)
{
    blkid_cache cache = NULL;
    if (!snapshot->tree.real || blkid_get_cache(&cache, "/dev/null") != 0)
        return UW_NO_BLOCK;
    char *node = blkid_evaluate_tag(tag, value, &cache);
    size_t block = node == NULL ? UW_NO_BLOCK : uw_blocks_by_path(&snapshot->tree, &snapshot->blocks, node);
    free(node);
    blkid_put_cache(cache);
    return block;
}

/* Devices are searched for a tag only where the mounts told nothing: a search wakes every drive. */
static size_t block_of_root(const struct uw_snapshot *snapshot, char *root, bool search_devices)
{
    static const struct {
        const char *tag;
        const char *links;
    } tags[] = {{"UUID", "uuid"}, {"PARTUUID", "partuuid"}, {"LABEL", "label"}, {"PARTLABEL", "partlabel"}};
    if (strncmp(root, "/dev/", 5) == 0)
        return uw_blocks_by_path(&snapshot->tree, &snapshot->blocks, root);
    char *value = strchr(root, '=');
    if (value == NULL)
        return UW_NO_BLOCK;
    *value++ = '\0';
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
        if (strcmp(root, tags[i].tag) != 0)
            continue;
        char link[UW_PATH_BYTES * 2];
        snprintf(link, sizeof link, "/dev/disk/by-%s/%s", tags[i].links, value);
        size_t block = uw_blocks_by_path(&snapshot->tree, &snapshot->blocks, link);
        return block != UW_NO_BLOCK || !search_devices ? block : block_of_tag(snapshot, root, value);
    }
    return UW_NO_BLOCK;
}

static bool run_search(struct search *search)
{
    struct uw_snapshot *s = search->snapshot;
    char root[UW_PATH_BYTES];
    for (size_t i = 0; i < s->mounts.count; i++)
        if (is_boot_mount(&s->mounts.items[i]))
            found_mount(search, i);
    if (!follow_all(search))
        return false;
    bool nothing = true;
    for (size_t i = 0; i < s->blocks.count; i++)
        nothing = nothing && !s->blocks.items[i].boot;
    read_root(&s->tree, root);
    found_block(search, block_of_root(s, root, nothing));
    return follow_all(search);
}

bool uw_boot_mark(struct uw_snapshot *snapshot)
{
    struct search search = {.snapshot = snapshot};
    search.mount_found = calloc(snapshot->mounts.count + 1, sizeof(bool));
    search.mount_done = calloc(snapshot->mounts.count + 1, sizeof(bool));
    search.block_done = calloc(snapshot->blocks.count + 1, sizeof(bool));
    bool ok = search.mount_found != NULL && search.mount_done != NULL && search.block_done != NULL &&
              run_search(&search);
    free(search.mount_found);
    free(search.mount_done);
    free(search.block_done);
    return ok;
}
