/* SPDX-License-Identifier: Apache-2.0 */
/* What a run asks of the machine it stands on. The program has one of these; tests put model drives behind
 * another. */
#ifndef UW_ENGINE_MACHINE_H
#define UW_ENGINE_MACHINE_H

#include "probe/probe.h"
#include "transport/transport.h"

struct uw_machine {
    bool simulated; /* true: its drives are models; documents say so and only the test key signs them */
    void *user;     /* for the calls below */
    bool (*all)(void *user, struct uw_drives *drives, struct uw_error *e); /* uw_probe_all */
    bool (*subsystems)(void *user, const dev_t *of, size_t count, struct uw_drives *drives,
                       struct uw_error *e); /* uw_probe_subsystems */
    bool (*targets)(void *user, const char *const *targets, size_t count, struct uw_drives *drives,
                    struct uw_error *e); /* uw_probe_targets */
    bool (*device)(void *user, const char *device, struct uw_drive *drive,
                   struct uw_error *e); /* uw_probe_device */
    void (*identity)(void *user, const struct uw_drive *drive,
                     struct uw_identity *identity); /* serial, wwn, gone */
    bool (*open)(void *user, const struct uw_drive *drive, bool write, struct uw_transport **transport,
                 struct uw_error *e); /* uw_block_open */
    json_t *(*not_covered)(void *user);
    uint64_t (*now_ms)(void *user);           /* for waiting: never runs backwards */
    void (*wait_ms)(void *user, uint32_t ms); /* lets so much time pass */
    /* uw_suspend; NULL: it cannot be done here. */
    bool (*suspend)(void *user, unsigned seconds, uint64_t *slept_ms, struct uw_error *e);
};

/* The machine that we run on. `user` is a struct uw_roots, or NULL. */
extern const struct uw_machine uw_this_machine;

#endif
