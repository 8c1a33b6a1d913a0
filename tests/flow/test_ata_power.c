/* SPDX-License-Identifier: Apache-2.0 */
/* The power fails at each command of an erase inside an ATA drive, or the operator ends the waiting: what
 * the first run leaves is true, the next one brings it to a proven end, and no password stays. */
#include "flow.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/run.h"

enum {
    COMMANDS = 300,
    PATH_BYTES = FLOW_FOLDER_BYTES * 4,
    LINES_BYTES = 1 << 20,
    SANITIZE = 0xb4,
    UNIT = 0xf4
};
/* Sanitizers are slow: one of 23 there, so that commands and moments have their turns. */
#ifdef __SANITIZE_ADDRESS__
enum { EACH = 23 };
#else
enum { EACH = 1 };
#endif
#define SMALL .block.bytes = 64 * 1024
#define SECURITY .security = true, .erase_word = 1, .enhanced_word = 1

static const struct ata_row methods[] = {
    {"ata-sanitize-block", .config = {.sanitize = true, .block_erase = true, SMALL}},
    {"ata-sanitize-crypto", .config = {.sanitize = true, .crypto = true, SMALL}},
    {"ata-sanitize-overwrite", .config = {.sanitize = true, .overwrite = true, SMALL}},
    {"ata-sanitize-overwrite", .config = {.sanitize = true, .overwrite = true, .rotation = 7200, SMALL}},
    /* Where the host could not tell the end of an erase from the state before it. */
    {"ata-sanitize-block",
     .config = {.sanitize = true, .block_erase = true, .former.succeeded = true, SMALL}},
    {"opal-psid-revert",
     .config = {.tcg = {.class = MODEL_TCG_OPAL_2, .encrypts = true, .enabled = true}, SMALL},
     .request.psid = model_tcg_psid},
    {"ata-security-erase", .config = {SECURITY, SMALL}},
    {"ata-security-erase-enhanced", .config = {SECURITY, .enhanced = true, .rotation = 7200, SMALL}},
    /* Found shut by a sanitize that had failed: that is ended first. */
    {"ata-security-erase",
     .config = {.sanitize = true,
                .block_erase = true,
                SECURITY,
                .former = {.failed = true, .failure_mode = true},
                SMALL},
     .request.method = "ata-security-erase"},
    /* An overwrite follows. */
    {"ata-security-erase-enhanced", .config = {SECURITY, .enhanced = true, SMALL}},
    {"ata-security-erase-enhanced",
     .config = {SECURITY, .enhanced = true, .enhanced_noise = true, .counts_erase_tries = true, SMALL}},
};
enum { METHODS = sizeof methods / sizeof *methods };

static bool is_sanitize(const struct ata_row *row)
{
    return strncmp(row->name, "ata-sanitize", 12) == 0;
}

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
    unlink(flow_text(flow_event(flow, 0, "certificate-stored"), "path"));
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

static void put_again(struct flow *flow)
{
    struct model_ata *ata = flow->owned_ata[0];
    struct model_facts facts = flow->machine.drives[0].facts;
    ata->seen_count = 0;
    model_ata_rescan(ata);
    flow_put_ata(flow, 0, &facts, ata, 1);
}

static void check_usable(struct model_ata *ata)
{
    uint8_t data[512] = {1}, back[512] = {0};
    uint64_t now_ms = model_ata_now(ata);
    assert_false(ata->enabled || ata->locked);
    assert_int_equal(model_ata_move(ata, now_ms, true, 512, 512, data), 512);
    assert_int_equal(model_ata_move(ata, now_ms, false, 512, 512, back), 512);
    assert_memory_equal(data, back, sizeof data);
}

static void ask(struct flow *flow, const struct ata_row *row)
{
    struct ata_row asked = *row;
    asked.request.level = is_sanitize(row) ? "purge" : "clear";
    flow_open_ata(flow, &asked);
}

/* Of the second run. */
static void check_end(struct flow *flow, const char *method)
{
    flow_check(flow);
    if (!is_sanitized(flow_verdict(flow, 0)))
        fail_msg("the run ends %s: %s %s", flow_verdict(flow, 0),
                 flow_text(json_object_get(flow->certificate[0], "claim"), "statement"),
                 flow_text(json_object_get(flow_step(flow, 0), "completion"), "error"));
    assert_string_equal(flow_text(flow_step(flow, 0), "method"), method);
    assert_int_equal(flow->exit_code, 0);
    check_usable(flow->owned_ata[0]);
}

static void stop_when_running(struct flow *flow, const struct uw_event *event)
{
    if (event->kind == UW_EVENT_DRIVE_STATE && strcmp(flow_text(event->data, "state"), "running") == 0)
        uw_run_stop(flow->run);
}

static unsigned sanitizes_of(const struct model_ata *ata)
{
    unsigned count = 0;
    for (size_t i = 0; i < ata->seen_count; i++)
        count += ata->seen[i].ata && ata->seen[i].command == SANITIZE && ata->seen[i].features != 0;
    return count;
}

static void expect_only_exception(const struct flow *flow, const char *code)
{
    const json_t *exceptions = json_object_get(flow->certificate[0], "exceptions");
    assert_int_equal(json_array_size(exceptions), 1);
    assert_string_equal(flow_text(json_array_get(exceptions, 0), "code"), code);
}

/* The drive goes on; the next run waits for it and sends nothing. */
static void signal_in_the_middle(void **state)
{
    struct ata_row row = *(const struct ata_row *)*state;
    static struct flow flow;
    row.config.block_ms = row.config.crypto_ms = row.config.pass_ms = 86400000;
    ask(&flow, &row);
    struct model_ata *ata = flow.owned_ata[0];
    flow.heard = stop_when_running;
    flow_run(&flow);
    flow_check(&flow);
    assert_string_equal(flow_verdict(&flow, 0), "aborted");
    expect_only_exception(&flow, "continues_in_drive");
    assert_int_equal(flow.exit_code, 5);
    assert_int_equal(sanitizes_of(ata), 1);
    flow_again(&flow);
    put_again(&flow);
    flow.heard = NULL;
    flow_run(&flow);
    check_end(&flow, row.name);
    assert_int_equal(sanitizes_of(ata), 0);
    assert_string_equal(flow_verdict(&flow, 0), "sanitized-with-exceptions");
    expect_only_exception(&flow, "markers_not_possible");
    assert_true(json_is_true(json_object_get(flow_step(&flow, 0), "resumed")));
    flow_close(&flow);
}

static void stop_at_command(struct flow *flow, const struct uw_event *event)
{
    if (event->kind == UW_EVENT_COMMAND_SENT)
        uw_run_stop(flow->run);
}

/* Between the password and the end of ERASE UNIT: whenever the signal comes, the next run has the drive open.
 */
static void signal_with_password(void **state)
{
    const struct ata_row *row = *state;
    static struct flow flow;
    ask(&flow, row);
    flow.heard = stop_at_command;
    flow_run(&flow);
    flow_check(&flow);
    if (!is_sanitized(flow_verdict(&flow, 0))) {
        assert_string_equal(flow_verdict(&flow, 0), "aborted");
        assert_int_equal(flow.exit_code, 5);
    }
    flow_again(&flow);
    model_ata_cut_power(flow.owned_ata[0]);
    model_ata_power_on(flow.owned_ata[0]);
    put_again(&flow);
    flow.heard = NULL;
    flow_run(&flow);
    check_end(&flow, row->name);
    flow_close(&flow);
}

/* The first run leaves the drive locked with our password. */
static void leave_locked(struct flow *flow, const struct ata_row *row)
{
    struct ata_row hanging = *row;
    hanging.config.lies[0] = (struct model_ata_lie){MODEL_ATA_HANGS, MODEL_ATA_UNIT, 1, 0};
    ask(flow, &hanging);
    flow_run(flow);
    flow_check(flow); /* also that the password is told */
    assert_string_equal(flow_verdict(flow, 0), "stalled");
    assert_true(flow->owned_ata[0]->enabled);
}

/* As after its power was off and on. */
static void run_again(struct flow *flow)
{
    model_ata_cut_power(flow->owned_ata[0]);
    model_ata_power_on(flow->owned_ata[0]);
    flow_again(flow);
    put_again(flow);
    flow_run(flow);
}

static void lose_notes(const struct flow *flow)
{
    char path[PATH_BYTES], moved[PATH_BYTES];
    snprintf(path, sizeof path, "%s/own-password", flow->state);
    snprintf(moved, sizeof moved, "%s/moved", flow->folder);
    assert_int_equal(rename(path, moved), 0);
}

/* A machine that keeps nothing, or another one: a lock may be ours, which one try shows. */
static void note_lost(void **state)
{
    static struct flow flow;
    leave_locked(&flow, *state);
    lose_notes(&flow);
    run_again(&flow);
    check_end(&flow, ((const struct ata_row *)*state)->name);
    assert_non_null(flow_event(&flow, 0, "password-found"));
    flow_close(&flow);
}

/* Somebody else's: one try of five, a refusal, and the way out. */
static void note_lost_and_another_password(void **state)
{
    static struct flow flow;
    leave_locked(&flow, *state);
    lose_notes(&flow);
    struct model_ata *ata = flow.owned_ata[0];
    memset(ata->user, 0, sizeof ata->user);
    memcpy(ata->user, "somebody's", 10);
    run_again(&flow);
    flow_check(&flow);
    assert_string_equal(flow_verdict(&flow, 0), "refused");
    assert_int_equal(flow.exit_code, 4);
    assert_int_equal(model_ata_seen_count(ata, UNIT), 0);
    assert_int_equal(ata->tries, 4);
    assert_true(ata->locked);
    assert_non_null(strstr(flow_text(flow_event(&flow, 0, "refused"), "way_out"), "\"unwrite\""));
    flow_close(&flow);
}

/* The note says ours, and somebody gave it another since: it is forgotten, and nothing is claimed of it. */
static void noted_and_another_password(void **state)
{
    static struct flow flow;
    leave_locked(&flow, *state);
    struct model_ata *ata = flow.owned_ata[0];
    memset(ata->user, 0, sizeof ata->user);
    memcpy(ata->user, "somebody's", 10);
    run_again(&flow);
    flow_check(&flow);
    assert_string_equal(flow_verdict(&flow, 0), "refused");
    assert_int_equal(json_array_size(json_object_get(flow.certificate[0], "exceptions")), 0);
    flow_close(&flow);
}

static bool is_noted(const struct flow *flow)
{
    char path[PATH_BYTES];
    const struct dirent *entry;
    bool noted = false;
    snprintf(path, sizeof path, "%s/own-password", flow->state);
    DIR *folder = opendir(path);
    assert_non_null(folder);
    while ((entry = readdir(folder)) != NULL)
        noted = noted || entry->d_name[0] != '.';
    closedir(folder);
    return noted;
}

/* Taking it away does not succeed: it stays ours, the certificate says so, and the run after that has it. */
static void cannot_be_taken_away(void **state)
{
    static const struct model_ata_lie lies[] = {
        {MODEL_ATA_TIMES_OUT, MODEL_ATA_UNLOCK, 1, 1}, {MODEL_ATA_TIMES_OUT, MODEL_ATA_DISABLE, 1, 1},
        {MODEL_ATA_HANGS, MODEL_ATA_UNLOCK, 1, 0},     {MODEL_ATA_HANGS, MODEL_ATA_DISABLE, 1, 0},
        {MODEL_ATA_ABORTS, MODEL_ATA_DISABLE, 1, 0},   {MODEL_ATA_ACCEPTS, MODEL_ATA_UNLOCK, 1, 0},
        {MODEL_ATA_ACCEPTS, MODEL_ATA_DISABLE, 1, 0},
    };
    const struct ata_row *row = *state;
    static struct flow flow;
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        print_message("lie %zu\n", i);
        leave_locked(&flow, row);
        flow.owned_ata[0]->config.lies[0] = lies[i];
        run_again(&flow);
        flow_check(&flow);
        assert_false(is_sanitized(flow_verdict(&flow, 0)));
        assert_int_equal(model_ata_seen_count(flow.owned_ata[0], UNIT), 0);
        assert_true(is_noted(&flow));
        expect_only_exception(&flow, "own_password_left");
        flow.owned_ata[0]->config.lies[0] = (struct model_ata_lie){0};
        run_again(&flow);
        check_end(&flow, row->name);
        assert_false(is_noted(&flow));
        flow_close(&flow);
    }
}

/* A reset loses the answer, not what the drive did: nothing is locked when a run says that it erased, and
 * what is locked is noted and told. */
static void reset_while_it_is_taken_away(void **state)
{
    static const unsigned on[] = {MODEL_ATA_UNLOCK, MODEL_ATA_DISABLE, MODEL_ATA_UNLOCK | MODEL_ATA_DISABLE};
    struct ata_row row = *(const struct ata_row *)*state;
    static struct flow flow;
    for (unsigned i = 0; i < 4 * sizeof on / sizeof *on; i++) {
        row.config.reset_is_hard = i % 2 != 0;
        leave_locked(&flow, &row);
        struct model_ata *ata = flow.owned_ata[0];
        ata->config.lies[0] =
            (struct model_ata_lie){MODEL_ATA_RESETS, on[i / 4], i % 4 / 2 == 0 ? 1 : 0, i % 4 / 2};
        run_again(&flow);
        flow_check(&flow);
        if (!is_sanitized(flow_verdict(&flow, 0)) && ata->enabled) {
            assert_true(is_noted(&flow));
            expect_only_exception(&flow, "own_password_left");
        }
        ata->config.lies[0] = (struct model_ata_lie){0};
        run_again(&flow);
        check_end(&flow, row.name);
        assert_false(is_noted(&flow));
        flow_close(&flow);
    }
}

/* What comes before the run in which the power fails. */
enum before { NOTHING, LOCKED, LOCKED_WITHOUT_NOTE, RUNNING };

struct cut {
    const struct ata_row *row;
    unsigned command;
    enum model_ata_cut_moment moment;
    bool host; /* loses its power too */
    enum before before;
};

/* Somebody began a sanitize of this kind, and the drive is at it. */
static void begin_at_work(struct flow *flow, const struct ata_row *row)
{
    struct ata_row found = *row;
    found.config.former.running = row->config.block_erase ? MODEL_ATA_BLOCK
                                  : row->config.crypto    ? MODEL_ATA_CRYPTO
                                                          : MODEL_ATA_OVERWRITE;
    ask(flow, &found);
    assert_true(flow->owned_ata[0]->sanitize.running);
}

/* A run of ours lost its power in the middle of its erase. */
static void begin_locked(struct flow *flow, const struct ata_row *row, bool noted)
{
    leave_locked(flow, row);
    if (!noted)
        lose_notes(flow);
    model_ata_cut_power(flow->owned_ata[0]);
    model_ata_power_on(flow->owned_ata[0]);
    assert_true(flow->owned_ata[0]->locked);
    flow->locked_before = true;
    flow_again(flow);
    put_again(flow);
}

static void begin(struct flow *flow, const struct ata_row *row, enum before before)
{
    if (before == NOTHING)
        ask(flow, row);
    else if (before == RUNNING)
        begin_at_work(flow, row);
    else
        begin_locked(flow, row, before == LOCKED);
}

static void one_cut(const struct cut *cut, size_t *certified)
{
    static struct flow flow;
    char run_id[sizeof flow.run_id];
    size_t recovered = 0;
    begin(&flow, cut->row, cut->before);
    struct model_ata *ata = flow.owned_ata[0];
    model_ata_set_cut(ata, (struct model_ata_cut){.command = cut->command, .moment = cut->moment});
    flow_run(&flow);
    bool started = flow.started;
    assert_false(model_ata_is_powered(ata));
    if (started) {
        flow_check(&flow);
        *certified += is_sanitized(flow_verdict(&flow, 0));
        assert_int_not_equal(flow.exit_code, 2);
    }
    snprintf(run_id, sizeof run_id, "%s", flow.run_id);
    if (started && cut->host)
        recovered = lose_the_end(&flow);
    model_ata_power_on(ata);
    flow_again(&flow);
    put_again(&flow);
    flow_run(&flow);
    check_end(&flow, cut->row->name);
    if (started && cut->host)
        assert_int_equal(check_recovered(&flow, run_id), recovered);
    flow_close(&flow);
}

/* How many commands, transfers and flushes a run takes that nothing happens to. */
static unsigned count_commands(const struct ata_row *row, enum before before)
{
    static struct flow flow;
    begin(&flow, row, before);
    uint64_t counted = flow.owned_ata[0]->commands;
    flow_run(&flow);
    unsigned commands = (unsigned)(flow.owned_ata[0]->commands - counted);
    check_end(&flow, row->name);
    flow_close(&flow);
    return commands;
}

static void every_command(const struct ata_row *row, bool host, enum before before)
{
    static const char *const told[] = {"", ", found locked", ", found locked, no note", ", found at work"};
    unsigned commands = count_commands(row, before), first = (unsigned)(row - methods) + 2U * host;
    size_t certified = 0;
    assert_in_range(commands, 10, COMMANDS);
    for (unsigned i = first % EACH; i < commands * 3; i += EACH) {
        /* In a second run each command has one of the moments, the next one another. */
        if (before != NOTHING && EACH == 1 && i % 3 != i / 3 % 3)
            continue;
        struct cut cut = {row, i / 3 + 1, MODEL_ATA_CUT_BEFORE + i % 3, host, before};
        print_message("%s, command %u, moment %d%s%s\n", row->name, cut.command, cut.moment,
                      host ? ", host too" : "", told[before]);
        one_cut(&cut, &certified);
    }
    /* A drive that lost its power is certified only where nothing was left to be asked of it. */
    print_message("%s: %zu of %u certified by the run\n", row->name, certified, commands * 3);
    assert_in_range(certified, 0, 9);
}

static void drive_alone(void **state)
{
    every_command(*state, false, NOTHING);
}

static void drive_and_host(void **state)
{
    every_command(*state, true, NOTHING);
}

/* The host loses its power too every other time. */
static void while_it_is_waited_for(void **state)
{
    const struct ata_row *row = *state;
    every_command(row, (row - methods) % 2 == 0, RUNNING);
}

static void while_it_is_unlocked(void **state)
{
    const struct ata_row *row = *state;
    every_command(row, (row - methods) % 2 == 0, LOCKED);
}

static void while_it_is_unlocked_without_note(void **state)
{
    const struct ata_row *row = *state;
    every_command(row, (row - methods) % 2 != 0, LOCKED_WITHOUT_NOTE);
}

/* Another method takes over: our password is taken away before it, too. */
static void sanitize_takes_over(void **state)
{
    struct ata_row row = *(const struct ata_row *)*state;
    static struct flow flow;
    row.config.sanitize = row.config.crypto = true;
    row.config.lies[0] = (struct model_ata_lie){MODEL_ATA_HANGS, MODEL_ATA_UNIT, 1, 0};
    row.request.method = row.name;
    ask(&flow, &row);
    flow_run(&flow);
    flow_check(&flow);
    assert_string_equal(flow_verdict(&flow, 0), "stalled");
    model_ata_cut_power(flow.owned_ata[0]);
    model_ata_power_on(flow.owned_ata[0]);
    flow_again(&flow);
    put_again(&flow);
    flow.request.method = NULL;
    flow.request.level = "purge";
    flow_run(&flow);
    check_end(&flow, "ata-sanitize-crypto");
    flow_close(&flow);
}

/* A drive that never answers its ERASE UNIT takes no other with it. */
static void hanging_among_others(void **state)
{
    const struct ata_row *row = *state;
    static struct flow flow;
    struct ata_row hanging = *row;
    hanging.config.lies[0] = (struct model_ata_lie){MODEL_ATA_HANGS, MODEL_ATA_UNIT, 0, 0};
    static const char *const names[] = {"sda", "sdb", "sdc"};
    flow_open(&flow, 3);
    flow.request.level = "clear";
    for (size_t i = 0; i < 3; i++) {
        struct model_ata_config config = i == 1 ? hanging.config : row->config;
        char serial[32];
        snprintf(serial, sizeof serial, "SERIAL-%zu", i);
        config.serial = serial;
        config.wwn = 0x5000c50000000000U + i;
        struct model_facts facts = {.name = names[i], .bus = UW_BUS_ATA};
        facts.media = config.rotation >= 0x401 ? UW_MEDIA_HDD : UW_MEDIA_SSD;
        if (config.rotation == 0)
            config.rotation = 1;
        struct model_ata *ata = model_ata_new(&config);
        assert_non_null(ata);
        flow_own_ata(&flow, ata);
        flow_put_ata(&flow, i, &facts, ata, i + 1);
    }
    flow_run(&flow);
    flow_check(&flow);
    assert_string_equal(flow_verdict(&flow, 0), "sanitized");
    assert_string_equal(flow_verdict(&flow, 1), "stalled");
    assert_string_equal(flow_verdict(&flow, 2), "sanitized");
    assert_int_equal(flow.exit_code, 1);
    check_usable(flow.owned_ata[0]);
    check_usable(flow.owned_ata[2]);
    flow_close(&flow);
}

static const struct {
    const char *name; /* begins with the part of the tests that it belongs to */
    CMUnitTestFunction run;
    bool sanitize, security;
} kinds[] = {
    {"drive", drive_alone, true, true},
    {"host", drive_and_host, true, true},
    {"again, found at work", while_it_is_waited_for, true, false},
    {"again, found locked", while_it_is_unlocked, false, true},
    {"again, found locked, no note", while_it_is_unlocked_without_note, false, true},
    {"rest: signal", signal_in_the_middle, true, false},
    {"rest: signal with password", signal_with_password, false, true},
    {"rest: note lost", note_lost, false, true},
    {"rest: note lost, another password", note_lost_and_another_password, false, true},
    {"rest: noted, another password", noted_and_another_password, false, true},
    {"rest: cannot be taken away", cannot_be_taken_away, false, true},
    {"rest: reset while it is taken away", reset_while_it_is_taken_away, false, true},
    {"rest: sanitize takes over", sanitize_takes_over, false, true},
    {"rest: hangs among others", hanging_among_others, false, true},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

int main(int argc, char **argv)
{
    static struct CMUnitTest tests[METHODS * KINDS];
    static char names[METHODS * KINDS][96];
    size_t count = 0;
    for (size_t i = 0; i < METHODS * KINDS; i++) {
        const struct ata_row *row = &methods[i / KINDS];
        size_t kind = i % KINDS;
        if (is_sanitize(row) ? !kinds[kind].sanitize : !kinds[kind].security)
            continue;
        if (row->request.psid != NULL && kinds[kind].run != drive_alone && kinds[kind].run != drive_and_host)
            continue; /* it sets no password, and is not found at work */
        if (row->config.former.succeeded && kinds[kind].run == while_it_is_waited_for)
            continue; /* as the one that was not */
        if (row->config.former.failed &&
            (kinds[kind].run == sanitize_takes_over || kinds[kind].run == hanging_among_others))
            continue; /* these are of erases that nothing went before */
        snprintf(names[count], sizeof names[count], "%s: %s%s%s%s", kinds[kind].name, row->name,
                 row->config.rotation != 0 ? ", disk" : "",
                 row->config.former.succeeded ? ", before"
                 : row->config.former.failed  ? ", after a failure"
                                              : "",
                 row->config.enhanced_noise ? ", noise" : "");
        tests[count] = (struct CMUnitTest){
            .name = names[count], .test_func = kinds[kind].run, .initial_state = (void *)row};
        count++;
    }
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return _cmocka_run_group_tests("ata power", tests, count, NULL, flow_remove_all);
}
