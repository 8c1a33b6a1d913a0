/* SPDX-License-Identifier: Apache-2.0 */
#include "core/standard.h"

#include <stdio.h>
#include <string.h>

#include "core/sample.h"

#define FIXED(...)                                                                                           \
    {                                                                                                        \
        .kind = UW_PASS_FIXED, .pattern_bytes = sizeof((const uint8_t[]){__VA_ARGS__}), .pattern = {         \
            __VA_ARGS__                                                                                      \
        }                                                                                                    \
    }
#define RANDOM                                                                                               \
    {                                                                                                        \
        .kind = UW_PASS_KEYSTREAM                                                                            \
    }
/* STANDARD(id, title, status, source, pass, ...): the passes are counted where they stand. */
#define STANDARD(id, title, status, source, ...)                                                             \
    {                                                                                                        \
        id, title, status, source, 0, 0,                                                                     \
            sizeof((const struct uw_pass[]){__VA_ARGS__}) / sizeof(struct uw_pass),                          \
        {                                                                                                    \
            __VA_ARGS__                                                                                      \
        }                                                                                                    \
    }

/* As STANDARD; the passes from number `from` on, counted from 0, `count` of them, go in an order drawn for
 * each drive. */
#define SHUFFLED(id, title, status, source, from, count, ...)                                                \
    {                                                                                                        \
        id, title, status, source, from, count,                                                              \
            sizeof((const struct uw_pass[]){__VA_ARGS__}) / sizeof(struct uw_pass),                          \
        {                                                                                                    \
            __VA_ARGS__                                                                                      \
        }                                                                                                    \
    }

/* "character" and its complement are 00 and FF throughout. */
/* clang-format off */
static const struct uw_standard standards[] = {
    STANDARD("nist-clear", "one pass of zeros", "current", "NIST SP 800-88 rev. 1, appendix A",
             FIXED(0x00)),
    STANDARD("random", "one pass of keystream", "current", "unwrite-claims(7)",
             RANDOM),
    STANDARD("complement", "pattern, then complement", "current", "unwrite-claims(7)",
             FIXED(0x55), FIXED(0xaa)),
    STANDARD("twice", "two passes of zeros", "current", "unwrite-claims(7)",
             FIXED(0x00), FIXED(0x00)),
    STANDARD("dod-5220.22-m", "character, complement, random", "superseded",
             "NISPOM 1995, removed in 2006",
             FIXED(0x00), FIXED(0xff), RANDOM),
    STANDARD("dod-5220.22-m-ece", "the three passes twice, a character between", "superseded",
             "NISPOM 1995, removed in 2006",
             FIXED(0x00), FIXED(0xff), RANDOM, FIXED(0x00), FIXED(0x00), FIXED(0xff), RANDOM),
    STANDARD("hmg-is5-baseline", "one pass of zeros", "superseded", "HMG Infosec Standard 5",
             FIXED(0x00)),
    STANDARD("hmg-is5-enhanced", "zeros, ones, random", "superseded", "HMG Infosec Standard 5",
             FIXED(0x00), FIXED(0xff), RANDOM),
    STANDARD("bsi-vsitr", "zeros and ones three times, AA", "superseded", "BSI VS-ITR",
             FIXED(0x00), FIXED(0xff), FIXED(0x00), FIXED(0xff), FIXED(0x00), FIXED(0xff), FIXED(0xaa)),
    STANDARD("rcmp-tssit-ops-ii", "zeros and ones three times, random", "superseded", "RCMP TSSIT OPS-II",
             FIXED(0x00), FIXED(0xff), FIXED(0x00), FIXED(0xff), FIXED(0x00), FIXED(0xff), RANDOM),
    STANDARD("cse-itsp.40.006", "zeros, ones, random", "similar", "CSE ITSP.40.006",
             FIXED(0x00), FIXED(0xff), RANDOM),
    STANDARD("afssi-5020", "zeros, ones, random", "superseded", "AFSSI 5020",
             FIXED(0x00), FIXED(0xff), RANDOM),
    STANDARD("ar-380-19", "random, character, complement", "superseded", "AR 380-19",
             RANDOM, FIXED(0x00), FIXED(0xff)),
    STANDARD("navso-p-5239-26", "ones, FFFFFFFD (MFM drives), random", "superseded", "NAVSO P-5239-26",
             FIXED(0xff), FIXED(0xff, 0xff, 0xff, 0xfd), RANDOM),
    STANDARD("navso-p-5239-26-rll", "ones, FFFFFFE4 (RLL drives), random", "superseded", "NAVSO P-5239-26",
             FIXED(0xff), FIXED(0xff, 0xff, 0xff, 0xe4), RANDOM),
    STANDARD("gost-p50739-95", "zeros, random", "similar", "GOST R 50739-95",
             FIXED(0x00), RANDOM),
    STANDARD("schneier", "ones, zeros, five random", "historical", "Schneier, Applied Cryptography, 1996",
             FIXED(0xff), FIXED(0x00), RANDOM, RANDOM, RANDOM, RANDOM, RANDOM),
    STANDARD("bmb21-2019", "ones, zeros, three random, ones", "current in its country", "BMB21-2019",
             FIXED(0xff), FIXED(0x00), RANDOM, RANDOM, RANDOM, FIXED(0xff)),
    SHUFFLED("gutmann", "four random, 27 fixed in drawn order, four random", "historical",
             "Gutmann, Secure Deletion of Data, 1996", 4, 27,
             RANDOM, RANDOM, RANDOM, RANDOM,
             FIXED(0x55), FIXED(0xaa), FIXED(0x92, 0x49, 0x24), FIXED(0x49, 0x24, 0x92), FIXED(0x24, 0x92, 0x49),
             FIXED(0x00), FIXED(0x11), FIXED(0x22), FIXED(0x33), FIXED(0x44), FIXED(0x55), FIXED(0x66), FIXED(0x77),
             FIXED(0x88), FIXED(0x99), FIXED(0xaa), FIXED(0xbb), FIXED(0xcc), FIXED(0xdd), FIXED(0xee), FIXED(0xff),
             FIXED(0x92, 0x49, 0x24), FIXED(0x49, 0x24, 0x92), FIXED(0x24, 0x92, 0x49),
             FIXED(0x6d, 0xb6, 0xdb), FIXED(0xb6, 0xdb, 0x6d), FIXED(0xdb, 0x6d, 0xb6),
             RANDOM, RANDOM, RANDOM, RANDOM),
};
/* clang-format on */

enum { STANDARDS = sizeof standards / sizeof standards[0] };

const struct uw_standard *uw_standard_by_id(const char *id)
{
    for (size_t i = 0; id != NULL && i < STANDARDS; i++)
        if (strcmp(standards[i].id, id) == 0)
            return &standards[i];
    return NULL;
}

const struct uw_standard *uw_standard_at(size_t index)
{
    return index < STANDARDS ? &standards[index] : NULL;
}

void uw_standard_draw(const struct uw_standard *standard, const uint8_t *seed, struct uw_standard *drawn)
{
    *drawn = *standard;
    struct uw_pass *passes = &drawn->passes[standard->shuffle_from];
    for (size_t i = standard->shuffle_count; i-- > 1;) {
        size_t other = (size_t)(uw_seed_number(seed, (1ULL << 32) + i) % (i + 1));
        struct uw_pass pass = passes[i];
        passes[i] = passes[other];
        passes[other] = pass;
    }
}

const char *uw_cipher_name(enum uw_cipher cipher)
{
    switch (cipher) {
    case UW_CIPHER_AES_256_CTR:
        return "aes-256-ctr";
    case UW_CIPHER_CHACHA20:
        return "chacha20";
    }
    return "unknown";
}

bool uw_cipher_by_name(const char *name, enum uw_cipher *cipher)
{
    for (int i = UW_CIPHER_AES_256_CTR; name != NULL && i <= UW_CIPHER_CHACHA20; i++)
        if (strcmp(name, uw_cipher_name((enum uw_cipher)i)) == 0) {
            *cipher = (enum uw_cipher)i;
            return true;
        }
    return false;
}

json_t *uw_pass_json(const struct uw_pass *pass, enum uw_cipher cipher)
{
    if (pass->kind == UW_PASS_KEYSTREAM)
        return json_pack("{s:s}", "cipher", uw_cipher_name(cipher));
    char hex[2 * UW_PATTERN_BYTES + 1] = "";
    for (size_t i = 0; i < pass->pattern_bytes && i < UW_PATTERN_BYTES; i++)
        snprintf(&hex[2 * i], 3, "%02x", pass->pattern[i]);
    return json_pack("{s:s}", "pattern", hex);
}

static const char *const leaves_names[] = {
    [UW_LEAVES_PASS] = "pass",
    [UW_LEAVES_ZEROS] = "zeros",
    [UW_LEAVES_CONSTANT] = "constant",
    [UW_LEAVES_ERASED] = "erased",
};

const char *uw_leaves_name(enum uw_leaves leaves)
{
    return leaves_names[leaves];
}

bool uw_leaves_parse(const char *name, enum uw_leaves *leaves)
{
    for (size_t i = 0; name != NULL && i < sizeof leaves_names / sizeof *leaves_names; i++)
        if (strcmp(name, leaves_names[i]) == 0) {
            *leaves = (enum uw_leaves)i;
            return true;
        }
    return false;
}
