/* SPDX-License-Identifier: Apache-2.0 */
/* Plans that begin with the opening of hidden areas. */
#include "core/plan_parts.h"

static bool leaves_hidden(const struct uw_plan *plan)
{
    return !plan->attach && (plan->method == NULL || !uw_technique_covers_hidden(plan->technique));
}

void uw_plan_make_opening(const struct uw_drive *drive, const struct uw_policy *policy,
                          uw_method_list *methods, struct uw_drive *opened, struct uw_plan *plan)
{
    struct uw_opens opens = uw_hidden_opens(drive, policy->restore_dco);
    struct uw_plan after;
    uw_plan_make(drive, policy, methods, plan);
    if (!uw_opens_any(&opens) || !leaves_hidden(plan))
        return;
    *opened = *drive;
    uw_hidden_assume(opened, &opens);
    uw_plan_make(opened, policy, methods, &after);
    if (after.refusal.refused || after.method == NULL || !leaves_hidden(&after))
        return;
    *plan = after;
    plan->opens = opens;
}
