/* SPDX-License-Identifier: Apache-2.0 */
/* The named NVMe drives, one run each; and every method under every rule set and level. */
#include "flow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EVERY (UW_NVME_SANICAP_CRYPTO | UW_NVME_SANICAP_BLOCK | UW_NVME_SANICAP_OVERWRITE)
#define BY_KEY "ce_preconditions_unverified"
#define BY_HOST "reallocated_not_reached overprovisioned_not_reached other_namespaces_not_covered"

/* What each rule set makes of each method: unwrite-claims(7). A drive that has nothing better takes it by
 * itself. */
static const struct technique {
    const char *id, *rule;
    bool r1_purge, ieee_purge;
    const char *limitations;
    struct model_nvme_config alone; /* a drive that has no method before this one */
} techniques[] = {
    {"nvme-sanitize-block", "N1", true, true, "", {.sanicap = UW_NVME_SANICAP_BLOCK}},
    {"nvme-sanitize-crypto", "N2", true, true, BY_KEY, {.sanicap = UW_NVME_SANICAP_CRYPTO}},
    {"nvme-sanitize-overwrite", "N3", true, true, "", {.sanicap = UW_NVME_SANICAP_OVERWRITE}},
    {"nvme-format-crypto",
     "N5",
     true,
     false,
     BY_KEY,
     {.oacs = UW_NVME_OACS_FORMAT, .fna = UW_NVME_FNA_CRYPTO}},
    {"nvme-format-user-data", "N6", true, false, "", {.oacs = UW_NVME_OACS_FORMAT}},
    {"overwrite", "N7", false, false, BY_HOST, {.vwc = 1}},
};

static const char *const rule_sets[] = {NULL, "lowest", "nist-800-88r1", "ieee-2883"};
static const char *const levels[] = {"clear", "purge"};

enum {
    TECHNIQUES = sizeof techniques / sizeof *techniques,
    RULE_SETS = sizeof rule_sets / sizeof *rule_sets,
    LEVELS = 2,
    COMBINATIONS = TECHNIQUES * RULE_SETS * LEVELS * 2 * 2
};

struct combination {
    char name[96];
    const struct technique *technique;
    const char *rule_set, *level;
    bool downgrade, forced;
};

static bool reaches_purge(const struct combination *it)
{
    if (it->rule_set == NULL || strcmp(it->rule_set, "lowest") == 0)
        return it->technique->r1_purge && it->technique->ieee_purge;
    return strcmp(it->rule_set, "ieee-2883") == 0 ? it->technique->ieee_purge : it->technique->r1_purge;
}

static void expect_refusal(struct nvme_row *device)
{
    device->expect.verdict = "refused";
    device->expect.exit_code = 3;
    device->expect.why = "level";
}

static void expect_erasure(struct nvme_row *device, const struct combination *it, bool downgraded)
{
    const struct technique *technique = it->technique;
    bool sanitize = strncmp(technique->id, "nvme-sanitize", 13) == 0;
    device->expect.verdict = downgraded ? "sanitized-with-exceptions" : "sanitized";
    device->expect.exceptions = downgraded ? "downgraded" : NULL;
    device->expect.level = reaches_purge(it) ? "purge" : "clear";
    device->expect.rule = technique->rule;
    device->expect.method = technique->id;
    device->expect.limitations = technique->limitations;
    device->expect.sanitizes = sanitize;
    device->expect.formats = !sanitize && strcmp(technique->id, "overwrite") != 0;
}

static void one_combination(void **state)
{
    const struct combination *it = *state;
    struct nvme_row device = {.name = it->name, .config = it->technique->alone};
    bool too_low = strcmp(it->level, "purge") == 0 && !reaches_purge(it);
    if (it->forced)
        device.config = (struct model_nvme_config){
            .sanicap = EVERY, .oacs = UW_NVME_OACS_FORMAT, .fna = UW_NVME_FNA_CRYPTO};
    device.request.level = it->level;
    device.request.rule_set = it->rule_set;
    device.request.method = it->forced ? it->technique->id : NULL;
    device.request.allow_downgrade = it->downgrade;
    if (too_low && !it->downgrade)
        expect_refusal(&device);
    else
        expect_erasure(&device, it, too_low);
    flow_run_nvme(&device);
}

static void name_combination(struct combination *it, unsigned number)
{
    it->forced = number % 2 != 0;
    it->downgrade = number / 2 % 2 != 0;
    it->level = levels[number / 4 % LEVELS];
    it->rule_set = rule_sets[number / 8 % RULE_SETS];
    it->technique = &techniques[number / 8 / RULE_SETS];
    snprintf(it->name, sizeof it->name, "%s, %s, %s%s%s", it->technique->id, it->level,
             it->rule_set != NULL ? it->rule_set : "no rule set", it->downgrade ? ", downgrade" : "",
             it->forced ? ", asked for" : "");
}

static void one_device(void **state)
{
    flow_run_nvme(*state);
}

int main(int argc, char **argv)
{
    static struct combination combinations[COMBINATIONS];
    size_t count = nvme_row_count + COMBINATIONS;
    struct CMUnitTest *tests = calloc(count, sizeof *tests);
    if (tests == NULL)
        return 1;
    for (size_t i = 0; i < nvme_row_count; i++)
        tests[i] = (struct CMUnitTest){
            .name = nvme_rows[i].name, .test_func = one_device, .initial_state = (void *)&nvme_rows[i]};
    for (unsigned i = 0; i < COMBINATIONS; i++) {
        name_combination(&combinations[i], i);
        tests[nvme_row_count + i] = (struct CMUnitTest){
            .name = combinations[i].name, .test_func = one_combination, .initial_state = &combinations[i]};
    }
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    int failed = _cmocka_run_group_tests("nvme devices", tests, count, NULL, flow_remove_all);
    free(tests);
    return failed;
}
