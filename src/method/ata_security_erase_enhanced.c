/* SPDX-License-Identifier: Apache-2.0 */
#include "method/ata_security.h"

static bool fits(const struct uw_drive *drive, char *why, size_t why_bytes)
{
    return uw_ata_security_fits(drive, true, why, why_bytes);
}

static uint64_t estimate_s(const struct uw_drive *drive)
{
    return uw_ata_security_estimate(drive->ata.identify.enhanced_minutes);
}

static bool run_it(const struct uw_method_run *run, struct uw_method_end *end, struct uw_error *e)
{
    return uw_ata_security_run(run, true, end, e);
}

extern const struct uw_method uw_method_ata_security_erase_enhanced;
const struct uw_method uw_method_ata_security_erase_enhanced = {
    .id = "ata-security-erase-enhanced",
    .title = "ATA SECURITY ERASE UNIT, enhanced",
    .citation = "ACS-4, Security feature set",
    .technique = UW_TECHNIQUE_ATA_SECURITY_ERASE_ENHANCED,
    .internal = true,
    .fits = fits,
    .estimate_s = estimate_s,
    .run = run_it,
};
