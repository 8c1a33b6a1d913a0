/* SPDX-License-Identifier: Apache-2.0 */
#include "devices.h"

#include <errno.h>

/* The drives have 4096 blocks of 512 bytes where a row says nothing else: two transfers of 1 MiB a pass, 16
 * marker blocks of 4096 bytes. The first 8 LBAs and the last 8 always bear one, LBA 1000 never does. Markers
 * are written before flush 1 and read after it, passes are written before flush 2 and read back after it. */
enum { BLOCKS = 4096, MARKERS = 16 };
#define MIB (1ULL << 20)
#define MARKER_BYTES (MARKERS * 4096ULL)
#define LARGE .config.bytes = 16 * MIB
#define LARGE_MARKER_BYTES (128 * 4096ULL)
#define ERASING .after_flushes = 1
#define AFTER_MARKERS .once_erasing = true
#define VERIFYING .after_flushes = 2

#define NOT_STORED "marker blocks were not stored or not erased"
#define SOME_MARKERS "marker block" /* as the seed wills */
#define NO_MARKER "not one marker block could be stored"
#define DIFFERS "blocks read back do not hold what was written"
#define OTHER "another drive answers"
#define UNWRITTEN "blocks could not be written"
#define GAVE_UP "the drive or the system gave up"
#define UNREADABLE "not everything could be read back"
#define STALLED "the drive stopped answering"

#define SANITIZED .verdict = "sanitized", .exit_code = 0, .why = "addressable blocks were overwritten"
#define WITH_EXCEPTIONS                                                                                      \
    .verdict = "sanitized-with-exceptions", .exit_code = 0, .why = "addressable blocks were overwritten"
#define FAILED .verdict = "failed", .exit_code = 1, .why
#define STALL .verdict = "stalled", .exit_code = 1, .why = STALLED
#define ABORTED .verdict = "aborted", .exit_code = 5, .why = "stopped by a signal"
#define REFUSED .untouched = true, .verdict = "refused", .exit_code = 4, .why
#define TOO_LOW .untouched = true, .verdict = "refused", .exit_code = 3, .why = "level"
#define FAULTS .config.faults

/* clang-format off */
const struct device devices[] = {
    /* Drives that do what they are told. */
    {"good", .expect = {SANITIZED}},
    {"good-4096", .config = {.bytes = 8 * MIB, .block_bytes = 4096}, .expect = {SANITIZED}},
    {"one-block", .config = {.bytes = 512}, .expect = {SANITIZED}},
    {"one-large-block", .config = {.bytes = 65536, .block_bytes = 65536}, .expect = {SANITIZED}},
    {"odd-tail", .config = {.bytes = MIB + 100}, .expect = {SANITIZED}},
    {"sampled-in-full", .config = {.bytes = 5 * MIB + 512}, .request.verify = "sample",
     .expect = {SANITIZED}},
    {"cache-as-large-as-the-drive", .config.cache_blocks = MODEL_ALL, .expect = {SANITIZED}},
    {"random-pass", .request.standard = "random", .expect = {SANITIZED}},
    {"random-pass-of-aes", .request = {.standard = "random", .keystream = "aes-256-ctr"}, .expect = {SANITIZED}},
    {"random-pass-of-chacha20", .request = {.standard = "random", .keystream = "chacha20"}, .expect = {SANITIZED}},
    {"chacha20-and-an-odd-tail", .config = {.bytes = 3 * MIB + 100},
     .request = {.standard = "random", .keystream = "chacha20"}, .expect = {SANITIZED}},
    {"three-passes-of-chacha20", .request = {.standard = "dod-5220.22-m", .keystream = "chacha20"},
     .expect = {SANITIZED}},
    {"chacha20-drops-a-range", .request = {.standard = "random", .keystream = "chacha20"},
     FAULTS = {{MODEL_LOSE, 0, 1000, 16, ERASING}}, .expect = {FAILED = DIFFERS, .mismatches = 16}},
    {"three-passes", .request.standard = "dod-5220.22-m", .expect = {SANITIZED}},
    {"usb-stick", .facts = {.bus = UW_BUS_USB, .media = UW_MEDIA_USB_FLASH}, .expect = {SANITIZED}},
    {"sd-card", .facts = {.bus = UW_BUS_MMC, .media = UW_MEDIA_SD}, .expect = {SANITIZED}},
    {"sas-disk", .facts = {.bus = UW_BUS_SCSI, .media = UW_MEDIA_HDD}, .expect = {SANITIZED}},
    {"sata-disk-hides-areas", .facts = {.bus = UW_BUS_ATA, .media = UW_MEDIA_HDD},
     .expect = {WITH_EXCEPTIONS}},
    {"confirmed-at-terminal", .request.confirm = CONFIRM_AT_TERMINAL, .expect = {SANITIZED}},

    /* Misfortunes that retries get over. */
    {"write-error-twice", FAULTS = {{MODEL_ERROR, MODEL_WRITE, 1000, 1, ERASING, .times = 2}},
     .expect = {SANITIZED}},
    {"short-writes-thrice", FAULTS = {{MODEL_SHORT, MODEL_WRITE, 1000, 1, ERASING, .times = 3, .value = 300}},
     .expect = {SANITIZED}},
    {"short-reads-thrice", FAULTS = {{MODEL_SHORT, MODEL_READ, 1000, 1, VERIFYING, .times = 3}},
     .expect = {SANITIZED}},
    {"read-error-once", FAULTS = {{MODEL_ERROR, MODEL_READ, 1000, 1, VERIFYING, .times = 1}},
     .expect = {SANITIZED}},
    {"slow-for-five-seconds",
     FAULTS = {{MODEL_HANG, MODEL_WRITE, 1000, 1, ERASING, .times = 1, .value = 5000}},
     .expect = {SANITIZED}},
    {"block-comes-back-when-left-alone", FAULTS = {{MODEL_ERROR, MODEL_WRITE, 1000, 1, ERASING, .times = 4}},
     .expect = {SANITIZED}},
    {"first-marker-not-written", FAULTS = {{MODEL_ERROR, MODEL_WRITE, 0, 1, .until_flushes = 1}},
     .expect = {SANITIZED, .unmarked = 1}},
    {"first-marker-not-read", FAULTS = {{MODEL_ERROR, MODEL_READ, 0, 1, .until_flushes = 2}},
     .expect = {SANITIZED, .unmarked = 1}},

    /* Bad blocks. */
    {"block-takes-no-write", FAULTS = {{MODEL_ERROR, MODEL_WRITE, 1000, 1}},
     .expect = {FAILED = DIFFERS, .mismatches = 1, .unwritten = {{1000, 1, EIO}}}},
    {"dead-block", FAULTS = {{MODEL_ERROR, 0, 1000, 1}},
     .expect = {FAILED = UNWRITTEN, .unreadable = 1, .unwritten = {{1000, 1, EIO}}}},
    {"dead-block-of-4096",
     .config = {.bytes = 8 * MIB, .block_bytes = 4096, .faults = {{MODEL_ERROR, 0, 1000, 1}}},
     .expect = {FAILED = UNWRITTEN, .unreadable = 1, .unwritten = {{1000, 1, EIO}}}},
    {"dead-first-block", FAULTS = {{MODEL_ERROR, 0, 0, 1}},
     .expect = {FAILED = UNWRITTEN, .unreadable = 1, .unmarked = 1, .unwritten = {{0, 1, EIO}}}},
    {"dead-last-block", FAULTS = {{MODEL_ERROR, 0, MODEL_LAST, 1}},
     .expect = {FAILED = UNWRITTEN, .unreadable = 1, .unmarked = 1, .unwritten = {{BLOCKS - 1, 1, EIO}}}},
    {"dead-tail", .config = {.bytes = MIB + 100, .faults = {{MODEL_ERROR, 0, MODEL_LAST, 1}}},
     .expect = {FAILED = UNWRITTEN, .unreadable = 1, .unwritten = {{2048, 1, EIO}}}},
    {"dead-range-over-two-transfers", FAULTS = {{MODEL_ERROR, 0, 2040, 100, .error = EREMOTEIO}},
     .expect = {FAILED = UNWRITTEN, .unreadable = 1, .unmarked = DEVICE_EITHER,
                .unwritten = {{2040, 100, EREMOTEIO}}}},
    {"dead-area-with-good-blocks", /* none of them at the end of a piece */
     FAULTS = {{MODEL_ERROR, 0, 512, 388}, {MODEL_ERROR, 0, 901, 99}, {MODEL_ERROR, 0, 1001, 1047}},
     .expect = {FAILED = UNWRITTEN, .unreadable = 3, .unmarked = DEVICE_EITHER,
                .unwritten = {{512, 388, EIO}, {901, 99, EIO}, {1001, 1047, EIO}}}},
    {"half-a-minute-over-each-dead-block", LARGE, /* ten minutes are not enough to try each once more */
     FAULTS = {{MODEL_HANG, MODEL_WRITE, 12000, 2000, ERASING, .value = 30000}, {MODEL_ERROR, 0, 12000, 2000}},
     .expect = {FAILED = UNWRITTEN, .unreadable = 1, .unmarked = DEVICE_EITHER, .not_narrowed = DEVICE_ANY,
                .unwritten = {{12000, 2000, EIO}}}},
    {"dead-blocks-of-three-kinds",
     FAULTS = {{MODEL_ERROR, MODEL_WRITE, 20, 3, ERASING, .error = EIO},
               {MODEL_ERROR, MODEL_WRITE, 23, 2, ERASING, .error = ENODATA},
               {MODEL_ERROR, MODEL_WRITE, 4000, 1, ERASING, .error = EILSEQ}},
     .expect = {FAILED = DIFFERS, .mismatches = 6,
                .unwritten = {{20, 3, EIO}, {23, 2, ENODATA}, {4000, 1, EILSEQ}}}},
    {"unreadable-block", FAULTS = {{MODEL_ERROR, MODEL_READ, 1000, 1}},
     .expect = {FAILED = UNREADABLE, .unreadable = 1}},
    {"short-for-ever-write", FAULTS = {{MODEL_SHORT, MODEL_WRITE, 1000, 1}},
     .expect = {FAILED = DIFFERS, .mismatches = 1, .unwritten = {{1000, 1, EIO}}}},
    {"half-a-block-for-ever", FAULTS = {{MODEL_SHORT, 0, 1000, 1, .value = 256}},
     .expect = {FAILED = UNWRITTEN, .unreadable = 1, .unwritten = {{1000, 1, EIO}}}},
    {"no-space-after-1-MiB",
     FAULTS = {{MODEL_ERROR, MODEL_WRITE, .after_bytes = MARKER_BYTES + MIB, .error = ENOSPC}},
     .expect = {FAILED = NOT_STORED, .mismatches = 2048, .canaries = DEVICE_ANY,
                .unwritten = {{.count = DEVICE_SOME}}}},
    {"every-other-block-dead", /* more ranges than a certificate lists */
     .config = {.bytes = 8 * MIB, .faults = {{MODEL_ERROR, MODEL_WRITE, .every = 2, ERASING}}},
     .expect = {FAILED = NOT_STORED, .mismatches = 8192, .canaries = DEVICE_ANY,
                .unwritten = {{.count = DEVICE_SOME}}}},
    {"every-third-block-unreadable", FAULTS = {{MODEL_ERROR, MODEL_READ, .every = 3, VERIFYING}},
     .expect = {FAILED = UNREADABLE, .unreadable = 1366}},
    {"takes-nothing", FAULTS = {{MODEL_ERROR, MODEL_WRITE}},
     .expect = {FAILED = NO_MARKER, .untouched = true, .unmarked = MARKERS}},
    {"takes-markers-only", FAULTS = {{MODEL_ERROR, MODEL_WRITE, ERASING}},
     .expect = {FAILED = NOT_STORED, .mismatches = BLOCKS, .canaries = DEVICE_ANY,
                .unwritten = {{0, BLOCKS, EIO}}}},
    {"reads-nothing", FAULTS = {{MODEL_ERROR, MODEL_READ}},
     .expect = {FAILED = NO_MARKER, .untouched = true, .unmarked = MARKERS}},
    {"reads-nothing-back", FAULTS = {{MODEL_ERROR, MODEL_READ, VERIFYING}},
     .expect = {FAILED = UNREADABLE, .unreadable = 1}},
    {"bad-block-in-pass-2-of-3", .request.standard = "dod-5220.22-m",
     FAULTS = {{MODEL_ERROR, MODEL_WRITE, 1000, 1, .after_bytes = MARKER_BYTES + 2 * MIB,
                .until_bytes = MARKER_BYTES + 4 * MIB - 511}},
     .expect = {FAILED = UNWRITTEN, .unwritten = {{1000, 1, EIO}}}},
    {"another-bad-block-each-pass", .request.standard = "dod-5220.22-m",
     FAULTS = {{MODEL_ERROR, MODEL_WRITE, 900, 1, ERASING, .until_bytes = MARKER_BYTES + 2 * MIB - 511},
               {MODEL_ERROR, MODEL_WRITE, 1000, 1, .after_bytes = MARKER_BYTES + 4 * MIB - 512}},
     .expect = {FAILED = DIFFERS, .mismatches = 1, .unwritten = {{900, 1, EIO}, {1000, 1, EIO}}}},
    {"dead-tail-and-another-block-in-pass-1", .request.standard = "twice",
     .config = {.bytes = MIB + 100, .faults = {{MODEL_ERROR, 0, MODEL_LAST, 1},
                {MODEL_ERROR, MODEL_WRITE, 900, 1, ERASING, .until_bytes = MIB + 8 * 4096 - 511}}},
     .expect = {FAILED = UNWRITTEN, .unreadable = 1, .unwritten = {{900, 1, EIO}, {2048, 1, EIO}}}},
    {"bad-range-grows", .request.standard = "twice",
     FAULTS = {{MODEL_ERROR, MODEL_WRITE, 1000, 8}, {MODEL_ERROR, MODEL_WRITE, 1008, 4,
               .after_bytes = MARKER_BYTES + 2 * MIB - 8 * 512}},
     .expect = {FAILED = DIFFERS, .mismatches = 8, .unwritten = {{1000, 12, EIO}}}},

    /* Drives that lie. */
    {"stores-nothing-reads-zeros", FAULTS = {{MODEL_LOSE}, {MODEL_ZERO}}, /* root/traps.test: 6 */
     .expect = {FAILED = NO_MARKER, .untouched = true, .strayed = MARKERS, .unmarked = MARKERS}},
    {"stores-nothing", FAULTS = {{MODEL_LOSE}}, /* 5 */
     .expect = {FAILED = NO_MARKER, .untouched = true, .strayed = MARKERS, .unmarked = MARKERS}},
    {"stores-nothing-any-more", FAULTS = {{MODEL_LOSE, ERASING}},
     .expect = {FAILED = NOT_STORED, .mismatches = BLOCKS, .canaries = DEVICE_ANY}},
    {"stores-nothing-after-1-MiB", FAULTS = {{MODEL_LOSE, .after_bytes = MARKER_BYTES + MIB}},
     .expect = {FAILED = NOT_STORED, .mismatches = 2048, .canaries = DEVICE_ANY}},
    {"drops-a-range", FAULTS = {{MODEL_LOSE, 0, 1000, 16, ERASING}},
     .expect = {FAILED = DIFFERS, .mismatches = 16}},
    {"drops-one-block", FAULTS = {{MODEL_LOSE, 0, 1000, 1}}, .expect = {FAILED = DIFFERS, .mismatches = 1}},
    {"drops-a-range-reads-zeros", .request.standard = "random",
     FAULTS = {{MODEL_LOSE, 0, 1000, 16}, {MODEL_ZERO, 0, 1000, 16}},
     .expect = {FAILED = DIFFERS, .mismatches = 16}},
    {"drops-pass-2-of-3", .request.standard = "dod-5220.22-m",
     FAULTS = {{MODEL_LOSE, .after_bytes = MARKER_BYTES + 4 * MIB}},
     .expect = {FAILED = DIFFERS, .mismatches = BLOCKS}},
    {"never-writes-the-last-block", FAULTS = {{MODEL_LOSE, 0, MODEL_LAST, 1}}, /* 20, 23 */
     .expect = {FAILED = NOT_STORED, .untouched = true, .strayed = 1, .unmarked = 1}},
    {"never-erases-the-last-block", FAULTS = {{MODEL_LOSE, 0, MODEL_LAST, 1, ERASING}},
     .expect = {FAILED = NOT_STORED, .mismatches = 1, .canaries = 1}},
    {"never-erases-the-first-block", FAULTS = {{MODEL_LOSE, 0, 0, 1, ERASING}},
     .expect = {FAILED = NOT_STORED, .mismatches = 1, .canaries = 1}},
    {"never-erases-the-tail", .config = {.bytes = MIB + 100, .faults = {{MODEL_LOSE, 0, MODEL_LAST, 1}}},
     .expect = {FAILED = DIFFERS, .mismatches = 1}},
    {"quarter-of-the-capacity", FAULTS = {{MODEL_ALIAS, .value = MIB / 2}},
     .expect = {FAILED = NOT_STORED, .untouched = true, .strayed = DEVICE_ANY, .unmarked = DEVICE_ANY}},
    {"writes-land-elsewhere", FAULTS = {{MODEL_ALIAS, MODEL_WRITE, .value = MIB / 2}},
     .expect = {FAILED = SOME_MARKERS, .untouched = true, .strayed = DEVICE_ANY, .unmarked = DEVICE_ANY}},
    {"erase-lands-elsewhere", FAULTS = {{MODEL_ALIAS, MODEL_WRITE, ERASING, .value = MIB}},
     .expect = {FAILED = NOT_STORED, .mismatches = 2048, .canaries = DEVICE_ANY}},
    {"reads-what-was-before", FAULTS = {{MODEL_STALE}},
     .expect = {FAILED = NO_MARKER, .untouched = true, .strayed = MARKERS, .unmarked = MARKERS}},
    {"reads-back-what-was-before", FAULTS = {{MODEL_STALE, VERIFYING}},
     .expect = {FAILED = NOT_STORED, .mismatches = BLOCKS, .canaries = DEVICE_ANY}},
    {"one-block-stays-old", FAULTS = {{MODEL_STALE, 0, 1000, 1, VERIFYING}},
     .expect = {FAILED = DIFFERS, .mismatches = 1}},
    {"flips-a-bit-on-writing", FAULTS = {{MODEL_FLIP, MODEL_WRITE, 1000, 1, ERASING, .value = 77}},
     .expect = {FAILED = DIFFERS, .mismatches = 1}},
    {"flips-a-bit-on-reading", FAULTS = {{MODEL_FLIP, MODEL_READ, 1000, 1, VERIFYING, .times = 1}},
     .expect = {FAILED = DIFFERS, .mismatches = 1}},
    {"flips-a-bit-of-a-marker", FAULTS = {{MODEL_FLIP, MODEL_WRITE, 3, 1, .until_flushes = 1}},
     .expect = {FAILED = NOT_STORED, .untouched = true, .strayed = 1, .unmarked = 1}},
    {"reads-back-zeros", .request.standard = "random", FAULTS = {{MODEL_ZERO, VERIFYING}},
     .expect = {FAILED = DIFFERS, .mismatches = BLOCKS}},

    /* Caches. */
    {"flush-stores-nothing", .config = {.cache_blocks = MODEL_ALL, .faults = {{MODEL_FORGET}}},
     .expect = {FAILED = NO_MARKER, .untouched = true, .strayed = MARKERS, .unmarked = MARKERS}},
    {"last-flush-stores-nothing", .config = {.cache_blocks = MODEL_ALL, .faults = {{MODEL_FORGET, ERASING}}},
     .expect = {FAILED = NOT_STORED, .mismatches = BLOCKS, .canaries = DEVICE_ANY}},
    {"flush-loses-the-cache", .config = {.cache_blocks = 1024, .faults = {{MODEL_FORGET, ERASING}}},
     .expect = {FAILED = NOT_STORED, .mismatches = 1024, .canaries = DEVICE_ANY}},
    {"loses-all-after-flush", FAULTS = {{MODEL_REVERT, ERASING}},
     .expect = {FAILED = NOT_STORED, .mismatches = BLOCKS, .canaries = DEVICE_ANY}},
    {"power-fails-while-erasing",
     .config = {.cache_blocks = 1024, .faults = {{MODEL_POWER, MODEL_WRITE,
               .after_bytes = MARKER_BYTES + MIB}}},
     .expect = {FAILED = NOT_STORED, .mismatches = 1024, .canaries = DEVICE_ANY}},
    {"power-fails-before-last-flush",
     .config = {.cache_blocks = 1024, .faults = {{MODEL_POWER, MODEL_FLUSH, ERASING}}},
     .expect = {FAILED = NOT_STORED, .mismatches = 1024, .canaries = DEVICE_ANY}},
    {"first-flush-fails", FAULTS = {{MODEL_ERROR, MODEL_FLUSH}},
     .expect = {FAILED = GAVE_UP, .untouched = true}},
    {"last-flush-fails", FAULTS = {{MODEL_ERROR, MODEL_FLUSH, ERASING}},
     .expect = {FAILED = "no positive end of the erase was seen"}},
    {"read-through-the-page-cache", .facts.through_cache = true, .expect = {FAILED = UNREADABLE}},

    /* Drives that go away, shrink, or are another one. */
    {"gone-before-open", .facts.open_error = ENXIO, .expect = {FAILED = GAVE_UP, .untouched = true}}, /* 1 */
    {"open-fails", .facts.open_error = EIO, .expect = {FAILED = GAVE_UP, .untouched = true}},
    {"gone-after-open", FAULTS = {{MODEL_GONE}}, .expect = {FAILED = GAVE_UP, .untouched = true}},
    {"gone-while-marking", FAULTS = {{MODEL_GONE, .after_transfers = 3}},
     .expect = {FAILED = GAVE_UP, .untouched = true}},
    {"gone-before-erasing", FAULTS = {{MODEL_GONE, AFTER_MARKERS}},
     .expect = {FAILED = UNWRITTEN, .unreadable = 1, .unwritten = {{0, BLOCKS, ENODEV}}}},
    {"gone-while-erasing", FAULTS = {{MODEL_GONE, .after_bytes = MARKER_BYTES + MIB}},
     .expect = {FAILED = UNWRITTEN, .unreadable = 1, .unwritten = {{.count = DEVICE_SOME}}}},
    {"gone-before-verifying", FAULTS = {{MODEL_GONE, VERIFYING}},
     .expect = {FAILED = GAVE_UP, .unreadable = 1}},
    {"gone-after-verifying", FAULTS = {{MODEL_GONE, MODEL_LOOK, .after_looks = 1}},
     .expect = {FAILED = GAVE_UP}},
    {"medium-taken-out", FAULTS = {{MODEL_EMPTY, AFTER_MARKERS}},
     .expect = {FAILED = OTHER, .unreadable = 1, .unwritten = {{0, BLOCKS, ENODEV}}}},
    {"smaller-when-opened", FAULTS = {{MODEL_SHRINK, .value = MIB}}, .expect = {REFUSED = "identity"}},
    {"shrinks-while-erasing", FAULTS = {{MODEL_SHRINK, AFTER_MARKERS, .value = MIB}},
     .expect = {FAILED = OTHER, .unreadable = 1, .unwritten = {{2048, 2048, ENOSPC}}}},
    {"shrinks-to-an-odd-size", FAULTS = {{MODEL_SHRINK, AFTER_MARKERS, .value = MIB + 51200, .error = EIO}},
     .expect = {FAILED = OTHER, .unreadable = 1, .unwritten = {{2148, 1948, EIO}}}},
    {"smaller-afterwards", FAULTS = {{MODEL_SHRINK, MODEL_LOOK, .after_looks = 1, .value = MIB}},
     .expect = {FAILED = OTHER}},
    {"other-serial-before", FAULTS = {{MODEL_OTHER, .value = MODEL_SERIAL}},
     .expect = {REFUSED = "identity"}},
    {"other-wwn-before", FAULTS = {{MODEL_OTHER, .value = MODEL_WWN}}, .expect = {REFUSED = "identity"}},
    {"other-size-before", FAULTS = {{MODEL_OTHER, .value = MODEL_BYTES}}, .expect = {REFUSED = "identity"}},
    {"other-sequence-before", FAULTS = {{MODEL_OTHER, .value = MODEL_SEQUENCE}},
     .expect = {REFUSED = "identity"}},
    {"other-node-before", FAULTS = {{MODEL_OTHER, .value = MODEL_DEVNUM}}, .expect = {REFUSED = "identity"}},
    {"other-serial-after", FAULTS = {{MODEL_OTHER, .value = MODEL_SERIAL, .after_looks = 1}},
     .expect = {FAILED = OTHER}},
    {"other-wwn-after", FAULTS = {{MODEL_OTHER, .value = MODEL_WWN, .after_looks = 1}},
     .expect = {FAILED = OTHER}},
    {"other-size-after", FAULTS = {{MODEL_OTHER, .value = MODEL_BYTES, .after_looks = 1}},
     .expect = {FAILED = OTHER}},
    {"other-sequence-after", FAULTS = {{MODEL_OTHER, .value = MODEL_SEQUENCE, .after_looks = 1}},
     .expect = {FAILED = OTHER}},
    {"other-node-after", FAULTS = {{MODEL_OTHER, .value = MODEL_DEVNUM, .after_looks = 1}},
     .expect = {FAILED = OTHER}},
    {"no-look-before", FAULTS = {{MODEL_ERROR, MODEL_LOOK}}, .expect = {FAILED = GAVE_UP, .untouched = true}},
    {"no-look-after", FAULTS = {{MODEL_ERROR, MODEL_LOOK, .after_looks = 1}}, .expect = {FAILED = GAVE_UP}},

    /* Drives that stop answering. */
    {"hangs-on-a-marker", FAULTS = {{MODEL_HANG, MODEL_WRITE}},
     .expect = {STALL, .untouched = true, .unmarked = DEVICE_EITHER}},
    {"hangs-reading-a-marker", FAULTS = {{MODEL_HANG, MODEL_READ}},
     .expect = {STALL, .untouched = true, .unmarked = DEVICE_EITHER}},
    {"hangs-in-the-first-flush", FAULTS = {{MODEL_HANG, MODEL_FLUSH}},
     .expect = {STALL, .untouched = true, .unmarked = DEVICE_EITHER}},
    {"hangs-while-erasing", FAULTS = {{MODEL_HANG, MODEL_WRITE, 3000, 1, ERASING}}, .expect = {STALL}},
    {"hangs-in-the-last-flush", FAULTS = {{MODEL_HANG, MODEL_FLUSH, ERASING}}, .expect = {STALL}},
    {"hangs-while-verifying", FAULTS = {{MODEL_HANG, MODEL_READ, 3000, 1, VERIFYING}}, .expect = {STALL}},
    {"dead-block-then-hangs", FAULTS = {{MODEL_ERROR, 0, 1000, 1}, {MODEL_HANG, MODEL_FLUSH, ERASING}},
     .expect = {FAILED = UNWRITTEN, .unwritten = {{1000, 1, EIO}}}},

    /* Drives that may not be erased, or not at this level. */
    {"read-only", .facts.read_only = true, .expect = {REFUSED = "read_only"}},
    {"read-only-when-opened", .facts.open_error = EROFS, .expect = {REFUSED = "read_only"}},
    {"takes-no-write-after-open", FAULTS = {{MODEL_ERROR, MODEL_WRITE, .error = EROFS}},
     .expect = {FAILED = NO_MARKER, .untouched = true, .unmarked = MARKERS}},
    {"busy-when-opened", .facts.open_error = EBUSY, .expect = {REFUSED = "in_use"}},
    {"no-permission", .facts.open_error = EACCES, .expect = {REFUSED = "no_permission"}},
    {"no-direct-io", .facts.open_error = EINVAL, .expect = {REFUSED = "no_direct_io"}},
    {"mounted", .facts = {.use_kind = "mount", .use = "/srv"}, .expect = {REFUSED = "in_use"}}, /* 2 */
    {"mounted-after-the-plan", .facts = {.use_kind = "mount", .use = "/srv", .used_from = 2},
     .expect = {REFUSED = "in_use"}},
    {"uses-not-known", .facts.uses_unknown = true, .expect = {REFUSED = "in_use"}},
    {"gone-after-the-plan", .facts.missing_from = 2, .expect = {REFUSED = "identity"}},
    {"boot-medium", .facts.boot_medium = true, .expect = {REFUSED = "boot_medium"}},
    {"partition", .facts.is_partition = true, .expect = {REFUSED = "partition"}},
    {"no-size", .config.phantom = true, .expect = {REFUSED = "size"}},
    {"size-of-2-to-53", .config = {.phantom = true, .bytes = 1ULL << 53}, .expect = {REFUSED = "size"}},
    {"size-of-2-to-63", .config = {.phantom = true, .bytes = 1ULL << 63}, .expect = {REFUSED = "size"}},
    {"not-confirmed", .request.confirm = CONFIRM_BY_NOBODY, .expect = {REFUSED = "confirmation"}},
    {"another-confirmed", .request.confirm = CONFIRM_BY_WRONG_OPTION, .expect = {REFUSED = "confirmation"}},
    {"wrong-word-at-terminal", .request.confirm = CONFIRM_BY_WRONG_WORD,
     .expect = {REFUSED = "confirmation"}},
    {"purge-nvme", .request.level = "purge", .expect = {TOO_LOW}},
    {"purge-sata-disk", .facts = {.bus = UW_BUS_ATA, .media = UW_MEDIA_HDD}, .request.level = "purge",
     .expect = {TOO_LOW}},
    {"purge-sata-ssd", .facts = {.bus = UW_BUS_ATA, .media = UW_MEDIA_SSD}, .request.level = "purge",
     .expect = {TOO_LOW}},
    {"purge-usb", .facts = {.bus = UW_BUS_USB, .media = UW_MEDIA_USB_FLASH}, .request.level = "purge",
     .expect = {TOO_LOW}},
    {"purge-volume", .facts = {.bus = UW_BUS_MAPPER, .media = UW_MEDIA_VOLUME, .no_hardware = true},
     .request.level = "purge", .expect = {TOO_LOW}},
    {"purge-by-many-passes", .request = {.level = "purge", .standard = "gutmann"}, .expect = {TOO_LOW}},
    {"purge-by-overwrite",
     .request = {.level = "purge", .method = "overwrite", .rule_set = "nist-800-88r1"}, .expect = {TOO_LOW}},
    {"purge-downgraded", .request = {.level = "purge", .allow_downgrade = true}, .expect = {WITH_EXCEPTIONS}},
    {"purge-downgraded-dead-block", .request = {.level = "purge", .allow_downgrade = true},
     FAULTS = {{MODEL_ERROR, 0, 1000, 1}},
     .expect = {FAILED = UNWRITTEN, .unreadable = 1, .unwritten = {{1000, 1, EIO}}}},
    {"usb-stick-one-pass", .facts = {.bus = UW_BUS_USB, .media = UW_MEDIA_USB_FLASH},
     .request.standard = "nist-clear",
     .expect = {TOO_LOW}},

    /* Ctrl-C, while a pass of 16 transfers is in its fifth. */
    {"stopped", .stop_at_pass = 1, LARGE,
     FAULTS = {{MODEL_HOLD, MODEL_WRITE, .after_bytes = LARGE_MARKER_BYTES + 4 * MIB}},
     .expect = {ABORTED}},
    {"stopped-in-pass-3-of-35", .stop_at_pass = 3, LARGE, .request.standard = "gutmann", /* 3 */
     FAULTS = {{MODEL_HOLD, MODEL_WRITE, .after_bytes = LARGE_MARKER_BYTES + 36 * MIB}},
     .expect = {ABORTED}},
    {"stopped-at-a-passing-error", .stop_at_pass = 1, LARGE, /* nobody knows of a block that takes no write */
     FAULTS = {{MODEL_ERROR, MODEL_WRITE, 9000, 1, ERASING, .times = 1},
               {MODEL_HOLD, MODEL_WRITE, 9000, 1, ERASING}},
     .expect = {ABORTED}},
    {"stopped-with-a-dead-block", .stop_at_pass = 2, LARGE, .request.standard = "dod-5220.22-m",
     FAULTS = {{MODEL_ERROR, MODEL_WRITE, 1000, 1},
               {MODEL_HOLD, MODEL_WRITE, .after_bytes = LARGE_MARKER_BYTES + 20 * MIB}},
     .expect = {FAILED = UNWRITTEN, .unwritten = {{.count = DEVICE_SOME}}}},
    {"stopped-while-marking", .stop_at_pass = DEVICE_ANY,
     FAULTS = {{MODEL_HOLD, MODEL_WRITE, .after_transfers = 3}},
     .expect = {.untouched = true, ABORTED, .unmarked = DEVICE_EITHER}},
    {"stopped-while-verifying", .stop_at_pass = 1, LARGE, FAULTS = {{MODEL_HOLD, MODEL_READ, VERIFYING}},
     .expect = {ABORTED}},
};
/* clang-format on */
const size_t device_count = sizeof devices / sizeof devices[0];
