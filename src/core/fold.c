/* SPDX-License-Identifier: Apache-2.0 */
#include "core/fold.h"

#include <string.h>

#include "core/clock.h"
#include "core/ranges.h"

void uw_fold_init(struct uw_fold *fold)
{
    memset(fold, 0, sizeof *fold);
    fold->steps = json_array();
    fold->lost = fold->steps == NULL;
}

void uw_fold_clear(struct uw_fold *fold)
{
    json_t **held[] = {
        &fold->run,     &fold->drive,           &fold->plan,           &fold->refusal,  &fold->confirmed,
        &fold->intent,  &fold->identity_before, &fold->identity_after, &fold->canaries, &fold->verification,
        &fold->failure, &fold->bound,           &fold->health_after,   &fold->steps,    &fold->opened};
    for (size_t i = 0; i < sizeof held / sizeof *held; i++) {
        json_decref(*held[i]);
        *held[i] = NULL;
    }
}

static bool is_true(const json_t *data, const char *name)
{
    return json_is_true(json_object_get(data, name));
}

static json_int_t number(const json_t *data, const char *name)
{
    return json_integer_value(json_object_get(data, name));
}

static void keep(struct uw_fold *fold, json_t **place, const json_t *data)
{
    json_decref(*place);
    *place = json_deep_copy(data);
    if (*place == NULL)
        fold->lost = true;
}

/* json_object_set_new, with its failure remembered. */
static void set(struct uw_fold *fold, json_t *object, const char *name, json_t *value)
{
    if (json_object_set_new(object, name, value) != 0)
        fold->lost = true;
}

static json_t *time_json(int64_t time_ns)
{
    char text[UW_TIME_BYTES];
    uw_time_text(time_ns, text);
    return json_string(text);
}

static json_t *last_of(const json_t *array)
{
    size_t n = json_array_size(array);
    return n > 0 ? json_array_get(array, n - 1) : NULL;
}

static void start_step(struct uw_fold *fold, const struct uw_event *event)
{
    json_t *step = json_deep_copy(event->data);
    set(fold, step, "command", json_null());
    set(fold, step, "start", time_json(event->time_ns));
    set(fold, step, "end", json_null());
    set(fold, step, "completion",
        json_pack("{s:b, s:b, s:b, s:[], s:n, s:n, s:n}", "accepted", 0, "complete", 0, "flushed", 0,
                  "states_seen", "status_raw", "sense", "error"));
    set(fold, step, "bytes_written", json_integer(0));
    set(fold, step, "passes", json_array());
    set(fold, step, "unwritten", json_array());
    set(fold, step, "unwritten_bytes", json_integer(0));
    set(fold, step, "unwritten_omitted", json_integer(0));
    set(fold, step, "errors", json_integer(0));
    set(fold, step, "retries", json_integer(0));
    if (json_object_get(step, "resumed") == NULL)
        set(fold, step, "resumed", json_false());
    fold->evidence.ended_well = fold->evidence.read_back = false;
    if (json_array_append_new(fold->steps, step) != 0)
        fold->lost = true;
}

static void start_pass(struct uw_fold *fold, const struct uw_event *event)
{
    json_t *passes = json_object_get(last_of(fold->steps), "passes");
    json_t *pass = json_deep_copy(event->data);
    json_object_del(pass, "passes");
    set(fold, pass, "bytes_written", json_null());
    set(fold, pass, "bytes_written_at_least", json_integer(0));
    set(fold, pass, "retries", json_null());
    set(fold, pass, "complete", json_false());
    set(fold, pass, "start", time_json(event->time_ns));
    set(fold, pass, "end", json_null());
    if (json_array_append_new(passes, pass) != 0)
        fold->lost = true;
}

/* All that is known of a pass that breaks off. Blocks that a drive did not take are done with too. */
static void follow_pass(struct uw_fold *fold, const json_t *data)
{
    json_t *pass = last_of(json_object_get(last_of(fold->steps), "passes"));
    const char *phase = json_string_value(json_object_get(data, "phase"));
    json_int_t taken = number(data, "done_bytes") - number(data, "lost_bytes");
    bool open = pass != NULL && json_is_null(json_object_get(pass, "end"));
    if (open && phase != NULL && strcmp(phase, "write") == 0 &&
        number(data, "pass") == number(pass, "pass") && taken > number(pass, "bytes_written_at_least"))
        set(fold, pass, "bytes_written_at_least", json_integer(taken));
}

static uint64_t count_blocks(const json_t *ranges)
{
    uint64_t blocks = 0;
    size_t i;
    json_t *range;
    json_array_foreach(ranges, i, range) {
        blocks += (uint64_t)number(range, "count");
    }
    return blocks;
}

/* The last block may be shorter than the others. */
static json_int_t bytes_of(const json_t *ranges, uint64_t blocks, const json_t *capacity)
{
    json_int_t block_bytes = number(capacity, "logical_block_bytes");
    const json_t *last = last_of(ranges);
    bool ends_there = number(last, "lba") + number(last, "count") == number(capacity, "blocks");
    json_int_t missing = number(capacity, "blocks") * block_bytes - number(capacity, "bytes");
    return (json_int_t)blocks * block_bytes - (ends_there ? missing : 0);
}

/* A block that several passes could not write counts once. A pass knows its bytes, a tail shorter than a
 * block among them; of several passes the blocks are known. */
static void add_unwritten(struct uw_fold *fold, json_t *step, const json_t *data)
{
    const json_t *ranges = json_object_get(data, "unwritten");
    const json_t *capacity = json_object_get(json_object_get(fold->drive, "medium"), "capacity");
    uint64_t blocks;
    json_t *both = uw_ranges_union(json_object_get(step, "unwritten"), ranges, &blocks);
    json_int_t bytes = number(step, "unwritten_bytes");
    if (number(data, "unwritten_bytes") > bytes)
        bytes = number(data, "unwritten_bytes");
    if (json_array_size(json_object_get(step, "unwritten")) > 0 && blocks > count_blocks(ranges))
        bytes = bytes_of(both, blocks, capacity);
    set(fold, step, "unwritten", both);
    set(fold, step, "unwritten_bytes", json_integer(bytes));
    if (number(data, "unwritten_omitted") > number(step, "unwritten_omitted"))
        set(fold, step, "unwritten_omitted", json_integer(number(data, "unwritten_omitted")));
}

static void add_to(struct uw_fold *fold, json_t *object, const char *name, json_int_t more)
{
    set(fold, object, name, json_integer(number(object, name) + more));
}

/* Journals of before do not tell them. */
static void add_second_round(struct uw_fold *fold, json_t *pass, const json_t *data)
{
    static const char *const told[] = {"recovered_bytes", "not_narrowed_bytes"};
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++)
        if (json_object_get(data, told[i]) != NULL)
            set(fold, pass, told[i], json_integer(number(data, told[i])));
}

static void end_pass(struct uw_fold *fold, const struct uw_event *event)
{
    json_t *step = last_of(fold->steps);
    json_t *pass = last_of(json_object_get(step, "passes"));
    const json_t *data = event->data;
    if (pass == NULL) {
        fold->lost = true;
        return;
    }
    set(fold, pass, "bytes_written", json_integer(number(data, "bytes_written")));
    json_object_del(pass, "bytes_written_at_least");
    set(fold, pass, "retries", json_integer(number(data, "retries")));
    add_second_round(fold, pass, data);
    set(fold, pass, "complete", json_boolean(is_true(data, "complete")));
    set(fold, pass, "end", time_json(event->time_ns));
    add_to(fold, step, "bytes_written", number(data, "bytes_written"));
    add_to(fold, step, "retries", number(data, "retries"));
    add_to(fold, step, "errors", (json_int_t)json_array_size(json_object_get(data, "unwritten")));
    add_unwritten(fold, step, data);
    if (number(data, "unwritten_bytes") > 0)
        fold->evidence.unwritten = true;
}

static void end_step(struct uw_fold *fold, const struct uw_event *event)
{
    json_t *step = last_of(fold->steps);
    json_t *completion = json_object_get(step, "completion");
    if (completion == NULL) {
        fold->lost = true;
        return;
    }
    set(fold, step, "end", time_json(event->time_ns));
    static const char *const copied[] = {"accepted", "complete", "flushed", "error"};
    for (size_t i = 0; i < sizeof copied / sizeof *copied; i++)
        if (json_object_set(completion, copied[i], json_object_get(event->data, copied[i])) != 0)
            fold->lost = true;
    fold->continues = is_true(event->data, "continues");
    if (is_true(event->data, "accepted") && is_true(event->data, "complete") &&
        is_true(event->data, "flushed"))
        fold->steps_ended_well++;
    size_t planned = json_array_size(json_object_get(fold->plan, "steps"));
    fold->evidence.ended_well = fold->first_step + fold->steps_ended_well == json_array_size(fold->steps) &&
                                fold->steps_ended_well >= planned;
}

static void make_plan(struct uw_fold *fold, const json_t *data)
{
    keep(fold, &fold->plan, data);
    fold->planned_reservations = json_array_size(json_object_get(data, "reservations"));
    fold->evidence.reservations = (unsigned)fold->planned_reservations;
}

/* Another method takes over from one that failed: its plan counts, and what came up so far. */
static void change_plan(struct uw_fold *fold, const json_t *data)
{
    json_t *before = json_incref(json_object_get(fold->plan, "reservations"));
    size_t kept = fold->planned_reservations;
    make_plan(fold, data);
    json_t *list = json_object_get(fold->plan, "reservations");
    for (size_t i = kept; i < json_array_size(before); i++, fold->evidence.reservations++)
        if (json_array_append(list, json_array_get(before, i)) != 0)
            fold->lost = true;
    json_decref(before);
    fold->first_step = json_array_size(fold->steps);
    fold->steps_ended_well = 0;
    fold->evidence.ended_well = fold->evidence.read_back = false;
}

/* One more place where users were looked for, and the last: the descriptor itself. */
static void record_use_check(struct uw_fold *fold, const json_t *data)
{
    json_t *checks = json_object_get(json_object_get(fold->drive, "before"), "use_checks");
    json_t *check = json_object_get(data, "use_check");
    if (!json_is_string(check) || json_array_append(checks, check) != 0)
        fold->lost = true;
}

static void record_command(struct uw_fold *fold, const json_t *data)
{
    json_t *step = last_of(fold->steps);
    const json_t *command = json_object_get(data, "command");
    if (step == NULL || command == NULL)
        fold->lost = true;
    else
        set(fold, step, "command", json_deep_copy(command));
}

static void record_state(struct uw_fold *fold, const json_t *data)
{
    json_t *completion = json_object_get(last_of(fold->steps), "completion");
    const json_t *state = json_object_get(data, "state"), *raw = json_object_get(data, "raw");
    if (completion == NULL || state == NULL || raw == NULL ||
        json_array_append_new(json_object_get(completion, "states_seen"), json_deep_copy(state)) != 0)
        fold->lost = true;
    else
        set(fold, completion, "status_raw", json_deep_copy(raw));
}

/* It came up on the way; it stands with those of the plan. */
static void reserve(struct uw_fold *fold, const json_t *data)
{
    json_t *list = json_object_get(fold->plan, "reservations");
    if (list == NULL || json_array_append_new(list, json_deep_copy(data)) != 0)
        fold->lost = true;
    fold->evidence.reservations++;
}

/* A drive that takes no writes at all may still erase itself. */
static bool may_go_unmarked(const json_t *data)
{
    return is_true(data, "internal") && number(data, "written") == 0;
}

/* A drive that keeps none of the markers, or hands back others than it was given, stores nothing that counts.
 */
static void weigh_canaries(struct uw_fold *fold, const json_t *data)
{
    keep(fold, &fold->canaries, data);
    if (is_true(data, "stopped"))
        return;
    if (number(data, "places") > 0 && number(data, "readable_before") == 0 && !may_go_unmarked(data))
        fold->evidence.unmarked = true;
    if (number(data, "different") > 0)
        fold->evidence.canary_alive = true;
}

/* A second step is read back without markers: what was seen of them after the first one stands. */
static void keep_markers(struct uw_fold *fold, json_t *before)
{
    static const char *const names[] = {"canary", "witness"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const json_t *seen = json_object_get(before, names[i]);
        if (json_is_object(seen) && json_is_null(json_object_get(fold->verification, names[i])))
            set(fold, fold->verification, names[i], json_deep_copy(seen));
    }
}

static void weigh_verification(struct uw_fold *fold, const json_t *data)
{
    json_t *before = json_incref(fold->verification);
    keep(fold, &fold->verification, data);
    keep_markers(fold, before);
    json_decref(before);
    if (number(json_object_get(data, "canary"), "found_after") > 0)
        fold->evidence.canary_alive = true;
    if (number(json_object_get(data, "witness"), "unchanged") > 0)
        fold->evidence.canary_alive = true;
    if (number(data, "mismatches") > 0)
        fold->evidence.image_differs = true;
    const char *result = json_string_value(json_object_get(data, "result"));
    fold->evidence.read_back = result != NULL && strcmp(result, "passed") == 0 && is_true(data, "first") &&
                               is_true(data, "last") && is_true(data, "direct_io");
}

static void weigh_identity(struct uw_fold *fold, const json_t *data)
{
    const char *when = json_string_value(json_object_get(data, "when"));
    bool after = when != NULL && strcmp(when, "after") == 0;
    keep(fold, after ? &fold->identity_after : &fold->identity_before, data);
    if (is_true(data, "gone"))
        fold->evidence.gone = true;
    else if (!is_true(data, "same"))
        fold->evidence.identity_changed = true;
    else if (after && fold->identity_before != NULL)
        fold->evidence.identity_same = !fold->evidence.identity_changed && !fold->evidence.gone;
}

static void touch(struct uw_fold *fold, const struct uw_event *event)
{
    fold->start_ns = event->time_ns;
    fold->boottime_start_ns = event->boottime_ns;
}

static void end(struct uw_fold *fold, const struct uw_event *event)
{
    fold->end_ns = event->time_ns;
    fold->boottime_end_ns = event->boottime_ns;
}

static bool by_crash(const json_t *data)
{
    const char *by = json_string_value(json_object_get(data, "by"));
    return by != NULL && strcmp(by, "crash") == 0;
}

/* What was decided, and by whom, before the medium is touched. */
static void decide(struct uw_fold *fold, const struct uw_event *event)
{
    const json_t *data = event->data;
    switch (event->kind) {
    case UW_EVENT_RUN_STARTED:
        keep(fold, &fold->run, data);
        break;
    case UW_EVENT_DRIVE_SELECTED:
        keep(fold, &fold->drive, data);
        touch(fold, event);
        break;
    case UW_EVENT_PLAN_MADE:
        make_plan(fold, data);
        break;
    case UW_EVENT_PLAN_CHANGED:
        change_plan(fold, data);
        break;
    case UW_EVENT_REFUSED:
        keep(fold, &fold->refusal, data);
        fold->evidence.refused = true;
        break;
    case UW_EVENT_CONFIRMED:
        keep(fold, &fold->confirmed, data);
        break;
    case UW_EVENT_OPENED:
        record_use_check(fold, data);
        break;
    case UW_EVENT_INTENT_STORED:
        keep(fold, &fold->intent, data);
        break;
    case UW_EVENT_IDENTITY_CHECKED:
        weigh_identity(fold, data);
        break;
    case UW_EVENT_AREA_OPENING:
    case UW_EVENT_AREA_OPENED:
    case UW_EVENT_AREA_CLOSED:
    case UW_EVENT_PLAN_REMADE:
        uw_fold_hidden(fold, event);
        break;
    default:
        break;
    }
}

void uw_fold_event(struct uw_fold *fold, const struct uw_event *event)
{
    const json_t *data = event->data;
    switch (event->kind) {
    case UW_EVENT_TOUCHED:
        touch(fold, event);
        break;
    case UW_EVENT_CANARIES_PLANTED:
        weigh_canaries(fold, data);
        break;
    case UW_EVENT_STEP_STARTED:
        start_step(fold, event);
        break;
    case UW_EVENT_COMMAND_SENT:
        record_command(fold, data);
        fold->continues = true; /* until the step's end says otherwise */
        break;
    case UW_EVENT_PASSWORD_SET:
    case UW_EVENT_PASSWORD_FOUND:
        fold->password = true;
        break;
    case UW_EVENT_PASSWORD_GONE:
        fold->password = false;
        break;
    case UW_EVENT_DRIVE_STATE:
        record_state(fold, data);
        break;
    case UW_EVENT_RESERVED:
        reserve(fold, data);
        break;
    case UW_EVENT_PASS_STARTED:
        start_pass(fold, event);
        break;
    case UW_EVENT_PROGRESS:
        follow_pass(fold, data);
        break;
    case UW_EVENT_PASS_ENDED:
        end_pass(fold, event);
        break;
    case UW_EVENT_STEP_ENDED:
        end_step(fold, event);
        break;
    case UW_EVENT_VERIFY_ENDED:
        weigh_verification(fold, data);
        break;
    case UW_EVENT_HEALTH_READ:
        keep(fold, &fold->health_after, json_object_get(data, "health"));
        break;
    case UW_EVENT_STOPPED:
        fold->evidence.aborted = true;
        fold->crashed = by_crash(data);
        break;
    case UW_EVENT_BOUND:
        keep(fold, &fold->bound, data);
        break;
    case UW_EVENT_STALLED:
        fold->evidence.stalled = true;
        fold->evidence.answers = is_true(data, "answers");
        break;
    case UW_EVENT_FAILED:
        keep(fold, &fold->failure, data);
        fold->evidence.gone |= is_true(data, "gone");
        if (is_true(data, "device_lied"))
            fold->evidence.canary_alive = true;
        else
            fold->evidence.broken = true;
        break;
    case UW_EVENT_JOB_ENDED:
        end(fold, event);
        break;
    default:
        decide(fold, event);
    }
}

enum uw_verdict uw_fold_verdict(const struct uw_fold *fold, const char **reason)
{
    if (fold->lost) {
        *reason = "memory ran out: the record is incomplete";
        return UW_VERDICT_FAILED;
    }
    enum uw_verdict verdict = uw_verdict_of(&fold->evidence, reason);
    if (verdict == UW_VERDICT_ABORTED && fold->crashed)
        *reason = "the run broke off: a crash or a power cut";
    return verdict;
}

/* A sample says nothing of what was not read. */
static const char *why_it_holds(const struct uw_fold *fold)
{
    const char *signatures = json_string_value(json_object_get(fold->bound, "signatures"));
    bool whole = number(fold->verification, "coverage_ppm") == 1000000;
    if (fold->bound == NULL)
        return whole ? "it holds one byte all over" : "it holds one byte wherever it was read";
    if (signatures != NULL && strcmp(signatures, "holds") == 0)
        return whole ? "it holds what its certificate says"
                     : "it holds what its certificate says wherever it was read";
    return whole ? "it holds what its certificate says, whose signatures were not checked"
                 : "it holds what its certificate says wherever it was read; its signatures were not checked";
}

bool uw_fold_holds(const struct uw_fold *fold, const char **reason)
{
    const struct uw_evidence *e = &fold->evidence;
    const char *why = json_string_value(json_object_get(fold->failure, "why"));
    if (e->gone)
        *reason = "the drive is gone";
    else if (e->broken)
        *reason = why != NULL ? why : "it could not be looked at";
    else if (e->stalled)
        *reason = "it stopped answering";
    else if (e->image_differs)
        *reason = fold->bound != NULL ? "it does not hold what its certificate says"
                                      : "it does not hold one byte all over";
    else if (e->identity_changed)
        *reason = "another drive answers than the one that was named";
    else if (e->aborted)
        *reason = "the check was stopped";
    else if (!e->read_back || fold->lost)
        *reason = "not everything could be read";
    else
        *reason = why_it_holds(fold);
    return e->read_back && e->identity_same && !e->gone && !e->broken && !e->stalled && !e->image_differs &&
           !e->aborted && !fold->lost;
}
