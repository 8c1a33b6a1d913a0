/* SPDX-License-Identifier: Apache-2.0 */
#include "view.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

bool view_init(struct view *view, size_t count)
{
    view->count = count;
    view->drives = calloc(count > 0 ? count : 1, sizeof *view->drives);
    return view->drives != NULL;
}

void view_clear(struct view *view)
{
    for (size_t i = 0; view->drives != NULL && i < view->count; i++)
        json_decref(view->drives[i].unstored);
    free(view->drives);
    *view = (struct view){0};
}

static void keep(char *place, size_t place_bytes, const char *text)
{
    uw_text_printable(text != NULL ? text : "", place, place_bytes);
}

static void select_drive(struct view_drive *drive, const json_t *data)
{
    const json_t *medium = json_object_get(data, "medium");
    const char *model = text_of(medium, "model"), *serial = text_of(medium, "serial");
    char size[32], name[sizeof drive->name];
    drive->bytes = number_of(data, "bytes");
    uw_text_bytes(drive->bytes, size, sizeof size);
    snprintf(name, sizeof name, "%s%s%s%s%s", model != NULL ? model : "", model != NULL ? ", " : "", size,
             serial != NULL ? ", serial " : "", serial != NULL ? serial : "");
    keep(drive->device, sizeof drive->device, text_of(data, "device"));
    keep(drive->name, sizeof drive->name, name);
}

static void begin_phase(struct view_drive *drive, const char *phase, uint64_t total_bytes)
{
    if (strcmp(drive->phase, phase) != 0) {
        snprintf(drive->phase, sizeof drive->phase, "%s", phase);
        drive->rate = (struct rate){0};
        drive->done_bytes = 0;
    }
    drive->total_bytes = total_bytes;
}

/* Reading all of it back takes about as long as a pass; a sample's time does not show. */
static void begin_pass(struct view_drive *drive, uint64_t pass, uint64_t passes, uint64_t total_bytes)
{
    char phase[sizeof drive->phase];
    snprintf(phase, sizeof phase, "pass %" PRIu64 "/%" PRIu64, pass % 1000, passes % 1000);
    begin_phase(drive, phase, total_bytes);
    uint64_t later = passes > pass ? passes - pass : 0;
    drive->later_bytes = (later + (drive->verify_full ? 1 : 0)) * drive->bytes;
}

static void progress(struct view_drive *drive, const struct uw_event *event)
{
    const json_t *data = event->data;
    const char *phase = text_or(data, "phase", "working");
    uint64_t total_bytes = number_of(data, "total_bytes");
    if (strcmp(phase, "write") == 0) {
        begin_pass(drive, number_of(data, "pass"), number_of(data, "passes"), total_bytes);
    } else {
        char clean[sizeof drive->phase];
        keep(clean, sizeof clean, phase);
        begin_phase(drive, clean, total_bytes);
        drive->later_bytes = 0;
    }
    drive->done_bytes = number_of(data, "done_bytes");
    rate_add(&drive->rate, event->boottime_ns, drive->done_bytes);
}

/* A refusal says all itself, with the way out; for a failure what the drive or the kernel said follows the
 * verdict's reason. */
static void end(struct view_drive *drive, const struct uw_event *event)
{
    char why[sizeof drive->why];
    const char *reason = text_or(event->data, "why", ""), *detail = drive->detail;
    keep(drive->verdict, sizeof drive->verdict, text_or(event->data, "verdict", "failed"));
    keep(drive->level, sizeof drive->level, text_of(event->data, "level"));
    if (strcmp(drive->verdict, "refused") == 0 && *detail != '\0')
        reason = "";
    bool both = *reason != '\0' && *detail != '\0';
    if (both && strstr(detail, reason) != NULL)
        reason = "", both = false;
    snprintf(why, sizeof why, "%s%s%s", reason, both ? ": " : "", detail);
    keep(drive->why, sizeof drive->why, why);
    drive->state = VIEW_ENDED;
    drive->ended_ns = event->boottime_ns;
}

static void refuse(struct view_drive *drive, const json_t *data)
{
    const char *way_out = text_or(data, "way_out", "");
    char detail[sizeof drive->detail];
    snprintf(detail, sizeof detail, "%s%s%s", text_or(data, "why", "refused"), *way_out != '\0' ? "; " : "",
             way_out);
    keep(drive->detail, sizeof drive->detail, detail);
}

json_t *view_document(const json_t *data)
{
    json_t *certificate = json_object_get(data, "certificate"), *addendum = json_object_get(data, "addendum");
    json_t *body = addendum != NULL ? addendum : certificate;
    json_t *signatures = json_object_get(data, "signatures");
    if (!json_is_object(body) || !json_is_array(signatures))
        return NULL;
    return json_pack("{s:O, s:O}", addendum != NULL ? "addendum" : "certificate", body, "signatures",
                     signatures);
}

static void take_event(struct view_drive *drive, const struct uw_event *event)
{
    const json_t *data = event->data;
    switch (event->kind) {
    case UW_EVENT_DRIVE_SELECTED:
        select_drive(drive, data);
        break;
    case UW_EVENT_PLAN_MADE:
    case UW_EVENT_PLAN_CHANGED:
    case UW_EVENT_PLAN_REMADE:
        drive->verify_full = strcmp(text_or(data, "verify", ""), "full") == 0;
        break;
    case UW_EVENT_REFUSED:
        refuse(drive, data);
        break;
    case UW_EVENT_TOUCHED:
        drive->state = VIEW_RUNNING;
        drive->started_ns = event->boottime_ns;
        begin_phase(drive, "witnesses", 0);
        break;
    case UW_EVENT_PASS_STARTED:
        begin_pass(drive, number_of(data, "pass"), number_of(data, "passes"), drive->bytes);
        break;
    case UW_EVENT_VERIFY_STARTED:
        begin_phase(drive, "verify", number_of(data, "bytes"));
        drive->later_bytes = 0;
        break;
    case UW_EVENT_PROGRESS:
        progress(drive, event);
        break;
    case UW_EVENT_FAILED:
        keep(drive->detail, sizeof drive->detail, text_of(data, "why"));
        break;
    case UW_EVENT_JOB_ENDED:
        end(drive, event);
        break;
    case UW_EVENT_CERTIFICATE_STORED:
        keep(drive->certificate, sizeof drive->certificate, text_of(data, "path"));
        break;
    case UW_EVENT_NOT_STORED:
        keep(drive->not_stored, sizeof drive->not_stored, text_or(data, "why", "it could not be written"));
        json_decref(drive->unstored);
        drive->unstored = view_document(data);
        break;
    default:
        break;
    }
}

struct view_drive *view_event(struct view *view, const struct uw_event *event)
{
    if (event->job < 0 || (size_t)event->job >= view->count)
        return NULL;
    struct view_drive *drive = &view->drives[event->job];
    take_event(drive, event);
    return drive;
}

bool view_is_sanitized(const struct view_drive *drive)
{
    return drive->state == VIEW_ENDED && (strcmp(drive->verdict, "sanitized") == 0 ||
                                          strcmp(drive->verdict, "sanitized-with-exceptions") == 0);
}

unsigned view_percent(const struct view_drive *drive)
{
    if (drive->total_bytes == 0)
        return 0;
    if (drive->done_bytes >= drive->total_bytes)
        return 100;
    unsigned percent = (unsigned)((double)drive->done_bytes * 100.0 / (double)drive->total_bytes);
    return percent > 99 ? 99 : percent;
}

void view_speed(const struct view_drive *drive, uint64_t now_ns, char *text, size_t text_bytes)
{
    char amount[32];
    uint64_t per_s = rate_per_s(&drive->rate, now_ns);
    text[0] = '\0';
    if (per_s == 0)
        return;
    uw_text_bytes(per_s, amount, sizeof amount);
    snprintf(text, text_bytes, "%s/s", amount);
}

void view_left(const struct view_drive *drive, uint64_t now_ns, char *text, size_t text_bytes)
{
    char duration[32];
    uint64_t phase_bytes =
        drive->total_bytes > drive->done_bytes ? drive->total_bytes - drive->done_bytes : 0;
    uint64_t seconds, still_s = rate_still_s(&drive->rate, now_ns);
    text[0] = '\0';
    if (still_s * 1000 >= RATE_WINDOW_MS) {
        uw_text_duration(still_s, duration, sizeof duration);
        snprintf(text, text_bytes, "no progress %s", duration);
    } else if (rate_left_s(&drive->rate, now_ns, phase_bytes + drive->later_bytes, &seconds)) {
        uw_text_duration(seconds, duration, sizeof duration);
        snprintf(text, text_bytes, "%s left", duration);
    }
}
