/* SPDX-License-Identifier: Apache-2.0 */
/* What lies on a drive that does not answer: nothing can be said, and nobody is held. The clock of this
 * program runs a hundred times as fast. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <blkid.h>
#include <cmocka.h>

#include "probe/content.h"

enum { FACTOR = 100 };

static bool hangs;

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int result = (int)syscall(SYS_clock_gettime, clock, now);
    uint64_t ns = ((uint64_t)now->tv_sec * 1000000000 + (uint64_t)now->tv_nsec) * FACTOR;
    now->tv_sec = (time_t)(ns / 1000000000);
    now->tv_nsec = (long)(ns % 1000000000);
    return result;
}

/* libblkid's: of a drive that does not answer, or one on which there is nothing. */
int blkid_do_safeprobe(blkid_probe probe)
{
    (void)probe;
    if (hangs && prctl(PR_SET_PDEATHSIG, 9) == 0)
        for (;;)
            pause();
    return 1; /* nothing was found */
}

static void write_file(const char *path)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs("nothing", file) >= 0);
    fclose(file);
}

static void one_that_hangs_is_left(void **state)
{
    (void)state;
    char path[] = "/tmp/unwrite-content.XXXXXX";
    struct uw_content content;
    close(mkstemp(path));
    write_file(path);
    hangs = false;
    uw_content_read(path, &content);
    assert_null(content.unknown);
    assert_false(content.stalled);
    hangs = true;
    uw_content_read(path, &content);
    assert_string_equal(content.unknown, "read_error");
    assert_true(content.stalled);
    hangs = false;
    uw_content_read(path, &content);
    assert_null(content.unknown);
    unlink(path);
    uw_content_read(path, &content);
    assert_string_equal(content.unknown, "not_probed");
    assert_false(content.stalled);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(one_that_hangs_is_left)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
