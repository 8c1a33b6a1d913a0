/* SPDX-License-Identifier: Apache-2.0 */
/* From what the user named to one drive; the list; content; host and controllers. */
#include <sys/socket.h>
#include <sys/un.h>

#include "tree.h"

static void refused(const char *target, const char *wanted)
{
    struct uw_drive d;
    struct uw_error e = {0};
    if (tree_find(target, &d, &e))
        fail_msg("%s was taken", target);
    assert_int_equal(e.code, UW_E_USAGE);
    tree_same("text", e.text, wanted);
    assert_null(d.uses);
}

static void refused_file(const char *name, const char *format)
{
    char path[2048], wanted[4096];
    tree_path(path, name);
    assert_true(snprintf(wanted, sizeof wanted, format, path) < (int)sizeof wanted);
    refused(path, wanted);
}

static void devices_and_links(void **state)
{
    (void)state;
    const char *dir = tree_scsi(TREE_SATA, "sda", "8:0", "ATA", "X");
    tree_part(dir, "sda1", "8:1", "64");
    tree_disk("pci0000:00/0000:03:00.0", "cciss!c0d0", "104:0", "64");
    tree_link("dev/disk/by-id/ata-X", "dev/sda");
    tree_link("dev/disk/by-id/ata-X-part1", "dev/sda1");
    struct uw_drive d = tree_target("/dev/disk/by-id/ata-X");
    tree_same("device", d.device, "/dev/sda");
    tree_same("target", d.target, "/dev/disk/by-id/ata-X");
    tree_same("id", d.id, "sda:1073741824");
    assert_int_equal(d.partitions, 1);
    assert_false(d.is_partition);
    uw_drive_clear(&d);
    d = tree_target("/dev/disk/by-id/ata-X-part1");
    tree_same("device", d.device, "/dev/sda1");
    tree_same("id", d.id, "sda1:32768");
    tree_same("model", d.model, "X");
    assert_true(d.is_partition);
    assert_false(d.hardware);
    uw_drive_clear(&d);
    d = tree_target("/dev/cciss/c0d0");
    tree_same("device", d.device, "/dev/cciss/c0d0");
    tree_same("name", d.name, "c0d0");
    uw_drive_clear(&d);
    refused("/dev/sdb", "no such target: /dev/sdb");
}

static void wrong_words(void **state)
{
    (void)state;
    char longest[UW_PATH_BYTES + 8], wanted[256];
    memset(longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    tree_scsi(TREE_SATA, "sda", "8:0", "ATA", "X");
    refused("", "a target is an empty word");
    refused("serial:", "serial: names nothing");
    refused("wwn:", "wwn: names nothing");
    refused("wwn:0x", "wwn:0x names nothing");
    refused("serial:NONE", "no drive fits serial:NONE");
    refused("wwn:0x5000", "no drive fits wwn:0x5000");
    refused("/dev/null", "/dev/null is a character device, not a drive");
    snprintf(wanted, sizeof wanted, "a target's name is too long: %.64s...", longest);
    refused(longest, wanted);
}

static void wrong_files(void **state)
{
    (void)state;
    char path[2048];
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    tree_text("empty", "%s", "");
    tree_text("file", "x");
    tree_path(path, "fifo");
    assert_int_equal(mkfifo(path, 0600), 0);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    tree_path(path, "socket");
    snprintf(address.sun_path, sizeof address.sun_path, "%.100s", path);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    close(fd);
    tree_link("broken", "nowhere");
    refused_file("sys", "%s is a directory, not a drive");
    refused_file("fifo", "%s is a fifo, not a drive");
    refused_file("socket", "%s is a socket, not a drive");
    refused_file("empty", "%s is empty");
    refused_file("absent", "no such target: %s");
    refused_file("broken", "no such target: %s");
    refused_file("file/below", "no such target: %s");
    refused("/proc/version", "/proc/version is a file of the kernel, not a drive");
    refused("/sys/kernel/notes", "/sys/kernel/notes is a file of the kernel, not a drive");
}

static void regular_files(void **state)
{
    (void)state;
    char path[2048], real[2048], link[2048];
    tree_text("disk image.img", "%0*d", 1000, 0);
    tree_link("link", "disk image.img");
    tree_path(real, "disk image.img");
    tree_path(link, "link");
    snprintf(path, sizeof path, "%s/sys/../link", tree_root);
    struct uw_drive d = tree_target(path);
    struct stat st;
    assert_int_equal(stat(real, &st), 0);
    tree_same("device", d.device, real);
    tree_same("target", d.target, path);
    tree_same("name", d.name, "disk image.img");
    tree_same("id", d.id, "disk image.img:1000");
    tree_same("source", d.source, "file");
    assert_int_equal(d.bus, UW_BUS_FILE);
    assert_int_equal(d.media, UW_MEDIA_FILE);
    assert_int_equal(d.bytes, 1000);
    assert_int_equal(d.file_inode, st.st_ino);
    assert_int_equal(d.devnum, 0);
    assert_true(d.logical_block_bytes >= 512 && d.physical_block_bytes >= d.logical_block_bytes);
    assert_false(d.hardware);
    assert_int_equal(d.use_count, 0);
    tree_same("content", d.content, "");
    assert_null(uw_drive_unknown_reason(&d, "content"));
    tree_same("serial", uw_drive_unknown_reason(&d, "serial"), "not_applicable");
    uw_drive_clear(&d);
}

static void lists_in_order(void **state)
{
    (void)state;
    static const char *const names[] = {"nvme10n1", "sdaa",  "sdz",    "nvme2n1", "sda",
                                        "vda",      "loop1", "loop10", "loop2"};
    static const char *const order[] = {"loop1", "loop2", "loop10", "nvme2n1", "nvme10n1",
                                        "sda",   "sdz",   "sdaa",   "vda"};
    static const char *const left_out[] = {"ram0", "zram0", "sr0", "fd0"};
    char number[32], where[64];
    unsigned minor = 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(number, sizeof number, "240:%u", minor++);
        snprintf(where, sizeof where, "%s/x%zu", strncmp(names[i], "loop", 4) == 0 ? "virtual/block" : "odd",
                 i);
        tree_set(tree_disk(where, names[i], number, "64"), "loop/backing_file", "/x/%s\n", names[i]);
    }
    for (size_t i = 0; i < sizeof left_out / sizeof left_out[0]; i++) {
        snprintf(number, sizeof number, "241:%u", minor++);
        tree_disk("odd", left_out[i], number, "64");
    }
    tree_disk("virtual/block", "loop7", "7:7", "0");                    /* without a file */
    tree_set(tree_disk("usb", "sdb", "8:16", "0"), "removable", "1\n"); /* an empty card reader */
    tree_disk("virtual/block", "nbd0", "43:0", "0");
    struct uw_drives all;
    struct uw_error e = {0};
    assert_true(uw_probe_all(&tree_roots, &all, &e));
    assert_int_equal(all.count, sizeof order / sizeof order[0]);
    for (size_t i = 0; i < all.count; i++) {
        tree_same("name", all.items[i].name, order[i]);
        tree_same("target", all.items[i].target, all.items[i].device);
    }
    uw_drives_clear(&all);
}

static void ids_are_unique(void **state)
{
    (void)state;
    tree_serial(tree_scsi(TREE_SATA, "sda", "8:0", "ATA", "X"), "SAME");
    tree_serial(tree_scsi(TREE_SATA2, "sdb", "8:16", "ATA", "X"), "SAME");
    tree_serial(tree_scsi(TREE_USB, "sdc", "8:32", "ATA", "X"), "OTHER");
    struct uw_drives all;
    struct uw_error e = {0};
    assert_true(uw_probe_all(&tree_roots, &all, &e));
    tree_same("id", all.items[0].id, "sda:1073741824");
    tree_same("id", all.items[1].id, "sdb:1073741824");
    tree_same("id", all.items[2].id, "OTHER");
    for (size_t i = 0; i < all.count; i++) {
        struct uw_drive d = tree_target(all.items[i].device);
        tree_same("id of the target", d.id, all.items[i].id);
        uw_drive_clear(&d);
    }
    uw_drives_clear(&all);
    refused("serial:SAME", "serial:SAME fits two drives: /dev/sda and /dev/sdb");
}

static void no_sysfs(void **state)
{
    (void)state;
    struct uw_roots roots = tree_roots;
    struct uw_drives all;
    struct uw_error e = {0};
    roots.sys = "/nonexistent";
    assert_false(uw_probe_all(&roots, &all, &e));
    assert_int_equal(e.code, UW_E_IO);
    tree_same("text", e.text, "cannot read /nonexistent/block: No such file or directory");
    assert_int_equal(all.count, 0);
}

/* On what is larger than a floppy disk (there libblkid stops at the first one): marks as mkswap(8) writes
 * them (version 1, a last page), and those of LUKS1 and squashfs 4. */
static void make_image(const char *path, bool swap, bool luks, bool squashfs)
{
    static uint8_t image[4 << 20];
    memset(image, 0, sizeof image);
    if (swap) {
        image[1024] = 1;
        image[1028] = 255;
        memcpy(image + 4096 - 10, "SWAPSPACE2", 10);
    }
    if (luks)
        memcpy(image, "LUKS\xba\xbe\0\1", 8);
    if (squashfs) {
        memcpy(image, "hsqs", 4);
        image[28] = 4;
    }
    tree_bytes(path, image, sizeof image);
}

static void content(void **state)
{
    (void)state;
    const char *dir = tree_scsi(TREE_SATA, "sda", "8:0", "ATA", "X");
    tree_part(dir, "sda1", "8:1", "64");
    tree_part(dir, "sda2", "8:2", "64");
    make_image("dev/sda", false, false, false);
    make_image("dev/sda1", true, false, false);
    make_image("dev/sda2", false, true, false);
    struct uw_drive d = tree_target("/dev/sda");
    tree_same("content", d.content, "");
    assert_null(uw_drive_unknown_reason(&d, "content"));
    assert_int_equal(d.content_type_count, 2);
    tree_same("type", d.content_types[0], "swap");
    tree_same("type", d.content_types[1], "crypto_LUKS");
    uw_drive_clear(&d);
    make_image("dev/sda", true, false, true);
    d = tree_target("/dev/sda");
    tree_same("content", d.content, "ambivalent");
    assert_int_equal(d.content_type_count, 4);
    const char *one = d.content_types[0], *other = d.content_types[1];
    assert_true((strcmp(one, "swap") == 0 && strcmp(other, "squashfs") == 0) ||
                (strcmp(other, "swap") == 0 && strcmp(one, "squashfs") == 0));
    uw_drive_clear(&d);
    tree_remove("dev/sda");
    d = tree_target("/dev/sda");
    tree_same("content", uw_drive_unknown_reason(&d, "content"), "not_probed");
    uw_drive_clear(&d);
    make_image("image", true, false, false);
    char path[2048];
    tree_path(path, "image");
    assert_int_equal(chmod(path, 0400), 0);
    d = tree_target(path);
    tree_same("content", d.content, "swap");
    uw_drive_clear(&d);
}

/* One partition entry behind the boot signature. */
static void partition_table(void **state)
{
    (void)state;
    static uint8_t image[1 << 20];
    static const uint8_t entry[16] = {0, 0, 2, 0, 0x83, 0, 0, 0, 8, 0, 0, 0, 64, 0, 0, 0};
    memcpy(image + 446, entry, sizeof entry);
    image[510] = 0x55;
    image[511] = 0xaa;
    tree_scsi(TREE_SATA, "sda", "8:0", "ATA", "X");
    tree_bytes("dev/sda", image, sizeof image);
    struct uw_drive d = tree_target("/dev/sda");
    tree_same("content", d.content, "dos");
    assert_int_equal(d.content_type_count, 1);
    tree_same("type", d.content_types[0], "dos");
    uw_drive_clear(&d);
}

static void host(void **state)
{
    (void)state;
    tree_text("sys/class/dmi/id/sys_vendor", "Dell Inc.\n");
    tree_text("sys/class/dmi/id/product_serial", "To be filled by O.E.M.\n");
    tree_text("sys/class/dmi/id/product_uuid", "4c4c4544\xff\n");
    tree_text("proc/sys/kernel/random/boot_id", "0b1c-2d\n");
    tree_text("proc/sys/kernel/osrelease", "6.1.0-30-amd64\n");
    tree_text("sys/class/net/eth0/address", "00:25:90:ab:cd:ef\n");
    tree_text("sys/class/net/eth0/device/vendor", "0x8086\n");
    tree_text("sys/class/net/lo/address", "00:00:00:00:00:00\n");
    tree_text("sys/class/net/docker0/address", "02:42:00:00:00:01\n");
    json_t *unknown = json_object(), *h = uw_probe_host(&tree_roots, unknown);
    const json_t *dmi = json_object_get(h, "dmi"), *nics = json_object_get(h, "nics");
    tree_same("vendor", json_string_value(json_object_get(dmi, "vendor")), "Dell Inc.");
    tree_same("uuid", json_string_value(json_object_get(dmi, "uuid")), "4c4c4544?");
    assert_true(json_is_null(json_object_get(dmi, "serial")));
    tree_same("serial", json_string_value(json_object_get(unknown, "host.dmi.serial")), "not_supported");
    tree_same("product", json_string_value(json_object_get(unknown, "host.dmi.product")), "not_supported");
    assert_null(json_object_get(unknown, "host.dmi.vendor"));
    tree_same("boot_id", json_string_value(json_object_get(h, "boot_id")), "0b1c-2d");
    tree_same("kernel", json_string_value(json_object_get(h, "kernel")), "6.1.0-30-amd64");
    assert_int_equal(json_array_size(nics), 1);
    tree_same("name", json_string_value(json_object_get(json_array_get(nics, 0), "name")), "eth0");
    tree_same("mac", json_string_value(json_object_get(json_array_get(nics, 0), "mac")), "00:25:90:ab:cd:ef");
    tree_same("tpm", json_string_value(json_object_get(unknown, "host.tpm")), "not_probed");
    json_decref(h);
    json_decref(unknown);
}

static void make_controller(const char *slot, const char *class, const char *ids, const char *driver)
{
    char path[256], target[128];
    snprintf(path, sizeof path, "sys/bus/pci/devices/%s/class", slot);
    tree_text(path, "%s\n", class);
    snprintf(path, sizeof path, "sys/bus/pci/devices/%s/vendor", slot);
    tree_text(path, "0x%.4s\n", ids);
    snprintf(path, sizeof path, "sys/bus/pci/devices/%s/device", slot);
    tree_text(path, "0x%s\n", ids + 5);
    if (driver[0] == '\0')
        return;
    snprintf(path, sizeof path, "sys/bus/pci/devices/%s/driver", slot);
    snprintf(target, sizeof target, "sys/bus/pci/drivers/%s", driver);
    tree_link(path, target);
}

static void controllers(void **state)
{
    (void)state;
    static const struct {
        const char *slot, *class, *ids, *driver;
        const char *controller; /* NULL: hides nothing */
    } rows[] = {
        {"0000:00:01.0", "0x030000", "8086:1111", "", NULL},
        {"0000:00:1f.2", "0x010601", "8086:2922", "ahci", NULL},
        {"0000:01:00.0", "0x010802", "144d:a808", "nvme", NULL},
        {"0000:02:00.0", "0x010802", "144d:a808", "vfio-pci", "PCI 0000:02:00.0 144d:a808 vfio-pci"},
        {"0000:03:00.0", "0x010400", "1000:005d", "megaraid_sas", "PCI 0000:03:00.0 1000:005d megaraid_sas"},
        {"0000:04:00.0", "0x010400", "8086:201d", "vmd", NULL},
        {"0000:05:00.0", "0x010400", "8086:2822", "ahci", "PCI 0000:05:00.0 8086:2822 ahci"},
        {"0000:06:00.0", "0x010700", "1000:0097", "", "PCI 0000:06:00.0 1000:0097"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        make_controller(rows[i].slot, rows[i].class, rows[i].ids, rows[i].driver);
    json_t *list = uw_probe_not_covered(&tree_roots);
    size_t listed = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (rows[i].controller == NULL)
            continue;
        const json_t *row = json_array_get(list, listed++);
        tree_same("controller", json_string_value(json_object_get(row, "controller")), rows[i].controller);
        assert_true(json_string_length(json_object_get(row, "why")) > 0);
    }
    assert_int_equal(json_array_size(list), listed);
    json_decref(list);
    tree_text("sys/bus/pci/devices/0000:05:00.0/remapped_nvme", "0\n");
    tree_text("sys/bus/pci/devices/0000:00:1f.2/remapped_nvme", "1\n");
    list = uw_probe_not_covered(&tree_roots);
    tree_same("controller", json_string_value(json_object_get(json_array_get(list, 0), "controller")),
              "PCI 0000:00:1f.2 8086:2922 ahci");
    assert_int_equal(json_array_size(list), listed);
    json_decref(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        tree_test(devices_and_links), tree_test(wrong_words),
        tree_test(wrong_files),       tree_test(regular_files),
        tree_test(lists_in_order),    tree_test(ids_are_unique),
        tree_test(no_sysfs),          tree_test(content),
        tree_test(partition_table),   tree_test(host),
        tree_test(controllers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
