/* SPDX-License-Identifier: Apache-2.0 */
/* Admin commands through the distribution's libnvme, each in a process of its own. */
#include "transport/nvme.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <libnvme.h>

#include "transport/aside.h"
#include "transport/over.h"

/* What NVMe calls the status: type and code; above it stand More, retry delay and Do Not Retry (base
 * specification 2.0, figure 93). */
enum { STATUS_BITS = 0x7ff };

enum { CONTROLLERS = 64 };

/* What child and parent share. */
struct answer {
    int status;
    uint32_t result;
    uint8_t data[];
};

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

static void send_command(int fd, const void *order, void *pages)
{
    const struct uw_nvme_command *command = order;
    struct answer *answer = pages;
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
}

/* Bit 0 of the opcode is the direction of its data, by which the kernel goes. Without a limit of ours the
 * kernel has one of its own, too short for an erase. */
static bool is_command(const struct uw_nvme_command *c)
{
    bool data = c->data_bytes > 0;
    return c->timeout_ms != 0 && c->data_bytes <= UW_NVME_DATA_BYTES && data == (c->data != NULL) &&
           c->data_out == (data && (c->opcode & 1) != 0);
}

bool uw_nvme_ask(int fd, struct uw_nvme_command *command, int timeout_ms, const atomic_bool *stop,
                 bool *stalled, struct uw_error *e)
{
    struct uw_aside aside;
    *stalled = false;
    command->result = 0;
    command->status = -ECANCELED;
    if (!is_command(command))
        return uw_fail(e, UW_E_IO, "no NVMe command of %u bytes and %u ms", command->data_bytes,
                       command->timeout_ms);
    if (!uw_aside_open(&aside, sizeof(struct answer) + command->data_bytes, e))
        return false;
    struct answer *answer = aside.pages;
    if (command->data_out)
        memcpy(answer->data, command->data, command->data_bytes);
    bool good = uw_aside_run(&aside, fd, send_command, command, timeout_ms, stop, stalled, e);
    if (good) {
        command->status = answer->status;
        command->result = answer->result;
        if (command->data_bytes > 0 && !command->data_out)
            memcpy(command->data, answer->data, command->data_bytes);
    }
    uw_aside_close(&aside);
    return good;
}

static bool ask_over(struct uw_transport *t, struct uw_nvme_command *command, int timeout_ms, bool *stalled,
                     struct uw_error *e)
{
    bool answered = uw_nvme_ask(uw_over_fd(t), command, timeout_ms, t->stop, stalled, e);
    t->abandoned |= *stalled;
    return answered;
}

bool uw_nvme_over(int fd, struct uw_transport **t, struct uw_error *e)
{
    static const struct uw_transport_ops table = {
        .name = "libnvme", .nvme = ask_over, .close = uw_over_close};
    return uw_over(fd, &table, t, e);
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

static void tell_each(int fd, const void *order, void *pages)
{
    (void)fd;
    const struct controllers *list = order;
    struct answer *answer = pages;
    for (size_t i = 0; i < list->count; i++) {
        int why = tell(list->paths[i]);
        if (why != 0)
            answer->status = -why;
    }
}

static bool tell_all(const struct controllers *list, int timeout_ms, bool *stalled, struct uw_error *e)
{
    struct uw_aside aside;
    if (list->count == 0)
        return uw_fail_errno(e, UW_E_IO, ENODEV, "the NVMe drive's controller is not there");
    if (!uw_aside_open(&aside, sizeof(struct answer), e))
        return false;
    bool good = uw_aside_run(&aside, -1, tell_each, list, timeout_ms, NULL, stalled, e);
    const struct answer *answer = aside.pages;
    if (good && answer->status != 0)
        good = uw_fail_errno(e, UW_E_IO, -answer->status, "cannot have the NVMe drive looked at anew");
    uw_aside_close(&aside);
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
