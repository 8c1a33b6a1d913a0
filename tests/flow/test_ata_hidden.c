/* SPDX-License-Identifier: Apache-2.0 */
/* Hidden areas from one run to the next: what the certificate says of their opening, AMAX that one run leaves
 * open and the next sets back, and power that fails at each command on the way. */
#include "flow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/run.h"

enum { HIDDEN = 16, SECTORS = 64, COMMANDS = 400 };
#define SMALL .block.bytes = SECTORS * 512, .rotation = 7200

static const struct ata_row amax_unseen = {"amax", .config = {SMALL, .amax = true, .amax_sectors = HIDDEN},
                                           .request.level = "clear"};
static const struct ata_row amax_seen = {
    "amax", .config = {SMALL, .amax = true, .amax_sectors = HIDDEN, .sat.follows_size = true},
    .request.level = "clear"};
static const struct ata_row hpa = {"hpa", .config = {SMALL, .hpa = true, .hpa_sectors = HIDDEN},
                                   .request.level = "clear"};
static const struct ata_row hpa_and_dco = {"hpa and dco",
                                           .config = {SMALL, .hpa = true, .hpa_sectors = HIDDEN, .dco = true,
                                                      .dco_sectors = HIDDEN, .sat.follows_size = true},
                                           .request = {.level = "clear", .restore_dco = true}};

static const json_t *opened(const struct flow *flow, size_t index)
{
    return json_array_get(json_object_get(json_object_get(flow->certificate[0], "hidden_areas"), "opened"),
                          index);
}

static void expect_opened(const json_t *item, const char *area, json_int_t before, json_int_t after,
                          bool done, const char *left)
{
    assert_string_equal(flow_text(item, "area"), area);
    assert_int_equal(flow_number(item, "sectors_before"), before);
    assert_int_equal(flow_number(item, "sectors_after"), after);
    assert_int_equal(json_is_true(json_object_get(item, "opened")), done);
    assert_string_equal(flow_text(item, "left"), left);
}

static json_int_t blocks_of(const struct flow *flow)
{
    const json_t *medium = json_object_get(flow->certificate[0], "medium");
    return flow_number(json_object_get(medium, "capacity"), "blocks");
}

static bool has_exception(const struct flow *flow, const char *code)
{
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(flow->certificate[0], "exceptions"), i, item) {
        if (strcmp(flow_text(item, "code"), code) == 0)
            return true;
    }
    return false;
}

static void run_again(struct flow *flow)
{
    struct model_ata *ata = flow->owned_ata[0];
    struct model_facts facts = flow->machine.drives[0].facts;
    flow_again(flow);
    ata->seen_count = 0;
    model_block_new_host(ata->block);
    model_ata_rescan(ata);
    flow_put_ata(flow, 0, &facts, ata, 1);
    flow_run(flow);
    flow_check(flow);
}

static void cycle_power(struct flow *flow)
{
    model_ata_cut_power(flow->owned_ata[0]);
    model_ata_power_on(flow->owned_ata[0]);
}

static void open_and_run(struct flow *flow, const struct ata_row *row)
{
    flow_open_ata(flow, row);
    flow_run(flow);
    flow_check(flow);
}

/* Before, while it is open, after: each stands there, and the plan named it. */
static void hpa_is_told(void **state)
{
    (void)state;
    static struct flow flow;
    open_and_run(&flow, &hpa);
    const json_t *areas = json_object_get(flow.certificate[0], "hidden_areas");
    assert_string_equal(flow_verdict(&flow, 0), "sanitized");
    assert_string_equal(flow_text(areas, "hpa"), "present");
    expect_opened(opened(&flow, 0), "hpa", SECTORS - HIDDEN, SECTORS, true, "until-power-cycle");
    assert_string_equal(flow_text(opened(&flow, 0), "command"), "0000000000000000003f4037");
    assert_null(opened(&flow, 1));
    assert_int_equal(blocks_of(&flow), SECTORS);
    const json_t *plan = json_array_get(json_object_get(flow.plans, "plans"), 0);
    const json_t *opens = json_array_get(json_object_get(plan, "opens"), 0);
    assert_string_equal(flow_text(opens, "area"), "hpa");
    assert_string_equal(flow_text(opens, "left"), "until-power-cycle");
    cycle_power(&flow);
    assert_int_equal(model_ata_truth(flow.owned_ata[0]).visible, SECTORS - HIDDEN);
    assert_int_equal(model_ata_truth(flow.owned_ata[0]).old, 0);
    flow_close(&flow);
}

/* Where there is nothing to be opened, or the method reaches it, nothing is sent. */
static void nothing_is_opened(void **state)
{
    (void)state;
    static struct flow flow;
    struct ata_row sanitize = hpa;
    sanitize.config.sanitize = sanitize.config.overwrite = true;
    sanitize.request.level = "purge";
    open_and_run(&flow, &sanitize);
    assert_string_equal(flow_verdict(&flow, 0), "sanitized");
    assert_null(opened(&flow, 0));
    assert_int_equal(model_ata_seen_count(flow.owned_ata[0], 0x37), 0);
    flow_close(&flow);
    struct ata_row shown = hpa;
    shown.config.hpa_sectors = 0;
    open_and_run(&flow, &shown);
    assert_null(opened(&flow, 0));
    assert_int_equal(model_ata_seen_count(flow.owned_ata[0], 0x37), 0);
    flow_close(&flow);
}

/* Each set directly follows a read of the native size. */
static void order_of_commands(void **state)
{
    (void)state;
    static struct flow flow;
    open_and_run(&flow, &hpa_and_dco);
    const struct model_ata *ata = flow.owned_ata[0];
    size_t set = 0, restored = 0;
    for (size_t i = 1; i < ata->seen_count; i++) {
        if (!ata->seen[i].ata)
            continue;
        if (ata->seen[i].command == 0x37) {
            set = i;
            assert_int_equal(ata->seen[i - 1].command, 0x27);
            assert_int_equal(ata->seen[i].count & 1, 0);
        }
        if (ata->seen[i].command == 0xb1 && ata->seen[i].features == 0xc0)
            restored = i;
    }
    assert_true(set > 0 && restored > set);
    expect_opened(opened(&flow, 0), "hpa", SECTORS - 2 * HIDDEN, SECTORS - HIDDEN, true, "until-power-cycle");
    expect_opened(opened(&flow, 1), "dco", SECTORS - HIDDEN, SECTORS, true, "restored");
    assert_int_equal(blocks_of(&flow), SECTORS);
    assert_int_equal(model_ata_truth(flow.owned_ata[0]).old, 0);
    flow_close(&flow);
}

/* DCO RESTORE goes out where it was asked for, and nowhere else. */
static void not_restored_unasked(void **state)
{
    (void)state;
    static struct flow flow;
    struct ata_row row = hpa_and_dco;
    row.request.restore_dco = false;
    open_and_run(&flow, &row);
    for (size_t i = 0; i < flow.owned_ata[0]->seen_count; i++)
        assert_false(flow.owned_ata[0]->seen[i].ata && flow.owned_ata[0]->seen[i].command == 0xb1 &&
                     flow.owned_ata[0]->seen[i].features == 0xc0);
    assert_int_equal(blocks_of(&flow), SECTORS - HIDDEN);
    flow_close(&flow);
}

/* The host sees it after a power cycle; then all of it is erased, and it is set back. */
static void next_run_sets_back(void **state)
{
    (void)state;
    static struct flow flow;
    open_and_run(&flow, &amax_unseen);
    assert_string_equal(flow_verdict(&flow, 0), "sanitized-with-exceptions");
    assert_true(has_exception(&flow, "amax_left_open"));
    expect_opened(opened(&flow, 0), "amax", SECTORS - HIDDEN, SECTORS, false, "open");
    assert_int_equal(blocks_of(&flow), SECTORS - HIDDEN);
    cycle_power(&flow);
    run_again(&flow);
    assert_string_equal(flow_verdict(&flow, 0), "sanitized");
    assert_int_equal(blocks_of(&flow), SECTORS);
    expect_opened(opened(&flow, 0), "amax", SECTORS - HIDDEN, SECTORS, true, "set-back");
    assert_false(has_exception(&flow, "amax_left_open"));
    assert_int_equal(model_ata_truth(flow.owned_ata[0]).visible, SECTORS - HIDDEN);
    assert_int_equal(model_ata_truth(flow.owned_ata[0]).old, 0);
    flow_close(&flow);
}

/* Somebody else has opened it, or this station knows of nothing: it is left as it is. */
static void others_are_left(void **state)
{
    (void)state;
    static struct flow flow;
    struct ata_row row = amax_unseen;
    row.config.amax_sectors = 0;
    open_and_run(&flow, &row);
    assert_null(opened(&flow, 0));
    for (size_t i = 0; i < flow.owned_ata[0]->seen_count; i++)
        assert_false(flow.owned_ata[0]->seen[i].command == 0x78 && flow.owned_ata[0]->seen[i].features != 0);
    flow_close(&flow);
}

static unsigned count_commands(const struct ata_row *row)
{
    static struct flow flow;
    open_and_run(&flow, row);
    unsigned commands = (unsigned)flow.owned_ata[0]->commands;
    flow_close(&flow);
    return commands;
}

/* Whenever the power fails: two more runs, with a power cycle between, leave a drive that is erased up to the
 * native size and shows what it showed before. */
static void one_cut(const struct ata_row *row, unsigned command, enum model_ata_cut_moment moment)
{
    static struct flow flow;
    flow_open_ata(&flow, row);
    struct model_ata *ata = flow.owned_ata[0];
    bool keeps = ata->config.amax;
    model_ata_set_cut(ata, (struct model_ata_cut){.command = command, .moment = moment});
    flow_run(&flow);
    assert_false(model_ata_is_powered(ata));
    /* What it took before the cut its host may not know of; but it is not called erased. */
    for (uint64_t lba = 0; flow.started && lba < SECTORS - 2 * HIDDEN; lba++)
        if (ata->history[lba] == MODEL_ATA_OLD)
            assert_int_not_equal(flow.exit_code, 0);
    model_ata_power_on(ata);
    run_again(&flow);
    assert_memory_equal(flow_verdict(&flow, 0), "sanitized", 9);
    cycle_power(&flow);
    run_again(&flow);
    assert_memory_equal(flow_verdict(&flow, 0), "sanitized", 9);
    struct model_ata_truth truth = model_ata_truth(ata);
    assert_int_equal(truth.old, 0);
    if (keeps) {
        /* Opened by this last run alone where no run before came so far. */
        bool told = has_exception(&flow, "amax_left_open");
        assert_int_equal(truth.visible, told ? SECTORS : SECTORS - HIDDEN);
    }
    cycle_power(&flow);
    if (!keeps && !row->request.restore_dco)
        assert_int_equal(model_ata_truth(ata).visible, SECTORS - HIDDEN);
    flow_close(&flow);
}

static void every_cut(void **state)
{
    const struct ata_row *row = *state;
    unsigned commands = count_commands(row);
    assert_in_range(commands, 10, COMMANDS);
    for (unsigned i = 1; i <= commands; i++) {
        enum model_ata_cut_moment moment = (enum model_ata_cut_moment)(MODEL_ATA_CUT_BEFORE + i % 3);
        print_message("%s, command %u, moment %d\n", row->name, i, moment);
        one_cut(row, i, moment);
    }
}

/* The certificate of a run whose host went down in the middle tells of what it had opened. */
static void journal_tells(void **state)
{
    (void)state;
    static struct flow flow;
    char path[FLOW_FOLDER_BYTES * 2];
    static char text[1 << 20];
    open_and_run(&flow, &amax_seen);
    snprintf(path, sizeof path, "%s/journal/%s.jsonl", flow.state, flow.run_id);
    FILE *journal = fopen(path, "r+");
    assert_non_null(journal);
    size_t bytes = fread(text, 1, sizeof text - 1, journal);
    text[bytes] = '\0';
    char *opening = strstr(text, "\"event\":\"area-opening\"");
    assert_non_null(opening);
    char *end = strchr(opening, '\n');
    assert_int_equal(ftruncate(fileno(journal), end + 1 - text), 0);
    fclose(journal);
    unlink(flow_text(flow_event(&flow, 0, "certificate-stored"), "path"));
    cycle_power(&flow);
    run_again(&flow);
    assert_string_equal(flow_verdict(&flow, 0), "sanitized");
    expect_opened(opened(&flow, 0), "amax", SECTORS - HIDDEN, SECTORS, true, "set-back");
    flow_close(&flow);
}

static void grow(struct model_drive *drive, void *user)
{
    (void)user;
    drive->ata->visible = SECTORS;
}

/* An erase that opens what was hidden: the host is told to look anew, and sees another size than before. */
static void grown_by_its_erase(void **state)
{
    static const struct ata_row row = {"grows",
                                       .config = {SMALL, .sanitize = true, .overwrite = true, .hpa = true,
                                                  .hpa_sectors = HIDDEN, .sat.follows_size = true}};
    static struct flow flow;
    (void)state;
    flow_open_ata(&flow, &row);
    flow.machine.erasing = grow;
    flow_run(&flow);
    flow_check(&flow);
    const json_t *medium = json_object_get(flow.certificate[0], "medium");
    const json_t *after = json_object_get(json_object_get(medium, "identity_recheck"), "after");
    assert_string_equal(flow_verdict(&flow, 0), "failed");
    assert_false(json_is_true(json_object_get(after, "same")));
    assert_int_equal(flow_number(after, "bytes"), SECTORS * 512);
    assert_int_equal(flow.owned_ata[0]->rescans, 1);
    flow_close(&flow);
}

/* What the host wrote by itself it need not look at anew. */
static void rescanned_after_its_own_erase_alone(void **state)
{
    static const struct ata_row rows[] = {
        {"sanitize", .config = {SMALL, .sanitize = true, .overwrite = true}},
        {"security", .config = {SMALL, .security = true, .enhanced = true},
         .request = {.level = "clear", .method = "ata-security-erase-enhanced"}},
        {"host", .config = {SMALL}, .request.level = "clear"}};
    static struct flow flow;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        open_and_run(&flow, &rows[i]);
        assert_string_equal(flow_verdict(&flow, 0), "sanitized");
        assert_int_equal(flow.owned_ata[0]->rescans, i < 2);
        flow_close(&flow);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hpa_is_told),
        cmocka_unit_test(nothing_is_opened),
        cmocka_unit_test(order_of_commands),
        cmocka_unit_test(not_restored_unasked),
        cmocka_unit_test(next_run_sets_back),
        cmocka_unit_test(others_are_left),
        cmocka_unit_test(journal_tells),
        cmocka_unit_test(grown_by_its_erase),
        cmocka_unit_test(rescanned_after_its_own_erase_alone),
        {"power hpa", every_cut, NULL, NULL, (void *)&hpa},
        {"power amax", every_cut, NULL, NULL, (void *)&amax_unseen},
        {"power amax seen", every_cut, NULL, NULL, (void *)&amax_seen},
        {"power hpa and dco", every_cut, NULL, NULL, (void *)&hpa_and_dco},
    };
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, flow_remove_all);
}
