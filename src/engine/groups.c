/* SPDX-License-Identifier: Apache-2.0 */
/* Which jobs share an NVMe subsystem, and what follows from that. */
#include <stdlib.h>
#include <string.h>

#include "engine/run.h"

static bool same_subsystem(const struct uw_drive *a, const struct uw_drive *b)
{
    const struct uw_nvme_controller *one = &a->nvme.controller, *two = &b->nvme.controller;
    return a->nvme.known && b->nvme.known && strcmp(one->serial, two->serial) == 0 &&
           strcmp(one->model, two->model) == 0 && strcmp(one->subsystem, two->subsystem) == 0;
}

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

bool uw_run_plan_siblings(struct uw_run *run, struct uw_error *e)
{
    return plan_siblings(run, NULL) || uw_fail(e, UW_E_NOMEM, "out of memory");
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
        if (i == index || !admitted[i] || !same_subsystem(&run->jobs[i].drive, &run->jobs[index].drive))
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
    for (size_t i = first; i < run->job_count; i++)
        if (admitted[i] && same_subsystem(&run->jobs[i].drive, &run->jobs[first].drive)) {
            run->jobs[i].subsystem = subsystem;
            subsystem->members++;
        }
    /* Each waits in a thread of its own. */
    if (subsystem->together && run->parallel < subsystem->members)
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
