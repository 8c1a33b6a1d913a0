/* SPDX-License-Identifier: Apache-2.0 */
/* LD_PRELOAD: from the NO_ROOM_AT-th intent on, NO_ROOM_FOR files whose names hold ".json" find no room to be
 * made in. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static int intents, refused;

int openat(int folder, const char *name, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
    va_end(args);
    if (flags & O_CREAT && strstr(name, ".json") != NULL) {
        intents += strstr(name, ".intent.json") != NULL;
        if (intents >= atoi(getenv("NO_ROOM_AT")) && refused < atoi(getenv("NO_ROOM_FOR"))) {
            refused++;
            errno = ENOSPC;
            return -1;
        }
    }
    return ((__typeof__(&openat))dlsym(RTLD_NEXT, "openat"))(folder, name, flags, mode);
}

int openat64(int folder, const char *name, int flags, ...) __attribute__((alias("openat")));
