/* SPDX-License-Identifier: Apache-2.0 */
/* What is said to a drive that encrypts itself, and what it answers, against bytes that were written down by
 * hand from the TCG Storage Architecture Core Specification 2.01, Opal SSC 2.01 and the PSID feature
 * set 1.00. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wire/tcg.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { COMID = 0x07fe, DISCOVERY_HEADER = 48 };

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

/* ---- Payloads */

static const char psid[UW_TCG_PSID_BYTES + 1] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
#define PSID_HEX                                                                                             \
    "41 42 43 44 45 46 47 48 49 4a 4b 4c 4d 4e 4f 50 51 52 53 54 55 56 57 58 59 5a 30 31 32 33 34 35"

/* StartSession[host session, Admin SP, write, 0 = PSID, 3 = authority PSID]: 86 bytes and the host session's.
 */
#define START "f8 a8 00 00 00 00 00 00 00 ff a8 00 00 00 00 00 00 ff 02 f0 "
#define PARAMETERS                                                                                           \
    " a8 00 00 02 05 00 00 00 01 01"                                                                         \
    " f2 00 d0 20 " PSID_HEX " f3"                                                                           \
    " f2 03 a8 00 00 00 09 00 01 ff 01 f3"                                                                   \
    " f1 f9 f0 00 00 00 f1"

static const struct {
    uint32_t host_session;
    const char *bytes;
} starts[] = {
    /* 87 = 57h bytes, one more to a multiple of 4: 12 + 88 = 64h, 24 + 100 = 7ch. */
    {1, "..04 07 fe 00 00 ..08 00 00 00 7c  ..20 00 00 00 64  ..06 00 00 00 00 00 57 " START "01" PARAMETERS
        " 00"},
    {0x3f, "..04 07 fe 00 00 ..08 00 00 00 7c  ..20 00 00 00 64  ..06 00 00 00 00 00 57 " START
           "3f" PARAMETERS " 00"},
    /* No tiny atom: 88 = 58h, none more. */
    {0x40,
     "..04 07 fe 00 00 ..08 00 00 00 7c  ..20 00 00 00 64  ..06 00 00 00 00 00 58 " START "81 40" PARAMETERS},
    {0xff,
     "..04 07 fe 00 00 ..08 00 00 00 7c  ..20 00 00 00 64  ..06 00 00 00 00 00 58 " START "81 ff" PARAMETERS},
    /* 89 = 59h and 3: 12 + 92 = 68h, 24 + 104 = 80h. */
    {0x100, "..04 07 fe 00 00 ..08 00 00 00 80  ..20 00 00 00 68  ..06 00 00 00 00 00 59 " START
            "82 01 00" PARAMETERS " ..03"},
    {0x10000, "..04 07 fe 00 00 ..08 00 00 00 80  ..20 00 00 00 68  ..06 00 00 00 00 00 5a " START
              "83 01 00 00" PARAMETERS " ..02"},
    {0xfedcba98, "..04 07 fe 00 00 ..08 00 00 00 80  ..20 00 00 00 68  ..06 00 00 00 00 00 5b " START
                 "84 fe dc ba 98" PARAMETERS " 00"},
};

static void check_payload(size_t count, const uint8_t *buffer, const char *hex)
{
    uint8_t wanted[UW_TCG_BUFFER_BYTES] = {0};
    assert_int_equal(count, bytes_of(hex, wanted, sizeof wanted));
    for (size_t i = 0; i < sizeof wanted; i++)
        if (buffer[i] != wanted[i])
            fail_msg("byte %zu is %02x, not %02x: %s", i, buffer[i], wanted[i], hex);
}

static void start_session(void **state)
{
    uint8_t buffer[UW_TCG_BUFFER_BYTES];
    (void)state;
    for (size_t i = 0; i < COUNT(starts); i++) {
        memset(buffer, 0xa5, sizeof buffer);
        check_payload(uw_tcg_start_psid_session(COMID, starts[i].host_session, psid, buffer), buffer,
                      starts[i].bytes);
    }
}

/* Revert[] on the Admin SP: 1 + 2 * 9 + 8 = 1bh bytes and one more to a multiple of 4; 12 + 28 = 28h, 24 + 40
 * = 40h. */
static void revert(void **state)
{
    uint8_t buffer[UW_TCG_BUFFER_BYTES];
    (void)state;
    memset(buffer, 0xa5, sizeof buffer);
    check_payload(uw_tcg_revert(0x1004, 0x10203040, 0x81, buffer), buffer,
                  "..04 10 04 00 00 ..08 00 00 00 40  10 20 30 40 00 00 00 81 ..12 00 00 00 28"
                  "  ..06 00 00 00 00 00 1b"
                  " f8 a8 00 00 02 05 00 00 00 01 a8 00 00 00 06 00 00 02 02 f0 f1 f9 f0 00 00 00 f1 00");
}

/* ---- Answers */

/* A ComPacket with one packet of session (TSN, HSN) with one data subpacket. */
static size_t wrap(const char *tokens, uint32_t tper, uint32_t host, uint8_t *data)
{
    enum { HEADERS = 56 };
    memset(data, 0, UW_TCG_BUFFER_BYTES);
    size_t payload = bytes_of(tokens, data + HEADERS, UW_TCG_BUFFER_BYTES - HEADERS - 3);
    size_t padded = (payload + 3) / 4 * 4;
    const struct {
        size_t at;
        uint32_t value;
    } fields[] = {
        {4, (uint32_t)COMID << 16},  {16, (uint32_t)padded + 36}, {20, tper}, {24, host},
        {40, (uint32_t)padded + 12}, {52, (uint32_t)payload},
    };
    for (size_t i = 0; i < COUNT(fields); i++)
        for (size_t k = 0; k < 4; k++)
            data[fields[i].at + k] = (uint8_t)(fields[i].value >> 8 * (3 - k));
    return UW_TCG_BUFFER_BYTES;
}

#define SYNC "f8 a8 00 00 00 00 00 00 00 ff a8 00 00 00 00 00 00 ff 03 "
#define CLOSE "f8 a8 00 00 00 00 00 00 00 ff a8 00 00 00 00 00 00 ff 06 "
#define OK " f9 f0 00 00 00 f1"

/* What is left out is false or 0; `empty` and `pending` never come of these. */
static const struct {
    const char *tokens;
    bool has_status;
    uint8_t status;
    bool started, closed;
    uint32_t host, tper;
} answers[] = {
    /* The session starts; its numbers as atoms of every width. */
    {SYNC "f0 01 02 f1" OK, true, 0, true, false, 1, 2},
    {SYNC "f0 81 41 82 10 01 f1" OK, true, 0, true, false, 0x41, 0x1001},
    {SYNC "f0 83 01 02 03 84 ff ff ff ff f1" OK, true, 0, true, false, 0x010203, 0xffffffff},
    {SYNC "f0 88 00 00 00 00 01 02 03 04 8f ..11 05 06 07 08 f1" OK, true, 0, true, false, 0x01020304,
     0x05060708},
    {SYNC "f0 c0 02 12 34 e0 00 00 03 45 67 89 f1" OK, true, 0, true, false, 0x1234, 0x456789},
    /* What follows the numbers is passed over, whatever atoms there are, and lists in it. */
    {SYNC "f0 01 02 f2 00 a3 f1 f1 f1 f3 f2 01 d0 03 fa fa fa f3 f2 02 e2 00 00 02 f8 f9 f3 f2 04 f0 05 f0 "
          "f1 f1 f3"
          " f2 05 4f f3 f2 06 a0 f3 f1" OK,
     true, 0, true, false, 1, 2},
    /* Empty tokens are nothing. */
    {"ff " SYNC "ff f0 ff 01 02 f1 ff f9 ff f0 ff 00 00 00 f1 ff ff", true, 0, true, false, 1, 2},
    /* It does not: with the numbers, without them, and as some drives say it. */
    {SYNC "f0 01 00 f1 f9 f0 01 00 00 f1", true, UW_TCG_NOT_AUTHORIZED, false, false, 0, 0},
    {SYNC "f0 f1 f9 f0 07 00 00 f1", true, UW_TCG_NO_SESSIONS, false, false, 0, 0},
    {"f0 f1 f9 f0 12 00 00 f1", true, UW_TCG_AUTHORITY_LOCKED_OUT, false, false, 0, 0},
    /* A method's end. */
    {"f0 f1" OK, true, 0, false, false, 0, 0},
    {"f0 f0 01 a8 00 00 00 00 00 00 00 01 f1 f1" OK, true, 0, false, false, 0, 0},
    {"f0 f1 f9 f0 3f 00 00 f1", true, UW_TCG_FAIL, false, false, 0, 0},
    {"f0 f1 f9 f0 81 3f 00 00 f1", true, UW_TCG_FAIL, false, false, 0, 0},
    {"f0 f1 f9 f0 81 c8 00 00 f1", true, 0xc8, false, false, 0, 0},
    {"f0 f1 f9 f0 00 81 80 82 ff ff f1", true, 0, false, false, 0, 0},
    /* The session's end, alone, and behind a method's; a call's status is none of ours. */
    {"fa", false, 0, false, true, 0, 0},
    {CLOSE "f0 01 02 f1" OK, false, 0, false, true, 0, 0},
    {CLOSE "f0 01 02 f1 f9 f0 01 00 00 f1", false, 0, false, true, 0, 0},
    {"f0 f1" OK " fa", true, 0, false, true, 0, 0},
    {"f0 f1" OK " " CLOSE "f0 01 02 f1" OK, true, 0, false, true, 0, 0},
};

static void good_answers(void **state)
{
    uint8_t data[UW_TCG_BUFFER_BYTES];
    struct uw_tcg_answer a;
    (void)state;
    for (size_t i = 0; i < COUNT(answers); i++) {
        size_t bytes = wrap(answers[i].tokens, 0x11223344, 0x55667788, data);
        memset(&a, 0xa5, sizeof a);
        if (!uw_tcg_decode_answer(data, bytes, COMID, &a) || !a.known)
            fail_msg("not known: %s", answers[i].tokens);
        if (a.has_status != answers[i].has_status || a.status != answers[i].status ||
            a.started != answers[i].started || a.closed != answers[i].closed ||
            a.host_session != answers[i].host || a.tper_session != answers[i].tper || a.pending || a.empty)
            fail_msg("another answer: %s", answers[i].tokens);
        assert_int_equal(a.of_tper_session, a.has_status ? 0x11223344 : 0);
        assert_int_equal(a.of_host_session, a.has_status ? 0x55667788 : 0);
    }
}

static const char *const broken_tokens[] = {
    "f0",    /* a list without an end */
    "f1",    /* an end without a beginning */
    "f0 f1", /* no status */
    "f0 f1 f9",
    "f0 f1 f9 f0 00 00 00",
    "f0 f1 f9 f0 00 00 f1", /* two of three */
    "f0 f1 f9 f0 00 00 00 00 f1",
    "f0 f1 f9 f0 f1",
    "f0 f1 f9 f0 a1 00 00 00 f1", /* bytes for a number */
    "f0 f1 f9 f0 40 00 00 f1",    /* signed */
    "f0 f1 f9 f0 91 00 00 00 f1",
    "f0 f1 f9 f0 80 00 00 f1",       /* of no bytes */
    "f0 f1 f9 f0 82 01 00 00 00 f1", /* 100h */
    "f0 f1 f0 00 00 00 f1",          /* no end of data */
    "f0 f9 f0 00 00 00 f1",          /* within the list */
    "f0 fa f1" OK,
    "f0 f8 f1" OK,
    "f0 f1" OK " f0 f1" OK, /* two of them */
    "f0 f1 f9 f0 01 00 00 f1 f0 f1" OK,
    "00",
    "00 f0 f1" OK,
    "f0 f1" OK " 00",
    "f0 f1" OK " f9",
    "f4",
    "f7",
    "fd",
    "fe",
    "e4 00 00 00",
    "ef 00 00 00", /* reserved */
    "fb",
    "fc",          /* transactions */
    "f0 88 f1" OK, /* atoms that run over the end */
    "f0 d7 ff f1" OK,
    "f0 e2 ff ff ff f1" OK,
    "c0",
    "e0 00 00",
    SYNC, /* calls that are cut, or of something else */
    SYNC "f0 01 02",
    SYNC "f0 01 f1" OK,
    SYNC "f0 f1" OK,
    SYNC "f0 01 00 f1" OK,                /* session 0 */
    SYNC "f0 85 01 00 00 00 00 02 f1" OK, /* 33 bits */
    SYNC "f0 01 02 f1",
    SYNC "f0 01 02 f1" OK " f0 f1" OK,
    "f8 a7 00 00 00 00 00 00 ff a8 00 00 00 00 00 00 ff 03 f0 01 02 f1" OK,
    "f8 88 00 00 00 00 00 00 00 ff a8 00 00 00 00 00 00 ff 03 f0 01 02 f1" OK,
    "f8 01 f0 01 02 f1" OK,
};

static void check_nothing(const uint8_t *data, size_t bytes, const char *what)
{
    static const struct uw_tcg_answer none;
    struct uw_tcg_answer a;
    memset(&a, 0xa5, sizeof a);
    if (uw_tcg_decode_answer(data, bytes, COMID, &a) || memcmp(&a, &none, sizeof a) != 0)
        fail_msg("taken for an answer: %s", what);
}

static void broken_answers(void **state)
{
    uint8_t data[UW_TCG_BUFFER_BYTES];
    (void)state;
    for (size_t i = 0; i < COUNT(broken_tokens); i++)
        check_nothing(data, wrap(broken_tokens[i], 1, 2, data), broken_tokens[i]);
}

/* Calls that tell us nothing: to another object, and of a method that we do not know. */
static void other_calls(void **state)
{
    uint8_t data[UW_TCG_BUFFER_BYTES];
    struct uw_tcg_answer a;
    static const char *const tokens[] = {
        "f8 a8 00 00 02 05 00 00 00 01 a8 00 00 00 00 00 00 ff 03 f0 01 02 f1" OK,
        "f8 a8 00 00 00 00 00 00 00 ff a8 00 00 00 00 00 00 ff 01 f0 01 02 f1" OK,
        "ff",
        "",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(tokens); i++) {
        assert_true(uw_tcg_decode_answer(data, wrap(tokens[i], 0, 0, data), COMID, &a));
        assert_true(a.empty && !a.has_status && !a.started && !a.closed && !a.pending);
    }
}

/* ---- ComPackets and what is in them, from the first byte on */

#define METHOD "f0 f1 f9 f0 00 00 00 f1"             /* 8 bytes */
#define SUB "..06 00 00 00 00 00 08 " METHOD " "     /* 20 */
#define CREDIT "..06 80 01 00 00 00 04 00 00 10 00 " /* 16 */

static const struct {
    const char *bytes;
    bool known, pending, empty, has_status;
} packets[] = {
    /* Nothing yet, and nothing ever. */
    {"..04 07 fe 00 00 00 00 00 01 ..08", true, true, false, false},
    {"..04 07 fe 00 00 00 00 02 00 00 00 00 14 00 00 00 00", true, true, false, false},
    {"..04 07 fe 00 00 ..12", true, false, true, false},
    /* More than is asked for: 15h of 14h. */
    {"..04 07 fe 00 00 00 00 02 00 00 00 00 15 00 00 00 00", false, false, false, false},
    /* Another ComID, too short, nonsense. */
    {"..04 07 ff 00 00 ..12", false, false, false, false},
    {"..20", false, false, false, false},
    {"..04 07 fe 00 00 ..11", false, false, false, false},
    {"", false, false, false, false},
    {"..04 07 fe 00 00 ..08 ff ff ff ff", false, false, false, false},
    {"..04 07 fe 00 00 ..08 00 00 00 01", false, false, false, false},
    /* One packet; what stands behind the ComPacket is none of it. */
    {"..04 07 fe 00 00 ..08 00 00 00 2c  ..20 00 00 00 14 " SUB, true, false, false, true},
    {"..04 07 fe 00 00 ..08 00 00 00 2c  ..20 00 00 00 14 " SUB "ff ff f1", true, false, false, true},
    {"..04 07 fe 00 00 ..08 00 00 00 2d  ..20 00 00 00 14 " SUB "ff", false, false, false, false},
    {"..04 07 fe 00 00 ..08 00 00 00 2b  ..20 00 00 00 14 " SUB, false, false, false, false},
    {"..04 07 fe 00 00 ..08 00 00 00 2c  ..20 00 00 00 15 " SUB, false, false, false, false},
    {"..04 07 fe 00 00 ..08 00 00 00 2c  ..20 00 00 00 13 " SUB, false, false, false, false},
    {"..04 07 fe 00 00 ..08 00 00 00 2c  ..20 ff ff ff ff " SUB, false, false, false, false},
    {"..04 07 fe 00 00 ..08 00 00 00 2c  ..20 00 00 00 14 ..06 00 00 00 00 00 09 " METHOD, false, false,
     false, false},
    {"..04 07 fe 00 00 ..08 00 00 00 2c  ..20 00 00 00 14 ..06 00 00 ff ff ff ff " METHOD, false, false,
     false, false},
    /* An empty packet, credits for flow control beside the data, and alone. */
    {"..04 07 fe 00 00 ..08 00 00 00 18  ..20 00 00 00 00", true, false, true, false},
    {"..04 07 fe 00 00 00 00 00 01 ..04 00 00 00 18  ..20 00 00 00 00", true, true, false, false},
    {"..04 07 fe 00 00 ..08 00 00 00 28  ..20 00 00 00 10 " CREDIT, true, false, true, false},
    {"..04 07 fe 00 00 ..08 00 00 00 3c  ..20 00 00 00 24 " CREDIT SUB, true, false, false, true},
    {"..04 07 fe 00 00 ..08 00 00 00 44  ..20 00 00 00 00  ..20 00 00 00 14 " SUB, true, false, false, true},
    /* Two packets that both bring a status. */
    {"..04 07 fe 00 00 ..08 00 00 00 58  ..20 00 00 00 14 " SUB " ..20 00 00 00 14 " SUB, false, false, false,
     false},
    /* A payload of 1 with its padding, another behind it; and the last without. */
    {"..04 07 fe 00 00 ..08 00 00 00 3c  ..20 00 00 00 24 ..06 00 00 00 00 00 01 ff 00 00 00 " SUB, true,
     false, false, true},
    {"..04 07 fe 00 00 ..08 00 00 00 39  ..20 00 00 00 21 " SUB "..06 00 00 00 00 00 01 ff", true, false,
     false, true},
};

static void com_packets(void **state)
{
    struct uw_tcg_answer a;
    (void)state;
    for (size_t i = 0; i < COUNT(packets); i++) {
        uint8_t data[256];
        size_t bytes = bytes_of(packets[i].bytes, data, sizeof data);
        uint8_t *exact = malloc(bytes + 1); /* a sanitizer sees what is read behind it */
        assert_non_null(exact);
        memcpy(exact + 1, data, bytes);
        memset(&a, 0xa5, sizeof a);
        if (uw_tcg_decode_answer(exact + 1, bytes, COMID, &a) != packets[i].known ||
            a.known != packets[i].known || a.pending != packets[i].pending || a.empty != packets[i].empty ||
            a.has_status != packets[i].has_status || a.closed || a.started)
            fail_msg("%zu: known %d pending %d empty %d status %d: %s", i, a.known, a.pending, a.empty,
                     a.has_status, packets[i].bytes);
        free(exact);
    }
}

/* Every way to cut a good answer off leaves none. */
static void cut_answers(void **state)
{
    uint8_t data[UW_TCG_BUFFER_BYTES];
    struct uw_tcg_answer a;
    (void)state;
    wrap(SYNC "f0 01 02 f1" OK, 0, 0, data);
    size_t bytes = 56 + 32; /* 29 and padding */
    assert_int_equal(data[55], 29);
    assert_true(uw_tcg_decode_answer(data, bytes, COMID, &a) && a.started);
    for (size_t n = 0; n < bytes; n++)
        check_nothing(data, n, "a part of an answer");
}

/* ---- Level 0 Discovery */

#define TPER "00 01 10 0c 01 ..11 "
#define LOCKING(byte) "00 02 10 0c " byte " ..11 "
#define GEOMETRY "00 03 10 1c 00 ..27 "
#define OPAL2(comid) "02 03 10 10 " comid " 00 01 ..12 "
#define OPAL1(comid) "02 00 10 10 " comid " 00 01 ..12 "

static const struct {
    const char *features;
    struct uw_tcg tcg;
} discoveries[] = {
    {"", {.known = true}},
    {TPER GEOMETRY, {.known = true}},
    {TPER LOCKING("09") GEOMETRY OPAL2("10 04"),
     {.known = true,
      .class = UW_TCG_OPAL,
      .comid = 0x1004,
      .locking = true,
      .encrypts = true,
      .locking_raw = 0x09}},
    {LOCKING("0f") OPAL1("07 fe"),
     {.known = true,
      .class = UW_TCG_OPAL,
      .comid = 0x07fe,
      .locking = true,
      .enabled = true,
      .locked = true,
      .encrypts = true,
      .locking_raw = 0x0f}},
    {LOCKING("1b"),
     {.known = true,
      .locking = true,
      .enabled = true,
      .encrypts = true,
      .shadow_mbr = true,
      .locking_raw = 0x1b}},
    {LOCKING("f3"),
     {.known = true,
      .locking = true,
      .enabled = true,
      .shadow_mbr = true,
      .shadow_mbr_done = true,
      .locking_raw = 0xf3}},
    /* Of several classes the strongest, wherever it stands, and its ComID. */
    {OPAL1("00 11") OPAL2("00 22"), {.known = true, .class = UW_TCG_OPAL, .comid = 0x22}},
    {OPAL2("00 22") OPAL1("00 11"), {.known = true, .class = UW_TCG_OPAL, .comid = 0x22}},
    {"01 00 10 10 00 33 00 01 ..12 " OPAL1("00 11"), {.known = true, .class = UW_TCG_OPAL, .comid = 0x11}},
    {"03 01 10 10 10 00 00 01 ..12", {.known = true, .class = UW_TCG_OPALITE, .comid = 0x1000}},
    {"03 02 10 10 10 00 00 01 ..12", {.known = true, .class = UW_TCG_PYRITE, .comid = 0x1000}},
    {"03 03 10 10 10 00 00 01 ..12", {.known = true, .class = UW_TCG_PYRITE, .comid = 0x1000}},
    {"03 04 10 10 10 00 00 01 ..12", {.known = true, .class = UW_TCG_RUBY, .comid = 0x1000}},
    {"01 00 10 10 07 fe 00 01 ..12", {.known = true, .class = UW_TCG_ENTERPRISE, .comid = 0x07fe}},
    {"03 05 10 10 10 00 00 01 ..12", {.known = true}}, /* Key per I/O: none of ours */
    {"02 03 10 04 ab cd 00 01",
     {.known = true, .class = UW_TCG_OPAL, .comid = 0xabcd}}, /* as short as it gets */
    /* SID: changed from its default, blocked. */
    {"04 02 10 0c 01 ..11", {.known = true}},
    {"04 02 10 0c 02 ..11", {.known = true, .sid_blocked = true}},
    {"04 02 10 01 03", {.known = true, .sid_blocked = true}},
    /* Of the maker's own, and with nothing in it. */
    {"c0 01 10 00 ff ff ff 02 02 03 " OPAL2("00 22"), {.known = true, .class = UW_TCG_OPAL, .comid = 0x22}},
    /* They run over the end, or are too short for what they hold. */
    {"02 03 10 10 10 04 00 01 ..11", {.known = false}},
    {OPAL2("10 04") "00", {.known = false}},
    {OPAL2("10 04") "00 02 10", {.known = false}},
    {OPAL2("10 04") "00 02 10 01", {.known = false}},
    {OPAL2("10 04") "00 02 10 00", {.known = false}},
    {OPAL2("10 04") "04 02 10 00", {.known = false}},
    {OPAL2("10 04") "03 02 10 03 00 01 00", {.known = false}},
    {"ff ff ff ff", {.known = false}},
};

/* The length does not count itself. */
static size_t discovery(const char *features, uint8_t *data)
{
    memset(data, 0, UW_TCG_BUFFER_BYTES);
    size_t bytes = DISCOVERY_HEADER +
                   bytes_of(features, data + DISCOVERY_HEADER, UW_TCG_BUFFER_BYTES - DISCOVERY_HEADER);
    data[2] = (uint8_t)((bytes - 4) >> 8);
    data[3] = (uint8_t)(bytes - 4);
    data[7] = 1;
    return bytes;
}

static void check_discovery(const uint8_t *data, size_t bytes, const struct uw_tcg *w, const char *what)
{
    struct uw_tcg t;
    memset(&t, 0xa5, sizeof t);
    if (uw_tcg_decode_discovery(data, bytes, &t) != w->known || t.known != w->known || t.class != w->class ||
        t.comid != w->comid || t.locking != w->locking || t.enabled != w->enabled || t.locked != w->locked ||
        t.encrypts != w->encrypts || t.shadow_mbr != w->shadow_mbr ||
        t.shadow_mbr_done != w->shadow_mbr_done || t.sid_blocked != w->sid_blocked ||
        t.locking_raw != w->locking_raw)
        fail_msg("another discovery: %s", what);
}

static void discoveries_of_drives(void **state)
{
    uint8_t data[UW_TCG_BUFFER_BYTES];
    (void)state;
    for (size_t i = 0; i < COUNT(discoveries); i++) {
        size_t bytes = discovery(discoveries[i].features, data);
        check_discovery(data, sizeof data, &discoveries[i].tcg, discoveries[i].features);
        check_discovery(data, bytes, &discoveries[i].tcg, discoveries[i].features);
    }
}

static void broken_discoveries(void **state)
{
    static const struct uw_tcg none;
    uint8_t data[UW_TCG_BUFFER_BYTES];
    (void)state;
    size_t bytes = discovery(TPER LOCKING("09") OPAL2("10 04"), data);
    for (size_t n = 0; n < bytes; n++)
        check_discovery(data, n, &none, "a part of one");
    data[3] = (uint8_t)(bytes - 4 + 1); /* it says more than there is, with zeros behind */
    check_discovery(data, bytes, &none, "longer than there is");
    data[3]--;
    data[0] = 0xff;
    check_discovery(data, sizeof data, &none, "much longer than there is");
    memset(data, 0xff, sizeof data);
    check_discovery(data, sizeof data, &none, "ones");
    memset(data, 0, sizeof data);
    check_discovery(data, sizeof data, &none, "zeros");
    data[3] = DISCOVERY_HEADER - 4 - 1;
    check_discovery(data, sizeof data, &none, "shorter than its header");
}

/* ---- Words */

static void words(void **state)
{
    static const struct {
        uint8_t status;
        const char *text;
    } texts[] = {
        {0x00, "success (00h)"},
        {0x01, "not authorized (01h)"},
        {0x03, "security provider busy (03h)"},
        {0x07, "no sessions available (07h)"},
        {0x0c, "invalid parameter (0ch)"},
        {0x12, "authority locked out (12h)"},
        {0x3f, "failed (3fh)"},
        {0x0b, "unknown status (0bh)"},
        {0x13, "unknown status (13h)"},
        {0xff, "unknown status (ffh)"},
    };
    static const char *const classes[UW_TCG_CLASSES] = {"none",   "opal", "opalite",
                                                        "pyrite", "ruby", "enterprise"};
    char text[UW_TCG_STATUS_TEXT];
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        uw_tcg_status_text(texts[i].status, text);
        assert_string_equal(text, texts[i].text);
    }
    for (unsigned i = 0; i < UW_TCG_CLASSES; i++)
        assert_string_equal(uw_tcg_class_name((enum uw_tcg_class)i), classes[i]);
    assert_string_equal(uw_tcg_class_name((enum uw_tcg_class)UW_TCG_CLASSES), "none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(start_session),      cmocka_unit_test(revert),
        cmocka_unit_test(good_answers),       cmocka_unit_test(broken_answers),
        cmocka_unit_test(other_calls),        cmocka_unit_test(com_packets),
        cmocka_unit_test(cut_answers),        cmocka_unit_test(discoveries_of_drives),
        cmocka_unit_test(broken_discoveries), cmocka_unit_test(words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
