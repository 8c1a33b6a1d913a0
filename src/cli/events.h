/* SPDX-License-Identifier: Apache-2.0 */
/* --events: the event stream as JSON lines in a file. */
#ifndef UW_CLI_EVENTS_H
#define UW_CLI_EVENTS_H

#include "cli.h"

/* Opens a new file (NULL: none is wanted) before anything is touched; an existing one is left alone. */
bool events_open(const char *path, struct uw_error *e);

/* Appends the event. A file that cannot be written any more is said once and given up: it changes no result.
 */
void events_write(const struct uw_event *event);
void events_close(void);
void events_forget_empty(void); /* nothing was begun: see uw_record_forget_empty */

#endif
