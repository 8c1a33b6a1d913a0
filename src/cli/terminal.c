/* SPDX-License-Identifier: Apache-2.0 */
#include "terminal.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

bool terminal_is_live(int fd)
{
    const char *term = getenv("TERM");
    return isatty(fd) && term != NULL && *term != '\0' && strcmp(term, "dumb") != 0;
}

bool terminal_has_colour(int fd)
{
    const char *no_color = getenv("NO_COLOR");
    return terminal_is_live(fd) && (no_color == NULL || *no_color == '\0');
}

void terminal_size(int fd, unsigned *columns, unsigned *rows)
{
    struct winsize size;
    bool known = ioctl(fd, TIOCGWINSZ, &size) == 0;
    *columns = known && size.ws_col > 0 ? size.ws_col : 80;
    *rows = known && size.ws_row > 0 ? size.ws_row : 24;
}

bool terminal_is_ready(int fd)
{
    struct pollfd wanted = {.fd = fd, .events = POLLOUT};
    pid_t foreground = tcgetpgrp(fd);
    if (foreground != -1 && foreground != getpgrp())
        return false;
    return poll(&wanted, 1, 0) == 1 && wanted.revents == POLLOUT;
}

void terminal_write(int fd, const char *text, size_t bytes)
{
    while (bytes > 0) {
        ssize_t n = write(fd, text, bytes);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        text += n;
        bytes -= (size_t)n;
    }
}

size_t terminal_fit(const char *text, size_t columns, char *to, size_t to_bytes)
{
    mbstate_t state = {0};
    size_t taken = 0, used = 0;
    while (*text != '\0') {
        wchar_t c;
        size_t length = mbrtowc(&c, text, strlen(text), &state);
        bool known = length != (size_t)-1 && length != (size_t)-2 && length > 0;
        int width = known ? wcwidth(c) : 1;
        if (width < 0)
            known = false;
        size_t wide = known ? (size_t)width : 1, bytes = known ? length : 1;
        if (taken + wide > columns || used + bytes >= to_bytes)
            break;
        if (known)
            memcpy(to + used, text, bytes);
        else
            to[used] = '?';
        if (!known)
            state = (mbstate_t){0};
        used += bytes;
        taken += wide;
        text += bytes;
    }
    to[used] = '\0';
    return taken;
}

uint64_t boottime_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000ULL + (uint64_t)now.tv_nsec;
}
