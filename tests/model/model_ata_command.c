/* SPDX-License-Identifier: Apache-2.0 */
/* What the drive takes in which state, and what it answers. ACS-4, section 7; READ NATIVE MAX (7.31, 7.32),
 * SET MAX (7.49, 7.50) and DEVICE CONFIGURATION (7.10) from ATA8-ACS. */
#include "model_ata_parts.h"

#include <string.h>

enum { NO_ANSWER_MS = INT32_MAX };

enum {
    NOP = 0x00,
    REQUEST_SENSE = 0x0b,
    READ_LOG = 0x2f,
    SET_MAX_EXT = 0x37,
    ACCESSIBLE_MAX = 0x78,
    SMART = 0xb0,
    DCO = 0xb1,
    SANITIZE = 0xb4,
    STANDBY = 0xe0,
    CHECK_POWER = 0xe5,
    FLUSH = 0xe7,
    FLUSH_EXT = 0xea,
    IDENTIFY = 0xec,
    SET_FEATURES = 0xef,
    SET_MAX = 0xf9,
    SET_PASSWORD = 0xf1,
    FREEZE_LOCK = 0xf5,
    DISABLE_PASSWORD = 0xf6
};

void ata_abort(struct ata_task *task)
{
    task->status = ATA_FAILED;
    task->error = ATA_ABRT;
}

static unsigned on_sanitize(const struct ata_task *task)
{
    static const struct {
        uint16_t function;
        unsigned on;
    } rows[] = {{0x00, MODEL_ATA_STATUS},    {0x11, MODEL_ATA_CRYPTO}, {0x12, MODEL_ATA_BLOCK},
                {0x14, MODEL_ATA_OVERWRITE}, {0x20, MODEL_ATA_LOCKS},  {0x40, MODEL_ATA_LOCKS}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].function == task->features)
            return rows[i].on;
    return MODEL_ATA_OTHER;
}

unsigned ata_on(const struct ata_task *task)
{
    static const struct {
        uint8_t command;
        unsigned on;
    } rows[] = {{NOP, MODEL_ATA_NOP},
                {IDENTIFY, MODEL_ATA_IDENTIFY},
                {READ_LOG, MODEL_ATA_LOGS},
                {ATA_NATIVE_EXT, MODEL_ATA_HIDDEN},
                {ATA_NATIVE, MODEL_ATA_HIDDEN},
                {SET_MAX_EXT, MODEL_ATA_HIDDEN | MODEL_ATA_OPENING},
                {SET_MAX, MODEL_ATA_HIDDEN | MODEL_ATA_OPENING},
                {ACCESSIBLE_MAX, MODEL_ATA_HIDDEN},
                {DCO, MODEL_ATA_HIDDEN},
                {SET_PASSWORD, MODEL_ATA_SET_PASSWORD},
                {0xf2, MODEL_ATA_UNLOCK},
                {ATA_PREPARE, MODEL_ATA_PREPARE},
                {DISABLE_PASSWORD, MODEL_ATA_DISABLE}};
    if (task->command == SANITIZE)
        return on_sanitize(task);
    if ((task->command == ACCESSIBLE_MAX && task->features == 1) ||
        (task->command == DCO && (task->features & 0xff) == 0xc0))
        return MODEL_ATA_HIDDEN | MODEL_ATA_OPENING;
    if (task->command == 0xf4)
        return task->bytes > 0 && (task->data[0] & 2) != 0 ? MODEL_ATA_ENHANCED : MODEL_ATA_NORMAL;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].command == task->command)
            return rows[i].on;
    return MODEL_ATA_OTHER;
}

/* --- Areas beyond what can be addressed --- */

enum { LESS = 8 };

/* What a drive falls short of that opens less than it says. */
static uint64_t missing(struct model_ata *ata)
{
    struct model_ata_lie *less = ata_lie(ata, MODEL_ATA_OPENS_LESS, MODEL_ATA_HIDDEN);
    return less == NULL ? 0 : less->value != 0 ? less->value : LESS;
}

static void set_max(struct model_ata *ata, struct ata_task *task, uint64_t last, bool keep)
{
    if (last >= ata->native || (keep && ata->set_max_done)) {
        task->status = ATA_FAILED;
        task->error = ATA_IDNF;
        return;
    }
    ata->visible = last + 1 - missing(ata);
    if (keep)
        ata->kept = ata->visible;
    ata->set_max_done |= keep;
}

static void host_protected(struct model_ata *ata, struct ata_task *task)
{
    bool set = task->command == SET_MAX_EXT;
    if (!ata->config.hpa || !task->extended ||
        (set &&
         (ata->last_command != ATA_NATIVE_EXT || ata->config.hpa_password || ata->config.hpa_of_28_bit)))
        ata_abort(task);
    else if (set)
        set_max(ata, task, task->lba, (task->count & 1) != 0);
    else
        task->lba_out = ata->native - 1;
}

/* The 28-bit forms: LBA 27:24 stand in DEVICE 3:0. A drive that has more says the most that there is. */
static void host_protected_28(struct model_ata *ata, struct ata_task *task)
{
    const uint64_t most = 0x0fffffff;
    bool set = task->command == SET_MAX;
    uint64_t last = ata->native - 1 < most ? ata->native - 1 : most;
    if (!ata->config.hpa || task->extended ||
        (set && (ata->last_command != ATA_NATIVE || ata->config.hpa_password))) {
        ata_abort(task);
    } else if (set) {
        set_max(ata, task, task->lba | (uint64_t)(task->device & 0xf) << 24, (task->count & 1) != 0);
    } else {
        task->lba_out = last & 0xffffff;
        task->device = (uint8_t)((task->device & 0xf0) | last >> 24);
    }
}

static void accessible_max(struct model_ata *ata, struct ata_task *task)
{
    if (!ata->config.amax || !task->extended || task->features > 2 ||
        (task->features != 0 && (ata->amax_frozen || ata->locked)) ||
        (task->features == 1 && ata->amax_done && !ata->config.amax_again)) {
        ata_abort(task);
        return;
    }
    if (task->features == 0)
        task->lba_out = ata->native - 1;
    if (task->features == 2)
        ata->amax_frozen = true;
    if (task->features == 1) {
        set_max(ata, task, task->lba, true);
        ata->amax_done = task->error == 0;
        ata->set_max_done = false; /* that one is HPA's */
    }
}

static void configuration(struct model_ata *ata, struct ata_task *task)
{
    unsigned function = task->features & 0xff;
    if (!ata->config.dco || ata->dco_frozen || (function == 0xc0 && ata->visible < ata->native)) {
        ata_abort(task);
        return;
    }
    switch (function) {
    case 0xc0:
        ata->native = ata->visible = ata->kept = ata->block->blocks - missing(ata);
        return;
    case 0xc1:
        ata->dco_frozen = true;
        return;
    case 0xc2:
        if (task->protocol == ATA_PIO_IN && task->bytes == MODEL_ATA_PAGE)
            ata_page_dco(ata, task->data);
        else
            ata_abort(task);
        return;
    default:
        ata_complain(ata, "DEVICE CONFIGURATION SET");
        ata_abort(task);
    }
}

/* --- Data --- */

static void identify(struct model_ata *ata, struct ata_task *task)
{
    if (task->protocol != ATA_PIO_IN || task->bytes != MODEL_ATA_PAGE)
        ata_abort(task);
    else
        ata_page_identify(ata, task->data);
}

static void read_log(struct model_ata *ata, struct ata_task *task)
{
    unsigned page = (unsigned)((task->lba >> 8 & 0xff) | (task->lba >> 32 & 0xff) << 8);
    if (ata->config.no_log || !task->extended || task->protocol != ATA_PIO_IN) {
        ata_abort(task);
        return;
    }
    memset(task->data, 0, task->bytes);
    for (uint32_t i = 0; i < task->bytes / MODEL_ATA_PAGE; i++)
        if (!ata_page_log(ata, (uint8_t)task->lba, page + i, task->data + i * MODEL_ATA_PAGE))
            ata_abort(task);
}

/* Aborts by design. */
static void nop(const struct model_ata *ata, struct ata_task *task)
{
    ata_abort(task);
    if (ata->config.short_nop)
        task->count_out &= 0xff, task->lba_out &= 0xffffff;
}

/* --- States --- */

/* ACS-4, 4.18: what a locked drive goes on to take. Of B4h and 78h the functions decide. */
static bool is_taken_locked(const struct ata_task *task)
{
    static const uint8_t commands[] = {
        NOP,         REQUEST_SENSE, ATA_NATIVE_EXT,   READ_LOG,       SMART,        SANITIZE, STANDBY,
        CHECK_POWER, IDENTIFY,      SET_FEATURES,     ACCESSIBLE_MAX, SET_PASSWORD, 0xf2,     ATA_PREPARE,
        0xf4,        FREEZE_LOCK,   DISABLE_PASSWORD, ATA_NATIVE};
    if (task->command == DCO)
        return (task->features & 0xff) == 0xc1 || (task->features & 0xff) == 0xc2;
    return memchr(commands, task->command, sizeof commands) != NULL;
}

/* 4.16: what one that sanitizes itself does, or that failed to. */
static bool is_taken_sanitizing(const struct ata_task *task)
{
    uint8_t log = (uint8_t)task->lba;
    if (task->command == READ_LOG)
        return log == 0x00 || log == 0x10 || log == 0x11 || log == 0x30;
    return task->command == IDENTIFY || task->command == SANITIZE || task->command == REQUEST_SENSE ||
           task->command == SMART || task->command == CHECK_POWER;
}

/* SET FEATURES for write cache or read look-ahead, on or off: libata reads IDENTIFY anew behind it. */
static bool is_of_cache(const struct ata_task *task)
{
    static const uint8_t functions[] = {0x02, 0x82, 0xaa, 0x55};
    return memchr(functions, task->features, sizeof functions) != NULL;
}

static void carry_out(struct model_ata *ata, struct ata_task *task)
{
    bool sanitizing = ata_is_sanitizing(ata) || ata->state == MODEL_ATA_SD3;
    if ((sanitizing && !is_taken_sanitizing(task)) || (ata->locked && !is_taken_locked(task)) ||
        (task->extended && ata->config.no_48_bit)) {
        ata_abort(task);
        return;
    }
    switch (task->command) {
    case NOP:
        nop(ata, task);
        return;
    case ATA_NATIVE_EXT:
    case SET_MAX_EXT:
        host_protected(ata, task);
        return;
    case ATA_NATIVE:
    case SET_MAX:
        host_protected_28(ata, task);
        return;
    case ACCESSIBLE_MAX:
        accessible_max(ata, task);
        return;
    case DCO:
        configuration(ata, task);
        return;
    case SANITIZE:
        ata_sanitize(ata, task);
        return;
    case IDENTIFY:
        identify(ata, task);
        return;
    case READ_LOG:
        read_log(ata, task);
        return;
    case FLUSH:
    case FLUSH_EXT:
        if (model_block_flush(ata->block) != 0)
            ata_abort(task);
        return;
    case CHECK_POWER:
        task->count_out = 0xff;
        return;
    case REQUEST_SENSE:
        task->lba_out = 0;
        return;
    case SET_FEATURES:
        ata->layer_looks |= is_of_cache(task);
        return;
    case SMART:
        ata_smart(ata, task);
        return;
    case STANDBY:
        return;
    default:
        if (task->command >= SET_PASSWORD && task->command <= DISABLE_PASSWORD)
            ata_security(ata, task);
        else
            ata_abort(task);
    }
}

static bool is_told_otherwise(struct model_ata *ata, struct ata_task *task, unsigned on)
{
    struct model_ata_lie *hangs = ata_lie(ata, MODEL_ATA_HANGS, on);
    struct model_ata_lie *aborts = ata_lie(ata, MODEL_ATA_ABORTS, on);
    struct model_ata_lie *accepts = ata_lie(ata, MODEL_ATA_ACCEPTS, on);
    struct model_ata_lie *lie = hangs != NULL ? hangs : aborts != NULL ? aborts : accepts;
    if (lie == NULL)
        return false;
    ata_lie_spend(lie);
    if (hangs != NULL) {
        ata->deaf = true;
    } else if (aborts != NULL) {
        task->status = aborts->value != 0 ? (uint8_t)(aborts->value >> 8) : ATA_FAILED;
        task->error = aborts->value != 0 ? (uint8_t)aborts->value : ATA_ABRT;
    } else if (task->protocol == ATA_PIO_IN) {
        memset(task->data, 0, task->bytes);
    }
    return true;
}

void ata_answer(struct model_ata *ata, struct ata_task *task)
{
    unsigned on = ata_on(task);
    struct model_ata_lie *silent = ata_lie(ata, MODEL_ATA_TIMES_OUT, on);
    struct model_ata_lie *resets = ata_lie(ata, MODEL_ATA_RESETS, on);
    task->status = ATA_GOOD;
    task->error = 0;
    task->count_out = task->count;
    task->lba_out = task->lba;
    task->took_ms = ata->config.command_ms;
    if (!is_told_otherwise(ata, task, on) && (silent == NULL || silent->value == 0))
        carry_out(ata, task);
    ata->last_command = (task->status & 1) == 0 ? task->command : NOP;
    if (silent != NULL) {
        ata_lie_spend(silent);
        task->took_ms = NO_ANSWER_MS;
    }
    /* What does not even begin is not reset in its middle. */
    if (resets == NULL || (task->status & 1) != 0)
        return;
    task->reset = resets->value == 0;
    ata->last_command = NOP;
    if (resets->value != 0)
        task->status = ATA_GOOD, task->error = 1;
    ata_lie_spend(resets);
}
