/* SPDX-License-Identifier: Apache-2.0 */
/* The power fails at each command of an erase inside an NVMe drive, or the operator ends the waiting: what
 * the first run leaves is true, and the next one brings it to a proven end. */
#include "flow.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/run.h"

enum { COMMANDS = 300, TOGETHER = 8, PATH_BYTES = FLOW_FOLDER_BYTES * 4, LINES_BYTES = 1 << 20 };
/* Sanitizers are slow: one of 23 there, so that commands and moments have their turns. */
#ifdef __SANITIZE_ADDRESS__
enum { EACH = 23 };
#else
enum { EACH = 1 };
#endif
#define SMALL .media = {{.block.bytes = 128 * 1024}}

static const struct nvme_row methods[] = {
    {"nvme-sanitize-block", .config = {.sanicap = UW_NVME_SANICAP_BLOCK, .dlfeat = 1, SMALL}},
    {"nvme-sanitize-crypto", .config = {.sanicap = UW_NVME_SANICAP_CRYPTO, .dlfeat = 1, SMALL}},
    {"nvme-sanitize-overwrite", .config = {.sanicap = UW_NVME_SANICAP_OVERWRITE, .dlfeat = 1, SMALL}},
    {"nvme-format-crypto",
     .config = {.oacs = UW_NVME_OACS_FORMAT, .fna = UW_NVME_FNA_CRYPTO, .dlfeat = 1, SMALL}},
    {"nvme-format-user-data", .config = {.oacs = UW_NVME_OACS_FORMAT, .dlfeat = 1, SMALL}},
    {"opal-psid-revert",
     .config = {.tcg = {.class = MODEL_TCG_OPAL_2, .encrypts = true, .enabled = true}, .dlfeat = 1, SMALL},
     .request.psid = model_tcg_psid},
    /* Where the host could not tell the end of an erase from the state before it. */
    {"nvme-sanitize-block",
     .config = {.sanicap = UW_NVME_SANICAP_BLOCK, .former = {1, 0x202, .global_erased = true}, SMALL}},
    /* Found shut by a sanitize that had failed: that is ended first. */
    {"nvme-format-user-data",
     .config = {.sanicap = UW_NVME_SANICAP_BLOCK, .oacs = UW_NVME_OACS_FORMAT, .former = {3, 0xa}, SMALL},
     .request.method = "nvme-format-user-data"},
    /* All namespaces at once, and one after the other. */
    {"nvme-sanitize-crypto",
     .config = {.sanicap = UW_NVME_SANICAP_CRYPTO,
                .media = {{.block.bytes = 65536}, {.present = true, .block.bytes = 65536}}}},
    {"nvme-format-user-data",
     .config = {.oacs = UW_NVME_OACS_FORMAT,
                .media = {{.block.bytes = 65536}, {.present = true, .block.bytes = 65536}}}},
};
enum { METHODS = sizeof methods / sizeof *methods };

static bool is_sanitized(const char *verdict)
{
    return strncmp(verdict, "sanitized", 9) == 0;
}

static bool is_consequence(const char *line)
{
    return strstr(line, "\"event\":\"failed\"") != NULL ||
           strstr(line, "\"event\":\"verify-ended\"") != NULL ||
           strstr(line, "\"event\":\"job-ended\"") != NULL ||
           (strstr(line, "\"event\":\"canaries-planted\"") != NULL &&
            strstr(line, "\"failed\":[]") == NULL) ||
           (strstr(line, "\"event\":\"step-ended\"") != NULL && strstr(line, "\"complete\":false") != NULL) ||
           strstr(line, "\"event\":\"refused\"") != NULL;
}

/* The host lost its power as well: its journal ends before whatever it saw come of that, and no certificate
 * was made. Returns how many plans it still tells of. */
static size_t lose_the_end(const struct flow *flow)
{
    static char text[LINES_BYTES];
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "%s/journal/%s.jsonl", flow->state, flow->run_id);
    FILE *journal = fopen(path, "r");
    assert_non_null(journal);
    size_t bytes = fread(text, 1, sizeof text - 1, journal), kept = 0;
    fclose(journal);
    size_t plans = 0;
    text[bytes] = '\0';
    for (char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        *end = '\0';
        if (is_consequence(line))
            break;
        plans += strstr(line, "\"event\":\"plan-made\"") != NULL;
        kept = (size_t)(end - text) + 1;
    }
    assert_int_equal(truncate(path, (off_t)kept), 0);
    for (size_t job = 0; job < flow->machine.count; job++)
        unlink(flow_text(flow_event(flow, job, "certificate-stored"), "path"));
    return plans;
}

/* What was signed for the run that broke off. */
static size_t check_recovered(struct flow *flow, const char *run_id)
{
    char path[PATH_BYTES], own[sizeof flow->run_id];
    size_t found = 0;
    const struct dirent *entry;
    DIR *folder = opendir(flow->certificates);
    assert_non_null(folder);
    snprintf(own, sizeof own, "%s", flow->run_id);
    while ((entry = readdir(folder)) != NULL) {
        snprintf(path, sizeof path, "%s/%s", flow->certificates, entry->d_name);
        json_t *document =
            strstr(entry->d_name, ".certificate.") != NULL ? json_load_file(path, 0, NULL) : NULL;
        bool broken = strcmp(flow_text(json_object_get(document, "certificate"), "run"), run_id) == 0;
        json_decref(document);
        if (!broken)
            continue;
        snprintf(flow->run_id, sizeof flow->run_id, "%s", run_id);
        json_t *body = flow_read_signed(flow, path, "certificate");
        snprintf(flow->run_id, sizeof flow->run_id, "%s", own);
        assert_false(is_sanitized(flow_text(body, "verdict")));
        json_decref(body);
        found++;
    }
    closedir(folder);
    return found;
}

static void put_again(struct flow *flow, struct model_nvme *nvme)
{
    for (size_t i = 0; i < flow->machine.count; i++) {
        struct model_facts facts = flow->machine.drives[i].facts;
        uint32_t nsid = nvme->spaces[flow->machine.drives[i].place].medium.nsid;
        model_block_cut_power(nvme->spaces[flow->machine.drives[i].place].block);
        flow_put_nvme(flow, i, &facts, nvme, nsid, i + 1);
    }
}

static void check_usable(struct model_nvme *nvme)
{
    uint8_t data[512] = {1}, back[512] = {0};
    for (size_t place = 0; place < nvme->count; place++) {
        assert_int_equal(model_nvme_move(nvme, place, model_nvme_now(nvme), true, 512, 512, data), 512);
        assert_int_equal(model_nvme_move(nvme, place, model_nvme_now(nvme), false, 512, 512, back), 512);
        assert_memory_equal(data, back, sizeof data);
    }
}

static void ask(struct flow *flow, const struct nvme_row *row)
{
    flow_open_nvme(flow, row);
    flow->request.level = strncmp(row->name, "nvme-sanitize", 13) == 0 ? "purge" : "clear";
}

/* Of the second run; the way there is the first one's. */
static void check_end(struct flow *flow, const char *method)
{
    flow_check(flow);
    for (size_t job = 0; job < flow->machine.count; job++) {
        const char *error = flow_text(json_object_get(flow_step(flow, job), "completion"), "error");
        if (!is_sanitized(flow_verdict(flow, job)))
            fail_msg("the second run ends %s: %s %s", flow_verdict(flow, job),
                     flow_text(json_object_get(flow->certificate[job], "claim"), "statement"), error);
        assert_string_equal(flow_text(flow_step(flow, job), "method"), method);
    }
    assert_int_equal(flow->exit_code, 0);
    check_usable(flow->owned[0]);
}

static void stop_when_running(struct flow *flow, const struct uw_event *event)
{
    if (event->kind == UW_EVENT_DRIVE_STATE && strcmp(flow_text(event->data, "state"), "running") == 0)
        uw_run_stop(flow->run);
}

struct cut {
    const struct nvme_row *row;
    unsigned command;
    enum model_nvme_cut_moment moment;
    bool host;  /* loses its power too */
    bool again; /* not in a first run, but in one that finds a drive at work and waits for it */
};

/* Somebody began a sanitize of this kind, and the drive is at it. */
static struct nvme_row found_at_work(const struct nvme_row *row)
{
    struct nvme_row found = *row;
    found.config.former.state = UW_NVME_SANITIZE_RUNNING;
    found.config.former.cdw10 = row->config.sanicap == UW_NVME_SANICAP_BLOCK    ? 0x202
                                : row->config.sanicap == UW_NVME_SANICAP_CRYPTO ? 0x204
                                                                                : 0x213;
    return found;
}

static void begin(struct flow *flow, const struct nvme_row *row, bool again)
{
    struct nvme_row found = found_at_work(row);
    ask(flow, again ? &found : row);
    assert_int_equal(flow->owned[0]->sanitize.running, again);
}

/* How many commands jobs beside each other take depends on who comes first: the last ones may be missed. */
static void one_cut(const struct cut *cut, bool may_miss, size_t *certified)
{
    static struct flow flow;
    char run_id[sizeof flow.run_id];
    size_t recovered = 0;
    begin(&flow, cut->row, cut->again);
    struct model_nvme *nvme = flow.owned[0];
    model_nvme_set_cut(nvme, (struct model_nvme_cut){cut->command, cut->moment, 0, 0});
    flow_run(&flow);
    bool started = flow.started;
    if (!may_miss)
        assert_false(model_nvme_is_powered(nvme));
    if (started) {
        flow_check(&flow);
        for (size_t job = 0; job < flow.machine.count; job++)
            *certified += is_sanitized(flow_verdict(&flow, job));
        assert_int_not_equal(flow.exit_code, 2);
    }
    snprintf(run_id, sizeof run_id, "%s", flow.run_id);
    if (started && cut->host)
        recovered = lose_the_end(&flow);
    model_nvme_set_cut(nvme, (struct model_nvme_cut){0});
    if (model_nvme_is_powered(nvme))
        model_nvme_cut_power(nvme);
    model_nvme_power_on(nvme);
    flow_again(&flow);
    put_again(&flow, nvme);
    flow_run(&flow);
    check_end(&flow, cut->row->name);
    if (started && cut->host)
        assert_int_equal(check_recovered(&flow, run_id), recovered);
    flow_close(&flow);
}

/* How many commands, transfers and flushes a run takes that nothing happens to. */
static unsigned count_commands(const struct nvme_row *row, bool again)
{
    static struct flow flow;
    begin(&flow, row, again);
    uint64_t before = flow.owned[0]->commands;
    flow_run(&flow);
    unsigned commands = (unsigned)(flow.owned[0]->commands - before);
    check_end(&flow, row->name);
    flow_close(&flow);
    return commands;
}

static void every_command(const struct nvme_row *row, bool host, bool again)
{
    unsigned commands = count_commands(row, again), first = (unsigned)(row - methods) + 2U * host;
    size_t certified = 0;
    assert_in_range(commands, 10, COMMANDS);
    for (unsigned i = first % EACH; i < commands * 3; i += EACH) {
        /* In a second run each command has one of the moments, the next one another. */
        if (again && EACH == 1 && i % 3 != i / 3 % 3)
            continue;
        struct cut cut = {.row = row,
                          .command = i / 3 + 1,
                          .moment = MODEL_NVME_CUT_BEFORE + i % 3,
                          .host = host,
                          .again = again};
        print_message("%s, command %u, moment %d%s%s\n", row->name, cut.command, cut.moment,
                      host ? ", host too" : "", again ? ", while it is waited for" : "");
        one_cut(&cut, row->config.media[1].present && cut.command + TOGETHER > commands, &certified);
    }
    /* A drive that lost its power is certified only where nothing but its health was still to be asked. */
    print_message("%s: %zu of %u certified by the run\n", row->name, certified, commands * 3);
}

static void drive_alone(void **state)
{
    every_command(*state, false, false);
}

static void drive_and_host(void **state)
{
    every_command(*state, true, false);
}

/* What is waited for is the same whether the host loses its power too: every other time. */
static void while_it_is_waited_for(void **state)
{
    const struct nvme_row *row = *state;
    every_command(row, (row - methods) % 2 == 0, true);
}

/* The drive goes on; the next run waits for it and sends nothing. */
static void signal_in_the_middle(void **state)
{
    struct nvme_row row = *(const struct nvme_row *)*state;
    static struct flow flow;
    row.config.block_ms = row.config.crypto_ms = row.config.pass_ms = 86400000;
    ask(&flow, &row);
    struct model_nvme *nvme = flow.owned[0];
    flow.heard = stop_when_running;
    flow_run(&flow);
    flow_check(&flow);
    for (size_t job = 0; job < flow.machine.count; job++) {
        assert_string_equal(flow_verdict(&flow, job), "aborted");
        const json_t *exceptions = json_object_get(flow.certificate[job], "exceptions");
        assert_int_equal(json_array_size(exceptions), 1);
        assert_string_equal(flow_text(json_array_get(exceptions, 0), "code"), "continues_in_drive");
    }
    assert_int_equal(flow.exit_code, 5);
    assert_int_equal(model_nvme_seen_count(nvme, UW_NVME_SANITIZE), 1);
    flow_again(&flow);
    put_again(&flow, nvme);
    flow.heard = NULL;
    flow_run(&flow);
    check_end(&flow, row.name);
    assert_int_equal(model_nvme_seen_count(nvme, UW_NVME_SANITIZE), 1);
    for (size_t job = 0; job < flow.machine.count; job++) {
        const json_t *exceptions = json_object_get(flow.certificate[job], "exceptions");
        assert_string_equal(flow_verdict(&flow, job), "sanitized-with-exceptions");
        assert_int_equal(json_array_size(exceptions), 1);
        assert_string_equal(flow_text(json_array_get(exceptions, 0), "code"), "markers_not_possible");
        assert_true(json_is_true(json_object_get(flow_step(&flow, job), "resumed")));
    }
    flow_close(&flow);
}

static const struct {
    const char *name; /* begins with the part of the tests that it belongs to */
    CMUnitTestFunction run;
    bool sanitizes_alone;
} kinds[] = {
    {"drive", drive_alone, false},
    {"host", drive_and_host, false},
    {"again", while_it_is_waited_for, true},
    {"rest: signal", signal_in_the_middle, true},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

int main(int argc, char **argv)
{
    static struct CMUnitTest tests[METHODS * KINDS];
    static char names[METHODS * KINDS][80];
    size_t count = 0;
    for (size_t i = 0; i < METHODS * KINDS; i++) {
        const struct nvme_row *row = &methods[i / KINDS];
        size_t kind = i % KINDS;
        bool two = row->config.media[1].present, before = row->config.former.state != 0;
        if (kinds[kind].sanitizes_alone && strncmp(row->name, "nvme-sanitize", 13) != 0)
            continue;
        if (before && kinds[kind].run == while_it_is_waited_for) /* as the one that was not */
            continue;
        snprintf(names[count], sizeof names[count], "%s: %s%s%s", kinds[kind].name, row->name,
                 two ? ", two namespaces" : "",
                 !before                         ? ""
                 : row->config.former.state == 3 ? ", failed before"
                                                 : ", sanitized before");
        tests[count] = (struct CMUnitTest){
            .name = names[count], .test_func = kinds[kind].run, .initial_state = (void *)row};
        count++;
    }
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return _cmocka_run_group_tests("nvme power", tests, count, NULL, flow_remove_all);
}
