/* SPDX-License-Identifier: Apache-2.0 */
/* Every lie and every failure of the NVMe model, alone, for each erase that it can be about. What a host can
 * see is caught; what it cannot see is listed here, and the certificate says what its evidence is worth. */
#include "flow_nvme_lies.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow_lies.h"

/* The erases: a sanitize with what it leaves to be read, or with its blocks unmapped; a Format unmaps. */
enum kind {
    BLOCK = 1,
    BLOCK_UNMAPS = 2,
    CRYPTO = 4,
    CRYPTO_UNMAPS = 8,
    OVERWRITE = 16,
    OVERWRITE_UNMAPS = 32,
    FORMAT_CRYPTO = 64,
    FORMAT_USER = 128,
    KEPT = BLOCK | CRYPTO | OVERWRITE,
    UNMAPPING = BLOCK_UNMAPS | CRYPTO_UNMAPS | OVERWRITE_UNMAPS,
    SANITIZE = KEPT | UNMAPPING,
    FORMAT = FORMAT_CRYPTO | FORMAT_USER,
    BY_KEY = CRYPTO | CRYPTO_UNMAPS | FORMAT_CRYPTO,
    ALL = SANITIZE | FORMAT
};

static const struct erase {
    enum kind kind;
    const char *name, *id;
    unsigned on;    /* enum model_nvme_on */
    uint32_t cdw10; /* as the log tells it */
} erases[] = {
    {BLOCK, "block", "nvme-sanitize-block", MODEL_NVME_BLOCK, 0x202},
    {BLOCK_UNMAPS, "block unmapping", "nvme-sanitize-block", MODEL_NVME_BLOCK, 0x2},
    {CRYPTO, "crypto", "nvme-sanitize-crypto", MODEL_NVME_CRYPTO, 0x204},
    {CRYPTO_UNMAPS, "crypto unmapping", "nvme-sanitize-crypto", MODEL_NVME_CRYPTO, 0x4},
    {OVERWRITE, "overwrite", "nvme-sanitize-overwrite", MODEL_NVME_OVERWRITE, 0x213},
    {OVERWRITE_UNMAPS, "overwrite unmapping", "nvme-sanitize-overwrite", MODEL_NVME_OVERWRITE, 0x13},
    {FORMAT_CRYPTO, "format crypto", "nvme-format-crypto", MODEL_NVME_FORMAT_CRYPTO, 0},
    {FORMAT_USER, "format", "nvme-format-user-data", MODEL_NVME_FORMAT_USER, 0},
};

/* `at`: on what, where it is not the erase itself; MODEL_NVME_OTHER: anything at all. */
static const struct row {
    const char *name;
    struct lie_expect expect[LIE_EXPECTS];
    enum model_nvme_lie_kind lie;
    uint64_t value;
    unsigned at;
    const char *why;
    uint8_t former; /* the log tells of an operation of the same kind that ended so */
    bool former_erased, at_once;
} rows[] = {
    {"honest", .lie = MODEL_NVME_HONEST},
    {"honest, sanitized before", .former = 1, .former_erased = true},
    {"honest and at once", .at_once = true},
    {"honest and at once, sanitized before", .former = 1, .former_erased = true, .at_once = true},
    {"honest and at once, sanitized long ago", .former = 1, .at_once = true},

    {"erases nothing", {{ALL, LIED}}, .lie = MODEL_NVME_ERASES_NOTHING},
    {"erases nothing at once", {{ALL, LIED}}, .lie = MODEL_NVME_ERASES_NOTHING, .at_once = true},
    {"erases half", {{ALL, LIED}}, .lie = MODEL_NVME_ERASES_HALF},
    {"erases all but the last block", {{ALL, LIED}}, .lie = MODEL_NVME_ERASES_NOT_LAST},
    {"erases the one namespace that there is", .lie = MODEL_NVME_ERASES_ONE},
    {"erases another namespace", {{ALL, LIED}}, .lie = MODEL_NVME_ERASES_ONE, .value = 99},
    {"erases attached namespaces, all of them", .lie = MODEL_NVME_ERASES_ATTACHED},
    {"keeps the key", {{BY_KEY, LIED}}, .lie = MODEL_NVME_KEEPS_KEY},
    {"only unmaps", {{ALL, HIDDEN}}, .lie = MODEL_NVME_ONLY_UNMAPS},
    {"only unmaps, at once", {{ALL, HIDDEN}}, .lie = MODEL_NVME_ONLY_UNMAPS, .at_once = true},

    {"stands", {{SANITIZE, STALLED_AT_IT}, {FORMAT, FAILED}}, .lie = MODEL_NVME_STANDS},
    {"stands at its end",
     {{SANITIZE, STALLED_AT_IT}, {FORMAT, FAILED}},
     .lie = MODEL_NVME_STANDS,
     .value = 65535},
    {"runs backwards", .lie = MODEL_NVME_RUNS_BACKWARDS},
    {"progress FFFF while it runs", .lie = MODEL_NVME_PROGRESS_FFFF},
    {"never starts", {{SANITIZE, FAILED}}, .lie = MODEL_NVME_NEVER_STARTS},
    {"never starts, sanitized before",
     {{SANITIZE, FAILED}},
     .lie = MODEL_NVME_NEVER_STARTS,
     .former = 1,
     .former_erased = true},
    {"never starts, sanitized long ago", {{SANITIZE, FAILED}}, .lie = MODEL_NVME_NEVER_STARTS, .former = 1},
    {"success at once while it runs", {{SANITIZE, LIED}}, .lie = MODEL_NVME_SUCCESS_AT_ONCE},
    {"says failed and has erased",
     {{SANITIZE, FAILED}},
     .lie = MODEL_NVME_FAILS_AFTER_ERASING,
     .why = "failed"},
    {"fails at once", {{SANITIZE, FAILED}, {FORMAT, LIED}}, .lie = MODEL_NVME_FAILS, .value = 0},
    {"fails in the middle", {{SANITIZE, FAILED}, {FORMAT, LIED}}, .lie = MODEL_NVME_FAILS, .value = 50},
    {"fails near its end", {{SANITIZE, FAILED}, {FORMAT, LIED}}, .lie = MODEL_NVME_FAILS, .value = 99},

    {"status 5", {{SANITIZE, FAILED}}, .lie = MODEL_NVME_RESERVED_STATUS, .value = 5},
    {"status 6", {{SANITIZE, FAILED}}, .lie = MODEL_NVME_RESERVED_STATUS, .value = 6},
    {"status 7", {{SANITIZE, FAILED}}, .lie = MODEL_NVME_RESERVED_STATUS, .value = 7},
    {"status 5 at once",
     {{SANITIZE, FAILED}},
     .lie = MODEL_NVME_RESERVED_STATUS,
     .value = 5,
     .at_once = true},
    {"status 5 always",
     {{ALL, UNKNOWN}},
     .lie = MODEL_NVME_RESERVED_STATUS,
     .value = 5,
     .at = MODEL_NVME_GET_LOG},
    {"log of nothing", {{SANITIZE, FAILED}}, .lie = MODEL_NVME_STALE_LOG},
    {"log of before", {{SANITIZE, FAILED}}, .lie = MODEL_NVME_STALE_LOG, .former = 1},
    {"log of before, erased",
     {{SANITIZE, FAILED}},
     .lie = MODEL_NVME_STALE_LOG,
     .former = 1,
     .former_erased = true},
    {"log of before always",
     {{SANITIZE, FAILED}},
     .lie = MODEL_NVME_STALE_LOG,
     .at = MODEL_NVME_GET_LOG,
     .former = 1,
     .former_erased = true},
    {"log of nothing always", {{SANITIZE, FAILED}}, .lie = MODEL_NVME_STALE_LOG, .at = MODEL_NVME_GET_LOG},
    {"log of another action",
     {{OVERWRITE | OVERWRITE_UNMAPS, FAILED_AT_IT}, {SANITIZE, FAILED}},
     .lie = MODEL_NVME_OTHER_ACTION,
     .why = "another operation"},
    {"log of another action always",
     {{OVERWRITE | OVERWRITE_UNMAPS, FAILED_AT_IT}, {SANITIZE, FAILED}},
     .lie = MODEL_NVME_OTHER_ACTION,
     .at = MODEL_NVME_GET_LOG},
    {"log of action 7",
     {{OVERWRITE | OVERWRITE_UNMAPS, FAILED_AT_IT}, {SANITIZE, FAILED}},
     .lie = MODEL_NVME_OTHER_ACTION,
     .value = 7},
    {"log refused", {{SANITIZE, FAILED_AT_IT}}, .lie = MODEL_NVME_LOG_REFUSED},
    {"log refused with another status",
     {{SANITIZE, FAILED_AT_IT}},
     .lie = MODEL_NVME_LOG_REFUSED,
     .value = 0x6},
    {"log refused always", {{SANITIZE, TOO_LOW}}, .lie = MODEL_NVME_LOG_REFUSED, .at = MODEL_NVME_GET_LOG},
    {"log of zeros", {{SANITIZE, FAILED}}, .lie = MODEL_NVME_LOG_ZERO},
    {"log of zeros always", {{SANITIZE, FAILED}}, .lie = MODEL_NVME_LOG_ZERO, .at = MODEL_NVME_GET_LOG},

    {"hangs", {{ALL, STALLED_AT_IT}}, .lie = MODEL_NVME_HANGS},
    {"hangs at logs",
     {{SANITIZE, TOO_LOW}, {FORMAT, DEAF}},
     .lie = MODEL_NVME_HANGS,
     .at = MODEL_NVME_GET_LOG},
    {"hangs at identify", {{ALL, TOO_LOW}}, .lie = MODEL_NVME_HANGS, .at = MODEL_NVME_IDENTIFY},
    {"hangs at the rescan", {{ALL, STALLED}}, .lie = MODEL_NVME_HANGS, .at = MODEL_NVME_RESCAN},
    {"times out, and does it", {{FORMAT, FAILED_AT_IT}}, .lie = MODEL_NVME_TIMES_OUT},
    {"times out, and does not",
     {{SANITIZE, FAILED}, {FORMAT, FAILED_AT_IT}},
     .lie = MODEL_NVME_TIMES_OUT,
     .value = 1},
    {"internal error", {{ALL, FAILED}}, .lie = MODEL_NVME_ABORTS},
    {"sequence error, do not retry", {{ALL, FAILED}}, .lie = MODEL_NVME_ABORTS, .value = 0x400c},
    {"access denied", {{ALL, FAILED}}, .lie = MODEL_NVME_ABORTS, .value = 0x286},
    {"sanitize in progress, says it", {{ALL, FAILED}}, .lie = MODEL_NVME_ABORTS, .value = 0x1d},
    {"format in progress, says it", {{ALL, FAILED}}, .lie = MODEL_NVME_ABORTS, .value = 0x84},
    {"firmware must be activated", {{ALL, FAILED}}, .lie = MODEL_NVME_ABORTS, .value = 0x4000},
    {"refuses logs", {{SANITIZE, TOO_LOW}}, .lie = MODEL_NVME_ABORTS, .at = MODEL_NVME_GET_LOG},
    {"refuses identify", {{ALL, TOO_LOW}}, .lie = MODEL_NVME_ABORTS, .at = MODEL_NVME_IDENTIFY},
    {"accepts what it should refuse", .lie = MODEL_NVME_ACCEPTS},

    {"another serial", {{ALL, FAILED}}, .lie = MODEL_NVME_OTHER_SERIAL, .at = MODEL_NVME_OTHER},
    {"another serial behind the host's",
     {{ALL, FAILED}},
     .lie = MODEL_NVME_OTHER_SERIAL,
     .value = 1,
     .at = MODEL_NVME_OTHER},
    {"another size", {{ALL, FAILED}}, .lie = MODEL_NVME_OTHER_SIZE, .at = MODEL_NVME_OTHER},
    {"another namespace id", {{ALL, FAILED}}, .lie = MODEL_NVME_OTHER_NSID, .at = MODEL_NVME_OTHER},
    {"another EUI-64", {{ALL, FAILED}}, .lie = MODEL_NVME_OTHER_EUI, .at = MODEL_NVME_OTHER},
    {"first block unreadable",
     {{ALL, FAILED}},
     .lie = MODEL_NVME_READ_ERRORS,
     .value = 0,
     .at = MODEL_NVME_OTHER},
    {"a block unreadable",
     {{ALL, FAILED}},
     .lie = MODEL_NVME_READ_ERRORS,
     .value = 77,
     .at = MODEL_NVME_OTHER},
    {"last block unreadable",
     {{ALL, FAILED}},
     .lie = MODEL_NVME_READ_ERRORS,
     .value = 4095,
     .at = MODEL_NVME_OTHER},
    {"nothing readable",
     {{ALL, FAILED}},
     .lie = MODEL_NVME_READ_ERRORS,
     .value = MODEL_ALL,
     .at = MODEL_NVME_OTHER},
};

enum { ERASES = sizeof erases / sizeof *erases, ROWS = sizeof rows / sizeof *rows, PAIRS = ERASES * ROWS };

struct pair {
    const struct row *row;
    const struct erase *erase;
};

/* Per erase; 0: as the model has it. A success told too early, or one of before, is a lie while something is
 * left to erase, also for a host that takes its time to look. */
static uint32_t duration_of(const struct pair *pair)
{
    const uint32_t hour_ms = 3600 * 1000;
    bool early = pair->row->lie == MODEL_NVME_SUCCESS_AT_ONCE || pair->row->lie == MODEL_NVME_STALE_LOG;
    if (early && (pair->erase->kind & SANITIZE) != 0)
        return hour_ms;
    return pair->row->at_once ? MODEL_ALL : 0;
}

static struct model_nvme_config config_of(const struct pair *pair)
{
    const struct row *row = pair->row;
    uint32_t ms = duration_of(pair);
    struct model_nvme_config config = {.sanicap = UW_NVME_SANICAP_BLOCK | UW_NVME_SANICAP_CRYPTO |
                                                  UW_NVME_SANICAP_OVERWRITE,
                                       .oacs = UW_NVME_OACS_FORMAT,
                                       .fna = UW_NVME_FNA_CRYPTO,
                                       .dlfeat = 1,
                                       .block_ms = ms,
                                       .crypto_ms = ms,
                                       .pass_ms = ms,
                                       .format_ms = ms,
                                       .former = {.state = row->former,
                                                  .cdw10 = row->former != 0 ? pair->erase->cdw10 : 0,
                                                  .global_erased = row->former_erased},
                                       .lies = {{row->lie,
                                                 row->at == 0                  ? pair->erase->on
                                                 : row->at == MODEL_NVME_OTHER ? 0
                                                                               : row->at,
                                                 0, row->value}}};
    if ((pair->erase->kind & UNMAPPING) != 0)
        config.sanicap |= UW_NVME_SANICAP_NO_DEALLOCATE_INHIBITED;
    return config;
}

static void expect(struct nvme_row *device, const struct pair *pair)
{
    enum lie_outcome outcome = lie_outcome_of(pair->row->expect, pair->erase->kind);
    const struct lie_result result = lie_result_of(outcome);
    bool sanitize = (pair->erase->kind & SANITIZE) != 0;
    device->expect.verdict = result.verdict;
    device->expect.exit_code = result.exit_code;
    device->expect.exceptions = result.exceptions;
    device->expect.method = result.none ? NULL : pair->erase->id;
    device->expect.limitations = (pair->erase->kind & BY_KEY) != 0 ? "ce_preconditions_unverified" : NULL;
    device->expect.sanitizes = sanitize && !result.none;
    device->expect.formats = !sanitize && !result.none;
    device->expect.why = lie_why(outcome, pair->row->why);
    device->expect.unseen = outcome == HIDDEN;
    /* Also where it was asked to keep its blocks mapped, zeros are what a drive reads in those that it does
     * not. */
    if (outcome == HIDDEN)
        device->expect.evidence = "mapping";
    if (result.claims)
        device->expect.level = sanitize ? "purge" : "clear";
}

size_t nvme_lies_count(void)
{
    return PAIRS;
}

bool nvme_lies_row(size_t index, struct nvme_lie_name *name, struct nvme_row *device)
{
    const struct pair pair = {.row = &rows[index / ERASES], .erase = &erases[index % ERASES]};
    snprintf(name->text, sizeof name->text, "%s: %s", pair.row->name, pair.erase->name);
    *device = (struct nvme_row){.name = name->text, .config = config_of(&pair)};
    device->request.level = "clear";
    device->request.method = pair.erase->id;
    expect(device, &pair);
    return true;
}
