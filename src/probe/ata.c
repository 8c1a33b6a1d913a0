/* SPDX-License-Identifier: Apache-2.0 */
#include "probe/ata.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe/ata_health.h"
#include "probe/tcg.h"
#include "transport/node.h"
#include "transport/sat.h"
#include "transport/scsi.h"

static const char of_capabilities[] = "capabilities", of_sanitize[] = "capabilities.sanitize_status";
static const char of_log[] = "definitive_ending_pattern";
static const char of_hpa[] = "hidden.hpa", of_dco[] = "hidden.dco", of_amax[] = "hidden.amax";
static const char of_native_max[] = "capacity.native_max", of_dco_max[] = "capacity.dco_max";

void uw_ata_set_unknown(struct uw_drive *drive, const char *reason)
{
    const char *const all[] = {of_capabilities, of_sanitize, of_log,        of_hpa,
                               of_dco,          of_amax,     of_native_max, of_dco_max};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        uw_drive_set_unknown(drive, all[i], reason);
    uw_ata_set_health_unknown(drive, reason);
}

bool uw_may_be_ata(const struct uw_drive *drive)
{
    return (drive->bus == UW_BUS_ATA || drive->bus == UW_BUS_USB) && drive->hardware && !drive->is_partition;
}

struct look {
    struct uw_sat sat;
    int limit_ms;
    bool stalled;
    struct uw_drive *drive;
};

static void settle(struct look *look, const char *field, const char *reason)
{
    if (reason == NULL)
        uw_drive_set_known(look->drive, field);
    else
        uw_drive_set_unknown(look->drive, field, reason);
}

/* NULL: the drive did it; else why there is no answer. */
static const char *ask(struct look *look, struct uw_ata_command *command)
{
    if (look->stalled)
        return "not_probed";
    if (!uw_sat_ask(&look->sat, command, look->limit_ms, &look->stalled, NULL))
        return "read_error";
    switch (command->outcome) {
    case UW_ATA_DONE:
        return NULL;
    case UW_ATA_ABORTED:
        return "not_supported";
    default:
        break;
    }
    if (command->host_errno == -EOPNOTSUPP)
        return "not_supported";
    return command->host_errno < 0 ? uw_unknown_word(-command->host_errno) : "read_error";
}

/* Names differ by who writes them: udev makes one '_' of blanks, and of bytes that it does not like. */
static void squeeze(char to[UW_DRIVE_STRING_BYTES], const char *from)
{
    size_t used = 0;
    for (; *from != '\0' && used + 1 < UW_DRIVE_STRING_BYTES; from++) {
        bool blank = *from == ' ' || *from == '_' || *from == '?';
        if (!blank)
            to[used++] = *from;
        else if (used > 0 && to[used - 1] != '_')
            to[used++] = '_';
    }
    while (used > 0 && to[used - 1] == '_')
        used--;
    to[used] = '\0';
}

static bool is_same_serial(const char *a, const char *b)
{
    char one[UW_DRIVE_STRING_BYTES], two[UW_DRIVE_STRING_BYTES];
    squeeze(one, a);
    squeeze(two, b);
    return one[0] != '\0' && strcmp(one, two) == 0;
}

/* Bridges answer IDENTIFY with what they have kept of another drive, or with data of their own making: of
 * theirs nothing is taken that does not fit in all. */
static bool is_the_drive(const struct uw_drive *drive, const struct uw_ata_identify *i)
{
    uint64_t block = i->logical_block_bytes;
    bool named = drive->serial[0] != '\0' && i->serial[0] != '\0';
    if (drive->bus == UW_BUS_USB && (!named || !i->has_checksum))
        return false;
    return block != 0 && i->sectors != 0 && i->sectors <= UINT64_MAX / block &&
           i->sectors * block == drive->bytes && (!named || is_same_serial(drive->serial, i->serial));
}

static const char *read_identify(struct look *look, struct uw_ata_identify *identify)
{
    uint8_t block[UW_ATA_BLOCK_BYTES] = {0};
    struct uw_ata_command command = uw_ata_identify_device(block);
    const char *reason = ask(look, &command);
    if (reason != NULL)
        return reason;
    return uw_ata_decode_identify(block, sizeof block, identify) ? NULL : "read_error";
}

static const char *look_at_identity(struct look *look)
{
    struct uw_ata_identify first, again;
    const char *reason = read_identify(look, &first);
    if (reason != NULL)
        return reason;
    if (!is_the_drive(look->drive, &first))
        return "read_error";
    if (look->drive->bus == UW_BUS_USB) {
        reason = read_identify(look, &again);
        if (reason != NULL)
            return reason;
        if (memcmp(first.raw, again.raw, sizeof first.raw) != 0)
            return "read_error";
    }
    look->drive->ata.identify = first;
    look->drive->ata.known = true;
    return NULL;
}

static uint16_t word(const uint8_t *block, size_t index)
{
    return (uint16_t)(block[2 * index] | (unsigned)block[2 * index + 1] << 8);
}

/* General Purpose Logging, words 84 and 87 bit 5; bits 15:14 = 01: the word holds something (ACS-4, 7.12.7).
 */
static bool has_logs(const struct uw_ata_identify *identify)
{
    static const size_t words[] = {84, 87};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        unsigned value = word(identify->raw, words[i]);
        if (value >> 14 == 1 && (value & 1U << 5) != 0)
            return true;
    }
    return false;
}

enum { LOG_DIRECTORY = 0x00, LOG_IDENTIFY = 0x30, PAGE_LIST = 0x00, PAGE_SUPPORTED = 0x03 };
enum { PAGE_SECURITY = 0x06, LIST_COUNT = 8, LIST_FIRST = 9 };

static const char *read_page(struct look *look, uint8_t log, uint16_t page, uint8_t *block)
{
    memset(block, 0, UW_ATA_BLOCK_BYTES);
    struct uw_ata_command command = uw_ata_read_log(log, page, block);
    return ask(look, &command);
}

static bool lists(const uint8_t *list, uint8_t page)
{
    size_t end = LIST_FIRST + (size_t)list[LIST_COUNT];
    return memchr(list + LIST_FIRST, page, end - LIST_FIRST) != NULL;
}

/* Pages 03h and 06h of log 30h. A drive is asked for none that it does not list. */
static const char *read_log(struct look *look)
{
    uint8_t list[UW_ATA_BLOCK_BYTES], supported[UW_ATA_BLOCK_BYTES], security[UW_ATA_BLOCK_BYTES];
    const char *reason = read_page(look, LOG_DIRECTORY, 0, list);
    if (reason != NULL)
        return reason;
    if (word(list, LOG_IDENTIFY) == 0)
        return "not_supported";
    reason = read_page(look, LOG_IDENTIFY, PAGE_LIST, list);
    if (reason != NULL)
        return reason;
    bool has_supported = lists(list, PAGE_SUPPORTED), has_security = lists(list, PAGE_SECURITY);
    if (has_supported)
        reason = read_page(look, LOG_IDENTIFY, PAGE_SUPPORTED, supported);
    if (reason == NULL && has_security)
        reason = read_page(look, LOG_IDENTIFY, PAGE_SECURITY, security);
    if (reason != NULL || (!has_supported && !has_security))
        return reason != NULL ? reason : "not_supported";
    return uw_ata_decode_log(has_supported ? supported : NULL, has_security ? security : NULL,
                             &look->drive->ata.log)
               ? NULL
               : "read_error";
}

static void look_at_log(struct look *look)
{
    const struct uw_ata_identify *identify = &look->drive->ata.identify;
    settle(look, of_log, identify->sanitize && has_logs(identify) ? read_log(look) : "not_supported");
}

/* A failed sanitize, too, is told by a command that aborts. */
static const char *read_sanitize(struct look *look)
{
    struct uw_ata *ata = &look->drive->ata;
    if (!ata->identify.sanitize)
        return "not_supported";
    if (ata->path < UW_ATA_PATH_COUNT_ZEROED)
        return "not_probed";
    struct uw_ata_command command = uw_ata_sanitize_status(false);
    const char *reason = ask(look, &command);
    if (uw_ata_decode_sanitize(&command, &ata->sanitize))
        return NULL;
    return reason != NULL ? reason : "read_error";
}

/* Sectors up to the last address that the command tells; 0: it did not. */
static uint64_t read_last(struct look *look, struct uw_ata_command command, const char **reason)
{
    uint64_t last = 0;
    *reason = ask(look, &command);
    if (*reason != NULL)
        return 0;
    *reason = uw_ata_last_address(&command, &last) ? NULL : "read_error";
    return *reason == NULL ? last + 1 : 0;
}

static enum uw_hidden compare(uint64_t shown, uint64_t whole)
{
    if (whole == 0 || whole < shown)
        return UW_HIDDEN_UNKNOWN;
    return whole > shown ? UW_HIDDEN_PRESENT : UW_HIDDEN_NONE;
}

/* An area that a command with a last address tells of: `has`: by IDENTIFY. */
static enum uw_hidden look_at_area(struct look *look, bool has, struct uw_ata_command command,
                                   const char *field)
{
    struct uw_ata *ata = &look->drive->ata;
    const char *reason = NULL;
    if (!has) {
        settle(look, field, NULL);
        return UW_HIDDEN_NONE;
    }
    uint64_t sectors = read_last(look, command, &reason);
    enum uw_hidden area = compare(ata->identify.sectors, sectors);
    if (area == UW_HIDDEN_UNKNOWN)
        settle(look, field, reason != NULL ? reason : "read_error");
    else
        settle(look, field, NULL);
    if (area != UW_HIDDEN_UNKNOWN && sectors > ata->native_sectors)
        ata->native_sectors = sectors;
    return area;
}

/* DCO IDENTIFY of a frozen configuration aborts. Without the native size, what it tells beyond the visible
 * may be the other area's. */
static enum uw_hidden look_at_dco(struct look *look)
{
    struct uw_ata *ata = &look->drive->ata;
    uint8_t block[UW_ATA_BLOCK_BYTES] = {0};
    if (!ata->identify.dco) {
        settle(look, of_dco, NULL);
        return UW_HIDDEN_NONE;
    }
    struct uw_ata_command command = uw_ata_dco_identify(block);
    const char *reason = ask(look, &command);
    if (reason == NULL)
        ata->dco_sectors = uw_ata_decode_dco(block, sizeof block);
    bool all = ata->hpa != UW_HIDDEN_UNKNOWN && ata->amax != UW_HIDDEN_UNKNOWN;
    uint64_t shown = all && ata->native_sectors != 0 ? ata->native_sectors : ata->identify.sectors;
    enum uw_hidden area = compare(shown, ata->dco_sectors);
    if (!all && area == UW_HIDDEN_PRESENT)
        area = UW_HIDDEN_UNKNOWN;
    settle(look, of_dco, area != UW_HIDDEN_UNKNOWN ? NULL : reason != NULL ? reason : "read_error");
    return area;
}

static void look_at_areas(struct look *look)
{
    struct uw_ata *ata = &look->drive->ata;
    if (ata->path != UW_ATA_PATH_WHOLE)
        return; /* not probed */
    ata->amax = look_at_area(look, ata->identify.amax, uw_ata_get_accessible_max(), of_amax);
    ata->hpa =
        look_at_area(look, ata->identify.hpa, uw_ata_read_native_max(ata->identify.address_48), of_hpa);
    ata->dco = look_at_dco(look);
    /* A configuration may take from the drive that it has a protected area at all. */
    if (!ata->identify.hpa && ata->dco != UW_HIDDEN_NONE) {
        ata->hpa = UW_HIDDEN_UNKNOWN;
        settle(look, of_hpa, "not_supported");
    }
    bool native = ata->identify.amax || ata->identify.hpa;
    settle(look, of_native_max, ata->native_sectors != 0 ? NULL : native ? "read_error" : "not_supported");
    settle(look, of_dco_max,
           ata->dco_sectors != 0 ? NULL
           : !ata->identify.dco  ? "not_supported"
           : look->stalled       ? "not_probed"
                                 : "read_error");
}

static void look_further(struct look *look)
{
    struct uw_transport *below = look->sat.below;
    uw_ata_set_unknown(look->drive, "not_probed");
    uw_drive_set_known(look->drive, of_capabilities);
    if (!uw_sat_open(&look->sat, below, look->limit_ms, &look->stalled, NULL))
        look->sat.path = UW_ATA_PATH_NONE;
    look->drive->ata.path = look->sat.path;
    /* IDENTIFY came through. */
    if (look->drive->ata.path == UW_ATA_PATH_NONE)
        look->drive->ata.path = UW_ATA_PATH_DATA_ONLY;
    look_at_log(look);
    settle(look, of_sanitize, read_sanitize(look));
    look_at_areas(look);
    uw_ata_read_health(&look->sat, look->limit_ms, &look->stalled, look->drive);
    uw_tcg_look_ata(below, look->limit_ms, &look->stalled, look->drive);
    uw_sat_close(&look->sat, look->limit_ms);
}

/* A NOP aborts by design, and the host takes the link through its recovery for it: not under somebody's reads
 * and writes. */
static bool may_be_used(const struct uw_drive *drive)
{
    return drive->use_count > 0 || drive->boot_medium || uw_drive_unknown_reason(drive, "in_use") != NULL;
}

bool uw_ata_look(int fd, int limit_ms, struct uw_trace *trace, struct uw_drive *drive)
{
    struct look look = {.limit_ms = limit_ms, .drive = drive};
    struct uw_transport *t;
    if (!uw_scsi_over(fd, &t, NULL)) {
        uw_ata_set_unknown(drive, "read_error");
        return true;
    }
    look.sat.below = t;
    t->trace = trace;
    t->device = drive->device;
    const char *reason = look_at_identity(&look);
    if (reason != NULL)
        uw_ata_set_unknown(drive, reason);
    else if (may_be_used(drive))
        uw_ata_set_unknown(drive, "not_probed");
    else
        look_further(&look);
    t->ops->close(t);
    return !look.stalled;
}

/* A command between ERASE PREPARE and ERASE UNIT would have the erase refused: whoever erases holds the lock
 * for himself, and waits for ours to go. */
static bool look_locked(const struct uw_tree *tree, int fd, struct uw_drive *drive)
{
    if (flock(fd, LOCK_SH | LOCK_NB) != 0)
        return true;
    bool answers = uw_ata_look(fd, UW_ATA_PROBE_MS, tree->trace, drive);
    (void)flock(fd, LOCK_UN); /* a process left behind keeps the descriptor */
    return answers;
}

bool uw_ata_probe(const struct uw_tree *tree, const char *dir, struct uw_drive *drive)
{
    uint64_t removable = 0;
    if (!tree->real)
        return true;
    if (drive->bus == UW_BUS_USB && (!uw_read_number(dir, "removable", &removable) || removable != 0))
        return true;
    struct uw_node node = uw_node_open(drive, O_RDONLY | O_NONBLOCK, UW_ATA_PROBE_MS);
    if (node.end != UW_NODE_OPEN) {
        uw_ata_set_unknown(drive, node.error == ENOENT ? "read_error" : uw_unknown_word(node.error));
        return node.end != UW_NODE_HANGS;
    }
    bool answers = look_locked(tree, node.fd, drive);
    close(node.fd);
    return answers;
}
