/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_BYTES = UW_ERROR_TEXT_BYTES + UW_WAY_OUT_BYTES + 64 };

/* In one write, so that lines of several processes on one terminal or log do not mix. Where standard error is
 * gone, nobody is left to tell. */
static void error_line(const char *text)
{
    char clean[LINE_BYTES];
    uw_text_printable(text, clean, sizeof clean - 1);
    size_t used = strlen(clean);
    clean[used++] = '\n';
    if (write(STDERR_FILENO, clean, used) < 0)
        return;
}

int complain(const struct uw_error *e)
{
    static const int exits[] = {
        [UW_OK] = UW_EXIT_FAILED,         [UW_E_USAGE] = UW_EXIT_USAGE,  [UW_E_LEVEL] = UW_EXIT_LEVEL,
        [UW_E_REFUSED] = UW_EXIT_REFUSED, [UW_E_IO] = UW_EXIT_FAILED,    [UW_E_STORE] = UW_EXIT_NOT_STORED,
        [UW_E_INVALID] = UW_EXIT_FAILED,  [UW_E_NOMEM] = UW_EXIT_FAILED,
    };
    const char *text = e->text[0] != '\0' ? e->text : "failed without saying why";
    remark("%s%s%s", text, e->way_out[0] != '\0' ? "; " : "", e->way_out);
    return exits[e->code];
}

void remark(const char *format, ...)
{
    char text[LINE_BYTES] = "unwrite: ";
    size_t used = strlen(text);
    va_list args;
    va_start(args, format);
    vsnprintf(text + used, sizeof text - used, format, args);
    va_end(args);
    fflush(stdout);
    error_line(text);
}

void print_document(const json_t *document)
{
    json_dumpf(document, stdout, JSON_INDENT(2));
    putchar('\n');
}

void print_line(FILE *to, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int length = vasprintf(&text, format, args);
    va_end(args);
    char *clean = length >= 0 ? malloc((size_t)length + 1) : NULL;
    if (clean != NULL) {
        uw_text_printable(text, clean, (size_t)length + 1);
        fprintf(to, "%s\n", clean);
    }
    free(clean);
    if (length >= 0)
        free(text);
}

const char *text_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

const char *text_or(const json_t *object, const char *name, const char *otherwise)
{
    const char *text = text_of(object, name);
    return text != NULL ? text : otherwise;
}

uint64_t number_of(const json_t *object, const char *name)
{
    json_int_t number = json_integer_value(json_object_get(object, name));
    return number > 0 ? (uint64_t)number : 0;
}

bool truth_of(const json_t *object, const char *name)
{
    return json_is_true(json_object_get(object, name));
}

/* Why standard output took something no more, first; 0: it took all. */
static int lost;

void print_json_line(const json_t *document)
{
    char *text = json_dumps(document, JSON_COMPACT | JSON_SORT_KEYS);
    errno = 0;
    bool printed = text != NULL && printf("%s\n", text) >= 0 && fflush(stdout) == 0;
    if (!printed && lost == 0)
        lost = text == NULL ? ENOMEM : errno != 0 ? errno : EIO;
    free(text);
}

bool flush_stdout(struct uw_error *e)
{
    errno = 0;
    if ((fflush(stdout) != 0 || ferror(stdout)) && lost == 0)
        lost = errno != 0 ? errno : EIO;
    return lost == 0 || uw_fail_errno(e, UW_E_IO, lost, "cannot write to standard output");
}
