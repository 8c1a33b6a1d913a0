/* SPDX-License-Identifier: Apache-2.0 */
/* The last look before the first write. Whatever is in doubt here is refused, with the reason and the way
 * out. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "engine/run.h"

enum { ANSWER_BYTES = 128 };

bool uw_is_named(const struct uw_strings *confirm, const char *id)
{
    for (size_t i = 0; i < confirm->count; i++)
        if (strcmp(confirm->items[i], id) == 0)
            return true;
    return false;
}

static bool ask_operator(struct uw_job *job)
{
    const struct uw_request *request = job->run->request;
    const char *id = job->drive.id;
    char answer[ANSWER_BYTES] = "", device[UW_PATH_BYTES];
    char way_out[sizeof job->plan.refusal.way_out];
    snprintf(way_out, sizeof way_out, "--confirm %s", id);
    /* As the plan has it: a path may hold anything, and this goes to somebody's eyes. */
    uw_clean_string(device, sizeof device, job->drive.device, strlen(job->drive.device));
    json_t *plan = uw_plan_json(&job->plan);
    bool asked = plan != NULL && request->ask != NULL &&
                 request->ask(request->user, plan, device, id, answer, sizeof answer);
    json_decref(plan);
    /* Ctrl-C at the question is no answer: it ends the run. */
    if (atomic_load(&job->run->stop))
        return false;
    if (!asked)
        uw_plan_refuse(&job->plan, 4, "confirmation", way_out, "nobody confirmed that %s may be erased",
                       device);
    else if (strcmp(answer, uw_text_hint(id)) != 0)
        uw_plan_refuse(&job->plan, 4, "confirmation", way_out,
                       "%s was not confirmed: its last four characters are %s", device, uw_text_hint(id));
    return !job->plan.refusal.refused;
}

static bool is_stopped(struct uw_job *job)
{
    if (!atomic_load(&job->run->stop))
        return false;
    uw_job_post(job, UW_EVENT_STOPPED, json_pack("{s:s}", "by", "signal"));
    return true;
}

/* "option", "all", "terminal", or NULL: refused. */
static const char *confirmed_by(struct uw_job *job)
{
    const struct uw_request *request = job->run->request;
    if (uw_is_named(&request->confirm, job->drive.id))
        return "option";
    if (request->all && request->confirm_all)
        return "all";
    if (request->confirm.count > 0) {
        uw_plan_refuse(&job->plan, 4, "confirmation", "list shows the id that --confirm takes",
                       "--confirm does not name %s: its id is %s", job->drive.device, job->drive.id);
        return NULL;
    }
    return ask_operator(job) ? "terminal" : NULL;
}

/* A loop device's or a file's other users do not show in the exclusive open, so uses are read once more
 * behind it. */
static void look_again(struct uw_job *job, const struct uw_drive *again)
{
    struct uw_plan *plan = &job->plan;
    const char *device = job->drive.device;
    if (again->devnum != job->drive.devnum || again->file_dev != job->drive.file_dev ||
        again->file_inode != job->drive.file_inode)
        uw_plan_refuse(plan, 4, "identity", "run list again", "%s is another drive now", device);
    /* What a drive could not tell this time the open descriptor is asked for. */
    if (again->nvme.known && job->drive.nvme.known &&
        strcmp(again->nvme.controller.serial, job->drive.nvme.controller.serial) != 0)
        uw_plan_refuse(plan, 4, "identity", "run list again", "%s is another drive now", device);
    if (again->boot_medium)
        uw_plan_refuse(plan, 4, "boot_medium", "boot from another medium to erase it",
                       "%s holds the running system", device);
    if (strcmp(again->below, job->drive.below) != 0)
        uw_plan_refuse(plan, 4, "identity", "run list again", "%s is another name of %s now", device,
                       again->below);
    if (again->use_count > 0)
        uw_plan_refuse(plan, 4, "in_use", "unmount, swapoff or detach what uses it", "%s is in use: %s %s",
                       device, again->uses[0].kind, again->uses[0].by);
    if (uw_drive_unknown_reason(again, "in_use") != NULL)
        uw_plan_refuse(plan, 4, "in_use", "run as root, with /proc and /sys mounted",
                       "who uses %s could not be found out", device);
}

bool uw_gate_unused(struct uw_job *job)
{
    struct uw_error e = {0};
    struct uw_drive again;
    const struct uw_machine *machine = job->run->machine;
    if (!machine->device(machine->user, job->drive.device, &again, &e)) {
        uw_plan_refuse(&job->plan, 4, "identity", "run list again", "%s cannot be looked at again: %s",
                       job->drive.device, e.text);
        return false;
    }
    look_again(job, &again);
    uw_drive_clear(&again);
    if (!job->plan.refusal.refused && !uw_job_siblings_unused(job, &e))
        uw_plan_refuse(&job->plan, 4, "siblings", e.way_out[0] != '\0' ? e.way_out : "run list again", "%s",
                       e.text);
    return !job->plan.refusal.refused;
}

static const char *refusal_code(int errno_value)
{
    switch (errno_value) {
    case EBUSY:
        return "in_use";
    case EROFS:
        return "read_only";
    case EINVAL:
        return "no_direct_io";
    case EACCES:
    case EPERM:
        return "no_permission";
    default:
        return "identity";
    }
}

bool uw_job_open(struct uw_job *job, bool write, struct uw_error *e)
{
    const struct uw_machine *machine = job->run->machine;
    if (!machine->open(machine->user, &job->drive, write, &job->transport, e))
        return false;
    job->transport->trace = job->run->request->trace;
    job->transport->device = job->drive.device;
    return true;
}

bool uw_gate_hangs(const struct uw_job *job, const struct uw_error *e)
{
    return job->transport == NULL ? e->code == UW_E_IO && e->errno_value == ETIMEDOUT
                                  : job->transport->abandoned;
}

static void post_failed(struct uw_job *job, const struct uw_error *e)
{
    uw_job_post(job, UW_EVENT_FAILED,
                json_pack("{s:s, s:b}", "why", e->text, "gone", uw_errno_is_gone(e->errno_value)));
}

/* A drive that refuses is a refusal; one that is gone or broken is a failure of this job. */
static bool open_exclusively(struct uw_job *job)
{
    struct uw_error e = {0};
    if (uw_job_open(job, true, &e)) {
        if (job->transport->claim != NULL)
            uw_job_post(job, UW_EVENT_OPENED, json_pack("{s:s}", "use_check", job->transport->claim));
        return true;
    }
    if (e.code == UW_E_REFUSED)
        uw_plan_refuse(&job->plan, 4, refusal_code(e.errno_value), e.way_out, "%s", e.text);
    else if (uw_gate_hangs(job, &e))
        uw_job_post(job, UW_EVENT_STALLED, json_pack("{s:i, s:b}", "after_ms", UW_OPEN_MS, "answers", 0));
    else
        post_failed(job, &e);
    return false;
}

static json_t *text_or_null(const char *text)
{
    return text[0] ? json_string(text) : json_null();
}

static json_t *identity_json(const char *when, const struct uw_identity *seen, const char *difference)
{
    bool gone = uw_identity_is_gone(seen);
    json_t *why = gone                 ? json_string("it is gone")
                  : difference != NULL ? json_sprintf("%s differs", difference)
                                       : json_null();
    return json_pack("{s:s, s:b, s:o, s:o, s:I, s:o, s:b, s:o}", "when", when, "same",
                     !gone && difference == NULL, "serial", text_or_null(seen->serial), "wwn",
                     text_or_null(seen->wwn), "bytes", (json_int_t)seen->bytes, "disk_sequence",
                     seen->disk_sequence != 0 ? json_integer((json_int_t)seen->disk_sequence) : json_null(),
                     "gone", gone, "why", why);
}

enum uw_same uw_gate_identity(struct uw_job *job, const char *when)
{
    struct uw_error e = {0};
    struct uw_identity planned = uw_drive_identity(&job->drive);
    struct uw_identity seen = {0};
    const char *nvme_says = NULL, *ata_says = NULL;
    if (!job->transport->ops->identify(job->transport, &seen, &e)) {
        post_failed(job, &e);
        return UW_SAME_UNKNOWN;
    }
    job->run->machine->identity(job->run->machine->user, &job->drive, &seen);
    const char *difference = uw_identity_difference(&planned, &seen);
    bool gone = uw_identity_is_gone(&seen);
    if (!gone && (!uw_gate_nvme_look(job, &nvme_says, &e) || !uw_gate_ata_look(job, &ata_says, &e))) {
        post_failed(job, &e);
        return UW_SAME_UNKNOWN;
    }
    if (difference == NULL && !gone)
        difference = nvme_says != NULL ? nvme_says : ata_says;
    uw_job_post(job, UW_EVENT_IDENTITY_CHECKED, identity_json(when, &seen, difference));
    return gone ? UW_SAME_GONE : difference == NULL ? UW_SAME : UW_SAME_NOT;
}

bool uw_gate_confirm(struct uw_job *job)
{
    if (job->plan.refusal.refused)
        return false;
    const char *by = confirmed_by(job);
    if (is_stopped(job) || by == NULL)
        return false;
    uw_job_post(job, UW_EVENT_CONFIRMED, json_pack("{s:s}", "by", by));
    return true;
}

bool uw_gate_enter(struct uw_job *job)
{
    return !is_stopped(job) && open_exclusively(job) && uw_gate_unused(job);
}
