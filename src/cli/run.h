/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UW_CLI_RUN_H
#define UW_CLI_RUN_H

#include <signal.h>

#include "cli.h"

/* Signals that ask to stop, counted. */
extern volatile sig_atomic_t run_stops;

/* Starts a run, shows it until it ends, sums it up; the exit code. */
int run_carry_out(struct uw_run *run, const struct invocation *invocation);

#endif
