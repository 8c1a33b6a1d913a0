/* SPDX-License-Identifier: Apache-2.0 */
#include "drives_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow/flow_ata_lies.h"
#include "flow/flow_nvme_lies.h"
#include "flow/flow_tcg_rows.h"
#include "model/nvme_devices.h"

/* What was found borrows its strings from the tables; a lie's name is read once. */
static bool find_ata(const char *row, bool lies, struct model_ata_config *config)
{
    struct ata_lie_name name;
    struct ata_row device;
    for (size_t i = 0; !lies && i < ata_row_count; i++)
        if (strcmp(ata_rows[i].name, row) == 0)
            return *config = ata_rows[i].config, true;
    for (size_t i = 0; lies && i < ata_lies_count(); i++)
        if (ata_lies_row(i, &name, &device) && strcmp(name.text, row) == 0)
            return *config = device.config, true;
    return false;
}

static bool find_nvme(const char *row, bool lies, struct model_nvme_config *config)
{
    struct nvme_lie_name name;
    struct nvme_row device;
    for (size_t i = 0; !lies && i < nvme_row_count; i++)
        if (strcmp(nvme_rows[i].name, row) == 0)
            return *config = nvme_rows[i].config, true;
    for (size_t i = 0; lies && i < nvme_lies_count(); i++)
        if (nvme_lies_row(i, &name, &device) && strcmp(name.text, row) == 0)
            return *config = device.config, true;
    return false;
}

static bool find_tcg(const char *row, bool nvme, struct drives_row *found)
{
    for (size_t i = 0; nvme && i < nvme_tcg_row_count; i++)
        if (strcmp(nvme_tcg_rows[i].drive.name, row) == 0)
            return found->nvme = nvme_tcg_rows[i].drive.config, true;
    for (size_t i = 0; !nvme && i < ata_tcg_row_count; i++)
        if (strcmp(ata_tcg_rows[i].drive.name, row) == 0)
            return found->ata = ata_tcg_rows[i].drive.config, true;
    return false;
}

bool drives_find(const char *name, struct drives_row *row)
{
    memset(row, 0, sizeof *row);
    row->is_nvme = strncmp(name, "nvme", 4) == 0;
    if (strncmp(name, "nvme:", 5) == 0) {
        const struct nvme_device *device = nvme_device_by_name(name + 5);
        return device != NULL && (row->nvme = device->config, true);
    }
    if (strncmp(name, "nvme-tcg:", 9) == 0)
        return find_tcg(name + 9, true, row);
    if (strncmp(name, "ata-tcg:", 8) == 0)
        return find_tcg(name + 8, false, row);
    if (strncmp(name, "nvme-row:", 9) == 0)
        return find_nvme(name + 9, false, &row->nvme);
    if (strncmp(name, "nvme-lie:", 9) == 0)
        return find_nvme(name + 9, true, &row->nvme);
    if (strncmp(name, "ata-row:", 8) == 0)
        return find_ata(name + 8, false, &row->ata);
    return strncmp(name, "ata-lie:", 8) == 0 && find_ata(name + 8, true, &row->ata);
}

/* --- Changes --- */

static bool change_nvme(struct model_nvme_config *config, const char *key, uint64_t value)
{
    const struct {
        const char *key;
        uint32_t *ms;
    } times[] = {{"block_ms", &config->block_ms},
                 {"crypto_ms", &config->crypto_ms},
                 {"pass_ms", &config->pass_ms},
                 {"format_ms", &config->format_ms}};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        if (strcmp(key, times[i].key) == 0)
            return *times[i].ms = (uint32_t)value, true;
    for (size_t i = 0; i < MODEL_NVME_NAMESPACES; i++) {
        if (strcmp(key, "bytes") == 0)
            config->media[i].block.bytes = value;
        else if (strcmp(key, "block_bytes") == 0)
            config->media[i].block.block_bytes = (uint32_t)value;
        else if (strcmp(key, "namespaces") == 0)
            config->media[i].present = i < value;
        else
            return false;
    }
    return true;
}

static bool change_ata(struct model_ata_config *config, const char *key, uint64_t value)
{
    const struct {
        const char *key;
        bool *is;
    } flags[] = {{"cache_off", &config->cache_off}, {"freezes_on_wake", &config->freezes_on_wake}};
    const struct {
        const char *key;
        uint32_t *ms;
    } times[] = {{"block_ms", &config->block_ms},       {"crypto_ms", &config->crypto_ms},
                 {"pass_ms", &config->pass_ms},         {"normal_ms", &config->normal_ms},
                 {"enhanced_ms", &config->enhanced_ms}, {"block_bytes", &config->block.block_bytes}};
    if (strcmp(key, "bytes") == 0)
        return config->block.bytes = value, true;
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (strcmp(key, flags[i].key) == 0)
            return *flags[i].is = value != 0, true;
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        if (strcmp(key, times[i].key) == 0)
            return *times[i].ms = (uint32_t)value, true;
    return false;
}

bool drives_change(struct drives_row *row, const char *option)
{
    char key[32];
    const char *equals = strchr(option, '=');
    size_t length = equals != NULL ? (size_t)(equals - option) : sizeof key;
    if (length >= sizeof key)
        return false;
    memcpy(key, option, length);
    key[length] = '\0';
    uint64_t value = strtoull(equals + 1, NULL, 10);
    return row->is_nvme ? change_nvme(&row->nvme, key, value) : change_ata(&row->ata, key, value);
}

/* --- The list --- */

static const char *or_dash(const char *text)
{
    return text != NULL ? text : "-";
}

/* Lies that meet the kernel before they meet us: it would not even show the drive, or what they are about is
 * no command on the wire. */
static bool is_shown_nvme(const struct model_nvme_config *config)
{
    const unsigned kernel = MODEL_NVME_IDENTIFY | MODEL_NVME_GET_LOG | MODEL_NVME_RESCAN;
    for (size_t i = 0; i < MODEL_NVME_LIES; i++) {
        const struct model_nvme_lie *lie = &config->lies[i];
        bool deaf = lie->kind == MODEL_NVME_HANGS || lie->kind == MODEL_NVME_TIMES_OUT;
        bool refuses = lie->kind == MODEL_NVME_ABORTS && (lie->on & MODEL_NVME_IDENTIFY) != 0;
        if ((deaf && (lie->on & kernel) != 0) || refuses)
            return false;
    }
    return true;
}

static void list_ata(const char *kind, const struct ata_row *row)
{
    printf("%s:%s\t%s\t%s\t%s\t%s\t%d\t%d\n", kind, row->name, or_dash(row->request.method),
           row->request.level != NULL ? row->request.level : "purge", or_dash(row->request.standard),
           row->expect.verdict, row->expect.exit_code, row->expect.unseen);
}

static void list_nvme(const char *kind, const struct nvme_row *row)
{
    printf("%s:%s\t%s\t%s\t%s\t%s\t%d\t%d\n", kind, row->name, or_dash(row->request.method),
           row->request.level != NULL ? row->request.level : "purge", or_dash(row->request.standard),
           row->expect.verdict, row->expect.exit_code, row->expect.unseen);
}

/* Likewise: udev asks each disk for IDENTIFY, and then waits for a drive that hangs. */
static bool is_shown_ata(const struct model_ata_config *config)
{
    for (size_t i = 0; i < MODEL_ATA_LIES; i++) {
        const struct model_ata_lie *lie = &config->lies[i];
        if (lie->kind == MODEL_ATA_HANGS && (lie->on & (MODEL_ATA_IDENTIFY | MODEL_ATA_RESCAN)) != 0)
            return false;
    }
    return true;
}

/* Of the rows of drives that encrypt themselves those are lies that have one, of the drive's or of its
 * security subsystem's. */
static bool lies_tcg(const struct model_tcg_config *config)
{
    bool lies = false;
    for (size_t i = 0; i < MODEL_TCG_LIES; i++)
        lies = lies || config->lies[i].kind != MODEL_TCG_HONEST;
    return lies;
}

static void list_tcg_lies(void)
{
    for (size_t i = 0; i < nvme_tcg_row_count; i++) {
        const struct nvme_row *row = &nvme_tcg_rows[i].drive;
        bool lies = row->config.lies[0].kind != MODEL_NVME_HONEST || lies_tcg(&row->config.tcg);
        if (lies && is_shown_nvme(&row->config))
            list_nvme("nvme-tcg", row);
    }
    for (size_t i = 0; i < ata_tcg_row_count; i++) {
        const struct ata_row *row = &ata_tcg_rows[i].drive;
        bool lies = row->config.lies[0].kind != MODEL_ATA_HONEST || lies_tcg(&row->config.tcg);
        if (lies && is_shown_ata(&row->config))
            list_ata("ata-tcg", row);
    }
}

static void list_lies(void)
{
    for (size_t i = 0; i < ata_lies_count(); i++) {
        struct ata_lie_name name;
        struct ata_row row;
        if (ata_lies_row(i, &name, &row) && is_shown_ata(&row.config))
            list_ata("ata-lie", &row);
    }
    for (size_t i = 0; i < nvme_lies_count(); i++) {
        struct nvme_lie_name name;
        struct nvme_row row;
        if (nvme_lies_row(i, &name, &row) && is_shown_nvme(&row.config))
            list_nvme("nvme-lie", &row);
    }
    list_tcg_lies();
}

void drives_list(void)
{
    for (size_t i = 0; i < nvme_device_count; i++)
        if (is_shown_nvme(&nvme_devices[i].config))
            printf("nvme:%s\t-\t-\t-\t-\t-\t%d\n", nvme_devices[i].name, nvme_devices[i].unseen);
    for (size_t i = 0; i < ata_row_count; i++)
        list_ata("ata-row", &ata_rows[i]);
    for (size_t i = 0; i < nvme_row_count; i++)
        if (is_shown_nvme(&nvme_rows[i].config))
            list_nvme("nvme-row", &nvme_rows[i]);
    list_lies();
}
