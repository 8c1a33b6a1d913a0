/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/nvme.h"

#include <stdio.h>
#include <string.h>

enum {
    CNS_NAMESPACE = 0x00,
    CNS_CONTROLLER = 0x01,
    CNS_ACTIVE = 0x02,
    CNS_ALLOCATED = 0x10,
    LID_HEALTH = 0x02,
    LID_SANITIZE = 0x81
};

/* Sanitize answers when the operation has begun, but some drives empty their cache first. A format that lasts
 * longer than its timeout gets its controller reset, so that no caller means 0. */
enum { READ_MS = 30000, SANITIZE_MS = 120000, FORMAT_MS = 600000 };

/* A drive may carry out a whole revert before it takes the command that asks for it. */
enum { SECURITY_SEND_MS = 600000 };

static struct uw_nvme_command identify(uint32_t cns, uint32_t nsid, void *page)
{
    return (struct uw_nvme_command){.opcode = UW_NVME_IDENTIFY,
                                    .nsid = nsid,
                                    .cdw10 = cns,
                                    .data = page,
                                    .data_bytes = UW_NVME_PAGE_BYTES,
                                    .timeout_ms = READ_MS};
}

struct uw_nvme_command uw_nvme_identify_controller(void *page)
{
    return identify(CNS_CONTROLLER, 0, page);
}

struct uw_nvme_command uw_nvme_identify_namespace(uint32_t nsid, void *page)
{
    return identify(CNS_NAMESPACE, nsid, page);
}

/* The lists hold the ids above the one given. */
struct uw_nvme_command uw_nvme_identify_active(void *page)
{
    return identify(CNS_ACTIVE, 0, page);
}

struct uw_nvme_command uw_nvme_identify_allocated(void *page)
{
    return identify(CNS_ALLOCATED, 0, page);
}

/* NUMDL counts dwords from 0. */
static struct uw_nvme_command get_log(uint32_t lid, void *log)
{
    return (struct uw_nvme_command){.opcode = UW_NVME_GET_LOG,
                                    .nsid = UW_NVME_ALL,
                                    .cdw10 = lid | (UW_NVME_LOG_BYTES / 4 - 1) << 16,
                                    .data = log,
                                    .data_bytes = UW_NVME_LOG_BYTES,
                                    .timeout_ms = READ_MS};
}

struct uw_nvme_command uw_nvme_get_health(void *log)
{
    return get_log(LID_HEALTH, log);
}

struct uw_nvme_command uw_nvme_get_sanitize(void *log)
{
    return get_log(LID_SANITIZE, log);
}

/* CDW10: SANACT 2:0, AUSE 3, OWPASS 7:4 (0 means 16), OIPBP 8, NDAS 9. */
struct uw_nvme_command uw_nvme_sanitize(enum uw_nvme_sanitize_action action, bool no_deallocate,
                                        uint32_t pattern)
{
    struct uw_nvme_command command = {
        .opcode = UW_NVME_SANITIZE, .cdw10 = (uint32_t)action & 7, .timeout_ms = SANITIZE_MS};
    if (action == UW_NVME_SANACT_OVERWRITE) {
        command.cdw10 |= 1U << 4;
        command.cdw11 = pattern;
    }
    if (no_deallocate && action != UW_NVME_SANACT_EXIT_FAILURE)
        command.cdw10 |= 1U << 9;
    return command;
}

/* CDW10: LBAF 3:0 and 13:12, MSET 4, PI 7:5, PIL 8, SES 11:9. */
struct uw_nvme_command uw_nvme_format(const struct uw_nvme_namespace *ns, uint32_t nsid,
                                      enum uw_nvme_erase erase, uint32_t timeout_ms)
{
    uint32_t ses = erase == UW_NVME_SES_CRYPTO ? 2 : 1; /* whatever comes in: never 0, which erases nothing */
    uint32_t cdw10 = (ns->format_index & 0x0fU) | (ns->format_index >> 4 & 3U) << 12;
    cdw10 |= (ns->extended_metadata ? 1U : 0U) << 4;
    cdw10 |= (ns->protection & 7U) << 5;
    cdw10 |= (ns->protection_first ? 1U : 0U) << 8;
    return (struct uw_nvme_command){.opcode = UW_NVME_FORMAT,
                                    .nsid = nsid,
                                    .cdw10 = cdw10 | ses << 9,
                                    .timeout_ms = timeout_ms > 0 ? timeout_ms : FORMAT_MS};
}

/* CDW10: NSSF 7:0, SPSP 23:8, SECP 31:24. CDW11: the bytes. */
static struct uw_nvme_command security(uint8_t opcode, uint8_t protocol, uint16_t specific, void *data,
                                       uint32_t bytes)
{
    return (struct uw_nvme_command){.opcode = opcode,
                                    .cdw10 = (uint32_t)protocol << 24 | (uint32_t)specific << 8,
                                    .cdw11 = bytes,
                                    .data = data,
                                    .data_bytes = bytes,
                                    .data_out = opcode == UW_NVME_SECURITY_SEND,
                                    .timeout_ms =
                                        opcode == UW_NVME_SECURITY_SEND ? SECURITY_SEND_MS : READ_MS};
}

struct uw_nvme_command uw_nvme_security_receive(uint8_t protocol, uint16_t specific, void *data,
                                                uint32_t bytes)
{
    return security(UW_NVME_SECURITY_RECEIVE, protocol, specific, data, bytes);
}

struct uw_nvme_command uw_nvme_security_send(uint8_t protocol, uint16_t specific, void *data, uint32_t bytes)
{
    return security(UW_NVME_SECURITY_SEND, protocol, specific, data, bytes);
}

enum uw_nvme_sanitize_action uw_nvme_sanitize_action_of(uint32_t cdw10)
{
    return (enum uw_nvme_sanitize_action)(cdw10 & 7);
}

/* What commands of this kind meet; the rest goes by its type. */
static const struct {
    int status;
    const char *words;
} statuses[] = {
    {UW_NVME_OK, "success"},
    {UW_NVME_INVALID_OPCODE, "invalid opcode"},
    {UW_NVME_INVALID_FIELD, "invalid field in command"},
    {0x004, "data transfer error"},
    {0x005, "aborted by power loss"},
    {0x006, "internal error"},
    {0x007, "aborted on request"},
    {UW_NVME_INVALID_NAMESPACE, "invalid namespace or format"},
    {UW_NVME_SEQUENCE_ERROR, "command sequence error"},
    {0x015, "operation denied"},
    {UW_NVME_SANITIZE_HAS_FAILED, "sanitize failed"},
    {UW_NVME_SANITIZE_IN_PROGRESS, "sanitize in progress"},
    {UW_NVME_WRITE_PROTECTED, "namespace is write protected"},
    {0x021, "command interrupted"},
    {0x023, "prohibited by command and feature lockdown"},
    {0x024, "media not ready"},
    {0x082, "namespace not ready"},
    {0x083, "reservation conflict"},
    {UW_NVME_FORMAT_IN_PROGRESS, "format in progress"},
    {0x109, "invalid log page"},
    {UW_NVME_INVALID_FORMAT, "invalid format"},
    {0x10b, "firmware activation requires a conventional reset"},
    {0x110, "firmware activation requires a subsystem reset"},
    {0x111, "firmware activation requires a controller reset"},
    {0x11d, "device self-test in progress"},
    {0x123, "sanitize prohibited while persistent memory is enabled"},
    {UW_NVME_ACCESS_DENIED, "access denied"},
};

static const char *status_words(int status)
{
    static const char *const types[8] = {"unknown generic status",
                                         "unknown command specific status",
                                         "unknown media or data integrity error",
                                         "unknown path status",
                                         "unknown status",
                                         "unknown status",
                                         "unknown status",
                                         "vendor specific status"};
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (statuses[i].status == status)
            return statuses[i].words;
    return status <= 0x7ff ? types[status >> 8] : "no NVMe status";
}

void uw_nvme_status_text(int status, char *text)
{
    if (status >= 0)
        snprintf(text, UW_NVME_STATUS_TEXT, "%s (%03xh)", status_words(status), (unsigned)status);
    else if (status == INT32_MIN) /* has no counterpart above 0 */
        snprintf(text, UW_NVME_STATUS_TEXT, "no answer");
    else
        snprintf(text, UW_NVME_STATUS_TEXT, "%s (errno %d)", strerror(-status), -status);
}

static void put_dword(uint8_t *entry, unsigned dword, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        entry[4 * dword + i] = (uint8_t)(value >> 8 * i);
}

void uw_nvme_command_hex(const struct uw_nvme_command *command, char hex[UW_NVME_COMMAND_HEX])
{
    uint8_t entry[64] = {command->opcode};
    put_dword(entry, 1, command->nsid);
    put_dword(entry, 10, command->cdw10);
    put_dword(entry, 11, command->cdw11);
    put_dword(entry, 12, command->cdw12);
    put_dword(entry, 13, command->cdw13);
    for (size_t i = 0; i < sizeof entry; i++)
        snprintf(hex + 2 * i, 3, "%02x", entry[i]);
}
