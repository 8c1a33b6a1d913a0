/* SPDX-License-Identifier: Apache-2.0 */
/* What the drive says of itself: IDENTIFY DEVICE (ACS-4, 7.13), READ LOG EXT with the IDENTIFY DEVICE data
 * log (9.11), DEVICE CONFIGURATION IDENTIFY (ATA8-ACS, 7.10.3). */
#include "model_ata_parts.h"

#include <stdio.h>
#include <string.h>

enum { SIGNATURE_AT = 510, SUM_AT = 511, SIGNATURE = 0xa5 };
enum { LOG_DIRECTORY = 0x00, LOG_IDENTIFY = 0x30 };

static const uint64_t VALID = 1ULL << 63, MOST_28_BIT = 0x0fffffff;

void ata_put(uint8_t *at, unsigned bytes, uint64_t value)
{
    for (unsigned i = 0; i < bytes; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

void ata_put_big(uint8_t *at, unsigned bytes, uint64_t value)
{
    for (unsigned i = 0; i < bytes; i++)
        at[i] = (uint8_t)(value >> (8 * (bytes - 1 - i)));
}

static void put_word(uint8_t *page, unsigned word, unsigned value)
{
    ata_put(page + 2 * word, 2, value);
}

/* Padded with spaces; the first character is the word's upper byte. */
static void put_text(uint8_t *page, unsigned word, unsigned words, const char *text)
{
    size_t length = strlen(text);
    for (unsigned i = 0; i < 2 * words; i++)
        page[2 * word + (i ^ 1)] = i < length ? (uint8_t)text[i] : ' ';
}

void ata_page_checksum(uint8_t *page)
{
    unsigned sum = 0;
    page[SIGNATURE_AT] = SIGNATURE;
    for (unsigned i = 0; i < SUM_AT; i++)
        sum += page[i];
    page[SUM_AT] = (uint8_t)(0 - sum);
}

uint64_t ata_sectors(struct model_ata *ata)
{
    return ata->visible + (ata_later_lie(ata, MODEL_ATA_OTHER_SIZE) != NULL ? 1 : 0);
}

static unsigned bit(bool set, unsigned number)
{
    return set ? 1U << number : 0;
}

/* Words 82..87: what is supported, then what is enabled. */
static void put_features(const struct model_ata *ata, uint8_t *page)
{
    const struct model_ata_config *config = &ata->config;
    bool ext = !config->no_48_bit;
    unsigned common = 1U << 14 | bit(true, 5) | bit(config->hpa, 10);
    unsigned smart = bit(!config->smart.absent, 0), on = bit(!config->smart.absent && !config->smart.off, 0);
    unsigned second = bit(ext, 13) | 1U << 12 | bit(config->dco, 11) | bit(ext, 10);
    put_word(page, 82, common | smart | bit(ata_has_security(ata), 1));
    put_word(page, 83, 1U << 14 | second | bit(config->hpa, 8));
    put_word(page, 84, 1U << 14 | 1U << 5 | bit(ata->wwn != 0, 8));
    put_word(page, 85, (common & ~bit(config->cache_off, 5)) | on | bit(ata->enabled, 1));
    put_word(page, 86, 1U << 15 | second | bit(config->hpa_password, 8));
    put_word(page, 87, 1U << 14 | 1U << 5 | bit(ata->wwn != 0, 8));
    put_word(page, 119, 1U << 14 | bit(config->amax, 8));
    put_word(page, 120, 1U << 14 | bit(config->amax, 8));
}

static void put_security(const struct model_ata *ata, uint8_t *page)
{
    const struct model_ata_config *config = &ata->config;
    put_word(page, 128, ata_security_word(ata));
    if (!ata_has_security(ata))
        return;
    put_word(page, 89, config->erase_word);
    put_word(page, 90, config->enhanced ? config->enhanced_word : 0);
    put_word(page, 92, ata->master_id);
}

static unsigned sanitize_word(const struct model_ata_config *config)
{
    unsigned multiple = 1U << 8 | 16; /* of no concern here */
    if (!config->sanitize)
        return multiple;
    return multiple | 1U << 12 | 1U << 11 | bit(config->antifreeze, 10) | bit(config->crypto, 13) |
           bit(config->overwrite, 14) | bit(config->block_erase, 15);
}

static void put_size(struct model_ata *ata, uint8_t *page)
{
    uint64_t sectors = ata_sectors(ata);
    uint32_t sector = ata->block->config.block_bytes;
    ata_put(page + 2 * 60, 4, sectors < MOST_28_BIT ? sectors : MOST_28_BIT);
    if (!ata->config.no_48_bit)
        ata_put(page + 2 * 100, 8, sectors);
    put_word(page, 106, 1U << 14 | bit(sector != 512, 12));
    if (sector != 512)
        ata_put(page + 2 * 117, 4, sector / 2);
}

void ata_page_identify(struct model_ata *ata, uint8_t *page)
{
    const struct model_ata_config *config = &ata->config;
    bool other = ata_is_renamed(ata, MODEL_ATA_OTHER_SERIAL, false);
    uint64_t wwn = ata_is_renamed(ata, MODEL_ATA_OTHER_WWN, false) ? ata->wwn ^ 0xff00 : ata->wwn;
    memset(page, 0, MODEL_ATA_PAGE);
    put_word(page, 0, 0x0040);
    put_text(page, 10, 10, other ? "ANOTHER" : ata->serial);
    put_text(page, 23, 4, config->firmware != NULL ? config->firmware : "1.0");
    put_text(page, 27, 20, config->model != NULL ? config->model : "MODEL ATA DRIVE");
    put_word(page, 47, 0x8010);
    put_word(page, 48, 0x4000 | bit(config->tcg.class != MODEL_TCG_NONE, 0));
    put_word(page, 49, 0x0f00);
    put_word(page, 50, 0x4000);
    put_word(page, 53, 0x0006);
    put_word(page, 59, sanitize_word(config));
    put_size(ata, page);
    put_word(page, 69, bit(config->encrypts_all, 4));
    put_word(page, 78, bit(config->hybrid, 9));
    put_word(page, 214, bit(config->caches, 4));
    put_word(page, 76, 0x000e);
    put_word(page, 80, 0x0ff0);
    put_features(ata, page);
    put_security(ata, page);
    for (unsigned i = 0; i < 4; i++)
        put_word(page, 108 + i, (unsigned)(wwn >> (48 - 16 * i)) & 0xffff);
    put_word(page, 217, config->rotation);
    put_word(page, 222, 0x10ff);
    if (!config->no_checksum)
        ata_page_checksum(page);
}

static void put_qword(uint8_t *page, unsigned at, uint64_t value)
{
    ata_put(page + at, 8, VALID | value);
}

static void put_log_security(const struct model_ata *ata, uint8_t *page)
{
    const struct model_ata_config *config = &ata->config;
    put_qword(page, 8, ata->master_id);
    put_qword(page, 16, ata_security_word(ata) & 0x3f);
    put_qword(page, 24, config->enhanced_word);
    put_qword(page, 32, config->erase_word);
    put_qword(page, 40, bit(config->tcg.class != MODEL_TCG_NONE, 0));
    put_qword(page, 48,
              bit(config->restricted_overrides, 7) | bit(config->sanitize, 6) | bit(config->antifreeze, 5) |
                  bit(config->block_erase, 4) | bit(config->overwrite, 3) | bit(config->crypto, 2) |
                  bit(config->sanitize, 1) | bit(config->encrypts_all, 0));
}

static void put_log_identify(struct model_ata *ata, unsigned number, uint8_t *page)
{
    static const uint8_t pages[] = {0x00, 0x01, 0x02, 0x03, 0x06};
    if (memchr(pages, (int)number, sizeof pages) == NULL || number > 0xff)
        return; /* all zero */
    if (number == 0x01) {
        ata_page_identify(ata, page);
        return;
    }
    put_qword(page, 0, (uint64_t)number << 16 | 1);
    switch (number) {
    case 0x00:
        page[8] = sizeof pages;
        memcpy(page + 9, pages, sizeof pages);
        return;
    case 0x02:
        put_qword(page, 8, ata_sectors(ata));
        return;
    case 0x03:
        put_qword(page, 8, ata->config.definitive ? 1ULL << 51 : 0);
        return;
    default:
        put_log_security(ata, page);
    }
}

bool ata_page_log(struct model_ata *ata, uint8_t log, unsigned number, uint8_t *page)
{
    switch (log) {
    case LOG_DIRECTORY:
        put_word(page, 0, 1);
        put_word(page, LOG_IDENTIFY, 9);
        return number == 0;
    case LOG_IDENTIFY:
        put_log_identify(ata, number, page);
        return true;
    default:
        return false;
    }
}

void ata_page_dco(struct model_ata *ata, uint8_t *page)
{
    memset(page, 0, MODEL_ATA_PAGE);
    put_word(page, 0, 2);
    ata_put(page + 2 * 3, 8, ata->block->blocks - 1);
    put_word(page, 7, bit(ata->config.hpa, 7) | bit(ata->config.security, 3));
    ata_page_checksum(page);
    if (ata->config.dco_bad_answer)
        page[SUM_AT]++;
}
