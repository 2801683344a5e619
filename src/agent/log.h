/* What the agent says of itself, a line each on standard error: for the journal, or whoever runs it
 * in the foreground. */
#ifndef AGENT_LOG_H
#define AGENT_LOG_H

#include "core/attr.h"

/* Numbers of syslog(3). */
enum log_level { LOG_LEVEL_ERROR = 3, LOG_LEVEL_WARNING = 4, LOG_LEVEL_INFO = 6 };

/* Control characters in what comes out are escaped. */
void log_say(enum log_level level, const char *fmt, ...) PRINTF(2, 3);

#endif
