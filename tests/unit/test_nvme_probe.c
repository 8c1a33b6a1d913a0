/* SPDX-License-Identifier: Apache-2.0 */
/* What the probe makes of an NVMe drive's answers, hostile ones among them, and how documents say it.
 * Offsets: NVM Express Base Specification 2.0, sections 5.16.1 and 5.17.2; NVM Command Set
 * Specification 1.0, 4.1.5. */
#include "nvme_desk.h"

#include "core/drive_nvme.h"
#include "probe/nvme.h"
#include "transport/process.h"
#include "trace_file.h"
#include "tree.h"

enum { LIMIT_MS = 20000, SHORT_MS = 150 };

enum answer { CONTROLLER, NAMESPACE, ACTIVE, ALLOCATED, SANITIZE, HEALTH, ANSWERS };

/* What the drive answers to each question. */
static struct {
    int returned, error;
    bool hang;
    uint8_t bytes[4096];
} script[ANSWERS];

static enum answer which(const struct nvme_passthru_cmd *command)
{
    static const struct {
        uint8_t opcode;
        uint32_t cdw10;
    } questions[ANSWERS] = {
        [CONTROLLER] = {0x06, 1},   [NAMESPACE] = {0x06, 0},         [ACTIVE] = {0x06, 2},
        [ALLOCATED] = {0x06, 0x10}, [SANITIZE] = {0x02, 0x007f0081}, [HEALTH] = {0x02, 0x007f0002}};
    for (unsigned i = 0; i < ANSWERS; i++)
        if (command->opcode == questions[i].opcode && command->cdw10 == questions[i].cdw10)
            return (enum answer)i;
    desk_refuse("command", command->opcode);
}

static int serve(struct nvme_passthru_cmd *command)
{
    enum answer answer = which(command);
    if (script[answer].hang)
        return desk_hang(command);
    if (script[answer].returned == 0)
        memcpy((void *)(uintptr_t)command->addr, script[answer].bytes, command->data_len);
    errno = script[answer].error;
    return script[answer].returned;
}

static void set(enum answer answer, size_t at, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        script[answer].bytes[at + i] = (uint8_t)(value >> 8 * i);
}

/* A drive of 1 TB with two namespaces of three attached, crypto and block sanitize, and Format. */
static int good_drive(void **state)
{
    memset(script, 0, sizeof script);
    desk_serve = NULL;
    set(CONTROLLER, 76, 0x02, 1);
    set(CONTROLLER, 256, 0x000a, 2);
    set(CONTROLLER, 280, 1000000000000, 8);
    set(CONTROLLER, 296, 4096, 8);
    set(CONTROLLER, 328, 0x20000003, 4);
    set(CONTROLLER, 524, 0x06, 1);
    memcpy(script[CONTROLLER].bytes + 768, "nqn.2026-01.org.example:\x1b[2Jdrive", 32);
    set(NAMESPACE, 0, 1000, 8);
    set(NAMESPACE, 128 + 2, 12, 1);
    memcpy(script[NAMESPACE].bytes + 104, "\x01\x23\x45\x67\x89\xab\xcd\xef\x01\x23\x45\x67\x89\xab\xcd\xef",
           16);
    set(ACTIVE, 0, 1, 4);
    set(ACTIVE, 4, 9, 4);
    set(ALLOCATED, 0, 1, 4);
    set(ALLOCATED, 4, 2, 4);
    set(ALLOCATED, 8, 9, 4);
    set(SANITIZE, 0, 0xffff, 2);
    set(SANITIZE, 2, 0x0101, 2);
    set(SANITIZE, 4, 0x00000204, 4);
    set(HEALTH, 0, 0x04, 1);
    set(HEALTH, 1, 310, 2);
    set(HEALTH, 3, 99, 1);
    set(HEALTH, 5, 130, 1);
    set(HEALTH, 112, 77, 8);
    set(HEALTH, 128, 20000, 8);
    set(HEALTH, 144, 3, 8);
    set(HEALTH, 160, UINT64_MAX, 8);
    int result = desk_open(state);
    desk_serve = serve;
    return result;
}

#define drive_test(f) cmocka_unit_test_setup_teardown(f, good_drive, desk_close)

/* What was sent is what stands in the record, each command once and in order. */
static void compare_trace(json_t *sent)
{
    size_t i;
    json_t *line;
    assert_int_equal(json_array_size(sent), desk->count);
    json_array_foreach(sent, i, line) {
        const struct nvme_passthru_cmd *seen = &desk->sent[i];
        assert_int_equal(json_integer_value(json_object_get(line, "opcode")), seen->opcode);
        assert_int_equal(json_integer_value(json_object_get(line, "nsid")), seen->nsid);
        assert_int_equal(json_integer_value(json_object_get(line, "cdw10")), seen->cdw10);
        assert_int_equal(json_integer_value(json_object_get(line, "data_bytes")), seen->data_len);
        assert_string_equal(json_string_value(json_object_get(line, "device")), "/dev/nvme0n1");
    }
    json_decref(sent);
}

static struct uw_drive look_within(int limit_ms, bool answers)
{
    struct uw_drive drive = {.bus = UW_BUS_NVME, .media = UW_MEDIA_SSD, .device = "/dev/nvme0n1"};
    int fd = desk_file();
    uw_nvme_set_unknown(&drive, "not_probed");
    desk->count = 0;
    struct uw_trace *trace = trace_begin();
    assert_int_equal(uw_nvme_look(fd, limit_ms, trace, &drive), answers);
    close(fd);
    compare_trace(trace_end(trace));
    return drive;
}

static struct uw_drive look(void)
{
    return look_within(LIMIT_MS, true);
}

static void check_reason(const struct uw_drive *drive, const char *field, const char *reason)
{
    const char *got = uw_drive_unknown_reason(drive, field);
    if (got != reason && (got == NULL || reason == NULL || strcmp(got, reason) != 0))
        fail_msg("%s: %s, wanted %s", field, got == NULL ? "known" : got, reason == NULL ? "known" : reason);
}

static json_t *entry_of(const struct uw_drive *drive)
{
    json_t *entry = json_pack("{s:{}, s:{}}", "hidden", "unknown");
    assert_true(uw_nvme_add_list(entry, drive));
    return entry;
}

/* Text of what stands at PATH, its own names separated by dots; to be freed. */
static void check_at(const json_t *entry, const char *path, const char *wanted)
{
    char name[64];
    while (strchr(path, '.') != NULL) {
        snprintf(name, sizeof name, "%.*s", (int)strcspn(path, "."), path);
        entry = json_object_get(entry, name);
        path += strlen(name) + 1;
    }
    char *text = json_dumps(json_object_get(entry, path), JSON_ENCODE_ANY | JSON_COMPACT);
    if (text == NULL || strcmp(text, wanted) != 0)
        fail_msg("%s is %s, wanted %s", path, text == NULL ? "not there" : text, wanted);
    free(text);
}

static void asks_six_questions(void **state)
{
    (void)state;
    desk_nsid = 9;
    struct uw_drive d = look();
    assert_true(d.nvme.known);
    assert_int_equal(desk->count, 6);
    assert_int_equal(desk->sent[1].nsid, 9);
    assert_int_equal(d.nvme.ns.nsid, 9);
    assert_int_equal(d.nvme.active.count, 2);
    assert_int_equal(d.nvme.allocated.count, 3);
    assert_int_equal(d.nvme.sanitize.state, UW_NVME_SANITIZE_SUCCESS);
    assert_int_equal(d.nvme.health.available_spare, 99);
    assert_int_equal(d.unknown_count, 1);
    check_reason(&d, "eui64", "not_supported");
}

static void says_it_in_the_list(void **state)
{
    (void)state;
    struct uw_drive d = look();
    json_t *entry = entry_of(&d);
    check_at(entry, "hidden.unattached_namespaces", "1");
    check_at(entry, "hidden.unallocated_bytes", "\"4096\"");
    check_at(entry, "capabilities.sanitize",
             "{\"crypto\":true,\"block\":true,\"overwrite\":false,\"no_deallocate_inhibited\":true}");
    check_at(entry, "capabilities.format",
             "{\"supported\":true,\"crypto\":true,\"all_namespaces\":false,\"erase_all_namespaces\":true}");
    check_at(entry, "capabilities.sharing", "{\"controllers\":true,\"namespace\":false}");
    check_at(entry, "capabilities.raw",
             "{\"oacs\":\"000a\",\"sanicap\":\"20000003\",\"fna\":\"06\",\"cmic\":\"02\"}");
    check_at(entry, "capabilities.sanitize_status.state", "\"success\"");
    check_at(entry, "capabilities.sanitize_status.progress", "65535");
    check_at(entry, "capabilities.sanitize_status.global_erased", "true");
    check_at(entry, "capabilities.sanitize_status.cdw10", "\"00000204\"");
    check_at(entry, "capabilities.sanitize_status.raw",
             "\"ffff010104020000000000000000000000000000000000000000000000000000000000"
             "0000000000\"");
    check_at(entry, "health",
             "{\"critical_warning\":4,\"percentage_used\":130,\"available_spare\":99,\"temperature_k\":310,"
             "\"power_on_hours\":20000,\"power_cycles\":77,\"unsafe_shutdowns\":3,\"media_errors\":null}");
    check_at(entry, "unknown", "{\"health.media_errors\":\"not_supported\"}");
    json_decref(entry);
    set(CONTROLLER, 76, 0, 1);
    set(NAMESPACE, 30, 1, 1);
    d = look();
    entry = entry_of(&d);
    check_at(entry, "capabilities.sharing", "{\"controllers\":false,\"namespace\":true}");
    json_decref(entry);
    script[NAMESPACE].returned = 2;
    d = look();
    entry = entry_of(&d);
    check_at(entry, "capabilities.sharing", "{\"controllers\":false,\"namespace\":null}");
    check_reason(&d, "capabilities.sharing.namespace", "not_supported");
    json_decref(entry);
}

static void says_it_of_the_medium(void **state)
{
    (void)state;
    struct uw_drive d = look();
    json_t *medium = uw_drive_medium_json(&d);
    check_at(medium, "eui64", "null");
    check_at(medium, "nguid", "\"0123456789abcdef0123456789abcdef\"");
    check_at(medium, "namespaces", "[{\"nsid\":1,\"bytes\":4096000},{\"nsid\":9,\"bytes\":null}]");
    check_at(medium, "subsystem", "\"nqn.2026-01.org.example:?[2Jdriv\"");
    check_at(medium, "capacity.total_nvm", "\"1000000000000\"");
    check_at(medium, "capacity.unallocated_nvm", "\"4096\"");
    json_decref(medium);
    /* Sizes that no document holds. */
    d.nvme.ns.blocks = UINT64_MAX;
    medium = uw_drive_medium_json(&d);
    check_at(medium, "namespaces", "[{\"nsid\":1,\"bytes\":null},{\"nsid\":9,\"bytes\":null}]");
    json_decref(medium);
}

static void other_drives_have_none_of_it(void **state)
{
    (void)state;
    struct uw_drive d = {.bus = UW_BUS_SCSI, .media = UW_MEDIA_HDD, .device = "/dev/sda"};
    json_t *entry = entry_of(&d), *medium = uw_drive_medium_json(&d);
    check_at(entry, "capabilities", "{}");
    check_at(entry, "health", "{}");
    check_at(entry, "unknown",
             "{\"hidden.unattached_namespaces\":\"not_applicable\",\"hidden.unallocated_bytes\":\"not_"
             "applicable\"}");
    check_at(medium, "namespaces", "null");
    check_at(medium, "capacity.total_nvm", "null");
    json_decref(entry);
    json_decref(medium);
}

static void a_drive_with_little_is_asked_little(void **state)
{
    (void)state;
    set(CONTROLLER, 256, 0, 2);
    set(CONTROLLER, 280, 0, 8);
    set(CONTROLLER, 296, 0, 8);
    set(CONTROLLER, 328, 0, 4);
    memset(script[CONTROLLER].bytes + 768, 0, 256);
    struct uw_drive d = look();
    assert_true(d.nvme.known);
    assert_int_equal(desk->count, 4);
    check_reason(&d, "subsystem", "not_supported");
    check_reason(&d, "capacity.total_nvm", "not_supported");
    check_reason(&d, "hidden.unallocated_bytes", "not_supported");
    check_reason(&d, "hidden.unattached_namespaces", "not_supported");
    check_reason(&d, "capabilities", NULL);
    json_t *entry = entry_of(&d);
    check_at(entry, "capabilities.sanitize_status", "null");
    check_at(entry, "hidden.unallocated_bytes", "null");
    check_at(
        entry, "unknown",
        "{\"hidden.unattached_namespaces\":\"not_supported\",\"hidden.unallocated_bytes\":\"not_supported\","
        "\"capabilities.sanitize_status\":\"not_supported\",\"health.media_errors\":\"not_supported\"}");
    json_decref(entry);
}

/* Each answer may fail alone; the others stand. */
static void each_answer_may_fail(void **state)
{
    (void)state;
    static const struct {
        int returned, error;
        const char *reason;
    } kinds[] = {
        {0x4002, 0, "not_supported"}, {0x4109, 0, "not_supported"}, {0x4001, 0, "not_supported"},
        {0x401d, 0, "read_error"},    {-1, EINTR, "read_error"},    {-1, EACCES, "no_permission"},
        {-1, EPERM, "no_permission"}, {-1, ENODEV, "read_error"},   {0x4000, 0, "read_error"},
    };
    static const char *const fields[ANSWERS] = {
        "capabilities", "nguid", "namespaces", "hidden.unattached_namespaces", "capabilities.sanitize_status",
        "health"};
    for (unsigned answer = 0; answer < ANSWERS; answer++)
        for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
            script[answer].returned = kinds[i].returned;
            script[answer].error = kinds[i].error;
            desk->count = 0;
            struct uw_drive d = look();
            check_reason(&d, fields[answer], kinds[i].reason);
            check_reason(&d, "health", answer == HEALTH ? kinds[i].reason : NULL);
            check_reason(&d, "namespaces", answer == ACTIVE ? kinds[i].reason : NULL);
            assert_int_equal(d.nvme.known, answer != CONTROLLER && answer != NAMESPACE);
            assert_int_equal(d.nvme.sanitize.known, answer != CONTROLLER && answer != SANITIZE);
            json_t *entry = entry_of(&d), *medium = uw_drive_medium_json(&d);
            assert_non_null(medium);
            if (answer == HEALTH) {
                check_at(entry, "health", "null");
                char wanted[32];
                snprintf(wanted, sizeof wanted, "\"%s\"", kinds[i].reason);
                check_at(json_object_get(entry, "unknown"), "health", wanted);
            }
            json_decref(entry);
            json_decref(medium);
            script[answer].returned = 0;
        }
}

/* Unanswered, nothing is what the drive lacks. */
static void nothing_answered(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ANSWERS; i++) {
        script[i].returned = -1;
        script[i].error = EACCES;
    }
    struct uw_drive d = look();
    assert_false(d.nvme.known || d.nvme.health.known || d.nvme.active.known);
    json_t *entry = entry_of(&d);
    check_at(entry, "capabilities",
             "{\"sanitize\":null,\"format\":null,\"sanitize_status\":null,\"sharing\":null,\"raw\":null}");
    check_at(entry, "health", "null");
    check_at(
        entry, "unknown",
        "{\"hidden.unattached_namespaces\":\"not_probed\",\"hidden.unallocated_bytes\":\"no_permission\","
        "\"capabilities.sanitize\":\"no_permission\",\"capabilities.format\":\"no_permission\","
        "\"capabilities.sanitize_status\":\"not_probed\",\"capabilities.sharing\":\"no_permission\","
        "\"capabilities.raw\":\"no_permission\","
        "\"health\":\"no_permission\"}");
    json_decref(entry);
    /* A descriptor of something else. */
    desk_nsid = -1;
    d = look();
    check_reason(&d, "nguid", "read_error");
    assert_false(d.nvme.known);
}

static void lists_that_lie(void **state)
{
    (void)state;
    static const struct {
        uint32_t ids[3];
        bool allocated, active_known;
        uint64_t count;
        const char *unattached;
    } rows[] = {
        {{1, 2, 9}, true, true, 1, NULL},           {{0}, true, true, 0, NULL}, /* short: none at all */
        {{2, 1, 0}, true, true, 0, "read_error"},                               /* do not ascend */
        {{1, 1, 0}, true, true, 0, "read_error"},   {{1, 0xffffffff, 0}, true, true, 0, "read_error"},
        {{2, 1, 0}, false, false, 0, "read_error"}, {{1, 2, 9}, false, true, 0, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        good_drive(state);
        enum answer answer = rows[i].allocated ? ALLOCATED : ACTIVE;
        for (size_t k = 0; k < 3; k++)
            set(answer, 4 * k, rows[i].ids[k], 4);
        struct uw_drive d = look();
        uint64_t count;
        assert_int_equal(d.nvme.active.known, rows[i].active_known);
        assert_int_equal(uw_drive_unattached_namespaces(&d, &count), rows[i].unattached == NULL);
        assert_int_equal(count, rows[i].count);
        check_reason(&d, "hidden.unattached_namespaces", rows[i].unattached);
        check_reason(&d, "namespaces", rows[i].active_known ? NULL : "read_error");
        if (i + 1 < sizeof rows / sizeof rows[0])
            desk_close(state);
    }
}

static void a_list_that_does_not_end_is_none_of_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < 1024; i++) {
        set(ACTIVE, 4 * i, i + 1, 4);
        set(ALLOCATED, 4 * i, i + 1, 4);
    }
    struct uw_drive d = look();
    uint64_t count;
    assert_true(d.nvme.active.known && d.nvme.active.more);
    assert_int_equal(d.nvme.active.count, UW_NVME_NAMESPACES);
    assert_false(uw_drive_unattached_namespaces(&d, &count));
    assert_non_null(uw_drive_unknown_reason(&d, "namespaces"));
    assert_non_null(uw_drive_unknown_reason(&d, "hidden.unattached_namespaces"));
    json_t *medium = uw_drive_medium_json(&d);
    check_at(medium, "namespaces", "null");
    json_decref(medium);
}

/* Whatever the bytes: documents are text and every null of theirs has a reason. */
static void any_bytes(void **state)
{
    (void)state;
    uint32_t x = 2026;
    for (unsigned round = 0; round < 40; round++) {
        for (unsigned i = 0; i < ANSWERS; i++)
            for (size_t at = 0; at < sizeof script[i].bytes; at++) {
                x = x * 1664525 + 1013904223;
                script[i].bytes[at] = round == 0 ? 0xff : (uint8_t)(x >> 24);
            }
        desk->count = 0;
        struct uw_drive d = look();
        json_t *entry = entry_of(&d), *medium = uw_drive_medium_json(&d), *value;
        const char *key;
        char *text = json_dumps(entry, JSON_COMPACT);
        assert_non_null(text);
        assert_non_null(medium);
        json_object_foreach(json_object_get(entry, "health"), key, value) {
            char path[64];
            snprintf(path, sizeof path, "health.%s", key);
            assert_int_equal(json_is_null(value),
                             json_object_get(json_object_get(entry, "unknown"), path) != NULL);
        }
        free(text);
        json_decref(entry);
        json_decref(medium);
    }
}

static void after_one_that_stalls_no_other(void **state)
{
    (void)state;
    for (unsigned answer = 0; answer < ANSWERS; answer++) {
        script[answer].hang = true;
        desk->count = 0;
        int64_t before = uw_monotonic_ms();
        struct uw_drive d = look_within(SHORT_MS, false);
        assert_in_range(uw_monotonic_ms() - before, SHORT_MS - 1, 15000);
        assert_int_equal(desk->count, answer + 1);
        if (answer != HEALTH)
            check_reason(&d, "health", "not_probed");
        if (answer == CONTROLLER) {
            check_reason(&d, "capabilities", "read_error");
            check_reason(&d, "namespaces", "not_probed");
            check_reason(&d, "hidden.unattached_namespaces", "not_probed");
        }
        desk_release();
        script[answer].hang = false;
    }
}

/* The node is opened and must be the drive that sysfs told of. */
static void opens_its_own_node_alone(void **state)
{
    (void)state;
    char path[] = "namespace-XXXXXX";
    const struct uw_tree here = {.real = true};
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    for (unsigned i = 0; i < 4; i++) {
        struct uw_drive d = {.bus = UW_BUS_NVME, .devnum = makedev(259, i == 1 ? 11 : 10)};
        snprintf(d.device, sizeof d.device, "%s", i == 2 ? "/nonexistent/nvme0n1" : path);
        /* 0: a file; 1: another device; 2: not there; 3: the drive. */
        assert_int_equal(truncate(path, i == 0 ? 0 : DESK_BYTES), 0);
        desk_lies = true;
        assert_true(uw_nvme_probe(&here, "/nonexistent", &d));
        desk_lies = false;
        assert_int_equal(d.nvme.known, i == 3);
        assert_int_equal(desk->count, i == 3 ? 6 : 0);
        check_reason(&d, "health", i == 3 ? NULL : "read_error");
    }
    unlink(path);
}

/* The kernel's word for the serial may be that of another drive. */
static void the_drive_says_its_own_serial(void **state)
{
    static const struct {
        const char *page, *kernel, *before, *after;
    } rows[] = {
        {"NEW", "OLD", "OLD", "NEW"},
        {"S3Z9 NB0K   ", "S3Z9 NB0K", "S3Z9_NB0K", "S3Z9_NB0K"}, /* as udev writes it */
        {"", "OLD", "OLD", "OLD"},
        {"NEW", NULL, "OLD", "OLD"},
        {"N\x1bW", "N\x1bW", "N?W", "N?W"},
    };
    const struct uw_tree here = {.real = true};
    char path[] = "namespace-XXXXXX", dir[2048];
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, DESK_BYTES), 0);
    close(fd);
    assert_int_equal(tree_make(state), 0);
    tree_path(dir, "sys");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct uw_drive d = {.bus = UW_BUS_NVME, .devnum = makedev(259, 10)};
        snprintf(d.device, sizeof d.device, "%s", path);
        snprintf(d.serial, sizeof d.serial, "%s", rows[i].before);
        memset(script[CONTROLLER].bytes + 4, 0, 20);
        memcpy(script[CONTROLLER].bytes + 4, rows[i].page, strlen(rows[i].page));
        if (rows[i].kernel != NULL)
            tree_text("sys/device/serial", "%s\n", rows[i].kernel);
        else
            tree_remove("sys/device/serial");
        desk_lies = true;
        assert_true(uw_nvme_probe(&here, dir, &d));
        desk_lies = false;
        assert_true(d.nvme.known);
        tree_same("serial", d.serial, rows[i].after);
        tree_same("source", d.serial_source,
                  strcmp(rows[i].before, rows[i].after) != 0 ? "Identify Controller" : "");
    }
    unlink(path);
    assert_int_equal(tree_unmake(state), 0);
}

/* Of a tree that is not this machine's no node is opened; the controller's name is read. */
static void a_tree_of_files_is_not_asked(void **state)
{
    assert_int_equal(tree_make(state), 0);
    const char *dir = tree_disk("pci0/nvme/nvme3", "nvme3n1", "259:10", "2048");
    tree_subsystem(dir, "nvme");
    tree_set(dir, "device/serial", "S1\n");
    const char *head = tree_disk("virtual/nvme-subsystem/nvme-subsys7", "nvme7n1", "259:11", "2048");
    tree_subsystem(head, "nvme-subsystem");
    tree_set(head, "device/nvme7n1/size", "2048\n");
    tree_set(head, "device/nvme9/transport", "pcie\n");
    tree_set(head, "device/nvme8/transport", "pcie\n");
    tree_part(dir, "nvme3n1p1", "259:12", "1024");
    desk_serve = NULL;
    struct uw_drive d = tree_target("/dev/nvme3n1");
    assert_false(d.nvme.known);
    check_reason(&d, "capabilities", "not_probed");
    check_reason(&d, "nguid", "not_probed");
    uw_drive_clear(&d);
    d = tree_target("/dev/nvme7n1");
    assert_string_equal(d.nvme.node, "nvme8");
    uw_drive_clear(&d);
    d = tree_target("/dev/nvme3n1p1");
    assert_string_equal(d.nvme.node, "");
    check_reason(&d, "nguid", "not_probed");
    check_reason(&d, "capabilities", NULL);
    uw_drive_clear(&d);
    assert_int_equal(desk->count, 0);
    assert_int_equal(tree_unmake(state), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        drive_test(asks_six_questions),
        drive_test(says_it_in_the_list),
        drive_test(says_it_of_the_medium),
        drive_test(other_drives_have_none_of_it),
        drive_test(a_drive_with_little_is_asked_little),
        drive_test(each_answer_may_fail),
        drive_test(nothing_answered),
        drive_test(lists_that_lie),
        drive_test(a_list_that_does_not_end_is_none_of_all),
        drive_test(any_bytes),
        drive_test(after_one_that_stalls_no_other),
        drive_test(opens_its_own_node_alone),
        drive_test(the_drive_says_its_own_serial),
        drive_test(a_tree_of_files_is_not_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
