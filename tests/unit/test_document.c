/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/document.h"

static json_t *parse(const char *text, struct uw_error *e)
{
    *e = (struct uw_error){0};
    return uw_document_parse(text, strlen(text), e);
}

static void must_refuse(const char *text, size_t bytes, const char *why)
{
    struct uw_error e = {0};
    json_t *document = uw_document_parse(text, bytes, &e);
    if (document != NULL || e.code != UW_E_INVALID || strstr(e.text, why) == NULL)
        fail_msg("%.60s: %s, wanted '%s'", text, document != NULL ? "taken" : e.text, why);
}

static void refuses(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *why;
    } rows[] = {
        {"", "empty"},
        {" ", "ends too early"},
        {"{", "ends too early"},
        {"[]", "not an object"},
        {"1", "not JSON"},
        {"{}{}", "something follows"},
        {"{} x", "something follows"},
        {"{\"a\":1,\"a\":1}", "stands twice"},
        {"{\"a\":1,\"\\u0061\":2}", "stands twice"},
        {"{\"x\":{\"a\":[{\"b\":1,\"b\":2}]}}", "stands twice"},
        {"{\"a\":1.5}", "a: a number with a fraction"},
        {"{\"a\":[0,{\"b\":1e2}]}", "a.1.b: a number with a fraction"},
        {"{\"a\":1E2}", "a number with a fraction"},
        {"{\"a\":1.0}", "a number with a fraction"},
        {"{\"a\":1e999}", "out of range"},
        {"{\"a\":-0}", "negative zero"},
        {"{\"a\":[1,-0]}", "negative zero"},
        {"{\"a\":-0.0}", "negative zero"},
        {"{\"a\":9007199254740992}", "2^53"},
        {"{\"a\":-9007199254740992}", "2^53"},
        {"{\"a\":9223372036854775807}", "2^53"},
        {"{\"a\":9223372036854775808}", "out of range"},
        {"{\"a\":01}", "not JSON"},
        {"{\"a\":+1}", "not JSON"},
        {"{\"a\":0x10}", "not JSON"},
        {"{\"a\":Infinity}", "not JSON"},
        {"{\"a\":True}", "not JSON"},
        {"{a:1}", "not JSON"},
        {"{\"a\":'b'}", "not JSON"},
        {"{\"a\":1,}", "not JSON"},
        {"{\"a\":\"\\u0000\"}", "NUL"},
        {"{\"a\\u0000\":1}", "NUL"},
        {"{\"a\":\"\\u0001\"}", "a: a control character"},
        {"{\"a\":\"x\\n\"}", "a control character"},
        {"{\"a\":\"\\t\"}", "a control character"},
        {"{\"a\":\"\\u007f\"}", "a control character"},
        {"{\"a\":\"\x7f\"}", "a control character"},
        {"{\"a\":\"\t\"}", "not JSON"},
        {"{\"a\\n\":1}", "not printable ASCII"},
        {"{\"\xc3\xa9\":1}", "not printable ASCII"},
        {"{\"\\u00e9\":1}", "not printable ASCII"},
        {"{\"\\u007f\":1}", "not printable ASCII"},
        {"{\"a\":\"\\ud800\"}", "not JSON"},
        {"{\"a\":\"\\ude00\\ud83d\"}", "not JSON"},
        {"{\"a\":\"\xff\"}", "not valid UTF-8"},
        {"{\"a\":\"\xc0\x80\"}", "not valid UTF-8"},
        {"{\"a\":\"\xed\xa0\x80\"}", "not valid UTF-8"},
        {"{\"a\":\"\xf4\x90\x80\x80\"}", "not valid UTF-8"},
        {"\xef\xbb\xbf{}", "not JSON"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        must_refuse(rows[i].text, strlen(rows[i].text), rows[i].why);
    must_refuse("{}\0", 3, "something follows");
    must_refuse("{\"a\":\"b\0c\"}", 11, "not JSON");
    must_refuse("{\"a\":\"bcd\"}", 8, "ends too early");
    must_refuse("{\"a\":\"\\", 7, "not JSON");
}

static void takes(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "{}",
        " \r\n\t{ } \n",
        "{\"a\":9007199254740991,\"b\":-9007199254740991,\"c\":0,\"d\":-1}",
        "{\"a\":\"-0 and 1e2 {[\\\"-0\"}",
        "{\"\":\"\",\"a b~!\":null}",
        "{\"a\":\"\\ud83d\\ude00 \\u2028\"}",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct uw_error e;
        json_t *document = parse(rows[i], &e);
        if (document == NULL)
            fail_msg("%s: %s", rows[i], e.text);
        json_decref(document);
    }
}

/* {"a":[[...]]}: an object and levels - 1 lists. */
static char *nested(size_t levels)
{
    char *text = malloc(2 * levels + 8), *p = text;
    assert_non_null(text);
    p = stpcpy(p, "{\"a\":");
    memset(p, '[', levels - 1);
    memset(p + levels - 1, ']', levels - 1);
    strcpy(p + 2 * (levels - 1), "}");
    return text;
}

static void bounds_depth(void **state)
{
    (void)state;
    struct uw_error e;
    char *text = nested(64);
    json_t *document = parse(text, &e);
    assert_non_null(document);
    json_decref(document);
    free(text);
    text = nested(65);
    must_refuse(text, strlen(text), "nested deeper");
    free(text);
    text = nested(1000000);
    must_refuse(text, strlen(text), "nested deeper");
    free(text);
}

static void bounds_size(void **state)
{
    (void)state;
    size_t bytes = UW_DOCUMENT_BYTES;
    struct uw_error e = {0};
    char *text = malloc(bytes + 1);
    assert_non_null(text);
    memset(text, ' ', bytes + 1);
    memcpy(text, "{}", 2);
    json_t *document = uw_document_parse(text, bytes, &e);
    assert_non_null(document);
    json_decref(document);
    must_refuse(text, bytes + 1, "larger than");
    /* Five million empty objects would take more than a gigabyte. */
    memcpy(text, "{\"a\":[", 6);
    for (size_t i = 6; i + 3 <= bytes; i += 3)
        memcpy(text + i, "{},", 3);
    must_refuse(text, bytes, "objects and lists");
    free(text);
}

/* Bodies that code of ours could build. */
static void checks_before_canonical(void **state)
{
    (void)state;
    json_t *control = json_stringn_nocheck("a\0b", 3), *bytes = json_string_nocheck("\xff");
    json_t *outer = json_array(), *inner = json_array();
    const struct {
        json_t *value;
        const char *why;
    } rows[] = {
        {json_real(1.0), "fraction"},
        {json_integer(1LL << 53), "2^53"},
        {control, "control character"},
        {bytes, "not valid UTF-8"},
        {json_pack("{s:[i,f]}", "a", 1, 0.5), "a.1: a number with a fraction"},
        {json_pack("{s:n}", "\n"), "not printable ASCII"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct uw_error e = {0};
        size_t length;
        assert_null(uw_document_canonical(rows[i].value, &length, &e));
        assert_int_equal(e.code, UW_E_INVALID);
        assert_non_null(strstr(e.text, rows[i].why));
        json_decref(rows[i].value);
    }
    /* A loop of references ends at the depth limit. */
    struct uw_error e = {0};
    char hex[UW_SHA256_HEX];
    json_array_append(outer, inner);
    json_array_append(inner, outer);
    assert_false(uw_document_sha256(outer, hex, &e));
    assert_non_null(strstr(e.text, "nested"));
    json_array_clear(inner);
    json_decref(inner);
    json_decref(outer);
    assert_false(uw_document_sha256(NULL, hex, &e));
}

static char *next_line(FILE *file, size_t *bytes)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t n = getline(&line, &room, file);
    if (n <= 0) {
        free(line);
        return NULL;
    }
    *bytes = (size_t)n - (line[n - 1] == '\n');
    line[*bytes] = '\0';
    return line;
}

/* expected.jsonl is what npm's canonicalize makes of input.jsonl; tests/cli/schema.test checks that it still
 * does. */
static void equals_npm_canonicalize(void **state)
{
    (void)state;
    FILE *input = fopen(TEST_DATA "/canonical/input.jsonl", "r");
    FILE *expected = fopen(TEST_DATA "/canonical/expected.jsonl", "r");
    assert_non_null(input);
    assert_non_null(expected);
    char *text, *want;
    size_t text_bytes, want_bytes, bytes, lines = 0;
    while ((text = next_line(input, &text_bytes)) != NULL &&
           (want = next_line(expected, &want_bytes)) != NULL) {
        struct uw_error e = {0};
        json_t *document = uw_document_parse(text, text_bytes, &e);
        char *canonical = document == NULL ? NULL : uw_document_canonical(document, &bytes, &e);
        if (canonical == NULL)
            fail_msg("%s: %s", text, e.text);
        assert_string_equal(canonical, want);
        assert_int_equal(bytes, want_bytes);
        free(canonical);
        json_decref(document);
        free(text);
        free(want);
        lines++;
    }
    assert_int_equal(lines, 14);
    assert_null(text);
    fclose(input);
    fclose(expected);
}

static void hashes_the_canonical_bytes(void **state)
{
    (void)state;
    struct uw_error e;
    char one[UW_SHA256_HEX], other[UW_SHA256_HEX];
    uw_sha256_hex("abc", 3, one); /* FIPS 180-2, appendix B.1 */
    assert_string_equal(one, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    json_t *document = parse("{ \"b\" : \"\\u0041\", \"a\" : 1 }", &e);
    assert_true(uw_document_sha256(document, one, &e));
    uw_sha256_hex("{\"a\":1,\"b\":\"A\"}", 15, other);
    assert_string_equal(one, other);
    json_decref(document);
}

static void encodes_base64url(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t count;
        const char *text;
    } rows[] = {
        {"", 0, ""},        {"f", 1, "Zg"},         {"fo", 2, "Zm8"},
        {"foo", 3, "Zm9v"}, {"foob", 4, "Zm9vYg"},  {"fooba", 5, "Zm9vYmE"},
        {"\0", 1, "AA"},    {"\xfb\xff", 2, "-_8"}, {"\xff\xff\xff", 3, "____"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t back[8];
        char *text = uw_base64url_encode((const uint8_t *)rows[i].bytes, rows[i].count);
        assert_string_equal(text, rows[i].text);
        assert_int_equal(uw_base64url_decode(text, back, sizeof back), rows[i].count);
        assert_memory_equal(back, rows[i].bytes, rows[i].count);
        assert_int_equal(uw_base64url_decode(text, back, rows[i].count), rows[i].count);
        if (rows[i].count > 0)
            assert_int_equal(uw_base64url_decode(text, back, rows[i].count - 1), -1);
        free(text);
    }
}

static void refuses_loose_base64url(void **state)
{
    (void)state;
    static const char *const rows[] = {"Z",    "Zg=", "Zg==", "Zh",   "Zm9", "Zm9=", "Zm9vZ",   "Z g",
                                       "Zg\n", "+_8", "-/8",  "Zm.v", "é",   "-_9",  "Zm9vYg\t"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t bytes[8];
        assert_int_equal(uw_base64url_decode(rows[i], bytes, sizeof bytes), -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses),
        cmocka_unit_test(takes),
        cmocka_unit_test(bounds_depth),
        cmocka_unit_test(bounds_size),
        cmocka_unit_test(checks_before_canonical),
        cmocka_unit_test(equals_npm_canonicalize),
        cmocka_unit_test(hashes_the_canonical_bytes),
        cmocka_unit_test(encodes_base64url),
        cmocka_unit_test(refuses_loose_base64url),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
