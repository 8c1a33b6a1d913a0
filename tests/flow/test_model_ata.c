/* SPDX-License-Identifier: Apache-2.0 */
/* The ATA model is what the standard says: every state, every refusal, every erase seen on the medium. */
#include "ata_commands.h"

#include <stdio.h>

/* --- Security --- */

static void from_disabled_to_erased(void **state)
{
    (void)state;
    struct model_ata_config config = able();
    struct drive drive = make(&config);
    uint8_t data[512];
    assert_int_equal(security(&drive), SUPPORTED | ENHANCES); /* SEC1 */
    assert_int_equal(word_of(&drive, 92), 0xfffe);
    assert_int_equal(word_of(&drive, 89), 10);
    assert_int_equal(word_of(&drive, 85) & 2, 0);
    assert_true(is_aborted(with_password(&drive, UNLOCK, USER, "")));
    assert_true(is_aborted(with_password(&drive, DISABLE, USER, "")));
    assert_true(is_aborted(erase_unit(&drive, USER, "")));
    assert_true(is_done(with_password(&drive, SET_PASSWORD, USER, "ours")));
    assert_int_equal(security(&drive), SUPPORTED | ENHANCES | ENABLED); /* SEC5 */
    assert_int_equal(word_of(&drive, 85) & 2, 2);
    assert_int_equal(write_sector(&drive, 3, 0x77), 512);
    assert_int_equal(truth(&drive).old, SECTORS - 1);
    uint64_t before_ms = drive.now_ms;
    assert_true(is_done(erase_unit(&drive, USER, "ours")));
    assert_int_equal(drive.now_ms - before_ms, 20000);
    assert_int_equal(security(&drive), SUPPORTED | ENHANCES);
    assert_true(reads_as(&drive, 0));
    assert_int_equal(truth(&drive).erased, SECTORS);
    assert_int_equal(truth(&drive).old_units, 0);
    cycle_power(&drive); /* SEC0 */
    assert_int_equal(security(&drive), SUPPORTED | ENHANCES);
    assert_int_equal(read_sector(&drive, 0, data), 512);
    drop(&drive);
}

static void nothing_between_prepare_and_unit(void **state)
{
    (void)state;
    struct model_ata_config config = able();
    config.sat.standard = true;
    uint8_t page[512];
    struct uw_scsi_command ready = {.cdb_bytes = 6};
    for (int i = 0; i < 7; i++) {
        struct drive drive = make(&config);
        assert_true(is_done(with_password(&drive, SET_PASSWORD, USER, "ours")));
        if (i != 0)
            assert_true(is_done(ask(&drive, PREPARE, 0, 0, 0)));
        if (i == 1)
            assert_true(is_done(ask_data(&drive, IDENTIFY, 0, 0, true, page)));
        if (i == 2)
            assert_true(is_aborted(ask(&drive, NOP, 0, 0, 0)));
        if (i == 3)
            assert_int_equal(read_sector(&drive, 0, page), 512);
        if (i == 4)
            assert_int_equal(send_scsi(&drive, &ready).scsi, 0);
        if (i == 5)
            model_ata_reset(drive.ata);
        struct answer answer = with_password(&drive, ERASE_UNIT, USER, "ours");
        assert_true(i == 6 ? is_done(answer) : is_aborted(answer));
        assert_int_equal(truth(&drive).old, i == 6 ? 0 : SECTORS);
        drop(&drive);
    }
}

static void a_lock_comes_with_power(void **state)
{
    (void)state;
    struct model_ata_config config = able();
    struct drive drive = make(&config);
    uint8_t data[512];
    unsigned locked = SUPPORTED | ENHANCES | ENABLED | LOCKED;
    assert_true(is_done(with_password(&drive, SET_PASSWORD, USER, "ours")));
    cycle_power(&drive);                        /* SEC3 */
    assert_int_equal(security(&drive), locked); /* SEC4 */
    assert_int_equal(read_sector(&drive, 0, data), -EIO);
    assert_int_equal(write_sector(&drive, 0, 1), -EIO);
    assert_int_equal(model_ata_flush(drive.ata, drive.now_ms), EIO);
    assert_true(is_aborted(with_password(&drive, SET_PASSWORD, USER, "other")));
    assert_true(is_aborted(with_password(&drive, DISABLE, USER, "ours")));
    assert_true(is_aborted(ask(&drive, FREEZE, 0, 0, 0)));
    assert_true(is_aborted(ask(&drive, FLUSH, 0, 0, 0)));
    assert_true(is_aborted(sanitize(&drive, BLOCK, 0)));
    assert_true(is_done(ask(&drive, SANITIZE, STATUS, 0, 0)));
    assert_true(is_done(with_password(&drive, UNLOCK, USER, "ours")));
    assert_int_equal(security(&drive), locked ^ LOCKED); /* SEC5 */
    assert_int_equal(read_sector(&drive, 0, data), 512);
    assert_true(is_aborted(with_password(&drive, DISABLE, USER, "wrong")));
    assert_true(is_done(with_password(&drive, DISABLE, USER, "ours")));
    assert_int_equal(security(&drive), SUPPORTED | ENHANCES);
    /* The password is gone with it. */
    assert_true(is_aborted(with_password(&drive, UNLOCK, USER, "ours")));
    /* A locked drive can be erased with the password. */
    assert_true(is_done(with_password(&drive, SET_PASSWORD, USER, "ours")));
    cycle_power(&drive);
    assert_true(is_aborted(erase_unit(&drive, USER, "wrong")));
    assert_int_equal(truth(&drive).old, SECTORS);
    assert_true(is_done(erase_unit(&drive, USER, "ours")));
    assert_int_equal(security(&drive), SUPPORTED | ENHANCES);
    assert_int_equal(truth(&drive).old, 0);
    drop(&drive);
}

static void five_tries(void **state)
{
    (void)state;
    for (int counts = 0; counts < 2; counts++) {
        struct model_ata_config config = able();
        config.user_password = "theirs", config.counts_erase_tries = counts != 0;
        struct drive drive = make(&config);
        for (int i = 0; i < 5; i++) {
            assert_int_equal(security(&drive) & EXPIRED, 0);
            assert_true(is_aborted(with_password(&drive, UNLOCK, i == 3 ? MASTER : USER, "guess")));
        }
        assert_int_equal(security(&drive) & EXPIRED, EXPIRED);
        assert_true(is_aborted(with_password(&drive, UNLOCK, USER, "theirs")));
        assert_true(is_aborted(erase_unit(&drive, USER, "theirs")));
        cycle_power(&drive);
        assert_int_equal(security(&drive) & EXPIRED, 0);
        for (int i = 0; i < 5; i++)
            assert_true(is_aborted(erase_unit(&drive, USER, "guess")));
        assert_int_equal(security(&drive) & EXPIRED, counts ? EXPIRED : 0);
        cycle_power(&drive);
        assert_true(is_done(with_password(&drive, UNLOCK, USER, "theirs")));
        assert_int_equal(truth(&drive).old, SECTORS);
        drop(&drive);
    }
}

static void frozen(void **state)
{
    (void)state;
    struct model_ata_config config = able();
    config.freezes_security = true;
    struct drive drive = make(&config);
    unsigned sec2 = SUPPORTED | ENHANCES | SEC_FROZEN;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(security(&drive), sec2);
        assert_true(is_aborted(with_password(&drive, SET_PASSWORD, USER, "ours")));
        assert_true(is_aborted(with_password(&drive, UNLOCK, USER, "")));
        assert_true(is_aborted(with_password(&drive, DISABLE, USER, "")));
        assert_true(is_aborted(ask(&drive, PREPARE, 0, 0, 0)));
        assert_true(is_aborted(with_password(&drive, ERASE_UNIT, USER, "")));
        assert_true(is_done(ask(&drive, FREEZE, 0, 0, 0)));
        model_ata_reset(drive.ata); /* its settings are preserved */
        assert_int_equal(security(&drive), sec2);
        cycle_power(&drive); /* and the firmware freezes anew */
    }
    /* Sanitize does not mind. */
    assert_true(is_done(sanitize(&drive, BLOCK, 0)));
    drop(&drive);

    config = able();
    config.reset_is_hard = true;
    drive = make(&config);
    assert_true(is_done(ask(&drive, FREEZE, 0, 0, 0)));
    assert_int_equal(security(&drive), sec2);
    model_ata_reset(drive.ata);
    assert_int_equal(security(&drive), SUPPORTED | ENHANCES);
    assert_true(is_done(with_password(&drive, SET_PASSWORD, USER, "ours")));
    assert_true(is_done(ask(&drive, FREEZE, 0, 0, 0)));
    assert_int_equal(security(&drive), sec2 | ENABLED); /* SEC6 */
    assert_true(is_aborted(with_password(&drive, DISABLE, USER, "ours")));
    assert_int_equal(write_sector(&drive, 0, 1), 512);
    model_ata_reset(drive.ata);
    assert_int_equal(security(&drive), SUPPORTED | ENHANCES | ENABLED | LOCKED);
    drop(&drive);
}

static void the_master_password(void **state)
{
    (void)state;
    for (int maximum = 0; maximum < 2; maximum++) {
        struct model_ata_config config = able();
        config.user_password = "theirs", config.master_password = "vendor", config.maximum = maximum != 0;
        struct drive drive = make(&config);
        assert_int_equal(security(&drive),
                         SUPPORTED | ENHANCES | ENABLED | LOCKED | (maximum ? (unsigned)MAXIMUM : 0));
        assert_int_equal(is_done(with_password(&drive, UNLOCK, MASTER, "vendor")), !maximum);
        assert_true(is_aborted(erase_unit(&drive, MASTER, "theirs")));
        assert_true(is_done(erase_unit(&drive, MASTER, "vendor")));
        assert_int_equal(security(&drive), SUPPORTED | ENHANCES);
        assert_int_equal(truth(&drive).old, 0);
        drop(&drive);
    }
    struct model_ata_config config = able();
    uint8_t block[512] = {MASTER, 0, 'm', [34] = 0x34, [35] = 0x12};
    struct drive drive = make(&config);
    assert_true(is_done(ask_data(&drive, SET_PASSWORD, 0, 0, false, block)));
    assert_int_equal(word_of(&drive, 92), 0x1234);
    assert_int_equal(security(&drive), SUPPORTED | ENHANCES); /* locks nothing */
    assert_true(is_done(with_password(&drive, SET_PASSWORD, USER | LEVEL_MAXIMUM, "u")));
    assert_int_equal(security(&drive), SUPPORTED | ENHANCES | ENABLED | MAXIMUM);
    assert_true(is_aborted(with_password(&drive, DISABLE, MASTER, "m")));
    assert_true(is_done(with_password(&drive, SET_PASSWORD, USER, "u")));
    assert_true(is_done(with_password(&drive, DISABLE, MASTER, "m")));
    drop(&drive);
}

/* A normal erase ends with the native max address, an enhanced one knows no end. */
static void what_units_reach(void **state)
{
    (void)state;
    for (int kind = 0; kind < 3; kind++) {
        struct model_ata_config config = able();
        uint8_t one[512], other[512];
        config.hpa = config.dco = true, config.hpa_sectors = 8, config.dco_sectors = 4;
        config.enhanced_noise = kind == 2;
        struct drive drive = make(&config);
        assert_int_equal(sectors_of(&drive), SECTORS - 12);
        assert_true(is_done(with_password(&drive, SET_PASSWORD, USER, "ours")));
        assert_true(is_done(erase_unit(&drive, kind > 0 ? ENHANCED : USER, "ours")));
        assert_int_equal(truth(&drive).old, kind > 0 ? 0 : 4);
        assert_int_equal(truth(&drive).hidden_old, kind > 0 ? 0 : 4);
        assert_int_equal(truth(&drive).old_units, kind > 0 ? 0 : 4);
        if (kind < 2)
            assert_true(reads_as(&drive, kind == 0 ? 0 : 0xe5));
        assert_int_equal(read_sector(&drive, 1, one), 512);
        assert_int_equal(read_sector(&drive, 2, other), 512);
        assert_int_equal(memcmp(one, other, 512) != 0, kind == 2);
        drop(&drive);
    }
    struct model_ata_config config = able();
    config.enhanced = false;
    struct drive drive = make(&config);
    assert_true(is_done(with_password(&drive, SET_PASSWORD, USER, "ours")));
    assert_true(is_aborted(erase_unit(&drive, ENHANCED, "ours")));
    assert_int_equal(truth(&drive).old, SECTORS);
    drop(&drive);
}

/* In its middle: by the power, by a kernel that lost its patience. */
static void a_broken_unit(void **state)
{
    (void)state;
    struct model_ata_config config = able();
    struct drive drive = make(&config);
    assert_true(is_done(with_password(&drive, SET_PASSWORD, USER, "ours")));
    assert_true(is_done(ask(&drive, PREPARE, 0, 0, 0)));
    model_ata_set_cut(drive.ata, (struct model_ata_cut){.command = 1, .moment = MODEL_ATA_CUT_DURING});
    assert_int_equal(with_password(&drive, ERASE_UNIT, USER, "ours").host_errno, -ENODEV);
    assert_int_equal(truth(&drive).erased, SECTORS / 2);
    model_ata_power_on(drive.ata);
    wait_ms(&drive, 100000);
    assert_int_equal(truth(&drive).erased, SECTORS / 2); /* it does not go on */
    assert_int_equal(security(&drive), SUPPORTED | ENHANCES | ENABLED | LOCKED);
    assert_true(is_done(erase_unit(&drive, USER, "ours")));
    assert_int_equal(truth(&drive).erased, SECTORS);
    drop(&drive);

    for (int survives = 0; survives < 2; survives++) {
        config.unit_survives_reset = survives != 0;
        config.reset_is_hard = survives == 0;
        drive = make(&config);
        assert_true(is_done(with_password(&drive, SET_PASSWORD, USER, "ours")));
        drive.kernel_ms = 10000;
        assert_int_equal(erase_unit(&drive, USER, "ours").host_errno, -ETIMEDOUT);
        assert_int_equal(truth(&drive).erased, SECTORS / 2);
        assert_int_equal(write_sector(&drive, 0, 1), -EIO);
        drive.kernel_ms = KERNEL_MS;
        assert_int_equal(security(&drive),
                         SUPPORTED | ENHANCES | (survives ? 0 : (unsigned)ENABLED | LOCKED));
        assert_int_equal(truth(&drive).erased, survives ? SECTORS : SECTORS / 2);
        drop(&drive);
    }
}

/* --- Sanitize --- */

static void a_block_erase(void **state)
{
    (void)state;
    struct model_ata_config config = able();
    uint8_t data[512];
    config.hpa = true, config.hpa_sectors = 8, config.block_value = 0xff, config.user_password = "theirs";
    config.unlocked = true;
    struct drive drive = make(&config);
    struct answer answer = sanitize(&drive, STATUS, 0);
    assert_true(is_done(answer));
    assert_int_equal(answer.count, 0); /* SD0 */
    assert_int_equal(answer.lba, AT_REST);
    assert_true(is_done(sanitize(&drive, BLOCK, 0)));
    for (int i = 1; i < 10; i++) {
        wait_ms(&drive, 500);
        answer = sanitize(&drive, STATUS, 0);
        assert_true(is_done(answer));
        assert_int_equal(answer.count, RUNNING); /* SD2 */
        assert_int_equal(answer.lba, i * 65536 / 10);
        assert_int_equal(truth(&drive).erased, SECTORS * i / 10);
    }
    assert_int_equal(read_sector(&drive, 0, data), -EIO);
    assert_int_equal(write_sector(&drive, 0, 1), -EIO);
    assert_int_equal(model_ata_flush(drive.ata, drive.now_ms), EIO);
    assert_true(is_aborted(sanitize(&drive, CRYPTO, 0)));
    assert_true(is_aborted(sanitize(&drive, FREEZE_LOCK, 0)));
    assert_true(is_aborted(sanitize(&drive, ANTIFREEZE, 0)));
    assert_true(is_aborted(ask(&drive, READ_NATIVE_MAX, 0, 0, 0)));
    assert_true(is_aborted(ask(&drive, PREPARE, 0, 0, 0)));
    assert_true(is_aborted(with_password(&drive, DISABLE, USER, "theirs")));
    assert_true(is_aborted(ask(&drive, FLUSH, 0, 0, 0)));
    assert_true(is_aborted(ask_data(&drive, READ_LOG, 0, 0x07, true, data)));
    assert_true(is_done(ask_data(&drive, READ_LOG, 0, 0x30, true, data)));
    assert_true(is_done(ask_data(&drive, IDENTIFY, 0, 0, true, data)));
    assert_true(is_done(ask(&drive, SMART, 0xda, 0, 0xc24f00)));
    wait_ms(&drive, 500);
    answer = sanitize(&drive, STATUS, 0);
    assert_int_equal(answer.count, DONE); /* SD4 */
    assert_int_equal(answer.lba, AT_REST);
    assert_int_equal(drive.ata->state, MODEL_ATA_SD4);
    assert_true(reads_as(&drive, 0xff));
    assert_int_equal(truth(&drive).erased, SECTORS);       /* what HPA hides, too */
    assert_int_equal(security(&drive) & ENABLED, ENABLED); /* the password is no concern of it */
    cycle_power(&drive);
    assert_int_equal(sanitize(&drive, STATUS, 0).count, DONE);
    drop(&drive);
}

static void goes_on_after_power_loss(void **state)
{
    (void)state;
    struct model_ata_config config = able();
    uint8_t data[512];
    struct drive drive = make(&config);
    model_ata_set_cut(drive.ata,
                      (struct model_ata_cut){.command = 1, .moment = MODEL_ATA_CUT_DURING, .ms = 2500});
    assert_true(is_done(sanitize(&drive, BLOCK, 0)));
    wait_ms(&drive, 100000);
    assert_int_equal(sanitize(&drive, STATUS, 0).host_errno, -ENODEV);
    assert_int_equal(truth(&drive).erased, SECTORS / 2);
    model_ata_power_on(drive.ata);
    struct answer answer = sanitize(&drive, STATUS, 0);
    assert_int_equal(answer.count, RUNNING);
    assert_int_equal(answer.lba, 32768);
    assert_int_equal(read_sector(&drive, 0, data), -EIO);
    wait_ms(&drive, 2500);
    assert_int_equal(sanitize(&drive, STATUS, 0).count, DONE);
    assert_int_equal(truth(&drive).erased, SECTORS);
    drop(&drive);
    config.former.running = MODEL_ATA_CRYPTO, config.former.elapsed_ms = 400;
    drive = make(&config);
    assert_int_equal(sanitize(&drive, STATUS, 0).count, RUNNING);
    wait_ms(&drive, 600);
    assert_int_equal(sanitize(&drive, STATUS, 0).count, DONE);
    drop(&drive);
}

static void sanitize_is_refused(void **state)
{
    (void)state;
    struct model_ata_config config = able();
    struct drive drive = make(&config);
    static const unsigned functions[] = {CRYPTO, BLOCK, OVERWRITE};
    for (size_t i = 0; i < 3; i++) {
        struct answer answer =
            ask(&drive, SANITIZE, (uint16_t)functions[i], 0, signature_of(functions[i]) ^ 1ULL << 33);
        assert_true(is_aborted(answer));
        assert_int_equal(answer.lba, 0);
        assert_int_equal(sanitize(&drive, STATUS, 0).count, 0);
    }
    assert_int_equal(sanitize(&drive, 0x13, 0).lba, 2);
    drop(&drive);
    config.crypto = config.block_erase = config.overwrite = config.antifreeze = false;
    drive = make(&config);
    for (size_t i = 0; i < 3; i++) {
        assert_true(is_aborted(sanitize(&drive, functions[i], 0)));
        assert_int_equal(sanitize(&drive, functions[i], 0).lba, 2);
    }
    assert_int_equal(sanitize(&drive, ANTIFREEZE, 0).lba, 2);
    drop(&drive);
    config.sanitize = false;
    drive = make(&config);
    assert_true(is_aborted(sanitize(&drive, STATUS, 0)));
    assert_int_equal(word_of(&drive, 59) & 0xfc00, 0);
    drop(&drive);
    /* Locked: but for a drive whose restricted sanitize counts more. */
    config = able();
    config.user_password = "theirs", config.restricted_overrides = true;
    drive = make(&config);
    assert_true(is_aborted(sanitize(&drive, BLOCK, FAILURE_MODE)));
    assert_true(is_done(sanitize(&drive, BLOCK, 0)));
    drop(&drive);
}

static void freezing_and_its_opposite(void **state)
{
    (void)state;
    struct model_ata_config config = able();
    struct drive drive = make(&config);
    assert_true(is_aborted(ask(&drive, SANITIZE, FREEZE_LOCK, 0, 0)));
    assert_true(is_done(sanitize(&drive, FREEZE_LOCK, 0)));
    assert_int_equal(sanitize(&drive, STATUS, 0).count, FROZEN); /* SD1 */
    struct answer answer = sanitize(&drive, BLOCK, 0);
    assert_true(is_aborted(answer));
    assert_int_equal(answer.lba, 3);
    assert_int_equal(sanitize(&drive, ANTIFREEZE, 0).lba, 3);
    model_ata_reset(drive.ata);
    assert_int_equal(sanitize(&drive, STATUS, 0).count, FROZEN);
    cycle_power(&drive);
    assert_int_equal(sanitize(&drive, STATUS, 0).count, 0);
    answer = sanitize(&drive, ANTIFREEZE, 0);
    assert_true(is_done(answer));
    assert_int_equal(answer.count, ANTIFROZEN);
    answer = sanitize(&drive, FREEZE_LOCK, 0);
    assert_true(is_aborted(answer));
    assert_int_equal(answer.lba, 4);
    assert_true(is_done(sanitize(&drive, CRYPTO, 0)));
    wait_ms(&drive, 1000);
    assert_int_equal(sanitize(&drive, STATUS, 0).count, DONE | ANTIFROZEN);
    cycle_power(&drive);
    assert_int_equal(sanitize(&drive, STATUS, 0).count, DONE);
    drop(&drive);
    config.freezes_sanitize = true;
    drive = make(&config);
    cycle_power(&drive);
    assert_int_equal(sanitize(&drive, STATUS, 0).count, FROZEN);
    assert_int_equal(truth(&drive).old, SECTORS);
    drop(&drive);
}

static void failed(void **state)
{
    (void)state;
    for (unsigned mode = 0; mode <= FAILURE_MODE; mode += FAILURE_MODE) {
        struct model_ata_config config = able();
        uint8_t data[512];
        config.lies[0] = (struct model_ata_lie){MODEL_ATA_FAILS, MODEL_ATA_BLOCK, 1, 50};
        struct drive drive = make(&config);
        assert_true(is_done(sanitize(&drive, BLOCK, mode)));
        wait_ms(&drive, 2500);
        for (int i = 0; i < 2; i++) { /* SD3, with and without power in between */
            struct answer answer = sanitize(&drive, STATUS, 0);
            assert_true(is_aborted(answer));
            assert_int_equal(answer.lba, 1);
            assert_int_equal(read_sector(&drive, 0, data), -EIO);
            assert_true(is_aborted(ask(&drive, FLUSH, 0, 0, 0)));
            assert_true(is_aborted(sanitize(&drive, FREEZE_LOCK, 0)));
            cycle_power(&drive);
        }
        assert_int_equal(truth(&drive).erased, SECTORS / 2);
        struct answer answer = sanitize(&drive, STATUS, CLEAR);
        assert_int_equal(is_done(answer), mode != 0);
        assert_int_equal(read_sector(&drive, 0, data), mode != 0 ? 512 : -EIO);
        if (mode == 0) /* one that could be cleared is no way out */
            assert_true(is_aborted(sanitize(&drive, BLOCK, FAILURE_MODE)));
        assert_true(is_done(sanitize(&drive, BLOCK, 0)));
        wait_ms(&drive, 5000);
        assert_int_equal(sanitize(&drive, STATUS, 0).count, DONE);
        assert_int_equal(truth(&drive).erased, SECTORS);
        drop(&drive);
    }
}

static void what_sanitizes_leave(void **state)
{
    (void)state;
    static const struct {
        unsigned function, count;
        bool definitive, otherwise;
        uint8_t first; /* of the sectors; 0: noise */
    } rows[] = {{OVERWRITE, 1, false, false, 0xd4},
                {OVERWRITE, 2 | INVERT, false, false, 0x2b},
                {OVERWRITE, 3 | INVERT, false, false, 0xd4},
                {OVERWRITE, 0, false, false, 0xd4},
                {OVERWRITE, 2 | INVERT | DEFINITIVE, true, false, 0xd4},
                {OVERWRITE, 1, true, true, 0x2b},
                {OVERWRITE, 1 | DEFINITIVE, true, true, 0xd4},
                {CRYPTO, 0, false, false, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct model_ata_config config = able();
        uint8_t data[512], next[512];
        config.definitive = rows[i].definitive, config.ends_otherwise = rows[i].otherwise;
        struct drive drive = make(&config);
        assert_true(is_done(sanitize(&drive, rows[i].function, rows[i].count)));
        unsigned passes = rows[i].function == CRYPTO  ? 0
                          : (rows[i].count & 15) == 0 ? 16
                                                      : rows[i].count & 15;
        if (passes > 0)
            wait_ms(&drive, 20000ULL * passes - 1);
        else
            wait_ms(&drive, 999);
        assert_int_equal(sanitize(&drive, STATUS, 0).count, RUNNING);
        wait_ms(&drive, 1);
        assert_int_equal(sanitize(&drive, STATUS, 0).count, DONE);
        assert_int_equal(read_sector(&drive, 0, data), 512);
        assert_int_equal(read_sector(&drive, 1, next), 512);
        if (rows[i].first != 0) {
            uint8_t flip = rows[i].first ^ 0xd4;
            assert_int_equal(data[0], rows[i].first);
            assert_int_equal(data[1], 0xc3 ^ flip);
            assert_int_equal(data[511], 0xa1 ^ flip);
        }
        assert_int_equal(memcmp(data, next, 512) != 0, rows[i].first == 0);
        assert_int_equal(truth(&drive).erased, SECTORS);
        assert_int_equal(truth(&drive).old_units, 0);
        drop(&drive);
    }
}

static void reads_after_zones_and_unmapping(void **state)
{
    (void)state;
    struct model_ata_config config = able();
    config.zoned = true, config.block_value = 0xff;
    for (unsigned znr = 0; znr <= ZNR; znr += ZNR) {
        struct drive drive = make(&config);
        assert_true(is_done(sanitize(&drive, BLOCK, znr)));
        wait_ms(&drive, 5000);
        assert_true(reads_as(&drive, znr != 0 ? 0xff : 0));
        assert_int_equal(truth(&drive).unmapped, znr != 0 ? 0 : SECTORS);
        drop(&drive);
    }
    config.zoned = false, config.unmaps = true, config.unmapped_value = 0x3c;
    struct drive drive = make(&config);
    assert_true(is_done(sanitize(&drive, CRYPTO, 0)));
    wait_ms(&drive, 1000);
    assert_true(reads_as(&drive, 0x3c));
    assert_int_equal(write_sector(&drive, 1, 0x11), 512);
    assert_int_equal(truth(&drive).unmapped, SECTORS - 1);
    drop(&drive);
}

/* --- What is hidden --- */

static void host_protected_area(void **state)
{
    (void)state;
    struct model_ata_config config = able();
    config.hpa = true, config.hpa_sectors = 8;
    struct drive drive = make(&config);
    uint8_t data[512];
    struct answer answer = ask(&drive, READ_NATIVE_MAX, 0, 0, 0);
    assert_true(is_done(answer));
    assert_int_equal(answer.lba, SECTORS - 1);
    assert_int_equal(sectors_of(&drive), SECTORS - 8); /* which comes in between: */
    assert_true(is_aborted(ask(&drive, SET_MAX, 0, 0, SECTORS - 1)));
    assert_int_equal(read_sector(&drive, SECTORS - 8, data), -EIO);
    ask(&drive, READ_NATIVE_MAX, 0, 0, 0);
    assert_true(is_done(ask(&drive, SET_MAX, 0, 0, SECTORS - 1))); /* volatile */
    assert_int_equal(sectors_of(&drive), SECTORS);
    assert_int_equal(read_sector(&drive, SECTORS - 8, data), 512);
    assert_int_equal(model_ata_names(drive.ata).bytes, SMALL - 8 * 512); /* the host knows nothing of it */
    model_ata_rescan(drive.ata);
    assert_int_equal(model_ata_names(drive.ata).bytes, SMALL);
    cycle_power(&drive);
    assert_int_equal(sectors_of(&drive), SECTORS - 8);
    ask(&drive, READ_NATIVE_MAX, 0, 0, 0);
    answer = ask(&drive, SET_MAX, 0, 1, SECTORS);
    assert_int_equal(answer.status, 0x51);
    assert_int_equal(answer.error, 0x10);
    ask(&drive, READ_NATIVE_MAX, 0, 0, 0);
    assert_true(is_done(ask(&drive, SET_MAX, 0, 1, SECTORS - 1)));
    ask(&drive, READ_NATIVE_MAX, 0, 0, 0);
    assert_int_equal(ask(&drive, SET_MAX, 0, 1, 10).error, 0x10); /* a second one that is kept */
    cycle_power(&drive);
    assert_int_equal(sectors_of(&drive), SECTORS);
    drop(&drive);
    config.hpa_password = true;
    drive = make(&config);
    assert_int_equal(word_of(&drive, 86) & 0x100, 0x100);
    ask(&drive, READ_NATIVE_MAX, 0, 0, 0);
    assert_true(is_aborted(ask(&drive, SET_MAX, 0, 1, SECTORS - 1)));
    drop(&drive);
    config.hpa = false;
    drive = make(&config);
    assert_true(is_aborted(ask(&drive, READ_NATIVE_MAX, 0, 0, 0)));
    drop(&drive);
}

static void accessible_max(void **state)
{
    (void)state;
    struct model_ata_config config = able();
    config.amax = true, config.amax_sectors = 16;
    struct drive drive = make(&config);
    assert_int_equal(ask(&drive, ACCESSIBLE_MAX, 0, 0, 0).lba, SECTORS - 1);
    assert_int_equal(word_of(&drive, 119) & 0x100, 0x100);
    assert_int_equal(sectors_of(&drive), SECTORS - 16);
    assert_true(is_done(ask(&drive, ACCESSIBLE_MAX, 1, 0, SECTORS - 1)));
    assert_true(is_aborted(ask(&drive, ACCESSIBLE_MAX, 1, 0, SECTORS - 2))); /* once per power cycle */
    assert_int_equal(sectors_of(&drive), SECTORS);
    cycle_power(&drive);
    assert_int_equal(sectors_of(&drive), SECTORS);
    assert_true(is_done(ask(&drive, ACCESSIBLE_MAX, 2, 0, 0)));
    assert_true(is_aborted(ask(&drive, ACCESSIBLE_MAX, 1, 0, SECTORS - 2)));
    drop(&drive);
}

static void device_configuration(void **state)
{
    (void)state;
    struct model_ata_config config = able();
    config.hpa = config.dco = true, config.hpa_sectors = 8, config.dco_sectors = 4;
    struct drive drive = make(&config);
    uint8_t page[512], sum = 0;
    assert_true(is_done(ask_data(&drive, DCO, 0xc2, 0, true, page)));
    assert_int_equal(page[6], SECTORS - 1);
    for (size_t i = 0; i < sizeof page; i++)
        sum = (uint8_t)(sum + page[i]);
    assert_int_equal(sum, 0);
    assert_int_equal(ask(&drive, READ_NATIVE_MAX, 0, 0, 0).lba, SECTORS - 5);
    assert_true(is_aborted(ask(&drive, DCO, 0xc0, 0, 0))); /* HPA stands in the way */
    ask(&drive, READ_NATIVE_MAX, 0, 0, 0);
    assert_true(is_done(ask(&drive, SET_MAX, 0, 1, SECTORS - 5)));
    assert_true(is_done(ask(&drive, DCO, 0xc0, 0, 0)));
    assert_int_equal(sectors_of(&drive), SECTORS);
    assert_true(is_done(ask(&drive, DCO, 0xc1, 0, 0)));
    assert_true(is_aborted(ask_data(&drive, DCO, 0xc2, 0, true, page)));
    drop(&drive);
}

/* --- Pages --- */

static void identify(void **state)
{
    (void)state;
    struct model_ata_config config = able();
    config.serial = "SN-1", config.model = "A model", config.firmware = "F2", config.wwn = 0x5000c500a1b2c3d4;
    config.rotation = 7200, config.encrypts_all = true, config.block.block_bytes = 4096;
    struct drive drive = make(&config);
    uint8_t page[512], sum = 0;
    struct uw_ata_identify decoded;
    assert_true(is_done(ask_data(&drive, IDENTIFY, 0, 0, true, page)));
    for (size_t i = 0; i < sizeof page; i++)
        sum = (uint8_t)(sum + page[i]);
    assert_int_equal(sum, 0);
    assert_memory_equal(page + 20, "NS1- ", 5);
    assert_int_equal(page[119], 0xfd); /* word 59: all of it, and what is not about sanitize */
    assert_true(uw_ata_decode_identify(page, sizeof page, &decoded));
    assert_string_equal(decoded.serial, "SN-1");
    assert_string_equal(decoded.model, "A model");
    assert_string_equal(decoded.firmware, "F2");
    assert_true(decoded.wwn == config.wwn);
    assert_int_equal(decoded.sectors, SMALL / 4096);
    assert_int_equal(decoded.logical_block_bytes, 4096);
    assert_int_equal(decoded.rotation, 7200);
    assert_true(decoded.encrypts_all && decoded.sanitize && decoded.sanitize_antifreeze);
    assert_true(decoded.sanitize_block && decoded.sanitize_crypto && decoded.sanitize_overwrite);
    assert_true(decoded.security && decoded.security_enhanced && !decoded.security_enabled);
    assert_int_equal(decoded.erase_minutes, 20);
    assert_int_equal(decoded.enhanced_minutes, 2);
    assert_false(decoded.hpa || decoded.dco || decoded.amax);
    drop(&drive);
    config = (struct model_ata_config){.block.bytes = SMALL, .no_48_bit = true, .no_checksum = true};
    drive = make(&config);
    config.sat.d_sense = true;
    assert_true(is_done(ask_data(&drive, IDENTIFY, 0, 0, true, page)));
    assert_true(uw_ata_decode_identify(page, sizeof page, &decoded));
    assert_int_equal(decoded.sectors, SECTORS);
    assert_false(decoded.sanitize || decoded.security || decoded.has_checksum);
    drop(&drive);
}

static void logs(void **state)
{
    (void)state;
    struct model_ata_config config = able();
    config.definitive = config.restricted_overrides = true;
    struct drive drive = make(&config);
    uint8_t page_0[512], page_3[512], page_6[512];
    struct uw_ata_log log;
    assert_true(is_done(ask_data(&drive, READ_LOG, 0, 0x30, true, page_0)));
    assert_int_equal(page_0[8], 5);
    assert_true(is_done(ask_data(&drive, READ_LOG, 0, 0x330, true, page_3)));
    assert_true(is_done(ask_data(&drive, READ_LOG, 0, 0x630, true, page_6)));
    assert_true(uw_ata_decode_log(page_3, page_6, &log));
    assert_true(log.definitive_ending_pattern && log.restricted_sanitize_overrides_security);
    assert_true(is_aborted(ask_data(&drive, READ_LOG, 0, 0x99, true, page_0)));
    drop(&drive);
    config.no_log = true;
    drive = make(&config);
    assert_true(is_aborted(ask_data(&drive, READ_LOG, 0, 0x30, true, page_0)));
    drop(&drive);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(from_disabled_to_erased),
        cmocka_unit_test(nothing_between_prepare_and_unit),
        cmocka_unit_test(a_lock_comes_with_power),
        cmocka_unit_test(five_tries),
        cmocka_unit_test(frozen),
        cmocka_unit_test(the_master_password),
        cmocka_unit_test(what_units_reach),
        cmocka_unit_test(a_broken_unit),
        cmocka_unit_test(a_block_erase),
        cmocka_unit_test(goes_on_after_power_loss),
        cmocka_unit_test(sanitize_is_refused),
        cmocka_unit_test(freezing_and_its_opposite),
        cmocka_unit_test(failed),
        cmocka_unit_test(what_sanitizes_leave),
        cmocka_unit_test(reads_after_zones_and_unmapping),
        cmocka_unit_test(host_protected_area),
        cmocka_unit_test(accessible_max),
        cmocka_unit_test(device_configuration),
        cmocka_unit_test(identify),
        cmocka_unit_test(logs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
