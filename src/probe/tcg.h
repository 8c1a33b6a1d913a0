/* SPDX-License-Identifier: Apache-2.0 */
/* What a drive that encrypts itself says: Level 0 Discovery, which needs no session and changes nothing. */
#ifndef UW_PROBE_TCG_H
#define UW_PROBE_TCG_H

#include "transport/transport.h"

/* Of a drive that says that it takes security commands; tcg.known stays false where it does not answer, or
 * with something else. limit_ms and *stalled as of the transport. */
void uw_tcg_look_nvme(struct uw_transport *door, int limit_ms, bool *stalled, struct uw_drive *drive);
void uw_tcg_look_ata(struct uw_transport *door, int limit_ms, bool *stalled, struct uw_drive *drive);

#endif
