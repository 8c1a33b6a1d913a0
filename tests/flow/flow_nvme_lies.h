/* SPDX-License-Identifier: Apache-2.0 */
/* Every lie and every failure of the NVMe model, alone, for each erase that it can be about: the drive, what
 * is asked for, and what must come out. */
#ifndef FLOW_NVME_LIES_H
#define FLOW_NVME_LIES_H

#include "flow_nvme_rows.h"

struct nvme_lie_name {
    char text[96];
};

size_t nvme_lies_count(void);
/* Borrows `name`. False: the lie is not about that erase. */
bool nvme_lies_row(size_t index, struct nvme_lie_name *name, struct nvme_row *device);

#endif
