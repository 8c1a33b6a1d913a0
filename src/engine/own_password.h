/* SPDX-License-Identifier: Apache-2.0 */
/* Which ATA drives may have our own password on them, by the serial that IDENTIFY DEVICE gives: the host's is
 * not the same on every way to the drive. Noted before it is set, forgotten when the drive says
 * that it has none. The password itself is documented (method/ata_security.h); the note says that it is ours.
 */
#ifndef UW_ENGINE_OWN_PASSWORD_H
#define UW_ENGINE_OWN_PASSWORD_H

#include "core/drive.h"
#include "unwrite/error.h"

/* On stable storage below the folder `state` when it returns true. UW_E_STORE; a drive without a serial
 * cannot be noted. */
bool uw_own_password_note(const char *state, const struct uw_drive *drive, struct uw_error *e);
bool uw_own_password_is_noted(const char *state, const struct uw_drive *drive);
void uw_own_password_forget(const char *state, const struct uw_drive *drive);

#endif
