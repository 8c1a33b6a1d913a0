/* SPDX-License-Identifier: Apache-2.0 */
/* The table of options and the reading of the command line. */
#ifndef UW_CLI_OPTIONS_H
#define UW_CLI_OPTIONS_H

#include "cli.h"

enum carrier { C_LINE, C_FILE, C_AUTO };
enum option_kind { K_TEXT, K_LIST, K_FLAG };

struct option {
    const char *name;     /* without dashes */
    const char *argument; /* NULL for a flag */
    unsigned verbs;       /* bits of enum verb_bits */
    enum carrier carrier;
    enum option_kind kind;
    size_t member; /* offset in struct invocation */
    const char *help;
};

enum { OPTION_MAX = 64 };

/* NULL past the end. */
const struct option *option_at(size_t index);

/* By its whole name, `length` bytes long; NULL where there is none. `*index` (may be NULL) is its place. */
const struct option *option_find(const char *name, size_t length, size_t *index);

/* Sets the option's member; a value of a flag is ignored. False when memory ran out. */
bool option_set(struct invocation *invocation, const struct option *option, const char *value,
                struct uw_error *e);

/* Reads argv[first..] into the invocation, whose verb is set. `given[i]` says that option i stood there. */
bool options_parse(struct invocation *invocation, int argc, char **argv, int first, bool given[OPTION_MAX],
                   struct uw_error *e);

/* What belongs together, once all carriers are read. */
bool options_check(const struct invocation *invocation, struct uw_error *e);

bool strings_add(struct uw_strings *strings, const char *item, struct uw_error *e);

#endif
