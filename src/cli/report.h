/* SPDX-License-Identifier: Apache-2.0 */
/* What erase tells: progress and errors on standard error, documents or the summary on standard output. */
#ifndef UW_CLI_REPORT_H
#define UW_CLI_REPORT_H

#include "cli.h"
#include "screen.h"

struct report {
    struct view view;
    struct screen screen;
    bool live; /* the screen is redrawn; otherwise plain lines */
    bool colour;
    const struct invocation *invocation;
    struct told {
        char phase[24];
        unsigned tenth;
    } * told; /* per drive: the last plain line */
};

/* False when memory ran out. */
bool report_init(struct report *report, size_t drives, const struct invocation *invocation);
void report_clear(struct report *report);

/* The listener of uw_run_poll; user is the report. */
void report_event(void *user, const struct uw_event *event);

/* Between polls. */
void report_tick(struct report *report);

/* A line of standard error that stays. */
void report_remark(struct report *report, const char *text);

/* The end: what became of the drives, then where their certificates are. */
void report_summary(struct report *report);

#endif
