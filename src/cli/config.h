/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration file, unwrite.conf(5). */
#ifndef UW_CLI_CONFIG_H
#define UW_CLI_CONFIG_H

#include "options.h"

#define CONFIG_DEFAULT "/etc/unwrite/unwrite.conf"
enum { CONFIG_BYTES = 1 << 20 };

/* Reads the file that --config names, or the default one where that exists, and sets what the command line
 * left open
 * (`given`) among the options of the verb. The whole file is checked, whatever the verb. */
bool config_read(struct invocation *invocation, const bool given[OPTION_MAX], struct uw_error *e);

#endif
