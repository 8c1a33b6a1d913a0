/* SPDX-License-Identifier: Apache-2.0 */
/* Fabrics commands (NVM Express over Fabrics 1.1a, section 3) and the admin commands that belong to a host's
 * connection rather than to a drive: features, events, keep-alive. All others are the model's. */
#include "nvme_target.h"

#include <stdlib.h>
#include <string.h>

#include "model/model_nvme_parts.h"

enum { PROPERTY_SET = 0x00, CONNECT = 0x01, PROPERTY_GET = 0x04 };
enum { CAP = 0x00, VS = 0x08, CC = 0x14, CSTS = 0x1c };
enum { READY = 1, SHUTDOWN_DONE = 2 << 2, CC_ENABLE = 1, CC_SHUTDOWN = 3 << 14 };
enum { CONNECT_DATA = 1024, CONNECT_BUSY = 0x181, CONNECT_INVALID = 0x182, DYNAMIC = 0xffff };
enum { GET_LOG = 0x02, IDENTIFY = 0x06, ABORT = 0x08, SET_FEATURES = 0x09, GET_FEATURES = 0x0a };
enum { EVENT_REQUEST = 0x0c, KEEP_ALIVE = 0x18, SECURITY_SEND = 0x81, SECURITY_RECEIVE = 0x82 };
enum { EVENT_LIMIT = 0x105 };
enum { QUEUES = 0x07, EVENTS = 0x0b, KEEP_ALIVE_TIMER = 0x0f, HOST_IDENTIFIER = 0x81 };
enum { IO_QUEUES = 2, MOST_DEPTH = 64, PAGE = UW_NVME_PAGE_BYTES, SANITIZE_ENDED = 0x810106 };
enum { BY_EUI64 = 1 };

/* CAP: queues of MOST_DEPTH, contiguous; 15 s to get ready; NVM commands. */
static const uint64_t capabilities = (MOST_DEPTH - 1) | 1ULL << 16 | 30ULL << 24 | 1ULL << 37;

/* --- Fabrics --- */

static bool refuse_connect(struct queue *queue, const uint8_t *entry, int status)
{
    (void)queue_answer(queue, entry, status | NVME_DO_NOT_RETRY, 0);
    return false;
}

static bool join(struct queue *queue, const uint8_t *entry, struct drive *drive, uint16_t cntlid)
{
    uint16_t id = (uint16_t)nvme_get(entry + 42, 2);
    bool admin = id == 0;
    if (admin && cntlid != DYNAMIC)
        return refuse_connect(queue, entry, CONNECT_INVALID);
    if (!admin && !drive_has_controller(drive, cntlid))
        return refuse_connect(queue, entry, CONNECT_INVALID);
    if (admin) {
        pthread_mutex_lock(&drive->lock);
        cntlid = ++drive->last_cntlid;
        pthread_mutex_unlock(&drive->lock);
        queue->keep_alive_ms = (int64_t)nvme_get(entry + 48, 4);
    }
    if (!drive_add_line(drive, (struct line){.fd = queue->fd, .cntlid = cntlid, .admin = admin}))
        return refuse_connect(queue, entry, CONNECT_BUSY);
    queue->drive = drive;
    queue->id = id;
    queue->cntlid = cntlid;
    queue->size = (uint16_t)(nvme_get(entry + 44, 2) + 1);
    return queue_answer(queue, entry, 0, cntlid);
}

static bool connect_queue(struct queue *queue, const uint8_t *entry, const uint8_t *data, uint32_t bytes)
{
    char nqn[256 + 1] = {0};
    if (queue->drive != NULL || data == NULL || bytes < CONNECT_DATA)
        return false;
    memcpy(nqn, data + 256, 256);
    struct drive *drive = drive_by_nqn(nqn);
    if (drive == NULL)
        return refuse_connect(queue, entry, CONNECT_INVALID);
    return join(queue, entry, drive, (uint16_t)nvme_get(data + 16, 2));
}

static bool get_property(struct queue *queue, const uint8_t *entry)
{
    switch (nvme_get(entry + 44, 4)) {
    case CAP:
        return queue_answer(queue, entry, 0, capabilities);
    case VS:
        return queue_answer(queue, entry, 0, 0x00020000);
    case CC:
        return queue_answer(queue, entry, 0, queue->configuration);
    case CSTS:
        return queue_answer(queue, entry, 0, queue->status);
    default:
        return queue_answer(queue, entry, NVME_INVALID_FIELD, 0);
    }
}

static void shut_down(struct model_nvme *nvme)
{
    for (size_t place = 0; place < nvme->count; place++)
        (void)model_nvme_flush(nvme, place, drives_now_ms());
}

static bool set_property(struct queue *queue, const uint8_t *entry)
{
    uint32_t value = (uint32_t)nvme_get(entry + 48, 4), was = queue->configuration;
    if (nvme_get(entry + 44, 4) != CC)
        return queue_answer(queue, entry, NVME_INVALID_FIELD, 0);
    queue->configuration = value;
    queue->status = (value & CC_ENABLE) != 0 ? READY : 0;
    if ((was & CC_ENABLE) != 0 && (value & CC_ENABLE) == 0)
        model_nvme_reset(queue->drive->nvme);
    if ((value & CC_SHUTDOWN) != 0) {
        shut_down(queue->drive->nvme);
        queue->status |= SHUTDOWN_DONE;
    }
    return queue_answer(queue, entry, 0, 0);
}

bool queue_fabrics(struct queue *queue, const uint8_t *entry, const uint8_t *data, uint32_t bytes)
{
    uint8_t type = entry[4];
    if (type == CONNECT)
        return connect_queue(queue, entry, data, bytes);
    if (queue->drive == NULL || queue->id != 0)
        return false;
    if (type == PROPERTY_GET)
        return get_property(queue, entry);
    if (type == PROPERTY_SET)
        return set_property(queue, entry);
    return queue_answer(queue, entry, NVME_INVALID_OPCODE | NVME_DO_NOT_RETRY, 0);
}

/* --- What belongs to the connection --- */

static bool set_features(struct queue *queue, const uint8_t *entry)
{
    uint64_t wanted = nvme_get(entry + 44, 4) & 0xffff;
    switch (entry[40]) {
    case QUEUES: /* counted from 0 */
        wanted = wanted < IO_QUEUES - 1 ? wanted : IO_QUEUES - 1;
        return queue_answer(queue, entry, 0, wanted << 16 | wanted);
    case KEEP_ALIVE_TIMER:
        queue->keep_alive_ms = (int64_t)nvme_get(entry + 44, 4);
        return queue_answer(queue, entry, 0, 0);
    case EVENTS:
    case HOST_IDENTIFIER:
        return queue_answer(queue, entry, 0, 0);
    default:
        return queue_answer(queue, entry, NVME_INVALID_FIELD | NVME_DO_NOT_RETRY, 0);
    }
}

static bool wait_for_event(struct queue *queue, const uint8_t *entry)
{
    if (queue->event_count == MOST_EVENTS)
        return queue_answer(queue, entry, EVENT_LIMIT | NVME_DO_NOT_RETRY, 0);
    queue->events[queue->event_count++] = (uint16_t)nvme_get(entry + 2, 2);
    return true;
}

bool queue_tell_events(struct queue *queue)
{
    struct model_nvme *nvme = queue->drive->nvme;
    pthread_mutex_lock(&nvme->lock);
    bool sanitizes = nvme->sanitize.running;
    pthread_mutex_unlock(&nvme->lock);
    queue->event_due |= queue->was_sanitizing && !sanitizes;
    queue->was_sanitizing = sanitizes;
    if (!queue->event_due || queue->event_count == 0)
        return true;
    uint8_t entry[ENTRY_BYTES] = {EVENT_REQUEST};
    nvme_put(entry + 2, 2, queue->events[--queue->event_count]);
    queue->event_due = false;
    return queue_answer(queue, entry, 0, SANITIZE_ENDED);
}

/* --- What the model answers --- */

static void put_fabrics(const struct queue *queue, uint8_t *page)
{
    page[77] = 5;                          /* MDTS: 128 KiB */
    nvme_put(page + 78, 2, queue->cntlid); /* as Connect said */
    nvme_put(page + 92, 4, 1U << 8);       /* OAES: a host asks for events only where there are some */
    page[111] = 1;                         /* an I/O controller */
    page[259] = MOST_EVENTS - 1;           /* AERL */
    nvme_put(page + 320, 2, 10);           /* KAS: in 100 ms */
    nvme_put(page + 514, 2, MOST_DEPTH);   /* MAXCMD */
    page[525] |= 1; /* VWC: the models have a cache, and a host flushes only what says so */
    nvme_put(page + 536, 4, 1U | 3U << 20); /* SGLS: within capsules, by transport */
    memset(page + 768, 0, 256);             /* SUBNQN */
    memcpy(page + 768, queue->drive->nqn, strlen(queue->drive->nqn));
    nvme_put(page + 1792, 4, ENTRY_BYTES / 16); /* IOCCSZ: no data in capsules */
    nvme_put(page + 1796, 4, 1);                /* IORCSZ */
    page[1803] = 1;                             /* MSDBD */
}

/* Base specification 2.0, 5.17.2.3: the identifiers of a namespace, as its own page has them. */
static int identifiers(struct model_nvme *nvme, uint32_t nsid, uint8_t *page)
{
    uint8_t own[PAGE];
    uint64_t took_ms;
    static const uint8_t none[8];
    struct uw_nvme_command command = uw_nvme_identify_namespace(nsid, own);
    if (!model_nvme_take(nvme, drives_now_ms(), &command, &took_ms) || command.status != 0)
        return command.status != 0 ? command.status : NVME_INVALID_FIELD;
    if (memcmp(own + 120, none, sizeof none) == 0)
        return 0;
    page[0] = BY_EUI64;
    page[1] = 8;
    memcpy(page + 4, own + 120, 8);
    return 0;
}

static struct uw_nvme_command command_of(const uint8_t *entry)
{
    return (struct uw_nvme_command){.opcode = entry[0],
                                    .nsid = (uint32_t)nvme_get(entry + 4, 4),
                                    .cdw10 = (uint32_t)nvme_get(entry + 40, 4),
                                    .cdw11 = (uint32_t)nvme_get(entry + 44, 4),
                                    .cdw12 = (uint32_t)nvme_get(entry + 48, 4),
                                    .cdw13 = (uint32_t)nvme_get(entry + 52, 4),
                                    .timeout_ms = 1}; /* whose it is, only the kernel knows */
}

/* Of what goes in; 0: nothing. */
static uint32_t bytes_of(const struct uw_nvme_command *command)
{
    uint64_t dwords = (command->cdw10 >> 16 | (uint64_t)(command->cdw11 & 0xffff) << 16) + 1;
    if (command->opcode == IDENTIFY)
        return PAGE;
    if (command->opcode == SECURITY_RECEIVE)
        return command->cdw11 <= MOST_DATA ? command->cdw11 : 0;
    return command->opcode == GET_LOG && dwords * 4 <= MOST_DATA ? (uint32_t)(dwords * 4) : 0;
}

static bool ask_model(struct queue *queue, const uint8_t *entry)
{
    struct uw_nvme_command command = command_of(entry);
    uint64_t took_ms = 0, now_ms = drives_now_ms();
    command.data_bytes = bytes_of(&command);
    command.data = command.data_bytes > 0 ? calloc(1, command.data_bytes) : NULL;
    bool identify = command.opcode == IDENTIFY, answered;
    if (command.data_bytes > 0 && command.data == NULL)
        return false;
    if (identify && entry[40] == 0x03) {
        command.status = identifiers(queue->drive->nvme, command.nsid, command.data);
        answered = true;
    } else {
        answered = model_nvme_take(queue->drive->nvme, now_ms, &command, &took_ms);
    }
    if (!answered) {
        free(command.data);
        return true; /* whoever waits gives up */
    }
    if (identify && entry[40] == 0x01 && command.status == 0)
        put_fabrics(queue, command.data);
    return queue_answer_later(queue, entry,
                              &(struct held){.data = command.data,
                                             .bytes = command.data_bytes,
                                             .due_ms = now_ms + took_ms,
                                             .status = command.status,
                                             .result = command.result});
}

static bool send_security(struct queue *queue, const uint8_t *entry, uint8_t *data, uint32_t bytes)
{
    struct uw_nvme_command command = command_of(entry);
    uint64_t took_ms = 0, now_ms = drives_now_ms();
    command.data = data;
    command.data_bytes = bytes;
    command.data_out = true;
    if (!model_nvme_take(queue->drive->nvme, now_ms, &command, &took_ms))
        return true;
    return queue_answer_later(
        queue, entry,
        &(struct held){.due_ms = now_ms + took_ms, .status = command.status, .result = command.result});
}

bool queue_admin(struct queue *queue, const uint8_t *entry, uint8_t *data, uint32_t bytes)
{
    switch (entry[0]) {
    case KEEP_ALIVE:
        return queue_answer(queue, entry, 0, 0);
    case ABORT: /* which did not abort anything */
        return queue_answer(queue, entry, 0, 1);
    case EVENT_REQUEST:
        return wait_for_event(queue, entry);
    case SET_FEATURES:
        return set_features(queue, entry);
    case GET_FEATURES:
        return queue_answer(queue, entry, NVME_INVALID_FIELD | NVME_DO_NOT_RETRY, 0);
    case SECURITY_SEND:
        return send_security(queue, entry, data, bytes);
    default:
        return ask_model(queue, entry);
    }
}
