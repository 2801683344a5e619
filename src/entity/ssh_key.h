/* Keys that let somebody in by SSH. Field names are those of the JSON; numbers are stored: add at
 * the end only. */
#ifndef ENTITY_SSH_KEY_H
#define ENTITY_SSH_KEY_H

#include "entity/kind.h"

enum ssh_key_field {
	SSH_KEY_ROLE,
	SSH_KEY_USER,
	SSH_KEY_TYPE,
	SSH_KEY_BITS,
	SSH_KEY_FINGERPRINT,
	SSH_KEY_COMMENT,
	SSH_KEY_OPTIONS,
	SSH_KEY_COMMAND,
	SSH_KEY_FROM,
	SSH_KEY_CERTIFICATE_AUTHORITY,
	SSH_KEY_PRINCIPALS,
	SSH_KEY_EXPIRES,
	SSH_KEY_FILE,
	SSH_KEY_FILE_UID,
	SSH_KEY_WRITABLE,
	SSH_KEY_LINE,
	SSH_KEY_N
};

/* Stored. */
enum ssh_key_role {
	SSH_AUTHORIZED,
	SSH_USER_CA,
	SSH_PRINCIPAL,
	SSH_HOST_KEY,
	SSH_COMMAND,
	SSH_ROLE_N
};

extern const struct kind kind_ssh_key;

#endif
