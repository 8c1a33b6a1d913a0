/* SPDX-License-Identifier: Apache-2.0 */
#include "probe/loop.h"

#include <fcntl.h>
#include <linux/loop.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "transport/aside.h"

/* No disk needs to turn for the answer. */
enum { PATIENCE_MS = 2000 };

/* The kernel's 32-bit form of a device number, as LOOP_GET_STATUS64 gives it: minor 0-7, major 8-19, minor
 * 20-31. */
static dev_t from_kernel(uint64_t number)
{
    return makedev((unsigned)(number >> 8 & 0xfff), (unsigned)((number & 0xff) | (number >> 12 & 0xfff00)));
}

/* Says what the path cannot: the file may be deleted, or named as another mount namespace sees it. */
static bool ask_kernel(const char *name, struct uw_backing *backing)
{
    char node[UW_NAME_BYTES + 8];
    snprintf(node, sizeof node, "/dev/%s", name);
    int fd = open(node, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return false;
    struct loop_info64 info = {0};
    bool ok = ioctl(fd, LOOP_GET_STATUS64, &info) == 0;
    close(fd);
    if (!ok)
        return false;
    backing->dev = from_kernel(info.lo_device);
    backing->inode = info.lo_inode;
    backing->rdev = from_kernel(info.lo_rdevice);
    return true;
}

static bool look(struct uw_backing *backing)
{
    struct stat st;
    if (stat(backing->path, &st) != 0 || (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode)))
        return false;
    backing->dev = st.st_dev;
    backing->inode = st.st_ino;
    backing->rdev = S_ISBLK(st.st_mode) ? st.st_rdev : 0;
    return true;
}

/* The kernel asks the file system of the file, which may not answer. */
static void ask_aside(int fd, const void *name, void *pages)
{
    struct uw_backing *backing = pages;
    (void)fd;
    backing->known = ask_kernel(name, backing) || look(backing);
}

static void ask(const char *name, struct uw_backing *backing)
{
    struct uw_error e = {0};
    struct uw_aside aside;
    bool stalled;
    if (!uw_aside_open(&aside, sizeof *backing, &e))
        return;
    memcpy(aside.pages, backing, sizeof *backing);
    if (uw_aside_run(&aside, -1, ask_aside, name, PATIENCE_MS, NULL, &stalled, &e))
        memcpy(backing, aside.pages, sizeof *backing);
    uw_aside_close(&aside);
}

void uw_backing_read(const struct uw_tree *tree, const char *dir, const char *name,
                     struct uw_backing *backing)
{
    *backing = (struct uw_backing){0};
    ssize_t n = uw_read_bytes(dir, "loop/backing_file", backing->path, sizeof backing->path - 1);
    backing->path[n < 0 ? 0 : n] = '\0';
    backing->path[strcspn(backing->path, "\n")] = '\0';
    if (backing->path[0] == '\0')
        return;
    if (tree->real)
        ask(name, backing);
    /* A captured tree's device nodes are not this machine's. */
    else if (strncmp(backing->path, "/dev/", 5) != 0)
        backing->known = look(backing);
}
