/* What one view of the system shows and another hides. A sound host has none. Field names are those
 * of the JSON; numbers are stored: add at the end only. */
#ifndef ENTITY_HIDDEN_H
#define ENTITY_HIDDEN_H

#include "entity/kind.h"

enum hidden_field {
	HIDDEN_TYPE, /* enum hidden_type */
	HIDDEN_SEEN_BY,
	HIDDEN_MISSING_FROM,
	HIDDEN_DETAIL,
	HIDDEN_EXE,
	HIDDEN_COMMAND,
	HIDDEN_USER,
	HIDDEN_N
};

enum hidden_type {
	HIDDEN_PROCESS,
	HIDDEN_PORT,
	HIDDEN_DIRECTORY,
	HIDDEN_FILE,
	HIDDEN_MOUNT,
	HIDDEN_MODULE,
	HIDDEN_TYPE_N
};

extern const struct kind kind_hidden;

#endif
