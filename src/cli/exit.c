#include "cli/exit.h"

static const struct {
	enum err_code code;
	enum exit_status status;
} statuses[] = {
	{ ERR_SYSTEM, EXIT_IO },
	{ ERR_MISSING, EXIT_IO },
	{ ERR_DENIED, EXIT_IO },
	{ ERR_CHANGED, EXIT_IO },
	{ ERR_LIMIT, EXIT_IO },
	{ ERR_FORMAT, EXIT_IO },
	{ ERR_USAGE, EXIT_USAGE },
	{ ERR_EXISTS, EXIT_USAGE },
	{ ERR_POLICY, EXIT_POLICY },
	{ ERR_LOCKED, EXIT_LOCKED },
	{ ERR_DAMAGED, EXIT_DAMAGED },
	{ ERR_VERSION, EXIT_VERSION },
	{ ERR_INTERRUPTED, EXIT_INTERRUPTED },
	{ ERR_WRITE, EXIT_WRITE },
};

int exit_of_error(int err_code)
{
	for (size_t i = 0; i < ARRAY_LEN(statuses); i++)
		if ((int)statuses[i].code == err_code)
			return (int)statuses[i].status;
	return EXIT_IO;
}

int exit_of_change(enum change_type type)
{
	static const int bits[CHANGE_TYPE_N] = {
		[CHANGE_CREATED] = EXIT_CREATED,
		[CHANGE_DELETED] = EXIT_DELETED,
		[CHANGE_UPDATED] = EXIT_UPDATED,
		[CHANGE_RENAMED] = EXIT_UPDATED,
	};

	return type < CHANGE_TYPE_N ? bits[type] : 0;
}

/* The severities stand in their own order behind the two words. */
const char *const fail_on_names[] = { "any", "unexplained", "info", "low", "medium", "high",
	"critical", NULL };
_Static_assert(ARRAY_LEN(fail_on_names) == 2 + SEVERITY_N + 1, "every severity needs a word");

bool exit_counts(int fail_on, const struct change *c)
{
	if (fail_on <= 0)
		return true;
	if (fail_on == 1)
		return c->verdict == VERDICT_UNEXPLAINED;
	return (int)c->severity >= fail_on - 2;
}
