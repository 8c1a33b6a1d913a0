/* SPDX-License-Identifier: Apache-2.0 */
/* Whole runs of every NVMe method through libnvme: each command that reaches the kernel is one that was
 * written down here, by hand, from the NVM Express Base Specification 2.0 (5.14 Format NVM, 5.16 Get Log
 * Page, 5.17 Identify, 5.24 Sanitize, 5.25 Security Receive, 5.26 Security Send), and anything else ends the
 * process. */
#include "desk/desk.h"
#include "desk/desk_death.h"
#include "flow.h"
#include "tcg_payloads.h"

#define READ .data_len = 4096, .timeout_ms = 30000
#define LOG .nsid = 0xffffffff, .data_len = 512, .timeout_ms = 30000
/* CDW10 of both Security commands: SECP 31:24 (1, TCG), SPSP 23:8 (the ComID), NSSF 7:0; CDW11: the bytes. */
#define SECURITY .cdw11 = TCG_TRANSFER, .data_len = TCG_TRANSFER
#define RECEIVE SECURITY, .timeout_ms = 30000
/* CDW10 of Identify is CNS; of Get Log Page NUMDL (dwords, counted from 0) above LID. */
static const struct nvme_passthru_cmd reads[] = {
    {.opcode = 0x06, .cdw10 = 0x01, READ},            /* controller */
    {.opcode = 0x06, .nsid = 1, .cdw10 = 0x00, READ}, /* namespaces */
    {.opcode = 0x06, .nsid = 2, .cdw10 = 0x00, READ},
    {.opcode = 0x06, .cdw10 = 0x02, READ},          /* active ids */
    {.opcode = 0x02, .cdw10 = 0x007f0002, LOG},     /* SMART / health */
    {.opcode = 0x02, .cdw10 = 0x007f0081, LOG},     /* sanitize status */
    {.opcode = 0x82, .cdw10 = 0x01000100, RECEIVE}, /* Level 0 Discovery */
    {.opcode = 0x82, .cdw10 = 0x010ffe00, RECEIVE}, /* what the drive answers on its ComID */
};
enum { READS = sizeof reads / sizeof *reads, SECURITY_READS = 2, MOST = 2 };

/* CDW10 of Sanitize: SANACT 2:0, AUSE 3, OWPASS 7:4, OIPBP 8, NDAS 9; CDW11: the pattern. It is answered when
 * the operation has begun. */
#define SANITIZE .opcode = 0x84, .timeout_ms = 120000
/* CDW10 of Format NVM: LBAFL 3:0, MSET 4, PI 7:5, PIL 8, SES 11:9 (1 user data, 2 cryptographic), LBAFU
 * 13:12. It is answered when it is done: never less than ten minutes. */
#define FORMAT .opcode = 0x80, .timeout_ms = 600000
/* One that may reach namespaces of which we do not know the size: a day. */
#define FORMAT_ALL .opcode = 0x80, .timeout_ms = 86400000

/* There are drives that answer Revert when it is done. */
#define SEND .opcode = 0x81, .cdw10 = 0x010ffe00, SECURITY, .timeout_ms = 600000
static const uint8_t start_session[TCG_TRANSFER] = {TCG_START_SESSION}, revert[TCG_TRANSFER] = {TCG_REVERT};

#define SANITIZES(action) .sanicap = UW_NVME_SANICAP_##action, .dlfeat = 1
#define FORMATS .oacs = UW_NVME_OACS_FORMAT
#define TWO                                                                                                  \
    {.present = true, .block.bytes = BYTES},                                                                 \
    {                                                                                                        \
        .present = true, .block.bytes = BYTES                                                                \
    }
enum { BYTES = 128 * 1024 };

struct row {
    const char *name;
    struct nvme_row device;
    struct nvme_passthru_cmd sent[MOST];
    size_t count;                  /* of namespace 1 */
    size_t total;                  /* of all namespaces; 0: the same */
    bool alike;                    /* but for little another row has the same */
    const uint8_t *payloads[MOST]; /* what goes out with each; none: nothing does */
};

/* clang-format off */
static const struct row rows[] = {
    {"block", {"nvme-sanitize-block", .config = {SANITIZES(BLOCK)}}, {{SANITIZE, .cdw10 = 0x00000202}}, 1, 0, true, {NULL}},
    {"overwrite", {"nvme-sanitize-overwrite", .config = {SANITIZES(OVERWRITE)}},
     {{SANITIZE, .cdw10 = 0x00000213, .cdw11 = 0}}, 1, 0, false, {NULL}},
    {"crypto", {"nvme-sanitize-crypto", .config = {SANITIZES(CRYPTO)}}, {{SANITIZE, .cdw10 = 0x00000204}}, 1, 0, true, {NULL}},
    /* Where no-deallocate is inhibited, or blocks have protection information, it is not asked for. */
    {"block, inhibited",
     {"nvme-sanitize-block", .config = {.sanicap = UW_NVME_SANICAP_BLOCK | UW_NVME_SANICAP_NO_DEALLOCATE_INHIBITED,
                                        .dlfeat = 1}},
     {{SANITIZE, .cdw10 = 0x00000002}}, 1, 0, true, {NULL}},
    {"overwrite, protected",
     {"nvme-sanitize-overwrite", .config = {SANITIZES(OVERWRITE), .media = {{.metadata_bytes = 8, .protection = 1}}}},
     {{SANITIZE, .cdw10 = 0x00000013}}, 1, 0, true, {NULL}},
    {"user data", {"nvme-format-user-data", .config = {FORMATS, .dlfeat = 1}},
     {{FORMAT, .nsid = 1, .cdw10 = 0x00000200}}, 1, 0, false, {NULL}},
    {"format crypto", {"nvme-format-crypto", .config = {FORMATS, .fna = UW_NVME_FNA_CRYPTO, .dlfeat = 1}},
     {{FORMAT, .nsid = 1, .cdw10 = 0x00000400}}, 1, 0, true, {NULL}},
    /* The format in use is kept: index 2Bh, metadata in the data, protection type 2 in the first bytes. */
    {"user data, odd format",
     {"nvme-format-user-data",
      .config = {FORMATS, .media = {{.format_index = 0x2b, .metadata_bytes = 8, .extended_metadata = true,
                                     .protection = 2, .protection_first = true}}}},
     {{FORMAT, .nsid = 1, .cdw10 = 0x0000235b}}, 1, 0, true, {NULL}},
    {"format crypto, both at once",
     {"nvme-format-crypto",
      .config = {FORMATS, .fna = UW_NVME_FNA_CRYPTO | UW_NVME_FNA_ERASE_ALL, .media = {TWO}}},
     {{FORMAT_ALL, .nsid = 1, .cdw10 = 0x00000400}, {FORMAT_ALL, .nsid = 2, .cdw10 = 0x00000400}}, 1, 1, true, {NULL}},
    /* SANACT 1: exit failure mode, of a sanitize that was begun with AUSE; then the host writes. */
    {"host, after a sanitize that failed", {"overwrite", .config = {SANITIZES(BLOCK), .former = {3, 0x0a}}},
     {{SANITIZE, .cdw10 = 0x00000001}}, 1, 0, true, {NULL}},
    {"user data, after a sanitize that failed",
     {"nvme-format-user-data", .config = {FORMATS, SANITIZES(BLOCK), .former = {3, 0x0a}}},
     {{SANITIZE, .cdw10 = 0x00000001}, {FORMAT, .nsid = 1, .cdw10 = 0x00000200}}, 2, 0, true, {NULL}},
    {"user data, one after the other", {"nvme-format-user-data", .config = {FORMATS, .media = {TWO}}},
     {{FORMAT, .nsid = 1, .cdw10 = 0x00000200}, {FORMAT, .nsid = 2, .cdw10 = 0x00000200}}, 1, 2, true, {NULL}},
    {"revert",
     {"opal-psid-revert", .config = {.tcg = {.class = MODEL_TCG_OPAL_2, .encrypts = true}, .dlfeat = 1},
      .request.psid = TCG_PSID},
     {{SEND}, {SEND}}, 2, 0, false, {start_session, revert}},
};
/* clang-format on */
enum { ROWS = sizeof rows / sizeof *rows };

/* A run and what is expected of it. */
struct
try {
    const struct row *row;
    struct flow flow;
    struct nvme_passthru_cmd sent[MOST];
    const uint8_t *payloads[MOST];
    struct desk_expect expect[MOST];
};

static void prepare(struct try *try, const struct row *row)
{
    struct nvme_row device = row->device;
    if (device.config.media[0].block.bytes == 0)
        device.config.media[0].block.bytes = BYTES;
    *try = (struct try){.row = row};
    memcpy(try->sent, row->sent, sizeof try->sent);
    memcpy(try->payloads, row->payloads, sizeof try->payloads);
    device.request.level = strncmp(device.name, "nvme-sanitize", 13) == 0 ? "purge" : "clear";
    device.request.method = device.name;
    flow_open_nvme(&try->flow, &device);
    for (size_t i = 0; i < try->flow.machine.count; i++)
        try->expect[i] = (struct desk_expect){.nvme_reads = reads,
                                              .nvme_read_count = READS,
                                              .nvme = &try->sent[i],
                                              .nvme_count = row->count,
                                              .nvme_data = &try->payloads[i]};
}

static void run(void *data)
{
    struct try *try = data;
    desk_open(&try->flow.machine, try->expect, NULL, 0);
    flow_run(&try->flow);
}

static void each_method(void **state)
{
    const struct row *row = *state;
    static struct try try;
    size_t seen = 0;
    prepare(&try, row);
    run(&try);
    flow_check(&try.flow);
    for (size_t i = 0; i < try.flow.machine.count; i++) {
        if (strncmp(flow_verdict(&try.flow, i), "sanitized", 9) != 0)
            fail_msg("%s: %s", flow_verdict(&try.flow, i),
                     flow_text(json_object_get(try.flow.certificate[i], "claim"), "statement"));
        assert_string_equal(flow_text(flow_step(&try.flow, i), "method"), row->device.name);
        seen += desk_seen(i);
    }
    assert_int_equal(try.flow.exit_code, 0);
    assert_int_equal(seen, row->total != 0 ? row->total : row->count);
    desk_close();
    flow_close(&try.flow);
}

static const struct {
    size_t at;
    bool few;
} bytes[] = {
    {offsetof(struct nvme_passthru_cmd, opcode), false},
    {offsetof(struct nvme_passthru_cmd, nsid), false},
    {offsetof(struct nvme_passthru_cmd, nsid) + 3, false},
    {offsetof(struct nvme_passthru_cmd, cdw10), true},
    {offsetof(struct nvme_passthru_cmd, cdw10) + 1, true},
    {offsetof(struct nvme_passthru_cmd, cdw10) + 3, false},
    {offsetof(struct nvme_passthru_cmd, cdw11), false},
    {offsetof(struct nvme_passthru_cmd, cdw11) + 3, false},
    {offsetof(struct nvme_passthru_cmd, cdw12), false},
    {offsetof(struct nvme_passthru_cmd, data_len), false},
    {offsetof(struct nvme_passthru_cmd, timeout_ms), true},
};

static void must_die(struct try *try, const char *what, size_t at)
{
    if (!death_by_surprise(run, try))
        fail_msg("%s: %s %zu does not matter", try->row->name, what, at);
    flow_close(&try->flow);
}

/* Of rows that differ from another in little that little: CDW10 and the time-out. */
static void each_byte_of(const struct row *row, size_t first, size_t end)
{
    static struct try try;
    for (size_t k = 0; k < sizeof bytes / sizeof *bytes; k++) {
        if ((row->alike || DEATH_IS_SLOW) && !bytes[k].few)
            continue;
        prepare(&try, row);
        for (size_t i = first; i < end; i++)
            ((uint8_t *)&try.sent[i])[bytes[k].at] ^= 1;
        must_die(&try, "byte of the command", bytes[k].at);
    }
}

static void each_payload_byte_of(const struct row *row, size_t i)
{
    static struct try try;
    uint8_t payload[TCG_TRANSFER];
    for (size_t k = 0; k <= TCG_SAMPLED; k += DEATH_IS_SLOW ? TCG_SAMPLED / 4 : 1) {
        size_t at = k < TCG_SAMPLED ? tcg_sampled[k] : TCG_TRANSFER - 1;
        prepare(&try, row);
        memcpy(payload, row->payloads[i], sizeof payload);
        payload[at] ^= 1;
        try.payloads[i] = payload;
        must_die(&try, "byte of the payload", at);
    }
}

/* Were another byte expected, the run would not have come to its end: so each of them was compared. */
static void each_byte_counts(void **state)
{
    const struct row *row = *state;
    if (row->payloads[0] == NULL)
        each_byte_of(row, 0, MOST);
    for (size_t i = 0; i < row->count && row->payloads[i] != NULL; i++) {
        each_byte_of(row, i, i + 1);
        each_payload_byte_of(row, i);
    }
}

/* A read that nobody wrote down is as unexpected as an erase. */
static void each_read_counts(void **state)
{
    static struct nvme_passthru_cmd others[READS];
    static struct try try;
    (void)state;
    for (size_t at = 0; at < READS; at++) {
        if (reads[at].nsid == 2) /* there is one namespace */
            continue;
        prepare(&try, &rows[at < READS - SECURITY_READS ? 0 : ROWS - 1]);
        memcpy(others, reads, sizeof others);
        others[at].cdw10 ^= 1U << 31;
        try.expect[0].nvme_reads = others;
        must_die(&try, "read", at);
    }
}

/* One command with data that go out, past the run. */
static void send_payload(void *data)
{
    static uint8_t payload[512] = {1, [100] = 2, [511] = 3};
    struct try *try = data;
    struct model_machine *machine = &try->flow.machine;
    const struct uw_drive drive = {.devnum = 0}; /* minor 0: the first */
    struct uw_nvme_command command = uw_nvme_security_send(1, 0xfffe, payload, sizeof payload);
    struct uw_transport *t = NULL;
    bool stalled;
    desk_open(machine, try->expect, NULL, 0);
    if (!machine->machine.open(machine->machine.user, &drive, false, &t, NULL) ||
        !t->ops->nvme(t, &command, 5000, &stalled, NULL))
        _exit(1);
    t->ops->close(t);
}

/* Its opcode, direction and length, and each byte of the payload; a payload that nobody wrote down is none of
 * what is expected. */
static void what_goes_out_counts(void **state)
{
    static struct try try;
    static const size_t at[] = {0, 1, 100, 510, 511};
    (void)state;
    for (size_t i = 0; i < 3 + sizeof at / sizeof *at; i++) {
        uint8_t payload[512] = {1, [100] = 2, [511] = 3};
        const uint8_t *payloads[] = {payload};
        const bool good = i == 0;
        prepare(&try, &rows[0]);
        try.sent[0] = (struct nvme_passthru_cmd){
            .opcode = 0x81, .cdw10 = 0x01fffe00, .cdw11 = 512, .data_len = 512, .timeout_ms = 600000};
        try.expect[0].nvme_data = i != 1 ? payloads : NULL;
        if (i == 2)
            payloads[0] = NULL;
        if (i >= 3)
            payload[at[i - 3]] ^= 1;
        if (!good && !death_by_surprise(send_payload, &try))
            fail_msg("payload %zu is not compared", i);
        if (good) {
            send_payload(&try);
            assert_int_equal(desk_seen(0), 1);
            desk_close();
        }
        flow_close(&try.flow);
    }
}

int main(int argc, char **argv)
{
    static struct CMUnitTest tests[ROWS * 2 + 2];
    static char names[ROWS * 2][64];
    size_t count = 0;
    for (size_t i = 0; i < ROWS * 2; i++) {
        snprintf(names[count], sizeof names[count], "%s: %s", i % 2 == 0 ? "run" : "each byte",
                 rows[i / 2].name);
        tests[count] = (struct CMUnitTest){.name = names[count],
                                           .test_func = i % 2 == 0 ? each_method : each_byte_counts,
                                           .initial_state = (void *)&rows[i / 2]};
        count++;
    }
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(each_read_counts);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(what_goes_out_counts);
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return _cmocka_run_group_tests("nvme bytes", tests, count, NULL, flow_remove_all);
}
