/* SPDX-License-Identifier: Apache-2.0 */
/* What goes wrong after a drive has erased itself truly: the overwrite on top of it meets sectors that it
 * cannot write, or the host's cache writes old data back. */
#include "flow.h"

#include <stdio.h>
#include <string.h>

enum { BYTES = 128 * 1024, BLOCK_BYTES = 512, FIRST_BAD = 40, BAD = 3, PAGE_BYTES = 4096 };

/* Of an SSD's enhanced erase an overwrite follows, with the first two flushes before it. */
static const struct ata_row covered = {
    "ata-security-erase-enhanced",
    .config = {.security = true, .enhanced = true, .erase_word = 1, .enhanced_word = 1, .block.bytes = BYTES},
    .request.level = "clear"};

static const json_t *step_of(const struct flow *flow, size_t index)
{
    return json_array_get(json_object_get(flow->certificate[0], "steps"), index);
}

static void cover_cannot_be_written(void **state)
{
    static struct flow flow;
    struct ata_row row = covered;
    (void)state;
    row.config.block.faults[0] = (struct model_fault){
        .effect = MODEL_ERROR, .on = MODEL_WRITE, .lba = FIRST_BAD, .blocks = BAD, .after_flushes = 2};
    flow_open_ata(&flow, &row);
    flow_run(&flow);
    flow_check(&flow);
    assert_string_equal(flow_verdict(&flow, 0), "failed");
    assert_int_equal(flow.exit_code, 1);
    const json_t *first = json_object_get(step_of(&flow, 0), "completion"), *cover = step_of(&flow, 1);
    assert_true(json_is_true(json_object_get(first, "complete")));
    assert_string_equal(flow_text(cover, "method"), "overwrite");
    assert_true(json_is_false(json_object_get(json_object_get(cover, "completion"), "complete")));
    assert_int_equal(flow_number(cover, "unwritten_bytes"), BAD * BLOCK_BYTES);
    const json_t *unwritten = json_object_get(cover, "unwritten");
    assert_int_equal(json_array_size(unwritten), 1);
    const json_t *range = json_array_get(unwritten, 0);
    assert_int_equal(flow_number(range, "lba"), FIRST_BAD);
    assert_int_equal(flow_number(range, "count"), BAD);
    assert_false(flow.owned_ata[0]->enabled); /* the erase before it took the password away */
    flow_close(&flow);
}

static void cover_is_written(void **state)
{
    static struct flow flow;
    (void)state;
    flow_open_ata(&flow, &covered);
    flow_run(&flow);
    flow_check(&flow);
    assert_string_equal(flow_verdict(&flow, 0), "sanitized");
    assert_string_equal(flow_text(step_of(&flow, 1), "method"), "overwrite");
    flow_close(&flow);
}

static struct nvme_row formatted(uint64_t after_flushes)
{
    /* Emptying its cache is what has the host write back. */
    const struct model_fault fault = {
        .effect = MODEL_HOLD, .on = MODEL_FLUSH, .after_flushes = after_flushes};
    return (struct nvme_row){"nvme-format-user-data",
                             .config = {.oacs = UW_NVME_OACS_FORMAT,
                                        .dlfeat = 1,
                                        .media = {{.block = {.bytes = BYTES, .faults = {fault}}}}},
                             .request.level = "clear"};
}

/* What the host's cache holds of the drive. */
static uint8_t pages[BYTES];
static unsigned formats_before;

static void move_page(struct model_drive *drive, bool write, size_t at, uint8_t *page)
{
    model_nvme_move(drive->nvme, drive->place, model_nvme_now(drive->nvme), write, at, PAGE_BYTES, page);
}

/* Other pages than those that hold our markers meanwhile: our own writes are newer. */
static void write_back(struct model_drive *drive, void *user)
{
    uint8_t page[PAGE_BYTES];
    (void)user;
    formats_before = model_nvme_seen_count(drive->nvme, UW_NVME_FORMAT);
    for (size_t at = 0; at < BYTES; at += PAGE_BYTES) {
        move_page(drive, false, at, page);
        if (formats_before > 0 || memcmp(page, pages + at, sizeof page) == 0)
            move_page(drive, true, at, pages + at);
    }
}

static void run_formatted(struct flow *flow, uint64_t after_flushes)
{
    const struct nvme_row row = formatted(after_flushes);
    formats_before = UINT32_MAX;
    flow_open_nvme(flow, &row);
    for (size_t at = 0; at < BYTES; at += PAGE_BYTES)
        move_page(&flow->machine.drives[0], false, at, pages + at);
    flow->machine.hold = write_back;
    flow_run(flow);
    flow_check(flow);
}

/* What somebody wrote before is out of the host's cache before the drive is told to erase. */
static void pages_are_written_back_before(void **state)
{
    static struct flow flow;
    (void)state;
    run_formatted(&flow, 0);
    assert_int_equal(formats_before, 0);
    assert_string_equal(flow_verdict(&flow, 0), "sanitized");
    flow_close(&flow);
}

/* Were it not, the old data would be found. */
static void pages_are_written_back_afterwards(void **state)
{
    static struct flow flow;
    (void)state;
    run_formatted(&flow, 1);
    assert_int_equal(formats_before, 1);
    assert_string_equal(flow_verdict(&flow, 0), "failed");
    assert_int_equal(flow.exit_code, 1);
    const json_t *verification = json_object_get(flow.certificate[0], "verification");
    assert_string_equal(flow_text(verification, "result"), "failed");
    flow_close(&flow);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cover_cannot_be_written), cmocka_unit_test(cover_is_written),
        cmocka_unit_test(pages_are_written_back_before), cmocka_unit_test(pages_are_written_back_afterwards)};
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests_name("afterwards", tests, NULL, flow_remove_all);
}
