/* SPDX-License-Identifier: Apache-2.0 */
/* What the states that drives are found in leave of a plan. */
#include "core/plan_parts.h"

enum { FORMAT_PROGRESS_VALID = 0x80, MEDIA_READ_ONLY = 1U << 3 };

static enum uw_nvme_sanitize_state nvme_state(const struct uw_drive *drive)
{
    bool known = drive->nvme.known && drive->nvme.sanitize.known;
    return known ? (enum uw_nvme_sanitize_state)drive->nvme.sanitize.state : UW_NVME_SANITIZE_NEVER;
}

static unsigned ata_state(const struct uw_drive *drive)
{
    bool known = drive->ata.known && drive->ata.sanitize.known;
    return known ? drive->ata.sanitize.state : UW_ATA_SANITIZE_IDLE;
}

enum uw_condition uw_plan_condition(const struct uw_drive *drive)
{
    if (nvme_state(drive) == UW_NVME_SANITIZE_RUNNING || ata_state(drive) == UW_ATA_SANITIZE_RUNNING)
        return UW_CONDITION_RUNNING;
    bool failed = nvme_state(drive) == UW_NVME_SANITIZE_FAILED || ata_state(drive) == UW_ATA_SANITIZE_FAILED;
    return failed ? UW_CONDITION_FAILED : UW_CONDITION_NONE;
}

uint16_t uw_plan_progress(const struct uw_drive *drive)
{
    return drive->ata.known ? drive->ata.sanitize.progress : drive->nvme.sanitize.progress;
}

/* SANITIZE STATUS EXT (ACS-4) tells that an operation runs, and not which. */
static const struct {
    enum uw_technique technique;
    const char *method;
} operations[] = {
    {UW_TECHNIQUE_DEVICE_SANITIZE_BLOCK, "ata-sanitize-block"},
    {UW_TECHNIQUE_DEVICE_SANITIZE_CRYPTO, "ata-sanitize-crypto"},
    {UW_TECHNIQUE_DEVICE_SANITIZE_OVERWRITE, "ata-sanitize-overwrite"},
};
enum { OPERATIONS = sizeof operations / sizeof *operations };

static bool offers(const struct uw_drive *drive, enum uw_technique technique)
{
    const struct uw_ata_identify *i = &drive->ata.identify;
    return technique == UW_TECHNIQUE_DEVICE_SANITIZE_BLOCK    ? i->sanitize_block
           : technique == UW_TECHNIQUE_DEVICE_SANITIZE_CRYPTO ? i->sanitize_crypto
                                                              : i->sanitize_overwrite;
}

static size_t count_offered(const struct uw_drive *drive)
{
    size_t count = 0;
    for (size_t i = 0; i < OPERATIONS; i++)
        count += offers(drive, operations[i].technique);
    return count;
}

enum uw_technique uw_plan_technique(const struct uw_drive *drive, const struct uw_method *method)
{
    bool untold = ata_state(drive) == UW_ATA_SANITIZE_RUNNING && count_offered(drive) > 1 &&
                  uw_technique_is_sanitize(method->technique);
    return untold ? UW_TECHNIQUE_DEVICE_SANITIZE : method->technique;
}

enum uw_profile uw_plan_profile(const struct uw_drive *drive, enum uw_technique technique,
                                enum uw_profile verify)
{
    for (size_t i = 0; i < OPERATIONS && technique == UW_TECHNIQUE_DEVICE_SANITIZE; i++) {
        const struct uw_rule *rule = uw_rule_find(drive, operations[i].method);
        if (offers(drive, operations[i].technique) && rule != NULL && rule->verify > verify)
            verify = rule->verify;
    }
    return verify;
}

bool uw_plan_hits_subsystem(const struct uw_drive *drive, const struct uw_method *method)
{
    return drive->nvme.known && (uw_technique_is_sanitize(method->technique) ||
                                 (method->hits_subsystem != NULL && method->hits_subsystem(drive)));
}

/* Identify Namespace, bytes 32 and 99, and the sanitize log's state. */
static void refuse_nvme(struct uw_plan *plan)
{
    const struct uw_drive *d = plan->drive;
    const struct uw_nvme_namespace *ns = &d->nvme.ns;
    if ((ns->attributes & UW_NVME_NSATTR_WRITE_PROTECTED) != 0)
        uw_plan_refuse(plan, 4, "read_only", "end its write protection; a power cycle may do it",
                       "%s is a write-protected namespace", d->device);
    if (d->nvme.sanitize.known && d->nvme.sanitize.verifying)
        uw_plan_refuse(
            plan, 4, "sanitize_state",
            "have the tool that began it end that state (Sanitize, exit media verification state), "
            "then plan again",
            "%s holds still after a sanitize for its media to be verified", d->device);
    if (nvme_state(d) > UW_NVME_SANITIZE_SUCCESS_DEALLOCATED)
        uw_plan_refuse(plan, 4, "sanitize_state", "switch the drive off and on, then plan again",
                       "%s is in a state of sanitizing (%u) that nobody here knows", d->device,
                       (unsigned)d->nvme.sanitize.state);
}

void uw_plan_refuse_state(struct uw_plan *plan)
{
    const struct uw_drive *d = plan->drive;
    if (d->nvme.known)
        refuse_nvme(plan);
    /* A locked drive may refuse to tell; what it is then, is known. */
    if (ata_state(d) >= UW_ATA_SANITIZE_UNKNOWN && !d->ata.identify.security_locked)
        uw_plan_refuse(plan, 4, "sanitize_state", "switch the drive off and on, then plan again",
                       "%s is in a state of sanitizing (%04x) that nobody here knows", d->device,
                       (unsigned)d->ata.sanitize.count);
}

/* Our own password opens it, or may: where a run of ours broke off on a machine that kept no note of it. Not
 * where the drive does not even listen, and nothing is tried through a bridge. */
static bool can_unlock(const struct uw_plan *plan)
{
    const struct uw_ata_identify *i = &plan->drive->ata.identify;
    bool may_fit = i->security_locked && plan->drive->bus == UW_BUS_ATA;
    return (plan->policy.own_password || may_fit) && !i->security_frozen && !i->security_expired;
}

static bool is_locked(const struct uw_plan *plan)
{
    return plan->drive->ata.known && plan->drive->ata.identify.security_locked && !can_unlock(plan);
}

/* Nothing could be marked before, or read back after. */
static const char *forbidden_by_tcg(const struct uw_drive *drive)
{
    const struct uw_tcg *tcg = &drive->tcg;
    if (tcg->known && tcg->enabled && tcg->locked)
        return "its encryption is locked (TCG)";
    if (tcg->known && tcg->shadow_mbr && !tcg->shadow_mbr_done)
        return "its shadow MBR stands before its data (TCG)";
    return NULL;
}

void uw_plan_refuse_left(struct uw_plan *plan)
{
    const struct uw_drive *d = plan->drive;
    const struct uw_policy *policy = &plan->policy;
    if (uw_plan_condition(d) == UW_CONDITION_RUNNING)
        uw_plan_refuse(plan, 4, "sanitize_running",
                       policy->method != NULL || policy->standard != NULL
                           ? "wait for its end; without --method and --standard unwrite does that"
                           : "wait for its end, then plan again",
                       "%s runs a sanitize, which cannot be stopped", d->device);
    if (is_locked(plan) && d->ata.identify.security_expired)
        uw_plan_refuse(plan, 4, "locked", "switch the drive itself off and on, then: " UW_PLAN_UNLOCK,
                       "%s is locked, and too many wrong passwords were tried", d->device);
    if (is_locked(plan) && policy->own_password)
        uw_plan_refuse(plan, 4, "locked",
                       "switch the drive itself off and on, then run again: unwrite takes its password away",
                       "%s is locked with unwrite's own password, of an erase that broke off, and frozen",
                       d->device);
    if (is_locked(plan) && d->ata.identify.security_frozen)
        uw_plan_refuse(plan, 4, "locked", "switch the drive itself off and on, then: " UW_PLAN_UNLOCK,
                       "%s is locked with a password, and frozen", d->device);
    if (is_locked(plan))
        uw_plan_refuse(plan, 4, "locked", UW_PLAN_UNLOCK, "%s is locked with a password", d->device);
    if (forbidden_by_tcg(d) != NULL)
        uw_plan_refuse(plan, 4, "locked", "unlock it, or give its PSID by --psid-file", "%s: %s", d->device,
                       forbidden_by_tcg(d));
}

const char *uw_plan_path_forbids(const struct uw_drive *drive, const struct uw_method *method)
{
    if (!method->internal || !drive->ata.known)
        return NULL;
    if (uw_technique_is_security(method->technique) && drive->bus == UW_BUS_USB)
        return "never through a USB bridge";
    if (drive->ata.path == UW_ATA_PATH_NONE || drive->ata.path == UW_ATA_PATH_DATA_ONLY)
        return "registers not readable through this path";
    if (drive->ata.path != UW_ATA_PATH_WHOLE && drive->bus == UW_BUS_USB)
        return "the USB bridge does not let everything through";
    if (drive->ata.path != UW_ATA_PATH_WHOLE && method->technique == UW_TECHNIQUE_DEVICE_SANITIZE_OVERWRITE)
        return "the number of passes is lost on this path";
    return NULL;
}

/* Who else would lose data must be known. */
static bool namespaces_listed(const struct uw_drive *drive)
{
    const struct uw_nvme *n = &drive->nvme;
    return n->active.known ? !n->active.more : n->controller.namespaces_max == 1;
}

static bool is_read_only(const struct uw_drive *drive)
{
    const struct uw_nvme *n = &drive->nvme;
    return n->known && n->health.known && (n->health.critical_warning & MEDIA_READ_ONLY) != 0;
}

/* A power cut leaves it so for good, with blocks that may hold anything. */
static bool format_broke_off(const struct uw_nvme_namespace *ns)
{
    return (ns->format_progress & FORMAT_PROGRESS_VALID) != 0 && ns->format_progress != FORMAT_PROGRESS_VALID;
}

/* A sanitize is all that ends a failed one, and a running one is all that there can be. */
static const char *forbidden_by_nvme(const struct uw_drive *drive, const struct uw_method *method)
{
    bool sanitize = uw_technique_is_sanitize(method->technique);
    enum uw_technique running;
    if (nvme_state(drive) == UW_NVME_SANITIZE_RUNNING) {
        if (!uw_technique_of_sanitize(drive->nvme.sanitize.cdw10, &running))
            return "the drive runs a sanitize of an unknown kind";
        if (running != method->technique)
            return "the drive runs another erase, which cannot be stopped";
    }
    if (!method->internal && format_broke_off(&drive->nvme.ns))
        return "a format of it broke off, or runs; only another erase inside the drive leads out";
    if (sanitize && !drive->nvme.sanitize.known)
        return "the drive's sanitize status cannot be read";
    if (uw_plan_hits_subsystem(drive, method) && !namespaces_listed(drive))
        return "it erases namespaces that could not all be listed";
    if (!method->internal && is_read_only(drive))
        return "the drive has put its media into read-only mode";
    return NULL;
}

/* Whichever runs, a row must claim a level for it. */
static bool any_has_rule(const struct uw_drive *drive)
{
    for (size_t i = 0; i < OPERATIONS; i++)
        if (offers(drive, operations[i].technique) && uw_rule_find(drive, operations[i].method) == NULL)
            return false;
    return true;
}

/* Where only one operation is there, it is the one that runs. */
static const char *forbidden_by_running(const struct uw_plan *plan, const struct uw_method *method)
{
    const struct uw_drive *d = plan->drive;
    if (!uw_technique_is_sanitize(method->technique) || !offers(d, method->technique))
        return "the drive runs another erase, which cannot be stopped";
    if (count_offered(d) > 1 && plan->policy.method != NULL)
        return "the drive runs a sanitize and does not say which";
    if (!any_has_rule(d))
        return "the drive may run a sanitize that no rule claims a level for";
    return NULL;
}

static const char *forbidden_by_security(const struct uw_plan *plan)
{
    const struct uw_ata_identify *i = &plan->drive->ata.identify;
    if (i->security_expired)
        return "too many wrong passwords were tried: switch the drive off and on";
    if (i->security_frozen)
        return "its security commands are frozen: sanitize it instead, where it can; or switch the drive "
               "itself "
               "off and on, suspend the machine and wake it, or use another controller";
    if (i->security_enabled && !can_unlock(plan))
        return "it has a password already that is not known here";
    return NULL;
}

static const char *forbidden_by_ata(const struct uw_plan *plan, const struct uw_method *method)
{
    const struct uw_ata *ata = &plan->drive->ata;
    bool sanitize = uw_technique_is_sanitize(method->technique);
    if (ata_state(plan->drive) == UW_ATA_SANITIZE_RUNNING)
        return forbidden_by_running(plan, method);
    /* Also where a sanitize would get round it: nothing could be marked before or read back after. */
    if (is_locked(plan))
        return "it is locked with a password";
    if (sanitize && !ata->sanitize.known)
        return "the drive's sanitize status cannot be read";
    if (sanitize && (ata->sanitize.frozen || ata->sanitize.state == UW_ATA_SANITIZE_FROZEN))
        return "its sanitize commands are frozen: switch the drive itself off and on";
    return uw_technique_is_security(method->technique) ? forbidden_by_security(plan) : NULL;
}

bool uw_plan_ends_failed(const struct uw_drive *drive, const struct uw_method *method)
{
    return uw_plan_condition(drive) == UW_CONDITION_FAILED && !uw_technique_is_sanitize(method->technique);
}

/* What was begun restricted is ended by a sanitize alone (NVM Express Base Specification 2.0, 8.21; ACS-4,
 * Sanitize Device feature set). An ATA drive does not tell which it was until it is asked to end it. */
static const char *forbidden_by_failed(const struct uw_drive *drive)
{
    if (nvme_state(drive) == UW_NVME_SANITIZE_FAILED)
        return (drive->nvme.sanitize.cdw10 & UW_NVME_SANITIZE_AUSE) != 0
                   ? NULL
                   : "a sanitize that was begun restricted (AUSE 0) failed, and only another sanitize ends "
                     "that";
    return drive->ata.path == UW_ATA_PATH_WHOLE
               ? NULL
               : "a sanitize failed, and what else than another sanitize may end that (CLEAR SANITIZE "
                 "OPERATION FAILED) is lost on this path";
}

const char *uw_plan_state_forbids(const struct uw_plan *plan, const struct uw_method *method)
{
    const struct uw_drive *d = plan->drive;
    if (uw_plan_ends_failed(d, method) && forbidden_by_failed(d) != NULL)
        return forbidden_by_failed(d);
    if (method->technique != UW_TECHNIQUE_TCG_REVERT && forbidden_by_tcg(d) != NULL)
        return forbidden_by_tcg(d);
    if (d->nvme.known)
        return forbidden_by_nvme(d, method);
    return d->ata.known ? forbidden_by_ata(plan, method) : NULL;
}

enum uw_unmarked uw_plan_unmarked(const struct uw_plan *plan)
{
    if (plan->attach)
        return UW_UNMARKED_RUNNING;
    if (uw_plan_condition(plan->drive) == UW_CONDITION_FAILED && !plan->ends_failed)
        return UW_UNMARKED_FAILED;
    if (plan->drive->nvme.known && format_broke_off(&plan->drive->nvme.ns))
        return UW_UNMARKED_FORMAT;
    if (forbidden_by_tcg(plan->drive) != NULL)
        return UW_UNMARKED_LOCKED;
    if (is_read_only(plan->drive))
        return UW_UNMARKED_READ_ONLY;
    return uw_is_zoned(plan->drive) ? UW_UNMARKED_ZONES : UW_MARKED;
}

/* While a sanitize runs the drive takes no such command. */
enum uw_unlock uw_plan_unlock_first(const struct uw_plan *plan)
{
    const struct uw_ata *ata = &plan->drive->ata;
    bool has_password = ata->known && (ata->identify.security_enabled || ata->identify.security_locked);
    if (!has_password || !can_unlock(plan) || plan->attach)
        return UW_UNLOCK_NOTHING;
    return plan->policy.own_password ? UW_UNLOCK_OURS : UW_UNLOCK_TRY;
}
