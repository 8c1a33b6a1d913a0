/* SPDX-License-Identifier: Apache-2.0 */
/* libunwrite: finds drives, decides what erase can honestly be claimed, erases, verifies, certifies.
 *
 * Documents come as jansson values with the names of unwrite(1), "JSON". Nothing here prints or prompts.
 * All calls are for one thread, except uw_run_stop, which any thread and any signal handler may call. */
#ifndef UNWRITE_UNWRITE_H
#define UNWRITE_UNWRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "unwrite/error.h"
#include "unwrite/event.h"

/* Exit codes of unwrite(1), as results of a run. */
enum uw_exit {
    UW_EXIT_SANITIZED = 0,
    UW_EXIT_FAILED = 1,
    UW_EXIT_USAGE = 2,
    UW_EXIT_LEVEL = 3,
    UW_EXIT_REFUSED = 4,
    UW_EXIT_ABORTED = 5,
    UW_EXIT_NOT_STORED = 6,
};

struct uw_strings {
    const char **items;
    size_t count;
};

/* Asked once per drive that no --confirm names: `device` is what would be erased, `id` what confirms it,
 * `hint` its last four characters. Writes what the operator typed into `answer` (cut at answer_bytes,
 * NUL-terminated) and returns true; false when nobody can be asked. The library compares. */
typedef bool uw_ask(void *user, const json_t *plan, const char *device, const char *id, char *answer,
                    size_t answer_bytes);

/* A record of every command that is sent to a drive, as JSON lines: what, to which drive, when, and how it
 * ended; see unwrite(1), TRACE. Holds no data of a drive and no password. Reading and writing of the medium
 * are the kernel's commands and not in it. */
struct uw_trace;

/* Makes a new file of mode 0600; NULL and UW_E_USAGE where it is there already or cannot be made. */
struct uw_trace *uw_trace_open(const char *path, struct uw_error *e);

/* Closes and frees it; NULL is fine. False: it could not be written to its end (UW_E_STORE), which changed
 * nothing else. */
bool uw_trace_close(struct uw_trace *trace, struct uw_error *e);

/* As uw_record_forget_empty. */
void uw_trace_forget_empty(struct uw_trace *trace);

/* What is wanted, in the words of unwrite(1): each member is the option of that name, NULL or false where it
 * was not given (then the documented default holds). Borrowed until uw_run_close. Zero-initialise. */
struct uw_request {
    struct uw_strings targets;
    const char *level;
    const char *rule_set;
    const char *method;
    const char *standard;
    const char *keystream;
    const char *verify;
    const char *jobs;
    const char *key;
    const char *certificates;
    const char *state;
    const char *operator_name;
    const char *ticket;
    const char *station;
    const char *customer;
    const char *reason;
    const char *location;
    struct uw_strings confirm;
    struct uw_strings exclude;
    const char *certificate; /* verify: the certificate that the drive must agree with */
    /* verify: file of the public key by which that certificate must be signed; NULL: where it is signed by
     * the run's own key that one counts, and by another's it is not checked */
    const char *certificate_key;
    bool check; /* verify instead of erase: reads only, ends with an addendum */
    bool all;
    bool confirm_all;
    bool allow_downgrade;
    bool allow_not_covered;
    struct uw_trace *trace; /* NULL: no record is kept */
    bool restore_dco;
    bool unfreeze;
    const char *psid_file; /* lines "SERIAL PSID": what drives that encrypt themselves have on their labels */
    struct uw_strings arguments;      /* argv, recorded in certificates */
    const char *configuration_sha256; /* hex, of the file that was read; NULL: none */
    uw_ask *ask;                      /* NULL: nobody can be asked */
    void *user;                       /* for ask */
};

const char *uw_version(void);

/* The document of `list --json`; NULL and *e on failure. Of `request`, which may be NULL, `trace` counts. New
 * reference. */
json_t *uw_list(const struct uw_request *request, struct uw_error *e);

/* {"schema":"urn:unwrite:methods:1","methods":[{"id","title","technique","citation","levels":{}}],
 * "standards":[{"id","title","status","source","passes":[...]}],"rules":[{"id","drive","level","method","verify",
 * "claim"}]}. New reference. */
json_t *uw_methods(struct uw_error *e);

/* A run: probe, plan, gate, intent, erase, verify, certify, for all targets at once. */
struct uw_run;

/* Whether the words of a request that need no drive are words that their options know; targets and files are
 * not looked at. */
bool uw_request_check(const struct uw_request *request, struct uw_error *e);

/* Probes and plans every target; touches nothing. UW_E_USAGE names what is wrong with the request. */
struct uw_run *uw_run_open(const struct uw_request *request, struct uw_error *e);

/* The document of `plan --json`. New reference. */
json_t *uw_run_plans(const struct uw_run *run, struct uw_error *e);
size_t uw_run_count(const struct uw_run *run);

/* The exit code that `erase` would end with if each plan went well: 0, 1 (nothing found, not covered), 3
 * or 4. */
enum uw_exit uw_run_forecast(const struct uw_run *run);

/* Key, journal, confirmation (calls request->ask), exclusive opens, signed intents; then starts the erases.
 * When it returns false nothing was touched and no erase was started. */
bool uw_run_start(struct uw_run *run, struct uw_error *e);

/* Delivers waiting events to `listener` in this thread, waiting up to timeout_ms for the first; returns false
 * once the run has ended and every event was delivered. */
typedef void uw_listener(void *user, const struct uw_event *event);
bool uw_run_poll(struct uw_run *run, int timeout_ms, uw_listener *listener, void *user);

/* Has all jobs end after the transfers in flight; their certificates say aborted. Async-signal-safe. */
void uw_run_stop(struct uw_run *run);

/* The exit code of an ended run. */
enum uw_exit uw_run_exit(const struct uw_run *run);

/* Ends a running run (as uw_run_stop), waits for it and frees it. NULL is fine. */
void uw_run_close(struct uw_run *run);

/* Makes an ES256 key in a new file of mode 0600; an existing file is left alone (UW_E_USAGE). */
bool uw_key_new(const char *path, struct uw_error *e);

/* {"pem","jwk":{...},"thumbprint"} of the public half of a key file (private PEM, public PEM or JWK). New
 * reference. */
json_t *uw_key_show(const char *path, struct uw_error *e);

/* Where the station key stands under `state` (NULL: /var/lib/unwrite); into `path`. */
void uw_station_key_path(const char *state, char *path, size_t path_bytes);

/* Signs and stores the certificates of runs that broke off (state, certificates and key of the request
 * count). Appends
 * {"run","device","verdict","path"} for each to `*recovered`, a new reference, also when it fails. */
bool uw_cert_recover(const struct uw_request *request, json_t **recovered, struct uw_error *e);

/* {"sequence","time","boottime_ns","job","event","data"}: an event as --events and the journal write it; new
 * reference. */
json_t *uw_event_json(const struct uw_event *event);

struct uw_cert_request {
    const char *file;
    const char *key;   /* key file that must have signed */
    const char *level; /* "clear", "purge" or NULL: the level requested in the document */
    bool allow_test_key;
};

/* 0: every signature that names the key holds, of which there is one at least, and the verdict is sanitized
 * at the level; 1: does not hold; 3: holds but records no such erasure; 2: file or key cannot be read. *e
 * says why for all but 0. Signatures that name other keys are not checked. `*document` (may be NULL) receives
 * the document where it holds, else NULL. */
enum uw_exit uw_cert_verify(const struct uw_cert_request *request, json_t **document, struct uw_error *e);

/* The thumbprints that a document's signatures name, in their order, null where one cannot be read; new
 * reference. Nothing is verified. */
json_t *uw_cert_signers(const json_t *document);

/* One page of plain words about a document; nothing is verified. malloc()ed text; NULL and *e on failure,
 * also where the file holds no document of unwrite (UW_E_INVALID). */
char *uw_cert_show(const char *file, struct uw_error *e);

/* Lowercase hex of SHA-256 over `data`; false when it could not be computed. */
bool uw_sha256_text(const void *data, size_t bytes, char hex[65]);

/* Words for people: cut at to_bytes, always NUL-terminated, safe for a terminal. */
void uw_text_printable(const char *text, char *to, size_t to_bytes); /* control characters, bad UTF-8: '?' */
/* The last four characters of an id, which confirm it; within `id`. */
const char *uw_text_hint(const char *id);
void uw_text_bytes(uint64_t bytes, char *to, size_t to_bytes);      /* "480.1 GB", as drives are labelled */
void uw_text_duration(uint64_t seconds, char *to, size_t to_bytes); /* "2 h 10 min" */

#endif
