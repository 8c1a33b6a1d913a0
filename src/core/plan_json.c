/* SPDX-License-Identifier: Apache-2.0 */
#include "core/plan.h"

#include "core/drive_ata.h"
#include "core/drive_nvme.h"

/* A list that could not take an item is no list: the document that it is for fails. */
static void append(json_t **list, json_t *item)
{
    if (json_array_append_new(*list, item) == 0)
        return;
    json_decref(*list);
    *list = NULL;
}

static json_t *passes_json(const struct uw_standard *standard, enum uw_cipher cipher)
{
    json_t *passes = json_array();
    for (size_t i = 0; i < standard->pass_count; i++)
        append(&passes, uw_pass_json(&standard->passes[i], cipher));
    return passes;
}

/* No rule set gives more on this drive than what its kind and the method's reach allow. */
static enum uw_level limit_of(const struct uw_plan *plan)
{
    return uw_level_limit(plan->drive, plan->technique, plan->hits_subsystem || plan->allied);
}

static json_t *step_json(const struct uw_plan *plan, const struct uw_method *method,
                         enum uw_technique technique, enum uw_level limit, const struct uw_standard *standard,
                         uint64_t estimate_s, bool attach)
{
    return json_pack("{s:s, s:s, s:o, s:I, s:b, s:b, s:o, s:o}", "method", method->id, "technique",
                     uw_technique_name(technique), "levels",
                     uw_technique_levels(plan->drive, technique, limit), "estimate_s", (json_int_t)estimate_s,
                     "can_stop", method->can_stop, "attach", attach, "standard",
                     standard != NULL ? json_string(standard->id) : json_null(), "passes",
                     standard != NULL ? passes_json(standard, plan->policy.cipher) : json_array());
}

static json_t *steps_json(const struct uw_plan *plan)
{
    const struct uw_follow *follow = &plan->follow;
    json_t *steps = json_array();
    if (plan->method != NULL)
        append(&steps, step_json(plan, plan->method, plan->technique, limit_of(plan), plan->standard,
                                 plan->estimate_s, plan->attach));
    if (plan->method != NULL && follow->method != NULL)
        append(&steps, step_json(plan, follow->method, follow->method->technique,
                                 uw_level_limit(plan->drive, follow->method->technique, false),
                                 follow->standard, follow->estimate_s, false));
    return steps;
}

static json_t *limitations_json(const struct uw_plan *plan)
{
    json_t *list = json_array();
    for (size_t i = 0; i < plan->limitation_count; i++)
        append(&list, json_string(plan->limitations[i]));
    return list;
}

/* For people; what is attached elsewhere this host cannot list. */
static json_t *also_affected_json(const struct uw_plan *plan)
{
    const struct uw_drive *drive = plan->drive;
    const char *node = drive->nvme.node[0] != '\0' ? drive->nvme.node : "the drive";
    json_t *list = json_array();
    for (size_t i = 0; i < plan->also_affected_count; i++)
        append(&list,
               json_sprintf("namespace %u of %s%s", (unsigned)plan->also_affected[i].nsid, node,
                            plan->also_affected[i].attached ? "" : ", not attached to this controller"));
    if (plan->hits_subsystem && uw_namespaces_unlisted(drive))
        append(&list, json_sprintf("namespaces of %s that could not be listed", node));
    if (plan->hits_subsystem && (drive->nvme.controller.cmic & UW_NVME_CMIC_CONTROLLERS) != 0)
        append(&list, json_sprintf("whatever is reached through other controllers of %s's drive", node));
    if (drive->partitions > 0)
        append(&list, json_sprintf("%u partition%s", drive->partitions, drive->partitions == 1 ? "" : "s"));
    return list;
}

static json_t *rejected_json(const struct uw_plan *plan)
{
    json_t *list = json_array();
    for (size_t i = 0; i < plan->rejected_count; i++)
        append(&list,
               json_pack("{s:s, s:s}", "method", plan->rejected[i].method->id, "why", plan->rejected[i].why));
    return list;
}

static json_t *next_json(const struct uw_plan *plan)
{
    json_t *list = json_array();
    for (size_t i = 0; i < plan->next_count; i++)
        append(&list, json_pack("{s:s, s:s, s:s}", "method", plan->next[i].method->id, "rule",
                                plan->next[i].rule->id, "level", uw_level_name(plan->next[i].level)));
    return list;
}

static json_t *unlock_json(enum uw_unlock unlock)
{
    return unlock == UW_UNLOCK_NOTHING ? json_null() : json_string(unlock == UW_UNLOCK_OURS ? "ours" : "try");
}

json_t *uw_refusal_json(const struct uw_refusal *refusal)
{
    return json_pack("{s:s, s:s, s:o}", "code", refusal->code, "why", refusal->why, "way_out",
                     refusal->way_out[0] ? json_string(refusal->way_out) : json_null());
}

static json_t *refused_json(const struct uw_refusal *refusal)
{
    if (!refusal->refused)
        return json_null();
    return uw_refusal_json(refusal);
}

static json_t *rule_set_json(const struct uw_plan *plan)
{
    if (plan->method == NULL)
        return json_null();
    return json_string(
        uw_rule_set_name(uw_technique_rule_set(plan->drive, plan->technique, plan->policy.rule_set)));
}

/* What the drive says of itself, as list has it; `plan` is stolen. */
static json_t *with_facts(json_t *plan, const struct uw_drive *drive)
{
    if (json_object_set_new(plan, "unknown", json_object()) == 0 && uw_ata_add_list(plan, drive) &&
        uw_nvme_add_list(plan, drive))
        return plan;
    json_decref(plan);
    return NULL;
}

json_t *uw_plan_json(const struct uw_plan *plan)
{
    const struct uw_drive *d = plan->drive;
    json_t *document = json_pack(
        "{s:o, s:s, s:o, s:o, s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o}",
        "device", uw_clean_json(d->device), "id", d->id, "model", uw_clean_json(d->model), "serial",
        uw_clean_json(d->serial), "bytes",
        d->bytes < 1ULL << 53 ? json_integer((json_int_t)d->bytes) : json_null(), "level_requested",
        uw_level_name(plan->policy.level), "level",
        uw_level_name(plan->method != NULL ? plan->level : UW_LEVEL_NONE), "rule",
        plan->method != NULL ? json_string(plan->rule->id) : json_null(), "rule_set", rule_set_json(plan),
        "verify", plan->method != NULL ? json_string(uw_profile_name(plan->verify)) : json_null(),
        "limitations", limitations_json(plan), "unlock", unlock_json(plan->unlock_first),
        "ends_failed_sanitize", plan->ends_failed, "steps", steps_json(plan), "opens",
        uw_opens_json(&plan->opens), "next", next_json(plan), "also_affected", also_affected_json(plan),
        "rejected", rejected_json(plan), "refused", refused_json(&plan->refusal));
    return with_facts(document, d);
}

static json_t *alternatives_json(const struct uw_plan *plan)
{
    json_t *list = json_array();
    if (plan->method == NULL)
        return list;
    for (int i = UW_RULES_LOWEST + 1; i < UW_RULE_SETS; i++)
        append(&list, json_pack("{s:s, s:s}", "rule_set", uw_rule_set_name((enum uw_rule_set)i), "level",
                                uw_level_name(uw_level_lower(
                                    uw_technique_level(plan->drive, plan->technique, (enum uw_rule_set)i),
                                    limit_of(plan)))));
    return list;
}

static json_t *reservation(const char *code, const char *text)
{
    return json_pack("{s:s, s:s, s:s}", "code", code, "severity", "reservation", "text", text);
}

static json_t *unmarked_json(enum uw_unmarked unmarked)
{
    static const char *const why[] = {
        [UW_UNMARKED_RUNNING] = "the erase ran already, so no marker could be written before it",
        [UW_UNMARKED_FAILED] = "a sanitize had failed, after which no marker can be written",
        [UW_UNMARKED_FORMAT] = "a format was not done, after which no marker can be written",
        [UW_UNMARKED_LOCKED] = "its encryption was locked, so no marker could be written",
        [UW_UNMARKED_READ_ONLY] = "the drive is in read-only mode, so no marker could be written",
    };
    return reservation("markers_not_possible", why[unmarked]);
}

static json_t *reservations_json(const struct uw_plan *plan)
{
    json_t *list = json_array();
    if (plan->downgraded)
        append(&list,
               json_pack("{s:s, s:s, s:s+++}", "code", "downgraded", "severity", "reservation", "text",
                         uw_level_name(plan->policy.level), " was asked for and could not be reached; ",
                         uw_level_name(plan->level), " was allowed instead"));
    if (plan->hidden_unknown)
        append(&list, reservation("hidden_areas_not_checked",
                                  plan->drive->ata.known
                                      ? "whether the drive hides areas (HPA, DCO, AMAX) could not be told"
                                      : "whether the drive hides areas (HPA, DCO, AMAX) was not asked"));
    if (plan->hidden_left)
        append(&list, reservation("hidden_areas_not_covered",
                                  "the drive hides areas (HPA, DCO, AMAX) that were not erased"));
    const char *doubt = uw_drive_health_doubt(plan->drive);
    if (doubt != NULL)
        append(&list, reservation("health", doubt));
    if (plan->ends_failed)
        append(&list, reservation("failed_sanitize_ended",
                                  "a sanitize of the drive had failed, and that state was ended without "
                                  "another: what it could not sanitize may not have been reached"));
    if (plan->unmarked != UW_MARKED && plan->unmarked != UW_UNMARKED_ZONES)
        append(&list, unmarked_json(plan->unmarked));
    return list;
}

json_t *uw_plan_event(const struct uw_plan *plan)
{
    bool any = plan->method != NULL;
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "level_requested",
                     uw_level_name(plan->policy.level), "level",
                     uw_level_name(any ? plan->level : UW_LEVEL_NONE), "rule_set", rule_set_json(plan),
                     "rule", any ? json_string(plan->rule->id) : json_null(), "basis",
                     any ? json_string(uw_technique_basis(plan->technique)) : json_null(), "alternatives",
                     alternatives_json(plan), "limitations", limitations_json(plan), "reservations",
                     reservations_json(plan), "steps", steps_json(plan), "opens", uw_opens_json(&plan->opens),
                     "next", next_json(plan), "also_affected", also_affected_json(plan), "verify",
                     any ? json_string(uw_profile_name(plan->verify)) : json_null());
}
