/* SPDX-License-Identifier: Apache-2.0 */
/* The command on a terminal of its own, and into a pipe, with drives whose every word is hostile: not one
 * byte of them gets there that moves, colours, hides or reorders anything; no document is broken; nothing
 * crashes. */
#include "unit/tree.h"

#include "flow_command.h"

#include <dirent.h>
#include <stdlib.h>

#include "core/document.h"
#include "flow_hostile.h"

enum { MIB = 1 << 20, WIDE = 400, PATH_BYTES = FLOW_FOLDER_BYTES * 4 };

static char names[2 * FLOW_HOSTILE_MOST][FLOW_NAME_BYTES];
static struct model_facts facts[2 * FLOW_HOSTILE_MOST];

/* Of each kind of words one drive that waits in the middle of its pass, and one that is in use. Where
 * `paths`, their names hold the words too. */
static void put_hostile(struct flow *flow, bool paths)
{
    const struct model_config config = {
        .bytes = MIB, .faults = {{MODEL_HOLD, MODEL_WRITE, .after_flushes = 1, .times = 1}}};
    flow_open(flow, 2 * flow_hostile_count);
    for (size_t i = 0; i < 2 * flow_hostile_count; i++) {
        const char *words = flow_hostile[i % flow_hostile_count].text;
        snprintf(names[i], sizeof names[i], "%zu%.40s", i, paths ? words : "-drive");
        facts[i] = (struct model_facts){.name = names[i],
                                        .vendor = words,
                                        .model = words,
                                        .serial = words,
                                        .firmware = words,
                                        .use_kind = i < flow_hostile_count ? NULL : "mount",
                                        .use = words};
        flow_put(flow, i, &facts[i], &config, i);
    }
}

static const char **arguments_with(const struct flow *flow, const char *const *first, size_t targets)
{
    static const char *all[2 * FLOW_HOSTILE_MOST + 16];
    size_t count = 0;
    while (*first != NULL)
        all[count++] = *first++;
    for (size_t i = 0; i < targets; i++)
        all[count++] = flow->targets[i];
    all[count] = NULL;
    return all;
}
#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void has(const char *output, const char *words)
{
    if (strstr(output, words) == NULL)
        fail_msg("'%s' is not in: %s", words, output);
}

/* The whole of it is one document, free of what steers. */
static json_t *document_of(const char *text)
{
    struct uw_error e = {0};
    json_t *document = uw_document_parse(text, strlen(text), &e);
    if (document == NULL)
        fail_msg("no document: %s", e.text);
    assert_false(flow_has_controls(document));
    return document;
}

/* Each line that is one is one document. */
static size_t count_documents(char *text)
{
    size_t count = 0;
    char *rest = text, *line;
    while ((line = strsep(&rest, "\n")) != NULL) {
        if (*line != '{')
            continue;
        json_decref(document_of(line));
        count++;
    }
    return count;
}

static void ends_with(struct flow *flow, struct flow_command *command, int exit_code)
{
    flow_command(flow, command);
    flow_command_is_safe(command);
    /* A drive has no line of its own. */
    assert_null(strstr(command->screen, "\nsanitized (purge)"));
    assert_null(strstr(command->pipe, "\nsanitized (purge)"));
    if (command->exit_code != exit_code)
        fail_msg("exit %d, not %d: %s%s", command->exit_code, exit_code, command->screen, command->pipe);
}

/* The checks of this file would see what a drive sends. */
static void would_be_seen(void **state)
{
    (void)state;
    assert_true(flow_hostile_count >= 40);
    for (size_t i = 0; i < flow_hostile_count; i++) {
        char line[8192];
        int length = snprintf(line, sizeof line, "/dev/sda: %s, 1 MB\r\n", flow_hostile[i].text);
        bool seen = flow_find_unsafe(line, (size_t)length) != NULL;
        if (seen != flow_hostile[i].steers)
            fail_msg("row %zu is %s", i, seen ? "seen" : "not seen");
    }
    static const char own[] = "\r\x1b[12A/dev/sda [##]\x1b[K\n\x1b[J\x1b[32msanitized\x1b[0m caf\xc3\xa9\r\n";
    assert_null(flow_find_unsafe(own, sizeof own - 1));
}

/* From the kernel's files to the screen: nothing but the command's own code in between. */
static void put_tree(void)
{
    char mounts[8192] = "20 1 0:2 / / rw - rootfs none rw\n";
    for (size_t i = 0; i < flow_hostile_count; i++) {
        char name[16], number[16];
        snprintf(name, sizeof name, "sd%c%c", (char)('a' + i / 26), (char)('a' + i % 26));
        snprintf(number, sizeof number, "8:%zu", 16 * i);
        const char *words = flow_hostile[i].text, *dir = tree_scsi(TREE_SATA, name, number, "", "");
        tree_page(dir, "device/vendor", words, strlen(words));
        tree_page(dir, "device/model", words, strlen(words));
        tree_page(dir, "device/rev", words, strlen(words));
        char serial[256];
        snprintf(serial, sizeof serial, "%.255s", words);
        tree_serial(dir, serial);
        size_t used = strlen(mounts);
        snprintf(mounts + used, sizeof mounts - used,
                 "%zu 20 %s / /mnt/\\033[2J\\015%.40s rw - ext4 /dev/%s rw\n", 30 + i, number,
                 strpbrk(words, "\n ") != NULL ? "" : words, name);
    }
    tree_text("proc/self/mountinfo", "%s", mounts);
    const char *dir = tree_scsi(TREE_SATA, "sdzx", "65:0", "\x1b[2J", "empty");
    tree_set(dir, "size", "0\n");
    dir = tree_scsi(TREE_SATA, "sdzy", "65:16", "\x1b[2J", "vast");
    tree_set(dir, "size", "18014398509481984\n"); /* 2^63 bytes */
    dir = tree_scsi(TREE_SATA, "sdzz", "65:32", "\x1b[2J", "none");
    tree_set(dir, "size", "36028797018963968\n"); /* 2^64 */
}

static void list(void **state)
{
    (void)state;
    static const unsigned widths[] = {20, 79, 100, WIDE};
    static const char *const locales[] = {"C.UTF-8", "C"};
    static struct flow flow;
    put_tree();
    flow_open(&flow, 0);
    for (size_t i = 0; i < 8; i++) {
        struct flow_command command = {.arguments = WORDS("list"),
                                       .roots = &tree_roots,
                                       .columns = widths[i % 4],
                                       .locale = locales[i / 4]};
        ends_with(&flow, &command, 0);
        has(command.screen, "/dev/sdaa");
        flow_command_clear(&command);
    }
    struct flow_command plain = {.arguments = WORDS("list"), .roots = &tree_roots, .piped = true};
    ends_with(&flow, &plain, 0);
    has(plain.pipe, "/dev/sdzz");
    has(plain.pipe, "?[2J?[35mok?");
    flow_command_clear(&plain);
    struct flow_command json = {.arguments = WORDS("list", "--json"), .roots = &tree_roots, .piped = true};
    ends_with(&flow, &json, 0);
    json_t *document = document_of(json.pipe);
    assert_int_equal(json_array_size(json_object_get(document, "drives")), flow_hostile_count + 3);
    json_decref(document);
    flow_command_clear(&json);
    flow_close(&flow);
}

static void plan(void **state)
{
    static struct flow flow;
    (void)state;
    for (int paths = 0; paths < 2; paths++) {
        put_hostile(&flow, paths != 0);
        const char *const *all =
            arguments_with(&flow, WORDS("plan", "--level", "clear", "--"), flow.machine.count);
        struct flow_command screen = {.arguments = all}, pipe = {.arguments = all, .piped = true};
        ends_with(&flow, &screen, UW_EXIT_REFUSED);
        has(screen.screen, "/model/0");
        ends_with(&flow, &pipe, UW_EXIT_REFUSED);
        has(pipe.pipe, "REFUSED");
        all = arguments_with(&flow, WORDS("plan", "--level", "clear", "--json", "--"), flow.machine.count);
        struct flow_command json = {.arguments = all, .piped = true};
        ends_with(&flow, &json, UW_EXIT_REFUSED);
        json_t *document = document_of(json.pipe);
        assert_int_equal(json_array_size(json_object_get(document, "plans")), flow.machine.count);
        json_decref(document);
        flow_command_clear(&screen);
        flow_command_clear(&pipe);
        flow_command_clear(&json);
        flow_close(&flow);
    }
}

/* Every document that was stored, on a page of its own and as what it is worth. */
static void show_documents(struct flow *flow)
{
    static char paths[4 * FLOW_HOSTILE_MOST][PATH_BYTES];
    static const char *show[4 * FLOW_HOSTILE_MOST + 8], *verify[4 * FLOW_HOSTILE_MOST + 8];
    const char *const asked[] = {"cert", "verify", "--key", flow->key, "--allow-test-key"};
    size_t count = 0;
    const struct dirent *entry;
    DIR *folder = opendir(flow->certificates);
    assert_non_null(folder);
    memcpy(show, WORDS("cert", "show"), 2 * sizeof *show);
    memcpy(verify, asked, sizeof asked);
    while ((entry = readdir(folder)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        assert_true(count < sizeof paths / sizeof *paths);
        snprintf(paths[count], sizeof paths[count], "%s/%s", flow->certificates, entry->d_name);
        show[2 + count] = verify[5 + count] = paths[count];
        count++;
    }
    closedir(folder);
    assert_true(count >= flow->machine.count);
    struct flow_command page = {.arguments = show}, worth = {.arguments = verify};
    ends_with(flow, &page, UW_EXIT_SANITIZED);
    has(page.screen, "not checked here");
    flow_command_clear(&page);
    ends_with(flow, &worth, UW_EXIT_LEVEL);
    has(worth.screen, "holds");
    flow_command_clear(&worth);
}

/* The list of plans, the question for each drive, the live screen, the ends, the summary. */
static void erase_on_terminal(void **state)
{
    static struct flow flow;
    (void)state;
    for (int paths = 0; paths < 2; paths++) {
        put_hostile(&flow, paths != 0);
        struct flow_command command = {
            .arguments = arguments_with(&flow, WORDS("erase", "--level", "clear", "--"), flow.machine.count),
            .columns = paths != 0 ? 90 : WIDE,
            .answers = true,
            .drawn = 2};
        ends_with(&flow, &command, UW_EXIT_REFUSED);
        has(command.screen, "Erase /model/0");
        has(command.screen, "\x1b[K");
        has(command.screen, " running, ");
        has(command.screen, "sanitized\x1b[0m (clear)");
        char sum[64];
        snprintf(sum, sizeof sum, "%zu of %zu drives sanitized (clear)", flow_hostile_count,
                 2 * flow_hostile_count);
        has(command.screen, sum);
        flow_command_clear(&command);
        if (paths == 0)
            show_documents(&flow);
        flow_close(&flow);
    }
}

/* Plain lines: a pipe, and a terminal that moves nothing; what is asked is asked on the terminal all the
 * same. */
static void erase_in_lines(void **state)
{
    static struct flow flow;
    (void)state;
    for (int dumb = 0; dumb < 2; dumb++) {
        put_hostile(&flow, true);
        struct flow_command command = {
            .arguments = arguments_with(&flow, WORDS("erase", "--level", "clear", "--"), flow.machine.count),
            .term = "dumb",
            .piped = dumb == 0,
            .answers = true};
        ends_with(&flow, &command, UW_EXIT_REFUSED);
        const char *lines = dumb == 0 ? command.pipe : command.screen;
        has(command.screen, "Erase /model/0");
        has(lines, ": erasing ");
        has(lines, ": pass 1/1");
        has(lines, ": sanitized (clear) in ");
        assert_null(strchr(command.screen, '\x1b'));
        flow_command_clear(&command);
        flow_close(&flow);
    }
}

static void erase_as_json(void **state)
{
    static struct flow flow;
    (void)state;
    put_hostile(&flow, true);
    struct flow_command command = {
        .arguments =
            arguments_with(&flow, WORDS("erase", "--level", "clear", "--json", "--"), flow.machine.count),
        .piped = true,
        .answers = true};
    ends_with(&flow, &command, UW_EXIT_REFUSED);
    assert_int_equal(count_documents(command.pipe), flow.machine.count);
    flow_command_clear(&command);
    flow_close(&flow);
}

/* What is erased is looked at again, with the same words. */
static void verify(void **state)
{
    static struct flow flow;
    (void)state;
    put_hostile(&flow, true);
    struct flow_command command = {.arguments =
                                       arguments_with(&flow, WORDS("verify", "--"), flow_hostile_count)};
    ends_with(&flow, &command, UW_EXIT_FAILED);
    has(command.screen, "DOES NOT HOLD");
    flow_command_clear(&command);
    flow_close(&flow);
}

static void sizes(void **state)
{
    static const struct {
        const char *name;
        uint64_t bytes;
    } rows[] = {{"empty", 0}, {"vast", 1ULL << 63}, {"most", UINT64_MAX}};
    static struct flow flow;
    (void)state;
    flow_open(&flow, 3);
    for (size_t i = 0; i < 3; i++) {
        facts[i] = (struct model_facts){.name = rows[i].name};
        const struct model_config config = {.bytes = rows[i].bytes, .phantom = true};
        flow_put(&flow, i, &facts[i], &config, 0);
    }
    static const char *const verbs[] = {"plan", "erase"};
    for (size_t i = 0; i < 2; i++) {
        struct flow_command command = {
            .arguments = arguments_with(&flow, WORDS(verbs[i], "--level", "clear", "--"), 3),
            .answers = true};
        ends_with(&flow, &command, UW_EXIT_REFUSED);
        flow_command_clear(&command);
    }
    flow_close(&flow);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(would_be_seen),  tree_test(list),
        cmocka_unit_test(plan),           cmocka_unit_test(erase_on_terminal),
        cmocka_unit_test(erase_in_lines), cmocka_unit_test(erase_as_json),
        cmocka_unit_test(verify),         cmocka_unit_test(sizes),
    };
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, flow_make_hostile, flow_remove_all);
}
