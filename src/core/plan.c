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

enum { FORMAT_PROGRESS_VALID = 0x80, MEDIA_READ_ONLY = 1U << 3 };

static enum uw_nvme_sanitize_state sanitize_state(const struct uw_drive *drive)
{
    bool known = drive->nvme.known && drive->nvme.sanitize.known;
    return known ? (enum uw_nvme_sanitize_state)drive->nvme.sanitize.state : UW_NVME_SANITIZE_NEVER;
}

/* Identify Namespace, bytes 32 and 99, and the sanitize log's state. */
static void refuse_nvme(struct uw_plan *plan)
{
    const struct uw_drive *d = plan->drive;
    const struct uw_nvme_namespace *ns = &d->nvme.ns;
    if (!d->nvme.known)
        return;
    if ((ns->attributes & UW_NVME_NSATTR_WRITE_PROTECTED) != 0)
        uw_plan_refuse(plan, 4, "read_only", "end its write protection; a power cycle may do it",
                       "%s is a write-protected namespace", d->device);
    if (sanitize_state(d) > UW_NVME_SANITIZE_SUCCESS_DEALLOCATED)
        uw_plan_refuse(plan, 4, "sanitize_state", "switch the drive off and on, then plan again",
                       "%s is in a state of sanitizing (%u) that nobody here knows", d->device,
                       (unsigned)d->nvme.sanitize.state);
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
    refuse_nvme(plan);
}

static bool hits_subsystem(const struct uw_drive *drive, const struct uw_method *method)
{
    return uw_technique_is_sanitize(method->technique) ||
           (method->hits_subsystem != NULL && method->hits_subsystem(drive));
}

static enum uw_level limit_of(const struct uw_drive *drive, const struct uw_method *method)
{
    return uw_level_limit(drive, method->technique, hits_subsystem(drive, method));
}

/* Who else would lose data must be known. */
static bool namespaces_listed(const struct uw_drive *drive)
{
    const struct uw_nvme *n = &drive->nvme;
    return n->active.known ? !n->active.more : n->controller.namespaces_max == 1;
}

/* A power cut leaves it so for good, with blocks that may hold anything. */
static bool format_broke_off(const struct uw_nvme_namespace *ns)
{
    return (ns->format_progress & FORMAT_PROGRESS_VALID) != 0 && ns->format_progress != FORMAT_PROGRESS_VALID;
}

/* What the drive's state allows; a sanitize is all that ends a failed one, and a running one is all that
 * there can be. NULL: nothing against it. */
static const char *forbidden_by_state(const struct uw_drive *drive, const struct uw_method *method)
{
    bool sanitize = uw_technique_is_sanitize(method->technique);
    enum uw_technique running;
    if (!drive->nvme.known)
        return NULL;
    switch (sanitize_state(drive)) {
    case UW_NVME_SANITIZE_RUNNING:
        if (!uw_technique_of_sanitize(drive->nvme.sanitize.cdw10, &running))
            return "the drive runs a sanitize of an unknown kind";
        if (running != method->technique)
            return "the drive runs another erase, which cannot be stopped";
        break;
    case UW_NVME_SANITIZE_FAILED:
        if (!sanitize)
            return "a failed sanitize leaves only another sanitize";
        break;
    default:
        break;
    }
    if (!method->internal && format_broke_off(&drive->nvme.ns))
        return "a format of it broke off, or runs; only another erase inside the drive leads out";
    if (sanitize && !drive->nvme.sanitize.known)
        return "the drive's sanitize status cannot be read";
    if (hits_subsystem(drive, method) && !namespaces_listed(drive))
        return "it erases namespaces that could not all be listed";
    if (!method->internal && drive->nvme.health.known &&
        (drive->nvme.health.critical_warning & MEDIA_READ_ONLY) != 0)
        return "the drive has put its media into read-only mode";
    return NULL;
}

/* Whether the method may stand in this plan; the reason goes to `why`. */
static bool acceptable(const struct uw_plan *plan, const struct uw_method *method, char *why,
                       size_t why_bytes)
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
    const struct uw_rule *rule = uw_rule_find(plan->drive, method->id);
    if (rule == NULL) {
        snprintf(why, why_bytes, "no rule claims a level for it on this drive");
        return false;
    }
    if (standard != NULL && standard->pass_count < rule->passes_min) {
        snprintf(why, why_bytes, "rule %s asks for %u passes, --standard %s has %zu", rule->id,
                 rule->passes_min, standard->id, standard->pass_count);
        return false;
    }
    const char *forbidden = forbidden_by_state(plan->drive, method);
    if (forbidden != NULL)
        snprintf(why, why_bytes, "%s", forbidden);
    return forbidden == NULL;
}

static void choose(struct uw_plan *plan, uw_method_list *methods)
{
    const struct uw_method *method;
    for (size_t i = 0; (method = methods(i)) != NULL; i++) {
        char why[UW_WHY_BYTES];
        enum uw_level level = uw_level_lower(uw_technique_level(method->technique, plan->policy.rule_set),
                                             limit_of(plan->drive, method));
        if (!acceptable(plan, method, why, sizeof why)) {
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

static void compare_level(struct uw_plan *plan)
{
    const struct uw_policy *policy = &plan->policy;
    if (plan->method == NULL) {
        if (sanitize_state(plan->drive) == UW_NVME_SANITIZE_RUNNING)
            uw_plan_refuse(plan, 4, "sanitize_running",
                           policy->method != NULL || policy->standard != NULL
                               ? "wait for its end; without --method and --standard unwrite does that"
                               : "wait for its end, then plan again",
                           "%s runs a sanitize, which cannot be stopped", plan->drive->device);
        uw_plan_refuse(plan, 3, "level", why_none(plan), "no method erases %s", plan->drive->device);
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
static uint64_t overwrite_s(const struct uw_plan *plan)
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

enum { PROGRESS_WHOLE = 65536 };

/* What the drive says, less what it has done already. */
static uint64_t estimate_s(const struct uw_plan *plan)
{
    if (plan->standard != NULL)
        return overwrite_s(plan);
    uint64_t total = plan->method->estimate_s != NULL ? plan->method->estimate_s(plan->drive) : 0;
    if (total > UINT32_MAX)
        return 0;
    if (!plan->attach)
        return total;
    return total * (uint64_t)(PROGRESS_WHOLE - plan->drive->nvme.sanitize.progress) / PROGRESS_WHOLE;
}

static enum uw_unmarked unmarked(const struct uw_plan *plan)
{
    const struct uw_nvme *n = &plan->drive->nvme;
    if (plan->attach)
        return UW_UNMARKED_RUNNING;
    if (sanitize_state(plan->drive) == UW_NVME_SANITIZE_FAILED)
        return UW_UNMARKED_FAILED;
    if (n->known && format_broke_off(&n->ns))
        return UW_UNMARKED_FORMAT;
    bool read_only = n->known && n->health.known && (n->health.critical_warning & MEDIA_READ_ONLY) != 0;
    return read_only ? UW_UNMARKED_READ_ONLY : UW_MARKED;
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
    const struct uw_method *method = plan->method;
    if (!method->internal)
        plan->standard =
            policy->standard != NULL ? policy->standard : uw_standard_by_id(plan->rule->standard);
    plan->verify = policy->verify > plan->rule->verify ? policy->verify : plan->rule->verify;
    plan->cannot_stop = !method->can_stop;
    plan->attach = sanitize_state(drive) == UW_NVME_SANITIZE_RUNNING;
    plan->hits_subsystem = hits_subsystem(drive, method);
    plan->unmarked = unmarked(plan);
    if (plan->hits_subsystem)
        list_affected(plan);
    plan->estimate_s = estimate_s(plan);
    plan->limitation_count =
        uw_limitations(drive, method->technique, plan->hits_subsystem, plan->limitations, UW_LIMITATIONS);
    plan->hidden_unknown = uw_may_hide_areas(drive);
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
