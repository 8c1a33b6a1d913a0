/* SPDX-License-Identifier: Apache-2.0 */
/* Which jobs share an NVMe subsystem, and what follows from that. */
#include <stdlib.h>
#include <string.h>

#include "engine/run.h"

/* One that will not be erased, for whatever reason, leaves the others without what they need. */
static bool plan_siblings(struct uw_run *run, const bool *admitted)
{
    struct uw_plan **plans = calloc(run->job_count + 1, sizeof *plans);
    size_t count = 0;
    if (plans == NULL)
        return false;
    for (size_t i = 0; i < run->job_count; i++)
        if (admitted == NULL || admitted[i])
            plans[count++] = &run->jobs[i].plan;
    uw_plan_siblings(plans, count);
    free(plans);
    return true;
}

static bool is_named(const struct uw_run *run, const struct uw_drive *drive)
{
    for (size_t i = 0; i < run->job_count; i++)
        if (run->jobs[i].drive.devnum == drive->devnum)
            return true;
    return false;
}

static bool is_inside_nvme(const struct uw_plan *plan)
{
    return plan->method != NULL && plan->method->internal && plan->drive->nvme.known;
}

/* Every block device of the drive, also one that is reached through another of its controllers. */
static void refuse_for(struct uw_run *run, const struct uw_drives *drives, struct uw_plan *plan)
{
    for (size_t i = 0; i < drives->count && !plan->refusal.refused; i++) {
        const struct uw_drive *other = &drives->items[i];
        if (uw_same_subsystem(other, plan->drive) && !is_named(run, other))
            uw_plan_refuse(
                plan, UW_EXIT_REFUSED, "siblings", "name every namespace of the drive, or --method overwrite",
                "%s erases %s of the same drive too, and this run does not", plan->method->id, other->device);
    }
}

static bool is_used(const struct uw_drive *drive)
{
    return drive->use_count > 0 || drive->boot_medium || uw_drive_unknown_reason(drive, "in_use") != NULL;
}

/* A Format freezes the queues of the whole controller, and a transfer to a sibling that times out meanwhile
 * has the controller reset in the middle of it. */
static bool fail_beside(const struct uw_plan *plan, const struct uw_drive *other, struct uw_error *e)
{
    uw_fail(e, UW_E_REFUSED, "%s is in use, or may be, and %s of %s keeps all of that drive waiting",
            other->device, plan->method->id, plan->drive->device);
    return uw_way_out(e, "unmount, swapoff or detach what uses it, or --method overwrite");
}

static void refuse_beside_used(const struct uw_drives *drives, struct uw_plan *plan)
{
    struct uw_error e = {0};
    for (size_t i = 0; i < drives->count; i++) {
        const struct uw_drive *other = &drives->items[i];
        if (is_used(other) && other->devnum != plan->drive->devnum && uw_same_subsystem(other, plan->drive) &&
            !fail_beside(plan, other, &e))
            uw_plan_refuse(plan, UW_EXIT_REFUSED, "siblings", e.way_out, "%s", e.text);
    }
}

static bool note_siblings(const struct uw_drives *drives, struct uw_job *job)
{
    free(job->siblings);
    job->sibling_count = 0;
    job->siblings = calloc(drives->count + 1, sizeof *job->siblings);
    for (size_t i = 0; i < drives->count && job->siblings != NULL; i++)
        if (drives->items[i].devnum != job->drive.devnum && uw_same_subsystem(&drives->items[i], &job->drive))
            memcpy(job->siblings[job->sibling_count++], drives->items[i].device, UW_PATH_BYTES);
    return job->siblings != NULL;
}

bool uw_job_siblings_unused(struct uw_job *job, struct uw_error *e)
{
    const struct uw_machine *machine = job->run->machine;
    bool unused = true;
    for (size_t i = 0; i < job->sibling_count && is_inside_nvme(&job->plan) && unused; i++) {
        struct uw_drive other;
        struct uw_error why = {0};
        if (!machine->device(machine->user, job->siblings[i], &other, &why))
            return uw_fail(e, UW_E_REFUSED, "who uses %s of the same drive could not be found out: %s",
                           job->siblings[i], why.text);
        unused = !is_used(&other) || fail_beside(&job->plan, &other, e);
        uw_drive_clear(&other);
    }
    return unused;
}

/* What shares a subsystem with a drive that is to be erased inside. */
static bool look_at_siblings(struct uw_run *run, struct uw_drives *drives, struct uw_error *e)
{
    dev_t *of = calloc(run->job_count + 1, sizeof *of);
    size_t count = 0;
    if (of == NULL)
        return uw_fail(e, UW_E_NOMEM, "out of memory");
    for (size_t i = 0; i < run->job_count; i++)
        if (is_inside_nvme(&run->jobs[i].plan) && !run->jobs[i].plan.refusal.refused)
            of[count++] = run->jobs[i].drive.devnum;
    *drives = (struct uw_drives){0};
    bool ok = count == 0 || run->machine->subsystems(run->machine->user, of, count, drives, e);
    free(of);
    return ok;
}

static bool refuse_unnamed(struct uw_run *run, struct uw_error *e)
{
    struct uw_drives drives;
    if (!look_at_siblings(run, &drives, e))
        return false;
    bool noted = true;
    for (size_t i = 0; i < run->job_count; i++) {
        struct uw_plan *plan = &run->jobs[i].plan;
        if (plan->hits_subsystem && plan->method != NULL)
            refuse_for(run, &drives, plan);
        else if (is_inside_nvme(plan))
            refuse_beside_used(&drives, plan);
        if (is_inside_nvme(plan))
            noted = note_siblings(&drives, &run->jobs[i]) && noted;
    }
    uw_drives_clear(&drives);
    return noted || uw_fail(e, UW_E_NOMEM, "out of memory");
}

bool uw_run_plan_siblings(struct uw_run *run, struct uw_error *e)
{
    if (run->request->check)
        return true;
    return refuse_unnamed(run, e) && (plan_siblings(run, NULL) || uw_fail(e, UW_E_NOMEM, "out of memory"));
}

bool uw_run_refuse_siblings(struct uw_run *run, bool *admitted, struct uw_error *e)
{
    if (!plan_siblings(run, admitted))
        return uw_fail(e, UW_E_NOMEM, "out of memory");
    for (size_t i = 0; i < run->job_count; i++) {
        const struct uw_refusal *refusal = &run->jobs[i].plan.refusal;
        if (!admitted[i] || !refusal->refused)
            continue;
        admitted[i] = false;
        uw_job_post(&run->jobs[i], UW_EVENT_REFUSED, uw_refusal_json(refusal));
    }
    return true;
}

/* Jobs of one subsystem of which one erases inside the drive. */
static bool shares(const struct uw_run *run, const bool *admitted, size_t index)
{
    bool internal = run->jobs[index].plan.method->internal, others = false;
    for (size_t i = 0; i < run->job_count; i++) {
        if (i == index || !admitted[i] || !uw_same_subsystem(&run->jobs[i].drive, &run->jobs[index].drive))
            continue;
        others = true;
        internal = internal || run->jobs[i].plan.method->internal;
    }
    return others && internal;
}

static void join(struct uw_run *run, const bool *admitted, size_t first)
{
    struct uw_subsystem *subsystem = &run->subsystems[run->subsystem_count++];
    uw_subsystem_init(subsystem);
    subsystem->together = run->jobs[first].plan.hits_subsystem;
    subsystem->allied = run->jobs[first].plan.allied;
    for (size_t i = first; i < run->job_count; i++)
        if (admitted[i] && uw_same_subsystem(&run->jobs[i].drive, &run->jobs[first].drive)) {
            run->jobs[i].subsystem = subsystem;
            subsystem->members++;
        }
    /* Each waits in a thread of its own. */
    if ((subsystem->together || subsystem->allied) && run->parallel < subsystem->members)
        run->parallel = subsystem->members;
}

static void put_in_order(struct uw_run *run)
{
    size_t used = 0;
    for (size_t i = 0; i < run->job_count; i++) {
        const struct uw_subsystem *subsystem = run->jobs[i].subsystem;
        bool placed = false;
        for (size_t j = 0; j < i; j++)
            placed = placed || (subsystem != NULL && run->jobs[j].subsystem == subsystem);
        for (size_t j = i; j < run->job_count && !placed; j++)
            if (j == i || (subsystem != NULL && run->jobs[j].subsystem == subsystem))
                run->order[used++] = j;
    }
}

bool uw_run_group(struct uw_run *run, const bool *admitted, struct uw_error *e)
{
    run->order = calloc(run->job_count + 1, sizeof *run->order);
    run->subsystems = calloc(run->job_count + 1, sizeof *run->subsystems);
    if (run->order == NULL || run->subsystems == NULL)
        return uw_fail(e, UW_E_NOMEM, "out of memory");
    for (size_t i = 0; i < run->job_count && !run->request->check; i++)
        if (admitted[i] && run->jobs[i].plan.method != NULL && run->jobs[i].subsystem == NULL &&
            shares(run, admitted, i))
            join(run, admitted, i);
    put_in_order(run);
    return true;
}

void uw_run_ungroup(struct uw_run *run)
{
    for (size_t i = 0; i < run->subsystem_count; i++)
        uw_subsystem_clear(&run->subsystems[i]);
    free(run->subsystems);
    free(run->order);
}
