/* SPDX-License-Identifier: Apache-2.0 */
/* What erase would do to a drive: a pure function of the drive, the policy and the methods there are. */
#ifndef UW_CORE_PLAN_H
#define UW_CORE_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "core/drive.h"
#include "core/method.h"
#include "core/policy.h"
#include "core/sample.h"

/* What was asked for. */
struct uw_policy {
    enum uw_level level;
    enum uw_rule_set rule_set;
    enum uw_profile verify;             /* at least; the rule may ask for more */
    const struct uw_method *method;     /* NULL: the strongest that fits */
    const struct uw_standard *standard; /* NULL: what the rule says */
    enum uw_cipher cipher;              /* of keystream passes */
    bool allow_downgrade;
};

enum { UW_REJECTED = 24, UW_WHY_BYTES = 256, UW_LIMITATIONS = 12 };

/* Codes: level, in_use, boot_medium, partition, read_only, size, confirmation, identity, no_direct_io,
 * no_permission. */
struct uw_refusal {
    bool refused;
    int exit_code; /* 3: the level; 4: everything else */
    char code[UW_KIND_BYTES];
    char why[UW_WHY_BYTES * 2];
    char way_out[UW_WHY_BYTES * 2];
};

struct uw_rejected {
    const struct uw_method *method;
    char why[UW_WHY_BYTES];
};

/* One step in this version: the ladder goes on in the issue of the next method. Borrows drive, methods,
 * standards. */
struct uw_plan {
    const struct uw_drive *drive;
    struct uw_policy policy;
    enum uw_level level; /* what it will reach under policy.rule_set */
    bool downgraded;     /* below policy.level, as allowed */
    const struct uw_rule *rule;
    const struct uw_method *method; /* NULL: none */
    const struct uw_standard *standard;
    enum uw_profile verify;
    uint64_t estimate_s; /* 0: not known */
    const char *limitations[UW_LIMITATIONS];
    size_t limitation_count;
    bool hidden_unknown; /* hidden areas could not be asked about: a reservation */
    struct uw_rejected rejected[UW_REJECTED];
    size_t rejected_count;
    struct uw_refusal refusal;
};

void uw_plan_make(const struct uw_drive *drive, const struct uw_policy *policy, uw_method_list *methods,
                  struct uw_plan *plan);

/* Records the first refusal; later ones are left out. */
void uw_plan_refuse(struct uw_plan *plan, int exit_code, const char *code, const char *way_out,
                    const char *format, ...) __attribute__((format(printf, 5, 6)));

/* The highest level that any method reaches on this drive, and why not more. */
enum uw_level uw_plan_reach(const struct uw_drive *drive, enum uw_rule_set set, uw_method_list *methods,
                            char *why, size_t why_bytes);

/* {"code","why","way_out"}; new reference. */
json_t *uw_refusal_json(const struct uw_refusal *refusal);

/* One entry of plan --json. New reference. */
json_t *uw_plan_json(const struct uw_plan *plan);

/* The event plan-made: what intent and certificate need of the plan. New reference. */
json_t *uw_plan_event(const struct uw_plan *plan);

#endif
