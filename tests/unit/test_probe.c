/* SPDX-License-Identifier: Apache-2.0 */
/* The probe over trees of one kind of drive each: identity, media, sizes. */
#include <sys/sysmacros.h>

#include "tree.h"

/* Fields that a row of wants leaves NULL are not looked at. */
struct wants {
    enum uw_bus bus;
    enum uw_media media;
    const char *evidence, *vendor, *model, *serial, *serial_source, *firmware, *wwn, *wwn_source, *path;
};

static void check_drive(const char *target, const struct wants *w)
{
    struct uw_drive d = tree_target(target);
    const struct {
        const char *what, *got, *wanted;
    } fields[] = {
        {"bus", uw_bus_name(d.bus), uw_bus_name(w->bus)},
        {"media", uw_media_name(d.media), uw_media_name(w->media)},
        {"evidence", d.media_evidence, w->evidence},
        {"vendor", d.vendor, w->vendor},
        {"model", d.model, w->model},
        {"serial", d.serial, w->serial},
        {"serial_source", d.serial_source, w->serial_source},
        {"firmware", d.firmware, w->firmware},
        {"wwn", d.wwn, w->wwn},
        {"wwn_source", d.wwn_source, w->wwn_source},
        {"path", d.path, w->path},
    };
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (fields[i].wanted != NULL)
            tree_same(fields[i].what, fields[i].got, fields[i].wanted);
    tree_same("source", d.source, "sysfs");
    /* Looking again at the same tree sees the same drive. */
    struct uw_identity before = uw_drive_identity(&d), now = before;
    uw_probe_identity(&tree_roots, d.devnum, &now);
    assert_null(uw_identity_difference(&before, &now));
    uw_drive_clear(&d);
}

static const char *make_nvme(const char *where, const char *name, const char *number, const char *transport)
{
    const char *dir = tree_disk(where, name, number, "1000215216");
    tree_subsystem(dir, "nvme");
    tree_set(dir, "device/model", "%-40s\n", "ACME NVMe 9000");
    tree_set(dir, "device/serial", "%-20s\n", "S3Z9 NB0K");
    tree_set(dir, "device/firmware_rev", "%-8s\n", "2B2Q");
    tree_set(dir, "device/transport", "%s\n", transport);
    tree_set(dir, "wwid", "eui.0025385b71b0%s\n", number + 4);
    tree_set(dir, "queue/rotational", "0\n");
    return dir;
}

static void nvme(void **state)
{
    (void)state;
    make_nvme("pci0000:00/0000:01:00.0/nvme/nvme0", "nvme0n1", "259:10", "pcie");
    check_drive("/dev/nvme0n1", &(struct wants){.bus = UW_BUS_NVME,
                                                .media = UW_MEDIA_SSD,
                                                .evidence = "queue/rotational=0",
                                                .vendor = "",
                                                .model = "ACME NVMe 9000",
                                                .serial = "S3Z9 NB0K",
                                                .serial_source = "sysfs device/serial",
                                                .firmware = "2B2Q",
                                                .wwn = "eui.0025385b71b010",
                                                .wwn_source = "sysfs wwid",
                                                .path = "pci0000:00/0000:01:00.0/nvme/nvme0"});
    struct uw_drive d = tree_target("/dev/nvme0n1");
    assert_true(d.hardware);
    assert_false(d.is_partition);
    assert_int_equal(d.bytes, 1000215216ULL * 512);
    assert_int_equal(d.logical_block_bytes, 512);
    assert_int_equal(d.physical_block_bytes, 4096);
    tree_same("id", d.id, "S3Z9 NB0K");
    tree_same("unknown vendor", uw_drive_unknown_reason(&d, "vendor"), "not_supported");
    assert_null(uw_drive_unknown_reason(&d, "serial"));
    uw_drive_clear(&d);
}

/* The kernel makes such a name of vendor, serial and model where a namespace has none of its own. */
static void nvme_without_wwn(void **state)
{
    (void)state;
    const char *dir = make_nvme("pci0000:00/0000:01:00.0/nvme/nvme0", "nvme0n1", "259:0", "pcie");
    tree_set(dir, "wwid", "nvme.144d-533358-53-00000001\n");
    check_drive("/dev/nvme0n1",
                &(struct wants){.bus = UW_BUS_NVME, .media = UW_MEDIA_SSD, .wwn = "", .wwn_source = ""});
}

/* The controller's serial is that of all its namespaces. */
static void nvme_namespaces(void **state)
{
    (void)state;
    make_nvme("pci0000:00/0000:01:00.0/nvme/nvme0", "nvme0n1", "259:10", "pcie");
    make_nvme("pci0000:00/0000:01:00.0/nvme/nvme0", "nvme0n2", "259:11", "pcie");
    struct uw_drive d = tree_target("/dev/nvme0n2");
    tree_same("id", d.id, "nvme0n2:512110190592");
    uw_drive_clear(&d);
    struct uw_error e = {0};
    assert_false(tree_find("serial:S3Z9 NB0K", &d, &e));
    assert_int_equal(e.code, UW_E_USAGE);
    tree_same("text", e.text, "serial:S3Z9 NB0K fits two drives: /dev/nvme0n1 and /dev/nvme0n2");
    tree_same("way out", e.way_out, "name the device");
    d = tree_target("wwn:0x0025385B71B011");
    tree_same("device", d.device, "/dev/nvme0n2");
    tree_same("target", d.target, "wwn:0x0025385B71B011");
    uw_drive_clear(&d);
}

/* Found by the name that the kernel has of their subsystem; where it has none, nobody knows that they are
 * not. */
static void nvme_of_a_subsystem(void **state)
{
    static const struct {
        const char *controller, *name, *number, *nqn;
    } namespaces[] = {{"nvme0", "nvme0n1", "259:10", "nqn.2014-08.org.example:one"},
                      {"nvme0", "nvme0n2", "259:11", "nqn.2014-08.org.example:one"},
                      {"nvme1", "nvme1n1", "259:12", "nqn.2014-08.org.example:other"},
                      {"nvme2", "nvme2n1", "259:13", NULL}};
    static const struct {
        unsigned of, expected; /* bit per namespace */
    } rows[] = {{1, 0xb}, {2, 0xb}, {4, 0xc}, {8, 0xf}, {5, 0xf}, {0, 0}};
    (void)state;
    for (size_t i = 0; i < sizeof namespaces / sizeof *namespaces; i++) {
        char where[64];
        snprintf(where, sizeof where, "pci0000:00/0000:01:00.%zu/nvme/%s", i, namespaces[i].controller);
        const char *dir = make_nvme(where, namespaces[i].name, namespaces[i].number, "pcie");
        if (namespaces[i].nqn != NULL)
            tree_set(dir, "device/subsysnqn", "%s\n", namespaces[i].nqn);
    }
    tree_disk("pci0000:00/ata1/host0/target0:0:0/0:0:0:0", "sda", "8:0", "4096");
    for (size_t row = 0; row < sizeof rows / sizeof *rows; row++) {
        dev_t of[5] = {makedev(8, 0)};
        size_t count = 1;
        for (unsigned i = 0; i < 4; i++)
            if ((rows[row].of & 1U << i) != 0)
                of[count++] = makedev(259, 10 + i);
        struct uw_drives found;
        struct uw_error e = {0};
        assert_true(uw_probe_subsystems(&tree_roots, of, count, &found, &e));
        unsigned seen = 0;
        for (size_t i = 0; i < found.count; i++)
            seen |= 1U << (minor(found.items[i].devnum) - 10);
        assert_int_equal(seen, rows[row].expected);
        uw_drives_clear(&found);
    }
}

static void nvme_fabrics(void **state)
{
    (void)state;
    make_nvme("virtual/nvme-fabrics/ctl/nvme0", "nvme0n1", "259:0", "tcp");
    check_drive("/dev/nvme0n1", &(struct wants){.bus = UW_BUS_NVME_FABRICS, .media = UW_MEDIA_SSD});
    struct uw_drive d = tree_target("/dev/nvme0n1");
    assert_true(d.hardware);
    uw_drive_clear(&d);
}

/* A head of several paths hangs below the subsystem; hidden paths are no drives. */
static void nvme_multipath(void **state)
{
    (void)state;
    const char *dir = tree_disk("virtual/nvme-subsystem/nvme-subsys0", "nvme0n1", "259:1", "4096");
    tree_subsystem(dir, "nvme-subsystem");
    tree_set(dir, "device/serial", "SUBSYS1\n");
    tree_set(dir, "device/model", "Array\n");
    tree_set(dir, "queue/rotational", "0\n");
    tree_set(dir, "device/nvme0/transport", "pcie\n");
    tree_set(dir, "device/nvme1/transport", "pcie\n");
    const char *path = make_nvme("pci0000:00/0000:01:00.0/nvme/nvme0", "nvme0c0n1", "259:0", "pcie");
    tree_set(path, "hidden", "1\n");
    check_drive("/dev/nvme0n1",
                &(struct wants){.bus = UW_BUS_NVME, .media = UW_MEDIA_SSD, .serial = "SUBSYS1"});
    tree_set(dir, "device/nvme0/transport", "rdma\n");
    check_drive("/dev/nvme0n1", &(struct wants){.bus = UW_BUS_NVME, .media = UW_MEDIA_SSD});
    tree_set(dir, "device/nvme1/transport", "rdma\n");
    check_drive("/dev/nvme0n1", &(struct wants){.bus = UW_BUS_NVME_FABRICS, .media = UW_MEDIA_SSD});
    struct uw_drives all;
    struct uw_error e = {0};
    assert_true(uw_probe_all(&tree_roots, &all, &e));
    assert_int_equal(all.count, 1);
    uw_drives_clear(&all);
}

static const uint8_t sata_page83[] = {
    0,    0x83, 0,    4 + 12 + 4 + 8 + 4 + 8,
    2,    0,    0,    12,
    'S',  '1',  ' ',  ' ',
    ' ',  ' ',  ' ',  ' ',
    ' ',  ' ',  ' ',  ' ', /* vendor specific, ASCII */
    1,    0x13, 0,    8,
    0x50, 1,    2,    3,
    4,    5,    6,    7, /* NAA of the target port */
    1,    0x03, 0,    8,
    0x50, 0x00, 0xc5, 0x00,
    0xa1, 0xb2, 0xc3, 0xd4, /* NAA of the logical unit */
};

static void sata(void **state)
{
    (void)state;
    const char *dir = tree_scsi(TREE_SATA, "sda", "8:0", "ATA", "ST1000DM010-2EP1");
    tree_serial(dir, "            Z9A1B2C3");
    tree_page(dir, "device/vpd_pg83", sata_page83, sizeof sata_page83);
    check_drive("/dev/sda",
                &(struct wants){.bus = UW_BUS_ATA,
                                .media = UW_MEDIA_HDD,
                                .evidence = "queue/rotational=1",
                                .vendor = "",
                                .model = "ST1000DM010-2EP1",
                                .serial = "Z9A1B2C3",
                                .serial_source = "sysfs device/vpd_pg80",
                                .firmware = "0001",
                                .wwn = "0x5000c500a1b2c3d4",
                                .wwn_source = "sysfs device/vpd_pg83",
                                .path = "pci0000:00/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0"});
    static const char *const names[] = {"wwn:5000c500a1b2c3d4", "wwn:0x5000C500A1B2C3D4",
                                        "wwn:naa.5000c500a1b2c3d4", "serial:Z9A1B2C3"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct uw_drive d = tree_target(names[i]);
        tree_same("device", d.device, "/dev/sda");
        uw_drive_clear(&d);
    }
}

/* Behind a SAS controller the INQUIRY vendor alone says that a drive is an ATA one. */
static void sata_behind_sas(void **state)
{
    (void)state;
    tree_scsi("pci0000:00/0000:02:00.0/host0/port-0:0/end_device-0:0/target0:0:0/0:0:0:0/block", "sda", "8:0",
              "ATA", "X");
    check_drive("/dev/sda", &(struct wants){.bus = UW_BUS_ATA, .media = UW_MEDIA_HDD});
}

static const uint8_t sas_page83[] = {
    0,    0x83, 0,    4 + 8 + 4 + 16 + 4 + 8,
    1,    0x02, 0,    8,
    1,    2,    3,    4,
    5,    6,    7,    8, /* EUI-64 */
    1,    0x03, 0,    16,
    0x60, 1,    2,    3,
    4,    5,    6,    7,
    8,    9,    10,   11,
    12,   13,   14,   15, /* NAA 6 */
    1,    0x03, 0,    8,
    0x50, 0x00, 0xc5, 0x00,
    0xa1, 0xb2, 0xc3, 0xd4, /* NAA 5 */
};

static void sas(void **state)
{
    (void)state;
    const char *dir =
        tree_scsi("pci0000:00/0000:02:00.0/host0/port-0:0/end_device-0:0/target0:0:0/0:0:0:0/block", "sda",
                  "8:0", "SEAGATE", "ST4000NM0023");
    tree_serial(dir, "Z1Z0ABCD0000C4");
    tree_page(dir, "device/vpd_pg83", sas_page83, sizeof sas_page83);
    check_drive("/dev/sda", &(struct wants){.bus = UW_BUS_SCSI,
                                            .media = UW_MEDIA_HDD,
                                            .vendor = "SEAGATE",
                                            .serial = "Z1Z0ABCD0000C4",
                                            .wwn = "0x600102030405060708090a0b0c0d0e0f"});
}

static void scsi_wwid_instead_of_page(void **state)
{
    (void)state;
    const char *dir = tree_scsi("pci0000:00/host0/target0:0:0/0:0:0:0/block", "sda", "8:0", "HITACHI", "H");
    tree_set(dir, "device/wwid", "naa.5000cca01234abcd\n");
    check_drive("/dev/sda", &(struct wants){.bus = UW_BUS_SCSI,
                                            .media = UW_MEDIA_HDD,
                                            .serial = "",
                                            .wwn = "0x5000cca01234abcd",
                                            .wwn_source = "sysfs device/wwid"});
    tree_set(dir, "device/wwid", "t10.ATA     H   123\n");
    check_drive("/dev/sda",
                &(struct wants){.bus = UW_BUS_SCSI, .media = UW_MEDIA_HDD, .wwn = "", .wwn_source = ""});
}

static void usb(void **state)
{
    (void)state;
    static const struct {
        const char *removable, *rotational;
        uint8_t rotation[2];
        bool page;
        enum uw_media media;
    } rows[] = {
        {"1\n", "1\n", {0, 0}, false, UW_MEDIA_USB_FLASH},
        {"1\n", "0\n", {0, 0}, false, UW_MEDIA_USB_FLASH},
        {"0\n", "0\n", {0, 0}, false, UW_MEDIA_SSD},
        {"0\n", "1\n", {0, 0}, false, UW_MEDIA_UNKNOWN},
        {"0\n", "1\n", {0, 0}, true, UW_MEDIA_UNKNOWN},
        {"0\n", "1\n", {0x1c, 0x20}, true, UW_MEDIA_HDD},
        {"0\n", "1\n", {0, 1}, true, UW_MEDIA_SSD},
        {"0\n", "1\n", {0xff, 0xff}, true, UW_MEDIA_UNKNOWN},
    };
    /* A bridge passes on the vendor of the drive inside. */
    const char *dir = tree_scsi(TREE_USB, "sdb", "8:16", "ATA", "Stick");
    tree_text("sys/devices/pci0000:00/0000:00:14.0/usb2/2-1/idVendor", "0781\n");
    tree_text("sys/devices/pci0000:00/0000:00:14.0/usb2/2-1/serial", "4C530001\n");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t page[64] = {0, 0xb1, 0, 60, rows[i].rotation[0], rows[i].rotation[1]};
        tree_set(dir, "removable", "%s", rows[i].removable);
        tree_set(dir, "queue/rotational", "%s", rows[i].rotational);
        if (rows[i].page)
            tree_page(dir, "device/vpd_pgb1", page, sizeof page);
        check_drive("/dev/sdb", &(struct wants){.bus = UW_BUS_USB,
                                                .media = rows[i].media,
                                                .serial = "4C530001",
                                                .serial_source = "sysfs usb serial"});
    }
    /* The drive inside is better known by its own number. */
    tree_serial(dir, "INSIDE1");
    check_drive(
        "/dev/sdb",
        &(struct wants){.bus = UW_BUS_USB, .serial = "INSIDE1", .serial_source = "sysfs device/vpd_pg80"});
}

static void mmc(void **state)
{
    (void)state;
    const char *dir = tree_disk("platform/mmc0/mmc0:0001/block", "mmcblk0", "179:0", "61071360");
    tree_subsystem(dir, "mmc");
    tree_set(dir, "device/type", "MMC\n");
    tree_set(dir, "device/name", "BJTD4R\n");
    tree_set(dir, "device/serial", "0x9a8b7c6d\n");
    tree_set(dir, "device/cid", "150100424a5444345206\n");
    tree_set(dir, "device/fwrev", "0x0600000000000000\n");
    const char *boot = tree_disk("platform/mmc0/mmc0:0001/block/mmcblk0", "mmcblk0boot0", "179:8", "8192");
    tree_set(boot, "ro", "1\n");
    check_drive("/dev/mmcblk0", &(struct wants){.bus = UW_BUS_MMC,
                                                .media = UW_MEDIA_EMMC,
                                                .evidence = "device/type=MMC",
                                                .model = "BJTD4R",
                                                .serial = "0x9a8b7c6d",
                                                .firmware = "0x0600000000000000"});
    struct uw_drive d = tree_target("/dev/mmcblk0boot0");
    assert_true(d.is_partition);
    assert_true(d.read_only);
    assert_false(d.hardware);
    uw_drive_clear(&d);
    struct uw_drives all;
    struct uw_error e = {0};
    assert_true(uw_probe_all(&tree_roots, &all, &e));
    assert_int_equal(all.count, 1);
    tree_same("name", all.items[0].name, "mmcblk0");
    assert_int_equal(all.items[0].partitions, 0);
    uw_drives_clear(&all);
    tree_set(dir, "device/type", "SD\n");
    tree_set(dir, "device/serial", "0x00000000\n");
    check_drive("/dev/mmcblk0", &(struct wants){.bus = UW_BUS_MMC,
                                                .media = UW_MEDIA_SD,
                                                .serial = "150100424a5444345206",
                                                .serial_source = "sysfs device/cid"});
}

static void virtual_disks(void **state)
{
    (void)state;
    const char *dir = tree_disk("pci0000:00/0000:00:02.0/virtio1/block", "vda", "254:0", "2048");
    tree_subsystem(dir, "virtio");
    tree_set(dir, "queue/rotational", "1\n");
    tree_set(dir, "serial", "disk-0123456789abcdef");
    check_drive("/dev/vda", &(struct wants){.bus = UW_BUS_VIRTIO,
                                            .media = UW_MEDIA_VIRTUAL,
                                            .evidence = "virtio device",
                                            .serial = "disk-0123456789abcdef",
                                            .serial_source = "sysfs serial"});
    dir = tree_disk("vbd-51712/block", "xvda", "202:0", "2048");
    tree_subsystem(dir, "xen");
    check_drive("/dev/xvda",
                &(struct wants){.bus = UW_BUS_UNKNOWN, .media = UW_MEDIA_VIRTUAL, .evidence = "xen device"});
    tree_scsi("pci0000:00/host0/target0:0:0/0:0:0:0/block", "sda", "8:0", "VMware", "Virtual disk");
    check_drive(
        "/dev/sda",
        &(struct wants){.bus = UW_BUS_SCSI, .media = UW_MEDIA_VIRTUAL, .evidence = "model Virtual disk"});
    tree_scsi(TREE_SATA, "sdb", "8:16", "ATA", "QEMU HARDDISK");
    check_drive("/dev/sdb", &(struct wants){.bus = UW_BUS_ATA, .media = UW_MEDIA_HDD});
}

/* Behind every bus that their hypervisors offer; what only resembles their names is a drive. */
static void virtual_disks_by_name(void **state)
{
    enum place { SATA, SAS, USB, NVME, PLACES };
    static const struct {
        enum place place;
        const char *vendor, *model;
        enum uw_media media;
    } rows[] = {
        {SATA, "ATA", "VMware Virtual S", UW_MEDIA_VIRTUAL},
        {SATA, "ATA", "VMware Virtual SATA Hard Drive", UW_MEDIA_VIRTUAL},
        {SATA, "ATA", "VBOX HARDDISK", UW_MEDIA_VIRTUAL},
        {SATA, "ATA", "Virtual HD", UW_MEDIA_VIRTUAL},
        {SATA, "ATA", "VMware SSD", UW_MEDIA_HDD},
        {SATA, "ATA", "HARDDISK", UW_MEDIA_HDD},
        {SATA, "ATA", "Virtual Disk", UW_MEDIA_HDD},
        {SAS, "VMware,", "VMware Virtual S", UW_MEDIA_VIRTUAL},
        {SAS, "VBOX", "HARDDISK", UW_MEDIA_VIRTUAL},
        {SAS, "Msft", "Virtual Disk", UW_MEDIA_VIRTUAL},
        {SAS, "ACME", "Virtual Disk", UW_MEDIA_HDD},
        {USB, "VMware", "Virtual USB Hard", UW_MEDIA_VIRTUAL},
        {USB, "VBOX", "HARDDISK", UW_MEDIA_VIRTUAL},
        {NVME, NULL, "VMware Virtual NVMe Disk", UW_MEDIA_VIRTUAL},
        {NVME, NULL, "ORCL-VBOX-NVME-VER12", UW_MEDIA_VIRTUAL},
        {NVME, NULL, "MSFT NVMe Accelerator v1.0", UW_MEDIA_VIRTUAL},
        {NVME, NULL, "Microsoft NVMe Direct Disk v2", UW_MEDIA_SSD},
        {NVME, NULL, "QEMU NVMe Ctrl", UW_MEDIA_SSD},
    };
    static const char *const devices[PLACES] = {"/dev/sda", "/dev/sdb", "/dev/sdc", "/dev/nvme0n1"};
    static const enum uw_bus buses[PLACES] = {UW_BUS_ATA, UW_BUS_SCSI, UW_BUS_USB, UW_BUS_NVME};
    (void)state;
    const char *dirs[PLACES] = {
        tree_scsi(TREE_SATA, "sda", "8:0", "ATA", ""),
        tree_scsi("pci0000:00/host0/target0:0:0/0:0:0:0/block", "sdb", "8:16", "", ""),
        tree_scsi(TREE_USB, "sdc", "8:32", "", ""),
        make_nvme("pci0000:00/0000:01:00.0/nvme/nvme0", "nvme0n1", "259:10", "pcie"),
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char evidence[80];
        snprintf(evidence, sizeof evidence, "model %s", rows[i].model);
        if (rows[i].vendor != NULL)
            tree_set(dirs[rows[i].place], "device/vendor", "%-8s\n", rows[i].vendor);
        tree_set(dirs[rows[i].place], "device/model", "%s\n", rows[i].model);
        check_drive(devices[rows[i].place],
                    &(struct wants){.bus = buses[rows[i].place],
                                    .media = rows[i].media,
                                    .evidence = rows[i].media == UW_MEDIA_VIRTUAL ? evidence : NULL,
                                    .model = rows[i].model});
    }
}

static void zoned_and_volumes(void **state)
{
    (void)state;
    const char *dir = tree_scsi(TREE_SATA, "sda", "8:0", "ATA", "SMR");
    tree_set(dir, "queue/zoned", "host-managed\n");
    check_drive("/dev/sda", &(struct wants){.bus = UW_BUS_ATA, .media = UW_MEDIA_HDD_ZONED});
    tree_set(dir, "queue/zoned", "host-aware\n");
    check_drive("/dev/sda", &(struct wants){.bus = UW_BUS_ATA, .media = UW_MEDIA_HDD_SMR});
    dir = tree_scsi("pci0000:00/host2/target2:1:0/2:1:0:0/block", "sdb", "8:16", "HP", "LOGICAL VOLUME");
    tree_set(dir, "device/raid_level", "RAID 5\n");
    check_drive("/dev/sdb", &(struct wants){.bus = UW_BUS_SCSI,
                                            .media = UW_MEDIA_VOLUME,
                                            .evidence = "device/raid_level=RAID 5"});
    tree_set(dir, "device/raid_level", "N/A\n");
    check_drive("/dev/sdb", &(struct wants){.bus = UW_BUS_SCSI, .media = UW_MEDIA_HDD});
    tree_scsi("platform/host3/session1/target3:0:0/3:0:0:1/block", "sdc", "8:32", "LIO-ORG", "disk");
    check_drive("/dev/sdc", &(struct wants){.bus = UW_BUS_SCSI, .media = UW_MEDIA_VOLUME});
}

/* Whatever it is made of. */
static void check_zones(const char *target, bool zoned)
{
    struct uw_drive drive = tree_target(target);
    assert_int_equal(drive.media, UW_MEDIA_VOLUME);
    assert_int_equal(drive.zoned, zoned);
    uw_drive_clear(&drive);
}

static void zones_of_volumes(void **state)
{
    (void)state;
    const char *dir = tree_disk("virtual/block", "nullb0", "252:0", "2048");
    tree_set(dir, "queue/zoned", "host-managed\n");
    check_zones("/dev/nullb0", true);
    tree_set(dir, "queue/zoned", "none\n");
    check_zones("/dev/nullb0", false);
}

static void volumes_of_the_kernel(void **state)
{
    (void)state;
    const char *dir = tree_disk("virtual/block", "dm-0", "253:0", "2048");
    tree_set(dir, "dm/name", "vg0-home\n");
    tree_set(dir, "dm/uuid", "LVM-abc\n");
    check_drive("/dev/mapper/vg0-home", &(struct wants){.bus = UW_BUS_MAPPER,
                                                        .media = UW_MEDIA_VOLUME,
                                                        .serial = "LVM-abc",
                                                        .serial_source = "sysfs dm/uuid",
                                                        .path = "mapper/vg0-home"});
    dir = tree_disk("virtual/block", "md127", "9:127", "2048");
    tree_set(dir, "md/uuid", "00-11\n");
    check_drive("/dev/md127",
                &(struct wants){.bus = UW_BUS_MAPPER, .media = UW_MEDIA_VOLUME, .serial = "00-11"});
    dir = tree_disk("virtual/block", "loop0", "7:0", "2048");
    tree_set(dir, "loop/backing_file", "/srv/a b.img (deleted)\n");
    check_drive(
        "/dev/loop0",
        &(struct wants){.bus = UW_BUS_LOOP, .media = UW_MEDIA_VOLUME, .path = "/srv/a b.img (deleted)"});
    struct uw_drive d = tree_target("/dev/loop0");
    assert_false(d.hardware);
    tree_same("unknown serial", uw_drive_unknown_reason(&d, "serial"), "not_applicable");
    uw_drive_clear(&d);
}

static void identity_is_read_afresh(void **state)
{
    (void)state;
    const char *dir = tree_scsi(TREE_SATA, "sda", "8:0", "ATA", "X");
    tree_serial(dir, "S1");
    tree_part(dir, "sda1", "8:1", "64");
    struct uw_drive d = tree_target("/dev/sda");
    struct uw_identity before = uw_drive_identity(&d), now = before;
    uw_drive_clear(&d);
    tree_serial(dir, "S2");
    uw_probe_identity(&tree_roots, before.devnum, &now);
    assert_false(now.gone);
    tree_same("difference", uw_identity_difference(&before, &now), "serial");
    /* A partition has its drive's. */
    d = tree_target("/dev/sda1");
    uw_probe_identity(&tree_roots, d.devnum, &now);
    tree_same("serial", now.serial, "S2");
    tree_same("serial of the partition", d.serial, "S2");
    uw_drive_clear(&d);
    tree_remove("sys/dev/block/8:0");
    uw_probe_identity(&tree_roots, before.devnum, &now);
    tree_same("serial of a drive that left", now.serial, "");
    assert_true(now.gone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        tree_test(nvme),
        tree_test(nvme_without_wwn),
        tree_test(nvme_namespaces),
        tree_test(nvme_of_a_subsystem),
        tree_test(nvme_fabrics),
        tree_test(nvme_multipath),
        tree_test(sata),
        tree_test(sata_behind_sas),
        tree_test(sas),
        tree_test(scsi_wwid_instead_of_page),
        tree_test(usb),
        tree_test(mmc),
        tree_test(virtual_disks),
        tree_test(virtual_disks_by_name),
        tree_test(zoned_and_volumes),
        tree_test(zones_of_volumes),
        tree_test(volumes_of_the_kernel),
        tree_test(identity_is_read_afresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
