/* SPDX-License-Identifier: Apache-2.0 */
/* What was sent to which drive, and how it ended. Commands and statuses alone: no data of a drive stands in
 * it, and no password. */
#include "transport/trace.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "core/clock.h"
#include "core/document.h"
#include "unwrite/record.h"
#include "unwrite/unwrite.h"
#include "wire/names.h"

struct uw_trace {
    struct uw_record *record;
    json_int_t lines, commands;
    pthread_mutex_t lock;
};

/* One command on its way. */
struct entry {
    struct uw_trace *trace;
    const char *device;
    json_int_t number;
    int64_t begun_ns;
};

struct uw_trace *uw_trace_open(const char *path, struct uw_error *e)
{
    struct uw_trace *trace = calloc(1, sizeof *trace);
    if (trace == NULL || pthread_mutex_init(&trace->lock, NULL) != 0) {
        free(trace);
        uw_fail(e, UW_E_NOMEM, "out of memory");
        return NULL;
    }
    trace->record = uw_record_open("trace file", path, e);
    if (trace->record != NULL)
        return trace;
    pthread_mutex_destroy(&trace->lock);
    free(trace);
    return NULL;
}

bool uw_trace_close(struct uw_trace *trace, struct uw_error *e)
{
    if (trace == NULL)
        return true;
    bool whole = uw_record_close(trace->record, e);
    pthread_mutex_destroy(&trace->lock);
    free(trace);
    return whole;
}

void uw_trace_forget_empty(struct uw_trace *trace)
{
    if (trace != NULL)
        uw_record_forget_empty(trace->record);
}

static int64_t now_ns(clockid_t clock)
{
    struct timespec now = {0};
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Steals `data`. */
static void record(const struct entry *entry, const char *what, int64_t boottime_ns, json_t *data)
{
    struct uw_trace *trace = entry->trace;
    char time_text[UW_TIME_BYTES];
    uw_time_text(now_ns(CLOCK_REALTIME), time_text);
    json_t *device = uw_clean_json(entry->device != NULL ? entry->device : "");
    json_t *line = json_pack("{s:I, s:s, s:I, s:o, s:I, s:s}", "sequence", trace->lines + 1, "time",
                             time_text, "boottime_ns", (json_int_t)boottime_ns, "device", device, "command",
                             entry->number, "record", what);
    if (json_object_update(line, data) != 0) {
        json_decref(line);
        line = NULL;
    }
    uw_record_add(trace->record, line);
    trace->lines++;
    json_decref(data);
}

static void begin(struct entry *entry, struct uw_transport *t, json_t *data)
{
    struct uw_trace *trace = t->trace;
    pthread_mutex_lock(&trace->lock);
    *entry = (struct entry){
        .trace = trace, .device = t->device, .number = ++trace->commands, .begun_ns = now_ns(CLOCK_BOOTTIME)};
    record(entry, "sent", entry->begun_ns, data);
    pthread_mutex_unlock(&trace->lock);
}

/* `answer` is stolen; NULL: there was none. */
static void end(const struct entry *entry, json_t *answer, bool stalled, const struct uw_error *why)
{
    int64_t ended_ns = now_ns(CLOCK_BOOTTIME);
    bool answered = answer != NULL;
    json_t *data =
        answered ? answer : json_pack("{s:b, s:o}", "stalled", stalled, "why", uw_clean_json(why->text));
    json_object_set_new(data, "duration_us", json_integer((ended_ns - entry->begun_ns) / 1000));
    pthread_mutex_lock(&entry->trace->lock);
    record(entry, answered ? "answered" : "unanswered", ended_ns, data);
    pthread_mutex_unlock(&entry->trace->lock);
}

static json_t *hex_or_null(const uint8_t *data, size_t bytes)
{
    char hex[2 * UW_SCSI_SENSE_BYTES + 1];
    uw_hex(data, bytes <= UW_SCSI_SENSE_BYTES ? bytes : UW_SCSI_SENSE_BYTES, hex);
    return hex[0] != '\0' ? json_string(hex) : json_null();
}

static json_t *text_or_null(const char *text)
{
    return text != NULL ? json_string(text) : json_null();
}

static json_t *errno_or_null(int negative)
{
    return negative < 0 ? json_integer(-negative) : json_null();
}

static json_t *patience(int timeout_ms)
{
    return timeout_ms >= 0 ? json_integer(timeout_ms) : json_null();
}

static json_t *payload_words(uint32_t bytes)
{
    return json_sprintf("security protocol payload, %u bytes, redacted", (unsigned)bytes);
}

/* ---- NVMe */

static const char *nvme_direction_name(const struct uw_nvme_command *c)
{
    return c->data_bytes == 0 ? "none" : c->data_out ? "out" : "in";
}

static json_t *nvme_sent(const struct uw_nvme_command *c, int timeout_ms)
{
    char hex[UW_NVME_COMMAND_HEX];
    uw_nvme_command_hex(c, hex);
    return json_pack("{s:s, s:o, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:I, s:o, s:I, s:o}", "set", "nvme",
                     "name", text_or_null(uw_nvme_name(c)), "hex", hex, "opcode", (json_int_t)c->opcode,
                     "nsid", (json_int_t)c->nsid, "cdw10", (json_int_t)c->cdw10, "cdw11",
                     (json_int_t)c->cdw11, "cdw12", (json_int_t)c->cdw12, "cdw13", (json_int_t)c->cdw13,
                     "direction", nvme_direction_name(c), "data_bytes", (json_int_t)c->data_bytes, "data",
                     c->data_out && uw_nvme_is_security(c) ? payload_words(c->data_bytes) : json_null(),
                     "timeout_ms", (json_int_t)c->timeout_ms, "patience_ms", patience(timeout_ms));
}

static json_t *nvme_answered(const struct uw_nvme_command *c)
{
    char meaning[UW_NVME_STATUS_TEXT];
    uw_nvme_status_text(c->status, meaning);
    return json_pack("{s:o, s:o, s:I, s:o}", "errno", errno_or_null(c->status), "status",
                     c->status >= 0 ? json_integer(c->status) : json_null(), "result", (json_int_t)c->result,
                     "meaning", uw_clean_json(meaning));
}

bool uw_send_nvme(struct uw_transport *t, struct uw_nvme_command *command, int timeout_ms, bool *stalled,
                  struct uw_error *e)
{
    struct uw_error own = {0};
    struct uw_error *why = e != NULL ? e : &own;
    struct entry entry;
    if (t->trace == NULL)
        return t->ops->nvme(t, command, timeout_ms, stalled, e);
    begin(&entry, t, nvme_sent(command, timeout_ms));
    bool answered = t->ops->nvme(t, command, timeout_ms, stalled, why);
    end(&entry, answered ? nvme_answered(command) : NULL, *stalled, why);
    return answered;
}

/* ---- SCSI, and ATA inside it */

static const char *direction_name(enum uw_scsi_direction direction)
{
    return direction == UW_SCSI_NO_DATA ? "none" : direction == UW_SCSI_DATA_IN ? "in" : "out";
}

static json_t *data_words(const struct uw_ata_command *ata, const struct uw_scsi_command *c)
{
    if (c->direction == UW_SCSI_DATA_OUT && uw_scsi_is_security(c))
        return payload_words(c->data_bytes);
    if (ata == NULL || !uw_ata_has_password(ata))
        return json_null();
    return json_sprintf("password block, %u bytes, redacted", (unsigned)c->data_bytes);
}

static json_t *scsi_sent(const struct uw_scsi_command *c, int timeout_ms)
{
    struct uw_ata_command inside;
    const struct uw_ata_command *ata = uw_sat_unwrap_command(c, &inside) ? &inside : NULL;
    char registers[UW_ATA_COMMAND_HEX];
    if (ata != NULL)
        uw_ata_command_hex(ata, registers);
    size_t cdb_bytes = c->cdb_bytes <= UW_SCSI_CDB_BYTES ? c->cdb_bytes : UW_SCSI_CDB_BYTES;
    return json_pack("{s:s, s:o, s:o, s:o, s:s, s:I, s:o, s:I, s:o}", "set", ata != NULL ? "ata" : "scsi",
                     "name", text_or_null(uw_scsi_name(c)), "hex", hex_or_null(c->cdb, cdb_bytes),
                     "registers", text_or_null(ata != NULL ? registers : NULL), "direction",
                     direction_name(c->direction), "data_bytes", (json_int_t)c->data_bytes, "data",
                     data_words(ata, c), "timeout_ms", (json_int_t)c->timeout_ms, "patience_ms",
                     patience(timeout_ms));
}

/* What the path says of the drive's result registers, by sense data or as an answer of its own. */
static json_t *registers_json(const struct uw_scsi_command *c, json_t **meaning)
{
    struct uw_ata_command ata;
    struct uw_ata_registers registers;
    char hex[UW_ATA_REGISTERS_HEX], text[UW_ATA_OUTCOME_TEXT];
    *meaning = json_null();
    size_t moved = c->moved_bytes < c->data_bytes ? c->moved_bytes : c->data_bytes;
    if (uw_sat_unwrap_command(c, &ata)) {
        uw_sat_unwrap(c, &ata);
        uw_ata_outcome_text(&ata, text);
        *meaning = uw_clean_json(text);
        registers = ata.registers;
    } else if (!uw_sat_is_ask_response(c) || !uw_sat_decode_response(c->data, moved, &registers)) {
        return json_null();
    }
    uw_ata_registers_hex(&registers, hex);
    return registers.known ? json_string(hex) : json_null();
}

static json_t *scsi_answered(const struct uw_scsi_command *c)
{
    json_t *meaning, *registers = registers_json(c, &meaning);
    bool heard = c->host_errno == 0;
    return json_pack("{s:o, s:o, s:o, s:I, s:o, s:o}", "errno", errno_or_null(c->host_errno), "status",
                     heard ? json_integer(c->status) : json_null(), "sense",
                     hex_or_null(c->sense, c->sense_bytes), "moved_bytes", (json_int_t)c->moved_bytes,
                     "registers", registers, "meaning", meaning);
}

bool uw_send_scsi(struct uw_transport *t, struct uw_scsi_command *command, int timeout_ms, bool *stalled,
                  struct uw_error *e)
{
    struct uw_error own = {0};
    struct uw_error *why = e != NULL ? e : &own;
    struct entry entry;
    if (t->trace == NULL)
        return t->ops->scsi(t, command, timeout_ms, stalled, e);
    begin(&entry, t, scsi_sent(command, timeout_ms));
    bool answered = t->ops->scsi(t, command, timeout_ms, stalled, why);
    end(&entry, answered ? scsi_answered(command) : NULL, *stalled, why);
    return answered;
}
