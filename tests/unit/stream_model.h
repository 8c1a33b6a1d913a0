/* SPDX-License-Identifier: Apache-2.0 */
/* A drive in memory behind the transport's table, with a list of what goes wrong. It moves bytes as late as
 * it may, when a transfer is reaped, and in an order of its own: who changes a buffer in flight is found out.
 * It fails the test when the table's rules are broken. */
#ifndef TEST_STREAM_MODEL_H
#define TEST_STREAM_MODEL_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "engine/stream.h"

enum fault_kind {
    FAULT_ERROR, /* the transfer fails */
    FAULT_SHORT, /* it ends where the fault begins */
    FAULT_DROP,  /* a write says it went well, and these bytes did not arrive */
    FAULT_FLIP,  /* a write arrives with one bit changed at the fault's first byte */
    FAULT_HANG,  /* the transfer never ends */
};

enum { ALWAYS = 1 << 30, BOTH = 3, READS = 1, WRITES = 2, FAULTS = 8192 };

struct fault {
    enum fault_kind kind;
    uint64_t offset, length;
    int error;
    int directions;
    int times;
};

struct model {
    struct uw_transport transport; /* first */
    uint8_t *media;
    uint8_t *arena;
    unsigned buffers;
    struct uw_transfer *pending[UW_STREAM_BUFFERS];
    unsigned pending_count, pending_most;
    struct fault *faults;
    size_t fault_count;
    uint64_t reaped, reads, writes, smallest_bytes;
    uint64_t order;     /* state of the completions' order; 0: as submitted */
    uint64_t gone_from; /* transfers from this one on fail with ENODEV; 0: never */
    uint64_t stop_at;   /* the stop flag is raised with this one; 0: never */
    uint64_t fail_submit_at, fail_reap_at;
    atomic_bool stop;
    uint64_t flushes, writes_at_flush;
    uint64_t clock_ms;    /* moves only while somebody waits */
    uint64_t transfer_ms; /* what each transfer takes, one after the other */
    uint64_t busy_ms;     /* of the one that is being moved */
    uint64_t stop_at_ms;  /* the stop flag is raised when the clock comes here; 0: never */
    uint64_t sleep_ms;    /* once: the clock goes on by so much while somebody waits */
    bool flush_hangs;
    struct uw_stream stream;
};

static inline struct model *model_of(struct uw_transport *t)
{
    return (struct model *)t;
}

static inline bool model_begin(struct uw_transport *t, unsigned buffers, uint32_t buffer_bytes,
                               uint8_t **arena, struct uw_error *e)
{
    struct model *model = model_of(t);
    (void)e;
    assert_null(model->arena);
    *arena = model->arena = malloc((size_t)buffers * buffer_bytes);
    model->buffers = buffers;
    return model->arena != NULL;
}

/* The rules of transport.h. */
static inline void model_check(const struct model *model, const struct uw_transfer *transfer)
{
    const struct uw_transport *t = &model->transport;
    uint64_t tail = t->buffered_tail_bytes > 0 ? t->buffered_tail_bytes : t->bytes % t->block_bytes;
    uint64_t body = t->bytes - tail, end = transfer->offset + transfer->length;
    assert_true(transfer->length > 0 && transfer->length <= UW_STREAM_BUFFER_BYTES);
    assert_true(transfer->buffer < model->buffers);
    assert_true(end <= t->bytes);
    assert_int_equal(transfer->offset % t->block_bytes, 0);
    assert_true(end % t->block_bytes == 0 || end == t->bytes);
    assert_true(end <= body || transfer->offset >= body);
    for (unsigned i = 0; i < model->pending_count; i++)
        assert_true(transfer->direction == UW_WRITE || model->pending[i]->buffer != transfer->buffer);
}

static inline bool model_submit(struct uw_transport *t, struct uw_transfer *transfer, struct uw_error *e)
{
    struct model *model = model_of(t);
    assert_true(model->pending_count < model->buffers);
    model_check(model, transfer);
    if (model->fail_submit_at > 0 && model->reads + model->writes + 1 == model->fail_submit_at)
        return uw_fail(e, UW_E_IO, "the queue broke");
    model->pending[model->pending_count++] = transfer;
    if (model->pending_count > model->pending_most)
        model->pending_most = model->pending_count;
    if (transfer->length < model->smallest_bytes)
        model->smallest_bytes = transfer->length;
    *(transfer->direction == UW_READ ? &model->reads : &model->writes) += 1;
    return true;
}

static inline struct fault *model_fault(struct model *model, const struct uw_transfer *transfer)
{
    int direction = transfer->direction == UW_READ ? READS : WRITES;
    for (size_t i = 0; i < model->fault_count; i++) {
        struct fault *fault = &model->faults[i];
        if (fault->times > 0 && (fault->directions & direction) != 0 &&
            fault->offset < transfer->offset + transfer->length &&
            transfer->offset < fault->offset + fault->length) {
            fault->times -= fault->times < ALWAYS;
            return fault;
        }
    }
    return NULL;
}

static inline void model_move(struct model *model, struct uw_transfer *transfer)
{
    uint8_t *data = model->arena + (size_t)transfer->buffer * UW_STREAM_BUFFER_BYTES, *from, *to;
    uint64_t length = transfer->length;
    const struct fault *fault = model_fault(model, transfer);
    if (model->gone_from > 0 && model->reaped >= model->gone_from) {
        transfer->result = -ENODEV;
        return;
    }
    if (fault != NULL && fault->kind == FAULT_ERROR) {
        transfer->result = -fault->error;
        return;
    }
    if (fault != NULL && fault->kind == FAULT_SHORT)
        length = fault->offset > transfer->offset ? fault->offset - transfer->offset : 0;
    transfer->result = (int64_t)length;
    to = transfer->direction == UW_WRITE ? model->media + transfer->offset : data;
    from = transfer->direction == UW_WRITE ? data : model->media + transfer->offset;
    if (fault == NULL || fault->kind != FAULT_DROP) {
        memcpy(to, from, length);
        if (fault != NULL && fault->kind == FAULT_FLIP)
            model->media[fault->offset] ^= 0x10;
        return;
    }
    for (uint64_t i = 0; i < length; i++)
        if (transfer->offset + i < fault->offset || transfer->offset + i >= fault->offset + fault->length)
            to[i] = from[i];
}

static inline void model_pass(struct model *model, uint64_t ms)
{
    model->clock_ms += ms + model->sleep_ms;
    model->sleep_ms = 0;
    if (model->stop_at_ms > 0 && model->clock_ms >= model->stop_at_ms)
        atomic_store(&model->stop, true);
}

/* The transfers that will end are brought to the front; their number. */
static inline unsigned model_ending(struct model *model)
{
    unsigned ending = 0;
    for (unsigned i = 0; i < model->pending_count; i++) {
        struct uw_transfer *transfer = model->pending[i];
        struct fault *fault = model_fault(model, transfer);
        if (fault != NULL && fault->kind == FAULT_HANG)
            continue;
        if (fault != NULL)
            fault->times += fault->times < ALWAYS; /* only looked at */
        memmove(&model->pending[ending + 1], &model->pending[ending], (i - ending) * sizeof transfer);
        model->pending[ending++] = transfer;
    }
    return ending;
}

static inline struct uw_transfer *model_reap(struct uw_transport *t, int timeout_ms, struct uw_error *e)
{
    struct model *model = model_of(t);
    unsigned at = 0, ending;
    assert_true(model->pending_count > 0);
    if (model->fail_reap_at > 0 && model->reaped + 1 >= model->fail_reap_at) {
        uw_fail(e, UW_E_IO, "the queue broke");
        return NULL;
    }
    ending = model_ending(model);
    uint64_t left_ms = model->transfer_ms - model->busy_ms;
    if (ending == 0 || (timeout_ms >= 0 && left_ms > (uint64_t)timeout_ms)) {
        assert_true(timeout_ms > 0);
        model->busy_ms += ending == 0 ? 0 : (uint64_t)timeout_ms;
        model_pass(model, (uint64_t)timeout_ms);
        return NULL;
    }
    model_pass(model, left_ms);
    model->busy_ms = 0;
    if (model->order != 0) {
        model->order = model->order * 6364136223846793005ULL + 1442695040888963407ULL;
        at = (unsigned)((model->order >> 33) % ending);
    }
    struct uw_transfer *transfer = model->pending[at];
    model->pending_count--;
    memmove(&model->pending[at], &model->pending[at + 1], (model->pending_count - at) * sizeof transfer);
    model_move(model, transfer);
    model->reaped++;
    if (model->reaped == model->stop_at)
        atomic_store(&model->stop, true);
    return transfer;
}

static inline bool model_flush(struct uw_transport *t, int timeout_ms, bool *stalled, struct uw_error *e)
{
    struct model *model = model_of(t);
    assert_int_equal(model->pending_count, 0);
    *stalled = model->flush_hangs;
    if (model->flush_hangs) {
        assert_true(timeout_ms > 0);
        model_pass(model, (uint64_t)timeout_ms);
        return uw_fail(e, UW_E_IO, "the flush hangs");
    }
    model->flushes++;
    model->writes_at_flush = model->writes;
    return true;
}

static inline uint64_t model_now_ms(void *clock)
{
    return ((struct model *)clock)->clock_ms;
}

static const struct uw_transport_ops model_ops = {.name = "model",
                                                  .simulated = true,
                                                  .begin = model_begin,
                                                  .submit = model_submit,
                                                  .reap = model_reap,
                                                  .flush = model_flush};

/* A drive of these sizes, full of 'D', begun. */
static inline struct model *model_new(uint64_t bytes, uint32_t block_bytes, uint64_t order)
{
    struct model *model = calloc(1, sizeof *model);
    struct uw_error e = {0};
    model->transport = (struct uw_transport){
        .ops = &model_ops, .bytes = bytes, .block_bytes = block_bytes, .direct_io = true};
    model->media = malloc(bytes + 1);
    memset(model->media, 'D', bytes + 1);
    model->faults = calloc(FAULTS, sizeof *model->faults);
    model->order = order;
    model->smallest_bytes = UINT64_MAX;
    atomic_init(&model->stop, false);
    model->stream = (struct uw_stream){
        .transport = &model->transport, .stop = &model->stop, .now_ms = model_now_ms, .clock = model};
    assert_true(uw_stream_begin(&model->stream, &e));
    return model;
}

static inline void model_free(struct model *model)
{
    if (model->transport.abandoned)
        model->pending_count = 0; /* a real one would keep all */
    assert_int_equal(model->pending_count, 0);
    assert_int_equal(model->media[model->transport.bytes], 'D'); /* nothing past the end */
    free(model->faults);
    free(model->arena);
    free(model->media);
    free(model);
}

static inline void model_add_fault(struct model *model, struct fault fault)
{
    assert_true(model->fault_count < FAULTS);
    model->faults[model->fault_count++] = fault;
}

static inline void model_add_bad(struct model *model, uint64_t offset, uint64_t length, int directions)
{
    model_add_fault(model, (struct fault){.kind = FAULT_ERROR,
                                          .offset = offset,
                                          .length = length,
                                          .error = EIO,
                                          .directions = directions,
                                          .times = ALWAYS});
}

/* What a pass must leave, made without the code under test. malloc()ed. */
static inline uint8_t *expected_image(const struct uw_image *image, uint64_t bytes)
{
    uint8_t *expected = calloc(1, bytes + 1), counter[16] = {0};
    int made = 0;
    if (image->pass.kind == UW_PASS_FIXED) {
        for (uint64_t i = 0; i < bytes; i++)
            expected[i] = image->pass.pattern[i % image->pass.pattern_bytes];
        return expected;
    }
    bool chacha20 = image->cipher == UW_CIPHER_CHACHA20;
    const EVP_CIPHER *cipher = chacha20 ? EVP_chacha20() : EVP_aes_256_ctr();
    uint64_t piece = chacha20 ? 1 << 20 : bytes;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    for (uint64_t at = 0; at < bytes; at += piece) {
        uint64_t step = bytes - at < piece ? bytes - at : piece;
        counter[15] = (uint8_t)(at / piece); /* of models below 256 MiB */
        EVP_EncryptInit_ex2(context, cipher, image->key, counter, NULL);
        EVP_EncryptUpdate(context, expected + at, &made, expected + at, (int)step);
        assert_int_equal(made, step);
    }
    EVP_CIPHER_CTX_free(context);
    return expected;
}

/* "random", "chacha20" or hex digits. */
static inline struct uw_image image_of(const char *name)
{
    struct uw_image image = {.pass.kind = UW_PASS_FIXED};
    if (strcmp(name, "random") == 0 || strcmp(name, "chacha20") == 0) {
        image.pass.kind = UW_PASS_KEYSTREAM;
        image.cipher = strcmp(name, "random") == 0 ? UW_CIPHER_AES_256_CTR : UW_CIPHER_CHACHA20;
        for (unsigned i = 0; i < UW_KEY_BYTES; i++)
            image.key[i] = (uint8_t)(i * 7 + 1);
        return image;
    }
    for (size_t i = 0; name[2 * i] != '\0'; i++) {
        unsigned value;
        assert_int_equal(sscanf(&name[2 * i], "%2x", &value), 1);
        image.pass.pattern[i] = (uint8_t)value;
        image.pass.pattern_bytes++;
    }
    return image;
}

static const char *const image_names[] = {"00", "55", "55aa", "924924", "fffffffd", "random", "chacha20"};
enum { IMAGES = sizeof image_names / sizeof image_names[0] };

#endif
