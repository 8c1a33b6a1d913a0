/* SPDX-License-Identifier: Apache-2.0 */
/* The named drives that encrypt themselves, one run each. */
#include "flow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow_tcg_rows.h"

enum { SECURITY_SEND = 0x81, SECURITY_OUT = 0xb5 };

static void compare_sends(int expected, int seen)
{
    if (expected != NVME_ROW_ANY && seen != expected)
        fail_msg("it was sent %d packets, not %d", seen, expected);
}

/* Whatever the end, no document and no event has the PSID. */
static void check_secret(const struct flow *flow, const char *psid)
{
    for (size_t job = 0; job < flow->machine.count && psid != NULL; job++) {
        char *text = json_dumps(flow->certificate[job], 0);
        assert_non_null(text);
        assert_null(strstr(text, psid));
        free(text);
    }
    char *events = json_dumps(flow->events, 0);
    assert_true(psid == NULL || events == NULL || strstr(events, psid) == NULL);
    free(events);
}

static void one_nvme(void **state)
{
    const struct nvme_tcg_row *row = *state;
    static struct flow flow;
    flow_open_nvme(&flow, &row->drive);
    const struct model_nvme *nvme = flow.owned[0];
    flow_give_psid(&flow, row->psid);
    flow_run(&flow);
    flow_check(&flow);
    for (size_t job = 0; job < flow.machine.count; job++)
        flow_expect_nvme(&flow, job, &row->drive);
    assert_int_equal(flow.exit_code, row->drive.expect.exit_code);
    int sends = 0;
    for (size_t i = 0; i < nvme->seen_count; i++)
        sends += nvme->seen[i].opcode == SECURITY_SEND;
    compare_sends(row->sends, sends);
    assert_null(nvme->tcg.complaint);
    check_secret(&flow, row->psid);
    flow_close(&flow);
}

static void one_ata(void **state)
{
    const struct ata_tcg_row *row = *state;
    static struct flow flow;
    flow_open_ata(&flow, &row->drive);
    const struct model_ata *ata = flow.owned_ata[0];
    flow_give_psid(&flow, row->psid);
    flow_run(&flow);
    flow_check(&flow);
    flow_expect_ata(&flow, &row->drive);
    int sends = 0;
    for (size_t i = 0; i < ata->seen_count; i++)
        sends += ata->seen[i].cdb0 == SECURITY_OUT;
    compare_sends(row->sends, sends);
    assert_null(ata->tcg.complaint);
    check_secret(&flow, row->psid);
    flow_close(&flow);
}

int main(int argc, char **argv)
{
    size_t count = nvme_tcg_row_count + ata_tcg_row_count;
    struct CMUnitTest *tests = calloc(count, sizeof *tests);
    char(*names)[96] = calloc(count, sizeof *names);
    if (tests == NULL || names == NULL)
        return 1;
    for (size_t i = 0; i < count; i++) {
        bool nvme = i < nvme_tcg_row_count;
        size_t at = nvme ? i : i - nvme_tcg_row_count;
        snprintf(names[i], sizeof names[i], "%s: %s", nvme ? "nvme" : "ata",
                 nvme ? nvme_tcg_rows[at].drive.name : ata_tcg_rows[at].drive.name);
        tests[i] = (struct CMUnitTest){.name = names[i],
                                       .test_func = nvme ? one_nvme : one_ata,
                                       .initial_state =
                                           nvme ? (void *)&nvme_tcg_rows[at] : (void *)&ata_tcg_rows[at]};
    }
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    int failed = _cmocka_run_group_tests("tcg", tests, count, NULL, flow_remove_all);
    free(tests);
    free(names);
    return failed;
}
