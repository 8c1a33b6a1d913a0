/* SPDX-License-Identifier: Apache-2.0 */
/* Opening a drive so that it is the one that was looked at, ours alone, and past the page cache. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include <linux/fs.h>
#include <linux/magic.h>

#include "transport/aside.h"
#include "transport/block.h"
#include "transport/node.h"

/* A multiple of the page cache's pages on every machine. */
enum { PAGE_BYTES = 65536 };

/* At worst a buffer's pages lie apart. */
enum { SEGMENT_BYTES = 4096 };

/* udev holds the lock for the moment in which it looks at a device that has just appeared. */
enum { LOCK_TRIES = 80, LOCK_PAUSE_MS = 25 };

/* errno_value tells refusals apart: ESTALE another node, EROFS read-only, EBUSY in use, EINVAL no direct I/O.
 */
static bool refuse(struct uw_error *e, int kind, const char *path, const char *what)
{
    uw_fail(e, UW_E_REFUSED, "%s %s", path, what);
    if (e != NULL)
        e->errno_value = kind;
    return false;
}

static bool other_node(const struct uw_block *block, struct uw_error *e)
{
    return refuse(e, ESTALE, block->path, "is no longer the drive that was looked at");
}

static bool refuse_read_only(const struct uw_block *block, struct uw_error *e)
{
    refuse(e, EROFS, block->path, "is read-only");
    if (block->device)
        return uw_way_out(e,
                          "make it writable with blockdev --setrw %s, if no switch on the medium forbids it",
                          block->path);
    return uw_way_out(e, "mount its file system writable");
}

static bool refuse_cached(const struct uw_block *block, struct uw_error *e)
{
    refuse(e, EINVAL, block->path, "lies on a file system that does no direct I/O");
    return uw_way_out(e, "attach it to a loop device with losetup, or move it to another file system");
}

static bool refuse_in_use(const struct uw_block *block, struct uw_error *e)
{
    refuse(e, EBUSY, block->path, "is in use by the kernel or another program");
    return uw_way_out(e, "unmount it or stop what holds it (lsblk and fuser -v name it)");
}

static bool refuse_open(const struct uw_block *block, int error, struct uw_error *e)
{
    switch (error) {
    case EBUSY:
    case ETXTBSY:
        return refuse_in_use(block, e);
    case EROFS:
        return refuse_read_only(block, e);
    case EINVAL:
        return refuse_cached(block, e);
    case EACCES:
    case EPERM:
        uw_fail_errno(e, UW_E_REFUSED, error, "cannot open %s", block->path);
        return geteuid() != 0 ? uw_way_out(e, "run as root") : false;
    default:
        return uw_fail_errno(e, UW_E_IO, error, "cannot open %s", block->path);
    }
}

static bool open_checked(const struct uw_block *block, const struct uw_drive *drive, int flags, int *fd,
                         struct uw_error *e)
{
    struct uw_node node = uw_node_open(drive, flags, UW_OPEN_MS);
    *fd = node.fd;
    switch (node.end) {
    case UW_NODE_OPEN:
        return true;
    case UW_NODE_OTHER:
        return other_node(block, e);
    case UW_NODE_REFUSED:
        return refuse_open(block, node.error, e);
    default:
        return uw_fail_errno(e, UW_E_IO, node.error, "cannot open %s", block->path);
    }
}

static bool lock(const struct uw_block *block, bool write, struct uw_error *e)
{
    const struct timespec pause = {.tv_nsec = LOCK_PAUSE_MS * 1000000L};
    for (unsigned tries = 0;; tries++) {
        if (flock(block->fd, (write ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0)
            return true;
        if (errno != EWOULDBLOCK && errno != EINTR)
            return uw_fail_errno(e, UW_E_IO, errno, "cannot lock %s", block->path);
        if (tries == LOCK_TRIES) {
            refuse(e, EBUSY, block->path, "is in use: another program holds a lock on it");
            return uw_way_out(e, "wait for that program to end (fuser -v names it)");
        }
        nanosleep(&pause, NULL);
    }
}

/* What a running virtual machine has open carries locks on ranges of bytes (QEMU: bytes 100 to 203): they let
 * nobody lock the whole file for writing. */
static bool lock_ranges(const struct uw_block *block, bool write, struct uw_error *e)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (!write || fcntl(block->fd, F_OFD_SETLK, &whole) == 0)
        return true;
    if (errno != EAGAIN && errno != EACCES)
        return uw_fail_errno(e, UW_E_REFUSED, errno, "%s cannot be locked", block->path);
    refuse(e, EBUSY, block->path,
           "is in use: another program, perhaps a virtual machine, holds a lock on it");
    return uw_way_out(e, "shut the machine down or end that program (lslocks and fuser -v name it)");
}

static bool open_device(struct uw_block *block, const struct uw_drive *drive, bool write, struct uw_error *e)
{
    struct uw_transport *t = &block->transport;
    int flags = O_DIRECT | (write ? O_RDWR | O_EXCL : O_RDONLY), logical = 0, read_only = 0;
    if (!open_checked(block, drive, flags, &block->fd, e) || !lock(block, write, e))
        return false;
    if (ioctl(block->fd, BLKGETSIZE64, &t->bytes) != 0 || ioctl(block->fd, BLKSSZGET, &logical) != 0 ||
        ioctl(block->fd, BLKROGET, &read_only) != 0)
        return uw_fail_errno(e, UW_E_IO, errno, "%s: cannot read its size", block->path);
    if (write && read_only != 0)
        return refuse_read_only(block, e);
    if (t->bytes == 0)
        return uw_fail(e, UW_E_IO, "%s has no medium: its size is 0", block->path);
    if ((uint32_t)logical != drive->logical_block_bytes)
        return uw_fail(e, UW_E_REFUSED, "%s has blocks of %d bytes, %u when it was looked at", block->path,
                       logical, drive->logical_block_bytes);
    t->block_bytes = block->direct_bytes = (uint32_t)logical;
    return true;
}

/* What the file system wants of direct I/O, found by reading: for kernels and file systems that do not tell.
 */
static uint32_t try_direct(const struct uw_block *block)
{
    void *data = NULL;
    uint32_t found = 0;
    if (posix_memalign(&data, 4096, 65536) != 0)
        return 0;
    for (uint32_t bytes = 512; bytes <= 65536 && found == 0; bytes *= 2)
        if (pread(block->fd, data, bytes, bytes) >= 0 || errno != EINVAL)
            found = bytes;
    free(data);
    return found;
}

/* Multiples of how many bytes direct I/O takes on this file; 0: none, the kernel would use the page cache
 * without a word (ext4 with journalled data). */
static uint32_t direct_unit(const struct uw_block *block)
{
#ifdef STATX_DIOALIGN /* Linux 6.1 */
    struct statx status;
    if (statx(block->fd, "", AT_EMPTY_PATH, STATX_DIOALIGN, &status) == 0 && status.stx_mask & STATX_DIOALIGN)
        return status.stx_dio_mem_align <= 4096 ? status.stx_dio_offset_align : 0;
#endif
    return try_direct(block);
}

/* tmpfs and ramfs: the page cache is all that there is of a file, and is never dropped. */
static bool is_in_memory(int fd)
{
    struct statfs status;
    return fstatfs(fd, &status) == 0 &&
           (status.f_type == TMPFS_MAGIC || (unsigned long)status.f_type == RAMFS_MAGIC);
}

static bool open_file(struct uw_block *block, const struct uw_drive *drive, bool write, struct uw_error *e)
{
    struct uw_transport *t = &block->transport;
    int flags = write ? O_RDWR : O_RDONLY;
    struct stat status;
    if (!open_checked(block, drive, flags | O_DIRECT, &block->fd, e) || !lock(block, write, e) ||
        !lock_ranges(block, write, e) || !open_checked(block, drive, flags, &block->cached_fd, e))
        return false;
    if (fstat(block->fd, &status) != 0)
        return uw_fail_errno(e, UW_E_IO, errno, "cannot look at %s", block->path);
    if (status.st_size == 0)
        return uw_fail(e, UW_E_IO, "%s is empty", block->path);
    uint32_t unit = direct_unit(block);
    if (unit == 0)
        return refuse_cached(block, e);
    block->in_memory = is_in_memory(block->cached_fd);
    t->bytes = (uint64_t)status.st_size;
    t->block_bytes = drive->logical_block_bytes;
    block->direct_bytes = unit > t->block_bytes ? unit : t->block_bytes;
    /* From a page's border on: direct transfers throw pages out of the cache that they share with the tail.
     */
    if (t->bytes % block->direct_bytes != 0)
        t->buffered_tail_bytes =
            (uint32_t)(t->bytes % (block->direct_bytes > PAGE_BYTES ? block->direct_bytes : PAGE_BYTES));
    return true;
}

static void empty_cache(int fd, const void *order, void *pages)
{
    enum { ALL = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER };
    (void)order, (void)pages;
    (void)sync_file_range(fd, 0, 0, ALL);
    (void)ioctl(fd, BLKFLSBUF, 0);
}

/* Before a direct transfer the kernel writes back what others left in the cache of that place. One of the
 * ring's threads would wait for that, and of a drive that does not take it hold our exit. How it went is told
 * by the transfers. */
static bool settle_cache(struct uw_block *block, struct uw_error *e)
{
    struct uw_aside aside;
    bool *stalled = &block->transport.abandoned;
    if (!block->device || !uw_aside_open(&aside, 1, e))
        return !block->device;
    (void)uw_aside_run(&aside, block->fd, empty_cache, NULL, UW_OPEN_MS, NULL, stalled, NULL);
    uw_aside_close(&aside);
    return !*stalled || uw_fail_errno(e, UW_E_IO, ETIMEDOUT, "%s does not take what was written to it before",
                                      block->path);
}

bool uw_block_open_node(struct uw_block *block, const struct uw_drive *drive, bool write, struct uw_error *e)
{
    uint32_t logical = drive->logical_block_bytes;
    snprintf(block->path, sizeof block->path, "%s", drive->device);
    block->device = drive->devnum != 0;
    if (logical < 512 || logical > 65536 || (logical & (logical - 1)) != 0)
        return uw_fail(e, UW_E_IO, "%s has blocks of %u bytes", block->path, logical);
    if (!(block->device ? open_device : open_file)(block, drive, write, e) || !settle_cache(block, e))
        return false;
    if (write)
        block->transport.claim = block->device ? "exclusive open" : "lock on the file";
    int in_force = fcntl(block->fd, F_GETFL);
    block->transport.direct_io = in_force >= 0 && in_force & O_DIRECT;
    return true;
}

/* A number of the device's queue; 0: not told. The queue of a partition is its disk's. */
static uint64_t queue_number(dev_t device, const char *name)
{
    static const char *const folders[] = {"queue", "../queue"};
    for (size_t i = 0; i < 2; i++) {
        char path[128], text[32] = "";
        snprintf(path, sizeof path, "/sys/dev/block/%u:%u/%s/%s", major(device), minor(device), folders[i],
                 name);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t got = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
        if (fd >= 0)
            close(fd);
        if (got > 0)
            return strtoull(text, NULL, 10);
    }
    return 0;
}

bool uw_block_queue_is_long(const struct uw_block *block)
{
    struct stat status;
    if (!block->device || fstat(block->fd, &status) != 0)
        return true;
    uint64_t most_bytes = queue_number(status.st_rdev, "max_sectors_kb") * 1024;
    uint64_t segment_bytes = queue_number(status.st_rdev, "max_segments") * SEGMENT_BYTES;
    uint64_t places = queue_number(status.st_rdev, "nr_requests");
    if (segment_bytes > 0 && segment_bytes < most_bytes)
        most_bytes = segment_bytes;
    if (most_bytes == 0 || places == 0)
        return true;
    uint64_t each = (block->buffer_bytes + most_bytes - 1) / most_bytes;
    return each * block->buffers <= places;
}
