/* Where the settings are, and who may write them, for config.c alone: the platform's. */
#ifndef AGENT_CONFIG_FILE_H
#define AGENT_CONFIG_FILE_H

#include "agent/config/config.h"
#include "policy/model.h"

/* Whoever may write the settings decides where records go, and what the link runs: ERR_POLICY, and
 * a problem that says so, when others may than those we trust. */
int config_file_check(int fd, const char *path, struct problems *problems,
	struct err *e) MUST_CHECK;
/* The usual file, which need not be there. */
const char *config_file_default(void);
bool config_file_absolute(struct span path);

#endif
