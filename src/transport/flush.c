/* SPDX-License-Identifier: Apache-2.0 */
/* Emptying the caches between us and the medium, without waiting for ever for a drive that does not answer.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/fs.h>

#include "transport/block.h"

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

/* In the child: keeps three descriptors. A child that hangs must not hold open what others wait to see
 * closed, such as the pipe behind our standard output. */
static void close_others(const struct uw_block *block, int pipe_fd)
{
    int kept[] = {block->fd, block->cached_fd, pipe_fd}, from = 0;
    for (;;) {
        int next = INT_MAX;
        for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
            if (kept[i] >= from && kept[i] < next)
                next = kept[i];
        if (next > from)
            (void)close_range((unsigned)from, (unsigned)next - 1, 0);
        if (next == INT_MAX)
            return;
        from = next + 1;
    }
}

/* Signals are for the processes that the user started; the child blocks them from its first moment on. */
static pid_t fork_quietly(void)
{
    sigset_t all, before;
    sigfillset(&all);
    if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0)
        return -1;
    pid_t child = fork();
    if (child != 0)
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    return child;
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Whether there is something to read, or nobody left to write it, before the time is over. */
static bool await(int fd, int timeout_ms)
{
    int64_t end = now_ms() + timeout_ms;
    for (;;) {
        struct pollfd wanted = {.fd = fd, .events = POLLIN};
        int64_t left = end - now_ms();
        int result = poll(&wanted, 1, timeout_ms < 0 ? -1 : left < 0 ? 0 : (int)left);
        if (result >= 0 || errno != EINTR)
            return result != 0;
    }
}

/* What the child says; it may have been killed before it could. */
static struct uw_flushed answer_of(pid_t child, int fd)
{
    struct uw_flushed flushed;
    ssize_t got;
    do
        got = read(fd, &flushed, sizeof flushed);
    while (got < 0 && errno == EINTR);
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
        ;
    return got == (ssize_t)sizeof flushed ? flushed : (struct uw_flushed){.flush_error = ECANCELED};
}

/* In a process of its own: a thread that hangs in the kernel would hold our exit. */
bool uw_block_flush(struct uw_block *block, int timeout_ms, struct uw_flushed *flushed)
{
    int ends[2];
    pid_t child = pipe2(ends, O_CLOEXEC) == 0 ? fork_quietly() : -2;
    if (child == 0) {
        close_others(block, ends[1]);
        struct uw_flushed mine = uw_block_empty_caches(block);
        _exit(write(ends[1], &mine, sizeof mine) == (ssize_t)sizeof mine ? 0 : 1);
    }
    if (child > -2)
        close(ends[1]);
    bool ended = true;
    /* Without another process there is no limit; a flush is worth more than that. */
    if (child < 0)
        *flushed = uw_block_empty_caches(block);
    else if (await(ends[0], timeout_ms))
        *flushed = answer_of(child, ends[0]);
    else
        block->transport.abandoned = true, ended = false;
    if (child > -2)
        close(ends[0]);
    return ended;
}
