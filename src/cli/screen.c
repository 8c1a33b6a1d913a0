/* SPDX-License-Identifier: Apache-2.0 */
#include "screen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "terminal.h"

enum {
    DEVICE_COLUMNS_MAX = 24,
    PHASE_COLUMNS = 10,
    SPEED_COLUMNS = 10,
    LEFT_COLUMNS = 22,
    FIXED_COLUMNS = 2 + 5 + 2 + PHASE_COLUMNS + 2 + SPEED_COLUMNS + 2 + LEFT_COLUMNS,
    BAR_COLUMNS_MIN = 8,
    BAR_COLUMNS_MAX = 40,
    LINE_BYTES = 1024,
};

/* Of a long path the end tells more than the beginning. */
static void device_cell(const char *device, unsigned columns, char *cell, size_t cell_bytes)
{
    size_t length = strlen(device);
    const char *dots = "";
    if (length > columns && columns > 4) {
        device += length - (columns - 3);
        while (((unsigned char)*device & 0xc0) == 0x80)
            device++;
        dots = "...";
    }
    size_t used = (size_t)snprintf(cell, cell_bytes, "%s", dots);
    size_t taken = used + terminal_fit(device, columns - used, cell + used, cell_bytes - used);
    used = strlen(cell);
    while (taken++ < columns && used + 1 < cell_bytes)
        cell[used++] = ' ';
    cell[used] = '\0';
}

static void bar_cell(unsigned percent, unsigned columns, char *cell)
{
    unsigned full = (columns - 2) * percent / 100;
    *cell++ = '[';
    for (unsigned i = 0; i < columns - 2; i++)
        *cell++ = i < full ? '#' : '-';
    *cell++ = ']';
    *cell = '\0';
}

void screen_line(const struct view_drive *drive, uint64_t now_ns, unsigned columns, unsigned device_columns,
                 char *line, size_t line_bytes)
{
    char device[128], bar[BAR_COLUMNS_MAX + 8] = "", speed[32], left[64], whole[LINE_BYTES];
    unsigned percent = view_percent(drive), taken = device_columns + FIXED_COLUMNS;
    device_cell(drive->device, device_columns, device, sizeof device);
    view_speed(drive, now_ns, speed, sizeof speed);
    view_left(drive, now_ns, left, sizeof left);
    if (columns >= taken + 2 + BAR_COLUMNS_MIN) {
        unsigned width = columns - taken - 2;
        strcpy(bar, "  ");
        bar_cell(percent, width > BAR_COLUMNS_MAX ? BAR_COLUMNS_MAX : width, bar + 2);
    }
    /* What a narrow terminal lacks room for is cut from the end: speed and time left before percent and
     * phase. */
    snprintf(whole, sizeof whole, "%s%s  %3u %%  %-*s  %*s  %s", device, bar, percent, PHASE_COLUMNS,
             drive->phase, SPEED_COLUMNS, speed, left);
    terminal_fit(whole, columns, line, line_bytes);
}

/* A frame under construction: sent in one write, so that it does not flicker. */
struct frame {
    FILE *out;
    char *text;
    size_t bytes;
    unsigned columns;
    size_t lines;
    struct screen *screen;
};

static void add_line(struct frame *frame, const char *text)
{
    char line[LINE_BYTES];
    size_t width = terminal_fit(text, frame->columns, line, sizeof line);
    if (frame->lines == SCREEN_LINES_MAX)
        return;
    fprintf(frame->out, "%s\033[K\n", line);
    frame->screen->widths[frame->lines++] = (unsigned short)width;
}

/* Lines that were drawn on a wider terminal wrap on this one. */
static size_t rows_drawn(const struct screen *screen, unsigned columns)
{
    size_t rows = 0;
    for (size_t i = 0; i < screen->lines; i++)
        rows += screen->widths[i] > columns ? (screen->widths[i] + columns - 1U) / columns : 1U;
    return rows;
}

static void go_back(FILE *out, size_t rows)
{
    if (rows > 0)
        fprintf(out, "\r\033[%zuA", rows);
}

static unsigned device_width(const struct view *view)
{
    size_t widest = 4;
    for (size_t i = 0; i < view->count; i++)
        if (view->drives[i].state == VIEW_RUNNING && strlen(view->drives[i].device) > widest)
            widest = strlen(view->drives[i].device);
    return widest > DEVICE_COLUMNS_MAX ? DEVICE_COLUMNS_MAX : (unsigned)widest;
}

/* "3 of 6 drives ended, 2 running, 1 waiting, 1.8 GB/s" */
static void add_totals(struct frame *frame, const struct view *view, size_t hidden, uint64_t now_ns)
{
    size_t counts[VIEW_ENDED + 1] = {0};
    uint64_t per_s = 0;
    char text[256], speed[32];
    for (size_t i = 0; i < view->count; i++) {
        const struct view_drive *drive = &view->drives[i];
        counts[drive->state]++;
        if (drive->state == VIEW_RUNNING)
            per_s += rate_per_s(&drive->rate, now_ns);
    }
    uw_text_bytes(per_s, speed, sizeof speed);
    if (hidden > 0) {
        snprintf(text, sizeof text, "and %zu more", hidden);
        add_line(frame, text);
    }
    snprintf(text, sizeof text, "%zu of %zu ended, %zu running, %zu waiting, %s/s; Ctrl-C stops",
             counts[VIEW_ENDED], view->count, counts[VIEW_RUNNING], counts[VIEW_WAITING], speed);
    add_line(frame, text);
}

/* The terminal's last row stays free for the cursor; one is for the totals, one for those that do not fit. */
static void add_drives(struct frame *frame, const struct view *view, unsigned rows, uint64_t now_ns)
{
    char line[LINE_BYTES];
    size_t running = 0, shown = 0, room = rows > 3 ? rows - 3 : 1;
    unsigned device_columns = device_width(view);
    for (size_t i = 0; i < view->count; i++) {
        if (view->drives[i].state != VIEW_RUNNING)
            continue;
        running++;
        if (shown >= room || shown + 2 >= SCREEN_LINES_MAX)
            continue;
        shown++;
        screen_line(&view->drives[i], now_ns, frame->columns, device_columns, line, sizeof line);
        add_line(frame, line);
    }
    add_totals(frame, view, running - shown, now_ns);
}

static void send(struct frame *frame)
{
    if (fclose(frame->out) == 0)
        terminal_write(frame->screen->fd, frame->text, frame->bytes);
    free(frame->text);
}

void screen_draw(struct screen *screen, const struct view *view, uint64_t now_ns)
{
    unsigned columns, rows;
    if (now_ns - screen->drawn_ns < SCREEN_INTERVAL_MS * 1000000ULL || !terminal_is_ready(screen->fd))
        return;
    struct frame frame = {.screen = screen};
    frame.out = open_memstream(&frame.text, &frame.bytes);
    if (frame.out == NULL)
        return;
    terminal_size(screen->fd, &columns, &rows);
    /* A line as wide as the terminal would leave the cursor in doubt. */
    frame.columns = columns > 1 ? columns - 1 : 1;
    go_back(frame.out, rows_drawn(screen, columns));
    add_drives(&frame, view, rows, now_ns);
    fputs("\033[J", frame.out);
    screen->lines = frame.lines;
    screen->drawn_ns = now_ns;
    send(&frame);
}

void screen_clear(struct screen *screen)
{
    unsigned columns, rows;
    if (screen->lines == 0)
        return;
    struct frame frame = {.screen = screen};
    frame.out = open_memstream(&frame.text, &frame.bytes);
    if (frame.out == NULL)
        return;
    terminal_size(screen->fd, &columns, &rows);
    go_back(frame.out, rows_drawn(screen, columns));
    fputs("\033[J", frame.out);
    screen_forget(screen);
    send(&frame);
}

void screen_forget(struct screen *screen)
{
    screen->lines = 0;
    screen->drawn_ns = 0;
}
