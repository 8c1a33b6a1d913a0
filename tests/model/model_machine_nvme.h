/* SPDX-License-Identifier: Apache-2.0 */
/* What the probe sees of an NVMe model: its own pages, taken apart by the product's codec. */
#ifndef MODEL_MACHINE_NVME_H
#define MODEL_MACHINE_NVME_H

#include "model_machine.h"

/* Sets drive->nvme and all that a host knows from it; how long it took, in ms. */
uint64_t model_machine_describe_nvme(struct model_drive *from, struct uw_drive *to);
/* Serial and WWN as the host has them now. */
void model_machine_identity_nvme(struct model_drive *from, struct uw_identity *seen);

#endif
