/* SPDX-License-Identifier: Apache-2.0 */
/* The public calls that are no run: thin wrappers over the layers. */
#include "unwrite/unwrite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/document.h"
#include "core/drive_ata.h"
#include "core/drive_nvme.h"
#include "core/plan.h"
#include "core/verdict.h"
#include "engine/keystream.h"
#include "engine/tool.h"
#include "method/methods.h"
#include "output/output.h"
#include "probe/probe.h"
#include "sign/sign.h"

const char *uw_version(void)
{
    return uw_tool_version();
}

bool uw_sha256_text(const void *data, size_t bytes, char hex[65])
{
    uw_sha256_hex(data, bytes, hex);
    return true;
}

static json_t *listed(const struct uw_drive *drive)
{
    char why[UW_WHY_BYTES];
    json_t *entry = uw_drive_list_json(drive);
    enum uw_level level = uw_plan_reach(drive, UW_RULES_LOWEST, uw_method_at, why, sizeof why);
    json_object_set_new(entry, "reach", json_pack("{s:s, s:s}", "level", uw_level_name(level), "why", why));
    if (uw_ata_add_list(entry, drive) && uw_nvme_add_list(entry, drive))
        return entry;
    json_decref(entry);
    return NULL;
}

json_t *uw_list(const struct uw_request *request, struct uw_error *e)
{
    const struct uw_roots roots = {.trace = request != NULL ? request->trace : NULL};
    struct uw_drives drives;
    if (!uw_probe_all(&roots, &drives, e))
        return NULL;
    json_t *list = json_array();
    bool whole = list != NULL;
    for (size_t i = 0; i < drives.count; i++)
        whole = json_array_append_new(list, listed(&drives.items[i])) == 0 && whole;
    json_t *document = json_pack("{s:s, s:o, s:o}", "schema", "urn:unwrite:list:1", "drives", list,
                                 "not_covered", uw_probe_not_covered(NULL));
    uw_drives_clear(&drives);
    if (whole && document != NULL)
        return document;
    json_decref(document);
    uw_fail(e, UW_E_NOMEM, "out of memory");
    return NULL;
}

static json_t *methods_json(void)
{
    json_t *list = json_array();
    const struct uw_method *method;
    for (size_t i = 0; (method = uw_method_at(i)) != NULL; i++)
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:s, s:s, s:o}", "id", method->id, "title", method->title,
                            "technique", uw_technique_name(method->technique), "citation", method->citation,
                            "levels", uw_technique_levels(NULL, method->technique, UW_LEVEL_PURGE)));
    return list;
}

static json_t *standards_json(void)
{
    json_t *list = json_array();
    const struct uw_standard *standard;
    for (size_t i = 0; (standard = uw_standard_at(i)) != NULL; i++) {
        json_t *passes = json_array();
        for (size_t pass = 0; pass < standard->pass_count; pass++)
            json_array_append_new(passes, uw_pass_json(&standard->passes[pass], uw_keystream_cipher()));
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, s:o}", "id", standard->id, "title",
                                              standard->title, "status", standard->status, "source",
                                              standard->source, "passes", passes));
    }
    return list;
}

/* The overwrite that comes after what the drive does by itself. */
static json_t *follow_json(const struct uw_rule *rule)
{
    const struct uw_method *method = uw_method_by_id(rule->method);
    bool follows = method != NULL && method->internal && rule->standard != NULL;
    return follows ? json_string(rule->standard) : json_null();
}

static json_t *rules_json(void)
{
    json_t *list = json_array();
    const struct uw_rule *rule;
    for (size_t i = 0; (rule = uw_rule_at(i)) != NULL; i++)
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:s, s:s, s:o, s:s, s:s}", "id", rule->id, "drive",
                                        rule->drives, "level", uw_level_name(rule->level), "method",
                                        rule->method, "follow", follow_json(rule), "verify",
                                        uw_profile_name(rule->verify), "claim", uw_level_name(rule->level)));
    return list;
}

json_t *uw_methods(struct uw_error *e)
{
    json_t *document = json_pack("{s:s, s:o, s:o, s:o}", "schema", "urn:unwrite:methods:1", "methods",
                                 methods_json(), "standards", standards_json(), "rules", rules_json());
    if (document == NULL)
        uw_fail(e, UW_E_NOMEM, "out of memory");
    return document;
}

bool uw_key_new(const char *path, struct uw_error *e)
{
    return uw_key_create(path, e);
}

json_t *uw_key_show(const char *path, struct uw_error *e)
{
    struct uw_key *key;
    if (!uw_key_load_public(path, &key, e))
        return NULL;
    char *pem = uw_key_public_pem(key);
    json_t *document = json_pack("{s:s, s:o, s:s}", "pem", pem, "jwk", uw_key_public_jwk(key), "thumbprint",
                                 uw_key_thumbprint(key));
    if (document == NULL)
        uw_fail(e, UW_E_NOMEM, "out of memory");
    free(pem);
    uw_key_free(key);
    return document;
}

void uw_station_key_path(const char *state, char *path, size_t path_bytes)
{
    snprintf(path, path_bytes, "%s/station-key.pem", state != NULL ? state : "/var/lib/unwrite");
}

/* Whether the certificate records an erase at the level; what it lacks goes to *e. */
static enum uw_exit judge(const json_t *document, const char *kind, const char *level, struct uw_error *e)
{
    const json_t *body = json_object_get(document, kind);
    const json_t *claim = json_object_get(body, "claim");
    const char *verdict = json_string_value(json_object_get(body, "verdict"));
    const char *reached = json_string_value(json_object_get(claim, "level"));
    const char *asked = level != NULL ? level : json_string_value(json_object_get(claim, "level_requested"));
    enum uw_level reached_level = UW_LEVEL_NONE, asked_level = UW_LEVEL_PURGE;
    if (strcmp(kind, "certificate") != 0)
        uw_fail(e, UW_E_LEVEL, "it is no record of an erase but an %s", kind);
    else if (verdict == NULL || reached == NULL || asked == NULL)
        uw_fail(e, UW_E_LEVEL, "it does not say whether it records an erase, or at which level");
    else if (strcmp(verdict, uw_verdict_name(UW_VERDICT_SANITIZED)) != 0 &&
             strcmp(verdict, uw_verdict_name(UW_VERDICT_SANITIZED_WITH_EXCEPTIONS)) != 0)
        uw_fail(e, UW_E_LEVEL, "it records no erase: the verdict is %s", verdict);
    else if (!uw_level_parse(asked, &asked_level) || !uw_level_parse(reached, &reached_level) ||
             reached_level < asked_level)
        uw_fail(e, UW_E_LEVEL, "it records an erase at level %s, not %s", reached, asked);
    else
        return UW_EXIT_SANITIZED;
    return UW_EXIT_LEVEL;
}

static enum uw_exit exit_of(const struct uw_error *e)
{
    return e->code == UW_E_USAGE ? UW_EXIT_USAGE : UW_EXIT_FAILED;
}

enum uw_exit uw_cert_verify(const struct uw_cert_request *request, json_t **document, struct uw_error *e)
{
    enum uw_level level;
    struct uw_key *key = NULL;
    const char *kind;
    if (document != NULL)
        *document = NULL;
    if (request->level != NULL && !uw_level_parse(request->level, &level)) {
        uw_fail(e, UW_E_USAGE, "--level does not know '%s'", request->level);
        return UW_EXIT_USAGE;
    }
    json_t *read = uw_key_load_public(request->key, &key, e) ? uw_document_load(request->file, e) : NULL;
    bool holds = read != NULL && uw_verify_document(read, key, request->allow_test_key, &kind, e);
    enum uw_exit exit_code = holds ? judge(read, kind, request->level, e) : exit_of(e);
    if (holds && document != NULL)
        *document = json_incref(read);
    json_decref(read);
    uw_key_free(key);
    return exit_code;
}

json_t *uw_cert_signers(const json_t *document)
{
    return uw_document_kids(document);
}

char *uw_cert_show(const char *file, struct uw_error *e)
{
    json_t *document = uw_document_load(file, e);
    if (document == NULL)
        return NULL;
    char *text = uw_show_document(document, e);
    json_decref(document);
    return text;
}
