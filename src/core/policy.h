/* SPDX-License-Identifier: Apache-2.0 */
/* What may be claimed: levels, techniques and what each rule set makes of them, and the rules (rows) that say
 * which method and which verification a drive asks for. Data with a few look-ups; unwrite-claims(7) prints
 * the same rows. */
#ifndef UW_CORE_POLICY_H
#define UW_CORE_POLICY_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

#include "core/drive.h"
#include "core/sample.h"

enum uw_level { UW_LEVEL_NONE = 0, UW_LEVEL_CLEAR, UW_LEVEL_PURGE };
const char *uw_level_name(enum uw_level level);
bool uw_level_parse(const char *name, enum uw_level *level); /* "clear", "purge" */
enum uw_level uw_level_lower(enum uw_level a, enum uw_level b);

enum uw_technique {
    UW_TECHNIQUE_HOST_OVERWRITE = 0,
    UW_TECHNIQUE_DEVICE_SANITIZE_BLOCK,
    UW_TECHNIQUE_DEVICE_SANITIZE_CRYPTO,
    UW_TECHNIQUE_DEVICE_SANITIZE_OVERWRITE,
    UW_TECHNIQUE_NVME_FORMAT_CRYPTO,
    UW_TECHNIQUE_NVME_FORMAT_USER_DATA,
    UW_TECHNIQUE_ATA_SECURITY_ERASE_ENHANCED,
    UW_TECHNIQUE_ATA_SECURITY_ERASE,
    UW_TECHNIQUE_TCG_REVERT,
    UW_TECHNIQUE_DEVICE_SANITIZE, /* found at work, and the drive does not say of which kind; no method's */
    UW_TECHNIQUES
};
const char *uw_technique_name(enum uw_technique technique);
const char *uw_technique_basis(enum uw_technique technique); /* certificate.claim.basis */

/* LOWEST claims the lowest level of those rule sets that list the technique. */
enum uw_rule_set { UW_RULES_LOWEST = 0, UW_RULES_NIST_800_88R1, UW_RULES_IEEE_2883, UW_RULE_SETS };
const char *uw_rule_set_name(enum uw_rule_set set);
bool uw_rule_set_parse(const char *name, enum uw_rule_set *set);

/* What the rule sets ask of an ATA drive before they give a level: what it is made of, by its own word.
 * Another drive, and one that does not say or contradicts itself, is flash: that promises least. */
enum uw_make {
    UW_MAKE_FLASH = 0,
    UW_MAKE_DISK,
    UW_MAKE_MIXED, /* a disk that keeps data elsewhere too: shingled or hybrid */
    UW_MAKES
};
enum uw_make uw_drive_make(const struct uw_drive *drive);

/* The rule set that gives the level: `set`, or which of them is the lowest (the first of equals). */
enum uw_rule_set uw_technique_rule_set(const struct uw_drive *drive, enum uw_technique technique,
                                       enum uw_rule_set set);

/* The level that a rule set (or the lowest of them) gives to a technique on a drive of this make. */
enum uw_level uw_technique_level(const struct uw_drive *drive, enum uw_technique technique,
                                 enum uw_rule_set set);

/* The highest level that may be claimed for a technique on this drive, whatever a rule set says: purge only
 * where it erases all that a drive stores, never of a volume, a virtual disk, a partition or one namespace of
 * several, nor where an ATA drive hides areas that the technique leaves out. What could not be told counts
 * against it. `subsystem`: it erases every namespace there is. */
enum uw_level uw_level_limit(const struct uw_drive *drive, enum uw_technique technique, bool subsystem);

/* {"nist-800-88r1":"clear","ieee-2883":"clear"}, none of them above `limit`; of any drive (NULL) the most
 * that there is. New reference. */
json_t *uw_technique_levels(const struct uw_drive *drive, enum uw_technique technique, enum uw_level limit);

/* Whether it is a sanitize operation, which alone gets a drive out of a failed one. */
bool uw_technique_is_sanitize(enum uw_technique technique);

/* Whether it is one of the ATA security feature set, which needs a password. */
bool uw_technique_is_security(enum uw_technique technique);

/* Which technique an NVMe Sanitize command with this CDW10 began; false: none that we know. */
bool uw_technique_of_sanitize(uint32_t cdw10, enum uw_technique *technique);

/* Whether the NVMe drive may have namespaces that are in none of its lists: attached to another controller or
 * to none, or more than fit. */
bool uw_namespaces_unlisted(const struct uw_drive *drive);

/* Whether the namespace is all of its NVMe drive: no other, and no capacity that is in none. What could not
 * be told counts against it. */
bool uw_is_whole_nvme(const struct uw_drive *drive);

/* One row: which drives, which method, how it must be verified. */
struct uw_rule {
    const char *id;
    const char *drives;   /* for people */
    const char *method;   /* id */
    const char *standard; /* of overwriting, where the user asks for none; with a method inside the drive, of
                             the overwrite that must follow it; NULL: nothing is written */
    unsigned passes_min;
    enum uw_level level;
    enum uw_profile verify; /* at least */
    bool (*covers)(const struct uw_drive *drive);
};

/* The row for a drive and a method; NULL: none of our rows lists that pair. */
const struct uw_rule *uw_rule_find(const struct uw_drive *drive, const char *method);
const struct uw_rule *uw_rule_at(size_t index); /* NULL past the end */

/* What a technique does not reach on this drive, and what its claim rests on: codes for claim.limitations,
 * explained in unwrite-claims(7). `subsystem` as above. At most `max`; returns how many. */
size_t uw_limitations(const struct uw_drive *drive, enum uw_technique technique, bool subsystem,
                      const char **codes, size_t max);

/* Whether it may hide areas (HPA, DCO, AMAX) of which it is not known whether they are there: an ATA drive,
 * also behind a USB bridge, that was not asked or did not say of all three. */
bool uw_may_hide_areas(const struct uw_drive *drive);
/* Whether one of them is there. */
bool uw_hides_areas(const struct uw_drive *drive);
/* Whether the technique erases them too. */
bool uw_technique_covers_hidden(enum uw_technique technique);

/* The same in words for the printed statement, e.g. "over-provisioned". */
const char *uw_limitation_words(const char *code); /* NULL: not an area */

#endif
