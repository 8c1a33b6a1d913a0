/* SPDX-License-Identifier: Apache-2.0 */
/* Named NVMe drives, what is asked for, and what must come out. */
#ifndef FLOW_NVME_ROWS_H
#define FLOW_NVME_ROWS_H

#include "model/model_machine.h"

enum { NVME_ROW_ANY = -1 };

struct nvme_row {
    const char *name;
    struct model_nvme_config config;
    struct model_facts facts; /* its name is given */
    struct {
        const char *level; /* NULL: purge */
        const char *psid;  /* in the file of them; NULL: there is none */
        const char *method, *standard, *verify, *rule_set, *jobs;
        bool allow_downgrade;
    } request;
    unsigned named; /* bit per place; 0: every attached namespace */
    struct {
        const char *verdict; /* of every job */
        int exit_code;
        const char *level, *rule, *method; /* of the claim; NULL: none, not compared, none */
        const char *limitations;           /* codes with a blank between; of refusals not compared */
        const char *exceptions;            /* likewise; NULL: none */
        const char *why; /* part of the statement or of what the step ended with; of a refusal its code */
        const char *evidence;   /* evidence_class; NULL: not compared */
        int sanitizes, formats; /* commands that the drive saw; NVME_ROW_ANY: not compared */
        bool unseen;            /* old data stay where no host sees them */
    } expect;
};

extern const struct nvme_row nvme_rows[];
extern const size_t nvme_row_count;

#endif
