/* SPDX-License-Identifier: Apache-2.0 */
/* From what the user named to drives. */
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

/* What names are compared with, of each block of the snapshot. */
struct name {
    bool listed;
    char device[UW_PATH_BYTES], serial[UW_DRIVE_STRING_BYTES], wwn[UW_DRIVE_STRING_BYTES];
};

struct search {
    const struct uw_snapshot *snapshot;
    struct name *names; /* see names_of */
};

/* Read when they are first asked for, once for all targets; NULL: out of memory. */
static const struct name *names_of(struct search *search)
{
    const struct uw_blocks *blocks = &search->snapshot->blocks;
    if (search->names != NULL)
        return search->names;
    search->names = calloc(blocks->count + 1, sizeof *search->names);
    for (size_t i = 0; search->names != NULL && i < blocks->count; i++) {
        struct name *name = &search->names[i];
        struct uw_drive drive;
        uw_describe(search->snapshot, i, &drive);
        name->listed = uw_is_listed(search->snapshot, i, &drive);
        memcpy(name->device, drive.device, sizeof name->device);
        memcpy(name->serial, drive.serial, sizeof name->serial);
        memcpy(name->wwn, drive.wwn, sizeof name->wwn);
        uw_drive_clear(&drive);
    }
    return search->names;
}

static bool fits(const struct name *name, const char *serial, const char *wwn)
{
    if (serial != NULL)
        return strcmp(name->serial, serial) == 0;
    return name->wwn[0] != '\0' && strcasecmp(bare_wwn(name->wwn), bare_wwn(wwn)) == 0;
}

/* The block that carries this serial or WWN (the other is NULL). */
static bool find_named(struct search *search, const char *target, const char *serial, const char *wwn,
                       size_t *found, struct uw_error *e)
{
    const struct name *names = names_of(search);
    *found = UW_NO_BLOCK;
    if (names == NULL)
        return uw_fail(e, UW_E_NOMEM, "out of memory");
    for (size_t i = 0; i < search->snapshot->blocks.count; i++) {
        if (!names[i].listed || !fits(&names[i], serial, wwn))
            continue;
        if (*found != UW_NO_BLOCK) {
            uw_fail(e, UW_E_USAGE, "%s fits two drives: %s and %s", target, names[*found].device,
                    names[i].device);
            return uw_way_out(e, "name the device");
        }
        *found = i;
    }
    if (*found != UW_NO_BLOCK)
        return true;
    uw_fail(e, UW_E_USAGE, "no drive fits %s", target);
    return uw_way_out(e, "unwrite list shows what is attached");
}

/* Whether no other drive that `list` shows has it. */
static bool serial_is_unique(const struct search *search, const struct uw_drive *drive)
{
    const struct uw_blocks *blocks = &search->snapshot->blocks;
    for (size_t i = 0; i < blocks->count; i++)
        if (search->names[i].listed && blocks->items[i].devnum != drive->devnum &&
            strcmp(search->names[i].serial, drive->serial) == 0)
            return false;
    return true;
}

static bool set_id(struct search *search, struct uw_drive *drive)
{
    bool has_serial = drive->serial[0] != '\0' && !drive->is_partition;
    if (has_serial && names_of(search) == NULL)
        return false;
    uw_drive_set_id(drive, has_serial && serial_is_unique(search, drive));
    return true;
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
    if (!ok)
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

static bool take_device(const struct uw_snapshot *snapshot, const char *device, struct uw_drive *drive,
                        struct uw_error *e)
{
    if (!take_path(snapshot, device, drive, e))
        return false;
    if (snapshot->tree.real)
        keep_node(device, drive);
    return true;
}

static bool find(struct search *search, const char *target, struct uw_drive *drive, struct uw_error *e)
{
    bool serial = strncmp(target, "serial:", 7) == 0, wwn = strncmp(target, "wwn:", 4) == 0;
    const char *value = strchr(target, ':');
    size_t block;
    if (target[0] == '\0')
        return uw_fail(e, UW_E_USAGE, "a target is an empty word");
    if (strlen(target) >= sizeof drive->target)
        return uw_fail(e, UW_E_USAGE, "a target's name is too long: %.64s...", target);
    if (!serial && !wwn)
        return take_device(search->snapshot, target, drive, e);
    if (value[1] == '\0' || (wwn && bare_wwn(value + 1)[0] == '\0'))
        return uw_fail(e, UW_E_USAGE, "%s names nothing", target);
    return find_named(search, target, serial ? value + 1 : NULL, wwn ? value + 1 : NULL, &block, e) &&
           take_block(search->snapshot, block, target, drive, e);
}

static bool add_target(struct search *search, const char *target, struct uw_drives *drives,
                       struct uw_error *e)
{
    struct uw_drive *drive = &drives->items[drives->count];
    if (!find(search, target, drive, e))
        return false;
    drives->count++;
    snprintf(drive->target, sizeof drive->target, "%s", target);
    return set_id(search, drive) || uw_fail(e, UW_E_NOMEM, "out of memory");
}

bool uw_probe_targets(const struct uw_roots *roots, const char *const *targets, size_t count,
                      struct uw_drives *drives, struct uw_error *e)
{
    struct uw_snapshot snapshot;
    struct search search = {.snapshot = &snapshot};
    *drives = (struct uw_drives){0};
    if (!uw_snapshot_take(roots, &snapshot, e))
        return false;
    drives->items = calloc(count + 1, sizeof *drives->items);
    bool ok = drives->items != NULL || uw_fail(e, UW_E_NOMEM, "out of memory");
    for (size_t i = 0; i < count && ok; i++)
        ok = add_target(&search, targets[i], drives, e);
    free(search.names);
    uw_snapshot_clear(&snapshot);
    if (!ok)
        uw_drives_clear(drives);
    return ok;
}

bool uw_probe_device(const struct uw_roots *roots, const char *device, struct uw_drive *drive,
                     struct uw_error *e)
{
    struct uw_snapshot snapshot;
    *drive = (struct uw_drive){0};
    if (!uw_snapshot_take(roots, &snapshot, e))
        return false;
    bool ok = take_device(&snapshot, device, drive, e);
    uw_snapshot_clear(&snapshot);
    return ok;
}
