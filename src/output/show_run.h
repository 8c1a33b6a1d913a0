/* SPDX-License-Identifier: Apache-2.0 */
/* Of a document's page, the part about the run: what was done to the drive, and what reading back found. */
#ifndef UW_OUTPUT_SHOW_RUN_H
#define UW_OUTPUT_SHOW_RUN_H

#include <jansson.h>

#include "output/show_page.h"

/* The steps of a certificate, or those that an intent or order plans. */
void show_steps(struct page *page, const json_t *body, const char *kind);

void show_verification(struct page *page, const json_t *body);

#endif
