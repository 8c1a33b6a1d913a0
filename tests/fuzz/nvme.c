/* SPDX-License-Identifier: Apache-2.0 */
/* What an NVMe drive answers: the input as each of the pages, as it is and, so that short inputs say
 * something, with zeros behind it up to the page's size. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "wire/nvme.h"

/* Ends within its array, nothing strange in it, no spaces around it. */
static void check_text(const char *text, size_t text_bytes, size_t most)
{
    must(memchr(text, '\0', text_bytes) != NULL);
    must_be_printable(text, false);
    must(strlen(text) <= most);
    must(text[0] == '\0' || (text[0] != ' ' && text[strlen(text) - 1] != ' '));
}

/* Read as a number again, it is the one that stands there. */
static void check_capacity(const char *text, const uint8_t *at)
{
    uint8_t number[16] = {0};
    must(memchr(text, '\0', UW_NVME_CAPACITY_BYTES) != NULL);
    must(strspn(text, "0123456789") == strlen(text) && (text[0] != '0' || text[1] == '\0'));
    for (const char *p = text; *p != '\0'; p++) {
        unsigned carry = (unsigned)(*p - '0');
        for (size_t i = 0; i < sizeof number; i++) {
            carry += number[i] * 10U;
            number[i] = (uint8_t)carry;
            carry >>= 8;
        }
        must(carry == 0);
    }
    must(memcmp(number, at, sizeof number) == 0);
}

static void check_controller(const uint8_t *page, size_t bytes)
{
    static const struct uw_nvme_controller none;
    struct uw_nvme_controller c;
    memset(&c, 0xa5, sizeof c);
    must(uw_nvme_decode_controller(page, bytes, &c) == (bytes >= UW_NVME_PAGE_BYTES));
    must(c.known == (bytes >= UW_NVME_PAGE_BYTES));
    must(c.known || memcmp(&c, &none, sizeof c) == 0);
    if (!c.known)
        return;
    check_text(c.serial, sizeof c.serial, 20);
    check_text(c.model, sizeof c.model, 40);
    check_text(c.firmware, sizeof c.firmware, 8);
    check_text(c.subsystem, sizeof c.subsystem, 255);
    check_capacity(c.total_bytes, page + 280);
    check_capacity(c.unallocated_bytes, page + 296);
    must(c.total_bytes[0] == '\0' || c.unallocated_bytes[0] != '\0');
}

/* Every format erases and changes nothing else: not the block size, nor what a reserved bit may come to mean.
 */
static void check_format(const struct uw_nvme_namespace *ns, enum uw_nvme_erase erase)
{
    struct uw_nvme_command c = uw_nvme_format(ns, ns->nsid, erase, 1);
#ifdef FUZZ_SELFTEST
    /* A format that forgets to erase where blocks are protected. */
    if (ns->protection != 0)
        c.cdw10 &= ~0xe00U;
#endif
    must(c.opcode == UW_NVME_FORMAT && c.nsid == ns->nsid && c.timeout_ms == 1);
    must((c.cdw10 >> 9 & 7) == (uint32_t)erase);
    must((c.cdw10 & ~0x3fffU) == 0 && c.cdw11 == 0 && c.cdw12 == 0 && c.cdw13 == 0);
    must(((c.cdw10 & 0xf) | (c.cdw10 >> 12 & 3) << 4) == ns->format_index);
    must((c.cdw10 >> 4 & 1) == ns->extended_metadata);
    must((c.cdw10 >> 5 & 7) == ns->protection && (c.cdw10 >> 8 & 1) == ns->protection_first);
    must(c.data == NULL && c.data_bytes == 0);
}

static void check_namespace(const uint8_t *page, size_t bytes)
{
    static const struct uw_nvme_namespace none;
    struct uw_nvme_namespace ns;
    memset(&ns, 0xa5, sizeof ns);
    must(uw_nvme_decode_namespace(page, bytes, 7, &ns) == (bytes >= UW_NVME_PAGE_BYTES));
    must(ns.known == (bytes >= UW_NVME_PAGE_BYTES));
    must(ns.known || memcmp(&ns, &none, sizeof ns) == 0);
    must(ns.format_index < 64 && ns.protection < 8 && ns.deallocated < 8);
    must(ns.block_bytes == 0 || (ns.block_bytes >= 512 && ns.block_bytes <= 65536));
    must((ns.block_bytes & (ns.block_bytes - 1)) == 0);
    must(ns.block_bytes != 0 || ns.metadata_bytes == 0);
    must(ns.block_bytes == 0 || ns.format_index <= page[25]);
    must(ns.nsid == (ns.known ? 7 : 0));
    check_format(&ns, UW_NVME_SES_USER_DATA);
    check_format(&ns, UW_NVME_SES_CRYPTO);
}

static void check_list(const uint8_t *page, size_t bytes)
{
    static const struct uw_nvme_list none;
    struct uw_nvme_list list;
    memset(&list, 0xa5, sizeof list);
    bool known = uw_nvme_decode_list(page, bytes, &list);
    must(known == list.known && (!known || bytes >= UW_NVME_PAGE_BYTES));
    must(known || memcmp(&list, &none, sizeof list) == 0);
    must(list.count <= UW_NVME_NAMESPACES && (!list.more || list.count == UW_NVME_NAMESPACES));
    for (size_t i = 0; i < list.count; i++) {
        must(list.ids[i] != 0 && list.ids[i] != UW_NVME_ALL);
        must(i == 0 || list.ids[i - 1] < list.ids[i]);
    }
}

static void check_sanitize(const uint8_t *log, size_t bytes)
{
    static const struct uw_nvme_sanitize_log none;
    struct uw_nvme_sanitize_log s;
    memset(&s, 0xa5, sizeof s);
    must(uw_nvme_decode_sanitize(log, bytes, &s) == (bytes >= UW_NVME_LOG_BYTES));
    must(s.known == (bytes >= UW_NVME_LOG_BYTES));
    must(s.known || memcmp(&s, &none, sizeof s) == 0);
    must(s.state < 8 && s.passes_done < 32);
    must((unsigned)s.state + s.passes_done * 8U + (s.global_erased ? 256 : 0) == (s.status & 0x1ffU));
    must(!s.known || memcmp(s.raw, log, sizeof s.raw) == 0);
    must((uint32_t)uw_nvme_sanitize_action_of(s.cdw10) == s.cdw10 % 8);
}

static void check_counter(uint64_t counter)
{
    must(counter < 1ULL << 53 || counter == UINT64_MAX);
}

static void check_health(const uint8_t *log, size_t bytes)
{
    static const struct uw_nvme_health none;
    struct uw_nvme_health h;
    memset(&h, 0xa5, sizeof h);
    must(uw_nvme_decode_health(log, bytes, &h) == (bytes >= UW_NVME_LOG_BYTES));
    must(h.known == (bytes >= UW_NVME_LOG_BYTES));
    must(h.known || memcmp(&h, &none, sizeof h) == 0);
    check_counter(h.power_on_hours);
    check_counter(h.power_cycles);
    check_counter(h.unsafe_shutdowns);
    check_counter(h.media_errors);
}

/* The input as a command with its answer. */
static void check_words(const uint8_t *data, size_t bytes)
{
    struct uw_nvme_command c = {0};
    char status[UW_NVME_STATUS_TEXT];
    memcpy(&c.status, data, bytes < sizeof c.status ? bytes : sizeof c.status);
    uw_nvme_status_text(c.status, status);
    check_text(status, sizeof status, sizeof status - 1);
    must(status[0] != '\0');
}

static void check_all(const uint8_t *data, size_t bytes)
{
    check_controller(data, bytes);
    check_namespace(data, bytes);
    check_list(data, bytes);
    check_sanitize(data, bytes);
    check_health(data, bytes);
}

static void check_padded(const uint8_t *data, size_t bytes, size_t page_bytes)
{
    uint8_t *page = calloc(1, page_bytes);
    must(page != NULL);
    memcpy(page, data, bytes < page_bytes ? bytes : page_bytes);
    check_all(page, page_bytes);
    free(page);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static const uint8_t none[1];
    if (bytes == 0) /* libFuzzer's first input has no address */
        data = none;
    check_all(data, bytes);
    check_padded(data, bytes, UW_NVME_LOG_BYTES);
    check_padded(data, bytes, UW_NVME_PAGE_BYTES);
    check_words(data, bytes);
    return 0;
}
