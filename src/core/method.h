/* SPDX-License-Identifier: Apache-2.0 */
/* A way to erase: one const struct in one file of src/method, one line in methods.def. */
#ifndef UW_CORE_METHOD_H
#define UW_CORE_METHOD_H

#include <stdbool.h>
#include <stddef.h>

#include "core/drive.h"
#include "core/policy.h"
#include "core/standard.h"
#include "unwrite/error.h"

/* What the engine lends a method while it runs. */
struct uw_method_run {
    const struct uw_drive *drive;
    const struct uw_standard *standard; /* of overwriting; NULL for methods without patterns */
    void *engine;                       /* for the calls below */
    /* Writes one pass over the whole drive, with its events. False: the machinery failed, *e says how.
     * `*complete` is false where the run was stopped or blocks stayed unwritten. */
    bool (*write_pass)(void *engine, size_t pass, bool *complete, struct uw_error *e);
    bool (*stopped)(void *engine); /* a signal or the operator ended the run */
};

struct uw_method {
    const char *id; /* as --method takes it */
    const char *title;
    const char *citation;
    enum uw_technique technique;
    bool can_stop; /* ends within a second of being told to */
    /* Whether the drive can be erased this way; `why` receives the reason why not. */
    bool (*fits)(const struct uw_drive *drive, char *why, size_t why_bytes);
    /* Runs to the end; `*complete` only with a positive end of everything it was to do. */
    bool (*run)(const struct uw_method_run *run, bool *complete, struct uw_error *e);
};

/* The methods there are, strongest first; NULL past the end. Handed to the planner, which knows none by
 * itself. */
typedef const struct uw_method *uw_method_list(size_t index);

#endif
