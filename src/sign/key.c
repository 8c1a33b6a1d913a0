/* SPDX-License-Identifier: Apache-2.0 */
#include "sign/key.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/sha.h>

#include "core/document.h"

/* Of tests/data/test-key.pem: everybody has its private half. */
static const char test_thumbprint[] = "XtreosWZm726uenaapCTLN_TOyxgt7zsNVgJGrUqshQ";

void uw_key_free(struct uw_key *key)
{
    if (key == NULL)
        return;
    EVP_PKEY_free(key->pkey);
    free(key);
}

static bool coordinate(const EVP_PKEY *pkey, const char *name, uint8_t out[UW_P256_BYTES])
{
    BIGNUM *n = NULL;
    bool ok =
        EVP_PKEY_get_bn_param(pkey, name, &n) == 1 && BN_bn2binpad(n, out, UW_P256_BYTES) == UW_P256_BYTES;
    BN_free(n);
    return ok;
}

/* A curve spelled out in parameters has no group name and is refused with all others. */
static bool is_p256(const EVP_PKEY *pkey)
{
    char group[32] = "";
    return EVP_PKEY_is_a(pkey, "EC") &&
           EVP_PKEY_get_utf8_string_param(pkey, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group, NULL) == 1 &&
           strcmp(group, SN_X9_62_prime256v1) == 0;
}

/* The point lies on the curve; a private half belongs to the public one. */
static bool is_sound(EVP_PKEY *pkey, bool is_private)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    bool ok = context != NULL && (is_private ? EVP_PKEY_check(context) : EVP_PKEY_public_check(context)) == 1;
    EVP_PKEY_CTX_free(context);
    return ok;
}

/* RFC 7638, section 3: the required members, in the order of their names, without white space. */
static bool set_thumbprint(struct uw_key *key)
{
    uint8_t digest[SHA256_DIGEST_LENGTH];
    json_t *jwk = uw_key_public_jwk(key);
    char *text = jwk == NULL ? NULL : json_dumps(jwk, JSON_COMPACT | JSON_SORT_KEYS);
    char *encoded = NULL;
    if (text != NULL) {
        SHA256((const unsigned char *)text, strlen(text), digest);
        encoded = uw_base64url_encode(digest, sizeof digest);
    }
    if (encoded != NULL)
        memcpy(key->thumbprint, encoded, sizeof key->thumbprint);
    free(encoded);
    free(text);
    json_decref(jwk);
    return encoded != NULL;
}

struct uw_key *uw_key_of(EVP_PKEY *pkey, bool is_private, const char *path, struct uw_error *e)
{
    struct uw_key *key = calloc(1, sizeof *key);
    if (key == NULL) {
        EVP_PKEY_free(pkey);
        uw_fail(e, UW_E_NOMEM, "memory ran out");
        return NULL;
    }
    key->pkey = pkey;
    key->is_private = is_private;
    if (!is_p256(pkey))
        uw_fail(e, UW_E_USAGE, "the key in %s is not of the curve P-256", path);
    else if (!is_sound(pkey, is_private) || !coordinate(pkey, OSSL_PKEY_PARAM_EC_PUB_X, key->x) ||
             !coordinate(pkey, OSSL_PKEY_PARAM_EC_PUB_Y, key->y))
        uw_fail(e, UW_E_USAGE, "the key in %s is not sound", path);
    else if (!set_thumbprint(key))
        uw_fail(e, UW_E_NOMEM, "memory ran out");
    else
        return key;
    ERR_clear_error();
    uw_key_free(key);
    return NULL;
}

const char *uw_key_thumbprint(const struct uw_key *key)
{
    return key->thumbprint;
}

bool uw_key_is_test(const struct uw_key *key)
{
    return strcmp(key->thumbprint, test_thumbprint) == 0;
}

char *uw_key_public_pem(const struct uw_key *key)
{
    char *text = NULL, *held = NULL;
    BIO *bio = BIO_new(BIO_s_mem());
    if (bio != NULL && PEM_write_bio_PUBKEY(bio, key->pkey) == 1) {
        long bytes = BIO_get_mem_data(bio, &held);
        text = bytes > 0 ? strndup(held, (size_t)bytes) : NULL;
    }
    BIO_free(bio);
    ERR_clear_error();
    return text;
}

json_t *uw_key_public_jwk(const struct uw_key *key)
{
    char *x = uw_base64url_encode(key->x, sizeof key->x);
    char *y = uw_base64url_encode(key->y, sizeof key->y);
    json_t *jwk = NULL;
    if (x != NULL && y != NULL)
        jwk = json_pack("{s:s, s:s, s:s, s:s}", "crv", "P-256", "kty", "EC", "x", x, "y", y);
    free(x);
    free(y);
    return jwk;
}
