/* SPDX-License-Identifier: Apache-2.0 */
/* An ioctl() of the test's own: sees every SCSI command as it would reach the kernel (SG_IO version 3), and
 * answers it. Nothing but the test's own files is opened, and no ioctl leaves the process. */
#ifndef UW_TESTS_SG_DESK_H
#define UW_TESTS_SG_DESK_H

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <scsi/sg.h>

enum { DESK_COMMANDS = 256, DESK_DATA = 1024, DESK_BYTES = 1 << 20 };

struct desk_command {
    uint8_t cdb[16], cdb_bytes, sense_room;
    int direction;
    uint32_t data_bytes, timeout_ms, flags;
    uint8_t data[DESK_DATA]; /* of what went out */
};

/* Shared with the processes that send. */
static struct desk {
    unsigned count;
    struct desk_command sent[DESK_COMMANDS];
    volatile pid_t hanging; /* who sent the one that never returns; 0: nobody since desk_release */
    unsigned number[8];     /* for the test's own use */
} * desk;

/* Answers a command: 0, or -1 and errno. NULL: none may come. */
static int (*desk_serve)(struct sg_io_hdr *io);
/* Answers other requests; NULL: none may come. */
static int (*desk_other)(unsigned long request, void *argument);
static bool desk_lies;

static inline _Noreturn void desk_refuse(const char *what, unsigned long number)
{
    fprintf(stderr, "unexpected %s %#lx\n", what, number);
    abort();
}

/* What no command of ours has. */
static inline void desk_check(const struct sg_io_hdr *io)
{
    if (io->interface_id != 'S' || io->iovec_count != 0 || io->cmdp == NULL || io->sbp == NULL ||
        io->mx_sb_len < 32 || io->cmd_len < 6 || io->cmd_len > 16 || io->timeout == 0 || io->flags != 0)
        desk_refuse("header of command", io->cmdp != NULL ? io->cmdp[0] : 0);
    if ((io->dxfer_len == 0) != (io->dxferp == NULL) ||
        (io->dxfer_len == 0) != (io->dxfer_direction == SG_DXFER_NONE))
        desk_refuse("data of command", io->cmdp[0]);
}

static inline int desk_answer(int fd, unsigned long request, void *argument)
{
    struct sg_io_hdr *io = argument;
    if (fd < 0)
        desk_refuse("descriptor", 0);
    if (request != SG_IO && desk_other != NULL)
        return desk_other(request, argument);
    if (request != SG_IO || desk_serve == NULL || desk->count == DESK_COMMANDS)
        desk_refuse("ioctl", request);
    desk_check(io);
    struct desk_command *sent = &desk->sent[desk->count++];
    *sent = (struct desk_command){.cdb_bytes = io->cmd_len,
                                  .sense_room = io->mx_sb_len,
                                  .direction = io->dxfer_direction,
                                  .data_bytes = io->dxfer_len,
                                  .timeout_ms = io->timeout,
                                  .flags = io->flags};
    memcpy(sent->cdb, io->cmdp, io->cmd_len);
    if (io->dxfer_direction == SG_DXFER_TO_DEV)
        memcpy(sent->data, io->dxferp, io->dxfer_len < DESK_DATA ? io->dxfer_len : DESK_DATA);
    return desk_serve(io);
}

__attribute__((visibility("default"))) int ioctl(int fd, unsigned long request, ...)
{
    va_list args;
    va_start(args, request);
    void *argument = va_arg(args, void *);
    va_end(args);
    return desk_answer(fd, request, argument);
}

static inline int desk_open(void **state)
{
    (void)state;
    desk = mmap(NULL, sizeof *desk, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    desk_serve = NULL;
    desk_other = NULL;
    desk_lies = false;
    return desk == MAP_FAILED ? -1 : 0;
}

static inline int desk_close(void **state)
{
    (void)state;
    return munmap(desk, sizeof *desk);
}

/* A command that never returns. */
static inline int desk_hang(struct sg_io_hdr *io)
{
    (void)io;
    desk->hanging = getpid();
    for (;;)
        pause();
    return 0;
}

/* Whoever gave up waiting may have done so before the command came as far as here. */
static inline void desk_await(void)
{
    enum { TRIES = 60000 };
    const struct timespec moment = {.tv_nsec = 1000000};
    for (unsigned i = 0; desk->hanging == 0 && i < TRIES; i++)
        nanosleep(&moment, NULL);
    assert_int_not_equal(desk->hanging, 0);
}

/* Ends the process that was left behind with such a command. */
static inline void desk_release(void)
{
    desk_await();
    assert_int_equal(kill(desk->hanging, SIGKILL), 0);
    assert_int_equal(waitpid(desk->hanging, NULL, 0), desk->hanging);
    desk->hanging = 0;
}

/* CHECK CONDITION with these sense data. */
static inline int desk_sense(struct sg_io_hdr *io, const uint8_t *sense, size_t bytes)
{
    io->status = 0x02;
    io->driver_status = 0x08; /* as kernels say it */
    io->sb_len_wr = (uint8_t)bytes;
    memcpy(io->sbp, sense, bytes < io->mx_sb_len ? bytes : io->mx_sb_len);
    io->resid = (int)io->dxfer_len;
    return 0;
}

/* Fixed sense without registers. */
static inline int desk_fail(struct sg_io_hdr *io, uint8_t key, uint8_t asc, uint8_t ascq)
{
    const uint8_t sense[18] = {0x70, 0, key, [7] = 10, [12] = asc, [13] = ascq};
    return desk_sense(io, sense, sizeof sense);
}

/* Data that come in; the rest of what was asked for is residue. */
static inline int desk_data(struct sg_io_hdr *io, const void *data, size_t bytes)
{
    size_t moved = bytes < io->dxfer_len ? bytes : io->dxfer_len;
    memcpy(io->dxferp, data, moved);
    io->resid = (int)(io->dxfer_len - moved);
    return 0;
}

/* What the drive puts into its registers. */
struct desk_registers {
    uint8_t status, error, device;
    uint16_t count;
    uint64_t lba;
};

/* The ATA Status Return descriptor (SAT-4, 12.2.6). */
static inline void desk_descriptor(uint8_t d[14], const struct desk_registers *r)
{
    const uint8_t bytes[14] = {0x09,
                               0x0c,
                               1,
                               r->error,
                               (uint8_t)(r->count >> 8),
                               (uint8_t)r->count,
                               (uint8_t)(r->lba >> 24),
                               (uint8_t)r->lba,
                               (uint8_t)(r->lba >> 32),
                               (uint8_t)(r->lba >> 8),
                               (uint8_t)(r->lba >> 40),
                               (uint8_t)(r->lba >> 16),
                               r->device,
                               r->status};
    memcpy(d, bytes, sizeof bytes);
}

/* Descriptor sense, as libata has it: 01/00/1D where nothing failed, else 0B/00/00. */
static inline int desk_return(struct sg_io_hdr *io, const struct desk_registers *r)
{
    bool failed = (r->status & 0x21) != 0;
    uint8_t sense[22] = {0x72, failed ? 0x0b : 0x01, 0, failed ? 0 : 0x1d, [7] = 14};
    desk_descriptor(sense + 8, r);
    return desk_sense(io, sense, sizeof sense);
}

/* COUNT and LBA of an ATA PASS-THROUGH(16), SAT-4 12.2.2. */
static inline uint16_t desk_count(const uint8_t *cdb)
{
    return (uint16_t)(cdb[5] << 8 | cdb[6]);
}

static inline uint64_t desk_lba(const uint8_t *cdb)
{
    static const uint8_t places[] = {11, 9, 7, 12, 10, 8};
    uint64_t lba = 0;
    for (size_t i = 0; i < sizeof places; i++)
        lba = lba << 8 | cdb[places[i]];
    return lba;
}

static inline int desk_file(void)
{
    int fd = memfd_create("drive", MFD_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

/* A file of that size is taken for the block device 8:16. */
static inline int desk_lie(struct stat *st)
{
    if (desk_lies && S_ISREG(st->st_mode) && st->st_size == DESK_BYTES) {
        st->st_mode = S_IFBLK | 0600;
        st->st_rdev = makedev(8, 16);
    }
    return 0;
}

__attribute__((visibility("default"))) int fstat64(int fd, struct stat64 *st)
{
    long result = syscall(SYS_newfstatat, fd, "", st, AT_EMPTY_PATH);
    return result != 0 ? -1 : desk_lie((struct stat *)st);
}

__attribute__((visibility("default"))) int stat64(const char *path, struct stat64 *st)
{
    long result = syscall(SYS_newfstatat, AT_FDCWD, path, st, 0);
    return result != 0 ? -1 : desk_lie((struct stat *)st);
}

#define desk_test(f) cmocka_unit_test_setup_teardown(f, desk_open, desk_close)

#endif
