/* SPDX-License-Identifier: Apache-2.0 */
/* What doors with a real clock are built on: commands that are taken now and answered later, and media in
 * memory that others can see. */
#include "flow.h"

#include <errno.h>

static struct uw_nvme_command format_of(void)
{
    return (struct uw_nvme_command){.opcode = 0x80, .nsid = 1, .cdw10 = 1U << 9, .timeout_ms = 1};
}

static void nvme_answers_later(void **state)
{
    (void)state;
    const struct model_nvme_config config = {.oacs = 2, .format_ms = 3000};
    struct model_nvme *nvme = model_nvme_new(&config);
    struct uw_nvme_command command = format_of();
    uint64_t took_ms = 0;
    uint8_t block[512];
    assert_true(model_nvme_take(nvme, 100, &command, &took_ms));
    assert_int_equal(command.status, 0);
    assert_int_equal(took_ms, 3000);
    assert_int_equal(model_nvme_now(nvme), 100);
    assert_int_equal(model_nvme_move(nvme, 0, 1600, false, 0, sizeof block, block), -EIO);
    assert_in_range(model_nvme_truth(nvme, 0).erased, 1, 4095);
    assert_int_equal(model_nvme_move(nvme, 0, 3100, false, 0, sizeof block, block), sizeof block);
    assert_int_equal(model_nvme_truth(nvme, 0).erased, 4096);
    model_nvme_free(nvme);
}

static void nvme_is_cut_before_it_answers(void **state)
{
    (void)state;
    const struct model_nvme_config config = {.oacs = 2, .format_ms = 3000};
    struct model_nvme *nvme = model_nvme_new(&config);
    struct uw_nvme_command command = format_of();
    uint64_t took_ms = 0;
    assert_true(model_nvme_take(nvme, 0, &command, &took_ms));
    model_nvme_advance(nvme, 1000);
    model_nvme_cut_power(nvme);
    assert_false(model_nvme_take(nvme, 1000, &command, &took_ms));
    model_nvme_power_on(nvme);
    model_nvme_advance(nvme, 9000);
    assert_in_range(model_nvme_truth(nvme, 0).old_units, 1, 4095);
    model_nvme_free(nvme);
}

static void nvme_is_silent(void **state)
{
    (void)state;
    static const enum model_nvme_lie_kind kinds[] = {MODEL_NVME_HANGS, MODEL_NVME_TIMES_OUT};
    for (size_t i = 0; i < 2; i++) {
        const struct model_nvme_config config = {.oacs = 2, .lies = {{kinds[i], MODEL_NVME_FORMAT}}};
        struct model_nvme *nvme = model_nvme_new(&config);
        struct uw_nvme_command command = format_of();
        uint64_t took_ms = 0;
        assert_false(model_nvme_take(nvme, 0, &command, &took_ms));
        assert_int_equal(nvme->deaf, kinds[i] == MODEL_NVME_HANGS);
        model_nvme_free(nvme);
    }
}

static struct uw_scsi_command unit_ready(void)
{
    return (struct uw_scsi_command){.cdb_bytes = 6, .timeout_ms = 1};
}

static void ata_is_busy(void **state)
{
    (void)state;
    const struct model_ata_config config = {.security = true, .normal_ms = 5000};
    struct model_ata *ata = model_ata_new(&config);
    struct uw_scsi_command command = unit_ready();
    uint64_t after_ms = 7;
    assert_int_equal(model_ata_take(ata, 0, &command, &after_ms), MODEL_ATA_ANSWERED);
    assert_int_equal(after_ms, 0);
    ata->unit = (struct model_ata_erase){.running = true,
                                         .on = MODEL_ATA_NORMAL,
                                         .passes = 1,
                                         .sectors = ata->native,
                                         .steps = ata->native,
                                         .duration_ms = 5000};
    assert_int_equal(model_ata_take(ata, 2000, &command, &after_ms), MODEL_ATA_BUSY);
    assert_int_equal(after_ms, 3000);
    assert_int_equal(model_ata_take(ata, 5000, &command, &after_ms), MODEL_ATA_ANSWERED);
    assert_int_equal(model_ata_truth(ata).erased, 4096);
    model_ata_free(ata);
}

static void ata_is_silent(void **state)
{
    (void)state;
    const struct model_ata_config config = {.lies = {{MODEL_ATA_HANGS, MODEL_ATA_SCSI}}};
    struct model_ata *ata = model_ata_new(&config);
    struct uw_scsi_command command = unit_ready();
    uint64_t after_ms;
    assert_int_equal(model_ata_take(ata, 0, &command, &after_ms), MODEL_ATA_SILENT);
    assert_true(ata->deaf);
    model_ata_free(ata);
}

static void media_are_seen_by_others(void **state)
{
    (void)state;
    static uint8_t media[16 * 512];
    const struct model_ata_config config = {.block = {.bytes = sizeof media, .media = media}};
    struct model_ata *ata = model_ata_new(&config);
    uint8_t sector[512] = {'x'};
    assert_memory_equal(media + 512, "OldData:", 8);
    assert_int_equal(model_ata_move(ata, 0, true, 512, sizeof sector, sector), sizeof sector);
    assert_memory_equal(media + 512, "OldData:", 8); /* in its cache */
    assert_int_equal(model_ata_flush(ata, 0), 0);
    assert_memory_equal(media + 512, sector, sizeof sector);
    model_ata_free(ata);
    assert_memory_equal(media, "OldData:", 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nvme_answers_later), cmocka_unit_test(nvme_is_cut_before_it_answers),
        cmocka_unit_test(nvme_is_silent),     cmocka_unit_test(ata_is_busy),
        cmocka_unit_test(ata_is_silent),      cmocka_unit_test(media_are_seen_by_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
