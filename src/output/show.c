/* SPDX-License-Identifier: Apache-2.0 */
/* One page about a document, in the order in which people ask: what became of it, of what, how, proved by
 * what, when, on whose authority, and what is not claimed. */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/document.h"
#include "output/output.h"
#include "output/show_page.h"
#include "output/show_run.h"
#include "unwrite/unwrite.h"

static const char *const kinds[] = {"certificate", "intent", "addendum", "order"};
static const char *const verdicts[] = {
    "sanitized", "sanitized-with-exceptions", "failed", "stalled", "aborted", "refused"};

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

static bool is_known_verdict(const char *verdict)
{
    for (size_t i = 0; i < sizeof verdicts / sizeof *verdicts; i++)
        if (strcmp(verdict, verdicts[i]) == 0)
            return true;
    return false;
}

static void heading(struct page *page, const char *text)
{
    char line[PAGE_COLUMNS + 1];
    size_t i;
    snprintf(line, sizeof line, "%s", text);
    for (i = 0; line[i] != '\0'; i++)
        line[i] = (char)toupper((unsigned char)line[i]);
    page_raw(page, line);
    memset(line, '=', i);
    page_raw(page, line);
}

static bool is_addendum(const char *kind)
{
    return strcmp(kind, "addendum") == 0;
}

/* "addendum: holds" */
static void addendum_heading(const json_t *body, char *line, size_t line_bytes)
{
    char result[32];
    words(body, "result", result, sizeof result);
    bool known = strcmp(result, "holds") == 0 || strcmp(result, "does-not-hold") == 0;
    if (known)
        snprintf(line, line_bytes, "addendum: %s", strcmp(result, "holds") == 0 ? "holds" : "does not hold");
    else
        snprintf(line, line_bytes, "addendum with an unknown result '%s'", result);
}

static void show_verdict(struct page *page, const json_t *body, const char *kind)
{
    char verdict[32], level[16], asked[16], line[PAGE_COLUMNS + 1];
    words(body, "verdict", verdict, sizeof verdict);
    words(body, "claim.level", level, sizeof level);
    words(body, "claim.level_requested", asked, sizeof asked);
    bool sanitized = strncmp(verdict, "sanitized", strlen("sanitized")) == 0;
    if (strcmp(kind, "intent") == 0)
        snprintf(line, sizeof line, "intent: an erase was about to begin");
    else if (is_addendum(kind))
        addendum_heading(body, line, sizeof line);
    else if (strcmp(kind, "certificate") != 0)
        snprintf(line, sizeof line, "%s", kind);
    else if (!is_known_verdict(verdict))
        snprintf(line, sizeof line, "unknown verdict '%s': not a record of an erase", verdict);
    else if (sanitized)
        snprintf(line, sizeof line, "%s (%s)", verdict, *level != '\0' ? level : "no level");
    else
        snprintf(line, sizeof line, "%s: not sanitized", verdict);
    heading(page, line);
    if (json_is_true(member(body, "simulated")))
        page_entry(page, "SIMULATED", "No real drive was erased.");
    if (sanitized && *asked != '\0' && strcmp(asked, level) != 0)
        page_entry(page, "Asked for", "%s", asked);
}

static void show_statement(struct page *page, const json_t *body)
{
    char text[PAGE_TEXT_BYTES];
    struct words w = {""};
    page_entry(page, "Statement", "%s", words(body, "claim.statement", text, sizeof text));
    words_add_member(&w, ", ", "rule ", body, "claim.rule");
    words_add_member(&w, ", ", "by ", body, "claim.rule_set");
    words_add_member(&w, ", ", "basis ", body, "claim.basis");
    if (json_is_true(member(body, "claim.relies_on_maker")))
        words_add(&w, ", ", "relies on the drive's maker");
    page_entry(page, "Claim", "%s", w.text);
}

/* What a drive that was only looked at was held against. */
static void show_check(struct page *page, const json_t *body)
{
    char text[PAGE_TEXT_BYTES], level[16];
    const json_t *certificate = member(body, "certificate");
    struct words w = {""}, sha256 = {""};
    page_entry(page, "Result", "%s", words(body, "reason", text, sizeof text));
    page_entry(page, NULL, "the drive was read and not changed: this is no record of an erase");
    if (!json_is_object(certificate)) {
        page_entry(page, "Certificate", "none was named: what an erase left there is not known");
        return;
    }
    words_add_member(&w, ", ", "", certificate, "id");
    words_add_member(&w, ", ", "", certificate, "verdict");
    if (*words(certificate, "level", level, sizeof level) != '\0')
        words_add(&w, " ", "(%s)", level);
    words_add_member(&sha256, ", ", "SHA-256 ", certificate, "sha256");
    page_entry(page, "Certificate", "%s", *w.text != '\0' ? w.text : "of no id and verdict");
    page_entry(page, NULL, "%s", sha256.text);
}

static void show_medium(struct page *page, const json_t *body)
{
    char size[32];
    const json_t *medium = member(body, "medium");
    json_int_t bytes = count_at(medium, "capacity.bytes");
    struct words what = {""}, who = {""}, where = {""};
    words_add_member(&what, " ", "", medium, "vendor");
    words_add_member(&what, " ", "", medium, "model");
    if (bytes >= 0) {
        uw_text_bytes((uint64_t)bytes, size, sizeof size);
        words_add(&what, ", ", "%s (%" JSON_INTEGER_FORMAT " bytes)", size, bytes);
    }
    words_add_member(&what, ", sectors of ", "", medium, "capacity.logical_block_bytes");
    words_add_member(&who, ", ", "serial ", medium, "serial");
    words_add_member(&who, ", ", "WWN ", medium, "wwn");
    words_add_member(&who, ", ", "firmware ", medium, "firmware");
    words_add_member(&where, ", ", "", medium, "device");
    words_add_member(&where, ", ", "bus ", medium, "bus");
    words_add_member(&where, ", ", "", medium, "type");
    words_add_member(&where, ", ", "", medium, "scope");
    page_entry(page, "Drive", "%s", what.text);
    page_entry(page, NULL, "%s", *who.text != '\0' || medium == NULL ? who.text : "no serial, no WWN");
    page_entry(page, NULL, "%s", where.text);
}

static const char *same_text(const json_t *check)
{
    const json_t *same = member(check, "same");
    if (json_is_true(member(check, "gone")))
        return "GONE";
    return json_is_true(same) ? "the same" : json_is_false(same) ? "ANOTHER DRIVE" : "not looked at";
}

static void show_identity(struct page *page, const json_t *body)
{
    const json_t *recheck = member(body, "medium.identity_recheck");
    if (json_is_object(recheck))
        page_entry(page, NULL, "looked at again before the first write: %s; after the last read: %s",
                   same_text(member(recheck, "before")), same_text(member(recheck, "after")));
}

/* "2026-11-22 13:16:00 UTC" of an RFC 3339 time; anything else as it is. */
static const char *time_text(const json_t *object, const char *path, char *to, size_t to_bytes)
{
    char raw[64];
    words(object, path, raw, sizeof raw);
    size_t length = strlen(raw);
    if (length >= 20 && raw[10] == 'T' && raw[length - 1] == 'Z')
        snprintf(to, to_bytes, "%.10s %.8s UTC", raw, raw + 11);
    else
        snprintf(to, to_bytes, "%s", *raw != '\0' ? raw : "?");
    return to;
}

static void show_time(struct page *page, const json_t *body, const char *kind)
{
    char start[64], end[64];
    const json_t *times = member(body, "time");
    const json_t *synchronised = member(times, "synchronised");
    if (strcmp(kind, "certificate") == 0 || is_addendum(kind))
        page_entry(page, "When", "%s to %s", time_text(times, "start", start, sizeof start),
                   time_text(times, "end", end, sizeof end));
    else
        page_entry(page, "When", "issued %s", time_text(body, "issued_at", start, sizeof start));
    if (!json_is_object(times))
        return;
    struct words w = {""};
    words_add(&w, "", "%s",
              json_is_true(synchronised)    ? "the host's clock was synchronised"
              : json_is_false(synchronised) ? "the host's clock was NOT synchronised"
                                            : "whether the host's clock was synchronised is not known");
    words_add_member(&w, ", trust: ", "", times, "trust");
    page_entry(page, NULL, "%s", w.text);
}

static void add_approvals(struct words *w, const json_t *list)
{
    size_t i;
    const json_t *person;
    json_array_foreach(list, i, person) {
        if (i == PAGE_LISTED) {
            words_add(w, ", ", "and %zu more", json_array_size(list) - i);
            break;
        }
        words_add_member(w, "; ", "approved by ", person, "name");
        words_add_member(w, ", ", "", person, "role");
    }
}

/* Who erased, or who looked. */
static void show_person(struct page *page, const json_t *body, const char *kind)
{
    const char *role = is_addendum(kind) ? "people.verifier" : "people.operator";
    const json_t *person = member(body, role);
    struct words w = {""};
    words_add_member(&w, ", ", "", person, "name");
    words_add_member(&w, ", ", "", person, "location");
    words_add_member(&w, ", ", "station ", body, "station");
    words_add_member(&w, ", ", "confirmed by ", body, "authority.confirmed_by");
    page_entry(page, is_addendum(kind) ? "Verifier" : "Operator", "%s", w.text);
}

static void show_authority(struct page *page, const json_t *body)
{
    char text[PAGE_TEXT_BYTES / 2];
    const json_t *authority = member(body, "authority");
    struct words order = {""}, approved = {""}, hold = {""};
    words_add_member(&order, ", ", "ticket ", authority, "ticket");
    words_add_member(&order, ", ", "order ", authority, "order.id");
    words_add_member(&order, ", ", "customer ", authority, "owner.customer");
    words_add_member(&order, ", ", "reason: ", authority, "reason");
    page_entry(page, "Authority", "%s",
               *order.text != '\0' ? order.text : "no ticket, order, customer or reason given");
    add_approvals(&approved, member(authority, "approved_by"));
    page_entry(page, NULL, "%s", approved.text);
    words_add_member(&hold, ", ", "duty to preserve: ", authority, "preservation.status");
    words_add_member(&hold, ", ", "notice given: ", authority, "notice.given");
    page_entry(page, NULL, "%s", hold.text);
    page_entry(page, "Refused", "%s", words(authority, "refusal.why", text, sizeof text));
    page_entry(page, "Way out", "%s", words(authority, "refusal.way_out", text, sizeof text));
}

/* The first entries of a list of objects or words, each "A: B". */
static void show_list(struct page *page, const char *label, const json_t *list, const char *first,
                      const char *second)
{
    char a[64], b[PAGE_TEXT_BYTES / 2];
    size_t i;
    const json_t *item;
    json_array_foreach(list, i, item) {
        if (i == PAGE_LISTED) {
            page_entry(page, NULL, "and %zu more", json_array_size(list) - i);
            break;
        }
        page_item(page, i == 0 ? label : NULL, "%s: %s", words(item, first, a, sizeof a),
                  words(item, second, b, sizeof b));
    }
}

static void show_codes(struct page *page, const char *label, const json_t *list)
{
    char text[64];
    struct words w = {""};
    size_t i;
    const json_t *code;
    json_array_foreach(list, i, code) {
        if (i == 3 * PAGE_LISTED) {
            words_add(&w, ", ", "and %zu more", json_array_size(list) - i);
            break;
        }
        uw_text_printable(json_is_string(code) ? json_string_value(code) : "?", text, sizeof text);
        words_add(&w, ", ", "%s", text);
    }
    page_entry(page, label, "%s", w.text);
}

static void show_host(struct page *page, const json_t *body)
{
    struct words host = {""}, tool = {""};
    words_add_member(&host, " ", "", body, "host.dmi.vendor");
    words_add_member(&host, " ", "", body, "host.dmi.product");
    words_add_member(&host, ", ", "serial ", body, "host.dmi.serial");
    words_add_member(&host, ", ", "asset ", body, "host.dmi.asset_tag");
    words_add_member(&host, ", ", "kernel ", body, "host.kernel");
    page_entry(page, "Host", "%s", host.text);
    words_add_member(&tool, " ", "", body, "tool.name");
    words_add_member(&tool, " ", "", body, "tool.version");
    words_add_member(&tool, ", ", "commit ", body, "tool.commit");
    page_entry(page, "Tool", "%s", tool.text);
}

/* The kid of a protected header; empty where it cannot be read. */
static void read_kid(const json_t *signature, char *kid, size_t kid_bytes)
{
    uint8_t header[1024];
    const char *text = json_string_value(json_object_get(signature, "protected"));
    long bytes = text != NULL ? uw_base64url_decode(text, header, sizeof header) : -1;
    json_t *decoded =
        bytes > 0 ? json_loadb((const char *)header, (size_t)bytes, JSON_REJECT_DUPLICATES, NULL) : NULL;
    words(decoded, "kid", kid, kid_bytes);
    json_decref(decoded);
}

/* The end of the page, whatever else found no room. */
static void show_signatures(struct page *page, const json_t *document)
{
    page->rows_end = PAGE_ROWS;
    if (page->full)
        page_item(page, "...", "the rest does not fit onto this page: read the document itself");
    char kid[64];
    const json_t *signatures = json_object_get(document, "signatures"), *signature;
    size_t i;
    json_array_foreach(signatures, i, signature) {
        if (i == PAGE_LISTED) {
            page_entry(page, NULL, "and %zu more", json_array_size(signatures) - i);
            break;
        }
        read_kid(signature, kid, sizeof kid);
        page_entry(page, i == 0 ? "Signed by" : NULL, "%s", *kid != '\0' ? kid : "a key that is not named");
    }
    page_entry(page, i == 0 ? "Signed by" : NULL, "%s",
               i == 0 ? "NOBODY" : "not checked here; use unwrite cert verify");
}

static void show_document(struct page *page, const json_t *body, const char *kind)
{
    char issued[64];
    struct words w = {""};
    words_add_member(&w, " ", "", body, "id");
    words_add(&w, ", ", "issued %s", time_text(body, "issued_at", issued, sizeof issued));
    page_entry(page, "Document", "%s %s", kind, w.text);
    w.text[0] = '\0';
    words_add_member(&w, ", ", "run ", body, "run");
    page_entry(page, NULL, "%s", w.text);
    w.text[0] = '\0';
    words_add_member(&w, ", ", "intent ", body, "intent_sha256");
    page_entry(page, NULL, "%s", w.text);
}

char *uw_show_document(const json_t *document, struct uw_error *e)
{
    struct page page = {.rows_end = PAGE_ROWS - PAGE_SIGNATURE_ROWS};
    const char *kind;
    const json_t *body = body_of(document, &kind);
    if (body == NULL) {
        uw_fail(e, UW_E_INVALID, "neither a certificate nor an intent, addendum or order");
        return NULL;
    }
    bool certificate = strcmp(kind, "certificate") == 0;
    show_verdict(&page, body, kind);
    if (certificate)
        show_statement(&page, body);
    if (is_addendum(kind))
        show_check(&page, body);
    show_list(&page, "Exceptions", member(body, "exceptions"), "code", "text");
    show_medium(&page, body);
    show_identity(&page, body);
    show_codes(&page, "Held before", member(body, "before.types"));
    show_steps(&page, body, kind);
    if (certificate || is_addendum(kind))
        show_verification(&page, body);
    show_codes(&page, "Limitations", member(body, "claim.limitations"));
    show_list(&page, "Not covered", member(body, "not_covered"), "controller", "why");
    show_time(&page, body, kind);
    show_person(&page, body, kind);
    show_authority(&page, body);
    show_host(&page, body);
    show_document(&page, body, kind);
    show_signatures(&page, document);
    if (page.text == NULL)
        uw_fail(e, UW_E_NOMEM, "out of memory");
    return page.text;
}
