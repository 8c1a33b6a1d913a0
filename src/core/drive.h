/* SPDX-License-Identifier: Apache-2.0 */
/* What a drive is, as far as the probe could tell. Pure data; the probe fills it, all others read it. */
#ifndef UW_CORE_DRIVE_H
#define UW_CORE_DRIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <jansson.h>

#include "core/ata.h"
#include "core/nvme.h"
#include "core/tcg.h"

enum uw_bus {
    UW_BUS_UNKNOWN = 0,
    UW_BUS_NVME,
    UW_BUS_NVME_FABRICS,
    UW_BUS_ATA,
    UW_BUS_SCSI, /* SAS, parallel SCSI, Fibre Channel, iSCSI, RAID volumes behind a HBA */
    UW_BUS_USB,
    UW_BUS_MMC,
    UW_BUS_VIRTIO,
    UW_BUS_LOOP,
    UW_BUS_MAPPER, /* device-mapper, md and other devices made of devices */
    UW_BUS_FILE,
    UW_BUS_COUNT
};

enum uw_media {
    UW_MEDIA_UNKNOWN = 0,
    UW_MEDIA_HDD,
    UW_MEDIA_HDD_SMR,   /* zoned, host aware or drive managed as far as the kernel knows */
    UW_MEDIA_HDD_ZONED, /* zoned, host managed: plain overwriting is refused by the drive */
    UW_MEDIA_SSD,
    UW_MEDIA_EMMC,
    UW_MEDIA_SD,
    UW_MEDIA_USB_FLASH,
    UW_MEDIA_VOLUME,  /* loop, device-mapper, md: lies on something else */
    UW_MEDIA_VIRTUAL, /* a hypervisor's disk */
    UW_MEDIA_FILE,
    UW_MEDIA_COUNT
};

enum { UW_NAME_BYTES = 64, UW_PATH_BYTES = 512, UW_DRIVE_STRING_BYTES = 256, UW_KIND_BYTES = 24 };

/* Who uses a drive, e.g. {"mount", "/srv on /dev/sda1"}. Kinds: mount, swap, holder, loop, zfs, btrfs,
 * exclusive. */
struct uw_use {
    char kind[UW_KIND_BYTES];
    char by[UW_DRIVE_STRING_BYTES];
};

/* Why a field has no value: not_supported, read_error, not_probed, no_permission, redacted, not_applicable.
 */
struct uw_unknown {
    char field[32]; /* JSON name below "medium", e.g. "serial" */
    char reason[20];
};

enum { UW_UNKNOWNS = 48 };

/* Where users were looked for, and everything there could be read. */
enum uw_looked {
    UW_LOOKED_MOUNTS = 1 << 0,     /* of our mount namespace */
    UW_LOOKED_NAMESPACES = 1 << 1, /* mounts of all others that are seen from here */
    UW_LOOKED_SWAP = 1 << 2,
    UW_LOOKED_HOLDERS = 1 << 3,
    UW_LOOKED_LOOPS = 1 << 4,
    UW_LOOKED_BTRFS = 1 << 5,
    UW_LOOKED_ZFS = 1 << 6,
};

/* How the zones of a zoned drive stand (ZBC-2, ZAC-2, NVMe ZNS 1.1; linux/blkzoned.h). */
struct uw_zones {
    uint64_t count;
    uint64_t zone_bytes;     /* of each but the last */
    uint64_t sequential;     /* zones that are written in order only, from their start */
    uint64_t read_only;      /* that take no writes any more */
    uint64_t offline;        /* that take nothing any more */
    uint64_t unusable_bytes; /* addresses at the ends of zones whose capacity is less than their size */
};

/* Strings are empty where there is no value (then named in `unknown`); they hold valid UTF-8 without control
 * characters. Made by the probe, owned by whoever called it; free with uw_drive_clear. */
struct uw_drive {
    char target[UW_PATH_BYTES];          /* what the user named; the device where nobody did */
    char device[UW_PATH_BYTES];          /* the kernel node or the absolute path of a file */
    char name[UW_NAME_BYTES * 4];        /* the node's or the file's last path component */
    char id[UW_DRIVE_STRING_BYTES + 32]; /* what --confirm takes */

    enum uw_bus bus;
    enum uw_media media;
    char media_evidence[96]; /* why `media`, e.g. "queue/rotational=0" */
    bool zoned; /* host managed: its zones are written in order only, be it a drive or a volume */
    uint64_t bytes;
    uint32_t logical_block_bytes;  /* 512..65536; unit of addresses */
    uint32_t physical_block_bytes; /* >= logical_block_bytes */

    char vendor[UW_NAME_BYTES];
    char model[UW_DRIVE_STRING_BYTES];
    char serial[UW_DRIVE_STRING_BYTES];
    char firmware[UW_NAME_BYTES];
    char wwn[UW_DRIVE_STRING_BYTES];
    char serial_source[UW_NAME_BYTES]; /* where it was read, e.g. "udev ID_SERIAL_SHORT" or "sysfs
                                          device/vpd_pg80" */
    char wwn_source[UW_NAME_BYTES];
    char path[UW_DRIVE_STRING_BYTES]; /* topology: ID_PATH or the sysfs device path */
    char source[8];                   /* "udev", "sysfs" or "file" */
    char below[UW_PATH_BYTES];        /* of a loop device over a block device: whose bytes they are */

    dev_t devnum;   /* 0 for a file */
    dev_t file_dev; /* of a file: st_dev and st_ino */
    ino_t file_inode;
    uint64_t disk_sequence; /* BLKGETDISKSEQ; 0 where there is none */
    bool is_partition;
    bool read_only;
    bool boot_medium;
    bool hardware; /* a drive of its own (what --all means), not a loop device, volume or file */

    char content[UW_NAME_BYTES]; /* partition table or file system type, "" = nothing recognised */
    unsigned partitions;         /* partitions the kernel knows */
    char **content_types;        /* types found on the drive and its partitions; no labels */
    size_t content_type_count;

    struct uw_ata ata;                /* known: an ATA drive that answered, also behind a bridge */
    struct uw_nvme nvme;              /* known: an NVMe namespace that answered */
    struct uw_tcg tcg;                /* known: a drive that encrypts itself answered */
    char psid[UW_TCG_PSID_BYTES + 1]; /* what its label says, where the operator gave it; in no document */

    struct uw_use *uses;
    size_t use_count;
    unsigned looked; /* UW_LOOKED_... */
    struct uw_unknown unknown[UW_UNKNOWNS];
    size_t unknown_count;
};

/* Names as they stand in JSON ("nvme", "usb-flash"); never NULL. */
const char *uw_bus_name(enum uw_bus bus);
const char *uw_media_name(enum uw_media media);
/* Host managed, whatever it is made of. */
bool uw_is_zoned(const struct uw_drive *drive);

/* Frees what the drive owns and zeroes it. */
void uw_drive_clear(struct uw_drive *drive);

/* false when memory ran out. `by` is cleaned by uw_clean_string. */
bool uw_drive_add_use(struct uw_drive *drive, const char *kind, const char *by);
bool uw_drive_add_content(struct uw_drive *drive, const char *type);
void uw_drive_set_unknown(struct uw_drive *drive, const char *field, const char *reason);
void uw_drive_set_known(struct uw_drive *drive, const char *field); /* after all: takes the reason away */
const char *uw_drive_unknown_reason(const struct uw_drive *drive, const char *field); /* NULL: known */

/* Sets drive->id: the serial if it is there and `serial_is_unique`, else NAME:BYTES. */
void uw_drive_set_id(struct uw_drive *drive, bool serial_is_unique);

/* Copies what a drive or kernel said into `to`: leading and trailing spaces go; control characters,
 * characters that reorder or break a line or have no width (core/text.h) and bytes that are not valid UTF-8
 * become '?'; too long is cut at a character's border. `from` ends at a NUL, which need not be there. */
void uw_clean_string(char *to, size_t to_bytes, const char *from, size_t from_bytes);

/* The cleaned text as JSON, null where nothing is left; new reference. */
json_t *uw_clean_json(const char *text);

/* What says that two looks at a node saw the same drive. */
struct uw_identity {
    char serial[UW_DRIVE_STRING_BYTES];
    char wwn[UW_DRIVE_STRING_BYTES];
    uint64_t bytes;
    uint64_t disk_sequence;
    dev_t devnum; /* a file: st_dev */
    ino_t inode;  /* a block device: 0 */
    bool gone;    /* a block device: the kernel has none under this number any more */
};
struct uw_identity uw_drive_identity(const struct uw_drive *drive);
/* NULL if both are the same, else the name of the first field that differs. */
const char *uw_identity_difference(const struct uw_identity *a, const struct uw_identity *b);
/* Whether nothing is there any more that could be another drive: the device left, or its medium did. */
bool uw_identity_is_gone(const struct uw_identity *seen);
bool uw_errno_is_gone(int errno_value); /* what the kernel answers for such a drive */

/* Documents. New references; NULL when memory ran out. */
json_t *uw_drive_list_json(const struct uw_drive *drive);   /* one entry of list --json */
json_t *uw_drive_medium_json(const struct uw_drive *drive); /* certificate.medium */
/* certificate.before.use_checks as far as the probe made them: a list of words. */
json_t *uw_drive_looked_json(const struct uw_drive *drive);

/* What the drive says that it can do, decoded and raw; members are null where that is not known. An NVMe
 * drive: {"sanitize", "format", "sanitize_status", "sharing", "raw"}; an ATA drive: {"security", "sanitize",
 * "sanitize_status", "path", "raw"}; empty of others. */
json_t *uw_drive_capabilities_json(const struct uw_drive *drive);
/* {"hpa", "dco", "amax", "rpmb"}: "none", "present", or null where that is not known. */
json_t *uw_drive_hidden_json(const struct uw_drive *drive);
json_t *uw_tcg_json(const struct uw_drive *drive); /* its member of a drive that encrypts itself */
/* Of an NVMe drive {"critical_warning", "percentage_used", ...}, of an ATA drive {"status", "temperature_k",
 * ...}; null where it did not say, empty of others. */
json_t *uw_drive_health_json(const struct uw_drive *drive);
/* What the drive says against its own health, in words; NULL: nothing, or it does not say. */
const char *uw_drive_health_doubt(const struct uw_drive *drive);
/* Namespaces that the drive keeps and its controller does not show; false: could not tell. */
bool uw_drive_unattached_namespaces(const struct uw_drive *drive, uint64_t *count);

#endif
