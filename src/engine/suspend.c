/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/suspend.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { TEXT_BYTES = 256, LEAST_MS = 1000 };

static bool read_text(const char *sys, const char *name, char text[TEXT_BYTES])
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", sys, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, TEXT_BYTES - 1) : -1;
    if (fd >= 0)
        close(fd);
    text[n > 0 ? n : 0] = '\0';
    return n >= 0;
}

/* 0, or an errno. */
static int write_text(const char *sys, const char *name, const char *text)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", sys, name);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    size_t bytes = strlen(text);
    ssize_t n = write(fd, text, bytes);
    int why = n == (ssize_t)bytes ? 0 : n < 0 ? errno : EIO;
    close(fd);
    return why;
}

static bool holds_word(const char *text, const char *word)
{
    char copy[TEXT_BYTES], *rest = copy;
    snprintf(copy, sizeof copy, "%s", text);
    for (const char *one; (one = strsep(&rest, " []\n")) != NULL;)
        if (strcmp(one, word) == 0)
            return true;
    return false;
}

/* In lighter sleep a drive keeps its power, and what was frozen stays so. `was` is what is chosen now. */
static bool choose_deep(const char *sys, char was[TEXT_BYTES], struct uw_error *e)
{
    char text[TEXT_BYTES];
    was[0] = '\0';
    if (!read_text(sys, "power/state", text) || !holds_word(text, "mem"))
        return uw_fail(e, UW_E_REFUSED, "this machine cannot suspend to RAM");
    if (!read_text(sys, "power/mem_sleep", text))
        return true; /* a kernel that has one kind alone */
    if (!holds_word(text, "deep"))
        return uw_fail(e, UW_E_REFUSED, "this machine knows no sleep in which drives lose their power");
    const char *begin = strchr(text, '['), *end = strchr(text, ']');
    if (begin != NULL && end > begin)
        snprintf(was, TEXT_BYTES, "%.*s", (int)(end - begin - 1), begin + 1);
    int why = strcmp(was, "deep") != 0 ? write_text(sys, "power/mem_sleep", "deep") : 0;
    return why == 0 || uw_fail_errno(e, UW_E_REFUSED, why, "deep sleep cannot be chosen");
}

static void choose_again(const char *sys, const char *was)
{
    if (was[0] != '\0' && strcmp(was, "deep") != 0)
        (void)write_text(sys, "power/mem_sleep", was);
}

static const char alarm_file[] = "class/rtc/rtc0/wakealarm";

/* Somebody else's alarm is left alone. */
static bool set_alarm(const char *sys, unsigned seconds, struct uw_error *e)
{
    char text[TEXT_BYTES], after[16];
    if (!read_text(sys, alarm_file, text))
        return uw_fail(e, UW_E_REFUSED, "there is no clock with an alarm to wake the machine");
    if (text[0] != '\0' && text[0] != '\n' && strcmp(text, "0\n") != 0)
        return uw_fail(e, UW_E_REFUSED, "the clock's alarm is set already, for something else");
    snprintf(after, sizeof after, "+%u", seconds);
    int why = write_text(sys, alarm_file, after);
    return why == 0 || uw_fail_errno(e, UW_E_REFUSED, why, "the clock's alarm cannot be set");
}

static int64_t ms_of(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t asleep_ms(void)
{
    return ms_of(CLOCK_BOOTTIME) - ms_of(CLOCK_MONOTONIC);
}

bool uw_suspend(const char *sys, unsigned seconds, uint64_t *slept_ms, struct uw_error *e)
{
    char was[TEXT_BYTES];
    *slept_ms = 0;
    if (!choose_deep(sys, was, e))
        return false;
    if (!set_alarm(sys, seconds, e)) {
        choose_again(sys, was);
        return false;
    }
    int64_t before_ms = asleep_ms();
    int why = write_text(sys, "power/state", "mem");
    int64_t slept = asleep_ms() - before_ms;
    (void)write_text(sys, alarm_file, "0");
    choose_again(sys, was);
    *slept_ms = slept > 0 ? (uint64_t)slept : 0;
    if (why != 0)
        return uw_fail_errno(e, UW_E_IO, why, "the machine did not suspend");
    return *slept_ms >= LEAST_MS || uw_fail(e, UW_E_IO, "the machine did not sleep");
}
