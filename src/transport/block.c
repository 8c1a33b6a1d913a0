/* SPDX-License-Identifier: Apache-2.0 */
/* Block devices and files: what an open transport does but for opening (open.c), moving bytes (ring.c,
 * sync.c), emptying caches (flush.c), NVMe commands (nvme.c) and SCSI ones (scsi.c). */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <linux/fs.h>

#include "transport/block.h"
#include "transport/nvme.h"
#include "transport/resize.h"
#include "transport/scsi.h"
#include "transport/zones.h"

#ifndef BLKGETDISKSEQ /* Linux 5.15 */
#define BLKGETDISKSEQ _IOR(0x12, 128, __u64)
#endif

/* What a transfer through the page cache spans at most, in pages of 4 KiB: a whole buffer. */
enum { MOST_PAGES = 1024, FORGET_TRIES = 200, FORGET_PAUSE_MS = 5 };

static struct uw_block *block_of(struct uw_transport *t)
{
    return (struct uw_block *)t;
}

bool uw_block_is_direct(const struct uw_block *block, const struct uw_transfer *transfer)
{
    /* A device's odd tail goes to the device as it is: the kernel says what becomes of it. */
    if (block->device)
        return true;
    const struct uw_transport *t = &block->transport;
    return (transfer->offset | transfer->length) % block->direct_bytes == 0 &&
           transfer->offset + transfer->length <= t->bytes - t->buffered_tail_bytes;
}

/* Whether the page cache holds any of the file's bytes there; true where nobody tells. */
static bool is_cached(const struct uw_block *block, uint64_t offset, uint32_t bytes)
{
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), from = offset / page * page;
    size_t length = (size_t)(offset + bytes - from), pages = (length + page - 1) / page;
    unsigned char held[MOST_PAGES];
    if (pages > MOST_PAGES)
        return true;
    void *view = mmap(NULL, length, PROT_READ, MAP_PRIVATE, block->cached_fd, (off_t)from);
    if (view == MAP_FAILED)
        return true;
    bool cached = mincore(view, length, held) != 0;
    for (size_t i = 0; i < pages && !cached; i++)
        cached = held[i] & 1;
    munmap(view, length);
    return cached;
}

/* A page that is being read or written just now stays; soon it does not. */
bool uw_block_forget_before(const struct uw_block *block, const struct uw_transfer *transfer)
{
    const struct timespec pause = {.tv_nsec = FORGET_PAUSE_MS * 1000000L};
    if (transfer->direction != UW_READ || block->in_memory)
        return true;
    for (unsigned tries = 0; tries < FORGET_TRIES; tries++) {
        (void)posix_fadvise(block->cached_fd, 0, 0, POSIX_FADV_DONTNEED);
        if (!is_cached(block, transfer->offset, transfer->length))
            return true;
        nanosleep(&pause, NULL);
    }
    return false;
}

void uw_block_move(const struct uw_block *block, struct uw_transfer *transfer)
{
    bool direct = uw_block_is_direct(block, transfer);
    int fd = direct ? block->fd : block->cached_fd;
    uint8_t *data = block->arena + (size_t)transfer->buffer * block->buffer_bytes;
    ssize_t moved;
    transfer->buffered = !direct;
    transfer->held = !direct && !uw_block_forget_before(block, transfer);
    if (transfer->held) {
        transfer->result = -EBUSY;
        return;
    }
    do {
        if (transfer->direction == UW_WRITE)
            moved = pwrite(fd, data, transfer->length, (off_t)transfer->offset);
        else
            moved = pread(fd, data, transfer->length, (off_t)transfer->offset);
    } while (moved < 0 && errno == EINTR);
    transfer->result = moved < 0 ? -errno : moved;
}

static bool make_arena(struct uw_block *block, int sharing, struct uw_error *e)
{
    size_t bytes = (size_t)block->buffers * block->buffer_bytes;
    void *arena = mmap(NULL, bytes, PROT_READ | PROT_WRITE, sharing | MAP_ANONYMOUS, -1, 0);
    if (arena == MAP_FAILED)
        return uw_fail_errno(e, UW_E_NOMEM, errno, "%s: no memory for buffers", block->path);
    block->arena = arena;
    block->arena_bytes = bytes;
    return true;
}

static void free_arena(struct uw_block *block)
{
    if (block->arena != NULL)
        munmap(block->arena, block->arena_bytes);
    block->arena = NULL;
}

/* A process that is forked while drives read into its pages must not make copies of them. */
static bool begin_ring(struct uw_block *block, struct uw_error *e)
{
    if (!make_arena(block, MAP_PRIVATE, e))
        return false;
    if (madvise(block->arena, block->arena_bytes, MADV_DONTFORK) == 0 && uw_ring_start(block, e))
        return true;
    free_arena(block);
    return false;
}

enum mover { RING, SYNC, MOVERS };

static const struct uw_transport_ops tables[UW_BLOCK_DOORS][MOVERS];

static void choose_table(struct uw_block *block, enum mover mover)
{
    block->transport.ops = &tables[block->door][mover];
}

static bool begin(struct uw_transport *t, unsigned buffers, uint32_t buffer_bytes, uint8_t **arena,
                  struct uw_error *e)
{
    struct uw_block *block = block_of(t);
    if (block->arena != NULL || buffers == 0 || buffers > UW_BLOCK_DEPTH || buffer_bytes % 4096 != 0)
        return uw_fail(e, UW_E_IO, "%s: no arena of %u buffers of %u bytes", block->path, buffers,
                       buffer_bytes);
    block->buffers = buffers;
    block->buffer_bytes = buffer_bytes;
    bool ring =
        block->engine == UW_BLOCK_RING || (block->engine == UW_BLOCK_AUTO && uw_block_queue_is_long(block));
    bool good = ring && begin_ring(block, e);
    if (!good && block->engine != UW_BLOCK_RING) {
        choose_table(block, SYNC);
        good = make_arena(block, MAP_SHARED, e) && uw_sync_start(block, e);
    }
    *arena = block->arena;
    return good;
}

static bool check_transfer(const struct uw_block *block, const struct uw_transfer *transfer,
                           struct uw_error *e)
{
    if (transfer->buffer < block->buffers && transfer->length > 0 &&
        transfer->length <= block->buffer_bytes && transfer->offset <= (uint64_t)INT64_MAX - transfer->length)
        return true;
    return uw_fail(e, UW_E_IO, "%s: no transfer of %u bytes through buffer %u", block->path, transfer->length,
                   transfer->buffer);
}

static bool ring_submit(struct uw_transport *t, struct uw_transfer *transfer, struct uw_error *e)
{
    return check_transfer(block_of(t), transfer, e) && uw_ring_submit(block_of(t), transfer, e);
}

static struct uw_transfer *ring_reap(struct uw_transport *t, int timeout_ms, struct uw_error *e)
{
    return uw_ring_reap(block_of(t), timeout_ms, e);
}

static bool sync_submit(struct uw_transport *t, struct uw_transfer *transfer, struct uw_error *e)
{
    return check_transfer(block_of(t), transfer, e) && uw_sync_submit(block_of(t), transfer, e);
}

static struct uw_transfer *sync_reap(struct uw_transport *t, int timeout_ms, struct uw_error *e)
{
    return uw_sync_reap(block_of(t), timeout_ms, e);
}

static bool flush(struct uw_transport *t, int timeout_ms, bool *stalled, struct uw_error *e)
{
    struct uw_block *block = block_of(t);
    struct uw_flushed flushed = {0};
    *stalled = !uw_block_flush(block, timeout_ms, &flushed);
    if (*stalled)
        return uw_fail_errno(e, UW_E_IO, ETIMEDOUT, "%s: cannot flush", block->path);
    if (flushed.flush_error != 0)
        return uw_fail_errno(e, UW_E_IO, flushed.flush_error, "%s: cannot flush", block->path);
    return flushed.forget_error == 0 ||
           uw_fail_errno(e, UW_E_IO, flushed.forget_error, "%s: cannot drop its cached pages", block->path);
}

static bool identify(struct uw_transport *t, struct uw_identity *identity, struct uw_error *e)
{
    struct uw_block *block = block_of(t);
    struct stat status;
    if (fstat(block->fd, &status) != 0)
        return uw_fail_errno(e, UW_E_IO, errno, "%s: cannot look at it", block->path);
    identity->disk_sequence = 0;
    if (!block->device) {
        identity->bytes = (uint64_t)status.st_size;
        identity->devnum = status.st_dev;
        identity->inode = status.st_ino;
        return true;
    }
    identity->devnum = status.st_rdev;
    identity->inode = 0;
    if (ioctl(block->fd, BLKGETSIZE64, &identity->bytes) != 0)
        return uw_fail_errno(e, UW_E_IO, errno, "%s: cannot read its size", block->path);
    __u64 sequence;
    if (ioctl(block->fd, BLKGETDISKSEQ, &sequence) == 0)
        identity->disk_sequence = sequence;
    return true;
}

/* Where they can be found, so that they do not count as lost. */
static struct uw_block *abandoned;
static pthread_mutex_t abandoned_lock = PTHREAD_MUTEX_INITIALIZER;

/* What hangs may still move bytes through the buffers, and closing the ring or the last descriptor of a
 * device waits for what it has in flight: the kernel tidies up when the process ends. */
static void leave(struct uw_block *block)
{
    pthread_mutex_lock(&abandoned_lock);
    block->next_abandoned = abandoned;
    abandoned = block;
    pthread_mutex_unlock(&abandoned_lock);
}

static void close_block(struct uw_transport *t)
{
    struct uw_block *block = block_of(t);
    uw_sync_stop(block);
    if (t->abandoned) {
        leave(block);
        return;
    }
    uw_ring_stop(block);
    free_arena(block);
    if (block->cached_fd >= 0)
        close(block->cached_fd);
    if (block->fd >= 0)
        close(block->fd);
    free(block);
}

static bool ask_nvme(struct uw_transport *t, struct uw_nvme_command *command, int timeout_ms, bool *stalled,
                     struct uw_error *e)
{
    struct uw_block *block = block_of(t);
    if (uw_nvme_ask(block->fd, command, timeout_ms, t->stop, stalled, e))
        return true;
    t->abandoned |= *stalled;
    return *stalled ? uw_fail_errno(e, UW_E_IO, ETIMEDOUT, "%s: no answer to an NVMe command", block->path)
                    : false;
}

static bool ask_scsi(struct uw_transport *t, struct uw_scsi_command *command, int timeout_ms, bool *stalled,
                     struct uw_error *e)
{
    struct uw_block *block = block_of(t);
    if (uw_scsi_ask(block->fd, command, timeout_ms, t->stop, stalled, e))
        return true;
    t->abandoned |= *stalled;
    return *stalled ? uw_fail_errno(e, UW_E_IO, ETIMEDOUT, "%s: no answer to a SCSI command", block->path)
                    : false;
}

static bool rescan(struct uw_transport *t, int timeout_ms, bool *stalled, struct uw_error *e)
{
    struct uw_block *block = block_of(t);
    struct stat status;
    *stalled = false;
    if (fstat(block->fd, &status) != 0)
        return uw_fail_errno(e, UW_E_IO, errno, "%s: cannot look at it", block->path);
    bool told = uw_nvme_rescan("/sys", status.st_rdev, timeout_ms, stalled, e);
    t->abandoned |= *stalled;
    return told;
}

static bool resize(struct uw_transport *t, int timeout_ms, bool *stalled, struct uw_error *e)
{
    struct uw_block *block = block_of(t);
    struct stat status;
    *stalled = false;
    if (fstat(block->fd, &status) != 0)
        return uw_fail_errno(e, UW_E_IO, errno, "%s: cannot look at it", block->path);
    bool told = uw_scsi_rescan("/sys", status.st_rdev, timeout_ms, stalled, e);
    t->abandoned |= *stalled;
    if (told && ioctl(block->fd, BLKGETSIZE64, &t->bytes) != 0)
        told = uw_fail_errno(e, UW_E_IO, errno, "%s: cannot read its size", block->path);
    return told;
}

static bool zones(struct uw_transport *t, int timeout_ms, bool *stalled, struct uw_zones *zones,
                  struct uw_error *e)
{
    bool told = uw_zones_report(block_of(t)->fd, timeout_ms, stalled, zones, e);
    t->abandoned |= *stalled;
    return told;
}

static bool reset_zones(struct uw_transport *t, int timeout_ms, bool *stalled, struct uw_error *e)
{
    bool done = uw_zones_reset(block_of(t)->fd, t->bytes, timeout_ms, stalled, e);
    t->abandoned |= *stalled;
    return done;
}

#define COMMON                                                                                               \
    .begin = begin, .flush = flush, .identify = identify, .zones = zones, .reset_zones = reset_zones,        \
    .close = close_block
#define BY_RING .name = "io_uring", .submit = ring_submit, .reap = ring_reap
#define BY_CALLS .name = "pread", .submit = sync_submit, .reap = sync_reap
#define NVME .nvme = ask_nvme, .rescan = rescan
#define SCSI .scsi = ask_scsi, .resize = resize

static const struct uw_transport_ops tables[UW_BLOCK_DOORS][MOVERS] = {
    [UW_BLOCK_NO_DOOR] = {[RING] = {COMMON, BY_RING}, [SYNC] = {COMMON, BY_CALLS}},
    [UW_BLOCK_NVME] = {[RING] = {COMMON, BY_RING, NVME}, [SYNC] = {COMMON, BY_CALLS, NVME}},
    [UW_BLOCK_SCSI] = {[RING] = {COMMON, BY_RING, SCSI}, [SYNC] = {COMMON, BY_CALLS, SCSI}},
};

static enum uw_block_door door_of(const struct uw_drive *drive)
{
    if (drive->is_partition || drive->devnum == 0)
        return UW_BLOCK_NO_DOOR;
    switch (drive->bus) {
    case UW_BUS_NVME:
    case UW_BUS_NVME_FABRICS:
        return UW_BLOCK_NVME;
    case UW_BUS_ATA:
    case UW_BUS_SCSI:
    case UW_BUS_USB:
        return UW_BLOCK_SCSI;
    default:
        return UW_BLOCK_NO_DOOR;
    }
}

bool uw_block_open_with(const struct uw_drive *drive, bool write, enum uw_block_engine engine,
                        struct uw_transport **t, struct uw_error *e)
{
    *t = NULL;
    struct uw_block *block = calloc(1, sizeof *block);
    if (block == NULL)
        return uw_fail(e, UW_E_NOMEM, "%s: no memory to open it", drive->device);
    block->engine = engine;
    block->fd = block->cached_fd = -1;
    block->door = door_of(drive);
    choose_table(block, engine == UW_BLOCK_SYNC ? SYNC : RING);
    if (!uw_block_open_node(block, drive, write, e)) {
        close_block(&block->transport);
        return false;
    }
    *t = &block->transport;
    return true;
}

bool uw_block_open(const struct uw_drive *drive, bool write, struct uw_transport **t, struct uw_error *e)
{
    return uw_block_open_with(drive, write, UW_BLOCK_AUTO, t, e);
}
