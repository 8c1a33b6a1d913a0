/* SPDX-License-Identifier: Apache-2.0 */
#include "facts.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void say(char *text, size_t text_bytes, const char *separator, const char *more)
{
    size_t used = strlen(text);
    if (used + 1 < text_bytes)
        snprintf(text + used, text_bytes - used, "%s%s", used > 0 ? separator : "", more);
}

static bool could_not_tell(const json_t *drive, const char *path)
{
    const char *reason = text_of(json_object_get(drive, "unknown"), path);
    return reason != NULL && strcmp(reason, "not_supported") != 0 && strcmp(reason, "not_applicable") != 0;
}

void facts_security(const json_t *drive, char *text, size_t text_bytes)
{
    static const struct {
        const char *member, *word;
    } states[] = {
        {"locked", "locked"}, {"enabled", "password"}, {"frozen", "frozen"}, {"expired", "expired"}};
    const json_t *security = json_object_get(json_object_get(drive, "capabilities"), "security");
    text[0] = '\0';
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        if (truth_of(security, states[i].member))
            say(text, text_bytes, " ", states[i].word);
    if (text[0] == '\0')
        say(text, text_bytes, "",
            truth_of(security, "supported")                  ? "open"
            : could_not_tell(drive, "capabilities.security") ? "?"
                                                             : "-");
}

static void add_areas(const json_t *drive, char *text, size_t text_bytes, bool *known, bool *unknown)
{
    static const char *const areas[] = {"hpa", "dco", "amax"};
    const json_t *hidden = json_object_get(drive, "hidden");
    for (size_t i = 0; i < sizeof areas / sizeof *areas; i++) {
        char path[32];
        const char *state = text_of(hidden, areas[i]);
        snprintf(path, sizeof path, "hidden.%s", areas[i]);
        *known = *known || state != NULL;
        *unknown = *unknown || (state == NULL && could_not_tell(drive, path));
        if (state != NULL && strcmp(state, "present") == 0)
            say(text, text_bytes, " ", areas[i]);
    }
}

static void add_namespaces(const json_t *drive, char *text, size_t text_bytes, bool *known, bool *unknown)
{
    const json_t *hidden = json_object_get(drive, "hidden");
    const char *free_bytes = text_of(hidden, "unallocated_bytes");
    uint64_t count = number_of(hidden, "unattached_namespaces");
    uint64_t bytes = free_bytes != NULL ? strtoull(free_bytes, NULL, 10) : 0;
    char words[48], size[32];
    *known =
        *known || free_bytes != NULL || json_is_integer(json_object_get(hidden, "unattached_namespaces"));
    *unknown = *unknown || could_not_tell(drive, "hidden.unattached_namespaces");
    snprintf(words, sizeof words, "%" PRIu64 " namespace%s", count, count == 1 ? "" : "s");
    if (count > 0)
        say(text, text_bytes, " ", words);
    uw_text_bytes(bytes, size, sizeof size);
    snprintf(words, sizeof words, "%s free", size);
    if (bytes > 0)
        say(text, text_bytes, " ", words);
}

void facts_hidden(const json_t *drive, char *text, size_t text_bytes)
{
    bool known = false, unknown = false;
    text[0] = '\0';
    add_areas(drive, text, text_bytes, &known, &unknown);
    add_namespaces(drive, text, text_bytes, &known, &unknown);
    if (unknown)
        say(text, text_bytes, " ", "?");
    else if (text[0] == '\0')
        say(text, text_bytes, "", known ? "none" : "-");
}

void facts_health(const json_t *drive, char *text, size_t text_bytes)
{
    static const char *const warnings[] = {"bad-sector", "bad-attribute-in-the-past"};
    const json_t *health = json_object_get(drive, "health");
    const char *status = text_of(health, "status"), *word = "bad";
    if (status == NULL)
        word = json_is_integer(json_object_get(health, "critical_warning"))
                   ? (number_of(health, "critical_warning") == 0 ? "good" : "warning")
               : could_not_tell(drive, "health") || could_not_tell(drive, "health.status") ? "?"
                                                                                           : "-";
    else if (strcmp(status, "good") == 0)
        word = "good";
    else if (strcmp(status, warnings[0]) == 0 || strcmp(status, warnings[1]) == 0)
        word = "warning";
    snprintf(text, text_bytes, "%s", word);
}

void facts_health_numbers(const json_t *drive, char *text, size_t text_bytes)
{
    static const struct {
        const char *member, *unit;
        bool zero; /* worth saying when it is 0 */
    } numbers[] = {{"reallocated_sectors", "reallocated", false},
                   {"pending_sectors", "pending", false},
                   {"critical_warning", "critical warning", false},
                   {"media_errors", "media errors", false},
                   {"percentage_used", "% used", true},
                   {"power_on_hours", "h", true}};
    const json_t *health = json_object_get(drive, "health");
    const char *status = text_of(health, "status");
    char words[64];
    text[0] = '\0';
    if (status != NULL)
        say(text, text_bytes, ", ", status);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        uint64_t value = number_of(health, numbers[i].member);
        if (!json_is_integer(json_object_get(health, numbers[i].member)) || (value == 0 && !numbers[i].zero))
            continue;
        snprintf(words, sizeof words, "%" PRIu64 " %s", value, numbers[i].unit);
        say(text, text_bytes, ", ", words);
    }
    if (number_of(health, "temperature_k") > 0) {
        snprintf(words, sizeof words, "%d C", (int)number_of(health, "temperature_k") - 273);
        say(text, text_bytes, ", ", words);
    }
}
