/* SPDX-License-Identifier: Apache-2.0 */
#include "model_machine.h"

#include "model_machine_probe.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { LATENCY_MS = 1, PENDING = 64, GARBAGE = 0xdb, GARBAGE_BYTES = 1 << 20 };

#define FOR_EVER UINT64_MAX

/* Each thread has a time of its own, so that one drive's hang is no other's. Nobody waits for it: whoever
 * would wait moves it on. */
static _Thread_local uint64_t clock_ms;

struct pending {
    struct uw_transfer *transfer;
    uint64_t sum;    /* of a write's bytes when they were handed over */
    uint64_t due_ms; /* FOR_EVER: it will not be answered */
};

/* An open drive. One that was abandoned stays as long as its machine, as it would in the kernel. */
struct door {
    struct uw_transport transport; /* first */
    struct model_drive *drive;
    uint8_t *arena;
    void *mapped; /* the arena and what surrounds it */
    size_t mapped_bytes;
    unsigned buffers;
    uint32_t buffer_bytes;
    struct pending pending[PENDING];
    unsigned count;
    struct door *next; /* abandoned before it */
    /* Of a drive with commands: its own time as this door has it, and by whose clock it last moved on. */
    uint64_t time_ms, seen_ms;
    const uint64_t *seen_clock;
    atomic_bool asking;
};

static struct door *door_of(struct uw_transport *t)
{
    return (struct door *)t;
}

static void complain(struct model_drive *drive, const char *what)
{
    if (drive->complaint[0] == '\0')
        snprintf(drive->complaint, sizeof drive->complaint, "%s: %s", drive->facts.name, what);
}

/* A thread's clock says how long it waited, not what time it is: it may be younger than the drive. */
static uint64_t drive_ms(struct door *door)
{
    const struct model_drive *drive = door->drive;
    uint64_t now_ms = drive->ata != NULL ? model_ata_now(drive->ata) : model_nvme_now(drive->nvme);
    if (door->seen_clock == &clock_ms && clock_ms > door->seen_ms)
        door->time_ms += clock_ms - door->seen_ms;
    door->seen_clock = &clock_ms;
    door->seen_ms = clock_ms;
    door->time_ms = door->time_ms > now_ms ? door->time_ms : now_ms;
    return door->time_ms;
}

/* Reads, writes, flushes and looks of any kind of drive. */
static int64_t move_blocks(struct door *door, bool write, uint64_t offset, uint32_t length, uint8_t *data)
{
    struct model_drive *drive = door->drive;
    if (drive->ata != NULL)
        return model_ata_move(drive->ata, drive_ms(door), write, offset, length, data);
    if (drive->nvme != NULL)
        return model_nvme_move(drive->nvme, drive->place, drive_ms(door), write, offset, length, data);
    return model_block_move(drive->block, write, offset, length, data);
}

static int flush_blocks(struct door *door)
{
    struct model_drive *drive = door->drive;
    if (drive->ata != NULL)
        return model_ata_flush(drive->ata, drive_ms(door));
    return drive->nvme == NULL ? model_block_flush(drive->block)
                               : model_nvme_flush(drive->nvme, drive->place, drive_ms(door));
}

static int look_at_blocks(struct door *door, uint64_t *bytes)
{
    struct model_drive *drive = door->drive;
    if (drive->ata != NULL)
        return model_ata_look(drive->ata, drive_ms(door), bytes);
    return drive->nvme == NULL ? model_block_look(drive->block, bytes)
                               : model_nvme_look(drive->nvme, drive->place, drive_ms(door), bytes);
}

static void maybe_hold(struct model_drive *drive, unsigned on, uint64_t offset, uint64_t length)
{
    if (drive->machine->hold != NULL && model_block_holds(drive->block, on, offset, length))
        drive->machine->hold(drive, drive->machine->user);
}

static void count_buffers(struct model_machine *machine, size_t bytes)
{
    size_t now = atomic_fetch_add(&machine->buffer_bytes, bytes) + bytes;
    size_t most = atomic_load(&machine->most_buffer_bytes);
    while (now > most && !atomic_compare_exchange_weak(&machine->most_buffer_bytes, &most, now)) {
    }
}

static int garbage = -1;

static void make_garbage(void)
{
    static uint8_t bytes[GARBAGE_BYTES];
    memset(bytes, GARBAGE, sizeof bytes);
    garbage = memfd_create("garbage", MFD_CLOEXEC);
    if (garbage >= 0 && write(garbage, bytes, sizeof bytes) != sizeof bytes) {
        close(garbage);
        garbage = -1;
    }
}

/* Full of garbage, of which only what is touched takes memory and time; nothing before it nor behind it may
 * be touched. */
static bool map_arena(struct door *door, size_t bytes)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_garbage);
    size_t page = (size_t)sysconf(_SC_PAGESIZE), inner = (bytes + page - 1) / page * page, done = 0;
    size_t all = inner + 2 * page;
    uint8_t *mapped = mmap(NULL, all, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED)
        return false;
    while (done < inner) {
        size_t part = inner - done < GARBAGE_BYTES ? inner - done : GARBAGE_BYTES;
        if (mmap(mapped + page + done, part, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, garbage, 0) ==
            MAP_FAILED)
            break;
        done += part;
    }
    if (done < inner) {
        munmap(mapped, all);
        return false;
    }
    door->mapped = mapped;
    door->mapped_bytes = all;
    door->arena = mapped + all - page - bytes;
    return true;
}

static void unmap_arena(struct door *door)
{
    if (door->arena != NULL)
        munmap(door->mapped, door->mapped_bytes);
    door->arena = NULL;
}

static bool begin(struct uw_transport *t, unsigned buffers, uint32_t buffer_bytes, uint8_t **arena,
                  struct uw_error *e)
{
    struct door *door = door_of(t);
    if (buffers == 0 || buffers > PENDING || door->arena != NULL)
        complain(door->drive, "begun twice, or with a strange number of buffers");
    door->buffers = buffers;
    door->buffer_bytes = buffer_bytes;
    if (!map_arena(door, (size_t)buffers * buffer_bytes))
        return uw_fail(e, UW_E_NOMEM, "no memory for a model's buffers");
    *arena = door->arena;
    count_buffers(door->drive->machine, (size_t)buffers * buffer_bytes);
    return true;
}

static uint8_t *data_of(const struct door *door, const struct uw_transfer *transfer)
{
    return door->arena + (size_t)transfer->buffer * door->buffer_bytes;
}

static uint64_t sum_of(const uint8_t *data, uint32_t bytes)
{
    uint64_t sum = bytes, word;
    uint32_t done = 0;
    for (; done + sizeof word <= bytes; done += sizeof word) {
        memcpy(&word, data + done, sizeof word);
        sum = sum * 0x100000001b3ULL + word;
    }
    for (; done < bytes; done++)
        sum = sum * 0x100000001b3ULL + data[done];
    return sum;
}

/* The rules of transport.h, as broken; NULL: none is. */
static const char *broken_rule(const struct door *door, const struct uw_transfer *transfer)
{
    const struct uw_transport *t = &door->transport;
    uint64_t body = t->bytes - t->bytes % t->block_bytes, end = transfer->offset + transfer->length;
    if (door->arena == NULL)
        return "a transfer before begin";
    if (door->count == door->buffers)
        return "more transfers in flight than buffers";
    if (transfer->buffer >= door->buffers || transfer->length == 0 || transfer->length > door->buffer_bytes)
        return "a transfer outside its buffer";
    if (end > t->bytes || end < transfer->offset)
        return "a transfer past the drive's end";
    if (transfer->offset % t->block_bytes != 0 || (end % t->block_bytes != 0 && end != t->bytes))
        return "a transfer of half blocks";
    if (end > body && transfer->offset < body)
        return "a transfer of both body and tail";
    for (unsigned i = 0; i < door->count; i++) {
        const struct uw_transfer *other = door->pending[i].transfer;
        if (other == transfer)
            return "a transfer submitted twice";
        if (other->buffer == transfer->buffer &&
            (other->direction == UW_READ || transfer->direction == UW_READ))
            return "a buffer that a read in flight owns";
    }
    return NULL;
}

static bool submit(struct uw_transport *t, struct uw_transfer *transfer, struct uw_error *e)
{
    struct door *door = door_of(t);
    const char *rule = broken_rule(door, transfer);
    if (t->abandoned)
        rule = "a transfer after it was abandoned";
    if (rule != NULL) {
        complain(door->drive, rule);
        return uw_fail(e, UW_E_IO, "%s", rule);
    }
    struct pending *pending = &door->pending[door->count++];
    int64_t hang_ms =
        model_block_hang_ms(door->drive->block, transfer->direction == UW_WRITE ? MODEL_WRITE : MODEL_READ,
                            transfer->offset, transfer->length);
    *pending = (struct pending){.transfer = transfer,
                                .due_ms = hang_ms == MODEL_NEVER ? FOR_EVER : clock_ms + (uint64_t)hang_ms};
    if (transfer->direction == UW_WRITE)
        pending->sum = sum_of(data_of(door, transfer), transfer->length);
    else
        memset(data_of(door, transfer), GARBAGE, transfer->length);
    if (door->count > door->drive->most_in_flight)
        door->drive->most_in_flight = door->count;
    return true;
}

static struct uw_transfer *finish(struct door *door, unsigned at)
{
    struct pending pending = door->pending[at];
    struct uw_transfer *transfer = pending.transfer;
    uint8_t *data = data_of(door, transfer);
    bool write = transfer->direction == UW_WRITE;
    door->count--;
    memmove(&door->pending[at], &door->pending[at + 1], (door->count - at) * sizeof pending);
    if (write && pending.sum != sum_of(data, transfer->length))
        complain(door->drive, "a buffer changed while a write was in flight");
    maybe_hold(door->drive, write ? MODEL_WRITE : MODEL_READ, transfer->offset, transfer->length);
    transfer->result = move_blocks(door, write, transfer->offset, transfer->length, data);
    return transfer;
}

static uint64_t next_random(struct model_drive *drive)
{
    drive->order = drive->order * 6364136223846793005ULL + 1442695040888963407ULL;
    return drive->order >> 33;
}

/* One of those that can end now, or the one that ends first; count: none ever will. */
static unsigned choose(struct door *door)
{
    unsigned ready = 0, first = door->count;
    for (unsigned i = 0; i < door->count; i++) {
        const struct pending *pending = &door->pending[i];
        ready += pending->due_ms <= clock_ms;
        if (pending->due_ms != FOR_EVER &&
            (first == door->count || pending->due_ms < door->pending[first].due_ms))
            first = i;
    }
    if (ready == 0 || door->drive->order == 0)
        return first;
    uint64_t skip = next_random(door->drive) % ready;
    for (unsigned i = 0;; i++)
        if (door->pending[i].due_ms <= clock_ms && skip-- == 0)
            return i;
}

/* Lets time pass; false when the moment does not come within the timeout. */
static bool wait_until(struct model_drive *drive, uint64_t due_ms, int timeout_ms)
{
    if (due_ms == FOR_EVER && timeout_ms < 0) {
        complain(drive, "waited for without end while it hangs");
        return false;
    }
    if (timeout_ms >= 0 && (due_ms == FOR_EVER || due_ms > clock_ms + (unsigned)timeout_ms)) {
        clock_ms += (unsigned)timeout_ms;
        return false;
    }
    clock_ms = due_ms > clock_ms ? due_ms : clock_ms;
    return true;
}

static struct uw_transfer *reap(struct uw_transport *t, int timeout_ms, struct uw_error *e)
{
    struct door *door = door_of(t);
    if (t->abandoned)
        complain(door->drive, "reaped after it was abandoned");
    if (door->count == 0) {
        uw_fail(e, UW_E_IO, "nothing in flight");
        return NULL;
    }
    unsigned at = choose(door);
    if (!wait_until(door->drive, at < door->count ? door->pending[at].due_ms : FOR_EVER, timeout_ms))
        return NULL;
    clock_ms += LATENCY_MS;
    return finish(door, at);
}

static bool flush(struct uw_transport *t, int timeout_ms, bool *stalled, struct uw_error *e)
{
    struct model_drive *drive = door_of(t)->drive;
    int64_t hang_ms = model_block_hang_ms(drive->block, MODEL_FLUSH, 0, 0);
    *stalled = false;
    if (door_of(t)->count > 0)
        complain(drive, "a flush with transfers in flight");
    if (!wait_until(drive, hang_ms == MODEL_NEVER ? FOR_EVER : clock_ms + (uint64_t)hang_ms, timeout_ms)) {
        *stalled = true;
        return uw_fail(e, UW_E_IO, "/model/%s: no answer to a flush", drive->facts.name);
    }
    maybe_hold(drive, MODEL_FLUSH, 0, 0);
    int error = flush_blocks(door_of(t));
    return error == 0 || uw_fail_errno(e, UW_E_IO, error, "/model/%s: cannot flush", drive->facts.name);
}

static bool identify(struct uw_transport *t, struct uw_identity *identity, struct uw_error *e)
{
    struct model_drive *drive = door_of(t)->drive;
    maybe_hold(drive, MODEL_LOOK, 0, 0);
    int error = look_at_blocks(door_of(t), &identity->bytes);
    if (error != 0)
        return uw_fail_errno(e, UW_E_IO, error, "/model/%s: cannot read its size", drive->facts.name);
    identity->disk_sequence =
        model_machine_sequence(drive) + (drive->block->other[MODEL_SEQUENCE] ? 1000 : 0);
    identity->devnum = model_machine_devnum(drive) + (drive->block->other[MODEL_DEVNUM] ? 1000 : 0);
    identity->inode = 0;
    return true;
}

/* Begins an exchange with a drive that takes commands. */
static bool enter(struct uw_transport *t, struct uw_error *e)
{
    struct door *door = door_of(t);
    if (t->abandoned)
        complain(door->drive, "asked after it was abandoned");
    if (atomic_exchange(&door->asking, true))
        complain(door->drive, "asked by two threads at once");
    return !t->abandoned || uw_fail(e, UW_E_IO, "abandoned");
}

/* Ends it: the time that it took passed for the asking thread too. */
static void leave(struct door *door, uint64_t before_ms, uint64_t after_ms)
{
    clock_ms += after_ms - before_ms + LATENCY_MS;
    atomic_store(&door->drive->last_ms, clock_ms);
    door->seen_ms = clock_ms;
    door->time_ms = after_ms + LATENCY_MS;
    atomic_store(&door->asking, false);
}

static void tell_of_erase(struct model_drive *drive)
{
    if (drive->machine->erasing != NULL)
        drive->machine->erasing(drive, drive->machine->user);
}

/* One erase at a time in an NVM subsystem: two that hosts wait for at once, or one that the drive aborts
 * since another is at work. */
static bool ask_nvme(struct model_drive *drive, uint64_t *now_ms, struct uw_nvme_command *command,
                     int timeout_ms, bool *stalled)
{
    static const char fault[] = "a second format or sanitize while one is at work";
    bool erase = command->opcode == UW_NVME_FORMAT || command->opcode == UW_NVME_SANITIZE;
    if (!erase)
        return model_nvme_ask(drive->nvme, now_ms, command, timeout_ms, stalled);
    if (atomic_fetch_add(&drive->nvme->erasing, 1) > 0)
        complain(drive, fault);
    tell_of_erase(drive);
    unsigned before = drive->nvme->overlaps;
    bool answered = model_nvme_ask(drive->nvme, now_ms, command, timeout_ms, stalled);
    if (drive->nvme->overlaps != before && !drive->machine->others_erase)
        complain(drive, fault);
    atomic_fetch_sub(&drive->nvme->erasing, 1);
    return answered;
}

static bool nvme(struct uw_transport *t, struct uw_nvme_command *command, int timeout_ms, bool *stalled,
                 struct uw_error *e)
{
    struct door *door = door_of(t);
    struct model_drive *drive = door->drive;
    *stalled = false;
    if (!enter(t, e))
        return false;
    if (timeout_ms >= 0 && (uint64_t)timeout_ms <= command->timeout_ms)
        complain(drive, "less patience than the kernel has");
    uint64_t before_ms = drive_ms(door), now_ms = before_ms;
    bool answered = ask_nvme(drive, &now_ms, command, timeout_ms, stalled);
    leave(door, before_ms, now_ms);
    return answered || uw_fail(e, UW_E_IO, "/model/%s: no answer to a command", drive->facts.name);
}

/* ERASE UNIT, or a SANITIZE that is no question (ACS-4, chapter 7). */
static bool is_ata_erase(const struct uw_scsi_command *command)
{
    const uint8_t *cdb = command->cdb;
    return cdb[0] == 0x85 && (cdb[14] == 0xf4 || (cdb[14] == 0xb4 && cdb[4] != 0));
}

static bool scsi(struct uw_transport *t, struct uw_scsi_command *command, int timeout_ms, bool *stalled,
                 struct uw_error *e)
{
    struct door *door = door_of(t);
    struct model_drive *drive = door->drive;
    *stalled = false;
    if (!enter(t, e))
        return false;
    if (timeout_ms >= 0 && (uint64_t)timeout_ms <= command->timeout_ms)
        complain(drive, "less patience than the kernel has");
    if (is_ata_erase(command))
        tell_of_erase(drive);
    uint64_t before_ms = drive_ms(door), now_ms = before_ms;
    bool answered = model_ata_scsi(drive->ata, &now_ms, command, timeout_ms, stalled);
    leave(door, before_ms, now_ms);
    return answered || uw_fail(e, UW_E_IO, "/model/%s: no answer to a command", drive->facts.name);
}

static bool rescan(struct uw_transport *t, int timeout_ms, bool *stalled, struct uw_error *e)
{
    struct door *door = door_of(t);
    const char *name = door->drive->facts.name;
    *stalled = false;
    if (!enter(t, e))
        return false;
    uint64_t before_ms = drive_ms(door), now_ms = before_ms;
    int error = model_nvme_rescan(door->drive->nvme, &now_ms, timeout_ms, stalled);
    leave(door, before_ms, now_ms);
    if (*stalled)
        return uw_fail(e, UW_E_IO, "/model/%s: no end of a rescan", name);
    return error == 0 || uw_fail_errno(e, UW_E_IO, error, "/model/%s: cannot rescan", name);
}

/* Of an ATA drive: through the layer in front of it. */
static bool resize(struct uw_transport *t, int timeout_ms, bool *stalled, struct uw_error *e)
{
    struct door *door = door_of(t);
    const char *name = door->drive->facts.name;
    (void)timeout_ms;
    *stalled = false;
    if (!enter(t, e))
        return false;
    uint64_t now_ms = drive_ms(door), bytes = 0;
    int error = model_ata_host_rescan(door->drive->ata, now_ms);
    *stalled = error == ETIMEDOUT;
    if (error == 0)
        error = model_ata_look(door->drive->ata, now_ms, &bytes);
    leave(door, now_ms, now_ms);
    if (error != 0)
        return uw_fail_errno(e, UW_E_IO, error, "/model/%s: cannot rescan", name);
    t->bytes = bytes;
    return true;
}

/* Waits for the answer to what is about the zones. */
static bool await_zones(struct uw_transport *t, unsigned on, int timeout_ms, bool *stalled,
                        struct uw_error *e)
{
    struct model_drive *drive = door_of(t)->drive;
    int64_t hang_ms = model_block_hang_ms(drive->block, on, 0, 0);
    *stalled = false;
    if (t->abandoned)
        complain(drive, "asked of its zones after it was abandoned");
    if (on == MODEL_RESET && door_of(t)->count > 0)
        complain(drive, "zones reset with transfers in flight");
    if (!wait_until(drive, hang_ms == MODEL_NEVER ? FOR_EVER : clock_ms + (uint64_t)hang_ms, timeout_ms)) {
        *stalled = true;
        return uw_fail(e, UW_E_IO, "/model/%s: no answer of its zones", drive->facts.name);
    }
    maybe_hold(drive, on, 0, 0);
    return true;
}

static bool zones(struct uw_transport *t, int timeout_ms, bool *stalled, struct uw_zones *seen,
                  struct uw_error *e)
{
    struct model_block *block = door_of(t)->drive->block;
    *seen = (struct uw_zones){0};
    if (!await_zones(t, MODEL_REPORT, timeout_ms, stalled, e))
        return false;
    int error = model_block_report_zones(block);
    if (error != 0)
        return uw_fail_errno(e, UW_E_IO, error, "/model/%s: cannot report its zones",
                             door_of(t)->drive->facts.name);
    seen->count = block->zones.count;
    seen->zone_bytes = block->zones.blocks * block->config.block_bytes;
    for (uint64_t i = 0; i < seen->count; i++) {
        const struct model_zone *zone = &block->zones.items[i];
        seen->sequential += zone->sequential;
        seen->read_only += zone->read_only;
        seen->offline += zone->offline;
        seen->unusable_bytes += (zone->blocks - zone->capacity) * block->config.block_bytes;
    }
    return true;
}

static bool reset_zones(struct uw_transport *t, int timeout_ms, bool *stalled, struct uw_error *e)
{
    struct model_drive *drive = door_of(t)->drive;
    if (!await_zones(t, MODEL_RESET, timeout_ms, stalled, e))
        return false;
    int error = model_block_reset_zones(drive->block);
    return error == 0 ||
           uw_fail_errno(e, UW_E_IO, error, "/model/%s: cannot reset its zones", drive->facts.name);
}

static void close_door(struct uw_transport *t)
{
    struct door *door = door_of(t);
    char told[MODEL_NVME_COMPLAINT] = "";
    _Static_assert(sizeof told >= MODEL_ATA_COMPLAINT, "either drive's");
    if (door->drive->nvme != NULL)
        model_nvme_complaint(door->drive->nvme, told);
    if (door->drive->ata != NULL)
        model_ata_complaint(door->drive->ata, told);
    if (told[0] != '\0')
        complain(door->drive, told);
    door->drive->opens--;
    if (t->abandoned) {
        struct model_machine *machine = door->drive->machine;
        door->next = atomic_load(&machine->abandoned);
        while (!atomic_compare_exchange_weak(&machine->abandoned, &door->next, door)) {
        }
        return;
    }
    if (door->count > 0)
        complain(door->drive, "closed with transfers in flight");
    if (door->arena != NULL)
        atomic_fetch_sub(&door->drive->machine->buffer_bytes, (size_t)door->buffers * door->buffer_bytes);
    unmap_arena(door);
    free(door);
}

static const struct uw_transport_ops ops = {.name = "model",
                                            .simulated = true,
                                            .begin = begin,
                                            .submit = submit,
                                            .reap = reap,
                                            .flush = flush,
                                            .identify = identify,
                                            .close = close_door};

static const struct uw_transport_ops zoned_ops = {.name = "model",
                                                  .simulated = true,
                                                  .begin = begin,
                                                  .submit = submit,
                                                  .reap = reap,
                                                  .flush = flush,
                                                  .identify = identify,
                                                  .zones = zones,
                                                  .reset_zones = reset_zones,
                                                  .close = close_door};

static const struct uw_transport_ops nvme_ops = {.name = "model",
                                                 .simulated = true,
                                                 .begin = begin,
                                                 .submit = submit,
                                                 .reap = reap,
                                                 .flush = flush,
                                                 .identify = identify,
                                                 .nvme = nvme,
                                                 .rescan = rescan,
                                                 .close = close_door};

static const struct uw_transport_ops ata_ops = {.name = "model",
                                                .simulated = true,
                                                .begin = begin,
                                                .submit = submit,
                                                .reap = reap,
                                                .flush = flush,
                                                .identify = identify,
                                                .scsi = scsi,
                                                .resize = resize,
                                                .close = close_door};

static struct model_drive *by_device(struct model_machine *machine, const char *device)
{
    static const char folder[] = "/model/";
    if (strncmp(device, folder, sizeof folder - 1) != 0)
        return NULL;
    for (size_t i = 0; i < machine->count; i++)
        if (strcmp(machine->drives[i].facts.name, device + sizeof folder - 1) == 0)
            return &machine->drives[i];
    return NULL;
}

/* The probing thread waits for the drive's answers. */
static bool describe(struct model_drive *from, struct uw_drive *to)
{
    uint64_t took_ms;
    bool described = model_machine_describe(from, to, &took_ms);
    clock_ms += took_ms;
    return described;
}

static bool is_there(const struct model_drive *drive)
{
    if (drive->ata != NULL)
        return model_ata_is_powered(drive->ata);
    return drive->nvme == NULL || model_nvme_is_powered(drive->nvme);
}

static bool device(void *user, const char *name, struct uw_drive *drive, struct uw_error *e)
{
    struct model_drive *found = by_device(user, name);
    *drive = (struct uw_drive){0};
    if (found != NULL)
        found->probes++;
    if (found == NULL || !is_there(found) ||
        (found->facts.missing_from != 0 && found->probes >= found->facts.missing_from))
        return uw_fail(e, UW_E_USAGE, "no such target: %s", name);
    return describe(found, drive) || uw_fail(e, UW_E_NOMEM, "out of memory");
}

static bool targets(void *user, const char *const *names, size_t count, struct uw_drives *drives,
                    struct uw_error *e)
{
    *drives = (struct uw_drives){.items = calloc(count + 1, sizeof *drives->items)};
    bool found = drives->items != NULL || uw_fail(e, UW_E_NOMEM, "out of memory");
    while (found && drives->count < count) {
        struct uw_drive *drive = &drives->items[drives->count];
        found = device(user, names[drives->count], drive, e);
        drives->count += found;
    }
    if (!found)
        uw_drives_clear(drives);
    return found;
}

/* Those that `chosen` marks; NULL: all. */
static bool look_at(struct model_machine *machine, const bool *chosen, struct uw_drives *drives,
                    struct uw_error *e)
{
    *drives = (struct uw_drives){.items = calloc(machine->count + 1, sizeof *drives->items)};
    if (drives->items == NULL)
        return uw_fail(e, UW_E_NOMEM, "out of memory");
    for (size_t i = 0; i < machine->count; i++) {
        if (chosen != NULL && !chosen[i])
            continue;
        machine->drives[i].probes++;
        if (!is_there(&machine->drives[i]))
            continue;
        if (!describe(&machine->drives[i], &drives->items[drives->count++]))
            return uw_fail(e, UW_E_NOMEM, "out of memory");
    }
    return true;
}

static bool all(void *user, struct uw_drives *drives, struct uw_error *e)
{
    return look_at(user, NULL, drives, e);
}

static struct model_drive *by_devnum(struct model_machine *machine, dev_t devnum)
{
    size_t index = minor(devnum);
    return index < machine->count ? &machine->drives[index] : NULL;
}

static bool share_a_subsystem(const struct model_nvme *a, const struct model_nvme *b)
{
    if (a == NULL || b == NULL)
        return false;
    const char *left = a->config.subsystem, *right = b->config.subsystem;
    return a == b || (left != NULL && right != NULL && strcmp(left, right) == 0);
}

static bool subsystems(void *user, const dev_t *of, size_t count, struct uw_drives *drives,
                       struct uw_error *e)
{
    struct model_machine *machine = user;
    bool *chosen = calloc(machine->count + 1, sizeof *chosen);
    for (size_t k = 0; chosen != NULL && k < count; k++)
        for (size_t i = 0; i < machine->count; i++)
            chosen[i] =
                chosen[i] || share_a_subsystem(machine->drives[i].nvme, by_devnum(machine, of[k])->nvme);
    bool ok = chosen != NULL ? look_at(machine, chosen, drives, e) : uw_fail(e, UW_E_NOMEM, "out of memory");
    free(chosen);
    return ok;
}

/* What the last look through the open descriptor brought to light. */
static void identity(void *user, const struct uw_drive *drive, struct uw_identity *seen)
{
    model_machine_identity(by_devnum(user, drive->devnum), seen);
}

/* As src/transport/open.c tells them apart. */
static bool refuse_open(const struct model_drive *drive, struct uw_error *e)
{
    int error = drive->facts.open_error != 0 ? drive->facts.open_error : ENODEV;
    bool refused = error == EBUSY || error == EROFS || error == EINVAL || error == EACCES || error == EPERM;
    uw_fail_errno(e, refused ? UW_E_REFUSED : UW_E_IO, error, "cannot open /model/%s", drive->facts.name);
    return refused ? uw_way_out(e, "find out who holds it") : false;
}

static bool open_drive(void *user, const struct uw_drive *drive, bool write, struct uw_transport **transport,
                       struct uw_error *e)
{
    struct model_drive *found = by_devnum(user, drive->devnum);
    *transport = NULL;
    if (found == NULL || found->facts.open_error != 0 || !is_there(found))
        return found == NULL ? uw_fail(e, UW_E_IO, "no such model") : refuse_open(found, e);
    if (write && found->opens > 0)
        complain(found, "opened for writing twice at once");
    struct door *door = calloc(1, sizeof *door);
    if (door == NULL)
        return uw_fail(e, UW_E_NOMEM, "out of memory");
    door->drive = found;
    door->transport = (struct uw_transport){.ops = found->ata != NULL              ? &ata_ops
                                                   : found->nvme != NULL           ? &nvme_ops
                                                   : found->block->zones.count > 0 ? &zoned_ops
                                                                                   : &ops,
                                            .bytes = found->ata != NULL ? model_ata_names(found->ata).bytes
                                                                        : found->block->config.bytes,
                                            .block_bytes = found->block->config.block_bytes,
                                            .direct_io = !found->facts.through_cache};
    found->opens++;
    *transport = &door->transport;
    return true;
}

static json_t *not_covered(void *user)
{
    const struct model_machine *machine = user;
    return machine->hides != NULL ? json_deep_copy(machine->hides) : json_array();
}

static uint64_t now_ms(void *user)
{
    (void)user;
    return clock_ms;
}

/* Its ATA drives sleep with it. */
static bool suspend(void *user, unsigned seconds, uint64_t *slept_ms, struct uw_error *e)
{
    struct model_machine *machine = user;
    *slept_ms = 0;
    if (machine->no_alarm)
        return uw_fail(e, UW_E_REFUSED, "there is no clock with an alarm to wake the machine");
    if (machine->no_sleep)
        return uw_fail(e, UW_E_IO, "the machine did not sleep");
    machine->sleeps++;
    for (size_t i = 0; i < machine->count; i++)
        if (machine->drives[i].ata != NULL)
            model_ata_sleep(machine->drives[i].ata);
    *slept_ms = seconds * 1000ULL;
    return true;
}

bool model_machine_init(struct model_machine *machine, size_t drives)
{
    *machine = (struct model_machine){.machine = {.simulated = true,
                                                  .user = machine,
                                                  .all = all,
                                                  .subsystems = subsystems,
                                                  .targets = targets,
                                                  .device = device,
                                                  .identity = identity,
                                                  .open = open_drive,
                                                  .not_covered = not_covered,
                                                  .now_ms = now_ms,
                                                  .wait_ms = model_machine_wait,
                                                  .suspend = suspend},
                                      .drives = calloc(drives + 1, sizeof *machine->drives),
                                      .count = drives};
    return machine->drives != NULL;
}

void model_machine_clear(struct model_machine *machine)
{
    for (struct door *door = atomic_load(&machine->abandoned), *next; door != NULL; door = next) {
        next = door->next;
        unmap_arena(door);
        free(door);
    }
    for (size_t i = 0; machine->drives != NULL && i < machine->count; i++)
        if (machine->drives[i].nvme == NULL && machine->drives[i].ata == NULL)
            model_block_free(machine->drives[i].block);
    free(machine->drives);
    *machine = (struct model_machine){0};
}

bool model_machine_put(struct model_machine *machine, size_t index, const struct model_facts *facts,
                       const struct model_config *config, uint64_t order)
{
    machine->drives[index] = (struct model_drive){
        .machine = machine, .facts = *facts, .block = model_block_new(config), .order = order};
    return machine->drives[index].block != NULL;
}

bool model_machine_put_nvme(struct model_machine *machine, size_t index, const struct model_facts *facts,
                            struct model_nvme *controller, uint32_t nsid, uint64_t order)
{
    size_t place = model_nvme_place(controller, nsid);
    if (place == MODEL_NVME_NAMESPACES || controller->spaces[place].medium.detached)
        return false;
    model_block_new_host(controller->spaces[place].block);
    machine->drives[index] = (struct model_drive){.machine = machine,
                                                  .facts = *facts,
                                                  .block = controller->spaces[place].block,
                                                  .nvme = controller,
                                                  .place = place,
                                                  .old_before = model_nvme_truth(controller, place).old_units,
                                                  .seen_before = controller->seen_count,
                                                  .order = order};
    return true;
}

bool model_machine_put_ata(struct model_machine *machine, size_t index, const struct model_facts *facts,
                           struct model_ata *ata, uint64_t order)
{
    if (!model_ata_is_powered(ata))
        return false;
    machine->drives[index] = (struct model_drive){
        .machine = machine, .facts = *facts, .block = ata->block, .ata = ata, .order = order};
    return true;
}

void model_machine_wait(void *user, uint32_t ms)
{
    (void)user;
    clock_ms += ms;
}
