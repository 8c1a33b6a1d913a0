/* SPDX-License-Identifier: Apache-2.0 */
/* A document of unknown origin: strict reading, canonical bytes, hash, signatures, the page in plain words.
 */
#include <stdlib.h>
#include <string.h>

#include "core/document.h"
#include "fuzz.h"
#include "output/output.h"
#include "output/show_page.h"
#include "sign/sign.h"
#include "unwrite/unwrite.h"

/* What the test key has signed in the corpus, by SHA-256 of the body. Nothing else can hold: the stranger's
 * key has signed none of them, and a new signature is beyond any search. */
static const struct {
    const char *kind, *sha256;
} signed_bodies[] = {
    {"certificate", "74301d8bd0c11150a93d5b018063b10372b9db2754e1534025b37269a7fd46a0"},
    {"certificate", "08db82fdf5256540508065acc585840ecf64ee2d1fc8c89bbfe048ef9b9ba858"},
    {"intent", "65689ba3bbfb171f82ebbaba9f0c446fb2755c61b05ce0d036c9a76ecf9a1c67"},
    {"addendum", "7ee8218649ccf69e8cbda70b1ac25a8e9ce33d6b7f8f4e2bd5293feacd1a2e8c"},
    {"order", "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"},
};

static struct uw_key *test_key, *stranger;

static void load_keys(void)
{
    struct uw_error e = {0};
    if (test_key != NULL)
        return;
    must(uw_key_load_public(TEST_DATA "/test-key.pem", &test_key, &e));
    must(uw_key_load_public(TEST_DATA "/stranger/key.jwk", &stranger, &e));
}

/* What is read is what the canonical bytes say, and they say it in one way. */
static json_t *check_round_trip(const json_t *document)
{
    struct uw_error e = {0};
    char hex[UW_SHA256_HEX], hex_of_text[UW_SHA256_HEX];
    size_t bytes = 0, again_bytes = 0;
    char *text = uw_document_canonical(document, &bytes, &e);
    must(text != NULL);
    must(strlen(text) == bytes);
    json_t *again = uw_document_parse(text, bytes, &e);
    must(again != NULL);
    must(json_equal(document, again));
    char *text_again = uw_document_canonical(again, &again_bytes, &e);
    must(text_again != NULL);
    must(again_bytes == bytes && memcmp(text, text_again, bytes) == 0);
    for (size_t i = 0; i < bytes; i++)
        must((unsigned char)text[i] >= 0x20 && text[i] != 0x7f);
    must(uw_document_sha256(document, hex, &e));
    uw_sha256_hex(text, bytes, hex_of_text);
    must(strcmp(hex, hex_of_text) == 0);
    free(text_again);
    free(text);
    return again;
}

static bool was_signed(const json_t *document, const char *kind)
{
    struct uw_error e = {0};
    char hex[UW_SHA256_HEX];
    must(uw_document_sha256(json_object_get(document, kind), hex, &e));
    for (size_t i = 0; i < sizeof signed_bodies / sizeof *signed_bodies; i++)
        if (strcmp(kind, signed_bodies[i].kind) == 0 && strcmp(hex, signed_bodies[i].sha256) == 0)
            return true;
    return false;
}

static bool verify(const json_t *document, const char **kind)
{
    struct uw_error e = {0};
    bool holds = uw_verify_document(document, test_key, true, kind, &e);
#ifdef FUZZ_SELFTEST
    /* A verifier that looks at everything but the signature itself. */
    if (strcmp(e.text, "a signature does not fit the content") == 0) {
        *kind = "certificate";
        return true;
    }
#endif
    if (!holds)
        must_explain(&e, UW_E_INVALID);
    return holds;
}

/* The document with those of its signatures alone whose kid is the test key's, or with the others alone. */
static json_t *only(const json_t *document, const char *kind, const json_t *kids, bool own)
{
    json_t *kept = json_array(), *kid;
    size_t i;
    json_array_foreach(kids, i, kid) {
        json_t *entry = json_array_get(json_object_get(document, "signatures"), i);
        if ((strcmp(json_string_value(kid), uw_key_thumbprint(test_key)) == 0) == own)
            json_array_append_new(kept,
                                  json_pack("{s:O, s:O}", "protected", json_object_get(entry, "protected"),
                                            "signature", json_object_get(entry, "signature")));
    }
    return json_pack("{s:O, s:o}", kind, json_object_get(document, kind), "signatures", kept);
}

/* A document that holds does so by the signatures that name the key; others and unprotected headers neither
 * help nor hinder. Whoever they name can be printed. */
static void check_others(const json_t *document, const char *kind)
{
    struct uw_error e = {0};
    json_t *kids = uw_document_kids(document), *kid;
    size_t i;
    json_array_foreach(kids, i, kid) {
        const char *text = json_string_value(kid);
        must(text != NULL && strlen(text) == UW_THUMBPRINT_BYTES - 1);
        must_be_printable(text, false);
    }
    json_t *own = only(document, kind, kids, true), *others = only(document, kind, kids, false);
    must(uw_verify_document(own, test_key, true, NULL, &e));
    must(!uw_verify_document(others, test_key, true, NULL, &e));
    json_decref(others);
    json_decref(own);
    json_decref(kids);
}

/* Returns whether they hold. */
static bool check_signatures(const json_t *document, const json_t *again)
{
    struct uw_error e = {0};
    const char *kind = NULL, *kind_again = NULL;
    must(!uw_verify_document(document, test_key, false, NULL, &e));
    must_explain(&e, UW_E_INVALID);
    must(!uw_verify_document(document, stranger, true, NULL, &e));
    must_explain(&e, UW_E_INVALID);
    bool holds = verify(document, &kind);
    must(verify(again, &kind_again) == holds);
    must(kind_again == kind);
    must(!holds || was_signed(document, kind));
    if (holds)
        check_others(document, kind);
    return holds;
}

/* As wide and long as a page, and its first line never claims what the document does not. */
static void check_page(const json_t *document)
{
    struct uw_error e = {0};
    char *page = uw_show_document(document, &e);
    if (page == NULL) {
        must_explain(&e, UW_E_INVALID);
        must(!json_is_object(member(document, "certificate")));
        return;
    }
    must_be_printable(page, true);
    size_t rows = 0, columns = 0;
    for (const char *p = page; *p != '\0'; p++) {
        columns = *p == '\n' ? 0 : columns + (((unsigned char)*p & 0xc0) != 0x80);
        rows += *p == '\n';
        must(columns <= PAGE_COLUMNS);
    }
    must(rows <= PAGE_ROWS);
    const char *verdict = json_string_value(member(document, "certificate.verdict"));
    if (strncmp(page, "SANITIZED", strlen("SANITIZED")) == 0)
        must(verdict != NULL &&
             (strcmp(verdict, "sanitized") == 0 || strcmp(verdict, "sanitized-with-exceptions") == 0));
    free(page);
}

/* `cert verify` says 0 for a genuine certificate of an erase and for nothing else. */
static void check_command(const json_t *document, const uint8_t *data, size_t bytes)
{
    struct uw_error e = {0};
    json_t *found = NULL;
    const struct uw_cert_request request = {.file = fuzz_file(data, bytes),
                                            .key = TEST_DATA "/test-key.pem",
                                            .level = "clear",
                                            .allow_test_key = true};
    enum uw_exit code = uw_cert_verify(&request, &found, &e);
    must(found == NULL || json_equal(found, document));
    must((code == UW_EXIT_SANITIZED || code == UW_EXIT_LEVEL) == (found != NULL));
    const json_t *body = json_object_get(found, "certificate");
    const char *verdict = json_string_value(json_object_get(body, "verdict"));
    const char *level = json_string_value(member(body, "claim.level"));
    if (code == UW_EXIT_SANITIZED)
        must(was_signed(found, "certificate") && verdict != NULL && strncmp(verdict, "sanitized", 9) == 0 &&
             level != NULL && strcmp(level, "none") != 0);
    else
        must_explain(&e, code == UW_EXIT_LEVEL ? UW_E_LEVEL : UW_E_INVALID);
    json_decref(found);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct uw_error e = {0};
    load_keys();
    json_t *document = uw_document_parse((const char *)data, bytes, &e);
    if (document == NULL) {
        must_explain(&e, UW_E_INVALID);
        return 0;
    }
    json_t *again = check_round_trip(document);
    bool holds = check_signatures(document, again);
    check_page(document);
    if (holds || bytes % 8 == 0) /* it reads files: one in eight of the others will do */
        check_command(document, data, bytes);
    json_decref(again);
    json_decref(document);
    return 0;
}
