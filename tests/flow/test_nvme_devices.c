/* SPDX-License-Identifier: Apache-2.0 */
/* The named NVMe drives, one run each; and every method under every rule set and level. */
#include "flow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void one_device(void **state)
{
    flow_run_nvme(*state);
}

int main(int argc, char **argv)
{
    struct CMUnitTest *tests = calloc(nvme_device_count, sizeof *tests);
    if (tests == NULL)
        return 1;
    for (size_t i = 0; i < nvme_device_count; i++)
        tests[i] = (struct CMUnitTest){
            .name = nvme_devices[i].name, .test_func = one_device, .initial_state = (void *)&nvme_devices[i]};
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    int failed = _cmocka_run_group_tests("nvme devices", tests, nvme_device_count, NULL, flow_remove_all);
    free(tests);
    return failed;
}
