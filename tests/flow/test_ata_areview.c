/* SPDX-License-Identifier: Apache-2.0 */
/* What a review of erases inside ATA drives found. */
#include "flow.h"

#include <stdio.h>
#include <string.h>

#include "model/model_ata.h"

static struct flow flow;

static void take(void)
{
    if (flow.certificate[0] == NULL)
        flow.certificate[0] =
            json_deep_copy(json_object_get(flow_event(&flow, 0, "certificate-stored"), "certificate"));
}

static struct model_ata_config ssd(void)
{
    return (struct model_ata_config){.block.bytes = 1 << 20,
                                     .rotation = 1,
                                     .security = true,
                                     .enhanced = true,
                                     .erase_word = 10,
                                     .enhanced_word = 1,
                                     .sat.d_sense = true};
}

static void begin(struct model_ata *ata, const char *level, enum uw_bus bus, enum uw_media media)
{
    static struct model_facts facts;
    facts = (struct model_facts){.name = "sda", .bus = bus, .media = media};
    flow_open(&flow, 1);
    flow.request.level = level;
    assert_true(model_machine_put_ata(&flow.machine, 0, &facts, ata, 0));
    snprintf(flow.devices[0], sizeof *flow.devices, "/model/%s", facts.name);
    flow.targets[0] = flow.devices[0];
}

static void on_verify(struct flow *f, const struct uw_event *event)
{
    if (event->kind == UW_EVENT_VERIFY_ENDED && f->run != NULL)
        uw_run_stop(f->run);
}

/* A stop after the first step's read back: the overwrite on top is missing, so nothing is sanitized yet. */
static void stop_between_steps(void **state)
{
    (void)state;
    for (int i = 0; i < 30; i++) {
        struct model_ata_config config = ssd();
        config.block.bytes = 64 << 20;
        struct model_ata *ata = model_ata_new(&config);
        begin(ata, "clear", UW_BUS_ATA, UW_MEDIA_SSD);
        flow.heard = on_verify;
        flow_run(&flow);
        take();
        assert_string_equal(flow_verdict(&flow, 0), "aborted");
        flow_close(&flow);
        model_ata_free(ata);
    }
}

/* Whatever ended the run: a drive with our password on it is named with it. */
static void expect_password_named(unsigned on, bool ends_locked)
{
    struct model_ata_config config = ssd();
    config.lies[0] = (struct model_ata_lie){.kind = MODEL_ATA_HANGS, .on = on};
    if (ends_locked)
        config.lies[1] = (struct model_ata_lie){.kind = MODEL_ATA_ENDS_LOCKED, .on = MODEL_ATA_ENHANCED};
    struct model_ata *ata = model_ata_new(&config);
    begin(ata, "clear", UW_BUS_ATA, UW_MEDIA_SSD);
    flow_run(&flow);
    take();
    assert_true(ata->enabled);
    const json_t *step = json_array_get(json_object_get(flow.certificate[0], "steps"), 0);
    assert_non_null(strstr(flow_text(json_object_get(step, "completion"), "error"), "\"unwrite\""));
    flow_close(&flow);
    model_ata_free(ata);
}

static void password_named_when_unit_hangs(void **state)
{
    (void)state;
    expect_password_named(MODEL_ATA_ENHANCED, false);
}

static void password_named_when_unlock_hangs(void **state)
{
    (void)state;
    expect_password_named(MODEL_ATA_UNLOCK, true);
}

static struct model_ata *bridge;

static void on_pass(struct flow *f, const struct uw_event *event)
{
    (void)f;
    if (event->kind == UW_EVENT_PASS_STARTED)
        bridge->config.sat.no_pass_through = true;
}

/* Writing over needs no IDENTIFY: a bridge that stops passing it on spoils nothing. */
static void bridge_stops_passing(void **state)
{
    (void)state;
    struct model_ata_config config = {
        .block.bytes = 1 << 20, .rotation = 7200, .sat = {.d_sense = true, .usb = true}};
    bridge = model_ata_new(&config);
    begin(bridge, "clear", UW_BUS_USB, UW_MEDIA_HDD);
    flow.heard = on_pass;
    flow_run(&flow);
    take();
    assert_int_equal(strncmp(flow_verdict(&flow, 0), "sanitized", 9), 0);
    flow_close(&flow);
    model_ata_free(bridge);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(stop_between_steps),
        cmocka_unit_test(password_named_when_unit_hangs),
        cmocka_unit_test(password_named_when_unlock_hangs),
        cmocka_unit_test(bridge_stops_passing),
    };
    return cmocka_run_group_tests(tests, NULL, flow_remove_all);
}
