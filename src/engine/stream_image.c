/* SPDX-License-Identifier: Apache-2.0 */
/* The image of a pass, as bytes to write and to compare with. */
#include <string.h>

#include "engine/stream_parts.h"

enum { STRIP_BYTES = 32768 };

/* Compared with what is left when the keystream is taken off: the data is touched once, no second image is
 * made. */
static const uint8_t zeros[STRIP_BYTES];

bool uw_painter_is_loose(const struct uw_painter *painter)
{
    return painter->leaves == UW_LEAVES_CONSTANT || painter->leaves == UW_LEAVES_ERASED;
}

bool uw_is_constant(const uint8_t *data, size_t bytes)
{
    return bytes > 0 && memcmp(data, data + 1, bytes - 1) == 0;
}

/* Pearson's chi-squared over the byte values: 255 on average for noise, with a standard deviation of 23;
 * text, code and tables are beyond 2000. The limit is 15 deviations away. */
bool uw_is_noise(const uint8_t *data, size_t bytes)
{
    enum { VALUES = 256, CHI_SQUARED_MAX = 600 };
    uint32_t count[VALUES] = {0};
    uint64_t squares = 0;
    for (size_t i = 0; i < bytes; i++)
        count[data[i]]++;
    for (size_t i = 0; i < VALUES; i++)
        squares += (uint64_t)count[i] * count[i];
    return bytes >= VALUES && squares * VALUES / bytes - bytes <= CHI_SQUARED_MAX;
}

bool uw_painter_open(struct uw_painter *painter, const struct uw_image *image, struct uw_error *e)
{
    painter->leaves = image->leaves;
    painter->pass = image->pass;
    painter->keystream = NULL;
    if (uw_painter_is_loose(painter))
        return true;
    if (image->pass.kind == UW_PASS_KEYSTREAM) {
        painter->keystream = uw_keystream_open(image->cipher, image->key, e);
        return painter->keystream != NULL;
    }
    unsigned length = image->pass.pattern_bytes;
    if (length == 0 || length > UW_PATTERN_BYTES)
        return uw_fail(e, UW_E_IO, "a pattern of %u bytes", length);
    for (size_t i = 0; i < sizeof painter->repeated; i++)
        painter->repeated[i] = image->pass.pattern[i % length];
    return true;
}

void uw_painter_close(struct uw_painter *painter)
{
    uw_keystream_close(painter->keystream);
    painter->keystream = NULL;
}

static bool broken(struct uw_error *e)
{
    return uw_fail(e, UW_E_IO, "libcrypto failed to make the keystream");
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The pattern as it lies at `offset`: its first byte stands on the drive's first. */
static const uint8_t *pattern_at(const struct uw_painter *painter, uint64_t offset)
{
    return &painter->repeated[offset % painter->pass.pattern_bytes];
}

bool uw_painter_fill(struct uw_painter *painter, uint64_t offset, uint8_t *data, size_t bytes,
                     struct uw_error *e)
{
    if (painter->keystream != NULL)
        return uw_keystream_fill(painter->keystream, offset, data, bytes) || broken(e);
    const uint8_t *pattern = pattern_at(painter, offset);
    for (size_t done = 0; done < bytes; done += UW_PAINT_STEP_BYTES)
        memcpy(data + done, pattern, smaller(bytes - done, UW_PAINT_STEP_BYTES));
    return true;
}

static bool strip(struct uw_painter *painter, uint64_t offset, uint8_t *data, size_t bytes, bool *holds)
{
    struct uw_keystream *keystream = painter->keystream;
    *holds = true;
    for (size_t done = 0; done < bytes; done += STRIP_BYTES) {
        size_t step = smaller(bytes - done, STRIP_BYTES);
        if (!uw_keystream_apply(keystream, offset + done, data + done, step))
            return false;
        if (memcmp(data + done, zeros, step) != 0) {
            *holds = false;
            return uw_keystream_apply(keystream, offset, data, done + step);
        }
    }
    return true;
}

bool uw_painter_holds(struct uw_painter *painter, uint64_t offset, uint8_t *data, size_t bytes, bool *holds,
                      struct uw_error *e)
{
    if (painter->keystream != NULL)
        return strip(painter, offset, data, bytes, holds) || broken(e);
    *holds = true;
    if (uw_painter_is_loose(painter)) {
        *holds =
            uw_is_constant(data, bytes) || (painter->leaves == UW_LEAVES_ERASED && uw_is_noise(data, bytes));
        return true;
    }
    const uint8_t *pattern = pattern_at(painter, offset);
    for (size_t done = 0; done < bytes && *holds; done += UW_PAINT_STEP_BYTES)
        *holds = memcmp(data + done, pattern, smaller(bytes - done, UW_PAINT_STEP_BYTES)) == 0;
    return true;
}
