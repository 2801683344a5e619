/* Names of Linux's capabilities: capabilities(7), linux/capability.h. */
#ifndef HOST_CAPABILITY_H
#define HOST_CAPABILITY_H

#define CAPABILITIES 41 /* that have a name; the kernel may have newer ones */

/* NULL: it has none yet. */
const char *capability_name(unsigned number);

#endif
