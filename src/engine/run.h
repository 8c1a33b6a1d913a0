/* SPDX-License-Identifier: Apache-2.0 */
/* A run and its jobs: what the engine's files share. The public calls stand in unwrite/unwrite.h. */
#ifndef UW_ENGINE_RUN_H
#define UW_ENGINE_RUN_H

#include <pthread.h>
#include <stdatomic.h>

#include "core/plan.h"
#include "engine/bus.h"
#include "engine/machine.h"
#include "engine/stream.h"
#include "engine/subsystem.h"
#include "engine/tool.h"
#include "engine/witness.h"
#include "probe/probe.h"
#include "sign/sign.h"
#include "transport/transport.h"
#include "unwrite/unwrite.h"

/* A drive on which no transfer ends for so long is given up. The kernel's own time-outs and retries for a
 * drive in trouble add up to a few minutes. */
enum { UW_STALL_MS = 600000 };

/* What all jobs together have in flight, but never less than a buffer each. A drive that was given up keeps
 * its buffers. */
enum { UW_RUN_BUFFERS_BYTES = 128 << 20 };

struct uw_run;

/* One drive being erased. */
struct uw_job {
    struct uw_run *run;
    int index; /* in run->jobs, and the number of its events */
    struct uw_drive drive;
    struct uw_plan plan;
    bool was_frozen;             /* and would have been erased otherwise, had it not been */
    struct uw_drive opened;      /* as it is when the plan has opened what it hides; borrows from `drive` */
    struct uw_standard standard; /* the plan's, with its passes in the order drawn for this drive */
    uint8_t seed[UW_SEED_BYTES];
    char certificate_id[UW_UUID_BYTES];
    char intent_id[UW_UUID_BYTES];
    struct uw_subsystem *subsystem;  /* shared with other jobs; NULL: with none */
    char (*siblings)[UW_PATH_BYTES]; /* devices of the same NVMe drive, be they named or not */
    size_t sibling_count;
    struct uw_transport *transport; /* open from the gate on; NULL before and after */
    /* Its end: */
    enum uw_verdict verdict;
    bool ended, stored;
    bool holds;            /* verify: the drive holds what it should */
    json_t *signed_before; /* recovery: its certificate, which could not be stored; NULL: none was signed */
    char path[UW_PATH_BYTES * 2]; /* of its certificate; empty: not stored */
};

struct uw_run {
    const struct uw_machine *machine;
    struct uw_machine here; /* of uw_run_open: this machine, with `roots` */
    struct uw_roots roots;
    const struct uw_request *request;
    struct uw_policy policy;
    const char *certificates; /* folder */
    const char *state;        /* folder */
    json_t *bound;            /* verify: body of the certificate that drives must agree with; NULL: none */
    json_t *bound_document;   /* the same with its signatures */
    struct uw_key *bound_key; /* by which it must be signed; NULL: none was named */
    char id[UW_UUID_BYTES];
    uint8_t id_bytes[16];
    struct uw_key *key;
    json_t *not_covered;
    json_t *left_out; /* boot media that --all leaves out, {"device", "why"} each; NULL: none */
    struct uw_job *jobs;
    size_t job_count;
    size_t parallel;  /* jobs at once */
    unsigned buffers; /* of each of these */
    size_t *order;    /* in which they are taken: those that erase together follow each other */
    struct uw_subsystem *subsystems;
    size_t subsystem_count;
    struct uw_event_bus bus;
    uint64_t slept_ms; /* of --unfreeze; 0: the machine did not sleep */
    atomic_bool stop;
    atomic_size_t next, left; /* the next job to take; jobs that have not ended */
    pthread_t *threads;
    size_t thread_count;
    bool started;
};

static inline void uw_job_post(struct uw_job *job, enum uw_event_kind kind, json_t *data)
{
    uw_event_bus_post(&job->run->bus, job->index, kind, data);
}

/* What the stream says of the job so far; for the job's own thread. */
static inline const struct uw_fold *uw_job_fold(const struct uw_job *job)
{
    return &job->run->bus.folds[job->index];
}

/* As uw_run_open, on another machine than this one. */
struct uw_run *uw_run_open_on(const struct uw_machine *machine, const struct uw_request *request,
                              struct uw_error *e);

/* request.c: checks the words of the request and fills policy, folders and parallel; targets.c: probes and
 * plans. */
void uw_run_read_folders(struct uw_run *run);
bool uw_run_read_request(struct uw_run *run, struct uw_error *e);
bool uw_run_find_drives(struct uw_run *run, struct uw_error *e);

/* gate.c: opens the drive, by name and for the record of commands that the request asks for. */
bool uw_job_open(struct uw_job *job, bool write, struct uw_error *e);
/* Whether nothing waits for the drive any more: it was given up, or opening it failed with *e because the
 * open did not return. */
bool uw_gate_hangs(const struct uw_job *job, const struct uw_error *e);
/* Plans for the job's drive, with the passes drawn for it; `open`: hidden areas may be opened first. */
void uw_job_make_plan(struct uw_job *job, const struct uw_policy *policy, bool open);

/* admit.c: gate and intents for all, before the first write to any. Jobs that may go on are `admitted` and
 * keep their transport open. False: nothing was touched, and nothing is to be. */
bool uw_run_admit(struct uw_run *run, bool *admitted, struct uw_error *e);

/* gate.c: confirmation; then exclusive open, uses and identity again, which any thread may call. False:
 * refused (the plan says why) or failed (an event says how); nothing was touched. */
bool uw_gate_confirm(struct uw_job *job);
bool uw_gate_enter(struct uw_job *job);

/* gate.c: whether one of the ids that --confirm gives is this one. */
bool uw_is_named(const struct uw_strings *confirm, const char *id);
/* Whether nobody uses the drive behind the open descriptor, nor another namespace that its erase would keep
 * waiting; false: refused, the plan says why. */
bool uw_gate_unused(struct uw_job *job);
/* groups.c: whether nobody uses another namespace of a drive that is to erase itself; false: *e says who, or
 * that it cannot be told. Of these drives alone: others are not disturbed while they erase themselves. */
bool uw_job_siblings_unused(struct uw_job *job, struct uw_error *e);
/* Compares the drive behind the open descriptor with the one that was planned for, and posts
 * identity-checked; posts failed where it does not answer. */
enum uw_same { UW_SAME, UW_SAME_NOT, UW_SAME_GONE, UW_SAME_UNKNOWN };
enum uw_same uw_gate_identity(struct uw_job *job, const char *when);
/* gate_nvme.c: the first thing that an NVMe drive says otherwise of itself, through the open descriptor, than
 * when it was planned for; NULL: nothing, or it is no NVMe drive that told. False: it does not answer now. */
bool uw_gate_nvme_look(struct uw_job *job, const char **difference, struct uw_error *e);
/* ata.c: the same of an ATA drive. */
bool uw_gate_ata_look(struct uw_job *job, const char **difference, struct uw_error *e);

/* groups.c: refuses plans that erase more than was named, or, with an event each, jobs that erase more than
 * was admitted; finds out which jobs take turns or erase together. */
bool uw_run_plan_siblings(struct uw_run *run, struct uw_error *e);
bool uw_run_refuse_siblings(struct uw_run *run, bool *admitted, struct uw_error *e);
bool uw_run_group(struct uw_run *run, const bool *admitted, struct uw_error *e);
void uw_run_ungroup(struct uw_run *run);

/* documents.c: what goes on record; job.c: erases and verifies. */
/* The plan's standard with its passes in this drive's order; in place of the plan's own. */
void uw_job_draw_standard(struct uw_job *job);
void uw_job_announce(struct uw_job *job); /* drive-selected, plan-made */
bool uw_job_store_intent(struct uw_job *job, struct uw_error *e);
void uw_job_erase(struct uw_job *job);
void uw_job_end(struct uw_job *job); /* verdict, certificate, signature, file */
/* Stores job->signed_before, as it was signed, and says so as uw_job_end does. */
void uw_job_store_signed(struct uw_job *job);

/* check.c: reads the certificate that was named; checks a drive against it, read only; ends with an addendum.
 */
bool uw_run_bind(struct uw_run *run, struct uw_error *e);
void uw_job_check(struct uw_job *job);
/* documents.c */
void uw_job_end_check(struct uw_job *job);

/* What a job keeps of the drive before the erase: witnesses of its old content, canaries, and what became of
 * them. */
struct uw_planted {
    struct uw_witness witness;
    struct uw_canaries canaries;
    struct uw_canary_result result;
};

/* readback.c: reads what the profile asks for (small drives whole), compares it with the image, looks for
 * canaries (NULL: there are none), posts verify-started and verify-ended. False: the machinery failed. */
bool uw_job_read_back(struct uw_job *job, const struct uw_stream *stream, const struct uw_image *image,
                      struct uw_planted *planted, enum uw_profile profile, struct uw_error *e);

/* A job's progress as an event; for uw_stream.progress. */
struct uw_job_phase {
    struct uw_job *job;
    const char *name; /* "witnesses", "canaries", "write", "verify" */
    size_t pass, passes;
};
void uw_job_progress(void *phase, uint64_t done_bytes, uint64_t lost_bytes, uint64_t total_bytes);

#endif
