/* SPDX-License-Identifier: Apache-2.0 */
/* hang ENGINE write|flush DEVICE: writes to a device that does not answer, or flushes it, with a limit of
 * half a second; prints what came of it and ends. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/stream.h"
#include "transport/block.h"

enum { STALL_MS = 500 };

static int fail(const char *what)
{
    fprintf(stderr, "hang: %s\n", what);
    return 9;
}

/* So that a flush has something to do: pages in the cache that nobody has written back. */
static bool make_dirty(const char *device)
{
    static const char data[65536] = "dirty";
    int fd = open(device, O_RDWR | O_CLOEXEC); /* for the end of the program to close */
    return fd >= 0 && pwrite(fd, data, sizeof data, 0) == (ssize_t)sizeof data;
}

int main(int argc, char **argv)
{
    static const char *const names[] = {"auto", "ring", "sync"};
    struct stat status;
    struct uw_error e = {0};
    struct uw_transport *t;
    struct uw_image image = {.pass.kind = UW_PASS_KEYSTREAM};
    struct uw_write_result result = {0};
    bool stalled = false;
    int engine = 0;
    if (argc != 4 || stat(argv[3], &status) != 0)
        return fail("no device");
    while (engine < 3 && strcmp(argv[1], names[engine]) != 0)
        engine++;
    struct uw_drive drive = {.logical_block_bytes = 512, .devnum = status.st_rdev};
    snprintf(drive.device, sizeof drive.device, "%s", argv[3]);
    if (!uw_block_open_with(&drive, true, (enum uw_block_engine)engine, &t, &e))
        return fail(e.text);
    struct uw_stream stream = {.transport = t, .stall_ms = STALL_MS};
    if (!uw_stream_begin(&stream, &e))
        return fail(e.text);
    if (strcmp(argv[2], "flush") == 0 && !make_dirty(argv[3]))
        return fail("nothing to flush");
    if (strcmp(argv[2], "flush") == 0)
        uw_stream_flush(&stream, &stalled, &e);
    else if (uw_stream_write(&stream, &image, &result, &e))
        stalled = result.stalled;
    printf("%s %s %llu\n", t->ops->name, stalled ? "stalled" : "did not stall",
           (unsigned long long)(result.bytes_written + result.unwritten.bytes));
    uw_write_result_clear(&result);
    t->ops->close(t);
    return 0;
}
