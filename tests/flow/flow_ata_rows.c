/* SPDX-License-Identifier: Apache-2.0 */
/* Named ATA drives: what each row of the ladders makes of them, and the states that they are found in. */
#include "flow_ata_rows.h"

/* clang-format off */
#define KIB 1024ULL
#define MIB (1024 * KIB)
#define SANITIZES .sanitize = true, .crypto = true, .block_erase = true, .overwrite = true
#define BLOCK .sanitize = true, .block_erase = true
#define CRYPTO .sanitize = true, .crypto = true
#define OVERWRITE .sanitize = true, .overwrite = true
#define SECURITY .security = true, .erase_word = 10
#define SECURITY_ENHANCED SECURITY, .enhanced = true, .enhanced_word = 1, .enhanced_value = 0xe5
#define DISK .rotation = 7200
#define LOCKED_BY_SOMEBODY SECURITY_ENHANCED, .user_password = "somebody's"
#define LIBATA_6_12 .sat = {.standard = true, .d_sense = true}
#define USB .facts = {.bus = UW_BUS_USB}

#define PURGED .verdict = "sanitized", .level = "purge"
#define CLEARED .verdict = "sanitized", .level = "clear"
#define PURGED_UNMARKED .verdict = "sanitized-with-exceptions", .level = "purge", .exceptions = "markers_not_possible"
#define CLEARED_BUT .verdict = "sanitized-with-exceptions", .level = "clear", .exceptions
#define FAILED .verdict = "failed", .exit_code = 1
#define REFUSED .verdict = "refused", .exit_code = 4, .why
#define TOO_LOW .verdict = "refused", .exit_code = 3, .why = "level"
#define CLEAR .request.level = "clear"
#define ASK(id) .request = {.level = "clear", .method = id}

#define BY_BLOCK .method = "ata-sanitize-block", .rule = "A1", .profile = "sample", .sanitizes = 1
#define BY_CRYPTO .method = "ata-sanitize-crypto", .rule = "A2", .profile = "sample", .sanitizes = 1, \
    .limitations = "ce_preconditions_unverified"
#define BY_OVERWRITE .method = "ata-sanitize-overwrite", .rule = "A3", .profile = "tenth", .sanitizes = 1
#define BY_ENHANCED .method = "ata-security-erase-enhanced", .rule = "A5", .profile = "tenth", .units = 1, \
    .limitations = "overprovisioned_not_reached"
#define BY_NORMAL .method = "ata-security-erase", .rule = "A6", .profile = "full", .units = 1, \
    .limitations = FLASH_LIMITS
#define BY_HOST .method = "overwrite", .rule = "A6", .profile = "full", .limitations = FLASH_LIMITS
#define FLASH_LIMITS "reallocated_not_reached overprovisioned_not_reached"
#define DISK_CRYPTO .method = "ata-sanitize-crypto", .rule = "H1", .profile = "tenth", .sanitizes = 1, \
    .limitations = "ce_preconditions_unverified"
#define DISK_OVERWRITE .method = "ata-sanitize-overwrite", .rule = "H1", .profile = "tenth", .sanitizes = 1
#define DISK_ENHANCED .method = "ata-security-erase-enhanced", .rule = "H2", .profile = "tenth", .units = 1, \
    .limitations = "consult_maker"
#define HYBRID_ENHANCED .method = "ata-security-erase-enhanced", .rule = "H2", .profile = "tenth", .units = 1, \
    .limitations = "media_cache_not_reached"
#define DISK_HOST .method = "overwrite", .rule = "H3", .profile = "full", .limitations = "reallocated_not_reached"
#define BRIDGED_BLOCK .method = "ata-sanitize-block", .rule = "U2", .profile = "sample", .sanitizes = 1, \
    .limitations = "via_bridge"
#define BRIDGE_HOST .method = "overwrite", .rule = "U1", .profile = "full"
#define AMAX_SEEN .amax = true, .amax_sectors = 64, .sat.follows_size = true
#define DCO_SEEN .dco = true, .dco_sectors = 64, .sat.follows_size = true
#define RESTORE .request.restore_dco = true
#define RESTORE_CLEAR .request = {.level = "clear", .restore_dco = true}
#define HPA_LEFT CLEARED_BUT = "hidden_areas_not_covered", .method = "overwrite", .rule = "H3", \
    .limitations = "reallocated_not_reached hpa_not_covered"
#define DCO_LEFT CLEARED_BUT = "hidden_areas_not_covered", .method = "overwrite", .rule = "H3", \
    .limitations = "reallocated_not_reached dco_not_covered"
#define AMAX_LEFT CLEARED_BUT = "hidden_areas_not_covered", .method = "overwrite", .rule = "A6", \
    .limitations = FLASH_LIMITS " amax_not_covered"
#define NOT_CHECKED "reallocated_not_reached overprovisioned_not_reached hidden_areas_not_checked"
#define ATTACHED PURGED_UNMARKED, .sanitizes = 0
#define UNTOLD_LIMITS .limitations = "ce_preconditions_unverified sanitize_operation_not_told"

const struct ata_row ata_rows[] = {
    /* Flash: the ladder A. */
    {"ssd-everything", .config = {SANITIZES, SECURITY_ENHANCED}, .expect = {PURGED, BY_BLOCK}},
    {"ssd-everything-clear", .config = {SANITIZES, SECURITY_ENHANCED}, CLEAR, .expect = {PURGED, BY_BLOCK}},
    {"ssd-block", .config = {BLOCK}, .expect = {PURGED, BY_BLOCK}},
    {"ssd-block-ones", .config = {BLOCK, .block_value = 0xff}, .expect = {PURGED, BY_BLOCK}},
    {"ssd-block-unmaps", .config = {BLOCK, .unmaps = true}, .expect = {PURGED, BY_BLOCK}},
    {"ssd-block-unmaps-ones", .config = {BLOCK, .unmaps = true, .unmapped_value = 0xff}, .expect = {PURGED, BY_BLOCK}},
    {"ssd-crypto", .config = {CRYPTO, SECURITY_ENHANCED}, .expect = {PURGED, BY_CRYPTO}},
    {"ssd-crypto-unmaps", .config = {CRYPTO, .unmaps = true}, .expect = {PURGED, BY_CRYPTO}},
    {"ssd-overwrite", .config = {OVERWRITE, SECURITY_ENHANCED}, .expect = {PURGED, BY_OVERWRITE}},
    {"ssd-overwrite-definitive", .config = {OVERWRITE, .definitive = true, .ends_otherwise = true},
     .expect = {PURGED, BY_OVERWRITE}},
    {"ssd-crypto-before-overwrite", .config = {CRYPTO, .overwrite = true}, .expect = {PURGED, BY_CRYPTO}},
    {"ssd-enhanced-is-no-purge", .config = {SECURITY_ENHANCED}, .expect = {TOO_LOW}},
    {"ssd-enhanced", .config = {SECURITY_ENHANCED}, CLEAR, .expect = {CLEARED, BY_ENHANCED}},
    {"ssd-enhanced-noise", .config = {SECURITY_ENHANCED, .enhanced_noise = true}, CLEAR, .expect = {CLEARED, BY_ENHANCED}},
    {"ssd-enhanced-downgrade", .config = {SECURITY_ENHANCED}, .request.allow_downgrade = true,
     .expect = {CLEARED_BUT = "downgraded", BY_ENHANCED}},
    {"ssd-enhanced-ieee", .config = {SECURITY_ENHANCED}, .request.rule_set = "ieee-2883", .expect = {PURGED, BY_ENHANCED}},
    {"ssd-enhanced-r1", .config = {SECURITY_ENHANCED}, .request.rule_set = "nist-800-88r1", .expect = {TOO_LOW}},
    {"ssd-normal", .config = {SECURITY}, CLEAR, .expect = {CLEARED, BY_NORMAL}},
    {"ssd-normal-no-purge-anywhere", .config = {SECURITY}, .request.rule_set = "ieee-2883", .expect = {TOO_LOW}},
    {"ssd-nothing", .expect = {TOO_LOW}},
    {"ssd-nothing-clear", CLEAR, .expect = {CLEARED, BY_HOST}},
    {"ssd-standard-asked", .config = {SANITIZES}, .request = {.level = "clear", .standard = "nist-clear"},
     .expect = {CLEARED, BY_HOST}},
    {"ssd-no-log", .config = {OVERWRITE, .no_log = true}, .expect = {PURGED, BY_OVERWRITE}},
    {"ssd-short-nop", .config = {BLOCK, .short_nop = true}, .expect = {PURGED, BY_BLOCK}},
    {"ssd-no-checksum", .config = {BLOCK, .no_checksum = true}, .expect = {PURGED, BY_BLOCK}},
    {"ssd-no-wwn", .config = {BLOCK, .no_wwn = true}, .expect = {PURGED, BY_BLOCK}},
    {"ssd-4096", .config = {BLOCK, .block = {.bytes = 2 * MIB, .block_bytes = 4096}}, .expect = {PURGED, BY_BLOCK}},
    {"ssd-sampled", .config = {BLOCK, .block.bytes = 300 * MIB}, .expect = {PURGED, BY_BLOCK}},
    {"ssd-at-once", .config = {BLOCK, .block_ms = MODEL_ALL}, .expect = {PURGED, BY_BLOCK}},
    {"ssd-for-a-day", .config = {BLOCK, .block_ms = 86400000}, .expect = {PURGED, BY_BLOCK}},
    {"ssd-overwrite-faster-than-flash", .config = {OVERWRITE, .pass_ms = MODEL_ALL, .block.bytes = 300 * MIB},
     .expect = {FAILED, BY_OVERWRITE, .why = "faster than any drive"}},
    {"ssd-overwrite-as-fast-as-flash", .config = {OVERWRITE, .pass_ms = 60, .block.bytes = 300 * MIB},
     .expect = {PURGED, BY_OVERWRITE}},
    {"ssd-normal-faster-than-any", .config = {SECURITY, .normal_ms = MODEL_ALL, .block.bytes = 300 * MIB},
     ASK("ata-security-erase"), .expect = {FAILED, BY_NORMAL, .why = "faster than any drive"}},
    {"ssd-normal-in-blocks", .config = {SECURITY, .normal_ms = 60, .block.bytes = 300 * MIB},
     ASK("ata-security-erase"), .expect = {CLEARED, BY_NORMAL}},
    {"ssd-enhanced-at-once", .config = {SECURITY_ENHANCED, .enhanced_ms = MODEL_ALL, .block.bytes = 300 * MIB},
     ASK("ata-security-erase-enhanced"), .expect = {CLEARED, BY_ENHANCED}},
    {"hdd-overwrite-faster-than-a-disk", .config = {DISK, OVERWRITE, .pass_ms = 60, .block.bytes = 300 * MIB},
     .expect = {FAILED, DISK_OVERWRITE, .why = "faster than any drive"}},
    {"hdd-overwrite-as-fast-as-a-disk", .config = {DISK, OVERWRITE, .pass_ms = 320, .block.bytes = 300 * MIB},
     .expect = {PURGED, DISK_OVERWRITE}},
    {"hdd-enhanced-faster-than-a-disk",
     .config = {DISK, SECURITY, .enhanced = true, .enhanced_word = 2, .enhanced_ms = MODEL_ALL, .block.bytes = 300 * MIB},
     .expect = {FAILED, DISK_ENHANCED, .why = "faster than any drive"}},
    {"hdd-enhanced-as-fast-as-a-disk",
     .config = {DISK, SECURITY, .enhanced = true, .enhanced_word = 2, .enhanced_ms = 320, .block.bytes = 300 * MIB},
     .expect = {PURGED, DISK_ENHANCED}},
    {"hybrid-enhanced-faster-than-a-disk",
     .config = {DISK, SECURITY, .hybrid = true, .enhanced = true, .enhanced_word = 120, .enhanced_ms = MODEL_ALL,
                .block.bytes = 300 * MIB},
     ASK("ata-security-erase-enhanced"), .expect = {FAILED, HYBRID_ENHANCED, .why = "faster than any drive"}},
    /* It says that it changes a key, or says nothing. */
    {"hdd-enhanced-by-key", .config = {DISK, SECURITY_ENHANCED, .enhanced_ms = MODEL_ALL, .block.bytes = 300 * MIB},
     .expect = {PURGED, DISK_ENHANCED}},
    {"hdd-enhanced-at-once-time-not-told",
     .config = {DISK, SECURITY, .enhanced = true, .enhanced_ms = MODEL_ALL, .block.bytes = 300 * MIB},
     .expect = {PURGED, DISK_ENHANCED}},
    {"hdd-enhanced-at-once-time-off-the-scale",
     .config = {DISK, SECURITY, .enhanced = true, .enhanced_word = 0xff, .enhanced_ms = MODEL_ALL,
                .block.bytes = 300 * MIB},
     .expect = {PURGED, DISK_ENHANCED}},
    {"ssd-slow-answers", .config = {BLOCK, .command_ms = 4000}, .expect = {PURGED, BY_BLOCK}},
    {"ssd-enhanced-time-not-told", .config = {.security = true, .enhanced = true}, CLEAR, .expect = {CLEARED, BY_ENHANCED}},
    {"ssd-normal-for-nine-hours", .config = {.security = true, .erase_word = 0xff, .normal_ms = 32400000}, CLEAR,
     .expect = {CLEARED, BY_NORMAL}},
    {"ssd-large-cache", .config = {BLOCK, .block.cache_blocks = MODEL_ALL}, .expect = {PURGED, BY_BLOCK}},

    /* Disks: the ladder H. */
    {"hdd-crypto", .config = {DISK, SANITIZES, SECURITY_ENHANCED}, .expect = {PURGED, DISK_CRYPTO}},
    {"hdd-overwrite", .config = {DISK, OVERWRITE, SECURITY_ENHANCED}, .expect = {PURGED, DISK_OVERWRITE}},
    {"hdd-overwrite-for-two-days", .config = {DISK, OVERWRITE, .pass_ms = 172800000}, .expect = {PURGED, DISK_OVERWRITE}},
    {"hdd-block-has-no-row", .config = {DISK, BLOCK}, .expect = {TOO_LOW}},
    {"hdd-enhanced", .config = {DISK, SECURITY_ENHANCED}, .expect = {PURGED, DISK_ENHANCED}},
    {"hdd-enhanced-r1", .config = {DISK, SECURITY_ENHANCED}, .request.rule_set = "nist-800-88r1",
     .expect = {PURGED, DISK_ENHANCED}},
    {"hdd-enhanced-hours", .config = {DISK, SECURITY, .enhanced = true, .enhanced_word = 120, .enhanced_ms = 14000000},
     .expect = {PURGED, DISK_ENHANCED}},
    {"hdd-normal-is-no-purge", .config = {DISK, SECURITY}, .expect = {TOO_LOW}},
    {"hdd-normal", .config = {DISK, SECURITY}, CLEAR, .expect = {CLEARED, DISK_HOST}},
    {"hdd-nothing", .config = {DISK}, .expect = {TOO_LOW}},
    {"hdd-nothing-clear", .config = {DISK}, CLEAR, .expect = {CLEARED, DISK_HOST}},
    {"smr-enhanced-is-no-purge", .config = {DISK, SECURITY_ENHANCED}, .facts.media = UW_MEDIA_HDD_SMR, .expect = {TOO_LOW}},
    {"smr-enhanced-ieee-is-no-purge", .config = {DISK, SECURITY_ENHANCED}, .facts.media = UW_MEDIA_HDD_SMR,
     .request.rule_set = "ieee-2883", .expect = {TOO_LOW}},
    {"smr-enhanced", .config = {DISK, SECURITY_ENHANCED}, .facts.media = UW_MEDIA_HDD_SMR, CLEAR,
     .expect = {CLEARED, .method = "ata-security-erase-enhanced", .rule = "H2", .units = 1,
                .limitations = "media_cache_not_reached"}},
    {"smr-overwrite", .config = {DISK, OVERWRITE}, .facts.media = UW_MEDIA_HDD_SMR, .expect = {PURGED, DISK_OVERWRITE}},
    /* Flash beside the disk is reached by nobody's word: clear is the most. */
    {"hybrid-enhanced-is-no-purge", .config = {DISK, SECURITY_ENHANCED, .hybrid = true}, .expect = {TOO_LOW}},
    {"hybrid-enhanced-ieee-is-no-purge", .config = {DISK, SECURITY_ENHANCED, .hybrid = true},
     .request.rule_set = "ieee-2883", .expect = {TOO_LOW}},
    {"hybrid-enhanced", .config = {DISK, SECURITY_ENHANCED, .hybrid = true}, CLEAR, .expect = {CLEARED, HYBRID_ENHANCED}},
    {"hybrid-of-old-enhanced", .config = {DISK, SECURITY_ENHANCED, .caches = true}, CLEAR,
     .expect = {CLEARED, HYBRID_ENHANCED}},
    {"hybrid-overwrite", .config = {DISK, OVERWRITE, .hybrid = true}, .expect = {PURGED, DISK_OVERWRITE}},
    {"disk-that-does-not-rotate", .config = {.rotation = 1, SECURITY_ENHANCED}, .facts.media = UW_MEDIA_HDD,
     .expect = {TOO_LOW}},

    /* Security that is not to be had. */
    {"frozen-sanitizes", .config = {SANITIZES, SECURITY_ENHANCED, .freezes_security = true}, .expect = {PURGED, BY_BLOCK}},
    {"frozen-disk", .config = {DISK, SECURITY_ENHANCED, .freezes_security = true}, .expect = {TOO_LOW}},
    {"frozen-disk-clear", .config = {DISK, SECURITY_ENHANCED, .freezes_security = true}, CLEAR, .expect = {CLEARED, DISK_HOST}},
    {"frozen-ssd-clear", .config = {SECURITY_ENHANCED, .freezes_security = true}, CLEAR, .expect = {CLEARED, BY_HOST}},
    {"frozen-enhanced-asked", .config = {SECURITY_ENHANCED, .freezes_security = true}, ASK("ata-security-erase-enhanced"),
     .expect = {TOO_LOW}},
    {"frozen-normal-asked", .config = {SECURITY, .freezes_security = true}, ASK("ata-security-erase"), .expect = {TOO_LOW}},
    {"locked", .config = {LOCKED_BY_SOMEBODY}, CLEAR, .expect = {REFUSED = "locked"}},
    {"locked-purge", .config = {SANITIZES, LOCKED_BY_SOMEBODY}, .expect = {REFUSED = "locked"}},
    {"locked-maximum", .config = {SANITIZES, LOCKED_BY_SOMEBODY, .maximum = true}, .expect = {REFUSED = "locked"}},
    /* Of a run that broke off on a machine that kept nothing of it. */
    {"locked-with-our-word", .config = {SECURITY_ENHANCED, .user_password = "unwrite"}, CLEAR, .expect = {CLEARED, BY_ENHANCED}},
    {"locked-with-our-word-sanitizes", .config = {SANITIZES, SECURITY_ENHANCED, .user_password = "unwrite"},
     .expect = {PURGED, BY_BLOCK}},
    {"locked-with-our-word-overwritten", .config = {SECURITY_ENHANCED, .user_password = "unwrite"}, ASK("overwrite"),
     .expect = {CLEARED, BY_HOST}},
    {"locked-by-somebody-overwritten", .config = {LOCKED_BY_SOMEBODY}, ASK("overwrite"), .expect = {REFUSED = "locked"}},
    {"usb-locked-with-our-word", .config = {SECURITY_ENHANCED, .user_password = "unwrite", .sat = {.usb = true, .standard = true}},
     USB, CLEAR, .expect = {REFUSED = "locked"}},
    {"locked-disk", .config = {DISK, LOCKED_BY_SOMEBODY}, .expect = {REFUSED = "locked"}},
    {"locked-enhanced-asked", .config = {LOCKED_BY_SOMEBODY}, ASK("ata-security-erase-enhanced"), .expect = {REFUSED = "locked"}},
    /* It would stay locked, so nothing could be read back. */
    {"locked-overrides", .config = {SANITIZES, LOCKED_BY_SOMEBODY, .restricted_overrides = true},
     .expect = {REFUSED = "locked"}},
    {"locked-overrides-expired", .config = {SANITIZES, LOCKED_BY_SOMEBODY, .restricted_overrides = true}, .expired = true,
     .expect = {REFUSED = "locked"}},
    {"locked-tells-no-status", .config = {SANITIZES, LOCKED_BY_SOMEBODY, .lies = {{MODEL_ATA_ABORTS, MODEL_ATA_STATUS}}}, CLEAR,
     .expect = {REFUSED = "locked"}},
    {"tells-no-status", .config = {SANITIZES, .lies = {{MODEL_ATA_ABORTS, MODEL_ATA_STATUS}}}, CLEAR,
     .expect = {REFUSED = "sanitize_state"}},
    {"locked-expired", .config = {SANITIZES, LOCKED_BY_SOMEBODY}, .expired = true, .expect = {REFUSED = "locked"}},
    {"unlocked", .config = {LOCKED_BY_SOMEBODY, .unlocked = true}, .expect = {TOO_LOW}},
    {"unlocked-clear", .config = {LOCKED_BY_SOMEBODY, .unlocked = true}, CLEAR, .expect = {CLEARED, BY_HOST}},
    {"unlocked-sanitizes", .config = {SANITIZES, LOCKED_BY_SOMEBODY, .unlocked = true}, .expect = {PURGED, BY_BLOCK}},
    {"unlocked-enhanced-asked", .config = {LOCKED_BY_SOMEBODY, .unlocked = true}, ASK("ata-security-erase-enhanced"),
     .expect = {TOO_LOW}},
    {"expired", .config = {SECURITY_ENHANCED}, .expired = true, CLEAR, .expect = {CLEARED, BY_HOST}},
    {"expired-sanitizes", .config = {SANITIZES, SECURITY_ENHANCED}, .expired = true, .expect = {PURGED, BY_BLOCK}},
    {"expired-enhanced-asked", .config = {SECURITY_ENHANCED}, .expired = true, ASK("ata-security-erase-enhanced"),
     .expect = {TOO_LOW}},

    /* Sanitize states. */
    {"sanitize-frozen", .config = {SANITIZES, .freezes_sanitize = true}, .expect = {TOO_LOW}},
    {"sanitize-frozen-clear", .config = {SANITIZES, SECURITY_ENHANCED, .freezes_sanitize = true}, CLEAR,
     .expect = {CLEARED, BY_ENHANCED}},
    {"sanitize-frozen-disk", .config = {DISK, SANITIZES, SECURITY_ENHANCED, .freezes_sanitize = true},
     .expect = {PURGED, DISK_ENHANCED}},
    {"sanitize-and-security-frozen", .config = {SANITIZES, SECURITY_ENHANCED, .freezes_sanitize = true, .freezes_security = true},
     CLEAR, .expect = {CLEARED, BY_HOST}},
    {"sanitized-before", .config = {BLOCK, .former.succeeded = true}, .expect = {PURGED, BY_BLOCK}},
    /* Its status tells the same before and after, and never of our own. */
    {"sanitized-before-at-once", .config = {BLOCK, .block_ms = MODEL_ALL, .former.succeeded = true},
     .expect = {FAILED, BY_BLOCK, .why = "no end of ours was seen"}},
    {"running-block", .config = {BLOCK, .former = {.running = MODEL_ATA_BLOCK, .elapsed_ms = 1000}},
     .expect = {ATTACHED, .method = "ata-sanitize-block", .rule = "A1"}},
    {"running-crypto", .config = {CRYPTO, .former = {.running = MODEL_ATA_CRYPTO, .elapsed_ms = 100}},
     .expect = {ATTACHED, .method = "ata-sanitize-crypto", .rule = "A2", .limitations = "ce_preconditions_unverified"}},
    {"running-overwrite", .config = {OVERWRITE, .former = {.running = MODEL_ATA_OVERWRITE, .elapsed_ms = 100}},
     .expect = {ATTACHED, .method = "ata-sanitize-overwrite", .rule = "A3"}},
    {"running-one-of-three", .config = {SANITIZES, SECURITY_ENHANCED, .former = {.running = MODEL_ATA_CRYPTO}},
     .expect = {ATTACHED, .method = "ata-sanitize-block", .profile = "tenth", UNTOLD_LIMITS}},
    {"running-overwrite-of-three", .config = {SANITIZES, .former = {.running = MODEL_ATA_OVERWRITE, .elapsed_ms = 10000}},
     .expect = {ATTACHED, .method = "ata-sanitize-block", .profile = "tenth", UNTOLD_LIMITS}},
    /* Nobody watched its end, and somebody may have written since. */
    {"running-and-over-before-it-was-watched",
     .config = {OVERWRITE, .former = {.running = MODEL_ATA_OVERWRITE, .elapsed_ms = 19999}},
     .expect = {FAILED, .method = "ata-sanitize-overwrite", .why = "no end of ours"}},
    {"running-disk", .config = {DISK, OVERWRITE, .former = {.running = MODEL_ATA_OVERWRITE}},
     .expect = {ATTACHED, .method = "ata-sanitize-overwrite", .rule = "H1"}},
    {"running-another-asked", .config = {SANITIZES, .former = {.running = MODEL_ATA_BLOCK}}, ASK("ata-sanitize-crypto"),
     .expect = {REFUSED = "sanitize_running"}},
    {"running-unit-asked", .config = {SANITIZES, SECURITY_ENHANCED, .former = {.running = MODEL_ATA_BLOCK}},
     ASK("ata-security-erase-enhanced"), .expect = {REFUSED = "sanitize_running"}},
    {"running-overwrite-asked", .config = {SANITIZES, .former = {.running = MODEL_ATA_BLOCK}}, ASK("overwrite"),
     .expect = {REFUSED = "sanitize_running"}},
    {"running-and-stands", .config = {BLOCK, .former = {.running = MODEL_ATA_BLOCK}, .lies = {{MODEL_ATA_STANDS}}},
     .expect = {.verdict = "stalled", .exit_code = 1, .method = "ata-sanitize-block",
                .exceptions = "continues_in_drive"}},
    {"running-and-fails", .config = {BLOCK, .former = {.running = MODEL_ATA_BLOCK}, .lies = {{MODEL_ATA_FAILS, .value = 70}}},
     .expect = {FAILED, .method = "ata-sanitize-block", .why = "failed"}},
    {"failed-before", .config = {BLOCK, .former = {.failed = true}}, .expect = {PURGED_UNMARKED, BY_BLOCK}},
    {"failed-before-in-failure-mode", .config = {BLOCK, .former = {.failed = true, .failure_mode = true}},
     .expect = {PURGED_UNMARKED, BY_BLOCK}},
    {"failed-before-overwrite-asked", .config = {BLOCK, .former = {.failed = true}}, ASK("overwrite"),
     .expect = {REFUSED = "sanitize_state"}},
    {"failed-before-unit-asked", .config = {BLOCK, SECURITY_ENHANCED, .former = {.failed = true}},
     ASK("ata-security-erase-enhanced"), .expect = {REFUSED = "sanitize_state"}},
    {"failed-before-and-no-registers", .config = {BLOCK, .former = {.failed = true}, .sat.zeroes_count = true},
     ASK("overwrite"), .expect = {TOO_LOW}},
    /* Begun in failure mode: something else may follow once that state was ended. */
    {"failed-before-in-failure-mode-overwrite-asked",
     .config = {BLOCK, .former = {.failed = true, .failure_mode = true}}, ASK("overwrite"),
     .expect = {CLEARED_BUT = "failed_sanitize_ended", BY_HOST}},
    {"failed-before-in-failure-mode-unit-asked",
     .config = {BLOCK, SECURITY_ENHANCED, .former = {.failed = true, .failure_mode = true}},
     ASK("ata-security-erase-enhanced"), .expect = {CLEARED_BUT = "failed_sanitize_ended", BY_ENHANCED}},
    {"failed-before-in-failure-mode-bridged",
     .config = {BLOCK, .former = {.failed = true, .failure_mode = true}}, USB, ASK("overwrite"),
     .expect = {CLEARED_BUT = "failed_sanitize_ended", BRIDGE_HOST,
                .limitations = FLASH_LIMITS " via_bridge"}},
    {"failed-before-and-again", .config = {BLOCK, .former = {.failed = true}, .lies = {{MODEL_ATA_FAILS, .value = 30}}},
     .expect = {FAILED, BY_BLOCK, .why = "failed"}},
    {"failed-before-and-never-starts", .config = {BLOCK, .former = {.failed = true}, .lies = {{MODEL_ATA_NEVER_STARTS}}},
     .expect = {FAILED, BY_BLOCK}},

    /* Areas that are hidden. */
    {"hpa-sanitized", .config = {BLOCK, .hpa = true, .hpa_sectors = 64}, .expect = {PURGED, BY_BLOCK}},
    {"hpa-there-and-empty", .config = {DISK, SECURITY_ENHANCED, .hpa = true}, .expect = {PURGED, DISK_ENHANCED}},
    {"hpa-opened", .config = {DISK, SECURITY_ENHANCED, .hpa = true, .hpa_sectors = 64}, .expect = {PURGED, DISK_ENHANCED}},
    {"hpa-opened-and-overwritten", .config = {DISK, .hpa = true, .hpa_sectors = 64}, CLEAR, .expect = {CLEARED, DISK_HOST}},
    {"hpa-opened-by-28-bits", .config = {DISK, SECURITY_ENHANCED, .hpa = true, .hpa_sectors = 64, .hpa_of_28_bit = true},
     .expect = {PURGED, DISK_ENHANCED}},
    {"hpa-opened-without-48-bits", .config = {DISK, SECURITY_ENHANCED, .hpa = true, .hpa_sectors = 64, .no_48_bit = true},
     .expect = {PURGED, DISK_ENHANCED}},
    {"hpa-opened-behind-a-hba", .config = {DISK, SECURITY_ENHANCED, .hpa = true, .hpa_sectors = 64, .cache_off = true,
                                           .sat.follows_size = true}, .expect = {PURGED, DISK_ENHANCED}},
    {"hpa-opened-flash", .config = {.hpa = true, .hpa_sectors = 64}, CLEAR, .expect = {CLEARED, BY_HOST}},
    {"hpa-opened-two-steps", .config = {SECURITY_ENHANCED, .hpa = true, .hpa_sectors = 64}, CLEAR, .expect = {CLEARED, BY_ENHANCED}},
    {"hpa-host-does-not-follow", .config = {DISK, SECURITY_ENHANCED, .hpa = true, .hpa_sectors = 64, .cache_off = true},
     .expect = {TOO_LOW}},
    {"hpa-host-does-not-follow-clear", .config = {DISK, .hpa = true, .hpa_sectors = 64, .cache_off = true}, CLEAR,
     .expect = {HPA_LEFT}},
    {"hpa-host-does-not-follow-downgrade", .config = {DISK, SECURITY_ENHANCED, .hpa = true, .hpa_sectors = 64, .cache_off = true},
     .request.allow_downgrade = true,
     .expect = {CLEARED_BUT = "downgraded hidden_areas_not_covered", .method = "ata-security-erase-enhanced", .rule = "H2",
                .units = 1, .limitations = "hpa_not_covered consult_maker"}},
    {"hpa-refuses", .config = {DISK, SECURITY_ENHANCED, .hpa = true, .hpa_sectors = 64, .lies = {{MODEL_ATA_ABORTS, MODEL_ATA_OPENING}}},
     .expect = {TOO_LOW}},
    {"hpa-refuses-clear", .config = {DISK, .hpa = true, .hpa_sectors = 64, .lies = {{MODEL_ATA_ABORTS, MODEL_ATA_OPENING}}}, CLEAR,
     .expect = {HPA_LEFT}},
    {"hpa-accepts-and-stays", .config = {DISK, SECURITY_ENHANCED, .hpa = true, .hpa_sectors = 64,
                                         .lies = {{MODEL_ATA_ACCEPTS, MODEL_ATA_OPENING}}}, .expect = {TOO_LOW}},
    {"hpa-accepts-and-stays-clear", .config = {DISK, .hpa = true, .hpa_sectors = 64, .lies = {{MODEL_ATA_ACCEPTS, MODEL_ATA_OPENING}}},
     CLEAR, .expect = {HPA_LEFT}},
    {"hpa-opens-less", .config = {DISK, SECURITY_ENHANCED, .hpa = true, .hpa_sectors = 64, .lies = {{MODEL_ATA_OPENS_LESS}},
                                  .sat.follows_size = true}, .expect = {TOO_LOW}},
    {"hpa-opens-less-clear", .config = {DISK, .hpa = true, .hpa_sectors = 64, .lies = {{MODEL_ATA_OPENS_LESS}}, .sat.follows_size = true},
     CLEAR, .expect = {HPA_LEFT}},
    {"hpa-opens-less-unseen-clear", .config = {DISK, .hpa = true, .hpa_sectors = 64, .lies = {{MODEL_ATA_OPENS_LESS}}}, CLEAR,
     .expect = {HPA_LEFT}},
    {"hpa-hangs", .config = {DISK, .hpa = true, .hpa_sectors = 64, .lies = {{MODEL_ATA_HANGS, MODEL_ATA_OPENING}}}, CLEAR,
     .expect = {.verdict = "stalled", .exit_code = 1, .limitations = "reallocated_not_reached"}},
    {"hpa-resets", .config = {DISK, .hpa = true, .hpa_sectors = 64, .lies = {{MODEL_ATA_RESETS, MODEL_ATA_OPENING}}}, CLEAR,
     .expect = {CLEARED, DISK_HOST}},
    {"hpa-through-a-bridge", .config = {DISK, .hpa = true, .hpa_sectors = 64, .sat.usb = true}, USB, CLEAR,
     .expect = {CLEARED_BUT = "hidden_areas_not_covered", BRIDGE_HOST,
                .limitations = "reallocated_not_reached hpa_not_covered via_bridge"}},
    {"hpa-password", .config = {DISK, SECURITY_ENHANCED, .hpa = true, .hpa_sectors = 64, .hpa_password = true},
     .expect = {TOO_LOW}},
    {"amax-sanitized", .config = {DISK, OVERWRITE, .amax = true, .amax_sectors = 64}, .expect = {PURGED, DISK_OVERWRITE}},
    /* A kernel that goes by its own size sees none of it before the next power cycle. */
    {"amax-opened-unseen", .config = {DISK, SECURITY_ENHANCED, .amax = true, .amax_sectors = 64},
     .expect = {TOO_LOW, .exceptions = "amax_left_open"}},
    {"amax-opened-unseen-clear", .config = {.amax = true, .amax_sectors = 64}, CLEAR,
     .expect = {CLEARED_BUT = "hidden_areas_not_covered amax_left_open", .method = "overwrite", .rule = "A6",
                .limitations = FLASH_LIMITS " amax_not_covered"}},
    {"amax-opened", .config = {DISK, SECURITY_ENHANCED, AMAX_SEEN}, .expect = {PURGED, DISK_ENHANCED, .exceptions = "amax_left_open"}},
    {"amax-opened-clear", .config = {AMAX_SEEN}, CLEAR, .expect = {CLEARED, BY_HOST, .exceptions = "amax_left_open"}},
    {"amax-opened-and-set-back", .config = {DISK, SECURITY_ENHANCED, AMAX_SEEN, .amax_again = true}, .expect = {PURGED, DISK_ENHANCED}},
    {"amax-opened-and-set-back-clear", .config = {AMAX_SEEN, .amax_again = true}, CLEAR, .expect = {CLEARED, BY_HOST}},
    {"amax-frozen", .config = {DISK, SECURITY_ENHANCED, AMAX_SEEN, .freezes_amax = true}, .expect = {TOO_LOW}},
    {"amax-frozen-clear", .config = {AMAX_SEEN, .freezes_amax = true}, CLEAR, .expect = {AMAX_LEFT}},
    {"amax-refuses-clear", .config = {AMAX_SEEN, .lies = {{MODEL_ATA_ABORTS, MODEL_ATA_OPENING}}}, CLEAR, .expect = {AMAX_LEFT}},
    {"amax-accepts-and-stays", .config = {DISK, SECURITY_ENHANCED, AMAX_SEEN, .lies = {{MODEL_ATA_ACCEPTS, MODEL_ATA_OPENING}}},
     .expect = {TOO_LOW}},
    {"amax-accepts-and-stays-clear", .config = {AMAX_SEEN, .lies = {{MODEL_ATA_ACCEPTS, MODEL_ATA_OPENING}}}, CLEAR,
     .expect = {AMAX_LEFT}},
    {"amax-opens-less-clear", .config = {AMAX_SEEN, .lies = {{MODEL_ATA_OPENS_LESS}}}, CLEAR,
     .expect = {CLEARED_BUT = "hidden_areas_not_covered amax_left_open", .method = "overwrite", .rule = "A6",
                .limitations = FLASH_LIMITS " amax_not_covered"}},
    {"dco-sanitized", .config = {CRYPTO, .dco = true, .dco_sectors = 64}, .expect = {PURGED, BY_CRYPTO}},
    {"dco-is-no-purge", .config = {DISK, SECURITY_ENHANCED, .dco = true, .dco_sectors = 64}, .expect = {TOO_LOW}},
    {"dco-overwritten", .config = {DISK, .dco = true, .dco_sectors = 64}, CLEAR,
     .expect = {CLEARED_BUT = "hidden_areas_not_covered", .method = "overwrite", .rule = "H3",
                .limitations = "reallocated_not_reached dco_not_covered"}},
    {"dco-restored", .config = {DISK, SECURITY_ENHANCED, DCO_SEEN}, RESTORE, .expect = {PURGED, DISK_ENHANCED}},
    {"dco-restored-clear", .config = {DISK, DCO_SEEN}, RESTORE_CLEAR, .expect = {CLEARED, DISK_HOST}},
    {"dco-restored-unseen", .config = {DISK, SECURITY_ENHANCED, .dco = true, .dco_sectors = 64}, RESTORE, .expect = {TOO_LOW}},
    {"dco-restored-unseen-clear", .config = {DISK, .dco = true, .dco_sectors = 64}, RESTORE_CLEAR, .expect = {DCO_LEFT}},
    {"dco-refuses-clear", .config = {DISK, DCO_SEEN, .lies = {{MODEL_ATA_ABORTS, MODEL_ATA_OPENING}}}, RESTORE_CLEAR,
     .expect = {DCO_LEFT}},
    {"dco-accepts-and-stays", .config = {DISK, SECURITY_ENHANCED, DCO_SEEN, .lies = {{MODEL_ATA_ACCEPTS, MODEL_ATA_OPENING}}}, RESTORE,
     .expect = {TOO_LOW}},
    {"dco-accepts-and-stays-clear", .config = {DISK, DCO_SEEN, .lies = {{MODEL_ATA_ACCEPTS, MODEL_ATA_OPENING}}}, RESTORE_CLEAR,
     .expect = {DCO_LEFT}},
    {"dco-opens-less-clear", .config = {DISK, DCO_SEEN, .lies = {{MODEL_ATA_OPENS_LESS}}}, RESTORE_CLEAR, .expect = {DCO_LEFT}},
    {"dco-frozen-restore-asked", .config = {DISK, SECURITY_ENHANCED, DCO_SEEN, .freezes_dco = true}, RESTORE, .expect = {TOO_LOW}},
    {"dco-sanitized-restore-asked", .config = {CRYPTO, DCO_SEEN}, RESTORE, .expect = {PURGED, BY_CRYPTO}},
    {"dco-behind-hpa-restored", .config = {DISK, SECURITY_ENHANCED, .hpa = true, .hpa_sectors = 32, DCO_SEEN}, RESTORE,
     .expect = {PURGED, DISK_ENHANCED}},
    {"dco-behind-hpa-restored-clear", .config = {DISK, .hpa = true, .hpa_sectors = 32, DCO_SEEN}, RESTORE_CLEAR,
     .expect = {CLEARED, DISK_HOST}},
    {"dco-behind-hpa-with-password", .config = {DISK, SECURITY_ENHANCED, .hpa = true, .hpa_sectors = 32, .hpa_password = true, DCO_SEEN},
     RESTORE, .expect = {TOO_LOW}},
    {"dco-behind-amax-restored", .config = {DISK, SECURITY_ENHANCED, .amax = true, .amax_sectors = 32, DCO_SEEN}, RESTORE,
     .expect = {PURGED, DISK_ENHANCED, .exceptions = "amax_left_open"}},
    {"dco-frozen-is-no-purge", .config = {DISK, SECURITY_ENHANCED, .dco = true, .freezes_dco = true}, .expect = {TOO_LOW}},
    {"dco-frozen-overwritten", .config = {DISK, .dco = true, .freezes_dco = true}, CLEAR,
     .expect = {CLEARED_BUT = "hidden_areas_not_checked", .method = "overwrite", .rule = "H3",
                .limitations = "reallocated_not_reached hidden_areas_not_checked"}},
    {"dco-garbled-is-no-purge", .config = {DISK, SECURITY_ENHANCED, .dco = true, .dco_bad_answer = true}, .expect = {TOO_LOW}},
    {"hpa-and-dco-sanitized", .config = {BLOCK, .hpa = true, .hpa_sectors = 32, .dco = true, .dco_sectors = 32},
     .expect = {PURGED, BY_BLOCK}},
    {"hpa-and-dco-overwritten", .config = {DISK, .hpa = true, .hpa_sectors = 32, .dco = true, .dco_sectors = 32}, CLEAR,
     .expect = {CLEARED_BUT = "hidden_areas_not_covered", .method = "overwrite", .rule = "H3",
                .limitations = "reallocated_not_reached dco_not_covered"}},

    /* Ways to the drive. */
    {"libata-6.12", .config = {BLOCK, LIBATA_6_12}, .expect = {PURGED, BY_BLOCK}},
    {"libata-6.12-fixed", .config = {BLOCK, .sat = {.standard = true}}, .expect = {PURGED, BY_BLOCK}},
    {"libata-enhanced", .config = {DISK, SECURITY_ENHANCED, LIBATA_6_12}, .expect = {PURGED, DISK_ENHANCED}},
    {"d-sense-refused", .config = {BLOCK, .sat = {.standard = true, .d_sense_refused = true}}, .expect = {TOO_LOW}},
    {"d-sense-refused-response", .config = {BLOCK, .sat = {.d_sense_refused = true, .response = true}}, .expect = {PURGED, BY_BLOCK}},
    {"no-registers", .config = {BLOCK, .sat.no_registers = true}, .expect = {TOO_LOW}},
    {"no-registers-disk", .config = {DISK, SECURITY_ENHANCED, .sat.no_registers = true}, .expect = {TOO_LOW}},
    {"no-registers-disk-clear", .config = {DISK, SECURITY_ENHANCED, .sat.no_registers = true}, CLEAR, .expect = {CLEARED, DISK_HOST}},
    {"no-registers-hpa", .config = {DISK, .hpa = true, .hpa_sectors = 64, .sat.no_registers = true}, CLEAR,
     .expect = {CLEARED_BUT = "hidden_areas_not_checked", .method = "overwrite", .rule = "H3",
                .limitations = "reallocated_not_reached hidden_areas_not_checked"}},
    {"response-information", .config = {BLOCK, .sat = {.no_registers = true, .response = true}}, .expect = {PURGED, BY_BLOCK}},
    {"response-with-direction", .config = {BLOCK, .sat = {.no_registers = true, .response = true, .response_needs_direction = true}},
     .expect = {PURGED, BY_BLOCK}},
    {"zero-registers", .config = {BLOCK, .sat.zero_registers = true}, .expect = {TOO_LOW}},
    {"swapped-lba", .config = {BLOCK, .sat = {.standard = true, .d_sense_ignored = true, .swaps_lba = true}}, .expect = {TOO_LOW}},
    {"short-sense", .config = {BLOCK, .sat = {.d_sense = true, .sense_bytes = 18}}, .expect = {TOO_LOW}},
    {"count-zeroed-overwrite", .config = {OVERWRITE, .sat.zeroes_count = true}, .expect = {TOO_LOW}},
    {"count-zeroed-disk", .config = {DISK, OVERWRITE, .sat.zeroes_count = true}, CLEAR, .expect = {CLEARED, DISK_HOST}},
    {"count-zeroed-block", .config = {BLOCK, .sat.zeroes_count = true}, .expect = {PURGED, BY_BLOCK}},
    {"count-zeroed-enhanced", .config = {DISK, SECURITY_ENHANCED, .sat.zeroes_count = true}, .expect = {PURGED, DISK_ENHANCED}},
    {"no-pass-through", .config = {SANITIZES, .sat.no_pass_through = true}, .expect = {TOO_LOW}},
    {"no-pass-through-clear", .config = {SANITIZES, .sat.no_pass_through = true}, CLEAR,
     .expect = {CLEARED_BUT = "hidden_areas_not_checked", .method = "overwrite", .rule = "A6", .limitations = NOT_CHECKED}},
    {"only-12", .config = {SANITIZES, .sat.only_12 = true}, .expect = {TOO_LOW}},

    /* A bridge: as the drive inside, where it lets everything through; never a password. */
    {"usb-block", .config = {SANITIZES, SECURITY_ENHANCED, .sat = {.usb = true, .standard = true}}, USB, .expect = {PURGED, BRIDGED_BLOCK}},
    {"usb-hdd-overwrite", .config = {DISK, OVERWRITE, .sat = {.usb = true, .standard = true}}, USB,
     .expect = {PURGED, .method = "ata-sanitize-overwrite", .rule = "U2", .profile = "tenth", .sanitizes = 1,
                .limitations = "via_bridge"}},
    {"usb-hdd-crypto", .config = {DISK, CRYPTO, .sat = {.usb = true, .standard = true}}, USB,
     .expect = {PURGED, .method = "ata-sanitize-crypto", .rule = "U2", .profile = "tenth", .sanitizes = 1,
                .limitations = "via_bridge ce_preconditions_unverified"}},
    {"usb-no-password", .config = {SECURITY_ENHANCED, .sat = {.usb = true, .standard = true}}, USB, .expect = {TOO_LOW}},
    {"usb-no-password-ieee", .config = {SECURITY_ENHANCED, .sat = {.usb = true, .standard = true}}, USB,
     .request.rule_set = "ieee-2883", .expect = {TOO_LOW}},
    {"usb-no-password-asked", .config = {SECURITY_ENHANCED, .sat = {.usb = true, .standard = true}}, USB,
     ASK("ata-security-erase-enhanced"), .expect = {TOO_LOW}},
    {"usb-no-password-normal-asked", .config = {SECURITY, .sat = {.usb = true, .standard = true}}, USB,
     ASK("ata-security-erase"), .expect = {TOO_LOW}},
    {"usb-security-clear", .config = {SECURITY_ENHANCED, .sat = {.usb = true, .standard = true}}, USB, CLEAR,
     .expect = {CLEARED, BRIDGE_HOST, .limitations = FLASH_LIMITS " via_bridge"}},
    {"usb-no-registers", .config = {SANITIZES, .sat = {.usb = true, .no_registers = true}}, USB, .expect = {TOO_LOW}},
    {"usb-zero-registers", .config = {SANITIZES, .sat = {.usb = true, .zero_registers = true}}, USB, .expect = {TOO_LOW}},
    {"usb-count-zeroed", .config = {SANITIZES, .sat = {.usb = true, .zeroes_count = true}}, USB, .expect = {TOO_LOW}},
    {"usb-bad-checksum", .config = {SANITIZES, .sat = {.usb = true, .identify = MODEL_ATA_IDENTIFY_BAD_CHECKSUM}}, USB, .expect = {TOO_LOW}},
    {"usb-other-size", .config = {SANITIZES, .sat = {.usb = true, .identify = MODEL_ATA_IDENTIFY_OTHER_SIZE}}, USB, .expect = {TOO_LOW}},
    {"usb-zeros", .config = {SANITIZES, .sat = {.usb = true, .identify = MODEL_ATA_IDENTIFY_ZERO}}, USB, .expect = {TOO_LOW}},
    {"usb-made-up", .config = {SANITIZES, .sat = {.usb = true, .identify = MODEL_ATA_IDENTIFY_MADE_UP}}, USB, .expect = {TOO_LOW}},
    {"usb-no-checksum", .config = {SANITIZES, .no_checksum = true, .sat = {.usb = true, .standard = true}}, USB, .expect = {TOO_LOW}},
    {"usb-bad-checksum-clear", .config = {SANITIZES, .sat = {.usb = true, .identify = MODEL_ATA_IDENTIFY_BAD_CHECKSUM}}, USB, CLEAR,
     .expect = {CLEARED_BUT = "hidden_areas_not_checked", BRIDGE_HOST, .limitations = NOT_CHECKED " via_bridge"}},
    {"usb-other-size-clear", .config = {SANITIZES, .sat = {.usb = true, .identify = MODEL_ATA_IDENTIFY_OTHER_SIZE}}, USB, CLEAR,
     .expect = {CLEARED_BUT = "hidden_areas_not_checked", BRIDGE_HOST, .limitations = NOT_CHECKED " via_bridge"}},
    {"usb-made-up-clear", .config = {SANITIZES, .sat = {.usb = true, .identify = MODEL_ATA_IDENTIFY_MADE_UP}}, USB, CLEAR,
     .expect = {CLEARED_BUT = "hidden_areas_not_checked", BRIDGE_HOST, .limitations = NOT_CHECKED " via_bridge"}},
    {"usb-no-registers-clear", .config = {SANITIZES, .sat = {.usb = true, .no_registers = true}}, USB, CLEAR,
     .expect = {CLEARED, BRIDGE_HOST, .limitations = FLASH_LIMITS " via_bridge"}},
    {"sata-bad-checksum", .config = {SANITIZES, SECURITY_ENHANCED, .sat.identify = MODEL_ATA_IDENTIFY_BAD_CHECKSUM}, .expect = {TOO_LOW}},

    /* Who may not be erased, whatever it can. */
    {"virtual", .config = {SANITIZES}, .facts.media = UW_MEDIA_VIRTUAL, .expect = {TOO_LOW}},
    {"partition", .config = {SANITIZES}, .facts.is_partition = true, .expect = {REFUSED = "partition"}},
    {"in-use", .config = {SANITIZES}, .facts = {.use_kind = "mount", .use = "/srv"}, .expect = {REFUSED = "in_use"}},
    {"boot-medium", .config = {SECURITY_ENHANCED}, .facts.boot_medium = true, .expect = {REFUSED = "boot_medium"}},
    {"read-only", .config = {SECURITY_ENHANCED}, .facts.read_only = true, .expect = {REFUSED = "read_only"}},
};
/* clang-format on */

const size_t ata_row_count = sizeof ata_rows / sizeof *ata_rows;
