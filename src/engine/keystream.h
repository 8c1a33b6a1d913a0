/* SPDX-License-Identifier: Apache-2.0 */
/* The pseudo-random image: encrypted zeros, from byte 0 of the drive on. Anybody can make any part of it
 * again.
 *
 * aes-256-ctr: the counter block is offset / 16, 128 bits big endian, and nothing else:
 *     openssl enc -aes-256-ctr -K KEY -iv 0
 * over zeros gives the whole drive.
 *
 * chacha20 (RFC 8439), whose counter has 32 bits: each MiB of the drive is a stream of its own. For MiB
 * number m (offset / 2^20, from 0) the nonce is m, 96 bits big endian, and the block counter begins at 0.
 * OpenSSL takes the counter and the nonce, one after the other, as IV: with m in 32 hexadecimal digits,
 *     openssl enc -chacha20 -K KEY -iv $(printf %032x $m)
 * over a MiB of zeros gives that MiB. */
#ifndef UW_ENGINE_KEYSTREAM_H
#define UW_ENGINE_KEYSTREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/standard.h"
#include "unwrite/error.h"

enum { UW_CHACHA20_PIECE_BYTES = 1 << 20 };

struct uw_keystream;

/* What this processor makes fast: AES where it has instructions for it; without them ChaCha20 is four times
 * as fast, and its time tells nothing of the key. A request may name another. */
enum uw_cipher uw_keystream_cipher(void);

/* NULL and *e where libcrypto has no such cipher or memory ran out. The key is copied. */
struct uw_keystream *uw_keystream_open(enum uw_cipher cipher, const uint8_t key[UW_KEY_BYTES],
                                       struct uw_error *e);
void uw_keystream_close(struct uw_keystream *keystream); /* NULL is fine */

/* The stream's bytes from `offset` (any) on. false when libcrypto failed: the bytes are worth nothing then.
 */
bool uw_keystream_fill(struct uw_keystream *keystream, uint64_t offset, uint8_t *data, size_t bytes);

/* XORs them into `data`: what held the stream holds zeros afterwards. */
bool uw_keystream_apply(struct uw_keystream *keystream, uint64_t offset, uint8_t *data, size_t bytes);

#endif
