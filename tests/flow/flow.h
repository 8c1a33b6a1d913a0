/* SPDX-License-Identifier: Apache-2.0 */
/* Whole runs of the real engine on model drives: started, listened to, ended; then everything that must be
 * true of any run is checked against what really became of the drives. */
#ifndef FLOW_H
#define FLOW_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

#include "core/verdict.h"
#include "model/devices.h"
#include "flow_ata_rows.h"
#include "flow_nvme_rows.h"
#include "unwrite/unwrite.h"

enum { FLOW_FOLDER_BYTES = 128, FLOW_NAME_BYTES = 64, FLOW_OWNED = 4 };

enum flow_confirm {
    FLOW_BY_OPTION = 0,
    FLOW_BY_NOBODY,
    FLOW_BY_ANOTHER,
    FLOW_AT_TERMINAL,
    FLOW_BY_TYPING_ROT
};

struct flow {
    char folder[FLOW_FOLDER_BYTES]; /* all of the run's files lie below */
    char certificates[FLOW_FOLDER_BYTES + 16], state[FLOW_FOLDER_BYTES + 16], key[FLOW_FOLDER_BYTES + 16];
    char psids[FLOW_FOLDER_BYTES + 16];
    struct model_machine machine;
    char (*devices)[FLOW_NAME_BYTES * 2]; /* /model/NAME of each drive */
    const char **targets;
    struct uw_request request; /* level clear, all drives, unless the test says otherwise */
    enum device_confirm confirm;
    /* Presses Ctrl-C when pass `stop_at_pass` of job 0 has begun (negative: when that drive is about to be
     * touched) and a drive waits at its MODEL_HOLD. 0: never. */
    json_int_t stop_at_pass;
    void (*heard)(struct flow *flow, const struct uw_event *event); /* may be NULL; must not fail the test */
    void *user;
    /* Afterwards: */
    struct uw_error error;
    bool started;
    bool locked_before; /* a run before this one left our password on an ATA drive */
    bool unseen;        /* NVMe drives may keep old data where no host can look */
    enum uw_exit exit_code;
    char run_id[40];
    json_t *plans;        /* what uw_run_plans says */
    json_t *events;       /* [{"event","job","data"}], job -1 of the run */
    json_t **certificate; /* body of each job's certificate as it was stored; NULL: none was */
    json_t **intent;
    char fault[256]; /* what the listener saw go wrong */
    void *run;       /* while it runs */
    void *gate;      /* of MODEL_HOLD */
    struct model_nvme *owned[FLOW_OWNED];
    struct model_ata *owned_ata[FLOW_OWNED];
};

/* A scratch folder with the test key, and a machine for so many drives. Fails the test where that cannot be.
 */
void flow_open(struct flow *flow, size_t drives);
void flow_put(struct flow *flow, size_t index, const struct model_facts *facts,
              const struct model_config *config, uint64_t order);
/* As flow_put, of a namespace; `nvme` must live until flow_close. */
void flow_put_nvme(struct flow *flow, size_t index, const struct model_facts *facts, struct model_nvme *nvme,
                   uint32_t nsid, uint64_t order);
/* Has flow_close free the controller. */
void flow_own_nvme(struct flow *flow, struct model_nvme *nvme);
/* Opens a flow with a row's request and those namespaces of its drive that it names; the drive is the flow's.
 */
void flow_open_nvme(struct flow *flow, const struct nvme_row *device);
/* What a row says of a job, of exit code and commands; fails the test. After flow_check. */
void flow_expect_nvme(const struct flow *flow, size_t job, const struct nvme_row *device);
/* A whole run of a row, with all of that. */
void flow_run_nvme(const struct nvme_row *device);
/* As flow_put, of an ATA drive, which must live until flow_close. */
void flow_put_ata(struct flow *flow, size_t index, const struct model_facts *facts, struct model_ata *ata,
                  uint64_t order);
/* Has flow_close free it. */
void flow_own_ata(struct flow *flow, struct model_ata *ata);
/* Opens a flow with a row's request and drive, which is the flow's. */
void flow_open_ata(struct flow *flow, const struct ata_row *device);
/* What a row says of job 0; fails the test. After flow_check. */
void flow_expect_ata(const struct flow *flow, const struct ata_row *device);
/* A whole run of a row, with all of that. */
void flow_run_ata(const struct ata_row *device);
/* Opens, starts and listens to the end. A run that could not be opened or started has `error`. */
void flow_run(struct flow *flow);
/* Has the request name a file with this PSID for each of the drives. */
void flow_give_psid(struct flow *flow, const char *psid);
/* Lets the drives that a MODEL_HOLD keeps waiting go on; for `heard`. */
void flow_release(struct flow *flow);
/* As flow_run, up to the plans. */
void flow_plan(struct flow *flow);
/* Everything that must be true of every run; fails the test. */
void flow_check(struct flow *flow);
/* Forgets events, plans, documents and errors, so that flow_run can run on the same drives again. */
void flow_again(struct flow *flow);
/* Where FLOW_KEEP names a folder, copies of the documents go there. */
void flow_close(struct flow *flow);

/* The body of a document below flow->certificates: verified with the test key (and refused where that is not
 * allowed), of this kind, of this run, simulated, free of control characters. Fails the test otherwise. */
json_t *flow_read_signed(const struct flow *flow, const char *path, const char *kind);

/* Of flow_check: what a certificate says of an NVMe drive that erased itself, or was not to be touched. */
void flow_check_nvme(const struct flow *flow, size_t job, const json_t *body);

/* Of flow_check: the same of an ATA drive, whatever erased it. `image` is what a last pass of the host's
 * left, NULL: there was none. */
void flow_check_ata(const struct flow *flow, size_t job, const json_t *body, const uint8_t *image);

/* What became of a job; the documents' words. */
const char *flow_verdict(const struct flow *flow, size_t job);
/* The first event of that name of that job; NULL: none. */
const json_t *flow_event(const struct flow *flow, size_t job, const char *event);
/* Where in certificate.steps the method begins that the verdict is about; those before it failed. */
size_t flow_first_step(const json_t *certificate);
/* That step, NULL: none. */
const json_t *flow_step(const struct flow *flow, size_t job);
bool flow_is_internal(const json_t *step); /* an erase inside the drive; NULL is none */
json_int_t flow_number(const json_t *object, const char *name);
const char *flow_text(const json_t *object, const char *name); /* "" where there is none */

/* Whether any string or name below holds a control character (C0, DEL, C1) or one that reorders or hides. */
bool flow_has_controls(const json_t *value);

/* Group teardown: removes what tests that failed left behind. */
int flow_remove_all(void **state);

#endif
