/* SPDX-License-Identifier: Apache-2.0 */
/* Vital product data pages of SCSI drives (SPC-5, 7.7), as sysfs hands them out. */
#ifndef UW_PROBE_VPD_H
#define UW_PROBE_VPD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Page 80h, unit serial number; false where the page does not hold what its header says. */
bool uw_vpd_serial(const uint8_t *page, size_t bytes, char *to, size_t to_bytes);

/* Page 83h: the logical unit's NAA or EUI-64 designator as "0x" and hex, the longest NAA first; false without
 * one. */
bool uw_vpd_wwn(const uint8_t *page, size_t bytes, char *to, size_t to_bytes);

/* Page B1h, medium rotation rate: 1 = does not rotate, 0x401 and above = per minute, 0 = not said. */
uint16_t uw_vpd_rotation(const uint8_t *page, size_t bytes);

#endif
