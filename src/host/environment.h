/* Variables "NAME=VALUE" that a program is given. Pure. */
#ifndef HOST_ENVIRONMENT_H
#define HOST_ENVIRONMENT_H

#include "core/arena.h"
#include "core/span.h"

/* LD_*, GCONV_PATH, GLIBC_TUNABLES: they make a program load other code. */
bool environment_loads_code(struct span assignment);
/* The same, with *** for the value when the name is that of a secret (PASSWORD, TOKEN, KEY, …): a
 * file with it may be read by everybody, but what we keep goes further than the file. */
struct span environment_masked(struct span assignment, struct arena *a);

#endif
