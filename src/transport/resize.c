/* SPDX-License-Identifier: Apache-2.0 */
#include "transport/resize.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "transport/aside.h"

/* The kernel sends the drive commands and waits for them in this write. */
static void tell(int fd, const void *order, void *pages)
{
    (void)fd;
    const char *path = order;
    int *why = pages;
    int file = open(path, O_WRONLY | O_CLOEXEC);
    *why = file < 0 || write(file, "1", 1) != 1 ? errno : 0;
    if (file >= 0)
        close(file);
}

bool uw_scsi_rescan(const char *sys, dev_t device, int timeout_ms, bool *stalled, struct uw_error *e)
{
    char path[PATH_MAX];
    struct uw_aside aside;
    *stalled = false;
    snprintf(path, sizeof path, "%s/dev/block/%u:%u/device/rescan", sys, major(device), minor(device));
    if (!uw_aside_open(&aside, sizeof(int), e))
        return false;
    bool good = uw_aside_run(&aside, -1, tell, path, timeout_ms, NULL, stalled, e);
    int why = good ? *(const int *)aside.pages : 0;
    uw_aside_close(&aside);
    return good && (why == 0 || uw_fail_errno(e, UW_E_IO, why, "cannot have the drive asked for its size"));
}
