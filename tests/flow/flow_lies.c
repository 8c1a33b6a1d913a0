/* SPDX-License-Identifier: Apache-2.0 */
#include "flow_lies.h"

enum lie_outcome lie_outcome_of(const struct lie_expect expect[LIE_EXPECTS], unsigned kind)
{
    for (size_t i = 0; i < LIE_EXPECTS; i++)
        if ((expect[i].kinds & kind) != 0)
            return expect[i].outcome;
    return TRUE;
}

struct lie_result lie_result_of(enum lie_outcome outcome)
{
    static const struct lie_result results[] = {
        [TRUE] = {"sanitized", NULL, 0, .claims = true},
        [LIED] = {"failed", "device_lied", 1},
        [FAILED] = {"failed", NULL, 1},
        [FAILED_AT_IT] = {"failed", "continues_in_drive", 1},
        [STALLED] = {"stalled", NULL, 1},
        [STALLED_AT_IT] = {"stalled", "continues_in_drive", 1},
        [DEAF] = {"failed", NULL, 1, .none = true},
        [TOO_LOW] = {"refused", NULL, 3, .none = true, .refused = true},
        [UNKNOWN] = {"refused", NULL, 4, .none = true, .refused = true},
        [UNSEEN] = {"sanitized-with-exceptions", "not_rescanned", 0, .claims = true},
        [HIDDEN] = {"sanitized", NULL, 0, .claims = true},
    };
    return results[outcome];
}

const char *lie_why(enum lie_outcome outcome, const char *why)
{
    if (outcome == TRUE)
        return NULL;
    return outcome == TOO_LOW ? "level" : outcome == UNKNOWN ? "sanitize_state" : why;
}
