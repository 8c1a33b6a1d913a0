/* SPDX-License-Identifier: Apache-2.0 */
/* The command itself, from its main to its exit code, on a machine of models: in a process of its own with a
 * terminal of its own, of which every byte is kept. Link with `command` and the wrappers that CMakeLists.txt
 * names; no drive of the machine that the test runs on is looked at. */
#ifndef FLOW_COMMAND_H
#define FLOW_COMMAND_H

#include "flow.h"
#include "probe/probe.h"

/* The command's drives are its own copies: what became of one in the end. */
struct flow_seen {
    unsigned opens;
    uint64_t bytes_written, old_units;
};

struct flow_command {
    const char *const *arguments; /* behind "unwrite"; NULL at the end */
    const struct uw_roots *roots; /* what `list` looks at; NULL: the models */
    const char *locale;           /* NULL: C.UTF-8 */
    const char *term;             /* NULL: xterm */
    unsigned columns;             /* 0: 100 */
    bool piped;                   /* standard output and error are a pipe */
    bool answers;                 /* types what the question asks for */
    unsigned drawn;               /* drives at a MODEL_HOLD go on when the screen was drawn so many times */
    /* Afterwards: */
    struct flow_seen *seen; /* what became of each drive of the machine, where the command ended by itself */
    size_t seen_bytes;
    int exit_code;       /* -1: a signal ended it, or the time was over */
    char *screen, *pipe; /* every byte, a NUL behind the last */
    size_t screen_bytes, pipe_bytes;
};

/* Adds --config of an empty file, and for the verbs that have them --key, --state and --certificates of the
 * flow. */
void flow_command(struct flow *flow, struct flow_command *command);
void flow_command_clear(struct flow_command *command);

/* Fails the test where something was sent that no terminal must be sent, with the place. */
void flow_command_is_safe(const struct flow_command *command);

#endif
