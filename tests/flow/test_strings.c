/* SPDX-License-Identifier: Apache-2.0 */
/* Drives whose words are hostile, and sizes that cannot be: no document, plan or file name is broken by them.
 */
#include "flow.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/document.h"
#include "flow_hostile.h"

static void check_plans(const struct flow *flow)
{
    struct uw_error e = {0};
    char *text = json_dumps(flow->plans, 0);
    assert_non_null(text);
    json_t *again = uw_document_parse(text, strlen(text), &e);
    if (again == NULL)
        fail_msg("plans: %s", e.text);
    assert_int_equal(json_array_size(json_object_get(again, "plans")), flow->machine.count);
    assert_false(flow_has_controls(again));
    json_decref(again);
    free(text);
}

static void check_events(const struct flow *flow)
{
    size_t i;
    json_t *event;
    json_array_foreach(flow->events, i, event) {
        assert_false(flow_has_controls(event));
    }
}

/* In all of its words at once; erased, and read-only so that they stand in a refusal. */
static void words_of_a_drive(void **state)
{
    struct model_facts facts[2 * FLOW_HOSTILE_MOST];
    char names[2 * FLOW_HOSTILE_MOST][16], wwns[FLOW_HOSTILE_MOST][64];
    const struct model_config config = {.bytes = 1 << 20};
    static struct flow flow;
    (void)state;
    flow_open(&flow, 2 * flow_hostile_count);
    for (size_t i = 0; i < 2 * flow_hostile_count; i++) {
        const char *words = flow_hostile[i % flow_hostile_count].text;
        snprintf(names[i], sizeof names[i], "drive-%zu", i);
        /* One WWN, two nodes would be refused as one drive. */
        if (i < flow_hostile_count)
            snprintf(wwns[i], sizeof wwns[i], "%zu %s", i, words);
        facts[i] = (struct model_facts){.name = names[i],
                                        .vendor = words,
                                        .model = words,
                                        .serial = words,
                                        .firmware = words,
                                        .wwn = i < flow_hostile_count ? wwns[i] : NULL,
                                        .use_kind = i < flow_hostile_count ? NULL : "mount",
                                        .use = words};
        flow_put(&flow, i, &facts[i], &config, i);
    }
    flow_run(&flow);
    flow_check(&flow);
    check_plans(&flow);
    check_events(&flow);
    for (size_t i = 0; i < 2 * flow_hostile_count; i++)
        assert_string_equal(flow_verdict(&flow, i), i < flow_hostile_count ? "sanitized" : "refused");
    flow_close(&flow);
}

/* A file's path may hold any byte but NUL. */
static void name_of_a_device(void **state)
{
    char names[FLOW_HOSTILE_MOST][FLOW_NAME_BYTES];
    const struct model_config config = {.bytes = 1 << 20};
    static struct flow flow;
    (void)state;
    flow_open(&flow, flow_hostile_count);
    for (size_t i = 0; i < flow_hostile_count; i++) {
        snprintf(names[i], sizeof names[i], "%zu-%.40s", i, flow_hostile[i].text);
        const struct model_facts facts = {
            .name = names[i], .no_serial = true, .open_error = i % 4 == 3 ? EBUSY : 0};
        flow_put(&flow, i, &facts, &config, i);
    }
    flow_run(&flow);
    flow_check(&flow);
    check_plans(&flow);
    check_events(&flow);
    for (size_t i = 0; i < flow_hostile_count; i++)
        assert_string_equal(flow_verdict(&flow, i), i % 4 == 3 ? "refused" : "sanitized");
    flow_close(&flow);
}

static void sizes(void **state)
{
    static const struct {
        uint64_t bytes;
        bool phantom;
        const char *verdict;
    } rows[] = {
        {0, true, "refused"},          {512, false, "sanitized"},     {1ULL << 53, true, "refused"},
        {1ULL << 63, true, "refused"}, {UINT64_MAX, true, "refused"}, {UINT64_MAX - 511, true, "refused"},
    };
    enum { ROWS = sizeof rows / sizeof rows[0] };
    char names[ROWS][16];
    static struct flow flow;
    (void)state;
    flow_open(&flow, ROWS);
    for (size_t i = 0; i < ROWS; i++) {
        snprintf(names[i], sizeof names[i], "size-%zu", i);
        const struct model_facts facts = {.name = names[i]};
        const struct model_config config = {.bytes = rows[i].bytes, .phantom = rows[i].phantom};
        flow_put(&flow, i, &facts, &config, 0);
    }
    flow_run(&flow);
    flow_check(&flow);
    check_plans(&flow);
    for (size_t i = 0; i < ROWS; i++)
        assert_string_equal(flow_verdict(&flow, i), rows[i].verdict);
    flow_close(&flow);
}

/* The same by --all, with equal serials: ids must tell the drives apart. */
static void equal_serials(void **state)
{
    const struct model_config config = {.bytes = 1 << 20};
    static struct flow flow;
    (void)state;
    flow_open(&flow, 3);
    flow.request.all = true;
    flow.request.confirm_all = true;
    flow.confirm = CONFIRM_BY_NOBODY;
    for (size_t i = 0; i < 3; i++) {
        static const char *const names[] = {"twin-0", "twin-1", "other"};
        const struct model_facts facts = {.name = names[i], .serial = i < 2 ? "0123456789" : NULL};
        flow_put(&flow, i, &facts, &config, 0);
    }
    flow_run(&flow);
    flow_check(&flow);
    const json_t *plans = json_object_get(flow.plans, "plans");
    assert_string_equal(flow_text(json_array_get(plans, 0), "id"), "twin-0:1048576");
    assert_string_equal(flow_text(json_array_get(plans, 1), "id"), "twin-1:1048576");
    assert_string_equal(flow_text(json_array_get(plans, 2), "id"), "SN-other");
    assert_int_equal(flow.exit_code, UW_EXIT_SANITIZED);
    flow_close(&flow);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_of_a_drive),
        cmocka_unit_test(name_of_a_device),
        cmocka_unit_test(sizes),
        cmocka_unit_test(equal_serials),
    };
    return cmocka_run_group_tests(tests, flow_make_hostile, flow_remove_all);
}
