/* SPDX-License-Identifier: Apache-2.0 */
#include "probe/nvme.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probe/tcg.h"
#include "transport/node.h"
#include "transport/nvme.h"
#include "transport/trace.h"

/* Members of documents by the answer that they come from. */
static const char *const of_controller[] = {
    "subsystem",    "capacity.total_nvm",       "capacity.unallocated_nvm",
    "capabilities", "hidden.unallocated_bytes", NULL,
};
static const char *const of_namespace[] = {"eui64", "nguid", "capabilities.sharing.namespace", NULL};
static const char *const of_active[] = {"namespaces", NULL};
static const char *const of_allocated[] = {"hidden.unattached_namespaces", NULL};
static const char *const of_sanitize[] = {"capabilities.sanitize_status", NULL};
static const char *const of_health[] = {"health", NULL};

static const char *const *const groups[] = {of_controller, of_namespace, of_active,
                                            of_allocated,  of_sanitize,  of_health};

static void set_group(struct uw_drive *drive, const char *const *group, const char *reason)
{
    for (; *group != NULL; group++)
        uw_drive_set_unknown(drive, *group, reason);
}

void uw_nvme_set_unknown(struct uw_drive *drive, const char *reason)
{
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
        set_group(drive, groups[i], reason);
}

bool uw_is_namespace(const struct uw_drive *drive)
{
    return (drive->bus == UW_BUS_NVME || drive->bus == UW_BUS_NVME_FABRICS) && !drive->is_partition;
}

struct look {
    struct uw_transport *door;
    int fd, limit_ms;
    bool stalled;
    struct uw_drive *drive;
};

/* A status that says that the drive has no such page. */
static const char *word_of(int status)
{
    if (status < 0)
        return uw_unknown_word(-status);
    return status == UW_NVME_INVALID_OPCODE || status == UW_NVME_INVALID_FIELD ||
                   status == UW_NVME_INVALID_LOG
               ? "not_supported"
               : "read_error";
}

/* Sends one command; without an answer the members of `group` are unknown. */
static bool ask(struct look *look, struct uw_nvme_command command, const char *const *group)
{
    if (look->stalled) {
        set_group(look->drive, group, "not_probed");
        return false;
    }
    bool answered = uw_send_nvme(look->door, &command, look->limit_ms, &look->stalled, NULL);
    if (answered && command.status == 0)
        return true;
    set_group(look->drive, group, answered ? word_of(command.status) : "read_error");
    return false;
}

/* After the bytes were taken apart. What the drive has none of is empty: that is an answer. */
static void settle(struct look *look, const char *const *group, bool decoded)
{
    set_group(look->drive, group, decoded ? "not_supported" : "read_error");
}

static void settle_one(struct look *look, const char *field, bool told)
{
    if (told)
        uw_drive_set_known(look->drive, field);
}

static void look_at_controller(struct look *look)
{
    uint8_t page[UW_NVME_PAGE_BYTES] = {0};
    struct uw_nvme_controller *c = &look->drive->nvme.controller;
    if (!ask(look, uw_nvme_identify_controller(page), of_controller))
        return;
    settle(look, of_controller, uw_nvme_decode_controller(page, sizeof page, c));
    settle_one(look, "subsystem", c->known && c->subsystem[0] != '\0');
    settle_one(look, "capacity.total_nvm", c->known && c->total_bytes[0] != '\0');
    settle_one(look, "capacity.unallocated_nvm", c->known && c->unallocated_bytes[0] != '\0');
    settle_one(look, "hidden.unallocated_bytes", c->known && c->unallocated_bytes[0] != '\0');
    settle_one(look, "capabilities", c->known);
}

static bool any(const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (bytes[i] != 0)
            return true;
    return false;
}

static void look_at_namespace(struct look *look)
{
    uint8_t page[UW_NVME_PAGE_BYTES] = {0};
    struct uw_nvme_namespace *ns = &look->drive->nvme.ns;
    uint32_t nsid = uw_nvme_nsid(look->fd);
    if (nsid == 0) {
        set_group(look->drive, of_namespace, uw_unknown_word(errno));
        return;
    }
    if (!ask(look, uw_nvme_identify_namespace(nsid, page), of_namespace))
        return;
    settle(look, of_namespace, uw_nvme_decode_namespace(page, sizeof page, nsid, ns));
    settle_one(look, "eui64", ns->known && any(ns->eui64, sizeof ns->eui64));
    settle_one(look, "capabilities.sharing.namespace", ns->known);
    settle_one(look, "nguid", ns->known && any(ns->nguid, sizeof ns->nguid));
}

/* A list that goes on beyond what we take is no list of all. */
static void look_at_lists(struct look *look)
{
    uint8_t page[UW_NVME_PAGE_BYTES] = {0};
    struct uw_nvme *nvme = &look->drive->nvme;
    uint64_t unattached;
    if (ask(look, uw_nvme_identify_active(page), of_active)) {
        settle(look, of_active, uw_nvme_decode_list(page, sizeof page, &nvme->active));
        settle_one(look, "namespaces", nvme->active.known && !nvme->active.more);
    }
    /* Whoever does not manage namespaces does not list the allocated ones either (NVM Express Base
     * Specification 2.0, section 5.17.2.8). */
    if (!nvme->controller.known || (nvme->controller.oacs & UW_NVME_OACS_NAMESPACES) == 0) {
        set_group(look->drive, of_allocated, nvme->controller.known ? "not_supported" : "not_probed");
        return;
    }
    memset(page, 0, sizeof page);
    if (!ask(look, uw_nvme_identify_allocated(page), of_allocated))
        return;
    (void)uw_nvme_decode_list(page, sizeof page, &nvme->allocated);
    settle(look, of_allocated, false);
    settle_one(look, "hidden.unattached_namespaces",
               uw_drive_unattached_namespaces(look->drive, &unattached));
}

static void look_at_logs(struct look *look)
{
    uint8_t log[UW_NVME_LOG_BYTES] = {0};
    struct uw_nvme *nvme = &look->drive->nvme;
    if (!nvme->controller.known || nvme->controller.sanicap == 0) {
        set_group(look->drive, of_sanitize, nvme->controller.known ? "not_supported" : "not_probed");
    } else if (ask(look, uw_nvme_get_sanitize(log), of_sanitize)) {
        settle(look, of_sanitize, uw_nvme_decode_sanitize(log, sizeof log, &nvme->sanitize));
        settle_one(look, of_sanitize[0], nvme->sanitize.known);
    }
    memset(log, 0, sizeof log);
    if (ask(look, uw_nvme_get_health(log), of_health)) {
        settle(look, of_health, uw_nvme_decode_health(log, sizeof log, &nvme->health));
        settle_one(look, of_health[0], nvme->health.known);
    }
}

bool uw_nvme_look(int fd, int limit_ms, struct uw_trace *trace, struct uw_drive *drive)
{
    struct look look = {.fd = fd, .limit_ms = limit_ms, .drive = drive};
    if (!uw_nvme_over(fd, &look.door, NULL)) {
        uw_nvme_set_unknown(drive, "read_error");
        return true;
    }
    look.door->trace = trace;
    look.door->device = drive->device;
    look_at_controller(&look);
    look_at_namespace(&look);
    look_at_lists(&look);
    look_at_logs(&look);
    uw_tcg_look_nvme(look.door, look.limit_ms, &look.stalled, drive);
    look.door->ops->close(look.door);
    drive->nvme.known = drive->nvme.controller.known && drive->nvme.ns.known;
    return !look.stalled;
}

/* The namespace's `device` is its controller, or the subsystem, which links to each of its controllers. */
static void set_node(const char *dir, struct uw_drive *drive)
{
    struct uw_names names;
    char *device = uw_path_resolve(dir, "device");
    if (device == NULL)
        return;
    char *node = drive->nvme.node;
    const char *name = strrchr(device, '/') + 1;
    if (uw_path_exists(device, "transport"))
        uw_clean_string(node, sizeof drive->nvme.node, name, strlen(name));
    else if (uw_names_read(device, &names)) {
        for (size_t i = 0; i < names.count && node[0] == '\0'; i++) {
            char attribute[UW_LONG_PATH_BYTES];
            if (strncmp(names.items[i], "nvme", 4) == 0 &&
                uw_path_join(attribute, names.items[i], "transport") && uw_path_exists(device, attribute))
                uw_clean_string(node, sizeof drive->nvme.node, names.items[i], strlen(names.items[i]));
        }
        uw_names_clear(&names);
    }
    free(device);
}

/* The kernel keeps the names of the drive that it met first, also where a connection came back to another
 * one: then the drive's own word stands, and differs from what is read of the node again before the first
 * write. */
static void correct_serial(const char *dir, struct uw_drive *drive)
{
    const struct uw_nvme_controller *c = &drive->nvme.controller;
    char kernel[UW_DRIVE_STRING_BYTES];
    if (!c->known || c->serial[0] == '\0' || !uw_read_text(dir, "device/serial", kernel, sizeof kernel) ||
        strcmp(kernel, c->serial) == 0)
        return;
    snprintf(drive->serial, sizeof drive->serial, "%s", c->serial);
    snprintf(drive->serial_source, sizeof drive->serial_source, "Identify Controller");
    uw_drive_set_known(drive, "serial");
}

bool uw_nvme_probe(const struct uw_tree *tree, const char *dir, struct uw_drive *drive)
{
    set_node(dir, drive);
    if (!tree->real)
        return true;
    struct uw_node node = uw_node_open(drive, O_RDONLY | O_NONBLOCK, UW_NVME_PROBE_MS);
    bool answers = node.end != UW_NODE_HANGS;
    if (node.end == UW_NODE_OPEN) {
        answers = uw_nvme_look(node.fd, UW_NVME_PROBE_MS, tree->trace, drive);
        close(node.fd);
    } else {
        uw_nvme_set_unknown(drive, node.error == ENOENT ? "read_error" : uw_unknown_word(node.error));
    }
    correct_serial(dir, drive);
    return answers;
}
