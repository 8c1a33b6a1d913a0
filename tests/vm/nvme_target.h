/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the NVMe/TCP target share: one queue of one controller, which is one TCP connection. */
#ifndef NVME_TARGET_H
#define NVME_TARGET_H

#include "drives.h"

enum { QUEUE_DEPTH = 128, ENTRY_BYTES = 64, MOST_EVENTS = 4, MOST_DATA = 128 << 10 };

/* A command that waits: for its data, or for the time at which its answer is due. */
struct held {
    bool used, late;
    uint8_t entry[ENTRY_BYTES];
    uint8_t *data;
    uint32_t bytes, got;
    uint64_t due_ms;
    int status;
    uint64_t result;
};

struct queue {
    int fd;
    struct drive *drive; /* NULL: Connect did not come yet */
    uint16_t id, cntlid, head, size;
    uint8_t *pdu;
    struct held held[QUEUE_DEPTH];
    /* Of the admin queue: the controller. */
    uint32_t configuration, status;
    int64_t keep_alive_ms, heard_ms; /* real time; 0: no keep-alive */
    uint16_t events[MOST_EVENTS];    /* commands that wait for one */
    unsigned event_count;
    bool was_sanitizing, event_due;
};

/* nvme_target.c: false: the connection is broken. */
bool queue_answer(struct queue *queue, const uint8_t *entry, int status, uint64_t result);
/* Data, then success. No more than the command has room for. */
bool queue_answer_data(struct queue *queue, const uint8_t *entry, const void *data, uint32_t bytes);
/* Keeps the answer until it is due; takes `data` over (NULL: none). */
bool queue_answer_later(struct queue *queue, const uint8_t *entry, const struct held *answer);

/* nvme_target_admin.c; `data` came with the command or by a transfer. */
bool queue_fabrics(struct queue *queue, const uint8_t *entry, const uint8_t *data, uint32_t bytes);
bool queue_admin(struct queue *queue, const uint8_t *entry, uint8_t *data, uint32_t bytes);
/* A sanitize that ended is told to whoever waits for events. */
bool queue_tell_events(struct queue *queue);

/* nvme_target_io.c */
bool queue_io(struct queue *queue, const uint8_t *entry, uint8_t *data, uint32_t bytes);

uint64_t nvme_get(const uint8_t *at, unsigned bytes); /* little endian */
void nvme_put(uint8_t *at, unsigned bytes, uint64_t value);
/* Of the command's data pointer. */
uint32_t nvme_data_bytes(const uint8_t *entry);

enum { NVME_DO_NOT_RETRY = 0x4000, NVME_INVALID_FIELD = 0x002, NVME_INVALID_OPCODE = 0x001 };

#endif
