/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where the reading stands. */
struct reader {
    struct invocation *invocation;
    const bool *given;        /* on the command line */
    bool seen[2][OPTION_MAX]; /* in this file, by section */
    bool in_auto;
    const char *path;
    unsigned line;
};

static bool bad_line(const struct reader *reader, struct uw_error *e, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool bad_line(const struct reader *reader, struct uw_error *e, const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return uw_fail(e, UW_E_USAGE, "%s:%u: %s", reader->path, reader->line, text);
}

/* What sudo and sshd ask of files that decide what they do: nobody but root and the user may have written it.
 */
static bool check_file(int fd, const char *path, struct uw_error *e)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return uw_fail_errno(e, UW_E_USAGE, errno, "cannot read configuration %s", path);
    if (!S_ISREG(st.st_mode))
        return uw_fail(e, UW_E_USAGE, "configuration %s is not a regular file", path);
    if (st.st_mode & (S_IWGRP | S_IWOTH)) {
        uw_fail(e, UW_E_USAGE, "configuration %s can be written by group or others", path);
        return uw_way_out(e, "chmod go-w %s", path);
    }
    if (st.st_uid != 0 && st.st_uid != geteuid()) {
        uw_fail(e, UW_E_USAGE, "configuration %s belongs to another user", path);
        return uw_way_out(e, "chown root %s", path);
    }
    if (st.st_size > CONFIG_BYTES)
        return uw_fail(e, UW_E_USAGE, "configuration %s is larger than 1 MiB", path);
    return true;
}

static bool read_all(int fd, const char *path, char *text, size_t *bytes, struct uw_error *e)
{
    *bytes = 0;
    for (;;) {
        ssize_t n = read(fd, text + *bytes, CONFIG_BYTES + 1 - *bytes);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return uw_fail_errno(e, UW_E_USAGE, errno, "cannot read configuration %s", path);
        if (n == 0)
            return true;
        *bytes += (size_t)n;
        if (*bytes > CONFIG_BYTES)
            return uw_fail(e, UW_E_USAGE, "configuration %s is larger than 1 MiB", path);
    }
}

/* O_NONBLOCK: a FIFO in its place must not hold us; it has no meaning for a regular file. */
static bool load(const char *path, bool named, char **text, size_t *bytes, struct uw_error *e)
{
    *text = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 && errno == ENOENT && !named)
        return true;
    if (fd < 0)
        return uw_fail_errno(e, UW_E_USAGE, errno, "cannot read configuration %s", path);
    bool ok = check_file(fd, path, e);
    if (ok) {
        *text = malloc(CONFIG_BYTES + 2);
        ok = *text != NULL ? read_all(fd, path, *text, bytes, e) : uw_fail(e, UW_E_NOMEM, "out of memory");
    }
    close(fd);
    if (ok)
        (*text)[*bytes] = '\0';
    return ok;
}

static bool is_utf8(const char *line, size_t length)
{
    json_t *string = json_stringn(line, length);
    json_decref(string);
    return string != NULL;
}

static char *trim(char *text)
{
    text += strspn(text, " \t");
    size_t length = strlen(text);
    while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t'))
        length--;
    text[length] = '\0';
    return text;
}

static bool read_section(struct reader *reader, const char *line, struct uw_error *e)
{
    if (strcmp(line, "[auto]") != 0)
        return bad_line(reader, e, "unknown section '%.64s'", line);
    if (reader->in_auto)
        return bad_line(reader, e, "section [auto] stands twice");
    reader->in_auto = true;
    return true;
}

static bool read_flag(const struct reader *reader, const char *key, const char *value, bool *on,
                      struct uw_error *e)
{
    *on = strcmp(value, "yes") == 0 || strcmp(value, "true") == 0;
    if (*on || strcmp(value, "no") == 0 || strcmp(value, "false") == 0)
        return true;
    return bad_line(reader, e, "%s is '%.64s', not yes or no", key, value);
}

/* Whether the key may stand where it stands, once. */
static bool check_key(struct reader *reader, const char *key, const struct option *option, size_t index,
                      struct uw_error *e)
{
    if (option == NULL || option->carrier == C_LINE)
        return bad_line(reader, e, "unknown key '%.64s'", key);
    if (option->carrier == C_AUTO && !reader->in_auto)
        return bad_line(reader, e, "key '%s' stands under [auto] alone", key);
    bool *seen = &reader->seen[reader->in_auto][index];
    if (*seen && option->kind != K_LIST)
        return bad_line(reader, e, "key '%s' stands twice", key);
    *seen = true;
    return true;
}

/* Also of what this verb does not take, or the command line says otherwise. */
static bool check_value(const struct reader *reader, const struct option *option, const char *value,
                        struct uw_error *e)
{
    struct invocation alone = {0};
    struct uw_error why = {0};
    if (option->kind != K_TEXT)
        return true;
    if (option_set(&alone, option, value, &why) && uw_request_check(&alone.request, &why))
        return true;
    bad_line(reader, e, "%s", why.text);
    return why.way_out[0] == '\0' ? false : uw_way_out(e, "%s", why.way_out);
}

/* A list adds up over file and command line: --exclude must not bring back what the file excludes. */
static bool take(struct reader *reader, const struct option *option, size_t index, const char *key,
                 const char *value, struct uw_error *e)
{
    bool on = true;
    if (option->kind == K_FLAG && !read_flag(reader, key, value, &on, e))
        return false;
    if (!check_value(reader, option, value, e))
        return false;
    bool wanted = !reader->in_auto && on && (option->verbs & reader->invocation->verb->bit) != 0;
    if (!wanted || (reader->given[index] && option->kind != K_LIST))
        return true;
    return option_set(reader->invocation, option, value, e);
}

static bool read_key(struct reader *reader, char *line, struct uw_error *e)
{
    size_t index = 0;
    for (const char *p = line; *p != '\0'; p++)
        if ((unsigned char)*p < 0x20 && *p != '\t')
            return bad_line(reader, e, "control character 0x%02x%s", (unsigned)(unsigned char)*p,
                            *p == '\r' ? " (lines end with LF alone)" : "");
    char *equals = strchr(line, '=');
    if (equals == NULL)
        return bad_line(reader, e, "no '=' after '%.64s'", line);
    *equals = '\0';
    const char *key = trim(line), *value = trim(equals + 1);
    /* What `auto` erases where nobody stands by; it has no option of its own name. */
    bool target = reader->in_auto && strcmp(key, "target") == 0;
    const struct option *option = option_find(key, strlen(key), &index);
    if (!target && !check_key(reader, key, option, index, e))
        return false;
    if (*value == '\0')
        return bad_line(reader, e, "key '%s' has an empty value", key);
    if (strchr(value, '\t') != NULL)
        return bad_line(reader, e, "tab in the value of '%s'", key);
    return target || take(reader, option, index, key, value, e);
}

static bool read_line(struct reader *reader, char *line, size_t length, struct uw_error *e)
{
    if (memchr(line, '\0', length) != NULL)
        return bad_line(reader, e, "NUL byte");
    if (!is_utf8(line, length))
        return bad_line(reader, e, "not UTF-8");
    line = trim(line);
    if (*line == '\0' || *line == '#' || *line == ';')
        return true;
    return *line == '[' ? read_section(reader, line, e) : read_key(reader, line, e);
}

bool config_read(struct invocation *invocation, const bool given[OPTION_MAX], struct uw_error *e)
{
    const char *path = invocation->config != NULL ? invocation->config : CONFIG_DEFAULT;
    struct reader reader = {.invocation = invocation, .given = given, .path = path};
    size_t bytes = 0;
    if (!load(path, invocation->config != NULL, &invocation->configuration, &bytes, e))
        return false;
    char *text = invocation->configuration;
    if (text == NULL)
        return true;
    if (!uw_sha256_text(text, bytes, invocation->configuration_sha256))
        return uw_fail(e, UW_E_IO, "SHA-256 of configuration %s failed", path);
    invocation->request.configuration_sha256 = invocation->configuration_sha256;
    for (char *end = text + bytes; text < end;) {
        char *newline = memchr(text, '\n', (size_t)(end - text));
        size_t length = (size_t)((newline != NULL ? newline : end) - text);
        text[length] = '\0';
        reader.line++;
        if (!read_line(&reader, text, length, e))
            return false;
        text += length + 1;
    }
    return true;
}
