/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"

/* A program started with a closed descriptor would get a drive as its standard output and print onto it. The
 * place is taken by a descriptor of the other direction, so that using it fails as before. */
static bool fill_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) != -1 || errno != EBADF)
            continue;
        if (open("/dev/null", (fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) | O_NOCTTY) != fd)
            return false;
    }
    return true;
}

static void free_invocation(struct invocation *invocation)
{
    free(invocation->operands.items);
    free(invocation->request.confirm.items);
    free(invocation->request.exclude.items);
    free(invocation->configuration);
}

/* All carriers into one invocation. */
static bool read_invocation(struct invocation *invocation, int argc, char **argv, int words,
                            struct uw_error *e)
{
    bool given[OPTION_MAX] = {false};
    if (!options_parse(invocation, argc, argv, 1 + words, given, e))
        return false;
    if (invocation->help || invocation->version)
        return true;
    if (!config_read(invocation, given, e) || !options_check(invocation, e))
        return false;
    invocation->request.targets = invocation->operands;
    invocation->request.arguments = (struct uw_strings){(const char **)argv, (size_t)argc};
    return true;
}

/* --trace: from before the first drive is asked to after the last. What is missing in it is said and changes
 * no result. */
static int run_traced(struct invocation *invocation)
{
    struct uw_error e = {0};
    if (invocation->trace == NULL)
        return invocation->verb->run(invocation);
    invocation->request.trace = uw_trace_open(invocation->trace, &e);
    if (invocation->request.trace == NULL)
        return complain(&e);
    int code = invocation->verb->run(invocation);
    if (code == UW_EXIT_USAGE)
        uw_trace_forget_empty(invocation->request.trace);
    if (!uw_trace_close(invocation->request.trace, &e))
        remark("%s", e.text);
    return code;
}

static int run(struct invocation *invocation)
{
    if (invocation->help)
        help_print(invocation->verb->name);
    else if (invocation->version)
        printf("unwrite %s\n", uw_version());
    else
        return run_traced(invocation);
    return UW_EXIT_SANITIZED;
}

/* What could not be printed changes no result of an erase, whose documents are files; but who wants them on
 * standard output did not get them. */
static int finish(const struct invocation *invocation, int code)
{
    struct uw_error e = {0};
    const struct verb *verb = invocation->verb;
    if (flush_stdout(&e))
        return code;
    bool erased = verb != NULL && (verb->bit & (V_ERASE | V_VERIFY)) != 0;
    if (erased)
        (void)uw_way_out(&e, "the documents are in the folder for certificates");
    int failed = complain(&e);
    if (code != UW_EXIT_SANITIZED)
        return code;
    return !erased ? failed : invocation->json ? UW_EXIT_NOT_STORED : code;
}

/* `unwrite --help`, `unwrite --version` and `unwrite cert --help` name no verb. */
static bool answer_without_verb(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--help") == 0)
        help_print(NULL);
    else if (argc == 2 && strcmp(argv[1], "--version") == 0)
        printf("unwrite %s\n", uw_version());
    else if (argc == 3 && argv[1][0] != '-' && strcmp(argv[2], "--help") == 0)
        help_print(argv[1]);
    else
        return false;
    return true;
}

int main(int argc, char **argv)
{
    struct uw_error e = {0};
    struct invocation invocation = {0};
    int words = 0;
    if (!fill_standard_descriptors())
        return UW_EXIT_FAILED;
    setlocale(LC_CTYPE, "");
    invocation.verb = verb_find(argc, argv, &words, &e);
    if (invocation.verb == NULL && answer_without_verb(argc, argv))
        return finish(&invocation, UW_EXIT_SANITIZED);
    bool ok = invocation.verb != NULL && read_invocation(&invocation, argc, argv, words, &e);
    int code = finish(&invocation, ok ? run(&invocation) : complain(&e));
    free_invocation(&invocation);
    return code;
}
