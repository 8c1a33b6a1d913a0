/* SPDX-License-Identifier: Apache-2.0 */
#include "plan.h"

#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "facts.h"

enum { TEXT_BYTES = 512 };

static void add(char *text, size_t text_bytes, const char *separator, const char *more)
{
    size_t used = strlen(text);
    if (snprintf(text + used, text_bytes - used, "%s%s", used > 0 ? separator : "", more) < 0)
        text[used] = '\0';
}

void plan_title(const json_t *plan, char *text, size_t text_bytes)
{
    char size[32];
    const char *model = text_of(plan, "model"), *serial = text_of(plan, "serial");
    const char *id = text_or(plan, "id", "?");
    bool id_is_serial = serial != NULL && strcmp(serial, id) == 0;
    uw_text_bytes(number_of(plan, "bytes"), size, sizeof size);
    snprintf(text, text_bytes, "%s: %s%s%s%s%s%s%s", text_or(plan, "device", "?"), model != NULL ? model : "",
             model != NULL ? ", " : "", size, serial != NULL ? ", serial " : "", serial != NULL ? serial : "",
             id_is_serial ? "" : ", id ", id_is_serial ? "" : id);
}

void plan_time(const json_t *plan, char *text, size_t text_bytes)
{
    uint64_t seconds = 0;
    bool known = true, can_stop = true;
    char duration[32];
    size_t i;
    const json_t *step;
    json_array_foreach(json_object_get(plan, "steps"), i, step) {
        uint64_t step_s = number_of(step, "estimate_s");
        known = known && step_s > 0;
        seconds += step_s;
        can_stop = can_stop && truth_of(step, "can_stop");
    }
    uw_text_duration(seconds, duration, sizeof duration);
    snprintf(text, text_bytes, "%s%s%s%s", can_stop ? "" : "cannot be stopped, ",
             known ? "about " : "time not known", known ? duration : "", can_stop ? ", can be stopped" : "");
}

/* What is done about a hidden area before the erase. */
static const char *opening_of(const json_t *item)
{
    const char *left = text_or(item, "left", "?");
    return strcmp(left, "until-power-cycle") == 0 ? "open until the power goes off and on"
           : strcmp(left, "set-back") == 0        ? "opened, and set back afterwards"
           : strcmp(left, "restored") == 0        ? "restored, which nothing undoes"
                                                  : left;
}

static void list_opens(const json_t *plan, char *text, size_t text_bytes)
{
    size_t i;
    const json_t *item;
    text[0] = '\0';
    json_array_foreach(json_object_get(plan, "opens"), i, item) {
        char one[96];
        snprintf(one, sizeof one, "%s %s", text_or(item, "area", "?"), opening_of(item));
        add(text, text_bytes, "; ", one);
    }
}

/* What the question must not leave out; namespaces come first, the rest of a long list is in the plan. */
static void first_affected(const json_t *plan, char *text, size_t text_bytes)
{
    const json_t *list = json_object_get(plan, "also_affected");
    const json_t *first = json_array_get(list, 0);
    char more[128];
    if (!json_is_string(first) || json_is_object(json_object_get(plan, "refused")))
        return;
    snprintf(more, sizeof more, json_array_size(list) > 1 ? "%.64s and %zu more" : "%.64s",
             json_string_value(first), json_array_size(list) - 1);
    add(text, text_bytes, ", also erases ", more);
}

void plan_brief(const json_t *plan, char *text, size_t text_bytes)
{
    char time[128];
    const json_t *refused = json_object_get(plan, "refused");
    const json_t *steps = json_object_get(plan, "steps"), *step = json_array_get(steps, 0);
    const json_t *then = json_array_get(steps, 1);
    plan_time(plan, time, sizeof time);
    if (json_is_object(refused))
        snprintf(text, text_bytes, "refused, %s", text_or(refused, "why", "?"));
    else
        snprintf(text, text_bytes, "%s%s%s to %s, %s%s", text_or(step, "method", "?"),
                 then != NULL ? ", then " : "", then != NULL ? text_or(then, "method", "?") : "",
                 text_or(plan, "level", "?"), truth_of(step, "attach") ? "runs already, " : "", time);
    char opens[TEXT_BYTES];
    list_opens(plan, opens, sizeof opens);
    if (opens[0] != '\0' && !json_is_object(refused))
        add(text, text_bytes, ", hidden areas: ", opens);
    first_affected(plan, text, text_bytes);
}

static void row(const char *label, const char *text)
{
    if (*text != '\0')
        print_line(stdout, "  %-13s %s", label, text);
}

static void print_step(size_t number, const json_t *step)
{
    char label[32], text[TEXT_BYTES];
    size_t passes = json_array_size(json_object_get(step, "passes"));
    const char *standard = text_of(step, "standard");
    snprintf(label, sizeof label, "step %zu", number);
    snprintf(text, sizeof text, "%s (%s)", text_or(step, "method", "?"), text_or(step, "technique", "?"));
    if (standard != NULL) {
        char pattern[128];
        snprintf(pattern, sizeof pattern, "%s, %zu pass%s", standard, passes, passes == 1 ? "" : "es");
        add(text, sizeof text, ", ", pattern);
    }
    if (truth_of(step, "attach"))
        add(text, sizeof text, ", ", "runs already: waits for its end");
    row(label, text);
    text[0] = '\0';
    const char *rule_set;
    json_t *level;
    json_object_foreach(json_object_get(step, "levels"), rule_set, level) {
        char item[96];
        snprintf(item, sizeof item, "%s by %s",
                 json_is_string(level) ? json_string_value(level) : "not listed", rule_set);
        add(text, sizeof text, ", ", item);
    }
    row("  reaches", text);
}

static void print_level(const json_t *plan)
{
    char text[TEXT_BYTES];
    const char *level = text_or(plan, "level", "none"), *asked = text_or(plan, "level_requested", level);
    const char *rule = text_of(plan, "rule");
    snprintf(text, sizeof text, "%s", level);
    if (strcmp(level, asked) != 0) {
        add(text, sizeof text, ", ", asked);
        add(text, sizeof text, " ", "was asked for");
    }
    if (rule != NULL) {
        add(text, sizeof text, ", ", "rule");
        add(text, sizeof text, " ", rule);
        add(text, sizeof text, " by ", text_or(plan, "rule_set", "?"));
    }
    row("level", text);
}

static void print_unlock(const json_t *plan)
{
    const char *unlock = text_of(plan, "unlock");
    if (unlock != NULL)
        row("locked", strcmp(unlock, "ours") == 0
                          ? "with unwrite's own password, of an erase that broke off: takes it away first"
                          : "with a password: tries unwrite's own first, once; refused where it is another");
}

static void print_failed(const json_t *plan)
{
    if (json_is_true(json_object_get(plan, "ends_failed_sanitize")))
        row("failed", "a sanitize of it: ends that state first; refused where the drive does not allow it");
}

static void print_next(const json_t *list)
{
    size_t i;
    const json_t *item;
    json_array_foreach(list, i, item) {
        char text[TEXT_BYTES];
        snprintf(text, sizeof text, "%s to %s, rule %s", text_or(item, "method", "?"),
                 text_or(item, "level", "?"), text_or(item, "rule", "?"));
        row(i == 0 ? "if it fails" : "", text);
    }
}

static void print_rejected(const json_t *list)
{
    size_t i;
    const json_t *item;
    json_array_foreach(list, i, item) {
        char text[TEXT_BYTES];
        snprintf(text, sizeof text, "%s: %s", text_or(item, "method", "?"), text_or(item, "why", "?"));
        row(i == 0 ? "not taken" : "", text);
    }
}

static void print_affected(const json_t *list)
{
    size_t i;
    const json_t *item;
    json_array_foreach(list, i, item) {
        row(i == 0 ? "also affected" : "", json_is_string(item) ? json_string_value(item) : "?");
    }
}

static void join(const json_t *list, char *text, size_t text_bytes)
{
    size_t i;
    const json_t *item;
    text[0] = '\0';
    json_array_foreach(list, i, item) {
        if (json_is_string(item))
            add(text, text_bytes, ", ", json_string_value(item));
    }
}

/* A dash says nothing here. */
static void fact_row(const char *label, const char *text)
{
    if (strcmp(text, "-") != 0)
        row(label, strcmp(text, "?") == 0 ? "could not be told" : text);
}

static void print_facts(const json_t *plan)
{
    char text[TEXT_BYTES], numbers[TEXT_BYTES];
    facts_security(plan, text, sizeof text);
    fact_row("security", text);
    facts_hidden(plan, text, sizeof text);
    fact_row("hidden", text);
    facts_health(plan, text, sizeof text);
    facts_health_numbers(plan, numbers, sizeof numbers);
    if (numbers[0] != '\0')
        add(text, sizeof text, ": ", numbers);
    fact_row("health", text);
    const json_t *sharing = json_object_get(json_object_get(plan, "capabilities"), "sharing");
    if (truth_of(sharing, "namespace"))
        row("shared", "other controllers may lead to the namespace");
    else if (truth_of(sharing, "controllers"))
        row("shared", "other controllers may lead to the drive");
}

void plan_print(const json_t *plan)
{
    char text[TEXT_BYTES];
    size_t i;
    const json_t *step, *steps = json_object_get(plan, "steps"), *refused = json_object_get(plan, "refused");
    plan_title(plan, text, sizeof text);
    print_line(stdout, "%s", text);
    if (json_is_object(refused)) {
        row("REFUSED", text_or(refused, "why", "?"));
        row("way out", text_or(refused, "way_out", ""));
    }
    if (json_array_size(steps) > 0) {
        print_unlock(plan);
        print_failed(plan);
        print_level(plan);
        list_opens(plan, text, sizeof text);
        row("opens first", text);
        json_array_foreach(steps, i, step) {
            print_step(i + 1, step);
        }
        print_next(json_object_get(plan, "next"));
        row("verify", text_or(plan, "verify", ""));
        plan_time(plan, text, sizeof text);
        row("time", text);
    }
    print_facts(plan);
    print_affected(json_object_get(plan, "also_affected"));
    join(json_object_get(plan, "limitations"), text, sizeof text);
    row("limitations", text);
    print_rejected(json_object_get(plan, "rejected"));
}

static void print_plans(const json_t *plans)
{
    size_t i;
    const json_t *plan;
    json_array_foreach(plans, i, plan) {
        if (i > 0)
            putchar('\n');
        plan_print(plan);
    }
}

int complain_of_nothing(const struct uw_run *run, const struct uw_request *request)
{
    struct uw_error e = {0};
    bool allowed = request->all && request->allow_not_covered;
    uw_fail(&e, UW_E_IO, "no drive found%s", request->exclude.count > 0 ? " but those excluded" : "");
    int code = complain(&e);
    return allowed ? (int)uw_run_forecast(run) : code;
}

/* --all means neither the boot medium nor what a controller hides; named targets speak for themselves. */
static void print_left_out(const json_t *document)
{
    size_t i;
    const json_t *item;
    json_array_foreach(json_object_get(document, "left_out"), i, item) {
        print_line(stdout, "left out: %s: %s", text_or(item, "device", "?"), text_or(item, "why", "?"));
    }
    json_array_foreach(json_object_get(document, "not_covered"), i, item) {
        print_line(stdout, "not covered: %s: %s", text_or(item, "controller", "?"),
                   text_or(item, "why", "?"));
    }
}

int verb_plan(struct invocation *invocation)
{
    struct uw_error e = {0};
    struct uw_run *run = uw_run_open(&invocation->request, &e);
    json_t *document = run != NULL ? uw_run_plans(run, &e) : NULL;
    int code;
    if (document != NULL && invocation->json)
        print_document(document);
    else if (document != NULL)
        print_plans(json_object_get(document, "plans"));
    if (document != NULL && !invocation->json && invocation->request.all)
        print_left_out(document);
    if (document == NULL)
        code = complain(&e);
    else if (uw_run_count(run) == 0)
        code = complain_of_nothing(run, &invocation->request);
    else
        code = (int)uw_run_forecast(run);
    json_decref(document);
    uw_run_close(run);
    return code;
}
