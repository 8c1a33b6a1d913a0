/* SPDX-License-Identifier: Apache-2.0 */
/* What erase would do to a drive: a pure function of the drive, the policy and the methods there are. */
#ifndef UW_CORE_PLAN_H
#define UW_CORE_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "core/drive.h"
#include "core/hidden.h"
#include "core/method.h"
#include "core/nvme.h"
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
    bool siblings_named; /* the drive shows several namespaces, hides none, and all are to be erased */
    bool restore_dco;    /* DCO RESTORE may be sent to a drive whose configuration hides something */
    bool own_password;   /* an ATA drive's password is the one that a run of ours left when it broke off */
};

enum { UW_REJECTED = 24, UW_RUNGS = 8, UW_WHY_BYTES = 256, UW_LIMITATIONS = 12 };

/* Codes: level, in_use, boot_medium, partition, read_only, size, sanitize_running, sanitize_state,
 * locked, siblings, confirmation, identity, no_direct_io, no_permission, not_begun. */
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

/* Another namespace that the method erases with the target. */
struct uw_affected {
    uint32_t nsid;
    bool attached; /* to the target's controller */
};

/* Why no marker can be written before the erase. */
enum uw_unmarked {
    UW_MARKED = 0,
    UW_UNMARKED_RUNNING,   /* a sanitize runs already */
    UW_UNMARKED_FAILED,    /* a sanitize failed, and another is what ends that */
    UW_UNMARKED_FORMAT,    /* a format is not done: the namespace takes no writes until it is erased anew */
    UW_UNMARKED_READ_ONLY, /* the drive has put its media into read-only mode */
    UW_UNMARKED_LOCKED,    /* its encryption is locked, or a shadow MBR stands before its data */
    /* Zones take writes at their write pointers alone. Nothing is lost: in the last pass every block holds
     * what nobody else can have written. */
    UW_UNMARKED_ZONES
};

/* What is done about the password of an ATA drive before anything else. */
enum uw_unlock {
    UW_UNLOCK_NOTHING = 0,
    UW_UNLOCK_OURS, /* it is noted to be ours: it is taken away */
    UW_UNLOCK_TRY   /* it may be ours: one try, and a refusal where it is somebody else's */
};

/* The way out of a locked drive; the documented password is in method/ata_security.h. */
#define UW_PLAN_UNLOCK                                                                                       \
    "unlock it with its password and take that away; an erase of unwrite's that broke off leaves the user "  \
    "password \"unwrite\" (zero padded, level high)"

/* The way out of a sanitize that failed, where nothing but another one is allowed. */
#define UW_PLAN_FAILED_SANITIZE                                                                              \
    "sanitize it: run again without --method and --standard; where that fails every time, destroy it"

/* A second step, after the first one ended well and what it left was read back: this one covers it up. */
struct uw_follow {
    const struct uw_method *method; /* "overwrite"; NULL: there is no second step */
    const struct uw_standard *standard;
    uint64_t estimate_s; /* as of the plan */
};

/* Another way to erase the drive, for when the one before it fails: none of a lower level than was asked for,
 * nor than what was allowed instead. */
struct uw_rung {
    const struct uw_method *method;
    const struct uw_rule *rule;
    enum uw_level level;
};

/* One step, or two. Borrows drive, methods, standards. */
struct uw_plan {
    const struct uw_drive *drive;
    struct uw_policy policy;
    enum uw_level level; /* what it will reach under policy.rule_set */
    bool downgraded;     /* below policy.level, as allowed */
    const struct uw_rule *rule;
    const struct uw_method *method;     /* NULL: none */
    enum uw_technique technique;        /* the method's; UW_TECHNIQUE_DEVICE_SANITIZE with `attach` where the
                                           drive does not say which of its sanitize operations it runs: then
                                           it may leave what any of them does */
    const struct uw_standard *standard; /* NULL: the method writes no patterns */
    struct uw_follow follow;
    struct uw_rung next[UW_RUNGS]; /* in the order in which they are tried */
    size_t next_count;
    enum uw_profile verify;
    uint64_t estimate_s; /* 0: not known */
    bool cannot_stop;    /* once it runs; never of `follow` */
    bool attach;         /* the drive runs it already: wait for its end */
    bool hits_subsystem; /* it erases every namespace of the drive */
    bool ends_failed; /* the state that a failed sanitize left is ended before it, by a command of its own */
    bool allied;      /* it erases one of several, and claims purge with the others erased like it */
    enum uw_unlock unlock_first;
    enum uw_unmarked unmarked; /* other than UW_MARKED and of zones: a reservation */
    struct uw_opens opens;     /* before anything is written; `drive` is what it is then */
    struct uw_affected also_affected[UW_NVME_NAMESPACES]; /* ascending */
    size_t also_affected_count;
    const char *limitations[UW_LIMITATIONS];
    size_t limitation_count;
    bool hidden_unknown; /* it leaves out areas that may be there and could not be asked about: a reservation
                          */
    bool hidden_left;    /* it leaves out hidden areas that are there: a reservation */
    struct uw_rejected rejected[UW_REJECTED];
    size_t rejected_count;
    struct uw_refusal refusal;
};

void uw_plan_make(const struct uw_drive *drive, const struct uw_policy *policy, uw_method_list *methods,
                  struct uw_plan *plan);

/* Takes the next way, of which there is one, in the place of the method that failed. Nothing is attached to
 * or unlocked then. */
void uw_plan_descend(struct uw_plan *plan, uw_method_list *methods);
/* The same where areas that the method leaves out can be opened before it: `*opened` receives the drive as it
 * is then, and the plan borrows it. Without such areas, or where the drive is refused all the same, it is
 * uw_plan_make's. */
void uw_plan_make_opening(const struct uw_drive *drive, const struct uw_policy *policy,
                          uw_method_list *methods, struct uw_drive *opened, struct uw_plan *plan);

/* Two namespaces of one drive. One that has no name of its own is known by its controller's node. */
bool uw_same_subsystem(const struct uw_drive *a, const struct uw_drive *b);

/* An erase of every namespace of a drive must have been asked for each of them: refuses those plans whose
 * method erases attached namespaces, or leaves them to others, that no other plan of the list erases in the
 * same way. Called when all
 * plans are made, and again when some of them were refused since. Those that erase together keep the next
 * ways that all of them have. */
void uw_plan_siblings(struct uw_plan **plans, size_t count);

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

/* The events plan-made and plan-changed: what intent and certificate need of the plan. New reference. */
json_t *uw_plan_event(const struct uw_plan *plan);

#endif
