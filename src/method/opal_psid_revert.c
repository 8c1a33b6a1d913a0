/* SPDX-License-Identifier: Apache-2.0 */
/* A drive that encrypts itself is told, with the PSID from its label, to go back to its factory state: it
 * forgets its media key, whatever password is on it. Opal SSC 2.01, 5.1.2.2 (Revert); PSID feature set 1.00.
 */
#include <stdio.h>
#include <string.h>

#include "core/method.h"
#include "wire/tcg.h"

enum { POLL_MS = 100, START_LIMIT_MS = 30000, REVERT_LIMIT_MS = 600000, HOST_SESSION = 1 };

static bool takes_psid(const struct uw_drive *drive, char *why, size_t why_bytes)
{
    const struct uw_tcg *tcg = &drive->tcg;
    if (!tcg->known)
        snprintf(why, why_bytes, "it is no drive that encrypts itself, or did not say so");
    else if (tcg->class != UW_TCG_OPAL && tcg->class != UW_TCG_OPALITE && tcg->class != UW_TCG_RUBY)
        snprintf(why, why_bytes, "a drive of the class %s is not reverted by its PSID to a new media key",
                 uw_tcg_class_name(tcg->class));
    else if (!tcg->encrypts || tcg->comid == 0)
        snprintf(why, why_bytes, "it does not encrypt its media");
    else
        return true;
    return false;
}

static bool revert_fits(const struct uw_drive *drive, char *why, size_t why_bytes)
{
    if (!takes_psid(drive, why, why_bytes))
        return false;
    if (drive->psid[0] != '\0')
        return true;
    snprintf(why, why_bytes, "its PSID, which stands on its label, is not in --psid-file");
    return false;
}

static bool revert_hits_subsystem(const struct uw_drive *drive)
{
    return drive->nvme.known;
}

/* One exchange after the other. */
struct talk {
    const struct uw_method_run *run;
    struct uw_method_end *end;
    uint16_t comid;
    uint8_t buffer[UW_TCG_BUFFER_BYTES];
    struct uw_tcg_answer answer;
};

/* False: *e. `*done`: the drive took it. */
static bool exchange(struct talk *talk, bool send, bool record, bool *done, struct uw_error *e)
{
    struct uw_security message = {.send = send, .specific = talk->comid, .data = talk->buffer};
    if (!talk->run->security(talk->run->engine, &message, record, e))
        return false;
    *done = message.done;
    if (!message.done)
        snprintf(talk->end->why, sizeof talk->end->why, "the drive takes no %s: %s",
                 send ? "Security Send" : "Security Receive", message.why);
    return true;
}

/* Asks until there is something. False: *e. `*heard`: there is; else `why` says what not. */
static bool await(struct talk *talk, uint32_t limit_ms, bool *heard, struct uw_error *e)
{
    const struct uw_method_run *run = talk->run;
    uint64_t begun = run->now_ms(run->engine);
    bool done = false;
    *heard = false;
    talk->answer = (struct uw_tcg_answer){.pending = true};
    while (!run->stopped(run->engine)) {
        memset(talk->buffer, 0, sizeof talk->buffer);
        if (!exchange(talk, false, false, &done, e))
            return false;
        if (!done)
            return true;
        if (!uw_tcg_decode_answer(talk->buffer, sizeof talk->buffer, talk->comid, &talk->answer)) {
            snprintf(talk->end->why, sizeof talk->end->why, "the drive's answer cannot be read");
            return true;
        }
        *heard = talk->answer.has_status;
        if (!talk->answer.pending)
            break;
        talk->end->stalled = run->now_ms(run->engine) - begun > limit_ms;
        if (talk->end->stalled)
            break;
        run->wait_ms(run->engine, POLL_MS);
    }
    if (!*heard && talk->end->why[0] == '\0')
        snprintf(talk->end->why, sizeof talk->end->why, "the drive does not answer");
    return true;
}

static bool refused(struct talk *talk, const char *what)
{
    char text[UW_TCG_STATUS_TEXT];
    if (talk->answer.status == UW_TCG_OK)
        return false;
    uw_tcg_status_text(talk->answer.status, text);
    snprintf(talk->end->why, sizeof talk->end->why, "the drive %s: %s", what, text);
    talk->end->over = true;
    return true;
}

/* `*open`: there is a session. Until then nothing of the drive was changed. */
static bool open_session(struct talk *talk, bool *open, struct uw_error *e)
{
    bool sent = false, heard = false;
    *open = false;
    uw_tcg_start_psid_session(talk->comid, HOST_SESSION, talk->run->drive->psid, talk->buffer);
    bool good = exchange(talk, true, false, &sent, e);
    explicit_bzero(talk->buffer, sizeof talk->buffer); /* the PSID */
    if (!good || (sent && !await(talk, START_LIMIT_MS, &heard, e)))
        return false;
    if (!heard) {
        talk->end->over = !talk->end->stalled;
        return true;
    }
    if (refused(talk, "does not take the PSID"))
        return true;
    *open = talk->answer.started && talk->answer.host_session == HOST_SESSION;
    if (!*open)
        snprintf(talk->end->why, sizeof talk->end->why, "the drive opened no session");
    talk->end->over = !*open;
    return true;
}

/* What the drive says of another session proves nothing of ours. */
static bool is_of(const struct uw_tcg_answer *answer, const struct uw_tcg_answer *session)
{
    return answer->of_host_session == session->host_session &&
           answer->of_tper_session == session->tper_session;
}

static bool send_revert(struct talk *talk, const struct uw_tcg_answer *session, bool *sent,
                        struct uw_error *e)
{
    struct uw_method_end *end = talk->end;
    uw_tcg_revert(talk->comid, session->tper_session, session->host_session, talk->buffer);
    end->continues = true;
    if (!exchange(talk, true, true, sent, e))
        return false;
    end->accepted = end->continues = *sent;
    end->over = !*sent;
    return true;
}

/* `*reverted`: the drive says so of this command. */
static bool revert(struct talk *talk, bool *reverted, struct uw_error *e)
{
    const struct uw_tcg_answer session = talk->answer;
    bool sent = false, heard = false;
    *reverted = false;
    if (!send_revert(talk, &session, &sent, e))
        return false;
    if (!sent)
        return true;
    if (!await(talk, REVERT_LIMIT_MS, &heard, e))
        return false;
    /* What came, or that nothing is outstanding, shows that it is not at work. */
    talk->end->continues = talk->answer.pending && !heard;
    if (heard && !is_of(&talk->answer, &session))
        snprintf(talk->end->why, sizeof talk->end->why, "the drive's answer is of another session");
    else
        *reverted = heard && !refused(talk, "did not revert");
    return true;
}

/* The factory state shows: locking is not activated any more, and nothing is locked. */
static bool look(struct talk *talk, struct uw_error *e)
{
    struct uw_tcg now = {0};
    struct uw_security message = {.specific = UW_TCG_DISCOVERY_COMID, .data = talk->buffer};
    const struct uw_method_run *run = talk->run;
    memset(talk->buffer, 0, sizeof talk->buffer);
    if (!run->security(run->engine, &message, false, e))
        return false;
    bool told =
        message.done && uw_tcg_decode_discovery(talk->buffer, sizeof talk->buffer, &now) && now.locking;
    if (told)
        run->saw(run->engine, now.enabled ? "locking-enabled" : "factory", &now.locking_raw, 1, 0, 0);
    talk->end->complete = told && !now.enabled && !now.locked;
    if (!talk->end->complete)
        snprintf(talk->end->why, sizeof talk->end->why, "%s",
                 told ? "the drive says that it reverted, and that its locking is still active"
                      : "the drive does not tell its state after the revert");
    talk->end->over = true;
    return true;
}

static bool revert_run(const struct uw_method_run *run, struct uw_method_end *end, struct uw_error *e)
{
    struct talk talk = {.run = run, .end = end, .comid = run->drive->tcg.comid};
    bool open, reverted;
    if (!open_session(&talk, &open, e))
        return false;
    if (!open)
        return true;
    if (!revert(&talk, &reverted, e))
        return false;
    end->leaves = UW_LEAVES_ERASED;
    return !reverted || look(&talk, e);
}

extern const struct uw_method uw_method_opal_psid_revert;
const struct uw_method uw_method_opal_psid_revert = {
    .id = "opal-psid-revert",
    .title = "have a drive that encrypts itself forget its key, by the PSID on its label",
    .citation = "TCG Opal SSC 2.01, section 5.1.2.2; PSID feature set 1.00",
    .technique = UW_TECHNIQUE_TCG_REVERT,
    .internal = true,
    .fits = revert_fits,
    .hits_subsystem = revert_hits_subsystem,
    .run = revert_run,
};
