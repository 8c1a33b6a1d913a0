/* SPDX-License-Identifier: Apache-2.0 */
/* The NVMe model is what the standard says: every state, every refusal, every erase seen on the medium. */
#include "nvme_commands.h"

#include "model/nvme_devices.h"
#include "wire/nvme.h"

static void pages_say_what_it_is(void **state)
{
    (void)state;
    struct model_nvme_config config = able();
    config.serial = "SN-1", config.subsystem = "nqn.2026-01.test:1", config.cmic = 2,
    config.unallocated_bytes = 4096;
    config.media[0].block.block_bytes = 4096;
    config.media[0].format_index = 17, config.media[0].metadata_bytes = 8,
    config.media[0].extended_metadata = true;
    config.media[0].protection = 2, config.media[0].protection_first = true, config.media[0].shared = true;
    config.media[1] = (struct model_nvme_medium){
        .block.bytes = SMALL, .present = true, .nsid = 7, .detached = true, .write_protected = true};
    struct drive drive = make(&config);
    uint8_t page[4096];
    struct uw_nvme_controller c;
    struct uw_nvme_namespace ns;
    struct uw_nvme_list list;
    assert_int_equal(ask_for(&drive, IDENTIFY, 0, 1, 0, page, sizeof page), 0);
    assert_true(uw_nvme_decode_controller(page, sizeof page, &c));
    assert_string_equal(c.serial, "SN-1");
    assert_string_equal(c.subsystem, "nqn.2026-01.test:1");
    assert_string_equal(c.total_bytes, "69632");
    assert_string_equal(c.unallocated_bytes, "4096");
    assert_int_equal(c.sanicap, 7);
    assert_int_equal(c.oacs, 10);
    assert_int_equal(c.fna, 4);
    assert_int_equal(c.cmic, 2);
    assert_int_equal(ask_for(&drive, IDENTIFY, 1, 0, 0, page, sizeof page), 0);
    assert_true(uw_nvme_decode_namespace(page, sizeof page, 1, &ns));
    assert_int_equal(ns.blocks, SMALL / 4096);
    assert_int_equal(ns.block_bytes, 4096);
    assert_int_equal(ns.format_index, 17);
    assert_int_equal(ns.metadata_bytes, 8);
    assert_true(ns.extended_metadata && ns.protection_first);
    assert_int_equal(ns.protection, 2);
    assert_int_equal(ns.nmic, 1);
    assert_int_equal(ns.deallocated, 1);
    assert_int_equal(ns.format_progress, 0x80);
    assert_int_equal(ns.eui64[7], 1);
    assert_int_equal(ask_for(&drive, IDENTIFY, 0, 2, 0, page, sizeof page), 0);
    assert_true(uw_nvme_decode_list(page, sizeof page, &list));
    assert_int_equal(list.count, 1);
    assert_int_equal(list.ids[0], 1);
    assert_int_equal(ask_for(&drive, IDENTIFY, 0, 0x10, 0, page, sizeof page), 0);
    assert_true(uw_nvme_decode_list(page, sizeof page, &list));
    assert_int_equal(list.count, 2);
    assert_int_equal(list.ids[1], 7);
    /* One that is not attached has a page of zeros. */
    memset(page, 1, sizeof page);
    assert_int_equal(ask_for(&drive, IDENTIFY, 7, 0, 0, page, sizeof page), 0);
    for (size_t i = 0; i < sizeof page; i++)
        assert_int_equal(page[i], 0);
    assert_int_equal(drive.nvme->complaint[0], '\0');
    model_nvme_free(drive.nvme);
}

static void logs_decode(void **state)
{
    (void)state;
    struct model_nvme_config config = able();
    for (uint32_t i = 0; i < 6; i++)
        config.estimate_s[i] = 10 * i + 10;
    config.former.state = SUCCESS, config.former.cdw10 = 0x204, config.former.global_erased = true;
    struct drive drive = make(&config);
    struct uw_nvme_sanitize_log log;
    struct uw_nvme_health health;
    uint8_t raw[512];
    struct log seen = read_log(&drive);
    assert_true(uw_nvme_decode_sanitize(seen.raw, sizeof seen.raw, &log));
    assert_int_equal(log.progress, 0xffff);
    assert_int_equal(log.state, UW_NVME_SANITIZE_SUCCESS);
    assert_true(log.global_erased);
    assert_int_equal(log.cdw10, 0x204);
    assert_int_equal(log.overwrite_s, 10);
    assert_int_equal(log.crypto_kept_s, 60);
    assert_int_equal(ask_for(&drive, GET_LOG, EVERY_NSID, 2 | 127U << 16, 0, raw, sizeof raw), 0);
    assert_true(uw_nvme_decode_health(raw, sizeof raw, &health));
    assert_int_equal(health.temperature_k, 310);
    assert_int_equal(health.power_cycles, 1);
    model_nvme_free(drive.nvme);
}

static void refuses(void **state)
{
    (void)state;
    uint8_t page[4096], log[512];
    struct model_nvme_config none = {.media[0].block.bytes = SMALL}, one = none;
    struct drive drive = make(&none);
    assert_int_equal(sanitize(&drive, BLOCK), 0x001);
    assert_int_equal(format(&drive, 1, USER), 0x001);
    assert_int_equal(read_log(&drive).answer, 0x002);
    assert_int_equal(ask_for(&drive, IDENTIFY, 0, 0x10, 0, page, sizeof page), 0x002);
    assert_int_equal(ask_for(&drive, IDENTIFY, 0, 0x44, 0, page, sizeof page), 0x002);
    assert_int_equal(ask_for(&drive, IDENTIFY, 0, 0, 0, page, sizeof page), 0x00b);
    assert_int_equal(ask_for(&drive, IDENTIFY, EVERY_NSID, 0, 0, page, sizeof page), 0x00b);
    assert_int_equal(ask_for(&drive, IDENTIFY, EVERY_NSID, 2, 0, page, sizeof page), 0x00b);
    assert_int_equal(ask_for(&drive, GET_LOG, 1, 2 | 127U << 16, 0, log, sizeof log), 0x002);
    assert_int_equal(ask_for(&drive, GET_LOG, EVERY_NSID, 0x70 | 127U << 16, 0, log, sizeof log), 0x109);
    assert_int_equal(ask_for(&drive, 0x0c, 0, 0, 0, NULL, 0), 0x001);
    assert_int_equal(drive.nvme->complaint[0], '\0');
    assert_int_equal(ask_for(&drive, GET_LOG, EVERY_NSID, 2 | 63U << 16, 0, log, sizeof log), 0x002);
    assert_true(strstr(drive.nvme->complaint, "buffer") != NULL);
    model_nvme_free(drive.nvme);
    one.sanicap = 1U << 1, one.oacs = 2, one.fna = 8;
    drive = make(&one);
    assert_int_equal(sanitize(&drive, CRYPTO), 0x002);
    assert_int_equal(sanitize(&drive, OVERWRITE), 0x002);
    for (uint32_t action = 0; action < 8; action++)
        if (action != BLOCK && action != EXIT)
            assert_int_equal(sanitize(&drive, action), 0x002);
    assert_int_equal(ask_for(&drive, SANITIZE, 1, BLOCK, 0, NULL, 0), 0x002);
    assert_int_equal(ask_for(&drive, SANITIZE, EVERY_NSID, BLOCK, 0, NULL, 0), 0x002);
    assert_int_equal(format(&drive, 1, CRYPTO_FORMAT), 0x002);
    assert_int_equal(format(&drive, 1, 3 << 9), 0x002);
    assert_int_equal(format(&drive, 2, USER), 0x00b);
    assert_int_equal(format(&drive, EVERY_NSID, USER), 0x002);
    assert_int_equal(drive.nvme->complaint[0], '\0');
    assert_int_equal(format(&drive, 1, USER | 1), 0x10a);
    assert_true(strstr(drive.nvme->complaint, "another block size") != NULL);
    assert_int_equal(model_nvme_truth(drive.nvme, 0).old, 64);
    model_nvme_free(drive.nvme);
    one.media[0].write_protected = true;
    drive = make(&one);
    assert_int_equal(sanitize(&drive, BLOCK), 0x020);
    assert_int_equal(format(&drive, 1, USER), 0x020);
    assert_int_equal(write_block(&drive, 0, 3, 1), -EIO);
    assert_int_equal(model_nvme_truth(drive.nvme, 0).old, 64);
    model_nvme_free(drive.nvme);
}

/* From nothing over running, with what is refused then, to success and the first write after it. */
static void a_block_erase(void **state)
{
    (void)state;
    struct model_nvme_config config = able();
    config.media[1].present = config.media[1].detached = true;
    struct drive drive = make(&config);
    uint8_t data[512], page[4096];
    assert_int_equal(read_log(&drive).state, NEVER);
    assert_int_equal(write_block(&drive, 0, 5, 0x77), 512);
    assert_int_equal(sanitize(&drive, BLOCK), 0);
    unsigned last = 0;
    uint64_t last_erased = 0;
    for (int i = 0; i < 9; i++) {
        wait_ms(&drive, 500);
        struct log log = read_log(&drive);
        assert_int_equal(log.state, RUNNING);
        assert_int_equal(log.cdw10, BLOCK);
        assert_false(log.global_erased);
        assert_int_equal(log.progress, (i + 1) * 65536 / 10);
        assert_true(log.progress > last);
        assert_true(erased(&drive, 0) + erased(&drive, 1) > last_erased);
        last = log.progress, last_erased = erased(&drive, 0) + erased(&drive, 1);
        assert_int_equal(last_erased, 128 * (i + 1) / 10);
        assert_int_equal(read_block(&drive, 0, 0, data), -EIO);
        assert_int_equal(write_block(&drive, 0, 0, 1), -EIO);
        assert_int_equal(model_nvme_flush(drive.nvme, 0, drive.now_ms), EIO);
    }
    assert_int_equal(sanitize(&drive, BLOCK), 0x01d);
    assert_int_equal(sanitize(&drive, EXIT), 0x01d);
    assert_int_equal(format(&drive, 1, USER), 0x01d);
    assert_int_equal(ask_for(&drive, 0x09, 0, 0, 0, NULL, 0), 0x01d);
    assert_int_equal(ask_for(&drive, IDENTIFY, 0, 1, 0, page, sizeof page), 0);
    wait_ms(&drive, 500);
    struct log log = read_log(&drive);
    assert_int_equal(log.state, SUCCESS);
    assert_int_equal(log.progress, 0xffff);
    assert_true(log.global_erased);
    for (size_t place = 0; place < 2; place++) {
        struct model_nvme_truth truth = model_nvme_truth(drive.nvme, place);
        assert_int_equal(truth.erased, 64);
        assert_int_equal(truth.unmapped, 64);
        assert_int_equal(truth.old_units, 0);
    }
    assert_true(reads_as(&drive, 0, 0));
    assert_int_equal(write_block(&drive, 0, 5, 0x78), 512);
    assert_false(read_log(&drive).global_erased);
    assert_int_equal(read_log(&drive).state, SUCCESS);
    assert_int_equal(read_block(&drive, 0, 5, data), 512);
    assert_int_equal(data[511], 0x78);
    assert_int_equal(model_nvme_truth(drive.nvme, 0).written, 1);
    assert_int_equal(model_nvme_truth(drive.nvme, 0).unmapped, 63);
    assert_int_equal(drive.nvme->complaint[0], '\0');
    /* Of all that it was asked, the refused ones too, what does not only read is on record. */
    assert_int_equal(model_nvme_seen_count(drive.nvme, SANITIZE), 3);
    assert_int_equal(model_nvme_seen_count(drive.nvme, FORMAT), 1);
    assert_int_equal(model_nvme_seen_count(drive.nvme, GET_LOG), 0);
    assert_int_equal(drive.nvme->seen[0].cdw10, BLOCK);
    assert_int_equal(drive.nvme->seen[0].status, 0);
    assert_int_equal(drive.nvme->seen[1].status, 0x01d);
    model_nvme_free(drive.nvme);
}

/* What can be read afterwards: as DLFEAT says of blocks that were unmapped, else what is in the cells. */
static void reads_after_a_block_erase(void **state)
{
    (void)state;
    static const struct {
        uint8_t dlfeat, unmapped_value, block_value;
        bool keep, keeps_mapped;
        int reads;
    } rows[] = {{1, 0x55, 0xff, false, false, 0}, {2, 0x55, 0, false, false, 0xff},
                {0, 0x55, 0, false, false, 0x55}, {1, 0x55, 0xff, true, false, 0xff},
                {2, 0x55, 0, true, false, 0},     {2, 0x55, 0, false, true, 0},
                {1, 0, 0xff, false, true, 0xff}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct model_nvme_config config = able();
        config.dlfeat = rows[i].dlfeat, config.unmapped_value = rows[i].unmapped_value;
        config.block_value = rows[i].block_value, config.keeps_mapped = rows[i].keeps_mapped;
        struct drive drive = make(&config);
        assert_int_equal(sanitize(&drive, rows[i].keep ? BLOCK | NDAS : BLOCK), 0);
        wait_ms(&drive, 5000);
        assert_int_equal(read_log(&drive).state, SUCCESS);
        assert_true(reads_as(&drive, 0, (uint8_t)rows[i].reads));
        model_nvme_free(drive.nvme);
    }
    struct model_nvme_config config = able();
    uint8_t data[512];
    config.unmapped_unreadable = true;
    struct drive drive = make(&config);
    assert_int_equal(sanitize(&drive, BLOCK), 0);
    wait_ms(&drive, 5000);
    assert_int_equal(read_block(&drive, 0, 0, data), -EIO);
    assert_int_equal(write_block(&drive, 0, 0, 1), 512);
    assert_int_equal(read_block(&drive, 0, 0, data), 512);
    model_nvme_free(drive.nvme);
}

/* The write cache too; and what was unmapped before is not after an erase that keeps. */
static void reaches_caches_and_unmapped_blocks(void **state)
{
    (void)state;
    struct model_nvme_config config = able();
    config.block_value = 0xff;
    struct drive drive = make(&config);
    assert_int_equal(write_block(&drive, 0, 5, 0x77), 512);
    assert_int_equal(sanitize(&drive, BLOCK | NDAS), 0);
    wait_ms(&drive, 5000);
    assert_true(reads_as(&drive, 0, 0xff));
    assert_int_equal(sanitize(&drive, BLOCK), 0);
    wait_ms(&drive, 5000);
    assert_true(reads_as(&drive, 0, 0));
    assert_int_equal(sanitize(&drive, BLOCK | NDAS), 0);
    wait_ms(&drive, 5000);
    assert_true(reads_as(&drive, 0, 0xff));
    model_nvme_free(drive.nvme);
}

/* FFFFh is said of nothing that runs. */
static void progress_stays_below_ffff(void **state)
{
    (void)state;
    struct model_nvme_config config = able();
    config.block_ms = 3600000;
    struct drive drive = make(&config);
    assert_int_equal(sanitize(&drive, BLOCK), 0);
    wait_ms(&drive, config.block_ms - 1);
    assert_int_equal(read_log(&drive).progress, 0xfffe);
    assert_int_equal(read_log(&drive).state, RUNNING);
    model_nvme_free(drive.nvme);
}

static void a_crypto_erase_leaves_noise(void **state)
{
    (void)state;
    struct model_nvme_config config = able();
    struct drive drive = make(&config);
    uint8_t one[512], other[512];
    assert_int_equal(sanitize(&drive, CRYPTO | NDAS), 0);
    wait_ms(&drive, 1000);
    assert_int_equal(read_log(&drive).state, SUCCESS);
    assert_int_equal(model_nvme_truth(drive.nvme, 0).old_units, 0);
    assert_int_equal(erased(&drive, 0), 64);
    size_t ones = 0;
    assert_int_equal(read_block(&drive, 0, 1, one), 512);
    assert_int_equal(read_block(&drive, 0, 2, other), 512);
    assert_memory_not_equal(one, other, 512);
    for (size_t i = 0; i < 512; i++)
        ones += (size_t)__builtin_popcount(one[i]);
    assert_in_range(ones, 1800, 2300);
    /* With another key it is other noise. */
    memcpy(other, one, sizeof other);
    assert_int_equal(sanitize(&drive, CRYPTO | NDAS), 0);
    wait_ms(&drive, 1000);
    assert_int_equal(read_block(&drive, 0, 1, one), 512);
    assert_memory_not_equal(one, other, 512);
    model_nvme_free(drive.nvme);
}

static bool holds_pattern(struct drive *drive, uint64_t lba, uint32_t pattern)
{
    const uint8_t *data = drive->nvme->spaces[0].block->media + lba * 512;
    for (size_t i = 0; i < 512; i += 4)
        if (little(data + i, 4) != pattern)
            return false;
    return true;
}

static void overwrites_count_their_passes(void **state)
{
    (void)state;
    static const struct {
        uint32_t cdw10;
        unsigned passes;
        uint32_t first; /* what its first pass writes */
    } rows[] = {{1 << 4, 1, 0xa1b2c3d4},
                {2 << 4, 2, 0xa1b2c3d4},
                {2 << 4 | OIPBP, 2, ~0xa1b2c3d4},
                {3 << 4 | OIPBP, 3, 0xa1b2c3d4},
                {0 << 4 | OIPBP, 16, ~0xa1b2c3d4}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct model_nvme_config config = able();
        config.pass_ms = 1000;
        struct drive drive = make(&config);
        assert_int_equal(sanitize(&drive, OVERWRITE | NDAS | rows[i].cdw10), 0);
        wait_ms(&drive, 999);
        assert_true(holds_pattern(&drive, 0, rows[i].first));
        assert_false(holds_pattern(&drive, 63, rows[i].first));
        for (unsigned pass = 1; pass < rows[i].passes; pass++) {
            assert_int_equal(read_log(&drive).passes, pass - 1);
            wait_ms(&drive, 1);
            assert_int_equal(read_log(&drive).passes, pass);
            assert_int_equal(read_log(&drive).state, RUNNING);
            wait_ms(&drive, 999);
        }
        wait_ms(&drive, 1);
        struct log log = read_log(&drive);
        assert_int_equal(log.state, SUCCESS);
        assert_int_equal(log.passes, rows[i].passes);
        for (uint64_t lba = 0; lba < 64; lba++)
            assert_true(holds_pattern(&drive, lba, 0xa1b2c3d4));
        model_nvme_free(drive.nvme);
    }
}

static void no_deallocate_can_be_inhibited(void **state)
{
    (void)state;
    struct model_nvme_config config = able();
    config.sanicap |= 1U << 29;
    struct drive drive = make(&config);
    assert_int_equal(sanitize(&drive, BLOCK | NDAS), 0x002);
    assert_int_equal(sanitize(&drive, BLOCK), 0);
    wait_ms(&drive, 5000);
    assert_int_equal(read_log(&drive).state, SUCCESS);
    model_nvme_free(drive.nvme);
    config.warns = true;
    drive = make(&config);
    assert_int_equal(sanitize(&drive, BLOCK | NDAS), 0);
    wait_ms(&drive, 5000);
    assert_int_equal(read_log(&drive).state, UNEXPECTED);
    assert_int_equal(model_nvme_truth(drive.nvme, 0).unmapped, 64);
    model_nvme_free(drive.nvme);
}

/* A failure can be left by a sanitize that succeeds; by command only where it was allowed from the start. */
static void failures_lock_the_drive(void **state)
{
    (void)state;
    struct model_nvme_config config = able();
    uint8_t data[512];
    config.lies[0] = (struct model_nvme_lie){MODEL_NVME_FAILS, MODEL_NVME_BLOCK, .times = 2, .value = 50};
    struct drive drive = make(&config);
    assert_int_equal(sanitize(&drive, BLOCK), 0);
    wait_ms(&drive, 5000);
    struct log log = read_log(&drive);
    assert_int_equal(log.state, FAILED);
    assert_int_equal(log.progress, 0xffff);
    assert_false(log.global_erased);
    assert_int_equal(erased(&drive, 0), 32);
    assert_int_equal(model_nvme_truth(drive.nvme, 0).old_units, 32);
    assert_int_equal(model_nvme_truth(drive.nvme, 0).unmapped, 0);
    assert_int_equal(read_block(&drive, 0, 63, data), -EIO);
    assert_int_equal(format(&drive, 1, USER), 0x01c);
    assert_int_equal(sanitize(&drive, EXIT), 0x01c);
    assert_int_equal(sanitize(&drive, BLOCK | AUSE), 0x01c);
    model_nvme_cut_power(drive.nvme);
    model_nvme_power_on(drive.nvme);
    assert_int_equal(read_log(&drive).state, FAILED);
    assert_int_equal(read_block(&drive, 0, 63, data), -EIO);
    assert_int_equal(sanitize(&drive, CRYPTO), 0);
    wait_ms(&drive, 1000);
    assert_int_equal(read_log(&drive).state, SUCCESS);
    assert_int_equal(read_block(&drive, 0, 63, data), 512);
    /* Unrestricted. */
    assert_int_equal(sanitize(&drive, BLOCK | AUSE), 0);
    wait_ms(&drive, 5000);
    assert_int_equal(read_log(&drive).state, FAILED);
    assert_int_equal(read_block(&drive, 0, 63, data), -EIO);
    assert_int_equal(sanitize(&drive, EXIT), 0);
    assert_int_equal(read_log(&drive).state, FAILED);
    assert_int_equal(read_block(&drive, 0, 63, data), 512);
    model_nvme_free(drive.nvme);
    /* It may have failed before anybody looked. */
    config.former.state = FAILED, config.former.cdw10 = BLOCK;
    drive = make(&config);
    assert_int_equal(read_block(&drive, 0, 0, data), -EIO);
    assert_int_equal(sanitize(&drive, EXIT), 0x01c);
    model_nvme_free(drive.nvme);
}

static void one_that_is_at_it_already(void **state)
{
    (void)state;
    struct model_nvme_config config = able();
    config.former.state = RUNNING, config.former.cdw10 = CRYPTO | NDAS, config.former.elapsed_ms = 400;
    struct drive drive = make(&config);
    struct log log = read_log(&drive);
    assert_int_equal(log.state, RUNNING);
    assert_int_equal(log.cdw10, CRYPTO | NDAS);
    assert_int_equal(log.progress, 65536 * 4 / 10);
    wait_ms(&drive, 599);
    assert_int_equal(read_log(&drive).state, RUNNING);
    wait_ms(&drive, 1);
    assert_int_equal(read_log(&drive).state, SUCCESS);
    assert_int_equal(model_nvme_truth(drive.nvme, 0).old, 0);
    model_nvme_free(drive.nvme);
}

static void done_when_the_command_completes(void **state)
{
    (void)state;
    struct model_nvme_config config = able();
    config.crypto_ms = MODEL_ALL;
    struct drive drive = make(&config);
    assert_int_equal(sanitize(&drive, CRYPTO), 0);
    assert_int_equal(drive.now_ms, 0);
    assert_int_equal(read_log(&drive).state, SUCCESS);
    assert_int_equal(erased(&drive, 0), 64);
    model_nvme_free(drive.nvme);
}

/* Which namespaces a Format reaches: id and FNA decide. */
static void formats_reach(void **state)
{
    (void)state;
    static const struct {
        uint8_t fna;
        uint32_t nsid, cdw10;
        bool first, second, detached;
    } rows[] = {{4, 1, USER, true, false, false},
                {4, 2, CRYPTO_FORMAT, false, true, false},
                {4, EVERY_NSID, USER, true, true, false},
                {4 | 1, 1, USER, true, false, false},
                {4 | 2, 2, CRYPTO_FORMAT, true, true, true},
                {4 | 3, 1, USER, true, true, true}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct model_nvme_config config = able();
        config.fna = rows[i].fna;
        config.media[1].present = config.media[2].present = config.media[2].detached = true;
        struct drive drive = make(&config);
        assert_int_equal(format(&drive, rows[i].nsid, rows[i].cdw10), 0);
        assert_int_equal(drive.now_ms, 20000);
        assert_int_equal(erased(&drive, 0), rows[i].first ? 64 : 0);
        assert_int_equal(erased(&drive, 1), rows[i].second ? 64 : 0);
        assert_int_equal(erased(&drive, 2), rows[i].detached ? 64 : 0);
        assert_int_equal(model_nvme_truth(drive.nvme, 0).old_units, rows[i].first ? 0 : 64);
        assert_int_equal(read_log(&drive).state, NEVER);
        assert_int_equal(format(&drive, 3, rows[i].cdw10), 0x002);
        assert_int_equal(drive.nvme->complaint[0], '\0');
        model_nvme_free(drive.nvme);
    }
}

static void a_format_that_erases_nothing(void **state)
{
    (void)state;
    struct model_nvme_config config = able();
    struct drive drive = make(&config);
    assert_int_equal(format(&drive, 1, 0), 0);
    assert_true(reads_as(&drive, 0, 0));
    assert_int_equal(model_nvme_truth(drive.nvme, 0).old_units, 64);
    assert_int_equal(erased(&drive, 0), 0);
    assert_true(strstr(drive.nvme->complaint, "erases nothing") != NULL);
    model_nvme_free(drive.nvme);
}

static uint8_t format_progress(struct drive *drive)
{
    uint8_t page[4096];
    assert_int_equal(ask_for(drive, IDENTIFY, 1, 0, 0, page, sizeof page), 0);
    return page[32];
}

/* The kernel gives up after its time; the drive goes on, or is broken off by the reset. */
static void formats_outlast_the_kernel(void **state)
{
    (void)state;
    for (int breaks = 0; breaks < 2; breaks++) {
        struct model_nvme_config config = able();
        uint8_t data[512];
        config.format_ms = 80000, config.reset_breaks_format = breaks;
        struct drive drive = make(&config);
        assert_int_equal(format(&drive, 1, USER), -EINTR);
        assert_int_equal(drive.now_ms, KERNEL_MS);
        assert_int_equal(format_progress(&drive), 0x80 | 25);
        assert_int_equal(read_block(&drive, 0, 0, data), -EIO);
        assert_int_equal(erased(&drive, 0), 48);
        if (!breaks) {
            assert_int_equal(format(&drive, 1, USER), 0x084);
            assert_int_equal(sanitize(&drive, BLOCK), 0x084);
        }
        wait_ms(&drive, 20000);
        assert_int_equal(format_progress(&drive), breaks ? 0x80 | 25 : 0x80);
        assert_int_equal(erased(&drive, 0), breaks ? 48 : 64);
        assert_int_equal(read_block(&drive, 0, 0, data), breaks ? -EIO : 512);
        model_nvme_free(drive.nvme);
    }
}

/* Every named drive has a name of its own and pages that can be taken apart; those that do not lie erase. */
static void the_named_ones(void **state)
{
    (void)state;
    size_t honest = 0;
    assert_null(nvme_device_by_name("no-such"));
    for (size_t i = 0; i < nvme_device_count; i++) {
        const struct nvme_device *device = &nvme_devices[i];
        const struct model_nvme_config *config = &device->config;
        uint8_t page[4096];
        struct uw_nvme_controller c;
        assert_ptr_equal(nvme_device_by_name(device->name), device);
        struct drive drive = make(config);
        bool hangs = config->lies[0].kind == MODEL_NVME_HANGS && config->lies[0].on == MODEL_NVME_IDENTIFY;
        assert_int_equal(ask_for(&drive, IDENTIFY, 0, 1, 0, page, sizeof page), hangs ? -ETIMEDOUT : 0);
        assert_true(hangs || uw_nvme_decode_controller(page, sizeof page, &c));
        uint32_t action = (config->sanicap & 2) != 0   ? BLOCK
                          : (config->sanicap & 1) != 0 ? CRYPTO
                                                       : OVERWRITE | 1 << 4;
        bool able_to = (config->sanicap & 7) != 0 && !config->media[0].write_protected &&
                       !config->media[1].write_protected && config->former.state != RUNNING;
        if (config->lies[0].kind == MODEL_NVME_HONEST && able_to) {
            honest++;
            assert_int_equal(sanitize(&drive, action), 0);
            wait_ms(&drive, 3600000);
            assert_int_equal(read_log(&drive).state, SUCCESS);
            for (size_t place = 0; place < drive.nvme->count; place++)
                assert_int_equal(erased(&drive, place), model_nvme_truth(drive.nvme, place).blocks);
        }
        model_nvme_free(drive.nvme);
    }
    assert_true(honest > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pages_say_what_it_is),
        cmocka_unit_test(logs_decode),
        cmocka_unit_test(refuses),
        cmocka_unit_test(a_block_erase),
        cmocka_unit_test(reads_after_a_block_erase),
        cmocka_unit_test(reaches_caches_and_unmapped_blocks),
        cmocka_unit_test(progress_stays_below_ffff),
        cmocka_unit_test(a_crypto_erase_leaves_noise),
        cmocka_unit_test(overwrites_count_their_passes),
        cmocka_unit_test(no_deallocate_can_be_inhibited),
        cmocka_unit_test(failures_lock_the_drive),
        cmocka_unit_test(one_that_is_at_it_already),
        cmocka_unit_test(done_when_the_command_completes),
        cmocka_unit_test(formats_reach),
        cmocka_unit_test(a_format_that_erases_nothing),
        cmocka_unit_test(formats_outlast_the_kernel),
        cmocka_unit_test(the_named_ones),
    };
    return cmocka_run_group_tests_name("model_nvme", tests, NULL, NULL);
}
