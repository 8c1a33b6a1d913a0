/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/nvme.h"
