/* SPDX-License-Identifier: Apache-2.0 */
/* The ATA codec against the numbers of the ATA Command Set - 4. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wire/ata.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static uint8_t block[UW_ATA_BLOCK_BYTES];

static const uint8_t password[UW_ATA_PASSWORD_BYTES] = {
    0x81, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10,
    0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f, 0xff};

/* ---- Commands */

/* Registers as they go out: FEATURES, COUNT, LBA, DEVICE, COMMAND. */
static void check_registers(const struct uw_ata_command *c, const char *hex)
{
    char got[UW_ATA_COMMAND_HEX];
    uw_ata_command_hex(c, got);
    assert_string_equal(got, hex);
    assert_int_equal(c->outcome, UW_ATA_NO_ANSWER);
    assert_false(c->registers.known);
    assert_int_equal(c->sense_key | c->asc | c->ascq | c->host_errno, 0);
}

static void check_bare(struct uw_ata_command c, const char *hex, bool extended, bool registers, uint32_t ms)
{
    check_registers(&c, hex);
    assert_int_equal(c.protocol, UW_ATA_NON_DATA);
    assert_null(c.data);
    assert_int_equal(c.data_bytes, 0);
    assert_int_equal(c.extended, extended);
    assert_int_equal(c.wants_registers, registers);
    assert_int_equal(c.timeout_ms, ms);
}

static void check_data(struct uw_ata_command c, const char *hex, enum uw_ata_protocol protocol, bool extended,
                       uint32_t ms)
{
    check_registers(&c, hex);
    assert_int_equal(c.protocol, protocol);
    assert_ptr_equal(c.data, block);
    assert_int_equal(c.data_bytes, 512);
    assert_int_equal(c.extended, extended);
    assert_false(c.wants_registers); /* spoils data that come in */
    assert_int_equal(c.timeout_ms, ms);
}

static void reads(void **state)
{
    (void)state;
    check_data(uw_ata_identify_device(block), "0000000100000000000000ec", UW_ATA_PIO_IN, false, 30000);
    check_data(uw_ata_read_log(0x30, 0x0006, block), "00000001000000000630402f", UW_ATA_PIO_IN, true, 30000);
    check_data(uw_ata_read_log(0xff, 0x1234, block), "000000010012000034ff402f", UW_ATA_PIO_IN, true, 30000);
    check_data(uw_ata_dco_identify(block), "00c2000100000000000000b1", UW_ATA_PIO_IN, false, 30000);
}

static void bare_commands(void **state)
{
    (void)state;
    check_bare(uw_ata_nop(0, 0), "000000000000000000004000", true, true, 30000);
    check_bare(uw_ata_nop(0x1234, 0xa1b2c3d4e5f6), "00001234a1b2c3d4e5f64000", true, true, 30000);
    check_bare(uw_ata_nop(0xffff, UINT64_MAX), "0000ffffffffffffffff4000", true, true, 30000);
    check_bare(uw_ata_read_native_max(true), "000000000000000000004027", true, true, 30000);
    check_bare(uw_ata_read_native_max(false), "0000000000000000000040f8", false, true, 30000);
    check_bare(uw_ata_get_accessible_max(), "000000000000000000004078", true, true, 30000);
    check_bare(uw_ata_erase_prepare(), "0000000000000000000000f3", false, true, 30000);
}

/* What opens hidden areas. COUNT bit 0 of SET MAX would keep it without power: it is never set. */
static void openings(void **state)
{
    (void)state;
    const uint64_t large = 0x1234a1b2c3d4e5f6;
    check_bare(uw_ata_set_max(true, 976773167), "0000000000003a38602f4037", true, true, 30000);
    check_bare(uw_ata_set_max(true, large), "00000000a1b2c3d4e5f64037", true, true, 30000);
    check_bare(uw_ata_set_max(false, 0x0fedcba9), "00000000000000edcba94ff9", false, true, 30000);
    check_bare(uw_ata_set_max(false, 0), "0000000000000000000040f9", false, true, 30000);
    check_bare(uw_ata_set_accessible_max(976773167), "0001000000003a38602f4078", true, true, 30000);
    check_bare(uw_ata_set_accessible_max(large), "00010000a1b2c3d4e5f64078", true, true, 30000);
    check_bare(uw_ata_dco_restore(), "00c0000000000000000000b1", false, true, 30000);
    check_bare(uw_ata_enable_write_cache(), "0002000000000000000000ef", false, true, 30000);
}

static void last_addresses(void **state)
{
    (void)state;
    static const struct {
        bool extended, known, whole;
        enum uw_ata_outcome outcome;
        uint8_t device;
        uint64_t lba, last; /* UINT64_MAX: not told */
    } rows[] = {
        {true, true, true, UW_ATA_DONE, 0x4f, 0xa1b2c3d4e5f6, 0xa1b2c3d4e5f6},
        {true, true, false, UW_ATA_DONE, 0x40, 0xd4e5f6, UINT64_MAX},
        {true, true, true, UW_ATA_ABORTED, 0x40, 0xd4e5f6, UINT64_MAX},
        {true, false, true, UW_ATA_DONE, 0x40, 0xd4e5f6, UINT64_MAX},
        {true, true, true, UW_ATA_NO_REGISTERS, 0x40, 0xd4e5f6, UINT64_MAX},
        {false, true, false, UW_ATA_DONE, 0x4f, 0xedcba9, 0x0fedcba9},
        {false, true, true, UW_ATA_DONE, 0xe1, 0xa1b2c3edcba9, 0x01edcba9},
        {false, true, true, UW_ATA_DONE, 0x40, 0, 0},
        {false, false, false, UW_ATA_DONE, 0x4f, 0xedcba9, UINT64_MAX},
        {false, true, true, UW_ATA_RESET, 0x4f, 0xedcba9, UINT64_MAX},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct uw_ata_command c = uw_ata_read_native_max(rows[i].extended);
        uint64_t last = 4711;
        c.outcome = rows[i].outcome;
        c.registers = (struct uw_ata_registers){
            .known = rows[i].known, .whole = rows[i].whole, .device = rows[i].device, .lba = rows[i].lba};
        assert_int_equal(uw_ata_last_address(&c, &last), rows[i].last != UINT64_MAX);
        assert_int_equal(last, rows[i].last != UINT64_MAX ? rows[i].last : 0);
    }
}

/* What changes the drive, register by register. */
static void sanitizes(void **state)
{
    (void)state;
    check_bare(uw_ata_sanitize_status(false), "0000000000000000000040b4", true, true, 30000);
    check_bare(uw_ata_sanitize_status(true), "0000000100000000000040b4", true, true, 30000);
    check_bare(uw_ata_sanitize_crypto(), "0011000000004372797040b4", true, false, 120000);
    check_bare(uw_ata_sanitize_block(), "001200000000426b457240b4", true, false, 120000);
    check_bare(uw_ata_sanitize_overwrite(0, false), "001400014f570000000040b4", true, false, 120000);
    check_bare(uw_ata_sanitize_overwrite(0xdeadbeef, false), "001400014f57deadbeef40b4", true, false, 120000);
    check_bare(uw_ata_sanitize_overwrite(0xffffffff, true), "001400414f57ffffffff40b4", true, false, 120000);
    assert_int_equal(uw_ata_sanitize_crypto().lba, 0x43727970); /* "Cryp" */
}

/* Word 0, the password, and nothing else in the block. */
static void check_password(struct uw_ata_command c, const char *hex, uint8_t word_0, uint32_t ms)
{
    uint8_t want[UW_ATA_BLOCK_BYTES] = {word_0};
    memcpy(want + 2, password, sizeof password);
    check_data(c, hex, UW_ATA_PIO_OUT, false, ms);
    assert_memory_equal(block, want, sizeof want);
    memset(block, 0xa5, sizeof block);
}

static void passwords(void **state)
{
    (void)state;
    static const char set[] = "0000000100000000000000f1", unlock[] = "0000000100000000000000f2",
                      erase[] = "0000000100000000000000f4", disable[] = "0000000100000000000000f6";
    const enum uw_ata_identifier user = UW_ATA_USER, master = UW_ATA_MASTER;
    memset(block, 0xa5, sizeof block);
    check_password(uw_ata_set_password(password, block), set, 0, 60000);
    check_password(uw_ata_unlock(user, password, block), unlock, 0, 60000);
    check_password(uw_ata_unlock(master, password, block), unlock, 1, 60000);
    check_password(uw_ata_disable_password(user, password, block), disable, 0, 60000);
    check_password(uw_ata_disable_password(master, password, block), disable, 1, 60000);
    check_password(uw_ata_erase_unit(user, password, false, 4711, block), erase, 0, 4711);
    check_password(uw_ata_erase_unit(user, password, true, 4711, block), erase, 2, 4711);
    check_password(uw_ata_erase_unit(master, password, false, 4711, block), erase, 1, 4711);
    check_password(uw_ata_erase_unit(master, password, true, 4711, block), erase, 3, 4711);
    /* 0 would be the kernel's minute, after which it resets the drive. */
    check_password(uw_ata_erase_unit(user, password, false, 0, block), erase, 0, 2073600000);
    check_password(uw_ata_unlock((enum uw_ata_identifier)7, password, block), unlock, 0, 60000);
    /* A password that stands in the block itself. */
    memcpy(block, password, sizeof password);
    check_password(uw_ata_unlock(user, block, block), unlock, 0, 60000);
}

static const struct {
    uint16_t minutes;
    uint32_t ms;
} timeouts[] = {
    {UW_ATA_NOT_TOLD, 2073600000},
    {UW_ATA_BEYOND, 2073600000},
    {1, 7200000},
    {2, 7200000},
    {60, 7200000},
    {61, 122 * 60000},
    {62, 123 * 60000},
    {508, 792 * 60000},
    {600, 930 * 60000},
    {23020, 34560U * 60000},
    {23018, 34557U * 60000},
    {23021, 2073600000},
    {65532, 2073600000},
    {65534, 2073600000},
};

static void erase_timeouts(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(timeouts); i++)
        assert_int_equal(uw_ata_erase_timeout_ms(timeouts[i].minutes), timeouts[i].ms);
    uint32_t last = 0;
    for (uint32_t minutes = 1; minutes <= UINT16_MAX; minutes++) {
        uint32_t ms = uw_ata_erase_timeout_ms((uint16_t)minutes);
        assert_true(ms >= last && ms <= INT32_MAX);
        assert_true(ms == 2073600000 || ms / 60000 >= minutes + minutes / 2U + 30);
        last = ms;
    }
}

/* ---- IDENTIFY DEVICE */

static void put_word(size_t index, unsigned value)
{
    block[2 * index] = (uint8_t)value;
    block[2 * index + 1] = (uint8_t)(value >> 8);
}

static void put_words(size_t index, size_t count, uint64_t value)
{
    for (size_t i = 0; i < count; i++)
        put_word(index + i, (unsigned)(value >> 16 * i) & 0xffff);
}

static void put_string(size_t index, size_t words, const char *text)
{
    size_t length = strlen(text);
    for (size_t i = 0; i < 2 * words; i++)
        block[2 * index + (i ^ 1)] = (uint8_t)(i < length ? text[i] : ' ');
}

static void put_checksum(void)
{
    uint8_t sum = 0;
    block[510] = 0xa5;
    for (size_t i = 0; i < 511; i++)
        sum = (uint8_t)(sum + block[i]);
    block[511] = (uint8_t)(0x100 - sum);
}

/* Nothing but what makes it an answer, and the marks that let the others count. */
static void start(void)
{
    memset(block, 0, sizeof block);
    put_word(0, 0x0040);
    put_word(53, 0x0002);
    put_word(83, 0x4000);
    put_word(84, 0x4000);
    put_word(87, 0x4000);
}

struct setting {
    size_t word;
    unsigned value;
};

static struct uw_ata_identify decode_words(const struct setting *settings, size_t count)
{
    struct uw_ata_identify got;
    memset(&got, 0xa5, sizeof got);
    start();
    for (size_t i = 0; i < count && settings[i].word != 0; i++)
        put_word(settings[i].word, settings[i].value);
    put_checksum();
    assert_true(uw_ata_decode_identify(block, sizeof block, &got));
    assert_true(got.known);
    assert_true(got.has_checksum);
    assert_memory_equal(got.raw, block, sizeof block);
    return got;
}

/* All flags as one number, each a bit. */
enum {
    ENCRYPTS = 1U << 0,
    CACHE = 1U << 1,
    SANITIZE = 1U << 2,
    BLOCK = 1U << 3,
    OVERWRITE = 1U << 4,
    CRYPTO = 1U << 5,
    ANTIFREEZE = 1U << 6,
    SECURITY = 1U << 7,
    ENABLED = 1U << 8,
    LOCKED = 1U << 9,
    FROZEN = 1U << 10,
    EXPIRED = 1U << 11,
    ENHANCED = 1U << 12,
    MAXIMUM = 1U << 13,
    HPA = 1U << 14,
    HPA_ENABLED = 1U << 15,
    HPA_LOCKED = 1U << 16,
    DCO = 1U << 17,
    AMAX = 1U << 18
};

static unsigned flags_of(const struct uw_ata_identify *i)
{
    const bool flags[] = {i->encrypts_all,
                          i->write_cache,
                          i->sanitize,
                          i->sanitize_block,
                          i->sanitize_overwrite,
                          i->sanitize_crypto,
                          i->sanitize_antifreeze,
                          i->security,
                          i->security_enabled,
                          i->security_locked,
                          i->security_frozen,
                          i->security_expired,
                          i->security_enhanced,
                          i->security_maximum,
                          i->hpa,
                          i->hpa_enabled,
                          i->hpa_locked_by_password,
                          i->dco,
                          i->amax};
    unsigned value = 0;
    for (size_t k = 0; k < COUNT(flags); k++)
        value |= flags[k] ? 1U << k : 0;
    return value;
}

static const struct {
    struct setting words[5];
    unsigned flags;
} flags[] = {
    {{{0, 0}}, 0},
    {{{69, 0x0010}}, ENCRYPTS},
    {{{69, 0xffef}}, 0},
    {{{69, 0xffff}}, 0}, /* not reported */
    {{{69, 0x0010}, {53, 0x0005}}, 0},
    {{{69, 0x0010}, {53, 0xffff}}, 0},
    {{{85, 0x0020}}, CACHE},
    {{{85, 0xffff}}, 0},
    {{{85, 0x0020}, {87, 0x0000}}, 0},
    {{{85, 0x0020}, {87, 0xc000}}, 0},
    {{{85, 0x0020}, {87, 0x8000}}, 0},
    {{{85, 0x0020}, {87, 0xffff}}, 0},
    {{{59, 0x1000}}, SANITIZE},
    {{{59, 0x9000}}, SANITIZE | BLOCK},
    {{{59, 0x5000}}, SANITIZE | OVERWRITE},
    {{{59, 0x3000}}, SANITIZE | CRYPTO},
    {{{59, 0x1400}}, SANITIZE | ANTIFREEZE},
    {{{59, 0xf400}}, SANITIZE | BLOCK | OVERWRITE | CRYPTO | ANTIFREEZE},
    {{{59, 0xe400}}, 0}, /* methods of a feature set that is not there */
    {{{59, 0x0bff}}, 0},
    {{{59, 0xffff}}, 0},
    {{{82, 0x0002}, {128, 0x0001}}, SECURITY},
    {{{82, 0x0002}}, 0},
    {{{82, 0x0002}, {128, 0xffff}}, 0},
    {{{82, 0x0002}, {128, 0x0100}}, 0},
    {{{82, 0xfbfd}, {128, 0x0001}}, 0},
    {{{82, 0xffff}, {128, 0x0001}}, 0},
    {{{82, 0x0002}, {83, 0x0000}, {128, 0x0001}}, 0},
    {{{82, 0x0002}, {83, 0xc000}, {128, 0x0001}}, 0},
    {{{82, 0x0002}, {83, 0x8000}, {128, 0x0001}}, 0},
    {{{82, 0x0002}, {87, 0x0000}, {128, 0x0001}}, SECURITY},
    {{{82, 0x0002}, {128, 0x0003}}, SECURITY | ENABLED},
    {{{82, 0x0002}, {128, 0x0005}}, SECURITY | LOCKED},
    {{{82, 0x0002}, {128, 0x0009}}, SECURITY | FROZEN},
    {{{82, 0x0002}, {128, 0x0011}}, SECURITY | EXPIRED},
    {{{82, 0x0002}, {128, 0x0021}}, SECURITY | ENHANCED},
    {{{82, 0x0002}, {128, 0x0101}}, SECURITY | MAXIMUM},
    {{{82, 0x0002}, {128, 0xfec1}}, SECURITY},
    {{{128, 0x0007}}, ENABLED | LOCKED}, /* the bare truth, though no security to use */
    {{{128, 0x0006}}, 0},
    {{{85, 0x0002}}, ENABLED},
    {{{82, 0x0002}, {85, 0x0002}, {128, 0x0001}}, SECURITY | ENABLED},
    {{{85, 0x0002}, {87, 0x0000}}, 0},
    {{{82, 0x0400}}, HPA},
    {{{82, 0x0400}, {83, 0x0000}}, 0},
    {{{85, 0x0400}}, HPA_ENABLED},
    {{{86, 0x0100}}, HPA_LOCKED},
    {{{86, 0x0100}, {87, 0x0000}}, 0},
    {{{86, 0xffff}}, 0},
    {{{83, 0x4100}}, 0}, /* it could be locked */
    {{{83, 0x4800}}, DCO},
    {{{83, 0x0800}}, 0},
    {{{83, 0x8800}}, 0},
    {{{83, 0xc800}}, 0},
    {{{86, 0x0800}}, DCO},
    {{{86, 0x8000}, {119, 0x4100}}, AMAX},
    {{{86, 0x8000}, {120, 0x4100}}, AMAX},
    {{{86, 0x7fff}, {119, 0x4100}, {120, 0x4100}}, HPA_LOCKED | DCO},
    {{{86, 0x8000}, {119, 0x0100}}, 0},
    {{{86, 0x8000}, {119, 0xc100}, {120, 0xffff}}, 0},
    {{{86, 0x8000}, {119, 0x7eff}}, 0},
    {{{86, 0x8000}, {87, 0x0000}, {119, 0x4100}}, 0},
};

static void reads_flags(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(flags); i++) {
        struct uw_ata_identify got = decode_words(flags[i].words, COUNT(flags[i].words));
        if (flags_of(&got) != flags[i].flags)
            fail_msg("row %zu: %x instead of %x", i, flags_of(&got), flags[i].flags);
    }
}

static const struct {
    unsigned word, minutes;
} minutes[] = {
    {0x0000, UW_ATA_NOT_TOLD},
    {0x0001, 2},
    {0x0002, 4},
    {0x007f, 254},
    {0x00fe, 508},
    {0x00ff, UW_ATA_BEYOND},
    {0x7f01, 2},
    {0x7f00, UW_ATA_NOT_TOLD},
    {0x8000, UW_ATA_NOT_TOLD},
    {0x8001, 2},
    {0x80ff, 510},
    {0x8100, 512},
    {0xbfff, 32766},
    {0xfffe, 65532},
    {0xffff, UW_ATA_BEYOND},
};

static void reads_times(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(minutes); i++) {
        struct setting words[] = {{82, 2}, {128, 0x21}, {89, minutes[i].word}, {90, 0x8123}};
        struct uw_ata_identify got = decode_words(words, COUNT(words));
        assert_int_equal(got.erase_minutes, minutes[i].minutes);
        assert_int_equal(got.enhanced_minutes, 0x246);
        words[2].word = 90;
        words[3].word = 89;
        got = decode_words(words, COUNT(words));
        assert_int_equal(got.enhanced_minutes, minutes[i].minutes);
        assert_int_equal(got.erase_minutes, 0x246);
        words[1].value = 0x20; /* without security no times */
        got = decode_words(words, COUNT(words));
        assert_int_equal(got.erase_minutes | got.enhanced_minutes, UW_ATA_NOT_TOLD);
    }
    static const struct setting id[] = {{128, 1}, {92, 0xfffe}}, none[] = {{128, 1}, {92, 0xffff}};
    assert_int_equal(decode_words(id, 2).master_id, 0xfffe);
    assert_int_equal(decode_words(none, 2).master_id, 0);
    assert_int_equal(decode_words(id + 1, 1).master_id, 0);
}

static const struct {
    unsigned word_53, word_69, word_83;
    uint64_t longest, large, small, sectors;
} sizes[] = {
    {2, 0x0000, 0x4000, 0, 0, 0, 0},
    {2, 0x0000, 0x4000, 9, 8, 7, 7},
    {2, 0x0000, 0x4400, 9, 8, 7, 8},
    {2, 0x0008, 0x4400, 9, 8, 7, 9},
    {2, 0x0008, 0x4000, 9, 8, 7, 9},
    {0, 0x0008, 0x4400, 9, 8, 7, 8}, /* word 69 does not count */
    {2, 0xffff, 0x4400, 9, 8, 7, 8},
    {2, 0xfff7, 0x4400, 9, 8, 7, 8},
    {2, 0x0000, 0x0400, 9, 8, 7, 7}, /* nor word 83 */
    {2, 0x0000, 0xc400, 9, 8, 7, 7},
    {2, 0x0000, 0xffff, 9, 8, 7, 7},
    {2, 0x0008, 0x4400, 0, 8, 7, 8}, /* a size of nothing */
    {2, 0x0008, 0x4400, 0, 0, 7, 7},
    {2, 0x0008, 0x4400, 1, 8, 7, 1},
    {2, 0x0008, 0x4400, 1ULL << 48, 8, 7, 1ULL << 48},
    {2, 0x0008, 0x4400, (1ULL << 48) + 1, 8, 7, 8}, /* more than can be addressed */
    {2, 0x0000, 0x4400, 9, (1ULL << 48) + 1, 7, 7},
    {2, 0x0000, 0x4400, 9, 1ULL << 48, 7, 1ULL << 48},
    {2, 0x0008, 0x4400, UINT64_MAX, UINT64_MAX, UINT32_MAX, 0},
    {2, 0x0000, 0x4000, 0, 0, 0x0fffffff, 0x0fffffff},
    {2, 0x0000, 0x4000, 0, 0, 0x10000000, 0},
    {2, 0x0000, 0x4400, 0, 0x123456789abc, 0, 0x123456789abc},
    {2, 0x0008, 0x4400, 0xba9876543210, 1, 1, 0xba9876543210},
    {2, 0x0000, 0x4000, 0, 0, 0x01234567, 0x01234567},
};

static void reads_sizes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct uw_ata_identify got;
        start();
        put_word(53, sizes[i].word_53);
        put_word(69, sizes[i].word_69);
        put_word(83, sizes[i].word_83);
        put_words(230, 4, sizes[i].longest);
        put_words(100, 4, sizes[i].large);
        put_words(60, 2, sizes[i].small);
        put_word(62, 0x0007); /* a neighbour */
        assert_true(uw_ata_decode_identify(block, sizeof block, &got));
        assert_false(got.has_checksum);
        if (got.sectors != sizes[i].sectors)
            fail_msg("row %zu: %llu", i, (unsigned long long)got.sectors);
    }
}

static const struct {
    unsigned word_106;
    uint64_t words;
    uint32_t bytes;
} block_sizes[] = {
    {0x0000, 2048, 512},  {0x4000, 2048, 512},     {0x5000, 2048, 4096},    {0xd000, 2048, 512},
    {0x1000, 2048, 512},  {0xffff, 2048, 512},     {0x5000, 260, 520},      {0x5000, 256, 512},
    {0x5000, 255, 0},     {0x5000, 0, 0},          {0x5000, 32768, 65536},  {0x5000, 32769, 0},
    {0x5000, 0x10000, 0}, {0x5000, 0x80000100, 0}, {0x5000, 0xffffffff, 0}, {0x6003, 2048, 512},
    {0x7003, 2048, 4096},
};

static void reads_block_sizes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(block_sizes); i++) {
        struct uw_ata_identify got;
        start();
        put_word(106, block_sizes[i].word_106);
        put_words(117, 2, block_sizes[i].words);
        put_word(119, 0x4000); /* a neighbour */
        assert_true(uw_ata_decode_identify(block, sizeof block, &got));
        if (got.logical_block_bytes != block_sizes[i].bytes)
            fail_msg("row %zu: %u", i, got.logical_block_bytes);
    }
}

static void reads_rotation_and_wwn(void **state)
{
    (void)state;
    static const struct {
        unsigned word, rotation;
    } rates[] = {{0, 0},           {1, 1},           {2, 0},           {0x0400, 0},
                 {0x0401, 0x0401}, {0x1c20, 0x1c20}, {0xfffe, 0xfffe}, {0xffff, 0}};
    for (size_t i = 0; i < COUNT(rates); i++) {
        struct setting word = {217, rates[i].word};
        assert_int_equal(decode_words(&word, 1).rotation, rates[i].rotation);
    }
    static const struct setting wwn[] = {
        {87, 0x4100}, {108, 0x5001}, {109, 0x2345}, {110, 0x6789}, {111, 0xabcd}};
    static const struct setting silent[] = {{87, 0x4000}, {108, 0x5001}},
                                unmarked[] = {{87, 0x0100}, {108, 1}};
    static const struct setting ones[] = {{87, 0x4100}, {108, 0xffff}, {109, 0xffff}};
    assert_int_equal(decode_words(wwn, COUNT(wwn)).wwn, 0x500123456789abcd);
    assert_int_equal(decode_words(silent, 2).wwn, 0);
    assert_int_equal(decode_words(unmarked, 2).wwn, 0);
    assert_int_equal(decode_words(ones, 3).wwn, 0);
    static const struct setting headless[] = {{87, 0x4100}, {109, 0x2345}, {111, 0xabcd}};
    assert_int_equal(decode_words(headless, 3).wwn, 0);
}

static void reads_strings(void **state)
{
    (void)state;
    struct uw_ata_identify got;
    start();
    memset(block + 2 * 9, '#', 2 * 39); /* words 9..47: whatever is not overwritten is a neighbour */
    put_string(10, 10, "<SERIAL-0123456789.>");
    put_string(23, 4, "<FW12.5>");
    put_string(27, 20, "<MODEL 0123456789 0123456789 0123456789>");
    assert_true(uw_ata_decode_identify(block, sizeof block, &got));
    assert_string_equal(got.serial, "<SERIAL-0123456789.>");
    assert_string_equal(got.firmware, "<FW12.5>");
    assert_string_equal(got.model, "<MODEL 0123456789 0123456789 0123456789>");
    put_string(10, 10, "      WD-1");
    put_string(23, 4, "\x1b[2J\x7f");
    put_string(27, 20, "");
    assert_true(uw_ata_decode_identify(block, sizeof block, &got));
    assert_string_equal(got.serial, "WD-1");
    assert_string_equal(got.firmware, "?[2J?");
    assert_string_equal(got.model, "");
    put_string(10, 10, "\xe2\x80\xaeodd");
    assert_true(uw_ata_decode_identify(block, sizeof block, &got));
    assert_string_equal(got.serial, "?odd");
}

static void checks_sums(void **state)
{
    (void)state;
    static const struct uw_ata_identify none;
    struct uw_ata_identify got;
    for (size_t i = 0; i < UW_ATA_BLOCK_BYTES; i++) {
        start();
        put_checksum();
        block[i] ^= 0x10;
        memset(&got, 0xa5, sizeof got);
        bool ok = uw_ata_decode_identify(block, sizeof block, &got);
        assert_int_equal(ok, i == 510); /* there the checksum is taken away altogether */
        assert_int_equal(got.known, ok);
        assert_false(got.has_checksum);
        if (!ok)
            assert_memory_equal(&got, &none, sizeof got);
    }
    start();
    put_word(255, 0xffff);
    assert_true(uw_ata_decode_identify(block, sizeof block, &got));
    /* A path that moved nothing. */
    for (int byte = 0; byte < 256; byte++) {
        memset(block, byte, sizeof block);
        assert_false(uw_ata_decode_identify(block, sizeof block, &got));
        assert_memory_equal(&got, &none, sizeof got);
    }
    block[0] = 0;
    assert_true(uw_ata_decode_identify(block, sizeof block, &got));
    memset(block, 0, sizeof block);
    block[511] = 1;
    assert_true(uw_ata_decode_identify(block, sizeof block, &got));
}

/* From memory of exactly that size, so that a byte too many is seen. */
static void refuses_short_data(void **state)
{
    (void)state;
    static const size_t lengths[] = {0, 1, 2, 20, 255, 510, 511, 512, 513};
    static const struct uw_ata_identify none;
    for (size_t i = 0; i < COUNT(lengths); i++) {
        struct uw_ata_identify got;
        uint8_t *exact = lengths[i] > 0 ? calloc(1, lengths[i]) : NULL;
        bool whole = lengths[i] >= 512;
        if (whole) {
            memset(block, 0, sizeof block);
            put_word(3, 7);
            put_checksum();
            memcpy(exact, block, sizeof block);
        }
        memset(&got, 0xa5, sizeof got);
        assert_int_equal(uw_ata_decode_identify(exact, lengths[i], &got), whole);
        assert_int_equal(got.known, whole);
        if (!whole)
            assert_memory_equal(&got, &none, sizeof got);
        assert_int_equal(uw_ata_decode_dco(exact, lengths[i]), whole ? 8 : 0);
        free(exact);
    }
}

/* ---- Log 30h */

#define VALID (1ULL << 63)

static const struct {
    uint64_t header_3, capabilities, header_6, security;
    bool known, definitive, overrides;
} logs[] = {
    {VALID | 0x030001, VALID | 1ULL << 51, VALID | 0x060001, VALID | 1ULL << 7, true, true, true},
    {VALID | 0x030001, VALID | 1ULL << 51, VALID | 0x060001, VALID, true, true, false},
    {VALID | 0x030001, VALID, VALID | 0x060001, VALID | 1ULL << 7, true, false, true},
    {VALID | 0x030001, 1ULL << 51, VALID | 0x060001, 1ULL << 7, true, false, false},
    {VALID | 0x030001, UINT64_MAX ^ 1ULL << 51, VALID | 0x060001, UINT64_MAX ^ 1ULL << 7, true, false, false},
    {0x030001, UINT64_MAX, 0x060001, UINT64_MAX, false, false, false},
    {VALID | 0x060001, UINT64_MAX, VALID | 0x030001, UINT64_MAX, false, false, false},
    {VALID | 0x030001, UINT64_MAX, VALID | 0x000001, UINT64_MAX, true, true, false},
    {VALID | 0x130001, UINT64_MAX, VALID | 0x060001, UINT64_MAX, true, false, true},
    {0, 0, 0, 0, false, false, false},
    {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, false, false, false},
};

static void reads_logs(void **state)
{
    (void)state;
    static const struct uw_ata_log none;
    for (size_t i = 0; i < COUNT(logs); i++) {
        uint8_t supported[UW_ATA_BLOCK_BYTES];
        struct uw_ata_log log;
        memset(block, 0, sizeof block);
        put_words(0, 4, logs[i].header_3);
        put_words(4, 4, logs[i].capabilities);
        memcpy(supported, block, sizeof block);
        memset(block, 0, sizeof block);
        put_words(0, 4, logs[i].header_6);
        put_words(24, 4, logs[i].security);
        memset(&log, 0xa5, sizeof log);
        if (uw_ata_decode_log(supported, block, &log) != logs[i].known || log.known != logs[i].known ||
            log.definitive_ending_pattern != logs[i].definitive ||
            log.restricted_sanitize_overrides_security != logs[i].overrides)
            fail_msg("row %zu", i);
        uw_ata_decode_log(supported, NULL, &log);
        assert_int_equal(log.definitive_ending_pattern, logs[i].definitive);
        assert_false(log.restricted_sanitize_overrides_security);
        uw_ata_decode_log(NULL, block, &log);
        assert_false(log.definitive_ending_pattern);
        assert_int_equal(log.restricted_sanitize_overrides_security, logs[i].overrides);
        assert_false(uw_ata_decode_log(NULL, NULL, &log));
        assert_memory_equal(&log, &none, sizeof log);
    }
}

/* ---- SANITIZE STATUS EXT */

static const struct {
    enum uw_ata_outcome outcome;
    uint8_t status, error;
    uint16_t count;
    uint64_t lba;
    enum uw_ata_sanitize_state state;
    bool frozen, antifreeze;
    uint16_t progress;
} sanitize_states[] = {
    {UW_ATA_DONE, 0x50, 0, 0x0000, 0xffff, UW_ATA_SANITIZE_IDLE, false, false, 0xffff},
    {UW_ATA_DONE, 0x50, 0, 0x1000, 0xffff, UW_ATA_SANITIZE_IDLE, false, true, 0xffff},
    {UW_ATA_DONE, 0x50, 0, 0x2000, 0xffff, UW_ATA_SANITIZE_FROZEN, true, false, 0xffff},
    {UW_ATA_DONE, 0x50, 0, 0x4000, 0x1234, UW_ATA_SANITIZE_RUNNING, false, false, 0x1234},
    {UW_ATA_DONE, 0x50, 0, 0x4000, 0x0000, UW_ATA_SANITIZE_RUNNING, false, false, 0},
    {UW_ATA_DONE, 0x50, 0, 0x4000, 0xffff, UW_ATA_SANITIZE_RUNNING, false, false, 0xffff},
    {UW_ATA_DONE, 0x50, 0, 0x5000, 0x8000, UW_ATA_SANITIZE_RUNNING, false, true, 0x8000},
    {UW_ATA_DONE, 0x50, 0, 0xc000, 0xffff, UW_ATA_SANITIZE_RUNNING, false, false, 0xffff},
    {UW_ATA_DONE, 0x50, 0, 0x6000, 0x0001, UW_ATA_SANITIZE_RUNNING, true, false, 1},
    {UW_ATA_DONE, 0x50, 0, 0x8000, 0xffff, UW_ATA_SANITIZE_DONE, false, false, 0xffff},
    {UW_ATA_DONE, 0x50, 0, 0x9000, 0xffff, UW_ATA_SANITIZE_DONE, false, true, 0xffff},
    {UW_ATA_DONE, 0x50, 0, 0xa000, 0xffff, UW_ATA_SANITIZE_DONE, true, false, 0xffff},
    {UW_ATA_DONE, 0x50, 0, 0x0fff, 0xffff, UW_ATA_SANITIZE_IDLE, false, false, 0xffff},
    {UW_ATA_DONE, 0x50, 0, 0xffff, 0xffff, UW_ATA_SANITIZE_RUNNING, true, true, 0xffff},
    {UW_ATA_DONE, 0x50, 0, 0x4000, 0xffffffff0002, UW_ATA_SANITIZE_RUNNING, false, false, 2},
    /* An error goes before all that COUNT says. */
    {UW_ATA_ABORTED, 0x51, 4, 0x8000, 0x0001, UW_ATA_SANITIZE_FAILED, false, false, 0xffff},
    {UW_ATA_ABORTED, 0x51, 4, 0x4000, 0x0001, UW_ATA_SANITIZE_FAILED, false, false, 0xffff},
    {UW_ATA_ABORTED, 0x51, 4, 0x0000, 0xab01, UW_ATA_SANITIZE_FAILED, false, false, 0xffff},
    {UW_ATA_ABORTED, 0x51, 4, 0x8000, 0x0000, UW_ATA_SANITIZE_UNKNOWN, false, false, 0xffff},
    {UW_ATA_ABORTED, 0x51, 4, 0x8000, 0x0002, UW_ATA_SANITIZE_UNKNOWN, false, false, 0xffff},
    {UW_ATA_ABORTED, 0x51, 4, 0x0000, 0x0003, UW_ATA_SANITIZE_FROZEN, true, false, 0xffff},
    {UW_ATA_ABORTED, 0x51, 4, 0x0000, 0x0004, UW_ATA_SANITIZE_UNKNOWN, false, false, 0xffff},
    {UW_ATA_ABORTED, 0x51, 4, 0xffff, 0xffff, UW_ATA_SANITIZE_UNKNOWN, false, false, 0xffff},
    {UW_ATA_ABORTED, 0x51, 0x10, 0x8000, 0x0001, UW_ATA_SANITIZE_UNKNOWN, false, false, 0xffff},
    {UW_ATA_ABORTED, 0x70, 4, 0x8000, 0x0001, UW_ATA_SANITIZE_UNKNOWN, false, false, 0xffff},
    {UW_ATA_ABORTED, 0x50, 4, 0x8000, 0x0001, UW_ATA_SANITIZE_UNKNOWN, false, false, 0xffff},
    /* Whatever the outcome is said to be. */
    {UW_ATA_DONE, 0x51, 4, 0x8000, 0x0001, UW_ATA_SANITIZE_FAILED, false, false, 0xffff},
    {UW_ATA_DONE, 0x70, 0, 0x8000, 0xffff, UW_ATA_SANITIZE_UNKNOWN, false, false, 0xffff},
};

static void reads_sanitize_states(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(sanitize_states); i++) {
        struct uw_ata_command c = uw_ata_sanitize_status(false);
        struct uw_ata_sanitize_status s;
        memset(&s, 0xa5, sizeof s);
        c.outcome = sanitize_states[i].outcome;
        c.registers = (struct uw_ata_registers){.known = true,
                                                .whole = true,
                                                .status = sanitize_states[i].status,
                                                .error = sanitize_states[i].error,
                                                .count = sanitize_states[i].count,
                                                .lba = sanitize_states[i].lba};
        assert_true(uw_ata_decode_sanitize(&c, &s));
        assert_true(s.known);
        if (s.state != sanitize_states[i].state || s.frozen != sanitize_states[i].frozen ||
            s.antifreeze != sanitize_states[i].antifreeze || s.progress != sanitize_states[i].progress)
            fail_msg("row %zu: state %d, progress %x", i, s.state, s.progress);
        assert_int_equal(s.count, sanitize_states[i].count);
        assert_int_equal(s.lba, sanitize_states[i].lba);
        assert_int_equal(s.status, sanitize_states[i].status);
        assert_int_equal(s.error, sanitize_states[i].error);
    }
}

/* The bits that tell an end from a beginning are in the upper half of COUNT. */
static void knows_no_sanitize_state(void **state)
{
    (void)state;
    static const struct uw_ata_sanitize_status none;
    for (unsigned i = 0; i < 5 * 4; i++) {
        struct uw_ata_command c = uw_ata_sanitize_status(false);
        struct uw_ata_sanitize_status s;
        memset(&s, 0xa5, sizeof s);
        c.outcome = (enum uw_ata_outcome)(i / 4);
        c.registers = (struct uw_ata_registers){
            .known = i % 2 == 1, .whole = i / 2 % 2 == 1, .status = 0x50, .count = 0x8000, .lba = 0xffff};
        bool known = i % 4 == 3 && (c.outcome == UW_ATA_DONE || c.outcome == UW_ATA_ABORTED);
        assert_int_equal(uw_ata_decode_sanitize(&c, &s), known);
        assert_int_equal(s.known, known);
        if (!known)
            assert_memory_equal(&s, &none, sizeof s);
    }
}

/* ---- DCO IDENTIFY */

static void reads_dco(void **state)
{
    (void)state;
    static const struct {
        uint64_t last, sectors;
    } rows[] = {{0, 1},
                {0x123456789abc, 0x123456789abd},
                {0xffffffffffff, 0x1000000000000},
                {0x1000000000000, 0},
                {UINT64_MAX, 0}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        memset(block, 0, sizeof block);
        put_word(0, 2);
        put_word(2, 0xffff);
        put_word(7, 0xffff);
        put_words(3, 4, rows[i].last);
        put_checksum();
        assert_int_equal(uw_ata_decode_dco(block, sizeof block), rows[i].sectors);
        block[511]++;
        assert_int_equal(uw_ata_decode_dco(block, sizeof block), 0);
        block[511]--;
        block[510]--; /* another signature, though the sum is right */
        block[511]++;
        assert_int_equal(uw_ata_decode_dco(block, sizeof block), 0);
    }
    memset(block, 0, sizeof block);
    assert_int_equal(uw_ata_decode_dco(block, sizeof block), 0);
}

/* ---- Words */

static const struct {
    struct uw_ata_command command;
    const char *text;
} texts[] = {
    {{.outcome = UW_ATA_NO_ANSWER}, "no answer"},
    {{.outcome = UW_ATA_NO_ANSWER, .host_errno = -ENODEV}, "no answer (No such device, errno 19)"},
    {{.outcome = UW_ATA_NO_ANSWER, .host_errno = -EOPNOTSUPP, .sense_key = 5, .asc = 0x20},
     "no answer (Operation not supported, errno 95)"},
    {{.outcome = UW_ATA_NO_ANSWER, .host_errno = INT32_MIN}, "no answer"},
    {{.outcome = UW_ATA_NO_ANSWER, .sense_key = 2, .asc = 4, .ascq = 0x1b}, "no answer (sense 02/04/1b)"},
    {{.outcome = UW_ATA_NO_ANSWER, .ascq = 0x1d}, "no answer (sense 00/00/1d)"},
    {{.outcome = UW_ATA_NO_ANSWER, .asc = 0x1d}, "no answer (sense 00/1d/00)"},
    {{.outcome = UW_ATA_NO_REGISTERS}, "no result registers"},
    {{.outcome = UW_ATA_DONE}, "done"},
    {{.outcome = UW_ATA_DONE, .sense_key = 1, .ascq = 0x1d, .registers = {.known = true, .status = 0x50}},
     "done (status 50h, error 00h)"},
    {{.outcome = UW_ATA_ABORTED, .registers = {.known = true, .status = 0x51, .error = 4}},
     "aborted (status 51h, error 04h)"},
    {{.outcome = UW_ATA_RESET, .sense_key = 6, .asc = 0x29}, "reset in the middle (sense 06/29/00)"},
    {{.outcome = (enum uw_ata_outcome)99}, "no outcome"},
};

static void writes_outcomes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        char text[UW_ATA_OUTCOME_TEXT];
        uw_ata_outcome_text(&texts[i].command, text);
        assert_string_equal(text, texts[i].text);
    }
    /* No errno has words that do not fit. */
    for (int code = 0; code < 5000; code++) {
        char text[UW_ATA_OUTCOME_TEXT];
        struct uw_ata_command c = {.outcome = UW_ATA_NO_ANSWER, .host_errno = -code};
        uw_ata_outcome_text(&c, text);
        assert_int_equal(text[strlen(text) - 1], code > 0 && code < 4096 ? ')' : 'r');
    }
}

static void writes_hex(void **state)
{
    (void)state;
    char hex[UW_ATA_REGISTERS_HEX];
    struct uw_ata_registers r = {
        .status = 0x51, .error = 0x04, .count = 0x1234, .lba = 0xa1b2c3d4e5f6, .device = 0x40};
    uw_ata_registers_hex(&r, hex);
    assert_string_equal(hex, "51041234a1b2c3d4e5f64000");
    r = (struct uw_ata_registers){0};
    uw_ata_registers_hex(&r, hex);
    assert_string_equal(hex, "000000000000000000000000");
    struct uw_ata_command c = {.features = 0xfedc, .count = 0xba98, .lba = 0x76543210fedc, .device = 0xba};
    uw_ata_command_hex(&c, hex);
    assert_string_equal(hex, "fedcba9876543210fedcba00");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads),
        cmocka_unit_test(bare_commands),
        cmocka_unit_test(openings),
        cmocka_unit_test(last_addresses),
        cmocka_unit_test(sanitizes),
        cmocka_unit_test(passwords),
        cmocka_unit_test(erase_timeouts),
        cmocka_unit_test(reads_flags),
        cmocka_unit_test(reads_times),
        cmocka_unit_test(reads_sizes),
        cmocka_unit_test(reads_block_sizes),
        cmocka_unit_test(reads_rotation_and_wwn),
        cmocka_unit_test(reads_strings),
        cmocka_unit_test(checks_sums),
        cmocka_unit_test(refuses_short_data),
        cmocka_unit_test(reads_logs),
        cmocka_unit_test(reads_sanitize_states),
        cmocka_unit_test(knows_no_sanitize_state),
        cmocka_unit_test(reads_dco),
        cmocka_unit_test(writes_outcomes),
        cmocka_unit_test(writes_hex),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
