/* SPDX-License-Identifier: Apache-2.0 */
/* What the controller takes in which state, and what it answers. NVM Express Base Specification 2.0, section
 * 5; during and after a sanitize, 8.x. */
#include "model_nvme_parts.h"

#include <string.h>

enum { NO_ANSWER_MS = INT32_MAX, INTERNAL_ERROR = 0x006, SEQUENCE_ERROR = 0x00c, INVALID_LOG_PAGE = 0x109 };
enum { ACCESS_DENIED = 0x286 };

static const uint32_t BROADCAST = UINT32_MAX;

uint32_t nvme_all_spaces(const struct model_nvme *nvme)
{
    return (1U << nvme->count) - 1;
}

unsigned nvme_sanitize_on(uint32_t cdw10)
{
    static const unsigned on[8] = {[1] = MODEL_NVME_EXIT_FAILURE,
                                   [2] = MODEL_NVME_BLOCK,
                                   [3] = MODEL_NVME_OVERWRITE,
                                   [4] = MODEL_NVME_CRYPTO};
    return on[cdw10 & 7] != 0 ? on[cdw10 & 7] : MODEL_NVME_OTHER;
}

static unsigned on_of(const struct uw_nvme_command *command)
{
    static const unsigned formats[8] = {MODEL_NVME_FORMAT_PLAIN, MODEL_NVME_FORMAT_USER,
                                        MODEL_NVME_FORMAT_CRYPTO};
    unsigned format = formats[command->cdw10 >> 9 & 7];
    switch ((unsigned)command->opcode) {
    case 0x06:
        return MODEL_NVME_IDENTIFY;
    case 0x02:
        return MODEL_NVME_GET_LOG;
    case 0x84:
        return nvme_sanitize_on(command->cdw10);
    case 0x80:
        return format != 0 ? format : MODEL_NVME_OTHER;
    case 0x81:
    case 0x82:
        return MODEL_NVME_SECURITY;
    default:
        return MODEL_NVME_OTHER;
    }
}

bool nvme_is_sanitizing(const struct model_nvme *nvme)
{
    return nvme->sanitize.running && nvme->sanitize.lies[MODEL_NVME_SUCCESS_AT_ONCE] == NULL;
}

bool nvme_has_security(const struct model_nvme *nvme)
{
    return (nvme->config.oacs & 1) != 0 || nvme->config.tcg.class != MODEL_TCG_NONE;
}

bool nvme_has_failed(const struct model_nvme *nvme)
{
    return nvme->restricted_failure || nvme->unrestricted_failure;
}

/* Place of an id as the drive says it now. */
static size_t place_of(struct model_nvme *nvme, uint32_t nsid)
{
    for (size_t place = 0; place < nvme->count; place++)
        if (nvme_nsid(nvme, place) == nsid)
            return place;
    return MODEL_NVME_NAMESPACES;
}

static int identify(struct model_nvme *nvme, const struct uw_nvme_command *command, uint8_t *page)
{
    size_t place = place_of(nvme, command->nsid);
    bool manages = (nvme->config.oacs & 1U << 3) != 0;
    switch (command->cdw10 & 0xff) {
    case 0x00:
        if (command->nsid == 0 || command->nsid > nvme_most_nsid(nvme))
            return UW_NVME_INVALID_NAMESPACE;
        if (place < nvme->count && !nvme->spaces[place].medium.detached)
            nvme_page_namespace(nvme, place, page);
        return 0; /* all zero: it is not attached */
    case 0x01:
        nvme_page_controller(nvme, page);
        return 0;
    case 0x02:
    case 0x10:
        if ((command->cdw10 & 0xff) == 0x10 && !manages)
            return UW_NVME_INVALID_FIELD;
        if (command->nsid >= 0xfffffffe)
            return UW_NVME_INVALID_NAMESPACE;
        nvme_page_list(nvme, command->nsid, (command->cdw10 & 0xff) == 0x10, page);
        return 0;
    default:
        return UW_NVME_INVALID_FIELD;
    }
}

static int get_log(struct model_nvme *nvme, const struct uw_nvme_command *command, uint8_t *log)
{
    if (command->nsid != 0 && command->nsid != BROADCAST)
        return UW_NVME_INVALID_FIELD;
    if (command->cdw12 != 0 || command->cdw13 != 0)
        return UW_NVME_INVALID_FIELD; /* no offsets */
    switch (command->cdw10 & 0xff) {
    case 0x02:
        nvme_log_health(nvme, log);
        return 0;
    case 0x81:
        if ((nvme->config.sanicap & 7) == 0)
            return UW_NVME_INVALID_FIELD;
        return nvme_log_sanitize(nvme, log);
    default:
        return INVALID_LOG_PAGE;
    }
}

/* The page goes out whole, or as much as the host asked for. */
static int read_page(struct model_nvme *nvme, struct uw_nvme_command *command)
{
    uint8_t page[UW_NVME_PAGE_BYTES] = {0};
    bool is_identify = command->opcode == 0x06;
    uint64_t dwords = (command->cdw10 >> 16 | (uint64_t)(command->cdw11 & 0xffff) << 16) + 1;
    uint64_t bytes = is_identify ? sizeof page : dwords * 4;
    int status = is_identify ? identify(nvme, command, page) : get_log(nvme, command, page);
    if (command->data == NULL || command->data_bytes != bytes) {
        nvme_complain(nvme, "a buffer of another length than the command says");
        return UW_NVME_INVALID_FIELD;
    }
    if (status != 0)
        return status;
    memset(command->data, 0, command->data_bytes);
    memcpy(command->data, page, bytes < sizeof page ? bytes : sizeof page);
    return 0;
}

static int exit_failure(struct model_nvme *nvme)
{
    if (nvme->restricted_failure)
        return UW_NVME_SANITIZE_HAS_FAILED;
    nvme->unrestricted_failure = false;
    return 0;
}

static void note_overlap(struct model_nvme *nvme)
{
    nvme->overlaps += nvme->sanitize.running || nvme->format.running;
}

/* TCG SIIS: neither erases what a locking range protects. */
static bool is_locked(const struct model_nvme *nvme)
{
    return nvme->tcg.enabled && nvme->tcg.locked;
}

static int sanitize(struct model_nvme *nvme, const struct uw_nvme_command *command)
{
    unsigned on = nvme_sanitize_on(command->cdw10);
    bool inhibited = (nvme->config.sanicap & UW_NVME_SANICAP_NO_DEALLOCATE_INHIBITED) != 0;
    if ((nvme->config.sanicap & 7) == 0)
        return UW_NVME_INVALID_OPCODE;
    if (command->nsid != 0)
        return UW_NVME_INVALID_FIELD;
    note_overlap(nvme);
    if (nvme->sanitize.running)
        return UW_NVME_SANITIZE_IN_PROGRESS;
    if (nvme->format.running)
        return UW_NVME_FORMAT_IN_PROGRESS;
    if (on == MODEL_NVME_EXIT_FAILURE)
        return exit_failure(nvme);
    if ((on == MODEL_NVME_CRYPTO && (nvme->config.sanicap & 1U << 0) == 0) ||
        (on == MODEL_NVME_BLOCK && (nvme->config.sanicap & 1U << 1) == 0) ||
        (on == MODEL_NVME_OVERWRITE && (nvme->config.sanicap & 1U << 2) == 0) || on == MODEL_NVME_OTHER)
        return UW_NVME_INVALID_FIELD;
    if (nvme->restricted_failure && (command->cdw10 & NVME_AUSE) != 0)
        return UW_NVME_SANITIZE_HAS_FAILED;
    if ((command->cdw10 & NVME_NDAS) != 0 && inhibited && !nvme->config.warns)
        return UW_NVME_INVALID_FIELD;
    for (size_t place = 0; place < nvme->count; place++)
        if (nvme->spaces[place].medium.write_protected)
            return UW_NVME_WRITE_PROTECTED;
    if (is_locked(nvme))
        return ACCESS_DENIED;
    struct model_nvme_lie *never = nvme_lie(nvme, MODEL_NVME_NEVER_STARTS, on);
    if (never != NULL) {
        nvme_lie_spend(never);
        return 0;
    }
    nvme_erase_begin(nvme, &nvme->sanitize, on, command->cdw10, command->cdw11, nvme_all_spaces(nvme));
    return 0;
}

/* The namespaces that a Format reaches; 0: the id is none. */
static uint32_t format_scope(struct model_nvme *nvme, const struct uw_nvme_command *command, unsigned on)
{
    uint32_t attached = 0;
    size_t place = place_of(nvme, command->nsid);
    /* Bit 0 is about the format without a secure erase, bit 1 about the secure erase. */
    unsigned all = on == MODEL_NVME_FORMAT_PLAIN ? 1U << 0 : 1U << 1;
    for (size_t i = 0; i < nvme->count; i++)
        attached |= nvme->spaces[i].medium.detached ? 0 : 1U << i;
    if (command->nsid != BROADCAST && place == MODEL_NVME_NAMESPACES)
        return 0;
    if ((nvme->config.fna & all) != 0)
        return nvme_all_spaces(nvme);
    return command->nsid == BROADCAST ? attached : 1U << place;
}

/* Whether the namespaces keep block size, metadata and protection. */
static bool keeps_format(const struct model_nvme *nvme, const struct uw_nvme_command *command,
                         uint32_t spaces)
{
    for (size_t place = 0; place < nvme->count; place++) {
        const struct model_nvme_medium *medium = &nvme->spaces[place].medium;
        uint32_t index = (command->cdw10 & 0xf) | (command->cdw10 >> 12 & 3) << 4;
        if ((spaces >> place & 1) == 0)
            continue;
        if (index != medium->format_index || (command->cdw10 >> 5 & 7) != medium->protection ||
            (command->cdw10 >> 4 & 1) != medium->extended_metadata ||
            (command->cdw10 >> 8 & 1) != medium->protection_first)
            return false;
    }
    return true;
}

static int format(struct model_nvme *nvme, const struct uw_nvme_command *command, uint64_t *took_ms)
{
    unsigned on = on_of(command);
    size_t place = place_of(nvme, command->nsid);
    if ((nvme->config.oacs & 1U << 1) == 0)
        return UW_NVME_INVALID_OPCODE;
    note_overlap(nvme);
    if (nvme_is_sanitizing(nvme))
        return UW_NVME_SANITIZE_IN_PROGRESS;
    if (nvme_has_failed(nvme))
        return UW_NVME_SANITIZE_HAS_FAILED;
    if (nvme->format.running)
        return UW_NVME_FORMAT_IN_PROGRESS;
    if (on == MODEL_NVME_OTHER || (on == MODEL_NVME_FORMAT_CRYPTO && (nvme->config.fna & 1U << 2) == 0))
        return UW_NVME_INVALID_FIELD;
    if (command->nsid == BROADCAST && (nvme->config.fna & 1U << 3) != 0)
        return UW_NVME_INVALID_FIELD;
    uint32_t spaces = format_scope(nvme, command, on);
    if (spaces == 0)
        return UW_NVME_INVALID_NAMESPACE;
    if (place < nvme->count && nvme->spaces[place].medium.detached)
        return UW_NVME_INVALID_FIELD;
    for (size_t i = 0; i < nvme->count; i++)
        if ((spaces >> i & 1) != 0 && nvme->spaces[i].medium.write_protected)
            return UW_NVME_WRITE_PROTECTED;
    if (is_locked(nvme))
        return ACCESS_DENIED;
    if (!keeps_format(nvme, command, spaces)) {
        nvme_complain(nvme, "a Format to another block size, metadata or protection");
        return UW_NVME_INVALID_FORMAT;
    }
    if (on == MODEL_NVME_FORMAT_PLAIN)
        nvme_complain(nvme, "a Format that erases nothing");
    nvme_erase_begin(nvme, &nvme->format, on, command->cdw10, 0, spaces);
    *took_ms = nvme->format.duration_ms;
    return 0;
}

/* Base 2.0, 5.25 and 5.26: CDW10 has the protocol in 31:24, its specific field in 23:8, CDW11 the length. */
static int security(struct model_nvme *nvme, struct uw_nvme_command *command)
{
    static const int statuses[] = {[MODEL_TCG_GOOD] = 0,
                                   [MODEL_TCG_INVALID] = UW_NVME_INVALID_FIELD,
                                   [MODEL_TCG_SEQUENCE] = SEQUENCE_ERROR};
    uint8_t protocol = (uint8_t)(command->cdw10 >> 24);
    uint16_t specific = (uint16_t)(command->cdw10 >> 8);
    bool out = command->opcode == 0x81;
    if (nvme_is_sanitizing(nvme))
        return UW_NVME_SANITIZE_IN_PROGRESS;
    if (nvme_has_failed(nvme))
        return UW_NVME_SANITIZE_HAS_FAILED;
    if (!nvme_has_security(nvme))
        return UW_NVME_INVALID_OPCODE;
    if (command->data == NULL || command->data_bytes != command->cdw11 || command->data_out != out ||
        command->nsid != 0) {
        nvme_complain(nvme, "a security command whose data, direction or namespace do not fit");
        return UW_NVME_INVALID_FIELD;
    }
    enum model_tcg_result result =
        out ? model_tcg_send(&nvme->tcg, protocol, specific, command->data, command->data_bytes)
            : model_tcg_receive(&nvme->tcg, protocol, specific, command->data, command->data_bytes);
    if (nvme->tcg.complaint != NULL)
        nvme_complain(nvme, nvme->tcg.complaint);
    return statuses[result];
}

static int carry_out(struct model_nvme *nvme, struct uw_nvme_command *command, uint64_t *took_ms)
{
    *took_ms = nvme->config.admin_ms;
    switch ((unsigned)command->opcode) {
    case 0x02:
    case 0x06:
        return read_page(nvme, command);
    case 0x80:
        return format(nvme, command, took_ms);
    case 0x81:
    case 0x82:
        return security(nvme, command);
    case 0x84:
        return sanitize(nvme, command);
    default:
        if (nvme_is_sanitizing(nvme))
            return UW_NVME_SANITIZE_IN_PROGRESS;
        return nvme_has_failed(nvme) ? UW_NVME_SANITIZE_HAS_FAILED : UW_NVME_INVALID_OPCODE;
    }
}

int nvme_answer(struct model_nvme *nvme, struct uw_nvme_command *command, uint64_t *took_ms)
{
    unsigned on = on_of(command);
    struct model_nvme_lie *hangs = nvme_lie(nvme, MODEL_NVME_HANGS, on);
    struct model_nvme_lie *silent = nvme_lie(nvme, MODEL_NVME_TIMES_OUT, on);
    struct model_nvme_lie *aborts = nvme_lie(nvme, MODEL_NVME_ABORTS, on);
    struct model_nvme_lie *accepts = nvme_lie(nvme, MODEL_NVME_ACCEPTS, on);
    int status = 0;
    if (hangs != NULL) {
        nvme_lie_spend(hangs);
        nvme->deaf = true;
        return 0;
    }
    if (aborts != NULL) {
        nvme_lie_spend(aborts);
        *took_ms = nvme->config.admin_ms;
        return aborts->value != 0 ? (int)aborts->value : INTERNAL_ERROR;
    }
    if (silent == NULL || silent->value == 0)
        status = carry_out(nvme, command, took_ms);
    if (silent != NULL) {
        nvme_lie_spend(silent);
        *took_ms = NO_ANSWER_MS;
    }
    if (accepts != NULL && (status == UW_NVME_INVALID_OPCODE || status == UW_NVME_INVALID_FIELD)) {
        nvme_lie_spend(accepts);
        return 0;
    }
    return status;
}
