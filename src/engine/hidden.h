/* SPDX-License-Identifier: Apache-2.0 */
/* Areas that an ATA drive hides, opened before an erase that would leave them out, and AMAX set back after
 * it. */
#ifndef UW_ENGINE_HIDDEN_H
#define UW_ENGINE_HIDDEN_H

#include "engine/erase.h"

/* Where AMAX stood before a run of ours opened it, in sectors; 0: none did, or the drive has it back. */
uint64_t uw_amax_noted(const char *state, const struct uw_drive *drive);

/* Opens what the plan says and plans again for the drive as it is then, with events before each command and
 * after it. False: the job ends here, refused or failed, and an event says so; nothing was erased. */
bool uw_erase_open_hidden(struct uw_erase *erase);
/* Sets AMAX back where a run of ours opened it; says what became of it. */
void uw_erase_close_hidden(struct uw_erase *erase);

#endif
