/* SPDX-License-Identifier: Apache-2.0 */
/* Overwriting every addressable block from the host, one pass after the other. */
#include <stdio.h>

#include "core/method.h"

static bool overwrite_fits(const struct uw_drive *drive, char *why, size_t why_bytes)
{
    if (uw_is_zoned(drive)) {
        snprintf(why, why_bytes, "its zones are written in order only");
        return false;
    }
    return true;
}

/* A pass that stayed incomplete does not end the step: later passes may still reach those blocks, and what no
 * pass reached is in the record. */
static bool overwrite_run(const struct uw_method_run *run, struct uw_method_end *end, struct uw_error *e)
{
    end->accepted = true;
    bool all = true;
    for (size_t pass = 0; pass < run->standard->pass_count; pass++) {
        bool pass_complete = false;
        if (!run->write_pass(run->engine, pass, &pass_complete, e))
            return false;
        all = all && pass_complete;
        if (run->stopped(run->engine))
            return true;
    }
    end->complete = all;
    return true;
}

extern const struct uw_method uw_method_overwrite;
const struct uw_method uw_method_overwrite = {
    .id = "overwrite",
    .title = "overwrite every addressable block from the host",
    .citation = "NIST SP 800-88 rev. 1, appendix A",
    .technique = UW_TECHNIQUE_HOST_OVERWRITE,
    .can_stop = true,
    .fits = overwrite_fits,
    .run = overwrite_run,
};
