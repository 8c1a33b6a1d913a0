/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/timex.h>
#include <unistd.h>

#include <blkid/blkid.h>
#include <liburing.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "core/document.h"
#include "core/drive.h"

const char *uw_tool_version(void)
{
    return UNWRITE_VERSION;
}

bool uw_random(void *data, size_t bytes)
{
    unsigned char *to = data;
    while (bytes > 0) {
        ssize_t n = getrandom(to, bytes, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        to += n;
        bytes -= (size_t)n;
    }
    return true;
}

bool uw_uuid_new(char uuid[UW_UUID_BYTES])
{
    uint8_t b[16];
    if (!uw_random(b, sizeof b))
        return false;
    b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
    b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
    snprintf(uuid, UW_UUID_BYTES, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
             b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
             b[15]);
    return true;
}

static bool hash_file(int fd, EVP_MD_CTX *hash)
{
    unsigned char block[65536];
    ssize_t n;
    while ((n = read(fd, block, sizeof block)) > 0)
        if (EVP_DigestUpdate(hash, block, (size_t)n) != 1)
            return false;
    return n == 0;
}

/* Which program this really was, not which one a path names now. */
static bool hash_executable(char hex[UW_SHA256_HEX])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    bool done = hash != NULL && EVP_DigestInit_ex(hash, EVP_sha256(), NULL) == 1 && hash_file(fd, hash) &&
                EVP_DigestFinal_ex(hash, digest, &length) == 1;
    EVP_MD_CTX_free(hash);
    close(fd);
    if (done)
        uw_hex(digest, length, hex);
    return done;
}

/* A program that runs cannot be written to: for all runs of a process it is the same. */
static bool executable_sha256(char hex[UW_SHA256_HEX])
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static char known[UW_SHA256_HEX];
    pthread_mutex_lock(&lock);
    bool hashed = known[0] != '\0' || hash_executable(known);
    memcpy(hex, known, sizeof known);
    pthread_mutex_unlock(&lock);
    return hashed;
}

static json_t *libraries_json(void)
{
    const char *blkid = NULL;
    blkid_get_library_version(&blkid, NULL);
    return json_pack("{s:s, s:s, s:s, s:s}", "libblkid", blkid != NULL ? blkid : "unknown", "libcrypto",
                     OpenSSL_version(OPENSSL_VERSION_STRING), "jansson", jansson_version_str(), "liburing",
                     UNWRITE_LIBURING);
}

static json_t *arguments_json(const char *const *arguments, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        char clean[4096];
        uw_clean_string(clean, sizeof clean, arguments[i], strlen(arguments[i]));
        json_array_append_new(list, json_string(clean));
    }
    return list;
}

json_t *uw_tool_json(const char *const *arguments, size_t count, const char *configuration_sha256,
                     json_t *unknown)
{
    char sha256[UW_SHA256_HEX];
    bool hashed = executable_sha256(sha256);
    bool committed = strcmp(UNWRITE_COMMIT, "unknown") != 0;
    if (!hashed)
        json_object_set_new(unknown, "tool.sha256", json_string("read_error"));
    if (!committed)
        json_object_set_new(unknown, "tool.commit", json_string("not_applicable"));
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "name", "unwrite", "version", UNWRITE_VERSION,
                     "commit", committed ? json_string(UNWRITE_COMMIT) : json_null(), "sha256",
                     hashed ? json_string(sha256) : json_null(), "libraries", libraries_json(), "arguments",
                     arguments_json(arguments, count), "configuration_sha256",
                     configuration_sha256 != NULL ? json_string(configuration_sha256) : json_null());
}

json_t *uw_clock_json(void)
{
    struct timex state = {0};
    bool synchronised = adjtimex(&state) >= 0 && (state.status & STA_UNSYNC) == 0;
    return json_pack("{s:b, s:s, s:s}", "synchronised", synchronised, "source", "system clock", "trust",
                     synchronised ? "synchronised" : "none");
}
