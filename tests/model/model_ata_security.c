/* SPDX-License-Identifier: Apache-2.0 */
/* The security feature set: ACS-4, 4.18 for the states SEC0 to SEC6, 7.x for F1h to F6h. SEC1 is neither
 * enabled nor frozen, SEC2 frozen, SEC4 enabled and locked, SEC5 enabled and unlocked, SEC6 that and frozen;
 * SEC0 and SEC3 are they without power. */
#include "model_ata_parts.h"

#include <string.h>

enum { SET_PASSWORD = 0xf1, UNLOCK, PREPARE, ERASE_UNIT, FREEZE, DISABLE };
enum { MASTER = 1U << 0, ENHANCED = 1U << 1, MAXIMUM = 1U << 8, PASSWORD_AT = 2, MASTER_ID_AT = 34 };

bool ata_has_security(const struct model_ata *ata)
{
    return ata->config.security && !ata->tcg.enabled;
}

void ata_security_lock(struct model_ata *ata)
{
    ata->locked = ata->enabled;
    ata->frozen = false;
    ata->tries = ATA_TRIES;
}

void ata_security_power_on(struct model_ata *ata)
{
    ata_security_lock(ata);
    /* A firmware that freezes has no use for it while the drive is locked: it would be refused. */
    ata->frozen = ata->config.freezes_security && ata->config.security && !ata->locked;
}

uint16_t ata_security_word(const struct model_ata *ata)
{
    if (!ata_has_security(ata))
        return 0;
    return (uint16_t)(1U | (unsigned)ata->enabled << 1 | (unsigned)ata->locked << 2 |
                      (unsigned)ata->frozen << 3 | (unsigned)(ata->tries == 0) << 4 |
                      (unsigned)ata->config.enhanced << 5 | (unsigned)ata->maximum << 8);
}

static unsigned word_of(const struct ata_task *task)
{
    return task->data[0] | (unsigned)task->data[1] << 8;
}

static bool is_password(const struct model_ata *ata, const struct ata_task *task)
{
    const uint8_t *stored = (word_of(task) & MASTER) != 0 ? ata->master : ata->user;
    return memcmp(task->data + PASSWORD_AT, stored, MODEL_ATA_PASSWORD) == 0;
}

static void set_password(struct model_ata *ata, struct ata_task *task)
{
    unsigned word = word_of(task),
             id = task->data[MASTER_ID_AT] | (unsigned)task->data[MASTER_ID_AT + 1] << 8;
    if (ata->frozen || ata->locked) {
        ata_abort(task);
        return;
    }
    memcpy((word & MASTER) != 0 ? ata->master : ata->user, task->data + PASSWORD_AT, MODEL_ATA_PASSWORD);
    if ((word & MASTER) != 0) {
        ata->master_id = id != 0 && id != 0xffff ? (uint16_t)id : ata->master_id;
        return;
    }
    ata->enabled = true;
    ata->maximum = (word & MAXIMUM) != 0;
}

/* With the level maximum the master password opens nothing; it may still erase. */
static bool opens(const struct model_ata *ata, const struct ata_task *task)
{
    return !((word_of(task) & MASTER) != 0 && ata->maximum) && is_password(ata, task);
}

static void unlock(struct model_ata *ata, struct ata_task *task)
{
    bool right = opens(ata, task);
    if (ata->frozen || !ata->enabled || ata->tries == 0 || !right)
        ata_abort(task);
    if (ata->frozen || !ata->locked || ata->tries == 0)
        return;
    if (right)
        ata->locked = false;
    else
        ata->tries--;
}

static void disable(struct model_ata *ata, struct ata_task *task)
{
    if (ata->frozen || ata->locked || !ata->enabled || !opens(ata, task)) {
        ata_abort(task);
        return;
    }
    ata->enabled = ata->maximum = false;
    memset(ata->user, 0, sizeof ata->user);
}

static void erase_unit(struct model_ata *ata, struct ata_task *task)
{
    bool enhanced = (word_of(task) & ENHANCED) != 0, right = is_password(ata, task);
    if (ata->frozen || ata->last_command != PREPARE || !ata->enabled || ata->tries == 0 || !right ||
        (enhanced && !ata->config.enhanced)) {
        if (!right && ata->locked && ata->tries > 0 && ata->config.counts_erase_tries)
            ata->tries--;
        ata_abort(task);
        return;
    }
    struct model_ata_erase *unit = &ata->unit;
    ata_erase_begin(ata, unit, enhanced ? MODEL_ATA_ENHANCED : MODEL_ATA_NORMAL, 1, 0);
    task->took_ms = ata_erase_left_ms(unit);
    task->reset = unit->lies[MODEL_ATA_RESETS] != NULL;
    if (unit->lies[MODEL_ATA_FAILS] != NULL || unit->lies[MODEL_ATA_FAILS_AFTER_ERASING] != NULL)
        ata_abort(task);
}

void ata_security(struct model_ata *ata, struct ata_task *task)
{
    bool data = task->command != PREPARE && task->command != FREEZE;
    if (!ata_has_security(ata)) {
        ata_abort(task);
        return;
    }
    if (data && (task->protocol != ATA_PIO_OUT || task->bytes != MODEL_ATA_PAGE)) {
        ata_complain(ata, "a password of another length than a block");
        ata_abort(task);
        return;
    }
    if (data && ata->config.sat.usb && (task->command == SET_PASSWORD || task->command == ERASE_UNIT))
        ata_complain(ata, "a password or an erase unit through a USB bridge");
    switch (task->command) {
    case SET_PASSWORD:
        set_password(ata, task);
        return;
    case UNLOCK:
        unlock(ata, task);
        return;
    case ERASE_UNIT:
        erase_unit(ata, task);
        return;
    case DISABLE:
        disable(ata, task);
        return;
    case FREEZE:
        if (ata->locked)
            ata_abort(task);
        ata->frozen |= !ata->locked;
        return;
    default: /* PREPARE has no effect but to come before ERASE UNIT */
        if (ata->frozen)
            ata_abort(task);
    }
}
