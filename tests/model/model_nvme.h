/* SPDX-License-Identifier: Apache-2.0 */
/* An NVMe controller in memory with its namespaces, which can erase itself and can lie about it. A state
 * machine of the standard's own words (NVM Express Base Specification 2.0: section 5 for the commands and log
 * pages, 8 for sanitize operations) over an injected clock. It lays its pages out by itself, so that whoever
 * decodes them is tested by them. Beside what it says it keeps the truth: which blocks were erased.
 *
 * One controller is one NVM subsystem. Its namespaces may be used from several threads: each call locks. */
#ifndef MODEL_NVME_H
#define MODEL_NVME_H

#include <pthread.h>
#include <stdatomic.h>

#include "model_block.h"
#include "model_tcg.h"
#include "wire/nvme.h"

enum {
    MODEL_NVME_NAMESPACES = 8,
    MODEL_NVME_LIES = 8,
    MODEL_NVME_LOG = 64,
    MODEL_NVME_TEXT = 64,
    MODEL_NVME_COMPLAINT = 160
};

/* What a lie or a failure is about. */
enum model_nvme_on {
    MODEL_NVME_BLOCK = 1,
    MODEL_NVME_OVERWRITE = 2,
    MODEL_NVME_CRYPTO = 4,
    MODEL_NVME_SANITIZE = MODEL_NVME_BLOCK | MODEL_NVME_OVERWRITE | MODEL_NVME_CRYPTO,
    MODEL_NVME_FORMAT_USER = 8,
    MODEL_NVME_FORMAT_CRYPTO = 16,
    MODEL_NVME_FORMAT_PLAIN = 32, /* SES 0: erases nothing */
    MODEL_NVME_FORMAT = MODEL_NVME_FORMAT_USER | MODEL_NVME_FORMAT_CRYPTO | MODEL_NVME_FORMAT_PLAIN,
    MODEL_NVME_EXIT_FAILURE = 64,
    MODEL_NVME_IDENTIFY = 128,
    MODEL_NVME_GET_LOG = 256,
    MODEL_NVME_RESCAN = 512,
    MODEL_NVME_OTHER = 1024,    /* any other admin command */
    MODEL_NVME_SECURITY = 2048, /* Security Send and Receive */
    MODEL_NVME_REVERT = 4096,   /* the new key of a Revert */
    MODEL_NVME_ERASE = MODEL_NVME_SANITIZE | MODEL_NVME_FORMAT
};

enum model_nvme_lie_kind {
    MODEL_NVME_HONEST = 0,
    /* What an erase leaves undone. Its status is success. */
    MODEL_NVME_ERASES_NOTHING,
    MODEL_NVME_ERASES_HALF,     /* the first half of each namespace */
    MODEL_NVME_ERASES_NOT_LAST, /* all but each namespace's last block */
    MODEL_NVME_ERASES_ONE,      /* one namespace: that of nsid `value`, 0: the first */
    MODEL_NVME_ERASES_ATTACHED, /* attached namespaces alone */
    MODEL_NVME_KEEPS_KEY,       /* crypto erases, and the data are readable still */
    MODEL_NVME_ONLY_UNMAPS,     /* reads bring what unmapped blocks bring; the media keep the data */
    /* A sanitize's progress and end. */
    MODEL_NVME_STANDS,              /* stops at SPROG `value` (0: 655), and runs for ever */
    MODEL_NVME_RUNS_BACKWARDS,      /* SPROG falls while it runs */
    MODEL_NVME_PROGRESS_FFFF,       /* SPROG is FFFFh from the middle on, while it runs */
    MODEL_NVME_NEVER_STARTS,        /* the command is accepted, and nothing begins */
    MODEL_NVME_SUCCESS_AT_ONCE,     /* the status is success while it still runs; blocks are readable */
    MODEL_NVME_FAILS_AFTER_ERASING, /* the status is failed, although all is erased */
    MODEL_NVME_FAILS,               /* fails truly, at `value` percent; what came after is not erased */
    /* The Sanitize Status log from such an operation on; with MODEL_NVME_GET_LOG or 0: from the beginning on.
     */
    MODEL_NVME_RESERVED_STATUS, /* the state is `value` (0: 5) once the operation ended */
    MODEL_NVME_STALE_LOG,       /* tells for ever of the operation that came before */
    MODEL_NVME_OTHER_ACTION,    /* SCDW10 is `value`, 0: of another action */
    MODEL_NVME_LOG_REFUSED,     /* status `value`, 0: invalid field */
    MODEL_NVME_LOG_ZERO,        /* all bytes 0 */
    /* Commands. */
    MODEL_NVME_HANGS,      /* no answer, and no way to wrest one from the kernel */
    MODEL_NVME_TIMES_OUT,  /* no answer; the kernel gives up, the drive does it all the same (`value` 1: not)
                            */
    MODEL_NVME_ABORTS,     /* with status `value`, 0: internal error */
    MODEL_NVME_ACCEPTS,    /* answers success where it should refuse, and does nothing */
    MODEL_NVME_LIES_LATER, /* has begun the lies below: once an erase ended */
    MODEL_NVME_OTHER_SERIAL = MODEL_NVME_LIES_LATER, /* `value` 1: the host goes on to say the old one */
    MODEL_NVME_OTHER_SIZE,                           /* one block more */
    MODEL_NVME_OTHER_NSID,                           /* the ids are 100 more than they were */
    MODEL_NVME_OTHER_EUI,                            /* likewise */
    MODEL_NVME_READ_ERRORS,                          /* of block `value`; MODEL_ALL: of every block */
    MODEL_NVME_LIE_KINDS
};

struct model_nvme_lie {
    enum model_nvme_lie_kind kind;
    unsigned on;    /* enum model_nvme_on; 0: whatever it can be about */
    unsigned times; /* 0: always */
    uint64_t value;
};

struct model_nvme_medium {
    struct model_config block; /* block_bytes is the LBA format's: a power of two */
    uint32_t nsid;             /* 0: its place, counted from 1 */
    bool present;              /* the first is, whatever this says */
    bool detached;             /* allocated and not attached: no device of the host's */
    bool write_protected, shared;
    uint8_t format_index;    /* the LBA format in use */
    uint16_t metadata_bytes; /* of it */
    bool extended_metadata, protection_first;
    uint8_t protection; /* type 0..3 */
    uint8_t eui64[8];   /* all zero: made of nsid, unless `no_eui64` */
    bool no_eui64;
};

enum model_nvme_cut_moment {
    MODEL_NVME_NO_CUT = 0,
    MODEL_NVME_CUT_BEFORE, /* the drive never saw the command */
    MODEL_NVME_CUT_AFTER,  /* it took it (what it wrote is in its cache); the answer is lost */
    MODEL_NVME_CUT_DURING  /* `ms` after it took it, 0: in the middle; of a transfer half is moved */
};

struct model_nvme_cut {
    unsigned command; /* the so many-th of admin commands, transfers and flushes from now on; 0: none */
    enum model_nvme_cut_moment moment;
    uint64_t ms;
    uint64_t at_ms; /* another one, by the controller's clock; 0: none */
};

/* All zero: a drive of one namespace that can neither sanitize nor format. */
struct model_nvme_config {
    const char *serial, *model, *firmware, *subsystem; /* borrowed; NULL: of its own */
    uint8_t cmic, lpa, vwc, fna, dlfeat;
    uint8_t critical_warning; /* of the health log; bit 3, read-only media: takes no writes */
    uint16_t oacs;
    uint32_t sanicap, rpmbs;
    uint64_t unallocated_bytes;
    bool warns;               /* NODRM: no-deallocate where it is inhibited warns instead of being refused */
    bool keeps_mapped;        /* does not unmap, although it was not asked to keep */
    bool unmapped_unreadable; /* reads of unmapped blocks fail */
    uint8_t block_value;      /* what a block erase leaves in the cells: 00h or FFh */
    uint8_t unmapped_value;   /* what unmapped blocks bring where DLFEAT does not say */
    bool reset_breaks_format; /* the kernel's reset after a time-out ends a Format half done */
    bool broken_format_readable; /* blocks can be read although FPI says that a Format is not done */
    /* How long they take; 0: 1000 ms for crypto, 5000 for block, 20000 for an overwrite's pass and a Format.
     * MODEL_ALL: it is over when the command completes. */
    uint32_t block_ms, crypto_ms, pass_ms, format_ms;
    uint32_t admin_ms; /* what any other command takes */
    /* As the log tells them, in seconds: overwrite, block, crypto, then the same with no-deallocate. */
    uint32_t estimate_s[6];
    bool no_estimates; /* says FFFFFFFFh to all */
    /* What the drive did before: a state of the log, and CDW10. RUNNING: it is at it when it is first
     * powered, `elapsed_ms` of it are over. */
    struct {
        uint8_t state;
        uint32_t cdw10, cdw11;
        uint64_t elapsed_ms;
        bool global_erased;
    } former;
    struct model_tcg_config tcg; /* a class: OACS has its bit 0 */
    struct model_nvme_medium media[MODEL_NVME_NAMESPACES];
    struct model_nvme_lie lies[MODEL_NVME_LIES];
    struct model_nvme_cut cut;
};

enum model_nvme_block_history {
    MODEL_NVME_OLD = 0, /* what stood there when the model was made */
    MODEL_NVME_WRITTEN, /* by the host since */
    MODEL_NVME_ERASED   /* by the drive, and not written since */
};

struct model_nvme_space {
    struct model_nvme_medium medium; /* defaults filled in */
    struct model_block *block;
    uint8_t *history; /* per block, enum model_nvme_block_history */
    bool *unmapped;
    uint8_t format_left; /* percent that a broken Format left to do; 0: none */
    bool format_broken;
    uint64_t host_bytes; /* as the host has it since it last looked */
};

/* An erase at work. Kept without power. */
struct model_nvme_erase {
    bool running;
    unsigned on; /* which one; one bit */
    uint32_t cdw10, cdw11;
    unsigned passes;
    uint32_t spaces; /* bit per place: the namespaces that it is to erase */
    bool unmaps, unexpected;
    uint64_t elapsed_ms, duration_ms;
    uint64_t steps, done;                                    /* blocks times passes */
    uint64_t key;                                            /* of a crypto erase */
    const struct model_nvme_lie *lies[MODEL_NVME_LIE_KINDS]; /* in force for it; NULL: not */
};

/* A command that reached the controller, other than those that only read. */
struct model_nvme_seen {
    uint8_t opcode;
    uint32_t nsid, cdw10, cdw11;
    int status; /* as it was answered; where no answer came back, the -errno */
    uint64_t ms;
};

struct model_nvme {
    pthread_mutex_t lock;
    struct model_nvme_config config;
    char serial[MODEL_NVME_TEXT];
    struct model_nvme_space spaces[MODEL_NVME_NAMESPACES];
    size_t count;
    uint64_t now_ms; /* the controller's own time; goes on without power */
    bool powered;
    bool deaf;         /* hangs for good */
    uint64_t commands; /* admin commands, transfers, flushes */
    struct model_nvme_cut cut;
    uint64_t cut_counted; /* `commands` when the cut was set */
    /* Of the log: the state and the operation that it tells of. */
    uint8_t state;
    uint8_t passes_done;
    bool global_erased;
    bool restricted_failure, unrestricted_failure;
    struct model_nvme_erase sanitize, format, revert;
    struct model_tcg tcg;
    unsigned erases; /* that ended, true or not */
    uint64_t power_cycles, unsafe_shutdowns, keys;
    struct model_nvme_seen seen[MODEL_NVME_LOG]; /* the first ones */
    size_t seen_count;
    /* Format NVM and Sanitize that came while one was at work: the drive aborts them (Base 2.0, 5.14 and
     * 5.24). */
    unsigned overlaps;
    atomic_uint erasing;                  /* of them, those that hosts wait for now */
    char complaint[MODEL_NVME_COMPLAINT]; /* what a host must not do */
};

/* NULL when memory ran out. Powered on. */
struct model_nvme *model_nvme_new(const struct model_nvme_config *config);
void model_nvme_free(struct model_nvme *nvme);

/* Time is the controller's, in ms; it never runs backwards: an earlier one counts as now. */
uint64_t model_nvme_now(struct model_nvme *nvme);
void model_nvme_advance(struct model_nvme *nvme, uint64_t now_ms);

/* An admin command through a kernel, which waits command->timeout_ms and then resets the controller (-EINTR),
 * for a host who waits timeout_ms (negative: for ever). *now_ms moves on to when the answer came, or the
 * patience ended. False: *stalled, no answer. */
bool model_nvme_ask(struct model_nvme *nvme, uint64_t *now_ms, struct uw_nvme_command *command,
                    int timeout_ms, bool *stalled);
/* The same for a door whose clock is a real one: no time passes, and how long anybody waits is the door's
 * affair. The answer is due *took_ms later. False: none will come. */
bool model_nvme_take(struct model_nvme *nvme, uint64_t now_ms, struct uw_nvme_command *command,
                     uint64_t *took_ms);
/* The host looks at the controller anew; 0 or an errno. *stalled as above. */
int model_nvme_rescan(struct model_nvme *nvme, uint64_t *now_ms, int timeout_ms, bool *stalled);

/* As model_block_move, model_block_flush and model_block_look, on the namespace at that place. */
int64_t model_nvme_move(struct model_nvme *nvme, size_t place, uint64_t now_ms, bool write, uint64_t offset,
                        uint32_t length, uint8_t *data);
int model_nvme_flush(struct model_nvme *nvme, size_t place, uint64_t now_ms);
int model_nvme_look(struct model_nvme *nvme, size_t place, uint64_t now_ms, uint64_t *bytes);

/* From the cut on all calls fail with ENODEV, no erase goes on, and the media keep what they had. */
void model_nvme_cut_power(struct model_nvme *nvme);
void model_nvme_power_on(struct model_nvme *nvme);
/* Of the controller alone: an erase goes on (but see reset_breaks_format). */
void model_nvme_reset(struct model_nvme *nvme);
/* Replaces the cut; counts from now on. */
void model_nvme_set_cut(struct model_nvme *nvme, struct model_nvme_cut cut);

/* What the host goes by: names that it read when it found the drive, or when it looked anew. */
struct model_nvme_names {
    char serial[MODEL_NVME_TEXT];
    uint8_t eui64[8];
    uint64_t bytes;
};
struct model_nvme_names model_nvme_names(struct model_nvme *nvme, size_t place);
bool model_nvme_is_powered(struct model_nvme *nvme);
/* The first thing that a host must not do and did; empty: nothing. */
void model_nvme_complaint(struct model_nvme *nvme, char text[MODEL_NVME_COMPLAINT]);

/* The place of a namespace; MODEL_NVME_NAMESPACES: there is none. */
size_t model_nvme_place(const struct model_nvme *nvme, uint32_t nsid);

/* What is really on a namespace's medium. */
struct model_nvme_truth {
    uint64_t blocks;
    uint64_t old, written, erased; /* blocks, by enum model_nvme_block_history */
    uint64_t unmapped;
    uint64_t old_units; /* of MODEL_OLD_BYTES, with the mark of the old data, wherever they stand */
};
struct model_nvme_truth model_nvme_truth(struct model_nvme *nvme, size_t place);
/* Commands of that opcode among `seen`. */
unsigned model_nvme_seen_count(const struct model_nvme *nvme, uint8_t opcode);

#endif
