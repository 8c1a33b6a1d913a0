/* SPDX-License-Identifier: Apache-2.0 */
/* An ATA drive in memory that can erase itself and can lie about it, behind a SCSI / ATA translation layer.
 * A state machine of the standard's own words (ATA Command Set - 4: 4.13 accessible max address, 4.16
 * sanitize device, 4.18 security, 7 for the commands, 9 for the logs; HPA and DCO from ATA8-ACS) over an
 * injected clock; the layer in front of it is SAT-4's, or what hosts and bridges have in its place. It lays
 * out its data, registers and sense by itself, so that whoever builds commands and decodes answers is tested
 * by them. Beside what it says it keeps the truth: which sectors were erased.
 *
 * May be used from several threads: each call locks. */
#ifndef MODEL_ATA_H
#define MODEL_ATA_H

#include <pthread.h>

#include "model_block.h"
#include "model_tcg.h"
#include "wire/scsi.h"

enum {
    MODEL_ATA_LIES = 8,
    MODEL_ATA_LOG = 128,
    MODEL_ATA_TEXT = 48,
    MODEL_ATA_COMPLAINT = 160,
    MODEL_ATA_PASSWORD = 32,
    MODEL_ATA_SENSE = 32,
    MODEL_ATA_PAGE = 512
};

/* What a lie or a failure is about. */
enum model_ata_on {
    MODEL_ATA_BLOCK = 1,
    MODEL_ATA_OVERWRITE = 2,
    MODEL_ATA_CRYPTO = 4,
    MODEL_ATA_SANITIZE = MODEL_ATA_BLOCK | MODEL_ATA_OVERWRITE | MODEL_ATA_CRYPTO,
    MODEL_ATA_NORMAL = 8,    /* SECURITY ERASE UNIT */
    MODEL_ATA_ENHANCED = 16, /* the same, enhanced */
    MODEL_ATA_UNIT = MODEL_ATA_NORMAL | MODEL_ATA_ENHANCED,
    MODEL_ATA_ERASE = MODEL_ATA_SANITIZE | MODEL_ATA_UNIT,
    MODEL_ATA_STATUS = 32, /* SANITIZE STATUS EXT */
    MODEL_ATA_LOCKS = 64,  /* SANITIZE FREEZE LOCK EXT, ANTIFREEZE LOCK EXT */
    MODEL_ATA_PREPARE = 128,
    MODEL_ATA_SET_PASSWORD = 256,
    MODEL_ATA_UNLOCK = 512,
    MODEL_ATA_DISABLE = 1024,
    MODEL_ATA_IDENTIFY = 2048,
    MODEL_ATA_LOGS = 4096,   /* READ LOG EXT */
    MODEL_ATA_HIDDEN = 8192, /* HPA, accessible max, DCO */
    MODEL_ATA_NOP = 16384,
    MODEL_ATA_OTHER = 32768,    /* any other ATA command */
    MODEL_ATA_SCSI = 65536,     /* what the layer answers by itself */
    MODEL_ATA_OPENING = 131072, /* of MODEL_ATA_HIDDEN, what changes an area */
    MODEL_ATA_TRUSTED = 262144, /* SECURITY PROTOCOL IN and OUT */
    MODEL_ATA_REVERT = 524288,  /* the new key of a Revert */
    MODEL_ATA_RESCAN = 1048576  /* of the host's: it HANGS, or ends with an error (ABORTS) */
};

enum model_ata_lie_kind {
    MODEL_ATA_HONEST = 0,
    /* What an erase leaves undone. Its end is success. */
    MODEL_ATA_ERASES_NOTHING,
    MODEL_ATA_ERASES_HALF,     /* the first half of what can be addressed */
    MODEL_ATA_ERASES_NOT_LAST, /* all but the last sector that can be addressed */
    MODEL_ATA_ERASES_FIRST,    /* LBA 0 alone */
    MODEL_ATA_ERASES_VISIBLE,  /* what can be addressed; what HPA, AMAX or DCO hide is left */
    MODEL_ATA_KEEPS_KEY,       /* crypto (and an enhanced erase that leaves noise): data readable still */
    MODEL_ATA_ONLY_UNMAPS,     /* reads bring zeros; the media keep the data */
    /* A sanitize's progress and end. */
    MODEL_ATA_STANDS,              /* stops at progress `value` (0: 655), and runs for ever */
    MODEL_ATA_RUNS_BACKWARDS,      /* the progress falls while it runs */
    MODEL_ATA_PROGRESS_FFFF,       /* the progress is FFFFh from the middle on, while it runs */
    MODEL_ATA_NEVER_STARTS,        /* the command is accepted, and nothing begins */
    MODEL_ATA_SUCCESS_AT_ONCE,     /* the state is success while it still runs; sectors are readable */
    MODEL_ATA_FAILS_AFTER_ERASING, /* ends as failed, although all is erased */
    MODEL_ATA_FAILS,               /* fails truly, at `value` percent; what came after is not erased */
    /* SANITIZE STATUS EXT from such an operation on; with MODEL_ATA_STATUS or 0: from the beginning on. */
    MODEL_ATA_UNKNOWN_BITS, /* COUNT is `value` (0: 0FFFh) once it ended */
    MODEL_ATA_STATUS_ZERO,  /* COUNT and LBA are 0 */
    MODEL_ATA_STALE_STATUS, /* tells for ever of what came before */
    /* SECURITY ERASE UNIT. */
    MODEL_ATA_STAYS_ENABLED, /* success; the password stands, unlocked */
    MODEL_ATA_ENDS_LOCKED,   /* success; the password stands, locked */
    /* Commands. */
    MODEL_ATA_HANGS,      /* no answer, and no way to wrest one from the kernel */
    MODEL_ATA_TIMES_OUT,  /* no answer; the kernel gives up and resets the link (`value` 1: the drive never
                           * began with it) */
    MODEL_ATA_ABORTS,     /* with STATUS and ERROR `value`, e.g. 5104h; 0: that */
    MODEL_ATA_ACCEPTS,    /* answers success, and does nothing */
    MODEL_ATA_RESETS,     /* resets itself in the middle: 06/29/00; `value` 1: STATUS 50h, ERROR 01h */
    MODEL_ATA_OPENS_LESS, /* SET MAX, SET ACCESSIBLE MAX or DCO RESTORE: `value` sectors less (0: 8) */
    MODEL_ATA_LIES_LATER, /* has begun the lies below: once an erase ended */
    MODEL_ATA_OTHER_SERIAL = MODEL_ATA_LIES_LATER, /* `value` 1: the host goes on to say the old one */
    MODEL_ATA_OTHER_WWN,                           /* likewise */
    MODEL_ATA_OTHER_SIZE,                          /* one sector more */
    MODEL_ATA_READ_ERRORS,                         /* of sector `value`; MODEL_ALL: of every one */
    MODEL_ATA_LIE_KINDS
};

struct model_ata_lie {
    enum model_ata_lie_kind kind;
    unsigned on;    /* enum model_ata_on; 0: whatever it can be about */
    unsigned times; /* 0: always */
    uint64_t value;
};

enum model_ata_cut_moment {
    MODEL_ATA_NO_CUT = 0,
    MODEL_ATA_CUT_BEFORE, /* the drive never saw the command */
    MODEL_ATA_CUT_AFTER,  /* it took it (what it wrote is in its cache); the answer is lost */
    MODEL_ATA_CUT_DURING  /* `ms` after it took it, 0: in the middle; of a transfer half is moved */
};

struct model_ata_cut {
    unsigned command; /* the so many-th of CDBs, transfers and flushes from now on; 0: none */
    enum model_ata_cut_moment moment;
    uint64_t ms;
    uint64_t at_ms; /* another one, by the drive's clock; 0: none */
};

enum model_ata_identify_quirk {
    MODEL_ATA_IDENTIFY_TRUE = 0,
    MODEL_ATA_IDENTIFY_BAD_CHECKSUM,
    MODEL_ATA_IDENTIFY_OTHER_SIZE, /* made up by the bridge, with a right checksum */
    MODEL_ATA_IDENTIFY_ZERO,       /* GOOD, and no data */
    MODEL_ATA_IDENTIFY_MADE_UP     /* another size, another serial, nothing supported */
};

/* The layer in front. All zero: Linux's libata up to 6.1. */
struct model_ata_sat {
    bool standard; /* SAT-4: fixed sense where it belongs, also on success; and CK_COND spoils no data */
    bool d_sense;  /* as it is when powered on */
    bool d_sense_refused, d_sense_ignored; /* MODE SELECT: 05/26/00; or accepted, without effect */
    bool no_mode_page;                     /* MODE SENSE: 05/20/00 */
    bool swaps_lba;                        /* in fixed sense, low and high bytes */
    bool no_registers;                     /* GOOD whatever the drive says, without sense */
    bool zero_registers;                   /* sense, and all registers in it are 0 */
    bool zeroes_count;                     /* of commands without data */
    bool no_pass_through;                  /* 05/20/00 */
    bool only_12;                          /* the 16-byte form is not known: 05/20/00 */
    bool response;                 /* "return response information" (protocol 15) answers, else 05/24/00 */
    bool response_needs_direction; /* only with T_DIR set */
    bool usb;                  /* a bridge: a password or an erase unit sent through it is complained of */
    bool follows_size;         /* a rescan reads it from the drive; libata has it from its own last look */
    bool no_security_protocol; /* SECURITY PROTOCOL IN, OUT: 05/20/00, whatever the drive has */
    bool standard_vendor;      /* INQUIRY says the drive's own vendor, not "ATA" */
    uint8_t sense_bytes;       /* no more of it comes back; 0: all */
    enum model_ata_identify_quirk identify;
};

/* All zero: a drive that can neither be sanitized nor locked. */
struct model_ata_config {
    const char *serial, *model, *firmware; /* borrowed; NULL: of its own */
    uint64_t wwn;                          /* 0: of its own, unless no_wwn */
    bool no_wwn;
    struct model_config block; /* bytes: what it was made with, hidden areas too */
    uint16_t rotation;         /* word 217 */
    bool hybrid;               /* has flash for the host's hints too: word 78 bit 9 */
    bool caches;               /* keeps a non-volatile cache: word 214 bit 4, of older standards */
    bool no_checksum;          /* word 255 is 0 */
    bool no_48_bit, encrypts_all, cache_off;
    bool no_log;    /* READ LOG EXT aborts */
    bool short_nop; /* NOP echoes what a 28-bit command has */
    /* Hidden areas, in sectors: DCO takes its part from the end of the media, then HPA or AMAX theirs. */
    bool hpa, amax, dco;
    uint64_t hpa_sectors, amax_sectors, dco_sectors;
    bool hpa_password;   /* SET MAX is locked by one */
    bool amax_again;     /* takes SET ACCESSIBLE MAX more than once in a power cycle */
    bool hpa_of_28_bit;  /* it was set with SET MAX ADDRESS (F9h): the 48-bit form aborts */
    bool dco_bad_answer; /* DCO IDENTIFY with a wrong checksum */
    /* What the firmware of the host sends at each power-on, and that it sends it too when the host wakes. */
    bool freezes_security, freezes_sanitize, freezes_amax, freezes_dco, freezes_on_wake;
    bool powered_asleep; /* the host's sleep leaves it its power */
    /* Sanitize. */
    bool sanitize, crypto, block_erase, overwrite, antifreeze, definitive, restricted_overrides;
    bool zoned;          /* without ZNR, sectors read as zeros afterwards */
    bool unmaps;         /* after a block or crypto erase sectors read as unmapped_value */
    bool ends_otherwise; /* an overwrite without the definitive pattern ends with the inverse */
    uint8_t block_value; /* what a block erase leaves: 00h or FFh */
    uint8_t unmapped_value;
    /* Security. */
    bool security, enhanced, enhanced_noise;
    uint8_t enhanced_value;             /* what an enhanced erase leaves, but for noise */
    uint16_t erase_word, enhanced_word; /* words 89 and 90, as they are */
    const char *user_password;          /* somebody's; NULL: none set */
    const char *master_password;        /* NULL: 32 bytes of 0 */
    uint16_t master_id;                 /* 0: FFFEh */
    bool maximum, unlocked;             /* with a user password: its level; unlocked since power-on */
    bool counts_erase_tries;            /* a wrong password of ERASE UNIT counts as one of UNLOCK */
    bool reset_is_hard;       /* a link reset is a hardware reset; else software settings are preserved */
    bool unit_survives_reset; /* ERASE UNIT goes on after one */
    /* How long they take; 0: 1000 ms for crypto, 5000 for block, 20000 for a pass and ERASE UNIT, 2000 for an
     * enhanced one. MODEL_ALL: it is over when the command completes. */
    uint32_t block_ms, crypto_ms, pass_ms, normal_ms, enhanced_ms;
    uint32_t command_ms; /* what any other command takes */
    /* SMART: it has none; it is switched off; its word is that it will fail; wrong checksums; no thresholds.
     */
    struct {
        bool absent, off, exceeded, bad_checksum, no_thresholds;
        uint32_t hours, reallocated, pending;
        uint8_t worn; /* the value of the attribute of reallocated sectors, whose threshold is 10; 0: 100 */
    } smart;
    /* Which sanitize it was at when it is first powered (one bit of MODEL_ATA_SANITIZE), `elapsed_ms` of it
     * are over; or how the last one ended. */
    struct {
        unsigned running;
        uint64_t elapsed_ms;
        bool succeeded, failed, failure_mode;
    } former;
    struct model_tcg_config tcg; /* a class: it has the trusted computing feature set */
    struct model_ata_sat sat;
    struct model_ata_lie lies[MODEL_ATA_LIES];
    struct model_ata_cut cut;
};

enum model_ata_history {
    MODEL_ATA_OLD = 0, /* what stood there when the model was made */
    MODEL_ATA_WRITTEN, /* by the host since */
    MODEL_ATA_ERASED   /* by the drive, and not written since */
};

/* An erase at work. A sanitize is kept without power. */
struct model_ata_erase {
    bool running;
    unsigned on; /* which one; one bit */
    uint16_t count;
    uint32_t pattern;
    unsigned passes;
    uint64_t sectors; /* from LBA 0 on */
    uint64_t elapsed_ms, duration_ms;
    uint64_t steps, done;                                  /* sectors times passes */
    uint64_t key;                                          /* of noise */
    const struct model_ata_lie *lies[MODEL_ATA_LIE_KINDS]; /* in force for it; NULL: not */
};

/* A CDB as it was seen. */
struct model_ata_seen {
    uint8_t cdb0;
    bool ata; /* an ATA command came out of it: */
    uint8_t command;
    uint16_t features, count;
    uint64_t lba;
    uint8_t status, error; /* the drive's, whatever the layer made of it */
    int host_errno;        /* where no answer came back, -ETIMEDOUT */
    uint8_t scsi_status, key, asc, ascq;
    uint64_t ms;
};

enum model_ata_sanitize_state { MODEL_ATA_SD0, MODEL_ATA_SD1, MODEL_ATA_SD2, MODEL_ATA_SD3, MODEL_ATA_SD4 };

struct model_ata {
    pthread_mutex_t lock;
    struct model_ata_config config;
    char serial[MODEL_ATA_TEXT];
    uint64_t wwn;
    struct model_block *block;
    uint8_t *history; /* per sector, enum model_ata_history */
    bool *unmapped;
    uint8_t unmapped_value;
    uint64_t now_ms; /* the drive's own time; goes on without power */
    bool powered;
    bool deaf;         /* hangs for good */
    uint64_t commands; /* CDBs, transfers, flushes */
    struct model_ata_cut cut;
    uint64_t cut_counted; /* `commands` when the cut was set */
    uint8_t last_command; /* of the commands that must follow another directly; 0: none of them */
    /* Security. */
    uint8_t user[MODEL_ATA_PASSWORD], master[MODEL_ATA_PASSWORD];
    bool enabled, locked, frozen, maximum;
    uint16_t master_id;
    unsigned tries; /* that are left */
    /* Sanitize. */
    enum model_ata_sanitize_state state;
    bool succeeded; /* the last one; kept without power */
    bool failure_mode, antifreeze;
    struct model_ata_erase sanitize, unit, revert;
    struct model_tcg tcg;
    unsigned erases;                  /* that ended, true or not */
    uint16_t old_count, old_progress; /* what STATUS said before the first one began */
    bool old_failed;
    /* Hidden areas, in sectors. */
    uint64_t native;        /* with what HPA or AMAX hide */
    uint64_t visible, kept; /* `kept`: visible after a power cycle */
    bool set_max_done, amax_done, amax_frozen, dco_frozen;
    uint64_t host_sectors;  /* as the host has it since it last looked */
    uint64_t layer_sectors; /* as the layer has it since it last read IDENTIFY for itself */
    bool layer_looks;       /* it will, before the next command */
    bool gone;              /* the layer gave it up: it had another size than it knew how to explain */
    uint64_t sleeps;
    unsigned rescans; /* that the host was told to make */
    /* The layer. */
    bool d_sense;
    uint8_t response[14]; /* of the last pass-through, as a status return descriptor */
    uint64_t power_cycles, keys;
    struct model_ata_seen seen[MODEL_ATA_LOG]; /* the first ones */
    size_t seen_count;
    char complaint[MODEL_ATA_COMPLAINT]; /* what a host must not do */
};

/* NULL when memory ran out. Powered on. */
struct model_ata *model_ata_new(const struct model_ata_config *config);
void model_ata_free(struct model_ata *ata);

/* Time is the drive's, in ms; it never runs backwards: an earlier one counts as now. */
uint64_t model_ata_now(struct model_ata *ata);
void model_ata_advance(struct model_ata *ata, uint64_t now_ms);

/* A CDB through a kernel, which waits command->timeout_ms (7 s at least) and then resets the link
 * (-ETIMEDOUT), for a host who waits timeout_ms (negative: for ever). *now_ms moves on to when the answer
 * came, or the patience ended. False: *stalled, no answer. */
bool model_ata_scsi(struct model_ata *ata, uint64_t *now_ms, struct uw_scsi_command *command, int timeout_ms,
                    bool *stalled);

/* The same for a door whose clock is a real one: no time passes, and how long anybody waits is the door's
 * affair. ANSWERED: the answer is due *after_ms later. BUSY: the drive does not look at it before *after_ms
 * passed; ask again then. SILENT: none will come. */
enum model_ata_taken { MODEL_ATA_ANSWERED, MODEL_ATA_BUSY, MODEL_ATA_SILENT };
enum model_ata_taken model_ata_take(struct model_ata *ata, uint64_t now_ms, struct uw_scsi_command *command,
                                    uint64_t *after_ms);

/* As model_block_move, model_block_flush and model_block_look, on what can be addressed. */
int64_t model_ata_move(struct model_ata *ata, uint64_t now_ms, bool write, uint64_t offset, uint32_t length,
                       uint8_t *data);
int model_ata_flush(struct model_ata *ata, uint64_t now_ms);
int model_ata_look(struct model_ata *ata, uint64_t now_ms, uint64_t *bytes);

/* From the cut on all calls fail with ENODEV, no erase goes on, and the media keep what they had. */
void model_ata_cut_power(struct model_ata *ata);
void model_ata_power_on(struct model_ata *ata);
/* Of the link; a hardware reset where the drive takes it as one. */
void model_ata_reset(struct model_ata *ata);
/* The host looks anew how large it is. */
void model_ata_rescan(struct model_ata *ata);
/* The same as a host does it that is told to (device/rescan): it asks the layer in front of the drive.
 * 0, or an errno. */
int model_ata_host_rescan(struct model_ata *ata, uint64_t now_ms);
/* The host sleeps (suspend to RAM) and wakes. A drive that loses its power meanwhile comes back as after any
 * power-on, but for what only the host's firmware does when the machine starts. */
void model_ata_sleep(struct model_ata *ata);
/* Replaces the cut; counts from now on. */
void model_ata_set_cut(struct model_ata *ata, struct model_ata_cut cut);

/* What the host goes by: names and a size that it read when it found the drive, or looked anew. */
struct model_ata_names {
    char serial[MODEL_ATA_TEXT];
    uint64_t wwn; /* 0: none */
    uint64_t bytes;
};
struct model_ata_names model_ata_names(struct model_ata *ata);
bool model_ata_is_powered(struct model_ata *ata);
/* The first thing that a host must not do and did; empty: nothing. */
void model_ata_complaint(struct model_ata *ata, char text[MODEL_ATA_COMPLAINT]);

/* What is really on the media. */
struct model_ata_truth {
    uint64_t sectors, visible;     /* all there are; that can be addressed now */
    uint64_t old, written, erased; /* of all, by enum model_ata_history */
    uint64_t hidden_old;           /* of them, beyond what can be addressed */
    uint64_t unmapped;
    uint64_t old_units; /* of MODEL_OLD_BYTES, with the mark of the old data, wherever they stand */
};
struct model_ata_truth model_ata_truth(struct model_ata *ata);
/* ATA commands seen of a code. */
unsigned model_ata_seen_count(const struct model_ata *ata, uint8_t command);

#endif
