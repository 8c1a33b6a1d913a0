/* SPDX-License-Identifier: Apache-2.0 */
/* ATA commands inside SCSI ones, and which of the ways to the result registers the layers between leave open.
 */
#include "transport/sat.h"

#include <errno.h>
#include <string.h>

#include "transport/trace.h"

enum { PAGE_BYTES = 252 };

/* SPC-5, 4.4.8 and annex F. */
enum { CHECK_CONDITION = 0x02, ILLEGAL_REQUEST = 0x05, INVALID_FIELD = 0x24 };

/* LBA bits that a drive keeps of a 28-bit command's, and the byte of COUNT (ATA8-ACS, 4.2). */
enum { LOW_COUNT = 0xff, LOW_LBA = 0xffffff };

static bool ask_scsi(struct uw_sat *sat, struct uw_scsi_command *command, int timeout_ms, bool *stalled,
                     struct uw_error *e)
{
    *stalled = false;
    if (sat->below->abandoned || sat->below->ops->scsi == NULL) {
        command->host_errno = -ECANCELED;
        return uw_fail(e, UW_E_IO, "no SCSI commands can be sent to the drive");
    }
    return uw_send_scsi(sat->below, command, timeout_ms, stalled, e);
}

static bool is_good(const struct uw_scsi_command *command)
{
    return command->host_errno == 0 && command->status == 0;
}

/* Switches D_SENSE of the control page (SPC-5, 7.5.9) and leaves every other byte as it is. *changed: it was
 * the other way round. True too where the device has no such page or keeps it as it is. */
static bool switch_d_sense(struct uw_sat *sat, bool d_sense, int timeout_ms, bool *changed, bool *stalled,
                           struct uw_error *e)
{
    uint8_t page[PAGE_BYTES] = {0};
    bool was = d_sense;
    struct uw_scsi_command sense = uw_scsi_sense_control_page(page, sizeof page);
    *changed = false;
    if (!ask_scsi(sat, &sense, timeout_ms, stalled, e))
        return false;
    size_t moved = sense.moved_bytes < sizeof page ? sense.moved_bytes : sizeof page;
    size_t bytes = is_good(&sense) ? uw_scsi_set_d_sense(page, moved, d_sense, &was) : 0;
    if (bytes == 0 || bytes > sizeof page || was == d_sense)
        return true;
    struct uw_scsi_command select = uw_scsi_select_control_page(page, (uint16_t)bytes);
    if (!ask_scsi(sat, &select, timeout_ms, stalled, e))
        return false;
    *changed = is_good(&select);
    return true;
}

/* The registers of the command before, which the device answered: judged as if they had stood in its sense
 * data. */
static bool ask_response(struct uw_sat *sat, struct uw_ata_command *command, int timeout_ms, bool *stalled,
                         struct uw_error *e)
{
    enum { HEADER = 8 };
    uint8_t data[UW_SAT_RESPONSE_BYTES] = {0};
    struct uw_ata_registers registers;
    struct uw_scsi_command told = {
        .status = CHECK_CONDITION,
        .sense = {0x72, command->sense_key, command->asc, command->ascq, [7] = sizeof data},
        .sense_bytes = HEADER + sizeof data,
    };
    struct uw_scsi_command scsi = uw_sat_ask_response(data, sat->asks_with_direction);
    if (!ask_scsi(sat, &scsi, timeout_ms, stalled, e))
        return false;
    size_t moved = scsi.moved_bytes < sizeof data ? scsi.moved_bytes : sizeof data;
    if (!is_good(&scsi) || !uw_sat_decode_response(data, moved, &registers))
        return true;
    memcpy(told.sense + HEADER, data, sizeof data);
    uw_sat_unwrap(&told, command);
    return true;
}

/* Between ERASE PREPARE and ERASE UNIT there must be no other command (ACS-4, 7.41), and of a command with
 * data the data are the answer. */
static bool may_ask_again(const struct uw_sat *sat, const struct uw_ata_command *command)
{
    return sat->asks_response && command->wants_registers && command->protocol == UW_ATA_NON_DATA &&
           command->command != UW_ATA_SECURITY_ERASE_PREPARE && command->host_errno == 0;
}

static bool send(struct uw_sat *sat, struct uw_ata_command *command, int timeout_ms, bool *stalled,
                 struct uw_error *e)
{
    command->outcome = UW_ATA_NO_ANSWER;
    command->registers = (struct uw_ata_registers){0};
    command->sense_key = command->asc = command->ascq = 0;
    command->host_errno = -ECANCELED;
    struct uw_ata_command sent = *command;
    sent.wants_registers =
        command->wants_registers && command->protocol == UW_ATA_NON_DATA && !sat->asks_response;
    struct uw_scsi_command scsi = uw_sat_wrap(&sent);
    if (!ask_scsi(sat, &scsi, timeout_ms, stalled, e))
        return false;
    command->host_errno = 0;
    uw_sat_unwrap(&scsi, command);
    return true;
}

bool uw_sat_ask(struct uw_sat *sat, struct uw_ata_command *command, int timeout_ms, bool *stalled,
                struct uw_error *e)
{
    *stalled = false;
    if (command->protocol == UW_ATA_NON_DATA && command->count != 0 && sat->path != UW_ATA_PATH_WHOLE) {
        command->outcome = UW_ATA_NO_ANSWER;
        command->host_errno = -EOPNOTSUPP;
        return uw_fail(e, UW_E_REFUSED, "the way to the drive may change the command");
    }
    return send(sat, command, timeout_ms, stalled, e) &&
           (!may_ask_again(sat, command) || command->registers.known ||
            ask_response(sat, command, timeout_ms, stalled, e));
}

/* What a NOP's registers say of the way. Drives that take NOP as the 28-bit command that it is (ACS-4, 7.21)
 * answer zeros above; whoever says that these halves are there is believed, since only bits that are set end
 * an erase well. */
static enum uw_ata_path judge_echo(const struct uw_ata_command *sent, const struct uw_ata_command *nop)
{
    const struct uw_ata_registers *r = &nop->registers;
    if (!r->known || !r->whole || nop->outcome != UW_ATA_ABORTED)
        return UW_ATA_PATH_DATA_ONLY;
    uint64_t lba = sent->lba, low = lba & LOW_LBA;
    /* Of 28 bits the last four lie in DEVICE. */
    if (r->lba != lba && (r->lba & ~(uint64_t)(0xfU << 24)) != low)
        return UW_ATA_PATH_DATA_ONLY;
    if (r->count == sent->count || r->count == (sent->count & LOW_COUNT))
        return UW_ATA_PATH_WHOLE;
    return r->count == 0 ? UW_ATA_PATH_COUNT_ZEROED : UW_ATA_PATH_DATA_ONLY;
}

/* A NOP whose registers come by the way that later ones will take: of a command that fails some layers give
 * them in the sense data, too. */
static bool send_nop(struct uw_sat *sat, struct uw_ata_command *nop, int timeout_ms, bool *stalled,
                     struct uw_error *e)
{
    if (!send(sat, nop, timeout_ms, stalled, e))
        return false;
    if (!may_ask_again(sat, nop))
        return true;
    nop->registers = (struct uw_ata_registers){0};
    return ask_response(sat, nop, timeout_ms, stalled, e);
}

/* A bit of it may be what is refused (CK_COND), or the command: then there is no way at all. */
static enum uw_ata_path judge_nop(const struct uw_ata_command *sent, const struct uw_ata_command *nop)
{
    bool refused = nop->sense_key == ILLEGAL_REQUEST && nop->asc == INVALID_FIELD;
    return nop->host_errno != 0 && !refused ? UW_ATA_PATH_NONE : judge_echo(sent, nop);
}

/* The worst that one of the patterns shows. Registers of the command before the last do not fit. */
static bool try_way(struct uw_sat *sat, int timeout_ms, bool *stalled, struct uw_error *e)
{
    static const struct {
        uint16_t count;
        uint64_t lba;
    } patterns[] = {{0x5a3c, 0x91827364a5b6}, {0xc3a5, 0x6e7d4c5b3a29}, {0x1881, 0xf8e4d2b195c7}};
    enum uw_ata_path worst = UW_ATA_PATH_WHOLE;
    sat->path = UW_ATA_PATH_NONE;
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0] && worst >= UW_ATA_PATH_COUNT_ZEROED; i++) {
        const struct uw_ata_command sent = uw_ata_nop(patterns[i].count, patterns[i].lba);
        struct uw_ata_command nop = sent;
        if (!send_nop(sat, &nop, timeout_ms, stalled, e))
            return false;
        enum uw_ata_path path = judge_nop(&sent, &nop);
        worst = path < worst ? path : worst;
    }
    sat->path = worst;
    return true;
}

bool uw_sat_open(struct uw_sat *sat, struct uw_transport *below, int timeout_ms, bool *stalled,
                 struct uw_error *e)
{
    enum { WAYS = 3 };
    *sat = (struct uw_sat){.below = below};
    if (!switch_d_sense(sat, true, timeout_ms, &sat->d_sense_set, stalled, e))
        return false;
    for (unsigned way = 0; way < WAYS; way++) {
        sat->asks_response = way > 0;
        sat->asks_with_direction = way > 1;
        if (!try_way(sat, timeout_ms, stalled, e))
            return false;
        if (sat->path != UW_ATA_PATH_DATA_ONLY)
            return true;
    }
    sat->asks_response = sat->asks_with_direction = false;
    return true;
}

void uw_sat_close(struct uw_sat *sat, int timeout_ms)
{
    bool changed, stalled;
    if (sat->d_sense_set && !sat->below->abandoned)
        (void)switch_d_sense(sat, false, timeout_ms, &changed, &stalled, NULL);
    sat->d_sense_set = false;
}
