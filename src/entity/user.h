/* Accounts. Field names are those of the JSON; numbers are stored: add at the end only. */
#ifndef ENTITY_USER_H
#define ENTITY_USER_H

#include "entity/kind.h"

enum user_field { USER_NAME, USER_N };

extern const struct kind kind_user;

#endif
