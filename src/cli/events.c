/* SPDX-License-Identifier: Apache-2.0 */
#include "events.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static FILE *stream;

bool events_open(const char *path, struct uw_error *e)
{
    if (path == NULL)
        return true;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    stream = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (stream != NULL)
        return true;
    uw_fail_errno(e, UW_E_USAGE, errno, "cannot make the events file %s", path);
    if (fd >= 0)
        close(fd);
    return false;
}

void events_write(const struct uw_event *event)
{
    if (stream == NULL)
        return;
    json_t *line = uw_event_json(event);
    bool written = line != NULL && json_dumpf(line, stream, JSON_COMPACT) == 0 && putc('\n', stream) != EOF &&
                   fflush(stream) == 0;
    int error = errno;
    json_decref(line);
    if (written)
        return;
    remark("the events file cannot be written any more: %s", strerror(error));
    events_close();
}

void events_close(void)
{
    if (stream != NULL)
        fclose(stream);
    stream = NULL;
}
