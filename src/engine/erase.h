/* SPDX-License-Identifier: Apache-2.0 */
/* One erase under way: what job.c, which leads it, and internal.c, which talks to the drive, share. */
#ifndef UW_ENGINE_ERASE_H
#define UW_ENGINE_ERASE_H

#include "engine/run.h"
#include "transport/sat.h"

struct uw_erase {
    struct uw_job *job;
    struct uw_stream stream;
    uint64_t again_ms;                  /* left for second rounds of its passes */
    const struct uw_standard *standard; /* whose passes are written */
    struct uw_sat sat;                  /* the way to an ATA drive; open where `below` is set */
    struct uw_job_phase phase;
    struct uw_planted planted;
    bool looked_at;           /* witnesses were taken, and canaries planted, or tried */
    struct uw_image image;    /* of the last pass that was begun, or what the drive should leave */
    bool ended_failed;        /* the state that a failed sanitize left */
    bool stalled;             /* nothing moved for too long */
    bool ended_well;          /* the method came to a positive end */
    unsigned attempts;        /* methods that were begun; each after the failure of the one before */
    int steps;                /* that were begun */
    struct uw_method_end end; /* of the last method */
    struct uw_said said;      /* by the drive, of an erase inside it */
    uint64_t amax_sectors;    /* which AMAX is to be set back to; 0: nothing is */
};

/* Whether a signal ended the run or the drive was given up. For uw_method_run. */
bool uw_erase_stopped(void *engine);

/* markers.c: takes witnesses of what stands on the drive, and draws the places; writes markers there, in
 * witnessed places alone. False: the machinery failed, *e says how. */
bool uw_erase_witness(struct uw_erase *erase, struct uw_error *e);
bool uw_erase_mark(struct uw_erase *erase, struct uw_error *e);
/* Puts a reservation on record that came up on the way. */
void uw_erase_reserve(struct uw_job *job, const char *code, const char *text);

/* zones.c: fills in what a method on zones asks of the engine. */
void uw_erase_lend_zones(struct uw_method_run *run);

/* internal.c: fills in what a method inside the drive asks of the engine. */
void uw_erase_lend_internal(struct uw_erase *erase, struct uw_method_run *run);
/* Sends one and puts it on record, with `record` as what began the erase. For uw_method_run. */
bool uw_erase_send_nvme(void *engine, struct uw_nvme_command *command, bool record, struct uw_error *e);
/* ata.c: the same for ATA commands; opens the way first. */
bool uw_erase_send_ata(void *engine, struct uw_ata_command *command, bool record, struct uw_error *e);
void uw_erase_close_ata(struct uw_erase *erase);
/* Takes the password away that a run of ours left on the drive, or may have left. `*somebodys`: it has
 * another, and nothing was done. False: whatever it has is on it still, and the note of it too. */
bool uw_erase_unlock(struct uw_erase *erase, bool *somebodys, struct uw_error *e);
/* job.c: the same as far as the plan asks for it; a drive with somebody else's is refused, false. */
bool uw_erase_open_lock(struct uw_erase *erase, struct uw_error *e);
/* failed.c: ends the state that a failed sanitize left, where the plan asks for it and it was not done yet.
 * False: *e says why; UW_E_REFUSED with a way out where the drive stays in it. */
bool uw_erase_end_failed(struct uw_erase *erase, struct uw_error *e);
/* Ends a job that cannot go on and has erased nothing: an event says why. UW_E_REFUSED is a refusal with
 * `code`, and e's way out. False. */
bool uw_erase_give_up(struct uw_job *job, const char *code, const struct uw_error *e);
/* security.c: the same for messages of security protocols. */
bool uw_erase_security(void *engine, struct uw_security *message, bool record, struct uw_error *e);
/* What an erase inside the drive should have left. */
struct uw_image uw_erase_image(const struct uw_method_end *end);
/* Puts on record what another job's command did to this drive too. */
void uw_erase_record(struct uw_erase *erase, const struct uw_said *said);
/* Puts on record what the drive says of its health now, where it says so. */
void uw_erase_read_health(struct uw_erase *erase);
/* Has the host look at the drive anew. False: *e says why. */
bool uw_erase_rescan(struct uw_erase *erase, struct uw_error *e);

#endif
