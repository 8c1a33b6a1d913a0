/* SPDX-License-Identifier: Apache-2.0 */
/* Whole runs of every ATA method through SG_IO: each command that reaches the kernel is one that was written
 * down here, by hand, from ACS-4 chapter 7 (the commands), SAT-4 12.2.2 (ATA PASS-THROUGH) and SPC-5 (MODE
 * SENSE and SELECT, SECURITY PROTOCOL IN and OUT), and anything else ends the process. */
#include "desk/desk.h"
#include "desk/desk_death.h"
#include "flow.h"
#include "tcg_payloads.h"

/* ATA PASS-THROUGH(16): protocol 4:1 and EXTEND 0 of byte 1 (3 non-data, 4 PIO in, 5 PIO out); CK_COND 5,
 * T_DIR 3, BYT_BLOK 2 and T_LENGTH 1:0 of byte 2; FEATURES 3-4; COUNT 5-6; LBA 31:24, 7:0, 39:32, 15:8,
 * 47:40, 23:16 in 7-12; DEVICE 13; COMMAND 14. */
#define IN .direction = DESK_IN, .data_bytes = 512, .timeout_ms = 30000
#define REGISTERS .timeout_ms = 30000
#define PAGE(d_sense) .data = {[8] = 0x0a, 0x0a, 0x02 | (d_sense) << 2, [16] = 0xff, 0xff, 0x00, 0x1e}
/* SECURITY PROTOCOL: the protocol (1, TCG) in byte 1, its specific field (the ComID) in 2-3, the bytes in
 * 6-9.
 */
#define SECURITY_IN(high, low)                                                                               \
    {                                                                                                        \
        {0xa2, 0x01, high, low, 0, 0, 0, 0, 0x08, 0, 0, 0}, .cdb_bytes = 12, .direction = DESK_IN,           \
                                                            .data_bytes = TCG_TRANSFER, .timeout_ms = 30000  \
    }
/* There are drives that answer Revert when it is done. */
#define SECURITY_OUT(...)                                                                                    \
    {                                                                                                        \
        {0xb5, 0x01, 0x0f, 0xfe, 0, 0, 0, 0, 0x08, 0, 0, 0},                                                 \
            .cdb_bytes = 12, .direction = DESK_OUT, .data_bytes = TCG_TRANSFER, .timeout_ms = 600000,        \
            .data = {                                                                                        \
                __VA_ARGS__                                                                                  \
            }                                                                                                \
    }
#define SELECT .cdb_bytes = 10, .direction = DESK_OUT, .data_bytes = 20, .timeout_ms = 30000

static const struct desk_scsi reads[] = {
    /* MODE SENSE(10), DBD, the control page. */
    {{0x5a, 0x08, 0x0a, 0, 0, 0, 0, 0, 0xfc, 0},
     .cdb_bytes = 10,
     .direction = DESK_IN,
     .data_bytes = 252,
     .timeout_ms = 30000},
    /* MODE SELECT(10), PF: D_SENSE on and off, all else as it was read. */
    {{0x55, 0x10, 0, 0, 0, 0, 0, 0, 0x14, 0}, SELECT, PAGE(1)},
    {{0x55, 0x10, 0, 0, 0, 0, 0, 0, 0x14, 0}, SELECT, PAGE(0)},
    /* IDENTIFY DEVICE. */
    {{0x85, 0x08, 0x0e, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0xec, 0}, IN},
    /* NOP, which changes nothing: what comes back of its registers. */
    {{0x85, 0x07, 0x20, 0, 0, 0x5a, 0x3c, 0x73, 0xb6, 0x82, 0xa5, 0x91, 0x64, 0x40, 0x00, 0}, REGISTERS},
    {{0x85, 0x07, 0x20, 0, 0, 0xc3, 0xa5, 0x4c, 0x29, 0x7d, 0x3a, 0x6e, 0x5b, 0x40, 0x00, 0}, REGISTERS},
    {{0x85, 0x07, 0x20, 0, 0, 0x18, 0x81, 0xd2, 0xc7, 0xe4, 0x95, 0xf8, 0xb1, 0x40, 0x00, 0}, REGISTERS},
    /* SANITIZE STATUS EXT, without CLEAR SANITIZE OPERATION FAILED. */
    {{0x85, 0x07, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x40, 0xb4, 0}, REGISTERS},
    /* SMART READ DATA, READ THRESHOLDS (as ATA/ATAPI-3 had it), RETURN STATUS; LBA 23:8 C24Fh. */
    {{0x85, 0x08, 0x0e, 0, 0xd0, 0, 1, 0, 0, 0, 0x4f, 0, 0xc2, 0, 0xb0, 0}, IN},
    {{0x85, 0x08, 0x0e, 0, 0xd1, 0, 1, 0, 0, 0, 0x4f, 0, 0xc2, 0, 0xb0, 0}, IN},
    {{0x85, 0x06, 0x20, 0, 0xda, 0, 0, 0, 0, 0, 0x4f, 0, 0xc2, 0, 0xb0, 0}, REGISTERS},
    /* Level 0 Discovery, and what the drive answers on its ComID. */
    SECURITY_IN(0x00, 0x01),
    SECURITY_IN(0x0f, 0xfe),
};
enum { READS = sizeof reads / sizeof *reads, SECURITY_READS = 2, MOST = 6 };

/* B4h; FEATURES: 0011h crypto scramble, 0012h block erase, 0014h overwrite. LBA: 43727970h "Cryp", 426B4572h
 * "BkEr", 4F57h "OW" above the pattern. COUNT of an overwrite: passes 3:0, definitive ending pattern 6. */
#define SANITIZE(feature, count, ...)                                                                        \
    {                                                                                                        \
        {0x85, 0x07, 0x00, 0, feature, 0, count, __VA_ARGS__, 0x40, 0xb4, 0}, .timeout_ms = 120000           \
    }
#define CRYPTO SANITIZE(0x11, 0x00, 0x43, 0x70, 0, 0x79, 0, 0x72)
#define BLOCK SANITIZE(0x12, 0x00, 0x42, 0x72, 0, 0x45, 0, 0x6b)
#define OVERWRITE SANITIZE(0x14, 0x01, 0, 0, 0x57, 0, 0x4f, 0)
#define OVERWRITE_DEFINITIVE SANITIZE(0x14, 0x41, 0, 0, 0x57, 0, 0x4f, 0)

/* SANITIZE STATUS EXT; bit 0 of COUNT: CLEAR SANITIZE OPERATION FAILED. */
#define CLEAR_FAILED                                                                                         \
    {                                                                                                        \
        {0x85, 0x07, 0x20, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0x40, 0xb4, 0}, REGISTERS                           \
    }

/* Word 0 of the block: identifier 0 (0 user), of ERASE UNIT enhanced 1, of SET PASSWORD the level 8 (0 high);
 * the password in words 1 to 16, zeros behind it. */
#define OUT(command, ms, word)                                                                               \
    {                                                                                                        \
        {0x85, 0x0a, 0x06, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, command, 0},                                     \
            .direction = DESK_OUT, .data_bytes = 512, .timeout_ms = ms, .data = {                            \
                word,                                                                                        \
                0x00,                                                                                        \
                'u',                                                                                         \
                'n',                                                                                         \
                'w',                                                                                         \
                'r',                                                                                         \
                'i',                                                                                         \
                't',                                                                                         \
                'e'                                                                                          \
            }                                                                                                \
    }
#define SET_PASSWORD OUT(0xf1, 60000, 0x00)
#define UNLOCK OUT(0xf2, 60000, 0x00)
#define PREPARE                                                                                              \
    {                                                                                                        \
        {0x85, 0x06, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xf3, 0}, REGISTERS                              \
    }
#define DISABLE OUT(0xf6, 60000, 0x00)
/* Half again of what the drive says (words 89 and 90, in units of two minutes) and half an hour: */
#define UNIT(ms) OUT(0xf4, ms, 0x00)
#define UNIT_ENHANCED(ms) OUT(0xf4, ms, 0x02)
#define MINUTES(m) (m) * 60000U

#define SANITIZES .sanitize = true, .crypto = true, .block_erase = true, .overwrite = true
#define SECURITY .security = true, .enhanced = true
enum { BYTES = 64 * 1024, DISK = 7200 };

struct row {
    const char *name;
    struct ata_row device;
    struct desk_scsi sent[MOST];
    size_t count;
    unsigned directly;
    bool alike;  /* but for COUNT, data or time-out another row has the same */
    bool second; /* the run before it lost its power in the middle of its erase */
};

/* clang-format off */
static const struct row rows[] = {
    {"crypto", {"ata-sanitize-crypto", .config = {SANITIZES}}, {CRYPTO}, 1, 0, false, false},
    {"block", {"ata-sanitize-block", .config = {SANITIZES}}, {BLOCK}, 1, 0, false, false},
    {"overwrite", {"ata-sanitize-overwrite", .config = {SANITIZES, .rotation = DISK}}, {OVERWRITE}, 1, 0, false, false},
    {"overwrite, definitive",
     {"ata-sanitize-overwrite", .config = {SANITIZES, .definitive = true, .ends_otherwise = true, .rotation = DISK}},
     {OVERWRITE_DEFINITIVE}, 1, 0, true, false},
    /* 120 units: four hours, so six and a half. */
    {"erase", {"ata-security-erase", .config = {SECURITY, .erase_word = 120, .enhanced_word = 1}},
     {SET_PASSWORD, PREPARE, UNIT(MINUTES(390))}, 3, 1U << 2, false, false},
    /* Bit 15: 15 bits of units follow. 600: twenty hours, so thirty and a half. */
    {"erase, enhanced",
     {"ata-security-erase-enhanced",
      .config = {SECURITY, .erase_word = 1, .enhanced_word = 0x8000 | 600, .rotation = DISK}},
     {SET_PASSWORD, PREPARE, UNIT_ENHANCED(MINUTES(1830))}, 3, 1U << 2, true, false},
    /* Two hours at least. */
    {"erase, told as nothing", {"ata-security-erase", .config = {SECURITY, .erase_word = 1, .enhanced_word = 120}},
     {SET_PASSWORD, PREPARE, UNIT(MINUTES(120))}, 3, 1U << 2, true, false},
    /* 0: not told; 255: more than 508 minutes. As long as the kernel can count: 24 days. */
    {"erase, not told", {"ata-security-erase", .config = {SECURITY, .erase_word = 0, .enhanced_word = 1}},
     {SET_PASSWORD, PREPARE, UNIT(MINUTES(24 * 24 * 60))}, 3, 1U << 2, true, false},
    {"erase, enhanced, beyond",
     {"ata-security-erase-enhanced", .config = {SECURITY, .erase_word = 1, .enhanced_word = 255, .rotation = DISK}},
     {SET_PASSWORD, PREPARE, UNIT_ENHANCED(MINUTES(24 * 24 * 60))}, 3, 1U << 2, true, false},
    /* Found shut by a sanitize that was begun with FAILURE MODE and failed. */
    {"host, after a sanitize that failed",
     {"overwrite", .config = {SANITIZES, .former = {.failed = true, .failure_mode = true}}}, {CLEAR_FAILED}, 1, 0,
     false, false},
    {"erase, after a sanitize that failed",
     {"ata-security-erase",
      .config = {SANITIZES, SECURITY, .erase_word = 120, .enhanced_word = 1,
                 .former = {.failed = true, .failure_mode = true}}},
     {CLEAR_FAILED, SET_PASSWORD, PREPARE, UNIT(MINUTES(390))}, 4, 1U << 3, true, false},
    /* Found locked with the password of a run of ours that broke off. */
    {"unlock, disable, erase", {"ata-security-erase", .config = {SECURITY, .erase_word = 120, .enhanced_word = 1}},
     {UNLOCK, DISABLE, SET_PASSWORD, PREPARE, UNIT(MINUTES(390))}, 5, 1U << 4, false, true},
    {"revert",
     {"opal-psid-revert", .config = {.tcg = {.class = MODEL_TCG_OPAL_2, .encrypts = true}}, .request.psid = TCG_PSID},
     {SECURITY_OUT(TCG_START_SESSION), SECURITY_OUT(TCG_REVERT)}, 2, 0, false, false},
};
/* clang-format on */
enum { ROWS = sizeof rows / sizeof *rows };

/* A run and what is expected of it. */
struct
try {
    const struct row *row;
    struct flow flow;
    struct desk_scsi sent[MOST];
    struct desk_expect expect;
};

/* ERASE UNIT is what the power fails in; the note of the password stays. */
static void break_off(struct flow *flow)
{
    struct model_ata *ata = flow->owned_ata[0];
    struct model_facts facts = flow->machine.drives[0].facts;
    ata->config.lies[0] = (struct model_ata_lie){MODEL_ATA_HANGS, MODEL_ATA_UNIT, 1, 0};
    flow_run(flow);
    flow_check(flow);
    assert_string_equal(flow_verdict(flow, 0), "stalled");
    assert_true(ata->enabled);
    model_ata_cut_power(ata);
    model_ata_power_on(ata);
    model_ata_rescan(ata);
    flow_again(flow);
    flow_put_ata(flow, 0, &facts, ata, 1);
    assert_true(ata->locked);
}

static void prepare(struct try *try, const struct row *row)
{
    struct ata_row device = row->device;
    device.health = true;
    device.config.block.bytes = BYTES;
    device.request.level = strncmp(device.name, "ata-sanitize", 12) == 0 ? "purge" : "clear";
    device.request.method = device.name;
    *try = (struct try){.row = row};
    memcpy(try->sent, row->sent, sizeof try->sent);
    flow_open_ata(&try->flow, &device);
    if (row->second)
        break_off(&try->flow);
    try->expect = (struct desk_expect){.scsi_reads = reads,
                                       .scsi_read_count = READS,
                                       .scsi = try->sent,
                                       .scsi_count = row->count,
                                       .directly = row->directly};
}

static void run(void *data)
{
    struct try *try = data;
    desk_open(&try->flow.machine, &try->expect, NULL, 0);
    flow_run(&try->flow);
}

static void each_method(void **state)
{
    const struct row *row = *state;
    static struct try try;
    prepare(&try, row);
    run(&try);
    flow_check(&try.flow);
    if (strncmp(flow_verdict(&try.flow, 0), "sanitized", 9) != 0)
        fail_msg("%s: %s; %s", flow_verdict(&try.flow, 0),
                 flow_text(json_object_get(try.flow.certificate[0], "claim"), "statement"),
                 flow_text(json_object_get(flow_step(&try.flow, 0), "completion"), "error"));
    assert_string_equal(flow_text(flow_step(&try.flow, 0), "method"), row->device.name);
    assert_int_equal(try.flow.exit_code, 0);
    assert_false(try.flow.owned_ata[0]->enabled);
    desk_check_all_came();
    desk_close();
    flow_close(&try.flow);
}

static void must_die(struct try *try, const char *what, size_t at)
{
    if (!death_by_surprise(run, try))
        fail_msg("%s: %s %zu does not matter", try->row->name, what, at);
    flow_close(&try->flow);
}

/* Which of a CDB's bytes, and of the data that go out. */
struct bytes {
    size_t count;
    const uint8_t *at;
};
#define BYTES_AT(...)                                                                                        \
    {                                                                                                        \
        sizeof(uint8_t[]){__VA_ARGS__}, (const uint8_t[])                                                    \
        {                                                                                                    \
            __VA_ARGS__                                                                                      \
        }                                                                                                    \
    }

/* Protocol, flags, FEATURES, COUNT, LBA, DEVICE, COMMAND. */
static const struct bytes all_of_cdb = BYTES_AT(1, 2, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14);
static const struct bytes all_of_data = BYTES_AT(0, 1, 2, 8, 9, 35);
static const struct bytes few_of_cdb = BYTES_AT(6), few_of_data = BYTES_AT(0);
/* SECURITY PROTOCOL OUT. */
static const struct bytes all_of_security = BYTES_AT(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
static const struct bytes all_of_payload = {TCG_SAMPLED, tcg_sampled};

/* Were another byte expected, the run would not have come to its end: so each of them was compared. Of rows
 * that differ from another in little that little: COUNT, the first word of the block, the time-out. */
static void each_byte_of(const struct row *row, size_t i)
{
    static struct try try;
    bool few = row->alike || DEATH_IS_SLOW, security = row->sent[i].cdb_bytes == 12;
    const struct bytes *cdb = few ? &few_of_cdb : security ? &all_of_security : &all_of_cdb;
    const struct bytes *data = few ? &few_of_data : security ? &all_of_payload : &all_of_data;
    for (size_t k = 0; k < cdb->count; k++) {
        prepare(&try, row);
        try.sent[i].cdb[cdb->at[k]] ^= 1;
        must_die(&try, "CDB byte", cdb->at[k]);
    }
    for (size_t k = 0; row->sent[i].direction == DESK_OUT && k < data->count; k++) {
        prepare(&try, row);
        try.sent[i].data[data->at[k]] ^= 1;
        must_die(&try, "data byte", data->at[k]);
    }
    prepare(&try, row);
    try.sent[i].timeout_ms++;
    must_die(&try, "time-out of command", i);
}

static void each_byte_counts(void **state)
{
    const struct row *row = *state;
    size_t first = row->alike ? row->count - 1 : 0, end = row->second ? 2 : row->count;
    for (size_t i = first; i < end; i++) /* the others another row has */
        each_byte_of(row, i);
}

/* A read that nobody wrote down is as unexpected as an erase. */
static void each_read_counts(void **state)
{
    static struct desk_scsi others[READS];
    static struct try try;
    (void)state;
    for (size_t at = 0; at < READS; at++) {
        prepare(&try, &rows[at < READS - SECURITY_READS ? 0 : ROWS - 1]);
        try.expect.scsi_reads = others;
        memcpy(others, reads, sizeof others);
        others[at].cdb[3] ^= 1;
        must_die(&try, "read", at);
    }
}

/* What the desk is told to find between two commands that belong together is found. */
static void what_comes_between_counts(void **state)
{
    static struct try try;
    (void)state;
    prepare(&try, &rows[4]);
    try.expect.directly |= 1U << 1; /* the drive is looked at between its password and ERASE PREPARE */
    must_die(&try, "command before", 1);
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
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(what_comes_between_counts);
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return _cmocka_run_group_tests("ata bytes", tests, count, NULL, flow_remove_all);
}
