/* SPDX-License-Identifier: Apache-2.0 */
/* SCSI commands that the layer answers by itself: SPC-5, SBC-4, SAT-4 sections 8 to 10. */
#include "model_ata_parts.h"

#include <stdio.h>
#include <string.h>

enum {
    TEST_UNIT_READY = 0x00,
    REQUEST_SENSE = 0x03,
    INQUIRY = 0x12,
    READ_CAPACITY_10 = 0x25,
    SYNCHRONIZE_10 = 0x35,
    MODE_SELECT_10 = 0x55,
    MODE_SENSE_10 = 0x5a,
    SYNCHRONIZE_16 = 0x91,
    SECURITY_IN = 0xa2,
    SECURITY_OUT = 0xb5,
    SERVICE_IN_16 = 0x9e
};
enum { HEADER_BYTES = 8, BLOCK_DESCRIPTOR_BYTES = 8, CONTROL_BYTES = 12, D_SENSE = 1U << 2, ROOM = 600 };
enum { NOT_READY = 0x02, MEDIUM_ERROR, ILLEGAL_REQUEST = 0x05, ABORTED_COMMAND = 0x0b };

static void refuse(const struct model_ata *ata, struct uw_scsi_command *command, uint8_t asc)
{
    ata_sense(ata, command, ILLEGAL_REQUEST, asc, 0, NULL);
}

static unsigned big(const uint8_t *at, unsigned bytes)
{
    unsigned value = 0;
    for (unsigned i = 0; i < bytes; i++)
        value = value << 8 | at[i];
    return value;
}

/* As much as the CDB and the buffer have room for. */
static void send(struct model_ata *ata, struct uw_scsi_command *command, const uint8_t *data, uint32_t bytes,
                 uint32_t allocated)
{
    if (command->direction != UW_SCSI_DATA_IN || command->data == NULL || allocated > command->data_bytes) {
        ata_complain(ata, "a buffer that is shorter than the CDB says");
        refuse(ata, command, 0x24);
        return;
    }
    command->moved_bytes = bytes < allocated ? bytes : allocated;
    memcpy(command->data, data, command->moved_bytes);
}

/* --- INQUIRY --- */

static void put_padded(uint8_t *at, size_t bytes, const char *text)
{
    memset(at, ' ', bytes);
    memcpy(at, text, strnlen(text, bytes));
}

static uint32_t inquiry_standard(const struct model_ata *ata, uint8_t *data)
{
    const struct model_ata_config *config = &ata->config;
    data[2] = 6;
    data[3] = 2;
    data[4] = 96 - 5;
    put_padded(data + 8, 8, config->sat.standard_vendor ? "MODEL" : "ATA");
    put_padded(data + 16, 16, config->model != NULL ? config->model : "MODEL ATA DRIVE");
    put_padded(data + 32, 4, config->firmware != NULL ? config->firmware : "1.0");
    return 96;
}

/* Length of a page of vital product data; 0: there is no such one. */
static uint32_t inquiry_vital(struct model_ata *ata, uint8_t page, uint8_t *data)
{
    static const uint8_t pages[] = {0x00, 0x80, 0x83, 0x89, 0xb1};
    uint32_t bytes = 0;
    data[1] = page;
    switch (page) {
    case 0x00:
        memcpy(data + 4, pages, bytes = sizeof pages);
        break;
    case 0x80:
        put_padded(data + 4, bytes = 20, ata->serial);
        break;
    case 0x83:
        data[4] = 0x01, data[5] = 0x03, data[7] = 8;
        ata_put_big(data + 8, 8, ata->wwn);
        bytes = ata->wwn != 0 ? 12 : 0;
        break;
    case 0x89: /* ATA Information */
        put_padded(data + 8, 28, "MODEL   SAT");
        data[56] = 0xec;
        ata_page_identify(ata, data + 60);
        bytes = 568;
        break;
    case 0xb1:
        ata_put_big(data + 4, 2, ata->config.rotation);
        bytes = 60;
        break;
    default:
        return 0;
    }
    ata_put_big(data + 2, 2, bytes);
    return bytes + 4;
}

static void inquiry(struct model_ata *ata, struct uw_scsi_command *command)
{
    uint8_t data[ROOM] = {0};
    bool vital = (command->cdb[1] & 1) != 0;
    uint32_t bytes = vital ? inquiry_vital(ata, command->cdb[2], data) : inquiry_standard(ata, data);
    if (bytes == 0 || (!vital && command->cdb[2] != 0))
        refuse(ata, command, 0x24);
    else
        send(ata, command, data, bytes, big(command->cdb + 3, 2));
}

/* --- Sizes --- */

static void read_capacity(struct model_ata *ata, struct uw_scsi_command *command)
{
    uint8_t data[32] = {0};
    bool is_short = command->cdb[0] == READ_CAPACITY_10;
    uint64_t last = ata->host_sectors - 1;
    if (!is_short && (command->cdb[1] & 0x1f) != 0x10) {
        refuse(ata, command, 0x24);
        return;
    }
    ata_put_big(data, is_short ? 4 : 8, is_short && last > UINT32_MAX ? UINT32_MAX : last);
    ata_put_big(data + (is_short ? 4 : 8), 4, ata->block->config.block_bytes);
    send(ata, command, data, is_short ? 8 : 32, is_short ? 8 : big(command->cdb + 10, 4));
}

/* --- States --- */

/* What a layer that looks at the drive says while it sanitizes itself, or failed to; false: it is well. */
static bool state_of(const struct model_ata *ata, uint8_t *key, uint8_t *asc, uint8_t *ascq)
{
    if (!ata->config.sat.standard)
        return false; /* libata does not look */
    *key = ata_is_sanitizing(ata) ? NOT_READY : MEDIUM_ERROR;
    *asc = ata_is_sanitizing(ata) ? 0x04 : 0x31;
    *ascq = ata_is_sanitizing(ata) ? 0x1b : 0x03;
    return ata_is_sanitizing(ata) || ata->state == MODEL_ATA_SD3;
}

static void test_unit_ready(struct model_ata *ata, struct uw_scsi_command *command)
{
    uint8_t key, asc, ascq;
    if (ata->config.sat.standard)
        ata->last_command = 0; /* it asks the drive */
    if (state_of(ata, &key, &asc, &ascq))
        ata_sense(ata, command, key, asc, ascq, NULL);
}

static void request_sense(struct model_ata *ata, struct uw_scsi_command *command)
{
    uint8_t data[20] = {0}, key = 0, asc = 0, ascq = 0;
    bool descriptor = (command->cdb[1] & 1) != 0;
    bool told = state_of(ata, &key, &asc, &ascq), progress = told && key == NOT_READY;
    if (!told)
        key = asc = ascq = 0;
    data[0] = descriptor ? 0x72 : 0x70;
    data[7] = descriptor ? 0 : 10;
    data[descriptor ? 1 : 2] = key;
    data[descriptor ? 2 : 12] = asc;
    data[descriptor ? 3 : 13] = ascq;
    if (progress && descriptor) { /* type 02h, sense key specific */
        data[7] = 8;
        data[8] = 0x02, data[9] = 0x06, data[12] = 0x80;
        ata_put_big(data + 13, 2, ata_sanitize_progress(ata));
    } else if (progress) {
        data[15] = 0x80;
        ata_put_big(data + 16, 2, ata_sanitize_progress(ata));
    }
    send(ata, command, data, descriptor ? 8U + data[7] : 18, command->cdb[4]);
}

/* --- Mode pages --- */

static void put_control_page(const struct model_ata *ata, uint8_t *page)
{
    static const uint8_t usual[CONTROL_BYTES] = {0x0a, CONTROL_BYTES - 2, 0x02, 0, 0, 0, 0, 0, 0xff, 0xff, 0,
                                                 30};
    memcpy(page, usual, sizeof usual);
    page[2] |= ata->d_sense ? D_SENSE : 0;
}

static void mode_sense(struct model_ata *ata, struct uw_scsi_command *command)
{
    uint8_t data[HEADER_BYTES + BLOCK_DESCRIPTOR_BYTES + CONTROL_BYTES] = {0};
    bool plain = (command->cdb[1] & 0x08) != 0; /* DBD */
    uint32_t at = plain ? HEADER_BYTES : HEADER_BYTES + BLOCK_DESCRIPTOR_BYTES, bytes = at + CONTROL_BYTES;
    unsigned page = command->cdb[2] & 0x3f;
    if (ata->config.sat.no_mode_page) {
        refuse(ata, command, 0x20);
        return;
    }
    if ((page != 0x0a && page != 0x3f) || command->cdb[2] >> 6 != 0) {
        refuse(ata, command, 0x24);
        return;
    }
    ata_put_big(data, 2, bytes - 2);
    data[7] = plain ? 0 : BLOCK_DESCRIPTOR_BYTES;
    data[3] = 0x10; /* DPOFUA */
    put_control_page(ata, data + at);
    send(ata, command, data, bytes, big(command->cdb + 7, 2));
}

/* Where the control page stands in a parameter list; 0: it is none that a layer takes. */
static uint32_t control_page_at(const struct uw_scsi_command *command, const uint8_t *list, uint32_t bytes)
{
    if (command->direction != UW_SCSI_DATA_OUT || list == NULL || bytes != command->data_bytes ||
        bytes < HEADER_BYTES)
        return 0;
    uint32_t at = HEADER_BYTES + big(list + 6, 2);
    return at + CONTROL_BYTES == bytes ? at : 0;
}

static void mode_select(struct model_ata *ata, struct uw_scsi_command *command)
{
    const struct model_ata_sat *sat = &ata->config.sat;
    const uint8_t *list = command->data;
    uint32_t bytes = big(command->cdb + 7, 2), at = control_page_at(command, list, bytes);
    uint8_t now[CONTROL_BYTES];
    if (sat->no_mode_page || (command->cdb[1] & 0x11) != 0x10) { /* PF, and SP not */
        refuse(ata, command, sat->no_mode_page ? 0x20 : 0x24);
        return;
    }
    put_control_page(ata, now);
    bool same = at != 0;
    for (uint32_t i = 0; same && i < CONTROL_BYTES; i++)
        same = ((list[at + i] ^ now[i]) & ~(i == 2 ? D_SENSE : 0U)) == 0;
    if (!same)
        ata_complain(ata, "MODE SELECT of something else than the page that was read");
    if (!same || sat->d_sense_refused) {
        refuse(ata, command, 0x26);
        return;
    }
    if (!sat->d_sense_ignored)
        ata->d_sense = (list[at + 2] & D_SENSE) != 0;
    command->moved_bytes = bytes;
}

/* --- Trusted computing --- */

/* SAT-4: SECURITY PROTOCOL IN and OUT become TRUSTED RECEIVE and SEND, in blocks of 512 bytes. libata
 * knows them of drives that say that they are trusted. */
static void security(struct model_ata *ata, struct uw_scsi_command *command)
{
    const uint8_t *cdb = command->cdb;
    bool out = cdb[0] == SECURITY_OUT;
    uint64_t bytes = (uint64_t)big(cdb + 6, 4) * ((cdb[4] & 0x80) != 0 ? 512 : 1);
    enum uw_scsi_direction direction = out ? UW_SCSI_DATA_OUT : UW_SCSI_DATA_IN;
    enum model_tcg_result result = MODEL_TCG_SEQUENCE;
    if (ata->config.tcg.class == MODEL_TCG_NONE || ata->config.sat.no_security_protocol) {
        refuse(ata, command, 0x20);
        return;
    }
    if (command->cdb_bytes != 12 || command->direction != direction || command->data == NULL ||
        bytes != command->data_bytes || bytes % 512 != 0) {
        ata_complain(ata, "a security protocol whose data or direction do not fit");
        refuse(ata, command, 0x24);
        return;
    }
    if (!ata_is_sanitizing(ata) && ata->state != MODEL_ATA_SD3)
        result = out ? model_tcg_send(&ata->tcg, cdb[1], (uint16_t)big(cdb + 2, 2), command->data,
                                      command->data_bytes)
                     : model_tcg_receive(&ata->tcg, cdb[1], (uint16_t)big(cdb + 2, 2), command->data,
                                         command->data_bytes);
    if (ata->tcg.complaint != NULL)
        ata_complain(ata, ata->tcg.complaint);
    ata->last_command = 0;
    command->moved_bytes = result == MODEL_TCG_GOOD ? command->data_bytes : 0;
    if (result != MODEL_TCG_GOOD) /* the drive aborts the command, and the layer knows no more */
        ata_sense(ata, command, ABORTED_COMMAND, 0, 0, NULL);
}

void ata_scsi(struct model_ata *ata, struct uw_scsi_command *command)
{
    switch (command->cdb[0]) {
    case TEST_UNIT_READY:
        test_unit_ready(ata, command);
        return;
    case REQUEST_SENSE:
        request_sense(ata, command);
        return;
    case INQUIRY:
        inquiry(ata, command);
        return;
    case READ_CAPACITY_10:
    case SERVICE_IN_16:
        read_capacity(ata, command);
        return;
    case SYNCHRONIZE_10:
    case SYNCHRONIZE_16:
        ata->last_command = 0;
        if (model_block_flush(ata->block) != 0)
            ata_sense(ata, command, 0x04, 0x44, 0, NULL);
        return;
    case SECURITY_IN:
    case SECURITY_OUT:
        security(ata, command);
        return;
    case MODE_SENSE_10:
        mode_sense(ata, command);
        return;
    case MODE_SELECT_10:
        mode_select(ata, command);
        return;
    default:
        refuse(ata, command, 0x20);
    }
}
