/* Names of services of Windows that stay. Pure. */
#ifndef HOST_WINDOWS_SERVICE_NAME_H
#define HOST_WINDOWS_SERVICE_NAME_H

#include <stdint.h>

#include "core/span.h"

/* A copy of a service that each user gets at logon (SERVICE_USERSERVICE_INSTANCE) is named after
 * its template, with "_" and the number of the logon in hexadecimal behind: the template's name.
 * Empty: it is no copy. */
struct span service_template(uint32_t type, struct span name);
/* The same by the name alone. */
struct span service_template_name(struct span name);
/* The name that is the same after another logon: that of the template, or its own. */
struct span service_stable(uint32_t type, struct span name);

#endif
