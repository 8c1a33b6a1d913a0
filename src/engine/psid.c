/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/psid.h"

#include <ctype.h>
#include <string.h>

static const char BLANKS[] = " \t\r";

/* False: it is no PSID. */
static bool read_psid(const char *text, size_t length, char psid[UW_TCG_PSID_BYTES + 1])
{
    size_t used = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '-')
            continue;
        if (used == UW_TCG_PSID_BYTES || !isalnum((unsigned char)text[i]))
            return false;
        psid[used++] = text[i];
    }
    psid[used] = '\0';
    return used == UW_TCG_PSID_BYTES;
}

struct line {
    const char *serial, *psid;
    size_t serial_length, psid_length;
};

/* False: it is no line of two words. */
static bool split(const char *text, size_t length, struct line *line)
{
    const char *end = text + length;
    text += strspn(text, BLANKS);
    line->serial = text;
    line->serial_length = strcspn(text, " \t\r\n");
    text += line->serial_length;
    text += strspn(text, BLANKS);
    line->psid = text;
    line->psid_length = strcspn(text, " \t\r\n");
    text += line->psid_length;
    text += strspn(text, BLANKS);
    return line->serial_length > 0 && line->psid_length > 0 && text == end;
}

static bool is_serial(const struct line *line, const struct uw_drive *drive)
{
    return strlen(drive->serial) == line->serial_length &&
           memcmp(drive->serial, line->serial, line->serial_length) == 0;
}

/* A line that is wrong is not repeated: it may hold a PSID. */
static bool take_line(const char *text, size_t length, unsigned number, const char *name,
                      struct uw_drive *drive, struct uw_error *e)
{
    char psid[UW_TCG_PSID_BYTES + 1] = "";
    struct line line;
    size_t begin = strspn(text, BLANKS);
    if (begin >= length || text[begin] == '#')
        return true;
    if (!split(text, length, &line) || !read_psid(line.psid, line.psid_length, psid))
        return uw_fail(e, UW_E_USAGE, "%s, line %u: no serial and PSID of %d letters and digits", name,
                       number, UW_TCG_PSID_BYTES);
    if (!is_serial(&line, drive))
        return true;
    if (drive->psid[0] != '\0' && strcmp(drive->psid, psid) != 0)
        return uw_fail(e, UW_E_USAGE, "%s, line %u: another PSID for %s", name, number, drive->serial);
    memcpy(drive->psid, psid, sizeof psid);
    return true;
}

bool uw_psid_give(const char *text, const char *name, struct uw_drive *drive, struct uw_error *e)
{
    drive->psid[0] = '\0';
    for (unsigned number = 1; *text != '\0'; number++) {
        size_t length = strcspn(text, "\n");
        if (!take_line(text, length, number, name, drive, e))
            return false;
        text += length + (text[length] == '\n');
    }
    return true;
}
