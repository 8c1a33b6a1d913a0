/* SPDX-License-Identifier: Apache-2.0 */
/* What the probe makes of an ATA drive's answers, hostile ones among them, and how documents say it. Words:
 * ACS-4 7.12 (IDENTIFY DEVICE), 9.11 (log 30h). */
#include "sg_desk.h"

#include <sys/file.h>

#include "core/drive_ata.h"
#include "core/drive_nvme.h"
#include "core/policy.h"
#include "probe/ata.h"
#include "transport/process.h"
#include "trace_file.h"
#include "tree.h"

enum { LIMIT_MS = 20000, SHORT_MS = 500, SECTORS = 1000000 };

enum answer {
    IDENTIFY,
    DIRECTORY,
    LIST,
    SUPPORTED,
    SECURITY,
    SANITIZE,
    NATIVE,
    AMAX,
    DCO,
    NOP,
    MODE,
    ANSWERS
};

/* What the drive answers to each question. */
static struct {
    bool aborts, hangs, unheard, mute;
    int error; /* errno of the call */
    uint8_t bytes[512];
    struct desk_registers registers;
} script[ANSWERS];

static bool is_short; /* takes 28 bits of an address */
static bool changes;  /* IDENTIFY says something else each time */

static enum answer which(const uint8_t *cdb)
{
    uint64_t lba = desk_lba(cdb);
    switch (cdb[0] == 0x85 ? cdb[14] : 0xff) {
    case 0x00:
        return NOP;
    case 0x27:
    case 0xf8:
        if ((cdb[14] == 0xf8) != is_short)
            desk_refuse("the other form", cdb[14]);
        return NATIVE;
    case 0x2f:
        return lba == 0x00 ? DIRECTORY : lba == 0x30 ? LIST : lba == 0x330 ? SUPPORTED : SECURITY;
    case 0x78:
        return AMAX;
    case 0xb1:
        return DCO;
    case 0xb4:
        return SANITIZE;
    case 0xec:
        return IDENTIFY;
    default:
        if (cdb[0] != 0x5a)
            desk_refuse("command", cdb[0]);
        return MODE;
    }
}

/* Nothing that could change the drive. */
static void check_harmless(const uint8_t *cdb, enum answer answer)
{
    if (cdb[0] == 0x85 && answer != NOP &&
        (cdb[3] != 0 || cdb[4] != (answer == DCO ? 0xc2 : 0) || desk_count(cdb) > 1))
        desk_refuse("function of command", cdb[14]);
    if (answer == SECURITY && desk_lba(cdb) != 0x630)
        desk_refuse("log", desk_lba(cdb));
}

static int serve(struct sg_io_hdr *io)
{
    enum answer answer = which(io->cmdp);
    check_harmless(io->cmdp, answer);
    desk->number[answer % 8] += answer < 8;
    if (script[answer].hangs)
        return desk_hang(io);
    errno = script[answer].error;
    if (errno != 0)
        return -1;
    if (script[answer].unheard)
        return desk_fail(io, 5, 0x20, 0);
    if (answer == MODE) /* descriptor sense is what it has */
        return desk_data(io, script[MODE].bytes, 20);
    struct desk_registers r = script[answer].registers;
    if (answer == NOP) {
        r = (struct desk_registers){0x51, 0x04, 0x40, desk_count(io->cmdp), desk_lba(io->cmdp)};
        if (script[NOP].mute)
            return desk_fail(io, 0x0b, 0, 0);
        if (script[NOP].bytes[0] == 1)
            r.count = 0;
    }
    if (script[answer].aborts)
        r = (struct desk_registers){0x51, 0x04, 0x40, 0, script[answer].registers.lba};
    if (answer == NOP || script[answer].aborts || io->dxfer_len == 0)
        return desk_return(io, &r);
    if (answer == IDENTIFY && changes && desk->number[IDENTIFY] == 2)
        script[IDENTIFY].bytes[40]++; /* without its checksum: decides nothing here but equality */
    return desk_data(io, script[answer].bytes, 512);
}

static void set_word(enum answer answer, size_t index, uint64_t value, size_t words)
{
    for (size_t i = 0; i < words; i++) {
        script[answer].bytes[2 * (index + i)] = (uint8_t)(value >> 16 * i);
        script[answer].bytes[2 * (index + i) + 1] = (uint8_t)(value >> (16 * i + 8));
    }
}

static void set_text(size_t index, size_t words, const char *text)
{
    size_t length = strlen(text);
    for (size_t i = 0; i < 2 * words; i++)
        script[IDENTIFY].bytes[2 * index + (i ^ 1)] = i < length ? (uint8_t)text[i] : ' ';
}

static void sum(enum answer answer)
{
    uint8_t total = 0, *b = script[answer].bytes;
    b[510] = 0xa5;
    for (size_t i = 0; i < 511; i++)
        total = (uint8_t)(total + b[i]);
    b[511] = (uint8_t)-total;
}

/* A disk with everything: security, all of sanitize, HPA, DCO; nothing is hidden. */
static int good_drive(void **state)
{
    static const uint8_t mode[20] = {0, 18, [8] = 0x0a, 0x0a, 0x06};
    int result = desk_open(state);
    memset(script, 0, sizeof script);
    changes = is_short = false;
    set_text(10, 10, "  S3Z9 NB0K");
    set_text(23, 4, "FW1");
    set_text(27, 20, "EXAMPLE\x1b[2J DISK");
    set_word(IDENTIFY, 53, 0x0006, 1);
    set_word(IDENTIFY, 59, 0xfc00, 1);
    set_word(IDENTIFY, 60, SECTORS, 2);
    set_word(IDENTIFY, 69, 0x0010, 1);
    set_word(IDENTIFY, 82, 0x0422, 1);
    set_word(IDENTIFY, 83, 0x4c00, 1);
    set_word(IDENTIFY, 84, 0x4020, 1);
    set_word(IDENTIFY, 85, 0x0420, 1);
    set_word(IDENTIFY, 86, 0x0c00, 1);
    set_word(IDENTIFY, 87, 0x4020, 1);
    set_word(IDENTIFY, 89, 30, 1);
    set_word(IDENTIFY, 92, 0xfffe, 1);
    set_word(IDENTIFY, 100, SECTORS, 4);
    set_word(IDENTIFY, 128, 0x0029, 1);
    sum(IDENTIFY);
    set_word(DIRECTORY, 0x30, 9, 1);
    set_word(LIST, 0, 0x8000000000000001, 4);
    memcpy(script[LIST].bytes + 8, "\x04\x00\x01\x03\x06", 5);
    set_word(SUPPORTED, 0, 0x8000000000030001, 4);
    set_word(SUPPORTED, 4, 0x8008000000000000, 4);
    set_word(SECURITY, 0, 0x8000000000060001, 4);
    set_word(SECURITY, 24, 0x8000000000000080, 4);
    script[SANITIZE].registers = (struct desk_registers){0x50, 0, 0x40, 0x9000, 0xffff};
    script[NATIVE].registers = (struct desk_registers){0x50, 0, 0x40, 0, SECTORS - 1};
    script[AMAX].registers = (struct desk_registers){0x50, 0, 0x40, 0, SECTORS - 1};
    set_word(DCO, 3, SECTORS - 1, 4);
    sum(DCO);
    memcpy(script[MODE].bytes, mode, sizeof mode);
    desk_serve = serve;
    return result;
}

#define drive_test(f) cmocka_unit_test_setup_teardown(f, good_drive, desk_close)

static struct uw_drive drive_of(enum uw_bus bus)
{
    struct uw_drive drive = {.bus = bus,
                             .media = UW_MEDIA_HDD,
                             .hardware = true,
                             .device = "/dev/sdb",
                             .serial = "S3Z9_NB0K",
                             .devnum = makedev(8, 16),
                             .bytes = SECTORS * 512ULL};
    return drive;
}

/* What was sent is what stands in the record, each command once and in order. */
static void compare_trace(json_t *sent)
{
    size_t i;
    json_t *line;
    assert_int_equal(json_array_size(sent), desk->count);
    json_array_foreach(sent, i, line) {
        const struct desk_command *seen = &desk->sent[i];
        char hex[2 * sizeof seen->cdb + 1];
        for (size_t k = 0; k < seen->cdb_bytes; k++)
            snprintf(hex + 2 * k, 3, "%02x", seen->cdb[k]);
        assert_string_equal(json_string_value(json_object_get(line, "hex")), hex);
        assert_int_equal(json_integer_value(json_object_get(line, "data_bytes")), seen->data_bytes);
        assert_string_equal(json_string_value(json_object_get(line, "device")), "/dev/sdb");
    }
    json_decref(sent);
}

static void look_at(struct uw_drive *drive, int limit_ms, bool answers)
{
    int fd = desk_file();
    desk->count = 0;
    memset(desk->number, 0, sizeof desk->number);
    uw_ata_set_unknown(drive, "not_probed");
    struct uw_trace *trace = trace_begin();
    assert_int_equal(uw_ata_look(fd, limit_ms, trace, drive), answers);
    close(fd);
    compare_trace(trace_end(trace));
}

static struct uw_drive look(void)
{
    struct uw_drive drive = drive_of(UW_BUS_ATA);
    look_at(&drive, LIMIT_MS, true);
    return drive;
}

static struct uw_drive look_at_size(uint64_t bytes)
{
    struct uw_drive drive = drive_of(UW_BUS_ATA);
    drive.bytes = bytes;
    look_at(&drive, LIMIT_MS, true);
    return drive;
}

static void check_reason(const struct uw_drive *drive, const char *field, const char *reason)
{
    const char *got = uw_drive_unknown_reason(drive, field);
    if (got != reason && (got == NULL || reason == NULL || strcmp(got, reason) != 0))
        fail_msg("%s: %s, wanted %s", field, got == NULL ? "known" : got, reason == NULL ? "known" : reason);
}

static json_t *entry_of(const struct uw_drive *drive)
{
    json_t *entry = json_pack("{s:{}}", "unknown");
    assert_true(uw_ata_add_list(entry, drive));
    assert_true(uw_nvme_add_list(entry, drive));
    return entry;
}

static void check_at(const json_t *object, const char *path, const char *wanted)
{
    char key[64];
    const json_t *value = object;
    for (const char *p = path; *p != '\0';) {
        size_t length = strcspn(p, ".");
        snprintf(key, sizeof key, "%.*s", (int)length, p);
        value = json_object_get(value, key);
        p += length + (p[length] == '.');
    }
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    if (text == NULL || strcmp(text, wanted) != 0)
        fail_msg("%s: %s, wanted %s", path, text == NULL ? "missing" : text, wanted);
    free(text);
}

static void asks_what_it_needs(void **state)
{
    (void)state;
    static const uint8_t wanted[] = {0xec, 0, 0, 0, 0, 0x2f, 0x2f, 0x2f, 0x2f, 0xb4, 0x27, 0xb1};
    struct uw_drive d = look();
    assert_true(d.ata.known);
    assert_int_equal(d.ata.path, UW_ATA_PATH_WHOLE);
    assert_int_equal(desk->count, sizeof wanted);
    for (size_t i = 0; i < sizeof wanted; i++)
        assert_int_equal(desk->sent[i].cdb[0] == 0x85 ? desk->sent[i].cdb[14] : 0, wanted[i]);
    assert_true(d.ata.log.known && d.ata.log.definitive_ending_pattern);
    assert_true(d.ata.log.restricted_sanitize_overrides_security);
    assert_int_equal(d.ata.sanitize.state, UW_ATA_SANITIZE_DONE);
    assert_int_equal(d.ata.hpa, UW_HIDDEN_NONE);
    assert_int_equal(d.ata.dco, UW_HIDDEN_NONE);
    assert_int_equal(d.ata.amax, UW_HIDDEN_NONE);
    assert_int_equal(d.ata.native_sectors, SECTORS);
    assert_int_equal(d.ata.dco_sectors, SECTORS);
    /* This one has no SMART. */
    assert_int_equal(d.unknown_count, 1);
    check_reason(&d, "health", "not_supported");
}

static void says_it_in_documents(void **state)
{
    (void)state;
    struct uw_drive d = look();
    json_t *entry = entry_of(&d), *medium = uw_drive_medium_json(&d);
    check_at(entry, "hidden.hpa", "\"none\"");
    check_at(entry, "hidden.dco", "\"none\"");
    check_at(entry, "hidden.amax", "\"none\"");
    check_at(entry, "capabilities.security",
             "{\"supported\":true,\"enabled\":false,\"locked\":false,\"frozen\":true,\"expired\":false,"
             "\"enhanced\":true,\"maximum\":false,\"erase_minutes\":60,\"enhanced_minutes\":null,"
             "\"master_id\":65534}");
    check_at(entry, "capabilities.sanitize",
             "{\"supported\":true,\"crypto\":true,\"block\":true,\"overwrite\":true,\"antifreeze\":true,"
             "\"definitive_ending_pattern\":true}");
    check_at(entry, "capabilities.sanitize_status",
             "{\"state\":\"done\",\"progress\":65535,\"frozen\":false,\"raw\":\"50009000"
             "00000000ffff\"}");
    check_at(entry, "capabilities.path", "\"whole\"");
    check_at(entry, "capabilities.raw.word59", "\"fc00\"");
    check_at(entry, "capabilities.raw.word128", "\"0029\"");
    check_at(entry, "unknown",
             "{\"hidden.unattached_namespaces\":\"not_applicable\",\"hidden.unallocated_bytes\":\"not_"
             "applicable\",\"capabilities.security.enhanced_minutes\":\"not_supported\","
             "\"health\":\"not_supported\"}");
    check_at(medium, "capacity.native_max", "1000000");
    check_at(medium, "capacity.dco_max", "1000000");
    json_decref(entry);
    json_decref(medium);
}

static void nothing_answered(void **state)
{
    (void)state;
    script[IDENTIFY].error = EPERM;
    struct uw_drive d = look();
    assert_false(d.ata.known);
    assert_int_equal(desk->count, 1);
    json_t *entry = entry_of(&d);
    check_at(entry, "capabilities",
             "{\"security\":null,\"sanitize\":null,\"sanitize_status\":null,\"path\":null,\"raw\":null}");
    check_at(entry, "hidden.hpa", "null");
    check_at(entry, "unknown",
             "{\"hidden.hpa\":\"no_permission\",\"hidden.dco\":\"no_permission\",\"hidden.amax\":\"no_"
             "permission\",\"hidden.unattached_namespaces\":\"not_applicable\",\"hidden.unallocated_bytes\":"
             "\"not_applicable\",\"capabilities.security\":\"no_permission\",\"capabilities.sanitize\":\"no_"
             "permission\",\"capabilities.sanitize_status\":\"no_permission\",\"capabilities.path\":\"no_"
             "permission\",\"capabilities.raw\":\"no_permission\",\"health\":\"no_permission\"}");
    json_decref(entry);
}

enum lie { SERIAL, SIZE, CHECKSUM, NO_CHECKSUM, NO_SERIAL, NO_SIZE, ZEROS, ALTERNATES, LIES };

static void tell(enum lie lie)
{
    if (lie == SERIAL)
        set_text(10, 10, "S3Z9 NB0L");
    if (lie == NO_SERIAL)
        set_text(10, 10, "");
    if (lie == SIZE)
        set_word(IDENTIFY, 100, SECTORS + 1, 4);
    if (lie == NO_SIZE) {
        set_word(IDENTIFY, 100, 0, 4);
        set_word(IDENTIFY, 60, 0, 2);
    }
    sum(IDENTIFY);
    if (lie == CHECKSUM)
        script[IDENTIFY].bytes[100]++;
    if (lie == NO_CHECKSUM)
        set_word(IDENTIFY, 255, 0, 1);
    if (lie == ZEROS)
        memset(script[IDENTIFY].bytes, 0, 512);
    changes = lie == ALTERNATES;
}

/* Only the drive that the host sees is asked further; of a bridge all must fit. */
static void another_drive_is_not_known(void **state)
{
    static const struct {
        enum lie lie;
        bool ata, usb;
    } rows[] = {{SERIAL, false, false},     {SIZE, false, false},      {CHECKSUM, false, false},
                {NO_CHECKSUM, true, false}, {NO_SERIAL, true, false},  {NO_SIZE, false, false},
                {ZEROS, false, false},      {ALTERNATES, true, false}, {LIES, true, true}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (unsigned usb = 0; usb < 2; usb++) {
            desk_close(state);
            good_drive(state);
            tell(rows[i].lie);
            struct uw_drive d = drive_of(usb ? UW_BUS_USB : UW_BUS_ATA);
            look_at(&d, LIMIT_MS, true);
            bool wanted = usb ? rows[i].usb : rows[i].ata;
            if (d.ata.known != wanted)
                fail_msg("row %zu, usb %u", i, usb);
            if (!wanted) {
                assert_in_range(desk->count, 1, 2);
                assert_false(d.ata.identify.known);
                check_reason(&d, "capabilities", "read_error");
            }
        }
    /* The kernel has no serial of its own. */
    struct uw_drive d = drive_of(UW_BUS_ATA);
    d.serial[0] = '\0';
    look_at(&d, LIMIT_MS, true);
    assert_true(d.ata.known);
    d = drive_of(UW_BUS_USB);
    d.serial[0] = '\0';
    look_at(&d, LIMIT_MS, true);
    assert_false(d.ata.known);
}

/* A drive behind a bridge that takes no ATA commands is sent one, and never a MODE SELECT. */
static void a_bridge_without_ata(void **state)
{
    (void)state;
    struct uw_drive d = drive_of(UW_BUS_USB);
    script[IDENTIFY].unheard = true;
    look_at(&d, LIMIT_MS, true);
    assert_false(d.ata.known);
    assert_int_equal(desk->count, 1);
    check_reason(&d, "hidden.hpa", "not_supported");
    json_t *entry = entry_of(&d);
    check_at(entry, "capabilities", "{}");
    json_decref(entry);
}

static void hidden_areas(void **state)
{
    enum { UNKNOWN = UW_HIDDEN_UNKNOWN, NO = UW_HIDDEN_NONE, YES = UW_HIDDEN_PRESENT };
    static const struct {
        bool hpa, amax, dco;                    /* what IDENTIFY says that it has */
        uint64_t native, amax_whole, dco_whole; /* 0: aborts */
        int is_hpa, is_amax, is_dco;
    } rows[] = {
        {true, false, true, SECTORS + 9, 0, SECTORS + 9, YES, NO, NO},
        {true, false, true, SECTORS, 0, SECTORS + 9, NO, NO, YES},
        {true, false, true, SECTORS + 5, 0, SECTORS + 9, YES, NO, YES},
        {true, false, true, 0, 0, SECTORS + 9, UNKNOWN, NO, UNKNOWN}, /* which of the two? */
        {true, false, true, 0, 0, SECTORS, UNKNOWN, NO, NO},
        {true, false, true, SECTORS, 0, 0, NO, NO, UNKNOWN}, /* frozen */
        {true, false, true, SECTORS, 0, SECTORS - 1, NO, NO, UNKNOWN},
        {true, false, true, SECTORS - 1, 0, SECTORS, UNKNOWN, NO, NO},
        {true, false, true, 1, 0, SECTORS, UNKNOWN, NO, NO},
        {true, false, false, SECTORS, 0, 0, NO, NO, NO},
        {false, false, false, 0, 0, 0, NO, NO, NO},
        {false, false, true, 0, 0, SECTORS, NO, NO, NO},
        {false, false, true, 0, 0, 0, UNKNOWN, NO, UNKNOWN},
        {false, false, true, 0, 0, SECTORS + 1, UNKNOWN, NO, YES},
        {false, true, false, 0, SECTORS + 1, 0, NO, YES, NO},
        {false, true, false, 0, SECTORS, 0, NO, NO, NO},
        {false, true, false, 0, 0, 0, NO, UNKNOWN, NO},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        desk_close(state);
        good_drive(state);
        set_word(IDENTIFY, 82, rows[i].hpa ? 0x0422 : 0x0022, 1);
        set_word(IDENTIFY, 83, rows[i].dco ? 0x4c00 : 0x4400, 1);
        set_word(IDENTIFY, 86, (rows[i].dco ? 0x0c00 : 0x0400) | (rows[i].amax ? 0x8000 : 0), 1);
        set_word(IDENTIFY, 119, rows[i].amax ? 0x4100 : 0x4000, 1);
        sum(IDENTIFY);
        script[NATIVE].aborts = rows[i].native == 0;
        script[NATIVE].registers.lba = rows[i].native - 1;
        script[AMAX].aborts = rows[i].amax_whole == 0;
        script[AMAX].registers.lba = rows[i].amax_whole - 1;
        script[DCO].aborts = rows[i].dco_whole == 0;
        set_word(DCO, 3, rows[i].dco_whole - 1, 4);
        sum(DCO);
        struct uw_drive d = look();
        assert_true(d.ata.known);
        if ((int)d.ata.hpa != rows[i].is_hpa || (int)d.ata.amax != rows[i].is_amax ||
            (int)d.ata.dco != rows[i].is_dco)
            fail_msg("row %zu: hpa %d, amax %d, dco %d", i, d.ata.hpa, d.ata.amax, d.ata.dco);
        assert_int_equal(uw_drive_unknown_reason(&d, "hidden.hpa") != NULL, rows[i].is_hpa == UNKNOWN);
        assert_int_equal(uw_drive_unknown_reason(&d, "hidden.dco") != NULL, rows[i].is_dco == UNKNOWN);
        assert_int_equal(uw_drive_unknown_reason(&d, "hidden.amax") != NULL, rows[i].is_amax == UNKNOWN);
        assert_int_equal(d.ata.native_sectors != 0,
                         uw_drive_unknown_reason(&d, "capacity.native_max") == NULL);
        assert_int_equal(desk->number[NATIVE], rows[i].hpa);
        assert_int_equal(desk->number[AMAX], rows[i].amax);
    }
}

/* A drive that takes no 48-bit addresses is asked with 28: four of them come back in DEVICE. */
static void short_addresses(void **state)
{
    static const struct {
        uint32_t shown;
        uint8_t device;
        uint32_t lba;
        enum uw_hidden hpa;
        uint64_t native;
    } rows[] = {
        {1000000, 0x40, 999999, UW_HIDDEN_NONE, 1000000},
        {1000000, 0x41, 999999, UW_HIDDEN_PRESENT, 0x01000000 + 1000000},
        {0x0ffffffe, 0x4f, 0xfffffd, UW_HIDDEN_NONE, 0x0ffffffe},
        {0x0ffffffe, 0xe0, 0xfffffd, UW_HIDDEN_UNKNOWN, 0}, /* less than there is */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        desk_close(state);
        good_drive(state);
        set_word(IDENTIFY, 83, 0x4000, 1);
        set_word(IDENTIFY, 86, 0x0000, 1);
        is_short = true;
        set_word(IDENTIFY, 60, rows[i].shown, 2);
        set_word(IDENTIFY, 100, 0, 4);
        sum(IDENTIFY);
        script[NATIVE].registers = (struct desk_registers){0x50, 0, rows[i].device, 0, rows[i].lba};
        struct uw_drive d = look_at_size((uint64_t)rows[i].shown * 512);
        assert_true(d.ata.known);
        assert_false(d.ata.identify.address_48);
        assert_int_equal(desk->number[NATIVE], 1);
        assert_int_equal(d.ata.hpa, rows[i].hpa);
        assert_int_equal(d.ata.native_sectors, rows[i].native);
        assert_int_equal(uw_may_hide_areas(&d), rows[i].hpa == UW_HIDDEN_UNKNOWN);
    }
}

/* Where registers do not come through, what they would tell is not known. */
static void a_path_that_loses(void **state)
{
    (void)state;
    for (unsigned mute = 0; mute < 2; mute++) {
        script[NOP].mute = mute == 1;
        script[NOP].bytes[0] = 1; /* COUNT is zeroed */
        struct uw_drive d = look();
        assert_true(d.ata.known && d.ata.log.known);
        assert_int_equal(d.ata.path, mute ? UW_ATA_PATH_DATA_ONLY : UW_ATA_PATH_COUNT_ZEROED);
        assert_int_equal(d.ata.sanitize.known, !mute);
        assert_int_equal(d.ata.hpa, UW_HIDDEN_UNKNOWN);
        assert_int_equal(d.ata.dco, UW_HIDDEN_UNKNOWN);
        assert_int_equal(desk->number[NATIVE], 0);
        check_reason(&d, "hidden.hpa", "not_probed");
        check_reason(&d, "capabilities.sanitize_status", mute ? "not_probed" : NULL);
        json_t *entry = entry_of(&d);
        check_at(entry, "capabilities.path", mute ? "\"data-only\"" : "\"count-zeroed\"");
        check_at(entry, "hidden.amax", "null");
        json_decref(entry);
    }
}

static void logs_that_are_not_there(void **state)
{
    struct row {
        enum answer answer;
        size_t at;
        uint8_t byte;
        unsigned asked; /* commands READ LOG EXT */
        const char *reason;
    };
    static const struct row rows[] = {
        {DIRECTORY, 0x60, 0, 1, "not_supported"}, /* no log 30h */
        {LIST, 8, 0, 2, "not_supported"},         /* no pages */
        {LIST, 8, 1, 2, "not_supported"},
        {LIST, 8, 0xff, 4, NULL},
        {SUPPORTED, 2, 0x04, 4, NULL}, /* another page: what it says is not taken */
        {SUPPORTED, 7, 0x00, 4, NULL}, /* not valid */
        {LIST, 11, 0x05, 3, NULL},     /* page 06h alone */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        desk_close(state);
        good_drive(state);
        script[rows[i].answer].bytes[rows[i].at] = rows[i].byte;
        struct uw_drive d = look();
        unsigned asked = 0;
        for (unsigned k = 0; k < desk->count; k++)
            asked += desk->sent[k].cdb[14] == 0x2f;
        if (asked != rows[i].asked || d.ata.log.known != (rows[i].reason == NULL))
            fail_msg("row %zu: %u asked", i, asked);
        check_reason(&d, "definitive_ending_pattern", rows[i].reason);
        assert_int_equal(d.ata.log.definitive_ending_pattern, i == 3);
        json_t *entry = entry_of(&d);
        check_at(entry, "capabilities.sanitize.definitive_ending_pattern",
                 rows[i].reason != NULL ? "null"
                 : i == 3               ? "true"
                                        : "false");
        const char *key = "capabilities.sanitize.definitive_ending_pattern";
        json_t *why = json_object_get(json_object_get(entry, "unknown"), key);
        assert_int_equal(why != NULL, rows[i].reason != NULL);
        json_decref(entry);
    }
}

static void a_drive_with_little_is_asked_little(void **state)
{
    (void)state;
    set_word(IDENTIFY, 59, 0, 1);
    set_word(IDENTIFY, 82, 0x0020, 1);
    set_word(IDENTIFY, 83, 0x4400, 1);
    set_word(IDENTIFY, 86, 0x0400, 1);
    set_word(IDENTIFY, 128, 0, 1);
    sum(IDENTIFY);
    struct uw_drive d = look();
    assert_true(d.ata.known);
    assert_int_equal(desk->count, 5); /* IDENTIFY, the page, NOPs */
    json_t *entry = entry_of(&d);
    check_at(entry, "capabilities.sanitize_status", "null");
    check_at(entry, "capabilities.sanitize.definitive_ending_pattern", "false");
    check_at(json_object_get(entry, "capabilities"), "security.supported", "false");
    check_reason(&d, "capabilities.sanitize_status", "not_supported");
    check_reason(&d, "capacity.native_max", "not_supported");
    json_decref(entry);
}

/* Each answer may fail alone; the others stand. */
static void each_answer_may_fail(void **state)
{
    static const char *const fields[] = {
        [DIRECTORY] = "definitive_ending_pattern",   [LIST] = "definitive_ending_pattern",
        [SUPPORTED] = "definitive_ending_pattern",   [SECURITY] = "definitive_ending_pattern",
        [SANITIZE] = "capabilities.sanitize_status", [NATIVE] = "hidden.hpa"};
    for (unsigned answer = DIRECTORY; answer <= NATIVE; answer++)
        for (unsigned kind = 0; kind < 3; kind++) {
            desk_close(state);
            good_drive(state);
            script[answer].error = kind == 0 ? EIO : kind == 1 ? EACCES : 0;
            script[answer].aborts = kind == 2;
            struct uw_drive d = look();
            assert_true(d.ata.known);
            const char *reason = kind == 0 ? "read_error" : kind == 1 ? "no_permission" : "not_supported";
            /* An abort is the answer of a sanitize that failed. */
            check_reason(&d, fields[answer], answer == SANITIZE && kind == 2 ? NULL : reason);
            check_reason(&d, "hidden.dco", NULL);
            check_reason(&d, "capabilities", NULL);
        }
    desk_close(state);
    good_drive(state);
    script[SANITIZE].aborts = true;
    script[SANITIZE].registers.lba = 1;
    struct uw_drive d = look();
    assert_int_equal(d.ata.sanitize.state, UW_ATA_SANITIZE_FAILED);
}

static void after_one_that_stalls_no_other(void **state)
{
    static const unsigned before[] = {
        [IDENTIFY] = 0, [DIRECTORY] = 5, [LIST] = 6, [SUPPORTED] = 7, [SECURITY] = 8,
        [SANITIZE] = 9, [NATIVE] = 10,   [DCO] = 11, [NOP] = 2,       [MODE] = 1};
    for (unsigned answer = 0; answer < ANSWERS; answer++) {
        if (answer == AMAX)
            continue;
        desk_close(state);
        good_drive(state);
        script[answer].hangs = true;
        struct uw_drive d = drive_of(UW_BUS_ATA);
        int64_t begun = uw_monotonic_ms();
        look_at(&d, SHORT_MS, false);
        assert_in_range(uw_monotonic_ms() - begun, SHORT_MS - 1, 15000);
        assert_int_equal(desk->count, before[answer] + 1);
        assert_int_equal(d.ata.known, answer != IDENTIFY);
        check_reason(&d, "hidden.dco", answer == DCO || answer == IDENTIFY ? "read_error" : "not_probed");
        assert_int_equal(d.ata.dco, UW_HIDDEN_UNKNOWN);
        desk_release();
    }
}

/* Whatever the bytes: documents are text and every null of theirs has a reason. */
static void any_bytes(void **state)
{
    (void)state;
    uint32_t x = 2026;
    for (unsigned round = 0; round < 40; round++) {
        for (unsigned i = 0; i < ANSWERS; i++) {
            for (size_t at = 0; at < 512; at++) {
                x = x * 1664525 + 1013904223;
                script[i].bytes[at] = (uint8_t)(x >> 24);
            }
            script[i].registers = (struct desk_registers){(uint8_t)x, (uint8_t)(x >> 8), (uint8_t)(x >> 16),
                                                          (uint16_t)(x >> 9), x * 77777ULL};
        }
        script[MODE].unheard = true;
        set_text(10, 10, "S3Z9 NB0K");
        set_word(IDENTIFY, 69, 0, 1);
        set_word(IDENTIFY, 83, 0x4c00, 1);
        set_word(IDENTIFY, 100, SECTORS, 4);
        set_word(IDENTIFY, 106, 0, 1);
        sum(IDENTIFY);
        struct uw_drive d = look();
        assert_true(d.ata.known);
        json_t *entry = entry_of(&d), *value;
        const char *key;
        char *text = json_dumps(entry, JSON_COMPACT), path[64];
        assert_non_null(text);
        json_object_foreach(json_object_get(entry, "hidden"), key, value) {
            snprintf(path, sizeof path, "hidden.%s", key);
            assert_int_equal(json_is_null(value),
                             json_object_get(json_object_get(entry, "unknown"), path) != NULL);
        }
        free(text);
        json_decref(entry);
    }
}

/* The node is opened and must be the drive that sysfs told of; nobody else may be erasing it. */
static void opens_its_own_node_alone(void **state)
{
    enum { FILE_ALONE, OTHER, ABSENT, LOCKED, STICK, SHARED, GOOD, CASES };
    const struct uw_tree here = {.real = true};
    char path[] = "drive-XXXXXX", dir[2048];
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(tree_make(state), 0);
    tree_path(dir, "sys");
    for (unsigned i = 0; i < CASES; i++) {
        struct uw_drive d = drive_of(i >= STICK ? UW_BUS_USB : UW_BUS_ATA);
        tree_text("sys/removable", "%d\n", i == STICK);
        snprintf(d.device, sizeof d.device, "%s", i == ABSENT ? "/nonexistent/sdb" : path);
        if (i == OTHER)
            d.devnum = makedev(8, 32);
        assert_int_equal(ftruncate(fd, i == FILE_ALONE ? 0 : DESK_BYTES), 0);
        assert_int_equal(flock(fd, i == LOCKED ? LOCK_EX : i == SHARED ? LOCK_SH : LOCK_UN), 0);
        uw_ata_set_unknown(&d, "not_probed");
        desk->count = 0;
        memset(desk->number, 0, sizeof desk->number);
        desk_lies = true;
        assert_true(uw_ata_probe(&here, dir, &d));
        desk_lies = false;
        assert_int_equal(d.ata.known, i >= SHARED);
        assert_int_equal(desk->count != 0, i >= SHARED);
        check_reason(&d, "capabilities",
                     i >= SHARED                 ? NULL
                     : i == LOCKED || i == STICK ? "not_probed"
                                                 : "read_error");
        assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0); /* ours is gone */
    }
    close(fd);
    unlink(path);
    assert_int_equal(tree_unmake(state), 0);
}

static void which_drives_are_asked(void **state)
{
    (void)state;
    struct uw_drive d = drive_of(UW_BUS_ATA);
    assert_true(uw_may_be_ata(&d));
    d.is_partition = true;
    assert_false(uw_may_be_ata(&d));
    d = drive_of(UW_BUS_SCSI);
    assert_false(uw_may_be_ata(&d));
    d = drive_of(UW_BUS_USB);
    assert_true(uw_may_be_ata(&d));
    /* A tree of files is not asked. */
    const struct uw_tree files = {.real = false};
    assert_true(uw_ata_probe(&files, "/nonexistent", &d));
    assert_int_equal(desk->count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        drive_test(asks_what_it_needs),
        drive_test(says_it_in_documents),
        drive_test(nothing_answered),
        drive_test(another_drive_is_not_known),
        drive_test(a_bridge_without_ata),
        drive_test(hidden_areas),
        drive_test(short_addresses),
        drive_test(a_path_that_loses),
        drive_test(logs_that_are_not_there),
        drive_test(a_drive_with_little_is_asked_little),
        drive_test(each_answer_may_fail),
        drive_test(after_one_that_stalls_no_other),
        drive_test(any_bytes),
        drive_test(opens_its_own_node_alone),
        drive_test(which_drives_are_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
