/* SPDX-License-Identifier: Apache-2.0 */
#include "transport/over.h"

#include <stdlib.h>

struct over {
    struct uw_transport transport; /* first: the functions below cast back */
    int fd;
};

bool uw_over(int fd, const struct uw_transport_ops *ops, struct uw_transport **t, struct uw_error *e)
{
    struct over *over = calloc(1, sizeof *over);
    *t = NULL;
    if (over == NULL)
        return uw_fail(e, UW_E_NOMEM, "no memory for a transport");
    over->fd = fd;
    over->transport.ops = ops;
    *t = &over->transport;
    return true;
}

int uw_over_fd(const struct uw_transport *t)
{
    return ((const struct over *)t)->fd;
}

void uw_over_close(struct uw_transport *t)
{
    free(t);
}
