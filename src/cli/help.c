/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "options.h"

enum { HELP_COLUMN = 30, HELP_WIDTH = 79 };

/* Words of `text` from HELP_COLUMN on; the cursor stands at `column`. */
static void print_wrapped(int column, const char *text)
{
    if (column >= HELP_COLUMN) {
        putchar('\n');
        column = 0;
    }
    while (*text != '\0') {
        size_t length = strcspn(text, " ");
        if (column > HELP_COLUMN && column + 1 + (int)length > HELP_WIDTH) {
            putchar('\n');
            column = 0;
        }
        int indent = column < HELP_COLUMN ? HELP_COLUMN - column : 1;
        column += printf("%*s%.*s", indent, "", (int)length, text);
        text += length + strspn(text + length, " ");
    }
    putchar('\n');
}

static void print_options(unsigned bits)
{
    const struct option *option;
    printf("\nOptions:\n");
    for (size_t i = 0; (option = option_at(i)) != NULL; i++)
        if (option->verbs & bits)
            print_wrapped(printf("  --%s%s%s", option->name, option->argument != NULL ? "=" : "",
                                 option->argument != NULL ? option->argument : ""),
                          option->help);
}

static void print_verb(const struct verb *verb)
{
    printf("usage: unwrite %s [OPTION]...%s%s\n", verb->name, *verb->operands != '\0' ? " " : "",
           verb->operands);
    printf("       %s\n", verb->summary);
    if (verb->bit & V_RUN)
        printf("\nA TARGET is a device node, a link to one, serial:S, wwn:W, or a disk image.\n");
    print_options(verb->bit);
}

static void print_program(void)
{
    const struct verb *verb;
    printf("usage: unwrite VERB [OPTION]... [TARGET|FILE]...\n"
           "Erases drives, proves it by reading back, and leaves a signed certificate.\n\nVerbs:\n");
    for (size_t i = 0; (verb = verb_at(i)) != NULL; i++)
        print_wrapped(printf("  %s%s%s", verb->name, *verb->operands != '\0' ? " " : "", verb->operands),
                      verb->summary);
    printf("\nunwrite VERB --help lists the options of a verb; unwrite --version prints the version.\n"
           "Exit codes, files and examples: unwrite(1), unwrite.conf(5).\n");
}

void help_print(const char *prefix)
{
    const struct verb *verb;
    size_t length = prefix != NULL ? strlen(prefix) : 0;
    unsigned printed = 0;
    for (size_t i = 0; prefix != NULL && (verb = verb_at(i)) != NULL; i++) {
        bool fits = strncmp(verb->name, prefix, length) == 0 &&
                    (verb->name[length] == '\0' || verb->name[length] == ' ');
        if (!fits)
            continue;
        if (printed++ > 0)
            putchar('\n');
        print_verb(verb);
    }
    if (printed == 0)
        print_program();
}
