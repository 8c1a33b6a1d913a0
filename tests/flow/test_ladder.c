/* SPDX-License-Identifier: Apache-2.0 */
/* A method that fails is followed by the next that claims what was asked for, and by none that claims less;
 * the claim is that of the one that was proved, and those that failed stand before it. */
#include "flow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/nvme_devices.h"

#define EVERY UW_NVME_SANICAP_BLOCK | UW_NVME_SANICAP_CRYPTO | UW_NVME_SANICAP_OVERWRITE
#define FORMATS .oacs = UW_NVME_OACS_FORMAT, .fna = UW_NVME_FNA_CRYPTO
#define TWO .media = {{.present = true}, {.present = true}}
#define THREE .media = {{.present = true}, {.present = true}, {.present = true}}
#define REFUSES(what)                                                                                        \
    {                                                                                                        \
        .kind = MODEL_NVME_ABORTS, .on = MODEL_NVME_##what, .value = 2                                       \
    }
#define BREAKS(what)                                                                                         \
    {                                                                                                        \
        .kind = MODEL_NVME_FAILS, .on = MODEL_NVME_##what, .value = 40                                       \
    }
#define UNTOLD "ce_preconditions_unverified"
#define ENDED "failed_sanitize_ended"
#define UNMARKED "markers_before_failed_step"

/* `methods`: those of the certificate's steps. */
struct ladder {
    const char *name, *level, *rule_set;
    struct model_nvme_config config;
    const char *device; /* of the table of drives; its configuration, instead */
    const char *verdict, *methods, *claimed, *rule, *limitations, *exceptions;
    const char *why; /* part of what the certificate states; NULL: not compared */
    int exit_code;
    bool allow_downgrade;
};

/* clang-format off */
static const struct ladder nvme[] = {
    {"block fails, crypto does not", .device = "block-fails-crypto-does-not", .verdict = "sanitized-with-exceptions",
     .methods = "nvme-sanitize-block nvme-sanitize-crypto", .claimed = "purge", .rule = "N2", .limitations = UNTOLD,
     .exceptions = UNMARKED},
    {"block refused, crypto not", .device = "block-refused-crypto-not", .verdict = "sanitized",
     .methods = "nvme-sanitize-block nvme-sanitize-crypto", .claimed = "purge", .rule = "N2", .limitations = UNTOLD},
    {"no-deallocate refused once", .device = "no-deallocate-refused-once", .verdict = "sanitized",
     .methods = "nvme-sanitize-block nvme-sanitize-crypto", .claimed = "purge", .rule = "N2", .limitations = UNTOLD},
    /* What lied gets no second command, what denies all of them has none left. */
    {"block lies, crypto would not", .device = "block-lies-crypto-does-not", .verdict = "failed",
     .methods = "nvme-sanitize-block", .claimed = "none", .exceptions = "device_lied", .exit_code = 1},
    {"all denied", .device = "sanitize-denied", .verdict = "failed",
     .methods = "nvme-sanitize-block nvme-sanitize-crypto", .claimed = "none", .limitations = UNTOLD, .exit_code = 1},
    {"fails, all of them", .device = "fails", .verdict = "failed",
     .methods = "nvme-sanitize-block nvme-sanitize-crypto", .claimed = "none", .limitations = UNTOLD, .exit_code = 1},
    /* At work, as far as anybody can tell. */
    {"hangs", .device = "sanitize-hangs", .verdict = "stalled", .methods = "nvme-sanitize-block", .claimed = "none",
     .exceptions = "continues_in_drive", .exit_code = 1},
    {"stands", .device = "stands-at-655", .verdict = "stalled", .methods = "nvme-sanitize-block", .claimed = "none",
     .exceptions = "continues_in_drive", .exit_code = 1},
    {"its log tells nothing", .device = "log-all-zero", .verdict = "failed", .methods = "nvme-sanitize-block",
     .claimed = "none", .exit_code = 1},
    {"its log tells of another", .device = "log-of-another-action", .verdict = "failed",
     .methods = "nvme-sanitize-block", .claimed = "none", .exit_code = 1},

    {"two refused, the third not", .config = {.sanicap = EVERY, .lies = {REFUSES(BLOCK), REFUSES(CRYPTO)}},
     .verdict = "sanitized", .methods = "nvme-sanitize-block nvme-sanitize-crypto nvme-sanitize-overwrite",
     .claimed = "purge", .rule = "N3"},
    {"two fail, the third does not", .config = {.sanicap = EVERY, .lies = {BREAKS(BLOCK), BREAKS(CRYPTO)}},
     .verdict = "sanitized-with-exceptions",
     .methods = "nvme-sanitize-block nvme-sanitize-crypto nvme-sanitize-overwrite", .claimed = "purge", .rule = "N3",
     .exceptions = UNMARKED " " UNMARKED},
    {"the next one lies", .config = {.sanicap = EVERY, .lies = {REFUSES(BLOCK), {.kind = MODEL_NVME_KEEPS_KEY}}},
     .verdict = "failed", .methods = "nvme-sanitize-block nvme-sanitize-crypto", .claimed = "none",
     .limitations = UNTOLD, .exceptions = "device_lied", .exit_code = 1},
    {"the next one lies after a failure",
     .config = {.sanicap = EVERY, .lies = {BREAKS(BLOCK), {.kind = MODEL_NVME_ERASES_NOTHING, .on = MODEL_NVME_CRYPTO}}},
     .verdict = "failed", .methods = "nvme-sanitize-block nvme-sanitize-crypto", .claimed = "none",
     .limitations = UNTOLD, .exceptions = "device_lied", .exit_code = 1},

    /* Never below the level. */
    {"formats would be less", .config = {.sanicap = UW_NVME_SANICAP_BLOCK, FORMATS, .lies = {REFUSES(BLOCK)}},
     .verdict = "failed", .methods = "nvme-sanitize-block", .claimed = "none", .exit_code = 1},
    {"formats would be less, and less would be allowed",
     .config = {.sanicap = UW_NVME_SANICAP_BLOCK, FORMATS, .lies = {REFUSES(BLOCK)}}, .allow_downgrade = true,
     .verdict = "failed", .methods = "nvme-sanitize-block", .claimed = "none", .exit_code = 1},
    {"formats are as much", .rule_set = "nist-800-88r1",
     .config = {.sanicap = UW_NVME_SANICAP_BLOCK, FORMATS, .lies = {REFUSES(BLOCK)}}, .verdict = "sanitized",
     .methods = "nvme-sanitize-block nvme-format-crypto", .claimed = "purge", .rule = "N5", .limitations = UNTOLD},
    {"formats after a refusal", .level = "clear",
     .config = {.sanicap = UW_NVME_SANICAP_BLOCK, FORMATS, .lies = {REFUSES(BLOCK)}}, .verdict = "sanitized",
     .methods = "nvme-sanitize-block nvme-format-crypto", .claimed = "clear", .rule = "N5", .limitations = UNTOLD},
    {"no format after a failure", .level = "clear",
     .config = {.sanicap = UW_NVME_SANICAP_BLOCK, FORMATS, .lies = {BREAKS(BLOCK)}}, .verdict = "failed",
     .methods = "nvme-sanitize-block", .claimed = "none", .exit_code = 1},
    {"formats after a refusal, shut before", .level = "clear",
     .config = {.sanicap = UW_NVME_SANICAP_BLOCK, FORMATS, .former = {3, 0xa}, .lies = {REFUSES(BLOCK)}},
     .verdict = "sanitized-with-exceptions", .methods = "nvme-sanitize-block nvme-format-crypto", .claimed = "clear",
     .rule = "N5", .limitations = UNTOLD, .exceptions = ENDED},
    {"formats refused too, shut before", .level = "clear",
     .config = {.sanicap = UW_NVME_SANICAP_BLOCK, FORMATS, .former = {3, 0xa},
                .lies = {REFUSES(BLOCK), REFUSES(FORMAT_CRYPTO), REFUSES(FORMAT_USER)}},
     .verdict = "sanitized-with-exceptions",
     .methods = "nvme-sanitize-block nvme-format-crypto nvme-format-user-data overwrite", .claimed = "clear",
     .rule = "N7", .limitations = "reallocated_not_reached overprovisioned_not_reached other_namespaces_not_covered",
     .exceptions = ENDED},
    {"no format after a refusal, shut before and for good", .level = "clear",
     .config = {.sanicap = UW_NVME_SANICAP_BLOCK, FORMATS, .former = {3, 0xa}, .lies = {REFUSES(BLOCK), REFUSES(EXIT_FAILURE)}},
     .verdict = "failed", .methods = "nvme-sanitize-block", .claimed = "none", .limitations = UNTOLD,
     .why = "run again without --method", .exit_code = 1},
    {"no format after a failure, shut before", .level = "clear",
     .config = {.sanicap = UW_NVME_SANICAP_BLOCK, FORMATS, .former = {3, 0xa}, .lies = {BREAKS(BLOCK)}},
     .verdict = "failed", .methods = "nvme-sanitize-block", .claimed = "none", .exit_code = 1},
    {"down to the host", .level = "clear",
     .config = {.sanicap = UW_NVME_SANICAP_BLOCK, FORMATS, .lies = {REFUSES(BLOCK), REFUSES(FORMAT_CRYPTO), REFUSES(FORMAT_USER)}},
     .verdict = "sanitized", .methods = "nvme-sanitize-block nvme-format-crypto nvme-format-user-data overwrite",
     .claimed = "clear", .rule = "N7",
     .limitations = "reallocated_not_reached overprovisioned_not_reached other_namespaces_not_covered"},
    {"a downgrade goes on as one", .config = {FORMATS, .lies = {REFUSES(FORMAT_CRYPTO)}}, .allow_downgrade = true,
     .verdict = "sanitized-with-exceptions", .methods = "nvme-format-crypto nvme-format-user-data",
     .claimed = "clear", .rule = "N6", .exceptions = "downgraded"},

    /* Those that erase together go down together, and only where the next erases all of them as well. */
    {"two namespaces, refused", .config = {.sanicap = EVERY, TWO, .lies = {REFUSES(BLOCK)}}, .verdict = "sanitized",
     .methods = "nvme-sanitize-block nvme-sanitize-crypto", .claimed = "purge", .rule = "N2", .limitations = UNTOLD},
    {"three namespaces, two fail", .config = {.sanicap = EVERY, THREE, .lies = {BREAKS(BLOCK), BREAKS(CRYPTO)}},
     .verdict = "sanitized-with-exceptions",
     .methods = "nvme-sanitize-block nvme-sanitize-crypto nvme-sanitize-overwrite", .claimed = "purge", .rule = "N3",
     .exceptions = UNMARKED " " UNMARKED},
    {"three namespaces, the next lies about one",
     .config = {.sanicap = EVERY, THREE,
                .lies = {REFUSES(BLOCK), {.kind = MODEL_NVME_ERASES_ONE, .on = MODEL_NVME_CRYPTO, .value = 2}}},
     .verdict = "failed", .methods = "nvme-sanitize-block nvme-sanitize-crypto", .claimed = "none",
     .limitations = UNTOLD, .exceptions = "device_lied", .exit_code = 1},
    {"three namespaces, a format is of one", .level = "clear",
     .config = {.sanicap = UW_NVME_SANICAP_BLOCK, FORMATS, THREE, .lies = {REFUSES(BLOCK)}}, .verdict = "failed",
     .methods = "nvme-sanitize-block", .claimed = "none", .exit_code = 1},
};
/* clang-format on */

static void join(const json_t *list, const char *member, char *text, size_t bytes)
{
    size_t i;
    json_t *item;
    text[0] = '\0';
    json_array_foreach(list, i, item) {
        size_t used = strlen(text);
        snprintf(text + used, bytes - used, "%s%s", i > 0 ? " " : "",
                 json_is_string(item) ? json_string_value(item) : flow_text(item, member));
    }
}

static void compare(const char *what, const char *expected, const char *seen)
{
    if (strcmp(expected != NULL ? expected : "", seen) != 0)
        fail_msg("%s: '%s', not '%s'", what, seen, expected != NULL ? expected : "");
}

/* Each step has its number, and those that failed say why; the plan had them in this order. */
static void check_steps(const struct flow *flow, size_t job)
{
    const json_t *body = flow->certificate[job];
    const json_t *steps = json_object_get(body, "steps");
    const json_t *next = json_object_get(flow_event(flow, job, "plan-made"), "next");
    size_t i;
    json_t *step;
    json_array_foreach(steps, i, step) {
        assert_int_equal(flow_number(step, "sequence"), (json_int_t)i + 1);
        if (i < flow_first_step(body))
            assert_true(strlen(flow_text(json_object_get(step, "completion"), "error")) > 0);
        if (i > 0 && i <= flow_first_step(body))
            assert_string_equal(flow_text(step, "method"), flow_text(json_array_get(next, i - 1), "method"));
    }
}

static void expect(const struct flow *flow, size_t job, const struct ladder *row)
{
    const json_t *body = flow->certificate[job], *claim = json_object_get(body, "claim");
    char text[512];
    join(json_object_get(body, "steps"), "method", text, sizeof text);
    compare("steps", row->methods, text);
    compare("verdict", row->verdict, flow_text(body, "verdict"));
    compare("level", row->claimed, flow_text(claim, "level"));
    /* The first of two where an overwrite follows. */
    compare("method", flow_text(flow_step(flow, job), "method"),
            flow_text(json_object_get(body, "summary"), "method"));
    if (row->rule != NULL)
        compare("rule", row->rule, flow_text(claim, "rule"));
    join(json_object_get(claim, "limitations"), "", text, sizeof text);
    compare("limitations", row->limitations, text);
    join(json_object_get(body, "exceptions"), "code", text, sizeof text);
    compare("exceptions", row->exceptions, text);
    if (row->why != NULL && strstr(flow_text(claim, "statement"), row->why) == NULL)
        fail_msg("'%s' is not in '%s'", row->why, flow_text(claim, "statement"));
    check_steps(flow, job);
}

static void one_ladder(void **state)
{
    const struct ladder *row = *state;
    static struct flow flow;
    struct nvme_row device = {.name = row->name, .config = row->config};
    if (row->device != NULL)
        device.config = nvme_device_by_name(row->device)->config;
    device.request.level = row->level;
    device.request.rule_set = row->rule_set;
    device.request.allow_downgrade = row->allow_downgrade;
    flow_open_nvme(&flow, &device);
    flow_run(&flow);
    flow_check(&flow);
    for (size_t job = 0; job < flow.machine.count; job++)
        expect(&flow, job, row);
    assert_int_equal(flow.exit_code, row->exit_code);
    flow_close(&flow);
}

/* --- ATA --- */

#define ATA_REFUSES(what)                                                                                    \
    {                                                                                                        \
        MODEL_ATA_ABORTS, MODEL_ATA_##what                                                                   \
    }
#define SANITIZES .sanitize = true, .crypto = true, .block_erase = true, .overwrite = true
#define SECURITY .security = true, .enhanced = true, .erase_word = 10, .enhanced_word = 1

static const struct {
    const char *name, *level;
    struct model_ata_config config;
    const char *verdict, *methods, *claimed, *rule, *exceptions, *why;
    int exit_code;
} ata[] = {
    {"block refused", .config = {SANITIZES, .lies = {ATA_REFUSES(BLOCK)}}, .verdict = "sanitized",
     .methods = "ata-sanitize-block ata-sanitize-crypto", .claimed = "purge", .rule = "A2"},
    {"block fails", .config = {SANITIZES, .lies = {{MODEL_ATA_FAILS, MODEL_ATA_BLOCK, .value = 50}}},
     .verdict = "sanitized-with-exceptions", .methods = "ata-sanitize-block ata-sanitize-crypto",
     .claimed = "purge", .rule = "A2", .exceptions = UNMARKED},
    {"block lies", .config = {SANITIZES, .lies = {{MODEL_ATA_ERASES_HALF, MODEL_ATA_BLOCK}}},
     .verdict = "failed", .methods = "ata-sanitize-block", .claimed = "none", .exceptions = "device_lied",
     .exit_code = 1},
    /* Its status may be of the one before, and the drive at work. */
    {"crypto at once, sanitized before",
     .config = {SANITIZES, .block_ms = MODEL_ALL, .former.succeeded = true}, .verdict = "failed",
     .methods = "ata-sanitize-block", .claimed = "none", .exit_code = 1},
    {"enhanced is no purge",
     .config = {.sanitize = true, .block_erase = true, SECURITY, .lies = {ATA_REFUSES(BLOCK)}},
     .verdict = "failed", .methods = "ata-sanitize-block", .claimed = "none", .exit_code = 1},
    {"down to enhanced", .level = "clear",
     .config = {.sanitize = true, .block_erase = true, SECURITY, .lies = {ATA_REFUSES(BLOCK)}},
     .verdict = "sanitized", .methods = "ata-sanitize-block ata-security-erase-enhanced overwrite",
     .claimed = "clear", .rule = "A5"},
    {"down to enhanced, shut before", .level = "clear",
     .config = {.sanitize = true,
                .block_erase = true,
                SECURITY,
                .former = {.failed = true, .failure_mode = true},
                .lies = {ATA_REFUSES(BLOCK)}},
     .verdict = "sanitized-with-exceptions",
     .methods = "ata-sanitize-block ata-security-erase-enhanced overwrite", .claimed = "clear", .rule = "A5",
     .exceptions = ENDED},
    {"shut before and for good", .level = "clear",
     .config = {.sanitize = true,
                .block_erase = true,
                SECURITY,
                .former.failed = true,
                .lies = {ATA_REFUSES(BLOCK)}},
     .verdict = "failed", .methods = "ata-sanitize-block", .claimed = "none",
     .why = "run again without --method", .exit_code = 1},
    {"down to the host", .level = "clear",
     .config = {SECURITY, .lies = {ATA_REFUSES(ENHANCED), ATA_REFUSES(NORMAL)}}, .verdict = "sanitized",
     .methods = "ata-security-erase-enhanced ata-security-erase overwrite", .claimed = "clear", .rule = "A6"},
    {"normal in no time", .level = "clear",
     .config = {.security = true, .erase_word = 10, .normal_ms = MODEL_ALL, .block.bytes = 300 << 20},
     .verdict = "sanitized", .methods = "ata-security-erase overwrite", .claimed = "clear", .rule = "A6"},
    /* What may have our password is not left with it. */
    {"locked with our password", .level = "clear",
     .config = {SECURITY, .lies = {{MODEL_ATA_ENDS_LOCKED, MODEL_ATA_ENHANCED}, ATA_REFUSES(UNLOCK)}},
     .verdict = "failed", .methods = "ata-security-erase-enhanced", .claimed = "none",
     .exceptions = "own_password_left", .exit_code = 1},
};

static void one_ata_ladder(void **state)
{
    static struct flow flow;
    size_t i = *(const size_t *)*state;
    const struct ladder row = {.name = ata[i].name,
                               .verdict = ata[i].verdict,
                               .methods = ata[i].methods,
                               .claimed = ata[i].claimed,
                               .rule = ata[i].rule,
                               .exceptions = ata[i].exceptions,
                               .why = ata[i].why};
    struct ata_row device = {.name = row.name, .config = ata[i].config};
    device.request.level = ata[i].level;
    flow_open_ata(&flow, &device);
    flow_run(&flow);
    flow_check(&flow);
    /* What those are the rows of ATA drives compare. */
    json_object_del(json_object_get(flow.certificate[0], "claim"), "limitations");
    expect(&flow, 0, &row);
    assert_int_equal(flow.exit_code, ata[i].exit_code);
    flow_close(&flow);
}

enum { NVME = sizeof nvme / sizeof *nvme, ATA = sizeof ata / sizeof *ata };

int main(int argc, char **argv)
{
    static struct CMUnitTest tests[NVME + ATA];
    static size_t places[ATA];
    for (size_t i = 0; i < NVME; i++)
        tests[i] = (struct CMUnitTest){
            .name = nvme[i].name, .test_func = one_ladder, .initial_state = (void *)(uintptr_t)&nvme[i]};
    for (size_t i = 0; i < ATA; i++) {
        places[i] = i;
        tests[NVME + i] = (struct CMUnitTest){
            .name = ata[i].name, .test_func = one_ata_ladder, .initial_state = &places[i]};
    }
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return _cmocka_run_group_tests("ladder", tests, NVME + ATA, NULL, flow_remove_all);
}
