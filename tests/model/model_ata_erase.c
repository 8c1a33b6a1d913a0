/* SPDX-License-Identifier: Apache-2.0 */
/* What erases do to the media, and where they lie about it. */
#include "model_ata_parts.h"

#include <stdlib.h>
#include <string.h>

enum { CRYPTO_MS = 1000, BLOCK_MS = 5000, PASS_MS = 20000, NORMAL_MS = 20000, ENHANCED_MS = 2000 };
enum { STANDS_AT = 655, PROGRESS_OF = 65536, MOST_PASSES = 16 };
enum { COUNT_ZNR = 1 << 15, COUNT_INVERT = 1 << 7, COUNT_DEFINITIVE = 1 << 6 };

bool ata_media_init(struct model_ata *ata)
{
    ata->block = model_block_new(&ata->config.block);
    if (ata->block == NULL)
        return false;
    ata->history = calloc(ata->block->blocks, sizeof *ata->history);
    ata->unmapped = calloc(ata->block->blocks, sizeof *ata->unmapped);
    return ata->history != NULL && ata->unmapped != NULL;
}

static bool changes_key(const struct model_ata *ata, const struct model_ata_erase *erase)
{
    return erase->on == MODEL_ATA_CRYPTO || erase->on == MODEL_ATA_REVERT ||
           (erase->on == MODEL_ATA_ENHANCED && ata->config.enhanced_noise);
}

/* Whether the drive leaves this sector as it is, whatever it says. */
static bool is_spared(const struct model_ata *ata, const struct model_ata_erase *erase, uint64_t lba)
{
    const struct model_ata_lie *const *lies = erase->lies;
    return lies[MODEL_ATA_ERASES_NOTHING] != NULL || lies[MODEL_ATA_ONLY_UNMAPS] != NULL ||
           (lies[MODEL_ATA_KEEPS_KEY] != NULL && changes_key(ata, erase)) ||
           (lies[MODEL_ATA_ERASES_HALF] != NULL && lba >= ata->visible / 2) ||
           (lies[MODEL_ATA_ERASES_NOT_LAST] != NULL && lba == ata->visible - 1) ||
           (lies[MODEL_ATA_ERASES_FIRST] != NULL && lba != 0) ||
           (lies[MODEL_ATA_ERASES_VISIBLE] != NULL && lba >= ata->visible);
}

static uint64_t mixed(uint64_t value)
{
    value ^= value >> 30;
    value *= 0xbf58476d1ce4e5b9ULL;
    value ^= value >> 27;
    value *= 0x94d049bb133111ebULL;
    return value ^ value >> 31;
}

/* What was encrypted with a key that is gone: noise, and another one for each place. */
static void scramble(uint8_t *data, uint32_t bytes, uint64_t key)
{
    uint64_t word;
    for (uint32_t done = 0; done < bytes; done += sizeof word) {
        memcpy(&word, data + done, sizeof word);
        word ^= mixed(key + done / sizeof word * 0x9e3779b97f4a7c15ULL);
        memcpy(data + done, &word, sizeof word);
    }
}

/* The first pass is the pattern itself, each further one may be inverted; the definitive ending pattern says
 * that the last one is the pattern, without it that is the drive's own affair (ACS-4, OVERWRITE EXT). LBA 7:0
 * comes first. */
static void overwrite(const struct model_ata *ata, uint8_t *data, uint32_t bytes,
                      const struct model_ata_erase *erase, uint64_t pass)
{
    bool definitive = ata->config.definitive && (erase->count & COUNT_DEFINITIVE) != 0;
    uint64_t turns = definitive ? erase->passes - 1 - pass : pass;
    bool inverted = (erase->count & COUNT_INVERT) != 0 && turns % 2 != 0;
    inverted ^= !definitive && ata->config.ends_otherwise && pass == erase->passes - 1;
    uint32_t pattern = inverted ? ~erase->pattern : erase->pattern;
    for (uint32_t i = 0; i < bytes; i++)
        data[i] = (uint8_t)(pattern >> (i % 4 * 8));
}

static void erase_sector(struct model_ata *ata, const struct model_ata_erase *erase, uint64_t lba,
                         uint64_t pass)
{
    uint32_t bytes = ata->block->config.block_bytes;
    uint8_t *data = ata->block->media + lba * bytes;
    if (is_spared(ata, erase, lba))
        return;
    if (changes_key(ata, erase))
        scramble(data, bytes, mixed(erase->key * 131) + lba * bytes);
    else if (erase->on == MODEL_ATA_OVERWRITE)
        overwrite(ata, data, bytes, erase, pass);
    else if (erase->on == MODEL_ATA_BLOCK)
        memset(data, ata->config.block_value, bytes);
    else
        memset(data, erase->on == MODEL_ATA_ENHANCED ? ata->config.enhanced_value : 0, bytes);
    ata->history[lba] = MODEL_ATA_ERASED;
    ata->unmapped[lba] = false;
}

static void erase_up_to(struct model_ata *ata, struct model_ata_erase *erase, uint64_t done)
{
    for (; erase->done < done; erase->done++)
        erase_sector(ata, erase, erase->done % erase->sectors, erase->done / erase->sectors);
}

/* Reads bring something else than what stands on the media: an SSD that unmaps, zones that were emptied. */
static void unmap(struct model_ata *ata, const struct model_ata_erase *erase)
{
    bool sanitize = (erase->on & MODEL_ATA_SANITIZE) != 0, lies = erase->lies[MODEL_ATA_ONLY_UNMAPS] != NULL;
    bool zones = sanitize && ata->config.zoned && (erase->count & COUNT_ZNR) == 0;
    bool unmaps =
        (erase->on & (MODEL_ATA_BLOCK | MODEL_ATA_CRYPTO | MODEL_ATA_REVERT)) != 0 && ata->config.unmaps;
    if (!lies && !zones && !unmaps)
        return;
    ata->unmapped_value = unmaps && !lies ? ata->config.unmapped_value : 0;
    for (uint64_t lba = 0; lba < erase->sectors; lba++)
        if (lies || !is_spared(ata, erase, lba))
            ata->unmapped[lba] = true;
}

static uint64_t duration_of(const struct model_ata *ata, const struct model_ata_erase *erase)
{
    const struct model_ata_config *config = &ata->config;
    uint32_t ms, usual;
    switch (erase->on) {
    case MODEL_ATA_REVERT: /* its time is over */
        return 0;
    case MODEL_ATA_BLOCK:
        ms = config->block_ms, usual = BLOCK_MS;
        break;
    case MODEL_ATA_CRYPTO:
        ms = config->crypto_ms, usual = CRYPTO_MS;
        break;
    case MODEL_ATA_OVERWRITE:
        ms = config->pass_ms, usual = PASS_MS;
        break;
    case MODEL_ATA_ENHANCED:
        ms = config->enhanced_ms, usual = ENHANCED_MS;
        break;
    default:
        ms = config->normal_ms, usual = NORMAL_MS;
    }
    return ms == MODEL_ALL ? 0 : (ms == 0 ? usual : ms) * (uint64_t)erase->passes;
}

static void choose_lies(struct model_ata *ata, struct model_ata_erase *erase)
{
    for (int kind = MODEL_ATA_ERASES_NOTHING; kind < MODEL_ATA_HANGS; kind++) {
        struct model_ata_lie *lie = ata_lie(ata, (enum model_ata_lie_kind)kind, erase->on);
        erase->lies[kind] = lie;
        if (lie != NULL)
            ata_lie_spend(lie);
    }
    erase->lies[MODEL_ATA_RESETS] = ata_lie(ata, MODEL_ATA_RESETS, erase->on);
}

/* A normal erase ends with the native max address, all others reach whatever the media have. */
void ata_erase_begin(struct model_ata *ata, struct model_ata_erase *erase, unsigned on, uint16_t count,
                     uint32_t pattern)
{
    unsigned passes = count & 0xf;
    *erase = (struct model_ata_erase){.running = true,
                                      .on = on,
                                      .count = count,
                                      .pattern = pattern,
                                      .key = ++ata->keys,
                                      .sectors = on == MODEL_ATA_NORMAL ? ata->native : ata->block->blocks};
    erase->passes = on != MODEL_ATA_OVERWRITE ? 1 : passes == 0 ? MOST_PASSES : passes;
    erase->steps = erase->sectors * erase->passes;
    erase->duration_ms = duration_of(ata, erase);
    model_block_settle(ata->block);
    choose_lies(ata, erase);
    ata_erase_run(ata, erase, 0);
}

static void end_unit(struct model_ata *ata, const struct model_ata_erase *unit, bool failed)
{
    if (unit->lies[MODEL_ATA_RESETS] != NULL)
        ata_security_lock(ata);
    if (failed || unit->lies[MODEL_ATA_FAILS_AFTER_ERASING] != NULL)
        return;
    ata->locked = unit->lies[MODEL_ATA_ENDS_LOCKED] != NULL;
    if (ata->locked || unit->lies[MODEL_ATA_STAYS_ENABLED] != NULL)
        return;
    ata->enabled = ata->maximum = false;
    memset(ata->user, 0, sizeof ata->user);
}

static void end(struct model_ata *ata, struct model_ata_erase *erase, bool failed)
{
    erase->running = false;
    ata->erases += !failed;
    if (!failed)
        unmap(ata, erase);
    if (erase == &ata->unit)
        end_unit(ata, erase, failed);
    else if (erase == &ata->sanitize)
        ata_sanitize_end(ata, failed);
}

/* When it stops of its own accord. */
static uint64_t last_ms_of(const struct model_ata_erase *erase)
{
    const struct model_ata_lie *stands = erase->lies[MODEL_ATA_STANDS], *fails = erase->lies[MODEL_ATA_FAILS];
    if (stands != NULL) { /* rounded up, so that the progress comes out as `value` */
        uint64_t at = stands->value == 0 ? STANDS_AT : stands->value;
        return (erase->duration_ms * at + PROGRESS_OF - 1) / PROGRESS_OF;
    }
    if (fails != NULL)
        return erase->duration_ms * fails->value / 100;
    return (erase->on & MODEL_ATA_UNIT) != 0 && erase->lies[MODEL_ATA_RESETS] != NULL ? erase->duration_ms / 2
                                                                                      : erase->duration_ms;
}

void ata_erase_run(struct model_ata *ata, struct model_ata_erase *erase, uint64_t ms)
{
    const struct model_ata_lie *fails = erase->lies[MODEL_ATA_FAILS];
    bool resets = (erase->on & MODEL_ATA_UNIT) != 0 && erase->lies[MODEL_ATA_RESETS] != NULL;
    uint64_t last_ms = last_ms_of(erase);
    if (!erase->running)
        return;
    erase->elapsed_ms = ms < last_ms - erase->elapsed_ms ? erase->elapsed_ms + ms : last_ms;
    uint64_t done =
        erase->duration_ms == 0 ? erase->steps : erase->steps * erase->elapsed_ms / erase->duration_ms;
    if (erase->duration_ms == 0 && (fails != NULL || resets))
        done = fails != NULL ? erase->steps * fails->value / 100 : erase->steps / 2;
    erase_up_to(ata, erase, done);
    if (erase->elapsed_ms == last_ms && erase->lies[MODEL_ATA_STANDS] == NULL)
        end(ata, erase, fails != NULL || resets);
}

uint64_t ata_erase_left_ms(const struct model_ata_erase *erase)
{
    if (!erase->running)
        return 0;
    return erase->lies[MODEL_ATA_STANDS] != NULL ? INT32_MAX : last_ms_of(erase) - erase->elapsed_ms;
}

void ata_new_key(void *drive)
{
    struct model_ata *ata = drive;
    ata_erase_begin(ata, &ata->revert, MODEL_ATA_REVERT, 1, 0);
}
