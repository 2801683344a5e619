/* What a row is called, so that it is the same one tomorrow. */
#ifndef SENSOR_WMI_IDENTITY_H
#define SENSOR_WMI_IDENTITY_H

#include "entity/wmi.h"
#include "sensor/wmi/canonical.h"

#define IDENTITY_MAX 2048 /* bytes; what is longer is named by its digest */

/* What the definition of a class says. */
struct row_class {
	struct span name;
	struct span *key; /* its properties with the qualifier `key`, by name */
	size_t n;
};

/* Append the identity: "Class.Key1=value,Key2=value", keys by name, values in canonical form; the
 * row's own class, since a query for a base class delivers the rows of those derived from it. The
 * first of these that can be had:
 *   rule       the properties that the rule names, when the row has all of them
 *   class      the keys of its class; one that the row has not got is taken from its path
 *   path       the keys that its path names (where definitions have no keys: Wine)
 *   singleton  "Class=@", when its path says so
 *   content    "Class#" and the SHA-256 of content, the row's canonical text without what is not
 *              compared
 * Not __PATH: it holds the host's name, which may change. rule_keys: ended by NULL, or NULL.
 * class: NULL when nothing is known of it. */
enum wmi_identity identity_of(const struct canonical *c, const struct row *r,
	const char *const *rule_keys, const struct row_class *class, struct span content,
	struct buf *ret);

/* Append what such an identity is made of: "Key1, Key2", "@" (singleton) or "content". Two that are
 * equal here call the same row the same. */
void identity_made_of(enum wmi_identity by, const struct row *r, const char *const *rule_keys,
	const struct row_class *class, struct buf *ret);

#endif
