/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel is told to ask a disk for its size by writing to the right file, and a kernel that never comes
 * back from that holds nobody. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cmocka.h>

#include "transport/resize.h"

enum { LIMIT_MS = 60000, SHORT_MS = 200 };

static char sys[] = "resize-XXXXXX", device[64], file[128];
static const char *const folders[] = {"/dev", "/dev/block", "/dev/block/8:16", "/dev/block/8:16/device"};
enum { FOLDERS = sizeof folders / sizeof folders[0] };

static int make_tree(void **state)
{
    (void)state;
    strcpy(sys, "resize-XXXXXX");
    if (mkdtemp(sys) == NULL)
        return -1;
    for (size_t i = 0; i < FOLDERS; i++) {
        snprintf(device, sizeof device, "%s%s", sys, folders[i]);
        if (mkdir(device, 0700) != 0)
            return -1;
    }
    snprintf(file, sizeof file, "%s/rescan", device);
    return 0;
}

static int drop_tree(void **state)
{
    (void)state;
    (void)unlink(file);
    for (size_t i = FOLDERS; i-- > 0;) {
        snprintf(device, sizeof device, "%s%s", sys, folders[i]);
        (void)rmdir(device);
    }
    return rmdir(sys);
}

static void tells_its_disk(void **state)
{
    (void)state;
    struct uw_error e = {0};
    bool stalled = true;
    char text[8] = "";
    int fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_true(uw_scsi_rescan(sys, makedev(8, 16), LIMIT_MS, &stalled, &e));
    assert_false(stalled);
    assert_int_equal(read(fd, text, sizeof text), 1);
    assert_string_equal(text, "1");
    close(fd);
}

static void says_why_not(void **state)
{
    (void)state;
    struct uw_error e = {0};
    bool stalled = true;
    assert_false(uw_scsi_rescan(sys, makedev(8, 16), LIMIT_MS, &stalled, &e)); /* there is no such file */
    assert_false(stalled);
    assert_int_equal(e.code, UW_E_IO);
    assert_int_equal(e.errno_value, ENOENT);
    assert_false(uw_scsi_rescan(sys, makedev(8, 17), LIMIT_MS, &stalled, &e));
    assert_false(stalled);
}

/* A pipe that nobody reads keeps whoever opens it. */
static void holds_nobody(void **state)
{
    (void)state;
    struct uw_error e = {0};
    bool stalled = false;
    assert_int_equal(mkfifo(file, 0600), 0);
    assert_false(uw_scsi_rescan(sys, makedev(8, 16), SHORT_MS, &stalled, &e));
    assert_true(stalled);
    int fd = open(file, O_RDONLY | O_CLOEXEC); /* lets it go */
    char text;
    assert_int_equal(read(fd, &text, 1), 1);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tells_its_disk, make_tree, drop_tree),
        cmocka_unit_test_setup_teardown(says_why_not, make_tree, drop_tree),
        cmocka_unit_test_setup_teardown(holds_nobody, make_tree, drop_tree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
