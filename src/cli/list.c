/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libsmartcols.h>

#include "cli.h"
#include "facts.h"
#include "table.h"

/* What is left out first matters least for who wants to erase: who uses a drive, its name and its ID stay. */
static const struct table_column columns[] = {
    {"DEVICE", 0, TABLE_WHOLE, 0},
    {"BUS", 0, TABLE_WHOLE, 10},
    {"MEDIA", 0, TABLE_WHOLE, 9},
    {"SIZE", SCOLS_FL_RIGHT, TABLE_WHOLE, 12},
    {"SECTOR", SCOLS_FL_RIGHT, TABLE_WHOLE, 5},
    {"MODEL", 0, TABLE_CUT, 8},
    {"ID", 0, TABLE_WHOLE, 0},
    {"CONTENT", 0, TABLE_WHOLE, 7},
    {"REACH", 0, TABLE_WHOLE, 11},
    {"SECURITY", 0, TABLE_WHOLE, 3},
    {"HIDDEN", 0, TABLE_WHOLE, 4},
    {"HEALTH", 0, TABLE_WHOLE, 6},
    {"SERIAL", 0, TABLE_WHOLE, 2},
    {"WWN", 0, TABLE_WHOLE, 1},
    {"IN USE", 0, TABLE_CUT, 0},
};

enum { SECURITY_COLUMN = 9, HIDDEN_COLUMN, HEALTH_COLUMN, SERIAL_COLUMN, WWN_COLUMN };
enum { COLUMN_COUNT = sizeof columns / sizeof *columns, CELL_BYTES = 320, USE_BYTES = 4096 };

/* "-" where the drive has no such thing, "?" where nobody could tell. */
static const char *absent(const json_t *drive, const char *field)
{
    const char *reason = text_of(json_object_get(drive, "unknown"), field);
    bool none =
        reason == NULL || strcmp(reason, "not_supported") == 0 || strcmp(reason, "not_applicable") == 0;
    return none ? "-" : "?";
}

static const char *text_cell(const json_t *drive, const char *field)
{
    const char *text = text_of(drive, field);
    return text != NULL && *text != '\0' ? text : absent(drive, field);
}

static void size_cell(const json_t *drive, char *cell, size_t cell_bytes)
{
    if (json_is_integer(json_object_get(drive, "bytes")))
        uw_text_bytes(number_of(drive, "bytes"), cell, cell_bytes);
    else
        snprintf(cell, cell_bytes, "%s", absent(drive, "bytes"));
}

/* "512e": addresses in 512 bytes, larger ones inside. */
static void sector_cell(const json_t *drive, char *cell, size_t cell_bytes)
{
    uint64_t logical = number_of(drive, "logical_block_bytes");
    uint64_t physical = number_of(drive, "physical_block_bytes");
    if (logical == 0)
        snprintf(cell, cell_bytes, "%s", absent(drive, "logical_block_bytes"));
    else
        snprintf(cell, cell_bytes, "%" PRIu64 "%s", logical, physical > logical ? "e" : "");
}

/* "gpt (3)": a table with three partitions. */
static void content_cell(const json_t *drive, char *cell, size_t cell_bytes)
{
    uint64_t partitions = number_of(drive, "partitions");
    if (partitions == 0)
        snprintf(cell, cell_bytes, "%s", text_cell(drive, "content"));
    else
        snprintf(cell, cell_bytes, "%s (%" PRIu64 ")", text_cell(drive, "content"), partitions);
}

static void use_cell(const json_t *drive, char *cell, size_t cell_bytes)
{
    size_t used = 0, i;
    const json_t *use;
    cell[0] = '\0';
    if (truth_of(drive, "boot_medium"))
        used += (size_t)snprintf(cell, cell_bytes, "boot medium");
    json_array_foreach(json_object_get(drive, "in_use"), i, use) {
        if (used >= cell_bytes)
            break;
        int n = snprintf(cell + used, cell_bytes - used, "%s%s %s", used > 0 ? ", " : "",
                         text_or(use, "kind", "?"), text_or(use, "by", "?"));
        used += n > 0 ? (size_t)n : 0;
    }
    if (used == 0)
        snprintf(cell, cell_bytes, "%s", absent(drive, "in_use"));
}

/* Where the ID is another one. */
static void serial_cell(const json_t *drive, char *cell, size_t cell_bytes)
{
    const char *serial = text_cell(drive, "serial");
    snprintf(cell, cell_bytes, "%s", strcmp(serial, text_or(drive, "id", "")) == 0 ? "-" : serial);
}

static void wwn_cell(const json_t *drive, char *cell, size_t cell_bytes)
{
    snprintf(cell, cell_bytes, "%s", text_cell(drive, "wwn"));
}

typedef void fact(const json_t *drive, char *text, size_t text_bytes);

/* A column in which no drive says anything is left out. */
static void drop_silent(struct libscols_table *table, const json_t *drives, int column, fact *say)
{
    size_t i;
    const json_t *drive;
    char text[CELL_BYTES];
    bool says = false;
    json_array_foreach(drives, i, drive) {
        say(drive, text, sizeof text);
        says = says || (strcmp(text, "-") != 0 && strcmp(text, "?") != 0);
    }
    if (!says)
        scols_column_set_flags(scols_table_get_column(table, (size_t)column), SCOLS_FL_HIDDEN);
}

static bool add_drive(struct libscols_table *table, const json_t *drive)
{
    char size[32], sector[48], content[CELL_BYTES], *use = malloc(USE_BYTES);
    char security[CELL_BYTES], hidden[CELL_BYTES], health[CELL_BYTES], serial[CELL_BYTES], wwn[CELL_BYTES];
    if (use == NULL)
        return false;
    size_cell(drive, size, sizeof size);
    sector_cell(drive, sector, sizeof sector);
    content_cell(drive, content, sizeof content);
    use_cell(drive, use, USE_BYTES);
    facts_security(drive, security, sizeof security);
    facts_hidden(drive, hidden, sizeof hidden);
    facts_health(drive, health, sizeof health);
    serial_cell(drive, serial, sizeof serial);
    wwn_cell(drive, wwn, sizeof wwn);
    const char *cells[COLUMN_COUNT] = {
        text_cell(drive, "device"),
        text_cell(drive, "bus"),
        text_cell(drive, "media"),
        size,
        sector,
        text_cell(drive, "model"),
        text_cell(drive, "id"),
        content,
        text_or(json_object_get(drive, "reach"), "level", "?"),
        security,
        hidden,
        health,
        serial,
        wwn,
        use,
    };
    bool ok = table_add(table, cells, COLUMN_COUNT);
    free(use);
    return ok;
}

static bool print_drives(const json_t *drives)
{
    struct libscols_table *table = table_new(columns, COLUMN_COUNT);
    size_t i;
    const json_t *drive;
    bool ok = table != NULL;
    if (ok) {
        drop_silent(table, drives, SECURITY_COLUMN, facts_security);
        drop_silent(table, drives, HIDDEN_COLUMN, facts_hidden);
        drop_silent(table, drives, HEALTH_COLUMN, facts_health);
        drop_silent(table, drives, SERIAL_COLUMN, serial_cell);
        drop_silent(table, drives, WWN_COLUMN, wwn_cell);
    }
    json_array_foreach(drives, i, drive) {
        ok = ok && add_drive(table, drive);
    }
    return table_print(table, columns, COLUMN_COUNT) && ok;
}

static void print_not_covered(const json_t *list)
{
    size_t i;
    const json_t *item;
    json_array_foreach(list, i, item) {
        print_line(stdout, "not covered: %s: %s", text_or(item, "controller", "?"),
                   text_or(item, "why", "?"));
    }
}

static bool lacks_permission(const json_t *drives)
{
    size_t i;
    json_t *drive, *reason;
    const char *field;
    json_array_foreach(drives, i, drive) {
        json_object_foreach(json_object_get(drive, "unknown"), field, reason) {
            const char *text = json_string_value(reason);
            if (text != NULL && strcmp(text, "no_permission") == 0)
                return true;
        }
    }
    return false;
}

int verb_list(struct invocation *invocation)
{
    struct uw_error e = {0};
    json_t *document = uw_list(&invocation->request, &e);
    if (document == NULL)
        return complain(&e);
    const json_t *drives = json_object_get(document, "drives");
    bool ok = true;
    if (invocation->json) {
        print_document(document);
    } else if (json_array_size(drives) == 0) {
        remark("no drives found");
    } else {
        ok = print_drives(drives);
    }
    if (!invocation->json)
        print_not_covered(json_object_get(document, "not_covered"));
    if (geteuid() != 0 && lacks_permission(drives))
        remark("some fields can be read by root alone");
    json_decref(document);
    if (!ok)
        uw_fail(&e, UW_E_NOMEM, "out of memory");
    return ok ? UW_EXIT_SANITIZED : complain(&e);
}
