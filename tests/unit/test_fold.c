/* SPDX-License-Identifier: Apache-2.0 */
/* Streams of events and the certificates that they fold to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/document.h"
#include "core/fold.h"

static void feed(struct uw_fold *fold, enum uw_event_kind kind, const char *json)
{
    static uint64_t sequence;
    json_error_t error;
    json_t *data = json_loads(json, 0, &error);
    assert_non_null(data);
    sequence++;
    const struct uw_event event = {.sequence = sequence,
                                   .time_ns = 1763817360000000000 + (int64_t)sequence,
                                   .boottime_ns = 9007199254740993,
                                   .kind = kind,
                                   .data = data};
    uw_fold_event(fold, &event);
    json_decref(data);
}

/* `dmi` and `unknown` are members of objects, as JSON. */
static void begin_on(struct uw_fold *fold, const char *dmi, const char *unknown)
{
    char data[512];
    assert_in_range(
        snprintf(data, sizeof data,
                 "{\"run\":\"11111111-1111-4111-8111-111111111111\",\"tool\":{\"name\":\"unwrite\"},"
                 "\"host\":{\"dmi\":{%s}},\"time\":{\"source\":\"system clock\"},\"people\":{},"
                 "\"authority\":{\"ticket\":null},\"station\":null,\"not_covered\":[],\"unknown\":{%s}}",
                 dmi, unknown),
        1, sizeof data - 1);
    uw_fold_init(fold);
    feed(fold, UW_EVENT_RUN_STARTED, data);
    feed(
        fold, UW_EVENT_DRIVE_SELECTED,
        "{\"device\":\"/dev/x\",\"certificate_id\":\"c\",\"intent_id\":\"i\",\"simulated\":false,\"medium\":{"
        "\"serial\":null,\"wwn\":\"naa.5\",\"capacity\":{\"bytes\":8192,\"blocks\":16}},\"before\":{},"
        "\"unknown\":{"
        "\"medium.serial\":\"not_supported\"}}");
    feed(fold, UW_EVENT_PLAN_MADE,
         "{\"level_requested\":\"clear\",\"level\":\"clear\",\"rule_set\":\"nist-800-88r1\",\"rule\":\"R1\","
         "\"basis\":"
         "\"host-overwrite\",\"alternatives\":[],\"limitations\":[\"below_volume_not_reached\"],"
         "\"reservations\":[],"
         "\"steps\":[{\"method\":\"overwrite\",\"passes\":[]}],\"verify\":\"full\"}");
}

static void begin(struct uw_fold *fold)
{
    begin_on(fold, "\"serial\":null,\"chassis_serial\":null",
             "\"host.dmi.serial\":\"not_supported\",\"host.dmi.chassis_serial\":\"no_permission\"");
}

static const char IDENTITY_BEFORE[] = "{\"when\":\"before\",\"same\":true}";
static const char IDENTITY_AFTER[] = "{\"when\":\"after\",\"same\":true}";
static const char CANARIES[] = "{\"places\":4,\"written\":4,\"readable_before\":4,\"different\":0}";
static const char STEP[] = "{\"sequence\":1,\"method\":\"overwrite\",\"technique\":\"host-overwrite\"}";
static const char PASS[] = "{\"pass\":1,\"passes\":1,\"pattern\":\"00\",\"cipher\":null,\"key\":null}";
static const char PASS_END[] =
    "{\"pass\":1,\"bytes_written\":8192,\"retries\":0,\"unwritten\":[],\"unwritten_bytes\":0,"
    "\"unwritten_omitted\":0,\"complete\":true}";
static const char STEP_END[] = "{\"accepted\":true,\"complete\":true,\"flushed\":true,\"error\":null}";
static const char VERIFIED[] =
    "{\"result\":\"passed\",\"first\":true,\"last\":true,\"direct_io\":true,\"mismatches\":0,"
    "\"coverage_ppm\":1000000,\"canary\":{\"found_after\":0}}";

struct step {
    enum uw_event_kind kind;
    const char *data;
};

static const struct step GOOD[] = {
    {UW_EVENT_CONFIRMED, "{\"by\":\"option\"}"},
    {UW_EVENT_INTENT_STORED, "{\"sha256\":\"00\"}"},
    {UW_EVENT_IDENTITY_CHECKED, IDENTITY_BEFORE},
    {UW_EVENT_TOUCHED, "{}"},
    {UW_EVENT_CANARIES_PLANTED, CANARIES},
    {UW_EVENT_STEP_STARTED, STEP},
    {UW_EVENT_PASS_STARTED, PASS},
    {UW_EVENT_PASS_ENDED, PASS_END},
    {UW_EVENT_STEP_ENDED, STEP_END},
    {UW_EVENT_VERIFY_ENDED, VERIFIED},
    {UW_EVENT_IDENTITY_CHECKED, IDENTITY_AFTER},
    {UW_EVENT_JOB_ENDED, "{}"},
};
enum { GOOD_STEPS = sizeof GOOD / sizeof *GOOD };

static enum uw_verdict verdict_of(const struct uw_fold *fold)
{
    const char *reason;
    return uw_fold_verdict(fold, &reason);
}

/* The good stream with event `which` left out (-1: none) and, in its place, `instead` (NULL: nothing). */
static enum uw_verdict verdict_without(int which, const char *instead)
{
    struct uw_fold fold;
    begin(&fold);
    for (int i = 0; i < GOOD_STEPS; i++)
        if (i != which)
            feed(&fold, GOOD[i].kind, GOOD[i].data);
        else if (instead != NULL)
            feed(&fold, GOOD[i].kind, instead);
    enum uw_verdict verdict = verdict_of(&fold);
    uw_fold_clear(&fold);
    return verdict;
}

static void good_stream(void **state)
{
    (void)state;
    assert_int_equal(verdict_without(-1, NULL), UW_VERDICT_SANITIZED);
}

/* However far it came, a stream that breaks off proves nothing. */
static void every_prefix_is_failed(void **state)
{
    (void)state;
    struct uw_fold fold;
    begin(&fold);
    assert_int_equal(verdict_of(&fold), UW_VERDICT_FAILED);
    for (int i = 0; i < GOOD_STEPS - 2; i++) {
        feed(&fold, GOOD[i].kind, GOOD[i].data);
        assert_int_equal(verdict_of(&fold), UW_VERDICT_FAILED);
    }
    uw_fold_clear(&fold);
}

static void missing_evidence_is_failed(void **state)
{
    (void)state;
    static const int needed[] = {2, 8, 9, 10};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        assert_int_equal(verdict_without(needed[i], NULL), UW_VERDICT_FAILED);
}

static void bad_evidence_is_failed(void **state)
{
    (void)state;
    static const struct {
        int which;
        const char *instead;
    } table[] = {
        {2, "{\"when\":\"before\",\"same\":false}"},
        {4, "{\"places\":4,\"written\":0,\"readable_before\":0,\"different\":0}"},
        {4, "{\"places\":4,\"written\":4,\"readable_before\":3,\"different\":1}"},
        {7, "{\"pass\":1,\"bytes_written\":7680,\"unwritten\":[{\"lba\":15,\"count\":1,\"errno\":5}],"
            "\"unwritten_bytes\":512,\"complete\":false}"},
        {8, "{\"accepted\":true,\"complete\":true,\"flushed\":false,\"error\":\"flush\"}"},
        {8, "{\"accepted\":true,\"complete\":false,\"flushed\":true,\"error\":null}"},
        {9, "{\"result\":\"passed\",\"first\":true,\"last\":true,\"direct_io\":true,\"mismatches\":1}"},
        {9, "{\"result\":\"passed\",\"first\":true,\"last\":false,\"direct_io\":true,\"mismatches\":0}"},
        {9, "{\"result\":\"passed\",\"first\":false,\"last\":true,\"direct_io\":true,\"mismatches\":0}"},
        {9, "{\"result\":\"passed\",\"first\":true,\"last\":true,\"direct_io\":false,\"mismatches\":0}"},
        {9, "{\"result\":\"incomplete\",\"first\":true,\"last\":true,\"direct_io\":true,\"mismatches\":0}"},
        {9, "{\"first\":true,\"last\":true,\"direct_io\":true}"},
        {9, "{\"result\":\"passed\",\"first\":true,\"last\":true,\"direct_io\":true,\"canary\":{\"found_"
            "after\":1}}"},
        {10, "{\"when\":\"after\",\"same\":false}"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        assert_int_equal(verdict_without(table[i].which, table[i].instead), UW_VERDICT_FAILED);
}

static void a_signal_is_aborted_unless_worse_was_seen(void **state)
{
    (void)state;
    struct uw_fold fold;
    begin(&fold);
    for (int i = 0; i < 7; i++)
        feed(&fold, GOOD[i].kind, GOOD[i].data);
    feed(&fold, UW_EVENT_STOPPED, "{\"by\":\"signal\"}");
    assert_int_equal(verdict_of(&fold), UW_VERDICT_ABORTED);
    feed(&fold, UW_EVENT_IDENTITY_CHECKED, "{\"when\":\"after\",\"same\":false}");
    assert_int_equal(verdict_of(&fold), UW_VERDICT_FAILED);
    uw_fold_clear(&fold);
}

static void a_drive_that_left_is_no_other(void **state)
{
    (void)state;
    static const struct step left[] = {
        {UW_EVENT_IDENTITY_CHECKED, "{\"when\":\"after\",\"same\":false,\"gone\":true}"},
        {UW_EVENT_FAILED, "{\"why\":\"cannot read its size\",\"gone\":true}"},
        {UW_EVENT_IDENTITY_CHECKED, "{\"when\":\"after\",\"same\":false,\"gone\":false}"},
    };
    static const char *const said[] = {"the drive is gone", "the drive is gone", "another drive answers"};
    for (size_t i = 0; i < sizeof left / sizeof *left; i++) {
        struct uw_fold fold;
        const char *reason;
        begin(&fold);
        for (int k = 0; k < GOOD_STEPS - 2; k++)
            feed(&fold, GOOD[k].kind, GOOD[k].data);
        feed(&fold, left[i].kind, left[i].data);
        assert_int_equal(uw_fold_verdict(&fold, &reason), UW_VERDICT_FAILED);
        assert_ptr_equal(strstr(reason, said[i]), reason);
        assert_false(uw_fold_holds(&fold, &reason));
        assert_ptr_equal(strstr(reason, said[i]), reason);
        uw_fold_clear(&fold);
    }
}

static void a_sample_says_nothing_of_the_rest(void **state)
{
    (void)state;
    static const struct {
        const char *bound, *coverage_ppm, *reason;
    } rows[] = {
        {NULL, "1000000", "it holds one byte all over"},
        {NULL, "999999", "it holds one byte wherever it was read"},
        {"holds", "1000000", "it holds what its certificate says"},
        {"holds", "6109", "it holds what its certificate says wherever it was read"},
        {"not_checked", "1000000", "it holds what its certificate says, whose signatures were not checked"},
        {"not_checked", "6109",
         "it holds what its certificate says wherever it was read; its signatures were not checked"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct uw_fold fold;
        const char *reason;
        char data[512];
        begin(&fold);
        snprintf(data, sizeof data, "{\"signatures\":\"%s\"}", rows[i].bound != NULL ? rows[i].bound : "");
        if (rows[i].bound != NULL)
            feed(&fold, UW_EVENT_BOUND, data);
        feed(&fold, UW_EVENT_IDENTITY_CHECKED, IDENTITY_BEFORE);
        snprintf(data, sizeof data,
                 "{\"result\":\"passed\",\"first\":true,\"last\":true,\"direct_io\":true,"
                 "\"mismatches\":0,\"coverage_ppm\":%s}",
                 rows[i].coverage_ppm);
        feed(&fold, UW_EVENT_VERIFY_ENDED, data);
        feed(&fold, UW_EVENT_IDENTITY_CHECKED, IDENTITY_AFTER);
        assert_true(uw_fold_holds(&fold, &reason));
        assert_string_equal(reason, rows[i].reason);
        uw_fold_clear(&fold);
    }
}

/* Walks the body: every null must have its reason. */
static void expect_reasons(const json_t *value, const json_t *unknown, const char *path)
{
    const char *name;
    json_t *item;
    if (json_is_null(value)) {
        if (json_object_get(unknown, path) == NULL)
            fail_msg("%s is null without a reason", path);
        return;
    }
    json_object_foreach((json_t *)value, name, item) {
        char below[256];
        snprintf(below, sizeof below, "%s%s%s", path, path[0] ? "." : "", name);
        if (strcmp(below, "unknown") != 0)
            expect_reasons(item, unknown, below);
    }
    size_t i;
    json_array_foreach(value, i, item) {
        expect_reasons(item, unknown, path);
    }
}

static void certificate_of_a_good_stream(void **state)
{
    (void)state;
    struct uw_fold fold;
    begin(&fold);
    for (int i = 0; i < GOOD_STEPS; i++)
        feed(&fold, GOOD[i].kind, GOOD[i].data);
    json_t *body = uw_fold_certificate(&fold);
    assert_non_null(body);
    const json_t *claim = json_object_get(body, "claim");
    assert_string_equal(json_string_value(json_object_get(body, "verdict")), "sanitized");
    assert_string_equal(json_string_value(json_object_get(claim, "level")), "clear");
    assert_string_equal(
        json_string_value(json_object_get(claim, "statement")),
        "All 16 addressable blocks were overwritten and all of them read back. Underlying areas were "
        "not reached.");
    assert_string_equal(json_string_value(json_object_get(json_object_get(body, "time"), "boottime_end_ns")),
                        "9007199254740993");
    const json_t *unknown = json_object_get(body, "unknown");
    expect_reasons(body, unknown, "");
    assert_string_equal(json_string_value(json_object_get(unknown, "summary.drive_serial")), "not_supported");
    assert_string_equal(json_string_value(json_object_get(unknown, "summary.chassis_serial")),
                        "no_permission");
    size_t bytes;
    char *canonical = uw_document_canonical(body, &bytes, NULL);
    assert_non_null(canonical);
    free(canonical);
    json_decref(body);
    uw_fold_clear(&fold);
}

/* A blade's chassis has a number of its own; most machines have one number, which stands in either place. */
static void the_summary_names_the_chassis(void **state)
{
    static const struct {
        const char *dmi, *serial, *reason;
    } rows[] = {
        {"\"serial\":\"BLADE7\",\"chassis_serial\":\"CHASSIS1\"", "CHASSIS1", NULL},
        {"\"serial\":null,\"chassis_serial\":\"CHASSIS1\"", "CHASSIS1", NULL},
        {"\"serial\":\"BOX1\",\"chassis_serial\":null", "BOX1", NULL},
        {"\"serial\":\"BOX1\"", "BOX1", NULL},
        {"\"serial\":null,\"chassis_serial\":null", NULL, "read_error"},
    };
    (void)state;
    for (size_t row = 0; row < sizeof rows / sizeof *rows; row++) {
        struct uw_fold fold;
        begin_on(&fold, rows[row].dmi,
                 "\"host.dmi.serial\":\"not_supported\",\"host.dmi.chassis_serial\":\"read_error\"");
        for (int i = 0; i < GOOD_STEPS; i++)
            feed(&fold, GOOD[i].kind, GOOD[i].data);
        json_t *body = uw_fold_certificate(&fold);
        const json_t *serial = json_object_get(json_object_get(body, "summary"), "chassis_serial");
        const json_t *reason = json_object_get(json_object_get(body, "unknown"), "summary.chassis_serial");
        if (rows[row].serial != NULL)
            assert_string_equal(json_string_value(serial), rows[row].serial);
        else
            assert_true(json_is_null(serial));
        if (rows[row].reason != NULL)
            assert_string_equal(json_string_value(reason), rows[row].reason);
        else
            assert_null(reason);
        json_decref(body);
        uw_fold_clear(&fold);
    }
}

static void a_failed_certificate_claims_nothing(void **state)
{
    (void)state;
    struct uw_fold fold;
    begin(&fold);
    feed(&fold, UW_EVENT_FAILED, "{\"why\":\"it went away\"}");
    feed(&fold, UW_EVENT_JOB_ENDED, "{}");
    json_t *body = uw_fold_certificate(&fold);
    assert_string_equal(json_string_value(json_object_get(body, "verdict")), "failed");
    const json_t *claim = json_object_get(body, "claim");
    assert_string_equal(json_string_value(json_object_get(claim, "level")), "none");
    assert_non_null(strstr(json_string_value(json_object_get(claim, "statement")), "it went away"));
    json_decref(body);
    uw_fold_clear(&fold);
}

static void an_unwritten_block_stands_once(void **state)
{
    (void)state;
    struct uw_fold fold;
    static const char bad[] =
        "{\"pass\":1,\"bytes_written\":7680,\"unwritten\":[{\"lba\":15,\"count\":1,\"errno\":5}],"
        "\"unwritten_bytes\":512,\"unwritten_omitted\":0,\"complete\":false,\"retries\":1}";
    begin(&fold);
    feed(&fold, UW_EVENT_STEP_STARTED, STEP);
    feed(&fold, UW_EVENT_PASS_STARTED, PASS);
    feed(&fold, UW_EVENT_PASS_ENDED, bad);
    feed(&fold, UW_EVENT_PASS_STARTED, PASS);
    feed(&fold, UW_EVENT_PASS_ENDED, bad);
    const json_t *step = json_array_get(fold.steps, 0);
    assert_int_equal(json_array_size(json_object_get(step, "unwritten")), 1);
    assert_int_equal(json_integer_value(json_object_get(step, "unwritten_bytes")), 512);
    assert_int_equal(json_integer_value(json_object_get(step, "bytes_written")), 15360);
    assert_int_equal(json_array_size(json_object_get(step, "passes")), 2);
    uw_fold_clear(&fold);
}

/* A run that broke off within its second pass: what was recorded is a lower bound, and nothing else is known.
 */
static void a_pass_without_an_end_is_not_counted(void **state)
{
    (void)state;
    static const char ended[] =
        "{\"pass\":1,\"bytes_written\":7680,\"unwritten\":[{\"lba\":15,\"count\":1,\"errno\":5}],"
        "\"unwritten_bytes\":512,\"unwritten_omitted\":0,\"complete\":false,\"retries\":1}";
    static const char second[] = "{\"pass\":2,\"passes\":2,\"pattern\":\"ff\",\"cipher\":null,\"key\":null}";
    static const struct {
        const char *progress; /* NULL: none was recorded */
        json_int_t at_least;
    } table[] = {
        {NULL, 0},
        {"{\"phase\":\"write\",\"pass\":2,\"passes\":2,\"done_bytes\":4096,\"lost_bytes\":512,\"total_"
         "bytes\":8192}",
         3584},
        {"{\"phase\":\"write\",\"pass\":1,\"passes\":2,\"done_bytes\":4096,\"lost_bytes\":0,\"total_bytes\":"
         "8192}",
         0},
        {"{\"phase\":\"verify\",\"pass\":2,\"passes\":2,\"done_bytes\":4096,\"lost_bytes\":0,\"total_bytes\":"
         "8192}",
         0},
        {"{\"phase\":7,\"pass\":2,\"done_bytes\":4096}", 0},
        {"{\"phase\":\"write\",\"pass\":2,\"done_bytes\":4096,\"lost_bytes\":8192}", 0},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct uw_fold fold;
        begin(&fold);
        feed(&fold, UW_EVENT_STEP_STARTED, STEP);
        feed(&fold, UW_EVENT_PASS_STARTED, PASS);
        feed(&fold, UW_EVENT_PASS_ENDED, ended);
        feed(&fold, UW_EVENT_PASS_STARTED, second);
        if (table[i].progress != NULL)
            feed(&fold, UW_EVENT_PROGRESS, table[i].progress);
        feed(&fold, UW_EVENT_STOPPED, "{\"by\":\"crash\"}");
        feed(&fold, UW_EVENT_JOB_ENDED, "{}");
        json_t *body = uw_fold_certificate(&fold);
        const json_t *step = json_array_get(json_object_get(body, "steps"), 0),
                     *unknown = json_object_get(body, "unknown");
        const json_t *passes = json_object_get(step, "passes"), *open = json_array_get(passes, 1);
        static const char *const counts[] = {"bytes_written", "retries", "errors", "unwritten_bytes",
                                             "unwritten_omitted"};
        for (size_t j = 0; j < sizeof counts / sizeof *counts; j++) {
            char path[64];
            snprintf(path, sizeof path, "steps.%s", counts[j]);
            assert_true(json_is_null(json_object_get(step, counts[j])));
            assert_string_equal(json_string_value(json_object_get(unknown, path)), "not_probed");
        }
        assert_true(json_is_null(json_object_get(open, "bytes_written")));
        assert_true(json_is_null(json_object_get(open, "retries")));
        assert_string_equal(json_string_value(json_object_get(unknown, "steps.passes.bytes_written")),
                            "not_probed");
        assert_int_equal(json_integer_value(json_object_get(open, "bytes_written_at_least")),
                         table[i].at_least);
        assert_int_equal(json_integer_value(json_object_get(step, "bytes_written_at_least")),
                         7680 + table[i].at_least);
        assert_int_equal(json_array_size(json_object_get(step, "unwritten")), 1);
        assert_int_equal(json_integer_value(json_object_get(json_array_get(passes, 0), "bytes_written")),
                         7680);
        assert_null(json_object_get(json_array_get(passes, 0), "bytes_written_at_least"));
        json_decref(body);
        /* With its end all is known. */
        feed(&fold, UW_EVENT_PASS_ENDED, ended);
        body = uw_fold_certificate(&fold);
        step = json_array_get(json_object_get(body, "steps"), 0);
        assert_int_equal(json_integer_value(json_object_get(step, "bytes_written")), 15360);
        assert_null(json_object_get(step, "bytes_written_at_least"));
        assert_null(json_object_get(json_object_get(body, "unknown"), "steps.bytes_written"));
        json_decref(body);
        uw_fold_clear(&fold);
    }
}

/* Two steps were planned: 'g' one that ends well, 'b' one that does not, 'o' one that never ends. */
static void all_planned_steps_must_end_well(void **state)
{
    (void)state;
    static const struct {
        const char *steps;
        bool sanitized;
    } table[] = {{"gg", true},  {"g", false},  {"", false},   {"bg", false},
                 {"gb", false}, {"go", false}, {"ggo", false}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct uw_fold fold;
        begin(&fold);
        feed(&fold, UW_EVENT_PLAN_MADE,
             "{\"basis\":\"device-erase\",\"limitations\":[],\"reservations\":[],\"steps\":[{},{}]}");
        for (int event = 0; event < 5; event++)
            feed(&fold, GOOD[event].kind, GOOD[event].data);
        for (const char *step = table[i].steps; *step != '\0'; step++) {
            feed(&fold, UW_EVENT_STEP_STARTED, STEP);
            if (*step != 'o')
                feed(&fold, UW_EVENT_STEP_ENDED,
                     *step == 'g' ? STEP_END
                                  : "{\"accepted\":true,\"complete\":false,\"flushed\":true,\"error\":null}");
        }
        for (int event = 9; event < GOOD_STEPS; event++)
            feed(&fold, GOOD[event].kind, GOOD[event].data);
        if ((verdict_of(&fold) == UW_VERDICT_SANITIZED) != table[i].sanitized)
            fail_msg("steps %s", table[i].steps);
        uw_fold_clear(&fold);
    }
}

/* What is said of an erase inside the drive: which, and how far it went. */
static void statements(void **state)
{
    (void)state;
    static const struct {
        const char *technique, *limitations, *begins, *ends;
    } table[] = {
        {"device-sanitize-block", "\"ce_preconditions_unverified\"",
         "The drive reported successful completion of ata-x; ",
         "Areas outside the addressable range were erased on the maker's assurance; they were not "
         "inspected."},
        {"ata-security-erase", "\"reallocated_not_reached\",\"overprovisioned_not_reached\"",
         "The drive reported successful completion of ata-x; ",
         " Reallocated and over-provisioned areas were not reached."},
        {"ata-security-erase-enhanced", "\"hpa_not_covered\",\"dco_not_covered\"",
         "The drive reported successful completion of ata-x; ", " HPA and DCO areas were not reached."},
        {"device-sanitize-block", "\"rpmb_not_covered\"",
         "The drive reported successful completion of ata-x; ",
         " RPMB areas were not reached. Other areas outside the addressable range were erased on the maker's "
         "assurance; they were not inspected."},
        {"device-sanitize", "\"sanitize_operation_not_told\"",
         "The drive reported successful completion of a sanitize that it was found at; ",
         "they were not inspected."},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct uw_fold fold;
        char plan[512], step[256];
        snprintf(
            plan, sizeof plan,
            "{\"level_requested\":\"clear\",\"level\":\"clear\",\"rule_set\":\"ieee-2883\",\"rule\":\"A6\","
            "\"basis\":\"device-erase\",\"alternatives\":[],\"limitations\":[%s],\"reservations\":[],"
            "\"steps\":[],\"verify\":\"full\"}",
            table[i].limitations);
        snprintf(step, sizeof step, "{\"sequence\":1,\"method\":\"ata-x\",\"technique\":\"%s\"}",
                 table[i].technique);
        begin(&fold);
        feed(&fold, UW_EVENT_PLAN_MADE, plan);
        for (int event = 0; event < GOOD_STEPS; event++)
            if (GOOD[event].kind != UW_EVENT_PASS_STARTED && GOOD[event].kind != UW_EVENT_PASS_ENDED)
                feed(&fold, GOOD[event].kind, GOOD[event].data == STEP ? step : GOOD[event].data);
        json_t *body = uw_fold_certificate(&fold);
        const char *text = json_string_value(json_object_get(json_object_get(body, "claim"), "statement"));
        assert_non_null(text);
        assert_memory_equal(text, table[i].begins, strlen(table[i].begins));
        assert_true(strlen(text) > strlen(table[i].ends));
        assert_string_equal(text + strlen(text) - strlen(table[i].ends), table[i].ends);
        json_decref(body);
        uw_fold_clear(&fold);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_stream),
        cmocka_unit_test(every_prefix_is_failed),
        cmocka_unit_test(missing_evidence_is_failed),
        cmocka_unit_test(bad_evidence_is_failed),
        cmocka_unit_test(a_signal_is_aborted_unless_worse_was_seen),
        cmocka_unit_test(a_drive_that_left_is_no_other),
        cmocka_unit_test(a_sample_says_nothing_of_the_rest),
        cmocka_unit_test(certificate_of_a_good_stream),
        cmocka_unit_test(the_summary_names_the_chassis),
        cmocka_unit_test(a_failed_certificate_claims_nothing),
        cmocka_unit_test(an_unwritten_block_stands_once),
        cmocka_unit_test(a_pass_without_an_end_is_not_counted),
        cmocka_unit_test(all_planned_steps_must_end_well),
        cmocka_unit_test(statements),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
