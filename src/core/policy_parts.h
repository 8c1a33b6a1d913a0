/* SPDX-License-Identifier: Apache-2.0 */
/* What levels, rules and limitations share. */
#ifndef UW_CORE_POLICY_PARTS_H
#define UW_CORE_POLICY_PARTS_H

#include "core/policy.h"

/* How much of a drive a technique erases; each more than the one before. */
enum uw_reach {
    UW_REACH_TARGET = 0, /* what the host writes */
    UW_REACH_USER_AREA,  /* what can be addressed on an ATA drive, and no more is promised */
    UW_REACH_RETIRED,    /* and the sectors that the drive has replaced */
    UW_REACH_NAMESPACES, /* one namespace or all of them, but no capacity that is in none */
    UW_REACH_ALL         /* all that the drive stores */
};
enum uw_reach uw_technique_reach(enum uw_technique technique);
bool uw_technique_by_key(enum uw_technique technique); /* destroys the key, not what it encrypts */

/* Lies on something else. */
bool uw_is_volume_media(const struct uw_drive *drive);
/* An ATA drive that answers, be it behind a bridge that lets everything through. */
bool uw_is_ata_drive(const struct uw_drive *drive);
/* Whether the technique leaves out namespaces of an NVMe drive, or capacity that is in none. */
bool uw_leaves_namespaces(const struct uw_drive *drive, enum uw_technique technique, bool subsystem);

#endif
