/* SPDX-License-Identifier: Apache-2.0 */
/* Tables for people, on libsmartcols: on a terminal fitted into its width, whole where the output is piped.
 */
#ifndef UW_CLI_TABLE_H
#define UW_CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>

struct libscols_table;

enum { TABLE_COLUMNS_MAX = 16 };

/* What becomes of a cell that finds no room. */
enum table_narrow {
    TABLE_WHOLE, /* its column is left out, where it may be */
    TABLE_CUT,
    TABLE_WRAP, /* at its blanks */
};

struct table_column {
    const char *title;
    int flags; /* SCOLS_FL_ */
    enum table_narrow narrow;
    /* Where there is no room: 1 is left out first, 0 never. Before any of them those that say nothing. */
    unsigned leave;
};

/* At most TABLE_COLUMNS_MAX columns. NULL when memory ran out. */
struct libscols_table *table_new(const struct table_column *columns, size_t count);

/* One line with as many cells as there are columns; NULL prints nothing. */
bool table_add(struct libscols_table *table, const char *const *cells, size_t count);

/* Prints on standard output and frees; false when memory ran out. `table` may be NULL. */
bool table_print(struct libscols_table *table, const struct table_column *columns, size_t count);

#endif
