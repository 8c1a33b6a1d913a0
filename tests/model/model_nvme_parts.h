/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the NVMe model share. All of it with the controller locked. */
#ifndef MODEL_NVME_PARTS_H
#define MODEL_NVME_PARTS_H

#include "model_nvme.h"

/* The first lie of that kind about `on` that is not used up; NULL: none. */
struct model_nvme_lie *nvme_lie(struct model_nvme *nvme, enum model_nvme_lie_kind kind, unsigned on);
/* Of a lie that comes a number of times, one is spent. */
void nvme_lie_spend(struct model_nvme_lie *lie);
/* The lie if it is one of those that begin when an erase ended, and one did. */
const struct model_nvme_lie *nvme_later_lie(struct model_nvme *nvme, enum model_nvme_lie_kind kind);
void nvme_complain(struct model_nvme *nvme, const char *what);

/* model_nvme_command.c. Carries a command out, with the lies that are about commands; the status. */
int nvme_answer(struct model_nvme *nvme, struct uw_nvme_command *command, uint64_t *took_ms);
bool nvme_is_sanitizing(const struct model_nvme *nvme); /* and admits it */
bool nvme_has_failed(const struct model_nvme *nvme);
bool nvme_has_security(const struct model_nvme *nvme); /* Send and Receive */
uint32_t nvme_all_spaces(const struct model_nvme *nvme);
/* The bit of the sanitize that CDW10 asks for; EXIT_FAILURE and OTHER as well. */
unsigned nvme_sanitize_on(uint32_t cdw10);

/* model_nvme_erase.c: namespaces and what becomes of their blocks. */
bool nvme_space_init(struct model_nvme *nvme, const struct model_nvme_medium *medium, size_t place);
void nvme_space_clear(struct model_nvme_space *space);
/* Fills in what the command left open and begins. `spaces`: bit per place. */
void nvme_erase_begin(struct model_nvme *nvme, struct model_nvme_erase *erase, unsigned on, uint32_t cdw10,
                      uint32_t cdw11, uint32_t spaces);
/* Lets ms pass for it; it may end. */
void nvme_erase_run(struct model_nvme *nvme, struct model_nvme_erase *erase, uint64_t ms);
/* A Format that runs stays half done. */
void nvme_format_break(struct model_nvme *nvme);
void nvme_new_key(void *nvme);                                         /* of all namespaces, by a Revert */
uint8_t nvme_format_left(const struct model_nvme *nvme, size_t place); /* percent, as FPI has it */

/* model_nvme_pages.c. `page` has UW_NVME_PAGE_BYTES, `log` UW_NVME_LOG_BYTES, all 0. */
void nvme_page_controller(struct model_nvme *nvme, uint8_t *page);
void nvme_page_namespace(struct model_nvme *nvme, size_t place, uint8_t *page);
void nvme_page_list(struct model_nvme *nvme, uint32_t after, bool allocated, uint8_t *page);
void nvme_log_health(struct model_nvme *nvme, uint8_t *log);
int nvme_log_sanitize(struct model_nvme *nvme, uint8_t *log); /* 0 or a status */
uint32_t nvme_most_nsid(const struct model_nvme *nvme);       /* NN */
uint32_t nvme_nsid(struct model_nvme *nvme, size_t place);    /* as the drive says it now */
uint64_t nvme_blocks(struct model_nvme *nvme, size_t place);  /* likewise */

/* Of the command that began it. */
enum { NVME_AUSE = 1U << 3, NVME_OIPBP = 1U << 8, NVME_NDAS = 1U << 9 };
/* Log 81h. */
enum { NVME_NEVER, NVME_SUCCESS, NVME_RUNNING, NVME_FAILED, NVME_UNEXPECTED };

#endif
