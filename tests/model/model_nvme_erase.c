/* SPDX-License-Identifier: Apache-2.0 */
/* What erases do to the media, and where they lie about it. */
#include "model_nvme_parts.h"

#include <stdlib.h>
#include <string.h>

enum { CRYPTO_MS = 1000, BLOCK_MS = 5000, PASS_MS = 20000, FORMAT_MS = 20000, STANDS_AT = 655 };
enum { PROGRESS_OF = 65536, MOST_PASSES = 16 };

bool nvme_space_init(struct model_nvme *nvme, const struct model_nvme_medium *medium, size_t place)
{
    struct model_nvme_space *space = &nvme->spaces[place];
    static const uint8_t none[8];
    space->medium = *medium;
    if (space->medium.nsid == 0)
        space->medium.nsid = (uint32_t)place + 1;
    if (!medium->no_eui64 && memcmp(medium->eui64, none, sizeof none) == 0)
        memcpy(space->medium.eui64, (uint8_t[]){0x02, 0x4d, 0x4f, 0x44, 0x45, 0x4c, 0, (uint8_t)(place + 1)},
               8);
    space->block = model_block_new(&medium->block);
    if (space->block == NULL)
        return false;
    space->history = calloc(space->block->blocks, sizeof *space->history);
    space->unmapped = calloc(space->block->blocks, sizeof *space->unmapped);
    space->host_bytes = space->block->config.bytes;
    return space->history != NULL && space->unmapped != NULL;
}

void nvme_space_clear(struct model_nvme_space *space)
{
    model_block_free(space->block);
    free(space->history);
    free(space->unmapped);
}

static bool is_in(const struct model_nvme_erase *erase, size_t place)
{
    return (erase->spaces >> place & 1) != 0;
}

/* Whether the drive leaves this block as it is, whatever it says. */
static bool is_spared(const struct model_nvme *nvme, const struct model_nvme_erase *erase, size_t place,
                      uint64_t lba)
{
    const struct model_nvme_space *space = &nvme->spaces[place];
    const struct model_nvme_lie *const *lies = erase->lies, *one = lies[MODEL_NVME_ERASES_ONE];
    bool crypto = (erase->on & (MODEL_NVME_CRYPTO | MODEL_NVME_FORMAT_CRYPTO | MODEL_NVME_REVERT)) != 0;
    uint32_t only = one == NULL || one->value == 0 ? nvme->spaces[0].medium.nsid : (uint32_t)one->value;
    return lies[MODEL_NVME_ERASES_NOTHING] != NULL || lies[MODEL_NVME_ONLY_UNMAPS] != NULL ||
           erase->on == MODEL_NVME_FORMAT_PLAIN || (lies[MODEL_NVME_KEEPS_KEY] != NULL && crypto) ||
           (lies[MODEL_NVME_ERASES_HALF] != NULL && lba >= space->block->blocks / 2) ||
           (lies[MODEL_NVME_ERASES_NOT_LAST] != NULL && lba == space->block->blocks - 1) ||
           (one != NULL && space->medium.nsid != only) ||
           (lies[MODEL_NVME_ERASES_ATTACHED] != NULL && space->medium.detached);
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

/* The last pass is the pattern itself; where they are inverted between passes, an even number begins with its
 * inverse (Base 2.0, 8.x, overwrite mechanism). The dword's lowest byte comes first. */
static void overwrite(uint8_t *data, uint32_t bytes, const struct model_nvme_erase *erase, uint64_t pass)
{
    bool inverted = (erase->cdw10 & NVME_OIPBP) != 0 && (erase->passes - 1 - pass) % 2 != 0;
    uint32_t pattern = inverted ? ~erase->cdw11 : erase->cdw11;
    for (uint32_t i = 0; i < bytes; i++)
        data[i] = (uint8_t)(pattern >> (i % 4 * 8));
}

static void erase_block(struct model_nvme *nvme, const struct model_nvme_erase *erase, size_t place,
                        uint64_t lba, uint64_t pass)
{
    struct model_nvme_space *space = &nvme->spaces[place];
    uint32_t bytes = space->block->config.block_bytes;
    uint8_t *data = space->block->media + lba * bytes;
    if (is_spared(nvme, erase, place, lba))
        return;
    if (erase->on == MODEL_NVME_OVERWRITE)
        overwrite(data, bytes, erase, pass);
    else if ((erase->on & (MODEL_NVME_CRYPTO | MODEL_NVME_FORMAT_CRYPTO | MODEL_NVME_REVERT)) != 0)
        scramble(data, bytes, mixed(erase->key * 131 + place) + lba * bytes);
    else
        memset(data, nvme->config.block_value, bytes);
    space->history[lba] = MODEL_NVME_ERASED;
    space->unmapped[lba] = false;
}

/* One namespace after the other, a whole pass after the other. */
static void erase_up_to(struct model_nvme *nvme, struct model_nvme_erase *erase, uint64_t done)
{
    uint64_t in_pass = erase->steps / erase->passes;
    for (; erase->done < done; erase->done++) {
        uint64_t at = erase->done % in_pass;
        size_t place = 0;
        while (!is_in(erase, place) || at >= nvme->spaces[place].block->blocks) {
            at -= is_in(erase, place) ? nvme->spaces[place].block->blocks : 0;
            place++;
        }
        erase_block(nvme, erase, place, at, erase->done / in_pass);
    }
}

static void unmap(struct model_nvme *nvme, const struct model_nvme_erase *erase)
{
    bool all = erase->lies[MODEL_NVME_ONLY_UNMAPS] != NULL || erase->on == MODEL_NVME_FORMAT_PLAIN;
    for (size_t place = 0; place < nvme->count; place++)
        for (uint64_t lba = 0; is_in(erase, place) && lba < nvme->spaces[place].block->blocks; lba++)
            if (all || !is_spared(nvme, erase, place, lba))
                nvme->spaces[place].unmapped[lba] = true;
}

static unsigned passes_of(const struct model_nvme_erase *erase)
{
    unsigned passes = erase->cdw10 >> 4 & 0xf;
    return erase->on != MODEL_NVME_OVERWRITE ? 1 : passes == 0 ? MOST_PASSES : passes;
}

static uint64_t duration_of(const struct model_nvme *nvme, const struct model_nvme_erase *erase)
{
    const struct model_nvme_config *config = &nvme->config;
    uint32_t ms, usual;
    switch (erase->on) {
    case MODEL_NVME_REVERT: /* its time is over */
        return 0;
    case MODEL_NVME_BLOCK:
        ms = config->block_ms, usual = BLOCK_MS;
        break;
    case MODEL_NVME_CRYPTO:
        ms = config->crypto_ms, usual = CRYPTO_MS;
        break;
    case MODEL_NVME_OVERWRITE:
        ms = config->pass_ms, usual = PASS_MS;
        break;
    default:
        ms = config->format_ms, usual = FORMAT_MS;
    }
    return ms == MODEL_ALL ? 0 : (ms == 0 ? usual : ms) * (uint64_t)erase->passes;
}

static void choose_lies(struct model_nvme *nvme, struct model_nvme_erase *erase)
{
    for (int kind = MODEL_NVME_ERASES_NOTHING; kind < MODEL_NVME_HANGS; kind++) {
        struct model_nvme_lie *lie = nvme_lie(nvme, (enum model_nvme_lie_kind)kind, erase->on);
        erase->lies[kind] = lie;
        if (lie != NULL)
            nvme_lie_spend(lie);
    }
}

void nvme_erase_begin(struct model_nvme *nvme, struct model_nvme_erase *erase, unsigned on, uint32_t cdw10,
                      uint32_t cdw11, uint32_t spaces)
{
    bool sanitize = (on & MODEL_NVME_SANITIZE) != 0, kept = sanitize && (cdw10 & NVME_NDAS) != 0;
    bool inhibited = (nvme->config.sanicap & UW_NVME_SANICAP_NO_DEALLOCATE_INHIBITED) != 0;
    *erase = (struct model_nvme_erase){.running = true,
                                       .on = on,
                                       .cdw10 = cdw10,
                                       .cdw11 = cdw11,
                                       .spaces = spaces,
                                       .key = ++nvme->keys,
                                       .unexpected = kept && inhibited,
                                       .unmaps = kept ? inhibited : !nvme->config.keeps_mapped};
    erase->passes = passes_of(erase);
    erase->duration_ms = duration_of(nvme, erase);
    for (size_t place = 0; place < nvme->count; place++) {
        if (!is_in(erase, place))
            continue;
        erase->steps += nvme->spaces[place].block->blocks * erase->passes;
        model_block_settle(nvme->spaces[place].block);
    }
    choose_lies(nvme, erase);
    if (sanitize) {
        nvme->state = NVME_RUNNING;
        nvme->passes_done = 0;
        nvme->global_erased = nvme->restricted_failure = nvme->unrestricted_failure = false;
    }
    nvme_erase_run(nvme, erase, 0);
}

static void end_sanitize(struct model_nvme *nvme, struct model_nvme_erase *erase, bool failed)
{
    bool says_failed = failed || erase->lies[MODEL_NVME_FAILS_AFTER_ERASING] != NULL;
    nvme->state = says_failed ? NVME_FAILED : erase->unexpected ? NVME_UNEXPECTED : NVME_SUCCESS;
    nvme->restricted_failure = says_failed && (erase->cdw10 & NVME_AUSE) == 0;
    nvme->unrestricted_failure = says_failed && !nvme->restricted_failure;
    nvme->global_erased = !says_failed;
}

static void end(struct model_nvme *nvme, struct model_nvme_erase *erase, bool failed)
{
    erase->running = false;
    if (!failed && (erase->unmaps || erase->lies[MODEL_NVME_ONLY_UNMAPS] != NULL))
        unmap(nvme, erase);
    if (!failed)
        nvme->erases++;
    if ((erase->on & MODEL_NVME_SANITIZE) != 0) {
        end_sanitize(nvme, erase, failed);
        return;
    }
    for (size_t place = 0; place < nvme->count; place++)
        if (is_in(erase, place))
            nvme->spaces[place].format_broken = false;
}

void nvme_erase_run(struct model_nvme *nvme, struct model_nvme_erase *erase, uint64_t ms)
{
    const struct model_nvme_lie *stands = erase->lies[MODEL_NVME_STANDS],
                                *fails = erase->lies[MODEL_NVME_FAILS];
    uint64_t last_ms = erase->duration_ms;
    if (!erase->running)
        return;
    if (stands != NULL) /* rounded up, so that the progress comes out as `value` */
        last_ms =
            (last_ms * (stands->value == 0 ? STANDS_AT : stands->value) + PROGRESS_OF - 1) / PROGRESS_OF;
    else if (fails != NULL)
        last_ms = last_ms * fails->value / 100;
    erase->elapsed_ms = ms < last_ms - erase->elapsed_ms ? erase->elapsed_ms + ms : last_ms;
    uint64_t done =
        erase->duration_ms == 0 ? erase->steps : erase->steps * erase->elapsed_ms / erase->duration_ms;
    if (erase->duration_ms == 0 && fails != NULL)
        done = erase->steps * fails->value / 100;
    erase_up_to(nvme, erase, done);
    if (erase->on == MODEL_NVME_OVERWRITE)
        nvme->passes_done = (uint8_t)(erase->done / (erase->steps / erase->passes));
    if (erase->elapsed_ms == last_ms && stands == NULL)
        end(nvme, erase, fails != NULL);
}

uint8_t nvme_format_left(const struct model_nvme *nvme, size_t place)
{
    const struct model_nvme_erase *format = &nvme->format;
    if (!format->running || !is_in(format, place))
        return nvme->spaces[place].format_broken ? nvme->spaces[place].format_left : 0;
    if (format->duration_ms == 0)
        return 0;
    return (uint8_t)((format->duration_ms - format->elapsed_ms) * 100 / format->duration_ms);
}

void nvme_format_break(struct model_nvme *nvme)
{
    if (!nvme->format.running)
        return;
    for (size_t place = 0; place < nvme->count; place++) {
        if (!is_in(&nvme->format, place))
            continue;
        nvme->spaces[place].format_left = nvme_format_left(nvme, place);
        nvme->spaces[place].format_broken = true;
    }
    nvme->format.running = false;
}

void nvme_new_key(void *drive)
{
    struct model_nvme *nvme = drive;
    nvme_erase_begin(nvme, &nvme->revert, MODEL_NVME_REVERT, 0, 0, nvme_all_spaces(nvme));
}
