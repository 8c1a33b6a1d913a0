/* SPDX-License-Identifier: Apache-2.0 */
/* What the verbs of the command share: one invocation, the table of verbs, errors and output for people. */
#ifndef UW_CLI_CLI_H
#define UW_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "unwrite/unwrite.h"

enum verb_bits {
    V_LIST = 1 << 0,
    V_PLAN = 1 << 1,
    V_ERASE = 1 << 2,
    V_CERT_VERIFY = 1 << 3,
    V_CERT_SHOW = 1 << 4,
    V_KEY_NEW = 1 << 5,
    V_KEY_SHOW = 1 << 6,
    V_METHODS = 1 << 7,
    V_VERIFY = 1 << 8,
    V_CERT_RECOVER = 1 << 9,
    V_RUN = V_PLAN | V_ERASE,  /* what decides about an erase */
    V_LOOK = V_RUN | V_VERIFY, /* what makes a run of the library */
    V_ANY = (1 << 10) - 1,
};

struct invocation;

struct verb {
    enum verb_bits bit;
    const char *name;     /* "list", "cert verify" */
    const char *operands; /* for help; "" where it takes none */
    size_t operands_max;
    const char *summary;
    int (*run)(struct invocation *invocation); /* the exit code */
};

/* What the user wants: command line over configuration file. */
struct invocation {
    const struct verb *verb;
    struct uw_request request;
    struct uw_strings operands; /* targets, files */
    const char *config;
    const char *events;
    const char *trace;
    bool json;
    bool dry_run;
    bool allow_test_key;
    bool claims;
    bool help;
    bool version;
    char *configuration; /* the file's text; option values point into it */
    char configuration_sha256[65];
};

/* verbs.c: NULL past the end. */
const struct verb *verb_at(size_t index);

/* The verb that argv[1..] names; `*words` is how many words its name has. NULL and *e where there is none. */
const struct verb *verb_find(int argc, char **argv, int *words, struct uw_error *e);

/* One per file. */
int verb_list(struct invocation *invocation);
int verb_plan(struct invocation *invocation);
int verb_erase(struct invocation *invocation);
int verb_cert_verify(struct invocation *invocation);
int verb_cert_show(struct invocation *invocation);
int verb_key_new(struct invocation *invocation);
int verb_key_show(struct invocation *invocation);
int verb_methods(struct invocation *invocation);
int verb_verify(struct invocation *invocation);
int verb_cert_recover(struct invocation *invocation);

/* help.c: on standard output; `prefix` names a verb or a group of verbs ("cert"), NULL means the program. */
void help_print(const char *prefix);

/* output.c */

/* Prints "unwrite: TEXT; WAY OUT" as one line on standard error and returns the exit code of e->code. */
int complain(const struct uw_error *e);

/* Prints "unwrite: TEXT" on standard error: something to know that changes no exit code. */
void remark(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The whole document on standard output, indented. */
void print_document(const json_t *document);

/* One line, made safe for a terminal. */
void print_line(FILE *to, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Members of a document, whatever it holds: NULL, 0, false where there is no such value. */
const char *text_of(const json_t *object, const char *name);
uint64_t number_of(const json_t *object, const char *name);
bool truth_of(const json_t *object, const char *name);

/* The member's text, else `otherwise`. */
const char *text_or(const json_t *object, const char *name, const char *otherwise);

/* Has everything reach standard output; false and *e where it did not. */
bool flush_stdout(struct uw_error *e);
/* On a line of its own, at once. What becomes of it flush_stdout says. */
void print_json_line(const json_t *document);

#endif
