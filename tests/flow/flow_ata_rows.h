/* SPDX-License-Identifier: Apache-2.0 */
/* Named ATA drives, what is asked for, and what must come out. */
#ifndef FLOW_ATA_ROWS_H
#define FLOW_ATA_ROWS_H

#include "model/model_machine.h"

enum { ATA_ROW_ANY = -1 };

struct ata_row {
    const char *name;
    struct model_ata_config config;
    struct model_facts facts; /* its name is given; no bus: ATA, no media: by word 217 */
    bool expired;             /* all tries at its password are used up */
    bool health;              /* SMART is on: libatasmart takes 80 ms a look, which most rows do without */
    struct {
        const char *level; /* NULL: purge */
        const char *psid;  /* in the file of them; NULL: there is none */
        const char *method, *standard, *verify, *rule_set;
        bool allow_downgrade, restore_dco, unfreeze;
    } request;
    struct {
        const char *verdict;
        int exit_code;
        const char *level, *rule, *method; /* of the claim; NULL: none, not compared, none */
        const char *profile;               /* how much is read back at least; NULL: not compared */
        const char *limitations;           /* codes with a blank between; of refusals not compared */
        const char *exceptions;            /* likewise; NULL: none */
        const char *why; /* part of the statement or of what the step ended with; of a refusal its code */
        const char *evidence; /* evidence_class; NULL: not compared */
        int sanitizes, units; /* erases that the drive was sent; ATA_ROW_ANY: not compared */
        bool unseen;          /* old data stay where no host sees them */
    } expect;
};

extern const struct ata_row ata_rows[];
extern const size_t ata_row_count;

#endif
