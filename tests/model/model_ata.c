/* SPDX-License-Identifier: Apache-2.0 */
/* The drive as a whole: its making, time, power, the way of a command through a kernel, sectors. */
#include "model_ata.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model_ata_parts.h"

enum { LEAST_KERNEL_MS = 7000, USUAL_KERNEL_MS = 60000, NO_ANSWER_MS = INT32_MAX, SPENT = INT32_MAX };

struct model_ata_lie *ata_lie(struct model_ata *ata, enum model_ata_lie_kind kind, unsigned on)
{
    for (size_t i = 0; i < MODEL_ATA_LIES; i++) {
        struct model_ata_lie *lie = &ata->config.lies[i];
        if (lie->kind == kind && (lie->on == 0 || (lie->on & on) != 0) && lie->times != SPENT)
            return lie;
    }
    return NULL;
}

void ata_lie_spend(struct model_ata_lie *lie)
{
    if (lie->times > 0 && --lie->times == 0)
        lie->times = SPENT;
}

const struct model_ata_lie *ata_later_lie(struct model_ata *ata, enum model_ata_lie_kind kind)
{
    return ata->erases > 0 ? ata_lie(ata, kind, UINT32_MAX) : NULL;
}

void ata_complain(struct model_ata *ata, const char *what)
{
    if (ata->complaint[0] == '\0')
        snprintf(ata->complaint, sizeof ata->complaint, "ATA: %s", what);
}

bool ata_is_renamed(struct model_ata *ata, enum model_ata_lie_kind kind, bool host)
{
    const struct model_ata_lie *lie = ata_later_lie(ata, kind);
    return lie != NULL && (!host || lie->value == 0);
}

static void fill_in(struct model_ata *ata)
{
    static atomic_uint number;
    const struct model_ata_config *config = &ata->config;
    unsigned mine = atomic_fetch_add(&number, 1) + 1;
    if (config->serial != NULL)
        snprintf(ata->serial, sizeof ata->serial, "%s", config->serial);
    else
        snprintf(ata->serial, sizeof ata->serial, "ATAMODEL%06u", mine);
    ata->wwn = config->no_wwn ? 0 : config->wwn != 0 ? config->wwn : 0x5000c50000000000ULL + mine;
    ata->native = ata->block->blocks - config->dco_sectors;
    ata->visible = ata->kept = ata->native - config->hpa_sectors - config->amax_sectors;
}

/* Which the firmware of the host does, every time. */
static void start(struct model_ata *ata)
{
    ata->deaf = false;
    ata->last_command = 0;
    ata->visible = ata->kept;
    ata->set_max_done = ata->amax_done = false;
    ata->amax_frozen = ata->config.freezes_amax;
    ata->dco_frozen = ata->config.freezes_dco;
    ata->d_sense = ata->config.sat.d_sense;
    ata_security_power_on(ata);
    model_tcg_power_on(&ata->tcg);
    ata_sanitize_power_on(ata);
    ata->host_sectors = ata->layer_sectors = ata_sectors(ata);
    ata->layer_looks = ata->gone = false;
}

static void remember_the_past(struct model_ata *ata)
{
    const struct model_ata_config *config = &ata->config;
    const char *master = config->master_password, *user = config->user_password;
    ata->master_id = config->master_id != 0 ? config->master_id : 0xfffe;
    if (master != NULL)
        memcpy(ata->master, master, strnlen(master, sizeof ata->master));
    if (user != NULL)
        memcpy(ata->user, user, strnlen(user, sizeof ata->user));
    ata->enabled = user != NULL;
    ata->maximum = user != NULL && config->maximum;
    ata->succeeded = config->former.succeeded;
    ata->failure_mode = config->former.failure_mode;
    if (config->former.failed)
        ata->state = MODEL_ATA_SD3;
    if (config->former.running != 0) {
        ata->state = MODEL_ATA_SD2;
        ata->succeeded = false;
        ata_erase_begin(ata, &ata->sanitize, config->former.running, 1, 0);
        ata_erase_run(ata, &ata->sanitize, config->former.elapsed_ms);
    }
    start(ata);
    ata_sanitize_remember(ata);
    if (config->unlocked)
        ata->locked = false;
}

struct model_ata *model_ata_new(const struct model_ata_config *config)
{
    struct model_ata *ata = calloc(1, sizeof *ata);
    if (ata == NULL || pthread_mutex_init(&ata->lock, NULL) != 0) {
        free(ata);
        return NULL;
    }
    ata->config = *config;
    if (!ata_media_init(ata)) {
        model_ata_free(ata);
        return NULL;
    }
    fill_in(ata);
    model_tcg_init(&ata->tcg, &config->tcg, ata_new_key, ata);
    ata->powered = true;
    ata->power_cycles = 1;
    remember_the_past(ata);
    model_ata_set_cut(ata, config->cut);
    return ata;
}

void model_ata_free(struct model_ata *ata)
{
    if (ata == NULL)
        return;
    model_block_free(ata->block);
    free(ata->history);
    free(ata->unmapped);
    pthread_mutex_destroy(&ata->lock);
    free(ata);
}

static void cut_power(struct model_ata *ata)
{
    if (!ata->powered)
        return;
    model_block_cut_power(ata->block);
    ata->unit.running = false; /* only a sanitize goes on when the power comes back */
    model_tcg_reset(&ata->tcg);
    ata->powered = false;
}

/* libata, when it reads IDENTIFY anew (ata_dev_revalidate): a size that grew to the native one is believed,
 * where there is an HPA; of any other the drive is given up. */
static void layer_look(struct model_ata *ata)
{
    uint64_t sectors = ata_sectors(ata);
    ata->layer_looks = false;
    if (sectors == ata->layer_sectors)
        return;
    if (ata->config.hpa && sectors > ata->layer_sectors && sectors == ata->native)
        ata->layer_sectors = sectors;
    else
        ata->gone = true;
}

static void step_to(struct model_ata *ata, uint64_t now_ms)
{
    uint64_t ms = now_ms - ata->now_ms;
    ata->now_ms = now_ms;
    if (!ata->powered)
        return;
    ata_erase_run(ata, &ata->sanitize, ms);
    ata_erase_run(ata, &ata->unit, ms);
    model_tcg_advance(&ata->tcg, now_ms);
}

static void advance(struct model_ata *ata, uint64_t now_ms)
{
    uint64_t at_ms = ata->cut.at_ms;
    if (at_ms != 0 && at_ms <= (now_ms > ata->now_ms ? now_ms : ata->now_ms)) {
        ata->cut.at_ms = 0;
        if (at_ms > ata->now_ms)
            step_to(ata, at_ms);
        cut_power(ata);
    }
    if (now_ms > ata->now_ms)
        step_to(ata, now_ms);
}

/* Counts a command and says whether the power fails at it. */
static enum model_ata_cut_moment count_command(struct model_ata *ata)
{
    ata->commands++;
    if (!ata->powered || ata->cut.command == 0 || ata->commands - ata->cut_counted != ata->cut.command)
        return MODEL_ATA_NO_CUT;
    ata->cut.command = 0;
    return ata->cut.moment;
}

/* --- Commands --- */

static void reset(struct model_ata *ata)
{
    model_tcg_reset(&ata->tcg);
    ata->last_command = 0;
    if (!ata->config.unit_survives_reset)
        ata->unit.running = false;
    if (!ata->config.reset_is_hard)
        return;
    ata_security_lock(ata);
    ata->visible = ata->kept;
}

struct patience {
    uint64_t kernel_ms, host_ms;
    bool for_ever;
};

static struct patience patience_of(const struct uw_scsi_command *command, int timeout_ms)
{
    uint64_t kernel_ms = command->timeout_ms != 0 ? command->timeout_ms : USUAL_KERNEL_MS;
    return (struct patience){.kernel_ms = kernel_ms < LEAST_KERNEL_MS ? LEAST_KERNEL_MS : kernel_ms,
                             .host_ms = timeout_ms < 0 ? UINT64_MAX : (uint64_t)timeout_ms,
                             .for_ever = timeout_ms < 0};
}

/* Lets the time go by that the answer takes; false: nobody waits so long. */
static bool wait_for(struct model_ata *ata, uint64_t took_ms, struct uw_scsi_command *command,
                     struct patience patience)
{
    uint64_t until_ms = took_ms < patience.kernel_ms ? took_ms : patience.kernel_ms;
    /* Nobody waits for a drive without power. */
    if (ata->cut.at_ms != 0 && ata->cut.at_ms < ata->now_ms + until_ms)
        until_ms = ata->cut.at_ms > ata->now_ms ? ata->cut.at_ms - ata->now_ms : 0;
    if (ata->deaf && patience.for_ever)
        ata_complain(ata, "waited for without end while it hangs");
    if (ata->deaf || until_ms > patience.host_ms) {
        advance(ata, ata->now_ms + (patience.for_ever ? 0 : patience.host_ms));
        return false;
    }
    advance(ata, ata->now_ms + until_ms);
    if (took_ms > patience.kernel_ms && ata->powered) {
        command->host_errno = -ETIMEDOUT;
        reset(ata);
    }
    return true;
}

/* Of what has just begun, half. */
static uint64_t middle_ms(const struct model_ata *ata)
{
    uint64_t left_ms = ata_erase_left_ms(ata->unit.running ? &ata->unit : &ata->sanitize);
    return (left_ms != 0 ? left_ms : model_tcg_left_ms(&ata->tcg)) / 2;
}

static void cut_later(struct model_ata *ata, uint64_t ms)
{
    if (ms == 0)
        cut_power(ata);
    else
        ata->cut.at_ms = ata->now_ms + ms;
}

static void forget_answer(struct uw_scsi_command *command, int host_errno)
{
    command->host_errno = host_errno;
    command->status = 0;
    command->sense_bytes = 0;
    command->moved_bytes = 0;
    memset(command->sense, 0, sizeof command->sense);
}

/* A drive that somebody left alone with ERASE UNIT answers to nothing before its end. */
static bool wait_while_busy(struct model_ata *ata, struct uw_scsi_command *command, struct patience patience)
{
    uint64_t left_ms = ata_erase_left_ms(&ata->unit);
    return left_ms == 0 || wait_for(ata, left_ms, command, patience);
}

static bool ask(struct model_ata *ata, struct uw_scsi_command *command, struct patience patience)
{
    uint64_t took_ms = 0;
    enum model_ata_cut_moment moment = count_command(ata);
    if (command->timeout_ms == 0)
        ata_complain(ata, "a command without a time-out");
    forget_answer(command, 0);
    if (moment == MODEL_ATA_CUT_BEFORE)
        cut_power(ata);
    bool there = ata->powered && !ata->gone;
    if (there && !wait_while_busy(ata, command, patience))
        return false;
    if (!there || command->host_errno != 0) {
        forget_answer(command, there ? command->host_errno : -ENODEV);
        return true;
    }
    struct model_ata_seen seen = {.cdb0 = command->cdb[0], .ms = ata->now_ms};
    if (!ata->deaf)
        ata_sat(ata, command, &took_ms, &seen);
    if (ata->seen_count < MODEL_ATA_LOG)
        ata->seen[ata->seen_count++] = seen;
    if (moment == MODEL_ATA_CUT_AFTER)
        cut_power(ata);
    if (moment == MODEL_ATA_CUT_DURING)
        cut_later(ata, ata->cut.ms != 0 ? ata->cut.ms : middle_ms(ata));
    if (ata->powered && !wait_for(ata, took_ms, command, patience))
        return false;
    if (ata->layer_looks)
        layer_look(ata);
    if (!ata->powered)
        forget_answer(command, -ENODEV);
    else if (command->host_errno != 0)
        forget_answer(command, command->host_errno);
    return true;
}

/* Key and codes out of sense data of either format. */
static void note_answer(struct model_ata_seen *seen, const struct uw_scsi_command *command)
{
    bool descriptor = (command->sense[0] & 0x7f) >= 0x72;
    seen->host_errno = command->host_errno;
    seen->scsi_status = command->status;
    seen->key = command->sense[descriptor ? 1 : 2] & 0xf;
    seen->asc = command->sense[descriptor ? 2 : 12];
    seen->ascq = command->sense[descriptor ? 3 : 13];
}

bool model_ata_scsi(struct model_ata *ata, uint64_t *now_ms, struct uw_scsi_command *command, int timeout_ms,
                    bool *stalled)
{
    pthread_mutex_lock(&ata->lock);
    advance(ata, *now_ms);
    size_t seen = ata->seen_count;
    *stalled = !ask(ata, command, patience_of(command, timeout_ms));
    if (*stalled)
        forget_answer(command, -ETIMEDOUT);
    if (seen < ata->seen_count)
        note_answer(&ata->seen[seen], command);
    *now_ms = ata->now_ms > *now_ms ? ata->now_ms : *now_ms;
    pthread_mutex_unlock(&ata->lock);
    return !*stalled;
}

static enum model_ata_taken take(struct model_ata *ata, struct uw_scsi_command *command, uint64_t *after_ms)
{
    forget_answer(command, 0);
    if (!ata->powered || ata->deaf)
        return MODEL_ATA_SILENT;
    *after_ms = ata_erase_left_ms(&ata->unit);
    if (*after_ms > 0)
        return *after_ms < NO_ANSWER_MS ? MODEL_ATA_BUSY : MODEL_ATA_SILENT;
    struct model_ata_seen seen = {.cdb0 = command->cdb[0], .ms = ata->now_ms};
    ata->commands++;
    ata_sat(ata, command, after_ms, &seen);
    note_answer(&seen, command);
    if (ata->seen_count < MODEL_ATA_LOG)
        ata->seen[ata->seen_count++] = seen;
    return ata->deaf || *after_ms >= NO_ANSWER_MS ? MODEL_ATA_SILENT : MODEL_ATA_ANSWERED;
}

enum model_ata_taken model_ata_take(struct model_ata *ata, uint64_t now_ms, struct uw_scsi_command *command,
                                    uint64_t *after_ms)
{
    pthread_mutex_lock(&ata->lock);
    advance(ata, now_ms);
    *after_ms = 0;
    enum model_ata_taken taken = take(ata, command, after_ms);
    pthread_mutex_unlock(&ata->lock);
    return taken;
}

/* --- Sectors --- */

struct range {
    uint64_t first, count;
};

/* 0, or why the sectors cannot be had now. ACS-4, 4.18.4 and 4.16.4: user data are for nobody while the drive
 * is locked, sanitizes itself or failed to. */
static int refusal(struct model_ata *ata, bool write, struct range range)
{
    const struct model_ata_lie *bad = ata_later_lie(ata, MODEL_ATA_READ_ERRORS);
    bool shadow;
    if (!ata->powered || ata->gone)
        return ENODEV;
    if (ata->deaf || ata->locked || ata_is_sanitizing(ata) || ata->state == MODEL_ATA_SD3 ||
        ata->unit.running || !model_tcg_lets(&ata->tcg, write, &shadow) ||
        range.first + range.count > ata->visible)
        return EIO;
    if (!write && bad != NULL &&
        (bad->value == MODEL_ALL || (bad->value >= range.first && bad->value < range.first + range.count)))
        return EIO;
    return 0;
}

static void note_written(struct model_ata *ata, struct range range, bool whole)
{
    for (uint64_t lba = range.first; lba < range.first + range.count; lba++) {
        if (whole || ata->history[lba] == MODEL_ATA_ERASED)
            ata->history[lba] = MODEL_ATA_WRITTEN;
        ata->unmapped[lba] = false;
    }
}

static void read_unmapped(const struct model_ata *ata, struct range range, uint8_t *data)
{
    uint32_t sector = ata->block->config.block_bytes;
    for (uint64_t i = 0; i < range.count; i++)
        if (ata->unmapped[range.first + i])
            memset(data + i * sector, ata->unmapped_value, sector);
}

static int64_t move(struct model_ata *ata, bool write, uint64_t offset, uint32_t length, uint8_t *data)
{
    uint32_t sector = ata->block->config.block_bytes;
    struct range range = {offset / sector, (length + sector - 1) / sector};
    bool shadow;
    int error = refusal(ata, write, range);
    ata->last_command = 0;
    if (error != 0)
        return -error;
    int64_t moved = model_block_move(ata->block, write, offset, length, data);
    range.count = moved >= 0 ? (uint64_t)moved / sector : range.count;
    if (write && moved != 0)
        note_written(ata, range, moved > 0);
    else if (moved > 0)
        read_unmapped(ata, range, data);
    if (!write && moved > 0 && model_tcg_lets(&ata->tcg, false, &shadow) && shadow)
        memset(data, 0, (size_t)moved);
    return moved;
}

int64_t model_ata_move(struct model_ata *ata, uint64_t now_ms, bool write, uint64_t offset, uint32_t length,
                       uint8_t *data)
{
    pthread_mutex_lock(&ata->lock);
    advance(ata, now_ms);
    uint32_t sector = ata->block->config.block_bytes;
    enum model_ata_cut_moment moment = count_command(ata);
    if (moment == MODEL_ATA_CUT_BEFORE)
        cut_power(ata);
    if (moment == MODEL_ATA_CUT_DURING)
        length = length / sector / 2 * sector;
    int64_t moved = length == 0 ? 0 : move(ata, write, offset, length, data);
    if (moment == MODEL_ATA_CUT_AFTER || moment == MODEL_ATA_CUT_DURING)
        cut_power(ata);
    if (moment != MODEL_ATA_NO_CUT)
        moved = -ENODEV;
    pthread_mutex_unlock(&ata->lock);
    return moved;
}

int model_ata_flush(struct model_ata *ata, uint64_t now_ms)
{
    pthread_mutex_lock(&ata->lock);
    advance(ata, now_ms);
    enum model_ata_cut_moment moment = count_command(ata);
    if (moment == MODEL_ATA_CUT_BEFORE || moment == MODEL_ATA_CUT_DURING)
        cut_power(ata);
    int error = refusal(ata, true, (struct range){0});
    ata->last_command = 0;
    if (error == 0)
        error = model_block_flush(ata->block);
    if (moment == MODEL_ATA_CUT_AFTER) {
        cut_power(ata);
        error = ENODEV;
    }
    pthread_mutex_unlock(&ata->lock);
    return error;
}

/* The host answers this by itself, whatever the drive is at. */
int model_ata_look(struct model_ata *ata, uint64_t now_ms, uint64_t *bytes)
{
    pthread_mutex_lock(&ata->lock);
    advance(ata, now_ms);
    int error = !ata->powered || ata->gone ? ENODEV : model_block_look(ata->block, bytes);
    if (error == 0 && *bytes == ata->block->config.bytes)
        *bytes = ata->host_sectors * ata->block->config.block_bytes;
    pthread_mutex_unlock(&ata->lock);
    return error;
}

/* --- Time, power, truth --- */

uint64_t model_ata_now(struct model_ata *ata)
{
    pthread_mutex_lock(&ata->lock);
    uint64_t now_ms = ata->now_ms;
    pthread_mutex_unlock(&ata->lock);
    return now_ms;
}

void model_ata_advance(struct model_ata *ata, uint64_t now_ms)
{
    pthread_mutex_lock(&ata->lock);
    advance(ata, now_ms);
    pthread_mutex_unlock(&ata->lock);
}

void model_ata_cut_power(struct model_ata *ata)
{
    pthread_mutex_lock(&ata->lock);
    cut_power(ata);
    pthread_mutex_unlock(&ata->lock);
}

void model_ata_power_on(struct model_ata *ata)
{
    pthread_mutex_lock(&ata->lock);
    if (!ata->powered) {
        ata->power_cycles++;
        ata->powered = true;
        start(ata);
    }
    pthread_mutex_unlock(&ata->lock);
}

void model_ata_reset(struct model_ata *ata)
{
    pthread_mutex_lock(&ata->lock);
    reset(ata);
    pthread_mutex_unlock(&ata->lock);
}

void model_ata_rescan(struct model_ata *ata)
{
    pthread_mutex_lock(&ata->lock);
    ata->host_sectors = ata->layer_sectors = ata_sectors(ata);
    ata->gone = false;
    pthread_mutex_unlock(&ata->lock);
}

int model_ata_host_rescan(struct model_ata *ata, uint64_t now_ms)
{
    pthread_mutex_lock(&ata->lock);
    advance(ata, now_ms);
    int error = !ata->powered || ata->gone                                 ? ENODEV
                : ata_lie(ata, MODEL_ATA_HANGS, MODEL_ATA_RESCAN) != NULL  ? ETIMEDOUT
                : ata_lie(ata, MODEL_ATA_ABORTS, MODEL_ATA_RESCAN) != NULL ? EIO
                                                                           : 0;
    ata->rescans++;
    if (error == 0 && ata->config.sat.follows_size)
        ata->layer_sectors = ata_sectors(ata);
    if (error == 0)
        ata->host_sectors = ata->layer_sectors;
    pthread_mutex_unlock(&ata->lock);
    return error;
}

/* The firmware's commands of a cold start do not come when the host wakes, unless it sends them then, too. */
static void wake(struct model_ata *ata)
{
    bool *const frozen[] = {&ata->frozen, &ata->amax_frozen, &ata->dco_frozen};
    start(ata);
    for (size_t i = 0; i < sizeof frozen / sizeof frozen[0] && !ata->config.freezes_on_wake; i++)
        *frozen[i] = false;
    if (!ata->config.freezes_on_wake && ata->state == MODEL_ATA_SD1)
        ata->state = MODEL_ATA_SD0;
}

void model_ata_sleep(struct model_ata *ata)
{
    pthread_mutex_lock(&ata->lock);
    ata->sleeps++;
    if (ata->powered && !ata->config.powered_asleep) {
        (void)model_block_flush(ata->block); /* the host does that before it sleeps */
        cut_power(ata);
        ata->power_cycles++;
        ata->powered = true;
        wake(ata);
    }
    pthread_mutex_unlock(&ata->lock);
}

void model_ata_set_cut(struct model_ata *ata, struct model_ata_cut cut)
{
    pthread_mutex_lock(&ata->lock);
    ata->cut = cut;
    ata->cut_counted = ata->commands;
    pthread_mutex_unlock(&ata->lock);
}

struct model_ata_names model_ata_names(struct model_ata *ata)
{
    struct model_ata_names names = {0};
    pthread_mutex_lock(&ata->lock);
    snprintf(names.serial, sizeof names.serial, "%s",
             ata_is_renamed(ata, MODEL_ATA_OTHER_SERIAL, true) ? "ANOTHER" : ata->serial);
    names.wwn = ata_is_renamed(ata, MODEL_ATA_OTHER_WWN, true) ? ata->wwn ^ 0xff00 : ata->wwn;
    names.bytes = ata->host_sectors * ata->block->config.block_bytes;
    pthread_mutex_unlock(&ata->lock);
    return names;
}

bool model_ata_is_powered(struct model_ata *ata)
{
    pthread_mutex_lock(&ata->lock);
    bool powered = ata->powered;
    pthread_mutex_unlock(&ata->lock);
    return powered;
}

void model_ata_complaint(struct model_ata *ata, char text[MODEL_ATA_COMPLAINT])
{
    pthread_mutex_lock(&ata->lock);
    snprintf(text, MODEL_ATA_COMPLAINT, "%s", ata->complaint);
    pthread_mutex_unlock(&ata->lock);
}

struct model_ata_truth model_ata_truth(struct model_ata *ata)
{
    pthread_mutex_lock(&ata->lock);
    struct model_ata_truth truth = {.sectors = ata->block->blocks, .visible = ata->visible};
    for (uint64_t lba = 0; lba < truth.sectors; lba++) {
        truth.old += ata->history[lba] == MODEL_ATA_OLD;
        truth.written += ata->history[lba] == MODEL_ATA_WRITTEN;
        truth.erased += ata->history[lba] == MODEL_ATA_ERASED;
        truth.hidden_old += lba >= ata->visible && ata->history[lba] == MODEL_ATA_OLD;
        truth.unmapped += ata->unmapped[lba];
    }
    truth.old_units = model_block_truth(ata->block, ata->block->media).old_units;
    pthread_mutex_unlock(&ata->lock);
    return truth;
}

unsigned model_ata_seen_count(const struct model_ata *ata, uint8_t command)
{
    unsigned count = 0;
    for (size_t i = 0; i < ata->seen_count; i++)
        count += ata->seen[i].ata && ata->seen[i].command == command;
    return count;
}
