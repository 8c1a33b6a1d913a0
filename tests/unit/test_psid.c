/* SPDX-License-Identifier: Apache-2.0 */
/* The file of PSIDs. */
#include "engine/psid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define PSID "0123456789ABCDEFGHIJKLMNOPQRSTUV"
#define OTHER "VUTSRQPONMLKJIHGFEDCBA9876543210"

static const struct {
    const char *text;
    const char *psid; /* of SER1; NULL: the file is refused */
} rows[] = {
    {"", ""},
    {"\n\n  \n", ""},
    {"# SER1 " PSID "\n", ""},
    {"SER1 " PSID "\n", PSID},
    {"SER1 " PSID, PSID},
    {"  SER1 \t " PSID " \r\n", PSID},
    {"SER2 " OTHER "\nSER1 " PSID "\n", PSID},
    {"SER1 01234567-89ABCDEF-GHIJKLMN-OPQRSTUV\n", PSID},
    {"SER1 " PSID "\nSER1 " PSID "\n", PSID},
    {"SER11 " PSID "\nSER " PSID "\nser1 " PSID "\n", ""},
    {"SER1 " PSID "\nSER1 " OTHER "\n", NULL},
    {"SER1\n", NULL},
    {"SER1 " PSID " more\n", NULL},
    {"SER1 " PSID "X\n", NULL},
    {"SER1 0123456789ABCDEFGHIJKLMNOPQRSTU\n", NULL},
    {"SER1 0123456789ABCDEFGHIJKLMNOPQRSTU!\n", NULL},
    {"SER1 0123456789ABCDEFGHIJKLMNOPQRST\x01V\n", NULL},
    {"SER2 short\nSER1 " PSID "\n", NULL},
    {"-------------------------------- --------------------------------\n", NULL},
};

static void lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct uw_drive drive = {.serial = "SER1", .psid = "what was there"};
        struct uw_error e = {0};
        bool good = uw_psid_give(rows[i].text, "psids", &drive, &e);
        if (good != (rows[i].psid != NULL))
            fail_msg("row %zu: %s", i, good ? "taken" : e.text);
        if (good)
            assert_string_equal(drive.psid, rows[i].psid);
    }
}

/* What is wrong may be a PSID all the same: it is not shown. */
static void errors_keep_it(void **state)
{
    (void)state;
    struct uw_drive drive = {.serial = "SER1"};
    struct uw_error e = {0};
    assert_false(uw_psid_give("\nSER1 " PSID "X\n", "psids", &drive, &e));
    assert_int_equal(e.code, UW_E_USAGE);
    assert_non_null(strstr(e.text, "psids, line 2"));
    assert_null(strstr(e.text, "0123"));
}

/* A drive that tells no serial has none of the file's. */
static void no_serial(void **state)
{
    (void)state;
    struct uw_drive drive = {.serial = ""};
    assert_true(uw_psid_give("SER1 " PSID "\n", "psids", &drive, NULL));
    assert_string_equal(drive.psid, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(lines), cmocka_unit_test(errors_keep_it),
                                       cmocka_unit_test(no_serial)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
