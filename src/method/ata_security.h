/* SPDX-License-Identifier: Apache-2.0 */
/* What the two ATA security erases share (ACS-4, Security feature set): a password is set, two commands that
 * follow each other directly erase, and take the password away again. */
#ifndef UW_METHOD_ATA_SECURITY_H
#define UW_METHOD_ATA_SECURITY_H

#include "core/method.h"
#include "wire/ata.h"

/* Documented, so that a drive whose erase broke off is never locked with a password that nobody knows; it is
 * a user password, of security level high. */
#define UW_ATA_OWN_PASSWORD "unwrite"

bool uw_ata_security_fits(const struct uw_drive *drive, bool enhanced, char *why, size_t why_bytes);
uint64_t uw_ata_security_estimate(uint16_t minutes);
bool uw_ata_security_run(const struct uw_method_run *run, bool enhanced, struct uw_method_end *end,
                         struct uw_error *e);

#endif
