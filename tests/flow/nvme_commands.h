/* SPDX-License-Identifier: Apache-2.0 */
/* Commands to a model controller, put together and taken apart by hand. */
#ifndef NVME_COMMANDS_H
#define NVME_COMMANDS_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/model_nvme.h"

enum { SANITIZE = 0x84, FORMAT = 0x80, IDENTIFY = 0x06, GET_LOG = 0x02 };
enum { EXIT = 1, BLOCK = 2, OVERWRITE = 3, CRYPTO = 4, AUSE = 1 << 3, OIPBP = 1 << 8, NDAS = 1 << 9 };
enum { USER = 1 << 9, CRYPTO_FORMAT = 2 << 9 };
enum { NEVER, SUCCESS, RUNNING, FAILED, UNEXPECTED };
enum { KERNEL_MS = 60000, PATIENCE_MS = 120000, SMALL = 64 * 512 };

#define EVERY_NSID UINT32_MAX

struct drive {
    struct model_nvme *nvme;
    uint64_t now_ms;
};

/* A small drive that can do everything. */
static inline struct model_nvme_config able(void)
{
    struct model_nvme_config config = {.sanicap = 7, .oacs = 1U << 1 | 1U << 3, .fna = 1U << 2, .dlfeat = 1};
    for (size_t i = 0; i < MODEL_NVME_NAMESPACES; i++)
        config.media[i].block.bytes = SMALL;
    return config;
}

static inline struct drive make(const struct model_nvme_config *config)
{
    struct drive drive = {model_nvme_new(config), 0};
    assert_non_null(drive.nvme);
    return drive;
}

static inline int ask_for(struct drive *drive, uint8_t opcode, uint32_t nsid, uint32_t cdw10, uint32_t cdw11,
                          void *data, uint32_t bytes)
{
    struct uw_nvme_command command = {.opcode = opcode,
                                      .nsid = nsid,
                                      .cdw10 = cdw10,
                                      .cdw11 = cdw11,
                                      .data = data,
                                      .data_bytes = bytes,
                                      .timeout_ms = KERNEL_MS};
    bool stalled;
    if (!model_nvme_ask(drive->nvme, &drive->now_ms, &command, PATIENCE_MS, &stalled)) {
        assert_true(stalled);
        return -ETIMEDOUT;
    }
    return command.status;
}

static inline int sanitize(struct drive *drive, uint32_t cdw10)
{
    return ask_for(drive, SANITIZE, 0, cdw10, 0xa1b2c3d4, NULL, 0);
}

static inline int format(struct drive *drive, uint32_t nsid, uint32_t cdw10)
{
    return ask_for(drive, FORMAT, nsid, cdw10, 0, NULL, 0);
}

struct log {
    int answer;
    unsigned progress, state, passes;
    bool global_erased;
    uint32_t cdw10;
    uint8_t raw[512];
};

static inline uint32_t little(const uint8_t *at, unsigned bytes)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < bytes; i++)
        value |= (uint32_t)at[i] << (8 * i);
    return value;
}

static inline struct log read_log(struct drive *drive)
{
    struct log log = {0};
    log.answer = ask_for(drive, GET_LOG, EVERY_NSID, 0x81 | 127U << 16, 0, log.raw, sizeof log.raw);
    log.progress = little(log.raw, 2);
    log.state = log.raw[2] & 7;
    log.passes = (unsigned)log.raw[2] >> 3;
    log.global_erased = (log.raw[3] & 1) != 0;
    log.cdw10 = little(log.raw + 4, 4);
    return log;
}

static inline void wait_ms(struct drive *drive, uint64_t ms)
{
    drive->now_ms += ms;
    model_nvme_advance(drive->nvme, drive->now_ms);
}

static inline int64_t read_block(struct drive *drive, size_t place, uint64_t lba, uint8_t *data)
{
    return model_nvme_move(drive->nvme, place, drive->now_ms, false, lba * 512, 512, data);
}

static inline int64_t write_block(struct drive *drive, size_t place, uint64_t lba, uint8_t value)
{
    uint8_t data[512];
    memset(data, value, sizeof data);
    return model_nvme_move(drive->nvme, place, drive->now_ms, true, lba * 512, 512, data);
}

/* Whether every block reads as this value throughout. */
static inline bool reads_as(struct drive *drive, size_t place, uint8_t value)
{
    uint8_t data[512];
    for (uint64_t lba = 0; lba < drive->nvme->spaces[place].block->blocks; lba++) {
        if (read_block(drive, place, lba, data) != 512)
            return false;
        for (size_t i = 0; i < sizeof data; i++)
            if (data[i] != value)
                return false;
    }
    return true;
}

static inline uint64_t erased(struct drive *drive, size_t place)
{
    return model_nvme_truth(drive->nvme, place).erased;
}

#endif
