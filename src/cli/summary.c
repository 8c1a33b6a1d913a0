/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"

#include <ctype.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include <linux/magic.h>

#include "cli.h"

/* "clear", "2 purge, 1 clear"; empty where nothing was sanitized. */
static void levels_text(const struct view *view, size_t sanitized, char *text, size_t text_bytes)
{
    size_t purged = 0;
    for (size_t i = 0; i < view->count; i++)
        if (view_is_sanitized(&view->drives[i]) && strcmp(view->drives[i].level, "purge") == 0)
            purged++;
    if (sanitized == 0)
        text[0] = '\0';
    else if (purged == sanitized)
        snprintf(text, text_bytes, " (purge)");
    else if (purged == 0)
        snprintf(text, text_bytes, " (clear)");
    else
        snprintf(text, text_bytes, " (%zu purge, %zu clear)", purged, sanitized - purged);
}

/* " /dev/sdc FAILED: why." for each drive that is not simply sanitized. */
static void add_others(FILE *out, const struct view *view)
{
    const char *separator = " ";
    for (size_t i = 0; i < view->count; i++) {
        const struct view_drive *drive = &view->drives[i];
        char verdict[sizeof drive->verdict];
        if (strcmp(drive->verdict, "sanitized") == 0)
            continue;
        snprintf(verdict, sizeof verdict, "%s", drive->verdict[0] != '\0' ? drive->verdict : "unfinished");
        for (char *p = verdict; !view_is_sanitized(drive) && *p != '\0'; p++)
            *p = (char)toupper((unsigned char)*p);
        fprintf(out, "%s%s %s%s%s", separator, drive->device, verdict, drive->why[0] != '\0' ? ": " : "",
                drive->why);
        separator = ". ";
    }
}

static void print_outcome(FILE *to, const struct view *view)
{
    char *text = NULL, levels[64];
    size_t bytes = 0, sanitized = 0;
    for (size_t i = 0; i < view->count; i++)
        sanitized += view_is_sanitized(&view->drives[i]);
    FILE *out = open_memstream(&text, &bytes);
    if (out == NULL)
        return;
    levels_text(view, sanitized, levels, sizeof levels);
    fprintf(out, "%zu of %zu drive%s sanitized%s.", sanitized, view->count, view->count == 1 ? "" : "s",
            levels);
    add_others(out, view);
    if (fclose(out) == 0)
        print_line(to, "%s", text);
    free(text);
}

/* Where the folder lies in memory, the evidence is gone with the power. Behind an overlay either may be. */
static const char *ram_warning(const char *path)
{
    char copy[sizeof((struct view_drive *)0)->certificate];
    struct statfs fs;
    snprintf(copy, sizeof copy, "%s", path);
    if (statfs(dirname(copy), &fs) != 0)
        return "";
    unsigned long type = (unsigned long)fs.f_type & 0xffffffffUL;
    if (type == TMPFS_MAGIC || type == RAMFS_MAGIC)
        return " (in RAM: copy it away before the machine is switched off)";
    if (type == OVERLAYFS_SUPER_MAGIC)
        return " (on an overlay, which may lie in RAM)";
    return "";
}

static void print_check(FILE *to, const struct view *view)
{
    size_t holding = 0;
    for (size_t i = 0; i < view->count; i++)
        holding += strcmp(view->drives[i].verdict, "holds") == 0;
    print_line(to, "%zu of %zu drive%s.", holding, view->count, view->count == 1 ? " holds" : "s hold");
    for (size_t i = 0; i < view->count; i++)
        if (strcmp(view->drives[i].verdict, "holds") != 0)
            print_line(to, "%s DOES NOT HOLD: %s", view->drives[i].device, view->drives[i].why);
}

static void print_documents(FILE *to, const struct view *view, const char *kind)
{
    for (size_t i = 0; i < view->count; i++) {
        const struct view_drive *drive = &view->drives[i];
        if (drive->certificate[0] != '\0')
            print_line(to, "%s of %s: %s%s", kind, drive->device, drive->certificate,
                       ram_warning(drive->certificate));
        else
            print_line(to, "%s of %s: NOT STORED%s%s", kind, drive->device,
                       drive->not_stored[0] != '\0' ? ": " : "", drive->not_stored);
    }
}

/* What could be signed but not stored is printed, so that it is not lost; --json has done so already. */
static void print_unstored(const struct view *view)
{
    for (size_t i = 0; i < view->count; i++) {
        json_t *document = view->drives[i].unstored;
        char *text = document != NULL ? json_dumps(document, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
        if (text != NULL)
            printf("%s\n", text);
        free(text);
    }
}

void report_summary(struct report *report)
{
    bool json = report->invocation->json;
    FILE *to = json ? stderr : stdout;
    screen_clear(&report->screen);
    if (report->invocation->request.check)
        print_check(to, &report->view);
    else
        print_outcome(to, &report->view);
    print_documents(to, &report->view, report->invocation->request.check ? "addendum" : "certificate");
    if (!json)
        print_unstored(&report->view);
    fflush(to);
}
