/* SPDX-License-Identifier: Apache-2.0 */
/* A page of text under construction, 80 columns wide, from documents whose members may be of any type. */
#ifndef UW_OUTPUT_SHOW_PAGE_H
#define UW_OUTPUT_SHOW_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

enum {
    PAGE_COLUMNS = 80,
    PAGE_ROWS = 60,
    PAGE_SIGNATURE_ROWS = 6, /* kept free for the end of the page */
    PAGE_LABEL_COLUMNS = 14,
    PAGE_ROWS_MAX = 4,      /* of one entry; a longer text is cut and says so */
    PAGE_ITEM_ROWS_MAX = 2, /* the same of an entry that is one of a list */
    PAGE_LISTED = 3,        /* of a list; how many more there are is said */
    PAGE_TEXT_BYTES = 640,  /* an entry before it is wrapped */
};

/* A row is a line of the page. Zero-initialise. `text` is malloc()ed, NULL when memory ran out. */
struct page {
    char *text;
    size_t used, size;
    size_t rows;
    size_t rows_end; /* entries end here; 0: nowhere */
    bool full;       /* some were left out for that */
    bool lost;
};

void page_raw(struct page *page, const char *line);

/* An entry: the label where it is not NULL, then the words, wrapped. Empty words print nothing. */
void page_entry(struct page *page, const char *label, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The member at "a.b.c"; NULL where there is none. */
const json_t *member(const json_t *object, const char *path);

/* The same for one of several entries under one label. */
void page_item(struct page *page, const char *label, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Its text or number in words, made safe for a terminal; "" where it is neither. `to` is returned. */
const char *words(const json_t *object, const char *path, char *to, size_t to_bytes);

/* The number; -1 where it is none or negative. */
json_int_t count_at(const json_t *object, const char *path);

/* Words that are put together: `add` puts the separator between them and leaves out what is empty. */
struct words {
    char text[PAGE_TEXT_BYTES];
};
void words_add(struct words *w, const char *separator, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* "LABEL TEXT" of the member, left out where it has no words. */
void words_add_member(struct words *w, const char *separator, const char *label, const json_t *object,
                      const char *path);

#endif
