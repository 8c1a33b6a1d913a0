/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"
#include "run.h"

int verb_verify(struct invocation *invocation)
{
    struct uw_error e = {0};
    invocation->request.check = true;
    struct uw_run *run = uw_run_open(&invocation->request, &e);
    if (run == NULL)
        return complain(&e);
    int code = run_carry_out(run, invocation);
    uw_run_close(run);
    return code;
}
