/* SPDX-License-Identifier: Apache-2.0 */
/* Runs that broke off: what their journals say is signed by the next run. */
#ifndef UW_ENGINE_RECOVER_H
#define UW_ENGINE_RECOVER_H

#include "engine/run.h"

/* Ends every unfinished journal below run->state with the certificates that are missing, in
 * run->certificates, signed by run->key: `aborted`, or `refused` where the gate had said no. Journals of runs
 * that still live are left alone, and so is run's own. Appends {"run","device","verdict","path" (null: not
 * stored),"} for each to `recovered`. False: a journal could not be read or a document not be stored; the
 * others were dealt with. */
bool uw_recover_journals(const struct uw_run *run, json_t *recovered, struct uw_error *e);

#endif
