/* SPDX-License-Identifier: Apache-2.0 */
/* From the names that were given to drives with plans. */
#include <stdlib.h>
#include <string.h>

#include "engine/own_password.h"
#include "engine/psid.h"
#include "engine/run.h"
#include "method/methods.h"
#include "sign/file.h"

static bool same_drive(const struct uw_drive *a, const struct uw_drive *b)
{
    if (a->devnum != 0 || b->devnum != 0)
        return a->devnum == b->devnum;
    return a->file_dev == b->file_dev && a->file_inode == b->file_inode;
}

/* Two ways to one drive: both nodes carry its name. */
static bool same_name(const struct uw_drive *a, const struct uw_drive *b)
{
    return a->wwn[0] != '\0' && strcmp(a->wwn, b->wwn) == 0 && strcmp(a->serial, b->serial) == 0;
}

static bool add_job(struct uw_run *run, struct uw_drive *drive, struct uw_error *e)
{
    for (size_t i = 0; i < run->job_count; i++)
        if (same_drive(&run->jobs[i].drive, drive) || same_name(&run->jobs[i].drive, drive)) {
            uw_fail(e, UW_E_USAGE, "%s and %s are the same drive", run->jobs[i].drive.target, drive->target);
            uw_drive_clear(drive);
            return false;
        }
    struct uw_job *jobs = realloc(run->jobs, (run->job_count + 1) * sizeof *jobs);
    if (jobs == NULL) {
        uw_drive_clear(drive);
        return uw_fail(e, UW_E_NOMEM, "out of memory");
    }
    run->jobs = jobs;
    jobs[run->job_count] = (struct uw_job){.run = run, .index = (int)run->job_count, .drive = *drive};
    run->job_count++;
    return true;
}

static bool find(struct uw_run *run, const struct uw_strings *names, struct uw_drives *drives,
                 struct uw_error *e)
{
    return run->machine->targets(run->machine->user, names->items, names->count, drives, e);
}

/* The job owns the drive from now on. */
static bool move_to_job(struct uw_run *run, struct uw_drive *drive, struct uw_error *e)
{
    bool added = add_job(run, drive, e);
    memset(drive, 0, sizeof *drive);
    return added;
}

static bool add_named(struct uw_run *run, struct uw_error *e)
{
    struct uw_drives drives;
    if (!find(run, &run->request->targets, &drives, e))
        return false;
    bool added = true;
    for (size_t i = 0; i < drives.count && added; i++)
        added = move_to_job(run, &drives.items[i], e);
    uw_drives_clear(&drives);
    return added;
}

static bool leave_out(struct uw_run *run, const struct uw_drive *drive, struct uw_error *e)
{
    if (run->left_out == NULL)
        run->left_out = json_array();
    json_t *item =
        json_pack("{s:o, s:s}", "device", uw_clean_json(drive->device), "why", "it holds the running system");
    return json_array_append_new(run->left_out, item) == 0 || uw_fail(e, UW_E_NOMEM, "out of memory");
}

/* Every whole drive but the boot medium; one that is in use stays in, to be refused. */
static bool add_all(struct uw_run *run, struct uw_error *e)
{
    struct uw_drives drives;
    if (!run->machine->all(run->machine->user, &drives, e))
        return false;
    bool added = true;
    for (size_t i = 0; i < drives.count && added; i++) {
        struct uw_drive *drive = &drives.items[i];
        if (drive->hardware && drive->boot_medium)
            added = leave_out(run, drive, e);
        if (!drive->hardware || drive->boot_medium)
            continue;
        added = move_to_job(run, drive, e);
    }
    uw_drives_clear(&drives);
    return added;
}

static void drop_job(struct uw_run *run, size_t index)
{
    uw_drive_clear(&run->jobs[index].drive);
    run->job_count--;
    memmove(&run->jobs[index], &run->jobs[index + 1], (run->job_count - index) * sizeof *run->jobs);
}

static bool exclude_drive(struct uw_run *run, const struct uw_drive *drive, struct uw_error *e)
{
    if (drive->is_partition) {
        uw_fail(e, UW_E_USAGE, "--exclude %s is a partition", drive->target);
        return uw_way_out(e, "name the whole drive");
    }
    for (size_t j = run->job_count; j-- > 0;)
        if (same_drive(&run->jobs[j].drive, drive) || same_name(&run->jobs[j].drive, drive))
            drop_job(run, j);
    return true;
}

static bool exclude(struct uw_run *run, struct uw_error *e)
{
    struct uw_drives drives;
    if (run->request->exclude.count == 0)
        return true;
    if (!find(run, &run->request->exclude, &drives, e))
        return false;
    bool excluded = true;
    for (size_t i = 0; i < drives.count && excluded; i++)
        excluded = exclude_drive(run, &drives.items[i], e);
    uw_drives_clear(&drives);
    return excluded;
}

static bool is_named(const struct uw_run *run, const struct uw_drive *drive, uint32_t nsid)
{
    for (size_t i = 0; i < run->job_count; i++)
        if (run->jobs[i].drive.nvme.ns.nsid == nsid && uw_same_subsystem(&run->jobs[i].drive, drive))
            return true;
    return false;
}

static bool siblings_named(const struct uw_run *run, const struct uw_drive *drive)
{
    const struct uw_nvme_list *active = &drive->nvme.active;
    bool listed = drive->nvme.known && active->known && !active->more && !uw_namespaces_unlisted(drive);
    for (size_t i = 0; listed && i < active->count; i++)
        listed = is_named(run, drive, active->ids[i]);
    return listed && active->count > 1;
}

void uw_job_draw_standard(struct uw_job *job)
{
    if (job->plan.standard == NULL)
        return;
    uw_standard_draw(job->plan.standard, job->seed, &job->standard);
    job->plan.standard = &job->standard;
}

void uw_job_make_plan(struct uw_job *job, const struct uw_policy *policy, bool open)
{
    if (open)
        uw_plan_make_opening(&job->drive, policy, uw_method_at, &job->opened, &job->plan);
    else
        uw_plan_make(&job->drive, policy, uw_method_at, &job->plan);
    uw_job_draw_standard(job);
}

/* Read once, for all drives; what is on a label need not be kept from others. */
static bool give_psids(struct uw_run *run, struct uw_error *e)
{
    enum { FILE_BYTES = 1 << 20 };
    size_t bytes;
    if (run->request->psid_file == NULL)
        return true;
    char *text = uw_file_read(run->request->psid_file, FILE_BYTES, &bytes, NULL, e);
    bool good = text != NULL;
    for (size_t i = 0; i < run->job_count && good; i++)
        good = uw_psid_give(text, run->request->psid_file, &run->jobs[i].drive, e);
    free(text);
    return good;
}

static bool make_plans(struct uw_run *run, struct uw_error *e)
{
    for (size_t i = 0; i < run->job_count; i++) {
        struct uw_job *job = &run->jobs[i];
        job->index = (int)i;
        if (!uw_random(job->seed, sizeof job->seed) || !uw_uuid_new(job->certificate_id) ||
            !uw_uuid_new(job->intent_id))
            return uw_fail(e, UW_E_IO, "the kernel gives no random bytes");
        struct uw_policy policy = run->policy;
        policy.siblings_named = siblings_named(run, &job->drive);
        policy.own_password = uw_own_password_is_noted(run->state, &job->drive);
        uw_job_make_plan(job, &policy, true);
    }
    return uw_run_plan_siblings(run, e);
}

bool uw_run_find_drives(struct uw_run *run, struct uw_error *e)
{
    run->not_covered = run->machine->not_covered(run->machine->user);
    return (run->request->all ? add_all(run, e) : add_named(run, e)) && exclude(run, e) &&
           give_psids(run, e) && make_plans(run, e);
}
