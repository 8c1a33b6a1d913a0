/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/own_password.h"

#include <stdio.h>

#include "engine/drive_note.h"

static const char kind[] = "own-password";

bool uw_own_password_note(const char *state, const struct uw_drive *drive, struct uw_error *e)
{
    char text[UW_DRIVE_STRING_BYTES * 2];
    snprintf(text, sizeof text, "%.250s\n", drive->ata.identify.serial);
    return uw_drive_note_make(state, kind, drive, text, e);
}

bool uw_own_password_is_noted(const char *state, const struct uw_drive *drive)
{
    return uw_drive_note_stands(state, kind, drive);
}

void uw_own_password_forget(const char *state, const struct uw_drive *drive)
{
    uw_drive_note_drop(state, kind, drive);
}
