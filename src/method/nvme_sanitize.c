/* SPDX-License-Identifier: Apache-2.0 */
#include "method/nvme_sanitize.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    POLL_MIN_MS = 100,
    POLL_MAX_MS = 5000,
    /* A log that does not speak of our command yet: no drive needs so long to note what it accepted. */
    UNNOTED_MS = 10000,
    /* A progress that does not move. A large disk makes a step (1/65536) in a few seconds; drives that stand
     * at 1 % for hours are known, and never end. */
    STANDS_MS = 3600000,
    UNREADABLE_TIMES = 5,
    NODMMAS_SHIFT = 30,
    NODMMAS_MODIFIED = 2,
    PROGRESS_FULL = 65536
};

bool uw_nvme_is_known(const struct uw_drive *drive, char *why, size_t why_bytes)
{
    if (drive->bus != UW_BUS_NVME && drive->bus != UW_BUS_NVME_FABRICS)
        snprintf(why, why_bytes, "no NVMe drive");
    else if (!drive->nvme.known)
        snprintf(why, why_bytes, "what its controller can do is not known");
    else
        return true;
    return false;
}

bool uw_nvme_sanitize_fits(const struct uw_drive *drive, uint32_t capability, const char *name, char *why,
                           size_t why_bytes)
{
    const struct uw_nvme *nvme = &drive->nvme;
    if (!uw_nvme_is_known(drive, why, why_bytes))
        return false;
    if ((nvme->controller.sanicap & capability) == 0) {
        snprintf(why, why_bytes, "the drive has no sanitize %s", name);
        return false;
    }
    if (!nvme->sanitize.known) {
        snprintf(why, why_bytes, "its sanitize status cannot be read, so an end could not be seen");
        return false;
    }
    return true;
}

bool uw_nvme_sanitize_hits_subsystem(const struct uw_drive *drive)
{
    (void)drive;
    return true;
}

/* Where the drive says that it modifies the media afterwards all the same, what is read is that. */
bool uw_nvme_sanitize_keeps_mapped(const struct uw_drive *drive)
{
    uint32_t sanicap = drive->nvme.controller.sanicap;
    return (sanicap & UW_NVME_SANICAP_NO_DEALLOCATE_INHIBITED) == 0 &&
           sanicap >> NODMMAS_SHIFT != NODMMAS_MODIFIED;
}

uint64_t uw_nvme_sanitize_estimate(const struct uw_drive *drive, uint32_t deallocating_s, uint32_t kept_s)
{
    bool kept = uw_nvme_sanitize_keeps_mapped(drive) && kept_s != UINT32_MAX;
    uint32_t seconds = kept ? kept_s : deallocating_s;
    return seconds == UINT32_MAX ? 0 : seconds;
}

/* One sanitize, as the drive's log tells of it. */
struct watch {
    const struct uw_method_run *run;
    struct uw_method_end *end;
    uint32_t cdw10; /* of the command that began it */
    struct uw_nvme_sanitize_log before, now;
    bool seen_running;
    unsigned unreadable;    /* times in a row */
    uint16_t best_progress; /* the furthest it was */
    uint64_t moved_ms;      /* when it last got further */
    uint64_t begun_ms;
};

static __attribute__((format(printf, 2, 3))) bool give_up(struct watch *watch, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(watch->end->why, sizeof watch->end->why, format, args);
    va_end(args);
    return false;
}

static const char *state_name(uint8_t state)
{
    static const char *const names[] = {"never", "success", "running", "failed", "success-deallocated"};
    return state < sizeof names / sizeof *names ? names[state] : "reserved";
}

/* False: the door is shut, *e says why. The log is not known where the drive did not give it. */
static bool read_log(struct watch *watch, struct uw_nvme_sanitize_log *log, int *status, struct uw_error *e)
{
    uint8_t page[UW_NVME_LOG_BYTES] = {0};
    struct uw_nvme_command command = uw_nvme_get_sanitize(page);
    *log = (struct uw_nvme_sanitize_log){0};
    if (!watch->run->nvme(watch->run->engine, &command, false, e))
        return false;
    *status = command.status;
    if (command.status == UW_NVME_OK)
        uw_nvme_decode_sanitize(page, sizeof page, log);
    if (log->known)
        watch->run->saw(watch->run->engine, state_name(log->state), log->raw, sizeof log->raw,
                        log->state == UW_NVME_SANITIZE_RUNNING ? log->progress : 0,
                        log->state == UW_NVME_SANITIZE_RUNNING ? PROGRESS_FULL : 0);
    return true;
}

static bool is_success(uint8_t state)
{
    return state == UW_NVME_SANITIZE_SUCCESS || state == UW_NVME_SANITIZE_SUCCESS_DEALLOCATED;
}

/* An end that was there before our command proves nothing. It is ours if the operation was seen at work, or
 * if the log tells another story than before: the bit that says that nothing was written since falls with the
 * first marker. */
static bool is_news(const struct watch *watch)
{
    const struct uw_nvme_sanitize_log *before = &watch->before, *now = &watch->now;
    return watch->seen_running || before->cdw10 != now->cdw10 || before->state != now->state ||
           (now->global_erased && !before->global_erased);
}

static void note_progress(struct watch *watch, uint64_t now_ms)
{
    bool first = !watch->seen_running;
    watch->seen_running = true;
    /* FFFFh is what a drive at rest says. */
    if (first || (watch->now.progress > watch->best_progress && watch->now.progress != UINT16_MAX)) {
        watch->best_progress = watch->now.progress == UINT16_MAX ? 0 : watch->now.progress;
        watch->moved_ms = now_ms;
    }
}

/* Whether to go on looking. */
static bool look(struct watch *watch)
{
    uint64_t now_ms = watch->run->now_ms(watch->run->engine);
    const struct uw_nvme_sanitize_log *log = &watch->now;
    watch->end->continues = log->state == UW_NVME_SANITIZE_RUNNING;
    if (log->cdw10 == watch->cdw10 && log->state == UW_NVME_SANITIZE_RUNNING) {
        watch->end->accepted = true;
        note_progress(watch, now_ms);
        if (now_ms - watch->moved_ms < STANDS_MS)
            return true;
        watch->end->stalled = true;
        return give_up(
            watch,
            "its progress has stood at %u of 65536 for an hour; switch its power off and on, and run "
            "again: it goes on by itself",
            log->progress);
    }
    if (log->cdw10 == watch->cdw10 && is_success(log->state) && is_news(watch)) {
        watch->end->accepted = watch->end->complete = true;
        return false;
    }
    if (log->cdw10 == watch->cdw10 && log->state == UW_NVME_SANITIZE_FAILED && is_news(watch))
        return give_up(watch, "the drive reports that its sanitize failed; only another sanitize leads out");
    if (now_ms - watch->begun_ms < UNNOTED_MS && !watch->seen_running)
        return true;
    if (log->cdw10 != watch->cdw10)
        return give_up(watch, "the drive's status is of another operation (%08x, not %08x)", log->cdw10,
                       watch->cdw10);
    if (is_success(log->state) || log->state == UW_NVME_SANITIZE_FAILED)
        return give_up(watch, "the drive's status tells only of an operation before ours");
    return give_up(watch, "the drive's status is neither success nor failure (%u)", log->state);
}

/* Physically impossible: no bus of any drive moves so much. */
static bool too_fast(const struct watch *watch, uint64_t now_ms)
{
    const uint64_t bytes_per_ms = 64000000;
    return uw_nvme_sanitize_action_of(watch->cdw10) == UW_NVME_SANACT_OVERWRITE && !watch->run->attach &&
           watch->run->drive->bytes / bytes_per_ms > now_ms - watch->begun_ms;
}

static bool wait_for_end(struct watch *watch, struct uw_error *e)
{
    const struct uw_method_run *run = watch->run;
    uint32_t pause_ms = POLL_MIN_MS;
    int status;
    for (;;) {
        if (!read_log(watch, &watch->now, &status, e))
            return false;
        watch->unreadable = watch->now.known ? 0 : watch->unreadable + 1;
        if (watch->unreadable == UNREADABLE_TIMES) {
            char text[UW_NVME_STATUS_TEXT];
            uw_nvme_status_text(status, text);
            watch->end->continues = true;
            give_up(watch, "the drive does not tell how its sanitize stands: %s", text);
            return true;
        }
        if (watch->now.known && !look(watch))
            break;
        if (run->stopped(run->engine)) {
            give_up(watch, "the drive goes on by itself; run again to wait for its end");
            return true;
        }
        run->wait_ms(run->engine, pause_ms);
        pause_ms = pause_ms * 2 < POLL_MAX_MS ? pause_ms * 2 : POLL_MAX_MS;
    }
    if (watch->end->complete && too_fast(watch, run->now_ms(run->engine))) {
        watch->end->complete = false;
        give_up(watch, "it ended faster than any drive can write");
    }
    return true;
}

/* Looks before it sends: an operation that runs already is not ours, and its end would not be either.
 * `*sent`: there is something to wait for. */
static bool begin(struct watch *watch, enum uw_nvme_sanitize_action action, bool *sent, struct uw_error *e)
{
    const struct uw_method_run *run = watch->run;
    struct uw_nvme_command command = uw_nvme_sanitize(action, uw_nvme_sanitize_keeps_mapped(run->drive), 0);
    int status;
    char text[UW_NVME_STATUS_TEXT];
    watch->cdw10 = command.cdw10;
    if (!read_log(watch, &watch->before, &status, e))
        return false;
    uw_nvme_status_text(status, text);
    if (!watch->before.known)
        give_up(watch, "its sanitize status cannot be read: %s", text);
    else if (watch->before.state == UW_NVME_SANITIZE_RUNNING)
        give_up(watch, "somebody else began a sanitize on it; run again to wait for its end");
    if (watch->end->why[0] != '\0')
        return true;
    watch->begun_ms = watch->moved_ms = run->now_ms(run->engine);
    if (!run->nvme(run->engine, &command, true, e))
        return false;
    watch->end->accepted = command.status == UW_NVME_OK;
    uw_nvme_status_text(command.status, text);
    /* An error of the host's says nothing of what the drive does now: its log may. */
    *sent = command.status <= 0;
    if (!*sent)
        give_up(watch, "the drive refused to sanitize: %s", text);
    return true;
}

bool uw_nvme_sanitize_run(const struct uw_method_run *run, enum uw_nvme_sanitize_action action,
                          struct uw_method_end *end, struct uw_error *e)
{
    struct watch watch = {.run = run, .end = end};
    bool sent = run->attach;
    if (run->attach) {
        watch.cdw10 = run->drive->nvme.sanitize.cdw10;
        watch.before = run->drive->nvme.sanitize;
        watch.begun_ms = watch.moved_ms = run->now_ms(run->engine);
        watch.seen_running = end->accepted = true;
    } else if (!begin(&watch, action, &sent, e)) {
        return false;
    }
    return !sent || wait_for_end(&watch, e);
}
