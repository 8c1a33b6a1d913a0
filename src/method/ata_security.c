/* SPDX-License-Identifier: Apache-2.0 */
#include "method/ata_security.h"

#include <stdio.h>
#include <string.h>

static const uint8_t own_password[UW_ATA_PASSWORD_BYTES] = UW_ATA_OWN_PASSWORD;

bool uw_ata_security_fits(const struct uw_drive *drive, bool enhanced, char *why, size_t why_bytes)
{
    const struct uw_ata_identify *identify = &drive->ata.identify;
    if (drive->bus == UW_BUS_USB)
        snprintf(why, why_bytes, "never through a USB bridge: one that breaks off leaves the drive locked");
    else if (drive->bus != UW_BUS_ATA)
        snprintf(why, why_bytes, "no ATA drive");
    else if (!drive->ata.known)
        snprintf(why, why_bytes, "what the drive can do is not known");
    else if (!identify->security)
        snprintf(why, why_bytes, "the drive has no security feature set");
    else if (enhanced && !identify->security_enhanced)
        snprintf(why, why_bytes, "the drive has no enhanced erase");
    else if (identify->security_frozen)
        snprintf(why, why_bytes,
                 "the firmware has frozen the drive's security; its power must go off and on");
    else if (identify->security_expired)
        snprintf(why, why_bytes, "too many wrong passwords were tried; its power must go off and on");
    else
        return true;
    return false;
}

uint64_t uw_ata_security_estimate(uint16_t minutes)
{
    return minutes == UW_ATA_BEYOND ? 0 : minutes * 60ULL;
}

/* One security erase. */
struct erase {
    const struct uw_method_run *run;
    struct uw_method_end *end;
    bool enhanced;
    bool own;   /* the password on the drive is ours */
    bool taken; /* the drive took the erase, as far as its answer tells */
    struct uw_ata_identify now;
};

static bool send(struct erase *erase, struct uw_ata_command *command, bool record, struct uw_error *e)
{
    return erase->run->ata(erase->run->engine, command, record, e);
}

static const char *state_name(const struct uw_ata_identify *identify)
{
    if (!identify->known)
        return "unknown";
    if (identify->security_locked)
        return "locked";
    return identify->security_enabled ? "password set" : "no password";
}

/* How its security stands now, by its own words. */
static bool look(struct erase *erase, struct uw_error *e)
{
    uint8_t block[UW_ATA_BLOCK_BYTES] = {0};
    struct uw_ata_command command = uw_ata_identify_device(block);
    erase->now = (struct uw_ata_identify){0};
    if (!send(erase, &command, false, e))
        return false;
    if (command.outcome == UW_ATA_DONE)
        uw_ata_decode_identify(block, sizeof block, &erase->now);
    const uint8_t *word128 = &block[256];
    erase->run->saw(erase->run->engine, state_name(&erase->now), word128, 2, 0, 0);
    return true;
}

static void say(struct erase *erase, const char *what, const struct uw_ata_command *command)
{
    char text[UW_ATA_OUTCOME_TEXT];
    uw_ata_outcome_text(command, text);
    if (erase->end->why[0] == '\0')
        snprintf(erase->end->why, sizeof erase->end->why, "%s: %s", what, text);
}

/* A drive without a password gets ours; `*ready`: it has one now, and is not frozen. */
static bool set_password(struct erase *erase, bool *ready, struct uw_error *e)
{
    uint8_t block[UW_ATA_BLOCK_BYTES];
    struct uw_ata_command command = uw_ata_set_password(own_password, block);
    *ready = false;
    erase->own = true; /* until it says that it did not take it */
    if (!send(erase, &command, true, e))
        return false;
    erase->own = command.outcome != UW_ATA_ABORTED;
    if (!look(erase, e))
        return false;
    *ready = erase->now.known && erase->now.security_enabled && !erase->now.security_frozen;
    if (!*ready)
        say(erase, "the drive took no password", &command);
    return true;
}

static bool erase_unit(struct erase *erase, struct uw_error *e)
{
    uint8_t block[UW_ATA_BLOCK_BYTES];
    uint16_t minutes = erase->enhanced ? erase->now.enhanced_minutes : erase->now.erase_minutes;
    struct uw_ata_command prepare = uw_ata_erase_prepare();
    struct uw_ata_command unit = uw_ata_erase_unit(UW_ATA_USER, own_password, erase->enhanced,
                                                   uw_ata_erase_timeout_ms(minutes), block);
    if (!send(erase, &prepare, false, e))
        return false;
    if (prepare.outcome == UW_ATA_ABORTED) {
        say(erase, "the drive refused to prepare for its erase", &prepare);
        return true;
    }
    erase->end->continues = true; /* whoever gets no answer does not know better */
    if (!send(erase, &unit, true, e))
        return false;
    erase->end->continues = false;
    erase->taken = unit.outcome == UW_ATA_DONE || unit.outcome == UW_ATA_NO_REGISTERS;
    if (!erase->taken)
        say(erase,
            unit.outcome == UW_ATA_RESET ? "the drive was reset in the middle of its erase"
                                         : "the drive did not erase",
            &unit);
    return true;
}

#define LEFT_WITH "the user password \"" UW_ATA_OWN_PASSWORD "\" (zero padded, level high)"

/* What we have locked must be open again; where it cannot be, whoever reads the certificate must know how. */
static bool take_back(struct erase *erase, struct uw_error *e)
{
    uint8_t block[UW_ATA_BLOCK_BYTES];
    struct uw_ata_command unlock = uw_ata_unlock(UW_ATA_USER, own_password, block);
    if (!look(erase, e))
        return false;
    if (!erase->own || (erase->now.known && !erase->now.security_enabled))
        return true;
    if ((!erase->now.known || erase->now.security_locked) && !send(erase, &unlock, false, e))
        return false;
    struct uw_ata_command disable = uw_ata_disable_password(UW_ATA_USER, own_password, block);
    if (!send(erase, &disable, false, e) || !look(erase, e))
        return false;
    if (!erase->now.known || erase->now.security_enabled) {
        char before[sizeof erase->end->why];
        memcpy(before, erase->end->why, sizeof before);
        snprintf(erase->end->why, sizeof erase->end->why, "it has " LEFT_WITH " now; %.120s", before);
    }
    return true;
}

static bool run_erase(struct erase *erase, struct uw_error *e)
{
    struct uw_method_end *end = erase->end;
    bool ready = true;
    if (!look(erase, e))
        return false;
    if (!erase->now.known || erase->now.security_frozen || erase->now.security_expired) {
        snprintf(end->why, sizeof end->why, "its security is frozen, or it does not tell how that stands");
        return true;
    }
    /* With a password on it already it can only be ours, of an erase that broke off: one try. */
    erase->own = erase->now.security_enabled;
    if (!erase->now.security_enabled && !set_password(erase, &ready, e))
        return false;
    if (ready && !erase_unit(erase, e))
        return false;
    if (!look(erase, e))
        return false;
    /* A normal erase leaves zeros, of older drives zeros or ones; an enhanced one whatever the maker chose:
     * some leave a short pattern, some take a key away. */
    end->leaves = erase->enhanced ? UW_LEAVES_PATTERN : UW_LEAVES_CONSTANT;
    end->unmapped = true;
    end->accepted = erase->taken;
    end->complete =
        erase->taken && erase->now.known && !erase->now.security_enabled && !erase->now.security_locked;
    if (erase->taken && !end->complete)
        snprintf(end->why, sizeof end->why, "the drive still has its password after the erase");
    return end->complete || take_back(erase, e);
}

bool uw_ata_security_run(const struct uw_method_run *run, bool enhanced, struct uw_method_end *end,
                         struct uw_error *e)
{
    struct erase erase = {.run = run, .end = end, .enhanced = enhanced};
    if (run_erase(&erase, e))
        return true;
    if (erase.own) {
        struct uw_error why = *e;
        uw_fail(e, why.code, "it may have " LEFT_WITH " now; %.120s", why.text);
    }
    return false;
}
