/* Keys that let somebody in by SSH. Field names are those of the JSON; numbers are stored: add at
 * the end only. */
#ifndef ENTITY_SSH_KEY_H
#define ENTITY_SSH_KEY_H

#include "entity/kind.h"

enum ssh_key_field { SSH_KEY_NAME, SSH_KEY_N };

extern const struct kind kind_ssh_key;

#endif
