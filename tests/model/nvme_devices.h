/* SPDX-License-Identifier: Apache-2.0 */
/* Named NVMe drives: what they can do, and the one thing (or two) that they do badly. */
#ifndef MODEL_NVME_DEVICES_H
#define MODEL_NVME_DEVICES_H

#include "model_nvme.h"

struct nvme_device {
    const char *name;
    struct model_nvme_config config;
    bool unseen; /* no host can see what it does badly: its success is believed, and wrong */
};

extern const struct nvme_device nvme_devices[];
extern const size_t nvme_device_count;

/* NULL: there is none of that name. */
const struct nvme_device *nvme_device_by_name(const char *name);

#endif
