/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/names.h"

/* FEATURES tell the commands of one opcode apart. */
enum { ANY = -1 };
enum { SECURITY_PROTOCOL_IN = 0xa2, SECURITY_PROTOCOL_OUT = 0xb5 };

struct name {
    uint8_t opcode;
    int features;
    const char *words;
};

static const char *find(const struct name *names, size_t count, uint8_t opcode, int features)
{
    for (size_t i = 0; i < count; i++)
        if (names[i].opcode == opcode && (names[i].features == ANY || names[i].features == features))
            return names[i].words;
    return NULL;
}

/* ACS-4, chapter 7; ATA8-ACS for what it dropped. */
const char *uw_ata_name(const struct uw_ata_command *command)
{
    static const struct name names[] = {
        {UW_ATA_NOP, ANY, "NOP"},
        {UW_ATA_READ_NATIVE_MAX_EXT, ANY, "READ NATIVE MAX ADDRESS EXT"},
        {UW_ATA_READ_NATIVE_MAX, ANY, "READ NATIVE MAX ADDRESS"},
        {UW_ATA_SET_MAX_EXT, ANY, "SET MAX ADDRESS EXT"},
        {UW_ATA_SET_MAX, ANY, "SET MAX ADDRESS"},
        {UW_ATA_SET_FEATURES, ANY, "SET FEATURES"},
        {UW_ATA_READ_LOG_EXT, ANY, "READ LOG EXT"},
        {UW_ATA_ACCESSIBLE_MAX, 0x0000, "GET NATIVE MAX ADDRESS EXT"},
        {UW_ATA_ACCESSIBLE_MAX, 0x0001, "SET ACCESSIBLE MAX ADDRESS EXT"},
        {UW_ATA_ACCESSIBLE_MAX, 0x0002, "FREEZE ACCESSIBLE MAX ADDRESS EXT"},
        {UW_ATA_SMART, 0xd0, "SMART READ DATA"},
        {UW_ATA_SMART, 0xd1, "SMART READ THRESHOLDS"},
        {UW_ATA_SMART, 0xda, "SMART RETURN STATUS"},
        {UW_ATA_DCO, 0xc0, "DEVICE CONFIGURATION RESTORE"},
        {UW_ATA_DCO, 0xc1, "DEVICE CONFIGURATION FREEZE LOCK"},
        {UW_ATA_DCO, 0xc2, "DEVICE CONFIGURATION IDENTIFY"},
        {UW_ATA_DCO, 0xc3, "DEVICE CONFIGURATION SET"},
        {UW_ATA_SANITIZE, 0x0000, "SANITIZE STATUS EXT"},
        {UW_ATA_SANITIZE, 0x0011, "CRYPTO SCRAMBLE EXT"},
        {UW_ATA_SANITIZE, 0x0012, "BLOCK ERASE EXT"},
        {UW_ATA_SANITIZE, 0x0014, "OVERWRITE EXT"},
        {UW_ATA_SANITIZE, 0x0020, "SANITIZE FREEZE LOCK EXT"},
        {UW_ATA_SANITIZE, 0x0040, "SANITIZE ANTIFREEZE LOCK EXT"},
        {UW_ATA_IDENTIFY, ANY, "IDENTIFY DEVICE"},
        {UW_ATA_SECURITY_SET_PASSWORD, ANY, "SECURITY SET PASSWORD"},
        {UW_ATA_SECURITY_UNLOCK, ANY, "SECURITY UNLOCK"},
        {UW_ATA_SECURITY_ERASE_PREPARE, ANY, "SECURITY ERASE PREPARE"},
        {UW_ATA_SECURITY_ERASE_UNIT, ANY, "SECURITY ERASE UNIT"},
        {UW_ATA_SECURITY_DISABLE_PASSWORD, ANY, "SECURITY DISABLE PASSWORD"},
    };
    return find(names, sizeof names / sizeof names[0], command->command, command->features);
}

bool uw_ata_has_password(const struct uw_ata_command *command)
{
    return command->protocol == UW_ATA_PIO_OUT &&
           (command->command == UW_ATA_SECURITY_SET_PASSWORD || command->command == UW_ATA_SECURITY_UNLOCK ||
            command->command == UW_ATA_SECURITY_ERASE_UNIT ||
            command->command == UW_ATA_SECURITY_DISABLE_PASSWORD);
}

const char *uw_nvme_name(const struct uw_nvme_command *command)
{
    static const struct name names[] = {
        {UW_NVME_GET_LOG, ANY, "Get Log Page"},
        {UW_NVME_IDENTIFY, ANY, "Identify"},
        {UW_NVME_FORMAT, ANY, "Format NVM"},
        {UW_NVME_SECURITY_SEND, ANY, "Security Send"},
        {UW_NVME_SECURITY_RECEIVE, ANY, "Security Receive"},
        {UW_NVME_SANITIZE, ANY, "Sanitize"},
    };
    return find(names, sizeof names / sizeof names[0], command->opcode, ANY);
}

bool uw_nvme_is_security(const struct uw_nvme_command *command)
{
    return command->opcode == UW_NVME_SECURITY_SEND || command->opcode == UW_NVME_SECURITY_RECEIVE;
}

bool uw_scsi_is_security(const struct uw_scsi_command *command)
{
    return command->cdb[0] == SECURITY_PROTOCOL_IN || command->cdb[0] == SECURITY_PROTOCOL_OUT;
}

/* SPC-5, chapter 6; SAT-4, 12.2.2. */
const char *uw_scsi_name(const struct uw_scsi_command *command)
{
    static const struct name names[] = {
        {0x12, ANY, "INQUIRY"},
        {0x55, ANY, "MODE SELECT(10)"},
        {0x5a, ANY, "MODE SENSE(10)"},
        {0x85, ANY, "ATA PASS-THROUGH(16)"},
        {SECURITY_PROTOCOL_IN, ANY, "SECURITY PROTOCOL IN"},
        {SECURITY_PROTOCOL_OUT, ANY, "SECURITY PROTOCOL OUT"},
    };
    struct uw_ata_command ata;
    const char *inside = uw_sat_unwrap_command(command, &ata) ? uw_ata_name(&ata) : NULL;
    return inside != NULL ? inside : find(names, sizeof names / sizeof names[0], command->cdb[0], ANY);
}
