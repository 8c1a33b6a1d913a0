/* SPDX-License-Identifier: Apache-2.0 */
/* Processes for calls that may never return. A thread that hangs in the kernel cannot be killed and would
 * hold our exit; a process is left behind. */
#include "transport/process.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What a child has no use for it must not hold open: others wait to see it closed, such as the pipe behind
 * our standard output, or another drive. */
static void close_others(const int *kept, size_t count)
{
    int from = 0;
    for (;;) {
        int next = INT_MAX;
        for (size_t i = 0; i < count; i++)
            if (kept[i] >= from && kept[i] < next)
                next = kept[i];
        if (next > from)
            (void)close_range((unsigned)from, (unsigned)next - 1, 0);
        if (next == INT_MAX)
            return;
        from = next + 1;
    }
}

pid_t uw_process_fork(const int *kept, size_t count)
{
    sigset_t all, before;
    sigfillset(&all);
    if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0)
        return -1;
    pid_t child = fork();
    if (child == 0)
        close_others(kept, count);
    else
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    return child;
}

void uw_process_end(pid_t child)
{
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
        ;
}

bool uw_process_is_gone(pid_t child)
{
    return waitpid(child, NULL, WNOHANG) == child;
}

int64_t uw_monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool uw_process_wait(pid_t child, int ms)
{
    int64_t end = uw_monotonic_ms() + ms;
    const struct timespec pause = {.tv_nsec = 1000000};
    for (;;) {
        if (uw_process_is_gone(child))
            return true;
        if (uw_monotonic_ms() >= end)
            return false;
        nanosleep(&pause, NULL);
    }
}

bool uw_wait_readable(int fd, int timeout_ms)
{
    int64_t end = uw_monotonic_ms() + timeout_ms;
    for (;;) {
        struct pollfd wanted = {.fd = fd, .events = POLLIN};
        int64_t left = end - uw_monotonic_ms();
        int result = poll(&wanted, 1, timeout_ms < 0 ? -1 : left < 0 ? 0 : (int)left);
        if (result >= 0 || errno != EINTR)
            return result != 0;
    }
}

bool uw_wait_readable_unless(int fd, int timeout_ms, const atomic_bool *stop)
{
    enum { SLICE_MS = 200, PATIENCE_MS = 3000 };
    int64_t end = timeout_ms < 0 ? INT64_MAX : uw_monotonic_ms() + timeout_ms, stopped = INT64_MAX;
    for (;;) {
        int64_t now = uw_monotonic_ms();
        if (stop != NULL && stopped == INT64_MAX && atomic_load(stop))
            stopped = now + PATIENCE_MS;
        int64_t last = end < stopped ? end : stopped;
        int64_t slice = last - now < SLICE_MS ? last - now : SLICE_MS;
        if (uw_wait_readable(fd, slice < 0 ? 0 : (int)slice))
            return true;
        if (slice <= 0)
            return false;
    }
}
