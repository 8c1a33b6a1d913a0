/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

static void print_recovered(const json_t *entry)
{
    print_line(stdout, "%s: %s", text_or(entry, "device", "?"), text_or(entry, "verdict", "?"));
    print_line(stdout, "certificate of %s: %s", text_or(entry, "device", "?"),
               text_or(entry, "path", "NOT STORED"));
}

int verb_cert_recover(struct invocation *invocation)
{
    struct uw_error e = {0};
    json_t *recovered = NULL;
    size_t i;
    const json_t *entry;
    bool done = uw_cert_recover(&invocation->request, &recovered, &e);
    if (invocation->json)
        print_document(recovered);
    else
        json_array_foreach(recovered, i, entry) {
            print_recovered(entry);
        }
    if (done && !invocation->json && json_array_size(recovered) == 0)
        print_line(stdout, "no run broke off");
    json_decref(recovered);
    return done ? UW_EXIT_SANITIZED : complain(&e);
}
