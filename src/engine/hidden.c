/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/hidden.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/drive_note.h"

enum { RESIZE_MS = 60000 };
#define MOST_28_BIT (1ULL << 28)

static const char amax_kind[] = "amax";

/* ---- What a run left open */

uint64_t uw_amax_noted(const char *state, const struct uw_drive *drive)
{
    const struct uw_ata *ata = &drive->ata;
    if (!ata->known || !ata->identify.amax || !uw_drive_note_stands(state, amax_kind, drive))
        return 0;
    char *text = uw_drive_note_read(state, amax_kind, drive);
    uint64_t sectors = text != NULL ? strtoull(text, NULL, 10) : 0;
    free(text);
    return ata->amax == UW_HIDDEN_NONE && sectors < ata->identify.sectors ? sectors : 0;
}

static bool note_amax(struct uw_job *job, struct uw_error *e)
{
    char text[32];
    snprintf(text, sizeof text, "%" PRIu64 "\n", job->drive.ata.identify.sectors);
    return uw_drive_note_make(job->run->state, amax_kind, &job->drive, text, e);
}

static void forget_amax(struct uw_erase *erase)
{
    uw_drive_note_drop(erase->job->run->state, amax_kind, &erase->job->drive);
    erase->amax_sectors = 0;
}

/* ---- Opening */

struct opening {
    struct uw_erase *erase;
    struct uw_job *job;
    uint64_t native; /* with HPA or AMAX open; 0: not known */
};

static bool send(struct opening *opening, struct uw_ata_command *command, struct uw_error *e)
{
    return uw_erase_send_ata(opening->erase, command, false, e);
}

static bool identify(struct opening *opening, struct uw_ata_identify *now, struct uw_error *e)
{
    uint8_t block[UW_ATA_BLOCK_BYTES] = {0};
    struct uw_ata_command command = uw_ata_identify_device(block);
    if (!send(opening, &command, e))
        return false;
    return (command.outcome == UW_ATA_DONE && uw_ata_decode_identify(block, sizeof block, now)) ||
           uw_fail(e, UW_E_IO, "%s does not identify itself", opening->job->drive.device);
}

static void post_opening(struct opening *opening, enum uw_area area, const struct uw_ata_command *command)
{
    char hex[UW_ATA_COMMAND_HEX];
    uw_ata_command_hex(command, hex);
    uw_job_post(opening->job, UW_EVENT_AREA_OPENING,
                json_pack("{s:s, s:s, s:I, s:s}", "area", uw_area_name(area), "command", hex,
                          "sectors_before", (json_int_t)opening->job->drive.ata.identify.sectors, "left",
                          uw_area_left(area)));
}

static void post_opened(struct opening *opening, enum uw_area area, const struct uw_ata_command *command,
                        uint64_t sectors)
{
    const struct uw_drive *drive = &opening->job->drive;
    char answer[UW_ATA_OUTCOME_TEXT];
    uw_ata_outcome_text(command, answer);
    uw_job_post(opening->job, UW_EVENT_AREA_OPENED,
                json_pack("{s:s, s:o, s:I, s:b, s:b}", "area", uw_area_name(area), "answer",
                          uw_clean_json(answer), "sectors_after", (json_int_t)sectors, "opened",
                          uw_area_state(drive, area) == UW_HIDDEN_NONE, "followed",
                          sectors * drive->logical_block_bytes == drive->bytes));
}

/* A set must directly follow a read. What the short form has set the long one does not move. */
static bool set_max(struct opening *opening, struct uw_ata_command *set, struct uw_error *e)
{
    bool extended = opening->job->drive.ata.identify.address_48;
    for (int form = 0; form < 2; form++, extended = false) {
        uint64_t last;
        struct uw_ata_command read = uw_ata_read_native_max(extended);
        if (!send(opening, &read, e))
            return false;
        *set = read;
        if (!uw_ata_last_address(&read, &last))
            return true;
        *set = uw_ata_set_max(extended, last);
        post_opening(opening, UW_AREA_HPA, set);
        if (!send(opening, set, e))
            return false;
        opening->native = last + 1;
        if (set->outcome != UW_ATA_ABORTED || !extended || last >= MOST_28_BIT)
            return true;
        post_opened(opening, UW_AREA_HPA, set, opening->job->drive.ata.identify.sectors);
    }
    return true;
}

static bool set_accessible_max(struct opening *opening, struct uw_ata_command *set, struct uw_error *e)
{
    uint64_t last;
    struct uw_ata_command get = uw_ata_get_accessible_max();
    if (!send(opening, &get, e))
        return false;
    *set = get;
    if (!uw_ata_last_address(&get, &last))
        return true;
    if (!note_amax(opening->job, e))
        return false;
    *set = uw_ata_set_accessible_max(last);
    post_opening(opening, UW_AREA_AMAX, set);
    opening->erase->amax_sectors = opening->job->drive.ata.identify.sectors;
    opening->native = last + 1;
    return send(opening, set, e);
}

static bool restore(struct opening *opening, struct uw_ata_command *set, struct uw_error *e)
{
    *set = uw_ata_dco_restore();
    post_opening(opening, UW_AREA_DCO, set);
    opening->native = 0;
    return send(opening, set, e);
}

/* Linux asks an ATA drive for its size only when it looks at the drive anew, which it does behind this
 * command; a drive whose write cache is on takes it without effect. It believes a size that grew to the end
 * of an HPA and drops a drive that has any other, so for those it must not look. */
static bool have_kernel_look(struct opening *opening, enum uw_area area, const struct uw_ata_identify *now,
                             struct uw_error *e)
{
    struct uw_ata_command command = uw_ata_enable_write_cache();
    bool believed = area == UW_AREA_HPA && now->hpa_enabled && now->sectors == opening->native &&
                    opening->erase->amax_sectors == 0;
    return !believed || !now->write_cache || send(opening, &command, e);
}

/* The host has the old size still, or exactly what the drive says now; any other drive is another. */
static bool follow(struct opening *opening, enum uw_area area, const struct uw_ata_identify *now,
                   struct uw_error *e)
{
    struct uw_job *job = opening->job;
    struct uw_transport *t = job->transport;
    struct uw_identity seen = {0};
    struct uw_error why = {0};
    bool stalled = false;
    uint64_t bytes = now->sectors * now->logical_block_bytes;
    if (now->sectors != job->drive.ata.identify.sectors) {
        if (!have_kernel_look(opening, area, now, e))
            return false;
        /* One that does not follow is told by its size. */
        if (t->ops->resize != NULL)
            (void)t->ops->resize(t, RESIZE_MS, &stalled, &why);
        t->abandoned = t->abandoned || stalled;
    }
    if (t->abandoned)
        return uw_fail(e, UW_E_IO, "%s", why.text);
    if (!t->ops->identify(t, &seen, e))
        return false;
    if (seen.bytes != job->drive.bytes && seen.bytes != bytes)
        return uw_fail(e, UW_E_REFUSED, "%s has another size than before and than it says",
                       job->drive.device);
    t->bytes = seen.bytes;
    uw_hidden_settle(&job->drive, now, opening->native, seen.bytes);
    return true;
}

/* Of a restored configuration the native size is another, and the drive may have a protected area again. */
static bool read_native(struct opening *opening, const struct uw_ata_identify *now, struct uw_error *e)
{
    uint64_t last;
    struct uw_ata_command read =
        now->amax ? uw_ata_get_accessible_max() : uw_ata_read_native_max(now->address_48);
    if (opening->native != 0 || (!now->amax && !now->hpa))
        return true;
    if (!send(opening, &read, e))
        return false;
    opening->native = uw_ata_last_address(&read, &last) ? last + 1 : 0;
    return true;
}

static bool open_area(struct opening *opening, enum uw_area area, struct uw_error *e)
{
    static bool (*const calls[UW_AREAS])(struct opening *, struct uw_ata_command *, struct uw_error *) = {
        [UW_AREA_AMAX] = set_accessible_max, [UW_AREA_HPA] = set_max, [UW_AREA_DCO] = restore};
    struct uw_ata_command command;
    struct uw_ata_identify now = {0};
    if (!calls[area](opening, &command, e) || !identify(opening, &now, e) || !read_native(opening, &now, e))
        return false;
    uint64_t before = opening->job->drive.ata.identify.sectors;
    if (now.sectors < before)
        return uw_fail(e, UW_E_REFUSED, "%s shows less than before", opening->job->drive.device);
    if (area == UW_AREA_AMAX && now.sectors == before)
        forget_amax(opening->erase);
    if (!follow(opening, area, &now, e))
        return false;
    post_opened(opening, area, &command, now.sectors);
    return true;
}

static bool open_areas(struct opening *opening, const struct uw_opens *opens, struct uw_error *e)
{
    const struct uw_drive *drive = &opening->job->drive;
    for (int area = 0; area < UW_AREAS; area++)
        if (opens->areas[area] && !open_area(opening, (enum uw_area)area, e))
            return false;
    /* Set again by the restored configuration, or told of by it for the first time. */
    bool again = opens->areas[UW_AREA_DCO] && drive->ata.hpa == UW_HIDDEN_PRESENT;
    return !again || open_area(opening, UW_AREA_HPA, e);
}

/* ---- The plan for what was opened */

static const char *hidden_still(const struct uw_drive *drive)
{
    for (int area = 0; area < UW_AREAS; area++)
        if (uw_area_state(drive, (enum uw_area)area) == UW_HIDDEN_PRESENT)
            return uw_area_name((enum uw_area)area);
    return NULL;
}

/* More than the planner knows: the drive may have done it, and the host does not see it. */
static void refuse_level(struct uw_job *job, const char *area)
{
    const struct uw_drive *drive = &job->drive;
    bool ahead = drive->ata.identify.sectors * drive->logical_block_bytes > drive->bytes;
    job->plan.refusal.refused = false;
    uw_plan_refuse(&job->plan, 3, "level",
                   ahead && strcmp(area, "hpa") != 0
                       ? "switch the machine's power off and on, then run again; or --allow-downgrade, or "
                         "--level clear"
                       : "--allow-downgrade, or --level clear",
                   "%s cannot reach %s: its %s area %s", drive->device, uw_level_name(job->plan.policy.level),
                   area, ahead ? "is open, and the host does not see it" : "could not be opened");
}

static void post_changed(struct uw_job *job)
{
    json_t *data = uw_plan_event(&job->plan), *medium = uw_drive_medium_json(&job->drive);
    json_object_set(data, "capacity", json_object_get(medium, "capacity"));
    json_decref(medium);
    uw_job_post(job, UW_EVENT_PLAN_REMADE, data);
}

static bool plan_again(struct uw_job *job)
{
    const struct uw_opens opens = job->plan.opens;
    const struct uw_policy policy = job->plan.policy;
    const char *area = hidden_still(&job->drive);
    uw_job_make_plan(job, &policy, false);
    if (job->plan.refusal.refused && area != NULL && strcmp(job->plan.refusal.code, "level") == 0)
        refuse_level(job, area);
    job->plan.opens = opens;
    post_changed(job);
    if (job->plan.refusal.refused)
        uw_job_post(job, UW_EVENT_REFUSED, uw_refusal_json(&job->plan.refusal));
    return !job->plan.refusal.refused && uw_gate_identity(job, "before") == UW_SAME;
}

static void take_over(struct uw_job *job, struct uw_erase *erase)
{
    uint64_t noted = uw_amax_noted(job->run->state, &job->drive);
    if (noted == 0)
        return;
    erase->amax_sectors = noted;
    uw_job_post(job, UW_EVENT_AREA_OPENING,
                json_pack("{s:s, s:n, s:I, s:s}", "area", uw_area_name(UW_AREA_AMAX), "command",
                          "sectors_before", (json_int_t)noted, "left", uw_area_left(UW_AREA_AMAX)));
    uw_job_post(job, UW_EVENT_AREA_OPENED,
                json_pack("{s:s, s:s, s:I, s:b, s:b}", "area", uw_area_name(UW_AREA_AMAX), "answer",
                          "an earlier run opened it", "sectors_after",
                          (json_int_t)job->drive.ata.identify.sectors, "opened", 1, "followed", 1));
}

bool uw_erase_open_hidden(struct uw_erase *erase)
{
    struct uw_job *job = erase->job;
    struct opening opening = {erase, job, job->drive.ata.native_sectors};
    struct uw_error e = {0};
    take_over(job, erase);
    if (!uw_opens_any(&job->plan.opens))
        return true;
    /* A locked drive opens nothing. */
    bool opened = uw_erase_open_lock(erase, &e) && open_areas(&opening, &job->plan.opens, &e);
    uw_erase_close_ata(erase);
    return opened ? plan_again(job) : uw_erase_give_up(job, "identity", &e);
}

/* ---- Closing */

static void post_closed(struct uw_job *job, const char *left, const struct uw_ata_command *command)
{
    char answer[UW_ATA_OUTCOME_TEXT];
    uw_ata_outcome_text(command, answer);
    uw_job_post(job, UW_EVENT_AREA_CLOSED,
                json_pack("{s:s, s:s, s:o}", "area", uw_area_name(UW_AREA_AMAX), "left", left, "answer",
                          uw_clean_json(answer)));
}

/* A drive takes one set each time that its power comes: where this run's opening was it, the next run sets
 * back. */
void uw_erase_close_hidden(struct uw_erase *erase)
{
    struct uw_job *job = erase->job;
    struct opening opening = {erase, job, 0};
    struct uw_ata_identify now = {0};
    struct uw_error e = {0};
    if (erase->amax_sectors == 0)
        return;
    struct uw_ata_command set = uw_ata_set_accessible_max(erase->amax_sectors - 1);
    bool told = !job->transport->abandoned && send(&opening, &set, &e) && identify(&opening, &now, &e);
    bool back = told && now.sectors == erase->amax_sectors;
    uw_erase_close_ata(erase);
    if (back)
        forget_amax(erase);
    post_closed(job, back ? "set-back" : "open", &set);
}
