/* SPDX-License-Identifier: Apache-2.0 */
/* Each lie of the ATA model does what it says, on the medium and in the answers, and an honest one does not.
 */
#include "ata_commands.h"

#include <stdio.h>

static const unsigned every_erase[] = {MODEL_ATA_BLOCK, MODEL_ATA_OVERWRITE, MODEL_ATA_CRYPTO,
                                       MODEL_ATA_NORMAL, MODEL_ATA_ENHANCED};
enum { ERASES = sizeof every_erase / sizeof every_erase[0], HIDDEN = 8, SEEN = SECTORS - HIDDEN };

/* Erases, waits for the end, and tells how it ended. */
static struct answer run(struct drive *drive, unsigned on)
{
    if ((on & MODEL_ATA_UNIT) != 0) {
        assert_true(is_done(with_password(drive, SET_PASSWORD, USER, "ours")));
        return erase_unit(drive, on == MODEL_ATA_ENHANCED ? ENHANCED : USER, "ours");
    }
    unsigned function = on == MODEL_ATA_BLOCK ? BLOCK : on == MODEL_ATA_CRYPTO ? CRYPTO : OVERWRITE;
    assert_true(is_done(sanitize(drive, function, 1)));
    wait_ms(drive, 20000);
    return sanitize(drive, STATUS, 0);
}

static bool is_success(struct answer answer, unsigned on)
{
    return is_done(answer) && ((on & MODEL_ATA_UNIT) != 0 || answer.count == DONE);
}

static struct model_ata_config lying(enum model_ata_lie_kind kind, unsigned on, uint64_t value)
{
    struct model_ata_config config = able();
    config.hpa = true, config.hpa_sectors = HIDDEN, config.enhanced_noise = true;
    config.lies[0] = (struct model_ata_lie){.kind = kind, .on = on, .value = value};
    return config;
}

static void leaves_something_behind(void **state)
{
    (void)state;
    static const struct {
        enum model_ata_lie_kind kind;
        uint64_t left, hidden;
    } rows[] = {{MODEL_ATA_HONEST, 0, 0},
                {MODEL_ATA_ERASES_NOTHING, SECTORS, HIDDEN},
                {MODEL_ATA_ERASES_HALF, SECTORS - SEEN / 2, HIDDEN},
                {MODEL_ATA_ERASES_NOT_LAST, 1, 0},
                {MODEL_ATA_ERASES_FIRST, SECTORS - 1, HIDDEN},
                {MODEL_ATA_ERASES_VISIBLE, HIDDEN, HIDDEN}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (size_t j = 0; j < ERASES; j++) {
            struct model_ata_config config = lying(rows[i].kind, every_erase[j], 0);
            struct drive drive = make(&config);
            assert_true(is_success(run(&drive, every_erase[j]), every_erase[j]));
            struct model_ata_truth seen = truth(&drive);
            assert_int_equal(seen.old, rows[i].left);
            assert_int_equal(seen.hidden_old, rows[i].hidden);
            assert_int_equal(seen.old_units, rows[i].left);
            assert_int_equal(security(&drive) & (ENABLED | LOCKED), 0);
            drop(&drive);
            /* The same lie about another kind of erase is none about this one. */
            config.lies[0].on = every_erase[(j + 1) % ERASES];
            drive = make(&config);
            assert_true(is_success(run(&drive, every_erase[j]), every_erase[j]));
            assert_int_equal(truth(&drive).old, 0);
            drop(&drive);
        }
    }
}

static void where_the_rest_stands(void **state)
{
    (void)state;
    uint8_t data[512];
    struct model_ata_config config = lying(MODEL_ATA_ERASES_NOT_LAST, 0, 0);
    struct drive drive = make(&config);
    run(&drive, MODEL_ATA_NORMAL);
    assert_int_equal(read_sector(&drive, SEEN - 1, data), 512);
    assert_memory_equal(data, "OldData:", 8);
    assert_int_equal(read_sector(&drive, SEEN - 2, data), 512);
    assert_int_equal(data[0], 0);
    drop(&drive);
    config.lies[0].kind = MODEL_ATA_ERASES_FIRST;
    drive = make(&config);
    run(&drive, MODEL_ATA_NORMAL);
    assert_int_equal(read_sector(&drive, 0, data), 512);
    assert_int_equal(data[0], 0);
    assert_int_equal(read_sector(&drive, 1, data), 512);
    assert_memory_equal(data, "OldData:", 8);
    drop(&drive);
}

static void keeps_a_key(void **state)
{
    (void)state;
    for (size_t j = 0; j < ERASES; j++) {
        unsigned on = every_erase[j];
        struct model_ata_config config = lying(MODEL_ATA_KEEPS_KEY, 0, 0);
        struct drive drive = make(&config);
        assert_true(is_success(run(&drive, on), on));
        bool by_key = on == MODEL_ATA_CRYPTO || on == MODEL_ATA_ENHANCED;
        assert_int_equal(truth(&drive).old_units, by_key ? SECTORS : 0);
        drop(&drive);
    }
}

static void only_unmaps(void **state)
{
    (void)state;
    for (size_t j = 0; j < ERASES; j++) {
        struct model_ata_config config = lying(MODEL_ATA_ONLY_UNMAPS, 0, 0);
        struct drive drive = make(&config);
        assert_true(is_success(run(&drive, every_erase[j]), every_erase[j]));
        assert_true(reads_as(&drive, 0));
        assert_int_equal(truth(&drive).old_units, SECTORS);
        drop(&drive);
    }
}

static void progress(void **state)
{
    (void)state;
    struct model_ata_config config = lying(MODEL_ATA_STANDS, 0, 0);
    struct drive drive = make(&config);
    assert_true(is_done(sanitize(&drive, BLOCK, 0)));
    for (int i = 0; i < 3; i++) {
        wait_ms(&drive, 1000000);
        assert_int_equal(sanitize(&drive, STATUS, 0).count, RUNNING);
        assert_int_equal(sanitize(&drive, STATUS, 0).lba, 655);
        cycle_power(&drive);
    }
    assert_in_range(truth(&drive).erased, 0, 1);
    drop(&drive);

    config.lies[0].kind = MODEL_ATA_RUNS_BACKWARDS;
    drive = make(&config);
    assert_true(is_done(sanitize(&drive, BLOCK, 0)));
    wait_ms(&drive, 1000);
    uint64_t first = sanitize(&drive, STATUS, 0).lba;
    wait_ms(&drive, 1000);
    assert_true(sanitize(&drive, STATUS, 0).lba < first);
    wait_ms(&drive, 3000);
    assert_int_equal(sanitize(&drive, STATUS, 0).count, DONE);
    assert_int_equal(truth(&drive).old, 0);
    drop(&drive);

    config.lies[0].kind = MODEL_ATA_PROGRESS_FFFF;
    drive = make(&config);
    assert_true(is_done(sanitize(&drive, BLOCK, 0)));
    wait_ms(&drive, 2499);
    assert_true(sanitize(&drive, STATUS, 0).lba < 32768);
    wait_ms(&drive, 1);
    assert_int_equal(sanitize(&drive, STATUS, 0).lba, AT_REST);
    assert_int_equal(sanitize(&drive, STATUS, 0).count, RUNNING);
    drop(&drive);
}

static void ends(void **state)
{
    (void)state;
    uint8_t data[512];
    struct model_ata_config config = lying(MODEL_ATA_NEVER_STARTS, 0, 0);
    struct drive drive = make(&config);
    assert_true(is_done(sanitize(&drive, BLOCK, 0)));
    wait_ms(&drive, 100000);
    assert_int_equal(sanitize(&drive, STATUS, 0).count, 0);
    assert_int_equal(truth(&drive).old, SECTORS);
    drop(&drive);

    config.lies[0].kind = MODEL_ATA_SUCCESS_AT_ONCE;
    drive = make(&config);
    assert_true(is_done(sanitize(&drive, BLOCK, 0)));
    assert_int_equal(sanitize(&drive, STATUS, 0).count, DONE);
    assert_int_equal(sanitize(&drive, STATUS, 0).lba, AT_REST);
    assert_int_equal(read_sector(&drive, SEEN - 1, data), 512);
    assert_int_equal(truth(&drive).old, SECTORS);
    wait_ms(&drive, 5000);
    assert_int_equal(truth(&drive).old, 0);
    drop(&drive);

    config.lies[0].kind = MODEL_ATA_FAILS_AFTER_ERASING;
    for (size_t j = 0; j < ERASES; j++) {
        drive = make(&config);
        struct answer answer = run(&drive, every_erase[j]);
        assert_true(is_aborted(answer));
        assert_int_equal(truth(&drive).old, 0);
        assert_int_equal(security(&drive) & ENABLED, (every_erase[j] & MODEL_ATA_UNIT) != 0 ? ENABLED : 0);
        drop(&drive);
    }

    config = lying(MODEL_ATA_FAILS, 0, 25);
    for (size_t j = 0; j < ERASES; j++) {
        drive = make(&config);
        assert_true(is_aborted(run(&drive, every_erase[j])));
        assert_int_equal(truth(&drive).erased, SECTORS / 4);
        assert_int_equal(security(&drive) & ENABLED, (every_erase[j] & MODEL_ATA_UNIT) != 0 ? ENABLED : 0);
        drop(&drive);
    }
}

static void what_status_says(void **state)
{
    (void)state;
    struct model_ata_config config = lying(MODEL_ATA_UNKNOWN_BITS, MODEL_ATA_BLOCK, 0);
    struct drive drive = make(&config);
    assert_int_equal(sanitize(&drive, STATUS, 0).count, 0);
    assert_true(is_done(sanitize(&drive, BLOCK, 0)));
    assert_int_equal(sanitize(&drive, STATUS, 0).count, RUNNING);
    wait_ms(&drive, 5000);
    assert_int_equal(sanitize(&drive, STATUS, 0).count, 0x0fff);
    drop(&drive);

    config = lying(MODEL_ATA_STATUS_ZERO, MODEL_ATA_BLOCK, 0);
    drive = make(&config);
    assert_int_equal(sanitize(&drive, STATUS, 0).lba, AT_REST);
    for (int i = 0; i < 3; i++) {
        if (i == 0)
            assert_true(is_done(sanitize(&drive, BLOCK, 0)));
        struct answer answer = sanitize(&drive, STATUS, 0);
        assert_true(is_done(answer));
        assert_int_equal(answer.count, 0);
        assert_int_equal(answer.lba, 0);
        wait_ms(&drive, 2500);
    }
    assert_int_equal(truth(&drive).old, 0);
    drop(&drive);

    for (int before = 0; before < 3; before++) {
        config = lying(MODEL_ATA_STALE_STATUS, MODEL_ATA_BLOCK, 0);
        config.former.succeeded = before == 1, config.former.failed = before == 2;
        drive = make(&config);
        assert_true(is_done(sanitize(&drive, BLOCK, 0)));
        for (int i = 0; i < 3; i++) {
            struct answer answer = sanitize(&drive, STATUS, 0);
            assert_int_equal(is_aborted(answer), before == 2);
            assert_int_equal(answer.count, before == 1 ? DONE : 0);
            wait_ms(&drive, 2500);
        }
        assert_int_equal(truth(&drive).old, 0);
        drop(&drive);
    }
    config = lying(MODEL_ATA_STALE_STATUS, MODEL_ATA_STATUS, 0);
    config.former.succeeded = true;
    drive = make(&config);
    assert_int_equal(sanitize(&drive, STATUS, 0).count, DONE);
    drop(&drive);
}

static void units_that_keep_the_password(void **state)
{
    (void)state;
    for (int locked = 0; locked < 2; locked++) {
        for (size_t j = 3; j < ERASES; j++) {
            struct model_ata_config config =
                lying(locked ? MODEL_ATA_ENDS_LOCKED : MODEL_ATA_STAYS_ENABLED, 0, 0);
            struct drive drive = make(&config);
            assert_true(is_done(run(&drive, every_erase[j])));
            assert_int_equal(security(&drive) & (ENABLED | LOCKED), locked ? ENABLED | LOCKED : ENABLED);
            assert_int_equal(truth(&drive).old, 0);
            assert_int_equal(is_done(with_password(&drive, UNLOCK, USER, "ours")), 1);
            assert_true(is_done(with_password(&drive, DISABLE, USER, "ours")));
            drop(&drive);
        }
    }
}

static void commands(void **state)
{
    (void)state;
    uint8_t page[512];
    struct model_ata_config config = lying(MODEL_ATA_ABORTS, MODEL_ATA_IDENTIFY, 0);
    config.lies[0].times = 1;
    struct drive drive = make(&config);
    assert_true(is_aborted(ask_data(&drive, IDENTIFY, 0, 0, true, page)));
    assert_true(is_done(ask_data(&drive, IDENTIFY, 0, 0, true, page)));
    drop(&drive);

    config = lying(MODEL_ATA_ABORTS, MODEL_ATA_BLOCK, 0x7110);
    drive = make(&config);
    struct answer answer = sanitize(&drive, BLOCK, 0);
    assert_int_equal(answer.status, 0x71);
    assert_int_equal(answer.error, 0x10);
    assert_int_equal(answer.key, 4); /* DF */
    wait_ms(&drive, 10000);
    assert_int_equal(truth(&drive).old, SECTORS);
    assert_int_equal(sanitize(&drive, STATUS, 0).count, 0);
    drop(&drive);

    config = lying(MODEL_ATA_ACCEPTS, MODEL_ATA_SET_PASSWORD, 0);
    drive = make(&config);
    assert_true(is_done(with_password(&drive, SET_PASSWORD, USER, "ours")));
    assert_int_equal(security(&drive) & ENABLED, 0);
    drop(&drive);

    config = lying(MODEL_ATA_ACCEPTS, MODEL_ATA_NORMAL, 0);
    drive = make(&config);
    assert_true(is_done(run(&drive, MODEL_ATA_NORMAL)));
    assert_int_equal(security(&drive) & ENABLED, ENABLED);
    assert_int_equal(truth(&drive).old, SECTORS);
    drop(&drive);

    config = lying(MODEL_ATA_HANGS, MODEL_ATA_NORMAL, 0);
    drive = make(&config);
    assert_int_equal(run(&drive, MODEL_ATA_NORMAL).host_errno, -ETIMEDOUT);
    assert_int_equal(read_sector(&drive, 0, page), -EIO);
    assert_int_equal(ask(&drive, CHECK_POWER, 0, 0, 0).host_errno, -ETIMEDOUT); /* nothing helps */
    cycle_power(&drive);
    assert_int_equal(security(&drive) & (ENABLED | LOCKED), ENABLED | LOCKED);
    drop(&drive);

    for (uint64_t never = 0; never < 2; never++) {
        config = lying(MODEL_ATA_TIMES_OUT, MODEL_ATA_BLOCK, never);
        drive = make(&config);
        uint64_t before_ms = drive.now_ms;
        assert_int_equal(sanitize(&drive, BLOCK, 0).host_errno, -ETIMEDOUT);
        assert_int_equal(drive.now_ms - before_ms, KERNEL_MS);
        assert_int_equal(sanitize(&drive, STATUS, 0).count, never ? 0 : DONE);
        assert_int_equal(truth(&drive).old, never ? SECTORS : 0);
        drop(&drive);
    }
}

static void resets(void **state)
{
    (void)state;
    for (uint64_t registers = 0; registers < 2; registers++) {
        struct model_ata_config config = lying(MODEL_ATA_RESETS, MODEL_ATA_UNIT, registers);
        struct drive drive = make(&config);
        uint64_t before_ms = drive.now_ms;
        struct answer answer = run(&drive, MODEL_ATA_NORMAL);
        assert_int_equal(drive.now_ms - before_ms, 10000);
        assert_int_equal(truth(&drive).erased, SECTORS / 2);
        assert_int_equal(security(&drive) & (ENABLED | LOCKED), ENABLED | LOCKED);
        if (registers == 0) {
            assert_int_equal(answer.key, 6);
            assert_int_equal(answer.asc, 0x29);
            assert_false(answer.registers);
        }
        drop(&drive);
        /* The other form can be told only by its registers. */
        if (registers != 0) {
            uint8_t block[512] = {0, 0, 'x'};
            drive = make(&config);
            assert_true(is_done(with_password(&drive, SET_PASSWORD, USER, "x")));
            assert_true(is_done(ask(&drive, PREPARE, 0, 0, 0)));
            struct uw_scsi_command scsi = wrap_data(ERASE_UNIT, 0, 0, false, block);
            scsi.cdb[2] |= 0x20;
            drive.ata->config.sat.standard = true;
            answer = send_scsi(&drive, &scsi);
            assert_int_equal(answer.status, 0x50);
            assert_int_equal(answer.error, 1);
            drop(&drive);
        }
    }
    /* A sanitize goes on behind it. */
    struct model_ata_config config = lying(MODEL_ATA_RESETS, MODEL_ATA_BLOCK, 0);
    struct drive drive = make(&config);
    assert_int_equal(sanitize(&drive, BLOCK, 0).key, 6);
    assert_int_equal(sanitize(&drive, STATUS, 0).count, RUNNING);
    wait_ms(&drive, 5000);
    assert_int_equal(truth(&drive).old, 0);
    drop(&drive);
}

static void later(void **state)
{
    (void)state;
    uint8_t data[512];
    for (uint64_t hidden = 0; hidden < 2; hidden++) {
        struct model_ata_config config = lying(MODEL_ATA_OTHER_SERIAL, 0, hidden);
        config.serial = "SN-1", config.wwn = 0x5000c50000000001;
        config.lies[1] = (struct model_ata_lie){.kind = MODEL_ATA_OTHER_WWN, .value = hidden};
        config.lies[2] = (struct model_ata_lie){.kind = MODEL_ATA_OTHER_SIZE};
        struct drive drive = make(&config);
        unsigned wwn = word_of(&drive, 111);
        assert_int_equal(word_of(&drive, 10), 'S' << 8 | 'N');
        assert_int_equal(sectors_of(&drive), SEEN);
        assert_true(is_success(run(&drive, MODEL_ATA_BLOCK), MODEL_ATA_BLOCK));
        assert_int_equal(word_of(&drive, 10), 'A' << 8 | 'N');
        assert_int_not_equal(word_of(&drive, 111), wwn);
        assert_int_equal(sectors_of(&drive), SEEN + 1);
        struct model_ata_names names = model_ata_names(drive.ata);
        assert_string_equal(names.serial, hidden ? "SN-1" : "ANOTHER");
        assert_int_equal(names.wwn == config.wwn, hidden);
        assert_int_equal(names.bytes, SEEN * 512);
        drop(&drive);
    }
    struct model_ata_config config = lying(MODEL_ATA_READ_ERRORS, 0, 3);
    struct drive drive = make(&config);
    assert_int_equal(read_sector(&drive, 3, data), 512);
    run(&drive, MODEL_ATA_CRYPTO);
    assert_int_equal(read_sector(&drive, 3, data), -EIO);
    assert_int_equal(read_sector(&drive, 4, data), 512);
    assert_int_equal(write_sector(&drive, 3, 1), 512);
    drop(&drive);
    config.lies[0].value = MODEL_ALL;
    drive = make(&config);
    run(&drive, MODEL_ATA_CRYPTO);
    assert_int_equal(read_sector(&drive, 4, data), -EIO);
    drop(&drive);
}

static void together(void **state)
{
    (void)state;
    struct model_ata_config config = lying(MODEL_ATA_ERASES_HALF, MODEL_ATA_SANITIZE, 0);
    config.lies[1] = (struct model_ata_lie){.kind = MODEL_ATA_RUNS_BACKWARDS};
    config.lies[2] = (struct model_ata_lie){.kind = MODEL_ATA_ABORTS, .on = MODEL_ATA_CRYPTO, .times = 2};
    struct drive drive = make(&config);
    assert_true(is_aborted(sanitize(&drive, CRYPTO, 0)));
    assert_true(is_aborted(sanitize(&drive, CRYPTO, 0)));
    assert_true(is_success(run(&drive, MODEL_ATA_CRYPTO), MODEL_ATA_CRYPTO));
    assert_int_equal(truth(&drive).old, SECTORS - SEEN / 2);
    assert_int_equal(model_ata_seen_count(drive.ata, SANITIZE), 4);
    drop(&drive);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(leaves_something_behind),
        cmocka_unit_test(where_the_rest_stands),
        cmocka_unit_test(keeps_a_key),
        cmocka_unit_test(only_unmaps),
        cmocka_unit_test(progress),
        cmocka_unit_test(ends),
        cmocka_unit_test(what_status_says),
        cmocka_unit_test(units_that_keep_the_password),
        cmocka_unit_test(commands),
        cmocka_unit_test(resets),
        cmocka_unit_test(later),
        cmocka_unit_test(together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
