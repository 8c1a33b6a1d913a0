/* SPDX-License-Identifier: Apache-2.0 */
/* The words of a request, checked before anything is looked at. */
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "engine/keystream.h"
#include "engine/run.h"
#include "method/methods.h"

static const char DEFAULT_STATE[] = "/var/lib/unwrite";
static const char DEFAULT_CERTIFICATES[] = "./certificates";
enum { JOBS_MAX = 4096, TEXT_MAX = 255 };

/* Words of people, whose languages may need a joiner; no drive's do. */
static bool is_clean(const char *text, size_t length)
{
    bool clean = text[0] != ' ' && text[length - 1] != ' ';
    for (size_t at = 0, taken; clean && at < length; at += taken) {
        uint32_t point = 0;
        taken = uw_text_character(text + at, length - at, &point);
        clean = taken > 0 && !uw_text_is_unsafe(point);
    }
    return clean;
}

/* What goes into documents as it was typed must keep their rules. */
static bool check_text(const char *option, const char *text, struct uw_error *e)
{
    if (text == NULL)
        return true;
    size_t length = strlen(text);
    if (length == 0)
        return uw_fail(e, UW_E_USAGE, "--%s is empty", option);
    if (length > TEXT_MAX)
        return uw_fail(e, UW_E_USAGE, "--%s is longer than %d bytes", option, TEXT_MAX);
    if (!is_clean(text, length))
        return uw_fail(e, UW_E_USAGE, "--%s holds control characters, invalid UTF-8 or spaces at an end",
                       option);
    return true;
}

static bool check_texts(const struct uw_request *r, struct uw_error *e)
{
    return check_text("operator", r->operator_name, e) && check_text("ticket", r->ticket, e) &&
           check_text("station", r->station, e) && check_text("customer", r->customer, e) &&
           check_text("reason", r->reason, e) && check_text("location", r->location, e);
}

static bool unknown_word(const char *option, const char *word, const char *known, struct uw_error *e)
{
    uw_fail(e, UW_E_USAGE, "--%s does not know '%s'", option, word);
    return uw_way_out(e, "%s", known);
}

static bool read_policy(const struct uw_request *r, struct uw_policy *policy, struct uw_error *e)
{
    *policy = (struct uw_policy){.level = UW_LEVEL_PURGE,
                                 .allow_downgrade = r->allow_downgrade,
                                 .restore_dco = r->restore_dco,
                                 .cipher = uw_keystream_cipher()};
    if (r->level != NULL && !uw_level_parse(r->level, &policy->level))
        return unknown_word("level", r->level, "clear or purge", e);
    if (r->rule_set != NULL && !uw_rule_set_parse(r->rule_set, &policy->rule_set))
        return unknown_word("rule-set", r->rule_set, "lowest, nist-800-88r1 or ieee-2883", e);
    if (r->method != NULL && (policy->method = uw_method_by_id(r->method)) == NULL)
        return unknown_word("method", r->method, "unwrite methods lists them", e);
    if (r->standard != NULL && (policy->standard = uw_standard_by_id(r->standard)) == NULL)
        return unknown_word("standard", r->standard, "unwrite methods lists them", e);
    if (r->keystream != NULL && !uw_cipher_by_name(r->keystream, &policy->cipher))
        return unknown_word("keystream", r->keystream, "aes-256-ctr or chacha20", e);
    if (r->verify != NULL && !uw_profile_parse(r->verify, &policy->verify))
        return unknown_word("verify", r->verify, "sample, tenth or full", e);
    return true;
}

static bool read_jobs(const char *text, size_t *jobs, struct uw_error *e)
{
    *jobs = JOBS_MAX;
    if (text == NULL)
        return true;
    char *end;
    long number = strtol(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || number < 1 || number > JOBS_MAX)
        return uw_fail(e, UW_E_USAGE, "--jobs takes a number from 1 to %d, not '%s'", JOBS_MAX, text);
    *jobs = (size_t)number;
    return true;
}

static bool check_targets(const struct uw_request *r, struct uw_error *e)
{
    for (size_t i = 0; i < r->targets.count; i++)
        if (r->targets.items[i][0] == '\0')
            return uw_fail(e, UW_E_USAGE, "a target is empty");
    if (r->targets.count == 0 && !r->all) {
        uw_fail(e, UW_E_USAGE, "no target");
        return uw_way_out(e, "name a drive, or --all");
    }
    if (r->targets.count > 0 && r->all)
        return uw_fail(e, UW_E_USAGE, "--all and named targets exclude each other");
    if (r->confirm_all && !r->all)
        return uw_fail(e, UW_E_USAGE, "--confirm-all needs --all");
    return true;
}

void uw_run_read_folders(struct uw_run *run)
{
    const struct uw_request *r = run->request;
    run->state = r->state != NULL ? r->state : DEFAULT_STATE;
    run->certificates = r->certificates != NULL ? r->certificates : DEFAULT_CERTIFICATES;
}

bool uw_request_check(const struct uw_request *request, struct uw_error *e)
{
    struct uw_policy policy;
    size_t jobs;
    return read_policy(request, &policy, e) && read_jobs(request->jobs, &jobs, e) && check_texts(request, e);
}

bool uw_run_read_request(struct uw_run *run, struct uw_error *e)
{
    const struct uw_request *r = run->request;
    uw_run_read_folders(run);
    return check_targets(r, e) && read_policy(r, &run->policy, e) && read_jobs(r->jobs, &run->parallel, e) &&
           check_texts(r, e);
}
