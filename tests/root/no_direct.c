/* SPDX-License-Identifier: Apache-2.0 */
/* LD_PRELOAD: nothing is opened for direct I/O, and nobody is told. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>

int open64(const char *name, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0;
    va_end(args);
    return ((__typeof__(&open64))dlsym(RTLD_NEXT, "open64"))(name, flags & ~O_DIRECT, mode);
}

/* What a fortified program calls where no mode is given. */
int __open64_2(const char *name, int flags);
int __open64_2(const char *name, int flags)
{
    return open64(name, flags);
}

int open(const char *name, int flags, ...) __attribute__((alias("open64")));
