/* SPDX-License-Identifier: Apache-2.0 */
#include "method/nvme_sanitize.h"

static bool fits(const struct uw_drive *drive, char *why, size_t why_bytes)
{
    return uw_nvme_sanitize_fits(drive, UW_NVME_SANICAP_CRYPTO, "crypto erase", why, why_bytes);
}

static uint64_t estimate_s(const struct uw_drive *drive)
{
    return uw_nvme_sanitize_estimate(drive->nvme.sanitize.crypto_s);
}

static bool run_it(const struct uw_method_run *run, struct uw_method_end *end, struct uw_error *e)
{
    return uw_nvme_sanitize_run(run, UW_NVME_SANACT_CRYPTO, estimate_s(run->drive), end, e);
}

extern const struct uw_method uw_method_nvme_sanitize_crypto;
const struct uw_method uw_method_nvme_sanitize_crypto = {
    .id = "nvme-sanitize-crypto",
    .title = "NVMe Sanitize, crypto erase",
    .citation = "NVM Express Base Specification 2.0, 5.24",
    .technique = UW_TECHNIQUE_DEVICE_SANITIZE_CRYPTO,
    .internal = true,
    .fits = fits,
    .hits_subsystem = uw_nvme_sanitize_hits_subsystem,
    .estimate_s = estimate_s,
    .run = run_it,
};
