#include "entity/sudo_rule.h"

#include "core/attr.h"

static const char *const types[] = { "sudo", "defaults", "include", "doas-permit", "doas-deny",
	NULL };
_Static_assert(ARRAY_LEN(types) == SUDO_TYPE_N + 1, "every sudo_rule_type needs a name");

#define STD FIELD_STANDARD

static const struct field fields[] = {
	[SUDO_RULE_TYPE] = { "type", FIELD_CHOICE, STD | FIELD_SPEAKS,
		"sudo: who may run what as whom; defaults: a setting; include; doas-permit and "
		"doas-deny: a line of doas.conf",
		types },
	[SUDO_RULE_WHO] = { "who", FIELD_LIST, STD,
		"users (%group, #uid, +netgroup, ALL), aliases resolved", NULL },
	[SUDO_RULE_HOSTS] = { "hosts", FIELD_LIST, STD, "hosts it holds on, aliases resolved",
		NULL },
	[SUDO_RULE_AS_USERS] = { "as_users", FIELD_LIST, STD,
		"users the commands may be run as, aliases resolved", NULL },
	[SUDO_RULE_AS_GROUPS] = { "as_groups", FIELD_LIST, STD,
		"groups the commands may be run as, aliases resolved", NULL },
	[SUDO_RULE_COMMANDS] = { "commands", FIELD_LIST, STD,
		"commands with their arguments, '!' forbids, aliases resolved", NULL },
	[SUDO_RULE_TAGS] = { "tags", FIELD_LIST, STD,
		"NOPASSWD, SETENV, NOEXEC, … and options such as CWD= and TIMEOUT=", NULL },
	[SUDO_RULE_DIGESTS] = { "digests", FIELD_LIST, STD, "digests a command must have to be run",
		NULL },
	[SUDO_RULE_NOPASSWD] = { "nopasswd", FIELD_FLAG, STD,
		"some of it needs no password (NOPASSWD, !authenticate, nopass)", NULL },
	[SUDO_RULE_ANY_COMMAND] = { "any_command", FIELD_FLAG, STD,
		"every command is allowed (ALL)", NULL },
	[SUDO_RULE_AS_ROOT] = { "as_root", FIELD_FLAG, STD,
		"something may be run as root: by name, by number, by ALL, or because nobody is "
		"named",
		NULL },
	[SUDO_RULE_SETTING] = { "setting", FIELD_TEXT, STD, "of a Defaults line: what is set",
		NULL },
	[SUDO_RULE_VALUE] = { "value", FIELD_TEXT, STD, "to what: on, off, =x, +=x, -=x", NULL },
	[SUDO_RULE_SCOPE] = { "scope", FIELD_TEXT, STD,
		"of a Defaults line: @host, :user, >runas, !command it holds for", NULL },
	[SUDO_RULE_FILE] = { "file", FIELD_TEXT, STD, "the file it stands in", NULL },
	[SUDO_RULE_FILE_UID] = { "file_uid", FIELD_NUMBER, STD, "uid of that file's owner", NULL },
	[SUDO_RULE_WRITABLE] = { "writable", FIELD_FLAG, STD,
		"others than the owner of that file may write to it", NULL },
	[SUDO_RULE_LINE] = { "line", FIELD_NUMBER, FIELD_VOLATILE | FIELD_LOCAL,
		"line in that file", NULL },
};
_Static_assert(ARRAY_LEN(fields) == SUDO_RULE_N, "every sudo_rule_field needs a row");

const struct kind kind_sudo_rule = {
	.name = "sudo-rule",
	.text = "what sudo and doas allow to whom",
	.id = 16,
	.noun = "sudo rule",
	.fields = fields,
	.n_fields = SUDO_RULE_N,
};
