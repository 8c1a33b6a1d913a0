/* SPDX-License-Identifier: Apache-2.0 */
/* Gate and intents for all drives, before the first write to any. */
#include <signal.h>
#include <stdlib.h>

#include "engine/run.h"

/* One job at the gate. */
struct entry {
    struct uw_job *job;
    bool confirmed, opened;
    pthread_t thread;
    bool beside; /* in a thread of its own */
};

static void *enter(void *data)
{
    struct entry *entry = data;
    entry->opened = uw_gate_enter(entry->job);
    return NULL;
}

/* All at once: a drive whose open does not return is waited for, and the others wait no longer than for one.
 * Signals are the main thread's business. */
static void enter_all(struct entry *entries, size_t count)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    for (size_t i = 0; i < count; i++)
        entries[i].beside =
            entries[i].confirmed && pthread_create(&entries[i].thread, NULL, enter, &entries[i]) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    for (size_t i = 0; i < count; i++) {
        if (entries[i].beside)
            pthread_join(entries[i].thread, NULL);
        else if (entries[i].confirmed)
            enter(&entries[i]);
    }
}

/* Whoever is asked is asked for one drive after the other. */
static bool pass_gate(struct uw_run *run, bool *admitted, struct uw_error *e)
{
    struct entry *entries = calloc(run->job_count + 1, sizeof *entries);
    if (entries == NULL)
        return uw_fail(e, UW_E_NOMEM, "out of memory");
    for (size_t i = 0; i < run->job_count; i++) {
        entries[i].job = &run->jobs[i];
        entries[i].confirmed = uw_gate_confirm(&run->jobs[i]);
    }
    enter_all(entries, run->job_count);
    for (size_t i = 0; i < run->job_count; i++) {
        admitted[i] = entries[i].opened;
        if (run->jobs[i].plan.refusal.refused)
            uw_job_post(&run->jobs[i], UW_EVENT_REFUSED, uw_refusal_json(&run->jobs[i].plan.refusal));
    }
    free(entries);
    return uw_run_refuse_siblings(run, admitted, e);
}

static bool store_intents(struct uw_run *run, const bool *admitted, struct uw_error *e)
{
    for (size_t i = 0; i < run->job_count; i++)
        if (admitted[i] && !uw_job_store_intent(&run->jobs[i], e))
            return false;
    return true;
}

bool uw_run_admit(struct uw_run *run, bool *admitted, struct uw_error *e)
{
    for (size_t i = 0; i < run->job_count; i++) {
        uw_job_announce(&run->jobs[i]);
        admitted[i] = run->request->check;
    }
    if (run->request->check || (pass_gate(run, admitted, e) && store_intents(run, admitted, e)))
        return true;
    e->code = UW_E_USAGE; /* nothing was touched yet */
    return false;
}
