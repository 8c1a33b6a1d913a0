/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/keystream.h"

#include <stdlib.h>

#include <openssl/evp.h>

enum { BLOCK_BYTES = 16, ZERO_BYTES = 32768 };

struct uw_keystream {
    EVP_CIPHER *cipher;
    EVP_CIPHER_CTX *context;
};

/* Small enough to stay in the processor's first cache, large enough that the calls do not count. */
static const uint8_t zeros[ZERO_BYTES];

struct uw_keystream *uw_keystream_open(const uint8_t key[UW_KEY_BYTES], struct uw_error *e)
{
    struct uw_keystream *keystream = calloc(1, sizeof *keystream);
    if (keystream == NULL) {
        uw_fail(e, UW_E_NOMEM, "no memory for a keystream");
        return NULL;
    }
    keystream->cipher = EVP_CIPHER_fetch(NULL, "AES-256-CTR", NULL);
    keystream->context = EVP_CIPHER_CTX_new();
    if (keystream->cipher == NULL || keystream->context == NULL ||
        EVP_EncryptInit_ex2(keystream->context, keystream->cipher, key, zeros, NULL) != 1) {
        uw_keystream_close(keystream);
        uw_fail(e, UW_E_IO, "libcrypto has no AES-256-CTR");
        return NULL;
    }
    return keystream;
}

void uw_keystream_close(struct uw_keystream *keystream)
{
    if (keystream == NULL)
        return;
    EVP_CIPHER_CTX_free(keystream->context); /* wipes the key */
    EVP_CIPHER_free(keystream->cipher);
    free(keystream);
}

static bool encrypt(struct uw_keystream *keystream, const uint8_t *from, uint8_t *to, size_t bytes)
{
    int made = 0;
    return EVP_EncryptUpdate(keystream->context, to, &made, from, (int)bytes) == 1 && (size_t)made == bytes;
}

static bool seek(struct uw_keystream *keystream, uint64_t offset)
{
    uint8_t counter[BLOCK_BYTES] = {0}, skipped[BLOCK_BYTES];
    uint64_t block = offset / BLOCK_BYTES;
    for (unsigned i = 0; i < 8; i++)
        counter[BLOCK_BYTES - 1 - i] = (uint8_t)(block >> (8 * i));
    /* A new counter alone keeps the expanded key. */
    if (EVP_EncryptInit_ex2(keystream->context, NULL, NULL, counter, NULL) != 1)
        return false;
    size_t skip = (size_t)(offset % BLOCK_BYTES);
    return skip == 0 || encrypt(keystream, zeros, skipped, skip);
}

bool uw_keystream_fill(struct uw_keystream *keystream, uint64_t offset, uint8_t *data, size_t bytes)
{
    bool good = seek(keystream, offset);
    while (good && bytes > 0) {
        size_t step = bytes < ZERO_BYTES ? bytes : ZERO_BYTES;
        good = encrypt(keystream, zeros, data, step);
        data += step;
        bytes -= step;
    }
    return good;
}

bool uw_keystream_apply(struct uw_keystream *keystream, uint64_t offset, uint8_t *data, size_t bytes)
{
    bool good = seek(keystream, offset);
    while (good && bytes > 0) {
        size_t step = bytes < (1U << 30) ? bytes : 1U << 30;
        good = encrypt(keystream, data, data, step);
        data += step;
        bytes -= step;
    }
    return good;
}
