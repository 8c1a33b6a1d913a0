/* SPDX-License-Identifier: Apache-2.0 */
#include "zoned_devices.h"

#include <errno.h>

/* The drives have 8 zones of 512 blocks of 512 bytes where a row says nothing else, full of old data: a
 * transfer of 1 MiB would span four. LBA 1300 is in the middle of zone 3, counted from 1. What a drive does
 * badly begins with the reset before the first pass. */
enum { ZONE = 512, ZONE_3 = 2 * ZONE, MIDDLE = 1300 };
#define MIB (1ULL << 20)
#define SATA .facts = {.bus = UW_BUS_ATA, .media = UW_MEDIA_HDD_ZONED}
#define SAS .facts = {.bus = UW_BUS_SCSI, .media = UW_MEDIA_HDD_ZONED}
#define ZONES(...) .config.zones = {.blocks = ZONE, __VA_ARGS__}
#define ALL_ALIKE .config.zones.blocks = ZONE
#define FAULTS .config.faults
#define AFTER_RESET .after_resets = 1

#define SANITIZED .verdict = "sanitized", .exit_code = 0, .why = "addressable blocks were overwritten"
#define WITH_EXCEPTIONS                                                                                      \
    .verdict = "sanitized-with-exceptions", .exit_code = 0, .why = "addressable blocks were overwritten"
/* Whatever the read-back counts. */
#define UNCOUNTED .mismatches = DEVICE_EITHER, .canaries = DEVICE_EITHER, .unreadable = DEVICE_EITHER
#define REFUSED .verdict = "refused", .exit_code = 3, .why = "level", .untouched = true, UNCOUNTED
#define FAILED .verdict = "failed", .exit_code = 1, .why = "", UNCOUNTED
#define STALL .verdict = "stalled", .exit_code = 1, .why = "the drive stopped answering", UNCOUNTED
#define SOME_UNWRITTEN .unwritten = {{.count = DEVICE_SOME}}

/* clang-format off */
const struct device zoned_devices[] = {
    /* Drives that do what they are told. */
    {"zoned-sata", SATA, ALL_ALIKE, .expect = {WITH_EXCEPTIONS}}, /* whether it hides areas is not asked here */
    {"zoned-sas", SAS, ALL_ALIKE, .expect = {SANITIZED}},
    {"zoned-4096", SAS, .config = {.bytes = 16 * MIB, .block_bytes = 4096, .zones.blocks = ZONE},
     .expect = {SANITIZED}},
    {"zoned-512e", SAS, ZONES(.granularity = 8, .conventional = 1), .expect = {SANITIZED}},
    {"zoned-large-zones", SAS, .config = {.bytes = 16 * MIB, .zones.blocks = 8192}, .expect = {SANITIZED}},
    {"zoned-one-zone", SAS, .config.zones.blocks = 4096, .expect = {SANITIZED}},
    {"zoned-three-passes", SAS, ALL_ALIKE, .request.standard = "dod-5220.22-m", .expect = {SANITIZED}},
    {"zoned-conventional-first", SAS, ZONES(.conventional = 3), .expect = {SANITIZED}},
    {"zoned-runt-at-the-end", SAS,
     .config = {.bytes = 2 * MIB - 100 * 512, .zones = {.blocks = ZONE, .conventional = 1}},
     .expect = {SANITIZED}},
    {"zoned-runt-of-one-block", SAS, .config = {.bytes = 2 * MIB + 512, .zones.blocks = ZONE},
     .expect = {SANITIZED}},
    {"zoned-reads-fail-beyond-the-pointer", SAS, ZONES(.reads_fail = true), .expect = {SANITIZED}},
    {"zoned-half-full", SAS, ZONES(.unfilled = ZONE / 2), .expect = {SANITIZED}},
    {"zoned-half-full-reads-fail", SAS, ZONES(.unfilled = ZONE / 2, .conventional = 1, .reads_fail = true),
     .expect = {SANITIZED}},
    {"zoned-empty", SAS, ZONES(.unfilled = UINT64_MAX), .expect = {SANITIZED}},

    /* Misfortunes that retries get over: the write pointer waits. */
    {"zoned-write-error-twice", SAS, ALL_ALIKE,
     FAULTS = {{MODEL_ERROR, MODEL_WRITE, MIDDLE, 1, AFTER_RESET, .times = 2}}, .expect = {SANITIZED}},
    {"zoned-short-writes-thrice", SAS, ALL_ALIKE,
     FAULTS = {{MODEL_SHORT, MODEL_WRITE, MIDDLE, 1, AFTER_RESET, .times = 3, .value = 300}},
     .expect = {SANITIZED}},

    /* Places that no write reaches. */
    {"zoned-read-only-zone", SAS, ZONES(.read_only = 3), .expect = {FAILED, SOME_UNWRITTEN}},
    {"zoned-read-only-conventional-zone", SAS, ZONES(.conventional = 3, .read_only = 3),
     .expect = {FAILED, SOME_UNWRITTEN}},
    {"zoned-offline-zone", SAS, ZONES(.offline = 3), .expect = {FAILED, SOME_UNWRITTEN}},
    {"zoned-capacity-below-size", SAS, ZONES(.capacity = ZONE - 32), .expect = {FAILED}},
    {"zoned-capacity-below-size-reads-fail", SAS, ZONES(.capacity = ZONE - 32, .reads_fail = true),
     .expect = {FAILED}},
    {"zoned-bad-block", SAS, ALL_ALIKE, FAULTS = {{MODEL_ERROR, MODEL_WRITE, MIDDLE, 1, AFTER_RESET}},
     .expect = {FAILED, SOME_UNWRITTEN}}, /* and the rest of its zone */
    {"zoned-512e-bad-block", SAS, ZONES(.granularity = 8),
     FAULTS = {{MODEL_ERROR, MODEL_WRITE, MIDDLE, 1, AFTER_RESET}}, .expect = {FAILED, SOME_UNWRITTEN}},
    {"zoned-bad-block-in-a-conventional-zone", SAS, ZONES(.conventional = 3),
     FAULTS = {{MODEL_ERROR, MODEL_WRITE, MIDDLE, 1, AFTER_RESET}},
     .expect = {FAILED, .unwritten = {{MIDDLE, 1, EIO}}}},
    {"zoned-unreadable-block", SAS, ALL_ALIKE,
     FAULTS = {{MODEL_ERROR, MODEL_READ, MIDDLE, 1, AFTER_RESET}}, .expect = {FAILED}},
    {"zoned-gone-in-the-middle", SAS, ALL_ALIKE, FAULTS = {{MODEL_GONE, AFTER_RESET, .after_bytes = MIB}},
     .expect = {FAILED, SOME_UNWRITTEN}},
    {"zoned-hangs-in-the-middle", SAS, ALL_ALIKE,
     FAULTS = {{MODEL_HANG, MODEL_WRITE, MIDDLE, 1, AFTER_RESET}}, .expect = {STALL}},

    /* Writes that are lost. */
    {"zoned-zone-loses-writes", SAS, ALL_ALIKE,
     FAULTS = {{MODEL_LOSE, MODEL_WRITE, ZONE_3, ZONE, AFTER_RESET}}, .expect = {FAILED}},
    {"zoned-block-loses-writes", SAS, ALL_ALIKE,
     FAULTS = {{MODEL_LOSE, MODEL_WRITE, MIDDLE, 1, AFTER_RESET}}, .expect = {FAILED}},
    {"zoned-flips-a-bit", SAS, ALL_ALIKE,
     FAULTS = {{MODEL_FLIP, MODEL_WRITE, MIDDLE, 1, AFTER_RESET, .value = 77}}, .expect = {FAILED}},
    /* Its write pointers go back with what was lost, and zeros are read from there on: a pass of zeros would seem
     * to be there. */
    {"zoned-flush-loses-the-cache", SAS,
     .config = {.cache_blocks = 1024, .zones.blocks = ZONE, .faults = {{MODEL_FORGET, AFTER_RESET}}},
     .expect = {FAILED}},
    {"zoned-flush-loses-zeros", SAS, .request.standard = "nist-clear",
     .config = {.cache_blocks = 1024, .zones.blocks = ZONE, .faults = {{MODEL_FORGET, AFTER_RESET}}},
     .expect = {REFUSED}},

    /* The same without a lie: the power fails before the flush, and the drive goes on. */
    {"zoned-power-fails-before-the-flush", SAS,
     .config = {.cache_blocks = 1024, .zones.blocks = ZONE,
                .faults = {{MODEL_POWER, MODEL_FLUSH, AFTER_RESET}}},
     .expect = {FAILED}},
    {"zoned-power-fails-in-the-middle", SAS, /* of its only zone */
     .config = {.cache_blocks = 1024, .zones.blocks = 4096,
                .faults = {{MODEL_POWER, MODEL_WRITE, AFTER_RESET, .after_bytes = MIB}}},
     .expect = {FAILED, SOME_UNWRITTEN}},

    /* Resets and reports. */
    {"zoned-reset-does-nothing", SAS, ALL_ALIKE, FAULTS = {{MODEL_PRETEND}},
     .expect = {FAILED, SOME_UNWRITTEN}},
    {"zoned-reset-does-nothing-to-half-full-zones", SAS, ZONES(.unfilled = ZONE / 2),
     FAULTS = {{MODEL_PRETEND}}, .expect = {FAILED, SOME_UNWRITTEN}},
    {"zoned-reset-fails", SAS, ALL_ALIKE, FAULTS = {{MODEL_ERROR, MODEL_RESET}}, .expect = {FAILED}},
    {"zoned-reset-hangs", SAS, ALL_ALIKE, FAULTS = {{MODEL_HANG, MODEL_RESET}}, .expect = {STALL}},
    {"zoned-second-reset-hangs", SAS, ALL_ALIKE, .request.standard = "dod-5220.22-m",
     FAULTS = {{MODEL_HANG, MODEL_RESET, AFTER_RESET}}, .expect = {STALL}},
    {"zoned-second-reset-does-nothing", SAS, ALL_ALIKE, .request.standard = "dod-5220.22-m",
     FAULTS = {{MODEL_PRETEND, AFTER_RESET}}, .expect = {FAILED, SOME_UNWRITTEN}},
    {"zoned-gone-in-the-reset", SAS, ALL_ALIKE, FAULTS = {{MODEL_GONE, MODEL_RESET}}, .expect = {FAILED}},
    {"zoned-does-not-report", SAS, ALL_ALIKE, FAULTS = {{MODEL_ERROR, MODEL_REPORT}}, .expect = {FAILED}},
};
/* clang-format on */
const size_t zoned_device_count = sizeof zoned_devices / sizeof zoned_devices[0];
