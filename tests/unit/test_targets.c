/* SPDX-License-Identifier: Apache-2.0 */
/* Several targets in one call: what comes back, and that the machine is looked at once for all of them. */
#include "tree.h"

#include "probe/describe.h"

bool __real_uw_snapshot_take(const struct uw_roots *roots, struct uw_snapshot *snapshot, struct uw_error *e);
bool __wrap_uw_snapshot_take(const struct uw_roots *roots, struct uw_snapshot *snapshot, struct uw_error *e);
void __real_uw_describe(const struct uw_snapshot *snapshot, size_t block, struct uw_drive *drive);
void __wrap_uw_describe(const struct uw_snapshot *snapshot, size_t block, struct uw_drive *drive);

static unsigned snapshots, descriptions;

bool __wrap_uw_snapshot_take(const struct uw_roots *roots, struct uw_snapshot *snapshot, struct uw_error *e)
{
    snapshots++;
    return __real_uw_snapshot_take(roots, snapshot, e);
}

void __wrap_uw_describe(const struct uw_snapshot *snapshot, size_t block, struct uw_drive *drive)
{
    descriptions++;
    __real_uw_describe(snapshot, block, drive);
}

enum { DISKS = 20 };

static void make_disks(void)
{
    for (unsigned i = 0; i < DISKS; i++) {
        char where[64], name[8], number[16], serial[16];
        snprintf(where, sizeof where, "pci0000:00/host%u/%u:0:0:0/block", i, i);
        snprintf(name, sizeof name, "sd%c", 'a' + i);
        snprintf(number, sizeof number, "8:%u", i * 16);
        snprintf(serial, sizeof serial, "S%03u",
                 i == DISKS - 1 ? 0 : i); /* the first and the last share one */
        tree_serial(tree_scsi(where, name, number, "ATA", "X"), serial);
    }
}

static void in_their_order(void **state)
{
    (void)state;
    char image[2048];
    make_disks();
    tree_text("image", "%0*d", 1000, 0);
    tree_path(image, "image");
    const char *const targets[] = {"/dev/sdc", image, "serial:S001", "/dev/sda"};
    const char *const devices[] = {"/dev/sdc", image, "/dev/sdb", "/dev/sda"};
    const char *const ids[] = {"S002", "image:1000", "S001", "sda:1073741824"};
    struct uw_drives found;
    struct uw_error e = {0};
    assert_true(uw_probe_targets(&tree_roots, targets, 4, &found, &e));
    assert_int_equal(found.count, 4);
    for (size_t i = 0; i < found.count; i++) {
        tree_same("target", found.items[i].target, targets[i]);
        tree_same("device", found.items[i].device, devices[i]);
        tree_same("id", found.items[i].id, ids[i]);
    }
    uw_drives_clear(&found);
    assert_true(uw_probe_targets(&tree_roots, NULL, 0, &found, &e));
    assert_int_equal(found.count, 0);
    uw_drives_clear(&found);
}

static void all_or_none(void **state)
{
    (void)state;
    make_disks();
    const char *const targets[] = {"/dev/sda", "serial:S000", "/dev/sdb"};
    struct uw_drives found;
    struct uw_error e = {0};
    assert_false(uw_probe_targets(&tree_roots, targets, 3, &found, &e));
    tree_same("text", e.text, "serial:S000 fits two drives: /dev/sda and /dev/sdt");
    assert_int_equal(found.count, 0);
    assert_null(found.items);
}

/* Each drive once for its name, and those that are meant once more. */
static void looks_once(void **state)
{
    (void)state;
    char words[DISKS - 2][32];
    const char *targets[DISKS - 2];
    struct uw_drives found;
    struct uw_error e = {0};
    make_disks();
    for (unsigned i = 0; i < DISKS - 2; i++) {
        if (i % 2 == 0)
            snprintf(words[i], sizeof words[i], "serial:S%03u", i + 1);
        else
            snprintf(words[i], sizeof words[i], "/dev/sd%c", 'a' + i + 1);
        targets[i] = words[i];
    }
    snapshots = descriptions = 0;
    if (!uw_probe_targets(&tree_roots, targets, DISKS - 2, &found, &e))
        fail_msg("%s", e.text);
    assert_int_equal(found.count, DISKS - 2);
    assert_int_equal(snapshots, 1);
    assert_int_equal(descriptions, DISKS + DISKS - 2);
    uw_drives_clear(&found);
}

/* Looking again is about one drive. */
static void looks_at_one(void **state)
{
    (void)state;
    make_disks();
    struct uw_drive drive;
    struct uw_error e = {0};
    snapshots = descriptions = 0;
    assert_true(uw_probe_device(&tree_roots, "/dev/sdc", &drive, &e));
    tree_same("device", drive.device, "/dev/sdc");
    tree_same("id", drive.id, "");
    assert_int_equal(snapshots, 1);
    assert_int_equal(descriptions, 1);
    uw_drive_clear(&drive);
}

int main(void)
{
    const struct CMUnitTest tests[] = {tree_test(in_their_order), tree_test(all_or_none),
                                       tree_test(looks_once), tree_test(looks_at_one)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
