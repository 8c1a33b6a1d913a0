/* SPDX-License-Identifier: Apache-2.0 */
#include "method/ata_sanitize.h"

#include <errno.h>
#include <stdio.h>

#include "method/watch.h"

enum { PROGRESS_FULL = 65536 };

bool uw_ata_sanitize_fits(const struct uw_drive *drive, bool offered, const char *name, char *why,
                          size_t why_bytes)
{
    const struct uw_ata *ata = &drive->ata;
    if (drive->bus != UW_BUS_ATA && drive->bus != UW_BUS_USB)
        snprintf(why, why_bytes, "no ATA drive");
    else if (!ata->known)
        snprintf(why, why_bytes, "what the drive can do is not known");
    else if (!ata->identify.sanitize || !offered)
        snprintf(why, why_bytes, "the drive has no sanitize %s", name);
    else if (ata->path < UW_ATA_PATH_COUNT_ZEROED)
        snprintf(why, why_bytes,
                 "result registers are not readable through this path, so an end could not be seen");
    else if (!ata->sanitize.known)
        snprintf(why, why_bytes, "its sanitize status cannot be read, so an end could not be seen");
    else
        return true;
    return false;
}

/* One sanitize, as the drive's status tells of it. */
struct sanitize {
    const struct uw_method_run *run;
    struct uw_ata_sanitize_status before, now;
    struct uw_ata_command answer; /* to the last question */
};

static const char *state_name(const struct uw_ata_sanitize_status *status)
{
    static const char *const names[] = {"idle", "frozen", "running", "done", "failed", "unknown"};
    return names[status->state <= UW_ATA_SANITIZE_UNKNOWN ? status->state : UW_ATA_SANITIZE_UNKNOWN];
}

/* False: the door is shut, *e says why. The status is not known where the drive did not give it. */
static bool read_status(struct sanitize *sanitize, struct uw_ata_sanitize_status *status, struct uw_error *e)
{
    const struct uw_method_run *run = sanitize->run;
    sanitize->answer = uw_ata_sanitize_status(false);
    *status = (struct uw_ata_sanitize_status){0};
    if (!run->ata(run->engine, &sanitize->answer, false, e))
        return false;
    uw_ata_decode_sanitize(&sanitize->answer, status);
    return true;
}

static void tell(const struct sanitize *sanitize)
{
    const struct uw_ata_sanitize_status *now = &sanitize->now;
    const uint8_t raw[] = {now->status,
                           now->error,
                           (uint8_t)(now->count >> 8),
                           (uint8_t)now->count,
                           (uint8_t)(now->lba >> 40),
                           (uint8_t)(now->lba >> 32),
                           (uint8_t)(now->lba >> 24),
                           (uint8_t)(now->lba >> 16),
                           (uint8_t)(now->lba >> 8),
                           (uint8_t)now->lba};
    bool running = now->state == UW_ATA_SANITIZE_RUNNING;
    if (now->known)
        sanitize->run->saw(sanitize->run->engine, state_name(now), raw, sizeof raw,
                           running ? now->progress : 0, running ? PROGRESS_FULL : 0);
}

/* ATA's status does not say which operation it tells of. A success that was there before our command is ours
 * only where the drive was seen at work in between. One that ran when the plan was made and is over by now
 * may have been written over since. */
static bool is_ours(const struct sanitize *sanitize, const struct uw_watch *watch)
{
    bool told_before = sanitize->before.state == UW_ATA_SANITIZE_DONE;
    return watch->seen_running || (!sanitize->run->attach && !told_before);
}

/* The drive forgets it with its power (ACS-4, Sanitize Device feature set: to SD0 at power-on). */
static bool is_old_success(const struct sanitize *sanitize)
{
    return sanitize->before.state == UW_ATA_SANITIZE_DONE && sanitize->now.state == UW_ATA_SANITIZE_DONE;
}

static enum uw_watch_state state_of(const struct sanitize *sanitize, const struct uw_watch *watch)
{
    const struct uw_ata_sanitize_status *now = &sanitize->now;
    if (!now->known)
        return UW_WATCH_UNREADABLE;
    switch (now->state) {
    case UW_ATA_SANITIZE_RUNNING:
        return UW_WATCH_RUNNING;
    case UW_ATA_SANITIZE_DONE:
        return is_ours(sanitize, watch) ? UW_WATCH_DONE : UW_WATCH_ELSE;
    case UW_ATA_SANITIZE_FAILED:
        return UW_WATCH_FAILED;
    default:
        return UW_WATCH_ELSE;
    }
}

static bool look(struct uw_watch *watch, struct uw_watch_look *seen, struct uw_error *e)
{
    struct sanitize *sanitize = watch->data;
    char text[UW_ATA_OUTCOME_TEXT];
    if (!read_status(sanitize, &sanitize->now, e))
        return false;
    tell(sanitize);
    seen->state = state_of(sanitize, watch);
    /* A path that drops half of a register shows a drive at work as one at rest. */
    seen->at_work =
        sanitize->now.state != UW_ATA_SANITIZE_DONE && sanitize->now.state != UW_ATA_SANITIZE_FAILED;
    seen->progress = sanitize->now.progress;
    uw_ata_outcome_text(&sanitize->answer, text);
    if (seen->state == UW_WATCH_UNREADABLE)
        snprintf(seen->why, sizeof seen->why, "the drive does not tell how its sanitize stands: %s", text);
    else if (is_old_success(sanitize))
        snprintf(seen->why, sizeof seen->why,
                 "the drive told of a success before, and was not seen at work since: no end of ours was "
                 "seen; switch its power off and on, and run again");
    else
        snprintf(seen->why, sizeof seen->why, "the drive's status tells of no end of ours (%s)",
                 state_name(&sanitize->now));
    return true;
}

/* Looks before it sends: an operation that runs already is not ours. `*sent`: there is something to wait for.
 */
static bool begin(struct sanitize *sanitize, struct uw_ata_command *start, struct uw_method_end *end,
                  bool *sent, struct uw_error *e)
{
    const struct uw_method_run *run = sanitize->run;
    char text[UW_ATA_OUTCOME_TEXT];
    if (!read_status(sanitize, &sanitize->before, e))
        return false;
    if (!sanitize->before.known || sanitize->before.state == UW_ATA_SANITIZE_RUNNING) {
        snprintf(end->why, sizeof end->why, "%s",
                 sanitize->before.known
                     ? "somebody else began a sanitize on it; run again to wait for its end"
                     : "its sanitize status cannot be read");
        return true;
    }
    end->continues = true;
    if (!run->ata(run->engine, start, true, e))
        return false;
    bool refused = start->outcome == UW_ATA_ABORTED || start->host_errno == -EOPNOTSUPP;
    *sent = !refused;
    end->continues = !refused;
    end->over = refused;
    end->accepted = start->outcome == UW_ATA_DONE;
    uw_ata_outcome_text(start, text);
    if (!*sent)
        snprintf(end->why, sizeof end->why, "the drive refused to sanitize: %s", text);
    return true;
}

bool uw_ata_sanitize_run(const struct uw_method_run *run, struct uw_ata_command start, enum uw_leaves leaves,
                         struct uw_method_end *end, struct uw_error *e)
{
    struct sanitize sanitize = {.run = run};
    struct uw_watch watch = {
        .run = run, .end = end, .look = look, .data = &sanitize, .writes = leaves == UW_LEAVES_ZEROS};
    bool sent = run->attach;
    watch.begun_ms = run->now_ms(run->engine);
    if (run->attach)
        end->accepted = end->continues = true;
    else if (!begin(&sanitize, &start, end, &sent, e))
        return false;
    if (sent && !uw_watch_wait(&watch, e))
        return false;
    /* Which operation it was that ran already nobody says. */
    end->leaves = run->attach ? UW_LEAVES_ERASED : leaves;
    return true;
}
