/* SPDX-License-Identifier: Apache-2.0 */
#include "core/tcg.h"

#include <stdio.h>

#include "core/drive.h"

const char *uw_tcg_class_name(enum uw_tcg_class class)
{
    static const char *const names[UW_TCG_CLASSES] = {
        [UW_TCG_NONE] = "none",     [UW_TCG_OPAL] = "opal", [UW_TCG_OPALITE] = "opalite",
        [UW_TCG_PYRITE] = "pyrite", [UW_TCG_RUBY] = "ruby", [UW_TCG_ENTERPRISE] = "enterprise",
    };
    return (unsigned)class < UW_TCG_CLASSES ? names[class] : names[UW_TCG_NONE];
}

json_t *uw_tcg_json(const struct uw_drive *drive)
{
    const struct uw_tcg *tcg = &drive->tcg;
    char raw[3];
    snprintf(raw, sizeof raw, "%02x", tcg->locking_raw);
    return json_pack("{s:s, s:b, s:b, s:b, s:b, s:b, s:s}", "class", uw_tcg_class_name(tcg->class), "locking",
                     tcg->locking, "enabled", tcg->enabled, "locked", tcg->locked, "encrypts", tcg->encrypts,
                     "sid_blocked", tcg->sid_blocked, "raw", raw);
}
