/* SPDX-License-Identifier: Apache-2.0 */
/* A page for people about documents that may hold anything. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <cmocka.h>

#include "core/text.h"
#include "output/output.h"
#include "unwrite/unwrite.h"

static json_t *example(const char *name)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/examples/%s.json", TEST_DATA, name);
    json_t *document = json_load_file(path, 0, NULL);
    assert_non_null(document);
    return document;
}

static char *show(const json_t *document)
{
    struct uw_error e = {0};
    char *text = uw_show_document(document, &e);
    if (text == NULL)
        fail_msg("no page: %s", e.text);
    return text;
}

/* As the C library counts them, whose locale main() sets: what begins at `p`, nothing within a character. */
static size_t columns_at(const char *p)
{
    wchar_t c = 0;
    if ((*p & 0xc0) == 0x80)
        return 0;
    assert_true(mbtowc(&c, p, MB_CUR_MAX) > 0);
    int width = wcwidth(c);
    return width > 0 ? (size_t)width : 0;
}

/* At most 60 lines of at most 80 columns, valid UTF-8, nothing that moves a cursor, a line's end at the
 * end. */
static void assert_page(const char *text)
{
    size_t lines = 0, columns = 0;
    json_t *utf8 = json_string(text);
    assert_non_null(utf8);
    json_decref(utf8);
    for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++) {
        if (*p == '\n') {
            lines++;
            columns = 0;
            continue;
        }
        assert_in_range(*p, 0x20, 0xff);
        assert_int_not_equal(*p, 0x7f);
        /* C1 controls in UTF-8 */
        assert_false(p[0] == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0);
        columns += columns_at((const char *)p);
        assert_in_range(columns, 0, 80);
    }
    assert_in_range(lines, 1, 60);
    assert_int_equal(text[strlen(text) - 1], '\n');
}

/* Lines are wrapped anywhere: what is looked for may stand on two. */
static void join_lines(char *text)
{
    char *to = text;
    for (const char *from = text; *from != '\0'; from++) {
        char c = *from == '\n' ? ' ' : *from;
        if (c != ' ' || to == text || to[-1] != ' ')
            *to++ = c;
    }
    *to = '\0';
}

static void assert_says(const char *text, const char *words)
{
    if (strstr(text, words) == NULL)
        fail_msg("'%s' is not on the page:\n%s", words, text);
}

static void assert_silent(const char *text, const char *words)
{
    if (strstr(text, words) != NULL)
        fail_msg("'%s' is on the page:\n%s", words, text);
}

static void set(json_t *document, const char *object, const char *name, json_t *value)
{
    json_t *at = json_object_get(document, "certificate");
    if (object != NULL)
        at = json_object_get(at, object);
    assert_int_equal(json_object_set_new(at, name, value), 0);
}

static void test_examples(void **state)
{
    (void)state;
    static const char *const names[] = {"certificate", "intent", "addendum"};
    for (size_t i = 0; i < 3; i++) {
        json_t *document = example(names[i]);
        char *text = show(document);
        assert_page(text);
        assert_says(text, "not checked here; use unwrite cert verify");
        free(text);
        json_decref(document);
    }
}

static void test_verdicts(void **state)
{
    (void)state;
    static const struct {
        const char *verdict, *level, *heading;
    } cases[] = {
        {"sanitized", "clear", "SANITIZED (CLEAR)\n=====\n"},
        {"sanitized", "purge", "SANITIZED (PURGE)\n"},
        {"sanitized-with-exceptions", "clear", "SANITIZED-WITH-EXCEPTIONS (CLEAR)\n"},
        {"failed", "none", "FAILED: NOT SANITIZED\n"},
        {"stalled", "none", "STALLED: NOT SANITIZED\n"},
        {"aborted", "none", "ABORTED: NOT SANITIZED\n"},
        {"refused", "none", "REFUSED: NOT SANITIZED\n"},
        /* A level where nothing was sanitized is no claim; a word of one's own is no verdict. */
        {"failed", "purge", "FAILED: NOT SANITIZED\n"},
        {"sanitised", "purge", "UNKNOWN VERDICT 'SANITISED'"},
        {"sanitized ", "purge", "UNKNOWN VERDICT 'SANITIZED '"},
        {"", "purge", "UNKNOWN VERDICT ''"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *document = example("certificate");
        set(document, NULL, "verdict", json_string(cases[i].verdict));
        set(document, "claim", "level", json_string(cases[i].level));
        char *text = show(document);
        size_t length = strcspn(cases[i].heading, "\n");
        if (strncmp(text, cases[i].heading, length) != 0)
            fail_msg("%s: heading is '%.60s'", cases[i].verdict, text);
        assert_page(text);
        free(text);
        json_decref(document);
    }
}

static json_t *recheck_after(json_t *document)
{
    const json_t *medium = json_object_get(json_object_get(document, "certificate"), "medium");
    return json_object_get(json_object_get(medium, "identity_recheck"), "after");
}

static void test_what_matters_is_said(void **state)
{
    (void)state;
    json_t *document = example("certificate");
    set(document, NULL, "simulated", json_true());
    set(document, "time", "synchronised", json_false());
    set(document, "verification", "last", json_false());
    set(document, "verification", "mismatches", json_integer(7));
    set(document, NULL, "not_covered",
        json_pack("[{s:s, s:s}]", "controller", "0000:03:00.0", "why", "it hides its drives"));
    json_t *steps = json_object_get(json_object_get(document, "certificate"), "steps");
    json_t *step = json_array_get(steps, 0);
    json_object_set_new(json_object_get(step, "completion"), "complete", json_false());
    json_object_set_new(step, "unwritten",
                        json_pack("[{s:i, s:i, s:i}]", "lba", 4242, "count", 8, "errno", 5));
    json_object_set_new(step, "unwritten_bytes", json_integer(4096));
    json_object_set_new(json_array_get(json_object_get(step, "passes"), 0), "not_narrowed_bytes",
                        json_integer(3584));
    json_object_set_new(recheck_after(document), "same", json_false());
    json_object_set_new(recheck_after(document), "gone", json_true());
    char *text = show(document);
    join_lines(text);
    static const char *const said[] = {"SIMULATED",
                                       "after the last read: GONE",
                                       "clock was NOT synchronised",
                                       "last block: NO",
                                       "differ: 7",
                                       "it hides its drives",
                                       "NOT COMPLETE",
                                       "NOT WRITTEN",
                                       "4096 bytes",
                                       "4242 (8)",
                                       "3584 bytes of them were not tried block by block",
                                       "not checked here"};
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        assert_says(text, said[i]);
    free(text);
    json_decref(document);

    /* Their twins: what is well is not shouted. */
    document = example("certificate");
    set(document, NULL, "simulated", json_false());
    text = show(document);
    join_lines(text);
    static const char *const unsaid[] = {"SIMULATED", "NOT WRITTEN",   "NOT COMPLETE", "block by block",
                                         "block: NO", "ANOTHER DRIVE", "PAGE CACHE"};
    for (size_t i = 0; i < sizeof unsaid / sizeof *unsaid; i++)
        assert_silent(text, unsaid[i]);
    free(text);
    json_decref(document);
}

static void assert_heading(const json_t *document, const char *heading)
{
    char *text = show(document);
    if (strncmp(text, heading, strlen(heading)) != 0)
        fail_msg("heading is '%.60s', not '%s'", text, heading);
    assert_page(text);
    free(text);
}

static void test_addendum(void **state)
{
    (void)state;
    json_t *document = example("addendum"), *body = json_object_get(document, "addendum");
    char *text = show(document);
    join_lines(text);
    static const char *const said[] = {
        "ADDENDUM: HOLDS",
        "SIMULATED",
        "it holds what its certificate says",
        "no record of an erase",
        "c0b6a9d4-53f4-4f1b-8e1d-2b7f8f3e9d02, sanitized-with-exceptions (clear)",
        "passed, profile sample",
        "first block: yes",
        "Verifier V. Verifier, Example hall, row 9, station bench-2",
        "2026-11-23 13:16:00 UTC to"};
    static const char *const unsaid[] = {"Operator", "markers", "places looked at", "SANITIZED (", "Steps"};
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        assert_says(text, said[i]);
    for (size_t i = 0; i < sizeof unsaid / sizeof *unsaid; i++)
        assert_silent(text, unsaid[i]);
    const char *sha256 = json_string_value(json_object_get(json_object_get(body, "certificate"), "sha256"));
    assert_says(text, sha256);
    free(text);

    json_object_set_new(body, "result", json_string("does-not-hold"));
    json_object_set_new(body, "reason", json_string("it has another serial than its certificate"));
    json_object_set_new(body, "certificate", json_null());
    json_object_set_new(body, "verification", json_null());
    assert_heading(document, "ADDENDUM: DOES NOT HOLD\n=====");
    text = show(document);
    join_lines(text);
    assert_says(text, "another serial");
    assert_says(text, "none was named: what an erase left there is not known");
    assert_says(text, "no: nothing was read back");
    free(text);
    json_object_set_new(body, "result", json_string("holds "));
    assert_heading(document, "ADDENDUM WITH AN UNKNOWN RESULT 'HOLDS '\n=====");
    json_object_del(body, "result");
    assert_heading(document, "ADDENDUM WITH AN UNKNOWN RESULT ''\n=====");
    json_decref(document);
}

static void test_witness(void **state)
{
    (void)state;
    json_t *document = example("certificate");
    set(document, "verification", "witness",
        json_pack("{s:i, s:i, s:i}", "taken", 1999, "constant", 1204, "unchanged", 3));
    char *text = show(document);
    join_lines(text);
    assert_says(text, "places looked at before: 1999, uniform then: 1204, others unchanged after: 3");
    free(text);
    json_decref(document);
}

/* Where it differs, the first places; nothing in their stead where there are none. */
static void test_places(void **state)
{
    (void)state;
    static const struct {
        json_int_t count, listed;
        const char *said;
    } cases[] = {
        {0, 0, "blocks that differ: 0 markers"},
        {1, 1, "blocks that differ: 1 (at block 4000) markers"},
        {3, 3, "blocks that differ: 3 (at block 4000, 4007, 4014) markers"},
        {4, 4, "blocks that differ: 4 (at block 4000, 4007, 4014 and others) markers"},
        {900, 2, "blocks that differ: 900 (at block 4000, 4007 and others) markers"},
        {900, 0, "blocks that differ: 900 markers"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *document = example("certificate"), *list = json_array();
        for (json_int_t k = 0; k < cases[i].listed; k++)
            json_array_append_new(list, json_integer(4000 + 7 * k));
        set(document, "verification", "mismatches", json_integer(cases[i].count));
        set(document, "verification", "mismatching_lba", list);
        char *text = show(document);
        assert_page(text);
        join_lines(text);
        assert_says(text, cases[i].said);
        free(text);
        json_decref(document);
    }
}

static void test_unsigned(void **state)
{
    (void)state;
    json_t *document = example("certificate");
    json_object_set_new(document, "signatures", json_array());
    char *text = show(document);
    assert_says(text, "NOBODY");
    free(text);
    json_object_set_new(document, "signatures", json_pack("[{s:s}, i]", "protected", "!!!", 1));
    text = show(document);
    assert_says(text, "a key that is not named");
    free(text);
    json_decref(document);
}

static void test_no_document(void **state)
{
    (void)state;
    static const char *const texts[] = {"{}", "{\"certificate\":[]}",
                                        "{\"certificate\":null,\"signatures\":[]}", "{\"deed\":{}}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        json_t *document = json_loads(texts[i], 0, NULL);
        struct uw_error e = {0};
        assert_null(uw_show_document(document, &e));
        assert_int_equal(e.code, UW_E_INVALID);
        assert_says(e.text, "neither a certificate nor an intent, addendum or order");
        json_decref(document);
    }
}

static json_t *many(json_t *item, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append(array, item);
    json_decref(item);
    return array;
}

static void assert_in_order(const char *text, const char *first, const char *second)
{
    const char *at = strstr(text, first);
    if (at == NULL || strstr(at, second) == NULL)
        fail_msg("'%s' and behind it '%s' are not on the page:\n%s", first, second, text);
}

/* The step says first how it ended, and how many of the passes that were meant, however many it had. */
static void test_passes(void **state)
{
    (void)state;
    static const struct {
        size_t whole, broken, meant;
        const char *state, *said;
    } cases[] = {
        {1, 0, 1, "Step 1 complete, bytes written: 500107862016; overwrite", "1 pass: aes-256-ctr "},
        {2, 0, 2, "Step 1 complete, bytes written: ", "2 passes: aes-256-ctr (2 times) "},
        {35, 0, 35, "Step 1 complete, bytes written: ", "35 passes: aes-256-ctr (35 times) "},
        {2, 1, 35, "Step 1 NOT COMPLETE, bytes written: 500107862016; overwrite",
         "standard gutmann, 3 of 35 passes: aes-256-ctr (2 times), aes-256-ctr (incomplete) "},
        {0, 1, 35, "NOT COMPLETE, ", "1 of 35 passes: aes-256-ctr (incomplete) "},
        {0, 0, 35, "NOT COMPLETE, ", "standard gutmann, 0 of 35 passes "},
        {0, 2, 2, "NOT COMPLETE, ", "2 passes: aes-256-ctr (2 times, incomplete) "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *document = example("certificate"), *passes = json_array();
        json_t *step = json_array_get(json_object_get(json_object_get(document, "certificate"), "steps"), 0);
        for (size_t pass = 0; pass < cases[i].whole + cases[i].broken; pass++)
            json_array_append_new(passes, json_pack("{s:n, s:s, s:b}", "pattern", "cipher", "aes-256-ctr",
                                                    "complete", pass < cases[i].whole));
        json_object_set_new(step, "passes", passes);
        json_object_set_new(
            step, "parameters",
            json_pack("{s:s, s:I}", "standard", "gutmann", "passes", (json_int_t)cases[i].meant));
        json_object_set_new(json_object_get(step, "completion"), "complete",
                            json_boolean(cases[i].whole == cases[i].meant));
        char *text = show(document);
        assert_page(text);
        join_lines(text);
        assert_in_order(text, cases[i].state, cases[i].said);
        free(text);
        json_decref(document);
    }
}

/* Where the passes differ too much to be listed, and where names are long: how it ended is not cut. */
static void test_many_patterns(void **state)
{
    (void)state;
    json_t *document = example("certificate"), *passes = json_array();
    json_t *step = json_array_get(json_object_get(json_object_get(document, "certificate"), "steps"), 0);
    for (int pass = 0; pass < 9; pass++) {
        char pattern[32];
        snprintf(pattern, sizeof pattern, "pattern-of-some-length-%d", pass);
        json_array_append_new(passes, json_pack("{s:s, s:b}", "pattern", pattern, "complete", pass < 8));
    }
    json_object_set_new(step, "passes", passes);
    json_object_set_new(json_object_get(step, "parameters"), "passes", json_integer(35));
    json_object_set_new(json_object_get(step, "completion"), "complete", json_false());
    json_object_del(step, "bytes_written");
    json_object_set_new(step, "bytes_written_at_least", json_integer(4096));
    char *text = show(document);
    join_lines(text);
    assert_says(text, "9 of 35 passes (1 incomplete) ");
    free(text);
    json_array_remove(passes, 0);
    json_array_remove(passes, 0);
    char technique[400];
    memset(technique, 't', sizeof technique - 1);
    technique[sizeof technique - 1] = '\0';
    json_object_set_new(step, "technique", json_string(technique));
    text = show(document);
    assert_page(text);
    join_lines(text);
    assert_says(text, "Step 1 NOT COMPLETE, bytes written: at least 4096; overwrite, ttt");
    free(text);
    json_decref(document);
}

/* Values that no schema allows. */
static json_t *hostile(size_t kind)
{
    static char words[20001];
    memset(words, 'x', 20000);
    static char spaced[20001];
    for (size_t i = 0; i < 20000; i++)
        spaced[i] = i % 7 == 0 ? ' ' : 'y';
    switch (kind) {
    case 0:
        return json_null();
    case 1:
        return json_true();
    case 2:
        return json_integer(INT64_MIN);
    case 3:
        return json_integer(INT64_MAX);
    case 4:
        return json_real(1e300);
    case 5:
        return json_string("");
    case 6:
        return json_string("\033]0;title\a\r\n\t\b\x7f %s%n%100000d");
    case 7:
        return json_string("\xc2\x9b"
                           "31m \xe2\x80\xae \xe2\x81\xa6 \xf0\x9f\x98\x80 \xe2\x80\xa8");
    case 8:
        return json_string(words);
    case 9:
        return json_string(spaced);
    case 10:
        return json_array();
    case 11:
        return many(json_string("\033[2J"), 3000);
    case 12:
        return many(json_pack("{s:s, s:s, s:s, s:i, s:i, s:[s]}", "code", words, "text", spaced, "why", words,
                              "lba", 1, "count", 2, "passes", "z"),
                    300);
    case 13:
        return many(json_object(), 50);
    case 14:
        return json_object();
    case 15:
        return json_pack("{s:{s:{s:[i]}}, s:s}", "a", "b", "c", 1, "serial", "\x1b");
    default:
        return NULL;
    }
}

static void show_with(json_t *document)
{
    char *text = show(document);
    assert_page(text);
    free(text);
}

static json_t *names_of(json_t *object)
{
    const char *name;
    json_t *value, *names = json_array();
    json_object_foreach(object, name, value)
        json_array_append_new(names, json_string(name));
    return names;
}

/* Puts every hostile value into every place below `object`, and takes away what stands there. */
static void poison(json_t *document, json_t *object)
{
    json_t *names = names_of(object), *item, *bad;
    size_t i;
    json_array_foreach(names, i, item) {
        const char *name = json_string_value(item);
        json_t *kept = json_incref(json_object_get(object, name));
        for (size_t kind = 0; (bad = hostile(kind)) != NULL; kind++) {
            json_object_set_new(object, name, bad);
            show_with(document);
        }
        json_object_del(object, name);
        show_with(document);
        json_object_set_new(object, name, kept);
        json_t *inside = json_is_array(kept) ? json_array_get(kept, 0) : kept;
        if (json_is_object(inside))
            poison(document, inside);
    }
    json_decref(names);
}

static void test_hostile(void **state)
{
    (void)state;
    static const char *const names[] = {"certificate", "intent", "addendum"};
    for (size_t i = 0; i < 3; i++) {
        json_t *document = example(names[i]);
        poison(document, json_object_get(document, names[i]));
        json_decref(document);
    }
}

/* Everything at once: the page stays one. */
static void test_hostile_everywhere(void **state)
{
    (void)state;
    json_t *bad;
    for (size_t kind = 0; (bad = hostile(kind)) != NULL; kind++) {
        json_t *document = example("certificate");
        json_t *body = json_object_get(document, "certificate");
        const char *section, *name;
        json_t *object, *value;
        json_object_foreach(body, section, object) {
            if (json_is_object(object))
                json_object_foreach(object, name, value)
                    json_object_set(object, name, bad);
            else
                json_object_set(body, section, bad);
        }
        char *text = show(document);
        assert_page(text);
        assert_says(text, "not checked here");
        free(text);
        json_decref(document);
        json_decref(bad);
    }
}

/* Rows are as wide as a terminal shows them, and in the C locale, in which the library may run, no other. */
static void test_wide(void **state)
{
    (void)state;
    char name[400] = "";
    for (size_t i = 0; i < 50; i++)
        strcat(name, i % 2 > 0 ? "株" : "式");
    json_t *document = example("certificate");
    set(document, "authority", "owner", json_pack("{s:s}", "customer", name));
    set(document, "medium", "model", json_string(name));
    char *text = show(document);
    assert_page(text);
    /* 33 of them fill what the label leaves of a row. */
    assert_says(text, "式株式株式株式株式株式株式株式株式株式株式株式株式株式株式株式株式\n");
    setlocale(LC_CTYPE, "C");
    char *plain = show(document);
    setlocale(LC_CTYPE, "C.UTF-8");
    assert_string_equal(plain, text);
    free(plain);
    free(text);
    json_decref(document);
}

/* No character that may stand in a line is wider than we count. */
static void test_columns(void **state)
{
    (void)state;
    for (uint32_t point = 0x20; point < 0x110000; point++)
        if (!uw_text_is_unsafe(point) && wcwidth((wchar_t)point) > (int)uw_text_columns(point))
            fail_msg("U+%04X is wider than %u", (unsigned)point, uw_text_columns(point));
    static const char *const narrow[] = {"A", "é", "ß", "Ω", "Ж", "א", "€", "─"};
    for (size_t i = 0; i < sizeof narrow / sizeof *narrow; i++) {
        uint32_t point = 0;
        uw_text_character(narrow[i], strlen(narrow[i]), &point);
        assert_int_equal(uw_text_columns(point), 1);
    }
}

static void assert_printable(const char *from, const char *wanted, size_t bytes)
{
    char to[64];
    assert_in_range(bytes, 1, sizeof to);
    uw_text_printable(from, to, bytes);
    assert_string_equal(to, wanted);
}

static void test_printable(void **state)
{
    (void)state;
    assert_printable("plain", "plain", 64);
    assert_printable("\x1b[31m\r\n\t\x7f", "?[31m????", 64);
    assert_printable("\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80", "\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80", 64);
    assert_printable("\xc2\x9b\xc2\xa0", "?\xc2\xa0", 64);
    assert_printable("a\xff\xfe", "a??", 64);
    assert_printable("\xc3", "?", 64);                /* cut off */
    assert_printable("\xc0\x80\xc1\xbf", "????", 64); /* overlong */
    assert_printable("\xe0\x80\x80", "???", 64);      /* overlong */
    assert_printable("\xed\xa0\x80", "???", 64);      /* surrogate */
    assert_printable("\xf4\x90\x80\x80", "????", 64); /* past the end of Unicode */
    assert_printable("\xe2\x80\xae\xe2\x81\xa9x", "??x", 64);
    /* What has no width; of a joiner words may be made. */
    assert_printable("a\xe2\x80\x8b\xe2\x81\xa0\xc2\xad\xf3\xa0\x81\x81z", "a????z", 64);
    assert_printable("\xd9\x85\xdb\x8c\xe2\x80\x8c\xd8\xae", "\xd9\x85\xdb\x8c\xe2\x80\x8c\xd8\xae", 64);
    assert_printable("abc", "ab", 3);
    assert_printable("a\xe2\x82\xac", "a", 4); /* cut at a character's border */
    assert_printable("a\xe2\x82\xac", "a\xe2\x82\xac", 5);
    assert_printable("abc", "", 1);
    char untouched = 'u';
    uw_text_printable("abc", &untouched, 0);
    assert_int_equal(untouched, 'u');
}

static void test_bytes(void **state)
{
    (void)state;
    static const struct {
        uint64_t bytes;
        const char *text;
    } cases[] = {
        {0, "0 B"},
        {999, "999 B"},
        {1000, "1.0 kB"},
        {1049, "1.0 kB"},
        {1050, "1.1 kB"},
        {999949, "999.9 kB"},
        {999950, "1.0 MB"},
        {480103981056, "480.1 GB"},
        {1024209543168, "1.0 TB"},
        {UINT64_C(999949999999999999), "999.9 PB"},
        {UINT64_MAX, "18.4 EB"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[32];
        uw_text_bytes(cases[i].bytes, text, sizeof text);
        assert_string_equal(text, cases[i].text);
    }
}

static void test_hint(void **state)
{
    (void)state;
    static const struct {
        const char *id, *hint;
    } cases[] = {
        {"", ""},
        {"A", "A"},
        {"ABCD", "ABCD"},
        {"S-1234", "1234"},
        {"\u20ac", "\u20ac"},
        {"S-1\u20ac\u00df5", "1\u20ac\u00df5"},
        {"a\U00010348\U00010348\U00010348\U00010348", "\U00010348\U00010348\U00010348\U00010348"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *hint = uw_text_hint(cases[i].id);
        assert_string_equal(hint, cases[i].hint);
        assert_true(hint >= cases[i].id && hint <= cases[i].id + strlen(cases[i].id));
    }
}

static void test_duration(void **state)
{
    (void)state;
    static const struct {
        uint64_t seconds;
        const char *text;
    } cases[] = {
        {0, "0 s"},       {59, "59 s"},        {60, "1 min 0 s"},    {599, "9 min 59 s"}, {600, "10 min"},
        {3599, "59 min"}, {3600, "1 h 0 min"}, {7805, "2 h 10 min"}, {360000, "100 h"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[32];
        uw_text_duration(cases[i].seconds, text, sizeof text);
        assert_string_equal(text, cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples),
        cmocka_unit_test(test_verdicts),
        cmocka_unit_test(test_what_matters_is_said),
        cmocka_unit_test(test_addendum),
        cmocka_unit_test(test_passes),
        cmocka_unit_test(test_many_patterns),
        cmocka_unit_test(test_witness),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_unsigned),
        cmocka_unit_test(test_no_document),
        cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_hostile_everywhere),
        cmocka_unit_test(test_wide),
        cmocka_unit_test(test_columns),
        cmocka_unit_test(test_printable),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_hint),
        cmocka_unit_test(test_duration),
    };
    if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
