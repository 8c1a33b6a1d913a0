/* SPDX-License-Identifier: Apache-2.0 */
/* The named drives, one run each. */
#include "flow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/devices.h"
#include "model/zoned_devices.h"

static void compare_count(const char *what, int64_t expected, int64_t seen)
{
    if (expected == DEVICE_EITHER)
        return;
    if (expected == DEVICE_ANY ? seen < 1 : seen != expected)
        fail_msg("%s: %lld, not %lld", what, (long long)seen, (long long)expected);
}

static void check_unwritten(const struct device *device, const json_t *step)
{
    const json_t *list = json_object_get(step, "unwritten");
    size_t count = 0;
    if (device->expect.unwritten[0].count == DEVICE_SOME) {
        assert_true(json_array_size(list) > 0);
        return;
    }
    for (; count < DEVICE_RANGES && device->expect.unwritten[count].count > 0; count++) {
        const json_t *range = json_array_get(list, count);
        compare_count("lba", (int64_t)device->expect.unwritten[count].lba, flow_number(range, "lba"));
        compare_count("count", (int64_t)device->expect.unwritten[count].count, flow_number(range, "count"));
        compare_count("errno", device->expect.unwritten[count].error, flow_number(range, "errno"));
    }
    compare_count("ranges", (int64_t)count, (int64_t)json_array_size(list));
}

static void check_narrowed(const struct device *device, const json_t *step)
{
    const json_t *pass;
    json_int_t bytes = 0;
    size_t i;
    json_array_foreach(json_object_get(step, "passes"), i, pass) {
        bytes += flow_number(pass, "not_narrowed_bytes");
    }
    compare_count("not narrowed", device->expect.not_narrowed, bytes);
}

static void check_read_back(const struct device *device, const json_t *verification)
{
    const json_t *canary = json_object_get(verification, "canary");
    compare_count("mismatches", device->expect.mismatches, flow_number(verification, "mismatches"));
    compare_count("canaries", device->expect.canaries, flow_number(canary, "found_after"));
    compare_count("read errors", device->expect.unreadable,
                  (int64_t)json_array_size(json_object_get(verification, "read_errors")));
}

static void check_markers(const struct device *device, const json_t *planted)
{
    compare_count("strayed", device->expect.strayed, flow_number(planted, "different"));
    compare_count("unmarked", device->expect.unmarked,
                  planted == NULL ? 0
                                  : flow_number(planted, "places") - flow_number(planted, "readable_before"));
}

static void check_why(const struct device *device, const struct flow *flow)
{
    const json_t *claim = json_object_get(flow->certificate[0], "claim");
    const json_t *refusal = json_object_get(json_object_get(flow->certificate[0], "authority"), "refusal");
    if (strcmp(device->expect.verdict, "refused") == 0)
        assert_string_equal(flow_text(refusal, "code"), device->expect.why);
    else if (strstr(flow_text(claim, "statement"), device->expect.why) == NULL)
        fail_msg("'%s' is not in: %s", device->expect.why, flow_text(claim, "statement"));
}

/* What was asked for is what the random passes were made of. */
static void check_keystream(const struct device *device, const json_t *step)
{
    size_t i, random = 0;
    json_t *pass;
    json_array_foreach(json_object_get(step, "passes"), i, pass) {
        if (!json_is_string(json_object_get(pass, "cipher")))
            continue;
        random++;
        if (device->request.keystream != NULL)
            assert_string_equal(flow_text(pass, "cipher"), device->request.keystream);
    }
    assert_true(device->request.keystream == NULL || random > 0);
}

/* A stop takes effect within the transfers in flight: in that pass, and not at its end. */
static void check_stop(const struct device *device, const struct flow *flow)
{
    const json_t *passes = json_object_get(flow_step(flow, 0), "passes");
    size_t count = json_array_size(passes);
    if (device->stop_at_pass <= 0 || device->config.faults[0].on == MODEL_READ)
        return;
    assert_int_equal(count, device->stop_at_pass);
    assert_false(json_is_true(json_object_get(json_array_get(passes, count - 1), "complete")));
    assert_true(flow->machine.drives[0].block->accepted_bytes < device->config.bytes * count);
    assert_true(json_is_null(json_object_get(flow->certificate[0], "verification")));
}

static void ask_for(struct flow *flow, const struct device *device)
{
    flow->request.level = device->request.level != NULL ? device->request.level : "clear";
    flow->request.method = device->request.method;
    flow->request.standard = device->request.standard;
    flow->request.keystream = device->request.keystream;
    flow->request.verify = device->request.verify;
    flow->request.rule_set = device->request.rule_set;
    flow->request.allow_downgrade = device->request.allow_downgrade;
    flow->confirm = device->request.confirm;
    flow->stop_at_pass = device->stop_at_pass;
}

static void one_device(void **state)
{
    const struct device *device = *state;
    struct model_facts facts = device->facts;
    static struct flow flow;
    facts.name = device->name;
    flow_open(&flow, 1);
    ask_for(&flow, device);
    flow_put(&flow, 0, &facts, &device->config, 1);
    flow_run(&flow);
    flow_check(&flow);
    assert_string_equal(flow_verdict(&flow, 0), device->expect.verdict);
    compare_count("exit", device->expect.exit_code, flow.exit_code);
    compare_count("untouched", device->expect.untouched, flow_step(&flow, 0) == NULL);
    check_why(device, &flow);
    check_stop(device, &flow);
    check_keystream(device, flow_step(&flow, 0));
    check_unwritten(device, flow_step(&flow, 0));
    check_narrowed(device, flow_step(&flow, 0));
    check_read_back(device, json_object_get(flow.certificate[0], "verification"));
    check_markers(device, flow_event(&flow, 0, "canaries-planted"));
    flow_close(&flow);
}

static size_t add(struct CMUnitTest *tests, size_t used, const struct device *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        tests[used + i] = (struct CMUnitTest){
            .name = list[i].name, .test_func = one_device, .initial_state = (void *)&list[i]};
    return used + count;
}

int main(int argc, char **argv)
{
    size_t count = device_count + zoned_device_count;
    struct CMUnitTest *tests = calloc(count, sizeof *tests);
    if (tests == NULL)
        return 1;
    add(tests, add(tests, 0, devices, device_count), zoned_devices, zoned_device_count);
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    int failed = _cmocka_run_group_tests("devices", tests, count, NULL, flow_remove_all);
    free(tests);
    return failed;
}
