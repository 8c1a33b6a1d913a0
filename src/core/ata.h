/* SPDX-License-Identifier: Apache-2.0 */
/* What an ATA drive says of itself, as far as erasing needs it. Pure data: wire/ata.h decodes it, the probe
 * fills it. Words and bits: ATA Command Set - 4 (ACS-4), IDENTIFY DEVICE and the IDENTIFY DEVICE data log
 * (30h). */
#ifndef UW_CORE_ATA_H
#define UW_CORE_ATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UW_ATA_IDENTIFY_BYTES = 512, UW_ATA_NOT_TOLD = 0, UW_ATA_BEYOND = UINT16_MAX };

/* IDENTIFY DEVICE (ECh). */
struct uw_ata_identify {
    bool known; /* read, and its checksum (word 255) right where it has one */
    bool has_checksum;
    char serial[24], model[44], firmware[12]; /* cleaned, see uw_clean_string */
    uint64_t wwn;                             /* words 108..111; 0: none */
    uint64_t sectors;                         /* words 230..233, 100..103 or 60..61: addressable now */
    uint32_t logical_block_bytes;             /* words 106, 117..118 */
    uint16_t rotation;                        /* word 217: 1 flash, 0401h..FFFEh rpm; 0: not told */
    bool address_48;                          /* word 83 bit 10: takes 48-bit addresses */
    bool encrypts_all;                        /* word 69 bit 4 */
    bool write_cache;                         /* enabled, word 85 bit 5 */
    /* Sanitize, word 59. */
    bool sanitize, sanitize_block, sanitize_overwrite, sanitize_crypto, sanitize_antifreeze;
    /* Security, words 82, 85, 128; times in minutes, words 89 and 90: UW_ATA_NOT_TOLD, UW_ATA_BEYOND: more
     * than the word can say. */
    bool security, security_enabled, security_locked, security_frozen, security_expired;
    bool security_enhanced, security_maximum;
    uint16_t erase_minutes, enhanced_minutes, master_id;
    bool smart, smart_enabled; /* words 82 and 85, bit 0 */
    /* Areas that may be hidden: words 82/85 bit 10, 83/86 bit 11, 119/120 bit 8. */
    bool hpa, hpa_enabled, hpa_locked_by_password, dco, amax;
    uint8_t raw[UW_ATA_IDENTIFY_BYTES];
};

/* Log 30h, pages 03h and 06h; what word 59 cannot say. */
struct uw_ata_log {
    bool known;
    bool definitive_ending_pattern;              /* page 03h */
    bool restricted_sanitize_overrides_security; /* page 06h, qword 48 bit 7 */
};

enum uw_ata_sanitize_state {
    UW_ATA_SANITIZE_IDLE = 0, /* nothing recorded */
    UW_ATA_SANITIZE_FROZEN,
    UW_ATA_SANITIZE_RUNNING,
    UW_ATA_SANITIZE_DONE,   /* the last one ended without error */
    UW_ATA_SANITIZE_FAILED, /* it ended, and some sectors were not sanitized */
    UW_ATA_SANITIZE_UNKNOWN /* the answer is none of these */
};

/* SANITIZE STATUS EXT, as its registers tell it. */
struct uw_ata_sanitize_status {
    bool known;
    uint8_t state; /* enum uw_ata_sanitize_state */
    bool frozen, antifreeze;
    uint16_t progress; /* of 65536; FFFFh: at rest */
    uint16_t count;    /* the register as it is */
    uint64_t lba;
    uint8_t status, error;
};

/* What the way to the drive lets through. */
enum uw_ata_path {
    UW_ATA_PATH_NONE = 0,     /* takes no ATA commands, or was not asked */
    UW_ATA_PATH_DATA_ONLY,    /* data come through, result registers do not */
    UW_ATA_PATH_COUNT_ZEROED, /* COUNT of commands without data is lost on the way */
    UW_ATA_PATH_WHOLE         /* registers come back as they were sent */
};

enum { UW_ATA_ATTRIBUTES = 30, UW_ATA_ATTRIBUTE_BYTES = 48 };

/* A SMART attribute that stands, or once stood, at its threshold or below. */
struct uw_ata_bad_attribute {
    uint8_t id;
    bool now; /* else: in the past */
    char name[UW_ATA_ATTRIBUTE_BYTES];
};

/* What SMART tells. Numbers: UINT64_MAX where the drive does not count it. */
struct uw_ata_health {
    bool known;          /* its data were read */
    char status[32];     /* all of it in a word, "good" or "bad-..."; empty: could not be told */
    bool has_thresholds; /* read: without them no attribute is found bad */
    uint64_t temperature_k, power_on_hours, power_cycles, reallocated_sectors, pending_sectors;
    struct uw_ata_bad_attribute bad[UW_ATA_ATTRIBUTES];
    size_t bad_count;
};

enum uw_hidden { UW_HIDDEN_UNKNOWN = 0, UW_HIDDEN_NONE, UW_HIDDEN_PRESENT };

struct uw_ata {
    bool known; /* IDENTIFY was read through a path that fits the drive that the host sees */
    enum uw_ata_path path;
    struct uw_ata_identify identify;
    struct uw_ata_log log;
    struct uw_ata_sanitize_status sanitize;
    enum uw_hidden hpa, dco, amax;
    uint64_t native_sectors; /* with what HPA or AMAX hides; 0: not known */
    uint64_t dco_sectors;    /* of DCO IDENTIFY; 0: not known */
    struct uw_ata_health health;
};

#endif
