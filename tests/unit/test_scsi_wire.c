/* SPDX-License-Identifier: Apache-2.0 */
/* SCSI commands, sense data and ATA PASS-THROUGH against the numbers of SPC-5, SBC-4 and SAT-4, and against
 * what Linux and bridges answer instead. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wire/scsi.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static uint8_t data[512];

/* Bytes from hex; "..N" are N zeros (decimal, two digits). */
static size_t bytes_of(const char *hex, uint8_t *bytes, size_t most)
{
    size_t count = 0;
    for (const char *p = hex; *p != '\0';) {
        unsigned value = 0, zeros = 0;
        if (*p == ' ') {
            p++;
        } else if (sscanf(p, "..%2u", &zeros) == 1) {
            assert_true(count + zeros <= most);
            memset(bytes + count, 0, zeros);
            count += zeros;
            p += 4;
        } else {
            assert_int_equal(sscanf(p, "%2x", &value), 1);
            assert_true(count < most);
            bytes[count++] = (uint8_t)value;
            p += 2;
        }
    }
    return count;
}

static void check_cdb(const struct uw_scsi_command *c, const char *hex)
{
    uint8_t cdb[UW_SCSI_CDB_BYTES] = {0};
    assert_int_equal(c->cdb_bytes, bytes_of(hex, cdb, sizeof cdb));
    for (size_t i = 0; i < sizeof cdb; i++)
        if (c->cdb[i] != cdb[i])
            fail_msg("%s: byte %zu is %02x", hex, i, c->cdb[i]);
    assert_int_equal(c->host_errno | c->status | c->sense_bytes, 0);
    assert_int_equal(c->moved_bytes, 0);
}

static void check_command(struct uw_scsi_command c, const char *hex, enum uw_scsi_direction direction,
                          uint32_t bytes)
{
    check_cdb(&c, hex);
    assert_int_equal(c.direction, direction);
    assert_ptr_equal(c.data, direction == UW_SCSI_NO_DATA ? NULL : data);
    assert_int_equal(c.data_bytes, bytes);
    assert_int_equal(c.timeout_ms, 30000);
}

static void commands(void **state)
{
    (void)state;
    check_command(uw_scsi_sense_control_page(data, 0x0140), "5a 08 0a 00 00 00 00 01 40 00", UW_SCSI_DATA_IN,
                  0x0140);
    check_command(uw_scsi_select_control_page(data, 0x0214), "55 10 00 00 00 00 00 02 14 00",
                  UW_SCSI_DATA_OUT, 0x0214);
    check_command(uw_sat_ask_response(data, false), "85 1e 00 ..13", UW_SCSI_DATA_IN, 14);
    check_command(uw_sat_ask_response(data, true), "85 1e 08 ..13", UW_SCSI_DATA_IN, 14);
}

/* Lengths in bytes, INC_512 (bit 7 of byte 4) 0. */
static void security_protocols(void **state)
{
    (void)state;
    check_command(uw_scsi_security_in(0x01, 0x07fe, data, 2048), "a2 01 07 fe 00 00 00 00 08 00 00 00",
                  UW_SCSI_DATA_IN, 2048);
    check_command(uw_scsi_security_in(0xee, 0x0001, data, 0x01020400), "a2 ee 00 01 00 00 01 02 04 00 00 00",
                  UW_SCSI_DATA_IN, 0x01020400);
    struct uw_scsi_command out = uw_scsi_security_out(0x01, 0x1004, data, 512);
    check_cdb(&out, "b5 01 10 04 00 00 00 00 02 00 00 00");
    assert_int_equal(out.direction, UW_SCSI_DATA_OUT);
    assert_ptr_equal(out.data, data);
    assert_int_equal(out.data_bytes, 512);
    assert_int_equal(out.timeout_ms, 600000);
}

/* ---- Sense data */

static const struct {
    const char *bytes;
    bool known, descriptor;
    unsigned key, asc, ascq;
    int progress; /* -1: none */
} senses[] = {
    {"70 00 05 ..04 0a ..04 20 03 00 00 00 00", true, false, 5, 0x20, 3, -1},
    {"71 00 05 ..04 0a ..04 20 03 00 00 00 00", true, false, 5, 0x20, 3, -1},
    {"f0 00 f5 ff ff ff ff 0a ..04 20 03 00 00 00 00", true, false, 5, 0x20, 3, -1}, /* VALID, ILI */
    {"72 05 20 03 ..04", true, true, 5, 0x20, 3, -1},
    {"73 f5 20 03 ..04", true, true, 5, 0x20, 3, -1},
    {"f2 05 20 03 ..04", true, true, 5, 0x20, 3, -1},
    {"", false, false, 0, 0, 0, -1},
    {"70 00 05 ..04", false, false, 0, 0, 0, -1},
    {"72 05 20 03 ..03", false, false, 0, 0, 0, -1},
    {"..18", false, false, 0, 0, 0, -1},
    {"6f 00 05 ..04 0a ..10", false, false, 0, 0, 0, -1},
    {"74 05 20 ..05", false, false, 0, 0, 0, -1},
    {"7f 05 20 ..05", false, false, 0, 0, 0, -1},
    {"ff ff ff ff ff ff ff ff", false, false, 0, 0, 0, -1},
    /* Cut off, by the path or by its own length. */
    {"70 00 05 ..04 0a", true, false, 5, 0, 0, -1},
    {"70 00 05 ..04 0a ..04", true, false, 5, 0, 0, -1},
    {"70 00 05 ..04 0a ..04 20", true, false, 5, 0x20, 0, -1},
    {"70 00 05 ..04 0a ..04 20 03", true, false, 5, 0x20, 3, -1},
    {"70 00 05 ..04 00 ..04 20 03 00 00 00 00", true, false, 5, 0, 0, -1},
    {"70 00 05 ..04 04 ..04 20 03 00 00 00 00", true, false, 5, 0, 0, -1},
    {"70 00 05 ..04 05 ..04 20 03 00 00 00 00", true, false, 5, 0x20, 0, -1},
    {"70 00 05 ..04 06 ..04 20 03 00 00 00 00", true, false, 5, 0x20, 3, -1},
    {"70 00 05 ..04 ff ..04 20 03 00 00 00 00", true, false, 5, 0x20, 3, -1},
    /* How far it is. */
    {"70 00 02 ..04 0a ..04 04 1b 00 80 12 34", true, false, 2, 4, 0x1b, 0x1234},
    {"70 00 00 ..04 0a ..04 04 1b 00 ff ff ff", true, false, 0, 4, 0x1b, 0xffff},
    {"70 00 02 ..04 0a ..04 04 1b 00 80 00 00", true, false, 2, 4, 0x1b, 0},
    {"70 00 02 ..04 0a ..04 04 1b 00 7f 12 34", true, false, 2, 4, 0x1b, -1},
    {"70 00 05 ..04 0a ..04 24 00 00 c0 00 0e", true, false, 5, 0x24, 0, -1}, /* which field */
    {"70 00 03 ..04 0a ..04 31 03 00 80 12 34", true, false, 3, 0x31, 3, -1}, /* how often tried */
    {"70 00 02 ..04 09 ..04 04 1b 00 80 12 34", true, false, 2, 4, 0x1b, -1},
    {"70 00 02 ..04 0a ..04 04 1b 00 80 12", true, false, 2, 4, 0x1b, -1},
    {"72 02 04 1b ..03 08 02 06 00 00 80 12 34 00", true, true, 2, 4, 0x1b, 0x1234},
    {"72 00 04 1b ..03 08 02 06 00 00 80 12 34 00", true, true, 0, 4, 0x1b, 0x1234},
    {"72 02 04 1b ..03 08 02 06 00 00 7f 12 34 00", true, true, 2, 4, 0x1b, -1},
    {"72 05 24 00 ..03 08 02 06 00 00 c0 00 0e 00", true, true, 5, 0x24, 0, -1},
    {"72 02 04 1b ..03 0e 03 04 80 99 99 99 02 06 00 00 80 56 78 00", true, true, 2, 4, 0x1b, 0x5678},
    {"72 02 04 1b ..03 0a 03 00 02 06 00 00 80 56 78 00", true, true, 2, 4, 0x1b, 0x5678},
    {"72 02 04 1b ..03 10 02 06 00 00 80 56 78 00 02 06 00 00 80 99 99 00", true, true, 2, 4, 0x1b, 0x5678},
    {"72 02 04 1b ..03 08 02 05 00 00 80 12 34 00", true, true, 2, 4, 0x1b, -1},
    {"72 02 04 1b ..03 07 02 06 00 00 80 12 34 00", true, true, 2, 4, 0x1b, -1},
    {"72 02 04 1b ..03 00 02 06 00 00 80 12 34 00", true, true, 2, 4, 0x1b, -1},
    {"72 02 04 1b ..03 08 02 06 00 00 80 12 34", true, true, 2, 4, 0x1b, -1},
    {"72 02 04 1b ..03 ff 03 ff 02 06 00 00 80 12 34 00", true, true, 2, 4, 0x1b, -1},
    {"72 02 04 1b ..03 ff 02 06 00 00 80 12 34 00", true, true, 2, 4, 0x1b, 0x1234},
    {"72 02 04 1b ..03 01 02", true, true, 2, 4, 0x1b, -1},
};

/* From memory of exactly that size. */
static void reads_senses(void **state)
{
    (void)state;
    static const struct uw_scsi_sense none;
    for (size_t i = 0; i < COUNT(senses); i++) {
        uint8_t bytes[64];
        struct uw_scsi_sense s;
        size_t count = bytes_of(senses[i].bytes, bytes, sizeof bytes);
        uint8_t *exact = malloc(count > 0 ? count : 1);
        assert_non_null(exact);
        memcpy(exact, bytes, count);
        memset(&s, 0xa5, sizeof s);
        bool known = uw_scsi_decode_sense(exact, count, &s);
        free(exact);
        if (known != senses[i].known || s.known != known || s.descriptor != senses[i].descriptor ||
            s.key != senses[i].key || s.asc != senses[i].asc || s.ascq != senses[i].ascq)
            fail_msg("row %zu: %02x/%02x/%02x", i, s.key, s.asc, s.ascq);
        if (s.has_progress != (senses[i].progress >= 0) ||
            s.progress != (senses[i].progress >= 0 ? senses[i].progress : 0))
            fail_msg("row %zu: progress %x", i, s.progress);
        if (!known)
            assert_memory_equal(&s, &none, sizeof s);
    }
}

/* ---- Control mode page */

#define HEADER(length) length " 11 90 00 00 00 00 "
#define PAGE "8a 0a f2 13 14 15 16 17 18 19 1a 1b"
#define SELECTED(flags) "00 00 11 00 00 00 00 00 0a 0a " flags " 13 14 15 16 17 18 19 1a 1b"

static const struct {
    const char *answer;
    bool set, was;
    const char *selected; /* NULL: no such page */
} pages[] = {
    {HEADER("00 12") PAGE, true, false, SELECTED("f6")},
    {HEADER("00 12") PAGE, false, false, SELECTED("f2")},
    {HEADER("00 12") "0a 0a 04 13 14 15 16 17 18 19 1a 1b", true, true, SELECTED("04")},
    {HEADER("00 12") "0a 0a 04 13 14 15 16 17 18 19 1a 1b", false, true, SELECTED("00")},
    {HEADER("00 12") "8a 0a 06 13 14 15 16 17 18 19 1a 1b ff ff", false, true, SELECTED("02")},
    {HEADER("00 20") PAGE, true, false, SELECTED("f6")}, /* it is longer elsewhere */
    {HEADER("ff ff") PAGE, true, false, SELECTED("f6")},
    /* A block descriptor that nobody asked for. */
    {"00 1a 11 90 01 ff 00 08 88 77 66 55 44 33 22 11 " PAGE, true, false,
     "00 00 11 00 00 ff 00 00 0a 0a f6 13 14 15 16 17 18 19 1a 1b"},
    {"01 12 11 90 00 00 01 00 ..99 ..99 ..58 " PAGE, true, false, SELECTED("f6")},
    {"00 1a 11 90 00 00 00 07 88 77 66 55 44 33 22 11 " PAGE, true, false, NULL},
    {"00 1a 11 90 00 00 ff ff 88 77 66 55 44 33 22 11 " PAGE, true, false, NULL},
    {"00 19 11 90 00 00 00 08 88 77 66 55 44 33 22 11 " PAGE, true, false, NULL},
    /* Too short, in fact or by its own length. */
    {"", true, false, NULL},
    {"00 12 11 90 00 00 00", true, false, NULL},
    {HEADER("00 12"), true, false, NULL},
    {HEADER("00 12") "8a 0a f2 13 14 15 16 17 18 19 1a", true, false, NULL},
    {HEADER("00 11") PAGE, true, false, NULL},
    {HEADER("00 00") PAGE, true, false, NULL},
    /* Another page, a subpage, a page of another length. */
    {HEADER("00 12") "8b 0a f6 13 14 15 16 17 18 19 1a 1b", true, false, NULL},
    {HEADER("00 12") "ca 0a f6 13 14 15 16 17 18 19 1a 1b", true, false, NULL},
    {HEADER("00 12") "8a 09 f6 13 14 15 16 17 18 19 1a 1b", true, false, NULL},
    {HEADER("00 12") "8a 06 f6 13 14 15 16 17 18 19 1a 1b", true, false, NULL},
    {HEADER("00 13") "8a 0b f6 13 14 15 16 17 18 19 1a 1b 1c", true, false, NULL},
    {"..20", true, false, NULL},
};

static void sets_d_sense(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(pages); i++) {
        uint8_t answer[512], want[512];
        bool was = true;
        size_t count = bytes_of(pages[i].answer, answer, sizeof answer);
        size_t wanted = pages[i].selected != NULL ? bytes_of(pages[i].selected, want, sizeof want) : 0;
        uint8_t *exact = malloc(count > 0 ? count : 1);
        assert_non_null(exact);
        memcpy(exact, answer, count);
        size_t got = uw_scsi_set_d_sense(exact, count, pages[i].set, &was);
        if (got != wanted || was != pages[i].was || memcmp(exact, wanted > 0 ? want : answer, got) != 0)
            fail_msg("row %zu: %zu bytes", i, got);
        free(exact);
    }
}

/* ---- ATA PASS-THROUGH(16) */

static void check_wrapped(struct uw_ata_command ata, const char *hex, enum uw_scsi_direction direction)
{
    struct uw_scsi_command c = uw_sat_wrap(&ata);
    check_cdb(&c, hex);
    assert_int_equal(c.direction, direction);
    assert_ptr_equal(c.data, direction == UW_SCSI_NO_DATA ? NULL : data);
    assert_int_equal(c.data_bytes, direction == UW_SCSI_NO_DATA ? 0 : 512);
    assert_int_equal(c.timeout_ms, ata.timeout_ms > 0 ? ata.timeout_ms : 30000);
}

static void wraps(void **state)
{
    (void)state;
    static const uint8_t password[UW_ATA_PASSWORD_BYTES] = "unwrite";
    const enum uw_scsi_direction none = UW_SCSI_NO_DATA, in = UW_SCSI_DATA_IN, out = UW_SCSI_DATA_OUT;
    check_wrapped(uw_ata_identify_device(data), "85 08 0e 00 00 00 01 00 00 00 00 00 00 00 ec 00", in);
    check_wrapped(uw_ata_read_log(0x30, 6, data), "85 09 0e 00 00 00 01 00 30 00 06 00 00 40 2f 00", in);
    check_wrapped(uw_ata_read_log(0x30, 0x1206, data), "85 09 0e 00 00 00 01 00 30 12 06 00 00 40 2f 00", in);
    check_wrapped(uw_ata_dco_identify(data), "85 08 0e 00 c2 00 01 00 00 00 00 00 00 00 b1 00", in);
    check_wrapped(uw_ata_nop(0x1234, 0xa1b2c3d4e5f6), "85 07 20 00 00 12 34 c3 f6 b2 e5 a1 d4 40 00 00",
                  none);
    check_wrapped(uw_ata_sanitize_status(true), "85 07 20 00 00 00 01 00 00 00 00 00 00 40 b4 00", none);
    check_wrapped(uw_ata_sanitize_crypto(), "85 07 00 00 11 00 00 43 70 00 79 00 72 40 b4 00", none);
    check_wrapped(uw_ata_sanitize_block(), "85 07 00 00 12 00 00 42 72 00 45 00 6b 40 b4 00", none);
    check_wrapped(uw_ata_sanitize_overwrite(0xdeadbeef, true),
                  "85 07 00 00 14 00 41 de ef 57 be 4f ad 40 b4 00", none);
    check_wrapped(uw_ata_read_native_max(true), "85 07 20 00 00 00 00 00 00 00 00 00 00 40 27 00", none);
    check_wrapped(uw_ata_set_password(password, data), "85 0a 06 00 00 00 01 00 00 00 00 00 00 00 f1 00",
                  out);
    check_wrapped(uw_ata_unlock(UW_ATA_USER, password, data),
                  "85 0a 06 00 00 00 01 00 00 00 00 00 00 00 f2 00", out);
    check_wrapped(uw_ata_erase_prepare(), "85 06 20 00 00 00 00 00 00 00 00 00 00 00 f3 00", none);
    check_wrapped(uw_ata_erase_unit(UW_ATA_USER, password, true, 7654321, data),
                  "85 0a 06 00 00 00 01 00 00 00 00 00 00 00 f4 00", out);
    check_wrapped(uw_ata_disable_password(UW_ATA_USER, password, data),
                  "85 0a 06 00 00 00 01 00 00 00 00 00 00 00 f6 00", out);
}

/* Whatever the caller means. */
static void wraps_what_is_allowed(void **state)
{
    (void)state;
    struct uw_ata_command c = {.command = 0x12,
                               .features = 0x3456,
                               .count = 0x789a,
                               .lba = 0x010203040506,
                               .device = 0xef,
                               .data = data,
                               .data_bytes = 512,
                               .wants_registers = true};
    c.protocol = UW_ATA_PIO_IN; /* never CK_COND */
    check_wrapped(c, "85 08 0e 00 56 00 9a 00 06 00 05 00 04 ef 12 00", UW_SCSI_DATA_IN);
    c.protocol = UW_ATA_PIO_OUT;
    check_wrapped(c, "85 0a 26 00 56 00 9a 00 06 00 05 00 04 ef 12 00", UW_SCSI_DATA_OUT);
    c.protocol = UW_ATA_NON_DATA; /* no data then, and no upper halves without 48 bits */
    check_wrapped(c, "85 06 20 00 56 00 9a 00 06 00 05 00 04 ef 12 00", UW_SCSI_NO_DATA);
    c.extended = true;
    check_wrapped(c, "85 07 20 34 56 78 9a 03 06 02 05 01 04 ef 12 00", UW_SCSI_NO_DATA);
}

/* ---- What comes back */

enum { NONE, IN, OUT }; /* a command without data, one with data that come, one with data that go */
#define LABEL "72 01 00 1d 00 00 00 0e "
#define ABORT "72 0b 00 00 00 00 00 0e "
#define REGISTERS "09 0c 01 04 12 34 c3 f6 b2 e5 a1 d4 40 "
#define GOOD_REGISTERS "09 0c 01 00 12 34 c3 f6 b2 e5 a1 d4 40 "

static const struct {
    int kind, status, host_errno;
    uint32_t moved;
    const char *sense;
    enum uw_ata_outcome outcome;
    const char *registers; /* as hex; NULL: none */
    bool whole;
    int errno_out;
} answers[] = {
    /* Without sense data. */
    {NONE, 0x00, 0, 0, "", UW_ATA_NO_REGISTERS, NULL, false, 0},
    {IN, 0x00, 0, 512, "", UW_ATA_DONE, NULL, false, 0},
    {OUT, 0x00, 0, 512, "", UW_ATA_DONE, NULL, false, 0},
    {IN, 0x00, 0, 511, "", UW_ATA_NO_REGISTERS, NULL, false, 0},
    {IN, 0x00, 0, 0, "", UW_ATA_NO_REGISTERS, NULL, false, 0},
    {OUT, 0x00, 0, 0, "", UW_ATA_NO_REGISTERS, NULL, false, 0},
    {IN, 0x00, 0, 513, "", UW_ATA_NO_REGISTERS, NULL, false, 0},
    {NONE, 0x00, 0, 512, "", UW_ATA_NO_REGISTERS, NULL, false, 0},
    {IN, 0x02, 0, 512, "", UW_ATA_NO_ANSWER, NULL, false, -EIO},
    {NONE, 0x02, 0, 0, "..18", UW_ATA_NO_ANSWER, NULL, false, -EIO},
    {NONE, 0x08, 0, 0, "", UW_ATA_NO_ANSWER, NULL, false, -EBUSY},
    {NONE, 0x28, 0, 0, "", UW_ATA_NO_ANSWER, NULL, false, -EBUSY},
    {NONE, 0x18, 0, 0, "", UW_ATA_NO_ANSWER, NULL, false, -EBADE},
    {IN, 0x40, 0, 512, "", UW_ATA_NO_ANSWER, NULL, false, -EIO},
    {IN, 0xff, 0, 512, "", UW_ATA_NO_ANSWER, NULL, false, -EIO},
    {IN, 0x00, -ENODEV, 512, "", UW_ATA_NO_ANSWER, NULL, false, -ENODEV},
    {NONE, 0x02, -ETIMEDOUT, 0, LABEL GOOD_REGISTERS "50", UW_ATA_NO_ANSWER, NULL, false, -ETIMEDOUT},
    {NONE, 0x08, 0, 0, LABEL GOOD_REGISTERS "50", UW_ATA_NO_ANSWER, NULL, false, -EBUSY},
    /* Descriptor sense, all went well. */
    {NONE, 0x02, 0, 0, LABEL GOOD_REGISTERS "50", UW_ATA_DONE, "50001234a1b2c3d4e5f64000", true, 0},
    {NONE, 0x00, 0, 0, LABEL GOOD_REGISTERS "50", UW_ATA_DONE, "50001234a1b2c3d4e5f64000", true, 0},
    {NONE, 0x02, 0, 0, "72 00 00 1d 00 00 00 0e " GOOD_REGISTERS "50", UW_ATA_DONE,
     "50001234a1b2c3d4e5f64000", true, 0},
    {NONE, 0x02, 0, 0, "72 01 00 1d 00 00 00 16 02 06 ..06 " GOOD_REGISTERS "50", UW_ATA_DONE,
     "50001234a1b2c3d4e5f64000", true, 0},
    {NONE, 0x02, 0, 0, "72 01 00 1d 00 00 00 10 00 00 " GOOD_REGISTERS "50", UW_ATA_DONE,
     "50001234a1b2c3d4e5f64000", true, 0},
    {NONE, 0x02, 0, 0, "72 01 00 1d 00 00 00 ff " GOOD_REGISTERS "50", UW_ATA_DONE,
     "50001234a1b2c3d4e5f64000", true, 0},
    {NONE, 0x02, 0, 0, LABEL "09 0c 00 00 12 34 c3 f6 b2 e5 a1 d4 40 50", UW_ATA_DONE,
     "50000034000000d4e5f64000", false, 0},
    {NONE, 0x02, 0, 0, LABEL "09 0c fe 00 12 34 c3 f6 b2 e5 a1 d4 40 50", UW_ATA_DONE,
     "50000034000000d4e5f64000", false, 0},
    {IN, 0x02, 0, 512, LABEL GOOD_REGISTERS "50", UW_ATA_DONE, "50001234a1b2c3d4e5f64000", true, 0},
    {IN, 0x02, 0, 0, LABEL GOOD_REGISTERS "50", UW_ATA_NO_REGISTERS, NULL, false, 0},
    {OUT, 0x02, 0, 512, LABEL GOOD_REGISTERS "50", UW_ATA_DONE, "50001234a1b2c3d4e5f64000", true, 0},
    {OUT, 0x02, 0, 511, LABEL GOOD_REGISTERS "50", UW_ATA_NO_REGISTERS, NULL, false, 0},
    /* Descriptor sense that holds no registers: lost, cut off, made up. */
    {NONE, 0x02, 0, 0, "72 01 00 1d 00 00 00 00", UW_ATA_NO_REGISTERS, NULL, false, 0},
    {NONE, 0x02, 0, 0, "72 01 00 1d 00 00 00 00 " GOOD_REGISTERS "50", UW_ATA_NO_REGISTERS, NULL, false, 0},
    {NONE, 0x02, 0, 0, "72 01 00 1d 00 00 00 0d " GOOD_REGISTERS "50", UW_ATA_NO_REGISTERS, NULL, false, 0},
    {NONE, 0x02, 0, 0, LABEL GOOD_REGISTERS, UW_ATA_NO_REGISTERS, NULL, false, 0},
    {NONE, 0x02, 0, 0, LABEL "09 0b 01 00 12 34 c3 f6 b2 e5 a1 d4 40 50", UW_ATA_NO_REGISTERS, NULL, false,
     0},
    {NONE, 0x02, 0, 0, LABEL "0a 0c 01 00 12 34 c3 f6 b2 e5 a1 d4 40 50", UW_ATA_NO_REGISTERS, NULL, false,
     0},
    {NONE, 0x02, 0, 0, "72 01 00 1d 00 00 00 10 00 0e " GOOD_REGISTERS "50", UW_ATA_NO_REGISTERS, NULL, false,
     0},
    {NONE, 0x02, 0, 0, LABEL "09 0c 01 ..11", UW_ATA_NO_REGISTERS, NULL, false, 0},
    {NONE, 0x02, 0, 0, LABEL "09 0c 00 ..11", UW_ATA_NO_REGISTERS, NULL, false, 0},
    {NONE, 0x02, 0, 0, LABEL "09 0c 00 00 12 00 c3 00 b2 00 a1 00 00 00", UW_ATA_NO_REGISTERS, NULL, false,
     0},
    {NONE, 0x02, 0, 0, LABEL GOOD_REGISTERS "00", UW_ATA_NO_REGISTERS, NULL, false, 0},
    {NONE, 0x02, 0, 0, LABEL GOOD_REGISTERS "10", UW_ATA_NO_REGISTERS, NULL, false, 0},
    {NONE, 0x02, 0, 0, LABEL GOOD_REGISTERS "d0", UW_ATA_NO_REGISTERS, NULL, false, 0},
    {NONE, 0x02, 0, 0, LABEL GOOD_REGISTERS "ff", UW_ATA_NO_REGISTERS, NULL, false, 0},
    {NONE, 0x02, 0, 0, LABEL GOOD_REGISTERS "58", UW_ATA_NO_REGISTERS, NULL, false, 0},
    {NONE, 0x02, 0, 0, "73 01 00 1d 00 00 00 0e " GOOD_REGISTERS "50", UW_ATA_NO_ANSWER, NULL, false, -EIO},
    {NONE, 0x00, 0, 0, "73 01 00 1d 00 00 00 0e " GOOD_REGISTERS "50", UW_ATA_NO_REGISTERS, NULL, false, 0},
    {IN, 0x02, 0, 512, LABEL "09 0c 01 ..11", UW_ATA_DONE, NULL, false, 0},
    {IN, 0x02, 0, 512, "72 01 5d 00 ..04", UW_ATA_DONE, NULL, false, 0},
    {IN, 0x02, 0, 0, "72 01 5d 00 ..04", UW_ATA_NO_REGISTERS, NULL, false, 0},
    {NONE, 0x02, 0, 0, "72 01 5d 00 ..04", UW_ATA_NO_REGISTERS, NULL, false, 0},
    /* Descriptor sense, the drive says no. */
    {NONE, 0x02, 0, 0, ABORT REGISTERS "51", UW_ATA_ABORTED, "51041234a1b2c3d4e5f64000", true, 0},
    {NONE, 0x02, 0, 0, LABEL REGISTERS "51", UW_ATA_ABORTED, "51041234a1b2c3d4e5f64000", true, 0},
    {NONE, 0x00, 0, 0, LABEL REGISTERS "51", UW_ATA_ABORTED, "51041234a1b2c3d4e5f64000", true, 0},
    {NONE, 0x02, 0, 0, ABORT GOOD_REGISTERS "70", UW_ATA_ABORTED, "70001234a1b2c3d4e5f64000", true, 0},
    {NONE, 0x02, 0, 0, LABEL GOOD_REGISTERS "70", UW_ATA_ABORTED, "70001234a1b2c3d4e5f64000", true, 0},
    {IN, 0x02, 0, 512, ABORT REGISTERS "51", UW_ATA_ABORTED, "51041234a1b2c3d4e5f64000", true, 0},
    {OUT, 0x02, 0, 0, ABORT REGISTERS "51", UW_ATA_ABORTED, "51041234a1b2c3d4e5f64000", true, 0},
    {NONE, 0x02, 0, 0, ABORT REGISTERS "d1", UW_ATA_NO_REGISTERS, NULL, false, 0},
    {NONE, 0x02, 0, 0, "72 05 20 00 00 00 00 0e " REGISTERS "51", UW_ATA_ABORTED, "51041234a1b2c3d4e5f64000",
     true, 0},
    {NONE, 0x02, 0, 0, "72 02 04 1b 00 00 00 0e " REGISTERS "51", UW_ATA_ABORTED, "51041234a1b2c3d4e5f64000",
     true, 0},
    /* Libata's answer to CK_COND on data that come; a path that contradicts itself. */
    {IN, 0x02, 0, 512, ABORT GOOD_REGISTERS "58", UW_ATA_NO_REGISTERS, NULL, false, 0},
    {IN, 0x02, 0, 512, "70 00 0b ..04 0a 00 58 40 01 00 00 00 00 80 00", UW_ATA_NO_REGISTERS, NULL, false, 0},
    {NONE, 0x02, 0, 0, ABORT GOOD_REGISTERS "50", UW_ATA_NO_ANSWER, NULL, false, 0},
    {NONE, 0x02, 0, 0, "72 04 44 00 00 00 00 0e " GOOD_REGISTERS "50", UW_ATA_NO_ANSWER, NULL, false, 0},
    {NONE, 0x02, 0, 0, "72 02 04 1b 00 00 00 0e " GOOD_REGISTERS "50", UW_ATA_NO_ANSWER, NULL, false, 0},
    /* Reset in the middle. */
    {NONE, 0x02, 0, 0, "72 06 29 00 ..04", UW_ATA_RESET, NULL, false, 0},
    {NONE, 0x02, 0, 0, "70 00 06 ..04 0a ..04 29 00 ..04", UW_ATA_RESET, NULL, false, 0},
    {NONE, 0x02, 0, 0, "72 06 29 02 ..04", UW_ATA_RESET, NULL, false, 0},
    {OUT, 0x02, 0, 512, "72 06 29 00 ..04", UW_ATA_RESET, NULL, false, 0},
    {NONE, 0x02, 0, 0, "72 06 29 00 00 00 00 0e " REGISTERS "51", UW_ATA_RESET, "51041234a1b2c3d4e5f64000",
     true, 0},
    {NONE, 0x02, 0, 0, LABEL "09 0c 01 01 00 01 00 01 00 00 00 00 00 50", UW_ATA_RESET,
     "500100010000000000010000", true, 0},
    {OUT, 0x02, 0, 512, ABORT "09 0c 00 01 00 01 00 01 00 00 00 00 00 50", UW_ATA_RESET,
     "500100010000000000010000", false, 0},
    {NONE, 0x02, 0, 0, LABEL "09 0c 01 01 00 01 00 01 00 00 00 00 00 40", UW_ATA_DONE,
     "400100010000000000010000", true, 0},
    {NONE, 0x02, 0, 0, LABEL "09 0c 01 02 00 01 00 01 00 00 00 00 00 50", UW_ATA_DONE,
     "500200010000000000010000", true, 0},
    {NONE, 0x02, 0, 0, "72 06 28 00 ..04", UW_ATA_NO_ANSWER, NULL, false, 0},
    {NONE, 0x02, 0, 0, "72 05 29 00 ..04", UW_ATA_NO_ANSWER, NULL, false, 0},
    /* The path takes no such command, or is not ready. */
    {NONE, 0x02, 0, 0, "70 00 05 ..04 0a ..04 20 00 ..04", UW_ATA_NO_ANSWER, NULL, false, -EOPNOTSUPP},
    {IN, 0x02, 0, 512, "72 05 20 00 ..04", UW_ATA_NO_ANSWER, NULL, false, -EOPNOTSUPP},
    {IN, 0x02, 0, 0, "70 00 05 ..04 0a ..04 24 00 00 c0 00 0e", UW_ATA_NO_ANSWER, NULL, false, -EOPNOTSUPP},
    {NONE, 0x02, 0, 0, "72 05 24 00 ..04", UW_ATA_NO_ANSWER, NULL, false, -EOPNOTSUPP},
    {NONE, 0x02, 0, 0, "72 05 24 01 ..04", UW_ATA_NO_ANSWER, NULL, false, 0},
    {NONE, 0x02, 0, 0, "72 05 26 00 ..04", UW_ATA_NO_ANSWER, NULL, false, 0},
    {NONE, 0x02, 0, 0, "72 0b 20 00 ..04", UW_ATA_NO_ANSWER, NULL, false, 0},
    {NONE, 0x02, 0, 0, "72 05 21 04 ..04", UW_ATA_NO_ANSWER, NULL, false, 0},
    {NONE, 0x02, 0, 0, "70 00 02 ..04 0a ..04 04 1b 00 80 12 34", UW_ATA_NO_ANSWER, NULL, false, 0},
    {IN, 0x02, 0, 512, "72 03 11 00 ..04", UW_ATA_NO_ANSWER, NULL, false, 0},
    {IN, 0x00, 0, 512, "72 02 04 1b ..04", UW_ATA_NO_ANSWER, NULL, false, 0},
    {NONE, 0x02, 0, 0, "72 0b 00 00 ..04", UW_ATA_NO_ANSWER, NULL, false, 0},
    {NONE, 0x02, 0, 0, "70 00 05 04 51 40 00 0a 80 00 00 00 20 00 ..04", UW_ATA_NO_ANSWER, NULL, false,
     -EOPNOTSUPP},
    /* Fixed sense as SAT-4 has it; its upper halves are lost. */
    {NONE, 0x02, 0, 0, "70 00 01 00 50 40 34 0a e0 f6 e5 d4 00 1d ..04", UW_ATA_DONE,
     "50000034000000d4e5f64000", false, 0},
    {NONE, 0x02, 0, 0, "f0 00 01 00 50 40 34 0a 80 f6 e5 d4 00 1d ..04", UW_ATA_DONE,
     "50000034000000d4e5f64000", false, 0},
    {NONE, 0x02, 0, 0, "70 00 01 00 50 40 34 06 80 f6 e5 d4 00 1d", UW_ATA_DONE, "50000034000000d4e5f64000",
     false, 0},
    {NONE, 0x02, 0, 0, "70 00 0b 04 51 40 34 0a e0 f6 e5 d4 00 00 ..04", UW_ATA_ABORTED,
     "51040034000000d4e5f64000", false, 0},
    {NONE, 0x02, 0, 0, "70 00 0b 04 51 40 34 04 e0 f6 e5 d4", UW_ATA_ABORTED, "51040034000000d4e5f64000",
     false, 0},
    {NONE, 0x02, 0, 0, "70 00 04 00 60 40 00 0a 80 00 00 00 44 00 ..04", UW_ATA_ABORTED,
     "600000000000000000004000", false, 0},
    {NONE, 0x02, 0, 0, "70 00 01 00 00 00 00 0a 00 00 00 00 00 1d ..04", UW_ATA_NO_REGISTERS, NULL, false, 0},
    {NONE, 0x02, 0, 0, "70 00 01 00 00 00 00 0a 04 41 40 00 00 1d ..04", UW_ATA_NO_REGISTERS, NULL, false, 0},
    {NONE, 0x02, 0, 0, "70 00 01 00 50 40 34 0a e0 f6 e5 d4 00 00 ..04", UW_ATA_NO_REGISTERS, NULL, false, 0},
    {NONE, 0x02, 0, 0, "70 00 01 00 50 40 34 05 e0 f6 e5 d4 00 1d ..04", UW_ATA_NO_REGISTERS, NULL, false, 0},
    {NONE, 0x02, 0, 0, "70 00 0b 04 51 40 34 03 e0 f6 e5 d4", UW_ATA_NO_ANSWER, NULL, false, 0},
    {NONE, 0x02, 0, 0, "70 00 0b 04 51 40 34 0a e0 f6 e5", UW_ATA_NO_ANSWER, NULL, false, 0},
    {NONE, 0x02, 0, 0, "70 00 0b 04 50 40 34 0a e0 f6 e5 d4 00 00 ..04", UW_ATA_NO_ANSWER, NULL, false, 0},
    {NONE, 0x02, 0, 0, "70 00 0b 04 d1 40 34 0a e0 f6 e5 d4 00 00 ..04", UW_ATA_NO_ANSWER, NULL, false, 0},
    {NONE, 0x02, 0, 0, "70 00 0b 04 11 40 34 0a e0 f6 e5 d4 00 00 ..04", UW_ATA_NO_ANSWER, NULL, false, 0},
    /* An address that is none of ours. */
    {NONE, 0x02, 0, 0, "f0 00 03 04 51 40 34 0a ..04 11 00 ..04", UW_ATA_NO_ANSWER, NULL, false, 0},
    {NONE, 0x02, 0, 0, "f0 00 02 04 51 40 34 0a ..04 04 00 ..04", UW_ATA_NO_ANSWER, NULL, false, 0},
    /* Fixed sense as libata has it up to 6.1. */
    {NONE, 0x02, 0, 0, "70 00 0b ..04 0a 04 41 40 00 ..04 80 ..05", UW_ATA_ABORTED,
     "410400000000000000004000", false, 0},
    {NONE, 0x02, 0, 0, "70 00 0b ..04 0a 04 51 40 34 ..04 e0 f6 e5 d4", UW_ATA_ABORTED,
     "51040034000000d4e5f64000", false, 0},
    {NONE, 0x02, 0, 0, "70 00 0b ..04 0a 04 51 40 34 ..04 e0 f6", UW_ATA_ABORTED, "510400340000000000f64000",
     false, 0},
    {NONE, 0x02, 0, 0, "70 00 05 ..04 0a 04 51 40 34 21 04 00 00 e0 f6 e5 d4", UW_ATA_ABORTED,
     "51040034000000d4e5f64000", false, 0},
    {IN, 0x02, 0, 512, "70 00 0b ..04 0a 00 58 40 01 ..04 80 ..03", UW_ATA_NO_REGISTERS, NULL, false, 0},
    {NONE, 0x02, 0, 0, "70 00 0b ..04 0a 04 50 40 00 ..04 80 ..05", UW_ATA_NO_ANSWER, NULL, false, 0},
    {NONE, 0x02, 0, 0, "70 00 0b ..04 03 04 41 40 00 ..04 80 ..05", UW_ATA_NO_ANSWER, NULL, false, 0},
    {NONE, 0x02, 0, 0, "70 00 01 ..04 0a 04 41 40 00 ..04 80 ..05", UW_ATA_NO_REGISTERS, NULL, false, 0},
};

/* Commands whose answer is not empty: nothing of an earlier one stays. */
static struct uw_ata_command used_command(int kind)
{
    static const uint8_t password[UW_ATA_PASSWORD_BYTES];
    struct uw_ata_command c = uw_ata_read_native_max(true);
    if (kind == IN)
        c = uw_ata_identify_device(data);
    else if (kind == OUT)
        c = uw_ata_unlock(UW_ATA_USER, password, data);
    memset(&c.registers, 0, sizeof c.registers);
    c.registers = (struct uw_ata_registers){.known = true, .whole = true, .status = 0x50, .count = 0x8000};
    c.outcome = UW_ATA_DONE;
    c.sense_key = c.asc = c.ascq = 0xa5;
    c.host_errno = -ENOEXEC;
    return c;
}

static struct uw_ata_command unwrap_row(size_t i)
{
    struct uw_ata_command c = used_command(answers[i].kind);
    struct uw_scsi_command scsi = uw_sat_wrap(&c);
    scsi.status = (uint8_t)answers[i].status;
    scsi.host_errno = answers[i].host_errno;
    scsi.moved_bytes = answers[i].moved;
    scsi.sense_bytes = (uint8_t)bytes_of(answers[i].sense, scsi.sense, sizeof scsi.sense);
    memset(scsi.sense + scsi.sense_bytes, 0x51, sizeof scsi.sense - scsi.sense_bytes);
    uw_sat_unwrap(&scsi, &c);
    return c;
}

static void unwraps(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(answers); i++) {
        char hex[UW_ATA_REGISTERS_HEX], text[UW_ATA_OUTCOME_TEXT];
        struct uw_ata_command c = unwrap_row(i);
        bool known = answers[i].registers != NULL;
        uw_ata_registers_hex(&c.registers, hex);
        uw_ata_outcome_text(&c, text);
        if (c.outcome != answers[i].outcome || c.registers.known != known ||
            c.registers.whole != answers[i].whole || c.host_errno != answers[i].errno_out)
            fail_msg("row %zu: %s", i, text);
        if (strcmp(hex, known ? answers[i].registers : "000000000000000000000000") != 0)
            fail_msg("row %zu: %s", i, hex);
    }
}

static void keeps_the_key(void **state)
{
    (void)state;
    static const struct {
        int host_errno, status;
        const char *sense;
        unsigned key, asc, ascq;
    } rows[] = {
        {0, 0x02, "70 00 02 ..04 0a ..04 04 1b ..04", 2, 0x04, 0x1b},
        {0, 0x02, "72 05 20 00 ..04", 5, 0x20, 0},
        {0, 0x02, LABEL GOOD_REGISTERS "50", 1, 0, 0x1d},
        {0, 0x02, ABORT REGISTERS "51", 0x0b, 0, 0},
        {0, 0x00, "", 0, 0, 0},
        {0, 0x02, "..18", 0, 0, 0},
        {0, 0x02, "71 00 03 ..04 0a ..04 11 01 ..04", 0, 0, 0}, /* of an earlier command */
        {0, 0x08, "72 05 20 00 ..04", 0, 0, 0},
        {-EIO, 0x02, "72 05 20 00 ..04", 0, 0, 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct uw_ata_command c = used_command(NONE);
        struct uw_scsi_command scsi = uw_sat_wrap(&c);
        scsi.status = (uint8_t)rows[i].status;
        scsi.host_errno = rows[i].host_errno;
        scsi.sense_bytes = (uint8_t)bytes_of(rows[i].sense, scsi.sense, sizeof scsi.sense);
        uw_sat_unwrap(&scsi, &c);
        if (c.sense_key != rows[i].key || c.asc != rows[i].asc || c.ascq != rows[i].ascq)
            fail_msg("row %zu: %02x/%02x/%02x", i, c.sense_key, c.asc, c.ascq);
    }
}

/* A count of sense bytes beyond what there is room for; a descriptor at the very end of it. */
static void believes_no_length(void **state)
{
    (void)state;
    struct uw_ata_command c = used_command(NONE);
    struct uw_scsi_command scsi = uw_sat_wrap(&c);
    uint8_t registers[14];
    bytes_of(GOOD_REGISTERS "50", registers, sizeof registers);
    bytes_of("72 01 00 1d 00 00 00 ff 80 28", scsi.sense, sizeof scsi.sense);
    memcpy(scsi.sense + 50, registers, sizeof registers);
    scsi.status = 0x02;
    scsi.sense_bytes = 255;
    uw_sat_unwrap(&scsi, &c);
    assert_int_equal(c.outcome, UW_ATA_DONE);
    assert_int_equal(c.registers.lba, 0xa1b2c3d4e5f6);
    scsi.sense[9]++;
    memmove(scsi.sense + 51, scsi.sense + 50, 13);
    uw_sat_unwrap(&scsi, &c);
    assert_int_equal(c.outcome, UW_ATA_NO_REGISTERS);
    /* Data of no bytes are no data that moved. */
    c = used_command(IN);
    c.data_bytes = 0;
    scsi = uw_sat_wrap(&c);
    uw_sat_unwrap(&scsi, &c);
    assert_int_equal(c.outcome, UW_ATA_NO_REGISTERS);
}

static void reads_responses(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        const char *registers;
        bool whole;
    } rows[] = {
        {GOOD_REGISTERS "50", "50001234a1b2c3d4e5f64000", true},
        {GOOD_REGISTERS "50 ff ff", "50001234a1b2c3d4e5f64000", true},
        {"09 0e 01 00 12 34 c3 f6 b2 e5 a1 d4 40 51", "51001234a1b2c3d4e5f64000", true},
        {"09 0c 00 04 12 34 c3 f6 b2 e5 a1 d4 40 51", "51040034000000d4e5f64000", false},
        {"09 0c 01 ..09 40 00", "000000000000000000004000", true}, /* that is for the caller to judge */
        {"09 0c 01 00 80 ..09", "000080000000000000000000", true},
        {"09 0c 01 ..04 01 ..06", "000000000000000000010000", true},
        {"09 0c 01 01 ..10", "000100000000000000000000", true},
        {"09 0c 01 ..10 50", "500000000000000000000000", true},
        {"09 0c 00 00 80 ..09", NULL, false},
        {GOOD_REGISTERS, NULL, false},
        {"", NULL, false},
        {"09 0b 01 00 12 34 c3 f6 b2 e5 a1 d4 40 50", NULL, false},
        {"0a 0c 01 00 12 34 c3 f6 b2 e5 a1 d4 40 50", NULL, false},
        {"09 0c 01 ..11", NULL, false},
        {"..14", NULL, false},
    };
    static const struct uw_ata_registers none;
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t bytes[64];
        char hex[UW_ATA_REGISTERS_HEX];
        struct uw_ata_registers r;
        size_t count = bytes_of(rows[i].bytes, bytes, sizeof bytes);
        uint8_t *exact = malloc(count > 0 ? count : 1);
        assert_non_null(exact);
        memcpy(exact, bytes, count);
        memset(&r, 0xa5, sizeof r);
        bool known = uw_sat_decode_response(exact, count, &r);
        free(exact);
        uw_ata_registers_hex(&r, hex);
        if (known != (rows[i].registers != NULL) || r.known != known || r.whole != rows[i].whole ||
            (known && strcmp(hex, rows[i].registers) != 0))
            fail_msg("row %zu: %s", i, hex);
        if (!known)
            assert_memory_equal(&r, &none, sizeof r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands),
        cmocka_unit_test(security_protocols),
        cmocka_unit_test(reads_senses),
        cmocka_unit_test(sets_d_sense),
        cmocka_unit_test(wraps),
        cmocka_unit_test(wraps_what_is_allowed),
        cmocka_unit_test(unwraps),
        cmocka_unit_test(keeps_the_key),
        cmocka_unit_test(believes_no_length),
        cmocka_unit_test(reads_responses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
