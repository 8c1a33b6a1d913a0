/* SPDX-License-Identifier: Apache-2.0 */
/* Looking at drives again after their erase: reads only, and ends with an addendum, never with a certificate
 * of erasure (root/traps.test, 7). */
#include "flow.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct row {
    const char *name;
    const char *standard;     /* of the erase; NULL: none was done */
    const char *keystream;    /* NULL: what the processor makes fast */
    bool bound;               /* --certificate */
    bool other_certificate;   /* of another drive */
    bool change;              /* a bit of LBA 1000 on the medium */
    struct model_fault fault; /* from the check on */
    bool holds;
    const char *reason;
};

static const struct row rows[] = {
    {"zeros, bound", "nist-clear", .bound = true, .holds = true,
     .reason = "it holds what its certificate says"},
    {"zeros, unbound", "nist-clear", .holds = true, .reason = "it holds one byte all over"},
    {"complement, unbound", "complement", .holds = true, .reason = "it holds one byte all over"},
    {"keystream, bound", "random", .bound = true, .holds = true,
     .reason = "it holds what its certificate says"},
    {"chacha20, bound", "random", .keystream = "chacha20", .bound = true, .holds = true,
     .reason = "it holds what its certificate says"},
    {"changed chacha20", "random", .keystream = "chacha20", .bound = true, .change = true,
     .reason = "it does not hold what its certificate says"},
    {"keystream, unbound", "random", .reason = "it does not hold one byte all over"},
    {"never erased", NULL, .reason = "it does not hold one byte all over"},
    {"changed since, bound", "nist-clear", .bound = true, .change = true,
     .reason = "it does not hold what its certificate says"},
    {"changed since, unbound", "nist-clear", .change = true, .reason = "it does not hold one byte all over"},
    {"changed keystream", "random", .bound = true, .change = true,
     .reason = "it does not hold what its certificate says"},
    {"another's certificate", "nist-clear", .bound = true, .other_certificate = true,
     .reason = "it has another serial than its certificate"},
    {"unreadable block", "nist-clear", .bound = true, .fault = {MODEL_ERROR, MODEL_READ, 1000, 1},
     .reason = "not everything could be read"},
    {"unreadable first block", "nist-clear", .fault = {MODEL_ERROR, MODEL_READ, 0, 1},
     .reason = "the first block cannot be read"},
    {"gone", "nist-clear", .bound = true, .fault = {MODEL_GONE}, .reason = "the drive is gone"},
    {"removed", "nist-clear", .bound = true, .fault = {MODEL_OTHER, .value = MODEL_LEFT},
     .reason = "the drive is gone"},
    {"another serial", "nist-clear", .bound = true, .fault = {MODEL_OTHER, .value = MODEL_SERIAL},
     .reason = "another drive answers than the one that was named"},
    {"hangs", "nist-clear", .bound = true, .fault = {MODEL_HANG, MODEL_READ, 3000, 1},
     .reason = "it stopped answering"},
    {"hangs at once", "nist-clear", .fault = {MODEL_HANG, MODEL_READ, 0, 1},
     .reason = "it stopped answering"},
    {"stale", "complement", .bound = true, .fault = {MODEL_STALE},
     .reason = "it does not hold what its certificate says"},
    {"flips a bit on reading", "random", .bound = true, .fault = {MODEL_FLIP, MODEL_READ, 77, 1},
     .reason = "it does not hold what its certificate says"},
};

/* Drive 0 is the one that is looked at, drive 1 lends its certificate. */
static void erase(struct flow *flow, const struct row *row)
{
    flow->request.standard = row->standard;
    flow->request.keystream = row->keystream;
    flow_run(flow);
    flow_check(flow);
    assert_string_equal(flow_verdict(flow, 0), "sanitized");
}

static void harm(struct model_block *block, const struct row *row)
{
    if (row->change)
        block->media[1000 * 512 + 7] ^= 1;
    struct model_fault *fault = &block->config.faults[1];
    *fault = row->fault;
    if (fault->on == 0)
        fault->on = MODEL_READ | MODEL_WRITE | MODEL_FLUSH | MODEL_LOOK;
    if (fault->blocks == 0)
        fault->blocks = block->blocks;
    fault->error = EIO;
}

static void one_row(void **state)
{
    const struct row *row = *state;
    static struct flow flow;
    char path[FLOW_FOLDER_BYTES * 4] = "";
    const char *names[] = {"looked-at", "other"};
    flow_open(&flow, 2);
    for (size_t i = 0; i < 2; i++) {
        const struct model_facts facts = {.name = names[i]};
        /* A fault that never comes, so that the model keeps what STALE needs. */
        const struct model_config config = {.faults = {{.effect = MODEL_STALE, .after_flushes = 1000}}};
        flow_put(&flow, i, &facts, &config, i);
    }
    if (row->standard != NULL) {
        erase(&flow, row);
        snprintf(path, sizeof path, "%s",
                 flow_text(flow_event(&flow, row->other_certificate ? 1 : 0, "certificate-stored"), "path"));
    }
    struct model_block *block = flow.machine.drives[0].block;
    harm(block, row);
    uint64_t written = block->bytes_written, flushes = block->flushes;
    flow_again(&flow);
    flow.request.standard = NULL;
    flow.request.check = true;
    flow.request.targets = (struct uw_strings){flow.targets, 1};
    flow.request.certificate = row->bound ? path : NULL;
    flow_run(&flow);
    if (!flow.started)
        fail_msg("not started: %s", flow.error.text);
    assert_string_equal(flow.fault, "");
    assert_string_equal(flow.machine.drives[0].complaint, "");
    assert_int_equal(block->bytes_written, written);
    assert_int_equal(block->flushes, flushes);
    const json_t *stored = flow_event(&flow, 0, "certificate-stored");
    assert_null(json_object_get(stored, "certificate"));
    json_t *body = flow_read_signed(&flow, flow_text(stored, "path"), "addendum");
    assert_string_equal(flow_text(body, "result"), row->holds ? "holds" : "does-not-hold");
    if (strstr(flow_text(body, "reason"), row->reason) == NULL)
        fail_msg("'%s' is not in: %s", row->reason, flow_text(body, "reason"));
    assert_int_equal(flow.exit_code, row->holds ? 0 : 1);
    const json_t *verification = json_object_get(body, "verification");
    if (row->holds)
        assert_string_equal(flow_text(verification, "evidence_class"), row->bound ? "media" : "mapping");
    json_decref(body);
    flow_close(&flow);
}

int main(void)
{
    enum { ROWS = sizeof rows / sizeof rows[0] };
    struct CMUnitTest tests[ROWS];
    for (size_t i = 0; i < ROWS; i++)
        tests[i] = (struct CMUnitTest){
            .name = rows[i].name, .test_func = one_row, .initial_state = (void *)&rows[i]};
    return _cmocka_run_group_tests("check", tests, ROWS, NULL, flow_remove_all);
}
