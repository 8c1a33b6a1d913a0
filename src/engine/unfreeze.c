/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/unfreeze.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "engine/journal.h"
#include "method/methods.h"

enum { SLEEP_S = 15, BACK_MS = 60000, ASK_AGAIN_MS = 500 };

static const char way_out[] =
    "switch the drive itself off and on while the machine runs (hot-plug), use another "
    "controller, or the firmware's own setting; without --unfreeze it is planned as it is";

bool uw_job_gains_by_thaw(const struct uw_job *job)
{
    struct uw_drive thawed = job->drive, opened;
    struct uw_plan plan;
    if (!thawed.ata.known || !thawed.ata.identify.security_frozen || thawed.bus != UW_BUS_ATA)
        return false;
    thawed.ata.identify.security_frozen = false;
    uw_plan_make_opening(&thawed, &job->plan.policy, uw_method_at, &opened, &plan);
    return !plan.refusal.refused && plan.method != NULL && plan.method != job->plan.method;
}

static bool is_at_work(const struct uw_drive *drive)
{
    return (drive->ata.known && drive->ata.sanitize.known &&
            drive->ata.sanitize.state == UW_ATA_SANITIZE_RUNNING) ||
           (drive->nvme.known && drive->nvme.sanitize.known &&
            drive->nvme.sanitize.state == UW_NVME_SANITIZE_RUNNING);
}

/* What harm a sleep would do; NULL: none. */
static const char *harm_to(const struct uw_drive *drive)
{
    const struct uw_ata_identify *identify = &drive->ata.identify;
    if (drive->ata.known && (identify->security_enabled || identify->security_locked))
        return "has a password, and would wake locked";
    if (drive->bus == UW_BUS_ATA && drive->hardware && !drive->ata.known)
        return "does not say whether it has a password, with which it would wake locked";
    return is_at_work(drive) ? "is erasing itself" : NULL;
}

static bool refuse_harm(const struct uw_drive *drive, struct uw_error *e)
{
    const char *harm = harm_to(drive);
    return harm == NULL ||
           uw_fail(e, UW_E_REFUSED, "the machine was not suspended: %s %s", drive->device, harm);
}

/* All drives of the machine sleep with it, whatever was named. */
static bool none_is_harmed(const struct uw_run *run, struct uw_error *e)
{
    struct uw_drives drives;
    bool none = true;
    for (size_t i = 0; i < run->job_count && none; i++)
        none = refuse_harm(&run->jobs[i].drive, e);
    if (!none || !run->machine->all(run->machine->user, &drives, e))
        return false;
    for (size_t i = 0; i < drives.count && none; i++)
        none = refuse_harm(&drives.items[i], e);
    uw_drives_clear(&drives);
    return none;
}

/* A journal that is locked belongs to a run that lives. */
static bool is_alive(int folder, const char *name)
{
    size_t length = strlen(name);
    if (length < 6 || strcmp(name + length - 6, ".jsonl") != 0)
        return false;
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    bool alive = fd >= 0 && uw_journal_is_taken(fd);
    if (fd >= 0)
        close(fd);
    return alive;
}

static bool others_erase(const struct uw_run *run)
{
    char path[UW_PATH_BYTES * 2];
    bool any = false;
    snprintf(path, sizeof path, "%s/journal", run->state);
    DIR *folder = opendir(path);
    if (folder == NULL)
        return errno != ENOENT;
    for (const struct dirent *entry; !any && (entry = readdir(folder)) != NULL;)
        any = strncmp(entry->d_name, run->id, strlen(run->id)) != 0 && is_alive(dirfd(folder), entry->d_name);
    closedir(folder);
    return any;
}

static bool may_sleep(const struct uw_run *run, struct uw_error *e)
{
    if (!none_is_harmed(run, e))
        return false;
    if (others_erase(run))
        return uw_fail(e, UW_E_REFUSED, "the machine was not suspended: another run of unwrite erases");
    return run->machine->suspend != NULL ||
           uw_fail(e, UW_E_REFUSED, "this machine cannot be suspended from here");
}

static void refuse_frozen(struct uw_run *run, const char *why)
{
    for (size_t i = 0; i < run->job_count; i++) {
        struct uw_job *job = &run->jobs[i];
        if (!uw_job_gains_by_thaw(job) || strcmp(job->plan.refusal.code, "identity") == 0)
            continue;
        job->plan.refusal.refused = false;
        uw_plan_refuse(&job->plan, 4, "frozen", way_out, "%s is frozen: %s", job->drive.device, why);
    }
}

/* Drives come back one by one, some seconds after the machine. */
static bool find_again(struct uw_job *job, struct uw_drive *again)
{
    const struct uw_machine *machine = job->run->machine;
    struct uw_error e = {0};
    for (unsigned ms = 0; ms < BACK_MS && !atomic_load(&job->run->stop); ms += ASK_AGAIN_MS) {
        if (machine->device(machine->user, job->drive.device, again, &e)) {
            if (again->ata.known || !job->drive.ata.known)
                return true;
            uw_drive_clear(again);
        }
        machine->wait_ms(machine->user, ASK_AGAIN_MS);
    }
    return false;
}

/* The same drive in the same place, as it is now; it keeps the name that it was given. */
static void look_again(struct uw_job *job)
{
    const struct uw_policy policy = job->plan.policy;
    struct uw_drive again;
    bool found = find_again(job, &again);
    struct uw_identity before = uw_drive_identity(&job->drive), now = {0};
    if (found)
        now = uw_drive_identity(&again);
    const char *difference = found ? uw_identity_difference(&before, &now) : "it";
    if (difference != NULL) {
        if (found)
            uw_drive_clear(&again);
        job->plan.refusal.refused = false;
        uw_plan_refuse(&job->plan, 4, "identity", "run list again",
                       "%s is not the same after the sleep: %s %s", job->drive.device, difference,
                       found ? "differs" : "did not come back");
        return;
    }
    memcpy(again.target, job->drive.target, sizeof again.target);
    memcpy(again.id, job->drive.id, sizeof again.id);
    uw_drive_clear(&job->drive);
    job->drive = again;
    uw_job_make_plan(job, &policy, true);
}

static bool sleep_once(struct uw_run *run, struct uw_error *e)
{
    const struct uw_machine *machine = run->machine;
    json_t *drives = json_array();
    for (size_t i = 0; i < run->job_count; i++)
        if (uw_job_gains_by_thaw(&run->jobs[i]))
            json_array_append_new(drives, uw_clean_json(run->jobs[i].drive.device));
    uw_event_bus_post(&run->bus, UW_NO_JOB, UW_EVENT_SUSPENDING,
                      json_pack("{s:o, s:i}", "drives", drives, "wake_after_s", SLEEP_S));
    bool slept = machine->suspend(machine->user, SLEEP_S, &run->slept_ms, e);
    uw_event_bus_post(&run->bus, UW_NO_JOB, UW_EVENT_RESUMED,
                      json_pack("{s:I, s:o}", "slept_ms", (json_int_t)run->slept_ms, "why",
                                slept ? json_null() : uw_clean_json(e->text)));
    return slept;
}

bool uw_run_unfreeze(struct uw_run *run, struct uw_error *e)
{
    struct uw_error why = {0};
    bool any = false;
    for (size_t i = 0; i < run->job_count; i++) {
        struct uw_job *job = &run->jobs[i];
        job->was_frozen = uw_job_gains_by_thaw(job);
        any = any || job->was_frozen;
    }
    if (!run->request->unfreeze || run->request->check || !any || atomic_load(&run->stop))
        return true;
    if (!may_sleep(run, &why) || !sleep_once(run, &why)) {
        refuse_frozen(run, why.text);
        return true;
    }
    for (size_t i = 0; i < run->job_count; i++)
        look_again(&run->jobs[i]);
    refuse_frozen(run, "a sleep did not end it, so the drive kept its power or the firmware froze it again");
    return uw_run_plan_siblings(run, e);
}
