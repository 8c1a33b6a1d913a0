/* SPDX-License-Identifier: Apache-2.0 */
/* NVMe admin commands as bytes: what goes out, and what comes back. Pure. NVM Express Base Specification 2.0,
 * section 5 (commands, log pages), NVM Command Set Specification 1.0 (namespace). All data are little
 * endian. */
#ifndef UW_WIRE_NVME_H
#define UW_WIRE_NVME_H

#include "core/nvme.h"

enum uw_nvme_opcode {
    UW_NVME_GET_LOG = 0x02,
    UW_NVME_IDENTIFY = 0x06,
    UW_NVME_FORMAT = 0x80,
    UW_NVME_SECURITY_SEND = 0x81,
    UW_NVME_SECURITY_RECEIVE = 0x82,
    UW_NVME_SANITIZE = 0x84
};

enum {
    UW_NVME_PAGE_BYTES = 4096, /* Identify data */
    UW_NVME_LOG_BYTES = 512    /* logs 02h and 81h */
};

#define UW_NVME_ALL UINT32_MAX /* as nsid: every namespace */

/* Status: bits 10:8 type, 7:0 code, as after masking with 7FFh. */
enum uw_nvme_status {
    UW_NVME_OK = 0,
    UW_NVME_INVALID_OPCODE = 0x001,
    UW_NVME_INVALID_FIELD = 0x002,
    UW_NVME_INVALID_NAMESPACE = 0x00b,
    UW_NVME_SEQUENCE_ERROR = 0x00c,
    UW_NVME_SANITIZE_HAS_FAILED = 0x01c,
    UW_NVME_SANITIZE_IN_PROGRESS = 0x01d,
    UW_NVME_WRITE_PROTECTED = 0x020,
    UW_NVME_FORMAT_IN_PROGRESS = 0x084,
    UW_NVME_INVALID_LOG = 0x109,
    UW_NVME_INVALID_FORMAT = 0x10a,
    UW_NVME_ACCESS_DENIED = 0x286
};

/* One admin command. The answer is data too: a drive that says no is no error of the door's. */
struct uw_nvme_command {
    uint8_t opcode;
    uint32_t nsid;
    uint32_t cdw10, cdw11, cdw12, cdw13;
    void *data; /* owned by the caller; NULL: none */
    uint32_t data_bytes;
    bool data_out;       /* the data go to the drive; else they come from it */
    uint32_t timeout_ms; /* the kernel's, for the command; never 0 */
    /* The answer: */
    int status;      /* 0; an NVMe status above 0, without DNR and More; or -errno where none came back */
    uint32_t result; /* completion dword 0 */
};

/* Commands, complete with timeout_ms; `page` and `log` of the sizes above. */
struct uw_nvme_command uw_nvme_identify_controller(void *page);
struct uw_nvme_command uw_nvme_identify_namespace(uint32_t nsid, void *page);
struct uw_nvme_command uw_nvme_identify_active(void *page);    /* from nsid 1 on */
struct uw_nvme_command uw_nvme_identify_allocated(void *page); /* from nsid 1 on */
struct uw_nvme_command uw_nvme_get_health(void *log);
/* Log 81h, 512 bytes, NSID FFFFFFFFh. */
struct uw_nvme_command uw_nvme_get_sanitize(void *log);

enum uw_nvme_sanitize_action {
    UW_NVME_SANACT_EXIT_FAILURE = 1,
    UW_NVME_SANACT_BLOCK = 2,
    UW_NVME_SANACT_OVERWRITE = 3,
    UW_NVME_SANACT_CRYPTO = 4
};
/* NSID 0, AUSE 0: a drive on which it fails stays unusable until a sanitize succeeds. Of an overwrite one
 * pass, not inverted, of `pattern`. `no_deallocate` asks to leave the blocks mapped, so that they can be read
 * back. */
struct uw_nvme_command uw_nvme_sanitize(enum uw_nvme_sanitize_action action, bool no_deallocate,
                                        uint32_t pattern);

enum uw_nvme_erase {
    UW_NVME_SES_USER_DATA = 1,
    UW_NVME_SES_CRYPTO = 2
}; /* 0 erases nothing: there is none */
/* Keeps the namespace's block size, metadata and protection. nsid may be UW_NVME_ALL. */
struct uw_nvme_command uw_nvme_format(const struct uw_nvme_namespace *ns, uint32_t nsid,
                                      enum uw_nvme_erase erase, uint32_t timeout_ms);

/* Base specification 2.0, 5.25 and 5.26; NSID 0, security protocol `protocol`, its specific field, NSSF 0. */
struct uw_nvme_command uw_nvme_security_receive(uint8_t protocol, uint16_t specific, void *data,
                                                uint32_t bytes);
struct uw_nvme_command uw_nvme_security_send(uint8_t protocol, uint16_t specific, void *data, uint32_t bytes);

/* CDW10 of a sanitize, as SCDW10 tells it back. */
enum uw_nvme_sanitize_action uw_nvme_sanitize_action_of(uint32_t cdw10);

/* Answers. Each takes any bytes: false, and `known` false, where `bytes` is too few. */
bool uw_nvme_decode_controller(const uint8_t *page, size_t bytes, struct uw_nvme_controller *controller);
bool uw_nvme_decode_namespace(const uint8_t *page, size_t bytes, uint32_t nsid, struct uw_nvme_namespace *ns);
/* Stops at the first 0; false, too, where the ids do not ascend or one is FFFFFFFFh. */
bool uw_nvme_decode_list(const uint8_t *page, size_t bytes, struct uw_nvme_list *list);
bool uw_nvme_decode_sanitize(const uint8_t *log, size_t bytes, struct uw_nvme_sanitize_log *sanitize);
bool uw_nvme_decode_health(const uint8_t *log, size_t bytes, struct uw_nvme_health *health);

/* The command as the drive's submission queue entry (figure "Common Command Format"), 64 bytes in hex,
 * without the host's addresses and command identifier. */
enum { UW_NVME_COMMAND_HEX = 129 };
void uw_nvme_command_hex(const struct uw_nvme_command *command, char hex[UW_NVME_COMMAND_HEX]);

/* Words for a status or -errno, e.g. "invalid opcode (001h)". */
enum { UW_NVME_STATUS_TEXT = 96 };
void uw_nvme_status_text(int status, char *text);

#endif
