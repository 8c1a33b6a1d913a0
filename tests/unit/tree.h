/* SPDX-License-Identifier: Apache-2.0 */
/* Builds sysfs and procfs trees in a temporary folder, as a kernel would lay them out. One tree at a time. */
#ifndef UW_TESTS_TREE_H
#define UW_TESTS_TREE_H

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "probe/probe.h"

static char tree_root[512];
static char tree_paths[4][600];
static struct uw_roots tree_roots;

static inline void tree_path(char to[2048], const char *path)
{
    assert_true(snprintf(to, 2048, "%s/%s", tree_root, path) < 2048);
}

/* Makes the folders above the last component, and that too where `itself`. */
static inline void tree_folders(const char *path, bool itself)
{
    char full[2048];
    tree_path(full, path);
    for (char *p = full + strlen(tree_root) + 1; *p != '\0'; p++) {
        if (*p != '/')
            continue;
        *p = '\0';
        assert_true(mkdir(full, 0755) == 0 || errno == EEXIST);
        *p = '/';
    }
    if (itself)
        assert_true(mkdir(full, 0755) == 0 || errno == EEXIST);
}

static inline void tree_bytes(const char *path, const void *data, size_t bytes)
{
    char full[2048];
    tree_folders(path, false);
    tree_path(full, path);
    int fd = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, bytes), bytes);
    close(fd);
}

__attribute__((format(printf, 2, 3))) static inline void tree_text(const char *path, const char *format, ...)
{
    char text[8192];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    assert_true(n >= 0 && (size_t)n < sizeof text);
    tree_bytes(path, text, (size_t)n);
}

/* A link to another place of the tree. */
static inline void tree_link(const char *path, const char *target)
{
    char full[2048], to[2048];
    tree_folders(path, false);
    tree_path(full, path);
    tree_path(to, target);
    assert_int_equal(symlink(to, full), 0);
}

static inline void tree_remove(const char *path)
{
    char full[2048];
    tree_path(full, path);
    assert_int_equal(unlink(full), 0);
}

static inline int tree_make(void **state)
{
    (void)state;
    const char *tmp = getenv("TMPDIR");
    snprintf(tree_root, sizeof tree_root, "%s/unwrite-tree.XXXXXX", tmp != NULL ? tmp : "/tmp");
    if (mkdtemp(tree_root) == NULL)
        return -1;
    char *resolved = realpath(tree_root, NULL);
    snprintf(tree_root, sizeof tree_root, "%s", resolved);
    free(resolved);
    static const char *const names[4] = {"sys", "proc", "run", "dev"};
    for (size_t i = 0; i < 4; i++) {
        snprintf(tree_paths[i], sizeof tree_paths[i], "%s/%s", tree_root, names[i]);
        tree_folders(names[i], true);
    }
    tree_roots = (struct uw_roots){
        .sys = tree_paths[0], .proc = tree_paths[1], .run = tree_paths[2], .dev = tree_paths[3]};
    tree_folders("sys/block", true);
    tree_text("proc/self/mountinfo", "20 1 0:2 / / rw - rootfs none rw\n");
    tree_text("proc/swaps", "Filename\tType\tSize\tUsed\tPriority\n");
    return 0;
}

static inline int tree_drop(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

static inline int tree_unmake(void **state)
{
    (void)state;
    return nftw(tree_root, tree_drop, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void tree_node(const char *dir, const char *name, const char *number, const char *sectors)
{
    char path[1024], link[1024];
    snprintf(path, sizeof path, "%s/dev", dir);
    tree_text(path, "%s\n", number);
    snprintf(path, sizeof path, "%s/size", dir);
    tree_text(path, "%s\n", sectors);
    snprintf(path, sizeof path, "%s/ro", dir);
    tree_text(path, "0\n");
    snprintf(path, sizeof path, "%s/holders", dir);
    tree_folders(path, true);
    snprintf(link, sizeof link, "sys/dev/block/%s", number);
    tree_link(link, dir);
    snprintf(path, sizeof path, "dev/%s", name);
    tree_text(path, "%s", "");
}

/* A whole device at sys/devices/WHERE/NAME; returns its folder below the root (good until the next call but
 * three). */
static inline const char *tree_disk(const char *where, const char *name, const char *number,
                                    const char *sectors)
{
    static char dirs[4][512];
    static unsigned turn;
    char *dir = dirs[turn++ % 4], path[1024];
    snprintf(dir, sizeof dirs[0], "sys/devices/%s/%s", where, name);
    tree_node(dir, name, number, sectors);
    snprintf(path, sizeof path, "%s/queue/logical_block_size", dir);
    tree_text(path, "512\n");
    snprintf(path, sizeof path, "%s/queue/physical_block_size", dir);
    tree_text(path, "4096\n");
    snprintf(path, sizeof path, "%s/queue/zoned", dir);
    tree_text(path, "none\n");
    snprintf(path, sizeof path, "%s/slaves", dir);
    tree_folders(path, true);
    snprintf(path, sizeof path, "sys/block/%s", name);
    tree_link(path, dir);
    return dir;
}

/* An attribute of a device's folder. */
__attribute__((format(printf, 3, 4))) static inline void tree_set(const char *dir, const char *attribute,
                                                                  const char *format, ...)
{
    char path[1024], text[8192];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    assert_true(n >= 0 && (size_t)n < sizeof text);
    snprintf(path, sizeof path, "%s/%s", dir, attribute);
    tree_bytes(path, text, (size_t)n);
}

static inline void tree_page(const char *dir, const char *attribute, const void *page, size_t bytes)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", dir, attribute);
    tree_bytes(path, page, bytes);
}

static inline void tree_subsystem(const char *dir, const char *subsystem)
{
    char path[1024], target[128];
    snprintf(path, sizeof path, "%s/device/subsystem", dir);
    snprintf(target, sizeof target, "sys/bus/%s", subsystem);
    tree_link(path, target);
}

static inline void tree_part(const char *dir, const char *name, const char *number, const char *sectors)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    tree_node(path, name, number, sectors);
    tree_set(path, "partition", "1\n");
}

/* `upper` lies on `lower` (folders below the root), as the kernel links them. */
static inline void tree_hold(const char *lower, const char *upper)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/holders/%s", lower, strrchr(upper, '/') + 1);
    tree_link(path, upper);
    snprintf(path, sizeof path, "%s/slaves/%s", upper, strrchr(lower, '/') + 1);
    tree_link(path, lower);
}

/* A SCSI disk: an ATA one, a SAS one or a USB one by WHERE and VENDOR. */
static inline const char *tree_scsi(const char *where, const char *name, const char *number,
                                    const char *vendor, const char *model)
{
    const char *dir = tree_disk(where, name, number, "2097152");
    tree_subsystem(dir, "scsi");
    tree_set(dir, "device/vendor", "%-8s\n", vendor);
    tree_set(dir, "device/model", "%-16s\n", model);
    tree_set(dir, "device/rev", "0001\n");
    tree_set(dir, "queue/rotational", "1\n");
    tree_set(dir, "removable", "0\n");
    return dir;
}

#define TREE_SATA "pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0/block"
#define TREE_SATA2 "pci0000:00/0000:00:1f.2/ata2/host1/target1:0:0/1:0:0:0/block"
#define TREE_USB "pci0000:00/0000:00:14.0/usb2/2-1/2-1:1.0/host6/target6:0:0/6:0:0:0/block"

/* A unit serial number page (80h). */
static inline void tree_serial(const char *dir, const char *serial)
{
    uint8_t page[260] = {0, 0x80, 0, (uint8_t)strlen(serial)};
    memcpy(page + 4, serial, strlen(serial));
    tree_page(dir, "device/vpd_pg80", page, 4 + strlen(serial));
}

/* One target. */
static inline bool tree_find(const char *target, struct uw_drive *drive, struct uw_error *e)
{
    struct uw_drives drives;
    *drive = (struct uw_drive){0};
    if (!uw_probe_targets(&tree_roots, &target, 1, &drives, e)) {
        assert_null(drives.items);
        return false;
    }
    assert_int_equal(drives.count, 1);
    *drive = drives.items[0];
    free(drives.items);
    return true;
}

/* The target, or a failed test. */
static inline struct uw_drive tree_target(const char *target)
{
    struct uw_drive drive;
    struct uw_error e = {0};
    if (!tree_find(target, &drive, &e))
        fail_msg("%s: %s", target, e.text);
    return drive;
}

static inline bool tree_used(const struct uw_drive *drive, const char *kind, const char *by)
{
    for (size_t i = 0; i < drive->use_count; i++)
        if (strcmp(drive->uses[i].kind, kind) == 0 && strcmp(drive->uses[i].by, by) == 0)
            return true;
    for (size_t i = 0; i < drive->use_count; i++)
        print_message("used: %s: %s\n", drive->uses[i].kind, drive->uses[i].by);
    return false;
}

static inline void tree_same(const char *what, const char *got, const char *wanted)
{
    if (strcmp(got, wanted) != 0)
        fail_msg("%s is \"%s\", wanted \"%s\"", what, got, wanted);
}

#define tree_test(f) cmocka_unit_test_setup_teardown(f, tree_make, tree_unmake)

#endif
