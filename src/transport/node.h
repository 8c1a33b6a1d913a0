/* SPDX-License-Identifier: Apache-2.0 */
/* Opening a drive's node in a process of its own: an open that never returns must hold neither another drive
 * nor our exit. */
#ifndef UW_TRANSPORT_NODE_H
#define UW_TRANSPORT_NODE_H

#include "core/drive.h"

enum uw_node_end {
    UW_NODE_OPEN,    /* `fd` is ours */
    UW_NODE_UNSEEN,  /* it could not be looked at: `error` */
    UW_NODE_OTHER,   /* it is not the drive's any more */
    UW_NODE_REFUSED, /* it cannot be opened: `error` */
    UW_NODE_HANGS,   /* the time passed; the process is left behind, and closes what it opens too late */
};

struct uw_node {
    enum uw_node_end end;
    int error; /* an errno */
    int fd;    /* -1: none */
};

/* Opens drive->device with these flags of open(2), timeout_ms at most (negative: for ever). */
struct uw_node uw_node_open(const struct uw_drive *drive, int flags, int timeout_ms);

#endif
