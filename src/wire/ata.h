/* SPDX-License-Identifier: Apache-2.0 */
/* ATA commands as registers and data, and what comes back. Pure. ATA Command Set - 4. Data are little endian;
 * strings have the bytes of each word swapped. */
#ifndef UW_WIRE_ATA_H
#define UW_WIRE_ATA_H

#include <stddef.h>

#include "core/ata.h"

enum uw_ata_opcode {
    UW_ATA_NOP = 0x00,
    UW_ATA_READ_NATIVE_MAX_EXT = 0x27,
    UW_ATA_READ_LOG_EXT = 0x2f,
    UW_ATA_SET_MAX_EXT = 0x37,
    UW_ATA_ACCESSIBLE_MAX = 0x78,
    UW_ATA_SMART = 0xb0,
    UW_ATA_DCO = 0xb1,
    UW_ATA_SANITIZE = 0xb4,
    UW_ATA_IDENTIFY = 0xec,
    UW_ATA_SET_FEATURES = 0xef,
    UW_ATA_SECURITY_SET_PASSWORD = 0xf1,
    UW_ATA_SECURITY_UNLOCK = 0xf2,
    UW_ATA_SECURITY_ERASE_PREPARE = 0xf3,
    UW_ATA_SECURITY_ERASE_UNIT = 0xf4,
    UW_ATA_SECURITY_DISABLE_PASSWORD = 0xf6,
    UW_ATA_READ_NATIVE_MAX = 0xf8,
    UW_ATA_SET_MAX = 0xf9
};

enum uw_ata_protocol { UW_ATA_NON_DATA = 3, UW_ATA_PIO_IN = 4, UW_ATA_PIO_OUT = 5 };
enum { UW_ATA_BLOCK_BYTES = 512, UW_ATA_PASSWORD_BYTES = 32 };

/* STATUS and ERROR. */
enum {
    UW_ATA_STATUS_ERR = 1U << 0,
    UW_ATA_STATUS_DRQ = 1U << 3,
    UW_ATA_STATUS_DF = 1U << 5,
    UW_ATA_STATUS_BSY = 1U << 7,
    UW_ATA_ERROR_ABRT = 1U << 2
};

struct uw_ata_registers {
    bool known; /* the path gave them, and they are not all zero */
    bool whole; /* with the upper halves of COUNT and LBA */
    uint8_t status, error, device;
    uint16_t count;
    uint64_t lba; /* 48 bits */
};

enum uw_ata_outcome {
    UW_ATA_NO_ANSWER = 0, /* the host or the path failed: what the drive did is not known */
    UW_ATA_NO_REGISTERS,  /* the path says that it is done and gives no registers: no success */
    UW_ATA_DONE,          /* without an error, by the drive's own registers, or by the data it moved */
    UW_ATA_ABORTED,       /* ERR or DF is set */
    UW_ATA_RESET          /* the drive was reset in the middle of it (06/29, or 50h with ERROR 01h) */
};

/* One command. The answer is data too: a drive that says no is no error of the door's. */
struct uw_ata_command {
    uint8_t command;
    uint16_t features, count;
    uint64_t lba;
    uint8_t device;
    bool extended; /* 48-bit registers */
    enum uw_ata_protocol protocol;
    void *data; /* owned by the caller; data_bytes is a multiple of 512 */
    uint32_t data_bytes;
    bool wants_registers; /* CK_COND: of commands without data, and of them where nothing is spoiled by it */
    uint32_t timeout_ms;  /* the kernel's; never 0 */
    /* The answer: */
    enum uw_ata_outcome outcome;
    struct uw_ata_registers registers;
    uint8_t sense_key, asc, ascq;
    int host_errno; /* of NO_ANSWER, -errno as struct uw_scsi_command has it; 0: none */
};

/* Commands, complete with timeout_ms. `block` is UW_ATA_BLOCK_BYTES. */
struct uw_ata_command uw_ata_identify_device(void *block);
struct uw_ata_command uw_ata_read_log(uint8_t log, uint16_t page, void *block);
/* Aborts by design and echoes COUNT and LBA: tells whether the path lets registers through. */
struct uw_ata_command uw_ata_nop(uint16_t count, uint64_t lba);
struct uw_ata_command uw_ata_sanitize_status(bool clear_failed);
struct uw_ata_command uw_ata_sanitize_block(void);
struct uw_ata_command uw_ata_sanitize_crypto(void);
/* One pass, not inverted; `definitive`: the pattern stands there at the end (only where supported). */
struct uw_ata_command uw_ata_sanitize_overwrite(uint32_t pattern, bool definitive);
/* HPA, ATA8-ACS (ACS-3 dropped it): READ NATIVE MAX ADDRESS and SET MAX ADDRESS, with 48-bit addresses or
 * with
 * 28. A set holds until the power goes off, and must directly follow a read. */
struct uw_ata_command uw_ata_read_native_max(bool extended);
struct uw_ata_command uw_ata_set_max(bool extended, uint64_t last);
/* ACCESSIBLE MAX ADDRESS CONFIGURATION, ACS-4 7.1: a set is kept without power; a drive takes one each time
 * that it is switched on. */
struct uw_ata_command uw_ata_get_accessible_max(void);
struct uw_ata_command uw_ata_set_accessible_max(uint64_t last);
/* DEVICE CONFIGURATION, ATA8-ACS: IDENTIFY, and RESTORE, which nothing takes back. */
struct uw_ata_command uw_ata_dco_identify(void *block);
struct uw_ata_command uw_ata_dco_restore(void);
/* SMART (ACS-4 7.48; the thresholds: ATA/ATAPI-3): attributes, their thresholds, and whether one of them says
 * that the drive will fail. They change nothing. */
struct uw_ata_command uw_ata_smart_data(void *block);
struct uw_ata_command uw_ata_smart_thresholds(void *block);
struct uw_ata_command uw_ata_smart_status(void);
/* SET FEATURES, enable the volatile write cache (ACS-4 7.43). */
struct uw_ata_command uw_ata_enable_write_cache(void);
/* The address that such a command answered with: of the short form LBA 27:24 stand in DEVICE 3:0. False: its
 * registers do not tell. */
bool uw_ata_last_address(const struct uw_ata_command *command, uint64_t *last);

enum uw_ata_identifier { UW_ATA_USER = 0, UW_ATA_MASTER = 1 };
/* Password blocks are written into `block`, which becomes the command's data. Security high. */
struct uw_ata_command uw_ata_set_password(const uint8_t password[UW_ATA_PASSWORD_BYTES], void *block);
struct uw_ata_command uw_ata_unlock(enum uw_ata_identifier who, const uint8_t password[UW_ATA_PASSWORD_BYTES],
                                    void *block);
struct uw_ata_command uw_ata_disable_password(enum uw_ata_identifier who,
                                              const uint8_t password[UW_ATA_PASSWORD_BYTES], void *block);
struct uw_ata_command uw_ata_erase_prepare(void);
struct uw_ata_command uw_ata_erase_unit(enum uw_ata_identifier who,
                                        const uint8_t password[UW_ATA_PASSWORD_BYTES], bool enhanced,
                                        uint32_t timeout_ms, void *block);
/* From minutes as words 89 and 90 give them: half as much again and 30 min more, 2 h at least; 24 days, the
 * most that fits, where they are not told. */
uint32_t uw_ata_erase_timeout_ms(uint16_t minutes);

/* Answers. Each takes any bytes: false, and `known` false, where there are too few or a checksum is wrong. */
bool uw_ata_decode_identify(const uint8_t *data, size_t bytes, struct uw_ata_identify *identify);
/* Pages 03h and 06h, either may be NULL: the drive has none. */
bool uw_ata_decode_log(const uint8_t *supported, const uint8_t *security, struct uw_ata_log *log);
/* From the registers of SANITIZE STATUS EXT; not known where they are not whole. */
bool uw_ata_decode_sanitize(const struct uw_ata_command *status, struct uw_ata_sanitize_status *sanitize);
/* Of SMART RETURN STATUS; the lower halves of the registers will do. */
bool uw_ata_decode_smart_status(const struct uw_ata_command *status, bool *exceeded);
/* Data or thresholds: the checksum is right, and something stands there. */
bool uw_ata_is_smart_page(const uint8_t *data, size_t bytes);
/* DCO IDENTIFY: sectors (word 3..6 + 1) or 0 where the checksum is wrong. */
uint64_t uw_ata_decode_dco(const uint8_t *data, size_t bytes);

/* The registers that go out as evidence, in hex: FEATURES(2) COUNT(2) LBA(6) DEVICE COMMAND, big endian.
 * Never the password. */
enum { UW_ATA_COMMAND_HEX = 2 * 12 + 1, UW_ATA_REGISTERS_HEX = 2 * 12 + 1 };
void uw_ata_command_hex(const struct uw_ata_command *command, char hex[UW_ATA_COMMAND_HEX]);
/* STATUS ERROR COUNT(2) LBA(6) DEVICE 00. */
void uw_ata_registers_hex(const struct uw_ata_registers *registers, char hex[UW_ATA_REGISTERS_HEX]);
/* Words for the outcome, e.g. "aborted (status 51h, error 04h)". */
enum { UW_ATA_OUTCOME_TEXT = 96 };
void uw_ata_outcome_text(const struct uw_ata_command *command, char *text);

#endif
