/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel is asked about zones, and what is made of its answers: an ioctl() of the test's own stands
 * in the kernel's place. */
#include "transport/zones.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include <linux/blkzoned.h>

enum { FD = 0, ZONE = 1024, MANY = 1300, LIMIT_MS = 20000 };

/* Shared: the questions come from a process of their own. */
static struct {
    unsigned count; /* zones of ZONE sectors, the last one shorter */
    unsigned conventional, read_only, offline;
    uint64_t capacity;
    int error;       /* of every answer */
    bool goes_round; /* the zones never end */
    bool empty_zone;
    unsigned reports, resets;
    struct blk_zone_range range;
} * kernel;

static struct blk_zone zone_at(unsigned i)
{
    struct blk_zone zone = {.start = (uint64_t)i * ZONE,
                            .len = ZONE,
                            .type = BLK_ZONE_TYPE_SEQWRITE_REQ,
                            .cond = BLK_ZONE_COND_FULL};
    if (i < kernel->conventional) {
        zone.type = BLK_ZONE_TYPE_CONVENTIONAL;
        zone.cond = BLK_ZONE_COND_NOT_WP;
    } else if (i < kernel->conventional + kernel->read_only) {
        zone.cond = BLK_ZONE_COND_READONLY;
    } else if (i < kernel->conventional + kernel->read_only + kernel->offline) {
        zone.cond = BLK_ZONE_COND_OFFLINE;
    }
    if (i + 1 == kernel->count)
        zone.len = ZONE / 4;
    zone.capacity = kernel->capacity != 0 && kernel->capacity < zone.len ? kernel->capacity : zone.len;
    zone.len = kernel->empty_zone ? 0 : zone.len;
    return zone;
}

static void report(struct blk_zone_report *report)
{
    unsigned first = kernel->goes_round ? 0 : (unsigned)(report->sector / ZONE), room = report->nr_zones;
    if (report->sector > (uint64_t)(kernel->count - 1) * ZONE && !kernel->goes_round)
        first = kernel->count;
    kernel->reports++;
    report->flags = kernel->capacity != 0 ? BLK_ZONE_REP_CAPACITY : 0;
    for (report->nr_zones = 0; report->nr_zones < room && first + report->nr_zones < kernel->count;
         report->nr_zones++)
        report->zones[report->nr_zones] = zone_at(first + report->nr_zones);
}

int ioctl(int fd, unsigned long request, ...);
int ioctl(int fd, unsigned long request, ...)
{
    va_list list;
    va_start(list, request);
    void *argument = va_arg(list, void *);
    va_end(list);
    if (kernel->error != 0) {
        errno = kernel->error;
        return -1;
    }
    if (fd == FD && request == BLKREPORTZONE) {
        report(argument);
    } else if (fd == FD && request == BLKRESETZONE) {
        kernel->resets++;
        kernel->range = *(const struct blk_zone_range *)argument;
    } else {
        errno = ENOTTY;
        return -1;
    }
    return 0;
}

static int begin(void **state)
{
    (void)state;
    memset(kernel, 0, sizeof *kernel);
    kernel->count = MANY;
    return 0;
}

static void every_zone_is_counted(void **state)
{
    (void)state;
    struct uw_zones zones;
    bool stalled;
    kernel->conventional = 7;
    kernel->read_only = 2;
    kernel->offline = 1;
    assert_true(uw_zones_report(FD, LIMIT_MS, &stalled, &zones, NULL));
    assert_int_equal(zones.count, MANY);
    assert_int_equal(zones.zone_bytes, ZONE * 512);
    assert_int_equal(zones.sequential, MANY - 7);
    assert_int_equal(zones.read_only, 2);
    assert_int_equal(zones.offline, 1);
    assert_int_equal(zones.unusable_bytes, 0);
    assert_true(kernel->reports > 1);
    assert_int_equal(kernel->resets, 0);
}

static void what_holds_nothing_is_counted(void **state)
{
    (void)state;
    struct uw_zones zones;
    bool stalled;
    kernel->count = 10;
    kernel->capacity = ZONE - 24;
    assert_true(uw_zones_report(FD, LIMIT_MS, &stalled, &zones, NULL));
    assert_int_equal(zones.unusable_bytes, 9 * 24 * 512);
}

/* Zones that never end, or have no length, are no answer. */
static void nonsense_ends(void **state)
{
    (void)state;
    struct uw_zones zones;
    struct uw_error e = {0};
    bool stalled;
    kernel->goes_round = true;
    assert_false(uw_zones_report(FD, LIMIT_MS, &stalled, &zones, &e));
    assert_false(stalled);
    assert_int_equal(zones.count, 0);
    kernel->goes_round = false;
    kernel->empty_zone = true;
    assert_false(uw_zones_report(FD, LIMIT_MS, &stalled, &zones, &e));
    assert_int_equal(e.code, UW_E_IO);
}

static void all_zones_are_set_back_at_once(void **state)
{
    (void)state;
    bool stalled;
    assert_true(uw_zones_reset(FD, 5ULL << 30, LIMIT_MS, &stalled, NULL));
    assert_int_equal(kernel->resets, 1);
    assert_int_equal(kernel->range.sector, 0);
    assert_int_equal(kernel->range.nr_sectors, (5ULL << 30) / 512);
}

static void errors_are_told(void **state)
{
    (void)state;
    struct uw_zones zones;
    struct uw_error e = {0};
    bool stalled;
    kernel->error = EIO;
    assert_false(uw_zones_report(FD, LIMIT_MS, &stalled, &zones, &e));
    assert_false(stalled);
    assert_non_null(strstr(e.text, strerror(EIO)));
    assert_false(uw_zones_reset(FD, 1 << 20, LIMIT_MS, &stalled, &e));
    assert_non_null(strstr(e.text, "write pointers"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_zone_is_counted, begin),
        cmocka_unit_test_setup(what_holds_nothing_is_counted, begin),
        cmocka_unit_test_setup(nonsense_ends, begin),
        cmocka_unit_test_setup(all_zones_are_set_back_at_once, begin),
        cmocka_unit_test_setup(errors_are_told, begin),
    };
    kernel = mmap(NULL, sizeof *kernel, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return kernel != MAP_FAILED ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
