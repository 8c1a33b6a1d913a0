/* SPDX-License-Identifier: Apache-2.0 */
#include "unwrite/error.h"

#include <stdio.h>
#include <string.h>

#include "core/drive.h"

/* A drive's name may hold anything; an error line goes to a terminal and into documents. */
static void clean(char *text, size_t text_bytes)
{
    char raw[UW_ERROR_TEXT_BYTES];
    snprintf(raw, sizeof raw, "%s", text);
    uw_clean_string(text, text_bytes, raw, strlen(raw));
}

static void fill(struct uw_error *e, enum uw_code code, int errno_value, const char *format, va_list args)
{
    e->code = code;
    e->errno_value = errno_value;
    e->way_out[0] = '\0';
    vsnprintf(e->text, sizeof e->text, format, args);
    size_t used = strlen(e->text);
    if (errno_value != 0)
        snprintf(e->text + used, sizeof e->text - used, ": %s", strerror(errno_value));
    clean(e->text, sizeof e->text);
}

bool uw_fail(struct uw_error *e, enum uw_code code, const char *format, ...)
{
    if (e == NULL)
        return false;
    va_list args;
    va_start(args, format);
    fill(e, code, 0, format, args);
    va_end(args);
    return false;
}

bool uw_fail_errno(struct uw_error *e, enum uw_code code, int errno_value, const char *format, ...)
{
    if (e == NULL)
        return false;
    va_list args;
    va_start(args, format);
    fill(e, code, errno_value, format, args);
    va_end(args);
    return false;
}

bool uw_way_out(struct uw_error *e, const char *format, ...)
{
    if (e == NULL)
        return false;
    va_list args;
    va_start(args, format);
    vsnprintf(e->way_out, sizeof e->way_out, format, args);
    va_end(args);
    clean(e->way_out, sizeof e->way_out);
    return false;
}
