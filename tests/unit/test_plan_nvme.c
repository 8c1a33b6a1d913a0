/* SPDX-License-Identifier: Apache-2.0 */
/* The planner over NVMe drives: rows, levels, limitations, namespaces that go together, drives at work. With
 * a file's name as its argument it writes plans there, for validators that are not ours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/plan.h"

/* Methods of the test's own: what they need of a drive is what the specification asks for. */
static bool says_no(char *why, size_t why_bytes, const char *text)
{
    snprintf(why, why_bytes, "%s", text);
    return false;
}

static bool block_fits(const struct uw_drive *d, char *why, size_t why_bytes)
{
    return (d->nvme.controller.sanicap & UW_NVME_SANICAP_BLOCK) != 0 || says_no(why, why_bytes, "no BES");
}

static bool crypto_fits(const struct uw_drive *d, char *why, size_t why_bytes)
{
    return (d->nvme.controller.sanicap & UW_NVME_SANICAP_CRYPTO) != 0 || says_no(why, why_bytes, "no CES");
}

static bool overwrite_fits(const struct uw_drive *d, char *why, size_t why_bytes)
{
    return (d->nvme.controller.sanicap & UW_NVME_SANICAP_OVERWRITE) != 0 || says_no(why, why_bytes, "no OWS");
}

static bool format_fits(const struct uw_drive *d, char *why, size_t why_bytes)
{
    return (d->nvme.controller.oacs & UW_NVME_OACS_FORMAT) != 0 || says_no(why, why_bytes, "no Format");
}

static bool format_crypto_fits(const struct uw_drive *d, char *why, size_t why_bytes)
{
    return format_fits(d, why, why_bytes) &&
           ((d->nvme.controller.fna & UW_NVME_FNA_CRYPTO) != 0 || says_no(why, why_bytes, "no crypto"));
}

static bool always_fits(const struct uw_drive *d, char *why, size_t why_bytes)
{
    (void)d;
    return why_bytes > 0 || why[0] == '\0';
}

static bool all_of_them(const struct uw_drive *d)
{
    return d->nvme.known;
}

static bool by_fna(const struct uw_drive *d)
{
    return (d->nvme.controller.fna & UW_NVME_FNA_ERASE_ALL) != 0;
}

static uint64_t an_hour(const struct uw_drive *d)
{
    return d->nvme.known ? 3600 : 0;
}

static const struct uw_method methods[] = {
    {.id = "nvme-sanitize-block",
     .technique = UW_TECHNIQUE_DEVICE_SANITIZE_BLOCK,
     .internal = true,
     .fits = block_fits,
     .hits_subsystem = all_of_them,
     .estimate_s = an_hour},
    {.id = "nvme-sanitize-crypto",
     .technique = UW_TECHNIQUE_DEVICE_SANITIZE_CRYPTO,
     .internal = true,
     .fits = crypto_fits,
     .hits_subsystem = all_of_them,
     .estimate_s = an_hour},
    {.id = "nvme-sanitize-overwrite",
     .technique = UW_TECHNIQUE_DEVICE_SANITIZE_OVERWRITE,
     .internal = true,
     .fits = overwrite_fits,
     .hits_subsystem = all_of_them,
     .estimate_s = an_hour},
    {.id = "nvme-format-crypto",
     .technique = UW_TECHNIQUE_NVME_FORMAT_CRYPTO,
     .internal = true,
     .fits = format_crypto_fits,
     .hits_subsystem = by_fna},
    {.id = "nvme-format-user-data",
     .technique = UW_TECHNIQUE_NVME_FORMAT_USER_DATA,
     .internal = true,
     .fits = format_fits,
     .hits_subsystem = by_fna},
    {.id = "overwrite", .technique = UW_TECHNIQUE_HOST_OVERWRITE, .can_stop = true, .fits = always_fits},
};

enum { BLOCK, CRYPTO, OVERWRITE, FORMAT_CRYPTO, FORMAT_USER, HOST, METHODS };

static const struct uw_method *method_at(size_t index)
{
    return index < METHODS ? &methods[index] : NULL;
}

static void list(struct uw_nvme_list *to, size_t count, const uint32_t *ids)
{
    *to = (struct uw_nvme_list){.known = true, .count = count};
    memcpy(to->ids, ids, count * sizeof *ids);
}

/* One namespace, all of the drive's capacity in it, everything offered, nothing going on. */
static struct uw_drive a_drive(uint32_t nsid)
{
    struct uw_drive d = {.bus = UW_BUS_NVME,
                         .media = UW_MEDIA_SSD,
                         .bytes = 960197124096,
                         .logical_block_bytes = 512,
                         .hardware = true};
    struct uw_nvme *n = &d.nvme;
    snprintf(d.device, sizeof d.device, "/dev/nvme0n%u", (unsigned)nsid);
    snprintf(d.id, sizeof d.id, "nvme0n%u:960197124096", (unsigned)nsid);
    snprintf(d.serial, sizeof d.serial, "S1");
    n->known = n->controller.known = n->ns.known = n->sanitize.known = n->health.known = true;
    snprintf(n->node, sizeof n->node, "nvme0");
    snprintf(n->controller.serial, sizeof n->controller.serial, "S1");
    snprintf(n->controller.subsystem, sizeof n->controller.subsystem, "nqn.2014-08.com.example:S1");
    n->controller.oacs = UW_NVME_OACS_FORMAT;
    n->controller.fna = UW_NVME_FNA_CRYPTO;
    n->controller.sanicap = UW_NVME_SANICAP_BLOCK | UW_NVME_SANICAP_CRYPTO | UW_NVME_SANICAP_OVERWRITE;
    n->controller.namespaces_max = 32;
    n->ns.nsid = nsid;
    n->ns.block_bytes = 512;
    n->sanitize.progress = UINT16_MAX;
    list(&n->active, 1, &nsid);
    return d;
}

/* One of namespaces 1 to `count`. */
static struct uw_drive one_of(uint32_t nsid, size_t count)
{
    static const uint32_t ids[] = {1, 2, 3};
    struct uw_drive d = a_drive(nsid);
    list(&d.nvme.active, count, ids);
    return d;
}

static void plan(const struct uw_drive *drive, const struct uw_policy *policy, struct uw_plan *to)
{
    uw_plan_make(drive, policy, method_at, to);
}

static const struct uw_policy PURGE = {.level = UW_LEVEL_PURGE};
static const struct uw_policy CLEAR = {.level = UW_LEVEL_CLEAR};

static const char *why_not(const struct uw_plan *p, const char *id)
{
    for (size_t i = 0; i < p->rejected_count; i++)
        if (strcmp(p->rejected[i].method->id, id) == 0)
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

/* What each row claims for a drive with one namespace, by rule set: lowest, nist-800-88r1, ieee-2883. */
static const struct row {
    const char *rule;
    enum uw_level levels[UW_RULE_SETS];
    enum uw_rule_set by; /* which one `lowest` names */
    enum uw_profile verify;
    const char *basis;
    const char *limitations;
} rows[METHODS] = {
#define C UW_LEVEL_CLEAR
#define P UW_LEVEL_PURGE
    {"N1", {P, P, P}, UW_RULES_NIST_800_88R1, UW_PROFILE_SAMPLE, "device-sanitize", ""},
    {"N2",
     {P, P, P},
     UW_RULES_NIST_800_88R1,
     UW_PROFILE_SAMPLE,
     "cryptographic-erase",
     "ce_preconditions_unverified"},
    {"N3", {P, P, P}, UW_RULES_NIST_800_88R1, UW_PROFILE_TENTH, "device-sanitize", ""},
    {"N5",
     {C, P, C},
     UW_RULES_IEEE_2883,
     UW_PROFILE_SAMPLE,
     "cryptographic-erase",
     "ce_preconditions_unverified"},
    {"N6", {C, P, C}, UW_RULES_IEEE_2883, UW_PROFILE_TENTH, "device-erase", ""},
    {"N7",
     {C, C, C},
     UW_RULES_NIST_800_88R1,
     UW_PROFILE_FULL,
     "host-overwrite",
     "reallocated_not_reached overprovisioned_not_reached other_namespaces_not_covered"},
};

static void expect_row(const struct uw_plan *p, size_t method, enum uw_rule_set set)
{
    const struct row *row = &rows[method];
    assert_false(p->refusal.refused);
    assert_ptr_equal(p->method, &methods[method]);
    assert_string_equal(p->rule->id, row->rule);
    assert_int_equal(p->level, row->levels[set]);
    assert_int_equal(p->verify, row->verify);
    assert_int_equal(uw_technique_rule_set(p->drive, p->technique, set),
                     set == UW_RULES_LOWEST ? row->by : set);
    assert_string_equal(uw_technique_basis(p->method->technique), row->basis);
    expect_limitations(p, row->limitations);
    assert_int_equal(p->cannot_stop, method != HOST);
    assert_int_equal(p->standard != NULL, method == HOST);
    assert_int_equal(p->hits_subsystem, method <= OVERWRITE);
    assert_false(p->attach);
    assert_int_equal(p->unmarked, UW_MARKED);
}

/* Every method, rule set and level: planned as its row says, or refused with 3 and what could be had. */
static void rows_by_rule_set_and_level(void **state)
{
    (void)state;
    struct uw_drive d = a_drive(1);
    for (size_t m = 0; m < METHODS; m++)
        for (int set = 0; set < UW_RULE_SETS; set++)
            for (int level = UW_LEVEL_CLEAR; level <= UW_LEVEL_PURGE; level++) {
                struct uw_policy policy = {
                    .level = (enum uw_level)level, .rule_set = (enum uw_rule_set)set, .method = &methods[m]};
                struct uw_plan p;
                plan(&d, &policy, &p);
                if (rows[m].levels[set] >= (enum uw_level)level) {
                    expect_row(&p, m, (enum uw_rule_set)set);
                    assert_false(p.downgraded);
                    continue;
                }
                expect_refusal(&p, 3, "level");
                assert_non_null(strstr(p.refusal.why, "clear"));
                assert_non_null(strstr(p.refusal.way_out, "--allow-downgrade"));
                assert_null(p.method);
                policy.allow_downgrade = true;
                plan(&d, &policy, &p);
                expect_row(&p, m, (enum uw_rule_set)set);
                assert_true(p.downgraded);
            }
}

/* The first that the drive offers, unless a later one reaches more. */
static void ladder(void **state)
{
    (void)state;
    static const struct {
        uint32_t sanicap;
        uint16_t oacs;
        uint8_t fna;
        size_t method;
    } table[] = {
        {7, 2, 4, BLOCK},         {5, 2, 4, CRYPTO},      {4, 2, 4, OVERWRITE}, {1, 2, 4, CRYPTO},
        {0, 2, 4, FORMAT_CRYPTO}, {0, 2, 0, FORMAT_USER}, {0, 0, 4, HOST},      {2, 0, 0, BLOCK},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct uw_drive d = a_drive(1);
        struct uw_plan p;
        d.nvme.controller.sanicap = table[i].sanicap;
        d.nvme.controller.oacs = table[i].oacs;
        d.nvme.controller.fna = table[i].fna;
        plan(&d, &CLEAR, &p);
        expect_row(&p, table[i].method, UW_RULES_LOWEST);
        plan(&d, &PURGE, &p);
        assert_int_equal(p.refusal.refused, table[i].method >= FORMAT_CRYPTO);
        if (p.refusal.refused)
            expect_refusal(&p, 3, "level");
        else
            expect_row(&p, table[i].method, UW_RULES_LOWEST);
        assert_int_equal(p.rejected_count, p.refusal.refused ? METHODS : METHODS - 1);
    }
}

static const struct uw_method *weakest_first(size_t index)
{
    return index < METHODS ? &methods[METHODS - 1 - index] : NULL;
}

/* The order counts among equals alone. */
static void higher_level_wins(void **state)
{
    (void)state;
    struct uw_drive d = a_drive(1);
    struct uw_plan p;
    uw_plan_make(&d, &CLEAR, weakest_first, &p);
    expect_row(&p, OVERWRITE, UW_RULES_LOWEST);
    assert_string_equal(why_not(&p, "overwrite"), "reaches less than nvme-sanitize-overwrite");
    assert_string_equal(why_not(&p, "nvme-sanitize-block"), "nvme-sanitize-overwrite comes first");
    assert_string_equal(why_not(&p, "nvme-format-user-data"), "overwrite comes first");
    plan(&d, &CLEAR, &p);
    assert_string_equal(why_not(&p, "overwrite"), "nvme-sanitize-block comes first");
}

/* Over a network the same rows, where the controller offers the method; else a volume like any other. */
static void fabrics(void **state)
{
    (void)state;
    struct uw_drive d = a_drive(1);
    struct uw_plan p;
    d.bus = UW_BUS_NVME_FABRICS;
    plan(&d, &PURGE, &p);
    assert_false(p.refusal.refused);
    assert_string_equal(p.rule->id, "N1");
    expect_limitations(&p, "via_fabrics");
    struct uw_policy policy = {.level = UW_LEVEL_CLEAR, .method = &methods[FORMAT_CRYPTO]};
    plan(&d, &policy, &p);
    expect_limitations(&p, "ce_preconditions_unverified via_fabrics");
    d.nvme.controller.sanicap = d.nvme.controller.oacs = 0;
    plan(&d, &PURGE, &p);
    expect_refusal(&p, 3, "level");
    plan(&d, &CLEAR, &p);
    assert_string_equal(p.rule->id, "R1");
    expect_limitations(
        &p, "reallocated_not_reached overprovisioned_not_reached via_fabrics other_namespaces_not_covered");
}

/* A drive that did not answer is overwritten, whatever zeros or left-overs its facts hold. */
static void silent_drive(void **state)
{
    (void)state;
    struct uw_drive d = a_drive(1);
    struct uw_plan p;
    d.nvme.known = false;
    plan(&d, &PURGE, &p);
    expect_refusal(&p, 3, "level");
    plan(&d, &CLEAR, &p);
    expect_row(&p, HOST, UW_RULES_LOWEST);
    assert_non_null(strstr(why_not(&p, "nvme-sanitize-block"), "no rule"));
}

/* What keeps purge away. Each change, and the drive without it. */
enum change {
    ONE_OF_SEVERAL,
    UNATTACHED,
    UNLISTED,
    ELSEWHERE,
    MORE,
    UNALLOCATED,
    UNALLOCATED_UNKNOWN,
    VIRTUAL,
    VOLUME,
    ZONED,
    USB,
    LOG_UNREADABLE,
    STANDARD,
    CHANGES
};

static void change(struct uw_drive *d, struct uw_policy *policy, enum change what)
{
    static const uint32_t ids[] = {1, 2};
    struct uw_nvme *n = &d->nvme;
    switch (what) {
    case ONE_OF_SEVERAL:
        list(&n->active, 2, ids);
        break;
    case UNATTACHED:
        list(&n->allocated, 2, ids);
        break;
    case UNLISTED:
        n->active.known = false;
        break;
    case ELSEWHERE:
        n->controller.cmic = UW_NVME_CMIC_CONTROLLERS;
        break;
    case MORE:
        n->active.more = true;
        break;
    case UNALLOCATED:
        snprintf(n->controller.unallocated_bytes, sizeof n->controller.unallocated_bytes, "4096");
        break;
    case UNALLOCATED_UNKNOWN:
        n->controller.oacs |= 1U << 3;
        list(&n->allocated, 1, ids);
        break;
    case VIRTUAL:
        d->media = UW_MEDIA_VIRTUAL;
        break;
    case VOLUME:
        d->media = UW_MEDIA_VOLUME;
        break;
    case ZONED:
        d->media = UW_MEDIA_HDD_ZONED;
        break;
    case USB:
        d->bus = UW_BUS_USB;
        break;
    case LOG_UNREADABLE:
        n->sanitize.known = false;
        break;
    case STANDARD:
        policy->standard = uw_standard_by_id("random");
        break;
    case CHANGES:
        break;
    }
}

static void never_purge(void **state)
{
    (void)state;
    static const struct {
        bool sanitize; /* purge by a sanitize is gone too */
        bool format;   /* purge by a format is gone */
        bool covered;  /* the format stays, and says what it leaves */
    } gone[CHANGES + 1] = {
        [ONE_OF_SEVERAL] = {false, true, true},
        [UNATTACHED] = {false, true, true},
        [UNLISTED] = {true, true, true},
        [ELSEWHERE] = {false, true, true},
        [MORE] = {true, true, true},
        [UNALLOCATED] = {false, true, true},
        [UNALLOCATED_UNKNOWN] = {false, true, true},
        [VIRTUAL] = {true, true, false},
        [VOLUME] = {true, true, false},
        [ZONED] = {true, true, false},
        [USB] = {true, true, false},
        [LOG_UNREADABLE] = {true, false, false},
        [STANDARD] = {true, true, false},
        [CHANGES] = {false, false, false},
    };
    for (int what = 0; what <= CHANGES; what++)
        for (size_t m = 0; m < METHODS; m++) {
            struct uw_drive d = a_drive(1);
            struct uw_policy policy = {
                .level = UW_LEVEL_PURGE, .rule_set = UW_RULES_NIST_800_88R1, .method = &methods[m]};
            struct uw_plan p;
            change(&d, &policy, (enum change)what);
            plan(&d, &policy, &p);
            bool refused = m == HOST || (m <= OVERWRITE ? gone[what].sanitize : gone[what].format);
            assert_int_equal(p.refusal.refused, refused);
            if (refused)
                expect_refusal(&p, 3, "level");
            else
                assert_int_equal(p.level, UW_LEVEL_PURGE);
            policy.level = UW_LEVEL_CLEAR;
            plan(&d, &policy, &p);
            if (m != FORMAT_USER || !gone[what].covered)
                continue;
            assert_int_equal(p.level, UW_LEVEL_CLEAR);
            expect_limitations(&p, "other_namespaces_not_covered");
        }
}

/* The limit by itself: no row has to keep these out. */
static void limits(void **state)
{
    (void)state;
    static const enum uw_media below[] = {UW_MEDIA_VIRTUAL, UW_MEDIA_VOLUME, UW_MEDIA_FILE};
    enum uw_technique sanitize = UW_TECHNIQUE_DEVICE_SANITIZE_BLOCK;
    struct uw_drive d = a_drive(1);
    assert_int_equal(uw_level_limit(&d, sanitize, true), UW_LEVEL_PURGE);
    assert_int_equal(uw_level_limit(&d, UW_TECHNIQUE_NVME_FORMAT_CRYPTO, false), UW_LEVEL_PURGE);
    assert_int_equal(uw_level_limit(&d, UW_TECHNIQUE_HOST_OVERWRITE, true), UW_LEVEL_CLEAR);
    for (size_t i = 0; i < sizeof below / sizeof *below; i++) {
        d.media = below[i];
        assert_int_equal(uw_level_limit(&d, sanitize, true), UW_LEVEL_CLEAR);
    }
    d = a_drive(1);
    d.is_partition = true;
    assert_int_equal(uw_level_limit(&d, sanitize, true), UW_LEVEL_CLEAR);
    d = a_drive(1);
    d.nvme.known = false;
    assert_int_equal(uw_level_limit(&d, sanitize, true), UW_LEVEL_CLEAR);
    for (int bus = 0; bus < UW_BUS_COUNT; bus++) {
        d = a_drive(1);
        d.bus = (enum uw_bus)bus;
        assert_int_equal(uw_level_limit(&d, sanitize, true),
                         bus == UW_BUS_NVME || bus == UW_BUS_NVME_FABRICS ? UW_LEVEL_PURGE : UW_LEVEL_CLEAR);
    }

    d = a_drive(1);
    assert_false(uw_namespaces_unlisted(&d));
    d.nvme.active.more = true;
    assert_true(uw_namespaces_unlisted(&d));
    d = a_drive(1);
    d.nvme.active.known = false;
    assert_true(uw_namespaces_unlisted(&d));
    d.nvme.controller.namespaces_max = 1; /* a drive too old to list them */
    assert_false(uw_namespaces_unlisted(&d));
}

/* A format that takes all namespaces with it leaves none, but still what is in none. */
static void format_of_all(void **state)
{
    (void)state;
    struct uw_drive d = one_of(2, 3);
    struct uw_policy policy = {
        .level = UW_LEVEL_PURGE, .rule_set = UW_RULES_NIST_800_88R1, .method = &methods[FORMAT_USER]};
    struct uw_plan p;
    plan(&d, &policy, &p);
    expect_refusal(&p, 3, "level");
    assert_int_equal(p.also_affected_count, 0);
    d.nvme.controller.fna |= UW_NVME_FNA_ERASE_ALL;
    plan(&d, &policy, &p);
    assert_false(p.refusal.refused);
    assert_true(p.hits_subsystem);
    expect_limitations(&p, "");
    assert_int_equal(p.also_affected_count, 2);
    snprintf(d.nvme.controller.unallocated_bytes, sizeof d.nvme.controller.unallocated_bytes, "4096");
    plan(&d, &policy, &p);
    expect_refusal(&p, 3, "level");
}

static void standards(void **state)
{
    (void)state;
    struct uw_drive d = a_drive(1);
    struct uw_policy policy = {.level = UW_LEVEL_CLEAR, .standard = uw_standard_by_id("random")};
    struct uw_plan p;
    plan(&d, &policy, &p);
    assert_string_equal(p.rule->id, "N7");
    assert_string_equal(p.standard->id, "random");
    assert_string_equal(why_not(&p, "nvme-sanitize-block"), "--standard asks for overwriting");
    policy.level = UW_LEVEL_PURGE;
    plan(&d, &policy, &p);
    expect_refusal(&p, 3, "level");
    policy.method = &methods[BLOCK];
    plan(&d, &policy, &p);
    expect_refusal(&p, 3, "level");
    assert_string_equal(p.refusal.way_out, "--standard asks for overwriting");
}

static void verify_is_raised(void **state)
{
    (void)state;
    struct uw_drive d = a_drive(1);
    struct uw_policy policy = {.level = UW_LEVEL_PURGE, .verify = UW_PROFILE_FULL};
    struct uw_plan p;
    plan(&d, &policy, &p);
    assert_int_equal(p.verify, UW_PROFILE_FULL);
    policy = (struct uw_policy){.level = UW_LEVEL_PURGE, .method = &methods[OVERWRITE]};
    plan(&d, &policy, &p);
    assert_int_equal(p.verify, UW_PROFILE_TENTH);
    assert_int_equal(p.estimate_s, 3600);
    policy.method = &methods[FORMAT_USER];
    policy.level = UW_LEVEL_CLEAR;
    plan(&d, &policy, &p);
    assert_int_equal(p.estimate_s, 0);
}

static json_t *event_of(const struct uw_plan *p, size_t reservations)
{
    json_t *event = uw_plan_event(p);
    assert_non_null(event);
    assert_int_equal(json_array_size(json_object_get(event, "reservations")), reservations);
    return event;
}

static const char *first_code(const json_t *event)
{
    return json_string_value(
        json_object_get(json_array_get(json_object_get(event, "reservations"), 0), "code"));
}

/* Of a sanitize that runs: its CDW10, what was asked for, and what is planned. */
static void attach(void **state)
{
    (void)state;
    static const struct {
        uint32_t cdw10;
        int asked; /* -1: nothing */
        const char *standard;
        int planned; /* -1: refused */
    } table[] = {
        {0x202, -1, NULL, BLOCK},   {0x204, -1, NULL, CRYPTO}, {0x213, -1, NULL, OVERWRITE},
        {4, CRYPTO, NULL, CRYPTO},  {4, BLOCK, NULL, -1},      {2, HOST, NULL, -1},
        {2, FORMAT_USER, NULL, -1}, {2, -1, "random", -1},     {1, -1, NULL, -1},
        {5, -1, NULL, -1},          {0, -1, NULL, -1},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct uw_drive d = a_drive(1);
        struct uw_policy policy = {.level = UW_LEVEL_CLEAR,
                                   .standard = uw_standard_by_id(table[i].standard),
                                   .method = table[i].asked < 0 ? NULL : &methods[table[i].asked]};
        struct uw_plan p;
        d.nvme.sanitize.state = UW_NVME_SANITIZE_RUNNING;
        d.nvme.sanitize.cdw10 = table[i].cdw10;
        d.nvme.sanitize.progress = 0x4000;
        plan(&d, &policy, &p);
        if (table[i].planned < 0) {
            expect_refusal(&p, 4, "sanitize_running");
            assert_null(p.method);
            continue;
        }
        assert_false(p.refusal.refused);
        assert_ptr_equal(p.method, &methods[table[i].planned]);
        assert_true(p.attach);
        assert_int_equal(p.estimate_s, 2700);
        assert_int_equal(p.unmarked, UW_UNMARKED_RUNNING);
        json_t *event = event_of(&p, 1);
        assert_string_equal(first_code(event), "markers_not_possible");
        json_decref(event);
    }
}

/* Begun unrestricted, that state is ended by another command, after which markers can be written. */
static void ended_otherwise(struct uw_drive d)
{
    const struct uw_policy policy = {.level = UW_LEVEL_CLEAR, .method = &methods[HOST]};
    struct uw_plan p;
    d.nvme.sanitize.cdw10 = 2 | UW_NVME_SANITIZE_AUSE;
    plan(&d, &policy, &p);
    assert_string_equal(p.method->id, "overwrite");
    assert_true(p.ends_failed);
    assert_int_equal(p.unmarked, UW_MARKED);
    json_t *event = event_of(&p, 1);
    assert_string_equal(first_code(event), "failed_sanitize_ended");
    json_decref(event);
    plan(&d, &CLEAR, &p);
    assert_string_equal(p.method->id, "nvme-sanitize-crypto");
    assert_false(p.ends_failed);
    assert_int_equal(p.unmarked, UW_UNMARKED_FAILED);
    assert_int_equal(p.next_count, 3);
    uw_plan_descend(&p, method_at);
    assert_string_equal(p.method->id, "nvme-format-crypto");
    assert_true(p.ends_failed);
    assert_int_equal(p.unmarked, UW_MARKED);
}

static void states(void **state)
{
    (void)state;
    struct uw_drive d = a_drive(1);
    struct uw_plan p;

    d.nvme.sanitize.state = UW_NVME_SANITIZE_FAILED;
    d.nvme.controller.sanicap = UW_NVME_SANICAP_CRYPTO;
    plan(&d, &CLEAR, &p);
    assert_false(p.refusal.refused);
    assert_string_equal(p.method->id, "nvme-sanitize-crypto");
    assert_false(p.attach);
    assert_int_equal(p.unmarked, UW_UNMARKED_FAILED);
    assert_false(p.ends_failed);
    static const char *const others[] = {"nvme-format-crypto", "nvme-format-user-data", "overwrite"};
    for (size_t i = 0; i < 3; i++)
        assert_non_null(strstr(why_not(&p, others[i]), "only another sanitize ends that"));
    assert_int_equal(p.next_count, 0);
    json_t *event = event_of(&p, 1);
    assert_string_equal(first_code(event), "markers_not_possible");
    json_decref(event);
    struct uw_policy policy = {.level = UW_LEVEL_CLEAR, .method = &methods[HOST]};
    plan(&d, &policy, &p);
    expect_refusal(&p, 3, "level");
    assert_non_null(strstr(p.refusal.way_out, "only another sanitize ends that"));
    ended_otherwise(d);

    for (uint8_t s = UW_NVME_SANITIZE_SUCCESS_DEALLOCATED + 1; s < 8; s++) {
        d.nvme.sanitize.state = s;
        plan(&d, &CLEAR, &p);
        expect_refusal(&p, 4, "sanitize_state");
    }
    /* At rest for its media to be verified: nobody waits for an end of that. */
    d.nvme.sanitize.state = UW_NVME_SANITIZE_RUNNING;
    d.nvme.sanitize.verifying = true;
    plan(&d, &CLEAR, &p);
    expect_refusal(&p, 4, "sanitize_state");
    assert_non_null(strstr(p.refusal.way_out, "exit media verification"));
    d.nvme.sanitize.verifying = false;
    static const uint8_t idle[] = {UW_NVME_SANITIZE_NEVER, UW_NVME_SANITIZE_SUCCESS,
                                   UW_NVME_SANITIZE_SUCCESS_DEALLOCATED};
    for (size_t i = 0; i < sizeof idle; i++) {
        d.nvme.sanitize.state = idle[i];
        plan(&d, &PURGE, &p);
        expect_row(&p, CRYPTO, UW_RULES_LOWEST);
        json_decref(event_of(&p, 0));
    }
}

static void unfit_namespaces(void **state)
{
    (void)state;
    struct uw_drive d = a_drive(1);
    struct uw_plan p;
    d.nvme.ns.attributes = UW_NVME_NSATTR_WRITE_PROTECTED;
    plan(&d, &PURGE, &p);
    expect_refusal(&p, 4, "read_only");
    d.nvme.ns.attributes = 0;
    d.nvme.ns.format_progress = 0x80 | 57;
    plan(&d, &PURGE, &p);
    assert_false(p.refusal.refused);
    assert_true(p.method->internal);
    assert_int_equal(p.unmarked, UW_UNMARKED_FORMAT);
    assert_string_equal(p.rejected[p.rejected_count - 1].method->id, "overwrite");
    assert_non_null(strstr(p.rejected[p.rejected_count - 1].why, "broke off"));
    d.nvme.ns.format_progress = 0x80; /* nothing remains */
    plan(&d, &PURGE, &p);
    assert_false(p.refusal.refused);
    d.nvme.ns.format_progress = 57; /* the drive does not report it */
    plan(&d, &PURGE, &p);
    assert_false(p.refusal.refused);

    d.nvme.health.critical_warning = 1U << 3;
    plan(&d, &PURGE, &p);
    assert_false(p.refusal.refused);
    assert_int_equal(p.unmarked, UW_UNMARKED_READ_ONLY);
    struct uw_policy policy = {.level = UW_LEVEL_CLEAR, .method = &methods[HOST]};
    plan(&d, &policy, &p);
    expect_refusal(&p, 3, "level");
    d.nvme.health.critical_warning = 1U << 2;
    plan(&d, &policy, &p);
    assert_false(p.refusal.refused);
}

/* Plans of up to three namespaces of a drive with three, and what becomes of each: 'p' planned, 's' refused
 * for its siblings, 'x' refused by itself. */
static void siblings(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        size_t attached;
        uint32_t named[3]; /* 0: no more */
        size_t in_use;     /* index + 1; 0: none */
        int methods[3];
        const char *expected;
    } table[] = {
        {"the only one", 1, {1}, 0, {BLOCK}, "p"},
        {"all", 3, {1, 2, 3}, 0, {BLOCK, BLOCK, BLOCK}, "ppp"},
        {"all, in another order", 3, {3, 1, 2}, 0, {BLOCK, BLOCK, BLOCK}, "ppp"},
        {"one of two", 2, {1}, 0, {BLOCK}, "s"},
        {"two of three", 3, {1, 3}, 0, {BLOCK, BLOCK}, "ss"},
        {"one in use", 3, {1, 2, 3}, 2, {BLOCK, BLOCK, BLOCK}, "sxs"},
        {"one by another method", 2, {1, 2}, 0, {BLOCK, CRYPTO}, "ss"},
        {"one by overwriting", 2, {1, 2}, 0, {BLOCK, HOST}, "sp"},
        {"one alone, by overwriting", 3, {2}, 0, {HOST}, "p"},
        {"one alone, by a format of its own", 3, {2}, 0, {FORMAT_USER}, "p"},
    };
    struct uw_use use = {"mount", "/srv"};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct uw_drive drives[3];
        struct uw_plan plans[3], *list_of[3];
        size_t count = strlen(table[i].expected);
        for (size_t j = 0; j < count; j++) {
            drives[j] = one_of(table[i].named[j], table[i].attached);
            drives[j].uses = &use;
            drives[j].use_count = table[i].in_use == j + 1;
            struct uw_policy policy = {.level = UW_LEVEL_CLEAR, .method = &methods[table[i].methods[j]]};
            plan(&drives[j], &policy, &plans[j]);
            list_of[j] = &plans[j];
        }
        uw_plan_siblings(list_of, count);
        for (size_t j = 0; j < count; j++) {
            char seen = !plans[j].refusal.refused                        ? 'p'
                        : strcmp(plans[j].refusal.code, "siblings") == 0 ? 's'
                                                                         : 'x';
            if (seen != table[i].expected[j])
                fail_msg("%s: plan %zu is %c", table[i].what, j, seen);
            if (seen == 's')
                expect_refusal(&plans[j], 4, "siblings");
        }
    }
}

static void siblings_are_of_one_drive(void **state)
{
    (void)state;
    struct uw_drive a = one_of(1, 2), b = one_of(2, 2);
    struct uw_plan plans[2], *both[2] = {&plans[0], &plans[1]};
    snprintf(b.nvme.controller.serial, sizeof b.nvme.controller.serial, "S2");
    plan(&a, &PURGE, &plans[0]);
    plan(&b, &PURGE, &plans[1]);
    uw_plan_siblings(both, 2);
    expect_refusal(&plans[0], 4, "siblings");
    expect_refusal(&plans[1], 4, "siblings");
    assert_non_null(strstr(plans[0].refusal.why, "namespace 2 "));
    assert_non_null(strstr(plans[0].refusal.way_out, "--method overwrite"));

    /* Without a name of their own, by the node. */
    a.nvme.controller.serial[0] = b.nvme.controller.serial[0] = '\0';
    plan(&a, &PURGE, &plans[0]);
    plan(&b, &PURGE, &plans[1]);
    uw_plan_siblings(both, 2);
    assert_false(plans[0].refusal.refused || plans[1].refusal.refused);
    snprintf(b.nvme.node, sizeof b.nvme.node, "nvme1");
    uw_plan_siblings(both, 2);
    expect_refusal(&plans[0], 4, "siblings");

    /* A second look, after one of them was refused. */
    b = one_of(2, 2);
    a = one_of(1, 2);
    plan(&a, &PURGE, &plans[0]);
    plan(&b, &PURGE, &plans[1]);
    uw_plan_siblings(both, 2);
    assert_false(plans[0].refusal.refused || plans[1].refusal.refused);
    uw_plan_refuse(&plans[1], 4, "confirmation", "--confirm", "nobody confirmed it");
    uw_plan_siblings(both, 2);
    expect_refusal(&plans[0], 4, "siblings");
    uw_plan_siblings(both, 0);
}

/* Many are counted, not all named; the refusal stays whole. */
static void many_siblings(void **state)
{
    (void)state;
    struct uw_drive d = a_drive(1);
    struct uw_plan p, *one = &p;
    d.nvme.active.count = UW_NVME_NAMESPACES;
    for (uint32_t i = 0; i < UW_NVME_NAMESPACES; i++)
        d.nvme.active.ids[i] = UINT32_MAX - 2 * UW_NVME_NAMESPACES + i;
    d.nvme.active.ids[0] = 1;
    plan(&d, &PURGE, &p);
    assert_int_equal(p.also_affected_count, UW_NVME_NAMESPACES - 1);
    uw_plan_siblings(&one, 1);
    expect_refusal(&p, 4, "siblings");
    assert_non_null(strstr(p.refusal.why, "..."));
    assert_true(strlen(p.refusal.why) < 300);
}

static void also_affected(void **state)
{
    (void)state;
    static const uint32_t allocated[] = {1, 2, 7};
    struct uw_drive d = one_of(1, 2);
    struct uw_plan p, *one = &p;
    list(&d.nvme.allocated, 3, allocated);
    d.partitions = 1;
    plan(&d, &PURGE, &p);
    static const char *const texts[] = {
        "namespace 2 of nvme0", "namespace 7 of nvme0, not attached to this controller",
        "whatever is reached through other controllers of nvme0's drive", "1 partition"};
    d.nvme.controller.cmic = UW_NVME_CMIC_CONTROLLERS;
    json_t *document = uw_plan_json(&p);
    const json_t *list_of = json_object_get(document, "also_affected");
    assert_int_equal(json_array_size(list_of), 4);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(json_string_value(json_array_get(list_of, i)), texts[i]);
    json_decref(document);

    /* Who is attached nowhere holds nobody up. */
    d = one_of(1, 1);
    list(&d.nvme.allocated, 3, allocated);
    plan(&d, &PURGE, &p);
    assert_int_equal(p.also_affected_count, 2);
    uw_plan_siblings(&one, 1);
    assert_false(p.refusal.refused);

    /* What cannot be listed is said. */
    d = one_of(1, 1);
    d.nvme.controller.oacs |= 1U << 3;
    plan(&d, &PURGE, &p);
    document = uw_plan_json(&p);
    assert_string_equal(json_string_value(json_array_get(json_object_get(document, "also_affected"), 0)),
                        "namespaces of nvme0 that could not be listed");
    json_decref(document);
}

static const char *level_in(const json_t *step, const char *rule_set)
{
    return json_string_value(json_object_get(json_object_get(step, "levels"), rule_set));
}

static void documents(void **state)
{
    (void)state;
    struct uw_drive d = one_of(1, 2);
    struct uw_policy policy = {.level = UW_LEVEL_CLEAR, .method = &methods[FORMAT_CRYPTO]};
    struct uw_plan p;
    plan(&d, &policy, &p);
    json_t *document = uw_plan_json(&p);
    const json_t *step = json_array_get(json_object_get(document, "steps"), 0);
    assert_string_equal(json_string_value(json_object_get(step, "technique")), "nvme-format-crypto");
    assert_string_equal(level_in(step, "nist-800-88r1"), "clear"); /* one namespace of two */
    assert_string_equal(level_in(step, "ieee-2883"), "clear");
    assert_true(json_is_null(json_object_get(step, "standard")));
    assert_int_equal(json_array_size(json_object_get(step, "passes")), 0);
    assert_true(json_is_false(json_object_get(step, "can_stop")));
    assert_true(json_is_false(json_object_get(step, "attach")));
    json_decref(document);

    d = a_drive(1);
    plan(&d, &policy, &p);
    document = uw_plan_json(&p);
    step = json_array_get(json_object_get(document, "steps"), 0);
    assert_string_equal(level_in(step, "nist-800-88r1"), "purge");
    assert_string_equal(level_in(step, "ieee-2883"), "clear");
    assert_string_equal(json_string_value(json_object_get(document, "rule_set")), "ieee-2883");
    json_decref(document);
}

static void reach(void **state)
{
    (void)state;
    char why[UW_WHY_BYTES];
    struct uw_drive d = a_drive(1);
    assert_int_equal(uw_plan_reach(&d, UW_RULES_LOWEST, method_at, why, sizeof why), UW_LEVEL_PURGE);
    assert_string_equal(why, "nvme-sanitize-block, rule N1");
    d.nvme.known = false;
    assert_int_equal(uw_plan_reach(&d, UW_RULES_LOWEST, method_at, why, sizeof why), UW_LEVEL_CLEAR);
    assert_string_equal(why, "overwrite, rule N7");
}

/* Plans of every kind as one document. */
static int write_plans(const char *path)
{
    struct uw_drive drives[METHODS + 4];
    json_t *plans = json_array();
    struct uw_plan p[METHODS + 4], *all[METHODS + 4];
    for (size_t i = 0; i < METHODS + 4; i++) {
        struct uw_policy policy = {.level = UW_LEVEL_CLEAR, .method = i < METHODS ? &methods[i] : NULL};
        drives[i] = i < METHODS ? a_drive(1) : one_of(1, 3);
        drives[i].partitions = (unsigned)i;
        if (i == METHODS) {
            drives[i].nvme.sanitize.state = UW_NVME_SANITIZE_RUNNING;
            drives[i].nvme.sanitize.cdw10 = 2;
        }
        if (i == METHODS + 1)
            drives[i].nvme.sanitize.state = UW_NVME_SANITIZE_RUNNING;
        if (i == METHODS + 2)
            drives[i].nvme.sanitize.state = UW_NVME_SANITIZE_FAILED;
        plan(&drives[i], &policy, &p[i]);
        all[i] = &p[i];
    }
    uw_plan_siblings(&all[METHODS + 3], 1);
    for (size_t i = 0; i < METHODS + 4; i++)
        json_array_append_new(plans, uw_plan_json(&p[i]));
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
        cmocka_unit_test(ladder),
        cmocka_unit_test(higher_level_wins),
        cmocka_unit_test(fabrics),
        cmocka_unit_test(silent_drive),
        cmocka_unit_test(never_purge),
        cmocka_unit_test(limits),
        cmocka_unit_test(format_of_all),
        cmocka_unit_test(standards),
        cmocka_unit_test(verify_is_raised),
        cmocka_unit_test(attach),
        cmocka_unit_test(states),
        cmocka_unit_test(unfit_namespaces),
        cmocka_unit_test(siblings),
        cmocka_unit_test(siblings_are_of_one_drive),
        cmocka_unit_test(many_siblings),
        cmocka_unit_test(also_affected),
        cmocka_unit_test(documents),
        cmocka_unit_test(reach),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
