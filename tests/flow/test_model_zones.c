/* SPDX-License-Identifier: Apache-2.0 */
/* The zones of the model are those of the standards, as Linux passes them on: linux/blkzoned.h (enum
 * blk_zone_type, enum blk_zone_cond, struct blk_zone), and the sections "Zoned block devices" and "IO error
 * handling" of Documentation/filesystems/zonefs.rst, which says for whoever writes to a zoned drive under
 * Linux what ZBC-2 and ZAC-2 demand. */
#include "flow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/zoned_devices.h"

enum { BLOCK = 512, ZONE = 16, ZONES = 4, ALL_BLOCKS = ZONE * ZONES, NEW = 0xa5 };

static struct model_config zoned(void)
{
    return (struct model_config){.bytes = (uint64_t)ALL_BLOCKS * BLOCK, .zones.blocks = ZONE};
}

static struct model_block *make(const struct model_config *config)
{
    struct model_block *model = model_block_new(config);
    assert_non_null(model);
    return model;
}

/* 0, or an errno. */
static int answer(int64_t result, uint64_t blocks)
{
    if (result < 0)
        return (int)-result;
    assert_int_equal(result, blocks * BLOCK);
    return 0;
}

static int put(struct model_block *model, uint64_t lba, uint64_t blocks)
{
    static uint8_t data[ALL_BLOCKS * BLOCK];
    memset(data, NEW, sizeof data);
    return answer(model_block_move(model, true, lba * BLOCK, (uint32_t)(blocks * BLOCK), data), blocks);
}

static int take(struct model_block *model, uint64_t lba, uint64_t blocks)
{
    static uint8_t data[ALL_BLOCKS * BLOCK];
    return answer(model_block_move(model, false, lba * BLOCK, (uint32_t)(blocks * BLOCK), data), blocks);
}

/* What a block brings. */
enum content { OLD, ZEROS, FRESH, ELSE };

static bool is_all(const uint8_t *data, uint8_t value)
{
    for (size_t i = 0; i < BLOCK; i++)
        if (data[i] != value)
            return false;
    return true;
}

static enum content content_of(const uint8_t *data)
{
    if (memcmp(data, "OldData:", 8) == 0)
        return OLD;
    return is_all(data, 0) ? ZEROS : is_all(data, NEW) ? FRESH : ELSE;
}

static enum content read_at(struct model_block *model, uint64_t lba)
{
    uint8_t data[BLOCK];
    assert_int_equal(model_block_move(model, false, lba * BLOCK, BLOCK, data), BLOCK);
    return content_of(data);
}

static uint64_t old_on_medium(struct model_block *model)
{
    uint8_t image[ALL_BLOCKS * BLOCK] = {0};
    model_block_settle(model);
    return model_block_truth(model, image).old_units;
}

static void reset(struct model_block *model)
{
    assert_int_equal(model_block_reset_zones(model), 0);
}

/* enum blk_zone_type, SEQWRITE_REQ: "The zone must be written sequentially". zonefs.rst, Zoned block devices:
 * "a write pointer [...] keeps track of the mandatory start LBA position of the next write". */
static void written_from_the_pointer_on(void **state)
{
    (void)state;
    struct model_config config = zoned();
    struct model_block *model = make(&config);
    reset(model);
    assert_int_equal(put(model, 1, 1), EIO);
    assert_int_equal(put(model, 0, 3), 0);
    assert_int_equal(put(model, 0, 3), EIO);
    assert_int_equal(put(model, 2, 1), EIO);
    assert_int_equal(put(model, 4, 1), EIO);
    assert_int_equal(put(model, 3, 1), 0);
    assert_int_equal(put(model, ZONE, 1), 0); /* each zone has a pointer of its own */
    for (uint64_t lba = 0; lba < ZONE; lba++)
        assert_int_equal(read_at(model, lba), lba < 4 ? FRESH : ZEROS);
    /* What failed stored nothing. */
    assert_int_equal(old_on_medium(model), ALL_BLOCKS - 5);
    assert_int_equal(model->accepted_bytes, 5 * BLOCK);
    model_block_free(model);
}

/* zonefs.rst, Zoned block devices: "LBAs in a sequential zone cannot be overwritten. Sequential zones must
 * first be erased using a special command (zone reset) before rewriting". */
static void full_zones_take_nothing(void **state)
{
    (void)state;
    struct model_config config = zoned();
    struct model_block *model = make(&config);
    for (uint64_t lba = 0; lba < ALL_BLOCKS; lba++) {
        assert_int_equal(put(model, lba, 1), EIO);
        assert_int_equal(read_at(model, lba), OLD);
    }
    reset(model);
    for (uint64_t lba = 0; lba < ALL_BLOCKS; lba++)
        assert_int_equal(put(model, lba, 1), 0);
    for (uint64_t lba = 0; lba < ALL_BLOCKS; lba += ZONE)
        assert_int_equal(put(model, lba, ZONE), EIO);
    assert_int_equal(old_on_medium(model), 0);
    model_block_free(model);
}

/* SPC-6, additional sense code 21h/05h: WRITE BOUNDARY VIOLATION. Of conventional zones too. */
static void writes_end_with_their_zone(void **state)
{
    (void)state;
    struct model_config config = zoned();
    config.zones.conventional = 2;
    struct model_block *model = make(&config);
    reset(model);
    assert_int_equal(put(model, ZONE - 1, 2), EIO);     /* conventional to conventional */
    assert_int_equal(put(model, 2 * ZONE - 1, 2), EIO); /* conventional to sequential */
    assert_int_equal(put(model, 2 * ZONE, ZONE + 1), EIO);
    assert_int_equal(old_on_medium(model), ALL_BLOCKS);
    assert_int_equal(put(model, 2 * ZONE, ZONE), 0);
    assert_int_equal(put(model, 3 * ZONE, ZONE), 0);
    assert_int_equal(put(model, ZONE, ZONE), 0);
    model_block_free(model);
}

/* sysfs-block, zone_write_granularity: "the alignment constraint, in bytes, for write operations in
 * sequential zones"; of a drive of ZBC-2 its physical block. SPC-6, 21h/08h: MISALIGNED WRITE COMMAND. */
static void whole_physical_blocks(void **state)
{
    (void)state;
    struct model_config config = zoned();
    config.zones.granularity = 8, config.zones.conventional = 1;
    struct model_block *model = make(&config);
    reset(model);
    assert_int_equal(put(model, ZONE, 1), EIO);
    assert_int_equal(put(model, ZONE, 12), EIO);
    assert_int_equal(put(model, ZONE, 8), 0);
    assert_int_equal(put(model, ZONE + 8, 7), EIO);
    assert_int_equal(put(model, ZONE + 8, 8), 0);
    assert_int_equal(put(model, 2 * ZONE, ZONE), 0);
    assert_int_equal(put(model, 3, 2), 0);
    model_block_free(model);
}

/* enum blk_zone_type, CONVENTIONAL: "The zone has no write pointer and can be writen randomly. Zone reset has
 * no effect on the zone". */
static void conventional_zones_are_free(void **state)
{
    (void)state;
    struct model_config config = zoned();
    config.zones.conventional = 1;
    struct model_block *model = make(&config);
    assert_int_equal(put(model, 7, 2), 0);
    assert_int_equal(put(model, 3, 5), 0);
    reset(model);
    for (uint64_t lba = 0; lba < ZONE; lba++)
        assert_int_equal(read_at(model, lba), lba >= 3 && lba < 9 ? FRESH : OLD);
    assert_int_equal(put(model, 5, 1), 0);
    assert_int_equal(read_at(model, ZONE), ZEROS);
    assert_int_equal(put(model, ZONE + 3, 1), EIO);
    model_block_free(model);
}

/* ZBC-2, RESET WRITE POINTER (94h/04h) with the ALL bit: the pointers go back to the zones' starts. It
 * promises nothing of what the medium holds, so this one keeps it. */
static void a_reset_is_no_erase(void **state)
{
    (void)state;
    struct model_config config = zoned();
    struct model_block *model = make(&config);
    reset(model);
    for (uint64_t lba = 0; lba < ALL_BLOCKS; lba++)
        assert_int_equal(read_at(model, lba), ZEROS);
    assert_int_equal(old_on_medium(model), ALL_BLOCKS);
    assert_int_equal(put(model, 0, 2), 0);
    assert_int_equal(old_on_medium(model), ALL_BLOCKS - 2);
    assert_int_equal(model->resets, 1);
    model_block_free(model);
}

/* ZBC-2, 6.5.2, URSWRZ: one, blocks that were not written can be read; zero, they cannot. Reads of both kinds
 * fail as a whole. Linux cuts them at a zone's end (Documentation/ABI/stable/sysfs-block, chunk_sectors). */
static void reads_beyond_the_pointer(void **state)
{
    (void)state;
    struct model_config config = zoned();
    config.zones.unfilled = 4;
    for (int fail = 0; fail <= 1; fail++) {
        config.zones.reads_fail = fail == 1;
        struct model_block *model = make(&config);
        assert_int_equal(read_at(model, ZONE - 5), OLD);
        assert_int_equal(take(model, ZONE - 4, 1), fail ? EIO : 0);
        assert_int_equal(take(model, ZONE - 5, 2), fail ? EIO : 0);
        assert_int_equal(take(model, ZONE - 1, 2), fail ? EIO : 0);
        if (!fail)
            assert_int_equal(read_at(model, ZONE - 4), ZEROS);
        assert_int_equal(put(model, ZONE - 4, 4), 0);
        assert_int_equal(take(model, 0, ZONE + 3), 0);
        reset(model);
        assert_int_equal(take(model, 0, 1), fail ? EIO : 0);
        model_block_free(model);
    }
}

/* zonefs.rst, IO error handling: "While the data already written in the zone is still readable, the zone can
 * no longer be written. No user action on the zone [...] can change the zone condition back". */
static void read_only_zones(void **state)
{
    (void)state;
    struct model_config config = zoned();
    config.zones.read_only = 2;
    struct model_block *model = make(&config);
    reset(model);
    for (uint64_t lba = 0; lba < 3 * ZONE; lba++)
        assert_int_equal(read_at(model, lba), lba / ZONE == 1 ? OLD : ZEROS);
    assert_int_equal(put(model, ZONE, 1), EIO);
    assert_int_equal(put(model, 2 * ZONE, 1), 0);
    model_block_free(model);
    config.zones.conventional = 2;
    model = make(&config);
    assert_int_equal(put(model, ZONE + 3, 1), EIO);
    assert_int_equal(read_at(model, ZONE + 3), OLD);
    model_block_free(model);
}

/* zonefs.rst, IO error handling: "An offline zone cannot be read nor written. No user action can transition
 * an offline zone back". */
static void offline_zones(void **state)
{
    (void)state;
    struct model_config config = zoned();
    config.zones.offline = 2;
    struct model_block *model = make(&config);
    assert_int_equal(take(model, ZONE, 1), EIO);
    assert_int_equal(take(model, ZONE - 1, 2), EIO);
    reset(model);
    assert_int_equal(take(model, ZONE, 1), EIO);
    assert_int_equal(put(model, ZONE, 1), EIO);
    assert_int_equal(take(model, 2 * ZONE - 1, 1), EIO);
    assert_int_equal(put(model, 2 * ZONE, ZONE), 0);
    assert_int_equal(old_on_medium(model), ALL_BLOCKS - ZONE);
    model_block_free(model);
    config.zones.unfilled = 4; /* its pointer says no more, and stays */
    model = make(&config);
    reset(model);
    assert_int_equal(model->zones.items[1].written, ZONE - 4);
    assert_int_equal(put(model, 2 * ZONE - 4, 1), EIO);
    model_block_free(model);
    config.zones.conventional = ZONES;
    model = make(&config);
    assert_int_equal(put(model, ZONE, 1), EIO);
    assert_int_equal(put(model, 0, 1), 0);
    model_block_free(model);
}

/* struct blk_zone: "@capacity: Zone usable capacity". A zone is full when its pointer has come that far. */
static void capacity_below_the_size(void **state)
{
    (void)state;
    struct model_config config = zoned();
    config.zones.capacity = ZONE - 2, config.zones.conventional = 1;
    struct model_block *model = make(&config);
    assert_int_equal(read_at(model, 2 * ZONE - 3), OLD);
    assert_int_equal(read_at(model, 2 * ZONE - 2), ZEROS);
    assert_int_equal(put(model, 2 * ZONE - 2, 1), EIO);
    reset(model);
    assert_int_equal(put(model, ZONE, ZONE), EIO);
    assert_int_equal(put(model, ZONE, ZONE - 2), 0);
    assert_int_equal(put(model, 2 * ZONE - 2, 1), EIO);
    assert_int_equal(put(model, 0, ZONE), 0); /* a conventional zone has all its blocks */
    model_block_free(model);
}

/* sysfs-block, chunk_sectors: "the last zone of the device [...] may be smaller". */
static void the_last_zone_is_smaller(void **state)
{
    (void)state;
    struct model_config config = zoned();
    config.bytes -= 11 * BLOCK;
    struct model_block *model = make(&config);
    assert_int_equal(model->zones.count, ZONES);
    assert_int_equal(model->zones.items[ZONES - 1].blocks, ZONE - 11);
    assert_int_equal(put(model, ALL_BLOCKS - 12, 1), EIO);
    reset(model);
    assert_int_equal(put(model, 3 * ZONE, ZONE - 11), 0);
    assert_int_equal(put(model, 3 * ZONE, ZONE - 11), EIO);
    model_block_free(model);
}

/* Blocks beyond the pointer hold what was written before the reset before. */
static void half_full(void **state)
{
    (void)state;
    struct model_config config = zoned();
    config.zones.unfilled = ZONE / 2;
    struct model_block *model = make(&config);
    assert_int_equal(read_at(model, ZONE / 2 - 1), OLD);
    assert_int_equal(read_at(model, ZONE / 2), ZEROS);
    assert_int_equal(old_on_medium(model), ALL_BLOCKS);
    assert_int_equal(put(model, ZONE / 2, ZONE / 2), 0);
    assert_int_equal(put(model, ZONE, 1), EIO);
    model_block_free(model);
    config.zones.unfilled = UINT64_MAX; /* empty, the last one too */
    model = make(&config);
    assert_int_equal(read_at(model, 0), ZEROS);
    assert_int_equal(put(model, 3 * ZONE, 1), 0);
    model_block_free(model);
}

/* zonefs.rst, IO error handling: "If one of the write request within the set of sequential write requests
 * issued to the device fails, all write requests after queued after it will become unaligned and fail". */
static void a_failed_write_stops_its_zone(void **state)
{
    (void)state;
    struct model_config config = zoned();
    config.faults[0] = (struct model_fault){MODEL_ERROR, MODEL_WRITE, 5, 1, .error = ENODATA};
    struct model_block *model = make(&config);
    reset(model);
    assert_int_equal(put(model, 0, 4), 0);
    assert_int_equal(put(model, 4, 4), ENODATA);
    assert_int_equal(put(model, 8, 4), EIO);
    assert_int_equal(read_at(model, 4), ZEROS);
    assert_int_equal(old_on_medium(model), ALL_BLOCKS - 4);
    /* Up to the bad block, and no further. */
    assert_int_equal(put(model, 4, 1), 0);
    assert_int_equal(put(model, 5, 1), ENODATA);
    assert_int_equal(put(model, 6, 1), EIO);
    assert_int_equal(put(model, ZONE, ZONE), 0);
    model_block_free(model);
    config.zones.conventional = 1; /* as on any other drive */
    model = make(&config);
    assert_int_equal(put(model, 4, 4), ENODATA);
    assert_int_equal(read_at(model, 4), FRESH);
    assert_int_equal(read_at(model, 5), OLD);
    assert_int_equal(put(model, 8, 4), 0);
    model_block_free(model);
}

static void short_writes_move_the_pointer_as_far(void **state)
{
    (void)state;
    struct model_config config = zoned();
    uint8_t data[4 * BLOCK];
    memset(data, NEW, sizeof data);
    config.faults[0] = (struct model_fault){MODEL_SHORT, MODEL_WRITE, 2, 1, .times = 1, .value = 100};
    struct model_block *model = make(&config);
    reset(model);
    assert_int_equal(model_block_move(model, true, 0, sizeof data, data), 2 * BLOCK + 100);
    assert_int_equal(put(model, 4, 1), EIO);
    assert_int_equal(put(model, 3, 1), EIO);
    assert_int_equal(put(model, 2, 2), 0);
    model_block_free(model);
}

/* zonefs.rst, IO error handling: "the amount of data effectively written in the zone may be less than
 * originally indicated". */
static void lost_blocks_take_the_pointer_back(void **state)
{
    (void)state;
    struct model_config config = zoned();
    config.cache_blocks = 2;
    struct model_block *model = make(&config);
    reset(model);
    for (uint64_t lba = 0; lba < 8; lba++)
        assert_int_equal(put(model, lba, 1), 0);
    model_block_cut_power(model);
    assert_int_equal(read_at(model, 5), FRESH);
    assert_int_equal(read_at(model, 6), ZEROS);
    assert_int_equal(put(model, 8, 1), EIO);
    assert_int_equal(put(model, 6, 1), 0);
    assert_int_equal(model_block_flush(model), 0);
    model_block_cut_power(model);
    assert_int_equal(put(model, 7, 1), 0);
    model_block_free(model);
}

/* The drive says that it wrote, and its pointer says so too. */
static void writes_that_are_lost(void **state)
{
    (void)state;
    struct model_config config = zoned();
    config.faults[0] = (struct model_fault){.effect = MODEL_LOSE, .lba = 2, .blocks = 1};
    struct model_block *model = make(&config);
    reset(model);
    for (uint64_t lba = 0; lba < ZONE; lba++)
        assert_int_equal(put(model, lba, 1), 0);
    assert_int_equal(put(model, 2, 1), EIO);
    assert_int_equal(read_at(model, 1), FRESH);
    assert_int_equal(read_at(model, 2), OLD);
    assert_int_equal(old_on_medium(model), ALL_BLOCKS - ZONE + 1);
    model_block_free(model);
}

static void resets_that_go_wrong(void **state)
{
    (void)state;
    struct model_config config = zoned();
    config.faults[0] = (struct model_fault){.effect = MODEL_PRETEND};
    struct model_block *model = make(&config);
    reset(model);
    assert_int_equal(read_at(model, 0), OLD);
    assert_int_equal(put(model, 0, 1), EIO);
    model_block_free(model);

    config.faults[0] = (struct model_fault){MODEL_ERROR, MODEL_RESET, .times = 1, .error = EREMOTEIO};
    model = make(&config);
    assert_int_equal(model_block_reset_zones(model), EREMOTEIO);
    assert_int_equal(put(model, 0, 1), EIO);
    reset(model);
    assert_int_equal(put(model, 0, 1), 0);
    model_block_free(model);

    config.faults[0] = (struct model_fault){.effect = MODEL_GONE, .on = MODEL_RESET};
    model = make(&config);
    assert_int_equal(take(model, 0, 1), 0);
    assert_int_equal(model_block_reset_zones(model), ENODEV);
    assert_int_equal(take(model, 0, 1), ENODEV);
    assert_int_equal(model_block_flush(model), ENODEV);
    model_block_free(model);

    config.faults[0] = (struct model_fault){MODEL_ERROR, MODEL_WRITE, .after_resets = 1};
    config.zones.conventional = 1;
    model = make(&config);
    assert_int_equal(put(model, 0, 1), 0);
    reset(model);
    assert_int_equal(put(model, 0, 1), EIO);
    model_block_free(model);
}

/* A reset begins what the drive keeps on record of its host; a flush after it does not begin anew. */
static void counted_from_the_reset_on(void **state)
{
    (void)state;
    struct model_config config = zoned();
    config.zones.conventional = 1;
    struct model_block *model = make(&config);
    assert_int_equal(put(model, 0, 1), 0);
    reset(model);
    assert_int_equal(model->accepted_bytes, 0);
    assert_int_equal(put(model, ZONE, 2), 0);
    assert_int_equal(model_block_flush(model), 0);
    reset(model);
    assert_int_equal(put(model, ZONE, 1), 0);
    assert_int_equal(model->accepted_bytes, 3 * BLOCK);
    assert_int_equal(model->accepted[ZONE], 2);
    model_block_free(model);
}

/* The same behind the transport's table. */
struct setup {
    struct model_machine machine;
    struct model_facts facts;
    struct uw_transport *t;
    uint8_t *arena;
};

static void open_door(struct setup *setup, const struct model_config *config, uint64_t order)
{
    const struct uw_machine *machine = &setup->machine.machine;
    struct uw_drive drive;
    struct uw_error e = {0};
    *setup = (struct setup){.facts = {.name = "sda", .bus = UW_BUS_ATA, .media = UW_MEDIA_HDD_ZONED}};
    assert_true(model_machine_init(&setup->machine, 1));
    assert_true(model_machine_put(&setup->machine, 0, &setup->facts, config, order));
    if (!machine->device(machine->user, "/model/sda", &drive, &e) ||
        !machine->open(machine->user, &drive, true, &setup->t, &e) ||
        !setup->t->ops->begin(setup->t, ZONE, BLOCK, &setup->arena, &e))
        fail_msg("%s", e.text);
    uw_drive_clear(&drive);
}

/* Whatever it complained of. */
static void close_door(struct setup *setup, const char *complaint)
{
    setup->t->ops->close(setup->t);
    assert_non_null(strstr(setup->machine.drives[0].complaint, complaint));
    if (complaint[0] == '\0')
        assert_string_equal(setup->machine.drives[0].complaint, "");
    model_machine_clear(&setup->machine);
}

static uint64_t now_ms(const struct setup *setup)
{
    return setup->machine.machine.now_ms(setup->machine.machine.user);
}

/* Writes a zone's blocks, all in flight at once; how many failed. */
static unsigned write_zone(struct setup *setup, bool backwards)
{
    struct uw_transfer transfers[ZONE];
    unsigned failed = 0;
    memset(setup->arena, NEW, (size_t)ZONE * BLOCK);
    for (unsigned i = 0; i < ZONE; i++) {
        unsigned lba = backwards ? ZONE - 1 - i : i;
        transfers[i] = (struct uw_transfer){
            .direction = UW_WRITE, .buffer = i, .length = BLOCK, .offset = (uint64_t)lba * BLOCK};
        assert_true(setup->t->ops->submit(setup->t, &transfers[i], NULL));
    }
    for (unsigned i = 0; i < ZONE; i++) {
        const struct uw_transfer *ended = setup->t->ops->reap(setup->t, -1, NULL);
        assert_non_null(ended);
        assert_true(ended->result == BLOCK || ended->result == -EIO);
        failed += ended->result < 0;
    }
    return failed;
}

/* zonefs.rst, IO error handling: "a start sector that does not correspond to a zone write pointer position
 * when the write request is executed by the device". */
static void order_in_flight_matters(void **state)
{
    (void)state;
    struct model_config config = zoned();
    struct setup setup;
    bool stalled = true;
    config.zones.unfilled = UINT64_MAX;
    open_door(&setup, &config, 0); /* ends as submitted */
    assert_int_equal(write_zone(&setup, false), 0);
    assert_true(setup.t->ops->reset_zones(setup.t, 1000, &stalled, NULL));
    assert_false(stalled);
    assert_int_equal(write_zone(&setup, true), ZONE - 1);
    close_door(&setup, "");
    open_door(&setup, &config, 1); /* ends in an order of its own */
    assert_true(write_zone(&setup, false) > 0);
    close_door(&setup, "");
}

/* linux/blkzoned.h: types and conditions as BLKREPORTZONE brings them, one zone counting for its type and for
 * its condition. */
static void the_door_reports(void **state)
{
    (void)state;
    struct model_config config = zoned();
    struct setup setup;
    struct uw_zones seen;
    bool stalled = true;
    config.bytes -= 3 * BLOCK;
    config.zones = (struct model_zones_config){
        .blocks = ZONE, .conventional = 1, .capacity = ZONE - 2, .read_only = 2, .offline = 4};
    open_door(&setup, &config, 0);
    assert_true(setup.t->ops->zones(setup.t, 1000, &stalled, &seen, NULL));
    assert_false(stalled);
    assert_int_equal(seen.count, 4);
    assert_int_equal(seen.zone_bytes, ZONE * BLOCK);
    assert_int_equal(seen.sequential, 3);
    assert_int_equal(seen.read_only, 1);
    assert_int_equal(seen.offline, 1);
    /* The last zone, of 13 blocks, is within the capacity. */
    assert_int_equal(seen.unusable_bytes, 2 * 2 * BLOCK);
    close_door(&setup, "");
    config = (struct model_config){.bytes = (uint64_t)ALL_BLOCKS * BLOCK};
    open_door(&setup, &config, 0);
    assert_null(setup.t->ops->zones);
    assert_null(setup.t->ops->reset_zones);
    close_door(&setup, "");
}

static void the_door_waits_and_gives_up(void **state)
{
    (void)state;
    struct model_config config = zoned();
    struct setup setup;
    struct uw_zones seen;
    bool stalled = false;
    config.faults[0] = (struct model_fault){MODEL_HANG, MODEL_RESET, .times = 1, .value = 5000};
    config.faults[1] = (struct model_fault){MODEL_HANG, MODEL_RESET, .after_resets = 1};
    config.faults[2] = (struct model_fault){MODEL_ERROR, MODEL_REPORT, .times = 1};
    open_door(&setup, &config, 0);
    struct uw_error e = {0};
    assert_false(setup.t->ops->zones(setup.t, 1000, &stalled, &seen, &e));
    assert_false(stalled);
    assert_int_equal(e.errno_value, EIO);
    uint64_t before_ms = now_ms(&setup);
    assert_true(setup.t->ops->reset_zones(setup.t, 6000, &stalled, NULL));
    assert_false(stalled);
    assert_true(now_ms(&setup) >= before_ms + 5000);
    before_ms = now_ms(&setup);
    assert_false(setup.t->ops->reset_zones(setup.t, 6000, &stalled, &e));
    assert_true(stalled);
    assert_int_equal(now_ms(&setup), before_ms + 6000);
    setup.t->abandoned = true;
    close_door(&setup, "");
}

static void the_door_knows_its_rules(void **state)
{
    (void)state;
    struct model_config config = zoned();
    struct setup setup;
    struct uw_transfer transfer = {.direction = UW_READ, .length = BLOCK};
    bool stalled;
    config.faults[0] = (struct model_fault){MODEL_GONE, .after_resets = 1};
    open_door(&setup, &config, 0);
    assert_true(setup.t->ops->submit(setup.t, &transfer, NULL));
    assert_true(setup.t->ops->reset_zones(setup.t, 1000, &stalled, NULL));
    assert_ptr_equal(setup.t->ops->reap(setup.t, -1, NULL), &transfer);
    assert_int_equal(transfer.result, -ENODEV);
    close_door(&setup, "reset with transfers in flight");
}

/* What the plainest host could do with a drive of the table: how its zones stand, a reset, every block in
 * order, again where a write fails, for each pass; then all read back. */
enum { MOST_AT_ONCE = 8 };

struct host {
    struct model_block *model;
    uint64_t block;
    uint8_t *data;
    bool stalled, wrong;
};

static void note(struct host *host, bool good)
{
    host->wrong |= !good;
}

static bool write_once(struct host *host, uint64_t lba, uint64_t blocks)
{
    uint64_t bytes = blocks * host->block;
    host->stalled |= model_block_hang_ms(host->model, MODEL_WRITE, lba * host->block, bytes) != 0;
    return model_block_move(host->model, true, lba * host->block, (uint32_t)bytes, host->data) ==
           (int64_t)bytes;
}

static void overwrite(struct host *host, uint8_t value)
{
    const struct model_block *model = host->model;
    note(host, model_block_report_zones(host->model) == 0);
    host->stalled |= model_block_hang_ms(host->model, MODEL_RESET, 0, 0) != 0;
    note(host, model_block_reset_zones(host->model) == 0);
    memset(host->data, value, MOST_AT_ONCE * host->block);
    for (uint64_t lba = 0; lba < model->blocks; lba += model->zones.granularity) {
        bool written = false;
        for (int i = 0; i < 4 && !written; i++)
            written = write_once(host, lba, model->zones.granularity);
        note(host, written);
    }
    note(host, model_block_flush(host->model) == 0);
}

static void read_back(struct host *host)
{
    uint8_t *read = malloc(host->block);
    assert_non_null(read);
    for (uint64_t lba = 0; lba < host->model->blocks; lba++) {
        int64_t moved = model_block_move(host->model, false, lba * host->block, (uint32_t)host->block, read);
        note(host, moved == (int64_t)host->block && memcmp(read, host->data, host->block) == 0);
    }
    free(read);
}

static bool is_clean(struct host *host)
{
    uint8_t *image = malloc(host->model->blocks * host->block);
    assert_non_null(image);
    memset(image, NEW, host->model->blocks * host->block);
    model_block_cut_power(host->model);
    struct model_truth truth = model_block_truth(host->model, image);
    free(image);
    return truth.wrong_blocks == 0 && truth.old_units == 0;
}

static int passes_of(const struct device *device)
{
    const char *standard = device->request.standard;
    return standard != NULL && strcmp(standard, "dod-5220.22-m") == 0 ? 3 : 1;
}

/* Each row has zones, and what is the matter with it can be met: drives that must come out sanitized can be
 * overwritten; of the others something fails, and the medium agrees wherever a write was what failed. */
static void rows_are_what_they_say(void **state)
{
    (void)state;
    for (size_t i = 0; i < zoned_device_count; i++) {
        const struct device *device = &zoned_devices[i];
        struct host host = {.model = make(&device->config)};
        bool good = device->expect.exit_code == 0;
        host.block = host.model->config.block_bytes;
        host.data = malloc(MOST_AT_ONCE * host.block);
        assert_non_null(host.data);
        assert_in_range(host.model->zones.granularity, 1, MOST_AT_ONCE);
        assert_non_null(host.model->zones.items);
        assert_int_equal(device->facts.media, UW_MEDIA_HDD_ZONED);
        for (int passes = passes_of(device); passes > 0; passes--)
            overwrite(&host, (uint8_t)(NEW + passes - 1));
        read_back(&host);
        if (host.stalled != (strcmp(device->expect.verdict, "stalled") == 0))
            fail_msg("%s: it %s", device->name, host.stalled ? "hangs" : "does not hang");
        if (!host.stalled && host.wrong == good)
            fail_msg("%s: %s", device->name, good ? "something fails" : "all goes well");
        if (good && !is_clean(&host))
            fail_msg("%s: its medium is not clean", device->name);
        if (device->expect.unwritten[0].count != 0 && is_clean(&host))
            fail_msg("%s: its medium is clean", device->name);
        free(host.data);
        model_block_free(host.model);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(zoned_devices[j].name, device->name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(written_from_the_pointer_on),
        cmocka_unit_test(full_zones_take_nothing),
        cmocka_unit_test(writes_end_with_their_zone),
        cmocka_unit_test(whole_physical_blocks),
        cmocka_unit_test(conventional_zones_are_free),
        cmocka_unit_test(a_reset_is_no_erase),
        cmocka_unit_test(reads_beyond_the_pointer),
        cmocka_unit_test(read_only_zones),
        cmocka_unit_test(offline_zones),
        cmocka_unit_test(capacity_below_the_size),
        cmocka_unit_test(the_last_zone_is_smaller),
        cmocka_unit_test(half_full),
        cmocka_unit_test(a_failed_write_stops_its_zone),
        cmocka_unit_test(short_writes_move_the_pointer_as_far),
        cmocka_unit_test(lost_blocks_take_the_pointer_back),
        cmocka_unit_test(writes_that_are_lost),
        cmocka_unit_test(resets_that_go_wrong),
        cmocka_unit_test(counted_from_the_reset_on),
        cmocka_unit_test(order_in_flight_matters),
        cmocka_unit_test(the_door_reports),
        cmocka_unit_test(the_door_waits_and_gives_up),
        cmocka_unit_test(the_door_knows_its_rules),
        cmocka_unit_test(rows_are_what_they_say),
    };
    return cmocka_run_group_tests_name("model zones", tests, NULL, NULL);
}
