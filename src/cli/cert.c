/* SPDX-License-Identifier: Apache-2.0 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

static const char *const kinds[] = {"certificate", "intent", "addendum", "order"};

/* The body and its kind; NULL where it is none of them. */
static const json_t *body_of(const json_t *document, const char **kind)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const json_t *body = json_object_get(document, kinds[i]);
        *kind = kinds[i];
        if (json_is_object(body))
            return body;
    }
    return NULL;
}

/* What an addendum says of its drive. */
static const char *result_of(const json_t *body)
{
    const char *result = text_or(body, "result", "");
    if (strcmp(result, "holds") == 0)
        return "holds, ";
    return strcmp(result, "does-not-hold") == 0 ? "does not hold, " : "unknown result, ";
}

/* "sanitized (clear)", "refused", "intent: records no erasure", "addendum: holds, records no erasure"; `name`
 * stands before it. */
static void print_verdict(const char *name, const json_t *document)
{
    const char *kind;
    const json_t *body = body_of(document, &kind);
    const char *verdict = text_of(body, "verdict");
    const char *level = text_of(json_object_get(body, "claim"), "level");
    if (verdict == NULL)
        print_line(stdout, "%s%s: %srecords no erasure", name, kind,
                   strcmp(kind, "addendum") == 0 ? result_of(body) : "");
    else if (level == NULL || strcmp(level, "none") == 0)
        print_line(stdout, "%s%s", name, verdict);
    else
        print_line(stdout, "%s%s (%s)", name, verdict, level);
}

/* What somebody holds against the drive in his hand. */
static void print_facts(const char *file, const json_t *document)
{
    const char *kind;
    const json_t *body = body_of(document, &kind);
    const json_t *medium = json_object_get(body, "medium");
    char size[32];
    uw_text_bytes(number_of(json_object_get(medium, "capacity"), "bytes"), size, sizeof size);
    if (medium != NULL)
        print_line(stdout, "%s: %s of %s, serial %s, %s, issued %s", file, kind,
                   text_or(medium, "model", text_or(medium, "device", "an unknown drive")),
                   text_or(medium, "serial", "unknown"), size, text_or(body, "issued_at", "?"));
    else
        print_line(stdout, "%s: %s, issued %s", file, kind, text_or(body, "issued_at", "?"));
}

/* Whoever else signed it: with the key at hand nothing can be said of that. */
static void print_unchecked(const char *file, const json_t *document, const char *thumbprint)
{
    json_t *signers = uw_cert_signers(document), *signer;
    size_t i;
    json_array_foreach(signers, i, signer) {
        const char *named = json_string_value(signer);
        if (named != NULL && strcmp(named, thumbprint) != 0)
            print_line(stdout, "%s: signature by %s not checked", file, named);
    }
    json_decref(signers);
}

/* Of several files, which; the exit code. */
static int complain_of(const char *file, const struct uw_error *e)
{
    struct uw_error named = {0};
    if (strstr(e->text, file) != NULL)
        return complain(e);
    uw_fail(&named, e->code, "%s: %s", file, e->text);
    if (e->way_out[0] != '\0')
        uw_way_out(&named, "%s", e->way_out);
    return complain(&named);
}

static enum uw_exit verify_file(const struct invocation *invocation, const char *file, const char *thumbprint)
{
    const struct uw_cert_request request = {.file = file,
                                            .key = invocation->request.key,
                                            .level = invocation->request.level,
                                            .allow_test_key = invocation->allow_test_key};
    struct uw_error e = {0};
    json_t *document = NULL;
    enum uw_exit code = uw_cert_verify(&request, &document, &e);
    char name[PATH_MAX + 2] = "";
    if (invocation->operands.count > 1)
        snprintf(name, sizeof name, "%s: ", file);
    if (document != NULL) {
        print_verdict(name, document);
        print_line(stdout, "%s: signature by %s holds", file, thumbprint);
        print_unchecked(file, document, thumbprint);
        print_facts(file, document);
    } else if (code == UW_EXIT_FAILED) {
        print_line(stdout, "%sdoes not hold", name);
    }
    if (code != UW_EXIT_SANITIZED)
        complain_of(file, &e);
    json_decref(document);
    return code;
}

/* The worst first: unreadable, forged, holds but is no such erasure. */
static int rank(enum uw_exit code)
{
    return code == UW_EXIT_USAGE ? 3 : code == UW_EXIT_FAILED ? 2 : code == UW_EXIT_SANITIZED ? 0 : 1;
}

int verb_cert_verify(struct invocation *invocation)
{
    struct uw_error e = {0};
    json_t *key = uw_key_show(invocation->request.key, &e);
    if (key == NULL)
        return complain(&e);
    enum uw_exit worst = UW_EXIT_SANITIZED;
    for (size_t i = 0; i < invocation->operands.count; i++) {
        enum uw_exit code =
            verify_file(invocation, invocation->operands.items[i], text_or(key, "thumbprint", "?"));
        if (rank(code) > rank(worst))
            worst = code;
    }
    json_decref(key);
    return (int)worst;
}

int verb_cert_show(struct invocation *invocation)
{
    int worst = UW_EXIT_SANITIZED;
    for (size_t i = 0; i < invocation->operands.count; i++) {
        struct uw_error e = {0};
        char *text = uw_cert_show(invocation->operands.items[i], &e);
        if (text == NULL) {
            int code = complain_of(invocation->operands.items[i], &e);
            worst = worst == UW_EXIT_USAGE ? worst : code;
            continue;
        }
        printf("%s%s", i > 0 ? "\n" : "", text);
        free(text);
    }
    return worst;
}
