/* SPDX-License-Identifier: Apache-2.0 */
#include "core/verdict.h"

static const char *const names[UW_VERDICTS] = {
    [UW_VERDICT_FAILED] = "failed",
    [UW_VERDICT_SANITIZED] = "sanitized",
    [UW_VERDICT_SANITIZED_WITH_EXCEPTIONS] = "sanitized-with-exceptions",
    [UW_VERDICT_STALLED] = "stalled",
    [UW_VERDICT_ABORTED] = "aborted",
    [UW_VERDICT_REFUSED] = "refused",
};

const char *uw_verdict_name(enum uw_verdict verdict)
{
    return names[verdict];
}

static enum uw_verdict because(const char **reason, const char *text, enum uw_verdict verdict)
{
    *reason = text;
    return verdict;
}

/* What was seen against the erase comes before the signal that ended it; what was merely not seen any more
 * because of that signal comes after it. */
enum uw_verdict uw_verdict_of(const struct uw_evidence *e, const char **reason)
{
    if (e->refused)
        return because(reason, "refused before anything was touched", UW_VERDICT_REFUSED);
    if (e->unmarked)
        return because(reason, "not one marker block could be stored on it", UW_VERDICT_FAILED);
    if (e->canary_alive)
        return because(reason,
                       "marker blocks were not stored or not erased: the drive does not do what it says",
                       UW_VERDICT_FAILED);
    if (e->image_differs)
        return because(reason, "blocks read back do not hold what was written", UW_VERDICT_FAILED);
    if (e->identity_changed)
        return because(reason, "another drive answers than the one that was selected", UW_VERDICT_FAILED);
    if (e->gone)
        return because(reason, "the drive is gone: removed, disconnected, or without its medium",
                       UW_VERDICT_FAILED);
    if (e->unwritten)
        return because(reason, "blocks could not be written", UW_VERDICT_FAILED);
    if (e->broken)
        return because(reason, "the drive or the system gave up", UW_VERDICT_FAILED);
    if (e->stalled && e->answers)
        return because(reason,
                       "its erase does not come to an end; switching its power off and on lets it go on",
                       UW_VERDICT_STALLED);
    if (e->stalled)
        return because(reason, "the drive stopped answering", UW_VERDICT_STALLED);
    if (e->aborted)
        return because(reason, "stopped by a signal", UW_VERDICT_ABORTED);
    if (!e->ended_well)
        return because(reason, "no positive end of the erase was seen", UW_VERDICT_FAILED);
    if (!e->read_back)
        return because(reason, "not everything could be read back", UW_VERDICT_FAILED);
    if (!e->identity_same)
        return because(reason, "the drive's identity was not confirmed", UW_VERDICT_FAILED);
    if (e->reservations > 0)
        return because(reason, "erased and verified, with reservations",
                       UW_VERDICT_SANITIZED_WITH_EXCEPTIONS);
    return because(reason, "erased and verified", UW_VERDICT_SANITIZED);
}
