/* SPDX-License-Identifier: Apache-2.0 */
/* What the machine's probe says of an ATA drive: asked for through the product's own SCSI layer and codec. */
#include "model_machine_probe.h"

#include <stdio.h>
#include <string.h>

#include "probe/ata_health.h"
#include "probe/tcg.h"
#include "transport/sat.h"

enum { PATIENCE_MS = 120000, MORE_MS = 1000, LOG_IDENTIFY = 0x30 };

/* A way to the drive for the time of a look; knows nothing but SCSI commands. */
struct look {
    struct uw_transport transport; /* first */
    struct model_drive *from;
    struct uw_sat sat;
    uint64_t now_ms;
    bool stalled;
};

static bool look_scsi(struct uw_transport *t, struct uw_scsi_command *command, int timeout_ms, bool *stalled,
                      struct uw_error *e)
{
    struct look *look = (struct look *)t;
    if (model_ata_scsi(look->from->ata, &look->now_ms, command, timeout_ms, stalled))
        return true;
    t->abandoned = true;
    return uw_fail(e, UW_E_IO, "/model/%s: no answer to a command", look->from->facts.name);
}

static bool ask(struct look *look, struct uw_ata_command *command)
{
    struct uw_error e = {0};
    return !look->stalled &&
           uw_sat_ask(&look->sat, command, (int)command->timeout_ms + MORE_MS, &look->stalled, &e) &&
           command->outcome == UW_ATA_DONE;
}

static void look_at_data(struct look *look, struct uw_ata *to)
{
    uint8_t block[UW_ATA_IDENTIFY_BYTES] = {0}, supported[UW_ATA_BLOCK_BYTES] = {0},
            security[UW_ATA_BLOCK_BYTES] = {0};
    struct uw_ata_command command = uw_ata_identify_device(block);
    if (!ask(look, &command) || !uw_ata_decode_identify(block, sizeof block, &to->identify))
        return;
    struct uw_ata_command page_3 = uw_ata_read_log(LOG_IDENTIFY, 3, supported);
    struct uw_ata_command page_6 = uw_ata_read_log(LOG_IDENTIFY, 6, security);
    bool has_3 = ask(look, &page_3), has_6 = ask(look, &page_6);
    uw_ata_decode_log(has_3 ? supported : NULL, has_6 ? security : NULL, &to->log);
}

static enum uw_hidden hidden(bool asked, uint64_t all, uint64_t seen)
{
    return !asked ? UW_HIDDEN_UNKNOWN : all > seen ? UW_HIDDEN_PRESENT : UW_HIDDEN_NONE;
}

static void look_for_hidden(struct look *look, struct uw_ata *to)
{
    const struct uw_ata_identify *identify = &to->identify;
    uint8_t block[UW_ATA_BLOCK_BYTES] = {0};
    struct uw_ata_command native = uw_ata_read_native_max(identify->address_48),
                          accessible = uw_ata_get_accessible_max(), dco = uw_ata_dco_identify(block);
    bool registers = to->path >= UW_ATA_PATH_COUNT_ZEROED;
    bool hpa = identify->hpa && registers && ask(look, &native);
    bool amax = identify->amax && registers && ask(look, &accessible);
    uint64_t last;
    if ((hpa || amax) && uw_ata_last_address(amax ? &accessible : &native, &last))
        to->native_sectors = last + 1;
    to->hpa = identify->hpa ? hidden(hpa, to->native_sectors, identify->sectors) : UW_HIDDEN_NONE;
    to->amax = identify->amax ? hidden(amax, to->native_sectors, identify->sectors) : UW_HIDDEN_NONE;
    if (identify->dco && ask(look, &dco))
        to->dco_sectors = uw_ata_decode_dco(block, sizeof block);
    uint64_t seen = to->native_sectors != 0 ? to->native_sectors : identify->sectors;
    to->dco = identify->dco ? hidden(to->dco_sectors != 0, to->dco_sectors, seen) : UW_HIDDEN_NONE;
}

static void look_at_drive(struct look *look, struct uw_ata *to)
{
    struct uw_error e = {0};
    bool opened = uw_sat_open(&look->sat, &look->transport, PATIENCE_MS, &look->stalled, &e);
    if (!opened)
        return;
    to->path = look->sat.path;
    look_at_data(look, to);
    if (to->identify.known)
        look_for_hidden(look, to);
    if (to->identify.known && to->identify.sanitize) {
        struct uw_ata_command status = uw_ata_sanitize_status(false);
        ask(look, &status);
        uw_ata_decode_sanitize(&status, &to->sanitize);
    }
}

uint64_t model_machine_describe_ata(struct model_drive *from, struct uw_drive *to)
{
    static const struct uw_transport_ops ops = {.name = "model look", .simulated = true, .scsi = look_scsi};
    struct look look = {.transport.ops = &ops, .from = from, .now_ms = model_ata_now(from->ata)};
    uint64_t before_ms = look.now_ms;
    struct model_ata_names names = model_ata_names(from->ata);
    look_at_drive(&look, &to->ata);
    if (to->ata.identify.known)
        uw_ata_read_health(&look.sat, PATIENCE_MS, &look.stalled, to);
    uw_sat_close(&look.sat, PATIENCE_MS);
    to->ata.known =
        to->ata.identify.known && to->ata.identify.sectors * from->block->config.block_bytes == names.bytes;
    /* What a bridge makes up has no checksum, or a wrong one. */
    if (to->bus == UW_BUS_USB && !to->ata.identify.has_checksum)
        to->ata.known = false;
    uw_tcg_look_ata(&look.transport, PATIENCE_MS, &look.stalled, to);
    to->bytes = names.bytes;
    return look.now_ms - before_ms;
}

void model_machine_names_ata(const struct model_drive *from, char *serial, size_t serial_bytes, char *wwn,
                             size_t wwn_bytes)
{
    struct model_ata_names names = model_ata_names(from->ata);
    snprintf(serial, serial_bytes, "%s", names.serial);
    snprintf(wwn, wwn_bytes, names.wwn != 0 ? "naa.%016llx" : "", (unsigned long long)names.wwn);
}
