/* SPDX-License-Identifier: Apache-2.0 */
#include "method/nvme_sanitize.h"

#include <stdio.h>

#include "method/watch.h"

enum { NODMMAS_SHIFT = 30, NODMMAS_MODIFIED = 2, PROGRESS_FULL = 65536 };

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

/* Whether the blocks stay mapped when asked to, so that reading back reaches the media. Where the drive says
 * that it modifies the media afterwards all the same, what is read is that; blocks with protection
 * information may not be readable at all then. */
static bool keeps_mapped(const struct uw_drive *drive)
{
    uint32_t sanicap = drive->nvme.controller.sanicap;
    return (sanicap & UW_NVME_SANICAP_NO_DEALLOCATE_INHIBITED) == 0 &&
           sanicap >> NODMMAS_SHIFT != NODMMAS_MODIFIED && drive->nvme.ns.protection == 0;
}

uint64_t uw_nvme_sanitize_estimate(uint32_t seconds)
{
    return seconds == UINT32_MAX ? 0 : seconds;
}

/* One sanitize, as the drive's log tells of it. */
struct sanitize {
    const struct uw_method_run *run;
    uint32_t cdw10; /* of the command that began it */
    struct uw_nvme_sanitize_log before, now;
    int status; /* of the command that read the log */
};

static const char *state_name(uint8_t state)
{
    static const char *const names[] = {"never", "success", "running", "failed", "success-deallocated"};
    return state < sizeof names / sizeof *names ? names[state] : "reserved";
}

/* False: the door is shut, *e says why. The log is not known where the drive did not give it. */
static bool read_log(struct sanitize *sanitize, struct uw_nvme_sanitize_log *log, struct uw_error *e)
{
    const struct uw_method_run *run = sanitize->run;
    uint8_t page[UW_NVME_LOG_BYTES] = {0};
    struct uw_nvme_command command = uw_nvme_get_sanitize(page);
    *log = (struct uw_nvme_sanitize_log){0};
    if (!run->nvme(run->engine, &command, false, e))
        return false;
    sanitize->status = command.status;
    if (command.status == UW_NVME_OK)
        uw_nvme_decode_sanitize(page, sizeof page, log);
    return true;
}

static void tell(const struct sanitize *sanitize)
{
    const struct uw_method_run *run = sanitize->run;
    const struct uw_nvme_sanitize_log *log = &sanitize->now;
    bool running = log->state == UW_NVME_SANITIZE_RUNNING;
    if (log->known)
        run->saw(run->engine, state_name(log->state), log->raw, sizeof log->raw, running ? log->progress : 0,
                 running ? PROGRESS_FULL : 0);
}

/* An end that was there before our command proves nothing. It is ours if the operation was seen at work, or
 * if the log tells another story than before: the bit that says that nothing was written since falls with the
 * first marker. */
static bool is_news(const struct sanitize *sanitize, bool seen_running)
{
    const struct uw_nvme_sanitize_log *before = &sanitize->before, *now = &sanitize->now;
    /* One that ran when the plan was made may have ended since, and somebody may have written since. */
    if (sanitize->run->attach)
        return seen_running || now->global_erased;
    return seen_running || before->cdw10 != now->cdw10 || before->state != now->state ||
           (now->global_erased && !before->global_erased);
}

static enum uw_watch_state state_of(const struct sanitize *sanitize, bool seen_running)
{
    const struct uw_nvme_sanitize_log *now = &sanitize->now;
    if (!now->known)
        return UW_WATCH_UNREADABLE;
    if (now->cdw10 != sanitize->cdw10)
        return UW_WATCH_ELSE;
    if (now->verifying)
        return UW_WATCH_ELSE;
    if (now->state == UW_NVME_SANITIZE_RUNNING)
        return UW_WATCH_RUNNING;
    if (!is_news(sanitize, seen_running))
        return UW_WATCH_ELSE;
    if (now->state == UW_NVME_SANITIZE_SUCCESS || now->state == UW_NVME_SANITIZE_SUCCESS_DEALLOCATED)
        return UW_WATCH_DONE;
    return now->state == UW_NVME_SANITIZE_FAILED ? UW_WATCH_FAILED : UW_WATCH_ELSE;
}

static void explain(const struct sanitize *sanitize, char *why, size_t why_bytes)
{
    const struct uw_nvme_sanitize_log *now = &sanitize->now;
    char text[UW_NVME_STATUS_TEXT];
    uw_nvme_status_text(sanitize->status, text);
    if (!now->known)
        snprintf(why, why_bytes, "the drive does not tell how its sanitize stands: %s", text);
    else if (now->cdw10 != sanitize->cdw10)
        snprintf(why, why_bytes, "the drive's status is of another operation (%08x, not %08x)", now->cdw10,
                 sanitize->cdw10);
    else if (now->verifying)
        snprintf(why, why_bytes,
                 "the drive holds still for its media to be verified, which was not asked of it");
    else if (now->state == UW_NVME_SANITIZE_NEVER || now->state > UW_NVME_SANITIZE_SUCCESS_DEALLOCATED)
        snprintf(why, why_bytes, "the drive's status is neither success nor failure (%u)", now->state);
    else
        snprintf(why, why_bytes, "the drive's status tells only of an operation before ours");
}

static bool look(struct uw_watch *watch, struct uw_watch_look *seen, struct uw_error *e)
{
    struct sanitize *sanitize = watch->data;
    if (!read_log(sanitize, &sanitize->now, e))
        return false;
    tell(sanitize);
    seen->state = state_of(sanitize, watch->seen_running);
    seen->progress = sanitize->now.progress;
    seen->at_work =
        sanitize->now.known && sanitize->now.state == UW_NVME_SANITIZE_RUNNING && !sanitize->now.verifying;
    explain(sanitize, seen->why, sizeof seen->why);
    return true;
}

/* Looks before it sends: an operation that runs already is not ours, and its end would not be either.
 * `*sent`: there is something to wait for. */
static bool begin(struct sanitize *sanitize, enum uw_nvme_sanitize_action action, struct uw_method_end *end,
                  bool *sent, struct uw_error *e)
{
    const struct uw_method_run *run = sanitize->run;
    struct uw_nvme_command command = uw_nvme_sanitize(action, keeps_mapped(run->drive), 0);
    char text[UW_NVME_STATUS_TEXT];
    sanitize->cdw10 = command.cdw10;
    if (!read_log(sanitize, &sanitize->before, e))
        return false;
    uw_nvme_status_text(sanitize->status, text);
    if (!sanitize->before.known)
        snprintf(end->why, sizeof end->why, "its sanitize status cannot be read: %s", text);
    else if (sanitize->before.state == UW_NVME_SANITIZE_RUNNING)
        snprintf(end->why, sizeof end->why,
                 "somebody else began a sanitize on it; run again to wait for its end");
    if (end->why[0] != '\0')
        return true;
    end->continues = true;
    if (!run->nvme(run->engine, &command, true, e))
        return false;
    end->accepted = command.status == UW_NVME_OK;
    end->continues = command.status <= 0;
    uw_nvme_status_text(command.status, text);
    /* An error of the host's says nothing of what the drive does now: its log may. */
    *sent = command.status <= 0;
    end->over = !*sent;
    if (!*sent)
        snprintf(end->why, sizeof end->why, "the drive refused to sanitize: %s", text);
    return true;
}

/* Only of a command of ours is the pattern known, and only mapped blocks hold it. */
static void tell_image(const struct sanitize *sanitize, struct uw_method_end *end)
{
    enum { NO_DEALLOCATE = 1U << 9 };
    enum uw_nvme_sanitize_action action = uw_nvme_sanitize_action_of(sanitize->cdw10);
    bool mapped = (sanitize->cdw10 & NO_DEALLOCATE) != 0 && keeps_mapped(sanitize->run->drive) &&
                  sanitize->now.state == UW_NVME_SANITIZE_SUCCESS;
    if (action == UW_NVME_SANACT_CRYPTO)
        end->leaves = UW_LEAVES_ERASED;
    else if (action == UW_NVME_SANACT_OVERWRITE && mapped && !sanitize->run->attach)
        end->leaves = UW_LEAVES_ZEROS;
    else
        end->leaves = UW_LEAVES_CONSTANT;
}

bool uw_nvme_sanitize_run(const struct uw_method_run *run, enum uw_nvme_sanitize_action action,
                          uint64_t estimate_s, struct uw_method_end *end, struct uw_error *e)
{
    struct sanitize sanitize = {.run = run};
    struct uw_watch watch = {.run = run,
                             .end = end,
                             .look = look,
                             .data = &sanitize,
                             .estimate_s = estimate_s,
                             .writes = action == UW_NVME_SANACT_OVERWRITE};
    bool sent = run->attach;
    watch.begun_ms = run->now_ms(run->engine);
    if (run->attach) {
        sanitize.before = run->drive->nvme.sanitize;
        sanitize.cdw10 = sanitize.before.cdw10;
        end->accepted = end->continues = true;
    } else if (!begin(&sanitize, action, end, &sent, e)) {
        return false;
    }
    if (!sent)
        return true;
    if (!uw_watch_wait(&watch, e))
        return false;
    tell_image(&sanitize, end);
    /* Be it another operation than ours. */
    end->continues = end->continues || (sanitize.now.known && sanitize.now.state == UW_NVME_SANITIZE_RUNNING);
    return true;
}
