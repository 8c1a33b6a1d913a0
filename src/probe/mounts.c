/* SPDX-License-Identifier: Apache-2.0 */
#include "probe/mounts.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOUNT_TABLE_BYTES = 64 << 20, MOUNT_BLOCKS = 1024, ANY_PROCESS = 1 };

void uw_unescape_octal(char *text)
{
    char *to = text;
    for (const char *p = text; *p != '\0';) {
        if (p[0] == '\\' && p[1] >= '0' && p[1] <= '3' && p[2] >= '0' && p[2] <= '7' && p[3] >= '0' &&
            p[3] <= '7') {
            *to++ = (char)((p[1] - '0') << 6 | (p[2] - '0') << 3 | (p[3] - '0'));
            p += 4;
        } else {
            *to++ = *p++;
        }
    }
    *to = '\0';
}

static bool link_block(struct uw_mount *mount, size_t block)
{
    if (block == UW_NO_BLOCK || mount->block_count == MOUNT_BLOCKS)
        return true;
    for (size_t i = 0; i < mount->block_count; i++)
        if (mount->blocks[i] == block)
            return true;
    size_t *blocks = reallocarray(mount->blocks, mount->block_count + 1, sizeof *blocks);
    if (blocks == NULL)
        return false;
    mount->blocks = blocks;
    blocks[mount->block_count++] = block;
    return true;
}

/* File systems over several devices name them in the source, joined by colons (bcachefs). */
static bool link_source(const struct uw_tree *tree, const struct uw_blocks *blocks, struct uw_mount *mount)
{
    if (strncmp(mount->source, "/dev/", 5) != 0)
        return true;
    char *list = strdup(mount->source), *rest = NULL;
    if (list == NULL)
        return false;
    bool ok = link_block(mount, uw_blocks_by_path(tree, blocks, mount->source));
    for (char *part = strtok_r(list, ":", &rest); ok && part != NULL; part = strtok_r(NULL, ":", &rest))
        ok = link_block(mount, uw_blocks_by_path(tree, blocks, part));
    free(list);
    return ok;
}

/* An external log or realtime device stands in an option: "logdev=/dev/sdb1" (XFS). */
static bool link_options(const struct uw_tree *tree, const struct uw_blocks *blocks, struct uw_mount *mount)
{
    char *list = strdup(mount->options), *rest = NULL;
    if (list == NULL)
        return false;
    bool ok = true;
    for (char *option = strtok_r(list, ",", &rest); ok && option != NULL;
         option = strtok_r(NULL, ",", &rest)) {
        char *value = strchr(option, '=');
        if (value == NULL || strncmp(value, "=/dev/", 6) != 0)
            continue;
        uw_unescape_octal(value);
        ok = link_block(mount, uw_blocks_by_path(tree, blocks, value + 1));
    }
    free(list);
    return ok;
}

/* sysfs lists the devices of each mounted btrfs; the one that /proc names tells which file system a mount is.
 */
static bool link_btrfs(const struct uw_tree *tree, const struct uw_blocks *blocks, struct uw_mount *mount)
{
    char dir[UW_LONG_PATH_BYTES], devices[UW_LONG_PATH_BYTES];
    struct uw_names systems, members;
    if (strcmp(mount->type, "btrfs") != 0 || mount->block_count == 0)
        return true;
    if (!uw_path_join(dir, tree->sys, "fs/btrfs") || !uw_names_read(dir, &systems))
        return errno != ENOMEM;
    bool ok = true;
    for (size_t i = 0; ok && i < systems.count; i++) {
        char below[UW_LONG_PATH_BYTES];
        if (!uw_path_join(below, systems.items[i], "devices") || !uw_path_join(devices, dir, below) ||
            !uw_names_read(devices, &members))
            continue;
        bool ours = false;
        for (size_t k = 0; k < members.count; k++)
            ours = ours || uw_blocks_by_name(blocks, members.items[k]) == mount->blocks[0];
        for (size_t k = 0; ok && ours && k < members.count; k++)
            ok = link_block(mount, uw_blocks_by_name(blocks, members.items[k]));
        uw_names_clear(&members);
    }
    uw_names_clear(&systems);
    return ok;
}

static bool link_blocks(const struct uw_tree *tree, const struct uw_blocks *blocks, struct uw_mount *mount)
{
    return link_block(mount, uw_blocks_by_devnum(blocks, mount->devnum)) &&
           link_source(tree, blocks, mount) && link_options(tree, blocks, mount) &&
           link_btrfs(tree, blocks, mount);
}

static void clear_mount(struct uw_mount *mount)
{
    free(mount->point);
    free(mount->type);
    free(mount->source);
    free(mount->options);
    free(mount->blocks);
}

/* One line of proc_pid_mountinfo(5): "36 35 98:0 /root /point opts optional... - type source super-options".
 */
static bool parse_line(char *line, struct uw_mount *mount)
{
    char *fields[6], *rest = NULL;
    *mount = (struct uw_mount){0};
    char *tail = strstr(line, " - ");
    if (tail == NULL)
        return false;
    *tail = '\0';
    for (size_t i = 0; i < 6; i++)
        if ((fields[i] = strtok_r(i == 0 ? line : NULL, " ", &rest)) == NULL)
            return false;
    char *type = strtok_r(tail + 3, " ", &rest);
    char *source = strtok_r(NULL, " ", &rest);
    char *options = strtok_r(NULL, " ", &rest);
    if (source == NULL || !uw_parse_devnum(fields[2], &mount->devnum))
        return false;
    /* An empty source leaves two fields. */
    mount->options = strdup(options != NULL ? options : source);
    uw_unescape_octal(fields[4]);
    uw_unescape_octal(source);
    mount->point = strdup(fields[4]);
    mount->type = strdup(type);
    mount->source = strdup(options != NULL ? source : "");
    return true;
}

/* The same mount is seen from many namespaces; once is enough. */
static bool is_listed(const struct uw_mounts *mounts, const struct uw_mount *mount)
{
    for (size_t i = 0; i < mounts->count; i++)
        if (mounts->items[i].devnum == mount->devnum && strcmp(mounts->items[i].point, mount->point) == 0)
            return true;
    return false;
}

static bool add_mount(const struct uw_tree *tree, const struct uw_blocks *blocks, struct uw_mounts *mounts,
                      struct uw_mount mount)
{
    bool ok = mount.point != NULL && mount.type != NULL && mount.source != NULL && mount.options != NULL &&
              link_blocks(tree, blocks, &mount);
    bool wanted = mount.pid == 0 || (ok && mount.block_count > 0 && !is_listed(mounts, &mount));
    struct uw_mount *items = NULL;
    if (ok && wanted)
        items = reallocarray(mounts->items, mounts->count + 1, sizeof *items);
    if (items == NULL) {
        clear_mount(&mount);
        return ok && !wanted;
    }
    mounts->items = items;
    items[mounts->count++] = mount;
    return true;
}

/* Of a process that has ended, or ends just now and has left its namespaces already. */
static bool has_ended(int error)
{
    return error == ENOENT || error == ESRCH || error == EINVAL;
}

static void lose_table(struct uw_mounts *mounts, unsigned pid)
{
    mounts->complete = false;
    if (pid == 0)
        mounts->own = false;
    else
        mounts->others = false;
}

/* A line that does not parse is what the kernel never writes: what it says is not known. */
static bool read_table(const struct uw_tree *tree, const struct uw_blocks *blocks, struct uw_mounts *mounts,
                       const char *name, unsigned pid)
{
    char *table = uw_read_all(tree->proc, name, MOUNT_TABLE_BYTES), *rest = NULL;
    if (table == NULL) {
        if (pid == 0 || !has_ended(errno))
            lose_table(mounts, pid);
        return errno != ENOMEM;
    }
    bool ok = true;
    for (char *line = strtok_r(table, "\n", &rest); ok && line != NULL; line = strtok_r(NULL, "\n", &rest)) {
        struct uw_mount mount;
        if (parse_line(line, &mount)) {
            mount.pid = pid;
            ok = add_mount(tree, blocks, mounts, mount);
        } else {
            lose_table(mounts, pid);
        }
    }
    free(table);
    return ok;
}

struct namespace
{
    char name[UW_NAME_BYTES];
};

struct namespaces {
    struct namespace *seen;
    size_t count;
};

/* Finds out whether it is the first process seen of its mount namespace. Where nobody may know which one that
 * is, its mounts are looked at for themselves: that takes longer and finds the same. */
static bool is_new(const struct uw_tree *tree, struct namespaces *namespaces, const char *process, bool *new)
{
    char link[UW_NAME_BYTES * 2], name[UW_NAME_BYTES];
    snprintf(link, sizeof link, "%.32s/ns/mnt", process);
    if (!uw_read_link_name(tree->proc, link, name, sizeof name)) {
        *new = !has_ended(errno);
        return true;
    }
    *new = false;
    for (size_t i = 0; i < namespaces->count; i++)
        if (strcmp(namespaces->seen[i].name, name) == 0)
            return true;
    struct namespace *seen = reallocarray(namespaces->seen, namespaces->count + 1, sizeof *seen);
    if (seen == NULL)
        return false;
    namespaces->seen = seen;
    memcpy(seen[namespaces->count++].name, name, sizeof name);
    *new = true;
    return true;
}

/* A container or a service may keep a file system mounted that we do not see. */
static bool read_other_namespaces(const struct uw_tree *tree, const struct uw_blocks *blocks,
                                  struct uw_mounts *mounts)
{
    struct namespaces namespaces = {0};
    struct uw_names processes = {0};
    bool new, listed = uw_names_read(tree->proc, &processes);
    bool ok = (listed || errno != ENOMEM) && is_new(tree, &namespaces, "self", &new);
    if (!listed)
        lose_table(mounts, ANY_PROCESS);
    for (size_t i = 0; ok && i < processes.count; i++) {
        const char *process = processes.items[i];
        char table[UW_NAME_BYTES];
        unsigned long pid = isdigit((unsigned char)process[0]) ? strtoul(process, NULL, 10) : 0;
        if (pid == 0 || pid > 1U << 22)
            continue;
        ok = is_new(tree, &namespaces, process, &new);
        snprintf(table, sizeof table, "%lu/mountinfo", pid);
        if (ok && new)
            ok = read_table(tree, blocks, mounts, table, (unsigned)pid);
    }
    uw_names_clear(&processes);
    free(namespaces.seen);
    return ok;
}

/* Lines of proc/swaps: "/dev/sda2 partition 1048572 0 -2" below a heading. No swap support, no file. */
static bool read_swaps(const struct uw_tree *tree, const struct uw_blocks *blocks, struct uw_mounts *mounts)
{
    char *table = uw_read_all(tree->proc, "swaps", MOUNT_TABLE_BYTES), *rest = NULL;
    if (table == NULL) {
        mounts->swaps_read = errno == ENOENT;
        mounts->complete = mounts->complete && mounts->swaps_read;
        return errno != ENOMEM;
    }
    bool ok = true;
    char *line = strtok_r(table, "\n", &rest);
    while (ok && (line = strtok_r(NULL, "\n", &rest)) != NULL) {
        line[strcspn(line, " \t")] = '\0';
        uw_unescape_octal(line);
        struct uw_swap *swaps = reallocarray(mounts->swaps, mounts->swap_count + 1, sizeof *swaps);
        char *path = strdup(line);
        ok = swaps != NULL && path != NULL;
        if (swaps != NULL)
            mounts->swaps = swaps;
        if (ok)
            swaps[mounts->swap_count++] =
                (struct uw_swap){.path = path, .block = uw_blocks_by_path(tree, blocks, path)};
        else
            free(path);
    }
    free(table);
    return ok;
}

bool uw_mounts_read(const struct uw_tree *tree, const struct uw_blocks *blocks, struct uw_mounts *mounts,
                    struct uw_error *e)
{
    *mounts = (struct uw_mounts){.complete = true, .own = true, .others = true, .swaps_read = true};
    if (read_table(tree, blocks, mounts, "self/mountinfo", 0) &&
        read_other_namespaces(tree, blocks, mounts) && read_swaps(tree, blocks, mounts))
        return true;
    uw_mounts_clear(mounts);
    return uw_fail(e, UW_E_NOMEM, "out of memory");
}

void uw_mounts_clear(struct uw_mounts *mounts)
{
    for (size_t i = 0; i < mounts->count; i++)
        clear_mount(&mounts->items[i]);
    for (size_t i = 0; i < mounts->swap_count; i++)
        free(mounts->swaps[i].path);
    free(mounts->items);
    free(mounts->swaps);
    *mounts = (struct uw_mounts){0};
}

size_t uw_mounts_below(const struct uw_mounts *mounts, const char *path)
{
    size_t found = mounts->count, longest = 0;
    for (size_t i = 0; i < mounts->count; i++) {
        const char *point = mounts->items[i].point;
        size_t length = strcmp(point, "/") == 0 ? 0 : strlen(point);
        bool below = strncmp(path, point, length) == 0 && (path[length] == '/' || path[length] == '\0');
        if (mounts->items[i].pid != 0 || !below || (found != mounts->count && length < longest))
            continue;
        found = i;
        longest = length;
    }
    return found;
}
