/* SPDX-License-Identifier: Apache-2.0 */
/* Hidden areas in the fold: what was opened, how it was left, and the plan for the drive as it was then. */
#include <string.h>

#include "core/fold.h"

static void check(struct uw_fold *fold, bool done)
{
    fold->lost = fold->lost || !done;
}

/* Until its end is told the worst is true: it was changed, and is left so. */
static void begin(struct uw_fold *fold, const json_t *data)
{
    json_t *item = json_deep_copy(data);
    if (fold->opened == NULL)
        fold->opened = json_array();
    check(fold, json_object_set_new(item, "answer", json_null()) == 0 &&
                    json_object_set_new(item, "sectors_after", json_null()) == 0 &&
                    json_object_set_new(item, "opened", json_false()) == 0 &&
                    json_object_set_new(item, "followed", json_false()) == 0 &&
                    json_array_append_new(fold->opened, item) == 0);
}

/* The last one of that area. */
static json_t *find(const struct uw_fold *fold, const json_t *data)
{
    const char *area = json_string_value(json_object_get(data, "area"));
    for (size_t i = json_array_size(fold->opened); area != NULL && i-- > 0;) {
        json_t *item = json_array_get(fold->opened, i);
        const char *name = json_string_value(json_object_get(item, "area"));
        if (name != NULL && strcmp(name, area) == 0)
            return item;
    }
    return NULL;
}

static void end(struct uw_fold *fold, const json_t *data)
{
    static const char *const members[] = {"answer", "sectors_after", "opened", "followed"};
    json_t *item = find(fold, data);
    for (size_t i = 0; item != NULL && i < sizeof members / sizeof *members; i++)
        check(fold,
              json_object_set_new(item, members[i], json_deep_copy(json_object_get(data, members[i]))) == 0);
    const json_t *before = json_object_get(item, "sectors_before");
    if (item != NULL && json_equal(before, json_object_get(data, "sectors_after")))
        check(fold, json_object_set_new(item, "left", json_string("unchanged")) == 0);
}

static void close_area(struct uw_fold *fold, const json_t *data)
{
    json_t *item = find(fold, data);
    if (item != NULL)
        check(fold, json_object_set_new(item, "left", json_deep_copy(json_object_get(data, "left"))) == 0);
}

/* Before the first step, so that no reservation of another origin is lost. */
static void replan(struct uw_fold *fold, const json_t *data)
{
    json_t *plan = json_deep_copy(data), *medium = json_object_get(fold->drive, "medium");
    const json_t *capacity = json_object_get(data, "capacity");
    size_t before = json_array_size(json_object_get(fold->plan, "reservations"));
    size_t now = json_array_size(json_object_get(data, "reservations"));
    if (plan == NULL || medium == NULL || capacity == NULL) {
        json_decref(plan);
        fold->lost = true;
        return;
    }
    check(fold, json_object_set_new(medium, "capacity", json_deep_copy(capacity)) == 0);
    json_object_del(plan, "capacity");
    json_decref(fold->plan);
    fold->plan = plan;
    fold->planned_reservations = now;
    fold->evidence.reservations = fold->evidence.reservations - (unsigned)before + (unsigned)now;
}

void uw_fold_hidden(struct uw_fold *fold, const struct uw_event *event)
{
    if (event->kind == UW_EVENT_AREA_OPENING)
        begin(fold, event->data);
    else if (event->kind == UW_EVENT_AREA_OPENED)
        end(fold, event->data);
    else if (event->kind == UW_EVENT_AREA_CLOSED)
        close_area(fold, event->data);
    else
        replan(fold, event->data);
}
