/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting for an erase inside a drive: what ends it, and an end that comes sooner than any drive can write.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "method/watch.h"

#define TB 1000000000000ULL

/* A drive that runs for `lasts_ms` and then ends as told, on a clock that only waiting moves. */
struct desk {
    struct uw_drive drive;
    uint64_t now_ms, lasts_ms;
    enum uw_watch_state end;
};

static uint64_t now_ms(void *engine)
{
    return ((struct desk *)engine)->now_ms;
}

static void wait_ms(void *engine, uint32_t ms)
{
    ((struct desk *)engine)->now_ms += ms;
}

static bool stopped(void *engine)
{
    (void)engine;
    return false;
}

static bool look(struct uw_watch *watch, struct uw_watch_look *seen, struct uw_error *e)
{
    const struct desk *desk = watch->data;
    (void)e;
    seen->state = desk->now_ms < desk->lasts_ms ? UW_WATCH_RUNNING : desk->end;
    return true;
}

static struct uw_method_end wait_for(struct desk *desk, bool writes, bool attach)
{
    struct uw_method_end end = {0};
    struct uw_error e = {0};
    const struct uw_method_run run = {.drive = &desk->drive,
                                      .attach = attach,
                                      .engine = desk,
                                      .now_ms = now_ms,
                                      .wait_ms = wait_ms,
                                      .stopped = stopped};
    struct uw_watch watch = {.run = &run, .end = &end, .look = look, .data = desk, .writes = writes};
    assert_true(uw_watch_wait(&watch, &e));
    return end;
}

static struct desk disk(uint64_t bytes, uint64_t lasts_ms)
{
    struct desk desk = {.lasts_ms = lasts_ms, .end = UW_WATCH_DONE};
    desk.drive.bus = UW_BUS_ATA;
    desk.drive.media = UW_MEDIA_HDD;
    desk.drive.bytes = bytes;
    desk.drive.ata.known = true;
    desk.drive.ata.identify.rotation = 7200;
    return desk;
}

static struct desk flash(enum uw_bus bus, uint64_t bytes, uint64_t lasts_ms)
{
    struct desk desk = {.lasts_ms = lasts_ms, .end = UW_WATCH_DONE};
    desk.drive.bus = bus;
    desk.drive.media = UW_MEDIA_SSD;
    desk.drive.bytes = bytes;
    return desk;
}

static void too_fast(void **state)
{
    (void)state;
    const struct {
        struct desk desk;
        bool writes, attach, complete;
    } rows[] = {
        /* 20 TB of a disk in an hour, and in the day that it takes. */
        {disk(20 * TB, 3600000), true, false, false},
        {disk(20 * TB, 86400000), true, false, true},
        /* What takes a key away takes no time. */
        {disk(20 * TB, 0), false, false, true},
        /* Who knows when it began. */
        {disk(20 * TB, 1000), true, true, true},
        {flash(UW_BUS_ATA, 4 * TB, 60000), true, false, false},
        {flash(UW_BUS_ATA, 4 * TB, 3600000), true, false, true},
        {flash(UW_BUS_NVME, 30 * TB, 60000), true, false, false},
        {flash(UW_BUS_NVME, 30 * TB, 3600000), true, false, true},
        {flash(UW_BUS_NVME_FABRICS, 30 * TB, 0), true, false, false},
        {flash(UW_BUS_NVME, 30 * TB, 0), false, false, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct desk desk = rows[i].desk;
        struct uw_method_end end = wait_for(&desk, rows[i].writes, rows[i].attach);
        assert_true(end.accepted);
        assert_false(end.continues);
        assert_int_equal(end.complete, rows[i].complete);
        assert_string_equal(end.why, rows[i].complete ? "" : UW_WATCH_TOO_FAST);
    }
}

static void least(void **state)
{
    (void)state;
    const struct desk spindle = disk(TB, 0), sata = flash(UW_BUS_ATA, TB, 0),
                      nvme = flash(UW_BUS_NVME, TB, 0);
    assert_int_equal(uw_watch_least_ms(&spindle.drive, true), 1000000);
    assert_int_equal(uw_watch_least_ms(&spindle.drive, false), 1000000);
    assert_int_equal(uw_watch_least_ms(&sata.drive, true), 166666);
    assert_int_equal(uw_watch_least_ms(&sata.drive, false), 15625);
    assert_int_equal(uw_watch_least_ms(&nvme.drive, true), 15625);
}

static void a_failure_is_one_at_any_speed(void **state)
{
    (void)state;
    struct desk desk = disk(20 * TB, 0);
    desk.end = UW_WATCH_FAILED;
    struct uw_method_end end = wait_for(&desk, true, false);
    assert_true(end.accepted);
    assert_false(end.complete);
    assert_null(strstr(end.why, "faster"));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(too_fast), cmocka_unit_test(least),
                                       cmocka_unit_test(a_failure_is_one_at_any_speed)};
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
