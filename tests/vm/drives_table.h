/* SPDX-License-Identifier: Apache-2.0 */
/* The named drives of tests/model and tests/flow, by KIND:ROW. */
#ifndef DRIVES_TABLE_H
#define DRIVES_TABLE_H

#include "model/model_ata.h"
#include "model/model_nvme.h"

struct drives_row {
    bool is_nvme;
    struct model_nvme_config nvme;
    struct model_ata_config ata;
};

bool drives_find(const char *name, struct drives_row *row);
/* KEY=VALUE: bytes, block_bytes, namespaces, and the durations in ms. */
bool drives_change(struct drives_row *row, const char *option);
/* One line for each on stdout, with tabs between: KIND:ROW, method, level, standard, verdict, exit code, and
 * whether no host can see what is wrong. "-" where a table does not say. Drives of which a kernel would not
 * show what the table is about are left out, and those that encrypt themselves (nvme-tcg, ata-tcg), to which
 * a PSID has to be given. */
void drives_list(void);

#endif
