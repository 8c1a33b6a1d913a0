/* SPDX-License-Identifier: Apache-2.0 */
/* The question before an erase, on the controlling terminal whatever standard input is. */
#ifndef UW_CLI_ASK_H
#define UW_CLI_ASK_H

#include <signal.h>

#include "unwrite/unwrite.h"

struct asker {
    const volatile sig_atomic_t *stop; /* a signal came: nobody is asked any more */
    const json_t *plans; /* of all drives, shown before the first of several questions; may be NULL */
    bool shown;
};

/* uw_ask; user is the asker. */
bool ask_operator(void *user, const json_t *plan, const char *device, const char *id, char *answer,
                  size_t answer_bytes);

#endif
