/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration file, as its reader finds it on disk. */
#include <stdlib.h>
#include <string.h>

#include "cli/config.h"
#include "fuzz.h"

static const uint8_t *file;
static size_t file_bytes;

static const struct verb *verb_of(unsigned bit)
{
    const struct verb *verb;
    for (size_t i = 0; (verb = verb_at(i)) != NULL; i++)
        if (verb->bit == bit)
            return verb;
    return NULL;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

/* The value is the whole rest of a line "KEY = VALUE" of the file: neither cut nor glued nor another key's.
 */
static void must_stand_in_file(const struct invocation *invocation, const char *key, const char *value)
{
    must(value >= invocation->configuration && value < invocation->configuration + file_bytes);
    size_t from = (size_t)(value - invocation->configuration), to = from + strlen(value);
    must(from < to && memcmp(file + from, value, to - from) == 0);
    while (to < file_bytes && is_blank(file[to]))
        to++;
    must(to == file_bytes || file[to] == '\n');
    while (from > 0 && is_blank(file[from - 1]))
        from--;
    must(from > 0 && file[--from] == '=');
    while (from > 0 && is_blank(file[from - 1]))
        from--;
    size_t length = strlen(key);
    must(from >= length && memcmp(file + from - length, key, length) == 0);
    from -= length;
    while (from > 0 && is_blank(file[from - 1]))
        from--;
    must(from == 0 || file[from - 1] == '\n');
}

/* What the file may not say stays as it was: what belongs to the command line or to [auto], and what the verb
 * does not know. What the command line says stays as well, but for lists, which add up. */
static void check_option(const struct invocation *invocation, const struct option *option, bool given)
{
    const void *member = (const char *)invocation + option->member;
    bool list = option->kind == K_LIST;
    bool may = option->carrier == C_FILE && (option->verbs & invocation->verb->bit) && (!given || list);
    if (option->kind == K_FLAG) {
        must(may || !*(const bool *)member);
    } else if (option->kind == K_TEXT) {
        const char *value = *(const char *const *)member;
        bool own = value != NULL && value == invocation->config;
        must(may || value == NULL || own);
        if (value != NULL && !own)
            must_stand_in_file(invocation, option->name, value);
    } else {
        const struct uw_strings *strings = member;
        must(may || strings->count == 0);
        for (size_t i = 0; i < strings->count; i++)
            must_stand_in_file(invocation, option->name, strings->items[i]);
    }
}

/* Whether the verb takes the file. */
static bool read_for(unsigned verb, const char *path, bool all_given)
{
    struct uw_error e = {0};
    struct invocation invocation = {.verb = verb_of(verb), .config = path};
    bool given[OPTION_MAX];
    char hex[65];
    memset(given, all_given, sizeof given);
    bool ok = config_read(&invocation, given, &e);
#ifdef FUZZ_SELFTEST
    /* A reader to which [auto] is a section like any other. */
    invocation.request.all = ok && memmem(file, file_bytes, "\nall = yes", 10) != NULL;
#endif
    if (ok) {
        must(uw_sha256_text(file, file_bytes, hex));
        must(strcmp(invocation.configuration_sha256, hex) == 0);
        for (size_t i = 0; option_at(i) != NULL; i++)
            check_option(&invocation, option_at(i), all_given);
    } else {
        must_explain(&e, UW_E_USAGE);
        must(strncmp(e.text, path, strlen(path)) == 0 && e.text[strlen(path)] == ':');
    }
    free(invocation.request.confirm.items);
    free(invocation.request.exclude.items);
    free(invocation.configuration);
    return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    file = data;
    file_bytes = bytes;
    const char *path = fuzz_file(data, bytes);
    /* The whole file is checked, whatever the verb. */
    bool ok = read_for(V_ERASE, path, false);
    must(read_for(V_KEY_SHOW, path, false) == ok);
    must(read_for(V_ERASE, path, true) == ok);
    return 0;
}
