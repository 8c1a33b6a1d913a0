/* SPDX-License-Identifier: Apache-2.0 */
/* SCSI commands through SG_IO of the block device, each in a process of its own. */
#include "transport/scsi.h"

#include <errno.h>
#include <stdalign.h>
#include <string.h>
#include <sys/ioctl.h>

#include <scsi/sg.h>

#include "transport/aside.h"
#include "transport/over.h"

/* What the kernel's SCSI layer says in host_status and driver_status (include/scsi/scsi_status.h of Linux;
 * the driver's half was dropped in 5.14 but for the one that says that there is sense). */
enum { HOST_OK = 0x00, HOST_NO_CONNECT = 0x01, HOST_BUS_BUSY = 0x02, HOST_TIME_OUT = 0x03 };
enum { HOST_BAD_TARGET = 0x04, HOST_TRANSPORT_DISRUPTED = 0x0e, HOST_TRANSPORT_FAILFAST = 0x0f };
enum { DRIVER_BITS = 0x0f, DRIVER_TIMEOUT = 0x06, DRIVER_SENSE = 0x08 };

enum { STATUS_BITS = 0x3e, ALIGNED_TO = 512 };

/* What child and parent share. The data lie so that the kernel need not copy them. */
struct answer {
    int host_errno;
    uint8_t status, sense_bytes;
    uint32_t moved_bytes;
    uint8_t sense[UW_SCSI_SENSE_BYTES];
    alignas(ALIGNED_TO) uint8_t data[];
};

static int error_of_host(unsigned host, unsigned driver)
{
    switch (host) {
    case HOST_OK:
        break;
    case HOST_NO_CONNECT:
    case HOST_BAD_TARGET:
    case HOST_TRANSPORT_DISRUPTED:
    case HOST_TRANSPORT_FAILFAST:
        return -ENODEV;
    case HOST_BUS_BUSY:
        return -EBUSY;
    case HOST_TIME_OUT:
        return -ETIMEDOUT;
    default:
        return -EIO;
    }
    driver &= DRIVER_BITS;
    if (driver == DRIVER_TIMEOUT)
        return -ETIMEDOUT;
    return driver == 0 || driver == DRIVER_SENSE ? 0 : -EIO;
}

static void take_answer(const struct sg_io_hdr *io, struct answer *answer)
{
    answer->host_errno = error_of_host(io->host_status, io->driver_status);
    answer->status = io->status & STATUS_BITS;
    answer->sense_bytes = io->sb_len_wr <= UW_SCSI_SENSE_BYTES ? io->sb_len_wr : UW_SCSI_SENSE_BYTES;
    /* A rest that cannot be is no count of what was moved. */
    if (io->resid >= 0 && (unsigned)io->resid <= io->dxfer_len)
        answer->moved_bytes = io->dxfer_len - (unsigned)io->resid;
}

static void send_command(int fd, const void *order, void *pages)
{
    static const int directions[] = {
        [UW_SCSI_NO_DATA] = SG_DXFER_NONE,
        [UW_SCSI_DATA_IN] = SG_DXFER_FROM_DEV,
        [UW_SCSI_DATA_OUT] = SG_DXFER_TO_DEV,
    };
    const struct uw_scsi_command *command = order;
    struct answer *answer = pages;
    uint8_t cdb[UW_SCSI_CDB_BYTES];
    memcpy(cdb, command->cdb, sizeof cdb);
    struct sg_io_hdr io = {
        .interface_id = 'S',
        .dxfer_direction = directions[command->direction],
        .cmd_len = command->cdb_bytes,
        .mx_sb_len = UW_SCSI_SENSE_BYTES,
        .dxfer_len = command->data_bytes,
        .dxferp = command->data_bytes > 0 ? answer->data : NULL,
        .cmdp = cdb,
        .sbp = answer->sense,
        .timeout = command->timeout_ms,
    };
    errno = 0;
    if (ioctl(fd, SG_IO, &io) == 0)
        take_answer(&io, answer);
    else
        answer->host_errno = errno > 0 ? -errno : -EIO;
}

static bool is_command(const struct uw_scsi_command *c)
{
    bool data = c->direction == UW_SCSI_DATA_IN || c->direction == UW_SCSI_DATA_OUT;
    return c->timeout_ms != 0 && c->cdb_bytes >= 6 && c->cdb_bytes <= UW_SCSI_CDB_BYTES &&
           (data || c->direction == UW_SCSI_NO_DATA) && data == (c->data_bytes > 0) &&
           data == (c->data != NULL) && c->data_bytes <= UW_SCSI_DATA_BYTES;
}

static void take(const struct answer *answer, struct uw_scsi_command *command)
{
    command->host_errno = answer->host_errno;
    command->status = answer->status;
    command->sense_bytes = answer->sense_bytes;
    command->moved_bytes = answer->moved_bytes;
    memcpy(command->sense, answer->sense, answer->sense_bytes);
    if (command->direction == UW_SCSI_DATA_IN)
        memcpy(command->data, answer->data, command->data_bytes);
}

bool uw_scsi_ask(int fd, struct uw_scsi_command *command, int timeout_ms, const atomic_bool *stop,
                 bool *stalled, struct uw_error *e)
{
    struct uw_aside aside;
    *stalled = false;
    command->host_errno = -ECANCELED;
    command->status = command->sense_bytes = 0;
    command->moved_bytes = 0;
    memset(command->sense, 0, sizeof command->sense);
    /* Without a limit of ours the kernel has one of its own, too short for an erase. */
    if (!is_command(command))
        return uw_fail(e, UW_E_IO, "no SCSI command of %u bytes, %u of data and %u ms", command->cdb_bytes,
                       command->data_bytes, command->timeout_ms);
    if (!uw_aside_open(&aside, sizeof(struct answer) + command->data_bytes, e))
        return false;
    struct answer *answer = aside.pages;
    if (command->direction == UW_SCSI_DATA_OUT)
        memcpy(answer->data, command->data, command->data_bytes);
    bool good = uw_aside_run(&aside, fd, send_command, command, timeout_ms, stop, stalled, e);
    if (good)
        take(answer, command);
    uw_aside_close(&aside);
    return good;
}

static bool ask_over(struct uw_transport *t, struct uw_scsi_command *command, int timeout_ms, bool *stalled,
                     struct uw_error *e)
{
    bool answered = uw_scsi_ask(uw_over_fd(t), command, timeout_ms, t->stop, stalled, e);
    t->abandoned |= *stalled;
    return answered;
}

bool uw_scsi_over(int fd, struct uw_transport **t, struct uw_error *e)
{
    static const struct uw_transport_ops table = {.name = "SG_IO", .scsi = ask_over, .close = uw_over_close};
    return uw_over(fd, &table, t, e);
}
