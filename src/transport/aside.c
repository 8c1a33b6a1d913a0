/* SPDX-License-Identifier: Apache-2.0 */
#include "transport/aside.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "transport/process.h"

bool uw_aside_open(struct uw_aside *aside, size_t bytes, struct uw_error *e)
{
    void *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED)
        return uw_fail_errno(e, UW_E_NOMEM, errno, "no memory for a command");
    *aside = (struct uw_aside){.pages = pages, .bytes = bytes};
    return true;
}

void uw_aside_close(struct uw_aside *aside)
{
    munmap(aside->pages, aside->bytes);
    aside->pages = NULL;
}

/* False: the time passed (*stalled) or the child ended without a word. */
static bool await(pid_t child, int done_fd, int timeout_ms, bool *stalled, struct uw_error *e)
{
    char word;
    ssize_t got;
    *stalled = !uw_wait_readable(done_fd, timeout_ms);
    if (*stalled) {
        close(done_fd);
        return uw_fail_errno(e, UW_E_IO, ETIMEDOUT, "the drive does not answer");
    }
    do
        got = read(done_fd, &word, 1);
    while (got < 0 && errno == EINTR);
    close(done_fd);
    uw_process_end(child);
    return got == 1 ||
           uw_fail(e, UW_E_IO, "the process that spoke to the drive was killed: its answer is lost");
}

bool uw_aside_run(const struct uw_aside *aside, int fd, uw_aside_work *work, const void *order,
                  int timeout_ms, bool *stalled, struct uw_error *e)
{
    int ends[2];
    *stalled = false;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return uw_fail_errno(e, UW_E_NOMEM, errno, "no pipe for a command");
    const int kept[] = {fd, ends[1]};
    pid_t child = uw_process_fork(kept, sizeof kept / sizeof kept[0]);
    if (child == 0) {
        work(fd, order, aside->pages);
        _exit(write(ends[1], "d", 1) == 1 ? 0 : 1);
    }
    int why = errno;
    close(ends[1]);
    if (child > 0)
        return await(child, ends[0], timeout_ms, stalled, e);
    close(ends[0]);
    return uw_fail_errno(e, UW_E_NOMEM, why, "no process for a command");
}
