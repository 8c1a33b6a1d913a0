/* SPDX-License-Identifier: Apache-2.0 */
/* PSIDs from a file: lines "SERIAL PSID", as they stand on the drives' labels. */
#ifndef UW_ENGINE_PSID_H
#define UW_ENGINE_PSID_H

#include "core/drive.h"
#include "unwrite/error.h"

/* Gives the drive its PSID, where the text has a line for its serial. Blank lines and lines that begin with #
 * are left out; a PSID has 32 letters and digits, dashes between them are left out too. False, UW_E_USAGE: a
 * line that is none, or a serial that has two; `name` is the file's. */
bool uw_psid_give(const char *text, const char *name, struct uw_drive *drive, struct uw_error *e);

#endif
