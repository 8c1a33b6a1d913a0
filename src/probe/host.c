/* SPDX-License-Identifier: Apache-2.0 */
/* Which machine this is: firmware's words, boot, network interfaces, kernel. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "probe/sysfs.h"

enum { NICS = 64 };

static bool name_unknown(json_t *unknown, const char *field, const char *reason)
{
    char name[UW_NAME_BYTES];
    snprintf(name, sizeof name, "host.%s", field);
    return json_object_set_new(unknown, name, json_string(reason)) == 0;
}

/* What makers leave in a field that they do not fill. */
static bool is_placeholder(const char *value)
{
    static const char *const words[] = {"To Be Filled By O.E.M.", "To be filled by O.E.M.", "Default string",
                                        "Not Specified",          "System Serial Number",   "None"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(value, words[i]) == 0)
            return true;
    return false;
}

/* Adds a text file's value as member `key`, or null and the reason as `field`. */
static bool add_value(json_t *object, const char *key, const char *dir, const char *file, const char *field,
                      json_t *unknown)
{
    char value[UW_DRIVE_STRING_BYTES];
    const char *reason = uw_read_text(dir, file, value, sizeof value) ? NULL : uw_unknown_word(errno);
    if (reason == NULL && (value[0] == '\0' || is_placeholder(value)))
        reason = "not_supported";
    if (reason == NULL)
        return json_object_set_new(object, key, json_string(value)) == 0;
    return json_object_set_new(object, key, json_null()) == 0 && name_unknown(unknown, field, reason);
}

/* SMBIOS as the kernel decodes it. */
static json_t *dmi(const struct uw_tree *tree, json_t *unknown)
{
    static const struct {
        const char *key;
        const char *file;
    } values[] = {
        {"vendor", "sys_vendor"},           {"product", "product_name"},
        {"serial", "product_serial"},       {"uuid", "product_uuid"},
        {"asset_tag", "chassis_asset_tag"}, {"chassis_serial", "chassis_serial"},
        {"board_vendor", "board_vendor"},   {"board_product", "board_name"},
        {"board_serial", "board_serial"},   {"bios_vendor", "bios_vendor"},
        {"bios_version", "bios_version"},   {"bios_date", "bios_date"},
    };
    char dir[UW_LONG_PATH_BYTES];
    json_t *object = json_object();
    bool ok = object != NULL && uw_path_join(dir, tree->sys, "class/dmi/id");
    for (size_t i = 0; ok && i < sizeof values / sizeof values[0]; i++) {
        char field[UW_NAME_BYTES];
        snprintf(field, sizeof field, "dmi.%s", values[i].key);
        ok = add_value(object, values[i].key, dir, values[i].file, field, unknown);
    }
    if (ok)
        return object;
    json_decref(object);
    return NULL;
}

/* Adds an interface that has hardware and an address; bridges, tunnels and the loopback have none. */
static bool add_nic(json_t *list, const char *net, const char *name)
{
    char dir[UW_LONG_PATH_BYTES], mac[UW_NAME_BYTES], clean[UW_NAME_BYTES];
    if (!uw_path_join(dir, net, name) || !uw_path_exists(dir, "device") ||
        !uw_read_text(dir, "address", mac, sizeof mac) || strpbrk(mac, "123456789abcdef") == NULL)
        return true;
    uw_clean_string(clean, sizeof clean, name, strlen(name));
    return json_array_append_new(list, json_pack("{s:s, s:s}", "name", clean, "mac", mac)) == 0;
}

static json_t *nics(const struct uw_tree *tree)
{
    char net[UW_LONG_PATH_BYTES];
    struct uw_names names = {0};
    json_t *list = json_array();
    bool ok = list != NULL && uw_path_join(net, tree->sys, "class/net") &&
              (uw_names_read(net, &names) || errno != ENOMEM);
    for (size_t i = 0; ok && i < names.count && json_array_size(list) < NICS; i++)
        ok = add_nic(list, net, names.items[i]);
    uw_names_clear(&names);
    if (ok)
        return list;
    json_decref(list);
    return NULL;
}

json_t *uw_probe_host(const struct uw_roots *roots, json_t *unknown)
{
    struct uw_tree tree;
    if (!uw_tree_open(&tree, roots, NULL))
        return NULL;
    json_t *host = json_object();
    bool ok = json_object_set_new(host, "dmi", dmi(&tree, unknown)) == 0 &&
              add_value(host, "boot_id", tree.proc, "sys/kernel/random/boot_id", "boot_id", unknown) &&
              json_object_set_new(host, "nics", nics(&tree)) == 0 &&
              add_value(host, "kernel", tree.proc, "sys/kernel/osrelease", "kernel", unknown) &&
              json_object_set_new(host, "boot_image", json_null()) == 0 &&
              json_object_set_new(host, "tpm", json_null()) == 0 &&
              name_unknown(unknown, "boot_image", "not_probed") && name_unknown(unknown, "tpm", "not_probed");
    if (ok)
        return host;
    json_decref(host);
    return NULL;
}
