/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/document.h"
#include "sign/sign.h"

#define EXAMPLE TEST_DATA "/examples/certificate.json"

static struct uw_key *test_key;

static char *text_of(const char *path, size_t *bytes)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        fail_msg("cannot open %s", path);
    char *text = malloc(1 << 20);
    assert_non_null(text);
    *bytes = fread(text, 1, 1 << 20, file);
    fclose(file);
    return text;
}

/* The whole way of a reader: parse strictly, then verify. */
static bool holds(const char *text, size_t bytes, const struct uw_key *key, bool allow_test_key,
                  struct uw_error *e)
{
    const char *kind = NULL;
    *e = (struct uw_error){0};
    json_t *document = uw_document_parse(text, bytes, e);
    bool ok = document != NULL && uw_verify_document(document, key, allow_test_key, &kind, e);
    if (ok)
        assert_non_null(json_object_get(document, kind));
    else
        assert_int_equal(e->code, UW_E_INVALID);
    json_decref(document);
    return ok;
}

static bool file_holds(const char *path, const struct uw_key *key, struct uw_error *e)
{
    size_t bytes;
    char *text = text_of(path, &bytes);
    bool ok = holds(text, bytes, key, true, e);
    free(text);
    return ok;
}

static struct uw_key *new_key(void)
{
    struct uw_error e = {0};
    struct uw_key *key;
    assert_true(uw_key_create("key.pem", &e));
    assert_true(uw_key_load_private("key.pem", &key, &e));
    assert_int_equal(unlink("key.pem"), 0);
    return key;
}

static void examples_hold(void **state)
{
    (void)state;
    struct uw_error e;
    size_t bytes;
    assert_true(file_holds(EXAMPLE, test_key, &e));
    assert_true(file_holds(TEST_DATA "/examples/intent.json", test_key, &e));
    char *text = text_of(EXAMPLE, &bytes);
    assert_false(holds(text, bytes, test_key, false, &e));
    assert_non_null(strstr(e.text, "test key"));
    struct uw_key *other = new_key();
    assert_false(uw_key_is_test(other));
    assert_false(holds(text, bytes, other, true, &e));
    uw_key_free(other);
    free(text);
}

static size_t json_files_in(const char *folder)
{
    size_t count = 0;
    DIR *stream = opendir(folder);
    assert_non_null(stream);
    for (struct dirent *entry; (entry = readdir(stream)) != NULL;)
        count += strstr(entry->d_name, ".json") != NULL;
    closedir(stream);
    return count;
}

/* index.json names every file and, for a forgery, words of the reason that must be given. */
static void check_folder(const char *name, bool wanted, size_t at_least)
{
    char path[512];
    size_t i;
    json_t *entry;
    snprintf(path, sizeof path, "%s/%s/index.json", TEST_DATA, name);
    json_t *index = json_load_file(path, 0, NULL);
    assert_true(json_array_size(index) >= at_least);
    json_array_foreach(index, i, entry) {
        struct uw_error e;
        const char *file = json_string_value(json_object_get(entry, "file"));
        const char *why = json_string_value(json_object_get(entry, "why"));
        snprintf(path, sizeof path, "%s/%s/%s", TEST_DATA, name, file);
        if (file_holds(path, test_key, &e) != wanted)
            fail_msg("%s: %s", file, wanted ? e.text : "taken");
        if (!wanted && (why == NULL || strstr(e.text, why) == NULL))
            fail_msg("%s: refused for another reason: %s", file, e.text);
    }
    snprintf(path, sizeof path, "%s/%s", TEST_DATA, name);
    assert_int_equal(json_array_size(index) + 1, json_files_in(path));
    json_decref(index);
}

static void forgeries_are_refused(void **state)
{
    (void)state;
    check_folder("forged", false, 160);
}

static void variants_hold(void **state)
{
    (void)state;
    check_folder("variants", true, 17);
}

/* A small document as text, so that every place of it can be changed. */
static char *small_document(const struct uw_key *key, size_t *bytes)
{
    struct uw_error e = {0};
    json_t *body = json_pack("{s:s, s:s, s:b, s:s, s:[i,n,{s:s}], s:{s:s}}", "schema",
                             "urn:unwrite:certificate:1", "kind", "certificate", "simulated", 0, "verdict",
                             "sanitized", "list", 4096, "a", "b", "medium", "serial", "S-\xc3\xa9-1");
    json_t *document = uw_sign_document(key, "certificate", body, &e);
    assert_non_null(document);
    char *text = json_dumps(document, JSON_COMPACT | JSON_SORT_KEYS);
    *bytes = strlen(text);
    assert_true(holds(text, *bytes, key, false, &e));
    json_decref(document);
    json_decref(body);
    return text;
}

static void every_changed_bit_is_refused(void **state)
{
    (void)state;
    size_t bytes, body_end;
    struct uw_error e;
    struct uw_key *key = new_key();
    char *text = small_document(key, &bytes);
    body_end = (size_t)(strstr(text, ",\"signatures\"") - text);
    for (size_t at = 0; at < body_end; at++)
        for (unsigned bit = 0; bit < 8; bit++) {
            text[at] = (char)(text[at] ^ 1 << bit);
            if (holds(text, bytes, key, false, &e))
                fail_msg("bit %u of byte %zu: %s", bit, at, text);
            text[at] = (char)(text[at] ^ 1 << bit);
        }
    assert_true(holds(text, bytes, key, false, &e));
    free(text);
    uw_key_free(key);
}

/* Each character of the value behind `name` becomes each other one of the alphabet. */
static void change_characters(const char *name, char *text, size_t bytes, const struct uw_key *key,
                              size_t step)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    struct uw_error e;
    char *p = strstr(text, name);
    assert_non_null(p);
    for (p += strlen(name); *p != '"'; p++) {
        char good = *p;
        for (size_t i = 0; i < sizeof alphabet - 1; i += step) {
            if (alphabet[i] == good)
                continue;
            *p = alphabet[i];
            if (holds(text, bytes, key, false, &e))
                fail_msg("%s", text);
        }
        *p = good;
    }
}

static void every_changed_character_is_refused(void **state)
{
    (void)state;
    size_t bytes;
    struct uw_error e;
    struct uw_key *key = new_key();
    char *text = small_document(key, &bytes);
    change_characters("\"protected\":\"", text, bytes, key, 1);
    change_characters("\"signature\":\"", text, bytes, key, 5);
    assert_true(holds(text, bytes, key, false, &e));
    free(text);
    uw_key_free(key);
}

static void signs_what_it_verifies(void **state)
{
    (void)state;
    static const char *const kinds[] = {"certificate", "intent", "addendum", "order"};
    struct uw_key *key = new_key(), *other = new_key();
    struct uw_error e = {0};
    for (size_t i = 0; i < 4; i++) {
        const char *kind = NULL;
        json_t *body = json_pack("{s:s}", "kind", kinds[i]);
        json_t *document = uw_sign_document(key, kinds[i], body, &e);
        assert_ptr_equal(json_object_get(document, kinds[i]), body);
        assert_true(uw_verify_document(document, key, false, &kind, &e));
        assert_string_equal(kind, kinds[i]);
        assert_true(uw_verify_document(document, key, false, NULL, &e));
        assert_false(uw_verify_document(document, other, false, NULL, &e));
        assert_non_null(strstr(e.text, "another key"));
        json_decref(document);
        json_decref(body);
    }
    uw_key_free(other);
    uw_key_free(key);
}

/* The document with the signatures of both, over the same bytes; the first is `first`'s. */
static json_t *signed_by_both(const struct uw_key *first, const struct uw_key *second, const json_t *body)
{
    struct uw_error e = {0};
    json_t *document = uw_sign_document(first, "certificate", body, &e);
    json_t *other = uw_sign_document(second, "certificate", body, &e);
    assert_non_null(document);
    assert_non_null(other);
    assert_int_equal(
        json_array_extend(json_object_get(document, "signatures"), json_object_get(other, "signatures")), 0);
    json_decref(other);
    return document;
}

/* The entry keeps its form, and holds no longer. */
static void spoil(json_t *document, size_t at)
{
    json_t *entry = json_array_get(json_object_get(document, "signatures"), at);
    char *text = strdup(json_string_value(json_object_get(entry, "signature")));
    text[10] = text[10] == 'A' ? 'B' : 'A';
    json_object_set_new(entry, "signature", json_string(text));
    free(text);
}

static void each_key_checks_its_own(void **state)
{
    (void)state;
    struct uw_key *key = new_key(), *other = new_key(), *third = new_key();
    struct uw_error e = {0};
    json_t *body = json_pack("{s:s}", "kind", "certificate");
    for (size_t bad = 0; bad < 3; bad++) { /* 2: none */
        json_t *document = signed_by_both(key, other, body);
        if (bad < 2)
            spoil(document, bad);
        assert_int_equal(uw_verify_document(document, key, false, NULL, &e), bad != 0);
        assert_int_equal(uw_verify_document(document, other, false, NULL, &e), bad != 1);
        assert_false(uw_verify_document(document, third, false, NULL, &e));
        assert_non_null(strstr(e.text, "another key"));
        json_decref(document);
    }
    json_decref(body);
    uw_key_free(third);
    uw_key_free(other);
    uw_key_free(key);
}

/* Good ones do not make up for one of the same key that does not hold, wherever it stands. */
static void none_of_its_own_may_fail(void **state)
{
    (void)state;
    struct uw_key *key = new_key(), *other = new_key();
    struct uw_error e = {0};
    json_t *body = json_pack("{s:s}", "kind", "certificate");
    for (size_t bad = 0; bad < 3; bad++) {
        json_t *document = signed_by_both(key, other, body), *twice = signed_by_both(key, key, body);
        json_array_extend(json_object_get(document, "signatures"), json_object_get(twice, "signatures"));
        assert_true(uw_verify_document(document, key, false, NULL, &e));
        spoil(document, bad > 0 ? bad + 1 : 0);
        assert_false(uw_verify_document(document, key, false, NULL, &e));
        assert_non_null(strstr(e.text, "does not fit"));
        assert_true(uw_verify_document(document, other, false, NULL, &e));
        json_decref(twice);
        json_decref(document);
    }
    json_decref(body);
    uw_key_free(other);
    uw_key_free(key);
}

static void signers_are_told(void **state)
{
    (void)state;
    struct uw_key *key = new_key(), *other = new_key();
    json_t *body = json_pack("{s:s}", "kind", "certificate");
    json_t *document = signed_by_both(key, other, body);
    json_t *want = json_pack("[s,s]", uw_key_thumbprint(key), uw_key_thumbprint(other));
    json_t *kids = uw_document_kids(document);
    assert_true(json_equal(kids, want));
    assert_false(uw_document_is_by_another(document, key));
    assert_false(uw_document_is_by_another(document, other));
    assert_true(uw_document_is_by_another(document, test_key));
    json_decref(kids);
    json_object_set_new(json_array_get(json_object_get(document, "signatures"), 1), "protected",
                        json_string("e30"));
    kids = uw_document_kids(document);
    assert_int_equal(json_array_size(kids), 2);
    assert_true(json_is_null(json_array_get(kids, 1)));
    assert_false(uw_document_is_by_another(document, test_key));
    json_decref(kids);
    json_decref(want);
    json_decref(document);
    json_decref(body);
    uw_key_free(other);
    uw_key_free(key);
}

static void refuses_to_sign(void **state)
{
    (void)state;
    struct uw_key *key = new_key();
    const struct {
        json_t *body;
        const char *kind;
        const char *why;
    } rows[] = {
        {json_pack("{s:f}", "a", 1.5), "certificate", "fraction"},
        {json_pack("{s:I}", "a", (json_int_t)1 << 53), "certificate", "2^53"},
        {json_pack("{s:s}", "a", "\x01"), "certificate", "control character"},
        {json_array(), "certificate", "not an object"},
        {json_pack("{s:s}", "kind", "intent"), "certificate", "not of the kind"},
        {json_pack("{s:s}", "schema", "urn:unwrite:list:1"), "certificate", "does not follow"},
        {json_pack("{s:b}", "simulated", 1), "certificate", "test key"},
        {json_pack("{s:n}", "simulated"), "certificate", "neither true nor false"},
        {json_object(), "signatures", "no document is of this kind"},
        {json_object(), "list", "no document is of this kind"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct uw_error e = {0};
        assert_null(uw_sign_document(key, rows[i].kind, rows[i].body, &e));
        assert_int_equal(e.code, UW_E_INVALID);
        assert_non_null(strstr(e.text, rows[i].why));
        json_decref(rows[i].body);
    }
    uw_key_free(key);
}

static void simulated_needs_the_test_key(void **state)
{
    (void)state;
    struct uw_error e = {0};
    json_t *body = json_pack("{s:b}", "simulated", 1);
    json_t *document = uw_sign_document(test_key, "certificate", body, &e);
    assert_non_null(document);
    assert_true(uw_verify_document(document, test_key, true, NULL, &e));
    assert_false(uw_verify_document(document, test_key, false, NULL, &e));
    json_decref(document);
    json_decref(body);

    /* Nor does it become the document of a station that adds its own signature. */
    struct uw_key *station = new_key();
    json_t *borrowed = json_pack("{s:b}", "simulated", 0);
    document = signed_by_both(test_key, station, borrowed);
    assert_true(uw_verify_document(document, station, false, NULL, &e));
    assert_false(uw_verify_document(document, test_key, false, NULL, &e));
    json_object_set_new(json_object_get(document, "certificate"), "simulated", json_true());
    assert_false(uw_verify_document(document, station, true, NULL, &e));
    json_decref(document);
    json_decref(borrowed);
    uw_key_free(station);

    struct uw_key *stranger;
    assert_true(uw_key_load_public(TEST_DATA "/stranger/key.jwk", &stranger, &e));
    assert_true(file_holds(TEST_DATA "/stranger/real.json", stranger, &e));
    assert_false(file_holds(TEST_DATA "/stranger/simulated.json", stranger, &e));
    assert_non_null(strstr(e.text, "a simulated run"));
    uw_key_free(stranger);
}

static int enter_scratch(void **state)
{
    static char folder[] = "/tmp/unwrite-sign.XXXXXX";
    struct uw_error e = {0};
    size_t bytes;
    *state = mkdtemp(folder);
    if (*state == NULL || chdir(*state) != 0)
        return -1;
    /* git keeps no mode 0600. */
    char *text = text_of(TEST_DATA "/test-key.pem", &bytes);
    FILE *file = fopen("test-key.pem", "w");
    bool ok = file != NULL && fchmod(fileno(file), 0600) == 0 && fwrite(text, 1, bytes, file) == bytes;
    ok = file != NULL && fclose(file) == 0 && ok && uw_key_load_private("test-key.pem", &test_key, &e);
    free(text);
    return !ok || !uw_key_is_test(test_key) || unlink("test-key.pem") != 0;
}

static int leave_scratch(void **state)
{
    uw_key_free(test_key);
    return chdir("/") != 0 || rmdir(*state) != 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples_hold),
        cmocka_unit_test(forgeries_are_refused),
        cmocka_unit_test(variants_hold),
        cmocka_unit_test(every_changed_bit_is_refused),
        cmocka_unit_test(every_changed_character_is_refused),
        cmocka_unit_test(signs_what_it_verifies),
        cmocka_unit_test(each_key_checks_its_own),
        cmocka_unit_test(none_of_its_own_may_fail),
        cmocka_unit_test(signers_are_told),
        cmocka_unit_test(refuses_to_sign),
        cmocka_unit_test(simulated_needs_the_test_key),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
