/* Accounts. Field names are those of the JSON; numbers are stored: add at the end only. */
#ifndef ENTITY_USER_H
#define ENTITY_USER_H

#include "entity/kind.h"

/* Numbers are stored; so are those of the choices. */
enum user_field {
	USER_UID,
	USER_GID,
	USER_GROUP,
	USER_GROUPS,
	USER_GECOS,
	USER_HOME,
	USER_SHELL,
	USER_SHELL_LISTED,
	USER_CAN_LOGIN,
	USER_PASSWORD,
	USER_PASSWORD_SCHEME,
	USER_PASSWORD_DIGEST,
	USER_PASSWORD_EXPOSED,
	USER_PASSWORD_CHANGED,
	USER_MUST_CHANGE,
	USER_MIN_DAYS,
	USER_MAX_DAYS,
	USER_WARN_DAYS,
	USER_INACTIVE_DAYS,
	USER_LOCKED,
	USER_EXPIRES,
	USER_EXPIRED,
	USER_SUPERUSER,
	USER_DUPLICATE_UID,
	USER_DUPLICATE,
	USER_CLASS,
	USER_SUBUIDS,
	USER_SUBGIDS,
	USER_HOME_MISSING,
	USER_HOME_OWNER,
	USER_HOME_MODE,
	USER_SOURCE,
	USER_LINE,
	USER_N
};

enum password_state {
	PASSWORD_SET,
	PASSWORD_EMPTY,
	PASSWORD_LOCKED,
	PASSWORD_DISABLED,
	PASSWORD_MISSING,
	PASSWORD_STATE_N
};
extern const char *const password_state_names[];

enum account_class { ACCOUNT_SYSTEM, ACCOUNT_HUMAN, ACCOUNT_OTHER, ACCOUNT_CLASS_N };
extern const char *const account_class_names[];

extern const struct kind kind_user;

#endif
