/* Names that programs give to what will soon have another one, or be gone: the new content of a
 * file before it takes the old one's place, an editor's own notes, a lock. They are told a moment
 * later than others, so that one save is one change; they are told all the same. */
#ifndef WATCH_FILES_PASSING_H
#define WATCH_FILES_PASSING_H

#include <stdbool.h>

#include "core/span.h"

bool name_is_passing(struct span name);

#endif
