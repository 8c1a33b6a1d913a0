/* SPDX-License-Identifier: Apache-2.0 */
/* The ATA model's hidden areas in their 28-bit form, what the host's layer makes of a size that changes, and
 * what sleep takes away. ATA8-ACS: READ NATIVE MAX ADDRESS, SET MAX ADDRESS; ACS-4 7.1, 7.43. */
#include "ata_commands.h"

enum { NATIVE_28 = 0xf8, SET_MAX_28 = 0xf9, SET_FEATURES = 0xef, CACHE_ON = 0x02, HIDDEN = 8 };

/* 28 bits: EXTEND is 0, LBA 27:24 are in DEVICE 3:0. */
static struct answer ask_28(struct drive *drive, uint8_t command, uint8_t count, uint32_t lba)
{
    struct uw_scsi_command scsi = wrap(command, 0, count, lba & 0xffffff);
    scsi.cdb[1] = 3 << 1;
    scsi.cdb[13] = (uint8_t)(0x40 | lba >> 24);
    return send_scsi(drive, &scsi);
}

static struct model_ata_config with_hpa(void)
{
    struct model_ata_config config = able();
    config.hpa = true, config.hpa_sectors = HIDDEN;
    return config;
}

static void short_addresses(void **state)
{
    (void)state;
    struct model_ata_config config = with_hpa();
    config.no_48_bit = true;
    struct drive drive = make(&config);
    struct answer answer = ask_28(&drive, NATIVE_28, 0, 0);
    assert_true(is_done(answer));
    assert_int_equal(answer.lba, SECTORS - 1);
    assert_true(is_aborted(ask(&drive, READ_NATIVE_MAX, 0, 0, 0)));
    assert_true(is_aborted(ask_28(&drive, SET_MAX_28, 0, SECTORS - 1))); /* that one came in between */
    assert_true(is_done(ask_28(&drive, NATIVE_28, 0, 0)));
    assert_true(is_done(ask_28(&drive, SET_MAX_28, 0, SECTORS - 1)));
    assert_int_equal(truth(&drive).visible, SECTORS);
    cycle_power(&drive);
    assert_int_equal(truth(&drive).visible, SECTORS - HIDDEN);
    ask_28(&drive, NATIVE_28, 0, 0);
    assert_int_equal(ask_28(&drive, SET_MAX_28, 0, 0x01000000 | (SECTORS - 1)).error, 0x10);
    ask_28(&drive, NATIVE_28, 0, 0);
    assert_true(is_done(ask_28(&drive, SET_MAX_28, 1, SECTORS - 1)));
    cycle_power(&drive);
    assert_int_equal(truth(&drive).visible, SECTORS);
    drop(&drive);
    config.hpa = false;
    drive = make(&config);
    assert_true(is_aborted(ask_28(&drive, NATIVE_28, 0, 0)));
    drop(&drive);
}

/* What one form has set the other does not move. */
static void set_with_28_bits(void **state)
{
    (void)state;
    struct model_ata_config config = with_hpa();
    config.hpa_of_28_bit = true;
    struct drive drive = make(&config);
    assert_int_equal(ask(&drive, READ_NATIVE_MAX, 0, 0, 0).lba, SECTORS - 1);
    assert_true(is_aborted(ask(&drive, SET_MAX, 0, 0, SECTORS - 1)));
    assert_true(is_done(ask_28(&drive, NATIVE_28, 0, 0)));
    assert_true(is_done(ask_28(&drive, SET_MAX_28, 0, SECTORS - 1)));
    assert_int_equal(sectors_of(&drive), SECTORS);
    drop(&drive);
}

static void opens_less(void **state)
{
    (void)state;
    struct model_ata_config config = with_hpa();
    config.lies[0] = (struct model_ata_lie){.kind = MODEL_ATA_OPENS_LESS, .value = 3};
    struct drive drive = make(&config);
    ask(&drive, READ_NATIVE_MAX, 0, 0, 0);
    assert_true(is_done(ask(&drive, SET_MAX, 0, 0, SECTORS - 1)));
    assert_int_equal(sectors_of(&drive), SECTORS - 3);
    drop(&drive);
    config = able();
    config.amax = true, config.amax_sectors = 16;
    config.lies[0] = (struct model_ata_lie){.kind = MODEL_ATA_OPENS_LESS};
    drive = make(&config);
    assert_true(is_done(ask(&drive, ACCESSIBLE_MAX, 1, 0, SECTORS - 1)));
    assert_int_equal(sectors_of(&drive), SECTORS - 8);
    drop(&drive);
}

static void open_hpa(struct drive *drive)
{
    ask(drive, READ_NATIVE_MAX, 0, 0, 0);
    assert_true(is_done(ask(drive, SET_MAX, 0, 0, SECTORS - 1)));
}

static uint64_t host_sectors(struct drive *drive)
{
    uint64_t bytes = 0;
    assert_int_equal(model_ata_host_rescan(drive->ata, drive->now_ms), 0);
    assert_int_equal(model_ata_look(drive->ata, drive->now_ms, &bytes), 0);
    return bytes / 512;
}

/* libata goes by what it read itself; a rescan of the device does not make it read. */
static void layer_keeps_its_size(void **state)
{
    (void)state;
    struct model_ata_config config = with_hpa();
    struct drive drive = make(&config);
    open_hpa(&drive);
    assert_int_equal(host_sectors(&drive), SECTORS - HIDDEN);
    assert_true(is_done(ask(&drive, SET_FEATURES, CACHE_ON, 0, 0)));
    assert_int_equal(host_sectors(&drive), SECTORS);
    drop(&drive);
    config.sat.follows_size = true;
    drive = make(&config);
    open_hpa(&drive);
    assert_int_equal(host_sectors(&drive), SECTORS);
    drop(&drive);
}

/* A size that no HPA explains: the layer gives the drive up, until the power goes off and on. */
static void layer_gives_up(void **state)
{
    (void)state;
    struct model_ata_config config = able();
    uint8_t data[512];
    config.amax = true, config.amax_sectors = 16;
    struct drive drive = make(&config);
    assert_true(is_done(ask(&drive, ACCESSIBLE_MAX, 1, 0, SECTORS - 1)));
    assert_int_equal(read_sector(&drive, 1, data), 512);
    ask(&drive, SET_FEATURES, CACHE_ON, 0, 0);
    assert_int_equal(read_sector(&drive, 1, data), -ENODEV);
    assert_int_equal(ask(&drive, CHECK_POWER, 0, 0, 0).host_errno, -ENODEV);
    assert_int_equal(model_ata_host_rescan(drive.ata, drive.now_ms), ENODEV);
    cycle_power(&drive);
    assert_int_equal(host_sectors(&drive), SECTORS);
    drop(&drive);
}

static void sleep_thaws(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct model_ata_config config = with_hpa();
        bool powered = (i & 1) != 0, again = (i & 2) != 0;
        config.freezes_security = config.freezes_sanitize = true;
        config.powered_asleep = powered, config.freezes_on_wake = again;
        struct drive drive = make(&config);
        open_hpa(&drive);
        model_ata_sleep(drive.ata);
        assert_int_equal((security(&drive) & SEC_FROZEN) != 0, powered || again);
        assert_int_equal(sanitize(&drive, STATUS, 0).count & FROZEN, powered || again ? FROZEN : 0);
        assert_int_equal(sectors_of(&drive), powered ? SECTORS : SECTORS - HIDDEN);
        assert_int_equal(drive.ata->power_cycles, powered ? 1 : 2);
        cycle_power(&drive);
        assert_true((security(&drive) & SEC_FROZEN) != 0);
        drop(&drive);
    }
}

/* What was written before it stays; a password locks. */
static void sleep_locks(void **state)
{
    (void)state;
    struct model_ata_config config = able();
    uint8_t data[512];
    config.user_password = "theirs", config.unlocked = true;
    struct drive drive = make(&config);
    assert_int_equal(write_sector(&drive, 3, 0x77), 512);
    model_ata_sleep(drive.ata);
    assert_true((security(&drive) & LOCKED) != 0);
    assert_true(is_done(with_password(&drive, UNLOCK, USER, "theirs")));
    assert_int_equal(read_sector(&drive, 3, data), 512);
    assert_int_equal(data[0], 0x77);
    drop(&drive);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_addresses), cmocka_unit_test(set_with_28_bits),
        cmocka_unit_test(opens_less),      cmocka_unit_test(layer_keeps_its_size),
        cmocka_unit_test(layer_gives_up),  cmocka_unit_test(sleep_thaws),
        cmocka_unit_test(sleep_locks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
