/* SPDX-License-Identifier: Apache-2.0 */
/* Many drives in one run: one drive's misfortune is no other's. */
#include "flow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/run.h"
#include "model/devices.h"

enum {
    GOOD = 16,
    ROWS_MOST = 256,
    GOOD_NAME_BYTES = 16,
    MEMORY_BYTES = UW_STREAM_BUFFERS * UW_STREAM_BUFFER_BYTES
};

static void put_good(struct flow *flow, size_t index, char name[GOOD_NAME_BYTES])
{
    snprintf(name, GOOD_NAME_BYTES, "well-%zu", index);
    const struct model_facts facts = {.name = name};
    const struct model_config config = {.bytes = (1 + index % 3) << 20};
    flow_put(flow, index, &facts, &config, index);
}

static void put_device(struct flow *flow, size_t index, const struct device *device)
{
    struct model_facts facts = device->facts;
    facts.name = device->name;
    flow_put(flow, index, &facts, &device->config, index);
}

static const struct device *device_of(const char *name)
{
    for (size_t i = 0; i < device_count; i++)
        if (strcmp(devices[i].name, name) == 0)
            return &devices[i];
    fail_msg("no device %s", name);
    return NULL;
}

/* Rows that ask for nothing of their own can stand in one run. */
static bool is_plain(const struct device *device)
{
    static const struct device none;
    return memcmp(&device->request, &none.request, sizeof none.request) == 0 && device->stop_at_pass == 0;
}

static void check_good(const struct flow *flow, size_t from, size_t count)
{
    for (size_t i = from; i < from + count; i++)
        assert_string_equal(flow_verdict(flow, i), "sanitized");
}

static size_t count_of(const struct flow *flow, const char *event)
{
    size_t count = 0;
    for (size_t i = 0; i < flow->machine.count; i++)
        count += flow_event(flow, i, event) != NULL;
    return count;
}

/* 16 good drives and every bad one of the table, all at once or few at a time. */
static void with_every_failure(const char *jobs, size_t at_once)
{
    static char names[GOOD][GOOD_NAME_BYTES];
    static const struct device *rows[ROWS_MOST];
    size_t bad = 0;
    static struct flow flow;
    assert_true(device_count <= ROWS_MOST);
    for (size_t i = 0; i < device_count; i++)
        if (is_plain(&devices[i]))
            rows[bad++] = &devices[i];
    assert_true(bad >= 80);
    flow_open(&flow, GOOD + bad);
    flow.request.jobs = jobs;
    for (size_t i = 0; i < GOOD; i++)
        put_good(&flow, i, names[i]);
    for (size_t i = 0; i < bad; i++)
        put_device(&flow, GOOD + i, rows[i]);
    flow_run(&flow);
    flow_check(&flow);
    check_good(&flow, 0, GOOD);
    assert_int_equal(flow.exit_code, UW_EXIT_FAILED);
    /* Drives that hang keep theirs: nobody knows when they will be written to. */
    size_t hung = count_of(&flow, "stalled");
    assert_true(flow.machine.most_buffer_bytes <= (at_once + hung) * MEMORY_BYTES);
    for (size_t i = 0; i < bad; i++)
        if (strcmp(flow_verdict(&flow, GOOD + i), rows[i]->expect.verdict) != 0)
            fail_msg("%s is %s, not %s", rows[i]->name, flow_verdict(&flow, GOOD + i),
                     rows[i]->expect.verdict);
    flow_close(&flow);
}

static void all_at_once(void **state)
{
    (void)state;
    with_every_failure(NULL, 1000);
}

static void five_at_once(void **state)
{
    (void)state;
    with_every_failure("5", 5);
}

/* One drive does not answer, and really does not: its thread waits until all others have their certificates.
 */
struct waiting {
    size_t certified, wanted;
    bool first_ended;
};

static void release_at_last(struct flow *flow, const struct uw_event *event)
{
    struct waiting *waiting = flow->user;
    if (event->kind != UW_EVENT_CERTIFICATE_STORED)
        return;
    if (event->job == 0)
        waiting->first_ended = waiting->certified == waiting->wanted;
    else if (++waiting->certified == waiting->wanted)
        flow_release(flow);
}

static void others_do_not_wait(void **state)
{
    static char names[GOOD + 1][GOOD_NAME_BYTES];
    static const unsigned moments[] = {MODEL_WRITE, MODEL_READ, MODEL_FLUSH, MODEL_LOOK};
    const char *const *jobs = *state;
    for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
        struct waiting waiting = {.wanted = GOOD};
        static struct flow flow;
        flow_open(&flow, GOOD + 1);
        flow.request.jobs = *jobs;
        flow.heard = release_at_last;
        flow.user = &waiting;
        const struct model_facts facts = {.name = "waits"};
        const struct model_config config = {.faults = {{.effect = MODEL_HOLD, .on = moments[i]}}};
        flow_put(&flow, 0, &facts, &config, 0);
        for (size_t j = 1; j <= GOOD; j++)
            put_good(&flow, j, names[j]);
        flow_run(&flow);
        flow_check(&flow);
        assert_true(waiting.first_ended);
        check_good(&flow, 0, GOOD + 1);
        assert_int_equal(flow.exit_code, UW_EXIT_SANITIZED);
        flow_close(&flow);
    }
}

/* root/traps.test 1, 4: one of two drives is lost, before it is opened or on the way. */
static void one_of_two(void **state)
{
    static const char *const lost[] = {"gone-before-open", "gone-after-open", "gone-while-erasing",
                                       "gone-before-verifying", "hangs-while-erasing"};
    (void)state;
    for (size_t i = 0; i < sizeof lost / sizeof *lost; i++) {
        static struct flow flow;
        flow_open(&flow, 2);
        put_device(&flow, 0, device_of(lost[i]));
        put_device(&flow, 1, device_of("good"));
        flow_run(&flow);
        flow_check(&flow);
        assert_string_equal(flow_verdict(&flow, 0), device_of(lost[i])->expect.verdict);
        assert_string_equal(flow_verdict(&flow, 1), "sanitized");
        assert_int_equal(flow.exit_code, UW_EXIT_FAILED);
        const json_t *ended =
            json_object_get(json_array_get(flow.events, json_array_size(flow.events) - 1), "data");
        assert_int_equal(flow_number(ended, "sanitized"), 1);
        assert_int_equal(flow_number(ended, "failed"), 1);
        flow_close(&flow);
    }
}

/* The exit code of runs in which several things happen. */
static void worst_counts(void **state)
{
    static const struct {
        const char *names[3];
        int exit_code;
    } rows[] = {
        {{"good", "good-4096", "odd-tail"}, 0},
        {{"good", "sata-disk-hides-areas", "odd-tail"}, 0},
        {{"good", "mounted", "odd-tail"}, 4},
        {{"good", "mounted", "usb-stick-one-pass"}, 3},
        {{"usb-stick-one-pass", "mounted", "dead-block"}, 1},
        {{"mounted", "busy-when-opened", "boot-medium"}, 4},
        {{"good", "usb-stick-one-pass", "hangs-while-erasing"}, 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        static struct flow flow;
        flow_open(&flow, 3);
        flow.request.standard = "random"; /* one pass, which is too few for a stick */
        for (size_t j = 0; j < 3; j++)
            put_device(&flow, j, device_of(rows[i].names[j]));
        flow_run(&flow);
        flow_check(&flow);
        if ((int)flow.exit_code != rows[i].exit_code)
            fail_msg("row %zu ends with %d", i, (int)flow.exit_code);
        flow_close(&flow);
    }
}

/* Ctrl-C in a run of many, few at a time: those that ended stay what they are, those that were under way are
 * aborted, those that waited are untouched. */
static void stopped_half_way(void **state)
{
    static char names[GOOD + 1][GOOD_NAME_BYTES];
    (void)state;
    static struct flow flow;
    flow_open(&flow, GOOD + 1);
    flow.request.jobs = "1";
    flow.stop_at_pass = 1;
    put_good(&flow, 1, names[1]);
    const struct model_facts facts = {.name = "stopped"};
    const struct model_config config = {
        .faults = {{.effect = MODEL_HOLD, .on = MODEL_WRITE, .after_flushes = 1}}};
    flow_put(&flow, 0, &facts, &config, 0);
    for (size_t i = 2; i <= GOOD; i++)
        put_good(&flow, i, names[i]);
    flow_run(&flow);
    flow_check(&flow);
    for (size_t i = 0; i <= GOOD; i++)
        assert_string_equal(flow_verdict(&flow, i), "aborted");
    for (size_t i = 1; i <= GOOD; i++)
        assert_int_equal(flow.machine.drives[i].block->bytes_written, 0);
    assert_int_equal(flow.exit_code, UW_EXIT_ABORTED);
    flow_close(&flow);
}

/* root/traps.test 8: the folder for the certificates goes away under a running erase. */
static void take_folder_away(struct flow *flow, const struct uw_event *event)
{
    char elsewhere[FLOW_FOLDER_BYTES * 2];
    if (event->kind != UW_EVENT_PASS_STARTED)
        return;
    snprintf(elsewhere, sizeof elsewhere, "%s-gone", flow->certificates);
    if (rename(flow->certificates, elsewhere) != 0)
        snprintf(flow->fault, sizeof flow->fault, "the folder could not be taken away");
    flow_release(flow);
}

static void certificates_folder_vanishes(void **state)
{
    (void)state;
    static struct flow flow;
    flow_open(&flow, 1);
    flow.heard = take_folder_away;
    const struct model_facts facts = {.name = "good"};
    const struct model_config config = {
        .faults = {{.effect = MODEL_HOLD, .on = MODEL_WRITE, .after_flushes = 1}}};
    flow_put(&flow, 0, &facts, &config, 0);
    flow_run(&flow);
    assert_string_equal(flow.fault, "");
    assert_string_equal(flow_text(flow_event(&flow, 0, "job-ended"), "verdict"), "sanitized");
    assert_null(flow_event(&flow, 0, "certificate-stored"));
    /* The record is not lost: it stands, signed, in the event and so in the journal. */
    const json_t *lost = flow_event(&flow, 0, "not-stored");
    assert_string_equal(flow_text(json_object_get(lost, "certificate"), "verdict"), "sanitized");
    assert_int_equal(json_array_size(json_object_get(lost, "signatures")), 1);
    assert_int_equal(flow.exit_code, UW_EXIT_NOT_STORED);
    flow_close(&flow);
}

static json_int_t in_flight(const struct flow *flow, size_t job)
{
    return flow_number(json_object_get(flow_step(flow, job), "parameters"), "in_flight");
}

/* So many at once have their share of the memory in flight each, which is less than a few would have. */
static void many_share_the_buffers(void **state)
{
    enum { MOST = 130 };
    static const struct {
        size_t drives;
        json_int_t each;
    } rows[] = {{32, 4}, {64, 2}, {MOST, 1}};
    static char names[MOST][GOOD_NAME_BYTES];
    static struct flow flow;
    (void)state;
    for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        size_t drives = rows[row].drives;
        size_t bound = drives > 128 ? drives * UW_STREAM_BUFFER_BYTES : UW_RUN_BUFFERS_BYTES;
        flow_open(&flow, drives);
        for (size_t i = 0; i < drives; i++)
            put_good(&flow, i, names[i]);
        flow_run(&flow);
        flow_check(&flow);
        check_good(&flow, 0, drives);
        for (size_t i = 0; i < drives; i++)
            assert_int_equal(in_flight(&flow, i), rows[row].each);
        assert_in_range(flow.machine.most_buffer_bytes, UW_STREAM_BUFFER_BYTES, bound);
        flow_close(&flow);
    }
}

int main(void)
{
    static const char *const all = NULL, *const two = "2";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_at_once),
        cmocka_unit_test(five_at_once),
        {"others_do_not_wait, all at once", others_do_not_wait, NULL, NULL, (void *)&all},
        {"others_do_not_wait, two at once", others_do_not_wait, NULL, NULL, (void *)&two},
        cmocka_unit_test(one_of_two),
        cmocka_unit_test(worst_counts),
        cmocka_unit_test(stopped_half_way),
        cmocka_unit_test(certificates_folder_vanishes),
        cmocka_unit_test(many_share_the_buffers),
    };
    return cmocka_run_group_tests(tests, NULL, flow_remove_all);
}
