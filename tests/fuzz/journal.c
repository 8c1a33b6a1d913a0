/* SPDX-License-Identifier: Apache-2.0 */
/* The journal of a run that broke off, in whatever state the crash left it: the certificates that the next
 * run signs for it. */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/recover.h"
#include "fuzz.h"
#include "output/output.h"

static char folder[256], certificates[PATH_MAX], journal[PATH_MAX];
static struct uw_key *key;

/* As a private key must lie: for its owner alone. */
static void copy_key(const char *to)
{
    char text[512];
    FILE *from = fopen(TEST_DATA "/test-key.pem", "r");
    must(from != NULL);
    size_t bytes = fread(text, 1, sizeof text, from);
    fclose(from);
    fuzz_write(to, text, bytes);
}

static void set_up(void)
{
    struct uw_error e = {0};
    char path[PATH_MAX];
    if (key != NULL)
        return;
    fuzz_make_folder("journal", folder, sizeof folder);
    snprintf(path, sizeof path, "%s/key.pem", folder);
    copy_key(path);
    must(uw_key_load_private(path, &key, &e));
    must(unlink(path) == 0);
    snprintf(certificates, sizeof certificates, "%s/certificates", folder);
    snprintf(path, sizeof path, "%s/journal", folder);
    must(mkdir(certificates, 0700) == 0 && mkdir(path, 0700) == 0);
    snprintf(journal, sizeof journal, "%s/journal/broken.jsonl", folder);
}

/* What the crash left is evidence: recovery adds to it and changes nothing. */
static void must_begin_with(const uint8_t *data, size_t bytes)
{
    uint8_t *now = malloc(bytes + 1);
    int fd = open(journal, O_RDONLY | O_CLOEXEC);
    must(now != NULL && fd >= 0);
    must(read(fd, now, bytes) == (ssize_t)bytes);
    must(memcmp(now, data, bytes) == 0);
    close(fd);
    free(now);
}

static bool recover(json_t *recovered)
{
    struct uw_error e = {0};
    const struct uw_machine machine = {.simulated = true};
    const struct uw_request request = {0};
    const struct uw_run run = {
        .machine = &machine, .request = &request, .certificates = certificates, .state = folder, .key = key};
    bool good = uw_recover_journals(&run, recovered, &e);
    if (!good)
        must_explain(&e, UW_E_STORE);
    return good;
}

/* A broken run has sanitized nothing, whatever its journal says. */
static void check_certificate(const char *path)
{
    struct uw_error e = {0};
    const char *kind = NULL;
    json_t *document = uw_document_load(path, &e);
    must(document != NULL);
    must(uw_verify_document(document, key, true, &kind, &e) && strcmp(kind, "certificate") == 0);
    json_t *body = json_object_get(document, "certificate");
#ifdef FUZZ_SELFTEST
    /* A recovery that believes the read-back that it finds. */
    json_t *result = json_object_get(json_object_get(body, "verification"), "result");
    if (json_is_string(result) && strcmp(json_string_value(result), "passed") == 0)
        json_object_set_new(body, "verdict", json_string("sanitized"));
#endif
    const char *verdict = json_string_value(json_object_get(body, "verdict"));
    const char *level = json_string_value(json_object_get(json_object_get(body, "claim"), "level"));
    must(verdict != NULL && strncmp(verdict, "sanitized", strlen("sanitized")) != 0);
    must(level != NULL && strcmp(level, "none") == 0);
    json_decref(document);
}

/* Checks and removes them; how many there were. */
static size_t take_certificates(void)
{
    size_t count = 0;
    DIR *open_folder = opendir(certificates);
    must(open_folder != NULL);
    for (const struct dirent *entry; (entry = readdir(open_folder)) != NULL;) {
        char path[PATH_MAX + NAME_MAX + 1];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        must(entry->d_name[0] != '.'); /* a temporary file was left behind */
        snprintf(path, sizeof path, "%s/%s", certificates, entry->d_name);
        check_certificate(path);
        must(unlink(path) == 0);
        count++;
    }
    closedir(open_folder);
    return count;
}

static size_t count_entries(const char *path)
{
    size_t count = 0;
    DIR *open_folder = opendir(path);
    must(open_folder != NULL);
    while (readdir(open_folder) != NULL)
        count++;
    closedir(open_folder);
    return count;
}

static size_t count_stored(const json_t *recovered)
{
    size_t count = 0, i;
    json_t *one;
    json_array_foreach(recovered, i, one) {
        const char *verdict = json_string_value(json_object_get(one, "verdict"));
        must(verdict != NULL && strncmp(verdict, "sanitized", strlen("sanitized")) != 0);
        count += json_is_string(json_object_get(one, "path"));
    }
    return count;
}

/* A hundred drives and more cost seconds and show nothing that a few do not. */
static bool has_many_drives(const uint8_t *data, size_t bytes)
{
    const uint8_t *end = data + bytes, *p = data;
    while ((p = memmem(p, (size_t)(end - p), "\"job\"", 5)) != NULL) {
        for (p += 5; p < end && (*p == ':' || *p == ' ' || *p == '\t');)
            p++;
        size_t digits = 0;
        while (p + digits < end && p[digits] >= '0' && p[digits] <= '9')
            digits++;
        if (digits > 2)
            return true;
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    if (has_many_drives(data, bytes))
        return 0;
    set_up();
    fuzz_write(journal, data, bytes);
    json_t *recovered = json_array();
    bool good = recover(recovered);
    must_begin_with(data, bytes);
    must(take_certificates() == count_stored(recovered));
    must(count_entries(folder) == 4); /* nothing beside: ., .., certificates, journal */
    json_decref(recovered);
    /* What was said once is not said again. */
    json_t *nothing = json_array();
    if (good) {
        must(recover(nothing));
        must(json_array_size(nothing) == 0 && take_certificates() == 0);
    }
    json_decref(nothing);
    return 0;
}
