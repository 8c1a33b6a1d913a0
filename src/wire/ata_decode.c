/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/ata.h"

#include <string.h>

#include "core/drive.h"

enum { CHECKSUM_SIGNATURE = 0xa5 };

static uint16_t word(const uint8_t *data, size_t index)
{
    return (uint16_t)(data[2 * index] | (unsigned)data[2 * index + 1] << 8);
}

static uint64_t words(const uint8_t *data, size_t index, size_t count)
{
    uint64_t value = 0;
    for (size_t i = count; i-- > 0;)
        value = value << 16 | word(data, index + i);
    return value;
}

static bool is_told(uint16_t value)
{
    return value != 0x0000 && value != 0xffff;
}

/* 0 where it is not told. */
static uint16_t told(const uint8_t *data, size_t index)
{
    uint16_t value = word(data, index);
    return is_told(value) ? value : 0;
}

/* Of words that say by bits 15:14 = 01 that they hold something. */
static uint16_t marked(const uint8_t *data, size_t index)
{
    uint16_t value = word(data, index);
    return value >> 14 == 1 ? value : 0;
}

static bool bit(uint64_t value, unsigned index)
{
    return (value >> index & 1) != 0;
}

static bool sums_to_zero(const uint8_t *data)
{
    uint8_t sum = 0;
    for (size_t i = 0; i < UW_ATA_BLOCK_BYTES; i++)
        sum = (uint8_t)(sum + data[i]);
    return sum == 0;
}

/* What a path hands back that took the command and moved no data. */
static bool is_one_byte(const uint8_t *data)
{
    return memcmp(data, data + 1, UW_ATA_BLOCK_BYTES - 1) == 0;
}

static void decode_string(char *to, size_t to_bytes, const uint8_t *data, size_t index, size_t count)
{
    char swapped[40];
    for (size_t i = 0; i < count; i++) {
        swapped[2 * i] = (char)data[2 * (index + i) + 1];
        swapped[2 * i + 1] = (char)data[2 * (index + i)];
    }
    uw_clean_string(to, to_bytes, swapped, 2 * count);
}

/* Word 53 bit 1: words 64..70 hold something. */
static uint16_t additional(const uint8_t *data)
{
    return bit(told(data, 53), 1) ? told(data, 69) : 0;
}

static bool is_48_bit(uint64_t sectors)
{
    return sectors > 0 && sectors <= 1ULL << 48;
}

/* Word 69 bit 3: words 230..233; word 83 bit 10: 48-bit addresses. Where these hold nothing that can be,
 * there still are the 28 bits of long ago. */
static uint64_t sectors_of(const uint8_t *data)
{
    uint64_t longest = words(data, 230, 4), large = words(data, 100, 4), small = words(data, 60, 2);
    if (bit(additional(data), 3) && is_48_bit(longest))
        return longest;
    if (bit(marked(data, 83), 10) && is_48_bit(large))
        return large;
    return small < 1ULL << 28 ? small : 0;
}

/* Word 106 bit 12: words 117..118 tell the size of a block in words, which is above 256. */
static uint32_t block_bytes_of(const uint8_t *data)
{
    enum { LEAST = 256, MOST = 32768 };
    if (!bit(marked(data, 106), 12))
        return UW_ATA_BLOCK_BYTES;
    uint64_t size = words(data, 117, 2);
    return size >= LEAST && size <= MOST ? (uint32_t)(2 * size) : 0;
}

/* Words 89 and 90 count two minutes each: in bits 14:0 where bit 15 is set, else in bits 7:0. None of them is
 * UW_ATA_NOT_TOLD. */
static uint16_t minutes_of(uint16_t value)
{
    bool is_long = bit(value, 15);
    unsigned most = is_long ? 0x7fff : 0xff;
    unsigned count = value & most;
    return count == most ? UW_ATA_BEYOND : (uint16_t)(2 * count);
}

/* Words 82 and 83 hold something where word 83 is marked, 85 to 87 where word 87 is. */
struct sets {
    uint16_t w82, w83, w85, w86, w87;
};

static struct sets sets_of(const uint8_t *data)
{
    struct sets s = {.w83 = marked(data, 83), .w87 = marked(data, 87)};
    if (s.w83 != 0)
        s.w82 = told(data, 82);
    if (s.w87 != 0) {
        s.w85 = told(data, 85);
        s.w86 = told(data, 86);
    }
    return s;
}

/* Without word 128 nobody could see whether a password is set: then there is no security to be used. */
static void decode_security(const uint8_t *data, const struct sets *s, struct uw_ata_identify *identify)
{
    uint16_t state = told(data, 128);
    bool supported = bit(state, 0);
    identify->security_enabled = (supported && bit(state, 1)) || bit(s->w85, 1);
    if (!supported)
        return;
    identify->security = bit(s->w82, 1);
    identify->security_locked = bit(state, 2);
    identify->security_frozen = bit(state, 3);
    identify->security_expired = bit(state, 4);
    identify->security_enhanced = bit(state, 5);
    identify->security_maximum = bit(state, 8);
    identify->erase_minutes = minutes_of(word(data, 89));
    identify->enhanced_minutes = minutes_of(word(data, 90));
    identify->master_id = told(data, 92);
}

static void decode_sanitize_set(const uint8_t *data, struct uw_ata_identify *identify)
{
    uint16_t set = told(data, 59);
    if (!bit(set, 12))
        return;
    identify->sanitize = true;
    identify->sanitize_block = bit(set, 15);
    identify->sanitize_overwrite = bit(set, 14);
    identify->sanitize_crypto = bit(set, 13);
    identify->sanitize_antifreeze = bit(set, 10);
}

/* DCO can hide that there is an HPA, so that either word of a pair is enough. */
static void decode_areas(const uint8_t *data, const struct sets *s, struct uw_ata_identify *identify)
{
    identify->hpa = bit(s->w82, 10);
    identify->hpa_enabled = bit(s->w85, 10);
    identify->hpa_locked_by_password = bit(s->w86, 8);
    identify->dco = bit(s->w83, 11) || bit(s->w86, 11);
    if (bit(s->w86, 15))
        identify->amax = bit(marked(data, 119), 8) || bit(marked(data, 120), 8);
}

static void decode_smart(const struct sets *s, struct uw_ata_identify *identify)
{
    identify->smart = bit(s->w82, 0);
    identify->smart_enabled = identify->smart && bit(s->w85, 0);
}

/* ACS-4, 7.48.8: LBA 23:8 come back as they were sent, or the other way round. Other values say nothing. */
bool uw_ata_decode_smart_status(const struct uw_ata_command *status, bool *exceeded)
{
    enum { AS_SENT = 0xc24f, TURNED = 0x2cf4 };
    unsigned told = (unsigned)(status->registers.lba >> 8) & 0xffff;
    *exceeded = told == TURNED;
    return status->outcome == UW_ATA_DONE && status->registers.known && (told == AS_SENT || told == TURNED);
}

bool uw_ata_is_smart_page(const uint8_t *data, size_t bytes)
{
    return bytes >= UW_ATA_BLOCK_BYTES && sums_to_zero(data) && !is_one_byte(data);
}

static uint16_t rotation_of(const uint8_t *data)
{
    uint16_t rate = word(data, 217);
    return rate == 1 || (rate > 0x0400 && rate < 0xffff) ? rate : 0;
}

/* Word 108 holds the highest bits. */
static uint64_t wwn_of(const uint8_t *data, const struct sets *s)
{
    uint64_t wwn = 0;
    if (!bit(s->w87, 8) || !is_told(word(data, 108)))
        return 0;
    for (size_t i = 108; i <= 111; i++)
        wwn = wwn << 16 | word(data, i);
    return wwn;
}

bool uw_ata_decode_identify(const uint8_t *data, size_t bytes, struct uw_ata_identify *identify)
{
    memset(identify, 0, sizeof *identify);
    if (bytes < UW_ATA_IDENTIFY_BYTES || is_one_byte(data))
        return false;
    bool has_checksum = data[510] == CHECKSUM_SIGNATURE;
    if (has_checksum && !sums_to_zero(data))
        return false;
    struct sets s = sets_of(data);
    decode_string(identify->serial, sizeof identify->serial, data, 10, 10);
    decode_string(identify->firmware, sizeof identify->firmware, data, 23, 4);
    decode_string(identify->model, sizeof identify->model, data, 27, 20);
    identify->wwn = wwn_of(data, &s);
    identify->sectors = sectors_of(data);
    identify->logical_block_bytes = block_bytes_of(data);
    identify->rotation = rotation_of(data);
    identify->address_48 = bit(s.w83, 10);
    identify->encrypts_all = bit(additional(data), 4);
    identify->write_cache = bit(s.w85, 5);
    decode_sanitize_set(data, identify);
    decode_security(data, &s, identify);
    decode_areas(data, &s, identify);
    decode_smart(&s, identify);
    memcpy(identify->raw, data, sizeof identify->raw);
    identify->has_checksum = has_checksum;
    identify->known = true;
    return true;
}

/* ---- Log 30h: little endian qwords, each with bit 63 set where it holds something. */

static uint64_t qword(const uint8_t *page, size_t at)
{
    uint64_t value = words(page, at / 2, 4);
    return bit(value, 63) ? value : 0;
}

static bool is_page(const uint8_t *page, uint8_t number)
{
    return page != NULL && (qword(page, 0) >> 16 & 0xff) == number;
}

bool uw_ata_decode_log(const uint8_t *supported, const uint8_t *security, struct uw_ata_log *log)
{
    memset(log, 0, sizeof *log);
    bool has_supported = is_page(supported, 0x03), has_security = is_page(security, 0x06);
    if (has_supported)
        log->definitive_ending_pattern = bit(qword(supported, 8), 51);
    if (has_security)
        log->restricted_sanitize_overrides_security = bit(qword(security, 48), 7);
    log->known = has_supported || has_security;
    return log->known;
}

/* ---- SANITIZE STATUS EXT */

/* LBA 7:0 is the reason: 01h ended with sectors left, 03h frozen. */
static enum uw_ata_sanitize_state state_of_abort(const struct uw_ata_registers *r)
{
    if ((r->status & UW_ATA_STATUS_ERR) == 0 || (r->error & UW_ATA_ERROR_ABRT) == 0)
        return UW_ATA_SANITIZE_UNKNOWN;
    switch (r->lba & 0xff) {
    case 0x01:
        return UW_ATA_SANITIZE_FAILED;
    case 0x03:
        return UW_ATA_SANITIZE_FROZEN;
    default:
        return UW_ATA_SANITIZE_UNKNOWN;
    }
}

/* That one runs wins over what the one before it left behind. */
static enum uw_ata_sanitize_state state_of_count(uint16_t count)
{
    if (bit(count, 14))
        return UW_ATA_SANITIZE_RUNNING;
    if (bit(count, 15))
        return UW_ATA_SANITIZE_DONE;
    return bit(count, 13) ? UW_ATA_SANITIZE_FROZEN : UW_ATA_SANITIZE_IDLE;
}

bool uw_ata_decode_sanitize(const struct uw_ata_command *status, struct uw_ata_sanitize_status *sanitize)
{
    const struct uw_ata_registers *r = &status->registers;
    struct uw_ata_sanitize_status *s = sanitize;
    memset(s, 0, sizeof *s);
    if ((status->outcome != UW_ATA_DONE && status->outcome != UW_ATA_ABORTED) || !r->known || !r->whole)
        return false;
    s->known = true;
    s->status = r->status;
    s->error = r->error;
    s->count = r->count;
    s->lba = r->lba;
    if (status->outcome == UW_ATA_ABORTED || (r->status & (UW_ATA_STATUS_ERR | UW_ATA_STATUS_DF)) != 0) {
        s->state = (uint8_t)state_of_abort(r);
        s->frozen = s->state == UW_ATA_SANITIZE_FROZEN;
        s->progress = UINT16_MAX;
        return true;
    }
    s->state = (uint8_t)state_of_count(r->count);
    s->frozen = bit(r->count, 13);
    s->antifreeze = bit(r->count, 12);
    s->progress = (uint16_t)(r->lba & 0xffff);
    return true;
}

/* ---- Addresses */

bool uw_ata_last_address(const struct uw_ata_command *command, uint64_t *last)
{
    const struct uw_ata_registers *r = &command->registers;
    *last = 0;
    if (command->outcome != UW_ATA_DONE || !r->known || (command->extended && !r->whole))
        return false;
    *last = command->extended ? r->lba : (r->lba & 0xffffff) | (uint64_t)(r->device & 0xf) << 24;
    return true;
}

/* ---- DCO IDENTIFY */

uint64_t uw_ata_decode_dco(const uint8_t *data, size_t bytes)
{
    if (bytes < UW_ATA_BLOCK_BYTES || data[510] != CHECKSUM_SIGNATURE || !sums_to_zero(data))
        return 0;
    uint64_t last = words(data, 3, 4);
    return last < 1ULL << 48 ? last + 1 : 0;
}
