/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/scsi.h"

#include <errno.h>
#include <string.h>

enum { PASS_THROUGH_16 = 0x85, CDB_BYTES = 16, RESPONSE_INFORMATION = 15, TIMEOUT_MS = 30000 };

/* Byte 2 of the CDB: T_LENGTH 1:0 (2: COUNT), BYT_BLOK 2, T_DIR 3, T_TYPE 4 (0: 512 bytes), CK_COND 5. */
enum { LENGTH_COUNT = 2, BLOCKS = 1U << 2, FROM_DEVICE = 1U << 3, CK_COND = 1U << 5 };

enum { GOOD = 0x00, CHECK_CONDITION = 0x02, BUSY = 0x08, RESERVATION_CONFLICT = 0x18, TASK_SET_FULL = 0x28 };
enum {
    RECOVERED_ERROR = 0x1,
    HARDWARE_ERROR = 0x4,
    ILLEGAL_REQUEST = 0x5,
    UNIT_ATTENTION = 0x6,
    ABORTED_COMMAND = 0xb
};
enum { STATUS_DRDY = 1U << 6 };

/* ---- CDB, SAT-4 12.2.2.3 */

/* With CK_COND on data that come in libata (6.1) takes a command that went well for one that failed, and some
 * bridges hand out no data. */
static uint8_t transfer_of(const struct uw_ata_command *command)
{
    unsigned check = command->wants_registers ? CK_COND : 0;
    switch (command->protocol) {
    case UW_ATA_PIO_IN:
        return LENGTH_COUNT | BLOCKS | FROM_DEVICE;
    case UW_ATA_PIO_OUT:
        return (uint8_t)(LENGTH_COUNT | BLOCKS | check);
    case UW_ATA_NON_DATA:
        break;
    }
    return (uint8_t)check;
}

static enum uw_scsi_direction direction_of(enum uw_ata_protocol protocol)
{
    if (protocol == UW_ATA_PIO_IN)
        return UW_SCSI_DATA_IN;
    return protocol == UW_ATA_PIO_OUT ? UW_SCSI_DATA_OUT : UW_SCSI_NO_DATA;
}

struct uw_scsi_command uw_sat_wrap(const struct uw_ata_command *command)
{
    const struct uw_ata_command *c = command;
    struct uw_scsi_command scsi = {.cdb = {PASS_THROUGH_16},
                                   .cdb_bytes = CDB_BYTES,
                                   .direction = direction_of(c->protocol),
                                   .timeout_ms = c->timeout_ms > 0 ? c->timeout_ms : TIMEOUT_MS};
    if (scsi.direction != UW_SCSI_NO_DATA) {
        scsi.data = c->data;
        scsi.data_bytes = c->data_bytes;
    }
    uint8_t *cdb = scsi.cdb;
    cdb[1] = (uint8_t)((unsigned)c->protocol << 1 | (c->extended ? 1U : 0U));
    cdb[2] = transfer_of(c);
    cdb[4] = (uint8_t)c->features;
    cdb[6] = (uint8_t)c->count;
    cdb[8] = (uint8_t)c->lba;
    cdb[10] = (uint8_t)(c->lba >> 8);
    cdb[12] = (uint8_t)(c->lba >> 16);
    if (c->extended) {
        cdb[3] = (uint8_t)(c->features >> 8);
        cdb[5] = (uint8_t)(c->count >> 8);
        cdb[7] = (uint8_t)(c->lba >> 24);
        cdb[9] = (uint8_t)(c->lba >> 32);
        cdb[11] = (uint8_t)(c->lba >> 40);
    }
    cdb[13] = c->device;
    cdb[14] = c->command;
    return scsi;
}

bool uw_sat_unwrap_command(const struct uw_scsi_command *scsi, struct uw_ata_command *command)
{
    const uint8_t *cdb = scsi->cdb;
    unsigned protocol = cdb[1] >> 1 & 0xf;
    bool known = protocol == UW_ATA_NON_DATA || protocol == UW_ATA_PIO_IN || protocol == UW_ATA_PIO_OUT;
    if (scsi->cdb_bytes != CDB_BYTES || cdb[0] != PASS_THROUGH_16 || !known)
        return false;
    *command = (struct uw_ata_command){.command = cdb[14],
                                       .features = cdb[4],
                                       .count = cdb[6],
                                       .lba = cdb[8] | (uint64_t)cdb[10] << 8 | (uint64_t)cdb[12] << 16,
                                       .device = cdb[13],
                                       .extended = (cdb[1] & 1) != 0,
                                       .protocol = (enum uw_ata_protocol)protocol,
                                       .wants_registers = (cdb[2] & CK_COND) != 0};
    if (command->extended) {
        command->features = (uint16_t)(command->features | cdb[3] << 8);
        command->count = (uint16_t)(command->count | cdb[5] << 8);
        command->lba |= (uint64_t)cdb[7] << 24 | (uint64_t)cdb[9] << 32 | (uint64_t)cdb[11] << 40;
    }
    return true;
}

struct uw_scsi_command uw_sat_ask_response(void *data, bool with_direction)
{
    return (struct uw_scsi_command){
        .cdb = {PASS_THROUGH_16, RESPONSE_INFORMATION << 1, with_direction ? FROM_DEVICE : 0},
        .cdb_bytes = CDB_BYTES,
        .direction = UW_SCSI_DATA_IN,
        .data = data,
        .data_bytes = UW_SAT_RESPONSE_BYTES,
        .timeout_ms = TIMEOUT_MS};
}

bool uw_sat_is_ask_response(const struct uw_scsi_command *command)
{
    return command->cdb_bytes == CDB_BYTES && command->cdb[0] == PASS_THROUGH_16 &&
           (command->cdb[1] >> 1 & 0xf) == RESPONSE_INFORMATION;
}

/* ---- Registers */

/* All zero is what a layer makes up that has none. */
static bool keep_registers(struct uw_ata_registers *r)
{
    r->known = r->status != 0 || r->error != 0 || r->device != 0 || r->count != 0 || r->lba != 0;
    if (!r->known)
        memset(r, 0, sizeof *r);
    return r->known;
}

/* ATA Status Return descriptor, SAT-4 12.2.6. Without EXTEND the upper halves hold nothing. */
enum { STATUS_RETURN = 0x09, STATUS_RETURN_LENGTH = 12 };

static bool decode_status_return(const uint8_t *at, size_t bytes, struct uw_ata_registers *r)
{
    memset(r, 0, sizeof *r);
    if (bytes < 2 + STATUS_RETURN_LENGTH || at[0] != STATUS_RETURN || at[1] < STATUS_RETURN_LENGTH)
        return false;
    r->error = at[3];
    r->count = at[5];
    r->lba = at[7] | (uint64_t)at[9] << 8 | (uint64_t)at[11] << 16;
    r->device = at[12];
    r->status = at[13];
    if ((at[2] & 1) != 0) {
        r->whole = true;
        r->count = (uint16_t)(r->count | (unsigned)at[4] << 8);
        r->lba |= (uint64_t)at[6] << 24 | (uint64_t)at[8] << 32 | (uint64_t)at[10] << 40;
    }
    return keep_registers(r);
}

bool uw_sat_decode_response(const uint8_t *data, size_t bytes, struct uw_ata_registers *registers)
{
    return decode_status_return(data, bytes, registers);
}

static bool find_status_return(const uint8_t *sense, size_t bytes, struct uw_ata_registers *r)
{
    for (size_t at = 8; at + 2 <= bytes; at += 2U + sense[at + 1])
        if (sense[at] == STATUS_RETURN)
            return decode_status_return(sense + at, bytes - at, r);
    return false;
}

/* Four bytes ERROR, STATUS, DEVICE, COUNT 7:0, and three of the LBA: fixed sense has room for no more. */
static void place_fixed(const uint8_t *at, const uint8_t *lba, struct uw_ata_registers *r)
{
    *r = (struct uw_ata_registers){
        .error = at[0],
        .status = at[1],
        .device = at[2],
        .count = at[3],
        .lba = lba[0] | (uint64_t)lba[1] << 8 | (uint64_t)lba[2] << 16,
    };
}

/* A STATUS that belongs to an answer that says that something failed. */
static bool is_failure(const struct uw_ata_registers *r)
{
    const unsigned failed = UW_ATA_STATUS_ERR | UW_ATA_STATUS_DF | UW_ATA_STATUS_DRQ;
    return (r->status & (UW_ATA_STATUS_BSY | STATUS_DRDY)) == STATUS_DRDY && (r->status & failed) != 0;
}

static bool is_labelled(const struct uw_scsi_sense *s)
{
    return s->asc == 0x00 && s->ascq == 0x1d;
}

/* The path takes no such command. */
static bool is_refusal(const struct uw_scsi_sense *s)
{
    return s->key == ILLEGAL_REQUEST && (s->asc == 0x20 || s->asc == 0x24) && s->ascq == 0x00;
}

/* The same bytes are something else in sense data of other origin: they are registers where ASC and ASCQ say
 * so (SAT-4 12.2.5), or where a failure that ATA knows goes with a STATUS of one. libata up to 6.1 puts those
 * of failures at 8 and 17, the latter behind the end that byte 7 tells. */
static bool find_fixed(const uint8_t *sense, size_t bytes, const struct uw_scsi_sense *s,
                       struct uw_ata_registers *r)
{
    enum { AS_SAT = 3, AS_SAT_LBA = 9, AS_LIBATA = 8, AS_LIBATA_LBA = 17, LEAST = 12, MOST = 20 };
    uint8_t padded[MOST] = {0};
    if (bytes < LEAST || 8 + (size_t)sense[7] < LEAST || is_refusal(s))
        return false;
    memcpy(padded, sense, bytes < MOST ? bytes : MOST);
    place_fixed(padded + AS_SAT, padded + AS_SAT_LBA, r);
    if (is_labelled(s))
        return keep_registers(r);
    if (s->key != ABORTED_COMMAND && s->key != HARDWARE_ERROR && s->key != ILLEGAL_REQUEST)
        return false;
    if (!is_failure(r))
        place_fixed(padded + AS_LIBATA, padded + AS_LIBATA_LBA, r);
    return is_failure(r) && keep_registers(r);
}

static size_t sense_bytes_of(const struct uw_scsi_command *scsi)
{
    return scsi->sense_bytes < UW_SCSI_SENSE_BYTES ? scsi->sense_bytes : UW_SCSI_SENSE_BYTES;
}

static bool find_registers(const struct uw_scsi_command *scsi, const struct uw_scsi_sense *s,
                           struct uw_ata_registers *r)
{
    bool found = false;
    size_t bytes = sense_bytes_of(scsi);
    if (s->descriptor) {
        size_t told = 8 + (size_t)scsi->sense[7];
        found = find_status_return(scsi->sense, told < bytes ? told : bytes, r);
    } else if (s->known) {
        found = find_fixed(scsi->sense, bytes, s, r);
    }
    if (!found)
        memset(r, 0, sizeof *r);
    return found;
}

/* ---- Outcome */

static bool moved_all(const struct uw_scsi_command *scsi)
{
    return scsi->data_bytes > 0 && scsi->moved_bytes == scsi->data_bytes;
}

static int errno_of(uint8_t status)
{
    switch (status) {
    case BUSY:
    case TASK_SET_FULL:
        return -EBUSY;
    case RESERVATION_CONFLICT:
        return -EBADE;
    default:
        return -EIO;
    }
}

/* A drive that is at rest and accuses nothing has done it, unless the path says that something failed or data
 * are missing. DRQ is what libata shows where it took CK_COND with data that came in. */
static enum uw_ata_outcome outcome_of_registers(const struct uw_ata_registers *r, bool key_is_good,
                                                bool data_missing)
{
    if ((r->status & UW_ATA_STATUS_BSY) != 0) /* no other bit holds then */
        return UW_ATA_NO_REGISTERS;
    if ((r->status & (UW_ATA_STATUS_ERR | UW_ATA_STATUS_DF)) != 0)
        return UW_ATA_ABORTED;
    if (r->status == 0x50 && r->error == 0x01) /* what a reset leaves behind */
        return UW_ATA_RESET;
    if ((r->status & UW_ATA_STATUS_DRQ) != 0 || (r->status & STATUS_DRDY) == 0)
        return UW_ATA_NO_REGISTERS;
    if (!key_is_good)
        return UW_ATA_NO_ANSWER;
    return data_missing ? UW_ATA_NO_REGISTERS : UW_ATA_DONE;
}

static enum uw_ata_outcome outcome_of_sense(const struct uw_scsi_command *scsi, const struct uw_scsi_sense *s,
                                            struct uw_ata_command *command)
{
    bool key_is_good = s->key <= RECOVERED_ERROR, has_data = scsi->direction != UW_SCSI_NO_DATA;
    bool found = find_registers(scsi, s, &command->registers);
    if (s->key == UNIT_ATTENTION && s->asc == 0x29)
        return UW_ATA_RESET;
    if (found)
        return outcome_of_registers(&command->registers, key_is_good, has_data && !moved_all(scsi));
    if (is_refusal(s))
        command->host_errno = -EOPNOTSUPP;
    if (!key_is_good)
        return UW_ATA_NO_ANSWER;
    return has_data && moved_all(scsi) ? UW_ATA_DONE : UW_ATA_NO_REGISTERS;
}

static enum uw_ata_outcome no_answer(struct uw_ata_command *command, int host_errno)
{
    command->host_errno = host_errno;
    return UW_ATA_NO_ANSWER;
}

static enum uw_ata_outcome unwrap(const struct uw_scsi_command *scsi, struct uw_ata_command *command)
{
    struct uw_scsi_sense sense;
    if (scsi->host_errno != 0)
        return no_answer(command, scsi->host_errno);
    if (scsi->status != GOOD && scsi->status != CHECK_CONDITION)
        return no_answer(command, errno_of(scsi->status));
    uw_scsi_decode_sense(scsi->sense, sense_bytes_of(scsi), &sense);
    /* 71h and 73h speak of a command before this one. */
    if (sense.known && (scsi->sense[0] & 1) != 0)
        memset(&sense, 0, sizeof sense);
    if (scsi->status == CHECK_CONDITION && !sense.known)
        return no_answer(command, -EIO);
    command->sense_key = sense.key;
    command->asc = sense.asc;
    command->ascq = sense.ascq;
    return outcome_of_sense(scsi, &sense, command);
}

/* Registers stay where they are the answer, and nowhere else. */
void uw_sat_unwrap(const struct uw_scsi_command *scsi, struct uw_ata_command *command)
{
    command->registers = (struct uw_ata_registers){0};
    command->sense_key = command->asc = command->ascq = 0;
    command->host_errno = 0;
    command->outcome = unwrap(scsi, command);
    if (command->outcome == UW_ATA_NO_ANSWER || command->outcome == UW_ATA_NO_REGISTERS)
        command->registers = (struct uw_ata_registers){0};
}
