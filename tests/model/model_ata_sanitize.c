/* SPDX-License-Identifier: Apache-2.0 */
/* The sanitize device feature set: ACS-4, 4.16 for the states SD0 to SD4, 7.x for B4h. */
#include "model_ata_parts.h"

enum { STATUS = 0x00, CRYPTO = 0x11, BLOCK = 0x12, OVERWRITE = 0x14, FREEZE = 0x20, ANTIFREEZE = 0x40 };
enum { NOT_TOLD = 0, UNSUCCESSFUL, UNSUPPORTED, IS_FROZEN, HAS_ANTIFREEZE }; /* reasons of an abort */
enum { CLEAR_FAILED = 1U << 0, FAILURE_MODE = 1U << 4 };
enum { SUCCEEDED = 1U << 15, RUNNING = 1U << 14, FROZEN = 1U << 13, ANTIFROZEN = 1U << 12 };
enum { PROGRESS_OF = 65536, UNKNOWN = 0x0fff };

bool ata_is_sanitizing(const struct model_ata *ata)
{
    return ata->sanitize.running && ata->sanitize.lies[MODEL_ATA_SUCCESS_AT_ONCE] == NULL;
}

void ata_sanitize_power_on(struct model_ata *ata)
{
    ata->antifreeze = false;
    if (ata->state == MODEL_ATA_SD1 || ata->state == MODEL_ATA_SD4)
        ata->state = MODEL_ATA_SD0;
    if (ata->config.freezes_sanitize && ata->config.sanitize && ata->state == MODEL_ATA_SD0)
        ata->state = MODEL_ATA_SD1;
}

void ata_sanitize_end(struct model_ata *ata, bool failed)
{
    failed |= ata->sanitize.lies[MODEL_ATA_FAILS_AFTER_ERASING] != NULL;
    ata->state = failed ? MODEL_ATA_SD3 : MODEL_ATA_SD4;
    ata->succeeded = !failed;
}

uint16_t ata_sanitize_progress(const struct model_ata *ata)
{
    const struct model_ata_erase *erase = &ata->sanitize;
    if (!ata_is_sanitizing(ata) || erase->duration_ms == 0)
        return ATA_AT_REST;
    uint64_t progress = PROGRESS_OF * erase->elapsed_ms / erase->duration_ms;
    if (erase->lies[MODEL_ATA_RUNS_BACKWARDS] != NULL)
        progress = PROGRESS_OF - 1 - progress;
    if (erase->lies[MODEL_ATA_PROGRESS_FFFF] != NULL && progress >= PROGRESS_OF / 2)
        progress = ATA_AT_REST;
    return (uint16_t)progress;
}

static uint16_t count_of(const struct model_ata *ata)
{
    bool running = ata_is_sanitizing(ata), hurried = ata->sanitize.running && !running;
    return (uint16_t)((ata->succeeded || hurried ? SUCCEEDED : 0) | (running ? RUNNING : 0) |
                      (ata->state == MODEL_ATA_SD1 ? FROZEN : 0) | (ata->antifreeze ? ANTIFROZEN : 0));
}

void ata_sanitize_remember(struct model_ata *ata)
{
    ata->old_count = count_of(ata);
    ata->old_progress = ata_sanitize_progress(ata);
    ata->old_failed = ata->state == MODEL_ATA_SD3;
}

/* What the standard has all functions answer with. */
static void tell(const struct model_ata *ata, struct ata_task *task)
{
    task->count_out = count_of(ata);
    task->lba_out = ata_sanitize_progress(ata);
}

static void refuse(struct ata_task *task, unsigned reason)
{
    ata_abort(task);
    task->count_out = 0;
    task->lba_out = reason;
}

/* One of those about the status that is in force. */
static const struct model_ata_lie *status_lie(struct model_ata *ata, enum model_ata_lie_kind kind)
{
    const struct model_ata_lie *begun = ata->sanitize.lies[kind];
    return begun != NULL ? begun : ata_lie(ata, kind, MODEL_ATA_STATUS);
}

static void lie_about(struct model_ata *ata, struct ata_task *task)
{
    const struct model_ata_lie *unknown = status_lie(ata, MODEL_ATA_UNKNOWN_BITS);
    if (unknown != NULL && !ata->sanitize.running)
        task->count_out = unknown->value != 0 ? (uint16_t)unknown->value : UNKNOWN;
    if (status_lie(ata, MODEL_ATA_STATUS_ZERO) != NULL)
        task->count_out = 0, task->lba_out = 0;
}

static void status(struct model_ata *ata, struct ata_task *task)
{
    bool stale = status_lie(ata, MODEL_ATA_STALE_STATUS) != NULL;
    if (ata->state == MODEL_ATA_SD3 && (task->count & CLEAR_FAILED) != 0 && ata->failure_mode)
        ata->state = MODEL_ATA_SD0;
    if (stale ? ata->old_failed : ata->state == MODEL_ATA_SD3) {
        refuse(task, UNSUCCESSFUL);
        return;
    }
    tell(ata, task);
    if (stale)
        task->count_out = ata->old_count, task->lba_out = ata->old_progress;
    lie_about(ata, task);
}

/* 0 and the bit of the operation, or why it cannot begin. */
static unsigned refusal(const struct model_ata *ata, const struct ata_task *task, unsigned *on)
{
    static const struct {
        unsigned function, on;
        uint64_t signature, mask;
    } rows[] = {{CRYPTO, MODEL_ATA_CRYPTO, 0x43727970, 0xffffffffffff},
                {BLOCK, MODEL_ATA_BLOCK, 0x426b4572, 0xffffffffffff},
                {OVERWRITE, MODEL_ATA_OVERWRITE, 0x4f5700000000, 0xffff00000000}};
    const struct model_ata_config *config = &ata->config;
    bool restricted = config->restricted_overrides && (task->count & FAILURE_MODE) == 0;
    size_t row = task->features == CRYPTO ? 0 : task->features == BLOCK ? 1 : 2;
    *on = 0;
    if (ata->state == MODEL_ATA_SD1)
        return IS_FROZEN;
    if (!(row == 0 ? config->crypto : row == 1 ? config->block_erase : config->overwrite))
        return UNSUPPORTED;
    if ((task->lba & rows[row].mask) != rows[row].signature || ata->sanitize.running ||
        (ata->locked && !restricted) || (ata->tcg.enabled && ata->tcg.locked) ||
        (ata->state == MODEL_ATA_SD3 && !ata->failure_mode && (task->count & FAILURE_MODE) != 0))
        return NOT_TOLD;
    *on = rows[row].on;
    return 0;
}

static void begin(struct model_ata *ata, struct ata_task *task)
{
    unsigned on, reason = refusal(ata, task, &on);
    if (on == 0) {
        refuse(task, reason);
        return;
    }
    struct model_ata_lie *never = ata_lie(ata, MODEL_ATA_NEVER_STARTS, on);
    if (never != NULL) {
        ata_lie_spend(never);
        tell(ata, task);
        return;
    }
    if (status_lie(ata, MODEL_ATA_STALE_STATUS) == NULL)
        ata_sanitize_remember(ata);
    ata->state = MODEL_ATA_SD2;
    ata->succeeded = false;
    ata->failure_mode = (task->count & FAILURE_MODE) != 0;
    ata_erase_begin(ata, &ata->sanitize, on, task->count, (uint32_t)task->lba);
    tell(ata, task);
}

static bool is_busy(const struct model_ata *ata)
{
    return ata->sanitize.running || ata->state == MODEL_ATA_SD3;
}

static void freeze(struct model_ata *ata, struct ata_task *task)
{
    if (task->lba != 0x46724c6b || is_busy(ata) || ata->antifreeze) {
        refuse(task, ata->antifreeze ? HAS_ANTIFREEZE : NOT_TOLD);
        return;
    }
    ata->state = MODEL_ATA_SD1;
    tell(ata, task);
}

static void antifreeze(struct model_ata *ata, struct ata_task *task)
{
    if (!ata->config.antifreeze || task->lba != 0x416e7469 || is_busy(ata) || ata->state == MODEL_ATA_SD1) {
        refuse(task, ata->state == MODEL_ATA_SD1 ? IS_FROZEN
                     : !ata->config.antifreeze   ? UNSUPPORTED
                                                 : NOT_TOLD);
        return;
    }
    ata->antifreeze = true;
    tell(ata, task);
}

void ata_sanitize(struct model_ata *ata, struct ata_task *task)
{
    if (!ata->config.sanitize || !task->extended || task->protocol != ATA_NON_DATA) {
        if (ata->config.sanitize)
            ata_complain(ata, "a sanitize function that is no 48-bit command without data");
        ata_abort(task);
        return;
    }
    switch (task->features) {
    case STATUS:
        status(ata, task);
        return;
    case CRYPTO:
    case BLOCK:
    case OVERWRITE:
        begin(ata, task);
        return;
    case FREEZE:
        freeze(ata, task);
        return;
    case ANTIFREEZE:
        antifreeze(ata, task);
        return;
    default:
        refuse(task, UNSUPPORTED);
    }
}
