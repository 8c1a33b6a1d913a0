/* SPDX-License-Identifier: Apache-2.0 */
#include "table.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include <libsmartcols.h>

#include "terminal.h"

/* What is left of a column that is wrapped or cut, before another is left out for it. */
enum { WRAPPED_COLUMNS = 20, CUT_COLUMNS = 16 };

/* A table that is fitted into the width of a terminal. */
struct fit {
    struct libscols_table *table;
    const struct table_column *columns;
    size_t count, room;
    size_t width[TABLE_COLUMNS_MAX]; /* as it is printed */
    size_t fair[TABLE_COLUMNS_MAX];  /* less only where no more can be left out */
    size_t least[TABLE_COLUMNS_MAX];
    bool silent[TABLE_COLUMNS_MAX]; /* not one cell says anything */
};

struct libscols_table *table_new(const struct table_column *columns, size_t count)
{
    struct libscols_table *table = scols_new_table();
    bool ok = table != NULL && count <= TABLE_COLUMNS_MAX;
    for (size_t i = 0; ok && i < count; i++) {
        struct libscols_column *column = scols_table_new_column(table, columns[i].title, 0, columns[i].flags);
        ok = column != NULL;
        if (ok && columns[i].narrow == TABLE_WRAP)
            ok = scols_column_set_flags(column, columns[i].flags | SCOLS_FL_WRAP) == 0 &&
                 scols_column_set_safechars(column, "\n") == 0 &&
                 scols_column_set_wrapfunc(column, scols_wrapnl_chunksize, scols_wrapnl_nextchunk, NULL) == 0;
    }
    if (ok)
        return table;
    scols_unref_table(table);
    return NULL;
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

static const char *cell_at(const struct fit *fit, size_t line, size_t column)
{
    struct libscols_cell *cell = scols_line_get_cell(scols_table_get_line(fit->table, line), column);
    const char *text = cell != NULL ? scols_cell_get_data(cell) : NULL;
    return text != NULL ? text : "";
}

static bool set_cell(const struct fit *fit, size_t line, size_t column, const char *text)
{
    return scols_line_set_data(scols_table_get_line(fit->table, line), column, text) == 0;
}

/* Of the first `bytes`, as libsmartcols prints them: what the locale does not know as "\xff". */
static size_t columns_of(const char *text, size_t bytes)
{
    mbstate_t state = {0};
    size_t columns = 0;
    while (bytes > 0) {
        wchar_t c;
        size_t length = mbrtowc(&c, text, bytes, &state);
        bool known = length > 0 && length <= bytes && wcwidth(c) >= 0;
        columns += known ? (size_t)wcwidth(c) : 4;
        if (!known)
            state = (mbstate_t){0};
        text += known ? length : 1;
        bytes -= known ? length : 1;
    }
    return columns;
}

static size_t longest_word(const char *text)
{
    size_t longest = 0;
    while (*text != '\0') {
        size_t bytes = strcspn(text, " "), columns = columns_of(text, bytes);
        longest = columns > longest ? columns : longest;
        text += bytes + strspn(text + bytes, " ");
    }
    return longest;
}

static void raise(size_t *most, size_t value)
{
    *most = value > *most ? value : *most;
}

static void measure(struct fit *fit, size_t column)
{
    enum table_narrow narrow = fit->columns[column].narrow;
    const char *title = fit->columns[column].title;
    size_t *width = &fit->width[column], *least = &fit->least[column];
    *width = *least = columns_of(title, strlen(title));
    fit->silent[column] = true;
    for (size_t line = 0; line < scols_table_get_nlines(fit->table); line++) {
        const char *text = cell_at(fit, line, column);
        raise(width, columns_of(text, strlen(text)));
        if (narrow == TABLE_WRAP)
            raise(least, longest_word(text));
        fit->silent[column] = fit->silent[column] && (*text == '\0' || strcmp(text, "-") == 0);
    }
    size_t fair = narrow == TABLE_WRAP ? WRAPPED_COLUMNS : CUT_COLUMNS;
    if (narrow == TABLE_WHOLE)
        *least = *width;
    fit->fair[column] = *least;
    raise(&fit->fair[column], *width < fair ? *width : fair);
}

static bool is_shown(const struct fit *fit, size_t column)
{
    return !scols_column_is_hidden(scols_table_get_column(fit->table, column));
}

/* With a blank between two. */
static size_t sum(const struct fit *fit, const size_t *widths)
{
    size_t columns = 0;
    for (size_t i = 0; i < fit->count; i++)
        if (is_shown(fit, i))
            columns += widths[i] + (columns > 0);
    return columns;
}

/* The next one, of the silent ones alone where that is wanted; false where none is left. */
static bool leave_out(const struct fit *fit, bool only_silent)
{
    size_t next = fit->count;
    for (size_t i = 0; i < fit->count; i++)
        if (fit->columns[i].leave > 0 && is_shown(fit, i) && (fit->silent[i] || !only_silent) &&
            (next == fit->count || fit->columns[i].leave < fit->columns[next].leave))
            next = i;
    if (next == fit->count)
        return false;
    scols_column_set_flags(scols_table_get_column(fit->table, next), SCOLS_FL_HIDDEN);
    return true;
}

/* Takes a column of the terminal from the widest; false where each has its least. */
static bool narrow_widest(struct fit *fit)
{
    size_t widest = fit->count;
    for (size_t i = 0; i < fit->count; i++)
        if (is_shown(fit, i) && fit->width[i] > fit->least[i] &&
            (widest == fit->count || fit->width[i] > fit->width[widest]))
            widest = i;
    if (widest == fit->count)
        return false;
    fit->width[widest]--;
    return true;
}

/* A newline for the last blank before each place where `columns` are full. */
static void break_lines(char *text, size_t columns)
{
    char *begin = text, *blank = NULL;
    for (char *p = strchr(text, ' ');; p = strchr(p + 1, ' ')) {
        size_t bytes = p != NULL ? (size_t)(p - begin) : strlen(begin);
        if (columns_of(begin, bytes) > columns && blank != NULL) {
            *blank = '\n';
            begin = blank + 1;
        }
        if (p == NULL)
            return;
        blank = p;
    }
}

static bool fit_cell(const struct fit *fit, size_t line, size_t column)
{
    const char *text = cell_at(fit, line, column);
    size_t bytes = strlen(text);
    if (columns_of(text, bytes) <= fit->width[column])
        return true;
    char *fitted = malloc(bytes + 1);
    if (fitted == NULL)
        return false;
    if (fit->columns[column].narrow == TABLE_WRAP) {
        memcpy(fitted, text, bytes + 1);
        break_lines(fitted, fit->width[column]);
    } else {
        terminal_fit(text, fit->width[column], fitted, bytes + 1);
    }
    bool ok = set_cell(fit, line, column, fitted);
    free(fitted);
    return ok;
}

/* Leaves out columns, then makes those narrower that may be, then cuts or breaks their cells. */
static bool fit_table(struct fit *fit)
{
    bool ok = true;
    for (size_t i = 0; i < fit->count; i++)
        measure(fit, i);
    while (sum(fit, fit->width) > fit->room && leave_out(fit, true))
        ;
    while (sum(fit, fit->fair) > fit->room && leave_out(fit, false))
        ;
    while (sum(fit, fit->width) > fit->room && narrow_widest(fit))
        ;
    for (size_t column = 0; column < fit->count; column++)
        for (size_t line = 0; line < scols_table_get_nlines(fit->table); line++)
            ok = ok && (!is_shown(fit, column) || fit_cell(fit, line, column));
    return ok;
}

bool table_print(struct libscols_table *table, const struct table_column *columns, size_t count)
{
    if (table == NULL)
        return false;
    struct fit fit = {
        .table = table, .columns = columns, .count = count, .room = scols_table_get_termwidth(table)};
    bool ok = !isatty(STDOUT_FILENO) || fit_table(&fit);
    ok = ok && scols_print_table(table) == 0;
    scols_unref_table(table);
    return ok;
}
