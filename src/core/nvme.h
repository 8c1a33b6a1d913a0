/* SPDX-License-Identifier: Apache-2.0 */
/* What an NVMe drive says of itself, as far as erasing needs it. Pure data: wire/nvme.h decodes it, the probe
 * fills it. Offsets and bits: NVM Express Base Specification 2.0, section 5. */
#ifndef UW_CORE_NVME_H
#define UW_CORE_NVME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    UW_NVME_NAMESPACES = 128, /* listed; a drive with more says so in `more` */
    UW_NVME_NAME_BYTES = 64,
    UW_NVME_NQN_BYTES = 256,
    UW_NVME_CAPACITY_BYTES = 40 /* a 128-bit number in decimal */
};

/* Identify Controller, CNS 01h. */
struct uw_nvme_controller {
    bool known;
    char serial[24], model[44], firmware[12]; /* cleaned, see uw_clean_string */
    char subsystem[UW_NVME_NQN_BYTES];        /* SUBNQN, cleaned; empty: not given */
    uint8_t cmic;                             /* byte 76; bit 1: may have several controllers */
    uint32_t version;                         /* byte 80: e.g. 0x00010400 */
    uint16_t oacs;                            /* byte 256; bit 1 Format NVM, bit 3 namespace management */
    uint8_t lpa;                              /* byte 261 */
    char total_bytes[UW_NVME_CAPACITY_BYTES]; /* TNVMCAP, byte 280; empty: 0, not reported */
    char unallocated_bytes[UW_NVME_CAPACITY_BYTES]; /* UNVMCAP, byte 296; "0" is a value where TNVMCAP is one
                                                     */
    uint8_t rpmb_units; /* RPMBS, byte 312, bits 2:0: replay protected memory blocks, which no erase reaches
                           (8.21: a sanitize leaves them as they are) */
    uint32_t sanicap;   /* byte 328 */
    uint32_t namespaces_max; /* NN, byte 516 */
    uint16_t oncs;           /* byte 520 */
    uint8_t fna;             /* byte 524 */
    uint8_t vwc;             /* byte 525 */
};

/* SANICAP */
enum {
    UW_NVME_SANICAP_CRYPTO = 1U << 0,
    UW_NVME_SANICAP_BLOCK = 1U << 1,
    UW_NVME_SANICAP_OVERWRITE = 1U << 2,
    UW_NVME_SANICAP_NO_DEALLOCATE_INHIBITED = 1U << 29,
    UW_NVME_OACS_SECURITY = 1U << 0, /* Security Send and Receive */
    UW_NVME_OACS_FORMAT = 1U << 1,
    UW_NVME_OACS_NAMESPACES = 1U << 3, /* it manages namespaces */
    UW_NVME_FNA_FORMAT_ALL = 1U << 0,
    UW_NVME_FNA_ERASE_ALL = 1U << 1,
    UW_NVME_FNA_CRYPTO = 1U << 2,
    UW_NVME_FNA_NO_BROADCAST = 1U << 3,
    UW_NVME_CMIC_CONTROLLERS = 1U << 1,
    UW_NVME_NMIC_SHARED = 1U << 0,
    UW_NVME_NSATTR_WRITE_PROTECTED = 1U << 0
};

/* Identify Namespace, CNS 00h. */
struct uw_nvme_namespace {
    bool known;
    uint32_t nsid;
    uint64_t blocks;        /* NSZE */
    uint8_t format_index;   /* of FLBAS: bits 6:5 and 3:0 */
    bool extended_metadata; /* FLBAS bit 4 */
    uint8_t protection;     /* DPS bits 2:0 */
    bool protection_first;  /* DPS bit 3 */
    uint8_t nmic;
    uint8_t format_progress;     /* FPI: bit 7 valid, 6:0 percent remaining */
    uint8_t deallocated;         /* DLFEAT bits 2:0: 0 not said, 1 zeros, 2 FFh */
    uint8_t attributes;          /* NSATTR */
    uint8_t eui64[8], nguid[16]; /* all zero: none */
    uint16_t metadata_bytes;     /* of the format in use */
    uint32_t block_bytes;        /* of the format in use; 0: the drive says nonsense */
};

struct uw_nvme_list {
    bool known;
    uint32_t ids[UW_NVME_NAMESPACES]; /* ascending */
    size_t count;
    bool more; /* the drive has more than fit */
};

/* CDW10 of Sanitize, and SCDW10 of the log. */
enum { UW_NVME_SANITIZE_AUSE = 1U << 3 }; /* where it fails the drive may be told to leave that state */

/* Sanitize Status log page, 81h. */
enum uw_nvme_sanitize_state {
    UW_NVME_SANITIZE_NEVER = 0,
    UW_NVME_SANITIZE_SUCCESS = 1,
    UW_NVME_SANITIZE_RUNNING = 2,
    UW_NVME_SANITIZE_FAILED = 3,
    UW_NVME_SANITIZE_SUCCESS_DEALLOCATED = 4 /* although no deallocation was asked for */
    /* 5..7: reserved, and no success */
};

enum { UW_NVME_SANITIZE_RAW_BYTES = 40 };

struct uw_nvme_sanitize_log {
    bool known;
    uint16_t progress; /* SPROG, of 65536; means something while running alone */
    uint16_t status;   /* SSTAT as it is */
    uint8_t state;     /* enum uw_nvme_sanitize_state, or a reserved value */
    uint8_t passes_done;
    bool global_erased; /* SSTAT bit 8: nothing was written since the last successful sanitize */
    uint32_t cdw10;     /* SCDW10: of the command that began it */
    bool verifying; /* SSI (Base Specification 2.1, 5.1.12.1.33): its Media Verification state, which nothing
                       but the command that ends it leads out of; old controllers have zeros there */
    /* Seconds; UINT32_MAX: not reported; 0: done when the command completes. */
    uint32_t overwrite_s, block_s, crypto_s;
    uint32_t overwrite_kept_s, block_kept_s, crypto_kept_s; /* with no-deallocate */
    uint8_t raw[UW_NVME_SANITIZE_RAW_BYTES];                /* the page's first bytes, for the record */
};

/* SMART / Health log page, 02h. */
struct uw_nvme_health {
    bool known;
    uint8_t critical_warning, percentage_used, available_spare;
    uint16_t temperature_k;
    uint64_t power_on_hours, power_cycles, unsafe_shutdowns, media_errors; /* UINT64_MAX: 2^53 and more */
};

/* All of it for one namespace. */
struct uw_nvme {
    bool known;                    /* controller and namespace were read */
    char node[UW_NVME_NAME_BYTES]; /* the controller's, "nvme0" */
    struct uw_nvme_controller controller;
    struct uw_nvme_namespace ns;
    struct uw_nvme_list active;    /* CNS 02h */
    struct uw_nvme_list allocated; /* CNS 10h; not known without namespace management */
    struct uw_nvme_sanitize_log sanitize;
    struct uw_nvme_health health;
};

#endif
