/* SPDX-License-Identifier: Apache-2.0 */
#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct option options[] = {
#define OPTION(name, argument, verbs, carrier, kind, member, help)                                           \
    {name, argument, verbs, carrier, kind, offsetof(struct invocation, member), help},
#include "options.def"
#undef OPTION
};

enum { OPTION_COUNT = sizeof options / sizeof *options };
_Static_assert((int)OPTION_COUNT <= (int)OPTION_MAX, "given[] has a place for every option");

const struct option *option_at(size_t index)
{
    return index < OPTION_COUNT ? &options[index] : NULL;
}

const struct option *option_find(const char *name, size_t length, size_t *index)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (strlen(options[i].name) != length || memcmp(options[i].name, name, length) != 0)
            continue;
        if (index != NULL)
            *index = i;
        return &options[i];
    }
    return NULL;
}

bool strings_add(struct uw_strings *strings, const char *item, struct uw_error *e)
{
    const char **items = realloc(strings->items, (strings->count + 1) * sizeof *items);
    if (items == NULL)
        return uw_fail(e, UW_E_NOMEM, "out of memory");
    items[strings->count] = item;
    strings->items = items;
    strings->count++;
    return true;
}

bool option_set(struct invocation *invocation, const struct option *option, const char *value,
                struct uw_error *e)
{
    void *member = (char *)invocation + option->member;
    switch (option->kind) {
    case K_LIST:
        return strings_add(member, value, e);
    case K_TEXT:
        *(const char **)member = value;
        return true;
    case K_FLAG:
        *(bool *)member = true;
        return true;
    }
    return true;
}

/* "plan or erase" for those verbs that know the option. */
static void verbs_text(unsigned bits, char *text, size_t text_bytes)
{
    size_t used = 0;
    const struct verb *verb;
    text[0] = '\0';
    for (size_t i = 0; (verb = verb_at(i)) != NULL && used < text_bytes; i++)
        if (bits & verb->bit) {
            int n = snprintf(text + used, text_bytes - used, "%s%s", used > 0 ? ", " : "", verb->name);
            used += n > 0 ? (size_t)n : 0;
        }
}

static bool refuse_unknown(const struct verb *verb, const char *word, size_t length, struct uw_error *e)
{
    uw_fail(e, UW_E_USAGE, "unknown option %.*s", (int)length, word);
    return uw_way_out(e, "unwrite %s --help lists those of %s", verb->name, verb->name);
}

static bool check_option(const struct verb *verb, const struct option *option, bool given, struct uw_error *e)
{
    char names[96];
    if (!(option->verbs & verb->bit)) {
        verbs_text(option->verbs, names, sizeof names);
        uw_fail(e, UW_E_USAGE, "option --%s does not belong to %s", option->name, verb->name);
        return uw_way_out(e, "it belongs to %s", names);
    }
    if (given && option->kind != K_LIST)
        return uw_fail(e, UW_E_USAGE, "option --%s is given twice", option->name);
    return true;
}

/* The value of an option: behind '=' or the next word. A next word that looks like an option is none: an
 * empty, unquoted shell variable must not swallow what follows it. */
static bool take_value(const struct option *option, const char *equals, int argc, char **argv, int *at,
                       const char **value, struct uw_error *e)
{
    *value = NULL;
    if (option->kind == K_FLAG && equals != NULL)
        return uw_fail(e, UW_E_USAGE, "option --%s takes no value", option->name);
    if (option->kind == K_FLAG)
        return true;
    if (equals != NULL) {
        *value = equals + 1;
    } else if (*at + 1 < argc && strncmp(argv[*at + 1], "--", 2) != 0) {
        *value = argv[++*at];
    } else {
        uw_fail(e, UW_E_USAGE, "option --%s needs a value", option->name);
        return uw_way_out(e, "--%s=%s", option->name, option->argument);
    }
    if (**value == '\0')
        return uw_fail(e, UW_E_USAGE, "option --%s has an empty value", option->name);
    return true;
}

static bool parse_option(struct invocation *invocation, int argc, char **argv, int *at,
                         bool given[OPTION_MAX], struct uw_error *e)
{
    const char *word = argv[*at], *equals = strchr(word, '='), *value;
    size_t length = equals != NULL ? (size_t)(equals - word) : strlen(word), index;
    const struct option *option = length > 2 ? option_find(word + 2, length - 2, &index) : NULL;
    if (option == NULL || word[1] != '-')
        return refuse_unknown(invocation->verb, word, length, e);
    if (!check_option(invocation->verb, option, given[index], e) ||
        !take_value(option, equals, argc, argv, at, &value, e))
        return false;
    given[index] = true;
    return option_set(invocation, option, value, e);
}

static bool add_operand(struct invocation *invocation, const char *word, struct uw_error *e)
{
    const struct verb *verb = invocation->verb;
    if (*word == '\0') {
        uw_fail(e, UW_E_USAGE, "an empty %s", verb->bit & V_RUN ? "target" : "word");
        return uw_way_out(e, "an unset shell variable?");
    }
    if (invocation->operands.count == verb->operands_max && verb->operands_max == 0)
        return uw_fail(e, UW_E_USAGE, "%s takes no '%s'", verb->name, word);
    if (invocation->operands.count == verb->operands_max)
        return uw_fail(e, UW_E_USAGE, "%s takes one file, not '%s' too", verb->name, word);
    return strings_add(&invocation->operands, word, e);
}

bool options_parse(struct invocation *invocation, int argc, char **argv, int first, bool given[OPTION_MAX],
                   struct uw_error *e)
{
    bool ended = false;
    for (int at = first; at < argc; at++) {
        const char *word = argv[at];
        bool ok = true;
        if (!ended && strcmp(word, "--") == 0)
            ended = true;
        else if (!ended && word[0] == '-' && word[1] != '\0')
            ok = parse_option(invocation, argc, argv, &at, given, e);
        else
            ok = add_operand(invocation, word, e);
        if (!ok)
            return false;
    }
    return true;
}

bool options_check(const struct invocation *invocation, struct uw_error *e)
{
    const struct uw_request *request = &invocation->request;
    size_t operands = invocation->operands.count;
    unsigned bit = invocation->verb->bit;
    if (bit & V_RUN) {
        if (operands == 0 && !request->all)
            return uw_fail(e, UW_E_USAGE, "no target: name a drive, or --all");
        if (operands > 0 && request->all)
            return uw_fail(e, UW_E_USAGE, "--all and a target: either every drive or those named");
        if (request->confirm_all && !request->all) {
            uw_fail(e, UW_E_USAGE, "--confirm-all without --all");
            return uw_way_out(e, "--confirm ID for a drive that is named");
        }
    }
    if (bit & V_VERIFY && operands == 0)
        return uw_fail(e, UW_E_USAGE, "no target: name a drive");
    if (bit & V_VERIFY && request->certificate_key != NULL && request->certificate == NULL)
        return uw_fail(e, UW_E_USAGE, "--certificate-key is of a certificate, and none is named");
    if (bit & V_VERIFY && operands > 1 && request->certificate != NULL)
        return uw_fail(e, UW_E_USAGE, "--certificate is of one drive, and %zu are named", operands);
    if (bit & (V_CERT_VERIFY | V_CERT_SHOW | V_KEY_NEW) && operands == 0)
        return uw_fail(e, UW_E_USAGE, "%s needs a file", invocation->verb->name);
    if (bit & V_CERT_VERIFY && request->key == NULL) {
        uw_fail(e, UW_E_USAGE, "cert verify needs the key that must have signed");
        return uw_way_out(e, "--key FILE, a public key or a JWK that you have from the signer");
    }
    return true;
}
