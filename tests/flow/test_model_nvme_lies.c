/* SPDX-License-Identifier: Apache-2.0 */
/* Each lie of the NVMe model does on the medium and in the log what it says, and nothing else. */
#include "nvme_commands.h"

enum { BLOCKS = 64, NAMESPACES = 3 };

/* Namespaces 1 and 2 attached, 3 only allocated. */
static struct drive make_liar(struct model_nvme_config config, const struct model_nvme_lie lies[2])
{
    config.media[1].present = config.media[2].present = config.media[2].detached = true;
    for (size_t i = 0; i < 2; i++)
        config.lies[i] = lies[i];
    return make(&config);
}

/* Erases that leave something, whatever erases. */
struct residue {
    const char *name;
    struct model_nvme_lie lies[2];
    uint64_t kept[NAMESPACES]; /* blocks of old data */
    bool unmapped;             /* those are unmapped all the same */
    bool crypto_alone;
};

static const struct residue residues[] = {
    {"honest", {{0}}, {0}, false, false},
    {"erases-nothing", {{.kind = MODEL_NVME_ERASES_NOTHING}}, {BLOCKS, BLOCKS, BLOCKS}, false, false},
    {"erases-half", {{.kind = MODEL_NVME_ERASES_HALF}}, {BLOCKS / 2, BLOCKS / 2, BLOCKS / 2}, false, false},
    {"erases-not-the-last", {{.kind = MODEL_NVME_ERASES_NOT_LAST}}, {1, 1, 1}, false, false},
    {"erases-the-first-namespace", {{.kind = MODEL_NVME_ERASES_ONE}}, {0, BLOCKS, BLOCKS}, false, false},
    {"erases-the-second-namespace",
     {{.kind = MODEL_NVME_ERASES_ONE, .value = 2}},
     {BLOCKS, 0, BLOCKS},
     false,
     false},
    {"erases-attached-ones", {{.kind = MODEL_NVME_ERASES_ATTACHED}}, {0, 0, BLOCKS}, false, false},
    {"keeps-the-key", {{.kind = MODEL_NVME_KEEPS_KEY}}, {BLOCKS, BLOCKS, BLOCKS}, false, true},
    {"only-unmaps", {{.kind = MODEL_NVME_ONLY_UNMAPS}}, {BLOCKS, BLOCKS, BLOCKS}, true, false},
    {"half-of-the-attached",
     {{.kind = MODEL_NVME_ERASES_ATTACHED}, {.kind = MODEL_NVME_ERASES_HALF}},
     {BLOCKS / 2, BLOCKS / 2, BLOCKS},
     false,
     false},
    {"only-in-another-way",
     {{.kind = MODEL_NVME_ERASES_NOTHING, .on = MODEL_NVME_EXIT_FAILURE}},
     {0},
     false,
     false},
    {"at-another-time",
     {{.kind = MODEL_NVME_ERASES_NOTHING, .on = MODEL_NVME_ERASE, .times = 1}},
     {0},
     false,
     false},
};

static void check_residue(const struct residue *residue, struct drive *drive, bool crypto)
{
    for (size_t place = 0; place < NAMESPACES; place++) {
        struct model_nvme_truth truth = model_nvme_truth(drive->nvme, place);
        uint64_t kept = residue->crypto_alone && !crypto ? 0 : residue->kept[place];
        if (truth.old != kept || truth.old_units != kept || truth.erased != BLOCKS - kept ||
            truth.unmapped != (residue->unmapped ? BLOCKS : BLOCKS - kept))
            fail_msg(
                "%s: namespace %zu keeps %llu blocks (%llu by their mark), %llu unmapped, instead of %llu",
                residue->name, place + 1, (unsigned long long)truth.old, (unsigned long long)truth.old_units,
                (unsigned long long)truth.unmapped, (unsigned long long)kept);
    }
}

/* Which ones: those at the end. */
static void what_is_left_lies_at_the_end(void **state)
{
    (void)state;
    static const enum model_nvme_lie_kind kinds[] = {MODEL_NVME_ERASES_NOT_LAST, MODEL_NVME_ERASES_HALF};
    for (size_t i = 0; i < 2; i++) {
        uint64_t first = i == 0 ? BLOCKS - 1 : BLOCKS / 2;
        struct drive drive = make_liar(able(), (struct model_nvme_lie[2]){{.kind = kinds[i]}});
        assert_int_equal(sanitize(&drive, BLOCK), 0);
        wait_ms(&drive, 5000);
        for (uint64_t lba = 0; lba < BLOCKS; lba++) {
            uint8_t data[512];
            assert_int_equal(read_block(&drive, 0, lba, data), 512);
            assert_int_equal(memcmp(data, "OldData:", 8) == 0, lba >= first);
        }
        model_nvme_free(drive.nvme);
    }
}

/* A lie that comes once is over then. */
static void commands_go_astray_once(void **state)
{
    (void)state;
    static const enum model_nvme_lie_kind kinds[] = {MODEL_NVME_ABORTS, MODEL_NVME_TIMES_OUT,
                                                     MODEL_NVME_NEVER_STARTS};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct model_nvme_lie lie = {.kind = kinds[i], .on = MODEL_NVME_BLOCK, .times = 1, .value = 1};
        struct drive drive = make_liar(able(), (struct model_nvme_lie[2]){lie});
        assert_int_equal(sanitize(&drive, BLOCK), i == 0 ? 1 : i == 1 ? -EINTR : 0);
        wait_ms(&drive, 5000);
        assert_int_equal(erased(&drive, 0), 0);
        assert_int_equal(sanitize(&drive, BLOCK), 0);
        wait_ms(&drive, 5000);
        assert_int_equal(erased(&drive, 0), BLOCKS);
        model_nvme_free(drive.nvme);
    }
}

static void erases_leave_something(void **state)
{
    (void)state;
    static const uint32_t actions[] = {BLOCK, CRYPTO, OVERWRITE | 1 << 4};
    for (size_t i = 0; i < sizeof residues / sizeof residues[0]; i++) {
        bool second = residues[i].lies[0].times == 1;
        for (size_t action = 0; action < 3; action++) {
            struct drive drive = make_liar(able(), residues[i].lies);
            for (int run = 0; run <= second; run++) {
                assert_int_equal(sanitize(&drive, actions[action]), 0);
                assert_int_equal(read_log(&drive).state, RUNNING);
                wait_ms(&drive, 20000);
                assert_int_equal(read_log(&drive).state, SUCCESS);
                assert_true(read_log(&drive).global_erased);
            }
            check_residue(&residues[i], &drive, actions[action] == CRYPTO);
            model_nvme_free(drive.nvme);
        }
        for (uint32_t ses = USER; ses <= CRYPTO_FORMAT; ses += 1 << 9) {
            struct model_nvme_config config = able();
            config.fna = 7; /* reaches all of them */
            struct drive drive = make_liar(config, residues[i].lies);
            for (int run = 0; run <= second; run++)
                assert_int_equal(format(&drive, 1, ses), 0);
            check_residue(&residues[i], &drive, ses == CRYPTO_FORMAT);
            model_nvme_free(drive.nvme);
        }
    }
}

/* What the host sees of drives that only unmap, asked to or not: nothing but zeros. */
static void unmapped_data_cannot_be_seen(void **state)
{
    (void)state;
    for (uint32_t kept = 0; kept <= NDAS; kept += NDAS) {
        struct drive drive = make_liar(able(), (struct model_nvme_lie[2]){{.kind = MODEL_NVME_ONLY_UNMAPS}});
        assert_int_equal(sanitize(&drive, BLOCK | kept), 0);
        wait_ms(&drive, 5000);
        assert_true(reads_as(&drive, 0, 0));
        assert_int_equal(model_nvme_truth(drive.nvme, 0).old_units, BLOCKS);
        model_nvme_free(drive.nvme);
    }
}

static void keeps_what_was_cached(void **state)
{
    (void)state;
    uint8_t data[512];
    struct drive drive = make_liar(able(), (struct model_nvme_lie[2]){{.kind = MODEL_NVME_ERASES_NOTHING}});
    assert_int_equal(write_block(&drive, 0, 9, 0x99), 512);
    assert_int_equal(sanitize(&drive, BLOCK), 0);
    wait_ms(&drive, 5000);
    assert_int_equal(read_block(&drive, 0, 9, data), 512);
    assert_int_equal(data[0], 0x99);
    assert_int_equal(model_nvme_truth(drive.nvme, 0).written, 1);
    model_nvme_free(drive.nvme);
}

/* The log at points of a block erase that takes 5000 ms. */
struct telling {
    const char *name;
    struct model_nvme_lie lie;
    struct {
        unsigned ms; /* since it began */
        unsigned progress, state;
        bool global_erased;
    } at[3];
    uint32_t cdw10;
    uint64_t erased; /* of the first namespace's blocks, at the last point */
};

static const struct telling tellings[] = {
    {"honest",
     {0},
     {{2500, 32768, RUNNING, false}, {4000, 52428, RUNNING, false}, {5000, 65535, SUCCESS, true}},
     BLOCK,
     BLOCKS},
    {"stands",
     {.kind = MODEL_NVME_STANDS},
     {{2500, 655, RUNNING, false}, {60000, 655, RUNNING, false}, {900000000, 655, RUNNING, false}},
     BLOCK,
     0},
    {"stands-in-the-middle",
     {.kind = MODEL_NVME_STANDS, .value = 32768},
     {{1250, 16384, RUNNING, false}, {2500, 32768, RUNNING, false}, {900000000, 32768, RUNNING, false}},
     BLOCK,
     BLOCKS / 2},
    {"backwards",
     {.kind = MODEL_NVME_RUNS_BACKWARDS},
     {{1250, 65000 - 16384, RUNNING, false},
      {2500, 65000 - 32768, RUNNING, false},
      {5000, 65535, SUCCESS, true}},
     BLOCK,
     BLOCKS},
    {"ffff-in-the-middle",
     {.kind = MODEL_NVME_PROGRESS_FFFF},
     {{1250, 16384, RUNNING, false}, {2500, 65535, RUNNING, false}, {4999, 65535, RUNNING, false}},
     BLOCK,
     BLOCKS - 1},
    {"never-starts",
     {.kind = MODEL_NVME_NEVER_STARTS},
     {{0, 65535, SUCCESS, false}, {2500, 65535, SUCCESS, false}, {9000, 65535, SUCCESS, false}},
     0x204,
     0},
    {"success-at-once",
     {.kind = MODEL_NVME_SUCCESS_AT_ONCE},
     {{0, 65535, SUCCESS, true}, {1250, 65535, SUCCESS, true}, {5000, 65535, SUCCESS, true}},
     BLOCK,
     BLOCKS},
    {"failed-after-erasing",
     {.kind = MODEL_NVME_FAILS_AFTER_ERASING},
     {{1250, 16384, RUNNING, false}, {2500, 32768, RUNNING, false}, {5000, 65535, FAILED, false}},
     BLOCK,
     BLOCKS},
    {"reserved-status",
     {.kind = MODEL_NVME_RESERVED_STATUS},
     {{1250, 16384, RUNNING, false}, {2500, 32768, RUNNING, false}, {5000, 65535, 5, true}},
     BLOCK,
     BLOCKS},
    {"reserved-status-7",
     {.kind = MODEL_NVME_RESERVED_STATUS, .value = 7},
     {{1250, 16384, RUNNING, false}, {2500, 32768, RUNNING, false}, {5000, 65535, 7, true}},
     BLOCK,
     BLOCKS},
    {"stale",
     {.kind = MODEL_NVME_STALE_LOG},
     {{0, 65535, SUCCESS, false}, {2500, 65535, SUCCESS, false}, {5000, 65535, SUCCESS, false}},
     0x204,
     BLOCKS},
    {"other-action",
     {.kind = MODEL_NVME_OTHER_ACTION},
     {{1250, 16384, RUNNING, false}, {2500, 32768, RUNNING, false}, {5000, 65535, SUCCESS, true}},
     CRYPTO,
     BLOCKS},
    {"other-command",
     {.kind = MODEL_NVME_OTHER_ACTION, .value = 0x123},
     {{1250, 16384, RUNNING, false}, {2500, 32768, RUNNING, false}, {5000, 65535, SUCCESS, true}},
     0x123,
     BLOCKS},
    {"all-zero",
     {.kind = MODEL_NVME_LOG_ZERO},
     {{1250, 0, 0, false}, {2500, 0, 0, false}, {5000, 0, 0, false}},
     0,
     BLOCKS},
    {"fails-at-a-quarter",
     {.kind = MODEL_NVME_FAILS, .value = 25},
     {{1000, 13107, RUNNING, false}, {2500, 65535, FAILED, false}, {5000, 65535, FAILED, false}},
     BLOCK,
     BLOCKS / 4},
};

static void logs_tell_otherwise(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof tellings / sizeof tellings[0]; i++) {
        const struct telling *telling = &tellings[i];
        struct model_nvme_config config = able();
        config.former.state = SUCCESS, config.former.cdw10 = 0x204;
        config.lies[0] = telling->lie;
        config.lies[0].on = MODEL_NVME_BLOCK;
        struct drive drive = make(&config);
        assert_int_equal(read_log(&drive).cdw10, 0x204);
        assert_int_equal(sanitize(&drive, BLOCK), 0);
        for (size_t at = 0; at < 3; at++) {
            drive.now_ms = telling->at[at].ms;
            struct log log = read_log(&drive);
            if (log.answer != 0 || log.progress != telling->at[at].progress ||
                log.state != telling->at[at].state || log.global_erased != telling->at[at].global_erased ||
                log.cdw10 != telling->cdw10)
                fail_msg("%s at %u ms: progress %u, state %u, bit %d, cdw10 %x", telling->name,
                         telling->at[at].ms, log.progress, log.state, log.global_erased, log.cdw10);
        }
        if (erased(&drive, 0) != telling->erased)
            fail_msg("%s erased %llu blocks", telling->name, (unsigned long long)erased(&drive, 0));
        model_nvme_free(drive.nvme);
    }
}

/* Whoever believes a success that came at once reads what is not erased yet. */
static void success_at_once_lets_read(void **state)
{
    (void)state;
    uint8_t data[512];
    struct drive drive = make_liar(able(), (struct model_nvme_lie[2]){{.kind = MODEL_NVME_SUCCESS_AT_ONCE}});
    assert_int_equal(sanitize(&drive, BLOCK), 0);
    assert_int_equal(read_block(&drive, 0, 9, data), 512);
    assert_memory_equal(data, "OldData:", 8);
    assert_int_equal(sanitize(&drive, BLOCK), 0x01d);
    wait_ms(&drive, 5000);
    assert_int_equal(read_block(&drive, 0, 9, data), 512);
    assert_memory_not_equal(data, "OldData:", 8);
    model_nvme_free(drive.nvme);
}

static void logs_cannot_be_read(void **state)
{
    (void)state;
    static const struct {
        struct model_nvme_lie lie;
        int before, after;
    } rows[] = {{{.kind = MODEL_NVME_LOG_REFUSED}, 0x002, 0x002},
                {{.kind = MODEL_NVME_LOG_REFUSED, .on = MODEL_NVME_GET_LOG, .value = 0x109}, 0x109, 0x109},
                {{.kind = MODEL_NVME_LOG_REFUSED, .on = MODEL_NVME_BLOCK}, 0, 0x002},
                {{.kind = MODEL_NVME_LOG_REFUSED, .on = MODEL_NVME_CRYPTO}, 0, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct drive drive = make_liar(able(), (struct model_nvme_lie[2]){rows[i].lie});
        assert_int_equal(read_log(&drive).answer, rows[i].before);
        assert_int_equal(sanitize(&drive, BLOCK), 0);
        assert_int_equal(read_log(&drive).answer, rows[i].after);
        wait_ms(&drive, 5000);
        assert_int_equal(read_log(&drive).answer, rows[i].after);
        assert_int_equal(erased(&drive, 0), BLOCKS);
        model_nvme_free(drive.nvme);
    }
}

static void commands_go_astray(void **state)
{
    (void)state;
    static const struct {
        struct model_nvme_lie lie;
        uint32_t cdw10;
        int status;
        uint64_t took_ms, erased;
    } rows[] = {
        {{.kind = MODEL_NVME_HANGS, .on = MODEL_NVME_BLOCK}, BLOCK, -ETIMEDOUT, PATIENCE_MS, 0},
        {{.kind = MODEL_NVME_HANGS, .on = MODEL_NVME_BLOCK}, CRYPTO, 0, 0, BLOCKS},
        {{.kind = MODEL_NVME_TIMES_OUT, .on = MODEL_NVME_SANITIZE}, BLOCK, -EINTR, KERNEL_MS, BLOCKS},
        {{.kind = MODEL_NVME_TIMES_OUT, .on = MODEL_NVME_SANITIZE, .value = 1}, BLOCK, -EINTR, KERNEL_MS, 0},
        {{.kind = MODEL_NVME_ABORTS, .on = MODEL_NVME_BLOCK}, BLOCK, 0x006, 0, 0},
        {{.kind = MODEL_NVME_ABORTS, .on = MODEL_NVME_BLOCK, .value = 0x286}, BLOCK, 0x286, 0, 0},
        {{.kind = MODEL_NVME_ABORTS, .on = MODEL_NVME_BLOCK, .value = 0x286}, CRYPTO, 0, 0, BLOCKS},
        {{.kind = MODEL_NVME_ACCEPTS}, OVERWRITE, 0, 0, 0},
        {{0}, OVERWRITE, 0x002, 0, 0},
        {{.kind = MODEL_NVME_ACCEPTS}, BLOCK, 0, 0, BLOCKS}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct model_nvme_config config = able();
        config.sanicap = 3;
        struct drive drive = make_liar(config, (struct model_nvme_lie[2]){rows[i].lie});
        assert_int_equal(sanitize(&drive, rows[i].cdw10), rows[i].status);
        assert_int_equal(drive.now_ms, rows[i].took_ms);
        wait_ms(&drive, 20000);
        assert_int_equal(erased(&drive, 0), rows[i].erased);
        model_nvme_free(drive.nvme);
    }
}

static void one_that_hangs_stays_so(void **state)
{
    (void)state;
    uint8_t data[512];
    struct drive drive = make_liar(
        able(), (struct model_nvme_lie[2]){{.kind = MODEL_NVME_HANGS, .on = MODEL_NVME_BLOCK, .times = 1}});
    assert_int_equal(sanitize(&drive, BLOCK), -ETIMEDOUT);
    assert_int_equal(read_log(&drive).answer, -ETIMEDOUT);
    assert_int_equal(read_block(&drive, 0, 0, data), -EIO);
    model_nvme_cut_power(drive.nvme);
    model_nvme_power_on(drive.nvme);
    assert_int_equal(read_log(&drive).answer, 0);
    assert_int_equal(sanitize(&drive, BLOCK), 0);
    model_nvme_free(drive.nvme);
}

/* Another drive than before, once an erase ended and not earlier. */
static void identity_changes(void **state)
{
    (void)state;
    static const struct model_nvme_lie kinds[] = {{0},
                                                  {.kind = MODEL_NVME_OTHER_SERIAL},
                                                  {.kind = MODEL_NVME_OTHER_SERIAL, .value = 1},
                                                  {.kind = MODEL_NVME_OTHER_SIZE},
                                                  {.kind = MODEL_NVME_OTHER_NSID},
                                                  {.kind = MODEL_NVME_OTHER_EUI}};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        uint8_t before[3][4096], after[3][4096];
        struct model_nvme_names names[2];
        struct drive drive = make_liar(able(), (struct model_nvme_lie[2]){kinds[i]});
        for (int round = 0; round < 2; round++) {
            uint8_t(*page)[4096] = round == 0 ? before : after;
            uint64_t bytes;
            bool stalled;
            assert_int_equal(ask_for(&drive, IDENTIFY, 0, 1, 0, page[0], 4096), 0);
            assert_int_equal(ask_for(&drive, IDENTIFY, 1, 0, 0, page[1], 4096), 0);
            assert_int_equal(ask_for(&drive, IDENTIFY, 0, 2, 0, page[2], 4096), 0);
            assert_int_equal(model_nvme_look(drive.nvme, 0, drive.now_ms, &bytes), 0);
            assert_int_equal(bytes, SMALL); /* the host has not looked */
            assert_int_equal(model_nvme_rescan(drive.nvme, &drive.now_ms, 1000, &stalled), 0);
            assert_int_equal(model_nvme_look(drive.nvme, 0, drive.now_ms, &bytes), 0);
            assert_int_equal(bytes,
                             round == 1 && kinds[i].kind == MODEL_NVME_OTHER_SIZE ? SMALL + 512 : SMALL);
            names[round] = model_nvme_names(drive.nvme, 0);
            if (round == 0)
                assert_int_equal(sanitize(&drive, CRYPTO), 0);
            wait_ms(&drive, 1000);
        }
        enum model_nvme_lie_kind kind = kinds[i].kind;
        assert_int_equal(memcmp(before[0] + 4, after[0] + 4, 20) != 0, kind == MODEL_NVME_OTHER_SERIAL);
        assert_int_equal(memcmp(before[1], after[1], 8) != 0,
                         kind == MODEL_NVME_OTHER_SIZE || kind == MODEL_NVME_OTHER_NSID);
        assert_int_equal(memcmp(before[1] + 120, after[1] + 120, 8) != 0,
                         kind == MODEL_NVME_OTHER_EUI || kind == MODEL_NVME_OTHER_NSID);
        assert_int_equal(memcmp(before[2], after[2], 4096) != 0, kind == MODEL_NVME_OTHER_NSID);
        assert_int_equal(strcmp(names[0].serial, names[1].serial) != 0,
                         kind == MODEL_NVME_OTHER_SERIAL && kinds[i].value == 0);
        assert_int_equal(memcmp(names[0].eui64, names[1].eui64, 8) != 0, kind == MODEL_NVME_OTHER_EUI);
        model_nvme_free(drive.nvme);
    }
}

static void reading_fails_afterwards(void **state)
{
    (void)state;
    uint8_t data[512];
    struct drive drive =
        make_liar(able(), (struct model_nvme_lie[2]){{.kind = MODEL_NVME_READ_ERRORS, .value = 9}});
    assert_int_equal(read_block(&drive, 0, 9, data), 512);
    assert_int_equal(sanitize(&drive, CRYPTO), 0);
    wait_ms(&drive, 1000);
    assert_int_equal(read_block(&drive, 0, 9, data), -EIO);
    assert_int_equal(read_block(&drive, 0, 8, data), 512);
    assert_int_equal(write_block(&drive, 0, 9, 1), 512);
    model_nvme_free(drive.nvme);
    drive =
        make_liar(able(), (struct model_nvme_lie[2]){{.kind = MODEL_NVME_READ_ERRORS, .value = MODEL_ALL}});
    assert_int_equal(format(&drive, 1, USER), 0);
    assert_int_equal(read_block(&drive, 0, 8, data), -EIO);
    assert_int_equal(model_nvme_flush(drive.nvme, 0, drive.now_ms), 0);
    model_nvme_free(drive.nvme);
}

static void rescans_hang(void **state)
{
    (void)state;
    bool stalled;
    struct drive drive =
        make_liar(able(), (struct model_nvme_lie[2]){{.kind = MODEL_NVME_HANGS, .on = MODEL_NVME_RESCAN}});
    assert_int_equal(read_log(&drive).answer, 0);
    model_nvme_rescan(drive.nvme, &drive.now_ms, 1000, &stalled);
    assert_true(stalled);
    assert_int_equal(drive.now_ms, 1000);
    model_nvme_free(drive.nvme);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(erases_leave_something),
        cmocka_unit_test(what_is_left_lies_at_the_end),
        cmocka_unit_test(commands_go_astray_once),
        cmocka_unit_test(unmapped_data_cannot_be_seen),
        cmocka_unit_test(keeps_what_was_cached),
        cmocka_unit_test(logs_tell_otherwise),
        cmocka_unit_test(success_at_once_lets_read),
        cmocka_unit_test(logs_cannot_be_read),
        cmocka_unit_test(commands_go_astray),
        cmocka_unit_test(one_that_hangs_stays_so),
        cmocka_unit_test(identity_changes),
        cmocka_unit_test(reading_fails_afterwards),
        cmocka_unit_test(rescans_hang),
    };
    return cmocka_run_group_tests_name("model_nvme_lies", tests, NULL, NULL);
}
