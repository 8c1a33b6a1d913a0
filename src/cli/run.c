/* SPDX-License-Identifier: Apache-2.0 */
#include "run.h"

#include <string.h>

#include "events.h"
#include "report.h"

/* What signal handlers touch. */
static struct uw_run *volatile running;
volatile sig_atomic_t run_stops;
static volatile sig_atomic_t continued; /* SIGCONT: the shell has written below us */

static void on_stop(int signal_number)
{
    (void)signal_number;
    run_stops++;
    if (running != NULL)
        uw_run_stop(running);
}

static void on_continue(int signal_number)
{
    (void)signal_number;
    continued = 1;
}

/* What was ignored when we came, as under nohup, stays ignored. */
static void catch_unless_ignored(int signal_number, void (*handler)(int))
{
    struct sigaction old, action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    if (sigaction(signal_number, NULL, &old) == 0 && old.sa_handler == SIG_IGN)
        return;
    sigaction(signal_number, &action, NULL);
}

static void catch_signals(struct uw_run *run)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    running = run;
    sigaction(SIGPIPE, &ignore, NULL);
    catch_unless_ignored(SIGINT, on_stop);
    catch_unless_ignored(SIGTERM, on_stop);
    catch_unless_ignored(SIGHUP, on_stop);
    catch_unless_ignored(SIGCONT, on_continue);
}

/* Before the run is freed: a late signal has nothing to stop any more. */
static void release_signals(void)
{
    static const int caught[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    for (size_t i = 0; i < sizeof caught / sizeof *caught; i++)
        sigaction(caught[i], &ignore, NULL);
    running = NULL;
}

/* The report, and how many signals it has told of. */
struct watcher {
    struct report report;
    int told;
};

static void tell_stops(struct watcher *watcher)
{
    int seen = run_stops;
    if (seen == watcher->told)
        return;
    report_remark(&watcher->report, watcher->told == 0
                                        ? "stopping: waiting for the transfers in flight"
                                        : "already stopping: waiting for the transfers in flight");
    watcher->told = seen;
}

static void on_event(void *user, const struct uw_event *event)
{
    struct watcher *watcher = user;
    tell_stops(watcher);
    events_write(event);
    report_event(&watcher->report, event);
}

static void watch(struct uw_run *run, struct watcher *watcher)
{
    while (uw_run_poll(run, SCREEN_INTERVAL_MS, on_event, watcher)) {
        if (continued)
            screen_forget(&watcher->report.screen);
        continued = 0;
        tell_stops(watcher);
        report_tick(&watcher->report);
    }
}

/* Nothing was touched: what could not be stored is for the user to set right. */
static int complain_of_start(struct uw_error *e)
{
    e->code = e->code == UW_E_STORE ? UW_E_USAGE : e->code;
    return complain(e);
}

int run_carry_out(struct uw_run *run, const struct invocation *invocation)
{
    struct uw_error e = {0};
    struct watcher watcher = {.told = 0};
    if (!report_init(&watcher.report, uw_run_count(run), invocation)) {
        report_clear(&watcher.report);
        uw_fail(&e, UW_E_NOMEM, "out of memory");
        return complain(&e);
    }
    catch_signals(run);
    bool started = events_open(invocation->events, &e) && uw_run_start(run, &e);
    if (started) {
        watch(run, &watcher);
        report_summary(&watcher.report);
    }
    int code = started ? (int)uw_run_exit(run) : complain_of_start(&e);
    release_signals();
    if (!started)
        events_forget_empty();
    events_close();
    report_clear(&watcher.report);
    return code;
}
