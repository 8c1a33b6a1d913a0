/* SPDX-License-Identifier: Apache-2.0 */
#include "unwrite/event.h"

const char *uw_event_name(enum uw_event_kind kind)
{
    static const char *const names[] = {
#define UW_EVENT(symbol, name) name,
#include "unwrite/events.def"
#undef UW_EVENT
    };
    return (unsigned)kind < UW_EVENT_KINDS ? names[kind] : "unknown";
}
