/* SPDX-License-Identifier: Apache-2.0 */
/* Drives that say anything, through the whole probe: attributes of five devices and the tables beside them,
 * in a tree that stands in for /sys and /proc. The input is a row of parts, each 0xff '@' LETTER and what the
 * attribute of that letter holds; the others hold what such a drive usually says. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"
#include "probe/probe.h"

#define SCSI "sys/devices/pci0000:00/0000:00:1f.2/host0/target0:0:0/0:0:0:0/block/sda"
#define NVME "sys/devices/pci0000:00/0000:01:00.0/nvme/nvme0/nvme0n1"
#define MMC "sys/devices/platform/mmc/mmc_host/mmc0/mmc0:0001/block/mmcblk0"
#define LOOP "sys/devices/virtual/block/loop0"
#define MAPPED "sys/devices/virtual/block/dm-0"
#define DMI "sys/class/dmi/id/"
#define PCI "sys/devices/pci0000:00/0000:00:17.0/"

static const struct {
    char letter; /* '-': always as it stands here */
    const char *path, *usual;
} attributes[] = {
    {'-', SCSI "/dev", "8:0\n"},
    {'-', NVME "/dev", "259:0\n"},
    {'-', MMC "/dev", "179:0\n"},
    {'-', LOOP "/dev", "7:0\n"},
    {'-', MAPPED "/dev", "253:0\n"},
    {'a', SCSI "/device/vendor", "ACME    \n"},
    {'b', SCSI "/device/model", "Disk 500        \n"},
    {'c', SCSI "/device/rev", "0001\n"},
    {'d', SCSI "/device/vpd_pg80", "\0\x80\0\4S123"},
    {'e', SCSI "/device/vpd_pg83", "\0\x83\0\0"},
    {'f', SCSI "/device/wwid", "naa.5000c500a1b2c3d4\n"},
    {'g', SCSI "/size", "2097152\n"},
    {'h', SCSI "/queue/logical_block_size", "512\n"},
    {'i', SCSI "/queue/physical_block_size", "4096\n"},
    {'j', SCSI "/queue/zoned", "none\n"},
    {'k', SCSI "/queue/rotational", "1\n"},
    {'l', SCSI "/removable", "0\n"},
    {'m', SCSI "/ro", "0\n"},
    {'n', SCSI "/device/vpd_pgb1", "\0\xb1\0\2\x1c\x20"},
    {'o', SCSI "/diskseq", "9\n"},
    {'A', NVME "/device/model", "ACME NVMe 9000\n"},
    {'B', NVME "/device/serial", "S3Z9NB0K\n"},
    {'C', NVME "/device/firmware_rev", "2B2Q\n"},
    {'D', NVME "/device/transport", "pcie\n"},
    {'E', NVME "/wwid", "eui.0025385b71b01234\n"},
    {'F', NVME "/size", "4194304\n"},
    {'G', NVME "/queue/logical_block_size", "4096\n"},
    {'H', MMC "/device/name", "SD32G\n"},
    {'I', MMC "/device/cid", "03534453443332478012345678014a00\n"},
    {'J', MMC "/device/serial", "0x12345678\n"},
    {'K', MMC "/device/type", "SD\n"},
    {'L', MMC "/size", "62333952\n"},
    {'M', LOOP "/loop/backing_file", "/srv/disk.img\n"},
    {'N', LOOP "/size", "2048\n"},
    {'O', MAPPED "/dm/name", "vg-root\n"},
    {'P', MAPPED "/dm/uuid", "LVM-abc\n"},
    {'Q', MAPPED "/size", "2048\n"},
    {'0', "proc/self/mountinfo", "20 1 0:2 / / rw - rootfs none rw\n"},
    {'1', "proc/swaps", "Filename\tType\tSize\tUsed\tPriority\n"},
    {'2', "proc/cmdline", "root=/dev/dm-0 ro\n"},
    {'3', DMI "product_serial", "CHASSIS1\n"},
    {'4', DMI "sys_vendor", "Maker\n"},
    {'5', PCI "class", "0x010400\n"},
    {'6', PCI "vendor", "0x8086\n"},
    {'7', PCI "remapped_nvme", "1\n"},
};

enum { ATTRIBUTES = sizeof attributes / sizeof *attributes };
static const struct {
    const char *dir, *name, *subsystem;
} nodes[] = {{SCSI, "sda", "scsi"},
             {NVME, "nvme0n1", "nvme"},
             {MMC, "mmcblk0", "mmc"},
             {LOOP, "loop0", NULL},
             {MAPPED, "dm-0", NULL}};
enum { NODES = sizeof nodes / sizeof *nodes };

static char root[256];
static char folders[4][PATH_MAX];
static struct uw_roots roots;
static bool changed[ATTRIBUTES];

static const char *below(const char *path)
{
    static char full[PATH_MAX];
    int n = snprintf(full, sizeof full, "%s/%s", root, path);
    must(n > 0 && (size_t)n < sizeof full);
    return full;
}

/* The folders above the last component. */
static void make_folders(const char *path)
{
    char full[PATH_MAX];
    snprintf(full, sizeof full, "%s", below(path));
    for (char *p = full + strlen(root) + 1; (p = strchr(p, '/')) != NULL; *p++ = '/') {
        *p = '\0';
        must(mkdir(full, 0700) == 0 || errno == EEXIST);
    }
}

static void make_link(const char *path, const char *target)
{
    char full[PATH_MAX];
    make_folders(path);
    snprintf(full, sizeof full, "%s", below(target));
    must(symlink(full, below(path)) == 0);
}

/* Pages hold NUL: their length is in their head. */
static size_t length_of(const char *usual)
{
    return usual[0] == '\0' ? 4 + (size_t)usual[3] : strlen(usual);
}

static void make_node(size_t i)
{
    char path[512];
    snprintf(path, sizeof path, "sys/block/%s", nodes[i].name);
    make_link(path, nodes[i].dir);
    snprintf(path, sizeof path, "sys/dev/block/%.*s", (int)strcspn(attributes[i].usual, "\n"),
             attributes[i].usual);
    make_link(path, nodes[i].dir);
    snprintf(path, sizeof path, "dev/%s", nodes[i].name);
    make_folders(path);
    fuzz_write(below(path), "", 0);
    if (nodes[i].subsystem == NULL)
        return;
    char target[64];
    snprintf(path, sizeof path, "%s/device/subsystem", nodes[i].dir);
    snprintf(target, sizeof target, "sys/bus/%s", nodes[i].subsystem);
    make_link(path, target);
}

static void set_up(void)
{
    static const char *const names[] = {"sys", "proc", "run", "dev"};
    if (root[0] != '\0')
        return;
    fuzz_make_folder("drive", root, sizeof root);
    for (size_t i = 0; i < 4; i++)
        snprintf(folders[i], sizeof folders[i], "%s", below(names[i]));
    roots = (struct uw_roots){.sys = folders[0], .proc = folders[1], .run = folders[2], .dev = folders[3]};
    for (size_t i = 0; i < ATTRIBUTES; i++) {
        make_folders(attributes[i].path);
        changed[i] = true;
    }
    for (size_t i = 0; i < NODES; i++)
        make_node(i);
    make_folders("run/x");
    make_link("sys/bus/pci/devices/0000:00:17.0", "sys/devices/pci0000:00/0000:00:17.0");
}

static void write_usual(void)
{
    for (size_t i = 0; i < ATTRIBUTES; i++)
        if (changed[i])
            fuzz_write(below(attributes[i].path), attributes[i].usual, length_of(attributes[i].usual));
    memset(changed, 0, sizeof changed);
}

static void write_attribute(char letter, const uint8_t *data, size_t bytes)
{
    for (size_t i = 0; i < ATTRIBUTES; i++)
        if (attributes[i].letter == letter && letter != '-') {
            fuzz_write(below(attributes[i].path), data, bytes);
            changed[i] = true;
        }
}

static void write_attributes(const uint8_t *data, size_t bytes)
{
    const uint8_t *end = data + bytes, *part = memmem(data, bytes, "\xff@", 2);
    while (part != NULL && end - part > 2) {
        const uint8_t *from = part + 3;
        part = memmem(from, (size_t)(end - from), "\xff@", 2);
        write_attribute((char)from[-1], from, (size_t)((part != NULL ? part : end) - from));
    }
}

static void check_strings(const struct uw_drive *drive)
{
    const char *const strings[] = {drive->target,   drive->device,  drive->name,
                                   drive->id,       drive->vendor,  drive->media_evidence,
                                   drive->model,    drive->serial,  drive->path,
                                   drive->firmware, drive->wwn,     drive->serial_source,
                                   drive->source,   drive->content, drive->wwn_source};
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
        must_be_printable(strings[i], false);
    for (size_t i = 0; i < drive->use_count; i++)
        must_be_printable(drive->uses[i].by, false);
}

/* A size that stands there can be written in a document, and blocks are of a size that blocks have. */
static void check_drive(const struct uw_drive *drive)
{
    check_strings(drive);
    must(drive->bytes < 1ULL << 53);
    must(drive->logical_block_bytes >= 512 && drive->logical_block_bytes <= 65536);
    must(drive->physical_block_bytes >= drive->logical_block_bytes);
    json_t *medium = uw_drive_medium_json(drive);
#ifdef FUZZ_SELFTEST
    /* A probe that passes on what the drive says. */
    if (strchr(drive->model, '?') != NULL)
        json_object_set_new(medium, "model", json_string("\x1b[2J"));
#endif
    must_be_document(medium);
    must_be_document(uw_drive_list_json(drive));
}

/* Looking again at what has not changed sees the same drive, and so does looking by name. */
static void check_again(const struct uw_drive *drive)
{
    struct uw_error e = {0};
    struct uw_drives found;
    const char *const names[] = {drive->device};
    struct uw_identity before = uw_drive_identity(drive), now = before;
    uw_probe_identity(&roots, drive->devnum, &now);
    must(uw_identity_difference(&before, &now) == NULL);
    if (uw_probe_targets(&roots, names, 1, &found, &e)) {
        const struct uw_drive *named = &found.items[0];
        struct uw_identity by_name = uw_drive_identity(named);
        must(found.count == 1 && uw_identity_difference(&before, &by_name) == NULL);
        must(named->use_count == drive->use_count && named->boot_medium == drive->boot_medium);
        must(strcmp(named->id, drive->id) == 0);
        check_drive(named);
        uw_drives_clear(&found);
    } else {
        must_explain(&e, UW_E_USAGE);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct uw_error e = {0};
    struct uw_drives drives;
    set_up();
    write_usual();
    write_attributes(data, bytes);
    must(uw_probe_all(&roots, &drives, &e));
    for (size_t i = 0; i < drives.count; i++)
        check_drive(&drives.items[i]);
    if (drives.count > 0) /* it costs as much as all before: one of them will do */
        check_again(&drives.items[bytes % drives.count]);
    uw_drives_clear(&drives);
    json_t *unknown = json_object(), *host = uw_probe_host(&roots, unknown);
    must(host != NULL);
    must_be_document(host);
    must_be_document(unknown);
    json_t *not_covered = uw_probe_not_covered(&roots);
    must(not_covered != NULL);
    must_be_document(json_pack("{s:o}", "not_covered", not_covered));
    return 0;
}
