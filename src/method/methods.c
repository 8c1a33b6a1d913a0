/* SPDX-License-Identifier: Apache-2.0 */
#include "method/methods.h"

#include <string.h>

#define METHOD(symbol) extern const struct uw_method symbol;
#include "method/methods.def"
#undef METHOD

static const struct uw_method *const methods[] = {
#define METHOD(symbol) &symbol,
#include "method/methods.def"
#undef METHOD
};

const struct uw_method *uw_method_at(size_t index)
{
    return index < sizeof methods / sizeof *methods ? methods[index] : NULL;
}

const struct uw_method *uw_method_by_id(const char *id)
{
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (strcmp(methods[i]->id, id) == 0)
            return methods[i];
    return NULL;
}
