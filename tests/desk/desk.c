/* SPDX-License-Identifier: Apache-2.0 */
#include "desk.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <scsi/sg.h>

#include "transport/nvme.h"
#include "transport/scsi.h"

enum { DESKS = 4, MORE_MS = 30000, DID_NO_CONNECT = 1, DID_TIME_OUT = 3, DID_ERROR = 7, DRIVER_SENSE = 8 };

enum kind { NVME, SCSI, OTHER };

/* From the sending process to the desk, and back. */
struct order {
    enum kind kind;
    unsigned long request;
    struct nvme_passthru_cmd nvme;
    struct sg_io_hdr io;
    uint8_t cdb[DESK_CDB], sense[UW_SCSI_SENSE_BYTES];
    int returned, error;
    pid_t sender;
    uint8_t data[DESK_DATA];
};

/* One drive's. */
struct desk {
    struct model_drive *drive;
    const struct desk_expect *expect;
    int ends[2]; /* ours, and what stands for the drive */
    pthread_t thread;
    atomic_size_t next; /* of what must come in order */
    bool last_moved;    /* nothing came since the one before `next` */
    uint64_t now_ms;    /* by the drive's clock, when a command goes out and when its answer comes */
};

static struct desk desks[DESKS];
static size_t desk_count;
static uint32_t most_ms;
static struct desk_senders *senders;
static bool own_senders;
static bool (*open_below)(void *, const struct uw_drive *, bool, struct uw_transport **, struct uw_error *);

static _Noreturn void refuse(const char *what, const uint8_t *bytes, size_t count)
{
    fprintf(stderr, "unexpected %s:", what);
    for (size_t i = 0; i < count; i++)
        fprintf(stderr, " %02x", bytes[i]);
    fputc('\n', stderr);
    abort();
}

/* --- What goes out --- */

/* Opcodes tell by their bits 1:0 which way the data go (base specification 2.0, figure 88). */
static bool goes_out(const struct nvme_passthru_cmd *command)
{
    return (command->opcode & 3) == 1 && command->data_len > 0;
}

/* What goes out and was not written down is another command. */
static bool is_nvme(const struct order *order, const struct nvme_passthru_cmd *wanted, const uint8_t *data)
{
    struct nvme_passthru_cmd bare = order->nvme;
    if ((bare.addr != 0) != (wanted->data_len != 0))
        return false;
    bare.addr = 0;
    if (memcmp(&bare, wanted, sizeof bare) != 0)
        return false;
    return goes_out(wanted) ? data != NULL && memcmp(order->data, data, wanted->data_len) == 0 : data == NULL;
}

static bool is_scsi(const struct order *order, const struct desk_scsi *wanted)
{
    static const int directions[] = {SG_DXFER_NONE, SG_DXFER_FROM_DEV, SG_DXFER_TO_DEV};
    const struct sg_io_hdr *io = &order->io;
    uint8_t data[DESK_DATA] = {0};
    memcpy(data, wanted->data, sizeof wanted->data);
    return io->cmd_len == (wanted->cdb_bytes != 0 ? wanted->cdb_bytes : DESK_CDB) &&
           memcmp(order->cdb, wanted->cdb, io->cmd_len) == 0 &&
           io->dxfer_direction == directions[wanted->direction] && io->dxfer_len == wanted->data_bytes &&
           io->timeout == wanted->timeout_ms &&
           (wanted->direction != DESK_OUT || memcmp(order->data, data, io->dxfer_len) == 0);
}

static bool is_at(const struct order *order, const struct desk_expect *expect, bool reads, size_t at)
{
    const uint8_t *const *data = reads ? NULL : expect->nvme_data;
    if (order->kind == NVME)
        return at < (reads ? expect->nvme_read_count : expect->nvme_count) &&
               is_nvme(order, &(reads ? expect->nvme_reads : expect->nvme)[at],
                       data != NULL ? data[at] : NULL);
    return at < (reads ? expect->scsi_read_count : expect->scsi_count) &&
           is_scsi(order, &(reads ? expect->scsi_reads : expect->scsi)[at]);
}

static bool is_read(const struct order *order, const struct desk_expect *expect)
{
    size_t count = order->kind == NVME ? expect->nvme_read_count : expect->scsi_read_count;
    for (size_t i = 0; i < count; i++)
        if (is_at(order, expect, true, i))
            return true;
    return false;
}

static _Noreturn void refuse_order(const struct order *order)
{
    enum { NVME_FRONT = 256 };
    uint8_t bytes[DESK_CDB + 4 + DESK_FRONT];
    if (order->kind == NVME && goes_out(&order->nvme)) {
        uint8_t sent[sizeof order->nvme + sizeof order->data];
        memcpy(sent, &order->nvme, sizeof order->nvme);
        memcpy(sent + sizeof order->nvme, order->data, sizeof order->data);
        refuse("NVMe command with data", sent, sizeof order->nvme + NVME_FRONT);
    }
    if (order->kind == NVME)
        refuse("NVMe command", (const uint8_t *)&order->nvme, sizeof order->nvme);
    memcpy(bytes, order->cdb, DESK_CDB);
    memcpy(bytes + DESK_CDB, &order->io.timeout, 4);
    memcpy(bytes + DESK_CDB + 4, order->data, DESK_FRONT);
    refuse("SCSI command (CDB, time-out, data)", bytes, sizeof bytes);
}

/* What a header of ours never has. */
static void check_header(const struct order *order)
{
    const struct sg_io_hdr *io = &order->io;
    bool data = io->dxfer_len > 0;
    if (io->interface_id != 'S' || io->iovec_count != 0 || io->flags != 0 || io->pack_id != 0 ||
        io->timeout == 0 || io->mx_sb_len < 32 || data != (io->dxferp != NULL) ||
        data == (io->dxfer_direction == SG_DXFER_NONE))
        refuse("header of SG_IO", order->cdb, DESK_CDB);
}

static void compare(struct desk *desk, const struct order *order)
{
    const struct desk_expect *expect = desk->expect;
    size_t next = atomic_load(&desk->next);
    bool directly = (expect->directly >> next & 1) != 0;
    if (order->kind == OTHER)
        refuse("ioctl", (const uint8_t *)&order->request, sizeof order->request);
    if (order->kind == SCSI)
        check_header(order);
    if (expect->nvme_reads == NULL && expect->scsi_reads == NULL)
        return;
    if (is_at(order, expect, false, next)) {
        if (directly && !desk->last_moved)
            refuse("command between two that belong together", order->cdb, DESK_CDB);
        desk->last_moved = true;
        atomic_store(&desk->next, next + 1);
    } else if (is_read(order, expect)) {
        desk->last_moved = false;
    } else {
        refuse_order(order);
    }
}

/* --- What comes back --- */

/* As the kernel hands it on. False: never. */
static bool serve_nvme(struct desk *desk, struct order *order)
{
    const struct nvme_passthru_cmd *sent = &order->nvme;
    struct uw_nvme_command command = {.opcode = sent->opcode,
                                      .nsid = sent->nsid,
                                      .cdw10 = sent->cdw10,
                                      .cdw11 = sent->cdw11,
                                      .cdw12 = sent->cdw12,
                                      .cdw13 = sent->cdw13,
                                      .data = sent->data_len > 0 ? order->data : NULL,
                                      .data_bytes = sent->data_len,
                                      .data_out = goes_out(sent),
                                      .timeout_ms = sent->timeout_ms};
    bool stalled;
    int patience_ms = (int)sent->timeout_ms + MORE_MS;
    if (!model_nvme_ask(desk->drive->nvme, &desk->now_ms, &command, patience_ms, &stalled))
        return false;
    order->nvme.result = command.result;
    order->returned = command.status < 0 ? -1 : command.status;
    order->error = command.status < 0 ? -command.status : 0;
    return true;
}

static uint16_t host_status(int host_errno)
{
    return host_errno == 0            ? 0
           : host_errno == -ETIMEDOUT ? DID_TIME_OUT
           : host_errno == -ENODEV    ? DID_NO_CONNECT
                                      : DID_ERROR;
}

static bool serve_scsi(struct desk *desk, struct order *order)
{
    static const enum uw_scsi_direction directions[] = {UW_SCSI_NO_DATA, UW_SCSI_DATA_IN, UW_SCSI_DATA_OUT};
    struct sg_io_hdr *io = &order->io;
    struct uw_scsi_command command = {.cdb_bytes = io->cmd_len,
                                      .direction = directions[io->dxfer_direction == SG_DXFER_NONE       ? 0
                                                              : io->dxfer_direction == SG_DXFER_FROM_DEV ? 1
                                                                                                         : 2],
                                      .data = io->dxfer_len > 0 ? order->data : NULL,
                                      .data_bytes = io->dxfer_len,
                                      .timeout_ms = io->timeout};
    bool stalled;
    memcpy(command.cdb, order->cdb, sizeof command.cdb);
    if (!model_ata_scsi(desk->drive->ata, &desk->now_ms, &command, (int)io->timeout + MORE_MS, &stalled))
        return false;
    io->host_status = host_status(command.host_errno);
    io->driver_status = command.sense_bytes > 0 ? DRIVER_SENSE : 0;
    io->status = command.status;
    io->sb_len_wr = command.sense_bytes;
    io->resid = (int)(io->dxfer_len - command.moved_bytes);
    memcpy(order->sense, command.sense, sizeof order->sense);
    return true;
}

static void *attend(void *data)
{
    struct desk *desk = data;
    static _Thread_local struct order order;
    while (recv(desk->ends[0], &order, sizeof order, 0) == (ssize_t)sizeof order) {
        compare(desk, &order);
        if (!(order.kind == NVME ? serve_nvme : serve_scsi)(desk, &order)) {
            senders->hanging = order.sender;
            continue;
        }
        if (send(desk->ends[0], &order, sizeof order, MSG_NOSIGNAL) != (ssize_t)sizeof order)
            refuse("end of a sender", NULL, 0);
    }
    return NULL;
}

/* --- In the process that sends --- */

/* Without an answer: hangs where the drive does, whatever becomes of the desk; else the test has ended. */
static _Noreturn void end_unanswered(void)
{
    while (senders->hanging == getpid())
        pause();
    _exit(1);
}

static void exchange(int fd, struct order *order)
{
    order->sender = getpid();
    if (send(fd, order, sizeof *order, MSG_NOSIGNAL) != (ssize_t)sizeof *order ||
        recv(fd, order, sizeof *order, 0) != (ssize_t)sizeof *order)
        end_unanswered();
}

static int send_nvme(int fd, struct nvme_passthru_cmd *command)
{
    static struct order order;
    void *data = (void *)(uintptr_t)command->addr;
    order.kind = NVME;
    order.nvme = *command;
    if (command->data_len > DESK_DATA)
        refuse("length", (const uint8_t *)&command->data_len, sizeof command->data_len);
    if (command->data_len > 0)
        memcpy(order.data, data, command->data_len);
    exchange(fd, &order);
    if (command->data_len > 0 && !goes_out(command))
        memcpy(data, order.data, command->data_len);
    command->result = order.nvme.result;
    errno = order.error;
    return order.returned;
}

static int send_scsi(int fd, struct sg_io_hdr *io)
{
    static struct order order;
    order.kind = SCSI;
    order.io = *io;
    if (io->dxfer_len > DESK_DATA || io->cmd_len > DESK_CDB || io->cmdp == NULL || io->sbp == NULL)
        refuse("header of SG_IO", (const uint8_t *)io, sizeof *io);
    memcpy(order.cdb, io->cmdp, io->cmd_len);
    if (io->dxfer_len > 0)
        memcpy(order.data, io->dxferp, io->dxfer_len);
    exchange(fd, &order);
    io->host_status = order.io.host_status;
    io->driver_status = order.io.driver_status;
    io->status = order.io.status;
    io->sb_len_wr = order.io.sb_len_wr;
    io->resid = order.io.resid;
    memcpy(io->sbp, order.sense, io->mx_sb_len < sizeof order.sense ? io->mx_sb_len : sizeof order.sense);
    if (io->dxfer_direction == SG_DXFER_FROM_DEV)
        memcpy(io->dxferp, order.data, io->dxfer_len);
    return 0;
}

/* Whatever is no command to a drive is told to the desk, which ends the test. */
__attribute__((visibility("default"))) int ioctl(int fd, unsigned long request, ...)
{
    static struct order order;
    va_list args;
    va_start(args, request);
    void *argument = va_arg(args, void *);
    va_end(args);
    if (request == NVME_IOCTL_ADMIN_CMD)
        return send_nvme(fd, argument);
    if (request == SG_IO)
        return send_scsi(fd, argument);
    if (request == TIOCGWINSZ) {
        errno = ENOTTY;
        return -1;
    }
    order.kind = OTHER;
    order.request = request;
    (void)!send(fd, &order, sizeof order, MSG_NOSIGNAL);
    refuse("ioctl", (const uint8_t *)&request, sizeof request);
}

/* --- The drive as it is opened --- */

/* All but commands is the model's. */
struct door {
    struct uw_transport transport; /* first */
    struct uw_transport_ops ops;
    struct uw_transport *below;
    struct desk *desk;
    uint64_t origin_ms; /* by the drive's clock, when ours was `opened_ms` */
    uint64_t opened_ms;
};

static struct uw_transport *below(struct uw_transport *t)
{
    struct door *door = (struct door *)t;
    door->below->abandoned = t->abandoned;
    return door->below;
}

static bool begin(struct uw_transport *t, unsigned buffers, uint32_t buffer_bytes, uint8_t **arena,
                  struct uw_error *e)
{
    return below(t)->ops->begin(below(t), buffers, buffer_bytes, arena, e);
}

static bool submit(struct uw_transport *t, struct uw_transfer *transfer, struct uw_error *e)
{
    return below(t)->ops->submit(below(t), transfer, e);
}

static struct uw_transfer *reap(struct uw_transport *t, int timeout_ms, struct uw_error *e)
{
    return below(t)->ops->reap(below(t), timeout_ms, e);
}

static bool flush(struct uw_transport *t, int timeout_ms, bool *stalled, struct uw_error *e)
{
    return below(t)->ops->flush(below(t), timeout_ms, stalled, e);
}

static bool identify(struct uw_transport *t, struct uw_identity *identity, struct uw_error *e)
{
    return below(t)->ops->identify(below(t), identity, e);
}

static bool rescan(struct uw_transport *t, int timeout_ms, bool *stalled, struct uw_error *e)
{
    return below(t)->ops->rescan(below(t), timeout_ms, stalled, e);
}

static uint64_t clock_of(const struct door *door)
{
    const struct uw_machine *machine = &door->desk->drive->machine->machine;
    return machine->now_ms(machine->user);
}

static uint64_t drive_clock(const struct model_drive *drive)
{
    return drive->ata != NULL ? model_ata_now(drive->ata) : model_nvme_now(drive->nvme);
}

/* The desk answers in a thread of its own, by the clock of the thread that asks. */
static uint64_t before(struct door *door)
{
    uint64_t ms = door->origin_ms + (clock_of(door) - door->opened_ms);
    uint64_t now_ms = drive_clock(door->desk->drive);
    return door->desk->now_ms = ms > now_ms ? ms : now_ms;
}

static void after(struct door *door, uint64_t before_ms)
{
    model_machine_wait(NULL, (uint32_t)(door->desk->now_ms - before_ms));
}

static int clamp(int timeout_ms)
{
    return most_ms != 0 && (timeout_ms < 0 || (uint32_t)timeout_ms > most_ms) ? (int)most_ms : timeout_ms;
}

static bool ask_nvme(struct uw_transport *t, struct uw_nvme_command *command, int timeout_ms, bool *stalled,
                     struct uw_error *e)
{
    struct door *door = (struct door *)t;
    uint64_t before_ms = before(door);
    bool answered = uw_nvme_ask(door->desk->ends[1], command, clamp(timeout_ms), t->stop, stalled, e);
    if (answered)
        after(door, before_ms);
    return answered;
}

static bool ask_scsi(struct uw_transport *t, struct uw_scsi_command *command, int timeout_ms, bool *stalled,
                     struct uw_error *e)
{
    struct door *door = (struct door *)t;
    uint64_t before_ms = before(door);
    bool answered = uw_scsi_ask(door->desk->ends[1], command, clamp(timeout_ms), t->stop, stalled, e);
    if (answered)
        after(door, before_ms);
    return answered;
}

static void close_door(struct uw_transport *t)
{
    struct door *door = (struct door *)t;
    struct uw_transport *model = below(t);
    model->ops->close(model);
    free(door);
}

static bool open_door(void *user, const struct uw_drive *drive, bool write, struct uw_transport **transport,
                      struct uw_error *e)
{
    size_t index = minor(drive->devnum);
    *transport = NULL;
    struct door *door = calloc(1, sizeof *door);
    if (door == NULL || index >= desk_count)
        abort();
    if (!open_below(user, drive, write, &door->below, e)) {
        free(door);
        return false;
    }
    door->transport = *door->below;
    door->desk = &desks[index];
    door->ops = (struct uw_transport_ops){.name = "desk",
                                          .simulated = true,
                                          .begin = begin,
                                          .submit = submit,
                                          .reap = reap,
                                          .flush = flush,
                                          .identify = identify,
                                          .close = close_door};
    if (door->desk->drive->nvme != NULL) {
        door->ops.nvme = ask_nvme;
        door->ops.rescan = rescan;
    } else {
        door->ops.scsi = ask_scsi;
    }
    door->transport.ops = &door->ops;
    door->opened_ms = clock_of(door);
    door->origin_ms = drive_clock(door->desk->drive);
    *transport = &door->transport;
    return true;
}

/* --- For tests --- */

static void open_one(struct desk *desk, struct model_drive *drive, const struct desk_expect *expect)
{
    *desk = (struct desk){.drive = drive, .expect = expect};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, desk->ends) != 0 ||
        pthread_create(&desk->thread, NULL, attend, desk) != 0)
        fail_msg("no desk: %s", strerror(errno));
}

struct desk_senders *desk_new_senders(void)
{
    void *pages = mmap(NULL, sizeof *senders, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(pages != MAP_FAILED);
    return pages;
}

void desk_drop_senders(struct desk_senders *shared)
{
    munmap(shared, sizeof *shared);
}

void desk_open(struct model_machine *machine, const struct desk_expect *expect, struct desk_senders *shared,
               uint32_t clamp_ms)
{
    assert_in_range(machine->count, 1, DESKS);
    own_senders = shared == NULL;
    senders = own_senders ? desk_new_senders() : shared;
    most_ms = clamp_ms;
    desk_count = machine->count;
    open_below = machine->machine.open;
    machine->machine.open = open_door;
    for (size_t i = 0; i < desk_count; i++)
        open_one(&desks[i], &machine->drives[i], &expect[i]);
}

size_t desk_seen(size_t index)
{
    return atomic_load(&desks[index].next);
}

void desk_check_all_came(void)
{
    for (size_t i = 0; i < desk_count; i++) {
        const struct desk_expect *expect = desks[i].expect;
        size_t wanted = desks[i].drive->nvme != NULL ? expect->nvme_count : expect->scsi_count;
        if (desk_seen(i) != wanted)
            fail_msg("drive %zu: %zu of %zu commands came", i, desk_seen(i), wanted);
    }
}

void desk_close(void)
{
    for (size_t i = 0; i < desk_count; i++) {
        shutdown(desks[i].ends[0], SHUT_RDWR);
        pthread_join(desks[i].thread, NULL);
        close(desks[i].ends[0]);
        close(desks[i].ends[1]);
    }
    pid_t hanging = senders->hanging;
    if (hanging != 0 && kill(hanging, SIGKILL) == 0)
        waitpid(hanging, NULL, 0);
    if (own_senders)
        desk_drop_senders(senders);
    desk_count = 0;
}
