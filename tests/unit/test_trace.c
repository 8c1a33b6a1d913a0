/* SPDX-License-Identifier: Apache-2.0 */
/* The record of commands: a line before each goes out and one when it ended, no data, no password; and what
 * becomes of it changes nothing of the command. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "transport/lines.h"
#include "transport/sat.h"
#include "transport/trace.h"
#include "unwrite/unwrite.h"
#include "wire/names.h"

enum { LIMIT_MS = 5000, PATH_BYTES = 256, PATIENCE_S = 30 };

static char folder[PATH_BYTES], path[PATH_BYTES + 16];

/* What the drive does with the next command, and what it saw of the file when it got it. */
static struct {
    unsigned asked;
    bool stalls, is_watched;
    int nvme_status;
    struct uw_scsi_command scsi; /* its answer */
    json_t *lines;
} drive;

/* Until `count` lines stand there: another process writes them. */
static void wait_for_lines(size_t count)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    time_t deadline = time(NULL) + PATIENCE_S;
    for (size_t seen = 0; seen < count;) {
        FILE *file = fopen(path, "r");
        assert_non_null(file);
        seen = 0;
        for (int c; (c = fgetc(file)) != EOF;)
            seen += c == '\n';
        fclose(file);
        if (seen < count && time(NULL) > deadline)
            fail_msg("%zu lines, not %zu", seen, count);
        nanosleep(&pause, NULL);
    }
}

/* Every line of the file, each a whole JSON object; there are `count`. */
static json_t *read_lines(size_t count)
{
    char line[8192];
    json_t *lines = json_array();
    wait_for_lines(count);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        assert_non_null(strchr(line, '\n'));
        json_t *value = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
        assert_true(json_is_object(value));
        json_array_append_new(lines, value);
    }
    fclose(file);
    assert_int_equal(json_array_size(lines), count);
    return lines;
}

/* Two for each command. */
static json_t *all_lines(void)
{
    return read_lines(2 * (size_t)drive.asked);
}

static bool answer(bool *stalled, struct uw_error *e)
{
    drive.asked++;
    json_decref(drive.lines);
    drive.lines = drive.is_watched ? read_lines(2 * (size_t)drive.asked - 1) : NULL;
    *stalled = drive.stalls;
    return !drive.stalls || uw_fail(e, UW_E_IO, "the drive does not answer");
}

static bool ask_nvme(struct uw_transport *t, struct uw_nvme_command *command, int timeout_ms, bool *stalled,
                     struct uw_error *e)
{
    (void)t;
    (void)timeout_ms;
    command->status = drive.nvme_status;
    command->result = 0x1234;
    if (command->data != NULL)
        memset(command->data, 0xd7, command->data_bytes);
    return answer(stalled, e);
}

static bool ask_scsi(struct uw_transport *t, struct uw_scsi_command *command, int timeout_ms, bool *stalled,
                     struct uw_error *e)
{
    (void)t;
    (void)timeout_ms;
    command->host_errno = drive.scsi.host_errno;
    command->status = drive.scsi.status;
    command->sense_bytes = drive.scsi.sense_bytes;
    memcpy(command->sense, drive.scsi.sense, sizeof command->sense);
    command->moved_bytes = command->data_bytes;
    if (command->direction == UW_SCSI_DATA_IN)
        memset(command->data, 0xd7, command->data_bytes);
    return answer(stalled, e);
}

static const struct uw_transport_ops table = {.name = "test", .nvme = ask_nvme, .scsi = ask_scsi};
static struct uw_transport transport;

static int begin(void **state)
{
    const char *tmp = getenv("TMPDIR");
    (void)state;
    memset(&drive, 0, sizeof drive);
    drive.is_watched = true;
    snprintf(folder, sizeof folder, "%s/unwrite-trace.XXXXXX", tmp != NULL ? tmp : "/tmp");
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/trace", folder);
    transport = (struct uw_transport){.ops = &table, .device = "/dev/sdb"};
    transport.trace = uw_trace_open(path, NULL);
    return transport.trace != NULL ? 0 : -1;
}

static int finish(void **state)
{
    (void)state;
    json_decref(drive.lines);
    if (transport.trace != NULL)
        uw_trace_close(transport.trace, NULL);
    unlink(path);
    return rmdir(folder);
}

#define trace_test(f) cmocka_unit_test_setup_teardown(f, begin, finish)

static const char *text(const json_t *line, const char *name)
{
    const char *value = json_string_value(json_object_get(line, name));
    return value != NULL ? value : "";
}

static json_int_t number(const json_t *line, const char *name)
{
    assert_true(json_is_integer(json_object_get(line, name)));
    return json_integer_value(json_object_get(line, name));
}

static void check_head(const json_t *lines, size_t index, const char *what, json_int_t command)
{
    const json_t *line = json_array_get(lines, index);
    assert_non_null(line);
    assert_int_equal(number(line, "sequence"), index + 1);
    assert_string_equal(text(line, "record"), what);
    assert_int_equal(number(line, "command"), command);
    assert_string_equal(text(line, "device"), "/dev/sdb");
    assert_int_equal(strlen(text(line, "time")), 30);
    assert_true(number(line, "boottime_ns") > 0);
}

static void send_sanitize(bool answers, int status)
{
    struct uw_nvme_command command = uw_nvme_sanitize(UW_NVME_SANACT_BLOCK, true, 0);
    struct uw_error e = {0};
    bool stalled = !answers;
    drive.stalls = !answers;
    drive.nvme_status = status;
    assert_int_equal(uw_send_nvme(&transport, &command, LIMIT_MS, &stalled, &e), answers);
    assert_int_equal(stalled, !answers);
    assert_int_equal(command.status, status);
}

/* Whoever reads the file while a command hangs sees which. */
static void a_line_stands_before_the_command_goes_out(void **state)
{
    (void)state;
    send_sanitize(true, 0);
    assert_int_equal(json_array_size(drive.lines), 1);
    check_head(drive.lines, 0, "sent", 1);
    send_sanitize(false, 0);
    assert_int_equal(json_array_size(drive.lines), 3);
    check_head(drive.lines, 2, "sent", 2);
    json_t *lines = all_lines();
    assert_int_equal(json_array_size(lines), 4);
    check_head(lines, 1, "answered", 1);
    check_head(lines, 3, "unanswered", 2);
    const json_t *last = json_array_get(lines, 3);
    assert_true(json_is_true(json_object_get(last, "stalled")));
    assert_string_equal(text(last, "why"), "the drive does not answer");
    assert_true(number(last, "duration_us") >= 0);
    json_decref(lines);
}

static void nvme_commands_stand_as_the_drive_gets_them(void **state)
{
    (void)state;
    char hex[UW_NVME_COMMAND_HEX];
    struct uw_nvme_command command = uw_nvme_sanitize(UW_NVME_SANACT_BLOCK, true, 0);
    uw_nvme_command_hex(&command, hex);
    send_sanitize(true, UW_NVME_INVALID_FIELD);
    send_sanitize(true, -ENODEV);
    json_t *lines = all_lines();
    const json_t *sent = json_array_get(lines, 0), *refused = json_array_get(lines, 1);
    const json_t *gone = json_array_get(lines, 3);
    assert_string_equal(text(sent, "set"), "nvme");
    assert_string_equal(text(sent, "name"), "Sanitize");
    assert_string_equal(text(sent, "hex"), hex);
    assert_int_equal(number(sent, "opcode"), 0x84);
    assert_int_equal(number(sent, "nsid"), command.nsid);
    assert_int_equal(number(sent, "cdw10"), 0x202);
    assert_int_equal(number(sent, "timeout_ms"), command.timeout_ms);
    assert_int_equal(number(sent, "patience_ms"), LIMIT_MS);
    assert_string_equal(text(sent, "direction"), "none");
    assert_int_equal(number(refused, "status"), 2);
    assert_int_equal(number(refused, "result"), 0x1234);
    assert_true(json_is_null(json_object_get(refused, "errno")));
    assert_non_null(strstr(text(refused, "meaning"), "invalid field"));
    assert_true(json_is_null(json_object_get(gone, "status")));
    assert_int_equal(number(gone, "errno"), ENODEV);
    json_decref(lines);
}

static void send_ata(struct uw_ata_command command)
{
    struct uw_scsi_command scsi = uw_sat_wrap(&command);
    bool stalled;
    assert_true(uw_send_scsi(&transport, &scsi, LIMIT_MS, &stalled, NULL));
}

static void ata_commands_stand_with_their_registers(void **state)
{
    (void)state;
    /* SAT-4, table "ATA Status Return descriptor": STATUS 50h, COUNT 8000h, LBA FFFFh. */
    static const uint8_t sense[] = {0x72, 0x01, 0, 0x1d, 0,    0, 0,    14, 0x09, 12,   1,
                                    0,    0x80, 0, 0,    0xff, 0, 0xff, 0,  0,    0x40, 0x50};
    struct uw_ata_command status = uw_ata_sanitize_status(false);
    char hex[UW_ATA_COMMAND_HEX];
    uw_ata_command_hex(&status, hex);
    drive.scsi.status = 2;
    drive.scsi.sense_bytes = sizeof sense;
    memcpy(drive.scsi.sense, sense, sizeof sense);
    send_ata(status);
    json_t *lines = all_lines();
    const json_t *sent = json_array_get(lines, 0), *answered = json_array_get(lines, 1);
    assert_string_equal(text(sent, "set"), "ata");
    assert_string_equal(text(sent, "name"), "SANITIZE STATUS EXT");
    assert_string_equal(text(sent, "hex"), "8507200000000000000000000040b400");
    assert_string_equal(text(sent, "registers"), hex);
    assert_int_equal(number(answered, "status"), 2);
    assert_string_equal(text(answered, "sense"), "7201001d0000000e090c01008000"
                                                 "00ff00ff00004050");
    assert_string_equal(text(answered, "registers"), "5000800000000000ffff4000");
    assert_non_null(strstr(text(answered, "meaning"), "done"));
    json_decref(lines);
}

static void the_host_s_errors_are_no_status_of_the_drive(void **state)
{
    (void)state;
    uint8_t block[UW_ATA_BLOCK_BYTES];
    drive.scsi.host_errno = -ETIMEDOUT;
    send_ata(uw_ata_identify_device(block));
    json_t *lines = all_lines();
    const json_t *answered = json_array_get(lines, 1);
    assert_int_equal(number(answered, "errno"), ETIMEDOUT);
    assert_true(json_is_null(json_object_get(answered, "status")));
    assert_true(json_is_null(json_object_get(answered, "sense")));
    assert_true(json_is_null(json_object_get(answered, "registers")));
    json_decref(lines);
}

static bool file_holds(const char *needle)
{
    char *data = NULL;
    size_t bytes = 0;
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_true(getdelim(&data, &bytes, '\0', file) > 0);
    fclose(file);
    bool found = strstr(data, needle) != NULL;
    free(data);
    return found;
}

static void no_password_and_no_data_stand_there(void **state)
{
    (void)state;
    static const uint8_t password[UW_ATA_PASSWORD_BYTES] = "SESAME-OPEN";
    uint8_t block[UW_ATA_BLOCK_BYTES], page[UW_NVME_PAGE_BYTES];
    struct uw_nvme_command identify = uw_nvme_identify_controller(page);
    bool stalled;
    send_ata(uw_ata_set_password(password, block));
    send_ata(uw_ata_unlock(UW_ATA_USER, password, block));
    send_ata(uw_ata_erase_unit(UW_ATA_USER, password, true, 0, block));
    send_ata(uw_ata_disable_password(UW_ATA_USER, password, block));
    json_t *lines = all_lines();
    for (size_t i = 0; i < 8; i += 2)
        assert_string_equal(text(json_array_get(lines, i), "data"), "password block, 512 bytes, redacted");
    json_decref(lines);
    send_ata(uw_ata_identify_device(block));
    assert_true(uw_send_nvme(&transport, &identify, LIMIT_MS, &stalled, NULL));
    assert_true(file_holds("IDENTIFY DEVICE"));
    assert_false(file_holds("SESAME"));
    assert_false(file_holds("534553414d45")); /* the same in hex */
    assert_false(file_holds("d7d7"));
}

/* A payload that goes out is named and left out; one that comes in has not come yet. */
static void no_payload_of_a_security_protocol_stands_there(void **state)
{
    (void)state;
    uint8_t page[2048] = "PSIDPSIDPSIDPSIDPSIDPSIDPSIDPSID";
    static const char *const words[] = {"security protocol payload, 2048 bytes, redacted", NULL,
                                        "security protocol payload, 512 bytes, redacted", NULL};
    static const char *const names[] = {"Security Send", "Security Receive", "SECURITY PROTOCOL OUT",
                                        "SECURITY PROTOCOL IN"};
    static const char *const directions[] = {"out", "in", "out", "in"};
    struct uw_nvme_command send = uw_nvme_security_send(1, 0x7fe, page, sizeof page);
    struct uw_nvme_command receive = uw_nvme_security_receive(1, 0x7fe, page, sizeof page);
    struct uw_scsi_command out = uw_scsi_security_out(1, 0x7fe, page, 512);
    struct uw_scsi_command in = uw_scsi_security_in(1, 0x7fe, page, 512);
    bool stalled;
    assert_true(uw_send_nvme(&transport, &send, LIMIT_MS, &stalled, NULL));
    memcpy(page, "PSID", 4);
    assert_true(uw_send_nvme(&transport, &receive, LIMIT_MS, &stalled, NULL));
    memcpy(page, "PSID", 4);
    assert_true(uw_send_scsi(&transport, &out, LIMIT_MS, &stalled, NULL));
    assert_true(uw_send_scsi(&transport, &in, LIMIT_MS, &stalled, NULL));
    json_t *lines = all_lines();
    assert_int_equal(json_array_size(lines), 8);
    for (size_t i = 0; i < 4; i++) {
        const json_t *sent = json_array_get(lines, 2 * i);
        assert_string_equal(text(sent, "name"), names[i]);
        assert_string_equal(text(sent, "direction"), directions[i]);
        if (words[i] != NULL)
            assert_string_equal(text(sent, "data"), words[i]);
        else
            assert_true(json_is_null(json_object_get(sent, "data")));
    }
    json_decref(lines);
    assert_false(file_holds("PSID"));
    assert_false(file_holds("50534944")); /* the same in hex */
    assert_false(file_holds("d7d7"));
}

static void every_command_of_ours_has_a_name(void **state)
{
    (void)state;
    static const uint8_t password[UW_ATA_PASSWORD_BYTES];
    uint8_t block[UW_ATA_BLOCK_BYTES], page[UW_NVME_PAGE_BYTES];
    const struct uw_ata_command ata[] = {
        uw_ata_identify_device(block),
        uw_ata_read_log(0x30, 3, block),
        uw_ata_nop(1, 2),
        uw_ata_sanitize_status(false),
        uw_ata_sanitize_block(),
        uw_ata_sanitize_crypto(),
        uw_ata_sanitize_overwrite(1, true),
        uw_ata_read_native_max(true),
        uw_ata_read_native_max(false),
        uw_ata_set_max(true, 1),
        uw_ata_set_max(false, 1),
        uw_ata_get_accessible_max(),
        uw_ata_set_accessible_max(1),
        uw_ata_dco_identify(block),
        uw_ata_dco_restore(),
        uw_ata_enable_write_cache(),
        uw_ata_smart_data(block),
        uw_ata_smart_thresholds(block),
        uw_ata_smart_status(),
        uw_ata_set_password(password, block),
        uw_ata_unlock(UW_ATA_USER, password, block),
        uw_ata_disable_password(UW_ATA_USER, password, block),
        uw_ata_erase_prepare(),
        uw_ata_erase_unit(UW_ATA_USER, password, false, 0, block),
    };
    const struct uw_nvme_command nvme[] = {
        uw_nvme_identify_controller(page),
        uw_nvme_get_health(page),
        uw_nvme_sanitize(UW_NVME_SANACT_CRYPTO, false, 0),
        uw_nvme_format(&(struct uw_nvme_namespace){.known = true}, 1, UW_NVME_SES_CRYPTO, 1000),
    };
    for (size_t i = 0; i < sizeof ata / sizeof ata[0]; i++) {
        struct uw_scsi_command scsi = uw_sat_wrap(&ata[i]);
        struct uw_ata_command again;
        char before[UW_ATA_COMMAND_HEX], after[UW_ATA_COMMAND_HEX];
        assert_true(uw_sat_unwrap_command(&scsi, &again));
        uw_ata_command_hex(&ata[i], before);
        uw_ata_command_hex(&again, after);
        assert_string_equal(before, after);
        assert_non_null(uw_scsi_name(&scsi));
        assert_string_not_equal(uw_scsi_name(&scsi), "ATA PASS-THROUGH(16)");
    }
    for (size_t i = 0; i < sizeof nvme / sizeof nvme[0]; i++)
        assert_non_null(uw_nvme_name(&nvme[i]));
    assert_null(uw_nvme_name(&(struct uw_nvme_command){.opcode = 0xfe}));
    assert_null(uw_ata_name(&(struct uw_ata_command){.command = 0xfe}));
}

/* Also of a file: somebody else's, or one that a link leads to. */
static void what_is_there_is_left_alone(void **state)
{
    (void)state;
    char other[PATH_BYTES + 16];
    struct uw_error e = {0};
    assert_null(uw_trace_open(path, &e));
    assert_int_equal(e.code, UW_E_USAGE);
    assert_null(uw_trace_open(folder, &e));
    snprintf(other, sizeof other, "%s/link", folder);
    assert_int_equal(symlink("nowhere", other), 0);
    assert_null(uw_trace_open(other, &e));
    unlink(other);
    snprintf(other, sizeof other, "%s/missing/trace", folder);
    assert_null(uw_trace_open(other, &e));
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void a_file_that_vanishes_stops_nothing(void **state)
{
    (void)state;
    drive.is_watched = false;
    struct uw_error e = {0};
    send_sanitize(true, 0);
    assert_int_equal(unlink(path), 0);
    send_sanitize(true, 0);
    assert_int_equal(drive.asked, 2);
    assert_true(uw_trace_close(transport.trace, &e));
    transport.trace = NULL;
    assert_int_equal(access(path, F_OK), -1);
}

/* The writer has its limits from whoever begins it. */
static void open_again_with_room(rlim_t bytes)
{
    struct rlimit before, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = bytes;
    assert_int_equal(unlink(path), 0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    transport.trace = uw_trace_open(path, NULL);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_non_null(transport.trace);
}

static void a_full_disk_stops_nothing_but_the_record(void **state)
{
    (void)state;
    struct uw_error e = {0};
    struct stat st;
    send_sanitize(true, 0);
    assert_true(uw_trace_close(transport.trace, &e));
    assert_int_equal(stat(path, &st), 0);
    open_again_with_room((rlim_t)st.st_size + 100);
    drive.is_watched = false;
    for (int i = 0; i < 4; i++)
        send_sanitize(i != 2, 0);
    assert_int_equal(drive.asked, 5);
    assert_false(uw_trace_close(transport.trace, &e));
    transport.trace = NULL;
    json_decref(read_lines(2)); /* each of them whole, and nothing of the third */
    assert_int_equal(e.code, UW_E_STORE);
    assert_int_equal(e.errno_value, EFBIG);
    assert_non_null(strstr(e.text, "2 of 8 lines"));
}

static pid_t only_child(void)
{
    char name[64];
    int child = 0;
    snprintf(name, sizeof name, "/proc/self/task/%d/children", (int)getpid());
    FILE *file = fopen(name, "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%d", &child), 1);
    fclose(file);
    return child;
}

/* As on a file system that does not answer: who writes does not get on. */
static void a_file_that_hangs_holds_no_command(void **state)
{
    (void)state;
    enum { MANY = 40000 };
    struct uw_error e = {0};
    pid_t writer = only_child();
    drive.is_watched = false;
    send_sanitize(true, 0);
    wait_for_lines(2);
    assert_int_equal(kill(writer, SIGSTOP), 0);
    time_t begun = time(NULL);
    for (unsigned i = 0; i < MANY; i++)
        send_sanitize(true, 0);
    assert_int_equal(drive.asked, MANY + 1);
    assert_false(uw_trace_close(transport.trace, &e));
    assert_true(time(NULL) - begun < PATIENCE_S);
    transport.trace = NULL;
    assert_int_equal(kill(writer, SIGKILL), 0);
    assert_int_equal(waitpid(writer, NULL, 0), writer);
    assert_int_equal(e.code, UW_E_STORE);
    assert_int_equal(e.errno_value, ETIMEDOUT);
    assert_non_null(strstr(e.text, "2 of 80002 lines"));
}

/* What waited for a file that answers again stands there. */
static void a_file_that_answers_again_is_whole(void **state)
{
    (void)state;
    struct uw_error e = {0};
    pid_t writer = only_child();
    drive.is_watched = false;
    assert_int_equal(kill(writer, SIGSTOP), 0);
    for (int i = 0; i < 20; i++)
        send_sanitize(true, 0);
    assert_int_equal(kill(writer, SIGCONT), 0);
    if (!uw_trace_close(transport.trace, &e))
        fail_msg("%s", e.text);
    transport.trace = NULL;
    json_decref(read_lines(40));
}

/* The process would see its beginning alone. */
static void a_chunk_that_is_too_long_is_not_sent(void **state)
{
    static const char chunk[UW_LINES_CHUNK_BYTES + 1];
    (void)state;
    assert_int_equal(uw_lines_send(-1, chunk, sizeof chunk), EMSGSIZE);
    assert_int_equal(uw_lines_send(-1, chunk, sizeof chunk - 1), EBADF);
}

static void without_a_record_a_command_goes_out_all_the_same(void **state)
{
    (void)state;
    struct uw_trace *trace = transport.trace;
    transport.trace = NULL;
    drive.is_watched = false;
    send_sanitize(true, 0);
    assert_int_equal(drive.asked, 1);
    transport.trace = trace;
    json_decref(read_lines(0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        trace_test(a_line_stands_before_the_command_goes_out),
        trace_test(nvme_commands_stand_as_the_drive_gets_them),
        trace_test(ata_commands_stand_with_their_registers),
        trace_test(the_host_s_errors_are_no_status_of_the_drive),
        trace_test(no_password_and_no_data_stand_there),
        trace_test(no_payload_of_a_security_protocol_stands_there),
        trace_test(every_command_of_ours_has_a_name),
        trace_test(what_is_there_is_left_alone),
        trace_test(a_file_that_vanishes_stops_nothing),
        trace_test(a_full_disk_stops_nothing_but_the_record),
        trace_test(a_file_that_hangs_holds_no_command),
        trace_test(a_file_that_answers_again_is_whole),
        cmocka_unit_test(a_chunk_that_is_too_long_is_not_sent),
        trace_test(without_a_record_a_command_goes_out_all_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
