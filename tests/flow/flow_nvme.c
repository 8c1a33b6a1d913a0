/* SPDX-License-Identifier: Apache-2.0 */
/* What certificates may say of NVMe drives that erase themselves; the controller's model knows the truth. */
#include "flow.h"

#include <stdio.h>
#include <string.h>

#include "model/model_nvme.h"

static bool has(const json_t *exceptions, const char *code)
{
    size_t i;
    json_t *exception;
    json_array_foreach(exceptions, i, exception) {
        if (strcmp(flow_text(exception, "code"), code) == 0)
            return true;
    }
    return false;
}

/* A refusal writes nothing, and what is done to its siblings does not reach it. What the drive is at by
 * itself goes on. */
static void check_untouched(const struct flow *flow, size_t job)
{
    const struct model_drive *drive = &flow->machine.drives[job];
    struct model_nvme *nvme = drive->nvme;
    assert_null(flow_step(flow, job));
    assert_int_equal(drive->block->bytes_written, 0);
    if (nvme->sanitize.running || nvme->config.former.state == UW_NVME_SANITIZE_RUNNING)
        return;
    assert_int_equal(model_nvme_truth(nvme, drive->place).old_units, drive->old_before);
}

/* Whatever is addressable must be gone: of a sanitize in all namespaces, attached or not. */
static void check_truth(const struct flow *flow, size_t job, const char *method)
{
    const struct model_drive *drive = &flow->machine.drives[job];
    bool all = strncmp(method, "nvme-sanitize-", 14) == 0 || strncmp(method, "opal-", 5) == 0 ||
               (drive->nvme->config.fna & (UW_NVME_FNA_FORMAT_ALL | UW_NVME_FNA_ERASE_ALL)) != 0;
    for (size_t place = 0; place < drive->nvme->count; place++) {
        struct model_nvme_truth truth = model_nvme_truth(drive->nvme, place);
        bool clean = truth.old_units == 0 && truth.erased == truth.blocks;
        if (!clean && (all || place == drive->place))
            fail_msg("%s is certified, and of place %zu %llu blocks are old, %llu hold what was written, "
                     "%llu units are old data",
                     flow->devices[job], place, (unsigned long long)truth.old,
                     (unsigned long long)truth.written, (unsigned long long)truth.old_units);
    }
}

static void check_words(const char *statement)
{
    static const char *const never[] = {"unrecoverable", "certified by", "DoD", "ompliant", "NIST", "IEEE"};
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        assert_null(strstr(statement, never[i]));
    assert_non_null(strstr(statement, "reported successful completion"));
    assert_true(strstr(statement, "on the maker's assurance") != NULL ||
                strstr(statement, "were not reached") != NULL);
}

static void check_step(const json_t *step)
{
    const json_t *completion = json_object_get(step, "completion");
    static const char *const flags[] = {"accepted", "complete", "flushed"};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        assert_true(json_is_true(json_object_get(completion, flags[i])));
    assert_true(json_array_size(json_object_get(completion, "states_seen")) > 0);
    assert_true(strlen(flow_text(completion, "status_raw")) > 0);
    /* What we sent is on record; an erase that ran already has no command of ours. */
    assert_true(json_is_true(json_object_get(step, "resumed"))
                    ? json_is_null(json_object_get(step, "command"))
                    : strlen(flow_text(step, "command")) > 0);
}

static void check_evidence(const json_t *body)
{
    const json_t *verification = json_object_get(body, "verification");
    const json_t *canary = json_object_get(verification, "canary");
    const json_t *exceptions = json_object_get(body, "exceptions");
    assert_string_equal(flow_text(verification, "result"), "passed");
    assert_true(json_is_true(json_object_get(verification, "first")));
    assert_true(json_is_true(json_object_get(verification, "last")));
    assert_true(json_is_true(json_object_get(verification, "direct_io")));
    if (json_is_null(canary) || flow_number(canary, "written") == 0)
        assert_true(has(exceptions, "markers_not_possible"));
    else
        assert_false(has(exceptions, "markers_not_possible"));
    assert_int_equal(flow_number(canary, "found_after"), 0);
    assert_int_equal(flow_number(json_object_get(verification, "witness"), "unchanged"), 0);
    assert_int_equal(flow_number(verification, "mismatches"), 0);
}

static void check_identity(const json_t *body)
{
    const json_t *recheck = json_object_get(json_object_get(body, "medium"), "identity_recheck");
    assert_true(json_is_true(json_object_get(json_object_get(recheck, "before"), "same")));
    assert_true(json_is_true(json_object_get(json_object_get(recheck, "after"), "same")));
}

void flow_check_nvme(const struct flow *flow, size_t job, const json_t *body)
{
    const char *verdict = flow_text(body, "verdict");
    const json_t *claim = json_object_get(body, "claim");
    if (strcmp(verdict, "refused") == 0)
        check_untouched(flow, job);
    if (strncmp(verdict, "sanitized", 9) != 0)
        return;
    assert_false(has(json_object_get(body, "exceptions"), "device_lied"));
    assert_false(has(json_object_get(body, "exceptions"), "continues_in_drive"));
    assert_true(json_is_true(json_object_get(claim, "relies_on_maker")));
    check_words(flow_text(claim, "statement"));
    check_step(flow_step(flow, job));
    check_evidence(body);
    check_identity(body);
    if (!flow->unseen)
        check_truth(flow, job, flow_text(flow_step(flow, job), "method"));
    assert_true(flow->machine.drives[job].block->looks >= 2);
}

/* --- Runs of drives that a table describes --- */

static const char *const names[MODEL_NVME_NAMESPACES] = {"nvme0n1", "nvme0n2", "nvme0n3", "nvme0n4",
                                                         "nvme0n5", "nvme0n6", "nvme0n7", "nvme0n8"};

static unsigned attached(const struct model_nvme *nvme)
{
    unsigned places = 0;
    for (size_t place = 0; place < nvme->count; place++)
        places |= nvme->spaces[place].medium.detached ? 0 : 1U << place;
    return places;
}

void flow_open_nvme(struct flow *flow, const struct nvme_row *device)
{
    struct model_nvme *nvme = model_nvme_new(&device->config);
    assert_non_null(nvme);
    unsigned named = device->named != 0 ? device->named : attached(nvme);
    size_t used = 0;
    flow_open(flow, (size_t)__builtin_popcount(named));
    flow_own_nvme(flow, nvme);
    flow->request.level = device->request.level != NULL ? device->request.level : "purge";
    flow->request.method = device->request.method;
    flow->request.standard = device->request.standard;
    flow->request.verify = device->request.verify;
    flow->request.rule_set = device->request.rule_set;
    flow->request.jobs = device->request.jobs;
    flow->request.allow_downgrade = device->request.allow_downgrade;
    flow->unseen = device->expect.unseen;
    for (size_t place = 0; place < nvme->count; place++) {
        struct model_facts facts = device->facts;
        facts.name = names[place];
        if ((named >> place & 1) != 0)
            flow_put_nvme(flow, used++, &facts, nvme, nvme->spaces[place].medium.nsid, place + 1);
    }
    flow_give_psid(flow, device->request.psid);
}

/* "a b" of [{"code":"a"},{"code":"b"}] or ["a","b"]. */
static void join_codes(const json_t *list, char *text, size_t bytes)
{
    size_t i;
    json_t *item;
    text[0] = '\0';
    json_array_foreach(list, i, item) {
        size_t used = strlen(text);
        snprintf(text + used, bytes - used, "%s%s", i > 0 ? " " : "",
                 json_is_string(item) ? json_string_value(item) : flow_text(item, "code"));
    }
}

static void compare_text(const char *what, const char *expected, const char *seen)
{
    if (strcmp(expected != NULL ? expected : "", seen) != 0)
        fail_msg("%s: '%s', not '%s'", what, seen, expected != NULL ? expected : "");
}

static void compare_why(const struct flow *flow, size_t job, const char *why)
{
    const json_t *body = flow->certificate[job];
    const json_t *refusal = json_object_get(json_object_get(body, "authority"), "refusal");
    const char *statement = flow_text(json_object_get(body, "claim"), "statement");
    const char *error = flow_text(json_object_get(flow_step(flow, job), "completion"), "error");
    if (why == NULL)
        return;
    if (strcmp(flow_verdict(flow, job), "refused") == 0)
        compare_text("refusal", why, flow_text(refusal, "code"));
    else if (strstr(statement, why) == NULL && strstr(error, why) == NULL)
        fail_msg("'%s' is in neither '%s' nor '%s'", why, statement, error);
}

void flow_expect_nvme(const struct flow *flow, size_t job, const struct nvme_row *device)
{
    const json_t *body = flow->certificate[job], *claim = json_object_get(body, "claim");
    const json_t *verification = json_object_get(body, "verification");
    char codes[512];
    if (strcmp(flow_verdict(flow, job), device->expect.verdict) != 0)
        fail_msg("%s: %s, not %s: %s %s", flow->devices[job], flow_verdict(flow, job), device->expect.verdict,
                 flow_text(claim, "statement"),
                 flow_text(json_object_get(flow_step(flow, job), "completion"), "error"));
    compare_text("level", device->expect.level != NULL ? device->expect.level : "none",
                 flow_text(claim, "level"));
    compare_text("method", device->expect.method, flow_text(json_object_get(body, "summary"), "method"));
    if (device->expect.rule != NULL)
        compare_text("rule", device->expect.rule, flow_text(claim, "rule"));
    if (device->expect.evidence != NULL)
        compare_text("evidence_class", device->expect.evidence, flow_text(verification, "evidence_class"));
    if (strcmp(device->expect.verdict, "refused") != 0) {
        join_codes(json_object_get(claim, "limitations"), codes, sizeof codes);
        compare_text("limitations", device->expect.limitations, codes);
    }
    if (device->config.rpmbs != 0)
        compare_text("rpmb", (device->config.rpmbs & 7) != 0 ? "present" : "none",
                     flow_text(json_object_get(body, "hidden_areas"), "rpmb"));
    join_codes(json_object_get(body, "exceptions"), codes, sizeof codes);
    compare_text("exceptions", device->expect.exceptions, codes);
    compare_why(flow, job, device->expect.why);
}

enum { OPCODE_FORMAT = 0x80, OPCODE_SANITIZE = 0x84 };

static void compare_seen(const char *what, const struct model_nvme *nvme, uint8_t opcode, int expected)
{
    int seen = (int)model_nvme_seen_count(nvme, opcode);
    if (expected != NVME_ROW_ANY && seen != expected)
        fail_msg("%s: %d were sent, not %d", what, seen, expected);
}

void flow_run_nvme(const struct nvme_row *device)
{
    static struct flow flow;
    flow_open_nvme(&flow, device);
    const struct model_nvme *nvme = flow.owned[0];
    flow_run(&flow);
    flow_check(&flow);
    for (size_t job = 0; job < flow.machine.count; job++)
        flow_expect_nvme(&flow, job, device);
    assert_int_equal(flow.exit_code, device->expect.exit_code);
    compare_seen("sanitizes", nvme, OPCODE_SANITIZE, device->expect.sanitizes);
    compare_seen("formats", nvme, OPCODE_FORMAT, device->expect.formats);
    flow_close(&flow);
}
