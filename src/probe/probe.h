/* SPDX-License-Identifier: Apache-2.0 */
/* What is attached, read only: libudev and libblkid where they know, sysfs and procfs where no udev daemon
 * runs. */
#ifndef UW_PROBE_PROBE_H
#define UW_PROBE_PROBE_H

#include "core/drive.h"
#include "unwrite/error.h"

struct uw_trace;

/* Where the kernel's trees stand; NULL members mean /sys, /proc, /run, /dev. Tests point them at captured
 * trees. */
struct uw_roots {
    const char *sys;
    const char *proc;
    const char *run;
    const char *dev;
    struct uw_trace *trace; /* where the commands go on record that drives are asked by; NULL: nowhere */
};

struct uw_drives {
    struct uw_drive *items;
    size_t count;
};
void uw_drives_clear(struct uw_drives *drives);

/* Every whole drive and every loop device, md array or mapped device that has a size, sorted by name (sda
 * before sdaa, nvme2n1 before nvme10n1). ram disks, zram, optical and floppy drives, empty card readers, loop
 * devices without a file and an eMMC's boot areas are left out. A drive that cannot be read is still listed,
 * with its fields in `unknown`; its size may be 0. Where mounts or swap space could not be read, "in_use"
 * stands in `unknown`: the uses listed may not be all, and nothing may be erased on their word. */
bool uw_probe_all(const struct uw_roots *roots, struct uw_drives *drives, struct uw_error *e);

/* Every NVMe namespace of a subsystem that one of the `count` devices `of` belongs to, themselves among them.
 * Which those are says the kernel (subsysnqn); one of which it does not is among them too. No other drive is
 * asked anything: one that hangs holds up nobody. Their `id` is not set. */
bool uw_probe_subsystems(const struct uw_roots *roots, const dev_t *of, size_t count,
                         struct uw_drives *drives, struct uw_error *e);

/* The drives that `count` targets name, in their order, each as the user named it: a device node, a link to
 * one, `serial:S`, `wwn:W`, or a regular file. A name that fits none or two drives, a directory, a character
 * device, a missing or empty file: UW_E_USAGE with the name in it, and no drive is returned. Partitions come
 * back with is_partition set. Uses of the drives and their partitions are filled in. The machine is looked at
 * once for all of them. */
bool uw_probe_targets(const struct uw_roots *roots, const char *const *targets, size_t count,
                      struct uw_drives *drives, struct uw_error *e);

/* The same of one device node or file, to look again at what was found before: asks no other drive anything,
 * and `id` is not set. */
bool uw_probe_device(const struct uw_roots *roots, const char *device, struct uw_drive *drive,
                     struct uw_error *e);

/* Serial and WWN of the device node `devnum` as the kernel knows them now, or that it is gone; leaves the
 * other members alone. A file has none. Used to look again through the open descriptor, directly before the
 * first write. */
void uw_probe_identity(const struct uw_roots *roots, dev_t devnum, struct uw_identity *identity);

/* certificate.host: {"dmi":{...},"boot_id","nics":[{"name","mac"}],"kernel","boot_image":null,"tpm":null};
 * each value that could not be had is null and named in `unknown` ("host.dmi.serial": reason). New reference.
 */
json_t *uw_probe_host(const struct uw_roots *roots, json_t *unknown);

/* Controllers that hide drives behind them (RAID): [{"controller","why"}]. New reference. */
json_t *uw_probe_not_covered(const struct uw_roots *roots);

#endif
