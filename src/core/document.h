/* SPDX-License-Identifier: Apache-2.0 */
/* Signed documents as bytes: strict reading, RFC 8785 canonical form, hashes, base64url. */
#ifndef UW_CORE_DOCUMENT_H
#define UW_CORE_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "unwrite/error.h"

enum { UW_DOCUMENT_BYTES = 16 << 20, UW_SHA256_HEX = 65 };

/* Parses strictly: one JSON object and nothing behind it, no duplicate keys, no floats, integers of magnitude
 * below 2^53, no control characters in strings, keys of printable ASCII, valid UTF-8, no lone surrogates,
 * bounded depth. NULL and UW_E_INVALID with place and reason otherwise. New reference. */
json_t *uw_document_parse(const char *text, size_t bytes, struct uw_error *e);

/* The RFC 8785 bytes of a value that keeps the rules above (they are checked); malloc()ed, `*bytes` without
 * the NUL that follows. NULL and UW_E_INVALID otherwise. */
char *uw_document_canonical(const json_t *body, size_t *bytes, struct uw_error *e);

/* Lowercase hex of SHA-256 over the canonical bytes. */
bool uw_document_sha256(const json_t *body, char hex[UW_SHA256_HEX], struct uw_error *e);

void uw_sha256_hex(const void *data, size_t bytes, char hex[UW_SHA256_HEX]);
void uw_hex(const uint8_t *data, size_t bytes, char *hex); /* 2 * bytes + NUL, lowercase */

/* base64url without padding (RFC 7515, section 2). Encoding mallocs. Decoding refuses padding, white space,
 * other characters and spare bits that are not zero; returns the bytes written or -1. */
char *uw_base64url_encode(const uint8_t *data, size_t bytes);
long uw_base64url_decode(const char *text, uint8_t *data, size_t data_bytes);

#endif
