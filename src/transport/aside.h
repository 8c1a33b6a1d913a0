/* SPDX-License-Identifier: Apache-2.0 */
/* A command to a drive in a process of its own, with pages that both see: one that never returns must hold
 * neither another drive nor our exit. */
#ifndef UW_TRANSPORT_ASIDE_H
#define UW_TRANSPORT_ASIDE_H

#include <stdbool.h>
#include <stddef.h>

#include "unwrite/error.h"

/* The pages outlive the parent's use of them, so that a drive that answers late writes into nothing of ours.
 */
struct uw_aside {
    void *pages;
    size_t bytes;
};

/* What is to be done; reads `order` and writes its answer to the pages. System calls alone: see
 * uw_process_fork. */
typedef void uw_aside_work(int fd, const void *order, void *pages);

/* Zeroed pages of `bytes` bytes; UW_E_NOMEM. */
bool uw_aside_open(struct uw_aside *aside, size_t bytes, struct uw_error *e);
/* Once per open. Keeps `fd` (negative: none) and waits for the end of the work, timeout_ms at most (negative:
 * for ever). False: nothing was begun (UW_E_NOMEM), the process was killed (UW_E_IO), or *stalled: the time
 * passed. Then the process is left behind, with its descriptor open. */
bool uw_aside_run(const struct uw_aside *aside, int fd, uw_aside_work *work, const void *order,
                  int timeout_ms, bool *stalled, struct uw_error *e);
void uw_aside_close(struct uw_aside *aside);

#endif
