/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "cli.h"

static int show(const char *path, bool as_json)
{
    struct uw_error e = {0};
    json_t *key = uw_key_show(path, &e);
    if (key == NULL)
        return complain(&e);
    if (as_json) {
        print_document(key);
    } else {
        char *jwk = json_dumps(json_object_get(key, "jwk"), JSON_COMPACT);
        print_line(stdout, "thumbprint: %s", text_or(key, "thumbprint", "?"));
        printf("%s\n%s", jwk != NULL ? jwk : "?", text_or(key, "pem", ""));
        free(jwk);
    }
    json_decref(key);
    return UW_EXIT_SANITIZED;
}

int verb_key_new(struct invocation *invocation)
{
    struct uw_error e = {0};
    const char *path = invocation->operands.items[0];
    return uw_key_new(path, &e) ? show(path, false) : complain(&e);
}

int verb_key_show(struct invocation *invocation)
{
    char station[4096];
    const char *path = station;
    if (invocation->operands.count > 0)
        path = invocation->operands.items[0];
    else
        uw_station_key_path(invocation->request.state, station, sizeof station);
    return show(path, invocation->json);
}
