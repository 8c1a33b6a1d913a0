/* SPDX-License-Identifier: Apache-2.0 */
/* What the three ATA sanitizes share (ACS-4, Sanitize Device feature set): begun by a command that returns at
 * once, carried out by the drive whatever becomes of the host, over all of its media, hidden areas among
 * them. */
#ifndef UW_METHOD_ATA_SANITIZE_H
#define UW_METHOD_ATA_SANITIZE_H

#include "core/method.h"
#include "wire/ata.h"

/* `offered`: IDENTIFY DEVICE lists it; `name` for the reason why not. */
bool uw_ata_sanitize_fits(const struct uw_drive *drive, bool offered, const char *name, char *why,
                          size_t why_bytes);
/* Sends `start` and waits for the drive's positive end; leaves: what stands there then. */
bool uw_ata_sanitize_run(const struct uw_method_run *run, struct uw_ata_command start, enum uw_leaves leaves,
                         struct uw_method_end *end, struct uw_error *e);

#endif
