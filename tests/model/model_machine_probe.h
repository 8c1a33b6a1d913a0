/* SPDX-License-Identifier: Apache-2.0 */
/* What the machine's probe says of a model. Of an NVMe drive: its own pages, taken apart by the product's
 * codec. */
#ifndef MODEL_MACHINE_PROBE_H
#define MODEL_MACHINE_PROBE_H

#include "model_machine.h"

/* Everything that a host knows of it, and how long the drive took to say it, in ms. False: no memory. */
bool model_machine_describe(struct model_drive *from, struct uw_drive *to, uint64_t *took_ms);
/* Serial and WWN as the host has them now. */
void model_machine_identity(const struct model_drive *from, struct uw_identity *seen);
dev_t model_machine_devnum(const struct model_drive *drive);
uint64_t model_machine_sequence(const struct model_drive *drive);

#endif
