/* SPDX-License-Identifier: Apache-2.0 */
#include "ask.h"
#include "cli.h"
#include "plan.h"
#include "run.h"

int verb_erase(struct invocation *invocation)
{
    struct uw_error e = {0};
    struct asker asker = {.stop = &run_stops};
    if (invocation->dry_run)
        return verb_plan(invocation);
    invocation->request.ask = ask_operator;
    invocation->request.user = &asker;
    struct uw_run *run = uw_run_open(&invocation->request, &e);
    if (run == NULL)
        return complain(&e);
    json_t *plans = uw_run_plans(run, &e);
    asker.plans = json_object_get(plans, "plans");
    int code;
    if (plans == NULL)
        code = complain(&e);
    else if (uw_run_count(run) == 0)
        code = complain_of_nothing(run, &invocation->request);
    else
        code = run_carry_out(run, invocation);
    uw_run_close(run);
    json_decref(plans);
    return code;
}
