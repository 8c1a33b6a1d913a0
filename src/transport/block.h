/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the block transport share: open.c opens, flush.c empties caches, ring.c and sync.c move
 * bytes. */
#ifndef UW_TRANSPORT_BLOCK_H
#define UW_TRANSPORT_BLOCK_H

#include <stddef.h>

#include "transport/transport.h"

enum uw_block_engine {
    UW_BLOCK_AUTO, /* io_uring; pread and pwrite where the kernel refuses it, or the device's queue is short
                    */
    UW_BLOCK_RING,
    UW_BLOCK_SYNC,
};

/* The commands beside reading and writing that whole drives take. */
enum uw_block_door { UW_BLOCK_NO_DOOR = 0, UW_BLOCK_NVME, UW_BLOCK_SCSI, UW_BLOCK_DOORS };

enum { UW_BLOCK_DEPTH = 16 }; /* buffers at most */

struct uw_ring;
struct uw_sync;

struct uw_block {
    struct uw_transport transport; /* first: the table's functions cast back */
    enum uw_block_engine engine;
    bool device;
    enum uw_block_door door;
    int fd;                /* direct */
    int cached_fd;         /* a file's second descriptor, through the page cache; -1 for a device */
    uint32_t direct_bytes; /* direct transfers begin and end at multiples of it */
    bool in_memory;        /* a file whose medium is the page cache (tmpfs): there is nothing behind it */
    char path[UW_PATH_BYTES];

    uint8_t *arena;
    size_t arena_bytes;
    unsigned buffers;
    uint32_t buffer_bytes;

    struct uw_ring *ring; /* NULL: not in use */
    struct uw_sync *sync;
    struct uw_block *next_abandoned;
};

/* uw_block_open with a choice that users do not have. */
bool uw_block_open_with(const struct uw_drive *drive, bool write, enum uw_block_engine engine,
                        struct uw_transport **t, struct uw_error *e);

/* Opens the descriptors, checks that they are the drive's, locks them, fills in what the transport says of
 * it. What is open when it fails stays open in *block. */
bool uw_block_open_node(struct uw_block *block, const struct uw_drive *drive, bool write, struct uw_error *e);

/* Whether the kernel's queue of the device has places for all the transfers that the arena allows. If not,
 * some threads of the ring's would wait for a place in the kernel, and of a drive that hangs they would hold
 * our exit: an automatic engine is the other one then. */
bool uw_block_queue_is_long(const struct uw_block *block);

/* Whether the direct descriptor takes this transfer. */
bool uw_block_is_direct(const struct uw_block *block, const struct uw_transfer *transfer);

/* Before a read through the page cache: what the cache still holds may never have reached the medium. False:
 * it holds some of it even so. */
bool uw_block_forget_before(const struct uw_block *block, const struct uw_transfer *transfer);

/* Carries a transfer out at once, with pread or pwrite, on the descriptor that takes it; fills
 * transfer->result. */
void uw_block_move(const struct uw_block *block, struct uw_transfer *transfer);

/* What came of emptying the caches. */
struct uw_flushed {
    int flush_error;  /* errno of fsync; 0 */
    int forget_error; /* errno of dropping the cached pages; 0 */
};

/* Empties the caches, however long it takes. */
struct uw_flushed uw_block_empty_caches(const struct uw_block *block);

/* The same in a process of its own, waiting timeout_ms at most (negative: for ever). False when that time
 * passed: it may still be at it then, and block->transport is abandoned. */
bool uw_block_flush(struct uw_block *block, int timeout_ms, struct uw_flushed *flushed);

/* The ring of a job. Start fails with UW_E_IO where the kernel refuses io_uring; the others keep the rules of
 * uw_transport_ops. */
bool uw_ring_start(struct uw_block *block, struct uw_error *e);
bool uw_ring_submit(struct uw_block *block, struct uw_transfer *transfer, struct uw_error *e);
struct uw_transfer *uw_ring_reap(struct uw_block *block, int timeout_ms, struct uw_error *e);
void uw_ring_stop(struct uw_block *block);

/* One process a buffer, so that a drive without io_uring has as much to do as one with it. Needs an arena
 * that processes share. */
bool uw_sync_start(struct uw_block *block, struct uw_error *e);
bool uw_sync_submit(struct uw_block *block, struct uw_transfer *transfer, struct uw_error *e);
struct uw_transfer *uw_sync_reap(struct uw_block *block, int timeout_ms, struct uw_error *e);
/* Of an abandoned transport: what is queued and was not begun is not begun any more; waits for nothing. */
void uw_sync_stop(struct uw_block *block);

#endif
