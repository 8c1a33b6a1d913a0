/* SPDX-License-Identifier: Apache-2.0 */
#include "probe/sysfs.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { NAMES = 65536 };

static bool set_root(char to[UW_PATH_BYTES], const char *given, const char *usual, bool *moved,
                     struct uw_error *e)
{
    const char *root = given == NULL ? usual : given;
    char *resolved = realpath(root, NULL);
    int n = snprintf(to, UW_PATH_BYTES, "%s", resolved != NULL ? resolved : root);
    free(resolved);
    if (n < 0 || n >= UW_PATH_BYTES)
        return uw_fail(e, UW_E_USAGE, "root %s is too long", root);
    *moved = *moved || strcmp(to, usual) != 0;
    return true;
}

bool uw_tree_open(struct uw_tree *tree, const struct uw_roots *roots, struct uw_error *e)
{
    static const struct uw_roots here;
    bool moved = false;
    if (roots == NULL)
        roots = &here;
    if (!set_root(tree->sys, roots->sys, "/sys", &moved, e) ||
        !set_root(tree->proc, roots->proc, "/proc", &moved, e) ||
        !set_root(tree->dev, roots->dev, "/dev", &moved, e))
        return false;
    tree->real = !moved;
    tree->trace = roots->trace;
    return true;
}

bool uw_path_join(char *to, const char *dir, const char *name)
{
    int n = snprintf(to, UW_LONG_PATH_BYTES, "%s/%s", dir, name);
    if (n >= 0 && n < UW_LONG_PATH_BYTES)
        return true;
    errno = ENAMETOOLONG;
    return false;
}

char *uw_path_resolve(const char *dir, const char *name)
{
    char path[UW_LONG_PATH_BYTES];
    return uw_path_join(path, dir, name) ? realpath(path, NULL) : NULL;
}

static int open_file(const char *dir, const char *name)
{
    char path[UW_LONG_PATH_BYTES];
    return uw_path_join(path, dir, name) ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) : -1;
}

/* Until `bytes` or the end; -1 and errno. */
static ssize_t read_up_to(int fd, char *data, size_t bytes)
{
    size_t got = 0;
    while (got < bytes) {
        ssize_t n = read(fd, data + got, bytes - got);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        got += (size_t)n;
    }
    return (ssize_t)got;
}

ssize_t uw_read_bytes(const char *dir, const char *name, void *data, size_t bytes)
{
    int fd = open_file(dir, name);
    if (fd < 0)
        return -1;
    ssize_t got = read_up_to(fd, data, bytes);
    int why = errno;
    close(fd);
    errno = why;
    return got;
}

char *uw_read_all(const char *dir, const char *name, size_t limit)
{
    int fd = open_file(dir, name);
    if (fd < 0)
        return NULL;
    char *data = NULL;
    size_t used = 0, room = 0;
    int why = 0;
    while (why == 0) {
        if (used + 1 >= room) {
            room = room == 0 ? 16384 : room * 2;
            char *more = used > limit ? NULL : realloc(data, room);
            if (more == NULL) {
                why = used > limit ? EFBIG : ENOMEM;
                break;
            }
            data = more;
        }
        ssize_t n = read_up_to(fd, data + used, room - used - 1);
        if (n < 0)
            why = errno;
        if (n <= 0)
            break;
        used += (size_t)n;
    }
    close(fd);
    if (why == 0 && used <= limit) {
        data[used] = '\0';
        return data;
    }
    free(data);
    errno = why != 0 ? why : EFBIG;
    return NULL;
}

bool uw_read_text(const char *dir, const char *name, char *to, size_t to_bytes)
{
    char data[UW_TEXT_BYTES];
    to[0] = '\0';
    ssize_t n = uw_read_bytes(dir, name, data, sizeof data);
    if (n < 0)
        return false;
    if (n > 0 && data[n - 1] == '\n')
        n--;
    uw_clean_string(to, to_bytes, data, (size_t)n);
    return true;
}

bool uw_read_number(const char *dir, const char *name, uint64_t *value)
{
    char data[32];
    ssize_t n = uw_read_bytes(dir, name, data, sizeof data - 1);
    if (n < 0)
        return false;
    data[n] = '\0';
    /* One that fills the buffer may go on behind it. */
    if ((size_t)n == sizeof data - 1) {
        errno = ERANGE;
        return false;
    }
    if (!isdigit((unsigned char)data[0])) {
        errno = EINVAL;
        return false;
    }
    char *end;
    errno = 0;
    uintmax_t number = strtoumax(data, &end, 10);
    if (errno == 0 && end != data + n && (*end != '\n' || end + 1 != data + n))
        errno = EINVAL;
    if (errno != 0)
        return false;
    *value = number;
    return true;
}

bool uw_parse_devnum(const char *text, dev_t *devnum)
{
    unsigned major_number, minor_number;
    size_t digits = strspn(text, "0123456789");
    /* scanf would pass over white space. */
    if (digits == 0 || text[digits] != ':' || !isdigit((unsigned char)text[digits + 1]) ||
        sscanf(text, "%8u:%8u", &major_number, &minor_number) != 2)
        return false;
    *devnum = makedev(major_number, minor_number);
    return true;
}

bool uw_read_link_name(const char *dir, const char *name, char *to, size_t to_bytes)
{
    char path[UW_LONG_PATH_BYTES], target[UW_LONG_PATH_BYTES];
    to[0] = '\0';
    if (!uw_path_join(path, dir, name))
        return false;
    ssize_t n = readlink(path, target, sizeof target - 1);
    if (n < 0)
        return false;
    target[n] = '\0';
    const char *slash = strrchr(target, '/');
    const char *last = slash == NULL ? target : slash + 1;
    uw_clean_string(to, to_bytes, last, strlen(last));
    return true;
}

bool uw_path_exists(const char *dir, const char *name)
{
    char path[UW_LONG_PATH_BYTES];
    return uw_path_join(path, dir, name) && access(path, F_OK) == 0;
}

static int compare_items(const void *a, const void *b)
{
    return uw_name_compare(*(char *const *)a, *(char *const *)b);
}

static bool add_name(struct uw_names *names, size_t *room, const char *name)
{
    if (names->count == *room) {
        size_t more = *room == 0 ? 64 : *room * 2;
        char **items = reallocarray(names->items, more, sizeof *items);
        if (items == NULL)
            return false;
        names->items = items;
        *room = more;
    }
    char *copy = strdup(name);
    if (copy == NULL)
        return false;
    names->items[names->count++] = copy;
    return true;
}

bool uw_names_read(const char *dir, struct uw_names *names)
{
    *names = (struct uw_names){0};
    DIR *folder = opendir(dir);
    if (folder == NULL)
        return errno == ENOENT || errno == ENOTDIR;
    size_t room = 0;
    bool ok = true;
    for (struct dirent *entry; ok && names->count < NAMES && (entry = readdir(folder)) != NULL;)
        if (entry->d_name[0] != '.')
            ok = add_name(names, &room, entry->d_name);
    closedir(folder);
    if (!ok) {
        uw_names_clear(names);
        errno = ENOMEM;
        return false;
    }
    if (names->count > 1)
        qsort(names->items, names->count, sizeof *names->items, compare_items);
    return true;
}

void uw_names_clear(struct uw_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->items[i]);
    free(names->items);
    *names = (struct uw_names){0};
}

/* How much of `name` is a family whose letters count up: sda, vda, hda, xvda. 0: none. */
static size_t lettered(const char *name)
{
    static const char *const families[] = {"sd", "vd", "hd", "xvd"};
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        size_t length = strlen(families[i]);
        if (strncmp(name, families[i], length) == 0 && islower((unsigned char)name[length]))
            return length;
    }
    return 0;
}

int uw_name_compare(const char *a, const char *b)
{
    size_t family = lettered(a);
    if (family != 0 && family == lettered(b) && strncmp(a, b, family) == 0) {
        size_t a_letters = strspn(a + family, "abcdefghijklmnopqrstuvwxyz");
        size_t b_letters = strspn(b + family, "abcdefghijklmnopqrstuvwxyz");
        if (a_letters != b_letters)
            return a_letters < b_letters ? -1 : 1;
    }
    return strverscmp(a, b);
}

const char *uw_unknown_word(int errno_value)
{
    switch (errno_value) {
    case EACCES:
    case EPERM:
        return "no_permission";
    case ENOENT:
    case ENOTDIR:
        return "not_supported";
    default:
        return "read_error";
    }
}
