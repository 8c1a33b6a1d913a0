/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/witness.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "engine/stream_parts.h"
#include "engine/tool.h"

enum { KEY_BYTES = 32, WITNESS_BYTES = 4096 };

/* One look over the spots: the first keeps what it sees, the second compares. */
struct look {
    struct uw_witness *witness;
    EVP_MAC *algorithm;
    EVP_MAC_CTX *mac;
    struct uw_painter *painter; /* NULL: no image is expected, or this is the first look */
    bool again;
    struct uw_extents extents; /* the spots to read */
    uint64_t read, unchanged;
};

static bool make_key(struct uw_witness *witness, struct uw_error *e)
{
    size_t bytes = (size_t)sysconf(_SC_PAGESIZE);
    void *key = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (key == MAP_FAILED)
        return uw_fail_errno(e, UW_E_NOMEM, errno, "no memory for the key of the witnesses");
    witness->key = key;
    witness->key_bytes = bytes;
    witness->locked = mlock(key, bytes) == 0;
    (void)madvise(key, bytes, MADV_DONTDUMP);
    (void)madvise(key, bytes, MADV_DONTFORK);
    return uw_random(key, KEY_BYTES) || uw_fail(e, UW_E_IO, "the kernel gives no random bytes");
}

static void wipe_key(struct uw_witness *witness)
{
    if (witness->key == NULL)
        return;
    OPENSSL_cleanse(witness->key, KEY_BYTES);
    munmap(witness->key, witness->key_bytes);
    witness->key = NULL;
}

/* libcrypto's own copy of the key lives for the time of one look. */
static bool open_mac(struct look *look, struct uw_error *e)
{
    char digest[] = "SHA256";
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                     OSSL_PARAM_construct_end()};
    look->algorithm = EVP_MAC_fetch(NULL, "HMAC", NULL);
    look->mac = look->algorithm != NULL ? EVP_MAC_CTX_new(look->algorithm) : NULL;
    return (look->mac != NULL && EVP_MAC_init(look->mac, look->witness->key, KEY_BYTES, parameters) == 1) ||
           uw_fail(e, UW_E_IO, "libcrypto has no HMAC-SHA-256");
}

static void close_mac(struct look *look)
{
    EVP_MAC_CTX_free(look->mac);
    EVP_MAC_free(look->algorithm);
}

static bool hash(const struct look *look, const struct uw_witness_spot *spot, const uint8_t *data,
                 uint8_t out[UW_WITNESS_HASH_BYTES], struct uw_error *e)
{
    size_t made = 0;
    /* With the key again: not every libcrypto 3.0 starts anew without. */
    return (EVP_MAC_init(look->mac, look->witness->key, KEY_BYTES, NULL) == 1 &&
            EVP_MAC_update(look->mac, data, spot->length) == 1 &&
            EVP_MAC_final(look->mac, out, &made, UW_WITNESS_HASH_BYTES) == 1 &&
            made == UW_WITNESS_HASH_BYTES) ||
           uw_fail(e, UW_E_IO, "libcrypto failed to hash a witness");
}

static struct uw_witness_spot *find_spot(const struct uw_witness *witness, uint64_t offset)
{
    size_t low = 0, high = witness->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (witness->spots[middle].offset < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low < witness->count && witness->spots[low].offset == offset ? &witness->spots[low] : NULL;
}

static bool is_constant(const uint8_t *data, size_t bytes)
{
    return memcmp(data, data + 1, bytes - 1) == 0;
}

static bool keep(struct look *look, struct uw_witness_spot *spot, const uint8_t *data, struct uw_error *e)
{
    spot->seen = true;
    spot->constant = is_constant(data, spot->length);
    return spot->constant || hash(look, spot, data, spot->hash, e);
}

static bool compare(struct look *look, const struct uw_witness_spot *spot, uint8_t *data, struct uw_error *e)
{
    uint8_t now[UW_WITNESS_HASH_BYTES];
    bool expected = false;
    if (!hash(look, spot, data, now, e))
        return false;
    if (CRYPTO_memcmp(now, spot->hash, sizeof now) != 0)
        return true;
    if (look->painter != NULL &&
        !uw_painter_holds(look->painter, spot->offset, data, spot->length, &expected, e))
        return false;
    look->unchanged += !expected;
    return true;
}

/* A spot of which only a part went through has not been read. */
static bool see(void *work, uint64_t offset, uint8_t *data, uint32_t length, struct uw_error *e)
{
    struct look *look = work;
    struct uw_witness_spot *spot = find_spot(look->witness, offset);
    if (spot == NULL || spot->length != length)
        return true;
    look->read++;
    return look->again ? compare(look, spot, data, e) : keep(look, spot, data, e);
}

/* The first look reads every spot, the second those that can say something. */
static bool list_extents(struct look *look, struct uw_error *e)
{
    const struct uw_witness *witness = look->witness;
    look->extents.items = calloc(witness->count + 1, sizeof *look->extents.items);
    if (look->extents.items == NULL)
        return uw_fail(e, UW_E_NOMEM, "no memory for witnesses");
    for (size_t i = 0; i < witness->count; i++) {
        const struct uw_witness_spot *spot = &witness->spots[i];
        if (!look->again || (spot->seen && !spot->constant))
            look->extents.items[look->extents.count++] = (struct uw_extent){spot->offset, spot->length};
    }
    return true;
}

static bool touches(const struct uw_ranges *lost, const struct uw_extent *extent)
{
    for (size_t i = 0; i < lost->count; i++)
        if (lost->items[i].offset < extent->offset + extent->length &&
            extent->offset < lost->items[i].offset + lost->items[i].length)
            return true;
    return false;
}

/* Of a look that ended early, some spots were never tried. */
static uint64_t count_unreadable(const struct look *look, const struct uw_ranges *lost, bool early)
{
    uint64_t count = 0;
    if (!early)
        return look->extents.count - look->read;
    for (size_t i = 0; i < look->extents.count; i++)
        count += touches(lost, &look->extents.items[i]);
    return count;
}

static bool look_over(struct look *look, const struct uw_stream *stream, bool *stopped, bool *stalled,
                      uint64_t *unreadable, struct uw_error *e)
{
    struct uw_ranges lost = {0};
    struct uw_pump pump = {.stream = stream,
                           .direction = UW_READ,
                           .extents = &look->extents,
                           .moved = see,
                           .work = look,
                           .lost = &lost};
    bool good = open_mac(look, e) && list_extents(look, e) && uw_pump_run(&pump, e);
    *stopped = pump.stopped;
    *stalled = pump.stalled;
    *unreadable = good ? count_unreadable(look, &lost, pump.stopped || pump.stalled) : 0;
    uw_extents_clear(&look->extents);
    uw_ranges_clear(&lost);
    close_mac(look);
    return good;
}

/* The second piece of the place, if no canary stands on it and it is not in the tail. */
static void add_spot(struct uw_witness *witness, const struct uw_extent *place, bool is_last, uint32_t bytes,
                     uint64_t body_bytes)
{
    uint64_t end = place->offset + place->length;
    end = end < body_bytes ? end : body_bytes;
    uint64_t needed = (is_last ? 3ULL : 2ULL) * bytes;
    if (place->offset > end || end - place->offset < needed)
        return;
    witness->spots[witness->count++] =
        (struct uw_witness_spot){.offset = place->offset + bytes, .length = bytes};
}

static bool find_spots(struct uw_witness *witness, const struct uw_extents *places,
                       const struct uw_transport *t, struct uw_error *e)
{
    uint32_t bytes = t->block_bytes > WITNESS_BYTES ? t->block_bytes : WITNESS_BYTES;
    witness->spots = calloc(places->count + 1, sizeof *witness->spots);
    if (witness->spots == NULL)
        return uw_fail(e, UW_E_NOMEM, "no memory for witnesses");
    for (size_t i = 0; i < places->count; i++)
        add_spot(witness, &places->items[i], i + 1 == places->count, bytes, uw_body_bytes(t));
    return true;
}

bool uw_witness_take(const struct uw_stream *stream, const struct uw_extents *places,
                     struct uw_witness *witness, struct uw_error *e)
{
    *witness = (struct uw_witness){0};
    struct look look = {.witness = witness};
    bool good = make_key(witness, e) && find_spots(witness, places, stream->transport, e) &&
                look_over(&look, stream, &witness->stopped, &witness->stalled, &witness->unreadable, e);
    for (size_t i = 0; i < witness->count; i++) {
        witness->taken += witness->spots[i].seen;
        witness->constant += witness->spots[i].constant;
    }
    return good;
}

bool uw_witness_compare(const struct uw_stream *stream, const struct uw_image *image,
                        struct uw_witness *witness, struct uw_witness_result *result, struct uw_error *e)
{
    *result = (struct uw_witness_result){.taken = witness->taken, .constant = witness->constant};
    struct uw_painter painter = {0};
    struct look look = {.witness = witness, .again = true, .painter = image != NULL ? &painter : NULL};
    if (witness->key == NULL)
        return uw_fail(e, UW_E_IO, "the witnesses have been compared already");
    bool good = (image == NULL || uw_painter_open(&painter, image, e)) &&
                look_over(&look, stream, &result->stopped, &result->stalled, &result->unreadable, e);
    result->unchanged = look.unchanged;
    uw_painter_close(&painter);
    wipe_key(witness);
    return good;
}

void uw_witness_clear(struct uw_witness *witness)
{
    wipe_key(witness);
    free(witness->spots);
    *witness = (struct uw_witness){0};
}
