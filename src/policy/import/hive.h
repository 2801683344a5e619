/* Rules about the registry of Windows. */
#ifndef POLICY_IMPORT_HIVE_H
#define POLICY_IMPORT_HIVE_H

#include "policy/import/import.h"

struct hive_rule {
	const char *id, *title;
	const char *severity; /* NULL: not said */
	struct span key;      /* hive_pattern() of the whole key */
	struct span value;    /* hive_pattern() of names of values; empty: all, and keys, too */
	int levels;           /* below the key; 0: its own values; -1: all */
	const struct import_pattern *exclude;
	size_t n_exclude;
	unsigned line;
};

/* The text with our wildcards for theirs ('%'; 0: it has none), and what would be a wildcard of
 * ours taken as it is. */
struct span hive_pattern(struct arena *a, struct span text, char wildcard);

/* Adds a rule about values, and about keys when all values are asked for; a note when the key is in
 * no hive that a policy can name. */
void hive_add(struct import *x, const struct hive_rule *r);

#endif
