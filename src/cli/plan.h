/* SPDX-License-Identifier: Apache-2.0 */
/* Plans in words. */
#ifndef UW_CLI_PLAN_H
#define UW_CLI_PLAN_H

#include "unwrite/unwrite.h"

/* "/dev/sda: Model, 480.1 GB, serial S" */
void plan_title(const json_t *plan, char *text, size_t text_bytes);

/* "about 2 h, can be stopped" or "cannot be stopped, about 2 h", of all its steps. */
void plan_time(const json_t *plan, char *text, size_t text_bytes);

/* "overwrite to clear, about 2 h, can be stopped, also erases 2 partitions", or why it is refused. */
void plan_brief(const json_t *plan, char *text, size_t text_bytes);

/* A run without a drive: says so and returns the exit code, which is 0 only where --allow-not-covered lets it
 * be. */
int complain_of_nothing(const struct uw_run *run, const struct uw_request *request);

/* The whole plan of one drive. */
void plan_print(const json_t *plan);

#endif
