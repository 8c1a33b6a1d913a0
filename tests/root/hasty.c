/* SPDX-License-Identifier: Apache-2.0 */
/* LD_PRELOAD: for the program fifty times as much time passes, in its clocks that cannot be set and in what
 * it waits for with a limit, so that a limit of ten minutes is over in twelve seconds. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <liburing.h>
#include <poll.h>
#include <stdint.h>
#include <time.h>

enum { FACTOR = 50 };
#include "hurry.h"

int poll(struct pollfd *wanted, nfds_t count, int timeout_ms)
{
    __typeof__(&poll) real = (__typeof__(&poll))dlsym(RTLD_NEXT, "poll");
    return real(wanted, count, timeout_ms > 0 ? timeout_ms / FACTOR + 1 : timeout_ms);
}

int io_uring_submit_and_wait_timeout(struct io_uring *ring, struct io_uring_cqe **entry, unsigned wanted,
                                     struct __kernel_timespec *limit, sigset_t *mask)
{
    __typeof__(&io_uring_submit_and_wait_timeout) real =
        (__typeof__(&io_uring_submit_and_wait_timeout))dlsym(RTLD_NEXT, "io_uring_submit_and_wait_timeout");
    int64_t ns = (limit->tv_sec * 1000000000 + limit->tv_nsec) / FACTOR;
    struct __kernel_timespec sooner = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
    return real(ring, entry, wanted, &sooner, mask);
}
