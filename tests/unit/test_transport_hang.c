/* SPDX-License-Identifier: Apache-2.0 */
/* The block transport on calls that do not return, and on helpers that die. A system call is made to hang by
 * a seccomp filter that asks a supervisor who never answers. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include "engine/stream.h"
#include "transport/block.h"
#include "transport/node.h"
#include "transport/process.h"

enum { BUFFERS = 4, BUFFER_BYTES = 65536, FILE_BYTES = 1 << 20 };

static char path[] = "transport-XXXXXX";

static void make_file(struct uw_drive *drive)
{
    struct stat status;
    strcpy(path, "transport-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    char *data = malloc(FILE_BYTES);
    memset(data, 'D', FILE_BYTES);
    assert_int_equal(write(fd, data, FILE_BYTES), FILE_BYTES);
    free(data);
    assert_int_equal(fstat(fd, &status), 0);
    close(fd);
    *drive = (struct uw_drive){.bytes = FILE_BYTES,
                               .logical_block_bytes = 512,
                               .file_dev = status.st_dev,
                               .file_inode = status.st_ino};
    snprintf(drive->device, sizeof drive->device, "%s", path);
}

static struct uw_transport *open_begun(const struct uw_drive *drive, enum uw_block_engine engine)
{
    struct uw_transport *t;
    struct uw_error e = {0};
    uint8_t *arena;
    if (!uw_block_open_with(drive, true, engine, &t, &e) ||
        !t->ops->begin(t, BUFFERS, BUFFER_BYTES, &arena, &e))
        fail_msg("%s", e.text);
    memset(arena, 'x', BUFFERS * BUFFER_BYTES);
    return t;
}

static void submit_all(struct uw_transport *t, struct uw_transfer *transfers)
{
    struct uw_error e = {0};
    for (unsigned i = 0; i < BUFFERS; i++) {
        transfers[i] = (struct uw_transfer){UW_WRITE, i, BUFFER_BYTES, i * BUFFER_BYTES, 0, false, false};
        assert_true(t->ops->submit(t, &transfers[i], &e));
    }
}

/* From here on this process and its children hang in the system call `number`, until the descriptor that
 * comes back is closed; -1: this kernel cannot. */
static int make_hang(long number)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {.len = sizeof filter / sizeof filter[0], .filter = filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return -1;
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
}

/* Runs `body` in a child that may spoil itself with filters; true: it said so in time. */
static void in_child(bool (*body)(void))
{
    pid_t child = fork();
    if (child == 0) {
        alarm(20);
        _exit(body() ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static unsigned children(pid_t *list, unsigned room)
{
    char name[64];
    unsigned count = 0;
    snprintf(name, sizeof name, "/proc/self/task/%d/children", (int)getpid());
    FILE *file = fopen(name, "r");
    while (file != NULL && count < room && fscanf(file, "%d", &list[count]) == 1)
        count++;
    if (file != NULL)
        fclose(file);
    return count;
}

static void nothing_in_flight_is_no_wait(void **state)
{
    (void)state;
    static const enum uw_block_engine engines[] = {UW_BLOCK_RING, UW_BLOCK_SYNC};
    for (size_t i = 0; i < 2; i++) {
        struct uw_drive drive;
        struct uw_error e = {0};
        make_file(&drive);
        struct uw_transport *t = open_begun(&drive, engines[i]);
        assert_null(t->ops->reap(t, -1, &e));
        assert_null(t->ops->reap(t, 3600000, &e));
        assert_int_equal(e.code, UW_OK);
        t->ops->close(t);
        unlink(path);
    }
}

/* A pipe that nobody writes to stands for a drive that does not answer. */
static void ring_waits_no_longer_than_asked(void **state)
{
    (void)state;
    struct uw_drive drive;
    struct uw_transport *t;
    struct uw_error e = {0};
    struct uw_transfer transfer = {UW_READ, 0, 4096, 0, -77, false, false};
    uint8_t *arena;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    make_file(&drive);
    assert_true(uw_block_open_with(&drive, true, UW_BLOCK_RING, &t, &e));
    struct uw_block *block = (struct uw_block *)t;
    close(block->fd);
    block->fd = ends[0];
    assert_true(t->ops->begin(t, BUFFERS, BUFFER_BYTES, &arena, &e));
    assert_true(t->ops->submit(t, &transfer, &e));
    int64_t before = uw_monotonic_ms();
    assert_null(t->ops->reap(t, 0, &e));
    assert_null(t->ops->reap(t, 150, &e));
    int64_t passed = uw_monotonic_ms() - before;
    assert_in_range(passed, 149, 20000);
    assert_int_equal(e.code, UW_OK);
    assert_int_equal(transfer.result, -77);
    /* It ends after all. */
    assert_int_equal(write(ends[1], "late", 4), 4);
    assert_ptr_equal(t->ops->reap(t, 20000, &e), &transfer);
    assert_int_equal(transfer.result, 4);
    assert_memory_equal(arena, "late", 4);
    /* Another one is given up: closing returns, and the buffer stays the kernel's. */
    assert_true(t->ops->submit(t, &transfer, &e));
    assert_null(t->ops->reap(t, 20, &e));
    t->abandoned = true;
    t->ops->close(t);
    assert_int_equal(fcntl(ends[0], F_GETFD), 0);
    assert_int_equal(write(ends[1], "later", 5), 5);
    arena[0] = 'x';
    close(ends[1]);
    unlink(path);
}

/* Lets the one call that hangs go on. */
static bool let_go(int listener)
{
    struct seccomp_notif asked = {0};
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &asked) != 0)
        return false;
    struct seccomp_notif_resp answer = {.id = asked.id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
    return ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer) == 0;
}

/* Given up, it may still end: what it opened then is closed again. */
static bool open_hangs(void)
{
    struct uw_drive drive;
    make_file(&drive);
    int listener = make_hang(SYS_openat), status = 0;
    if (listener < 0)
        return false;
    int64_t before = uw_monotonic_ms();
    struct uw_node node = uw_node_open(&drive, O_RDWR, 200);
    int64_t passed = uw_monotonic_ms() - before;
    bool good = node.end == UW_NODE_HANGS && node.fd < 0 && passed >= 199 && passed < 10000;
    good = good && waitpid(-1, NULL, WNOHANG) == 0; /* left behind, at the door */
    good = good && let_go(listener) && waitpid(-1, &status, 0) > 0 && WIFEXITED(status);
    unlink(path);
    return good;
}

static void an_open_that_hangs_is_left_behind(void **state)
{
    (void)state;
    in_child(open_hangs);
}

/* The descriptor is ours alone: who opened it has let go of it, and its lock goes when we do. */
static void opened_aside_it_is_ours(void **state)
{
    (void)state;
    struct uw_drive drive;
    pid_t child;
    make_file(&drive);
    struct uw_node first = uw_node_open(&drive, O_RDWR | O_DIRECT, -1), second;
    assert_int_equal(first.end, UW_NODE_OPEN);
    assert_int_equal(children(&child, 1), 0);
    assert_int_equal(fcntl(first.fd, F_GETFD), FD_CLOEXEC);
    assert_int_equal(fcntl(first.fd, F_GETFL) & (O_ACCMODE | O_DIRECT), O_RDWR | O_DIRECT);
    assert_int_equal(flock(first.fd, LOCK_EX | LOCK_NB), 0);
    second = uw_node_open(&drive, O_RDONLY, -1);
    assert_int_equal(second.end, UW_NODE_OPEN);
    assert_int_not_equal(flock(second.fd, LOCK_SH | LOCK_NB), 0);
    close(first.fd);
    assert_int_equal(flock(second.fd, LOCK_SH | LOCK_NB), 0);
    close(second.fd);
    unlink(path);
    assert_int_equal(uw_node_open(&drive, O_RDWR, -1).end, UW_NODE_UNSEEN);
}

static bool flush_hangs(void)
{
    struct uw_drive drive;
    struct uw_error e = {0};
    struct uw_identity identity = {0};
    bool stalled = false;
    make_file(&drive);
    struct uw_transport *t = open_begun(&drive, UW_BLOCK_AUTO);
    int listener = make_hang(SYS_fsync);
    if (listener < 0)
        return false;
    int64_t before = uw_monotonic_ms();
    bool good = !t->ops->flush(t, 200, &stalled, &e) && stalled && t->abandoned &&
                strstr(e.text, path) != NULL && uw_monotonic_ms() - before < 10000;
    pid_t child;
    good = good && t->ops->identify(t, &identity, &e) && identity.bytes == FILE_BYTES;
    t->ops->close(t);
    good = good && children(&child, 1) == 1; /* left behind, with its hands in the drive */
    unlink(path);
    return good;
}

static void a_flush_that_hangs_is_left_behind(void **state)
{
    (void)state;
    in_child(flush_hangs);
}

/* The operator has stopped the run: ten minutes of patience are over in a few seconds. */
static bool flush_hangs_after_a_stop(void)
{
    static atomic_bool stop = true;
    struct uw_drive drive;
    struct uw_error e = {0};
    bool stalled = false;
    make_file(&drive);
    struct uw_transport *t = open_begun(&drive, UW_BLOCK_AUTO);
    t->stop = &stop;
    if (make_hang(SYS_fsync) < 0)
        return false;
    int64_t before = uw_monotonic_ms();
    bool good = !t->ops->flush(t, 600000, &stalled, &e) && stalled && t->abandoned;
    int64_t passed = uw_monotonic_ms() - before;
    t->ops->close(t);
    unlink(path);
    return good && passed >= 2000 && passed < 15000;
}

static void a_flush_after_a_stop_is_waited_for_a_little(void **state)
{
    (void)state;
    in_child(flush_hangs_after_a_stop);
}

static bool sync_hangs(void)
{
    struct uw_drive drive;
    struct uw_error e = {0};
    struct uw_transfer transfers[BUFFERS];
    int listener = make_hang(SYS_pwrite64);
    if (listener < 0)
        return false;
    make_file(&drive);
    struct uw_transport *t = open_begun(&drive, UW_BLOCK_SYNC);
    submit_all(t, transfers);
    int64_t before = uw_monotonic_ms();
    bool good = t->ops->reap(t, 200, &e) == NULL && e.code == UW_OK;
    good = good && uw_monotonic_ms() - before < 10000;
    t->abandoned = true;
    t->ops->close(t);
    pid_t list[BUFFERS + 1];
    good = good && children(list, BUFFERS + 1) == BUFFERS;
    unlink(path);
    return good;
}

static void writes_that_hang_are_left_behind(void **state)
{
    (void)state;
    in_child(sync_hangs);
}

/* A helper's signals are not the user's: Ctrl-C reaches the program alone. */
static void helpers_outlive_ctrl_c(void **state)
{
    (void)state;
    struct uw_drive drive;
    struct uw_error e = {0};
    struct uw_transfer transfers[BUFFERS];
    pid_t list[BUFFERS + 1];
    make_file(&drive);
    struct uw_transport *t = open_begun(&drive, UW_BLOCK_SYNC);
    unsigned count = children(list, BUFFERS + 1);
    assert_int_equal(count, BUFFERS);
    for (unsigned i = 0; i < count; i++) {
        kill(list[i], SIGINT);
        kill(list[i], SIGTERM);
        kill(list[i], SIGHUP);
    }
    submit_all(t, transfers);
    for (unsigned i = 0; i < BUFFERS; i++)
        assert_non_null(t->ops->reap(t, 20000, &e));
    t->ops->close(t);
    assert_int_equal(children(list, BUFFERS + 1), 0); /* waited for */
    unlink(path);
}

/* Its transfer never ends, though the others' may. */
static bool helper_dies_at_work(void)
{
    struct uw_drive drive;
    struct uw_error e = {0};
    struct uw_transfer transfers[BUFFERS];
    pid_t list[BUFFERS];
    if (make_hang(SYS_pwrite64) < 0)
        return false;
    make_file(&drive);
    struct uw_transport *t = open_begun(&drive, UW_BLOCK_SYNC);
    submit_all(t, transfers);
    bool good = t->ops->reap(t, 200, &e) == NULL && e.code == UW_OK && children(list, BUFFERS) == BUFFERS;
    good = good && kill(list[2], SIGKILL) == 0;
    good = good && t->ops->reap(t, -1, &e) == NULL && e.code == UW_E_IO && strstr(e.text, "killed") != NULL;
    e.code = UW_OK;
    good = good && t->ops->reap(t, -1, &e) == NULL && e.code == UW_E_IO;
    t->abandoned = true;
    t->ops->close(t);
    unlink(path);
    return good;
}

static void a_helper_killed_at_work_is_noticed(void **state)
{
    (void)state;
    in_child(helper_dies_at_work);
}

static void a_killed_helper_is_noticed(void **state)
{
    (void)state;
    struct uw_drive drive;
    struct uw_error e = {0};
    struct uw_transfer transfers[BUFFERS];
    pid_t list[BUFFERS];
    make_file(&drive);
    struct uw_transport *t = open_begun(&drive, UW_BLOCK_SYNC);
    assert_int_equal(children(list, BUFFERS), BUFFERS);
    for (unsigned i = 0; i < BUFFERS; i++)
        kill(list[i], SIGSTOP);
    submit_all(t, transfers);
    for (unsigned i = 0; i < BUFFERS; i++)
        kill(list[i], SIGKILL);
    while (t->ops->reap(t, -1, &e) != NULL)
        ;
    assert_int_equal(e.code, UW_E_IO);
    assert_non_null(strstr(e.text, path));
    t->ops->close(t);
    unlink(path);
}

static void read_back(char *content)
{
    int fd = open(path, O_RDONLY);
    assert_int_equal(read(fd, content, BUFFERS * BUFFER_BYTES), BUFFERS * BUFFER_BYTES);
    close(fd);
}

/* Nobody has taken the transfers up yet when their drive is given up: they never reach it. */
static void what_was_not_begun_is_not_begun_any_more(void **state)
{
    (void)state;
    struct uw_drive drive;
    struct uw_transfer transfers[BUFFERS];
    pid_t list[BUFFERS];
    static char content[BUFFERS * BUFFER_BYTES];
    make_file(&drive);
    struct uw_transport *t = open_begun(&drive, UW_BLOCK_SYNC);
    assert_int_equal(children(list, BUFFERS), BUFFERS);
    for (unsigned i = 0; i < BUFFERS; i++)
        kill(list[i], SIGSTOP);
    submit_all(t, transfers);
    t->abandoned = true;
    t->ops->close(t);
    for (unsigned i = 0; i < BUFFERS; i++)
        kill(list[i], SIGCONT);
    for (unsigned i = 0; i < BUFFERS; i++)
        assert_int_equal(waitpid(list[i], NULL, 0), list[i]);
    read_back(content);
    for (size_t i = 0; i < sizeof content; i++)
        assert_int_equal(content[i], 'D');
    unlink(path);
}

/* Closed without a look at what is queued: helpers finish what they have begun and are waited for. */
static void closing_with_transfers_queued(void **state)
{
    (void)state;
    static const enum uw_block_engine engines[] = {UW_BLOCK_RING, UW_BLOCK_SYNC};
    static char content[BUFFERS * BUFFER_BYTES];
    for (size_t i = 0; i < 2; i++) {
        struct uw_drive drive;
        struct uw_transfer transfers[BUFFERS];
        pid_t child;
        make_file(&drive);
        struct uw_transport *t = open_begun(&drive, engines[i]);
        submit_all(t, transfers);
        t->ops->close(t);
        assert_int_equal(children(&child, 1), 0);
        read_back(content);
        for (size_t at = 0; at < sizeof content; at++)
            assert_true(content[at] == content[at / BUFFER_BYTES * BUFFER_BYTES]);
        unlink(path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_in_flight_is_no_wait),
        cmocka_unit_test(ring_waits_no_longer_than_asked),
        cmocka_unit_test(an_open_that_hangs_is_left_behind),
        cmocka_unit_test(opened_aside_it_is_ours),
        cmocka_unit_test(a_flush_that_hangs_is_left_behind),
        cmocka_unit_test(a_flush_after_a_stop_is_waited_for_a_little),
        cmocka_unit_test(writes_that_hang_are_left_behind),
        cmocka_unit_test(helpers_outlive_ctrl_c),
        cmocka_unit_test(a_helper_killed_at_work_is_noticed),
        cmocka_unit_test(a_killed_helper_is_noticed),
        cmocka_unit_test(what_was_not_begun_is_not_begun_any_more),
        cmocka_unit_test(closing_with_transfers_queued),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
