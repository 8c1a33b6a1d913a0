/* SPDX-License-Identifier: Apache-2.0 */
/* The command line: words end at NUL or line feed, the program's name is put before them. */
#include "cli/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

enum { WORDS_MAX = 128 };

struct line {
    char *text; /* the words point into it, or are allocated where it is NULL */
    char *words[WORDS_MAX + 1];
    int count;
};

static void split(struct line *line, const uint8_t *data, size_t bytes)
{
    static char name[] = "unwrite";
    line->words[0] = name;
    line->count = 1;
    line->text = malloc(bytes + 1);
    must(line->text != NULL);
    memcpy(line->text, data, bytes);
    line->text[bytes] = '\0';
    for (size_t at = 0; at < bytes && line->count < WORDS_MAX;) {
        size_t length = strcspn(line->text + at, "\n");
        line->text[at + length] = '\0';
        line->words[line->count++] = line->text + at;
        at += length + 1;
    }
    line->words[line->count] = NULL;
}

static void free_invocation(struct invocation *invocation)
{
    free(invocation->operands.items);
    free(invocation->request.confirm.items);
    free(invocation->request.exclude.items);
}

/* Whether a value of the option is this word or stands in it behind '='. */
static bool holds(const struct invocation *invocation, const struct option *option, const char *word)
{
    const void *member = (const char *)invocation + option->member;
    const char *end = word + strlen(word);
    if (option->kind == K_TEXT) {
        const char *value = *(const char *const *)member;
        return value != NULL && value >= word && value < end;
    }
    if (option->kind == K_LIST) {
        const struct uw_strings *strings = member;
        for (size_t i = 0; i < strings->count; i++)
            if (strings->items[i] >= word && strings->items[i] < end)
                return true;
        return false;
    }
    return *(const bool *)member && strncmp(word, "--", 2) == 0 && strcmp(word + 2, option->name) == 0;
}

static bool is_operand(const struct invocation *invocation, const char *word)
{
    for (size_t i = 0; i < invocation->operands.count; i++)
        if (invocation->operands.items[i] == word)
            return true;
    return false;
}

static bool is_name(const struct option *option, const char *word)
{
    return option->kind != K_FLAG && strncmp(word, "--", 2) == 0 && strcmp(word + 2, option->name) == 0;
}

/* A value, an operand, the name before a value, or the one "--": nothing that stood there is lost. */
static void must_be_used(const struct invocation *invocation, char *const *word, bool *ended)
{
    bool used = is_operand(invocation, *word);
    const struct option *option;
    for (size_t i = 0; !used && (option = option_at(i)) != NULL; i++)
        used = holds(invocation, option, *word) ||
               (is_name(option, *word) && word[1] != NULL && holds(invocation, option, word[1]));
    if (!used && strcmp(*word, "--") == 0 && !*ended)
        *ended = used = true;
    must(used);
}

static bool same_strings(const struct uw_strings *a, const struct uw_strings *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->items[i], b->items[i]) != 0)
            return false;
    return true;
}

static void must_be_same(const struct invocation *a, const struct invocation *b, const struct option *option)
{
    const void *in_a = (const char *)a + option->member, *in_b = (const char *)b + option->member;
    if (option->kind == K_FLAG) {
        must(*(const bool *)in_a == *(const bool *)in_b);
    } else if (option->kind == K_LIST) {
        must(same_strings(in_a, in_b));
    } else {
        const char *text_a = *(const char *const *)in_a, *text_b = *(const char *const *)in_b;
        must((text_a == NULL) == (text_b == NULL));
        must(text_a == NULL || strcmp(text_a, text_b) == 0);
    }
}

static void add_word(struct line *line, const char *name, const char *value)
{
    must(line->count < WORDS_MAX);
    must(asprintf(&line->words[line->count++], "%s%s%s", name, *name != '\0' && *value != '\0' ? "=" : "",
                  value) >= 0);
}

static void add_option(struct line *line, const struct invocation *invocation, const struct option *option)
{
    char name[64];
    const void *member = (const char *)invocation + option->member;
    snprintf(name, sizeof name, "--%s", option->name);
    if (option->kind == K_FLAG && *(const bool *)member)
        add_word(line, name, "");
    if (option->kind == K_TEXT && *(const char *const *)member != NULL)
        add_word(line, name, *(const char *const *)member);
    if (option->kind == K_LIST) {
        const struct uw_strings *strings = member;
        for (size_t i = 0; i < strings->count; i++)
            add_word(line, name, strings->items[i]);
    }
}

/* The same wishes, said in another way, are understood as the same. */
static void check_round_trip(const struct invocation *invocation)
{
    struct uw_error e = {0};
    struct line line = {0};
    struct invocation again = {.verb = invocation->verb};
    bool given[OPTION_MAX] = {false};
    const struct option *option;
    for (size_t i = 0; (option = option_at(i)) != NULL; i++)
        add_option(&line, invocation, option);
    add_word(&line, "--", "");
    for (size_t i = 0; i < invocation->operands.count; i++)
        add_word(&line, "", invocation->operands.items[i]);
    must(options_parse(&again, line.count, line.words, 0, given, &e));
    for (size_t i = 0; (option = option_at(i)) != NULL; i++)
        must_be_same(invocation, &again, option);
    must(same_strings(&invocation->operands, &again.operands));
    free_invocation(&again);
    for (int i = 0; i < line.count; i++)
        free(line.words[i]);
}

/* An option that the verb does not know is not set, and no value is empty. */
static void check_option(const struct invocation *invocation, const struct option *option, bool given)
{
    const void *member = (const char *)invocation + option->member;
    must(!given || (option->verbs & invocation->verb->bit));
    if (option->kind == K_FLAG) {
        must(*(const bool *)member == given);
    } else if (option->kind == K_TEXT) {
        must((*(const char *const *)member != NULL) == given);
        must(!given || **(const char *const *)member != '\0');
    } else {
        const struct uw_strings *strings = member;
        must((strings->count > 0) == given);
        for (size_t i = 0; i < strings->count; i++)
            must(*strings->items[i] != '\0');
    }
}

static void check_whole(const struct invocation *invocation)
{
    struct uw_error e = {0};
    unsigned bit = invocation->verb->bit;
    size_t operands = invocation->operands.count;
    must(operands <= invocation->verb->operands_max);
    if (!options_check(invocation, &e))
        must_explain(&e, UW_E_USAGE);
    else if (bit & V_RUN)
        must((operands > 0) != invocation->request.all &&
             (invocation->request.all || !invocation->request.confirm_all));
}

static void parse(const struct verb *verb, struct line *line, int words)
{
    struct uw_error e = {0};
    struct invocation invocation = {.verb = verb};
    bool given[OPTION_MAX] = {false}, ended = false;
    if (options_parse(&invocation, line->count, line->words, 1 + words, given, &e)) {
#ifdef FUZZ_SELFTEST
        /* A reader that forgets a word of a list. */
        invocation.request.exclude.count -= invocation.request.exclude.count > 1;
#endif
        for (int i = 1 + words; i < line->count; i++)
            must_be_used(&invocation, &line->words[i], &ended);
        for (size_t i = 0; option_at(i) != NULL; i++)
            check_option(&invocation, option_at(i), given[i]);
        check_round_trip(&invocation);
        check_whole(&invocation);
    } else {
        must_explain(&e, UW_E_USAGE);
    }
    free_invocation(&invocation);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct uw_error e = {0};
    struct line line;
    int words = 0;
    split(&line, data, bytes);
    const struct verb *verb = verb_find(line.count, line.words, &words, &e);
    if (verb == NULL)
        must_explain(&e, UW_E_USAGE);
    else
        parse(verb, &line, words);
    free(line.text);
    return 0;
}
