/* What one view of the system shows and another hides. Field names are those of the JSON; numbers
 * are stored: add at the end only. */
#ifndef ENTITY_HIDDEN_H
#define ENTITY_HIDDEN_H

#include "entity/kind.h"

enum hidden_field { HIDDEN_NAME, HIDDEN_N };

extern const struct kind kind_hidden;

#endif
