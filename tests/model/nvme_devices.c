/* SPDX-License-Identifier: Apache-2.0 */
#include "nvme_devices.h"

#include <string.h>

/* SANICAP, OACS, FNA */
enum { CRYPTO = 1, BLOCK = 2, OVERWRITE = 4, INHIBITED = 1 << 29 };
enum { FORMAT = 2, MANAGES = 8, FORMAT_ALL = 1, ERASE_ALL = 2, FORMAT_CRYPTO = 4, NO_BROADCAST = 8 };
enum { AUSE = 8, NDAS = 1 << 9, FAILED = 3, RUNNING = 2, SUCCESS = 1 };
enum { ZEROS = 1, ONES = 2 };

#define SANITIZES .config.sanicap = BLOCK | CRYPTO, .config.dlfeat = ZEROS
#define LIES .config.lies
#define SECOND .config.media[1]
#define MEDIUM .config.media[0]
#define FAULTS .config.media[0].block.faults

/* clang-format off */
const struct nvme_device nvme_devices[] = {
    /* Drives that do what they are told. */
    {"block-and-crypto", SANITIZES},
    {"block-alone", .config.sanicap = BLOCK, .config.dlfeat = ZEROS},
    {"block-leaves-ones", .config.sanicap = BLOCK, .config.dlfeat = ONES, .config.block_value = 0xff},
    {"block-mapped-ones", .config.sanicap = BLOCK, .config.block_value = 0xff, .config.keeps_mapped = true},
    {"crypto-alone", .config.sanicap = CRYPTO, .config.dlfeat = ZEROS},
    {"crypto-at-once", .config.sanicap = CRYPTO, .config.dlfeat = ZEROS, .config.crypto_ms = MODEL_ALL},
    {"overwrite-alone", .config.sanicap = OVERWRITE, .config.dlfeat = ZEROS},
    {"all-three", .config.sanicap = BLOCK | CRYPTO | OVERWRITE, .config.dlfeat = ZEROS},
    {"no-deallocate-inhibited", .config.sanicap = BLOCK | INHIBITED, .config.dlfeat = ZEROS},
    {"no-deallocate-warns", .config.sanicap = BLOCK | INHIBITED, .config.dlfeat = ZEROS, .config.warns = true},
    {"says-nothing-of-unmapped", .config.sanicap = BLOCK | INHIBITED, .config.unmapped_value = 0x5a},
    {"unmapped-unreadable", .config.sanicap = BLOCK | INHIBITED, .config.unmapped_unreadable = true},
    {"with-estimates", SANITIZES, .config.estimate_s = {40, 5, 1, 40, 5, 1}},
    {"without-estimates", SANITIZES, .config.no_estimates = true},
    {"takes-an-hour", SANITIZES, .config.block_ms = 3600000},
    {"format-user", .config.oacs = FORMAT, .config.dlfeat = ZEROS},
    {"format-crypto", .config.oacs = FORMAT, .config.fna = FORMAT_CRYPTO, .config.dlfeat = ZEROS},
    {"format-leaves-ones", .config.oacs = FORMAT, .config.keeps_mapped = true, .config.block_value = 0xff},
    {"format-no-broadcast", .config.oacs = FORMAT, .config.fna = NO_BROADCAST, .config.dlfeat = ZEROS},
    {"neither", .config.dlfeat = ZEROS},
    {"blocks-of-4096", SANITIZES, MEDIUM.block = {.bytes = 8 << 20, .block_bytes = 4096}},
    {"format-index-17", .config.oacs = FORMAT, .config.dlfeat = ZEROS, MEDIUM.format_index = 17},
    {"nsid-5", SANITIZES, MEDIUM.nsid = 5},

    /* More than one namespace. */
    {"two-namespaces", SANITIZES, SECOND.present = true},
    {"second-is-detached", SANITIZES, .config.oacs = MANAGES, SECOND = {.present = true, .detached = true}},
    {"format-and-a-second", .config.oacs = FORMAT, .config.dlfeat = ZEROS, SECOND.present = true},
    {"format-hits-both", .config.oacs = FORMAT, .config.fna = FORMAT_ALL | ERASE_ALL, .config.dlfeat = ZEROS,
     SECOND.present = true},
    {"format-leaves-the-detached", .config.oacs = FORMAT | MANAGES, .config.dlfeat = ZEROS,
     SECOND = {.present = true, .detached = true}},
    {"several-controllers", SANITIZES, .config.cmic = 2, MEDIUM.shared = true},
    {"unallocated-capacity", .config.oacs = FORMAT | MANAGES, .config.unallocated_bytes = 1 << 30},
    {"write-protected", SANITIZES, MEDIUM.write_protected = true},
    {"second-is-write-protected", SANITIZES, SECOND = {.present = true, .write_protected = true}},
    {"with-metadata", .config.oacs = FORMAT, MEDIUM = {.metadata_bytes = 8, .extended_metadata = true}},
    {"with-protection", .config.oacs = FORMAT, MEDIUM = {.metadata_bytes = 8, .protection = 1, .protection_first = true}},

    /* As they are found. */
    {"found-failed", SANITIZES, .config.former = {.state = FAILED, .cdw10 = 2}},
    {"found-failed-unrestricted", SANITIZES, .config.former = {.state = FAILED, .cdw10 = 2 | AUSE}},
    {"found-at-work", SANITIZES, .config.former = {.state = RUNNING, .cdw10 = 2 | NDAS, .elapsed_ms = 1000}},
    {"found-at-another-work", SANITIZES, .config.former = {.state = RUNNING, .cdw10 = 4, .elapsed_ms = 100}},
    {"found-sanitized", SANITIZES, .config.former = {.state = SUCCESS, .cdw10 = 2, .global_erased = true}},

    /* Drives that lie: of what they erase. */
    {"erases-nothing", SANITIZES, LIES[0].kind = MODEL_NVME_ERASES_NOTHING},
    {"erases-half", SANITIZES, LIES[0].kind = MODEL_NVME_ERASES_HALF},
    {"erases-not-the-last", SANITIZES, LIES[0].kind = MODEL_NVME_ERASES_NOT_LAST},
    {"erases-one-of-two", SANITIZES, SECOND.present = true, LIES[0].kind = MODEL_NVME_ERASES_ONE},
    {"erases-attached-alone", SANITIZES, .config.oacs = MANAGES, SECOND = {.present = true, .detached = true},
     LIES[0].kind = MODEL_NVME_ERASES_ATTACHED, .unseen = true},
    {"keeps-the-key", .config.sanicap = CRYPTO, .config.keeps_mapped = true, LIES[0].kind = MODEL_NVME_KEEPS_KEY},
    {"only-unmaps", SANITIZES, LIES[0].kind = MODEL_NVME_ONLY_UNMAPS, .unseen = true},
    {"block-lies-crypto-does-not", SANITIZES,
     LIES[0] = {.kind = MODEL_NVME_ERASES_NOTHING, .on = MODEL_NVME_BLOCK}},
    {"format-erases-nothing", .config.oacs = FORMAT, LIES[0].kind = MODEL_NVME_ERASES_NOTHING},
    {"format-erases-half", .config.oacs = FORMAT, LIES[0].kind = MODEL_NVME_ERASES_HALF},
    {"format-keeps-the-key", .config.oacs = FORMAT, .config.fna = FORMAT_CRYPTO,
     LIES[0] = {.kind = MODEL_NVME_KEEPS_KEY}},

    /* Of how far they are, and how it ended. */
    {"stands-at-655", SANITIZES, LIES[0].kind = MODEL_NVME_STANDS},
    {"stands-near-the-end", SANITIZES, LIES[0] = {.kind = MODEL_NVME_STANDS, .value = 65000}},
    {"runs-backwards", SANITIZES, LIES[0].kind = MODEL_NVME_RUNS_BACKWARDS},
    {"ffff-while-running", SANITIZES, LIES[0].kind = MODEL_NVME_PROGRESS_FFFF},
    {"ffff-and-then-stands", SANITIZES, LIES[0].kind = MODEL_NVME_PROGRESS_FFFF,
     LIES[1] = {.kind = MODEL_NVME_STANDS, .value = 40000}},
    {"never-starts", SANITIZES, LIES[0].kind = MODEL_NVME_NEVER_STARTS},
    {"never-starts-after-a-success", SANITIZES, .config.former = {.state = SUCCESS, .cdw10 = 2},
     LIES[0].kind = MODEL_NVME_NEVER_STARTS},
    {"success-at-once", SANITIZES, LIES[0].kind = MODEL_NVME_SUCCESS_AT_ONCE},
    {"success-at-once-of-nothing", SANITIZES, LIES[0].kind = MODEL_NVME_SUCCESS_AT_ONCE,
     LIES[1].kind = MODEL_NVME_ERASES_NOTHING},
    {"fails", SANITIZES, LIES[0] = {.kind = MODEL_NVME_FAILS, .value = 40}},
    {"fails-at-once", SANITIZES, LIES[0].kind = MODEL_NVME_FAILS},
    {"block-fails-crypto-does-not", SANITIZES,
     LIES[0] = {.kind = MODEL_NVME_FAILS, .on = MODEL_NVME_BLOCK, .value = 40}},
    {"fails-after-erasing", SANITIZES, LIES[0].kind = MODEL_NVME_FAILS_AFTER_ERASING},
    {"reserved-status", SANITIZES, LIES[0].kind = MODEL_NVME_RESERVED_STATUS},
    {"stale-log", SANITIZES, .config.former = {.state = SUCCESS, .cdw10 = 2},
     LIES[0] = {.kind = MODEL_NVME_STALE_LOG, .on = MODEL_NVME_SANITIZE}},
    {"log-of-another-action", SANITIZES, LIES[0] = {.kind = MODEL_NVME_OTHER_ACTION, .on = MODEL_NVME_SANITIZE}},
    {"log-unreadable", SANITIZES, LIES[0].kind = MODEL_NVME_LOG_REFUSED},
    {"log-unreadable-once-begun", SANITIZES,
     LIES[0] = {.kind = MODEL_NVME_LOG_REFUSED, .on = MODEL_NVME_SANITIZE}},
    {"log-all-zero", SANITIZES, LIES[0].kind = MODEL_NVME_LOG_ZERO},

    /* Of commands. */
    {"sanitize-hangs", SANITIZES, LIES[0] = {.kind = MODEL_NVME_HANGS, .on = MODEL_NVME_SANITIZE}},
    {"sanitize-times-out-and-runs", SANITIZES,
     LIES[0] = {.kind = MODEL_NVME_TIMES_OUT, .on = MODEL_NVME_SANITIZE, .times = 1}},
    {"sanitize-times-out", SANITIZES,
     LIES[0] = {.kind = MODEL_NVME_TIMES_OUT, .on = MODEL_NVME_SANITIZE, .value = 1}},
    {"sanitize-denied", SANITIZES, LIES[0] = {.kind = MODEL_NVME_ABORTS, .on = MODEL_NVME_SANITIZE, .value = 0x286}},
    {"block-refused-crypto-not", SANITIZES,
     LIES[0] = {.kind = MODEL_NVME_ABORTS, .on = MODEL_NVME_BLOCK, .value = 0x002}},
    {"no-deallocate-refused-once", SANITIZES,
     LIES[0] = {.kind = MODEL_NVME_ABORTS, .on = MODEL_NVME_BLOCK, .times = 1, .value = 0x002}},
    {"accepts-anything", .config.sanicap = BLOCK | INHIBITED, LIES[0].kind = MODEL_NVME_ACCEPTS},
    {"format-hangs", .config.oacs = FORMAT, LIES[0] = {.kind = MODEL_NVME_HANGS, .on = MODEL_NVME_FORMAT}},
    {"format-denied", .config.oacs = FORMAT,
     LIES[0] = {.kind = MODEL_NVME_ABORTS, .on = MODEL_NVME_FORMAT, .value = 0x00c}},
    {"format-times-out", .config.oacs = FORMAT, .config.reset_breaks_format = true,
     LIES[0] = {.kind = MODEL_NVME_TIMES_OUT, .on = MODEL_NVME_FORMAT}},
    {"identify-hangs", SANITIZES, LIES[0] = {.kind = MODEL_NVME_HANGS, .on = MODEL_NVME_IDENTIFY}},
    {"rescan-hangs", SANITIZES, LIES[0] = {.kind = MODEL_NVME_HANGS, .on = MODEL_NVME_RESCAN}},

    /* Of who they are, afterwards. */
    {"another-serial", SANITIZES, LIES[0].kind = MODEL_NVME_OTHER_SERIAL},
    {"another-serial-to-identify", SANITIZES, LIES[0] = {.kind = MODEL_NVME_OTHER_SERIAL, .value = 1}},
    {"another-size", SANITIZES, LIES[0].kind = MODEL_NVME_OTHER_SIZE},
    {"another-nsid", SANITIZES, LIES[0].kind = MODEL_NVME_OTHER_NSID},
    {"another-eui", SANITIZES, LIES[0].kind = MODEL_NVME_OTHER_EUI},

    /* Of what is read and written. */
    {"one-read-error-afterwards", SANITIZES, LIES[0] = {.kind = MODEL_NVME_READ_ERRORS, .value = 9}},
    {"unreadable-afterwards", SANITIZES, LIES[0] = {.kind = MODEL_NVME_READ_ERRORS, .value = MODEL_ALL}},
    {"stores-nothing", SANITIZES, FAULTS = {{.effect = MODEL_LOSE}}},
    {"first-marker-not-written", SANITIZES,
     FAULTS = {{.effect = MODEL_ERROR, .on = MODEL_WRITE, .blocks = 1, .until_flushes = 1}}},
    {"blocks-gone-before-erasing", SANITIZES, FAULTS = {{.effect = MODEL_GONE, .after_flushes = 1}}},
};
/* clang-format on */
const size_t nvme_device_count = sizeof nvme_devices / sizeof nvme_devices[0];

const struct nvme_device *nvme_device_by_name(const char *name)
{
    for (size_t i = 0; i < nvme_device_count; i++)
        if (strcmp(nvme_devices[i].name, name) == 0)
            return &nvme_devices[i];
    return NULL;
}
