/* SPDX-License-Identifier: Apache-2.0 */
/* Power cuts at every command and in the middle of every erase, and what is found afterwards. */
#include "nvme_commands.h"

enum { BLOCKS = 64, BLOCK_MS = 5000, FORMAT_MS = 20000 };

static void nothing_answers(struct drive *drive)
{
    uint8_t data[512];
    uint64_t bytes;
    bool stalled;
    assert_int_equal(read_log(drive).answer, -ENODEV);
    assert_int_equal(sanitize(drive, BLOCK), -ENODEV);
    assert_int_equal(read_block(drive, 0, 0, data), -ENODEV);
    assert_int_equal(write_block(drive, 0, 0, 1), -ENODEV);
    assert_int_equal(model_nvme_flush(drive->nvme, 0, drive->now_ms), ENODEV);
    assert_int_equal(model_nvme_look(drive->nvme, 0, drive->now_ms, &bytes), ENODEV);
    assert_int_equal(model_nvme_rescan(drive->nvme, &drive->now_ms, 1000, &stalled), ENODEV);
    assert_false(stalled);
    assert_false(model_nvme_is_powered(drive->nvme));
}

/* At each moment of a sanitize: what was erased is, the rest is not, and the drive goes on where it was. */
static void sanitizes_resume(void **state)
{
    (void)state;
    static const uint32_t actions[] = {BLOCK, CRYPTO, OVERWRITE | 2 << 4};
    for (size_t action = 0; action < 3; action++) {
        for (uint64_t at_ms = 1; at_ms < BLOCK_MS; at_ms += 250) {
            struct model_nvme_config config = able();
            uint8_t data[512];
            config.media[1].present = config.media[1].detached = true;
            config.crypto_ms = BLOCK_MS, config.pass_ms = BLOCK_MS / 2;
            config.cut.at_ms = at_ms;
            struct drive drive = make(&config);
            assert_int_equal(sanitize(&drive, actions[action]), 0);
            wait_ms(&drive, 100000);
            nothing_answers(&drive);
            /* An overwrite of two passes is through with the first in the middle. */
            uint64_t done = 2 * BLOCKS * at_ms * (actions[action] == (OVERWRITE | 2 << 4) ? 2 : 1) / BLOCK_MS;
            uint64_t found = erased(&drive, 0) + erased(&drive, 1);
            assert_int_equal(found, done > 2 * BLOCKS ? 2 * BLOCKS : done);
            assert_int_equal(model_nvme_truth(drive.nvme, 0).unmapped, 0);
            model_nvme_power_on(drive.nvme);
            struct log log = read_log(&drive);
            assert_int_equal(log.state, RUNNING);
            assert_int_equal(log.cdw10, actions[action]);
            assert_int_equal(log.progress, at_ms * 65536 / BLOCK_MS);
            assert_int_equal(read_block(&drive, 0, 0, data), -EIO);
            wait_ms(&drive, BLOCK_MS - at_ms - 1);
            assert_int_equal(read_log(&drive).state, RUNNING);
            wait_ms(&drive, 1);
            assert_int_equal(read_log(&drive).state, SUCCESS);
            assert_int_equal(erased(&drive, 0) + erased(&drive, 1), 2 * BLOCKS);
            assert_int_equal(read_block(&drive, 0, 0, data), 512);
            model_nvme_free(drive.nvme);
        }
    }
}

/* And again, and again. */
static void many_cuts(void **state)
{
    (void)state;
    struct model_nvme_config config = able();
    struct drive drive = make(&config);
    assert_int_equal(sanitize(&drive, CRYPTO | NDAS), 0);
    for (int i = 0; i < 9; i++) {
        wait_ms(&drive, 100);
        model_nvme_cut_power(drive.nvme);
        wait_ms(&drive, 5000);
        nothing_answers(&drive);
        model_nvme_power_on(drive.nvme);
        assert_int_equal(read_log(&drive).state, RUNNING);
    }
    wait_ms(&drive, 100);
    assert_int_equal(read_log(&drive).state, SUCCESS);
    assert_int_equal(erased(&drive, 0), BLOCKS);
    uint8_t health[512];
    assert_int_equal(ask_for(&drive, GET_LOG, EVERY_NSID, 2 | 127U << 16, 0, health, sizeof health), 0);
    assert_int_equal(little(health + 112, 4), 10);
    assert_int_equal(little(health + 144, 4), 9);
    model_nvme_free(drive.nvme);
}

/* A reset of the controller alone changes nothing. */
static void resets_change_nothing(void **state)
{
    (void)state;
    struct model_nvme_config config = able();
    struct drive drive = make(&config);
    assert_int_equal(sanitize(&drive, BLOCK), 0);
    wait_ms(&drive, 1000);
    model_nvme_reset(drive.nvme);
    assert_int_equal(read_log(&drive).progress, 65536 / 5);
    wait_ms(&drive, 4000);
    assert_int_equal(read_log(&drive).state, SUCCESS);
    model_nvme_free(drive.nvme);
}

static uint8_t format_progress(struct drive *drive)
{
    uint8_t page[4096];
    assert_int_equal(ask_for(drive, IDENTIFY, 1, 0, 0, page, sizeof page), 0);
    return page[32];
}

/* A Format does not go on by itself. */
static void formats_stay_broken(void **state)
{
    (void)state;
    for (int readable = 0; readable < 2; readable++) {
        struct model_nvme_config config = able();
        uint8_t data[512];
        config.broken_format_readable = readable;
        config.media[1].present = true;
        config.cut =
            (struct model_nvme_cut){.command = 1, .moment = MODEL_NVME_CUT_DURING, .ms = FORMAT_MS / 4};
        struct drive drive = make(&config);
        assert_int_equal(format(&drive, 1, USER), -ENODEV);
        assert_int_equal(drive.now_ms, FORMAT_MS / 4);
        nothing_answers(&drive);
        wait_ms(&drive, FORMAT_MS);
        model_nvme_power_on(drive.nvme);
        wait_ms(&drive, FORMAT_MS);
        assert_int_equal(format_progress(&drive), 0x80 | 75);
        assert_int_equal(erased(&drive, 0), BLOCKS / 4);
        assert_int_equal(model_nvme_truth(drive.nvme, 0).old_units, BLOCKS * 3 / 4);
        assert_int_equal(model_nvme_truth(drive.nvme, 0).unmapped, 0);
        assert_int_equal(read_block(&drive, 0, 60, data), readable ? 512 : -EIO);
        assert_int_equal(write_block(&drive, 0, 60, 1), -EIO);
        assert_int_equal(read_block(&drive, 1, 60, data), 512);
        assert_int_equal(format(&drive, 1, USER), 0);
        assert_int_equal(format_progress(&drive), 0x80);
        assert_int_equal(erased(&drive, 0), BLOCKS);
        assert_int_equal(read_block(&drive, 0, 60, data), 512);
        model_nvme_free(drive.nvme);
    }
}

enum step_kind { LOOK, WRITE, FLUSH, ERASE, FORMAT_ONE, LOG, READ };

static int one_step(struct drive *drive, enum step_kind kind)
{
    uint8_t page[4096];
    int64_t moved;
    switch (kind) {
    case LOOK:
        return ask_for(drive, IDENTIFY, 0, 1, 0, page, sizeof page);
    case WRITE:
        moved = write_block(drive, 0, 2, 0x66);
        return moved == 512 ? 0 : (int)moved;
    case FLUSH:
        return -model_nvme_flush(drive->nvme, 0, drive->now_ms);
    case ERASE:
        return sanitize(drive, BLOCK | NDAS);
    case FORMAT_ONE:
        return format(drive, 1, USER);
    case LOG:
        return read_log(drive).answer;
    case READ:
        moved = read_block(drive, 0, 2, page);
        return moved == 512 ? 0 : (int)moved;
    }
    return 1;
}

/* Runs the steps with a cut at one of them; which it was is seen by the host at once, or at the next one. */
static void cut_at(const enum step_kind *steps, unsigned count, unsigned at,
                   enum model_nvme_cut_moment moment, struct drive *drive)
{
    struct model_nvme_config config = able();
    config.block_value = 0xff;
    *drive = make(&config);
    assert_int_equal(one_step(drive, LOOK), 0); /* before the cut is set: not counted */
    model_nvme_set_cut(drive->nvme, (struct model_nvme_cut){.command = at + 1, .moment = moment});
    for (unsigned i = 0; i < count; i++) {
        int status = one_step(drive, steps[i]);
        /* A sanitize has answered before it is in its middle. */
        bool later = i == at && steps[at] == ERASE && moment == MODEL_NVME_CUT_DURING;
        assert_int_equal(status, i < at || later ? 0 : -ENODEV);
        if (steps[i] == ERASE)
            wait_ms(drive, BLOCK_MS);
    }
    nothing_answers(drive);
    model_nvme_power_on(drive->nvme);
}

static void cuts_at_each_command(void **state)
{
    (void)state;
    static const enum step_kind steps[] = {LOOK, WRITE, FLUSH, ERASE, LOG, READ, FORMAT_ONE, LOG};
    enum { STEPS = sizeof steps / sizeof steps[0] };
    for (unsigned at = 0; at < STEPS; at++) {
        for (int moment = MODEL_NVME_CUT_BEFORE; moment <= MODEL_NVME_CUT_DURING; moment++) {
            struct drive drive;
            cut_at(steps, STEPS, at, (enum model_nvme_cut_moment)moment, &drive);
            const uint8_t *written = drive.nvme->spaces[0].block->media + 2 * 512;
            bool flushed = at > 2 || (at == 2 && moment == MODEL_NVME_CUT_AFTER);
            bool began = at > 3 || (at == 3 && moment != MODEL_NVME_CUT_BEFORE);
            bool half = at == 3 && began;
            bool formatting = at == 6 && moment != MODEL_NVME_CUT_BEFORE;
            struct log log = read_log(&drive);
            assert_int_equal(log.state, half ? RUNNING : began ? SUCCESS : NEVER);
            if (!began) {
                uint8_t data[512];
                assert_int_equal(written[0], flushed ? 0x66 : 'O');
                assert_int_equal(read_block(&drive, 0, 2, data), 512);
                assert_int_equal(data[0], written[0]); /* what only the cache had is lost */
            }
            if (half)
                assert_int_equal(erased(&drive, 0), moment == MODEL_NVME_CUT_AFTER ? 0 : BLOCKS / 2);
            else
                assert_int_equal(erased(&drive, 0), began ? BLOCKS : 0);
            assert_int_equal(format_progress(&drive), !formatting                      ? 0x80
                                                      : moment == MODEL_NVME_CUT_AFTER ? 0x80 | 100
                                                                                       : 0x80 | 50);
            model_nvme_free(drive.nvme);
        }
    }
}

/* Of a transfer half the blocks arrive, and of those the ones that the cache had no room for stay. */
static void a_transfer_is_torn(void **state)
{
    (void)state;
    struct model_nvme_config config = able();
    uint8_t data[16 * 512];
    config.media[0].block.cache_blocks = 1;
    config.cut = (struct model_nvme_cut){.command = 1, .moment = MODEL_NVME_CUT_DURING};
    memset(data, 0x42, sizeof data);
    struct drive drive = make(&config);
    assert_int_equal(model_nvme_move(drive.nvme, 0, 0, true, 0, sizeof data, data), -ENODEV);
    const uint8_t *media = drive.nvme->spaces[0].block->media;
    for (unsigned lba = 0; lba < 16; lba++)
        assert_int_equal(media[lba * 512], lba < 7 ? 0x42 : 'O');
    nothing_answers(&drive);
    model_nvme_free(drive.nvme);
}

static uint32_t next_random(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
    return (uint32_t)(*seed >> 33);
}

/* Anything at any time: an erase that the log calls a success has erased all, and the counts add up. */
static void anything_goes(void **state)
{
    (void)state;
    static const uint8_t opcodes[] = {SANITIZE, FORMAT, IDENTIFY, GET_LOG, 0x09, 0xc0};
    unsigned successes = 0;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct model_nvme_config config = able();
        uint64_t random = seed;
        uint8_t page[4096];
        config.media[1].present = true;
        config.media[2].present = config.media[2].detached = true;
        config.sanicap |= seed % 3 == 0 ? 1U << 29 : 0;
        config.warns = seed % 2 == 0;
        struct drive drive = make(&config);
        for (int i = 0; i < 300; i++) {
            uint32_t choice = next_random(&random) % 16, cdw10 = next_random(&random) & 0x3ff;
            uint32_t nsid = next_random(&random) % 5;
            if (choice == 0)
                model_nvme_cut_power(drive.nvme);
            else if (choice <= 2)
                model_nvme_power_on(drive.nvme);
            else if (choice <= 4)
                wait_ms(&drive, next_random(&random) % 8000);
            else if (choice <= 7)
                write_block(&drive, nsid % 3, next_random(&random) % BLOCKS, 0x12);
            else if (choice <= 9)
                read_block(&drive, nsid % 3, next_random(&random) % BLOCKS, page);
            else if (choice == 10)
                sanitize(&drive, (cdw10 & (NDAS | AUSE | OIPBP | 1 << 4)) | (2 + cdw10 % 3));
            else if (choice == 11)
                ask_for(&drive, GET_LOG, EVERY_NSID, 0x81 | 127U << 16, 0, page, 512);
            else
                ask_for(&drive, opcodes[choice - 12 + (cdw10 & 2)], nsid == 4 ? EVERY_NSID : nsid,
                        cdw10 & 0xe07, cdw10, page, sizeof page);
            struct log log = read_log(&drive);
            assert_true(log.answer == 0 || (log.answer == -ENODEV && !model_nvme_is_powered(drive.nvme)));
            bool global = log.answer == 0 && log.global_erased;
            successes += global;
            for (size_t place = 0; place < 3; place++) {
                struct model_nvme_truth truth = model_nvme_truth(drive.nvme, place);
                assert_int_equal(truth.old + truth.written + truth.erased, BLOCKS);
                if (global)
                    assert_int_equal(truth.erased, BLOCKS);
            }
        }
        model_nvme_free(drive.nvme);
    }
    assert_true(successes > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sanitizes_resume),      cmocka_unit_test(many_cuts),
        cmocka_unit_test(resets_change_nothing), cmocka_unit_test(formats_stay_broken),
        cmocka_unit_test(cuts_at_each_command),  cmocka_unit_test(a_transfer_is_torn),
        cmocka_unit_test(anything_goes),
    };
    return cmocka_run_group_tests_name("model_nvme_power", tests, NULL, NULL);
}
