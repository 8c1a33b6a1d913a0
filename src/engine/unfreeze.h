/* SPDX-License-Identifier: Apache-2.0 */
/* --unfreeze: one suspend to RAM before anything else, which ends what the firmware froze where a drive's
 * power drops meanwhile. */
#ifndef UW_ENGINE_UNFREEZE_H
#define UW_ENGINE_UNFREEZE_H

#include "engine/run.h"

/* Whether the drive's erase would be another one if its security commands were not frozen. */
bool uw_job_gains_by_thaw(const struct uw_job *job);

/* Does it where that was asked for, some drive gains by it, and none has a password or is at work; then
 * identifies every drive again and plans again. Drives that are frozen still are refused. False: the run's
 * own machinery failed. */
bool uw_run_unfreeze(struct uw_run *run, struct uw_error *e);

#endif
