/* SPDX-License-Identifier: Apache-2.0 */
/* Suspend to RAM below a made-up /sys: what is written where, and what keeps it from being written. Files do
 * not put a machine to sleep, which is told from the clocks. */
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
#include <unistd.h>

#include <cmocka.h>

#include "engine/suspend.h"

static char sys[] = "suspend-XXXXXX";
static const char *const folders[] = {"power", "class", "class/rtc", "class/rtc/rtc0"};
static const char *const files[] = {"power/state", "power/mem_sleep", "class/rtc/rtc0/wakealarm"};
enum { FOLDERS = 4, FILES = 3, STATE = 0, MEM_SLEEP = 1, ALARM = 2 };

static const char *at(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", sys, name);
    return path;
}

/* NULL: there is no such file. */
static void put(const char *const texts[FILES])
{
    for (size_t i = 0; i < FILES; i++) {
        (void)unlink(at(files[i]));
        if (texts[i] == NULL)
            continue;
        FILE *file = fopen(at(files[i]), "w");
        assert_non_null(file);
        fputs(texts[i], file);
        fclose(file);
    }
}

/* What a file begins with: as in sysfs, what was there before is not what is written. */
static bool begins(int which, const char *text)
{
    char found[64] = "";
    FILE *file = fopen(at(files[which]), "r");
    assert_non_null(file);
    size_t bytes = fread(found, 1, sizeof found - 1, file);
    fclose(file);
    return bytes >= strlen(text) && strncmp(found, text, strlen(text)) == 0;
}

static int make_tree(void **state)
{
    (void)state;
    strcpy(sys, "suspend-XXXXXX");
    if (mkdtemp(sys) == NULL)
        return -1;
    for (size_t i = 0; i < FOLDERS; i++)
        if (mkdir(at(folders[i]), 0700) != 0)
            return -1;
    return 0;
}

static int drop_tree(void **state)
{
    (void)state;
    for (size_t i = 0; i < FILES; i++)
        (void)unlink(at(files[i]));
    for (size_t i = FOLDERS; i-- > 0;)
        (void)rmdir(at(folders[i]));
    return rmdir(sys);
}

static void is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *texts[FILES], *why;
    } rows[] = {
        {{"freeze disk\n", "s2idle [deep]\n", ""}, "cannot suspend"},
        {{NULL, "s2idle [deep]\n", ""}, "cannot suspend"},
        {{"freeze memory\n", "s2idle [deep]\n", ""}, "cannot suspend"},
        {{"freeze mem disk\n", "[s2idle]\n", ""}, "lose their power"},
        {{"freeze mem disk\n", "s2idle [deep]\n", NULL}, "no clock"},
        {{"freeze mem disk\n", "s2idle [deep]\n", "1765432100\n"}, "set already"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct uw_error e = {0};
        uint64_t slept_ms = 1;
        put(rows[i].texts);
        assert_false(uw_suspend(sys, 15, &slept_ms, &e));
        assert_int_equal(e.code, UW_E_REFUSED);
        if (strstr(e.text, rows[i].why) == NULL)
            fail_msg("row %zu: %s", i, e.text);
        assert_int_equal(slept_ms, 0);
        if (rows[i].texts[STATE] != NULL)
            assert_true(begins(STATE, rows[i].texts[STATE])); /* nobody wrote to it */
    }
}

/* Files keep no clock still: that it was no sleep is seen, and everything is put back. */
static void is_tried(void **state)
{
    (void)state;
    static const char *const sleeps[] = {"s2idle [deep]\n", "[s2idle] deep\n", NULL};
    for (size_t i = 0; i < 3; i++) {
        const char *const texts[] = {"freeze mem disk\n", sleeps[i], ""};
        struct uw_error e = {0};
        uint64_t slept_ms = 1;
        put(texts);
        assert_false(uw_suspend(sys, 15, &slept_ms, &e));
        assert_int_equal(e.code, UW_E_IO);
        assert_non_null(strstr(e.text, "did not sleep"));
        assert_int_equal(slept_ms, 0);
        assert_true(begins(STATE, "memeze"));                    /* written over */
        assert_true(begins(ALARM, "015") || begins(ALARM, "0")); /* "+15", then "0" */
        if (i == 0)
            assert_true(begins(MEM_SLEEP, "s2idle [deep]"));
        if (i == 1)
            assert_true(begins(MEM_SLEEP, "s2idle"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(is_refused, make_tree, drop_tree),
        cmocka_unit_test_setup_teardown(is_tried, make_tree, drop_tree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
