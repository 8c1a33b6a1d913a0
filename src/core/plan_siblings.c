/* SPDX-License-Identifier: Apache-2.0 */
/* What erases a whole drive is asked for by naming all its namespaces. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/plan.h"

/* Two namespaces of one drive. What has no name of its own is known by its node alone. */
bool uw_same_subsystem(const struct uw_drive *a, const struct uw_drive *b)
{
    const struct uw_nvme_controller *left = &a->nvme.controller, *right = &b->nvme.controller;
    bool named = left->serial[0] != '\0' && left->subsystem[0] != '\0';
    return a->nvme.known && b->nvme.known && strcmp(left->serial, right->serial) == 0 &&
           strcmp(left->model, right->model) == 0 && strcmp(left->subsystem, right->subsystem) == 0 &&
           (named || strcmp(a->nvme.node, b->nvme.node) == 0);
}

static bool is_planned(const struct uw_plan *by, uint32_t nsid, struct uw_plan *const *plans, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (plans[i] != by && !plans[i]->refusal.refused && plans[i]->method == by->method &&
            (plans[i]->hits_subsystem || plans[i]->allied) && plans[i]->drive->nvme.ns.nsid == nsid &&
            uw_same_subsystem(plans[i]->drive, by->drive))
            return true;
    return false;
}

enum { SIBLING_BYTES = 160 };

/* "2, 3"; of many the first. Returns how many. */
static size_t unplanned_siblings(const struct uw_plan *plan, struct uw_plan *const *plans, size_t count,
                                 char text[SIBLING_BYTES])
{
    size_t missing = 0;
    text[0] = '\0';
    const struct uw_nvme_list *active = &plan->drive->nvme.active;
    for (size_t i = 0; active->known && i < active->count; i++) {
        uint32_t nsid = active->ids[i];
        if (nsid == plan->drive->nvme.ns.nsid || is_planned(plan, nsid, plans, count))
            continue;
        size_t used = strlen(text);
        if (used + 32 < SIBLING_BYTES)
            snprintf(text + used, SIBLING_BYTES - used, "%s%" PRIu32, missing > 0 ? ", " : "", nsid);
        else if (used + 4 < SIBLING_BYTES && text[used - 1] != '.')
            snprintf(text + used, SIBLING_BYTES - used, "...");
        missing++;
    }
    return missing;
}

/* Namespaces that another controller of the drive may lead to: of this host, or, over a network, of any. */
static bool reaches_unknown(const struct uw_plan *plan)
{
    const struct uw_drive *drive = plan->drive;
    bool shared = (drive->nvme.controller.cmic & UW_NVME_CMIC_CONTROLLERS) != 0;
    bool unattached = false;
    for (size_t i = 0; i < plan->also_affected_count; i++)
        unattached = unattached || !plan->also_affected[i].attached;
    return (shared && uw_namespaces_unlisted(drive)) || (drive->bus == UW_BUS_NVME_FABRICS && unattached);
}

/* What one of them cannot do none of them falls back to. */
static void keep_common(struct uw_plan *plan, const struct uw_plan *other)
{
    size_t same = 0;
    while (same < plan->next_count && same < other->next_count &&
           plan->next[same].method == other->next[same].method)
        same++;
    plan->next_count = same;
}

static void agree(struct uw_plan **plans, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++)
            if (i != j && plans[i]->hits_subsystem && plans[j]->hits_subsystem &&
                !plans[j]->refusal.refused && uw_same_subsystem(plans[i]->drive, plans[j]->drive))
                keep_common(plans[i], plans[j]);
}

/* Each refusal takes away what another plan stood on. */
static void refuse_lonely(struct uw_plan **plans, size_t count)
{
    bool changed;
    do {
        changed = false;
        for (size_t i = 0; i < count; i++) {
            struct uw_plan *plan = plans[i];
            char missing[SIBLING_BYTES];
            if (plan->refusal.refused || plan->method == NULL || !(plan->hits_subsystem || plan->allied))
                continue;
            size_t n = unplanned_siblings(plan, plans, count, missing);
            if (n == 0 && (plan->allied || !reaches_unknown(plan)))
                continue;
            changed = true;
            if (plan->allied)
                uw_plan_refuse(
                    plan, 4, "siblings", "name every namespace of the drive, or --level clear",
                    "%s claims purge with namespace%s %s of the same drive erased too, and this run "
                    "does not",
                    plan->method->id, n == 1 ? "" : "s", missing);
            if (n == 0)
                uw_plan_refuse(
                    plan, 4, "siblings", "--method overwrite",
                    "%s erases namespaces that other controllers or hosts may use, and which those are "
                    "cannot be told",
                    plan->method->id);
            uw_plan_refuse(plan, 4, "siblings",
                           plan->attach ? "name every namespace of the drive"
                                        : "name every namespace of the drive, or --method overwrite",
                           "%s erases namespace%s %s of the same drive too, and this run does not",
                           plan->method->id, n == 1 ? "" : "s", missing);
        }
    } while (changed);
}

void uw_plan_siblings(struct uw_plan **plans, size_t count)
{
    refuse_lonely(plans, count);
    agree(plans, count);
}
