/* SPDX-License-Identifier: Apache-2.0 */
/* What a drive that encrypts itself answers: the input as its discovery, as a ComPacket, and as the tokens of
 * a packet whose lengths are right, so that what is mutated gets that far. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "wire/tcg.h"

enum { COMID = 0x07fe, HEADERS = 56, DISCOVERY = 48 };

static uint32_t get32(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static void put32(uint8_t *at, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> 8 * (3 - i));
}

/* What it has of a feature is what that one says, and nothing is known of a discovery that is not whole. */
static void check_discovery(const uint8_t *data, size_t bytes)
{
    static const struct uw_tcg none;
    struct uw_tcg t;
    memset(&t, 0xa5, sizeof t);
    bool known = uw_tcg_decode_discovery(data, bytes, &t);
    must(known == t.known);
    if (!known) {
        must(memcmp(&t, &none, sizeof t) == 0);
        return;
    }
    must(bytes >= DISCOVERY && get32(data) >= DISCOVERY - 4 && get32(data) <= bytes - 4);
    must((unsigned)t.class < UW_TCG_CLASSES);
    must(t.class != UW_TCG_NONE || t.comid == 0);
    must(t.locking || (t.locking_raw == 0 && !t.enabled && !t.locked && !t.encrypts));
    must(t.enabled == ((t.locking_raw >> 1 & 1) != 0) && t.locked == ((t.locking_raw >> 2 & 1) != 0));
    must(t.encrypts == ((t.locking_raw >> 3 & 1) != 0));
    must(t.shadow_mbr == ((t.locking_raw >> 4 & 1) != 0) &&
         t.shadow_mbr_done == ((t.locking_raw >> 5 & 1) != 0));
}

/* Whether four of the input's bytes are this number, of one byte: one. */
static bool stands_in(const uint8_t *data, size_t bytes, uint32_t value)
{
    uint8_t number[4];
    put32(number, value);
    size_t skip = value < 0x100 ? 3 : value < 0x10000 ? 2 : value < 0x1000000 ? 1 : 0;
    return memmem(data, bytes, number + skip, sizeof number - skip) != NULL;
}

static void check_words(const struct uw_tcg_answer *a)
{
    char text[UW_TCG_STATUS_TEXT];
    memset(text, 'x', sizeof text);
    uw_tcg_status_text(a->status, text);
    must(memchr(text, '\0', sizeof text) != NULL && text[0] != '\0');
    must_be_printable(text, false);
}

/* Success stands there or is none: a status list with its end of data. */
static void check_success(const uint8_t *data, size_t bytes, const struct uw_tcg_answer *a)
{
    if (!a->has_status)
        return;
    must(bytes > HEADERS && memchr(data + HEADERS - 12, 0xf9, bytes - HEADERS + 12) != NULL);
    must(a->status == 0 || memchr(data, a->status, bytes) != NULL);
}

static void check_answer(const uint8_t *data, size_t bytes)
{
    static const struct uw_tcg_answer none;
    struct uw_tcg_answer a;
    memset(&a, 0xa5, sizeof a);
    bool known = uw_tcg_decode_answer(data, bytes, COMID, &a);
#ifdef FUZZ_SELFTEST
    /* A session that did not start is believed to have. */
    if (known && a.has_status && a.status == UW_TCG_NOT_AUTHORIZED)
        a.started = true;
#endif
    must(known == a.known);
    if (!known) {
        must(memcmp(&a, &none, sizeof a) == 0);
        return;
    }
    must(bytes >= 20 && data[4] == COMID >> 8 && data[5] == (COMID & 0xff) && get32(data + 16) <= bytes - 20);
    must(a.pending + a.empty + (a.has_status || a.closed) == 1);
    must(!a.pending || get32(data + 8) != 0);
    must(a.has_status || (a.status == 0 && !a.started && a.of_host_session == 0 && a.of_tper_session == 0));
    must(!a.started || (a.status == UW_TCG_OK && a.tper_session != 0));
    must(a.started || (a.host_session == 0 && a.tper_session == 0));
    must(!a.started || (stands_in(data, bytes, a.host_session) && stands_in(data, bytes, a.tper_session)));
    check_success(data, bytes, &a);
    check_words(&a);
}

/* In the first bytes of zeros, as a drive fills its buffer; and where the buffer ends behind it. */
static void check_exact(const uint8_t *data, size_t bytes)
{
    uint8_t *exact = malloc(bytes + 1);
    must(exact != NULL);
    memcpy(exact + 1, data, bytes);
    check_discovery(exact + 1, bytes);
    check_answer(exact + 1, bytes);
    free(exact);
}

static void check_padded(const uint8_t *data, size_t bytes)
{
    uint8_t buffer[UW_TCG_BUFFER_BYTES] = {0};
    memcpy(buffer, data, bytes < sizeof buffer ? bytes : sizeof buffer);
    check_discovery(buffer, sizeof buffer);
    check_answer(buffer, sizeof buffer);
}

static void check_tokens(const uint8_t *data, size_t bytes)
{
    uint8_t buffer[UW_TCG_BUFFER_BYTES] = {0};
    size_t payload = bytes < sizeof buffer - HEADERS - 3 ? bytes : sizeof buffer - HEADERS - 3;
    uint32_t padded = ((uint32_t)payload + 3) & ~3U;
    put32(buffer + 4, (uint32_t)COMID << 16);
    put32(buffer + 16, padded + 36);
    put32(buffer + 20, 0x11111111);
    put32(buffer + 40, padded + 12);
    put32(buffer + 52, (uint32_t)payload);
    memcpy(buffer + HEADERS, data, payload);
    check_answer(buffer, HEADERS + padded);
    check_answer(buffer, sizeof buffer);
}

/* The descriptors of a discovery whose length is right. */
static void check_features(const uint8_t *data, size_t bytes)
{
    uint8_t buffer[UW_TCG_BUFFER_BYTES] = {0};
    size_t features = bytes < sizeof buffer - DISCOVERY ? bytes : sizeof buffer - DISCOVERY;
    put32(buffer, (uint32_t)(DISCOVERY - 4 + features));
    memcpy(buffer + DISCOVERY, data, features);
    check_discovery(buffer, sizeof buffer);
}

/* What we say ends within the buffer, in zeros, and is no answer: a drive that echoes it has not reverted. */
static void check_echo(const uint8_t *data, size_t bytes)
{
    uint8_t buffer[UW_TCG_BUFFER_BYTES];
    char psid[UW_TCG_PSID_BYTES] = "";
    uint8_t numbers[8] = {0};
    struct uw_tcg_answer a;
    memcpy(numbers, data, bytes < sizeof numbers ? bytes : sizeof numbers);
    memcpy(psid, data, bytes < sizeof psid ? bytes : sizeof psid);
    for (unsigned i = 0; i < 2; i++) {
        memset(buffer, 0xa5, sizeof buffer);
        size_t count = i == 0 ? uw_tcg_start_psid_session(COMID, get32(numbers), psid, buffer)
                              : uw_tcg_revert(COMID, get32(numbers), get32(numbers + 4), buffer);
        must(count % 4 == 0 && count > HEADERS && count < 256);
        must(get32(buffer + 16) == count - 20 && get32(buffer + 40) == count - 44);
        must(get32(buffer + 52) <= count - HEADERS && get32(buffer + 52) + 4 > count - HEADERS);
        for (size_t at = count; at < sizeof buffer; at++)
            must(buffer[at] == 0);
        must(uw_tcg_decode_answer(buffer, sizeof buffer, COMID, &a));
        must(a.empty && !a.has_status && !a.started && !a.closed);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static const uint8_t none[1];
    if (bytes == 0) /* libFuzzer's first input has no address */
        data = none;
    check_exact(data, bytes);
    check_padded(data, bytes);
    check_tokens(data, bytes);
    check_features(data, bytes);
    check_echo(data, bytes);
    return 0;
}
