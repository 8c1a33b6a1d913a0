/* SPDX-License-Identifier: Apache-2.0 */
/* A new file of JSON lines, which a process of its own makes and writes: a file system that does not answer
 * holds nobody but that process. */
#ifndef UNWRITE_RECORD_H
#define UNWRITE_RECORD_H

#include <stdbool.h>

#include <jansson.h>

#include "unwrite/error.h"

struct uw_record;

/* `what` is in what is said of it ("trace file"); not copied. An existing file or link is left alone, and one
 * that is not made within 10 s is none. UW_E_USAGE, UW_E_NOMEM. */
struct uw_record *uw_record_open(const char *what, const char *path, struct uw_error *e);

/* Hands over a line, without waiting; steals it, NULL: there was no memory for it. What cannot be written is
 * given up with all that follows: a record with a gap would look like a whole one. Not for two threads at
 * once. */
void uw_record_add(struct uw_record *record, json_t *line);

/* An errno: why it was given up; 0: it was not, as far as is known by now. */
int uw_record_error(const struct uw_record *record);

/* Nothing came of what it was opened for: at its end the file goes if no line stands there, so that it is in
 * nobody's way the next time. NULL is fine. */
void uw_record_forget_empty(struct uw_record *record);

/* Waits 2 s at most for what is still to be written. UW_E_STORE: the file is not whole; whatever lines stand
 * there are. NULL is whole. */
bool uw_record_close(struct uw_record *record, struct uw_error *e);

#endif
