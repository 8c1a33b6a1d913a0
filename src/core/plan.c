/* SPDX-License-Identifier: Apache-2.0 */
#include "core/plan.h"

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
}

/* Whether the method may stand in this plan; the reason goes to `why`. */
static bool acceptable(const struct uw_plan *plan, const struct uw_method *method, char *why,
                       size_t why_bytes)
{
    if (plan->policy.method != NULL && plan->policy.method != method) {
        snprintf(why, why_bytes, "--method %s was asked for", plan->policy.method->id);
        return false;
    }
    if (!method->fits(plan->drive, why, why_bytes))
        return false;
    const struct uw_rule *rule = uw_rule_find(plan->drive, method->id);
    if (rule == NULL) {
        snprintf(why, why_bytes, "no rule claims a level for it on this drive");
        return false;
    }
    const struct uw_standard *standard = plan->policy.standard;
    if (standard != NULL && standard->pass_count < rule->passes_min) {
        snprintf(why, why_bytes, "rule %s asks for %u passes, --standard %s has %zu", rule->id,
                 rule->passes_min, standard->id, standard->pass_count);
        return false;
    }
    return true;
}

static void choose(struct uw_plan *plan, uw_method_list *methods)
{
    const struct uw_method *method;
    for (size_t i = 0; (method = methods(i)) != NULL; i++) {
        char why[UW_WHY_BYTES];
        enum uw_level level = uw_technique_level(method->technique, plan->policy.rule_set);
        if (!acceptable(plan, method, why, sizeof why)) {
            reject(plan, method, why);
        } else if (plan->method != NULL && level <= plan->level) {
            snprintf(why, sizeof why, "%s comes first", plan->method->id);
            reject(plan, method, why);
        } else {
            plan->method = method;
            plan->level = level;
            plan->rule = uw_rule_find(plan->drive, method->id);
        }
    }
}

static void compare_level(struct uw_plan *plan)
{
    const struct uw_policy *policy = &plan->policy;
    if (plan->method == NULL) {
        uw_plan_refuse(plan, 3, "level", plan->rejected_count > 0 ? plan->rejected[0].why : "",
                       "no method erases %s", plan->drive->device);
        return;
    }
    if (plan->level >= policy->level)
        return;
    if (policy->allow_downgrade && plan->level > UW_LEVEL_NONE) {
        plan->downgraded = true;
        return;
    }
    char why[UW_WHY_BYTES];
    snprintf(why, sizeof why, "reaches %s, not %s", uw_level_name(plan->level), uw_level_name(policy->level));
    reject(plan, plan->method, why);
    uw_plan_refuse(plan, 3, "level", "--allow-downgrade, or --level clear",
                   "%s cannot reach %s: %s is the most that %s can claim", plan->drive->device,
                   uw_level_name(policy->level), uw_level_name(plan->level), plan->method->id);
    plan->method = NULL;
}

/* Sustained rates of common drives of the kind, in MB/s; a guess for people, never used to decide anything.
 */
static uint64_t estimate_s(const struct uw_plan *plan)
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
    return seconds_per_pass * (plan->standard->pass_count + 1);
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
    plan->standard = policy->standard != NULL ? policy->standard : uw_standard_by_id(plan->rule->standard);
    plan->verify = policy->verify > plan->rule->verify ? policy->verify : plan->rule->verify;
    plan->estimate_s = estimate_s(plan);
    plan->limitation_count =
        uw_limitations(drive, plan->method->technique, plan->limitations, UW_LIMITATIONS);
    plan->hidden_unknown = uw_may_hide_areas(drive);
}

enum uw_level uw_plan_reach(const struct uw_drive *drive, enum uw_rule_set set, uw_method_list *methods,
                            char *why, size_t why_bytes)
{
    struct uw_policy policy = {.level = UW_LEVEL_CLEAR, .rule_set = set};
    struct uw_plan plan = {.drive = drive, .policy = policy};
    choose(&plan, methods);
    if (plan.method == NULL)
        snprintf(why, why_bytes, "%s", plan.rejected_count > 0 ? plan.rejected[0].why : "no method fits");
    else
        snprintf(why, why_bytes, "%s, rule %s", plan.method->id, plan.rule->id);
    return plan.method == NULL ? UW_LEVEL_NONE : plan.level;
}
