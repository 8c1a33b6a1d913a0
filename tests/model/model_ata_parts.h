/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the ATA model share. All of it with the drive locked. */
#ifndef MODEL_ATA_PARTS_H
#define MODEL_ATA_PARTS_H

#include "model_ata.h"

enum { ATA_NON_DATA = 3, ATA_PIO_IN = 4, ATA_PIO_OUT = 5, ATA_RESPONSE = 15 };
enum { ATA_GOOD = 0x50, ATA_FAILED = 0x51, ATA_DRQ = 0x58, ATA_ABRT = 0x04, ATA_IDNF = 0x10 };
enum { ATA_TRIES = 5, ATA_PREPARE = 0xf3, ATA_NATIVE_EXT = 0x27, ATA_NATIVE = 0xf8, ATA_AT_REST = 0xffff };

/* Registers and data as they reach the drive, and what it answers. */
struct ata_task {
    uint8_t command;
    uint16_t features, count;
    uint64_t lba;
    uint8_t device;
    bool extended;
    unsigned protocol;
    uint8_t *data;
    uint32_t bytes;
    /* The answer; COUNT, LBA and DEVICE are what was sent until somebody says otherwise. */
    uint8_t status, error;
    uint16_t count_out;
    uint64_t lba_out;
    uint64_t took_ms;
    bool reset; /* no answer of the command's: the drive was reset */
};

/* The first lie of that kind about `on` that is not used up; NULL: none. */
struct model_ata_lie *ata_lie(struct model_ata *ata, enum model_ata_lie_kind kind, unsigned on);
/* Of a lie that comes a number of times, one is spent. */
void ata_lie_spend(struct model_ata_lie *lie);
/* The lie if it is one of those that begin when an erase ended, and one did. */
const struct model_ata_lie *ata_later_lie(struct model_ata *ata, enum model_ata_lie_kind kind);
void ata_complain(struct model_ata *ata, const char *what);
/* Whether a lie or a quirk gives another serial; `host`: to the host's own knowledge of it. */
bool ata_is_renamed(struct model_ata *ata, enum model_ata_lie_kind kind, bool host);

/* model_ata_command.c. Carries a command out, with the lies that are about commands. */
void ata_answer(struct model_ata *ata, struct ata_task *task);
unsigned ata_on(const struct ata_task *task);
void ata_abort(struct ata_task *task);

/* model_ata_security.c: F1h to F6h. */
void ata_security(struct model_ata *ata, struct ata_task *task);
/* TCG SIIS: where locking is enabled, the feature set is not there. */
bool ata_has_security(const struct model_ata *ata);
void ata_security_power_on(struct model_ata *ata);
/* Of a hardware reset, or when the power comes. */
void ata_security_lock(struct model_ata *ata);
uint16_t ata_security_word(const struct model_ata *ata); /* word 128 */

/* model_ata_sanitize.c: B4h. */
void ata_sanitize(struct model_ata *ata, struct ata_task *task);
void ata_sanitize_power_on(struct model_ata *ata);
void ata_sanitize_remember(struct model_ata *ata); /* the status that a stale one is */
void ata_sanitize_end(struct model_ata *ata, bool failed);
bool ata_is_sanitizing(const struct model_ata *ata); /* and admits it */
uint16_t ata_sanitize_progress(const struct model_ata *ata);

/* model_ata_erase.c. */
bool ata_media_init(struct model_ata *ata);
void ata_erase_begin(struct model_ata *ata, struct model_ata_erase *erase, unsigned on, uint16_t count,
                     uint32_t pattern);
void ata_new_key(void *ata); /* of all sectors, by a Revert */
/* Lets ms pass for it; it may end. */
void ata_erase_run(struct model_ata *ata, struct model_ata_erase *erase, uint64_t ms);
/* How long it will go on; 0 if it does not run. */
uint64_t ata_erase_left_ms(const struct model_ata_erase *erase);

/* model_ata_smart.c: B0h. */
void ata_smart(struct model_ata *ata, struct ata_task *task);

/* model_ata_pages.c. `page` has MODEL_ATA_PAGE bytes, all 0. */
void ata_page_identify(struct model_ata *ata, uint8_t *page);
/* False: there is no such log. */
bool ata_page_log(struct model_ata *ata, uint8_t log, unsigned number, uint8_t *page);
void ata_page_dco(struct model_ata *ata, uint8_t *page);
void ata_page_checksum(uint8_t *page);
uint64_t ata_sectors(struct model_ata *ata);                   /* addressable, as the drive says it now */
void ata_put(uint8_t *at, unsigned bytes, uint64_t value);     /* little endian */
void ata_put_big(uint8_t *at, unsigned bytes, uint64_t value); /* big endian */

/* model_ata_sat.c: CDBs in, sense out; fills in the command's answer. *took_ms: until it comes. */
void ata_sat(struct model_ata *ata, struct uw_scsi_command *command, uint64_t *took_ms,
             struct model_ata_seen *seen);
/* `registers`: of `task`, or NULL. */
void ata_sense(const struct model_ata *ata, struct uw_scsi_command *command, uint8_t key, uint8_t asc,
               uint8_t ascq, const struct ata_task *task);

/* model_ata_scsi.c: what the layer answers by itself. */
void ata_scsi(struct model_ata *ata, struct uw_scsi_command *command);

#endif
