/* SPDX-License-Identifier: Apache-2.0 */
/* What the controller says, byte by byte. NVM Express Base Specification 2.0: Identify 5.17, Get Log
 * Page 5.16; NVM Command Set Specification 1.0: Identify Namespace 4.1.5. */
#include "model_nvme_parts.h"

#include <string.h>

enum { IDS_APART = 100, TEMPERATURE_K = 310, OTHER_FORMAT_BYTES = 4096 };

static void put(uint8_t *page, size_t offset, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        page[offset + i] = (uint8_t)(i < sizeof value ? value >> (8 * i) : 0);
}

/* ASCII fields are filled up with spaces. */
static void put_text(uint8_t *page, size_t offset, const char *text, size_t bytes)
{
    size_t length = strlen(text);
    memset(page + offset, ' ', bytes);
    memcpy(page + offset, text, length < bytes ? length : bytes);
}

static uint64_t bytes_of(const struct model_nvme *nvme)
{
    uint64_t bytes = 0;
    for (size_t place = 0; place < nvme->count; place++)
        bytes += nvme->spaces[place].block->config.bytes;
    return bytes;
}

uint32_t nvme_nsid(struct model_nvme *nvme, size_t place)
{
    bool moved = nvme_later_lie(nvme, MODEL_NVME_OTHER_NSID) != NULL;
    return nvme->spaces[place].medium.nsid + (moved ? IDS_APART : 0);
}

uint32_t nvme_most_nsid(const struct model_nvme *nvme)
{
    uint32_t most = 0;
    for (size_t place = 0; place < nvme->count; place++)
        most = nvme->spaces[place].medium.nsid > most ? nvme->spaces[place].medium.nsid : most;
    return most + IDS_APART;
}

uint64_t nvme_blocks(struct model_nvme *nvme, size_t place)
{
    return nvme->spaces[place].block->blocks + (nvme_later_lie(nvme, MODEL_NVME_OTHER_SIZE) != NULL ? 1 : 0);
}

void nvme_page_controller(struct model_nvme *nvme, uint8_t *page)
{
    const struct model_nvme_config *config = &nvme->config;
    put(page, 0, 0x1b36, 2);
    put(page, 2, 0x1b36, 2);
    put_text(page, 4, nvme_later_lie(nvme, MODEL_NVME_OTHER_SERIAL) != NULL ? "ANOTHER" : nvme->serial, 20);
    put_text(page, 24, config->model != NULL ? config->model : "Model NVMe", 40);
    put_text(page, 64, config->firmware != NULL ? config->firmware : "1.0", 8);
    put(page, 76, config->cmic, 1);
    put(page, 78, 1, 2); /* CNTLID */
    put(page, 80, 0x00020000, 4);
    put(page, 256, config->oacs | (nvme_has_security(nvme) ? 1U : 0U), 2);
    put(page, 261, config->lpa, 1);
    put(page, 280, bytes_of(nvme) + config->unallocated_bytes, 16);
    put(page, 296, config->unallocated_bytes, 16);
    put(page, 312, config->rpmbs, 4);
    put(page, 328, config->sanicap, 4);
    put(page, 512, 0x66, 1);
    put(page, 513, 0x44, 1);
    put(page, 516, nvme_most_nsid(nvme), 4);
    put(page, 524, config->fna, 1);
    put(page, 525, config->vwc, 1);
    if (config->subsystem != NULL)
        memcpy(page + 768, config->subsystem, strnlen(config->subsystem, 255));
}

static unsigned exponent_of(uint32_t block_bytes)
{
    unsigned exponent = 0;
    while (block_bytes >> exponent > 1)
        exponent++;
    return exponent;
}

static void put_formats(const struct model_nvme_space *space, uint8_t *page)
{
    const struct model_nvme_medium *medium = &space->medium;
    uint32_t own = space->block->config.block_bytes;
    uint8_t formats = medium->format_index > 0 ? medium->format_index : 1;
    put(page, 25, formats, 1); /* counted from 0 */
    for (uint8_t i = 0; i <= formats; i++) {
        bool in_use = i == medium->format_index;
        uint32_t other = own == OTHER_FORMAT_BYTES ? 512 : OTHER_FORMAT_BYTES;
        put(page, 128U + 4U * i, in_use ? medium->metadata_bytes : 0, 2);
        put(page, 130U + 4U * i, exponent_of(in_use ? own : other), 1);
    }
    put(page, 26,
        (uint64_t)(medium->format_index & 0xf) | (uint64_t)(medium->format_index >> 4 & 3) << 5 |
            (medium->extended_metadata ? 1U << 4 : 0),
        1);
}

void nvme_page_namespace(struct model_nvme *nvme, size_t place, uint8_t *page)
{
    const struct model_nvme_space *space = &nvme->spaces[place];
    const struct model_nvme_medium *medium = &space->medium;
    uint64_t blocks = nvme_blocks(nvme, place);
    bool formatting = nvme->format.running && (nvme->format.spaces >> place & 1) != 0;
    for (size_t offset = 0; offset < 24; offset += 8) /* size, capacity, use */
        put(page, offset, blocks, 8);
    put_formats(space, page);
    put(page, 27, medium->metadata_bytes == 0 ? 0 : 3, 1);
    put(page, 28, medium->protection == 0 ? 0 : 0x1f, 1);
    put(page, 29, (uint64_t)medium->protection | (medium->protection_first ? 1U << 3 : 0), 1);
    put(page, 30, medium->shared, 1);
    /* The bit says that the percentage is kept, not that there is one. */
    put(page, 32, 0x80U | (formatting || space->format_broken ? nvme_format_left(nvme, place) : 0), 1);
    put(page, 33, nvme->config.dlfeat, 1);
    put(page, 48, space->block->config.bytes, 16);
    put(page, 99, medium->write_protected, 1);
    memcpy(page + 120, medium->eui64, sizeof medium->eui64);
    if (nvme_later_lie(nvme, MODEL_NVME_OTHER_EUI) != NULL)
        page[121] ^= 0xff;
}

void nvme_page_list(struct model_nvme *nvme, uint32_t after, bool allocated, uint8_t *page)
{
    size_t count = 0;
    for (;;) {
        uint32_t next = 0;
        for (size_t place = 0; place < nvme->count; place++) {
            uint32_t nsid = nvme_nsid(nvme, place);
            bool listed = (allocated || !nvme->spaces[place].medium.detached) && nsid > after;
            if (listed && (next == 0 || nsid < next))
                next = nsid;
        }
        if (next == 0)
            return;
        put(page, 4 * count++, next, 4);
        after = next;
    }
}

void nvme_log_health(struct model_nvme *nvme, uint8_t *log)
{
    put(log, 0, nvme->config.critical_warning, 1);
    put(log, 1, TEMPERATURE_K, 2);
    put(log, 3, 100, 1);
    put(log, 4, 10, 1);
    put(log, 5, 3, 1);
    put(log, 112, nvme->power_cycles, 16);
    put(log, 128, 4321, 16);
    put(log, 144, nvme->unsafe_shutdowns, 16);
}

static bool is_log_lie(struct model_nvme *nvme, enum model_nvme_lie_kind kind,
                       const struct model_nvme_lie **lie)
{
    *lie = nvme->sanitize.lies[kind];
    if (*lie == NULL)
        *lie = nvme_lie(nvme, kind, MODEL_NVME_GET_LOG);
    return *lie != NULL;
}

/* n of 65536; FFFFh: nothing runs. */
static uint16_t progress_of(const struct model_nvme *nvme)
{
    const struct model_nvme_erase *erase = &nvme->sanitize;
    if (!erase->running || erase->duration_ms == 0)
        return UINT16_MAX;
    uint64_t progress = erase->elapsed_ms * 65536 / erase->duration_ms;
    const struct model_nvme_lie *stands = erase->lies[MODEL_NVME_STANDS];
    if (stands != NULL && progress > stands->value && stands->value != 0)
        progress = stands->value;
    if (erase->lies[MODEL_NVME_RUNS_BACKWARDS] != NULL)
        progress = progress < 65000 ? 65000 - progress : 0;
    if (erase->lies[MODEL_NVME_PROGRESS_FFFF] != NULL && erase->elapsed_ms * 2 >= erase->duration_ms)
        return UINT16_MAX;
    return progress > 0xfffe ? 0xfffe : (uint16_t)progress;
}

static void put_estimates(const struct model_nvme_config *config, uint8_t *log)
{
    for (size_t i = 0; i < 6; i++)
        put(log, 8 + 4 * i, config->no_estimates ? UINT32_MAX : config->estimate_s[i], 4);
}

int nvme_log_sanitize(struct model_nvme *nvme, uint8_t *log)
{
    const struct model_nvme_lie *lie;
    const struct model_nvme_erase *erase = &nvme->sanitize;
    uint64_t status = nvme->state, progress = progress_of(nvme), cdw10 = erase->cdw10;
    if (is_log_lie(nvme, MODEL_NVME_LOG_REFUSED, &lie))
        return lie->value != 0 ? (int)lie->value : UW_NVME_INVALID_FIELD;
    if (is_log_lie(nvme, MODEL_NVME_LOG_ZERO, &lie))
        return 0;
    if (erase->running && erase->lies[MODEL_NVME_SUCCESS_AT_ONCE] != NULL)
        status = NVME_SUCCESS | 1U << 8, progress = UINT16_MAX;
    if (!erase->running && is_log_lie(nvme, MODEL_NVME_RESERVED_STATUS, &lie))
        status = lie->value != 0 ? lie->value : 5;
    if (is_log_lie(nvme, MODEL_NVME_OTHER_ACTION, &lie))
        cdw10 = lie->value != 0 ? lie->value : (cdw10 & ~7U) | ((cdw10 & 7) == 2 ? 4 : 2);
    status |= (uint64_t)nvme->passes_done << 3 | (uint64_t)nvme->global_erased << 8;
    if (is_log_lie(nvme, MODEL_NVME_STALE_LOG, &lie)) {
        status = nvme->config.former.state | (uint64_t)nvme->config.former.global_erased << 8;
        progress = UINT16_MAX;
        cdw10 = nvme->config.former.cdw10;
    }
    put(log, 0, progress, 2);
    put(log, 2, status, 2);
    put(log, 4, cdw10, 4);
    put_estimates(&nvme->config, log);
    return 0;
}
