/* SPDX-License-Identifier: Apache-2.0 */
/* Emptying the caches between us and the medium, without waiting for ever for a drive that does not answer.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/fs.h>

#include "transport/block.h"
#include "transport/process.h"

static int synchronise(int fd)
{
    while (fsync(fd) != 0)
        if (errno != EINTR)
            return errno;
    return 0;
}

/* Transfers went past the page cache; these are the pages that others read. */
static int forget_cached(const struct uw_block *block)
{
    if (block->device && ioctl(block->fd, BLKFLSBUF, 0) == 0)
        return 0;
    /* BLKFLSBUF is root's; whoever may open the node may still give the advice. */
    if (block->device && errno != EACCES && errno != EPERM)
        return errno;
    return posix_fadvise(block->device ? block->fd : block->cached_fd, 0, 0, POSIX_FADV_DONTNEED);
}

struct uw_flushed uw_block_empty_caches(const struct uw_block *block)
{
    /* Each descriptor has errors of its own to tell. */
    struct uw_flushed flushed = {.flush_error = synchronise(block->fd)};
    int cached_error = block->cached_fd >= 0 ? synchronise(block->cached_fd) : 0;
    if (cached_error != 0)
        flushed.flush_error = cached_error;
    if (flushed.flush_error == 0)
        flushed.forget_error = forget_cached(block);
    return flushed;
}

/* What the child says; it may have been killed before it could. */
static struct uw_flushed answer_of(pid_t child, int fd)
{
    struct uw_flushed flushed;
    ssize_t got;
    do
        got = read(fd, &flushed, sizeof flushed);
    while (got < 0 && errno == EINTR);
    uw_process_end(child);
    return got == (ssize_t)sizeof flushed ? flushed : (struct uw_flushed){.flush_error = ECANCELED};
}

static _Noreturn void flush_and_exit(const struct uw_block *block, int answer_fd)
{
    struct uw_flushed flushed = uw_block_empty_caches(block);
    _exit(write(answer_fd, &flushed, sizeof flushed) == (ssize_t)sizeof flushed ? 0 : 1);
}

bool uw_block_flush(struct uw_block *block, int timeout_ms, struct uw_flushed *flushed)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        ends[0] = ends[1] = -1;
    const int kept[] = {block->fd, block->cached_fd, ends[1]};
    pid_t child = ends[0] < 0 ? -1 : uw_process_fork(kept, sizeof kept / sizeof kept[0]);
    if (child == 0)
        flush_and_exit(block, ends[1]);
    close(ends[1]);
    /* Where no process can be had there is no limit: a flush is worth more than that. */
    bool ended = child < 0 || uw_wait_readable_unless(ends[0], timeout_ms, block->transport.stop);
    if (child < 0)
        *flushed = uw_block_empty_caches(block);
    else if (ended)
        *flushed = answer_of(child, ends[0]);
    block->transport.abandoned |= !ended;
    close(ends[0]);
    return ended;
}
