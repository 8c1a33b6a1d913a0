/* SPDX-License-Identifier: Apache-2.0 */
/* The planner over ATA drives: rows by what they are made of, levels, hidden areas, bridges, passwords,
 * drives at work. With a file's name as its argument it writes plans there, for validators that are not ours.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/plan.h"

/* Methods of the test's own: what they need of a drive is what the standard asks for. */
static bool says(bool yes, char *why, size_t why_bytes)
{
    if (!yes)
        snprintf(why, why_bytes, "not offered");
    return yes;
}

static bool block_fits(const struct uw_drive *d, char *why, size_t why_bytes)
{
    return says(d->ata.known && d->ata.identify.sanitize_block, why, why_bytes);
}

static bool crypto_fits(const struct uw_drive *d, char *why, size_t why_bytes)
{
    return says(d->ata.known && d->ata.identify.sanitize_crypto, why, why_bytes);
}

static bool overwrite_fits(const struct uw_drive *d, char *why, size_t why_bytes)
{
    return says(d->ata.known && d->ata.identify.sanitize_overwrite, why, why_bytes);
}

static bool enhanced_fits(const struct uw_drive *d, char *why, size_t why_bytes)
{
    return says(d->ata.known && d->ata.identify.security && d->ata.identify.security_enhanced, why,
                why_bytes);
}

static bool normal_fits(const struct uw_drive *d, char *why, size_t why_bytes)
{
    return says(d->ata.known && d->ata.identify.security, why, why_bytes);
}

static bool always_fits(const struct uw_drive *d, char *why, size_t why_bytes)
{
    return says(d->media != UW_MEDIA_HDD_ZONED, why, why_bytes);
}

static uint64_t an_hour(const struct uw_drive *d)
{
    return d->ata.known ? 3600 : 0;
}

enum { BLOCK, CRYPTO, OVERWRITE, ENHANCED, NORMAL, HOST, METHODS };

static const struct uw_method methods[METHODS] = {
    [BLOCK] = {.id = "ata-sanitize-block",
               .technique = UW_TECHNIQUE_DEVICE_SANITIZE_BLOCK,
               .internal = true,
               .fits = block_fits,
               .estimate_s = an_hour},
    [CRYPTO] = {.id = "ata-sanitize-crypto",
                .technique = UW_TECHNIQUE_DEVICE_SANITIZE_CRYPTO,
                .internal = true,
                .fits = crypto_fits,
                .estimate_s = an_hour},
    [OVERWRITE] = {.id = "ata-sanitize-overwrite",
                   .technique = UW_TECHNIQUE_DEVICE_SANITIZE_OVERWRITE,
                   .internal = true,
                   .fits = overwrite_fits,
                   .estimate_s = an_hour},
    [ENHANCED] = {.id = "ata-security-erase-enhanced",
                  .technique = UW_TECHNIQUE_ATA_SECURITY_ERASE_ENHANCED,
                  .internal = true,
                  .fits = enhanced_fits,
                  .estimate_s = an_hour},
    [NORMAL] = {.id = "ata-security-erase",
                .technique = UW_TECHNIQUE_ATA_SECURITY_ERASE,
                .internal = true,
                .fits = normal_fits,
                .estimate_s = an_hour},
    [HOST] = {.id = "overwrite",
              .technique = UW_TECHNIQUE_HOST_OVERWRITE,
              .can_stop = true,
              .fits = always_fits},
};

static const struct uw_method *method_at(size_t index)
{
    return index < METHODS ? &methods[index] : NULL;
}

/* Everything offered, nothing hidden, nothing going on. */
static struct uw_drive a_drive(enum uw_media media, uint16_t rotation)
{
    struct uw_drive d = {.bus = UW_BUS_ATA,
                         .media = media,
                         .bytes = 480103981056,
                         .logical_block_bytes = 512,
                         .hardware = true};
    snprintf(d.device, sizeof d.device, "/dev/sdx");
    snprintf(d.id, sizeof d.id, "S1");
    snprintf(d.serial, sizeof d.serial, "S1");
    d.ata.known = d.ata.identify.known = d.ata.log.known = d.ata.sanitize.known = true;
    d.ata.path = UW_ATA_PATH_WHOLE;
    d.ata.hpa = d.ata.dco = d.ata.amax = UW_HIDDEN_NONE;
    d.ata.sanitize.progress = UINT16_MAX;
    struct uw_ata_identify *i = &d.ata.identify;
    i->rotation = rotation;
    i->sanitize = i->sanitize_block = i->sanitize_crypto = i->sanitize_overwrite = true;
    i->security = i->security_enhanced = true;
    return d;
}

static struct uw_drive an_ssd(void)
{
    return a_drive(UW_MEDIA_SSD, 1);
}

static struct uw_drive a_disk(void)
{
    return a_drive(UW_MEDIA_HDD, 7200);
}

static const struct uw_policy PURGE = {.level = UW_LEVEL_PURGE};
static const struct uw_policy CLEAR = {.level = UW_LEVEL_CLEAR};

static void plan(const struct uw_drive *drive, const struct uw_policy *policy, struct uw_plan *to)
{
    uw_plan_make(drive, policy, method_at, to);
}

static const char *why_not(const struct uw_plan *p, size_t method)
{
    for (size_t i = 0; i < p->rejected_count; i++)
        if (p->rejected[i].method == &methods[method])
            return p->rejected[i].why;
    return "";
}

static void expect_refusal(const struct uw_plan *p, int exit_code, const char *code)
{
    assert_true(p->refusal.refused);
    assert_string_equal(p->refusal.code, code);
    assert_int_equal(p->refusal.exit_code, exit_code);
    assert_true(p->refusal.why[0] != '\0' && p->refusal.way_out[0] != '\0');
}

/* "A B" of a plan's limitations. */
static void expect_limitations(const struct uw_plan *p, const char *expected)
{
    char text[512] = "";
    for (size_t i = 0; i < p->limitation_count; i++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s%s", i > 0 ? " " : "", p->limitations[i]);
    }
    assert_string_equal(text, expected);
}

static const char *reservation(const struct uw_plan *p, size_t count, size_t index)
{
    static char code[64];
    json_t *event = uw_plan_event(p);
    const json_t *list = json_object_get(event, "reservations");
    assert_int_equal(json_array_size(list), count);
    const json_t *item = json_array_get(list, index);
    snprintf(code, sizeof code, "%s", item != NULL ? json_string_value(json_object_get(item, "code")) : "");
    json_decref(event);
    return code;
}

/* What each row claims, by what the drive is made of and by rule set: lowest, nist-800-88r1, ieee-2883. */
static const struct row {
    const char *rule; /* NULL: no row */
    enum uw_level levels[UW_RULE_SETS];
    enum uw_profile verify;
    const char *basis;
    const char *limitations;
    bool follows;
} rows[UW_MAKES][METHODS] = {
#define C UW_LEVEL_CLEAR
#define P UW_LEVEL_PURGE
#define SANITIZE "device-sanitize"
#define KEY "cryptographic-erase"
#define ERASE "device-erase"
#define BY_HOST "host-overwrite"
#define SAMPLE UW_PROFILE_SAMPLE
#define TENTH UW_PROFILE_TENTH
#define FULL UW_PROFILE_FULL
    [UW_MAKE_FLASH] =
        {[BLOCK] = {"A1", {P, P, P}, SAMPLE, SANITIZE, "", false},
         [CRYPTO] = {"A2", {P, P, P}, SAMPLE, KEY, "ce_preconditions_unverified", false},
         [OVERWRITE] = {"A3", {P, P, P}, TENTH, SANITIZE, "", false},
         [ENHANCED] = {"A5", {C, C, P}, TENTH, ERASE, "overprovisioned_not_reached", true},
         [NORMAL] =
             {"A6", {C, C, C}, FULL, ERASE, "reallocated_not_reached overprovisioned_not_reached", false},
         [HOST] =
             {"A6", {C, C, C}, FULL, BY_HOST, "reallocated_not_reached overprovisioned_not_reached", false}},
    [UW_MAKE_DISK] = {[CRYPTO] = {"H1", {P, P, P}, TENTH, KEY, "ce_preconditions_unverified", false},
                      [OVERWRITE] = {"H1", {P, P, P}, TENTH, SANITIZE, "", false},
                      [ENHANCED] = {"H2", {P, P, P}, TENTH, ERASE, "consult_maker", false},
                      [HOST] = {"H3", {C, C, C}, FULL, BY_HOST, "reallocated_not_reached", false}},
    [UW_MAKE_MIXED] =
        {[CRYPTO] = {"H1", {P, P, P}, TENTH, KEY, "ce_preconditions_unverified", false},
         [OVERWRITE] = {"H1", {P, P, P}, TENTH, SANITIZE, "", false},
         [ENHANCED] = {"H2", {C, C, C}, TENTH, ERASE, "media_cache_not_reached", false},
         [HOST] = {"H3", {C, C, C}, FULL, BY_HOST, "reallocated_not_reached media_cache_not_reached", false}},
};

static void expect_row(const struct uw_plan *p, enum uw_make make, size_t method, enum uw_rule_set set)
{
    const struct row *row = &rows[make][method];
    bool differs = row->levels[UW_RULES_NIST_800_88R1] > row->levels[UW_RULES_IEEE_2883];
    enum uw_rule_set lowest = differs ? UW_RULES_IEEE_2883 : UW_RULES_NIST_800_88R1;
    assert_false(p->refusal.refused);
    assert_ptr_equal(p->method, &methods[method]);
    assert_string_equal(p->rule->id, row->rule);
    assert_int_equal(p->level, row->levels[set]);
    assert_int_equal(p->verify, row->verify);
    assert_int_equal(p->technique, methods[method].technique);
    assert_int_equal(uw_technique_rule_set(p->drive, p->technique, set),
                     set == UW_RULES_LOWEST ? lowest : set);
    assert_string_equal(uw_technique_basis(p->technique), row->basis);
    expect_limitations(p, row->limitations);
    assert_int_equal(p->cannot_stop, method != HOST);
    assert_int_equal(p->standard != NULL, method == HOST);
    assert_int_equal(p->follow.method != NULL, row->follows);
    assert_false(p->attach || p->unlock_first || p->hits_subsystem || p->hidden_unknown || p->hidden_left);
    assert_int_equal(p->unmarked, UW_MARKED);
    assert_string_equal(reservation(p, p->downgraded ? 1 : 0, 0), p->downgraded ? "downgraded" : "");
}

/* Every drive, method, rule set and level: planned as its row says, or refused with 3 and what could be had.
 */
static void rows_by_rule_set_and_level(void **state)
{
    (void)state;
    const struct uw_drive drives[UW_MAKES] = {[UW_MAKE_FLASH] = an_ssd(),
                                              [UW_MAKE_DISK] = a_disk(),
                                              [UW_MAKE_MIXED] = a_drive(UW_MEDIA_HDD_SMR, 5400)};
    struct uw_plan p;
    for (size_t n = 0; n < (size_t)UW_MAKES * METHODS * UW_RULE_SETS * 2; n++) {
        enum uw_make make = (enum uw_make)(n % UW_MAKES);
        size_t m = n / UW_MAKES % METHODS;
        enum uw_rule_set set = (enum uw_rule_set)(n / UW_MAKES / METHODS % UW_RULE_SETS);
        enum uw_level level = n < (size_t)UW_MAKES * METHODS * UW_RULE_SETS ? UW_LEVEL_CLEAR : UW_LEVEL_PURGE;
        struct uw_policy policy = {.level = level, .rule_set = set, .method = &methods[m]};
        assert_int_equal(uw_drive_make(&drives[make]), make);
        plan(&drives[make], &policy, &p);
        if (rows[make][m].rule == NULL) {
            expect_refusal(&p, 3, "level");
            assert_non_null(strstr(p.refusal.way_out, "no rule claims a level"));
            continue;
        }
        if (rows[make][m].levels[set] >= level) {
            expect_row(&p, make, m, set);
            assert_false(p.downgraded);
            continue;
        }
        expect_refusal(&p, 3, "level");
        assert_non_null(strstr(p.refusal.why, "clear"));
        assert_string_equal(p.refusal.way_out, "--allow-downgrade, or --level clear");
        assert_null(p.method);
        policy.allow_downgrade = true;
        plan(&drives[make], &policy, &p);
        expect_row(&p, make, m, set);
        assert_true(p.downgraded);
    }
}

/* What a drive is made of: its own word, unless something contradicts it. */
static void makes(void **state)
{
    (void)state;
    static const struct {
        enum uw_media media;
        uint16_t rotation;
        size_t word; /* of IDENTIFY; 0: none */
        uint16_t value;
        enum uw_make make;
    } table[] = {
        {UW_MEDIA_HDD, 7200, 0, 0, UW_MAKE_DISK},
        {UW_MEDIA_HDD, 0x401, 0, 0, UW_MAKE_DISK},
        {UW_MEDIA_HDD, 0x400, 0, 0, UW_MAKE_FLASH},
        {UW_MEDIA_HDD, UINT16_MAX, 0, 0, UW_MAKE_FLASH},
        {UW_MEDIA_HDD, 1, 0, 0, UW_MAKE_FLASH},
        {UW_MEDIA_HDD, 0, 0, 0, UW_MAKE_FLASH},
        {UW_MEDIA_UNKNOWN, 7200, 0, 0, UW_MAKE_DISK},
        {UW_MEDIA_UNKNOWN, 0, 0, 0, UW_MAKE_FLASH},
        {UW_MEDIA_SSD, 7200, 0, 0, UW_MAKE_FLASH},
        {UW_MEDIA_SSD, 1, 0, 0, UW_MAKE_FLASH},
        {UW_MEDIA_HDD_SMR, 5400, 0, 0, UW_MAKE_MIXED},
        {UW_MEDIA_HDD_SMR, 0, 0, 0, UW_MAKE_FLASH},
        {UW_MEDIA_HDD, 5400, 69, 1, UW_MAKE_MIXED},
        {UW_MEDIA_HDD, 5400, 69, 2, UW_MAKE_MIXED},
        {UW_MEDIA_HDD, 5400, 69, 0x4018, UW_MAKE_DISK},
        {UW_MEDIA_HDD, 5400, 69, UINT16_MAX, UW_MAKE_DISK},
        {UW_MEDIA_HDD, 5400, 78, 1U << 9, UW_MAKE_MIXED},
        {UW_MEDIA_HDD, 5400, 78, 0x00ff, UW_MAKE_DISK},
        {UW_MEDIA_HDD, 5400, 214, 1U << 4, UW_MAKE_MIXED},
        {UW_MEDIA_HDD, 5400, 214, 1U << 0, UW_MAKE_DISK},
        {UW_MEDIA_SSD, 1, 78, 1U << 9, UW_MAKE_FLASH},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct uw_drive d = a_drive(table[i].media, table[i].rotation);
        struct uw_policy policy = {.level = UW_LEVEL_CLEAR, .method = &methods[ENHANCED]};
        struct uw_plan p;
        d.ata.identify.raw[2 * table[i].word] = (uint8_t)table[i].value;
        d.ata.identify.raw[2 * table[i].word + 1] = (uint8_t)(table[i].value >> 8);
        if (uw_drive_make(&d) != table[i].make)
            fail_msg("row %zu is %d", i, (int)uw_drive_make(&d));
        plan(&d, &policy, &p);
        assert_int_equal(p.level, table[i].make == UW_MAKE_DISK ? UW_LEVEL_PURGE : UW_LEVEL_CLEAR);
        assert_int_equal(p.follow.method != NULL, table[i].make == UW_MAKE_FLASH);
        d.ata.known = false;
        assert_int_equal(uw_drive_make(&d), UW_MAKE_FLASH);
    }

    /* A silent drive that the kernel calls a disk: nothing is said to be reached that flash would keep. */
    struct uw_drive d = a_drive(UW_MEDIA_HDD, 0);
    struct uw_policy policy = {.level = UW_LEVEL_CLEAR, .method = &methods[ENHANCED]};
    struct uw_plan p;
    plan(&d, &policy, &p);
    expect_limitations(&p, "overprovisioned_not_reached");
    policy.method = &methods[HOST];
    plan(&d, &policy, &p);
    assert_string_equal(p.rule->id, "H3");
    expect_limitations(&p, "reallocated_not_reached");
}

/* "b" block, "c" crypto, "o" overwrite, "e" enhanced, "n" normal: what the drive offers. */
static void offer(struct uw_drive *d, const char *what)
{
    struct uw_ata_identify *i = &d->ata.identify;
    i->sanitize_block = strchr(what, 'b') != NULL;
    i->sanitize_crypto = strchr(what, 'c') != NULL;
    i->sanitize_overwrite = strchr(what, 'o') != NULL;
    i->sanitize = i->sanitize_block || i->sanitize_crypto || i->sanitize_overwrite;
    i->security_enhanced = strchr(what, 'e') != NULL;
    i->security = i->security_enhanced || strchr(what, 'n') != NULL;
}

/* The first that the drive offers, unless a later one reaches more. */
static void ladder(void **state)
{
    (void)state;
    static const struct {
        enum uw_make make;
        const char *offered;
        size_t clear;
        int purge; /* -1: refused */
    } table[] = {
        {UW_MAKE_FLASH, "bcoen", BLOCK, BLOCK},
        {UW_MAKE_FLASH, "coen", CRYPTO, CRYPTO},
        {UW_MAKE_FLASH, "oen", OVERWRITE, OVERWRITE},
        {UW_MAKE_FLASH, "en", ENHANCED, -1},
        {UW_MAKE_FLASH, "n", NORMAL, -1},
        {UW_MAKE_FLASH, "", HOST, -1},
        {UW_MAKE_DISK, "bcoen", CRYPTO, CRYPTO},
        {UW_MAKE_DISK, "boen", OVERWRITE, OVERWRITE},
        {UW_MAKE_DISK, "ben", ENHANCED, ENHANCED},
        {UW_MAKE_DISK, "bn", HOST, -1},
        {UW_MAKE_MIXED, "coen", CRYPTO, CRYPTO},
        {UW_MAKE_MIXED, "en", ENHANCED, -1},
        {UW_MAKE_MIXED, "n", HOST, -1},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        enum uw_make make = table[i].make;
        struct uw_drive d = make == UW_MAKE_FLASH  ? an_ssd()
                            : make == UW_MAKE_DISK ? a_disk()
                                                   : a_drive(UW_MEDIA_HDD_SMR, 5400);
        struct uw_plan p;
        offer(&d, table[i].offered);
        plan(&d, &CLEAR, &p);
        expect_row(&p, make, table[i].clear, UW_RULES_LOWEST);
        assert_int_equal(p.rejected_count, METHODS - 1);
        plan(&d, &PURGE, &p);
        if (table[i].purge < 0)
            expect_refusal(&p, 3, "level");
        else
            expect_row(&p, make, (size_t)table[i].purge, UW_RULES_LOWEST);
    }
}

static const struct uw_method *without_overwrite(size_t index)
{
    return index < HOST ? &methods[index] : NULL;
}

/* The overwrite that A5 asks for is a step of its own. */
static void two_steps(void **state)
{
    (void)state;
    struct uw_drive d = an_ssd();
    struct uw_policy policy = {
        .level = UW_LEVEL_PURGE, .rule_set = UW_RULES_IEEE_2883, .method = &methods[ENHANCED]};
    struct uw_plan p;
    plan(&d, &policy, &p);
    assert_int_equal(p.level, UW_LEVEL_PURGE);
    assert_ptr_equal(p.follow.method, &methods[HOST]);
    assert_string_equal(p.follow.standard->id, "nist-clear");
    assert_true(p.follow.estimate_s > 0);
    assert_int_equal(p.estimate_s, 3600);
    json_t *document = uw_plan_json(&p);
    const json_t *steps = json_object_get(document, "steps");
    assert_int_equal(json_array_size(steps), 2);
    const json_t *first = json_array_get(steps, 0), *second = json_array_get(steps, 1);
    assert_string_equal(json_string_value(json_object_get(first, "technique")),
                        "ata-security-erase-enhanced");
    assert_true(json_is_false(json_object_get(first, "can_stop")));
    assert_int_equal(json_array_size(json_object_get(first, "passes")), 0);
    const json_t *levels = json_object_get(first, "levels");
    assert_string_equal(json_string_value(json_object_get(levels, "nist-800-88r1")), "clear");
    assert_string_equal(json_string_value(json_object_get(levels, "ieee-2883")), "purge");
    assert_string_equal(json_string_value(json_object_get(second, "method")), "overwrite");
    assert_true(json_is_true(json_object_get(second, "can_stop")));
    assert_int_equal(json_array_size(json_object_get(second, "passes")), 1);
    levels = json_object_get(second, "levels");
    assert_string_equal(json_string_value(json_object_get(levels, "ieee-2883")), "clear");
    json_decref(document);

    json_t *event = uw_plan_event(&p);
    assert_int_equal(json_array_size(json_object_get(event, "steps")), 2);
    assert_string_equal(json_string_value(json_object_get(event, "basis")), "device-erase");
    json_decref(event);

    uw_plan_make(&d, &policy, without_overwrite, &p);
    expect_refusal(&p, 3, "level");
    assert_non_null(strstr(p.refusal.way_out, "an overwrite after it"));
    d = a_disk();
    uw_plan_make(&d, &policy, without_overwrite, &p);
    assert_false(p.refusal.refused);
    assert_null(p.follow.method);
}

/* Areas that the drive hides, or may hide, by what erases it. */
static void hidden_areas(void **state)
{
    (void)state;
    static const struct {
        enum uw_hidden hpa, dco, amax;
        const char *codes;
        const char *reservation; /* NULL: none */
        size_t reservations;
    } table[] = {
        {UW_HIDDEN_NONE, UW_HIDDEN_NONE, UW_HIDDEN_NONE, "", NULL, 0},
        {UW_HIDDEN_UNKNOWN, UW_HIDDEN_NONE, UW_HIDDEN_NONE, " hidden_areas_not_checked",
         "hidden_areas_not_checked", 1},
        {UW_HIDDEN_NONE, UW_HIDDEN_UNKNOWN, UW_HIDDEN_NONE, " hidden_areas_not_checked",
         "hidden_areas_not_checked", 1},
        {UW_HIDDEN_NONE, UW_HIDDEN_NONE, UW_HIDDEN_UNKNOWN, " hidden_areas_not_checked",
         "hidden_areas_not_checked", 1},
        {UW_HIDDEN_PRESENT, UW_HIDDEN_NONE, UW_HIDDEN_NONE, " hpa_not_covered", "hidden_areas_not_covered",
         1},
        {UW_HIDDEN_NONE, UW_HIDDEN_PRESENT, UW_HIDDEN_NONE, " dco_not_covered", "hidden_areas_not_covered",
         1},
        {UW_HIDDEN_NONE, UW_HIDDEN_NONE, UW_HIDDEN_PRESENT, " amax_not_covered", "hidden_areas_not_covered",
         1},
        {UW_HIDDEN_PRESENT, UW_HIDDEN_PRESENT, UW_HIDDEN_UNKNOWN,
         " hidden_areas_not_checked hpa_not_covered dco_not_covered", "hidden_areas_not_checked", 2},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        for (size_t m = CRYPTO; m < METHODS; m++) {
            struct uw_drive d = m == NORMAL ? an_ssd() : a_disk();
            struct uw_policy policy = {.level = UW_LEVEL_PURGE, .method = &methods[m]};
            struct uw_plan p;
            d.ata.hpa = table[i].hpa;
            d.ata.dco = table[i].dco;
            d.ata.amax = table[i].amax;
            plan(&d, &policy, &p);
            bool purge = m <= OVERWRITE || (m == ENHANCED && table[i].reservation == NULL);
            assert_int_equal(p.refusal.refused, !purge);
            if (!purge)
                expect_refusal(&p, 3, "level");
            policy.level = UW_LEVEL_CLEAR;
            plan(&d, &policy, &p);
            assert_false(p.refusal.refused);
            assert_int_equal(p.level, purge ? UW_LEVEL_PURGE : UW_LEVEL_CLEAR);
            bool told = m <= OVERWRITE || table[i].reservation == NULL;
            assert_string_equal(reservation(&p, told ? 0 : table[i].reservations, 0),
                                told ? "" : table[i].reservation);
            if (m == HOST) {
                char expected[256];
                snprintf(expected, sizeof expected, "reallocated_not_reached%s", table[i].codes);
                expect_limitations(&p, expected);
            }
            if (m == OVERWRITE)
                expect_limitations(&p, "");
        }
}

/* A drive that did not answer is overwritten, whatever zeros or left-overs its facts hold. */
static void silent_drive(void **state)
{
    (void)state;
    struct uw_drive d = an_ssd();
    struct uw_plan p;
    d.ata.known = false;
    d.ata.identify.security_locked = true;
    d.ata.sanitize.state = UW_ATA_SANITIZE_FAILED;
    d.ata.hpa = UW_HIDDEN_PRESENT;
    plan(&d, &PURGE, &p);
    expect_refusal(&p, 3, "level");
    plan(&d, &CLEAR, &p);
    assert_string_equal(p.rule->id, "A6");
    assert_false(p.hidden_left);
    assert_int_equal(p.unmarked, UW_MARKED);
    assert_true(p.hidden_unknown);
    assert_string_equal(reservation(&p, 1, 0), "hidden_areas_not_checked");
    assert_int_equal(uw_level_limit(&d, UW_TECHNIQUE_DEVICE_SANITIZE_BLOCK, true), UW_LEVEL_CLEAR);
}

/* What no row has to keep out. */
static void limits(void **state)
{
    (void)state;
    static const enum uw_media below[] = {UW_MEDIA_VIRTUAL, UW_MEDIA_VOLUME, UW_MEDIA_FILE};
    enum uw_technique sanitize = UW_TECHNIQUE_DEVICE_SANITIZE_BLOCK;
    struct uw_plan p;
    struct uw_drive d = an_ssd();
    assert_int_equal(uw_level_limit(&d, sanitize, false), UW_LEVEL_PURGE);
    assert_int_equal(uw_level_limit(&d, UW_TECHNIQUE_ATA_SECURITY_ERASE_ENHANCED, false), UW_LEVEL_PURGE);
    assert_int_equal(uw_level_limit(&d, UW_TECHNIQUE_HOST_OVERWRITE, false), UW_LEVEL_CLEAR);
    for (size_t i = 0; i < sizeof below / sizeof *below; i++) {
        d.media = below[i];
        assert_int_equal(uw_level_limit(&d, sanitize, false), UW_LEVEL_CLEAR);
        plan(&d, &PURGE, &p);
        expect_refusal(&p, 3, "level");
    }
    d = a_drive(UW_MEDIA_HDD_ZONED, 7200);
    plan(&d, &CLEAR, &p);
    expect_refusal(&p, 3, "level");
    d = an_ssd();
    d.is_partition = true;
    assert_int_equal(uw_level_limit(&d, sanitize, false), UW_LEVEL_CLEAR);
    for (int bus = 0; bus < UW_BUS_COUNT; bus++) {
        d = an_ssd();
        d.bus = (enum uw_bus)bus;
        assert_int_equal(uw_level_limit(&d, sanitize, false),
                         bus == UW_BUS_ATA || bus == UW_BUS_USB ? UW_LEVEL_PURGE : UW_LEVEL_CLEAR);
        d.ata.path = UW_ATA_PATH_COUNT_ZEROED;
        assert_int_equal(uw_level_limit(&d, sanitize, false),
                         bus == UW_BUS_ATA ? UW_LEVEL_PURGE : UW_LEVEL_CLEAR);
    }
}

/* Behind a bridge that lets everything through the drive inside, never with a password; else two passes. */
static void bridges(void **state)
{
    (void)state;
    static const struct {
        enum uw_make make;
        size_t method;
        enum uw_profile verify;
        const char *limitations;
    } table[] = {
        {UW_MAKE_FLASH, BLOCK, UW_PROFILE_SAMPLE, "via_bridge"},
        {UW_MAKE_FLASH, CRYPTO, UW_PROFILE_SAMPLE, "via_bridge ce_preconditions_unverified"},
        {UW_MAKE_FLASH, OVERWRITE, UW_PROFILE_TENTH, "via_bridge"},
        {UW_MAKE_DISK, CRYPTO, UW_PROFILE_TENTH, "via_bridge ce_preconditions_unverified"},
        {UW_MAKE_DISK, OVERWRITE, UW_PROFILE_TENTH, "via_bridge"},
    };
    struct uw_plan p;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct uw_drive d = a_drive(UW_MEDIA_UNKNOWN, table[i].make == UW_MAKE_FLASH ? 1 : 5400);
        struct uw_policy policy = {.level = UW_LEVEL_PURGE, .method = &methods[table[i].method]};
        d.bus = UW_BUS_USB;
        plan(&d, &policy, &p);
        assert_false(p.refusal.refused);
        assert_string_equal(p.rule->id, "U2");
        assert_int_equal(p.level, UW_LEVEL_PURGE);
        assert_int_equal(p.verify, table[i].verify);
        expect_limitations(&p, table[i].limitations);
        static const enum uw_ata_path paths[] = {UW_ATA_PATH_NONE, UW_ATA_PATH_DATA_ONLY,
                                                 UW_ATA_PATH_COUNT_ZEROED};
        for (size_t path = 0; path < sizeof paths / sizeof *paths; path++) {
            d.ata.path = paths[path];
            plan(&d, &policy, &p);
            expect_refusal(&p, 3, "level");
            assert_string_equal(why_not(&p, table[i].method),
                                path < 2 ? "registers not readable through this path"
                                         : "the USB bridge does not let everything through");
            plan(&d, &CLEAR, &p);
            assert_string_equal(p.rule->id, "U1");
            assert_int_equal(p.standard->pass_count, 2);
        }
    }
    struct uw_drive d = an_ssd();
    d.bus = UW_BUS_USB;
    offer(&d, "en");
    plan(&d, &CLEAR, &p);
    assert_string_equal(p.rule->id, "U1");
    assert_string_equal(why_not(&p, ENHANCED), "never through a USB bridge");
    assert_string_equal(why_not(&p, NORMAL), "never through a USB bridge");
    struct uw_policy policy = {.level = UW_LEVEL_CLEAR, .method = &methods[NORMAL]};
    plan(&d, &policy, &p);
    expect_refusal(&p, 3, "level");
    assert_string_equal(p.refusal.way_out, "never through a USB bridge");
}

/* On the way to a drive that is attached without a bridge too, registers may be lost. */
static void paths(void **state)
{
    (void)state;
    struct uw_drive d = an_ssd();
    struct uw_plan p;
    d.ata.path = UW_ATA_PATH_COUNT_ZEROED;
    plan(&d, &PURGE, &p);
    expect_row(&p, UW_MAKE_FLASH, BLOCK, UW_RULES_LOWEST);
    assert_string_equal(why_not(&p, OVERWRITE), "the number of passes is lost on this path");
    offer(&d, "o");
    plan(&d, &PURGE, &p);
    expect_refusal(&p, 3, "level");
    assert_non_null(strstr(p.refusal.way_out, "the number of passes is lost"));
    offer(&d, "en");
    plan(&d, &CLEAR, &p);
    expect_row(&p, UW_MAKE_FLASH, ENHANCED, UW_RULES_LOWEST);
    static const enum uw_ata_path lossy[] = {UW_ATA_PATH_NONE, UW_ATA_PATH_DATA_ONLY};
    for (size_t i = 0; i < 2; i++) {
        d = an_ssd();
        d.ata.path = lossy[i];
        plan(&d, &CLEAR, &p);
        expect_row(&p, UW_MAKE_FLASH, HOST, UW_RULES_LOWEST);
        for (size_t m = BLOCK; m < HOST; m++)
            assert_string_equal(why_not(&p, m), "registers not readable through this path");
    }
}

/* Somebody's password, and what is left: 's' sanitize, 'e' enhanced, 'h' host's overwrite, 'l' refused. */
static void passwords(void **state)
{
    (void)state;
    static const struct {
        bool enabled, locked, frozen, expired, overrides, own;
        char with_sanitize, without;
        enum uw_unlock unlock;
        const char *why; /* against the security methods; NULL: nothing */
    } table[] = {
        {0, 0, 0, 0, 0, 0, 's', 'e', 0, NULL},
        {0, 0, 1, 0, 0, 0, 's', 'h', 0, "frozen"},
        {0, 0, 0, 1, 0, 0, 's', 'h', 0, "too many wrong passwords"},
        {1, 0, 0, 0, 0, 0, 's', 'h', 0, "a password already"},
        {1, 0, 1, 0, 0, 0, 's', 'h', 0, "frozen"},
        {1, 1, 0, 0, 0, 0, 's', 'e', UW_UNLOCK_TRY, NULL},
        {1, 1, 0, 1, 0, 0, 'l', 'l', 0, "locked"},
        {1, 1, 1, 0, 0, 0, 'l', 'l', 0, "locked"},
        /* A sanitize that gets round the lock leaves nothing that could be read. */
        {1, 1, 0, 0, 1, 0, 's', 'e', UW_UNLOCK_TRY, NULL},
        {1, 1, 0, 1, 1, 0, 'l', 'l', 0, "locked"},
        {1, 1, 1, 0, 1, 0, 'l', 'l', 0, "locked"},
        {0, 0, 0, 0, 0, 1, 's', 'e', 0, NULL},
        {1, 0, 0, 0, 0, 1, 's', 'e', UW_UNLOCK_OURS, NULL},
        {1, 1, 0, 0, 0, 1, 's', 'e', UW_UNLOCK_OURS, NULL},
        {1, 1, 0, 1, 0, 1, 'l', 'l', 0, "locked"},
        {1, 1, 1, 0, 0, 1, 'l', 'l', 0, "locked"},
        {1, 0, 1, 0, 0, 1, 's', 'h', 0, "frozen"},
    };
    for (size_t i = 0; i < 2 * sizeof table / sizeof *table; i++) {
        bool sanitize = i % 2 == 0;
        char expected = sanitize ? table[i / 2].with_sanitize : table[i / 2].without;
        struct uw_drive d = a_disk();
        struct uw_policy policy = {.level = UW_LEVEL_CLEAR, .own_password = table[i / 2].own};
        struct uw_plan p;
        offer(&d, sanitize ? "oen" : "en");
        d.ata.identify.security_enabled = table[i / 2].enabled;
        d.ata.identify.security_locked = table[i / 2].locked;
        d.ata.identify.security_frozen = table[i / 2].frozen;
        d.ata.identify.security_expired = table[i / 2].expired;
        d.ata.log.restricted_sanitize_overrides_security = table[i / 2].overrides;
        plan(&d, &policy, &p);
        char seen = p.refusal.refused                ? 'l'
                    : p.method == &methods[HOST]     ? 'h'
                    : p.method == &methods[ENHANCED] ? 'e'
                                                     : 's';
        if (seen != expected)
            fail_msg("row %zu is %c, not %c", i, seen, expected);
        if (seen == 'l') {
            expect_refusal(&p, 4, "locked");
            assert_non_null(strstr(p.refusal.way_out, "off and on"));
            if (!table[i / 2].own)
                assert_non_null(strstr(p.refusal.way_out, "\"unwrite\""));
        } else {
            assert_int_equal(p.unlock_first, table[i / 2].unlock);
            assert_int_equal(p.unmarked, UW_MARKED);
            assert_string_equal(reservation(&p, 0, 0), "");
        }
        const char *why = table[i / 2].why;
        if (why != NULL && strstr(why_not(&p, ENHANCED), why) == NULL)
            fail_msg("row %zu: %s", i, why_not(&p, ENHANCED));
    }
}

/* The way out of what a state keeps away stands in the refusal. */
static void frozen(void **state)
{
    (void)state;
    struct uw_drive d = a_disk();
    struct uw_plan p;
    offer(&d, "en");
    d.ata.identify.security_frozen = true;
    plan(&d, &PURGE, &p);
    expect_refusal(&p, 3, "level");
    static const char *const ways[] = {"--allow-downgrade", "ata-security-erase-enhanced would reach it",
                                       "sanitize it",       "off and on",
                                       "suspend",           "another controller"};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        assert_non_null(strstr(p.refusal.way_out, ways[i]));
    assert_null(strstr(p.refusal.way_out, "--unfreeze"));
    struct uw_policy policy = {.level = UW_LEVEL_CLEAR, .method = &methods[ENHANCED]};
    plan(&d, &policy, &p);
    expect_refusal(&p, 3, "level");
    assert_non_null(strstr(p.refusal.way_out, "another controller"));

    /* What would not reach it anyhow is not named. */
    d = an_ssd();
    offer(&d, "en");
    d.ata.identify.security_frozen = true;
    plan(&d, &PURGE, &p);
    assert_string_equal(p.refusal.way_out, "--allow-downgrade, or --level clear");

    d = an_ssd();
    offer(&d, "b");
    d.ata.sanitize.state = UW_ATA_SANITIZE_FROZEN;
    plan(&d, &PURGE, &p);
    expect_refusal(&p, 3, "level");
    assert_non_null(strstr(p.refusal.way_out, "its sanitize commands are frozen"));
    plan(&d, &CLEAR, &p);
    assert_ptr_equal(p.method, &methods[HOST]);
    d.ata.sanitize.state = UW_ATA_SANITIZE_DONE;
    d.ata.sanitize.frozen = true;
    plan(&d, &PURGE, &p);
    expect_refusal(&p, 3, "level");
    d.ata.sanitize.frozen = false;
    d.ata.sanitize.antifreeze = true;
    plan(&d, &PURGE, &p);
    expect_row(&p, UW_MAKE_FLASH, BLOCK, UW_RULES_LOWEST);
    d.ata.sanitize.known = false;
    plan(&d, &PURGE, &p);
    expect_refusal(&p, 3, "level");
    assert_non_null(strstr(p.refusal.way_out, "sanitize status cannot be read"));
}

static void failed_and_strange(void **state)
{
    (void)state;
    struct uw_drive d = a_disk();
    struct uw_plan p;
    d.ata.sanitize.state = UW_ATA_SANITIZE_FAILED;
    plan(&d, &PURGE, &p);
    assert_ptr_equal(p.method, &methods[CRYPTO]);
    assert_false(p.attach);
    assert_int_equal(p.unmarked, UW_UNMARKED_FAILED);
    assert_string_equal(reservation(&p, 1, 0), "markers_not_possible");
    assert_false(p.ends_failed);
    /* Whether something else ends that state the drive does not tell before it is asked. */
    offer(&d, "en");
    plan(&d, &CLEAR, &p);
    assert_ptr_equal(p.method, &methods[ENHANCED]);
    assert_true(p.ends_failed);
    assert_int_equal(p.unmarked, UW_MARKED);
    assert_string_equal(reservation(&p, 1, 0), "failed_sanitize_ended");
    /* The bit that asks for it is lost. */
    d.ata.path = UW_ATA_PATH_COUNT_ZEROED;
    plan(&d, &CLEAR, &p);
    expect_refusal(&p, 3, "level");
    assert_non_null(strstr(p.refusal.way_out, "is lost on this path"));

    d = a_disk();
    for (uint8_t s = UW_ATA_SANITIZE_UNKNOWN; s < UW_ATA_SANITIZE_UNKNOWN + 3; s++) {
        d.ata.sanitize.state = s;
        plan(&d, &CLEAR, &p);
        expect_refusal(&p, 4, "sanitize_state");
    }
    static const uint8_t idle[] = {UW_ATA_SANITIZE_IDLE, UW_ATA_SANITIZE_DONE};
    for (size_t i = 0; i < sizeof idle; i++) {
        d.ata.sanitize.state = idle[i];
        plan(&d, &PURGE, &p);
        expect_row(&p, UW_MAKE_DISK, CRYPTO, UW_RULES_LOWEST);
    }
}

/* Of a sanitize that runs: what the drive offers, what was asked for, and what is planned. The drive does not
 * say which it is. */
static void attach(void **state)
{
    (void)state;
    static const struct {
        bool disk;
        const char *offered;
        int asked; /* -1: nothing */
        const char *standard;
        int planned; /* -1: refused */
        bool told;
        enum uw_profile verify;
        const char *limitations;
    } table[] = {
        {0, "ben", -1, NULL, BLOCK, true, UW_PROFILE_SAMPLE, ""},
        {0, "ben", BLOCK, NULL, BLOCK, true, UW_PROFILE_SAMPLE, ""},
        {1, "oe", -1, NULL, OVERWRITE, true, UW_PROFILE_TENTH, ""},
        {1, "c", -1, NULL, CRYPTO, true, UW_PROFILE_TENTH, "ce_preconditions_unverified"},
        {0, "bc", -1, NULL, BLOCK, false, UW_PROFILE_SAMPLE,
         "ce_preconditions_unverified sanitize_operation_not_told"},
        {0, "bco", -1, NULL, BLOCK, false, UW_PROFILE_TENTH,
         "ce_preconditions_unverified sanitize_operation_not_told"},
        {0, "bo", -1, NULL, BLOCK, false, UW_PROFILE_TENTH, "sanitize_operation_not_told"},
        {1, "co", -1, NULL, CRYPTO, false, UW_PROFILE_TENTH,
         "ce_preconditions_unverified sanitize_operation_not_told"},
        {0, "bc", BLOCK, NULL, -1, false, UW_PROFILE_SAMPLE, ""},
        {0, "b", CRYPTO, NULL, -1, false, UW_PROFILE_SAMPLE, ""},
        {0, "b", HOST, NULL, -1, false, UW_PROFILE_SAMPLE, ""},
        {0, "be", ENHANCED, NULL, -1, false, UW_PROFILE_SAMPLE, ""},
        {1, "oe", ENHANCED, NULL, -1, false, UW_PROFILE_SAMPLE, ""},
        {1, "oe", HOST, NULL, -1, false, UW_PROFILE_SAMPLE, ""},
        {0, "b", -1, "random", -1, false, UW_PROFILE_SAMPLE, ""},
        {1, "bco", -1, NULL, -1, false, UW_PROFILE_SAMPLE, ""}, /* no row for a block erase of a disk */
        {0, "en", -1, NULL, -1, false, UW_PROFILE_SAMPLE, ""},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct uw_drive d = table[i].disk ? a_disk() : an_ssd();
        struct uw_policy policy = {.level = UW_LEVEL_PURGE,
                                   .standard = uw_standard_by_id(table[i].standard),
                                   .method = table[i].asked < 0 ? NULL : &methods[table[i].asked],
                                   .own_password = true};
        struct uw_plan p;
        d.ata.identify.security_enabled = true;
        offer(&d, table[i].offered);
        d.ata.sanitize.state = UW_ATA_SANITIZE_RUNNING;
        d.ata.sanitize.progress = 0x4000;
        plan(&d, &policy, &p);
        if (table[i].planned < 0) {
            expect_refusal(&p, 4, "sanitize_running");
            assert_null(p.method);
            continue;
        }
        assert_false(p.refusal.refused);
        assert_ptr_equal(p.method, &methods[table[i].planned]);
        assert_int_equal(p.technique, table[i].told ? p.method->technique : UW_TECHNIQUE_DEVICE_SANITIZE);
        assert_int_equal(p.level, UW_LEVEL_PURGE);
        assert_int_equal(p.verify, table[i].verify);
        expect_limitations(&p, table[i].limitations);
        assert_true(p.attach);
        assert_false(p.unlock_first); /* it would not listen */
        assert_int_equal(p.estimate_s, 2700);
        assert_int_equal(p.unmarked, UW_UNMARKED_RUNNING);
        assert_string_equal(reservation(&p, 1, 0), "markers_not_possible");
        json_t *document = uw_plan_json(&p);
        const json_t *step = json_array_get(json_object_get(document, "steps"), 0);
        assert_string_equal(json_string_value(json_object_get(step, "technique")),
                            uw_technique_name(p.technique));
        assert_int_equal(json_array_size(json_object_get(document, "also_affected")), 0);
        json_decref(document);
    }
}

static void standards_and_verify(void **state)
{
    (void)state;
    struct uw_drive d = an_ssd();
    struct uw_policy policy = {.level = UW_LEVEL_CLEAR, .standard = uw_standard_by_id("random")};
    struct uw_plan p;
    plan(&d, &policy, &p);
    assert_string_equal(p.rule->id, "A6");
    assert_string_equal(p.standard->id, "random");
    assert_string_equal(why_not(&p, BLOCK), "--standard asks for overwriting");
    policy.level = UW_LEVEL_PURGE;
    d = a_disk();
    d.ata.identify.security_frozen = true;
    plan(&d, &policy, &p);
    expect_refusal(&p, 3, "level");
    assert_string_equal(p.refusal.way_out, "--allow-downgrade, or --level clear");
    policy = (struct uw_policy){.level = UW_LEVEL_PURGE, .verify = UW_PROFILE_FULL};
    plan(&d, &policy, &p);
    assert_int_equal(p.verify, UW_PROFILE_FULL);
}

/* Plans of every kind as one document. */
enum { PLANS = 2 * METHODS + 4 };

static int write_plans(const char *path)
{
    static struct uw_drive drives[PLANS];
    static struct uw_plan p;
    json_t *plans = json_array();
    for (size_t i = 0; i < PLANS; i++) {
        struct uw_policy policy = {.level = UW_LEVEL_CLEAR,
                                   .method = i < (size_t)2 * METHODS ? &methods[i % METHODS] : NULL};
        drives[i] = i < METHODS ? an_ssd() : a_disk();
        if (i == (size_t)2 * METHODS) {
            offer(&drives[i], "co");
            drives[i].ata.sanitize.state = UW_ATA_SANITIZE_RUNNING;
        }
        if (i == (size_t)2 * METHODS + 1)
            drives[i].ata.identify.security_locked = true;
        if (i == (size_t)2 * METHODS + 2) {
            drives[i].bus = UW_BUS_USB;
            drives[i].ata.hpa = UW_HIDDEN_PRESENT;
        }
        if (i == (size_t)2 * METHODS + 3) {
            offer(&drives[i], "");
            drives[i].ata.hpa = drives[i].ata.dco = drives[i].ata.amax = UW_HIDDEN_PRESENT;
        }
        plan(&drives[i], &policy, &p);
        json_array_append_new(plans, uw_plan_json(&p));
    }
    json_t *document = json_pack("{s:s, s:o}", "schema", "urn:unwrite:plan:1", "plans", plans);
    int code = document != NULL && json_dump_file(document, path, JSON_INDENT(2)) == 0 ? 0 : 1;
    json_decref(document);
    return code;
}

int main(int argc, char **argv)
{
    if (argc == 2)
        return write_plans(argv[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_by_rule_set_and_level),
        cmocka_unit_test(makes),
        cmocka_unit_test(ladder),
        cmocka_unit_test(two_steps),
        cmocka_unit_test(hidden_areas),
        cmocka_unit_test(silent_drive),
        cmocka_unit_test(limits),
        cmocka_unit_test(bridges),
        cmocka_unit_test(paths),
        cmocka_unit_test(passwords),
        cmocka_unit_test(frozen),
        cmocka_unit_test(failed_and_strange),
        cmocka_unit_test(attach),
        cmocka_unit_test(standards_and_verify),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
