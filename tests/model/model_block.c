/* SPDX-License-Identifier: Apache-2.0 */
#include "model_block.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_BYTES = 2 << 20, DEFAULT_BLOCK_BYTES = 512, DEFAULT_CACHE_BLOCKS = 64, MARK_BYTES = 8 };

static const char old_mark[MARK_BYTES + 1] = "OldData:";

/* The mark, the unit's number, then bytes that depend on it. */
static void make_old(uint8_t *media, uint64_t bytes)
{
    for (uint64_t offset = 0; offset < bytes; offset += 8) {
        uint64_t unit = offset / MODEL_OLD_BYTES, word = (unit + 1) * 0x9e3779b97f4a7c15ULL + offset;
        if (offset % MODEL_OLD_BYTES == 0)
            memcpy(&word, old_mark, MARK_BYTES);
        else if (offset % MODEL_OLD_BYTES == MARK_BYTES)
            word = unit;
        memcpy(media + offset, &word, sizeof word);
    }
}

static bool has_effect(const struct model_config *config, enum model_effect effect)
{
    for (size_t i = 0; i < MODEL_FAULTS; i++)
        if (config->faults[i].effect == effect)
            return true;
    return false;
}

static void fill_in(struct model_config *config)
{
    uint64_t blocks;
    if (config->bytes == 0 && !config->phantom)
        config->bytes = DEFAULT_BYTES;
    if (config->block_bytes == 0)
        config->block_bytes = DEFAULT_BLOCK_BYTES;
    blocks = config->bytes / config->block_bytes + (config->bytes % config->block_bytes != 0);
    if (config->cache_blocks == 0)
        config->cache_blocks = DEFAULT_CACHE_BLOCKS;
    if (config->cache_blocks > blocks)
        config->cache_blocks = (uint32_t)blocks;
    for (size_t i = 0; i < MODEL_FAULTS; i++) {
        struct model_fault *fault = &config->faults[i];
        if (fault->lba == MODEL_LAST)
            fault->lba = blocks - 1;
        if (fault->blocks == 0)
            fault->blocks = blocks;
        if (fault->error == 0)
            fault->error = fault->effect == MODEL_SHRINK ? ENOSPC : EIO;
        if (fault->on == 0)
            fault->on = fault->effect == MODEL_ERROR || fault->effect == MODEL_SHORT
                            ? MODEL_READ | MODEL_WRITE
                            : MODEL_WHATEVER;
    }
}

struct model_block *model_block_new(const struct model_config *config)
{
    struct model_block *model = calloc(1, sizeof *model);
    if (model == NULL)
        return NULL;
    model->config = *config;
    fill_in(&model->config);
    if (config->phantom)
        return model;
    uint32_t block = model->config.block_bytes;
    model->blocks = (model->config.bytes + block - 1) / block;
    size_t room = (size_t)model->blocks * block;
    bool zones = model_zones_make(&model->zones, &config->zones, model->blocks);
    bool stale = has_effect(config, MODEL_STALE), revert = has_effect(config, MODEL_REVERT);
    model->media = config->media != NULL ? config->media : malloc(room);
    model->cached = malloc(room);
    model->dirty = calloc(model->blocks, sizeof *model->dirty);
    model->queue = calloc(model->config.cache_blocks, sizeof *model->queue);
    model->accepted = calloc(model->blocks, sizeof *model->accepted);
    model->before = stale ? malloc(room) : NULL;
    model->flushed = revert ? malloc(room) : NULL;
    if (!zones || model->media == NULL || model->cached == NULL || model->dirty == NULL ||
        model->queue == NULL || model->accepted == NULL || (stale && model->before == NULL) ||
        (revert && model->flushed == NULL)) {
        model_block_free(model);
        return NULL;
    }
    make_old(model->media, room);
    if (stale)
        memcpy(model->before, model->media, room);
    if (revert)
        memcpy(model->flushed, model->media, room);
    return model;
}

void model_block_free(struct model_block *model)
{
    if (model == NULL)
        return;
    if (model->config.media == NULL)
        free(model->media);
    free(model->cached);
    free(model->dirty);
    free(model->queue);
    free(model->before);
    free(model->flushed);
    free(model->accepted);
    model_zones_clear(&model->zones);
    free(model);
}

static bool is_on(const struct model_block *model, const struct model_fault *fault)
{
    return model->transfers >= fault->after_transfers && model->bytes_written >= fault->after_bytes &&
           model->flushes >= fault->after_flushes && model->looks >= fault->after_looks &&
           model->resets >= fault->after_resets && (!fault->once_erasing || model->erasing) &&
           (fault->until_bytes == 0 || model->bytes_written < fault->until_bytes) &&
           (fault->until_flushes == 0 || model->flushes < fault->until_flushes) && fault->times != UINT32_MAX;
}

/* Of a fault that comes a number of times, one is spent. */
static void spend(struct model_fault *fault)
{
    if (fault->times > 0 && --fault->times == 0)
        fault->times = UINT32_MAX;
}

static bool touches(const struct model_fault *fault, uint64_t first, uint64_t count)
{
    uint64_t begin = first > fault->lba ? first : fault->lba, end = fault->lba + fault->blocks;
    if (fault->every > 1 && (begin - fault->lba) % fault->every != 0)
        begin += fault->every - (begin - fault->lba) % fault->every;
    return begin < end && (begin < first + count || first + count < first);
}

static struct model_fault *find(struct model_block *model, enum model_effect effect, unsigned on,
                                uint64_t first, uint64_t count)
{
    for (size_t i = 0; i < MODEL_FAULTS; i++) {
        struct model_fault *fault = &model->config.faults[i];
        if (fault->effect == effect && (fault->on & on) != 0 && touches(fault, first, count) &&
            is_on(model, fault))
            return fault;
    }
    return NULL;
}

static struct model_fault *find_any(struct model_block *model, enum model_effect effect, unsigned on)
{
    return find(model, effect, on, 0, UINT64_MAX);
}

static void destage_oldest(struct model_block *model)
{
    uint32_t block = model->config.block_bytes;
    size_t lba = model->queue[model->queue_first];
    memcpy(model->media + lba * block, model->cached + lba * block, block);
    model->dirty[lba] = false;
    model->queue_first = (model->queue_first + 1) % model->config.cache_blocks;
    model->queue_count--;
}

static uint8_t *current(struct model_block *model, uint64_t lba)
{
    return (model->dirty[lba] ? model->cached : model->media) + lba * model->config.block_bytes;
}

static void store(struct model_block *model, uint64_t lba, const uint8_t *data, uint32_t bytes)
{
    uint32_t block = model->config.block_bytes;
    if (model->before != NULL)
        memcpy(model->before + lba * block, current(model, lba), block);
    if (!model->dirty[lba]) {
        if (model->queue_count == model->config.cache_blocks)
            destage_oldest(model);
        memcpy(model->cached + lba * block, model->media + lba * block, block);
        model->queue[(model->queue_first + model->queue_count++) % model->config.cache_blocks] =
            (uint32_t)lba;
        model->dirty[lba] = true;
    }
    memcpy(model->cached + lba * block, data, bytes);
}

void model_block_cut_power(struct model_block *model)
{
    for (; model->queue_count > 0; model->queue_count--) {
        uint32_t lba = model->queue[model->queue_first];
        model->dirty[lba] = false;
        model_zones_lost(&model->zones, lba);
        model->queue_first = (model->queue_first + 1) % model->config.cache_blocks;
    }
}

void model_block_settle(struct model_block *model)
{
    while (model->queue_count > 0)
        destage_oldest(model);
}

static void fail_power(struct model_block *model, unsigned on)
{
    struct model_fault *fault = find_any(model, MODEL_POWER, on);
    if (fault == NULL)
        return;
    fault->times = UINT32_MAX;
    model_block_cut_power(model);
}

/* Whoever leaves in a reset stays away. */
static bool is_gone(struct model_block *model, unsigned on)
{
    struct model_fault *fault = find_any(model, MODEL_GONE, on);
    if (fault != NULL && on == MODEL_RESET)
        fault->on = MODEL_WHATEVER;
    return fault != NULL || (on != MODEL_LOOK && find_any(model, MODEL_EMPTY, on) != NULL);
}

/* One transfer on its way, cut into blocks. */
struct move {
    bool write;
    unsigned on;
    uint64_t offset;
    uint32_t length;
    uint8_t *data;
};

static uint64_t aliased(struct model_block *model, const struct move *move, uint64_t lba)
{
    const struct model_fault *fault = find(model, MODEL_ALIAS, move->on, lba, 1);
    return fault == NULL ? lba : lba % (fault->value / model->config.block_bytes);
}

static void flip(struct model_block *model, const struct move *move, uint64_t lba, uint8_t *data)
{
    struct model_fault *fault = find(model, MODEL_FLIP, move->on, lba, 1);
    if (fault == NULL || fault->lba != lba)
        return;
    spend(fault);
    data[fault->value % model->config.block_bytes] ^= 0x10;
}

static void write_block(struct model_block *model, const struct move *move, uint64_t lba, const uint8_t *data,
                        uint32_t bytes)
{
    uint64_t place = aliased(model, move, lba);
    if (find(model, MODEL_LOSE, move->on, lba, 1) != NULL)
        return;
    store(model, place, data, bytes);
    flip(model, move, lba, model->cached + place * model->config.block_bytes);
}

static void read_block(struct model_block *model, const struct move *move, uint64_t lba, uint8_t *data,
                       uint32_t bytes)
{
    uint64_t place = aliased(model, move, lba);
    if (find(model, MODEL_ZERO, move->on, lba, 1) != NULL || model_zones_unwritten(&model->zones, lba))
        memset(data, 0, bytes);
    else if (find(model, MODEL_STALE, move->on, lba, 1) != NULL)
        memcpy(data, model->before + place * model->config.block_bytes, bytes);
    else
        memcpy(data, current(model, place), bytes);
    flip(model, move, lba, data);
}

static void accept(struct model_block *model, uint64_t lba, uint32_t bytes)
{
    model->accepted[lba]++;
    model->accepted_bytes += bytes;
}

/* The first `moved` bytes; blocks where the medium is bad are left out. Those moved whole and well are on
 * record as accepted. */
static void move_blocks(struct model_block *model, const struct move *move, uint64_t moved, bool failed)
{
    uint32_t block = model->config.block_bytes;
    for (uint64_t done = 0; done < moved; done += block) {
        uint64_t lba = (move->offset + done) / block;
        uint64_t whole = move->length - done < block ? move->length - done : block;
        uint64_t bytes = moved - done < whole ? moved - done : whole;
        if (failed && find(model, MODEL_ERROR, move->on, lba, 1) != NULL)
            continue;
        if (!move->write)
            read_block(model, move, lba, move->data + done, (uint32_t)bytes);
        else
            write_block(model, move, lba, move->data + done, (uint32_t)bytes);
        if (move->write && !failed && bytes == whole)
            accept(model, lba, (uint32_t)bytes);
    }
}

/* What the drive's size leaves of a transfer; negative: -errno. */
static int64_t within_size(struct model_block *model, const struct move *move)
{
    const struct model_fault *fault = find_any(model, MODEL_SHRINK, move->on);
    if (fault == NULL || move->offset + move->length <= fault->value)
        return move->length;
    if (move->offset < fault->value)
        return (int64_t)(fault->value - move->offset);
    return move->write ? -fault->error : 0;
}

/* What fails in a sequential zone stores nothing: its write pointer stays where it is. */
static bool is_in_order(const struct model_block *model, const struct move *move, uint64_t first)
{
    const struct model_zone *zone = model_zones_at(&model->zones, first);
    return move->write && zone != NULL && zone->sequential;
}

static int64_t carry_out(struct model_block *model, const struct move *move)
{
    uint32_t block = model->config.block_bytes;
    uint64_t first = move->offset / block, count = (move->length + block - 1) / block;
    int64_t moved = within_size(model, move);
    if (moved < 0)
        return moved;
    if (!model_zones_take(&model->zones, move->write, first, count))
        return -EIO;
    struct model_fault *fault = find(model, MODEL_ERROR, move->on, first, count);
    if (fault != NULL) {
        if (!is_in_order(model, move, first))
            move_blocks(model, move, (uint64_t)moved, true);
        spend(fault);
        return -fault->error;
    }
    fault = find(model, MODEL_SHORT, move->on, first, count);
    if (fault != NULL) {
        uint64_t begin = fault->lba * block > move->offset ? fault->lba * block - move->offset : 0;
        if (begin + fault->value < (uint64_t)moved)
            moved = (int64_t)(begin + fault->value);
        spend(fault);
    }
    move_blocks(model, move, (uint64_t)moved, false);
    if (move->write)
        model_zones_wrote(&model->zones, first, moved == move->length ? count : (uint64_t)moved / block);
    return moved;
}

int64_t model_block_move(struct model_block *model, bool write, uint64_t offset, uint32_t length,
                         uint8_t *data)
{
    const struct move move = {.write = write,
                              .on = write ? MODEL_WRITE : MODEL_READ,
                              .offset = offset,
                              .length = length,
                              .data = data};
    model->erasing |= write && model->flushes > 0;
    fail_power(model, move.on);
    int64_t result = is_gone(model, move.on) ? -ENODEV : carry_out(model, &move);
    model->transfers++;
    if (write && result > 0)
        model->bytes_written += (uint64_t)result;
    return result;
}

static void begin_record(struct model_block *model)
{
    memset(model->accepted, 0, model->blocks * sizeof *model->accepted);
    model->accepted_bytes = 0;
}

void model_block_new_host(struct model_block *model)
{
    begin_record(model);
    model->transfers = model->bytes_written = model->flushes = model->looks = model->resets = 0;
    model->erasing = false;
    memset(model->other, 0, sizeof model->other);
}

int model_block_flush(struct model_block *model)
{
    fail_power(model, MODEL_FLUSH);
    struct model_fault *error = find_any(model, MODEL_ERROR, MODEL_FLUSH);
    bool gone = is_gone(model, MODEL_FLUSH), forget = find_any(model, MODEL_FORGET, MODEL_FLUSH) != NULL;
    bool revert = find_any(model, MODEL_REVERT, MODEL_FLUSH) != NULL;
    if (model->flushes++ == 0 && model->resets == 0)
        begin_record(model);
    if (gone)
        return ENODEV;
    if (error != NULL) {
        spend(error);
        return error->error;
    }
    if (forget)
        model_block_cut_power(model);
    model_block_settle(model);
    size_t bytes = (size_t)model->blocks * model->config.block_bytes;
    if (revert)
        memcpy(model->media, model->flushed, bytes);
    else if (model->flushed != NULL)
        memcpy(model->flushed, model->media, bytes);
    return 0;
}

int model_block_reset_zones(struct model_block *model)
{
    fail_power(model, MODEL_RESET);
    struct model_fault *error = find_any(model, MODEL_ERROR, MODEL_RESET);
    bool gone = is_gone(model, MODEL_RESET), pretends = find_any(model, MODEL_PRETEND, MODEL_RESET) != NULL;
    if (model->resets++ == 0)
        begin_record(model);
    if (gone)
        return ENODEV;
    if (error != NULL) {
        spend(error);
        return error->error;
    }
    if (!pretends)
        model_zones_reset(&model->zones);
    return 0;
}

int model_block_report_zones(struct model_block *model)
{
    struct model_fault *error = find_any(model, MODEL_ERROR, MODEL_REPORT);
    if (is_gone(model, MODEL_REPORT))
        return ENODEV;
    if (error == NULL)
        return 0;
    spend(error);
    return error->error;
}

static bool is_other(struct model_block *model, unsigned field)
{
    for (size_t i = 0; i < MODEL_FAULTS; i++) {
        const struct model_fault *fault = &model->config.faults[i];
        if (fault->effect == MODEL_OTHER && fault->value == field && is_on(model, fault))
            return true;
    }
    return false;
}

int model_block_look(struct model_block *model, uint64_t *bytes)
{
    struct model_fault *error = find_any(model, MODEL_ERROR, MODEL_LOOK);
    const struct model_fault *shrunk = find_any(model, MODEL_SHRINK, MODEL_LOOK);
    bool gone = is_gone(model, MODEL_LOOK), empty = find_any(model, MODEL_EMPTY, MODEL_LOOK) != NULL;
    *bytes = empty ? 0 : shrunk != NULL ? shrunk->value : model->config.bytes;
    for (unsigned field = 0; field < MODEL_FIELDS; field++)
        model->other[field] = is_other(model, field);
    if (model->other[MODEL_BYTES])
        *bytes += model->config.block_bytes;
    model->looks++;
    if (gone)
        return ENODEV;
    if (error == NULL)
        return 0;
    spend(error);
    return error->error;
}

/* A flush, a look and a reset are about no block. */
static struct model_fault *find_at(struct model_block *model, enum model_effect effect, unsigned on,
                                   uint64_t offset, uint64_t length)
{
    uint32_t block = model->config.block_bytes;
    if (length == 0)
        return find_any(model, effect, on);
    return find(model, effect, on, offset / block, (length + block - 1) / block);
}

int64_t model_block_hang_ms(struct model_block *model, unsigned on, uint64_t offset, uint64_t length)
{
    struct model_fault *fault = find_at(model, MODEL_HANG, on, offset, length);
    if (fault == NULL)
        return 0;
    int64_t ms = fault->value == 0 ? MODEL_NEVER : (int64_t)fault->value;
    spend(fault);
    return ms;
}

bool model_block_holds(struct model_block *model, unsigned on, uint64_t offset, uint64_t length)
{
    struct model_fault *fault = find_at(model, MODEL_HOLD, on, offset, length);
    if (fault == NULL)
        return false;
    fault->times = UINT32_MAX;
    return true;
}

struct model_truth model_block_truth(const struct model_block *model, const uint8_t *image)
{
    struct model_truth truth = {0};
    uint64_t bytes = model->config.bytes;
    uint32_t block = model->config.block_bytes;
    for (uint64_t lba = 0; lba < model->blocks; lba++) {
        uint64_t offset = lba * block, length = bytes - offset < block ? bytes - offset : block;
        if (memcmp(model->media + offset, image + offset, length) == 0)
            continue;
        if (truth.wrong_blocks++ == 0)
            truth.first_wrong_lba = lba;
    }
    for (uint64_t offset = 0; offset + MARK_BYTES <= bytes; offset += MODEL_OLD_BYTES)
        truth.old_units += memcmp(model->media + offset, old_mark, MARK_BYTES) == 0;
    return truth;
}
