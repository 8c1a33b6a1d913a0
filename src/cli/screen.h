/* SPDX-License-Identifier: Apache-2.0 */
/* The live part of the screen: one line for each running drive and one for the run, drawn over itself below
 * what was printed for good. */
#ifndef UW_CLI_SCREEN_H
#define UW_CLI_SCREEN_H

#include "view.h"

enum { SCREEN_LINES_MAX = 256, SCREEN_INTERVAL_MS = 200 };

/* Zero-initialise and set fd. */
struct screen {
    int fd;
    size_t lines; /* as drawn */
    unsigned short widths[SCREEN_LINES_MAX];
    uint64_t drawn_ns;
};

/* Draws, at most once per SCREEN_INTERVAL_MS, where the terminal takes it. */
void screen_draw(struct screen *screen, const struct view *view, uint64_t now_ns);

/* Takes the live lines away, so that what follows stands for good. */
void screen_clear(struct screen *screen);

/* Leaves what was drawn where it is: somebody else wrote below it. */
void screen_forget(struct screen *screen);

/* One line of a drive, at most `columns` wide; `device_columns` for its name. Pure, for tests. */
void screen_line(const struct view_drive *drive, uint64_t now_ns, unsigned columns, unsigned device_columns,
                 char *line, size_t line_bytes);

#endif
