/* SPDX-License-Identifier: Apache-2.0 */
/* What of a drive's hidden areas is opened, and what the drive is taken for afterwards. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/hidden.h"

enum { UNKNOWN = UW_HIDDEN_UNKNOWN, NO = UW_HIDDEN_NONE, YES = UW_HIDDEN_PRESENT };
enum { SHOWN = 1000, NATIVE = 1100, WHOLE = 1200, BLOCK = 512 };

static struct uw_drive drive_of(int amax, int hpa, int dco)
{
    struct uw_drive drive = {.bus = UW_BUS_ATA, .bytes = SHOWN * BLOCK, .logical_block_bytes = BLOCK};
    drive.ata.known = true;
    drive.ata.amax = (enum uw_hidden)amax;
    drive.ata.hpa = (enum uw_hidden)hpa;
    drive.ata.dco = (enum uw_hidden)dco;
    drive.ata.identify.sectors = SHOWN;
    drive.ata.native_sectors = amax == YES || hpa == YES ? NATIVE : SHOWN;
    drive.ata.dco_sectors = WHOLE;
    return drive;
}

static void what_is_opened(void **state)
{
    (void)state;
    static const struct {
        int amax, hpa, dco;
        bool restore, password, opens_amax, opens_hpa, opens_dco;
        uint64_t sectors;
    } rows[] = {
        {NO, NO, NO, true, false, false, false, false, 0},
        {NO, YES, NO, false, false, false, true, false, NATIVE},
        {YES, NO, NO, false, false, true, false, false, NATIVE},
        {NO, YES, NO, false, true, false, false, false, 0},
        {NO, UNKNOWN, NO, true, false, false, false, false, 0},
        {UNKNOWN, NO, UNKNOWN, true, false, false, false, false, 0},
        {NO, NO, YES, false, false, false, false, false, 0},
        {NO, NO, YES, true, false, false, false, true, WHOLE},
        {NO, YES, YES, false, false, false, true, false, NATIVE},
        {NO, YES, YES, true, false, false, true, true, WHOLE},
        {NO, YES, YES, true, true, false, false, false, 0}, /* aborts while the HPA is set */
        {YES, NO, YES, true, false, true, false, true, WHOLE},
        {NO, UNKNOWN, YES, true, false, false, false, true, WHOLE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct uw_drive drive = drive_of(rows[i].amax, rows[i].hpa, rows[i].dco);
        drive.ata.identify.hpa_locked_by_password = rows[i].password;
        struct uw_opens opens = uw_hidden_opens(&drive, rows[i].restore);
        if (opens.areas[UW_AREA_AMAX] != rows[i].opens_amax ||
            opens.areas[UW_AREA_HPA] != rows[i].opens_hpa || opens.areas[UW_AREA_DCO] != rows[i].opens_dco ||
            opens.sectors != rows[i].sectors)
            fail_msg("row %zu: amax %d, hpa %d, dco %d, %llu sectors", i, opens.areas[UW_AREA_AMAX],
                     opens.areas[UW_AREA_HPA], opens.areas[UW_AREA_DCO], (unsigned long long)opens.sectors);
        assert_int_equal(uw_opens_any(&opens), rows[i].sectors != 0);
        drive.bus = UW_BUS_USB;
        opens = uw_hidden_opens(&drive, rows[i].restore);
        assert_false(uw_opens_any(&opens));
        drive.bus = UW_BUS_ATA;
        drive.ata.known = false;
        opens = uw_hidden_opens(&drive, rows[i].restore);
        assert_false(uw_opens_any(&opens));
    }
}

static void what_is_assumed(void **state)
{
    (void)state;
    struct uw_drive drive = drive_of(NO, YES, YES);
    struct uw_opens opens = uw_hidden_opens(&drive, false);
    uw_hidden_assume(&drive, &opens);
    assert_int_equal(drive.bytes, NATIVE * BLOCK);
    assert_int_equal(drive.ata.hpa, NO);
    assert_int_equal(drive.ata.dco, YES);
    drive = drive_of(NO, UNKNOWN, YES);
    opens = uw_hidden_opens(&drive, true);
    uw_hidden_assume(&drive, &opens);
    assert_int_equal(drive.bytes, WHOLE * BLOCK);
    assert_int_equal(drive.ata.hpa, NO);
    assert_int_equal(drive.ata.dco, NO);
}

/* Only what the host reaches is open. */
static void what_it_is_then(void **state)
{
    (void)state;
    static const struct {
        int amax, hpa, dco;
        uint64_t sectors, native, host;
        int is_amax, is_hpa, is_dco;
    } rows[] = {
        {NO, YES, NO, NATIVE, NATIVE, NATIVE, NO, NO, NO},
        {NO, YES, NO, NATIVE, NATIVE, SHOWN, NO, YES, NO},          /* the host does not follow */
        {NO, YES, NO, SHOWN, NATIVE, SHOWN, NO, YES, NO},           /* nothing was opened */
        {NO, YES, NO, NATIVE - 1, NATIVE, NATIVE - 1, NO, YES, NO}, /* less than it says */
        {YES, NO, NO, NATIVE, NATIVE, NATIVE, NO, NO, NO},
        {YES, NO, NO, NATIVE, NATIVE, SHOWN, YES, NO, NO},
        {NO, YES, YES, NATIVE, NATIVE, NATIVE, NO, NO, YES},
        {NO, YES, YES, WHOLE, WHOLE, WHOLE, NO, NO, NO},
        {NO, YES, YES, WHOLE, WHOLE, NATIVE, NO, YES, YES},
        {NO, NO, YES, WHOLE, WHOLE, WHOLE, NO, NO, NO},
        {NO, NO, YES, SHOWN, SHOWN, SHOWN, NO, NO, YES},
        {UNKNOWN, NO, NO, SHOWN, SHOWN, SHOWN, UNKNOWN, NO, NO},
        {NO, UNKNOWN, YES, WHOLE, WHOLE, WHOLE, NO, NO, NO}, /* told by the restored drive */
        {NO, UNKNOWN, YES, SHOWN, 0, SHOWN, NO, UNKNOWN, YES},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct uw_drive drive = drive_of(rows[i].amax, rows[i].hpa, rows[i].dco);
        struct uw_ata_identify now = {
            .known = true, .sectors = rows[i].sectors, .logical_block_bytes = BLOCK};
        now.amax = rows[i].amax != NO;
        now.hpa = rows[i].amax == NO;
        uw_hidden_settle(&drive, &now, rows[i].native, rows[i].host * BLOCK);
        if ((int)drive.ata.amax != rows[i].is_amax || (int)drive.ata.hpa != rows[i].is_hpa ||
            (int)drive.ata.dco != rows[i].is_dco)
            fail_msg("row %zu: amax %d, hpa %d, dco %d", i, drive.ata.amax, drive.ata.hpa, drive.ata.dco);
        assert_int_equal(drive.bytes, rows[i].host * BLOCK);
        assert_int_equal(drive.ata.identify.sectors, rows[i].sectors);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_opened),
        cmocka_unit_test(what_is_assumed),
        cmocka_unit_test(what_it_is_then),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
