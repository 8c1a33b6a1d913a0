/* SPDX-License-Identifier: Apache-2.0 */
/* What the fuzz targets share. A target is one file with libFuzzer's entry point, which states what must hold
 * for every input; replay.c runs it over files where there is no libFuzzer. Compiled with FUZZ_SELFTEST it
 * plants a fault into what the library hands back, and the committed corpus must show it. */
#ifndef UW_TESTS_FUZZ_H
#define UW_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "unwrite/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* Names the property that does not hold and aborts: libFuzzer keeps the input then. */
#define must(property) fuzz_must((property), #property, __FILE__, __LINE__)
void fuzz_must(bool holds, const char *property, const char *file, int line);

/* Valid UTF-8 in which nothing moves the cursor or turns the reading direction; line feeds only where
 * `lines`. */
void must_be_printable(const char *text, bool lines);

/* A failure of this kind that says in one printable line what is wrong. */
void must_explain(const struct uw_error *e, enum uw_code code);

/* What stands in it is read back as it was. Takes over the value. */
void must_be_document(json_t *value);

/* A file in memory with this content, the same one at each call; its path, below fuzz_file_folder. */
const char *fuzz_file(const void *data, size_t bytes);
#define fuzz_file_folder "/proc/self/fd"

/* Makes a folder below TMPDIR; whoever runs the target removes TMPDIR. Its path is made absolute. */
void fuzz_make_folder(const char *name, char *path, size_t path_bytes);

/* The whole file, made or replaced. */
void fuzz_write(const char *path, const void *data, size_t bytes);

#endif
