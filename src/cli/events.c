/* SPDX-License-Identifier: Apache-2.0 */
#include "events.h"

#include <string.h>

#include "unwrite/record.h"

static struct uw_record *record;

bool events_open(const char *path, struct uw_error *e)
{
    record = path != NULL ? uw_record_open("events file", path, e) : NULL;
    return path == NULL || record != NULL;
}

void events_write(const struct uw_event *event)
{
    if (record == NULL)
        return;
    uw_record_add(record, uw_event_json(event));
    int error = uw_record_error(record);
    if (error == 0)
        return;
    remark("the events file cannot be written any more: %s", strerror(error));
    (void)uw_record_close(record, NULL);
    record = NULL;
}

void events_forget_empty(void)
{
    uw_record_forget_empty(record);
}

void events_close(void)
{
    struct uw_error e = {0};
    if (!uw_record_close(record, &e))
        remark("%s", e.text);
    record = NULL;
}
