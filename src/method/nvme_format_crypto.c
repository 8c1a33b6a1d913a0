/* SPDX-License-Identifier: Apache-2.0 */
#include "method/nvme_format.h"

static bool fits(const struct uw_drive *drive, char *why, size_t why_bytes)
{
    return uw_nvme_format_fits(drive, UW_NVME_SES_CRYPTO, why, why_bytes);
}

static bool run_it(const struct uw_method_run *run, struct uw_method_end *end, struct uw_error *e)
{
    return uw_nvme_format_run(run, UW_NVME_SES_CRYPTO, end, e);
}

static uint64_t estimate_s(const struct uw_drive *drive)
{
    (void)drive;
    return 0; /* no drive says */
}

extern const struct uw_method uw_method_nvme_format_crypto;
const struct uw_method uw_method_nvme_format_crypto = {
    .id = "nvme-format-crypto",
    .title = "NVMe Format NVM, crypto erase",
    .citation = "NVM Express Base Specification 2.0, 5.14",
    .technique = UW_TECHNIQUE_NVME_FORMAT_CRYPTO,
    .internal = true,
    .fits = fits,
    .hits_subsystem = uw_nvme_format_hits_subsystem,
    .estimate_s = estimate_s,
    .run = run_it,
};
