/* SPDX-License-Identifier: Apache-2.0 */
/* Admin commands to an NVMe drive through an open namespace, and the host's second look at it. */
#ifndef UW_TRANSPORT_NVME_H
#define UW_TRANSPORT_NVME_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "transport/transport.h"
#include "unwrite/error.h"
#include "wire/nvme.h"

enum { UW_NVME_DATA_BYTES = 65536 }; /* of one command, at most */

/* Sends `command` over `fd` in a process of its own and waits for the answer, timeout_ms at most (negative:
 * for ever). What the drive or the kernel says is in command->status, -errno among it; after -EINTR (the
 * kernel gave up waiting) and -EPROTO (the answer contradicts itself) nobody knows what became of it. False,
 * with *e filled: nothing was sent (UW_E_NOMEM), the process was killed (UW_E_IO), or *stalled: the time
 * passed. Of a command that stalled the process is left behind
 * and may still be at it: its descriptor stays open there. Never sends a command twice. */
bool uw_nvme_ask(int fd, struct uw_nvme_command *command, int timeout_ms, const atomic_bool *stop,
                 bool *stalled, struct uw_error *e);

/* A transport that has `nvme` and `close` alone, over a descriptor that stays the caller's; UW_E_NOMEM. */
bool uw_nvme_over(int fd, struct uw_transport **t, struct uw_error *e);

/* The namespace behind `fd`; 0 and errno where it is none. Does not reach the drive. */
uint32_t uw_nvme_nsid(int fd);

/* Has the host look anew at every controller of the subsystem that the block device `device` belongs to,
 * below the sysfs root `sys`; limits as for uw_nvme_ask. True: each was told; they look in their own time. */
bool uw_nvme_rescan(const char *sys, dev_t device, int timeout_ms, bool *stalled, struct uw_error *e);

#endif
