/* SPDX-License-Identifier: Apache-2.0 */
#include "core/document.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/sha.h>

/* Integers that every reader holds exactly (RFC 8785, appendix D); nesting and containers that a document of
 * ours stays far below, so that a small hostile file cannot cost much stack or memory. */
enum { DEPTH = 64, CONTAINERS = 1 << 18 };
static const json_int_t largest_integer = 9007199254740991;

/* What the parser would lose or pay for: "-0" becomes 0, nesting costs stack, an empty object some 300 bytes.
 * Sound for text that the parser takes; for other text nothing depends on it. */
static bool scan(const char *text, size_t bytes, struct uw_error *e)
{
    bool in_string = false;
    size_t depth = 0, containers = 0;
    if (bytes == 0)
        return uw_fail(e, UW_E_INVALID, "empty");
    if (bytes > UW_DOCUMENT_BYTES)
        return uw_fail(e, UW_E_INVALID, "larger than %d bytes", UW_DOCUMENT_BYTES);
    for (size_t i = 0; i < bytes; i++) {
        char c = text[i];
        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            containers++;
            if (++depth > DEPTH)
                return uw_fail(e, UW_E_INVALID, "nested deeper than %d levels at byte %zu", DEPTH, i);
            if (containers > CONTAINERS)
                return uw_fail(e, UW_E_INVALID, "more than %d objects and lists", CONTAINERS);
        } else if ((c == '}' || c == ']') && depth > 0) {
            depth--;
        } else if (c == '-' && i + 1 < bytes && text[i + 1] == '0') {
            return uw_fail(e, UW_E_INVALID, "negative zero at byte %zu", i);
        }
    }
    return true;
}

/* Own words: jansson's quote the text, which may hold anything. */
static const char *parser_reason(const json_error_t *error)
{
    switch (json_error_code(error)) {
    case json_error_duplicate_key:
        return "a name stands twice in one object";
    case json_error_end_of_input_expected:
        return "something follows the object";
    case json_error_premature_end_of_input:
        return "the text ends too early";
    case json_error_invalid_utf8:
        return "not valid UTF-8";
    case json_error_null_character:
    case json_error_null_byte_in_key:
        return "a NUL in a string";
    case json_error_numeric_overflow:
        return "a number out of range";
    case json_error_out_of_memory:
        return "memory ran out";
    default:
        return "not JSON";
    }
}

static void explain(const json_error_t *error, struct uw_error *e)
{
    uw_fail(e, UW_E_INVALID, "%s (line %d, column %d)", parser_reason(error), error->line, error->column);
    if (json_error_code(error) == json_error_end_of_input_expected)
        uw_way_out(e, "a file holds one document: split --lines=1 makes a file of each line");
}

/* Where the walk is, as "certificate.steps.0.method". */
struct place {
    char path[200];
    size_t used;
    unsigned depth;
    struct uw_error *e;
};

static bool refuse(const struct place *place, const char *why)
{
    return uw_fail(place->e, UW_E_INVALID, "%s%s%s", place->path, place->used > 0 ? ": " : "", why);
}

/* Cuts what does not fit: the path is for people. */
static void enter(struct place *place, const char *name)
{
    char *to = place->path + place->used, *last = place->path + sizeof place->path - 1;
    if (place->used > 0 && to < last)
        *to++ = '.';
    while (*name != '\0' && to < last)
        *to++ = *name++;
    *to = '\0';
    place->used = (size_t)(to - place->path);
}

static void leave(struct place *place, size_t used)
{
    place->used = used;
    place->path[used] = '\0';
}

static bool check_value(const json_t *value, struct place *place);

/* U+0000 to U+001F are where writers of JSON differ in their escapes; U+007F has no business in a fact. */
static bool check_string(const json_t *value, const struct place *place)
{
    const char *text = json_string_value(value);
    for (size_t i = 0; i < json_string_length(value); i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return refuse(place, "a control character in a string");
    return true;
}

/* Sorting by bytes equals sorting by UTF-16 units (RFC 8785, section 3.2.3) for these names. */
static bool check_name(const char *name, size_t bytes, const struct place *place)
{
    for (size_t i = 0; i < bytes; i++)
        if (name[i] < 0x20 || name[i] > 0x7e)
            return refuse(place, "a name that is not printable ASCII");
    return true;
}

static bool check_object(const json_t *object, struct place *place)
{
    json_t *walked = (json_t *)object; /* iterators want it, the walk changes nothing */
    size_t used = place->used;
    for (void *i = json_object_iter(walked); i != NULL; i = json_object_iter_next(walked, i)) {
        const char *name = json_object_iter_key(i);
        if (!check_name(name, json_object_iter_key_len(i), place))
            return false;
        enter(place, name);
        if (!check_value(json_object_iter_value(i), place))
            return false;
        leave(place, used);
    }
    return true;
}

static bool check_array(const json_t *array, struct place *place)
{
    size_t used = place->used, i;
    json_t *item;
    json_array_foreach(array, i, item) {
        char number[24];
        snprintf(number, sizeof number, "%zu", i);
        enter(place, number);
        if (!check_value(item, place))
            return false;
        leave(place, used);
    }
    return true;
}

static bool check_container(const json_t *value, struct place *place)
{
    if (place->depth >= DEPTH)
        return refuse(place, "nested too deep");
    place->depth++;
    bool ok = json_is_object(value) ? check_object(value, place) : check_array(value, place);
    place->depth--;
    return ok;
}

static bool check_value(const json_t *value, struct place *place)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
    case JSON_ARRAY:
        return check_container(value, place);
    case JSON_STRING:
        return check_string(value, place);
    case JSON_INTEGER:
        if (json_integer_value(value) > largest_integer || json_integer_value(value) < -largest_integer)
            return refuse(place, "an integer of 2^53 or more");
        return true;
    case JSON_REAL:
        return refuse(place, "a number with a fraction or an exponent");
    default:
        return true;
    }
}

static bool check(const json_t *value, struct uw_error *e)
{
    struct place place = {.e = e};
    if (value == NULL)
        return uw_fail(e, UW_E_INVALID, "no value");
    return check_value(value, &place);
}

json_t *uw_document_parse(const char *text, size_t bytes, struct uw_error *e)
{
    if (!scan(text, bytes, e))
        return NULL;
    json_error_t error;
    json_t *document = json_loadb(text, bytes, JSON_REJECT_DUPLICATES, &error);
    if (document == NULL)
        explain(&error, e);
    else if (!json_is_object(document))
        uw_fail(e, UW_E_INVALID, "not an object");
    else if (check(document, e))
        return document;
    json_decref(document);
    return NULL;
}

char *uw_document_canonical(const json_t *body, size_t *bytes, struct uw_error *e)
{
    if (!check(body, e))
        return NULL;
    char *text = json_dumps(body, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
    if (text == NULL)
        uw_fail(e, UW_E_INVALID, "a string is not valid UTF-8, or memory ran out");
    else
        *bytes = strlen(text);
    return text;
}

bool uw_document_sha256(const json_t *body, char hex[UW_SHA256_HEX], struct uw_error *e)
{
    size_t bytes;
    char *text = uw_document_canonical(body, &bytes, e);
    if (text == NULL)
        return false;
    uw_sha256_hex(text, bytes, hex);
    free(text);
    return true;
}

void uw_hex(const uint8_t *data, size_t bytes, char *hex)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < bytes; i++) {
        hex[2 * i] = digits[data[i] >> 4];
        hex[2 * i + 1] = digits[data[i] & 15];
    }
    hex[2 * bytes] = '\0';
}

void uw_sha256_hex(const void *data, size_t bytes, char hex[UW_SHA256_HEX])
{
    uint8_t digest[SHA256_DIGEST_LENGTH];
    SHA256(data, bytes, digest);
    uw_hex(digest, sizeof digest, hex);
}

static const char base64url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

char *uw_base64url_encode(const uint8_t *data, size_t bytes)
{
    if (bytes > SIZE_MAX / 2)
        return NULL;
    char *text = malloc(bytes / 3 * 4 + 5);
    char *to = text;
    uint32_t held = 0;
    unsigned bits = 0;
    if (text == NULL)
        return NULL;
    for (size_t i = 0; i < bytes; i++) {
        held = held << 8 | data[i];
        for (bits += 8; bits >= 6; bits -= 6)
            *to++ = base64url[held >> (bits - 6) & 63];
    }
    if (bits > 0)
        *to++ = base64url[held << (6 - bits) & 63];
    *to = '\0';
    return text;
}

long uw_base64url_decode(const char *text, uint8_t *data, size_t data_bytes)
{
    size_t written = 0;
    uint32_t held = 0;
    unsigned bits = 0;
    for (; *text != '\0'; text++) {
        const char *digit = strchr(base64url, *text);
        if (digit == NULL)
            return -1;
        held = (held << 6 | (uint32_t)(digit - base64url)) & 0xfff;
        bits += 6;
        if (bits < 8)
            continue;
        bits -= 8;
        if (written == data_bytes)
            return -1;
        data[written++] = (uint8_t)(held >> bits);
    }
    /* Six bits left: a lone character. Others must be zero, or two texts would mean the same bytes. */
    if (bits == 6 || (held & ((1U << bits) - 1)) != 0)
        return -1;
    return (long)written;
}
