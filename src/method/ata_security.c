/* SPDX-License-Identifier: Apache-2.0 */
#include "method/ata_security.h"

#include <stdio.h>
#include <string.h>

#include "core/policy.h"
#include "method/watch.h"

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
    bool own;      /* the password on the drive is ours */
    bool taken;    /* the drive took the erase, as far as its answer tells */
    bool too_fast; /* for any drive to have gone over what it holds */
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

/* `*ready`: it has our password now, and is not frozen. */
static bool set_password(struct erase *erase, bool *ready, struct uw_error *e)
{
    uint8_t block[UW_ATA_BLOCK_BYTES];
    struct uw_ata_command command = uw_ata_set_password(own_password, block);
    *ready = false;
    erase->own = true; /* until the drive says otherwise */
    if (!send(erase, &command, true, e) || !look(erase, e))
        return false;
    *ready = erase->now.known && erase->now.security_enabled && !erase->now.security_frozen;
    if (!*ready)
        say(erase, "the drive took no password", &command);
    return true;
}

/* Nothing comes between the two. */
static bool prepare_and_erase(struct erase *erase, struct uw_ata_command *unit, struct uw_error *e)
{
    struct uw_ata_command prepare = uw_ata_erase_prepare();
    if (!send(erase, &prepare, false, e))
        return false;
    if (prepare.outcome == UW_ATA_ABORTED) {
        *unit = prepare;
        return true;
    }
    /* The drive goes on whatever becomes of us, and keeps its password until it is done. */
    erase->end->continues = true;
    if (!send(erase, unit, true, e))
        return false;
    erase->end->continues = unit->outcome == UW_ATA_NO_ANSWER;
    return true;
}

/* Whether it goes over all that the drive holds: a normal erase does. An enhanced one may change a key
 * instead, at which the shortest time that can be reported hints; a disk that asks for more has its heads
 * move. */
static bool goes_over_all(const struct erase *erase, uint16_t minutes)
{
    enum { SHORTEST = 2 };
    bool longer = minutes > SHORTEST && minutes != UW_ATA_BEYOND;
    return !erase->enhanced || (longer && uw_drive_make(erase->run->drive) != UW_MAKE_FLASH);
}

static bool erase_unit(struct erase *erase, struct uw_error *e)
{
    const struct uw_method_run *run = erase->run;
    uint64_t begun_ms = run->now_ms(run->engine);
    uint16_t minutes = erase->enhanced ? erase->now.enhanced_minutes : erase->now.erase_minutes;
    struct uw_ata_command unit = {.outcome = UW_ATA_ABORTED};
    /* Once more where somebody else's command came between. */
    for (int tries = 0; tries < 2 && unit.outcome == UW_ATA_ABORTED; tries++) {
        uint8_t block[UW_ATA_BLOCK_BYTES];
        unit = uw_ata_erase_unit(UW_ATA_USER, own_password, erase->enhanced, uw_ata_erase_timeout_ms(minutes),
                                 block);
        if (!prepare_and_erase(erase, &unit, e))
            return false;
    }
    erase->taken = unit.outcome == UW_ATA_DONE || unit.outcome == UW_ATA_NO_REGISTERS;
    erase->too_fast = erase->taken && goes_over_all(erase, minutes) &&
                      run->now_ms(run->engine) - begun_ms < uw_watch_least_ms(run->drive, false);
    if (!erase->taken)
        say(erase,
            unit.outcome == UW_ATA_RESET ? "the drive was reset in the middle of its erase"
                                         : "the drive did not erase",
            &unit);
    return true;
}

/* What we have locked must be open again. */
static bool take_back(struct erase *erase, struct uw_error *e)
{
    uint8_t block[UW_ATA_BLOCK_BYTES];
    struct uw_ata_command unlock = uw_ata_unlock(UW_ATA_USER, own_password, block);
    if (!look(erase, e))
        return false;
    if (erase->now.known && !erase->now.security_enabled)
        return true;
    if ((!erase->now.known || erase->now.security_locked) && !send(erase, &unlock, false, e))
        return false;
    struct uw_ata_command disable = uw_ata_disable_password(UW_ATA_USER, own_password, block);
    return send(erase, &disable, false, e) && look(erase, e);
}

static bool run_erase(struct erase *erase, struct uw_error *e)
{
    const struct uw_method_run *run = erase->run;
    bool ready;
    if (!set_password(erase, &ready, e))
        return false;
    if (!ready || run->stopped(run->engine))
        return true;
    return erase_unit(erase, e) && look(erase, e);
}

/* Whoever reads the certificate must know how a drive is opened that we could not open again. */
static void tell_password(struct erase *erase)
{
    char before[sizeof erase->end->why];
    if (!erase->own || (erase->now.known && !erase->now.security_enabled))
        return;
    memcpy(before, erase->end->why, sizeof before);
    snprintf(erase->end->why, sizeof erase->end->why,
             "it may have the user password \"" UW_ATA_OWN_PASSWORD
             "\" (zero padded, level high) now; %.120s",
             before);
}

bool uw_ata_security_run(const struct uw_method_run *run, bool enhanced, struct uw_method_end *end,
                         struct uw_error *e)
{
    struct erase erase = {.run = run, .end = end, .enhanced = enhanced};
    if (!look(&erase, e))
        return false;
    if (!erase.now.known || erase.now.security_frozen || erase.now.security_expired ||
        erase.now.security_enabled) {
        snprintf(end->why, sizeof end->why,
                 "its security is frozen, it got a password since it was planned for, or it does not tell");
        end->over = erase.now.known;
        return true;
    }
    bool done = run_erase(&erase, e);
    /* A normal erase leaves zeros, of older drives zeros or ones; an enhanced one whatever the maker chose:
     * some leave a short pattern, some take a key away. */
    end->leaves = enhanced ? UW_LEAVES_PATTERN : UW_LEAVES_CONSTANT;
    end->accepted = erase.taken;
    bool open = erase.now.known && !erase.now.security_enabled && !erase.now.security_locked;
    end->complete = done && erase.taken && open && !erase.too_fast;
    if (end->complete)
        return true;
    if (done && erase.taken)
        snprintf(end->why, sizeof end->why, "%s",
                 open ? UW_WATCH_TOO_FAST : "the drive still had its password after the erase");
    done = done && take_back(&erase, e);
    end->over = done && erase.now.known && !end->continues;
    tell_password(&erase);
    return done;
}
