/* SPDX-License-Identifier: Apache-2.0 */
/* Areas that an ATA drive hides from the host (HPA, AMAX, DCO), and what opening them before an erase makes
 * of the drive. Pure. */
#ifndef UW_CORE_HIDDEN_H
#define UW_CORE_HIDDEN_H

#include "core/drive.h"

/* In the order in which they are opened: DCO RESTORE aborts while an HPA is set (ATA8-ACS, DEVICE
 * CONFIGURATION RESTORE). */
enum uw_area { UW_AREA_AMAX = 0, UW_AREA_HPA, UW_AREA_DCO, UW_AREAS };
const char *uw_area_name(enum uw_area area); /* "amax" */
enum uw_hidden uw_area_state(const struct uw_drive *drive, enum uw_area area);

/* What is opened before an erase that would leave it out. All false: nothing. */
struct uw_opens {
    bool areas[UW_AREAS];
    uint64_t sectors; /* that the drive shows when all of them are open */
};
bool uw_opens_any(const struct uw_opens *opens);

/* What can be opened: HPA until the power goes off, AMAX, which is set back after the erase, and DCO where
 * that was asked for, since nothing takes it back. */
struct uw_opens uw_hidden_opens(const struct uw_drive *drive, bool restore_dco);

/* Makes the drive what it is when all of it went well and the host follows. */
void uw_hidden_assume(struct uw_drive *drive, const struct uw_opens *opens);

/* Sets bytes and areas by what drive and host say after an opening: `native` sectors with HPA or AMAX open
 * (0: the drive has neither), `host_bytes` as the host has it. An area that the host does not reach is hidden
 * still. */
void uw_hidden_settle(struct uw_drive *drive, const struct uw_ata_identify *now, uint64_t native,
                      uint64_t host_bytes);

/* How an area stands afterwards where nothing else is done about it: "until-power-cycle", "open",
 * "restored". */
const char *uw_area_left(enum uw_area area);

/* [{"area","left"}], how each is to stand after the erase; new reference. */
json_t *uw_opens_json(const struct uw_opens *opens);

#endif
