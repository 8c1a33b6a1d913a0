/* SPDX-License-Identifier: Apache-2.0 */
/* What may be said of a step that broke off in the middle of a pass. */
#include "core/fold.h"

static const json_t *last_of(const json_t *array)
{
    size_t count = json_array_size(array);
    return count > 0 ? json_array_get(array, count - 1) : NULL;
}

static json_int_t number(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

/* The passes before it are known. Ranges that they could not write stay listed; that there are no others is
 * what cannot be said. */
static bool open_end(json_t *step, const json_t *pass)
{
    static const char *const counts[] = {"bytes_written", "retries", "errors", "unwritten_bytes",
                                         "unwritten_omitted"};
    json_int_t written = number(step, "bytes_written") + number(pass, "bytes_written_at_least");
    bool done = json_object_set_new(step, "bytes_written_at_least", json_integer(written)) == 0;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        done = json_object_set_new(step, counts[i], json_null()) == 0 && done;
    return done;
}

json_t *uw_steps_known(const json_t *steps)
{
    json_t *known = json_deep_copy(steps), *step;
    size_t i;
    bool done = known != NULL;
    json_array_foreach(known, i, step) {
        const json_t *pass = last_of(json_object_get(step, "passes"));
        if (json_object_get(pass, "bytes_written_at_least") != NULL)
            done = open_end(step, pass) && done;
    }
    if (done)
        return known;
    json_decref(known);
    return NULL;
}
