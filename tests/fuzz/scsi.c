/* SPDX-License-Identifier: Apache-2.0 */
/* What comes back through SCSI. The first four bytes of the input say of what kind the command was, which
 * status it had and how much was moved; the rest is sense data, a mode page, a response. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "wire/scsi.h"

enum { HEAD = 4 };

static void check_sense(const uint8_t *data, size_t bytes)
{
    static const struct uw_scsi_sense none;
    struct uw_scsi_sense s;
    memset(&s, 0xa5, sizeof s);
    bool known = uw_scsi_decode_sense(data, bytes, &s);
    must(known == s.known && (!known || bytes >= 8));
    must(known || memcmp(&s, &none, sizeof s) == 0);
    must(s.key < 16 && (s.has_progress || s.progress == 0));
    must(!s.has_progress || s.key == 0 || s.key == 2);
    must(!known || data[0] % 128 / 2 == (s.descriptor ? 0x39 : 0x38));
}

/* One bit is changed, and only what a MODE SELECT must not have is gone. */
static void check_page(const uint8_t *data, size_t bytes, bool d_sense)
{
    uint8_t *page = malloc(bytes > 0 ? bytes : 1);
    must(page != NULL);
    memcpy(page, data, bytes);
    bool was = true, again = !d_sense;
    size_t length = uw_scsi_set_d_sense(page, bytes, d_sense, &was);
    must(length == 0 || (length == 20 && bytes >= 20));
    must(length != 0 || (!was && memcmp(page, data, bytes) == 0));
    if (length > 0) {
        must(page[0] == 0 && page[1] == 0 && page[3] == 0 && page[6] == 0 && page[7] == 0);
        must(page[8] == 0x0a && page[9] == 0x0a && (page[10] & 4) / 4 == d_sense);
        page[1] = 18;
        must(uw_scsi_set_d_sense(page, length, was, &again) == length && again == d_sense);
        must((page[10] & 4) / 4 == was);
    }
    free(page);
}

static void check_registers(const struct uw_ata_registers *r)
{
    static const struct uw_ata_registers none;
    must(r->known || memcmp(r, &none, sizeof *r) == 0);
    must(!r->known || r->status != 0 || r->error != 0 || r->device != 0 || r->count != 0 || r->lba != 0);
    must(r->whole || (r->count < 256 && r->lba < 1 << 24));
    must(r->lba < 1ULL << 48);
}

static void check_response(const uint8_t *data, size_t bytes)
{
    struct uw_ata_registers r;
    memset(&r, 0xa5, sizeof r);
    must(uw_sat_decode_response(data, bytes, &r) == r.known);
    must(!r.known || (bytes >= UW_SAT_RESPONSE_BYTES && data[0] == 9));
    check_registers(&r);
}

/* Success is what the drive itself said, or data that are there. */
static void check_outcome(const struct uw_scsi_command *scsi, const struct uw_ata_command *c)
{
    const struct uw_ata_registers *r = &c->registers;
    bool answered = scsi->host_errno == 0 && (scsi->status == 0 || scsi->status == 2);
    bool moved = c->protocol != UW_ATA_NON_DATA && scsi->moved_bytes == c->data_bytes;
    check_registers(r);
    must(c->outcome <= UW_ATA_RESET);
    must(answered || c->outcome == UW_ATA_NO_ANSWER);
    must(c->host_errno == 0 || c->outcome == UW_ATA_NO_ANSWER);
    must(!r->known || (c->outcome != UW_ATA_NO_ANSWER && c->outcome != UW_ATA_NO_REGISTERS));
    must(!r->whole || (scsi->sense[0] & 0x7f) == 0x72);
    if (c->outcome == UW_ATA_DONE) {
        must(r->known ? (r->status & 0xe9) == 0x40 : moved);
        must(c->protocol == UW_ATA_NON_DATA || moved);
        must(c->sense_key <= 1);
    }
    if (c->outcome == UW_ATA_ABORTED)
        must(r->known && (r->status & 0xa1) != 0 && r->status < 0x80);
    if (c->outcome == UW_ATA_RESET)
        must(c->sense_key == 6 || (r->status == 0x50 && r->error == 1));
}

static struct uw_ata_command command_of(unsigned kind, uint8_t *block)
{
    static const uint8_t password[UW_ATA_PASSWORD_BYTES];
    if (kind % 3 == 0)
        return uw_ata_sanitize_status(false);
    return kind % 3 == 1 ? uw_ata_identify_device(block) : uw_ata_unlock(UW_ATA_USER, password, block);
}

/* What stands behind the sense data is none of it. */
static void check_unwrap(const uint8_t *data, size_t bytes, const uint8_t *head)
{
    uint8_t block[UW_ATA_BLOCK_BYTES];
    struct uw_ata_command answers[2];
    memset(answers, 0, sizeof answers);
    for (size_t i = 0; i < 2; i++) {
        struct uw_ata_command c = command_of(head[0], block);
        struct uw_scsi_command scsi = uw_sat_wrap(&c);
        scsi.status = head[1] < 4 ? head[1] : (uint8_t)(head[1] & 0x7a);
        scsi.host_errno = head[3] % 8 == 7 ? -5 : 0;
        scsi.moved_bytes = head[2] % 4 == 0 ? scsi.data_bytes : head[2];
        memset(scsi.sense, i == 0 ? 0x51 : 0, sizeof scsi.sense);
        scsi.sense_bytes = (uint8_t)(bytes < 255 ? bytes : 255);
        memcpy(scsi.sense, data, bytes < sizeof scsi.sense ? bytes : sizeof scsi.sense);
        uw_sat_unwrap(&scsi, &c);
#ifdef FUZZ_SELFTEST
        /* A path that says "done" is believed. */
        if (c.outcome == UW_ATA_NO_REGISTERS)
            c.outcome = UW_ATA_DONE;
#endif
        check_outcome(&scsi, &c);
        answers[i] = c;
    }
    must(answers[0].outcome == answers[1].outcome && answers[0].host_errno == answers[1].host_errno);
    must(answers[0].registers.lba == answers[1].registers.lba);
    must(answers[0].registers.status == answers[1].registers.status);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static const uint8_t none[1];
    uint8_t head[HEAD] = {0};
    size_t head_bytes = bytes < HEAD ? bytes : HEAD;
    if (bytes == 0) /* libFuzzer's first input has no address */
        data = none;
    memcpy(head, data, head_bytes);
    data += head_bytes;
    bytes -= head_bytes;
    check_sense(data, bytes);
    check_response(data, bytes);
    check_page(data, bytes, true);
    check_page(data, bytes, false);
    check_unwrap(data, bytes, head);
    return 0;
}
