/* SPDX-License-Identifier: Apache-2.0 */
/* The ways to an ATA drive's registers: what layers between let through, lose or make up (SAT-4 12.2), and
 * what of it is found out before anything depends on it. */
#include "sg_desk.h"

#include "transport/sat.h"
#include "transport/scsi.h"

enum { LIMIT_MS = 20000, SHORT_MS = 500 };
enum { PAGE = 8, CK_COND = 0x20, T_DIR = 0x08, RESPONSE = 15 };

/* What stands between. */
static struct {
    bool no_page, short_page, other_page, no_select; /* of MODE SENSE and SELECT */
    bool page_descriptor;                            /* a block descriptor, though not asked for */
    bool unheard;                                    /* ATA PASS-THROUGH is no command */
    bool hostile;                                    /* the host fails */
    bool empty;                                      /* CK_COND is taken, registers are zeros */
    bool no_ck_cond;                                 /* CK_COND is refused */
    bool mute;                                       /* failures come without registers */
    bool zeroes_count, swaps_lba, low_halves, no_extend, stale, nop_works, other_count;
    bool response, response_with_direction;
    uint8_t hangs_at;
} way;

/* Numbers of the desk. GOES_WELL: commands do not fail. */
enum { D_SENSE, LAST_COUNT, GOES_WELL };

static int serve_page(struct sg_io_hdr *io)
{
    /* Length, medium type, device specific, LONGLBA, descriptors' length; the page with odd bytes. */
    uint8_t data[28] = {0,    18,   0,    0x10, 0,    0,    0,    0,    0x8a, 0x0a,
                        0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0, 0x11, 0x22};
    if (way.no_page)
        return desk_fail(io, 5, 0x24, 0);
    if (way.other_page)
        data[8] = 0x08;
    data[10] = (uint8_t)(0x12 & ~4U) | (desk->number[D_SENSE] != 0 ? 4 : 0);
    if (way.page_descriptor) {
        memmove(data + 16, data + 8, 12);
        memset(data + 8, 0xee, 8);
        data[1] = 26;
        data[7] = 8;
    }
    return desk_data(io, data, way.short_page ? 15 : way.page_descriptor ? 28 : 20);
}

static int serve_select(struct sg_io_hdr *io)
{
    const uint8_t *data = io->dxferp;
    if (io->cmdp[1] != 0x10 || io->cmdp[8] != 20 || io->dxfer_len != 20 || io->cmdp[7] != 0)
        desk_refuse("MODE SELECT", io->cmdp[1]);
    if (way.no_select)
        return desk_fail(io, 5, 0x26, 0);
    desk->number[D_SENSE] = data[PAGE + 2] >> 2 & 1;
    return 0;
}

/* libata up to 6.1: fixed sense with the registers at 8 and 17. */
static int return_fixed(struct sg_io_hdr *io, const struct desk_registers *r)
{
    const uint8_t sense[20] = {0x70,
                               0,
                               0x0b,
                               [7] = 10,
                               [8] = r->error,
                               r->status,
                               r->device,
                               (uint8_t)r->count,
                               [16] = 0x80,
                               (uint8_t)r->lba,
                               (uint8_t)(r->lba >> 8),
                               (uint8_t)(r->lba >> 16)};
    return desk_sense(io, sense, sizeof sense);
}

static struct desk_registers registers_of(const uint8_t *cdb)
{
    struct desk_registers r = {
        .status = 0x51, .error = 0x04, .device = 0x40, .count = desk_count(cdb), .lba = desk_lba(cdb)};
    if (way.stale) {
        r.count = (uint16_t)desk->number[LAST_COUNT];
        desk->number[LAST_COUNT] = desk_count(cdb);
    }
    if (way.nop_works || desk->number[GOES_WELL] != 0)
        r = (struct desk_registers){.status = 0x50, .device = 0x40, .count = 0x8000, .lba = 0xffff};
    if (way.zeroes_count)
        r.count = 0;
    if (way.other_count)
        r.count ^= 1;
    if (way.low_halves) {
        r.count &= 0xff;
        r.lba &= 0xffffff;
    }
    if (way.swaps_lba)
        r.lba = (r.lba & 0xff) << 16 | (r.lba & 0xff00) | (r.lba >> 16 & 0xff);
    return r;
}

static struct desk_registers *kept; /* shared: what a response request is answered with */

static int serve_response(struct sg_io_hdr *io)
{
    uint8_t data[14] = {0};
    bool has_direction = (io->cmdp[2] & T_DIR) != 0;
    if (has_direction ? !way.response_with_direction : !way.response)
        return desk_fail(io, 5, 0x24, 0);
    desk_descriptor(data, kept);
    return desk_data(io, data, sizeof data);
}

static int serve_ata(struct sg_io_hdr *io)
{
    bool asks = (io->cmdp[2] & CK_COND) != 0, failed;
    if (way.unheard)
        return desk_fail(io, 5, 0x20, 0);
    if (io->cmdp[1] == RESPONSE << 1)
        return serve_response(io);
    if (asks && way.no_ck_cond)
        return desk_fail(io, 5, 0x24, 0);
    *kept = registers_of(io->cmdp);
    failed = (kept->status & 1) != 0;
    if (!failed && !asks)
        return 0;
    if (way.mute)
        return failed ? desk_fail(io, 0x0b, 0, 0) : 0;
    if (way.empty)
        return desk_return(io, &(struct desk_registers){0});
    if (desk->number[D_SENSE] == 0)
        return return_fixed(io, kept);
    int result = desk_return(io, kept);
    if (way.no_extend)
        io->sbp[8 + 2] = 0;
    return result;
}

static int serve(struct sg_io_hdr *io)
{
    if (io->cmdp[0] == way.hangs_at && way.hangs_at != 0)
        return desk_hang(io);
    if (way.hostile) {
        io->host_status = 7;
        return 0;
    }
    switch (io->cmdp[0]) {
    case 0x5a:
        if (io->cmdp[1] != 0x08 || io->cmdp[2] != 0x0a)
            desk_refuse("MODE SENSE", io->cmdp[2]);
        return serve_page(io);
    case 0x55:
        return serve_select(io);
    case 0x85:
        return serve_ata(io);
    default:
        desk_refuse("command", io->cmdp[0]);
    }
}

static struct uw_transport *below;

static int make_way(void **state)
{
    int result = desk_open(state);
    memset(&way, 0, sizeof way);
    desk_serve = serve;
    kept = mmap(NULL, sizeof *kept, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return uw_scsi_over(desk_file(), &below, NULL) ? result : -1;
}

static int drop_way(void **state)
{
    below->ops->close(below);
    munmap(kept, sizeof *kept);
    return desk_close(state);
}

#define way_test(f) cmocka_unit_test_setup_teardown(f, make_way, drop_way)

static struct uw_sat open_way(void)
{
    struct uw_sat sat;
    struct uw_error e = {0};
    bool stalled = true;
    if (!uw_sat_open(&sat, below, LIMIT_MS, &stalled, &e))
        fail_msg("%s", e.text);
    assert_false(stalled);
    return sat;
}

static struct uw_ata_command ask(struct uw_sat *sat, struct uw_ata_command command)
{
    struct uw_error e = {0};
    bool stalled = true;
    if (!uw_sat_ask(sat, &command, LIMIT_MS, &stalled, &e))
        fail_msg("%s", e.text);
    assert_false(stalled);
    return command;
}

static unsigned sent(uint8_t opcode)
{
    unsigned count = 0;
    for (unsigned i = 0; i < desk->count; i++)
        count += desk->sent[i].cdb[0] == opcode;
    return count;
}

/* Descriptor sense, three NOPs that come back as they went, and the page as it was. */
static void whole(void **state)
{
    (void)state;
    struct uw_sat sat = open_way();
    assert_int_equal(sat.path, UW_ATA_PATH_WHOLE);
    assert_true(sat.d_sense_set);
    assert_false(sat.asks_response);
    assert_int_equal(desk->count, 5);
    assert_int_equal(sent(0x5a), 1);
    assert_int_equal(sent(0x55), 1);
    for (unsigned i = 2; i < 5; i++) {
        const uint8_t *cdb = desk->sent[i].cdb;
        assert_int_equal(cdb[14], 0x00);
        assert_int_equal(cdb[2], CK_COND);
        assert_true(cdb[5] != 0 && cdb[6] != 0 && desk_lba(cdb) >> 40 != 0);
        assert_int_not_equal(desk_count(cdb), desk_count(desk->sent[i == 2 ? 4 : i - 1].cdb));
    }
    uw_sat_close(&sat, LIMIT_MS);
    assert_int_equal(desk->count, 7);
    assert_int_equal(desk->number[D_SENSE], 0);
    uw_sat_close(&sat, LIMIT_MS);
    assert_int_equal(desk->count, 7);
}

/* SPC-5 6.12: PF, not SP; what MODE SENSE alone has is 0; every other byte as it was. */
static void the_page_goes_back_as_it_came(void **state)
{
    (void)state;
    static const uint8_t wanted[20] = {0,    0,    0,    0,    0,    0,    0,    0,    0x0a, 0x0a,
                                       0x16, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0, 0x11, 0x22};
    static const uint8_t cdb[10] = {0x55, 0x10, 0, 0, 0, 0, 0, 0, 20, 0};
    for (unsigned i = 0; i < 2; i++) {
        way.page_descriptor = i == 1;
        desk->count = 0;
        desk->number[D_SENSE] = 0;
        struct uw_sat sat = open_way();
        assert_true(sat.d_sense_set);
        assert_int_equal(desk->sent[1].cdb_bytes, 10);
        assert_memory_equal(desk->sent[1].cdb, cdb, sizeof cdb);
        assert_int_equal(desk->sent[1].data_bytes, 20);
        assert_memory_equal(desk->sent[1].data, wanted, sizeof wanted);
        uw_sat_close(&sat, LIMIT_MS);
        const struct desk_command *last = &desk->sent[desk->count - 1];
        assert_int_equal(last->data[PAGE + 2], 0x12);
        assert_memory_equal(last->data + PAGE + 3, wanted + PAGE + 3, 9);
    }
}

/* Whatever becomes of the switch, it is no error, and only what we switched is switched back. */
static void without_the_switch(void **state)
{
    (void)state;
    bool *const flags[] = {&way.no_page, &way.short_page, &way.other_page, &way.no_select};
    for (size_t i = 0; i < 5; i++) {
        memset(&way, 0, sizeof way);
        desk->count = 0;
        desk->number[D_SENSE] = i == 4;
        if (i < 4)
            *flags[i] = true;
        struct uw_sat sat = open_way();
        assert_false(sat.d_sense_set);
        assert_int_equal(sent(0x55), i == 3);
        /* Fixed sense has no room for the bits that tell how a sanitize went. */
        assert_int_equal(sat.path, i == 4 ? UW_ATA_PATH_WHOLE : UW_ATA_PATH_DATA_ONLY);
        unsigned before = desk->count;
        uw_sat_close(&sat, LIMIT_MS);
        assert_int_equal(desk->count, before);
    }
}

static void every_way(void **state)
{
    (void)state;
    struct row {
        const char *name;
        bool *flags[4];
        enum uw_ata_path path;
        bool asks, with_direction;
    };
    const struct row rows[] = {
        {"28-bit NOP", {&way.low_halves}, UW_ATA_PATH_WHOLE, false, false},
        {"no EXTEND", {&way.low_halves, &way.no_extend}, UW_ATA_PATH_DATA_ONLY, false, false},
        {"COUNT zeroed", {&way.zeroes_count}, UW_ATA_PATH_COUNT_ZEROED, false, false},
        {"COUNT another", {&way.other_count}, UW_ATA_PATH_DATA_ONLY, false, false},
        {"LBA swapped", {&way.swaps_lba}, UW_ATA_PATH_DATA_ONLY, false, false},
        {"NOP works", {&way.nop_works}, UW_ATA_PATH_DATA_ONLY, false, false},
        {"of the command before", {&way.stale}, UW_ATA_PATH_DATA_ONLY, false, false},
        {"no such command", {&way.unheard}, UW_ATA_PATH_NONE, false, false},
        {"host fails", {&way.hostile}, UW_ATA_PATH_NONE, false, false},
        {"empty", {&way.empty}, UW_ATA_PATH_DATA_ONLY, false, false},
        {"mute", {&way.mute}, UW_ATA_PATH_DATA_ONLY, false, false},
        {"empty, response", {&way.empty, &way.response}, UW_ATA_PATH_WHOLE, true, false},
        {"mute, response", {&way.mute, &way.response}, UW_ATA_PATH_WHOLE, true, false},
        {"empty, directed", {&way.empty, &way.response_with_direction}, UW_ATA_PATH_WHOLE, true, true},
        {"no CK_COND", {&way.no_ck_cond, &way.response}, UW_ATA_PATH_WHOLE, true, false},
        {"no CK_COND alone", {&way.no_ck_cond}, UW_ATA_PATH_DATA_ONLY, false, false},
        {"response of another", {&way.empty, &way.response, &way.stale}, UW_ATA_PATH_DATA_ONLY, false, false},
        {"response, COUNT zeroed",
         {&way.mute, &way.response, &way.zeroes_count},
         UW_ATA_PATH_COUNT_ZEROED,
         true,
         false},
        {"fixed, response", {&way.no_select, &way.response}, UW_ATA_PATH_WHOLE, true, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        memset(&way, 0, sizeof way);
        desk->count = 0;
        memset(desk->number, 0, sizeof desk->number);
        for (size_t k = 0; k < 4 && rows[i].flags[k] != NULL; k++)
            *rows[i].flags[k] = true;
        struct uw_sat sat = open_way();
        if (sat.path != rows[i].path || sat.asks_response != rows[i].asks ||
            sat.asks_with_direction != rows[i].with_direction)
            fail_msg("%s: path %d, response %d %d", rows[i].name, sat.path, sat.asks_response,
                     sat.asks_with_direction);
        assert_in_range(desk->count, 2, 12);
        uw_sat_close(&sat, LIMIT_MS);
    }
}

/* Where COUNT may be lost, what depends on it is not sent at all. */
static void what_count_matters_to_is_refused(void **state)
{
    (void)state;
    static const enum uw_ata_path paths[] = {UW_ATA_PATH_NONE, UW_ATA_PATH_DATA_ONLY,
                                             UW_ATA_PATH_COUNT_ZEROED};
    desk->number[D_SENSE] = 1;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        struct uw_sat sat = {.below = below, .path = paths[i]};
        const struct uw_ata_command rows[] = {uw_ata_sanitize_overwrite(0, false),
                                              uw_ata_sanitize_overwrite(0, true),
                                              uw_ata_sanitize_status(true)};
        for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
            struct uw_ata_command command = rows[k];
            struct uw_error e = {0};
            bool stalled = true;
            assert_false(uw_sat_ask(&sat, &command, LIMIT_MS, &stalled, &e));
            assert_false(stalled);
            assert_int_equal(e.code, UW_E_REFUSED);
            assert_int_equal(command.outcome, UW_ATA_NO_ANSWER);
            assert_int_not_equal(command.host_errno, 0);
        }
        assert_int_equal(desk->count, 0);
        /* Its twins, which have no COUNT. */
        ask(&sat, uw_ata_sanitize_status(false));
        ask(&sat, uw_ata_sanitize_block());
        assert_int_equal(desk->count, 2);
        desk->count = 0;
    }
    struct uw_sat whole_way = {.below = below, .path = UW_ATA_PATH_WHOLE};
    ask(&whole_way, uw_ata_sanitize_overwrite(0, true));
    assert_int_equal(desk->count, 1);
}

/* Registers of a command that went well come by a second one, with all their bits. */
static void registers_by_a_second_command(void **state)
{
    (void)state;
    struct uw_sat sat = {.below = below, .path = UW_ATA_PATH_WHOLE, .asks_response = true};
    way.response = true;
    way.mute = true;
    desk->number[GOES_WELL] = 1; /* commands go well */
    struct uw_ata_command status = ask(&sat, uw_ata_sanitize_status(false));
    assert_int_equal(status.outcome, UW_ATA_DONE);
    assert_int_equal(status.registers.count, 0x8000);
    assert_int_equal(desk->count, 2);
    assert_int_equal(desk->sent[0].cdb[2], 0); /* no CK_COND */
    assert_int_equal(desk->sent[1].cdb[1], RESPONSE << 1);
    /* Of one that fails, the reason. */
    desk->number[GOES_WELL] = 0;
    desk->count = 0;
    status = ask(&sat, uw_ata_sanitize_status(false));
    assert_int_equal(status.outcome, UW_ATA_ABORTED);
    assert_int_equal(status.registers.error, 0x04);
    /* And of one without an answer nothing is made up. */
    way.response = false;
    desk->number[GOES_WELL] = 1;
    status = ask(&sat, uw_ata_sanitize_status(false));
    assert_int_equal(status.outcome, UW_ATA_NO_REGISTERS);
    assert_false(status.registers.known);
}

/* ACS-4 7.41: ERASE UNIT follows ERASE PREPARE at once. Data are their own answer. */
static void nothing_between_prepare_and_erase(void **state)
{
    (void)state;
    static const uint8_t password[UW_ATA_PASSWORD_BYTES] = "x";
    uint8_t block[UW_ATA_BLOCK_BYTES];
    for (unsigned i = 0; i < 2; i++) {
        struct uw_sat sat = {.below = below, .path = UW_ATA_PATH_WHOLE, .asks_response = i == 1};
        way.response = way.response_with_direction = true;
        way.mute = i == 1;
        desk->number[GOES_WELL] = 1;
        desk->number[D_SENSE] = 1;
        desk->count = 0;
        ask(&sat, uw_ata_erase_prepare());
        struct uw_ata_command erase = ask(&sat, uw_ata_erase_unit(UW_ATA_USER, password, false, 1000, block));
        assert_int_equal(desk->count, 2);
        assert_int_equal(desk->sent[0].cdb[14], 0xf3);
        assert_int_equal(desk->sent[1].cdb[14], 0xf4);
        assert_int_equal(desk->sent[1].cdb[2], 0x06);
        assert_int_equal(erase.outcome, UW_ATA_DONE);
        ask(&sat, uw_ata_identify_device(block));
        assert_int_equal(desk->count, 3);
        assert_int_equal(desk->sent[2].cdb[2], 0x0e);
    }
}

static void a_way_that_hangs(void **state)
{
    (void)state;
    static const uint8_t opcodes[] = {0x5a, 0x55, 0x85};
    for (unsigned i = 0; i < 3; i++) {
        struct uw_sat sat;
        struct uw_error e = {0};
        bool stalled = false;
        way.hangs_at = opcodes[i];
        desk->count = 0;
        desk->number[D_SENSE] = 0;
        assert_false(uw_sat_open(&sat, below, SHORT_MS, &stalled, &e));
        assert_true(stalled && below->abandoned);
        assert_int_equal(e.errno_value, ETIMEDOUT);
        assert_int_equal(sat.path, UW_ATA_PATH_NONE);
        assert_int_equal(desk->count, i + 1);
        desk_release();
        uw_sat_close(&sat, SHORT_MS);
        assert_int_equal(desk->count, i + 1);
        below->abandoned = false;
    }
}

static void no_way_without_scsi(void **state)
{
    (void)state;
    static const struct uw_transport_ops none = {.name = "none"};
    struct uw_transport t = {.ops = &none};
    struct uw_sat sat;
    struct uw_error e = {0};
    bool stalled = true;
    assert_false(uw_sat_open(&sat, &t, LIMIT_MS, &stalled, &e));
    assert_false(stalled);
    assert_int_equal(e.code, UW_E_IO);
    uw_sat_close(&sat, LIMIT_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        way_test(whole),
        way_test(the_page_goes_back_as_it_came),
        way_test(without_the_switch),
        way_test(every_way),
        way_test(what_count_matters_to_is_refused),
        way_test(registers_by_a_second_command),
        way_test(nothing_between_prepare_and_erase),
        way_test(a_way_that_hangs),
        way_test(no_way_without_scsi),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
