/* SPDX-License-Identifier: Apache-2.0 */
/* The layer in front of the ATA model: CDBs byte by byte, sense data byte by byte, and its quirks. */
#include "ata_commands.h"

#include "wire/scsi.h"

enum { HERE = 0x4321 };
static const uint64_t there = 0x9182736455b6;

static struct uw_scsi_command nop(void)
{
    return wrap(NOP, 0, HERE, there);
}

static void descriptor_sense(void **state)
{
    (void)state;
    struct model_ata_config config = able();
    struct drive drive = make(&config);
    static const uint8_t expected[] = {0x72, 0x0b, 0,    0,    0,    0,    0,    14,   0x09, 12,   1,
                                       0x04, 0x43, 0x21, 0x73, 0xb6, 0x82, 0x55, 0x91, 0x64, 0x40, 0x51};
    struct uw_scsi_command scsi = nop();
    send_scsi(&drive, &scsi);
    assert_int_equal(scsi.status, 2);
    assert_memory_equal(scsi.sense, expected, 8);
    assert_memory_equal(scsi.sense + 8, expected + 8, 14);
    /* A success is said so, if it was asked for. */
    scsi = wrap(CHECK_POWER, 0, 0, 0);
    scsi.cdb[1] = 3 << 1;
    struct answer answer = send_scsi(&drive, &scsi);
    assert_true(is_done(answer));
    assert_int_equal(answer.count, 0xff);
    assert_int_equal(scsi.sense[10], 0); /* a 28-bit command */
    scsi = wrap(CHECK_POWER, 0, 0, 0);
    scsi.cdb[2] = 0;
    send_scsi(&drive, &scsi);
    assert_int_equal(scsi.status, 0);
    assert_int_equal(scsi.sense_bytes, 0);
    drop(&drive);
    /* It need not be the first descriptor. */
    config.sat.standard = true;
    drive = make(&config);
    scsi = nop();
    answer = send_scsi(&drive, &scsi);
    assert_int_equal(scsi.sense[8], 0x00);
    assert_memory_equal(scsi.sense + 20, expected + 8, 14);
    assert_int_equal(answer.lba, there);
    drop(&drive);
}

static void fixed_sense(void **state)
{
    (void)state;
    struct model_ata_config config = able();
    config.sat.d_sense = false;
    struct drive drive = make(&config);
    static const uint8_t libata[] = {0x70, 0,    0x0b, 0, 0, 0, 0,    10,   0x04, 0x51,
                                     0x40, 0x21, 0,    0, 0, 0, 0xe0, 0xb6, 0x55, 0x64};
    static const uint8_t standard[] = {0x70, 0,    0x0b, 0x04, 0x51, 0x40, 0x21, 10, 0xe0,
                                       0xb6, 0x55, 0x64, 0,    0,    0,    0,    0,  0};
    struct uw_scsi_command scsi = nop();
    send_scsi(&drive, &scsi);
    assert_memory_equal(scsi.sense, libata, sizeof libata);
    scsi = wrap(CHECK_POWER, 0, 0, 0);
    assert_true(is_done(send_scsi(&drive, &scsi))); /* in descriptors, all the same */
    drop(&drive);
    config.sat.standard = true;
    drive = make(&config);
    scsi = nop();
    send_scsi(&drive, &scsi);
    assert_memory_equal(scsi.sense, standard, sizeof standard);
    scsi = wrap(CHECK_POWER, 0, 0, 0);
    send_scsi(&drive, &scsi);
    assert_int_equal(scsi.sense[0], 0x70);
    assert_int_equal(scsi.sense[2], 1);
    assert_int_equal(scsi.sense[13], 0x1d);
    assert_int_equal(scsi.sense[4], 0x50);
    drop(&drive);
    config.sat.swaps_lba = true, config.sat.sense_bytes = 11;
    drive = make(&config);
    scsi = nop();
    send_scsi(&drive, &scsi);
    assert_int_equal(scsi.sense[9], 0x64);
    assert_int_equal(scsi.sense_bytes, 11);
    assert_int_equal(scsi.sense[11], 0);
    drop(&drive);
}

static void registers_of_data_commands(void **state)
{
    (void)state;
    for (int standard = 0; standard < 2; standard++) {
        struct model_ata_config config = able();
        uint8_t page[512] = {0};
        config.sat.standard = standard != 0;
        struct drive drive = make(&config);
        struct uw_scsi_command scsi = wrap_data(IDENTIFY, 0, 0, true, page);
        scsi.cdb[2] |= 0x20;
        struct answer answer = send_scsi(&drive, &scsi);
        assert_int_equal(answer.key, standard ? 1 : 0xb);
        assert_int_equal(answer.status, standard ? 0x50 : 0x58);
        assert_int_equal(page[510], 0xa5);
        assert_int_equal(scsi.moved_bytes, 512);
        drop(&drive);
    }
}

/* The 12-byte form, and the halves of registers that a 28-bit command has not. */
static void short_forms(void **state)
{
    (void)state;
    struct model_ata_config config = able();
    uint8_t page[512] = {0};
    config.sat.only_12 = true;
    struct drive drive = make(&config);
    struct uw_scsi_command scsi = {.cdb = {0xa1, 4 << 1, 0x0e, 0, 1, 0, 0, 0, 0x40, IDENTIFY},
                                   .cdb_bytes = 12,
                                   .direction = UW_SCSI_DATA_IN,
                                   .data = page,
                                   .data_bytes = 512};
    assert_true(is_done(send_scsi(&drive, &scsi)));
    assert_int_equal(page[510], 0xa5);
    struct answer answer = ask_data(&drive, IDENTIFY, 0, 0, true, page);
    assert_int_equal(answer.key, 5);
    assert_int_equal(answer.asc, 0x20);
    drop(&drive);
    config.sat.only_12 = false, config.short_nop = true;
    drive = make(&config);
    scsi = nop();
    answer = send_scsi(&drive, &scsi);
    assert_int_equal(answer.count, HERE & 0xff);
    assert_int_equal(answer.lba, there & 0xffffff);
    drop(&drive);
}

static void misfits(void **state)
{
    (void)state;
    uint8_t page[1024];
    for (int i = 0; i < 9; i++) {
        struct model_ata_config config = able();
        struct drive drive = make(&config);
        struct uw_scsi_command scsi = wrap_data(IDENTIFY, 0, 0, true, page);
        if (i == 0)
            scsi.cdb[2] = 0x06; /* T_DIR */
        if (i == 1)
            scsi.cdb[2] = 0x0d; /* T_LENGTH */
        if (i == 2)
            scsi.data_bytes = 1024;
        if (i == 3)
            scsi.cdb[6] = 2;
        if (i == 4)
            scsi.cdb[1] = 6 << 1;
        if (i == 5)
            scsi.direction = UW_SCSI_DATA_OUT;
        if (i == 6)
            scsi.cdb[15] = 1;
        if (i == 7)
            scsi.cdb_bytes = 12;
        if (i == 8)
            scsi.cdb[1] = 3 << 1;
        struct answer answer = send_scsi(&drive, &scsi);
        assert_int_equal(answer.key, 5);
        assert_int_equal(answer.asc, 0x24);
        assert_int_equal(drive.ata->seen[0].ata, 0);
        assert_int_not_equal(drive.ata->complaint[0], '\0');
        model_ata_free(drive.ata);
    }
    struct model_ata_config config = able();
    struct drive drive = make(&config);
    struct answer answer = ask_data(&drive, 0x5c, 0, 0, true, page); /* TRUSTED RECEIVE */
    assert_int_equal(answer.asc, 0x24);
    drop(&drive);
}

static void quirks(void **state)
{
    (void)state;
    struct model_ata_config config = able();
    config.sat.zeroes_count = true;
    struct drive drive = make(&config);
    struct uw_scsi_command scsi = nop();
    struct answer answer = send_scsi(&drive, &scsi);
    assert_int_equal(answer.count, 0);
    assert_int_equal(answer.lba, there);
    sanitize(&drive, OVERWRITE, 1); /* becomes 16 passes */
    wait_ms(&drive, 20000);
    assert_int_equal(sanitize(&drive, STATUS, 0).count, RUNNING);
    drop(&drive);

    config = able();
    config.sat.no_registers = true;
    drive = make(&config);
    answer = sanitize(&drive, 0x13, 0); /* which the drive aborts */
    assert_int_equal(answer.scsi, 0);
    assert_false(answer.registers);
    assert_int_equal(drive.ata->seen[0].status, 0x51);
    drop(&drive);

    config.sat = (struct model_ata_sat){.d_sense = true, .zero_registers = true};
    drive = make(&config);
    answer = sanitize(&drive, 0x13, 0);
    assert_true(answer.registers);
    assert_int_equal(answer.key, 1);
    assert_int_equal(answer.status, 0);
    drop(&drive);

    config.sat = (struct model_ata_sat){.no_pass_through = true};
    drive = make(&config);
    answer = sanitize(&drive, BLOCK, 0);
    assert_int_equal(answer.key, 5);
    assert_int_equal(answer.asc, 0x20);
    wait_ms(&drive, 10000);
    assert_int_equal(truth(&drive).old, SECTORS);
    drop(&drive);

    config = able();
    config.sat.usb = true;
    drive = make(&config);
    with_password(&drive, SET_PASSWORD, USER, "ours");
    assert_non_null(strstr(drive.ata->complaint, "USB"));
    model_ata_free(drive.ata);
}

static void response_information(void **state)
{
    (void)state;
    uint8_t data[14];
    for (int i = 0; i < 3; i++) {
        struct model_ata_config config = able();
        config.sat.no_registers = true, config.sat.response = i > 0;
        config.sat.response_needs_direction = i > 1;
        struct drive drive = make(&config);
        struct uw_scsi_command scsi = nop();
        send_scsi(&drive, &scsi);
        for (int direction = 0; direction < 2; direction++) {
            struct uw_scsi_command response = {.cdb = {0x85, 15 << 1, direction ? 0x08 : 0},
                                               .cdb_bytes = 16,
                                               .direction = UW_SCSI_DATA_IN,
                                               .data = data,
                                               .data_bytes = sizeof data};
            struct answer answer = send_scsi(&drive, &response);
            bool told = i == 1 || (i == 2 && direction == 1);
            assert_int_equal(answer.scsi, told ? 0 : 2);
            if (!told)
                continue;
            assert_int_equal(response.moved_bytes, 14);
            assert_int_equal(data[0], 9);
            assert_int_equal(data[5], 0x21);
            assert_int_equal(data[13], 0x51);
        }
        drop(&drive);
    }
}

static void made_up_identify(void **state)
{
    (void)state;
    static const struct {
        enum model_ata_identify_quirk quirk;
        bool decodes;
        uint64_t sectors;
    } rows[] = {{MODEL_ATA_IDENTIFY_TRUE, true, SECTORS},
                {MODEL_ATA_IDENTIFY_BAD_CHECKSUM, false, 0},
                {MODEL_ATA_IDENTIFY_OTHER_SIZE, true, 777},
                {MODEL_ATA_IDENTIFY_MADE_UP, true, 777}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct model_ata_config config = able();
        uint8_t page[512];
        struct uw_ata_identify decoded;
        config.sat.identify = rows[i].quirk;
        struct drive drive = make(&config);
        assert_true(is_done(ask_data(&drive, IDENTIFY, 0, 0, true, page)));
        assert_int_equal(uw_ata_decode_identify(page, sizeof page, &decoded), rows[i].decodes);
        if (rows[i].decodes) {
            assert_int_equal(decoded.sectors, rows[i].sectors);
            assert_int_equal(decoded.sanitize, rows[i].quirk != MODEL_ATA_IDENTIFY_MADE_UP);
        }
        drop(&drive);
    }
    struct model_ata_config config = able();
    uint8_t page[512];
    config.sat.identify = MODEL_ATA_IDENTIFY_ZERO;
    struct drive drive = make(&config);
    assert_true(is_done(ask_data(&drive, IDENTIFY, 0, 0, true, page)));
    for (size_t i = 0; i < sizeof page; i++)
        assert_int_equal(page[i], 0);
    drop(&drive);
}

/* --- What the layer answers by itself --- */

static struct uw_scsi_command plain(uint8_t code, uint8_t cdb_bytes, bool in, void *data, uint32_t bytes)
{
    return (struct uw_scsi_command){.cdb = {code},
                                    .cdb_bytes = cdb_bytes,
                                    .direction = data == NULL ? UW_SCSI_NO_DATA
                                                 : in         ? UW_SCSI_DATA_IN
                                                              : UW_SCSI_DATA_OUT,
                                    .data = data,
                                    .data_bytes = bytes};
}

static struct answer mode_sense(struct drive *drive, uint8_t *data, bool plain_header)
{
    struct uw_scsi_command scsi = plain(0x5a, 10, true, data, 64);
    scsi.cdb[1] = plain_header ? 8 : 0;
    scsi.cdb[2] = 0x0a, scsi.cdb[8] = 64;
    memset(data, 0, 64);
    return send_scsi(drive, &scsi);
}

static struct answer mode_select(struct drive *drive, uint8_t *data, uint8_t bytes)
{
    struct uw_scsi_command scsi = plain(0x55, 10, false, data, bytes);
    scsi.cdb[1] = 0x10, scsi.cdb[8] = bytes;
    return send_scsi(drive, &scsi);
}

static void switching_d_sense(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct model_ata_config config = able();
        uint8_t data[64];
        config.sat = (struct model_ata_sat){
            .d_sense_refused = i == 1, .d_sense_ignored = i == 2, .no_mode_page = i == 3};
        struct drive drive = make(&config);
        struct answer answer = mode_sense(&drive, data, true);
        assert_int_equal(answer.asc, i == 3 ? 0x20 : 0);
        if (i != 3) {
            assert_int_equal(data[1], 18);
            assert_int_equal(data[8], 0x0a);
            assert_int_equal(data[10] & 4, 0);
        }
        data[10] |= 4;
        data[0] = data[1] = data[3] = 0;
        answer = mode_select(&drive, data, 20);
        assert_int_equal(answer.asc, i == 1 ? 0x26 : i == 3 ? 0x20 : 0);
        assert_int_equal(drive.ata->d_sense, i == 0);
        if (i != 3) {
            mode_sense(&drive, data, false);
            assert_int_equal(data[7], 8);
            assert_int_equal(data[18] & 4, i == 0 ? 4 : 0);
        }
        if (i == 0) { /* any other byte must stay */
            mode_sense(&drive, data, true);
            data[10] ^= 4;
            data[19]++;
            assert_int_equal(mode_select(&drive, data, 20).asc, 0x26);
            assert_true(drive.ata->d_sense);
            assert_non_null(strstr(drive.ata->complaint, "MODE SELECT"));
            drive.ata->complaint[0] = '\0';
            cycle_power(&drive);
            assert_false(drive.ata->d_sense);
        }
        drop(&drive);
    }
}

static void names_and_sizes(void **state)
{
    (void)state;
    struct model_ata_config config = able();
    uint8_t data[600] = {0};
    config.model = "A model", config.serial = "SN-1", config.rotation = 1;
    struct drive drive = make(&config);
    struct uw_scsi_command scsi = plain(0x12, 6, true, data, 96);
    scsi.cdb[4] = 96;
    assert_int_equal(send_scsi(&drive, &scsi).scsi, 0);
    assert_memory_equal(data + 8, "ATA     A model ", 16);
    scsi = plain(0x12, 6, true, data, 600);
    scsi.cdb[1] = 1, scsi.cdb[2] = 0x89, scsi.cdb[3] = 2, scsi.cdb[4] = 0x58;
    assert_int_equal(send_scsi(&drive, &scsi).scsi, 0);
    assert_int_equal(data[60 + 510], 0xa5);
    assert_int_equal(scsi.moved_bytes, 572);
    scsi.cdb[2] = 0x80;
    assert_int_equal(send_scsi(&drive, &scsi).scsi, 0);
    assert_memory_equal(data + 4, "SN-1 ", 5);
    scsi.cdb[2] = 0xc0;
    assert_int_equal(send_scsi(&drive, &scsi).asc, 0x24);
    scsi = plain(0x9e, 16, true, data, 32);
    scsi.cdb[1] = 0x10, scsi.cdb[13] = 32;
    assert_int_equal(send_scsi(&drive, &scsi).scsi, 0);
    assert_int_equal(data[7], SECTORS - 1);
    assert_int_equal(data[10], 2);
    scsi = plain(0x48, 10, true, NULL, 0); /* SANITIZE is not translated */
    assert_int_equal(send_scsi(&drive, &scsi).asc, 0x20);
    drop(&drive);
}

static void asks_how_it_is(void **state)
{
    (void)state;
    for (int standard = 0; standard < 2; standard++) {
        struct model_ata_config config = able();
        uint8_t data[32] = {0};
        struct uw_scsi_sense sense;
        config.sat.standard = standard != 0;
        config.lies[0] = (struct model_ata_lie){.kind = MODEL_ATA_FAILS, .times = 1, .value = 50};
        struct drive drive = make(&config);
        struct uw_scsi_command ready = plain(0x00, 6, true, NULL, 0);
        struct uw_scsi_command request = plain(0x03, 6, true, data, 32);
        request.cdb[4] = 32;
        assert_int_equal(send_scsi(&drive, &ready).scsi, 0);
        sanitize(&drive, BLOCK, 0);
        wait_ms(&drive, 1250);
        assert_int_equal(send_scsi(&drive, &ready).ascq, standard ? 0x1b : 0);
        for (uint8_t descriptor = 0; descriptor < 2; descriptor++) {
            request.cdb[1] = descriptor;
            assert_int_equal(send_scsi(&drive, &request).scsi, 0);
            assert_true(uw_scsi_decode_sense(data, request.moved_bytes, &sense));
            assert_int_equal(sense.key, standard ? 2 : 0);
            assert_int_equal(sense.has_progress, standard);
            assert_int_equal(sense.progress, standard ? 16384 : 0);
        }
        wait_ms(&drive, 1250);
        assert_int_equal(send_scsi(&drive, &ready).asc, standard ? 0x31 : 0);
        sanitize(&drive, BLOCK, 0);
        wait_ms(&drive, 5000);
        assert_int_equal(send_scsi(&drive, &ready).scsi, 0);
        drop(&drive);
    }
}

static void its_own_answers_fail_too(void **state)
{
    (void)state;
    struct model_ata_config config = able();
    uint8_t data[64];
    config.lies[0] = (struct model_ata_lie){.kind = MODEL_ATA_ABORTS, .on = MODEL_ATA_SCSI, .times = 1};
    config.lies[1] = (struct model_ata_lie){.kind = MODEL_ATA_HANGS, .on = MODEL_ATA_SCSI, .times = 1};
    struct drive drive = make(&config);
    assert_int_equal(mode_sense(&drive, data, true).host_errno, -ETIMEDOUT);
    cycle_power(&drive);
    assert_int_equal(mode_sense(&drive, data, true).key, 0xb);
    assert_int_equal(mode_sense(&drive, data, true).scsi, 0);
    drop(&drive);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(descriptor_sense),
        cmocka_unit_test(fixed_sense),
        cmocka_unit_test(registers_of_data_commands),
        cmocka_unit_test(short_forms),
        cmocka_unit_test(misfits),
        cmocka_unit_test(quirks),
        cmocka_unit_test(response_information),
        cmocka_unit_test(made_up_identify),
        cmocka_unit_test(switching_d_sense),
        cmocka_unit_test(names_and_sizes),
        cmocka_unit_test(asks_how_it_is),
        cmocka_unit_test(its_own_answers_fail_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
