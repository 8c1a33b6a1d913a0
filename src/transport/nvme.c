/* SPDX-License-Identifier: Apache-2.0 */
/* Admin commands through the distribution's libnvme, each in a process of its own: one that never returns
 * must hold neither another drive nor our exit. */
#include "transport/nvme.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <libnvme.h>

#include "transport/process.h"

/* What NVMe calls the status: type and code; above it stand More, retry delay and Do Not Retry (base
 * specification 2.0, figure 93). */
enum { STATUS_BITS = 0x7ff };

enum { CONTROLLERS = 64 };

/* What child and parent share: the answer. The pages outlive the parent's use of them, so that a drive that
 * answers late writes into nothing of ours. */
struct answer {
    int status;
    uint32_t result;
    uint8_t data[];
};

/* A process that works on the answer, and the pipe whose end says that it is done. */
struct work {
    struct answer *answer;
    size_t answer_bytes;
    pid_t child;
    int done_fd;
};

static bool share_answer(struct work *work, uint32_t data_bytes, struct uw_error *e)
{
    work->answer_bytes = sizeof *work->answer + data_bytes;
    void *pages = mmap(NULL, work->answer_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED)
        return uw_fail_errno(e, UW_E_NOMEM, errno, "no memory for an NVMe command");
    work->answer = pages;
    return true;
}

/* As fork: returns in the child, too, with *child_fd, which says "done" when one byte is written to it. In
 * the parent -1. */
static bool split(struct work *work, int fd, int *child_fd, struct uw_error *e)
{
    int ends[2];
    *child_fd = -1;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return uw_fail_errno(e, UW_E_NOMEM, errno, "no pipe for an NVMe command");
    const int kept[] = {fd, ends[1]};
    work->child = uw_process_fork(kept, sizeof kept / sizeof kept[0]);
    if (work->child == 0) {
        *child_fd = ends[1];
        return true;
    }
    int why = errno;
    close(ends[1]);
    work->done_fd = ends[0];
    if (work->child > 0)
        return true;
    close(ends[0]);
    return uw_fail_errno(e, UW_E_NOMEM, why, "no process for an NVMe command");
}

static _Noreturn void leave(int child_fd)
{
    _exit(write(child_fd, "d", 1) == 1 ? 0 : 1);
}

/* False: the time passed (*stalled) or the child ended without a word. */
static bool await(const struct work *work, int timeout_ms, const atomic_bool *stop, bool *stalled,
                  struct uw_error *e)
{
    char word;
    ssize_t got;
    *stalled = !uw_wait_readable_unless(work->done_fd, timeout_ms, stop);
    if (*stalled) {
        close(work->done_fd);
        return uw_fail_errno(e, UW_E_IO, ETIMEDOUT, "the NVMe drive does not answer");
    }
    do
        got = read(work->done_fd, &word, 1);
    while (got < 0 && errno == EINTR);
    close(work->done_fd);
    uw_process_end(work->child);
    return got == 1 ||
           uw_fail(e, UW_E_IO, "the process that spoke to the NVMe drive was killed: its answer is lost");
}

/* 0 for success alone. */
static int status_of(int returned, int error)
{
    if (returned == 0)
        return 0;
    if (returned < 0)
        return error > 0 ? -error : -EIO;
    int status = returned & STATUS_BITS;
    return status != 0 ? status : -EPROTO;
}

static _Noreturn void send_and_exit(int fd, const struct uw_nvme_command *command, struct answer *answer,
                                    int child_fd)
{
    struct nvme_passthru_cmd passthru = {
        .opcode = command->opcode,
        .nsid = command->nsid,
        .cdw10 = command->cdw10,
        .cdw11 = command->cdw11,
        .cdw12 = command->cdw12,
        .cdw13 = command->cdw13,
        .addr = command->data_bytes > 0 ? (__u64)(uintptr_t)answer->data : 0,
        .data_len = command->data_bytes,
        .timeout_ms = command->timeout_ms,
    };
    errno = 0;
    int returned = nvme_submit_admin_passthru(fd, &passthru, NULL);
    answer->status = status_of(returned, errno);
    answer->result = returned >= 0 ? passthru.result : 0;
    leave(child_fd);
}

bool uw_nvme_ask(int fd, struct uw_nvme_command *command, int timeout_ms, const atomic_bool *stop,
                 bool *stalled, struct uw_error *e)
{
    struct work work = {0};
    int child_fd;
    *stalled = false;
    command->result = 0;
    command->status = -ECANCELED;
    /* Without a limit of ours the kernel has one of its own, too short for an erase. */
    if (command->timeout_ms == 0 || command->data_bytes > UW_NVME_DATA_BYTES ||
        (command->data == NULL) != (command->data_bytes == 0))
        return uw_fail(e, UW_E_IO, "no NVMe command of %u bytes and %u ms", command->data_bytes,
                       command->timeout_ms);
    if (!share_answer(&work, command->data_bytes, e))
        return false;
    bool good = split(&work, fd, &child_fd, e);
    if (good && child_fd >= 0)
        send_and_exit(fd, command, work.answer, child_fd);
    good = good && await(&work, timeout_ms, stop, stalled, e);
    if (good) {
        command->status = work.answer->status;
        command->result = work.answer->result;
    }
    if (good && command->data_bytes > 0)
        memcpy(command->data, work.answer->data, command->data_bytes);
    munmap(work.answer, work.answer_bytes);
    return good;
}

uint32_t uw_nvme_nsid(int fd)
{
    errno = 0;
    int id = ioctl(fd, NVME_IOCTL_ID);
    if (id > 0)
        return (uint32_t)id;
    if (id == 0 || errno == 0)
        errno = ENOTTY;
    return 0;
}

/* The controllers to be told: paths of their rescan_controller. */
struct controllers {
    char paths[CONTROLLERS][PATH_MAX];
    size_t count;
};

/* Whether there is one at DIR/NAME. */
static bool add_controller(struct controllers *list, const char *dir, const char *name)
{
    char *path = list->paths[list->count];
    int n = snprintf(path, PATH_MAX, "%s%s%s/rescan_controller", dir, name[0] == '\0' ? "" : "/", name);
    if (n < 0 || n >= PATH_MAX || access(path, F_OK) != 0)
        return false;
    list->count++;
    return true;
}

/* A subsystem's folder links to each of its controllers. */
static void add_all(struct controllers *list, const char *dir)
{
    DIR *folder = opendir(dir);
    if (folder == NULL)
        return;
    for (struct dirent *entry; list->count < CONTROLLERS && (entry = readdir(folder)) != NULL;)
        if (strncmp(entry->d_name, "nvme", 4) == 0)
            (void)add_controller(list, dir, entry->d_name);
    closedir(folder);
}

/* The others that share the subsystem of the controller `name`. */
static void add_siblings(struct controllers *list, const char *sys, const char *name)
{
    char class[PATH_MAX], path[PATH_MAX];
    snprintf(class, sizeof class, "%s/class/nvme-subsystem", sys);
    DIR *folder = opendir(class);
    if (folder == NULL)
        return;
    for (struct dirent *entry; list->count == 0 && (entry = readdir(folder)) != NULL;) {
        int n = snprintf(path, sizeof path, "%s/%s/%s", class, entry->d_name, name);
        if (entry->d_name[0] == '.' || n < 0 || n >= PATH_MAX || access(path, F_OK) != 0)
            continue;
        *strrchr(path, '/') = '\0';
        add_all(list, path);
    }
    closedir(folder);
}

/* A namespace hangs below its controller, or below the subsystem where several paths lead to it. */
static void find_controllers(struct controllers *list, const char *sys, dev_t device)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/dev/block/%u:%u/device", sys, major(device), minor(device));
    char *dir = realpath(path, NULL);
    if (dir == NULL)
        return;
    snprintf(path, sizeof path, "%s/dev/block/%u:%u/device/rescan_controller", sys, major(device),
             minor(device));
    bool controller = access(path, F_OK) == 0;
    if (controller)
        add_siblings(list, sys, strrchr(dir, '/') + 1);
    else
        add_all(list, dir);
    if (controller && list->count == 0)
        (void)add_controller(list, dir, "");
    free(dir);
}

static int tell(const char *path)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    int why = fd < 0 || write(fd, "1", 1) != 1 ? errno : 0;
    if (fd >= 0)
        close(fd);
    return why;
}

static _Noreturn void tell_and_exit(const struct controllers *list, struct answer *answer, int child_fd)
{
    for (size_t i = 0; i < list->count; i++) {
        int why = tell(list->paths[i]);
        if (why != 0)
            answer->status = -why;
    }
    leave(child_fd);
}

static bool tell_all(const struct controllers *list, int timeout_ms, bool *stalled, struct uw_error *e)
{
    struct work work = {0};
    int child_fd;
    if (list->count == 0)
        return uw_fail_errno(e, UW_E_IO, ENODEV, "the NVMe drive's controller is not there");
    if (!share_answer(&work, 0, e))
        return false;
    bool good = split(&work, -1, &child_fd, e);
    if (good && child_fd >= 0)
        tell_and_exit(list, work.answer, child_fd);
    good = good && await(&work, timeout_ms, NULL, stalled, e);
    if (good && work.answer->status != 0)
        good = uw_fail_errno(e, UW_E_IO, -work.answer->status, "cannot have the NVMe drive looked at anew");
    munmap(work.answer, work.answer_bytes);
    return good;
}

bool uw_nvme_rescan(const char *sys, dev_t device, int timeout_ms, bool *stalled, struct uw_error *e)
{
    *stalled = false;
    struct controllers *list = calloc(1, sizeof *list);
    if (list == NULL)
        return uw_fail(e, UW_E_NOMEM, "out of memory");
    find_controllers(list, sys, device);
    bool good = tell_all(list, timeout_ms, stalled, e);
    free(list);
    return good;
}
