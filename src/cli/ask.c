/* SPDX-License-Identifier: Apache-2.0 */
#include "ask.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "cli.h"
#include "plan.h"
#include "terminal.h"

/* A path of any length that the program takes, and all that a drive is called. */
enum { QUESTION_BYTES = 4096 };

/* Reads one line as typed; the end of input is an empty answer. False when a signal or an error came between.
 */
static bool read_answer(int tty, const volatile sig_atomic_t *stop, char *answer, size_t answer_bytes)
{
    size_t used = 0;
    for (;;) {
        char c;
        struct pollfd wanted = {.fd = tty, .events = POLLIN};
        int ready = *stop ? -1 : poll(&wanted, 1, 200);
        if (*stop || (ready < 0 && errno != EINTR))
            return false;
        if (ready <= 0)
            continue;
        ssize_t n = read(tty, &c, 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 || *stop)
            return false;
        if (n == 0)
            terminal_write(tty, "\n", 1);
        if (n == 0 || c == '\n')
            break;
        if (used + 1 < answer_bytes)
            answer[used++] = c;
    }
    answer[used] = '\0';
    return true;
}

static void write_clean(int tty, const char *text, const char *end)
{
    char clean[QUESTION_BYTES];
    uw_text_printable(text, clean, sizeof clean);
    terminal_write(tty, clean, strlen(clean));
    terminal_write(tty, end, strlen(end));
}

static void show_plans(int tty, const json_t *plans)
{
    size_t i;
    const json_t *plan;
    char title[QUESTION_BYTES / 2], brief[QUESTION_BYTES / 4], line[QUESTION_BYTES];
    json_array_foreach(plans, i, plan) {
        plan_title(plan, title, sizeof title);
        plan_brief(plan, brief, sizeof brief);
        snprintf(line, sizeof line, "%s: %s", title, brief);
        write_clean(tty, line, "\n");
    }
}

/* "Erase /dev/sda: Model, 480.1 GB, serial S123? (overwrite to clear, about 2 h, can be stopped) Type its
 * ..." */
static void ask(int tty, const json_t *plan, const char *device, const char *id)
{
    char title[QUESTION_BYTES / 2], brief[QUESTION_BYTES / 4], question[QUESTION_BYTES];
    size_t device_length = strlen(device);
    const char *serial = text_of(plan, "serial");
    plan_title(plan, title, sizeof title);
    plan_brief(plan, brief, sizeof brief);
    /* The title begins with the device of the plan; what counts is the one that will be opened. */
    bool same = strncmp(title, device, device_length) == 0 && title[device_length] == ':';
    snprintf(question, sizeof question, "Erase %s%s? (%s) Type %s last four characters (%s): ", device,
             same ? title + device_length : "", brief,
             serial != NULL && strcmp(serial, id) == 0 ? "its" : "the id's", uw_text_hint(id));
    write_clean(tty, question, "");
}

bool ask_operator(void *user, const json_t *plan, const char *device, const char *id, char *answer,
                  size_t answer_bytes)
{
    struct asker *asker = user;
    if (answer_bytes == 0 || *asker->stop)
        return false;
    int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (tty < 0)
        return false;
    if (!asker->shown && json_array_size(asker->plans) > 1)
        show_plans(tty, asker->plans);
    asker->shown = true;
    /* What was typed before the question is no answer to it. */
    tcflush(tty, TCIFLUSH);
    ask(tty, plan, device, id);
    bool answered = read_answer(tty, asker->stop, answer, answer_bytes);
    if (!answered)
        terminal_write(tty, "\n", 1);
    close(tty);
    return answered;
}
