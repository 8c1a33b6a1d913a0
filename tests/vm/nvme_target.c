/* SPDX-License-Identifier: Apache-2.0 */
/* NVM Express over TCP: PDUs in and out (NVMe/TCP Transport Specification 1.0, section 3). No digests, one
 * transfer (R2T) for each command's data, none inside capsules but on the admin queue. */
#include "nvme_target.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { HEADER = 8, IC = 128, CAPSULE = 72, DATA_HEADER = 24, ANSWER = 24, MOST_PDU = MOST_DATA + 4096 };
enum {
    IC_REQUEST = 0x00,
    IC_RESPONSE = 0x01,
    COMMAND = 0x04,
    RESPONSE = 0x05,
    H2C_DATA = 0x06,
    C2H_DATA = 0x07,
    R2T = 0x09
};
enum { LAST = 1 << 2, EVENT_TICK_MS = 50 };
enum { FABRICS = 0x7f, WITHIN_CAPSULE = 0x01, TRANSPORT_BLOCK = 0x5a };

uint64_t nvme_get(const uint8_t *at, unsigned bytes)
{
    uint64_t value = 0;
    for (unsigned i = bytes; i-- > 0;)
        value = value << 8 | at[i];
    return value;
}

void nvme_put(uint8_t *at, unsigned bytes, uint64_t value)
{
    for (unsigned i = 0; i < bytes; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

uint32_t nvme_data_bytes(const uint8_t *entry)
{
    return (uint32_t)nvme_get(entry + 32, 4);
}

static uint16_t id_of(const uint8_t *entry)
{
    return (uint16_t)nvme_get(entry + 2, 2);
}

static void begin_pdu(uint8_t *pdu, uint8_t type, uint8_t flags, uint8_t header, uint8_t data_at,
                      uint32_t bytes)
{
    memset(pdu, 0, header);
    pdu[0] = type;
    pdu[1] = flags;
    pdu[2] = header;
    pdu[3] = data_at;
    nvme_put(pdu + 4, 4, bytes);
}

/* --- Out --- */

bool queue_answer(struct queue *queue, const uint8_t *entry, int status, uint64_t result)
{
    uint8_t pdu[ANSWER];
    begin_pdu(pdu, RESPONSE, 0, ANSWER, 0, ANSWER);
    queue->head = (uint16_t)(queue->size > 0 ? (queue->head + 1) % queue->size : 0);
    nvme_put(pdu + 8, 8, result);
    nvme_put(pdu + 16, 2, queue->head);
    nvme_put(pdu + 18, 2, queue->id);
    nvme_put(pdu + 20, 2, id_of(entry));
    nvme_put(pdu + 22, 2, (uint64_t)(unsigned)status << 1);
    return drives_write(queue->fd, pdu, sizeof pdu, NULL, 0);
}

bool queue_answer_data(struct queue *queue, const uint8_t *entry, const void *data, uint32_t bytes)
{
    uint8_t pdu[DATA_HEADER];
    uint32_t room = nvme_data_bytes(entry);
    bytes = bytes < room ? bytes : room;
    begin_pdu(pdu, C2H_DATA, LAST, DATA_HEADER, DATA_HEADER, DATA_HEADER + bytes);
    nvme_put(pdu + 8, 2, id_of(entry));
    nvme_put(pdu + 16, 4, bytes);
    if (bytes > 0 && !drives_write(queue->fd, pdu, sizeof pdu, data, bytes))
        return false;
    return queue_answer(queue, entry, 0, 0);
}

static struct held *free_place(struct queue *queue)
{
    for (size_t i = 0; i < QUEUE_DEPTH; i++)
        if (!queue->held[i].used)
            return &queue->held[i];
    return NULL;
}

bool queue_answer_later(struct queue *queue, const uint8_t *entry, const struct held *answer)
{
    struct held *held = free_place(queue);
    if (held == NULL) {
        free(answer->data);
        return false;
    }
    *held = *answer;
    held->used = held->late = true;
    memcpy(held->entry, entry, ENTRY_BYTES);
    return true;
}

static void release(struct held *held)
{
    free(held->data);
    *held = (struct held){0};
}

static bool answer_what_is_due(struct queue *queue)
{
    bool good = true;
    for (size_t i = 0; good && i < QUEUE_DEPTH; i++) {
        struct held *held = &queue->held[i];
        if (!held->used || !held->late || held->due_ms > drives_now_ms())
            continue;
        if (held->data != NULL && held->status == 0)
            good = queue_answer_data(queue, held->entry, held->data, held->bytes);
        else
            good = queue_answer(queue, held->entry, held->status, held->result);
        release(held);
    }
    return good;
}

static uint64_t next_due_ms(const struct queue *queue)
{
    uint64_t next_ms = UINT64_MAX;
    for (size_t i = 0; i < QUEUE_DEPTH; i++)
        if (queue->held[i].used && queue->held[i].late && queue->held[i].due_ms < next_ms)
            next_ms = queue->held[i].due_ms;
    return next_ms;
}

/* --- In --- */

static bool is_deaf(struct queue *queue)
{
    if (queue->drive == NULL)
        return false;
    pthread_mutex_lock(&queue->drive->nvme->lock);
    bool deaf = queue->drive->nvme->deaf;
    pthread_mutex_unlock(&queue->drive->nvme->lock);
    return deaf;
}

static bool carry_out(struct queue *queue, const uint8_t *entry, uint8_t *data, uint32_t bytes)
{
    if (is_deaf(queue))
        return true;
    if (entry[0] == FABRICS)
        return queue_fabrics(queue, entry, data, bytes);
    if (queue->drive == NULL)
        return false;
    return queue->id == 0 ? queue_admin(queue, entry, data, bytes) : queue_io(queue, entry, data, bytes);
}

/* The host has data for this command: asks for all of them at once. */
static bool ask_for_data(struct queue *queue, const uint8_t *entry)
{
    uint8_t pdu[DATA_HEADER];
    uint32_t bytes = nvme_data_bytes(entry);
    struct held *held = free_place(queue);
    if (held == NULL || bytes > MOST_DATA)
        return queue_answer(queue, entry, NVME_INVALID_FIELD | NVME_DO_NOT_RETRY, 0);
    *held = (struct held){.used = true, .data = malloc(bytes), .bytes = bytes};
    if (held->data == NULL)
        return false;
    memcpy(held->entry, entry, ENTRY_BYTES);
    begin_pdu(pdu, R2T, 0, DATA_HEADER, 0, DATA_HEADER);
    nvme_put(pdu + 8, 2, id_of(entry));
    nvme_put(pdu + 10, 2, (uint64_t)(held - queue->held));
    nvme_put(pdu + 16, 4, bytes);
    return drives_write(queue->fd, pdu, sizeof pdu, NULL, 0);
}

static bool hear_command(struct queue *queue, uint32_t bytes)
{
    const uint8_t *entry = queue->pdu + HEADER;
    uint32_t data_at = queue->pdu[3], inside = data_at != 0 ? bytes - data_at : 0;
    bool writes = (entry[0] & 3) == 1;
    if (bytes < CAPSULE || (data_at != 0 && (data_at < CAPSULE || data_at > bytes)))
        return false;
    if (writes && entry[39] == TRANSPORT_BLOCK && entry[0] != FABRICS && nvme_data_bytes(entry) > 0)
        return ask_for_data(queue, entry);
    return carry_out(queue, entry, inside > 0 ? queue->pdu + data_at : NULL, inside);
}

static bool hear_data(struct queue *queue, uint32_t bytes)
{
    const uint8_t *pdu = queue->pdu;
    uint64_t place = nvme_get(pdu + 10, 2), offset = nvme_get(pdu + 12, 4), length = nvme_get(pdu + 16, 4);
    uint32_t data_at = pdu[3];
    struct held *held = place < QUEUE_DEPTH ? &queue->held[place] : NULL;
    if (bytes < DATA_HEADER || held == NULL || !held->used || held->late || data_at < DATA_HEADER ||
        data_at + length != bytes || offset != held->got || offset + length > held->bytes)
        return false;
    memcpy(held->data + offset, pdu + data_at, length);
    held->got += (uint32_t)length;
    if (held->got < held->bytes)
        return true;
    bool good = carry_out(queue, held->entry, held->data, held->bytes);
    release(held);
    return good;
}

static bool agree(struct queue *queue, uint32_t bytes)
{
    uint8_t pdu[IC];
    if (bytes != IC || queue->pdu[10] != 0 || queue->pdu[11] != 0) /* no alignment, no digests */
        return false;
    begin_pdu(pdu, IC_RESPONSE, 0, IC, 0, IC);
    nvme_put(pdu + 12, 4, MOST_DATA);
    return drives_write(queue->fd, pdu, sizeof pdu, NULL, 0);
}

static bool hear(struct queue *queue)
{
    if (!drives_read(queue->fd, queue->pdu, HEADER))
        return false;
    uint32_t bytes = (uint32_t)nvme_get(queue->pdu + 4, 4);
    if (bytes < HEADER || bytes > MOST_PDU || !drives_read(queue->fd, queue->pdu + HEADER, bytes - HEADER))
        return false;
    switch (queue->pdu[0]) {
    case IC_REQUEST:
        return agree(queue, bytes);
    case COMMAND:
        return hear_command(queue, bytes);
    case H2C_DATA:
        return hear_data(queue, bytes);
    default:
        return false;
    }
}

/* --- A queue's life --- */

static int64_t real_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Base specification 2.0, 3.9: whoever is not heard of for so long is gone. */
static bool is_alive(struct queue *queue, bool heard)
{
    int64_t now_ms = real_ms();
    if (heard)
        queue->heard_ms = now_ms;
    return queue->keep_alive_ms == 0 || now_ms - queue->heard_ms <= 2 * queue->keep_alive_ms;
}

static bool step(struct queue *queue)
{
    struct pollfd poll_fd = {.fd = queue->fd, .events = POLLIN};
    int ready = poll(&poll_fd, 1, drives_wait_ms(next_due_ms(queue), queue->id == 0 ? EVENT_TICK_MS : 1000));
    if (ready < 0 && errno != EINTR)
        return false;
    if (ready > 0 && !hear(queue))
        return false;
    if (queue->drive == NULL)
        return true;
    if (!model_nvme_is_powered(queue->drive->nvme) || !is_alive(queue, ready > 0))
        return false;
    if (is_deaf(queue))
        return true;
    return answer_what_is_due(queue) && (queue->id != 0 || queue_tell_events(queue));
}

/* A controller whose admin queue is gone is gone as a whole, and its host may come again. */
static void end(struct queue *queue)
{
    if (queue->drive == NULL)
        return;
    drive_remove_line(queue->drive, queue->fd);
    if (queue->id != 0)
        return;
    drive_break_lines(queue->drive, &queue->cntlid);
    model_nvme_reset(queue->drive->nvme);
}

void drives_serve_nvme(int fd)
{
    struct queue *queue = calloc(1, sizeof *queue);
    if (queue != NULL)
        queue->pdu = calloc(1, MOST_PDU);
    if (queue != NULL && queue->pdu != NULL) {
        queue->fd = fd;
        while (step(queue))
            ;
        end(queue);
        for (size_t i = 0; i < QUEUE_DEPTH; i++)
            release(&queue->held[i]);
    }
    if (queue != NULL)
        free(queue->pdu);
    free(queue);
    close(fd);
}
