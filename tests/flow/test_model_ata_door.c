/* SPDX-License-Identifier: Apache-2.0 */
/* ATA models behind the transport's table, as the engine and the probe meet them. */
#include "ata_commands.h"

#include <pthread.h>

#include "model/model_machine.h"
#include "transport/sat.h"

enum { DOOR_PATIENCE_MS = KERNEL_MS + 1000 };

struct setup {
    struct model_ata *ata;
    struct model_machine machine;
    struct model_facts facts;
};

static void open_machine(struct setup *setup, const struct model_ata_config *config)
{
    *setup = (struct setup){.facts.name = "sda"};
    setup->ata = model_ata_new(config);
    assert_non_null(setup->ata);
    assert_true(model_machine_init(&setup->machine, 1));
    assert_true(model_machine_put_ata(&setup->machine, 0, &setup->facts, setup->ata, 1));
}

static void close_machine(struct setup *setup)
{
    assert_string_equal(setup->machine.drives[0].complaint, "");
    assert_string_equal(setup->ata->complaint, "");
    model_machine_clear(&setup->machine);
    model_ata_free(setup->ata);
}

static struct uw_drive probe(struct setup *setup)
{
    const struct uw_machine *machine = &setup->machine.machine;
    struct uw_drive drive;
    struct uw_error e = {0};
    if (!machine->device(machine->user, "/model/sda", &drive, &e))
        fail_msg("%s", e.text);
    return drive;
}

static struct uw_transport *open_drive(struct setup *setup)
{
    const struct uw_machine *machine = &setup->machine.machine;
    struct uw_drive drive = probe(setup);
    struct uw_error e = {0};
    struct uw_transport *t = NULL;
    if (!machine->open(machine->user, &drive, true, &t, &e))
        fail_msg("%s", e.text);
    uw_drive_clear(&drive);
    return t;
}

static uint64_t now_ms(const struct setup *setup)
{
    return setup->machine.machine.now_ms(setup->machine.machine.user);
}

static struct answer send_to(struct uw_transport *t, uint8_t command, uint16_t features, uint64_t lba)
{
    struct uw_scsi_command scsi = wrap(command, features, 0, lba);
    bool stalled;
    struct uw_error e = {0};
    scsi.timeout_ms = KERNEL_MS;
    if (t->ops->scsi(t, &scsi, DOOR_PATIENCE_MS, &stalled, &e))
        return take_apart(&scsi);
    assert_true(stalled);
    assert_true(e.text[0] != '\0');
    return (struct answer){.host_errno = -ETIMEDOUT};
}

static int64_t transfer(struct uw_transport *t, uint8_t *arena, enum uw_direction direction, uint8_t value)
{
    struct uw_transfer transfer = {.direction = direction, .length = 512, .offset = 4096};
    memset(arena, value, 512);
    assert_true(t->ops->submit(t, &transfer, NULL));
    assert_ptr_equal(t->ops->reap(t, -1, NULL), &transfer);
    return transfer.result;
}

static void the_probe_sees_it_all(void **state)
{
    (void)state;
    struct setup setup;
    struct model_ata_config config = able();
    config.serial = "SN-7", config.model = "A Model", config.firmware = "F1", config.rotation = 5400;
    config.wwn = 0x5000c500a1b2c3d4, config.definitive = true, config.former.failed = true;
    config.hpa = config.dco = true, config.hpa_sectors = 8, config.dco_sectors = 4;
    config.sat = (struct model_ata_sat){0};
    open_machine(&setup, &config);
    struct uw_drive drive = probe(&setup);
    const struct uw_ata *ata = &drive.ata;
    assert_int_equal(drive.bus, UW_BUS_ATA);
    assert_int_equal(drive.media, UW_MEDIA_HDD);
    assert_string_equal(drive.serial, "SN-7");
    assert_string_equal(drive.model, "A Model");
    assert_string_equal(drive.firmware, "F1");
    assert_string_equal(drive.wwn, "naa.5000c500a1b2c3d4");
    assert_null(uw_drive_unknown_reason(&drive, "serial"));
    assert_int_equal(drive.bytes, (SECTORS - 12) * 512);
    assert_true(ata->known && ata->log.known && ata->log.definitive_ending_pattern);
    assert_int_equal(ata->path, UW_ATA_PATH_WHOLE);
    assert_int_equal(ata->identify.sectors, SECTORS - 12);
    assert_int_equal(ata->sanitize.state, UW_ATA_SANITIZE_FAILED);
    assert_int_equal(ata->identify.erase_minutes, 20);
    /* A failed sanitize lets nobody look further. */
    assert_int_equal(ata->hpa, UW_HIDDEN_UNKNOWN);
    assert_int_equal(ata->dco, UW_HIDDEN_UNKNOWN);
    uw_drive_clear(&drive);
    assert_false(setup.ata->d_sense); /* as it was */
    close_machine(&setup);
}

static void the_probe_finds_what_is_hidden(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits < 8; bits++) {
        struct setup setup;
        struct model_ata_config config = able();
        bool hpa = (bits & 1) != 0, dco = (bits & 2) != 0, amax = (bits & 4) != 0;
        config.hpa = !amax, config.amax = amax, config.dco = true;
        config.hpa_sectors = hpa && !amax ? 8 : 0, config.amax_sectors = hpa && amax ? 8 : 0;
        config.dco_sectors = dco ? 4 : 0;
        open_machine(&setup, &config);
        struct uw_drive drive = probe(&setup);
        assert_int_equal(drive.ata.hpa, hpa && !amax ? UW_HIDDEN_PRESENT : UW_HIDDEN_NONE);
        assert_int_equal(drive.ata.amax, hpa && amax ? UW_HIDDEN_PRESENT : UW_HIDDEN_NONE);
        assert_int_equal(drive.ata.dco, dco ? UW_HIDDEN_PRESENT : UW_HIDDEN_NONE);
        assert_int_equal(drive.ata.native_sectors, SECTORS - (dco ? 4 : 0));
        assert_int_equal(drive.ata.dco_sectors, SECTORS);
        uw_drive_clear(&drive);
        close_machine(&setup);
    }
}

/* The product's own layer over every path that the model has. */
static void paths(void **state)
{
    (void)state;
    static const struct {
        struct model_ata_sat sat;
        enum uw_ata_path path;
        bool known;
    } rows[] = {
        {{0}, UW_ATA_PATH_WHOLE, true},
        {{.d_sense = true}, UW_ATA_PATH_WHOLE, true},
        {{.standard = true}, UW_ATA_PATH_WHOLE, true},
        {{.d_sense_refused = true}, UW_ATA_PATH_DATA_ONLY, true},
        {{.d_sense_ignored = true, .standard = true}, UW_ATA_PATH_DATA_ONLY, true},
        {{.no_mode_page = true}, UW_ATA_PATH_DATA_ONLY, true},
        {{.no_registers = true}, UW_ATA_PATH_DATA_ONLY, true},
        {{.zero_registers = true}, UW_ATA_PATH_DATA_ONLY, true},
        {{.zeroes_count = true}, UW_ATA_PATH_COUNT_ZEROED, true},
        {{.no_registers = true, .response = true}, UW_ATA_PATH_WHOLE, true},
        {{.no_registers = true, .response = true, .response_needs_direction = true}, UW_ATA_PATH_WHOLE, true},
        {{.identify = MODEL_ATA_IDENTIFY_BAD_CHECKSUM}, UW_ATA_PATH_WHOLE, false},
        {{.identify = MODEL_ATA_IDENTIFY_OTHER_SIZE}, UW_ATA_PATH_WHOLE, false},
        {{.identify = MODEL_ATA_IDENTIFY_MADE_UP}, UW_ATA_PATH_WHOLE, false},
        {{.identify = MODEL_ATA_IDENTIFY_ZERO}, UW_ATA_PATH_WHOLE, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct setup setup;
        struct model_ata_config config = able();
        config.sat = rows[i].sat;
        open_machine(&setup, &config);
        struct uw_drive drive = probe(&setup);
        if (drive.ata.path != rows[i].path || drive.ata.known != rows[i].known)
            fail_msg("row %zu: path %d, known %d", i, drive.ata.path, drive.ata.known);
        assert_int_equal(setup.ata->d_sense, rows[i].sat.d_sense);
        assert_int_equal(truth(&(struct drive){.ata = setup.ata}).old, SECTORS);
        uw_drive_clear(&drive);
        close_machine(&setup);
    }
    struct setup setup;
    struct model_ata_config config = able();
    config.sat = (struct model_ata_sat){.no_pass_through = true};
    open_machine(&setup, &config);
    struct uw_drive drive = probe(&setup);
    assert_false(drive.ata.known);
    assert_true(drive.ata.path <= UW_ATA_PATH_DATA_ONLY);
    uw_drive_clear(&drive);
    close_machine(&setup);
}

static void time_passes_with_commands(void **state)
{
    (void)state;
    struct setup setup;
    struct model_ata_config config = able();
    uint8_t *arena;
    open_machine(&setup, &config);
    struct uw_transport *t = open_drive(&setup);
    assert_null(t->ops->nvme);
    assert_null(t->ops->rescan);
    assert_int_equal(t->bytes, SMALL);
    assert_true(t->ops->begin(t, 2, 4096, &arena, NULL));
    assert_int_equal(transfer(t, arena, UW_WRITE, 0x31), 512);
    assert_true(is_done(send_to(t, SANITIZE, BLOCK, signature_of(BLOCK))));
    assert_int_equal(transfer(t, arena, UW_READ, 0), -EIO);
    assert_int_equal(send_to(t, SANITIZE, STATUS, 0).count, RUNNING);
    model_machine_wait(NULL, 4900);
    assert_int_equal(send_to(t, SANITIZE, STATUS, 0).count, RUNNING);
    model_machine_wait(NULL, 100);
    assert_int_equal(send_to(t, SANITIZE, STATUS, 0).count, DONE);
    assert_int_equal(transfer(t, arena, UW_READ, 0x55), 512);
    assert_int_equal(arena[0], 0);
    t->ops->close(t);
    close_machine(&setup);
}

/* A whole erase by password through the product's commands: prepared, sent, waited for. */
static void the_products_own_commands(void **state)
{
    (void)state;
    struct setup setup;
    struct model_ata_config config = able();
    config.sat = (struct model_ata_sat){0};
    static const uint8_t password[UW_ATA_PASSWORD_BYTES] = "ours";
    uint8_t block[UW_ATA_BLOCK_BYTES];
    struct uw_sat sat;
    bool stalled;
    struct uw_error e = {0};
    open_machine(&setup, &config);
    struct uw_transport *t = open_drive(&setup);
    assert_true(uw_sat_open(&sat, t, 120000, &stalled, &e));
    struct uw_ata_command set = uw_ata_set_password(password, block), prepare = uw_ata_erase_prepare();
    assert_true(uw_sat_ask(&sat, &set, 120000, &stalled, &e));
    assert_int_equal(set.outcome, UW_ATA_DONE);
    assert_true(setup.ata->enabled);
    assert_true(uw_sat_ask(&sat, &prepare, 120000, &stalled, &e));
    assert_int_equal(prepare.outcome, UW_ATA_DONE);
    struct uw_ata_command unit =
        uw_ata_erase_unit(UW_ATA_USER, password, false, uw_ata_erase_timeout_ms(20), block);
    uint64_t before_ms = now_ms(&setup);
    assert_true(uw_sat_ask(&sat, &unit, INT32_MAX, &stalled, &e));
    assert_int_equal(unit.outcome, UW_ATA_DONE);
    assert_in_range(now_ms(&setup) - before_ms, 20000, 20010);
    uw_sat_close(&sat, 120000);
    assert_int_equal(truth(&(struct drive){.ata = setup.ata}).erased, SECTORS);
    assert_false(setup.ata->enabled || setup.ata->d_sense);
    t->ops->close(t);
    close_machine(&setup);
}

static void it_becomes_another(void **state)
{
    (void)state;
    struct setup setup;
    struct model_ata_config config = able();
    struct uw_identity identity = {0};
    config.lies[0].kind = MODEL_ATA_OTHER_SERIAL;
    config.lies[1].kind = MODEL_ATA_OTHER_WWN;
    open_machine(&setup, &config);
    struct uw_transport *t = open_drive(&setup);
    const struct uw_machine *machine = &setup.machine.machine;
    struct uw_drive drive = probe(&setup);
    assert_true(t->ops->identify(t, &identity, NULL));
    machine->identity(machine->user, &drive, &identity);
    struct uw_identity as_found = uw_drive_identity(&drive);
    assert_null(uw_identity_difference(&as_found, &identity));
    assert_true(is_done(send_to(t, SANITIZE, CRYPTO, signature_of(CRYPTO))));
    model_machine_wait(NULL, 1000);
    assert_int_equal(send_to(t, SANITIZE, STATUS, 0).count, DONE);
    assert_true(t->ops->identify(t, &identity, NULL));
    machine->identity(machine->user, &drive, &identity);
    assert_string_equal(identity.serial, "ANOTHER");
    assert_string_not_equal(identity.wwn, drive.wwn);
    uw_drive_clear(&drive);
    t->ops->close(t);
    close_machine(&setup);
}

static void it_stalls(void **state)
{
    (void)state;
    struct setup setup;
    struct model_ata_config config = able();
    config.lies[0] = (struct model_ata_lie){.kind = MODEL_ATA_HANGS, .on = MODEL_ATA_BLOCK};
    open_machine(&setup, &config);
    struct uw_transport *t = open_drive(&setup);
    uint64_t before_ms = now_ms(&setup);
    assert_int_equal(send_to(t, SANITIZE, BLOCK, signature_of(BLOCK)).host_errno, -ETIMEDOUT);
    assert_in_range(now_ms(&setup) - before_ms, DOOR_PATIENCE_MS, DOOR_PATIENCE_MS + 10);
    t->abandoned = true;
    t->ops->close(t);
    close_machine(&setup);
    /* A probe that gets no answer ends all the same. */
    config.lies[0].on = MODEL_ATA_IDENTIFY;
    open_machine(&setup, &config);
    struct uw_drive drive = probe(&setup);
    assert_false(drive.ata.known);
    assert_int_equal(drive.bytes, SMALL);
    uw_drive_clear(&drive);
    close_machine(&setup);
}

static void broken_rules_are_seen(void **state)
{
    (void)state;
    struct setup setup;
    struct model_ata_config config = able();
    struct uw_scsi_command scsi = wrap(CHECK_POWER, 0, 0, 0);
    bool stalled;
    open_machine(&setup, &config);
    struct uw_transport *t = open_drive(&setup);
    char *complaint = setup.machine.drives[0].complaint;
    scsi.timeout_ms = KERNEL_MS;
    assert_true(t->ops->scsi(t, &scsi, KERNEL_MS, &stalled, NULL));
    assert_non_null(strstr(complaint, "less patience"));
    complaint[0] = '\0';
    scsi.timeout_ms = 0;
    assert_true(t->ops->scsi(t, &scsi, DOOR_PATIENCE_MS, &stalled, NULL));
    t->abandoned = true;
    assert_false(t->ops->scsi(t, &scsi, -1, &stalled, NULL));
    assert_non_null(strstr(complaint, "abandoned"));
    complaint[0] = '\0';
    t->ops->close(t); /* hands the drive's own on */
    assert_non_null(strstr(complaint, "without a time-out"));
    complaint[0] = setup.ata->complaint[0] = '\0';
    close_machine(&setup);
}

/* After a power cut a new run finds the same drive, where it was. */
static void power_comes_back(void **state)
{
    (void)state;
    struct setup setup;
    struct model_ata_config config = able();
    struct uw_drives drives;
    struct uw_drive drive;
    struct uw_error e = {0};
    uint8_t *arena;
    open_machine(&setup, &config);
    const struct uw_machine *machine = &setup.machine.machine;
    struct uw_transport *t = open_drive(&setup);
    assert_true(t->ops->begin(t, 2, 4096, &arena, NULL));
    assert_true(is_done(send_to(t, SANITIZE, BLOCK, signature_of(BLOCK))));
    model_machine_wait(NULL, 2000);
    assert_int_equal(send_to(t, SANITIZE, STATUS, 0).count, RUNNING);
    model_ata_cut_power(setup.ata);
    assert_int_equal(send_to(t, SANITIZE, STATUS, 0).host_errno, -ENODEV);
    assert_int_equal(transfer(t, arena, UW_READ, 0), -ENODEV);
    assert_false(machine->device(machine->user, "/model/sda", &drive, &e));
    assert_true(machine->all(machine->user, &drives, &e));
    assert_int_equal(drives.count, 0);
    free(drives.items);
    t->ops->close(t);
    model_machine_wait(NULL, 100000);
    model_ata_power_on(setup.ata);
    drive = probe(&setup);
    assert_int_equal(drive.ata.sanitize.state, UW_ATA_SANITIZE_RUNNING);
    uw_drive_clear(&drive);
    t = open_drive(&setup);
    assert_int_equal(send_to(t, SANITIZE, STATUS, 0).count, RUNNING);
    model_machine_wait(NULL, 3000);
    assert_int_equal(send_to(t, SANITIZE, STATUS, 0).count, DONE);
    t->ops->close(t);
    close_machine(&setup);
}

/* Two drives of one serial: it does not tell them apart. */
static void twins(void **state)
{
    (void)state;
    for (int same = 0; same < 2; same++) {
        static const struct model_facts facts[2] = {{.name = "sda"}, {.name = "sdb"}};
        struct model_machine machine;
        struct model_ata *twin[2];
        struct uw_drive drive;
        struct model_ata_config config = able();
        assert_true(model_machine_init(&machine, 2));
        for (size_t i = 0; i < 2; i++) {
            config.serial = i == 0 || same ? "SN-1" : "SN-2";
            twin[i] = model_ata_new(&config);
            assert_non_null(twin[i]);
            assert_true(model_machine_put_ata(&machine, i, &facts[i], twin[i], 0));
        }
        assert_true(machine.machine.device(machine.machine.user, "/model/sdb", &drive, NULL));
        assert_int_equal(strncmp(drive.id, "sdb", 3) == 0, same);
        uw_drive_clear(&drive);
        model_machine_clear(&machine);
        for (size_t i = 0; i < 2; i++)
            model_ata_free(twin[i]);
    }
}

/* Asks for the state while another thread reads. */
static void *read_on(void *data)
{
    struct model_ata *ata = data;
    uint8_t sector[512];
    for (uint64_t i = 0; i < 2000; i++)
        model_ata_move(ata, i, false, i % SECTORS * 512, 512, sector);
    return NULL;
}

static void two_threads(void **state)
{
    (void)state;
    struct model_ata_config config = able();
    struct drive drive = make(&config);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, read_on, drive.ata), 0);
    assert_true(is_done(sanitize(&drive, CRYPTO, 0)));
    for (int i = 0; i < 200; i++) {
        wait_ms(&drive, 10);
        sanitize(&drive, STATUS, 0);
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(sanitize(&drive, STATUS, 0).count, DONE);
    assert_int_equal(truth(&drive).erased, SECTORS);
    drop(&drive);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_probe_sees_it_all),
        cmocka_unit_test(the_probe_finds_what_is_hidden),
        cmocka_unit_test(paths),
        cmocka_unit_test(time_passes_with_commands),
        cmocka_unit_test(the_products_own_commands),
        cmocka_unit_test(it_becomes_another),
        cmocka_unit_test(it_stalls),
        cmocka_unit_test(broken_rules_are_seen),
        cmocka_unit_test(power_comes_back),
        cmocka_unit_test(twins),
        cmocka_unit_test(two_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
