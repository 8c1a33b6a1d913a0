/* SPDX-License-Identifier: Apache-2.0 */
/* The door to a drive. Everything above runs unchanged on whatever stands behind this table. */
#ifndef UW_TRANSPORT_TRANSPORT_H
#define UW_TRANSPORT_TRANSPORT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/drive.h"
#include "unwrite/error.h"
#include "wire/nvme.h"
#include "wire/scsi.h"

enum uw_direction { UW_READ, UW_WRITE };

/* One transfer between a buffer of the arena and the medium. Owned by the caller; must stay where it is from
 * submit until reap returns it. */
struct uw_transfer {
    enum uw_direction direction;
    unsigned buffer; /* index into the arena given by begin */
    uint32_t length; /* bytes, at most the arena's buffer_bytes */
    uint64_t offset; /* bytes */
    int64_t result;  /* bytes moved (may be short), or -errno; set by reap */
    bool buffered;   /* it went through the page cache; set by reap */
    bool held;       /* the page cache did not let go of what was to be read: result is -EBUSY */
};

struct uw_transport;
struct uw_trace;

struct uw_transport_ops {
    const char *name; /* "io_uring", "pread" */
    bool simulated;   /* true: no real medium; the certificate says so and only the test key signs it */

    /* Makes `buffers` buffers of buffer_bytes each, aligned for direct I/O, and what transfers need; called
     * in the thread that will submit. `*arena` points at buffer 0, the next follows directly. Once per open.
     * May put another table into t->ops (where io_uring is switched off): look at `name` afterwards. */
    bool (*begin)(struct uw_transport *t, unsigned buffers, uint32_t buffer_bytes, uint8_t **arena,
                  struct uw_error *e);
    /* Queues one transfer; several writes may use one buffer at a time. At most `buffers` in flight. Returns
     * false only when the machinery failed; an error of the drive comes in result. */
    bool (*submit)(struct uw_transport *t, struct uw_transfer *transfer, struct uw_error *e);
    /* Waits for one transfer, in any order, timeout_ms at most (negative: for ever). NULL when the time
     * passed, when none is in flight, or when the machinery failed; only then is *e filled. */
    struct uw_transfer *(*reap)(struct uw_transport *t, int timeout_ms, struct uw_error *e);
    /* Has the drive empty its write cache and the host forget what it cached of it, so that the next read
     * comes from the medium. Waits timeout_ms at most (negative: for ever); false and *stalled when the time
     * passed. Whoever sees *stalled abandons the transport. */
    bool (*flush)(struct uw_transport *t, int timeout_ms, bool *stalled, struct uw_error *e);
    /* Who is behind the open descriptor now: bytes, disk_sequence, devnum, inode; serial and wwn are left
     * alone. */
    bool (*identify)(struct uw_transport *t, struct uw_identity *identity, struct uw_error *e);
    /* For uw_send_nvme alone, which keeps the record. NULL on what is no NVMe namespace. Sends an admin
     * command over the open descriptor, so to the drive that it is bound to, and waits for the answer,
     * timeout_ms at most (more than the command's own). What the drive says, an errno too, is in
     * command->status. False: the machinery failed, or *stalled: the time passed. Whoever sees *stalled
     * abandons the transport. Any thread may call it while no other does. */
    bool (*nvme)(struct uw_transport *t, struct uw_nvme_command *command, int timeout_ms, bool *stalled,
                 struct uw_error *e);
    /* Has the host look at the drive anew after an erase inside it: its namespaces, their sizes. NULL and
     * limits as for nvme. */
    bool (*rescan)(struct uw_transport *t, int timeout_ms, bool *stalled, struct uw_error *e);
    /* NULL on what takes no SCSI commands. Has the host ask the drive how large it is now, and what it is
     * called; `bytes` follows. Limits and results as for rescan. */
    bool (*resize)(struct uw_transport *t, int timeout_ms, bool *stalled, struct uw_error *e);
    /* NULL on what can have no zones: how they stand now. Limits and results as for rescan. */
    bool (*zones)(struct uw_transport *t, int timeout_ms, bool *stalled, struct uw_zones *zones,
                  struct uw_error *e);
    /* NULL on what can have no zones. Sets the write pointer of every sequential zone that takes writes back
     * to its start: what the zones held is not read any more, and is not erased. Limits and results as for
     * rescan. */
    bool (*reset_zones)(struct uw_transport *t, int timeout_ms, bool *stalled, struct uw_error *e);
    /* For uw_send_scsi alone. NULL on what takes no SCSI commands. Sends one over the open descriptor; limits
     * and results as for nvme: what the device says, an errno too, is in the command. */
    bool (*scsi)(struct uw_transport *t, struct uw_scsi_command *command, int timeout_ms, bool *stalled,
                 struct uw_error *e);
    /* Frees t; also after a failed begin. Never waits for what an abandoned transport has in flight: that one
     * is left as it is. */
    void (*close)(struct uw_transport *t);
};

struct uw_transport {
    const struct uw_transport_ops *ops;
    uint64_t bytes;
    uint32_t block_bytes;         /* transfers other than the tail are multiples of it */
    bool direct_io;               /* the kernel says so; for all transfers that are not `buffered` */
    uint32_t buffered_tail_bytes; /* bytes at a file's end that direct I/O cannot reach; 0 on a device */
    /* What keeps others away from it while it is open for erasing, in words; NULL: nothing. */
    const char *claim;
    /* Set by whoever gave up waiting for it. What is in flight may still end at any time, so buffers,
     * transfers and descriptors belong to the kernel from then on: nothing of it is used, freed or closed,
     * and nothing but identify and close is called. */
    bool abandoned;
    /* Set by whoever wants nvme, scsi and flush to give up waiting early: they fail then, as if the time had
     * passed. NULL: nobody. */
    const atomic_bool *stop;
    /* Where commands go on record, under which name; set by whoever opened it and kept until it is closed.
     * NULL: nowhere. */
    struct uw_trace *trace;
    const char *device;
};

/* A disk that stands still needs some seconds to turn before it can be opened. */
enum { UW_OPEN_MS = 30000 };

/* Opens a block device or file for erasing (O_RDWR, O_DIRECT, O_CLOEXEC, on a device also O_EXCL) or, with
 * `write` false, for reading. Takes a BSD lock, so that udev keeps away (shared for reading). Checks that the
 * node is still the one that `drive` describes (devnum or inode, and the logical block). Fails with
 * UW_E_REFUSED when somebody uses it (EBUSY), when it is read-only, or, with a way out, where the file system
 * of a file does no direct I/O; UW_E_IO otherwise, with ETIMEDOUT where the open did not return within
 * UW_OPEN_MS.
 *
 * A file's transfers that its file system does not take as direct I/O (the tail, single blocks of 512 bytes
 * on a disk of 4096) go through the page cache: written back by flush, and dropped before reading. A read of
 * what the cache does not let go of fails with EBUSY: nobody could tell it from a read of the medium. */
bool uw_block_open(const struct uw_drive *drive, bool write, struct uw_transport **t, struct uw_error *e);

#endif
