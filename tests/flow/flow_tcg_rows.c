/* SPDX-License-Identifier: Apache-2.0 */
/* Named drives that encrypt themselves: what their Revert is worth, the states that they are found in, and
 * each of their lies alone. */
#include "flow_tcg_rows.h"

/* clang-format off */
#define GIVEN "PSID0123456789ABCDEFGHIJKLMNOPQR"
#define WRONG "PSID0123456789ABCDEFGHIJKLMNOPQS"
#define OPAL .tcg = {.class = MODEL_TCG_OPAL_2, .encrypts = true}
#define OPAL_BUT(...) .tcg = {.class = MODEL_TCG_OPAL_2, .encrypts = true, __VA_ARGS__}
#define OPAL_LIES(lie, about) OPAL_BUT(.enabled = true, .lies = {{lie, about}})
#define OF_CLASS(kind) .tcg = {.class = kind, .encrypts = true}

#define PURGED .verdict = "sanitized", .level = "purge"
#define CLEARED .verdict = "sanitized", .level = "clear"
#define CLEARED_UNMARKED .verdict = "sanitized-with-exceptions", .level = "clear", .exceptions = "markers_not_possible"
#define FAILED .verdict = "failed", .exit_code = 1
#define LIED FAILED, .exceptions = "device_lied"
#define STALLED .verdict = "stalled", .exit_code = 1, .exceptions = "continues_in_drive"
#define REFUSED .verdict = "refused", .exit_code = 4, .why
#define TOO_LOW .verdict = "refused", .exit_code = 3, .why = "level"
#define CLEAR .request.level = "clear"
#define ASK(id) .request = {.level = "clear", .method = id}
#define REVERT ASK("opal-psid-revert")
#define REVERTED .method = "opal-psid-revert", .limitations = "ce_preconditions_unverified"
#define BOTH_SENT .psid = GIVEN, .sends = 2
#define ONE_SENT .psid = GIVEN, .sends = 1
#define NONE_SENT .psid = GIVEN, .sends = 0
#define NO_PSID .psid = NULL, .sends = 0

#define BY_NVME_REVERT REVERTED, .rule = "N4"
#define NVME_HOST .method = "overwrite", .rule = "N7", \
    .limitations = "reallocated_not_reached overprovisioned_not_reached other_namespaces_not_covered"
#define TWO .media = {{.present = true}, {.present = true}}

const struct nvme_tcg_row nvme_tcg_rows[] = {
    /* The ladder: before what the host does, and behind the sanitizes. */
    {{"opal-revert", .config = {OPAL}, CLEAR,
      .expect = {CLEARED, BY_NVME_REVERT}}, BOTH_SENT},
    {{"opal-revert-asked", .config = {.sanicap = UW_NVME_SANICAP_BLOCK, OPAL}, REVERT,
      .expect = {CLEARED, BY_NVME_REVERT}}, BOTH_SENT},
    {{"opal-sanitizes-first", .config = {.sanicap = UW_NVME_SANICAP_BLOCK, OPAL}, CLEAR,
      .expect = {PURGED, .method = "nvme-sanitize-block", .rule = "N1", .sanitizes = 1}}, NONE_SENT},
    {{"opal-before-format", .config = {.oacs = UW_NVME_OACS_FORMAT, .fna = UW_NVME_FNA_CRYPTO, OPAL}, CLEAR,
      .expect = {CLEARED, BY_NVME_REVERT}}, BOTH_SENT},
    {{"opal-is-no-purge", .config = {OPAL},
      .expect = {TOO_LOW}}, NONE_SENT},
    {{"opal-no-psid", .config = {OPAL}, CLEAR,
      .expect = {CLEARED, NVME_HOST}}, NO_PSID},
    {{"opal-no-psid-asked", .config = {OPAL}, REVERT,
      .expect = {TOO_LOW}}, NO_PSID},
    {{"opal-1", .config = {OF_CLASS(MODEL_TCG_OPAL_1)}, REVERT,
      .expect = {CLEARED, BY_NVME_REVERT}}, BOTH_SENT},
    {{"opalite", .config = {OF_CLASS(MODEL_TCG_OPALITE)}, REVERT,
      .expect = {CLEARED, BY_NVME_REVERT}}, BOTH_SENT},
    {{"ruby", .config = {OF_CLASS(MODEL_TCG_RUBY)}, REVERT,
      .expect = {CLEARED, BY_NVME_REVERT}}, BOTH_SENT},
    {{"enterprise", .config = {OF_CLASS(MODEL_TCG_ENTERPRISE)}, REVERT,
      .expect = {TOO_LOW}}, NONE_SENT},
    /* No key is changed where none encrypts. */
    {{"opal-pyrite", .config = {.tcg.class = MODEL_TCG_PYRITE_2}, REVERT,
      .expect = {TOO_LOW}}, NONE_SENT},
    {{"opal-pyrite-1", .config = {.tcg.class = MODEL_TCG_PYRITE_1}, REVERT,
      .expect = {TOO_LOW}}, NONE_SENT},
    {{"opal-pyrite-encrypts", .config = {OF_CLASS(MODEL_TCG_PYRITE_2)}, REVERT,
      .expect = {TOO_LOW}}, NONE_SENT},
    {{"opal-does-not-encrypt", .config = {.tcg.class = MODEL_TCG_OPAL_2}, REVERT,
      .expect = {TOO_LOW}}, NONE_SENT},
    {{"no-opal", REVERT,
      .expect = {TOO_LOW}}, NONE_SENT},
    /* States that it is found in. */
    {{"opal-enabled-revert", .config = {OPAL_BUT(.enabled = true)}, REVERT,
      .expect = {CLEARED, BY_NVME_REVERT}}, BOTH_SENT},
    {{"opal-locked-revert", .config = {OPAL_BUT(.enabled = true, .locked = true)}, REVERT,
      .expect = {CLEARED_UNMARKED, BY_NVME_REVERT}}, BOTH_SENT},
    {{"opal-locked-no-psid", .config = {OPAL_BUT(.enabled = true, .locked = true)}, CLEAR,
      .expect = {REFUSED = "locked"}}, NO_PSID},
    {{"opal-locked-overwritten", .config = {OPAL_BUT(.enabled = true, .locked = true)}, ASK("overwrite"),
      .expect = {REFUSED = "locked"}}, NONE_SENT},
    {{"opal-shadow-mbr", .config = {OPAL_BUT(.enabled = true, .shadow_mbr = true)}, REVERT,
      .expect = {CLEARED_UNMARKED, BY_NVME_REVERT}}, BOTH_SENT},
    {{"opal-sid-blocked", .config = {OPAL_BUT(.enabled = true, .sid_blocked = true)}, REVERT,
      .expect = {CLEARED, BY_NVME_REVERT}}, BOTH_SENT},
    {{"opal-other-comid", .config = {OPAL_BUT(.comid = 0x07fe)}, REVERT,
      .expect = {CLEARED, BY_NVME_REVERT}}, BOTH_SENT},
    {{"opal-at-once", .config = {OPAL_BUT(.revert_ms = UINT32_MAX)}, REVERT,
      .expect = {CLEARED, BY_NVME_REVERT}}, BOTH_SENT},
    {{"opal-for-a-minute", .config = {OPAL_BUT(.revert_ms = 60000)}, REVERT,
      .expect = {CLEARED, BY_NVME_REVERT}}, BOTH_SENT},
    {{"opal-two-namespaces", .config = {OPAL, TWO}, REVERT,
      .expect = {CLEARED, BY_NVME_REVERT}}, .psid = GIVEN, .sends = NVME_ROW_ANY},
    {{"opal-one-of-two", .config = {OPAL, TWO}, REVERT, .named = 1,
      .expect = {REFUSED = "siblings"}}, NONE_SENT},
    /* The drive does not let it. */
    {{"opal-wrong-psid", .config = {OPAL}, REVERT,
      .expect = {FAILED, BY_NVME_REVERT, .why = "not authorized"}}, .psid = WRONG, .sends = 1},
    {{"opal-wrong-psid-bare-refusal", .config = {OPAL_BUT(.bare_refusal = true)}, REVERT,
      .expect = {FAILED, BY_NVME_REVERT, .why = "not authorized"}}, .psid = WRONG, .sends = 1},
    {{"opal-locked-wrong-psid", .config = {OPAL_BUT(.enabled = true, .locked = true, .tries = 5)}, REVERT,
      .expect = {FAILED, BY_NVME_REVERT, .why = "not authorized"}}, .psid = WRONG, .sends = 1},
    {{"opal-psid-is-none", .config = {OPAL_BUT(.psid = "")}, REVERT,
      .expect = {FAILED, BY_NVME_REVERT, .why = "invalid parameter"}}, ONE_SENT},
    /* It lies about its data. */
    {{"opal-keeps-key", .config = {OPAL, .lies = {{MODEL_NVME_KEEPS_KEY, MODEL_NVME_REVERT}}}, REVERT,
      .expect = {LIED, BY_NVME_REVERT}}, BOTH_SENT},
    {{"opal-erases-nothing", .config = {OPAL, .lies = {{MODEL_NVME_ERASES_NOTHING, MODEL_NVME_REVERT}}}, REVERT,
      .expect = {LIED, BY_NVME_REVERT}}, BOTH_SENT},
    {{"opal-keeps-half", .config = {OPAL, .lies = {{MODEL_NVME_ERASES_HALF, MODEL_NVME_REVERT}}}, REVERT,
      .expect = {LIED, BY_NVME_REVERT}}, BOTH_SENT},
    {{"opal-keeps-last", .config = {OPAL, .lies = {{MODEL_NVME_ERASES_NOT_LAST, MODEL_NVME_REVERT}}}, REVERT,
      .expect = {LIED, BY_NVME_REVERT}}, BOTH_SENT},
    {{"opal-locked-keeps-key", .config = {OPAL_BUT(.enabled = true, .locked = true), .lies = {{MODEL_NVME_KEEPS_KEY, MODEL_NVME_REVERT}}}, REVERT,
      .expect = {FAILED, BY_NVME_REVERT}}, BOTH_SENT},
    {{"opal-keeps-both-namespaces", .config = {OPAL, TWO, .lies = {{MODEL_NVME_ERASES_ONE, MODEL_NVME_REVERT, .value = 99}}}, REVERT,
      .expect = {LIED, BY_NVME_REVERT}}, .psid = GIVEN, .sends = NVME_ROW_ANY},
    /* It lies about its locks and its answers. */
    {{"opal-stays-enabled", .config = {OPAL_LIES(MODEL_TCG_STAYS_ENABLED, MODEL_TCG_REVERT)}, REVERT,
      .expect = {FAILED, BY_NVME_REVERT}}, BOTH_SENT},
    {{"opal-stays-locked", .config = {OPAL_BUT(.enabled = true, .locked = true, .lies = {{MODEL_TCG_STAYS_LOCKED, MODEL_TCG_REVERT}})}, REVERT,
      .expect = {FAILED, BY_NVME_REVERT}}, BOTH_SENT},
    {{"opal-fails", .config = {OPAL_LIES(MODEL_TCG_FAILS, MODEL_TCG_REVERT)}, REVERT,
      .expect = {FAILED, BY_NVME_REVERT}}, BOTH_SENT},
    {{"opal-fails-after-erasing", .config = {OPAL_LIES(MODEL_TCG_FAILS_AFTER_ERASING, MODEL_TCG_REVERT)}, REVERT,
      .expect = {FAILED, BY_NVME_REVERT}}, BOTH_SENT},
    {{"opal-pending", .config = {OPAL_LIES(MODEL_TCG_PENDING, MODEL_TCG_REVERT)}, REVERT,
      .expect = {STALLED, BY_NVME_REVERT}}, BOTH_SENT},
    {{"opal-silent", .config = {OPAL_LIES(MODEL_TCG_SILENT, MODEL_TCG_REVERT)}, REVERT,
      .expect = {FAILED, BY_NVME_REVERT}}, BOTH_SENT},
    {{"opal-other-answer", .config = {OPAL_LIES(MODEL_TCG_OTHER_COMID, MODEL_TCG_REVERT)}, REVERT,
      .expect = {FAILED, BY_NVME_REVERT}}, BOTH_SENT},
    {{"opal-cut-short", .config = {OPAL_LIES(MODEL_TCG_CUT_SHORT, MODEL_TCG_REVERT)}, REVERT,
      .expect = {FAILED, BY_NVME_REVERT}}, BOTH_SENT},
    {{"opal-too-long", .config = {OPAL_LIES(MODEL_TCG_TOO_LONG, MODEL_TCG_REVERT)}, REVERT,
      .expect = {FAILED, BY_NVME_REVERT}}, BOTH_SENT},
    {{"opal-start-silent", .config = {OPAL_LIES(MODEL_TCG_SILENT, MODEL_TCG_START)}, REVERT,
      .expect = {FAILED, BY_NVME_REVERT}}, ONE_SENT},
    {{"opal-start-other-answer", .config = {OPAL_LIES(MODEL_TCG_OTHER_COMID, MODEL_TCG_START)}, REVERT,
      .expect = {FAILED, BY_NVME_REVERT}}, ONE_SENT},
    {{"opal-start-cut-short", .config = {OPAL_LIES(MODEL_TCG_CUT_SHORT, MODEL_TCG_START)}, REVERT,
      .expect = {FAILED, BY_NVME_REVERT}}, ONE_SENT},
    {{"opal-start-too-long", .config = {OPAL_LIES(MODEL_TCG_TOO_LONG, MODEL_TCG_START)}, REVERT,
      .expect = {FAILED, BY_NVME_REVERT}}, ONE_SENT},
    {{"opal-discovery-cut-short", .config = {OPAL_LIES(MODEL_TCG_CUT_SHORT, MODEL_TCG_DISCOVERY)}, REVERT,
      .expect = {TOO_LOW}}, NONE_SENT},
    {{"opal-discovery-too-long", .config = {OPAL_LIES(MODEL_TCG_TOO_LONG, MODEL_TCG_DISCOVERY)}, REVERT,
      .expect = {TOO_LOW}}, NONE_SENT},
    {{"opal-discovery-other-comid", .config = {OPAL_LIES(MODEL_TCG_OTHER_COMID, MODEL_TCG_DISCOVERY)}, REVERT,
      .expect = {FAILED, BY_NVME_REVERT}}, ONE_SENT},
    {{"opal-refuses-security", .config = {OPAL, .lies = {{MODEL_NVME_ABORTS, MODEL_NVME_SECURITY}}}, REVERT,
      .expect = {TOO_LOW}}, NONE_SENT},
    {{"opal-hangs-at-security", .config = {OPAL, .lies = {{MODEL_NVME_HANGS, MODEL_NVME_SECURITY}}}, REVERT,
      .expect = {TOO_LOW}}, NONE_SENT},
    /* It is another one afterwards. */
    {{"opal-other-serial", .config = {OPAL, .lies = {{MODEL_NVME_OTHER_SERIAL}}}, REVERT,
      .expect = {FAILED, BY_NVME_REVERT}}, BOTH_SENT},
    {{"opal-other-size", .config = {OPAL, .lies = {{MODEL_NVME_OTHER_SIZE}}}, REVERT,
      .expect = {FAILED, BY_NVME_REVERT}}, BOTH_SENT},
    {{"opal-unreadable", .config = {OPAL, .lies = {{MODEL_NVME_READ_ERRORS, .value = MODEL_ALL}}}, REVERT,
      .expect = {FAILED, BY_NVME_REVERT}}, BOTH_SENT},
};

#define BY_ATA_REVERT REVERTED, .rule = "A4", .profile = "sample"
#define ATA_HOST .method = "overwrite", .rule = "A6", .profile = "full", \
    .limitations = "reallocated_not_reached overprovisioned_not_reached"

const struct ata_tcg_row ata_tcg_rows[] = {
    /* The ladder: before what the host does, and behind the sanitizes. */
    {{"opal-revert", .config = {OPAL}, CLEAR,
      .expect = {CLEARED, BY_ATA_REVERT}}, BOTH_SENT},
    {{"opal-revert-asked", .config = {.sanitize = true, .block_erase = true, OPAL}, REVERT,
      .expect = {CLEARED, BY_ATA_REVERT}}, BOTH_SENT},
    {{"opal-sanitizes-first", .config = {.sanitize = true, .block_erase = true, OPAL}, CLEAR,
      .expect = {PURGED, .method = "ata-sanitize-block", .rule = "A1", .profile = "sample", .sanitizes = 1}}, NONE_SENT},
    {{"opal-before-security-erase", .config = {.security = true, .enhanced = true, .erase_word = 10, .enhanced_word = 1, OPAL}, CLEAR,
      .expect = {CLEARED, BY_ATA_REVERT}}, BOTH_SENT},
    {{"opal-is-no-purge", .config = {OPAL},
      .expect = {TOO_LOW}}, NONE_SENT},
    {{"opal-no-psid", .config = {OPAL}, CLEAR,
      .expect = {CLEARED, ATA_HOST}}, NO_PSID},
    {{"opal-no-psid-asked", .config = {OPAL}, REVERT,
      .expect = {TOO_LOW}}, NO_PSID},
    {{"opal-1", .config = {OF_CLASS(MODEL_TCG_OPAL_1)}, REVERT,
      .expect = {CLEARED, BY_ATA_REVERT}}, BOTH_SENT},
    {{"opalite", .config = {OF_CLASS(MODEL_TCG_OPALITE)}, REVERT,
      .expect = {CLEARED, BY_ATA_REVERT}}, BOTH_SENT},
    {{"ruby", .config = {OF_CLASS(MODEL_TCG_RUBY)}, REVERT,
      .expect = {CLEARED, BY_ATA_REVERT}}, BOTH_SENT},
    {{"enterprise", .config = {OF_CLASS(MODEL_TCG_ENTERPRISE)}, REVERT,
      .expect = {TOO_LOW}}, NONE_SENT},
    /* No key is changed where none encrypts. */
    {{"opal-pyrite", .config = {.tcg.class = MODEL_TCG_PYRITE_2}, REVERT,
      .expect = {TOO_LOW}}, NONE_SENT},
    {{"opal-pyrite-1", .config = {.tcg.class = MODEL_TCG_PYRITE_1}, REVERT,
      .expect = {TOO_LOW}}, NONE_SENT},
    {{"opal-pyrite-encrypts", .config = {OF_CLASS(MODEL_TCG_PYRITE_2)}, REVERT,
      .expect = {TOO_LOW}}, NONE_SENT},
    {{"opal-does-not-encrypt", .config = {.tcg.class = MODEL_TCG_OPAL_2}, REVERT,
      .expect = {TOO_LOW}}, NONE_SENT},
    {{"no-opal", REVERT,
      .expect = {TOO_LOW}}, NONE_SENT},
    {{"opal-behind-a-bridge-without", .config = {OPAL, .sat.no_security_protocol = true}, REVERT,
      .expect = {TOO_LOW}}, NONE_SENT},
    /* States that it is found in. */
    {{"opal-enabled-revert", .config = {OPAL_BUT(.enabled = true)}, REVERT,
      .expect = {CLEARED, BY_ATA_REVERT}}, BOTH_SENT},
    {{"opal-locked-revert", .config = {OPAL_BUT(.enabled = true, .locked = true)}, REVERT,
      .expect = {CLEARED_UNMARKED, BY_ATA_REVERT}}, BOTH_SENT},
    {{"opal-locked-no-psid", .config = {OPAL_BUT(.enabled = true, .locked = true)}, CLEAR,
      .expect = {REFUSED = "locked"}}, NO_PSID},
    {{"opal-locked-overwritten", .config = {OPAL_BUT(.enabled = true, .locked = true)}, ASK("overwrite"),
      .expect = {REFUSED = "locked"}}, NONE_SENT},
    {{"opal-shadow-mbr", .config = {OPAL_BUT(.enabled = true, .shadow_mbr = true)}, REVERT,
      .expect = {CLEARED_UNMARKED, BY_ATA_REVERT}}, BOTH_SENT},
    {{"opal-sid-blocked", .config = {OPAL_BUT(.enabled = true, .sid_blocked = true)}, REVERT,
      .expect = {CLEARED, BY_ATA_REVERT}}, BOTH_SENT},
    {{"opal-other-comid", .config = {OPAL_BUT(.comid = 0x07fe)}, REVERT,
      .expect = {CLEARED, BY_ATA_REVERT}}, BOTH_SENT},
    {{"opal-at-once", .config = {OPAL_BUT(.revert_ms = UINT32_MAX)}, REVERT,
      .expect = {CLEARED, BY_ATA_REVERT}}, BOTH_SENT},
    {{"opal-for-a-minute", .config = {OPAL_BUT(.revert_ms = 60000)}, REVERT,
      .expect = {CLEARED, BY_ATA_REVERT}}, BOTH_SENT},
    /* The drive does not let it. */
    {{"opal-wrong-psid", .config = {OPAL}, REVERT,
      .expect = {FAILED, BY_ATA_REVERT, .why = "not authorized"}}, .psid = WRONG, .sends = 1},
    {{"opal-wrong-psid-bare-refusal", .config = {OPAL_BUT(.bare_refusal = true)}, REVERT,
      .expect = {FAILED, BY_ATA_REVERT, .why = "not authorized"}}, .psid = WRONG, .sends = 1},
    {{"opal-locked-wrong-psid", .config = {OPAL_BUT(.enabled = true, .locked = true, .tries = 5)}, REVERT,
      .expect = {FAILED, BY_ATA_REVERT, .why = "not authorized"}}, .psid = WRONG, .sends = 1},
    {{"opal-psid-is-none", .config = {OPAL_BUT(.psid = "")}, REVERT,
      .expect = {FAILED, BY_ATA_REVERT, .why = "invalid parameter"}}, ONE_SENT},
    /* It lies about its data. */
    {{"opal-keeps-key", .config = {OPAL, .lies = {{MODEL_ATA_KEEPS_KEY, MODEL_ATA_REVERT}}}, REVERT,
      .expect = {LIED, BY_ATA_REVERT}}, BOTH_SENT},
    {{"opal-erases-nothing", .config = {OPAL, .lies = {{MODEL_ATA_ERASES_NOTHING, MODEL_ATA_REVERT}}}, REVERT,
      .expect = {LIED, BY_ATA_REVERT}}, BOTH_SENT},
    {{"opal-keeps-half", .config = {OPAL, .lies = {{MODEL_ATA_ERASES_HALF, MODEL_ATA_REVERT}}}, REVERT,
      .expect = {LIED, BY_ATA_REVERT}}, BOTH_SENT},
    {{"opal-keeps-last", .config = {OPAL, .lies = {{MODEL_ATA_ERASES_NOT_LAST, MODEL_ATA_REVERT}}}, REVERT,
      .expect = {LIED, BY_ATA_REVERT}}, BOTH_SENT},
    {{"opal-locked-keeps-key", .config = {OPAL_BUT(.enabled = true, .locked = true), .lies = {{MODEL_ATA_KEEPS_KEY, MODEL_ATA_REVERT}}}, REVERT,
      .expect = {FAILED, BY_ATA_REVERT}}, BOTH_SENT},
    /* It lies about its locks and its answers. */
    {{"opal-stays-enabled", .config = {OPAL_LIES(MODEL_TCG_STAYS_ENABLED, MODEL_TCG_REVERT)}, REVERT,
      .expect = {FAILED, BY_ATA_REVERT}}, BOTH_SENT},
    {{"opal-stays-locked", .config = {OPAL_BUT(.enabled = true, .locked = true, .lies = {{MODEL_TCG_STAYS_LOCKED, MODEL_TCG_REVERT}})}, REVERT,
      .expect = {FAILED, BY_ATA_REVERT}}, BOTH_SENT},
    {{"opal-fails", .config = {OPAL_LIES(MODEL_TCG_FAILS, MODEL_TCG_REVERT)}, REVERT,
      .expect = {FAILED, BY_ATA_REVERT}}, BOTH_SENT},
    {{"opal-fails-after-erasing", .config = {OPAL_LIES(MODEL_TCG_FAILS_AFTER_ERASING, MODEL_TCG_REVERT)}, REVERT,
      .expect = {FAILED, BY_ATA_REVERT}}, BOTH_SENT},
    {{"opal-pending", .config = {OPAL_LIES(MODEL_TCG_PENDING, MODEL_TCG_REVERT)}, REVERT,
      .expect = {STALLED, BY_ATA_REVERT}}, BOTH_SENT},
    {{"opal-silent", .config = {OPAL_LIES(MODEL_TCG_SILENT, MODEL_TCG_REVERT)}, REVERT,
      .expect = {FAILED, BY_ATA_REVERT}}, BOTH_SENT},
    {{"opal-other-answer", .config = {OPAL_LIES(MODEL_TCG_OTHER_COMID, MODEL_TCG_REVERT)}, REVERT,
      .expect = {FAILED, BY_ATA_REVERT}}, BOTH_SENT},
    {{"opal-cut-short", .config = {OPAL_LIES(MODEL_TCG_CUT_SHORT, MODEL_TCG_REVERT)}, REVERT,
      .expect = {FAILED, BY_ATA_REVERT}}, BOTH_SENT},
    {{"opal-too-long", .config = {OPAL_LIES(MODEL_TCG_TOO_LONG, MODEL_TCG_REVERT)}, REVERT,
      .expect = {FAILED, BY_ATA_REVERT}}, BOTH_SENT},
    {{"opal-start-silent", .config = {OPAL_LIES(MODEL_TCG_SILENT, MODEL_TCG_START)}, REVERT,
      .expect = {FAILED, BY_ATA_REVERT}}, ONE_SENT},
    {{"opal-start-other-answer", .config = {OPAL_LIES(MODEL_TCG_OTHER_COMID, MODEL_TCG_START)}, REVERT,
      .expect = {FAILED, BY_ATA_REVERT}}, ONE_SENT},
    {{"opal-start-cut-short", .config = {OPAL_LIES(MODEL_TCG_CUT_SHORT, MODEL_TCG_START)}, REVERT,
      .expect = {FAILED, BY_ATA_REVERT}}, ONE_SENT},
    {{"opal-start-too-long", .config = {OPAL_LIES(MODEL_TCG_TOO_LONG, MODEL_TCG_START)}, REVERT,
      .expect = {FAILED, BY_ATA_REVERT}}, ONE_SENT},
    {{"opal-discovery-cut-short", .config = {OPAL_LIES(MODEL_TCG_CUT_SHORT, MODEL_TCG_DISCOVERY)}, REVERT,
      .expect = {TOO_LOW}}, NONE_SENT},
    {{"opal-discovery-too-long", .config = {OPAL_LIES(MODEL_TCG_TOO_LONG, MODEL_TCG_DISCOVERY)}, REVERT,
      .expect = {TOO_LOW}}, NONE_SENT},
    {{"opal-discovery-other-comid", .config = {OPAL_LIES(MODEL_TCG_OTHER_COMID, MODEL_TCG_DISCOVERY)}, REVERT,
      .expect = {FAILED, BY_ATA_REVERT}}, ONE_SENT},
    {{"opal-refuses-security", .config = {OPAL, .lies = {{MODEL_ATA_ABORTS, MODEL_ATA_TRUSTED}}}, REVERT,
      .expect = {TOO_LOW}}, NONE_SENT},
    {{"opal-hangs-at-security", .config = {OPAL, .lies = {{MODEL_ATA_HANGS, MODEL_ATA_TRUSTED}}}, REVERT,
      .expect = {TOO_LOW}}, NONE_SENT},
    /* It is another one afterwards. */
    {{"opal-other-serial", .config = {OPAL, .lies = {{MODEL_ATA_OTHER_SERIAL}}}, REVERT,
      .expect = {FAILED, BY_ATA_REVERT}}, BOTH_SENT},
    {{"opal-other-size", .config = {OPAL, .lies = {{MODEL_ATA_OTHER_SIZE}}}, REVERT,
      .expect = {FAILED, BY_ATA_REVERT}}, BOTH_SENT},
    {{"opal-unreadable", .config = {OPAL, .lies = {{MODEL_ATA_READ_ERRORS, .value = MODEL_ALL}}}, REVERT,
      .expect = {FAILED, BY_ATA_REVERT}}, BOTH_SENT},
};

/* clang-format on */

const size_t nvme_tcg_row_count = sizeof nvme_tcg_rows / sizeof *nvme_tcg_rows;
const size_t ata_tcg_row_count = sizeof ata_tcg_rows / sizeof *ata_tcg_rows;
