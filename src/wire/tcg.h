/* SPDX-License-Identifier: Apache-2.0 */
/* What is said to a drive through IF-SEND and IF-RECV to have it revert to its factory state, which gives its
 * media a new key: Level 0 Discovery, a session under the authority PSID, Revert. Pure. TCG Storage
 * Architecture Core Specification 2.01 (packets, tokens, methods), Opal SSC 2.01 (5.1.2.2, Revert), PSID
 * feature set 1.00. Data are big endian. */
#ifndef UW_WIRE_TCG_H
#define UW_WIRE_TCG_H

#include <stddef.h>

#include "core/tcg.h"

enum {
    UW_TCG_PROTOCOL = 0x01, /* security protocol of discovery and sessions */
    UW_TCG_DISCOVERY_COMID = 0x0001,
    UW_TCG_BUFFER_BYTES = 2048 /* of every transfer of ours; a multiple of 512 */
};

/* Takes any bytes: false, and `known` false, where they are no discovery. */
bool uw_tcg_decode_discovery(const uint8_t *data, size_t bytes, struct uw_tcg *tcg);

/* Payloads of IF-SEND into a buffer of UW_TCG_BUFFER_BYTES, the rest of it zeros; the bytes that count. */
size_t uw_tcg_start_psid_session(uint16_t comid, uint32_t host_session, const char psid[UW_TCG_PSID_BYTES],
                                 uint8_t *buffer);
size_t uw_tcg_revert(uint16_t comid, uint32_t tper_session, uint32_t host_session, uint8_t *buffer);

/* Method status codes (Core Specification 5.1.5). */
enum uw_tcg_status {
    UW_TCG_OK = 0x00,
    UW_TCG_NOT_AUTHORIZED = 0x01,
    UW_TCG_SP_BUSY = 0x03,
    UW_TCG_NO_SESSIONS = 0x07,
    UW_TCG_INVALID_PARAMETER = 0x0c,
    UW_TCG_AUTHORITY_LOCKED_OUT = 0x12,
    UW_TCG_FAIL = 0x3f
};

/* What came back by IF-RECV. */
struct uw_tcg_answer {
    bool known;   /* a whole ComPacket of this ComID; else nothing of the rest */
    bool pending; /* nothing yet: it is to be asked for again */
    bool empty;   /* nothing, and nothing will come: another ComID, or it takes none of it */
    bool has_status;
    uint8_t status; /* of the method, or of the session's start */
    /* The session of the packet that brought the status; 0 and 0: the session manager's. */
    uint32_t of_host_session, of_tper_session;
    bool started; /* a SyncSession with success: the sessions are these */
    uint32_t host_session, tper_session;
    bool closed; /* the drive ended the session (end of session, CloseSession) */
};
bool uw_tcg_decode_answer(const uint8_t *data, size_t bytes, uint16_t comid, struct uw_tcg_answer *answer);

/* "not authorized (01h)" */
enum { UW_TCG_STATUS_TEXT = 64 };
void uw_tcg_status_text(uint8_t status, char *text);

#endif
