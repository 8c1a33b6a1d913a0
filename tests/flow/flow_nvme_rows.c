/* SPDX-License-Identifier: Apache-2.0 */
#include "flow_nvme_rows.h"

/* Capabilities and what they are worth. */
#define CRYPTO UW_NVME_SANICAP_CRYPTO
#define BLOCK UW_NVME_SANICAP_BLOCK
#define OVERWRITE UW_NVME_SANICAP_OVERWRITE
#define EVERY (CRYPTO | BLOCK | OVERWRITE)
#define INHIBITED UW_NVME_SANICAP_NO_DEALLOCATE_INHIBITED
#define UNMODIFIED (1U << 30) /* NODMMAS: after no-deallocate the media stay as they are */
#define MODIFIED (2U << 30)   /* NODMMAS: the drive changes them all the same */
#define FORMATS .oacs = UW_NVME_OACS_FORMAT
#define MANAGES .oacs = UW_NVME_OACS_FORMAT | UW_NVME_OACS_NAMESPACES
#define FORMATS_CRYPTO FORMATS, .fna = UW_NVME_FNA_CRYPTO
#define NODE .facts.media
#define MIB (1ULL << 20)

#define BY_BLOCK .method = "nvme-sanitize-block", .rule = "N1", .sanitizes = 1
#define BY_CRYPTO                                                                                            \
    .method = "nvme-sanitize-crypto", .rule = "N2", .sanitizes = 1,                                          \
    .limitations = "ce_preconditions_unverified"
#define BY_OVERWRITE .method = "nvme-sanitize-overwrite", .rule = "N3", .sanitizes = 1
#define BY_FORMAT_CRYPTO                                                                                     \
    .method = "nvme-format-crypto", .rule = "N5", .formats = 1, .limitations = "ce_preconditions_unverified"
#define BY_FORMAT .method = "nvme-format-user-data", .rule = "N6", .formats = 1
#define HOST_LIMITS "reallocated_not_reached overprovisioned_not_reached other_namespaces_not_covered"
#define BY_HOST .method = "overwrite", .rule = "N7", .limitations = HOST_LIMITS

#define PURGED .verdict = "sanitized", .level = "purge"
#define CLEARED .verdict = "sanitized", .level = "clear"
#define PURGED_UNMARKED                                                                                      \
    .verdict = "sanitized-with-exceptions", .level = "purge", .exceptions = "markers_not_possible"
#define CLEARED_INSTEAD .verdict = "sanitized-with-exceptions", .level = "clear", .exceptions = "downgraded"
#define FAILED .verdict = "failed", .exit_code = 1
#define REFUSED .verdict = "refused", .exit_code = 4, .why
#define TOO_LOW .verdict = "refused", .exit_code = 3, .why = "level"
#define CLEAR .request.level = "clear"
#define R1 .request.rule_set = "nist-800-88r1"

#define TWO .media = {{.present = true}, {.present = true}}
#define THREE .media = {{.present = true}, {.present = true}, {.present = true}}
#define ONE_HIDDEN .media = {{.present = true}, {.present = true, .detached = true}}

/* clang-format off */
const struct nvme_row nvme_rows[] = {
    /* The ladder: the first that the drive has. */
    {"everything", .config = {.sanicap = EVERY, FORMATS_CRYPTO}, .expect = {PURGED, BY_BLOCK, .evidence = "mapping"}},
    {"everything-for-clear", .config = {.sanicap = EVERY, FORMATS_CRYPTO}, CLEAR, .expect = {PURGED, BY_BLOCK}},
    {"no-block-erase", .config = {.sanicap = CRYPTO | OVERWRITE, FORMATS_CRYPTO},
     .expect = {PURGED, BY_CRYPTO, .evidence = "media"}},
    {"overwrite-only", .config = {.sanicap = OVERWRITE, FORMATS_CRYPTO}, .expect = {PURGED, BY_OVERWRITE}},
    {"formats-only", .config = {FORMATS_CRYPTO}, .expect = {TOO_LOW}},
    {"formats-only-clear", .config = {FORMATS_CRYPTO}, CLEAR, .expect = {CLEARED, BY_FORMAT_CRYPTO}},
    {"formats-only-r1", .config = {FORMATS_CRYPTO}, R1, .expect = {PURGED, BY_FORMAT_CRYPTO}},
    {"formats-only-downgraded", .config = {FORMATS_CRYPTO}, .request.allow_downgrade = true,
     .expect = {CLEARED_INSTEAD, BY_FORMAT_CRYPTO}},
    {"formats-without-crypto", .config = {FORMATS}, .expect = {TOO_LOW}},
    {"formats-without-crypto-clear", .config = {FORMATS}, CLEAR, .expect = {CLEARED, BY_FORMAT}},
    {"formats-without-crypto-r1", .config = {FORMATS}, R1, .expect = {PURGED, BY_FORMAT}},
    {"no-erase", .expect = {TOO_LOW}},
    {"no-erase-r1", R1, .expect = {TOO_LOW}},
    {"no-erase-clear", CLEAR, .expect = {CLEARED, BY_HOST}},
    {"no-erase-downgraded", .request.allow_downgrade = true, .expect = {CLEARED_INSTEAD, BY_HOST}},
    {"crypto-bit-of-format-without-format", .config = {.fna = UW_NVME_FNA_CRYPTO}, .expect = {TOO_LOW}},
    {"downgrade-not-needed", .config = {.sanicap = BLOCK}, .request.allow_downgrade = true,
     .expect = {PURGED, BY_BLOCK}},

    /* Another method than the first, and one that is not there. */
    {"wants-crypto", .config = {.sanicap = EVERY}, .request.method = "nvme-sanitize-crypto",
     .expect = {PURGED, BY_CRYPTO}},
    {"wants-overwrite-inside", .config = {.sanicap = EVERY}, .request.method = "nvme-sanitize-overwrite",
     .expect = {PURGED, BY_OVERWRITE}},
    {"wants-format-for-purge", .config = {.sanicap = EVERY, FORMATS_CRYPTO}, .request.method = "nvme-format-crypto",
     .expect = {TOO_LOW}},
    {"wants-format-downgraded", .config = {.sanicap = EVERY, FORMATS_CRYPTO},
     .request = {.method = "nvme-format-user-data", .allow_downgrade = true},
     .expect = {CLEARED_INSTEAD, BY_FORMAT}},
    {"wants-block-without-it", .config = {.sanicap = CRYPTO | OVERWRITE}, .request.method = "nvme-sanitize-block",
     .expect = {TOO_LOW}},
    {"wants-crypto-without-it", .config = {.sanicap = BLOCK | OVERWRITE}, .request.method = "nvme-sanitize-crypto",
     .expect = {TOO_LOW}},
    {"wants-inside-overwrite-without-it", .config = {.sanicap = BLOCK | CRYPTO}, CLEAR,
     .request.method = "nvme-sanitize-overwrite", .expect = {TOO_LOW}},
    {"wants-crypto-format-without-it", .config = {FORMATS}, CLEAR, .request.method = "nvme-format-crypto",
     .expect = {TOO_LOW}},
    {"wants-format-without-it", .config = {.sanicap = EVERY}, CLEAR, .request.method = "nvme-format-user-data",
     .expect = {TOO_LOW}},
    {"sanitize-for-clear-only-by-host", .config = {.sanicap = EVERY}, .request = {.level = "clear", .method = "overwrite"},
     .expect = {CLEARED, BY_HOST}},
    {"standard-means-host", .config = {.sanicap = EVERY}, .request = {.level = "clear", .standard = "random"},
     .expect = {CLEARED, BY_HOST}},
    {"standard-is-no-purge", .config = {.sanicap = EVERY}, .request.standard = "gutmann", .expect = {TOO_LOW}},
    {"capability-is-reserved-bits", .config = {.sanicap = INHIBITED | MODIFIED | 1U << 3 | 1U << 4},
     .expect = {TOO_LOW}},

    /* What the drive leaves, and what reading it back is worth. */
    {"block-unmodified", .config = {.sanicap = BLOCK | UNMODIFIED}, .expect = {PURGED, BY_BLOCK, .evidence = "mapping"}},
    {"block-inhibited", .config = {.sanicap = BLOCK | INHIBITED, .dlfeat = 1},
     .expect = {PURGED, BY_BLOCK, .evidence = "mapping"}},
    {"block-inhibited-warns", .config = {.sanicap = BLOCK | INHIBITED, .dlfeat = 1, .warns = true},
     .expect = {PURGED, BY_BLOCK, .evidence = "mapping"}},
    {"block-modified", .config = {.sanicap = BLOCK | MODIFIED, .dlfeat = 1},
     .expect = {PURGED, BY_BLOCK, .evidence = "mapping"}},
    {"block-inhibited-and-modified", .config = {.sanicap = BLOCK | INHIBITED | MODIFIED},
     .expect = {PURGED, BY_BLOCK, .evidence = "mapping"}},
    {"block-reads-ones", .config = {.sanicap = BLOCK | INHIBITED, .dlfeat = 2},
     .expect = {PURGED, BY_BLOCK, .evidence = "mapping"}},
    {"block-reads-as-it-likes", .config = {.sanicap = BLOCK | INHIBITED, .unmapped_value = 0xa5},
     .expect = {PURGED, BY_BLOCK, .evidence = "mapping"}},
    {"block-leaves-ones", .config = {.sanicap = BLOCK, .block_value = 0xff},
     .expect = {PURGED, BY_BLOCK, .evidence = "mapping"}},
    /* Zeros that it was to keep mapped: as well the drive's answer for blocks that it does not. */
    {"overwrite-kept-mapped", .config = {.sanicap = OVERWRITE}, .expect = {PURGED, BY_OVERWRITE, .evidence = "mapping"}},
    {"block-unmaps-in-one-value-of-two",
     .config = {.sanicap = BLOCK | INHIBITED, .block_value = 0xff, .keeps_mapped = true},
     .expect = {PURGED, BY_BLOCK, .evidence = "mapping"}},
    {"crypto-leaves-noise", .config = {.sanicap = CRYPTO}, .expect = {PURGED, BY_CRYPTO, .evidence = "media"}},
    {"crypto-unmaps", .config = {.sanicap = CRYPTO | INHIBITED, .dlfeat = 1},
     .expect = {PURGED, BY_CRYPTO, .evidence = "mapping"}},
    {"overwrite-inhibited", .config = {.sanicap = OVERWRITE | INHIBITED, .dlfeat = 1},
     .expect = {PURGED, BY_OVERWRITE, .evidence = "mapping"}},
    {"overwrite-unmaps-to-ones", .config = {.sanicap = OVERWRITE | INHIBITED, .dlfeat = 2},
     .expect = {PURGED, BY_OVERWRITE, .evidence = "mapping"}},
    {"format-keeps-mapped", .config = {FORMATS, .keeps_mapped = true, .block_value = 0xff}, CLEAR,
     .expect = {CLEARED, BY_FORMAT}},
    {"format-reads-ones", .config = {FORMATS, .dlfeat = 2}, CLEAR,
     .expect = {CLEARED, BY_FORMAT, .evidence = "mapping"}},
    {"format-crypto-leaves-noise", .config = {FORMATS_CRYPTO, .keeps_mapped = true}, CLEAR,
     .expect = {CLEARED, BY_FORMAT_CRYPTO, .evidence = "media"}},
    {"unmapped-unreadable", .config = {.sanicap = BLOCK | INHIBITED, .unmapped_unreadable = true},
     .expect = {FAILED, BY_BLOCK, .why = "not everything could be read back"}},

    /* How long it takes, and what the drive says of that. */
    {"no-estimates", .config = {.sanicap = EVERY, .no_estimates = true}, .expect = {PURGED, BY_BLOCK}},
    {"done-at-once", .config = {.sanicap = BLOCK, .block_ms = MODEL_ALL}, .expect = {PURGED, BY_BLOCK}},
    {"crypto-done-at-once", .config = {.sanicap = CRYPTO, .crypto_ms = MODEL_ALL}, .expect = {PURGED, BY_CRYPTO}},
    {"format-done-at-once", .config = {FORMATS, .format_ms = MODEL_ALL}, CLEAR, .expect = {CLEARED, BY_FORMAT}},
    {"block-for-a-day", .config = {.sanicap = BLOCK, .block_ms = 86400000, .estimate_s = {1, 1, 1, 1, 1, 1}},
     .expect = {PURGED, BY_BLOCK}},
    {"overwrite-for-two-weeks", .config = {.sanicap = OVERWRITE, .pass_ms = 1209600000},
     .expect = {PURGED, BY_OVERWRITE}},
    {"overwrite-faster-than-any-bus",
     .config = {.sanicap = OVERWRITE, .pass_ms = MODEL_ALL, .media = {{.block.bytes = 300 * MIB}}},
     .expect = {FAILED, BY_OVERWRITE, .why = "faster than any drive"}},
    {"overwrite-as-fast-as-a-bus",
     .config = {.sanicap = OVERWRITE, .pass_ms = 5, .media = {{.block.bytes = 300 * MIB}}},
     .expect = {PURGED, BY_OVERWRITE}},
    {"block-of-as-much-at-once",
     .config = {.sanicap = BLOCK, .block_ms = MODEL_ALL, .media = {{.block.bytes = 300 * MIB}}},
     .expect = {PURGED, BY_BLOCK}},
    {"format-for-nine-minutes", .config = {FORMATS, .format_ms = 540000}, CLEAR, .expect = {CLEARED, BY_FORMAT}},
    {"slow-answers", .config = {.sanicap = BLOCK, .admin_ms = 4000}, .expect = {PURGED, BY_BLOCK}},

    /* Formats of the media. */
    {"blocks-of-4096", .config = {.sanicap = BLOCK, .media = {{.block = {.bytes = 8 * MIB, .block_bytes = 4096}}}},
     .expect = {PURGED, BY_BLOCK}},
    {"formats-4096", .config = {FORMATS, .media = {{.block = {.bytes = 8 * MIB, .block_bytes = 4096}, .format_index = 3}}},
     CLEAR, .expect = {CLEARED, BY_FORMAT}},
    {"format-index-high", .config = {FORMATS, .media = {{.format_index = 0x1d}}}, CLEAR,
     .expect = {CLEARED, BY_FORMAT}},
    {"metadata", .config = {FORMATS, .media = {{.metadata_bytes = 8, .format_index = 1}}}, CLEAR,
     .expect = {CLEARED, BY_FORMAT}},
    {"metadata-extended", .config = {FORMATS, .media = {{.metadata_bytes = 8, .extended_metadata = true}}}, CLEAR,
     .expect = {CLEARED, BY_FORMAT}},
    {"protection-1", .config = {FORMATS_CRYPTO, .media = {{.metadata_bytes = 8, .protection = 1}}}, CLEAR,
     .expect = {CLEARED, BY_FORMAT_CRYPTO}},
    {"protection-2-first", .config = {FORMATS, .media = {{.metadata_bytes = 8, .protection = 2, .protection_first = true}}},
     CLEAR, .expect = {CLEARED, BY_FORMAT}},
    {"protection-3-sanitized", .config = {.sanicap = BLOCK, .media = {{.metadata_bytes = 8, .protection = 3}}},
     .expect = {PURGED, BY_BLOCK}},
    {"one-block", .config = {.sanicap = BLOCK, .media = {{.block.bytes = 512}}}, .expect = {PURGED, BY_BLOCK}},
    {"sampled", .config = {.sanicap = BLOCK, .media = {{.block.bytes = 300 * MIB}}}, .expect = {PURGED, BY_BLOCK}},
    {"no-names", .config = {.sanicap = BLOCK, .media = {{.no_eui64 = true}}}, .expect = {PURGED, BY_BLOCK}},
    {"large-cache", .config = {.sanicap = BLOCK, .vwc = 1, .media = {{.block.cache_blocks = MODEL_ALL}}},
     .expect = {PURGED, BY_BLOCK}},

    /* Reached over a network. */
    {"fabrics-sanitize", .config = {.sanicap = EVERY}, .facts.bus = UW_BUS_NVME_FABRICS,
     .expect = {PURGED, .method = "nvme-sanitize-block", .rule = "N1", .sanitizes = 1, .limitations = "via_fabrics"}},
    {"fabrics-crypto", .config = {.sanicap = CRYPTO}, .facts.bus = UW_BUS_NVME_FABRICS,
     .expect = {PURGED, .method = "nvme-sanitize-crypto", .rule = "N2", .sanitizes = 1,
                .limitations = "ce_preconditions_unverified via_fabrics"}},
    {"fabrics-format", .config = {FORMATS}, .facts.bus = UW_BUS_NVME_FABRICS, CLEAR,
     .expect = {CLEARED, .method = "nvme-format-user-data", .rule = "N6", .formats = 1, .limitations = "via_fabrics"}},
    {"fabrics-nothing", .facts.bus = UW_BUS_NVME_FABRICS, .expect = {TOO_LOW}},
    {"virtual-disk", .config = {.sanicap = EVERY, FORMATS_CRYPTO}, .facts.media = UW_MEDIA_VIRTUAL, .expect = {TOO_LOW}},
    {"partition", .config = {.sanicap = EVERY}, .facts.is_partition = true, .expect = {REFUSED = "partition"}},
    {"in-use", .config = {.sanicap = EVERY}, .facts = {.use_kind = "mount", .use = "/srv"},
     .expect = {REFUSED = "in_use"}},
    {"used-since", .config = {.sanicap = EVERY}, .facts = {.use_kind = "mount", .use = "/srv", .used_from = 2},
     .expect = {REFUSED = "in_use"}},
    {"boot-medium", .config = {.sanicap = EVERY}, .facts.boot_medium = true, .expect = {REFUSED = "boot_medium"}},
    {"read-only-in-the-kernel", .config = {.sanicap = EVERY}, .facts.read_only = true,
     .expect = {REFUSED = "read_only"}},
    {"through-the-cache", .config = {.sanicap = EVERY}, .facts.through_cache = true,
     .expect = {FAILED, BY_BLOCK, .why = "not everything could be read back"}},

    /* Several namespaces: all or none of them where one command reaches all. */
    {"two-namespaces", .config = {.sanicap = BLOCK, TWO}, .expect = {PURGED, BY_BLOCK}},
    {"three-namespaces", .config = {.sanicap = CRYPTO, THREE}, .expect = {PURGED, BY_CRYPTO}},
    {"three-namespaces-one-job", .config = {.sanicap = BLOCK, THREE}, .request.jobs = "1",
     .expect = {PURGED, BY_BLOCK}},
    {"three-formatted-one-job", .config = {FORMATS, THREE}, .request = {.level = "clear", .jobs = "1"},
     .expect = {CLEARED, .method = "nvme-format-user-data", .rule = "N6", .formats = 3,
                .limitations = "other_namespaces_not_covered"}},
    {"two-of-three", .config = {.sanicap = BLOCK, THREE}, .named = 3, .expect = {REFUSED = "siblings"}},
    {"first-of-two", .config = {.sanicap = EVERY, TWO}, .named = 1, .expect = {REFUSED = "siblings"}},
    {"last-of-two", .config = {.sanicap = EVERY, TWO}, .named = 2, .expect = {REFUSED = "siblings"}},
    {"one-unattached", .config = {.sanicap = BLOCK, MANAGES, ONE_HIDDEN}, .expect = {PURGED, BY_BLOCK}},
    {"one-unattached-unlisted", .config = {.sanicap = BLOCK, FORMATS, ONE_HIDDEN}, .expect = {PURGED, BY_BLOCK}},
    {"capacity-in-no-namespace", .config = {.sanicap = BLOCK, MANAGES, .unallocated_bytes = MIB},
     .expect = {PURGED, BY_BLOCK}},
    /* Those may lead to namespaces that this one does not show. */
    {"several-controllers", .config = {.sanicap = BLOCK, .cmic = UW_NVME_CMIC_CONTROLLERS,
                                       .media = {{.present = true, .shared = true}, {.present = true}}},
     .expect = {REFUSED = "siblings"}},
    {"several-controllers-listed",
     .config = {.sanicap = BLOCK, MANAGES, .cmic = UW_NVME_CMIC_CONTROLLERS,
                .media = {{.present = true, .shared = true}, {.present = true}}},
     .expect = {PURGED, BY_BLOCK}},
    {"sparse-ids", .config = {.sanicap = BLOCK, .media = {{.nsid = 7, .present = true}, {.nsid = 3, .present = true}}},
     .expect = {PURGED, BY_BLOCK}},
    {"sizes-differ", .config = {.sanicap = BLOCK, .media = {{.block = {.bytes = 8 * MIB, .block_bytes = 4096}, .present = true},
                                                            {.block.bytes = 512, .present = true}}},
     .expect = {PURGED, BY_BLOCK}},

    /* A Format is of one namespace, unless the drive says otherwise. */
    {"format-both", .config = {FORMATS_CRYPTO, TWO}, CLEAR,
     .expect = {CLEARED, .method = "nvme-format-crypto", .rule = "N5", .formats = 2,
                .limitations = "ce_preconditions_unverified other_namespaces_not_covered"}},
    {"format-both-r1", .config = {FORMATS_CRYPTO, TWO}, R1,
     .expect = {PURGED, .method = "nvme-format-crypto", .rule = "N5", .formats = 2,
                .limitations = "ce_preconditions_unverified"}},
    {"format-three-r1-one-job", .config = {FORMATS, THREE}, .request = {.rule_set = "nist-800-88r1", .jobs = "1"},
     .expect = {PURGED, .method = "nvme-format-user-data", .rule = "N6", .formats = 3}},
    {"format-both-lowest", .config = {FORMATS_CRYPTO, TWO}, .expect = {TOO_LOW}},
    {"format-both-ieee", .config = {FORMATS_CRYPTO, TWO}, .request.rule_set = "ieee-2883", .expect = {TOO_LOW}},
    {"format-both-ieee-clear", .config = {FORMATS_CRYPTO, TWO}, .request = {.level = "clear", .rule_set = "ieee-2883"},
     .expect = {CLEARED, .method = "nvme-format-crypto", .rule = "N5", .formats = 2,
                .limitations = "ce_preconditions_unverified other_namespaces_not_covered"}},
    {"format-both-and-one-hidden-is-no-purge",
     .config = {MANAGES, .media = {{.present = true}, {.present = true}, {.present = true, .detached = true}}}, R1,
     .expect = {TOO_LOW}},
    {"format-both-with-capacity-left-is-no-purge", .config = {MANAGES, TWO, .unallocated_bytes = MIB}, R1,
     .expect = {TOO_LOW}},
    {"format-both-beside-other-controllers-is-no-purge",
     .config = {FORMATS, TWO, .cmic = UW_NVME_CMIC_CONTROLLERS}, R1, .expect = {TOO_LOW}},
    {"format-one-of-two", .config = {FORMATS, TWO}, CLEAR, .named = 2,
     .expect = {CLEARED, .method = "nvme-format-user-data", .rule = "N6", .formats = 1,
                .limitations = "other_namespaces_not_covered"}},
    {"format-one-of-two-is-no-purge", .config = {FORMATS, TWO}, R1, .named = 1, .expect = {TOO_LOW}},
    {"format-one-hidden-is-no-purge", .config = {MANAGES, ONE_HIDDEN}, R1, .expect = {TOO_LOW}},
    {"format-one-hidden", .config = {MANAGES, ONE_HIDDEN}, CLEAR,
     .expect = {CLEARED, .method = "nvme-format-user-data", .rule = "N6", .formats = 1,
                .limitations = "other_namespaces_not_covered"}},
    {"format-with-capacity-left-is-no-purge", .config = {MANAGES, .unallocated_bytes = MIB}, R1, .expect = {TOO_LOW}},
    {"format-beside-other-controllers-is-no-purge", .config = {FORMATS, .cmic = UW_NVME_CMIC_CONTROLLERS}, R1,
     .expect = {TOO_LOW}},
    /* Bit 0 alone: all are formatted and one is erased, so it is not done. */
    {"fna-format-all-one-named", .config = {FORMATS, .fna = UW_NVME_FNA_FORMAT_ALL, TWO}, CLEAR, .named = 1,
     .expect = {CLEARED, BY_HOST}},
    {"fna-format-all-wanted", .config = {FORMATS, .fna = UW_NVME_FNA_FORMAT_ALL, TWO},
     .request = {.level = "clear", .method = "nvme-format-user-data"}, .expect = {TOO_LOW}},
    {"fna-format-all-alone", .config = {FORMATS, .fna = UW_NVME_FNA_FORMAT_ALL}, CLEAR,
     .expect = {CLEARED, BY_FORMAT}},
    {"fna-erase-all-one-named", .config = {FORMATS, .fna = UW_NVME_FNA_ERASE_ALL, TWO}, CLEAR, .named = 2,
     .expect = {REFUSED = "siblings"}},
    {"fna-erase-all", .config = {FORMATS, .fna = UW_NVME_FNA_ERASE_ALL | UW_NVME_FNA_CRYPTO, TWO}, CLEAR,
     .expect = {CLEARED, BY_FORMAT_CRYPTO}},
    {"fna-erase-all-r1", .config = {FORMATS, .fna = UW_NVME_FNA_ERASE_ALL, TWO}, R1, .expect = {PURGED, BY_FORMAT}},
    {"fna-no-broadcast", .config = {FORMATS, .fna = UW_NVME_FNA_NO_BROADCAST, TWO}, CLEAR,
     .expect = {CLEARED, .method = "nvme-format-user-data", .rule = "N6", .formats = 2,
                .limitations = "other_namespaces_not_covered"}},
    {"fna-no-broadcast-all", .config = {FORMATS, .fna = UW_NVME_FNA_NO_BROADCAST | UW_NVME_FNA_ERASE_ALL, TWO}, CLEAR,
     .expect = {CLEARED, BY_FORMAT}},

    /* States that the drive is found in. */
    {"write-protected", .config = {.sanicap = EVERY, FORMATS, .media = {{.write_protected = true}}},
     .expect = {REFUSED = "read_only"}},
    {"sibling-write-protected", .config = {.sanicap = BLOCK, .media = {{.present = true}, {.present = true, .write_protected = true}}},
     .named = 1, .expect = {REFUSED = "siblings"}},
    {"media-read-only", .config = {.sanicap = BLOCK, .critical_warning = 1U << 3},
     .expect = {.verdict = "sanitized-with-exceptions", .level = "purge", .exceptions = "health markers_not_possible", BY_BLOCK}},
    {"media-read-only-no-erase", .config = {.critical_warning = 1U << 3}, CLEAR, .expect = {TOO_LOW}},
    {"spare-below-threshold", .config = {.sanicap = BLOCK, .critical_warning = 1},
     .expect = {.verdict = "sanitized-with-exceptions", .level = "purge", .exceptions = "health", BY_BLOCK}},
    {"reliability-degraded", .config = {.critical_warning = 1U << 2}, CLEAR,
     .expect = {.verdict = "sanitized-with-exceptions", .level = "clear", .exceptions = "health", BY_HOST}},
    {"hot", .config = {.sanicap = BLOCK, .critical_warning = 1U << 1}, .expect = {PURGED, BY_BLOCK}},
    {"sanitized-before", .config = {.sanicap = BLOCK, .former = {1, 0x2, .global_erased = true}}, .expect = {PURGED, BY_BLOCK}},
    {"sanitized-before-the-same-way", .config = {.sanicap = BLOCK, .former = {1, 0x202, .global_erased = true}},
     .expect = {PURGED, BY_BLOCK}},
    {"sanitized-before-and-done-at-once",
     .config = {.sanicap = BLOCK, .block_ms = MODEL_ALL, .former = {1, 0x202, .global_erased = true}},
     .expect = {PURGED, BY_BLOCK}},
    {"sanitized-long-ago-and-done-at-once",
     .config = {.sanicap = BLOCK, .block_ms = MODEL_ALL, .former = {1, 0x202}},
     .expect = {PURGED, BY_BLOCK}},
    {"running", .config = {.sanicap = EVERY, .former = {2, 0x2, .elapsed_ms = 1000}},
     .expect = {PURGED_UNMARKED, .method = "nvme-sanitize-block", .rule = "N1"}},
    {"running-unrestricted", .config = {.sanicap = EVERY, .former = {2, 0xa, .elapsed_ms = 1000}},
     .expect = {PURGED_UNMARKED, .method = "nvme-sanitize-block", .rule = "N1"}},
    {"running-crypto", .config = {.sanicap = EVERY, .former = {2, 0x4, .elapsed_ms = 100}},
     .expect = {PURGED_UNMARKED, .method = "nvme-sanitize-crypto", .rule = "N2",
                .limitations = "ce_preconditions_unverified"}},
    {"running-overwrite", .config = {.sanicap = EVERY, .former = {2, 0x213, .elapsed_ms = 19000}},
     .expect = {PURGED_UNMARKED, .method = "nvme-sanitize-overwrite", .rule = "N3"}},
    {"running-in-its-last-moment", .config = {.sanicap = EVERY, .former = {2, 0x2, .elapsed_ms = 4999}},
     .expect = {PURGED_UNMARKED, .method = "nvme-sanitize-block", .rule = "N1"}},
    {"running-two-namespaces", .config = {.sanicap = EVERY, TWO, .former = {2, 0x2}},
     .expect = {PURGED_UNMARKED, .method = "nvme-sanitize-block", .rule = "N1"}},
    {"running-one-of-two-named", .config = {.sanicap = EVERY, TWO, .former = {2, 0x2}}, .named = 1,
     .expect = {REFUSED = "siblings"}},
    {"running-another-wanted", .config = {.sanicap = EVERY, .former = {2, 0x2}}, .request.method = "nvme-sanitize-crypto",
     .expect = {REFUSED = "sanitize_running"}},
    {"running-format-wanted", .config = {.sanicap = EVERY, FORMATS, .former = {2, 0x2}},
     .request = {.level = "clear", .method = "nvme-format-user-data"}, .expect = {REFUSED = "sanitize_running"}},
    {"running-host-wanted", .config = {.sanicap = EVERY, .former = {2, 0x2}}, .request = {.level = "clear", .method = "overwrite"},
     .expect = {REFUSED = "sanitize_running"}},
    {"running-and-stands", .config = {.sanicap = EVERY, .former = {2, 0x2}, .lies = {{MODEL_NVME_STANDS}}},
     .expect = {.verdict = "stalled", .exit_code = 1, .method = "nvme-sanitize-block", .exceptions = "continues_in_drive"}},
    {"running-and-fails", .config = {.sanicap = EVERY, .former = {2, 0x2}, .lies = {{MODEL_NVME_FAILS, .value = 70}}},
     .expect = {FAILED, .method = "nvme-sanitize-block", .why = "failed"}},
    {"failed-before", .config = {.sanicap = EVERY, .former = {3, 0x2}}, .expect = {PURGED_UNMARKED, BY_BLOCK}},
    {"failed-before-unrestricted", .config = {.sanicap = EVERY, .former = {3, 0xa}}, .expect = {PURGED_UNMARKED, BY_BLOCK}},
    {"failed-before-crypto-alone", .config = {.sanicap = CRYPTO, .former = {3, 0x4}}, .expect = {PURGED_UNMARKED, BY_CRYPTO}},
    {"failed-before-host-wanted", .config = {.sanicap = EVERY, .former = {3, 0x2}}, .request = {.level = "clear", .method = "overwrite"},
     .expect = {TOO_LOW}},
    {"failed-before-format-wanted", .config = {.sanicap = EVERY, FORMATS, .former = {3, 0x2}},
     .request = {.level = "clear", .method = "nvme-format-user-data"}, .expect = {TOO_LOW}},
    {"failed-before-and-again", .config = {.sanicap = EVERY, .former = {3, 0x2}, .lies = {{MODEL_NVME_FAILS, .value = 30}}},
     .expect = {FAILED, .method = "nvme-sanitize-overwrite", .rule = "N3", .sanitizes = 3, .why = "failed"}},
    {"failed-before-and-again-asked", .config = {.sanicap = EVERY, .former = {3, 0x2}, .lies = {{MODEL_NVME_FAILS, .value = 30}}},
     .request.method = "nvme-sanitize-block", .expect = {FAILED, BY_BLOCK, .why = "failed"}},
    {"failed-before-and-never-starts",
     .config = {.sanicap = EVERY, .former = {3, 0x202}, .lies = {{MODEL_NVME_NEVER_STARTS}}},
     .expect = {FAILED, BY_BLOCK, .why = "before ours"}},
    {"unknown-state", .config = {.sanicap = EVERY, FORMATS, .lies = {{MODEL_NVME_RESERVED_STATUS, .value = 5}}},
     .expect = {REFUSED = "sanitize_state"}},
    {"unknown-state-7-clear", .config = {.sanicap = EVERY, FORMATS, .lies = {{MODEL_NVME_RESERVED_STATUS, .value = 7}}}, CLEAR,
     .expect = {REFUSED = "sanitize_state"}},
    {"status-refused", .config = {.sanicap = EVERY, .lies = {{MODEL_NVME_LOG_REFUSED}}}, .expect = {TOO_LOW}},
    {"status-of-zeros", .config = {.sanicap = EVERY, .lies = {{MODEL_NVME_LOG_ZERO}}}, .expect = {FAILED, BY_BLOCK}},
};
/* clang-format on */

const size_t nvme_row_count = sizeof nvme_rows / sizeof *nvme_rows;
