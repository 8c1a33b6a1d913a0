/* SPDX-License-Identifier: Apache-2.0 */
/* Erases inside NVMe drives, whole runs. */
#include "flow.h"

#include <stdio.h>

#include "model/model_nvme.h"

static void smoke(void **state)
{
    (void)state;
    static struct flow flow;
    static const struct model_nvme_config config = {.sanicap = UW_NVME_SANICAP_BLOCK};
    struct model_nvme *nvme = model_nvme_new(&config);
    const struct model_facts facts = {.name = "nvme0n1"};
    flow_open(&flow, 1);
    flow.request.level = "purge";
    flow_put_nvme(&flow, 0, &facts, nvme, 1, 0);
    flow_run(&flow);
    char *text = json_dumps(flow.certificate[0], JSON_INDENT(1));
    puts(text ? text : flow.error.text);
    puts(json_dumps(flow.events, JSON_INDENT(1)));
    printf("exit %d\n", flow.exit_code);
    flow_close(&flow);
    model_nvme_free(nvme);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(smoke)};
    return cmocka_run_group_tests(tests, NULL, flow_remove_all);
}
