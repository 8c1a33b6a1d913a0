/* SPDX-License-Identifier: Apache-2.0 */
/* The NVMe codec against two sources: numbers of the specification as they stand there, and the structures
 * of libnvme, which others wrote from the same text. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <libnvme.h>

#include "wire/nvme.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static uint8_t page[UW_NVME_PAGE_BYTES];

static void fill(int byte)
{
    memset(page, byte, sizeof page);
}

static void put(size_t at, size_t bytes, uint64_t value)
{
    for (size_t i = 0; i < bytes; i++)
        page[at + i] = (uint8_t)(value >> 8 * i);
}

/* ---- Commands */

static void check_read(const struct uw_nvme_command *c, uint8_t opcode, uint32_t nsid, uint32_t cdw10,
                       uint32_t bytes)
{
    assert_int_equal(c->opcode, opcode);
    assert_int_equal(c->nsid, nsid);
    assert_int_equal(c->cdw10, cdw10);
    assert_int_equal(c->cdw11 | c->cdw12 | c->cdw13, 0);
    assert_ptr_equal(c->data, page);
    assert_int_equal(c->data_bytes, bytes);
    assert_int_equal(c->timeout_ms, 30000);
    assert_int_equal(c->status, 0);
    assert_int_equal(c->result, 0);
}

static void reads(void **state)
{
    (void)state;
    struct uw_nvme_command c = uw_nvme_identify_controller(page);
    check_read(&c, 0x06, 0, 0x01, 4096);
    c = uw_nvme_identify_namespace(7, page);
    check_read(&c, 0x06, 7, 0x00, 4096);
    c = uw_nvme_identify_namespace(UW_NVME_ALL, page);
    check_read(&c, 0x06, 0xffffffff, 0x00, 4096);
    c = uw_nvme_identify_active(page);
    check_read(&c, 0x06, 0, 0x02, 4096);
    c = uw_nvme_identify_allocated(page);
    check_read(&c, 0x06, 0, 0x10, 4096);
    c = uw_nvme_get_health(page);
    check_read(&c, 0x02, 0xffffffff, 0x007f0002, 512);
    c = uw_nvme_get_sanitize(page);
    check_read(&c, 0x02, 0xffffffff, 0x007f0081, 512);
}

/* Others' numbers for the same. */
static void agrees_on_numbers(void **state)
{
    (void)state;
    assert_int_equal(UW_NVME_GET_LOG, nvme_admin_get_log_page);
    assert_int_equal(UW_NVME_IDENTIFY, nvme_admin_identify);
    assert_int_equal(UW_NVME_FORMAT, nvme_admin_format_nvm);
    assert_int_equal(UW_NVME_SANITIZE, nvme_admin_sanitize_nvm);
    assert_int_equal(uw_nvme_identify_controller(page).cdw10, NVME_IDENTIFY_CNS_CTRL);
    assert_int_equal(uw_nvme_identify_namespace(1, page).cdw10, NVME_IDENTIFY_CNS_NS);
    assert_int_equal(uw_nvme_identify_active(page).cdw10, NVME_IDENTIFY_CNS_NS_ACTIVE_LIST);
    assert_int_equal(uw_nvme_identify_allocated(page).cdw10, NVME_IDENTIFY_CNS_ALLOCATED_NS_LIST);
    assert_int_equal(uw_nvme_get_health(page).cdw10 & 0xff, NVME_LOG_LID_SMART);
    assert_int_equal(uw_nvme_get_sanitize(page).cdw10 & 0xff, NVME_LOG_LID_SANITIZE);
    assert_int_equal(UW_NVME_ALL, NVME_NSID_ALL);
    assert_int_equal(UW_NVME_SANACT_EXIT_FAILURE, NVME_SANITIZE_SANACT_EXIT_FAILURE);
    assert_int_equal(UW_NVME_SANACT_BLOCK, NVME_SANITIZE_SANACT_START_BLOCK_ERASE);
    assert_int_equal(UW_NVME_SANACT_OVERWRITE, NVME_SANITIZE_SANACT_START_OVERWRITE);
    assert_int_equal(UW_NVME_SANACT_CRYPTO, NVME_SANITIZE_SANACT_START_CRYPTO_ERASE);
    assert_int_equal(UW_NVME_SES_USER_DATA, NVME_FORMAT_SES_USER_DATA_ERASE);
    assert_int_equal(UW_NVME_SES_CRYPTO, NVME_FORMAT_SES_CRYPTO_ERASE);
    assert_int_equal(UW_NVME_SANITIZE_NEVER, NVME_SANITIZE_SSTAT_STATUS_NEVER_SANITIZED);
    assert_int_equal(UW_NVME_SANITIZE_SUCCESS, NVME_SANITIZE_SSTAT_STATUS_COMPLETE_SUCCESS);
    assert_int_equal(UW_NVME_SANITIZE_FAILED, NVME_SANITIZE_SSTAT_STATUS_COMPLETED_FAILED);
    assert_int_equal(UW_NVME_SANITIZE_SUCCESS_DEALLOCATED, NVME_SANITIZE_SSTAT_STATUS_ND_COMPLETE_SUCCESS);
    assert_int_equal(UW_NVME_SANICAP_CRYPTO, NVME_CTRL_SANICAP_CES);
    assert_int_equal(UW_NVME_SANICAP_BLOCK, NVME_CTRL_SANICAP_BES);
    assert_int_equal(UW_NVME_SANICAP_OVERWRITE, NVME_CTRL_SANICAP_OWS);
    assert_int_equal(UW_NVME_SANICAP_NO_DEALLOCATE_INHIBITED, NVME_CTRL_SANICAP_NDI);
    assert_int_equal(UW_NVME_OACS_FORMAT, NVME_CTRL_OACS_FORMAT);
    assert_int_equal(UW_NVME_FNA_FORMAT_ALL, NVME_CTRL_FNA_FMT_ALL_NAMESPACES);
    assert_int_equal(UW_NVME_FNA_ERASE_ALL, NVME_CTRL_FNA_SEC_ALL_NAMESPACES);
    assert_int_equal(UW_NVME_FNA_CRYPTO, NVME_CTRL_FNA_CRYPTO_ERASE);
    assert_int_equal(UW_NVME_FNA_NO_BROADCAST, NVME_CTRL_FNA_NSID_FFFFFFFF);
    assert_int_equal(UW_NVME_CMIC_CONTROLLERS, NVME_CTRL_CMIC_MULTI_CTRL);
    assert_int_equal(UW_NVME_NMIC_SHARED, NVME_NS_NMIC_SHARED);
    assert_int_equal(UW_NVME_NSATTR_WRITE_PROTECTED, NVME_NS_NSATTR_WRITE_PROTECTED);
    assert_int_equal(UW_NVME_INVALID_OPCODE, NVME_SC_INVALID_OPCODE);
    assert_int_equal(UW_NVME_INVALID_FIELD, NVME_SC_INVALID_FIELD);
    assert_int_equal(UW_NVME_INVALID_NAMESPACE, NVME_SC_INVALID_NS);
    assert_int_equal(UW_NVME_SEQUENCE_ERROR, NVME_SC_CMD_SEQ_ERROR);
    assert_int_equal(UW_NVME_SANITIZE_HAS_FAILED, NVME_SC_SANITIZE_FAILED);
    assert_int_equal(UW_NVME_SANITIZE_IN_PROGRESS, NVME_SC_SANITIZE_IN_PROGRESS);
    assert_int_equal(UW_NVME_WRITE_PROTECTED, NVME_SC_NS_WRITE_PROTECTED);
    assert_int_equal(UW_NVME_FORMAT_IN_PROGRESS, NVME_SC_FORMAT_IN_PROGRESS);
    assert_int_equal(UW_NVME_INVALID_FORMAT, NVME_SCT_CMD_SPECIFIC << 8 | NVME_SC_INVALID_FORMAT);
    assert_int_equal(UW_NVME_ACCESS_DENIED, NVME_SCT_MEDIA << 8 | NVME_SC_ACCESS_DENIED);
}

static const struct {
    enum uw_nvme_sanitize_action action;
    bool no_deallocate;
    uint32_t cdw10, cdw11;
} sanitizes[] = {
    {UW_NVME_SANACT_BLOCK, false, 0x002, 0},
    {UW_NVME_SANACT_BLOCK, true, 0x202, 0},
    {UW_NVME_SANACT_OVERWRITE, false, 0x013, 0xdeadbeef},
    {UW_NVME_SANACT_OVERWRITE, true, 0x213, 0xdeadbeef},
    {UW_NVME_SANACT_CRYPTO, false, 0x004, 0},
    {UW_NVME_SANACT_CRYPTO, true, 0x204, 0},
    {UW_NVME_SANACT_EXIT_FAILURE, false, 0x001, 0},
    {UW_NVME_SANACT_EXIT_FAILURE, true, 0x001, 0},
};

static void sanitize_commands(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(sanitizes); i++) {
        struct uw_nvme_command c =
            uw_nvme_sanitize(sanitizes[i].action, sanitizes[i].no_deallocate, 0xdeadbeef);
        assert_int_equal(c.opcode, 0x84);
        assert_int_equal(c.nsid, 0);
        assert_int_equal(c.cdw10, sanitizes[i].cdw10);
        assert_int_equal(c.cdw11, sanitizes[i].cdw11);
        assert_int_equal(c.cdw12 | c.cdw13, 0);
        assert_null(c.data);
        assert_int_equal(c.data_bytes, 0);
        assert_int_equal(c.timeout_ms, 120000);
        assert_int_equal(uw_nvme_sanitize_action_of(c.cdw10), sanitizes[i].action);
    }
    assert_int_equal(uw_nvme_sanitize_action_of(0), 0);
    assert_int_equal(uw_nvme_sanitize_action_of(0xfffffffc), UW_NVME_SANACT_CRYPTO);
    assert_int_equal(uw_nvme_sanitize_action_of(UINT32_MAX), 7);
}

/* Security protocol, its specific field, NSSF 0; the length in bytes. */
static void security_protocols(void **state)
{
    uint8_t data[8];
    (void)state;
    struct uw_nvme_command in = uw_nvme_security_receive(0x01, 0x07fe, data, 2048);
    assert_int_equal(in.opcode, 0x82);
    assert_int_equal(in.cdw10, 0x0107fe00);
    assert_int_equal(in.cdw11, 2048);
    assert_int_equal(in.timeout_ms, 30000);
    assert_false(in.data_out);
    struct uw_nvme_command out = uw_nvme_security_send(0xea, 0x1234, data, 0x10203);
    assert_int_equal(out.opcode, 0x81);
    assert_int_equal(out.cdw10, 0xea123400);
    assert_int_equal(out.cdw11, 0x10203);
    assert_int_equal(out.timeout_ms, 600000);
    assert_true(out.data_out);
    assert_int_equal(in.nsid | in.cdw12 | in.cdw13 | out.nsid | out.cdw12 | out.cdw13, 0);
    assert_int_equal(in.data_bytes, 2048);
    assert_int_equal(out.data_bytes, 0x10203);
    assert_true(in.data == data && out.data == data);
}

/* Each bit by its own arithmetic. */
static void check_format(const struct uw_nvme_namespace *ns, enum uw_nvme_erase erase)
{
    struct uw_nvme_command c = uw_nvme_format(ns, 3, erase, 4711);
    uint32_t cdw10 = ns->format_index % 16U + ns->format_index / 16U * 0x1000U;
    cdw10 += ns->extended_metadata ? 0x10 : 0;
    cdw10 += ns->protection * 0x20U;
    cdw10 += ns->protection_first ? 0x100 : 0;
    cdw10 += erase == UW_NVME_SES_CRYPTO ? 0x400 : 0x200;
    assert_int_equal(c.opcode, 0x80);
    assert_int_equal(c.nsid, 3);
    assert_int_equal(c.cdw10, cdw10);
    assert_int_equal(c.cdw11 | c.cdw12 | c.cdw13, 0);
    assert_null(c.data);
    assert_int_equal(c.data_bytes, 0);
    assert_int_equal(c.timeout_ms, 4711);
}

static void formats_keep_what_is(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 64 * 2 * 4 * 2; i++) {
        struct uw_nvme_namespace ns = {.known = true,
                                       .format_index = i % 64,
                                       .extended_metadata = i / 64 % 2 == 1,
                                       .protection = i / 128 % 4,
                                       .protection_first = i / 512 == 1};
        check_format(&ns, UW_NVME_SES_USER_DATA);
        check_format(&ns, UW_NVME_SES_CRYPTO);
    }
}

static const struct {
    struct uw_nvme_namespace ns;
    enum uw_nvme_erase erase;
    uint32_t cdw10;
} formats[] = {
    {{0}, UW_NVME_SES_USER_DATA, 0x0200},
    {{0}, UW_NVME_SES_CRYPTO, 0x0400},
    {{.format_index = 15}, UW_NVME_SES_USER_DATA, 0x020f},
    {{.format_index = 16}, UW_NVME_SES_USER_DATA, 0x1200},
    {{.format_index = 63}, UW_NVME_SES_CRYPTO, 0x340f},
    {{.extended_metadata = true}, UW_NVME_SES_USER_DATA, 0x0210},
    {{.protection = 3}, UW_NVME_SES_USER_DATA, 0x0260},
    {{.protection_first = true}, UW_NVME_SES_USER_DATA, 0x0300},
    /* What no decoder hands out stays within its field, and an erase that is none is one. */
    {{.format_index = 0xff, .protection = 0xff}, UW_NVME_SES_USER_DATA, 0x32ef},
    {{0}, (enum uw_nvme_erase)0, 0x0200},
    {{0}, (enum uw_nvme_erase)8, 0x0200},
};

static void formats_by_number(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(formats); i++)
        assert_int_equal(uw_nvme_format(&formats[i].ns, 1, formats[i].erase, 1).cdw10, formats[i].cdw10);
    assert_int_equal(uw_nvme_format(&formats[0].ns, UW_NVME_ALL, UW_NVME_SES_CRYPTO, 1).nsid, 0xffffffff);
    /* 0 would mean the kernel's minute, after which it resets the controller. */
    assert_int_equal(uw_nvme_format(&formats[0].ns, 1, UW_NVME_SES_CRYPTO, 0).timeout_ms, 600000);
}

/* ---- Identify Controller */

static const struct {
    size_t at, bytes;
    size_t ours, our_bytes;
} controller_numbers[] = {
#define ROW(theirs, mine)                                                                                    \
    {                                                                                                        \
        offsetof(struct nvme_id_ctrl, theirs), sizeof(((struct nvme_id_ctrl *)0)->theirs),                   \
            offsetof(struct uw_nvme_controller, mine), sizeof(((struct uw_nvme_controller *)0)->mine)        \
    }
    ROW(cmic, cmic),         ROW(ver, version), ROW(oacs, oacs), ROW(lpa, lpa), ROW(sanicap, sanicap),
    ROW(nn, namespaces_max), ROW(oncs, oncs),   ROW(fna, fna),   ROW(vwc, vwc),
#undef ROW
};

static const struct {
    size_t at, bytes;
    size_t ours;
} controller_strings[] = {
#define ROW(theirs, mine)                                                                                    \
    {                                                                                                        \
        offsetof(struct nvme_id_ctrl, theirs), sizeof(((struct nvme_id_ctrl *)0)->theirs),                   \
            offsetof(struct uw_nvme_controller, mine)                                                        \
    }
    ROW(sn, serial),
    ROW(mn, model),
    ROW(fr, firmware),
    ROW(subnqn, subsystem),
#undef ROW
};

/* One field at a time holds something: it and nothing else comes out. */
static void reads_numbers_where_others_do(void **state)
{
    (void)state;
    assert_int_equal(sizeof(struct nvme_id_ctrl), UW_NVME_PAGE_BYTES);
    for (size_t i = 0; i < COUNT(controller_numbers); i++) {
        struct uw_nvme_controller c, want;
        memset(&want, 0, sizeof want); /* padding too: all of it is compared */
        want.known = true;
        fill(0);
        for (size_t k = 0; k < controller_numbers[i].bytes; k++)
            page[controller_numbers[i].at + k] = (uint8_t)(0x81 + k);
        assert_int_equal(controller_numbers[i].our_bytes, controller_numbers[i].bytes);
        memcpy((char *)&want + controller_numbers[i].ours, page + controller_numbers[i].at,
               controller_numbers[i].bytes);
        assert_true(uw_nvme_decode_controller(page, sizeof page, &c));
        assert_memory_equal(&c, &want, sizeof c);
    }
}

/* RPMBS: how many units there are, and nothing of what their size and access are. */
static void counts_rpmb_units(void **state)
{
    static const struct {
        uint32_t rpmbs;
        uint8_t units;
    } rows[] = {{0, 0}, {1, 1}, {7, 7}, {0xfffffff8, 0}, {0x0f1f0014, 4}, {0xffffffff, 7}};
    (void)state;
    assert_int_equal(offsetof(struct nvme_id_ctrl, rpmbs), 312);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct uw_nvme_controller c, want;
        memset(&want, 0, sizeof want); /* padding too: all of it is compared */
        want.known = true;
        want.rpmb_units = rows[i].units;
        fill(0);
        put(312, 4, rows[i].rpmbs);
        assert_true(uw_nvme_decode_controller(page, sizeof page, &c));
        assert_memory_equal(&c, &want, sizeof c);
    }
}

/* A string from its first byte to its last, and not one of its neighbours'. */
static void reads_strings_where_others_do(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(controller_strings); i++) {
        struct uw_nvme_controller c;
        size_t length = controller_strings[i].bytes;
        char *got = (char *)&c + controller_strings[i].ours;
        fill(0);
        page[controller_strings[i].at - 1] = page[controller_strings[i].at + length] = '#';
        memset(page + controller_strings[i].at, 'x', length);
        page[controller_strings[i].at] = '<';
        page[controller_strings[i].at + length - 1] = '>';
        assert_true(uw_nvme_decode_controller(page, sizeof page, &c));
        size_t fits = length == 256 ? 255 : length; /* a name of 223 bytes at most by the specification */
        assert_int_equal(strlen(got), fits);
        assert_int_equal(got[0], '<');
        assert_int_equal(got[length - 1], length == 256 ? '\0' : '>');
        assert_null(strchr(got, '#'));
    }
}

static const struct {
    const char *bytes, *clean;
} strings[] = {
    {"", ""},
    {"                    ", ""},
    {"S3Z9NB0K            ", "S3Z9NB0K"},
    {"   S3Z9NB0K         ", "S3Z9NB0K"},
    {"S3Z9 NB0K", "S3Z9 NB0K"},
    {"01234567890123456789", "01234567890123456789"},
    {"\x1b[2J\x1b]0;x\x07", "?[2J?]0;x?"},
    {"a\nb\tc\x7f", "a?b?c?"},
    {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
     "????????????????????"},
    {"a\xe2\x80\xae"
     "b",
     "a?b"},
    {"0123456789012345678\xc3", "0123456789012345678?"}, /* goes on in the model */
};

static void cleans_strings(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(strings); i++) {
        struct uw_nvme_controller c;
        fill(0);
        memcpy(page + 4, strings[i].bytes, strlen(strings[i].bytes));
        page[24] = 0xa4;
        assert_true(uw_nvme_decode_controller(page, sizeof page, &c));
        assert_string_equal(c.serial, strings[i].clean);
        assert_string_equal(c.model, "?");
    }
    struct uw_nvme_controller c;
    fill(0);
    memcpy(page + 4, "AB\0CD", 5);
    assert_true(uw_nvme_decode_controller(page, sizeof page, &c));
    assert_string_equal(c.serial, "AB");
    /* One byte too long: its last character goes whole. */
    memset(page + 768, 'n', 256);
    memcpy(page + 768 + 253, "\xe2\x82\xac", 3);
    assert_true(uw_nvme_decode_controller(page, sizeof page, &c));
    assert_int_equal(strspn(c.subsystem, "n"), 253);
    assert_int_equal(strlen(c.subsystem), 253);
}

static const struct {
    uint64_t total[2], unallocated[2]; /* low, high */
    const char *total_text, *unallocated_text;
} capacities[] = {
    {{0, 0}, {0, 0}, "", ""},
    {{1, 0}, {0, 0}, "1", "0"},
    {{0, 0}, {5, 0}, "", "5"},
    {{1000204886016, 0}, {10, 0}, "1000204886016", "10"},
    {{1ULL << 53, 0}, {(1ULL << 53) + 1, 0}, "9007199254740992", "9007199254740993"},
    {{UINT64_MAX, 0}, {0, 1}, "18446744073709551615", "18446744073709551616"},
    {{UINT64_MAX, UINT64_MAX},
     {0, 1ULL << 63},
     "340282366920938463463374607431768211455",
     "170141183460469231731687303715884105728"},
};

static void writes_capacities(void **state)
{
    (void)state;
    assert_int_equal(offsetof(struct nvme_id_ctrl, tnvmcap), 280);
    assert_int_equal(offsetof(struct nvme_id_ctrl, unvmcap), 296);
    for (size_t i = 0; i < COUNT(capacities); i++) {
        struct uw_nvme_controller c;
        fill(0);
        put(280, 8, capacities[i].total[0]);
        put(288, 8, capacities[i].total[1]);
        put(296, 8, capacities[i].unallocated[0]);
        put(304, 8, capacities[i].unallocated[1]);
        assert_true(uw_nvme_decode_controller(page, sizeof page, &c));
        assert_string_equal(c.total_bytes, capacities[i].total_text);
        assert_string_equal(c.unallocated_bytes, capacities[i].unallocated_text);
    }
}

/* ---- Identify Namespace */

enum {
    NLBAF = offsetof(struct nvme_id_ns, nlbaf),
    FLBAS = offsetof(struct nvme_id_ns, flbas),
    LBAF = offsetof(struct nvme_id_ns, lbaf)
};

static void reads_namespaces_where_others_do(void **state)
{
    (void)state;
    struct uw_nvme_namespace ns;
    struct nvme_id_ns theirs = {.nsze = htole64(0x1122334455667788),
                                .nlbaf = 63,
                                .flbas = 0x75,
                                .dps = 0x0b,
                                .nmic = 0x81,
                                .fpi = 0xb2,
                                .dlfeat = 0x1a,
                                .nsattr = 0x41,
                                .nguid = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16},
                                .eui64 = {17, 18, 19, 20, 21, 22, 23, 24}};
    theirs.lbaf[0x35] = (struct nvme_lbaf){.ms = htole16(0x0140), .ds = 12, .rp = 3};
    assert_int_equal(sizeof theirs, UW_NVME_PAGE_BYTES);
    assert_int_equal(LBAF, 128);
    assert_true(uw_nvme_decode_namespace((const uint8_t *)&theirs, sizeof theirs, 42, &ns));
    assert_true(ns.known);
    assert_int_equal(ns.nsid, 42);
    assert_int_equal(ns.blocks, 0x1122334455667788);
    assert_int_equal(ns.format_index, 0x35);
    assert_true(ns.extended_metadata);
    assert_int_equal(ns.protection, 3);
    assert_true(ns.protection_first);
    assert_int_equal(ns.nmic, 0x81);
    assert_int_equal(ns.format_progress, 0xb2);
    assert_int_equal(ns.deallocated, 2);
    assert_int_equal(ns.attributes, 0x41);
    assert_memory_equal(ns.nguid, theirs.nguid, 16);
    assert_memory_equal(ns.eui64, theirs.eui64, 8);
    assert_int_equal(ns.metadata_bytes, 0x0140);
    assert_int_equal(ns.block_bytes, 4096);
}

/* Bits of FLBAS and DPS one at a time. */
static void reads_namespace_bits(void **state)
{
    (void)state;
    static const uint8_t indices[8] = {1, 2, 4, 8, 0, 16, 32, 0};
    for (unsigned bit = 0; bit < 8; bit++) {
        struct uw_nvme_namespace ns;
        fill(0);
        page[FLBAS] = page[offsetof(struct nvme_id_ns, dps)] = (uint8_t)(1U << bit);
        assert_true(uw_nvme_decode_namespace(page, sizeof page, 1, &ns));
        assert_int_equal(ns.format_index, indices[bit]);
        assert_int_equal(ns.extended_metadata, bit == 4);
        assert_int_equal(ns.protection, bit < 3 ? 1U << bit : 0);
        assert_int_equal(ns.protection_first, bit == 3);
    }
}

static const struct {
    uint8_t formats, flbas; /* index of the last format; FLBAS */
    uint8_t exponent;
    uint16_t metadata;
    uint32_t block_bytes;
} blocks[] = {
    {0, 0x00, 9, 0, 512},    {0, 0x00, 9, 8, 512},
    {0, 0x00, 12, 64, 4096}, {0, 0x00, 16, 0xffff, 65536},
    {0, 0x00, 8, 0, 0},      {0, 0x00, 0, 0, 0}, /* a namespace that is not there is all zeros */
    {0, 0x00, 17, 0, 0},     {0, 0x00, 32, 0, 0},
    {0, 0x00, 255, 0, 0},    {1, 0x01, 12, 0, 4096},
    {0, 0x01, 12, 0, 0},     {14, 0x0f, 12, 0, 0},
    {15, 0x0f, 12, 0, 4096}, {15, 0x20, 12, 0, 0}, /* bits of an index that is not there */
    {16, 0x20, 12, 0, 4096}, {62, 0x6f, 12, 0, 0},
    {63, 0x6f, 12, 0, 4096}, {255, 0xff, 12, 0, 4096},
};

static void reads_block_sizes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(blocks); i++) {
        struct uw_nvme_namespace ns;
        uint8_t index = 0;
        nvme_id_ns_flbas_to_lbaf_inuse(blocks[i].flbas, &index);
        fill(0);
        page[NLBAF] = blocks[i].formats;
        page[FLBAS] = blocks[i].flbas;
        put(LBAF + 4U * index, 2, blocks[i].metadata);
        page[LBAF + 4U * index + 2] = blocks[i].exponent;
        assert_true(uw_nvme_decode_namespace(page, sizeof page, 1, &ns));
        assert_int_equal(ns.format_index, index);
        if (ns.block_bytes != blocks[i].block_bytes ||
            ns.metadata_bytes != (blocks[i].block_bytes != 0 ? blocks[i].metadata : 0))
            fail_msg("row %zu: %u and %u bytes", i, ns.block_bytes, ns.metadata_bytes);
    }
}

/* ---- Lists */

static void write_ids(size_t count, uint32_t first, uint32_t step)
{
    fill(0);
    for (size_t i = 0; i < count; i++)
        put(4 * i, 4, first + (uint32_t)i * step);
}

static void reads_lists(void **state)
{
    (void)state;
    static const struct {
        size_t in, out;
        bool more;
    } rows[] = {{0, 0, false},    {1, 1, false},     {127, 127, false}, {128, 128, false},
                {129, 128, true}, {1023, 128, true}, {1024, 128, true}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct uw_nvme_list list;
        write_ids(rows[i].in, 3, 2);
        assert_true(uw_nvme_decode_list(page, sizeof page, &list));
        assert_true(list.known);
        assert_int_equal(list.count, rows[i].out);
        assert_int_equal(list.more, rows[i].more);
        for (size_t k = 0; k < list.count; k++)
            assert_int_equal(list.ids[k], 3 + 2 * k);
        for (size_t k = list.count; k < UW_NVME_NAMESPACES; k++)
            assert_int_equal(list.ids[k], 0);
    }
}

static const struct {
    uint32_t ids[4];
    bool good;
    size_t count;
} lists[] = {
    {{1, 2, 3, 4}, true, 4},
    {{0, 1, 2, 3}, true, 0},
    {{1, 0, 3, 2}, true, 1}, /* behind the end stands what may */
    {{5, 0x01000000, 0x7fffffff, 0x80000000}, true, 4},
    {{0xfffffffd, 0xfffffffe, 0, 0}, true, 2},
    {{1, 1, 0, 0}, false, 0},
    {{2, 1, 0, 0}, false, 0},
    {{1, 2, 3, 2}, false, 0},
    {{0x00000100, 0x000000ff, 0, 0}, false, 0},
    {{0xffffffff, 0, 0, 0}, false, 0},
    {{1, 0xffffffff, 0, 0}, false, 0},
};

static void refuses_odd_lists(void **state)
{
    (void)state;
    static const struct uw_nvme_list none;
    for (size_t i = 0; i < COUNT(lists); i++) {
        struct uw_nvme_list list;
        memset(&list, 0xa5, sizeof list);
        fill(0);
        for (size_t k = 0; k < 4; k++)
            put(4 * k, 4, lists[i].ids[k]);
        if (uw_nvme_decode_list(page, sizeof page, &list) != lists[i].good || list.known != lists[i].good ||
            list.count != lists[i].count)
            fail_msg("row %zu", i);
        if (!lists[i].good)
            assert_memory_equal(&list, &none, sizeof list);
    }
    /* The fault may stand where no id is kept any more. */
    struct uw_nvme_list list;
    write_ids(1024, 1, 1);
    assert_true(uw_nvme_decode_list(page, sizeof page, &list));
    put(4092, 4, 1023);
    assert_false(uw_nvme_decode_list(page, sizeof page, &list));
    assert_false(list.known);
}

/* ---- Logs */

static void reads_sanitize_where_others_do(void **state)
{
    (void)state;
    struct uw_nvme_sanitize_log s;
    struct nvme_sanitize_log_page theirs = {.sprog = htole16(0x1234),
                                            .sstat = htole16(0x0152),
                                            .scdw10 = htole32(0x01020304),
                                            .eto = htole32(0x11000001),
                                            .etbe = htole32(0x22000002),
                                            .etce = htole32(0x33000003),
                                            .etond = htole32(0x44000004),
                                            .etbend = htole32(0x55000005),
                                            .etcend = htole32(UINT32_MAX),
                                            .rsvd32 = {1, 2, 3, 4, 5, 6, 7, 8, 9}};
    assert_int_equal(sizeof theirs, UW_NVME_LOG_BYTES);
    assert_true(uw_nvme_decode_sanitize((const uint8_t *)&theirs, sizeof theirs, &s));
    assert_true(s.known);
    assert_int_equal(s.progress, 0x1234);
    assert_int_equal(s.status, 0x0152);
    assert_int_equal(s.state, UW_NVME_SANITIZE_RUNNING);
    assert_int_equal(s.passes_done, 10);
    assert_true(s.global_erased);
    assert_int_equal(s.cdw10, 0x01020304);
    assert_true(s.verifying); /* byte 36 */
    theirs.rsvd32[4] = 0x53;  /* failed in it, and somewhere else now */
    assert_true(uw_nvme_decode_sanitize((const uint8_t *)&theirs, sizeof theirs, &s));
    assert_false(s.verifying);
    assert_int_equal(s.overwrite_s, 0x11000001);
    assert_int_equal(s.block_s, 0x22000002);
    assert_int_equal(s.crypto_s, 0x33000003);
    assert_int_equal(s.overwrite_kept_s, 0x44000004);
    assert_int_equal(s.block_kept_s, 0x55000005);
    assert_int_equal(s.crypto_kept_s, UINT32_MAX);
    assert_int_equal(sizeof s.raw, 40);
    assert_memory_equal(s.raw, &theirs, 40);
}

static const struct {
    uint16_t sstat;
    uint8_t state, passes;
    bool erased;
} states[] = {
    {0x0000, 0, 0, false}, {0x0001, 1, 0, false},  {0x0002, 2, 0, false},  {0x0003, 3, 0, false},
    {0x0004, 4, 0, false}, {0x0005, 5, 0, false},  {0x0006, 6, 0, false},  {0x0007, 7, 0, false},
    {0x0101, 1, 0, true},  {0x0008, 0, 1, false},  {0x0080, 0, 16, false}, {0x00f8, 0, 31, false},
    {0x0100, 0, 0, true},  {0x0200, 0, 0, false},  {0xfe00, 0, 0, false},  {0x0109, 1, 1, true},
    {0xffff, 7, 31, true}, {0xfeff, 7, 31, false},
};

static void reads_sanitize_states(void **state)
{
    (void)state;
    static const uint16_t progress[] = {0, 1, 655, 0x7fff, 0xfffe, 0xffff};
    for (size_t i = 0; i < COUNT(states); i++)
        for (size_t k = 0; k < COUNT(progress); k++) {
            struct uw_nvme_sanitize_log s;
            fill(0);
            put(0, 2, progress[k]);
            put(2, 2, states[i].sstat);
            assert_true(uw_nvme_decode_sanitize(page, UW_NVME_LOG_BYTES, &s));
            assert_int_equal(s.progress, progress[k]);
            assert_int_equal(s.status, states[i].sstat);
            assert_int_equal(s.state, states[i].state);
            assert_int_equal(s.passes_done, states[i].passes);
            assert_int_equal(s.global_erased, states[i].erased);
        }
}

static const struct {
    size_t at;
    size_t ours;
} counters[] = {
    {offsetof(struct nvme_smart_log, power_cycles), offsetof(struct uw_nvme_health, power_cycles)},
    {offsetof(struct nvme_smart_log, power_on_hours), offsetof(struct uw_nvme_health, power_on_hours)},
    {offsetof(struct nvme_smart_log, unsafe_shutdowns), offsetof(struct uw_nvme_health, unsafe_shutdowns)},
    {offsetof(struct nvme_smart_log, media_errors), offsetof(struct uw_nvme_health, media_errors)},
};

static const struct {
    uint64_t low, high, value;
} counts[] = {
    {0, 0, 0},
    {1, 0, 1},
    {0x0102030405, 0, 0x0102030405},
    {(1ULL << 53) - 1, 0, (1ULL << 53) - 1},
    {1ULL << 53, 0, UINT64_MAX},
    {UINT64_MAX, 0, UINT64_MAX},
    {0, 1, UINT64_MAX},
    {1, 1ULL << 63, UINT64_MAX},
    {UINT64_MAX, UINT64_MAX, UINT64_MAX},
};

static void reads_counters(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(counters); i++)
        for (size_t k = 0; k < COUNT(counts); k++) {
            struct uw_nvme_health h, want;
            memset(&want, 0, sizeof want);
            want.known = true;
            fill(0);
            put(counters[i].at, 8, counts[k].low);
            put(counters[i].at + 8, 8, counts[k].high);
            memcpy((char *)&want + counters[i].ours, &counts[k].value, 8);
            assert_true(uw_nvme_decode_health(page, UW_NVME_LOG_BYTES, &h));
            assert_memory_equal(&h, &want, sizeof h);
        }
}

static void reads_health_where_others_do(void **state)
{
    (void)state;
    struct uw_nvme_health h;
    struct nvme_smart_log theirs = {.critical_warning = 0x1f,
                                    .temperature = {0x34, 0x12},
                                    .avail_spare = 99,
                                    .spare_thresh = 10,
                                    .percent_used = 255};
    assert_int_equal(sizeof theirs, UW_NVME_LOG_BYTES);
    assert_true(uw_nvme_decode_health((const uint8_t *)&theirs, sizeof theirs, &h));
    assert_true(h.known);
    assert_int_equal(h.critical_warning, 0x1f);
    assert_int_equal(h.temperature_k, 0x1234);
    assert_int_equal(h.available_spare, 99);
    assert_int_equal(h.percentage_used, 255);
}

/* ---- Any bytes */

struct decoded {
    struct uw_nvme_controller controller;
    struct uw_nvme_namespace ns;
    struct uw_nvme_list list;
    struct uw_nvme_sanitize_log sanitize;
    struct uw_nvme_health health;
};

/* From memory of exactly that size, so that a byte too many is seen. */
static void decode_short(size_t bytes, struct decoded *d)
{
    uint8_t *exact = bytes > 0 ? malloc(bytes) : NULL;
    if (exact != NULL)
        memset(exact, 1, bytes);
    memset(d, 0xa5, sizeof *d);
    bool is_page = bytes >= UW_NVME_PAGE_BYTES, is_log = bytes >= UW_NVME_LOG_BYTES;
    assert_int_equal(uw_nvme_decode_controller(exact, bytes, &d->controller), is_page);
    assert_int_equal(uw_nvme_decode_namespace(exact, bytes, 1, &d->ns), is_page);
    assert_false(uw_nvme_decode_list(exact, bytes, &d->list)); /* all ids are the same */
    assert_int_equal(uw_nvme_decode_sanitize(exact, bytes, &d->sanitize), is_log);
    assert_int_equal(uw_nvme_decode_health(exact, bytes, &d->health), is_log);
    free(exact);
}

static void refuses_short_data(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 3, 4, 39, 40, 511, 512, 513, 1023, 4092, 4095, 4096, 4097};
    static const struct decoded none;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        struct decoded d;
        decode_short(sizes[i], &d);
        bool is_page = sizes[i] >= 4096, is_log = sizes[i] >= 512;
        assert_int_equal(d.controller.known, is_page);
        assert_int_equal(d.ns.known, is_page);
        assert_int_equal(d.sanitize.known, is_log);
        assert_int_equal(d.health.known, is_log);
        assert_memory_equal(&d.list, &none.list, sizeof d.list);
        if (!is_page) {
            assert_memory_equal(&d.controller, &none.controller, sizeof d.controller);
            assert_memory_equal(&d.ns, &none.ns, sizeof d.ns);
        }
        if (!is_log) {
            assert_memory_equal(&d.sanitize, &none.sanitize, sizeof d.sanitize);
            assert_memory_equal(&d.health, &none.health, sizeof d.health);
        }
    }
    /* An empty list is one only where it is whole. */
    struct uw_nvme_list list;
    fill(0);
    assert_false(uw_nvme_decode_list(page, 4095, &list));
    assert_true(uw_nvme_decode_list(page, 4096, &list));
}

/* What a drive that has left the bus answers. */
static void all_ones(void **state)
{
    (void)state;
    struct uw_nvme_controller c;
    struct uw_nvme_namespace ns;
    struct uw_nvme_list list;
    struct uw_nvme_sanitize_log s;
    struct uw_nvme_health h;
    fill(0xff);
    assert_true(uw_nvme_decode_controller(page, sizeof page, &c));
    assert_string_equal(c.serial, "????????????????????");
    assert_int_equal(strspn(c.subsystem, "?"), 255);
    assert_string_equal(c.total_bytes, "340282366920938463463374607431768211455");
    assert_int_equal(c.sanicap, UINT32_MAX);
    assert_true(uw_nvme_decode_namespace(page, sizeof page, 1, &ns));
    assert_int_equal(ns.block_bytes, 0);
    assert_int_equal(ns.format_index, 63);
    assert_int_equal(ns.protection, 7);
    assert_int_equal(uw_nvme_format(&ns, 1, UW_NVME_SES_CRYPTO, 1).cdw10, 0x35ff);
    assert_false(uw_nvme_decode_list(page, sizeof page, &list));
    assert_true(uw_nvme_decode_sanitize(page, UW_NVME_LOG_BYTES, &s));
    assert_int_equal(s.state, 7);
    assert_int_equal(s.progress, 0xffff);
    assert_true(uw_nvme_decode_health(page, UW_NVME_LOG_BYTES, &h));
    assert_int_equal(h.power_on_hours, UINT64_MAX);
}

/* ---- Words */

static const struct {
    int status;
    const char *words;
} statuses[] = {
    {UW_NVME_OK, "success (000h)"},
    {UW_NVME_INVALID_OPCODE, "invalid opcode (001h)"},
    {UW_NVME_INVALID_FIELD, "invalid field in command (002h)"},
    {UW_NVME_SANITIZE_IN_PROGRESS, "sanitize in progress (01dh)"},
    {UW_NVME_ACCESS_DENIED, "access denied (286h)"},
    {0x07e, "unknown generic status (07eh)"},
    {0x1ee, "unknown command specific status (1eeh)"},
    {0x2ee, "unknown media or data integrity error (2eeh)"},
    {0x3ee, "unknown path status (3eeh)"},
    {0x400, "unknown status (400h)"},
    {0x6ff, "unknown status (6ffh)"},
    {0x7ff, "vendor specific status (7ffh)"},
    {0x800, "no NVMe status (800h)"},
    {0x4001, "no NVMe status (4001h)"}, /* nobody took DNR away */
    {INT32_MAX, "no NVMe status (7fffffffh)"},
    {-ENOTTY, "Inappropriate ioctl for device (errno 25)"},
    {-EINTR, "Interrupted system call (errno 4)"},
    {INT32_MIN, "no answer"},
};

static void writes_statuses(void **state)
{
    (void)state;
    char text[UW_NVME_STATUS_TEXT], other[UW_NVME_STATUS_TEXT];
    for (size_t i = 0; i < COUNT(statuses); i++) {
        uw_nvme_status_text(statuses[i].status, text);
        assert_string_equal(text, statuses[i].words);
    }
    /* Two statuses never read the same. */
    for (int status = 0; status < 0x7ff; status++) {
        uw_nvme_status_text(status, text);
        uw_nvme_status_text(status + 1, other);
        assert_string_not_equal(text, other);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads),
        cmocka_unit_test(agrees_on_numbers),
        cmocka_unit_test(sanitize_commands),
        cmocka_unit_test(security_protocols),
        cmocka_unit_test(formats_keep_what_is),
        cmocka_unit_test(formats_by_number),
        cmocka_unit_test(reads_numbers_where_others_do),
        cmocka_unit_test(counts_rpmb_units),
        cmocka_unit_test(reads_strings_where_others_do),
        cmocka_unit_test(cleans_strings),
        cmocka_unit_test(writes_capacities),
        cmocka_unit_test(reads_namespaces_where_others_do),
        cmocka_unit_test(reads_namespace_bits),
        cmocka_unit_test(reads_block_sizes),
        cmocka_unit_test(reads_lists),
        cmocka_unit_test(refuses_odd_lists),
        cmocka_unit_test(reads_sanitize_where_others_do),
        cmocka_unit_test(reads_sanitize_states),
        cmocka_unit_test(reads_counters),
        cmocka_unit_test(reads_health_where_others_do),
        cmocka_unit_test(refuses_short_data),
        cmocka_unit_test(all_ones),
        cmocka_unit_test(writes_statuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
