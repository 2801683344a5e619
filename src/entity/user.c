#include "entity/user.h"

#include "core/attr.h"

const char *const password_state_names[] = { "set", "empty", "locked", "disabled", "missing",
	NULL };
_Static_assert(ARRAY_LEN(password_state_names) == PASSWORD_STATE_N + 1,
	"every password_state needs a name");

const char *const account_class_names[] = { "system", "human", "other", NULL };
_Static_assert(ARRAY_LEN(account_class_names) == ACCOUNT_CLASS_N + 1,
	"every account_class needs a name");

#define STD FIELD_STANDARD

static const struct field fields[] = {
	[USER_UID] = { "uid", FIELD_NUMBER, STD, "number of the user; 0 may do everything", NULL },
	[USER_GID] = { "gid", FIELD_NUMBER, STD, "number of the primary group", NULL },
	[USER_GROUP] = { "group", FIELD_TEXT, STD, "name of the primary group", NULL },
	[USER_GROUPS] = { "groups", FIELD_LIST, STD, "groups it is a member of besides", NULL },
	[USER_GECOS] = { "gecos", FIELD_TEXT, STD, "full name and remarks", NULL },
	[USER_HOME] = { "home", FIELD_TEXT, STD, "home folder", NULL },
	[USER_SHELL] = { "shell", FIELD_TEXT, STD, "program run at login; empty: /bin/sh", NULL },
	[USER_SHELL_LISTED] = { "shell_listed", FIELD_FLAG, STD,
		"whether the shell stands in /etc/shells", NULL },
	[USER_CAN_LOGIN] = { "can_login", FIELD_FLAG, STD,
		"its shell gives a session (it is not nologin, false or the like)", NULL },
	[USER_PASSWORD] = { "password", FIELD_CHOICE, STD,
		"set; empty: none is asked for; locked: '!' before it; disabled: none can match; "
		"missing: not in shadow",
		password_state_names },
	[USER_PASSWORD_SCHEME] = { "password_scheme", FIELD_TEXT, STD,
		"how the password is hashed: yescrypt, sha512, md5, …", NULL },
	[USER_PASSWORD_DIGEST] = { "password_digest", FIELD_DIGEST,
		STD | FIELD_SECRET | FIELD_LOCAL,
		"keyed digest of the password's hash: differs when the password does", NULL },
	[USER_PASSWORD_EXPOSED] = { "password_exposed", FIELD_FLAG, STD,
		"the hash stands in passwd, which everybody reads", NULL },
	[USER_PASSWORD_CHANGED] = { "password_changed", FIELD_TIME, STD | FIELD_LOCAL,
		"day of the last password change", NULL },
	[USER_MUST_CHANGE] = { "must_change", FIELD_FLAG, STD,
		"a new password is demanded at the next login", NULL },
	[USER_MIN_DAYS] = { "password_min_days", FIELD_NUMBER, STD,
		"days before the password may be changed again", NULL },
	[USER_MAX_DAYS] = { "password_max_days", FIELD_NUMBER, STD,
		"days after which the password must be changed", NULL },
	[USER_WARN_DAYS] = { "password_warn_days", FIELD_NUMBER, STD, "days of warning before that",
		NULL },
	[USER_INACTIVE_DAYS] = { "password_inactive_days", FIELD_NUMBER, STD,
		"days after that until the account is closed", NULL },
	[USER_LOCKED] = { "locked", FIELD_FLAG, STD, "the password is locked, as by usermod -L",
		NULL },
	[USER_EXPIRES] = { "expires", FIELD_TIME, STD, "day on which the account is closed", NULL },
	[USER_EXPIRED] = { "expired", FIELD_FLAG, FIELD_VOLATILE | FIELD_LOCAL, "that day is past",
		NULL },
	[USER_SUPERUSER] = { "superuser", FIELD_FLAG, STD, "its uid is 0", NULL },
	[USER_DUPLICATE_UID] = { "duplicate_uid", FIELD_FLAG, STD,
		"another account has the same uid", NULL },
	[USER_DUPLICATE] = { "duplicate", FIELD_FLAG, STD,
		"the name stands in the file more than once; the first one counts", NULL },
	[USER_CLASS] = { "class", FIELD_CHOICE, STD,
		"system or human by UID_MIN and UID_MAX of login.defs; other: above",
		account_class_names },
	[USER_SUBUIDS] = { "subuids", FIELD_LIST, STD,
		"subordinate uids for user namespaces, first:count", NULL },
	[USER_SUBGIDS] = { "subgids", FIELD_LIST, STD, "subordinate gids, first:count", NULL },
	[USER_HOME_MISSING] = { "home_missing", FIELD_FLAG, 0, "the home folder is not there",
		NULL },
	[USER_HOME_OWNER] = { "home_owner", FIELD_NUMBER, 0, "uid of the home folder's owner",
		NULL },
	[USER_HOME_MODE] = { "home_mode", FIELD_MODE, 0, "permission bits of the home folder",
		NULL },
	[USER_SOURCE] = { "source", FIELD_TEXT, STD, "the file it stands in", NULL },
	[USER_LINE] = { "line", FIELD_NUMBER, FIELD_VOLATILE | FIELD_LOCAL, "line in that file",
		NULL },
};
_Static_assert(ARRAY_LEN(fields) == USER_N, "every user_field needs a row");

const struct kind kind_user = {
	.name = "user",
	.text = "accounts",
	.id = 6,
	.fields = fields,
	.n_fields = USER_N,
};
