/* SPDX-License-Identifier: Apache-2.0 */
#include "unwrite/record.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "transport/lines.h"
#include "transport/process.h"

enum { OPEN_WAIT_MS = 10000 };

/* What the process that writes has to say. */
struct written {
    atomic_int error; /* why it gave up; 0: it did not */
    _Atomic int64_t lines;
    atomic_bool unwanted; /* said to it: without a line no file is to stay */
};

struct uw_record {
    const char *what, *path;
    int writer; /* socket to it */
    pid_t process;
    struct written *written; /* shared with it */
    int error;               /* why it was given up here; 0: it was not */
    int64_t lines;
};

/* Of a line that did not come whole nothing stays. */
static void write_lines(const struct uw_record *record, int lines, int file)
{
    struct written *written = record->written;
    static char chunk[UW_LINES_CHUNK_BYTES];
    off_t bytes = 0, whole_bytes = 0;
    for (;;) {
        ssize_t got = recv(lines, chunk, sizeof chunk, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        if (!uw_write_all(file, chunk, (size_t)got)) {
            atomic_store(&written->error, errno);
            (void)!ftruncate(file, whole_bytes);
            return;
        }
        bytes += got;
        if (chunk[got - 1] != '\n')
            continue;
        whole_bytes = bytes;
        atomic_fetch_add(&written->lines, 1);
    }
    if (bytes != whole_bytes)
        (void)!ftruncate(file, whole_bytes);
    if (whole_bytes == 0 && atomic_load(&written->unwanted))
        unlink(record->path);
    if (close(file) != 0)
        atomic_store(&written->error, errno);
}

/* The first word from here is that the file was made, or was not. */
static void work(void *shared, int lines, int unused)
{
    const struct uw_record *record = shared;
    (void)unused;
    int file = open(record->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    atomic_store(&record->written->error, file < 0 ? errno : 0);
    (void)!send(lines, "", 1, MSG_NOSIGNAL);
    if (file >= 0)
        write_lines(record, lines, file);
}

static void free_record(struct uw_record *record)
{
    if (record->written != MAP_FAILED)
        munmap(record->written, sizeof *record->written);
    free(record);
}

/* An errno. */
static int start(struct uw_record *record)
{
    char word;
    record->process = uw_lines_fork(work, record, -1, &record->writer);
    if (record->process < 0)
        return errno;
    if (!uw_wait_readable(record->writer, OPEN_WAIT_MS)) {
        kill(record->process, SIGKILL);
        close(record->writer);
        return ETIMEDOUT;
    }
    int error = recv(record->writer, &word, 1, 0) == 1 ? atomic_load(&record->written->error) : ECHILD;
    if (error != 0) {
        close(record->writer);
        uw_process_end(record->process);
    }
    return error;
}

struct uw_record *uw_record_open(const char *what, const char *path, struct uw_error *e)
{
    struct uw_record *record = malloc(sizeof *record);
    if (record == NULL) {
        uw_fail(e, UW_E_NOMEM, "out of memory");
        return NULL;
    }
    *record = (struct uw_record){.what = what, .path = path};
    record->written =
        mmap(NULL, sizeof *record->written, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int error = record->written != MAP_FAILED ? start(record) : errno;
    if (error == 0)
        return record;
    uw_fail_errno(e, UW_E_USAGE, error, "cannot make the %s %s", what, path);
    free_record(record);
    return NULL;
}

static int send_line(int writer, const char *text, size_t bytes)
{
    int error = 0;
    for (size_t at = 0, part; at < bytes && error == 0; at += part) {
        part = bytes - at < UW_LINES_CHUNK_BYTES ? bytes - at : UW_LINES_CHUNK_BYTES;
        error = uw_lines_send(writer, text + at, part);
    }
    return error == EAGAIN ? ETIMEDOUT : error;
}

void uw_record_add(struct uw_record *record, json_t *line)
{
    char *text = line != NULL && record->error == 0 ? json_dumps(line, JSON_COMPACT) : NULL;
    size_t bytes = text != NULL ? strlen(text) : 0;
    if (text != NULL)
        text[bytes] = '\n'; /* in place of the NUL */
    if (record->error == 0)
        record->error = text != NULL ? send_line(record->writer, text, bytes + 1) : ENOMEM;
    record->lines++;
    free(text);
    json_decref(line);
}

int uw_record_error(const struct uw_record *record)
{
    int error = atomic_load(&record->written->error);
    return error != 0 ? error : record->error;
}

void uw_record_forget_empty(struct uw_record *record)
{
    if (record != NULL)
        atomic_store(&record->written->unwanted, true);
}

/* One that does not come to its end is left behind. */
bool uw_record_close(struct uw_record *record, struct uw_error *e)
{
    if (record == NULL)
        return true;
    close(record->writer);
    bool ended = uw_process_wait(record->process, UW_LINES_LAST_WAIT_MS);
    int error = uw_record_error(record);
    int64_t lines = record->lines, stand = atomic_load(&record->written->lines);
    const char *what = record->what;
    if (error == 0 && (stand < lines || !ended))
        error = ended ? ECHILD : ETIMEDOUT;
    free_record(record);
    return error == 0 ||
           uw_fail_errno(e, UW_E_STORE, error, "the %s is not whole, %lld of %lld lines were written", what,
                         (long long)stand, (long long)lines);
}
