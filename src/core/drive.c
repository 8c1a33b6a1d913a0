/* SPDX-License-Identifier: Apache-2.0 */
#include "core/drive.h"
#include "core/drive_nvme.h"
#include "core/policy.h"
#include "core/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const bus_names[UW_BUS_COUNT] = {
    [UW_BUS_UNKNOWN] = "unknown", [UW_BUS_NVME] = "nvme",     [UW_BUS_NVME_FABRICS] = "nvme-fabrics",
    [UW_BUS_ATA] = "ata",         [UW_BUS_SCSI] = "scsi",     [UW_BUS_USB] = "usb",
    [UW_BUS_MMC] = "mmc",         [UW_BUS_VIRTIO] = "virtio", [UW_BUS_LOOP] = "loop",
    [UW_BUS_MAPPER] = "mapper",   [UW_BUS_FILE] = "file",
};

static const char *const media_names[UW_MEDIA_COUNT] = {
    [UW_MEDIA_UNKNOWN] = "unknown", [UW_MEDIA_HDD] = "hdd",
    [UW_MEDIA_HDD_SMR] = "hdd-smr", [UW_MEDIA_HDD_ZONED] = "hdd-zoned",
    [UW_MEDIA_SSD] = "ssd",         [UW_MEDIA_EMMC] = "emmc",
    [UW_MEDIA_SD] = "sd",           [UW_MEDIA_USB_FLASH] = "usb-flash",
    [UW_MEDIA_VOLUME] = "volume",   [UW_MEDIA_VIRTUAL] = "virtual",
    [UW_MEDIA_FILE] = "file",
};

const char *uw_bus_name(enum uw_bus bus)
{
    return (unsigned)bus < UW_BUS_COUNT ? bus_names[bus] : bus_names[UW_BUS_UNKNOWN];
}

const char *uw_media_name(enum uw_media media)
{
    return (unsigned)media < UW_MEDIA_COUNT ? media_names[media] : media_names[UW_MEDIA_UNKNOWN];
}

void uw_clean_string(char *to, size_t to_bytes, const char *from, size_t from_bytes)
{
    if (to_bytes == 0)
        return;
    const char *p = from;
    size_t left = from == NULL ? 0 : strnlen(from, from_bytes);
    size_t used = 0;
    while (left > 0 && *p == ' ') {
        p++;
        left--;
    }
    while (left > 0) {
        uint32_t point = 0;
        size_t taken = uw_text_character(p, left, &point);
        bool bad = taken == 0 || uw_text_is_unsafe(point) || uw_text_is_joiner(point);
        size_t given = bad ? 1 : taken;
        if (used + given >= to_bytes)
            break;
        if (bad)
            to[used] = '?';
        else
            memcpy(to + used, p, given);
        used += given;
        p += taken == 0 ? 1 : taken;
        left -= taken == 0 ? 1 : taken;
    }
    while (used > 0 && to[used - 1] == ' ')
        used--;
    to[used] = '\0';
}

bool uw_is_zoned(const struct uw_drive *d)
{
    return d->zoned || d->media == UW_MEDIA_HDD_ZONED;
}

void uw_drive_clear(struct uw_drive *drive)
{
    for (size_t i = 0; i < drive->content_type_count; i++)
        free(drive->content_types[i]);
    free(drive->content_types);
    free(drive->uses);
    memset(drive, 0, sizeof *drive);
}

bool uw_drive_add_use(struct uw_drive *drive, const char *kind, const char *by)
{
    struct uw_use *uses = reallocarray(drive->uses, drive->use_count + 1, sizeof *uses);
    if (uses == NULL)
        return false;
    drive->uses = uses;
    struct uw_use *use = &uses[drive->use_count++];
    uw_clean_string(use->kind, sizeof use->kind, kind, strlen(kind));
    uw_clean_string(use->by, sizeof use->by, by, strlen(by));
    return true;
}

bool uw_drive_add_content(struct uw_drive *drive, const char *type)
{
    char **types = reallocarray(drive->content_types, drive->content_type_count + 1, sizeof *types);
    if (types == NULL)
        return false;
    drive->content_types = types;
    char *copy = malloc(UW_NAME_BYTES);
    if (copy == NULL)
        return false;
    uw_clean_string(copy, UW_NAME_BYTES, type, strlen(type));
    types[drive->content_type_count++] = copy;
    return true;
}

void uw_drive_set_unknown(struct uw_drive *drive, const char *field, const char *reason)
{
    size_t i = 0;
    while (i < drive->unknown_count && strcmp(drive->unknown[i].field, field) != 0)
        i++;
    if (i == UW_UNKNOWNS)
        return;
    snprintf(drive->unknown[i].field, sizeof drive->unknown[i].field, "%s", field);
    snprintf(drive->unknown[i].reason, sizeof drive->unknown[i].reason, "%s", reason);
    if (i == drive->unknown_count)
        drive->unknown_count++;
}

void uw_drive_set_known(struct uw_drive *drive, const char *field)
{
    for (size_t i = 0; i < drive->unknown_count; i++)
        if (strcmp(drive->unknown[i].field, field) == 0) {
            drive->unknown[i] = drive->unknown[--drive->unknown_count];
            return;
        }
}

const char *uw_drive_unknown_reason(const struct uw_drive *drive, const char *field)
{
    for (size_t i = 0; i < drive->unknown_count; i++)
        if (strcmp(drive->unknown[i].field, field) == 0)
            return drive->unknown[i].reason;
    return NULL;
}

void uw_drive_set_id(struct uw_drive *drive, bool serial_is_unique)
{
    if (serial_is_unique && drive->serial[0] != '\0') {
        snprintf(drive->id, sizeof drive->id, "%s", drive->serial);
        return;
    }
    char name[UW_DRIVE_STRING_BYTES];
    uw_clean_string(name, sizeof name, drive->name, sizeof drive->name);
    snprintf(drive->id, sizeof drive->id, "%s:%" PRIu64, name, drive->bytes);
}

struct uw_identity uw_drive_identity(const struct uw_drive *drive)
{
    struct uw_identity identity = {.bytes = drive->bytes, .disk_sequence = drive->disk_sequence};
    snprintf(identity.serial, sizeof identity.serial, "%s", drive->serial);
    snprintf(identity.wwn, sizeof identity.wwn, "%s", drive->wwn);
    bool file = drive->bus == UW_BUS_FILE;
    identity.devnum = file ? drive->file_dev : drive->devnum;
    identity.inode = file ? drive->file_inode : 0;
    return identity;
}

const char *uw_identity_difference(const struct uw_identity *a, const struct uw_identity *b)
{
    if (strcmp(a->serial, b->serial) != 0)
        return "serial";
    if (strcmp(a->wwn, b->wwn) != 0)
        return "wwn";
    if (a->bytes != b->bytes)
        return "bytes";
    if (a->disk_sequence != b->disk_sequence)
        return "disk_sequence";
    if (a->devnum != b->devnum)
        return "devnum";
    return a->inode != b->inode ? "inode" : NULL;
}

bool uw_identity_is_gone(const struct uw_identity *seen)
{
    return seen->gone || (seen->bytes == 0 && seen->inode == 0);
}

bool uw_errno_is_gone(int errno_value)
{
    return errno_value == ENODEV || errno_value == ENXIO || errno_value == ENOMEDIUM;
}

static bool put(json_t *object, const char *key, json_t *value)
{
    return json_object_set_new(object, key, value) == 0;
}

/* Paths may hold any byte but NUL; documents hold text. */
json_t *uw_clean_json(const char *s)
{
    char clean[UW_PATH_BYTES];
    uw_clean_string(clean, sizeof clean, s, strlen(s));
    return clean[0] == '\0' ? json_null() : json_string(clean);
}

/* Integers in documents stay below 2^53 (RFC 8785, appendix D: what an IEEE 754 double holds exactly). */
static json_t *number(uint64_t value)
{
    return value < 1ULL << 53 ? json_integer((json_int_t)value) : json_null();
}

static json_t *number_or_null(uint64_t value)
{
    return value == 0 ? json_null() : number(value);
}

static json_t *uses_json(const struct uw_drive *drive)
{
    json_t *list = json_array();
    for (size_t i = 0; i < drive->use_count; i++) {
        const struct uw_use *use = &drive->uses[i];
        if (json_array_append_new(list, json_pack("{s:s, s:s}", "kind", use->kind, "by", use->by)) == 0)
            continue;
        json_decref(list);
        return NULL;
    }
    return list;
}

/* Names every null member of `o` in `unknown`, with the reason on record. What has none was looked for and is
 * not there: content that nothing recognises. */
static bool name_nulls(const struct uw_drive *drive, json_t *o, json_t *unknown)
{
    const char *key;
    json_t *value;
    json_object_foreach(o, key, value) {
        const char *reason = uw_drive_unknown_reason(drive, key);
        if (!json_is_null(value) && (reason == NULL || strcmp(key, "in_use") != 0))
            continue;
        if (!put(unknown, key, json_string(reason != NULL ? reason : "not_applicable")))
            return false;
    }
    return true;
}

static bool list_members(const struct uw_drive *drive, json_t *o)
{
    bool sized = drive->bytes != 0 || uw_drive_unknown_reason(drive, "bytes") == NULL;
    return put(o, "device", uw_clean_json(drive->device)) &&
           put(o, "bus", json_string(uw_bus_name(drive->bus))) &&
           put(o, "media", json_string(uw_media_name(drive->media))) &&
           put(o, "bytes", sized ? number(drive->bytes) : json_null()) &&
           put(o, "logical_block_bytes", number_or_null(drive->logical_block_bytes)) &&
           put(o, "physical_block_bytes", number_or_null(drive->physical_block_bytes)) &&
           put(o, "model", uw_clean_json(drive->model)) && put(o, "serial", uw_clean_json(drive->serial)) &&
           put(o, "firmware", uw_clean_json(drive->firmware)) && put(o, "wwn", uw_clean_json(drive->wwn)) &&
           put(o, "id", uw_clean_json(drive->id)) && put(o, "in_use", uses_json(drive)) &&
           put(o, "boot_medium", json_boolean(drive->boot_medium)) &&
           put(o, "content", uw_clean_json(drive->content)) &&
           put(o, "partitions", number(drive->partitions)) &&
           put(o, "read_only", json_boolean(drive->read_only)) &&
           put(o, "source", uw_clean_json(drive->source));
}

json_t *uw_drive_list_json(const struct uw_drive *drive)
{
    json_t *o = json_object();
    json_t *unknown = json_object();
    bool ok = list_members(drive, o) && name_nulls(drive, o, unknown) &&
              json_object_set(o, "unknown", unknown) == 0;
    json_decref(unknown);
    if (ok)
        return o;
    json_decref(o);
    return NULL;
}

json_t *uw_drive_looked_json(const struct uw_drive *drive)
{
    static const struct {
        unsigned looked;
        const char *words;
    } checks[] = {
        {UW_LOOKED_MOUNTS, "mounts"},      {UW_LOOKED_NAMESPACES, "other mount namespaces"},
        {UW_LOOKED_SWAP, "swap"},          {UW_LOOKED_HOLDERS, "holders"},
        {UW_LOOKED_LOOPS, "loop devices"}, {UW_LOOKED_BTRFS, "btrfs members"},
        {UW_LOOKED_ZFS, "zfs members"},
    };
    json_t *list = json_array();
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++)
        if (drive->looked & checks[i].looked)
            json_array_append_new(list, json_string(checks[i].words));
    return list;
}

/* A namespace that a network leads to stays one: what it lies on is not seen. */
static const char *scope(const struct uw_drive *drive)
{
    if (drive->is_partition)
        return "partition";
    bool on_something = drive->bus == UW_BUS_LOOP || drive->bus == UW_BUS_MAPPER ||
                        drive->bus == UW_BUS_FILE || drive->media == UW_MEDIA_VOLUME ||
                        drive->media == UW_MEDIA_VIRTUAL;
    if (on_something || !drive->hardware)
        return "logical-volume";
    if (drive->bus == UW_BUS_NVME)
        return uw_is_whole_nvme(drive) ? "whole-drive" : "namespace";
    return drive->bus == UW_BUS_NVME_FABRICS ? "namespace" : "whole-drive";
}

static json_t *capacity_json(const struct uw_drive *drive)
{
    uint32_t block = drive->logical_block_bytes;
    json_t *o = json_object();
    if (put(o, "logical_block_bytes", number_or_null(block)) &&
        put(o, "physical_block_bytes", number_or_null(drive->physical_block_bytes)) &&
        put(o, "bytes", number_or_null(drive->bytes)) &&
        put(o, "blocks",
            number_or_null(block == 0 ? 0 : drive->bytes / block + (drive->bytes % block != 0))) &&
        put(o, "native_max", number_or_null(drive->ata.native_sectors)) &&
        put(o, "dco_max", number_or_null(drive->ata.dco_sectors)) &&
        put(o, "total_nvm", uw_clean_json(drive->nvme.controller.total_bytes)) &&
        put(o, "unallocated_nvm", uw_clean_json(drive->nvme.controller.unallocated_bytes)))
        return o;
    json_decref(o);
    return NULL;
}

json_t *uw_drive_medium_json(const struct uw_drive *drive)
{
    json_t *o = json_object();
    if (put(o, "vendor", uw_clean_json(drive->vendor)) && put(o, "model", uw_clean_json(drive->model)) &&
        put(o, "serial", uw_clean_json(drive->serial)) &&
        put(o, "serial_source", uw_clean_json(drive->serial_source)) &&
        put(o, "firmware", uw_clean_json(drive->firmware)) && put(o, "wwn", uw_clean_json(drive->wwn)) &&
        put(o, "wwn_source", uw_clean_json(drive->wwn_source)) && uw_nvme_add_names(o, &drive->nvme) &&
        put(o, "type", json_string(uw_media_name(drive->media))) &&
        put(o, "type_evidence", uw_clean_json(drive->media_evidence)) &&
        put(o, "bus", json_string(uw_bus_name(drive->bus))) &&
        put(o, "device", uw_clean_json(drive->device)) && put(o, "path", uw_clean_json(drive->path)) &&
        put(o, "bay", json_null()) && put(o, "bridge", json_null()) &&
        put(o, "scope", json_string(scope(drive))) && put(o, "capacity", capacity_json(drive)) &&
        put(o, "disk_sequence", number_or_null(drive->disk_sequence)))
        return o;
    json_decref(o);
    return NULL;
}
