/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <libsmartcols.h>

#include "cli.h"
#include "table.h"

static const struct table_column method_columns[] = {
    {"METHOD", 0, TABLE_WHOLE, 0}, {"TECHNIQUE", 0, TABLE_WHOLE, 3}, {"LEVELS", 0, TABLE_WRAP, 0},
    {"TITLE", 0, TABLE_WRAP, 2},   {"CITATION", 0, TABLE_WRAP, 1},
};

static const struct table_column standard_columns[] = {
    {"STANDARD", 0, TABLE_WHOLE, 0},
    {"STATUS", 0, TABLE_WRAP, 2},
    {"PASSES", 0, TABLE_WRAP, 0},
    {"SOURCE", 0, TABLE_WRAP, 1},
};

static const struct table_column rule_columns[] = {
    {"ROW", 0, TABLE_WHOLE, 0},   {"DRIVE", 0, TABLE_WRAP, 0},   {"LEVEL", 0, TABLE_WHOLE, 0},
    {"METHOD", 0, TABLE_WRAP, 0}, {"VERIFY", 0, TABLE_WHOLE, 1},
};

enum { METHOD_COLUMNS = 5, STANDARD_COLUMNS = 4, RULE_COLUMNS = 5, LIST_BYTES = 512, PASSES_LISTED = 7 };

/* Appends "A", then ", B"; what does not fit is left out. */
static void append(char *list, const char *item)
{
    size_t used = strlen(list);
    snprintf(list + used, LIST_BYTES - used, "%s%s", used > 0 ? ", " : "", item);
}

static bool add_method(struct libscols_table *table, const json_t *method)
{
    char levels[LIST_BYTES] = "", item[96];
    const char *rule_set;
    json_t *level;
    json_object_foreach(json_object_get(method, "levels"), rule_set, level) {
        snprintf(item, sizeof item, "%s %s", rule_set,
                 json_is_string(level) ? json_string_value(level) : "-");
        append(levels, item);
    }
    const char *cells[METHOD_COLUMNS] = {text_or(method, "id", "?"), text_or(method, "technique", "-"),
                                         levels, text_or(method, "title", "-"),
                                         text_or(method, "citation", "-")};
    return table_add(table, cells, METHOD_COLUMNS);
}

static const char *pass_text(const json_t *pass)
{
    return text_or(pass, "pattern", "random");
}

/* "00, ff, random (5 times)"; of many passes only how many. */
static void passes_text(const json_t *passes, char list[LIST_BYTES])
{
    char item[96];
    size_t count = json_array_size(passes), same;
    list[0] = '\0';
    if (count > PASSES_LISTED) {
        snprintf(list, LIST_BYTES, "%zu, see --json", count);
        return;
    }
    for (size_t i = 0; i < count; i += same) {
        const char *text = pass_text(json_array_get(passes, i));
        for (same = 1; i + same < count; same++)
            if (strcmp(pass_text(json_array_get(passes, i + same)), text) != 0)
                break;
        if (same < 3)
            same = 1; /* shorter written out */
        snprintf(item, sizeof item, same > 1 ? "%s (%zu times)" : "%s", text, same);
        append(list, item);
    }
}

static bool add_standard(struct libscols_table *table, const json_t *standard)
{
    char passes[LIST_BYTES];
    passes_text(json_object_get(standard, "passes"), passes);
    const char *cells[STANDARD_COLUMNS] = {text_or(standard, "id", "?"), text_or(standard, "status", "-"),
                                           passes, text_or(standard, "source", "-")};
    return table_add(table, cells, STANDARD_COLUMNS);
}

static bool add_rule(struct libscols_table *table, const json_t *rule)
{
    char method[LIST_BYTES] = "";
    append(method, text_or(rule, "method", "-"));
    if (text_of(rule, "follow") != NULL)
        append(method, "then overwrite");
    const char *cells[RULE_COLUMNS] = {text_or(rule, "id", "?"), text_or(rule, "drive", "-"),
                                       text_or(rule, "level", "-"), method, text_or(rule, "verify", "-")};
    return table_add(table, cells, RULE_COLUMNS);
}

static bool print_table(const struct table_column *columns, size_t count, const json_t *items,
                        bool (*add)(struct libscols_table *, const json_t *))
{
    struct libscols_table *table = table_new(columns, count);
    bool ok = table != NULL;
    size_t i;
    const json_t *item;
    json_array_foreach(items, i, item) {
        ok = ok && add(table, item);
    }
    return table_print(table, columns, count) && ok;
}

int verb_methods(struct invocation *invocation)
{
    struct uw_error e = {0};
    json_t *document = uw_methods(&e);
    if (document == NULL)
        return complain(&e);
    bool ok = true;
    if (invocation->json) {
        print_document(document);
    } else if (invocation->claims) {
        ok = print_table(rule_columns, RULE_COLUMNS, json_object_get(document, "rules"), add_rule);
    } else {
        ok = print_table(method_columns, METHOD_COLUMNS, json_object_get(document, "methods"), add_method);
        putchar('\n');
        ok = print_table(standard_columns, STANDARD_COLUMNS, json_object_get(document, "standards"),
                         add_standard) &&
             ok;
    }
    json_decref(document);
    if (!ok)
        uw_fail(&e, UW_E_NOMEM, "out of memory");
    return ok ? UW_EXIT_SANITIZED : complain(&e);
}
