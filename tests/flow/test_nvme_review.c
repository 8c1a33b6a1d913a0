/* SPDX-License-Identifier: Apache-2.0 */
/* Erases inside NVMe drives: what must not be claimed, and what must not be touched. */
#include "flow.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "model/model_nvme.h"

static struct flow flow;

/* The bodies as they were stored, whatever is to be said of them. */
static void take_certificates(void)
{
    for (size_t i = 0; i < flow.machine.count; i++)
        if (flow.certificate[i] == NULL)
            flow.certificate[i] =
                json_deep_copy(json_object_get(flow_event(&flow, i, "certificate-stored"), "certificate"));
}

static void begin(size_t drives)
{
    flow_open(&flow, drives);
    flow.request.level = "purge";
}

/* A sibling that could not be opened exclusively was not checked: nothing may be erased with it. */
static void sibling_that_does_not_open(void **state)
{
    (void)state;
    static const struct model_nvme_config config = {.sanicap = UW_NVME_SANICAP_BLOCK,
                                                    .media = {[1] = {.present = true}}};
    static const struct model_facts first = {.name = "nvme0n1"},
                                    second = {.name = "nvme0n2", .open_error = EIO};
    struct model_nvme *nvme = model_nvme_new(&config);
    begin(2);
    flow_put_nvme(&flow, 0, &first, nvme, 1, 0);
    flow_put_nvme(&flow, 1, &second, nvme, 2, 0);
    flow_run(&flow);
    take_certificates();
    assert_int_equal(model_nvme_seen_count(nvme, UW_NVME_SANITIZE), 0);
    flow_close(&flow);
    model_nvme_free(nvme);
}

/* The kernel goes on to say the old serial; Identify tells the truth. */
static void another_serial_behind_the_old_name(void **state)
{
    (void)state;
    static const struct model_nvme_config config = {.sanicap = UW_NVME_SANICAP_BLOCK,
                                                    .lies = {{.kind = MODEL_NVME_OTHER_SERIAL, .value = 1}}};
    static const struct model_facts facts = {.name = "nvme0n1"};
    struct model_nvme *nvme = model_nvme_new(&config);
    begin(1);
    flow_put_nvme(&flow, 0, &facts, nvme, 1, 0);
    flow_run(&flow);
    take_certificates();
    assert_string_equal(flow_verdict(&flow, 0), "failed");
    flow_close(&flow);
    model_nvme_free(nvme);
}

/* The log that is kept as evidence is the one that tells of our own command. */
static void raw_status_of_our_own_command(void **state)
{
    (void)state;
    static const struct model_nvme_config config = {
        .sanicap = UW_NVME_SANICAP_BLOCK,
        .block_ms = MODEL_ALL,
        .former = {.state = UW_NVME_SANITIZE_SUCCESS, .cdw10 = 0x202, .global_erased = false}};
    static const struct model_facts facts = {.name = "nvme0n1"};
    struct model_nvme *nvme = model_nvme_new(&config);
    begin(1);
    flow_put_nvme(&flow, 0, &facts, nvme, 1, 0);
    flow_run(&flow);
    take_certificates();
    assert_string_equal(flow_verdict(&flow, 0), "sanitized");
    const json_t *completion = json_object_get(flow_step(&flow, 0), "completion");
    const char *raw = flow_text(completion, "status_raw");
    assert_true(strlen(raw) > 8);
    /* SSTAT, bytes 2 and 3: success, and nothing was written since. */
    assert_memory_equal(raw + 4, "0101", 4);
    flow_close(&flow);
    model_nvme_free(nvme);
}

/* Two drives that say the same of themselves are two drives all the same. */
static void twins_are_two_drives(void **state)
{
    (void)state;
    static const struct model_nvme_config one = {.serial = "0123",
                                                 .subsystem = "",
                                                 .sanicap = UW_NVME_SANICAP_BLOCK,
                                                 .media = {{.eui64 = {2, 1}}}},
                                          two = {.serial = "0123",
                                                 .subsystem = "",
                                                 .sanicap = UW_NVME_SANICAP_BLOCK,
                                                 .media = {{.eui64 = {2, 2}}}};
    static const struct model_facts first = {.name = "nvme0n1"}, second = {.name = "nvme1n1"};
    struct model_nvme *a = model_nvme_new(&one), *b = model_nvme_new(&two);
    begin(2);
    flow_put_nvme(&flow, 0, &first, a, 1, 0);
    flow_put_nvme(&flow, 1, &second, b, 1, 0);
    flow_run(&flow);
    take_certificates();
    assert_int_equal(model_nvme_seen_count(a, UW_NVME_SANITIZE), 1);
    assert_int_equal(model_nvme_seen_count(b, UW_NVME_SANITIZE), 1);
    flow_close(&flow);
    model_nvme_free(a);
    model_nvme_free(b);
}

static void no_marker_is_not_zero_markers(void **state)
{
    (void)state;
    static const struct model_nvme_config config = {
        .sanicap = UW_NVME_SANICAP_BLOCK,
        .media = {{.block = {.faults = {{.effect = MODEL_ERROR, .on = MODEL_WRITE}}}}}};
    static const struct model_facts facts = {.name = "nvme0n1"};
    struct model_nvme *nvme = model_nvme_new(&config);
    begin(1);
    flow_put_nvme(&flow, 0, &facts, nvme, 1, 0);
    flow_run(&flow);
    take_certificates();
    assert_string_equal(flow_verdict(&flow, 0), "sanitized-with-exceptions");
    const char *said = flow_text(json_object_get(flow.certificate[0], "claim"), "statement");
    assert_null(strstr(said, "the 0 markers"));
    flow_close(&flow);
    model_nvme_free(nvme);
}

/* FNA bit 0 alone: formats all, erases one. Each namespace needs an erase of its own, or none is claimed. */
static void format_of_all_is_no_erase_of_all(void **state)
{
    (void)state;
    static const struct model_nvme_config config = {
        .oacs = UW_NVME_OACS_FORMAT, .fna = UW_NVME_FNA_FORMAT_ALL, .media = {[1] = {.present = true}}};
    static const struct model_facts first = {.name = "nvme0n1"}, second = {.name = "nvme0n2"};
    struct model_nvme *nvme = model_nvme_new(&config);
    begin(2);
    flow.request.level = "clear";
    flow.request.method = "nvme-format-user-data";
    flow_put_nvme(&flow, 0, &first, nvme, 1, 0);
    flow_put_nvme(&flow, 1, &second, nvme, 2, 0);
    flow_run(&flow);
    take_certificates();
    bool both =
        strcmp(flow_verdict(&flow, 0), "sanitized") == 0 && strcmp(flow_verdict(&flow, 1), "sanitized") == 0;
    assert_false(both && model_nvme_seen_count(nvme, UW_NVME_FORMAT) < 2);
    flow_close(&flow);
    model_nvme_free(nvme);
}

/* One namespace of two was formatted: nothing may be said of what lies outside of it. */
static void format_of_one_says_nothing_of_the_rest(void **state)
{
    (void)state;
    static const struct model_nvme_config config = {.oacs = UW_NVME_OACS_FORMAT,
                                                    .media = {[1] = {.present = true}}};
    static const struct model_facts facts = {.name = "nvme0n1"};
    struct model_nvme *nvme = model_nvme_new(&config);
    begin(1);
    flow.request.level = "clear";
    flow.request.method = "nvme-format-user-data";
    flow_put_nvme(&flow, 0, &facts, nvme, 1, 0);
    flow_run(&flow);
    take_certificates();
    assert_string_equal(flow_verdict(&flow, 0), "sanitized");
    const char *said = flow_text(json_object_get(flow.certificate[0], "claim"), "statement");
    assert_null(strstr(said, "Areas outside the addressable range were erased"));
    flow_close(&flow);
    model_nvme_free(nvme);
}

/* Found at work, begun without no-deallocate: what is read back is what the drive reads in unmapped blocks.
 */
static void attached_erase_that_unmaps_is_no_evidence_of_the_media(void **state)
{
    (void)state;
    static const struct model_nvme_config config = {
        .sanicap = UW_NVME_SANICAP_BLOCK,
        .former = {.state = UW_NVME_SANITIZE_RUNNING, .cdw10 = UW_NVME_SANACT_BLOCK, .elapsed_ms = 1}};
    static const struct model_facts facts = {.name = "nvme0n1"};
    struct model_nvme *nvme = model_nvme_new(&config);
    begin(1);
    flow_put_nvme(&flow, 0, &facts, nvme, 1, 0);
    flow_run(&flow);
    take_certificates();
    assert_string_equal(flow_verdict(&flow, 0), "sanitized-with-exceptions");
    assert_string_equal(flow_text(json_object_get(flow.certificate[0], "verification"), "evidence_class"),
                        "mapping");
    flow_close(&flow);
    model_nvme_free(nvme);
}

/* What it was given to hold is said in the certificate, so that somebody else can look for it. */
static void certificate_of_an_inner_erase_can_be_checked(void **state)
{
    (void)state;
    static const struct model_nvme_config config = {.sanicap = UW_NVME_SANICAP_BLOCK};
    static const struct model_facts facts = {.name = "nvme0n1"};
    static char path[512];
    struct model_nvme *nvme = model_nvme_new(&config);
    begin(1);
    flow_put_nvme(&flow, 0, &facts, nvme, 1, 0);
    flow_run(&flow);
    snprintf(path, sizeof path, "%s", flow_text(flow_event(&flow, 0, "certificate-stored"), "path"));
    flow_again(&flow);
    flow.request.check = true;
    flow.request.certificate = path;
    flow_run(&flow);
    assert_int_equal(flow.exit_code, UW_EXIT_SANITIZED);
    flow_close(&flow);
    model_nvme_free(nvme);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sibling_that_does_not_open),
        cmocka_unit_test(another_serial_behind_the_old_name),
        cmocka_unit_test(raw_status_of_our_own_command),
        cmocka_unit_test(twins_are_two_drives),
        cmocka_unit_test(no_marker_is_not_zero_markers),
        cmocka_unit_test(format_of_all_is_no_erase_of_all),
        cmocka_unit_test(format_of_one_says_nothing_of_the_rest),
        cmocka_unit_test(attached_erase_that_unmaps_is_no_evidence_of_the_media),
        cmocka_unit_test(certificate_of_an_inner_erase_can_be_checked),
    };
    return cmocka_run_group_tests(tests, NULL, flow_remove_all);
}
