/* SPDX-License-Identifier: Apache-2.0 */
/* drives: model drives for other machines, on every address of the network namespace that it is started in.
 *
 *     drives list
 *     drives FOLDER SPEED POWER NAME=KIND:ROW [+KEY=VALUE...] ...
 *
 * FOLDER gets NAME.N for each namespace (of ATA drives NAME.0): the medium itself, whoever wants to know what
 * really stands there reads it. SPEED: the drives' clock against the real one. POWER: a socket to be made;
 * who connects to it gives the drives power, and whose connection breaks took it away (QEMU does with a
 * chardev, so that a killed one is a power cut). KIND and ROW as `drives list` tells them.
 *
 * Then on stdout "ports NVME SCSI", and one line for whatever begins and ends inside a drive. On stdin
 * "unplug NAME", "sleep NAME" (an ATA drive's host does, see model_ata_sleep), "truth NAME" and "speed N";
 * its end is the program's. */
#include "drives.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "drives_table.h"

#define NQN "nqn.2026-01.org.unwrite.test:"

enum { MOST_DRIVES = 128, TICK_MS = 20, LINE = 256 };

static struct drive drives[MOST_DRIVES];
static size_t drive_count;
static _Atomic unsigned speed;

/* --- Time --- */

static uint64_t real_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Stands still until the power comes for the first time. */
static struct {
    pthread_mutex_t lock;
    bool runs;
    uint64_t real_ms, drives_ms; /* when it began, or the speed was last changed */
} watch = {.lock = PTHREAD_MUTEX_INITIALIZER};

static uint64_t now_locked(void)
{
    return watch.drives_ms + (watch.runs ? (real_ms() - watch.real_ms) * speed : 0);
}

uint64_t drives_now_ms(void)
{
    pthread_mutex_lock(&watch.lock);
    uint64_t now_ms = now_locked();
    pthread_mutex_unlock(&watch.lock);
    return now_ms;
}

static void set_speed(unsigned times)
{
    pthread_mutex_lock(&watch.lock);
    watch.drives_ms = now_locked();
    watch.real_ms = real_ms();
    watch.runs = true;
    speed = times;
    pthread_mutex_unlock(&watch.lock);
}

int drives_wait_ms(uint64_t until_ms, int most_ms)
{
    uint64_t now_ms = drives_now_ms();
    uint64_t left_ms = until_ms > now_ms ? (until_ms - now_ms) / speed + 1 : 0;
    return left_ms < (uint64_t)most_ms ? (int)left_ms : most_ms;
}

/* --- Lines --- */

bool drives_read(int fd, void *data, size_t bytes)
{
    for (size_t done = 0; done < bytes;) {
        ssize_t got = recv(fd, (char *)data + done, bytes - done, 0);
        if (got == 0 || (got < 0 && errno != EINTR))
            return false;
        done += got > 0 ? (size_t)got : 0;
    }
    return true;
}

static bool write_all(int fd, const void *data, size_t bytes, int flags)
{
    for (size_t done = 0; done < bytes;) {
        ssize_t put = send(fd, (const char *)data + done, bytes - done, MSG_NOSIGNAL | flags);
        if (put < 0 && errno != EINTR)
            return false;
        done += put > 0 ? (size_t)put : 0;
    }
    return true;
}

bool drives_write(int fd, const void *data, size_t bytes, const void *more, size_t more_bytes)
{
    return write_all(fd, data, bytes, more_bytes > 0 ? MSG_MORE : 0) && write_all(fd, more, more_bytes, 0);
}

static bool is_powered(struct drive *drive)
{
    return drive->nvme != NULL ? model_nvme_is_powered(drive->nvme) : model_ata_is_powered(drive->ata);
}

bool drive_add_line(struct drive *drive, struct line line)
{
    bool powered = is_powered(drive);
    pthread_mutex_lock(&drive->lock);
    bool good = powered && !drive->unplugged && drive->line_count < DRIVE_LINES;
    if (good)
        drive->lines[drive->line_count++] = line;
    pthread_mutex_unlock(&drive->lock);
    return good;
}

void drive_remove_line(struct drive *drive, int fd)
{
    pthread_mutex_lock(&drive->lock);
    for (size_t i = 0; i < drive->line_count; i++)
        if (drive->lines[i].fd == fd)
            drive->lines[i--] = drive->lines[--drive->line_count];
    pthread_mutex_unlock(&drive->lock);
}

void drive_break_lines(struct drive *drive, const uint16_t *cntlid)
{
    pthread_mutex_lock(&drive->lock);
    for (size_t i = 0; i < drive->line_count; i++)
        if (cntlid == NULL || drive->lines[i].cntlid == *cntlid)
            shutdown(drive->lines[i].fd, SHUT_RDWR);
    pthread_mutex_unlock(&drive->lock);
}

bool drive_has_controller(struct drive *drive, uint16_t cntlid)
{
    bool has = false;
    pthread_mutex_lock(&drive->lock);
    for (size_t i = 0; i < drive->line_count; i++)
        has |= drive->lines[i].admin && drive->lines[i].cntlid == cntlid;
    pthread_mutex_unlock(&drive->lock);
    return has;
}

void drive_unplug(struct drive *drive)
{
    pthread_mutex_lock(&drive->lock);
    drive->unplugged = true;
    pthread_mutex_unlock(&drive->lock);
    drive_break_lines(drive, NULL);
}

struct drive *drive_by_name(const char *name)
{
    for (size_t i = 0; i < drive_count; i++)
        if (strcmp(drives[i].name, name) == 0)
            return &drives[i];
    return NULL;
}

struct drive *drive_by_nqn(const char *nqn)
{
    for (size_t i = 0; i < drive_count; i++)
        if (drives[i].nvme != NULL && strcmp(drives[i].nqn, nqn) == 0)
            return &drives[i];
    return NULL;
}

/* --- Making --- */

static _Noreturn void give_up(const char *what, const char *of)
{
    fprintf(stderr, "drives: %s: %s\n", what, of);
    exit(2);
}

/* A file that is the medium. */
static uint8_t *map_medium(const char *folder, const char *name, size_t number, const struct model_config *is)
{
    char path[PATH_MAX];
    uint64_t block = is->block_bytes != 0 ? is->block_bytes : 512,
             bytes = is->bytes != 0 ? is->bytes : 2 << 20;
    snprintf(path, sizeof path, "%s/%s.%zu", folder, name, number);
    bytes = (bytes + block - 1) / block * block;
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, (off_t)bytes) != 0)
        give_up("no medium", path);
    void *media = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (media == MAP_FAILED)
        give_up("no memory for", path);
    return media;
}

static void make_nvme(struct drive *drive, const char *folder, struct model_nvme_config *config,
                      size_t number)
{
    static const uint8_t none[8];
    for (size_t place = 0; place < MODEL_NVME_NAMESPACES; place++) {
        struct model_nvme_medium *medium = &config->media[place];
        if (place > 0 && !medium->present)
            break;
        medium->block.media = map_medium(folder, drive->name, place, &medium->block);
        /* The model's own would be the same for each drive, which no kernel takes. */
        if (!medium->no_eui64 && memcmp(medium->eui64, none, sizeof none) == 0)
            memcpy(medium->eui64,
                   (uint8_t[]){0x02, 0x4d, 0x4f, 0x44, 0x45, 0x4c, (uint8_t)(number + 1), (uint8_t)place}, 8);
    }
    strcpy(drive->nqn, NQN);
    strcat(drive->nqn, drive->name);
    drive->nvme = model_nvme_new(config);
}

static void make(const char *folder, const char *word, char **options, size_t option_count)
{
    struct drives_row row;
    struct drive *drive = &drives[drive_count];
    const char *equals = strchr(word, '=');
    if (drive_count == MOST_DRIVES || equals == NULL || (size_t)(equals - word) >= sizeof drive->name)
        give_up("no drive", word);
    memcpy(drive->name, word, (size_t)(equals - word));
    if (!drives_find(equals + 1, &row))
        give_up("no such row", equals + 1);
    for (size_t i = 0; i < option_count; i++)
        if (!drives_change(&row, options[i] + 1))
            give_up("no such option", options[i]);
    pthread_mutex_init(&drive->lock, NULL);
    if (row.is_nvme) {
        make_nvme(drive, folder, &row.nvme, drive_count);
    } else {
        if (row.ata.rotation == 0) /* which a kernel takes for a disk */
            row.ata.rotation = 1;
        row.ata.block.media = map_medium(folder, drive->name, 0, &row.ata.block);
        drive->ata = model_ata_new(&row.ata);
    }
    if (drive->nvme == NULL && drive->ata == NULL)
        give_up("no memory for", word);
    drive_count++;
}

static void make_all(const char *folder, char **words, size_t count)
{
    for (size_t i = 0; i < count;) {
        size_t options = 0;
        while (i + 1 + options < count && words[i + 1 + options][0] == '+')
            options++;
        make(folder, words[i], words + i + 1, options);
        i += 1 + options;
    }
}

/* --- Power --- */

static void switch_power(bool on)
{
    if (on && !watch.runs)
        set_speed(speed);
    for (size_t i = 0; i < drive_count; i++) {
        struct drive *drive = &drives[i];
        if (drive->nvme != NULL) {
            model_nvme_advance(drive->nvme, drives_now_ms());
            (on ? model_nvme_power_on : model_nvme_cut_power)(drive->nvme);
        } else {
            model_ata_advance(drive->ata, drives_now_ms());
            (on ? model_ata_power_on : model_ata_cut_power)(drive->ata);
        }
        if (!on)
            drive_break_lines(drive, NULL);
    }
    printf("power %s\n", on ? "on" : "off");
}

static void *watch_power(void *listener)
{
    char byte;
    for (;;) {
        int fd = accept4(*(int *)listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            continue;
        switch_power(true);
        while (recv(fd, &byte, 1, 0) > 0 || errno == EINTR)
            errno = 0;
        switch_power(false);
        close(fd);
    }
    return NULL;
}

/* --- What happens inside --- */

enum happening { AT_REST, BEGUN, AT_IT, HALF };

struct inside {
    bool runs;
    unsigned percent;
    const char *what;
};

static struct inside inside_nvme(struct model_nvme *nvme)
{
    pthread_mutex_lock(&nvme->lock);
    const struct model_nvme_erase *erase = nvme->format.running ? &nvme->format : &nvme->sanitize;
    struct inside inside = {.runs = erase->running, .what = nvme->format.running ? "format" : "sanitize"};
    if (erase->duration_ms > 0)
        inside.percent = (unsigned)(erase->elapsed_ms * 100 / erase->duration_ms);
    pthread_mutex_unlock(&nvme->lock);
    return inside;
}

static struct inside inside_ata(struct model_ata *ata)
{
    pthread_mutex_lock(&ata->lock);
    const struct model_ata_erase *erase = ata->unit.running ? &ata->unit : &ata->sanitize;
    struct inside inside = {.runs = erase->running, .what = ata->unit.running ? "unit" : "sanitize"};
    if (erase->duration_ms > 0)
        inside.percent = (unsigned)(erase->elapsed_ms * 100 / erase->duration_ms);
    pthread_mutex_unlock(&ata->lock);
    return inside;
}

static void look_inside(struct drive *drive, enum happening *told)
{
    if (drive->nvme != NULL)
        model_nvme_advance(drive->nvme, drives_now_ms());
    else
        model_ata_advance(drive->ata, drives_now_ms());
    struct inside now = drive->nvme != NULL ? inside_nvme(drive->nvme) : inside_ata(drive->ata);
    if (now.runs && *told == AT_REST) {
        printf("%s begins %s\n", drive->name, now.what);
        *told = BEGUN;
    }
    if (now.runs && *told == BEGUN && now.percent >= 10) {
        printf("%s tenth %s\n", drive->name, now.what);
        *told = AT_IT;
    }
    if (now.runs && *told == AT_IT && now.percent >= 50) {
        printf("%s half %s\n", drive->name, now.what);
        *told = HALF;
    }
    if (!now.runs && *told != AT_REST) {
        printf("%s rests\n", drive->name);
        *told = AT_REST;
    }
}

static void *watch_drives(void *unused)
{
    static enum happening told[MOST_DRIVES];
    const struct timespec tick = {.tv_nsec = TICK_MS * 1000000L};
    for (;;) {
        for (size_t i = 0; i < drive_count; i++)
            look_inside(&drives[i], &told[i]);
        nanosleep(&tick, NULL);
    }
    return unused;
}

/* --- Doors --- */

static void start(void *(*run)(void *), void *with)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, run, with) != 0)
        give_up("no thread", strerror(errno));
    pthread_detach(thread);
}

static void *serve_nvme(void *fd)
{
    drives_serve_nvme((int)(intptr_t)fd);
    return NULL;
}

static void *serve_scsi(void *fd)
{
    drives_serve_scsi((int)(intptr_t)fd);
    return NULL;
}

struct door {
    int listener;
    uint16_t port;
    void *(*serve)(void *);
};

static void *answer_door(void *with)
{
    const struct door *door = with;
    for (;;) {
        int fd = accept4(door->listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0)
            start(door->serve, (void *)(intptr_t)fd);
    }
    return NULL;
}

static void open_door(struct door *door)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY)};
    socklen_t bytes = sizeof at;
    door->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (door->listener < 0 || bind(door->listener, (struct sockaddr *)&at, sizeof at) != 0 ||
        listen(door->listener, LOOPBACK_BACKLOG) != 0 ||
        getsockname(door->listener, (struct sockaddr *)&at, &bytes) != 0)
        give_up("no port", strerror(errno));
    door->port = ntohs(at.sin_port);
    start(answer_door, door);
}

static int open_power(const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof at.sun_path)
        give_up("a path too long", path);
    memcpy(at.sun_path, path, strlen(path));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(fd, 1) != 0)
        give_up("no socket", path);
    return fd;
}

/* --- Orders --- */

static void tell_truth(struct drive *drive)
{
    if (drive->ata != NULL) {
        struct model_ata_truth truth = model_ata_truth(drive->ata);
        printf("truth %s old=%llu erased=%llu of=%llu\n", drive->name, (unsigned long long)truth.old_units,
               (unsigned long long)truth.erased, (unsigned long long)truth.sectors);
        return;
    }
    for (size_t place = 0; place < drive->nvme->count; place++) {
        struct model_nvme_truth truth = model_nvme_truth(drive->nvme, place);
        printf("truth %s.%zu old=%llu erased=%llu of=%llu\n", drive->name, place,
               (unsigned long long)truth.old_units, (unsigned long long)truth.erased,
               (unsigned long long)truth.blocks);
    }
}

static void put_to_sleep(struct drive *drive)
{
    model_ata_sleep(drive->ata);
    printf("%s slept\n", drive->name);
}

static void obey(char *order)
{
    order[strcspn(order, "\n")] = '\0';
    char *name = strchr(order, ' ');
    struct drive *drive = name != NULL ? drive_by_name(name + 1) : NULL;
    unsigned times = name != NULL ? (unsigned)strtoul(name + 1, NULL, 10) : 0;
    if (times > 0 && strncmp(order, "speed ", 6) == 0)
        set_speed(times);
    else if (drive != NULL && strncmp(order, "unplug ", 7) == 0)
        drive_unplug(drive);
    else if (drive != NULL && drive->ata != NULL && strncmp(order, "sleep ", 6) == 0)
        put_to_sleep(drive);
    else if (drive != NULL && strncmp(order, "truth ", 6) == 0)
        tell_truth(drive);
    else
        printf("what is %s?\n", order);
}

int main(int argc, char **argv)
{
    static struct door nvme = {.serve = serve_nvme}, scsi = {.serve = serve_scsi};
    char order[LINE];
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc == 2 && strcmp(argv[1], "list") == 0)
        return drives_list(), 0;
    if (argc < 5 || (speed = (unsigned)strtoul(argv[2], NULL, 10)) == 0)
        give_up("usage", "drives list | drives FOLDER SPEED POWER NAME=KIND:ROW [+KEY=VALUE...]...");
    make_all(argv[1], argv + 4, (size_t)argc - 4);
    int power = open_power(argv[3]);
    open_door(&nvme);
    open_door(&scsi);
    start(watch_power, &power);
    start(watch_drives, NULL);
    printf("ports %u %u\n", nvme.port, scsi.port);
    while (fgets(order, sizeof order, stdin) != NULL)
        obey(order);
    return 0;
}
