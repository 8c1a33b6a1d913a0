/* SPDX-License-Identifier: Apache-2.0 */
/* What certificates may say of ATA drives, and what a run may leave behind in them; the model knows the
 * truth. */
#include "flow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SANITIZE = 0xb4,
    SET_PASSWORD = 0xf1,
    UNLOCK = 0xf2,
    ERASE_UNIT = 0xf4,
    DISABLE_PASSWORD = 0xf6,
    SMALL_BYTES = 512 * 1024,
    SLOWEST = 0x401
};

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

static bool holds_code(const json_t *list, const char *code)
{
    char codes[512];
    join_codes(list, codes, sizeof codes);
    return strstr(codes, code) != NULL;
}

static bool is_opening(const struct model_ata_seen *seen)
{
    return seen->command == 0x37 || seen->command == 0xf9 || (seen->command == 0x78 && seen->features != 0) ||
           (seen->command == 0xb1 && (seen->features & 0xff) == 0xc0);
}

/* A refusal writes nothing and asks for nothing that changes the drive, but for areas whose opening its
 * certificate tells, and whether a lock opens to our documented password, which is tried once and not through
 * a bridge. What the drive is at by itself goes on. */
static void check_untouched(const struct flow *flow, size_t job, const json_t *body)
{
    bool told = json_array_size(json_object_get(json_object_get(body, "hidden_areas"), "opened")) > 0;
    const struct model_drive *drive = &flow->machine.drives[job];
    const struct model_ata *ata = drive->ata;
    assert_null(flow_step(flow, job));
    assert_int_equal(drive->block->bytes_written, 0);
    bool may_try = ata->locked && drive->facts.bus == UW_BUS_ATA;
    for (size_t i = drive->seen_before; i < ata->seen_count; i++) {
        uint8_t command = ata->seen[i].command;
        if (command == UNLOCK && ata->seen[i].ata && may_try) {
            may_try = false;
            continue;
        }
        bool changes = (command >= 0xf1 && command <= 0xf6) ||
                       (command == SANITIZE && ata->seen[i].features != 0) || is_opening(&ata->seen[i]) ||
                       (command == 0xb1 && (ata->seen[i].features & 0xff) != 0xc2);
        if (ata->seen[i].ata && changes && !(told && is_opening(&ata->seen[i])))
            fail_msg("%s was refused and was sent %02x/%04x", flow->devices[job], command,
                     ata->seen[i].features);
    }
    if (ata->sanitize.running || ata->config.former.running != 0)
        return;
    assert_int_equal(model_ata_truth(drive->ata).old_units, drive->old_before);
}

/* Old sectors beyond what the host reached: the drive may show more than the host sees, or less again since.
 */
static uint64_t hidden_old(const struct model_ata *ata)
{
    uint64_t old = 0;
    for (uint64_t lba = ata->host_sectors; lba < ata->block->blocks; lba++)
        old += ata->history[lba] == MODEL_ATA_OLD;
    return old;
}

/* A sanitize reaches everything; of the others what stays beyond the addressable is named. */
static void check_truth(const struct flow *flow, size_t job, const json_t *body)
{
    const struct model_drive *drive = &flow->machine.drives[job];
    const json_t *claim = json_object_get(body, "claim"), *limits = json_object_get(claim, "limitations");
    bool sanitize = strncmp(flow_text(flow_step(flow, job), "method"), "ata-sanitize-", 13) == 0;
    struct model_ata_truth truth = model_ata_truth(drive->ata);
    truth.hidden_old = hidden_old(drive->ata);
    uint64_t visible_old = truth.old - truth.hidden_old;
    if (visible_old > 0 || (sanitize && truth.old_units > 0))
        fail_msg("%s is certified, and %llu of %llu visible sectors are old, %llu hidden ones, %llu units",
                 flow->devices[job], (unsigned long long)visible_old, (unsigned long long)truth.visible,
                 (unsigned long long)truth.hidden_old, (unsigned long long)truth.old_units);
    if (truth.hidden_old > 0) {
        assert_true(holds_code(limits, "_not_covered") || holds_code(limits, "hidden_areas_not_checked"));
        assert_string_equal(flow_text(claim, "level"), "clear");
        assert_string_equal(flow_text(body, "verdict"), "sanitized-with-exceptions");
    } else if (truth.old_units > 0) {
        fail_msg("%s is certified and holds %llu units of old data", flow->devices[job],
                 (unsigned long long)truth.old_units);
    }
}

static void check_words(const json_t *body, bool internal)
{
    static const char *const never[] = {"unrecoverable", "certified by", "DoD", "ompliant", "NIST", "IEEE"};
    const json_t *claim = json_object_get(body, "claim");
    const char *statement = flow_text(claim, "statement");
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        assert_null(strstr(statement, never[i]));
    if (!internal)
        return;
    assert_true(json_is_true(json_object_get(claim, "relies_on_maker")));
    assert_non_null(strstr(statement, "reported successful completion"));
    assert_true(strstr(statement, "on the maker's assurance") != NULL ||
                strstr(statement, "were not reached") != NULL);
    if (strcmp(flow_text(claim, "level"), "purge") == 0)
        assert_false(holds_code(json_object_get(claim, "limitations"), "hidden_areas_not_checked"));
}

static void check_steps(const json_t *body)
{
    static const char *const flags[] = {"accepted", "complete", "flushed"};
    size_t i;
    json_t *step;
    json_array_foreach(json_object_get(body, "steps"), i, step) {
        const json_t *completion = json_object_get(step, "completion");
        if (i < flow_first_step(body)) {
            assert_true(strlen(flow_text(completion, "error")) > 0);
            continue;
        }
        for (size_t k = 0; k < sizeof flags / sizeof *flags; k++)
            assert_true(json_is_true(json_object_get(completion, flags[k])));
        if (!flow_is_internal(step))
            continue;
        assert_true(json_array_size(json_object_get(completion, "states_seen")) > 0);
        assert_true(strlen(flow_text(completion, "status_raw")) > 0);
        assert_true(json_is_true(json_object_get(step, "resumed"))
                        ? json_is_null(json_object_get(step, "command"))
                        : strlen(flow_text(step, "command")) > 0);
    }
}

static void check_evidence(const json_t *body)
{
    const json_t *verification = json_object_get(body, "verification");
    const json_t *canary = json_object_get(verification, "canary");
    const json_t *exceptions = json_object_get(body, "exceptions");
    const json_t *recheck = json_object_get(json_object_get(body, "medium"), "identity_recheck");
    assert_string_equal(flow_text(verification, "result"), "passed");
    assert_true(json_is_true(json_object_get(verification, "first")));
    assert_true(json_is_true(json_object_get(verification, "last")));
    assert_true(json_is_true(json_object_get(verification, "direct_io")));
    bool unmarked = json_is_null(canary) || flow_number(canary, "written") == 0;
    assert_int_equal(unmarked, holds_code(exceptions, "markers_not_possible"));
    assert_int_equal(flow_number(canary, "found_after"), 0);
    assert_int_equal(flow_number(json_object_get(verification, "witness"), "unchanged"), 0);
    assert_int_equal(flow_number(verification, "mismatches"), 0);
    assert_false(holds_code(exceptions, "device_lied"));
    assert_false(holds_code(exceptions, "continues_in_drive"));
    assert_true(json_is_true(json_object_get(json_object_get(recheck, "before"), "same")));
    assert_true(json_is_true(json_object_get(json_object_get(recheck, "after"), "same")));
}

/* Whether this run gave the drive our password, or found that it has it. Of one that did not get so far the
 * run before tells. */
static bool knows_password(const struct flow *flow, size_t job)
{
    const struct model_drive *drive = &flow->machine.drives[job];
    if (!flow->locked_before || flow_event(flow, job, "password-found") != NULL)
        return true;
    for (size_t i = drive->seen_before; i < drive->ata->seen_count; i++) {
        uint8_t command = drive->ata->seen[i].command;
        if (drive->ata->seen[i].ata && (command == SET_PASSWORD || command == DISABLE_PASSWORD))
            return true;
    }
    return false;
}

/* A drive is never left with a password of ours that its certificate does not tell. */
static void check_password(const struct flow *flow, size_t job, const json_t *body)
{
    const struct model_ata *ata = flow->machine.drives[job].ata;
    bool ours = memcmp(ata->user, "unwrite", 8) == 0;
    if (holds_code(json_object_get(body, "exceptions"), "own_password_left"))
        assert_int_not_equal(strncmp(flow_text(body, "verdict"), "sanitized", 9), 0);
    if (!ata->enabled || !ours || ata->config.user_password != NULL || !knows_password(flow, job))
        return;
    assert_int_not_equal(strncmp(flow_text(body, "verdict"), "sanitized", 9), 0);
    char *text = json_dumps(body, JSON_COMPACT);
    bool told = strstr(text, "\\\"unwrite\\\"") != NULL;
    free(text);
    if (!told)
        fail_msg("%s keeps our password, and its certificate does not tell: %s", flow->devices[job],
                 flow_text(json_object_get(flow_step(flow, job), "completion"), "error"));
}

static void check_image(const struct flow *flow, size_t job, const uint8_t *image)
{
    const struct model_ata *ata = flow->machine.drives[job].ata;
    uint32_t bytes = ata->block->config.block_bytes;
    assert_int_equal(flow_number(flow_step(flow, job), "unwritten_bytes"), 0);
    for (uint64_t lba = 0; lba < ata->visible && lba < ata->host_sectors; lba++)
        if (memcmp(ata->block->media + lba * bytes, image + lba * bytes, bytes) != 0)
            fail_msg("%s is certified, and LBA %llu does not hold what was written", flow->devices[job],
                     (unsigned long long)lba);
}

void flow_check_ata(const struct flow *flow, size_t job, const json_t *body, const uint8_t *image)
{
    const char *verdict = flow_text(body, "verdict");
    char complaint[MODEL_ATA_COMPLAINT];
    model_ata_complaint(flow->machine.drives[job].ata, complaint);
    assert_string_equal(complaint, "");
    check_password(flow, job, body);
    if (strcmp(verdict, "refused") == 0)
        check_untouched(flow, job, body);
    if (strncmp(verdict, "sanitized", 9) != 0)
        return;
    check_words(body, flow_is_internal(flow_step(flow, job)));
    check_steps(body);
    check_evidence(body);
    if (!flow->unseen)
        check_truth(flow, job, body);
    if (image != NULL)
        check_image(flow, job, image);
}

/* --- Runs of drives that a table describes --- */

void flow_open_ata(struct flow *flow, const struct ata_row *device)
{
    struct model_ata_config config = device->config;
    struct model_facts facts = device->facts;
    if (config.block.bytes == 0)
        config.block.bytes = SMALL_BYTES;
    if (config.rotation == 0)
        config.rotation = 1;
    if (!device->health)
        config.smart.off = true;
    struct model_ata *ata = model_ata_new(&config);
    assert_non_null(ata);
    if (device->expired)
        ata->tries = 0;
    facts.name = "sda";
    if (facts.bus == UW_BUS_UNKNOWN)
        facts.bus = UW_BUS_ATA;
    if (facts.media == UW_MEDIA_UNKNOWN)
        facts.media = config.rotation >= SLOWEST ? UW_MEDIA_HDD : UW_MEDIA_SSD;
    flow_open(flow, 1);
    flow_own_ata(flow, ata);
    flow->request.level = device->request.level != NULL ? device->request.level : "purge";
    flow->request.method = device->request.method;
    flow->request.standard = device->request.standard;
    flow->request.verify = device->request.verify;
    flow->request.rule_set = device->request.rule_set;
    flow->request.allow_downgrade = device->request.allow_downgrade;
    flow->request.restore_dco = device->request.restore_dco;
    flow->request.unfreeze = device->request.unfreeze;
    flow->unseen = device->expect.unseen;
    flow_put_ata(flow, 0, &facts, ata, 1);
    flow_give_psid(flow, device->request.psid);
}

static void compare_text(const char *what, const char *expected, const char *seen)
{
    if (strcmp(expected != NULL ? expected : "", seen) != 0)
        fail_msg("%s: '%s', not '%s'", what, seen, expected != NULL ? expected : "");
}

static void compare_why(const struct flow *flow, const char *why)
{
    const json_t *body = flow->certificate[0];
    const json_t *refusal = json_object_get(json_object_get(body, "authority"), "refusal");
    const char *statement = flow_text(json_object_get(body, "claim"), "statement");
    const char *error = flow_text(json_object_get(flow_step(flow, 0), "completion"), "error");
    if (why == NULL)
        return;
    if (strcmp(flow_verdict(flow, 0), "refused") == 0)
        compare_text("refusal", why, flow_text(refusal, "code"));
    else if (strstr(statement, why) == NULL && strstr(error, why) == NULL)
        fail_msg("'%s' is in neither '%s' nor '%s'", why, statement, error);
}

/* What may be is said rather too often than not at all; where it must be said the row says so. */
static void drop_note(char *codes, const char *expected, const char *note)
{
    char *at = strstr(codes, note);
    if (at == NULL || (expected != NULL && strstr(expected, note) != NULL))
        return;
    char *end = at + strlen(note);
    if (*end == ' ')
        end++;
    else if (at > codes)
        at--;
    memmove(at, end, strlen(end) + 1);
}

void flow_expect_ata(const struct flow *flow, const struct ata_row *device)
{
    const json_t *body = flow->certificate[0], *claim = json_object_get(body, "claim");
    const json_t *verification = json_object_get(body, "verification");
    const json_t *refusal = json_object_get(json_object_get(body, "authority"), "refusal");
    char codes[512];
    if (strcmp(flow_verdict(flow, 0), device->expect.verdict) != 0)
        fail_msg("%s: %s, not %s: %s %s; %s", flow_text(flow_step(flow, 0), "method"), flow_verdict(flow, 0),
                 device->expect.verdict, flow_text(claim, "statement"),
                 flow_text(json_object_get(flow_step(flow, 0), "completion"), "error"),
                 flow_text(refusal, "way_out"));
    compare_text("level", device->expect.level != NULL ? device->expect.level : "none",
                 flow_text(claim, "level"));
    compare_text("method", device->expect.method, flow_text(json_object_get(body, "summary"), "method"));
    if (device->expect.rule != NULL)
        compare_text("rule", device->expect.rule, flow_text(claim, "rule"));
    if (device->expect.profile != NULL)
        compare_text("profile", device->expect.profile,
                     flow_text(flow_event(flow, 0, "plan-made"), "verify"));
    if (device->expect.evidence != NULL)
        compare_text("evidence_class", device->expect.evidence, flow_text(verification, "evidence_class"));
    if (strcmp(device->expect.verdict, "refused") != 0) {
        join_codes(json_object_get(claim, "limitations"), codes, sizeof codes);
        compare_text("limitations", device->expect.limitations, codes);
    }
    join_codes(json_object_get(body, "exceptions"), codes, sizeof codes);
    if (strncmp(device->expect.verdict, "sanitized", 9) != 0) {
        drop_note(codes, device->expect.exceptions, "continues_in_drive");
        drop_note(codes, device->expect.exceptions, "own_password_left");
    }
    compare_text("exceptions", device->expect.exceptions, codes);
    compare_why(flow, device->expect.why);
    assert_int_equal(flow->exit_code, device->expect.exit_code);
}

static void compare_seen(const char *what, int expected, int seen)
{
    if (expected != ATA_ROW_ANY && seen != expected)
        fail_msg("%s: %d were sent, not %d", what, seen, expected);
}

void flow_run_ata(const struct ata_row *device)
{
    static struct flow flow;
    flow_open_ata(&flow, device);
    const struct model_ata *ata = flow.owned_ata[0];
    flow_run(&flow);
    flow_check(&flow);
    flow_expect_ata(&flow, device);
    int sanitizes = 0;
    for (size_t i = 0; i < ata->seen_count; i++)
        sanitizes += ata->seen[i].ata && ata->seen[i].command == SANITIZE && ata->seen[i].features != 0;
    compare_seen("sanitizes", device->expect.sanitizes, sanitizes);
    compare_seen("erase units", device->expect.units, (int)model_ata_seen_count(ata, ERASE_UNIT));
    if (device->facts.bus == UW_BUS_USB)
        compare_seen("passwords through a bridge", 0, (int)model_ata_seen_count(ata, SET_PASSWORD));
    flow_close(&flow);
}
