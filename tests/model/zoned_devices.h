/* SPDX-License-Identifier: Apache-2.0 */
/* Named host-managed zoned drives, as the rows of devices.h. */
#ifndef MODEL_ZONED_DEVICES_H
#define MODEL_ZONED_DEVICES_H

#include "devices.h"

extern const struct device zoned_devices[];
extern const size_t zoned_device_count;

#endif
