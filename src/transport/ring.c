/* SPDX-License-Identifier: Apache-2.0 */
/* Transfers through io_uring: one ring, the file and the buffers registered where the kernel lets us. */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>

#include <liburing.h>

#include "transport/block.h"
#include "transport/process.h"

/* EAGAIN says that the kernel was short of memory for a moment; a drive that always says so must not hold us.
 */
enum { PATIENCE = 1000 };

struct uw_ring {
    struct io_uring io;
    bool fixed_file, fixed_buffers;
    unsigned in_flight; /* given to the ring and not reaped */
    unsigned again;     /* EAGAIN and EINTR in a row */
};

static int set_up(struct io_uring *io, unsigned buffers)
{
    /* Both flags came with Linux 6.1; they save a lock and an interrupt of this thread per transfer. */
    int result = io_uring_queue_init(buffers, io, IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN);
    return result == -EINVAL ? io_uring_queue_init(buffers, io, 0) : result;
}

static void register_parts(struct uw_block *block, struct uw_ring *ring)
{
    struct iovec parts[UW_BLOCK_DEPTH];
    for (unsigned i = 0; i < block->buffers; i++) {
        parts[i].iov_base = block->arena + (size_t)i * block->buffer_bytes;
        parts[i].iov_len = block->buffer_bytes;
    }
    /* RLIMIT_MEMLOCK may refuse: then the kernel maps the buffers at each transfer, slower and just as right.
     */
    ring->fixed_buffers = io_uring_register_buffers(&ring->io, parts, block->buffers) == 0;
    ring->fixed_file = io_uring_register_files(&ring->io, &block->fd, 1) == 0;
}

bool uw_ring_start(struct uw_block *block, struct uw_error *e)
{
    struct uw_ring *ring = calloc(1, sizeof *ring);
    if (ring == NULL)
        return uw_fail(e, UW_E_NOMEM, "%s: no memory for a queue", block->path);
    int result = set_up(&ring->io, block->buffers);
    if (result < 0) {
        free(ring);
        return uw_fail_errno(e, UW_E_IO, -result, "%s: the kernel refuses io_uring", block->path);
    }
    register_parts(block, ring);
    block->ring = ring;
    return true;
}

static void prepare(struct io_uring_sqe *sqe, const struct uw_transfer *transfer, int fd, bool fixed_buffer,
                    uint8_t *data)
{
    bool write = transfer->direction == UW_WRITE;
    int index = (int)transfer->buffer;
    if (fixed_buffer && write)
        io_uring_prep_write_fixed(sqe, fd, data, transfer->length, transfer->offset, index);
    else if (fixed_buffer)
        io_uring_prep_read_fixed(sqe, fd, data, transfer->length, transfer->offset, index);
    else if (write)
        io_uring_prep_write(sqe, fd, data, transfer->length, transfer->offset);
    else
        io_uring_prep_read(sqe, fd, data, transfer->length, transfer->offset);
}

static bool queue(struct uw_block *block, struct uw_transfer *transfer)
{
    struct uw_ring *ring = block->ring;
    struct io_uring_sqe *sqe = io_uring_get_sqe(&ring->io);
    if (sqe == NULL)
        return false;
    uint8_t *data = block->arena + (size_t)transfer->buffer * block->buffer_bytes;
    transfer->buffered = !uw_block_is_direct(block, transfer);
    transfer->held = transfer->buffered && !uw_block_forget_before(block, transfer);
    if (transfer->held) {
        io_uring_prep_nop(sqe);
    } else if (transfer->buffered) {
        prepare(sqe, transfer, block->cached_fd, false, data);
    } else if (ring->fixed_file) {
        prepare(sqe, transfer, 0, ring->fixed_buffers, data);
        io_uring_sqe_set_flags(sqe, IOSQE_FIXED_FILE);
    } else {
        prepare(sqe, transfer, block->fd, ring->fixed_buffers, data);
    }
    io_uring_sqe_set_data(sqe, transfer);
    return true;
}

/* The kernel learns of it at the next reap, together with what else was queued until then. */
bool uw_ring_submit(struct uw_block *block, struct uw_transfer *transfer, struct uw_error *e)
{
    struct uw_ring *ring = block->ring;
    if (ring->in_flight >= block->buffers)
        return uw_fail(e, UW_E_IO, "%s: more transfers than buffers", block->path);
    if (!queue(block, transfer))
        return uw_fail(e, UW_E_IO, "%s: the queue is full", block->path);
    ring->in_flight++;
    return true;
}

static bool is_passing(struct uw_ring *ring, int error)
{
    if ((error != -EAGAIN && error != -EINTR && error != -EBUSY) || ring->again == PATIENCE)
        return false;
    ring->again++;
    sched_yield();
    return true;
}

static int enter(struct io_uring *io, bool ready, int64_t left_ms)
{
    struct io_uring_cqe *cqe;
    if (ready || left_ms < 0)
        return io_uring_submit_and_wait(io, ready ? 0 : 1);
    struct __kernel_timespec left = {.tv_sec = left_ms / 1000, .tv_nsec = left_ms % 1000 * 1000000};
    return io_uring_submit_and_wait_timeout(io, &cqe, 1, &left, NULL);
}

/* The next completion; NULL when the time passed, or the ring itself fails: then *e says how. */
static struct io_uring_cqe *wait_one(struct uw_block *block, int timeout_ms, struct uw_error *e)
{
    struct uw_ring *ring = block->ring;
    int64_t end = timeout_ms < 0 ? INT64_MAX : uw_monotonic_ms() + timeout_ms;
    for (;;) {
        bool ready = io_uring_cq_ready(&ring->io) > 0;
        int64_t left = timeout_ms < 0 ? -1 : end - uw_monotonic_ms();
        int result = 0;
        if (!ready || io_uring_sq_ready(&ring->io) > 0)
            result = enter(&ring->io, ready, timeout_ms >= 0 && left < 0 ? 0 : left);
        struct io_uring_cqe *cqe;
        if (io_uring_peek_cqe(&ring->io, &cqe) == 0)
            return cqe;
        if (result < 0 && result != -EINTR && result != -ETIME && !is_passing(ring, result)) {
            uw_fail_errno(e, UW_E_IO, -result, "%s: io_uring", block->path);
            return NULL;
        }
        if (timeout_ms >= 0 && left <= 0)
            return NULL;
    }
}

struct uw_transfer *uw_ring_reap(struct uw_block *block, int timeout_ms, struct uw_error *e)
{
    struct uw_ring *ring = block->ring;
    while (ring->in_flight > 0) {
        struct io_uring_cqe *cqe = wait_one(block, timeout_ms, e);
        if (cqe == NULL)
            return NULL;
        struct uw_transfer *transfer = io_uring_cqe_get_data(cqe);
        transfer->result = transfer->held ? -EBUSY : cqe->res;
        io_uring_cqe_seen(&ring->io, cqe);
        if ((transfer->result == -EINTR || transfer->result == -EAGAIN) &&
            is_passing(ring, (int)transfer->result) && queue(block, transfer))
            continue;
        ring->again = 0;
        ring->in_flight--;
        return transfer;
    }
    return NULL;
}

void uw_ring_stop(struct uw_block *block)
{
    if (block->ring == NULL)
        return;
    /* The kernel takes a ring down when it finds the time. Until then the registered descriptor keeps its
     * claim on the device, and who opens it next finds it in use. */
    if (block->ring->fixed_file)
        io_uring_unregister_files(&block->ring->io);
    if (block->ring->fixed_buffers)
        io_uring_unregister_buffers(&block->ring->io);
    io_uring_queue_exit(&block->ring->io);
    free(block->ring);
    block->ring = NULL;
}
