/* SPDX-License-Identifier: Apache-2.0 */
/* What the standards call the commands that we send; for records, not for decisions. Pure. */
#ifndef UW_WIRE_NAMES_H
#define UW_WIRE_NAMES_H

#include "wire/nvme.h"
#include "wire/scsi.h"

/* "IDENTIFY DEVICE"; NULL for what has no name here. */
const char *uw_ata_name(const struct uw_ata_command *command);
const char *uw_nvme_name(const struct uw_nvme_command *command);
/* Of an ATA command inside it: that one's name. */
const char *uw_scsi_name(const struct uw_scsi_command *command);

/* Whether its data are a password block. */
bool uw_ata_has_password(const struct uw_ata_command *command);
/* Whether its data are a payload of a security protocol, in which a password may stand. */
bool uw_nvme_is_security(const struct uw_nvme_command *command);
bool uw_scsi_is_security(const struct uw_scsi_command *command);

#endif
