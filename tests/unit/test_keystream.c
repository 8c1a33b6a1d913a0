/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
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
    struct uw_keystream *keystream = uw_keystream_open(UW_CIPHER_AES_256_CTR, nist_key, NULL);
    assert_non_null(keystream);
    by_definition(nist_key, 0, wanted, sizeof wanted);
    assert_true(uw_keystream_fill(keystream, 0, stream, sizeof stream));
    assert_memory_equal(stream, wanted, sizeof stream);
    uw_keystream_close(keystream);
}

enum { MIB = 1 << 20 };

static uint32_t turned(uint32_t word, unsigned bits)
{
    return word << bits | word >> (32 - bits);
}

static void quarter_round(uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d)
{
    *a += *b;
    *d = turned(*d ^ *a, 16);
    *c += *d;
    *b = turned(*b ^ *c, 12);
    *a += *b;
    *d = turned(*d ^ *a, 8);
    *c += *d;
    *b = turned(*b ^ *c, 7);
}

static uint32_t little_endian(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/* RFC 8439, section 2.3. */
static void chacha20_block(const uint8_t key[UW_KEY_BYTES], uint32_t counter, const uint8_t nonce[12],
                           uint8_t out[64])
{
    uint32_t begin[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574}, x[16];
    for (unsigned i = 0; i < 8; i++)
        begin[4 + i] = little_endian(key + 4 * i);
    begin[12] = counter;
    for (unsigned i = 0; i < 3; i++)
        begin[13 + i] = little_endian(nonce + 4 * i);
    memcpy(x, begin, sizeof x);
    for (unsigned round = 0; round < 10; round++) {
        for (unsigned i = 0; i < 4; i++)
            quarter_round(&x[i], &x[4 + i], &x[8 + i], &x[12 + i]);
        for (unsigned i = 0; i < 4; i++)
            quarter_round(&x[i], &x[4 + (i + 1) % 4], &x[8 + (i + 2) % 4], &x[12 + (i + 3) % 4]);
    }
    for (unsigned i = 0; i < 64; i++)
        out[i] = (uint8_t)((x[i / 4] + begin[i / 4]) >> (8 * (i % 4)));
}

/* Block offset % 2^20 / 64 under the nonce offset / 2^20, big endian. */
static void chacha20_by_definition(const uint8_t key[UW_KEY_BYTES], uint64_t offset, uint8_t *data,
                                   size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        uint8_t nonce[12] = {0}, block[64];
        uint64_t at = offset + i;
        for (unsigned j = 0; j < 8; j++)
            nonce[11 - j] = (uint8_t)(at / MIB >> (8 * j));
        chacha20_block(key, (uint32_t)(at % MIB / 64), nonce, block);
        data[i] = block[at % 64];
    }
}

typedef void definition(const uint8_t key[UW_KEY_BYTES], uint64_t offset, uint8_t *data, size_t bytes);

static const struct {
    enum uw_cipher cipher;
    definition *by_definition;
} ciphers[] = {{UW_CIPHER_AES_256_CTR, by_definition}, {UW_CIPHER_CHACHA20, chacha20_by_definition}};

enum { CIPHERS = sizeof ciphers / sizeof ciphers[0] };

/* RFC 8439, appendix A.1: test vectors 1, 2, 3 and 5, those whose nonce is the number of a MiB. */
static void known_answers_of_chacha20(void **state)
{
    (void)state;
    static const struct {
        uint8_t last_of_key;
        uint64_t offset;
        const char *stream;
    } rows[] = {{0, 0,
                 "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
                 "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586"},
                {0, 64,
                 "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed"
                 "29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f"},
                {1, 64,
                 "3aeb5224ecf849929b9d828db1ced4dd832025e8018b8160b82284f3c949aa5a"
                 "8eca00bbb4a73bdad192b5c42f73f2fd4e273644c8b36125a64addeb006c13a0"},
                {0, 2 * MIB,
                 "c2c64d378cd536374ae204b9ef933fcd1a8b2288b3dfa49672ab765b54ee27c7"
                 "8a970e0e955c14f3a88e741b97c286f75f8fc299e8148362fa198a39531bed6d"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t key[UW_KEY_BYTES] = {0}, stream[64];
        char hex[2 * sizeof stream + 1];
        key[UW_KEY_BYTES - 1] = rows[i].last_of_key;
        struct uw_keystream *keystream = uw_keystream_open(UW_CIPHER_CHACHA20, key, NULL);
        assert_true(uw_keystream_fill(keystream, rows[i].offset, stream, sizeof stream));
        for (size_t j = 0; j < sizeof stream; j++)
            snprintf(&hex[2 * j], 3, "%02x", stream[j]);
        assert_string_equal(hex, rows[i].stream);
        uw_keystream_close(keystream);
    }
}

/* The words of keystream.h, as anybody would type them. */
static void openssl_makes_the_same(void **state)
{
    (void)state;
    static const struct {
        enum uw_cipher cipher;
        unsigned mib; /* its number */
        const char *command;
    } rows[] = {
        {UW_CIPHER_AES_256_CTR, 2, "head -c 3145728 /dev/zero | openssl enc -aes-256-ctr -K %s -iv 0 2>&1"},
        {UW_CIPHER_CHACHA20, 0,
         "head -c 1048576 /dev/zero | openssl enc -chacha20 -K %s -iv $(printf %%032x 0)"},
        {UW_CIPHER_CHACHA20, 66051,
         "head -c 1048576 /dev/zero | openssl enc -chacha20 -K %s -iv $(printf %%032x 66051)"}};
    uint8_t key[UW_KEY_BYTES], *theirs = malloc(4 * MIB), *ours = malloc(MIB);
    char hex[2 * UW_KEY_BYTES + 1], command[300];
    for (unsigned i = 0; i < UW_KEY_BYTES; i++) {
        key[i] = (uint8_t)(i * 11 + 3);
        snprintf(&hex[2 * i], 3, "%02x", key[i]);
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        snprintf(command, sizeof command, rows[i].command, hex);
        FILE *pipe = popen(command, "r");
        assert_non_null(pipe);
        size_t made = fread(theirs, 1, 4 * MIB, pipe);
        assert_int_equal(pclose(pipe), 0);
        assert_true(made >= MIB);
        struct uw_keystream *keystream = uw_keystream_open(rows[i].cipher, key, NULL);
        assert_true(uw_keystream_fill(keystream, (uint64_t)rows[i].mib * MIB, ours, MIB));
        assert_memory_equal(ours, theirs + made - MIB, MIB);
        uw_keystream_close(keystream);
    }
    free(ours);
    free(theirs);
}

static void any_part_is_the_same(void **state)
{
    (void)state;
    enum { BYTES = 3 * MIB + 200000 };
    static const struct {
        size_t offset, bytes;
    } parts[] = {{0, 1},
                 {1, 1},
                 {15, 2},
                 {16, 16},
                 {63, 2},
                 {64, 64},
                 {512, 512},
                 {4096, 100},
                 {17, 99983},
                 {65521, 65536},
                 {32767, 32770},
                 {MIB - 1, 2},
                 {MIB - 100, 2 * MIB + 200},
                 {BYTES - 3, 3}};
    uint8_t key[UW_KEY_BYTES] = {7}, wanted[300], *whole = malloc(BYTES), *part = malloc(BYTES);
    for (size_t c = 0; c < CIPHERS; c++) {
        struct uw_keystream *keystream = uw_keystream_open(ciphers[c].cipher, key, NULL);
        assert_true(uw_keystream_fill(keystream, 0, whole, BYTES));
        for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
            size_t offset = parts[i].offset, bytes = parts[i].bytes;
            assert_true(uw_keystream_fill(keystream, offset, part, bytes));
            assert_memory_equal(part, whole + offset, bytes);
            assert_true(uw_keystream_apply(keystream, offset, part, bytes));
            for (size_t j = 0; j < bytes; j++)
                assert_true(part[j] == 0);
            bytes = bytes < sizeof wanted ? bytes : sizeof wanted;
            ciphers[c].by_definition(key, offset, wanted, bytes);
            assert_memory_equal(wanted, whole + offset, bytes);
        }
        uw_keystream_close(keystream);
    }
    free(part);
    free(whole);
}

/* Offsets whose counters need more than 32 bits: a carry lost there would repeat the stream. */
static void far_offsets(void **state)
{
    (void)state;
    static const uint64_t offsets[] = {(1ULL << 36) - 16, (1ULL << 38) - 16, 1ULL << 40,
                                       (1ULL << 52) - 9,  (1ULL << 62) + 48, INT64_MAX - 63};
    uint8_t key[UW_KEY_BYTES] = {1, 2, 3}, stream[48], wanted[48];
    for (size_t i = 0; i < CIPHERS * sizeof offsets / sizeof offsets[0]; i++) {
        struct uw_keystream *keystream = uw_keystream_open(ciphers[i % CIPHERS].cipher, key, NULL);
        ciphers[i % CIPHERS].by_definition(key, offsets[i / CIPHERS], wanted, sizeof wanted);
        assert_true(uw_keystream_fill(keystream, offsets[i / CIPHERS], stream, sizeof stream));
        assert_memory_equal(stream, wanted, sizeof stream);
        uw_keystream_close(keystream);
    }
}

static void applying_twice_changes_nothing(void **state)
{
    (void)state;
    uint8_t key[UW_KEY_BYTES] = {9}, data[1000], zeros[1000] = {0};
    for (size_t c = 0; c < CIPHERS; c++) {
        struct uw_keystream *keystream = uw_keystream_open(ciphers[c].cipher, key, NULL);
        memset(data, 0x5a, sizeof data);
        assert_true(uw_keystream_apply(keystream, 512, data, sizeof data));
        assert_int_not_equal(memcmp(data, zeros, sizeof data), 0);
        assert_true(uw_keystream_apply(keystream, 512, data, sizeof data));
        for (size_t i = 0; i < sizeof data; i++)
            assert_int_equal(data[i], 0x5a);
        uw_keystream_close(keystream);
    }
    uw_keystream_close(NULL);
}

/* As the kernel names the processor's flags. */
static void cipher_of_this_processor(void **state)
{
    (void)state;
    char line[8192];
    bool has_aes = false;
    FILE *file = fopen("/proc/cpuinfo", "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL)
        has_aes |= (strncmp(line, "flags", 5) == 0 || strncmp(line, "Features", 8) == 0) &&
                   (strstr(line, " aes ") != NULL || strstr(line, " aes\n") != NULL);
    fclose(file);
    assert_int_equal(uw_keystream_cipher(), has_aes ? UW_CIPHER_AES_256_CTR : UW_CIPHER_CHACHA20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers),
        cmocka_unit_test(known_answers_of_chacha20),
        cmocka_unit_test(openssl_makes_the_same),
        cmocka_unit_test(any_part_is_the_same),
        cmocka_unit_test(far_offsets),
        cmocka_unit_test(applying_twice_changes_nothing),
        cmocka_unit_test(cipher_of_this_processor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
