/* SPDX-License-Identifier: Apache-2.0 */
/* What a key is to the files of this folder. */
#ifndef UW_SIGN_KEY_H
#define UW_SIGN_KEY_H

#include <stdint.h>

#include <openssl/evp.h>

#include "sign/sign.h"

enum { UW_P256_BYTES = 32 };

struct uw_key {
    EVP_PKEY *pkey; /* with its private half where is_private */
    bool is_private;
    uint8_t x[UW_P256_BYTES];
    uint8_t y[UW_P256_BYTES];
    char thumbprint[UW_THUMBPRINT_BYTES];
};

/* A P-256 key around `pkey`, which it takes over, also on failure. NULL and UW_E_USAGE with `path` otherwise.
 */
struct uw_key *uw_key_of(EVP_PKEY *pkey, bool is_private, const char *path, struct uw_error *e);

#endif
