/* SPDX-License-Identifier: Apache-2.0 */
/* Every lie and every failure of the ATA model, alone, for each erase that it can be about. What a host can
 * see is caught; what it cannot see is listed here, and the certificate says what its evidence is worth. */
#include "flow_ata_lies.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow_lies.h"

/* The erases: a sanitize with what it leaves to be read, or with its blocks unmapped. */
enum kind {
    BLOCK = 1,
    BLOCK_UNMAPS = 2,
    CRYPTO = 4,
    CRYPTO_UNMAPS = 8,
    OVERWRITE = 16,
    ENHANCED = 32,        /* of a disk: nothing follows it */
    ENHANCED_NOISE = 64,  /* likewise; changes the key */
    ENHANCED_FLASH = 128, /* an overwrite follows */
    NORMAL = 256,
    SANITIZE = BLOCK | BLOCK_UNMAPS | CRYPTO | CRYPTO_UNMAPS | OVERWRITE,
    UNIT = ENHANCED | ENHANCED_NOISE | ENHANCED_FLASH | NORMAL,
    BY_KEY = CRYPTO | CRYPTO_UNMAPS,
    ALL = SANITIZE | UNIT
};

#define FLASH_LIMITS "reallocated_not_reached overprovisioned_not_reached"

static const struct erase {
    enum kind kind;
    const char *name, *id, *level, *limitations;
    unsigned on; /* enum model_ata_on */
} erases[] = {
    {BLOCK, "block", "ata-sanitize-block", "purge", NULL, MODEL_ATA_BLOCK},
    {BLOCK_UNMAPS, "block unmapping", "ata-sanitize-block", "purge", NULL, MODEL_ATA_BLOCK},
    {CRYPTO, "crypto", "ata-sanitize-crypto", "purge", "ce_preconditions_unverified", MODEL_ATA_CRYPTO},
    {CRYPTO_UNMAPS, "crypto unmapping", "ata-sanitize-crypto", "purge", "ce_preconditions_unverified",
     MODEL_ATA_CRYPTO},
    {OVERWRITE, "overwrite", "ata-sanitize-overwrite", "purge", NULL, MODEL_ATA_OVERWRITE},
    {ENHANCED, "enhanced", "ata-security-erase-enhanced", "purge", "consult_maker", MODEL_ATA_ENHANCED},
    {ENHANCED_NOISE, "enhanced by key", "ata-security-erase-enhanced", "purge", "consult_maker",
     MODEL_ATA_ENHANCED},
    {ENHANCED_FLASH, "enhanced, flash", "ata-security-erase-enhanced", "clear", "overprovisioned_not_reached",
     MODEL_ATA_ENHANCED},
    {NORMAL, "normal", "ata-security-erase", "clear", FLASH_LIMITS, MODEL_ATA_NORMAL},
};

/* `at`: on what, where it is not the erase itself; ANYTHING: anything at all. */
enum { ANYTHING = -1 };
static const struct row {
    const char *name;
    struct lie_expect expect[LIE_EXPECTS];
    enum model_ata_lie_kind lie;
    uint64_t value;
    int at;
    const char *why;
    bool former, at_once, hidden; /* sanitized before; it takes no time; an HPA holds old data */
    struct model_ata_lie also;
    unsigned times;
} rows[] = {
    {"honest", .lie = MODEL_ATA_HONEST},
    {"honest, sanitized before", .former = true},
    {"honest and at once", .at_once = true},
    /* ATA's status tells of no command: nothing tells its end from the one before. */
    {"honest and at once, sanitized before",
     {{SANITIZE, FAILED}},
     .former = true,
     .at_once = true,
     .why = "no end of ours was seen"},

    {"erases nothing", {{ALL, LIED}}, .lie = MODEL_ATA_ERASES_NOTHING},
    {"erases nothing at once", {{ALL, LIED}}, .lie = MODEL_ATA_ERASES_NOTHING, .at_once = true},
    {"erases nothing, sanitized before", {{ALL, LIED}}, .lie = MODEL_ATA_ERASES_NOTHING, .former = true},
    {"erases half", {{ALL, LIED}}, .lie = MODEL_ATA_ERASES_HALF},
    {"erases not the last", {{ALL, LIED}}, .lie = MODEL_ATA_ERASES_NOT_LAST},
    {"erases the first", {{ALL, LIED}}, .lie = MODEL_ATA_ERASES_FIRST},
    /* Beyond the addressable nobody can look. */
    {"erases the visible", .lie = MODEL_ATA_ERASES_VISIBLE},
    {"erases the visible, hiding some",
     {{SANITIZE, HIDDEN}},
     .lie = MODEL_ATA_ERASES_VISIBLE,
     .hidden = true},
    {"keeps the key", {{BY_KEY | ENHANCED_NOISE, LIED}}, .lie = MODEL_ATA_KEEPS_KEY},
    {"only unmaps", {{ENHANCED_FLASH, TRUE}, {ALL, HIDDEN}}, .lie = MODEL_ATA_ONLY_UNMAPS},

    {"stands at 1 %", {{SANITIZE, STALLED_AT_IT}, {UNIT, FAILED_AT_IT}}, .lie = MODEL_ATA_STANDS},
    {"stands at nothing",
     {{SANITIZE, STALLED_AT_IT}, {UNIT, FAILED_AT_IT}},
     .lie = MODEL_ATA_STANDS,
     .value = 1},
    {"stands at the end",
     {{SANITIZE, STALLED_AT_IT}, {UNIT, FAILED_AT_IT}},
     .lie = MODEL_ATA_STANDS,
     .value = 65535},
    {"runs backwards", .lie = MODEL_ATA_RUNS_BACKWARDS},
    {"progress of FFFF", .lie = MODEL_ATA_PROGRESS_FFFF},
    {"never starts", {{SANITIZE, FAILED_AT_IT}}, .lie = MODEL_ATA_NEVER_STARTS},
    {"never starts, sanitized before", {{SANITIZE, FAILED}}, .lie = MODEL_ATA_NEVER_STARTS, .former = true},
    {"success at once", {{SANITIZE, LIED}}, .lie = MODEL_ATA_SUCCESS_AT_ONCE},
    {"fails after erasing", {{ALL, FAILED}}, .lie = MODEL_ATA_FAILS_AFTER_ERASING},
    {"fails in the middle", {{ALL, FAILED}}, .lie = MODEL_ATA_FAILS, .value = 50},
    {"fails at its beginning", {{ALL, FAILED}}, .lie = MODEL_ATA_FAILS, .value = 1},
    {"fails near its end", {{ALL, FAILED}}, .lie = MODEL_ATA_FAILS, .value = 99},

    {"unknown bits", {{SANITIZE, FAILED_AT_IT}}, .lie = MODEL_ATA_UNKNOWN_BITS},
    {"unknown bits, antifreeze", {{SANITIZE, FAILED_AT_IT}}, .lie = MODEL_ATA_UNKNOWN_BITS, .value = 0x1000},
    {"status of zeros", {{SANITIZE, FAILED_AT_IT}}, .lie = MODEL_ATA_STATUS_ZERO},
    {"status of zeros always",
     {{SANITIZE, FAILED_AT_IT}},
     .lie = MODEL_ATA_STATUS_ZERO,
     .at = MODEL_ATA_STATUS},
    {"status of before", {{SANITIZE, FAILED_AT_IT}}, .lie = MODEL_ATA_STALE_STATUS},
    {"status of before, a success", {{SANITIZE, FAILED}}, .lie = MODEL_ATA_STALE_STATUS, .former = true},
    {"status refused", {{ALL, UNKNOWN}}, .lie = MODEL_ATA_ABORTS, .at = MODEL_ATA_STATUS},
    {"status hangs", {{SANITIZE, TOO_LOW}, {UNIT, DEAF}}, .lie = MODEL_ATA_HANGS, .at = MODEL_ATA_STATUS},

    {"stays enabled", {{UNIT, FAILED}}, .lie = MODEL_ATA_STAYS_ENABLED, .why = "password"},
    {"ends locked", {{UNIT, FAILED}}, .lie = MODEL_ATA_ENDS_LOCKED, .why = "password"},

    /* What cannot be taken back is told. */
    {"fails, disable refused",
     {{UNIT, FAILED}, {SANITIZE, FAILED}},
     .lie = MODEL_ATA_FAILS,
     .value = 50,
     .also = {MODEL_ATA_ABORTS, MODEL_ATA_DISABLE}},
    {"stays enabled, disable refused",
     {{UNIT, FAILED}},
     .lie = MODEL_ATA_STAYS_ENABLED,
     .why = "\"unwrite\"",
     .also = {MODEL_ATA_ABORTS, MODEL_ATA_DISABLE}},
    {"stays enabled, disable accepted only",
     {{UNIT, FAILED}},
     .lie = MODEL_ATA_STAYS_ENABLED,
     .why = "\"unwrite\"",
     .also = {MODEL_ATA_ACCEPTS, MODEL_ATA_DISABLE}},
    {"ends locked, unlock refused",
     {{UNIT, FAILED}},
     .lie = MODEL_ATA_ENDS_LOCKED,
     .why = "\"unwrite\"",
     .also = {MODEL_ATA_ABORTS, MODEL_ATA_UNLOCK}},
    {"ends locked, unlock accepted only",
     {{UNIT, FAILED}},
     .lie = MODEL_ATA_ENDS_LOCKED,
     .why = "\"unwrite\"",
     .also = {MODEL_ATA_ACCEPTS, MODEL_ATA_UNLOCK}},
    {"ends locked, unlock hangs",
     {{UNIT, STALLED}},
     .lie = MODEL_ATA_ENDS_LOCKED,
     .why = "\"unwrite\"",
     .also = {MODEL_ATA_HANGS, MODEL_ATA_UNLOCK}},
    {"stays enabled, disable hangs",
     {{UNIT, STALLED}},
     .lie = MODEL_ATA_STAYS_ENABLED,
     .why = "\"unwrite\"",
     .also = {MODEL_ATA_HANGS, MODEL_ATA_DISABLE}},
    {"refused, disable times out",
     {{ALL, FAILED}},
     .lie = MODEL_ATA_ABORTS,
     .also = {MODEL_ATA_TIMES_OUT, MODEL_ATA_DISABLE, 0, 1}},

    {"hangs", {{ALL, STALLED_AT_IT}}, .lie = MODEL_ATA_HANGS},
    {"times out, and does it", {{SANITIZE, TRUE}, {UNIT, FAILED_AT_IT}}, .lie = MODEL_ATA_TIMES_OUT},
    {"times out, and does not", {{ALL, FAILED_AT_IT}}, .lie = MODEL_ATA_TIMES_OUT, .value = 1},
    {"aborts", {{ALL, FAILED}}, .lie = MODEL_ATA_ABORTS},
    {"aborts with another error", {{ALL, FAILED}}, .lie = MODEL_ATA_ABORTS, .value = 0x5110},
    {"device fault", {{ALL, FAILED}}, .lie = MODEL_ATA_ABORTS, .value = 0x7104},
    {"accepts, and does nothing", {{SANITIZE, FAILED_AT_IT}, {UNIT, FAILED}}, .lie = MODEL_ATA_ACCEPTS},
    {"accepts and does nothing, sanitized before",
     {{SANITIZE, FAILED}, {UNIT, FAILED}},
     .lie = MODEL_ATA_ACCEPTS,
     .former = true},
    {"resets itself", {{UNIT, FAILED}}, .lie = MODEL_ATA_RESETS},
    {"resets itself, and calls it success", {{UNIT, FAILED}}, .lie = MODEL_ATA_RESETS, .value = 1},

    {"prepare refused", {{UNIT, FAILED}}, .lie = MODEL_ATA_ABORTS, .at = MODEL_ATA_PREPARE},
    {"prepare accepted only", .lie = MODEL_ATA_ACCEPTS, .at = MODEL_ATA_PREPARE},
    {"prepare hangs", {{UNIT, STALLED}}, .lie = MODEL_ATA_HANGS, .at = MODEL_ATA_PREPARE},
    {"password refused", {{UNIT, FAILED}}, .lie = MODEL_ATA_ABORTS, .at = MODEL_ATA_SET_PASSWORD},
    {"password accepted only", {{UNIT, FAILED}}, .lie = MODEL_ATA_ACCEPTS, .at = MODEL_ATA_SET_PASSWORD},
    {"password hangs", {{UNIT, STALLED}}, .lie = MODEL_ATA_HANGS, .at = MODEL_ATA_SET_PASSWORD},
    {"password times out", {{UNIT, TRUE}}, .lie = MODEL_ATA_TIMES_OUT, .at = MODEL_ATA_SET_PASSWORD},
    {"disable refused, not needed", .lie = MODEL_ATA_ABORTS, .at = MODEL_ATA_DISABLE},
    {"unlock refused, not needed", .lie = MODEL_ATA_ABORTS, .at = MODEL_ATA_UNLOCK},
    {"locks refused", .lie = MODEL_ATA_ABORTS, .at = MODEL_ATA_LOCKS},
    {"logs refused", .lie = MODEL_ATA_ABORTS, .at = MODEL_ATA_LOGS},
    {"hidden areas refused", .lie = MODEL_ATA_ABORTS, .at = MODEL_ATA_HIDDEN},
    {"identify refused", {{ALL, TOO_LOW}}, .lie = MODEL_ATA_ABORTS, .at = MODEL_ATA_IDENTIFY},
    {"identify hangs", {{ALL, TOO_LOW}}, .lie = MODEL_ATA_HANGS, .at = MODEL_ATA_IDENTIFY},
    {"nop hangs", {{ALL, TOO_LOW}}, .lie = MODEL_ATA_HANGS, .at = MODEL_ATA_NOP},

    {"hangs at the rescan", {{ALL, STALLED}}, .lie = MODEL_ATA_HANGS, .at = MODEL_ATA_RESCAN},
    {"rescan refused", {{ALL, UNSEEN}}, .lie = MODEL_ATA_ABORTS, .at = MODEL_ATA_RESCAN},

    {"another serial", {{ALL, FAILED}}, .lie = MODEL_ATA_OTHER_SERIAL, .at = ANYTHING},
    {"another serial behind the host's",
     {{ALL, FAILED}},
     .lie = MODEL_ATA_OTHER_SERIAL,
     .value = 1,
     .at = ANYTHING},
    {"another wwn", {{ALL, FAILED}}, .lie = MODEL_ATA_OTHER_WWN, .at = ANYTHING},
    {"another wwn behind the host's",
     {{ALL, FAILED}},
     .lie = MODEL_ATA_OTHER_WWN,
     .value = 1,
     .at = ANYTHING},
    {"another size", {{ALL, FAILED}}, .lie = MODEL_ATA_OTHER_SIZE, .at = ANYTHING},
    {"first sector unreadable", {{ALL, FAILED}}, .lie = MODEL_ATA_READ_ERRORS, .value = 0, .at = ANYTHING},
    {"a sector unreadable", {{ALL, FAILED}}, .lie = MODEL_ATA_READ_ERRORS, .value = 77, .at = ANYTHING},
    {"last sector unreadable", {{ALL, FAILED}}, .lie = MODEL_ATA_READ_ERRORS, .value = 511, .at = ANYTHING},
    {"nothing readable", {{ALL, FAILED}}, .lie = MODEL_ATA_READ_ERRORS, .value = MODEL_ALL, .at = ANYTHING},
};

enum {
    ERASES = sizeof erases / sizeof *erases,
    ROWS = sizeof rows / sizeof *rows,
    PAIRS = ERASES * ROWS,
    BYTES = 512 * 512,
    HIDDEN_SECTORS = 64
};

struct pair {
    const struct row *row;
    const struct erase *erase;
};

static bool is_disk(const struct pair *pair)
{
    return (pair->erase->kind & (ENHANCED | ENHANCED_NOISE)) != 0;
}

/* Per erase; 0: as the model has it. A success told too early is a lie while something is left to erase, also
 * for a host that takes its time to look. */
static uint32_t duration_of(const struct pair *pair)
{
    const uint32_t hour_ms = 3600 * 1000;
    if (pair->row->lie == MODEL_ATA_SUCCESS_AT_ONCE && (pair->erase->kind & SANITIZE) != 0)
        return hour_ms;
    return pair->row->at_once ? MODEL_ALL : 0;
}

static struct model_ata_config config_of(const struct pair *pair)
{
    const struct row *row = pair->row;
    uint32_t ms = duration_of(pair);
    unsigned on = row->at == ANYTHING ? 0 : row->at == 0 ? pair->erase->on : (unsigned)row->at;
    struct model_ata_config config = {
        .block.bytes = BYTES,
        .rotation = is_disk(pair) ? 7200 : 1,
        .sanitize = true,
        .crypto = true,
        .block_erase = true,
        .overwrite = true,
        .security = true,
        .enhanced = true,
        .enhanced_value = 0xe5,
        .erase_word = 10,
        .enhanced_word = 1,
        .unmaps = (pair->erase->kind & (BLOCK_UNMAPS | CRYPTO_UNMAPS)) != 0,
        .enhanced_noise = pair->erase->kind == ENHANCED_NOISE,
        .block_ms = ms,
        .crypto_ms = ms,
        .pass_ms = ms,
        .normal_ms = ms,
        .enhanced_ms = ms,
        .former.succeeded = row->former,
        .hpa = row->hidden,
        .hpa_sectors = row->hidden ? HIDDEN_SECTORS : 0,
        .lies = {{row->lie, on, row->times, row->value}, row->also},
    };
    if (row->hidden)
        config.block.bytes += HIDDEN_SECTORS * 512;
    return config;
}

static void expect(struct ata_row *device, const struct pair *pair)
{
    enum lie_outcome outcome = lie_outcome_of(pair->row->expect, pair->erase->kind);
    const struct lie_result result = lie_result_of(outcome);
    device->expect.verdict = result.verdict;
    device->expect.exit_code = result.exit_code;
    device->expect.exceptions = result.exceptions;
    device->expect.method = result.none ? NULL : pair->erase->id;
    device->expect.limitations = pair->erase->limitations;
    device->expect.sanitizes = device->expect.units = ATA_ROW_ANY;
    device->expect.why = lie_why(outcome, pair->row->why);
    device->expect.unseen = outcome == HIDDEN;
    if (outcome == HIDDEN && pair->row->lie != MODEL_ATA_ERASES_VISIBLE)
        device->expect.evidence = "mapping";
    if (result.claims)
        device->expect.level = pair->erase->level;
}

size_t ata_lies_count(void)
{
    return PAIRS;
}

bool ata_lies_row(size_t index, struct ata_lie_name *name, struct ata_row *device)
{
    const struct pair pair = {.row = &rows[index / ERASES], .erase = &erases[index % ERASES]};
    /* What a host can see of hidden areas is a matter of rows. */
    if (pair.row->hidden && (pair.erase->kind & SANITIZE) == 0)
        return false;
    snprintf(name->text, sizeof name->text, "%s: %s", pair.row->name, pair.erase->name);
    *device = (struct ata_row){.name = name->text, .config = config_of(&pair)};
    device->request.level = "clear";
    device->request.method = pair.erase->id;
    expect(device, &pair);
    return true;
}
