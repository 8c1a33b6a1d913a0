/* SPDX-License-Identifier: Apache-2.0 */
/* Runs that must end their process, in a process of their own. */
#ifndef UW_TESTS_DESK_DEATH_H
#define UW_TESTS_DESK_DEATH_H

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Sanitizers are slow at forking: fewer deaths there. */
#ifdef __SANITIZE_ADDRESS__
enum { DEATH_IS_SLOW = 1 };
#else
enum { DEATH_IS_SLOW = 0 };
#endif
enum { DEATH_PATIENCE_S = 120, DEATH_TEXT = 4096 };

/* An assertion that fails in a child goes on with the next test there: it must not fork children of its own,
 * which would do the same. */
static bool death_in_child;

static inline void death_child(void (*run)(void *), void *data, int output)
{
    const struct rlimit none = {0};
    death_in_child = true;
    setrlimit(RLIMIT_CORE, &none);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    alarm(DEATH_PATIENCE_S);
    run(data);
    _exit(0);
}

/* Whether `run` ends its process by abort(), with a word about what came unexpectedly. */
static inline bool death_by_surprise(void (*run)(void *), void *data)
{
    char text[DEATH_TEXT] = "";
    if (death_in_child)
        _exit(2);
    int status, output = memfd_create("output", MFD_CLOEXEC);
    assert_true(output >= 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        death_child(run, data, output);
    assert_int_equal(waitpid(child, &status, 0), child);
    (void)!pread(output, text, sizeof text - 1, 0);
    close(output);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT && strstr(text, "unexpected ") != NULL;
}

#endif
