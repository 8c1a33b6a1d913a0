/* SPDX-License-Identifier: Apache-2.0 */
#include "method/nvme_format.h"
#include "method/nvme_sanitize.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum {
    /* A time-out resets the controller, which may break the format off: it is for drives that hang. */
    TIMEOUT_MIN_MS = 600000,
    TIMEOUT_MAX_MS = 86400000,
    BYTES_PER_MS = 20000, /* slower than any drive of today */
    FPI_VALID = 0x80
};

/* A drive that formats them all and erases one would unmap the others without erasing them. */
static bool spoils_others(const struct uw_nvme *nvme)
{
    const struct uw_nvme_list *active = &nvme->active;
    bool alone = nvme->controller.namespaces_max == 1 ||
                 (active->known && !active->more && active->count == 1 && active->ids[0] == nvme->ns.nsid);
    return (nvme->controller.fna & (UW_NVME_FNA_FORMAT_ALL | UW_NVME_FNA_ERASE_ALL)) ==
               UW_NVME_FNA_FORMAT_ALL &&
           !alone;
}

bool uw_nvme_format_fits(const struct uw_drive *drive, enum uw_nvme_erase erase, char *why, size_t why_bytes)
{
    const struct uw_nvme *nvme = &drive->nvme;
    if (!uw_nvme_is_known(drive, why, why_bytes))
        return false;
    if ((nvme->controller.oacs & UW_NVME_OACS_FORMAT) == 0)
        snprintf(why, why_bytes, "the drive has no Format NVM");
    else if (erase == UW_NVME_SES_CRYPTO && (nvme->controller.fna & UW_NVME_FNA_CRYPTO) == 0)
        snprintf(why, why_bytes, "the drive has no crypto erase in Format NVM");
    else if (nvme->ns.block_bytes != drive->logical_block_bytes)
        snprintf(why, why_bytes, "the format that the drive names is not the one it has");
    else if (spoils_others(nvme))
        snprintf(why, why_bytes, "it would format every namespace of the drive and erase this one alone");
    else if (nvme->ns.protection > 3)
        snprintf(why, why_bytes, "the drive names a protection that there is none of");
    else
        return true;
    return false;
}

/* FNA bit 0 is about the format alone, bit 1 about its secure erase. */
bool uw_nvme_format_hits_subsystem(const struct uw_drive *drive)
{
    return (drive->nvme.controller.fna & UW_NVME_FNA_ERASE_ALL) != 0;
}

static uint32_t timeout_ms(const struct uw_drive *drive)
{
    /* How large the other namespaces are is not known. */
    uint64_t ms = uw_nvme_format_hits_subsystem(drive) ? TIMEOUT_MAX_MS : drive->bytes / BYTES_PER_MS;
    return ms < TIMEOUT_MIN_MS ? TIMEOUT_MIN_MS : ms > TIMEOUT_MAX_MS ? TIMEOUT_MAX_MS : (uint32_t)ms;
}

/* The namespace as it is now; not known where the drive does not say. */
static bool ask_namespace(const struct uw_method_run *run, struct uw_nvme_namespace *ns, struct uw_error *e)
{
    uint8_t page[UW_NVME_PAGE_BYTES] = {0};
    struct uw_nvme_command command = uw_nvme_identify_namespace(run->drive->nvme.ns.nsid, page);
    *ns = (struct uw_nvme_namespace){0};
    if (!run->nvme(run->engine, &command, false, e))
        return false;
    if (command.status == UW_NVME_OK)
        uw_nvme_decode_namespace(page, sizeof page, command.nsid, ns);
    return true;
}

static const char *wrong_with(const struct uw_nvme_namespace *ns, const struct uw_nvme_namespace *before)
{
    if (!ns->known)
        return "its namespace does not answer any more";
    if ((ns->format_progress & FPI_VALID) != 0 && (ns->format_progress & ~FPI_VALID) != 0)
        return "its format is not at its end";
    if (ns->blocks != before->blocks || ns->block_bytes != before->block_bytes)
        return "its namespace has another size now";
    return NULL;
}

/* The command's completion is the drive's word for the end; the namespace must agree. */
static bool confirm(const struct uw_method_run *run, struct uw_method_end *end, struct uw_error *e)
{
    struct uw_nvme_namespace ns;
    if (!ask_namespace(run, &ns, e))
        return false;
    const char *wrong = wrong_with(&ns, &run->drive->nvme.ns);
    run->saw(run->engine, wrong == NULL ? "formatted" : "unfinished", &ns.format_progress, 1, 0, 0);
    end->complete = wrong == NULL;
    if (wrong != NULL)
        snprintf(end->why, sizeof end->why, "%s", wrong);
    return true;
}

bool uw_nvme_format_run(const struct uw_method_run *run, enum uw_nvme_erase erase, struct uw_method_end *end,
                        struct uw_error *e)
{
    const struct uw_nvme_namespace *ns = &run->drive->nvme.ns;
    char text[UW_NVME_STATUS_TEXT];
    struct uw_nvme_command command = uw_nvme_format(ns, ns->nsid, erase, timeout_ms(run->drive));
    end->continues = true;
    if (!run->nvme(run->engine, &command, true, e))
        return false;
    /* A drive may take away its key where user data alone were to be erased, so either leaves noise. */
    end->leaves = UW_LEAVES_ERASED;
    end->accepted = command.status == UW_NVME_OK;
    end->over = command.status >= 0;
    end->continues = command.status == -EINTR || command.status == -ETIMEDOUT;
    if (end->accepted)
        return confirm(run, end, e);
    uw_nvme_status_text(command.status, text);
    /* Where the host lost the answer the drive may still be at it. */
    snprintf(end->why, sizeof end->why,
             command.status < 0 ? "what became of the format is not known: %s"
                                : "the drive refused to format: %s",
             text);
    return true;
}
