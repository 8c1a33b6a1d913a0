/* SPDX-License-Identifier: Apache-2.0 */
/* An ATA drive's part of the documents; what is public of it stands in core/drive.h. */
#ifndef UW_CORE_DRIVE_ATA_H
#define UW_CORE_DRIVE_ATA_H

#include "core/drive.h"

/* Whether documents speak of the drive as of an ATA one: a whole one of an ATA bus, or one that answered. */
bool uw_is_ata(const struct uw_drive *drive);

/* {"security", "sanitize", "sanitize_status", "path", "raw"}, each null where the drive did not answer; empty
 * of other drives. New reference; NULL when memory ran out. */
json_t *uw_ata_capabilities_json(const struct uw_drive *drive);

/* {"status", "temperature_k", ...}, null members where the drive did not tell; null where it told nothing. */
json_t *uw_ata_health_json(const struct uw_drive *drive);

/* Of uw_drive_health_doubt. */
const char *uw_ata_health_doubt(const struct uw_ata_health *health);

/* {"hpa", "dco", "amax"}: "none", "present", or null: could not tell. New reference. */
json_t *uw_ata_hidden_json(const struct uw_drive *drive);

/* Sets `hidden` of an entry of list and names in entry.unknown what of it could not be told. `entry` has
 * `unknown` already. */
bool uw_ata_add_list(json_t *entry, const struct uw_drive *drive);

#endif
