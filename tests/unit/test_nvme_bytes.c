/* SPDX-License-Identifier: Apache-2.0 */
/* Every NVMe command of ours as it goes out through libnvme, byte by byte, and every kind of answer. The
 * bytes wanted come from the NVM Express Base Specification 2.0, sections 5.14 (Format NVM), 5.16 (Get Log
 * Page), 5.17 (Identify) and 5.24 (Sanitize). */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <linux/fs.h>

#include "nvme_desk.h"
#include "transport/block.h"
#include "transport/nvme.h"
#include "transport/process.h"
#include "tree.h"

enum { LIMIT_MS = 20000, SHORT_MS = 150 };

static struct uw_nvme_command ask(int fd, struct uw_nvme_command command)
{
    struct uw_error e = {0};
    bool stalled = true;
    if (!uw_nvme_ask(fd, &command, LIMIT_MS, NULL, &stalled, &e))
        fail_msg("%s", e.text);
    assert_false(stalled);
    return command;
}

/* What the next command is answered with. */
static int answer_returned, answer_errno;
static uint32_t answer_result;
static uint8_t answer_byte;

static int serve(struct nvme_passthru_cmd *command)
{
    if (command->data_len > 0)
        memset((void *)(uintptr_t)command->addr, answer_byte, command->data_len);
    command->result = answer_result;
    errno = answer_errno;
    return answer_returned;
}

static void set_answer(int returned, int error, uint32_t result)
{
    desk_serve = serve;
    answer_returned = returned;
    answer_errno = error;
    answer_result = result;
    answer_byte = 0xa5;
}

static void check_sent(unsigned row, const struct nvme_passthru_cmd *wanted)
{
    struct nvme_passthru_cmd got = desk->sent[desk->count - 1];
    assert_int_equal(got.addr != 0, wanted->data_len != 0);
    got.addr = 0;
    if (memcmp(&got, wanted, sizeof got) != 0)
        fail_msg("row %u: sent %02x nsid %08x cdw10 %08x cdw11 %08x cdw12 %08x cdw13 %08x, %u bytes, %u ms",
                 row, got.opcode, got.nsid, got.cdw10, got.cdw11, got.cdw12, got.cdw13, got.data_len,
                 got.timeout_ms);
}

static uint8_t page[UW_NVME_PAGE_BYTES], wide[UW_NVME_PAGE_BYTES + 8];

/* 4096 bytes with metadata of their own, protection type 3 in the first bytes, format 0x21 of 64. */
static const struct uw_nvme_namespace odd = {
    .known = true, .nsid = 7, .format_index = 0x21, .protection = 3, .protection_first = true};
static const struct uw_nvme_namespace extended = {
    .known = true, .nsid = 7, .format_index = 0x0f, .extended_metadata = true, .protection = 1};
static const struct uw_nvme_namespace plain = {.known = true, .nsid = 1};

static void every_command_byte_by_byte(void **state)
{
    (void)state;
    const struct {
        struct uw_nvme_command command;
        struct nvme_passthru_cmd wanted;
    } rows[] = {
        {uw_nvme_identify_controller(page),
         {.opcode = 0x06, .cdw10 = 0x01, .data_len = 4096, .timeout_ms = 30000}},
        {uw_nvme_identify_namespace(0x12345678, page),
         {.opcode = 0x06, .nsid = 0x12345678, .data_len = 4096, .timeout_ms = 30000}},
        {uw_nvme_identify_active(page),
         {.opcode = 0x06, .cdw10 = 0x02, .data_len = 4096, .timeout_ms = 30000}},
        {uw_nvme_identify_allocated(page),
         {.opcode = 0x06, .cdw10 = 0x10, .data_len = 4096, .timeout_ms = 30000}},
        {uw_nvme_get_health(page),
         {.opcode = 0x02, .nsid = 0xffffffff, .cdw10 = 0x007f0002, .data_len = 512, .timeout_ms = 30000}},
        {uw_nvme_get_sanitize(page),
         {.opcode = 0x02, .nsid = 0xffffffff, .cdw10 = 0x007f0081, .data_len = 512, .timeout_ms = 30000}},
        {uw_nvme_sanitize(UW_NVME_SANACT_EXIT_FAILURE, true, 0xdeadbeef),
         {.opcode = 0x84, .cdw10 = 0x001, .timeout_ms = 120000}},
        {uw_nvme_sanitize(UW_NVME_SANACT_BLOCK, false, 0xdeadbeef),
         {.opcode = 0x84, .cdw10 = 0x002, .timeout_ms = 120000}},
        {uw_nvme_sanitize(UW_NVME_SANACT_BLOCK, true, 0),
         {.opcode = 0x84, .cdw10 = 0x202, .timeout_ms = 120000}},
        {uw_nvme_sanitize(UW_NVME_SANACT_OVERWRITE, false, 0),
         {.opcode = 0x84, .cdw10 = 0x013, .timeout_ms = 120000}},
        {uw_nvme_sanitize(UW_NVME_SANACT_OVERWRITE, true, 0xdeadbeef),
         {.opcode = 0x84, .cdw10 = 0x213, .cdw11 = 0xdeadbeef, .timeout_ms = 120000}},
        {uw_nvme_sanitize(UW_NVME_SANACT_CRYPTO, false, 0xdeadbeef),
         {.opcode = 0x84, .cdw10 = 0x004, .timeout_ms = 120000}},
        {uw_nvme_sanitize(UW_NVME_SANACT_CRYPTO, true, 0),
         {.opcode = 0x84, .cdw10 = 0x204, .timeout_ms = 120000}},
        {uw_nvme_format(&plain, 1, UW_NVME_SES_USER_DATA, 777),
         {.opcode = 0x80, .nsid = 1, .cdw10 = 0x200, .timeout_ms = 777}},
        {uw_nvme_format(&plain, UW_NVME_ALL, UW_NVME_SES_CRYPTO, 888),
         {.opcode = 0x80, .nsid = 0xffffffff, .cdw10 = 0x400, .timeout_ms = 888}},
        {uw_nvme_format(&odd, 7, UW_NVME_SES_CRYPTO, 999),
         {.opcode = 0x80, .nsid = 7, .cdw10 = 0x2561, .timeout_ms = 999}},
        {uw_nvme_format(&extended, 7, UW_NVME_SES_USER_DATA, 1),
         {.opcode = 0x80, .nsid = 7, .cdw10 = 0x023f, .timeout_ms = 1}},
        {uw_nvme_security_receive(0x01, 0x07fe, page, 2048),
         {.opcode = 0x82, .cdw10 = 0x0107fe00, .cdw11 = 2048, .data_len = 2048, .timeout_ms = 30000}},
        {uw_nvme_security_send(0x01, 0x1004, page, 2048),
         {.opcode = 0x81, .cdw10 = 0x01100400, .cdw11 = 2048, .data_len = 2048, .timeout_ms = 600000}},
    };
    int fd = desk_file();
    set_answer(0, 0, 0);
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(ask(fd, rows[i].command).status, 0);
        assert_int_equal(desk->count, i + 1);
        check_sent(i, &rows[i].wanted);
    }
    close(fd);
}

static void dwords_12_and_13_go_out(void **state)
{
    (void)state;
    int fd = desk_file();
    set_answer(0, 0, 0);
    ask(fd, (struct uw_nvme_command){.opcode = 0x02, .cdw12 = 0x1200, .cdw13 = 0x1300, .timeout_ms = 5});
    check_sent(
        0, &(struct nvme_passthru_cmd){.opcode = 0x02, .cdw12 = 0x1200, .cdw13 = 0x1300, .timeout_ms = 5});
    close(fd);
}

/* Each answer once, and no command sent again for it. */
static void every_answer(void **state)
{
    (void)state;
    static const struct {
        int returned, error, status;
    } rows[] = {
        {0, 0, 0},
        {0, EIO, 0},        /* errno means nothing then */
        {0x4002, 0, 0x002}, /* Do Not Retry */
        {0x6002, 0, 0x002}, /* and More */
        {0x5986, 0, 0x186}, /* and a retry delay */
        {0x4001, 0, 0x001},
        {0x01d, 0, 0x01d},
        {0x01c, 0, 0x01c},
        {0x4286, 0, 0x286},
        {0x700, 0, 0x700},
        {0x7ff, 0, 0x7ff},
        {0x4000, 0, -EPROTO}, /* success, and do not retry: no success */
        {0x2000, 0, -EPROTO},
        {-1, EINTR, -EINTR}, /* the kernel's time passed: nobody knows */
        {-1, EACCES, -EACCES},
        {-1, ENOTTY, -ENOTTY},
        {-1, ENODEV, -ENODEV},
        {-1, 0, -EIO}, /* never 0 */
    };
    int fd = desk_file();
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        set_answer(rows[i].returned, rows[i].error, 0xc0ffee);
        struct uw_nvme_command command = ask(fd, uw_nvme_sanitize(UW_NVME_SANACT_BLOCK, false, 0));
        if (command.status != rows[i].status)
            fail_msg("row %u: status %d", i, command.status);
        assert_int_equal(command.result, rows[i].returned < 0 ? 0 : 0xc0ffee);
        assert_int_equal(desk->count, i + 1);
    }
    close(fd);
}

static void data_come_in_and_no_more_than_asked(void **state)
{
    (void)state;
    int fd = desk_file();
    set_answer(0, 0, 0);
    memset(wide, 0x11, sizeof wide);
    ask(fd, uw_nvme_identify_controller(wide + 4));
    for (size_t i = 0; i < sizeof wide; i++)
        assert_int_equal(wide[i], i < 4 || i >= sizeof wide - 4 ? 0x11 : 0xa5);
    close(fd);
}

/* Tells by its status whether the bytes are `wide`'s, and writes over them. */
static int serve_out(struct nvme_passthru_cmd *command)
{
    uint8_t *data = (void *)(uintptr_t)command->addr;
    int status = memcmp(data, wide, command->data_len) == 0 ? 0 : 2;
    memset(data, 0xa5, command->data_len);
    return status;
}

static void data_go_out_and_none_come_back(void **state)
{
    (void)state;
    int fd = desk_file();
    desk_serve = serve_out;
    for (size_t i = 0; i < sizeof wide; i++)
        wide[i] = (uint8_t)(i * 7 + i / 256);
    memcpy(page, wide, sizeof page);
    assert_int_equal(ask(fd, uw_nvme_security_send(1, 1, page, sizeof page)).status, 0);
    assert_memory_equal(page, wide, sizeof page);
    page[sizeof page - 1] ^= 1;
    assert_int_equal(ask(fd, uw_nvme_security_send(1, 1, page, sizeof page)).status, 2);
    close(fd);
}

static void no_command_without_a_limit_or_with_odd_data(void **state)
{
    (void)state;
    const struct uw_nvme_command rows[] = {
        {.opcode = 0x84, .timeout_ms = 0},
        {.opcode = 0x06, .timeout_ms = 1, .data_bytes = 8},
        {.opcode = 0x06, .timeout_ms = 1, .data = page},
        {.opcode = 0x06, .timeout_ms = 1, .data = page, .data_bytes = UW_NVME_DATA_BYTES + 1},
        /* Its data go the other way, or there are none. */
        {.opcode = 0x06, .timeout_ms = 1, .data = page, .data_bytes = 8, .data_out = true},
        {.opcode = 0x81, .timeout_ms = 1, .data = page, .data_bytes = 8},
        {.opcode = 0x81, .timeout_ms = 1, .data_out = true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct uw_nvme_command command = rows[i];
        struct uw_error e = {0};
        bool stalled = true;
        assert_false(uw_nvme_ask(0, &command, LIMIT_MS, NULL, &stalled, &e));
        assert_false(stalled);
        assert_int_equal(e.code, UW_E_IO);
        assert_int_not_equal(command.status, 0);
    }
    assert_int_equal(desk->count, 0);
}

static int die(struct nvme_passthru_cmd *command)
{
    (void)command;
    return kill(getpid(), SIGKILL);
}

static void a_killed_sender_is_no_success(void **state)
{
    (void)state;
    struct uw_nvme_command command = uw_nvme_sanitize(UW_NVME_SANACT_BLOCK, false, 0);
    struct uw_error e = {0};
    bool stalled = true;
    int fd = desk_file();
    desk_serve = die;
    assert_false(uw_nvme_ask(fd, &command, LIMIT_MS, NULL, &stalled, &e));
    assert_false(stalled);
    assert_int_equal(e.code, UW_E_IO);
    assert_non_null(strstr(e.text, "killed"));
    assert_int_equal(command.status, -ECANCELED);
    assert_int_equal(desk->count, 1);
    close(fd);
}

static void a_command_that_never_returns(void **state)
{
    (void)state;
    struct uw_error e = {0};
    bool stalled = false;
    int fd = desk_file();
    desk_serve = desk_hang;
    memset(page, 0x22, sizeof page);
    struct uw_nvme_command command = uw_nvme_identify_controller(page);
    int64_t before = uw_monotonic_ms();
    assert_false(uw_nvme_ask(fd, &command, SHORT_MS, NULL, &stalled, &e));
    assert_in_range(uw_monotonic_ms() - before, SHORT_MS - 1, 15000);
    assert_true(stalled);
    assert_int_equal(e.errno_value, ETIMEDOUT);
    assert_int_not_equal(command.status, 0);
    assert_int_equal(page[0], 0x22);
    desk_release();
    close(fd);
}

/* With such a command in the kernel the program still ends; so it must not be waited for either. */
static void the_process_ends_all_the_same(void **state)
{
    (void)state;
    desk_serve = desk_hang;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        bool stalled = false;
        struct uw_nvme_command command = uw_nvme_get_health(page);
        alarm(20);
        bool answered = uw_nvme_ask(desk_file(), &command, SHORT_MS, NULL, &stalled, NULL);
        exit(!answered && stalled ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_int_equal(kill(desk->sender, SIGKILL), 0); /* an orphan */
}

static void a_namespace_has_a_number(void **state)
{
    (void)state;
    desk_nsid = 5;
    assert_int_equal(uw_nvme_nsid(0), 5);
    desk_nsid = 0;
    assert_int_equal(uw_nvme_nsid(0), 0);
    desk_nsid = -1;
    assert_int_equal(uw_nvme_nsid(0), 0);
    assert_int_equal(errno, ENOTTY);
}

static int block_ioctl(unsigned long request, void *argument)
{
    uint64_t bytes = 1 << 20;
    int number = request == BLKSSZGET ? 512 : 0;
    if (request == BLKGETSIZE64)
        memcpy(argument, &bytes, sizeof bytes);
    else if (request == BLKSSZGET || request == BLKROGET)
        memcpy(argument, &number, sizeof number);
    else
        desk_refuse("ioctl", request);
    return 0;
}

static char device[] = "namespace-XXXXXX";

static struct uw_drive make_device(void)
{
    struct uw_drive drive = {
        .bus = UW_BUS_NVME, .bytes = 1 << 20, .logical_block_bytes = 512, .devnum = makedev(259, 10)};
    strcpy(device, "namespace-XXXXXX");
    int fd = mkstemp(device);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, 1 << 20), 0);
    close(fd);
    snprintf(drive.device, sizeof drive.device, "%s", device);
    desk_other = block_ioctl;
    desk_lies = true;
    return drive;
}

static struct uw_transport *open_device(const struct uw_drive *drive, enum uw_block_engine engine)
{
    struct uw_transport *t;
    struct uw_error e = {0};
    if (!uw_block_open_with(drive, false, engine, &t, &e))
        fail_msg("%s", e.text);
    return t;
}

static void drop_device(void)
{
    desk_lies = false;
    unlink(device);
}

static void namespaces_alone_have_the_door(void **state)
{
    (void)state;
    const struct {
        enum uw_bus bus;
        bool partition, door;
    } rows[] = {{UW_BUS_NVME, false, true},
                {UW_BUS_NVME_FABRICS, false, true},
                {UW_BUS_NVME, true, false},
                {UW_BUS_ATA, false, false},
                {UW_BUS_VIRTIO, false, false}};
    struct uw_drive drive = make_device();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (enum uw_block_engine engine = UW_BLOCK_AUTO; engine <= UW_BLOCK_SYNC; engine++) {
            drive.bus = rows[i].bus;
            drive.is_partition = rows[i].partition;
            struct uw_transport *t = open_device(&drive, engine);
            assert_int_equal(t->ops->nvme != NULL, rows[i].door);
            assert_int_equal(t->ops->rescan != NULL, rows[i].door);
            uint8_t *arena;
            assert_true(t->ops->begin(t, 2, 65536, &arena, NULL));
            assert_int_equal(t->ops->nvme != NULL, rows[i].door);
            assert_int_equal(t->ops->rescan != NULL, rows[i].door);
            t->ops->close(t);
        }
    drop_device();
}

static void the_transport_sends_through_its_descriptor(void **state)
{
    (void)state;
    struct uw_drive drive = make_device();
    struct uw_error e = {0};
    bool stalled = true;
    struct uw_transport *t = open_device(&drive, UW_BLOCK_SYNC);
    struct uw_nvme_command command = uw_nvme_sanitize(UW_NVME_SANACT_CRYPTO, false, 0);
    set_answer(0x4286, 0, 0);
    assert_true(t->ops->nvme(t, &command, LIMIT_MS, &stalled, &e));
    assert_false(stalled || t->abandoned);
    assert_int_equal(command.status, UW_NVME_ACCESS_DENIED);
    check_sent(0, &(struct nvme_passthru_cmd){.opcode = 0x84, .cdw10 = 4, .timeout_ms = 120000});
    desk_serve = desk_hang;
    assert_false(t->ops->nvme(t, &command, SHORT_MS, &stalled, &e));
    assert_true(stalled && t->abandoned);
    assert_non_null(strstr(e.text, device));
    t->ops->close(t);
    desk_release();
    drop_device();
}

/* Whether the file of the tree holds what a rescan writes. */
static bool told(const char *path)
{
    char full[2048], text[4] = "";
    tree_path(full, path);
    int fd = open(full, O_RDONLY);
    assert_true(fd >= 0);
    ssize_t got = read(fd, text, sizeof text - 1);
    close(fd);
    tree_text(path, "%s", "");
    return got == 1 && text[0] == '1';
}

#define CTL0 "sys/devices/pci0/nvme/nvme0"
#define CTL1 "sys/devices/pci1/nvme/nvme1"
#define CTL2 "sys/devices/pci2/nvme/nvme2"
#define SUBSYSTEM "sys/devices/virtual/nvme-subsystem/nvme-subsys0"

static void make_controllers(const char *namespace)
{
    char path[1024];
    tree_text(CTL0 "/rescan_controller", "%s", "");
    tree_text(CTL1 "/rescan_controller", "%s", "");
    tree_text(CTL2 "/rescan_controller", "%s", "");
    snprintf(path, sizeof path, "%s/size", namespace);
    tree_text(path, "8\n");
    tree_link("sys/dev/block/259:10", namespace);
}

static bool rescan(int timeout_ms, bool *stalled, struct uw_error *e)
{
    return uw_nvme_rescan(tree_roots.sys, makedev(259, 10), timeout_ms, stalled, e);
}

static void rescans_its_controller(void **state)
{
    (void)state;
    struct uw_error e = {0};
    bool stalled = true;
    make_controllers(CTL0 "/nvme0n1");
    tree_link(CTL0 "/nvme0n1/device", CTL0);
    assert_true(rescan(LIMIT_MS, &stalled, &e));
    assert_false(stalled);
    assert_true(told(CTL0 "/rescan_controller"));
    assert_false(told(CTL1 "/rescan_controller"));
    /* Another one of the same subsystem sees its namespaces, too. */
    tree_link("sys/class/nvme-subsystem/nvme-subsys0", SUBSYSTEM);
    tree_link(SUBSYSTEM "/nvme0", CTL0);
    tree_link(SUBSYSTEM "/nvme1", CTL1);
    assert_true(rescan(LIMIT_MS, &stalled, &e));
    assert_true(told(CTL0 "/rescan_controller"));
    assert_true(told(CTL1 "/rescan_controller"));
    assert_false(told(CTL2 "/rescan_controller"));
}

static void rescans_every_path_of_a_head(void **state)
{
    (void)state;
    struct uw_error e = {0};
    bool stalled = true;
    make_controllers(SUBSYSTEM "/nvme0n1");
    tree_link(SUBSYSTEM "/nvme0n1/device", SUBSYSTEM);
    tree_link(SUBSYSTEM "/nvme0", CTL0);
    tree_link(SUBSYSTEM "/nvme2", CTL2);
    assert_true(rescan(LIMIT_MS, &stalled, &e));
    assert_true(told(CTL0 "/rescan_controller"));
    assert_false(told(CTL1 "/rescan_controller"));
    assert_true(told(CTL2 "/rescan_controller"));
}

static void rescans_that_fail(void **state)
{
    (void)state;
    struct uw_error e = {0};
    bool stalled = true;
    char path[2048];
    assert_false(rescan(LIMIT_MS, &stalled, &e)); /* no such device */
    assert_int_equal(e.errno_value, ENODEV);
    assert_false(stalled);
    make_controllers(CTL0 "/nvme0n1");
    tree_link(CTL0 "/nvme0n1/device", CTL0);
    tree_remove(CTL0 "/rescan_controller");
    assert_false(rescan(LIMIT_MS, &stalled, &e));
    tree_folders(CTL0 "/rescan_controller", true);
    e.errno_value = 0;
    assert_false(rescan(LIMIT_MS, &stalled, &e));
    assert_int_equal(e.errno_value, EISDIR);
    /* A pipe that nobody reads: opening it never returns. */
    tree_path(path, CTL0 "/rescan_controller");
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_false(rescan(SHORT_MS, &stalled, &e));
    assert_true(stalled);
    /* It goes on once somebody reads. */
    int fd = open(path, O_RDONLY);
    char word;
    assert_int_equal(read(fd, &word, 1), 1);
    assert_true(waitpid(-1, NULL, 0) > 0);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        desk_test(every_command_byte_by_byte),
        desk_test(dwords_12_and_13_go_out),
        desk_test(every_answer),
        desk_test(data_come_in_and_no_more_than_asked),
        desk_test(data_go_out_and_none_come_back),
        desk_test(no_command_without_a_limit_or_with_odd_data),
        desk_test(a_killed_sender_is_no_success),
        desk_test(a_command_that_never_returns),
        desk_test(the_process_ends_all_the_same),
        desk_test(a_namespace_has_a_number),
        desk_test(namespaces_alone_have_the_door),
        desk_test(the_transport_sends_through_its_descriptor),
        tree_test(rescans_its_controller),
        tree_test(rescans_every_path_of_a_head),
        tree_test(rescans_that_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
