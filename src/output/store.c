/* SPDX-License-Identifier: Apache-2.0 */
#include "output/output.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sign/file.h"

/* Digits and T of an RFC 3339 time up to the seconds: 20261122T131600Z. */
static void time_part(const char *issued_at, char part[20])
{
    size_t used = 0;
    for (const char *p = issued_at; *p != '\0' && *p != '.' && used < 15; p++)
        if ((*p >= '0' && *p <= '9') || *p == 'T')
            part[used++] = *p;
    part[used++] = 'Z';
    part[used] = '\0';
}

/* At most `limit` characters; one that a file name should not hold becomes '_', however many bytes it has. */
static void plain_part(const char *text, size_t limit, char *part)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    size_t used = 0;
    for (; *text != '\0' && used < limit; text++)
        if (((unsigned char)*text & 0xc0) != 0x80) /* not a continuation byte of UTF-8 */
            part[used++] = strchr(plain, *text) != NULL ? *text : '_';
    part[used] = '\0';
}

void uw_store_name(const char *issued_at, const char *serial, const char *id, const char *kind, char *name,
                   size_t name_bytes)
{
    char when[20], which[41], first[9];
    time_part(issued_at == NULL ? "" : issued_at, when);
    plain_part(serial == NULL || serial[0] == '\0' ? "noserial" : serial, sizeof which - 1, which);
    plain_part(id == NULL || id[0] == '\0' ? "noid" : id, sizeof first - 1, first);
    snprintf(name, name_bytes, "%s-%s-%s.%s.json", when, which, first, kind);
}

bool uw_store_stands(const char *folder, const char *serial, const char *id, const char *kind)
{
    char wanted[256];
    uw_store_name(NULL, serial, id, kind, wanted, sizeof wanted);
    DIR *open_folder = opendir(folder);
    if (open_folder == NULL)
        return false;
    bool stands = false;
    for (const struct dirent *entry; !stands && (entry = readdir(open_folder)) != NULL;) {
        const char *behind_time = strchr(entry->d_name, 'Z');
        stands = behind_time != NULL && strcmp(behind_time, wanted) == 0;
    }
    closedir(open_folder);
    return stands;
}

static const char another[] = "name another folder for the documents with --certificates";

bool uw_store_prepare(const char *folder, unsigned long long needed_bytes, struct uw_error *e)
{
    if (folder[0] == '\0')
        return uw_fail(e, UW_E_USAGE, "no folder is named for the certificates");
    if (!uw_folder_make(folder, UW_E_USAGE, e))
        return uw_way_out(e, "%s", another);
    uw_file_sweep(folder);
    return uw_file_try(folder, needed_bytes, UW_E_USAGE, e) || uw_way_out(e, "%s", another);
}

bool uw_store_document(const char *folder, const char *name, const json_t *document, char *path,
                       size_t path_bytes, struct uw_error *e)
{
    int n = snprintf(path, path_bytes, "%s/%s", folder, name);
    if (n < 0 || (size_t)n >= path_bytes)
        return uw_fail(e, UW_E_STORE, "the path of %s is too long", name);
    char *text = json_dumps(document, JSON_INDENT(2));
    size_t bytes = text == NULL ? 0 : strlen(text);
    char *line = text == NULL ? NULL : realloc(text, bytes + 2);
    if (line == NULL) {
        free(text);
        return uw_fail(e, UW_E_STORE, "%s cannot be written as JSON, or memory ran out", name);
    }
    memcpy(line + bytes, "\n", 2);
    bool ok = uw_file_create(folder, name, 0666, line, bytes + 1, UW_E_STORE, e);
    free(line);
    return ok;
}
