/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "engine/keystream.h"

/* NIST SP 800-38A, F.5.5 (CTR-AES256.Encrypt): key, plaintext and ciphertext of its four blocks. Its counter
 * starts at f0f1...ff, ours at 0, so the stream itself is asked of the block cipher: E(counter). */
static const uint8_t nist_key[UW_KEY_BYTES] = {
    0x60, 0x3d, 0xeb, 0x10, 0x15, 0xca, 0x71, 0xbe, 0x2b, 0x73, 0xae, 0xf0, 0x85, 0x7d, 0x77, 0x81,
    0x1f, 0x35, 0x2c, 0x07, 0x3b, 0x61, 0x08, 0xd7, 0x2d, 0x98, 0x10, 0xa3, 0x09, 0x14, 0xdf, 0xf4};

static void block_cipher(const uint8_t key[UW_KEY_BYTES], const uint8_t in[16], uint8_t out[16])
{
    int made = 0;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    assert_int_equal(EVP_EncryptInit_ex2(context, EVP_aes_256_ecb(), key, NULL, NULL), 1);
    assert_int_equal(EVP_EncryptUpdate(context, out, &made, in, 16), 1);
    assert_int_equal(made, 16);
    EVP_CIPHER_CTX_free(context);
}

/* The definition, block by block: E(key, offset / 16 as 128 bits big endian). */
static void by_definition(const uint8_t key[UW_KEY_BYTES], uint64_t offset, uint8_t *data, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        uint8_t counter[16] = {0}, block[16];
        uint64_t n = (offset + i) / 16;
        for (unsigned j = 0; j < 8; j++)
            counter[15 - j] = (uint8_t)(n >> (8 * j));
        block_cipher(key, counter, block);
        data[i] = block[(offset + i) % 16];
    }
}

static void known_answers(void **state)
{
    (void)state;
    static const uint8_t counter[16] = {0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7,
                                        0xf8, 0xf9, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff};
    static const uint8_t plain[16] = {0x6b, 0xc1, 0xbe, 0xe2, 0x2e, 0x40, 0x9f, 0x96,
                                      0xe9, 0x3d, 0x7e, 0x11, 0x73, 0x93, 0x17, 0x2a};
    static const uint8_t cipher[16] = {0x60, 0x1e, 0xc3, 0x13, 0x77, 0x57, 0x89, 0xa5,
                                       0xb7, 0xa7, 0xf5, 0x04, 0xbb, 0xf3, 0xd2, 0x28};
    uint8_t made[16];
    block_cipher(nist_key, counter, made);
    for (size_t i = 0; i < 16; i++)
        assert_int_equal(made[i] ^ plain[i], cipher[i]);

    uint8_t stream[64], wanted[64];
    struct uw_keystream *keystream = uw_keystream_open(nist_key, NULL);
    assert_non_null(keystream);
    by_definition(nist_key, 0, wanted, sizeof wanted);
    assert_true(uw_keystream_fill(keystream, 0, stream, sizeof stream));
    assert_memory_equal(stream, wanted, sizeof stream);
    uw_keystream_close(keystream);
}

static void any_part_is_the_same(void **state)
{
    (void)state;
    enum { BYTES = 200000 };
    static const struct {
        size_t offset, bytes;
    } parts[] = {{0, 1},      {1, 1},      {15, 2},        {16, 16},       {512, 512},
                 {4096, 100}, {17, 99983}, {65521, 65536}, {32767, 32770}, {BYTES - 3, 3}};
    uint8_t key[UW_KEY_BYTES] = {7}, *whole = malloc(BYTES), *part = malloc(BYTES);
    struct uw_keystream *keystream = uw_keystream_open(key, NULL);
    assert_true(uw_keystream_fill(keystream, 0, whole, BYTES));
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        assert_true(uw_keystream_fill(keystream, parts[i].offset, part, parts[i].bytes));
        assert_memory_equal(part, whole + parts[i].offset, parts[i].bytes);
    }
    uw_keystream_close(keystream);
    free(part);
    free(whole);
}

/* Offsets whose counters need more than 32 bits: a carry lost there would repeat the stream. */
static void far_offsets(void **state)
{
    (void)state;
    static const uint64_t offsets[] = {(1ULL << 36) - 16, 1ULL << 40, (1ULL << 62) + 48, INT64_MAX - 63};
    uint8_t key[UW_KEY_BYTES] = {1, 2, 3}, stream[48], wanted[48];
    struct uw_keystream *keystream = uw_keystream_open(key, NULL);
    for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
        by_definition(key, offsets[i], wanted, sizeof wanted);
        assert_true(uw_keystream_fill(keystream, offsets[i], stream, sizeof stream));
        assert_memory_equal(stream, wanted, sizeof stream);
    }
    uw_keystream_close(keystream);
}

static void applying_twice_changes_nothing(void **state)
{
    (void)state;
    uint8_t key[UW_KEY_BYTES] = {9}, data[1000], zeros[1000] = {0};
    struct uw_keystream *keystream = uw_keystream_open(key, NULL);
    assert_true(uw_keystream_fill(keystream, 12345, data, sizeof data));
    assert_true(uw_keystream_apply(keystream, 12345, data, sizeof data));
    assert_memory_equal(data, zeros, sizeof data);
    memset(data, 0x5a, sizeof data);
    assert_true(uw_keystream_apply(keystream, 512, data, sizeof data));
    assert_int_not_equal(memcmp(data, zeros, sizeof data), 0);
    assert_true(uw_keystream_apply(keystream, 512, data, sizeof data));
    for (size_t i = 0; i < sizeof data; i++)
        assert_int_equal(data[i], 0x5a);
    uw_keystream_close(keystream);
    uw_keystream_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers),
        cmocka_unit_test(any_part_is_the_same),
        cmocka_unit_test(far_offsets),
        cmocka_unit_test(applying_twice_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
