/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli.h"
#include "terminal.h"

/* Whoever reads our documents from a pipe may write to the same terminal: what a live screen draws over must
 * be its own. */
static bool is_piped(void)
{
    struct stat st;
    return fstat(STDOUT_FILENO, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode));
}

bool report_init(struct report *report, size_t drives, const struct invocation *invocation)
{
    memset(report, 0, sizeof *report);
    report->screen.fd = STDERR_FILENO;
    report->live = terminal_is_live(STDERR_FILENO) && !(invocation->json && is_piped());
    report->colour = terminal_has_colour(STDERR_FILENO);
    report->invocation = invocation;
    report->told = calloc(drives > 0 ? drives : 1, sizeof *report->told);
    return view_init(&report->view, drives) && report->told != NULL;
}

void report_clear(struct report *report)
{
    view_clear(&report->view);
    free(report->told);
    report->told = NULL;
}

/* A line that stays, in one write. `verdict` (may be NULL) is its first occurrence in the line that is
 * coloured. */
static void say(struct report *report, const char *verdict, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static const char *colour_of(const char *verdict)
{
    if (strcmp(verdict, "sanitized") == 0 || strcmp(verdict, "holds") == 0)
        return "\033[32m";
    bool bad = strcmp(verdict, "failed") == 0 || strcmp(verdict, "does-not-hold") == 0 ||
               strcmp(verdict, "stalled") == 0;
    return bad ? "\033[31m" : "\033[33m";
}

static void say(struct report *report, const char *verdict, const char *format, ...)
{
    char text[4096], clean[sizeof text], line[sizeof text + 32];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    uw_text_printable(text, clean, sizeof clean);
    const char *word = report->colour && verdict != NULL && *verdict != '\0' ? strstr(clean, verdict) : NULL;
    int n;
    if (word == NULL)
        n = snprintf(line, sizeof line, "%s\n", clean);
    else
        n = snprintf(line, sizeof line, "%.*s%s%s\033[0m%s\n", (int)(word - clean), clean, colour_of(verdict),
                     verdict, word + strlen(verdict));
    screen_clear(&report->screen);
    if (n > 0)
        terminal_write(STDERR_FILENO, line, (size_t)n);
}

void report_remark(struct report *report, const char *text)
{
    say(report, NULL, "unwrite: %s", text);
}

/* Without a live screen: a line for each phase and for every tenth of it. */
static void tell_progress(struct report *report, struct told *told, const struct view_drive *drive)
{
    unsigned tenth = view_percent(drive) / 10;
    char speed[32], left[64];
    if (strcmp(told->phase, drive->phase) != 0) {
        snprintf(told->phase, sizeof told->phase, "%s", drive->phase);
        told->tenth = tenth;
        say(report, NULL, "%s: %s", drive->device, drive->phase);
    } else if (tenth > told->tenth) {
        told->tenth = tenth;
        uint64_t now_ns = boottime_ns();
        view_speed(drive, now_ns, speed, sizeof speed);
        view_left(drive, now_ns, left, sizeof left);
        say(report, NULL, "%s: %s %u %%%s%s%s%s", drive->device, drive->phase, tenth * 10,
            speed[0] != '\0' ? ", " : "", speed, left[0] != '\0' ? ", " : "", left);
    }
}

static void tell_end(struct report *report, const struct view_drive *drive)
{
    char duration[32];
    const char *colon = drive->why[0] != '\0' ? ": " : "";
    uw_text_duration((drive->ended_ns - drive->started_ns) / 1000000000ULL, duration, sizeof duration);
    if (strcmp(drive->verdict, "holds") == 0)
        say(report, drive->verdict, "%s: %s%s%s", drive->device, drive->verdict, colon, drive->why);
    else if (strcmp(drive->verdict, "sanitized") == 0)
        say(report, drive->verdict, "%s: %s (%s) in %s", drive->device, drive->verdict, drive->level,
            duration);
    else if (view_is_sanitized(drive))
        say(report, drive->verdict, "%s: %s (%s) in %s%s%s", drive->device, drive->verdict, drive->level,
            duration, colon, drive->why);
    else if (strcmp(drive->verdict, "refused") == 0 && strstr(drive->why, drive->device) != NULL)
        say(report, NULL, "unwrite: %s", drive->why);
    else
        say(report, drive->verdict, "unwrite: %s %s%s%s", drive->device, drive->verdict, colon, drive->why);
}

/* The contract of --json: one document a line, the moment its drive ends. */
static void print_document_of(struct report *report, const json_t *data)
{
    json_t *document = report->invocation->json ? view_document(data) : NULL;
    if (document == NULL)
        return;
    screen_clear(&report->screen);
    print_json_line(document);
    json_decref(document);
}

static void tell_warning(struct report *report, const struct view_drive *drive, const json_t *data)
{
    const char *text = text_or(data, "text", "something is not as it should be");
    if (drive == NULL || strstr(text, drive->device) != NULL)
        say(report, NULL, "unwrite: %s", text);
    else
        say(report, NULL, "unwrite: %s: %s", drive->device, text);
}

/* Named targets speak for themselves; --all means all. */
static void tell_not_covered(struct report *report, const json_t *data)
{
    const struct uw_request *request = &report->invocation->request;
    size_t i;
    const json_t *item;
    json_array_foreach(json_object_get(data, "not_covered"), i, item) {
        if (request->all)
            say(report, NULL, "unwrite: not covered: %s: %s%s", text_or(item, "controller", "?"),
                text_or(item, "why", "?"),
                request->allow_not_covered ? "" : "; --allow-not-covered accepts it");
    }
}

void report_event(void *user, const struct uw_event *event)
{
    struct report *report = user;
    struct view_drive *drive = view_event(&report->view, event);
    if (event->kind == UW_EVENT_RUN_STARTED)
        tell_not_covered(report, event->data);
    if (event->kind == UW_EVENT_WARNING)
        tell_warning(report, drive, event->data);
    if (drive == NULL)
        return;
    switch (event->kind) {
    case UW_EVENT_TOUCHED:
        if (!report->live)
            say(report, NULL, "%s: erasing %s", drive->device, drive->name);
        break;
    case UW_EVENT_JOB_ENDED:
        tell_end(report, drive);
        break;
    case UW_EVENT_NOT_STORED:
        say(report, NULL, "unwrite: %s: %s not stored: %s", drive->device,
            text_or(event->data, "what", "document"), drive->not_stored);
        print_document_of(report, event->data);
        break;
    case UW_EVENT_CERTIFICATE_STORED:
        print_document_of(report, event->data);
        break;
    default:
        break;
    }
    if (!report->live && drive->state == VIEW_RUNNING)
        tell_progress(report, &report->told[event->job], drive);
}

void report_tick(struct report *report)
{
    if (report->live)
        screen_draw(&report->screen, &report->view, boottime_ns());
}
