/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/machine.h"

#include <errno.h>
#include <time.h>

#include "engine/suspend.h"

static bool all(void *user, struct uw_drives *drives, struct uw_error *e)
{
    return uw_probe_all(user, drives, e);
}

static bool subsystems(void *user, const dev_t *of, size_t count, struct uw_drives *drives,
                       struct uw_error *e)
{
    return uw_probe_subsystems(user, of, count, drives, e);
}

static bool targets(void *user, const char *const *names, size_t count, struct uw_drives *drives,
                    struct uw_error *e)
{
    return uw_probe_targets(user, names, count, drives, e);
}

static bool device(void *user, const char *name, struct uw_drive *drive, struct uw_error *e)
{
    return uw_probe_device(user, name, drive, e);
}

/* By the number of the node, not by its name: that is what the open descriptor says. A file has neither. */
static void identity(void *user, const struct uw_drive *drive, struct uw_identity *seen)
{
    if (drive->bus != UW_BUS_FILE)
        uw_probe_identity(user, seen->devnum, seen);
}

static bool open_drive(void *user, const struct uw_drive *drive, bool write, struct uw_transport **transport,
                       struct uw_error *e)
{
    (void)user;
    return uw_block_open(drive, write, transport, e);
}

static json_t *not_covered(void *user)
{
    return uw_probe_not_covered(user);
}

static uint64_t now_ms(void *user)
{
    (void)user;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void wait_ms(void *user, uint32_t ms)
{
    (void)user;
    struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        ;
}

static bool suspend(void *user, unsigned seconds, uint64_t *slept_ms, struct uw_error *e)
{
    (void)user;
    return uw_suspend("/sys", seconds, slept_ms, e);
}

const struct uw_machine uw_this_machine = {.all = all,
                                           .subsystems = subsystems,
                                           .targets = targets,
                                           .device = device,
                                           .identity = identity,
                                           .open = open_drive,
                                           .not_covered = not_covered,
                                           .now_ms = now_ms,
                                           .wait_ms = wait_ms,
                                           .suspend = suspend};
