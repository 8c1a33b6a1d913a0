/* SPDX-License-Identifier: Apache-2.0 */
#include "probe/ata_health.h"

#include <arpa/inet.h>
#include <string.h>

#include <atasmart.h>

#include "probe/sysfs.h"

/* ---- What the bytes say */

enum { HEADER = 8, STATUS_BYTES = 4, BLOB_BYTES = 4 * HEADER + 3 * UW_ATA_BLOCK_BYTES + STATUS_BYTES };
enum { RAW_BYTES = 6, REALLOCATED = 5, PENDING = 197 };

/* libatasmart's own form: for each record a name, the length, big endian, and the bytes. */
struct blob {
    uint8_t bytes[BLOB_BYTES];
    size_t used;
};

static void add(struct blob *blob, const char name[4], const void *data, size_t bytes)
{
    uint32_t length = htonl((uint32_t)bytes);
    uint8_t *at = blob->bytes + blob->used;
    memcpy(at, name, 4);
    memcpy(at + 4, &length, 4);
    memcpy(at + HEADER, data, bytes);
    blob->used += HEADER + bytes;
}

static SkDisk *disk_of(const uint8_t *identify, const uint8_t *data, const uint8_t *thresholds,
                       const bool *exceeded)
{
    struct blob blob = {.used = 0};
    SkDisk *disk = NULL;
    add(&blob, "IDFY", identify, UW_ATA_BLOCK_BYTES);
    if (exceeded != NULL) {
        uint32_t good = htonl(*exceeded ? 0 : 1);
        add(&blob, "SMST", &good, STATUS_BYTES);
    }
    add(&blob, "SMDT", data, UW_ATA_BLOCK_BYTES);
    if (thresholds != NULL)
        add(&blob, "SMTH", thresholds, UW_ATA_BLOCK_BYTES);
    if (sk_disk_open(NULL, &disk) != 0)
        return NULL;
    if (sk_disk_set_blob(disk, blob.bytes, blob.used) == 0)
        return disk;
    sk_disk_free(disk);
    return NULL;
}

/* What is beyond a document's integers is nonsense, and so is what the library calls unknown. */
static uint64_t told(uint64_t value)
{
    return value < 1ULL << 53 ? value : UINT64_MAX;
}

static void add_bad(struct uw_ata_health *health, const SkSmartAttributeParsedData *a, bool now)
{
    if (health->bad_count == UW_ATA_ATTRIBUTES)
        return;
    struct uw_ata_bad_attribute *bad = &health->bad[health->bad_count++];
    *bad = (struct uw_ata_bad_attribute){.id = a->id, .now = now};
    if (a->name != NULL)
        uw_clean_string(bad->name, sizeof bad->name, a->name, strlen(a->name));
}

static void take_attribute(SkDisk *disk, const SkSmartAttributeParsedData *a, void *user)
{
    struct uw_ata_health *health = user;
    bool now = a->good_now_valid && !a->good_now, past = a->good_in_the_past_valid && !a->good_in_the_past;
    (void)disk;
    if (now || past)
        add_bad(health, a, now);
    if (a->pretty_unit != SK_SMART_ATTRIBUTE_UNIT_SECTORS)
        return;
    if (a->id == REALLOCATED)
        health->reallocated_sectors = told(a->pretty_value);
    if (a->id == PENDING)
        health->pending_sectors = told(a->pretty_value);
}

/* "BAD_SECTOR_MANY": "bad-sector-many". */
static void take_status(SkDisk *disk, struct uw_ata_health *health)
{
    SkSmartOverall overall;
    if (sk_disk_smart_get_overall(disk, &overall) != 0)
        return;
    const char *word = sk_smart_overall_to_string(overall);
    for (size_t i = 0; word != NULL && word[i] != '\0' && i + 1 < sizeof health->status; i++)
        health->status[i] = (char)(word[i] == '_'                     ? '-'
                                   : word[i] >= 'A' && word[i] <= 'Z' ? word[i] + 32
                                                                      : word[i]);
}

bool uw_ata_decode_health(const uint8_t identify[UW_ATA_IDENTIFY_BYTES],
                          const uint8_t data[UW_ATA_BLOCK_BYTES], const uint8_t *thresholds,
                          const bool *exceeded, struct uw_ata_health *health)
{
    uint64_t value;
    *health = (struct uw_ata_health){.has_thresholds = thresholds != NULL,
                                     .temperature_k = UINT64_MAX,
                                     .power_on_hours = UINT64_MAX,
                                     .power_cycles = UINT64_MAX,
                                     .reallocated_sectors = UINT64_MAX,
                                     .pending_sectors = UINT64_MAX};
    SkDisk *disk = disk_of(identify, data, thresholds, exceeded);
    if (disk == NULL)
        return false;
    health->known = sk_disk_smart_parse_attributes(disk, take_attribute, health) == 0;
    if (sk_disk_smart_get_temperature(disk, &value) == 0)
        health->temperature_k = told(value / 1000);
    if (sk_disk_smart_get_power_on(disk, &value) == 0)
        health->power_on_hours = told(value / 3600000);
    if (sk_disk_smart_get_power_cycle(disk, &value) == 0)
        health->power_cycles = told(value);
    take_status(disk, health);
    sk_disk_free(disk);
    return health->known;
}

/* ---- What the drive is asked */

enum { GRACE_MS = 30000 };

static const char of_health[] = "health", of_status[] = "health.status", of_bad[] = "health.bad_attributes";

void uw_ata_set_health_unknown(struct uw_drive *drive, const char *reason)
{
    static const char *const members[] = {of_status,
                                          of_bad,
                                          "health.temperature_k",
                                          "health.power_on_hours",
                                          "health.power_cycles",
                                          "health.reallocated_sectors",
                                          "health.pending_sectors"};
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        uw_drive_set_known(drive, members[i]);
    uw_drive_set_unknown(drive, of_health, reason);
}

struct look {
    struct uw_sat *sat;
    int limit_ms;
    bool *stalled;
};

/* NULL: the drive did it; else why there is no answer. */
static const char *ask(const struct look *look, struct uw_ata_command *command)
{
    int limit_ms = look->limit_ms > 0 ? look->limit_ms : (int)command->timeout_ms + GRACE_MS;
    if (*look->stalled)
        return "not_probed";
    if (!uw_sat_ask(look->sat, command, limit_ms, look->stalled, NULL))
        return "read_error";
    if (command->outcome == UW_ATA_DONE)
        return NULL;
    if (command->outcome == UW_ATA_ABORTED)
        return "not_supported";
    return command->host_errno < 0 ? uw_unknown_word(-command->host_errno) : "read_error";
}

static const char *read_page(const struct look *look, struct uw_ata_command command)
{
    const char *reason = ask(look, &command);
    if (reason != NULL)
        return reason;
    return uw_ata_is_smart_page(command.data, command.data_bytes) ? NULL : "read_error";
}

static const char *read_status(const struct look *look, bool *exceeded)
{
    struct uw_ata_command command = uw_ata_smart_status();
    const char *reason = ask(look, &command);
    if (reason == NULL && !uw_ata_decode_smart_status(&command, exceeded))
        reason = "read_error";
    return reason;
}

static void name_missing(struct uw_drive *drive, const char *no_status, const char *no_thresholds)
{
    const struct uw_ata_health *h = &drive->ata.health;
    const struct {
        const char *field;
        uint64_t value;
    } numbers[] = {
        {"health.temperature_k", h->temperature_k},
        {"health.power_on_hours", h->power_on_hours},
        {"health.power_cycles", h->power_cycles},
        {"health.reallocated_sectors", h->reallocated_sectors},
        {"health.pending_sectors", h->pending_sectors},
    };
    uw_drive_set_known(drive, of_health);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (numbers[i].value == UINT64_MAX)
            uw_drive_set_unknown(drive, numbers[i].field, "not_supported");
    if (h->status[0] == '\0')
        uw_drive_set_unknown(drive, of_status, no_status != NULL ? no_status : "read_error");
    if (!h->has_thresholds)
        uw_drive_set_unknown(drive, of_bad, no_thresholds);
}

void uw_ata_read_health(struct uw_sat *sat, int limit_ms, bool *stalled, struct uw_drive *drive)
{
    const struct look look = {.sat = sat, .limit_ms = limit_ms, .stalled = stalled};
    const struct uw_ata_identify *identify = &drive->ata.identify;
    uint8_t data[UW_ATA_BLOCK_BYTES] = {0}, thresholds[UW_ATA_BLOCK_BYTES] = {0};
    bool exceeded = false;
    drive->ata.health = (struct uw_ata_health){.known = false};
    const char *reason =
        identify->smart_enabled ? read_page(&look, uw_ata_smart_data(data)) : "not_supported";
    if (reason != NULL) {
        uw_ata_set_health_unknown(drive, reason);
        return;
    }
    uw_ata_set_health_unknown(drive, "read_error");
    const char *no_thresholds = read_page(&look, uw_ata_smart_thresholds(thresholds));
    const char *no_status = read_status(&look, &exceeded);
    if (uw_ata_decode_health(identify->raw, data, no_thresholds == NULL ? thresholds : NULL,
                             no_status == NULL ? &exceeded : NULL, &drive->ata.health))
        name_missing(drive, no_status, no_thresholds);
}
