/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UW_METHOD_METHODS_H
#define UW_METHOD_METHODS_H

#include "core/method.h"

/* Every method of methods.def in its order, strongest first; NULL past the end (a uw_method_list). */
const struct uw_method *uw_method_at(size_t index);
const struct uw_method *uw_method_by_id(const char *id); /* NULL: no such method */

#endif
