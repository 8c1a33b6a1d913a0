/* SPDX-License-Identifier: Apache-2.0 */
#include "transport/lines.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "transport/process.h"

/* That may wait for the process, where we may have so much. */
enum { LINES_BYTES = 8 << 20 };

pid_t uw_lines_fork(uw_lines_work *work, void *shared, int file, int *lines)
{
    int ends[2], room = LINES_BYTES;
    *lines = -1;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return -1;
    if (setsockopt(ends[0], SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room) != 0)
        (void)setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    const int kept[] = {ends[1], file};
    pid_t child = uw_process_fork(kept, sizeof kept / sizeof kept[0]);
    if (child == 0) {
        work(shared, ends[1], file);
        _exit(0);
    }
    int why = errno;
    close(ends[1]);
    if (child < 0)
        close(ends[0]);
    else
        *lines = ends[0];
    errno = why;
    return child;
}

int uw_lines_send(int lines, const char *data, size_t bytes)
{
    ssize_t sent;
    if (bytes > UW_LINES_CHUNK_BYTES)
        return EMSGSIZE;
    do
        sent = send(lines, data, bytes, MSG_NOSIGNAL | MSG_DONTWAIT);
    while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)bytes ? 0 : sent < 0 ? errno : EMSGSIZE;
}

bool uw_write_all(int fd, const char *data, size_t bytes)
{
    while (bytes > 0) {
        ssize_t n = write(fd, data, bytes);
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            errno = ENOSPC;
        if (n <= 0)
            return false;
        data += n;
        bytes -= (size_t)n;
    }
    return true;
}
