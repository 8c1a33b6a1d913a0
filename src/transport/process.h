/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UW_TRANSPORT_PROCESS_H
#define UW_TRANSPORT_PROCESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* As fork, but the child has every signal blocked, they are for the processes that the user started, and of
 * the descriptors only those in `kept` (negative ones are none). As after any fork in a program with threads,
 * the child does nothing but system calls and leaves by _exit. */
pid_t uw_process_fork(const int *kept, size_t count);

void uw_process_end(pid_t child);     /* waits until it has ended */
bool uw_process_is_gone(pid_t child); /* it has ended; then uw_process_end must not be called */

bool uw_process_wait(pid_t child, int ms); /* the same before so long; one that hangs is left behind */

int64_t uw_monotonic_ms(void);

/* Whether there is something to read, or nobody left to write it, before timeout_ms are over (negative: no
 * limit). */
bool uw_wait_readable(int fd, int timeout_ms);
/* The same, but little longer than it takes *stop (NULL: nothing) to become true. */
bool uw_wait_readable_unless(int fd, int timeout_ms, const atomic_bool *stop);

#endif
