/* SPDX-License-Identifier: Apache-2.0 */
/* tcmu-door HOST PORT NAME...: in a virtual machine, makes a SCSI disk of each named drive that `drives`
 * keeps on the host. TCMU hands the kernel's CDBs to us, we hand them on; tcm_loop makes the disk. Says "NAME
 * sdX" for each and "ready", and serves until it is killed. */
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define __LINUX_UIO_H /* its struct iovec and glibc's exclude each other */
#include <linux/target_core_user.h>

#include "doors.h"

enum { WAITING = 512, CHECK_CONDITION = 0x02, TRIES = 600, TRY_MS = 50, TEXT = 256 };

#define TARGET "/sys/kernel/config/target"

/* A command of the kernel's that the drive has. */
struct waiting {
    bool used;
    uint16_t id;
    struct iovec *places; /* in the shared memory */
    size_t place_count;
    bool out;
};

struct door {
    const char *name;
    unsigned number;
    int drive, uio;
    struct tcmu_mailbox *mailbox;
    size_t tail; /* the first entry that we did not see */
    struct waiting waiting[WAITING];
    bool lost; /* the drive does not speak to us any more */
};

static _Noreturn void give_up(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("tcmu-door: ", stderr);
    vfprintf(stderr, format, arguments);
    fprintf(stderr, ": %s\n", strerror(errno));
    va_end(arguments);
    exit(2);
}

/* --- The drive's end --- */

static bool read_all(int fd, void *data, size_t bytes)
{
    for (size_t done = 0; done < bytes;) {
        ssize_t got = read(fd, (char *)data + done, bytes - done);
        if (got == 0 || (got < 0 && errno != EINTR))
            return false;
        done += got > 0 ? (size_t)got : 0;
    }
    return true;
}

static bool write_all(int fd, const void *data, size_t bytes)
{
    for (size_t done = 0; done < bytes;) {
        ssize_t put = send(fd, (const char *)data + done, bytes - done, MSG_NOSIGNAL);
        if (put < 0 && errno != EINTR)
            return false;
        done += put > 0 ? (size_t)put : 0;
    }
    return true;
}

static int call_host(const char *host, const char *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)strtoul(port, NULL, 10))};
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || inet_pton(AF_INET, host, &at.sin_addr) != 1 ||
        connect(fd, (struct sockaddr *)&at, sizeof at) != 0)
        give_up("cannot reach %s port %s", host, port);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
}

static struct door_size greet(struct door *door)
{
    struct door_frame frame = {(uint32_t)strlen(door->name), DOOR_HELLO, 0};
    struct door_size size;
    if (!write_all(door->drive, &frame, sizeof frame) ||
        !write_all(door->drive, door->name, strlen(door->name)) ||
        !read_all(door->drive, &frame, sizeof frame) || frame.kind != DOOR_HELLO ||
        frame.bytes != sizeof size || !read_all(door->drive, &size, sizeof size) || size.bytes == 0)
        give_up("there is no drive %s", door->name);
    return size;
}

/* --- The kernel's end --- */

static uint8_t *at(const struct door *door, size_t offset)
{
    return (uint8_t *)door->mailbox + offset;
}

static struct tcmu_cmd_entry *entry_at(const struct door *door, size_t offset)
{
    return (struct tcmu_cmd_entry *)(void *)at(door, door->mailbox->cmdr_off + offset);
}

static size_t after(const struct door *door, size_t offset)
{
    return (offset + tcmu_hdr_get_len(entry_at(door, offset)->hdr.len_op)) % door->mailbox->cmdr_size;
}

/* Entries in which no answer is expected. */
static void skip_others(struct door *door)
{
    size_t tail = door->mailbox->cmd_tail;
    while (tail != door->tail && tcmu_hdr_get_op(entry_at(door, tail)->hdr.len_op) != TCMU_OP_CMD)
        tail = after(door, tail);
    door->mailbox->cmd_tail = (uint32_t)tail;
}

/* An answer goes into the oldest entry that we saw, whosever it was. */
static void answer_kernel(struct door *door, uint16_t id, const struct door_answer *answer, bool out)
{
    skip_others(door);
    struct tcmu_cmd_entry *entry = entry_at(door, door->mailbox->cmd_tail);
    uint32_t word = 1;
    entry->hdr.cmd_id = id;
    entry->hdr.uflags = !out && answer->moved > 0 ? TCMU_UFLAG_READ_LEN : 0;
    memset(&entry->rsp, 0, sizeof entry->rsp);
    entry->rsp.scsi_status = answer->status;
    entry->rsp.read_len = out ? 0 : answer->moved;
    memcpy(entry->rsp.sense_buffer, answer->sense, answer->sense_bytes);
    __sync_synchronize();
    door->mailbox->cmd_tail = (uint32_t)after(door, door->mailbox->cmd_tail);
    skip_others(door);
    __sync_synchronize();
    if (write(door->uio, &word, sizeof word) != sizeof word)
        give_up("%s: the kernel is deaf", door->name);
}

static void forget(struct waiting *waiting)
{
    free(waiting->places);
    *waiting = (struct waiting){0};
}

/* Copies between the command's places and `data`; bytes moved. */
static size_t move(const struct door *door, const struct waiting *waiting, uint8_t *data, size_t bytes,
                   bool into_places)
{
    size_t done = 0;
    for (size_t i = 0; i < waiting->place_count && done < bytes; i++) {
        size_t here = waiting->places[i].iov_len < bytes - done ? waiting->places[i].iov_len : bytes - done;
        uint8_t *place = at(door, (size_t)waiting->places[i].iov_base);
        if (into_places)
            memcpy(place, data + done, here);
        else
            memcpy(data + done, place, here);
        done += here;
    }
    return done;
}

static size_t room_of(const struct waiting *waiting)
{
    size_t bytes = 0;
    for (size_t i = 0; i < waiting->place_count; i++)
        bytes += waiting->places[i].iov_len;
    return bytes;
}

/* Nobody is there who would answer: LOGICAL UNIT COMMUNICATION FAILURE. */
static void answer_lost(struct door *door, uint16_t id)
{
    struct door_answer answer = {.status = CHECK_CONDITION, .sense_bytes = 18};
    answer.sense[0] = 0x70;
    answer.sense[2] = 0x0b;
    answer.sense[7] = 10;
    answer.sense[12] = 0x08;
    answer_kernel(door, id, &answer, true);
}

static void lose(struct door *door)
{
    door->lost = true;
    for (size_t i = 0; i < WAITING; i++) {
        if (!door->waiting[i].used)
            continue;
        answer_lost(door, door->waiting[i].id);
        forget(&door->waiting[i]);
    }
}

/* --- From the kernel to the drive --- */

static void pass_on(struct door *door, const struct waiting *waiting, const uint8_t *cdb)
{
    size_t bytes = room_of(waiting), out = waiting->out ? bytes : 0;
    struct {
        struct door_frame frame;
        struct door_command command;
    } head = {{(uint32_t)(sizeof head.command + out), DOOR_COMMAND, waiting->id},
              {.room = (uint32_t)(bytes - out), .out = (uint32_t)out}};
    uint8_t *data = malloc(out + 1);
    if (data == NULL)
        give_up("no memory");
    memcpy(head.command.cdb, cdb, door_cdb_bytes(cdb[0]));
    move(door, waiting, data, out, false);
    if (!write_all(door->drive, &head, sizeof head) || !write_all(door->drive, data, out))
        lose(door);
    free(data);
}

/* Request and answer lie in the same place: what is needed later is copied first. */
static void take_command(struct door *door, const struct tcmu_cmd_entry *entry)
{
    size_t index = 0;
    uint16_t id = entry->hdr.cmd_id;
    uint8_t cdb[DOOR_CDB] = {0};
    const uint8_t *given = at(door, entry->req.cdb_off);
    memcpy(cdb, given, door_cdb_bytes(given[0]));
    while (index < WAITING && door->waiting[index].used)
        index++;
    size_t bytes = entry->req.iov_cnt * sizeof(struct iovec);
    struct iovec *places = malloc(bytes + 1);
    if (index == WAITING || places == NULL)
        give_up("%s: more commands than there is room for", door->name);
    memcpy(places, entry->req.iov, bytes);
    door->waiting[index] = (struct waiting){.used = true,
                                            .id = id,
                                            .places = places,
                                            .place_count = entry->req.iov_cnt,
                                            .out = door_goes_out(cdb)};
    if (!door->lost)
        pass_on(door, &door->waiting[index], cdb);
    if (door->lost && door->waiting[index].used) {
        answer_lost(door, id);
        forget(&door->waiting[index]);
    }
}

/* The kernel gives commands up; the drive answers them, or it never does. */
static void take_management(struct door *door, const struct tcmu_tmr_entry *entry)
{
    for (uint32_t i = 0; i < entry->cmd_cnt && !door->lost; i++) {
        struct door_frame frame = {0, DOOR_ABORT, entry->cmd_ids[i]};
        if (!write_all(door->drive, &frame, sizeof frame))
            lose(door);
    }
}

static void take_all(struct door *door)
{
    while (door->tail != *(volatile uint32_t *)&door->mailbox->cmd_head) {
        __sync_synchronize();
        struct tcmu_cmd_entry *entry = entry_at(door, door->tail);
        size_t next = after(door, door->tail);
        enum tcmu_opcode op = tcmu_hdr_get_op(entry->hdr.len_op);
        door->tail = next;
        if (op == TCMU_OP_CMD)
            take_command(door, entry);
        else if (op == TCMU_OP_TMR)
            take_management(door, (const struct tcmu_tmr_entry *)(const void *)entry);
    }
    skip_others(door);
}

/* --- From the drive to the kernel --- */

static bool hear_drive(struct door *door)
{
    struct door_frame frame;
    struct door_answer answer;
    if (!read_all(door->drive, &frame, sizeof frame) || frame.kind != DOOR_ANSWER ||
        frame.bytes < sizeof answer || !read_all(door->drive, &answer, sizeof answer) ||
        answer.sense_bytes > sizeof answer.sense || frame.bytes - sizeof answer > DOOR_DATA)
        return false;
    size_t bytes = frame.bytes - sizeof answer, index = 0;
    uint8_t *data = malloc(bytes + 1);
    if (data == NULL || !read_all(door->drive, data, bytes)) {
        free(data);
        return false;
    }
    while (index < WAITING && !(door->waiting[index].used && door->waiting[index].id == frame.tag))
        index++;
    if (index < WAITING) {
        struct waiting *waiting = &door->waiting[index];
        move(door, waiting, data, bytes, true);
        answer_kernel(door, waiting->id, &answer, waiting->out);
        forget(waiting);
    }
    free(data);
    return true;
}

static void *serve(void *with)
{
    struct door *door = with;
    uint32_t count;
    for (;;) {
        struct pollfd fds[2] = {{.fd = door->uio, .events = POLLIN},
                                {.fd = door->lost ? -1 : door->drive, .events = POLLIN}};
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            give_up("%s: poll", door->name);
        if (fds[0].revents != 0 && read(door->uio, &count, sizeof count) == sizeof count)
            take_all(door);
        if (fds[1].revents != 0 && !door->lost && !hear_drive(door))
            lose(door);
    }
    return NULL;
}

/* --- Making the disk --- */

static void set(const char *value, const char *format, ...)
{
    char path[PATH_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(path, sizeof path, format, arguments);
    va_end(arguments);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, value, strlen(value)) != (ssize_t)strlen(value))
        give_up("%s", path);
    close(fd);
}

static void make(const char *format, ...)
{
    char path[PATH_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(path, sizeof path, format, arguments);
    va_end(arguments);
    if (mkdir(path, 0755) != 0 && errno != EEXIST)
        give_up("%s", path);
}

static void wait_a_little(void)
{
    const struct timespec pause = {.tv_nsec = TRY_MS * 1000000L};
    nanosleep(&pause, NULL);
}

static bool reads(const char *path, char *text, size_t bytes)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, text, bytes - 1);
    if (fd >= 0)
        close(fd);
    if (got < 0)
        return false;
    text[got] = '\0';
    text[strcspn(text, "\n")] = '\0';
    return true;
}

static void make_backstore(const struct door *door, struct door_size size)
{
    char value[TEXT];
    make(TARGET "/core");
    make(TARGET "/core/user_0");
    make(TARGET "/core/user_0/%s", door->name);
    snprintf(value, sizeof value,
             "dev_config=unwrite/%s,dev_size=%llu,hw_block_size=%u,nl_reply_supported=-1", door->name,
             (unsigned long long)size.bytes, size.block_bytes);
    set(value, TARGET "/core/user_0/%s/control", door->name);
    set("0", TARGET "/core/user_0/%s/attrib/cmd_time_out", door->name);
    set("1", TARGET "/core/user_0/%s/attrib/tmr_notification", door->name);
    set("1", TARGET "/core/user_0/%s/enable", door->name);
}

static bool is_ours(const struct door *door, const char *uio)
{
    char path[PATH_MAX], text[TEXT], end[TEXT];
    int length = snprintf(end, sizeof end, "/unwrite/%s", door->name);
    snprintf(path, sizeof path, "/sys/class/uio/%s/name", uio);
    return reads(path, text, sizeof text) && strlen(text) > (size_t)length &&
           strcmp(text + strlen(text) - (size_t)length, end) == 0;
}

static void open_uio(struct door *door)
{
    char path[PATH_MAX], text[TEXT];
    struct dirent *entry;
    DIR *class = opendir("/sys/class/uio");
    while (class != NULL && (entry = readdir(class)) != NULL)
        if (entry->d_name[0] != '.' && is_ours(door, entry->d_name))
            break;
    if (class == NULL || entry == NULL)
        give_up("%s: no uio device", door->name);
    snprintf(path, sizeof path, "/sys/class/uio/%s/maps/map0/size", entry->d_name);
    size_t bytes = reads(path, text, sizeof text) ? strtoul(text, NULL, 0) : 0;
    snprintf(path, sizeof path, "/dev/%s", entry->d_name);
    closedir(class);
    for (unsigned i = 0; (door->uio = open(path, O_RDWR | O_CLOEXEC)) < 0 && i < TRIES; i++)
        wait_a_little();
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, door->uio, 0);
    if (door->uio < 0 || memory == MAP_FAILED)
        give_up("%s", path);
    door->mailbox = memory;
    door->tail = door->mailbox->cmd_tail;
}

/* The nexus first; making the link asks the drive who it is, so its ring is served already. */
static void make_disk(const struct door *door)
{
    char target[TEXT], nexus[TEXT], from[PATH_MAX], to[PATH_MAX];
    snprintf(target, sizeof target, TARGET "/loopback/naa.5001405%09x", door->number);
    snprintf(nexus, sizeof nexus, "naa.5001406%09x", door->number);
    make(TARGET "/loopback");
    make("%s", target);
    make("%s/tpgt_1", target);
    set(nexus, "%s/tpgt_1/nexus", target);
    make("%s/tpgt_1/lun/lun_0", target);
    snprintf(from, sizeof from, TARGET "/core/user_0/%s", door->name);
    snprintf(to, sizeof to, "%s/tpgt_1/lun/lun_0/port", target);
    if (symlink(from, to) != 0)
        give_up("%s", to);
}

/* False: it is not there yet. */
static bool find_disk(const struct door *door, char *name, size_t bytes)
{
    char path[PATH_MAX], text[TEXT];
    struct dirent *entry;
    bool found = false;
    snprintf(path, sizeof path, TARGET "/loopback/naa.5001405%09x/tpgt_1/address", door->number);
    if (!reads(path, text, sizeof text))
        return false;
    snprintf(path, sizeof path, "/sys/class/scsi_device/%s:0/device/block", text);
    DIR *folder = opendir(path);
    while (folder != NULL && !found && (entry = readdir(folder)) != NULL) {
        found = entry->d_name[0] != '.';
        if (found)
            snprintf(name, bytes, "%s", entry->d_name);
    }
    if (folder != NULL)
        closedir(folder);
    return found;
}

static void open_door(struct door *door, const char *host, const char *port)
{
    pthread_t thread;
    door->drive = call_host(host, port);
    struct door_size size = greet(door);
    make_backstore(door, size);
    open_uio(door);
    if (pthread_create(&thread, NULL, serve, door) != 0)
        give_up("no thread");
    make_disk(door);
}

static void tell(const struct door *door)
{
    char disk[TEXT];
    for (unsigned i = 0; i < TRIES; i++) {
        if (find_disk(door, disk, sizeof disk)) {
            printf("%s %s\n", door->name, disk);
            return;
        }
        wait_a_little();
    }
    printf("%s -\n", door->name);
}

int main(int argc, char **argv)
{
    if (argc < 4)
        give_up("usage: tcmu-door HOST PORT NAME...");
    setvbuf(stdout, NULL, _IOLBF, 0);
    (void)mount("configfs", "/sys/kernel/config", "configfs", 0, NULL);
    size_t count = (size_t)argc - 3;
    struct door *doors = calloc(count, sizeof *doors);
    if (doors == NULL)
        give_up("no memory");
    for (size_t i = 0; i < count; i++) {
        doors[i].name = argv[3 + i];
        doors[i].number = (unsigned)i + 1;
        open_door(&doors[i], argv[1], argv[2]);
    }
    for (size_t i = 0; i < count; i++)
        tell(&doors[i]);
    puts("ready");
    for (;;)
        pause();
}
