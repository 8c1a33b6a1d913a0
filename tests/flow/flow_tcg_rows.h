/* SPDX-License-Identifier: Apache-2.0 */
/* Named drives that encrypt themselves, what is asked for, and what must come out. */
#ifndef FLOW_TCG_ROWS_H
#define FLOW_TCG_ROWS_H

#include "flow_ata_rows.h"
#include "flow_nvme_rows.h"

struct nvme_tcg_row {
    struct nvme_row drive;
    const char *psid; /* that the user gives; NULL: none */
    int sends;        /* packets that the drive was sent; NVME_ROW_ANY: not compared */
};

struct ata_tcg_row {
    struct ata_row drive;
    const char *psid;
    int sends; /* ATA_ROW_ANY: not compared */
};

extern const struct nvme_tcg_row nvme_tcg_rows[];
extern const size_t nvme_tcg_row_count;
extern const struct ata_tcg_row ata_tcg_rows[];
extern const size_t ata_tcg_row_count;

#endif
