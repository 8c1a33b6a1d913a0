/* SPDX-License-Identifier: Apache-2.0 */
/* What stands between the planner and the states that drives are found in. */
#ifndef UW_CORE_PLAN_PARTS_H
#define UW_CORE_PLAN_PARTS_H

#include "core/plan.h"

enum uw_condition {
    UW_CONDITION_NONE = 0, /* nothing that stands in the way, as far as is known */
    UW_CONDITION_RUNNING,  /* a sanitize runs */
    UW_CONDITION_FAILED    /* the last one failed */
};
enum uw_condition uw_plan_condition(const struct uw_drive *drive);
uint16_t uw_plan_progress(const struct uw_drive *drive); /* of the one that runs, of 65536 */

/* What the method is on this drive: of a sanitize that runs on an ATA drive it is not known which it is. */
enum uw_technique uw_plan_technique(const struct uw_drive *drive, const struct uw_method *method);
/* At least `verify`, and what the row of each sanitize asks for that may be the one that runs. */
enum uw_profile uw_plan_profile(const struct uw_drive *drive, enum uw_technique technique,
                                enum uw_profile verify);

bool uw_plan_hits_subsystem(const struct uw_drive *drive, const struct uw_method *method);

/* Refuses what no method can be used on, whatever it is. */
void uw_plan_refuse_state(struct uw_plan *plan);
/* Refuses, where no method was left, for the state that took them away. */
void uw_plan_refuse_left(struct uw_plan *plan);

/* What speaks against a method that fits the drive and stands in a row: the way to the drive, or its state.
 * NULL: nothing. */
const char *uw_plan_path_forbids(const struct uw_drive *drive, const struct uw_method *method);
const char *uw_plan_state_forbids(const struct uw_plan *plan, const struct uw_method *method);

/* Whether a failed sanitize is to be ended by the command for it, and not by the method. */
bool uw_plan_ends_failed(const struct uw_drive *drive, const struct uw_method *method);
enum uw_unmarked uw_plan_unmarked(const struct uw_plan *plan);
enum uw_unlock uw_plan_unlock_first(const struct uw_plan *plan);

#endif
