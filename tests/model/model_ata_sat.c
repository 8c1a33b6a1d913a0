/* SPDX-License-Identifier: Apache-2.0 */
/* ATA PASS-THROUGH as CDBs bring it, and the registers as sense data take them back: SAT-4, 12.2, and what
 * libata, bridges and HBAs make of it. */
#include "model_ata_parts.h"

#include <string.h>

enum { PASS_16 = 0x85, PASS_12 = 0xa1, CHECK_CONDITION = 0x02 };
enum { RECOVERED = 0x01, MEDIUM_ERROR = 0x03, HARDWARE_ERROR, ILLEGAL_REQUEST, ATTENTION, ABORTED = 0x0b };
enum { FIXED_BYTES = 18, DESCRIPTOR_BYTES = 14, INFORMATION_BYTES = 12, OTHER_SECTORS = 777 };

/* Descriptor type 09h, SAT-4 12.2.7. */
static void put_descriptor(const struct ata_task *task, uint8_t *at)
{
    uint64_t lba = task->lba_out;
    unsigned count = task->count_out;
    memset(at, 0, DESCRIPTOR_BYTES);
    at[0] = 0x09;
    at[1] = DESCRIPTOR_BYTES - 2;
    at[2] = task->extended;
    at[3] = task->error;
    at[5] = (uint8_t)count;
    at[7] = (uint8_t)lba;
    at[9] = (uint8_t)(lba >> 8);
    at[11] = (uint8_t)(lba >> 16);
    at[12] = task->device;
    at[13] = task->status;
    if (!task->extended)
        return;
    at[4] = (uint8_t)(count >> 8);
    at[6] = (uint8_t)(lba >> 24);
    at[8] = (uint8_t)(lba >> 32);
    at[10] = (uint8_t)(lba >> 40);
}

/* The registers in fixed sense: ERROR, STATUS, DEVICE, COUNT at `four`; flags and LBA 23:0 at `flags`. */
static void put_fixed(const struct model_ata *ata, const struct ata_task *task, uint8_t *four, uint8_t *flags)
{
    uint64_t lba = task->lba_out;
    bool swaps = ata->config.sat.swaps_lba;
    four[0] = task->error;
    four[1] = task->status;
    four[2] = task->device;
    four[3] = (uint8_t)task->count_out;
    flags[0] = 0;
    if (task->extended)
        flags[0] = (uint8_t)(0x80 | (task->count_out >> 8 != 0 ? 0x40 : 0) | (lba >> 24 != 0 ? 0x20 : 0));
    flags[1] = (uint8_t)(swaps ? lba >> 16 : lba);
    flags[2] = (uint8_t)(lba >> 8);
    flags[3] = (uint8_t)(swaps ? lba : lba >> 16);
}

static void put_sense(const struct model_ata *ata, uint8_t *sense, bool descriptor,
                      const struct ata_task *task)
{
    uint8_t *at = sense + 8;
    if (!descriptor) {
        sense[7] = FIXED_BYTES - 8;
        if (task != NULL && ata->config.sat.standard)
            put_fixed(ata, task, sense + 3, sense + 8);
        else if (task != NULL)
            put_fixed(ata, task, sense + 8, sense + 16);
        return;
    }
    if (task == NULL)
        return;
    if (ata->config.sat.standard) { /* an information descriptor may come first */
        at[1] = INFORMATION_BYTES - 2;
        at += INFORMATION_BYTES;
    }
    put_descriptor(task, at);
    sense[7] = (uint8_t)(at + DESCRIPTOR_BYTES - (sense + 8));
}

void ata_sense(const struct model_ata *ata, struct uw_scsi_command *command, uint8_t key, uint8_t asc,
               uint8_t ascq, const struct ata_task *task)
{
    /* libata, up to 6.1 and after it, says a success in descriptors whatever D_SENSE is. */
    bool descriptor =
        ata->d_sense || (!ata->config.sat.standard && key == RECOVERED && asc == 0 && ascq == 0x1d);
    uint8_t *sense = command->sense;
    memset(sense, 0, sizeof command->sense);
    command->status = CHECK_CONDITION;
    command->sense_bytes = sizeof command->sense;
    sense[0] = descriptor ? 0x72 : 0x70;
    sense[descriptor ? 1 : 2] = key;
    sense[descriptor ? 2 : 12] = asc;
    sense[descriptor ? 3 : 13] = ascq;
    put_sense(ata, sense, descriptor, task);
    if (ata->config.sat.sense_bytes != 0 && ata->config.sat.sense_bytes < command->sense_bytes)
        command->sense_bytes = ata->config.sat.sense_bytes;
    memset(sense + command->sense_bytes, 0, sizeof command->sense - command->sense_bytes);
}

static void refuse(const struct model_ata *ata, struct uw_scsi_command *command, uint8_t asc)
{
    ata_sense(ata, command, ILLEGAL_REQUEST, asc, 0, NULL);
}

/* --- CDBs in --- */

static struct ata_task parse(const uint8_t *cdb)
{
    struct ata_task task = {.protocol = cdb[1] >> 1 & 0xf};
    if (cdb[0] == PASS_12) {
        task.features = cdb[3];
        task.count = cdb[4];
        task.lba = cdb[5] | (uint64_t)cdb[6] << 8 | (uint64_t)cdb[7] << 16;
        task.device = cdb[8];
        task.command = cdb[9];
        return task;
    }
    task.extended = (cdb[1] & 1) != 0;
    task.features = cdb[4];
    task.count = cdb[6];
    task.lba = cdb[8] | (uint64_t)cdb[10] << 8 | (uint64_t)cdb[12] << 16;
    task.device = cdb[13];
    task.command = cdb[14];
    if (!task.extended)
        return task;
    task.features = (uint16_t)(task.features | cdb[3] << 8);
    task.count = (uint16_t)(task.count | cdb[5] << 8);
    task.lba |= (uint64_t)cdb[7] << 24 | (uint64_t)cdb[9] << 32 | (uint64_t)cdb[11] << 40;
    return task;
}

/* What does not fit together; NULL: all of it does. */
static const char *misfit(const struct uw_scsi_command *command, const struct ata_task *task)
{
    const uint8_t *cdb = command->cdb;
    unsigned flags = cdb[2], length = flags & 3;
    bool in = (flags & 0x08) != 0, blocks = (flags & 0x04) != 0, wide = (flags & 0x10) != 0;
    if (command->cdb_bytes != (cdb[0] == PASS_16 ? 16 : 12))
        return "a CDB of another length than its code has";
    if (cdb[1] >> 5 != 0 || (flags & 0xc0) != 0 || cdb[cdb[0] == PASS_16 ? 15 : 11] != 0)
        return "a pass-through with fields set that should be 0";
    if (task->protocol == ATA_NON_DATA)
        return length != 0 || command->direction != UW_SCSI_NO_DATA || command->data_bytes != 0
                   ? "a pass-through without data that has some"
                   : NULL;
    if (task->protocol != ATA_PIO_IN && task->protocol != ATA_PIO_OUT)
        return "a pass-through of another protocol";
    if (in != (task->protocol == ATA_PIO_IN) ||
        command->direction != (in ? UW_SCSI_DATA_IN : UW_SCSI_DATA_OUT) || length != 2 || !blocks || wide)
        return "a pass-through with data whose direction or length do not fit";
    if (command->data == NULL || task->count == 0 ||
        command->data_bytes != (uint32_t)task->count * MODEL_ATA_PAGE)
        return "a pass-through with a buffer of another length than COUNT";
    return NULL;
}

/* --- Answers out --- */

static void error_sense(const struct model_ata *ata, struct uw_scsi_command *command,
                        const struct ata_task *task)
{
    if ((task->status & 0x20) != 0)
        ata_sense(ata, command, HARDWARE_ERROR, 0x44, 0, task);
    else if ((task->error & 0x40) != 0)
        ata_sense(ata, command, MEDIUM_ERROR, 0x11, 4, task);
    else if ((task->error & ATA_IDNF) != 0)
        ata_sense(ata, command, ILLEGAL_REQUEST, 0x21, 0, task);
    else
        ata_sense(ata, command, ABORTED, 0, 0, task);
}

static void answer(const struct model_ata *ata, struct uw_scsi_command *command, struct ata_task *task)
{
    const struct model_ata_sat *sat = &ata->config.sat;
    bool asked = (command->cdb[2] & 0x20) != 0, failed = (task->status & 0x21) != 0;
    bool data = task->protocol != ATA_NON_DATA;
    static const struct ata_task zero;
    command->moved_bytes = failed || task->reset ? 0 : command->data_bytes;
    if (task->reset) {
        ata_sense(ata, command, ATTENTION, 0x29, 0, NULL);
        return;
    }
    if (sat->no_registers)
        return;
    if (sat->zero_registers) {
        if (asked)
            ata_sense(ata, command, RECOVERED, 0, 0x1d, &zero);
        return;
    }
    if (failed) {
        error_sense(ata, command, task);
        return;
    }
    if (asked && data && !sat->standard) { /* the data are there all the same */
        task->status = ATA_DRQ;
        ata_sense(ata, command, ABORTED, 0, 0, task);
    } else if (asked) {
        ata_sense(ata, command, RECOVERED, 0, 0x1d, task);
    }
}

static void change_identify(const struct model_ata *ata, struct ata_task *task)
{
    uint8_t *page = task->data;
    switch (ata->config.sat.identify) {
    case MODEL_ATA_IDENTIFY_TRUE:
        return;
    case MODEL_ATA_IDENTIFY_BAD_CHECKSUM:
        page[511]++;
        return;
    case MODEL_ATA_IDENTIFY_ZERO:
        memset(page, 0, MODEL_ATA_PAGE);
        return;
    case MODEL_ATA_IDENTIFY_MADE_UP:
        memset(page + 2 * 10, '0', 20);
        memset(page + 2 * 59, 0, 2);
        memset(page + 2 * 82, 0, 12);
        memset(page + 2 * 128, 0, 2);
        break;
    case MODEL_ATA_IDENTIFY_OTHER_SIZE:
        break;
    }
    ata_put(page + 2 * 60, 4, OTHER_SECTORS);
    ata_put(page + 2 * 100, 8, OTHER_SECTORS);
    ata_page_checksum(page);
}

static void respond(struct model_ata *ata, struct uw_scsi_command *command)
{
    const struct model_ata_sat *sat = &ata->config.sat;
    bool in = (command->cdb[2] & 0x08) != 0;
    if (!sat->response || (sat->response_needs_direction && !in)) {
        refuse(ata, command, 0x24);
        return;
    }
    if (command->direction != UW_SCSI_DATA_IN || command->data == NULL) {
        ata_complain(ata, "response information asked for, and no room for it");
        refuse(ata, command, 0x24);
        return;
    }
    command->moved_bytes =
        command->data_bytes < sizeof ata->response ? command->data_bytes : (uint32_t)sizeof ata->response;
    memcpy(command->data, ata->response, command->moved_bytes);
}

static void pass_through(struct model_ata *ata, struct uw_scsi_command *command, uint64_t *took_ms,
                         struct model_ata_seen *seen)
{
    const struct model_ata_sat *sat = &ata->config.sat;
    struct ata_task task = parse(command->cdb);
    if (task.protocol == ATA_RESPONSE) {
        respond(ata, command);
        return;
    }
    const char *what = misfit(command, &task);
    if (what != NULL || (task.command >= 0x5c && task.command <= 0x5f)) {
        if (what != NULL)
            ata_complain(ata, what);
        refuse(ata, command, 0x24);
        return;
    }
    task.data = command->data;
    task.bytes = command->data_bytes;
    if (sat->zeroes_count && task.protocol == ATA_NON_DATA)
        task.count = 0;
    ata_answer(ata, &task);
    if (task.command == 0xec && task.status == ATA_GOOD)
        change_identify(ata, &task);
    *took_ms = task.took_ms;
    put_descriptor(&task, ata->response);
    seen->ata = true;
    seen->command = task.command;
    seen->features = task.features;
    seen->count = task.count;
    seen->lba = task.lba;
    seen->status = task.status;
    seen->error = task.error;
    answer(ata, command, &task);
}

static bool is_told_otherwise(struct model_ata *ata, struct uw_scsi_command *command)
{
    unsigned on = command->cdb[0] == 0xa2 || command->cdb[0] == 0xb5 ? MODEL_ATA_TRUSTED : MODEL_ATA_SCSI;
    struct model_ata_lie *hangs = ata_lie(ata, MODEL_ATA_HANGS, on);
    struct model_ata_lie *aborts = ata_lie(ata, MODEL_ATA_ABORTS, on);
    if (hangs != NULL) {
        ata_lie_spend(hangs);
        ata->deaf = true;
    } else if (aborts != NULL) {
        ata_lie_spend(aborts);
        ata_sense(ata, command, ABORTED, 0, 0, NULL);
    }
    return hangs != NULL || aborts != NULL;
}

void ata_sat(struct model_ata *ata, struct uw_scsi_command *command, uint64_t *took_ms,
             struct model_ata_seen *seen)
{
    const struct model_ata_sat *sat = &ata->config.sat;
    uint8_t code = command->cdb[0];
    *took_ms = ata->config.command_ms;
    if (code == PASS_16 || code == PASS_12) {
        if (sat->no_pass_through || (sat->only_12 && code == PASS_16))
            refuse(ata, command, 0x20);
        else
            pass_through(ata, command, took_ms, seen);
        return;
    }
    if (!is_told_otherwise(ata, command))
        ata_scsi(ata, command);
}
