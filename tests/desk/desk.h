/* SPDX-License-Identifier: Apache-2.0 */
/* Model drives behind the program's own NVMe and SCSI code: what reaches the kernel's ioctl() is compared,
 * byte by byte, with what was written down for it, and answered by the model. Anything else ends the whole
 * process at once, so that no test can go on after a command that nobody expects.
 *
 * Commands are sent by processes that are forked for each, so the model is asked over the descriptor that
 * stands for the drive. No ioctl leaves the test. */
#ifndef UW_TESTS_DESK_H
#define UW_TESTS_DESK_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <linux/ioctl.h>
#include <linux/nvme_ioctl.h>

#include "model/model_machine.h"

enum { DESK_CDB = 16, DESK_DATA = 4096, DESK_FRONT = 144 };

enum desk_direction { DESK_NONE, DESK_IN, DESK_OUT };

/* A command as it must reach SG_IO (interface version 3). */
struct desk_scsi {
    uint8_t cdb[DESK_CDB];
    uint8_t cdb_bytes; /* 0: 16 */
    enum desk_direction direction;
    uint32_t data_bytes, timeout_ms;
    uint8_t data[DESK_FRONT]; /* going out: how they begin; the rest is zeros */
};

/* What may come: anything where nothing is named; else reads at any time and any number of times; of what
 * changes the drive each, once, in this order, and all of it. */
struct desk_expect {
    const struct nvme_passthru_cmd *nvme_reads, *nvme;
    size_t nvme_read_count, nvme_count;
    const uint8_t *const *nvme_data; /* what goes out with nvme[i], all of it; NULL where nothing does */
    const struct desk_scsi *scsi_reads, *scsi;
    size_t scsi_read_count, scsi_count;
    unsigned directly; /* bit i: nothing may come between the command before i and i */
};

/* Shared with the processes that send. */
struct desk_senders {
    volatile pid_t hanging; /* the last one whose command never returns; 0: none */
};

struct desk_senders *desk_new_senders(void);
void desk_drop_senders(struct desk_senders *senders);

/* Puts a desk before each drive of the machine; `expect` one for each drive, borrowed, as the others are.
 * `senders` NULL: of its own. `clamp_ms`: no command is waited for longer, 0: as long as the program would.
 * Once at a time. */
void desk_open(struct model_machine *machine, const struct desk_expect *expect, struct desk_senders *senders,
               uint32_t clamp_ms);
/* How many of the commands that change drive `index` came. */
size_t desk_seen(size_t index);
/* Ends the process that hangs, if one does. */
void desk_close(void);

/* Fails the test where something that had to come did not. */
void desk_check_all_came(void);

#endif
