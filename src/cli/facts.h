/* SPDX-License-Identifier: Apache-2.0 */
/* In a word what a drive says of itself: an entry of list or a plan, which hold the same members. "-": it has
 * no such thing; "?": nobody could tell. */
#ifndef UW_CLI_FACTS_H
#define UW_CLI_FACTS_H

#include "cli.h"

/* "open", or "locked", "password", "frozen", "expired" with blanks between. */
void facts_security(const json_t *drive, char *text, size_t text_bytes);

/* "none", or what is hidden: "hpa", "dco", "amax", "2 namespaces", "12.0 GB free". */
void facts_hidden(const json_t *drive, char *text, size_t text_bytes);

/* "good", "warning" or "bad". */
void facts_health(const json_t *drive, char *text, size_t text_bytes);

/* What that comes from: "bad-sector, 8 reallocated, 35 C, 12345 h"; empty where there is nothing. */
void facts_health_numbers(const json_t *drive, char *text, size_t text_bytes);

#endif
