/* SPDX-License-Identifier: Apache-2.0 */
/* --all, from the command line to the exit code, on a machine of models: every whole drive, and nothing else.
 * What is in use is refused, the boot medium and what is no drive of its own are left alone, hidden drives
 * count against it.
 */
#include "flow_command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KINDS = 6, BYTES = 1 << 20, WORDS_MOST = 12 };

/* The drives of the machine, by what a row's letters say of each: what is done with it. */
static const struct model_facts kinds[KINDS] = {
    {.name = "first"},
    {.name = "second", .bus = UW_BUS_SCSI, .media = UW_MEDIA_HDD},
    {.name = "used", .use_kind = "mount", .use = "/home"},
    {.name = "boot", .boot_medium = true},
    {.name = "loop0", .no_hardware = true, .bus = UW_BUS_LOOP, .media = UW_MEDIA_VIRTUAL},
    {.name = "dm-0", .no_hardware = true, .bus = UW_BUS_MAPPER, .media = UW_MEDIA_VOLUME},
};
enum kind { FIRST = 1, SECOND = 2, USED = 4, BOOT = 8, LOOP = 16, VOLUME = 32, EVERYTHING = 63 };

struct row {
    const char *name;
    unsigned machine; /* the drives that it has */
    bool hides;       /* a controller hides others */
    bool answers;
    struct model_fault fault; /* of the first */
    const char *words[WORDS_MOST];
    int exit_code;
    unsigned erased, refused, failed, aborted;
    const char *says; /* part of what is told; NULL: not looked for */
};

#define ERASE "erase", "--level", "clear"
#define CONFIRMED "--all", "--confirm-all"
static const struct row rows[] = {
    {"all is erased that is a drive", FIRST | SECOND | LOOP | VOLUME, .words = {ERASE, CONFIRMED},
     .erased = FIRST | SECOND, .says = "2 of 2 drives sanitized"},
    {"a drive in use is refused", FIRST | SECOND | USED, .words = {ERASE, CONFIRMED}, .exit_code = 4,
     .erased = FIRST | SECOND, .refused = USED, .says = "/model/used REFUSED"},
    {"the boot medium is left out", FIRST | BOOT, .words = {ERASE, CONFIRMED}, .erased = FIRST,
     .says = "/model/boot is left out: it holds the running system"},
    {"everything at once", EVERYTHING, .words = {ERASE, CONFIRMED}, .exit_code = 4, .erased = FIRST | SECOND,
     .refused = USED, .says = "2 of 3 drives sanitized"},
    {"a drive in use alone", USED | BOOT, .words = {ERASE, CONFIRMED}, .exit_code = 4, .refused = USED},
    {"nothing but the boot medium", BOOT, .words = {ERASE, CONFIRMED}, .exit_code = 1,
     .says = "no drive found"},
    {"nothing but what is no drive", LOOP | VOLUME, .words = {ERASE, CONFIRMED}, .exit_code = 1,
     .says = "no drive found"},
    {"nothing at all", 0, .words = {ERASE, CONFIRMED}, .exit_code = 1, .says = "no drive found"},
    {"hidden drives count", FIRST | SECOND, .hides = true, .words = {ERASE, CONFIRMED}, .exit_code = 1,
     .erased = FIRST | SECOND, .says = "not covered: 0000:03:00.0: "},
    {"hidden drives are allowed", FIRST | SECOND, .hides = true,
     .words = {ERASE, CONFIRMED, "--allow-not-covered"}, .erased = FIRST | SECOND,
     .says = "not covered: 0000:03:00.0: "},
    {"allowed, and one in use", FIRST | USED, .hides = true,
     .words = {ERASE, CONFIRMED, "--allow-not-covered"}, .exit_code = 4, .erased = FIRST, .refused = USED},
    {"hidden drives and no other", 0, .hides = true, .words = {ERASE, CONFIRMED}, .exit_code = 1},
    {"excluded", EVERYTHING,
     .words = {ERASE, CONFIRMED, "--exclude", "/model/used", "--exclude=/model/second"}, .erased = FIRST},
    {"all excluded", FIRST | BOOT, .words = {ERASE, CONFIRMED, "--exclude", "/model/first"}, .exit_code = 1,
     .says = "no drive found but those excluded"},
    {"one confirmed", FIRST | SECOND, .words = {ERASE, "--all", "--confirm", "SN-first"}, .exit_code = 4,
     .erased = FIRST, .refused = SECOND},
    {"asked for each", FIRST | SECOND | BOOT | LOOP, .answers = true, .words = {ERASE, "--all"},
     .erased = FIRST | SECOND, .says = "Erase /model/second: "},
    {"purge is not to be had", FIRST | SECOND | BOOT, .words = {"erase", CONFIRMED}, .exit_code = 3,
     .refused = FIRST | SECOND},
    {"one fails", FIRST | SECOND | USED | BOOT,
     .fault = {MODEL_ERROR, MODEL_WRITE, 1000, 1, .after_flushes = 1, .error = 5},
     .words = {ERASE, CONFIRMED}, .exit_code = 1, .erased = SECOND, .refused = USED, .failed = FIRST},
    {"a dry run", EVERYTHING, .words = {ERASE, CONFIRMED, "--dry-run"}, .exit_code = 4,
     .says = "left out: /model/boot: "},
    {"a plan", EVERYTHING, .words = {"plan", "--level", "clear", "--all"}, .exit_code = 4,
     .says = "left out: /model/boot: it holds the running system"},
    {"a plan with hidden drives", FIRST, .hides = true, .words = {"plan", "--level", "clear", "--all"},
     .exit_code = 1, .says = "not covered: 0000:03:00.0: "},
    /* What a script says whose variable is empty. */
    {"no target", EVERYTHING, .words = {ERASE}, .exit_code = 2, .says = "no target"},
    {"an empty target", EVERYTHING, .words = {ERASE, ""}, .exit_code = 2, .says = "an empty target"},
    {"an empty target beside --all", EVERYTHING, .words = {ERASE, CONFIRMED, ""}, .exit_code = 2},
    {"--confirm-all alone", EVERYTHING, .words = {ERASE, "--confirm-all"}, .exit_code = 2},
    {"the boot medium by its name", EVERYTHING, .words = {ERASE, "--confirm", "SN-boot", "/model/boot"},
     .exit_code = 4, .refused = BOOT, .says = "holds the running system"},
};
enum { ROWS = sizeof rows / sizeof *rows };

static void put_machine(struct flow *flow, const struct row *row, size_t place[KINDS])
{
    size_t count = 0;
    flow_open(flow, (size_t)__builtin_popcount(row->machine));
    for (size_t i = 0; i < KINDS; i++) {
        if ((row->machine & 1U << i) == 0)
            continue;
        struct model_config config = {.bytes = BYTES};
        if (i == 0)
            config.faults[0] = row->fault;
        place[i] = count;
        flow_put(flow, count++, &kinds[i], &config, i);
    }
}

/* The verdict that was signed for the drive; "" where there is no certificate of it. */
static void verdict_of(const char *lines, const char *name, char *verdict, size_t verdict_bytes)
{
    char device[64], *copy = strdup(lines), *rest = copy, *line;
    snprintf(device, sizeof device, "/model/%s", name);
    verdict[0] = '\0';
    while ((line = strsep(&rest, "\n")) != NULL) {
        json_t *document = json_loads(line, 0, NULL), *body = json_object_get(document, "certificate");
        if (strcmp(flow_text(json_object_get(body, "medium"), "device"), device) == 0) {
            assert_string_equal(verdict, ""); /* one */
            snprintf(verdict, verdict_bytes, "%s", flow_text(body, "verdict"));
        }
        json_decref(document);
    }
    free(copy);
}

static void check_drive(const struct row *row, const struct flow_command *command, size_t kind, size_t place)
{
    const struct flow_seen *seen = &command->seen[place];
    unsigned bit = 1U << kind;
    char verdict[64];
    verdict_of(command->pipe, kinds[kind].name, verdict, sizeof verdict);
    const char *wanted = (row->erased & bit) != 0    ? "sanitized"
                         : (row->refused & bit) != 0 ? "refused"
                         : (row->failed & bit) != 0  ? "failed"
                                                     : "";
    if (strcmp(verdict, wanted) != 0)
        fail_msg("%s is '%s', not '%s': %s", kinds[kind].name, verdict, wanted, command->pipe);
    if ((row->erased & bit) != 0)
        assert_int_equal(seen->old_units, 0);
    if (((row->erased | row->failed) & bit) != 0)
        return;
    if (seen->bytes_written != 0 || seen->old_units != BYTES / MODEL_OLD_BYTES)
        fail_msg("%s was written to", kinds[kind].name);
    if ((row->refused & bit) == 0)
        assert_int_equal(seen->opens, 0);
}

static bool is_plan(const struct row *row)
{
    bool plan = strcmp(row->words[0], "plan") == 0;
    for (size_t i = 0; row->words[i] != NULL; i++)
        plan = plan || strcmp(row->words[i], "--dry-run") == 0;
    return plan;
}

/* What is not erased stands in the plan as well. */
static void check_plan(const struct row *row, const char *text)
{
    json_t *document = json_loads(text, 0, NULL);
    const json_t *left_out = json_object_get(document, "left_out");
    const json_t *hidden = json_object_get(document, "not_covered");
    if (!json_is_array(left_out) || !json_is_array(hidden))
        fail_msg("the plan does not say what is left out: %s", text);
    assert_int_equal(json_array_size(left_out), (row->machine & BOOT) != 0);
    assert_int_equal(json_array_size(hidden), row->hides);
    if ((row->machine & BOOT) != 0) {
        assert_string_equal(flow_text(json_array_get(left_out, 0), "device"), "/model/boot");
        assert_string_equal(flow_text(json_array_get(left_out, 0), "why"), "it holds the running system");
    }
    if (row->hides)
        assert_string_equal(flow_text(json_array_get(hidden, 0), "controller"), "0000:03:00.0");
    json_decref(document);
}

/* In lines for people, and as JSON. */
static void one_row(void **state)
{
    const struct row *row = *state;
    size_t place[KINDS] = {0};
    static struct flow flow;
    const char *words[WORDS_MOST + 2];
    json_t *hides = json_pack("[{s:s, s:s}]", "controller", "0000:03:00.0", "why", "a RAID controller");
    size_t count = 0;
    while (row->words[count] != NULL) {
        words[count] = row->words[count];
        count++;
    }
    words[count] = NULL;
    put_machine(&flow, row, place);
    flow.machine.hides = row->hides ? hides : NULL;
    struct flow_command command = {.arguments = words, .piped = true, .answers = row->answers};
    flow_command(&flow, &command);
    if (command.exit_code != row->exit_code)
        fail_msg("exit %d, not %d: %s", command.exit_code, row->exit_code, command.pipe);
    if (row->says != NULL && strstr(command.pipe, row->says) == NULL &&
        strstr(command.screen, row->says) == NULL)
        fail_msg("'%s' is not said: %s%s", row->says, command.screen, command.pipe);
    flow_command_clear(&command);
    flow_close(&flow);

    put_machine(&flow, row, place);
    flow.machine.hides = row->hides ? hides : NULL;
    words[count++] = "--json";
    words[count] = NULL;
    command = (struct flow_command){.arguments = words, .piped = true, .answers = row->answers};
    flow_command(&flow, &command);
    assert_int_equal(command.exit_code, row->exit_code);
    for (size_t i = 0; i < KINDS; i++)
        if ((row->machine & 1U << i) != 0)
            check_drive(row, &command, i, place[i]);
    if (is_plan(row))
        check_plan(row, command.pipe);
    flow_command_clear(&command);
    flow_close(&flow);
    json_decref(hides);
}

int main(int argc, char **argv)
{
    static struct CMUnitTest tests[ROWS];
    for (size_t i = 0; i < ROWS; i++)
        tests[i] = (struct CMUnitTest){
            .name = rows[i].name, .test_func = one_row, .initial_state = (void *)&rows[i]};
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return _cmocka_run_group_tests("all", tests, ROWS, NULL, flow_remove_all);
}
