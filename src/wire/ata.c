/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/ata.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* SANITIZE answers when the operation has begun, but a drive may empty its cache first. Passwords are written
 * to the medium, which may have to spin up. */
enum { READ_MS = 30000, PASSWORD_MS = 60000, SANITIZE_MS = 120000 };
enum { DEVICE_LBA = 0x40 };
#define LBA_MASK 0xffffffffffffULL

/* ---- Reading */

static struct uw_ata_command read_blocks(uint8_t opcode, void *block)
{
    return (struct uw_ata_command){.command = opcode,
                                   .count = 1,
                                   .protocol = UW_ATA_PIO_IN,
                                   .data = block,
                                   .data_bytes = UW_ATA_BLOCK_BYTES,
                                   .timeout_ms = READ_MS};
}

struct uw_ata_command uw_ata_identify_device(void *block)
{
    return read_blocks(UW_ATA_IDENTIFY, block);
}

/* LBA 7:0 log, 15:8 and 39:32 the page. */
struct uw_ata_command uw_ata_read_log(uint8_t log, uint16_t page, void *block)
{
    struct uw_ata_command command = read_blocks(UW_ATA_READ_LOG_EXT, block);
    command.lba = log | (page & 0xffULL) << 8 | (uint64_t)(page >> 8) << 32;
    command.device = DEVICE_LBA;
    command.extended = true;
    return command;
}

struct uw_ata_command uw_ata_dco_identify(void *block)
{
    struct uw_ata_command command = read_blocks(UW_ATA_DCO, block);
    command.features = 0xc2;
    return command;
}

/* ---- Without data */

static struct uw_ata_command without_data(uint8_t opcode, uint16_t features, uint16_t count, uint64_t lba)
{
    return (struct uw_ata_command){.command = opcode,
                                   .features = features,
                                   .count = count,
                                   .lba = lba & LBA_MASK,
                                   .device = DEVICE_LBA,
                                   .extended = true,
                                   .protocol = UW_ATA_NON_DATA,
                                   .wants_registers = true,
                                   .timeout_ms = READ_MS};
}

struct uw_ata_command uw_ata_nop(uint16_t count, uint64_t lba)
{
    return without_data(UW_ATA_NOP, 0, count, lba);
}

static struct uw_ata_command with_28_bits(uint8_t opcode, uint64_t lba)
{
    struct uw_ata_command command = without_data(opcode, 0, 0, lba & 0xffffff);
    command.device = (uint8_t)(DEVICE_LBA | (lba >> 24 & 0xf));
    command.extended = false;
    return command;
}

struct uw_ata_command uw_ata_read_native_max(bool extended)
{
    return extended ? without_data(UW_ATA_READ_NATIVE_MAX_EXT, 0, 0, 0)
                    : with_28_bits(UW_ATA_READ_NATIVE_MAX, 0);
}

/* COUNT bit 0 would have it kept without power. */
struct uw_ata_command uw_ata_set_max(bool extended, uint64_t last)
{
    return extended ? without_data(UW_ATA_SET_MAX_EXT, 0, 0, last) : with_28_bits(UW_ATA_SET_MAX, last);
}

struct uw_ata_command uw_ata_get_accessible_max(void)
{
    return without_data(UW_ATA_ACCESSIBLE_MAX, 0x0000, 0, 0);
}

struct uw_ata_command uw_ata_set_accessible_max(uint64_t last)
{
    return without_data(UW_ATA_ACCESSIBLE_MAX, 0x0001, 0, last);
}

static struct uw_ata_command short_command(uint8_t opcode, uint16_t features)
{
    struct uw_ata_command command = without_data(opcode, features, 0, 0);
    command.device = 0;
    command.extended = false;
    return command;
}

struct uw_ata_command uw_ata_dco_restore(void)
{
    return short_command(UW_ATA_DCO, 0xc0);
}

struct uw_ata_command uw_ata_enable_write_cache(void)
{
    return short_command(UW_ATA_SET_FEATURES, 0x02);
}

/* ---- SANITIZE */

struct uw_ata_command uw_ata_sanitize_status(bool clear_failed)
{
    return without_data(UW_ATA_SANITIZE, 0x0000, clear_failed ? 1 : 0, 0);
}

/* Some paths spoil these where they shall return registers. Whether one has begun, SANITIZE STATUS tells.
 * FAILURE MODE (COUNT bit 4) stays 0: a failed drive leaves that state by another sanitize only. */
static struct uw_ata_command sanitize(uint16_t features, uint16_t count, uint64_t lba)
{
    struct uw_ata_command command = without_data(UW_ATA_SANITIZE, features, count, lba);
    command.wants_registers = false;
    command.timeout_ms = SANITIZE_MS;
    return command;
}

struct uw_ata_command uw_ata_sanitize_crypto(void)
{
    return sanitize(0x0011, 0, 0x43727970); /* "Cryp" */
}

struct uw_ata_command uw_ata_sanitize_block(void)
{
    return sanitize(0x0012, 0, 0x426b4572); /* "BkEr" */
}

/* COUNT: passes 3:0 (0 means 16), DEFINITIVE ENDING PATTERN 6, INVERT 7. LBA 47:32 is "OW". */
struct uw_ata_command uw_ata_sanitize_overwrite(uint32_t pattern, bool definitive)
{
    return sanitize(0x0014, definitive ? 1U | 1U << 6 : 1U, 0x4f57ULL << 32 | pattern);
}

/* ---- Security */

enum { IDENTIFIER = 1U << 0, ENHANCED = 1U << 1 };

/* Word 0 `control`, words 1..16 the password. Bit 8 of word 0, the master capability, stays 0: high. */
static struct uw_ata_command with_password(uint8_t opcode, uint8_t control,
                                           const uint8_t password[UW_ATA_PASSWORD_BYTES], void *block)
{
    uint8_t *bytes = block;
    uint8_t copy[UW_ATA_PASSWORD_BYTES]; /* it may stand in the block */
    memcpy(copy, password, sizeof copy);
    memset(bytes, 0, UW_ATA_BLOCK_BYTES);
    bytes[0] = control;
    memcpy(bytes + 2, copy, sizeof copy);
    return (struct uw_ata_command){.command = opcode,
                                   .count = 1,
                                   .protocol = UW_ATA_PIO_OUT,
                                   .data = block,
                                   .data_bytes = UW_ATA_BLOCK_BYTES,
                                   .timeout_ms = PASSWORD_MS};
}

static uint8_t identifier(enum uw_ata_identifier who)
{
    return who == UW_ATA_MASTER ? IDENTIFIER : 0;
}

struct uw_ata_command uw_ata_set_password(const uint8_t password[UW_ATA_PASSWORD_BYTES], void *block)
{
    return with_password(UW_ATA_SECURITY_SET_PASSWORD, identifier(UW_ATA_USER), password, block);
}

struct uw_ata_command uw_ata_unlock(enum uw_ata_identifier who, const uint8_t password[UW_ATA_PASSWORD_BYTES],
                                    void *block)
{
    return with_password(UW_ATA_SECURITY_UNLOCK, identifier(who), password, block);
}

struct uw_ata_command uw_ata_disable_password(enum uw_ata_identifier who,
                                              const uint8_t password[UW_ATA_PASSWORD_BYTES], void *block)
{
    return with_password(UW_ATA_SECURITY_DISABLE_PASSWORD, identifier(who), password, block);
}

/* ---- SMART */

/* LBA 23:8 are a key: without it every function aborts. */
enum { SMART_KEY = 0xc24f00, SMART_DATA = 0xd0, SMART_THRESHOLDS = 0xd1, SMART_STATUS = 0xda };

static struct uw_ata_command read_smart(uint16_t function, void *block)
{
    struct uw_ata_command command = read_blocks(UW_ATA_SMART, block);
    command.features = function;
    command.lba = SMART_KEY;
    return command;
}

struct uw_ata_command uw_ata_smart_data(void *block)
{
    return read_smart(SMART_DATA, block);
}

struct uw_ata_command uw_ata_smart_thresholds(void *block)
{
    return read_smart(SMART_THRESHOLDS, block);
}

struct uw_ata_command uw_ata_smart_status(void)
{
    struct uw_ata_command command = short_command(UW_ATA_SMART, 0);
    command.features = SMART_STATUS;
    command.lba = SMART_KEY;
    return command;
}

struct uw_ata_command uw_ata_erase_prepare(void)
{
    return short_command(UW_ATA_SECURITY_ERASE_PREPARE, 0);
}

struct uw_ata_command uw_ata_erase_unit(enum uw_ata_identifier who,
                                        const uint8_t password[UW_ATA_PASSWORD_BYTES], bool enhanced,
                                        uint32_t timeout_ms, void *block)
{
    uint8_t control = (uint8_t)(identifier(who) | (enhanced ? ENHANCED : 0U));
    struct uw_ata_command command = with_password(UW_ATA_SECURITY_ERASE_UNIT, control, password, block);
    command.timeout_ms = timeout_ms > 0 ? timeout_ms : uw_ata_erase_timeout_ms(UW_ATA_NOT_TOLD);
    return command;
}

/* When it expires, the kernel resets the link, which ends the erase in the middle. */
uint32_t uw_ata_erase_timeout_ms(uint16_t minutes)
{
    const uint32_t least = 2 * 60, most = 24 * 24 * 60, minute_ms = 60000;
    uint32_t wait = minutes + minutes / 2U + minutes % 2U + 30;
    if (minutes == UW_ATA_NOT_TOLD || minutes == UW_ATA_BEYOND || wait > most)
        wait = most;
    else if (wait < least)
        wait = least;
    return wait * minute_ms;
}

/* ---- Texts */

static void put_hex(char *hex, const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
}

static void put_big(uint8_t *at, size_t bytes, uint64_t value)
{
    for (size_t i = 0; i < bytes; i++)
        at[i] = (uint8_t)(value >> 8 * (bytes - 1 - i));
}

void uw_ata_command_hex(const struct uw_ata_command *command, char hex[UW_ATA_COMMAND_HEX])
{
    uint8_t bytes[12];
    put_big(bytes, 2, command->features);
    put_big(bytes + 2, 2, command->count);
    put_big(bytes + 4, 6, command->lba);
    bytes[10] = command->device;
    bytes[11] = command->command;
    put_hex(hex, bytes, sizeof bytes);
}

void uw_ata_registers_hex(const struct uw_ata_registers *registers, char hex[UW_ATA_REGISTERS_HEX])
{
    uint8_t bytes[12] = {registers->status, registers->error};
    put_big(bytes + 2, 2, registers->count);
    put_big(bytes + 4, 6, registers->lba);
    bytes[10] = registers->device;
    put_hex(hex, bytes, sizeof bytes);
}

static const char *outcome_words(enum uw_ata_outcome outcome)
{
    switch (outcome) {
    case UW_ATA_NO_ANSWER:
        return "no answer";
    case UW_ATA_NO_REGISTERS:
        return "no result registers";
    case UW_ATA_DONE:
        return "done";
    case UW_ATA_ABORTED:
        return "aborted";
    case UW_ATA_RESET:
        return "reset in the middle";
    }
    return "no outcome";
}

void uw_ata_outcome_text(const struct uw_ata_command *command, char *text)
{
    const struct uw_ata_command *c = command;
    const char *words = outcome_words(c->outcome);
    if (c->registers.known)
        snprintf(text, UW_ATA_OUTCOME_TEXT, "%s (status %02xh, error %02xh)", words, c->registers.status,
                 c->registers.error);
    else if (c->host_errno > -4096 && c->host_errno < 0)
        snprintf(text, UW_ATA_OUTCOME_TEXT, "%s (%s, errno %d)", words, strerror(-c->host_errno),
                 -c->host_errno);
    else if (c->sense_key != 0 || c->asc != 0 || c->ascq != 0)
        snprintf(text, UW_ATA_OUTCOME_TEXT, "%s (sense %02x/%02x/%02x)", words, c->sense_key, c->asc,
                 c->ascq);
    else
        snprintf(text, UW_ATA_OUTCOME_TEXT, "%s", words);
}
