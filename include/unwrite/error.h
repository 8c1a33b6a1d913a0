/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UNWRITE_ERROR_H
#define UNWRITE_ERROR_H

#include <stdarg.h>
#include <stdbool.h>

/* What went wrong, as the exit codes of unwrite(1) tell it apart. */
enum uw_code {
    UW_OK = 0,
    UW_E_USAGE,   /* wrong words: option, target, configuration, key; nothing was touched (exit 2) */
    UW_E_LEVEL,   /* the level asked for cannot be reached on this drive (exit 3) */
    UW_E_REFUSED, /* authority, in use, boot medium, confirmation, identity (exit 4) */
    UW_E_IO,      /* a system call or a drive failed (exit 1) */
    UW_E_STORE,   /* a document could not be stored (exit 6, or 2 before the first write) */
    UW_E_INVALID, /* a document or signature does not hold (exit 1) */
    UW_E_NOMEM,   /* memory ran out (exit 1) */
};

/* Whether the medium was changed; only ever raised. */
enum uw_touched {
    UW_UNTOUCHED = 0, /* no destructive command was sent */
    UW_MAYBE_TOUCHED, /* one was about to be sent, its fate is unknown */
    UW_TOUCHED,       /* at least one was carried out */
};

enum { UW_ERROR_TEXT_BYTES = 768, UW_WAY_OUT_BYTES = 384 };

/* Owned by the caller, always the last parameter. Zero-initialise it: `struct uw_error e = {0};`
 * `text` is one line without a full stop, safe for a terminal; `way_out` is empty or one line. */
struct uw_error {
    enum uw_code code;
    int errno_value; /* errno, 0 where there is none */
    enum uw_touched touched;
    char text[UW_ERROR_TEXT_BYTES];
    char way_out[UW_WAY_OUT_BYTES];
};

/* Fills *e (which may be NULL) and returns false: `return uw_fail(e, UW_E_IO, "...", ...)`.
 * Control characters that arguments bring in are replaced by '?'. `touched` is left as it is. */
bool uw_fail(struct uw_error *e, enum uw_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* As uw_fail, with errno recorded and its words appended: "TEXT: No space left on device". */
bool uw_fail_errno(struct uw_error *e, enum uw_code code, int errno_value, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Adds the way out to a failure already recorded; returns false, so that it can end a function. */
bool uw_way_out(struct uw_error *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
