/* Rows of WMI queries. Field names are those of the JSON; numbers are stored: add at the end only.
 * Keys are the id of the rule that asked, ':' and the identity of the row:
 * "services:Win32_Service.Name=Spooler". */
#ifndef ENTITY_WMI_H
#define ENTITY_WMI_H

#include "entity/kind.h"

enum wmi_field { WMI_NAMESPACE, WMI_CLASS, WMI_PROPERTIES, WMI_SHA256, WMI_COUNT, WMI_N };

extern const struct kind kind_wmi;

#endif
