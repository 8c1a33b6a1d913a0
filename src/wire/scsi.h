/* SPDX-License-Identifier: Apache-2.0 */
/* SCSI commands as bytes, sense data, and ATA commands inside SCSI ones. Pure. SPC-5 (sense, MODE SENSE and
 * SELECT), SBC-4, SAT-4 (ATA PASS-THROUGH). Data are big endian. */
#ifndef UW_WIRE_SCSI_H
#define UW_WIRE_SCSI_H

#include "wire/ata.h"

enum { UW_SCSI_CDB_BYTES = 16, UW_SCSI_SENSE_BYTES = 64 };
enum uw_scsi_direction { UW_SCSI_NO_DATA = 0, UW_SCSI_DATA_IN, UW_SCSI_DATA_OUT };

struct uw_scsi_command {
    uint8_t cdb[UW_SCSI_CDB_BYTES];
    uint8_t cdb_bytes;
    enum uw_scsi_direction direction;
    void *data; /* owned by the caller */
    uint32_t data_bytes;
    uint32_t timeout_ms; /* the kernel's; never 0 */
    /* The answer: */
    int host_errno; /* -errno of the call, or of a host or driver status; 0: the device answered */
    uint8_t status; /* SAM status: 00h good, 02h check condition */
    uint8_t sense[UW_SCSI_SENSE_BYTES];
    uint8_t sense_bytes; /* valid */
    uint32_t moved_bytes;
};

struct uw_scsi_sense {
    bool known, descriptor; /* format 72h/73h, else 70h/71h */
    uint8_t key, asc, ascq;
    bool has_progress;
    uint16_t progress; /* of 65536 */
};
/* Any bytes; not known where they are too few or of no format. */
bool uw_scsi_decode_sense(const uint8_t *sense, size_t bytes, struct uw_scsi_sense *decoded);

/* The control mode page (0Ah), current values, MODE SENSE(10) without block descriptors. */
struct uw_scsi_command uw_scsi_sense_control_page(void *data, uint16_t bytes);
/* Turns an answer of it into the parameter list of a MODE SELECT(10), PF=1, SP=0, with D_SENSE set or not:
 * the bytes to send, 0 where the answer is no such page. *was: D_SENSE as it was. */
size_t uw_scsi_set_d_sense(uint8_t *data, size_t bytes, bool d_sense, bool *was);
struct uw_scsi_command uw_scsi_select_control_page(void *data, uint16_t bytes);

/* SECURITY PROTOCOL IN and OUT (SPC-5), which SAT turns into TRUSTED RECEIVE and SEND; `bytes` is a multiple
 * of 512. INC_512 is 0, lengths are in bytes, as Linux itself sends them to every drive: its own SAT (libata)
 * looks for INC_512 in the wrong bits and takes a length in units of 512 for one in bytes. */
struct uw_scsi_command uw_scsi_security_in(uint8_t protocol, uint16_t specific, void *data, uint32_t bytes);
struct uw_scsi_command uw_scsi_security_out(uint8_t protocol, uint16_t specific, void *data, uint32_t bytes);

/* ATA PASS-THROUGH(16), SAT-4 12.2.2; timeout and data are the ATA command's. */
struct uw_scsi_command uw_sat_wrap(const struct uw_ata_command *command);
/* The ATA command inside, as far as the CDB tells it: everything but data, timeout and answer. False: there
 * is none. */
bool uw_sat_unwrap_command(const struct uw_scsi_command *scsi, struct uw_ata_command *command);
/* The same command's result registers once more (protocol 15, "return response information"). `data` is
 * UW_SAT_RESPONSE_BYTES. */
enum { UW_SAT_RESPONSE_BYTES = 14 };
struct uw_scsi_command uw_sat_ask_response(void *data, bool with_direction);
bool uw_sat_is_ask_response(const struct uw_scsi_command *command);
/* Sets the ATA command's answer from the SCSI one: descriptor sense, fixed sense as SAT-4 places it (not
 * whole), fixed sense as libata up to 6.1 places it (not whole); registers that are all zero are none. */
void uw_sat_unwrap(const struct uw_scsi_command *scsi, struct uw_ata_command *command);
/* Registers from the data of uw_sat_ask_response. */
bool uw_sat_decode_response(const uint8_t *data, size_t bytes, struct uw_ata_registers *registers);

#endif
