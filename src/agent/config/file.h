/* Where the settings are read from, for config.c alone: the platform's. */
#ifndef AGENT_CONFIG_FILE_H
#define AGENT_CONFIG_FILE_H

#include "agent/config/config.h"
#include "policy/model.h"

#define CONFIG_FILE_BYTES (FILE_BYTES_MAX + ((size_t)128 << 10)) /* room for one read too many */

/* Append the file. Refuses, with a problem, one that others may write than those we trust;
 * ERR_LIMIT when it is too long. */
int config_file_read(const char *path, struct buf *ret, struct problems *problems,
	struct err *e) MUST_CHECK;
/* The usual file, which need not be there. */
const char *config_file_default(void);
bool config_file_absolute(struct span path);

#endif
