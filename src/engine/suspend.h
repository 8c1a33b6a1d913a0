/* SPDX-License-Identifier: Apache-2.0 */
/* Suspend to RAM, with an alarm that wakes the machine. */
#ifndef UW_ENGINE_SUSPEND_H
#define UW_ENGINE_SUSPEND_H

#include <stdbool.h>
#include <stdint.h>

#include "unwrite/error.h"

/* Below `sys` ("/sys"): deep sleep, in which drives lose their power, for about `seconds`. *slept_ms is by
 * how much CLOCK_BOOTTIME ran ahead of CLOCK_MONOTONIC. UW_E_REFUSED and the reason where this machine cannot
 * do it, or nothing would wake it: then nothing was changed. UW_E_IO where it did not sleep. */
bool uw_suspend(const char *sys, unsigned seconds, uint64_t *slept_ms, struct uw_error *e);

#endif
