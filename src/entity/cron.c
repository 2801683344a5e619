#include "entity/cron.h"

#include "core/attr.h"

static const char *const types[] = { "crontab", "user-crontab", "run-parts", "anacron", "at",
	"timer", "task", NULL };
_Static_assert(ARRAY_LEN(types) == CRON_TYPE_N + 1, "every cron_type needs a name");

#define STANDARD FIELD_STANDARD

static const struct field fields[] = {
	[CRON_TYPE] = { "type", FIELD_CHOICE, STANDARD | FIELD_SPEAKS,
		"by whom it is run: crontab (a system crontab), user-crontab, run-parts, anacron, "
		"at, timer or task (Windows' task scheduler)",
		types },
	[CRON_SOURCE] = { "source", FIELD_TEXT, STANDARD, "file that says so", NULL },
	[CRON_SCHEDULE] = { "schedule", FIELD_TEXT, STANDARD,
		"when: the five fields or @word of a crontab, daily and its like, days and delay "
		"of "
		"anacron, the time of an at job, the settings of a timer, the triggers of a task",
		NULL },
	[CRON_USER] = { "user", FIELD_TEXT, STANDARD, "as whom", NULL },
	[CRON_COMMAND] = { "command", FIELD_TEXT, STANDARD,
		"what is run; of an at job the whole script behind its header; of a task its "
		"actions",
		NULL },
	[CRON_INPUT] = { "input", FIELD_TEXT, STANDARD,
		"what the command reads: all behind the first % of a crontab's line", NULL },
	[CRON_ENVIRONMENT] = { "environment", FIELD_LIST, STANDARD,
		"variables it is given; values of those named like a secret are ***", NULL },
	[CRON_LD_ENVIRONMENT] = { "ld_environment", FIELD_LIST, STANDARD,
		"those of them that make programs load other code: LD_*, GCONV_PATH, "
		"GLIBC_TUNABLES",
		NULL },
	[CRON_PROGRAM] = { "program", FIELD_TEXT, STANDARD,
		"program or script that the command begins with or names by its path", NULL },
	[CRON_SHA256] = { "sha256", FIELD_DIGEST, STANDARD, "SHA-256 of that program", NULL },
	[CRON_PACKAGED] = { "packaged", FIELD_FLAG, STANDARD,
		"whether a package owns that program; absent where no package manager says so",
		NULL },
	[CRON_PACKAGE] = { "package", FIELD_TEXT, 0, "package that owns it", NULL },
	[CRON_STARTS] = { "starts", FIELD_TEXT, STANDARD, "a timer: the unit it starts", NULL },
	[CRON_ENABLED] = { "enabled", FIELD_FLAG, STANDARD,
		"a timer: whether it is set at boot, by itself or by another unit; a task: that it "
		"is not disabled",
		NULL },
	[CRON_LINE] = { "line", FIELD_NUMBER, FIELD_VOLATILE | FIELD_LOCAL,
		"where in the file it stands", NULL },
	[CRON_NAMED_BY] = { "named_by", FIELD_LIST, STANDARD,
		"who knows the task: file (System32\\Tasks), tree (TaskCache\\Tree), cache "
		"(TaskCache\\Tasks); one that is missing was hidden or tampered with",
		NULL },
	[CRON_RUN_LEVEL] = { "run_level", FIELD_TEXT, STANDARD,
		"a task: least or highest of the user's rights", NULL },
	[CRON_LOGON_TYPE] = { "logon_type", FIELD_TEXT, STANDARD,
		"a task: how its user is logged in for it", NULL },
	[CRON_HIDDEN] = { "hidden", FIELD_FLAG, STANDARD, "a task that asks not to be shown",
		NULL },
	[CRON_AUTHOR] = { "author", FIELD_TEXT, STANDARD, "a task: who made it, as it says itself",
		NULL },
	[CRON_DESCRIPTION] = { "description", FIELD_TEXT, 0, "a task: what it says of itself",
		NULL },
	[CRON_DEFINITION] = { "definition", FIELD_DIGEST, STANDARD,
		"SHA-256 of the file that defines the task", NULL },
	[CRON_CACHED_COMMAND] = { "cached_command", FIELD_TEXT, STANDARD,
		"the task's actions by the registry, where they are not those of its file: the "
		"registry's are run",
		NULL },
	[CRON_CACHE] = { "cache", FIELD_DIGEST, STANDARD,
		"SHA-256 over the actions and triggers of the task in the registry", NULL },
	[CRON_HAS_DESCRIPTOR] = { "has_descriptor", FIELD_FLAG, STANDARD,
		"the task's security descriptor is in the registry; without it no list shows the "
		"task, and it runs",
		NULL },
	[CRON_ACL] = { "acl", FIELD_TEXT, STANDARD, "who may see and change the task, numeric SIDs",
		NULL },
};
_Static_assert(ARRAY_LEN(fields) == CRON_N, "every cron_field needs a row");

const struct kind kind_cron = {
	.name = "cron",
	.text = "jobs of cron, anacron, at, systemd timers and Windows' scheduled tasks",
	.id = 14,
	.noun = "job",
	.fields = fields,
	.n_fields = CRON_N,
};
