/* SPDX-License-Identifier: Apache-2.0 */
/* LD_PRELOAD: the process dies by SIGKILL at the DIE_AT-th call that stores something: DIE_HOW=before it, or
 * half: behind it, a write in its middle. Without DIE_AT the calls are counted into the file DIE_COUNT. Of
 * its children the one that writes the journal counts, and dies with it; the others write to drives only. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static atomic_long *calls; /* shared */
static pid_t counted;
static long die_at = -1;
static const char *how = "", *count_file;

static void __attribute__((constructor)) begin(void)
{
    const char *at = getenv("DIE_AT");
    counted = getpid();
    calls = mmap(NULL, sizeof *calls, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (calls == MAP_FAILED)
        abort();
    die_at = at != NULL ? atol(at) : -1;
    how = getenv("DIE_HOW") != NULL ? getenv("DIE_HOW") : "before";
    count_file = getenv("DIE_COUNT");
}

static void __attribute__((destructor)) end(void)
{
    FILE *file = count_file != NULL && getpid() == counted ? fopen(count_file, "w") : NULL;
    if (file != NULL) {
        fprintf(file, "%ld\n", atomic_load(calls));
        fclose(file);
    }
}

static int is_now(const char *when, long number)
{
    return number == die_at && strcmp(how, when) == 0;
}

static void die(void)
{
    kill(counted, SIGKILL);
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

static int is_journal(int fd)
{
    char link[64], path[PATH_MAX] = "";
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    return fd >= 0 && readlink(link, path, sizeof path - 1) > 0 && strstr(path, ".jsonl") != NULL;
}

static long next(int fd)
{
    return getpid() == counted || is_journal(fd) ? atomic_fetch_add(calls, 1) + 1 : 0;
}

#define AROUND(type, fd, call)                                                                               \
    long number = next(fd);                                                                                  \
    if (is_now("before", number))                                                                            \
        die();                                                                                               \
    type result = (call);                                                                                    \
    if (is_now("half", number))                                                                              \
        die();                                                                                               \
    return result

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int fd, const void *data, size_t bytes)
{
    if (fd <= STDERR_FILENO)
        return REAL(write)(fd, data, bytes);
    long number = next(fd);
    if (is_now("before", number))
        die();
    ssize_t written = REAL(write)(fd, data, is_now("half", number) ? bytes / 2 : bytes);
    if (is_now("half", number))
        die();
    return written;
}

int fsync(int fd)
{
    AROUND(int, fd, REAL(fsync)(fd));
}

int fdatasync(int fd)
{
    AROUND(int, fd, REAL(fdatasync)(fd));
}

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags)
{
    AROUND(int, -1, REAL(renameat2)(from_folder, from, to_folder, to, flags));
}

int linkat(int from_folder, const char *from, int to_folder, const char *to, int flags)
{
    AROUND(int, -1, REAL(linkat)(from_folder, from, to_folder, to, flags));
}

int unlinkat(int folder, const char *name, int flags)
{
    AROUND(int, -1, REAL(unlinkat)(folder, name, flags));
}

int mkdir(const char *path, mode_t mode)
{
    AROUND(int, -1, REAL(mkdir)(path, mode));
}

int fallocate64(int fd, int mode, off64_t offset, off64_t bytes)
{
    AROUND(int, -1, REAL(fallocate64)(fd, mode, offset, bytes));
}
