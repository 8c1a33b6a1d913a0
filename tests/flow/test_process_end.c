/* SPDX-License-Identifier: Apache-2.0 */
/* The command itself, from its main to its exit code, in a process of its own, with two drives of which one
 * never answers: the kernel never lets go of that command. The process ends all the same, in the time that
 * was allowed, and the other drive has its certificate. */
#include "desk/desk.h"
#include "flow.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engine/run.h"

enum { CLAMP_MS = 700, PATIENCE_MS = 50000, LOOK_MS = 20, PATH_BYTES = FLOW_FOLDER_BYTES * 4, BYTES = 65536 };

int command_main(int argc, char **argv);
struct uw_run *__wrap_uw_run_open(const struct uw_request *request, struct uw_error *e);

static const struct uw_machine *machine;

/* The only seam: the machine that the command finds. */
struct uw_run *__wrap_uw_run_open(const struct uw_request *request, struct uw_error *e)
{
    return uw_run_open_on(machine, request, e);
}

struct row {
    const char *method, *level;
    struct model_nvme_config nvme;
    struct model_ata_config ata; /* bytes 0: an NVMe drive */
    const char *exception;       /* of the one that hangs; NULL: not looked for */
};

#define HANGS_NVME(what) .lies = {{MODEL_NVME_HANGS, MODEL_NVME_##what, 0, 0}}
#define HANGS_ATA(what) .lies = {{MODEL_ATA_HANGS, MODEL_ATA_##what, 0, 0}}

static const struct row rows[] = {
    {"nvme-format-user-data", "clear", .nvme = {.oacs = UW_NVME_OACS_FORMAT, HANGS_NVME(FORMAT_USER)}},
    {"nvme-sanitize-block", "purge", .nvme = {.sanicap = UW_NVME_SANICAP_BLOCK, HANGS_NVME(BLOCK)}},
    {"ata-security-erase", "clear",
     .ata = {.security = true, .erase_word = 1, .enhanced_word = 1, .block.bytes = BYTES, HANGS_ATA(UNIT)},
     .exception = "own_password_left"},
    {"ata-sanitize-block", "purge",
     .ata = {.sanitize = true, .block_erase = true, .block.bytes = BYTES, HANGS_ATA(BLOCK)}},
};
enum { ROWS = sizeof rows / sizeof *rows };

static void put_nvme(struct flow *flow, size_t i, const struct row *row, bool hangs)
{
    static const char *const names[] = {"nvme0n1", "nvme1n1"};
    struct model_nvme_config config = row->nvme;
    config.media[0].block.bytes = BYTES;
    if (!hangs)
        memset(config.lies, 0, sizeof config.lies);
    struct model_nvme *nvme = model_nvme_new(&config);
    assert_non_null(nvme);
    flow_own_nvme(flow, nvme);
    flow_put_nvme(flow, i, &(struct model_facts){.name = names[i]}, nvme, 1, 1);
}

static void put_ata(struct flow *flow, size_t i, const struct row *row, bool hangs)
{
    static const char *const names[] = {"sda", "sdb"}, *const serials[] = {"FIRST", "SECOND"};
    struct model_ata_config config = row->ata;
    config.serial = serials[i];
    config.wwn = 0x5000c50000000000U + i;
    config.rotation = 1;
    if (!hangs)
        memset(config.lies, 0, sizeof config.lies);
    struct model_ata *ata = model_ata_new(&config);
    assert_non_null(ata);
    flow_own_ata(flow, ata);
    flow_put_ata(flow, i, &(struct model_facts){.name = names[i], .bus = UW_BUS_ATA, .media = UW_MEDIA_SSD},
                 ata, 1);
}

static void put_both(struct flow *flow, const struct row *row, bool hangs)
{
    flow_open(flow, 2);
    for (size_t i = 0; i < 2; i++)
        (row->ata.block.bytes != 0 ? put_ata : put_nvme)(flow, i, row, hangs && i == 0);
    machine = &flow->machine.machine;
}

/* What the process has to say is for a file. */
static _Noreturn void be_the_command(struct flow *flow, const struct row *row, uint32_t clamp_ms,
                                     struct desk_senders *senders)
{
    static const struct desk_expect anything[2];
    char output[PATH_BYTES], config[PATH_BYTES];
    snprintf(output, sizeof output, "%s/output", flow->folder);
    snprintf(config, sizeof config, "%s/unwrite.conf", flow->folder);
    int fd = open(output, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    int empty = open(config, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || empty < 0 || dup2(fd, STDOUT_FILENO) < 0 || dup2(fd, STDERR_FILENO) < 0)
        _exit(99);
    char *arguments[] = {"unwrite",
                         "erase",
                         "--all",
                         "--confirm-all",
                         "--config",
                         config,
                         "--level",
                         (char *)row->level,
                         "--method",
                         (char *)row->method,
                         "--key",
                         flow->key,
                         "--state",
                         flow->state,
                         "--certificates",
                         flow->certificates,
                         NULL};
    desk_open(&flow->machine, anything, senders, clamp_ms);
    exit(command_main(sizeof arguments / sizeof *arguments - 1, arguments));
}

static uint64_t monotonic_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void pause_a_moment(void)
{
    nanosleep(&(struct timespec){.tv_nsec = LOOK_MS * 1000000L}, NULL);
}

/* The exit code; -1: it did not end in time (and is ended). */
static int await(pid_t child)
{
    uint64_t begun_ms = monotonic_ms();
    int status;
    while (waitpid(child, &status, WNOHANG) == 0) {
        if (monotonic_ms() - begun_ms > PATIENCE_MS) {
            kill(child, SIGKILL);
            waitpid(child, &status, 0);
            return -1;
        }
        pause_a_moment();
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* What was signed: how many with this verdict, and (unless NULL) with this exception. */
static size_t count_certificates(struct flow *flow, const char *verdict, const char *exception)
{
    char path[PATH_BYTES];
    size_t found = 0;
    const struct dirent *entry;
    DIR *folder = opendir(flow->certificates);
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        snprintf(path, sizeof path, "%s/%s", flow->certificates, entry->d_name);
        if (strstr(entry->d_name, ".certificate.") == NULL)
            continue;
        json_t *document = json_load_file(path, 0, NULL);
        const json_t *plain = json_object_get(document, "certificate");
        snprintf(flow->run_id, sizeof flow->run_id, "%s", flow_text(plain, "run"));
        json_decref(document);
        json_t *body = flow_read_signed(flow, path, "certificate");
        char *codes = json_dumps(json_object_get(body, "exceptions"), JSON_COMPACT);
        found += strcmp(flow_text(body, "verdict"), verdict) == 0 &&
                 (exception == NULL || strstr(codes, exception) != NULL);
        free(codes);
        json_decref(body);
    }
    if (folder != NULL)
        closedir(folder);
    return found;
}

static pid_t begin(struct flow *flow, const struct row *row, uint32_t clamp_ms, struct desk_senders *senders)
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        be_the_command(flow, row, clamp_ms, senders);
    assert_true(child > 0);
    return child;
}

/* It is nobody's child any more. */
static void end_sender(const struct desk_senders *senders)
{
    assert_true(senders->hanging > 0);
    assert_int_equal(kill(senders->hanging, SIGKILL), 0);
}

static void one_hangs(void **state)
{
    const struct row *row = *state;
    static struct flow flow;
    struct desk_senders *senders = desk_new_senders();
    put_both(&flow, row, true);
    uint64_t begun_ms = monotonic_ms();
    assert_int_equal(await(begin(&flow, row, CLAMP_MS, senders)), 1);
    assert_true(monotonic_ms() - begun_ms >= CLAMP_MS);
    end_sender(senders); /* the command was still at it */
    assert_int_equal(count_certificates(&flow, "stalled", row->exception), 1);
    assert_int_equal(count_certificates(&flow, "sanitized", NULL), 1);
    desk_drop_senders(senders);
    flow_close(&flow);
}

/* Not given up, it is waited for: the other drive's certificate is there, and the process too. */
static void waited_for(void **state)
{
    const struct row *row = *state;
    static struct flow flow;
    struct desk_senders *senders = desk_new_senders();
    put_both(&flow, row, true);
    pid_t child = begin(&flow, row, 0, senders);
    uint64_t begun_ms = monotonic_ms();
    while (count_certificates(&flow, "sanitized", NULL) == 0 && monotonic_ms() - begun_ms < PATIENCE_MS)
        pause_a_moment();
    assert_int_equal(count_certificates(&flow, "sanitized", NULL), 1);
    assert_int_equal(count_certificates(&flow, "stalled", NULL), 0);
    assert_int_equal(waitpid(child, NULL, WNOHANG), 0);
    while (senders->hanging == 0 && monotonic_ms() - begun_ms < PATIENCE_MS)
        pause_a_moment();
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    end_sender(senders);
    desk_drop_senders(senders);
    flow_close(&flow);
}

static void none_hangs(void **state)
{
    const struct row *row = *state;
    static struct flow flow;
    struct desk_senders *senders = desk_new_senders();
    put_both(&flow, row, false);
    assert_int_equal(await(begin(&flow, row, 0, senders)), 0);
    assert_int_equal(senders->hanging, 0);
    assert_int_equal(count_certificates(&flow, "sanitized", NULL), 2);
    desk_drop_senders(senders);
    flow_close(&flow);
}

static const struct {
    const char *name;
    CMUnitTestFunction run;
} kinds[] = {{"one hangs", one_hangs}, {"waited for", waited_for}, {"none hangs", none_hangs}};
enum { KINDS = sizeof kinds / sizeof *kinds };

int main(int argc, char **argv)
{
    static struct CMUnitTest tests[ROWS * KINDS];
    static char names[ROWS * KINDS][64];
    for (size_t i = 0; i < ROWS * KINDS; i++) {
        snprintf(names[i], sizeof names[i], "%s: %s", rows[i / KINDS].method, kinds[i % KINDS].name);
        tests[i] = (struct CMUnitTest){
            .name = names[i], .test_func = kinds[i % KINDS].run, .initial_state = (void *)&rows[i / KINDS]};
    }
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return _cmocka_run_group_tests("process end", tests, ROWS * KINDS, NULL, flow_remove_all);
}
