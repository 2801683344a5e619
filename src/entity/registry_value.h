/* Values of the registry of Windows. Field names are those of the JSON; numbers are stored: add at
 * the end only. Keys are the registry key, '\' and the name of the value with each '\' doubled,
 * empty for the default value (entity/key.h). */
#ifndef ENTITY_REGISTRY_VALUE_H
#define ENTITY_REGISTRY_VALUE_H

#include "entity/kind.h"

enum registry_value_field {
	REGISTRY_VALUE_TYPE, /* "REG_SZ", and "REG_0x1234" for a number without a name: any may be
				stored */
	REGISTRY_VALUE_SIZE,
	REGISTRY_VALUE_SHA256,
	REGISTRY_VALUE_CONTENT,
	REGISTRY_VALUE_DATA,
	REGISTRY_VALUE_HIDDEN_NAME,
	REGISTRY_VALUE_USER_COPY, /* absent where it is none */
	REGISTRY_VALUE_N
};

/* Whether the data was read, or why not. */
enum registry_content {
	REGISTRY_HASHED,
	REGISTRY_TOO_LARGE,
	REGISTRY_UNREADABLE,
	REGISTRY_SECRET, /* its digest is keyed with what only this installation knows */
	REGISTRY_CONTENT_N
};

extern const struct kind kind_registry_value;

#endif
