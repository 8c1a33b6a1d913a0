/* SPDX-License-Identifier: Apache-2.0 */
/* The pseudo-random image: AES-256-CTR of zeros from byte 0 of the drive on, counter = offset / 16 big
 * endian, nothing else in the counter block. `openssl enc -aes-256-ctr -K KEY -iv 0` over zeros gives the
 * same bytes, so anybody can make any part of it again. */
#ifndef UW_ENGINE_KEYSTREAM_H
#define UW_ENGINE_KEYSTREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/standard.h"
#include "unwrite/error.h"

struct uw_keystream;

/* NULL and *e where libcrypto has no such cipher or memory ran out. The key is copied. */
struct uw_keystream *uw_keystream_open(const uint8_t key[UW_KEY_BYTES], struct uw_error *e);
void uw_keystream_close(struct uw_keystream *keystream); /* NULL is fine */

/* The stream's bytes from `offset` (any) on. false when libcrypto failed: the bytes are worth nothing then.
 */
bool uw_keystream_fill(struct uw_keystream *keystream, uint64_t offset, uint8_t *data, size_t bytes);

/* XORs them into `data`: what held the stream holds zeros afterwards. */
bool uw_keystream_apply(struct uw_keystream *keystream, uint64_t offset, uint8_t *data, size_t bytes);

#endif
