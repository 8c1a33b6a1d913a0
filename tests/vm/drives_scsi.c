/* SPDX-License-Identifier: Apache-2.0 */
/* CDBs for the ATA models: what a disk driver of the kernel asks for beyond what the model's own layer knows
 * (sectors, the caching page) is made here; all else is the model's. One command at a time, as without NCQ.
 */
#include "drives.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "doors.h"

enum { CHECK_CONDITION = 0x02, TASK_ABORTED = 0x40, WAITING = 256 };
enum { ABORTED = 0x0b, MEDIUM_ERROR = 0x03, ILLEGAL_REQUEST = 0x05 };
enum { READ_6 = 0x08, WRITE_6 = 0x0a, MODE_SENSE_6 = 0x1a, READ_10 = 0x28, WRITE_10 = 0x2a };
enum { READ_16 = 0x88, WRITE_16 = 0x8a, READ_CAPACITY_10 = 0x25, SERVICE_IN_16 = 0x9e };

enum state { NEW = 0, TAKEN, SILENT };

struct waiting {
    uint16_t tag;
    enum state state;
    uint64_t due_ms;
    struct uw_scsi_command command;
    uint8_t *data;
};

struct session {
    int fd;
    struct drive *drive;
    struct waiting waiting[WAITING]; /* the oldest first */
    size_t count;
};

static uint64_t big(const uint8_t *at, unsigned bytes)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < bytes; i++)
        value = value << 8 | at[i];
    return value;
}

static void say(struct uw_scsi_command *command, uint8_t key, uint8_t asc, uint8_t ascq)
{
    command->status = CHECK_CONDITION;
    command->sense_bytes = 18;
    memset(command->sense, 0, sizeof command->sense);
    command->sense[0] = 0x70;
    command->sense[2] = key;
    command->sense[7] = 10;
    command->sense[12] = asc;
    command->sense[13] = ascq;
}

/* A drive that is locked or at work aborts; where the medium is bad it says so. */
static void say_why(struct model_ata *ata, struct uw_scsi_command *command)
{
    pthread_mutex_lock(&ata->lock);
    bool refuses = ata->locked || ata->sanitize.running || ata->unit.running || ata->state == MODEL_ATA_SD3;
    pthread_mutex_unlock(&ata->lock);
    if (refuses)
        say(command, ABORTED, 0, 0);
    else
        say(command, MEDIUM_ERROR, 0x11, 4);
}

static void move(struct model_ata *ata, struct uw_scsi_command *command, bool write, uint64_t lba,
                 uint64_t sectors)
{
    uint32_t sector = ata->config.block.block_bytes != 0 ? ata->config.block.block_bytes : 512;
    if (sectors * sector > command->data_bytes || sectors > DOOR_DATA / sector) {
        say(command, ILLEGAL_REQUEST, 0x24, 0);
        return;
    }
    if (sectors == 0)
        return;
    uint32_t bytes = (uint32_t)(sectors * sector);
    int64_t moved = model_ata_move(ata, drives_now_ms(), write, lba * sector, bytes, command->data);
    if (moved == bytes && write && ata->config.cache_off)
        (void)model_ata_flush(ata, drives_now_ms());
    if (moved == bytes)
        command->moved_bytes = bytes;
    else
        say_why(ata, command);
}

/* SBC-4, 6.5.5. WCE: the model has a cache that a power cut empties, unless it is off. */
static void caching_page(const struct model_ata *ata, struct uw_scsi_command *command)
{
    uint8_t data[4 + 20] = {23, 0, 0x10, 0, 0x08, 18, ata->config.cache_off ? 0 : 0x04};
    unsigned page = command->cdb[2] & 0x3f, room = command->cdb[4];
    if ((page != 0x08 && page != 0x3f) || command->direction != UW_SCSI_DATA_IN) {
        say(command, ILLEGAL_REQUEST, 0x24, 0);
        return;
    }
    uint32_t most = room < command->data_bytes ? room : command->data_bytes;
    command->moved_bytes = most < sizeof data ? most : (uint32_t)sizeof data;
    memcpy(command->data, data, command->moved_bytes);
}

/* False: it is the model's. */
static bool is_ours(struct model_ata *ata, struct uw_scsi_command *command)
{
    const uint8_t *cdb = command->cdb;
    switch (cdb[0]) {
    case READ_6:
    case WRITE_6:
        move(ata, command, cdb[0] == WRITE_6, big(cdb + 1, 3) & 0x1fffff, cdb[4] == 0 ? 256 : cdb[4]);
        return true;
    case READ_10:
    case WRITE_10:
        move(ata, command, cdb[0] == WRITE_10, big(cdb + 2, 4), big(cdb + 7, 2));
        return true;
    case READ_16:
    case WRITE_16:
        move(ata, command, cdb[0] == WRITE_16, big(cdb + 2, 8), big(cdb + 10, 4));
        return true;
    case MODE_SENSE_6:
        caching_page(ata, command);
        return true;
    case READ_CAPACITY_10: /* whoever asks looks anew */
    case SERVICE_IN_16:
        model_ata_rescan(ata);
        return false;
    default:
        return false;
    }
}

static bool is_deaf(struct model_ata *ata)
{
    pthread_mutex_lock(&ata->lock);
    bool deaf = ata->deaf;
    pthread_mutex_unlock(&ata->lock);
    return deaf;
}

static void take(struct model_ata *ata, struct waiting *waiting)
{
    uint64_t after_ms = 0, now_ms = drives_now_ms();
    enum model_ata_taken taken = is_deaf(ata) ? MODEL_ATA_SILENT : MODEL_ATA_ANSWERED;
    if (taken == MODEL_ATA_ANSWERED && !is_ours(ata, &waiting->command))
        taken = model_ata_take(ata, now_ms, &waiting->command, &after_ms);
    waiting->due_ms = taken == MODEL_ATA_SILENT ? UINT64_MAX : now_ms + after_ms;
    waiting->state = taken == MODEL_ATA_SILENT ? SILENT : taken == MODEL_ATA_BUSY ? NEW : TAKEN;
}

static bool answer(const struct session *session, const struct waiting *waiting)
{
    const struct uw_scsi_command *command = &waiting->command;
    struct door_answer head = {
        .status = command->status, .sense_bytes = command->sense_bytes, .moved = command->moved_bytes};
    uint32_t in = command->direction == UW_SCSI_DATA_IN ? command->moved_bytes : 0;
    struct {
        struct door_frame frame;
        struct door_answer answer;
    } out = {{(uint32_t)sizeof head + in, DOOR_ANSWER, waiting->tag}, head};
    memcpy(out.answer.sense, command->sense, command->sense_bytes);
    return drives_write(session->fd, &out, sizeof out, waiting->data, in);
}

static void forget(struct session *session, size_t index)
{
    free(session->waiting[index].data);
    session->count--;
    memmove(&session->waiting[index], &session->waiting[index + 1],
            (session->count - index) * sizeof session->waiting[0]);
}

/* What is due; false: the line is broken. */
static bool work(struct session *session)
{
    while (session->count > 0) {
        struct waiting *first = &session->waiting[0];
        if (first->state == NEW && drives_now_ms() >= first->due_ms)
            take(session->drive->ata, first);
        if (first->state != TAKEN || drives_now_ms() < first->due_ms)
            return true;
        if (!answer(session, first))
            return false;
        forget(session, 0);
    }
    return true;
}

/* The kernel gave a command up: to the drive that is a reset of the link. A deaf one hears nothing. */
static bool give_up(struct session *session, uint16_t tag)
{
    size_t index = 0;
    while (index < session->count && session->waiting[index].tag != tag)
        index++;
    if (index == session->count || is_deaf(session->drive->ata))
        return true;
    model_ata_reset(session->drive->ata);
    struct waiting *waiting = &session->waiting[index];
    waiting->command.status = TASK_ABORTED;
    waiting->command.sense_bytes = 0;
    waiting->command.moved_bytes = 0;
    bool good = answer(session, waiting);
    forget(session, index);
    return good;
}

static bool hear_command(struct session *session, const struct door_frame *frame)
{
    struct door_command head;
    struct waiting *waiting = &session->waiting[session->count];
    if (session->count == WAITING || frame->bytes < sizeof head ||
        !drives_read(session->fd, &head, sizeof head) || head.out != frame->bytes - sizeof head ||
        head.out > DOOR_DATA || head.room > DOOR_DATA)
        return false;
    uint32_t bytes = head.out > 0 ? head.out : head.room;
    *waiting = (struct waiting){.tag = frame->tag, .data = calloc(1, bytes + 1)};
    session->count++;
    struct uw_scsi_command *command = &waiting->command;
    memcpy(command->cdb, head.cdb, sizeof command->cdb);
    command->cdb_bytes = door_cdb_bytes(head.cdb[0]);
    command->timeout_ms = 1; /* whose it is, only the kernel knows */
    command->direction = head.out > 0 ? UW_SCSI_DATA_OUT : head.room > 0 ? UW_SCSI_DATA_IN : UW_SCSI_NO_DATA;
    command->data = bytes > 0 ? waiting->data : NULL;
    command->data_bytes = bytes;
    return waiting->data != NULL && drives_read(session->fd, waiting->data, head.out);
}

static bool hear(struct session *session)
{
    struct door_frame frame;
    if (!drives_read(session->fd, &frame, sizeof frame))
        return false;
    if (frame.kind == DOOR_ABORT && frame.bytes == 0)
        return give_up(session, frame.tag);
    return frame.kind == DOOR_COMMAND && hear_command(session, &frame);
}

static bool greet(struct session *session)
{
    struct door_frame frame;
    char name[DOOR_NAME] = {0};
    struct {
        struct door_frame frame;
        struct door_size size;
    } out = {.frame = {sizeof out.size, DOOR_HELLO, 0}};
    if (!drives_read(session->fd, &frame, sizeof frame) || frame.kind != DOOR_HELLO ||
        frame.bytes >= sizeof name || !drives_read(session->fd, name, frame.bytes))
        return false;
    struct drive *drive = drive_by_name(name);
    if (drive == NULL || drive->ata == NULL || !drive_add_line(drive, (struct line){.fd = session->fd}))
        return drives_write(session->fd, &out, sizeof out, NULL, 0) && false;
    session->drive = drive;
    model_ata_rescan(drive->ata);
    out.size.bytes = model_ata_names(drive->ata).bytes;
    out.size.block_bytes = drive->ata->block->config.block_bytes;
    return drives_write(session->fd, &out, sizeof out, NULL, 0);
}

static bool wait_for_more(struct session *session, bool *readable)
{
    struct pollfd poll_fd = {.fd = session->fd, .events = POLLIN};
    uint64_t until_ms = session->count > 0 ? session->waiting[0].due_ms : UINT64_MAX;
    int ready = poll(&poll_fd, 1, drives_wait_ms(until_ms, 1000));
    *readable = ready > 0;
    return ready >= 0 || errno == EINTR;
}

void drives_serve_scsi(int fd)
{
    struct session *session = calloc(1, sizeof *session);
    bool readable, goes_on = session != NULL;
    if (session != NULL)
        session->fd = fd;
    goes_on = goes_on && greet(session);
    while (goes_on && model_ata_is_powered(session->drive->ata)) {
        goes_on = wait_for_more(session, &readable) && (!readable || hear(session));
        goes_on = goes_on && work(session);
    }
    while (session != NULL && session->count > 0)
        forget(session, 0);
    if (session != NULL && session->drive != NULL)
        drive_remove_line(session->drive, fd);
    free(session);
    close(fd);
}
