/* SPDX-License-Identifier: Apache-2.0 */
/* NVM commands: NVM Command Set Specification 1.0, section 3.2. */
#include "nvme_target.h"

#include <errno.h>
#include <stdlib.h>

#include "model/model_nvme_parts.h"

enum { FLUSH = 0x00, WRITE = 0x01, READ = 0x02 };
enum { INVALID_NAMESPACE = 0x00b, HAS_FAILED = 0x01c, IN_PROGRESS = 0x01d, READ_ONLY = 0x020, RANGE = 0x080 };
enum { NOT_READY = 0x082, FORMATS = 0x084, WRITE_FAULT = 0x280, READ_ERROR = 0x281, MOST_BLOCKS = 65536 };

/* As the drive numbers them now; MODEL_NVME_NAMESPACES: none, or none that is attached. */
static size_t place_of(struct model_nvme *nvme, uint32_t nsid)
{
    size_t place = 0;
    pthread_mutex_lock(&nvme->lock);
    while (place < nvme->count && nvme_nsid(nvme, place) != nsid)
        place++;
    bool is_there = place < nvme->count && !nvme->spaces[place].medium.detached;
    pthread_mutex_unlock(&nvme->lock);
    return is_there ? place : MODEL_NVME_NAMESPACES;
}

/* What a controller says where the model only says EIO. */
static int status_of(struct model_nvme *nvme, size_t place, bool write)
{
    pthread_mutex_lock(&nvme->lock);
    int status = write ? WRITE_FAULT : READ_ERROR;
    if (nvme_is_sanitizing(nvme))
        status = IN_PROGRESS;
    else if (nvme_has_failed(nvme))
        status = HAS_FAILED;
    else if (nvme->format.running)
        status = FORMATS;
    else if (nvme->spaces[place].format_broken)
        status = NOT_READY | NVME_DO_NOT_RETRY;
    else if (write && nvme->spaces[place].medium.write_protected)
        status = READ_ONLY | NVME_DO_NOT_RETRY;
    pthread_mutex_unlock(&nvme->lock);
    return status;
}

static bool answer_moved(struct queue *queue, const uint8_t *entry, size_t place, int64_t moved,
                         uint32_t bytes)
{
    if (moved == -ENODEV) {
        drive_unplug(queue->drive);
        return false;
    }
    return queue_answer(queue, entry,
                        moved == bytes ? 0 : status_of(queue->drive->nvme, place, entry[0] == WRITE), 0);
}

static bool read_blocks(struct queue *queue, const uint8_t *entry, size_t place, uint64_t offset,
                        uint32_t bytes)
{
    uint8_t *data = calloc(1, bytes);
    if (data == NULL)
        return false;
    int64_t moved = model_nvme_move(queue->drive->nvme, place, drives_now_ms(), false, offset, bytes, data);
    bool good = moved == bytes ? queue_answer_data(queue, entry, data, bytes)
                               : answer_moved(queue, entry, place, moved, bytes);
    free(data);
    return good;
}

static bool move(struct queue *queue, const uint8_t *entry, size_t place, uint8_t *data, uint32_t bytes)
{
    struct model_nvme *nvme = queue->drive->nvme;
    uint32_t block = nvme->spaces[place].block->config.block_bytes;
    uint64_t lba = nvme_get(entry + 40, 8), count = nvme_get(entry + 48, 2) + 1;
    uint64_t blocks = nvme->spaces[place].block->blocks;
    if (lba >= blocks || count > blocks - lba)
        return queue_answer(queue, entry, RANGE | NVME_DO_NOT_RETRY, 0);
    if (count * block != nvme_data_bytes(entry) || count * block > MOST_DATA)
        return queue_answer(queue, entry, NVME_INVALID_FIELD | NVME_DO_NOT_RETRY, 0);
    uint32_t wanted = (uint32_t)(count * block);
    if (entry[0] == READ)
        return read_blocks(queue, entry, place, lba * block, wanted);
    if (bytes != wanted)
        return queue_answer(queue, entry, NVME_INVALID_FIELD | NVME_DO_NOT_RETRY, 0);
    return answer_moved(queue, entry, place,
                        model_nvme_move(nvme, place, drives_now_ms(), true, lba * block, wanted, data),
                        wanted);
}

bool queue_io(struct queue *queue, const uint8_t *entry, uint8_t *data, uint32_t bytes)
{
    struct model_nvme *nvme = queue->drive->nvme;
    size_t place = place_of(nvme, (uint32_t)nvme_get(entry + 4, 4));
    if (entry[0] > READ)
        return queue_answer(queue, entry, NVME_INVALID_OPCODE | NVME_DO_NOT_RETRY, 0);
    if (place == MODEL_NVME_NAMESPACES)
        return queue_answer(queue, entry, INVALID_NAMESPACE | NVME_DO_NOT_RETRY, 0);
    if (entry[0] == FLUSH) {
        int error = model_nvme_flush(nvme, place, drives_now_ms());
        return answer_moved(queue, entry, place, -error, 0);
    }
    return move(queue, entry, place, data, bytes);
}
