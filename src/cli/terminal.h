/* SPDX-License-Identifier: Apache-2.0 */
/* What standard error is, and how text fits onto it. */
#ifndef UW_CLI_TERMINAL_H
#define UW_CLI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether lines on `fd` can be redrawn: a terminal that moves its cursor. */
bool terminal_is_live(int fd);

/* Whether colours may be used on `fd`: a terminal, and NO_COLOR is not set. */
bool terminal_has_colour(int fd);

/* 80 x 24 where the terminal does not say. */
void terminal_size(int fd, unsigned *columns, unsigned *rows);

/* Whether a write would neither block nor disturb: the terminal takes output and we are in its foreground. */
bool terminal_is_ready(int fd);

/* Writes all of it; what cannot be written is lost: output never ends an erase. */
void terminal_write(int fd, const char *text, size_t bytes);

/* Copies what fits into `columns` columns of the terminal; returns how many it takes. */
size_t terminal_fit(const char *text, size_t columns, char *to, size_t to_bytes);

/* CLOCK_BOOTTIME, as events carry it. */
uint64_t boottime_ns(void);

#endif
