/* SPDX-License-Identifier: Apache-2.0 */
/* What the machine's probe says of a model. Of an NVMe or ATA drive: its own answers, taken apart by the
 * product's codec. */
#ifndef MODEL_MACHINE_PROBE_H
#define MODEL_MACHINE_PROBE_H

#include "model_machine.h"

/* Everything that a host knows of it, and how long the drive took to say it, in ms. False: no memory. */
bool model_machine_describe(struct model_drive *from, struct uw_drive *to, uint64_t *took_ms);
/* Serial and WWN as the host has them now. */
void model_machine_identity(const struct model_drive *from, struct uw_identity *seen);
/* Of an ATA drive: to->ata and its size; ms that it took. Its names, as the host has them. */
uint64_t model_machine_describe_ata(struct model_drive *from, struct uw_drive *to);
void model_machine_names_ata(const struct model_drive *from, char *serial, size_t serial_bytes, char *wwn,
                             size_t wwn_bytes);
dev_t model_machine_devnum(const struct model_drive *drive);
uint64_t model_machine_sequence(const struct model_drive *drive);

#endif
