/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UW_CORE_CLOCK_H
#define UW_CORE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

enum { UW_TIME_BYTES = 40 };

/* RFC 3339 in UTC with nanoseconds: "2026-11-22T13:16:00.000000000Z". `text` holds UW_TIME_BYTES. */
void uw_time_text(int64_t time_ns, char *text);

/* The reverse, for exactly that form; 0 for anything else. */
int64_t uw_time_parse(const char *text);

#endif
