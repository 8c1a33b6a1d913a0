/* SPDX-License-Identifier: Apache-2.0 */
#include "stream_model.h"

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <openssl/sha.h>

#include "engine/witness.h"

enum { MIB = 1 << 20, BYTES = 32 * MIB };

#ifdef __SANITIZE_ADDRESS__ /* it answers mlock itself, and locks nothing */
enum { ASAN = 1 };
#else
enum { ASAN = 0 };
#endif

static const uint8_t seed[UW_SEED_BYTES] = {1, 2, 3};

/* A drive full of what nobody can guess, and its sample. */
static struct model *model_of_noise(uint64_t bytes, uint32_t block_bytes, struct uw_extents *places)
{
    struct model *model = model_new(bytes, block_bytes, 5);
    struct uw_image noise = image_of("random");
    noise.key[0] ^= 0x5a;
    uint8_t *content = expected_image(&noise, bytes);
    memcpy(model->media, content, bytes);
    free(content);
    assert_true(uw_sample_places(seed, bytes, block_bytes, places));
    return model;
}

static void take(const struct model *model, const struct uw_extents *places, struct uw_witness *witness)
{
    struct uw_error e = {0};
    if (!uw_witness_take(&model->stream, places, witness, &e))
        fail_msg("%s", e.text);
}

static struct uw_witness_result look_again(const struct model *model, const struct uw_image *image,
                                           struct uw_witness *witness)
{
    struct uw_witness_result result;
    struct uw_error e = {0};
    if (!uw_witness_compare(&model->stream, image, witness, &result, &e))
        fail_msg("%s", e.text);
    assert_null(witness->key);
    return result;
}

static void an_erased_drive_has_none(void **state)
{
    (void)state;
    static const uint32_t blocks[] = {512, 4096, 8192};
    for (size_t i = 0; i < IMAGES * 3; i++) {
        struct uw_image image = image_of(image_names[i % IMAGES]);
        struct uw_extents places;
        struct uw_witness witness;
        struct uw_write_result written;
        struct uw_error e = {0};
        struct model *model = model_of_noise(BYTES, blocks[i / IMAGES], &places);
        take(model, &places, &witness);
        assert_int_equal(witness.taken, places.count);
        assert_int_equal(witness.constant, 0);
        assert_int_equal(model->writes, 0);
        assert_true(uw_stream_write(&model->stream, &image, &written, &e));
        struct uw_witness_result result = look_again(model, &image, &witness);
        assert_int_equal(result.taken, places.count);
        assert_int_equal(result.unchanged + result.unreadable, 0);
        assert_false(result.stopped || result.stalled);
        uw_write_result_clear(&written);
        uw_witness_clear(&witness);
        uw_extents_clear(&places);
        model_free(model);
    }
}

/* A drive that erased nothing but LBA 0, one that stopped half way, one that forgot a place. */
static void what_is_still_there_is_counted(void **state)
{
    (void)state;
    static const struct {
        uint64_t erased_from, erased_to;
    } rows[] = {{0, 512}, {0, BYTES / 2}, {BYTES / 2, BYTES}, {MIB, 3 * MIB}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct uw_image image = image_of("00");
        struct uw_extents places;
        struct uw_witness witness;
        uint64_t wanted = 0;
        struct model *model = model_of_noise(BYTES, 512, &places);
        take(model, &places, &witness);
        memset(model->media + rows[i].erased_from, 0, rows[i].erased_to - rows[i].erased_from);
        for (size_t j = 0; j < places.count; j++) {
            uint64_t at = places.items[j].offset + 4096;
            wanted += at + 4096 <= rows[i].erased_from || at >= rows[i].erased_to;
        }
        struct uw_witness_result result = look_again(model, &image, &witness);
        assert_true(wanted > 0);
        assert_int_equal(result.unchanged, wanted);
        uw_witness_clear(&witness);
        uw_extents_clear(&places);
        model_free(model);
    }
}

/* One bit is enough to be changed, at either end of the witness; a bit beside it is none of its business. */
static void each_byte_of_a_witness_counts(void **state)
{
    (void)state;
    static const struct {
        uint64_t at;
        uint64_t unchanged;
    } rows[] = {{4095, 1}, {4096, 0}, {6000, 0}, {8191, 0}, {8192, 1}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct uw_extent place = {.length = 65536};
        struct uw_extents all, places = {.items = &place, .count = 1};
        struct uw_witness witness;
        struct model *model = model_of_noise(MIB, 512, &all);
        take(model, &places, &witness);
        assert_int_equal(witness.taken, 1);
        model->media[rows[i].at] ^= 1;
        assert_int_equal(look_again(model, NULL, &witness).unchanged, rows[i].unchanged);
        uw_witness_clear(&witness);
        uw_extents_clear(&all);
        model_free(model);
    }
}

static void canaries_leave_the_witnesses_alone(void **state)
{
    (void)state;
    static const uint32_t blocks[] = {512, 4096, 8192, 32768, 65536};
    static const uint64_t sizes[] = {BYTES, BYTES + 700, 300000, 65536, 24576, 12288, 8192, 4096, 1};
    for (size_t i = 0; i < 45; i++) {
        uint32_t block = blocks[i % 5];
        struct uw_extents places;
        struct uw_witness witness;
        struct uw_canary_result planted;
        struct uw_error e = {0};
        struct model *model = model_of_noise(sizes[i / 5], block, &places);
        struct uw_canaries canaries = {
            .key = {9}, .places = places, .canary_bytes = block > 4096 ? block : 4096};
        take(model, &places, &witness);
        assert_true(uw_canaries_plant(&model->stream, &canaries, &planted, &e));
        assert_int_equal(planted.readable_before, places.count);
        struct uw_witness_result result = look_again(model, NULL, &witness);
        assert_int_equal(result.unchanged, result.taken);
        assert_true(result.taken > 0 || block == 65536 || sizes[i / 5] < 3ULL * canaries.canary_bytes);
        uw_canary_result_clear(&planted);
        uw_witness_clear(&witness);
        uw_extents_clear(&places);
        model_free(model);
    }
}

static void constant_blocks_say_nothing(void **state)
{
    (void)state;
    struct uw_extents places;
    struct uw_witness witness;
    struct model *model = model_new(BYTES, 512, 3);
    assert_true(uw_sample_places(seed, BYTES, 512, &places));
    memset(model->media + places.items[7].offset, 0, 65536);
    model->media[places.items[9].offset + 8191] = 0; /* not constant: its last byte */
    take(model, &places, &witness);
    assert_int_equal(witness.taken, places.count);
    assert_int_equal(witness.constant, places.count - 1);
    uint64_t reads = model->reads;
    struct uw_witness_result result = look_again(model, NULL, &witness);
    assert_int_equal(model->reads, reads + 1);
    assert_int_equal(result.constant, places.count - 1);
    assert_int_equal(result.unchanged, 1);
    uw_witness_clear(&witness);
    uw_extents_clear(&places);
    model_free(model);
}

/* A drive that was erased with the same pattern before. */
static void what_should_be_there_may_be_there(void **state)
{
    (void)state;
    struct uw_image image = image_of("55aa"), other = image_of("00");
    struct uw_extents places;
    struct uw_write_result written;
    struct uw_error e = {0};
    struct model *model = model_of_noise(BYTES, 512, &places);
    assert_true(uw_stream_write(&model->stream, &image, &written, &e));
    const struct {
        const struct uw_image *image;
        uint64_t unchanged;
    } rows[] = {{&image, 0}, {&other, places.count}, {NULL, places.count}};
    for (size_t i = 0; i < 3; i++) {
        struct uw_witness witness;
        take(model, &places, &witness);
        assert_int_equal(witness.constant, 0);
        assert_int_equal(look_again(model, rows[i].image, &witness).unchanged, rows[i].unchanged);
        uw_witness_clear(&witness);
    }
    uw_write_result_clear(&written);
    uw_extents_clear(&places);
    model_free(model);
}

static void unreadable_before_and_after(void **state)
{
    (void)state;
    struct uw_extents places;
    struct uw_witness witness;
    struct model *model = model_of_noise(BYTES, 512, &places);
    model_add_bad(model, places.items[3].offset + 4096 + 512, 512, READS);
    model_add_bad(model, places.items[10].offset + 4096, 4096, READS);
    model_add_bad(model, places.items[20].offset, 512, READS); /* a canary's place */
    take(model, &places, &witness);
    assert_int_equal(witness.taken, places.count - 2);
    assert_int_equal(witness.unreadable, 2);
    model_add_bad(model, places.items[30].offset + 8191, 1, READS);
    struct uw_witness_result result = look_again(model, NULL, &witness);
    assert_int_equal(result.taken, places.count - 2);
    assert_int_equal(result.unreadable, 1);
    assert_int_equal(result.unchanged, places.count - 3);
    uw_witness_clear(&witness);
    uw_extents_clear(&places);
    model_free(model);
}

static void stopped_and_stalled(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        bool stall = i % 2, second = i / 2;
        struct uw_extents places;
        struct uw_witness witness;
        struct uw_witness_result result = {0};
        struct model *model = model_of_noise(BYTES, 512, &places);
        model->stream.stall_ms = 1000;
        if (second)
            take(model, &places, &witness);
        model_add_bad(model, places.items[3].offset + 4096, 512, READS);
        if (stall)
            model_add_fault(model, (struct fault){.kind = FAULT_HANG,
                                                  .offset = places.items[50].offset,
                                                  .length = BYTES,
                                                  .directions = READS,
                                                  .times = ALWAYS});
        else
            model->stop_at = model->reaped + 80;
        if (second)
            result = look_again(model, NULL, &witness);
        else
            take(model, &places, &witness);
        assert_int_equal(second ? result.stalled : witness.stalled, stall);
        assert_int_equal(second ? result.stopped : witness.stopped, !stall);
        assert_int_equal(second ? result.unreadable : witness.unreadable, 1);
        assert_true((second ? result.unchanged : witness.taken) < places.count - 1);
        assert_true((second ? result.unchanged : witness.taken) >= 49 - 1);
        uw_witness_clear(&witness);
        uw_extents_clear(&places);
        model_free(model);
    }
}

/* What is kept of the content are hashes that nobody can make without the key. */
static void hashes_are_keyed(void **state)
{
    (void)state;
    struct uw_extents places;
    struct uw_witness first, second;
    uint8_t plain[SHA256_DIGEST_LENGTH];
    struct uw_witness_result result;
    struct uw_error e = {0};
    struct model *model = model_of_noise(BYTES, 512, &places);
    take(model, &places, &first);
    take(model, &places, &second);
    for (size_t i = 0; i < places.count; i++) {
        SHA256(model->media + first.spots[i].offset, first.spots[i].length, plain);
        assert_memory_not_equal(first.spots[i].hash, plain, sizeof plain);
        assert_memory_not_equal(first.spots[i].hash, second.spots[i].hash, sizeof plain);
    }
    look_again(model, NULL, &first);
    assert_false(uw_witness_compare(&model->stream, NULL, &first, &result, &e)); /* once */
    uw_witness_clear(&first);
    uw_witness_clear(&second);
    uw_witness_clear(&second);
    uw_extents_clear(&places);
    model_free(model);
}

/* The flags of the mapping that holds `address`; empty: there is none. */
static void mapping_flags(const void *address, char *flags, size_t room)
{
    char line[512];
    bool inside = false;
    FILE *maps = fopen("/proc/self/smaps", "r");
    assert_non_null(maps);
    flags[0] = '\0';
    while (fgets(line, sizeof line, maps) != NULL) {
        unsigned long long begin, end;
        if (sscanf(line, "%llx-%llx ", &begin, &end) == 2)
            inside = begin <= (uintptr_t)address && (uintptr_t)address < end;
        else if (inside && strncmp(line, "VmFlags:", 8) == 0)
            snprintf(flags, room, "%s", line + 8);
    }
    fclose(maps);
}

static void the_key_is_kept_apart_and_dies(void **state)
{
    (void)state;
    struct uw_extents places;
    struct uw_witness witness;
    char flags[512];
    struct model *model = model_of_noise(MIB, 512, &places);
    take(model, &places, &witness);
    uint8_t *key = witness.key;
    mapping_flags(key, flags, sizeof flags);
    assert_non_null(strstr(flags, " dd")); /* not dumped */
    assert_non_null(strstr(flags, " dc")); /* not inherited */
    if (!ASAN)
        assert_int_equal(strstr(flags, " lo") != NULL, witness.locked);
    look_again(model, NULL, &witness);
    mapping_flags(key, flags, sizeof flags);
    assert_null(strstr(flags, " dd")); /* gone, or somebody else's by now */
    uw_witness_clear(&witness);
    uw_extents_clear(&places);
    model_free(model);
}

static int take_without_lock(void)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mlock, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOMEM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {.len = sizeof filter / sizeof filter[0], .filter = filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        return 9;
    struct uw_extents places;
    struct uw_witness witness;
    struct model *model = model_of_noise(MIB, 512, &places);
    take(model, &places, &witness);
    bool unlocked = !witness.locked;
    return unlocked && look_again(model, NULL, &witness).unchanged == places.count ? 0 : 1;
}

static void without_locked_memory_it_still_works(void **state)
{
    (void)state;
    if (ASAN)
        skip();
    pid_t child = fork();
    if (child == 0)
        _exit(take_without_lock());
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void broken_machinery(void **state)
{
    (void)state;
    struct uw_extents places;
    struct uw_witness witness;
    struct uw_error e = {0};
    struct model *model = model_of_noise(MIB, 512, &places);
    model->fail_submit_at = 3;
    assert_false(uw_witness_take(&model->stream, &places, &witness, &e));
    assert_string_equal(e.text, "the queue broke");
    uw_witness_clear(&witness);
    uw_extents_clear(&places);
    model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_erased_drive_has_none),
        cmocka_unit_test(what_is_still_there_is_counted),
        cmocka_unit_test(each_byte_of_a_witness_counts),
        cmocka_unit_test(canaries_leave_the_witnesses_alone),
        cmocka_unit_test(constant_blocks_say_nothing),
        cmocka_unit_test(what_should_be_there_may_be_there),
        cmocka_unit_test(unreadable_before_and_after),
        cmocka_unit_test(stopped_and_stalled),
        cmocka_unit_test(hashes_are_keyed),
        cmocka_unit_test(the_key_is_kept_apart_and_dies),
        cmocka_unit_test(without_locked_memory_it_still_works),
        cmocka_unit_test(broken_machinery),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
