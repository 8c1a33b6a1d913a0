/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/document.h"

void fuzz_must(bool holds, const char *property, const char *file, int line)
{
    if (holds)
        return;
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, property);
    abort();
}

/* Of the characters that steer a terminal or a reader or cannot be seen, beside C0 and DEL: their UTF-8, by
 * first two or three bytes. */
static bool steers(const unsigned char *p)
{
    if (p[0] == 0xc2)
        return p[1] < 0xa0 || p[1] == 0xad; /* C1, soft hyphen */
    if (p[0] == 0xcd)
        return p[1] == 0x8f; /* grapheme joiner */
    if (p[0] == 0xd8)
        return p[1] == 0x9c; /* Arabic letter mark */
    if (p[0] == 0xe2 && p[1] == 0x80)
        return p[2] == 0x8b || p[2] == 0x8e || p[2] == 0x8f ||
               (p[2] >= 0xa8 && p[2] <= 0xae); /* zero width, marks, separators, embeddings */
    if (p[0] == 0xe2 && p[1] == 0x81)
        return p[2] >= 0xa0 && p[2] <= 0xaf; /* isolates and what is invisible */
    if (p[0] == 0xe1 && p[1] == 0xa0)
        return p[2] >= 0x8b && p[2] <= 0x8f; /* Mongolian selectors */
    if (p[0] == 0xef && p[1] == 0xbf)
        return p[2] >= 0xb9 && p[2] <= 0xbb;              /* annotations */
    return (p[0] == 0xef && p[1] == 0xbb && p[2] == 0xbf) /* byte order mark */
           || (p[0] == 0xf3 && p[1] == 0xa0);             /* tags */
}

void must_be_printable(const char *text, bool lines)
{
    json_t *utf8 = json_string(text); /* NULL for anything else */
    must(utf8 != NULL);
    json_decref(utf8);
    for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++) {
        must(*p >= 0x20 || (lines && *p == '\n'));
        must(*p != 0x7f);
        must(!steers(p));
    }
}

void must_explain(const struct uw_error *e, enum uw_code code)
{
    must(e->code == code);
    must(e->text[0] != '\0');
    must_be_printable(e->text, false);
    must_be_printable(e->way_out, false);
}

void must_be_document(json_t *value)
{
    struct uw_error e = {0};
    size_t bytes = 0;
    char *text = uw_document_canonical(value, &bytes, &e);
    must(text != NULL);
    json_t *again = uw_document_parse(text, bytes, &e);
    must(again != NULL && json_equal(value, again));
    json_decref(again);
    json_decref(value);
    free(text);
}

static void write_all(int fd, const char *data, size_t bytes)
{
    for (size_t done = 0; done < bytes;) {
        ssize_t n = pwrite(fd, data + done, bytes - done, (off_t)done);
        must(n > 0);
        done += (size_t)n;
    }
}

const char *fuzz_file(const void *data, size_t bytes)
{
    static char path[64];
    static int fd = -1;
    if (fd < 0) {
        fd = memfd_create("fuzz", MFD_CLOEXEC);
        must(fd >= 0 && fchmod(fd, 0600) == 0);
        snprintf(path, sizeof path, fuzz_file_folder "/%d", fd);
    }
    must(ftruncate(fd, 0) == 0);
    write_all(fd, data, bytes);
    return path;
}

void fuzz_make_folder(const char *name, char *path, size_t path_bytes)
{
    char made[512];
    const char *tmp = getenv("TMPDIR");
    int n = snprintf(made, sizeof made, "%s/%s.XXXXXX", tmp != NULL ? tmp : "/tmp", name);
    must(n > 0 && (size_t)n < sizeof made && mkdtemp(made) != NULL);
    char *resolved = realpath(made, NULL);
    must(resolved != NULL && strlen(resolved) < path_bytes);
    snprintf(path, path_bytes, "%s", resolved);
    free(resolved);
}

void fuzz_write(const char *path, const void *data, size_t bytes)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    must(fd >= 0);
    write_all(fd, data, bytes);
    close(fd);
}
