/* SPDX-License-Identifier: Apache-2.0 */
/* What a drive says of itself: vital product data pages, attributes in sysfs, and where such text goes. */
#include <stdlib.h>
#include <string.h>

#include "core/drive.h"
#include "fuzz.h"
#include "output/output.h"
#include "probe/sysfs.h"
#include "probe/vpd.h"
#include "unwrite/unwrite.h"

static void check_pages(const uint8_t *page, size_t bytes)
{
    char serial[UW_DRIVE_STRING_BYTES], wwn[UW_DRIVE_STRING_BYTES], tight[35];
    bool has_serial = uw_vpd_serial(page, bytes, serial, sizeof serial);
    must(has_serial || serial[0] == '\0');
    must_be_printable(serial, false);
    bool has_wwn = uw_vpd_wwn(page, bytes, wwn, sizeof wwn);
    must(has_wwn == (wwn[0] != '\0'));
    size_t digits = strlen(wwn) - (has_wwn ? 2 : 0);
    must(!has_wwn || strncmp(wwn, "0x", 2) == 0);
    must(!has_wwn || strspn(wwn + 2, "0123456789abcdef") == digits);
    must(!has_wwn || digits == 16 || digits == 24 || digits == 32);
    must(uw_vpd_wwn(page, bytes, tight, sizeof tight) == has_wwn && strcmp(wwn, tight) == 0);
    must(!uw_vpd_wwn(page, bytes, tight, sizeof tight - 1));
    must(uw_vpd_rotation(page, bytes) == 0 || (bytes >= 6 && page[1] == 0xb1));
}

/* Cut anywhere it stays what it was: a beginning of the whole. */
static void check_clean(const char *from, size_t bytes)
{
    static const size_t sizes[] = {1, 2, 3, 4, 5, 8, 64, UW_DRIVE_STRING_BYTES};
    char *whole = malloc(bytes + 1);
    must(whole != NULL);
    uw_clean_string(whole, bytes + 1, from, bytes);
#ifdef FUZZ_SELFTEST
    /* A cleaner that lets the bell through. */
    if (memchr(from, '\a', bytes) != NULL && strchr(whole, '?') != NULL)
        *strchr(whole, '?') = '\a';
#endif
    must_be_printable(whole, false);
    must(whole[0] != ' ' && (whole[0] == '\0' || whole[strlen(whole) - 1] != ' '));
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char *cut = malloc(sizes[i]), *again = malloc(sizes[i]);
        must(cut != NULL && again != NULL);
        uw_clean_string(cut, sizes[i], from, bytes);
        must_be_printable(cut, false);
        must(strncmp(cut, whole, strlen(cut)) == 0);
        must(strlen(cut) + 4 >= sizes[i] || strlen(whole) <= sizes[i] + 4 || strchr(whole, ' ') != NULL);
        uw_clean_string(again, sizes[i], cut, strlen(cut));
        must(strcmp(cut, again) == 0);
        uw_text_printable(whole, again, sizes[i]);
        must(strncmp(again, whole, strlen(again)) == 0);
        free(cut);
        free(again);
    }
    free(whole);
}

/* One drive whose every string is that text, as sysfs hands it out. */
static void check_drive(const char *folder, const char *name)
{
    struct uw_drive drive = {.bytes = 1 << 20, .logical_block_bytes = 512, .physical_block_bytes = 512};
    bool read = uw_read_text(folder, name, drive.model, sizeof drive.model);
    must(read);
    uw_read_text(folder, name, drive.vendor, sizeof drive.vendor);
    uw_read_text(folder, name, drive.serial, sizeof drive.serial);
    uw_read_text(folder, name, drive.firmware, sizeof drive.firmware);
    uw_read_text(folder, name, drive.device, sizeof drive.device);
    uw_read_text(folder, name, drive.name, sizeof drive.name);
    must_be_printable(drive.model, false);
    must(uw_drive_add_use(&drive, "mount", drive.model) && uw_drive_add_content(&drive, drive.model));
    uw_drive_set_id(&drive, true);
    must_be_printable(drive.id, false);
    must_be_document(uw_drive_list_json(&drive));
    must_be_document(uw_drive_medium_json(&drive));
    uw_drive_clear(&drive);
}

static void check_numbers(const char *folder, const char *name, const char *text, size_t bytes)
{
    uint64_t number;
    dev_t devnum;
    size_t digits = strspn(text, "0123456789");
    if (uw_read_number(folder, name, &number)) {
        must(digits > 0 && number == strtoull(text, NULL, 10));
        must(digits == bytes || (digits + 1 == bytes && text[digits] == '\n'));
    }
    if (uw_parse_devnum(text, &devnum))
        must(digits > 0 && digits <= 8 && text[digits] == ':');
}

/* A file name is one whatever a drive calls itself. */
static void check_name(const char *text)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    char name[256];
    uw_store_name(text, text, text, "certificate", name, sizeof name);
    must(name[0] != '.' && strspn(name, plain) == strlen(name));
    must(strlen(name) <= 99 && strcmp(name + strlen(name) - 17, ".certificate.json") == 0);
}

/* An order: the two halves of the text as names. */
static void check_order(char *text)
{
    char *half = text + strlen(text) / 2, *a = strndup(text, (size_t)(half - text));
    must(a != NULL);
    int one = uw_name_compare(a, half), other = uw_name_compare(half, a);
    must((one < 0) == (other > 0) && (one == 0) == (other == 0));
    must(uw_name_compare(a, a) == 0);
    free(a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    check_pages(data, bytes);
    check_clean((const char *)data, bytes);
    const char *path = fuzz_file(data, bytes);
    const char *name = path + strlen(fuzz_file_folder) + 1;
    char *text = strndup((const char *)data, bytes);
    must(text != NULL);
    check_drive(fuzz_file_folder, name);
    check_numbers(fuzz_file_folder, name, text, bytes);
    check_name(text);
    check_order(text);
    free(text);
    return 0;
}
