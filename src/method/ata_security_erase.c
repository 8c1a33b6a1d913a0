/* SPDX-License-Identifier: Apache-2.0 */
#include "method/ata_security.h"

static bool fits(const struct uw_drive *drive, char *why, size_t why_bytes)
{
    return uw_ata_security_fits(drive, false, why, why_bytes);
}

static uint64_t estimate_s(const struct uw_drive *drive)
{
    return uw_ata_security_estimate(drive->ata.identify.erase_minutes);
}

static bool run_it(const struct uw_method_run *run, struct uw_method_end *end, struct uw_error *e)
{
    return uw_ata_security_run(run, false, end, e);
}

extern const struct uw_method uw_method_ata_security_erase;
const struct uw_method uw_method_ata_security_erase = {
    .id = "ata-security-erase",
    .title = "ATA SECURITY ERASE UNIT",
    .citation = "ACS-4, Security feature set",
    .technique = UW_TECHNIQUE_ATA_SECURITY_ERASE,
    .internal = true,
    .fits = fits,
    .estimate_s = estimate_s,
    .run = run_it,
};
