/* SPDX-License-Identifier: Apache-2.0 */
#include "flow.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "engine/run.h"
#include "flow_hostile.h"

enum { PATIENCE_S = 60, HOLD_S = 20, POLL_MS = 20 };

/* One folder for the whole program; tests that fail leave theirs in it. */
static char root[FLOW_FOLDER_BYTES / 2];

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st, (void)type, (void)at;
    return remove(path);
}

static void remove_tree(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* What a test that fails leaves open is closed by the next one, or at the end. */
static struct flow *left_open;

int flow_remove_all(void **state)
{
    (void)state;
    if (left_open != NULL)
        flow_close(left_open);
    if (root[0] != '\0')
        remove_tree(root);
    root[0] = '\0';
    return 0;
}

/* In memory where that can be: what these runs store need not outlive a power cut. */
static void make_root(void)
{
    const char *folders[] = {getenv("TMPDIR"), "/dev/shm", "/tmp"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders && root[0] == '\0'; i++) {
        if (folders[i] == NULL || strlen(folders[i]) > 32)
            continue;
        snprintf(root, sizeof root, "%s/unwrite-flow.XXXXXX", folders[i]);
        if (mkdtemp(root) == NULL)
            root[0] = '\0';
    }
    if (root[0] == '\0')
        fail_msg("no scratch folder: %s", strerror(errno));
}

/* The repository's copy may be readable by all; the program refuses such a key. */
static void copy_key(const char *to)
{
    char text[4096];
    FILE *from = fopen(TEST_DATA "/test-key.pem", "r");
    assert_non_null(from);
    size_t bytes = fread(text, 1, sizeof text, from);
    fclose(from);
    int fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, bytes), bytes);
    close(fd);
}

/* Where a job's thread waits until the listener lets it go on. */
struct gate {
    pthread_mutex_t lock;
    pthread_cond_t opened;
    bool open, occupied;
};

static void wait_at_gate(struct model_drive *drive, void *user)
{
    struct gate *gate = user;
    struct timespec until;
    (void)drive;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += HOLD_S;
    pthread_mutex_lock(&gate->lock);
    gate->occupied = true;
    while (!gate->open && pthread_cond_timedwait(&gate->opened, &gate->lock, &until) == 0) {
    }
    pthread_mutex_unlock(&gate->lock);
}

void flow_release(struct flow *flow)
{
    struct gate *gate = flow->gate;
    pthread_mutex_lock(&gate->lock);
    gate->open = true;
    pthread_cond_broadcast(&gate->opened);
    pthread_mutex_unlock(&gate->lock);
}

void flow_open(struct flow *flow, size_t drives)
{
    static unsigned number;
    if (left_open != NULL)
        flow_close(left_open);
    left_open = flow;
    *flow = (struct flow){.request.level = "clear"};
    if (root[0] == '\0')
        make_root();
    snprintf(flow->folder, sizeof flow->folder, "%s/%u", root, ++number);
    assert_int_equal(mkdir(flow->folder, 0700), 0);
    snprintf(flow->certificates, sizeof flow->certificates, "%s/certificates", flow->folder);
    snprintf(flow->state, sizeof flow->state, "%s/state", flow->folder);
    snprintf(flow->key, sizeof flow->key, "%s/key.pem", flow->folder);
    copy_key(flow->key);
    assert_true(model_machine_init(&flow->machine, drives));
    struct gate *gate = calloc(1, sizeof *gate);
    assert_non_null(gate);
    pthread_mutex_init(&gate->lock, NULL);
    pthread_cond_init(&gate->opened, NULL);
    flow->gate = gate;
    flow->machine.hold = wait_at_gate;
    flow->machine.user = gate;
    flow->devices = calloc(drives + 1, sizeof *flow->devices);
    flow->targets = calloc(drives + 1, sizeof *flow->targets);
    flow->certificate = calloc(drives + 1, sizeof *flow->certificate);
    flow->intent = calloc(drives + 1, sizeof *flow->intent);
    flow->events = json_array();
    flow->request.certificates = flow->certificates;
    flow->request.state = flow->state;
    flow->request.key = flow->key;
}

void flow_put(struct flow *flow, size_t index, const struct model_facts *facts,
              const struct model_config *config, uint64_t order)
{
    assert_true(model_machine_put(&flow->machine, index, facts, config, order));
    snprintf(flow->devices[index], sizeof *flow->devices, "/model/%s", facts->name);
    flow->targets[index] = flow->devices[index];
}

void flow_put_nvme(struct flow *flow, size_t index, const struct model_facts *facts, struct model_nvme *nvme,
                   uint32_t nsid, uint64_t order)
{
    assert_true(model_machine_put_nvme(&flow->machine, index, facts, nvme, nsid, order));
    snprintf(flow->devices[index], sizeof *flow->devices, "/model/%s", facts->name);
    flow->targets[index] = flow->devices[index];
}

void flow_own_nvme(struct flow *flow, struct model_nvme *nvme)
{
    size_t i = 0;
    while (i < FLOW_OWNED && flow->owned[i] != NULL)
        i++;
    assert_true(i < FLOW_OWNED);
    flow->owned[i] = nvme;
}

void flow_put_ata(struct flow *flow, size_t index, const struct model_facts *facts, struct model_ata *ata,
                  uint64_t order)
{
    struct model_drive *drive = &flow->machine.drives[index];
    model_block_new_host(ata->block);
    assert_true(model_machine_put_ata(&flow->machine, index, facts, ata, order));
    drive->old_before = model_ata_truth(ata).old_units;
    drive->seen_before = ata->seen_count;
    snprintf(flow->devices[index], sizeof *flow->devices, "/model/%s", facts->name);
    flow->targets[index] = flow->devices[index];
}

void flow_own_ata(struct flow *flow, struct model_ata *ata)
{
    size_t i = 0;
    while (i < FLOW_OWNED && flow->owned_ata[i] != NULL)
        i++;
    assert_true(i < FLOW_OWNED);
    flow->owned_ata[i] = ata;
}

static void copy_file(const char *from, const char *to)
{
    char data[65536];
    size_t bytes;
    FILE *in = fopen(from, "r"), *out = fopen(to, "w");
    while (in != NULL && out != NULL && (bytes = fread(data, 1, sizeof data, in)) > 0)
        fwrite(data, 1, bytes, out);
    if (in != NULL)
        fclose(in);
    if (out != NULL)
        fclose(out);
}

/* For validators that are not ours. */
static void keep_documents(const struct flow *flow)
{
    char from[FLOW_FOLDER_BYTES * 4], to[FLOW_FOLDER_BYTES * 8];
    const struct dirent *entry;
    const char *folder = getenv("FLOW_KEEP");
    DIR *documents = folder != NULL ? opendir(flow->certificates) : NULL;
    while (documents != NULL && (entry = readdir(documents)) != NULL) {
        snprintf(from, sizeof from, "%s/%s", flow->certificates, entry->d_name);
        snprintf(to, sizeof to, "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] != '.')
            copy_file(from, to);
    }
    if (documents != NULL)
        closedir(documents);
}

void flow_again(struct flow *flow)
{
    json_decref(flow->plans);
    flow->plans = NULL;
    json_array_clear(flow->events);
    for (size_t i = 0; i < flow->machine.count; i++) {
        json_decref(flow->certificate[i]);
        json_decref(flow->intent[i]);
        flow->certificate[i] = flow->intent[i] = NULL;
    }
    flow->error = (struct uw_error){0};
    flow->started = false;
}

void flow_close(struct flow *flow)
{
    for (size_t i = 0; i < flow->machine.count; i++) {
        json_decref(flow->certificate[i]);
        json_decref(flow->intent[i]);
    }
    free(flow->certificate);
    free(flow->intent);
    free(flow->devices);
    free(flow->targets);
    free(flow->gate);
    json_decref(flow->plans);
    json_decref(flow->events);
    model_machine_clear(&flow->machine);
    for (size_t i = 0; i < FLOW_OWNED; i++)
        model_nvme_free(flow->owned[i]);
    for (size_t i = 0; i < FLOW_OWNED; i++)
        model_ata_free(flow->owned_ata[i]);
    keep_documents(flow);
    remove_tree(flow->folder);
    *flow = (struct flow){0};
    left_open = NULL;
}

static void note_fault(struct flow *flow, const char *what, const char *which)
{
    if (flow->fault[0] == '\0')
        snprintf(flow->fault, sizeof flow->fault, "%s: %s", what, which);
}

static void listen(void *user, const struct uw_event *event)
{
    struct flow *flow = user;
    const char *name = uw_event_name(event->kind);
    json_t *copy =
        json_pack("{s:s, s:i, s:o}", "event", name, "job", event->job, "data", json_deep_copy(event->data));
    if (copy == NULL || json_array_append_new(flow->events, copy) != 0)
        note_fault(flow, "an event that is no JSON", name);
    /* Stored means: there, at that moment. */
    const char *path = flow_text(event->data, "path");
    if ((event->kind == UW_EVENT_CERTIFICATE_STORED || event->kind == UW_EVENT_INTENT_STORED) &&
        access(path, R_OK) != 0)
        note_fault(flow, "stored and not there", path);
    if (flow->heard != NULL)
        flow->heard(flow, event);
}

static bool is_occupied(struct gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    bool occupied = gate->occupied;
    pthread_mutex_unlock(&gate->lock);
    return occupied;
}

static bool has_begun(const struct flow *flow)
{
    if (flow->stop_at_pass < 0)
        return flow_event(flow, 0, "touched") != NULL;
    size_t i;
    json_t *event;
    json_array_foreach(flow->events, i, event) {
        if (strcmp(flow_text(event, "event"), "pass-started") == 0 && flow_number(event, "job") == 0 &&
            flow_number(json_object_get(event, "data"), "pass") == flow->stop_at_pass)
            return true;
    }
    return false;
}

static void listen_to_the_end(struct flow *flow)
{
    time_t deadline = time(NULL) + PATIENCE_S;
    bool more = true;
    while (more) {
        more = uw_run_poll(flow->run, POLL_MS, listen, flow);
        if (flow->stop_at_pass != 0 && has_begun(flow) && is_occupied(flow->gate)) {
            uw_run_stop(flow->run);
            flow_release(flow);
        }
        if (time(NULL) <= deadline)
            continue;
        note_fault(flow, "the run does not end", flow->folder);
        uw_run_stop(flow->run);
        flow_release(flow);
        return;
    }
}

static bool answer(void *user, const json_t *plan, const char *device, const char *id, char *text,
                   size_t text_bytes)
{
    const struct flow *flow = user;
    (void)plan, (void)device;
    if (flow->confirm == CONFIRM_BY_WRONG_WORD)
        snprintf(text, text_bytes, "yes");
    else
        uw_text_printable(uw_text_hint(id), text, text_bytes); /* what a person reads, and can type */
    return true;
}

/* The ids as the plans name them; the request borrows them from there. */
static void confirm(struct flow *flow, const char **ids)
{
    size_t i;
    json_t *plan;
    struct uw_request *request = &flow->request;
    if (flow->confirm == CONFIRM_AT_TERMINAL || flow->confirm == CONFIRM_BY_WRONG_WORD) {
        request->ask = answer;
        request->user = flow;
        return;
    }
    if (flow->confirm == CONFIRM_BY_NOBODY)
        return;
    json_array_foreach(json_object_get(flow->plans, "plans"), i, plan) {
        ids[request->confirm.count++] =
            flow->confirm == CONFIRM_BY_OPTION ? flow_text(plan, "id") : "ANOTHER-ONE";
    }
    request->confirm.items = ids;
}

static bool open_run(struct flow *flow)
{
    if (!flow->request.all && flow->request.targets.count == 0)
        flow->request.targets = (struct uw_strings){flow->targets, flow->machine.count};
    flow->run = uw_run_open_on(&flow->machine.machine, &flow->request, &flow->error);
    if (flow->run == NULL)
        return false;
    snprintf(flow->run_id, sizeof flow->run_id, "%s", ((struct uw_run *)flow->run)->id);
    flow->plans = uw_run_plans(flow->run, &flow->error);
    return flow->plans != NULL;
}

void flow_plan(struct flow *flow)
{
    open_run(flow);
    uw_run_close(flow->run);
    flow->run = NULL;
}

void flow_run(struct flow *flow)
{
    const char **ids = calloc(flow->machine.count + 1, sizeof *ids);
    if (ids != NULL && open_run(flow)) {
        confirm(flow, ids);
        flow->started = uw_run_start(flow->run, &flow->error);
        if (flow->started)
            listen_to_the_end(flow);
        flow->exit_code = uw_run_exit(flow->run);
    }
    uw_run_close(flow->run);
    flow->run = NULL;
    flow->request.confirm = (struct uw_strings){0};
    free(ids);
}

const json_t *flow_event(const struct flow *flow, size_t job, const char *name)
{
    size_t i;
    json_t *event;
    json_array_foreach(flow->events, i, event) {
        if (flow_number(event, "job") == (json_int_t)job && strcmp(flow_text(event, "event"), name) == 0)
            return json_object_get(event, "data");
    }
    return NULL;
}

json_int_t flow_number(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

const char *flow_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text != NULL ? text : "";
}

const char *flow_verdict(const struct flow *flow, size_t job)
{
    return flow_text(flow->certificate[job], "verdict");
}

/* Steps before an incomplete one belong to methods that failed and that another took over from. */
size_t flow_first_step(const json_t *certificate)
{
    const json_t *steps = json_object_get(certificate, "steps");
    size_t first = 0;
    for (size_t i = 0; i + 1 < json_array_size(steps); i++) {
        const json_t *completion = json_object_get(json_array_get(steps, i), "completion");
        if (!json_is_true(json_object_get(completion, "complete")))
            first = i + 1;
    }
    return first;
}

const json_t *flow_step(const struct flow *flow, size_t job)
{
    const json_t *certificate = flow->certificate[job];
    return json_array_get(json_object_get(certificate, "steps"), flow_first_step(certificate));
}

bool flow_is_internal(const json_t *step)
{
    static const char *const beginnings[] = {"nvme-", "ata-", "opal-"};
    const char *method = flow_text(step, "method");
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
        if (strncmp(method, beginnings[i], strlen(beginnings[i])) == 0)
            return true;
    return false;
}

static const char *serial_of(const struct model_drive *drive)
{
    static char serial[64];
    if (drive->nvme != NULL)
        snprintf(serial, sizeof serial, "%s", model_nvme_names(drive->nvme, drive->place).serial);
    else if (drive->ata != NULL)
        snprintf(serial, sizeof serial, "%s", model_ata_names(drive->ata).serial);
    return serial;
}

void flow_give_psid(struct flow *flow, const char *psid)
{
    if (psid == NULL)
        return;
    snprintf(flow->psids, sizeof flow->psids, "%s/psids", flow->folder);
    FILE *file = fopen(flow->psids, "w");
    assert_non_null(file);
    for (size_t i = 0; i < flow->machine.count; i++)
        fprintf(file, "%s %s\n", serial_of(&flow->machine.drives[i]), psid);
    assert_int_equal(fclose(file), 0);
    flow->request.psid_file = flow->psids;
}

static bool text_has_controls(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f || flow_steers(text))
            return true;
    return false;
}

bool flow_has_controls(const json_t *value)
{
    size_t i;
    const char *name;
    json_t *item;
    if (json_is_string(value))
        return text_has_controls(json_string_value(value));
    json_array_foreach(value, i, item) {
        if (flow_has_controls(item))
            return true;
    }
    json_object_foreach((json_t *)value, name, item) {
        if (text_has_controls(name) || flow_has_controls(item))
            return true;
    }
    return false;
}
