/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/own_password.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/document.h"
#include "sign/file.h"

enum { SERIAL_MAX = 64 };

static void folder_of(const char *state, char path[UW_PATH_BYTES * 2])
{
    snprintf(path, UW_PATH_BYTES * 2, "%s/own-password", state);
}

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

bool uw_own_password_note(const char *state, const struct uw_drive *drive, struct uw_error *e)
{
    char folder[UW_PATH_BYTES * 2], name[2 * SERIAL_MAX + 1], text[UW_DRIVE_STRING_BYTES * 2];
    folder_of(state, folder);
    if (!name_of(drive, name))
        return uw_fail(e, UW_E_STORE, "%s has no serial to note its password under", drive->device);
    if (uw_own_password_is_noted(state, drive))
        return true;
    int n = snprintf(text, sizeof text, "%.250s\n", drive->ata.identify.serial);
    return uw_folder_make(folder, UW_E_STORE, e) &&
           uw_file_create(folder, name, 0600, text, (size_t)n, UW_E_STORE, e);
}

static bool path_of(const char *state, const struct uw_drive *drive, char path[UW_PATH_BYTES * 3])
{
    char folder[UW_PATH_BYTES * 2], name[2 * SERIAL_MAX + 1];
    if (!name_of(drive, name))
        return false;
    folder_of(state, folder);
    snprintf(path, UW_PATH_BYTES * 3, "%s/%s", folder, name);
    return true;
}

bool uw_own_password_is_noted(const char *state, const struct uw_drive *drive)
{
    char path[UW_PATH_BYTES * 3];
    return path_of(state, drive, path) && access(path, F_OK) == 0;
}

void uw_own_password_forget(const char *state, const struct uw_drive *drive)
{
    char path[UW_PATH_BYTES * 3];
    /* On a file system that does not answer looking is possible where removing waits for ever. */
    if (path_of(state, drive, path) && access(path, F_OK) == 0)
        (void)unlink(path);
}
