/* SPDX-License-Identifier: Apache-2.0 */
/* NVMe models behind the transport's table, as the engine meets them. */
#include "nvme_commands.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>

#include "model/model_machine.h"

enum { DRIVES = 3, DOOR_PATIENCE_MS = KERNEL_MS + 1000 };

struct setup {
    struct model_nvme *nvme;
    struct model_machine machine;
    struct model_facts facts[DRIVES];
};

/* Two namespaces of one controller, and a plain block device. */
static void open_machine(struct setup *setup, const struct model_nvme_config *config)
{
    static const char *const names[DRIVES] = {"nvme0n1", "nvme0n2", "sda"};
    struct model_nvme_config two = *config;
    *setup = (struct setup){0};
    two.media[1].present = true;
    two.media[2].present = two.media[2].detached = true;
    setup->nvme = model_nvme_new(&two);
    assert_non_null(setup->nvme);
    assert_true(model_machine_init(&setup->machine, DRIVES));
    for (size_t i = 0; i < DRIVES; i++)
        setup->facts[i].name = names[i];
    assert_true(model_machine_put_nvme(&setup->machine, 0, &setup->facts[0], setup->nvme, 1, 1));
    assert_true(model_machine_put_nvme(&setup->machine, 1, &setup->facts[1], setup->nvme, 2, 1));
    assert_false(
        model_machine_put_nvme(&setup->machine, 2, &setup->facts[2], setup->nvme, 3, 1)); /* detached */
    assert_false(model_machine_put_nvme(&setup->machine, 2, &setup->facts[2], setup->nvme, 4, 1));
    assert_true(model_machine_put(&setup->machine, 2, &setup->facts[2], &(struct model_config){0}, 1));
}

static void close_machine(struct setup *setup)
{
    for (size_t i = 0; i < DRIVES; i++)
        assert_string_equal(setup->machine.drives[i].complaint, "");
    model_machine_clear(&setup->machine);
    model_nvme_free(setup->nvme);
}

static struct uw_transport *open_drive(struct setup *setup, const char *device)
{
    const struct uw_machine *machine = &setup->machine.machine;
    struct uw_drive drive;
    struct uw_error e = {0};
    struct uw_transport *t = NULL;
    if (!machine->device(machine->user, device, &drive, &e) ||
        !machine->open(machine->user, &drive, true, &t, &e))
        fail_msg("%s", e.text);
    uw_drive_clear(&drive);
    return t;
}

static uint64_t now_ms(const struct setup *setup)
{
    return setup->machine.machine.now_ms(setup->machine.machine.user);
}

static int send(struct uw_transport *t, uint8_t opcode, uint32_t nsid, uint32_t cdw10, void *data,
                uint32_t bytes)
{
    struct uw_nvme_command command = {.opcode = opcode,
                                      .nsid = nsid,
                                      .cdw10 = cdw10,
                                      .data = data,
                                      .data_bytes = bytes,
                                      .timeout_ms = KERNEL_MS};
    bool stalled;
    struct uw_error e = {0};
    if (t->ops->nvme(t, &command, DOOR_PATIENCE_MS, &stalled, &e))
        return command.status;
    assert_true(stalled);
    assert_true(e.text[0] != '\0');
    return -ETIMEDOUT;
}

static unsigned log_state(struct uw_transport *t)
{
    uint8_t log[512] = {0};
    assert_int_equal(send(t, GET_LOG, EVERY_NSID, 0x81 | 127U << 16, log, sizeof log), 0);
    return log[2] & 7U;
}

/* One transfer of a block; its result. */
static int64_t transfer(struct uw_transport *t, uint8_t *arena, enum uw_direction direction, uint8_t value)
{
    struct uw_transfer transfer = {.direction = direction, .length = 512, .offset = 4096};
    memset(arena, value, 512);
    assert_true(t->ops->submit(t, &transfer, NULL));
    assert_ptr_equal(t->ops->reap(t, -1, NULL), &transfer);
    return transfer.result;
}

static void the_probe_sees_its_pages(void **state)
{
    (void)state;
    struct setup setup;
    struct model_nvme_config config = able();
    struct uw_drives drives;
    struct uw_error e = {0};
    config.serial = "SN-7", config.model = "A Model", config.firmware = "F1";
    config.former.state = FAILED, config.former.cdw10 = CRYPTO;
    open_machine(&setup, &config);
    assert_true(setup.machine.machine.all(setup.machine.machine.user, &drives, &e));
    assert_int_equal(drives.count, DRIVES);
    for (size_t i = 0; i < 2; i++) {
        const struct uw_drive *drive = &drives.items[i];
        const struct uw_nvme *nvme = &drive->nvme;
        char id[64];
        assert_true(nvme->known && nvme->active.known && nvme->allocated.known && nvme->health.known);
        assert_string_equal(nvme->node, "nvme0");
        assert_string_equal(drive->serial, "SN-7");
        assert_string_equal(drive->model, "A Model");
        assert_string_equal(drive->firmware, "F1");
        assert_int_equal(strncmp(drive->wwn, "eui.024d4f44454c000", 19), 0);
        assert_int_equal(nvme->ns.nsid, i + 1);
        assert_int_equal(nvme->ns.blocks * nvme->ns.block_bytes, drive->bytes);
        assert_int_equal(nvme->active.count, 2);
        assert_int_equal(nvme->allocated.count, 3);
        assert_int_equal(nvme->sanitize.state, UW_NVME_SANITIZE_FAILED);
        assert_int_equal(nvme->sanitize.cdw10, CRYPTO);
        assert_null(uw_drive_unknown_reason(drive, "wwn"));
        /* The serial is of both. */
        snprintf(id, sizeof id, "%s:%d", drive->name, SMALL);
        assert_string_equal(drive->id, id);
    }
    assert_string_not_equal(drives.items[0].wwn, drives.items[1].wwn);
    assert_false(drives.items[2].nvme.known);
    for (size_t i = 0; i < drives.count; i++)
        uw_drive_clear(&drives.items[i]);
    free(drives.items);
    close_machine(&setup);
}

static void a_plain_device_takes_no_commands(void **state)
{
    (void)state;
    struct setup setup;
    struct model_nvme_config config = able();
    open_machine(&setup, &config);
    struct uw_transport *t = open_drive(&setup, "/model/sda");
    assert_null(t->ops->nvme);
    assert_null(t->ops->rescan);
    t->ops->close(t);
    close_machine(&setup);
}

static void time_passes_with_commands(void **state)
{
    (void)state;
    struct setup setup;
    struct model_nvme_config config = able();
    uint8_t *arena;
    open_machine(&setup, &config);
    struct uw_transport *t = open_drive(&setup, "/model/nvme0n1");
    assert_true(t->ops->begin(t, 2, 4096, &arena, NULL));
    uint64_t before_ms = now_ms(&setup);
    assert_int_equal(send(t, FORMAT, 1, USER, NULL, 0), 0);
    assert_in_range(now_ms(&setup) - before_ms, 20000, 20010);
    assert_int_equal(transfer(t, arena, UW_WRITE, 0x31), 512);
    assert_int_equal(send(t, SANITIZE, 0, BLOCK, NULL, 0), 0);
    assert_int_equal(transfer(t, arena, UW_READ, 0), -EIO);
    assert_int_equal(log_state(t), RUNNING);
    model_machine_wait(NULL, 4900);
    assert_int_equal(log_state(t), RUNNING);
    model_machine_wait(NULL, 100);
    assert_int_equal(log_state(t), SUCCESS);
    assert_int_equal(transfer(t, arena, UW_READ, 0x55), 512);
    assert_int_equal(arena[0], 0);
    assert_int_equal(model_nvme_truth(setup.nvme, 2).erased, 64);
    t->ops->close(t);
    close_machine(&setup);
}

static void it_becomes_another(void **state)
{
    (void)state;
    struct setup setup;
    struct model_nvme_config config = able();
    struct uw_identity identity = {0};
    struct uw_drive drive = {0};
    bool stalled;
    config.lies[0].kind = MODEL_NVME_OTHER_SERIAL;
    config.lies[1].kind = MODEL_NVME_OTHER_SIZE;
    open_machine(&setup, &config);
    struct uw_transport *t = open_drive(&setup, "/model/nvme0n1");
    const struct uw_machine *machine = &setup.machine.machine;
    assert_true(machine->device(machine->user, "/model/nvme0n1", &drive, NULL));
    assert_true(t->ops->identify(t, &identity, NULL));
    machine->identity(machine->user, &drive, &identity);
    struct uw_identity as_found = uw_drive_identity(&drive);
    assert_null(uw_identity_difference(&as_found, &identity));
    assert_int_equal(send(t, FORMAT, 1, USER, NULL, 0), 0);
    assert_true(t->ops->identify(t, &identity, NULL));
    assert_int_equal(identity.bytes, SMALL);
    assert_true(t->ops->rescan(t, 1000, &stalled, NULL));
    assert_true(t->ops->identify(t, &identity, NULL));
    assert_int_equal(identity.bytes, SMALL + 512);
    machine->identity(machine->user, &drive, &identity);
    assert_string_equal(identity.serial, "ANOTHER");
    t->ops->close(t);
    uw_drive_clear(&drive);
    close_machine(&setup);
}

static void it_stalls(void **state)
{
    (void)state;
    struct setup setup;
    struct model_nvme_config config = able();
    config.lies[0] = (struct model_nvme_lie){.kind = MODEL_NVME_HANGS, .on = MODEL_NVME_BLOCK};
    open_machine(&setup, &config);
    struct uw_transport *t = open_drive(&setup, "/model/nvme0n1");
    uint64_t before_ms = now_ms(&setup);
    assert_int_equal(send(t, SANITIZE, 0, BLOCK, NULL, 0), -ETIMEDOUT);
    assert_in_range(now_ms(&setup) - before_ms, DOOR_PATIENCE_MS, DOOR_PATIENCE_MS + 10);
    t->abandoned = true;
    t->ops->close(t);
    close_machine(&setup);
}

static void broken_rules_are_seen(void **state)
{
    (void)state;
    struct setup setup;
    struct model_nvme_config config = able();
    struct uw_nvme_command command = {.opcode = FORMAT, .nsid = 1, .timeout_ms = KERNEL_MS};
    bool stalled;
    open_machine(&setup, &config);
    struct uw_transport *t = open_drive(&setup, "/model/nvme0n1");
    struct uw_transport *other = open_drive(&setup, "/model/nvme0n2");
    assert_true(t->ops->nvme(t, &command, KERNEL_MS, &stalled, NULL));
    assert_non_null(strstr(setup.machine.drives[0].complaint, "less patience"));
    other->ops->close(other); /* the controller's own complaint */
    assert_non_null(strstr(setup.machine.drives[1].complaint, "erases nothing"));
    t->abandoned = true;
    setup.machine.drives[0].complaint[0] = '\0';
    assert_false(t->ops->nvme(t, &command, -1, &stalled, NULL));
    assert_non_null(strstr(setup.machine.drives[0].complaint, "abandoned"));
    t->ops->close(t);
    setup.machine.drives[0].complaint[0] = setup.machine.drives[1].complaint[0] = '\0';
    close_machine(&setup);
}

/* After a power cut a new run finds the same drive, where it was. */
static void power_comes_back(void **state)
{
    (void)state;
    struct setup setup;
    struct model_nvme_config config = able();
    struct uw_drive drive = {0};
    struct uw_drives drives;
    struct uw_error e = {0};
    struct uw_transport *again = NULL;
    uint8_t *arena;
    open_machine(&setup, &config);
    const struct uw_machine *machine = &setup.machine.machine;
    struct uw_transport *t = open_drive(&setup, "/model/nvme0n1");
    assert_true(t->ops->begin(t, 2, 4096, &arena, NULL));
    assert_true(machine->device(machine->user, "/model/nvme0n2", &drive, NULL));
    assert_int_equal(send(t, SANITIZE, 0, BLOCK, NULL, 0), 0);
    model_machine_wait(NULL, 2000);
    assert_int_equal(log_state(t), RUNNING);
    model_nvme_cut_power(setup.nvme);
    assert_int_equal(send(t, SANITIZE, 0, BLOCK, NULL, 0), -ENODEV);
    assert_int_equal(transfer(t, arena, UW_READ, 0), -ENODEV);
    assert_false(machine->open(machine->user, &drive, true, &again, &e));
    uw_drive_clear(&drive);
    assert_false(machine->device(machine->user, "/model/nvme0n2", &drive, &e));
    assert_true(machine->all(machine->user, &drives, &e));
    assert_int_equal(drives.count, 1);
    uw_drive_clear(&drives.items[0]);
    free(drives.items);
    t->ops->close(t);
    model_machine_wait(NULL, 100000);
    model_nvme_power_on(setup.nvme);
    t = open_drive(&setup, "/model/nvme0n2");
    assert_int_equal(log_state(t), RUNNING);
    model_machine_wait(NULL, 3000);
    assert_int_equal(log_state(t), SUCCESS);
    t->ops->close(t);
    close_machine(&setup);
}

/* What one run did to the drive is not put down to the next. */
static void another_run_counts_anew(void **state)
{
    (void)state;
    struct setup setup;
    struct model_machine second;
    struct model_nvme_config config = able();
    struct model_facts facts = {.name = "nvme0n1"};
    uint8_t *arena;
    open_machine(&setup, &config);
    struct uw_transport *t = open_drive(&setup, "/model/nvme0n1");
    assert_true(t->ops->begin(t, 1, 4096, &arena, NULL));
    assert_int_equal(transfer(t, arena, UW_WRITE, 0x31), 512);
    assert_int_equal(send(t, FORMAT, 1, USER, NULL, 0), 0);
    t->ops->close(t);
    assert_int_equal(setup.machine.drives[0].block->bytes_written, 512);
    assert_int_equal(setup.machine.drives[0].old_before, 64);
    assert_true(model_machine_init(&second, 1));
    assert_true(model_machine_put_nvme(&second, 0, &facts, setup.nvme, 1, 1));
    assert_int_equal(second.drives[0].block->bytes_written, 0);
    assert_int_equal(second.drives[0].block->transfers, 0);
    assert_int_equal(second.drives[0].seen_before, 1);
    assert_int_equal(second.drives[0].old_before, 0);
    model_machine_clear(&second);
    close_machine(&setup);
}

struct user {
    struct uw_transport *t;
    unsigned ended, moved, refused;
};

/* Reads and waits until the log says success. */
static void *use(void *data)
{
    struct user *user = data;
    uint8_t *arena, log[512];
    bool stalled;
    user->t->ops->begin(user->t, 1, 4096, &arena, NULL);
    for (int i = 0; i < 3000 && user->ended == 0; i++) {
        struct uw_transfer transfer = {.direction = UW_READ, .length = 512};
        struct uw_nvme_command command = {.opcode = GET_LOG,
                                          .nsid = EVERY_NSID,
                                          .cdw10 = 0x81 | 127U << 16,
                                          .data = log,
                                          .data_bytes = sizeof log,
                                          .timeout_ms = KERNEL_MS};
        user->t->ops->submit(user->t, &transfer, NULL);
        user->t->ops->reap(user->t, -1, NULL);
        user->moved += transfer.result == 512;
        user->refused += transfer.result == -EIO;
        user->t->ops->nvme(user->t, &command, DOOR_PATIENCE_MS, &stalled, NULL);
        user->ended += command.status == 0 && (log[2] & 7) == SUCCESS;
        model_machine_wait(NULL, 10);
    }
    return NULL;
}

static void two_threads_use_two_namespaces(void **state)
{
    (void)state;
    struct setup setup;
    struct model_nvme_config config = able();
    struct user users[2] = {0};
    pthread_t threads[2];
    open_machine(&setup, &config);
    users[0].t = open_drive(&setup, "/model/nvme0n1");
    users[1].t = open_drive(&setup, "/model/nvme0n2");
    assert_int_equal(send(users[0].t, SANITIZE, 0, BLOCK, NULL, 0), 0);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, use, &users[i]), 0);
    for (size_t i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(users[i].ended, 1);
        users[i].t->ops->close(users[i].t);
    }
    assert_true(users[0].refused + users[1].refused > 0);
    /* Waiting twice at a time is no longer than waiting once. */
    assert_true(model_nvme_now(setup.nvme) < 20000);
    close_machine(&setup);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_probe_sees_its_pages),
        cmocka_unit_test(a_plain_device_takes_no_commands),
        cmocka_unit_test(time_passes_with_commands),
        cmocka_unit_test(it_becomes_another),
        cmocka_unit_test(it_stalls),
        cmocka_unit_test(broken_rules_are_seen),
        cmocka_unit_test(power_comes_back),
        cmocka_unit_test(another_run_counts_anew),
        cmocka_unit_test(two_threads_use_two_namespaces),
    };
    return cmocka_run_group_tests_name("model_nvme_door", tests, NULL, NULL);
}
