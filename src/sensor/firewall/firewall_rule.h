/* Rules of Windows' firewall as the registry holds them: one text a rule, "v2.30|Action=Allow|…"
 * ([MS-GPFAS] 2.2.2.19). Pure. */
#ifndef SENSOR_FIREWALL_FIREWALL_RULE_H
#define SENSOR_FIREWALL_FIREWALL_RULE_H

#include "entity/record.h"

#define FIREWALL_PARTS_MAX 4096 /* of one rule */

/* Fill in r (its key is the caller's), texts in a. ERR_FORMAT: this is no rule; ERR_LIMIT: it has
 * too many parts. What is not known by name is kept in `settings`. */
int firewall_rule_set(struct arena *a, struct span text, struct record *r,
	struct err *e) MUST_CHECK;

/* One setting of a profile, as it is called in the registry; numbers only. False: not one of those
 * that have a field; it belongs to `settings`. */
bool firewall_profile_set(struct record *r, struct span name, uint64_t value);

#endif
