/* Rows of WMI queries. A key is RULE:CLASS.KEY=VALUE,…; "RULE:" alone is the query itself. Field
 * names are those of the JSON; numbers are stored: add at the end only. */
#ifndef ENTITY_WMI_H
#define ENTITY_WMI_H

#include "entity/kind.h"

enum wmi_field {
	WMI_STATE,
	WMI_NAMESPACE,
	WMI_CLASS,
	WMI_PROPERTIES,
	WMI_IDENTITY,
	WMI_QUERY,
	WMI_SCHEMA,
	WMI_ROWS,
	WMI_IGNORED,
	WMI_IDENTITIES,
	WMI_N
};

/* Of a query; what was refused or failed is a gap. */
enum wmi_state { WMI_STATE_OK, WMI_STATE_NOT_PRESENT };

/* By what a row is told from the others of its class. */
enum wmi_identity {
	WMI_BY_RULE,
	WMI_BY_CLASS,
	WMI_BY_PATH,
	WMI_BY_SINGLETON,
	WMI_BY_CONTENT,
};

extern const struct kind kind_wmi;

/* Properties of this class that change by themselves (times, counters, what is free), ended by
 * NULL; without an entry, the empty list. They are not recorded unless a rule asks for them. */
const char *const *wmi_volatile(struct span class);

#endif
