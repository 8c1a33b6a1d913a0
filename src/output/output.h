/* SPDX-License-Identifier: Apache-2.0 */
/* Where documents go, and how they read in plain words. */
#ifndef UW_OUTPUT_OUTPUT_H
#define UW_OUTPUT_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "unwrite/error.h"

/* "<UTC time>-<serial>-<first 8 of id>.<kind>.json": the serial keeps [A-Za-z0-9._-], others become '_', 40
 * at most, "noserial" where there is none; so does the id, "noid". issued_at is RFC 3339; the time stands as
 * 20261122T131600Z, as Z where there is none. Each may be NULL: a damaged journal may lack it. */
void uw_store_name(const char *issued_at, const char *serial, const char *id, const char *kind, char *name,
                   size_t name_bytes);

/* Whether a document of that serial, id and kind stands in the folder, of whatever time. */
bool uw_store_stands(const char *folder, const char *serial, const char *id, const char *kind);

/* Makes the folder (its last component only) if it is missing, and checks that a file can be made in it and
 * that `needed_bytes` are free. UW_E_USAGE otherwise: nothing was touched yet. */
bool uw_store_prepare(const char *folder, unsigned long long needed_bytes, struct uw_error *e);

/* Writes the document whole or not at all: a temporary file beside it, fsync, rename, fsync of the folder.
 * Never overwrites. `path` receives FOLDER/NAME. UW_E_STORE on failure. */
bool uw_store_document(const char *folder, const char *name, const json_t *document, char *path,
                       size_t path_bytes, struct uw_error *e);

/* Reads a document strictly (core/document.h). NULL and UW_E_USAGE where the file cannot be read,
 * UW_E_INVALID where it holds no such document. New reference. */
json_t *uw_document_load(const char *file, struct uw_error *e);

/* One page of plain words about a certificate, intent, addendum or order document (core/document.h has read
 * it, its members may still be of any type). malloc()ed; NULL and UW_E_INVALID where it is none of them, NULL
 * and UW_E_NOMEM when memory ran out. */
char *uw_show_document(const json_t *document, struct uw_error *e);

#endif
