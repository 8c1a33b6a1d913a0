/* SPDX-License-Identifier: Apache-2.0 */
/* Storage controllers that keep drives from us (PCI Code and ID Assignment Specification, 1.2: class 01h). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe/sysfs.h"

enum {
    CLASS_SCSI = 0x0100,
    CLASS_RAID = 0x0104,
    CLASS_SATA = 0x0106,
    CLASS_SAS = 0x0107,
    CLASS_NVME = 0x0108
};

static bool is_storage(unsigned long class)
{
    return class == CLASS_SCSI || class == CLASS_RAID || class == CLASS_SATA || class == CLASS_SAS ||
           class == CLASS_NVME;
}

/* Why drives behind the controller may not be seen, NULL where they all are. */
static const char *why_hidden(const char *dir, unsigned long class, const char *driver)
{
    uint64_t remapped = 0;
    if (!is_storage(class))
        return NULL;
    if (driver[0] == '\0')
        return "no driver is bound: drives behind it are not visible";
    if (strcmp(driver, "vfio-pci") == 0)
        return "given to a virtual machine: drives behind it are not visible";
    if (strcmp(driver, "ahci") == 0) {
        /* A chipset in RAID mode moves NVMe drives behind its SATA controller; Linux counts them and cannot
         * reach them. The SATA drives are seen one by one. */
        bool told = uw_read_number(dir, "remapped_nvme", &remapped);
        if (remapped > 0 || (!told && class == CLASS_RAID))
            return "RAID mode: NVMe drives remapped behind it are not visible";
        return NULL;
    }
    /* Intel's VMD is a bridge: with its driver the drives behind it stand in a PCI domain of their own. */
    if (class == CLASS_RAID && strcmp(driver, "vmd") != 0)
        return "RAID controller: drives behind it are seen as volumes or not at all";
    return NULL;
}

static bool add_controller(json_t *list, const char *devices, const char *address)
{
    char dir[UW_LONG_PATH_BYTES], text[UW_NAME_BYTES], driver[UW_NAME_BYTES];
    char vendor[UW_NAME_BYTES], device[UW_NAME_BYTES], slot[UW_NAME_BYTES];
    if (!uw_path_join(dir, devices, address) || !uw_read_text(dir, "class", text, sizeof text))
        return true;
    unsigned long class = strtoul(text, NULL, 16) >> 8;
    uw_read_link_name(dir, "driver", driver, sizeof driver);
    const char *why = why_hidden(dir, class, driver);
    if (why == NULL)
        return true;
    uw_clean_string(slot, sizeof slot, address, strlen(address));
    uw_read_text(dir, "vendor", vendor, sizeof vendor);
    uw_read_text(dir, "device", device, sizeof device);
    const char *vendor_id = strncmp(vendor, "0x", 2) == 0 ? vendor + 2 : vendor;
    const char *device_id = strncmp(device, "0x", 2) == 0 ? device + 2 : device;
    json_t *controller =
        json_sprintf("PCI %s %s:%s%s%s", slot, vendor_id, device_id, driver[0] == '\0' ? "" : " ", driver);
    return json_array_append_new(list, json_pack("{s:o, s:s}", "controller", controller, "why", why)) == 0;
}

json_t *uw_probe_not_covered(const struct uw_roots *roots)
{
    struct uw_tree tree;
    char devices[UW_LONG_PATH_BYTES];
    struct uw_names names = {0};
    if (!uw_tree_open(&tree, roots, NULL))
        return NULL;
    json_t *list = json_array();
    bool ok = list != NULL && uw_path_join(devices, tree.sys, "bus/pci/devices") &&
              (uw_names_read(devices, &names) || errno != ENOMEM);
    for (size_t i = 0; ok && i < names.count; i++)
        ok = add_controller(list, devices, names.items[i]);
    uw_names_clear(&names);
    if (ok)
        return list;
    json_decref(list);
    return NULL;
}
