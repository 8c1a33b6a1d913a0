/* SPDX-License-Identifier: Apache-2.0 */
/* Keys in files: PEM (RFC 7468), JWK (RFC 7517). */
#include "sign/key.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/pem.h>

#include "core/document.h"
#include "sign/file.h"

enum { KEY_FILE_BYTES = 64 << 10 };

static bool create_file(const char *path, const void *data, size_t bytes, struct uw_error *e)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    if (name[0] == '\0')
        return uw_fail(e, UW_E_USAGE, "%s is not the name of a file", path[0] == '\0' ? "\"\"" : path);
    char *folder = slash == path ? strdup("/") : strndup(path, slash == NULL ? 0 : (size_t)(slash - path));
    if (folder == NULL)
        return uw_fail(e, UW_E_NOMEM, "memory ran out");
    bool ok = uw_file_create(folder, name, 0600, data, bytes, UW_E_USAGE, e);
    free(folder);
    if (!ok && e != NULL && e->errno_value == EEXIST)
        uw_way_out(e, "name another file: a key is never overwritten");
    return ok;
}

bool uw_key_create(const char *path, struct uw_error *e)
{
    char *text = NULL;
    long bytes = 0;
    EVP_PKEY *pkey = EVP_EC_gen(SN_X9_62_prime256v1);
    BIO *bio = BIO_new(BIO_s_mem()); /* clears what it held when it is freed */
    if (pkey != NULL && bio != NULL && PEM_write_bio_PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL) == 1)
        bytes = BIO_get_mem_data(bio, &text);
    bool ok = bytes > 0 ? create_file(path, text, (size_t)bytes, e)
                        : uw_fail(e, UW_E_IO, "OpenSSL could not make a key");
    BIO_free(bio);
    EVP_PKEY_free(pkey);
    ERR_clear_error();
    return ok;
}

/* Nobody is asked for a passphrase; `user` learns that one was wanted. */
static int no_passphrase(char *buffer, int size, int writing, void *user)
{
    (void)buffer;
    (void)size;
    (void)writing;
    *(bool *)user = true;
    return -1;
}

typedef EVP_PKEY *pem_reader(BIO *bio, EVP_PKEY **into, pem_password_cb *ask, void *user);

static EVP_PKEY *read_pem(pem_reader *reader, const char *text, size_t bytes, bool *encrypted)
{
    *encrypted = false;
    BIO *bio = BIO_new_mem_buf(text, (int)bytes);
    EVP_PKEY *pkey = bio == NULL ? NULL : reader(bio, NULL, no_passphrase, encrypted);
    BIO_free(bio);
    ERR_clear_error();
    return pkey;
}

/* A key that others can read or that somebody else owns proves nothing about who signed. */
static bool is_guarded(const char *path, const struct stat *st, struct uw_error *e)
{
    if (st->st_uid != 0 && st->st_uid != geteuid())
        return uw_fail(e, UW_E_USAGE, "the key %s belongs to somebody else (uid %u)", path,
                       (unsigned)st->st_uid);
    if ((st->st_mode & 077) != 0) {
        uw_fail(e, UW_E_USAGE, "the key %s is open to others (mode %04o)", path,
                (unsigned)st->st_mode & 07777);
        return uw_way_out(e, "chmod 600 it, or make a new one if others may have read it");
    }
    return true;
}

bool uw_key_load_private(const char *path, struct uw_key **key, struct uw_error *e)
{
    struct stat st;
    size_t bytes;
    bool encrypted = false;
    *key = NULL;
    char *text = uw_file_read(path, KEY_FILE_BYTES, &bytes, &st, e);
    if (text == NULL)
        return false;
    if (is_guarded(path, &st, e)) {
        EVP_PKEY *pkey = read_pem(PEM_read_bio_PrivateKey, text, bytes, &encrypted);
        if (pkey != NULL)
            *key = uw_key_of(pkey, true, path, e);
        else if (encrypted)
            uw_fail(e, UW_E_USAGE, "the key in %s is encrypted: nobody can be asked for its passphrase",
                    path);
        else
            uw_fail(e, UW_E_USAGE, "%s holds no private key in PEM form", path);
    }
    OPENSSL_cleanse(text, bytes);
    free(text);
    return *key != NULL;
}

static EVP_PKEY *pkey_of_point(const uint8_t x[UW_P256_BYTES], const uint8_t y[UW_P256_BYTES])
{
    uint8_t point[1 + 2 * UW_P256_BYTES] = {POINT_CONVERSION_UNCOMPRESSED};
    char group[] = SN_X9_62_prime256v1;
    memcpy(point + 1, x, UW_P256_BYTES);
    memcpy(point + 1 + UW_P256_BYTES, y, UW_P256_BYTES);
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point),
        OSSL_PARAM_construct_end(),
    };
    EVP_PKEY *pkey = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    if (context == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &pkey, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
        pkey = NULL;
    EVP_PKEY_CTX_free(context);
    ERR_clear_error();
    return pkey;
}

static bool is_member(const json_t *jwk, const char *name, const char *want)
{
    const char *value = json_string_value(json_object_get(jwk, name));
    return value != NULL && strcmp(value, want) == 0;
}

/* What a JWK says about its use binds; what it does not say is free (RFC 7517, sections 4.2 and 4.4). */
static bool is_for_es256(const json_t *jwk)
{
    return is_member(jwk, "kty", "EC") && is_member(jwk, "crv", "P-256") &&
           (json_object_get(jwk, "use") == NULL || is_member(jwk, "use", "sig")) &&
           (json_object_get(jwk, "alg") == NULL || is_member(jwk, "alg", "ES256"));
}

static bool jwk_coordinate(const json_t *jwk, const char *name, uint8_t out[UW_P256_BYTES])
{
    const char *text = json_string_value(json_object_get(jwk, name));
    return text != NULL && uw_base64url_decode(text, out, UW_P256_BYTES) == UW_P256_BYTES;
}

static struct uw_key *key_of_jwk(const char *text, size_t bytes, const char *path, struct uw_error *e)
{
    uint8_t x[UW_P256_BYTES], y[UW_P256_BYTES];
    struct uw_error why = {0};
    EVP_PKEY *pkey = NULL;
    json_t *jwk = uw_document_parse(text, bytes, &why);
    if (jwk != NULL && is_for_es256(jwk) && jwk_coordinate(jwk, "x", x) && jwk_coordinate(jwk, "y", y))
        pkey = pkey_of_point(x, y);
    if (jwk == NULL)
        uw_fail(e, UW_E_USAGE, "%s is not a JWK: %s", path, why.text);
    else if (pkey == NULL)
        uw_fail(e, UW_E_USAGE, "%s is not a JWK of a P-256 key for ES256", path);
    json_decref(jwk);
    return pkey == NULL ? NULL : uw_key_of(pkey, false, path, e);
}

/* Of a private key only the public half is kept: what is loaded here can never sign. */
static struct uw_key *public_half(struct uw_key *private_key, const char *path, struct uw_error *e)
{
    if (private_key == NULL)
        return NULL;
    EVP_PKEY *pkey = pkey_of_point(private_key->x, private_key->y);
    uw_key_free(private_key);
    if (pkey != NULL)
        return uw_key_of(pkey, false, path, e);
    uw_fail(e, UW_E_NOMEM, "memory ran out");
    return NULL;
}

static struct uw_key *key_of_pem(const char *text, size_t bytes, const char *path, struct uw_error *e)
{
    bool encrypted;
    EVP_PKEY *pkey = read_pem(PEM_read_bio_PUBKEY, text, bytes, &encrypted);
    if (pkey != NULL)
        return uw_key_of(pkey, false, path, e);
    pkey = read_pem(PEM_read_bio_PrivateKey, text, bytes, &encrypted);
    if (pkey != NULL)
        return public_half(uw_key_of(pkey, true, path, e), path, e);
    uw_fail(e, UW_E_USAGE, encrypted ? "the key in %s is encrypted" : "%s holds no key in PEM or JWK form",
            path);
    return NULL;
}

bool uw_key_load_public(const char *path, struct uw_key **key, struct uw_error *e)
{
    size_t bytes;
    *key = NULL;
    char *text = uw_file_read(path, KEY_FILE_BYTES, &bytes, NULL, e);
    if (text == NULL)
        return false;
    bool is_jwk = text[strspn(text, " \t\r\n")] == '{';
    *key = is_jwk ? key_of_jwk(text, bytes, path, e) : key_of_pem(text, bytes, path, e);
    OPENSSL_cleanse(text, bytes);
    free(text);
    return *key != NULL;
}
