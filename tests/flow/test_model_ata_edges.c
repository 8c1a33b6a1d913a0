/* SPDX-License-Identifier: Apache-2.0 */
/* Edges of the ATA model: what it logs, times of zero, single capabilities, states that meet. */
#include "ata_commands.h"

static void what_it_logs(void **state)
{
    (void)state;
    struct model_ata_config config = able();
    struct drive drive = make(&config);
    ask(&drive, SANITIZE, 0x1234, 0xa5c3, 0x60504030201);
    wait_ms(&drive, 70);
    struct uw_scsi_command unknown = {.cdb = {0x48}, .cdb_bytes = 10};
    send_scsi(&drive, &unknown);
    const struct model_ata_seen *seen = drive.ata->seen;
    assert_int_equal(drive.ata->seen_count, 2);
    assert_true(seen[0].ata);
    assert_int_equal(seen[0].cdb0, 0x85);
    assert_int_equal(seen[0].command, SANITIZE);
    assert_int_equal(seen[0].features, 0x1234);
    assert_int_equal(seen[0].count, 0xa5c3);
    assert_true(seen[0].lba == 0x60504030201);
    assert_int_equal(seen[0].status, 0x51);
    assert_int_equal(seen[0].error, 4);
    assert_int_equal(seen[0].scsi_status, 2);
    assert_int_equal(seen[0].key, 0xb);
    assert_false(seen[1].ata);
    assert_int_equal(seen[1].asc, 0x20);
    assert_int_equal(seen[1].ms, 70);
    assert_int_equal(model_ata_seen_count(drive.ata, SANITIZE), 1);
    assert_int_equal(model_ata_seen_count(drive.ata, 0), 0);
    for (int i = 0; i < 2 * MODEL_ATA_LOG; i++)
        ask(&drive, CHECK_POWER, 0, 0, 0);
    assert_int_equal(drive.ata->seen_count, MODEL_ATA_LOG);
    drop(&drive);
}

static void it_is_over_at_once(void **state)
{
    (void)state;
    static const enum model_ata_lie_kind kinds[] = {MODEL_ATA_HONEST, MODEL_ATA_FAILS, MODEL_ATA_RESETS};
    for (size_t i = 0; i < 3; i++) {
        struct model_ata_config config = able();
        config.normal_ms = config.block_ms = MODEL_ALL, config.command_ms = 3;
        config.lies[0] = (struct model_ata_lie){.kind = kinds[i], .on = MODEL_ATA_UNIT, .value = 0};
        if (kinds[i] == MODEL_ATA_FAILS)
            config.lies[0].value = 25;
        struct drive drive = make(&config);
        assert_true(is_done(with_password(&drive, SET_PASSWORD, USER, "ours")));
        assert_int_equal(drive.now_ms, 3);
        assert_int_equal(is_done(erase_unit(&drive, USER, "ours")), i == 0);
        assert_int_equal(drive.now_ms, 6);
        assert_int_equal(truth(&drive).erased, i == 0 ? SECTORS : i == 1 ? SECTORS / 4 : SECTORS / 2);
        drop(&drive);
        drive = make(&config);
        assert_int_equal(sanitize(&drive, BLOCK, 0).count, DONE);
        assert_int_equal(truth(&drive).erased, SECTORS);
        drop(&drive);
    }
}

/* Of each function alone: that one is offered and taken, the others are not. */
static void single_capabilities(void **state)
{
    (void)state;
    static const unsigned functions[] = {CRYPTO, BLOCK, OVERWRITE}, bits[] = {1 << 13, 1 << 15, 1 << 14};
    for (size_t has = 0; has < 3; has++) {
        for (size_t i = 0; i < 3; i++) {
            struct model_ata_config config = able();
            config.crypto = has == 0, config.block_erase = has == 1, config.overwrite = has == 2;
            struct drive drive = make(&config);
            assert_int_equal(word_of(&drive, 59) & 0xe000, bits[has]);
            assert_int_equal(is_done(sanitize(&drive, functions[i], 1)), has == i);
            drop(&drive);
        }
    }
}

static void written_and_erased(void **state)
{
    (void)state;
    struct model_ata_config config = able();
    config.unmaps = true, config.unmapped_value = 0x3c;
    struct drive drive = make(&config);
    write_sector(&drive, 1, 1);
    write_sector(&drive, 2, 1);
    assert_int_equal(truth(&drive).written, 2);
    assert_int_equal(truth(&drive).old, SECTORS - 2);
    sanitize(&drive, BLOCK, 0);
    wait_ms(&drive, 5000);
    assert_int_equal(truth(&drive).written, 0);
    write_sector(&drive, 1, 1);
    assert_int_equal(truth(&drive).written, 1);
    assert_int_equal(truth(&drive).unmapped, SECTORS - 1);
    /* What is erased again without unmapping reads as it stands. */
    sanitize(&drive, OVERWRITE, 1);
    wait_ms(&drive, 20000);
    assert_int_equal(truth(&drive).unmapped, 0);
    drop(&drive);
}

/* A flush by command or through the layer is one: what was written outlives the power. */
static void flushes(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct model_ata_config config = able();
        uint8_t data[512];
        struct uw_scsi_command synchronize = {.cdb = {0x35}, .cdb_bytes = 10};
        struct drive drive = make(&config);
        write_sector(&drive, 5, 0x42);
        if (i == 1)
            assert_true(is_done(ask(&drive, FLUSH, 0, 0, 0)));
        if (i == 2)
            assert_int_equal(send_scsi(&drive, &synchronize).scsi, 0);
        cycle_power(&drive);
        assert_int_equal(read_sector(&drive, 5, data), 512);
        assert_int_equal(data[0] == 0x42, i > 0);
        drop(&drive);
    }
}

static void looks(void **state)
{
    (void)state;
    struct model_ata_config config = able();
    uint64_t bytes = 0;
    config.hpa = true, config.hpa_sectors = 8;
    struct drive drive = make(&config);
    assert_int_equal(model_ata_look(drive.ata, 0, &bytes), 0);
    assert_int_equal(bytes, SMALL - 8 * 512);
    drop(&drive);
    config.block.faults[0] = (struct model_fault){.effect = MODEL_OTHER, .value = MODEL_BYTES};
    drive = make(&config);
    assert_int_equal(model_ata_look(drive.ata, 0, &bytes), 0);
    assert_int_not_equal(bytes, SMALL - 8 * 512);
    drop(&drive);
    config.block.faults[0] = (struct model_fault){.effect = MODEL_ERROR, .on = MODEL_LOOK};
    drive = make(&config);
    assert_int_equal(model_ata_look(drive.ata, 0, &bytes), EIO);
    drop(&drive);
}

/* A hardware reset takes back what was volatile; another one leaves it. */
static void resets_and_areas(void **state)
{
    (void)state;
    for (int hard = 0; hard < 2; hard++) {
        struct model_ata_config config = able();
        config.hpa = true, config.hpa_sectors = 8, config.reset_is_hard = hard != 0;
        struct drive drive = make(&config);
        ask(&drive, READ_NATIVE_MAX, 0, 0, 0);
        assert_true(is_done(ask(&drive, SET_MAX, 0, 0, SECTORS - 1)));
        model_ata_reset(drive.ata);
        assert_int_equal(sectors_of(&drive), hard ? SECTORS - 8 : SECTORS);
        /* One that is kept may follow one that is not, and one of the next power-on one of this. */
        for (uint64_t last = SECTORS - 1; last > SECTORS - 3; last--) {
            ask(&drive, READ_NATIVE_MAX, 0, 0, 0);
            assert_true(is_done(ask(&drive, SET_MAX, 0, 1, last)));
            cycle_power(&drive);
            assert_int_equal(sectors_of(&drive), last + 1);
        }
        drop(&drive);
    }
    struct model_ata_config config = able();
    struct drive drive = make(&config);
    assert_true(is_aborted(ask(&drive, ACCESSIBLE_MAX, 0, 0, 0)));
    drop(&drive);
    config.amax = true;
    drive = make(&config);
    for (int i = 0; i < 2; i++) {
        assert_true(is_done(ask(&drive, ACCESSIBLE_MAX, 1, 0, SECTORS - 1)));
        assert_true(is_aborted(ask(&drive, ACCESSIBLE_MAX, 3, 0, 0)));
        cycle_power(&drive);
    }
    drop(&drive);
}

static void what_a_lock_leaves_open(void **state)
{
    (void)state;
    struct model_ata_config config = able();
    uint8_t page[512];
    config.user_password = "theirs", config.dco = config.hpa = config.amax = true;
    struct drive drive = make(&config);
    assert_true(is_done(ask_data(&drive, DCO, 0xc2, 0, true, page)));
    assert_true(is_done(ask(&drive, READ_NATIVE_MAX, 0, 0, 0)));
    assert_true(is_done(ask(&drive, ACCESSIBLE_MAX, 0, 0, 0)));
    assert_true(is_done(ask(&drive, SMART, 0xda, 0, 0xc24f00)));
    assert_true(is_aborted(ask(&drive, DCO, 0xc0, 0, 0)));
    assert_true(is_aborted(ask(&drive, ACCESSIBLE_MAX, 1, 0, SECTORS - 1)));
    assert_true(is_done(ask(&drive, READ_NATIVE_MAX, 0, 0, 0)));
    assert_true(is_aborted(ask(&drive, SET_MAX, 0, 0, SECTORS - 1)));
    assert_true(is_done(ask(&drive, PREPARE, 0, 0, 0)));
    drop(&drive);
    /* Wrong ones are counted only while it is locked. */
    config.unlocked = true;
    drive = make(&config);
    for (int i = 0; i < 6; i++)
        assert_true(is_aborted(with_password(&drive, UNLOCK, USER, "guess")));
    assert_int_equal(security(&drive) & EXPIRED, 0);
    drop(&drive);
}

static void master_identifiers(void **state)
{
    (void)state;
    static const uint16_t sent[] = {0, 0xffff, 7};
    for (size_t i = 0; i < 3; i++) {
        struct model_ata_config config = able();
        uint8_t block[512] = {MASTER, 0, 'm', [34] = (uint8_t)sent[i], [35] = (uint8_t)(sent[i] >> 8)};
        config.master_id = 0x0102;
        struct drive drive = make(&config);
        assert_true(is_done(ask_data(&drive, SET_PASSWORD, 0, 0, false, block)));
        assert_int_equal(word_of(&drive, 92), i < 2 ? 0x0102 : 7);
        drop(&drive);
    }
}

static void the_past(void **state)
{
    (void)state;
    for (int mode = 0; mode < 2; mode++) {
        struct model_ata_config config = able();
        config.former.failed = true, config.former.failure_mode = mode != 0;
        struct drive drive = make(&config);
        assert_true(is_aborted(sanitize(&drive, STATUS, 0)));
        assert_int_equal(is_done(sanitize(&drive, STATUS, CLEAR)), mode);
        drop(&drive);
    }
    struct model_ata_config config = able();
    config.former.succeeded = true, config.former.running = MODEL_ATA_BLOCK;
    struct drive drive = make(&config);
    assert_int_equal(sanitize(&drive, STATUS, 0).count, RUNNING);
    assert_int_equal(drive.ata->state, MODEL_ATA_SD2);
    wait_ms(&drive, 5000);
    assert_true(is_done(sanitize(&drive, CRYPTO, 0)));
    assert_int_equal(sanitize(&drive, STATUS, 0).count, RUNNING); /* the success before is forgotten */
    drop(&drive);
}

static void more_refusals(void **state)
{
    (void)state;
    struct model_ata_config config = able();
    uint8_t page[512];
    struct drive drive = make(&config);
    struct uw_scsi_command scsi = wrap_data(READ_LOG, 0, 0x30, true, page);
    scsi.cdb[1] = 4 << 1; /* 28 bits */
    assert_true(is_aborted(send_scsi(&drive, &scsi)));
    memset(page, 1, sizeof page);
    assert_true(is_done(ask_data(&drive, READ_LOG, 0, 0x4430, true, page))); /* no such page */
    for (size_t i = 0; i < sizeof page; i++)
        assert_int_equal(page[i], 0);
    assert_true(is_aborted(ask_data(&drive, READ_LOG, 0, 0x100, true, page)));
    drop(&drive);
    drive = make(&config);
    scsi = wrap(SANITIZE, 0, 0, 0);
    scsi.cdb[1] = 3 << 1;
    assert_true(is_aborted(send_scsi(&drive, &scsi)));
    assert_non_null(strstr(drive.ata->complaint, "48-bit"));
    model_ata_free(drive.ata);
    config.sat.usb = true;
    drive = make(&config);
    with_password(&drive, UNLOCK, USER, "x"); /* spoils nothing */
    drop(&drive);
    config = able();
    config.lies[0] = (struct model_ata_lie){.kind = MODEL_ATA_ACCEPTS, .on = MODEL_ATA_IDENTIFY};
    drive = make(&config);
    memset(page, 1, sizeof page);
    assert_true(is_done(ask_data(&drive, IDENTIFY, 0, 0, true, page)));
    assert_int_equal(page[510], 0);
    drop(&drive);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_it_logs),
        cmocka_unit_test(it_is_over_at_once),
        cmocka_unit_test(single_capabilities),
        cmocka_unit_test(written_and_erased),
        cmocka_unit_test(flushes),
        cmocka_unit_test(looks),
        cmocka_unit_test(resets_and_areas),
        cmocka_unit_test(what_a_lock_leaves_open),
        cmocka_unit_test(master_identifiers),
        cmocka_unit_test(the_past),
        cmocka_unit_test(more_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
