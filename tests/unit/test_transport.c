/* SPDX-License-Identifier: Apache-2.0 */
/* The block transport on regular files, through io_uring and without it. Loop devices are for tests/root. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include "engine/stream.h"
#include "transport/block.h"

enum { BUFFER_BYTES = 65536 };

static const enum uw_block_engine engines[] = {UW_BLOCK_RING, UW_BLOCK_SYNC};
static const char *const engine_names[] = {"io_uring", "pread"};

static char path[] = "transport-XXXXXX";

/* A file of 'D' in the folder where the test runs, described as the probe would. */
static void make_file(struct uw_drive *drive, uint64_t bytes)
{
    struct stat status;
    strcpy(path, "transport-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    char *data = malloc(bytes + 1);
    memset(data, 'D', bytes + 1);
    assert_int_equal(write(fd, data, bytes), bytes);
    free(data);
    assert_int_equal(fstat(fd, &status), 0);
    close(fd);
    *drive = (struct uw_drive){
        .bytes = bytes, .logical_block_bytes = 512, .file_dev = status.st_dev, .file_inode = status.st_ino};
    snprintf(drive->device, sizeof drive->device, "%s", path);
}

static uint8_t *file_content(uint64_t bytes)
{
    struct stat status;
    uint8_t *data = malloc(bytes + 1);
    int fd = open(path, O_RDONLY);
    assert_int_equal(fstat(fd, &status), 0);
    assert_int_equal(status.st_size, bytes);
    assert_int_equal(read(fd, data, bytes), bytes);
    close(fd);
    return data;
}

static struct uw_transport *open_file(const struct uw_drive *drive, bool write, enum uw_block_engine engine)
{
    struct uw_transport *t;
    struct uw_error e = {0};
    if (!uw_block_open_with(drive, write, engine, &t, &e))
        fail_msg("%s", e.text);
    return t;
}

static uint8_t *begin(struct uw_transport *t)
{
    uint8_t *arena;
    struct uw_error e = {0};
    if (!t->ops->begin(t, 4, BUFFER_BYTES, &arena, &e))
        fail_msg("%s", e.text);
    return arena;
}

static bool flush(struct uw_transport *t)
{
    struct uw_error e = {0};
    bool stalled = true;
    bool good = t->ops->flush(t, 60000, &stalled, &e);
    return good && !stalled && !t->abandoned;
}

static void carry_out(struct uw_transport *t, struct uw_transfer *transfer)
{
    struct uw_error e = {0};
    assert_true(t->ops->submit(t, transfer, &e));
    assert_ptr_equal(t->ops->reap(t, -1, &e), transfer);
    assert_null(t->ops->reap(t, -1, &e));
}

static int64_t move(struct uw_transport *t, enum uw_direction direction, uint64_t offset, uint32_t length)
{
    struct uw_transfer transfer = {.direction = direction, .buffer = 0, .offset = offset, .length = length};
    carry_out(t, &transfer);
    return transfer.result;
}

static void many_in_flight_reach_the_file(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct uw_drive drive;
        struct uw_error e = {0};
        make_file(&drive, 8 * BUFFER_BYTES);
        struct uw_transport *t = open_file(&drive, true, engines[i]);
        uint8_t *arena = begin(t);
        assert_string_equal(t->ops->name, engine_names[i]);
        assert_false(t->ops->simulated);
        assert_true(t->direct_io);
        assert_int_equal(t->bytes, 8 * BUFFER_BYTES);
        assert_int_equal((uintptr_t)arena % 4096, 0);
        struct uw_transfer transfers[4];
        bool seen[4] = {false};
        for (unsigned n = 0; n < 4; n++) {
            memset(arena + n * BUFFER_BYTES, '0' + (int)n, BUFFER_BYTES);
            transfers[n] =
                (struct uw_transfer){UW_WRITE, n, BUFFER_BYTES, (7 - 2 * n) * BUFFER_BYTES, -1, false, false};
            assert_true(t->ops->submit(t, &transfers[n], &e));
        }
        struct uw_transfer fifth = {UW_WRITE, 0, BUFFER_BYTES, 0, 0, false, false};
        assert_false(t->ops->submit(t, &fifth, &e)); /* more than buffers */
        for (unsigned n = 0; n < 4; n++) {
            struct uw_transfer *transfer = t->ops->reap(t, -1, &e);
            assert_non_null(transfer);
            assert_int_equal(transfer->result, BUFFER_BYTES);
            assert_false(seen[transfer - transfers]);
            seen[transfer - transfers] = true;
        }
        assert_null(t->ops->reap(t, -1, &e));
        assert_true(flush(t));
        assert_int_equal(move(t, UW_READ, BUFFER_BYTES, BUFFER_BYTES), BUFFER_BYTES);
        assert_int_equal(arena[0], '3');
        t->ops->close(t);
        uint8_t *data = file_content(8 * BUFFER_BYTES);
        for (unsigned n = 0; n < 8; n++)
            assert_int_equal(data[n * BUFFER_BYTES + 12345], n % 2 ? '0' + (7 - n) / 2 : 'D');
        free(data);
        unlink(path);
    }
}

static void results_come_as_they_are(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct uw_drive drive;
        make_file(&drive, 40960);
        struct uw_transport *t = open_file(&drive, false, engines[i]);
        begin(t);
        assert_int_equal(move(t, UW_READ, 36864, 8192), 4096); /* across the end: short */
        assert_int_equal(move(t, UW_READ, 40960, 4096), 0);
        assert_int_equal(move(t, UW_WRITE, 0, 4096), -EBADF); /* opened for reading */
        t->ops->close(t);
        unlink(path);
    }
}

static void wrong_transfers_are_refused(void **state)
{
    (void)state;
    static const struct uw_transfer wrong[] = {{UW_READ, 4, 4096, 0, 0, false, false},
                                               {UW_READ, 0, 0, 0, 0, false, false},
                                               {UW_READ, 0, BUFFER_BYTES + 512, 0, 0, false, false},
                                               {UW_READ, 0, 512, INT64_MAX - 100, 0, false, false}};
    for (size_t i = 0; i < 2; i++) {
        struct uw_drive drive;
        struct uw_error e = {0};
        uint8_t *arena;
        make_file(&drive, 40960);
        struct uw_transport *t = open_file(&drive, true, engines[i]);
        begin(t);
        for (size_t n = 0; n < sizeof wrong / sizeof wrong[0]; n++) {
            struct uw_transfer transfer = wrong[n];
            assert_false(t->ops->submit(t, &transfer, &e));
        }
        assert_null(t->ops->reap(t, -1, &e));
        assert_false(t->ops->begin(t, 4, BUFFER_BYTES, &arena, &e)); /* once per open */
        t->ops->close(t);
        unlink(path);
    }
}

static void identity_is_the_descriptor_s(void **state)
{
    (void)state;
    struct uw_drive drive;
    struct uw_identity identity = {.serial = "kept", .disk_sequence = 7};
    struct uw_error e = {0};
    make_file(&drive, 5000);
    struct uw_transport *t = open_file(&drive, true, UW_BLOCK_AUTO);
    assert_int_equal(truncate(path, 7000), 0);
    assert_true(t->ops->identify(t, &identity, &e));
    assert_int_equal(identity.bytes, 7000);
    assert_int_equal(identity.devnum, drive.file_dev);
    assert_int_equal(identity.inode, drive.file_inode);
    assert_int_equal(identity.disk_sequence, 0);
    assert_string_equal(identity.serial, "kept");
    t->ops->close(t); /* without begin */
    unlink(path);
}

static struct uw_error refused(const struct uw_drive *drive, enum uw_code code)
{
    struct uw_transport *t = (struct uw_transport *)1;
    struct uw_error e = {0};
    assert_false(uw_block_open(drive, true, &t, &e));
    assert_null(t);
    assert_int_equal(e.code, code);
    assert_non_null(strstr(e.text, drive->device));
    return e;
}

static void another_node_is_refused(void **state)
{
    (void)state;
    struct uw_drive drive;
    make_file(&drive, 4096);
    char old[sizeof path + 4];
    snprintf(old, sizeof old, "%s.old", path);
    assert_int_equal(rename(path, old), 0);
    refused(&drive, UW_E_IO); /* gone */
    int fd = open(path, O_CREAT | O_WRONLY, 0600);
    assert_int_equal(write(fd, old, 4), 4);
    close(fd);
    struct uw_error e = refused(&drive, UW_E_REFUSED);
    assert_non_null(strstr(e.text, "no longer the drive"));
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0); /* opening it would wait for ever */
    refused(&drive, UW_E_REFUSED);
    unlink(path);
    drive.devnum = 1; /* a device was looked at, a file is there */
    assert_int_equal(rename(old, path), 0);
    refused(&drive, UW_E_REFUSED);
    unlink(path);
}

static void empty_files_and_strange_blocks_are_refused(void **state)
{
    (void)state;
    struct uw_drive drive;
    make_file(&drive, 0);
    refused(&drive, UW_E_IO);
    drive.logical_block_bytes = 520;
    refused(&drive, UW_E_IO);
    drive.logical_block_bytes = 131072;
    refused(&drive, UW_E_IO);
    unlink(path);
}

static void file_systems_without_direct_io_are_refused(void **state)
{
    (void)state;
    struct stat status;
    struct uw_drive drive = {.device = "/proc/version", .logical_block_bytes = 512};
    assert_int_equal(stat(drive.device, &status), 0);
    drive.file_dev = status.st_dev;
    drive.file_inode = status.st_ino;
    struct uw_transport *t;
    struct uw_error e = {0};
    assert_false(uw_block_open(&drive, false, &t, &e));
    assert_int_equal(e.code, UW_E_REFUSED);
    assert_non_null(strstr(e.text, "direct I/O"));
    assert_non_null(strstr(e.way_out, "losetup"));
}

static void locks_keep_two_apart(void **state)
{
    (void)state;
    struct uw_drive drive;
    struct uw_transport *reader, *second;
    struct uw_error e = {0};
    make_file(&drive, 4096);
    reader = open_file(&drive, false, UW_BLOCK_AUTO);
    assert_true(uw_block_open(&drive, false, &second, &e)); /* two may read */
    second->ops->close(second);
    e = refused(&drive, UW_E_REFUSED);
    assert_non_null(strstr(e.text, "in use"));
    reader->ops->close(reader);
    struct uw_transport *writer = open_file(&drive, true, UW_BLOCK_AUTO);
    int fd = open(path, O_RDONLY);
    assert_int_equal(flock(fd, LOCK_SH | LOCK_NB), -1); /* as udev asks */
    writer->ops->close(writer);
    assert_int_equal(flock(fd, LOCK_SH | LOCK_NB), 0);
    close(fd);
    unlink(path);
}

/* A pass and a check over a whole file; false instead of a failed assertion, so that a child can do it. */
static bool erase_file(const struct uw_drive *drive, enum uw_block_engine engine, const char *name)
{
    struct uw_transport *t;
    struct uw_error e = {0};
    struct uw_write_result written;
    struct uw_check_result read_back;
    struct uw_image image = {.pass.kind = UW_PASS_KEYSTREAM, .key = {1, 2, 3}};
    if (!uw_block_open_with(drive, true, engine, &t, &e))
        return false;
    struct uw_stream stream = {.transport = t};
    bool good = uw_stream_begin(&stream, &e) && strcmp(t->ops->name, name) == 0 &&
                uw_stream_write(&stream, &image, &written, &e) && flush(t) &&
                uw_stream_check(&stream, &image, NULL, NULL, &read_back, &e);
    good = good && written.bytes_written == drive->bytes && read_back.bytes_read == drive->bytes &&
           read_back.matching == read_back.blocks_read && read_back.last_read &&
           read_back.buffered_bytes == t->buffered_tail_bytes;
    t->ops->close(t);
    return good;
}

static void whole_files_of_every_size(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {
        1, 511, 512, 4096, 5000, 1 << 20, (1 << 20) + 700, (5 << 20) + 512 * 3, 4194303};
    for (size_t i = 0; i < 2 * sizeof sizes / sizeof sizes[0]; i++) {
        struct uw_drive drive;
        make_file(&drive, sizes[i / 2]);
        assert_true(erase_file(&drive, engines[i % 2], engine_names[i % 2]));
        uint8_t *data = file_content(sizes[i / 2]);
        size_t left = 0;
        for (size_t at = 0; at < sizes[i / 2]; at++)
            left += data[at] == 'D';
        assert_true(left <= sizes[i / 2] / 128 + 8); /* a keystream holds one in 256 */
        free(data);
        unlink(path);
    }
}

static void tails_are_said(void **state)
{
    (void)state;
    struct uw_drive drive;
    make_file(&drive, 3 * 65536 + 700);
    struct uw_transport *t = open_file(&drive, true, UW_BLOCK_AUTO);
    const struct uw_block *block = (const struct uw_block *)t;
    uint8_t *arena = begin(t);
    assert_true(block->direct_bytes >= 512);
    assert_int_equal(t->buffered_tail_bytes, 700);
    assert_int_equal(t->block_bytes, 512);
    memset(arena, 'x', 700);
    assert_int_equal(move(t, UW_WRITE, 3 * 65536 + 512, 188), 188);
    assert_true(flush(t));
    memset(arena, 0, 700);
    assert_int_equal(move(t, UW_READ, 3 * 65536 + 512, 188), 188);
    assert_int_equal(arena[0], 'x');
    assert_int_equal(arena[187], 'x');
    t->ops->close(t);
    uint8_t *data = file_content(3 * 65536 + 700);
    assert_int_equal(data[3 * 65536 + 511], 'D');
    assert_int_equal(data[3 * 65536 + 512], 'x');
    free(data);
    unlink(path);
}

/* A page that somebody holds stays in the page cache: what is read of it need not stand on the medium. */
static void held_pages_are_not_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct uw_drive drive;
        make_file(&drive, 65536 + 700);
        struct uw_transport *t = open_file(&drive, false, engines[i]);
        struct uw_transfer body = {.direction = UW_READ, .length = 65536};
        struct uw_transfer tail = {.direction = UW_READ, .length = 700, .offset = 65536};
        begin(t);
        assert_true(t->direct_io);
        carry_out(t, &body);
        carry_out(t, &tail);
        assert_true(body.result == 65536 && !body.buffered);
        assert_true(tail.result == 700 && tail.buffered);
        int fd = open(path, O_RDONLY);
        volatile const uint8_t *held = mmap(NULL, 700, PROT_READ, MAP_SHARED, fd, 65536);
        assert_ptr_not_equal(held, MAP_FAILED);
        assert_int_equal(held[0], 'D');
        carry_out(t, &body);
        carry_out(t, &tail);
        assert_int_equal(body.result, 65536);
        assert_int_equal(tail.result, -EBUSY);
        assert_int_equal(munmap((void *)held, 700), 0);
        carry_out(t, &tail);
        assert_int_equal(tail.result, 700);
        close(fd);
        t->ops->close(t);
        unlink(path);
    }
}

/* What the kernel says of the descriptor, not what it was asked for. */
static void direct_io_is_what_is_in_force(void **state)
{
    (void)state;
    struct uw_drive drive;
    make_file(&drive, 65536);
    struct uw_transport *t = open_file(&drive, false, UW_BLOCK_AUTO);
    const struct uw_block *block = (const struct uw_block *)t;
    assert_true(t->direct_io);
    assert_true(fcntl(block->fd, F_GETFL) & O_DIRECT);
    assert_false(fcntl(block->cached_fd, F_GETFL) & O_DIRECT);
    t->ops->close(t);
    unlink(path);
}

/* What a file system of a disk with blocks of 4096 does to single blocks of 512. */
static void small_blocks_go_beside_direct_io(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct uw_drive drive;
        make_file(&drive, 65536);
        struct uw_transport *t = open_file(&drive, true, engines[i]);
        ((struct uw_block *)t)->direct_bytes = 4096;
        uint8_t *arena = begin(t);
        memset(arena, 'y', 8192);
        assert_int_equal(move(t, UW_WRITE, 512, 512), 512);
        assert_int_equal(move(t, UW_WRITE, 8192, 4096), 4096);
        assert_true(flush(t));
        assert_int_equal(move(t, UW_READ, 1024, 512), 512);
        assert_int_equal(arena[0], 'D');
        assert_int_equal(move(t, UW_READ, 512, 512), 512);
        assert_int_equal(arena[0], 'y');
        t->ops->close(t);
        uint8_t *data = file_content(65536);
        for (size_t at = 0; at < 65536; at++)
            assert_int_equal(data[at], at / 512 == 1 || at / 4096 == 2 ? 'y' : 'D');
        free(data);
        unlink(path);
    }
}

/* In a child whose system call `number` fails with `error`. */
static int erase_without(const struct uw_drive *drive, long number, int error, const char *name)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {.len = sizeof filter / sizeof filter[0], .filter = filter};
    pid_t child = fork();
    if (child == 0) {
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
            prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
            _exit(9);
        _exit(erase_file(drive, UW_BLOCK_AUTO, name) ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void without_io_uring_it_is_pread(void **state)
{
    (void)state;
    struct uw_drive drive;
    make_file(&drive, (2 << 20) + 700);
    assert_int_equal(erase_without(&drive, SYS_io_uring_setup, EPERM, "pread"), 0);
    assert_int_equal(erase_without(&drive, SYS_io_uring_setup, ENOSYS, "pread"), 0);
    uint8_t *data = file_content((2 << 20) + 700);
    const uint8_t old[64] = {'D', 'D', 'D', 'D'};
    assert_int_not_equal(memcmp(data, old, 4), 0);
    assert_int_not_equal(memcmp(data + (2 << 20) + 690, old, 4), 0);
    free(data);
    unlink(path);
}

/* RLIMIT_MEMLOCK answers so. */
static void without_registered_buffers_it_is_still_the_ring(void **state)
{
    (void)state;
    struct uw_drive drive;
    make_file(&drive, (2 << 20) + 700);
    assert_int_equal(erase_without(&drive, SYS_io_uring_register, ENOMEM, "io_uring"), 0);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_in_flight_reach_the_file),
        cmocka_unit_test(results_come_as_they_are),
        cmocka_unit_test(wrong_transfers_are_refused),
        cmocka_unit_test(identity_is_the_descriptor_s),
        cmocka_unit_test(another_node_is_refused),
        cmocka_unit_test(empty_files_and_strange_blocks_are_refused),
        cmocka_unit_test(file_systems_without_direct_io_are_refused),
        cmocka_unit_test(locks_keep_two_apart),
        cmocka_unit_test(whole_files_of_every_size),
        cmocka_unit_test(tails_are_said),
        cmocka_unit_test(held_pages_are_not_read),
        cmocka_unit_test(direct_io_is_what_is_in_force),
        cmocka_unit_test(small_blocks_go_beside_direct_io),
        cmocka_unit_test(without_io_uring_it_is_pread),
        cmocka_unit_test(without_registered_buffers_it_is_still_the_ring),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
