/* SPDX-License-Identifier: Apache-2.0 */
/* Named drives, each with the one thing (or two) that it does badly, what is asked for, and what must come
 * out. */
#ifndef MODEL_DEVICES_H
#define MODEL_DEVICES_H

#include "model_machine.h"

enum { DEVICE_RANGES = 4, DEVICE_ANY = -1, DEVICE_EITHER = -2 };
#define DEVICE_SOME UINT64_MAX

/* Who says that the drive may be erased. */
enum device_confirm {
    CONFIRM_BY_OPTION = 0,
    CONFIRM_BY_NOBODY,
    CONFIRM_BY_WRONG_OPTION,
    CONFIRM_AT_TERMINAL,
    CONFIRM_BY_WRONG_WORD,
};

struct device {
    const char *name;
    struct model_facts facts; /* its name is the row's */
    struct model_config config;
    struct {
        const char *level; /* NULL: clear */
        const char *method, *standard, *keystream, *verify, *rule_set;
        bool allow_downgrade;
        enum device_confirm confirm;
    } request;
    int stop_at_pass; /* Ctrl-C when that pass has begun, DEVICE_ANY: at once; a MODEL_HOLD waits for it */
    struct {
        const char *verdict;
        int exit_code;
        const char *why; /* part of the certificate's statement; of a refusal its code */
        struct {
            uint64_t lba, count;
            int error;
        } unwritten[DEVICE_RANGES]; /* exactly these; a count of DEVICE_SOME: one range at least */
        int64_t not_narrowed;       /* bytes of them that were not tried block by block; DEVICE_ANY */
        bool untouched;             /* no step was begun */
        /* Of the read-back: blocks that differ, canaries among them, ranges that could not be read.
         * DEVICE_ANY: one at least. */
        int64_t mismatches, canaries, unreadable;
        /* Of the marker blocks: that came back different, that failed in any way. */
        int64_t strayed, unmarked;
    } expect;
};

extern const struct device devices[];
extern const size_t device_count;

#endif
