/* SPDX-License-Identifier: Apache-2.0 */
/* What an ATA drive answers: the input as each of the blocks, as it is and, so that short inputs say
 * something, with zeros behind it up to the block's size; and as registers. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "wire/ata.h"

static void check_text(const char *text, size_t text_bytes, size_t most)
{
    must(memchr(text, '\0', text_bytes) != NULL);
    must_be_printable(text, false);
    must(strlen(text) <= most);
    must(text[0] == '\0' || (text[0] != ' ' && text[strlen(text) - 1] != ' '));
}

static unsigned sum_of(const uint8_t *data)
{
    unsigned sum = 0;
    for (size_t i = 0; i < UW_ATA_BLOCK_BYTES; i++)
        sum += data[i];
    return sum % 256;
}

static unsigned word(const uint8_t *data, size_t index)
{
    return data[2 * index] + 256U * data[2 * index + 1];
}

/* Every capability stands on a bit of a word that counts. */
static void check_capabilities(const uint8_t *data, const struct uw_ata_identify *i)
{
    bool some = i->sanitize_block || i->sanitize_overwrite || i->sanitize_crypto || i->sanitize_antifreeze;
    must(i->sanitize || !some);
    must(!i->sanitize || (word(data, 59) % 0x2000 >= 0x1000 && word(data, 59) != 0xffff));
    must(!i->security || (word(data, 128) % 2 == 1 && word(data, 128) != 0xffff));
    must(!i->security || (word(data, 82) % 4 >= 2 && word(data, 83) / 0x4000 == 1));
    must(!i->security_locked || word(data, 128) % 8 >= 4);
    must(!i->hpa || word(data, 83) / 0x4000 == 1);
    must(!i->amax || word(data, 87) / 0x4000 == 1);
    must(i->erase_minutes % 2 == 0 || i->erase_minutes == UW_ATA_BEYOND);
    must(i->enhanced_minutes % 2 == 0 || i->enhanced_minutes == UW_ATA_BEYOND);
    must(i->master_id != 0xffff && i->rotation != 0xffff);
    must(i->rotation <= 1 || i->rotation > 0x0400);
}

static void check_identify(const uint8_t *data, size_t bytes)
{
    static const struct uw_ata_identify none;
    struct uw_ata_identify i;
    memset(&i, 0xa5, sizeof i);
    bool known = uw_ata_decode_identify(data, bytes, &i);
#ifdef FUZZ_SELFTEST
    /* A checksum that nobody adds up. */
    if (bytes >= UW_ATA_IDENTIFY_BYTES && data[510] == 0xa5)
        known = i.known = i.has_checksum = true;
#endif
    must(known == i.known && (!known || bytes >= UW_ATA_IDENTIFY_BYTES));
    must(!i.has_checksum || (data[510] == 0xa5 && sum_of(data) == 0));
    must(known || memcmp(&i, &none, sizeof i) == 0);
    if (!known)
        return;
    must(i.has_checksum == (data[510] == 0xa5));
    check_text(i.serial, sizeof i.serial, 20);
    check_text(i.model, sizeof i.model, 40);
    check_text(i.firmware, sizeof i.firmware, 8);
    must(i.sectors <= 1ULL << 48);
    must(i.logical_block_bytes == 0 || (i.logical_block_bytes >= 512 && i.logical_block_bytes <= 65536));
    must(memcmp(i.raw, data, sizeof i.raw) == 0);
    check_capabilities(data, &i);
}

static void check_log(const uint8_t *data, size_t bytes)
{
    static const struct uw_ata_log none;
    struct uw_ata_log log;
    memset(&log, 0xa5, sizeof log);
    if (bytes < UW_ATA_BLOCK_BYTES)
        return; /* its caller has whole blocks */
    bool known = uw_ata_decode_log(data, data, &log);
    must(known == log.known && (known || memcmp(&log, &none, sizeof log) == 0));
    must(!known || data[7] >= 0x80);
    must(!log.definitive_ending_pattern || (data[2] == 3 && data[15] >= 0x80));
    must(!log.restricted_sanitize_overrides_security || (data[2] == 6 && data[55] >= 0x80));
}

static void check_dco(const uint8_t *data, size_t bytes)
{
    uint64_t sectors = uw_ata_decode_dco(data, bytes);
    must(sectors <= 1ULL << 48);
    must(sectors == 0 || (bytes >= UW_ATA_BLOCK_BYTES && data[510] == 0xa5 && sum_of(data) == 0));
}

static struct uw_ata_command command_of(const uint8_t *data, size_t bytes)
{
    uint8_t b[16] = {0};
    struct uw_ata_command c = uw_ata_sanitize_status(false);
    memcpy(b, data, bytes < sizeof b ? bytes : sizeof b);
    c.outcome = (enum uw_ata_outcome)(b[0] % 5);
    c.registers.known = (b[1] & 1) != 0;
    c.registers.whole = (b[1] & 2) != 0;
    c.registers.status = b[2];
    c.registers.error = b[3];
    c.registers.count = (uint16_t)(b[4] << 8 | b[5]);
    for (size_t i = 6; i < 12; i++)
        c.registers.lba = c.registers.lba << 8 | b[i];
    c.sense_key = b[12];
    c.asc = b[13];
    memcpy(&c.host_errno, b + 12, sizeof c.host_errno);
    return c;
}

static void check_sanitize(const uint8_t *data, size_t bytes)
{
    static const struct uw_ata_sanitize_status none;
    struct uw_ata_command c = command_of(data, bytes);
    struct uw_ata_sanitize_status s;
    memset(&s, 0xa5, sizeof s);
    bool known = uw_ata_decode_sanitize(&c, &s);
    must(known == s.known && (!known || (c.registers.known && c.registers.whole)));
    must(known || memcmp(&s, &none, sizeof s) == 0);
    must(s.state <= UW_ATA_SANITIZE_UNKNOWN);
    bool failed = c.outcome == UW_ATA_ABORTED || (c.registers.status & 0x21) != 0;
    must(s.state != UW_ATA_SANITIZE_DONE || (!failed && c.registers.count / 0x4000 == 2));
    must(s.state != UW_ATA_SANITIZE_FAILED || (failed && c.registers.lba % 256 == 1));
    must(s.state != UW_ATA_SANITIZE_RUNNING || !failed);
}

/* Written, then read again. */
static void check_words(const uint8_t *data, size_t bytes)
{
    char text[UW_ATA_OUTCOME_TEXT], hex[UW_ATA_REGISTERS_HEX];
    struct uw_ata_command c = command_of(data, bytes);
    uw_ata_outcome_text(&c, text);
    check_text(text, sizeof text, sizeof text - 1);
    must(text[0] != '\0');
    uw_ata_registers_hex(&c.registers, hex);
    must(strlen(hex) == sizeof hex - 1 && strspn(hex, "0123456789abcdef") == sizeof hex - 1);
    hex[20] = '\0';
    must(strtoull(hex + 8, NULL, 16) == c.registers.lba);
    hex[8] = '\0';
    must(strtoull(hex + 4, NULL, 16) == c.registers.count);
}

static void check_timeout(const uint8_t *data, size_t bytes)
{
    uint16_t minutes = bytes >= 2 ? (uint16_t)word(data, 0) : 0;
    uint32_t ms = uw_ata_erase_timeout_ms(minutes);
    must(ms >= 2 * 3600000 && ms <= 24U * 24 * 3600000);
    must(ms == 24U * 24 * 3600000 || ms / 60000 > minutes);
}

static void check_all(const uint8_t *data, size_t bytes)
{
    check_identify(data, bytes);
    check_log(data, bytes);
    check_dco(data, bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static const uint8_t none[1];
    uint8_t padded[UW_ATA_BLOCK_BYTES] = {0};
    if (bytes == 0) /* libFuzzer's first input has no address */
        data = none;
    check_all(data, bytes);
    memcpy(padded, data, bytes < sizeof padded ? bytes : sizeof padded);
    check_all(padded, sizeof padded);
    /* A sum that is right, which nobody finds by chance. */
    padded[510] = 0xa5;
    padded[511] = 0;
    padded[511] = (uint8_t)(256 - sum_of(padded));
    check_all(padded, sizeof padded);
    check_sanitize(data, bytes);
    check_words(data, bytes);
    check_timeout(data, bytes);
    return 0;
}
