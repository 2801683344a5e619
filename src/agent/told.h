/* JSON that another process of ours wrote, before it is put into what we say. */
#ifndef AGENT_TOLD_H
#define AGENT_TOLD_H

#include "core/span.h"

#define TOLD_MAX ((size_t)256 << 10)

/* The text of the array, written anew; NULL when it is no array, or too long. free() it. */
char *told_array(struct span text);

#endif
