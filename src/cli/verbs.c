/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const struct verb verbs[] = {
    {V_LIST, "list", "", 0, "what is attached", verb_list},
    {V_PLAN, "plan", "TARGET...", SIZE_MAX, "what erase would do, and why", verb_plan},
    {V_ERASE, "erase", "TARGET...", SIZE_MAX, "erase, verify and certify all targets at once", verb_erase},
    {V_VERIFY, "verify", "TARGET...", SIZE_MAX, "whether drives hold what an erase left; read only",
     verb_verify},
    {V_CERT_VERIFY, "cert verify", "FILE...", SIZE_MAX, "whether signatures hold and what they say",
     verb_cert_verify},
    {V_CERT_SHOW, "cert show", "FILE...", SIZE_MAX, "a document in plain words", verb_cert_show},
    {V_CERT_RECOVER, "cert recover", "", 0, "sign the certificates of runs that broke off",
     verb_cert_recover},
    {V_KEY_NEW, "key new", "FILE", 1, "make a signing key", verb_key_new},
    {V_KEY_SHOW, "key show", "[FILE]", 1, "the public half of a key (the station key)", verb_key_show},
    {V_METHODS, "methods", "", 0, "erase methods and overwrite standards", verb_methods},
};

const struct verb *verb_at(size_t index)
{
    return index < sizeof verbs / sizeof *verbs ? &verbs[index] : NULL;
}

/* Whether `name` is one of the groups "cert" and "key"; their members go to `members`. */
static bool is_group(const char *name, char *members, size_t members_bytes)
{
    size_t length = strlen(name), used = 0;
    members[0] = '\0';
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (strncmp(verbs[i].name, name, length) != 0 || verbs[i].name[length] != ' ' ||
            used >= members_bytes)
            continue;
        int n = snprintf(members + used, members_bytes - used, "%s%s", used > 0 ? " or " : "", verbs[i].name);
        used += n > 0 ? (size_t)n : 0;
    }
    return used > 0;
}

const struct verb *verb_find(int argc, char **argv, int *words, struct uw_error *e)
{
    char members[64];
    if (argc < 2) {
        uw_fail(e, UW_E_USAGE, "no verb: say what to do");
        uw_way_out(e, "unwrite --help lists the verbs");
        return NULL;
    }
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        const char *space = strchr(verbs[i].name, ' ');
        size_t length = space != NULL ? (size_t)(space - verbs[i].name) : strlen(verbs[i].name);
        if (strlen(argv[1]) != length || strncmp(argv[1], verbs[i].name, length) != 0)
            continue;
        if (space != NULL && (argc < 3 || strcmp(argv[2], space + 1) != 0))
            continue;
        *words = space != NULL ? 2 : 1;
        return &verbs[i];
    }
    if (is_group(argv[1], members, sizeof members)) {
        if (argc < 3)
            uw_fail(e, UW_E_USAGE, "%s: say what to do", argv[1]);
        else
            uw_fail(e, UW_E_USAGE, "unknown verb '%s %s'", argv[1], argv[2]);
        uw_way_out(e, "%s", members);
    } else if (argv[1][0] == '-') {
        uw_fail(e, UW_E_USAGE, "option %s stands before the verb", argv[1]);
        uw_way_out(e, "unwrite VERB [OPTION]...; unwrite --help lists the verbs");
    } else {
        uw_fail(e, UW_E_USAGE, "unknown verb '%s'", argv[1]);
        uw_way_out(e, "unwrite --help lists the verbs");
    }
    return NULL;
}
