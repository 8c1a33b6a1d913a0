/* SPDX-License-Identifier: Apache-2.0 */
/* Drives that erase themselves beside each other: all together take as long as the slowest alone, and of the
 * namespaces of one NVMe drive one at a time is formatted. */
#include "flow.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { DRIVES = 3, HOLD_S = 20, LINGER_MS = 200, BYTES = 64 * 1024, MINUTE_MS = 60000 };
/* What is not the erase: markers, questions, and the pause before the last one. */
enum { BESIDE_MS = 10000 };

static const uint32_t durations_ms[DRIVES] = {2 * MINUTE_MS, 9 * MINUTE_MS, 5 * MINUTE_MS};

/* Where jobs' threads wait for each other, by the real clock: that of the models is each thread's own. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    unsigned arrived, wanted;
    bool late;
} meeting = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, false};

static struct timespec in_ms(long ms)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += ms % 1000 * 1000000;
    until.tv_sec += ms / 1000 + until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    return until;
}

/* No drive's erase is answered before each drive has been sent its own. */
static void meet(struct model_drive *drive, void *user)
{
    struct timespec until = in_ms(HOLD_S * 1000L);
    (void)drive, (void)user;
    pthread_mutex_lock(&meeting.lock);
    meeting.arrived++;
    pthread_cond_broadcast(&meeting.moved);
    while (meeting.arrived < meeting.wanted && !meeting.late)
        meeting.late = pthread_cond_timedwait(&meeting.moved, &meeting.lock, &until) != 0;
    pthread_mutex_unlock(&meeting.lock);
}

/* An erase takes its time: whoever would come meanwhile has some. */
static void linger(struct model_drive *drive, void *user)
{
    struct timespec until = in_ms(LINGER_MS);
    (void)user;
    pthread_mutex_lock(&meeting.lock);
    meeting.arrived++;
    pthread_cond_broadcast(&meeting.moved);
    while (atomic_load(&drive->nvme->erasing) < 2 &&
           pthread_cond_timedwait(&meeting.moved, &meeting.lock, &until) == 0) {
    }
    pthread_mutex_unlock(&meeting.lock);
}

static void set_meeting(struct flow *flow, void (*erasing)(struct model_drive *, void *), unsigned wanted)
{
    meeting.arrived = 0;
    meeting.wanted = wanted;
    meeting.late = false;
    flow->machine.erasing = erasing;
}

struct row {
    const char *method, *level;
};
static const struct row rows[] = {{"nvme-format-user-data", "clear"},
                                  {"nvme-sanitize-block", "purge"},
                                  {"ata-security-erase", "clear"},
                                  {"ata-sanitize-crypto", "purge"}};

static void put_nvme(struct flow *flow, size_t i)
{
    static const char *const names[DRIVES] = {"nvme0n1", "nvme1n1", "nvme2n1"};
    const struct model_nvme_config config = {.sanicap = UW_NVME_SANICAP_BLOCK,
                                             .oacs = UW_NVME_OACS_FORMAT,
                                             .block_ms = durations_ms[i],
                                             .format_ms = durations_ms[i],
                                             .media = {{.block.bytes = BYTES}}};
    struct model_nvme *nvme = model_nvme_new(&config);
    assert_non_null(nvme);
    flow_own_nvme(flow, nvme);
    flow_put_nvme(flow, i, &(struct model_facts){.name = names[i]}, nvme, 1, 1);
}

static void put_ata(struct flow *flow, size_t i)
{
    static const char *const names[DRIVES] = {"sda", "sdb", "sdc"}, *const serials[DRIVES] = {"A", "B", "C"};
    const struct model_ata_config config = {.serial = serials[i],
                                            .wwn = 0x5000c50000000000U + i,
                                            .block.bytes = BYTES,
                                            .rotation = 1,
                                            .sanitize = true,
                                            .crypto = true,
                                            .security = true,
                                            .erase_word = 10,
                                            .crypto_ms = durations_ms[i],
                                            .normal_ms = durations_ms[i]};
    struct model_ata *ata = model_ata_new(&config);
    assert_non_null(ata);
    flow_own_ata(flow, ata);
    flow_put_ata(flow, i, &(struct model_facts){.name = names[i], .bus = UW_BUS_ATA, .media = UW_MEDIA_SSD},
                 ata, 1);
}

/* How long the run took, by the clocks of those that erased. */
static uint64_t run_beside(const struct row *row, const char *jobs)
{
    static struct flow flow;
    uint64_t most_ms = 0;
    flow_open(&flow, DRIVES);
    for (size_t i = 0; i < DRIVES; i++)
        (strncmp(row->method, "ata", 3) == 0 ? put_ata : put_nvme)(&flow, i);
    flow.request.level = row->level;
    flow.request.method = row->method;
    flow.request.jobs = jobs;
    set_meeting(&flow, meet, jobs == NULL ? DRIVES : 1);
    flow_run(&flow);
    flow_check(&flow);
    assert_int_equal(flow.exit_code, 0);
    assert_int_equal(meeting.arrived, DRIVES);
    assert_false(meeting.late);
    for (size_t i = 0; i < DRIVES; i++) {
        assert_string_equal(flow_verdict(&flow, i), "sanitized");
        uint64_t last_ms = atomic_load(&flow.machine.drives[i].last_ms);
        most_ms = last_ms > most_ms ? last_ms : most_ms;
    }
    flow_close(&flow);
    return most_ms;
}

static void as_long_as_the_slowest(void **state)
{
    uint64_t took_ms = run_beside(*state, NULL);
    assert_in_range(took_ms, durations_ms[1], durations_ms[1] + BESIDE_MS);
}

/* So it is the jobs beside each other that save the time. */
static void one_after_the_other(void **state)
{
    uint64_t sum_ms = durations_ms[0] + durations_ms[1] + durations_ms[2];
    assert_in_range(run_beside(*state, "1"), sum_ms, sum_ms + DRIVES * BESIDE_MS);
}

/* No drive's open returns before each drive is being opened. */
static bool (*open_drive)(void *user, const struct uw_drive *drive, bool write,
                          struct uw_transport **transport, struct uw_error *e);
static bool meet_and_open(void *user, const struct uw_drive *drive, bool write,
                          struct uw_transport **transport, struct uw_error *e)
{
    meet(NULL, NULL);
    return open_drive(user, drive, write, transport, e);
}

/* So one that hangs does not keep the others waiting for another one that hangs. */
static void opened_at_once(void **state)
{
    static struct flow flow;
    (void)state;
    flow_open(&flow, DRIVES);
    for (size_t i = 0; i < DRIVES; i++)
        put_ata(&flow, i);
    flow.request.level = "purge";
    set_meeting(&flow, NULL, DRIVES);
    open_drive = flow.machine.machine.open;
    flow.machine.machine.open = meet_and_open;
    flow_run(&flow);
    flow_check(&flow);
    assert_int_equal(meeting.arrived, DRIVES);
    assert_false(meeting.late);
    assert_int_equal(flow.exit_code, 0);
    flow_close(&flow);
}

#define THREE .media = {{.present = true}, {.present = true}, {.present = true}}

static struct model_nvme *put_three(struct flow *flow, const struct model_nvme_config *config)
{
    static const char *const names[DRIVES] = {"nvme0n1", "nvme0n2", "nvme0n3"};
    struct model_nvme *nvme = model_nvme_new(config);
    assert_non_null(nvme);
    flow_open(flow, DRIVES);
    flow_own_nvme(flow, nvme);
    for (size_t i = 0; i < DRIVES; i++)
        flow_put_nvme(flow, i, &(struct model_facts){.name = names[i]}, nvme, nvme->spaces[i].medium.nsid, 1);
    set_meeting(flow, linger, 0);
    return nvme;
}

/* flow_check has what the drive complains of. */
static void namespaces_of_one_drive(void **state)
{
    static const struct {
        struct model_nvme_config config;
        const char *level;
        unsigned erases;
    } drives[] = {{{.oacs = UW_NVME_OACS_FORMAT, THREE}, "clear", 3},
                  {{.oacs = UW_NVME_OACS_FORMAT, .fna = UW_NVME_FNA_ERASE_ALL, THREE}, "clear", 1},
                  {{.sanicap = UW_NVME_SANICAP_BLOCK, THREE}, "purge", 1},
                  {{.sanicap = UW_NVME_SANICAP_CRYPTO, .crypto_ms = 60 * MINUTE_MS, THREE}, "purge", 1}};
    static struct flow flow;
    (void)state;
    for (size_t i = 0; i < sizeof drives / sizeof *drives; i++) {
        const struct model_nvme *nvme = put_three(&flow, &drives[i].config);
        flow.request.level = drives[i].level;
        flow_run(&flow);
        flow_check(&flow);
        for (size_t job = 0; job < DRIVES; job++)
            assert_string_equal(flow_verdict(&flow, job), "sanitized");
        assert_int_equal(meeting.arrived, drives[i].erases);
        assert_int_equal(nvme->overlaps, 0);
        flow_close(&flow);
    }
}

struct sender {
    struct uw_transport *transport;
    struct uw_nvme_command command;
    pthread_t thread;
};

static void *send_it(void *data)
{
    struct sender *sender = data;
    struct uw_error e = {0};
    bool stalled;
    sender->transport->ops->nvme(sender->transport, &sender->command, 1000000, &stalled, &e);
    return NULL;
}

static struct uw_transport *open_one(struct flow *flow, size_t i)
{
    struct uw_machine *machine = &flow->machine.machine;
    struct uw_drive drive;
    struct uw_error e = {0};
    struct uw_transport *transport;
    assert_true(machine->device(machine->user, flow->devices[i], &drive, &e));
    assert_true(machine->open(machine->user, &drive, true, &transport, &e));
    uw_drive_clear(&drive);
    return transport;
}

/* Two hosts' threads at once: that is what no run may do. */
static void two_at_once_are_complained_of(void **state)
{
    static const char *const fault = "a second format or sanitize while one is at work";
    static struct flow flow;
    struct sender senders[2];
    (void)state;
    put_three(&flow, &(struct model_nvme_config){.oacs = UW_NVME_OACS_FORMAT, THREE});
    for (uint32_t i = 0; i < 2; i++) {
        senders[i].transport = open_one(&flow, i);
        senders[i].command = (struct uw_nvme_command){
            .opcode = UW_NVME_FORMAT, .nsid = i + 1, .cdw10 = 0x200, .timeout_ms = 600000};
    }
    flow.machine.erasing = meet;
    meeting.wanted = 2;
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&senders[i].thread, NULL, send_it, &senders[i]), 0);
    unsigned complaints = 0;
    for (size_t i = 0; i < 2; i++)
        pthread_join(senders[i].thread, NULL);
    for (size_t i = 0; i < 2; i++) {
        senders[i].transport->ops->close(senders[i].transport);
        complaints += strstr(flow.machine.drives[i].complaint, fault) != NULL;
    }
    assert_false(meeting.late);
    assert_int_equal(complaints, 1);
    flow_close(&flow);
}

/* The same of the drive's own state: an erase goes on after its command was answered, or given up. */
static void one_at_work_is_complained_of(void **state)
{
    static const uint8_t second[] = {UW_NVME_FORMAT, UW_NVME_SANITIZE};
    static struct flow flow;
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        bool format = i < 2;
        const struct model_nvme *nvme =
            put_three(&flow, &(struct model_nvme_config){.oacs = UW_NVME_OACS_FORMAT,
                                                         .sanicap = UW_NVME_SANICAP_BLOCK,
                                                         .block_ms = 60 * MINUTE_MS,
                                                         .format_ms = 60 * MINUTE_MS,
                                                         THREE});
        struct sender sender = {.transport = open_one(&flow, 0)};
        const uint8_t opcodes[] = {format ? UW_NVME_FORMAT : UW_NVME_SANITIZE, second[i % 2]};
        for (size_t k = 0; k < 2; k++) {
            bool is_format = opcodes[k] == UW_NVME_FORMAT;
            sender.command = (struct uw_nvme_command){.opcode = opcodes[k],
                                                      .nsid = is_format ? 1 : 0,
                                                      .cdw10 = is_format ? 0x200 : 2,
                                                      .timeout_ms = 1000};
            assert_string_equal(flow.machine.drives[0].complaint, "");
            send_it(&sender);
        }
        assert_int_equal(nvme->overlaps, 1);
        assert_non_null(strstr(flow.machine.drives[0].complaint, "a second format or sanitize"));
        sender.transport->ops->close(sender.transport);
        flow_close(&flow);
    }
}

int main(int argc, char **argv)
{
    enum { ROWS = sizeof rows / sizeof *rows };
    static struct CMUnitTest tests[ROWS * 2 + 4];
    static char names[ROWS * 2][64];
    size_t count = 0;
    for (; count < ROWS * 2; count++) {
        bool alone = count % 2 != 0;
        snprintf(names[count], sizeof names[count], "%s: %s", rows[count / 2].method,
                 alone ? "one after the other" : "as long as the slowest");
        tests[count] = (struct CMUnitTest){.name = names[count],
                                           .test_func = alone ? one_after_the_other : as_long_as_the_slowest,
                                           .initial_state = (void *)&rows[count / 2]};
    }
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(opened_at_once);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(namespaces_of_one_drive);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(two_at_once_are_complained_of);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(one_at_work_is_complained_of);
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return _cmocka_run_group_tests("beside", tests, count, NULL, flow_remove_all);
}
