/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/pem.h>

#include "sign/sign.h"

/* RFC 7515, appendix A.3.1; the thumbprint as npm's jose computes it. */
#define RFC_X "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"
#define RFC_Y "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
#define RFC_THUMBPRINT "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U"

static int enter_scratch(void **state)
{
    static char folder[] = "/tmp/unwrite-key.XXXXXX";
    *state = mkdtemp(folder);
    return *state == NULL || chdir(*state) != 0;
}

static int leave_scratch(void **state)
{
    return chdir("/") != 0 || rmdir(*state) != 0;
}

static void write_file(const char *path, const char *text, size_t bytes)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, bytes, file), bytes);
    assert_int_equal(fchmod(fileno(file), 0600), 0);
    assert_int_equal(fclose(file), 0);
}

static void write_pkey(const char *path, EVP_PKEY *pkey, const char *passphrase)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_non_null(pkey);
    assert_int_equal(PEM_write_PKCS8PrivateKey(file, pkey, passphrase == NULL ? NULL : EVP_aes_128_cbc(),
                                               passphrase, passphrase == NULL ? 0 : (int)strlen(passphrase),
                                               NULL, NULL),
                     1);
    assert_int_equal(fchmod(fileno(file), 0600), 0);
    fclose(file);
    EVP_PKEY_free(pkey);
}

static void must_refuse(bool (*load)(const char *, struct uw_key **, struct uw_error *), const char *path,
                        const char *why)
{
    struct uw_error e = {0};
    struct uw_key *key;
    if (load(path, &key, &e))
        fail_msg("%s was taken, wanted '%s'", path, why);
    assert_null(key);
    assert_int_equal(e.code, UW_E_USAGE);
    if (strstr(e.text, why) == NULL)
        fail_msg("%s: %s, wanted '%s'", path, e.text, why);
}

static void makes_a_key(void **state)
{
    (void)state;
    struct stat st;
    struct uw_error e = {0};
    struct uw_key *key, *again;
    mode_t before = umask(0);
    assert_true(uw_key_create("k.pem", &e));
    umask(before);
    assert_int_equal(stat("k.pem", &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_true(uw_key_load_private("k.pem", &key, &e));
    assert_int_equal(strlen(uw_key_thumbprint(key)), 43);
    assert_false(uw_key_is_test(key));

    assert_false(uw_key_create("k.pem", &e));
    assert_int_equal(e.code, UW_E_USAGE);
    assert_int_equal(e.errno_value, EEXIST);
    assert_string_not_equal(e.way_out, "");
    assert_true(uw_key_load_private("k.pem", &again, &e));
    assert_string_equal(uw_key_thumbprint(again), uw_key_thumbprint(key));
    uw_key_free(again);
    uw_key_free(key);
    uw_key_free(NULL);
    assert_int_equal(unlink("k.pem"), 0);
}

static void makes_no_half_key(void **state)
{
    (void)state;
    struct uw_error e = {0};
    struct rlimit old, small;
    static const char *const bad[] = {"", "missing/k.pem", "folder/", "/proc/k.pem"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(uw_key_create(bad[i], &e));
        assert_int_equal(e.code, UW_E_USAGE);
    }
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = (struct rlimit){.rlim_cur = 10, .rlim_max = old.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    bool made = uw_key_create("k.pem", &e);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_false(made);
    assert_int_equal(e.errno_value, EFBIG);
    assert_int_equal(access("k.pem", F_OK), -1);
}

static void guards_private_keys(void **state)
{
    (void)state;
    struct uw_error e = {0};
    struct uw_key *key;
    static const mode_t open_modes[] = {0640, 0604, 0620, 0610, 0601, 0777};
    assert_true(uw_key_create("k.pem", &e));
    for (size_t i = 0; i < sizeof open_modes / sizeof *open_modes; i++) {
        assert_int_equal(chmod("k.pem", open_modes[i]), 0);
        must_refuse(uw_key_load_private, "k.pem", "open to others");
        /* Its public half is nobody's secret. */
        assert_true(uw_key_load_public("k.pem", &key, &e));
        uw_key_free(key);
    }
    assert_int_equal(chmod("k.pem", 0400), 0);
    assert_int_equal(symlink("k.pem", "link.pem"), 0);
    assert_true(uw_key_load_private("link.pem", &key, &e));
    uw_key_free(key);
    if (geteuid() == 0) {
        assert_int_equal(chown("k.pem", 12345, (gid_t)-1), 0);
        must_refuse(uw_key_load_private, "k.pem", "belongs to somebody else");
    }
    assert_int_equal(unlink("link.pem") | unlink("k.pem"), 0);
}

static void refuses_what_is_no_key_file(void **state)
{
    (void)state;
    char *large = calloc(1, 65537);
    assert_non_null(large);
    memset(large, 'x', 65537);
    write_file("empty", "", 0);
    write_file("large", large, 65537);
    write_file("garbage", large, 65536);
    write_file("cut.pem", "-----BEGIN PRIVATE KEY-----\nMIG", 31);
    write_file("nul.pem", "\0\0\0", 3);
    assert_int_equal(mkfifo("fifo", 0600), 0);
    free(large);
    static const struct {
        const char *path;
        const char *why;
    } rows[] = {
        {"missing", "cannot read missing"},
        {".", "not a regular file"},
        {"fifo", "not a regular file"},
        {"/dev/null", "not a regular file"},
        {"empty", "is empty"},
        {"large", "larger than"},
        {"garbage", "holds no"},
        {"cut.pem", "holds no"},
        {"nul.pem", "holds no"},
        {"", "cannot read"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        must_refuse(uw_key_load_private, rows[i].path, rows[i].why);
        must_refuse(uw_key_load_public, rows[i].path, rows[i].why);
    }
    for (size_t i = 2; i < 9; i++)
        if (i != 3)
            unlink(rows[i].path);
}

/* A private half that does not belong to the public one beside it: its signatures would hold for nobody. */
static EVP_PKEY *mismatched(void)
{
    EVP_PKEY *one = EVP_EC_gen("P-256"), *other = EVP_EC_gen("P-256"), *mixed = NULL;
    unsigned char point[65], scalar[32];
    size_t point_bytes;
    BIGNUM *secret = NULL;
    assert_int_equal(
        EVP_PKEY_get_octet_string_param(other, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point, &point_bytes),
        1);
    assert_int_equal(EVP_PKEY_get_bn_param(one, OSSL_PKEY_PARAM_PRIV_KEY, &secret), 1);
    assert_int_equal(BN_bn2nativepad(secret, scalar, sizeof scalar), sizeof scalar);
    char group[] = "prime256v1";
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, point_bytes),
        OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, scalar, sizeof scalar),
        OSSL_PARAM_construct_end(),
    };
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    assert_int_equal(EVP_PKEY_fromdata_init(context), 1);
    assert_int_equal(EVP_PKEY_fromdata(context, &mixed, EVP_PKEY_KEYPAIR, parameters), 1);
    EVP_PKEY_CTX_free(context);
    BN_free(secret);
    EVP_PKEY_free(one);
    EVP_PKEY_free(other);
    return mixed;
}

static void refuses_other_keys(void **state)
{
    (void)state;
    write_pkey("p384.pem", EVP_EC_gen("P-384"), NULL);
    write_pkey("k256.pem", EVP_EC_gen("secp256k1"), NULL);
    write_pkey("ed25519.pem", EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), NULL);
    write_pkey("rsa.pem", EVP_RSA_gen(2048), NULL);
    write_pkey("mixed.pem", mismatched(), NULL);
    write_pkey("locked.pem", EVP_EC_gen("P-256"), "secret");
    static const struct {
        const char *path;
        const char *why;
    } rows[] = {
        {"p384.pem", "not of the curve P-256"},
        {"k256.pem", "not of the curve P-256"},
        {"ed25519.pem", "not of the curve P-256"},
        {"rsa.pem", "not of the curve P-256"},
        {"mixed.pem", "not sound"},
        {"locked.pem", "is encrypted"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        must_refuse(uw_key_load_private, rows[i].path, rows[i].why);
        must_refuse(uw_key_load_public, rows[i].path, rows[i].why);
        assert_int_equal(unlink(rows[i].path), 0);
    }
}

static void public_halves_agree(void **state)
{
    (void)state;
    struct uw_error e = {0};
    struct uw_key *key, *of_pem, *of_jwk;
    assert_true(uw_key_create("k.pem", &e));
    assert_true(uw_key_load_private("k.pem", &key, &e));
    char *pem = uw_key_public_pem(key);
    json_t *jwk = uw_key_public_jwk(key);
    char *text = json_dumps(jwk, JSON_INDENT(2));
    write_file("public.pem", pem, strlen(pem));
    write_file("public.jwk", text, strlen(text));
    assert_int_equal(json_object_size(jwk), 4);
    assert_true(uw_key_load_public("public.pem", &of_pem, &e));
    assert_true(uw_key_load_public("public.jwk", &of_jwk, &e));
    assert_string_equal(uw_key_thumbprint(of_pem), uw_key_thumbprint(key));
    assert_string_equal(uw_key_thumbprint(of_jwk), uw_key_thumbprint(key));

    must_refuse(uw_key_load_private, "public.pem", "no private key");
    must_refuse(uw_key_load_private, "public.jwk", "no private key");
    json_t *body = json_object();
    struct uw_key *half;
    assert_true(uw_key_load_public("k.pem", &half, &e));
    assert_null(uw_sign_document(half, "order", body, &e));
    assert_non_null(strstr(e.text, "public key cannot sign"));
    json_t *document = uw_sign_document(key, "order", body, &e);
    assert_true(uw_verify_document(document, half, false, NULL, &e));
    assert_true(uw_verify_document(document, of_jwk, false, NULL, &e));
    json_decref(document);
    json_decref(body);
    json_decref(jwk);
    free(text);
    free(pem);
    uw_key_free(half);
    uw_key_free(of_jwk);
    uw_key_free(of_pem);
    uw_key_free(key);
    assert_int_equal(unlink("k.pem") | unlink("public.pem") | unlink("public.jwk"), 0);
}

static void reads_jwk_strictly(void **state)
{
    (void)state;
    static const char *const good[] = {
        "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" RFC_X "\",\"y\":\"" RFC_Y "\"}",
        "\n\t {\"y\":\"" RFC_Y "\",\"x\":\"" RFC_X
        "\",\"crv\":\"P-256\",\"kty\":\"EC\",\"use\":\"sig\",\"alg\":\"ES256\","
        "\"kid\":\"any\"}\n",
    };
    static const struct {
        const char *text;
        const char *why;
    } bad[] = {
        {"{", "is not a JWK: the text ends"},
        {"{\"kty\":\"EC\",\"kty\":\"EC\"}", "stands twice"},
        {"{}", "not a JWK of a P-256"},
        {"{\"keys\":[]}", "not a JWK of a P-256"},
        {"{\"kty\":\"oct\",\"k\":\"AAAA\"}", "not a JWK of a P-256"},
        {"{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"" RFC_X "\",\"y\":\"" RFC_Y "\"}",
         "not a JWK of a P-256"},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" RFC_X "\"}", "not a JWK of a P-256"},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" RFC_Y "\",\"y\":\"" RFC_X "\"}",
         "not a JWK of a P-256"},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" RFC_X "=\",\"y\":\"" RFC_Y "\"}",
         "not a JWK of a P-256"},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAA\",\"y\":\"" RFC_Y "\"}", "not a JWK of a P-256"},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":1,\"y\":2}", "not a JWK of a P-256"},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"use\":\"enc\",\"x\":\"" RFC_X "\",\"y\":\"" RFC_Y "\"}",
         "not a JWK of a P-256"},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"alg\":\"ES384\",\"x\":\"" RFC_X "\",\"y\":\"" RFC_Y "\"}",
         "not a JWK of a P-256"},
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct uw_error e = {0};
        struct uw_key *key;
        write_file("k.jwk", good[i], strlen(good[i]));
        if (!uw_key_load_public("k.jwk", &key, &e))
            fail_msg("%s", e.text);
        assert_string_equal(uw_key_thumbprint(key), RFC_THUMBPRINT);
        uw_key_free(key);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        write_file("k.jwk", bad[i].text, strlen(bad[i].text));
        must_refuse(uw_key_load_public, "k.jwk", bad[i].why);
    }
    assert_int_equal(unlink("k.jwk"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_a_key),         cmocka_unit_test(makes_no_half_key),
        cmocka_unit_test(guards_private_keys), cmocka_unit_test(refuses_what_is_no_key_file),
        cmocka_unit_test(refuses_other_keys),  cmocka_unit_test(public_halves_agree),
        cmocka_unit_test(reads_jwk_strictly),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
