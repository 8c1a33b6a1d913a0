/* SPDX-License-Identifier: Apache-2.0 */
/* The controller: what it takes in which state, time, power, and the namespaces' blocks. */
#include "model_nvme.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model_nvme_parts.h"

enum { USUAL_TIMEOUT_MS = 60000, NO_ANSWER_MS = INT32_MAX, SPENT = INT32_MAX };

struct model_nvme_lie *nvme_lie(struct model_nvme *nvme, enum model_nvme_lie_kind kind, unsigned on)
{
    for (size_t i = 0; i < MODEL_NVME_LIES; i++) {
        struct model_nvme_lie *lie = &nvme->config.lies[i];
        if (lie->kind == kind && (lie->on == 0 || (lie->on & on) != 0) && lie->times != SPENT)
            return lie;
    }
    return NULL;
}

void nvme_lie_spend(struct model_nvme_lie *lie)
{
    if (lie->times > 0 && --lie->times == 0)
        lie->times = SPENT;
}

const struct model_nvme_lie *nvme_later_lie(struct model_nvme *nvme, enum model_nvme_lie_kind kind)
{
    return nvme->erases > 0 ? nvme_lie(nvme, kind, UINT32_MAX) : NULL;
}

void nvme_complain(struct model_nvme *nvme, const char *what)
{
    if (nvme->complaint[0] == '\0')
        snprintf(nvme->complaint, sizeof nvme->complaint, "NVMe: %s", what);
}

static void remember_the_past(struct model_nvme *nvme)
{
    uint32_t cdw10 = nvme->config.former.cdw10, on = nvme_sanitize_on(cdw10);
    nvme->sanitize.cdw10 = cdw10;
    nvme->state = nvme->config.former.state;
    nvme->global_erased = nvme->config.former.global_erased;
    nvme->restricted_failure = nvme->state == NVME_FAILED && (cdw10 & NVME_AUSE) == 0;
    nvme->unrestricted_failure = nvme->state == NVME_FAILED && !nvme->restricted_failure;
    if (nvme->state != NVME_RUNNING || (on & MODEL_NVME_SANITIZE) == 0)
        return;
    nvme_erase_begin(nvme, &nvme->sanitize, on, cdw10, nvme->config.former.cdw11, nvme_all_spaces(nvme));
    nvme_erase_run(nvme, &nvme->sanitize, nvme->config.former.elapsed_ms);
}

struct model_nvme *model_nvme_new(const struct model_nvme_config *config)
{
    static atomic_uint number;
    struct model_nvme *nvme = calloc(1, sizeof *nvme);
    if (nvme == NULL || pthread_mutex_init(&nvme->lock, NULL) != 0) {
        free(nvme);
        return NULL;
    }
    nvme->config = *config;
    nvme->config.media[0].present = true;
    nvme->powered = true;
    nvme->power_cycles = 1;
    for (; nvme->count < MODEL_NVME_NAMESPACES && nvme->config.media[nvme->count].present; nvme->count++) {
        if (nvme_space_init(nvme, &nvme->config.media[nvme->count], nvme->count))
            continue;
        nvme->count++;
        model_nvme_free(nvme);
        return NULL;
    }
    if (config->serial != NULL)
        snprintf(nvme->serial, sizeof nvme->serial, "%s", config->serial);
    else
        snprintf(nvme->serial, sizeof nvme->serial, "MODEL%06u", atomic_fetch_add(&number, 1) + 1);
    model_tcg_init(&nvme->tcg, &config->tcg, nvme_new_key, nvme);
    remember_the_past(nvme);
    model_nvme_set_cut(nvme, config->cut);
    return nvme;
}

void model_nvme_free(struct model_nvme *nvme)
{
    if (nvme == NULL)
        return;
    for (size_t place = 0; place < nvme->count; place++)
        nvme_space_clear(&nvme->spaces[place]);
    pthread_mutex_destroy(&nvme->lock);
    free(nvme);
}

static void cut_power(struct model_nvme *nvme)
{
    if (!nvme->powered)
        return;
    for (size_t place = 0; place < nvme->count; place++)
        model_block_cut_power(nvme->spaces[place].block);
    nvme_format_break(nvme);
    model_tcg_reset(&nvme->tcg);
    nvme->powered = false;
    nvme->unsafe_shutdowns++;
}

static void step_to(struct model_nvme *nvme, uint64_t now_ms)
{
    uint64_t ms = now_ms - nvme->now_ms;
    nvme->now_ms = now_ms;
    if (!nvme->powered)
        return;
    nvme_erase_run(nvme, &nvme->sanitize, ms);
    nvme_erase_run(nvme, &nvme->format, ms);
    model_tcg_advance(&nvme->tcg, now_ms);
}

static void advance(struct model_nvme *nvme, uint64_t now_ms)
{
    uint64_t at_ms = nvme->cut.at_ms;
    if (at_ms != 0 && at_ms <= (now_ms > nvme->now_ms ? now_ms : nvme->now_ms)) {
        nvme->cut.at_ms = 0;
        if (at_ms > nvme->now_ms)
            step_to(nvme, at_ms);
        cut_power(nvme);
    }
    if (now_ms > nvme->now_ms)
        step_to(nvme, now_ms);
}

/* Counts a command and says whether the power fails at it. */
static enum model_nvme_cut_moment count_command(struct model_nvme *nvme)
{
    nvme->commands++;
    if (!nvme->powered || nvme->cut.command == 0 || nvme->commands - nvme->cut_counted != nvme->cut.command)
        return MODEL_NVME_NO_CUT;
    nvme->cut.command = 0;
    return nvme->cut.moment;
}

/* --- Commands --- */

static void reset(struct model_nvme *nvme)
{
    model_tcg_reset(&nvme->tcg);
    if (nvme->config.reset_breaks_format)
        nvme_format_break(nvme);
}

static void note(struct model_nvme *nvme, const struct uw_nvme_command *command)
{
    bool reads = command->opcode == 0x02 || command->opcode == 0x06 || command->opcode == 0x82;
    if (!reads && nvme->seen_count < MODEL_NVME_LOG)
        nvme->seen[nvme->seen_count++] = (struct model_nvme_seen){.opcode = command->opcode,
                                                                  .nsid = command->nsid,
                                                                  .cdw10 = command->cdw10,
                                                                  .cdw11 = command->cdw11,
                                                                  .status = command->status,
                                                                  .ms = nvme->now_ms};
}

/* Lets the time go by that the answer takes; false: nobody waits so long. */
static bool wait_for(struct model_nvme *nvme, uint64_t took_ms, struct uw_nvme_command *command,
                     int timeout_ms)
{
    uint64_t kernel_ms = command->timeout_ms != 0 ? command->timeout_ms : USUAL_TIMEOUT_MS;
    uint64_t patience_ms = timeout_ms < 0 ? UINT64_MAX : (uint64_t)timeout_ms;
    uint64_t until_ms = took_ms < kernel_ms ? took_ms : kernel_ms;
    /* Nobody waits for a drive without power. */
    if (nvme->cut.at_ms != 0 && nvme->cut.at_ms < nvme->now_ms + until_ms)
        until_ms = nvme->cut.at_ms - nvme->now_ms;
    if (nvme->deaf && timeout_ms < 0)
        nvme_complain(nvme, "waited for without end while it hangs");
    if (nvme->deaf || until_ms > patience_ms) {
        advance(nvme, nvme->now_ms + (timeout_ms < 0 ? 0 : patience_ms));
        return false;
    }
    advance(nvme, nvme->now_ms + until_ms);
    if (took_ms > kernel_ms) {
        command->status = -EINTR;
        reset(nvme);
    }
    return true;
}

/* Of the operation that has just begun, half. */
static uint64_t middle_ms(const struct model_nvme *nvme)
{
    const struct model_nvme_erase *erase = nvme->format.running ? &nvme->format : &nvme->sanitize;
    return erase->running ? (erase->duration_ms - erase->elapsed_ms) / 2 : model_tcg_left_ms(&nvme->tcg) / 2;
}

static void cut_later(struct model_nvme *nvme, uint64_t ms)
{
    if (ms == 0)
        cut_power(nvme);
    else
        nvme->cut.at_ms = nvme->now_ms + ms;
}

static bool ask(struct model_nvme *nvme, struct uw_nvme_command *command, int timeout_ms)
{
    uint64_t took_ms = 0;
    enum model_nvme_cut_moment moment = count_command(nvme);
    if (command->timeout_ms == 0)
        nvme_complain(nvme, "a command without a time-out");
    command->result = 0;
    command->status = -ENODEV;
    if (moment == MODEL_NVME_CUT_BEFORE)
        cut_power(nvme);
    if (!nvme->powered)
        return true;
    command->status = nvme->deaf ? 0 : nvme_answer(nvme, command, &took_ms);
    note(nvme, command);
    if (moment == MODEL_NVME_CUT_AFTER)
        cut_power(nvme);
    if (moment == MODEL_NVME_CUT_DURING)
        cut_later(nvme, nvme->cut.ms != 0 ? nvme->cut.ms : middle_ms(nvme));
    if (nvme->powered && !wait_for(nvme, took_ms, command, timeout_ms))
        return false;
    if (!nvme->powered)
        command->status = -ENODEV;
    return true;
}

bool model_nvme_ask(struct model_nvme *nvme, uint64_t *now_ms, struct uw_nvme_command *command,
                    int timeout_ms, bool *stalled)
{
    pthread_mutex_lock(&nvme->lock);
    advance(nvme, *now_ms);
    size_t seen = nvme->seen_count;
    *stalled = !ask(nvme, command, timeout_ms);
    if (seen < nvme->seen_count)
        nvme->seen[seen].status = *stalled ? -ETIMEDOUT : command->status;
    *now_ms = nvme->now_ms > *now_ms ? nvme->now_ms : *now_ms;
    pthread_mutex_unlock(&nvme->lock);
    return !*stalled;
}

bool model_nvme_take(struct model_nvme *nvme, uint64_t now_ms, struct uw_nvme_command *command,
                     uint64_t *took_ms)
{
    pthread_mutex_lock(&nvme->lock);
    advance(nvme, now_ms);
    *took_ms = 0;
    command->result = 0;
    nvme->commands++;
    bool hears = nvme->powered && !nvme->deaf;
    if (hears) {
        command->status = nvme_answer(nvme, command, took_ms);
        note(nvme, command);
    }
    bool answers = hears && !nvme->deaf && *took_ms < NO_ANSWER_MS;
    pthread_mutex_unlock(&nvme->lock);
    return answers;
}

int model_nvme_rescan(struct model_nvme *nvme, uint64_t *now_ms, int timeout_ms, bool *stalled)
{
    pthread_mutex_lock(&nvme->lock);
    advance(nvme, *now_ms);
    struct model_nvme_lie *hangs = nvme_lie(nvme, MODEL_NVME_HANGS, MODEL_NVME_RESCAN);
    nvme->deaf |= nvme->powered && hangs != NULL;
    *stalled = nvme->powered && nvme->deaf;
    if (*stalled)
        advance(nvme, nvme->now_ms + (timeout_ms < 0 ? 0 : (uint64_t)timeout_ms));
    for (size_t place = 0; nvme->powered && !*stalled && place < nvme->count; place++)
        nvme->spaces[place].host_bytes =
            nvme_blocks(nvme, place) * nvme->spaces[place].block->config.block_bytes;
    *now_ms = nvme->now_ms > *now_ms ? nvme->now_ms : *now_ms;
    int error = nvme->powered ? 0 : ENODEV;
    pthread_mutex_unlock(&nvme->lock);
    return error;
}

/* --- Blocks --- */

struct range {
    uint64_t first, count;
};

static bool is_unmapped(const struct model_nvme_space *space, struct range range)
{
    for (uint64_t lba = range.first; lba < range.first + range.count; lba++)
        if (space->unmapped[lba])
            return true;
    return false;
}

/* 0, or why the blocks cannot be had now. */
static int refusal(struct model_nvme *nvme, size_t place, bool write, struct range range)
{
    const struct model_nvme_space *space = &nvme->spaces[place];
    const struct model_nvme_lie *bad = nvme_later_lie(nvme, MODEL_NVME_READ_ERRORS);
    bool shadow, broken = space->format_broken && (write || !nvme->config.broken_format_readable);
    if (!nvme->powered || space->medium.detached)
        return ENODEV;
    if (nvme->deaf || nvme_is_sanitizing(nvme) || nvme_has_failed(nvme) || nvme->format.running || broken ||
        !model_tcg_lets(&nvme->tcg, write, &shadow))
        return EIO;
    if (write)
        return space->medium.write_protected || (nvme->config.critical_warning & 1U << 3) != 0 ? EIO : 0;
    bool hit =
        bad != NULL && range.count > 0 &&
        (bad->value == MODEL_ALL || (bad->value >= range.first && bad->value < range.first + range.count));
    if (hit)
        return EIO;
    return nvme->config.unmapped_unreadable && is_unmapped(space, range) ? EIO : 0;
}

static void note_written(struct model_nvme *nvme, struct model_nvme_space *space, struct range range,
                         bool whole)
{
    nvme->global_erased = false;
    for (uint64_t lba = range.first; lba < range.first + range.count; lba++) {
        if (whole || space->history[lba] == MODEL_NVME_ERASED)
            space->history[lba] = MODEL_NVME_WRITTEN;
        space->unmapped[lba] = false;
    }
}

static void read_unmapped(const struct model_nvme *nvme, const struct model_nvme_space *space,
                          struct range range, uint8_t *data, uint64_t bytes)
{
    uint32_t block = space->block->config.block_bytes;
    uint8_t value = nvme->config.dlfeat == 1   ? 0
                    : nvme->config.dlfeat == 2 ? 0xff
                                               : nvme->config.unmapped_value;
    for (uint64_t i = 0; i < range.count && i * block < bytes; i++)
        if (space->unmapped[range.first + i])
            memset(data + i * block, value, bytes - i * block < block ? bytes - i * block : block);
}

static int64_t move(struct model_nvme *nvme, size_t place, bool write, uint64_t offset, uint32_t length,
                    uint8_t *data)
{
    struct model_nvme_space *space = &nvme->spaces[place];
    uint32_t block = space->block->config.block_bytes;
    bool shadow;
    struct range range = {offset / block, (length + block - 1) / block};
    int error = refusal(nvme, place, write, range);
    if (error != 0)
        return -error;
    int64_t moved = model_block_move(space->block, write, offset, length, data);
    if (moved >= 0)
        range.count = ((uint64_t)moved + block - 1) / block;
    if (write && moved != 0)
        note_written(nvme, space, range, moved > 0);
    else if (moved > 0)
        read_unmapped(nvme, space, range, data, (uint64_t)moved);
    if (!write && moved > 0 && model_tcg_lets(&nvme->tcg, false, &shadow) && shadow)
        memset(data, 0, (size_t)moved);
    return moved;
}

int64_t model_nvme_move(struct model_nvme *nvme, size_t place, uint64_t now_ms, bool write, uint64_t offset,
                        uint32_t length, uint8_t *data)
{
    pthread_mutex_lock(&nvme->lock);
    advance(nvme, now_ms);
    uint32_t block = nvme->spaces[place].block->config.block_bytes;
    enum model_nvme_cut_moment moment = count_command(nvme);
    if (moment == MODEL_NVME_CUT_BEFORE)
        cut_power(nvme);
    if (moment == MODEL_NVME_CUT_DURING)
        length = length / block / 2 * block;
    int64_t moved = length == 0 ? 0 : move(nvme, place, write, offset, length, data);
    if (moment == MODEL_NVME_CUT_AFTER || moment == MODEL_NVME_CUT_DURING)
        cut_power(nvme);
    if (moment != MODEL_NVME_NO_CUT)
        moved = -ENODEV;
    pthread_mutex_unlock(&nvme->lock);
    return moved;
}

int model_nvme_flush(struct model_nvme *nvme, size_t place, uint64_t now_ms)
{
    pthread_mutex_lock(&nvme->lock);
    advance(nvme, now_ms);
    enum model_nvme_cut_moment moment = count_command(nvme);
    if (moment == MODEL_NVME_CUT_BEFORE || moment == MODEL_NVME_CUT_DURING)
        cut_power(nvme);
    int error = refusal(nvme, place, false, (struct range){0});
    if (error == 0)
        error = model_block_flush(nvme->spaces[place].block);
    if (moment == MODEL_NVME_CUT_AFTER) {
        cut_power(nvme);
        error = ENODEV;
    }
    pthread_mutex_unlock(&nvme->lock);
    return error;
}

/* The host answers this by itself, whatever the drive is at. */
int model_nvme_look(struct model_nvme *nvme, size_t place, uint64_t now_ms, uint64_t *bytes)
{
    pthread_mutex_lock(&nvme->lock);
    advance(nvme, now_ms);
    struct model_nvme_space *space = &nvme->spaces[place];
    int error = !nvme->powered || space->medium.detached ? ENODEV : model_block_look(space->block, bytes);
    if (error == 0 && *bytes == space->block->config.bytes)
        *bytes = space->host_bytes;
    pthread_mutex_unlock(&nvme->lock);
    return error;
}

/* --- Time, power, truth --- */

uint64_t model_nvme_now(struct model_nvme *nvme)
{
    pthread_mutex_lock(&nvme->lock);
    uint64_t now_ms = nvme->now_ms;
    pthread_mutex_unlock(&nvme->lock);
    return now_ms;
}

void model_nvme_advance(struct model_nvme *nvme, uint64_t now_ms)
{
    pthread_mutex_lock(&nvme->lock);
    advance(nvme, now_ms);
    pthread_mutex_unlock(&nvme->lock);
}

void model_nvme_cut_power(struct model_nvme *nvme)
{
    pthread_mutex_lock(&nvme->lock);
    cut_power(nvme);
    pthread_mutex_unlock(&nvme->lock);
}

void model_nvme_power_on(struct model_nvme *nvme)
{
    pthread_mutex_lock(&nvme->lock);
    nvme->power_cycles += !nvme->powered;
    if (!nvme->powered)
        model_tcg_power_on(&nvme->tcg);
    nvme->powered = true;
    nvme->deaf = false;
    for (size_t place = 0; place < nvme->count; place++)
        nvme->spaces[place].host_bytes =
            nvme_blocks(nvme, place) * nvme->spaces[place].block->config.block_bytes;
    pthread_mutex_unlock(&nvme->lock);
}

void model_nvme_reset(struct model_nvme *nvme)
{
    pthread_mutex_lock(&nvme->lock);
    reset(nvme);
    pthread_mutex_unlock(&nvme->lock);
}

void model_nvme_set_cut(struct model_nvme *nvme, struct model_nvme_cut cut)
{
    pthread_mutex_lock(&nvme->lock);
    nvme->cut = cut;
    nvme->cut_counted = nvme->commands;
    pthread_mutex_unlock(&nvme->lock);
}

static bool is_renamed(struct model_nvme *nvme, enum model_nvme_lie_kind kind)
{
    const struct model_nvme_lie *lie = nvme_later_lie(nvme, kind);
    return lie != NULL && lie->value == 0;
}

struct model_nvme_names model_nvme_names(struct model_nvme *nvme, size_t place)
{
    struct model_nvme_names names = {0};
    pthread_mutex_lock(&nvme->lock);
    const struct model_nvme_space *space = &nvme->spaces[place];
    snprintf(names.serial, sizeof names.serial, "%s",
             is_renamed(nvme, MODEL_NVME_OTHER_SERIAL) ? "ANOTHER" : nvme->serial);
    memcpy(names.eui64, space->medium.eui64, sizeof names.eui64);
    if (is_renamed(nvme, MODEL_NVME_OTHER_EUI))
        names.eui64[1] ^= 0xff;
    names.bytes = space->host_bytes;
    pthread_mutex_unlock(&nvme->lock);
    return names;
}

bool model_nvme_is_powered(struct model_nvme *nvme)
{
    pthread_mutex_lock(&nvme->lock);
    bool powered = nvme->powered;
    pthread_mutex_unlock(&nvme->lock);
    return powered;
}

void model_nvme_complaint(struct model_nvme *nvme, char text[MODEL_NVME_COMPLAINT])
{
    pthread_mutex_lock(&nvme->lock);
    snprintf(text, MODEL_NVME_COMPLAINT, "%s", nvme->complaint);
    pthread_mutex_unlock(&nvme->lock);
}

size_t model_nvme_place(const struct model_nvme *nvme, uint32_t nsid)
{
    size_t place = 0;
    while (place < nvme->count && nvme->spaces[place].medium.nsid != nsid)
        place++;
    return place < nvme->count ? place : MODEL_NVME_NAMESPACES;
}

struct model_nvme_truth model_nvme_truth(struct model_nvme *nvme, size_t place)
{
    const struct model_nvme_space *space = &nvme->spaces[place];
    struct model_nvme_truth truth = {.blocks = space->block->blocks};
    pthread_mutex_lock(&nvme->lock);
    for (uint64_t lba = 0; lba < truth.blocks; lba++) {
        truth.old += space->history[lba] == MODEL_NVME_OLD;
        truth.written += space->history[lba] == MODEL_NVME_WRITTEN;
        truth.erased += space->history[lba] == MODEL_NVME_ERASED;
        truth.unmapped += space->unmapped[lba];
    }
    truth.old_units = model_block_truth(space->block, space->block->media).old_units;
    pthread_mutex_unlock(&nvme->lock);
    return truth;
}

unsigned model_nvme_seen_count(const struct model_nvme *nvme, uint8_t opcode)
{
    unsigned count = 0;
    for (size_t i = 0; i < nvme->seen_count; i++)
        count += nvme->seen[i].opcode == opcode;
    return count;
}
