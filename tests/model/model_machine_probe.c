/* SPDX-License-Identifier: Apache-2.0 */
#include "model_machine_probe.h"

#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "wire/tcg.h"

enum { PATIENCE_MS = 10000 /* of the probe */, MAJOR = 240, FIRST_SEQUENCE = 1000 };

struct look {
    struct model_drive *from;
    uint64_t now_ms;
    bool stalled;
};

static bool ask(struct look *look, struct uw_nvme_command command)
{
    command.timeout_ms = PATIENCE_MS;
    return !look->stalled &&
           model_nvme_ask(look->from->nvme, &look->now_ms, &command, PATIENCE_MS + 1, &look->stalled) &&
           command.status == 0;
}

static void look_at_pages(struct look *look, uint32_t nsid, struct uw_nvme *nvme, struct uw_tcg *tcg)
{
    uint8_t page[UW_NVME_PAGE_BYTES] = {0}, log[UW_NVME_LOG_BYTES] = {0};
    if (ask(look, uw_nvme_identify_controller(page)))
        uw_nvme_decode_controller(page, sizeof page, &nvme->controller);
    if (ask(look, uw_nvme_identify_namespace(nsid, page)))
        uw_nvme_decode_namespace(page, sizeof page, nsid, &nvme->ns);
    if (ask(look, uw_nvme_identify_active(page)))
        uw_nvme_decode_list(page, sizeof page, &nvme->active);
    /* Without namespace management there is no such list (Base 2.0, 5.17.2.8). */
    if ((nvme->controller.oacs & 1U << 3) != 0 && ask(look, uw_nvme_identify_allocated(page)))
        uw_nvme_decode_list(page, sizeof page, &nvme->allocated);
    if (nvme->controller.sanicap != 0 && ask(look, uw_nvme_get_sanitize(log)))
        uw_nvme_decode_sanitize(log, sizeof log, &nvme->sanitize);
    uint8_t discovery[UW_TCG_BUFFER_BYTES] = {0};
    if ((nvme->controller.oacs & UW_NVME_OACS_SECURITY) != 0 &&
        ask(look,
            uw_nvme_security_receive(UW_TCG_PROTOCOL, UW_TCG_DISCOVERY_COMID, discovery, sizeof discovery)))
        uw_tcg_decode_discovery(discovery, sizeof discovery, tcg);
    if (ask(look, uw_nvme_get_health(log)))
        uw_nvme_decode_health(log, sizeof log, &nvme->health);
    nvme->known = nvme->controller.known && nvme->ns.known;
}

/* The kernel names a controller once, however many namespaces it has. */
static unsigned number_of(const struct model_drive *drive)
{
    unsigned i = 0;
    while (drive->machine->drives[i].nvme != drive->nvme)
        i++;
    return i;
}

static void wwn_of(const uint8_t eui64[8], char *wwn, size_t bytes)
{
    char text[17];
    bool any = false;
    for (size_t i = 0; i < 8; i++) {
        snprintf(text + 2 * i, 3, "%02x", eui64[i]);
        any |= eui64[i] != 0;
    }
    snprintf(wwn, bytes, "%s%s", any ? "eui." : "", any ? text : "");
}

static void forget_reason(struct uw_drive *drive, const char *field)
{
    for (size_t i = 0; i < drive->unknown_count; i++) {
        if (strcmp(drive->unknown[i].field, field) != 0)
            continue;
        drive->unknown[i] = drive->unknown[--drive->unknown_count];
        return;
    }
}

static void say(struct uw_drive *drive, const char *field, char *to, size_t to_bytes, const char *text)
{
    uw_clean_string(to, to_bytes, text, strlen(text));
    if (to[0] != '\0')
        forget_reason(drive, field);
    else
        uw_drive_set_unknown(drive, field, "not_supported");
}

static uint64_t describe_nvme(struct model_drive *from, struct uw_drive *to)
{
    struct look look = {.from = from, .now_ms = model_nvme_now(from->nvme)};
    uint64_t before_ms = look.now_ms;
    struct model_nvme_names names = model_nvme_names(from->nvme, from->place);
    char wwn[32];
    look_at_pages(&look, from->nvme->spaces[from->place].medium.nsid, &to->nvme, &to->tcg);
    snprintf(to->nvme.node, sizeof to->nvme.node, "nvme%u", number_of(from));
    wwn_of(names.eui64, wwn, sizeof wwn);
    say(to, "serial", to->serial, sizeof to->serial, names.serial);
    say(to, "wwn", to->wwn, sizeof to->wwn, wwn);
    say(to, "model", to->model, sizeof to->model, to->nvme.controller.model);
    say(to, "firmware", to->firmware, sizeof to->firmware, to->nvme.controller.firmware);
    to->bytes = names.bytes;
    return look.now_ms - before_ms;
}

static uint64_t describe_ata(struct model_drive *from, struct uw_drive *to)
{
    const struct model_ata_config *config = &from->ata->config;
    char serial[UW_DRIVE_STRING_BYTES], wwn[UW_DRIVE_STRING_BYTES];
    uint64_t took_ms = model_machine_describe_ata(from, to);
    model_machine_names_ata(from, serial, sizeof serial, wwn, sizeof wwn);
    say(to, "serial", to->serial, sizeof to->serial, serial);
    say(to, "wwn", to->wwn, sizeof to->wwn, wwn);
    say(to, "model", to->model, sizeof to->model, config->model != NULL ? config->model : "MODEL ATA DRIVE");
    say(to, "firmware", to->firmware, sizeof to->firmware,
        config->firmware != NULL ? config->firmware : "1.0");
    if (from->facts.media == UW_MEDIA_UNKNOWN)
        to->media = config->rotation > 1 ? UW_MEDIA_HDD : UW_MEDIA_SSD;
    if (from->facts.bus == UW_BUS_UNKNOWN)
        to->bus = config->sat.usb ? UW_BUS_USB : UW_BUS_ATA;
    return took_ms;
}

static void identity_nvme(const struct model_drive *from, struct uw_identity *seen)
{
    struct model_nvme_names names = model_nvme_names(from->nvme, from->place);
    snprintf(seen->serial, sizeof seen->serial, "%s", names.serial);
    wwn_of(names.eui64, seen->wwn, sizeof seen->wwn);
}

dev_t model_machine_devnum(const struct model_drive *drive)
{
    return makedev(MAJOR, (unsigned)(drive - drive->machine->drives));
}

uint64_t model_machine_sequence(const struct model_drive *drive)
{
    return FIRST_SEQUENCE + (uint64_t)(drive - drive->machine->drives);
}

/* As the probe does it: what a drive says is cleaned before anybody sees it. */
static void copy_text(struct uw_drive *drive, const char *field, char *to, size_t to_bytes, const char *from)
{
    uw_clean_string(to, to_bytes, from != NULL ? from : "", from != NULL ? strlen(from) : 0);
    if (to[0] == '\0')
        uw_drive_set_unknown(drive, field, "not_supported");
}

static bool serial_is_unique(const struct model_drive *drive)
{
    for (size_t i = 0; i < drive->machine->count; i++) {
        const struct model_drive *other = &drive->machine->drives[i];
        if (other != drive && other->nvme != NULL && other->nvme == drive->nvme)
            return false;
        if (other != drive && other->ata != NULL && drive->ata != NULL &&
            strcmp(model_ata_names(other->ata).serial, model_ata_names(drive->ata).serial) == 0)
            return false;
        if (other != drive && other->facts.serial != NULL && drive->facts.serial != NULL &&
            strcmp(other->facts.serial, drive->facts.serial) == 0)
            return false;
    }
    return true;
}

static void copy_serial(const struct model_drive *drive, struct uw_drive *to, char *serial, size_t bytes)
{
    char made[UW_DRIVE_STRING_BYTES];
    snprintf(made, sizeof made, "SN-%.200s", drive->facts.name);
    copy_text(to, "serial", serial, bytes,
              drive->facts.no_serial        ? NULL
              : drive->facts.serial != NULL ? drive->facts.serial
                                            : made);
}

bool model_machine_describe(struct model_drive *from, struct uw_drive *to, uint64_t *took_ms)
{
    const struct model_facts *facts = &from->facts;
    const struct model_config *config = &from->block->config;
    uint32_t granularity = config->zones.granularity == 0 ? 1 : (uint32_t)config->zones.granularity;
    *took_ms = 0;
    *to = (struct uw_drive){.bus = facts->bus != UW_BUS_UNKNOWN ? facts->bus : UW_BUS_NVME,
                            .media = facts->media != UW_MEDIA_UNKNOWN ? facts->media : UW_MEDIA_SSD,
                            .media_evidence = "model",
                            .bytes = config->bytes,
                            .logical_block_bytes = config->block_bytes,
                            .physical_block_bytes = config->block_bytes * granularity,
                            .devnum = model_machine_devnum(from),
                            .disk_sequence = model_machine_sequence(from),
                            .serial_source = "model",
                            .source = "model",
                            .is_partition = facts->is_partition,
                            .read_only = facts->read_only,
                            .boot_medium = facts->boot_medium,
                            .hardware = !facts->no_hardware};
    snprintf(to->device, sizeof to->device, "/model/%s", facts->name);
    snprintf(to->target, sizeof to->target, "/model/%s", facts->name);
    snprintf(to->name, sizeof to->name, "%s", facts->name);
    snprintf(to->path, sizeof to->path, "model-%u", (unsigned)(from - from->machine->drives));
    copy_text(to, "vendor", to->vendor, sizeof to->vendor, facts->vendor);
    copy_text(to, "model", to->model, sizeof to->model, facts->model);
    copy_text(to, "firmware", to->firmware, sizeof to->firmware, facts->firmware);
    copy_text(to, "wwn", to->wwn, sizeof to->wwn, facts->wwn);
    copy_serial(from, to, to->serial, sizeof to->serial);
    if (from->nvme != NULL)
        *took_ms = describe_nvme(from, to);
    if (from->ata != NULL)
        *took_ms = describe_ata(from, to);
    if (facts->uses_unknown)
        uw_drive_set_unknown(to, "in_use", "read_error");
    uw_drive_set_id(to, serial_is_unique(from));
    bool used = facts->use_kind != NULL && from->probes >= facts->used_from;
    return !used || uw_drive_add_use(to, facts->use_kind, facts->use);
}

void model_machine_identity(const struct model_drive *from, struct uw_identity *seen)
{
    struct uw_drive none = {0};
    copy_serial(from, &none, seen->serial, sizeof seen->serial);
    copy_text(&none, "wwn", seen->wwn, sizeof seen->wwn, from->facts.wwn);
    if (from->nvme != NULL)
        identity_nvme(from, seen);
    if (from->ata != NULL)
        model_machine_names_ata(from, seen->serial, sizeof seen->serial, seen->wwn, sizeof seen->wwn);
    if (from->block->other[MODEL_SERIAL])
        snprintf(seen->serial, sizeof seen->serial, "ANOTHER");
    if (from->block->other[MODEL_WWN])
        snprintf(seen->wwn, sizeof seen->wwn, "naa.5000000000000001");
    if (from->block->other[MODEL_LEFT]) {
        seen->serial[0] = seen->wwn[0] = '\0';
        seen->gone = true;
    }
}
