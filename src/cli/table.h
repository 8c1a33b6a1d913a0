/* SPDX-License-Identifier: Apache-2.0 */
/* Tables for people, on libsmartcols: cut or wrapped at the terminal's width, whole where the output is
 * piped. */
#ifndef UW_CLI_TABLE_H
#define UW_CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>

struct libscols_table;

enum { TABLE_COLUMNS_MAX = 16 };

struct table_column {
    const char *title;
    double width_hint; /* share of the width where it is short */
    int flags;         /* SCOLS_FL_ */
};

/* NULL when memory ran out. */
struct libscols_table *table_new(const struct table_column *columns, size_t count);

/* One line with as many cells as there are columns; NULL prints nothing. */
bool table_add(struct libscols_table *table, const char *const *cells, size_t count);

/* Prints on standard output and frees; false when memory ran out. `table` may be NULL. */
bool table_print(struct libscols_table *table);

#endif
