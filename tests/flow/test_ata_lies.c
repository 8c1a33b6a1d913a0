/* SPDX-License-Identifier: Apache-2.0 */
/* Every lie and every failure of the ATA model (flow_ata_lies.c), one run each. */
#include "flow.h"

#include <stdlib.h>

#include "flow_ata_lies.h"

static void one_lie(void **state)
{
    flow_run_ata(*state);
}

int main(int argc, char **argv)
{
    size_t most = ata_lies_count(), count = 0;
    struct ata_lie_name *names = calloc(most, sizeof *names);
    struct ata_row *lies = calloc(most, sizeof *lies);
    struct CMUnitTest *tests = calloc(most, sizeof *tests);
    if (names == NULL || lies == NULL || tests == NULL)
        return 1;
    for (size_t i = 0; i < most; i++) {
        if (!ata_lies_row(i, &names[i], &lies[i]))
            continue;
        tests[count++] =
            (struct CMUnitTest){.name = names[i].text, .test_func = one_lie, .initial_state = &lies[i]};
    }
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    int failed = _cmocka_run_group_tests("ata lies", tests, count, NULL, flow_remove_all);
    free(names);
    free(lies);
    free(tests);
    return failed;
}
