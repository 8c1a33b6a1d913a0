/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/nvme.h"

#include <string.h>

#include "core/drive.h"

static uint16_t get16(const uint8_t *at)
{
    return (uint16_t)(at[0] | (unsigned)at[1] << 8);
}

static uint32_t get32(const uint8_t *at)
{
    return get16(at) | (uint32_t)get16(at + 2) << 16;
}

static uint64_t get64(const uint8_t *at)
{
    return get32(at) | (uint64_t)get32(at + 4) << 32;
}

static bool is_zero(const uint8_t *at, size_t bytes)
{
    while (bytes > 0 && at[bytes - 1] == 0)
        bytes--;
    return bytes == 0;
}

/* 128 bits in decimal: the highest byte first, divided by ten until nothing is left. */
static void capacity_text(const uint8_t *at, char *text)
{
    uint8_t rest[16];
    char digits[UW_NVME_CAPACITY_BYTES];
    size_t first = sizeof digits - 1;
    memcpy(rest, at, sizeof rest);
    digits[first] = '\0';
    do {
        unsigned remainder = 0;
        for (size_t i = sizeof rest; i-- > 0;) {
            unsigned value = remainder << 8 | rest[i];
            rest[i] = (uint8_t)(value / 10);
            remainder = value % 10;
        }
        digits[--first] = (char)('0' + remainder);
    } while (!is_zero(rest, sizeof rest));
    memcpy(text, digits + first, sizeof digits - first);
}

static void clean(char *to, size_t to_bytes, const uint8_t *from, size_t from_bytes)
{
    uw_clean_string(to, to_bytes, (const char *)from, from_bytes);
}

bool uw_nvme_decode_controller(const uint8_t *page, size_t bytes, struct uw_nvme_controller *controller)
{
    enum { TNVMCAP = 280, UNVMCAP = 296, CAPACITY = 16, RPMBS = 312, RPMB_UNITS = 7 };
    struct uw_nvme_controller *c = controller;
    memset(c, 0, sizeof *c);
    if (bytes < UW_NVME_PAGE_BYTES)
        return false;
    clean(c->serial, sizeof c->serial, page + 4, 20);
    clean(c->model, sizeof c->model, page + 24, 40);
    clean(c->firmware, sizeof c->firmware, page + 64, 8);
    clean(c->subsystem, sizeof c->subsystem, page + 768, 256);
    c->cmic = page[76];
    c->version = get32(page + 80);
    c->oacs = get16(page + 256);
    c->lpa = page[261];
    bool has_total = !is_zero(page + TNVMCAP, CAPACITY);
    if (has_total)
        capacity_text(page + TNVMCAP, c->total_bytes);
    if (has_total || !is_zero(page + UNVMCAP, CAPACITY))
        capacity_text(page + UNVMCAP, c->unallocated_bytes);
    c->rpmb_units = page[RPMBS] & RPMB_UNITS;
    c->sanicap = get32(page + 328);
    c->namespaces_max = get32(page + 516);
    c->oncs = get16(page + 520);
    c->fna = page[524];
    c->vwc = page[525];
    c->known = true;
    return true;
}

/* LBA format: MS 15:0, LBADS 23:16, the latter an exponent of two. */
static void decode_format(const uint8_t *page, struct uw_nvme_namespace *ns)
{
    enum { LEAST = 9, MOST = 16 };
    uint8_t formats = page[25]; /* the last one's index */
    const uint8_t *format = page + 128 + 4 * (size_t)ns->format_index;
    if (ns->format_index > formats || format[2] < LEAST || format[2] > MOST)
        return;
    ns->metadata_bytes = get16(format);
    ns->block_bytes = 1U << format[2];
}

bool uw_nvme_decode_namespace(const uint8_t *page, size_t bytes, uint32_t nsid, struct uw_nvme_namespace *ns)
{
    memset(ns, 0, sizeof *ns);
    if (bytes < UW_NVME_PAGE_BYTES)
        return false;
    uint8_t flbas = page[26], dps = page[29];
    ns->nsid = nsid;
    ns->blocks = get64(page);
    ns->format_index = (uint8_t)((flbas & 0x0f) | (flbas >> 5 & 3) << 4);
    ns->extended_metadata = (flbas >> 4 & 1) != 0;
    ns->protection = dps & 7;
    ns->protection_first = (dps >> 3 & 1) != 0;
    ns->nmic = page[30];
    ns->format_progress = page[32];
    ns->deallocated = page[33] & 7;
    ns->attributes = page[99];
    memcpy(ns->nguid, page + 104, sizeof ns->nguid);
    memcpy(ns->eui64, page + 120, sizeof ns->eui64);
    decode_format(page, ns);
    ns->known = true;
    return true;
}

/* An id of FFFFFFFFh would make a command to one namespace a command to all. */
bool uw_nvme_decode_list(const uint8_t *page, size_t bytes, struct uw_nvme_list *list)
{
    memset(list, 0, sizeof *list);
    if (bytes < UW_NVME_PAGE_BYTES)
        return false;
    uint32_t last = 0;
    for (size_t at = 0; at < UW_NVME_PAGE_BYTES; at += 4) {
        uint32_t id = get32(page + at);
        if (id == 0)
            break;
        if (id <= last || id == UW_NVME_ALL) {
            memset(list, 0, sizeof *list);
            return false;
        }
        last = id;
        if (list->count < UW_NVME_NAMESPACES)
            list->ids[list->count++] = id;
        else
            list->more = true;
    }
    list->known = true;
    return true;
}

enum { SSI_MEDIA_VERIFICATION = 5 };

bool uw_nvme_decode_sanitize(const uint8_t *log, size_t bytes, struct uw_nvme_sanitize_log *sanitize)
{
    struct uw_nvme_sanitize_log *s = sanitize;
    memset(s, 0, sizeof *s);
    if (bytes < UW_NVME_LOG_BYTES)
        return false;
    s->progress = get16(log);
    s->status = get16(log + 2);
    s->state = s->status & 7;
    s->passes_done = s->status >> 3 & 0x1f;
    s->global_erased = (s->status >> 8 & 1) != 0;
    s->cdw10 = get32(log + 4);
    s->overwrite_s = get32(log + 8);
    s->block_s = get32(log + 12);
    s->crypto_s = get32(log + 16);
    s->overwrite_kept_s = get32(log + 20);
    s->block_kept_s = get32(log + 24);
    s->crypto_kept_s = get32(log + 28);
    s->verifying = (log[36] & 0x0f) == SSI_MEDIA_VERIFICATION;
    memcpy(s->raw, log, sizeof s->raw);
    s->known = true;
    return true;
}

/* A 128-bit counter, as far as a document can hold it exactly. */
static uint64_t counter(const uint8_t *at)
{
    uint64_t low = get64(at);
    return low < 1ULL << 53 && is_zero(at + 8, 8) ? low : UINT64_MAX;
}

bool uw_nvme_decode_health(const uint8_t *log, size_t bytes, struct uw_nvme_health *health)
{
    memset(health, 0, sizeof *health);
    if (bytes < UW_NVME_LOG_BYTES)
        return false;
    health->critical_warning = log[0];
    health->temperature_k = get16(log + 1);
    health->available_spare = log[3];
    health->percentage_used = log[5];
    health->power_cycles = counter(log + 112);
    health->power_on_hours = counter(log + 128);
    health->unsafe_shutdowns = counter(log + 144);
    health->media_errors = counter(log + 160);
    health->known = true;
    return true;
}
