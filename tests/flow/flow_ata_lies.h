/* SPDX-License-Identifier: Apache-2.0 */
/* Every lie and every failure of the ATA model, alone, for each erase that it can be about: the drive, what
 * is asked for, and what must come out. */
#ifndef FLOW_ATA_LIES_H
#define FLOW_ATA_LIES_H

#include "flow_ata_rows.h"

struct ata_lie_name {
    char text[96];
};

size_t ata_lies_count(void);
/* Borrows `name`. False: the lie is not about that erase. */
bool ata_lies_row(size_t index, struct ata_lie_name *name, struct ata_row *device);

#endif
