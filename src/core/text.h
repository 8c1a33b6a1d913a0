/* SPDX-License-Identifier: Apache-2.0 */
/* Characters of UTF-8, and which of them may stand in a line that somebody reads. */
#ifndef UW_CORE_TEXT_H
#define UW_CORE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Length in bytes of the UTF-8 character at `text` (RFC 3629: no overlong forms, no surrogates, up to
 * U+10FFFF), its number in *point; 0 where there is none. */
size_t uw_text_character(const char *text, size_t bytes, uint32_t *point);

/* What moves the cursor, changes colours, breaks or reorders the line, or cannot be seen: C0, DEL, C1,
 * bidirectional controls, separators, what has no width. */
bool uw_text_is_unsafe(uint32_t point);

/* Zero-width joiner and non-joiner: unseen too, and in some languages words need them. */
bool uw_text_is_joiner(uint32_t point);

/* Columns of a terminal that a character takes at most, in whatever locale: 2 in the blocks in which Unicode
 * (UAX #11) has characters of width W or F, else 1. Rather one too many: a line may end early. */
unsigned uw_text_columns(uint32_t point);

#endif
