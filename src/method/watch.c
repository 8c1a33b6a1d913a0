/* SPDX-License-Identifier: Apache-2.0 */
#include "method/watch.h"

#include <stdio.h>

enum {
    POLL_MIN_MS = 100,
    POLL_MAX_MS = 5000,
    /* A status that does not speak of our command yet: no drive needs so long to note what it accepted. */
    UNNOTED_MS = 10000,
    /* A progress that does not move. A large disk makes a step (1/65536) in a few seconds; drives that stand
     * at 1 % for hours are known, and never end. */
    STANDS_MS = 3600000,
    UNTOLD_MS = 172800000, /* of a drive that tells of no progress at all */
    UNREADABLE_TIMES = 5
};

static bool end_with(struct uw_watch *watch, const char *why)
{
    snprintf(watch->end->why, sizeof watch->end->why, "%s", why);
    return false;
}

static bool stands(struct uw_watch *watch)
{
    watch->end->stalled = true;
    snprintf(watch->end->why, sizeof watch->end->why,
             "its progress stands at %u of 65536; switch its power off and on, and run again: it goes on by "
             "itself",
             watch->best_progress);
    return false;
}

/* Bytes in a millisecond: more than any bus of a drive carries; what no spindle turns past its heads; ten
 * times what SATA carries, for flash behind it that is written from within. */
uint64_t uw_watch_least_ms(const struct uw_drive *drive, bool writes)
{
    enum { ANY = 64000000, DISK = 1000000, FLASH = 6000000 };
    bool ata = drive->bus != UW_BUS_NVME && drive->bus != UW_BUS_NVME_FABRICS;
    bool flash = uw_drive_make(drive) == UW_MAKE_FLASH;
    return drive->bytes / (uint64_t)(!ata || (flash && !writes) ? ANY : flash ? FLASH : DISK);
}

/* One that was found at work began before anybody looked. */
static bool is_too_fast(const struct uw_watch *watch, uint64_t now_ms)
{
    return watch->writes && !watch->run->attach &&
           now_ms - watch->begun_ms < uw_watch_least_ms(watch->run->drive, true);
}

static bool go_on_running(struct uw_watch *watch, const struct uw_watch_look *seen, uint64_t now_ms)
{
    bool first = !watch->seen_running, told = seen->progress != UINT16_MAX;
    watch->end->accepted = watch->end->continues = watch->seen_running = true;
    if (first || (told && seen->progress > watch->best_progress)) {
        watch->best_progress = told ? seen->progress : 0;
        watch->moved_ms = now_ms;
    }
    if (!told && watch->best_progress == 0)
        return now_ms - watch->begun_ms < UNTOLD_MS || stands(watch);
    uint64_t patience_ms = watch->estimate_s * 1000 > STANDS_MS ? watch->estimate_s * 1000 : STANDS_MS;
    if (now_ms - watch->moved_ms < patience_ms)
        return true;
    return stands(watch);
}

/* Whether to go on looking. */
static bool weigh(struct uw_watch *watch, const struct uw_watch_look *seen, uint64_t now_ms)
{
    watch->unreadable = seen->state == UW_WATCH_UNREADABLE ? watch->unreadable + 1 : 0;
    if (seen->state == UW_WATCH_DONE || seen->state == UW_WATCH_FAILED)
        watch->end->continues = false, watch->end->over = true;
    switch (seen->state) {
    case UW_WATCH_RUNNING:
        return go_on_running(watch, seen, now_ms);
    case UW_WATCH_DONE:
        watch->end->accepted = true;
        watch->end->complete = !is_too_fast(watch, now_ms);
        return watch->end->complete ? false : end_with(watch, UW_WATCH_TOO_FAST);
    case UW_WATCH_FAILED:
        watch->end->accepted = watch->end->shut = true;
        return end_with(watch, "the drive reports that its sanitize failed; only another sanitize leads out");
    case UW_WATCH_UNREADABLE:
        if (watch->unreadable < UNREADABLE_TIMES)
            return true;
        return end_with(watch, seen->why);
    case UW_WATCH_ELSE:
        break;
    }
    if (!watch->seen_running && now_ms - watch->begun_ms < UNNOTED_MS)
        return true;
    watch->end->continues = seen->at_work;
    return end_with(watch, seen->why);
}

bool uw_watch_wait(struct uw_watch *watch, struct uw_error *e)
{
    const struct uw_method_run *run = watch->run;
    uint32_t pause_ms = POLL_MIN_MS;
    for (;;) {
        struct uw_watch_look seen = {.progress = UINT16_MAX};
        if (!watch->look(watch, &seen, e))
            return false;
        if (!weigh(watch, &seen, run->now_ms(run->engine)))
            return true;
        if (run->stopped(run->engine)) {
            end_with(watch, "the drive goes on by itself; run again to wait for its end");
            return true;
        }
        run->wait_ms(run->engine, pause_ms);
        pause_ms = pause_ms * 2 < POLL_MAX_MS ? pause_ms * 2 : POLL_MAX_MS;
    }
}
