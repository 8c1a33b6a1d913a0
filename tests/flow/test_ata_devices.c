/* SPDX-License-Identifier: Apache-2.0 */
/* The named ATA drives, one run each; and every method under every rule set and level. */
#include "flow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FLASH "reallocated_not_reached overprovisioned_not_reached"
#define ALL_SANITIZES .sanitize = true, .crypto = true, .block_erase = true, .overwrite = true
#define ENHANCED .security = true, .enhanced = true, .erase_word = 10, .enhanced_word = 1
#define BRIDGE .sat = {.usb = true, .standard = true}

/* What each rule set makes of each method: unwrite-claims(7). A drive that has nothing better takes it by
 * itself. */
static const struct technique {
    const char *name, *id, *rule, *profile;
    bool r1_purge, ieee_purge;
    const char *limitations;
    struct model_ata_config alone; /* a drive that has no method before this one */
    enum uw_media media;
    enum uw_bus bus;
} techniques[] = {
    {"ssd block", "ata-sanitize-block", "A1", "sample", true, true, "",
     .alone = {.sanitize = true, .block_erase = true}},
    {"ssd crypto", "ata-sanitize-crypto", "A2", "sample", true, true, "ce_preconditions_unverified",
     .alone = {.sanitize = true, .crypto = true}},
    {"ssd overwrite inside", "ata-sanitize-overwrite", "A3", "tenth", true, true, "",
     .alone = {.sanitize = true, .overwrite = true}},
    {"ssd enhanced", "ata-security-erase-enhanced", "A5", "tenth", false, true, "overprovisioned_not_reached",
     .alone = {ENHANCED}},
    {"ssd normal", "ata-security-erase", "A6", "full", false, false, FLASH, .alone = {.security = true}},
    {"ssd overwrite", "overwrite", "A6", "full", false, false, FLASH, .alone = {.rotation = 1}},
    {"hdd crypto", "ata-sanitize-crypto", "H1", "tenth", true, true, "ce_preconditions_unverified",
     .alone = {.sanitize = true, .crypto = true, .rotation = 5400}},
    {"hdd overwrite inside", "ata-sanitize-overwrite", "H1", "tenth", true, true, "",
     .alone = {.sanitize = true, .overwrite = true, .rotation = 5400}},
    {"hdd enhanced", "ata-security-erase-enhanced", "H2", "tenth", true, true, "consult_maker",
     .alone = {ENHANCED, .rotation = 5400}},
    {"smr enhanced", "ata-security-erase-enhanced", "H2", "tenth", false, false, "media_cache_not_reached",
     .alone = {ENHANCED, .rotation = 5400}, .media = UW_MEDIA_HDD_SMR},
    {"hdd overwrite", "overwrite", "H3", "full", false, false, "reallocated_not_reached",
     .alone = {.rotation = 5400}},
    {"usb block", "ata-sanitize-block", "U2", "sample", true, true, "via_bridge",
     .alone = {.sanitize = true, .block_erase = true, BRIDGE}, .bus = UW_BUS_USB},
    {"usb crypto", "ata-sanitize-crypto", "U2", "sample", true, true,
     "via_bridge ce_preconditions_unverified", .alone = {.sanitize = true, .crypto = true, BRIDGE},
     .bus = UW_BUS_USB},
    {"usb overwrite inside", "ata-sanitize-overwrite", "U2", "tenth", true, true, "via_bridge",
     .alone = {.sanitize = true, .overwrite = true, BRIDGE}, .bus = UW_BUS_USB},
    {"usb overwrite", "overwrite", "U1", "full", false, false, FLASH " via_bridge", .alone = {BRIDGE},
     .bus = UW_BUS_USB},
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

static void expect_refusal(struct ata_row *device)
{
    device->expect.verdict = "refused";
    device->expect.exit_code = 3;
    device->expect.why = "level";
}

static void expect_erasure(struct ata_row *device, const struct combination *it, bool downgraded)
{
    const struct technique *technique = it->technique;
    device->expect.verdict = downgraded ? "sanitized-with-exceptions" : "sanitized";
    device->expect.exceptions = downgraded ? "downgraded" : NULL;
    device->expect.level = reaches_purge(it) ? "purge" : "clear";
    device->expect.rule = technique->rule;
    device->expect.method = technique->id;
    device->expect.profile = technique->profile;
    device->expect.limitations = technique->limitations;
    device->expect.sanitizes = strncmp(technique->id, "ata-sanitize", 12) == 0;
    device->expect.units = strncmp(technique->id, "ata-security", 12) == 0;
}

static void one_combination(void **state)
{
    const struct combination *it = *state;
    struct ata_row device = {.name = it->name, .config = it->technique->alone};
    bool too_low = strcmp(it->level, "purge") == 0 && !reaches_purge(it);
    if (it->forced) {
        device.config = (struct model_ata_config){ALL_SANITIZES, ENHANCED};
        device.config.rotation = it->technique->alone.rotation;
        device.config.sat = it->technique->alone.sat;
    }
    device.facts.media = it->technique->media;
    device.facts.bus = it->technique->bus;
    device.request.level = it->level;
    device.request.rule_set = it->rule_set;
    device.request.method = it->forced ? it->technique->id : NULL;
    device.request.allow_downgrade = it->downgrade;
    if (too_low && !it->downgrade)
        expect_refusal(&device);
    else
        expect_erasure(&device, it, too_low);
    flow_run_ata(&device);
}

static void name_combination(struct combination *it, unsigned number)
{
    it->forced = number % 2 != 0;
    it->downgrade = number / 2 % 2 != 0;
    it->level = levels[number / 4 % LEVELS];
    it->rule_set = rule_sets[number / 8 % RULE_SETS];
    it->technique = &techniques[number / 8 / RULE_SETS];
    snprintf(it->name, sizeof it->name, "%s, %s, %s%s%s", it->technique->name, it->level,
             it->rule_set != NULL ? it->rule_set : "no rule set", it->downgrade ? ", downgrade" : "",
             it->forced ? ", asked for" : "");
}

static void one_device(void **state)
{
    flow_run_ata(*state);
}

int main(int argc, char **argv)
{
    static struct combination combinations[COMBINATIONS];
    size_t count = ata_row_count + COMBINATIONS;
    struct CMUnitTest *tests = calloc(count, sizeof *tests);
    if (tests == NULL)
        return 1;
    for (size_t i = 0; i < ata_row_count; i++)
        tests[i] = (struct CMUnitTest){
            .name = ata_rows[i].name, .test_func = one_device, .initial_state = (void *)&ata_rows[i]};
    for (unsigned i = 0; i < COMBINATIONS; i++) {
        name_combination(&combinations[i], i);
        tests[ata_row_count + i] = (struct CMUnitTest){
            .name = combinations[i].name, .test_func = one_combination, .initial_state = &combinations[i]};
    }
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    int failed = _cmocka_run_group_tests("ata devices", tests, count, NULL, flow_remove_all);
    free(tests);
    return failed;
}
