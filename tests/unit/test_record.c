/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of any length come to a file whole, or not at all. What else a record must hold, test_trace.c has. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "transport/lines.h"
#include "unwrite/record.h"

enum { LONG_BYTES = 3 * UW_LINES_CHUNK_BYTES + 17 };

static char folder[256], path[300];

static int begin(void **state)
{
    const char *tmp = getenv("TMPDIR");
    (void)state;
    snprintf(folder, sizeof folder, "%s/unwrite-record.XXXXXX", tmp != NULL ? tmp : "/tmp");
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/file", folder);
    return 0;
}

static int finish(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

/* A string of `bytes` letters. */
static json_t *letters(size_t bytes)
{
    char *text = malloc(bytes + 1);
    assert_non_null(text);
    memset(text, 'x', bytes);
    text[bytes] = '\0';
    json_t *line = json_pack("[s]", text);
    free(text);
    return line;
}

/* Line `i` has `lengths[i]` letters, and there are no others. */
static void check_lines(const size_t *lengths, size_t count)
{
    char *line = NULL;
    size_t room = 0, seen = 0;
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    for (ssize_t got; (got = getline(&line, &room, file)) > 0; seen++) {
        assert_true(seen < count && line[got - 1] == '\n');
        json_t *value = json_loads(line, 0, NULL);
        assert_int_equal(json_string_length(json_array_get(value, 0)), lengths[seen]);
        json_decref(value);
    }
    free(line);
    fclose(file);
    assert_int_equal(seen, count);
}

static struct uw_record *open_with_room(rlim_t bytes)
{
    struct rlimit before, small;
    struct uw_error e = {0};
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    struct uw_record *record = uw_record_open("test file", path, &e);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    if (record == NULL)
        fail_msg("%s", e.text);
    return record;
}

static void lines_of_any_length(void **state)
{
    (void)state;
    /* With brackets, quotes and the line's end: a chunk less one, a chunk, and one more. */
    static const size_t lengths[] = {
        1, UW_LINES_CHUNK_BYTES - 6, UW_LINES_CHUNK_BYTES - 5, UW_LINES_CHUNK_BYTES - 4, LONG_BYTES, 0};
    enum { COUNT = sizeof lengths / sizeof *lengths };
    struct uw_error e = {0};
    struct uw_record *record = open_with_room(RLIM_INFINITY);
    for (size_t i = 0; i < COUNT; i++)
        uw_record_add(record, letters(lengths[i]));
    assert_int_equal(uw_record_error(record), 0);
    if (!uw_record_close(record, &e))
        fail_msg("%s", e.text);
    check_lines(lengths, COUNT);
}

/* There is room for its first chunks. */
static void of_a_line_without_room_nothing_stays(void **state)
{
    (void)state;
    static const size_t lengths[] = {10};
    struct uw_error e = {0};
    struct uw_record *record = open_with_room(2 * UW_LINES_CHUNK_BYTES);
    uw_record_add(record, letters(10));
    uw_record_add(record, letters(LONG_BYTES));
    uw_record_add(record, letters(10));
    assert_false(uw_record_close(record, &e));
    assert_int_equal(e.code, UW_E_STORE);
    assert_int_equal(e.errno_value, EFBIG);
    assert_string_equal(e.text, "the test file is not whole, 1 of 3 lines were written: File too large");
    check_lines(lengths, 1);
}

static void a_line_that_had_no_memory_ends_the_record(void **state)
{
    (void)state;
    static const size_t lengths[] = {10};
    struct uw_error e = {0};
    struct uw_record *record = open_with_room(RLIM_INFINITY);
    uw_record_add(record, letters(10));
    uw_record_add(record, NULL);
    uw_record_add(record, letters(10));
    assert_int_equal(uw_record_error(record), ENOMEM);
    assert_false(uw_record_close(record, &e));
    assert_int_equal(e.errno_value, ENOMEM);
    check_lines(lengths, 1);
    assert_true(uw_record_close(NULL, &e));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lines_of_any_length, begin, finish),
        cmocka_unit_test_setup_teardown(of_a_line_without_room_nothing_stays, begin, finish),
        cmocka_unit_test_setup_teardown(a_line_that_had_no_memory_ends_the_record, begin, finish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
