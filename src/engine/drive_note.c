/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/drive_note.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/document.h"
#include "sign/file.h"

enum { SERIAL_MAX = 64, NOTE_MAX = 4096 };

/* In hex: a serial is whatever the drive says. */
static bool name_of(const struct uw_drive *drive, char name[2 * SERIAL_MAX + 1])
{
    const char *serial = drive->ata.identify.serial;
    size_t bytes = strlen(serial);
    if (!drive->ata.known || bytes == 0 || bytes > SERIAL_MAX)
        return false;
    uw_hex((const uint8_t *)serial, bytes, name);
    return true;
}

static bool path_of(const char *state, const char *kind, const struct uw_drive *drive,
                    char path[UW_PATH_BYTES * 3])
{
    char name[2 * SERIAL_MAX + 1];
    if (!name_of(drive, name))
        return false;
    int n = snprintf(path, UW_PATH_BYTES * 3, "%s/%s/%s", state, kind, name);
    return n > 0 && n < UW_PATH_BYTES * 3;
}

bool uw_drive_note_make(const char *state, const char *kind, const struct uw_drive *drive, const char *text,
                        struct uw_error *e)
{
    char folder[UW_PATH_BYTES * 2], name[2 * SERIAL_MAX + 1];
    snprintf(folder, sizeof folder, "%s/%s", state, kind);
    if (!name_of(drive, name))
        return uw_fail(e, UW_E_STORE, "%s has no serial to keep a note under", drive->device);
    return uw_drive_note_stands(state, kind, drive) ||
           (uw_folder_make(folder, UW_E_STORE, e) &&
            uw_file_create(folder, name, 0600, text, strlen(text), UW_E_STORE, e));
}

char *uw_drive_note_read(const char *state, const char *kind, const struct uw_drive *drive)
{
    char path[UW_PATH_BYTES * 3];
    struct uw_error e = {0};
    size_t bytes;
    return path_of(state, kind, drive, path) ? uw_file_read(path, NOTE_MAX, &bytes, NULL, &e) : NULL;
}

bool uw_drive_note_stands(const char *state, const char *kind, const struct uw_drive *drive)
{
    char path[UW_PATH_BYTES * 3];
    return path_of(state, kind, drive, path) && access(path, F_OK) == 0;
}

void uw_drive_note_drop(const char *state, const char *kind, const struct uw_drive *drive)
{
    char path[UW_PATH_BYTES * 3];
    /* On a file system that does not answer looking is possible where removing waits for ever. */
    if (path_of(state, kind, drive, path) && access(path, F_OK) == 0)
        (void)unlink(path);
}
