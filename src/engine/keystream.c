/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/keystream.h"

#include <stdlib.h>

#include <openssl/evp.h>
#if defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

enum { COUNTER_BYTES = 16, AES_BLOCK_BYTES = 16, CHACHA20_BLOCK_BYTES = 64, ZERO_BYTES = 32768 };

struct uw_keystream {
    enum uw_cipher kind;
    EVP_CIPHER *cipher;
    EVP_CIPHER_CTX *context;
};

/* Small enough to stay in the processor's first cache, large enough that the calls do not count. */
static const uint8_t zeros[ZERO_BYTES];

enum uw_cipher uw_keystream_cipher(void)
{
#if defined(__x86_64__) || defined(__i386__)
    return __builtin_cpu_supports("aes") ? UW_CIPHER_AES_256_CTR : UW_CIPHER_CHACHA20;
#elif defined(__aarch64__)
    return getauxval(AT_HWCAP) & HWCAP_AES ? UW_CIPHER_AES_256_CTR : UW_CIPHER_CHACHA20;
#else
    return UW_CIPHER_CHACHA20;
#endif
}

struct uw_keystream *uw_keystream_open(enum uw_cipher cipher, const uint8_t key[UW_KEY_BYTES],
                                       struct uw_error *e)
{
    const char *name = cipher == UW_CIPHER_CHACHA20 ? "ChaCha20" : "AES-256-CTR";
    struct uw_keystream *keystream = calloc(1, sizeof *keystream);
    if (keystream == NULL) {
        uw_fail(e, UW_E_NOMEM, "no memory for a keystream");
        return NULL;
    }
    keystream->kind = cipher;
    keystream->cipher = EVP_CIPHER_fetch(NULL, name, NULL);
    keystream->context = EVP_CIPHER_CTX_new();
    if (keystream->cipher == NULL || keystream->context == NULL ||
        EVP_EncryptInit_ex2(keystream->context, keystream->cipher, key, zeros, NULL) != 1) {
        uw_keystream_close(keystream);
        uw_fail(e, UW_E_IO, "libcrypto has no %s", name);
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

static void put_big_endian(uint8_t counter[COUNTER_BYTES], uint64_t number)
{
    for (unsigned i = 0; i < 8; i++)
        counter[COUNTER_BYTES - 1 - i] = (uint8_t)(number >> (8 * i));
}

static bool seek(struct uw_keystream *keystream, uint64_t offset)
{
    uint8_t counter[COUNTER_BYTES] = {0}, skipped[CHACHA20_BLOCK_BYTES];
    size_t skip;
    if (keystream->kind == UW_CIPHER_CHACHA20) {
        put_big_endian(counter, offset / UW_CHACHA20_PIECE_BYTES);
        uint32_t block = (uint32_t)(offset % UW_CHACHA20_PIECE_BYTES) / CHACHA20_BLOCK_BYTES;
        for (unsigned i = 0; i < 4; i++)
            counter[i] = (uint8_t)(block >> (8 * i));
        skip = (size_t)(offset % CHACHA20_BLOCK_BYTES);
    } else {
        put_big_endian(counter, offset / AES_BLOCK_BYTES);
        skip = (size_t)(offset % AES_BLOCK_BYTES);
    }
    /* A new counter alone keeps the expanded key. */
    if (EVP_EncryptInit_ex2(keystream->context, NULL, NULL, counter, NULL) != 1)
        return false;
    return skip == 0 || encrypt(keystream, zeros, skipped, skip);
}

/* How far the stream runs on by itself. */
static size_t stretch(const struct uw_keystream *keystream, uint64_t offset, size_t bytes)
{
    size_t most = 1U << 30;
    if (keystream->kind == UW_CIPHER_CHACHA20)
        most = (size_t)(UW_CHACHA20_PIECE_BYTES - offset % UW_CHACHA20_PIECE_BYTES);
    return bytes < most ? bytes : most;
}

static bool fill(struct uw_keystream *keystream, uint8_t *data, size_t bytes)
{
    bool good = true;
    for (size_t done = 0; good && done < bytes; done += ZERO_BYTES)
        good = encrypt(keystream, zeros, data + done, bytes - done < ZERO_BYTES ? bytes - done : ZERO_BYTES);
    return good;
}

bool uw_keystream_fill(struct uw_keystream *keystream, uint64_t offset, uint8_t *data, size_t bytes)
{
    bool good = true;
    for (size_t done = 0, step; good && done < bytes; done += step) {
        step = stretch(keystream, offset + done, bytes - done);
        good = seek(keystream, offset + done) && fill(keystream, data + done, step);
    }
    return good;
}

bool uw_keystream_apply(struct uw_keystream *keystream, uint64_t offset, uint8_t *data, size_t bytes)
{
    bool good = true;
    for (size_t done = 0, step; good && done < bytes; done += step) {
        step = stretch(keystream, offset + done, bytes - done);
        good = seek(keystream, offset + done) && encrypt(keystream, data + done, data + done, step);
    }
    return good;
}
