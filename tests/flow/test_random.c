/* SPDX-License-Identifier: Apache-2.0 */
/* Drives with random sizes and up to three random faults that begin at random moments. Nothing is foreseen of
 * a single run but what must be true of all. flow_test_random FIRST LAST runs other seeds. */
#include "flow.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/run.h"

enum { FIRST_SEED = 1, LAST_SEED = 300, FAULTS_MOST = 3, NAME_BYTES = 24 };

static uint64_t state_of_random;
static unsigned verdicts[UW_VERDICTS];

/* splitmix64 (public domain, S. Vigna). */
static uint64_t draw(uint64_t below)
{
    uint64_t z = state_of_random += 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return (z ^ (z >> 31)) % below;
}

static bool chance(unsigned percent)
{
    return draw(100) < percent;
}

static void draw_size(struct model_config *config)
{
    static const uint32_t blocks[] = {512, 512, 512, 4096, 4096, 1024, 65536};
    config->block_bytes = blocks[draw(sizeof blocks / sizeof *blocks)];
    uint64_t most = (chance(80) ? 3ULL << 20 : 9ULL << 20) / config->block_bytes;
    config->bytes = (1 + draw(chance(10) ? 4 : most)) * config->block_bytes;
    if (chance(10))
        config->bytes += 1 + draw(config->block_bytes - 1);
    config->cache_blocks = chance(20) ? MODEL_ALL : (uint32_t)(1 + draw(300));
}

static void draw_moment(struct model_fault *fault, uint64_t bytes)
{
    switch (draw(6)) {
    case 0:
        break;
    case 1:
        fault->after_transfers = draw(80);
        break;
    case 2:
        fault->after_bytes = draw(2 * bytes + 1);
        break;
    case 3:
        fault->after_looks = 1;
        break;
    default:
        fault->after_flushes = 1 + draw(2);
        break;
    }
    if (chance(15))
        fault->until_flushes = fault->after_flushes + 1;
    if (chance(15))
        fault->until_bytes = fault->after_bytes + 1 + draw(bytes);
    if (chance(30))
        fault->times = 1 + (unsigned)draw(6);
}

static void draw_place(struct model_fault *fault, uint64_t blocks)
{
    if (chance(30))
        return;
    fault->lba = chance(15) ? 0 : chance(15) ? MODEL_LAST : draw(blocks);
    fault->blocks = chance(60) ? 1 : 1 + draw(blocks);
}

/* Often what happens often, seldom what ends all else. */
static const enum model_effect effects[] = {
    MODEL_ERROR, MODEL_ERROR, MODEL_ERROR, MODEL_ERROR, MODEL_SHORT,  MODEL_SHORT,  MODEL_FLIP,   MODEL_ALIAS,
    MODEL_LOSE,  MODEL_LOSE,  MODEL_ZERO,  MODEL_STALE, MODEL_GONE,   MODEL_EMPTY,  MODEL_SHRINK, MODEL_OTHER,
    MODEL_POWER, MODEL_HANG,  MODEL_HANG,  MODEL_HANG,  MODEL_FORGET, MODEL_REVERT, MODEL_HOLD,
};

static void draw_fault(struct model_fault *fault, const struct model_config *config)
{
    static const int errors[] = {EIO, EIO, ENOSPC, EREMOTEIO, ENODATA, ETIMEDOUT, EROFS};
    uint64_t blocks = (config->bytes + config->block_bytes - 1) / config->block_bytes, reach = 1;
    *fault = (struct model_fault){.effect = effects[draw(sizeof effects / sizeof *effects)],
                                  .error = errors[draw(sizeof errors / sizeof *errors)]};
    draw_place(fault, blocks);
    draw_moment(fault, config->bytes);
    switch (fault->effect) {
    case MODEL_ERROR:
        fault->on = (unsigned)(chance(70) ? 1 + draw(3) : 1 + draw(15));
        break;
    case MODEL_SHORT:
    case MODEL_FLIP: /* in one direction: what is turned over twice reads well */
        fault->on = chance(50) ? MODEL_READ : MODEL_WRITE;
        fault->value = draw(config->block_bytes);
        break;
    case MODEL_ALIAS:
        while (reach * 2 < blocks && chance(85))
            reach *= 2;
        fault->value = reach * config->block_bytes;
        fault->on = (unsigned)(1 + draw(3));
        break;
    case MODEL_SHRINK:
        fault->value = draw(blocks) * config->block_bytes;
        fault->on = chance(80) ? 0 : MODEL_LOOK;
        break;
    case MODEL_OTHER:
        fault->value = draw(MODEL_FIELDS);
        break;
    case MODEL_HANG:
        fault->on = (unsigned)(1 + draw(7));
        fault->value = chance(50) ? 0 : 1 + draw(100000);
        break;
    default:
        break;
    }
}

/* What no reader of the drive can see: one that reads zeros whatever it holds, where zeros are expected; one
 * that reads another address, where all hold the same; one that reads an earlier pass, where an earlier pass
 * was the same. Only an image that is different everywhere and each time shows them. */
static bool needs_keystream(const struct model_config *config)
{
    for (size_t i = 0; i < FAULTS_MOST; i++) {
        enum model_effect effect = config->faults[i].effect;
        if (effect == MODEL_ZERO || effect == MODEL_ALIAS || effect == MODEL_STALE)
            return true;
    }
    return false;
}

static void press_ctrl_c(struct model_drive *drive, void *user)
{
    struct flow *flow = user;
    (void)drive;
    uw_run_stop(flow->run);
}

static void one_seed(void **state)
{
    static const char *const standards[] = {"nist-clear", "nist-clear",    "random",
                                            "complement", "dod-5220.22-m", "twice"};
    static const enum uw_bus buses[] = {UW_BUS_NVME, UW_BUS_SCSI, UW_BUS_ATA, UW_BUS_MAPPER};
    const unsigned *seed = *state;
    static struct flow flow;
    char name[NAME_BYTES];
    snprintf(name, sizeof name, "seed-%u", *seed);
    struct model_facts facts = {.name = name};
    struct model_config config = {0};
    state_of_random = *seed;
    draw_size(&config);
    facts.bus = buses[draw(sizeof buses / sizeof *buses)];
    flow_open(&flow, 1);
    flow.machine.hold = press_ctrl_c;
    flow.machine.user = &flow;
    flow.request.standard = standards[draw(sizeof standards / sizeof *standards)];
    uint64_t faults = draw(FAULTS_MOST + 1);
    for (uint64_t i = faults; i > 0; i--)
        draw_fault(&config.faults[i - 1], &config);
    if (needs_keystream(&config))
        flow.request.standard = "random";
    flow_put(&flow, 0, &facts, &config, draw(UINT64_MAX));
    flow_run(&flow);
    flow_check(&flow);
    if (faults == 0)
        assert_true(strncmp(flow_verdict(&flow, 0), "sanitized", 9) == 0);
    for (int i = 0; i < UW_VERDICTS; i++)
        verdicts[i] += strcmp(flow_verdict(&flow, 0), uw_verdict_name((enum uw_verdict)i)) == 0;
    flow_close(&flow);
}

/* The faults are drawn so that each end is seen, most of all those that matter. */
static void spread(void **state)
{
    (void)state;
    for (int i = 0; i < UW_VERDICTS; i++)
        print_message("%u %s\n", verdicts[i], uw_verdict_name((enum uw_verdict)i));
    assert_true(verdicts[UW_VERDICT_SANITIZED] >= 50);
    assert_true(verdicts[UW_VERDICT_FAILED] >= 50);
    assert_true(verdicts[UW_VERDICT_SANITIZED_WITH_EXCEPTIONS] >= 5);
    assert_true(verdicts[UW_VERDICT_STALLED] >= 5);
    assert_true(verdicts[UW_VERDICT_ABORTED] >= 5);
    assert_true(verdicts[UW_VERDICT_REFUSED] >= 1);
}

int main(int argc, char **argv)
{
    unsigned first = argc > 2 ? (unsigned)strtoul(argv[1], NULL, 10) : FIRST_SEED;
    unsigned last = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : LAST_SEED;
    size_t count = last >= first ? last - first + 1 : 0;
    struct CMUnitTest *tests = calloc(count + 1, sizeof *tests);
    char(*names)[NAME_BYTES] = calloc(count + 1, sizeof *names);
    unsigned *seeds = calloc(count + 1, sizeof *seeds);
    if (tests == NULL || names == NULL || seeds == NULL)
        return 1;
    for (size_t i = 0; i < count; i++) {
        seeds[i] = first + (unsigned)i;
        snprintf(names[i], sizeof *names, "seed %u", seeds[i]);
        tests[i] = (struct CMUnitTest){.name = names[i], .test_func = one_seed, .initial_state = &seeds[i]};
    }
    if (argc <= 2)
        tests[count++] = (struct CMUnitTest){.name = "spread", .test_func = spread};
    int failed = _cmocka_run_group_tests("random", tests, count, NULL, flow_remove_all);
    free(tests);
    free(names);
    free(seeds);
    return failed;
}
