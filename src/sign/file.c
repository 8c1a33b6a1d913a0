/* SPDX-License-Identifier: Apache-2.0 */
#include "sign/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* Reads to the end or until the buffer is full; -1 on an error. */
static ssize_t read_all(int fd, char *data, size_t data_bytes)
{
    size_t got = 0;
    while (got < data_bytes) {
        ssize_t n = read(fd, data + got, data_bytes - got);
        if (n == 0)
            break;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        got += (size_t)n;
    }
    return (ssize_t)got;
}

static bool write_all(int fd, const char *data, size_t bytes)
{
    while (bytes > 0) {
        ssize_t n = write(fd, data, bytes);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            errno = n == 0 ? EIO : errno;
            return false;
        }
        data += n;
        bytes -= (size_t)n;
    }
    return true;
}

/* One byte more than allowed is asked for: the file may have grown since fstat. */
static char *read_open(int fd, const char *path, size_t limit_bytes, size_t *bytes, struct stat *st,
                       struct uw_error *e)
{
    if (fstat(fd, st) != 0) {
        uw_fail_errno(e, UW_E_USAGE, errno, "cannot read %s", path);
        return NULL;
    }
    if (!S_ISREG(st->st_mode)) {
        uw_fail(e, UW_E_USAGE, "%s is not a regular file", path);
        return NULL;
    }
    char *text = malloc(limit_bytes + 1);
    ssize_t got = text == NULL ? -1 : read_all(fd, text, limit_bytes + 1);
    if (got < 0)
        uw_fail_errno(e, UW_E_USAGE, errno, "cannot read %s", path);
    else if (got == 0)
        uw_fail(e, UW_E_USAGE, "%s is empty", path);
    else if ((size_t)got > limit_bytes)
        uw_fail(e, UW_E_USAGE, "%s is larger than %zu bytes", path, limit_bytes);
    else {
        text[got] = '\0';
        *bytes = (size_t)got;
        return text;
    }
    free(text);
    return NULL;
}

char *uw_file_read(const char *path, size_t limit_bytes, size_t *bytes, struct stat *st, struct uw_error *e)
{
    struct stat own;
    /* Non-blocking: a FIFO must not hold the program; for a regular file it means nothing. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0) {
        uw_fail_errno(e, UW_E_USAGE, errno, "cannot read %s", path);
        return NULL;
    }
    char *text = read_open(fd, path, limit_bytes, bytes, st == NULL ? &own : st, e);
    close(fd);
    return text;
}

/* A file system that cannot sync folders says EINVAL: then there is nothing to wait for. */
static bool sync_folder(int folder)
{
    return fsync(folder) == 0 || errno == EINVAL;
}

/* Without replacing what is there; link() where the file system lacks renameat2's flag. */
static bool move(int folder, const char *from, const char *to)
{
    if (renameat2(folder, from, folder, to, RENAME_NOREPLACE) == 0)
        return true;
    if (errno != EINVAL && errno != ENOSYS)
        return false;
    if (linkat(folder, from, folder, to, 0) != 0)
        return false;
    unlinkat(folder, from, 0);
    return true;
}

/* A file system without modes gives others what was not granted: nothing secret goes there. */
static bool is_private_enough(int fd, mode_t mode)
{
    struct stat st;
    if ((mode & 077) != 0)
        return true;
    if (fstat(fd, &st) != 0)
        return false;
    errno = EPERM;
    return (st.st_mode & 077) == 0;
}

static bool fill(int fd, mode_t mode, const void *data, size_t bytes)
{
    return is_private_enough(fd, mode) && write_all(fd, data, bytes) && fsync(fd) == 0;
}

/* The lock tells uw_file_sweep that somebody still works on it. False: it was swept before the lock was
 * there. */
static bool claim(int fd)
{
    struct stat status;
    return flock(fd, LOCK_EX) != 0 || fstat(fd, &status) != 0 || status.st_nlink > 0;
}

/* A file of this process alone; a leftover of a process that had the same number is passed by. */
static int open_temporary(int folder, const char *name, mode_t mode, char *temporary, size_t temporary_bytes)
{
    for (unsigned i = 0; i < 100; i++) {
        int n = snprintf(temporary, temporary_bytes, ".%s.tmp-%ld-%u", name, (long)getpid(), i);
        if (n < 0 || (size_t)n >= temporary_bytes) {
            errno = ENAMETOOLONG;
            return -1;
        }
        int fd = openat(folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
        if (fd < 0 && errno != EEXIST)
            return -1;
        if (fd >= 0 && claim(fd))
            return fd;
        if (fd >= 0)
            close(fd);
    }
    return -1;
}

/* ".NAME.json.tmp-12-0" or ".unwrite.tmp-12-0": what open_temporary makes for documents and trials. */
static bool is_temporary(const char *name)
{
    const char *mark = strstr(name, ".tmp-");
    if (name[0] != '.' || mark == NULL)
        return false;
    bool document = mark - name > 5 && strncmp(mark - 5, ".json", 5) == 0;
    bool trial = strncmp(name, ".unwrite.tmp-", strlen(".unwrite.tmp-")) == 0;
    const char *number = mark + strlen(".tmp-");
    size_t pid = strspn(number, "0123456789");
    size_t turn = number[pid] == '-' ? strspn(number + pid + 1, "0123456789") : 0;
    return (document || trial) && pid > 0 && turn > 0 && number[pid + 1 + turn] == '\0';
}

/* A process that lives holds the lock of its file. */
static void sweep_file(int folder, const char *name)
{
    int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        unlinkat(folder, name, 0);
    close(fd);
}

void uw_file_sweep(const char *folder)
{
    DIR *entries = opendir(folder[0] == '\0' ? "." : folder);
    const struct dirent *entry;
    while (entries != NULL && (entry = readdir(entries)) != NULL)
        if (is_temporary(entry->d_name))
            sweep_file(dirfd(entries), entry->d_name);
    if (entries != NULL)
        closedir(entries);
}

static bool create_in(int folder, const char *name, mode_t mode, const void *data, size_t bytes)
{
    char temporary[NAME_MAX + 1];
    int fd = open_temporary(folder, name, mode, temporary, sizeof temporary);
    if (fd < 0)
        return false;
    bool ok = fill(fd, mode, data, bytes);
    int why = errno;
    if (ok && !move(folder, temporary, name)) {
        ok = false;
        why = errno;
    }
    /* Only now: its lock keeps others from sweeping it, and fsync has told all that close could. */
    close(fd);
    if (!ok)
        unlinkat(folder, temporary, 0);
    else if (!sync_folder(folder)) {
        ok = false;
        why = errno;
        unlinkat(folder, name, 0);
    }
    errno = why;
    return ok;
}

static int open_folder(const char *folder)
{
    return open(folder[0] == '\0' ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

bool uw_file_create(const char *folder, const char *name, mode_t mode, const void *data, size_t bytes,
                    enum uw_code code, struct uw_error *e)
{
    int fd = open_folder(folder);
    bool ok = fd >= 0 && create_in(fd, name, mode, data, bytes);
    int why = errno;
    if (fd >= 0)
        close(fd);
    return ok ||
           uw_fail_errno(e, code, why, "cannot make %s%s%s", folder, folder[0] == '\0' ? "" : "/", name);
}

static bool sync_parent(const char *folder)
{
    int fd = open_folder(folder);
    int parent = fd < 0 ? -1 : openat(fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = parent >= 0 && sync_folder(parent);
    int why = errno;
    if (parent >= 0)
        close(parent);
    if (fd >= 0)
        close(fd);
    errno = why;
    return ok;
}

bool uw_folder_make(const char *folder, enum uw_code code, struct uw_error *e)
{
    if (mkdir(folder, 0777) == 0 ? sync_parent(folder) : errno == EEXIST)
        return true;
    return uw_fail_errno(e, code, errno, "cannot make the folder %s", folder);
}

/* The room is asked for, not only looked up: quotas and reserves are known to the file system alone. */
static bool reserve(int fd, unsigned long long bytes)
{
    struct statvfs fs;
    if (bytes == 0)
        return true;
    errno = EFBIG;
    if (bytes > LLONG_MAX)
        return false;
    if (fallocate(fd, 0, 0, (off_t)bytes) == 0)
        return true;
    if ((errno != EOPNOTSUPP && errno != ENOSYS) || fstatvfs(fd, &fs) != 0)
        return false;
    if (fs.f_blocks == 0 || fs.f_frsize == 0 ||
        fs.f_bavail > bytes / fs.f_frsize) /* 0: it does not count them */
        return true;
    errno = ENOSPC;
    return false;
}

static bool try_in(int folder, unsigned long long bytes)
{
    char temporary[NAME_MAX + 1];
    int fd = open_temporary(folder, "unwrite", 0600, temporary, sizeof temporary);
    if (fd < 0)
        return false;
    bool ok = reserve(fd, bytes);
    int why = errno;
    close(fd);
    unlinkat(folder, temporary, 0);
    errno = why;
    return ok;
}

bool uw_file_try(const char *folder, unsigned long long bytes, enum uw_code code, struct uw_error *e)
{
    int fd = open_folder(folder);
    bool ok = fd >= 0 && try_in(fd, bytes);
    int why = errno;
    if (fd >= 0)
        close(fd);
    return ok || uw_fail_errno(e, code, why, "cannot store documents of %llu bytes in %s", bytes,
                               folder[0] == '\0' ? "." : folder);
}
