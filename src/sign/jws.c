/* SPDX-License-Identifier: Apache-2.0 */
/* JSON Web Signatures over canonical bodies. */
#include "sign/key.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>

#include "core/document.h"

/* r and s, each in 32 bytes (RFC 7518, section 3.4). A header holds at most a chain of certificates. */
enum {
    SIGNATURE_BYTES = 2 * UW_P256_BYTES,
    DER_BYTES = 80,
    HEADER_BYTES = 32 << 10,
    SIGNATURES = 16,
    DIGEST_BYTES = 32
};

static const char *const kinds[] = {"certificate", "intent", "addendum", "order"};

/* The constant of that name, NULL if it is none. */
static const char *known_kind(const char *kind)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i], kind) == 0)
            return kinds[i];
    return NULL;
}

static void type_of(const char *kind, char *type, size_t type_bytes)
{
    snprintf(type, type_bytes, "unwrite-%s+jws", kind);
}

static bool is_text(const json_t *object, const char *name, const char *want)
{
    const char *value = json_string_value(json_object_get(object, name));
    return value != NULL && strcmp(value, want) == 0;
}

/* base64url of the canonical body; NULL and *e otherwise. */
static char *payload_of(const json_t *body, struct uw_error *e)
{
    size_t bytes;
    char *canonical = uw_document_canonical(body, &bytes, e);
    if (canonical == NULL)
        return NULL;
    char *payload = uw_base64url_encode((const uint8_t *)canonical, bytes);
    if (payload == NULL)
        uw_fail(e, UW_E_NOMEM, "memory ran out");
    free(canonical);
    return payload;
}

/* What is signed: PROTECTED "." PAYLOAD (RFC 7515, section 5.1). */
static char *signing_input(const char *protected_text, const char *payload)
{
    size_t bytes = strlen(protected_text) + strlen(payload) + 2;
    char *input = malloc(bytes);
    if (input != NULL)
        snprintf(input, bytes, "%s.%s", protected_text, payload);
    return input;
}

/* What a body says about itself must fit its envelope; members that it lacks bind nobody. */
static bool body_fits(const json_t *body, const char *kind, struct uw_error *e)
{
    char schema[48];
    snprintf(schema, sizeof schema, "urn:unwrite:%s:1", kind);
    if (!json_is_object(body))
        return uw_fail(e, UW_E_INVALID, "the %s is not an object", kind);
    if (json_object_get(body, "kind") != NULL && !is_text(body, "kind", kind))
        return uw_fail(e, UW_E_INVALID, "the body is not of the kind %s", kind);
    if (json_object_get(body, "schema") != NULL && !is_text(body, "schema", schema))
        return uw_fail(e, UW_E_INVALID, "the body does not follow %s", schema);
    const json_t *simulated = json_object_get(body, "simulated");
    if (simulated != NULL && !json_is_boolean(simulated))
        return uw_fail(e, UW_E_INVALID, "simulated is neither true nor false");
    return true;
}

/* What no drive went through must not carry the name of a station. */
static bool key_fits(const json_t *body, const struct uw_key *key, struct uw_error *e)
{
    if (json_is_true(json_object_get(body, "simulated")) && !uw_key_is_test(key))
        return uw_fail(e, UW_E_INVALID, "a simulated run is signed by the test key and no other");
    return true;
}

static char *header_of(const struct uw_key *key, const char *kind)
{
    char type[40];
    type_of(kind, type, sizeof type);
    char *encoded = NULL, *text = NULL;
    json_t *header = json_pack("{s:s, s:s, s:s}", "alg", "ES256", "kid", key->thumbprint, "typ", type);
    if (header != NULL)
        text = json_dumps(header, JSON_COMPACT | JSON_SORT_KEYS);
    if (text != NULL)
        encoded = uw_base64url_encode((const uint8_t *)text, strlen(text));
    free(text);
    json_decref(header);
    return encoded;
}

static bool raw_of_der(const uint8_t *der, size_t der_bytes, uint8_t raw[SIGNATURE_BYTES])
{
    const unsigned char *at = der;
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &at, (long)der_bytes);
    bool ok = signature != NULL &&
              BN_bn2binpad(ECDSA_SIG_get0_r(signature), raw, UW_P256_BYTES) == UW_P256_BYTES &&
              BN_bn2binpad(ECDSA_SIG_get0_s(signature), raw + UW_P256_BYTES, UW_P256_BYTES) == UW_P256_BYTES;
    ECDSA_SIG_free(signature);
    return ok;
}

/* DER of the signature, freed with OPENSSL_free; -1 when memory ran out. */
static int der_of_raw(const uint8_t raw[SIGNATURE_BYTES], unsigned char **der)
{
    ECDSA_SIG *signature = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(raw, UW_P256_BYTES, NULL);
    BIGNUM *s = BN_bin2bn(raw + UW_P256_BYTES, UW_P256_BYTES, NULL);
    int bytes = -1;
    if (signature != NULL && r != NULL && s != NULL && ECDSA_SIG_set0(signature, r, s) == 1) {
        r = s = NULL;
        *der = NULL;
        bytes = i2d_ECDSA_SIG(signature, der);
    }
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(signature);
    return bytes;
}

static char *sign_input(const struct uw_key *key, const char *input)
{
    uint8_t der[DER_BYTES], raw[SIGNATURE_BYTES];
    size_t der_bytes = sizeof der;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool ok = context != NULL &&
              EVP_DigestSignInit_ex(context, NULL, "SHA256", NULL, NULL, key->pkey, NULL) == 1 &&
              EVP_DigestSign(context, der, &der_bytes, (const unsigned char *)input, strlen(input)) == 1 &&
              raw_of_der(der, der_bytes, raw);
    EVP_MD_CTX_free(context);
    ERR_clear_error();
    return ok ? uw_base64url_encode(raw, sizeof raw) : NULL;
}

json_t *uw_sign_document(const struct uw_key *key, const char *kind, const json_t *body, struct uw_error *e)
{
    if (!key->is_private || known_kind(kind) == NULL) {
        uw_fail(e, UW_E_INVALID,
                key->is_private ? "no document is of this kind" : "a public key cannot sign");
        return NULL;
    }
    char *payload = body_fits(body, kind, e) && key_fits(body, key, e) ? payload_of(body, e) : NULL;
    if (payload == NULL)
        return NULL;
    char *header = header_of(key, kind);
    char *input = header == NULL ? NULL : signing_input(header, payload);
    char *signature = input == NULL ? NULL : sign_input(key, input);
    json_t *document = NULL;
    if (signature != NULL)
        document = json_pack("{s:O, s:[{s:s, s:s}]}", kind, (json_t *)body, "signatures", "protected", header,
                             "signature", signature);
    if (document == NULL)
        uw_fail(e, UW_E_IO, "OpenSSL could not sign the %s", kind);
    free(signature);
    free(input);
    free(header);
    free(payload);
    return document;
}

/* The two other members that may stand in a header say which certificates belong to the key. They are never
 * looked at: the key is the caller's. Everything else is refused, `crit` and `b64` (RFC 7797) among it, since
 * it could change what another reader takes the signature for. */
static bool header_has_no_other(const json_t *header, struct uw_error *e)
{
    static const char *const may[] = {"alg", "kid", "typ", "x5c", "x5t#S256"};
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)header, name, value) {
        bool known = false;
        for (size_t i = 0; i < sizeof may / sizeof *may; i++)
            known = known || strcmp(name, may[i]) == 0;
        if (!known)
            return uw_fail(e, UW_E_INVALID, "the protected header has a member that is not understood: %s",
                           name);
    }
    return true;
}

static json_t *read_header(const char *encoded, struct uw_error *e)
{
    struct uw_error why = {0};
    uint8_t *text = malloc(HEADER_BYTES);
    if (text == NULL) {
        uw_fail(e, UW_E_NOMEM, "memory ran out");
        return NULL;
    }
    long bytes = uw_base64url_decode(encoded, text, HEADER_BYTES);
    json_t *header = bytes < 0 ? NULL : uw_document_parse((const char *)text, (size_t)bytes, &why);
    if (header == NULL)
        uw_fail(e, UW_E_INVALID, "the protected header cannot be read: %s",
                bytes < 0 ? "not base64url" : why.text);
    free(text);
    return header;
}

/* A thumbprint in its one form. It may be another's key, so it is all that can be asked of it. */
static const char *kid_of(const json_t *header)
{
    uint8_t digest[DIGEST_BYTES];
    const char *kid = json_string_value(json_object_get(header, "kid"));
    return kid != NULL && uw_base64url_decode(kid, digest, sizeof digest) == DIGEST_BYTES ? kid : NULL;
}

static bool check_protected(const json_t *header, const char *kind, struct uw_error *e)
{
    char type[40];
    type_of(kind, type, sizeof type);
    if (!header_has_no_other(header, e))
        return false;
    if (!is_text(header, "alg", "ES256"))
        return uw_fail(e, UW_E_INVALID, "the protected header's alg is not ES256");
    if (kid_of(header) == NULL)
        return uw_fail(e, UW_E_INVALID, "the protected header's kid is not a thumbprint");
    if (!is_text(header, "typ", type))
        return uw_fail(e, UW_E_INVALID, "the protected header's typ is not %s", type);
    return true;
}

/* Nothing vouches for an unprotected header, so nothing is taken from it; a time token may stand there. What
 * another reader could take for a part of the protected one is refused, and what RFC 7515 (4.1.11) and RFC
 * 7797 allow in the protected one alone. */
static bool check_unprotected(const json_t *header, const json_t *protected_header, struct uw_error *e)
{
    const char *name;
    json_t *value;
    if (json_object_size(header) == 0)
        return uw_fail(e, UW_E_INVALID, "an unprotected header is not an object with members");
    json_object_foreach((json_t *)header, name, value) {
        if (json_object_get(protected_header, name) != NULL)
            return uw_fail(e, UW_E_INVALID, "the protected and the unprotected header both have %s", name);
        if (strcmp(name, "crit") == 0 || strcmp(name, "b64") == 0)
            return uw_fail(e, UW_E_INVALID, "the unprotected header has %s", name);
    }
    return true;
}

/* Of a signature (r, s) the twin (r, n - s) holds as well, by the nature of ECDSA. TPMs and common libraries
 * make either, so both are taken; nothing is named by the bytes of its signature. */
static bool signature_fits(const uint8_t raw[SIGNATURE_BYTES], const char *input, const struct uw_key *key,
                           struct uw_error *e)
{
    unsigned char *der = NULL;
    int der_bytes = der_of_raw(raw, &der);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool ok =
        der_bytes > 0 && context != NULL &&
        EVP_DigestVerifyInit_ex(context, NULL, "SHA256", NULL, NULL, key->pkey, NULL) == 1 &&
        EVP_DigestVerify(context, der, (size_t)der_bytes, (const unsigned char *)input, strlen(input)) == 1;
    EVP_MD_CTX_free(context);
    OPENSSL_free(der);
    ERR_clear_error();
    return ok || uw_fail(e, UW_E_INVALID, "a signature does not fit the content");
}

/* One of `signatures`, with what its members say; `header` is its protected one, decoded. */
struct entry {
    const char *protected_text;
    uint8_t raw[SIGNATURE_BYTES];
    json_t *header;
};

/* Whoever signed it. The caller drops the header, also on failure. */
static bool read_entry(const json_t *from, const char *kind, struct entry *entry, struct uw_error *e)
{
    const json_t *unprotected = json_object_get(from, "header");
    const char *signature = json_string_value(json_object_get(from, "signature"));
    entry->protected_text = json_string_value(json_object_get(from, "protected"));
    entry->header = NULL;
    if (entry->protected_text == NULL || signature == NULL ||
        json_object_size(from) != (unprotected != NULL ? 3 : 2))
        return uw_fail(e, UW_E_INVALID, "a signature has other members than protected, signature and header");
    entry->header = read_header(entry->protected_text, e);
    if (entry->header == NULL || !check_protected(entry->header, kind, e) ||
        (unprotected != NULL && !check_unprotected(unprotected, entry->header, e)))
        return false;
    if (uw_base64url_decode(signature, entry->raw, sizeof entry->raw) != SIGNATURE_BYTES)
        return uw_fail(e, UW_E_INVALID, "a signature is not 64 bytes of base64url");
    return true;
}

/* Every entry is well formed; one whose kid is the key's is counted in `*own` and must hold. */
static bool check_entry(const json_t *from, const char *payload, const char *kind, const struct uw_key *key,
                        size_t *own, struct uw_error *e)
{
    struct entry entry;
    bool ok = read_entry(from, kind, &entry, e);
    if (ok && is_text(entry.header, "kid", key->thumbprint)) {
        char *input = signing_input(entry.protected_text, payload);
        ok = input != NULL ? signature_fits(entry.raw, input, key, e)
                           : uw_fail(e, UW_E_NOMEM, "memory ran out");
        free(input);
        *own += 1;
    }
    json_decref(entry.header);
    return ok;
}

static bool check_entries(const json_t *signatures, const char *payload, const char *kind,
                          const struct uw_key *key, struct uw_error *e)
{
    size_t own = 0;
    for (size_t i = 0; i < json_array_size(signatures); i++)
        if (!check_entry(json_array_get(signatures, i), payload, kind, key, &own, e))
            return false;
    return own > 0 || uw_fail(e, UW_E_INVALID, "signed by another key: kid is not %s", key->thumbprint);
}

/* The kind by which the envelope calls its content; NULL and *e if it is no envelope. */
static const char *kind_of(const json_t *document, struct uw_error *e)
{
    const char *kind = NULL;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (json_object_get(document, kinds[i]) != NULL)
            kind = kinds[i];
    const json_t *signatures = json_object_get(document, "signatures");
    if (kind == NULL)
        uw_fail(e, UW_E_INVALID, "neither a certificate nor an intent, addendum or order");
    else if (json_array_size(signatures) == 0)
        uw_fail(e, UW_E_INVALID, "not signed");
    else if (json_array_size(signatures) > SIGNATURES)
        uw_fail(e, UW_E_INVALID, "more than %d signatures", SIGNATURES);
    else if (json_object_size(document) != 2)
        uw_fail(e, UW_E_INVALID, "something beside the %s and its signatures", kind);
    else
        return kind;
    return NULL;
}

bool uw_verify_document(const json_t *document, const struct uw_key *key, bool allow_test_key,
                        const char **kind, struct uw_error *e)
{
    const char *found = kind_of(document, e);
    if (found == NULL)
        return false;
    const json_t *body = json_object_get(document, found);
    if (uw_key_is_test(key) && !allow_test_key)
        return uw_fail(e, UW_E_INVALID, "signed by the test key, which everybody has");
    if (!body_fits(body, found, e))
        return false;
    char *payload = payload_of(body, e);
    if (payload == NULL)
        return false;
    bool ok = check_entries(json_object_get(document, "signatures"), payload, found, key, e);
    free(payload);
    ok = ok && key_fits(body, key, e);
    if (ok && kind != NULL)
        *kind = found;
    return ok;
}

json_t *uw_document_kids(const json_t *document)
{
    const json_t *entry;
    size_t i;
    json_t *kids = json_array();
    json_array_foreach(json_object_get(document, "signatures"), i, entry) {
        const char *encoded = json_string_value(json_object_get(entry, "protected"));
        json_t *header = encoded != NULL ? read_header(encoded, NULL) : NULL;
        json_t *kid = json_object_get(header, "kid");
        json_array_append_new(kids, json_is_string(kid) ? json_incref(kid) : json_null());
        json_decref(header);
    }
    return kids;
}

bool uw_document_is_by_another(const json_t *document, const struct uw_key *key)
{
    json_t *kids = uw_document_kids(document), *kid;
    size_t i;
    bool another = json_array_size(kids) > 0;
    json_array_foreach(kids, i, kid)
        another = another && json_is_string(kid) && strcmp(json_string_value(kid), key->thumbprint) != 0;
    json_decref(kids);
    return another;
}
