/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and signatures: ES256 (RFC 7518, section 3.4) in the General JSON serialization of JWS (RFC
 * 7515, 7.2.1). */
#ifndef UW_SIGN_SIGN_H
#define UW_SIGN_SIGN_H

#include <stdbool.h>

#include <jansson.h>

#include "unwrite/error.h"

enum { UW_THUMBPRINT_BYTES = 44 }; /* 43 characters of base64url and NUL */

/* A P-256 key; freed with uw_key_free (NULL is fine). */
struct uw_key;
void uw_key_free(struct uw_key *key);

/* Makes a key pair in a new file (O_EXCL, mode 0600, fsynced with its folder); UW_E_USAGE if the path exists.
 */
bool uw_key_create(const char *path, struct uw_error *e);

/* A private key from a PEM file. Refuses (UW_E_USAGE): not a regular file, readable by group or others, owned
 * by somebody else, empty, too large, encrypted, not P-256. */
bool uw_key_load_private(const char *path, struct uw_key **key, struct uw_error *e);

/* A public key from a PEM file (public, or the public half of a private one) or a JWK file. UW_E_USAGE
 * otherwise. */
bool uw_key_load_public(const char *path, struct uw_key **key, struct uw_error *e);

const char *uw_key_thumbprint(const struct uw_key *key); /* RFC 7638, SHA-256 */
bool uw_key_is_test(const struct uw_key *key);     /* the key that stands in tests/data, open to everybody */
char *uw_key_public_pem(const struct uw_key *key); /* malloc()ed */
json_t *uw_key_public_jwk(const struct uw_key *key); /* {"crv","kty","x","y"}; new reference */

/* {KIND: body, "signatures": [{"protected","signature"}]} with alg ES256, kid and typ "unwrite-KIND+jws". The
 * body is borrowed. New reference; NULL and *e when the body breaks the rules of core/document.h. */
json_t *uw_sign_document(const struct uw_key *key, const char *kind, const json_t *body, struct uw_error *e);

/* Holds only if the document is {KIND: object, "signatures": [one or more]} with nothing else, KIND is
 * certificate, intent, addendum or order, every signature is well formed (ES256, typ of the kind, a
 * thumbprint as kid), one at least has this key's as kid, and all that have it are by this key over the
 * canonical body. Those of other kids are not checked and change nothing. Test key and "simulated": true only
 * with allow_test_key. `*kind` (may be NULL) points at a constant. UW_E_INVALID with the reason otherwise. */
bool uw_verify_document(const json_t *document, const struct uw_key *key, bool allow_test_key,
                        const char **kind, struct uw_error *e);

/* What its signatures say of whose they are, in their order: a text each, null where it cannot be read. New
 * reference; nothing is verified. */
json_t *uw_document_kids(const json_t *document);

/* Whether all its signatures, one at least, say to be by other keys than this one: with it nothing can be
 * said of them. False of what uw_verify_document refuses for a better reason. */
bool uw_document_is_by_another(const json_t *document, const struct uw_key *key);

#endif
