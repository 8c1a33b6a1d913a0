/* SPDX-License-Identifier: Apache-2.0 */
/* Who an NVMe drive is by its own word, through the open descriptor. The kernel's names are those of the
 * drive that it met first: after a connection was lost another may answer under them. */
#include <string.h>

#include "engine/run.h"
#include "transport/trace.h"
#include "wire/nvme.h"

enum { QUESTION_MS = 60000 };

static bool ask(struct uw_transport *t, struct uw_nvme_command command)
{
    struct uw_error e = {0};
    bool stalled = false;
    bool answered = uw_send_nvme(t, &command, QUESTION_MS, &stalled, &e);
    t->abandoned = t->abandoned || stalled;
    return answered && command.status == UW_NVME_OK;
}

static bool read_again(struct uw_transport *t, uint32_t nsid, struct uw_nvme *now)
{
    uint8_t page[UW_NVME_PAGE_BYTES] = {0};
    *now = (struct uw_nvme){0};
    if (!ask(t, uw_nvme_identify_controller(page)) ||
        !uw_nvme_decode_controller(page, sizeof page, &now->controller))
        return false;
    memset(page, 0, sizeof page);
    if (!ask(t, uw_nvme_identify_namespace(nsid, page)) ||
        !uw_nvme_decode_namespace(page, sizeof page, nsid, &now->ns))
        return false;
    memset(page, 0, sizeof page);
    if (ask(t, uw_nvme_identify_active(page)))
        uw_nvme_decode_list(page, sizeof page, &now->active);
    return !t->abandoned;
}

static bool same_list(const struct uw_nvme_list *a, const struct uw_nvme_list *b)
{
    return a->known == b->known && a->count == b->count && a->more == b->more &&
           memcmp(a->ids, b->ids, a->count * sizeof a->ids[0]) == 0;
}

static const char *difference_of(const struct uw_nvme *planned, const struct uw_nvme *seen)
{
    if (strcmp(seen->controller.serial, planned->controller.serial) != 0 ||
        strcmp(seen->controller.model, planned->controller.model) != 0)
        return "serial";
    if (strcmp(seen->controller.subsystem, planned->controller.subsystem) != 0)
        return "subsystem";
    if (memcmp(seen->ns.eui64, planned->ns.eui64, sizeof seen->ns.eui64) != 0 ||
        memcmp(seen->ns.nguid, planned->ns.nguid, sizeof seen->ns.nguid) != 0)
        return "wwn";
    if (seen->ns.blocks != planned->ns.blocks || seen->ns.block_bytes != planned->ns.block_bytes)
        return "bytes";
    return same_list(&seen->active, &planned->active) ? NULL : "the list of its namespaces";
}

bool uw_gate_nvme_look(struct uw_job *job, const char **difference, struct uw_error *e)
{
    const struct uw_nvme *planned = &job->drive.nvme;
    struct uw_nvme seen;
    *difference = NULL;
    if (!planned->known || job->transport->ops->nvme == NULL)
        return true;
    if (!read_again(job->transport, planned->ns.nsid, &seen))
        return uw_fail(e, UW_E_IO, "%s does not identify itself", job->drive.device);
    *difference = difference_of(planned, &seen);
    return true;
}
