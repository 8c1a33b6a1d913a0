/* SPDX-License-Identifier: Apache-2.0 */
#include "table.h"

#include <libsmartcols.h>

struct libscols_table *table_new(const struct table_column *columns, size_t count)
{
    struct libscols_table *table = scols_new_table();
    if (table == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++)
        if (scols_table_new_column(table, columns[i].title, columns[i].width_hint, columns[i].flags) ==
            NULL) {
            scols_unref_table(table);
            return NULL;
        }
    return table;
}

bool table_add(struct libscols_table *table, const char *const *cells, size_t count)
{
    struct libscols_line *line = scols_table_new_line(table, NULL);
    if (line == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        if (cells[i] != NULL && scols_line_set_data(line, i, cells[i]) != 0)
            return false;
    return true;
}

bool table_print(struct libscols_table *table)
{
    bool ok = table != NULL && scols_print_table(table) == 0;
    scols_unref_table(table);
    return ok;
}
