/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/document.h"
#include "output/output.h"

static char *read_descriptor(int fd, const char *file, size_t *bytes, struct uw_error *e)
{
    struct stat status;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        uw_fail(e, UW_E_USAGE, "%s is not a regular file", file);
        return NULL;
    }
    if (status.st_size > UW_DOCUMENT_BYTES) {
        uw_fail(e, UW_E_INVALID, "%s is larger than any document", file);
        return NULL;
    }
    /* One byte more than it had, to see whether it grows. */
    size_t room = (size_t)status.st_size + 1;
    char *text = malloc(room);
    size_t used = 0;
    ssize_t n = 1;
    while (text != NULL && used < room && (n = read(fd, text + used, room - used)) > 0)
        used += (size_t)n;
    if (text == NULL || n < 0 || used == room) {
        uw_fail_errno(e, UW_E_USAGE, text == NULL || n < 0 ? errno : 0, "cannot read %s", file);
        free(text);
        return NULL;
    }
    *bytes = used;
    return text;
}

json_t *uw_document_load(const char *file, struct uw_error *e)
{
    size_t bytes;
    /* A pipe or terminal must not hold us. */
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        uw_fail_errno(e, UW_E_USAGE, errno, "cannot open %s", file);
        return NULL;
    }
    char *text = read_descriptor(fd, file, &bytes, e);
    json_t *document = text != NULL ? uw_document_parse(text, bytes, e) : NULL;
    free(text);
    close(fd);
    return document;
}
