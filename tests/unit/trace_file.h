/* SPDX-License-Identifier: Apache-2.0 */
/* A record of commands in a scratch folder, and what stands in it. */
#ifndef UW_TESTS_TRACE_FILE_H
#define UW_TESTS_TRACE_FILE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "unwrite/unwrite.h"

static char trace_folder[256], trace_path[272];

static inline struct uw_trace *trace_begin(void)
{
    const char *tmp = getenv("TMPDIR");
    snprintf(trace_folder, sizeof trace_folder, "%s/unwrite-trace.XXXXXX", tmp != NULL ? tmp : "/tmp");
    assert_non_null(mkdtemp(trace_folder));
    snprintf(trace_path, sizeof trace_path, "%s/trace", trace_folder);
    struct uw_trace *trace = uw_trace_open(trace_path, NULL);
    assert_non_null(trace);
    return trace;
}

/* The lines that say what was sent; the files are gone then. */
static inline json_t *trace_end(struct uw_trace *trace)
{
    char line[8192];
    json_t *sent = json_array();
    assert_true(uw_trace_close(trace, NULL));
    FILE *file = fopen(trace_path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        json_t *value = json_loads(line, 0, NULL);
        assert_non_null(value);
        const char *record = json_string_value(json_object_get(value, "record"));
        if (record != NULL && strcmp(record, "sent") == 0)
            json_array_append(sent, value);
        json_decref(value);
    }
    fclose(file);
    unlink(trace_path);
    rmdir(trace_folder);
    return sent;
}

#endif
