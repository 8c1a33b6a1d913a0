/* SPDX-License-Identifier: Apache-2.0 */
/* The note that a drive may have our password: found again by the drive's own serial, on whatever way to it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/own_password.h"

static struct uw_drive drive(const char *host_serial, const char *own_serial)
{
    struct uw_drive drive = {.bus = UW_BUS_ATA};
    snprintf(drive.serial, sizeof drive.serial, "%s", host_serial);
    drive.ata.known = true;
    snprintf(drive.ata.identify.serial, sizeof drive.ata.identify.serial, "%s", own_serial);
    return drive;
}

static void by_its_own_serial(void **state)
{
    char folder[] = "/tmp/unwrite-own-password.XXXXXX", inner[64];
    struct uw_error e = {0};
    (void)state;
    assert_non_null(mkdtemp(folder));
    struct uw_drive here = drive("HOST-1", "OWN-1"), elsewhere = drive("", "OWN-1"),
                    other = drive("HOST-1", "OWN-2"), silent = drive("HOST-1", "");
    assert_true(uw_own_password_note(folder, &here, &e));
    assert_true(uw_own_password_note(folder, &here, &e));
    assert_true(uw_own_password_is_noted(folder, &elsewhere));
    assert_false(uw_own_password_is_noted(folder, &other));
    assert_false(uw_own_password_is_noted(folder, &silent));
    assert_false(uw_own_password_note(folder, &silent, &e));
    assert_int_equal(e.code, UW_E_STORE);
    uw_own_password_forget(folder, &other);
    assert_true(uw_own_password_is_noted(folder, &here));
    uw_own_password_forget(folder, &elsewhere);
    assert_false(uw_own_password_is_noted(folder, &here));
    snprintf(inner, sizeof inner, "%s/own-password", folder);
    assert_int_equal(rmdir(inner), 0);
    assert_int_equal(rmdir(folder), 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(by_its_own_serial)};
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests_name("own password", tests, NULL, NULL);
}
