/* Keys of the registry of Windows. Field names are those of the JSON; numbers are stored: add at
 * the end only. Keys are written HKLM\SOFTWARE\Key, HKU\S-1-5-…\Key (entity/key.h), with the case
 * they have. */
#ifndef ENTITY_REGISTRY_KEY_H
#define ENTITY_REGISTRY_KEY_H

#include "entity/kind.h"

enum registry_key_field {
	REGISTRY_KEY_OWNER,
	REGISTRY_KEY_GROUP,
	REGISTRY_KEY_DACL,
	REGISTRY_KEY_SACL,
	REGISTRY_KEY_CLASS,
	REGISTRY_KEY_LINK_TARGET,
	REGISTRY_KEY_LAST_WRITE,
	REGISTRY_KEY_VOLATILE,
	REGISTRY_KEY_HIDDEN_NAME,
	REGISTRY_KEY_SUBKEY_COUNT,
	REGISTRY_KEY_VALUE_COUNT,
	REGISTRY_KEY_USER_COPY, /* absent where it is none */
	REGISTRY_KEY_N
};

extern const struct kind kind_registry_key;

#endif
