/* SPDX-License-Identifier: Apache-2.0 */
/* Transfers through pread and pwrite, where io_uring is switched off (sysctl, seccomp). A thread per buffer
 * keeps as many in flight as the ring would: with one at a time the drive waits while we fill and check. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "transport/block.h"

struct queue {
    struct uw_transfer *items[UW_BLOCK_DEPTH];
    unsigned first, count;
};

struct uw_sync {
    pthread_mutex_t lock;
    pthread_cond_t asked, answered;
    struct queue waiting, moved;
    unsigned in_flight;
    bool ending;
    unsigned threads;
    pthread_t thread[UW_BLOCK_DEPTH];
};

static void put(struct queue *queue, struct uw_transfer *transfer)
{
    queue->items[(queue->first + queue->count++) % UW_BLOCK_DEPTH] = transfer;
}

static struct uw_transfer *take(struct queue *queue)
{
    struct uw_transfer *transfer = queue->items[queue->first];
    queue->first = (queue->first + 1) % UW_BLOCK_DEPTH;
    queue->count--;
    return transfer;
}

static void *work(void *user)
{
    const struct uw_block *block = user;
    struct uw_sync *sync = block->sync;
    pthread_mutex_lock(&sync->lock);
    for (;;) {
        while (sync->waiting.count == 0 && !sync->ending)
            pthread_cond_wait(&sync->asked, &sync->lock);
        if (sync->waiting.count == 0)
            break;
        struct uw_transfer *transfer = take(&sync->waiting);
        pthread_mutex_unlock(&sync->lock);
        uw_block_move(block, transfer);
        pthread_mutex_lock(&sync->lock);
        put(&sync->moved, transfer);
        pthread_cond_signal(&sync->answered);
    }
    pthread_mutex_unlock(&sync->lock);
    return NULL;
}

/* Signals are for the threads that the program made itself. */
static int start_threads(struct uw_block *block)
{
    sigset_t all, before;
    sigfillset(&all);
    int error = pthread_sigmask(SIG_SETMASK, &all, &before);
    for (unsigned i = 0; i < block->buffers && error == 0; i++) {
        error = pthread_create(&block->sync->thread[i], NULL, work, block);
        if (error == 0)
            block->sync->threads++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    /* Fewer than asked for (RLIMIT_NPROC, memory) are slower and just as right. */
    return block->sync->threads > 0 ? 0 : error;
}

/* A step of the clock on the wall is no reason to give a drive up. */
static void init_timed(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

bool uw_sync_start(struct uw_block *block, struct uw_error *e)
{
    struct uw_sync *sync = calloc(1, sizeof *sync);
    if (sync == NULL)
        return uw_fail(e, UW_E_NOMEM, "%s: no memory for a queue", block->path);
    pthread_mutex_init(&sync->lock, NULL);
    pthread_cond_init(&sync->asked, NULL);
    init_timed(&sync->answered);
    block->sync = sync;
    int error = start_threads(block);
    if (error == 0)
        return true;
    uw_sync_stop(block);
    return uw_fail_errno(e, UW_E_IO, error, "%s: no thread for its transfers", block->path);
}

bool uw_sync_submit(struct uw_block *block, struct uw_transfer *transfer, struct uw_error *e)
{
    struct uw_sync *sync = block->sync;
    if (sync->in_flight >= block->buffers)
        return uw_fail(e, UW_E_IO, "%s: more transfers than buffers", block->path);
    sync->in_flight++;
    pthread_mutex_lock(&sync->lock);
    put(&sync->waiting, transfer);
    pthread_cond_signal(&sync->asked);
    pthread_mutex_unlock(&sync->lock);
    return true;
}

static struct timespec after_ms(int timeout_ms)
{
    struct timespec end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += timeout_ms / 1000;
    end.tv_nsec += timeout_ms % 1000 * 1000000L;
    if (end.tv_nsec >= 1000000000L) {
        end.tv_sec++;
        end.tv_nsec -= 1000000000L;
    }
    return end;
}

struct uw_transfer *uw_sync_reap(struct uw_block *block, int timeout_ms, struct uw_error *e)
{
    struct uw_sync *sync = block->sync;
    (void)e;
    if (sync->in_flight == 0)
        return NULL;
    struct timespec end = after_ms(timeout_ms < 0 ? 0 : timeout_ms);
    struct uw_transfer *transfer = NULL;
    int error = 0;
    pthread_mutex_lock(&sync->lock);
    while (sync->moved.count == 0 && error == 0)
        error = timeout_ms < 0 ? pthread_cond_wait(&sync->answered, &sync->lock)
                               : pthread_cond_timedwait(&sync->answered, &sync->lock, &end);
    if (sync->moved.count > 0)
        transfer = take(&sync->moved);
    pthread_mutex_unlock(&sync->lock);
    if (transfer != NULL)
        sync->in_flight--;
    return transfer;
}

void uw_sync_stop(struct uw_block *block)
{
    struct uw_sync *sync = block->sync;
    if (sync == NULL)
        return;
    pthread_mutex_lock(&sync->lock);
    sync->ending = true;
    if (block->transport.abandoned)
        sync->waiting.count = 0;
    pthread_cond_broadcast(&sync->asked);
    pthread_mutex_unlock(&sync->lock);
    if (block->transport.abandoned)
        return;
    for (unsigned i = 0; i < sync->threads; i++)
        pthread_join(sync->thread[i], NULL);
    pthread_cond_destroy(&sync->answered);
    pthread_cond_destroy(&sync->asked);
    pthread_mutex_destroy(&sync->lock);
    free(sync);
    block->sync = NULL;
}
