/* SPDX-License-Identifier: Apache-2.0 */
#include "probe/describe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe/ata.h"
#include "probe/content.h"
#include "probe/identify.h"
#include "probe/nvme.h"

enum { SECTOR_BYTES = 512, PAGE_BYTES = 4096, LARGEST_BLOCK = 65536 };

static bool is_block_size(uint64_t bytes)
{
    return bytes >= SECTOR_BYTES && bytes <= LARGEST_BLOCK && (bytes & (bytes - 1)) == 0;
}

/* sysfs counts in units of 512 bytes, whatever the drive's block is. */
static void read_bytes(const char *dir, struct uw_drive *drive)
{
    uint64_t sectors = 0;
    int why = uw_read_number(dir, "size", &sectors) ? 0 : errno;
    if (why == 0 && sectors > UW_LARGEST_BYTES / SECTOR_BYTES)
        why = ERANGE;
    if (why == 0) {
        drive->bytes = sectors * SECTOR_BYTES;
        return;
    }
    uw_drive_set_unknown(drive, "bytes", uw_unknown_word(why));
    uw_drive_set_unknown(drive, "capacity.bytes", uw_unknown_word(why));
    uw_drive_set_unknown(drive, "capacity.blocks", uw_unknown_word(why));
}

static void read_sizes(const char *dir, const char *whole_dir, struct uw_drive *drive)
{
    uint64_t logical = 0, physical = 0, number = 0;
    read_bytes(dir, drive);
    bool told = uw_read_number(whole_dir, "queue/logical_block_size", &logical) && is_block_size(logical);
    drive->logical_block_bytes = told ? (uint32_t)logical : SECTOR_BYTES;
    told = uw_read_number(whole_dir, "queue/physical_block_size", &physical) && is_block_size(physical);
    drive->physical_block_bytes =
        told && physical > drive->logical_block_bytes ? (uint32_t)physical : drive->logical_block_bytes;
    drive->read_only = uw_read_number(dir, "ro", &number) && number != 0;
    if (uw_read_number(whole_dir, "diskseq", &number))
        drive->disk_sequence = number;
}

/* Members of a document that a family of drives has and nobody has asked it for, or that it cannot have. */
static void name_unasked(struct uw_drive *drive)
{
    bool bus = drive->bus == UW_BUS_NVME || drive->bus == UW_BUS_NVME_FABRICS;
    static const char *const nvme[] = {
        "eui64", "nguid", "namespaces", "subsystem", "capacity.total_nvm", "capacity.unallocated_nvm"};
    static const char *const ata[] = {"hidden.hpa", "hidden.dco", "hidden.amax", "capacity.native_max",
                                      "capacity.dco_max"};
    const struct {
        const char *field;
        bool has;
    } fields[] = {
        {"bridge", drive->bus == UW_BUS_USB},
        {"bay", drive->hardware},
    };
    if (uw_is_namespace(drive))
        uw_nvme_set_unknown(drive, "not_probed");
    else
        for (size_t i = 0; i < sizeof nvme / sizeof nvme[0]; i++)
            uw_drive_set_unknown(drive, nvme[i], bus ? "not_probed" : "not_applicable");
    if (uw_may_be_ata(drive))
        uw_ata_set_unknown(drive, "not_probed");
    else
        for (size_t i = 0; i < sizeof ata / sizeof ata[0]; i++)
            uw_drive_set_unknown(drive, ata[i], drive->bus == UW_BUS_ATA ? "not_probed" : "not_applicable");
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        uw_drive_set_unknown(drive, fields[i].field, fields[i].has ? "not_probed" : "not_applicable");
    if (drive->disk_sequence == 0)
        uw_drive_set_unknown(drive, "disk_sequence",
                             drive->bus == UW_BUS_FILE ? "not_applicable" : "not_supported");
}

/* Through all loop devices that lie on each other, to what holds the bytes. */
static void name_below(const struct uw_blocks *blocks, const struct uw_block *loop, struct uw_drive *drive)
{
    for (size_t i = 0; loop->loop && i < blocks->count; i++) {
        size_t lower = uw_blocks_below_loop(blocks, (size_t)(loop - blocks->items));
        /* A device that sysfs does not show has the name that the loop driver keeps. */
        if (lower == UW_NO_BLOCK && loop->backing.known && loop->backing.rdev != 0)
            snprintf(drive->below, sizeof drive->below, "%.500s", loop->backing.path);
        if (lower == UW_NO_BLOCK)
            return;
        loop = &blocks->items[lower];
        if (loop->whole != UW_NO_BLOCK)
            loop = &blocks->items[loop->whole];
        uw_block_node(loop, drive->below);
    }
}

void uw_describe(const struct uw_snapshot *snapshot, size_t index, struct uw_drive *drive)
{
    const struct uw_blocks *blocks = &snapshot->blocks;
    const struct uw_block *block = &blocks->items[index];
    const struct uw_block *whole = block->whole == UW_NO_BLOCK ? block : &blocks->items[block->whole];
    *drive = (struct uw_drive){0};
    uw_block_node(block, drive->device);
    snprintf(drive->target, sizeof drive->target, "%s", drive->device);
    snprintf(drive->name, sizeof drive->name, "%s", strrchr(drive->device, '/') + 1);
    drive->devnum = block->devnum;
    uw_identify(&snapshot->tree, whole->dir, whole->devnum, drive);
    uw_judge_media(whole->dir, drive);
    read_sizes(block->dir, whole->dir, drive);
    drive->is_partition = block->partition || block->area;
    drive->hardware = drive->hardware && !drive->is_partition;
    drive->boot_medium = block->boot || whole->boot;
    for (size_t i = 0; i < blocks->count; i++)
        drive->partitions += blocks->items[i].whole == index && blocks->items[i].partition;
    name_below(blocks, whole, drive);
    name_unasked(drive);
}

bool uw_describe_further(const struct uw_snapshot *snapshot, size_t block, struct uw_drive *drive)
{
    if (!snapshot->mounts.complete)
        uw_drive_set_unknown(drive, "in_use", "read_error");
    /* A drive that does not answer a question lets whoever reads from it wait, and cannot be left by then. */
    const char *dir = snapshot->blocks.items[block].dir;
    bool answers = !uw_is_namespace(drive) || uw_nvme_probe(&snapshot->tree, dir, drive);
    bool read = drive->bytes != 0 && answers;
    if (!read)
        uw_drive_set_unknown(drive, "content", answers ? "not_probed" : "read_error");
    if ((read && !uw_content_of_block(snapshot, block, drive)) || !uw_use_of_block(snapshot, block, drive))
        return false;
    /* What an ATA drive is asked depends on whether somebody uses it. */
    if (!uw_is_namespace(drive) && uw_may_be_ata(drive))
        (void)uw_ata_probe(&snapshot->tree, dir, drive);
    return true;
}

bool uw_is_listed(const struct uw_snapshot *snapshot, size_t index, const struct uw_drive *drive)
{
    static const char *const others[] = {"ram", "zram", "sr", "fd"};
    const struct uw_block *block = &snapshot->blocks.items[index];
    uint64_t removable = 0;
    if (block->partition || block->area || (block->loop && block->backing.path[0] == '\0'))
        return false;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        size_t length = strlen(others[i]);
        if (strncmp(block->name, others[i], length) == 0 && block->name[length] >= '0' &&
            block->name[length] <= '9')
            return false;
    }
    if (drive->bytes != 0 || uw_drive_unknown_reason(drive, "bytes") != NULL)
        return true;
    uw_read_number(block->dir, "removable", &removable);
    return drive->hardware && removable == 0;
}

/* What direct I/O on a file is aligned to, where the kernel says so (Linux 6.1). */
static void read_alignment(const char *path, const struct stat *st, struct uw_drive *drive)
{
    uint64_t logical = SECTOR_BYTES, physical = st->st_blksize > 0 ? (uint64_t)st->st_blksize : 0;
#ifdef STATX_DIOALIGN
    struct statx s = {0};
    if (statx(AT_FDCWD, path, 0, STATX_DIOALIGN, &s) == 0 && (s.stx_mask & STATX_DIOALIGN) != 0 &&
        is_block_size(s.stx_dio_offset_align))
        logical = s.stx_dio_offset_align;
#else
    (void)path;
#endif
    if (!is_block_size(physical))
        physical = PAGE_BYTES;
    drive->logical_block_bytes = (uint32_t)logical;
    drive->physical_block_bytes = (uint32_t)(physical > logical ? physical : logical);
}

bool uw_describe_file(const struct uw_snapshot *snapshot, const char *path, const struct stat *st,
                      struct uw_drive *drive)
{
    static const char *const absent[] = {"vendor", "model", "serial", "firmware", "wwn", "path"};
    *drive = (struct uw_drive){.bus = UW_BUS_FILE, .media = UW_MEDIA_FILE, .media_evidence = "regular file"};
    snprintf(drive->device, sizeof drive->device, "%s", path);
    snprintf(drive->target, sizeof drive->target, "%s", path);
    snprintf(drive->name, sizeof drive->name, "%.255s", strrchr(path, '/') + 1);
    snprintf(drive->source, sizeof drive->source, "file");
    drive->bytes = (uint64_t)st->st_size;
    drive->file_dev = st->st_dev;
    drive->file_inode = st->st_ino;
    read_alignment(path, st, drive);
    /* The superuser's rights do not reach a read-only file system (EROFS) or an immutable file (EPERM). */
    drive->read_only = faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) != 0 && (errno == EROFS || errno == EPERM);
    for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++)
        uw_drive_set_unknown(drive, absent[i], "not_applicable");
    name_unasked(drive);
    if (!snapshot->mounts.complete)
        uw_drive_set_unknown(drive, "in_use", "read_error");
    return uw_content_of_file(snapshot, drive) && uw_use_of_file(snapshot, drive);
}
