/* SPDX-License-Identifier: Apache-2.0 */
/* An ATA drive's health by SMART. libatasmart makes sense of the attributes, which each maker counts in a way
 * of its own; it opens no drive: the commands are ours, so that they have a limit and stand on record. */
#ifndef UW_PROBE_ATA_HEALTH_H
#define UW_PROBE_ATA_HEALTH_H

#include "core/drive.h"
#include "transport/sat.h"

/* Asks through `sat`, which need not be open, for drive->ata.health, limit_ms for each command (more than 0;
 * 0: the command's own time and some more) and none after *stalled. drive->unknown says what it did not tell.
 * A drive whose SMART is switched off is not asked, and stays as it is. */
void uw_ata_read_health(struct uw_sat *sat, int limit_ms, bool *stalled, struct uw_drive *drive);

/* Names all of it as unknown for this reason. */
void uw_ata_set_health_unknown(struct uw_drive *drive, const char *reason);

/* From IDENTIFY DEVICE, SMART data, thresholds (NULL: none were read) and the drive's word (NULL: none): any
 * bytes. False: libatasmart takes them for no SMART data, or memory ran out. */
bool uw_ata_decode_health(const uint8_t identify[UW_ATA_IDENTIFY_BYTES],
                          const uint8_t data[UW_ATA_BLOCK_BYTES], const uint8_t *thresholds,
                          const bool *exceeded, struct uw_ata_health *health);

#endif
