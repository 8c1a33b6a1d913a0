/* SPDX-License-Identifier: Apache-2.0 */
/* NVMe drives beside each other, and namespaces of one drive of which something stands against one. */
#include "flow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK .sanicap = UW_NVME_SANICAP_BLOCK
#define FORMATS .oacs = UW_NVME_OACS_FORMAT
#define THREE .media = {{.present = true}, {.present = true}, {.present = true}}
enum { DAY_MS = 86400000 };

/* A controller with its namespaces as drives from `first` on. */
static struct model_nvme *put(struct flow *flow, size_t first, const struct model_nvme_config *config,
                              const struct model_facts *facts)
{
    static const char *const names[] = {"nvme0n1", "nvme0n2", "nvme0n3", "nvme1n1", "nvme1n2", "nvme1n3"};
    struct model_nvme *nvme = model_nvme_new(config);
    assert_non_null(nvme);
    flow_own_nvme(flow, nvme);
    for (size_t place = 0; place < nvme->count; place++) {
        struct model_facts own = facts != NULL ? facts[place] : (struct model_facts){0};
        own.name = names[first + place];
        flow_put_nvme(flow, first + place, &own, nvme, nvme->spaces[place].medium.nsid, place + 1);
    }
    return nvme;
}

static void expect(const struct flow *flow, size_t job, const char *verdict, const char *code)
{
    const json_t *body = flow->certificate[job];
    const json_t *refusal = json_object_get(json_object_get(body, "authority"), "refusal");
    if (strcmp(flow_verdict(flow, job), verdict) != 0)
        fail_msg("%s: %s, not %s: %s", flow->devices[job], flow_verdict(flow, job), verdict,
                 flow_text(json_object_get(body, "claim"), "statement"));
    assert_string_equal(flow_text(refusal, "code"), code);
}

static void expect_untouched(const struct model_nvme *nvme)
{
    assert_int_equal(model_nvme_seen_count(nvme, UW_NVME_SANITIZE), 0);
    assert_int_equal(model_nvme_seen_count(nvme, UW_NVME_FORMAT), 0);
    for (size_t place = 0; place < nvme->count; place++) {
        struct model_nvme_truth truth = model_nvme_truth((struct model_nvme *)nvme, place);
        assert_int_equal(truth.old, truth.blocks);
        assert_int_equal(truth.written, 0);
    }
}

static struct flow *begin(size_t drives, const char *level)
{
    static struct flow flow;
    flow_open(&flow, drives);
    flow.request.level = level;
    return &flow;
}

/* One that hangs, and one of another controller: also where they share their one thread. */
static void hangs(struct model_nvme_lie lie, const char *level, const char *jobs,
                  struct model_nvme_config config)
{
    struct flow *flow = begin(2, level);
    struct model_nvme_config bad = config;
    bad.lies[0] = lie;
    put(flow, 0, &bad, NULL);
    put(flow, 1, &config, NULL);
    flow->request.jobs = jobs;
    flow_run(flow);
    flow_check(flow);
    expect(flow, 0, "stalled", "");
    expect(flow, 1, "sanitized", "");
    assert_int_equal(flow->exit_code, 1);
    flow_close(flow);
}

static void hanging_sanitize(void **state)
{
    (void)state;
    const struct model_nvme_config config = {BLOCK};
    hangs((struct model_nvme_lie){.kind = MODEL_NVME_HANGS, .on = MODEL_NVME_BLOCK}, "purge", NULL, config);
    hangs((struct model_nvme_lie){.kind = MODEL_NVME_HANGS, .on = MODEL_NVME_BLOCK}, "purge", "1", config);
    hangs((struct model_nvme_lie){.kind = MODEL_NVME_HANGS, .on = MODEL_NVME_RESCAN}, "purge", NULL, config);
}

static void hanging_format(void **state)
{
    (void)state;
    const struct model_nvme_config config = {FORMATS};
    hangs((struct model_nvme_lie){.kind = MODEL_NVME_HANGS, .on = MODEL_NVME_FORMAT_USER}, "clear", NULL,
          config);
    hangs((struct model_nvme_lie){.kind = MODEL_NVME_HANGS, .on = MODEL_NVME_FORMAT_USER}, "clear", "1",
          config);
}

static void standing_sanitize(void **state)
{
    (void)state;
    const struct model_nvme_config config = {BLOCK};
    hangs((struct model_nvme_lie){.kind = MODEL_NVME_STANDS}, "purge", NULL, config);
    hangs((struct model_nvme_lie){.kind = MODEL_NVME_STANDS}, "purge", "1", config);
}

/* All namespaces of the one that hangs; none of the other's. */
static void hanging_together(void **state)
{
    (void)state;
    struct flow *flow = begin(6, "purge");
    const struct model_nvme_config bad = {BLOCK, THREE, .lies = {{MODEL_NVME_HANGS, MODEL_NVME_BLOCK}}};
    const struct model_nvme_config good = {BLOCK, THREE};
    put(flow, 0, &bad, NULL);
    put(flow, 3, &good, NULL);
    flow->request.jobs = "1";
    flow_run(flow);
    flow_check(flow);
    for (size_t job = 0; job < 3; job++) {
        assert_string_not_equal(flow_verdict(flow, job), "sanitized");
        expect(flow, 3 + job, "sanitized", "");
    }
    expect(flow, 0, "stalled", "");
    assert_int_equal(flow->exit_code, 1);
    flow_close(flow);
}

/* Against one of three stands something: none of them is erased, not even marked. */
static void three(const struct model_facts facts[3], const char *code, int exit_code)
{
    struct flow *flow = begin(3, "purge");
    const struct model_nvme_config config = {BLOCK, THREE};
    const struct model_nvme *nvme = put(flow, 0, &config, facts);
    flow_run(flow);
    flow_check(flow);
    expect(flow, 0, "refused", "siblings");
    expect(flow, 1, "refused", code);
    expect(flow, 2, "refused", "siblings");
    assert_int_equal(flow->exit_code, exit_code);
    expect_untouched(nvme);
    flow_close(flow);
}

static void one_in_use(void **state)
{
    (void)state;
    three((struct model_facts[3]){[1] = {.use_kind = "mount", .use = "/srv"}}, "in_use", 4);
    three((struct model_facts[3]){[1] = {.use_kind = "mount", .use = "/srv", .used_from = 2}}, "in_use", 4);
    three((struct model_facts[3]){[1] = {.uses_unknown = true}}, "in_use", 4);
    three((struct model_facts[3]){[1] = {.boot_medium = true}}, "boot_medium", 4);
    three((struct model_facts[3]){[1] = {.read_only = true}}, "read_only", 4);
}

static void one_not_opened(void **state)
{
    (void)state;
    three((struct model_facts[3]){[1] = {.open_error = 16}}, "in_use", 4);
}

/* Used only after all were admitted: a marker may stand, but no erase is begun. */
static void one_used_at_the_last_moment(void **state)
{
    (void)state;
    struct flow *flow = begin(3, "purge");
    const struct model_nvme_config config = {BLOCK, THREE};
    const struct model_facts facts[3] = {[1] = {.use_kind = "mount", .use = "/srv", .used_from = 3}};
    const struct model_nvme *nvme = put(flow, 0, &config, facts);
    flow_run(flow);
    flow_check(flow);
    expect(flow, 1, "refused", "in_use");
    assert_string_not_equal(flow_verdict(flow, 0), "sanitized");
    assert_string_not_equal(flow_verdict(flow, 2), "sanitized");
    assert_int_not_equal(flow->exit_code, 0);
    assert_int_equal(model_nvme_seen_count(nvme, UW_NVME_SANITIZE), 0);
    flow_close(flow);
}

static void one_excluded(void **state)
{
    (void)state;
    struct flow *flow = begin(3, "purge");
    const struct model_nvme_config config = {BLOCK, THREE};
    const struct model_nvme *nvme = put(flow, 0, &config, NULL);
    static const char *excluded[] = {"/model/nvme0n2"};
    flow->request.all = true;
    flow->request.confirm_all = true;
    flow->request.exclude = (struct uw_strings){excluded, 1};
    flow_run(flow);
    assert_int_equal(flow->exit_code, 4);
    size_t refused = 0;
    for (size_t job = 0; job < 2; job++)
        refused += strcmp(flow_text(flow_event(flow, job, "refused"), "code"), "siblings") == 0;
    assert_int_equal(refused, 2);
    expect_untouched(nvme);
    flow_close(flow);
}

/* Two of three ids are confirmed. */
static bool answer(void *user, const json_t *plan, const char *device, const char *id, char *text,
                   size_t text_bytes)
{
    size_t length = strlen(id);
    (void)user, (void)plan;
    snprintf(text, text_bytes, "%s",
             strcmp(device, "/model/nvme0n3") == 0 ? "no"
             : length > 4                          ? id + length - 4
                                                   : id);
    return true;
}

static void one_not_confirmed(void **state)
{
    (void)state;
    struct flow *flow = begin(3, "purge");
    const struct model_nvme_config config = {BLOCK, THREE};
    const struct model_nvme *nvme = put(flow, 0, &config, NULL);
    flow->confirm = CONFIRM_BY_NOBODY;
    flow->request.ask = answer;
    flow_run(flow);
    flow_check(flow);
    expect(flow, 0, "refused", "siblings");
    expect(flow, 1, "refused", "siblings");
    expect(flow, 2, "refused", "confirmation");
    assert_int_equal(flow->exit_code, 4);
    expect_untouched(nvme);
    flow_close(flow);
}

/* A Format of one leaves the others alone: what stands against one is its own matter. */
static void formats_are_apart(void **state)
{
    (void)state;
    struct flow *flow = begin(3, "clear");
    const struct model_nvme_config config = {FORMATS, THREE};
    const struct model_facts facts[3] = {[1] = {.read_only = true}};
    struct model_nvme *nvme = put(flow, 0, &config, facts);
    flow_run(flow);
    flow_check(flow);
    expect(flow, 0, "sanitized", "");
    expect(flow, 1, "refused", "read_only");
    expect(flow, 2, "sanitized", "");
    assert_int_equal(flow->exit_code, 4);
    assert_int_equal(model_nvme_truth(nvme, 1).old, model_nvme_truth(nvme, 1).blocks);
    flow_close(flow);
}

/* Purge of each stands on all of them. */
static void formats_stand_together(void **state)
{
    (void)state;
    /* One is refused by the drive, or lies; none is asked for twice at this level. */
    const struct model_nvme_lie lies[] = {{MODEL_NVME_ABORTS, MODEL_NVME_FORMAT_USER, 1, 2},
                                          {MODEL_NVME_ERASES_NOTHING, MODEL_NVME_FORMAT_USER, 1, 0}};
    for (size_t i = 0; i < 2; i++) {
        struct flow *flow = begin(3, "purge");
        flow->request.rule_set = "nist-800-88r1";
        const struct model_nvme_config config = {FORMATS, THREE, .lies = {lies[i]}};
        put(flow, 0, &config, NULL);
        flow_run(flow);
        flow_check(flow);
        size_t others = 0;
        for (size_t job = 0; job < 3; job++) {
            const char *statement = flow_text(json_object_get(flow->certificate[job], "claim"), "statement");
            expect(flow, job, "failed", "");
            others += strstr(statement, "another one was not erased") != NULL;
        }
        assert_int_equal(others, 2);
        assert_int_equal(flow->exit_code, 1);
        flow_close(flow);
    }
}

/* Against one of them stands something: the others cannot claim so much. */
static void formats_lack_one(void **state)
{
    (void)state;
    struct flow *flow = begin(3, "purge");
    flow->request.rule_set = "nist-800-88r1";
    const struct model_nvme_config config = {FORMATS, THREE};
    const struct model_facts facts[3] = {[1] = {.read_only = true}};
    const struct model_nvme *nvme = put(flow, 0, &config, facts);
    flow_run(flow);
    flow_check(flow);
    expect(flow, 0, "refused", "siblings");
    expect(flow, 1, "refused", "read_only");
    expect(flow, 2, "refused", "siblings");
    expect_untouched(nvme);
    flow_close(flow);
}

/* But it keeps the whole controller waiting: not beside one that somebody uses, or may use. */
static void formats_beside_use(void **state)
{
    static const struct model_facts used[] = {
        {.use_kind = "mount", .use = "/srv"}, {.uses_unknown = true}, {.boot_medium = true}};
    static const char *const codes[] = {"in_use", "in_use", "boot_medium"};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct flow *flow = begin(3, "clear");
        const struct model_nvme_config config = {FORMATS, THREE};
        const struct model_facts facts[3] = {[1] = used[i]};
        const struct model_nvme *nvme = put(flow, 0, &config, facts);
        flow_run(flow);
        flow_check(flow);
        expect(flow, 0, "refused", "siblings");
        expect(flow, 1, "refused", codes[i]);
        expect(flow, 2, "refused", "siblings");
        assert_int_equal(flow->exit_code, 4);
        expect_untouched(nvme);
        flow_close(flow);
    }
}

/* How often a sibling that nobody named is looked at before its drive is formatted: from the `used_from`-th
 * look on it is in use. False: the erase came before that. */
static bool refuses_since(unsigned used_from, bool *marked)
{
    struct flow *flow = begin(2, "clear");
    const struct model_nvme_config config = {FORMATS, .media = {{.present = true}, {.present = true}}};
    const struct model_facts facts[2] = {[1] = {.use_kind = "mount", .use = "/srv", .used_from = used_from}};
    const struct model_nvme *nvme = put(flow, 0, &config, facts);
    flow->request.targets = (struct uw_strings){flow->targets, 1};
    flow_run(flow);
    flow->machine.count = 1; /* the other one is nobody's job */
    flow_check(flow);
    flow->machine.count = 2;
    const char *verdict = flow_verdict(flow, 0);
    bool erased = strcmp(verdict, "sanitized") == 0;
    *marked = strcmp(verdict, "failed") == 0;
    assert_int_equal(model_nvme_seen_count(nvme, UW_NVME_FORMAT), erased);
    if (*marked)
        assert_non_null(strstr(flow_text(json_object_get(flow->certificate[0], "claim"), "statement"),
                               "/model/nvme0n2 is in use"));
    else if (!erased)
        expect(flow, 0, "refused", "siblings"), expect_untouched(nvme);
    flow_close(flow);
    return !erased;
}

/* When it is planned, at the gate, before the first marker, and directly before the Format. */
static void formats_beside_use_since(void **state)
{
    unsigned from = 1;
    bool marked = false, before = false;
    (void)state;
    while (refuses_since(from, &marked)) {
        assert_false(before && !marked);
        before = before || marked;
        from++;
    }
    assert_int_equal(from - 1, 4);
    assert_true(before);
}

/* What the host writes waits for nobody, and another drive's use is its own. */
static void overwrites_beside_use(void **state)
{
    (void)state;
    struct flow *flow = begin(6, "clear");
    const struct model_nvme_config config = {THREE}, formats = {FORMATS, THREE};
    const struct model_facts facts[3] = {[1] = {.use_kind = "mount", .use = "/srv"}};
    put(flow, 0, &config, facts);
    put(flow, 3, &formats, NULL);
    flow_run(flow);
    flow_check(flow);
    expect(flow, 0, "sanitized", "");
    expect(flow, 1, "refused", "in_use");
    for (size_t job = 2; job < 6; job++)
        expect(flow, job, "sanitized", "");
    flow_close(flow);
}

/* Of three that say they are erased one is, or those are that are attached. */
static void lies_about_one(void **state)
{
    (void)state;
    struct flow *flow = begin(3, "purge");
    struct model_nvme_config config = {BLOCK, THREE, .lies = {{MODEL_NVME_ERASES_ONE, .value = 2}}};
    put(flow, 0, &config, NULL);
    flow_run(flow);
    flow_check(flow);
    expect(flow, 0, "failed", "");
    expect(flow, 1, "failed", ""); /* it was erased; the drive's word is worth nothing all the same */
    expect(flow, 2, "failed", "");
    for (size_t job = 0; job < 3; job++)
        assert_string_equal(
            flow_text(json_array_get(json_object_get(flow->certificate[job], "exceptions"), 0), "code"),
            "device_lied");
    assert_int_equal(flow->exit_code, 1);
    flow_close(flow);
}

/* No host sees an unattached namespace; the certificate names it and says on whose word it was erased. */
static void lies_about_the_unattached(void **state)
{
    (void)state;
    struct flow *flow = begin(1, "purge");
    const struct model_nvme_config config = {
        BLOCK, .oacs = UW_NVME_OACS_NAMESPACES, .lies = {{MODEL_NVME_ERASES_ATTACHED}},
        .media = {{.present = true}, {.present = true, .detached = true}}};
    struct model_nvme *nvme = model_nvme_new(&config);
    const struct model_facts facts = {.name = "nvme0n1"};
    flow_own_nvme(flow, nvme);
    flow_put_nvme(flow, 0, &facts, nvme, 1, 1);
    flow->unseen = true;
    flow_run(flow);
    flow_check(flow);
    expect(flow, 0, "sanitized", "");
    const json_t *body = flow->certificate[0];
    assert_int_equal(flow_number(json_object_get(body, "hidden_areas"), "unattached_namespaces"), 1);
    assert_true(json_is_true(json_object_get(json_object_get(body, "claim"), "relies_on_maker")));
    assert_int_equal(model_nvme_truth(nvme, 1).old, model_nvme_truth(nvme, 1).blocks);
    flow_close(flow);
}

/* Somebody else's Format is at work: ours is refused by the drive, and nothing is touched. */
static void format_in_progress(void **state)
{
    (void)state;
    for (int sanitizes = 0; sanitizes < 2; sanitizes++) {
        struct flow *flow = begin(1, sanitizes ? "purge" : "clear");
        const struct model_nvme_config config = {FORMATS, .sanicap = sanitizes ? UW_NVME_SANICAP_BLOCK : 0,
                                                 .format_ms = DAY_MS};
        struct model_nvme *nvme = put(flow, 0, &config, NULL);
        struct uw_nvme_command command = {
            .opcode = UW_NVME_FORMAT, .nsid = 1, .cdw10 = UW_NVME_SES_USER_DATA << 9, .timeout_ms = 1000};
        uint64_t now_ms = 0;
        bool stalled;
        model_nvme_ask(nvme, &now_ms, &command, 2000, &stalled);
        uint64_t old = model_nvme_truth(nvme, 0).old;
        assert_true(old > 0);
        flow->machine.others_erase = true;
        flow_run(flow);
        flow_check(flow);
        assert_string_not_equal(flow_verdict(flow, 0), "sanitized");
        assert_string_not_equal(flow_verdict(flow, 0), "sanitized-with-exceptions");
        assert_int_not_equal(flow->exit_code, 0);
        assert_true(nvme->format.running);
        flow_close(flow);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(hanging_sanitize),
                                       cmocka_unit_test(hanging_format),
                                       cmocka_unit_test(standing_sanitize),
                                       cmocka_unit_test(hanging_together),
                                       cmocka_unit_test(one_in_use),
                                       cmocka_unit_test(one_not_opened),
                                       cmocka_unit_test(one_used_at_the_last_moment),
                                       cmocka_unit_test(one_excluded),
                                       cmocka_unit_test(one_not_confirmed),
                                       cmocka_unit_test(formats_are_apart),
                                       cmocka_unit_test(formats_stand_together),
                                       cmocka_unit_test(formats_lack_one),
                                       cmocka_unit_test(formats_beside_use),
                                       cmocka_unit_test(formats_beside_use_since),
                                       cmocka_unit_test(overwrites_beside_use),
                                       cmocka_unit_test(lies_about_one),
                                       cmocka_unit_test(lies_about_the_unattached),
                                       cmocka_unit_test(format_in_progress)};
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests_name("nvme fleet", tests, NULL, flow_remove_all);
}
