/* SPDX-License-Identifier: Apache-2.0 */
/* What a drive that encrypts itself says in its Level 0 Discovery (TCG Storage Architecture Core
 * Specification 2.01, 3.3.6). Pure data: wire/tcg.h decodes it, the probe fills it. */
#ifndef UW_CORE_TCG_H
#define UW_CORE_TCG_H

#include <stdbool.h>
#include <stdint.h>

enum { UW_TCG_PSID_BYTES = 32 }; /* as it is printed on the label, without dashes */

/* The security subsystem class that the drive implements. */
enum uw_tcg_class {
    UW_TCG_NONE = 0,   /* none that we know */
    UW_TCG_OPAL,       /* Opal 1 or 2, features 0200h, 0203h */
    UW_TCG_OPALITE,    /* 0301h */
    UW_TCG_PYRITE,     /* 0302h, 0303h: it locks, and may not encrypt */
    UW_TCG_RUBY,       /* 0304h */
    UW_TCG_ENTERPRISE, /* 0100h */
    UW_TCG_CLASSES
};

struct uw_tcg {
    bool known; /* it answered */
    enum uw_tcg_class class;
    uint16_t comid;  /* the class's base ComID; 0: none */
    bool locking;    /* feature 0002h is there */
    bool enabled;    /* locking is activated */
    bool locked;     /* at least one range is */
    bool encrypts;   /* media encryption */
    bool shadow_mbr; /* enabled: reads bring it in place of the data until it is done */
    bool shadow_mbr_done;
    bool sid_blocked;    /* feature 0402h: until the next reset or power cycle */
    uint8_t locking_raw; /* byte 4 of feature 0002h */
};

const char *uw_tcg_class_name(enum uw_tcg_class class); /* "opal", ...; "none" */

#endif
