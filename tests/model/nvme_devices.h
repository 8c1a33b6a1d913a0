/* SPDX-License-Identifier: Apache-2.0 */
/* Named NVMe drives, what is asked for, and what must come out. */
#ifndef MODEL_NVME_DEVICES_H
#define MODEL_NVME_DEVICES_H

#include "model_machine.h"

enum { NVME_DEVICE_ANY = -1 };

struct nvme_device {
    const char *name;
    struct model_nvme_config config;
    struct model_facts facts; /* its name is given */
    struct {
        const char *level; /* NULL: purge */
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
        int sanitizes, formats; /* commands that the drive saw; NVME_DEVICE_ANY: not compared */
        bool hides_old;         /* old data stay where no host sees them */
    } expect;
};

extern const struct nvme_device nvme_devices[];
extern const size_t nvme_device_count;

#endif
