/* SPDX-License-Identifier: Apache-2.0 */
/* TCG Storage Architecture Core Specification 2.01: 3.2.2 tokens, 3.2.3 packets, 3.3.6 Level 0 Discovery,
 * 3.3.10 IF-SEND and IF-RECV, 5.1.5 status codes, 5.2.3 the session manager's methods. */
#include "model_tcg.h"

#include <string.h>

const char model_tcg_psid[] = "PSID0123456789ABCDEFGHIJKLMNOPQR";

enum { REVERT_MS = 500 };
enum { COM_BYTES = 20, PACKET_BYTES = 24, SUB_BYTES = 12, HEADERS = COM_BYTES + PACKET_BYTES + SUB_BYTES };
enum { START_LIST = 0xf0, END_LIST, START_NAME, END_NAME, CALL = 0xf8, END_OF_DATA, END_OF_SESSION };
enum {
    OK = 0x00,
    NOT_AUTHORIZED = 0x01,
    SP_BUSY = 0x03,
    INVALID_PARAMETER = 0x0c,
    LOCKED_OUT = 0x12,
    FAIL = 0x3f
};

static const uint64_t SESSION_MANAGER = 0xff, START_SESSION = 0xff02, SYNC_SESSION = 0xff03;
static const uint64_t THIS_SP = 1, REVERT = 0x0000000600000202, ADMIN_SP = 0x0000020500000001;
static const uint64_t PSID = 0x000000090001ff01;

static bool lies(const struct model_tcg *tcg, enum model_tcg_lie_kind kind, unsigned on)
{
    for (size_t i = 0; i < MODEL_TCG_LIES; i++) {
        const struct model_tcg_lie *lie = &tcg->config.lies[i];
        if (lie->kind == kind && (lie->on == 0 || (lie->on & on) != 0))
            return true;
    }
    return false;
}

static void complain(struct model_tcg *tcg, const char *what)
{
    if (tcg->complaint == NULL)
        tcg->complaint = what;
}

static void put(uint8_t *at, unsigned bytes, uint64_t value)
{
    for (unsigned i = 0; i < bytes; i++)
        at[i] = (uint8_t)(value >> (8 * (bytes - 1 - i)));
}

static uint64_t get(const uint8_t *at, unsigned bytes)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < bytes; i++)
        value = value << 8 | at[i];
    return value;
}

/* --- What it is at --- */

void model_tcg_init(struct model_tcg *tcg, const struct model_tcg_config *config,
                    void (*new_key)(void *drive), void *drive)
{
    *tcg = (struct model_tcg){.config = *config, .new_key = new_key, .drive = drive};
    if (tcg->config.comid == 0)
        tcg->config.comid = MODEL_TCG_COMID;
    if (tcg->config.psid == NULL)
        tcg->config.psid = model_tcg_psid;
    tcg->enabled = config->enabled;
    tcg->locked = config->locked;
    tcg->shadow_mbr = config->shadow_mbr;
    model_tcg_power_on(tcg);
}

void model_tcg_power_on(struct model_tcg *tcg)
{
    tcg->wrong = 0;
    tcg->sid_blocked = tcg->config.sid_blocked;
}

void model_tcg_reset(struct model_tcg *tcg)
{
    tcg->open = tcg->authorized = tcg->reverting = tcg->waits = tcg->outstanding = false;
    tcg->answer_bytes = 0;
}

uint64_t model_tcg_left_ms(const struct model_tcg *tcg)
{
    return tcg->reverting && tcg->ends_ms > tcg->now_ms ? tcg->ends_ms - tcg->now_ms : 0;
}

bool model_tcg_lets(const struct model_tcg *tcg, bool write, bool *shadow)
{
    *shadow = tcg->enabled && tcg->shadow_mbr && !write;
    return !(tcg->enabled && (tcg->locked || (tcg->shadow_mbr && write))) || *shadow;
}

/* --- Answers --- */

struct writer {
    uint8_t data[MODEL_TCG_ANSWER - HEADERS];
    uint32_t bytes;
};

static void write_byte(struct writer *w, uint8_t byte)
{
    w->data[w->bytes++] = byte;
}

static void write_uid(struct writer *w, uint64_t uid)
{
    write_byte(w, 0xa8);
    put(w->data + w->bytes, 8, uid);
    w->bytes += 8;
}

static void write_number(struct writer *w, uint32_t value)
{
    if (value < 0x40) {
        write_byte(w, (uint8_t)value);
        return;
    }
    write_byte(w, 0x84);
    put(w->data + w->bytes, 4, value);
    w->bytes += 4;
}

static void write_status(struct writer *w, uint8_t status)
{
    write_byte(w, END_OF_DATA);
    write_byte(w, START_LIST);
    write_byte(w, status);
    write_byte(w, 0);
    write_byte(w, 0);
    write_byte(w, END_LIST);
}

/* 3.2.3: a ComPacket with one Packet with one data SubPacket, padded to four bytes. */
static void answer(struct model_tcg *tcg, const struct writer *w, uint32_t tper, uint32_t host, unsigned on)
{
    uint8_t *out = tcg->answer;
    uint32_t padded = (w->bytes + 3) / 4 * 4, said = lies(tcg, MODEL_TCG_TOO_LONG, on) ? 0xfff0 : w->bytes;
    memset(out, 0, sizeof tcg->answer);
    put(out + 4, 2, tcg->config.comid + (lies(tcg, MODEL_TCG_OTHER_COMID, on) ? 1U : 0U));
    put(out + 16, 4, PACKET_BYTES + SUB_BYTES + padded);
    put(out + 20, 4, tper);
    put(out + 24, 4, host);
    put(out + 40, 4, SUB_BYTES + padded);
    put(out + 52, 4, said);
    memcpy(out + HEADERS, w->data, w->bytes);
    if (lies(tcg, MODEL_TCG_CUT_SHORT, on))
        memset(out + HEADERS + w->bytes / 2, 0, w->bytes - w->bytes / 2);
    tcg->answer_bytes = HEADERS + padded;
    tcg->outstanding = lies(tcg, MODEL_TCG_PENDING, on);
    tcg->waits = !lies(tcg, MODEL_TCG_SILENT, on);
}

static void answer_status(struct model_tcg *tcg, uint8_t status, unsigned on)
{
    struct writer w = {.bytes = 0};
    write_byte(&w, START_LIST);
    write_byte(&w, END_LIST);
    write_status(&w, status);
    answer(tcg, &w, tcg->tper_session, tcg->host_session, on);
}

/* 5.2.3.2. One that was refused is answered with SyncSession too, and without a session of the TPer's. */
static void answer_sync(struct model_tcg *tcg, uint32_t host, uint8_t status)
{
    struct writer w = {.bytes = 0};
    write_byte(&w, CALL);
    write_uid(&w, SESSION_MANAGER);
    write_uid(&w, SYNC_SESSION);
    write_byte(&w, START_LIST);
    if (status == OK || !tcg->config.bare_refusal) {
        write_number(&w, host);
        write_number(&w, status == OK ? tcg->tper_session : 0);
    }
    write_byte(&w, END_LIST);
    write_status(&w, status);
    answer(tcg, &w, 0, 0, MODEL_TCG_START);
}

/* --- Tokens, 3.2.2 --- */

struct token {
    bool control, string;
    uint64_t value; /* of a control token its code, of a number itself */
    const uint8_t *at;
    uint32_t bytes;
};

struct reader {
    const uint8_t *data;
    uint32_t bytes, at;
    bool bad;
};

/* Simple tokens: tiny, short and medium atoms. Longer ones are of no use to the methods here. */
static void read_atom(struct reader *r, struct token *token, uint8_t first)
{
    if (first < 0x80) {
        token->value = first & 0x3f;
        r->bad |= (first & 0x40) != 0;
        return;
    }
    bool is_short = first < 0xc0;
    if (!is_short && r->at >= r->bytes) {
        r->bad = true;
        return;
    }
    token->string = (first & (is_short ? 0x20 : 0x10)) != 0;
    token->bytes = is_short ? first & 0xfU : (first & 7U) << 8 | r->data[r->at++];
    if ((first & (is_short ? 0x10 : 0x08)) != 0 || token->bytes > r->bytes - r->at ||
        (!token->string && (token->bytes == 0 || token->bytes > 8))) {
        r->bad = true;
        return;
    }
    token->at = r->data + r->at;
    token->value = token->bytes <= 8 ? get(token->at, token->bytes) : 0;
    r->at += token->bytes;
}

static struct token next(struct reader *r)
{
    struct token token = {.control = false};
    if (r->bad || r->at >= r->bytes) {
        r->bad = true;
        return token;
    }
    uint8_t first = r->data[r->at++];
    if (first >= 0xf0) {
        token.control = true;
        token.value = first;
    } else if (first >= 0xe0) {
        r->bad = true;
    } else {
        read_atom(r, &token, first);
    }
    return token;
}

static void want_control(struct reader *r, uint8_t code)
{
    struct token token = next(r);
    r->bad |= !token.control || token.value != code;
}

static uint64_t want_uid(struct reader *r)
{
    struct token token = next(r);
    r->bad |= !token.string || token.bytes != 8;
    return token.value;
}

static uint64_t want_number(struct reader *r)
{
    struct token token = next(r);
    r->bad |= token.control || token.string;
    return token.value;
}

/* 3.2.4.1: end of data, and a status list that the host fills with zeros; nothing after it. */
static void want_end(struct reader *r)
{
    want_control(r, END_OF_DATA);
    want_control(r, START_LIST);
    for (int i = 0; i < 3; i++)
        r->bad |= want_number(r) != 0;
    want_control(r, END_LIST);
    r->bad |= r->at != r->bytes;
}

/* --- Methods --- */

struct start {
    uint32_t host;
    uint64_t sp, write, authority;
    struct token challenge;
    bool challenged, signs;
};

/* 5.2.3.1: HostSessionID, SPID, Write; named 0 HostChallenge, 3 HostSigningAuthority. */
static struct start read_start(struct reader *r)
{
    struct start start = {.host = 0};
    want_control(r, START_LIST);
    start.host = (uint32_t)want_number(r);
    start.sp = want_uid(r);
    start.write = want_number(r);
    for (;;) {
        struct token token = next(r);
        if (r->bad || (token.control && token.value == END_LIST))
            break;
        r->bad |= !token.control || token.value != START_NAME;
        uint64_t name = want_number(r);
        if (name == 0) {
            start.challenge = next(r);
            start.challenged = true;
            r->bad |= !start.challenge.string;
        } else if (name == 3) {
            start.authority = want_uid(r);
            start.signs = true;
        } else {
            r->bad = true;
        }
        want_control(r, END_NAME);
    }
    want_end(r);
    return start;
}

/* TryLimit and Tries of the table C_PIN: tries at a credential are counted, and at the limit it opens nothing
 * before a power cycle. */
static uint8_t authenticate(struct model_tcg *tcg, const struct start *start)
{
    const char *psid = tcg->config.psid;
    size_t bytes = strlen(psid);
    if (!start->signs)
        return start->challenged ? INVALID_PARAMETER : OK; /* anybody */
    if (start->authority != PSID || bytes == 0)
        return INVALID_PARAMETER;
    if (tcg->config.tries != 0 && tcg->wrong >= tcg->config.tries)
        return LOCKED_OUT;
    if (!start->challenged || start->challenge.bytes != bytes ||
        memcmp(start->challenge.at, psid, bytes) != 0) {
        tcg->wrong++;
        return NOT_AUTHORIZED;
    }
    tcg->wrong = 0;
    return OK;
}

static void start_session(struct model_tcg *tcg, struct reader *r)
{
    struct start start = read_start(r);
    uint8_t status = OK;
    if (r->bad)
        complain(tcg, "a StartSession that is none");
    if (r->bad || start.sp != ADMIN_SP || start.write > 1)
        status = INVALID_PARAMETER;
    else if (tcg->open)
        status = SP_BUSY;
    else
        status = authenticate(tcg, &start);
    if (status == OK) {
        tcg->open = true;
        tcg->authorized = start.signs && start.write == 1;
        tcg->host_session = start.host;
        tcg->tper_session = 0x1000 + ++tcg->sessions;
    }
    answer_sync(tcg, start.host, status);
}

static void change_key(struct model_tcg *tcg)
{
    if (tcg->config.encrypts)
        tcg->new_key(tcg->drive);
}

/* Opal SSC 5.1.2.2.2: the status is reported, then the session is aborted. */
static void end_revert(struct model_tcg *tcg)
{
    bool failed = lies(tcg, MODEL_TCG_FAILS_AFTER_ERASING, MODEL_TCG_REVERT);
    tcg->reverting = false;
    tcg->reverts++;
    if (!tcg->config.key_first)
        change_key(tcg);
    bool stays_locked = lies(tcg, MODEL_TCG_STAYS_LOCKED, MODEL_TCG_REVERT);
    tcg->enabled &= stays_locked || lies(tcg, MODEL_TCG_STAYS_ENABLED, MODEL_TCG_REVERT);
    tcg->locked &= stays_locked;
    tcg->shadow_mbr &= stays_locked;
    answer_status(tcg, failed ? FAIL : OK, MODEL_TCG_REVERT);
    tcg->open = tcg->authorized = false;
}

static void revert(struct model_tcg *tcg)
{
    uint32_t ms = tcg->config.revert_ms;
    if (!tcg->authorized || lies(tcg, MODEL_TCG_FAILS, MODEL_TCG_REVERT)) {
        answer_status(tcg, tcg->authorized ? FAIL : NOT_AUTHORIZED, MODEL_TCG_REVERT);
        return;
    }
    if (tcg->config.key_first)
        change_key(tcg);
    tcg->reverting = true;
    tcg->ends_ms = tcg->now_ms + (ms == UINT32_MAX ? 0 : ms == 0 ? REVERT_MS : ms);
    if (ms == UINT32_MAX)
        end_revert(tcg);
}

void model_tcg_advance(struct model_tcg *tcg, uint64_t now_ms)
{
    tcg->now_ms = now_ms > tcg->now_ms ? now_ms : tcg->now_ms;
    if (tcg->reverting && tcg->ends_ms <= tcg->now_ms)
        end_revert(tcg);
}

static void call_in_session(struct model_tcg *tcg, struct reader *r)
{
    if (r->bytes == 1 && r->data[0] == END_OF_SESSION) {
        struct writer w = {.data = {END_OF_SESSION}, .bytes = 1};
        answer(tcg, &w, tcg->tper_session, tcg->host_session, MODEL_TCG_START);
        tcg->open = tcg->authorized = false;
        return;
    }
    want_control(r, CALL);
    uint64_t object = want_uid(r), method = want_uid(r);
    want_control(r, START_LIST);
    want_control(r, END_LIST);
    want_end(r);
    if (r->bad)
        complain(tcg, "a method call that is none");
    if (r->bad || method != REVERT || (object != ADMIN_SP && object != THIS_SP))
        answer_status(tcg, r->bad ? INVALID_PARAMETER : NOT_AUTHORIZED, MODEL_TCG_REVERT);
    else
        revert(tcg);
}

/* --- IF-SEND --- */

/* The payload of the one SubPacket; false: the lengths do not fit together. */
static bool unpack(const uint8_t *data, uint32_t bytes, struct reader *r)
{
    if (bytes < HEADERS)
        return false;
    uint64_t com = get(data + 16, 4), packet = get(data + 40, 4), sub = get(data + 52, 4);
    if (com > bytes - COM_BYTES || packet + PACKET_BYTES != com || get(data + 50, 2) != 0 || sub == 0 ||
        (sub + 3) / 4 * 4 + SUB_BYTES != packet)
        return false;
    *r = (struct reader){.data = data + HEADERS, .bytes = (uint32_t)sub};
    return true;
}

enum model_tcg_result model_tcg_send(struct model_tcg *tcg, uint8_t protocol, uint16_t specific,
                                     const uint8_t *data, uint32_t bytes)
{
    struct reader r;
    if (tcg->config.class == MODEL_TCG_NONE || protocol != 1)
        return MODEL_TCG_INVALID;
    if (tcg->reverting || tcg->waits)
        return MODEL_TCG_SEQUENCE;
    if (!unpack(data, bytes, &r) || get(data + 4, 2) != specific) {
        complain(tcg, "a ComPacket that is none");
        return MODEL_TCG_GOOD;
    }
    if (specific != tcg->config.comid)
        return MODEL_TCG_GOOD; /* nobody there */
    uint32_t tper = (uint32_t)get(data + 20, 4), host = (uint32_t)get(data + 24, 4);
    if (tper == 0 && host == 0) {
        want_control(&r, CALL);
        if (want_uid(&r) != SESSION_MANAGER || want_uid(&r) != START_SESSION)
            complain(tcg, "another method of the session manager");
        else
            start_session(tcg, &r);
    } else if (tcg->open && tper == tcg->tper_session && host == tcg->host_session) {
        call_in_session(tcg, &r);
    }
    return MODEL_TCG_GOOD;
}

/* --- IF-RECV --- */

static uint8_t *put_feature(uint8_t *at, uint16_t code, uint8_t bytes)
{
    put(at, 2, code);
    at[2] = 0x10;
    at[3] = bytes;
    return at + 4 + bytes;
}

static uint8_t locking_byte(const struct model_tcg *tcg)
{
    return (uint8_t)(1U | (unsigned)tcg->enabled << 1 | (unsigned)(tcg->enabled && tcg->locked) << 2 |
                     (unsigned)tcg->config.encrypts << 3 | (unsigned)(tcg->enabled && tcg->shadow_mbr) << 4);
}

/* 3.3.6.5; the classes' own: Opal SSC 3.1.1, and likewise in the others. */
static void discover(const struct model_tcg *tcg, uint8_t *page)
{
    static const uint16_t codes[] = {0, 0x0200, 0x0203, 0x0301, 0x0302, 0x0303, 0x0304, 0x0100};
    uint8_t *at = page + 48, *feature = at;
    put(page + 4, 4, 1);
    at = put_feature(feature, 0x0001, 12);
    feature[4] = 0x11; /* synchronous, streaming */
    feature = at;
    at = put_feature(feature, 0x0002, 12);
    feature[4] = locking_byte(tcg);
    feature = at;
    at = put_feature(feature, codes[tcg->config.class], 16);
    put(feature + 4, 2, tcg->config.comid);
    put(feature + 6, 2, 1);
    feature = at;
    at = put_feature(feature, 0x0402, 12);
    feature[4] = (uint8_t)(1U | (unsigned)tcg->sid_blocked << 1);
    put(page, 4, (uint64_t)(at - page) - 4);
    if (lies(tcg, MODEL_TCG_TOO_LONG, MODEL_TCG_DISCOVERY))
        feature[3] = 0xff, put(page, 4, UINT32_MAX);
    if (lies(tcg, MODEL_TCG_CUT_SHORT, MODEL_TCG_DISCOVERY))
        memset(page + 60, 0, (size_t)(at - page) - 60);
    if (lies(tcg, MODEL_TCG_OTHER_COMID, MODEL_TCG_DISCOVERY))
        put(page + 84, 2, tcg->config.comid + 1U);
}

/* 3.3.10.2: nothing more; not ready yet (outstanding 1); no room for what there is. */
static void fetch(struct model_tcg *tcg, uint16_t comid, uint8_t *data, uint32_t bytes)
{
    uint8_t empty[COM_BYTES] = {0};
    bool mine = comid == tcg->config.comid, late = tcg->reverting || (tcg->waits && tcg->outstanding);
    if (mine && tcg->waits && !late && tcg->answer_bytes <= bytes) {
        memcpy(data, tcg->answer, tcg->answer_bytes);
        tcg->waits = false;
        return;
    }
    put(empty + 4, 2, comid);
    if (mine && late) {
        put(empty + 8, 4, 1);
    } else if (mine && tcg->waits) {
        put(empty + 8, 4, tcg->answer_bytes);
        put(empty + 12, 4, tcg->answer_bytes);
    }
    memcpy(data, empty, bytes < sizeof empty ? bytes : sizeof empty);
}

enum model_tcg_result model_tcg_receive(struct model_tcg *tcg, uint8_t protocol, uint16_t specific,
                                        uint8_t *data, uint32_t bytes)
{
    uint8_t page[MODEL_TCG_ANSWER] = {0};
    bool has = tcg->config.class != MODEL_TCG_NONE;
    memset(data, 0, bytes);
    if (protocol == 0 && specific == 0) { /* SPC-5: the security protocols that there are */
        put(page + 6, 2, has ? 2 : 1);
        page[9] = has ? 1 : 0;
    } else if (protocol == 1 && specific == 1 && has) {
        discover(tcg, page);
    } else if (protocol == 1 && has) {
        fetch(tcg, specific, data, bytes);
        return MODEL_TCG_GOOD;
    } else {
        return MODEL_TCG_INVALID;
    }
    memcpy(data, page, bytes < sizeof page ? bytes : sizeof page);
    return MODEL_TCG_GOOD;
}
