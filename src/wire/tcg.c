/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/tcg.h"

#include <stdio.h>
#include <string.h>

static uint16_t get16(const uint8_t *at)
{
    return (uint16_t)((unsigned)at[0] << 8 | at[1]);
}

static uint32_t get32(const uint8_t *at)
{
    return (uint32_t)get16(at) << 16 | get16(at + 2);
}

static void put_big(uint8_t *at, size_t bytes, uint32_t value)
{
    for (size_t i = 0; i < bytes; i++)
        at[i] = (uint8_t)(value >> 8 * (bytes - 1 - i));
}

/* ---- Level 0 Discovery, Core Specification 3.3.6.4 */

enum { DISCOVERY_HEADER = 48, DESCRIPTOR_HEADER = 4 };
enum { FEATURE_LOCKING = 0x0002, FEATURE_BLOCK_SID = 0x0402 };

/* The first that is there is the drive's: one that has both Opal 2 and Opal 1 is spoken to by the ComID of
 * the former. */
static const struct {
    uint16_t feature;
    enum uw_tcg_class class;
} classes[] = {
    {0x0203, UW_TCG_OPAL},   {0x0200, UW_TCG_OPAL},   {0x0301, UW_TCG_OPALITE},    {0x0304, UW_TCG_RUBY},
    {0x0303, UW_TCG_PYRITE}, {0x0302, UW_TCG_PYRITE}, {0x0100, UW_TCG_ENTERPRISE},
};
enum { CLASSES = sizeof classes / sizeof *classes };

static void take_locking(uint8_t byte, struct uw_tcg *tcg)
{
    tcg->locking = true;
    tcg->locking_raw = byte;
    tcg->enabled = (byte & 1U << 1) != 0;
    tcg->locked = (byte & 1U << 2) != 0;
    tcg->encrypts = (byte & 1U << 3) != 0;
    tcg->shadow_mbr = (byte & 1U << 4) != 0;
    tcg->shadow_mbr_done = (byte & 1U << 5) != 0;
}

/* *rank: of the class that was found, CLASSES: none was. False: it is too short for what it holds. */
static bool take_feature(uint16_t code, const uint8_t *data, size_t bytes, struct uw_tcg *tcg, size_t *rank)
{
    if (code == FEATURE_LOCKING || code == FEATURE_BLOCK_SID) {
        if (bytes < 1)
            return false;
        if (code == FEATURE_LOCKING)
            take_locking(data[0], tcg);
        else
            tcg->sid_blocked = (data[0] & 1U << 1) != 0;
    }
    for (size_t i = 0; i < CLASSES; i++) {
        if (classes[i].feature != code)
            continue;
        if (bytes < 4)
            return false;
        if (i < *rank) {
            *rank = i;
            tcg->class = classes[i].class;
            tcg->comid = get16(data);
        }
    }
    return true;
}

static bool take_features(const uint8_t *data, size_t bytes, struct uw_tcg *tcg)
{
    size_t rank = CLASSES;
    for (size_t at = 0; at < bytes;) {
        if (bytes - at < DESCRIPTOR_HEADER || bytes - at - DESCRIPTOR_HEADER < data[at + 3])
            return false;
        if (!take_feature(get16(data + at), data + at + DESCRIPTOR_HEADER, data[at + 3], tcg, &rank))
            return false;
        at += DESCRIPTOR_HEADER + (size_t)data[at + 3];
    }
    return true;
}

bool uw_tcg_decode_discovery(const uint8_t *data, size_t bytes, struct uw_tcg *tcg)
{
    memset(tcg, 0, sizeof *tcg);
    if (bytes < DISCOVERY_HEADER)
        return false;
    uint64_t there = 4 + (uint64_t)get32(data); /* the length does not count itself */
    if (there < DISCOVERY_HEADER || there > bytes)
        return false;
    tcg->known = take_features(data + DISCOVERY_HEADER, (size_t)there - DISCOVERY_HEADER, tcg);
    if (!tcg->known)
        memset(tcg, 0, sizeof *tcg);
    return tcg->known;
}

/* ---- Packets (3.2.3) and tokens (3.2.2) */

enum { COM_PACKET = 20, PACKET = 24, SUB_PACKET = 12, HEADERS = COM_PACKET + PACKET + SUB_PACKET };
enum { KIND_DATA = 0x0000 };
enum { START_LIST = 0xf0, END_LIST = 0xf1, START_NAME = 0xf2, END_NAME = 0xf3, CALL = 0xf8 };
enum { END_OF_DATA = 0xf9, END_OF_SESSION = 0xfa, EMPTY = 0xff };
enum { UID_BYTES = 8, SHORT_UID = 0xa8 };

/* Objects (5.1.1, Opal SSC 4.2.1) and methods (5.1.2, 6.3). */
static const uint8_t session_manager[UID_BYTES] = {0, 0, 0, 0, 0, 0, 0, 0xff};
static const uint8_t start_session[UID_BYTES] = {0, 0, 0, 0, 0, 0, 0xff, 0x02};
static const uint8_t sync_session[UID_BYTES] = {0, 0, 0, 0, 0, 0, 0xff, 0x03};
static const uint8_t close_session[UID_BYTES] = {0, 0, 0, 0, 0, 0, 0xff, 0x06};
static const uint8_t admin_sp[UID_BYTES] = {0, 0, 0x02, 0x05, 0, 0, 0, 0x01};
static const uint8_t psid_authority[UID_BYTES] = {0, 0, 0, 0x09, 0, 0x01, 0xff, 0x01};
static const uint8_t revert[UID_BYTES] = {0, 0, 0, 0x06, 0, 0, 0x02, 0x02};

/* ---- What goes out */

struct writer {
    uint8_t *buffer;
    size_t at;
};

static void write_token(struct writer *w, uint8_t token)
{
    w->buffer[w->at++] = token;
}

static void write_bytes(struct writer *w, const void *data, size_t bytes)
{
    memcpy(w->buffer + w->at, data, bytes);
    w->at += bytes;
}

static void write_uid(struct writer *w, const uint8_t *uid)
{
    write_token(w, SHORT_UID);
    write_bytes(w, uid, UID_BYTES);
}

/* A tiny atom where it fits, else the shortest short one. */
static void write_uint(struct writer *w, uint32_t value)
{
    size_t bytes = value >> 24 != 0 ? 4 : value >> 16 != 0 ? 3 : value >> 8 != 0 ? 2 : 1;
    if (value >= 0x40)
        write_token(w, (uint8_t)(0x80 | bytes));
    put_big(w->buffer + w->at, bytes, value);
    w->at += bytes;
}

static void begin_call(struct writer *w, const uint8_t *object, const uint8_t *method)
{
    memset(w->buffer, 0, UW_TCG_BUFFER_BYTES);
    w->at = HEADERS;
    write_token(w, CALL);
    write_uid(w, object);
    write_uid(w, method);
    write_token(w, START_LIST);
}

/* Lengths: the subpacket's without the bytes up to a multiple of 4, the others with them. */
static size_t end_call(struct writer *w, uint16_t comid, uint32_t tper_session, uint32_t host_session)
{
    static const uint8_t status[] = {END_LIST, END_OF_DATA, START_LIST, 0, 0, 0, END_LIST};
    write_bytes(w, status, sizeof status);
    uint32_t payload = (uint32_t)w->at - HEADERS;
    uint32_t padded = (payload + 3) & ~3U;
    uint8_t *packet = w->buffer + COM_PACKET, *sub_packet = packet + PACKET;
    put_big(w->buffer + 4, 2, comid);
    put_big(w->buffer + 16, 4, PACKET + SUB_PACKET + padded);
    put_big(packet, 4, tper_session);
    put_big(packet + 4, 4, host_session);
    put_big(packet + 20, 4, SUB_PACKET + padded);
    put_big(sub_packet + 8, 4, payload);
    return HEADERS + padded;
}

size_t uw_tcg_start_psid_session(uint16_t comid, uint32_t host_session, const char psid[UW_TCG_PSID_BYTES],
                                 uint8_t *buffer)
{
    enum { HOST_CHALLENGE = 0, HOST_SIGNING_AUTHORITY = 3, WRITE = 1 };
    static const uint8_t medium_atom[] = {0xd0, UW_TCG_PSID_BYTES};
    struct writer w = {.buffer = buffer};
    begin_call(&w, session_manager, start_session);
    write_uint(&w, host_session);
    write_uid(&w, admin_sp);
    write_uint(&w, WRITE);
    write_token(&w, START_NAME);
    write_uint(&w, HOST_CHALLENGE);
    write_bytes(&w, medium_atom, sizeof medium_atom);
    write_bytes(&w, psid, UW_TCG_PSID_BYTES);
    write_token(&w, END_NAME);
    write_token(&w, START_NAME);
    write_uint(&w, HOST_SIGNING_AUTHORITY);
    write_uid(&w, psid_authority);
    write_token(&w, END_NAME);
    return end_call(&w, comid, 0, 0);
}

size_t uw_tcg_revert(uint16_t comid, uint32_t tper_session, uint32_t host_session, uint8_t *buffer)
{
    struct writer w = {.buffer = buffer};
    begin_call(&w, admin_sp, revert);
    return end_call(&w, comid, tper_session, host_session);
}

/* ---- What comes back */

/* A stream of tokens. What is broken once stays it, and has no more tokens. */
struct reader {
    const uint8_t *at, *end;
    bool broken;
};

struct token {
    uint8_t control; /* F0h and above; 0: it is an atom */
    bool is_bytes, is_signed;
    const uint8_t *data;
    size_t bytes;
};

/* Tiny: the atom is its data. Short, medium, long: a length of 4, 11, 24 bits. */
static size_t atom_header(const uint8_t *at, size_t there, struct token *token)
{
    if (at[0] < 0x80) {
        token->is_signed = (at[0] & 0x40) != 0;
        token->bytes = 1;
        return 0;
    }
    if (at[0] < 0xc0) {
        token->is_bytes = (at[0] & 0x20) != 0;
        token->is_signed = (at[0] & 0x10) != 0;
        token->bytes = at[0] & 0x0f;
        return 1;
    }
    if (at[0] < 0xe0) {
        token->is_bytes = (at[0] & 0x10) != 0;
        token->is_signed = (at[0] & 0x08) != 0;
        token->bytes = there >= 2 ? (at[0] & 7U) << 8 | at[1] : 0;
        return 2;
    }
    token->is_bytes = (at[0] & 0x02) != 0;
    token->is_signed = (at[0] & 0x01) != 0;
    token->bytes = there >= 4 ? get32(at) & 0xffffffU : 0;
    return 4;
}

static bool is_reserved(uint8_t first)
{
    return (first >= 0xe4 && first < START_LIST) || (first > END_NAME && first < CALL) ||
           (first > 0xfc && first < EMPTY);
}

/* False: none is left, or it is broken. Empty tokens are nothing. */
static bool read_token(struct reader *r, struct token *token)
{
    while (!r->broken && r->at < r->end && *r->at == EMPTY)
        r->at++;
    if (r->broken || r->at == r->end)
        return false;
    size_t there = (size_t)(r->end - r->at);
    *token = (struct token){.control = *r->at >= START_LIST ? *r->at : 0};
    size_t header = token->control != 0 ? 1 : atom_header(r->at, there, token);
    if (is_reserved(*r->at) || header > there || token->bytes > there - header) {
        r->broken = true;
        return false;
    }
    token->data = r->at + header;
    r->at += header + token->bytes;
    return true;
}

static bool expect_control(struct reader *r, uint8_t control)
{
    struct token token;
    if (!read_token(r, &token) || token.control != control)
        r->broken = true;
    return !r->broken;
}

/* Of any width, as long as it is none too large. */
static uint32_t expect_uint(struct reader *r, uint32_t most)
{
    struct token token;
    uint64_t value = 0;
    if (!read_token(r, &token) || token.control != 0 || token.is_bytes || token.is_signed || token.bytes == 0)
        r->broken = true;
    for (size_t i = 0; !r->broken && i < token.bytes; i++) {
        value = value << 8 | token.data[i];
        if (value > most)
            r->broken = true;
    }
    return r->broken ? 0 : (uint32_t)value;
}

static const uint8_t *expect_uid(struct reader *r)
{
    struct token token;
    if (!read_token(r, &token) || token.control != 0 || !token.is_bytes || token.bytes != UID_BYTES)
        r->broken = true;
    return r->broken ? NULL : token.data;
}

/* To the end of the list whose beginning was read, over what is inside it. */
static void skip_list(struct reader *r)
{
    struct token token;
    size_t depth = 1;
    while (depth > 0) {
        if (!read_token(r, &token) || token.control == END_OF_SESSION || token.control == END_OF_DATA ||
            token.control == CALL)
            r->broken = true;
        if (r->broken)
            return;
        if (token.control == START_LIST)
            depth++;
        else if (token.control == END_LIST)
            depth--;
    }
}

/* After the parameters or results: end of data and the status list, of which the second and third member are
 * reserved. */
static uint8_t expect_status(struct reader *r)
{
    if (!expect_control(r, END_OF_DATA) || !expect_control(r, START_LIST))
        return 0;
    uint8_t status = (uint8_t)expect_uint(r, UINT8_MAX);
    (void)expect_uint(r, UINT32_MAX);
    (void)expect_uint(r, UINT32_MAX);
    (void)expect_control(r, END_LIST);
    return status;
}

/* Two of them contradict each other. */
static void take_status(struct reader *r, uint8_t status, struct uw_tcg_answer *answer)
{
    if (answer->has_status)
        r->broken = true;
    answer->has_status = true;
    answer->status = status;
}

/* Of a session that did not start the numbers may be left out. */
static void take_sync_session(struct reader *r, struct uw_tcg_answer *answer)
{
    uint32_t host = 0, tper = 0;
    struct reader ahead = *r;
    struct token token;
    bool numbers = read_token(&ahead, &token) && token.control != END_LIST;
    if (numbers) {
        host = expect_uint(r, UINT32_MAX);
        tper = expect_uint(r, UINT32_MAX);
    }
    skip_list(r);
    uint8_t status = expect_status(r);
    take_status(r, status, answer);
    if (status != UW_TCG_OK)
        return;
    if (!numbers || tper == 0) /* 0 is the session manager's */
        r->broken = true;
    answer->started = true;
    answer->host_session = host;
    answer->tper_session = tper;
}

/* The drive calls the host's session manager. */
static void take_call(struct reader *r, struct uw_tcg_answer *answer)
{
    const uint8_t *object = expect_uid(r), *method = expect_uid(r);
    if (r->broken || !expect_control(r, START_LIST))
        return;
    bool manager = memcmp(object, session_manager, UID_BYTES) == 0;
    if (manager && memcmp(method, sync_session, UID_BYTES) == 0) {
        take_sync_session(r, answer);
        return;
    }
    skip_list(r);
    (void)expect_status(r); /* the call's own, not of what we asked for */
    if (manager && memcmp(method, close_session, UID_BYTES) == 0)
        answer->closed = true;
}

static bool take_tokens(const uint8_t *data, size_t bytes, struct uw_tcg_answer *answer)
{
    struct reader r = {.at = data, .end = data + bytes};
    struct token token;
    while (read_token(&r, &token)) {
        if (token.control == CALL) {
            take_call(&r, answer);
        } else if (token.control == START_LIST) {
            skip_list(&r);
            uint8_t status = expect_status(&r);
            take_status(&r, status, answer);
        } else if (token.control == END_OF_SESSION) {
            answer->closed = true;
        } else {
            r.broken = true;
        }
    }
    return !r.broken;
}

/* Whether a header of `header` bytes is there, and behind it as much as it says in its last 4. */
static bool fits(const uint8_t *data, size_t bytes, size_t header)
{
    return bytes >= header && get32(data + header - 4) <= bytes - header;
}

/* Of the last one, or of the last packet, the padding may be left out. */
static size_t padded_to(size_t bytes, size_t there)
{
    size_t padded = bytes + (4 - bytes % 4) % 4;
    return padded < there ? padded : there;
}

static bool take_sub_packets(const uint8_t *data, size_t bytes, struct uw_tcg_answer *answer)
{
    for (size_t at = 0; at < bytes;) {
        if (!fits(data + at, bytes - at, SUB_PACKET))
            return false;
        size_t payload = get32(data + at + 8);
        bool is_data =
            get16(data + at + 6) == KIND_DATA; /* else credits for a flow control that we do without */
        at += SUB_PACKET;
        if (is_data && !take_tokens(data + at, payload, answer))
            return false;
        at += padded_to(payload, bytes - at);
    }
    return true;
}

static bool take_packets(const uint8_t *data, size_t bytes, struct uw_tcg_answer *answer)
{
    for (size_t at = 0; at < bytes;) {
        if (!fits(data + at, bytes - at, PACKET))
            return false;
        size_t payload = get32(data + at + 20);
        bool had_status = answer->has_status;
        if (!take_sub_packets(data + at + PACKET, payload, answer))
            return false;
        if (answer->has_status && !had_status) {
            answer->of_tper_session = get32(data + at);
            answer->of_host_session = get32(data + at + 4);
        }
        at += PACKET + payload;
    }
    return true;
}

bool uw_tcg_decode_answer(const uint8_t *data, size_t bytes, uint16_t comid, struct uw_tcg_answer *answer)
{
    enum { OUTSTANDING = 8, MIN_TRANSFER = 12 };
    memset(answer, 0, sizeof *answer);
    if (!fits(data, bytes, COM_PACKET) || get16(data + 4) != comid)
        return false;
    size_t length = get32(data + 16);
    bool outstanding = get32(data + OUTSTANDING) != 0;
    if (length == 0 && outstanding && get32(data + MIN_TRANSFER) > bytes)
        return false; /* it is larger than what we ask for, and will be so the next time */
    if (!take_packets(data + COM_PACKET, length, answer)) {
        memset(answer, 0, sizeof *answer);
        return false;
    }
    bool nothing = !answer->has_status && !answer->closed;
    answer->known = true;
    answer->pending = nothing && outstanding;
    answer->empty = nothing && !outstanding;
    return true;
}

/* ---- Words */

void uw_tcg_status_text(uint8_t status, char *text)
{
    static const char *const names[] = {
        [UW_TCG_OK] = "success",
        [UW_TCG_NOT_AUTHORIZED] = "not authorized",
        [0x02] = "obsolete",
        [UW_TCG_SP_BUSY] = "security provider busy",
        [0x04] = "security provider failed",
        [0x05] = "security provider disabled",
        [0x06] = "security provider frozen",
        [UW_TCG_NO_SESSIONS] = "no sessions available",
        [0x08] = "uniqueness conflict",
        [0x09] = "insufficient space",
        [0x0a] = "insufficient rows",
        [UW_TCG_INVALID_PARAMETER] = "invalid parameter",
        [0x0f] = "malfunction",
        [0x10] = "transaction failure",
        [0x11] = "response overflow",
        [UW_TCG_AUTHORITY_LOCKED_OUT] = "authority locked out",
    };
    const char *words = status < sizeof names / sizeof *names ? names[status] : NULL;
    if (status == UW_TCG_FAIL)
        words = "failed";
    snprintf(text, UW_TCG_STATUS_TEXT, "%s (%02xh)", words != NULL ? words : "unknown status", status);
}
