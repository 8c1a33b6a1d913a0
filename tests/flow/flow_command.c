/* SPDX-License-Identifier: Apache-2.0 */
#include "flow_command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/run.h"
#include "flow_hostile.h"

enum { PATIENCE_MS = 60000, ARGUMENTS_MOST = 256, PATH_BYTES = FLOW_FOLDER_BYTES * 2, HINT_BYTES = 64 };

int command_main(int argc, char **argv);
struct uw_run *__wrap_uw_run_open(const struct uw_request *request, struct uw_error *e);
bool __wrap_uw_probe_all(const struct uw_roots *roots, struct uw_drives *drives, struct uw_error *e);
bool __real_uw_probe_all(const struct uw_roots *roots, struct uw_drives *drives, struct uw_error *e);
json_t *__wrap_uw_probe_not_covered(const struct uw_roots *roots);

/* In the child: what the command finds. */
static const struct uw_machine *machine;
static const struct uw_roots *tree;

struct uw_run *__wrap_uw_run_open(const struct uw_request *request, struct uw_error *e)
{
    return uw_run_open_on(machine, request, e);
}

bool __wrap_uw_probe_all(const struct uw_roots *roots, struct uw_drives *drives, struct uw_error *e)
{
    (void)roots;
    return tree != NULL ? __real_uw_probe_all(tree, drives, e) : machine->all(machine->user, drives, e);
}

json_t *__wrap_uw_probe_not_covered(const struct uw_roots *roots)
{
    (void)roots;
    return machine->not_covered(machine->user);
}

/* Whoever waits at a MODEL_HOLD, until the parent closes the other end. */
static int go_on = -1;

static void wait_for_parent(struct model_drive *drive, void *user)
{
    char nothing;
    (void)drive, (void)user;
    while (read(go_on, &nothing, 1) < 0 && errno == EINTR) {
    }
}

struct words {
    char *items[ARGUMENTS_MOST + 1];
    int count;
};

static void add(struct words *words, const char *word)
{
    if (words->count == ARGUMENTS_MOST)
        abort();
    words->items[words->count++] = (char *)word;
}

static bool is_run(const char *verb)
{
    return strcmp(verb, "plan") == 0 || strcmp(verb, "erase") == 0 || strcmp(verb, "verify") == 0;
}

/* Options stand before what may be targets. */
static void make_words(struct words *words, const struct flow *flow, const struct flow_command *command,
                       const char *config)
{
    const char *const *rest = command->arguments;
    add(words, "unwrite");
    add(words, *rest++);
    if (strcmp(words->items[1], "cert") == 0)
        add(words, *rest++);
    add(words, "--config");
    add(words, config);
    if (is_run(words->items[1])) {
        const char *const options[] = {"--key",     flow->key,        "--state",
                                       flow->state, "--certificates", flow->certificates};
        for (size_t i = 0; i < sizeof options / sizeof *options; i++)
            add(words, options[i]);
    }
    while (*rest != NULL)
        add(words, *rest++);
}

static void behave_as_ever(void)
{
    static const int caught[] = {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGSYS, SIGPIPE, SIGINT, SIGTERM};
    const struct rlimit none = {0};
    setrlimit(RLIMIT_CORE, &none);
    for (size_t i = 0; i < sizeof caught / sizeof *caught; i++)
        signal(caught[i], SIG_DFL);
}

/* From exit(): whoever the command was, its drives are there. */
static struct model_machine *drives;
static struct flow_seen *seen_of_all;

static void tell_what_became(void)
{
    for (size_t i = 0; drives != NULL && i < drives->count; i++) {
        const struct model_block *block = drives->drives[i].block;
        seen_of_all[i] =
            (struct flow_seen){.opens = drives->drives[i].opens, .bytes_written = block->bytes_written};
        if (!block->config.phantom)
            seen_of_all[i].old_units = model_block_truth(block, block->media).old_units;
    }
}

static _Noreturn void be_the_command(struct flow *flow, const struct flow_command *command, int output)
{
    struct words words = {.count = 0};
    char config[PATH_BYTES];
    behave_as_ever();
    snprintf(config, sizeof config, "%s/unwrite.conf", flow->folder);
    int empty = open(config, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (empty < 0 || (output >= 0 && (dup2(output, STDOUT_FILENO) < 0 || dup2(output, STDERR_FILENO) < 0)))
        _exit(99);
    setenv("TERM", command->term != NULL ? command->term : "xterm", 1);
    setenv("LC_ALL", command->locale != NULL ? command->locale : "C.UTF-8", 1);
    unsetenv("NO_COLOR");
    tree = command->roots;
    machine = &flow->machine.machine;
    flow->machine.hold = wait_for_parent;
    drives = &flow->machine;
    seen_of_all = command->seen;
    atexit(tell_what_became);
    make_words(&words, flow, command, config);
    exit(command_main(words.count, words.items));
}

static void keep(char **text, size_t *bytes, const char *more, size_t more_bytes)
{
    *text = realloc(*text, *bytes + more_bytes + 1);
    assert_non_null(*text);
    memcpy(*text + *bytes, more, more_bytes);
    *bytes += more_bytes;
    (*text)[*bytes] = '\0';
}

struct watch {
    struct flow_command *command;
    int terminal, pipe, gate;
    size_t answered; /* bytes of the screen that belong to questions answered */
};

/* What stands in the parentheses of the last question. */
static void answer(struct watch *watch)
{
    static const char asked[] = " last four characters (", end[] = "): ";
    const char *screen = watch->command->screen, *hint = screen + watch->answered, *next;
    size_t bytes = watch->command->screen_bytes;
    if (!watch->command->answers || bytes < watch->answered + sizeof end ||
        memcmp(screen + bytes - (sizeof end - 1), end, sizeof end - 1) != 0)
        return;
    bool found = false;
    while ((next = memmem(hint, (size_t)(screen + bytes - hint), asked, sizeof asked - 1)) != NULL) {
        hint = next + sizeof asked - 1;
        found = true;
    }
    if (!found)
        return;
    size_t length = (size_t)(screen + bytes - (sizeof end - 1) - hint);
    if (write(watch->terminal, hint, length) != (ssize_t)length || write(watch->terminal, "\n", 1) != 1)
        fail_msg("cannot answer: %s", strerror(errno));
    watch->answered = bytes;
}

static unsigned count_drawn(const char *screen)
{
    unsigned drawn = 0;
    while (screen != NULL && (screen = strstr(screen, "; Ctrl-C stops")) != NULL) {
        screen++;
        drawn++;
    }
    return drawn;
}

static void let_go(struct watch *watch)
{
    if (watch->gate < 0 || count_drawn(watch->command->screen) < watch->command->drawn)
        return;
    close(watch->gate);
    watch->gate = -1;
}

/* False: nothing more will come from there. */
static bool take(int fd, char **text, size_t *bytes)
{
    char data[65536];
    ssize_t n = read(fd, data, sizeof data);
    if (n < 0 && errno == EINTR)
        return true;
    if (n > 0)
        keep(text, bytes, data, (size_t)n);
    return n > 0;
}

static bool watch_output(struct watch *watch)
{
    struct flow_command *command = watch->command;
    struct pollfd ends[] = {{.fd = watch->terminal, .events = POLLIN}, {.fd = watch->pipe, .events = POLLIN}};
    while (ends[0].fd >= 0 || ends[1].fd >= 0) {
        int ready = poll(ends, 2, PATIENCE_MS);
        if (ready == 0)
            return false;
        if (ends[0].revents != 0 && !take(ends[0].fd, &command->screen, &command->screen_bytes))
            ends[0].fd = -1;
        if (ends[1].revents != 0 && !take(ends[1].fd, &command->pipe, &command->pipe_bytes))
            ends[1].fd = -1;
        answer(watch);
        let_go(watch);
    }
    return true;
}

static pid_t begin(struct flow *flow, struct flow_command *command, struct watch *watch)
{
    struct winsize size = {.ws_row = 24,
                           .ws_col = (unsigned short)(command->columns > 0 ? command->columns : 100)};
    int output[2] = {-1, -1}, gate[2];
    assert_int_equal(pipe2(gate, O_CLOEXEC), 0);
    assert_true(!command->piped || pipe2(output, O_CLOEXEC) == 0);
    fflush(NULL);
    pid_t child = forkpty(&watch->terminal, NULL, NULL, &size);
    if (child == 0) {
        close(gate[1]);
        go_on = gate[0];
        be_the_command(flow, command, output[1]);
    }
    assert_true(child > 0);
    close(gate[0]);
    if (output[1] >= 0)
        close(output[1]);
    watch->pipe = output[0];
    watch->gate = gate[1];
    return child;
}

void flow_command(struct flow *flow, struct flow_command *command)
{
    struct watch watch = {.command = command};
    int status = 0;
    keep(&command->screen, &command->screen_bytes, "", 0);
    keep(&command->pipe, &command->pipe_bytes, "", 0);
    command->seen_bytes = (flow->machine.count + 1) * sizeof *command->seen;
    command->seen =
        mmap(NULL, command->seen_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(command->seen != MAP_FAILED);
    pid_t child = begin(flow, command, &watch);
    let_go(&watch);
    if (!watch_output(&watch))
        kill(child, SIGKILL);
    if (watch.gate >= 0)
        close(watch.gate);
    close(watch.terminal);
    if (watch.pipe >= 0)
        close(watch.pipe);
    assert_int_equal(waitpid(child, &status, 0), child);
    command->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void flow_command_clear(struct flow_command *command)
{
    free(command->screen);
    free(command->pipe);
    munmap(command->seen, command->seen_bytes);
    command->screen = command->pipe = NULL;
    command->screen_bytes = command->pipe_bytes = 0;
}

static void is_safe(const char *where, const char *bytes, size_t count)
{
    const char *unsafe = flow_find_unsafe(bytes, count);
    if (unsafe == NULL)
        return;
    size_t at = (size_t)(unsafe - bytes), from = at > 60 ? at - 60 : 0;
    char hex[3 * 8 + 1] = "";
    for (size_t i = 0; i < 8 && at + i < count; i++)
        snprintf(hex + 3 * i, 4, " %02x", (unsigned)(unsigned char)bytes[at + i]);
    fail_msg("%s, byte %zu:%s behind: %.*s", where, at, hex, (int)(at - from), bytes + from);
}

void flow_command_is_safe(const struct flow_command *command)
{
    is_safe("terminal", command->screen, command->screen_bytes);
    is_safe("pipe", command->pipe, command->pipe_bytes);
    /* A pipe gets no sequence of any kind. */
    assert_null(memchr(command->pipe, '\x1b', command->pipe_bytes));
    assert_null(memchr(command->pipe, '\r', command->pipe_bytes));
}
