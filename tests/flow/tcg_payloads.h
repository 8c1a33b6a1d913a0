/* SPDX-License-Identifier: Apache-2.0 */
/* What goes out to the models that encrypt themselves, written down by hand from the TCG Storage Architecture
 * Core Specification 2.01 (3.2.3 packets, 5.2.3.1 StartSession), Opal SSC 2.01 (5.1.2.2 Revert) and the PSID
 * feature set 1.00: how each begins. Up to 2048 bytes are zeros. */
#ifndef TCG_PAYLOADS_H
#define TCG_PAYLOADS_H

#include <stdint.h>

#define TCG_PSID "PSID0123456789ABCDEFGHIJKLMNOPQR"
enum { TCG_TRANSFER = 2048, TCG_START_BYTES = 144, TCG_REVERT_BYTES = 84 };

/* clang-format off */
/* ComPacket for ComID 0FFEh of 124 bytes; packet of no session, of 100; subpacket of 87 and one more. */
#define TCG_START_SESSION                                                                                    \
    0, 0, 0, 0, 0x0f, 0xfe, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x7c,                                     \
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x64,                               \
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x57,                                                                   \
    /* the session manager's StartSession: host session 1, Admin SP, to write */                             \
    0xf8, 0xa8, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xa8, 0, 0, 0, 0, 0, 0, 0xff, 0x02,                               \
    0xf0, 0x01, 0xa8, 0, 0, 0x02, 0x05, 0, 0, 0, 0x01, 0x01,                                                 \
    /* 0, the challenge: 32 bytes */                                                                         \
    0xf2, 0x00, 0xd0, 0x20, 'P', 'S', 'I', 'D', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B',  \
    'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O', 'P', 'Q', 'R', 0xf3,                    \
    /* 3, who signs: the authority PSID */                                                                   \
    0xf2, 0x03, 0xa8, 0, 0, 0, 0x09, 0, 0x01, 0xff, 0x01, 0xf3,                                              \
    0xf1, 0xf9, 0xf0, 0, 0, 0, 0xf1, 0

/* Of the drive's session 1001h and the host's 1: 64 bytes, 40, 27 and one more. Admin SP, Revert. */
#define TCG_REVERT                                                                                           \
    0, 0, 0, 0, 0x0f, 0xfe, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x40,                                     \
    0, 0, 0x10, 0x01, 0, 0, 0, 0x01, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x28,                      \
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x1b,                                                                   \
    0xf8, 0xa8, 0, 0, 0x02, 0x05, 0, 0, 0, 0x01, 0xa8, 0, 0, 0, 0x06, 0, 0, 0x02, 0x02,                      \
    0xf0, 0xf1, 0xf9, 0xf0, 0, 0, 0, 0xf1, 0
/* clang-format on */

/* Some of each field, and what lies behind. */
static const uint8_t tcg_sampled[] = {0,  4,  5,  11, 19, 22, 23, 27, 43, 51,  55,  56,  57,  65,  74,  75,
                                      76, 77, 78, 79, 80, 83, 87, 90, 91, 122, 123, 131, 133, 135, 142, 143};
enum { TCG_SAMPLED = sizeof tcg_sampled / sizeof *tcg_sampled };

#endif
