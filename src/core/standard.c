/* SPDX-License-Identifier: Apache-2.0 */
#include "core/standard.h"

#include <stdio.h>
#include <string.h>

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
        id, title, status, source, sizeof((const struct uw_pass[]){__VA_ARGS__}) / sizeof(struct uw_pass),   \
        {                                                                                                    \
            __VA_ARGS__                                                                                      \
        }                                                                                                    \
    }

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

json_t *uw_pass_json(const struct uw_pass *pass)
{
    if (pass->kind == UW_PASS_KEYSTREAM)
        return json_pack("{s:s}", "cipher", "aes-256-ctr");
    char hex[2 * UW_PATTERN_BYTES + 1] = "";
    for (size_t i = 0; i < pass->pattern_bytes && i < UW_PATTERN_BYTES; i++)
        snprintf(&hex[2 * i], 3, "%02x", pass->pattern[i]);
    return json_pack("{s:s}", "pattern", hex);
}
