/* SPDX-License-Identifier: Apache-2.0 */
/* What tcmu-door (in the guest) and drives (on the host) say to each other over a TCP connection, one for
 * each drive. Frames; both ends are the same kind of machine, so numbers stand as they are. */
#ifndef DOORS_H
#define DOORS_H

#include <stdbool.h>
#include <stdint.h>

enum { DOOR_NAME = 64, DOOR_CDB = 16, DOOR_SENSE = 64, DOOR_DATA = 4 << 20 };

enum door_kind {
    DOOR_HELLO = 1, /* guest: a name; host: struct door_size */
    DOOR_COMMAND,   /* guest: struct door_command, then the data that go out */
    DOOR_ANSWER,    /* host: struct door_answer, then the data that came in */
    DOOR_ABORT      /* guest: the command `tag` is to be given up. The host answers it, or never does */
};

struct door_frame {
    uint32_t bytes; /* that follow */
    uint16_t kind, tag;
};

struct door_size {
    uint64_t bytes; /* 0: there is no such drive */
    uint32_t block_bytes, unused;
};

struct door_command {
    uint8_t cdb[DOOR_CDB];
    uint32_t room; /* for data that come in */
    uint32_t out;  /* bytes that go out */
};

struct door_answer {
    uint8_t status; /* SAM */
    uint8_t sense_bytes, unused[2];
    uint32_t moved;
    uint8_t sense[DOOR_SENSE];
};

/* SPC-5, 4.2.5: the length is in the operation code's upper bits. */
static inline uint8_t door_cdb_bytes(uint8_t code)
{
    static const uint8_t bytes[8] = {6, 10, 10, 16, 16, 12, 16, 16};
    return bytes[code >> 5];
}

/* Whether data, if there are any, go out to the drive. */
static inline bool door_goes_out(const uint8_t *cdb)
{
    switch (cdb[0]) {
    case 0x85: /* ATA PASS-THROUGH: T_DIR */
    case 0xa1:
        return (cdb[2] & 0x08) == 0;
    case 0x04: /* FORMAT UNIT */
    case 0x0a: /* WRITE, MODE SELECT, UNMAP, SANITIZE, WRITE SAME, SECURITY PROTOCOL OUT */
    case 0x15:
    case 0x2a:
    case 0x2e:
    case 0x41:
    case 0x42:
    case 0x48:
    case 0x55:
    case 0x8a:
    case 0x8e:
    case 0x93:
    case 0xaa:
    case 0xb5:
        return true;
    default:
        return false;
    }
}

#endif
