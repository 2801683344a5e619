/* Copies of a service that Windows makes for each user, and what in them is not the template's.
 * Pure. */
#ifndef HOST_WINDOWS_SERVICE_COPY_H
#define HOST_WINDOWS_SERVICE_COPY_H

#include <stdbool.h>

#include "host/windows/services.h"

/* Is copy, by its type, made of template, and does it run nothing that template does not run? What
 * the copy has not got is the template's to say. Not compared: names and descriptions, which hold
 * the number of the logon; how it is started; its access list, which may name its user. */
bool service_copy_is_of(const struct scm_config *copy, const struct scm_config *template);

#endif
