/* SPDX-License-Identifier: Apache-2.0 */
#include "core/clock.h"

#include <stdio.h>
#include <time.h>

void uw_time_text(int64_t time_ns, char *text)
{
    int64_t seconds = time_ns / 1000000000;
    int64_t rest = time_ns % 1000000000;
    if (rest < 0) {
        rest += 1000000000;
        seconds--;
    }
    time_t when = (time_t)seconds;
    struct tm parts = {0};
    char day[24];
    gmtime_r(&when, &parts);
    strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(text, UW_TIME_BYTES, "%s.%09lldZ", day, (long long)rest);
}

int64_t uw_time_parse(const char *text)
{
    struct tm parts = {0};
    long long rest;
    int used = 0;
    if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d.%9lldZ%n", &parts.tm_year, &parts.tm_mon, &parts.tm_mday,
               &parts.tm_hour, &parts.tm_min, &parts.tm_sec, &rest, &used) != 7 ||
        used != 30 || text[used] != '\0')
        return 0;
    parts.tm_year -= 1900;
    parts.tm_mon -= 1;
    int64_t time_ns;
    if (__builtin_mul_overflow((int64_t)timegm(&parts), (int64_t)1000000000, &time_ns) ||
        __builtin_add_overflow(time_ns, (int64_t)rest, &time_ns))
        return 0;
    return time_ns;
}
