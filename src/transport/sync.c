/* SPDX-License-Identifier: Apache-2.0 */
/* Transfers through pread and pwrite, where io_uring is switched off (sysctl, seccomp). A process per buffer
 * keeps as many in flight as the ring would: with one at a time the drive waits while we fill and check.
 * Processes and not threads: process.c says why. */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "transport/block.h"
#include "transport/process.h"

enum { LOOK_MS = 1000 }; /* how often the workers are looked after while one waits for them */

/* Goes to any worker and comes back with the result: a socket of whole messages is the queue, both ways. */
struct message {
    unsigned slot; /* in uw_sync.transfers */
    struct uw_transfer transfer;
};

struct shared {
    atomic_bool ending; /* what was not begun is not begun any more */
};

struct uw_sync {
    struct shared *shared;
    int fd;
    unsigned in_flight;
    struct uw_transfer *transfers[UW_BLOCK_DEPTH]; /* in flight; NULL: a free slot */
    bool broken;                                   /* a worker was killed and took its transfer along */
    unsigned workers;
    pid_t worker[UW_BLOCK_DEPTH];
};

static bool receive(int fd, struct message *message)
{
    ssize_t got;
    do
        got = recv(fd, message, sizeof *message, 0);
    while (got < 0 && errno == EINTR);
    return got == (ssize_t)sizeof *message;
}

static bool post(int fd, const struct message *message)
{
    ssize_t sent;
    do
        sent = send(fd, message, sizeof *message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)sizeof *message;
}

static _Noreturn void work(const struct uw_block *block, int fd)
{
    struct message message;
    while (receive(fd, &message) && !atomic_load(&block->sync->shared->ending)) {
        uw_block_move(block, &message.transfer);
        if (!post(fd, &message))
            break;
    }
    _exit(0);
}

/* Fewer workers than asked for (RLIMIT_NPROC, memory) are slower and just as right. */
static int start_workers(struct uw_block *block, int fd)
{
    struct uw_sync *sync = block->sync;
    const int kept[] = {block->fd, block->cached_fd, fd};
    while (sync->workers < block->buffers) {
        pid_t worker = uw_process_fork(kept, sizeof kept / sizeof kept[0]);
        if (worker == 0)
            work(block, fd);
        if (worker < 0)
            break;
        sync->worker[sync->workers++] = worker;
    }
    return sync->workers > 0 ? 0 : errno;
}

static int start(struct uw_block *block)
{
    struct uw_sync *sync = block->sync;
    int ends[2];
    void *shared =
        mmap(NULL, sizeof *sync->shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return errno;
    sync->shared = shared;
    atomic_init(&sync->shared->ending, false);
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return errno;
    sync->fd = ends[0];
    int error = start_workers(block, ends[1]);
    close(ends[1]);
    return error;
}

bool uw_sync_start(struct uw_block *block, struct uw_error *e)
{
    block->sync = calloc(1, sizeof *block->sync);
    if (block->sync == NULL)
        return uw_fail(e, UW_E_NOMEM, "%s: no memory for a queue", block->path);
    block->sync->fd = -1;
    int error = start(block);
    if (error == 0)
        return true;
    uw_sync_stop(block);
    return uw_fail_errno(e, UW_E_IO, error, "%s: no process for its transfers", block->path);
}

bool uw_sync_submit(struct uw_block *block, struct uw_transfer *transfer, struct uw_error *e)
{
    struct uw_sync *sync = block->sync;
    struct message message = {.transfer = *transfer};
    while (message.slot < block->buffers && sync->transfers[message.slot] != NULL)
        message.slot++;
    if (message.slot == block->buffers)
        return uw_fail(e, UW_E_IO, "%s: more transfers than buffers", block->path);
    if (!post(sync->fd, &message))
        return uw_fail_errno(e, UW_E_IO, errno, "%s: no process takes its transfers", block->path);
    sync->transfers[message.slot] = transfer;
    sync->in_flight++;
    return true;
}

static void look_after_workers(struct uw_sync *sync)
{
    for (unsigned i = 0; i < sync->workers; i++)
        if (uw_process_is_gone(sync->worker[i])) {
            sync->worker[i--] = sync->worker[--sync->workers];
            sync->broken = true;
        }
}

static struct uw_transfer *take(struct uw_block *block, struct uw_error *e)
{
    struct uw_sync *sync = block->sync;
    struct message message;
    if (!receive(sync->fd, &message) || message.slot >= block->buffers ||
        sync->transfers[message.slot] == NULL) {
        uw_fail(e, UW_E_IO, "%s: the processes that move its bytes have ended", block->path);
        return NULL;
    }
    struct uw_transfer *transfer = sync->transfers[message.slot];
    sync->transfers[message.slot] = NULL;
    sync->in_flight--;
    transfer->result = message.transfer.result;
    transfer->buffered = message.transfer.buffered;
    return transfer;
}

struct uw_transfer *uw_sync_reap(struct uw_block *block, int timeout_ms, struct uw_error *e)
{
    struct uw_sync *sync = block->sync;
    int64_t end = timeout_ms < 0 ? INT64_MAX : uw_monotonic_ms() + timeout_ms;
    while (sync->in_flight > 0) {
        int64_t left = end - uw_monotonic_ms();
        if (uw_wait_readable(sync->fd, left < 0 ? 0 : left < LOOK_MS ? (int)left : LOOK_MS))
            return take(block, e);
        look_after_workers(sync);
        if (sync->broken) {
            uw_fail(e, UW_E_IO, "%s: a process that moved its bytes was killed", block->path);
            break;
        }
        if (left <= 0)
            break;
    }
    return NULL;
}

void uw_sync_stop(struct uw_block *block)
{
    struct uw_sync *sync = block->sync;
    if (sync == NULL)
        return;
    if (sync->shared != NULL)
        atomic_store(&sync->shared->ending, true);
    if (sync->fd >= 0)
        close(sync->fd);
    sync->fd = -1;
    if (block->transport.abandoned)
        return;
    for (unsigned i = 0; i < sync->workers; i++)
        uw_process_end(sync->worker[i]);
    if (sync->shared != NULL)
        munmap(sync->shared, sizeof *sync->shared);
    free(sync);
    block->sync = NULL;
}
