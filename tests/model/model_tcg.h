/* SPDX-License-Identifier: Apache-2.0 */
/* The part of a drive that locks and encrypts its data, as a host meets it by IF-SEND and IF-RECV: a trusted
 * peripheral (TCG Storage Architecture Core Specification 2.01) of one of the security subsystem classes,
 * with the authority PSID (Opal SSC Feature Set: PSID 1.00), which can revert (Opal SSC 2.01, 5.1.2.2) and
 * can lie about it. It takes packets apart and builds answers by itself. Which sectors a new key makes
 * unreadable is the affair of the drive that has it. */
#ifndef MODEL_TCG_H
#define MODEL_TCG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MODEL_TCG_LIES = 4, MODEL_TCG_ANSWER = 256, MODEL_TCG_COMID = 0x0ffe };

enum model_tcg_class {
    MODEL_TCG_NONE = 0,
    MODEL_TCG_OPAL_1,
    MODEL_TCG_OPAL_2,
    MODEL_TCG_OPALITE,
    MODEL_TCG_PYRITE_1,
    MODEL_TCG_PYRITE_2,
    MODEL_TCG_RUBY,
    MODEL_TCG_ENTERPRISE
};

/* What a lie is about; 0: all of it. */
enum model_tcg_on { MODEL_TCG_DISCOVERY = 1, MODEL_TCG_START = 2, MODEL_TCG_REVERT = 4 };

/* Whether the data are gone is told by the lies of the drive itself, about its erases. */
enum model_tcg_lie_kind {
    MODEL_TCG_HONEST = 0,
    MODEL_TCG_STAYS_ENABLED,       /* Revert succeeds; locking goes on to be enabled, nothing is locked */
    MODEL_TCG_STAYS_LOCKED,        /* likewise, and all is locked as before */
    MODEL_TCG_FAILS,               /* the status is FAIL, and nothing is done */
    MODEL_TCG_FAILS_AFTER_ERASING, /* the status is FAIL, although all is done */
    MODEL_TCG_PENDING,             /* the answer is outstanding for ever; the work is done all the same */
    MODEL_TCG_SILENT,              /* likewise, but there is none, and none is outstanding */
    MODEL_TCG_OTHER_COMID,         /* answers are of the ComID after its own */
    MODEL_TCG_CUT_SHORT,           /* less comes than the lengths say; the rest is zeros */
    MODEL_TCG_TOO_LONG             /* the innermost length says more than there is room for */
};

struct model_tcg_lie {
    enum model_tcg_lie_kind kind;
    unsigned on;
};

/* All zero: none. */
struct model_tcg_config {
    enum model_tcg_class class;
    uint16_t comid;   /* 0: MODEL_TCG_COMID */
    const char *psid; /* borrowed; NULL: model_tcg_psid; "": it has none */
    bool encrypts, enabled, locked, sid_blocked;
    bool shadow_mbr; /* enabled and not done: reads bring it instead of the data */
    unsigned tries;  /* wrong PSIDs, until none is taken before the next power cycle; 0: no limit */
    bool key_first;  /* what breaks a Revert off finds the key changed, and locking as it was; else nothing */
    bool bare_refusal;  /* a refused StartSession is answered without the session numbers */
    uint32_t revert_ms; /* 0: 500; UINT32_MAX: it is over when the command completes */
    struct model_tcg_lie lies[MODEL_TCG_LIES];
};

struct model_tcg {
    struct model_tcg_config config;
    void (*new_key)(void *drive);
    void *drive;
    bool enabled, locked, shadow_mbr, sid_blocked;
    unsigned wrong; /* PSIDs since the last right one or power-on */
    /* The session; at most one. */
    bool open, authorized;
    uint32_t host_session, tper_session, sessions;
    /* Revert at work. */
    bool reverting;
    uint64_t now_ms, ends_ms;
    unsigned reverts; /* that ended */
    /* What waits to be fetched. */
    bool waits, outstanding;
    uint8_t answer[MODEL_TCG_ANSWER];
    uint32_t answer_bytes;
    const char *complaint; /* what a host must not do and did; NULL: nothing */
};

extern const char model_tcg_psid[];

/* new_key is called, with `drive`, when the media key changes. */
void model_tcg_init(struct model_tcg *tcg, const struct model_tcg_config *config,
                    void (*new_key)(void *drive), void *drive);
void model_tcg_advance(struct model_tcg *tcg, uint64_t now_ms);
void model_tcg_power_on(struct model_tcg *tcg);
/* Of the interface, or the end of the power: sessions are gone, Revert breaks off. */
void model_tcg_reset(struct model_tcg *tcg);
uint64_t model_tcg_left_ms(const struct model_tcg *tcg); /* of a Revert; 0: none runs */

enum model_tcg_result { MODEL_TCG_GOOD = 0, MODEL_TCG_INVALID, MODEL_TCG_SEQUENCE };
/* IF-RECV and IF-SEND: security protocol, its specific field (the ComID), data. */
enum model_tcg_result model_tcg_receive(struct model_tcg *tcg, uint8_t protocol, uint16_t specific,
                                        uint8_t *data, uint32_t bytes);
enum model_tcg_result model_tcg_send(struct model_tcg *tcg, uint8_t protocol, uint16_t specific,
                                     const uint8_t *data, uint32_t bytes);

/* Whether user data can be had now; *shadow: reads bring zeros in their place. */
bool model_tcg_lets(const struct model_tcg *tcg, bool write, bool *shadow);

#endif
