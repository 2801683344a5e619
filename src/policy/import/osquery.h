/* What the files of the importer of osquery share. */
#ifndef POLICY_IMPORT_OSQUERY_H
#define POLICY_IMPORT_OSQUERY_H

#include "policy/import/import.h"

struct osquery {
	struct import *x;
	struct span text; /* the file */
	size_t n_queries;
	struct import_pattern *excludes; /* of the rule that is made, which copies them */
};

/* Where "name" stands first; 0: nowhere as it is. */
unsigned osquery_line(const struct osquery *o, const char *name);

/* Add the rules of a query on the table registry; false: it is none that says which keys. */
bool osquery_registry(struct osquery *o, const char *name, struct span sql);

#endif
