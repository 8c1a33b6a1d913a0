/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/scsi.h"

#include <string.h>

enum { MODE_SELECT_10 = 0x55, MODE_SENSE_10 = 0x5a };
enum { SECURITY_IN = 0xa2, SECURITY_OUT = 0xb5 };
/* A drive may carry out a whole revert before it takes the command that asks for it. */
enum { TIMEOUT_MS = 30000, SECURITY_OUT_MS = 600000 };

static uint16_t get16(const uint8_t *at)
{
    return (uint16_t)((unsigned)at[0] << 8 | at[1]);
}

static void put_big(uint8_t *at, size_t bytes, uint32_t value)
{
    for (size_t i = 0; i < bytes; i++)
        at[i] = (uint8_t)(value >> 8 * (bytes - 1 - i));
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* ---- Sense data, SPC-5 4.4 */

enum { HEADER = 8, DESCRIPTORS = 8, NO_SENSE = 0x0, NOT_READY = 0x2, KEY_SPECIFIC = 0x02 };

/* Three bytes; bit 7 of the first: they hold something. Of other keys it is not how far something is. */
static void decode_progress(const uint8_t *specific, struct uw_scsi_sense *decoded)
{
    if ((decoded->key != NO_SENSE && decoded->key != NOT_READY) || (specific[0] & 0x80) == 0)
        return;
    decoded->has_progress = true;
    decoded->progress = get16(specific + 1);
}

static void decode_fixed(const uint8_t *sense, size_t bytes, struct uw_scsi_sense *decoded)
{
    decoded->key = sense[2] & 0x0f;
    if (bytes >= 13)
        decoded->asc = sense[12];
    if (bytes >= 14)
        decoded->ascq = sense[13];
    if (bytes >= 18)
        decode_progress(sense + 15, decoded);
}

static void decode_descriptors(const uint8_t *sense, size_t bytes, struct uw_scsi_sense *decoded)
{
    decoded->descriptor = true;
    decoded->key = sense[1] & 0x0f;
    decoded->asc = sense[2];
    decoded->ascq = sense[3];
    for (size_t at = DESCRIPTORS; at + 2 <= bytes; at += 2U + sense[at + 1])
        if (sense[at] == KEY_SPECIFIC && sense[at + 1] >= 6 && at + 8 <= bytes) {
            decode_progress(sense + at + 4, decoded);
            return;
        }
}

bool uw_scsi_decode_sense(const uint8_t *sense, size_t bytes, struct uw_scsi_sense *decoded)
{
    memset(decoded, 0, sizeof *decoded);
    if (bytes < HEADER)
        return false;
    size_t there = least(bytes, HEADER + (size_t)sense[7]); /* ADDITIONAL SENSE LENGTH may say anything */
    switch (sense[0] & 0x7f) {
    case 0x70:
    case 0x71:
        decode_fixed(sense, there, decoded);
        break;
    case 0x72:
    case 0x73:
        decode_descriptors(sense, there, decoded);
        break;
    default:
        return false;
    }
    decoded->known = true;
    return true;
}

/* ---- Commands */

static struct uw_scsi_command reads(uint8_t opcode, uint8_t cdb_bytes, void *data, uint32_t bytes)
{
    return (struct uw_scsi_command){.cdb = {opcode},
                                    .cdb_bytes = cdb_bytes,
                                    .direction = UW_SCSI_DATA_IN,
                                    .data = data,
                                    .data_bytes = bytes,
                                    .timeout_ms = TIMEOUT_MS};
}

/* ---- SECURITY PROTOCOL IN and OUT, SPC-5 6.40 and 6.41 */

static struct uw_scsi_command security(uint8_t opcode, uint8_t protocol, uint16_t specific, void *data,
                                       uint32_t bytes)
{
    struct uw_scsi_command command = reads(opcode, 12, data, bytes);
    command.cdb[1] = protocol;
    put_big(command.cdb + 2, 2, specific);
    put_big(command.cdb + 6, 4, bytes);
    return command;
}

struct uw_scsi_command uw_scsi_security_in(uint8_t protocol, uint16_t specific, void *data, uint32_t bytes)
{
    return security(SECURITY_IN, protocol, specific, data, bytes);
}

struct uw_scsi_command uw_scsi_security_out(uint8_t protocol, uint16_t specific, void *data, uint32_t bytes)
{
    struct uw_scsi_command command = security(SECURITY_OUT, protocol, specific, data, bytes);
    command.direction = UW_SCSI_DATA_OUT;
    command.timeout_ms = SECURITY_OUT_MS;
    return command;
}

/* ---- The control mode page, SPC-5 7.5.10 */

enum { MODE_HEADER = 8, CONTROL_PAGE = 0x0a, CONTROL_BYTES = 0x0a, D_SENSE = 1U << 2 };

struct uw_scsi_command uw_scsi_sense_control_page(void *data, uint16_t bytes)
{
    struct uw_scsi_command command = reads(MODE_SENSE_10, 10, data, bytes);
    command.cdb[1] = 1U << 3; /* DBD */
    command.cdb[2] = CONTROL_PAGE;
    put_big(command.cdb + 7, 2, bytes);
    return command;
}

struct uw_scsi_command uw_scsi_select_control_page(void *data, uint16_t bytes)
{
    struct uw_scsi_command command = reads(MODE_SELECT_10, 10, data, bytes);
    command.direction = UW_SCSI_DATA_OUT;
    command.cdb[1] = 1U << 4; /* PF */
    put_big(command.cdb + 7, 2, bytes);
    return command;
}

/* A block descriptor that came though we asked for none is left out: to send one is to ask for a block size.
 * What only MODE SENSE has goes to 0: the length, the device specific parameter, PS. */
size_t uw_scsi_set_d_sense(uint8_t *data, size_t bytes, bool d_sense, bool *was)
{
    enum { PAGE_BYTES = 2 + CONTROL_BYTES };
    *was = false;
    if (bytes < MODE_HEADER)
        return 0;
    size_t there = least(bytes, 2 + (size_t)get16(data));
    size_t at = MODE_HEADER + (size_t)get16(data + 6);
    if (at + PAGE_BYTES > there || (data[at] & 0x7f) != CONTROL_PAGE || data[at + 1] != CONTROL_BYTES)
        return 0;
    *was = (data[at + 2] & D_SENSE) != 0;
    memmove(data + MODE_HEADER, data + at, PAGE_BYTES);
    data[0] = data[1] = data[3] = data[4] = data[6] = data[7] = 0;
    uint8_t *page = data + MODE_HEADER;
    page[0] = CONTROL_PAGE;
    page[2] = (uint8_t)((page[2] & ~(unsigned)D_SENSE) | (d_sense ? D_SENSE : 0U));
    return MODE_HEADER + PAGE_BYTES;
}
