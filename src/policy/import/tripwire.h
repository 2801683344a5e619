/* What the files of the importer of Open Source Tripwire share: twpolicy(4). */
#ifndef POLICY_IMPORT_TRIPWIRE_H
#define POLICY_IMPORT_TRIPWIRE_H

#include <stdint.h>

#include "policy/import/import.h"

enum tripwire_section { TRIPWIRE_FILES, TRIPWIRE_NTFS, TRIPWIRE_REGISTRY, TRIPWIRE_OTHER };

/* What stands in ( ) behind a rule or in front of { }. */
struct tripwire_attributes {
	struct span name;
	long severity; /* -1: not said */
	int recurse;   /* levels below; -1: all */
};

/* One rule, or one stop point. */
struct tripwire_rule {
	enum tripwire_section section;
	bool stop;
	bool unsure; /* depends on the host's name */
	struct span object;
	struct span mask; /* variables replaced */
	struct tripwire_attributes attributes;
	unsigned line;
};

struct tripwire_rules {
	struct tripwire_rule *list;
	size_t n, cap;
};

/* Read the whole file. */
int tripwire_read(struct import *x, struct span text, struct tripwire_rules *ret,
	struct err *e) MUST_CHECK;

/* Add the rules, each without what stop points and rules below it take from it. */
void tripwire_emit(struct import *x, const struct tripwire_rules *rules);

#endif
