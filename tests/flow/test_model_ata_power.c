/* SPDX-License-Identifier: Apache-2.0 */
/* Power cuts at every command to an ATA model and in the middle of every erase, and what is found afterwards.
 */
#include "ata_commands.h"

enum { BLOCK_MS = 5000, UNIT_MS = 20000 };

static void nothing_answers(struct drive *drive)
{
    uint8_t data[512];
    uint64_t bytes;
    assert_int_equal(sanitize(drive, STATUS, 0).host_errno, -ENODEV);
    assert_int_equal(with_password(drive, UNLOCK, USER, "ours").host_errno, -ENODEV);
    assert_int_equal(read_sector(drive, 0, data), -ENODEV);
    assert_int_equal(write_sector(drive, 0, 1), -ENODEV);
    assert_int_equal(model_ata_flush(drive->ata, drive->now_ms), ENODEV);
    assert_int_equal(model_ata_look(drive->ata, drive->now_ms, &bytes), ENODEV);
    assert_false(model_ata_is_powered(drive->ata));
}

/* At each moment of a sanitize: what was erased is, the rest is not, and the drive goes on where it was. */
static void sanitizes_resume(void **state)
{
    (void)state;
    static const struct {
        unsigned function, count, times;
    } rows[] = {{BLOCK, 0, 1}, {CRYPTO, 0, 1}, {OVERWRITE, 2, 2}};
    for (size_t row = 0; row < 3; row++) {
        for (uint64_t at_ms = 1; at_ms < BLOCK_MS; at_ms += 250) {
            struct model_ata_config config = able();
            uint8_t data[512];
            config.hpa = true, config.hpa_sectors = 8;
            config.crypto_ms = BLOCK_MS, config.pass_ms = BLOCK_MS / 2;
            config.cut.at_ms = at_ms;
            struct drive drive = make(&config);
            assert_true(is_done(sanitize(&drive, rows[row].function, rows[row].count)));
            wait_ms(&drive, 100000);
            nothing_answers(&drive);
            uint64_t done = SECTORS * at_ms * rows[row].times / BLOCK_MS;
            assert_int_equal(truth(&drive).erased, done > SECTORS ? SECTORS : done);
            model_ata_power_on(drive.ata);
            struct answer answer = sanitize(&drive, STATUS, 0);
            assert_int_equal(answer.count, RUNNING);
            assert_int_equal(answer.lba, at_ms * 65536 / BLOCK_MS);
            assert_int_equal(read_sector(&drive, 0, data), -EIO);
            wait_ms(&drive, BLOCK_MS - at_ms - 1);
            assert_int_equal(sanitize(&drive, STATUS, 0).count, RUNNING);
            wait_ms(&drive, 1);
            assert_int_equal(sanitize(&drive, STATUS, 0).count, DONE);
            assert_int_equal(truth(&drive).erased, SECTORS);
            assert_int_equal(read_sector(&drive, 0, data), 512);
            drop(&drive);
        }
    }
}

static void many_cuts(void **state)
{
    (void)state;
    struct model_ata_config config = able();
    struct drive drive = make(&config);
    assert_true(is_done(sanitize(&drive, CRYPTO, 0)));
    for (int i = 0; i < 9; i++) {
        wait_ms(&drive, 100);
        model_ata_cut_power(drive.ata);
        wait_ms(&drive, 5000);
        nothing_answers(&drive);
        model_ata_power_on(drive.ata);
        assert_int_equal(sanitize(&drive, STATUS, 0).count, RUNNING);
    }
    wait_ms(&drive, 100);
    assert_int_equal(sanitize(&drive, STATUS, 0).count, DONE);
    assert_int_equal(truth(&drive).erased, SECTORS);
    assert_int_equal(drive.ata->power_cycles, 10);
    drop(&drive);
}

/* At each moment of an ERASE UNIT: locked afterwards, with the password; it begins from the start. */
static void units_stay_broken(void **state)
{
    (void)state;
    for (uint64_t at_ms = 1; at_ms < UNIT_MS; at_ms += 1250) {
        struct model_ata_config config = able();
        config.normal_ms = UNIT_MS, config.cut.at_ms = at_ms;
        struct drive drive = make(&config);
        assert_true(is_done(with_password(&drive, SET_PASSWORD, USER, "ours")));
        assert_int_equal(erase_unit(&drive, USER, "ours").host_errno, -ENODEV);
        assert_int_equal(drive.now_ms, at_ms);
        nothing_answers(&drive);
        assert_int_equal(truth(&drive).erased, SECTORS * at_ms / UNIT_MS);
        assert_int_equal(truth(&drive).old_units, SECTORS - SECTORS * at_ms / UNIT_MS);
        model_ata_power_on(drive.ata);
        wait_ms(&drive, UNIT_MS);
        assert_int_equal(truth(&drive).erased, SECTORS * at_ms / UNIT_MS);
        assert_int_equal(security(&drive) & (ENABLED | LOCKED), ENABLED | LOCKED);
        assert_true(is_aborted(with_password(&drive, ERASE_UNIT, USER, "ours"))); /* not prepared */
        uint64_t before_ms = drive.now_ms;
        assert_true(is_done(erase_unit(&drive, USER, "ours")));
        assert_int_equal(drive.now_ms - before_ms, UNIT_MS);
        assert_int_equal(truth(&drive).erased, SECTORS);
        assert_int_equal(security(&drive) & (ENABLED | LOCKED), 0);
        drop(&drive);
    }
}

enum { STEPS = 8 };

/* One command of a whole erase by password, with the reads and writes around it; 0 or what went wrong. */
static int one_step(struct drive *drive, int step)
{
    uint8_t data[512];
    int64_t moved;
    switch (step) {
    case 0:
        return ask_data(drive, IDENTIFY, 0, 0, true, data).host_errno;
    case 1:
        moved = write_sector(drive, 2, 0x66);
        return moved == 512 ? 0 : (int)moved;
    case 2:
        return -model_ata_flush(drive->ata, drive->now_ms);
    case 3:
        return with_password(drive, SET_PASSWORD, USER, "ours").host_errno;
    case 4:
        return ask(drive, PREPARE, 0, 0, 0).host_errno;
    case 5:
        drive->kernel_ms = LONG_MS;
        return with_password(drive, ERASE_UNIT, USER, "ours").host_errno;
    case 6:
        return sanitize(drive, STATUS, 0).host_errno;
    default:
        moved = read_sector(drive, 2, data);
        return moved == 512 ? 0 : (int)moved;
    }
}

/* What must be found after a cut at that step: of the password, of sector 2 and of the erase. */
static void check_after(struct drive *drive, int step, enum model_ata_cut_moment moment)
{
    bool took = moment != MODEL_ATA_CUT_BEFORE;
    bool password = step > 3 || (step == 3 && took);
    /* AFTER: it took the command, and the power was gone before it did anything. */
    bool erased = step > 5, half = step == 5 && moment == MODEL_ATA_CUT_DURING;
    /* What only the cache held is lost, but for what an erase found there. */
    bool flushed = step > 2 || (step == 2 && moment == MODEL_ATA_CUT_AFTER);
    struct model_ata_truth seen = truth(drive);
    assert_int_equal(security(drive) & ENABLED, password && !erased ? ENABLED : 0);
    assert_int_equal(security(drive) & LOCKED, password && !erased ? LOCKED : 0);
    assert_int_equal(seen.erased, erased ? SECTORS : half ? SECTORS / 2 : 0);
    assert_int_equal(seen.old_units, erased ? 0 : half ? SECTORS / 2 : SECTORS - (flushed ? 1 : 0));
    assert_int_equal(sanitize(drive, STATUS, 0).count, 0);
}

static void at_every_command(void **state)
{
    (void)state;
    for (enum model_ata_cut_moment moment = MODEL_ATA_CUT_BEFORE; moment <= MODEL_ATA_CUT_DURING; moment++) {
        for (int cut = 0; cut < STEPS; cut++) {
            struct model_ata_config config = able();
            config.cut = (struct model_ata_cut){.command = (unsigned)cut + 1, .moment = moment};
            struct drive drive = make(&config);
            for (int step = 0; step < STEPS; step++)
                assert_int_equal(one_step(&drive, step), step < cut ? 0 : -ENODEV);
            assert_int_equal(drive.ata->commands, STEPS);
            model_ata_power_on(drive.ata);
            check_after(&drive, cut, moment);
            drop(&drive);
        }
    }
}

/* A transfer that the power fails in is moved by half. */
static void half_a_transfer(void **state)
{
    (void)state;
    struct model_ata_config config = able();
    uint8_t data[4 * 512];
    config.block.cache_blocks = 1;
    config.cut = (struct model_ata_cut){.command = 1, .moment = MODEL_ATA_CUT_DURING};
    struct drive drive = make(&config);
    memset(data, 0x12, sizeof data);
    assert_int_equal(model_ata_move(drive.ata, 0, true, 0, sizeof data, data), -ENODEV);
    model_ata_power_on(drive.ata);
    assert_int_equal(read_sector(&drive, 0, data), 512);
    assert_int_equal(data[0], 0x12);
    assert_int_equal(read_sector(&drive, 1, data), 512); /* was in the cache */
    assert_memory_equal(data, "OldData:", 8);
    assert_int_equal(truth(&drive).old_units, SECTORS - 1);
    drop(&drive);
}

/* Neither what a firmware freezes nor what was volatile is left by a cut as it was. */
static void what_power_brings_back(void **state)
{
    (void)state;
    struct model_ata_config config = able();
    uint8_t page[512];
    config.hpa = config.dco = config.amax = true, config.hpa_sectors = 8;
    config.freezes_security = config.freezes_sanitize = config.freezes_amax = config.freezes_dco = true;
    struct drive drive = make(&config);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(security(&drive), SUPPORTED | ENHANCES | SEC_FROZEN);
        assert_int_equal(sanitize(&drive, STATUS, 0).count, FROZEN);
        assert_true(is_aborted(ask(&drive, ACCESSIBLE_MAX, 1, 0, SECTORS - 1)));
        assert_true(is_aborted(ask_data(&drive, DCO, 0xc2, 0, true, page)));
        assert_int_equal(model_ata_names(drive.ata).bytes, SMALL - 8 * 512);
        ask(&drive, READ_NATIVE_MAX, 0, 0, 0);
        assert_true(is_done(ask(&drive, SET_MAX, 0, 0, SECTORS - 1)));
        model_ata_rescan(drive.ata);
        assert_int_equal(model_ata_names(drive.ata).bytes, SMALL);
        cycle_power(&drive);
    }
    drop(&drive);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sanitizes_resume),  cmocka_unit_test(many_cuts),
        cmocka_unit_test(units_stay_broken), cmocka_unit_test(at_every_command),
        cmocka_unit_test(half_a_transfer),   cmocka_unit_test(what_power_brings_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
