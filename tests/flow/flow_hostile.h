/* SPDX-License-Identifier: Apache-2.0 */
/* What a drive, a path or a document may say to hurt whoever prints it. */
#ifndef FLOW_HOSTILE_H
#define FLOW_HOSTILE_H

#include <stdbool.h>
#include <stddef.h>

struct flow_hostile {
    const char *text;
    bool steers; /* must not reach a terminal as it is; the others may, and break something else */
};

extern struct flow_hostile flow_hostile[];
extern const size_t flow_hostile_count;
enum { FLOW_HOSTILE_MOST = 64 };

/* Group setup: makes the long ones. */
int flow_make_hostile(void **state);

/* Whether a character that moves, colours, reorders or hides begins here, beside C0 and DEL. */
bool flow_steers(const char *at);

/* What a terminal must never be sent: NULL where there is nothing of it, else where it begins. Ends of lines,
 * carriage returns of the terminal's own and the sequences of the program's live screen may be sent. */
const char *flow_find_unsafe(const char *bytes, size_t count);

#endif
