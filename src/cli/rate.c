/* SPDX-License-Identifier: Apache-2.0 */
#include "rate.h"

#define NS_PER_S 1000000000ULL
#define WINDOW_NS (RATE_WINDOW_MS * 1000000ULL)
/* Closer marks are merged, so that the ring spans the window however often events come. */
#define MERGE_NS (2 * WINDOW_NS / RATE_MARKS)

static const struct rate_mark *mark_at(const struct rate *rate, size_t i)
{
    return &rate->marks[(rate->first + i) % RATE_MARKS];
}

static void push(struct rate *rate, struct rate_mark mark)
{
    if (rate->count == RATE_MARKS) {
        rate->first = (rate->first + 1) % RATE_MARKS;
        rate->count--;
    }
    rate->marks[(rate->first + rate->count) % RATE_MARKS] = mark;
    rate->count++;
}

void rate_add(struct rate *rate, uint64_t time_ns, uint64_t bytes)
{
    const struct rate_mark *last = rate->count > 0 ? mark_at(rate, rate->count - 1) : NULL;
    if (last != NULL && (time_ns < last->time_ns || bytes < last->bytes))
        rate->count = 0;
    /* What did not move is no mark: the last one says since when. */
    else if (last != NULL && bytes == last->bytes)
        return;
    else if (rate->count > 1 && time_ns - mark_at(rate, rate->count - 2)->time_ns < MERGE_NS)
        rate->count--;
    push(rate, (struct rate_mark){time_ns, bytes});
}

/* The youngest mark that is a window old, else the oldest there is. */
static const struct rate_mark *base_mark(const struct rate *rate, uint64_t now_ns)
{
    const struct rate_mark *base = mark_at(rate, 0);
    for (size_t i = 1; i < rate->count; i++) {
        const struct rate_mark *mark = mark_at(rate, i);
        if (now_ns < mark->time_ns || now_ns - mark->time_ns < WINDOW_NS)
            break;
        base = mark;
    }
    return base;
}

uint64_t rate_per_s(const struct rate *rate, uint64_t now_ns)
{
    if (rate->count < 2)
        return 0;
    const struct rate_mark *base = base_mark(rate, now_ns), *last = mark_at(rate, rate->count - 1);
    /* Time that stood still counts once it is longer than the beat of the events. */
    bool still = now_ns > last->time_ns && now_ns - last->time_ns > NS_PER_S;
    uint64_t end_ns = still ? now_ns : last->time_ns;
    uint64_t elapsed_ns = end_ns - base->time_ns, bytes = last->bytes - base->bytes;
    if (elapsed_ns == 0 || base == last)
        return 0;
    return (uint64_t)((double)bytes * (double)NS_PER_S / (double)elapsed_ns);
}

bool rate_left_s(const struct rate *rate, uint64_t now_ns, uint64_t bytes, uint64_t *seconds)
{
    uint64_t per_s = rate_per_s(rate, now_ns);
    if (per_s == 0)
        return false;
    *seconds = bytes / per_s + (bytes % per_s != 0);
    return true;
}

uint64_t rate_still_s(const struct rate *rate, uint64_t now_ns)
{
    if (rate->count == 0)
        return 0;
    uint64_t last_ns = mark_at(rate, rate->count - 1)->time_ns;
    return now_ns > last_ns ? (now_ns - last_ns) / NS_PER_S : 0;
}
