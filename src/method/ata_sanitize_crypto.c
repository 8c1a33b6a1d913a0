/* SPDX-License-Identifier: Apache-2.0 */
#include "method/ata_sanitize.h"

static bool fits(const struct uw_drive *drive, char *why, size_t why_bytes)
{
    return uw_ata_sanitize_fits(drive, drive->ata.identify.sanitize_crypto, "crypto scramble", why,
                                why_bytes);
}

/* ATA has no time for it. */
static uint64_t estimate_s(const struct uw_drive *drive)
{
    (void)drive;
    return 0;
}

static bool run_it(const struct uw_method_run *run, struct uw_method_end *end, struct uw_error *e)
{
    return uw_ata_sanitize_run(run, uw_ata_sanitize_crypto(), UW_LEAVES_ERASED, end, e);
}

extern const struct uw_method uw_method_ata_sanitize_crypto;
const struct uw_method uw_method_ata_sanitize_crypto = {
    .id = "ata-sanitize-crypto",
    .title = "ATA SANITIZE DEVICE, crypto scramble",
    .citation = "ACS-4, Sanitize Device feature set",
    .technique = UW_TECHNIQUE_DEVICE_SANITIZE_CRYPTO,
    .internal = true,
    .fits = fits,
    .estimate_s = estimate_s,
    .run = run_it,
};
