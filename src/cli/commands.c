#include "cli/commands.h"

/* In the order of help; commands of one group stand together. */
const struct command *const cli_commands[] = {
	&command_init,
	&command_check,
	&command_drift,
	&command_approve,
	&command_show,
	&command_log,
	&command_explain,
	&command_policy_check,
	&command_policy_show,
	&command_policy_export,
	&command_policy_import,
	&command_baseline_show,
	&command_baseline_export,
	&command_baseline_import,
	&command_baseline_diff,
	&command_baseline_verify,
	NULL,
};

const struct command *const cli_last_commands[] = {
	&command_help,
	NULL,
};
