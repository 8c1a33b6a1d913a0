/* SPDX-License-Identifier: Apache-2.0 */
/* Every SCSI and ATA command of ours as it goes out through SG_IO, byte by byte, and every kind of answer.
 * The bytes wanted come from SAT-4 12.2.2 (ATA PASS-THROUGH), ACS-4 chapter 7 (the commands), SPC-5 6.12
 * and 6.14 (MODE SELECT and SENSE). */
#include "sg_desk.h"

#include <linux/fs.h>

#include "transport/block.h"
#include "transport/process.h"
#include "transport/sat.h"
#include "transport/scsi.h"

enum { LIMIT_MS = 20000, SHORT_MS = 150 };

/* Commands of this test's own: one that reads, one that moves nothing (SPC-5). */
static struct uw_scsi_command inquiry(void *data, uint32_t bytes)
{
    return (struct uw_scsi_command){.cdb = {0x12, 0, 0, (uint8_t)(bytes >> 8), (uint8_t)bytes},
                                    .cdb_bytes = 6,
                                    .direction = UW_SCSI_DATA_IN,
                                    .data = data,
                                    .data_bytes = bytes,
                                    .timeout_ms = 30000};
}

static struct uw_scsi_command test_unit_ready(void)
{
    return (struct uw_scsi_command){.cdb_bytes = 6, .timeout_ms = 30000};
}

static uint8_t block[UW_ATA_BLOCK_BYTES];

/* What the next command is answered with. */
static struct {
    int returned, error;
    uint16_t host, driver;
    uint8_t status, sense_bytes;
    uint8_t sense[64];
    int resid;
} answer;

static int serve(struct sg_io_hdr *io)
{
    if (io->dxfer_direction == SG_DXFER_FROM_DEV)
        memset(io->dxferp, 0xa5, io->dxfer_len);
    io->host_status = answer.host;
    io->driver_status = answer.driver;
    io->status = answer.status;
    io->sb_len_wr = answer.sense_bytes;
    io->resid = answer.resid;
    memcpy(io->sbp, answer.sense, io->mx_sb_len);
    errno = answer.error;
    return answer.returned;
}

static void set_good(void)
{
    memset(&answer, 0, sizeof answer);
    desk_serve = serve;
}

/* Two drives' worth: without data, registers come in descriptor sense. */
static int serve_ata(struct sg_io_hdr *io)
{
    static const struct desk_registers done = {.status = 0x50, .device = 0x40};
    return (io->cmdp[2] & 0x20) != 0 ? desk_return(io, &done) : 0;
}

struct row {
    struct uw_ata_command command;
    uint8_t cdb[16];
    int direction;
    uint32_t timeout_ms;
    uint8_t data[34];
    enum uw_ata_outcome outcome;
};

#define NONE SG_DXFER_NONE
#define IN SG_DXFER_FROM_DEV
#define OUT SG_DXFER_TO_DEV

static void check_sent(unsigned row, const struct row *wanted)
{
    const struct desk_command *got = &desk->sent[desk->count - 1];
    if (got->cdb_bytes != 16 || memcmp(got->cdb, wanted->cdb, 16) != 0) {
        for (size_t i = 0; i < 16; i++)
            fprintf(stderr, "%02x ", got->cdb[i]);
        fail_msg("row %u", row);
    }
    uint8_t data[UW_ATA_BLOCK_BYTES] = {0};
    memcpy(data, wanted->data, sizeof wanted->data);
    if (got->direction != wanted->direction || got->timeout_ms != wanted->timeout_ms)
        fail_msg("row %u: direction %d, %u ms", row, got->direction, got->timeout_ms);
    assert_int_equal(got->data_bytes, wanted->direction == NONE ? 0 : 512);
    if (wanted->direction == OUT)
        assert_memory_equal(got->data, data, sizeof data);
}

#define PASSWORD "0123456789abcdefghijklmnopqrstuv"
static const uint8_t password[UW_ATA_PASSWORD_BYTES + 1] = PASSWORD;

static void every_command_byte_by_byte(void **state)
{
    (void)state;
    uint8_t in[UW_ATA_BLOCK_BYTES], out[8][UW_ATA_BLOCK_BYTES];
    const struct row rows[] = {
        {uw_ata_identify_device(in),
         {0x85, 0x08, 0x0e, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0xec, 0},
         IN,
         30000,
         "",
         UW_ATA_DONE},
        {uw_ata_read_log(0x30, 0x0106, in),
         {0x85, 0x09, 0x0e, 0, 0, 0, 1, 0, 0x30, 0x01, 0x06, 0, 0, 0x40, 0x2f, 0},
         IN,
         30000,
         "",
         UW_ATA_DONE},
        {uw_ata_dco_identify(in),
         {0x85, 0x08, 0x0e, 0, 0xc2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0xb1, 0},
         IN,
         30000,
         "",
         UW_ATA_DONE},
        {uw_ata_nop(0x5a3c, 0x91827364a5b6),
         {0x85, 0x07, 0x20, 0, 0, 0x5a, 0x3c, 0x73, 0xb6, 0x82, 0xa5, 0x91, 0x64, 0x40, 0x00, 0},
         NONE,
         30000,
         "",
         UW_ATA_DONE},
        {uw_ata_sanitize_status(false),
         {0x85, 0x07, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x40, 0xb4, 0},
         NONE,
         30000,
         "",
         UW_ATA_DONE},
        {uw_ata_sanitize_status(true),
         {0x85, 0x07, 0x20, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0x40, 0xb4, 0},
         NONE,
         30000,
         "",
         UW_ATA_DONE},
        {uw_ata_sanitize_crypto(),
         {0x85, 0x07, 0x00, 0, 0x11, 0, 0, 0x43, 0x70, 0, 0x79, 0, 0x72, 0x40, 0xb4, 0},
         NONE,
         120000,
         "",
         UW_ATA_NO_REGISTERS},
        {uw_ata_sanitize_block(),
         {0x85, 0x07, 0x00, 0, 0x12, 0, 0, 0x42, 0x72, 0, 0x45, 0, 0x6b, 0x40, 0xb4, 0},
         NONE,
         120000,
         "",
         UW_ATA_NO_REGISTERS},
        {uw_ata_sanitize_overwrite(0xdeadbeef, false),
         {0x85, 0x07, 0x00, 0, 0x14, 0, 0x01, 0xde, 0xef, 0x57, 0xbe, 0x4f, 0xad, 0x40, 0xb4, 0},
         NONE,
         120000,
         "",
         UW_ATA_NO_REGISTERS},
        {uw_ata_sanitize_overwrite(0, true),
         {0x85, 0x07, 0x00, 0, 0x14, 0, 0x41, 0, 0, 0x57, 0, 0x4f, 0, 0x40, 0xb4, 0},
         NONE,
         120000,
         "",
         UW_ATA_NO_REGISTERS},
        {uw_ata_read_native_max(true),
         {0x85, 0x07, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x40, 0x27, 0},
         NONE,
         30000,
         "",
         UW_ATA_DONE},
        {uw_ata_get_accessible_max(),
         {0x85, 0x07, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x40, 0x78, 0},
         NONE,
         30000,
         "",
         UW_ATA_DONE},
        {uw_ata_read_native_max(false),
         {0x85, 0x06, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x40, 0xf8, 0},
         NONE,
         30000,
         "",
         UW_ATA_DONE},
        {uw_ata_set_max(true, 0xa1b2c3d4e5f6),
         {0x85, 0x07, 0x20, 0, 0, 0, 0, 0xc3, 0xf6, 0xb2, 0xe5, 0xa1, 0xd4, 0x40, 0x37, 0},
         NONE,
         30000,
         "",
         UW_ATA_DONE},
        {uw_ata_set_max(false, 0xfedcba9),
         {0x85, 0x06, 0x20, 0, 0, 0, 0, 0, 0xa9, 0, 0xcb, 0, 0xed, 0x4f, 0xf9, 0},
         NONE,
         30000,
         "",
         UW_ATA_DONE},
        {uw_ata_set_accessible_max(0xa1b2c3d4e5f6),
         {0x85, 0x07, 0x20, 0, 1, 0, 0, 0xc3, 0xf6, 0xb2, 0xe5, 0xa1, 0xd4, 0x40, 0x78, 0},
         NONE,
         30000,
         "",
         UW_ATA_DONE},
        {uw_ata_dco_restore(),
         {0x85, 0x06, 0x20, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xb1, 0},
         NONE,
         30000,
         "",
         UW_ATA_DONE},
        {uw_ata_enable_write_cache(),
         {0x85, 0x06, 0x20, 0, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xef, 0},
         NONE,
         30000,
         "",
         UW_ATA_DONE},
        {uw_ata_set_password(password, out[0]),
         {0x85, 0x0a, 0x06, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0xf1, 0},
         OUT,
         60000,
         "\x00\x00" PASSWORD,
         UW_ATA_DONE},
        {uw_ata_unlock(UW_ATA_USER, password, out[1]),
         {0x85, 0x0a, 0x06, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0xf2, 0},
         OUT,
         60000,
         "\x00\x00" PASSWORD,
         UW_ATA_DONE},
        {uw_ata_unlock(UW_ATA_MASTER, password, out[2]),
         {0x85, 0x0a, 0x06, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0xf2, 0},
         OUT,
         60000,
         "\x01\x00" PASSWORD,
         UW_ATA_DONE},
        {uw_ata_disable_password(UW_ATA_USER, password, out[3]),
         {0x85, 0x0a, 0x06, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0xf6, 0},
         OUT,
         60000,
         "\x00\x00" PASSWORD,
         UW_ATA_DONE},
        {uw_ata_erase_prepare(),
         {0x85, 0x06, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xf3, 0},
         NONE,
         30000,
         "",
         UW_ATA_DONE},
        {uw_ata_erase_unit(UW_ATA_USER, password, false, 7200000, out[4]),
         {0x85, 0x0a, 0x06, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0xf4, 0},
         OUT,
         7200000,
         "\x00\x00" PASSWORD,
         UW_ATA_DONE},
        {uw_ata_erase_unit(UW_ATA_USER, password, true, uw_ata_erase_timeout_ms(UW_ATA_NOT_TOLD), out[5]),
         {0x85, 0x0a, 0x06, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0xf4, 0},
         OUT,
         2073600000,
         "\x02\x00" PASSWORD,
         UW_ATA_DONE},
        {uw_ata_erase_unit(UW_ATA_MASTER, password, true, 1, out[6]),
         {0x85, 0x0a, 0x06, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0xf4, 0},
         OUT,
         1,
         "\x03\x00" PASSWORD,
         UW_ATA_DONE},
    };
    struct uw_transport *t;
    int fd = desk_file();
    assert_true(uw_scsi_over(fd, &t, NULL));
    struct uw_sat sat = {.below = t, .path = UW_ATA_PATH_WHOLE, .d_sense_set = true};
    desk_serve = serve_ata;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct uw_ata_command command = rows[i].command;
        struct uw_error e = {0};
        bool stalled = true;
        if (!uw_sat_ask(&sat, &command, LIMIT_MS, &stalled, &e))
            fail_msg("%s", e.text);
        assert_false(stalled);
        assert_int_equal(desk->count, i + 1);
        check_sent(i, &rows[i]);
        if (command.outcome != rows[i].outcome || command.host_errno != 0)
            fail_msg("row %u: outcome %d", i, command.outcome);
        assert_int_equal(command.registers.known, (rows[i].cdb[2] & 0x20) != 0);
    }
    t->ops->close(t);
    close(fd);
}

/* Each answer once, and no command sent again for it. */
static void every_answer(void **state)
{
    (void)state;
    static const struct {
        int returned, error;
        uint16_t host, driver;
        uint8_t status, sense_bytes;
        int resid, host_errno;
        uint32_t moved;
        uint8_t sense_kept;
    } rows[] = {
        {0, EIO, 0, 0, 0, 0, 0, 0, 512, 0}, /* errno means nothing then */
        {0, 0, 0, 8, 2, 22, 0, 0, 512, 22}, /* there is sense */
        {0, 0, 0, 0, 2, 22, 512, 0, 0, 22},
        {0, 0, 0, 0x18, 2, 18, 12, 0, 500, 18}, /* with a suggestion, as old kernels have it */
        {0, 0, 0, 8, 2, 200, 0, 0, 512, 64},    /* more sense than there is room */
        {0, 0, 0, 0, 8, 0, 0, 0, 512, 0},       /* busy */
        {0, 0, 0, 0, 0, 0, -1, 0, 0, 0},        /* more moved than asked for */
        {0, 0, 0, 0, 0, 0, 513, 0, 0, 0},
        {0, 0, 1, 0, 0, 0, 0, -ENODEV, 512, 0},
        {0, 0, 2, 0, 0, 0, 0, -EBUSY, 512, 0},
        {0, 0, 3, 0, 0, 0, 0, -ETIMEDOUT, 512, 0}, /* the kernel's time passed: nobody knows */
        {0, 0, 3, 8, 2, 22, 0, -ETIMEDOUT, 512, 22},
        {0, 0, 4, 0, 0, 0, 0, -ENODEV, 512, 0},
        {0, 0, 5, 0, 0, 0, 0, -EIO, 512, 0},
        {0, 0, 7, 0, 0, 0, 0, -EIO, 512, 0},
        {0, 0, 8, 0, 0, 0, 0, -EIO, 512, 0},
        {0, 0, 0xff, 0, 0, 0, 0, -EIO, 512, 0},
        {0, 0, 0, 6, 0, 0, 0, -ETIMEDOUT, 512, 0},
        {0, 0, 0, 7, 0, 0, 0, -EIO, 512, 0},
        {-1, EPERM, 0, 0, 0, 0, 0, -EPERM, 0, 0},
        {-1, ENOTTY, 0, 0, 0, 0, 0, -ENOTTY, 0, 0},
        {-1, EINTR, 0, 0, 2, 22, 0, -EINTR, 0, 0},
        {-1, 0, 0, 0, 0, 0, 0, -EIO, 0, 0}, /* never 0 */
    };
    int fd = desk_file();
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        set_good();
        answer.returned = rows[i].returned;
        answer.error = rows[i].error;
        answer.host = rows[i].host;
        answer.driver = rows[i].driver;
        answer.status = rows[i].status;
        answer.sense_bytes = rows[i].sense_bytes;
        answer.resid = rows[i].resid;
        memset(answer.sense, 0x5c, sizeof answer.sense);
        struct uw_scsi_command command = inquiry(block, sizeof block);
        bool stalled = true;
        assert_true(uw_scsi_ask(fd, &command, LIMIT_MS, NULL, &stalled, NULL));
        assert_false(stalled);
        if (command.host_errno != rows[i].host_errno || command.moved_bytes != rows[i].moved ||
            command.sense_bytes != rows[i].sense_kept)
            fail_msg("row %u: errno %d, %u moved, %u of sense", i, command.host_errno, command.moved_bytes,
                     command.sense_bytes);
        assert_int_equal(command.status, rows[i].returned == 0 ? rows[i].status : 0);
        for (size_t k = 0; k < sizeof command.sense; k++)
            assert_int_equal(command.sense[k], k < rows[i].sense_kept ? 0x5c : 0);
        assert_int_equal(desk->count, i + 1);
    }
    close(fd);
}

/* A drive's answer is none where the host says that it failed. */
static void what_the_host_failed_at_is_no_success(void **state)
{
    (void)state;
    struct uw_transport *t;
    int fd = desk_file();
    bool stalled;
    assert_true(uw_scsi_over(fd, &t, NULL));
    struct uw_sat sat = {.below = t, .path = UW_ATA_PATH_WHOLE};
    set_good();
    answer.host = 3;
    struct uw_ata_command command = uw_ata_erase_unit(UW_ATA_USER, password, false, 1000, block);
    assert_true(uw_sat_ask(&sat, &command, LIMIT_MS, &stalled, NULL));
    assert_int_equal(command.outcome, UW_ATA_NO_ANSWER);
    assert_int_equal(command.host_errno, -ETIMEDOUT);
    t->ops->close(t);
    close(fd);
}

static void data_come_in_and_no_more_than_asked(void **state)
{
    (void)state;
    uint8_t wide[520];
    bool stalled;
    int fd = desk_file();
    set_good();
    memset(wide, 0x11, sizeof wide);
    struct uw_scsi_command command = inquiry(wide + 4, 512);
    assert_true(uw_scsi_ask(fd, &command, LIMIT_MS, NULL, &stalled, NULL));
    for (size_t i = 0; i < sizeof wide; i++)
        assert_int_equal(wide[i], i < 4 || i >= sizeof wide - 4 ? 0x11 : 0xa5);
    close(fd);
}

static void no_command_without_a_limit_or_with_odd_data(void **state)
{
    (void)state;
    const struct uw_scsi_command rows[] = {
        {.cdb_bytes = 6},
        {.cdb_bytes = 5, .timeout_ms = 1},
        {.cdb_bytes = 17, .timeout_ms = 1},
        {.cdb_bytes = 6, .timeout_ms = 1, .data_bytes = 8},
        {.cdb_bytes = 6, .timeout_ms = 1, .data = block, .data_bytes = 8},
        {.cdb_bytes = 6, .timeout_ms = 1, .direction = UW_SCSI_DATA_IN},
        {.cdb_bytes = 6, .timeout_ms = 1, .direction = UW_SCSI_DATA_OUT, .data_bytes = 8},
        {.cdb_bytes = 6, .timeout_ms = 1, .direction = UW_SCSI_DATA_OUT, .data = block},
        {.cdb_bytes = 6,
         .timeout_ms = 1,
         .direction = UW_SCSI_DATA_IN,
         .data = block,
         .data_bytes = UW_SCSI_DATA_BYTES + 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct uw_scsi_command command = rows[i];
        struct uw_error e = {0};
        bool stalled = true;
        assert_false(uw_scsi_ask(0, &command, LIMIT_MS, NULL, &stalled, &e));
        assert_false(stalled);
        assert_int_equal(e.code, UW_E_IO);
        assert_int_equal(command.host_errno, -ECANCELED);
    }
    assert_int_equal(desk->count, 0);
}

static int die(struct sg_io_hdr *io)
{
    (void)io;
    return kill(getpid(), SIGKILL);
}

static void a_killed_sender_is_no_success(void **state)
{
    (void)state;
    struct uw_scsi_command command = test_unit_ready();
    struct uw_error e = {0};
    bool stalled = true;
    int fd = desk_file();
    desk_serve = die;
    assert_false(uw_scsi_ask(fd, &command, LIMIT_MS, NULL, &stalled, &e));
    assert_false(stalled);
    assert_int_equal(e.code, UW_E_IO);
    assert_non_null(strstr(e.text, "killed"));
    assert_int_equal(command.host_errno, -ECANCELED);
    assert_int_equal(desk->count, 1);
    close(fd);
}

static void a_command_that_never_returns(void **state)
{
    (void)state;
    struct uw_error e = {0};
    struct uw_transport *t;
    bool stalled = false;
    int fd = desk_file();
    assert_true(uw_scsi_over(fd, &t, NULL));
    struct uw_sat sat = {.below = t, .path = UW_ATA_PATH_WHOLE, .d_sense_set = true};
    desk_serve = desk_hang;
    memset(block, 0x22, sizeof block);
    struct uw_ata_command command = uw_ata_identify_device(block);
    int64_t before = uw_monotonic_ms();
    assert_false(uw_sat_ask(&sat, &command, SHORT_MS, &stalled, &e));
    assert_in_range(uw_monotonic_ms() - before, SHORT_MS - 1, 15000);
    assert_true(stalled && t->abandoned);
    assert_int_equal(e.errno_value, ETIMEDOUT);
    assert_int_equal(command.outcome, UW_ATA_NO_ANSWER);
    assert_int_equal(block[0], 0x22);
    /* Nothing more is sent, D_SENSE least of all. */
    assert_false(uw_sat_ask(&sat, &command, SHORT_MS, &stalled, &e));
    assert_false(stalled);
    uw_sat_close(&sat, SHORT_MS);
    t->ops->close(t);
    desk_await();
    assert_int_equal(desk->count, 1);
    desk_release();
    close(fd);
}

static int block_ioctl(unsigned long request, void *argument)
{
    uint64_t bytes = DESK_BYTES;
    int number = request == BLKSSZGET ? 512 : 0;
    if (request == BLKGETSIZE64)
        memcpy(argument, &bytes, sizeof bytes);
    else if (request == BLKSSZGET || request == BLKROGET)
        memcpy(argument, &number, sizeof number);
    else
        desk_refuse("ioctl", request);
    return 0;
}

static void whole_drives_of_scsi_alone_have_the_door(void **state)
{
    (void)state;
    static const struct {
        enum uw_bus bus;
        bool partition, door;
    } rows[] = {{UW_BUS_ATA, false, true},   {UW_BUS_SCSI, false, true}, {UW_BUS_USB, false, true},
                {UW_BUS_ATA, true, false},   {UW_BUS_USB, true, false},  {UW_BUS_VIRTIO, false, false},
                {UW_BUS_NVME, false, false}, {UW_BUS_MMC, false, false}};
    char path[] = "drive-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, DESK_BYTES), 0);
    close(fd);
    struct uw_drive drive = {.bytes = DESK_BYTES, .logical_block_bytes = 512, .devnum = makedev(8, 16)};
    snprintf(drive.device, sizeof drive.device, "%s", path);
    desk_other = block_ioctl;
    desk_lies = true;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (enum uw_block_engine engine = UW_BLOCK_AUTO; engine <= UW_BLOCK_SYNC; engine++) {
            struct uw_transport *t;
            struct uw_error e = {0};
            bool stalled = true;
            uint8_t *arena;
            drive.bus = rows[i].bus;
            drive.is_partition = rows[i].partition;
            if (!uw_block_open_with(&drive, false, engine, &t, &e))
                fail_msg("%s", e.text);
            assert_int_equal(t->ops->scsi != NULL, rows[i].door);
            assert_true(t->ops->begin(t, 2, 65536, &arena, NULL));
            assert_int_equal(t->ops->scsi != NULL, rows[i].door);
            assert_int_equal(t->ops->nvme != NULL, rows[i].bus == UW_BUS_NVME);
            struct uw_scsi_command command = test_unit_ready();
            set_good();
            if (rows[i].door) {
                assert_true(t->ops->scsi(t, &command, LIMIT_MS, &stalled, &e));
                assert_int_equal(command.host_errno, 0);
                desk_serve = desk_hang;
                assert_false(t->ops->scsi(t, &command, SHORT_MS, &stalled, &e));
                assert_true(stalled && t->abandoned);
                assert_non_null(strstr(e.text, path));
                desk_release();
            }
            t->ops->close(t);
        }
    desk_lies = false;
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        desk_test(every_command_byte_by_byte),
        desk_test(every_answer),
        desk_test(what_the_host_failed_at_is_no_success),
        desk_test(data_come_in_and_no_more_than_asked),
        desk_test(no_command_without_a_limit_or_with_odd_data),
        desk_test(a_killed_sender_is_no_success),
        desk_test(a_command_that_never_returns),
        desk_test(whole_drives_of_scsi_alone_have_the_door),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
