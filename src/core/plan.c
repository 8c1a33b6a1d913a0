/* SPDX-License-Identifier: Apache-2.0 */
#include "core/plan_parts.h"
#include "core/policy_parts.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void uw_plan_refuse(struct uw_plan *plan, int exit_code, const char *code, const char *way_out,
                    const char *format, ...)
{
    struct uw_refusal *refusal = &plan->refusal;
    if (refusal->refused)
        return;
    refusal->refused = true;
    refusal->exit_code = exit_code;
    snprintf(refusal->code, sizeof refusal->code, "%s", code);
    uw_clean_string(refusal->way_out, sizeof refusal->way_out, way_out, strlen(way_out));
    char why[sizeof refusal->why];
    va_list args;
    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    uw_clean_string(refusal->why, sizeof refusal->why, why, strlen(why));
}

static void reject(struct uw_plan *plan, const struct uw_method *method, const char *why)
{
    if (plan->rejected_count == UW_REJECTED)
        return;
    struct uw_rejected *rejected = &plan->rejected[plan->rejected_count++];
    rejected->method = method;
    snprintf(rejected->why, sizeof rejected->why, "%s", why);
}

/* What stands against erasing this drive at all, whatever the method. */
static void refuse_drive(struct uw_plan *plan)
{
    const struct uw_drive *d = plan->drive;
    if (d->is_partition)
        uw_plan_refuse(plan, 4, "partition", "name the whole drive", "%s is a partition, not a drive",
                       d->device);
    if (d->boot_medium)
        uw_plan_refuse(plan, 4, "boot_medium", "boot from another medium to erase it",
                       "%s holds the running system", d->device);
    if (d->use_count > 0)
        uw_plan_refuse(plan, 4, "in_use", "unmount, swapoff or detach what uses it", "%s is in use: %s %s%s",
                       d->device, d->uses[0].kind, d->uses[0].by, d->use_count > 1 ? " and more" : "");
    if (uw_drive_unknown_reason(d, "in_use") != NULL)
        uw_plan_refuse(plan, 4, "in_use", "run as root, with /proc and /sys mounted",
                       "who uses %s could not be found out", d->device);
    /* Opening the loop device claims nothing but itself: the drive below stays open to anybody. */
    if (d->below[0] != '\0') {
        char way_out[UW_PATH_BYTES + 64];
        snprintf(way_out, sizeof way_out, "detach it and name the drive below: %s", d->below);
        uw_plan_refuse(plan, 4, "in_use", way_out, "%s is only another name of %s", d->device, d->below);
    }
    if (d->read_only && d->bus == UW_BUS_FILE)
        uw_plan_refuse(plan, 4, "read_only", "chmod u+w, or run as its owner", "%s is not writable",
                       d->device);
    if (d->read_only)
        uw_plan_refuse(plan, 4, "read_only", "blockdev --setrw, or the drive's write-protect switch",
                       "%s is read-only", d->device);
    /* Offsets and block numbers stand in documents as integers below 2^53 and in the kernel as loff_t. */
    if (d->bytes == 0)
        uw_plan_refuse(plan, 4, "size", "check the drive and its cable", "%s has no size", d->device);
    if (d->bytes >= 1ULL << 53)
        uw_plan_refuse(plan, 4, "size", "check the drive and its cable",
                       "%s claims %" PRIu64 " bytes, more than any drive has", d->device, d->bytes);
    uw_plan_refuse_state(plan);
}

/* One namespace after the other comes to the same as all of them at once, for whoever asks for as much. */
static bool may_ally(const struct uw_plan *plan, const struct uw_method *method)
{
    return plan->policy.siblings_named && plan->policy.level == UW_LEVEL_PURGE &&
           uw_technique_reach(method->technique) == UW_REACH_NAMESPACES &&
           !uw_plan_hits_subsystem(plan->drive, method);
}

static enum uw_level level_of(const struct uw_plan *plan, const struct uw_method *method)
{
    enum uw_technique technique = uw_plan_technique(plan->drive, method);
    bool all = uw_plan_hits_subsystem(plan->drive, method) || may_ally(plan, method);
    return uw_level_lower(uw_technique_level(plan->drive, technique, plan->policy.rule_set),
                          uw_level_limit(plan->drive, technique, all));
}

static const struct uw_method *by_id(uw_method_list *methods, const char *id)
{
    const struct uw_method *method = NULL;
    for (size_t i = 0; (method = methods(i)) != NULL; i++)
        if (strcmp(method->id, id) == 0)
            break;
    return method;
}

/* A row may ask for an overwrite on top of what the drive erases by itself. */
static bool can_follow(const struct uw_drive *drive, const struct uw_method *method,
                       const struct uw_rule *rule, uw_method_list *methods, char *why, size_t why_bytes)
{
    const struct uw_method *overwrite = by_id(methods, "overwrite");
    if (!method->internal || rule->standard == NULL)
        return true;
    if (overwrite != NULL)
        return overwrite->fits(drive, why, why_bytes);
    snprintf(why, why_bytes, "rule %s asks for an overwrite after it", rule->id);
    return false;
}

/* Zones that lost what was written read as zeros, and take no marker that would show it. */
static bool serves(const struct uw_standard *standard, const struct uw_drive *drive,
                   const struct uw_rule *rule, char *why, size_t why_bytes)
{
    bool random_last = standard->passes[standard->pass_count - 1].kind == UW_PASS_KEYSTREAM;
    if (standard->pass_count < rule->passes_min)
        snprintf(why, why_bytes, "rule %s asks for %u passes, --standard %s has %zu", rule->id,
                 rule->passes_min, standard->id, standard->pass_count);
    else if (uw_is_zoned(drive) && !random_last)
        snprintf(why, why_bytes,
                 "on zones only a random last pass can be shown, and --standard %s ends otherwise",
                 standard->id);
    else
        return true;
    return false;
}

/* Whether the method may stand in this plan; the reason goes to `why`. */
static bool acceptable(const struct uw_plan *plan, const struct uw_method *method, uw_method_list *methods,
                       char *why, size_t why_bytes)
{
    if (plan->policy.method != NULL && plan->policy.method != method) {
        snprintf(why, why_bytes, "--method %s was asked for", plan->policy.method->id);
        return false;
    }
    const struct uw_standard *standard = plan->policy.standard;
    if (standard != NULL && method->internal) {
        snprintf(why, why_bytes, "--standard asks for overwriting");
        return false;
    }
    if (!method->fits(plan->drive, why, why_bytes))
        return false;
    const char *forbidden = uw_plan_path_forbids(plan->drive, method);
    const struct uw_rule *rule = uw_rule_find(plan->drive, method->id);
    if (forbidden != NULL) {
        snprintf(why, why_bytes, "%s", forbidden);
        return false;
    }
    if (rule == NULL) {
        snprintf(why, why_bytes, "no rule claims a level for it on this drive");
        return false;
    }
    if (standard != NULL && !serves(standard, plan->drive, rule, why, why_bytes))
        return false;
    if (!can_follow(plan->drive, method, rule, methods, why, why_bytes))
        return false;
    forbidden = uw_plan_state_forbids(plan, method);
    if (forbidden != NULL)
        snprintf(why, why_bytes, "%s", forbidden);
    return forbidden == NULL;
}

static void choose(struct uw_plan *plan, uw_method_list *methods)
{
    const struct uw_method *method;
    for (size_t i = 0; (method = methods(i)) != NULL; i++) {
        char why[UW_WHY_BYTES];
        enum uw_level level = level_of(plan, method);
        if (!acceptable(plan, method, methods, why, sizeof why)) {
            reject(plan, method, why);
        } else if (plan->method != NULL && level <= plan->level) {
            snprintf(why, sizeof why, "%s comes first", plan->method->id);
            reject(plan, method, why);
        } else {
            snprintf(why, sizeof why, "reaches less than %s", method->id);
            if (plan->method != NULL)
                reject(plan, plan->method, why);
            plan->method = method;
            plan->level = level;
            plan->rule = uw_rule_find(plan->drive, method->id);
        }
    }
}

/* The reason against the method that was asked for, else against the last: the less special it is, the more
 * its reason says. */
static const char *why_none(const struct uw_plan *plan)
{
    const char *why = "no method fits";
    for (size_t i = 0; i < plan->rejected_count; i++) {
        why = plan->rejected[i].why;
        if (plan->rejected[i].method == plan->policy.method)
            break;
    }
    return why;
}

/* A method that would reach the level if the drive were in another state; the reason why not. */
static const struct uw_rejected *barred(const struct uw_plan *plan)
{
    char why[UW_WHY_BYTES];
    for (size_t i = 0; i < plan->rejected_count; i++) {
        const struct uw_method *method = plan->rejected[i].method;
        bool asked = plan->policy.method == NULL || plan->policy.method == method;
        if (asked && plan->policy.standard == NULL && level_of(plan, method) >= plan->policy.level &&
            method->fits(plan->drive, why, sizeof why) && uw_rule_find(plan->drive, method->id) != NULL &&
            (uw_plan_path_forbids(plan->drive, method) != NULL ||
             uw_plan_state_forbids(plan, method) != NULL))
            return &plan->rejected[i];
    }
    return NULL;
}

static void refuse_level(struct uw_plan *plan)
{
    const struct uw_rejected *better = barred(plan);
    char way_out[sizeof plan->refusal.way_out] = "--allow-downgrade, or --level clear";
    size_t used = strlen(way_out);
    if (better != NULL)
        snprintf(way_out + used, sizeof way_out - used, "; %s would reach it, but %s", better->method->id,
                 better->why);
    uw_plan_refuse(plan, 3, "level", way_out, "%s cannot reach %s: %s is the most that %s can claim",
                   plan->drive->device, uw_level_name(plan->policy.level), uw_level_name(plan->level),
                   plan->method->id);
}

static void compare_level(struct uw_plan *plan)
{
    const struct uw_policy *policy = &plan->policy;
    if (plan->method == NULL) {
        uw_plan_refuse_left(plan);
        uw_plan_refuse(plan, 3, "level", why_none(plan), "no method erases %s", plan->drive->device);
        return;
    }
    if (plan->level >= policy->level)
        return;
    if (policy->allow_downgrade && plan->level > UW_LEVEL_NONE) {
        plan->downgraded = true;
        return;
    }
    refuse_level(plan);
    char why[UW_WHY_BYTES];
    snprintf(why, sizeof why, "reaches %s, not %s", uw_level_name(plan->level), uw_level_name(policy->level));
    reject(plan, plan->method, why);
    plan->method = NULL;
}

/* Sustained rates of common drives of the kind, in MB/s; a guess for people, never used to decide anything.
 */
static uint64_t overwrite_s(const struct uw_plan *plan, const struct uw_standard *standard)
{
    static const unsigned mb_per_s[UW_MEDIA_COUNT] = {
        [UW_MEDIA_UNKNOWN] = 100, [UW_MEDIA_HDD] = 150,  [UW_MEDIA_HDD_SMR] = 80,   [UW_MEDIA_SSD] = 400,
        [UW_MEDIA_EMMC] = 100,    [UW_MEDIA_SD] = 20,    [UW_MEDIA_USB_FLASH] = 30, [UW_MEDIA_VOLUME] = 200,
        [UW_MEDIA_VIRTUAL] = 200, [UW_MEDIA_FILE] = 200,
    };
    unsigned rate = mb_per_s[plan->drive->media];
    if (rate == 0)
        return 0;
    if (plan->drive->bus == UW_BUS_NVME)
        rate = 1500;
    uint64_t seconds_per_pass = plan->drive->bytes / (rate * 1000000ULL) + 1;
    return seconds_per_pass * (standard->pass_count + 1);
}

enum { PROGRESS_WHOLE = 65536 };

/* What the drive says, less what it has done already. */
static uint64_t estimate_s(const struct uw_plan *plan)
{
    if (plan->standard != NULL)
        return overwrite_s(plan, plan->standard);
    uint64_t total = plan->method->estimate_s != NULL ? plan->method->estimate_s(plan->drive) : 0;
    if (total > UINT32_MAX)
        return 0;
    if (!plan->attach)
        return total;
    return total * (uint64_t)(PROGRESS_WHOLE - uw_plan_progress(plan->drive)) / PROGRESS_WHOLE;
}

static bool holds(const struct uw_nvme_list *list, uint32_t nsid)
{
    for (size_t i = 0; list->known && i < list->count; i++)
        if (list->ids[i] == nsid)
            return true;
    return false;
}

static void add_affected(struct uw_plan *plan, uint32_t nsid, bool attached)
{
    if (nsid == plan->drive->nvme.ns.nsid || plan->also_affected_count == UW_NVME_NAMESPACES)
        return;
    plan->also_affected[plan->also_affected_count++] = (struct uw_affected){nsid, attached};
}

/* Both lists ascend; what is attached is allocated, or the drive contradicts itself. */
static void list_affected(struct uw_plan *plan)
{
    const struct uw_nvme_list *active = &plan->drive->nvme.active;
    const struct uw_nvme_list *allocated = &plan->drive->nvme.allocated;
    for (size_t i = 0; active->known && i < active->count; i++)
        add_affected(plan, active->ids[i], true);
    for (size_t i = 0; allocated->known && i < allocated->count; i++)
        if (!holds(active, allocated->ids[i]))
            add_affected(plan, allocated->ids[i], false);
}

/* What the steps write, and read back at least. */
static void set_steps(struct uw_plan *plan, uw_method_list *methods)
{
    const struct uw_standard *of_rule =
        plan->rule->standard != NULL ? uw_standard_by_id(plan->rule->standard) : NULL;
    if (!plan->method->internal)
        plan->standard = plan->policy.standard != NULL ? plan->policy.standard : of_rule;
    else if (of_rule != NULL)
        plan->follow = (struct uw_follow){by_id(methods, "overwrite"), of_rule, overwrite_s(plan, of_rule)};
    enum uw_profile least = uw_plan_profile(plan->drive, plan->technique, plan->rule->verify);
    plan->verify = plan->policy.verify > least ? plan->policy.verify : least;
}

static void set_reservations(struct uw_plan *plan)
{
    bool covered = uw_technique_covers_hidden(plan->technique);
    plan->ends_failed = uw_plan_ends_failed(plan->drive, plan->method);
    plan->unmarked = uw_plan_unmarked(plan);
    plan->hidden_unknown = !covered && uw_may_hide_areas(plan->drive);
    plan->hidden_left = !covered && uw_hides_areas(plan->drive);
}

/* All that follows from the choice of a method. */
static void settle_on(struct uw_plan *plan, uw_method_list *methods)
{
    const struct uw_drive *drive = plan->drive;
    plan->technique = uw_plan_technique(drive, plan->method);
    set_steps(plan, methods);
    plan->cannot_stop = !plan->method->can_stop;
    plan->hits_subsystem = uw_plan_hits_subsystem(drive, plan->method);
    plan->allied = may_ally(plan, plan->method) && plan->level == UW_LEVEL_PURGE;
    set_reservations(plan);
    plan->also_affected_count = 0;
    if (plan->hits_subsystem)
        list_affected(plan);
    plan->estimate_s = estimate_s(plan);
    plan->limitation_count = uw_limitations(drive, plan->technique, plan->hits_subsystem || plan->allied,
                                            plan->limitations, UW_LIMITATIONS);
}

/* Where others are erased too, all that may come erases the same of them: it was asked for so. */
static bool reaches_as_far(const struct uw_plan *plan, const struct uw_method *method)
{
    bool alone = plan->drive->nvme.controller.namespaces_max == 1 ||
                 (plan->also_affected_count == 0 && !uw_namespaces_unlisted(plan->drive));
    return uw_plan_hits_subsystem(plan->drive, method) == plan->hits_subsystem || alone;
}

static void add_next(struct uw_plan *plan, uw_method_list *methods, enum uw_level level)
{
    const struct uw_method *method;
    char why[UW_WHY_BYTES];
    for (size_t i = 0; (method = methods(i)) != NULL && plan->next_count < UW_RUNGS; i++)
        if (method != plan->method && level_of(plan, method) == level && reaches_as_far(plan, method) &&
            acceptable(plan, method, methods, why, sizeof why))
            plan->next[plan->next_count++] =
                (struct uw_rung){method, uw_rule_find(plan->drive, method->id), level};
}

/* What runs already cannot be given up for something else. */
static void list_next(struct uw_plan *plan, uw_method_list *methods)
{
    enum uw_level least = plan->level < plan->policy.level ? plan->level : plan->policy.level;
    for (int level = UW_LEVEL_PURGE; level >= (int)least && level > UW_LEVEL_NONE && !plan->attach; level--)
        add_next(plan, methods, (enum uw_level)level);
}

void uw_plan_descend(struct uw_plan *plan, uw_method_list *methods)
{
    const struct uw_rung rung = plan->next[0];
    plan->next_count--;
    memmove(&plan->next[0], &plan->next[1], plan->next_count * sizeof plan->next[0]);
    plan->method = rung.method;
    plan->rule = rung.rule;
    plan->level = rung.level;
    plan->standard = NULL;
    plan->follow = (struct uw_follow){0};
    plan->unlock_first = UW_UNLOCK_NOTHING;
    settle_on(plan, methods);
}

void uw_plan_make(const struct uw_drive *drive, const struct uw_policy *policy, uw_method_list *methods,
                  struct uw_plan *plan)
{
    memset(plan, 0, sizeof *plan);
    plan->drive = drive;
    plan->policy = *policy;
    refuse_drive(plan);
    choose(plan, methods);
    compare_level(plan);
    if (plan->method == NULL)
        return;
    plan->attach = uw_plan_condition(drive) == UW_CONDITION_RUNNING;
    plan->unlock_first = uw_plan_unlock_first(plan);
    settle_on(plan, methods);
    list_next(plan, methods);
}

enum uw_level uw_plan_reach(const struct uw_drive *drive, enum uw_rule_set set, uw_method_list *methods,
                            char *why, size_t why_bytes)
{
    struct uw_policy policy = {.level = UW_LEVEL_CLEAR, .rule_set = set};
    struct uw_plan plan = {.drive = drive, .policy = policy};
    choose(&plan, methods);
    if (plan.method == NULL)
        snprintf(why, why_bytes, "%s", why_none(&plan));
    else
        snprintf(why, why_bytes, "%s, rule %s", plan.method->id, plan.rule->id);
    return plan.method == NULL ? UW_LEVEL_NONE : plan.level;
}
