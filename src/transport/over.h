/* SPDX-License-Identifier: Apache-2.0 */
/* Transports for questions alone, over a descriptor that stays the caller's. */
#ifndef UW_TRANSPORT_OVER_H
#define UW_TRANSPORT_OVER_H

#include "transport/transport.h"

/* `ops`, which outlives it, has what is asked with, and uw_over_close. UW_E_NOMEM. */
bool uw_over(int fd, const struct uw_transport_ops *ops, struct uw_transport **t, struct uw_error *e);
int uw_over_fd(const struct uw_transport *t);
void uw_over_close(struct uw_transport *t);

#endif
