/* SPDX-License-Identifier: Apache-2.0 */
/* ATA commands to a model drive, put into CDBs and taken out of sense data by hand. */
#ifndef ATA_COMMANDS_H
#define ATA_COMMANDS_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/model_ata.h"

enum {
    NOP = 0x00,
    READ_NATIVE_MAX = 0x27,
    READ_LOG = 0x2f,
    SET_MAX = 0x37,
    ACCESSIBLE_MAX = 0x78,
    SMART = 0xb0,
    DCO = 0xb1,
    SANITIZE = 0xb4,
    CHECK_POWER = 0xe5,
    FLUSH = 0xea,
    IDENTIFY = 0xec,
    SET_PASSWORD = 0xf1,
    UNLOCK = 0xf2,
    PREPARE = 0xf3,
    ERASE_UNIT = 0xf4,
    FREEZE = 0xf5,
    DISABLE = 0xf6
};
/* Functions of B4h, and what STATUS has in COUNT. */
enum { STATUS = 0, CRYPTO = 0x11, BLOCK = 0x12, OVERWRITE = 0x14, FREEZE_LOCK = 0x20, ANTIFREEZE = 0x40 };
enum { DONE = 1 << 15, RUNNING = 1 << 14, FROZEN = 1 << 13, ANTIFROZEN = 1 << 12, AT_REST = 0xffff };
enum { ZNR = 1 << 15, INVERT = 1 << 7, DEFINITIVE = 1 << 6, FAILURE_MODE = 1 << 4, CLEAR = 1 };
/* Word 128. */
enum { SUPPORTED = 1, ENABLED = 2, LOCKED = 4, SEC_FROZEN = 8, EXPIRED = 16, ENHANCES = 32, MAXIMUM = 256 };
/* Word 0 of a password block. */
enum { USER = 0, MASTER = 1, ENHANCED = 2, LEVEL_MAXIMUM = 256 };
enum { SECTORS = 64, SMALL = SECTORS * 512, KERNEL_MS = 60000, LONG_MS = 7200000 };

struct drive {
    struct model_ata *ata;
    uint64_t now_ms;
    uint32_t kernel_ms; /* 0: KERNEL_MS */
};

struct answer {
    int host_errno; /* -ETIMEDOUT also where the host lost its patience */
    uint8_t scsi, key, asc, ascq;
    bool registers;
    uint8_t status, error;
    uint16_t count;
    uint64_t lba;
};

/* A small drive that can do everything, behind a layer that tells everything. */
static inline struct model_ata_config able(void)
{
    return (struct model_ata_config){.block.bytes = SMALL,
                                     .sanitize = true,
                                     .crypto = true,
                                     .block_erase = true,
                                     .overwrite = true,
                                     .antifreeze = true,
                                     .security = true,
                                     .enhanced = true,
                                     .enhanced_value = 0xe5,
                                     .erase_word = 10,
                                     .enhanced_word = 1,
                                     .sat.d_sense = true};
}

static inline struct drive make(const struct model_ata_config *config)
{
    struct drive drive = {model_ata_new(config), 0, 0};
    assert_non_null(drive.ata);
    return drive;
}

/* With nothing to complain of. */
static inline void drop(struct drive *drive)
{
    assert_string_equal(drive->ata->complaint, "");
    model_ata_free(drive->ata);
}

static inline struct answer take_apart(const struct uw_scsi_command *command)
{
    struct answer answer = {.host_errno = command->host_errno, .scsi = command->status};
    const uint8_t *sense = command->sense;
    if (command->sense_bytes == 0)
        return answer;
    bool descriptor = (sense[0] & 0x7f) == 0x72;
    answer.key = sense[descriptor ? 1 : 2];
    answer.asc = sense[descriptor ? 2 : 12];
    answer.ascq = sense[descriptor ? 3 : 13];
    for (unsigned at = 8; descriptor && at + 14 <= 8U + sense[7]; at += 2U + sense[at + 1]) {
        const uint8_t *d = sense + at;
        if (d[0] != 9)
            continue;
        answer.registers = true;
        answer.error = d[3], answer.status = d[13];
        answer.count = (uint16_t)(d[4] << 8 | d[5]);
        answer.lba = d[7] | (uint64_t)d[9] << 8 | (uint64_t)d[11] << 16 | (uint64_t)d[6] << 24 |
                     (uint64_t)d[8] << 32 | (uint64_t)d[10] << 40;
    }
    return answer;
}

static inline struct answer send_scsi(struct drive *drive, struct uw_scsi_command *command)
{
    bool stalled;
    command->timeout_ms = drive->kernel_ms != 0 ? drive->kernel_ms : KERNEL_MS;
    if (!model_ata_scsi(drive->ata, &drive->now_ms, command, (int)command->timeout_ms + 60000, &stalled)) {
        assert_true(stalled);
        return (struct answer){.host_errno = -ETIMEDOUT};
    }
    return take_apart(command);
}

/* ATA PASS-THROUGH(16) of a 48-bit command. */
static inline struct uw_scsi_command wrap(uint8_t command, uint16_t features, uint16_t count, uint64_t lba)
{
    return (struct uw_scsi_command){
        .cdb = {0x85, 3 << 1 | 1, 0x20, (uint8_t)(features >> 8), (uint8_t)features, (uint8_t)(count >> 8),
                (uint8_t)count, (uint8_t)(lba >> 24), (uint8_t)lba, (uint8_t)(lba >> 32), (uint8_t)(lba >> 8),
                (uint8_t)(lba >> 40), (uint8_t)(lba >> 16), 0x40, command, 0},
        .cdb_bytes = 16};
}

static inline struct answer ask(struct drive *drive, uint8_t command, uint16_t features, uint16_t count,
                                uint64_t lba)
{
    struct uw_scsi_command scsi = wrap(command, features, count, lba);
    return send_scsi(drive, &scsi);
}

static inline struct uw_scsi_command wrap_data(uint8_t command, uint16_t features, uint64_t lba, bool in,
                                               void *block)
{
    struct uw_scsi_command scsi = wrap(command, features, 1, lba);
    scsi.cdb[1] = (uint8_t)((in ? 4 : 5) << 1 | (command == READ_LOG));
    scsi.cdb[2] = in ? 0x0e : 0x06;
    scsi.direction = in ? UW_SCSI_DATA_IN : UW_SCSI_DATA_OUT;
    scsi.data = block;
    scsi.data_bytes = 512;
    return scsi;
}

static inline struct answer ask_data(struct drive *drive, uint8_t command, uint16_t features, uint64_t lba,
                                     bool in, void *block)
{
    struct uw_scsi_command scsi = wrap_data(command, features, lba, in, block);
    return send_scsi(drive, &scsi);
}

/* Succeeded, by its registers or by the data that it moved. */
static inline bool is_done(struct answer answer)
{
    if (answer.host_errno != 0)
        return false;
    return answer.scsi == 0 || (answer.key == 1 && answer.asc == 0 && answer.ascq == 0x1d &&
                                answer.registers && answer.status == 0x50 && answer.error == 0);
}

static inline bool is_aborted(struct answer answer)
{
    return answer.host_errno == 0 && answer.scsi == 2 && answer.key == 0xb && answer.registers &&
           answer.status == 0x51 && answer.error == 0x04;
}

static inline struct answer with_password(struct drive *drive, uint8_t command, unsigned word,
                                          const char *password)
{
    uint8_t block[512] = {(uint8_t)word, (uint8_t)(word >> 8)};
    memcpy(block + 2, password, strlen(password));
    return ask_data(drive, command, 0, 0, false, block);
}

static inline struct answer erase_unit(struct drive *drive, unsigned word, const char *password)
{
    assert_true(is_done(ask(drive, PREPARE, 0, 0, 0)));
    uint32_t kernel_ms = drive->kernel_ms;
    drive->kernel_ms = kernel_ms != 0 ? kernel_ms : LONG_MS;
    struct answer answer = with_password(drive, ERASE_UNIT, word, password);
    drive->kernel_ms = kernel_ms;
    return answer;
}

static inline uint64_t signature_of(unsigned function)
{
    return function == CRYPTO        ? 0x43727970
           : function == BLOCK       ? 0x426b4572
           : function == OVERWRITE   ? 0x4f57a1b2c3d4
           : function == FREEZE_LOCK ? 0x46724c6b
           : function == ANTIFREEZE  ? 0x416e7469
                                     : 0;
}

static inline struct answer sanitize(struct drive *drive, unsigned function, unsigned count)
{
    return ask(drive, SANITIZE, (uint16_t)function, (uint16_t)count, signature_of(function));
}

static inline unsigned word_of(struct drive *drive, unsigned word)
{
    uint8_t page[512] = {0};
    assert_true(is_done(ask_data(drive, IDENTIFY, 0, 0, true, page)));
    return page[2 * word] | (unsigned)page[2 * word + 1] << 8;
}

static inline uint64_t sectors_of(struct drive *drive)
{
    uint8_t page[512] = {0};
    uint64_t sectors = 0;
    assert_true(is_done(ask_data(drive, IDENTIFY, 0, 0, true, page)));
    for (unsigned i = 0; i < 8; i++)
        sectors |= (uint64_t)page[200 + i] << (8 * i);
    return sectors;
}

static inline unsigned security(struct drive *drive)
{
    return word_of(drive, 128);
}

static inline void wait_ms(struct drive *drive, uint64_t ms)
{
    drive->now_ms += ms;
    model_ata_advance(drive->ata, drive->now_ms);
}

static inline void cycle_power(struct drive *drive)
{
    model_ata_cut_power(drive->ata);
    model_ata_power_on(drive->ata);
}

static inline int64_t read_sector(struct drive *drive, uint64_t lba, uint8_t *data)
{
    return model_ata_move(drive->ata, drive->now_ms, false, lba * 512, 512, data);
}

static inline int64_t write_sector(struct drive *drive, uint64_t lba, uint8_t value)
{
    uint8_t data[512];
    memset(data, value, sizeof data);
    return model_ata_move(drive->ata, drive->now_ms, true, lba * 512, 512, data);
}

/* Whether every sector that can be addressed reads as this value throughout. */
static inline bool reads_as(struct drive *drive, uint8_t value)
{
    uint8_t data[512];
    for (uint64_t lba = 0; lba < drive->ata->visible; lba++) {
        if (read_sector(drive, lba, data) != 512)
            return false;
        for (size_t i = 0; i < sizeof data; i++)
            if (data[i] != value)
                return false;
    }
    return true;
}

static inline struct model_ata_truth truth(struct drive *drive)
{
    return model_ata_truth(drive->ata);
}

#endif
