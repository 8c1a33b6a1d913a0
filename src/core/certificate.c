/* SPDX-License-Identifier: Apache-2.0 */
/* The bodies of intent and certificate from what the fold holds. Sections are built one by one; whatever has
 * no value is null here and named in `unknown` at the end. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/fold.h"
#include "core/policy.h"

/* The member, or null; a new reference either way. */
static json_t *copy(const json_t *object, const char *name)
{
    json_t *value = json_object_get(object, name);
    return value != NULL ? json_deep_copy(value) : json_null();
}

static json_t *copy_array(const json_t *object, const char *name)
{
    json_t *value = json_object_get(object, name);
    return json_is_array(value) ? json_deep_copy(value) : json_array();
}

static json_t *object_of(const json_t *object, const char *name)
{
    json_t *value = json_object_get(object, name);
    return json_is_object(value) ? json_deep_copy(value) : json_object();
}

static json_t *time_or_null(int64_t time_ns)
{
    char text[UW_TIME_BYTES];
    if (time_ns == 0)
        return json_null();
    uw_time_text(time_ns, text);
    return json_string(text);
}

static bool is_sanitized(enum uw_verdict verdict)
{
    return verdict == UW_VERDICT_SANITIZED || verdict == UW_VERDICT_SANITIZED_WITH_EXCEPTIONS;
}

static const char *level_claimed(const struct uw_fold *fold, enum uw_verdict verdict)
{
    const char *level = json_string_value(json_object_get(fold->plan, "level"));
    return is_sanitized(verdict) && level != NULL ? level : "none";
}

/* Of the method that the claim stands on; before any was begun of that kind, the last. */
static const json_t *main_step(const struct uw_fold *fold)
{
    const json_t *step = json_array_get(fold->steps, fold->first_step);
    size_t count = json_array_size(fold->steps);
    return step != NULL || count == 0 ? step : json_array_get(fold->steps, count - 1);
}

static const char *method_of(const struct uw_fold *fold)
{
    return json_string_value(json_object_get(main_step(fold), "method"));
}

/* "reallocated, over-provisioned and underlying areas" for the limitations that name areas; empty where none
 * does. */
static void unreached(const json_t *limitations, char *text, size_t text_bytes)
{
    const char *areas[UW_MEDIA_COUNT];
    size_t count = 0;
    size_t i;
    json_t *code;
    json_array_foreach(limitations, i, code) {
        const char *words = uw_limitation_words(json_string_value(code));
        if (words != NULL && count < sizeof areas / sizeof *areas)
            areas[count++] = words;
    }
    text[0] = '\0';
    for (i = 0; i < count; i++) {
        size_t used = strlen(text);
        snprintf(text + used, text_bytes - used, "%s%s",
                 i == 0           ? ""
                 : i + 1 == count ? " and "
                                  : ", ",
                 areas[i]);
    }
    if (text[0] >= 'a' && text[0] <= 'z')
        text[0] = (char)(text[0] - 'a' + 'A');
}

static json_t *sanitized_statement(const struct uw_fold *fold)
{
    char areas[256];
    unreached(json_object_get(fold->plan, "limitations"), areas, sizeof areas);
    const json_t *capacity = json_object_get(json_object_get(fold->drive, "medium"), "capacity");
    json_int_t blocks = json_integer_value(json_object_get(capacity, "blocks"));
    json_int_t coverage = json_integer_value(json_object_get(fold->verification, "coverage_ppm"));
    json_int_t block_bytes = json_integer_value(json_object_get(capacity, "logical_block_bytes"));
    json_int_t bytes_read = json_integer_value(json_object_get(fold->verification, "bytes"));
    char read_back[64] = "all of them";
    if (coverage < 1000000 && block_bytes > 0)
        snprintf(read_back, sizeof read_back, "%" JSON_INTEGER_FORMAT " of them", bytes_read / block_bytes);
    return json_sprintf(
        "All %" JSON_INTEGER_FORMAT " addressable blocks were overwritten and %s read back.%s%s%s", blocks,
        read_back, areas[0] ? " " : "", areas, areas[0] ? " areas were not reached." : "");
}

static bool has_limitation(const struct uw_fold *fold, const char *wanted)
{
    size_t i;
    json_t *code;
    json_array_foreach(json_object_get(fold->plan, "limitations"), i, code) {
        if (json_is_string(code) && strcmp(json_string_value(code), wanted) == 0)
            return true;
    }
    return false;
}

static const char *erase_of(const struct uw_fold *fold)
{
    const json_t *step = main_step(fold);
    const char *technique = json_string_value(json_object_get(step, "technique"));
    const char *method = method_of(fold);
    if (technique != NULL && strcmp(technique, uw_technique_name(UW_TECHNIQUE_DEVICE_SANITIZE)) == 0)
        return "a sanitize that it was found at";
    return method != NULL ? method : "its erase";
}

/* What no address leads to. An RPMB is left out by whatever erase, so that it says nothing of the others. */
static void beyond(const struct uw_fold *fold, char *text, size_t text_bytes)
{
    char areas[256];
    unreached(json_object_get(fold->plan, "limitations"), areas, sizeof areas);
    bool rpmb_alone = strcmp(areas, "RPMB") == 0;
    const char *rpmb = rpmb_alone ? "RPMB areas were not reached. " : "";
    if (areas[0] != '\0' && !rpmb_alone)
        snprintf(text, text_bytes, "%s areas were not reached.", areas);
    else if (has_limitation(fold, "other_namespaces_not_covered"))
        snprintf(text, text_bytes,
                 "%sOther namespaces and unallocated capacity of the drive were not reached.", rpmb);
    else
        snprintf(text, text_bytes,
                 "%s outside the addressable range were erased on the maker's assurance; they were not "
                 "inspected.",
                 rpmb_alone ? "RPMB areas were not reached. Other areas" : "Areas");
}

/* What the drive did itself: by its word, and by what was looked for. */
static json_t *internal_statement(const struct uw_fold *fold)
{
    const json_t *canary = json_object_get(fold->verification, "canary");
    json_int_t samples = json_integer_value(json_object_get(fold->verification, "samples"));
    json_int_t kept = json_integer_value(json_object_get(canary, "readable_before"));
    char seen[160], rest[320];
    if (kept > 0)
        snprintf(seen, sizeof seen,
                 "of %" JSON_INTEGER_FORMAT " sampled locations none held one of the %" JSON_INTEGER_FORMAT
                 " markers written before",
                 samples, kept);
    else
        snprintf(seen, sizeof seen,
                 "no markers could be written before; %" JSON_INTEGER_FORMAT
                 " sampled locations hold what it should leave",
                 samples);
    beyond(fold, rest, sizeof rest);
    return json_sprintf("The drive reported successful completion of %s; %s. %s", erase_of(fold), seen, rest);
}

static json_t *statement(const struct uw_fold *fold, enum uw_verdict verdict, const char *reason)
{
    const char *basis = json_string_value(json_object_get(fold->plan, "basis"));
    if (is_sanitized(verdict) && basis != NULL && strcmp(basis, "host-overwrite") != 0)
        return internal_statement(fold);
    if (is_sanitized(verdict))
        return sanitized_statement(fold);
    const char *text = json_string_value(json_object_get(fold->failure, "why"));
    if (verdict == UW_VERDICT_REFUSED) {
        text = json_string_value(json_object_get(fold->refusal, "why"));
        return json_sprintf("Nothing was erased: %s.", text != NULL ? text : reason);
    }
    if (verdict == UW_VERDICT_FAILED && fold->evidence.broken && text != NULL)
        return json_sprintf("The drive was not sanitized: %s (%s).", reason, text);
    return json_sprintf("The drive was not sanitized: %s.", reason);
}

static json_t *claim(const struct uw_fold *fold, enum uw_verdict verdict, const char *reason)
{
    const char *basis = json_string_value(json_object_get(fold->plan, "basis"));
    return json_pack(
        "{s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:b, s:o}", "level_requested",
        copy(fold->plan, "level_requested"), "level", level_claimed(fold, verdict), "rule_set",
        copy(fold->plan, "rule_set"), "rule", copy(fold->plan, "rule"), "alternatives",
        copy_array(fold->plan, "alternatives"), "basis", basis != NULL ? json_string(basis) : json_null(),
        "limitations", copy_array(fold->plan, "limitations"), "relies_on_maker",
        basis != NULL && strcmp(basis, "host-overwrite") != 0, "statement", statement(fold, verdict, reason));
}

/* The chassis' own, which on a blade is not the system's; that one where the chassis has none. */
static json_t *chassis_serial(const json_t *dmi)
{
    json_t *own = copy(dmi, "chassis_serial");
    if (!json_is_null(own))
        return own;
    json_decref(own);
    return copy(dmi, "serial");
}

static json_t *summary(const struct uw_fold *fold, enum uw_verdict verdict)
{
    const json_t *medium = json_object_get(fold->drive, "medium");
    const json_t *dmi = json_object_get(json_object_get(fold->run, "host"), "dmi");
    const char *method = method_of(fold);
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "verdict",
                     uw_verdict_name(verdict), "level", level_claimed(fold, verdict), "method",
                     method != NULL ? json_string(method) : json_null(), "chassis_serial",
                     chassis_serial(dmi), "asset_tag", copy(dmi, "asset_tag"), "drive_serial",
                     copy(medium, "serial"), "wwn", copy(medium, "wwn"), "bytes",
                     copy(json_object_get(medium, "capacity"), "bytes"), "started",
                     time_or_null(fold->start_ns), "finished", time_or_null(fold->end_ns));
}

static json_t *authority(const struct uw_fold *fold)
{
    json_t *body = copy(fold->run, "authority");
    json_object_set_new(body, "confirmed_by", copy(fold->confirmed, "by"));
    json_object_set_new(body, "refusal", fold->refusal != NULL ? json_deep_copy(fold->refusal) : json_null());
    return body;
}

/* A counter inside the drive: an axis that the host does not set. */
static json_t *before_and_after(const struct uw_fold *fold, const char *counter)
{
    const json_t *before = json_object_get(json_object_get(fold->drive, "before"), "health");
    return json_pack("{s:o, s:o}", "before", copy(before, counter), "after",
                     copy(fold->health_after, counter));
}

/* Boottime counts through suspends and cannot be set: the axis on which the length of the erase stands. */
static json_t *times(const struct uw_fold *fold)
{
    json_t *body = copy(fold->run, "time");
    json_object_set_new(body, "start", time_or_null(fold->start_ns));
    json_object_set_new(body, "end", time_or_null(fold->end_ns));
    /* As text: nanoseconds pass 2^53 after 104 days. */
    json_object_set_new(body, "boottime_start_ns", json_sprintf("%" PRIu64, fold->boottime_start_ns));
    json_object_set_new(body, "boottime_end_ns", json_sprintf("%" PRIu64, fold->boottime_end_ns));
    json_object_set_new(body, "drive_hours", before_and_after(fold, "power_on_hours"));
    json_object_set_new(body, "power_cycles", before_and_after(fold, "power_cycles"));
    return body;
}

static json_t *identity_check(const json_t *data)
{
    if (data == NULL)
        return json_null();
    json_t *check = json_deep_copy(data);
    json_object_del(check, "when");
    return check;
}

static json_t *medium(const struct uw_fold *fold)
{
    json_t *body = copy(fold->drive, "medium");
    json_object_set_new(body, "identity_recheck",
                        json_pack("{s:o, s:o}", "before", identity_check(fold->identity_before), "after",
                                  identity_check(fold->identity_after)));
    return body;
}

static json_t *hidden_areas(const struct uw_fold *fold)
{
    const json_t *hidden = json_object_get(fold->drive, "hidden");
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:n, s:o, s:o, s:o}", "hpa", copy(hidden, "hpa"), "dco",
                     copy(hidden, "dco"), "amax", copy(hidden, "amax"), "opened",
                     fold->opened != NULL ? json_deep_copy(fold->opened) : json_array(),
                     "unattached_namespaces", copy(fold->drive, "unattached_namespaces"), "boot_partitions",
                     "rpmb", copy(hidden, "rpmb"), "reallocated",
                     before_and_after(fold, "reallocated_sectors"), "pending",
                     before_and_after(fold, "pending_sectors"));
}

/* Whether an area was opened and left so. */
static bool is_left(const struct uw_fold *fold, const char *how)
{
    size_t i;
    json_t *item;
    json_array_foreach(fold->opened, i, item) {
        const char *left = json_string_value(json_object_get(item, "left"));
        if (left != NULL && strcmp(left, how) == 0)
            return true;
    }
    return false;
}

/* Reservations count only where something was sanitized: elsewhere the verdict says more. */
static json_t *exceptions(const struct uw_fold *fold, enum uw_verdict verdict)
{
    json_t *list = verdict == UW_VERDICT_SANITIZED_WITH_EXCEPTIONS ? copy_array(fold->plan, "reservations")
                                                                   : json_array();
    if (fold->evidence.canary_alive)
        json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "code", "device_lied", "severity", "failure",
                                              "text", "what it was given, or held before, says otherwise"));
    if (fold->continues)
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:s}", "code", "continues_in_drive", "severity", "note", "text",
                            "the drive goes on erasing by itself; the next run waits for it"));
    if (fold->password)
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:s}", "code", "own_password_left", "severity", "note", "text",
                            "the drive may be locked with the user password \"unwrite\" (zero "
                            "padded, level high); the next erase takes it away"));
    if (is_left(fold, "open"))
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:s}", "code", "amax_left_open", "severity", "note", "text",
                            "its accessible capacity was opened and is not set back yet: a drive takes that "
                            "once each time that its power comes; the next run does it"));
    if (fold->crashed)
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:s}", "code", "recovered", "severity", "note", "text",
                                        "the run broke off; a later one signed what its journal says"));
    return list;
}

static json_t *begin_body(const struct uw_fold *fold, const char *schema, const char *kind,
                          int64_t issued_at_ns)
{
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o}", "schema", schema, "kind", kind, "id",
                     copy(fold->drive, kind[0] == 'i' ? "intent_id" : "certificate_id"), "run",
                     copy(fold->run, "run"), "issued_at", time_or_null(issued_at_ns), "simulated",
                     copy(fold->drive, "simulated"));
}

/* Run and drive bring the reasons for what they could not tell. */
static json_t *finish_body(const struct uw_fold *fold, json_t *body)
{
    json_t *given = json_object();
    json_object_update_missing(given, json_object_get(fold->run, "unknown"));
    json_object_update_missing(given, json_object_get(fold->drive, "unknown"));
    bool complete = given != NULL && uw_unknown_complete(body, given);
    json_decref(given);
    if (complete)
        return body;
    json_decref(body);
    return NULL;
}

json_t *uw_fold_intent(const struct uw_fold *fold, int64_t issued_at_ns)
{
    if (fold->run == NULL || fold->drive == NULL || fold->plan == NULL || fold->lost)
        return NULL;
    json_t *body = begin_body(fold, "urn:unwrite:intent:1", "intent", issued_at_ns);
    json_t *plan = json_deep_copy(fold->plan);
    json_object_del(plan, "basis");
    json_object_del(plan, "limitations");
    json_object_del(plan, "reservations");
    size_t i;
    json_t *step;
    json_array_foreach(json_object_get(plan, "steps"), i, step) {
        json_object_del(step, "levels");
        json_object_del(step, "estimate_s");
        json_object_del(step, "can_stop");
        json_object_del(step, "standard");
    }
    json_object_set_new(body, "authority", authority(fold));
    json_object_set_new(body, "people", copy(fold->run, "people"));
    json_object_set_new(body, "host", copy(fold->run, "host"));
    json_object_set_new(body, "station", copy(fold->run, "station"));
    json_object_set_new(body, "tool", copy(fold->run, "tool"));
    json_object_set_new(body, "medium", copy(fold->drive, "medium"));
    json_object_set_new(body, "plan", plan);
    json_object_set_new(body, "seed_commitment", copy(fold->drive, "seed_commitment"));
    return finish_body(fold, body);
}

json_t *uw_fold_certificate(const struct uw_fold *fold)
{
    if (fold->run == NULL || fold->drive == NULL || fold->plan == NULL)
        return NULL;
    const char *reason;
    enum uw_verdict verdict = uw_fold_verdict(fold, &reason);
    json_t *body = begin_body(fold, "urn:unwrite:certificate:1", "certificate", fold->end_ns);
    const struct {
        const char *name;
        json_t *value;
    } members[] = {
        {"intent_sha256", copy(fold->intent, "sha256")},
        {"previous", json_null()},
        {"verdict", json_string(uw_verdict_name(verdict))},
        {"exceptions", exceptions(fold, verdict)},
        {"summary", summary(fold, verdict)},
        {"claim", claim(fold, verdict, reason)},
        {"authority", authority(fold)},
        {"people", copy(fold->run, "people")},
        {"host", copy(fold->run, "host")},
        {"station", copy(fold->run, "station")},
        {"tool", copy(fold->run, "tool")},
        {"time", times(fold)},
        {"medium", medium(fold)},
        {"capabilities", object_of(fold->drive, "capabilities")},
        {"steps", uw_steps_known(fold->steps)},
        {"hidden_areas", hidden_areas(fold)},
        {"before", copy(fold->drive, "before")},
        {"after", json_pack("{s:o, s:n}", "health",
                            fold->health_after != NULL ? json_deep_copy(fold->health_after) : json_null(),
                            "histogram")},
        {"verification", fold->verification != NULL ? json_deep_copy(fold->verification) : json_null()},
        {"not_covered", copy_array(fold->run, "not_covered")},
    };
    bool whole = true;
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        whole = json_object_set_new(body, members[i].name, members[i].value) == 0 && whole;
    if (whole)
        return finish_body(fold, body);
    json_decref(body);
    return NULL;
}

json_t *uw_fold_addendum(const struct uw_fold *fold)
{
    const char *reason;
    if (fold->run == NULL || fold->drive == NULL)
        return NULL;
    bool holds = uw_fold_holds(fold, &reason);
    json_t *body = begin_body(fold, "urn:unwrite:addendum:1", "addendum", fold->end_ns);
    json_object_set_new(body, "certificate", fold->bound != NULL ? json_deep_copy(fold->bound) : json_null());
    json_object_set_new(body, "result", json_string(holds ? "holds" : "does-not-hold"));
    json_object_set_new(body, "reason", json_string(reason));
    json_object_set_new(body, "authority", authority(fold));
    json_object_set_new(body, "people", copy(fold->run, "people"));
    json_object_set_new(body, "host", copy(fold->run, "host"));
    json_object_set_new(body, "station", copy(fold->run, "station"));
    json_object_set_new(body, "tool", copy(fold->run, "tool"));
    json_object_set_new(body, "time", times(fold));
    json_object_set_new(body, "medium", copy(fold->drive, "medium"));
    json_object_set_new(body, "verification",
                        fold->verification != NULL ? json_deep_copy(fold->verification) : json_null());
    return finish_body(fold, body);
}
