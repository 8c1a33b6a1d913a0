/* SPDX-License-Identifier: Apache-2.0 */
/* The process that writes the journal, and handing lines to it. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "engine/journal.h"
#include "transport/lines.h"
#include "transport/process.h"
#include "unwrite/unwrite.h"

enum { SLICE_MS = 200 };

/* Counts of bytes, modulo 2^32: fewer than half of that are under way at a time. */
struct uw_journal_written {
    _Atomic uint32_t wanted;  /* on stable storage, as soon as may be */
    _Atomic uint32_t durable; /* on stable storage; a futex */
    atomic_int error;
};

static bool has_reached(uint32_t place, uint32_t wanted)
{
    return place - wanted <= (uint32_t)INT32_MAX;
}

static void wake(_Atomic uint32_t *word)
{
    (void)syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

static void sleep_on(_Atomic uint32_t *word, uint32_t value, int64_t ms)
{
    struct timespec limit = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    (void)syscall(SYS_futex, word, FUTEX_WAIT, value, &limit, NULL, 0);
}

static bool store(struct uw_journal_written *written, int fd, uint32_t place)
{
    if (fdatasync(fd) != 0)
        return false;
    atomic_store(&written->durable, place);
    wake(&written->durable);
    return true;
}

/* Lines that come in together are stored together. False: the file takes no more. */
static bool write_lines(struct uw_journal_written *written, int lines, int fd)
{
    static char data[UW_LINES_CHUNK_BYTES];
    uint32_t place = 0;
    for (;;) {
        uint32_t wanted = atomic_load(&written->wanted), durable = atomic_load(&written->durable);
        bool due = !has_reached(durable, wanted) && has_reached(place, wanted);
        ssize_t got = recv(lines, data, sizeof data, due ? MSG_DONTWAIT : 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == EAGAIN) {
            if (!store(written, fd, place))
                return false;
            continue;
        }
        if (got <= 0)
            return true;
        if (!uw_write_all(fd, data, (size_t)got))
            return false;
        place += (uint32_t)got;
    }
}

static void work(void *shared, int lines, int fd)
{
    struct uw_journal_written *written = shared;
    if (write_lines(written, lines, fd))
        _exit(0);
    atomic_store(&written->error, errno);
    wake(&written->durable);
    _exit(1);
}

/* Byte ranges, since some file systems (NFS, 9p) make flock(2) and these of one kind. */
static bool lock(int fd, enum uw_journal_lock what, short type)
{
    struct flock byte = {.l_type = type, .l_whence = SEEK_SET, .l_start = what, .l_len = 1};
    return fcntl(fd, F_OFD_SETLK, &byte) == 0;
}

bool uw_journal_take(int fd)
{
    return lock(fd, UW_JOURNAL_RUN, F_WRLCK);
}

bool uw_journal_is_taken(int fd)
{
    struct flock byte = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = UW_JOURNAL_RUN, .l_len = 1};
    return fcntl(fd, F_OFD_GETLK, &byte) != 0 || byte.l_type != F_UNLCK;
}

/* The writer has the file open for itself: the run's lock stays with us, and another one tells when the
 * writer has ended. */
static int open_again(int fd)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    int again = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (again >= 0 && lock(again, UW_JOURNAL_WRITER, F_WRLCK))
        return again;
    if (again >= 0)
        close(again);
    return -1;
}

bool uw_journal_has_writer(int fd)
{
    int64_t end = uw_monotonic_ms() + UW_LINES_LAST_WAIT_MS;
    const struct timespec pause = {.tv_nsec = 1000000};
    for (;;) {
        if (lock(fd, UW_JOURNAL_WRITER, F_WRLCK))
            return !lock(fd, UW_JOURNAL_WRITER, F_UNLCK);
        if (uw_monotonic_ms() >= end)
            return true;
        nanosleep(&pause, NULL);
    }
}

static bool start(struct uw_journal *journal, int file)
{
    void *written =
        mmap(NULL, sizeof *journal->written, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (written == MAP_FAILED)
        return false;
    journal->written = written;
    journal->process = uw_lines_fork(work, written, file, &journal->writer);
    return journal->process > 0;
}

bool uw_journal_adopt(int fd, struct uw_journal *journal, struct uw_error *e)
{
    journal->fd = fd;
    int file = open_again(fd);
    bool started = file >= 0 && start(journal, file);
    int why = errno;
    if (file >= 0)
        close(file);
    if (started)
        return true;
    uw_journal_close(journal);
    return uw_fail_errno(e, UW_E_USAGE, why, "no process writes the journal");
}

static void lose(struct uw_journal *journal, int error)
{
    int none = 0;
    atomic_compare_exchange_strong(&journal->error, &none, error != 0 ? error : EIO);
}

/* Whether the writer has said that it cannot go on, or has ended without a word. */
static bool is_lost(struct uw_journal *journal)
{
    int error = atomic_load(&journal->written->error);
    if (error == 0 && uw_process_is_gone(journal->process))
        error = atomic_load(&journal->written->error) != 0 ? atomic_load(&journal->written->error) : ECHILD;
    if (error != 0)
        lose(journal, error);
    return atomic_load(&journal->error) != 0;
}

static bool hand_over(struct uw_journal *journal, const char *data, size_t bytes, bool wait)
{
    int64_t end = uw_monotonic_ms() + (wait ? UW_JOURNAL_PATIENCE_MS : 0);
    for (;;) {
        struct pollfd room = {.fd = journal->writer, .events = POLLOUT};
        errno = uw_lines_send(journal->writer, data, bytes);
        if (errno == 0)
            return true;
        if (errno != EAGAIN || is_lost(journal))
            return false;
        errno = ETIMEDOUT;
        if (uw_monotonic_ms() >= end)
            return false;
        (void)poll(&room, 1, SLICE_MS);
    }
}

static void send_line(struct uw_journal *journal, const char *text, size_t length, bool sync)
{
    for (size_t at = 0; at < length;) {
        size_t bytes = length - at < UW_LINES_CHUNK_BYTES ? length - at : UW_LINES_CHUNK_BYTES;
        bool begun = at > 0;
        if (!hand_over(journal, text + at, bytes, sync || begun)) {
            if (sync || begun || errno != ETIMEDOUT)
                lose(journal, errno);
            return;
        }
        journal->sent += (uint32_t)bytes;
        at += bytes;
    }
}

void uw_journal_append(struct uw_journal *journal, const struct uw_event *event, bool sync, uint32_t *line)
{
    *line = journal->sent;
    if (journal->writer < 0 || atomic_load(&journal->error) != 0)
        return;
    json_t *object = uw_event_json(event);
    char *text = object != NULL ? json_dumps(object, JSON_COMPACT) : NULL;
    json_decref(object);
    if (text == NULL) {
        lose(journal, ENOMEM);
        return;
    }
    size_t length = strlen(text);
    text[length] = '\n'; /* over the NUL: the length is known */
    /* Before the line itself, so that the writer knows in time. */
    if (sync)
        atomic_store(&journal->written->wanted, journal->sent + (uint32_t)length + 1);
    send_line(journal, text, length + 1, sync);
    free(text);
    *line = journal->sent;
}

void uw_journal_await(struct uw_journal *journal, uint32_t line)
{
    int64_t end = uw_monotonic_ms() + UW_JOURNAL_PATIENCE_MS;
    struct uw_journal_written *written = journal->written;
    while (written != NULL && atomic_load(&journal->error) == 0) {
        uint32_t durable = atomic_load(&written->durable);
        int64_t left = end - uw_monotonic_ms();
        if (has_reached(durable, line) || is_lost(journal))
            return;
        if (left <= 0)
            lose(journal, ETIMEDOUT);
        else
            sleep_on(&written->durable, durable, left < SLICE_MS ? left : SLICE_MS);
    }
}

void uw_journal_close(struct uw_journal *journal)
{
    bool lost = atomic_load(&journal->error) != 0;
    if (journal->writer >= 0)
        close(journal->writer);
    if (journal->process > 0 && !lost)
        (void)uw_process_wait(journal->process, UW_LINES_LAST_WAIT_MS);
    if (journal->written != NULL)
        munmap(journal->written, sizeof *journal->written);
    if (journal->fd >= 0)
        close(journal->fd);
    journal->fd = journal->writer = -1;
    journal->process = 0;
    journal->written = NULL;
}

void uw_journal_discard(struct uw_journal *journal)
{
    if (journal->path[0] == '\0')
        return;
    pid_t child = uw_process_fork(NULL, 0);
    if (child == 0)
        _exit(unlink(journal->path));
    if (child > 0)
        (void)uw_process_wait(child, UW_LINES_LAST_WAIT_MS);
    journal->path[0] = '\0';
}
