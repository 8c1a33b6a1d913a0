/* SPDX-License-Identifier: Apache-2.0 */
#include "output/show_page.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "unwrite/unwrite.h"

static void append(struct page *page, const char *text, size_t bytes)
{
    if (page->lost)
        return;
    if (page->used + bytes + 1 > page->size) {
        size_t size = (page->used + bytes + 1) * 2;
        char *grown = realloc(page->text, size);
        if (grown == NULL) {
            free(page->text);
            *page = (struct page){.lost = true};
            return;
        }
        page->text = grown;
        page->size = size;
    }
    memcpy(page->text + page->used, text, bytes);
    page->used += bytes;
    page->text[page->used] = '\0';
}

void page_raw(struct page *page, const char *line)
{
    append(page, line, strlen(line));
    append(page, "\n", 1);
    page->rows++;
}

/* Bytes of `text` that fit into `columns`, at a space where there is one. */
static size_t fitting(const char *text, size_t columns)
{
    size_t taken = 0, bytes = 0, space = 0, left = strlen(text);
    while (bytes < left) {
        uint32_t point = 0;
        size_t length = uw_text_character(text + bytes, left - bytes, &point);
        taken += uw_text_columns(point);
        if (taken > columns)
            return space > 0 ? space : bytes;
        if (text[bytes] == ' ')
            space = bytes;
        bytes += length > 0 ? length : 1;
    }
    return bytes;
}

static void append_wrapped(struct page *page, const char *label, const char *text, int rows_max)
{
    char row[PAGE_LABEL_COLUMNS + 4 * PAGE_COLUMNS + 8];
    for (int rows = 0; *text != '\0' && rows < rows_max; rows++) {
        if (page->rows_end > 0 && page->rows >= page->rows_end) {
            page->full = true;
            return;
        }
        bool last = rows + 1 == rows_max;
        size_t room = PAGE_COLUMNS - PAGE_LABEL_COLUMNS;
        size_t bytes = fitting(text, room);
        bool cut = last && text[bytes] != '\0';
        if (cut)
            bytes = fitting(text, room - 4);
        snprintf(row, sizeof row, "%-*s%.*s%s", PAGE_LABEL_COLUMNS, rows == 0 && label != NULL ? label : "",
                 (int)bytes, text, cut ? " ..." : "");
        page_raw(page, row);
        text += bytes;
        text += strspn(text, " ");
    }
}

static void append_entry(struct page *page, const char *label, int rows_max, const char *format, va_list args)
{
    char text[PAGE_TEXT_BYTES], clean[PAGE_TEXT_BYTES];
    vsnprintf(text, sizeof text, format, args);
    uw_text_printable(text, clean, sizeof clean);
    append_wrapped(page, label, clean + strspn(clean, " "), rows_max);
}

void page_entry(struct page *page, const char *label, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    append_entry(page, label, PAGE_ROWS_MAX, format, args);
    va_end(args);
}

void page_item(struct page *page, const char *label, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    append_entry(page, label, PAGE_ITEM_ROWS_MAX, format, args);
    va_end(args);
}

const json_t *member(const json_t *object, const char *path)
{
    char name[48];
    while (object != NULL) {
        size_t length = strcspn(path, ".");
        if (length >= sizeof name)
            return NULL;
        memcpy(name, path, length);
        name[length] = '\0';
        object = json_object_get(object, name);
        if (path[length] == '\0')
            return object;
        path += length + 1;
    }
    return NULL;
}

const char *words(const json_t *object, const char *path, char *to, size_t to_bytes)
{
    const json_t *value = member(object, path);
    to[0] = '\0';
    if (json_is_string(value))
        uw_text_printable(json_string_value(value), to, to_bytes);
    else if (json_is_integer(value))
        snprintf(to, to_bytes, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    return to;
}

json_int_t count_at(const json_t *object, const char *path)
{
    const json_t *value = member(object, path);
    return json_is_integer(value) && json_integer_value(value) >= 0 ? json_integer_value(value) : -1;
}

void words_add(struct words *w, const char *separator, const char *format, ...)
{
    char more[PAGE_TEXT_BYTES];
    size_t used = strlen(w->text);
    va_list args;
    va_start(args, format);
    vsnprintf(more, sizeof more, format, args);
    va_end(args);
    if (more[0] == '\0' || used + 1 >= sizeof w->text)
        return;
    snprintf(w->text + used, sizeof w->text - used, "%s", used > 0 ? separator : "");
    used = strlen(w->text);
    snprintf(w->text + used, sizeof w->text - used, "%s", more);
}

void words_add_member(struct words *w, const char *separator, const char *label, const json_t *object,
                      const char *path)
{
    char text[PAGE_TEXT_BYTES / 2];
    if (*words(object, path, text, sizeof text) != '\0')
        words_add(w, separator, "%s%s", label, text);
}
