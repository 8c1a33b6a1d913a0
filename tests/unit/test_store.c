/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "output/output.h"

/* A file system that lacks renameat2's flags, and a disk whose n-th flush fails. */
static bool plain_rename_only;
static int flushes_until_failure;

int renameat2(int old_folder, const char *old_path, int new_folder, const char *new_path, unsigned flags)
{
    if (plain_rename_only) {
        errno = EINVAL;
        return -1;
    }
    return (int)syscall(SYS_renameat2, old_folder, old_path, new_folder, new_path, flags);
}

int fsync(int fd)
{
    if (flushes_until_failure > 0 && --flushes_until_failure == 0) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_fsync, fd);
}

static int enter_scratch(void **state)
{
    static char folder[] = "/tmp/unwrite-store.XXXXXX";
    *state = mkdtemp(folder);
    return *state == NULL || chdir(*state) != 0;
}

static int leave_scratch(void **state)
{
    return chdir("/") != 0 || rmdir(*state) != 0;
}

static size_t files_in(const char *folder)
{
    size_t count = 0;
    DIR *stream = opendir(folder);
    assert_non_null(stream);
    for (struct dirent *entry; (entry = readdir(stream)) != NULL;)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(stream);
    return count;
}

static char *content_of(const char *path)
{
    static char text[4096];
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

static void names_files(void **state)
{
    (void)state;
    static const struct {
        const char *issued_at;
        const char *serial;
        const char *id;
        const char *want;
    } rows[] = {
        {"2026-11-22T13:16:00.123456789Z", "WD-WCC4N0123456", "c0b6a9d4-53f4-4f1b-8e1d-2b7f8f3e9d02",
         "20261122T131600Z-WD-WCC4N0123456-c0b6a9d4.certificate.json"},
        {"2026-11-22T13:16:00.000000000Z", "", "c0b6a9d4-53f4",
         "20261122T131600Z-noserial-c0b6a9d4.certificate.json"},
        {"2026-11-22T13:16:00.000000000Z", NULL, "c0b6a9d4-53f4",
         "20261122T131600Z-noserial-c0b6a9d4.certificate.json"},
        {"2026-11-22T13:16:00Z", "../../etc/x y", "c0b6a9d4",
         "20261122T131600Z-.._.._etc_x_y-c0b6a9d4.certificate.json"},
        {"2026-11-22T13:16:00Z", "a\xc3\xa9\xe2\x82\xac.b", "c0b6a9d4",
         "20261122T131600Z-a__.b-c0b6a9d4.certificate.json"},
        {"2026-11-22T13:16:00Z", "0123456789012345678901234567890123456789END", "c0b6a9d4",
         "20261122T131600Z-0123456789012345678901234567890123456789-c0b6a9d4.certificate.json"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char name[256];
        uw_store_name(rows[i].issued_at, rows[i].serial, rows[i].id, "certificate", name, sizeof name);
        assert_string_equal(name, rows[i].want);
    }
}

static void stores_whole_and_once(void **state)
{
    (void)state;
    char path[64];
    struct uw_error e = {0};
    json_t *document = json_pack("{s:{s:i, s:[i]}, s:[]}", "z", "b", 1, "a", 2, "signatures");
    assert_true(uw_store_document(".", "x.json", document, path, sizeof path, &e));
    assert_string_equal(path, "./x.json");
    static const char want[] =
        "{\n  \"z\": {\n    \"b\": 1,\n    \"a\": [\n      2\n    ]\n  },\n  \"signatures\": []\n}\n";
    assert_string_equal(content_of("x.json"), want);

    json_object_clear(document);
    assert_false(uw_store_document(".", "x.json", document, path, sizeof path, &e));
    assert_int_equal(e.code, UW_E_STORE);
    assert_int_equal(e.errno_value, EEXIST);
    assert_string_equal(content_of("x.json"), want);
    assert_int_equal(files_in("."), 1);
    assert_int_equal(unlink("x.json"), 0);
    json_decref(document);
}

static void leaves_nothing_of_a_failure(void **state)
{
    (void)state;
    char path[64];
    struct uw_error e = {0};
    struct rlimit old, small = {0};
    json_t *document = json_pack("{s:s}", "a", "more than ten bytes of text");
    json_t *bad = json_pack("{s:o}", "a", json_string_nocheck("\xff"));

    assert_false(uw_store_document("missing", "x.json", document, path, sizeof path, &e));
    assert_int_equal(e.errno_value, ENOENT);
    assert_false(uw_store_document(".", "x.json", document, path, 5, &e));
    assert_int_equal(e.code, UW_E_STORE);
    assert_false(uw_store_document(".", "x.json", bad, path, sizeof path, &e));
    assert_int_equal(e.code, UW_E_STORE);

    /* A disk that fills up in the middle of the text. */
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = (struct rlimit){.rlim_cur = 10, .rlim_max = old.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    bool stored = uw_store_document(".", "x.json", document, path, sizeof path, &e);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_false(stored);
    assert_int_equal(e.code, UW_E_STORE);
    assert_int_equal(e.errno_value, EFBIG);
    assert_int_equal(files_in("."), 0);
    json_decref(bad);
    json_decref(document);
}

static void passes_leftovers_by(void **state)
{
    (void)state;
    char path[64], leftover[64];
    struct uw_error e = {0};
    json_t *document = json_object();
    snprintf(leftover, sizeof leftover, ".x.json.tmp-%ld-0", (long)getpid());
    fclose(fopen(leftover, "w"));
    assert_true(uw_store_document(".", "x.json", document, path, sizeof path, &e));
    assert_int_equal(files_in("."), 2);
    assert_int_equal(unlink(leftover), 0);
    assert_int_equal(unlink("x.json"), 0);
    json_decref(document);
}

static void stores_without_the_flag_of_rename(void **state)
{
    plain_rename_only = true;
    stores_whole_and_once(state);
    plain_rename_only = false;
}

/* First the file is flushed, then the folder. */
static void reports_a_failed_flush(void **state)
{
    (void)state;
    char path[64];
    json_t *document = json_object();
    for (int i = 1; i <= 2; i++) {
        struct uw_error e = {0};
        flushes_until_failure = i;
        assert_false(uw_store_document(".", "x.json", document, path, sizeof path, &e));
        assert_int_equal(flushes_until_failure, 0);
        assert_int_equal(e.code, UW_E_STORE);
        assert_int_equal(e.errno_value, EIO);
        assert_int_equal(files_in("."), 0);
    }
    json_decref(document);
}

static void prepares_the_folder(void **state)
{
    (void)state;
    struct uw_error e = {0};
    assert_true(uw_store_prepare("made", 100000, &e));
    assert_true(uw_store_prepare("made", 0, &e));
    assert_int_equal(files_in("made"), 0);
    assert_int_equal(symlink("made", "link"), 0);
    assert_true(uw_store_prepare("link", 1, &e));
    fclose(fopen("file", "w"));
    assert_int_equal(symlink("nowhere", "dangling"), 0);
    static const char *const refused[] = {"", "file", "file/x", "missing/x", "dangling", "/proc/self"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        e = (struct uw_error){0};
        if (uw_store_prepare(refused[i], 1, &e) || e.code != UW_E_USAGE)
            fail_msg("'%s' was taken or refused as %d", refused[i], e.code);
    }
    /* More than any file system has. */
    e = (struct uw_error){0};
    assert_false(uw_store_prepare("made", 1ULL << 62, &e));
    assert_int_equal(e.code, UW_E_USAGE);
    assert_int_equal(files_in("made"), 0);
    assert_false(uw_store_prepare("made", UINT64_MAX, &e));
    assert_int_equal(rmdir("made") | unlink("link") | unlink("file") | unlink("dangling"), 0);
}

static int make(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0);
    return fd;
}

/* What a dead process left goes; what a living one holds, and what is not ours, stays. */
static void sweeps_leftovers(void **state)
{
    (void)state;
    static const char *const others[] = {"d/.b.tmp-1-0", "d/b.json.tmp-1-0", "d/.b.json.tmp-1", "d/.b.json"};
    struct uw_error e = {0};
    assert_int_equal(mkdir("d", 0700), 0);
    close(make("d/.a.certificate.json.tmp-1-0"));
    close(make("d/.unwrite.tmp-1-0"));
    int held = make("d/.c.intent.json.tmp-1-0");
    assert_int_equal(flock(held, LOCK_EX), 0);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        close(make(others[i]));
    assert_true(uw_store_prepare("d", 0, &e));
    assert_int_equal(access("d/.a.certificate.json.tmp-1-0", F_OK), -1);
    assert_int_equal(access("d/.unwrite.tmp-1-0", F_OK), -1);
    assert_int_equal(unlink("d/.c.intent.json.tmp-1-0"), 0);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_int_equal(unlink(others[i]), 0);
    close(held);
    assert_int_equal(rmdir("d"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_files),
        cmocka_unit_test(stores_whole_and_once),
        cmocka_unit_test(leaves_nothing_of_a_failure),
        cmocka_unit_test(passes_leftovers_by),
        cmocka_unit_test(prepares_the_folder),
        cmocka_unit_test(stores_without_the_flag_of_rename),
        cmocka_unit_test(reports_a_failed_flush),
        cmocka_unit_test(sweeps_leftovers),
    };
    return cmocka_run_group_tests(tests, enter_scratch, leave_scratch);
}
