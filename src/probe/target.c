/* SPDX-License-Identifier: Apache-2.0 */
/* From what the user named to one drive. */
#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include "probe/describe.h"

/* The same name whoever wrote it: "0x5000C5...", "naa.5000c5...", "5000c5...". */
static const char *bare_wwn(const char *wwn)
{
    static const char *const prefixes[] = {"0x", "naa.", "eui."};
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        if (strncasecmp(wwn, prefixes[i], strlen(prefixes[i])) == 0)
            return wwn + strlen(prefixes[i]);
    return wwn;
}

static bool fits(const struct uw_drive *drive, const char *serial, const char *wwn)
{
    if (serial != NULL)
        return strcmp(drive->serial, serial) == 0;
    return drive->wwn[0] != '\0' && strcasecmp(bare_wwn(drive->wwn), bare_wwn(wwn)) == 0;
}

/* The block that carries this serial or WWN (the other is NULL). */
static bool find_named(const struct uw_snapshot *snapshot, const char *target, const char *serial,
                       const char *wwn, size_t *found, struct uw_error *e)
{
    char first[UW_PATH_BYTES] = "";
    *found = UW_NO_BLOCK;
    for (size_t i = 0; i < snapshot->blocks.count; i++) {
        struct uw_drive drive;
        uw_describe(snapshot, i, &drive);
        bool hit = uw_is_listed(snapshot, i, &drive) && fits(&drive, serial, wwn);
        char device[UW_PATH_BYTES];
        memcpy(device, drive.device, sizeof device);
        uw_drive_clear(&drive);
        if (!hit)
            continue;
        if (*found != UW_NO_BLOCK) {
            uw_fail(e, UW_E_USAGE, "%s fits two drives: %s and %s", target, first, device);
            return uw_way_out(e, "name the device");
        }
        *found = i;
        memcpy(first, device, sizeof first);
    }
    if (*found != UW_NO_BLOCK)
        return true;
    uw_fail(e, UW_E_USAGE, "no drive fits %s", target);
    return uw_way_out(e, "unwrite list shows what is attached");
}

static bool serial_is_unique(const struct uw_snapshot *snapshot, size_t block, const char *serial)
{
    bool unique = true;
    for (size_t i = 0; unique && i < snapshot->blocks.count; i++) {
        struct uw_drive drive;
        if (i == block || snapshot->blocks.items[i].whole != UW_NO_BLOCK)
            continue;
        uw_describe(snapshot, i, &drive);
        unique = strcmp(drive.serial, serial) != 0;
        uw_drive_clear(&drive);
    }
    return unique;
}

static bool take_block(const struct uw_snapshot *snapshot, size_t block, const char *target,
                       struct uw_drive *drive, struct uw_error *e)
{
    uw_describe(snapshot, block, drive);
    if (drive->bytes == 0) {
        const char *why =
            uw_drive_unknown_reason(drive, "bytes") == NULL ? "is empty" : "has a size that cannot be";
        uw_drive_clear(drive);
        return uw_fail(e, UW_E_USAGE, "%s %s", target, why);
    }
    if (!uw_describe_further(snapshot, block, drive)) {
        uw_drive_clear(drive);
        return uw_fail(e, UW_E_NOMEM, "out of memory");
    }
    uw_drive_set_id(drive, !drive->is_partition && serial_is_unique(snapshot, block, drive->serial));
    return true;
}

/* Files that the kernel makes up have a size, yet hold nothing. */
static bool is_made_up(const char *path)
{
    struct statfs fs;
    return statfs(path, &fs) == 0 &&
           ((unsigned long)fs.f_type == PROC_SUPER_MAGIC || (unsigned long)fs.f_type == SYSFS_MAGIC);
}

static bool take_file(const struct uw_snapshot *snapshot, const char *target, const struct stat *st,
                      struct uw_drive *drive, struct uw_error *e)
{
    char *path = realpath(target, NULL);
    if (path == NULL)
        return uw_fail_errno(e, UW_E_USAGE, errno, "cannot resolve %s", target);
    bool ok = false;
    if (strlen(path) >= sizeof drive->device)
        uw_fail(e, UW_E_USAGE, "the path of %s is too long", target);
    else if (is_made_up(path))
        uw_fail(e, UW_E_USAGE, "%s is a file of the kernel, not a drive", target);
    else if (st->st_size <= 0)
        uw_fail(e, UW_E_USAGE, "%s is empty", target);
    else if ((uint64_t)st->st_size > UW_LARGEST_BYTES)
        uw_fail(e, UW_E_USAGE, "%s has a size that cannot be", target);
    else if (!(ok = uw_describe_file(snapshot, path, st, drive)))
        uw_fail(e, UW_E_NOMEM, "out of memory");
    if (ok)
        uw_drive_set_id(drive, false);
    else
        uw_drive_clear(drive);
    free(path);
    return ok;
}

static const char *kind_of(mode_t mode)
{
    return S_ISDIR(mode)    ? "directory"
           : S_ISCHR(mode)  ? "character device"
           : S_ISFIFO(mode) ? "fifo"
                            : "socket";
}

static bool take_path(const struct uw_snapshot *snapshot, const char *target, struct uw_drive *drive,
                      struct uw_error *e)
{
    struct stat st;
    size_t block =
        snapshot->tree.real ? UW_NO_BLOCK : uw_blocks_by_path(&snapshot->tree, &snapshot->blocks, target);
    if (block != UW_NO_BLOCK)
        return take_block(snapshot, block, target, drive, e);
    if (stat(target, &st) != 0 && (errno == ENOENT || errno == ENOTDIR))
        return uw_fail(e, UW_E_USAGE, "no such target: %s", target);
    if (stat(target, &st) != 0)
        return uw_fail_errno(e, UW_E_USAGE, errno, "cannot look at %s", target);
    if (S_ISREG(st.st_mode))
        return take_file(snapshot, target, &st, drive, e);
    if (!S_ISBLK(st.st_mode))
        return uw_fail(e, UW_E_USAGE, "%s is a %s, not a drive", target, kind_of(st.st_mode));
    if (snapshot->tree.real)
        block = uw_blocks_by_devnum(&snapshot->blocks, st.st_rdev);
    if (block == UW_NO_BLOCK)
        return uw_fail(e, UW_E_USAGE, "no device stands behind %s", target);
    return take_block(snapshot, block, target, drive, e);
}

/* A node that stands elsewhere than below /dev is opened where the user named it. */
static void keep_node(const char *target, struct uw_drive *drive)
{
    struct stat st;
    if (drive->bus == UW_BUS_FILE ||
        (stat(drive->device, &st) == 0 && S_ISBLK(st.st_mode) && st.st_rdev == drive->devnum))
        return;
    char *path = realpath(target, NULL);
    if (path != NULL && strlen(path) < sizeof drive->device && stat(path, &st) == 0 && S_ISBLK(st.st_mode))
        snprintf(drive->device, sizeof drive->device, "%s", path);
    free(path);
}

static bool find(const struct uw_snapshot *snapshot, const char *target, struct uw_drive *drive,
                 struct uw_error *e)
{
    bool serial = strncmp(target, "serial:", 7) == 0, wwn = strncmp(target, "wwn:", 4) == 0;
    const char *value = strchr(target, ':');
    size_t block;
    if (!serial && !wwn)
        return take_path(snapshot, target, drive, e);
    if (value[1] == '\0' || (wwn && bare_wwn(value + 1)[0] == '\0'))
        return uw_fail(e, UW_E_USAGE, "%s names nothing", target);
    return find_named(snapshot, target, serial ? value + 1 : NULL, wwn ? value + 1 : NULL, &block, e) &&
           take_block(snapshot, block, target, drive, e);
}

bool uw_probe_target(const struct uw_roots *roots, const char *target, struct uw_drive *drive,
                     struct uw_error *e)
{
    struct uw_snapshot snapshot;
    *drive = (struct uw_drive){0};
    if (target[0] == '\0')
        return uw_fail(e, UW_E_USAGE, "a target is an empty word");
    if (strlen(target) >= sizeof drive->target)
        return uw_fail(e, UW_E_USAGE, "a target's name is too long: %.64s...", target);
    if (!uw_snapshot_take(roots, &snapshot, e))
        return false;
    bool ok = find(&snapshot, target, drive, e);
    if (ok && snapshot.tree.real)
        keep_node(target, drive);
    uw_snapshot_clear(&snapshot);
    if (ok)
        snprintf(drive->target, sizeof drive->target, "%s", target);
    return ok;
}
