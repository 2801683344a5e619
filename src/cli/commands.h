/* Every command of this folder; each is in the file of its name. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/command.h"

extern const struct command command_init;
extern const struct command command_check;
extern const struct command command_drift;
extern const struct command command_approve;
extern const struct command command_show;
extern const struct command command_log;
extern const struct command command_explain;
extern const struct command command_policy_check;
extern const struct command command_policy_show;
extern const struct command command_policy_export;
extern const struct command command_policy_import;
extern const struct command command_baseline_show;
extern const struct command command_baseline_export;
extern const struct command command_baseline_import;
extern const struct command command_baseline_diff;
extern const struct command command_baseline_verify;
extern const struct command command_help;

#endif
