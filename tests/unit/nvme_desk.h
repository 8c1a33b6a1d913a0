/* SPDX-License-Identifier: Apache-2.0 */
/* An ioctl() of the test's own below the distribution's libnvme: sees every command as it would reach the
 * kernel, and answers it. Nothing but the test's own files is opened, and no ioctl leaves the process. */
#ifndef UW_TESTS_NVME_DESK_H
#define UW_TESTS_NVME_DESK_H

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
#include <unistd.h>

#include <cmocka.h>
#include <linux/ioctl.h>
#include <linux/nvme_ioctl.h>

enum { DESK_COMMANDS = 64, DESK_BYTES = 1 << 20 };

/* Shared with the processes that send. */
static struct desk {
    unsigned count;
    struct nvme_passthru_cmd sent[DESK_COMMANDS];
    pid_t sender; /* of the last one */
} * desk;

/* Answers a command: 0, a status above 0, or -1 and errno. NULL: none may come. */
static int (*desk_serve)(struct nvme_passthru_cmd *command);
/* Answers other requests; NULL: none may come. */
static int (*desk_other)(unsigned long request, void *argument);
static bool desk_lies;
static int desk_nsid; /* -1: the descriptor is no namespace */

static inline _Noreturn void desk_refuse(const char *what, unsigned long number)
{
    fprintf(stderr, "unexpected %s %#lx\n", what, number);
    abort();
}

static inline int desk_answer(int fd, unsigned long request, void *argument)
{
    if (fd < 0)
        desk_refuse("descriptor", 0);
    if (request == NVME_IOCTL_ID) {
        errno = ENOTTY;
        return desk_nsid;
    }
    if (request != NVME_IOCTL_ADMIN_CMD && desk_other != NULL)
        return desk_other(request, argument);
    if (request != NVME_IOCTL_ADMIN_CMD || desk_serve == NULL || desk->count == DESK_COMMANDS)
        desk_refuse("ioctl", request);
    struct nvme_passthru_cmd *command = argument;
    desk->sent[desk->count++] = *command;
    desk->sender = getpid();
    return desk_serve(command);
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
    desk_nsid = 1;
    return desk == MAP_FAILED ? -1 : 0;
}

static inline int desk_close(void **state)
{
    (void)state;
    return munmap(desk, sizeof *desk);
}

/* A command that never returns. */
static inline int desk_hang(struct nvme_passthru_cmd *command)
{
    (void)command;
    for (;;)
        pause();
    return 0;
}

/* Ends the process that was left behind with such a command. */
static inline void desk_release(void)
{
    assert_int_equal(kill(desk->sender, SIGKILL), 0);
    assert_int_equal(waitpid(desk->sender, NULL, 0), desk->sender);
}

static inline int desk_file(void)
{
    int fd = memfd_create("namespace", MFD_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

/* A file of that size is taken for the block device 259:10. */
static inline int desk_lie(struct stat *st)
{
    if (desk_lies && S_ISREG(st->st_mode) && st->st_size == DESK_BYTES) {
        st->st_mode = S_IFBLK | 0600;
        st->st_rdev = makedev(259, 10);
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
