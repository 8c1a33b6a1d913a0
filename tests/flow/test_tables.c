/* SPDX-License-Identifier: Apache-2.0 */
/* The command's tables on terminals of every width: no row is wider, what matters most stays, and no word is
 * broken. */
#include "unit/tree.h"

#include "flow_command.h"

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

enum { NARROWEST = 40, WIDEST = 160 };

static const char *const headings[] = {"DEVICE", "BUS",     "MEDIA", "SIZE",   "SECTOR", "MODEL",
                                       "ID",     "CONTENT", "REACH", "SERIAL", "WWN",    "IN USE"};
enum { HEADINGS = sizeof headings / sizeof *headings };

static void has(const char *output, const char *words)
{
    if (strstr(output, words) == NULL)
        fail_msg("'%s' is not in:\n%s", words, output);
}

static void lacks(const char *output, const char *words)
{
    if (strstr(output, words) != NULL)
        fail_msg("'%s' is in:\n%s", words, output);
}

/* What `command` says on a terminal of so many columns, or into a pipe where it is none; ASCII all of it. */
static void say(struct flow *flow, struct flow_command *command, unsigned columns)
{
    command->roots = &tree_roots;
    command->columns = columns;
    command->piped = columns == 0;
    flow_command(flow, command);
    flow_command_is_safe(command);
    assert_int_equal(command->exit_code, 0);
}

static void no_row_is_wider(const char *screen, unsigned columns)
{
    for (const char *row = screen; *row != '\0'; row += strcspn(row, "\n"), row += *row == '\n')
        if (strcspn(row, "\r\n") > columns)
            fail_msg("a row of %zu columns on a terminal of %u:\n%s", strcspn(row, "\r\n"), columns, screen);
}

static void put_drives(const char *vendor, const char *model)
{
    const char *dir = tree_scsi(TREE_SATA, "sda", "8:0", vendor, model);
    tree_serial(dir, "S3Z9NB0K123456A");
    tree_text("proc/self/mountinfo", "20 1 0:2 / / rw - rootfs none rw\n"
                                     "31 20 8:0 / /srv/archive/of/the/year rw - ext4 /dev/sda rw\n");
    dir = tree_scsi(TREE_SATA2, "sdb", "8:16", vendor, model);
    tree_serial(dir, "S3Z9NB0K123457B");
    tree_part(dir, "sdb1", "8:17", "2048");
}

static size_t shown(const char *screen)
{
    size_t count = 0;
    for (size_t i = 0; i < HEADINGS; i++)
        count += strstr(screen, headings[i]) != NULL;
    return count;
}

static void list_leaves_out_what_has_no_room(void **state)
{
    (void)state;
    static struct flow flow;
    size_t columns_before = 0;
    put_drives("Samsung", "SSD 870 EVO 500G");
    flow_open(&flow, 0);
    for (unsigned columns = NARROWEST; columns <= WIDEST; columns++) {
        struct flow_command command = {.arguments = WORDS("list")};
        say(&flow, &command, columns);
        no_row_is_wider(command.screen, columns);
        has(command.screen, "/dev/sda");
        has(command.screen, "S3Z9NB0K123457B");
        has(command.screen, "IN USE");
        has(command.screen, "mount ");
        /* More room, no fewer columns. */
        assert_true(shown(command.screen) >= columns_before);
        columns_before = shown(command.screen);
        if (columns == WIDEST)
            has(command.screen, "mount /srv/archive/of/the/year");
        flow_command_clear(&command);
    }
    flow_close(&flow);
}

/* A column of dashes makes room first. */
static void list_leaves_out_dashes_first(void **state)
{
    (void)state;
    static struct flow flow;
    put_drives("", "");
    flow_open(&flow, 0);
    struct flow_command narrow = {.arguments = WORDS("list")}, pipe = {.arguments = WORDS("list")};
    say(&flow, &narrow, 80);
    no_row_is_wider(narrow.screen, 80);
    lacks(narrow.screen, "MODEL");
    has(narrow.screen, "CONTENT");
    flow_command_clear(&narrow);
    say(&flow, &pipe, 0);
    has(pipe.pipe, "MODEL");
    has(pipe.pipe, "mount /srv/archive/of/the/year");
    flow_command_clear(&pipe);
    flow_close(&flow);
}

static bool has_word(const char *text, const char *word, size_t bytes)
{
    for (; *text != '\0'; text += strcspn(text, " \r\n")) {
        text += strspn(text, " \r\n");
        if (strcspn(text, " \r\n") == bytes && strncmp(text, word, bytes) == 0)
            return true;
    }
    return false;
}

static void no_word_is_broken(struct flow *flow, const char *const *arguments, unsigned narrowest)
{
    struct flow_command whole = {.arguments = arguments};
    say(flow, &whole, 0);
    for (unsigned columns = narrowest; columns <= WIDEST; columns += 5) {
        struct flow_command command = {.arguments = arguments};
        say(flow, &command, columns);
        no_row_is_wider(command.screen, columns);
        size_t bytes;
        for (const char *word = command.screen; *word != '\0'; word += bytes) {
            word += strspn(word, " \r\n");
            bytes = strcspn(word, " \r\n");
            if (bytes > 0 && !has_word(whole.pipe, word, bytes))
                fail_msg("'%.*s' of %u columns is no word", (int)bytes, word, columns);
        }
        flow_command_clear(&command);
    }
    flow_command_clear(&whole);
}

static void methods_break_at_blanks(void **state)
{
    (void)state;
    static struct flow flow;
    flow_open(&flow, 0);
    no_word_is_broken(&flow, WORDS("methods"), 45);
    no_word_is_broken(&flow, WORDS("methods", "--claims"), 50);
    flow_close(&flow);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        tree_test(list_leaves_out_what_has_no_room),
        tree_test(list_leaves_out_dashes_first),
        tree_test(methods_break_at_blanks),
    };
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, flow_remove_all);
}
