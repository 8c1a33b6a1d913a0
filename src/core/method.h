/* SPDX-License-Identifier: Apache-2.0 */
/* A way to erase: one const struct in one file of src/method, one line in methods.def. */
#ifndef UW_CORE_METHOD_H
#define UW_CORE_METHOD_H

#include <stdbool.h>
#include <stddef.h>

#include "core/drive.h"
#include "core/policy.h"
#include "core/standard.h"
#include "unwrite/error.h"

struct uw_ata_command;
struct uw_nvme_command;

/* A message of a security protocol, UW_TCG_BUFFER_BYTES (wire/tcg.h) either way. */
struct uw_security {
    bool send;
    uint16_t specific; /* the ComID */
    uint8_t *data;
    bool done;     /* the drive took or gave it */
    char why[128]; /* not done: what it said instead */
};

/* What the engine lends a method while it runs. */
struct uw_method_run {
    const struct uw_drive *drive;
    const struct uw_standard *standard; /* of overwriting; NULL for methods without patterns */
    bool attach;  /* the drive runs an erase of this kind already: wait for its end, send nothing */
    void *engine; /* for the calls below */
    /* Writes one pass over the whole drive, with its events. False: the machinery failed, *e says how.
     * `*complete` is false where the run was stopped or blocks stayed unwritten. */
    bool (*write_pass)(void *engine, size_t pass, bool *complete, struct uw_error *e);
    /* How the drive's zones stand; from then on passes are written in order, a zone at a time. NULL: it has
     * none. False: the machinery failed, or the drive did not tell. */
    bool (*zones)(void *engine, struct uw_zones *zones, struct uw_error *e);
    /* Sets the write pointers of all zones back; the same. */
    bool (*reset_zones)(void *engine, struct uw_error *e);
    bool (*stopped)(void *engine); /* a signal or the operator ended the run, or the drive was given up */
    /* Sends an admin command; `record` puts it into the step as what began the erase. False: no answer can be
     * had (any more), *e says how. */
    bool (*nvme)(void *engine, struct uw_nvme_command *command, bool record, struct uw_error *e);
    /* The same with ATA commands; from prepare to erase nothing else is sent. */
    bool (*ata)(void *engine, struct uw_ata_command *command, bool record, struct uw_error *e);
    /* The same with a message of security protocol 01h. */
    bool (*security)(void *engine, struct uw_security *message, bool record, struct uw_error *e);
    /* A state that the drive reported; `raw` is evidence. done of total: how far it says it is; 0 of 0: it
     * does not say. */
    void (*saw)(void *engine, const char *state, const void *raw, size_t raw_bytes, uint64_t done,
                uint64_t total);
    void (*wait_ms)(void *engine, uint32_t ms); /* less where the run is stopped meanwhile */
    uint64_t (*now_ms)(void *engine);           /* never runs backwards */
};

/* How it ended. All false: nothing was seen, which is a failure. */
struct uw_method_end {
    bool accepted; /* the drive took our command (or was found at work, with `attach`); the host's writes were
                      begun */
    bool complete; /* a positive end of everything that was to be done, which belongs to our own command */
    bool continues;        /* the drive goes on with it, whatever we do */
    bool over;             /* the drive has said that it is done with it, or that it never began */
    bool shut;             /* the drive takes nothing but another sanitize now */
    bool broken;           /* the machinery failed: nothing else is tried */
    bool stalled;          /* it does not come to an end: nothing moved for longer than any drive needs */
    enum uw_leaves leaves; /* what stands there now; of an erase inside the drive */
    char why[256];         /* not complete: what was seen instead, for people; empty: nothing to add */
};

struct uw_method {
    const char *id; /* as --method takes it */
    const char *title;
    const char *citation;
    enum uw_technique technique;
    bool can_stop; /* ends within a second of being told to */
    bool internal; /* the drive erases itself */
    /* Whether the drive can be erased this way; `why` receives the reason why not. */
    bool (*fits)(const struct uw_drive *drive, char *why, size_t why_bytes);
    /* Whether it erases every namespace of the drive's subsystem; NULL: the target alone. */
    bool (*hits_subsystem)(const struct uw_drive *drive);
    /* What the drive says that it takes, in seconds; 0: it does not say. NULL: a host's writes. */
    uint64_t (*estimate_s)(const struct uw_drive *drive);
    /* Runs to the end. False: the machinery failed, *e says how. */
    bool (*run)(const struct uw_method_run *run, struct uw_method_end *end, struct uw_error *e);
};

/* The methods there are, strongest first; NULL past the end. Handed to the planner, which knows none by
 * itself. */
typedef const struct uw_method *uw_method_list(size_t index);

#endif
