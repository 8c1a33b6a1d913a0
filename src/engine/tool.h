/* SPDX-License-Identifier: Apache-2.0 */
/* Facts about this program and this machine's clock, for the documents. */
#ifndef UW_ENGINE_TOOL_H
#define UW_ENGINE_TOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

enum { UW_UUID_BYTES = 37 };

const char *uw_tool_version(void);

/* certificate.tool; arguments with control characters replaced. Members without a value are named in
 * `unknown`. */
json_t *uw_tool_json(const char *const *arguments, size_t count, const char *configuration_sha256,
                     json_t *unknown);

/* {"synchronised","source","trust"}: how far the wall clock may be believed. */
json_t *uw_clock_json(void);

/* Random bytes from the kernel; false when it gives none. */
bool uw_random(void *data, size_t bytes);
bool uw_uuid_new(char uuid[UW_UUID_BYTES]); /* RFC 4122, version 4 */

#endif
