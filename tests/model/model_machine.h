/* SPDX-License-Identifier: Apache-2.0 */
/* A machine full of model drives: the door through which the engine reaches them in its own process. Moves
 * bytes when a transfer is reaped, in an order of its own, and lets time pass by a clock that nobody waits
 * for. Watches that the rules of transport.h are kept. */
#ifndef MODEL_MACHINE_H
#define MODEL_MACHINE_H

#include <stdatomic.h>

#include "engine/machine.h"
#include "model_ata.h"
#include "model_block.h"
#include "model_nvme.h"

/* What the machine says of a drive, and how it lets itself be opened. Strings as the drive says them: any
 * bytes up to a NUL. NULL and zero: an NVMe SSD that can be opened, or what the model says. */
struct model_facts {
    const char *name; /* the device is /model/NAME */
    const char *vendor, *model, *serial, *wwn, *firmware;
    bool no_serial;
    enum uw_bus bus;     /* UNKNOWN: NVMe */
    enum uw_media media; /* UNKNOWN: SSD */
    bool read_only, boot_medium, is_partition, no_hardware;
    bool uses_unknown;          /* mounts could not be read */
    const char *use_kind, *use; /* e.g. "mount", "/srv" */
    unsigned used_from;         /* the probe that first finds it in use; 0: the first one */
    unsigned missing_from;      /* the probe that first does not find it; 0: none */
    int open_error;             /* what open(2) would say */
    bool through_cache;         /* opens, and does no direct I/O */
};

struct model_machine;

struct model_drive {
    struct model_machine *machine;
    struct model_facts facts;
    struct model_block *block; /* of an NVMe drive: its namespace's; of an ATA drive: all its media */
    struct model_nvme *nvme;   /* borrowed; NULL: no NVMe drive */
    struct model_ata *ata;     /* borrowed; NULL: no ATA drive */
    size_t place;              /* of the namespace */
    uint64_t old_before;       /* units of old data on it when it was put here */
    size_t seen_before;        /* of the commands that its controller saw: before it was put here */
    uint64_t order;            /* state of the completions' order; 0: as submitted */
    atomic_uint probes;        /* by jobs beside each other, too */
    unsigned opens;
    unsigned most_in_flight;
    atomic_ullong last_ms; /* when it was last used, by the clock of the thread that did */
    char complaint[160];   /* a rule of transport.h that was broken */
};

struct model_machine {
    struct uw_machine machine; /* for uw_run_open_on */
    struct model_drive *drives;
    size_t count;
    atomic_size_t buffer_bytes, most_buffer_bytes; /* of all open drives, now and at most */
    struct door *_Atomic abandoned;                /* drives that were given up while open */
    bool no_alarm, no_sleep;                       /* it cannot be suspended; it comes back at once */
    unsigned sleeps;
    void (*hold)(struct model_drive *drive, void *user); /* in the job's thread, at a MODEL_HOLD */
    /* In the job's thread, when a command that has the drive erase itself goes out; may wait. NULL: nothing.
     */
    void (*erasing)(struct model_drive *drive, void *user);
    const json_t *hides; /* controllers as uw_probe_not_covered has them, borrowed; NULL: none */
    bool others_erase;   /* somebody else had the drive begin: one of ours that comes meanwhile is no fault */
    void *user;
};

bool model_machine_init(struct model_machine *machine, size_t drives);
void model_machine_clear(struct model_machine *machine);
/* Puts drive `index` in its place. Facts and their strings are borrowed. */
bool model_machine_put(struct model_machine *machine, size_t index, const struct model_facts *facts,
                       const struct model_config *config, uint64_t order);

/* The same for a namespace of `nvme`, which must outlive the machine and may outlive more than one. Serial,
 * WWN, model, firmware and sizes are what the controller's pages say. False where nsid is not attached. */
bool model_machine_put_nvme(struct model_machine *machine, size_t index, const struct model_facts *facts,
                            struct model_nvme *nvme, uint32_t nsid, uint64_t order);

/* The same for an ATA drive, which must outlive the machine. What is known of it comes through the product's
 * own way to an ATA drive; size, serial and WWN are those that the host read from it. False: without power.
 */
bool model_machine_put_ata(struct model_machine *machine, size_t index, const struct model_facts *facts,
                           struct model_ata *ata, uint64_t order);

/* Time passes for the calling thread. */
void model_machine_wait(void *user, uint32_t ms);

#endif
