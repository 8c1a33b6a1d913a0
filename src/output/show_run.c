/* SPDX-License-Identifier: Apache-2.0 */
#include "output/show_run.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { PASSES_LISTED = 7 }; /* groups of equal ones; of a step with more, their number is told */

static const char *pattern_of(const json_t *pass, char *to, size_t to_bytes)
{
    return words(pass, json_is_string(member(pass, "pattern")) ? "pattern" : "cipher", to, to_bytes);
}

static bool is_incomplete(const json_t *pass)
{
    return json_is_false(member(pass, "complete"));
}

/* How many passes from `at` on read the same. */
static size_t same_passes(const json_t *passes, size_t at)
{
    char first[32], next[32];
    const json_t *pass = json_array_get(passes, at);
    size_t same = 1;
    pattern_of(pass, first, sizeof first);
    while (at + same < json_array_size(passes)) {
        const json_t *other = json_array_get(passes, at + same);
        if (strcmp(pattern_of(other, next, sizeof next), first) != 0 ||
            is_incomplete(other) != is_incomplete(pass))
            break;
        same++;
    }
    return same;
}

/* "00, ff, aes-256-ctr (2 times), aes-256-ctr (incomplete)"; false where there are too many to list. */
static bool list_patterns(struct words *patterns, const json_t *passes)
{
    char text[32];
    size_t groups = 0, same;
    for (size_t i = 0; i < json_array_size(passes); i += same) {
        const json_t *pass = json_array_get(passes, i);
        same = same_passes(passes, i);
        if (++groups > PASSES_LISTED)
            return false;
        words_add(patterns, ", ", "%s", pattern_of(pass, text, sizeof text));
        if (same > 1)
            words_add(patterns, " ", "(%zu times%s)", same, is_incomplete(pass) ? ", incomplete" : "");
        else if (is_incomplete(pass))
            words_add(patterns, " ", "(incomplete)");
    }
    return true;
}

/* "3 of 35 passes: 00, ff, aes-256-ctr": of those that were meant, where they were more. */
static void add_passes(struct words *w, const json_t *step)
{
    const json_t *passes = member(step, "passes"), *pass;
    json_int_t meant = count_at(step, "parameters.passes");
    struct words patterns = {""};
    char of[32] = "";
    size_t i, incomplete = 0, total = json_array_size(passes);
    if (meant > (json_int_t)total)
        snprintf(of, sizeof of, " of %" JSON_INTEGER_FORMAT, meant);
    else if (total == 0)
        return;
    json_array_foreach(passes, i, pass) {
        incomplete += is_incomplete(pass);
    }
    words_add(w, ", ", "%zu%s pass%s", total, of, total == 1 && *of == '\0' ? "" : "es");
    if (list_patterns(&patterns, passes))
        words_add(w, ": ", "%s", patterns.text);
    else if (incomplete > 0)
        words_add(w, " ", "(%zu incomplete)", incomplete);
}

/* How it ended and how far it came stand first: a long row is cut at its end. */
static void show_step(struct page *page, const json_t *step, bool ran)
{
    char label[32], text[PAGE_TEXT_BYTES / 2];
    struct words w = {""};
    snprintf(label, sizeof label, "Step %s", words(step, "sequence", text, 8));
    if (ran)
        words_add(&w, ", ", "%s",
                  json_is_true(member(step, "completion.complete")) ? "complete" : "NOT COMPLETE");
    words_add_member(&w, ", bytes written: ", "", step, "bytes_written");
    words_add_member(&w, ", bytes written: ", "at least ", step, "bytes_written_at_least");
    words_add_member(&w, "; ", "", step, "method");
    words_add_member(&w, ", ", "", step, "technique");
    words_add_member(&w, ", ", "standard ", step, "parameters.standard");
    add_passes(&w, step);
    page_entry(page, label, "%s", w.text);
    page_item(page, NULL, "%s", words(step, "completion.error", text, sizeof text));
}

/* "lba 8192 (24 blocks)" of the first ranges; how many more there are. */
static void add_ranges(struct words *w, const json_t *ranges)
{
    char lba[24], count[24];
    size_t i, total = json_array_size(ranges);
    const json_t *range;
    json_array_foreach(ranges, i, range) {
        if (i == PAGE_LISTED)
            break;
        words_add(w, ", ", "%s (%s)", words(range, "lba", lba, sizeof lba),
                  words(range, "count", count, sizeof count));
    }
    if (total > PAGE_LISTED)
        words_add(w, ", ", "and %zu more", total - PAGE_LISTED);
}

/* The most of any pass. */
static json_int_t not_narrowed(const json_t *step)
{
    const json_t *passes = member(step, "passes"), *pass;
    json_int_t most = 0;
    size_t i;
    json_array_foreach(passes, i, pass) {
        json_int_t bytes = json_integer_value(json_object_get(pass, "not_narrowed_bytes"));
        most = bytes > most ? bytes : most;
    }
    return most;
}

static void show_unwritten(struct page *page, const json_t *step)
{
    struct words ranges = {""};
    char how_many[32];
    if (*words(step, "unwritten_bytes", how_many, sizeof how_many) == '\0')
        snprintf(how_many, sizeof how_many, "unknown how many");
    add_ranges(&ranges, member(step, "unwritten"));
    if (*ranges.text != '\0')
        page_item(page, "NOT WRITTEN", "%s bytes; first block (blocks): %s", how_many, ranges.text);
    if (not_narrowed(step) > 0)
        page_item(page, NULL, "%lld bytes of them were not tried block by block",
                  (long long)not_narrowed(step));
}

void show_steps(struct page *page, const json_t *body, const char *kind)
{
    bool ran = strcmp(kind, "certificate") == 0;
    const json_t *steps = member(body, ran ? "steps" : "plan.steps"), *step;
    size_t i;
    json_array_foreach(steps, i, step) {
        if (i == PAGE_LISTED) {
            page_entry(page, NULL, "and %zu more steps", json_array_size(steps) - i);
            break;
        }
        show_step(page, step, ran);
        show_unwritten(page, step);
    }
    if (ran && i == 0)
        page_entry(page, "Steps", "none: nothing was sent to the drive");
}

/* "BEFORE 99.9 AFTER": parts per million as percent, left out where there are none. */
static void add_ppm(struct words *w, const char *separator, const char *before, json_int_t ppm,
                    const char *after)
{
    char percent[48];
    if (ppm < 0)
        return;
    snprintf(percent, sizeof percent, "%" JSON_INTEGER_FORMAT ".%04" JSON_INTEGER_FORMAT, ppm / 10000,
             ppm % 10000);
    size_t end = strlen(percent);
    while (percent[end - 1] == '0')
        percent[--end] = '\0';
    if (percent[end - 1] == '.')
        percent[end - 1] = '\0';
    words_add(w, separator, "%s%s %%%s", before, percent, after);
}

static void show_canaries(struct page *page, const json_t *verification)
{
    struct words w = {""}, witness = {""}, detection = {""};
    words_add_member(&w, ", ", "markers written before: ", verification, "canary.written");
    words_add_member(&w, ", ", "readable then: ", verification, "canary.readable_before");
    words_add_member(&w, ", ", "found after: ", verification, "canary.found_after");
    page_entry(page, NULL, "%s", w.text);
    words_add_member(&witness, ", ", "places looked at before: ", verification, "witness.taken");
    words_add_member(&witness, ", ", "uniform then: ", verification, "witness.constant");
    words_add_member(&witness, ", ", "others unchanged after: ", verification, "witness.unchanged");
    page_entry(page, NULL, "%s", witness.text);
    if (count_at(verification, "detection.residue_ppm") < 0)
        return;
    add_ppm(&detection, "", "a residue of ", count_at(verification, "detection.residue_ppm"),
            " of the blocks");
    add_ppm(&detection, " ", "would have shown with a probability of ",
            count_at(verification, "detection.probability_ppm"), "");
    page_entry(page, NULL, "%s", detection.text);
}

/* "(at block 4242, 4243, 9000 and others)": the first ones of those that differ. */
static void add_places(struct words *w, const json_t *verification)
{
    const json_t *list = member(verification, "mismatching_lba"), *lba;
    struct words places = {""};
    json_int_t listed = 0;
    size_t i;
    json_array_foreach(list, i, lba) {
        if (listed == PAGE_LISTED)
            break;
        if (!json_is_integer(lba))
            continue;
        words_add(&places, ", ", "%" JSON_INTEGER_FORMAT, json_integer_value(lba));
        listed++;
    }
    if (listed > 0)
        words_add(w, " ", "(at block %s%s)", places.text,
                  count_at(verification, "mismatches") > listed ? " and others" : "");
}

void show_verification(struct page *page, const json_t *body)
{
    const json_t *verification = member(body, "verification");
    struct words w = {""}, found = {""}, unread = {""};
    if (!json_is_object(verification)) {
        page_entry(page, "Verified", "no: nothing was read back");
        return;
    }
    words_add_member(&w, ", ", "", verification, "result");
    words_add_member(&w, ", ", "profile ", verification, "profile");
    add_ppm(&w, ", ", "", count_at(verification, "coverage_ppm"), " of the blocks read back");
    words_add(&w, ", ", "first block: %s", json_is_true(member(verification, "first")) ? "yes" : "NO");
    words_add(&w, ", ", "last block: %s", json_is_true(member(verification, "last")) ? "yes" : "NO");
    if (!json_is_true(member(verification, "direct_io")))
        words_add(&w, ", ", "THROUGH THE PAGE CACHE");
    else if (count_at(verification, "buffered_bytes") > 0)
        words_add(&w, ", ", "%" JSON_INTEGER_FORMAT " bytes at the end not by direct I/O",
                  count_at(verification, "buffered_bytes"));
    page_entry(page, "Verified", "%s", w.text);
    words_add_member(&found, ", ", "expected: ", verification, "expected");
    words_add_member(&found, ", ", "blocks that differ: ", verification, "mismatches");
    add_places(&found, verification);
    add_ranges(&unread, member(verification, "read_errors"));
    if (*unread.text != '\0')
        words_add(&found, ", ", "unreadable from: %s", unread.text);
    page_entry(page, NULL, "%s", found.text);
    show_canaries(page, verification);
}
