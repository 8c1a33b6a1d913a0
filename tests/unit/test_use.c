/* SPDX-License-Identifier: Apache-2.0 */
/* Who uses a drive, and what the machine was started from. */
#include "tree.h"

static const char *sda(void)
{
    const char *dir = tree_scsi(TREE_SATA, "sda", "8:0", "ATA", "X");
    tree_part(dir, "sda1", "8:1", "64");
    tree_part(dir, "sda2", "8:2", "64");
    return dir;
}

static const char *sdb(void)
{
    const char *dir = tree_scsi(TREE_SATA2, "sdb", "8:16", "ATA", "X");
    tree_part(dir, "sdb1", "8:17", "64");
    tree_part(dir, "sdb2", "8:18", "64");
    return dir;
}

static const char *part_of(const char *dir, const char *name)
{
    static char paths[4][600];
    static unsigned turn;
    char *path = paths[turn++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", dir, name);
    return path;
}

static const char *mapped(const char *name, const char *number, const char *dm_name)
{
    const char *dir = tree_disk("virtual/block", name, number, "64");
    tree_set(dir, "dm/name", "%s\n", dm_name);
    return dir;
}

/* The target has just these uses, given as kind and by in turn. */
static void uses(const char *target, size_t count, const char *const *wanted)
{
    struct uw_drive d = tree_target(target);
    for (size_t i = 0; i < count; i++)
        if (!tree_used(&d, wanted[2 * i], wanted[2 * i + 1]))
            fail_msg("%s lacks %s: %s", target, wanted[2 * i], wanted[2 * i + 1]);
    assert_int_equal(d.use_count, count);
    assert_null(uw_drive_unknown_reason(&d, "in_use"));
    uw_drive_clear(&d);
}
#define USES(target, ...)                                                                                    \
    uses(target, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *) / 2,                            \
         (const char *const[]){__VA_ARGS__})
#define UNUSED(target) uses(target, 0, NULL)

static void boots(const char *target, bool wanted)
{
    struct uw_drive d = tree_target(target);
    if (d.boot_medium != wanted)
        fail_msg("%s %s a boot medium", target, d.boot_medium ? "is" : "is not");
    uw_drive_clear(&d);
}

static void mounts(void **state)
{
    (void)state;
    sda();
    sdb();
    tree_text("proc/self/mountinfo",
              "20 1 0:2 / / rw - rootfs none rw\n"
              "21 20 8:1 / /srv/with\\040space\\134x rw,relatime shared:1 master:2 - ext4 /dev/sda1 rw\n"
              "22 20 8:0 / /whole rw - ext4 /dev/sda rw\n"
              "23 20 8:2 / /a\\012b rw - vfat  rw\n"
              "24 20 0:50 / /net rw - nfs4 host:/dev/sdb rw\n");
    USES("/dev/sda", "mount", "/srv/with space\\x on /dev/sda1", "mount", "/whole on /dev/sda", "mount",
         "/a?b on /dev/sda2");
    USES("/dev/sda1", "mount", "/srv/with space\\x on /dev/sda1");
    UNUSED("/dev/sdb");
    boots("/dev/sda", false);
}

/* Mounts whose device number is not the disk's: FUSE, an external log. */
static void mounts_by_name(void **state)
{
    (void)state;
    sda();
    sdb();
    tree_link("dev/disk/by-label/data", "dev/sdb1");
    tree_text("proc/self/mountinfo",
              "21 1 0:40 / /fuse rw - fuse /dev/sda1 rw\n"
              "22 1 0:41 / /x rw - xfs /dev/disk/by-label/data rw,logdev=/dev/sdb2,attr2\n"
              "23 1 0:42 / /many rw - bcachefs /dev/sda2:/dev/sdb rw\n");
    USES("/dev/sda", "mount", "/fuse on /dev/sda1", "mount", "/many on /dev/sda2");
    USES("/dev/sdb", "mount", "/x on /dev/sdb1", "mount", "/x on /dev/sdb2", "mount", "/many on /dev/sdb");
}

static void many_mounts(void **state)
{
    (void)state;
    static char table[16384];
    size_t used = 0;
    sda();
    for (unsigned i = 0; i < 200; i++)
        used += (size_t)snprintf(table + used, sizeof table - used,
                                 "%u 1 8:1 / /mnt/%u rw - ext4 /dev/sda1 rw\n", i, i);
    tree_bytes("proc/self/mountinfo", table, used);
    struct uw_drive d = tree_target("/dev/sda");
    assert_int_equal(d.use_count, 64);
    uw_drive_clear(&d);
}

static void other_namespaces(void **state)
{
    (void)state;
    char path[2048];
    sda();
    tree_path(path, "proc/self/ns/mnt");
    tree_folders("proc/self/ns/mnt", false);
    assert_int_equal(symlink("mnt:[1]", path), 0);
    tree_text("proc/self/mountinfo", "21 1 8:1 / /here rw - ext4 /dev/sda1 rw\n");
    static const char *const processes[][2] = {{"10", "mnt:[1]"}, {"20", "mnt:[2]"}, {"30", "mnt:[2]"}};
    for (size_t i = 0; i < 3; i++) {
        char name[64];
        snprintf(name, sizeof name, "proc/%s/ns/mnt", processes[i][0]);
        tree_folders(name, false);
        tree_path(path, name);
        assert_int_equal(symlink(processes[i][1], path), 0);
        snprintf(name, sizeof name, "proc/%s/mountinfo", processes[i][0]);
        tree_text(name,
                  "21 1 8:1 / /here rw - ext4 /dev/sda1 rw\n22 1 8:2 / /there rw - ext4 /dev/sda2 rw\n");
    }
    USES("/dev/sda", "mount", "/here on /dev/sda1", "mount",
         "/there on /dev/sda2 (in the mount namespace of process 20)");
}

static void add_process(unsigned pid, const char *namespace, const char *mounts)
{
    char name[64], path[2048];
    snprintf(name, sizeof name, "proc/%u/ns/mnt", pid);
    tree_folders(name, false);
    tree_path(path, name);
    if (namespace != NULL)
        assert_int_equal(symlink(namespace, path), 0);
    snprintf(name, sizeof name, "proc/%u/mountinfo", pid);
    if (mounts != NULL)
        tree_text(name, "%s", mounts);
}

/* However many there are: the last one counts as the first. */
static void many_namespaces(void **state)
{
    (void)state;
    char name[32];
    sda();
    tree_text("proc/self/mountinfo", "20 1 0:2 / / rw - rootfs none rw\n");
    for (unsigned i = 0; i < 300; i++) {
        snprintf(name, sizeof name, "mnt:[%u]", i + 1);
        add_process(1000 + i, name, "20 1 0:2 / / rw - rootfs none rw\n");
    }
    UNUSED("/dev/sda");
    add_process(2000, "mnt:[500]", "22 1 8:2 / /there rw - ext4 /dev/sda2 rw\n");
    USES("/dev/sda", "mount", "/there on /dev/sda2 (in the mount namespace of process 2000)");
}

/* A namespace whose name nobody may read is looked at; one whose mounts nobody may read is not known. */
static void hidden_namespaces(void **state)
{
    (void)state;
    char path[2048];
    sda();
    tree_text("proc/self/mountinfo", "20 1 0:2 / / rw - rootfs none rw\n");
    tree_text("proc/40/ns", "no folder\n"); /* ENOTDIR */
    tree_text("proc/40/mountinfo", "22 1 8:2 / /there rw - ext4 /dev/sda2 rw\n");
    USES("/dev/sda", "mount", "/there on /dev/sda2 (in the mount namespace of process 40)");
    tree_remove("proc/40/mountinfo"); /* it ends meanwhile */
    UNUSED("/dev/sda");
    struct uw_drive d = tree_target("/dev/sda");
    assert_null(uw_drive_unknown_reason(&d, "in_use"));
    assert_int_equal(d.looked & UW_LOOKED_NAMESPACES, UW_LOOKED_NAMESPACES);
    uw_drive_clear(&d);
    tree_path(path, "proc/40/mountinfo");
    assert_int_equal(mkdir(path, 0755), 0); /* EISDIR */
    d = tree_target("/dev/sda");
    tree_same("in_use", uw_drive_unknown_reason(&d, "in_use"), "read_error");
    assert_int_equal(d.looked & (UW_LOOKED_NAMESPACES | UW_LOOKED_MOUNTS), UW_LOOKED_MOUNTS);
    uw_drive_clear(&d);
}

/* Only what was looked at stands in a document. */
static void what_was_looked_at(void **state)
{
    (void)state;
    char path[2048];
    sda();
    tree_text("swap file", "%0*d", 4096, 0);
    tree_path(path, "swap file");
    struct uw_drive d = tree_target("/dev/sda");
    assert_int_equal(d.looked, UW_LOOKED_MOUNTS | UW_LOOKED_NAMESPACES | UW_LOOKED_SWAP | UW_LOOKED_HOLDERS |
                                   UW_LOOKED_LOOPS | UW_LOOKED_BTRFS | UW_LOOKED_ZFS);
    json_t *words = uw_drive_looked_json(&d);
    assert_int_equal(json_array_size(words), 7);
    tree_same("last", json_string_value(json_array_get(words, 6)), "zfs members");
    json_decref(words);
    uw_drive_clear(&d);
    d = tree_target(path);
    assert_int_equal(d.looked, UW_LOOKED_SWAP | UW_LOOKED_LOOPS | UW_LOOKED_ZFS);
    uw_drive_clear(&d);
    tree_remove("dev/sda2"); /* its content cannot be read: whose pool it is in nobody knows */
    tree_text("proc/self/mountinfo", "no such line\n");
    tree_remove("proc/swaps");
    tree_folders("proc/swaps", true); /* EISDIR */
    d = tree_target("/dev/sda");
    assert_int_equal(d.looked, UW_LOOKED_NAMESPACES | UW_LOOKED_HOLDERS | UW_LOOKED_LOOPS | UW_LOOKED_BTRFS);
    uw_drive_clear(&d);
    struct uw_drive none = {0};
    words = uw_drive_looked_json(&none);
    assert_int_equal(json_array_size(words), 0);
    json_decref(words);
}

/* "Not in use" cannot be said where the tables cannot be read. */
static void no_tables(void **state)
{
    (void)state;
    static const char *const broken[] = {"proc/self/mountinfo", "proc/swaps"};
    sda();
    UNUSED("/dev/sda");
    for (size_t i = 0; i < 2; i++) {
        char path[2048];
        tree_remove(broken[i]);
        tree_path(path, broken[i]);
        if (i == 0)
            tree_text("proc/self/mountinfo", "no such line\n");
        else
            assert_int_equal(mkdir(path, 0755), 0); /* EISDIR */
        struct uw_drive d = tree_target("/dev/sda");
        tree_same("in_use", uw_drive_unknown_reason(&d, "in_use"), "read_error");
        uw_drive_clear(&d);
        if (i == 0)
            tree_text("proc/self/mountinfo", "20 1 0:2 / / rw - rootfs none rw\n");
    }
    assert_int_equal(tree_unmake(NULL), 0);
    assert_int_equal(tree_make(NULL), 0);
    sda();
    tree_remove("proc/self/mountinfo");
    struct uw_drive d = tree_target("/dev/sda");
    tree_same("in_use", uw_drive_unknown_reason(&d, "in_use"), "read_error");
    uw_drive_clear(&d);
}

static void swap(void **state)
{
    (void)state;
    char path[2048];
    sda();
    sdb();
    tree_text("swap file", "%0*d", 4096, 0);
    tree_path(path, "swap file");
    tree_text("proc/swaps",
              "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
              "/dev/sda2                               partition\t8388604\t\t0\t\t-2\n"
              "%s/swap\\040file                        file\t4\t0\t-3\n",
              tree_root);
    USES("/dev/sda", "swap", "/dev/sda2");
    UNUSED("/dev/sdb");
    USES(path, "swap", path);
}

static void md_and_dm(void **state)
{
    (void)state;
    const char *a = sda(), *b = sdb();
    const char *md = tree_disk("virtual/block", "md0", "9:0", "64");
    tree_hold(part_of(a, "sda1"), md);
    tree_hold(part_of(b, "sdb1"), md);
    tree_part(md, "md0p1", "259:0", "32");
    const char *dm = mapped("dm-0", "253:0", "vg0-swap");
    tree_hold(part_of(md, "md0p1"), dm);
    tree_text("proc/swaps", "Filename\n/dev/mapper/vg0-swap partition 1 0 -2\n");
    USES("/dev/sda", "holder", "md0 on /dev/sda1", "holder", "dm-0 (vg0-swap) on /dev/md0p1", "swap",
         "/dev/dm-0");
    USES("/dev/sdb1", "holder", "md0 on /dev/sdb1", "holder", "dm-0 (vg0-swap) on /dev/md0p1", "swap",
         "/dev/dm-0");
    UNUSED("/dev/sdb2");
    USES("/dev/md0", "holder", "dm-0 (vg0-swap) on /dev/md0p1", "swap", "/dev/dm-0");
    USES("/dev/mapper/vg0-swap", "swap", "/dev/dm-0");
    struct uw_drives all;
    struct uw_error e = {0};
    assert_true(uw_probe_all(&tree_roots, &all, &e));
    assert_int_equal(all.count, 4);
    for (size_t i = 0; i < all.count; i++)
        assert_true(all.items[i].use_count > 0);
    uw_drives_clear(&all);
}

static void holder_over_a_disk(void **state)
{
    (void)state;
    const char *a = sda();
    tree_hold(a, mapped("dm-0", "253:0", "luks"));
    USES("/dev/sda", "holder", "dm-0 (luks) on /dev/sda");
    UNUSED("/dev/sda1");
}

/* No kernel makes it, a captured tree may hold it. */
static void holders_in_a_circle(void **state)
{
    (void)state;
    const char *a = sda();
    const char *one = mapped("dm-0", "253:0", "one"), *two = mapped("dm-1", "253:1", "two");
    tree_hold(a, one);
    tree_hold(one, two);
    tree_hold(two, one);
    USES("/dev/sda", "holder", "dm-0 (one) on /dev/sda", "holder", "dm-1 (two) on /dev/dm-0", "holder",
         "dm-0 (one) on /dev/dm-1");
}

static void bcache(void **state)
{
    (void)state;
    const char *a = sda();
    tree_set(part_of(a, "sda2"), "bcache/set", "x\n");
    USES("/dev/sda", "holder", "bcache on /dev/sda2");
}

static void btrfs(void **state)
{
    (void)state;
    const char *a = sda(), *b = sdb();
    tree_link("sys/fs/btrfs/1111-2222/devices/sda1", part_of(a, "sda1"));
    tree_link("sys/fs/btrfs/1111-2222/devices/sdb", b);
    USES("/dev/sdb", "btrfs", "mounted file system with /dev/sdb");
    tree_text("proc/self/mountinfo", "21 1 0:33 /@ /data rw - btrfs /dev/sda1 rw,subvol=/@\n");
    USES("/dev/sda", "mount", "/data on /dev/sda1");
    USES("/dev/sdb", "btrfs", "/data on /dev/sdb");
}

static void make_loop(const char *name, const char *number, const char *file)
{
    tree_set(tree_disk("virtual/block", name, number, "64"), "loop/backing_file", "%s\n", file);
}

static void loops_over_devices(void **state)
{
    (void)state;
    sda();
    make_loop("loop0", "7:0", "/dev/sda");
    make_loop("loop1", "7:1", "/dev/loop0");
    tree_part("sys/devices/virtual/block/loop1", "loop1p1", "259:0", "32");
    tree_text("proc/self/mountinfo", "21 1 259:0 / /deep rw - ext4 /dev/loop1p1 rw\n");
    USES("/dev/sda", "loop", "/dev/loop0 on /dev/sda", "loop", "/dev/loop1 on /dev/loop0", "mount",
         "/deep on /dev/loop1p1");
    UNUSED("/dev/sda1");
    USES("/dev/loop0", "loop", "/dev/loop1 on /dev/loop0", "mount", "/deep on /dev/loop1p1");
}

/* A loop device claims nothing: who uses what is below loses data through it. */
static void loop_over_what_is_used(void **state)
{
    (void)state;
    sda();
    make_loop("loop0", "7:0", "/dev/sda");
    make_loop("loop1", "7:1", "/dev/sda2");
    tree_text("proc/self/mountinfo", "21 1 8:1 / /srv rw - ext4 /dev/sda1 rw\n");
    USES("/dev/loop0", "mount", "/srv on /dev/sda1", "loop", "/dev/loop1 on /dev/sda2");
    USES("/dev/loop1", "loop", "/dev/loop0 on /dev/sda");
    tree_text("proc/swaps", "Filename\n/dev/sda2 partition 1 0 -2\n");
    USES("/dev/loop1", "loop", "/dev/loop0 on /dev/sda", "swap", "/dev/sda2");
}

static void is_below(const char *target, const char *below)
{
    struct uw_drive d = tree_target(target);
    tree_same("below", d.below, below);
    uw_drive_clear(&d);
}

/* A loop device over a drive is another name of the drive; one over a file is a drive of its own. */
static void loops_name_what_is_below(void **state)
{
    (void)state;
    char path[2048];
    sda();
    tree_text("a.img", "%0*d", 4096, 0);
    tree_path(path, "a.img");
    make_loop("loop0", "7:0", path);
    make_loop("loop1", "7:1", "/dev/sda2");
    make_loop("loop2", "7:2", "/dev/loop1");
    make_loop("loop3", "7:3", "/dev/loop0");
    is_below("/dev/loop0", "");
    is_below(path, "");
    is_below("/dev/sda", "");
    is_below("/dev/loop1", "/dev/sda");
    is_below("/dev/loop2", "/dev/sda");
    is_below("/dev/loop3", "/dev/loop0");
}

static void loops_over_files(void **state)
{
    (void)state;
    char path[2048], other[2048];
    tree_text("a.img", "%0*d", 4096, 0);
    tree_text("b.img", "%0*d", 4096, 0);
    tree_path(path, "a.img");
    tree_path(other, "b.img");
    make_loop("loop0", "7:0", path);
    make_loop("loop1", "7:1", path);
    tree_text("proc/self/mountinfo", "21 1 7:0 / /img rw - ext4 /dev/loop0 rw\n");
    USES(path, "loop", "/dev/loop0", "loop", "/dev/loop1", "mount", "/img on /dev/loop0");
    USES("/dev/loop1", "loop", "/dev/loop0", "mount", "/img on /dev/loop0");
    USES("/dev/loop0", "loop", "/dev/loop1", "mount", "/img on /dev/loop0");
    UNUSED(other);
    /* Under another name it is the same file. */
    char hard[2048];
    tree_path(hard, "hard link");
    assert_int_equal(link(path, hard), 0);
    USES(hard, "loop", "/dev/loop0", "loop", "/dev/loop1", "mount", "/img on /dev/loop0");
}

/* Uberblocks and a name make a label that libblkid believes, from 64 MiB on (OpenZFS on-disk format, 1.2
 * and 1.3). */
static void make_pool(const char *path, const char *name)
{
    enum { LABEL_BYTES = 256 << 10, NVPAIR = 16 << 10, UBERBLOCK = 128 << 10, SLOT = 1 << 10, STRING = 9 };
    static const uint8_t magic[8] = {0x0c, 0xb1, 0xba, 0x00}; /* little endian */
    static uint8_t image[1 << 20];
    memset(image, 0, sizeof image);
    for (size_t i = 0; i < 16; i++) {
        memcpy(image + UBERBLOCK + i * SLOT, magic, sizeof magic);
        memcpy(image + LABEL_BYTES + UBERBLOCK + i * SLOT, magic, sizeof magic);
    }
    /* XDR: header, then {size, size, name length, name, type, elements, length, string}. */
    size_t length = strlen(name);
    const uint8_t pair[] = {
        1, 1, 0, 0, 0,   0,   0,   0,   0, 0, 0, 1,      0, 0, 0, 48, 0, 0, 0, 48,
        0, 0, 0, 4, 'n', 'a', 'm', 'e', 0, 0, 0, STRING, 0, 0, 0, 1,  0, 0, 0, (uint8_t)length};
    for (size_t at = 0; at < 2 * (size_t)LABEL_BYTES; at += LABEL_BYTES) {
        memcpy(image + at + NVPAIR, pair, sizeof pair);
        memcpy(image + at + NVPAIR + sizeof pair, name, length);
    }
    tree_bytes(path, image, sizeof image);
    char full[2048];
    tree_path(full, path);
    assert_int_equal(truncate(full, 80 << 20), 0);
}

static void zfs(void **state)
{
    (void)state;
    sda();
    sdb();
    make_pool("dev/sda1", "tank");
    make_pool("dev/sdb", "../x");
    struct uw_drive d = tree_target("/dev/sda");
    assert_int_equal(d.content_type_count, 1);
    tree_same("type", d.content_types[0], "zfs_member");
    assert_int_equal(d.use_count, 0);
    uw_drive_clear(&d);
    tree_text("proc/spl/kstat/zfs/tank/state", "ONLINE\n");
    tree_text("proc/spl/kstat/x", "a pool's name is no path\n");
    USES("/dev/sda", "zfs", "imported pool with /dev/sda1");
    UNUSED("/dev/sdb");
    boots("/dev/sda", false);
    tree_text("proc/self/mountinfo", "21 1 0:33 / / rw - zfs tank/ROOT/debian rw\n");
    boots("/dev/sda", true);
    tree_text("proc/self/mountinfo", "21 1 0:33 / / rw - zfs tank2/ROOT rw\n");
    boots("/dev/sda", false);
}

static void put(const char *path, off_t offset, const void *data, size_t bytes)
{
    char full[2048];
    tree_path(full, path);
    int fd = open(full, O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, data, bytes, offset), bytes);
    close(fd);
}

/* The mark of another file system beside a pool's hides neither it nor who uses it. */
static void zfs_beside_another_mark(void **state)
{
    (void)state;
    static const char squashfs[32] = {'h', 's', 'q', 's', [28] = 4};
    sda();
    make_pool("dev/sda1", "tank");
    put("dev/sda1", 0, squashfs, sizeof squashfs);
    struct uw_drive d = tree_target("/dev/sda");
    assert_int_equal(d.content_type_count, 2);
    for (size_t i = 0; i < 2; i++)
        assert_true(strcmp(d.content_types[i], "zfs_member") == 0 ||
                    strcmp(d.content_types[i], "squashfs") == 0);
    assert_string_not_equal(d.content_types[0], d.content_types[1]);
    uw_drive_clear(&d);
    UNUSED("/dev/sda");
    tree_text("proc/spl/kstat/zfs/tank/state", "ONLINE\n");
    USES("/dev/sda", "zfs", "imported pool with /dev/sda1");
}

static void boot_through_dm(void **state)
{
    (void)state;
    const char *a = sda();
    sdb();
    const char *luks = mapped("dm-0", "253:0", "luks"), *root = mapped("dm-1", "253:1", "vg-root");
    const char *home = mapped("dm-2", "253:2", "vg-home");
    tree_hold(part_of(a, "sda2"), luks);
    tree_hold(luks, root);
    tree_hold(luks, home);
    tree_text("proc/self/mountinfo", "21 1 253:1 / / rw - ext4 /dev/mapper/vg-root rw\n"
                                     "22 21 8:17 / /srv rw - ext4 /dev/sdb1 rw\n");
    boots("/dev/sda", true);
    boots("/dev/sda1", true);
    boots("/dev/dm-1", true);
    boots("/dev/dm-2", false);
    boots("/dev/sdb", false);
    /* Every way around the drive. */
    make_loop("loop0", "7:0", "/dev/sda");
    make_loop("loop1", "7:1", "/dev/loop0");
    make_loop("loop2", "7:2", "/dev/sda1");
    boots("/dev/loop0", true);
    boots("/dev/loop1", true);
    boots("/dev/loop2", false);
}

static void boot_points(void **state)
{
    (void)state;
    static const char *const points[] = {"/boot",
                                         "/boot/efi",
                                         "/usr",
                                         "/run/live/medium",
                                         "/lib/live/mount/medium",
                                         "/cdrom",
                                         "/run/initramfs/live",
                                         "/run/archiso/bootmnt"};
    sda();
    for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
        tree_text("proc/self/mountinfo", "21 1 8:1 / %s rw - vfat /dev/sda1 rw\n", points[i]);
        boots("/dev/sda", true);
        tree_text("proc/self/mountinfo", "21 1 8:1 / /x%s rw - vfat /dev/sda1 rw\n", points[i]);
        boots("/dev/sda", false);
    }
}

/* As Debian's live system stands: an overlay over a compressed image in a file on the stick. */
static void boot_live(void **state)
{
    (void)state;
    sda();
    tree_part(tree_scsi(TREE_USB, "sdc", "8:32", "Generic", "Stick"), "sdc1", "8:33", "64");
    make_loop("loop0", "7:0", "/mnt/stick/live/filesystem.squashfs");
    tree_text(
        "proc/self/mountinfo",
        "20 1 0:30 / / rw - overlay overlay rw,lowerdir=/run/live/root\\134:fs/squash,upperdir=/run/cow/rw\n"
        "21 20 8:33 / /mnt/stick ro - vfat /dev/sdc1 ro\n"
        "22 20 7:0 / /run/live/root:fs/squash ro - squashfs /dev/loop0 ro\n"
        "23 20 8:1 / /run/live/root ro - ext4 /dev/sda1 rw\n"
        "24 20 8:1 / /mnt rw - ext4 /dev/sda1 rw\n");
    boots("/dev/sdc", true);
    boots("/dev/loop0", true);
    boots("/dev/sda", false);
    tree_text("proc/self/mountinfo",
              "20 1 0:30 / / rw - overlay overlay rw,lowerdir=/ro/a:/ro/b,upperdir=/rw/x\n"
              "21 20 8:1 / /ro/b ro - ext4 /dev/sda1 ro\n"
              "22 20 8:33 / /rw rw - ext4 /dev/sdc1 rw\n");
    boots("/dev/sdc", true);
    boots("/dev/sda", true);
}

static void boot_several(void **state)
{
    (void)state;
    const char *a = sda(), *b = sdb();
    const char *md = tree_disk("virtual/block", "md0", "9:0", "64");
    tree_hold(part_of(a, "sda1"), md);
    tree_hold(part_of(b, "sdb1"), md);
    tree_text("proc/self/mountinfo", "21 1 9:0 / / rw - ext4 /dev/md0 rw\n");
    boots("/dev/sda", true);
    boots("/dev/sdb", true);
    tree_link("sys/fs/btrfs/1/devices/sda2", part_of(a, "sda2"));
    tree_link("sys/fs/btrfs/1/devices/sdb2", part_of(b, "sdb2"));
    tree_text("proc/self/mountinfo", "21 1 0:33 / / rw - btrfs /dev/sda2 rw\n");
    boots("/dev/sda", true);
    boots("/dev/sdb", true);
}

static void boot_command_line(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        bool boot;
    } lines[] = {
        {"quiet root=/dev/sda1 ro\n", true},       {"root=/dev/sdb1 root=/dev/sda1\n", true},
        {"root=/dev/sda1 root=/dev/nfs\n", false}, {"root=UUID=1111-AA rw\n", true},
        {"root=PARTUUID=pp-02\n", true},           {"root=LABEL=none\n", false},
        {"xroot=/dev/sda1 quiet\n", false},        {"quiet -- root=/dev/sda1\n", false},
    };
    sda();
    sdb();
    tree_link("dev/disk/by-uuid/1111-AA", "dev/sda1");
    tree_link("dev/disk/by-partuuid/pp-02", "dev/sda2");
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        tree_text("proc/cmdline", "BOOT_IMAGE=/vmlinuz %s", lines[i].line);
        struct uw_drive d = tree_target("/dev/sda");
        if (d.boot_medium != lines[i].boot)
            fail_msg("row %zu", i);
        uw_drive_clear(&d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        tree_test(mounts),
        tree_test(mounts_by_name),
        tree_test(many_mounts),
        tree_test(other_namespaces),
        tree_test(many_namespaces),
        tree_test(hidden_namespaces),
        tree_test(what_was_looked_at),
        tree_test(no_tables),
        tree_test(swap),
        tree_test(md_and_dm),
        tree_test(holder_over_a_disk),
        tree_test(holders_in_a_circle),
        tree_test(bcache),
        tree_test(btrfs),
        tree_test(loops_over_devices),
        tree_test(loop_over_what_is_used),
        tree_test(loops_name_what_is_below),
        tree_test(loops_over_files),
        tree_test(zfs),
        tree_test(zfs_beside_another_mark),
        tree_test(boot_through_dm),
        tree_test(boot_points),
        tree_test(boot_live),
        tree_test(boot_several),
        tree_test(boot_command_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
