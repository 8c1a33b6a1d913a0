/* SPDX-License-Identifier: Apache-2.0 */
/* LD_PRELOAD: when the journal gets "pass-ended" on stable storage, copies the file IMAGE to
 * COPIES/pass-NUMBER and, unless it was the last pass, fills it with 5c. The job's thread stands still
 * meanwhile, and nothing of its drive is in flight. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK = 1 << 16 };

static void give_up(const char *what)
{
    perror(what);
    _exit(99);
}

static void copy_and_fill(const char *from, const char *to, int fill)
{
    static char data[CHUNK], filling[CHUNK];
    off_t offset = 0;
    ssize_t got;
    int image = open(from, O_RDWR | O_CLOEXEC),
        copy = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (image < 0 || copy < 0)
        give_up(to);
    memset(filling, 0x5c, sizeof filling);
    for (; (got = pread(image, data, sizeof data, offset)) > 0; offset += got)
        if (write(copy, data, (size_t)got) != got ||
            (fill && pwrite(image, filling, (size_t)got, offset) != got))
            give_up(to);
    if (got < 0 || close(image) != 0 || close(copy) != 0)
        give_up(to);
}

/* The last line of the journal; NULL where the descriptor is none. */
static const char *last_line(int fd)
{
    static char text[1 << 16];
    char link[64], path[PATH_MAX] = "";
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    if (readlink(link, path, sizeof path - 1) < 0 || strstr(path, ".jsonl") == NULL)
        return NULL;
    int journal = open(path, O_RDONLY | O_CLOEXEC);
    off_t end = lseek(journal, 0, SEEK_END),
          from = end > (off_t)sizeof text - 1 ? end - (off_t)sizeof text + 1 : 0;
    ssize_t got = pread(journal, text, sizeof text - 1, from);
    close(journal);
    if (got < 1)
        give_up(path);
    text[got - 1] = '\0';
    char *line = strrchr(text, '\n');
    return line != NULL ? line + 1 : text;
}

int fdatasync(int fd)
{
    char to[PATH_MAX];
    int result = ((__typeof__(&fdatasync))dlsym(RTLD_NEXT, "fdatasync"))(fd);
    const char *line = last_line(fd), *pass = line != NULL ? strstr(line, "\"pass\":") : NULL;
    if (pass == NULL || strstr(line, "\"event\":\"pass-ended\"") == NULL)
        return result;
    int number = atoi(pass + strlen("\"pass\":"));
    snprintf(to, sizeof to, "%s/pass-%02d", getenv("COPIES"), number);
    copy_and_fill(getenv("IMAGE"), to, number < atoi(getenv("PASSES")));
    return result;
}
