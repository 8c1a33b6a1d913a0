/* SPDX-License-Identifier: Apache-2.0 */
/* The record of commands over whole runs: what a drive was told to do to its data stands in it once and in
 * order; of a command that hangs its beginning; and a record that is lost changes no run. */
#include "flow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OF_A_METHOD = 2, HEX_BYTES = 64, ATA_IDENTIFY = 0xec };

static struct flow flow;
static char path[FLOW_FOLDER_BYTES + 16];

static void begin_trace(void)
{
    snprintf(path, sizeof path, "%s/trace", flow.folder);
    flow.request.trace = uw_trace_open(path, NULL);
    assert_non_null(flow.request.trace);
}

static json_t *end_trace(void)
{
    char line[8192];
    json_t *lines = json_array();
    assert_true(uw_trace_close(flow.request.trace, NULL));
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        json_t *value = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
        assert_non_null(value);
        assert_int_equal(flow_number(value, "sequence"), json_array_size(lines) + 1);
        json_array_append_new(lines, value);
    }
    fclose(file);
    return lines;
}

/* Each command ended, or was given up, once and after it was sent; the rest is in flight for good. */
static size_t check_pairs(const json_t *lines)
{
    size_t i, open = 0;
    json_t *line, *state = json_object();
    json_array_foreach(lines, i, line) {
        char key[32];
        const char *record = flow_text(line, "record");
        snprintf(key, sizeof key, "%lld", flow_number(line, "command"));
        const char *before = json_string_value(json_object_get(state, key));
        bool sent = strcmp(record, "sent") == 0;
        assert_true(sent ? before == NULL : before != NULL && strcmp(before, "sent") == 0);
        open += sent ? 1 : 0;
        open -= sent ? 0 : 1;
        json_object_set_new(state, key, json_string(record));
    }
    json_decref(state);
    return open;
}

/* ---- ATA */

static bool changes_ata(uint8_t command, unsigned features)
{
    return (command >= 0xf1 && command <= 0xf6) || (command == 0xb4 && features != 0);
}

/* "FEATURES COUNT LBA COMMAND" of the next one that changes something; false: there is none. */
static bool next_seen(const struct model_ata *ata, size_t *at, char hex[HEX_BYTES])
{
    for (; *at < ata->seen_count; (*at)++) {
        const struct model_ata_seen *s = &ata->seen[*at];
        if (!s->ata || !changes_ata(s->command, s->features))
            continue;
        snprintf(hex, HEX_BYTES, "%04x%04x%012llx%02x", s->features, s->count, (unsigned long long)s->lba,
                 s->command);
        (*at)++;
        return true;
    }
    return false;
}

static bool next_sent(const json_t *lines, size_t *at, char hex[HEX_BYTES])
{
    for (; *at < json_array_size(lines); (*at)++) {
        const json_t *line = json_array_get(lines, *at);
        const char *registers = flow_text(line, "registers");
        unsigned features = 0, command = 0;
        if (strcmp(flow_text(line, "record"), "sent") != 0 || strlen(registers) != 24 ||
            sscanf(registers, "%4x%*18c%2x", &features, &command) != 2 ||
            !changes_ata((uint8_t)command, features))
            continue;
        snprintf(hex, HEX_BYTES, "%.20s%.2s", registers, registers + 22);
        (*at)++;
        return true;
    }
    return false;
}

static size_t compare_ata(const json_t *lines)
{
    const struct model_drive *drive = &flow.machine.drives[0];
    char sent[HEX_BYTES], seen[HEX_BYTES];
    size_t count = 0, at_sent = 0, at_seen = drive->seen_before;
    while (next_seen(drive->ata, &at_seen, seen)) {
        if (!next_sent(lines, &at_sent, sent))
            fail_msg("%s was sent and is not in the record", seen);
        assert_string_equal(sent, seen);
        count++;
    }
    if (next_sent(lines, &at_sent, sent))
        fail_msg("%s is in the record and was not sent", sent);
    return count;
}

/* The first rows of each method. */
static bool is_one_of_the_first(const char *method, json_t *counts)
{
    if (method == NULL)
        return false;
    json_int_t before = json_integer_value(json_object_get(counts, method));
    json_object_set_new(counts, method, json_integer(before + 1));
    return before < OF_A_METHOD;
}

static void what_changes_an_ata_drive_stands_there_once_and_in_order(void **state)
{
    (void)state;
    json_t *counts = json_object();
    size_t inside = 0;
    for (size_t i = 0; i < ata_row_count; i++) {
        const struct ata_row *row = &ata_rows[i];
        if (!is_one_of_the_first(row->expect.method, counts))
            continue;
        flow_open_ata(&flow, row);
        begin_trace();
        flow_run(&flow);
        json_t *lines = end_trace();
        flow_check(&flow);
        flow_expect_ata(&flow, row);
        size_t count = compare_ata(lines);
        assert_true((count > 0) == (row->expect.sanitizes > 0 || row->expect.units > 0));
        inside += count > 0 ? 1 : 0;
        assert_int_equal(check_pairs(lines), 0);
        json_decref(lines);
        flow_close(&flow);
    }
    assert_int_equal(json_object_size(counts), 6);
    assert_int_equal(inside, 5 * OF_A_METHOD);
    json_decref(counts);
}

static void a_command_that_hangs_stands_there_with_its_beginning(void **state)
{
    (void)state;
    const struct ata_row row = {.name = "hangs",
                                .config = {.sanitize = true,
                                           .block_erase = true,
                                           .lies = {{.kind = MODEL_ATA_HANGS, .on = MODEL_ATA_SANITIZE}}}};
    flow_open_ata(&flow, &row);
    begin_trace();
    flow_run(&flow);
    json_t *lines = end_trace();
    flow_check(&flow);
    assert_string_equal(flow_verdict(&flow, 0), "stalled");
    size_t count = json_array_size(lines);
    const json_t *sent = json_array_get(lines, count - 2), *last = json_array_get(lines, count - 1);
    assert_string_equal(flow_text(sent, "name"), "BLOCK ERASE EXT");
    assert_string_equal(flow_text(sent, "record"), "sent");
    assert_string_equal(flow_text(last, "record"), "unanswered");
    assert_true(json_is_true(json_object_get(last, "stalled")));
    assert_int_equal(flow_number(last, "command"), flow_number(sent, "command"));
    compare_ata(lines);
    json_decref(lines);
    flow_close(&flow);
}

/* The comparison can fail: with a line more, with one less, with one of another order. */
static void the_comparison_sees_what_is_missing(void **state)
{
    (void)state;
    const struct ata_row *row = NULL;
    for (size_t i = 0; i < ata_row_count && row == NULL; i++)
        row = strcmp(ata_rows[i].name, "ssd-enhanced") == 0 ? &ata_rows[i] : NULL;
    assert_non_null(row);
    flow_open_ata(&flow, row);
    begin_trace();
    flow_run(&flow);
    json_t *lines = end_trace();
    char first[HEX_BYTES], second[HEX_BYTES];
    size_t at = 0, was;
    assert_true(next_sent(lines, &at, first));
    was = at;
    assert_true(next_sent(lines, &at, second));
    assert_string_not_equal(first, second);
    json_array_remove(lines, was - 1);
    at = 0;
    assert_true(next_sent(lines, &at, second));
    assert_string_not_equal(first, second);
    json_decref(lines);
    flow_close(&flow);
}

/* ---- NVMe */

static size_t compare_nvme(const json_t *lines)
{
    const struct model_nvme *nvme = flow.owned[0];
    size_t i, at = flow.machine.drives[0].seen_before, count = 0;
    json_t *line;
    json_array_foreach(lines, i, line) {
        json_int_t opcode = json_integer_value(json_object_get(line, "opcode"));
        if (strcmp(flow_text(line, "record"), "sent") != 0 || (opcode != 0x80 && opcode != 0x84))
            continue;
        if (at == nvme->seen_count)
            fail_msg("%s is in the record and was not sent", flow_text(line, "hex"));
        const struct model_nvme_seen *seen = &nvme->seen[at++];
        assert_int_equal(seen->opcode, opcode);
        assert_int_equal(seen->nsid, flow_number(line, "nsid"));
        assert_int_equal(seen->cdw10, flow_number(line, "cdw10"));
        assert_int_equal(seen->cdw11, flow_number(line, "cdw11"));
        count++;
    }
    assert_int_equal(at, nvme->seen_count);
    return count;
}

static void what_changes_an_nvme_drive_stands_there_once_and_in_order(void **state)
{
    (void)state;
    json_t *counts = json_object();
    size_t inside = 0;
    for (size_t i = 0; i < nvme_row_count; i++) {
        const struct nvme_row *row = &nvme_rows[i];
        if (!is_one_of_the_first(row->expect.method, counts))
            continue;
        flow_open_nvme(&flow, row);
        begin_trace();
        flow_run(&flow);
        json_t *lines = end_trace();
        flow_check(&flow);
        size_t count = compare_nvme(lines);
        assert_true((count > 0) == (row->expect.sanitizes > 0 || row->expect.formats > 0));
        inside += count > 0 ? 1 : 0;
        assert_int_equal(check_pairs(lines), 0);
        json_decref(lines);
        flow_close(&flow);
    }
    assert_int_equal(json_object_size(counts), 6);
    assert_int_equal(inside, 5 * OF_A_METHOD);
    json_decref(counts);
}

/* ---- A record that is lost */

static void lose(struct flow *of, const struct uw_event *event)
{
    (void)of;
    if (strcmp(uw_event_name(event->kind), "touched") == 0)
        unlink(path);
}

static void a_record_that_vanishes_changes_no_run(void **state)
{
    (void)state;
    const struct ata_row row = {.name = "vanishes", .config = {.sanitize = true, .block_erase = true}};
    flow_open_ata(&flow, &row);
    begin_trace();
    flow.heard = lose;
    flow_run(&flow);
    uw_trace_close(flow.request.trace, NULL);
    flow_check(&flow);
    assert_string_equal(flow_verdict(&flow, 0), "sanitized");
    assert_int_equal(flow.exit_code, UW_EXIT_SANITIZED);
    assert_int_not_equal(access(path, F_OK), 0);
    flow_close(&flow);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_changes_an_ata_drive_stands_there_once_and_in_order),
        cmocka_unit_test(what_changes_an_nvme_drive_stands_there_once_and_in_order),
        cmocka_unit_test(a_command_that_hangs_stands_there_with_its_beginning),
        cmocka_unit_test(the_comparison_sees_what_is_missing),
        cmocka_unit_test(a_record_that_vanishes_changes_no_run),
    };
    return cmocka_run_group_tests(tests, NULL, flow_remove_all);
}
