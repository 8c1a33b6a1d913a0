/* SPDX-License-Identifier: Apache-2.0 */
/* Small files: read whole and bounded; made whole or not at all. */
#ifndef UW_SIGN_FILE_H
#define UW_SIGN_FILE_H

#include <stddef.h>
#include <sys/stat.h>

#include "unwrite/error.h"

/* The text of a regular file of 1..limit_bytes, malloc()ed, with a NUL behind `*bytes`. `st` (may be NULL)
 * receives what the descriptor says about it. NULL and UW_E_USAGE with the path otherwise. Links are
 * followed. */
char *uw_file_read(const char *path, size_t limit_bytes, size_t *bytes, struct stat *st, struct uw_error *e);

/* Makes FOLDER/NAME of this content: a temporary file beside it, fsync, a rename that never replaces, fsync
 * of the folder. `mode` is subject to umask; a mode without bits for others fails where the file system gives
 * them some. On failure nothing of it stays, and *e has `code`, the path and errno (EEXIST: it was there
 * before). An empty folder means the working directory. */
bool uw_file_create(const char *folder, const char *name, mode_t mode, const void *data, size_t bytes,
                    enum uw_code code, struct uw_error *e);

/* Removes what processes that died while making documents left in the folder; files of those that live stay.
 */
void uw_file_sweep(const char *folder);

/* Makes the folder (its last component only) if it is missing, so that it outlives a power cut. */
bool uw_folder_make(const char *folder, enum uw_code code, struct uw_error *e);

/* Checks that a file can be made in the folder and given this many bytes; leaves nothing behind. As above
 * otherwise. */
bool uw_file_try(const char *folder, unsigned long long bytes, enum uw_code code, struct uw_error *e);

#endif
