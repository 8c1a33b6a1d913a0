/* SPDX-License-Identifier: Apache-2.0 */
/* What a run that broke off leaves behind in a drive, noted in the state folder before it is done: one file a
 * drive, named after the serial that IDENTIFY DEVICE gives: the host's is not the same on every way to it. */
#ifndef UW_ENGINE_DRIVE_NOTE_H
#define UW_ENGINE_DRIVE_NOTE_H

#include "core/drive.h"
#include "unwrite/error.h"

/* Makes state/KIND/SERIAL of that text, on the medium when it returns; one that is there already stays as it
 * is. UW_E_STORE; a drive without a serial cannot be noted. */
bool uw_drive_note_make(const char *state, const char *kind, const struct uw_drive *drive, const char *text,
                        struct uw_error *e);
/* malloc()ed; NULL: none, or it cannot be read. */
char *uw_drive_note_read(const char *state, const char *kind, const struct uw_drive *drive);
bool uw_drive_note_stands(const char *state, const char *kind, const struct uw_drive *drive);
void uw_drive_note_drop(const char *state, const char *kind, const struct uw_drive *drive);

#endif
