/* SPDX-License-Identifier: Apache-2.0 */
/* The model of a drive that encrypts itself is what the standard says: TCG Storage Architecture Core
 * Specification 2.01, Opal SSC 2.01, Opal SSC Feature Set: PSID 1.00; by NVMe and by SCSI. Packets are put
 * together and taken apart here by hand. */
#include "nvme_commands.h"

#include "model/model_ata.h"

enum { SEND = 0x81, RECEIVE = 0x82, BYTES = 2048, ENOUGH_MS = 1000 };
enum { FIRST_SESSION = 0x1001, HOST = 0x69 };
enum { LOCKING_AT = 48 + 16, CLASS_AT = 48 + 32, BLOCK_SID_AT = 48 + 52 };
enum { SUPPORTED = 1, ENABLED = 2, LOCKED = 4, ENCRYPTS = 8, SHADOW = 16 };

static const uint8_t ADMIN_SP[8] = {0, 0, 2, 5, 0, 0, 0, 1};

/* The same drive behind either interface. */
struct door {
    struct drive nvme;
    struct model_ata *ata; /* NULL: NVMe */
    uint64_t now_ms;
};

static struct model_tcg *tcg_of(struct door *door)
{
    return door->ata != NULL ? &door->ata->tcg : &door->nvme.nvme->tcg;
}

static struct door by_nvme(struct model_tcg_config tcg)
{
    struct model_nvme_config config = able();
    config.tcg = tcg;
    return (struct door){.nvme = make(&config)};
}

static struct door by_ata(struct model_tcg_config tcg)
{
    struct model_ata_config config = {.block.bytes = SMALL, .tcg = tcg};
    struct door door = {.ata = model_ata_new(&config)};
    assert_non_null(door.ata);
    return door;
}

static void drop(struct door *door)
{
    assert_string_equal(door->ata != NULL ? door->ata->complaint : door->nvme.nvme->complaint, "");
    model_ata_free(door->ata);
    model_nvme_free(door->nvme.nvme);
}

static int by_scsi(struct door *door, bool out, uint8_t protocol, uint16_t specific, uint8_t *data)
{
    struct uw_scsi_command command = {.cdb = {out ? 0xb5 : 0xa2, protocol, (uint8_t)(specific >> 8),
                                              (uint8_t)specific, 0x80, 0, 0, 0, 0, BYTES / 512},
                                      .cdb_bytes = 12,
                                      .direction = out ? UW_SCSI_DATA_OUT : UW_SCSI_DATA_IN,
                                      .data = data,
                                      .data_bytes = BYTES,
                                      .timeout_ms = KERNEL_MS};
    bool stalled;
    if (!model_ata_scsi(door->ata, &door->now_ms, &command, PATIENCE_MS, &stalled))
        return -ETIMEDOUT;
    return command.host_errno != 0 ? command.host_errno : command.status;
}

static int trusted(struct door *door, bool out, uint8_t protocol, uint16_t specific, uint8_t *data)
{
    bool stalled;
    if (door->ata != NULL)
        return by_scsi(door, out, protocol, specific, data);
    struct uw_nvme_command command = {.opcode = out ? SEND : RECEIVE,
                                      .cdw10 = (uint32_t)protocol << 24 | (uint32_t)specific << 8,
                                      .cdw11 = BYTES,
                                      .data = data,
                                      .data_bytes = BYTES,
                                      .data_out = out,
                                      .timeout_ms = KERNEL_MS};
    return model_nvme_ask(door->nvme.nvme, &door->nvme.now_ms, &command, PATIENCE_MS, &stalled)
               ? command.status
               : -ETIMEDOUT;
}

static void pass_ms(struct door *door, uint64_t ms)
{
    if (door->ata == NULL) {
        wait_ms(&door->nvme, ms);
        return;
    }
    door->now_ms += ms;
    model_ata_advance(door->ata, door->now_ms);
}

static int64_t read_one(struct door *door, uint8_t *data)
{
    return door->ata != NULL ? model_ata_move(door->ata, door->now_ms, false, 0, 512, data)
                             : read_block(&door->nvme, 0, 0, data);
}

static uint64_t old_blocks(struct door *door)
{
    return door->ata != NULL ? model_ata_truth(door->ata).old : model_nvme_truth(door->nvme.nvme, 0).old;
}

static void cycle(struct door *door)
{
    if (door->ata != NULL) {
        model_ata_cut_power(door->ata);
        model_ata_power_on(door->ata);
        return;
    }
    model_nvme_cut_power(door->nvme.nvme);
    model_nvme_power_on(door->nvme.nvme);
}

static uint32_t big(const uint8_t *at, unsigned bytes)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < bytes; i++)
        value = value << 8 | at[i];
    return value;
}

static void put_big(uint8_t *at, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        at[i] = (uint8_t)(value >> (24 - 8 * i));
}

/* Core 3.2.3: ComPacket, Packet, SubPacket, payload padded to four bytes. */
static int send_payload(struct door *door, uint16_t comid, uint32_t tper, uint32_t host,
                        const uint8_t *payload, uint32_t bytes)
{
    uint8_t data[BYTES] = {[4] = (uint8_t)(comid >> 8), [5] = (uint8_t)comid};
    uint32_t padded = (bytes + 3) & ~3U;
    put_big(data + 16, padded + 36);
    put_big(data + 20, tper);
    put_big(data + 24, host);
    put_big(data + 40, padded + 12);
    put_big(data + 52, bytes);
    memcpy(data + 56, payload, bytes);
    return trusted(door, true, 1, comid, data);
}

/* 5.2.3.1, with the authority PSID. */
static int start(struct door *door, uint16_t comid, const char *psid)
{
    uint8_t payload[128] = {0xf8, 0xa8, 0, 0, 0, 0,    0, 0,    0,    0xff, 0xa8, 0,
                            0,    0,    0, 0, 0, 0xff, 2, 0xf0, 0x81, HOST, 0xa8};
    static const uint8_t authority[] = {0xf3, 0xf2, 3,    0xa8, 0,    0,    0, 9, 0, 1,
                                        0xff, 1,    0xf3, 0xf1, 0xf9, 0xf0, 0, 0, 0, 0xf1};
    uint32_t at = 23, length = (uint32_t)strlen(psid);
    memcpy(payload + at, ADMIN_SP, 8);
    at += 8;
    payload[at++] = 1;
    payload[at++] = 0xf2;
    payload[at++] = 0;
    payload[at++] = 0xd0;
    payload[at++] = (uint8_t)length;
    memcpy(payload + at, psid, length);
    at += length;
    memcpy(payload + at, authority, sizeof authority);
    return send_payload(door, comid, 0, 0, payload, at + (uint32_t)sizeof authority);
}

static int start_as_anybody(struct door *door)
{
    static const uint8_t payload[] = {0xf8, 0xa8, 0, 0, 0,    0, 0,    0,    0,    0xff, 0xa8, 0, 0,
                                      0,    0,    0, 0, 0xff, 2, 0xf0, 0x81, HOST, 0xa8, 0,    0, 2,
                                      5,    0,    0, 0, 1,    1, 0xf1, 0xf9, 0xf0, 0,    0,    0, 0xf1};
    return send_payload(door, MODEL_TCG_COMID, 0, 0, payload, sizeof payload);
}

/* Opal SSC 5.1.2.2. */
static int revert(struct door *door, uint32_t tper)
{
    static const uint8_t payload[] = {0xf8, 0xa8, 0, 0, 2, 5,    0,    0,    0,    1, 0xa8, 0, 0,   0,
                                      6,    0,    0, 2, 2, 0xf0, 0xf1, 0xf9, 0xf0, 0, 0,    0, 0xf1};
    return send_payload(door, MODEL_TCG_COMID, tper, HOST, payload, sizeof payload);
}

/* Status of the answer; -1: nothing came, -2: it is outstanding. */
struct got {
    uint8_t raw[BYTES];
    int status;
    uint32_t length, outstanding, tper, host, payload;
};

static struct got fetch(struct door *door, uint16_t comid)
{
    struct got got = {.status = -1};
    assert_int_equal(trusted(door, false, 1, comid, got.raw), 0);
    got.length = big(got.raw + 16, 4);
    got.outstanding = big(got.raw + 8, 4);
    got.tper = big(got.raw + 20, 4);
    got.host = big(got.raw + 24, 4);
    got.payload = big(got.raw + 52, 4);
    if (got.length == 0)
        got.status = got.outstanding != 0 ? -2 : -1;
    else if (got.payload >= 6 && got.payload < BYTES - 56)
        got.status = got.raw[56 + got.payload - 4];
    return got;
}

static int start_status(struct door *door, const char *psid)
{
    assert_int_equal(start(door, MODEL_TCG_COMID, psid), 0);
    return fetch(door, MODEL_TCG_COMID).status;
}

static int revert_status(struct door *door)
{
    assert_int_equal(revert(door, tcg_of(door)->tper_session), 0);
    pass_ms(door, ENOUGH_MS);
    return fetch(door, MODEL_TCG_COMID).status;
}

static unsigned locking(struct door *door)
{
    uint8_t page[BYTES];
    assert_int_equal(trusted(door, false, 1, 1, page), 0);
    assert_int_equal(big(page + LOCKING_AT, 2), 2);
    return page[LOCKING_AT + 4];
}

#define OPAL                                                                                                 \
    {                                                                                                        \
        .class = MODEL_TCG_OPAL_2, .encrypts = true, .enabled = true, .locked = true                         \
    }

static const struct model_tcg_config opal = OPAL;

/* Each test once by NVMe and once by SCSI. */
typedef struct door (*opener)(struct model_tcg_config tcg);
static const opener openers[] = {by_nvme, by_ata};
#define BOTH(open) (size_t i = 0; i < 2; i++) for (opener open = openers[i]; open != NULL; open = NULL)

/* SPC-5 7.7.1: the list of protocols; Core 3.3.6: header, then features by code, version, length. */
static void discovers(void **state)
{
    (void)state;
    static const struct {
        enum model_tcg_class class;
        unsigned code;
    } rows[] = {{MODEL_TCG_OPAL_1, 0x200},    {MODEL_TCG_OPAL_2, 0x203},   {MODEL_TCG_OPALITE, 0x301},
                {MODEL_TCG_PYRITE_1, 0x302},  {MODEL_TCG_PYRITE_2, 0x303}, {MODEL_TCG_RUBY, 0x304},
                {MODEL_TCG_ENTERPRISE, 0x100}};
    for
        BOTH(open)
    for (size_t row = 0; row < sizeof rows / sizeof *rows; row++) {
        struct door door = open((struct model_tcg_config){
            .class = rows[row].class, .comid = 0x1234, .encrypts = true, .sid_blocked = true});
        uint8_t page[BYTES];
        assert_int_equal(trusted(&door, false, 0, 0, page), 0);
        assert_int_equal(big(page + 6, 2), 2);
        assert_memory_equal(page + 8, ((uint8_t[]){0, 1}), 2);
        assert_int_equal(trusted(&door, false, 1, 1, page), 0);
        assert_int_equal(big(page, 4) + 4, BLOCK_SID_AT + 16);
        assert_int_equal(big(page + 4, 4), 1);
        assert_int_equal(big(page + 48, 2), 1);
        assert_int_equal(page[LOCKING_AT + 4], SUPPORTED | ENCRYPTS);
        assert_int_equal(big(page + CLASS_AT, 2), rows[row].code);
        assert_int_equal(page[CLASS_AT + 3], 16);
        assert_int_equal(big(page + CLASS_AT + 4, 2), 0x1234);
        assert_int_equal(big(page + BLOCK_SID_AT, 2), 0x402);
        assert_int_equal(page[BLOCK_SID_AT + 4] & 2, 2);
        drop(&door);
    }
}

/* Opal SSC, table Locking: a locked range fails reads and writes. Core 5.2.3: StartSession, SyncSession. Opal
 * SSC 5.1.2.2.2: after the status the session is no more, and the drive is as it left the factory. */
static void reverts(void **state)
{
    (void)state;
    for
        BOTH(open)
        {
            struct door door = open(opal);
            uint8_t data[512];
            uint64_t all = old_blocks(&door);
            assert_int_not_equal(all, 0);
            assert_int_equal(locking(&door), SUPPORTED | ENABLED | LOCKED | ENCRYPTS);
            assert_int_equal(read_one(&door, data), -EIO);
            assert_int_equal(start(&door, MODEL_TCG_COMID, model_tcg_psid), 0);
            struct got got = fetch(&door, MODEL_TCG_COMID);
            static const uint8_t sync[] = {
                0xf8, 0xa8, 0, 0, 0, 0,    0,    0, 0, 0xff, 0xa8, 0,    0,    0,    0, 0, 0, 0xff, 3,
                0xf0, 0x84, 0, 0, 0, HOST, 0x84, 0, 0, 0x10, 0x01, 0xf1, 0xf9, 0xf0, 0, 0, 0, 0xf1};
            assert_int_equal(got.tper | got.host, 0);
            assert_int_equal(got.payload, sizeof sync);
            assert_int_equal(got.length, 36 + (sizeof sync + 3) / 4 * 4);
            assert_memory_equal(got.raw + 56, sync, sizeof sync);
            assert_int_equal(fetch(&door, MODEL_TCG_COMID).status, -1);
            assert_int_equal(revert(&door, FIRST_SESSION), 0);
            assert_int_equal(fetch(&door, MODEL_TCG_COMID).status, -2);
            assert_int_equal(old_blocks(&door), all);
            pass_ms(&door, ENOUGH_MS);
            got = fetch(&door, MODEL_TCG_COMID);
            assert_int_equal(got.status, 0);
            assert_int_equal(got.tper, FIRST_SESSION);
            assert_int_equal(got.host, HOST);
            assert_int_equal(locking(&door), SUPPORTED | ENCRYPTS);
            assert_int_equal(old_blocks(&door), 0);
            assert_int_equal(read_one(&door, data), 512);
            assert_false(tcg_of(&door)->open);
            assert_int_equal(revert(&door, FIRST_SESSION), 0);
            assert_int_equal(fetch(&door, MODEL_TCG_COMID).status, -1);
            drop(&door);
        }
}

/* Core 5.1.5 status codes; the table C_PIN: tries are counted and end; a power cycle gives them back. */
static void refuses_wrong_words(void **state)
{
    (void)state;
    for
        BOTH(open)
        {
            struct model_tcg_config config = opal;
            config.tries = 2;
            struct door door = open(config);
            uint64_t all = old_blocks(&door);
            assert_int_equal(start_status(&door, "WRONG"), 0x01);
            assert_int_equal(start_status(&door, model_tcg_psid), 0x00);
            cycle(&door);
            assert_int_equal(start_status(&door, "PSID0123456789ABCDEFGHIJKLMNOPQS"), 0x01);
            assert_int_equal(start_status(&door, "WRONG"), 0x01);
            assert_int_equal(start_status(&door, model_tcg_psid), 0x12);
            cycle(&door);
            assert_int_equal(start_as_anybody(&door), 0);
            assert_int_equal(fetch(&door, MODEL_TCG_COMID).status, 0x00);
            assert_int_equal(revert_status(&door), 0x01);
            assert_int_equal(start_status(&door, model_tcg_psid), 0x03);
            assert_int_equal(old_blocks(&door), all);
            assert_int_equal(locking(&door), SUPPORTED | ENABLED | LOCKED | ENCRYPTS);
            drop(&door);
            config.psid = "";
            config.bare_refusal = true;
            door = open(config);
            assert_int_equal(start_status(&door, model_tcg_psid), 0x0c);
            drop(&door);
        }
}

/* Core 3.3.10: another ComID has nothing to say; what waits is to be fetched before more is sent. */
static void keeps_the_order(void **state)
{
    (void)state;
    for
        BOTH(open)
        {
            struct door door = open(opal);
            uint8_t few[BYTES] = {0};
            assert_int_equal(fetch(&door, MODEL_TCG_COMID).status, -1);
            assert_int_equal(start(&door, MODEL_TCG_COMID + 1, model_tcg_psid), 0);
            assert_int_equal(fetch(&door, MODEL_TCG_COMID + 1).status, -1);
            assert_int_equal(start(&door, MODEL_TCG_COMID, model_tcg_psid), 0);
            assert_int_not_equal(start(&door, MODEL_TCG_COMID, model_tcg_psid), 0);
            assert_int_equal(model_tcg_receive(tcg_of(&door), 1, MODEL_TCG_COMID, few, 64), MODEL_TCG_GOOD);
            assert_int_equal(big(few + 16, 4), 0);
            assert_int_equal(big(few + 8, 4), big(few + 12, 4));
            assert_true(big(few + 12, 4) > 64);
            assert_int_equal(fetch(&door, MODEL_TCG_COMID).status, 0);
            /* A host that ends its session itself is told so. */
            assert_int_equal(send_payload(&door, MODEL_TCG_COMID, FIRST_SESSION, HOST, (uint8_t[]){0xfa}, 1),
                             0);
            assert_int_equal(fetch(&door, MODEL_TCG_COMID).raw[56], 0xfa);
            assert_int_equal(start_status(&door, model_tcg_psid), 0);
            assert_int_not_equal(trusted(&door, false, 2, 1, few), 0);
            assert_int_not_equal(trusted(&door, true, 0, 0, few), 0);
            drop(&door);
        }
}

/* Malformed packets are complained of: nothing of ours may be. */
static void complains(void **state)
{
    (void)state;
    struct door door = by_nvme(opal);
    uint8_t nothing[BYTES] = {0};
    assert_int_equal(trusted(&door, true, 1, MODEL_TCG_COMID, nothing), 0);
    assert_non_null(strstr(door.nvme.nvme->complaint, "ComPacket"));
    model_nvme_free(door.nvme.nvme);
    door = by_nvme(opal);
    assert_int_equal(send_payload(&door, MODEL_TCG_COMID, 0, 0,
                                  (uint8_t[]){0xf8, 0xa8, 0, 0, 0, 0, 0,    0, 0,    0xff, 0xa8,
                                              0,    0,    0, 0, 0, 0, 0xff, 2, 0xf0, 0xf1},
                                  21),
                     0);
    assert_int_equal(fetch(&door, MODEL_TCG_COMID).status, 0x0c);
    assert_non_null(strstr(door.nvme.nvme->complaint, "StartSession"));
    model_nvme_free(door.nvme.nvme);
}

/* Core 3.3.7: sessions do not outlive a reset or the power. Revert is done whole or not at all, but where
 * the drive is made to leave it half done. */
static void breaks_off(void **state)
{
    (void)state;
    for
        BOTH(open)
    for (int half = 0; half < 2; half++) {
        struct model_tcg_config config = opal;
        config.key_first = half == 1;
        struct door door = open(config);
        uint64_t all = old_blocks(&door);
        assert_int_equal(start_status(&door, model_tcg_psid), 0);
        assert_int_equal(revert(&door, FIRST_SESSION), 0);
        pass_ms(&door, 100);
        cycle(&door);
        pass_ms(&door, ENOUGH_MS);
        assert_int_equal(old_blocks(&door), half == 1 ? 0 : all);
        assert_int_equal(locking(&door), SUPPORTED | ENABLED | LOCKED | ENCRYPTS);
        assert_int_equal(fetch(&door, MODEL_TCG_COMID).status, -1);
        assert_int_equal(start_status(&door, model_tcg_psid), 0);
        if (door.ata != NULL)
            model_ata_reset(door.ata);
        else
            model_nvme_reset(door.nvme.nvme);
        assert_int_equal(start_status(&door, model_tcg_psid), 0);
        assert_int_equal(revert_status(&door), 0);
        assert_int_equal(old_blocks(&door), 0);
        drop(&door);
    }
}

/* In the middle of it, by the model's own cut: the command was taken, and its work is half over. */
static void loses_power_in_a_revert(void **state)
{
    (void)state;
    struct door door = by_nvme(opal);
    assert_int_equal(start_status(&door, model_tcg_psid), 0);
    model_nvme_set_cut(door.nvme.nvme,
                       (struct model_nvme_cut){.command = 1, .moment = MODEL_NVME_CUT_DURING});
    assert_int_equal(revert(&door, FIRST_SESSION), 0);
    pass_ms(&door, 249);
    assert_true(model_nvme_is_powered(door.nvme.nvme));
    pass_ms(&door, 1);
    assert_false(model_nvme_is_powered(door.nvme.nvme));
    model_nvme_power_on(door.nvme.nvme);
    pass_ms(&door, ENOUGH_MS);
    assert_int_equal(tcg_of(&door)->reverts, 0);
    assert_int_not_equal(old_blocks(&door), 0);
    drop(&door);
    door = by_ata(opal);
    assert_int_equal(start_status(&door, model_tcg_psid), 0);
    model_ata_set_cut(door.ata, (struct model_ata_cut){.command = 1, .moment = MODEL_ATA_CUT_DURING});
    assert_int_equal(revert(&door, FIRST_SESSION), 0);
    pass_ms(&door, 250);
    assert_false(model_ata_is_powered(door.ata));
    model_ata_power_on(door.ata);
    pass_ms(&door, ENOUGH_MS);
    assert_int_equal(tcg_of(&door)->reverts, 0);
    assert_int_not_equal(old_blocks(&door), 0);
    drop(&door);
}

/* Pyrite SSC: it locks and does not encrypt, so a Revert unlocks what stood there. Opal SSC, table
 * MBRControl: the shadow MBR is read in place of the data. */
static void does_not_encrypt(void **state)
{
    (void)state;
    for
        BOTH(open)
        {
            struct door door = open(
                (struct model_tcg_config){.class = MODEL_TCG_PYRITE_2, .enabled = true, .shadow_mbr = true});
            uint8_t data[512], zeros[512] = {0};
            uint64_t all = old_blocks(&door);
            assert_int_equal(locking(&door), SUPPORTED | ENABLED | SHADOW);
            assert_int_equal(read_one(&door, data), 512);
            assert_memory_equal(data, zeros, sizeof data);
            assert_int_equal(start_status(&door, model_tcg_psid), 0);
            assert_int_equal(revert_status(&door), 0);
            assert_int_equal(locking(&door), SUPPORTED);
            assert_int_equal(old_blocks(&door), all);
            assert_int_equal(read_one(&door, data), 512);
            assert_memory_not_equal(data, zeros, sizeof data);
            drop(&door);
        }
}

static void lies_about_a_revert(void **state)
{
    (void)state;
    static const struct {
        enum model_tcg_lie_kind kind;
        int status;
        unsigned locking;
        bool gone;
    } rows[] = {{MODEL_TCG_STAYS_ENABLED, 0, ENABLED, true},
                {MODEL_TCG_STAYS_LOCKED, 0, ENABLED | LOCKED, true},
                {MODEL_TCG_FAILS, 0x3f, ENABLED | LOCKED, false},
                {MODEL_TCG_FAILS_AFTER_ERASING, 0x3f, 0, true},
                {MODEL_TCG_PENDING, -2, 0, true},
                {MODEL_TCG_SILENT, -1, 0, true}};
    for
        BOTH(open)
    for (size_t row = 0; row < sizeof rows / sizeof *rows; row++) {
        struct model_tcg_config config = opal;
        config.lies[0] = (struct model_tcg_lie){rows[row].kind, MODEL_TCG_REVERT};
        struct door door = open(config);
        uint64_t all = old_blocks(&door);
        assert_int_equal(start_status(&door, model_tcg_psid), 0);
        assert_int_equal(revert_status(&door), rows[row].status);
        assert_int_equal(locking(&door), SUPPORTED | ENCRYPTS | rows[row].locking);
        assert_int_equal(old_blocks(&door), rows[row].gone ? 0 : all);
        drop(&door);
    }
}

static void lies_in_packets(void **state)
{
    (void)state;
    struct model_tcg_config config = opal;
    config.lies[0] = (struct model_tcg_lie){MODEL_TCG_OTHER_COMID, MODEL_TCG_START};
    struct door door = by_nvme(config);
    assert_int_equal(start(&door, MODEL_TCG_COMID, model_tcg_psid), 0);
    assert_int_equal(big(fetch(&door, MODEL_TCG_COMID).raw + 4, 2), MODEL_TCG_COMID + 1);
    drop(&door);
    config.lies[0].kind = MODEL_TCG_TOO_LONG;
    door = by_nvme(config);
    assert_int_equal(start(&door, MODEL_TCG_COMID, model_tcg_psid), 0);
    assert_true(fetch(&door, MODEL_TCG_COMID).payload > BYTES);
    drop(&door);
    config.lies[0].kind = MODEL_TCG_CUT_SHORT;
    door = by_nvme(config);
    assert_int_equal(start(&door, MODEL_TCG_COMID, model_tcg_psid), 0);
    struct got got = fetch(&door, MODEL_TCG_COMID);
    assert_int_equal(got.raw[56 + got.payload - 1], 0);
    drop(&door);
    config.lies[0] = (struct model_tcg_lie){MODEL_TCG_TOO_LONG, MODEL_TCG_DISCOVERY};
    door = by_nvme(config);
    assert_int_equal(trusted(&door, false, 1, 1, got.raw), 0);
    assert_int_equal(big(got.raw, 4), UINT32_MAX);
    drop(&door);
}

/* The key that a drive keeps, in whole or in part, and who it says it is afterwards. */
static void lies_about_the_key(void **state)
{
    (void)state;
    struct model_nvme_config config = able();
    config.tcg = opal;
    config.media[1].present = true;
    static const struct {
        enum model_nvme_lie_kind kind;
        uint64_t first, second; /* old blocks that are left of 64 */
    } rows[] = {{MODEL_NVME_HONEST, 0, 0},
                {MODEL_NVME_KEEPS_KEY, 64, 64},
                {MODEL_NVME_ERASES_HALF, 32, 32},
                {MODEL_NVME_ERASES_ONE, 0, 64},
                {MODEL_NVME_OTHER_SERIAL, 0, 0}};
    for (size_t row = 0; row < sizeof rows / sizeof *rows; row++) {
        config.lies[0] = (struct model_nvme_lie){.kind = rows[row].kind};
        struct door door = {.nvme = make(&config)};
        assert_int_equal(start_status(&door, model_tcg_psid), 0);
        assert_int_equal(revert_status(&door), 0);
        assert_int_equal(model_nvme_truth(door.nvme.nvme, 0).old, rows[row].first);
        assert_int_equal(model_nvme_truth(door.nvme.nvme, 1).old, rows[row].second);
        assert_int_equal(strcmp(model_nvme_names(door.nvme.nvme, 0).serial, "ANOTHER") == 0,
                         rows[row].kind == MODEL_NVME_OTHER_SERIAL);
        drop(&door);
    }
    struct model_ata_config ata = {
        .block.bytes = SMALL, .tcg = opal, .lies = {{MODEL_ATA_ERASES_HALF, MODEL_ATA_REVERT}}};
    struct door door = {.ata = model_ata_new(&ata)};
    assert_non_null(door.ata);
    assert_int_equal(start_status(&door, model_tcg_psid), 0);
    assert_int_equal(revert_status(&door), 0);
    assert_int_equal(old_blocks(&door), 32);
    drop(&door);
}

/* Base 2.0, Figure 275: OACS bit 0; ACS-4, IDENTIFY DEVICE: word 48 bit 0. TCG SIIS: a locked drive does not
 * erase itself by other commands. */
static void is_told_by_identify(void **state)
{
    (void)state;
    uint8_t page[4096];
    struct door none = by_nvme((struct model_tcg_config){0}), door = by_nvme(opal);
    assert_int_equal(trusted(&none, false, 0, 0, page), UW_NVME_INVALID_OPCODE);
    assert_int_equal(ask_for(&none.nvme, IDENTIFY, 0, 1, 0, page, sizeof page), 0);
    assert_int_equal(page[256] & 1, 0);
    assert_int_equal(ask_for(&door.nvme, IDENTIFY, 0, 1, 0, page, sizeof page), 0);
    assert_int_equal(page[256] & 1, 1);
    assert_int_equal(sanitize(&door.nvme, BLOCK), 0x286);
    assert_int_equal(format(&door.nvme, 1, USER), 0x286);
    drop(&none);
    drop(&door);
    none = by_ata((struct model_tcg_config){0});
    door = by_ata(opal);
    assert_int_equal(trusted(&none, false, 0, 0, page), 2);
    for (int has = 0; has < 2; has++) {
        struct uw_scsi_command identify = {
            .cdb = {0x85, 4 << 1, 0x0e, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0x40, 0xec},
            .cdb_bytes = 16,
            .direction = UW_SCSI_DATA_IN,
            .data = page,
            .data_bytes = 512,
            .timeout_ms = KERNEL_MS};
        bool stalled;
        assert_true(
            model_ata_scsi(has ? door.ata : none.ata, &door.now_ms, &identify, PATIENCE_MS, &stalled));
        assert_int_equal(identify.status, 0);
        assert_int_equal(page[96] & 1, has);
    }
    drop(&none);
    drop(&door);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(discovers),           cmocka_unit_test(reverts),
        cmocka_unit_test(refuses_wrong_words), cmocka_unit_test(keeps_the_order),
        cmocka_unit_test(complains),           cmocka_unit_test(breaks_off),
        cmocka_unit_test(does_not_encrypt),    cmocka_unit_test(lies_about_a_revert),
        cmocka_unit_test(lies_in_packets),     cmocka_unit_test(lies_about_the_key),
        cmocka_unit_test(is_told_by_identify), cmocka_unit_test(loses_power_in_a_revert)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
