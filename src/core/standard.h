/* SPDX-License-Identifier: Apache-2.0 */
/* Named overwrite standards, as data. */
#ifndef UW_CORE_STANDARD_H
#define UW_CORE_STANDARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

enum uw_pass_kind {
    UW_PASS_FIXED,     /* `pattern` repeated from byte 0 of the drive on */
    UW_PASS_KEYSTREAM, /* zeros encrypted from byte 0 of the drive on, a fresh key per pass */
};

/* How; engine/keystream.h says which counter stands where. */
enum uw_cipher {
    UW_CIPHER_AES_256_CTR = 0,
    UW_CIPHER_CHACHA20,
};
const char *uw_cipher_name(enum uw_cipher cipher); /* "aes-256-ctr", "chacha20" */
bool uw_cipher_by_name(const char *name, enum uw_cipher *cipher);

enum { UW_PATTERN_BYTES = 4, UW_KEY_BYTES = 32, UW_PASSES = 35 };

struct uw_pass {
    enum uw_pass_kind kind;
    uint8_t pattern_bytes; /* 1..UW_PATTERN_BYTES; 0 for a keystream */
    uint8_t pattern[UW_PATTERN_BYTES];
};

struct uw_standard {
    const char *id;
    const char *title;
    const char *status;   /* "current", "superseded", ... */
    const char *source;   /* where it is written */
    size_t shuffle_from;  /* passes [shuffle_from, shuffle_from + shuffle_count) go in an order drawn for each
                             drive */
    size_t shuffle_count; /* 0: the order is fixed */
    size_t pass_count;
    struct uw_pass passes[UW_PASSES];
};

const struct uw_standard *uw_standard_by_id(const char *id); /* NULL: no such standard */
const struct uw_standard *uw_standard_at(size_t index);      /* NULL past the end */

/* The standard with its shuffled passes in the order that the seed draws: for i from shuffle_count - 1 down
 * to 1, pass i of them changes places with pass number(2^32 + i) mod (i + 1); number() as in core/sample.h.
 */
void uw_standard_draw(const struct uw_standard *standard, const uint8_t *seed, struct uw_standard *drawn);

/* {"pattern":"55"} or {"cipher":"aes-256-ctr"}; new reference. */
json_t *uw_pass_json(const struct uw_pass *pass, enum uw_cipher cipher);

/* What stands on a drive after an erase. */
enum uw_leaves {
    UW_LEAVES_PASS = 0, /* the last pass of the standard, byte for byte */
    UW_LEAVES_ZEROS,    /* zeros, byte for byte */
    UW_LEAVES_CONSTANT, /* each block one byte value throughout */
    UW_LEAVES_ERASED    /* each block one byte value throughout, or noise */
};
const char *uw_leaves_name(enum uw_leaves leaves); /* as documents say it: "pass", "zeros", ... */
bool uw_leaves_parse(const char *name, enum uw_leaves *leaves);

#endif
