/* SPDX-License-Identifier: Apache-2.0 */
#include "probe/content.h"

#include <blkid.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "transport/aside.h"

/* A disk that stands still needs some seconds to turn. */
enum { PATIENCE_MS = 30000 };

static void copy_value(blkid_probe probe, const char *name, char *to, size_t to_bytes)
{
    const char *data = NULL;
    size_t bytes = 0;
    to[0] = '\0';
    if (blkid_probe_lookup_value(probe, name, &data, &bytes) == 0)
        uw_clean_string(to, to_bytes, data, bytes);
}

static void add_type(blkid_probe probe, const char *name, struct uw_content *content)
{
    if (content->type_count == UW_CONTENT_TYPES)
        return;
    char *type = content->types[content->type_count];
    copy_value(probe, name, type, sizeof content->types[0]);
    content->type_count += type[0] != '\0';
}

static void copy_found(blkid_probe probe, struct uw_content *content)
{
    char type[UW_NAME_BYTES];
    copy_value(probe, "TYPE", type, sizeof type);
    add_type(probe, "PTTYPE", content);
    add_type(probe, "TYPE", content);
    if (strcmp(type, "zfs_member") == 0)
        copy_value(probe, "LABEL", content->pool, sizeof content->pool);
}

/* Marks of several kinds, of which no one can tell which counts: all of them are named. */
static bool probe_each(blkid_probe probe, struct uw_content *content)
{
    int found;
    blkid_reset_probe(probe);
    while ((found = blkid_do_probe(probe)) == 0)
        copy_found(probe, content);
    snprintf(content->type, sizeof content->type, "ambivalent");
    return found != -1;
}

static bool probe_marks(blkid_probe probe, int fd, struct uw_content *content)
{
    if (blkid_probe_set_device(probe, fd, 0, 0) != 0 || blkid_probe_enable_superblocks(probe, 1) != 0 ||
        blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_LABEL) != 0 ||
        blkid_probe_enable_partitions(probe, 1) != 0)
        return false;
    int found = blkid_do_safeprobe(probe);
    if (found == -2)
        return probe_each(probe, content);
    if (found != 0)
        return found != -1;
    copy_found(probe, content);
    if (content->type_count > 0)
        memcpy(content->type, content->types[content->type_count - 1], sizeof content->type);
    return true;
}

static void look(const char *path, struct uw_content *content)
{
    *content = (struct uw_content){0};
    /* O_NONBLOCK: an empty drive answers at once, and whatever has taken the node's place does not make us
     * wait. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        content->unknown = errno == ENOENT ? "not_probed" : uw_unknown_word(errno);
        return;
    }
    struct stat st;
    bool fits = fstat(fd, &st) == 0 && (S_ISBLK(st.st_mode) || S_ISREG(st.st_mode));
    /* What is read ahead would still be under way when the drive is asked other things. */
    if (fits)
        (void)posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
    blkid_probe probe = fits ? blkid_new_probe() : NULL;
    if (probe == NULL || !probe_marks(probe, fd, content))
        content->unknown = "read_error";
    if (probe != NULL)
        blkid_free_probe(probe);
    close(fd);
}

/* libblkid asks for memory, which the C library has ready for a child of a program with threads too. */
static void look_aside(int fd, const void *path, void *content)
{
    (void)fd;
    look(path, content);
}

void uw_content_read(const char *path, struct uw_content *content)
{
    struct uw_error e = {0};
    struct uw_aside aside;
    *content = (struct uw_content){.unknown = "read_error"};
    if (!uw_aside_open(&aside, sizeof *content, &e))
        return;
    if (uw_aside_run(&aside, -1, look_aside, path, PATIENCE_MS, NULL, &content->stalled, &e))
        *content = *(const struct uw_content *)aside.pages;
    uw_aside_close(&aside);
}

static bool add_pool_use(const struct uw_snapshot *snapshot, const struct uw_content *content,
                         const char *node, struct uw_drive *drive)
{
    if (content->pool[0] == '\0' || !uw_pool_imported(snapshot, content->pool))
        return true;
    char by[UW_PATH_BYTES * 2];
    snprintf(by, sizeof by, "imported pool with %s", node);
    drive->boot_medium = drive->boot_medium || uw_pool_is_boot(snapshot, content->pool);
    return uw_use_add(drive, "zfs", by);
}

/* Types are listed with their repetitions: a document counts them. */
static bool add_types(const struct uw_snapshot *snapshot, const char *node, struct uw_drive *drive,
                      bool itself, bool *stalled)
{
    char path[UW_LONG_PATH_BYTES];
    struct uw_content content;
    uw_block_open_path(&snapshot->tree, node, path);
    uw_content_read(path, &content);
    *stalled = content.stalled;
    if (itself && content.unknown != NULL)
        uw_drive_set_unknown(drive, "content", content.unknown);
    if (itself)
        snprintf(drive->content, sizeof drive->content, "%s", content.type);
    for (size_t i = 0; i < content.type_count; i++)
        if (!uw_drive_add_content(drive, content.types[i]))
            return false;
    if (content.unknown != NULL)
        drive->looked &= ~(unsigned)UW_LOOKED_ZFS;
    return add_pool_use(snapshot, &content, node, drive);
}

bool uw_content_of_block(const struct uw_snapshot *snapshot, size_t block, struct uw_drive *drive)
{
    const struct uw_blocks *blocks = &snapshot->blocks;
    char node[UW_PATH_BYTES];
    bool stalled;
    uw_block_node(&blocks->items[block], node);
    drive->looked |= UW_LOOKED_ZFS; /* until a part of it cannot be read */
    if (!add_types(snapshot, node, drive, true, &stalled))
        return false;
    for (size_t i = 0; i < blocks->count && !stalled; i++) {
        if (blocks->items[i].whole != block)
            continue;
        uw_block_node(&blocks->items[i], node);
        if (!add_types(snapshot, node, drive, false, &stalled))
            return false;
    }
    return true;
}

bool uw_content_of_file(const struct uw_snapshot *snapshot, struct uw_drive *drive)
{
    bool stalled;
    drive->looked |= UW_LOOKED_ZFS;
    return add_types(snapshot, drive->device, drive, true, &stalled);
}
